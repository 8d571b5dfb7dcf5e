//! Voucher use: every refusal by itself, and random histories whose invariants are checked after
//! every step.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    campaign::{definition::Definition, offer::DiscountRefusal, redeeming::RevokeScope},
    voucher::record::{
        AcceptDecision, DeclineDecision, VoucherStages,
        tests::{accepted, after, basket, conditions, definition, issued, minor, noon},
    },
};

fn order(id: &str) -> OrderId {
    OrderId::parse(id).unwrap()
}

fn cart(id: &str) -> HoldKey {
    HoldKey::parse(id).unwrap()
}

fn refund(id: &str, units: i64) -> ReversalCause {
    ReversalCause::Refunded {
        refund: RefundId::parse(id).unwrap(),
        amount: minor(units),
        remaining: None,
    }
}

#[track_caller]
fn check_refused(
    voucher: &Voucher,
    circumstances: &VoucherConditions<'_>,
    expected: VoucherRefusal,
) {
    let basket = basket(2_000);
    assert_eq!(voucher.validate(&basket, circumstances), Err(expected));
    assert_eq!(
        voucher.hold(&cart("k"), 60, &basket, circumstances),
        HoldDecision::Refuse(expected)
    );
    assert_eq!(
        voucher.redeem(&order("o-9"), &basket, None, circumstances),
        RedeemDecision::Refuse(expected)
    );
}

#[test]
fn each_state_has_its_own_reason_to_refuse() {
    let definition = definition(json!({}));
    for status in VoucherStatus::ALL {
        let voucher = Voucher { status, ..accepted(&definition) };
        let now = conditions(&definition, after(1));
        let expected = match status {
            VoucherStatus::Accepted => {
                assert_eq!(voucher.validate(&basket(2_000), &now), Ok(minor(500)));
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
        check_refused(&voucher, &now, expected);
    }
}

#[test]
fn time_is_checked_to_the_limit_itself() {
    let definition = definition(json!({}));
    let voucher = Voucher { valid_from: after(2), ..accepted(&definition) };
    let nanosecond = SignedDuration::from_nanos(1);
    let at = |now| conditions(&definition, now);
    check_refused(
        &voucher,
        &at(after(2).checked_sub(nanosecond).unwrap()),
        VoucherRefusal::NotYetValid,
    );
    assert!(voucher.validate(&basket(2_000), &at(after(2))).is_ok());
    assert!(
        voucher.validate(&basket(2_000), &at(after(72).checked_sub(nanosecond).unwrap())).is_ok()
    );
    check_refused(&voucher, &at(after(72)), VoucherRefusal::Expired);
    let revoked = VoucherConditions {
        revoke: Revocation::of_every_voucher(RevokeScope::All),
        ..at(after(3))
    };
    check_refused(&voucher, &revoked, VoucherRefusal::Revoked);
}

#[test]
fn a_suspension_stops_every_use_but_the_acceptance() {
    let definition = definition(json!({}));
    let suspended = |now| VoucherConditions {
        redeeming: RedeemingState::Suspended,
        ..conditions(&definition, now)
    };
    check_refused(&accepted(&definition), &suspended(after(1)), VoucherRefusal::RedeemingSuspended);
    let early = Voucher { valid_from: after(2), ..accepted(&definition) };
    check_refused(&early, &suspended(after(1)), VoucherRefusal::NotYetValid);
    let answer = issued(&definition).accept(&suspended(after(1)));
    assert!(matches!(answer, AcceptDecision::Accept { .. }), "{answer:?}");
}

#[test]
fn a_granted_hold_is_redeemable_until_it_ends_whatever_operators_stop() {
    let definition = definition(json!({}));
    let hold = CheckoutHold { key: cart("k-1"), until: after(2) };
    let held = Voucher { hold: Some(hold), ..accepted(&definition) };
    let just_before = after(2).checked_sub(SignedDuration::from_nanos(1)).unwrap();
    let suspended = VoucherConditions {
        redeeming: RedeemingState::Suspended,
        ..conditions(&definition, just_before)
    };
    let revoked = VoucherConditions {
        revoke: Revocation::of_every_voucher(RevokeScope::All),
        ..conditions(&definition, just_before)
    };
    for (stopped, refusal) in
        [(suspended, VoucherRefusal::RedeemingSuspended), (revoked, VoucherRefusal::Revoked)]
    {
        let redeem = |key: Option<&HoldKey>, stopped: &VoucherConditions<'_>| {
            held.redeem(&order("o-1"), &basket(2_000), key, stopped)
        };
        let answer = redeem(Some(&cart("k-1")), &stopped);
        assert!(matches!(answer, RedeemDecision::Redeem(_)), "{refusal:?}: {answer:?}");
        let refused = RedeemDecision::Refuse(refusal);
        assert_eq!(redeem(None, &stopped), refused);
        assert_eq!(redeem(Some(&cart("k-2")), &stopped), refused);
        let over = VoucherConditions { now: after(2), ..stopped };
        assert_eq!(redeem(Some(&cart("k-1")), &over), refused, "the hold is over");
        assert_eq!(
            held.hold(&cart("k-1"), 60, &basket(2_000), &stopped),
            HoldDecision::Refuse(refusal),
            "a hold is not made longer"
        );
    }
}

#[test]
fn a_basket_that_does_not_fit_says_why() {
    let definition = definition(json!({}));
    let (voucher, now) = (accepted(&definition), conditions(&definition, after(1)));
    let why = |basket: &Basket| voucher.validate(basket, &now);
    assert_eq!(why(&basket(999)), Err(VoucherRefusal::Basket(DiscountRefusal::BelowMinimum)));
    let mut other = basket(2_000);
    other.currency = crate::kernel::money::Currency::parse("USD").unwrap();
    assert_eq!(why(&other), Err(VoucherRefusal::Basket(DiscountRefusal::OtherCurrency)));
    let mut groceries = basket(2_000);
    groceries.lines[0].vertical = "groceries".into();
    assert_eq!(why(&groceries), Err(VoucherRefusal::Basket(DiscountRefusal::OutOfScope)));
}

#[test]
fn a_hold_belongs_to_its_checkout_until_it_ends() {
    let definition = definition(json!({}));
    let at = |now| conditions(&definition, now);
    let HoldDecision::Hold { hold, discount } =
        accepted(&definition).hold(&cart("k-1"), 3_600, &basket(2_000), &at(after(1)))
    else {
        panic!("it is free")
    };
    assert_eq!((hold.until, discount), (after(2), minor(500)));
    let held = Voucher { hold: Some(hold), ..accepted(&definition) };
    let soon = at(after(2).checked_sub(SignedDuration::from_nanos(1)).unwrap());
    assert_eq!(
        held.hold(&cart("k-2"), 60, &basket(2_000), &soon),
        HoldDecision::Refuse(VoucherRefusal::Held)
    );
    assert!(matches!(
        held.hold(&cart("k-1"), 60, &basket(2_000), &soon),
        HoldDecision::Hold { .. }
    ));
    for (key, expected) in [(None, false), (Some(cart("k-2")), false), (Some(cart("k-1")), true)] {
        let answer = held.redeem(&order("o-1"), &basket(2_000), key.as_ref(), &soon);
        assert_eq!(matches!(answer, RedeemDecision::Redeem(_)), expected, "{key:?}: {answer:?}");
        let later = held.redeem(&order("o-1"), &basket(2_000), key.as_ref(), &at(after(2)));
        assert!(matches!(later, RedeemDecision::Redeem(_)), "{later:?}");
    }
    assert_eq!(held.release(&cart("k-2"), soon.now), ReleaseDecision::Refuse(VoucherRefusal::Held));
    assert_eq!(held.release(&cart("k-1"), soon.now), ReleaseDecision::Release);
    assert_eq!(held.release(&cart("k-2"), after(2)), ReleaseDecision::Release);
    assert_eq!(accepted(&definition).release(&cart("k-1"), noon()), ReleaseDecision::Repeat);
    assert!(held.validate(&basket(2_000), &soon).is_ok(), "asking is free");
}

/// Builds a voucher redeemed on order `o-1` of 20.00 EUR plus the delivery fee.
fn redeemed(definition: &Definition) -> Voucher {
    let voucher = accepted(definition);
    match voucher.redeem(&order("o-1"), &basket(2_000), None, &conditions(definition, after(1))) {
        RedeemDecision::Redeem(redemption) => Voucher {
            status: VoucherStatus::Redeemed,
            redemption: Some(redemption),
            redemptions: 1,
            ..voucher
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_order_gets_the_same_answer_whatever_else_it_says() {
    let definition = definition(json!({}));
    let voucher = redeemed(&definition);
    let first = voucher.redemption.clone().unwrap();
    assert_eq!((first.discount, first.revenue), (minor(500), minor(1_799)));
    let again = voucher.redeem(
        &order("o-1"),
        &basket(1),
        Some(&cart("k")),
        &conditions(&definition, after(9_999)),
    );
    assert_eq!(again, RedeemDecision::Repeat(first));
    let other =
        voucher.redeem(&order("o-2"), &basket(2_000), None, &conditions(&definition, after(2)));
    assert_eq!(other, RedeemDecision::Refuse(VoucherRefusal::AlreadyRedeemed));
}

fn reversed(voucher: &Voucher, cause: &ReversalCause, definition: &Definition) -> AppliedReversal {
    match voucher.reverse(&order("o-1"), cause, &conditions(definition, after(2))) {
        ReverseDecision::Reverse(reversed) => reversed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cancelled_order_gives_the_voucher_back_or_burns_it() {
    for (policy, status) in
        [("reissue", VoucherStatus::Accepted), ("burn", VoucherStatus::Reversed)]
    {
        let definition = definition(json!({"reversal": {"on_cancel": policy}}));
        let after = reversed(&redeemed(&definition), &ReversalCause::OrderCancelled, &definition);
        assert_eq!(
            (after.status, after.returned, after.refunded),
            (Some(status), minor(500), minor(1_799))
        );
        assert_eq!(
            (after.redemption.returned, after.redemption.refunded),
            (minor(500), minor(1_799))
        );
    }
}

#[test]
fn a_partial_refund_takes_its_share_of_the_discount_or_none() {
    for (policy, returned) in [("proportional", 139), ("none", 0)] {
        let definition = definition(json!({"reversal": {"on_refund": policy}}));
        let after = reversed(&redeemed(&definition), &refund("r-1", 500), &definition);
        assert_eq!(
            (after.status, after.returned, after.refunded),
            (None, minor(returned), minor(500)),
            "{policy}"
        );
    }
}

#[test]
fn an_order_that_falls_under_the_minimum_loses_the_whole_discount() {
    let definition = definition(json!({}));
    let cause = |remaining| match refund("r-1", 900) {
        ReversalCause::Refunded { refund, amount, .. } => {
            ReversalCause::Refunded { refund, amount, remaining: Some(basket(remaining)) }
        }
        ReversalCause::OrderCancelled => unreachable!(),
    };
    let enough = reversed(&redeemed(&definition), &cause(1_000), &definition);
    assert_eq!((enough.status, enough.returned), (None, minor(250)));
    let below = reversed(&redeemed(&definition), &cause(999), &definition);
    assert_eq!(
        (below.status, below.returned, below.refunded),
        (Some(VoucherStatus::Accepted), minor(500), minor(900))
    );
    assert_eq!(below.redemption.refunded, minor(900), "what was not refunded stays revenue");
}

#[test]
fn an_order_with_nothing_left_in_scope_is_below_any_minimum() {
    let mut groceries = basket(5_000);
    groceries.lines[0].vertical = "groceries".into();
    let nothing = Basket { lines: Vec::new(), ..basket(0) };
    let first_order = json!({
        "benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}},
        "minimum_basket": {"amount": 1_000, "currency": "EUR"}, "scope": {"verticals": ["food"]}, "first_order_only": true,
    });
    for definition in [definition(json!({})), definition(json!({ "offer": first_order }))] {
        // The remaining basket of a refund carries no first-order flag.
        for remaining in [groceries.clone(), nothing.clone(), basket(999)] {
            let cause = ReversalCause::Refunded {
                refund: RefundId::parse("r-1").unwrap(),
                amount: minor(900),
                remaining: Some(remaining),
            };
            let voucher = redeemed(&self::definition(json!({})));
            let after = reversed(&voucher, &cause, &definition);
            assert_eq!((after.returned, after.status), (minor(500), Some(VoucherStatus::Accepted)));
        }
    }
}

#[test]
fn a_refund_is_taken_once_and_never_more_than_was_paid() {
    let definition = definition(json!({}));
    let voucher = redeemed(&definition);
    let now = conditions(&definition, after(2));
    let over = voucher.reverse(&order("o-1"), &refund("r-1", 1_800), &now);
    assert_eq!(over, ReverseDecision::Refuse(VoucherRefusal::OverRefund));
    assert_eq!(
        voucher.reverse(&order("o-2"), &refund("r-1", 1), &now),
        ReverseDecision::Refuse(VoucherRefusal::OtherOrder)
    );
    assert_eq!(
        accepted(&definition).reverse(&order("o-1"), &refund("r-1", 1), &now),
        ReverseDecision::Refuse(VoucherRefusal::NotRedeemed)
    );
    let whole = reversed(&voucher, &refund("r-1", 1_799), &definition);
    assert_eq!(
        (whole.status, whole.returned),
        (Some(VoucherStatus::Accepted), minor(500)),
        "all of it is a cancellation"
    );
    let once = reversed(&voucher, &refund("r-1", 300), &definition);
    let once = Voucher { redemption: Some(once.redemption), ..voucher };
    let again = once.reverse(&order("o-1"), &refund("r-1", 300), &now);
    assert_eq!(again, ReverseDecision::Repeat(once.redemption.clone().unwrap()));
}

#[test]
fn so_many_refunds_are_remembered_and_no_more() {
    let definition = definition(json!({}));
    let mut voucher = redeemed(&definition);
    for number in 0..MAX_REFUNDS {
        let after = reversed(&voucher, &refund(&format!("r-{number}"), 1), &definition);
        voucher.redemption = Some(after.redemption);
    }
    let now = conditions(&definition, after(2));
    let more = voucher.reverse(&order("o-1"), &refund("r-more", 1), &now);
    assert_eq!(more, ReverseDecision::Refuse(VoucherRefusal::TooManyRefunds));
    assert!(matches!(
        voucher.reverse(&order("o-1"), &ReversalCause::OrderCancelled, &now),
        ReverseDecision::Reverse(_)
    ));
}

/// An event in a voucher's life. Names are small numbers, so that repeats and conflicts are common.
#[derive(Debug, Clone)]
pub(crate) enum VoucherEvent {
    Accept,
    Decline,
    Hold { cart: u8, seconds: i64, basket: i64 },
    Release { cart: u8 },
    Redeem { order: u8, cart: Option<u8>, basket: i64 },
    Cancel { order: u8 },
    Refund { order: u8, refund: u8, amount: i64, remaining: Option<i64> },
    Wait { minutes: i64 },
}

pub(crate) fn event() -> impl Strategy<Value = VoucherEvent> {
    prop_oneof![
        3 => Just(VoucherEvent::Accept),
        1 => Just(VoucherEvent::Decline),
        2 => (0u8..3, 60i64..7_200, 500i64..3_000).prop_map(|(cart, seconds, basket)| VoucherEvent::Hold { cart, seconds, basket }),
        1 => (0u8..3).prop_map(|cart| VoucherEvent::Release { cart }),
        6 => (0u8..4, prop::option::of(0u8..3), 500i64..3_000)
            .prop_map(|(order, cart, basket)| VoucherEvent::Redeem { order, cart, basket }),
        3 => (0u8..4).prop_map(|order| VoucherEvent::Cancel { order }),
        5 => (0u8..4, 0u8..6, 0i64..1_500, prop::option::of(0i64..3_000))
            .prop_map(|(order, refund, amount, remaining)| VoucherEvent::Refund { order, refund, amount, remaining }),
        3 => (1i64..2_000).prop_map(|minutes| VoucherEvent::Wait { minutes }),
    ]
}

/// One voucher and its clock. `apply_event` applies a decision as the store does.
pub(crate) struct VoucherLife {
    pub definition: Definition,
    pub voucher: Voucher,
    pub now: Timestamp,
}

impl VoucherLife {
    pub(crate) fn new(definition: Definition) -> Self {
        let voucher = issued(&definition);
        Self { definition, voucher, now: noon() }
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
            VoucherEvent::Hold { cart: key, seconds, basket: units } => {
                if let HoldDecision::Hold { hold, .. } =
                    before.hold(&cart(&format!("k-{key}")), *seconds, &basket(*units), &at)
                {
                    voucher.hold = Some(hold);
                }
            }
            VoucherEvent::Release { cart: key } => {
                if before.release(&cart(&format!("k-{key}")), at.now) == ReleaseDecision::Release {
                    voucher.hold = None;
                }
            }
            VoucherEvent::Redeem { order: id, cart: key, basket: units } => {
                let key = key.map(|key| cart(&format!("k-{key}")));
                if let RedeemDecision::Redeem(redemption) =
                    before.redeem(&order(&format!("o-{id}")), &basket(*units), key.as_ref(), &at)
                {
                    voucher
                        .undone_redemptions
                        .extend(voucher.redemption.as_ref().map(Redemption::to_undone));
                    (voucher.status, voucher.redemption, voucher.hold) =
                        (VoucherStatus::Redeemed, Some(redemption), None);
                    voucher.stages.redeemed_at.get_or_insert(at.now);
                    voucher.redemptions += 1;
                }
            }
            VoucherEvent::Cancel { order: id } => {
                let answer =
                    before.reverse(&order(&format!("o-{id}")), &ReversalCause::OrderCancelled, &at);
                self.apply_reversal(answer);
            }
            VoucherEvent::Refund { order: id, refund, amount, remaining } => {
                let cause = ReversalCause::Refunded {
                    refund: RefundId::parse(&format!("r-{refund}")).unwrap(),
                    amount: minor(*amount),
                    remaining: remaining.map(basket),
                };
                let answer = before.reverse(&order(&format!("o-{id}")), &cause, &at);
                self.apply_reversal(answer);
            }
        }
        self.check(&before, event);
    }

    fn apply_reversal(&mut self, answer: ReverseDecision) {
        let ReverseDecision::Reverse(reversed) = answer else {
            return;
        };
        let before = self.voucher.redemption.clone().unwrap();
        let (after, voucher) = (&reversed.redemption, &mut self.voucher);
        assert_eq!(
            before.returned.plus(reversed.returned),
            after.returned,
            "what it says is what it did"
        );
        assert_eq!(before.refunded.plus(reversed.refunded), after.refunded);
        voucher.redemption = Some(reversed.redemption);
        if let Some(status) = reversed.status {
            voucher.status = status;
            voucher.stages.reversed_at.get_or_insert(self.now);
            voucher.reversals += 1;
        }
    }

    /// Asserts the invariants that hold after every step.
    fn check(&self, before: &Voucher, event: &VoucherEvent) {
        let voucher = &self.voucher;
        let in_force = u32::from(voucher.status == VoucherStatus::Redeemed);
        assert_eq!(
            voucher.redemptions,
            voucher.reversals + in_force,
            "{event:?}: one redemption in force at most"
        );
        assert_eq!(voucher.redemption.is_some(), voucher.redemptions > 0, "{event:?}");
        if let Some(redemption) = &voucher.redemption {
            assert!(redemption.returned <= redemption.discount, "{event:?}: {redemption:?}");
            assert!(redemption.refunded <= redemption.revenue, "{event:?}: {redemption:?}");
            assert!(redemption.discount <= voucher.exposure, "{event:?}: {redemption:?}");
            assert!(
                redemption.returned == redemption.discount || in_force == 1,
                "{event:?}: all of it came back"
            );
            let refunds: BTreeSet<&RefundId> = redemption.refunds.iter().collect();
            assert_eq!(refunds.len(), redemption.refunds.len(), "{event:?}: a refund counts once");
        }
        if voucher.redemptions > before.redemptions {
            assert_eq!(before.status, VoucherStatus::Accepted, "{event:?}");
            assert!(
                before.valid_from <= self.now
                    && before.redeem_by.is_some_and(|limit| self.now < limit),
                "{event:?}"
            );
        }
        let stages = |stages: &VoucherStages| {
            [stages.accepted_at, stages.declined_at, stages.redeemed_at, stages.reversed_at]
        };
        for (was, is) in stages(&before.stages).into_iter().zip(stages(&voucher.stages)) {
            assert!(was.is_none() || was == is, "{event:?}: a stage is set once");
        }
        let back =
            before.status == VoucherStatus::Redeemed && voucher.status == VoucherStatus::Accepted;
        assert!(
            status_rank(voucher.status) >= status_rank(before.status) || back,
            "{event:?}: {:?}",
            (before.status, voucher.status)
        );
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
    fn what_is_done_twice_in_a_row_is_done_once(definition in policies(), events in prop::collection::vec(event(), 1..40)) {
        let mut life = VoucherLife::new(definition);
        for event in &events {
            life.apply_event(event);
            let once = life.voucher.clone();
            match event {
                // A repeated hold renews its own lock.
                VoucherEvent::Hold { .. } | VoucherEvent::Wait { .. } => {}
                VoucherEvent::Accept | VoucherEvent::Decline | VoucherEvent::Release { .. } | VoucherEvent::Redeem { .. } | VoucherEvent::Cancel { .. }
                | VoucherEvent::Refund { .. } => {
                    life.apply_event(event);
                    prop_assert_eq!(&life.voucher, &once, "{:?}", event);
                }
            }
        }
    }
}
