//! The customer: profile, contacts, consents, suppressions, push endpoints and order totals.
//!
//! Contacts and names redact themselves in `Debug`, so that no log line can contain them.

use std::{collections::BTreeMap, fmt};

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::{
    customer::{
        address::Address,
        attributes::Attributes,
        carts::ShoppingCart,
        contact::redacted,
        order_windows::OrderWindows,
        pause::Pause,
        topics::{TopicQuestion, TopicScope},
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, PushEndpointId},
        money::{Currency, MinorUnits},
    },
};
pub use crate::{
    customer::{
        consent::{Consent, ConsentState},
        contact::{BadContact, Email, EndpointArn, Phone},
    },
    kernel::locale::Locale,
};

/// The name of the sign-up day when it is used as a date to celebrate.
pub const SIGN_UP_DATE: &str = "signed_up";
/// Maximum number of push endpoints of one customer. A new one replaces the oldest.
pub const MAX_ENDPOINTS: usize = 5;
/// Maximum number of tags. It keeps the item under a kilobyte or two.
pub const MAX_TAGS: usize = 20;
pub const MAX_PERSONAL_DATES: usize = 6;
/// Maximum size of a given or family name in bytes.
pub const MAX_NAME_BYTES: usize = 80;
/// Maximum number of verticals for which a customer has separate order totals.
pub const MAX_VERTICALS: usize = 24;

fn parse_name(text: &str) -> Option<String> {
    let is_name = !text.trim().is_empty()
        && text.len() <= MAX_NAME_BYTES
        && !text.chars().any(char::is_control);
    is_name.then(|| text.to_owned())
}
redacted!(
    /// A given or family name of at most 80 bytes.
    Name, parse_name, "a name has 1 to 80 bytes and no control characters"
);
/// Maximum size of a city's name in bytes.
pub const MAX_CITY_BYTES: usize = 64;

fn parse_city(text: &str) -> Option<String> {
    let text = text.trim();
    let is_city = (1..=MAX_CITY_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    is_city.then(|| text.to_owned())
}
redacted!(
    /// The name of the city or town that a customer orders in, as the marketplace writes it.
    City, parse_city, "a city has 1 to 64 bytes and no control characters"
);
/// An IANA time zone that exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "Europe/Madrid"))]
pub struct Zone(String);

impl Zone {
    pub fn parse(name: &str) -> Result<Self, BadContact> {
        match TimeZone::get(name) {
            Ok(_) => Ok(Self(name.to_owned())),
            Err(_) => Err(BadContact::new("not an IANA time zone such as Europe/Madrid")),
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
    /// Returns the moment at which a calendar day begins in this zone: midnight, or the first
    /// moment after it where a clock change skips midnight. A day that the zone skips, as at the
    /// date line, begins when the next one does.
    pub fn start_of_day(&self, day: Date) -> Timestamp {
        let midnight = day.to_datetime(Time::MIN);
        let begins = self.time_zone().to_ambiguous_timestamp(midnight).compatible();
        begins.unwrap_or(Timestamp::MAX)
    }
    /// Returns the calendar day in this zone at the given time.
    pub fn local_day(&self, at: Timestamp) -> Date {
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

/// A location on Earth, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GeoPoint {
    pub lat: f64,
    pub lon: f64,
}

impl GeoPoint {
    pub fn is_on_earth(&self) -> bool {
        self.lat.is_finite()
            && self.lon.is_finite()
            && self.lat.abs() <= 90.0
            && self.lon.abs() <= 180.0
    }
    /// Computes the great-circle distance in kilometres (haversine, mean radius 6,371.0088 km;
    /// within 0.5 % of the ellipsoid).
    pub fn distance_km(&self, other: &GeoPoint) -> f64 {
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
    /// The time zone of this customer's clock and calendar. Default: that of the phone's country
    /// if the contact policy allows it and the country has one, else the tenant's.
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
    pub location: Option<GeoPoint>,
    /// The city that the customer orders in. Operators pick cities by these names; a city lies
    /// where its customers do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub city: Option<City>,
    /// Dates by name, such as `birthday`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub personal_dates: BTreeMap<String, Date>,
    /// Values of the attributes that the tenant has declared, by their names. A date is written
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, crate::customer::attributes::AttributeValue>))]
    pub attributes: Attributes,
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

/// Maximum number of replaced consents kept for one customer. The oldest are dropped.
pub const MAX_PAST_CONSENTS: usize = 50;

/// The subject of a choice: a channel, or a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsentSubject {
    Channel(Channel),
    Topic(TopicScope),
}

/// The prefix of a topic where channels and topics are written side by side.
const TOPIC_PREFIX: &str = "topic:";

impl ConsentSubject {
    /// Parses `sms`, `topic:deals` or `topic:deals:sms`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(TOPIC_PREFIX) {
            Some(scope) => TopicScope::parse(scope).map(Self::Topic),
            None => Channel::parse(text).map(Self::Channel),
        }
    }
}

impl fmt::Display for ConsentSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(channel) => f.write_str(channel.as_str()),
            Self::Topic(scope) => write!(f, "{TOPIC_PREFIX}{scope}"),
        }
    }
}

/// A choice that a later one has replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastConsent {
    pub subject: ConsentSubject,
    pub consent: Consent,
}

impl PastConsent {
    /// Returns true if the choice was about the channel itself, and not about a topic on it.
    pub fn is_about_channel(&self, channel: Channel) -> bool {
        self.subject == ConsentSubject::Channel(channel)
    }
}

/// The reason why an address must not be used, regardless of consent: from the weakest to the
/// strongest. What lifts which is declared in `address_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SuppressionReason {
    /// Five messages in a row have failed.
    Failing,
    /// The provider refuses the number or the device for good.
    Invalid,
    /// A message bounced for good: the mailbox does not exist.
    Bounced,
    /// An operator has blocked it.
    Blocked,
    /// A person behind it asked for erasure under another customer id.
    Erased,
    /// It said no: a reply such as STOP, an unsubscribe link, a carrier's list.
    OptedOut,
    Complained,
}

/// The suppression of a customer's address, as the record mirrors it: the state of the address is
/// kept with the address, for all records that have it.
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
    pub endpoint_id: PushEndpointId,
    pub arn: EndpointArn,
}

/// Order totals of a customer, overall or in one vertical.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderTotals {
    /// Orders placed and not cancelled.
    pub orders: u32,
    /// Amount spent in minor units of the customer's currency, net of refunds.
    pub spend: MinorUnits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = Date))]
    pub last_order_day: Option<Date>,
}

/// A record of the same person that a customer has absorbed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedRecord {
    pub id: CustomerId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    pub id: CustomerId,
    pub profile: Profile,
    pub contacts: Contacts,
    pub consents: BTreeMap<Channel, Consent>,
    /// Choices about topics, on one channel or on all. Topics without one have their default.
    pub topics: BTreeMap<TopicScope, Consent>,
    /// Consents that later ones have replaced, oldest first, at most [`MAX_PAST_CONSENTS`].
    pub past_consents: Vec<PastConsent>,
    /// The customer's last word about a time without messages.
    pub pause: Option<Pause>,
    /// Pauses that later ones have replaced, oldest first.
    pub past_pauses: Vec<Pause>,
    /// Suppressions in force of the addresses that the record has, by channel. A token
    /// that is suppressed is taken off the record instead.
    pub suppressions: BTreeMap<Channel, Suppression>,
    /// Times at which a consent was received whose own time is ahead of that.
    pub ahead: BTreeMap<ConsentSubject, Timestamp>,
    pub push_endpoints: Vec<PushEndpoint>,
    pub activity: OrderTotals,
    /// Order totals by vertical, at most [`MAX_VERTICALS`].
    pub verticals: BTreeMap<String, OrderTotals>,
    /// The orders of the last year by day. `None` for a record whose orders were counted before
    /// there were windows; the next order counts them all.
    pub windows: Option<OrderWindows>,
    /// The carts that the app backend has reported, at most
    /// [`MAX_CARTS`](super::carts::MAX_CARTS).
    pub carts: Vec<ShoppingCart>,
    /// The records that were merged into this one. Their vouchers and orders stay under their ids.
    pub merged: Vec<MergedRecord>,
    /// The zone of the customer's clock if the profile names none, as [`ZoneRule`] decides when the
    /// customer is read. It is not stored.
    ///
    /// [`ZoneRule`]: super::zone_rule::ZoneRule
    pub fallback_zone: Zone,
    /// Version number, raised by every write. It guards against concurrent editors.
    pub version: u64,
}

/// The contact to which a message is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactAddress<'a> {
    Phone(&'a Phone),
    Email(&'a Email),
    Endpoints(&'a [PushEndpoint]),
}

/// The reason why a channel does not reach a customer, in the order in which it is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnreachableReason {
    /// The customer was never asked, so messages are not allowed.
    NoConsent,
    /// The customer has denied consent.
    Denied,
    Suppressed,
    NoAddress,
    /// The customer has said no to the message's topic, or has not said the yes that it needs.
    TopicDenied,
    /// The customer wants no messages for some time.
    Paused,
}

/// The question that a message asks of a customer besides the consent for its channel.
#[derive(Debug, Clone, Copy)]
pub struct ReachQuery<'a> {
    /// The topic of the campaign, if it names one.
    pub topic: Option<&'a TopicQuestion>,
    pub now: Timestamp,
}

impl ReachQuery<'_> {
    /// A question about the channels alone.
    pub fn without_topic(now: Timestamp) -> Self {
        Self { topic: None, now }
    }
}

impl UnreachableReason {
    pub fn code(self) -> &'static str {
        match self {
            Self::NoConsent => "no_consent",
            Self::Denied => "opted_out",
            Self::Suppressed => "suppressed",
            Self::NoAddress => "no_address",
            Self::TopicDenied => "topic_denied",
            Self::Paused => "paused",
        }
    }
}

impl Customer {
    /// Returns the addresses that the record has now.
    pub fn addresses(&self) -> Vec<Address> {
        let contacts = [Channel::Sms, Channel::Email].into_iter();
        let contacts = contacts.filter_map(|channel| self.address_on(channel));
        let devices = self.push_endpoints.iter().map(|it| Address::Push(it.arn.clone()));
        contacts.chain(devices).collect()
    }

    /// Returns the mailbox or the number to which a message goes; a push goes to each device.
    pub fn address_on(&self, channel: Channel) -> Option<Address> {
        match channel {
            Channel::Sms => self.contacts.phone.clone().map(Address::Sms),
            Channel::Email => self.contacts.email.clone().map(Address::Email),
            Channel::Push => None,
        }
    }
}

impl Customer {
    /// Returns the currency in which the customer pays; without their own it is the tenant's.
    pub fn currency(&self, tenant: Currency) -> Currency {
        self.profile.currency.unwrap_or(tenant)
    }

    pub fn new(id: CustomerId) -> Self {
        Self {
            id,
            profile: Profile::default(),
            contacts: Contacts::default(),
            consents: BTreeMap::new(),
            topics: BTreeMap::new(),
            past_consents: Vec::new(),
            pause: None,
            past_pauses: Vec::new(),
            suppressions: BTreeMap::new(),
            ahead: BTreeMap::new(),
            push_endpoints: Vec::new(),
            activity: OrderTotals::default(),
            verticals: BTreeMap::new(),
            windows: Some(OrderWindows::default()),
            carts: Vec::new(),
            merged: Vec::new(),
            fallback_zone: Zone::default(),
            version: 0,
        }
    }

    /// Returns the zone of the customer's clock. Every local time and every local day is this
    /// zone's.
    pub fn zone(&self) -> &Zone {
        self.profile.zone.as_ref().unwrap_or(&self.fallback_zone)
    }

    /// Returns one of the customer's dates by its name: a personal date, or the day on which they
    /// signed up.
    pub fn named_date(&self, name: &str) -> Option<Date> {
        let signed_up = || self.profile.signed_up.filter(|_| name == SIGN_UP_DATE);
        self.profile.personal_dates.get(name).copied().or_else(signed_up)
    }

    /// Returns the current calendar day in the customer's time zone.
    pub fn today(&self, now: Timestamp) -> Date {
        self.zone().local_day(now)
    }

    /// Returns true if the customer wants no messages at this time.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        self.pause.as_ref().is_some_and(|pause| pause.is_in_force(now))
    }

    /// Returns the customer's answer to a topic on a channel. A no to the topic on the channel or
    /// on all outweighs a yes on the other; who has said nothing is asked by the topic's default.
    pub fn topic_consent(&self, topic: &TopicQuestion, channel: Channel) -> ConsentState {
        let said = |scope: TopicScope| self.topics.get(&scope).map(|consent| consent.state);
        let words = [TopicScope::on_all(&topic.id), TopicScope::on(&topic.id, channel)].map(said);
        if words.contains(&Some(ConsentState::Denied)) {
            ConsentState::Denied
        } else if words.contains(&Some(ConsentState::Granted)) {
            ConsentState::Granted
        } else {
            topic.default
        }
    }

    /// Returns the contact to use on `channel`, or the reason why there is none. Consent for
    /// channel and topic, suppression and pause must all allow it, and there must be a contact.
    /// This is the only implementation of the rule.
    pub fn reachable_contact(
        &self,
        channel: Channel,
        query: &ReachQuery<'_>,
    ) -> Result<ContactAddress<'_>, UnreachableReason> {
        match self.consents.get(&channel).map(|consent| consent.state) {
            None => return Err(UnreachableReason::NoConsent),
            Some(ConsentState::Denied) => return Err(UnreachableReason::Denied),
            Some(ConsentState::Granted) => {}
        }
        if self.suppressions.contains_key(&channel) {
            return Err(UnreachableReason::Suppressed);
        }
        let address = match channel {
            Channel::Sms => self.contacts.phone.as_ref().map(ContactAddress::Phone),
            Channel::Email => {
                let sendable = self.contacts.email.as_ref().filter(|email| email.is_sendable());
                sendable.map(ContactAddress::Email)
            }
            Channel::Push => (!self.push_endpoints.is_empty())
                .then_some(ContactAddress::Endpoints(&self.push_endpoints)),
        };
        let address = address.ok_or(UnreachableReason::NoAddress)?;
        let denies = |topic| self.topic_consent(topic, channel) == ConsentState::Denied;
        if query.topic.is_some_and(denies) {
            return Err(UnreachableReason::TopicDenied);
        }
        if self.is_paused(query.now) {
            return Err(UnreachableReason::Paused);
        }
        Ok(address)
    }

    /// Returns the first channel of the ladder that reaches the customer. If none does, it returns
    /// the reason of the channel that came closest, in the order of [`UnreachableReason`]: a denied
    /// consent outranks a missing one, a suppression or a missing contact outranks both, and a
    /// topic or a pause, without which the channel would be open, outranks them all.
    pub fn first_reachable_channel(
        &self,
        ladder: &[Channel],
        query: &ReachQuery<'_>,
    ) -> Result<Channel, UnreachableReason> {
        let mut closest: Option<UnreachableReason> = None;
        for channel in ladder {
            match self.reachable_contact(*channel, query) {
                Ok(_) => return Ok(*channel),
                Err(reason) => closest = Some(closest.map_or(reason, |best| best.max(reason))),
            }
        }
        Err(closest.unwrap_or(UnreachableReason::NoConsent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::topics::TopicId;

    fn customer() -> Customer {
        let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
        customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        customer.contacts.email = Some(Email::parse("ana@example.com").unwrap());
        customer
    }
    fn consent(state: ConsentState) -> Consent {
        Consent { state, source: "test".into(), at: Timestamp::UNIX_EPOCH }
    }

    fn query() -> ReachQuery<'static> {
        ReachQuery::without_topic(Timestamp::UNIX_EPOCH)
    }
    fn reachable() -> Customer {
        let mut customer = customer();
        for channel in [Channel::Sms, Channel::Email] {
            customer.consents.insert(channel, consent(ConsentState::Granted));
        }
        customer
    }

    #[test]
    fn a_no_to_a_topic_holds_on_its_channel_or_on_all_whatever_else_was_said() {
        use ConsentState::{Denied, Granted};
        let deals = TopicId::parse("deals").unwrap();
        let [all, sms, email] = [
            TopicScope::on_all(&deals),
            TopicScope::on(&deals, Channel::Sms),
            TopicScope::on(&deals, Channel::Email),
        ];
        for (words, default, by_sms, by_email) in [
            (vec![], Granted, true, true),
            (vec![], Denied, false, false),
            (vec![(&all, Denied)], Granted, false, false),
            (vec![(&sms, Denied)], Granted, false, true),
            (vec![(&all, Denied), (&sms, Granted)], Granted, false, false),
            (vec![(&all, Granted), (&sms, Denied)], Denied, false, true),
            (vec![(&email, Granted)], Denied, false, true),
        ] {
            let mut customer = reachable();
            for (scope, state) in &words {
                customer.topics.insert((*scope).clone(), consent(*state));
            }
            let topic = TopicQuestion { id: deals.clone(), default };
            let asked = ReachQuery { topic: Some(&topic), ..query() };
            for (channel, allowed) in [(Channel::Sms, by_sms), (Channel::Email, by_email)] {
                let expected = if allowed { None } else { Some(UnreachableReason::TopicDenied) };
                assert_eq!(
                    customer.reachable_contact(channel, &asked).err(),
                    expected,
                    "{words:?}"
                );
                assert!(customer.reachable_contact(channel, &query()).is_ok(), "no topic, no word");
            }
            let other = TopicQuestion { id: TopicId::parse("news").unwrap(), default: Granted };
            let other = ReachQuery { topic: Some(&other), ..query() };
            assert!(customer.reachable_contact(Channel::Sms, &other).is_ok(), "another topic");
        }
    }

    #[test]
    fn a_pause_closes_every_channel_until_it_ends() {
        let mut customer = reachable();
        let until = Timestamp::from_second(100).unwrap();
        let pause = Pause { until, source: "test".into(), at: Timestamp::UNIX_EPOCH };
        customer.pause = Some(pause);
        let asked = |second| ReachQuery::without_topic(Timestamp::from_second(second).unwrap());
        let ladder = [Channel::Push, Channel::Sms, Channel::Email];
        let closed = Err(UnreachableReason::Paused);
        assert_eq!(customer.first_reachable_channel(&ladder, &asked(99)), closed);
        assert_eq!(customer.first_reachable_channel(&ladder, &asked(100)), Ok(Channel::Sms));
        customer.consents.clear();
        let silent = Err(UnreachableReason::NoConsent);
        assert_eq!(customer.first_reachable_channel(&ladder, &asked(99)), silent);
    }

    #[test]
    fn silence_is_not_consent() {
        assert_eq!(
            customer().reachable_contact(Channel::Sms, &query()),
            Err(UnreachableReason::NoConsent)
        );
    }

    #[test]
    fn consent_does_not_lift_a_suppression() {
        let mut customer = customer();
        customer.consents.insert(Channel::Email, consent(ConsentState::Granted));
        assert!(customer.reachable_contact(Channel::Email, &query()).is_ok());
        let at = Timestamp::UNIX_EPOCH;
        customer
            .suppressions
            .insert(Channel::Email, Suppression { reason: SuppressionReason::Bounced, at });
        assert_eq!(
            customer.reachable_contact(Channel::Email, &query()),
            Err(UnreachableReason::Suppressed)
        );
    }

    #[test]
    fn a_mailbox_that_no_provider_sends_to_closes_its_channel_only() {
        let mut customer = customer();
        customer.contacts.email = Some(Email::parse("josé@example.com").unwrap());
        for channel in [Channel::Email, Channel::Sms] {
            customer.consents.insert(channel, consent(ConsentState::Granted));
        }
        assert_eq!(
            customer.reachable_contact(Channel::Email, &query()),
            Err(UnreachableReason::NoAddress)
        );
        assert!(customer.reachable_contact(Channel::Sms, &query()).is_ok());
    }

    #[test]
    fn the_ladder_steps_over_what_is_refused() {
        let mut customer = customer();
        customer.consents.insert(Channel::Sms, consent(ConsentState::Denied));
        customer.consents.insert(Channel::Email, consent(ConsentState::Granted));
        assert_eq!(
            customer
                .first_reachable_channel(&[Channel::Sms, Channel::Push, Channel::Email], &query()),
            Ok(Channel::Email)
        );
        assert_eq!(
            customer.first_reachable_channel(&[Channel::Sms], &query()),
            Err(UnreachableReason::Denied)
        );
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
        assert!(Zone::parse("Mars/Olympus").is_err());
    }

    #[test]
    fn the_day_is_the_customers_own() {
        let at: Timestamp = "2026-11-22T23:30:00Z".parse().unwrap();
        assert_eq!(Zone::parse("Europe/Madrid").unwrap().local_day(at).to_string(), "2026-11-23");
        assert_eq!(Zone::parse("America/Bogota").unwrap().local_day(at).to_string(), "2026-11-22");
    }

    #[test]
    fn a_day_begins_also_where_its_midnight_does_not_exist() {
        let begins = |zone: &str, day: &str| {
            Zone::parse(zone).unwrap().start_of_day(day.parse().unwrap()).to_string()
        };
        assert_eq!(begins("Europe/Madrid", "2026-11-23"), "2026-11-22T23:00:00Z");
        // A clock change at midnight, forward and back.
        assert_eq!(begins("Africa/Cairo", "2024-04-26"), "2024-04-25T22:00:00Z");
        assert_eq!(begins("America/Santiago", "2024-09-08"), "2024-09-08T04:00:00Z");
        assert_eq!(begins("America/Havana", "2025-11-02"), "2025-11-02T04:00:00Z");
        // The day that Samoa skipped at the date line.
        assert_eq!(begins("Pacific/Apia", "2011-12-30"), begins("Pacific/Apia", "2011-12-31"));
    }

    #[test]
    fn distance_is_about_right() {
        let madrid = GeoPoint { lat: 40.4168, lon: -3.7038 };
        let paris = GeoPoint { lat: 48.8566, lon: 2.3522 };
        assert!((madrid.distance_km(&paris) - 1_053.0).abs() < 5.0);
    }
}
