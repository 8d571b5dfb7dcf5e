//! Tests the app backend's signatures: missing, wrong, stale, empty, of another body. No handler
//! behind them is reached.

use base64::Engine as _;
use http_edge::{signed_request::KEY_ID, webhook};
use jiff::{SignedDuration, Timestamp};
use system_tests::{ApiAnswer, ApiRequest, TestScenario, run_all};

use super::{StoredState, check_problem, documented_routes};

/// A customer that would be created if the signature were good.
struct SignatureFixture {
    test: TestScenario,
    path: String,
    body: String,
}

impl SignatureFixture {
    async fn new() -> Self {
        let test = TestScenario::begin().await;
        let customer = test.customer(0);
        let path = format!("/v1/customers/{}", customer.id);
        Self { test, path, body: customer.body.to_string() }
    }
    fn signed_request(&self) -> ApiRequest {
        self.test.app.request("PUT", &self.path, &self.body)
    }
    fn request_signed_at(&self, seconds: i64) -> ApiRequest {
        let at = Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self.test.app.request_at("PUT", &self.path, &self.body, at)
    }
    /// Checks that nothing was stored, then that the same request with a good signature is
    /// accepted.
    async fn check_closed(&self) {
        assert!(StoredState::read(&self.test).await.is_empty());
        self.signed_request().send().await.expect_status(201);
    }
}

fn header_value(request: &ApiRequest, name: &str) -> String {
    request.headers.iter().find(|(there, _)| there == name).unwrap().1.clone()
}

#[track_caller]
fn check_refused(answer: ApiAnswer, code: &str) {
    let answer = check_problem(answer, 401, code);
    assert!(answer.json["errors"].is_null(), "{}", answer.text);
}

#[tokio::test]
async fn without_a_signature_no_signed_route_does_anything() {
    let test = TestScenario::begin().await;
    let customer = test.customer(0);
    test.put_customers(std::slice::from_ref(&customer)).await;
    let before = StoredState::read(&test).await;
    let signed = documented_routes(&test.stack, "cmp_x", &customer.id)
        .await
        .into_iter()
        .filter(|route| route.security == "webhookSignature");
    let signed: Vec<_> = signed.collect();
    assert!(signed.len() >= 16, "{} signed routes", signed.len());
    let body = |method: &str| {
        if method == "GET" || method == "DELETE" { "" } else { "{}" }
    };
    run_all(
        8,
        signed.iter().map(|route| async {
            let plain =
                test.app.unsigned(&route.method, &route.path, body(&route.method)).send().await;
            check_refused(plain, "signature_missing");
            let request = test.app.request(&route.method, &route.path, body(&route.method));
            check_refused(
                request.header(webhook::SIGNATURE, "v1,").send().await,
                "signature_invalid",
            );
        }),
    )
    .await;
    assert_eq!(StoredState::read(&test).await, before);
}

#[tokio::test]
async fn each_header_is_needed_and_an_empty_one_is_none() {
    let door = SignatureFixture::new().await;
    for name in [KEY_ID, webhook::ID, webhook::TIMESTAMP, webhook::SIGNATURE] {
        check_refused(door.signed_request().without_header(name).send().await, "signature_missing");
        check_refused(door.signed_request().header(name, "").send().await, "signature_missing");
    }
    door.check_closed().await;
}

#[tokio::test]
async fn a_signature_that_does_not_fit_is_refused_whatever_it_looks_like() {
    let door = SignatureFixture::new().await;
    let good = header_value(&door.signed_request(), webhook::SIGNATURE);
    let zeros = base64::engine::general_purpose::STANDARD.encode([0u8; 32]);
    let other_key = webhook::sign_message(
        b"another key of some thirty bytes",
        "msg_1",
        Timestamp::now(),
        door.body.as_bytes(),
    );
    let signatures = [
        "v1,".to_owned(),
        "v1, v1, v1,".to_owned(),
        "v1".to_owned(),
        ",".to_owned(),
        "v1,not base64!".to_owned(),
        "v1,AA==".to_owned(),
        format!("v1,{zeros}"),
        other_key,
        // a valid signature, but of another message
        good,
    ];
    for signature in signatures {
        check_refused(
            door.signed_request().header(webhook::SIGNATURE, &signature).send().await,
            "signature_invalid",
        );
    }
    for version in ["v2,", "v1a,", ""] {
        let request = door.signed_request();
        let own = header_value(&request, webhook::SIGNATURE);
        check_refused(
            request.header(webhook::SIGNATURE, &own.replace("v1,", version)).send().await,
            "signature_invalid",
        );
    }
    door.check_closed().await;
}

#[tokio::test]
async fn id_and_time_are_signed_too() {
    let door = SignatureFixture::new().await;
    check_refused(
        door.signed_request().header(webhook::ID, "msg_another").send().await,
        "signature_invalid",
    );
    let request = door.signed_request();
    let seconds: i64 = header_value(&request, webhook::TIMESTAMP).parse().unwrap();
    check_refused(
        request.header(webhook::TIMESTAMP, &(seconds + 1).to_string()).send().await,
        "signature_invalid",
    );
    door.check_closed().await;
}

#[tokio::test]
async fn method_and_path_are_signed_too() {
    let door = SignatureFixture::new().await;
    door.signed_request().send().await.expect_status(201);
    let other = door.test.customer(1);
    door.test.put_customers(std::slice::from_ref(&other)).await;
    let before = StoredState::read(&door.test).await;
    let read = door.test.app.request("GET", &door.path, "");
    for (method, path) in [
        ("DELETE", format!("/v1/customers/{}", other.id)),
        ("DELETE", door.path.clone()),
        ("GET", format!("/v1/customers/{}", other.id)),
        ("GET", format!("{}?all=true", door.path)),
    ] {
        let mut moved = door.test.app.unsigned(method, &path, "");
        moved.headers.clone_from(&read.headers);
        check_refused(moved.send().await, "signature_invalid");
    }
    assert_eq!(StoredState::read(&door.test).await, before);
}

#[tokio::test]
async fn a_change_is_taken_once_and_a_read_as_often_as_it_comes() {
    let door = SignatureFixture::new().await;
    let put = door.signed_request();
    put.clone().send().await.expect_status(201);
    check_problem(put.send().await, 409, "signature_used");
    let read = door.test.app.request("GET", &door.path, "");
    read.clone().send().await.expect_status(200);
    read.send().await.expect_status(200);
}

#[tokio::test]
async fn one_changed_byte_of_the_body_breaks_the_signature() {
    let door = SignatureFixture::new().await;
    let length = door.body.len();
    let changed = (0..length).step_by(3).map(|index| {
        let mut request = door.signed_request();
        request.body[index] ^= 1;
        request.send()
    });
    for answer in run_all(8, changed).await {
        check_refused(answer, "signature_invalid");
    }
    let longer = door.signed_request().body(format!("{} ", door.body));
    let shorter = door.signed_request().body(&door.body[..length - 1]);
    let none = door.signed_request().body("");
    for request in [longer, shorter, none] {
        check_refused(request.send().await, "signature_invalid");
    }
    let added = door.test.app.request("GET", &door.path, "").body("{}");
    check_refused(added.send().await, "signature_invalid");
    door.check_closed().await;
}

#[tokio::test]
async fn a_request_from_another_time_is_refused() {
    let door = SignatureFixture::new().await;
    for seconds in [-86_400, -310, 310, 86_400] {
        check_refused(door.request_signed_at(seconds).send().await, "signature_stale");
    }
    for nonsense in ["soon", "1e9", "99999999999999999999", "-1"] {
        check_refused(
            door.signed_request().header(webhook::TIMESTAMP, nonsense).send().await,
            "signature_stale",
        );
    }
    assert!(StoredState::read(&door.test).await.is_empty());
    door.request_signed_at(-270).send().await.expect_status(201);
    door.request_signed_at(270).send().await.expect_status(200);
}

#[tokio::test]
async fn of_several_signatures_one_that_fits_is_enough() {
    let door = SignatureFixture::new().await;
    let request = door.signed_request();
    let own = header_value(&request, webhook::SIGNATURE);
    let wrong =
        webhook::sign_message(b"the key before the rotation", "msg_1", Timestamp::now(), b"");
    request
        .header(webhook::SIGNATURE, &format!("{wrong} v2,abc {own}"))
        .send()
        .await
        .expect_status(201);
}

#[tokio::test]
async fn a_body_larger_than_any_of_ours_is_refused_before_its_signature_is_looked_at() {
    let door = SignatureFixture::new().await;
    let large = format!("{{\"profile\": {{\"first_name\": \"{}\"}}}}", "a".repeat(300 * 1024));
    let signed = door.test.app.request("PUT", &door.path, &large);
    check_problem(signed.send().await, 413, "payload_too_large");
    let unsigned = door.test.app.unsigned("PUT", &door.path, &large);
    check_refused(unsigned.send().await, "signature_missing");
    door.check_closed().await;
}
