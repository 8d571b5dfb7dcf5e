//! The values that occur, as operators list and search them.

use std::collections::BTreeSet;

use domain::{
    Timestamp,
    reporting::occurring_values::{CountedValue, ValueCounts, ValueDelta, ValueKind},
};
use serde_json::{Value, json};
use store::reporting::counters::{StreamCheckpoint, StreamPosition};

use crate::CatalogueApi;

async fn count(api: &CatalogueApi, kind: ValueKind, counts: &[(&str, i64)]) {
    let value = |(name, count): &(&str, i64)| {
        let value = CountedValue { kind, name: (*name).to_owned() };
        (value, ValueCounts { count: *count, ..ValueCounts::default() })
    };
    let delta: ValueDelta = counts.iter().map(value).collect();
    let next = StreamPosition { name: format!("values#{}", kind.as_str()), sequence: "1".into() };
    let none = StreamCheckpoint::default();
    api.store.add_values(&delta, &none, &next, Timestamp::UNIX_EPOCH).await.unwrap();
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|it| format!("{} {}", it["value"].as_str().unwrap(), it["count"])).collect()
}

#[tokio::test]
async fn values_are_listed_by_count_and_paged() {
    let api = CatalogueApi::new();
    count(&api, ValueKind::Tag, &[("vip", 7), ("staff", 12), ("new", 7), ("gone", 0)]).await;
    let (status, first) = api.get("/v1/values?of=tag&limit=2").await;
    assert_eq!((status, first["counts"].as_str()), (200, Some("customers")));
    assert_eq!(names(&first), ["staff 12", "new 7"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = api.get(&format!("/v1/values?of=tag&limit=2&cursor={cursor}")).await;
    assert_eq!((names(&second), &second["next_cursor"]), (vec!["vip 7".to_owned()], &Value::Null));
    let (status, problem) = api.get(&format!("/v1/values?of=city&limit=2&cursor={cursor}")).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_cursor")));
}

#[tokio::test]
async fn a_search_does_not_mind_case_and_accents() {
    let api = CatalogueApi::new();
    count(&api, ValueKind::City, &[("Málaga", 3), ("Madrid", 40), ("Cádiz", 2)]).await;
    for (query, found) in [
        ("mala", vec!["Málaga 3"]),
        ("MA", vec!["Madrid 40", "Málaga 3"]),
        ("%C3%A1di", vec!["Cádiz 2"]),
        ("zz", vec![]),
    ] {
        let (status, list) = api.get(&format!("/v1/values?of=city&q={query}")).await;
        assert_eq!((status, names(&list)), (200, found.into_iter().map(str::to_owned).collect()));
    }
}

#[tokio::test]
async fn events_have_a_time_and_no_count() {
    let api = CatalogueApi::new();
    let at: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let properties: BTreeSet<String> = ["price".to_owned(), "city".to_owned()].into();
    api.store.record_event_name("viewed", &properties, at).await.unwrap();
    let (_, events) = api.get("/v1/values?of=event").await;
    assert_eq!(
        events["items"],
        json!([{"value": "viewed", "names": {}, "count": null, "last_reported_at": "2026-11-22T12:00:00Z"}])
    );
    assert_eq!(events["counts"], Value::Null);
    let (_, properties) = api.get("/v1/values?of=event_property&q=pri").await;
    assert_eq!(names(&properties), ["price null"]);
}

#[tokio::test]
async fn a_bad_query_is_refused_with_its_reason() {
    let api = CatalogueApi::new();
    let long = "x".repeat(201);
    for query in
        ["", "of=planet", "of=tag&limit=0", "of=tag&colour=red", &format!("of=tag&q={long}")]
    {
        let (status, problem) = api.get(&format!("/v1/values?{query}")).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_query")), "{query}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{query}");
    }
}
