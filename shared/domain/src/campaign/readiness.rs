//! The readiness of the AWS account: what `make preflight` found when it asked last, and the rule
//! for when that stops a launch.
//!
//! An account that refuses a channel is found out by the first customers unless somebody asks
//! before. A red finding therefore refuses every launch that could reach more than a trial's
//! customers by a channel it concerns. An account that was never asked, or whose answers are old,
//! refuses nothing: that is not known, and shown as such.
//!
//! Before it: the findings, as preflight measured them. After it: launch and amendments, which ask
//! here.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::definition::{Caps, Definition},
    kernel::{channel::Channel, validation::FieldError},
};

/// Most customers that a campaign may reach while something is red: a trial, whose failures a
/// person can mend by hand.
pub const TRIAL_CUSTOMERS: u64 = 1_000;

/// Time after which the account may be another one: quotas move and identities expire by the week.
pub const VALID_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

pub const MAX_FINDINGS: usize = 100;
/// Longest text of a finding, in bytes. A report of the most findings is then half of what an item
/// holds.
pub const MAX_TEXT: usize = 500;

/// The part of the account that a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AccountPart {
    Platform,
    Email,
    Sms,
    Push,
    Operations,
}

impl AccountPart {
    /// Tells whether a campaign with these channels depends on this part of the account.
    fn concerns(self, ladder: &[Channel]) -> bool {
        match self {
            AccountPart::Platform | AccountPart::Operations => true,
            AccountPart::Email => ladder.contains(&Channel::Email),
            AccountPart::Sms => ladder.contains(&Channel::Sms),
            AccountPart::Push => ladder.contains(&Channel::Push),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FindingLevel {
    /// A launch would fail, or lose messages or money.
    Red,
    /// The credentials may not ask, or the call failed. It is never counted as green.
    Unknown,
    /// It works, and is worth a look.
    Yellow,
    Green,
}

/// One answer of the account: what was measured, what is needed, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadinessFinding {
    pub part: AccountPart,
    #[cfg_attr(feature = "openapi", schema(max_length = 500, example = "daily quota"))]
    pub check: String,
    pub level: FindingLevel,
    #[cfg_attr(feature = "openapi", schema(max_length = 500, example = "200 a day, sandbox"))]
    pub measured: String,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub needed: String,
    /// The page or the command that mends it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub mend: String,
}

/// The answers that preflight had from the account. Without a time it was never asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadinessReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub checked_at: Option<Timestamp>,
    /// The account and the region that were asked.
    #[cfg_attr(feature = "openapi", schema(max_length = 500, example = "111122223333, eu-west-1"))]
    pub account: String,
    /// The size of the campaign that the answers were measured against, in messages; 0: of none.
    pub messages: u64,
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub findings: Vec<ReadinessFinding>,
}

/// How far the last answers of the account can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ReadinessState {
    NeverChecked,
    /// Something is red, however long ago it was found: it is red until it is asked again.
    NotReady,
    /// Nothing is red and something could not be asked.
    NotKnown,
    /// Nothing was red, longer than a week ago.
    Old,
    Ready,
}

impl ReadinessReport {
    /// Returns the errors of a report that is stored at `now`.
    pub fn check(&self, now: Timestamp) -> Vec<FieldError> {
        let mut errors = Vec::new();
        match self.checked_at {
            None => errors.push(FieldError::new(
                "/checked_at",
                "required",
                "when the account was asked",
            )),
            Some(at) if at > now + SignedDuration::from_mins(5) => errors.push(FieldError::new(
                "/checked_at",
                "out_of_range",
                "this time has not come yet",
            )),
            Some(_) => {}
        }
        if self.account.len() > MAX_TEXT {
            errors.push(too_long("/account".to_owned()));
        }
        if self.findings.is_empty() {
            errors.push(FieldError::new("/findings", "required", "at least one finding"));
        }
        if self.findings.len() > MAX_FINDINGS {
            let detail = format!("at most {MAX_FINDINGS}");
            errors.push(FieldError::new("/findings", "too_many", detail));
        }
        let findings = self.findings.iter().take(MAX_FINDINGS).enumerate();
        errors.extend(findings.flat_map(|(index, finding)| finding.check_texts(index)));
        errors
    }

    pub fn state(&self, now: Timestamp) -> ReadinessState {
        let has = |level| self.findings.iter().any(|it| it.level == level);
        match self.checked_at {
            None => ReadinessState::NeverChecked,
            Some(_) if has(FindingLevel::Red) => ReadinessState::NotReady,
            Some(at) if now.duration_since(at) > VALID_FOR => ReadinessState::Old,
            Some(_) if has(FindingLevel::Unknown) => ReadinessState::NotKnown,
            Some(_) => ReadinessState::Ready,
        }
    }

    /// Returns the red findings that refuse to launch this campaign.
    pub fn reasons_against(&self, definition: &Definition) -> Vec<&ReadinessFinding> {
        if !exceeds_trial(&definition.caps) {
            return Vec::new();
        }
        let ladder = definition.all_channels();
        let red = self.findings.iter().filter(|it| it.level == FindingLevel::Red);
        red.filter(|it| it.part.concerns(&ladder)).collect()
    }

    /// Returns the red findings that refuse to let a launched campaign reach more customers than
    /// before.
    pub fn reasons_against_growth(
        &self,
        before: &Definition,
        after: &Definition,
    ) -> Vec<&ReadinessFinding> {
        let grows = match (before.caps.vouchers, after.caps.vouchers) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(was), Some(is)) => is > was,
        };
        if grows { self.reasons_against(after) } else { Vec::new() }
    }
}

impl ReadinessFinding {
    fn check_texts(&self, index: usize) -> Vec<FieldError> {
        let texts = [
            ("check", &self.check),
            ("measured", &self.measured),
            ("needed", &self.needed),
            ("mend", &self.mend),
        ];
        let mut errors: Vec<FieldError> = texts
            .into_iter()
            .filter(|(_, text)| text.len() > MAX_TEXT)
            .map(|(name, _)| too_long(format!("/findings/{index}/{name}")))
            .collect();
        if self.check.trim().is_empty() {
            let field = format!("/findings/{index}/check");
            errors.push(FieldError::new(field, "required", "what was asked for"));
        }
        errors
    }
}

/// Formats findings for people, each with the way to mend it.
pub fn describe_findings(findings: &[&ReadinessFinding]) -> String {
    let one = |it: &&ReadinessFinding| match it.mend.as_str() {
        "" => format!("{}: {}", it.check, it.measured),
        mend => format!("{}: {} (to mend: {mend})", it.check, it.measured),
    };
    findings.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn exceeds_trial(caps: &Caps) -> bool {
    caps.vouchers.is_none_or(|cap| cap > TRIAL_CUSTOMERS)
}

fn too_long(field: String) -> FieldError {
    FieldError::new(field, "too_long", format!("at most {MAX_TEXT} bytes"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-30T12:00:00Z".parse().unwrap()
    }

    fn finding(part: AccountPart, level: FindingLevel) -> ReadinessFinding {
        let text = |it: &str| it.to_owned();
        let (check, measured) = (text("daily quota"), text("200"));
        ReadinessFinding { part, check, level, measured, needed: text("5000"), mend: text("ask") }
    }

    fn report(findings: Vec<ReadinessFinding>) -> ReadinessReport {
        let account = "111122223333, eu-west-1".to_owned();
        ReadinessReport { checked_at: Some(now()), account, messages: 0, findings }
    }

    fn definition(ladder: &[&str], vouchers: Option<u64>) -> Definition {
        let document = json!({
            "name": "Try the pharmacy", "kind": "promotion",
            "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
            "validity": {"from_issue": {"hours": 168}},
            "audience": {"never_ordered": {"vertical": "pharmacy"}},
            "channels": {"mode": "first_available", "ladder": ladder},
            "messages": {"default_locale": "en", "locales": {"en": {
                "sms": {"text": "{{ offer }}: {{ voucher_link }}"},
                "push": {"title": "{{ offer }}", "body": "{{ voucher_link }}"},
            }}},
            "caps": vouchers.map_or(json!({}), |most| json!({"vouchers": most})),
        });
        Definition::parse(document, now()).unwrap()
    }

    #[test]
    fn red_refuses_what_is_larger_than_a_trial_on_the_channels_it_concerns() {
        let red = |part| report(vec![finding(part, FindingLevel::Red)]);
        let refuses = |report: &ReadinessReport, ladder: &[&str], vouchers| {
            !report.reasons_against(&definition(ladder, vouchers)).is_empty()
        };
        for part in [AccountPart::Platform, AccountPart::Operations, AccountPart::Sms] {
            assert!(refuses(&red(part), &["push", "sms"], None), "{part:?}");
            assert!(refuses(&red(part), &["sms"], Some(1_001)), "{part:?}");
            assert!(!refuses(&red(part), &["sms"], Some(1_000)), "{part:?}");
        }
        for part in [AccountPart::Email, AccountPart::Push] {
            assert!(!refuses(&red(part), &["sms"], None), "{part:?}");
        }
        assert!(refuses(&red(AccountPart::Push), &["push"], None));
    }

    #[test]
    fn what_is_not_red_refuses_nothing_and_says_what_is_known() {
        let state = |findings, hours| {
            let asked = report(findings);
            assert!(asked.reasons_against(&definition(&["sms"], None)).is_empty());
            asked.state(now() + SignedDuration::from_hours(hours))
        };
        use {AccountPart::Sms, FindingLevel::*};
        assert_eq!(state(vec![finding(Sms, Green)], 0), ReadinessState::Ready);
        assert_eq!(state(vec![finding(Sms, Yellow)], 7 * 24), ReadinessState::Ready);
        assert_eq!(state(vec![finding(Sms, Green)], 7 * 24 + 1), ReadinessState::Old);
        assert_eq!(state(vec![finding(Sms, Unknown)], 0), ReadinessState::NotKnown);
        assert_eq!(ReadinessReport::default().state(now()), ReadinessState::NeverChecked);
        let red = report(vec![finding(Sms, Red), finding(Sms, Unknown)]);
        assert_eq!(red.state(now() + SignedDuration::from_hours(999)), ReadinessState::NotReady);
    }

    #[test]
    fn a_launched_campaign_grows_over_a_trial_only_while_nothing_is_red() {
        let red = report(vec![finding(AccountPart::Sms, FindingLevel::Red)]);
        let refuses = |before, after| {
            let [before, after] = [before, after].map(|most| definition(&["sms"], most));
            !red.reasons_against_growth(&before, &after).is_empty()
        };
        assert!(refuses(Some(500), Some(1_001)) && refuses(Some(500), None));
        assert!(!refuses(Some(500), Some(1_000)));
        assert!(!refuses(Some(9_000), Some(8_000)) && !refuses(None, Some(8_000)));
        assert!(!refuses(Some(9_000), Some(9_000)), "its name changes");
    }

    #[test]
    fn a_report_has_a_time_findings_and_short_texts() {
        let fields = |report: &ReadinessReport| -> Vec<String> {
            report.check(now()).into_iter().map(|it| it.field).collect()
        };
        let good = report(vec![finding(AccountPart::Sms, FindingLevel::Green)]);
        assert!(fields(&good).is_empty());
        assert_eq!(fields(&ReadinessReport::default()), ["/checked_at", "/findings"]);
        let ahead = ReadinessReport {
            checked_at: Some(now() + SignedDuration::from_hours(1)),
            ..good.clone()
        };
        assert_eq!(fields(&ahead), ["/checked_at"]);
        let mut long = good.clone();
        long.findings[0].mend = "x".repeat(MAX_TEXT + 1);
        long.findings[0].check = " ".to_owned();
        assert_eq!(fields(&long), ["/findings/0/mend", "/findings/0/check"]);
        let many = report(vec![good.findings[0].clone(); MAX_FINDINGS + 1]);
        assert_eq!(fields(&many), ["/findings"]);
    }

    #[test]
    fn reasons_say_how_to_mend_each() {
        let red = finding(AccountPart::Sms, FindingLevel::Red);
        assert_eq!(describe_findings(&[&red]), "daily quota: 200 (to mend: ask)");
    }
}
