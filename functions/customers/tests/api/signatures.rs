//! Checks that a signature of the app backend is good for one method, one path and one body, and
//! for a change once.

use crate::client;

use axum::{
    body::Body,
    http::{Method, Request},
};
use client::{AppBackend, KEY, SECRET, ana_profile, signed_request};
use domain::{
    Timestamp,
    kernel::{
        api_key::{ApiKey, KeyScope},
        id::ApiKeyId,
    },
};
use serde_json::{Value, json};
use testkit::TestTables;

/// Sends the headers of a signed request to another route, as somebody can who has read them.
fn moved(signed: &Request<Body>, method: Method, path: &str) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    request.headers_mut().clone_from(signed.headers());
    request
}

#[tokio::test]
async fn the_headers_of_a_read_delete_nobody() {
    let api = AppBackend::new(&TestTables::in_memory());
    for customer in ["c-1", "c-2"] {
        let path = format!("/v1/customers/{customer}");
        assert_eq!(api.send_json("PUT", &path, ana_profile()).await.status, 201);
    }
    let read = signed_request("GET", "/v1/customers/c-1", "", SECRET, Timestamp::now());
    for path in ["/v1/customers/c-2", "/v1/customers/c-1"] {
        api.send(moved(&read, Method::DELETE, path)).await.check(401, "signature_invalid");
    }
    api.send(moved(&read, Method::GET, "/v1/customers/c-2")).await.check(401, "signature_invalid");
    for customer in ["c-1", "c-2"] {
        assert_eq!(api.get(&format!("/v1/customers/{customer}")).await.status, 200, "{customer}");
    }
    assert_eq!(api.send(read).await.status, 200);
}

#[tokio::test]
async fn a_change_sent_twice_does_not_undo_what_came_between() {
    let api = AppBackend::new(&TestTables::in_memory());
    let path = "/v1/customers/c-1";
    let consent = "/v1/customers/c-1/consents/sms";
    let granted = json!({"state": "granted", "source": "app_settings"});
    let changes: [(&str, &str, Value); 6] = [
        ("PUT", path, ana_profile()),
        ("PATCH", path, json!({"contacts": {"email": "older@example.com"}})),
        ("PUT", consent, granted),
        ("PUT", "/v1/customers/c-1/push-endpoints", ana_profile()["push_endpoints"][0].clone()),
        ("PUT", "/v1/customers/c-1/devices/dev3", json!({"platform": "fcm", "token": "token-3"})),
        ("DELETE", "/v1/customers/c-1/push-endpoints/dev1", Value::Null),
    ];
    let sign = |(method, path, body): &(&str, &str, Value)| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = signed_request(method, path, &body, SECRET, Timestamp::now());
        let (parts, _) = request.into_parts();
        move || Request::from_parts(parts.clone(), Body::from(body.clone()))
    };
    let captured = changes.each_ref().map(sign);
    for request in &captured {
        let answer = api.send(request()).await;
        assert!(answer.status < 300, "{} {}", answer.status, answer.body);
    }
    let withdrawn = json!({"state": "denied", "source": "app_settings"});
    assert_eq!(api.send_json("PUT", consent, withdrawn).await.status, 200);
    let newer = json!({"contacts": {"email": "newer@example.com"}});
    assert_eq!(api.send_json("PATCH", path, newer).await.status, 200);
    let before = api.get(path).await.body;
    for request in &captured {
        api.send(request()).await.check(409, "signature_used");
    }
    assert_eq!(api.get(path).await.body, before);
    let erase = signed_request("DELETE", path, "", SECRET, Timestamp::now());
    let again = moved(&erase, Method::DELETE, path);
    assert_eq!(api.send(erase).await.status, 204);
    api.send(again).await.check(409, "signature_used");
}

#[tokio::test]
async fn an_order_sent_twice_is_recognised_by_its_id() {
    let api = AppBackend::new(&TestTables::in_memory());
    api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
    let line = json!({"id": "1", "vertical": "food", "merchant": "m-1", "amount": 2350});
    let order = json!({"event": "placed", "event_id": "e-1", "order_id": "o-1",
        "customer_id": "c-1", "at": "2025-11-01T12:00:00Z",
        "basket": {"currency": "EUR", "lines": [line]}})
    .to_string();
    let signed = signed_request("POST", "/v1/orders", &order, SECRET, Timestamp::now());
    let (parts, _) = signed.into_parts();
    let send = async || api.send(Request::from_parts(parts.clone(), order.clone().into())).await;
    assert_eq!(send().await.body["recorded"], "first");
    assert_eq!(send().await.body["recorded"], "repeat");
}

#[tokio::test]
async fn a_key_for_orders_reads_and_changes_no_customer() {
    let tables = TestTables::in_memory();
    let id = ApiKeyId::parse(KEY).unwrap();
    let whole = ApiKey::with_all_scopes(id.clone(), vec![SECRET.to_vec()]);
    let orders = ApiKey { scopes: vec![KeyScope::Orders], ..whole };
    let api = AppBackend::with_keys(&tables, [orders]);
    for (method, path) in [
        ("GET", "/v1/customers/c-1"),
        ("PUT", "/v1/customers/c-1"),
        ("DELETE", "/v1/customers/c-1"),
        ("PUT", "/v1/customers/c-1/consents/sms"),
    ] {
        api.send_raw(method, path, "").await.check(403, "scope_missing");
    }
    for path in ["/v1/orders", "/v1/carts", "/v1/events"] {
        api.send_raw("POST", path, "{}").await.check(422, "invalid_request");
    }
}

#[tokio::test]
async fn a_key_that_occurs_twice_is_refused_on_every_kind_of_route() {
    let api = AppBackend::new(&TestTables::in_memory());
    for (method, path, body, field) in [
        (
            "PUT",
            "/v1/customers/c-1",
            r#"{"profile": {"last_name": "a", "last_name": "b"}}"#,
            "/profile/last_name",
        ),
        ("PATCH", "/v1/customers/c-1", r#"{"contacts": {}, "contacts": {}}"#, "/contacts"),
        (
            "PUT",
            "/v1/customers/c-1/consents/sms",
            r#"{"state": "denied", "state": "granted"}"#,
            "/state",
        ),
        (
            "POST",
            "/v1/orders",
            r#"{"event": "placed", "basket": {"lines": [], "lines": []}}"#,
            "/basket/lines",
        ),
        ("POST", "/v1/orders", r#"{"event": "placed", "event": "cancelled"}"#, "/event"),
        ("POST", "/v1/events", r#"{"properties": {"a": 1, "a": 2}}"#, "/properties/a"),
    ] {
        let answer = api.send_raw(method, path, body).await;
        answer.check(422, "invalid_request");
        assert_eq!(answer.fields(), [format!("{field} duplicate_key")], "{method} {path} {body}");
    }
}
