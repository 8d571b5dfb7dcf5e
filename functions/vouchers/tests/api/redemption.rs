//! Tests of checkout with one voucher: quote, hold and redeem. It is redeemed once, on one order, and
//! by the checkout that holds it.

use domain::{campaign::basket::Basket, voucher::order_event::OrderChange};
use serde_json::json;
use testkit::builders::{add_milliseconds, basket, noon};

use crate::fixture::{REDEEM_WITHIN, SECOND, VouchersFixture, signed_as};

#[tokio::test]
async fn a_checkout_quotes_holds_and_redeems_and_the_discount_is_the_offers() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    let five_euro = json!({"amount": 500, "currency": "EUR"});
    let quote = stage.quote("c-1", &basket(2_000)).await;
    let quoted = &quote["vouchers"][0];
    assert_eq!((&quoted["applicable"], &quoted["hint"]), (&json!(true), &json!(null)));
    let applied = json!({
        "voucher_id": path.voucher, "discount": five_euro, "delivery_fee": 0,
        "lines": [{"id": "l-1", "amount": 500}],
    });
    assert_eq!(quoted["applied"], applied);
    let best = json!({"vouchers": [applied], "discount": five_euro, "exhaustive": true});
    assert_eq!(quote["best"], best);
    let held = stage.hold(&path, "checkout-1", 60).await.ok();
    assert_eq!((&held["discount"], &held["vouchers"][0]), (&five_euro, &applied));
    assert_eq!(held["held_until"], add_milliseconds(noon(), 60 * SECOND).to_string());
    let redeemed = stage.redeem_with(&path, "o-1", "checkout-1").await.ok();
    assert_eq!((&redeemed["discount"], &redeemed["repeat"]), (&five_euro, &json!(false)));
}

#[tokio::test]
async fn the_same_order_gets_the_same_answer_and_another_order_is_refused() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    let first = stage.redeem(&path, "o-1").await.ok();
    stage.set_time(SECOND);
    let mut repeat = stage.redeem(&path, "o-1").await.ok();
    assert_eq!(repeat["repeat"], true);
    repeat["repeat"] = json!(false);
    assert_eq!(repeat, first);
    stage.redeem(&path, "o-2").await.refused();
}

#[tokio::test]
async fn a_repeat_is_decided_on_what_is_stored_now_and_a_first_redemption_costs_no_second_read() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    let reads = async || {
        let before = stage.batch_reads();
        let repeat = stage.redeem(&path, "o-1").await.ok()["repeat"].clone();
        (repeat, stage.batch_reads() - before)
    };
    assert_eq!(reads().await, (json!(false), 1));
    // The first read may be one of a replica that has not seen the order's cancellation.
    assert_eq!(reads().await, (json!(true), 2));
}

#[tokio::test]
async fn a_request_id_that_is_used_again_tells_nothing_of_the_basket() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    let key = "one-for-the-order";
    let redeem = async |basket: Basket| {
        let body = json!({"order_id": "o-1", "vouchers": [path.voucher], "basket": basket});
        let request = signed_as(key, "POST", &path.checkout("redeem"), body.to_string());
        stage.send(request).await
    };
    assert_eq!(redeem(basket(2_000)).await.ok()["repeat"], false);
    assert_eq!(redeem(basket(2_000)).await.ok()["repeat"], true);
    let other = redeem(basket(300)).await;
    assert_eq!((other.status, &other.body["code"]), (409, &json!("order_conflict")));
}

#[tokio::test]
async fn of_two_orders_at_once_one_redeems() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    let (one, other) = futures::join!(stage.redeem(&path, "o-1"), stage.redeem(&path, "o-2"));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn a_redemption_whose_answer_was_lost_is_not_made_twice() {
    let stage = VouchersFixture::new(json!({"caps": {"redeemed": eur(2_000)}})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.lose_next_answer();
    assert_eq!(stage.redeem(&path, "o-1").await.ok()["discount"], eur(500));
    assert_eq!(stage.redeem(&path, "o-1").await.ok()["repeat"], true);
    assert_eq!(stage.redeemed_remaining().await, 1_500);
}

#[tokio::test]
async fn an_offer_that_was_not_accepted_cannot_be_redeemed() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue("c-1").await;
    stage.hold(&path, "checkout-1", 60).await.refused();
    stage.redeem(&path, "o-1").await.refused();
}

#[tokio::test]
async fn a_voucher_can_be_redeemed_until_it_expires_and_not_at_that_moment() {
    let stage = VouchersFixture::new(json!({})).await;
    let (early, late) = (stage.issue_accepted("c-1").await, stage.issue_accepted("c-2").await);
    stage.set_time(REDEEM_WITHIN - 1);
    stage.redeem(&early, "o-1").await.ok();
    stage.set_time(REDEEM_WITHIN);
    stage.redeem(&late, "o-2").await.refused();
    assert_eq!(stage.quote("c-2", &basket(2_000)).await["vouchers"], json!([]));
    assert_eq!(stage.redeem(&early, "o-1").await.ok()["repeat"], true, "the repeat is answered");
}

#[tokio::test]
async fn a_held_voucher_is_for_its_checkout_until_the_hold_ends_or_is_released() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.hold(&path, "checkout-1", 60).await.ok();
    stage.hold(&path, "checkout-2", 60).await.refused();
    stage.redeem(&path, "o-2").await.refused();
    stage.redeem_with(&path, "o-2", "checkout-2").await.refused();
    stage.release(&path, "checkout-2").await.refused();
    assert_eq!(stage.release(&path, "checkout-1").await.ok()["vouchers"][0]["released"], true);
    assert_eq!(stage.release(&path, "checkout-1").await.ok()["vouchers"][0]["released"], false);

    stage.hold(&path, "checkout-2", 60).await.ok();
    stage.set_time(60 * SECOND);
    stage.redeem(&path, "o-1").await.ok();
}

#[tokio::test]
async fn a_basket_below_the_minimum_gets_no_discount_and_the_caller_learns_what_is_missing() {
    let stage = VouchersFixture::new(json!({"offer": {"minimum_basket": eur(2_320)}})).await;
    let path = stage.issue_accepted("c-1").await;
    let quote = stage.quote("c-1", &basket(2_000)).await;
    let quoted = &quote["vouchers"][0];
    assert_eq!((&quoted["applicable"], &quoted["applied"]), (&json!(false), &json!(null)));
    assert_eq!((&quoted["hint"], &quoted["missing"]), (&json!("basket_below_minimum"), &eur(320)));
    assert_eq!(quote["best"]["vouchers"], json!([]));
    let refused = stage.redeem(&path, "o-1").await;
    assert_eq!(refused.body["errors"][0]["code"], "basket_below_minimum");
    refused.refused();
}

#[tokio::test]
async fn the_cap_on_redeemed_amounts_is_never_exceeded_and_a_cancelled_order_gives_back() {
    let stage = VouchersFixture::new(json!({"caps": {"redeemed": eur(900)}})).await;
    let (first, second) = (stage.issue_accepted("c-1").await, stage.issue_accepted("c-2").await);
    stage.redeem(&first, "o-1").await.ok();
    assert_eq!(stage.redeemed_remaining().await, 400);
    let quote = stage.quote("c-2", &basket(2_000)).await;
    let quoted = (&quote["vouchers"][0]["applicable"], &quote["vouchers"][0]["hint"]);
    assert_eq!(quoted, (&json!(false), &json!("redeemed_cap_reached")));
    assert_eq!(quote["best"]["vouchers"], json!([]));
    stage.redeem(&second, "o-2").await.refused();
    assert_eq!(stage.redeemed_remaining().await, 400);

    stage.report("c-1", "o-1", "e-1", OrderChange::Cancelled).await;
    assert_eq!(stage.redeemed_remaining().await, 900);
    stage.set_time(3 * SECOND);
    assert_eq!(stage.quote("c-2", &basket(2_000)).await["vouchers"][0]["applicable"], true);
    stage.redeem(&second, "o-2").await.ok();
}

#[tokio::test]
async fn a_quote_knows_what_its_own_hold_keeps_of_the_cap() {
    let stage = VouchersFixture::new(json!({"caps": {"redeemed": eur(500)}})).await;
    let (own, other) = (stage.issue_accepted("c-1").await, stage.issue_accepted("c-2").await);
    stage.hold(&own, "checkout-1", 60).await.ok();
    let quote = json!({"basket": basket(2_000), "hold_key": "checkout-1"});
    let held = stage.checkout(&own.customer, "quote", &quote).await.ok();
    assert_eq!(held["vouchers"][0]["applicable"], true);
    let quote = stage.quote(&other.customer, &basket(2_000)).await;
    assert_eq!(quote["vouchers"][0]["hint"], "redeemed_cap_reached");
}

fn eur(amount: i64) -> serde_json::Value {
    json!({"amount": amount, "currency": "EUR"})
}
