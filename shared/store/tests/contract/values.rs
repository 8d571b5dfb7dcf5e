//! The values that occur and the catalogue, on a real DynamoDB API: each change of a count is added
//! once, because the position moves with the counts.

use std::collections::BTreeSet;

use domain::{
    campaign::audience::AudienceRule,
    campaign::catalogue::{CatalogueKey, CatalogueKind, CatalogueNames, Merchant},
    reporting::occurring_values::{CountedValue, ValueCounts, ValueDelta, ValueKind},
};
use futures::future::join_all;
use serde_json::json;
use store::{
    Store, TableNames,
    batch::ReadConsistency,
    conditional::Applied,
    reporting::{
        counters::{StreamCheckpoint, StreamPosition},
        value_stream::{ValueBatch, ValueChange, ValueSource},
    },
};
use testkit::{builders::noon, with_both_backends};

/// Runs the test in memory and on the local AWS.
async fn with_store(test: impl AsyncFn(&Store)) {
    with_both_backends(async |tables| {
        test(&Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        ))
        .await;
    })
    .await;
}

fn delta(kind: ValueKind, counts: &[(&str, i64)]) -> ValueDelta {
    let value = |(name, count): &(&str, i64)| {
        let value = CountedValue { kind, name: (*name).to_owned() };
        (value, ValueCounts { count: *count, ..ValueCounts::default() })
    };
    counts.iter().map(value).collect()
}

async fn add(store: &Store, delta: &ValueDelta, before: Option<&str>, next: &str) -> Applied {
    let before = StreamCheckpoint { sequence: before.map(str::to_owned), buffered: None };
    let next = StreamPosition { name: "values#shard-1".into(), sequence: next.into() };
    store.add_values(delta, &before, &next, noon()).await.unwrap()
}

async fn counts(store: &Store, kind: ValueKind) -> Vec<(String, i64)> {
    let values = store.occurring_values(kind).await.unwrap();
    let mut values: Vec<_> = values.into_iter().map(|(name, it)| (name, it.count)).collect();
    values.sort();
    values
}

#[tokio::test]
async fn counts_and_position_move_together_or_not_at_all() {
    with_store(async |store| {
        let first = delta(ValueKind::Vertical, &[("food", 2), ("pharmacy", 1)]);
        assert_eq!(add(store, &first, None, "7").await, Applied::Yes);
        assert_eq!(add(store, &first, None, "7").await, Applied::Conflict);
        let second = delta(ValueKind::Vertical, &[("food", 1), ("pharmacy", -1)]);
        assert_eq!(add(store, &second, Some("6"), "9").await, Applied::Conflict);
        assert_eq!(add(store, &second, Some("7"), "9").await, Applied::Yes);
        // a change that cancels out moves the position alone
        assert_eq!(add(store, &ValueDelta::new(), Some("9"), "11").await, Applied::Yes);
        assert_eq!(store.stream_position("values#shard-1").await.unwrap().as_deref(), Some("11"));
        assert_eq!(counts(store, ValueKind::Vertical).await, [("food".to_owned(), 3)]);
        assert_eq!(counts(store, ValueKind::Tag).await, []);
    })
    .await;
}

#[tokio::test]
async fn of_two_readers_at_one_position_one_counts() {
    with_store(async |store| {
        let one = delta(ValueKind::Tag, &[("vip", 1)]);
        let tries = join_all((0..6).map(|_| add(store, &one, None, "1"))).await;
        assert_eq!(tries.iter().filter(|it| **it == Applied::Yes).count(), 1);
        assert_eq!(counts(store, ValueKind::Tag).await, [("vip".to_owned(), 1)]);
    })
    .await;
}

#[tokio::test]
async fn a_city_keeps_the_sums_of_its_centre() {
    with_store(async |store| {
        let sums = ValueCounts {
            count: 3,
            located: 2,
            latitudes: 80_800_000,
            longitudes: -7_400_000,
            far_east: 0,
            far_west: 0,
        };
        let city = CountedValue { kind: ValueKind::City, name: "Madrid".to_owned() };
        add(store, &ValueDelta::from([(city, sums)]), None, "1").await;
        let found = store.occurring_values(ValueKind::City).await.unwrap();
        assert_eq!(found, [("Madrid".to_owned(), sums)]);
        let centre = found[0].1.centre().unwrap();
        assert_eq!((centre.lat, centre.lon), (40.4, -3.7));
    })
    .await;
}

#[test]
fn the_stream_is_read_as_what_each_record_adds() {
    let ana = json!({"customer_id": {"S": "c-1"}, "version": {"N": "3"}, "orders": {"N": "1"}, "spend": {"N": "10"},
        "locale": {"S": "es-ES"}, "tags": {"L": [{"S": "vip"}]},
        "verticals": {"M": {"food": {"M": {"orders": {"N": "1"}, "spend": {"N": "10"}}}}}});
    let mut moved = ana.clone();
    moved["tags"] = json!({"L": []});
    let erased =
        json!({"customer_id": {"S": "c-1"}, "version": {"N": "5"}, "erased_at": {"N": "1"}});
    let other = json!({"pk": {"S": "run#r#0001"}, "sk": {"S": "SEGMENT"}});
    let mut broken = ana.clone();
    broken["tags"] = json!({"S": "vip"});
    let event = json!({"shardId": "s-1", "Records": [
        {"dynamodb": {"SequenceNumber": "1", "NewImage": ana}},
        {"dynamodb": {"SequenceNumber": "2", "OldImage": ana, "NewImage": moved}},
        {"dynamodb": {"SequenceNumber": "3", "OldImage": moved, "NewImage": erased}},
        {"dynamodb": {"SequenceNumber": "4", "OldImage": erased}},
        {"dynamodb": {"SequenceNumber": "5", "NewImage": other}},
        {"dynamodb": {"SequenceNumber": "6", "NewImage": broken}},
        {"dynamodb": {"NewImage": ana}},
    ]});
    let source = ValueBatch::source_of(&event).unwrap();
    assert_eq!(source, ValueSource::Customers);
    let batch = ValueBatch::parse_event(source, event).unwrap();
    assert_eq!(batch.shard.as_deref(), Some("s-1"));
    let told = |change: &ValueChange| match change {
        ValueChange::Counted(delta) => {
            let one = |(value, counts): (&CountedValue, &ValueCounts)| {
                format!("{}{:+}", value.name, counts.count)
            };
            delta.iter().map(one).collect::<Vec<_>>().join(" ")
        }
        ValueChange::Unreadable { reason, .. } => format!("unreadable: {reason}"),
    };
    let changes: Vec<String> = batch.records.iter().map(|it| told(&it.change)).collect();
    assert_eq!(changes[..5], ["food+1 vip+1 es+1 es-ES+1", "vip-1", "food-1 es-1 es-ES-1", "", ""]);
    assert!(changes[5].contains("tags"), "{}", changes[5]);
    assert!(changes[6].contains("sequence number"), "{}", changes[6]);
    let vouchers = json!({"Records": [{"dynamodb": {"SequenceNumber": "1",
        "Keys": {"customer_id": {"S": "c-1"}, "voucher_id": {"S": "v"}}}}]});
    assert_eq!(ValueBatch::source_of(&vouchers), None);
    assert_eq!(ValueBatch::source_of(&json!({"Records": []})), None);
    let order = json!({"Records": [{"dynamodb": {"SequenceNumber": "1", "Keys": {"pk": {"S": "order#o-1"}}}}]});
    assert_eq!(ValueBatch::source_of(&order), Some(ValueSource::Orders));
}

#[tokio::test]
async fn events_are_noted_with_their_properties() {
    with_store(async |store| {
        let properties = |names: &[&str]| -> BTreeSet<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        store.record_event_name("viewed", &properties(&["price"]), noon()).await.unwrap();
        store.record_event_name("viewed", &properties(&["city"]), noon()).await.unwrap();
        store.record_event_name("shared", &properties(&[]), noon()).await.unwrap();
        let many: BTreeSet<String> = (0..600).map(|number| format!("p{number}")).collect();
        store.record_event_name("odd", &many, noon()).await.unwrap();
        store.record_event_name("odd", &properties(&["late"]), noon()).await.unwrap();
        let events = store.reported_events().await.unwrap();
        let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["odd", "shared", "viewed"]);
        assert_eq!(events[2].properties, properties(&["city", "price"]));
        assert_eq!((events[1].properties.len(), events[0].properties.len()), (0, 600));
    })
    .await;
}

fn key(text: &str) -> CatalogueKey {
    CatalogueKey::parse(text).unwrap()
}

fn merchant(name: &str, opened_on: &str) -> Merchant {
    let day = (!opened_on.is_empty()).then_some(opened_on);
    serde_json::from_value(json!({"name": name, "verticals": ["food"], "opened_on": day,
        "places": [{"lat": 40.4, "lon": -3.7, "city": "Madrid"}]}))
    .unwrap()
}

#[tokio::test]
async fn merchants_are_found_by_key_by_name_and_by_the_day_they_opened() {
    with_store(async |store| {
        for (id, name, day) in [
            ("m-1", "Casa Lola", "2026-11-01"),
            ("m-2", "Bar Pepe", "2026-11-20"),
            ("m-3", "Old Inn", ""),
        ] {
            assert!(store.put_merchant(&key(id), &merchant(name, day), noon()).await.unwrap());
        }
        let again = merchant("Casa Lola 2", "2026-11-21");
        assert!(!store.put_merchant(&key("m-1"), &again, noon()).await.unwrap());
        let names = store.catalogue_names(CatalogueKind::Merchants).await.unwrap();
        let names: Vec<_> =
            names.iter().map(|it| format!("{} {}", it.key, it.names["und"])).collect();
        assert_eq!(names, ["m-1 Casa Lola 2", "m-2 Bar Pepe", "m-3 Old Inn"]);
        let opened = async |day: &str| -> Vec<String> {
            let found = store
                .merchants_opened_between(day.parse().unwrap(), "2026-11-21".parse().unwrap(), 10)
                .await
                .unwrap();
            found.into_iter().map(|it| it.key.as_str().to_owned()).collect()
        };
        assert_eq!(opened("2026-11-20").await, ["m-1", "m-2"]);
        assert_eq!(opened("2026-11-21").await, ["m-1"]);
        assert!(store.delete_catalogue_entry(CatalogueKind::Merchants, &key("m-1")).await.unwrap());
        assert!(
            !store.delete_catalogue_entry(CatalogueKind::Merchants, &key("m-1")).await.unwrap()
        );
        assert_eq!(opened("2026-11-20").await, ["m-2"]);
        let keys = [key("m-1"), key("m-2")];
        let found = store
            .catalogue_entries::<Merchant>(CatalogueKind::Merchants, &keys, ReadConsistency::Strong)
            .await
            .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].value, merchant("Bar Pepe", "2026-11-20"));
        assert_eq!(found[0].updated_at, noon());
    })
    .await;
}

#[tokio::test]
async fn a_rule_is_resolved_by_the_merchants_of_the_day() {
    with_store(async |store| {
        let place = |it: Merchant| -> Merchant {
            let place = json!({"lat": 40.4, "lon": -3.7});
            Merchant { places: vec![serde_json::from_value(place).unwrap()], ..it }
        };
        for (id, day) in [("m-1", "2026-11-01"), ("m-2", "2026-11-20"), ("m-3", "")] {
            let told = place(merchant(id, day));
            store.put_merchant(&key(id), &told, noon()).await.unwrap();
        }
        let fits = async |rule: serde_json::Value, now: &str| {
            let mut rule = AudienceRule::parse(&rule, "").unwrap();
            store.resolve_audience(&mut rule, now.parse().unwrap()).await.unwrap();
            rule.near_merchants("").iter().any(|(_, condition)| !condition.fits_nobody())
        };
        let new = |days: u32| json!({"near_merchants": {"opened_within_days": days, "km": 5}});
        let named = |id: &str| json!({"near_merchants": {"merchants": [id], "km": 5}});
        assert!(fits(new(1), "2026-11-21T12:00:00Z").await);
        assert!(!fits(new(1), "2026-11-19T12:00:00Z").await, "it opens later");
        assert!(!fits(new(1), "2026-11-22T12:00:00Z").await, "it is not new any more");
        assert!(fits(named("m-3"), "2026-11-22T12:00:00Z").await);
        assert!(!fits(named("m-9"), "2026-11-22T12:00:00Z").await);
        store.delete_catalogue_entry(CatalogueKind::Merchants, &key("m-2")).await.unwrap();
        assert!(!fits(new(1), "2026-11-21T12:00:00Z").await, "it has left");
    })
    .await;
}

#[tokio::test]
async fn names_of_verticals_and_categories_are_apart() {
    with_store(async |store| {
        let names = |text: &str| -> CatalogueNames {
            serde_json::from_value(json!({"names": {"en": text}})).unwrap()
        };
        for kind in [CatalogueKind::Verticals, CatalogueKind::Categories] {
            let told = names(kind.as_str());
            assert!(store.put_catalogue_names(kind, &key("food"), &told, noon()).await.unwrap());
        }
        let verticals = store.catalogue_names(CatalogueKind::Verticals).await.unwrap();
        assert_eq!(verticals.len(), 1);
        assert_eq!(verticals[0].names["en"], "verticals");
    })
    .await;
}
