//! Chooses the identity that an SMS comes from, by the country of the number it goes to: a number, a
//! pool or a sender id of the account.
//!
//! An operator writes the identities in one line of the deployment's settings. Guarantees: an
//! identity that the provider would not read is refused when the function starts; nobody is asked to
//! reply to a sender that hears nothing.

use std::collections::BTreeMap;

use crate::customer::{contact::Phone, phone_country::CountryCode};

/// The longest identity in characters, as AWS End User Messaging takes it.
const MAX_IDENTITY: usize = 256;
/// The longest sender id, and the fewest of its characters that can be letters.
const MAX_SENDER_ID: usize = 11;
/// The most digits of a short code. Any other number has a country's code in front.
const MAX_SHORT_CODE: usize = 8;
/// The word before the identity of all countries without their own.
const DEFAULT: &str = "default";

/// An origination identity of the account, by its id, its number or its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginationIdentity {
    /// A leased number or short code, by itself.
    Number(String),
    /// Several identities, of which the provider takes one that fits the destination.
    Pool(String),
    /// A name. Nobody can reply to it.
    SenderId(String),
    /// A number of which only the provider's id or ARN is known.
    NumberId(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOrigination {
    #[error("{0:?} is no identity: a number such as +34600000001, a pool, an ARN, or a sender id")]
    Identity(String),
    #[error("{0:?} is no country that phone numbers have: two capitals, or default")]
    Country(String),
    #[error("{0:?} has two identities")]
    Repeated(String),
}

impl OriginationIdentity {
    pub fn parse(text: &str) -> Result<Self, BadOrigination> {
        let bad = || BadOrigination::Identity(text.to_owned());
        let allowed = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'/' | b'+' | b'-')
        };
        if text.is_empty() || text.len() > MAX_IDENTITY || !text.bytes().all(allowed) {
            return Err(bad());
        }
        let resource = if text.starts_with("arn:") { text.splitn(6, ':').nth(5) } else { None };
        let digits = text.strip_prefix('+').unwrap_or(text);
        match resource {
            Some(pool) if pool.starts_with("pool/") => Ok(Self::Pool(text.to_owned())),
            Some(number) if number.starts_with("phone-number/") => {
                Ok(Self::NumberId(text.to_owned()))
            }
            Some(name) if name.starts_with("sender-id/") => Ok(Self::SenderId(text.to_owned())),
            Some(_) => Err(bad()),
            None if text.starts_with("arn:") => Err(bad()),
            None if text.starts_with("pool-") => Ok(Self::Pool(text.to_owned())),
            None if text.starts_with("phone-") => Ok(Self::NumberId(text.to_owned())),
            None if digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() >= 3 => {
                Ok(Self::Number(text.to_owned()))
            }
            None if is_sender_id(text) => Ok(Self::SenderId(text.to_owned())),
            None => Err(bad()),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(text) | Self::Pool(text) | Self::SenderId(text) | Self::NumberId(text) => {
                text
            }
        }
    }
}

/// Returns true for a name of letters, digits and hyphens that has a letter.
fn is_sender_id(text: &str) -> bool {
    text.len() <= MAX_SENDER_ID
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The provider of a deployment's SMS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SmsProvider {
    /// AWS End User Messaging.
    #[default]
    EndUserMessaging,
    Sns,
}

impl SmsProvider {
    /// Returns the provider's name in settings and reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::EndUserMessaging => "eum",
            Self::Sns => "sns",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "eum" => Some(Self::EndUserMessaging),
            "sns" => Some(Self::Sns),
            _ => None,
        }
    }
}

/// Returns a number as the provider tells it: in E.164 with its `+`, whoever typed it without. A short
/// code has none.
fn full_number(text: &str) -> String {
    let is_long = text.len() > MAX_SHORT_CODE && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_long { format!("+{text}") } else { text.to_owned() }
}

/// The identities of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SmsOriginations {
    fallback: Option<OriginationIdentity>,
    countries: BTreeMap<CountryCode, OriginationIdentity>,
    /// The number whose replies arrive.
    reply_number: Option<String>,
}

impl SmsOriginations {
    /// Reads a line such as `default=pool-1f0e,ES=SHOP,US=+12025550100`. An identity without a
    /// country is that of all others. `reply_number` hears replies, and is the sender where the line
    /// names none.
    pub fn parse(line: &str, reply_number: Option<&str>) -> Result<Self, BadOrigination> {
        let reply_number = reply_number.map(str::trim).filter(|it| !it.is_empty());
        let mut all = Self { reply_number: reply_number.map(full_number), ..Self::default() };
        for entry in line.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (country, identity) = entry.split_once('=').unwrap_or((DEFAULT, entry));
            let identity = OriginationIdentity::parse(identity.trim())?;
            let before = match country.trim() {
                DEFAULT => all.fallback.replace(identity),
                country => {
                    let code = CountryCode::parse(country)
                        .map_err(|_| BadOrigination::Country(country.to_owned()))?;
                    all.countries.insert(code, identity)
                }
            };
            if before.is_some() {
                return Err(BadOrigination::Repeated(country.trim().to_owned()));
            }
        }
        Ok(all)
    }

    /// Reads the identities from a function's environment. SNS knows the number that hears and no
    /// other identity.
    pub fn from_lookup(
        provider: SmsProvider,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadOrigination> {
        let line = match provider {
            SmsProvider::EndUserMessaging => lookup("SMS_ORIGINATIONS").unwrap_or_default(),
            SmsProvider::Sns => String::new(),
        };
        Self::parse(&line, lookup("SMS_REPLY_NUMBER").as_deref())
    }

    /// Returns the number whose replies arrive, if the deployment has one.
    pub fn reply_number(&self) -> Option<&str> {
        self.reply_number.as_deref()
    }

    /// Returns the identity that an SMS to `phone` comes from; without one the provider chooses.
    pub fn identity_for(&self, phone: &Phone) -> Option<&str> {
        self.identity_in(self.country_of(phone))
            .map(OriginationIdentity::as_str)
            .or(self.reply_number.as_deref())
    }

    /// Returns true if replies to an SMS to `phone` arrive.
    pub fn hears(&self, phone: &Phone) -> bool {
        self.hears_in(self.country_of(phone))
    }

    /// Returns true if replies to an SMS in a country arrive: to the number that hears, or to a pool
    /// that has it.
    pub fn hears_in(&self, country: Option<CountryCode>) -> bool {
        let Some(number) = &self.reply_number else {
            return false;
        };
        match self.identity_in(country) {
            Some(OriginationIdentity::Number(identity)) => full_number(identity) == *number,
            Some(OriginationIdentity::SenderId(_) | OriginationIdentity::NumberId(_)) => false,
            Some(OriginationIdentity::Pool(_)) | None => true,
        }
    }

    fn identity_in(&self, country: Option<CountryCode>) -> Option<&OriginationIdentity> {
        let of_country = country.and_then(|country| self.countries.get(&country));
        of_country.or(self.fallback.as_ref())
    }

    /// Returns the country of a number where one matters: the table of countries is long.
    fn country_of(&self, phone: &Phone) -> Option<CountryCode> {
        (!self.countries.is_empty()).then(|| CountryCode::of_phone(phone)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identities(line: &str, reply_number: Option<&str>) -> SmsOriginations {
        SmsOriginations::parse(line, reply_number).unwrap()
    }

    #[track_caller]
    fn check(all: &SmsOriginations, phone: &str, identity: Option<&str>, hears: bool) {
        let phone = Phone::parse(phone).unwrap();
        assert_eq!((all.identity_for(&phone), all.hears(&phone)), (identity, hears));
    }

    #[test]
    fn an_sms_comes_from_the_identity_of_its_country_or_of_all_others() {
        let all = identities("default=pool-1f0e, ES=SHOP,US=+12025550100", None);
        check(&all, "+34600000001", Some("SHOP"), false);
        check(&all, "+12025550173", Some("+12025550100"), false);
        // Canada shares the code of the United States
        check(&all, "+16135550173", Some("pool-1f0e"), false);
        check(&identities("", None), "+34600000001", None, false);
        check(&identities("pool-1f0e", None), "+34600000001", Some("pool-1f0e"), false);
    }

    #[test]
    fn nobody_is_asked_to_reply_where_nobody_hears() {
        let number = "+12025550100";
        let all = identities("pool-1f0e,ES=SHOP,US=+12025550100,CA=+16135550100", Some(number));
        check(&all, "+34600000001", Some("SHOP"), false);
        check(&all, "+12025550173", Some(number), true);
        check(&all, "+16135550173", Some("+16135550100"), false);
        check(&all, "+447700900123", Some("pool-1f0e"), true);
        check(&identities("", Some(number)), "+447700900123", Some(number), true);
        check(&identities("", Some(" ")), "+447700900123", None, false);
    }

    #[test]
    fn a_number_is_the_same_with_and_without_its_plus() {
        let phone = "+12025550173";
        for number in ["+12025550100", "12025550100"] {
            for identity in ["+12025550100", "12025550100"] {
                let all = identities(&format!("US={identity}"), Some(number));
                check(&all, phone, Some(identity), true);
                assert_eq!(all.reply_number(), Some("+12025550100"));
            }
        }
        let short = identities("US=36200", Some("36200"));
        check(&short, phone, Some("36200"), true);
        assert_eq!(short.reply_number(), Some("36200"), "a short code has no plus");
    }

    #[test]
    fn sns_sends_from_the_number_that_hears_alone() {
        let lookup = |name: &str| match name {
            "SMS_ORIGINATIONS" => Some("ES=SHOP".to_owned()),
            "SMS_REPLY_NUMBER" => Some("+12025550100".to_owned()),
            _ => None,
        };
        let read = |provider| SmsOriginations::from_lookup(provider, lookup).unwrap();
        check(&read(SmsProvider::Sns), "+34600000001", Some("+12025550100"), true);
        check(&read(SmsProvider::EndUserMessaging), "+34600000001", Some("SHOP"), false);
        assert_eq!(SmsProvider::parse("sns"), Some(SmsProvider::Sns));
        assert_eq!(SmsProvider::parse("eum"), Some(SmsProvider::default()));
        assert_eq!(SmsProvider::parse("twilio"), None);
    }

    #[test]
    fn an_identity_is_known_by_its_form() {
        use OriginationIdentity::{Number, NumberId, Pool, SenderId};
        let arn = |resource: &str| format!("arn:aws:sms-voice:eu-west-1:123456789012:{resource}");
        type Kind = fn(String) -> OriginationIdentity;
        let cases: [(String, Kind); 9] = [
            ("+34600000001".into(), Number),
            ("36200".into(), Number),
            ("pool-1f0e".into(), Pool),
            (arn("pool/pool-1f0e"), Pool),
            ("phone-1f0e".into(), NumberId),
            (arn("phone-number/phone-1f0e"), NumberId),
            ("SHOP-2".into(), SenderId),
            ("1SHOP".into(), SenderId),
            (arn("sender-id/SHOP/ES"), SenderId),
        ];
        for (text, kind) in cases {
            let parsed = OriginationIdentity::parse(&text).unwrap();
            assert_eq!((parsed.as_str(), &parsed), (text.as_str(), &kind(text.clone())));
        }
    }

    #[test]
    fn a_line_that_the_provider_would_not_read_is_refused() {
        let refused = |line: &str| SmsOriginations::parse(line, None).unwrap_err().to_string();
        for (line, expected) in [
            ("default=", r#""" is no identity"#),
            ("my shop", r#""my shop" is no identity"#),
            ("MUCHTOOLONGNAME", "is no identity"),
            ("arn:aws:sns:eu-west-1:123456789012:topic", "is no identity"),
            ("arn:x", "is no identity"),
            ("xx=SHOP", r#""xx" is no country"#),
            ("ZZ=SHOP", r#""ZZ" is no country"#),
            ("ES=SHOP,ES=+34600000001", r#""ES" has two"#),
            ("SHOP,pool-1f0e", r#""default" has two"#),
        ] {
            let found = refused(line);
            assert!(found.contains(expected), "{line}: {found}");
        }
    }
}
