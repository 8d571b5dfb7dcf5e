//! Tests of checkouts with several vouchers, and of what is around a voucher: the order has one buyer
//! and never gives more than it costs, a hold keeps its promise, and an erased customer has nothing.

use domain::{
    campaign::{basket::Basket, redeeming::RevokeScope},
    kernel::id::{LineId, OrderId},
    voucher::{order_event::OrderChange, record::VoucherStatus},
};
use serde_json::{Value, json};
use testkit::builders::{add_milliseconds, basket, customer_id, minor, noon};

use crate::fixture::{REDEEM_WITHIN, SECOND, VouchersFixture};

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// An offer of a fixed amount that combines with its like.
fn combines(units: i64) -> Value {
    json!({"offer": {
        "benefit": {"fixed_amount": {"amount": eur(units)}},
        "combination": {"group": "a", "with": ["a"]},
    }})
}

#[tokio::test]
async fn two_vouchers_never_take_more_than_the_order_costs_and_share_its_revenue() {
    let mut stage = VouchersFixture::new(combines(1_000)).await;
    stage.allow_vouchers(2).await;
    let second = stage.launch("cmp_2", combines(1_000)).await;
    let one = stage.issue_accepted("c-1").await;
    let other = stage.issue_accepted_of(&second, "c-1").await;
    let mut cart = basket(1_500);
    cart.delivery_fee = minor(200);
    let quote = stage.quote("c-1", &cart).await;
    assert_eq!(quote["best"]["discount"], eur(1_500));
    let redeemed = stage.redeem_set(&[&one, &other], "o-1", &cart).await.ok();
    assert_eq!(redeemed["discount"], eur(1_500));
    let mut revenue = 0;
    for path in [&one, &other] {
        let voucher = stage.stored(path).await;
        assert_eq!(voucher.status, VoucherStatus::Redeemed);
        revenue += voucher.redemption.unwrap().revenue.units();
    }
    assert_eq!(revenue, 200, "the revenue of an order counts once");
    let one_alone = stage.redeem_set(&[&one], "o-1", &cart).await;
    assert_eq!((one_alone.status, &one_alone.body["code"]), (409, &json!("order_conflict")));
}

#[tokio::test]
async fn a_set_is_redeemed_whole_or_not_at_all() {
    let mut stage = VouchersFixture::new(combines(500)).await;
    stage.allow_vouchers(2).await;
    let second = stage.launch("cmp_2", combines(500)).await;
    let one = stage.issue_accepted("c-1").await;
    let open = stage.issue_of(&second, "c-1").await;
    let refused = stage.redeem_set(&[&one, &open], "o-1", &basket(2_000)).await;
    assert_eq!(refused.body["errors"][0]["field"], "/vouchers/1");
    refused.refused();
    assert_eq!(stage.stored(&one).await.status, VoucherStatus::Accepted);
    stage.redeem_set(&[&one], "o-1", &basket(2_000)).await.ok();
}

#[tokio::test]
async fn what_the_rules_do_not_allow_together_is_refused_with_its_place() {
    let mut stage = VouchersFixture::new(json!({})).await;
    let second = stage.launch("cmp_2", combines(500)).await;
    let (one, other) =
        (stage.issue_accepted("c-1").await, stage.issue_accepted_of(&second, "c-1").await);
    let cart = basket(2_000);
    let too_many = stage.redeem_set(&[&one, &other], "o-1", &cart).await;
    assert_eq!((too_many.status, &too_many.body["errors"][0]["code"]), (422, &json!("too_many")));
    stage.allow_vouchers(2).await;
    let exclusive = stage.redeem_set(&[&one, &other], "o-1", &cart).await;
    let code = &exclusive.body["code"];
    assert_eq!((exclusive.status, code), (409, &json!("vouchers_do_not_combine")));
    let twice = stage.redeem_set(&[&one, &one], "o-1", &cart).await;
    let error = &twice.body["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("/vouchers/1"), &json!("duplicate")));
    let none = json!({"order_id": "o-1", "vouchers": [], "basket": cart});
    assert_eq!(stage.checkout("c-1", "redeem", &none).await.status, 422);
}

#[tokio::test]
async fn an_order_has_one_buyer_and_one_content() {
    let stage = VouchersFixture::new(json!({})).await;
    let (ana, ben) = (stage.issue_accepted("c-1").await, stage.issue_accepted("c-2").await);
    stage.redeem(&ana, "o-1").await.ok();
    let other_buyer = stage.redeem(&ben, "o-1").await;
    assert_eq!((other_buyer.status, &other_buyer.body["code"]), (409, &json!("order_conflict")));
    assert_eq!(stage.stored(&ben).await.status, VoucherStatus::Accepted);
    let other_basket = stage.redeem_set(&[&ana], "o-1", &basket(1_999)).await;
    assert_eq!((other_basket.status, &other_basket.body["code"]), (409, &json!("order_conflict")));
    let mut dollars = serde_json::to_value(basket(2_000)).unwrap();
    dollars["currency"] = json!("USD");
    let request = json!({"order_id": "o-2", "vouchers": [ben.voucher], "basket": dollars});
    let refused = stage.checkout("c-2", "redeem", &request).await;
    let error = &refused.body["errors"][0];
    assert_eq!((refused.status, &error["field"]), (422, &json!("/basket/currency")));
}

#[tokio::test]
async fn an_offer_that_gives_nothing_does_not_apply_and_stays_usable() {
    let delivery =
        json!({"offer": {"benefit": {"fixed_amount": null, "free_delivery": {"cap": eur(500)}}}});
    let percent = json!({"offer": {"benefit": {"fixed_amount": null, "percent": {"percent": 15, "cap": eur(500)}}}});
    for (offer, cart) in [(delivery, basket(2_000)), (percent, basket(1))] {
        let stage = VouchersFixture::new(offer).await;
        let path = stage.issue_accepted("c-1").await;
        let quote = stage.quote("c-1", &cart).await;
        assert_eq!(quote["vouchers"][0]["hint"], "basket_nothing_to_discount");
        stage.redeem_set(&[&path], "o-1", &cart).await.refused();
        let mut whole: Basket = basket(2_000);
        whole.delivery_fee = minor(300);
        stage.redeem_set(&[&path], "o-2", &whole).await.ok();
    }
}

#[tokio::test]
async fn a_hold_keeps_its_part_of_the_cap_and_gives_it_back_when_it_is_abandoned() {
    let stage = VouchersFixture::new(json!({"caps": {"redeemed": eur(900)}})).await;
    let (held, other) = (stage.issue_accepted("c-1").await, stage.issue_accepted("c-2").await);
    stage.hold(&held, "k", 60).await.ok();
    assert_eq!(stage.redeemed_remaining().await, 400);
    stage.redeem(&other, "o-2").await.refused();
    stage.redeem_with(&held, "o-1", "k").await.ok();
    assert_eq!(stage.redeemed_remaining().await, 400, "it was reserved");

    let stage = VouchersFixture::new(json!({"caps": {"redeemed": eur(900)}})).await;
    let (held, other) = (stage.issue_accepted("c-1").await, stage.issue_accepted("c-2").await);
    stage.hold(&held, "k", 60).await.ok();
    assert_eq!(stage.release(&held, "k").await.ok()["vouchers"][0]["released"], true);
    assert_eq!(stage.redeemed_remaining().await, 900);
    stage.hold(&held, "k", 60).await.ok();
    stage.hold(&held, "k", 120).await.ok();
    assert_eq!(stage.redeemed_remaining().await, 400, "a renewed hold reserves once");
    let end = add_milliseconds(noon(), 120 * SECOND);
    let just_before = add_milliseconds(end, -1);
    assert_eq!(stage.store.give_back_ended_holds(just_before, || true).await.unwrap(), 0);
    assert_eq!(stage.store.give_back_ended_holds(end, || true).await.unwrap(), 1);
    assert_eq!(stage.store.give_back_ended_holds(end, || true).await.unwrap(), 0);
    assert_eq!(stage.redeemed_remaining().await, 900);
    stage.redeem(&other, "o-2").await.ok();
    assert_eq!(stage.stored(&held).await.hold, None);
}

#[tokio::test]
async fn what_is_held_is_redeemed_until_the_hold_ends_whatever_becomes_of_the_campaign() {
    let mut stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue_accepted("c-1").await;
    let other = stage.issue_accepted("c-2").await;
    stage.set_time(REDEEM_WITHIN - 60 * SECOND);
    let held = stage.hold(&path, "k", 3_600).await.ok();
    let end = add_milliseconds(noon(), REDEEM_WITHIN);
    assert_eq!(held["held_until"], end.to_string(), "no more is promised than the voucher's end");
    stage.cancel(RevokeScope::All).await;
    stage.redeem(&other, "o-2").await.refused();
    stage.redeem_with(&path, "o-1", "k").await.ok();
}

#[tokio::test]
async fn an_erased_customer_has_no_voucher_to_accept_hold_or_redeem() {
    let stage = VouchersFixture::new(json!({})).await;
    let (accepted, redeemed) =
        (stage.issue_accepted("c-1").await, stage.issue_accepted("c-2").await);
    let (issued, declined) = (stage.issue("c-3").await, stage.issue("c-4").await);
    stage.redeem(&redeemed, "o-1").await.ok();
    stage.report("c-2", "o-1", "e-1", OrderChange::Cancelled).await;
    stage.redeem(&redeemed, "o-2").await.ok();
    stage.decline(&declined).await.ok();
    for customer in ["c-1", "c-2", "c-3", "c-4"] {
        let erased = stage.store.erase_customer(&customer_id(customer), noon()).await;
        assert!(erased.unwrap());
    }
    assert_eq!(stage.stored(&accepted).await.status, VoucherStatus::Revoked);
    let answers = [
        stage.accept(&issued).await,
        stage.accept(&redeemed).await,
        stage.decline(&issued).await,
        stage.decline(&declined).await,
        stage.hold(&accepted, "k", 60).await,
        stage.redeem(&accepted, "o-1").await,
        stage.reverse(&redeemed, "o-2", "e-1").await,
        stage.wallet("c-1").await,
        stage.checkout("c-1", "quote", &json!({"basket": basket(2_000)})).await,
    ];
    for answer in answers {
        assert_eq!((answer.status, &answer.body["code"]), (410, &json!("customer_erased")));
    }
    for order in ["o-1", "o-2"] {
        let stored = stage.store.ledger_order(&OrderId::parse(order).unwrap()).await.unwrap();
        assert_eq!(stored, None, "{order}: what was bought, or put in a cart, is deleted");
    }
}

#[tokio::test]
async fn a_basket_has_at_most_200_lines_with_ids_of_their_own() {
    let stage = VouchersFixture::new(json!({})).await;
    stage.put_customer("c-1").await;
    let line = basket(1).lines.remove(0);
    let mut cart = basket(1);
    cart.lines = (0..201)
        .map(|number| {
            let mut line = line.clone();
            line.id = LineId::parse(&format!("l-{number}")).unwrap();
            line
        })
        .collect();
    let quote = |cart: Value| json!({ "basket": cart });
    let whole = serde_json::to_value(&cart).unwrap();
    let refused = stage.checkout("c-1", "quote", &quote(whole.clone())).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["field"]),
        (422, &json!("/basket/lines"))
    );
    let mut double = whole;
    double["lines"] = json!([double["lines"][0], double["lines"][0]]);
    let refused = stage.checkout("c-1", "quote", &quote(double.clone())).await;
    assert_eq!(refused.body["errors"][0]["field"], "/basket/lines/1/id");
    double["lines"] = json!([{"id": "1", "vertical": "v", "merchant": "m", "amount": -1}]);
    let refused = stage.checkout("c-1", "quote", &quote(double)).await;
    assert_eq!(refused.body["errors"][0]["field"], "/basket/lines/0/amount");
}
