//! The tenant's rule for the way out of an SMS, by the country of the number it goes to.
//!
//! Guarantees: without a rule every SMS has a way out; none is left away but where the tenant says so
//! and why; nobody is asked to reply where nobody hears.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    campaign::messages::way_out::{MAX_REPLY_NUMBER, WayOut},
    customer::{contact::Phone, phone_country::CountryCode},
    kernel::validation::{FieldError, child_pointer},
};

/// The longest reason for offering no way out, in bytes.
pub const MAX_REASON: usize = 200;

/// The way out that an SMS offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WayOutRule {
    /// To reply with a word.
    Reply {
        /// The number that hears, in digits with or without `+`, if it is another one than the
        /// message comes from. Without it, and where the stack has no number that hears, the SMS has
        /// the link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(nullable = false, example = "36200"))]
        number: Option<String>,
    },
    /// A short link to a page with one button.
    Link {},
    /// Nothing.
    None {
        /// Why the law of that country asks for none, or where the way out is instead.
        reason: String,
    },
}

/// The ways out by country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SmsWayOut {
    /// The rule of all other countries. Without it: a reply if the stack's SMS come from a number
    /// that hears, else the link.
    #[serde(rename = "default", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub fallback: Option<WayOutRule>,
    /// Rules by the country of the phone number, as an ISO 3166 code of two letters.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, WayOutRule>))]
    pub countries: BTreeMap<CountryCode, WayOutRule>,
}

/// The way out of one SMS, before its link is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChosenWayOut {
    Reply { number: Option<String> },
    Link,
    Nothing,
}

impl ChosenWayOut {
    /// Makes the link, if that is the way out.
    pub fn with_link(self, link: impl FnOnce() -> String) -> WayOut {
        match self {
            Self::Reply { number } => WayOut::Reply { number },
            Self::Link => WayOut::Link(link()),
            Self::Nothing => WayOut::Nothing,
        }
    }
}

impl SmsWayOut {
    /// Returns the way out of an SMS to `phone`. `sender_hears`: replies to the number that it comes
    /// from arrive.
    pub fn choose(&self, phone: &Phone, sender_hears: bool) -> ChosenWayOut {
        // Most tenants have one rule, and the table of countries is long.
        let country = (!self.countries.is_empty()).then(|| CountryCode::of_phone(phone)).flatten();
        self.choose_in(country, sender_hears)
    }

    /// Returns the way out of an SMS in a country.
    pub fn choose_in(&self, country: Option<CountryCode>, sender_hears: bool) -> ChosenWayOut {
        let of_country = country.and_then(|country| self.countries.get(&country));
        match of_country.or(self.fallback.as_ref()) {
            Some(WayOutRule::None { .. }) => ChosenWayOut::Nothing,
            Some(WayOutRule::Reply { number: Some(number) }) => {
                ChosenWayOut::Reply { number: Some(number.clone()) }
            }
            Some(WayOutRule::Reply { number: None }) | None if sender_hears => {
                ChosenWayOut::Reply { number: None }
            }
            Some(WayOutRule::Reply { number: None } | WayOutRule::Link {}) | None => {
                ChosenWayOut::Link
            }
        }
    }

    /// Returns the errors of the setting, each with its pointer.
    pub fn check(&self) -> Vec<FieldError> {
        let fallback = self.fallback.iter().map(|rule| ("/default".to_owned(), rule));
        let countries = self
            .countries
            .iter()
            .map(|(country, rule)| (child_pointer("/countries", country.as_str()), rule));
        fallback.chain(countries).filter_map(|(at, rule)| rule.mistake(&at)).collect()
    }
}

impl WayOutRule {
    fn mistake(&self, at: &str) -> Option<FieldError> {
        match self {
            Self::Reply { number: Some(number) } if !is_reply_number(number) => {
                let detail =
                    format!("3 to 15 digits, with or without a + before them, not {number:?}");
                Some(FieldError::new(format!("{at}/reply/number"), "invalid", detail))
            }
            Self::None { reason } if reason.trim().is_empty() => {
                let detail = "say why these messages offer no way out";
                Some(FieldError::new(format!("{at}/none/reason"), "required", detail))
            }
            Self::None { reason } if reason.len() > MAX_REASON => {
                let detail = format!("at most {MAX_REASON} bytes");
                Some(FieldError::new(format!("{at}/none/reason"), "too_long", detail))
            }
            Self::Reply { .. } | Self::Link {} | Self::None { .. } => None,
        }
    }
}

fn is_reply_number(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    (3..MAX_REPLY_NUMBER).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(value: serde_json::Value) -> SmsWayOut {
        serde_json::from_value(value).unwrap()
    }

    #[track_caller]
    fn check(rules: &SmsWayOut, phone: &str, sender_hears: bool, expected: ChosenWayOut) {
        assert_eq!(rules.choose(&Phone::parse(phone).unwrap(), sender_hears), expected, "{phone}");
    }

    fn reply() -> ChosenWayOut {
        ChosenWayOut::Reply { number: None }
    }

    #[test]
    fn a_new_stack_asks_to_reply_where_somebody_hears_and_has_the_link_elsewhere() {
        let new = SmsWayOut::default();
        check(&new, "+34600000001", true, reply());
        check(&new, "+34600000001", false, ChosenWayOut::Link);
        check(&new, "+870773123456", false, ChosenWayOut::Link);
    }

    #[test]
    fn the_rule_of_the_country_comes_first_then_the_default() {
        let rules = rules(json!({
            "default": {"link": {}},
            "countries": {
                "FR": {"reply": {"number": "36200"}}, "US": {"reply": {}},
                "CA": {"none": {"reason": "transactional only"}},
            },
        }));
        assert_eq!(rules.check(), []);
        let french = ChosenWayOut::Reply { number: Some("36200".into()) };
        check(&rules, "+33600000001", false, french);
        check(&rules, "+12025550123", true, reply());
        check(&rules, "+12025550123", false, ChosenWayOut::Link);
        check(&rules, "+14165550123", true, ChosenWayOut::Nothing);
        check(&rules, "+34600000001", true, ChosenWayOut::Link);
    }

    #[test]
    fn no_way_out_has_a_reason_and_a_reply_has_a_number() {
        let found = |value| -> Vec<String> {
            let errors = rules(value).check().into_iter();
            errors.map(|error| format!("{} {}", error.field, error.code)).collect()
        };
        assert_eq!(
            found(json!({"default": {"none": {"reason": " "}}})),
            ["/default/none/reason required"]
        );
        assert_eq!(
            found(json!({"countries": {"DE": {"none": {"reason": "x".repeat(201)}}}})),
            ["/countries/DE/none/reason too_long"]
        );
        for bad in ["", "12", "+12", "call us", "1234567890123456", "++123", "٣٦٢٠٠"] {
            let value = json!({"countries": {"FR": {"reply": {"number": bad}}}});
            assert_eq!(found(value), ["/countries/FR/reply/number invalid"], "{bad}");
        }
        for good in ["362", "+34600000001", "123456789012345"] {
            assert_eq!(found(json!({"default": {"reply": {"number": good}}})), [""; 0], "{good}");
        }
        for unread in [
            json!({"countries": {"fr": {"link": {}}}}),
            json!({"countries": {"XX": {"link": {}}}}),
            json!({"default": {"none": {}}}),
            json!({"default": {"fax": {}}}),
            json!({"default": {"link": {"x": 1}}}),
        ] {
            assert!(serde_json::from_value::<SmsWayOut>(unread.clone()).is_err(), "{unread}");
        }
    }
}
