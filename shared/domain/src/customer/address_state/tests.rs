//! Checks that a no and what lifts it end in the same state in any order, and that five failures in
//! a row end an address.

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000_000 + second).unwrap()
}
fn no(reason: SuppressionReason, second: i64) -> NewSuppression {
    NewSuppression::received(reason, at(second), "test")
}
fn state(said: &[(SuppressionReason, i64)]) -> AddressState {
    let mut state = AddressState::new(Channel::Sms);
    said.iter().for_each(|(reason, second)| state.suppress(&no(*reason, *second)));
    state
}
fn shown(state: &AddressState) -> Option<SuppressionReason> {
    state.suppression_for(None).map(|it| it.reason)
}

#[test]
fn each_cause_lifts_what_is_declared_and_nothing_else() {
    use SuppressionReason::{Blocked, Bounced, Complained, Erased, Failing, Invalid, OptedOut};
    for (cause, lifted) in [
        (LiftCause::Consent, vec![Failing, Invalid, Bounced, Erased, OptedOut, Complained]),
        (LiftCause::StartWord, vec![OptedOut]),
        (LiftCause::Registration, vec![Failing, Invalid, Bounced, Erased]),
        (
            LiftCause::Operator,
            vec![Failing, Invalid, Bounced, Blocked, Erased, OptedOut, Complained],
        ),
    ] {
        for reason in SuppressionReason::ALL {
            let mut state = state(&[(reason, 10)]);
            state.lift(&Lift::received(cause, at(11)));
            assert_eq!(
                shown(&state).is_none(),
                lifted.contains(&reason),
                "{reason:?} by {cause:?}"
            );
        }
    }
}

#[test]
fn only_what_is_later_lifts_and_a_later_no_counts_again() {
    let mut stopped = state(&[(SuppressionReason::OptedOut, 10)]);
    for second in [5, 10] {
        stopped.lift(&Lift::received(LiftCause::Consent, at(second)));
        assert_eq!(shown(&stopped), Some(SuppressionReason::OptedOut), "a yes at {second}");
    }
    stopped.lift(&Lift::received(LiftCause::StartWord, at(11)));
    assert_eq!(shown(&stopped), None);
    stopped.suppress(&no(SuppressionReason::OptedOut, 9));
    assert_eq!(shown(&stopped), None, "an old no that comes late");
    stopped.suppress(&no(SuppressionReason::OptedOut, 20));
    assert_eq!(stopped.suppression_for(None).map(|it| it.at), Some(at(20)), "since the second one");
}

#[test]
fn the_strongest_is_shown_with_its_first_date() {
    let mut state = state(&[
        (SuppressionReason::Bounced, 1),
        (SuppressionReason::Complained, 7),
        (SuppressionReason::Complained, 9),
        (SuppressionReason::OptedOut, 8),
    ]);
    let complained = Suppression { reason: SuppressionReason::Complained, at: at(7) };
    assert_eq!(state.suppression_for(None), Some(complained));
    state.lift(&Lift::received(LiftCause::StartWord, at(20)));
    assert_eq!(state.suppression_for(None), Some(complained));
}

#[test]
fn an_erasure_concerns_those_who_get_the_address_later() {
    let erased = state(&[(SuppressionReason::Erased, 10)]);
    assert_eq!(erased.suppression_for(Some(at(9))), None);
    assert!(erased.suppression_for(Some(at(11))).is_some());
    assert!(erased.suppression_for(None).is_some());
    let complained = state(&[(SuppressionReason::Complained, 10)]);
    assert!(complained.suppression_for(Some(at(9))).is_some());
}

#[test]
fn an_operator_lifts_what_is_in_force_even_if_its_time_is_ahead() {
    let mut ahead = state(&[(SuppressionReason::Blocked, 500)]);
    ahead.lift(&Lift::received(LiftCause::Operator, at(10)));
    assert_eq!(shown(&ahead), None);
}

#[test]
fn five_failures_in_a_row_end_an_address_and_a_delivery_between_begins_anew() {
    let voucher = |number: i64| VoucherId::parse(&format!("vch_{number}")).unwrap();
    let mut state = AddressState::new(Channel::Push);
    for number in 1..=9 {
        // The fourth message was delivered. Repeated events count once.
        let delivery = (number > 4).then(|| at(4));
        for _ in 0..3 {
            if number != 4 {
                state.record_failure(&voucher(number), at(number), delivery, at(number));
            }
        }
        assert_eq!(shown(&state).is_some(), number == 9, "after {number}");
    }
    state.lift(&Lift::received(LiftCause::Operator, at(20)));
    state.record_failure(&voucher(21), at(21), None, at(21));
    assert_eq!(shown(&state), None, "counted from the beginning");
}

#[derive(Debug, Clone)]
enum Said {
    No(SuppressionReason, i64),
    Lift(LiftCause, i64),
}

fn said() -> impl Strategy<Value = Said> {
    let cause = prop_oneof![Just(LiftCause::Consent), Just(LiftCause::StartWord)];
    let reason = proptest::sample::select(SuppressionReason::ALL.to_vec());
    prop_oneof![
        (reason, 0i64..30).prop_map(|(reason, second)| Said::No(reason, second)),
        (cause, 0i64..30).prop_map(|(cause, second)| Said::Lift(cause, second)),
    ]
}

fn all_of(said: &[Said]) -> AddressState {
    let mut state = AddressState::new(Channel::Sms);
    // A lift that comes before anything was said finds nothing, so every kind is said first.
    SuppressionReason::ALL.iter().for_each(|reason| state.suppress(&no(*reason, -1)));
    for one in said {
        match one {
            Said::No(reason, second) => state.suppress(&no(*reason, *second)),
            Said::Lift(cause, second) => state.lift(&Lift::received(*cause, at(*second))),
        }
    }
    state
}

proptest! {
    #[test]
    fn the_order_of_arrival_and_repeats_change_nothing(said in proptest::collection::vec(said(), 0..8), turn in 0usize..8) {
        let reasons = |said: &[Said]| all_of(said).in_force().map(|(reason, _)| reason).collect::<Vec<_>>();
        let mut other = said.clone();
        other.reverse();
        if !other.is_empty() {
            let turn = turn % other.len();
            other.rotate_left(turn);
        }
        other.extend(said.clone());
        prop_assert_eq!(reasons(&said), reasons(&other));
    }

    #[test]
    fn a_no_is_in_force_unless_something_later_lifted_it(said in proptest::collection::vec(said(), 0..8)) {
        let state = all_of(&said);
        for reason in SuppressionReason::ALL {
            let last = said.iter().filter_map(|it| match it { Said::No(other, second) if *other == reason => Some(*second), _ => None }).max().unwrap_or(-1);
            let lifted = said.iter().any(|it| matches!(it, Said::Lift(cause, second) if reason.is_lifted_by(*cause) && *second > last));
            prop_assert_eq!(state.in_force().any(|(other, _)| other == reason), !lifted, "{:?}", reason);
        }
    }
}
