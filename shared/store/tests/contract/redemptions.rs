//! Accepting, holding, releasing and redeeming, on a real DynamoDB API: each condition of each
//! step, to the millisecond, sets, caps and races. What is decided on something older is not
//! written.

use std::collections::BTreeMap;

use crate::stage;

use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        lifecycle::Campaign,
        redeeming::{RedeemingState, Revocation},
    },
    kernel::{
        channel::Channel,
        id::{HoldKey, OrderId},
    },
    voucher::{
        combination::{CombinationPolicy, PricingRules},
        record::{
            CheckoutHold, LastRefusal, Voucher, VoucherConditions, VoucherRefusal, VoucherStatus,
        },
        redemption::{Checkout, CheckoutVoucher, OrderRedemption, RedeemDecision},
    },
};
use futures::future::join_all;
use serde_json::json;
use stage::{running, with_store};
use store::{
    Store, StoreError,
    voucher::{
        records::VoucherKey,
        redemptions::{CheckoutResult, HoldWrite, RedemptionResult},
    },
};
use testkit::builders::{
    add_milliseconds, basket, campaign_id, definition, minor, noon, voucher, without_voucher,
};

/// One hour in milliseconds.
const HOUR: i64 = 3_600_000;

fn key(voucher: &Voucher) -> VoucherKey {
    VoucherKey::from(voucher)
}

fn hours(number: i64) -> Timestamp {
    add_milliseconds(noon(), number * HOUR)
}

/// An offer of 5.00 EUR that combines with its like.
fn five_off() -> Definition {
    definition(json!({"offer": {"combination": {"group": "a", "with": ["a"]}}}))
}

fn capped_offer() -> Definition {
    definition(json!({"caps": {"redeemed": {"amount": 1_200, "currency": "EUR"}}}))
}

/// Issues a voucher at noon, to be accepted within seven days.
async fn issued(store: &Store, customer: &str) -> Voucher {
    let made = voucher(&campaign_id("cmp_1"), &five_off(), customer, Channel::Sms);
    store.restore_voucher(&made).await.unwrap();
    made
}

/// Issues and accepts a voucher at noon, to be redeemed within three days.
async fn accepted(store: &Store, customer: &str) -> Voucher {
    let made = issued(store, customer).await;
    assert_eq!(
        store.record_acceptance(&key(&made), hours(72), None, noon()).await.unwrap(),
        RedemptionResult::First
    );
    read(store, &made).await
}

async fn read(store: &Store, voucher: &Voucher) -> Voucher {
    store.voucher(&key(voucher)).await.unwrap().unwrap()
}

/// Checks that the write is refused and returns the voucher, which has not changed.
async fn check_refused(store: &Store, before: &Voucher, answer: RedemptionResult) {
    assert_eq!(answer, RedemptionResult::Conflict(Box::new(before.clone())));
    assert_eq!(&read(store, before).await, before);
}

fn hold(text: &str, until: Timestamp, reserved: i64) -> CheckoutHold {
    let (key, rules) = (HoldKey::parse(text).unwrap(), PricingRules::default());
    CheckoutHold { key, until, reserved: minor(reserved), rules }
}

/// Decides on a redemption of these vouchers on an order of 20.00 EUR, as if they were usable.
fn decide(
    vouchers: &[Voucher],
    definition: &Definition,
    order: &str,
    at: Timestamp,
) -> OrderRedemption {
    let usable: Vec<Voucher> = vouchers
        .iter()
        .map(|voucher| Voucher {
            status: VoucherStatus::Accepted,
            valid_from: noon(),
            redeem_by: Some(Timestamp::MAX),
            ..voucher.clone()
        })
        .collect();
    let conditions = VoucherConditions {
        definition,
        revoke: Revocation::default(),
        redeeming: RedeemingState::Open,
        now: at,
    };
    let set: Vec<CheckoutVoucher<'_>> =
        usable.iter().map(|voucher| CheckoutVoucher { voucher, conditions }).collect();
    let key = vouchers.iter().find_map(|voucher| voucher.hold.as_ref()).map(|hold| &hold.key);
    let policy = CombinationPolicy { max_vouchers: 8, ..CombinationPolicy::default() };
    let basket = basket(2_000);
    let checkout = Checkout {
        basket: &basket,
        vouchers: &set,
        hold: key,
        policy: &policy,
        currency: basket.currency,
        now: at,
    };
    let order = OrderId::parse(order).unwrap();
    match checkout.redeem(None, &order, &usable[0].customer, "request") {
        RedeemDecision::Redeem(redemption) => *redemption,
        other => panic!("{other:?}"),
    }
}

/// Redeems a voucher as it was read, on an order that is not known yet.
async fn redeem(
    store: &Store,
    voucher: &Voucher,
    order: &str,
    at: Timestamp,
) -> Result<CheckoutResult, StoreError> {
    let set = std::slice::from_ref(voucher);
    store.record_redemption(&decide(set, &five_off(), order, at), set, None, None, at).await
}

async fn record_hold(
    store: &Store,
    voucher: &Voucher,
    hold: &CheckoutHold,
    at: Timestamp,
) -> CheckoutResult {
    store.record_holds(&[HoldWrite { voucher, hold }], at).await.unwrap()
}

/// Checks that neither a redemption nor a hold of the voucher is written.
async fn check_unusable(store: &Store, voucher: &Voucher, at: Timestamp) {
    let until = hold("cart-1", hours(200), 0);
    assert_eq!(record_hold(store, voucher, &until, at).await, CheckoutResult::Conflict);
    assert_eq!(redeem(store, voucher, "o-1", at).await.unwrap(), CheckoutResult::Conflict);
    assert_eq!(store.ledger_order(&OrderId::parse("o-1").unwrap()).await.unwrap(), None);
}

fn unknown_key() -> VoucherKey {
    key(&voucher(&campaign_id("cmp_none"), &five_off(), "c-none", Channel::Sms))
}

#[tokio::test]
async fn a_voucher_is_accepted_once_and_only_before_its_time_is_up() {
    with_store(async |store, _| {
        let late = issued(store, "c-late").await;
        let answer =
            store.record_acceptance(&key(&late), hours(500), None, late.accept_by).await.unwrap();
        check_refused(store, &late, answer).await;
        let made = issued(store, "c-1").await;
        let last = add_milliseconds(made.accept_by, -1);
        assert_eq!(
            store.record_acceptance(&key(&made), hours(500), None, last).await.unwrap(),
            RedemptionResult::First
        );
        let after = read(store, &made).await;
        assert_eq!(
            (after.status, after.stages.accepted_at, after.redeem_by),
            (VoucherStatus::Accepted, Some(last), Some(hours(500)))
        );
        let again = store
            .record_acceptance(&key(&made), hours(900), None, add_milliseconds(last, -5))
            .await
            .unwrap();
        check_refused(store, &after, again).await;
        assert_eq!(
            store.record_acceptance(&unknown_key(), hours(72), None, noon()).await.unwrap(),
            RedemptionResult::Missing
        );
    })
    .await;
}

#[tokio::test]
async fn a_voucher_is_declined_once_and_then_not_accepted() {
    with_store(async |store, _| {
        let late = issued(store, "c-late").await;
        let answer = store.record_decline(&key(&late), late.accept_by).await.unwrap();
        check_refused(store, &late, answer).await;
        let made = issued(store, "c-1").await;
        assert_eq!(
            store.record_decline(&key(&made), hours(1)).await.unwrap(),
            RedemptionResult::First
        );
        let after = read(store, &made).await;
        assert_eq!(
            (after.status, after.stages.declined_at),
            (VoucherStatus::Declined, Some(hours(1)))
        );
        check_refused(store, &after, store.record_decline(&key(&made), hours(2)).await.unwrap())
            .await;
        check_refused(
            store,
            &after,
            store.record_acceptance(&key(&made), hours(72), None, hours(2)).await.unwrap(),
        )
        .await;
        let taken = accepted(store, "c-2").await;
        check_refused(store, &taken, store.record_decline(&key(&taken), hours(1)).await.unwrap())
            .await;
        assert_eq!(
            store.record_decline(&unknown_key(), noon()).await.unwrap(),
            RedemptionResult::Missing
        );
    })
    .await;
}

#[tokio::test]
async fn a_hold_is_written_on_the_hold_that_was_read() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let first = hold("cart-1", hours(2), 0);
        assert_eq!(record_hold(store, &made, &first, hours(1)).await, CheckoutResult::First);
        let held = read(store, &made).await;
        assert_eq!(held.hold, Some(first));
        let other = hold("cart-2", hours(3), 0);
        let late = record_hold(store, &made, &other, hours(1)).await;
        assert_eq!(late, CheckoutResult::Conflict, "it was free when it was read");
        let late = redeem(store, &made, "o-1", hours(1)).await.unwrap();
        assert_eq!(late, CheckoutResult::Conflict);
        assert_eq!(read(store, &made).await, held);
        let longer = hold("cart-1", hours(4), 0);
        assert_eq!(record_hold(store, &held, &longer, hours(1)).await, CheckoutResult::First);
        let stale = store.release_holds(&[&held]).await.unwrap();
        assert_eq!(stale, CheckoutResult::Conflict, "it was renewed");
        let renewed = read(store, &made).await;
        assert_eq!(store.release_holds(&[&renewed]).await.unwrap(), CheckoutResult::First);
        assert_eq!(read(store, &made).await, made);
        assert_eq!(record_hold(store, &made, &longer, hours(1)).await, CheckoutResult::First);
        let held = read(store, &made).await;
        assert_eq!(redeem(store, &held, "o-1", hours(2)).await.unwrap(), CheckoutResult::First);
        assert_eq!(read(store, &made).await.hold, None);
    })
    .await;
}

#[tokio::test]
async fn a_voucher_is_used_only_accepted_and_within_its_time() {
    with_store(async |store, _| {
        check_unusable(store, &issued(store, "c-issued").await, hours(1)).await;
        for status in
            VoucherStatus::ALL.into_iter().filter(|status| *status != VoucherStatus::Accepted)
        {
            let other = accepted(store, "c-status").await;
            let made = if status.is_voucher() {
                Voucher { status, ..other }
            } else {
                without_voucher(status, other)
            };
            store.restore_voucher(&made).await.unwrap();
            check_unusable(store, &made, hours(1)).await;
            assert_eq!(read(store, &made).await, made);
        }
        let end = hours(72);
        let over = accepted(store, "c-over").await;
        check_unusable(store, &over, end).await;
        let last = add_milliseconds(end, -1);
        assert_eq!(redeem(store, &over, "o-2", last).await.unwrap(), CheckoutResult::First);
        let early = Voucher { valid_from: hours(2), ..accepted(store, "c-early").await };
        store.restore_voucher(&early).await.unwrap();
        check_unusable(store, &early, add_milliseconds(hours(2), -1)).await;
        assert_eq!(redeem(store, &early, "o-3", hours(2)).await.unwrap(), CheckoutResult::First);
        let unknown = voucher(&campaign_id("cmp_none"), &five_off(), "c-none", Channel::Sms);
        check_unusable(store, &unknown, hours(1)).await;
        assert_eq!(store.voucher(&key(&unknown)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_redemption_is_written_with_its_order() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let set = std::slice::from_ref(&made);
        let decided = decide(set, &five_off(), "o-1", hours(1));
        let written = store.record_redemption(&decided, set, None, None, hours(1)).await.unwrap();
        assert_eq!(written, CheckoutResult::First);
        let used = read(store, &made).await;
        let redemption = decided.redemptions[0].redemption.clone();
        assert_eq!(
            (used.status, used.redemption, used.redemptions, used.stages.redeemed_at),
            (VoucherStatus::Redeemed, Some(redemption), 1, Some(hours(1)))
        );
        let stored = store.ledger_order(&decided.order.id).await.unwrap().unwrap();
        assert_eq!((stored.order, stored.version), (decided.order, 1));
    })
    .await;
}

#[tokio::test]
async fn a_set_is_written_whole_or_not_at_all() {
    with_store(async |store, _| {
        let one = accepted(store, "c-1").await;
        let other = Voucher {
            id: domain::kernel::id::VoucherId::parse("vch_other").unwrap(),
            ..one.clone()
        };
        let open = Voucher { status: VoucherStatus::Issued, ..other.clone() };
        store.restore_voucher(&open).await.unwrap();
        let set = [one.clone(), other.clone()];
        let decided = decide(&set, &five_off(), "o-1", hours(1));
        let write = || store.record_redemption(&decided, &set, None, None, hours(1));
        assert_eq!(write().await.unwrap(), CheckoutResult::Conflict);
        assert_eq!(read(store, &one).await, one);
        store.restore_voucher(&other).await.unwrap();
        assert_eq!(write().await.unwrap(), CheckoutResult::First);
        for voucher in &set {
            assert_eq!(read(store, voucher).await.status, VoucherStatus::Redeemed);
        }
    })
    .await;
}

#[tokio::test]
async fn an_order_is_written_on_the_version_that_was_read() {
    with_store(async |store, _| {
        let (ana, ben) = (accepted(store, "c-1").await, accepted(store, "c-2").await);
        assert_eq!(redeem(store, &ana, "o-1", hours(1)).await.unwrap(), CheckoutResult::First);
        let second = redeem(store, &ben, "o-1", hours(1)).await.unwrap();
        assert_eq!(second, CheckoutResult::Conflict, "an order has one buyer");
        assert_eq!(read(store, &ben).await, ben);
    })
    .await;
}

#[tokio::test]
async fn of_64_who_redeem_at_once_one_does() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let orders: Vec<String> = (0..64).map(|number| format!("o-{number}")).collect();
        let answers =
            join_all(orders.iter().map(|order| redeem(store, &made, order, hours(1)))).await;
        let count = |wanted: &CheckoutResult| {
            answers.iter().filter(|answer| answer.as_ref().is_ok_and(|it| it == wanted)).count()
        };
        let counts = (count(&CheckoutResult::First), count(&CheckoutResult::Conflict));
        assert_eq!(counts, (1, 63), "{answers:?}");
        assert_eq!(read(store, &made).await.redemptions, 1);
    })
    .await;
}

async fn capped(store: &Store) -> Campaign {
    running(store, "cmp_1", capped_offer(), 1).await
}

async fn redeem_capped(store: &Store, voucher: &Voucher, order: &str) -> CheckoutResult {
    let set = std::slice::from_ref(voucher);
    let decided = decide(set, &capped_offer(), order, hours(1));
    store.record_redemption(&decided, set, None, None, hours(1)).await.unwrap()
}

async fn left(store: &Store) -> i64 {
    store.quota(&campaign_id("cmp_1")).await.unwrap().unwrap().redeemed
}

#[tokio::test]
async fn a_hold_that_cannot_be_read_blocks_none_behind_it() {
    with_store(async |store, tables| {
        capped(store).await;
        let (bad, good) = (accepted(store, "c-1").await, accepted(store, "c-2").await);
        for (made, cart, until) in [(&bad, "cart-1", hours(2)), (&good, "cart-2", hours(3))] {
            let held = hold(cart, until, 500);
            assert_eq!(record_hold(store, made, &held, hours(1)).await, CheckoutResult::First);
        }
        let text = aws_sdk_dynamodb::types::AttributeValue::S;
        let work = tables.table_name("WORK_TABLE").unwrap();
        let note = tables.client.update_item().table_name(work);
        let note = note.key("pk", text(format!("hold#{}", bad.id))).key("sk", text("HOLD".into()));
        note.update_expression("REMOVE customer_id").send().await.unwrap();
        assert_eq!(store.give_back_ended_holds(hours(4), || true).await.unwrap(), 1);
        assert_eq!((read(store, &good).await, left(store).await), (good, 700));
    })
    .await;
}

#[tokio::test]
async fn the_cap_on_redeemed_amounts_is_never_passed() {
    with_store(async |store, _| {
        capped(store).await;
        let mut vouchers = Vec::new();
        for number in 0..8 {
            vouchers.push(accepted(store, &format!("c-{number}")).await);
        }
        let orders: Vec<String> = (0..8).map(|number| format!("o-{number}")).collect();
        let answers = join_all(
            vouchers
                .iter()
                .zip(&orders)
                .map(|(voucher, order)| redeem_capped(store, voucher, order)),
        )
        .await;
        let first = answers.iter().filter(|answer| **answer == CheckoutResult::First).count();
        assert_eq!((first, left(store).await), (2, 200), "{answers:?}");
        for (voucher, answer) in vouchers.iter().zip(&answers) {
            if *answer != CheckoutResult::First {
                assert_eq!(*answer, CheckoutResult::Capped(campaign_id("cmp_1")));
                assert_eq!(&read(store, voucher).await, voucher, "untouched");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_hold_reserves_is_charged_once_and_comes_back_if_it_is_not_used() {
    with_store(async |store, _| {
        capped(store).await;
        let made = accepted(store, "c-1").await;
        let reserved = hold("cart-1", hours(2), 500);
        assert_eq!(record_hold(store, &made, &reserved, hours(1)).await, CheckoutResult::First);
        assert_eq!(left(store).await, 700);
        let held = read(store, &made).await;
        let longer = hold("cart-1", hours(3), 500);
        assert_eq!(record_hold(store, &held, &longer, hours(1)).await, CheckoutResult::First);
        assert_eq!(left(store).await, 700, "it is the same hold");
        assert_eq!(
            store.give_back_ended_holds(hours(2), || true).await.unwrap(),
            0,
            "it was renewed"
        );
        assert_eq!(store.give_back_ended_holds(hours(3), || true).await.unwrap(), 1);
        assert_eq!((left(store).await, read(store, &made).await), (1_200, made.clone()));

        assert_eq!(record_hold(store, &made, &reserved, hours(1)).await, CheckoutResult::First);
        let held = read(store, &made).await;
        assert_eq!(redeem_capped(store, &held, "o-1").await, CheckoutResult::First);
        assert_eq!(left(store).await, 700, "the redemption takes what was reserved");
        assert_eq!(store.give_back_ended_holds(hours(9), || true).await.unwrap(), 0);
        assert_eq!(left(store).await, 700);
    })
    .await;
}

#[tokio::test]
async fn the_reason_of_a_refusal_is_kept_and_makes_no_voucher() {
    with_store(async |store, tables| {
        let made = accepted(store, "c-1").await;
        store.record_refusal(&key(&made), "redeem", VoucherRefusal::Held, hours(1)).await.unwrap();
        for (reason, hour) in [(VoucherRefusal::Expired, 2), (VoucherRefusal::Held, 3)] {
            store.record_refusal(&key(&made), "hold", reason, hours(hour)).await.unwrap();
        }
        let refused = read(store, &made).await;
        let counts: Vec<_> =
            refused.refusals.iter().map(|(why, it)| (*why, it.count, it.since)).collect();
        assert_eq!(
            counts,
            [(VoucherRefusal::Expired, 1, hours(2)), (VoucherRefusal::Held, 2, hours(1))]
        );
        let last =
            LastRefusal { action: "hold".into(), reason: VoucherRefusal::Held, at: hours(3) };
        assert_eq!(refused.last_refusal, Some(last));
        let untouched = Voucher { refusals: BTreeMap::new(), last_refusal: None, ..refused };
        assert_eq!(untouched, made);
        let item = tables
            .client
            .get_item()
            .table_name(tables.table_name("VOUCHERS_TABLE").unwrap())
            .key("customer_id", testkit::AttributeValue::S(made.customer.to_string()))
            .key("voucher_id", testkit::AttributeValue::S(made.id.to_string()))
            .send()
            .await
            .unwrap()
            .item
            .unwrap();
        assert_eq!(item["refused"].as_s().unwrap(), "hold:held_by_another_checkout");
        store
            .record_refusal(&unknown_key(), "redeem", VoucherRefusal::Expired, hours(1))
            .await
            .unwrap();
        assert_eq!(store.voucher(&unknown_key()).await.unwrap(), None);
    })
    .await;
}
