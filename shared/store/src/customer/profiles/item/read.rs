//! Reads a customer from an item. Guarantees: an attribute that is present and unreadable makes the
//! whole item unreadable, and the error names the attribute and never quotes it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Date, Timestamp,
    customer::{
        attributes::{AttributeValue as Attribute, Attributes},
        carts::{CartState, ShoppingCart},
        order_windows::OrderWindows,
        pause::Pause,
        profile::{
            City, Consent, ConsentState, ConsentSubject, Contacts, Customer, Email, EndpointArn,
            GeoPoint, Locale, MergedRecord, Name, OrderTotals, PastConsent, Phone, Profile,
            PushEndpoint, Suppression, SuppressionReason, Zone,
        },
        topics::TopicScope,
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, PushEndpointId},
        money::{Currency, MinorUnits},
    },
};

use super::{ERASED_AT, MERGED, MERGED_INTO, VERSION};
use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, n, s},
    keys::CUSTOMER_ID,
};

/// Returns the record into which this one was merged. An erased record is a tombstone and nothing
/// else.
pub(crate) fn merged_into(item: &ItemMap) -> Option<CustomerId> {
    let into = item.text_opt(MERGED_INTO).filter(|_| !is_erased(item))?;
    CustomerId::parse(into).ok()
}

/// Returns true for a tombstone.
pub(crate) fn is_erased(item: &ItemMap) -> bool {
    item.contains_key(ERASED_AT)
}

/// Reads the customer of a stream record's image, or `None` from a tombstone or from a record that
/// was merged into another. The zone of their clock is not settled.
pub(crate) fn customer_from_image(image: &ItemMap) -> Result<Option<Customer>> {
    match is_erased(image) || merged_into(image).is_some() {
        true => Ok(None),
        false => read_customer(image).map(Some),
    }
}

/// Reads a customer. Every error names the customer and the attribute, and not its value.
pub(in crate::customer::profiles) fn read_customer(item: &ItemMap) -> Result<Customer> {
    let id = item.text_opt(CUSTOMER_ID).unwrap_or_default();
    parse_customer(item).ok_or_else(|| {
        let unreadable =
            ATTRIBUTES.iter().find(|name| item.contains_key(**name) && !is_readable(item, name));
        StoreError::corrupt(id, unreadable.map_or("a required attribute is missing", |name| *name))
    })
}

/// The attributes that can be unreadable by themselves, from which an error names the first.
const ATTRIBUTES: [&str; 29] = [
    CUSTOMER_ID,
    VERSION,
    "first_name",
    "last_name",
    "locale",
    "zone",
    "currency",
    "signed_up",
    "tags",
    "lat",
    "lon",
    "city",
    "personal_dates",
    "attributes",
    "phone",
    "email",
    "consents",
    "topics",
    "past_consents",
    "pause",
    "past_pauses",
    "suppressions",
    "ahead",
    "endpoints",
    "orders",
    "verticals",
    "carts",
    "windows",
    MERGED,
];

/// Returns true if a customer with only this attribute can be read.
fn is_readable(item: &ItemMap, name: &str) -> bool {
    let mut alone = ItemMap::from([
        (CUSTOMER_ID.to_owned(), s("c")),
        (VERSION.to_owned(), n(1)),
        ("orders".to_owned(), n(0)),
        ("spend".to_owned(), n(0)),
    ]);
    if let Some(value) = item.get(name) {
        alone.insert(name.to_owned(), value.clone());
    }
    // The windows name verticals by their place among the customer's.
    if let Some(verticals) = item.get("verticals").filter(|_| name == "windows") {
        alone.insert("verticals".to_owned(), verticals.clone());
    }
    // A location needs both of its halves.
    for half in ["lat", "lon"] {
        alone.entry(half.to_owned()).or_insert_with(|| n(0));
    }
    parse_customer(&alone).is_some()
}

fn parse_customer(item: &ItemMap) -> Option<Customer> {
    Some(Customer {
        id: CustomerId::parse(item.text_opt(CUSTOMER_ID)?).ok()?,
        profile: read_profile(item)?,
        contacts: Contacts {
            phone: parse_optional(item, "phone", |text| Phone::parse(text).ok())?,
            email: parse_optional(item, "email", |text| Email::parse(text).ok())?,
        },
        consents: read_entries(item, "consents", |channel, it| {
            Some((Channel::parse(channel)?, read_consent(it)?))
        })?,
        past_consents: read_list(item, "past_consents", |it| {
            let it = it.as_m().ok()?;
            let subject = ConsentSubject::parse(it.text_opt("of")?)?;
            Some(PastConsent { subject, consent: read_consent(it)? })
        })?,
        topics: read_entries(item, "topics", |scope, it| {
            Some((TopicScope::parse(scope)?, read_consent(it)?))
        })?,
        pause: match item.get("pause") {
            None => None,
            Some(value) => Some(read_pause(value.as_m().ok()?)?),
        },
        past_pauses: read_list(item, "past_pauses", |it| read_pause(it.as_m().ok()?))?,
        suppressions: read_entries(item, "suppressions", |channel, it| {
            Some((Channel::parse(channel)?, read_suppression(it)?))
        })?,
        ahead: read_times(item, "ahead")?,
        push_endpoints: read_list(item, "endpoints", |it| read_endpoint(it.as_m().ok()?))?,
        activity: OrderTotals {
            orders: item.number_opt("orders")?,
            spend: read_minor(item, "spend")?,
            last_order_day: parse_optional(item, "last_order", |text| text.parse().ok())?,
        },
        verticals: read_entries(item, "verticals", |name, it| {
            Some((name.to_owned(), read_activity(it)?))
        })?,
        windows: read_windows(item)?,
        carts: read_list(item, "carts", |it| read_cart(it.as_m().ok()?))?,
        merged: read_list(item, MERGED, |it| read_merged(it.as_m().ok()?))?,
        fallback_zone: Zone::default(),
        version: item.number_opt(VERSION)?,
    })
}

fn read_profile(item: &ItemMap) -> Option<Profile> {
    Some(Profile {
        first_name: parse_optional(item, "first_name", |text| Name::parse(text).ok())?,
        last_name: parse_optional(item, "last_name", |text| Name::parse(text).ok())?,
        locale: parse_optional(item, "locale", |text| Locale::parse(text).ok())?,
        zone: parse_optional(item, "zone", |text| Zone::parse(text).ok())?,
        currency: parse_optional(item, "currency", |text| Currency::parse(text).ok())?,
        signed_up: parse_optional(item, "signed_up", |text| text.parse().ok())?,
        tags: read_list(item, "tags", |tag| tag.as_s().ok().cloned())?,
        location: match (item.contains_key("lat"), item.contains_key("lon")) {
            (false, false) => None,
            _ => Some(GeoPoint { lat: item.number_opt("lat")?, lon: item.number_opt("lon")? }),
        },
        city: parse_optional(item, "city", |text| City::parse(text).ok())?,
        personal_dates: read_personal_dates(item)?,
        attributes: read_attributes(item)?,
    })
}

fn read_merged(item: &ItemMap) -> Option<MergedRecord> {
    Some(MergedRecord {
        id: CustomerId::parse(item.text_opt("id")?).ok()?,
        at: item.time_opt("at")?,
    })
}

fn read_times(item: &ItemMap, name: &str) -> Option<BTreeMap<ConsentSubject, Timestamp>> {
    let Some(value) = item.get(name) else {
        return Some(BTreeMap::new());
    };
    let times = value.as_m().ok()?;
    let read = |of: &String| Some((ConsentSubject::parse(of)?, times.time_opt(of)?));
    times.keys().map(read).collect()
}

fn read_pause(item: &ItemMap) -> Option<Pause> {
    Some(Pause {
        until: item.time_opt("until")?,
        source: item.text_opt("source")?.to_owned(),
        at: item.time_opt("at")?,
    })
}

fn read_personal_dates(item: &ItemMap) -> Option<BTreeMap<String, Date>> {
    let Some(value) = item.get("personal_dates") else {
        return Some(BTreeMap::new());
    };
    value
        .as_m()
        .ok()?
        .iter()
        .map(|(name, date)| Some((name.clone(), date.as_s().ok()?.parse().ok()?)))
        .collect()
}

fn read_attributes(item: &ItemMap) -> Option<Attributes> {
    let Some(value) = item.get("attributes") else {
        return Some(Attributes::new());
    };
    let read = |(name, value): (&String, &AttributeValue)| {
        let value = if let AttributeValue::Bool(value) = value {
            Attribute::Bool(*value)
        } else if let AttributeValue::N(number) = value {
            Attribute::Number(number.parse().ok()?)
        } else if let AttributeValue::S(text) = value {
            Attribute::Text(text.clone())
        } else {
            let values = value.as_l().ok()?.iter().map(|value| value.as_s().ok().cloned());
            Attribute::Set(values.collect::<Option<_>>()?)
        };
        Some((name.clone(), value))
    };
    value.as_m().ok()?.iter().map(read).collect()
}

fn read_consent(item: &ItemMap) -> Option<Consent> {
    let state = match item.text_opt("state")? {
        "granted" => ConsentState::Granted,
        "denied" => ConsentState::Denied,
        _ => return None,
    };
    Some(Consent { state, source: item.text_opt("source")?.to_owned(), at: item.time_opt("at")? })
}
fn read_suppression(item: &ItemMap) -> Option<Suppression> {
    let reason = SuppressionReason::parse(item.text_opt("reason")?)?;
    Some(Suppression { reason, at: item.time_opt("at")? })
}
fn read_endpoint(item: &ItemMap) -> Option<PushEndpoint> {
    let endpoint_id = PushEndpointId::parse(item.text_opt("id")?).ok()?;
    Some(PushEndpoint { endpoint_id, arn: EndpointArn::parse(item.text_opt("arn")?).ok()? })
}
fn read_activity(item: &ItemMap) -> Option<OrderTotals> {
    Some(OrderTotals {
        orders: item.number_opt("orders")?,
        spend: read_minor(item, "spend")?,
        last_order_day: parse_optional(item, "last", |text| text.parse().ok())?,
    })
}
/// Reads the windows. A record without them has either no orders, or orders that were counted
/// before there were windows.
#[expect(
    clippy::option_option,
    reason = "unreadable, and never counted, are two things, and `?` tells them apart"
)]
fn read_windows(item: &ItemMap) -> Option<Option<OrderWindows>> {
    let Some(value) = item.get("windows") else {
        let orders: u32 = item.number_opt("orders")?;
        return Some((orders == 0).then(OrderWindows::default));
    };
    let verticals = item.map_opt("verticals").map_or(0, ItemMap::len);
    OrderWindows::from_bytes(value.as_b().ok()?.as_ref(), verticals).map(Some)
}
fn read_cart(item: &ItemMap) -> Option<ShoppingCart> {
    Some(ShoppingCart {
        id: item.text_opt("id")?.to_owned(),
        at: item.time_opt("at")?,
        state: CartState::parse(item.text_opt("s")?)?,
    })
}
fn read_minor(item: &ItemMap, name: &str) -> Option<MinorUnits> {
    MinorUnits::new(item.number_opt(name)?).ok()
}

/// Returns `Some(None)` if the attribute is absent, and `None` if it is present and unreadable.
#[expect(
    clippy::option_option,
    reason = "absent and unreadable are two things, and `?` tells them apart"
)]
fn parse_optional<T>(
    item: &ItemMap,
    name: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<Option<T>> {
    match item.get(name) {
        None => Some(None),
        Some(value) => parse(value.as_s().ok()?).map(Some),
    }
}
fn read_list<T>(
    item: &ItemMap,
    name: &str,
    read: impl FnMut(&AttributeValue) -> Option<T>,
) -> Option<Vec<T>> {
    match item.get(name) {
        None => Some(Vec::new()),
        Some(value) => value.as_l().ok()?.iter().map(read).collect(),
    }
}
fn read_entries<K: Ord, V>(
    item: &ItemMap,
    name: &str,
    mut read: impl FnMut(&str, &ItemMap) -> Option<(K, V)>,
) -> Option<BTreeMap<K, V>> {
    match item.get(name) {
        None => Some(BTreeMap::new()),
        Some(value) => {
            value.as_m().ok()?.iter().map(|(key, value)| read(key, value.as_m().ok()?)).collect()
        }
    }
}
