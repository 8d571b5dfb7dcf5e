//! Warnings of values that nobody has: at the place that names them, with the one that was meant,
//! and never an error.

use std::sync::Arc;

use campaigns::routes;
use domain::{
    Timestamp,
    campaign::catalogue::{CatalogueKey, CatalogueKind},
    reporting::occurring_values::{CountedValue, ValueCounts, ValueDelta, ValueKind},
};
use queue::Queue;
use serde_json::{Value, json};
use store::{
    Store,
    reporting::counters::{StreamCheckpoint, StreamPosition},
};
use testkit::TestTables;

use crate::client::{CAMPAIGNS, campaigns_context, send_request};

struct WarningsApi {
    app: axum::Router,
    store: Store,
}

impl WarningsApi {
    fn new() -> Self {
        let tables = TestTables::in_memory();
        let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
        let context = campaigns_context(&tables, queue);
        let store = context.store.clone();
        Self { app: http_edge::build_app(routes().with_state(Arc::new(context))), store }
    }

    async fn count(&self, kind: ValueKind, names: &[&str]) {
        let counts = ValueCounts { count: 3, ..ValueCounts::default() };
        let value = |name: &&str| (CountedValue { kind, name: (*name).to_owned() }, counts);
        let delta: ValueDelta = names.iter().map(value).collect();
        let next =
            StreamPosition { name: format!("values#{}", kind.as_str()), sequence: "1".into() };
        let none = StreamCheckpoint::default();
        self.store.add_values(&delta, &none, &next, Timestamp::UNIX_EPOCH).await.unwrap();
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let caller = testkit::signed_in_context("s-1", None, "[marketer]");
        send_request(&self.app, caller, "POST", path, &[], &body).await.expect_ok().body
    }
}

fn promotion(audience: Value) -> Value {
    json!({
        "name": "Trial", "kind": "promotion",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}},
            "scope": {"verticals": ["grocries"], "merchants": ["m-404"]}},
        "validity": {"from_issue": {"hours": 168}}, "audience": audience,
        "channels": {"mode": "first_available", "ladder": ["sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {"sms": {"text": "{{ offer }}"}}}},
    })
}

fn told(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let warnings = answer["warnings"].as_array().unwrap().iter();
    let told =
        |it: &Value| ["field", "code", "value", "nearest"].map(|part| text(&it[part])).join(" ");
    warnings.map(told).collect()
}

#[tokio::test]
async fn a_value_that_nobody_has_is_named_with_the_one_that_was_meant() {
    let api = WarningsApi::new();
    api.count(ValueKind::Vertical, &["food", "groceries"]).await;
    api.count(ValueKind::Tag, &["vip"]).await;
    let names = serde_json::from_value(json!({"names": {"en": "Restaurants"}})).unwrap();
    let food = CatalogueKey::parse("food").unwrap();
    let now = Timestamp::UNIX_EPOCH;
    api.store.put_catalogue_names(CatalogueKind::Verticals, &food, &names, now).await.unwrap();
    let audience = json!({"all": [
        {"ordered": {"vertical": "restaurants"}}, {"not": {"tags": {"any_of": ["vip", "spaceship"]}}},
        {"locale": {"any_of": ["es"]}},
    ]});
    let made = api.post(CAMPAIGNS, promotion(audience.clone())).await;
    // no merchant and no locale has occurred, so nothing is said of them
    assert_eq!(
        told(&made),
        [
            "/offer/scope/verticals/0 value_not_seen grocries groceries",
            "/audience/all/0/ordered/vertical value_not_seen restaurants food",
            "/audience/all/1/not/tags/any_of/1 value_not_seen spaceship -",
        ]
    );
    let detail = made["warnings"][1]["detail"].as_str().unwrap();
    assert_eq!(detail, "no customer has ordered in the vertical `restaurants`; is `food` meant?");
    let channels = json!({"mode": "first_available", "ladder": ["sms"]});
    let preview = json!({"audience": audience, "channels": channels});
    let shown = api.post("/v1/audience-previews", preview).await;
    assert_eq!(told(&shown).len(), 2);
}

#[tokio::test]
async fn what_the_catalogue_names_is_in_no_doubt() {
    let api = WarningsApi::new();
    api.count(ValueKind::Vertical, &["food"]).await;
    let names = serde_json::from_value(json!({"names": {"en": "Groceries"}})).unwrap();
    let key = CatalogueKey::parse("grocries").unwrap();
    let now = Timestamp::UNIX_EPOCH;
    api.store.put_catalogue_names(CatalogueKind::Verticals, &key, &names, now).await.unwrap();
    let made = api.post(CAMPAIGNS, promotion(json!({"everyone": {}}))).await;
    assert_eq!(told(&made), [""; 0]);
}
