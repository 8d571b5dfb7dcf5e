//! Accepting, holding, redeeming and reversing, on a real DynamoDB API: each condition of each step, to the millisecond, and races.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod stage;

use domain::{
    Timestamp,
    channel::Channel,
    definition::Definition,
    id::{HoldKey, OrderId, RefundId},
    redemption::{Redeeming, ReversalCause, Reversed, Reversing},
    voucher::{Circumstances, Hold, Redemption, Refusal, Status, Undone, Voucher},
};
use futures::future::join_all;
use serde_json::json;
use stage::{running, with_store};
use store::{
    Store, StoreError,
    redemptions::{Recorded, Redeem},
    vouchers::VoucherKey,
};
use testkit::builders::{basket, campaign_id, definition, later, minor, noon, voucher};

/// Milliseconds.
const HOUR: i64 = 3_600_000;

fn key(voucher: &Voucher) -> VoucherKey {
    VoucherKey::from(voucher)
}

fn hours(number: i64) -> Timestamp {
    later(noon(), number * HOUR)
}

fn five_off() -> Definition {
    definition(json!({}))
}

fn circumstances(definition: &Definition, now: Timestamp) -> Circumstances<'_> {
    Circumstances { definition, revoke: domain::campaign::Revoke::None, now }
}

/// Issued at noon; to be accepted within seven days.
async fn issued(store: &Store, customer: &str) -> Voucher {
    let made = voucher(&campaign_id("cmp_1"), &five_off(), customer, Channel::Sms);
    store.restore(&made).await.unwrap();
    made
}

/// Accepted at noon; to be redeemed within three days.
async fn accepted(store: &Store, customer: &str) -> Voucher {
    let made = issued(store, customer).await;
    assert_eq!(store.record_acceptance(&key(&made), hours(72), noon()).await.unwrap(), Recorded::First);
    read(store, &made).await
}

async fn read(store: &Store, voucher: &Voucher) -> Voucher {
    store.voucher(&key(voucher)).await.unwrap().unwrap()
}

/// The write is refused, and hands back the voucher, which is as it was.
async fn check_refused(store: &Store, before: &Voucher, answer: Recorded) {
    assert_eq!(answer, Recorded::Otherwise(Box::new(before.clone())));
    assert_eq!(&read(store, before).await, before);
}

fn hold_key(text: &str) -> HoldKey {
    HoldKey::parse(text).unwrap()
}

fn hold(text: &str, until: Timestamp) -> Hold {
    Hold { key: hold_key(text), until }
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

async fn redeem(store: &Store, voucher: &Voucher, order: &str, hold: Option<&str>, at: Timestamp) -> Recorded {
    let (redemption, hold) = (redemption(order, at), hold.map(hold_key));
    let stood = read(store, voucher).await.redemption;
    let redeem = Redeem {
        key: &key(voucher),
        replaces: stood.as_ref(),
        redemption: &redemption,
        hold: hold.as_ref(),
        capped: None,
    };
    store.record_redemption(&redeem).await.unwrap()
}

fn nobodys() -> VoucherKey {
    key(&voucher(&campaign_id("cmp_none"), &five_off(), "c-none", Channel::Sms))
}

#[tokio::test]
async fn a_voucher_is_accepted_once_and_only_before_its_time_is_up() {
    with_store(async |store, _| {
        let late = issued(store, "c-late").await;
        let answer = store.record_acceptance(&key(&late), hours(500), late.accept_by).await.unwrap();
        check_refused(store, &late, answer).await;
        let made = issued(store, "c-1").await;
        let last = later(made.accept_by, -1);
        assert_eq!(store.record_acceptance(&key(&made), hours(500), last).await.unwrap(), Recorded::First);
        let after = read(store, &made).await;
        assert_eq!(
            (after.status, after.stages.accepted_at, after.redeem_by),
            (Status::Accepted, Some(last), Some(hours(500)))
        );
        let again = store.record_acceptance(&key(&made), hours(900), later(last, -5)).await.unwrap();
        check_refused(store, &after, again).await;
        assert_eq!(store.record_acceptance(&nobodys(), hours(72), noon()).await.unwrap(), Recorded::Missing);
    })
    .await;
}

#[tokio::test]
async fn a_voucher_is_declined_once_and_then_not_accepted() {
    with_store(async |store, _| {
        let late = issued(store, "c-late").await;
        let answer = store.record_declination(&key(&late), late.accept_by).await.unwrap();
        check_refused(store, &late, answer).await;
        let made = issued(store, "c-1").await;
        assert_eq!(store.record_declination(&key(&made), hours(1)).await.unwrap(), Recorded::First);
        let after = read(store, &made).await;
        assert_eq!((after.status, after.stages.declined_at), (Status::Declined, Some(hours(1))));
        check_refused(store, &after, store.record_declination(&key(&made), hours(2)).await.unwrap()).await;
        check_refused(store, &after, store.record_acceptance(&key(&made), hours(72), hours(2)).await.unwrap()).await;
        let taken = accepted(store, "c-2").await;
        check_refused(store, &taken, store.record_declination(&key(&taken), hours(1)).await.unwrap()).await;
        assert_eq!(store.record_declination(&nobodys(), noon()).await.unwrap(), Recorded::Missing);
    })
    .await;
}

#[tokio::test]
async fn a_hold_keeps_other_checkouts_out_until_it_ends() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let first = hold("cart-1", hours(2));
        assert_eq!(store.record_hold(&key(&made), &first, hours(1)).await.unwrap(), Recorded::First);
        let held = read(store, &made).await;
        assert_eq!(held.hold, Some(first));
        let other = hold("cart-2", hours(3));
        let answer = store.record_hold(&key(&made), &other, later(hours(2), -1)).await.unwrap();
        check_refused(store, &held, answer).await;
        check_refused(store, &held, redeem(store, &held, "o-1", None, hours(1)).await).await;
        check_refused(store, &held, redeem(store, &held, "o-1", Some("cart-2"), hours(1)).await).await;
        let longer = hold("cart-1", hours(4));
        assert_eq!(store.record_hold(&key(&made), &longer, hours(1)).await.unwrap(), Recorded::First, "renewed");
        assert_eq!(store.record_hold(&key(&made), &other, hours(4)).await.unwrap(), Recorded::First, "over at its end");
        assert_eq!(redeem(store, &held, "o-1", Some("cart-2"), hours(2)).await, Recorded::First);
        assert_eq!(read(store, &made).await.hold, None);
    })
    .await;
}

#[tokio::test]
async fn a_hold_that_is_over_keeps_nobody_out() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        assert_eq!(store.record_hold(&key(&made), &hold("cart-1", hours(2)), hours(1)).await.unwrap(), Recorded::First);
        assert_eq!(redeem(store, &made, "o-1", None, hours(2)).await, Recorded::First);
    })
    .await;
}

#[tokio::test]
async fn a_hold_is_released_by_its_own_checkout_or_when_it_is_over() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let release = async |cart, at| store.record_release(&key(&made), &hold_key(cart), at).await.unwrap();
        check_refused(store, &made, release("cart-1", hours(1)).await).await;
        assert_eq!(store.record_hold(&key(&made), &hold("cart-1", hours(2)), hours(1)).await.unwrap(), Recorded::First);
        let held = read(store, &made).await;
        check_refused(store, &held, release("cart-2", later(hours(2), -1)).await).await;
        assert_eq!(release("cart-1", hours(1)).await, Recorded::First);
        assert_eq!(read(store, &made).await, made);
        assert_eq!(store.record_hold(&key(&made), &hold("cart-1", hours(2)), hours(1)).await.unwrap(), Recorded::First);
        assert_eq!(release("cart-2", hours(2)).await, Recorded::First, "over");
        assert_eq!(store.record_release(&nobodys(), &hold_key("cart-1"), noon()).await.unwrap(), Recorded::Missing);
    })
    .await;
}

#[tokio::test]
async fn a_voucher_is_used_only_accepted_and_within_its_time() {
    with_store(async |store, _| {
        let unaccepted = issued(store, "c-issued").await;
        check_refused(store, &unaccepted, redeem(store, &unaccepted, "o-1", None, hours(1)).await).await;
        let until = hold("cart-1", hours(2));
        let answer = store.record_hold(&key(&unaccepted), &until, hours(1)).await.unwrap();
        check_refused(store, &unaccepted, answer).await;
        for status in Status::ALL.into_iter().filter(|status| *status != Status::Accepted) {
            let made = Voucher { status, ..accepted(store, "c-status").await };
            store.restore(&made).await.unwrap();
            check_refused(store, &made, redeem(store, &made, "o-1", None, hours(1)).await).await;
            check_refused(store, &made, store.record_hold(&key(&made), &until, hours(1)).await.unwrap()).await;
        }
        let end = hours(72);
        let over = accepted(store, "c-over").await;
        check_refused(store, &over, redeem(store, &over, "o-1", None, end).await).await;
        check_refused(store, &over, store.record_hold(&key(&over), &until, end).await.unwrap()).await;
        assert_eq!(redeem(store, &over, "o-1", None, later(end, -1)).await, Recorded::First);
        let early = Voucher { valid_from: hours(2), ..accepted(store, "c-early").await };
        store.restore(&early).await.unwrap();
        check_refused(store, &early, redeem(store, &early, "o-1", None, later(hours(2), -1)).await).await;
        let answer = store.record_hold(&key(&early), &until, later(hours(2), -1)).await.unwrap();
        check_refused(store, &early, answer).await;
        assert_eq!(redeem(store, &early, "o-1", None, hours(2)).await, Recorded::First);
        let key = nobodys();
        let redeem =
            Redeem { key: &key, replaces: None, redemption: &redemption("o-1", noon()), hold: None, capped: None };
        assert_eq!(store.record_redemption(&redeem).await.unwrap(), Recorded::Missing);
        assert_eq!(store.record_hold(&key, &until, hours(1)).await.unwrap(), Recorded::Missing);
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
        let decided = made.redeem(&order, &basket(2_000), None, &circumstances(&definition, hours(1)));
        let Redeeming::Redeem(redemption) = decided else { unreachable!("{decided:?}") };
        let redeem = Redeem { key: &key(&made), replaces: None, redemption: &redemption, hold: None, capped: None };
        assert_eq!(store.record_redemption(&redeem).await.unwrap(), Recorded::First);
        let after = read(store, &made).await;
        assert_eq!((after.status, after.redemptions, after.stages.redeemed_at), (Status::Redeemed, 1, Some(hours(1))));
        assert_eq!(after.redemption.as_ref(), Some(&redemption));
        check_refused(store, &after, store.record_redemption(&redeem).await.unwrap()).await;
        let again = after.redeem(&order, &basket(2_000), None, &circumstances(&definition, hours(2)));
        assert!(matches!(again, Redeeming::Repeat(_)), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn of_64_who_redeem_at_once_one_does() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        let orders: Vec<String> = (0..64).map(|number| format!("o-{number}")).collect();
        let answers = join_all(orders.iter().map(|order| redeem(store, &made, order, None, hours(1)))).await;
        let after = read(store, &made).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Recorded::First).count(), 1);
        let others = answers.iter().filter(|answer| **answer == Recorded::Otherwise(Box::new(after.clone())));
        assert_eq!(others.count(), 63, "each is shown who was first");
        assert_eq!(after.redemptions, 1);
    })
    .await;
}

/// A campaign with a cap of 12.00 EUR on what is redeemed.
async fn capped(store: &Store) -> domain::campaign::Campaign {
    running(store, "cmp_1", definition(json!({"caps": {"redeemed": {"amount": 1_200, "currency": "EUR"}}})), 1).await
}

async fn redeem_capped(store: &Store, voucher: &Voucher, order: &str) -> Result<Recorded, StoreError> {
    let redemption = redemption(order, hours(1));
    let redeem = Redeem {
        key: &key(voucher),
        replaces: None,
        redemption: &redemption,
        hold: None,
        capped: Some(&voucher.campaign),
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
        let first = answers.iter().filter(|answer| matches!(answer, Ok(Recorded::First))).count();
        let others = answers.iter().filter(|answer| matches!(answer, Ok(Recorded::Otherwise(_)))).count();
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
        let answers = join_all(vouchers.iter().map(|voucher| redeem_capped(store, voucher, "o-1"))).await;
        let answers: Vec<Recorded> = answers.into_iter().map(Result::unwrap).collect();
        let (first, refused): (Vec<_>, Vec<_>) =
            vouchers.iter().zip(&answers).partition(|(_, answer)| **answer == Recorded::First);
        assert_eq!((first.len(), left(store).await), (2, 200), "{answers:?}");
        for (voucher, answer) in &refused {
            assert_eq!(**answer, Recorded::Capped);
            assert_eq!(&read(store, voucher).await, *voucher, "untouched");
        }
        let (waiting, _) = refused[0];
        let used = read(store, first[0].0).await;
        let answer = reverse(store, &used, &ReversalCause::OrderCancelled, true).await;
        assert_eq!((answer, left(store).await), (Recorded::First, 700));
        assert_eq!(redeem_capped(store, waiting, "o-1").await.unwrap(), Recorded::First);
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
        let redeem = Redeem {
            key: &key(&made),
            replaces: None,
            redemption: &redemption,
            hold: None,
            capped: Some(&made.campaign),
        };
        assert_eq!(store.record_redemption(&redeem).await.unwrap(), Recorded::First);
        assert_eq!(left(store).await, 1_200);
    })
    .await;
}

fn decide(voucher: &Voucher, cause: &ReversalCause) -> Reversed {
    let definition = five_off();
    let order = voucher.redemption.as_ref().unwrap().order.clone();
    match voucher.reverse(&order, cause, &circumstances(&definition, hours(2))) {
        Reversing::Reverse(reversed) => reversed,
        other => unreachable!("{other:?}"),
    }
}

/// Decided on `voucher` as it is given.
async fn reverse(store: &Store, voucher: &Voucher, cause: &ReversalCause, capped: bool) -> Recorded {
    let reversed = decide(voucher, cause);
    let before = voucher.redemption.as_ref().unwrap();
    let capped = capped.then_some(&voucher.campaign);
    store.record_reversal(&key(voucher), before, &reversed, capped, hours(2)).await.unwrap()
}

fn refund(id: &str, units: i64) -> ReversalCause {
    ReversalCause::Refunded { refund: RefundId::parse(id).unwrap(), amount: minor(units), remaining: None }
}

#[tokio::test]
async fn a_partial_refund_takes_its_share_and_leaves_the_voucher_redeemed() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        assert_eq!(redeem(store, &made, "o-1", None, hours(1)).await, Recorded::First);
        let used = read(store, &made).await;
        assert_eq!(reverse(store, &used, &refund("r-1", 300), false).await, Recorded::First);
        let once = read(store, &made).await;
        assert_eq!((once.status, once.reversals, once.stages.reversed_at), (Status::Redeemed, 0, None));
        let left = once.redemption.clone().unwrap();
        assert_eq!((left.returned, left.refunded, left.refunds.len()), (minor(100), minor(300), 1));
        assert_eq!(reverse(store, &once, &refund("r-2", 300), false).await, Recorded::First);
        assert_eq!(read(store, &made).await.redemption.unwrap().returned, minor(200));
    })
    .await;
}

#[tokio::test]
async fn a_reversal_decided_on_an_older_redemption_is_not_written() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        assert_eq!(redeem(store, &made, "o-1", None, hours(1)).await, Recorded::First);
        let used = read(store, &made).await;
        let refunds = [refund("r-1", 300), refund("r-2", 600), ReversalCause::OrderCancelled];
        let answers = join_all(refunds.iter().map(|cause| reverse(store, &used, cause, false))).await;
        let after = read(store, &made).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Recorded::First).count(), 1);
        let others = answers.iter().filter(|answer| **answer == Recorded::Otherwise(Box::new(after.clone())));
        assert_eq!(others.count(), 2, "{answers:?}");
        let key = nobodys();
        let reversed = decide(&used, &ReversalCause::OrderCancelled);
        let before = used.redemption.as_ref().unwrap();
        let answer = store.record_reversal(&key, before, &reversed, None, hours(2)).await.unwrap();
        assert_eq!((answer, store.voucher(&key).await.unwrap()), (Recorded::Missing, None));
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_order_makes_the_voucher_usable_again_with_its_first_dates_kept() {
    with_store(async |store, _| {
        let made = accepted(store, "c-1").await;
        assert_eq!(redeem(store, &made, "o-1", None, hours(1)).await, Recorded::First);
        let used = read(store, &made).await;
        assert_eq!(reverse(store, &used, &ReversalCause::OrderCancelled, false).await, Recorded::First);
        let back = read(store, &made).await;
        assert_eq!((back.status, back.reversals, back.stages.reversed_at), (Status::Accepted, 1, Some(hours(2))));
        assert_eq!(back.redemption.as_ref().unwrap().returned, minor(500));
        // who does not know of the first redemption would lose it for the books
        let blind = Redeem {
            key: &key(&made),
            replaces: None,
            redemption: &redemption("o-2", hours(3)),
            hold: None,
            capped: None,
        };
        check_refused(store, &back, store.record_redemption(&blind).await.unwrap()).await;
        assert_eq!(redeem(store, &made, "o-2", None, hours(3)).await, Recorded::First);
        let again = read(store, &made).await;
        assert_eq!((again.redemptions, again.reversals, again.status), (2, 1, Status::Redeemed));
        assert_eq!((again.stages.redeemed_at, again.stages.reversed_at), (Some(hours(1)), Some(hours(2))));
        assert_eq!(again.redemption, Some(redemption("o-2", hours(3))));
        assert_eq!(again.undone, [Undone { at: hours(1), discount: minor(0), revenue: minor(0) }]);
        // the first order's cancellation once more: nothing of the second's
        let reversed = decide(&used, &ReversalCause::OrderCancelled);
        let before = used.redemption.as_ref().unwrap();
        let answer = store.record_reversal(&key(&made), before, &reversed, None, hours(4)).await.unwrap();
        check_refused(store, &again, answer).await;
    })
    .await;
}

#[tokio::test]
async fn the_reason_of_a_refusal_is_kept_and_makes_no_voucher() {
    with_store(async |store, tables| {
        let made = accepted(store, "c-1").await;
        store.note_refusal(&key(&made), "redeem", Refusal::Held, hours(1)).await.unwrap();
        assert_eq!(read(store, &made).await, made);
        let item = tables
            .client
            .get_item()
            .table_name(tables.lookup("VOUCHERS_TABLE").unwrap())
            .key("customer_id", testkit::AttributeValue::S(made.customer.to_string()))
            .key("voucher_id", testkit::AttributeValue::S(made.id.to_string()))
            .send()
            .await
            .unwrap()
            .item
            .unwrap();
        assert_eq!(item["refused"].as_s().unwrap(), "redeem:held_by_another_checkout");
        store.note_refusal(&nobodys(), "redeem", Refusal::Expired, hours(1)).await.unwrap();
        assert_eq!(store.voucher(&nobodys()).await.unwrap(), None);
    })
    .await;
}
