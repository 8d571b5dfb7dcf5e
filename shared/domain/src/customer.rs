//! The customer: profile, contacts, consents, suppressions, push endpoints and what their orders add up to.
//! Contacts and names redact themselves in `Debug`, so that no log line can hold them.

use std::{collections::BTreeMap, fmt};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    channel::Channel,
    id::{CustomerId, EndpointId},
    money::{Currency, Minor},
};

/// Most devices of one customer that get a push; the oldest gives way.
pub const MAX_ENDPOINTS: usize = 5;
/// Keeps the item under a kilobyte or two.
pub const MAX_TAGS: usize = 20;
pub const MAX_PERSONAL_DATES: usize = 6;
/// Of a given or family name.
pub const MAX_NAME_BYTES: usize = 80;
/// Verticals with their own aggregates.
pub const MAX_VERTICALS: usize = 24;

macro_rules! redacted {
    ($(#[$doc:meta])* $name:ident, $check:path, $reason:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        pub struct $name(String);

        impl $name {
            pub fn parse(text: &str) -> Result<Self, BadContact> {
                if $check(text) { Ok(Self(text.to_owned())) } else { Err(BadContact($reason)) }
            }
            /// The bare text: for the carrier and the owner of the data only.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadContact;
            fn try_from(text: String) -> Result<Self, BadContact> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(contact: $name) -> String {
                contact.0
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadContact(&'static str);

fn is_phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}
fn is_email(text: &str) -> bool {
    let clean =
        text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'(' | b')' | b',' | b';' | b'"'));
    match text.split_once('@') {
        Some((local, host)) => {
            clean
                && text.len() <= 254
                && (1..=64).contains(&local.len())
                && host.contains('.')
                && !host.contains('@')
                && host.split('.').all(|label| !label.is_empty())
        }
        None => false,
    }
}
fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_NAME_BYTES && !text.chars().any(char::is_control)
}
fn is_arn(text: &str) -> bool {
    text.len() <= 256
        && text.starts_with("arn:")
        && text.contains(":sns:")
        && text.contains(":endpoint/")
        && text.is_ascii()
}

redacted!(
    /// E.164, `+` and 7 to 15 digits.
    Phone, is_phone, "a phone number is E.164: + and 7 to 15 digits"
);
redacted!(
    /// One address, at most 254 bytes.
    Email, is_email, "not an e-mail address"
);
redacted!(
    /// A given or family name, at most 80 bytes.
    Name, is_name, "a name has 1 to 80 bytes and no control characters"
);
redacted!(
    /// SNS platform endpoint: identifies a device.
    EndpointArn, is_arn, "not the ARN of an SNS platform endpoint"
);

/// BCP 47, `es` or `es-ES`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "es-ES"))]
pub struct Locale(String);

impl Locale {
    pub fn parse(text: &str) -> Result<Self, BadContact> {
        let mut parts = text.split('-');
        let language =
            parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_lowercase()));
        let rest = parts.all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
        if language && rest && text.len() <= 35 {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadContact("a locale is a BCP 47 tag such as es or es-ES"))
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }
    /// `es` covers `es-ES`; `es-ES` covers only itself.
    pub fn covers(&self, other: &Locale) -> bool {
        self == other || (!self.0.contains('-') && self.0 == other.language())
    }
}
impl TryFrom<String> for Locale {
    type Error = BadContact;
    fn try_from(text: String) -> Result<Self, BadContact> {
        Self::parse(&text)
    }
}
impl From<Locale> for String {
    fn from(locale: Locale) -> String {
        locale.0
    }
}

/// An IANA time zone that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "Europe/Madrid"))]
pub struct Zone(String);

impl Zone {
    pub fn parse(name: &str) -> Result<Self, BadContact> {
        match TimeZone::get(name) {
            Ok(_) => Ok(Self(name.to_owned())),
            Err(_) => Err(BadContact("not an IANA time zone such as Europe/Madrid")),
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
    /// The calendar day it is there.
    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.time_zone()).date()
    }
}
impl Default for Zone {
    fn default() -> Self {
        Self("UTC".into())
    }
}
impl TryFrom<String> for Zone {
    type Error = BadContact;
    fn try_from(text: String) -> Result<Self, BadContact> {
        Self::parse(&text)
    }
}
impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.0
    }
}

/// A place on Earth, degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point {
    pub lat: f64,
    pub lon: f64,
}

impl Point {
    pub fn on_earth(&self) -> bool {
        self.lat.is_finite() && self.lon.is_finite() && self.lat.abs() <= 90.0 && self.lon.abs() <= 180.0
    }
    /// Great-circle distance (haversine, mean radius 6,371.0088 km; within 0.5 % of the ellipsoid).
    pub fn km_to(&self, other: &Point) -> f64 {
        let (lat_a, lat_b) = (self.lat.to_radians(), other.lat.to_radians());
        let half_lat = (lat_b - lat_a) / 2.0;
        let half_lon = (other.lon - self.lon).to_radians() / 2.0;
        let a = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
        2.0 * 6_371.008_8 * a.sqrt().min(1.0).asin()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub first_name: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub last_name: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub locale: Option<Locale>,
    /// Calendar dates of this customer are dates in this zone. Default UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub zone: Option<Zone>,
    /// The currency of this customer's orders. Default: the tenant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = Date))]
    pub signed_up: Option<Date>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub location: Option<Point>,
    /// Name (`birthday`) to date.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub personal_dates: BTreeMap<String, Date>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contacts {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub phone: Option<Phone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub email: Option<Email>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ConsentState {
    Granted,
    Denied,
}

/// Replaced choices that are kept of one customer: of more the oldest go.
pub const MAX_PAST_CONSENTS: usize = 50;

/// A person's choice for one channel, with where and when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    pub state: ConsentState,
    /// Where the choice was made: `signup_form`, `app_settings`, ... 1 to 64 bytes.
    pub source: String,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

/// Why an address must not be used, whatever the consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SuppressionReason {
    Bounced,
    Complained,
    OptedOut,
    /// The person behind this address asked to be forgotten, under another id. Until they say yes again, later than that.
    Erased,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suppression {
    pub reason: SuppressionReason,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushEndpoint {
    pub endpoint_id: EndpointId,
    pub arn: EndpointArn,
}

/// What the orders of one vertical add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// Orders placed and not cancelled.
    pub orders: u32,
    /// Minor units of the customer's currency, refunds taken off.
    pub spend: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = Date))]
    pub last_order_day: Option<Date>,
}

/// What a customer was about to order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    pub id: String,
    /// When it was last touched, ordered or emptied.
    pub at: Timestamp,
    /// Neither ordered nor emptied.
    pub open: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    pub id: CustomerId,
    pub profile: Profile,
    pub contacts: Contacts,
    pub consents: BTreeMap<Channel, Consent>,
    /// Choices that later ones have replaced, oldest first, at most [`MAX_PAST_CONSENTS`].
    pub past_consents: Vec<(Channel, Consent)>,
    pub suppressions: BTreeMap<Channel, Suppression>,
    pub push_endpoints: Vec<PushEndpoint>,
    pub activity: Activity,
    /// By vertical, at most [`MAX_VERTICALS`].
    pub verticals: BTreeMap<String, Activity>,
    /// The last one that was told of.
    pub cart: Option<Cart>,
    /// Raised by every write: the fence of concurrent editors.
    pub version: u64,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address<'a> {
    Phone(&'a Phone),
    Email(&'a Email),
    Endpoints(&'a [PushEndpoint]),
}

/// Why a channel does not reach a customer, in the order in which it is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unreachable {
    /// Never asked, so not allowed.
    NoConsent,
    /// Said no.
    Denied,
    Suppressed,
    NoAddress,
}

impl Unreachable {
    pub fn code(self) -> &'static str {
        match self {
            Self::NoConsent => "no_consent",
            Self::Denied => "opted_out",
            Self::Suppressed => "suppressed",
            Self::NoAddress => "no_address",
        }
    }
}

impl Customer {
    pub fn new(id: CustomerId) -> Self {
        Self {
            id,
            profile: Profile::default(),
            contacts: Contacts::default(),
            consents: BTreeMap::new(),
            past_consents: Vec::new(),
            suppressions: BTreeMap::new(),
            push_endpoints: Vec::new(),
            activity: Activity::default(),
            verticals: BTreeMap::new(),
            cart: None,
            version: 0,
        }
    }

    /// A date of theirs by its name: a personal one, or the day they signed up.
    pub fn date(&self, name: &str) -> Option<Date> {
        let signed_up = || self.profile.signed_up.filter(|_| name == crate::trigger::SIGNED_UP);
        self.profile.personal_dates.get(name).copied().or_else(signed_up)
    }

    /// The calendar day it is for this customer.
    pub fn today(&self, now: Timestamp) -> Date {
        self.profile.zone.as_ref().map_or_else(|| Zone::default().day(now), |zone| zone.day(now))
    }

    /// Consent and suppression must both pass, and there must be an address: the one statement of "may we write to them here".
    pub fn reach(&self, channel: Channel) -> Result<Address<'_>, Unreachable> {
        match self.consents.get(&channel).map(|consent| consent.state) {
            None => return Err(Unreachable::NoConsent),
            Some(ConsentState::Denied) => return Err(Unreachable::Denied),
            Some(ConsentState::Granted) => {}
        }
        if self.suppressions.contains_key(&channel) {
            return Err(Unreachable::Suppressed);
        }
        let address = match channel {
            Channel::Sms => self.contacts.phone.as_ref().map(Address::Phone),
            Channel::Email => self.contacts.email.as_ref().map(Address::Email),
            Channel::Push => (!self.push_endpoints.is_empty()).then_some(Address::Endpoints(&self.push_endpoints)),
        };
        address.ok_or(Unreachable::NoAddress)
    }

    /// The first rung that reaches the customer, or why none does: if every rung was refused by choice it is `opted_out`,
    /// else the reason of the rung that came closest.
    pub fn first_reachable(&self, ladder: &[Channel]) -> Result<Channel, Unreachable> {
        let mut closest: Option<Unreachable> = None;
        for channel in ladder {
            match self.reach(*channel) {
                Ok(_) => return Ok(*channel),
                Err(reason) => closest = Some(closest.map_or(reason, |best| best.max(reason))),
            }
        }
        Err(closest.unwrap_or(Unreachable::NoConsent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer() -> Customer {
        let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
        customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        customer.contacts.email = Some(Email::parse("ana@example.com").unwrap());
        customer
    }
    fn consent(state: ConsentState) -> Consent {
        Consent { state, source: "test".into(), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn silence_is_not_consent() {
        assert_eq!(customer().reach(Channel::Sms), Err(Unreachable::NoConsent));
    }

    #[test]
    fn consent_does_not_lift_a_suppression() {
        let mut customer = customer();
        customer.consents.insert(Channel::Email, consent(ConsentState::Granted));
        assert!(customer.reach(Channel::Email).is_ok());
        let at = Timestamp::UNIX_EPOCH;
        customer.suppressions.insert(Channel::Email, Suppression { reason: SuppressionReason::Bounced, at });
        assert_eq!(customer.reach(Channel::Email), Err(Unreachable::Suppressed));
    }

    #[test]
    fn the_ladder_steps_over_what_is_refused() {
        let mut customer = customer();
        customer.consents.insert(Channel::Sms, consent(ConsentState::Denied));
        customer.consents.insert(Channel::Email, consent(ConsentState::Granted));
        assert_eq!(customer.first_reachable(&[Channel::Sms, Channel::Push, Channel::Email]), Ok(Channel::Email));
        assert_eq!(customer.first_reachable(&[Channel::Sms]), Err(Unreachable::Denied));
    }

    #[test]
    fn contacts_never_show_themselves() {
        let shown = format!("{:?}", customer());
        assert!(!shown.contains("+34600000001") && !shown.contains("ana@"), "{shown}");
    }

    #[test]
    fn addresses_are_checked() {
        for bad in ["600000001", "+0123456789", "+12", "+1234567890123456", "+34 600"] {
            assert!(Phone::parse(bad).is_err(), "{bad}");
        }
        for bad in ["a", "@b.c", "a@b", "a@@b.c", "a@b..c", "a b@c.d", "a@b.c\r\nBcc: d@e.f"] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert!(Zone::parse("Mars/Olympus").is_err());
        assert!(Locale::parse("english").is_err());
    }

    #[test]
    fn the_day_is_the_customers_own() {
        let at: Timestamp = "2026-11-22T23:30:00Z".parse().unwrap();
        assert_eq!(Zone::parse("Europe/Madrid").unwrap().day(at).to_string(), "2026-11-23");
        assert_eq!(Zone::parse("America/Bogota").unwrap().day(at).to_string(), "2026-11-22");
    }

    #[test]
    fn distance_is_about_right() {
        let madrid = Point { lat: 40.4168, lon: -3.7038 };
        let paris = Point { lat: 48.8566, lon: 2.3522 };
        assert!((madrid.km_to(&paris) - 1_053.0).abs() < 5.0);
    }
}
