//! Checks what a repeated request of a checkout does: a hold and a release are refused the second
//! time, the other actions recognise the repeat. Bodies with a key that occurs twice are refused.

use axum::{body::Body, http::Request};
use domain::voucher::order_event::OrderChange;
use serde_json::{Value, json};
use testkit::builders::basket;

use crate::fixture::{SECOND, VoucherPath, VouchersFixture, signed_request};

#[tokio::test]
async fn a_hold_sent_again_after_its_release_holds_nothing() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    let captured = stage.capture_checkout(&path, "hold", &hold_of(&path));
    stage.send(captured()).await.ok();
    let release = stage.capture_checkout(&path, "release", &release_of(&path));
    stage.send(release()).await.ok();
    stage.set_time(100 * SECOND);
    let again = stage.send(captured()).await;
    assert_eq!((again.status, &again.body["code"]), (409, &json!("signature_used")));
    stage.redeem(&path, "o-1").await.ok();
}

#[tokio::test]
async fn a_release_sent_again_does_not_end_the_hold_that_was_renewed() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.hold(&path, "k-1", 600).await.ok();
    let release = stage.capture_checkout(&path, "release", &release_of(&path));
    stage.send(release()).await.ok();
    stage.hold(&path, "k-1", 600).await.ok();
    let again = stage.send(release()).await;
    assert_eq!((again.status, &again.body["code"]), (409, &json!("signature_used")));
    stage.redeem(&path, "o-1").await.refused();
    stage.redeem_with(&path, "o-1", "k-1").await.ok();
}

#[tokio::test]
async fn acceptance_and_redemption_sent_again_are_recognised() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue("c-1").await;
    let accept = stage.capture(&path, "accept", &json!({}));
    let first = stage.send(accept()).await.ok();
    assert_eq!(stage.send(accept()).await.ok(), first);
    let redeem = json!({"order_id": "o-1", "vouchers": [path.voucher], "basket": basket(2_000)});
    let redeem = stage.capture_checkout(&path, "redeem", &redeem);
    assert_eq!(stage.send(redeem()).await.ok()["repeat"], false);
    assert_eq!(stage.send(redeem()).await.ok()["repeat"], true);
    stage.report("c-1", "o-1", "e-1", OrderChange::Cancelled).await;
    let after_the_cancellation = stage.send(redeem()).await;
    let code = &after_the_cancellation.body["code"];
    assert_eq!((after_the_cancellation.status, code), (409, &json!("signature_used")));
    assert_eq!(stage.redeem(&path, "o-1").await.ok()["repeat"], false, "it is paid again");
}

fn hold_of(path: &VoucherPath) -> Value {
    json!({
        "hold_key": "k-1", "ttl_seconds": 600, "vouchers": [path.voucher], "basket": basket(2_000),
    })
}

fn release_of(path: &VoucherPath) -> Value {
    json!({"hold_key": "k-1", "vouchers": [path.voucher]})
}

#[tokio::test]
async fn a_signature_for_one_voucher_is_none_for_another() {
    let stage = VouchersFixture::new(json!({})).await;
    let (path, other) = (stage.issue("c-1").await, stage.issue("c-2").await);
    let (parts, _) = stage.capture(&path, "accept", &json!({}))().into_parts();
    let mut moved = Request::from_parts(parts, Body::from("{}"));
    let target = stage.capture(&other, "accept", &json!({}))();
    moved.uri_mut().clone_from(target.uri());
    let refused = stage.send(moved).await;
    assert_eq!((refused.status, &refused.body["code"]), (401, &json!("signature_invalid")));
}

#[tokio::test]
async fn a_key_that_occurs_twice_is_refused() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    let checkout = |action: &str| path.checkout(action);
    for (action, body, field) in [
        (path.action("accept"), r#"{"a": 1, "a": 2}"#, "/a"),
        (
            path.action("reverse"),
            r#"{"event_id": "e", "order_id": "1", "order_id": "2"}"#,
            "/order_id",
        ),
        (
            checkout("redeem"),
            r#"{"order_id": "o", "basket": {"lines": [], "lines": []}}"#,
            "/basket/lines",
        ),
        (checkout("quote"), r#"{"basket": {}, "basket": {}}"#, "/basket"),
        (checkout("hold"), r#"{"hold_key": "a", "hold_key": "b"}"#, "/hold_key"),
    ] {
        let request = signed_request("POST", &action, body.to_owned());
        let answer = stage.send(request).await;
        assert_eq!(answer.status, 422, "{action}: {}", answer.body);
        let error = &answer.body["errors"][0];
        let told = (&error["field"], &error["code"]);
        assert_eq!(told, (&json!(field), &json!("duplicate_key")), "{action}");
    }
}
