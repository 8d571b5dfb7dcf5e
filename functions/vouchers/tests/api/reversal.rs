//! Tests of reversals: a cancelled order gives the voucher back or uses it up, a refund takes back a
//! share of the discount, and no event counts twice.

use serde_json::json;

use crate::fixture::{REDEEM_WITHIN, VouchersFixture};

/// The order of every test: 20.00 EUR less 5.00 EUR.
const ORDER: &str = "o-1";
const PAID: i64 = 1_500;

#[tokio::test]
async fn a_cancelled_order_gives_the_voucher_back_once() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.redeem(&path, ORDER).await.ok();
    stage.cancel_order(&path, "o-2").await.refused();
    let first = stage.cancel_order(&path, ORDER).await.ok();
    assert_eq!((&first["status"], &first["repeat"]), (&json!("accepted"), &json!(false)));
    assert_eq!(first["returned"]["amount"], 500);
    assert_eq!(stage.cancel_order(&path, ORDER).await.ok()["repeat"], true);

    stage.redeem(&path, "o-2").await.ok();
    stage.cancel_order(&path, ORDER).await.refused();
}

#[tokio::test]
async fn a_voucher_given_back_after_its_end_cannot_be_used() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.redeem(&path, ORDER).await.ok();
    stage.set_time(REDEEM_WITHIN);
    stage.cancel_order(&path, ORDER).await.ok();
    stage.redeem(&path, "o-2").await.refused();
}

#[tokio::test]
async fn where_the_campaign_says_so_a_cancelled_order_uses_the_voucher_up() {
    let stage = VouchersFixture::new(json!({"reversal": {"on_cancel": "burn"}})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.redeem(&path, ORDER).await.ok();
    assert_eq!(stage.cancel_order(&path, ORDER).await.ok()["status"], "reversed");
    stage.redeem(&path, "o-2").await.refused();
}

#[tokio::test]
async fn a_refund_takes_back_its_share_of_the_discount_once() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.redeem(&path, ORDER).await.ok();
    for repeat in [false, true] {
        let half = stage.refund(&path, ORDER, "r-1", PAID / 2, 1_000).await.ok();
        assert_eq!(
            (&half["status"], &half["returned"]["amount"], &half["repeat"]),
            (&json!("redeemed"), &json!(250), &json!(repeat))
        );
    }
    stage.refund(&path, ORDER, "r-2", PAID, 1_000).await.refused();
    let rest = stage.refund(&path, ORDER, "r-3", PAID / 2, 1_000).await.ok();
    assert_eq!((&rest["status"], &rest["returned"]["amount"]), (&json!("accepted"), &json!(500)));
}

#[tokio::test]
async fn a_refund_that_leaves_less_than_the_minimum_basket_takes_the_whole_discount_back() {
    let minimum = json!({"amount": 1_500, "currency": "EUR"});
    let stage = VouchersFixture::new(json!({"offer": {"minimum_basket": minimum}})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.redeem(&path, ORDER).await.ok();
    let kept = stage.refund(&path, ORDER, "r-1", 300, 1_500).await.ok();
    assert_eq!((&kept["status"], &kept["returned"]["amount"]), (&json!("redeemed"), &json!(100)));
    let below = stage.refund(&path, ORDER, "r-2", 300, 1_499).await.ok();
    assert_eq!(below["returned"]["amount"], 500);
}

#[tokio::test]
async fn what_was_not_redeemed_cannot_be_reversed() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    stage.cancel_order(&path, ORDER).await.refused();
    stage.refund(&path, ORDER, "r-1", 100, 1_900).await.refused();
}
