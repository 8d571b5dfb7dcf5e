//! The shape of a customer's item: readable names, and one kilobyte for a usual customer, so that a
//! write costs one unit. `*_bucket` attributes are the keys of the sparse indexes, spread over
//! write shards.

mod read;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use domain::{
    Date,
    campaign::trigger::{CalendarBucket, INDEXED_DATE},
    customer::{
        attributes::AttributeValue as Attribute,
        carts::ShoppingCart,
        name_search::NameKey,
        pause::Pause,
        profile::{
            Consent, ConsentState, Customer, MergedRecord, OrderTotals, PastConsent, PushEndpoint,
            Suppression,
        },
    },
    kernel::id::CustomerId,
};

pub(crate) use read::customer_from_image;
pub(super) use read::read_customer;
pub(crate) use read::{is_erased, merged_into};

use crate::{
    item::{ItemMap, at, n, s},
    keys::{
        ACTIVITY_BUCKET, CELL_BUCKET, NAME_BUCKET, NAME_KEY, PERSONAL_DATE_BUCKET,
        calendar_bucket_key, cell_bucket_key, customer_key, name_bucket_key, write_shard,
    },
};

pub(crate) const VERSION: &str = "version";
/// The time at which a customer, or the owner of an address, was erased.
pub(crate) const ERASED_AT: &str = "erased_at";
/// The records that were merged into this one.
pub(crate) const MERGED: &str = "merged";
/// The record into which this one was merged.
pub(crate) const MERGED_INTO: &str = "merged_into";

/// Returns the item of a customer. Attributes without a value are left out.
pub(crate) fn customer_item(customer: &Customer) -> ItemMap {
    let mut item = customer_key(&customer.id);
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
    put("signed_up", profile.signed_up.map(date_value));
    put(
        "tags",
        non_empty(&profile.tags).map(|tags| AttributeValue::L(tags.iter().map(s).collect())),
    );
    put("lat", profile.location.map(|it| n(it.lat)));
    put("lon", profile.location.map(|it| n(it.lon)));
    put("city", profile.city.as_ref().map(|it| s(it.expose())));
    put(
        "personal_dates",
        map_value(
            profile.personal_dates.iter().map(|(name, date)| (name.clone(), date_value(*date))),
        ),
    );
    let attributes = profile.attributes.iter();
    put("attributes", map_value(attributes.map(|(name, it)| (name.clone(), attribute_value(it)))));
    put("phone", customer.contacts.phone.as_ref().map(|it| s(it.expose())));
    put("email", customer.contacts.email.as_ref().map(|it| s(it.expose())));
    put(
        "consents",
        map_value(
            customer.consents.iter().map(|(channel, it)| (channel.to_string(), consent_value(it))),
        ),
    );
    let topics = customer.topics.iter();
    put("topics", map_value(topics.map(|(scope, it)| (scope.to_string(), consent_value(it)))));
    put("pause", customer.pause.as_ref().map(pause_value));
    let pauses = non_empty(&customer.past_pauses);
    put(
        "past_pauses",
        pauses.map(|list| AttributeValue::L(list.iter().map(pause_value).collect())),
    );
    let past = non_empty(&customer.past_consents);
    put(
        "past_consents",
        past.map(|list| AttributeValue::L(list.iter().map(past_consent_value).collect())),
    );
    let suppressions = customer.suppressions.iter();
    put(
        "suppressions",
        map_value(suppressions.map(|(channel, it)| (channel.to_string(), suppression_value(it)))),
    );
    let ahead = customer.ahead.iter();
    put("ahead", map_value(ahead.map(|(subject, received)| (subject.to_string(), at(*received)))));
    let endpoints = non_empty(&customer.push_endpoints);
    put(
        "endpoints",
        endpoints.map(|list| AttributeValue::L(list.iter().map(endpoint_value).collect())),
    );
    put("orders", Some(n(customer.activity.orders)));
    put("spend", Some(n(customer.activity.spend.units())));
    put("last_order", customer.activity.last_order_day.map(date_value));
    put(
        "verticals",
        map_value(customer.verticals.iter().map(|(name, it)| (name.clone(), activity_value(it)))),
    );
    let windows = customer.windows.as_ref().filter(|it| !it.as_bytes().is_empty());
    put("windows", windows.map(|it| AttributeValue::B(Blob::new(it.as_bytes()))));
    let carts: Vec<_> = customer.carts.iter().map(cart_value).collect();
    put("carts", (!carts.is_empty()).then_some(AttributeValue::L(carts)));
    let merged: Vec<_> = customer.merged.iter().map(merged_value).collect();
    put(MERGED, (!merged.is_empty()).then_some(AttributeValue::L(merged)));
    for (name, bucket) in index_keys(customer) {
        put(name, bucket.map(s));
    }
    item
}

/// Returns the item of a record that was merged into another: all that it was, on no index, so that
/// an undo finds it and an erasure its addresses.
pub(crate) fn merged_item(customer: &Customer, into: &CustomerId) -> ItemMap {
    let mut item = customer_item(customer);
    for (name, _) in index_keys(customer) {
        item.remove(name);
    }
    item.insert(MERGED_INTO.to_owned(), s(into.as_str()));
    item
}

/// The keys of the sparse indexes. A customer without the date, the location or a name is not in
/// the index.
fn index_keys(customer: &Customer) -> [(&'static str, Option<String>); 5] {
    let shard = write_shard(&customer.id);
    let last = customer.activity.last_order_day.map(CalendarBucket::LastOrder);
    let date = customer.profile.personal_dates.get(INDEXED_DATE);
    let date =
        date.map(|date| CalendarBucket::PersonalDate { month: date.month(), day: date.day() });
    let name = NameKey::of_profile(&customer.profile);
    [
        (NAME_BUCKET, name.as_ref().map(|name| name_bucket_key(name.bucket()))),
        (NAME_KEY, name.as_ref().map(NameKey::as_text)),
        (ACTIVITY_BUCKET, last.map(|bucket| calendar_bucket_key(&bucket, shard))),
        (PERSONAL_DATE_BUCKET, date.map(|bucket| calendar_bucket_key(&bucket, shard))),
        (CELL_BUCKET, customer.profile.location.map(|point| cell_bucket_key(&point, shard))),
    ]
}

fn non_empty<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}
fn map_value(entries: impl Iterator<Item = (String, AttributeValue)>) -> Option<AttributeValue> {
    let map: ItemMap = entries.collect();
    (!map.is_empty()).then_some(AttributeValue::M(map))
}
fn date_value(date: Date) -> AttributeValue {
    s(date.to_string())
}

fn consent_value(consent: &Consent) -> AttributeValue {
    AttributeValue::M(consent_entries(consent))
}
fn past_consent_value(past: &PastConsent) -> AttributeValue {
    let mut entries = consent_entries(&past.consent);
    entries.insert("of".to_owned(), s(past.subject.to_string()));
    AttributeValue::M(entries)
}
fn pause_value(pause: &Pause) -> AttributeValue {
    let entries = [("until", at(pause.until)), ("source", s(&pause.source)), ("at", at(pause.at))];
    AttributeValue::M(entries.map(|(name, value)| (name.to_owned(), value)).into())
}
fn consent_entries(consent: &Consent) -> ItemMap {
    let state = match consent.state {
        ConsentState::Granted => "granted",
        ConsentState::Denied => "denied",
    };
    let entries = [("state", s(state)), ("source", s(&consent.source)), ("at", at(consent.at))];
    entries.map(|(name, value)| (name.to_owned(), value)).into()
}
fn suppression_value(suppression: &Suppression) -> AttributeValue {
    let entries = [("reason", s(suppression.reason.as_str())), ("at", at(suppression.at))];
    AttributeValue::M(entries.map(|(name, value)| (name.to_owned(), value)).into())
}
fn endpoint_value(endpoint: &PushEndpoint) -> AttributeValue {
    let entries = [("id", s(endpoint.endpoint_id.as_str())), ("arn", s(endpoint.arn.expose()))];
    AttributeValue::M(entries.map(|(name, value)| (name.to_owned(), value)).into())
}
fn activity_value(activity: &OrderTotals) -> AttributeValue {
    let mut entries = ItemMap::from([
        ("orders".to_owned(), n(activity.orders)),
        ("spend".to_owned(), n(activity.spend.units())),
    ]);
    if let Some(last) = activity.last_order_day {
        entries.insert("last".to_owned(), date_value(last));
    }
    AttributeValue::M(entries)
}

/// Writes a set as a list, because the set type of DynamoDB cannot be empty.
fn attribute_value(value: &Attribute) -> AttributeValue {
    match value {
        Attribute::Bool(value) => AttributeValue::Bool(*value),
        Attribute::Number(value) => n(value),
        Attribute::Text(value) => s(value),
        Attribute::Set(values) => AttributeValue::L(values.iter().map(s).collect()),
    }
}

fn merged_value(record: &MergedRecord) -> AttributeValue {
    AttributeValue::M(ItemMap::from([
        ("id".into(), s(record.id.as_str())),
        ("at".into(), at(record.at)),
    ]))
}

fn cart_value(cart: &ShoppingCart) -> AttributeValue {
    AttributeValue::M(ItemMap::from([
        ("id".into(), s(&cart.id)),
        ("at".into(), at(cart.at)),
        ("s".into(), s(cart.state.as_str())),
    ]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{
        Timestamp,
        customer::{
            order_windows::OrderWindows,
            profile::{
                City, ConsentSubject, Email, EndpointArn, GeoPoint, Locale, Name, Phone, Profile,
                SuppressionReason, Zone,
            },
            topics::TopicScope,
        },
        kernel::{
            channel::Channel,
            id::{CustomerId, PushEndpointId},
            money::{Currency, MinorUnits},
        },
    };

    use super::*;
    use crate::item::AttributeReader;

    fn full_customer() -> Customer {
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
            location: Some(GeoPoint { lat: 40.4168, lon: -3.7038 }),
            city: Some(City::parse("Madrid").unwrap()),
            personal_dates: BTreeMap::from([("birthday".into(), "1990-03-05".parse().unwrap())]),
            ..Profile::default()
        };
        ana.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        ana.contacts.email = Some(Email::parse("ana.garcia@example.com").unwrap());
        let at: Timestamp = "2026-11-22T12:00:00.123Z".parse().unwrap();
        for channel in Channel::ALL {
            ana.consents.insert(
                channel,
                Consent { state: ConsentState::Granted, source: "signup_form".into(), at },
            );
        }
        ana.suppressions
            .insert(Channel::Email, Suppression { reason: SuppressionReason::Bounced, at });
        ana.ahead.insert(ConsentSubject::Channel(Channel::Sms), at);
        let arn = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/7f1e8a52-0000-4000-8000-000000000001";
        ana.push_endpoints = vec![PushEndpoint {
            endpoint_id: PushEndpointId::parse("dev1").unwrap(),
            arn: EndpointArn::parse(arn).unwrap(),
        }];
        let last = Some("2026-11-20".parse().unwrap());
        ana.activity = OrderTotals {
            orders: 7,
            spend: MinorUnits::new(12_345).unwrap(),
            last_order_day: last,
        };
        ana.verticals = BTreeMap::from([
            ("food".into(), ana.activity),
            ("groceries".into(), OrderTotals::default()),
        ]);
        ana.windows = OrderWindows::from_bytes(&WINDOWS, ana.verticals.len());
        ana
    }

    /// Computes a size as DynamoDB does: names and values in bytes, numbers about half their
    /// digits, three bytes for each list or map.
    fn item_size(value: &AttributeValue) -> usize {
        if let Ok(map) = value.as_m() {
            3 + map.iter().map(|(name, value)| name.len() + item_size(value) + 1).sum::<usize>()
        } else if let Ok(list) = value.as_l() {
            3 + list.iter().map(|value| item_size(value) + 1).sum::<usize>()
        } else if let Ok(digits) = value.as_n() {
            digits.len() / 2 + 1
        } else {
            value.as_s().map_or_else(|_| value.as_b().unwrap().as_ref().len(), String::len)
        }
    }

    /// A first order on day 100 and one order on day 200 for 5 in the first vertical.
    const WINDOWS: [u8; 9] = [1, 200, 1, 144, 3, 0, 0b1_000, 0b001, 5];

    #[test]
    fn the_windows_of_older_records_are_unknown_and_those_of_new_ones_are_empty() {
        let ana = full_customer();
        assert!(ana.windows.is_some());
        let mut item = customer_item(&ana);
        item.remove("windows");
        assert_eq!(read_customer(&item).unwrap().windows, None);
        let bare = Customer { version: 1, ..Customer::new(CustomerId::parse("c").unwrap()) };
        let read = read_customer(&customer_item(&bare)).unwrap();
        assert_eq!(read.windows, Some(OrderWindows::default()));
    }

    #[test]
    fn a_customer_survives_its_item() {
        let bare = Customer { version: 1, ..Customer::new(CustomerId::parse("c").unwrap()) };
        for customer in [full_customer(), bare] {
            assert_eq!(read_customer(&customer_item(&customer)).unwrap(), customer);
        }
    }

    #[test]
    fn attributes_survive_the_item_with_their_types() {
        let mut ana = full_customer();
        ana.profile.attributes = BTreeMap::from([
            ("member".into(), Attribute::Bool(true)),
            ("score".into(), Attribute::Number(4.5)),
            ("tier".into(), Attribute::Text("gold".into())),
            ("diets".into(), Attribute::Set(["vegan".to_owned()].into())),
            ("none".into(), Attribute::Set([].into())),
        ]);
        assert_eq!(read_customer(&customer_item(&ana)).unwrap(), ana);
    }

    #[test]
    fn topics_and_pauses_survive_the_item_with_their_history() {
        let mut ana = full_customer();
        let at: Timestamp = "2026-11-22T12:00:00.123Z".parse().unwrap();
        let choice = |state| Consent { state, source: "preference_page".into(), at };
        for (scope, state) in
            [("deals", ConsentState::Granted), ("deals:sms", ConsentState::Denied)]
        {
            let scope = TopicScope::parse(scope).unwrap();
            let subject = ConsentSubject::Topic(scope.clone());
            ana.ahead.insert(subject.clone(), at);
            ana.past_consents.push(PastConsent { subject, consent: choice(state) });
            ana.topics.insert(scope, choice(state));
        }
        let subject = ConsentSubject::Channel(Channel::Push);
        ana.past_consents.push(PastConsent { subject, consent: choice(ConsentState::Denied) });
        ana.pause = Some(Pause::weeks(2, "preference_page", at));
        ana.past_pauses = vec![Pause::ended("app_settings", at); 2];
        assert_eq!(read_customer(&customer_item(&ana)).unwrap(), ana);
    }

    #[test]
    fn a_merged_record_is_a_pointer_on_no_index_and_keeps_what_it_was() {
        let (mut ana, at) = (full_customer(), "2026-11-22T12:00:00.123Z".parse().unwrap());
        ana.merged = vec![MergedRecord { id: CustomerId::parse("c-old").unwrap(), at }];
        let into = CustomerId::parse("c-000002").unwrap();
        let item = merged_item(&ana, &into);
        assert_eq!((merged_into(&item), read_customer(&item).unwrap()), (Some(into), ana.clone()));
        assert!(item.keys().all(|name| !name.ends_with("_bucket") && name != NAME_KEY));
        assert_eq!(customer_from_image(&item).unwrap(), None);
        assert_eq!(merged_into(&customer_item(&ana)), None);
    }

    #[test]
    fn a_full_customer_is_below_a_kilobyte() {
        let size = item_size(&AttributeValue::M(customer_item(&full_customer())));
        assert!(size < 1_024, "{size} bytes");
    }

    #[test]
    fn the_indexes_are_sparse_and_sharded() {
        let item = customer_item(&full_customer());
        let shard = format!("#{:02}", write_shard(&full_customer().id));
        assert_eq!(item.text("activity_bucket").unwrap(), format!("2026-11-20{shard}"));
        assert_eq!(item.text("personal_date_bucket").unwrap(), format!("03-05{shard}"));
        assert_eq!(item.text("cell_bucket").unwrap(), format!("404:-38{shard}"));
        let bare = customer_item(&Customer::new(CustomerId::parse("c").unwrap()));
        assert!(bare.keys().all(|name| !name.ends_with("_bucket")), "{bare:?}");
    }

    #[test]
    fn an_unreadable_attribute_is_named_and_not_quoted() {
        for (name, value) in [
            ("phone", s("600 00 00 01")),
            ("email", n(5)),
            (
                "consents",
                AttributeValue::M(ItemMap::from([(
                    "fax".into(),
                    AttributeValue::M(ItemMap::new()),
                )])),
            ),
            ("verticals", s("food")),
            ("topics", AttributeValue::M(ItemMap::from([("Deals!".into(), s("granted"))]))),
            ("pause", s("2 weeks")),
            ("lat", s("north")),
            ("city", n(5)),
            ("zone", s("Mars/Olympus")),
            ("orders", n(-1)),
            ("windows", AttributeValue::B(Blob::new([1]))),
        ] {
            let mut item = customer_item(&full_customer());
            item.insert(name.to_owned(), value);
            let shown = read_customer(&item).unwrap_err().to_string();
            assert!(shown.contains("c-000001") && shown.contains(name), "{shown}");
            assert!(!shown.contains("600") && !shown.contains("Mars"), "{shown}");
        }
        let mut item = customer_item(&full_customer());
        item.remove("version");
        assert!(read_customer(&item).unwrap_err().to_string().contains("missing"));
    }
}
