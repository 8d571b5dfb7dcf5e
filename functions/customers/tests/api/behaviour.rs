//! Carts and events as the app backend reports them: each cart on its own, and numbers that are kept
//! as they are written or refused with their field.

use crate::client::{AppBackend, ana_profile};

use serde_json::{Value, json};
use testkit::with_tables;

const FIRST: &str = "2025-11-01T12:00:00Z";
const SECOND: &str = "2025-11-01T12:01:00Z";
const ORDERED: &str = "2025-11-01T12:05:00Z";

async fn report_cart(api: &AppBackend, cart: &str, event: &str, at: &str) -> Value {
    let body = json!({"event": event, "cart_id": cart, "customer_id": "c-1", "at": at});
    let answer = api.send_json("POST", "/v1/carts", body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["recorded"].clone()
}

fn order(id: &str, what: &str, more: Value) -> Value {
    let line = json!({"id": "1", "vertical": "food", "merchant": "m-1", "amount": 2350});
    let mut order = json!({"event": what, "event_id": format!("{what}-{id}"), "order_id": id, "customer_id": "c-1",
        "at": ORDERED, "basket": {"currency": "EUR", "lines": [line]}});
    for (name, value) in more.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

/// Returns the customer's carts as `id state`, in the order of their ids.
async fn carts(api: &AppBackend) -> Vec<String> {
    let customer = api.get("/v1/customers/c-1").await.body;
    let shown = customer["carts"].as_array().unwrap().iter();
    let text = |it: &Value| {
        let (id, state) = (it["cart_id"].as_str().unwrap(), it["state"].as_str().unwrap());
        assert_eq!(it["open"], json!(state == "open"));
        format!("{id} {state}")
    };
    let mut found: Vec<String> = shown.map(text).collect();
    found.sort();
    found
}

#[tokio::test]
async fn each_cart_is_kept_on_its_own() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
        assert_eq!(report_cart(&api, "a", "touched", FIRST).await, true);
        assert_eq!(report_cart(&api, "b", "touched", SECOND).await, true);
        assert_eq!(report_cart(&api, "c", "touched", SECOND).await, true);
        assert_eq!(report_cart(&api, "a", "touched", FIRST).await, false, "a repeat");
        assert_eq!(report_cart(&api, "b", "emptied", FIRST).await, false, "older than its own");
        assert_eq!(report_cart(&api, "b", "emptied", ORDERED).await, true);
        assert_eq!(carts(&api).await, ["a open", "b emptied", "c open"]);
        let placed = order("o-1", "placed", json!({"cart_id": "a"}));
        assert_eq!(api.send_json("POST", "/v1/orders", placed.clone()).await.status, 200);
        assert_eq!(carts(&api).await, ["a placed", "b emptied", "c open"]);
        let again = api.send_json("POST", "/v1/orders", placed).await;
        assert_eq!(again.body["recorded"], "repeat");
        let other = order("o-1", "placed", json!({"cart_id": "c"}));
        api.send_json("POST", "/v1/orders", other).await.check(409, "event_conflict");
    })
    .await;
}

#[tokio::test]
async fn an_order_names_a_cart_only_when_it_is_placed_and_by_a_valid_id() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
        for (what, cart, expected) in [
            ("placed", json!(""), "/cart_id invalid"),
            ("placed", json!("a b"), "/cart_id invalid"),
            ("placed", json!("x".repeat(49)), "/cart_id invalid"),
            ("edited", json!("a"), "/cart_id not_allowed"),
        ] {
            let body = order("o-1", what, json!({ "cart_id": cart }));
            let answer = api.send_json("POST", "/v1/orders", body).await;
            assert_eq!(
                (answer.status, answer.fields()),
                (422, vec![expected.to_owned()]),
                "{cart}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_that_would_be_taken_for_another_is_refused_with_its_field() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
        let send = async |id: &str, number: &str| {
            let body = format!(
                r#"{{"event_id": "{id}", "name": "rated", "customer_id": "c-1", "at": "{FIRST}", "properties": {{"ok": 1, "a/b": {number}}}}}"#
            );
            api.send_raw("POST", "/v1/events", &body).await
        };
        for (index, kept) in
            ["9007199254740993", "18446744073709551615", "-9223372036854775808", "0.1", "1e21"]
                .into_iter()
                .enumerate()
        {
            let answer = send(&format!("kept-{index}"), kept).await;
            assert_eq!(answer.status, 200, "{kept}: {}", answer.body);
        }
        for lost in ["18446744073709551616", "-9223372036854775809", "9007199254740993.5"] {
            let answer = send("lost", lost).await;
            let expected = vec!["/properties/a~1b inexact_number".to_owned()];
            assert_eq!((answer.status, answer.fields()), (422, expected), "{lost}");
        }
    })
    .await;
}
