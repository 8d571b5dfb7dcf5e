//! Tests the app backend's signatures: missing, wrong, stale, empty, of another body. No handler
//! behind them is reached.

use base64::Engine as _;
use http_api::webhook;
use jiff::{SignedDuration, Timestamp};
use system_tests::{Answer, Request, Scenario, all};

use crate::{Held, check_problem, routes};

/// A customer that would be created if the signature were good.
struct Door {
    test: Scenario,
    path: String,
    body: String,
}

impl Door {
    async fn new() -> Self {
        let test = Scenario::begin().await;
        let customer = test.customer(0);
        let path = format!("/v1/customers/{}", customer.id);
        Self { test, path, body: customer.body.to_string() }
    }
    fn signed(&self) -> Request {
        self.test.app.request("PUT", &self.path, &self.body)
    }
    fn signed_at(&self, seconds: i64) -> Request {
        let at = Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self.test.app.request_at("PUT", &self.path, &self.body, at)
    }
    /// Checks that nothing was stored, then that the same request with a good signature is
    /// accepted.
    async fn check_closed(&self) {
        assert!(Held::by(&self.test).await.is_empty());
        self.signed().send().await.expect(201);
    }
}

fn header(request: &Request, name: &str) -> String {
    request.headers.iter().find(|(there, _)| there == name).unwrap().1.clone()
}

#[track_caller]
fn check(answer: Answer, code: &str) {
    let answer = check_problem(answer, 401, code);
    assert!(answer.json["errors"].is_null(), "{}", answer.text);
}

#[tokio::test]
async fn without_a_signature_no_signed_route_does_anything() {
    let test = Scenario::begin().await;
    let customer = test.customer(0);
    test.put(std::slice::from_ref(&customer)).await;
    let before = Held::by(&test).await;
    let signed = routes(&test.stack, "cmp_x", &customer.id)
        .await
        .into_iter()
        .filter(|route| route.security == "webhookSignature");
    let signed: Vec<_> = signed.collect();
    assert!(signed.len() >= 16, "{} signed routes", signed.len());
    let body = |method: &str| if method == "GET" || method == "DELETE" { "" } else { "{}" };
    all(
        8,
        signed.iter().map(|route| async {
            let plain = test.app.unsigned(&route.method, &route.path, body(&route.method)).send().await;
            check(plain, "signature_missing");
            let request = test.app.request(&route.method, &route.path, body(&route.method));
            check(request.header(webhook::SIGNATURE, "v1,").send().await, "signature_invalid");
        }),
    )
    .await;
    assert_eq!(Held::by(&test).await, before);
}

#[tokio::test]
async fn each_header_is_needed_and_an_empty_one_is_none() {
    let door = Door::new().await;
    for name in [webhook::ID, webhook::TIMESTAMP, webhook::SIGNATURE] {
        check(door.signed().without_header(name).send().await, "signature_missing");
        check(door.signed().header(name, "").send().await, "signature_missing");
    }
    door.check_closed().await;
}

#[tokio::test]
async fn a_signature_that_does_not_fit_is_refused_whatever_it_looks_like() {
    let door = Door::new().await;
    let good = header(&door.signed(), webhook::SIGNATURE);
    let zeros = base64::engine::general_purpose::STANDARD.encode([0u8; 32]);
    let other_key = webhook::sign(b"another key of some thirty bytes", "msg_1", Timestamp::now(), door.body.as_bytes());
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
        check(door.signed().header(webhook::SIGNATURE, &signature).send().await, "signature_invalid");
    }
    for version in ["v2,", "v1a,", ""] {
        let request = door.signed();
        let own = header(&request, webhook::SIGNATURE);
        check(request.header(webhook::SIGNATURE, &own.replace("v1,", version)).send().await, "signature_invalid");
    }
    door.check_closed().await;
}

#[tokio::test]
async fn id_and_time_are_signed_too() {
    let door = Door::new().await;
    check(door.signed().header(webhook::ID, "msg_another").send().await, "signature_invalid");
    let request = door.signed();
    let seconds: i64 = header(&request, webhook::TIMESTAMP).parse().unwrap();
    check(request.header(webhook::TIMESTAMP, &(seconds + 1).to_string()).send().await, "signature_invalid");
    door.check_closed().await;
}

#[tokio::test]
async fn one_changed_byte_of_the_body_breaks_the_signature() {
    let door = Door::new().await;
    let length = door.body.len();
    let changed = (0..length).step_by(3).map(|index| {
        let mut request = door.signed();
        request.body[index] ^= 1;
        request.send()
    });
    for answer in all(8, changed).await {
        check(answer, "signature_invalid");
    }
    let longer = door.signed().body(format!("{} ", door.body));
    let shorter = door.signed().body(&door.body[..length - 1]);
    let none = door.signed().body("");
    for request in [longer, shorter, none] {
        check(request.send().await, "signature_invalid");
    }
    let added = door.test.app.request("GET", &door.path, "").body("{}");
    check(added.send().await, "signature_invalid");
    door.check_closed().await;
}

#[tokio::test]
async fn a_request_from_another_time_is_refused() {
    let door = Door::new().await;
    for seconds in [-86_400, -310, 310, 86_400] {
        check(door.signed_at(seconds).send().await, "signature_stale");
    }
    for nonsense in ["soon", "1e9", "99999999999999999999", "-1"] {
        check(door.signed().header(webhook::TIMESTAMP, nonsense).send().await, "signature_stale");
    }
    assert!(Held::by(&door.test).await.is_empty());
    door.signed_at(-270).send().await.expect(201);
    door.signed_at(270).send().await.expect(200);
}

#[tokio::test]
async fn of_several_signatures_one_that_fits_is_enough() {
    let door = Door::new().await;
    let request = door.signed();
    let own = header(&request, webhook::SIGNATURE);
    let wrong = webhook::sign(b"the key before the rotation", "msg_1", Timestamp::now(), b"");
    request.header(webhook::SIGNATURE, &format!("{wrong} v2,abc {own}")).send().await.expect(201);
}

#[tokio::test]
async fn a_body_larger_than_any_of_ours_is_refused_before_its_signature_is_looked_at() {
    let door = Door::new().await;
    let large = format!("{{\"profile\": {{\"first_name\": \"{}\"}}}}", "a".repeat(300 * 1024));
    let signed = door.test.app.request("PUT", &door.path, &large);
    check_problem(signed.send().await, 413, "payload_too_large");
    let unsigned = door.test.app.unsigned("PUT", &door.path, &large);
    check(unsigned.send().await, "signature_missing");
    door.check_closed().await;
}
