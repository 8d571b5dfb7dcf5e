//! Saved segments within a rule: named by a draft, frozen at launch.
//!
//! A draft names a segment and so follows its newest version. At launch the rule of that version is
//! written into the campaign, so that a later edit of the segment changes nothing. Guarantees: a
//! rule that still names a segment without its version is known as such
//! ([`AudienceRule::first_unfrozen`]), a segment that is missing or leads back to itself is refused
//! at the very node, and freezing ends.

use std::collections::BTreeMap;

use super::{AudienceRule, MAX_NODES};
use crate::kernel::{id::SegmentId, validation::FieldError};

/// Most segments within each other: people follow them by hand.
pub const MAX_NESTED_SEGMENTS: usize = 4;

/// A saved segment in a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentCondition {
    pub id: SegmentId,
    /// The version in force and its rule; `None` in a draft.
    pub frozen: Option<FrozenSegment>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FrozenSegment {
    pub version: u64,
    pub rule: Box<AudienceRule>,
}

/// The saved rules by the id of their segment, each with its version.
pub type SegmentRules<'a> = BTreeMap<&'a SegmentId, (u64, &'a AudienceRule)>;

impl AudienceRule {
    /// Returns the rule with the present version of each segment in it. Every error names the node
    /// of a segment that is missing, leads back to itself or makes the rule too large.
    pub fn frozen(&self, known: &SegmentRules<'_>, at: &str) -> Result<Self, Vec<FieldError>> {
        self.freeze_at(Vec::new(), known, at)
    }

    /// Returns the rule of a segment like [`frozen`](Self::frozen): the segment itself is around
    /// it.
    pub fn frozen_within(
        &self,
        segment: &SegmentId,
        known: &SegmentRules<'_>,
        at: &str,
    ) -> Result<Self, Vec<FieldError>> {
        self.freeze_at(vec![segment.clone()], known, at)
    }

    fn freeze_at(
        &self,
        path: Vec<SegmentId>,
        known: &SegmentRules<'_>,
        at: &str,
    ) -> Result<Self, Vec<FieldError>> {
        let mut freezer = SegmentFreezer { known, path, errors: Vec::new(), nodes: 0 };
        let frozen = freezer.freeze(self, at);
        if freezer.errors.is_empty() { Ok(frozen) } else { Err(freezer.errors) }
    }

    /// Returns the rule as a draft has it: segments are named, without version and rule.
    #[must_use]
    pub fn thawed(&self) -> Self {
        self.map_segments(&mut |it| SegmentCondition { id: it.id.clone(), frozen: None })
    }

    /// Returns the first segment that has no version yet.
    pub fn first_unfrozen(&self) -> Option<&SegmentId> {
        let mut unfrozen = None;
        self.visit(&mut |rule| {
            if let AudienceRule::Segment(SegmentCondition { id, frozen: None }) = rule {
                unfrozen.get_or_insert(id);
            }
        });
        unfrozen
    }

    /// Returns the ids of all segments that the rule names itself, or whose rules it carries.
    pub fn segments(&self) -> Vec<&SegmentId> {
        let mut ids = Vec::new();
        self.visit(&mut |rule| {
            if let AudienceRule::Segment(segment) = rule {
                ids.push(&segment.id);
            }
        });
        ids
    }

    fn map_segments(
        &self,
        change: &mut impl FnMut(&SegmentCondition) -> SegmentCondition,
    ) -> AudienceRule {
        match self {
            AudienceRule::All(rules) => {
                AudienceRule::All(rules.iter().map(|it| it.map_segments(change)).collect())
            }
            AudienceRule::Any(rules) => {
                AudienceRule::Any(rules.iter().map(|it| it.map_segments(change)).collect())
            }
            AudienceRule::Not(rule) => AudienceRule::Not(Box::new(rule.map_segments(change))),
            AudienceRule::Segment(segment) => AudienceRule::Segment(change(segment)),
            AudienceRule::Everyone
            | AudienceRule::Ordered { .. }
            | AudienceRule::NeverOrdered { .. }
            | AudienceRule::OrdersCount { .. }
            | AudienceRule::Spend { .. }
            | AudienceRule::FirstOrder(_)
            | AudienceRule::LastOrder { .. }
            | AudienceRule::OrderGap(_)
            | AudienceRule::HadVoucher(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::NearMerchants(_)
            | AudienceRule::Locale { .. }
            | AudienceRule::SignedUp(_)
            | AudienceRule::Tags(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => self.clone(),
        }
    }
}

struct SegmentFreezer<'a> {
    known: &'a SegmentRules<'a>,
    /// The segments around the node, the outermost first.
    path: Vec<SegmentId>,
    errors: Vec<FieldError>,
    nodes: usize,
}

impl SegmentFreezer<'_> {
    fn freeze(&mut self, rule: &AudienceRule, parent: &str) -> AudienceRule {
        let at = format!("{parent}/{}", rule.key());
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            if self.nodes == MAX_NODES + 1 {
                let detail = format!("with its segments the rule has more than {MAX_NODES} nodes");
                self.errors.push(FieldError::new(parent, "too_wide", detail));
            }
            return rule.clone();
        }
        match rule {
            AudienceRule::All(rules) => AudienceRule::All(self.freeze_list(rules, &at)),
            AudienceRule::Any(rules) => AudienceRule::Any(self.freeze_list(rules, &at)),
            AudienceRule::Not(inner) => AudienceRule::Not(Box::new(self.freeze(inner, &at))),
            AudienceRule::Segment(segment) => {
                AudienceRule::Segment(self.freeze_segment(&segment.id, &at))
            }
            AudienceRule::Everyone
            | AudienceRule::Ordered { .. }
            | AudienceRule::NeverOrdered { .. }
            | AudienceRule::OrdersCount { .. }
            | AudienceRule::Spend { .. }
            | AudienceRule::FirstOrder(_)
            | AudienceRule::LastOrder { .. }
            | AudienceRule::OrderGap(_)
            | AudienceRule::HadVoucher(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::NearMerchants(_)
            | AudienceRule::Locale { .. }
            | AudienceRule::SignedUp(_)
            | AudienceRule::Tags(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => rule.clone(),
        }
    }

    fn freeze_list(&mut self, rules: &[AudienceRule], at: &str) -> Vec<AudienceRule> {
        let parts = rules.iter().enumerate();
        parts.map(|(index, rule)| self.freeze(rule, &format!("{at}/{index}"))).collect()
    }

    fn freeze_segment(&mut self, id: &SegmentId, at: &str) -> SegmentCondition {
        let draft = SegmentCondition { id: id.clone(), frozen: None };
        if self.path.contains(id) || self.path.len() >= MAX_NESTED_SEGMENTS {
            let names = self.path.iter().chain([id]).map(SegmentId::as_str);
            let path = names.collect::<Vec<_>>().join(" > ");
            let (code, why) = match self.path.contains(id) {
                true => ("cycle", "a segment leads back to itself"),
                false => ("too_deep", "segments lie too deep within each other"),
            };
            self.errors.push(FieldError::new(at, code, format!("{why}: {path}")));
            return draft;
        }
        let Some((version, rule)) = self.known.get(id) else {
            let detail = format!("there is no segment {id}");
            self.errors.push(FieldError::new(at, "unknown_segment", detail));
            return draft;
        };
        self.path.push(id.clone());
        let rule = Box::new(self.freeze(rule, &format!("{at}/rule")));
        self.path.pop();
        SegmentCondition { id: id.clone(), frozen: Some(FrozenSegment { version: *version, rule }) }
    }
}
