//! Checkouts: every refusal by itself, sets of vouchers, holds and what they reserve, and random
//! lives of a voucher on several orders whose invariants are checked after every step.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    campaign::{
        definition::Definition,
        offer::{DiscountRefusal, PercentBase},
        redeeming::RevokeScope,
    },
    customer::profile::Customer,
    kernel::id::OrderEventId,
    voucher::{
        order_event::{OrderChange, OrderDecision, OrderEvent, Refund, decide_order_event},
        record::{
            AcceptDecision, DeclineDecision, VoucherStages,
            tests::{accepted, after, basket, conditions, definition, ids, issued, minor, noon},
        },
    },
};

fn order(id: &str) -> OrderId {
    OrderId::parse(id).unwrap()
}

fn cart(id: &str) -> HoldKey {
    HoldKey::parse(id).unwrap()
}

fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}

const ONE_VOUCHER: CombinationPolicy = CombinationPolicy {
    max_vouchers: 1,
    first: crate::voucher::combination::FirstDiscount::Percent,
    percent_of: PercentBase::Reduced,
};

fn checkout<'a>(
    basket: &'a Basket,
    vouchers: &'a [CheckoutVoucher<'a>],
    hold: Option<&'a HoldKey>,
) -> Checkout<'a> {
    let now = vouchers.first().map_or(noon(), |it| it.conditions.now);
    Checkout { basket, vouchers, hold, policy: &ONE_VOUCHER, currency: euros(), now }
}

fn price(
    voucher: &Voucher,
    basket: &Basket,
    conditions: VoucherConditions<'_>,
) -> Result<MinorUnits, VoucherRefusal> {
    match checkout(basket, &[CheckoutVoucher { voucher, conditions }], None).price() {
        Ok(discounts) => Ok(discounts[0].amounts.total()),
        Err(CheckoutRefusal::Voucher(_, why)) => Err(why),
        Err(other) => panic!("{other:?}"),
    }
}

fn hold(
    voucher: &Voucher,
    key: &HoldKey,
    seconds: i64,
    conditions: VoucherConditions<'_>,
) -> Result<CheckoutHold, VoucherRefusal> {
    let basket = basket(2_000);
    let vouchers = [CheckoutVoucher { voucher, conditions }];
    match checkout(&basket, &vouchers, None).hold(key, seconds) {
        Ok(holds) => Ok(holds.vouchers.into_iter().next().unwrap().1),
        Err(CheckoutRefusal::Voucher(_, why)) => Err(why),
        Err(other) => panic!("{other:?}"),
    }
}

fn redeem(
    voucher: &Voucher,
    id: &str,
    basket: &Basket,
    key: Option<&HoldKey>,
    conditions: VoucherConditions<'_>,
    stored: Option<&LedgerOrder>,
) -> RedeemDecision {
    let vouchers = [CheckoutVoucher { voucher, conditions }];
    let request = format!("request-{}", voucher.redemptions);
    checkout(basket, &vouchers, key).redeem(stored, &order(id), &voucher.customer, &request)
}

fn refused(voucher: &Voucher, why: VoucherRefusal) -> RedeemDecision {
    RedeemDecision::Refuse(CheckoutRefusal::Voucher(voucher.id.clone(), why))
}

#[track_caller]
fn check_refused(voucher: &Voucher, now: VoucherConditions<'_>, expected: VoucherRefusal) {
    let basket = basket(2_000);
    assert_eq!(price(voucher, &basket, now), Err(expected));
    assert_eq!(hold(voucher, &cart("k"), 60, now), Err(expected));
    let answer = redeem(voucher, "o-9", &basket, None, now, None);
    assert_eq!(answer, refused(voucher, expected));
}

#[test]
fn each_state_has_its_own_reason_to_refuse() {
    let definition = definition(json!({}));
    for status in VoucherStatus::ALL {
        let voucher = Voucher { status, ..accepted(&definition) };
        let now = conditions(&definition, after(1));
        let expected = match status {
            VoucherStatus::Accepted => {
                assert_eq!(price(&voucher, &basket(2_000), now), Ok(minor(500)));
                continue;
            }
            VoucherStatus::Issued => VoucherRefusal::NotAccepted,
            VoucherStatus::Redeemed => VoucherRefusal::AlreadyRedeemed,
            VoucherStatus::Reversed => VoucherRefusal::Burned,
            VoucherStatus::Declined => VoucherRefusal::AlreadyDeclined,
            VoucherStatus::Expired => VoucherRefusal::Expired,
            VoucherStatus::Revoked => VoucherRefusal::Revoked,
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {
                VoucherRefusal::Unknown
            }
        };
        check_refused(&voucher, now, expected);
    }
}

#[test]
fn time_is_checked_to_the_limit_itself() {
    let definition = definition(json!({}));
    let voucher = Voucher { valid_from: after(2), ..accepted(&definition) };
    let nanosecond = SignedDuration::from_nanos(1);
    let at = |now| conditions(&definition, now);
    let just_before = |time: Timestamp| time.checked_sub(nanosecond).unwrap();
    check_refused(&voucher, at(just_before(after(2))), VoucherRefusal::NotYetValid);
    assert!(price(&voucher, &basket(2_000), at(after(2))).is_ok());
    assert!(price(&voucher, &basket(2_000), at(just_before(after(72)))).is_ok());
    check_refused(&voucher, at(after(72)), VoucherRefusal::Expired);
    let revoke = Revocation::of_every_voucher(RevokeScope::All);
    let revoked = VoucherConditions { revoke, ..at(after(3)) };
    check_refused(&voucher, revoked, VoucherRefusal::Revoked);
}

#[test]
fn a_suspension_stops_every_use_but_the_acceptance() {
    let definition = definition(json!({}));
    let suspended = |now| VoucherConditions {
        redeeming: RedeemingState::Suspended,
        ..conditions(&definition, now)
    };
    check_refused(&accepted(&definition), suspended(after(1)), VoucherRefusal::RedeemingSuspended);
    let early = Voucher { valid_from: after(2), ..accepted(&definition) };
    check_refused(&early, suspended(after(1)), VoucherRefusal::NotYetValid);
    let answer = issued(&definition).accept(&suspended(after(1)));
    assert!(matches!(answer, AcceptDecision::Accept { .. }), "{answer:?}");
}

#[test]
fn a_granted_hold_is_redeemable_until_it_ends_whatever_operators_stop() {
    let definition = definition(json!({}));
    let rules = ONE_VOUCHER.rules();
    let granted = CheckoutHold { key: cart("k-1"), until: after(2), reserved: minor(0), rules };
    let held = Voucher { hold: Some(granted), ..accepted(&definition) };
    let just_before = after(2).checked_sub(SignedDuration::from_nanos(1)).unwrap();
    let suspended = VoucherConditions {
        redeeming: RedeemingState::Suspended,
        ..conditions(&definition, just_before)
    };
    let revoke = Revocation::of_every_voucher(RevokeScope::All);
    let revoked = VoucherConditions { revoke, ..conditions(&definition, just_before) };
    for (stopped, why) in
        [(suspended, VoucherRefusal::RedeemingSuspended), (revoked, VoucherRefusal::Revoked)]
    {
        let redeem = |key: Option<&HoldKey>, stopped: VoucherConditions<'_>| {
            redeem(&held, "o-1", &basket(2_000), key, stopped, None)
        };
        let answer = redeem(Some(&cart("k-1")), stopped);
        assert!(matches!(answer, RedeemDecision::Redeem(_)), "{why:?}: {answer:?}");
        assert_eq!(redeem(None, stopped), refused(&held, why));
        assert_eq!(redeem(Some(&cart("k-2")), stopped), refused(&held, why));
        let over = VoucherConditions { now: after(2), ..stopped };
        assert_eq!(redeem(Some(&cart("k-1")), over), refused(&held, why), "the hold is over");
        assert_eq!(hold(&held, &cart("k-1"), 60, stopped), Err(why), "a hold is not made longer");
    }
}

#[test]
fn a_basket_that_does_not_fit_says_why() {
    let definition = definition(json!({}));
    let (voucher, now) = (accepted(&definition), conditions(&definition, after(1)));
    let below = DiscountRefusal::BelowMinimum;
    assert_eq!(price(&voucher, &basket(999), now), Err(VoucherRefusal::Basket(below)));
    let mut groceries = basket(2_000);
    groceries.lines[0].vertical = "groceries".into();
    let out = VoucherRefusal::Basket(DiscountRefusal::OutOfScope);
    assert_eq!(price(&voucher, &groceries, now), Err(out));
    let mut dollars = basket(2_000);
    dollars.currency = Currency::parse("USD").unwrap();
    let refusal = CheckoutRefusal::OtherCurrency { expected: euros() };
    let vouchers = [CheckoutVoucher { voucher: &voucher, conditions: now }];
    assert_eq!(checkout(&dollars, &vouchers, None).price(), Err(refusal));
}

#[test]
fn a_hold_belongs_to_its_checkout_until_it_ends() {
    let definition = definition(json!({}));
    let at = |now| conditions(&definition, now);
    let granted = hold(&accepted(&definition), &cart("k-1"), 3_600, at(after(1))).unwrap();
    assert_eq!((granted.until, granted.reserved), (after(2), minor(0)), "nothing is capped");
    let held = Voucher { hold: Some(granted), ..accepted(&definition) };
    let soon = at(after(2).checked_sub(SignedDuration::from_nanos(1)).unwrap());
    assert_eq!(hold(&held, &cart("k-2"), 60, soon), Err(VoucherRefusal::Held));
    assert!(hold(&held, &cart("k-1"), 60, soon).is_ok());
    for (key, expected) in [(None, false), (Some(cart("k-2")), false), (Some(cart("k-1")), true)] {
        let answer = redeem(&held, "o-1", &basket(2_000), key.as_ref(), soon, None);
        assert_eq!(matches!(answer, RedeemDecision::Redeem(_)), expected, "{key:?}: {answer:?}");
        let later = redeem(&held, "o-1", &basket(2_000), key.as_ref(), at(after(2)), None);
        assert!(matches!(later, RedeemDecision::Redeem(_)), "{later:?}");
    }
    assert_eq!(held.release(&cart("k-2"), soon.now), ReleaseDecision::Refuse(VoucherRefusal::Held));
    assert_eq!(held.release(&cart("k-1"), soon.now), ReleaseDecision::Release);
    assert_eq!(held.release(&cart("k-2"), after(2)), ReleaseDecision::Release);
    assert_eq!(accepted(&definition).release(&cart("k-1"), noon()), ReleaseDecision::Repeat);
}

#[test]
fn a_hold_is_cut_at_the_vouchers_end() {
    let definition = definition(json!({}));
    let now = conditions(&definition, after(71));
    let granted = hold(&accepted(&definition), &cart("k-1"), 7_200, now).unwrap();
    assert_eq!(granted.until, after(72), "the voucher ends then");
}

#[test]
fn a_hold_reserves_the_cap_and_the_redemption_charges_the_difference() {
    let capped = definition(json!({"caps": {"redeemed": {"amount": 10_000, "currency": "EUR"}}}));
    let now = conditions(&capped, after(1));
    let voucher = accepted(&capped);
    let charge = |voucher: &Voucher, basket: &Basket| match redeem(
        voucher,
        "o-1",
        basket,
        Some(&cart("k")),
        now,
        None,
    ) {
        RedeemDecision::Redeem(found) => found.redemptions[0].cap_charge,
        other => panic!("{other:?}"),
    };
    assert_eq!(charge(&voucher, &basket(2_000)), 500);
    let granted = hold(&voucher, &cart("k"), 60, now).unwrap();
    assert_eq!(granted.reserved, minor(500));
    let held = Voucher { hold: Some(granted), ..voucher };
    assert_eq!(charge(&held, &basket(2_000)), 0);
}

/// Builds a voucher redeemed on order `o-1` of 20.00 EUR plus the delivery fee, and that order.
fn redeemed(definition: &Definition) -> (Voucher, LedgerOrder) {
    let voucher = accepted(definition);
    let now = conditions(definition, after(1));
    match redeem(&voucher, "o-1", &basket(2_000), None, now, None) {
        RedeemDecision::Redeem(found) => {
            let redemption = Some(found.redemptions[0].redemption.clone());
            let status = VoucherStatus::Redeemed;
            (Voucher { status, redemption, redemptions: 1, ..voucher }, found.order)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn equal_content_is_a_repeat_and_other_content_is_refused() {
    let definition = definition(json!({}));
    let (voucher, stored) = redeemed(&definition);
    let first = voucher.redemption.clone().unwrap();
    assert_eq!((first.discount, first.revenue), (minor(500), minor(1_799)));
    let late = conditions(&definition, after(9_999));
    let again = redeem(&voucher, "o-1", &basket(2_000), Some(&cart("k")), late, Some(&stored));
    assert_eq!(again, RedeemDecision::Repeat);
    let refuse = |answer: RedeemDecision, why: CheckoutRefusal| {
        assert_eq!(answer, RedeemDecision::Refuse(why));
    };
    let otherwise = redeem(&voucher, "o-1", &basket(1_999), None, late, Some(&stored));
    refuse(otherwise, CheckoutRefusal::RedeemedOtherwise);
    let second = Voucher { id: VoucherId::parse("vch_2").unwrap(), ..accepted(&definition) };
    let more = redeem(&second, "o-1", &basket(2_000), None, late, Some(&stored));
    refuse(more, CheckoutRefusal::RedeemedOtherwise);
    let stranger = Voucher { customer: CustomerId::parse("c-2").unwrap(), ..second };
    let strange = redeem(&stranger, "o-1", &basket(2_000), None, late, Some(&stored));
    refuse(strange, CheckoutRefusal::OtherBuyer);
    let elsewhere = redeem(&voucher, "o-2", &basket(2_000), None, late, None);
    assert_eq!(elsewhere, refused(&voucher, VoucherRefusal::AlreadyRedeemed));
}

#[test]
fn a_repeat_is_one_although_a_voucher_was_freed_or_the_order_edited_since() {
    let definition = definition(json!({}));
    let (voucher, mut stored) = redeemed(&definition);
    let other = AppliedVoucher {
        voucher: VoucherId::parse("vch_2").unwrap(),
        reversed_because: Some("charged twice".to_owned()),
        ..stored.discounted.vouchers[0].clone()
    };
    stored.discounted.vouchers.push(other.clone());
    let second = Voucher { id: other.voucher, ..voucher.clone() };
    let late = conditions(&definition, after(9_999));
    let set = [&voucher, &second].map(|voucher| CheckoutVoucher { voucher, conditions: late });
    let ask = |basket: &Basket, request: &str, set: &[CheckoutVoucher<'_>]| {
        let checkout = Checkout { basket, vouchers: set, ..checkout(basket, &[], None) };
        checkout.redeem(Some(&stored), &order("o-1"), &voucher.customer, request)
    };
    let otherwise = RedeemDecision::Refuse(CheckoutRefusal::RedeemedOtherwise);
    assert_eq!(ask(&basket(2_000), "another", &set), RedeemDecision::Repeat, "one was freed");
    assert_eq!(ask(&basket(2_000), "request-0", &set[..1]), otherwise, "a smaller set");
    for request in ["another", "request-0"] {
        assert_eq!(ask(&basket(2_001), request, &set), otherwise, "another basket: {request}");
        let dollars = Basket { currency: Currency::parse("USD").unwrap(), ..basket(2_000) };
        assert_eq!(ask(&dollars, request, &set), otherwise, "another currency: {request}");
    }
}

#[test]
fn a_repeat_after_edits_is_told_by_the_basket_that_was_redeemed() {
    let definition = definition(json!({}));
    let (voucher, stored) = redeemed(&definition);
    let tell = |stored: &LedgerOrder, id: &str, change: OrderChange| {
        let event = OrderEvent {
            cart: None,
            event: OrderEventId::parse(id).unwrap(),
            order: order("o-1"),
            customer: voucher.customer.clone(),
            at: noon(),
            change,
        };
        let customer = Customer::new(voucher.customer.clone());
        match decide_order_event(Some(stored), &event, &customer, euros(), after(9)) {
            OrderDecision::Record(update) => update.order,
            other => panic!("{event:?}: {other:?}"),
        }
    };
    let placed = tell(&stored, "e-1", OrderChange::Placed { basket: basket(2_000) });
    let edited = tell(&placed, "e-2", OrderChange::Edited { basket: basket(1_900) });
    let edited = tell(&edited, "e-3", OrderChange::Edited { basket: basket(1_800) });
    let late = conditions(&definition, after(9));
    let ask = |units: i64| redeem(&voucher, "o-1", &basket(units), None, late, Some(&edited));
    assert_eq!(ask(2_000), RedeemDecision::Repeat, "its caller knows of no edit");
    for other in [1_900, 1_800] {
        let otherwise = RedeemDecision::Refuse(CheckoutRefusal::RedeemedOtherwise);
        assert_eq!(ask(other), otherwise, "{other} was not redeemed");
    }
}

#[test]
fn a_request_that_comes_again_after_the_cancellation_redeems_nothing() {
    let definition = definition(json!({}));
    let (voucher, mut stored) = redeemed(&definition);
    stored.stage = OrderStage::Cancelled;
    stored.returns.cancelled = true;
    let freed = Voucher { status: VoucherStatus::Accepted, redemptions: 0, ..voucher };
    let now = conditions(&definition, after(2));
    let again = redeem(&freed, "o-1", &basket(2_000), None, now, Some(&stored));
    assert_eq!(again, RedeemDecision::Refuse(CheckoutRefusal::RequestUsed));
    let anew = Voucher { redemptions: 1, ..freed };
    let answer = redeem(&anew, "o-1", &basket(2_000), None, now, Some(&stored));
    assert!(matches!(answer, RedeemDecision::Redeem(_)), "{answer:?}");
}

#[test]
fn a_set_that_is_held_stays_allowed_when_the_tenant_allows_fewer() {
    let combines = definition(json!({"offer": {
        "benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}},
        "combination": {"group": "a", "with": ["a"]},
    }}));
    let key = cart("cart-1");
    let rules = ONE_VOUCHER.rules();
    let held = CheckoutHold { key: key.clone(), until: after(2), reserved: minor(0), rules };
    let one = Voucher { hold: Some(held.clone()), ..accepted(&combines) };
    let other = Voucher { id: VoucherId::parse("vch_2").unwrap(), ..one.clone() };
    let price = |vouchers: [&Voucher; 2], hold: Option<&HoldKey>, now| {
        let conditions = conditions(&combines, now);
        let vouchers = vouchers.map(|voucher| CheckoutVoucher { voucher, conditions });
        checkout(&basket(1_500), &vouchers, hold).price().map(|_| ())
    };
    let too_many = Err(CheckoutRefusal::TooMany { most: 1 });
    assert_eq!(price([&one, &other], Some(&key), after(1)), Ok(()));
    assert_eq!(price([&one, &other], Some(&key), after(2)), too_many, "the hold is over");
    let free = Voucher { hold: None, ..other.clone() };
    assert_eq!(price([&one, &free], Some(&key), after(1)), too_many, "one of them is not held");
}

#[test]
fn a_held_set_is_redeemed_for_the_discount_that_was_promised_whatever_the_tenant_changes() {
    let combines = |benefit: serde_json::Value| {
        let combination = json!({"group": "a", "with": ["a"]});
        definition(json!({"offer": {"benefit": benefit, "combination": combination}}))
    };
    let euros_off =
        combines(json!({"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}));
    let cap = json!({"amount": 5_000, "currency": "EUR"});
    let half_off = combines(json!({"percent": {"percent": 50, "cap": cap}}));
    let one = accepted(&euros_off);
    let other = Voucher { id: VoucherId::parse("vch_2").unwrap(), ..accepted(&half_off) };
    let (basket, key) = (basket(2_000), cart("cart-1"));
    let then = CombinationPolicy { max_vouchers: 2, ..ONE_VOUCHER };
    let changed = CombinationPolicy {
        max_vouchers: 1,
        first: crate::voucher::combination::FirstDiscount::FixedAmount,
        percent_of: PercentBase::Original,
    };
    let set = |one, other| {
        [(one, &euros_off), (other, &half_off)].map(|(voucher, definition)| CheckoutVoucher {
            voucher,
            conditions: conditions(definition, after(1)),
        })
    };
    let free = set(&one, &other);
    let asked = Checkout { policy: &then, ..checkout(&basket, &free, None) };
    let holds = asked.hold(&key, 600).unwrap();
    let promised: Vec<VoucherDiscount> =
        holds.vouchers.iter().map(|(discount, _)| discount.clone()).collect();
    let hold_of = |voucher: &Voucher| {
        let hold = holds.vouchers.iter().find(|(discount, _)| discount.voucher == voucher.id);
        Voucher { hold: hold.map(|(_, hold)| hold.clone()), ..voucher.clone() }
    };
    let (one, other) = (hold_of(&one), hold_of(&other));
    let held = set(&one, &other);
    let later = Checkout { policy: &changed, ..checkout(&basket, &held, Some(&key)) };
    assert_eq!(later.price(), Ok(promised));
    let RedeemDecision::Redeem(found) = later.redeem(None, &order("o-1"), &one.customer, "r")
    else {
        panic!("it is held")
    };
    assert_eq!(found.order.discounted.percent_of, PercentBase::Reduced, "edits follow the promise");
    let renewed = later.hold(&key, 600).unwrap();
    assert!(renewed.vouchers.iter().all(|(_, hold)| hold.rules == then.rules()));
    let unheld = Checkout { policy: &changed, ..checkout(&basket, &free, Some(&key)) }.price();
    assert_eq!(unheld, Err(CheckoutRefusal::TooMany { most: 1 }));
}

#[test]
fn a_set_is_redeemed_whole_or_not_at_all() {
    let combines = |units: i64| {
        definition(json!({"offer": {
            "benefit": {"fixed_amount": {"amount": {"amount": units, "currency": "EUR"}}},
            "combination": {"group": "a", "with": ["a"]},
        }}))
    };
    let (ten, five) = (combines(1_000), combines(500));
    let one = accepted(&ten);
    let other = Voucher { id: VoucherId::parse("vch_2").unwrap(), ..accepted(&five) };
    let (basket, two) = (basket(1_200), CombinationPolicy { max_vouchers: 2, ..ONE_VOUCHER });
    let vouchers = [(&one, &ten), (&other, &five)].map(|(voucher, definition)| CheckoutVoucher {
        voucher,
        conditions: conditions(definition, after(1)),
    });
    let both = Checkout { policy: &two, ..checkout(&basket, &vouchers, None) };
    let RedeemDecision::Redeem(found) = both.redeem(None, &order("o-1"), &one.customer, "request")
    else {
        panic!("both apply")
    };
    let given: Vec<i64> =
        found.redemptions.iter().map(|it| it.redemption.discount.units()).collect();
    assert_eq!(
        given.iter().sum::<i64>(),
        1_200,
        "the goods are free and the fee is not: {given:?}"
    );
    let revenue: i64 = found.redemptions.iter().map(|it| it.redemption.revenue.units()).sum();
    assert_eq!(revenue, 299, "the revenue counts once");
    let one_only = checkout(&basket, &vouchers, None).price();
    assert_eq!(one_only, Err(CheckoutRefusal::TooMany { most: 1 }));
    let expired = Voucher { redeem_by: Some(noon()), ..other.clone() };
    let vouchers = [vouchers[0], CheckoutVoucher { voucher: &expired, ..vouchers[1] }];
    let refusal = Checkout { vouchers: &vouchers, ..both }.price();
    let expected = CheckoutRefusal::Voucher(expired.id.clone(), VoucherRefusal::Expired);
    assert_eq!(refusal, Err(expected));
}

/// An event in a voucher's life. Names are small numbers, so that repeats and conflicts are common.
#[derive(Debug, Clone)]
pub(crate) enum VoucherEvent {
    Accept,
    Decline,
    Hold {
        cart: u8,
        seconds: i64,
    },
    Release {
        cart: u8,
    },
    /// Redeems on the order and places it.
    Redeem {
        order: u8,
        cart: Option<u8>,
        basket: i64,
    },
    Cancel {
        order: u8,
    },
    Refund {
        order: u8,
        refund: u8,
        amount: i64,
        line: i64,
    },
    Edit {
        order: u8,
        edit: u8,
        basket: i64,
    },
    Wait {
        minutes: i64,
    },
}

pub(crate) fn event() -> impl Strategy<Value = VoucherEvent> {
    prop_oneof![
        3 => Just(VoucherEvent::Accept),
        1 => Just(VoucherEvent::Decline),
        2 => (0u8..3, 60i64..7_200).prop_map(|(cart, seconds)| VoucherEvent::Hold { cart, seconds }),
        1 => (0u8..3).prop_map(|cart| VoucherEvent::Release { cart }),
        6 => (0u8..4, prop::option::of(0u8..3), 500i64..3_000)
            .prop_map(|(order, cart, basket)| VoucherEvent::Redeem { order, cart, basket }),
        3 => (0u8..4).prop_map(|order| VoucherEvent::Cancel { order }),
        5 => (0u8..4, 0u8..6, 0i64..1_500, 0i64..1_500)
            .prop_map(|(order, refund, amount, line)| VoucherEvent::Refund { order, refund, amount, line }),
        2 => (0u8..4, 0u8..6, 500i64..3_000)
            .prop_map(|(order, edit, basket)| VoucherEvent::Edit { order, edit, basket }),
        3 => (1i64..2_000).prop_map(|minutes| VoucherEvent::Wait { minutes }),
    ]
}

/// One voucher, its orders and its clock. `apply_event` applies a decision as the store does.
pub(crate) struct VoucherLife {
    pub definition: Definition,
    pub voucher: Voucher,
    pub orders: BTreeMap<OrderId, LedgerOrder>,
    pub now: Timestamp,
}

impl VoucherLife {
    pub(crate) fn new(definition: Definition) -> Self {
        let voucher = issued(&definition);
        Self { definition, voucher, orders: BTreeMap::new(), now: noon() }
    }

    pub(crate) fn apply_event(&mut self, event: &VoucherEvent) {
        let before = self.voucher.clone();
        let at = conditions(&self.definition, self.now);
        let voucher = &mut self.voucher;
        match event {
            VoucherEvent::Wait { minutes } => {
                self.now = self.now.checked_add(SignedDuration::from_mins(*minutes)).unwrap();
            }
            VoucherEvent::Accept => {
                if let AcceptDecision::Accept { redeem_by } = before.accept(&at) {
                    (voucher.status, voucher.redeem_by) =
                        (VoucherStatus::Accepted, Some(redeem_by));
                    voucher.stages.accepted_at.get_or_insert(at.now);
                }
            }
            VoucherEvent::Decline => {
                if before.decline(&at) == DeclineDecision::Decline {
                    voucher.status = VoucherStatus::Declined;
                    voucher.stages.declined_at.get_or_insert(at.now);
                }
            }
            VoucherEvent::Hold { cart: key, seconds } => {
                if let Ok(granted) = hold(&before, &cart(&format!("k-{key}")), *seconds, at) {
                    voucher.hold = Some(granted);
                }
            }
            VoucherEvent::Release { cart: key } => {
                if before.release(&cart(&format!("k-{key}")), at.now) == ReleaseDecision::Release {
                    voucher.hold = None;
                }
            }
            VoucherEvent::Redeem { order, cart: key, basket: units } => {
                self.redeem(*order, key.map(|key| cart(&format!("k-{key}"))), &basket(*units));
            }
            VoucherEvent::Cancel { order } => {
                self.report(*order, "cancelled".to_owned(), OrderChange::Cancelled);
            }
            VoucherEvent::Refund { order, refund, amount, line } => {
                let refunded = OrderChange::Refunded(Refund {
                    currency: euros(),
                    lines: BTreeMap::from([(basket(0).lines[0].id.clone(), minor(*line))]),
                    delivery_fee: minor(0),
                    amount: minor(*amount),
                });
                self.report(*order, format!("refund-{refund}"), refunded);
            }
            VoucherEvent::Edit { order, edit, basket: units } => {
                let edited = OrderChange::Edited { basket: basket(*units) };
                self.report(*order, format!("edit-{edit}"), edited);
            }
        }
        self.check(&before, event);
    }

    fn redeem(&mut self, number: u8, key: Option<HoldKey>, basket: &Basket) {
        let id = format!("o-{number}");
        let now = conditions(&self.definition, self.now);
        let stored = self.orders.get(&order(&id));
        let answer = redeem(&self.voucher, &id, basket, key.as_ref(), now, stored);
        let RedeemDecision::Redeem(found) = answer else { return };
        let voucher = &mut self.voucher;
        voucher.undone_redemptions.extend(voucher.redemption.as_ref().map(|it| it.at));
        (voucher.status, voucher.hold) = (VoucherStatus::Redeemed, None);
        voucher.redemption = Some(found.redemptions[0].redemption.clone());
        voucher.stages.redeemed_at.get_or_insert(self.now);
        voucher.redemptions += 1;
        self.orders.insert(order(&id), found.order);
        let placed = OrderChange::Placed { basket: basket.clone() };
        self.report(number, format!("placed-{}", self.voucher.redemptions), placed);
    }

    /// Tells of an order, and applies what follows for the voucher.
    fn report(&mut self, number: u8, event: String, change: OrderChange) {
        let event = OrderEvent {
            cart: None,
            event: OrderEventId::parse(&event).unwrap(),
            order: order(&format!("o-{number}")),
            customer: ids().2,
            at: noon(),
            change,
        };
        let customer = Customer::new(ids().2);
        let stored = self.orders.get(&event.order);
        let decision = decide_order_event(stored, &event, &customer, euros(), self.now);
        let OrderDecision::Record(update) = decision else { return };
        assert!(update.vouchers.len() <= 1);
        for change in update.vouchers {
            let voucher = &mut self.voucher;
            assert_eq!(voucher.redemption.as_ref(), Some(&change.before), "the order knows it");
            assert_eq!(voucher.status, VoucherStatus::Redeemed);
            voucher.redemption = Some(change.after);
            if let Some(status) = change.freed_to {
                voucher.status = status;
                voucher.stages.reversed_at.get_or_insert(self.now);
                voucher.reversals += 1;
            }
        }
        self.orders.insert(event.order, update.order);
    }

    /// Asserts the invariants that hold after every step.
    fn check(&self, before: &Voucher, event: &VoucherEvent) {
        let voucher = &self.voucher;
        let in_force = u32::from(voucher.status == VoucherStatus::Redeemed);
        let undone = voucher.reversals;
        assert_eq!(voucher.redemptions, undone + in_force, "{event:?}: one in force at most");
        assert_eq!(voucher.redemption.is_some(), voucher.redemptions > 0, "{event:?}");
        if let Some(redemption) = &voucher.redemption {
            assert!(redemption.returned <= redemption.discount, "{event:?}: {redemption:?}");
            assert!(redemption.discount <= voucher.exposure, "{event:?}: {redemption:?}");
            let is_back = redemption.returned == redemption.discount;
            assert!(is_back || in_force == 1, "{event:?}: all of it came back");
            let kept = redemption.revenue == MinorUnits::ZERO || in_force == 1;
            assert!(kept, "{event:?}: no revenue is left of it");
        }
        let live = self.orders.values().flat_map(LedgerOrder::live_vouchers).count();
        assert_eq!(live, in_force as usize, "{event:?}: the orders say the same");
        if voucher.redemptions > before.redemptions {
            assert_eq!(before.status, VoucherStatus::Accepted, "{event:?}");
            let is_in_time = before.valid_from <= self.now
                && before.redeem_by.is_some_and(|limit| self.now < limit);
            assert!(is_in_time, "{event:?}");
        }
        let stages = |stages: &VoucherStages| {
            [stages.accepted_at, stages.declined_at, stages.redeemed_at, stages.reversed_at]
        };
        for (was, is) in stages(&before.stages).into_iter().zip(stages(&voucher.stages)) {
            assert!(was.is_none() || was == is, "{event:?}: a stage is set once");
        }
        let back =
            before.status == VoucherStatus::Redeemed && voucher.status == VoucherStatus::Accepted;
        let is_forward = status_rank(voucher.status) >= status_rank(before.status);
        assert!(is_forward || back, "{event:?}: {:?}", (before.status, voucher.status));
    }
}

fn status_rank(status: VoucherStatus) -> u8 {
    match status {
        VoucherStatus::Issued => 0,
        VoucherStatus::Accepted => 1,
        VoucherStatus::Redeemed => 2,
        VoucherStatus::Reversed | VoucherStatus::Declined => 3,
        VoucherStatus::Expired
        | VoucherStatus::Revoked
        | VoucherStatus::Ghost
        | VoucherStatus::Skipped
        | VoucherStatus::Failed => 4,
    }
}

pub(crate) fn policies() -> impl Strategy<Value = Definition> {
    let cancel = prop::sample::select(vec!["reissue", "burn"]);
    let refund = prop::sample::select(vec!["proportional", "none"]);
    (cancel, refund).prop_map(|(cancel, refund)| {
        definition(json!({"reversal": {"on_cancel": cancel, "on_refund": refund}}))
    })
}

proptest! {
    #[test]
    fn whatever_happens_one_redemption_is_in_force_and_no_more_comes_back_than_was_given(
        definition in policies(), events in prop::collection::vec(event(), 1..60),
    ) {
        let mut life = VoucherLife::new(definition);
        for event in &events {
            life.apply_event(event);
        }
    }

    #[test]
    fn what_is_done_twice_in_a_row_is_done_once(
        definition in policies(), events in prop::collection::vec(event(), 1..40),
    ) {
        let mut life = VoucherLife::new(definition);
        for event in &events {
            life.apply_event(event);
            let once = life.voucher.clone();
            match event {
                // A repeated hold renews its own lock.
                VoucherEvent::Hold { .. } | VoucherEvent::Wait { .. } => {}
                VoucherEvent::Accept
                | VoucherEvent::Decline
                | VoucherEvent::Release { .. }
                | VoucherEvent::Redeem { .. }
                | VoucherEvent::Cancel { .. }
                | VoucherEvent::Refund { .. }
                | VoucherEvent::Edit { .. } => {
                    life.apply_event(event);
                    prop_assert_eq!(&life.voucher, &once, "{:?}", event);
                }
            }
        }
    }
}
