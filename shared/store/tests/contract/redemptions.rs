//! Accepting, holding, redeeming and reversing, on a real DynamoDB API: each condition of each
//! step, to the millisecond, and races.

use std::collections::BTreeMap;

use crate::stage;

use domain::{
    Timestamp,
    campaign::definition::Definition,
    kernel::{
        channel::Channel,
        id::{HoldKey, OrderId, RefundId},
    },
    voucher::{
        record::{
            CheckoutHold, LastRefusal, Redemption, UndoneRedemption, Voucher, VoucherConditions,
            VoucherRefusal, VoucherStatus,
        },
        redemption::{AppliedReversal, RedeemDecision, ReversalCause, ReverseDecision},
    },
};
use futures::future::join_all;
use serde_json::json;
use stage::{running, with_store};
use store::{
    Store, StoreError,
    voucher::{
        records::VoucherKey,
        redemptions::{RedemptionResult, RedemptionWrite},
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

fn five_off() -> Definition {
    definition(json!({}))
}

fn circumstances(definition: &Definition, now: Timestamp) -> VoucherConditions<'_> {
    VoucherConditions {
        definition,
        revoke: domain::campaign::redeeming::Revocation::default(),
        redeeming: domain::campaign::redeeming::RedeemingState::Open,
        now,
    }
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
        store.record_acceptance(&key(&made), hours(72), noon()).await.unwrap(),
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

fn hold_key(text: &str) -> HoldKey {
    HoldKey::parse(text).unwrap()
}

fn hold(text: &str, until: Timestamp) -> CheckoutHold {
    CheckoutHold { key: hold_key(text), until }
}

fn redemption(order: &str, at: Timestamp) -> Redemption {
    Redemption {
        order: OrderId::parse(order).unwrap(),
        at,
        discount: minor(500),
        revenue: minor(1_500),
        returned: minor(0),
        refunded: minor(0),
        refunds: Vec::new(),
    }
}

async fn redeem(
    store: &Store,
    voucher: &Voucher,
    order: &str,
    hold: Option<&str>,
    at: Timestamp,
) -> RedemptionResult {
    let (redemption, hold) = (redemption(order, at), hold.map(hold_key));
    let stood = read(store, voucher).await.redemption;
    let redeem = RedemptionWrite {
        key: &key(voucher),
        replaces: stood.as_ref(),
        redemption: &redemption,
        hold: hold.as_ref(),
        capped_campaign: None,
    };
    store.record_redemption(&redeem).await.unwrap()
}

fn unknown_key() -> VoucherKey {
    key(&voucher(&campaign_id("cmp_none"), &five_off(), "c-none", Channel::Sms))
}

#[tokio::test]
async fn a_voucher_is_accepted_once_and_only_before_its_time_is_up() {
    with_store(async |store, _| {
        let late = issued(store, "c-late").await;
        let answer =
            store.record_acceptance(&key(&late), hours(500), late.accept_by).await.unwrap();
        check_refused(store, &late, answer).await;
        let made = issued(store, "c-1").await;
        let last = add_milliseconds(made.accept_by, -1);
        assert_eq!(
            store.record_acceptance(&key(&made), hours(500), last).await.unwrap(),
            RedemptionResult::First
        );
        let after = read(store, &made).await;
        assert_eq!(
            (after.status, after.stages.accepted_at, after.redeem_by),
            (VoucherStatus::Accepted, Some(last), Some(hours(500)))
        );
        let again = store
            .record_acceptance(&key(&made), hours(900), add_milliseconds(last, -5))
            .await
            .unwrap();
        check_refused(store, &after, again).await;
        assert_eq!(
            store.record_acceptance(&unknown_key(), hours(72), noon()).await.unwrap(),
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
            store.record_acceptance(&key(&made), hours(72), hours(2)).await.unwrap(),
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
async fn a_hold_keeps_other_checkouts_out_until_it_ends() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let first = hold("cart-1", hours(2));
        assert_eq!(
            store.record_hold(&key(&made), &first, hours(1)).await.unwrap(),
            RedemptionResult::First
        );
        let held = read(store, &made).await;
        assert_eq!(held.hold, Some(first));
        let other = hold("cart-2", hours(3));
        let answer =
            store.record_hold(&key(&made), &other, add_milliseconds(hours(2), -1)).await.unwrap();
        check_refused(store, &held, answer).await;
        check_refused(store, &held, redeem(store, &held, "o-1", None, hours(1)).await).await;
        check_refused(store, &held, redeem(store, &held, "o-1", Some("cart-2"), hours(1)).await)
            .await;
        let longer = hold("cart-1", hours(4));
        assert_eq!(
            store.record_hold(&key(&made), &longer, hours(1)).await.unwrap(),
            RedemptionResult::First,
            "renewed"
        );
        assert_eq!(
            store.record_hold(&key(&made), &other, hours(4)).await.unwrap(),
            RedemptionResult::First,
            "over at its end"
        );
        assert_eq!(
            redeem(store, &held, "o-1", Some("cart-2"), hours(2)).await,
            RedemptionResult::First
        );
        assert_eq!(read(store, &made).await.hold, None);
    })
    .await;
}

#[tokio::test]
async fn an_expired_hold_blocks_no_redemption() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        assert_eq!(
            store.record_hold(&key(&made), &hold("cart-1", hours(2)), hours(1)).await.unwrap(),
            RedemptionResult::First
        );
        assert_eq!(redeem(store, &made, "o-1", None, hours(2)).await, RedemptionResult::First);
    })
    .await;
}

#[tokio::test]
async fn a_hold_is_released_by_its_own_checkout_or_when_it_is_over() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let release =
            async |cart, at| store.release_hold(&key(&made), &hold_key(cart), at).await.unwrap();
        check_refused(store, &made, release("cart-1", hours(1)).await).await;
        assert_eq!(
            store.record_hold(&key(&made), &hold("cart-1", hours(2)), hours(1)).await.unwrap(),
            RedemptionResult::First
        );
        let held = read(store, &made).await;
        check_refused(store, &held, release("cart-2", add_milliseconds(hours(2), -1)).await).await;
        assert_eq!(release("cart-1", hours(1)).await, RedemptionResult::First);
        assert_eq!(read(store, &made).await, made);
        assert_eq!(
            store.record_hold(&key(&made), &hold("cart-1", hours(2)), hours(1)).await.unwrap(),
            RedemptionResult::First
        );
        assert_eq!(release("cart-2", hours(2)).await, RedemptionResult::First, "over");
        assert_eq!(
            store.release_hold(&unknown_key(), &hold_key("cart-1"), noon()).await.unwrap(),
            RedemptionResult::Missing
        );
    })
    .await;
}

#[tokio::test]
async fn a_voucher_is_used_only_accepted_and_within_its_time() {
    with_store(async |store, _| {
        let unaccepted = issued(store, "c-issued").await;
        check_refused(store, &unaccepted, redeem(store, &unaccepted, "o-1", None, hours(1)).await)
            .await;
        let until = hold("cart-1", hours(2));
        let answer = store.record_hold(&key(&unaccepted), &until, hours(1)).await.unwrap();
        check_refused(store, &unaccepted, answer).await;
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
            check_refused(store, &made, redeem(store, &made, "o-1", None, hours(1)).await).await;
            check_refused(
                store,
                &made,
                store.record_hold(&key(&made), &until, hours(1)).await.unwrap(),
            )
            .await;
        }
        let end = hours(72);
        let over = accepted(store, "c-over").await;
        check_refused(store, &over, redeem(store, &over, "o-1", None, end).await).await;
        check_refused(store, &over, store.record_hold(&key(&over), &until, end).await.unwrap())
            .await;
        assert_eq!(
            redeem(store, &over, "o-1", None, add_milliseconds(end, -1)).await,
            RedemptionResult::First
        );
        let early = Voucher { valid_from: hours(2), ..accepted(store, "c-early").await };
        store.restore_voucher(&early).await.unwrap();
        check_refused(
            store,
            &early,
            redeem(store, &early, "o-1", None, add_milliseconds(hours(2), -1)).await,
        )
        .await;
        let answer =
            store.record_hold(&key(&early), &until, add_milliseconds(hours(2), -1)).await.unwrap();
        check_refused(store, &early, answer).await;
        assert_eq!(redeem(store, &early, "o-1", None, hours(2)).await, RedemptionResult::First);
        let key = unknown_key();
        let redeem = RedemptionWrite {
            key: &key,
            replaces: None,
            redemption: &redemption("o-1", noon()),
            hold: None,
            capped_campaign: None,
        };
        assert_eq!(store.record_redemption(&redeem).await.unwrap(), RedemptionResult::Missing);
        assert_eq!(
            store.record_hold(&key, &until, hours(1)).await.unwrap(),
            RedemptionResult::Missing
        );
        assert_eq!(store.voucher(&key).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_redemption_is_written_with_all_that_was_decided() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let definition = five_off();
        let order = OrderId::parse("o-1").unwrap();
        let decided =
            made.redeem(&order, &basket(2_000), None, &circumstances(&definition, hours(1)));
        let RedeemDecision::Redeem(redemption) = decided else { unreachable!("{decided:?}") };
        let redeem = RedemptionWrite {
            key: &key(&made),
            replaces: None,
            redemption: &redemption,
            hold: None,
            capped_campaign: None,
        };
        assert_eq!(store.record_redemption(&redeem).await.unwrap(), RedemptionResult::First);
        let after = read(store, &made).await;
        assert_eq!(
            (after.status, after.redemptions, after.stages.redeemed_at),
            (VoucherStatus::Redeemed, 1, Some(hours(1)))
        );
        assert_eq!(after.redemption.as_ref(), Some(&redemption));
        check_refused(store, &after, store.record_redemption(&redeem).await.unwrap()).await;
        let again =
            after.redeem(&order, &basket(2_000), None, &circumstances(&definition, hours(2)));
        assert!(matches!(again, RedeemDecision::Repeat(_)), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn of_64_who_redeem_at_once_one_does() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let orders: Vec<String> = (0..64).map(|number| format!("o-{number}")).collect();
        let answers =
            join_all(orders.iter().map(|order| redeem(store, &made, order, None, hours(1)))).await;
        let after = read(store, &made).await;
        assert_eq!(answers.iter().filter(|answer| **answer == RedemptionResult::First).count(), 1);
        let others = answers
            .iter()
            .filter(|answer| **answer == RedemptionResult::Conflict(Box::new(after.clone())));
        assert_eq!(others.count(), 63, "each is shown who was first");
        assert_eq!(after.redemptions, 1);
    })
    .await;
}

/// Launches a campaign with a cap of 12.00 EUR on redeemed amounts.
async fn capped(store: &Store) -> domain::campaign::lifecycle::Campaign {
    running(
        store,
        "cmp_1",
        definition(json!({"caps": {"redeemed": {"amount": 1_200, "currency": "EUR"}}})),
        1,
    )
    .await
}

async fn redeem_capped(
    store: &Store,
    voucher: &Voucher,
    order: &str,
) -> Result<RedemptionResult, StoreError> {
    let redemption = redemption(order, hours(1));
    let redeem = RedemptionWrite {
        key: &key(voucher),
        replaces: None,
        redemption: &redemption,
        hold: None,
        capped_campaign: Some(&voucher.campaign),
    };
    store.record_redemption(&redeem).await
}

async fn left(store: &Store) -> i64 {
    store.quota(&campaign_id("cmp_1")).await.unwrap().unwrap().redeemed
}

#[tokio::test]
async fn of_64_who_redeem_against_a_cap_one_does_and_is_charged() {
    with_store(async |store, _| {
        capped(store).await;
        let made = accepted(store, "c-1").await;
        let orders: Vec<String> = (0..64).map(|number| format!("o-{number}")).collect();
        let answers = join_all(orders.iter().map(|order| redeem_capped(store, &made, order))).await;
        let first =
            answers.iter().filter(|answer| matches!(answer, Ok(RedemptionResult::First))).count();
        let others = answers
            .iter()
            .filter(|answer| matches!(answer, Ok(RedemptionResult::Conflict(_))))
            .count();
        assert_eq!((first, others), (1, 63), "{answers:?}");
        assert_eq!(left(store).await, 700);
    })
    .await;
}

#[tokio::test]
async fn the_cap_on_redeemed_amounts_is_never_passed_and_a_reversal_gives_back() {
    with_store(async |store, _| {
        capped(store).await;
        let mut vouchers = Vec::new();
        for number in 0..8 {
            vouchers.push(accepted(store, &format!("c-{number}")).await);
        }
        let answers =
            join_all(vouchers.iter().map(|voucher| redeem_capped(store, voucher, "o-1"))).await;
        let answers: Vec<RedemptionResult> = answers.into_iter().map(Result::unwrap).collect();
        let (first, refused): (Vec<_>, Vec<_>) = vouchers
            .iter()
            .zip(&answers)
            .partition(|(_, answer)| **answer == RedemptionResult::First);
        assert_eq!((first.len(), left(store).await), (2, 200), "{answers:?}");
        for (voucher, answer) in &refused {
            assert_eq!(**answer, RedemptionResult::Capped);
            assert_eq!(&read(store, voucher).await, *voucher, "untouched");
        }
        let (waiting, _) = refused[0];
        let used = read(store, first[0].0).await;
        let answer = reverse(store, &used, &ReversalCause::OrderCancelled, true).await;
        assert_eq!((answer, left(store).await), (RedemptionResult::First, 700));
        assert_eq!(redeem_capped(store, waiting, "o-1").await.unwrap(), RedemptionResult::First);
        assert_eq!(left(store).await, 200);
    })
    .await;
}

#[tokio::test]
async fn a_voucher_that_gives_nothing_costs_the_cap_nothing() {
    with_store(async |store, _| {
        capped(store).await;
        let made = accepted(store, "c-1").await;
        let redemption = Redemption { discount: minor(0), ..redemption("o-1", hours(1)) };
        let redeem = RedemptionWrite {
            key: &key(&made),
            replaces: None,
            redemption: &redemption,
            hold: None,
            capped_campaign: Some(&made.campaign),
        };
        assert_eq!(store.record_redemption(&redeem).await.unwrap(), RedemptionResult::First);
        assert_eq!(left(store).await, 1_200);
    })
    .await;
}

fn decide(voucher: &Voucher, cause: &ReversalCause) -> AppliedReversal {
    let definition = five_off();
    let order = voucher.redemption.as_ref().unwrap().order.clone();
    match voucher.reverse(&order, cause, &circumstances(&definition, hours(2))) {
        ReverseDecision::Reverse(reversed) => reversed,
        other => unreachable!("{other:?}"),
    }
}

/// Records a reversal that was decided on `voucher` as given.
async fn reverse(
    store: &Store,
    voucher: &Voucher,
    cause: &ReversalCause,
    capped: bool,
) -> RedemptionResult {
    let reversed = decide(voucher, cause);
    let before = voucher.redemption.as_ref().unwrap();
    let capped = capped.then_some(&voucher.campaign);
    store.record_reversal(&key(voucher), before, &reversed, capped, hours(2)).await.unwrap()
}

fn refund(id: &str, units: i64) -> ReversalCause {
    ReversalCause::Refunded {
        refund: RefundId::parse(id).unwrap(),
        amount: minor(units),
        remaining: None,
    }
}

#[tokio::test]
async fn a_partial_refund_takes_its_share_and_leaves_the_voucher_redeemed() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        assert_eq!(redeem(store, &made, "o-1", None, hours(1)).await, RedemptionResult::First);
        let used = read(store, &made).await;
        assert_eq!(
            reverse(store, &used, &refund("r-1", 300), false).await,
            RedemptionResult::First
        );
        let once = read(store, &made).await;
        assert_eq!(
            (once.status, once.reversals, once.stages.reversed_at),
            (VoucherStatus::Redeemed, 0, None)
        );
        let left = once.redemption.clone().unwrap();
        assert_eq!((left.returned, left.refunded, left.refunds.len()), (minor(100), minor(300), 1));
        assert_eq!(
            reverse(store, &once, &refund("r-2", 300), false).await,
            RedemptionResult::First
        );
        assert_eq!(read(store, &made).await.redemption.unwrap().returned, minor(200));
    })
    .await;
}

#[tokio::test]
async fn a_reversal_decided_on_an_older_redemption_is_not_written() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        assert_eq!(redeem(store, &made, "o-1", None, hours(1)).await, RedemptionResult::First);
        let used = read(store, &made).await;
        let refunds = [refund("r-1", 300), refund("r-2", 600), ReversalCause::OrderCancelled];
        let answers =
            join_all(refunds.iter().map(|cause| reverse(store, &used, cause, false))).await;
        let after = read(store, &made).await;
        assert_eq!(answers.iter().filter(|answer| **answer == RedemptionResult::First).count(), 1);
        let others = answers
            .iter()
            .filter(|answer| **answer == RedemptionResult::Conflict(Box::new(after.clone())));
        assert_eq!(others.count(), 2, "{answers:?}");
        let key = unknown_key();
        let reversed = decide(&used, &ReversalCause::OrderCancelled);
        let before = used.redemption.as_ref().unwrap();
        let answer = store.record_reversal(&key, before, &reversed, None, hours(2)).await.unwrap();
        assert_eq!((answer, store.voucher(&key).await.unwrap()), (RedemptionResult::Missing, None));
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_order_makes_the_voucher_usable_again_with_its_first_dates_kept() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        assert_eq!(redeem(store, &made, "o-1", None, hours(1)).await, RedemptionResult::First);
        let used = read(store, &made).await;
        assert_eq!(
            reverse(store, &used, &ReversalCause::OrderCancelled, false).await,
            RedemptionResult::First
        );
        let back = read(store, &made).await;
        assert_eq!(
            (back.status, back.reversals, back.stages.reversed_at),
            (VoucherStatus::Accepted, 1, Some(hours(2)))
        );
        assert_eq!(back.redemption.as_ref().unwrap().returned, minor(500));
        // A writer that does not know of the first redemption would delete it from the books.
        let blind = RedemptionWrite {
            key: &key(&made),
            replaces: None,
            redemption: &redemption("o-2", hours(3)),
            hold: None,
            capped_campaign: None,
        };
        check_refused(store, &back, store.record_redemption(&blind).await.unwrap()).await;
        assert_eq!(redeem(store, &made, "o-2", None, hours(3)).await, RedemptionResult::First);
        let again = read(store, &made).await;
        assert_eq!(
            (again.redemptions, again.reversals, again.status),
            (2, 1, VoucherStatus::Redeemed)
        );
        assert_eq!(
            (again.stages.redeemed_at, again.stages.reversed_at),
            (Some(hours(1)), Some(hours(2)))
        );
        assert_eq!(again.redemption, Some(redemption("o-2", hours(3))));
        assert_eq!(
            again.undone_redemptions,
            [UndoneRedemption { at: hours(1), discount: minor(0), revenue: minor(0) }]
        );
        // The first order's cancellation is repeated, and changes nothing of the second redemption.
        let reversed = decide(&used, &ReversalCause::OrderCancelled);
        let before = used.redemption.as_ref().unwrap();
        let answer =
            store.record_reversal(&key(&made), before, &reversed, None, hours(4)).await.unwrap();
        check_refused(store, &again, answer).await;
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
