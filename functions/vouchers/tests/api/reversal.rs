//! Tests of what an order tells its vouchers: a cancellation gives them back or uses them up, a refund
//! takes back a share of the discount, and no event counts twice. Support takes one off by hand.

use std::collections::BTreeMap;

use domain::{
    campaign::basket::Basket,
    kernel::{
        id::{LineId, OrderId},
        money::MinorUnits,
    },
    voucher::{
        order_event::{OrderChange, OrderRefusal, Refund},
        record::VoucherStatus,
    },
};
use serde_json::json;
use store::voucher::order_events::OrderOutcome;
use testkit::builders::{basket, minor};

use crate::fixture::{REDEEM_WITHIN, VoucherPath, VouchersFixture, euros};

/// The order of every test: 20.00 EUR less 5.00 EUR.
const ORDER: &str = "o-1";

fn refund(line: i64, amount: i64) -> OrderChange {
    OrderChange::Refunded(Refund {
        currency: euros(),
        lines: BTreeMap::from([(LineId::parse("l-1").unwrap(), minor(line))]),
        delivery_fee: MinorUnits::ZERO,
        amount: minor(amount),
    })
}

async fn redeemed(stage: &VouchersFixture) -> VoucherPath {
    let path = stage.issue_accepted("c-1").await;
    stage.redeem(&path, ORDER).await.ok();
    path
}

async fn placed(stage: &VouchersFixture) -> VoucherPath {
    let path = redeemed(stage).await;
    let placed = OrderChange::Placed { basket: basket(2_000) };
    assert!(is_first(&stage.report("c-1", ORDER, "placed", placed).await));
    path
}

fn is_first(outcome: &OrderOutcome) -> bool {
    matches!(outcome, OrderOutcome::First(_))
}
fn is_repeat(outcome: &OrderOutcome) -> bool {
    matches!(outcome, OrderOutcome::Repeat(_))
}

/// Returns the part of the discount that was taken back, and the status.
async fn returned(stage: &VouchersFixture, path: &VoucherPath) -> (i64, VoucherStatus) {
    let voucher = stage.stored(path).await;
    (voucher.redemption.unwrap().returned.units(), voucher.status)
}

#[tokio::test]
async fn a_cancelled_order_gives_the_voucher_back_and_its_repeat_does_not_undo_the_next_payment() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = redeemed(&stage).await;
    let cancel = || stage.report("c-1", ORDER, "e-1", OrderChange::Cancelled);
    assert!(is_first(&cancel().await));
    assert_eq!(returned(&stage, &path).await, (500, VoucherStatus::Accepted));
    assert!(is_repeat(&cancel().await));

    let again = stage.redeem(&path, ORDER).await.ok();
    assert_eq!(again["repeat"], false, "the order is paid again");
    assert!(is_repeat(&cancel().await));
    assert_eq!(returned(&stage, &path).await, (0, VoucherStatus::Redeemed));
    stage.redeem(&path, "o-2").await.refused();
}

#[tokio::test]
async fn a_repeated_cancellation_is_a_repeat_after_the_voucher_was_used_elsewhere() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = redeemed(&stage).await;
    assert!(is_first(&stage.report("c-1", ORDER, "e-1", OrderChange::Cancelled).await));
    stage.redeem(&path, "o-2").await.ok();
    assert!(is_repeat(&stage.report("c-1", ORDER, "e-1", OrderChange::Cancelled).await));
    assert_eq!(stage.stored(&path).await.redemption.unwrap().order.as_str(), "o-2");
}

#[tokio::test]
async fn a_voucher_given_back_after_its_end_cannot_be_used() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = redeemed(&stage).await;
    stage.set_time(REDEEM_WITHIN);
    assert!(is_first(&stage.report("c-1", ORDER, "e-1", OrderChange::Cancelled).await));
    stage.redeem(&path, "o-2").await.refused();
}

#[tokio::test]
async fn where_the_campaign_says_so_a_cancelled_order_uses_the_voucher_up() {
    let stage = VouchersFixture::new(json!({"reversal": {"on_cancel": "burn"}})).await;
    let path = redeemed(&stage).await;
    assert!(is_first(&stage.report("c-1", ORDER, "e-1", OrderChange::Cancelled).await));
    assert_eq!(returned(&stage, &path).await, (500, VoucherStatus::Reversed));
    stage.redeem(&path, "o-2").await.refused();
}

#[tokio::test]
async fn a_refund_takes_back_its_share_once_and_its_id_with_another_amount_is_refused() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = placed(&stage).await;
    assert!(is_first(&stage.report("c-1", ORDER, "e-1", refund(0, 750)).await));
    assert!(is_repeat(&stage.report("c-1", ORDER, "e-1", refund(0, 750)).await));
    assert_eq!(returned(&stage, &path).await, (250, VoucherStatus::Redeemed));
    let reused = OrderOutcome::Refused(OrderRefusal::EventReused);
    assert_eq!(stage.report("c-1", ORDER, "e-1", refund(0, 751)).await, reused);
    let more = stage.report("c-1", ORDER, "e-2", refund(0, 751)).await;
    assert!(matches!(more, OrderOutcome::Refused(OrderRefusal::Returns(_))), "{more:?}");
    assert!(is_first(&stage.report("c-1", ORDER, "e-3", refund(0, 750)).await));
    assert_eq!(returned(&stage, &path).await, (500, VoucherStatus::Accepted), "all is paid back");
}

#[tokio::test]
async fn as_many_refunds_as_an_order_has_lines_come_to_the_same_as_one() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = placed(&stage).await;
    for number in 0..200 {
        let refund = refund(7, 0);
        assert!(is_first(&stage.report("c-1", ORDER, &format!("e-{number}"), refund).await));
    }
    assert_eq!(returned(&stage, &path).await, (350, VoucherStatus::Redeemed));
}

#[tokio::test]
async fn a_refund_under_the_minimum_frees_the_voucher_and_the_next_refund_counts() {
    let minimum = json!({"amount": 1_500, "currency": "EUR"});
    let stage = VouchersFixture::new(json!({"offer": {"minimum_basket": minimum}})).await;
    let path = placed(&stage).await;
    assert!(is_first(&stage.report("c-1", ORDER, "e-1", refund(400, 0)).await));
    assert_eq!(returned(&stage, &path).await, (100, VoucherStatus::Redeemed));
    assert!(is_first(&stage.report("c-1", ORDER, "e-2", refund(101, 0)).await));
    assert_eq!(returned(&stage, &path).await, (500, VoucherStatus::Accepted));
    let OrderOutcome::First(next) = stage.report("c-1", ORDER, "e-3", refund(499, 0)).await else {
        panic!("it is recorded");
    };
    assert_eq!(next.activity.spend.units(), 750);
}

#[tokio::test]
async fn an_edit_keeps_the_voucher_of_a_first_order() {
    let stage = VouchersFixture::new(json!({"offer": {"first_order_only": true}})).await;
    let path = stage.issue_accepted("c-1").await;
    let first = Basket { first_order: true, ..basket(2_000) };
    stage.redeem_set(&[&path], ORDER, &first).await.ok();
    let placed = OrderChange::Placed { basket: basket(2_000) };
    assert!(is_first(&stage.report("c-1", ORDER, "placed", placed).await));
    let edited = OrderChange::Edited { basket: basket(1_900) };
    assert!(is_first(&stage.report("c-1", ORDER, "e-1", edited).await));
    assert_eq!(returned(&stage, &path).await, (0, VoucherStatus::Redeemed));
}

#[tokio::test]
async fn an_order_that_the_voucher_paid_is_given_back_in_proportion() {
    let forty = json!({"fixed_amount": {"amount": {"amount": 4_000, "currency": "EUR"}}});
    let stage = VouchersFixture::new(json!({"offer": {"benefit": forty}})).await;
    let path = placed(&stage).await;
    let nothing = stage.report("c-1", ORDER, "e-1", refund(0, 0)).await;
    assert_eq!(nothing, OrderOutcome::Refused(OrderRefusal::NothingRefunded));
    assert!(is_first(&stage.report("c-1", ORDER, "e-2", refund(500, 0)).await));
    assert_eq!(returned(&stage, &path).await, (500, VoucherStatus::Redeemed));
    assert!(is_first(&stage.report("c-1", ORDER, "e-3", refund(1_500, 0)).await));
    assert_eq!(returned(&stage, &path).await, (2_000, VoucherStatus::Accepted));
}

#[tokio::test]
async fn an_edited_order_keeps_the_offers_rule_and_the_sums_follow() {
    let cap = json!({"amount": 1_000, "currency": "EUR"});
    let percent = json!({"fixed_amount": null, "percent": {"percent": 10, "cap": cap}});
    let stage = VouchersFixture::new(json!({"offer": {"benefit": percent}})).await;
    let path = placed(&stage).await;
    let edited = OrderChange::Edited { basket: basket(3_000) };
    let OrderOutcome::First(edited) = stage.report("c-1", ORDER, "e-1", edited).await else {
        panic!("it is recorded");
    };
    assert_eq!(edited.activity.spend.units(), 2_700);
    let redemption = stage.stored(&path).await.redemption.unwrap();
    assert_eq!((redemption.discount, redemption.revenue), (minor(300), minor(2_700)));
}

#[tokio::test]
async fn support_takes_a_voucher_off_an_order_with_a_reason_once() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = placed(&stage).await;
    for repeat in [false, true] {
        let reversed = stage.reverse(&path, ORDER, "support-1").await.ok();
        assert_eq!(
            (&reversed["repeat"], &reversed["returned"]["amount"]),
            (&json!(repeat), &json!(500))
        );
    }
    let order = stage.store.ledger_order(&OrderId::parse(ORDER).unwrap()).await.unwrap().unwrap();
    let reason = order.order.discounted.vouchers[0].reversed_because.as_deref();
    assert_eq!(reason, Some("charged twice"));
    stage.reverse(&path, ORDER, "support-2").await.refused();
    stage.redeem(&path, "o-2").await.ok();
    stage.reverse(&path, "o-3", "support-3").await.refused();
}

#[tokio::test]
async fn what_was_not_redeemed_or_placed_is_not_given_back() {
    let stage = VouchersFixture::new(json!({})).await;
    stage.issue_accepted("c-1").await;
    let not_placed = OrderOutcome::Refused(OrderRefusal::NotPlaced);
    assert_eq!(stage.report("c-1", ORDER, "e-1", OrderChange::Cancelled).await, not_placed);
    assert_eq!(stage.report("c-1", ORDER, "e-1", refund(100, 0)).await, not_placed);
}
