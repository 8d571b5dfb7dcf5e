//! Saved segments of the tenant: audience rules with a name, an owner and a version, and which of
//! them are kept out of every campaign.
//!
//! All of them are one document, so a change is decided on all: two changes at once cannot make a
//! circle, or name what the other deletes. Guarantees: each rule in the book can be frozen, and the
//! book fits one item.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audience::{AudienceRule, SegmentRules};
use crate::{
    customer::profile::Customer,
    kernel::{id::SegmentId, validation::FieldError},
};

/// Most segments of a tenant: people pick them from one list.
pub const MAX_SEGMENTS: usize = 200;
/// Most segments that are kept out of every campaign: each customer is asked for all of them.
pub const MAX_EXCLUSIONS: usize = 20;
/// Longest name of a segment in bytes: one line in a list.
pub const MAX_SEGMENT_NAME: usize = 120;
/// Longest description of a segment in bytes.
pub const MAX_SEGMENT_DESCRIPTION: usize = 500;
/// Most bytes of the whole book. An item has at most 400 KB, and others are written beside it.
pub const MAX_BOOK_BYTES: usize = 300_000;

/// A segment as an operator writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentDraft {
    pub name: String,
    pub description: String,
    pub rule: AudienceRule,
    pub excluded: bool,
}

/// A segment as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedSegment {
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub rule: AudienceRule,
    /// True if its customers are kept out of every campaign.
    #[serde(default)]
    pub excluded: bool,
    /// Raised by every change, from 1.
    pub version: u64,
    /// The operator who created it.
    pub owner: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: String,
}

/// All saved segments of the tenant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SegmentBook {
    #[serde(default)]
    pub segments: BTreeMap<SegmentId, SavedSegment>,
}

/// A segment that is kept out of every campaign, with its rule looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    pub id: SegmentId,
    pub rule: AudienceRule,
}

/// Returns the first exclusion that the customer is in.
pub fn find_exclusion<'a>(
    exclusions: &'a [Exclusion],
    customer: &Customer,
    now: Timestamp,
) -> Option<&'a Exclusion> {
    exclusions.iter().find(|exclusion| exclusion.rule.selects(customer, now))
}

impl SegmentBook {
    /// Returns the rules by id, for freezing.
    pub fn rules(&self) -> SegmentRules<'_> {
        self.segments.iter().map(|(id, it)| (id, (it.version, &it.rule))).collect()
    }

    /// Returns the segments that are kept out of every campaign, with their rules looked up.
    pub fn exclusions(&self) -> Result<Vec<Exclusion>, Vec<FieldError>> {
        let rules = self.rules();
        let excluded = self.segments.iter().filter(|(_, segment)| segment.excluded);
        excluded
            .map(|(id, segment)| {
                let rule = segment.rule.frozen(&rules, &format!("/{id}"))?;
                Ok(Exclusion { id: id.clone(), rule })
            })
            .collect()
    }

    /// Writes a segment: a new one with version 1, or the next version of one. Returns false if it
    /// is already like that. The errors say what is wrong with the draft or with the book after it.
    pub fn put(
        &mut self,
        id: &SegmentId,
        draft: SegmentDraft,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, Vec<FieldError>> {
        let before = self.segments.get(id);
        let draft = SegmentDraft { rule: draft.rule.thawed(), ..draft };
        if before.is_some_and(|it| it.as_draft() == draft) {
            return Ok(false);
        }
        let errors = draft.find_errors();
        if !errors.is_empty() {
            return Err(errors);
        }
        let segment = SavedSegment {
            version: before.map_or(1, |it| it.version + 1),
            owner: before.map_or_else(|| by.to_owned(), |it| it.owner.clone()),
            created_at: before.map_or(now, |it| it.created_at),
            name: draft.name,
            description: draft.description,
            rule: draft.rule,
            excluded: draft.excluded,
            updated_at: now,
            updated_by: by.to_owned(),
        };
        let mut after = self.clone();
        after.segments.insert(id.clone(), segment);
        after.check(id)?;
        *self = after;
        Ok(true)
    }

    /// Returns the ids of the segments whose rules name this one.
    pub fn users_of(&self, id: &SegmentId) -> Vec<&SegmentId> {
        let names = |segment: &SavedSegment| segment.rule.segments().contains(&id);
        self.segments.iter().filter(|(_, it)| names(it)).map(|(user, _)| user).collect()
    }

    /// Checks that all rules can still be frozen after a change of one, and that the book fits.
    fn check(&self, changed: &SegmentId) -> Result<(), Vec<FieldError>> {
        let excluded = self.segments.values().filter(|segment| segment.excluded).count();
        let mut errors = Vec::new();
        if self.segments.len() > MAX_SEGMENTS {
            let detail = format!("there are at most {MAX_SEGMENTS} segments");
            errors.push(FieldError::new("", "too_many", detail));
        }
        if excluded > MAX_EXCLUSIONS {
            let detail =
                format!("at most {MAX_EXCLUSIONS} segments are kept out of every campaign");
            errors.push(FieldError::new("/excluded", "too_many", detail));
        }
        let size = serde_json::to_vec(self).map_or(usize::MAX, |written| written.len());
        if size > MAX_BOOK_BYTES {
            let detail = "all segments together are too large: use a tag in place of a long list";
            errors.push(FieldError::new("/rule", "too_large", detail));
        }
        let rules = self.rules();
        for (id, segment) in &self.segments {
            let found = match segment.rule.frozen_within(id, &rules, "/rule") {
                Err(found) => found,
                Ok(rule) if segment.excluded && rule.asks_vouchers() => vec![FieldError::new(
                    "/rule",
                    "asks_vouchers",
                    "a segment that is kept out of every campaign cannot ask for vouchers",
                )],
                Ok(_) => Vec::new(),
            };
            if id == changed {
                errors.splice(0..0, found);
            } else if let Some(first) = found.first() {
                let detail = format!("segment {id}, which names this one: {}", first.detail);
                errors.push(FieldError::new("/rule", first.code, detail));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl SavedSegment {
    fn as_draft(&self) -> SegmentDraft {
        SegmentDraft {
            name: self.name.clone(),
            description: self.description.clone(),
            rule: self.rule.clone(),
            excluded: self.excluded,
        }
    }
}

impl SegmentDraft {
    fn find_errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let is_line = |text: &str| !text.chars().any(char::is_control);
        let has_name = !self.name.trim().is_empty();
        if !has_name || self.name.len() > MAX_SEGMENT_NAME || !is_line(&self.name) {
            let detail = format!("1 to {MAX_SEGMENT_NAME} bytes on one line");
            errors.push(FieldError::new("/name", "invalid", detail));
        }
        if self.description.len() > MAX_SEGMENT_DESCRIPTION {
            let detail = format!("at most {MAX_SEGMENT_DESCRIPTION} bytes");
            errors.push(FieldError::new("/description", "too_long", detail));
        }
        if self.excluded && self.rule == AudienceRule::Everyone {
            let detail = "nobody would be left for any campaign";
            errors.push(FieldError::new("/rule", "everyone_excluded", detail));
        }
        // A segment may stand below `not` or keep people out. A merchant that leaves would widen
        // it.
        for (at, _) in self.rule.near_merchants("/rule") {
            let detail = "name merchants in the audience of a campaign, not in a segment";
            errors.push(FieldError::new(at, "not_allowed", detail));
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kernel::id::CustomerId;

    fn id(text: &str) -> SegmentId {
        SegmentId::parse(text).unwrap()
    }
    fn draft(rule: Value) -> SegmentDraft {
        let rule = AudienceRule::parse(&rule, "/rule").unwrap();
        SegmentDraft { name: "A".into(), description: String::new(), rule, excluded: false }
    }
    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
    fn put(book: &mut SegmentBook, name: &str, rule: Value) -> Result<bool, Vec<String>> {
        book.put(&id(name), draft(rule), "ana", at(1)).map_err(|errors| {
            errors.iter().map(|it| format!("{} {} {}", it.field, it.code, it.detail)).collect()
        })
    }
    fn staff() -> Value {
        json!({"tags": {"any_of": ["staff"]}})
    }
    fn names(segment: &str) -> Value {
        json!({"not": {"segment": {"id": segment}}})
    }

    #[test]
    fn a_change_makes_a_new_version_and_a_repeat_makes_none() {
        let mut book = SegmentBook::default();
        assert_eq!(put(&mut book, "staff", staff()), Ok(true));
        assert_eq!(put(&mut book, "staff", staff()), Ok(false));
        let other = SegmentDraft { name: "Staff".into(), ..draft(staff()) };
        assert_eq!(book.put(&id("staff"), other, "bo", at(5)), Ok(true));
        let segment = &book.segments[&id("staff")];
        assert_eq!((segment.version, segment.owner.as_str()), (2, "ana"));
        assert_eq!((segment.updated_by.as_str(), segment.updated_at), ("bo", at(5)));
        let written = serde_json::to_value(&book).unwrap();
        assert_eq!(serde_json::from_value::<SegmentBook>(written).unwrap(), book);
    }

    #[test]
    fn a_segment_never_leads_back_to_itself() {
        let mut book = SegmentBook::default();
        let own = put(&mut book, "a", names("a")).unwrap_err();
        assert_eq!(own, ["/rule/not/segment cycle a segment leads back to itself: a > a"]);
        put(&mut book, "a", staff()).unwrap();
        put(&mut book, "b", names("a")).unwrap();
        put(&mut book, "c", names("b")).unwrap();
        let round = put(&mut book, "a", names("c")).unwrap_err();
        assert!(round[0].contains("cycle") && round[0].ends_with("a > c > b > a"), "{round:?}");
        assert_eq!(book.segments[&id("a")].version, 1, "nothing is half changed");
        let unknown = put(&mut book, "d", names("nobody")).unwrap_err();
        assert_eq!(unknown, ["/rule/not/segment unknown_segment there is no segment nobody"]);
        assert_eq!(book.users_of(&id("a")), [&id("b")]);
    }

    #[test]
    fn a_launched_rule_keeps_the_version_that_it_was_launched_with() {
        let mut book = SegmentBook::default();
        put(&mut book, "staff", staff()).unwrap();
        let drafted = draft(names("staff")).rule;
        assert_eq!(drafted.first_unfrozen(), Some(&id("staff")));
        let launched = drafted.frozen(&book.rules(), "/audience").unwrap();
        assert_eq!(launched.first_unfrozen(), None);
        assert_eq!(
            launched.to_value(),
            json!({"not": {"segment": {"id": "staff", "version": 1, "rule": staff()}}})
        );
        assert_eq!(AudienceRule::parse(&launched.to_value(), "").unwrap(), launched);
        let mut ana = Customer::new(CustomerId::parse("c-1").unwrap());
        ana.profile.tags = vec!["staff".into()];
        assert!(!launched.selects(&ana, at(1)));
        put(&mut book, "staff", json!({"tags": {"any_of": ["crew"]}})).unwrap();
        assert!(!launched.selects(&ana, at(1)), "a later edit changes nothing");
        let relaunched = launched.thawed().frozen(&book.rules(), "/audience").unwrap();
        assert!(relaunched.selects(&ana, at(1)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut book = SegmentBook::default();
        put(&mut book, "x", json!({"all": vec![staff(); 120]})).unwrap();
        let twice = json!({"any": [{"segment": {"id": "x"}}, {"segment": {"id": "x"}}]});
        let wide = put(&mut book, "y", twice).unwrap_err();
        assert!(wide[0].contains("too_wide"), "{wide:?}");
        put(&mut book, "z", json!({"any": [{"segment": {"id": "x"}}, staff()]})).unwrap();
        let grown = put(&mut book, "x", json!({"all": vec![staff(); 199]})).unwrap_err();
        assert!(grown[0].contains("segment z"), "{grown:?}");
        let mut book = SegmentBook::default();
        put(&mut book, "s0", staff()).unwrap();
        for depth in 1..4 {
            put(&mut book, &format!("s{depth}"), names(&format!("s{}", depth - 1))).unwrap();
        }
        let deep = put(&mut book, "s4", names("s3")).unwrap_err();
        assert!(deep[0].contains("too_deep"), "{deep:?}");
    }

    #[test]
    fn who_is_excluded_is_found_and_not_everybody_can_be() {
        let mut book = SegmentBook::default();
        let excluded = |rule| SegmentDraft { excluded: true, ..draft(rule) };
        book.put(&id("staff"), excluded(staff()), "ana", at(1)).unwrap();
        book.put(&id("test"), excluded(json!({"customer_ids": {"any_of": ["c-9"]}})), "ana", at(1))
            .unwrap();
        put(&mut book, "other", json!({"everyone": {}})).unwrap();
        let exclusions = book.exclusions().unwrap();
        assert_eq!(exclusions.len(), 2);
        let mut ana = Customer::new(CustomerId::parse("c-1").unwrap());
        assert_eq!(find_exclusion(&exclusions, &ana, at(1)), None);
        ana.profile.tags = vec!["staff".into()];
        assert_eq!(find_exclusion(&exclusions, &ana, at(1)).unwrap().id, id("staff"));
        for (rule, code) in [
            (json!({"everyone": {}}), "everyone_excluded"),
            (json!({"not": {"had_voucher": {}}}), "asks_vouchers"),
        ] {
            let errors = book.put(&id("bad"), excluded(rule), "ana", at(1)).unwrap_err();
            assert_eq!(errors[0].code, code);
        }
    }
}
