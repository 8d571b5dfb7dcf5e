//! Tests of the guard on an AWS in memory: one small API of two routes behind it, keys in a secret
//! that the test edits, and a clock that the test moves.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use api_keys::{ApiKeySource, RepeatRule, SignatureVerifier};
use axum::{body::Body, http::Request};
use domain::{
    Timestamp,
    kernel::{api_key::KeyScope, id::ApiKeyId},
};
use fake_aws::{CallGate, CallVerdict, FakeAws};
use http_body_util::BodyExt;
use http_edge::{OpenApiRouter, SignedBody, routes, signed_request::SigningKey};
use runtime::clock::simulated;
use secrets::Secrets;
use serde_json::{Value, json};
use store::{Store, TableNames};
use testkit::{TestTables, builders::noon};
use tower::ServiceExt;

const ARN: &str = "webhook";
const OLD: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The seconds within which a change of the keys is in force.
const MINUTE: u64 = 60;

#[utoipa::path(put, path = "/v1/changes", responses((status = 200)))]
async fn change(_signed: SignedBody) -> &'static str {
    "changed"
}
#[utoipa::path(post, path = "/v1/orders", responses((status = 200)))]
async fn order(_signed: SignedBody) -> &'static str {
    "ordered"
}
#[utoipa::path(get, path = "/v1/open", responses((status = 200)))]
async fn unguarded(_signed: SignedBody) -> &'static str {
    "read"
}

struct GuardFixture {
    app: axum::Router,
    memory: FakeAws,
    store: Store,
    lose_answer: Arc<Mutex<bool>>,
}

impl GuardFixture {
    fn new(keys: &Value) -> Self {
        simulated::set_now(Some(noon()));
        let lose_answer = Arc::new(Mutex::new(false));
        let memory = FakeAws::with_gate(testkit::table_schemas(), gate(lose_answer.clone()));
        memory.set_secret(ARN, keys.to_string());
        let tables = TestTables::on_fake_aws(&memory);
        let names = TableNames::from_lookup(|variable| tables.table_name(variable));
        let store = Store::new(&tables.config, names);
        let secrets = Arc::new(Secrets::new(&tables.config));
        let keys = ApiKeySource::Secret { secrets, arn: ARN.to_owned() };
        let verifier = SignatureVerifier::new(keys, store.clone(), runtime::clock::now);
        let changes = OpenApiRouter::new().routes(routes!(change));
        let orders = OpenApiRouter::new().routes(routes!(order));
        let router = verifier
            .guard_routes(KeyScope::Customers, RepeatRule::Refused, changes)
            .merge(verifier.guard_routes(KeyScope::Orders, RepeatRule::Harmless, orders))
            .routes(routes!(unguarded));
        Self { app: http_edge::build_app(router), memory, store, lose_answer }
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }
    async fn change(&self, key: &str, secret: &str, id: &str) -> (u16, String) {
        self.send(signed("PUT", "/v1/changes", key, secret, id)).await
    }
    async fn order(&self, key: &str, secret: &str, id: &str) -> (u16, String) {
        self.send(signed("POST", "/v1/orders", key, secret, id)).await
    }
    async fn last_use(&self, key: &str) -> Option<Timestamp> {
        let uses = self.store.key_uses().await.unwrap();
        uses.into_iter().find(|(id, _)| *id == ApiKeyId::parse(key).unwrap()).map(|(_, at)| at)
    }
}

/// Loses the answer to the next put, which is performed, if the test says so.
fn gate(lose_answer: Arc<Mutex<bool>>) -> CallGate {
    Arc::new(move |call| {
        let puts = call.operation == "PutItem";
        let lost = puts && std::mem::take(&mut *lose_answer.lock().unwrap());
        Box::pin(async move { if lost { CallVerdict::LoseAnswer } else { CallVerdict::Proceed } })
    })
}

fn signed(method: &str, path: &str, key: &str, secret: &str, id: &str) -> Request<Body> {
    let secret = secret_bytes(secret);
    let key = SigningKey { id: key, secret: &secret };
    let headers = key.sign_request(id, runtime::clock::now(), (method, path), b"{}");
    let request = Request::builder().method(method).uri(path);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    request.body(Body::from("{}")).unwrap()
}

fn secret_bytes(text: &str) -> Vec<u8> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap()
}

fn keys(entries: &[Value]) -> Value {
    json!({"first": "", "keys": entries})
}
fn entry(id: &str, scopes: &[&str], secrets: &[&str]) -> Value {
    let created_at = "2026-11-01T00:00:00Z";
    json!({"key_id": id, "scopes": scopes, "secrets": secrets, "created_at": created_at})
}
fn backend() -> Value {
    entry("backend", &["orders", "customers"], &[OLD])
}
fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_change_is_taken_once_for_as_long_as_its_signature_is_valid() {
    let test = GuardFixture::new(&keys(&[backend()]));
    assert_eq!(test.change("backend", OLD, "msg_1").await.0, 200);
    let repeat = signed("PUT", "/v1/changes", "backend", OLD, "msg_1");
    let later = |seconds: i64| noon() + jiff::SignedDuration::from_secs(seconds);
    for seconds in [0, 150, 299] {
        simulated::set_now(Some(later(seconds)));
        let (parts, _) = signed("PUT", "/v1/changes", "backend", OLD, "x").into_parts();
        let mut again = Request::from_parts(parts, Body::from("{}"));
        again.headers_mut().clone_from(repeat.headers());
        assert_eq!(test.send(again).await, refused(409, "signature_used"), "{seconds}");
    }
    assert_eq!(test.change("backend", OLD, "msg_2").await.0, 200, "signed anew");
}

#[tokio::test]
async fn of_many_copies_at_once_one_is_taken() {
    let test = GuardFixture::new(&keys(&[backend()]));
    let copies = (0..8).map(|_| test.change("backend", OLD, "msg_1"));
    let answers = futures::future::join_all(copies).await;
    let taken = answers.iter().filter(|(status, _)| *status == 200).count();
    let used = answers.iter().filter(|(_, code)| code == "signature_used").count();
    assert_eq!((taken, used), (1, 7), "{answers:?}");
}

#[tokio::test]
async fn an_id_of_another_key_or_of_a_route_that_recognises_repeats_is_free() {
    let other = entry("other", &["customers"], &[NEW]);
    let test = GuardFixture::new(&keys(&[backend(), other]));
    assert_eq!(test.change("backend", OLD, "msg_1").await.0, 200);
    assert_eq!(test.change("other", NEW, "msg_1").await.0, 200);
    for _ in 0..2 {
        assert_eq!(test.order("backend", OLD, "msg_1").await.0, 200);
    }
}

#[tokio::test]
async fn a_request_whose_own_write_was_repeated_by_the_sdk_is_not_a_repeat() {
    let test = GuardFixture::new(&keys(&[backend()]));
    let invoked = |invocation: &str| {
        let mut context = lambda_http::Context::default();
        context.request_id = invocation.to_owned();
        let mut request = signed("PUT", "/v1/changes", "backend", OLD, "msg_1");
        request.extensions_mut().insert(context);
        request
    };
    *test.lose_answer.lock().unwrap() = true;
    assert_eq!(test.send(invoked("r-1")).await.0, 200);
    assert_eq!(test.send(invoked("r-2")).await, refused(409, "signature_used"));
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_is_refused_within_a_minute() {
    let test = GuardFixture::new(&keys(&[backend()]));
    assert_eq!(test.order("backend", OLD, "msg_1").await.0, 200);
    let mut revoked = backend();
    revoked["revoked_at"] = json!("2026-11-02T00:00:00Z");
    test.memory.set_secret(ARN, keys(&[revoked]).to_string());
    tokio::time::advance(Duration::from_secs(MINUTE)).await;
    assert_eq!(test.order("backend", OLD, "msg_2").await, refused(401, "signature_invalid"));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_lets_both_secrets_in_until_the_old_one_is_removed() {
    let test = GuardFixture::new(&keys(&[backend()]));
    let codes = async |id: &str| {
        [test.order("backend", OLD, id).await.0, test.order("backend", NEW, id).await.0]
    };
    assert_eq!(codes("msg_1").await, [200, 401]);
    for (secrets, expected) in [(vec![NEW, OLD], [200, 200]), (vec![NEW], [401, 200])] {
        let rotated = entry("backend", &["orders", "customers"], &secrets);
        test.memory.set_secret(ARN, keys(&[rotated]).to_string());
        tokio::time::advance(Duration::from_secs(MINUTE)).await;
        assert_eq!(codes("msg_2").await, expected, "{secrets:?}");
    }
}

#[tokio::test]
async fn a_key_reaches_only_the_routes_of_its_scopes() {
    let orders = entry("orders", &["orders"], &[NEW]);
    let test = GuardFixture::new(&keys(&[backend(), orders]));
    assert_eq!(test.order("orders", NEW, "msg_1").await.0, 200);
    assert_eq!(test.change("orders", NEW, "msg_2").await, refused(403, "scope_missing"));
    assert_eq!(test.change("orders", OLD, "msg_3").await, refused(401, "signature_invalid"));
}

#[tokio::test]
async fn the_last_use_of_a_key_is_written_once_an_hour() {
    let test = GuardFixture::new(&keys(&[backend()]));
    assert_eq!(test.last_use("backend").await, None);
    for (minutes, known) in [(0, 0), (10, 0), (59, 0), (60, 60), (119, 60), (121, 121)] {
        let at = |minutes: i64| noon() + jiff::SignedDuration::from_mins(minutes);
        simulated::set_now(Some(at(minutes)));
        assert_eq!(test.order("backend", OLD, "msg_1").await.0, 200);
        assert_eq!(test.last_use("backend").await, Some(at(known)), "{minutes}");
    }
    assert_eq!(test.order("backend", NEW, "msg_2").await.0, 401);
    assert_eq!(test.store.key_uses().await.unwrap().len(), 1, "a wrong signature is no use");
}

#[tokio::test]
async fn only_a_signed_request_of_bounded_size_reaches_a_handler() {
    let test = GuardFixture::new(&keys(&[backend()]));
    let unsigned = Request::put("/v1/changes").body(Body::from("{}")).unwrap();
    assert_eq!(test.send(unsigned).await, refused(401, "signature_missing"));
    let mut large = signed("PUT", "/v1/changes", "backend", OLD, "msg_1");
    *large.body_mut() = Body::from(vec![b' '; http_edge::MAX_BODY + 1]);
    assert_eq!(test.send(large).await, refused(413, "payload_too_large"));
    let unguarded = signed("GET", "/v1/open", "backend", OLD, "msg_2");
    assert_eq!(test.send(unguarded).await, refused(401, "signature_missing"));
    let unknown = Request::get("/v1/unknown").body(Body::empty()).unwrap();
    assert_eq!(test.send(unknown).await, refused(404, "route_unknown"));
    let other_method = Request::delete("/v1/changes").body(Body::empty()).unwrap();
    assert_eq!(test.send(other_method).await, refused(405, "method_not_allowed"));
}
