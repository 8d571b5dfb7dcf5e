//! The shape of a customer's item: readable names, one kilobyte for a usual customer, so that a write costs one unit.
//! `*_bucket` attributes are the sparse indexes' keys, spread over write shards; `email_key` and `phone` are those of the lookup. What cannot be read is named, never quoted.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Date, Timestamp,
    channel::Channel,
    customer::{
        Activity, Cart, Consent, ConsentState, Contacts, Customer, Email, EndpointArn, Locale, Name, Phone, Point,
        Profile, PushEndpoint, Suppression, SuppressionReason, Zone,
    },
    id::{CustomerId, EndpointId},
    money::{Currency, Minor},
    trigger::{Bucket, INDEXED_DATE},
};
use sha2::{Digest, Sha256};

use crate::{
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
};

pub(super) const ID: &str = "customer_id";
pub(super) const VERSION: &str = "version";
pub(super) const ERASED_AT: &str = "erased_at";

/// Partitions of one key of a customer index: each takes 1,000 writes a second.
pub const WRITE_SHARDS: u8 = 16;
/// Side of a home cell, as parts of a degree: 0.1 degrees is 11 km north to south.
const CELLS_PER_DEGREE: f64 = 10.0;
pub(super) const ACTIVITY_BUCKET: &str = "activity_bucket";
pub(super) const PERSONAL_DATE_BUCKET: &str = "personal_date_bucket";

/// The lookup's keys: the phone as it is, the e-mail in lower case beside the one that is written to.
pub(super) const PHONE: &str = "phone";
pub(super) const EMAIL_KEY: &str = "email_key";

/// The write shard of a customer in every index: stable, and even over all customers.
pub fn shard(customer: &CustomerId) -> u8 {
    Sha256::digest(customer.as_str().as_bytes()).first().copied().unwrap_or_default() % WRITE_SHARDS
}

pub(super) fn key(id: &CustomerId) -> Item {
    Item::from([(ID.to_owned(), s(id.as_str()))])
}

/// What stays of an erased customer: that there was one, so that a late order or profile does not bring them back.
pub(super) fn tombstone(id: &CustomerId, version: u64, erased_at: Timestamp) -> Item {
    let mut item = key(id);
    item.insert(VERSION.to_owned(), n(version));
    item.insert(ERASED_AT.to_owned(), at(erased_at));
    item
}

/// The key of the mark of an address. No customer id begins like it.
pub(super) fn mark_key(mark: &str) -> Item {
    Item::from([(ID.to_owned(), s(format!("#{mark}")))])
}

/// What stays of an address: that its owner was erased, and when. Scans leave it out like any tombstone.
pub(super) fn mark(mark: &str, erased_at: Timestamp) -> Item {
    let mut item = mark_key(mark);
    item.insert(ERASED_AT.to_owned(), at(erased_at));
    item
}

/// The addresses of an item, whether the rest of it can be read or not.
pub(super) fn addresses(item: &Item) -> Vec<(Channel, &str)> {
    let of = |channel, name| item.text_opt(name).map(|address| (channel, address));
    [of(Channel::Sms, "phone"), of(Channel::Email, "email")].into_iter().flatten().collect()
}

pub(crate) fn customer_item(customer: &Customer) -> Item {
    let mut item = key(&customer.id);
    let mut put = |name: &str, value: Option<AttributeValue>| {
        if let Some(value) = value {
            item.insert(name.to_owned(), value);
        }
    };
    let profile = &customer.profile;
    put(VERSION, Some(n(customer.version)));
    put("first_name", profile.first_name.as_ref().map(|it| s(it.expose())));
    put("last_name", profile.last_name.as_ref().map(|it| s(it.expose())));
    put("locale", profile.locale.as_ref().map(|it| s(it.as_str())));
    put("zone", profile.zone.as_ref().map(|it| s(it.as_str())));
    put("currency", profile.currency.as_ref().map(|it| s(it.as_str())));
    put("signed_up", profile.signed_up.map(day));
    put("tags", filled(&profile.tags).map(|tags| AttributeValue::L(tags.iter().map(s).collect())));
    put("lat", profile.location.map(|it| n(it.lat)));
    put("lon", profile.location.map(|it| n(it.lon)));
    put("personal_dates", map(profile.personal_dates.iter().map(|(name, date)| (name.clone(), day(*date)))));
    put(PHONE, customer.contacts.phone.as_ref().map(|it| s(it.expose())));
    put("email", customer.contacts.email.as_ref().map(|it| s(it.expose())));
    put(EMAIL_KEY, customer.contacts.email.as_ref().map(|it| s(email_key(it))));
    put("consents", map(customer.consents.iter().map(|(channel, it)| (channel.to_string(), consent_value(it)))));
    let past = filled(&customer.past_consents);
    put("past_consents", past.map(|list| AttributeValue::L(list.iter().map(past_consent_value).collect())));
    let suppressions = customer.suppressions.iter();
    put("suppressions", map(suppressions.map(|(channel, it)| (channel.to_string(), suppression_value(it)))));
    let endpoints = filled(&customer.push_endpoints);
    put("endpoints", endpoints.map(|list| AttributeValue::L(list.iter().map(endpoint_value).collect())));
    put("orders", Some(n(customer.activity.orders)));
    put("spend", Some(n(customer.activity.spend.units())));
    put("last_order", customer.activity.last_order_day.map(day));
    put("verticals", map(customer.verticals.iter().map(|(name, it)| (name.clone(), activity_value(it)))));
    put("cart", customer.cart.as_ref().map(cart_value));
    for (name, bucket) in buckets(customer) {
        put(name, bucket.map(s));
    }
    item
}

pub(super) fn email_key(email: &Email) -> String {
    email.expose().to_lowercase()
}

/// Keys of the sparse indexes; a customer without the fact is not in the index.
fn buckets(customer: &Customer) -> [(&'static str, Option<String>); 3] {
    let shard = shard(&customer.id);
    let last = customer.activity.last_order_day.map(Bucket::LastOrder);
    let date = customer.profile.personal_dates.get(INDEXED_DATE);
    let date = date.map(|date| Bucket::PersonalDate { month: date.month(), day: date.day() });
    [
        (ACTIVITY_BUCKET, last.map(|bucket| bucket_key(&bucket, shard))),
        (PERSONAL_DATE_BUCKET, date.map(|bucket| bucket_key(&bucket, shard))),
        ("cell_bucket", customer.profile.location.map(|point| sharded(&cell(&point), shard))),
    ]
}

/// The key of a calendar bucket's write shard.
pub(super) fn bucket_key(bucket: &Bucket, shard: u8) -> String {
    match bucket {
        Bucket::LastOrder(day) => sharded(&day.to_string(), shard),
        Bucket::PersonalDate { month, day } => sharded(&format!("{month:02}-{day:02}"), shard),
        Bucket::NamedDate { name, month, day } => sharded(&format!("date#{name}#{month:02}-{day:02}"), shard),
    }
}

fn sharded(bucket: &str, shard: u8) -> String {
    format!("{bucket}#{shard:02}")
}

/// The cell of a grid of a tenth of a degree, by its south-west corner in tenths: `404:-38`.
pub fn cell(point: &Point) -> String {
    format!("{:.0}:{:.0}", (point.lat * CELLS_PER_DEGREE).floor(), (point.lon * CELLS_PER_DEGREE).floor())
}

fn filled<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}
fn map(entries: impl Iterator<Item = (String, AttributeValue)>) -> Option<AttributeValue> {
    let map: Item = entries.collect();
    (!map.is_empty()).then_some(AttributeValue::M(map))
}
fn day(date: Date) -> AttributeValue {
    s(date.to_string())
}

fn consent_value(consent: &Consent) -> AttributeValue {
    AttributeValue::M(consent_entries(consent))
}
fn past_consent_value((channel, consent): &(Channel, Consent)) -> AttributeValue {
    let mut entries = consent_entries(consent);
    entries.insert("channel".to_owned(), s(channel.as_str()));
    AttributeValue::M(entries)
}
fn consent_entries(consent: &Consent) -> Item {
    let state = match consent.state {
        ConsentState::Granted => "granted",
        ConsentState::Denied => "denied",
    };
    let entries = [("state", s(state)), ("source", s(&consent.source)), ("at", at(consent.at))];
    entries.map(|(name, value)| (name.to_owned(), value)).into()
}
fn suppression_value(suppression: &Suppression) -> AttributeValue {
    let reason = match suppression.reason {
        SuppressionReason::Bounced => "bounced",
        SuppressionReason::Complained => "complained",
        SuppressionReason::OptedOut => "opted_out",
        SuppressionReason::Erased => "erased",
    };
    let entries = [("reason", s(reason)), ("at", at(suppression.at))];
    AttributeValue::M(entries.map(|(name, value)| (name.to_owned(), value)).into())
}
fn endpoint_value(endpoint: &PushEndpoint) -> AttributeValue {
    let entries = [("id", s(endpoint.endpoint_id.as_str())), ("arn", s(endpoint.arn.expose()))];
    AttributeValue::M(entries.map(|(name, value)| (name.to_owned(), value)).into())
}
fn activity_value(activity: &Activity) -> AttributeValue {
    let mut entries =
        Item::from([("orders".to_owned(), n(activity.orders)), ("spend".to_owned(), n(activity.spend.units()))]);
    if let Some(last) = activity.last_order_day {
        entries.insert("last".to_owned(), day(last));
    }
    AttributeValue::M(entries)
}

pub(super) fn is_erased(item: &Item) -> bool {
    item.contains_key(ERASED_AT)
}

/// Every complaint names the customer and the attribute, and not what is in it.
pub(super) fn read_customer(item: &Item) -> Result<Customer> {
    let id = item.text_opt(ID).unwrap_or_default();
    read(item).ok_or_else(|| {
        let unreadable = ATTRIBUTES.iter().find(|name| item.contains_key(**name) && !readable(item, name));
        StoreError::corrupt(id, unreadable.map_or("a required attribute is missing", |name| *name))
    })
}

/// Attributes that can be wrong by themselves, to name the first that is.
const ATTRIBUTES: [&str; 21] = [
    ID,
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
    "personal_dates",
    "phone",
    "email",
    "consents",
    "past_consents",
    "suppressions",
    "endpoints",
    "orders",
    "verticals",
    "cart",
];

/// Whether a customer with only this attribute can be read.
fn readable(item: &Item, name: &str) -> bool {
    let mut alone = Item::from([
        (ID.to_owned(), s("c")),
        (VERSION.to_owned(), n(1)),
        ("orders".to_owned(), n(0)),
        ("spend".to_owned(), n(0)),
    ]);
    if let Some(value) = item.get(name) {
        alone.insert(name.to_owned(), value.clone());
    }
    // A point needs both of its halves.
    for half in ["lat", "lon"] {
        alone.entry(half.to_owned()).or_insert_with(|| n(0));
    }
    read(&alone).is_some()
}

fn read(item: &Item) -> Option<Customer> {
    Some(Customer {
        id: CustomerId::parse(item.text_opt(ID)?).ok()?,
        profile: read_profile(item)?,
        contacts: Contacts {
            phone: parsed(item, "phone", |text| Phone::parse(text).ok())?,
            email: parsed(item, "email", |text| Email::parse(text).ok())?,
        },
        consents: entries(item, "consents", |channel, it| Some((Channel::parse(channel)?, read_consent(it)?)))?,
        past_consents: list(item, "past_consents", |it| {
            let it = it.as_m().ok()?;
            Some((Channel::parse(it.text_opt("channel")?)?, read_consent(it)?))
        })?,
        suppressions: entries(item, "suppressions", |channel, it| {
            Some((Channel::parse(channel)?, read_suppression(it)?))
        })?,
        push_endpoints: list(item, "endpoints", |it| read_endpoint(it.as_m().ok()?))?,
        activity: Activity {
            orders: item.number_opt("orders")?,
            spend: read_minor(item, "spend")?,
            last_order_day: parsed(item, "last_order", |text| text.parse().ok())?,
        },
        verticals: entries(item, "verticals", |name, it| Some((name.to_owned(), read_activity(it)?)))?,
        cart: match item.get("cart") {
            None => None,
            Some(value) => Some(read_cart(value.as_m().ok()?)?),
        },
        version: item.number_opt(VERSION)?,
    })
}

fn cart_value(cart: &Cart) -> AttributeValue {
    AttributeValue::M(Item::from([
        ("id".into(), s(&cart.id)),
        ("at".into(), at(cart.at)),
        ("open".into(), n(u8::from(cart.open))),
    ]))
}

fn read_profile(item: &Item) -> Option<Profile> {
    Some(Profile {
        first_name: parsed(item, "first_name", |text| Name::parse(text).ok())?,
        last_name: parsed(item, "last_name", |text| Name::parse(text).ok())?,
        locale: parsed(item, "locale", |text| Locale::parse(text).ok())?,
        zone: parsed(item, "zone", |text| Zone::parse(text).ok())?,
        currency: parsed(item, "currency", |text| Currency::parse(text).ok())?,
        signed_up: parsed(item, "signed_up", |text| text.parse().ok())?,
        tags: list(item, "tags", |tag| tag.as_s().ok().cloned())?,
        location: match (item.contains_key("lat"), item.contains_key("lon")) {
            (false, false) => None,
            _ => Some(Point { lat: item.number_opt("lat")?, lon: item.number_opt("lon")? }),
        },
        personal_dates: dates(item)?,
    })
}

fn dates(item: &Item) -> Option<BTreeMap<String, Date>> {
    let Some(value) = item.get("personal_dates") else { return Some(BTreeMap::new()) };
    value.as_m().ok()?.iter().map(|(name, date)| Some((name.clone(), date.as_s().ok()?.parse().ok()?))).collect()
}

fn read_consent(item: &Item) -> Option<Consent> {
    let state = match item.text_opt("state")? {
        "granted" => ConsentState::Granted,
        "denied" => ConsentState::Denied,
        _ => return None,
    };
    Some(Consent { state, source: item.text_opt("source")?.to_owned(), at: item.time_opt("at")? })
}
fn read_suppression(item: &Item) -> Option<Suppression> {
    let reason = match item.text_opt("reason")? {
        "bounced" => SuppressionReason::Bounced,
        "complained" => SuppressionReason::Complained,
        "opted_out" => SuppressionReason::OptedOut,
        "erased" => SuppressionReason::Erased,
        _ => return None,
    };
    Some(Suppression { reason, at: item.time_opt("at")? })
}
fn read_endpoint(item: &Item) -> Option<PushEndpoint> {
    let endpoint_id = EndpointId::parse(item.text_opt("id")?).ok()?;
    Some(PushEndpoint { endpoint_id, arn: EndpointArn::parse(item.text_opt("arn")?).ok()? })
}
fn read_activity(item: &Item) -> Option<Activity> {
    Some(Activity {
        orders: item.number_opt("orders")?,
        spend: read_minor(item, "spend")?,
        last_order_day: parsed(item, "last", |text| text.parse().ok())?,
    })
}
fn read_cart(item: &Item) -> Option<Cart> {
    Some(Cart {
        id: item.text_opt("id")?.to_owned(),
        at: item.time_opt("at")?,
        open: item.number_opt::<u8>("open")? == 1,
    })
}
fn read_minor(item: &Item, name: &str) -> Option<Minor> {
    Minor::new(item.number_opt(name)?).ok()
}

/// `Some(None)` if it is not there, `None` if it is and cannot be read.
#[expect(clippy::option_option, reason = "absent and unreadable are two things, and `?` tells them apart")]
fn parsed<T>(item: &Item, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match item.get(name) {
        None => Some(None),
        Some(value) => parse(value.as_s().ok()?).map(Some),
    }
}
fn list<T>(item: &Item, name: &str, read: impl FnMut(&AttributeValue) -> Option<T>) -> Option<Vec<T>> {
    match item.get(name) {
        None => Some(Vec::new()),
        Some(value) => value.as_l().ok()?.iter().map(read).collect(),
    }
}
fn entries<K: Ord, V>(
    item: &Item,
    name: &str,
    mut read: impl FnMut(&str, &Item) -> Option<(K, V)>,
) -> Option<BTreeMap<K, V>> {
    match item.get(name) {
        None => Some(BTreeMap::new()),
        Some(value) => value.as_m().ok()?.iter().map(|(key, value)| read(key, value.as_m().ok()?)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Customer {
        let mut ana = Customer::new(CustomerId::parse("c-000001").unwrap());
        ana.version = 12;
        ana.profile = Profile {
            first_name: Some(Name::parse("Ana").unwrap()),
            last_name: Some(Name::parse("García Márquez").unwrap()),
            locale: Some(Locale::parse("es-ES").unwrap()),
            zone: Some(Zone::parse("Europe/Madrid").unwrap()),
            currency: Some(Currency::parse("EUR").unwrap()),
            signed_up: Some("2024-05-01".parse().unwrap()),
            tags: vec!["vip".into(), "newsletter".into()],
            location: Some(Point { lat: 40.4168, lon: -3.7038 }),
            personal_dates: BTreeMap::from([("birthday".into(), "1990-03-05".parse().unwrap())]),
        };
        ana.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        ana.contacts.email = Some(Email::parse("ana.garcia@example.com").unwrap());
        let at: Timestamp = "2026-11-22T12:00:00.123Z".parse().unwrap();
        for channel in Channel::ALL {
            ana.consents.insert(channel, Consent { state: ConsentState::Granted, source: "signup_form".into(), at });
        }
        ana.suppressions.insert(Channel::Email, Suppression { reason: SuppressionReason::Bounced, at });
        let arn = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/7f1e8a52-0000-4000-8000-000000000001";
        ana.push_endpoints = vec![PushEndpoint {
            endpoint_id: EndpointId::parse("dev1").unwrap(),
            arn: EndpointArn::parse(arn).unwrap(),
        }];
        let last = Some("2026-11-20".parse().unwrap());
        ana.activity = Activity { orders: 7, spend: Minor::new(12_345).unwrap(), last_order_day: last };
        ana.verticals = BTreeMap::from([("food".into(), ana.activity), ("groceries".into(), Activity::default())]);
        ana
    }

    /// As DynamoDB counts: names and values in bytes, numbers about half their digits, three for each list or map.
    fn size(value: &AttributeValue) -> usize {
        if let Ok(map) = value.as_m() {
            3 + map.iter().map(|(name, value)| name.len() + size(value) + 1).sum::<usize>()
        } else if let Ok(list) = value.as_l() {
            3 + list.iter().map(|value| size(value) + 1).sum::<usize>()
        } else if let Ok(digits) = value.as_n() {
            digits.len() / 2 + 1
        } else {
            value.as_s().unwrap().len()
        }
    }

    #[test]
    fn a_customer_survives_its_item() {
        let bare = Customer { version: 1, ..Customer::new(CustomerId::parse("c").unwrap()) };
        for customer in [full(), bare] {
            assert_eq!(read_customer(&customer_item(&customer)).unwrap(), customer);
        }
    }

    #[test]
    fn a_full_customer_is_below_a_kilobyte() {
        let size = size(&AttributeValue::M(customer_item(&full())));
        assert!(size < 1_024, "{size} bytes");
    }

    #[test]
    fn the_indexes_are_sparse_and_sharded() {
        let item = customer_item(&full());
        let shard = format!("#{:02}", shard(&full().id));
        assert_eq!(item.text("activity_bucket").unwrap(), format!("2026-11-20{shard}"));
        assert_eq!(item.text("personal_date_bucket").unwrap(), format!("03-05{shard}"));
        assert_eq!(item.text("cell_bucket").unwrap(), format!("404:-38{shard}"));
        let bare = customer_item(&Customer::new(CustomerId::parse("c").unwrap()));
        assert!(bare.keys().all(|name| !name.ends_with("_bucket")), "{bare:?}");
    }

    #[test]
    fn shards_are_even() {
        let mut counts = [0u32; WRITE_SHARDS as usize];
        for n in 0..16_000 {
            counts[usize::from(shard(&CustomerId::parse(&format!("c-{n}")).unwrap()))] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }

    #[test]
    fn an_unreadable_attribute_is_named_and_not_quoted() {
        for (name, value) in [
            ("phone", s("600 00 00 01")),
            ("email", n(5)),
            ("consents", AttributeValue::M(Item::from([("fax".into(), AttributeValue::M(Item::new()))]))),
            ("verticals", s("food")),
            ("lat", s("north")),
            ("zone", s("Mars/Olympus")),
            ("orders", n(-1)),
        ] {
            let mut item = customer_item(&full());
            item.insert(name.to_owned(), value);
            let shown = read_customer(&item).unwrap_err().to_string();
            assert!(shown.contains("c-000001") && shown.contains(name), "{shown}");
            assert!(!shown.contains("600") && !shown.contains("Mars"), "{shown}");
        }
        let mut item = customer_item(&full());
        item.remove("version");
        assert!(read_customer(&item).unwrap_err().to_string().contains("missing"));
    }
}
