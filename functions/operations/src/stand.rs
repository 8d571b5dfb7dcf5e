//! What a piece of open work waits for, and until when, in words. Pure. Whether a customer of it is still pending is asked of their
//! record: a dispatch stays open until its last customer has an outcome.

use domain::{
    Timestamp,
    campaign::{Revoke, Work},
    channel::Channel,
    delivery::{AttemptState, Standing, may_repeat_unknown, standing},
    dispatch::{Dispatch, DispatchState, Purpose},
    trigger::Match,
    voucher::Voucher,
};
use store::pending::{OpenDispatch, OpenUnknown};

use crate::views::PendingState;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    pub state: PendingState,
    pub reason: &'static str,
    pub until: Timestamp,
}

/// `None`: done or dropped. `work` is what the campaign's state says of it.
pub fn of_dispatch(open: &OpenDispatch, work: Work, now: Timestamp) -> Option<Stand> {
    let dispatch = &open.dispatch;
    // a reminder is no match: nobody waits for an outcome
    if dispatch.purpose == Purpose::Reminder {
        return None;
    }
    let until = dispatch.due_at;
    let (state, reason, until) = match dispatch.state {
        DispatchState::Done | DispatchState::Dropped => return None,
        DispatchState::Released => {
            let (reason, until) = match open.lease_until {
                Some(lease) if lease > now => ("a worker has it", lease),
                Some(_) => ("its worker did not come back: it is released again at that time", until),
                None => ("handed to its channel's worker; if the message is lost, released again at that time", until),
            };
            (PendingState::Sending, reason, until)
        }
        DispatchState::Ready => {
            let (state, reason) = of_ready(dispatch, work, now);
            (state, reason, until)
        }
    };
    Some(Stand { state, reason, until })
}

fn of_ready(dispatch: &Dispatch, work: Work, now: Timestamp) -> (PendingState, &'static str) {
    let to_come = dispatch.due_at > now;
    match (work, dispatch.purpose) {
        (Work::Wait, _) => (PendingState::Paused, "its campaign is paused"),
        (Work::Drop, _) if to_come => {
            (PendingState::Waiting, "its campaign is over: nothing is sent, and it is closed at that time")
        }
        (Work::Drop, _) => (PendingState::Due, "its campaign is over: nothing is sent, and it is closed next"),
        (Work::Go, Purpose::Retry) => (PendingState::Retrying, "the attempt before was throttled or not answered"),
        (Work::Go, _) if to_come && dispatch.takes == 0 => (PendingState::Waiting, "its hour is to come"),
        (Work::Go, _) if to_come => (PendingState::Due, "put back by its worker: released again at that time"),
        (Work::Go, Purpose::Fallback) => {
            (PendingState::Due, "the channel before failed: released next, at the channel's rate")
        }
        (Work::Go, Purpose::Bounced) => {
            (PendingState::Due, "the message before bounced: the next channel, released next, at the channel's rate")
        }
        (Work::Go, Purpose::Additional) => {
            (PendingState::Due, "a further channel: released next, at the channel's rate")
        }
        (Work::Go, Purpose::Planned | Purpose::Moved | Purpose::Reminder) => {
            (PendingState::Due, "released next, at the channel's rate")
        }
    }
}

/// Told, and not looked at yet. A pause holds nothing up here: it is planned, and waits then.
pub fn of_match(it: &Match, work: Work, now: Timestamp) -> Stand {
    let (state, reason) = match (work, it.look_at > now) {
        (Work::Drop, _) => (PendingState::Due, "its campaign is over: nothing is sent, and it is closed next"),
        (Work::Go | Work::Wait, true) => (PendingState::Waiting, "looked at then: until that time it may be over"),
        (Work::Go | Work::Wait, false) => (PendingState::Due, "planned within a minute, if they are in the audience"),
    };
    Stand { state, reason, until: it.look_at }
}

pub fn of_unknown(open: &OpenUnknown) -> Stand {
    let attempt = &open.attempt;
    let reason = match (attempt.channel, may_repeat_unknown(attempt.channel, attempt.number)) {
        (_, true) => "the provider did not answer: repeated at that time, unless an event says what became of it",
        (Channel::Sms, false) => "the provider did not answer: an SMS is not repeated, and settled at that time",
        (_, false) => "the provider did not answer: not repeated once more, and settled at that time",
    };
    Stand { state: PendingState::Unknown, reason, until: open.settles_at }
}

/// Whether the customer with this record still waits for the dispatch. Nobody has a record of a match that was never decided.
pub fn waits(dispatch: &Dispatch, record: Option<&Voucher>, revoke: Revoke, now: Timestamp) -> bool {
    let Some(voucher) = record else { return dispatch.purpose.counts() };
    let found = voucher.attempts.get(&dispatch.channel);
    if dispatch.purpose.counts() {
        // issued and claimed, and the answer is not recorded
        return found.is_some_and(|attempt| attempt.number == 1 && attempt.state == AttemptState::Claimed);
    }
    match standing(found, dispatch.attempt, now, 0) {
        Standing::Settled => false,
        Standing::Busy | Standing::Abandoned => true,
        Standing::Open => voucher.wants_messages(revoke, now),
    }
}

/// Whether the attempt is still of unknown fate: an event may have settled it before its note goes.
pub fn unsettled(open: &OpenUnknown, record: Option<&Voucher>) -> bool {
    let attempt = record.and_then(|voucher| voucher.attempts.get(&open.attempt.channel));
    attempt.is_some_and(|it| it.number == open.attempt.number && it.state == AttemptState::Unknown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::builders::{attempt, campaign_id, definition, dispatch, later, noon, voucher};

    use super::*;

    fn stand(change: impl FnOnce(&mut OpenDispatch), work: Work) -> (PendingState, Timestamp) {
        let mut open = OpenDispatch { dispatch: dispatch(&campaign_id("cmp_1"), 0, 0, &["c-1"]), lease_until: None };
        change(&mut open);
        let stand = of_dispatch(&open, work, noon()).unwrap();
        (stand.state, stand.until)
    }

    #[test]
    fn ready_work_waits_for_its_hour_its_campaign_or_its_turn() {
        let hour = later(noon(), 3_600_000);
        let to_come = |open: &mut OpenDispatch| open.dispatch.due_at = hour;
        assert_eq!(stand(to_come, Work::Go), (PendingState::Waiting, hour));
        assert_eq!(stand(to_come, Work::Wait), (PendingState::Paused, hour));
        assert_eq!(stand(to_come, Work::Drop), (PendingState::Waiting, hour));
        assert_eq!(stand(|_| {}, Work::Go), (PendingState::Due, noon()));
        assert_eq!(stand(|_| {}, Work::Drop), (PendingState::Due, noon()));
        let put_back = |open: &mut OpenDispatch| (open.dispatch.takes, open.dispatch.due_at) = (1, hour);
        assert_eq!(stand(put_back, Work::Go), (PendingState::Due, hour));
        let retry = |open: &mut OpenDispatch| (open.dispatch.purpose, open.dispatch.due_at) = (Purpose::Retry, hour);
        assert_eq!(stand(retry, Work::Go), (PendingState::Retrying, hour));
    }

    #[test]
    fn released_work_waits_for_its_worker_and_then_for_the_watchdog() {
        let (lease, watchdog) = (later(noon(), 30_000), later(noon(), 300_000));
        let released = |lease_until| {
            move |open: &mut OpenDispatch| {
                (open.dispatch.state, open.dispatch.due_at) = (DispatchState::Released, watchdog);
                open.lease_until = lease_until;
            }
        };
        assert_eq!(stand(released(Some(lease)), Work::Go), (PendingState::Sending, lease));
        assert_eq!(stand(released(Some(noon())), Work::Go), (PendingState::Sending, watchdog));
        assert_eq!(stand(released(None), Work::Wait), (PendingState::Sending, watchdog));
    }

    #[test]
    fn a_customer_waits_until_their_record_says_otherwise() {
        let campaign = campaign_id("cmp_1");
        let planned = dispatch(&campaign, 0, 0, &["c-1"]);
        let retry = Dispatch { purpose: Purpose::Retry, attempt: 2, ..planned.clone() };
        let with = |number, state| {
            let mut voucher = voucher(&campaign, &definition(json!({})), "c-1", Channel::Push);
            voucher.attempts.insert(Channel::Push, attempt(Channel::Push, number, state));
            voucher
        };
        let waits = |dispatch: &Dispatch, record: Option<&Voucher>| waits(dispatch, record, Revoke::None, noon());
        assert!(waits(&planned, None) && !waits(&retry, None));
        for (number, state, first, second) in [
            (1, AttemptState::Claimed, true, false),
            (1, AttemptState::Sent, false, false),
            (1, AttemptState::Throttled, false, true),
            (1, AttemptState::Unknown, false, true),
            (2, AttemptState::Claimed, false, true),
            (2, AttemptState::Sent, false, false),
        ] {
            let record = with(number, state);
            assert_eq!(
                (waits(&planned, Some(&record)), waits(&retry, Some(&record))),
                (first, second),
                "{number} {state:?}"
            );
        }
        let accepted = Voucher { status: domain::voucher::Status::Accepted, ..with(1, AttemptState::Throttled) };
        assert!(!waits(&retry, Some(&accepted)), "nobody is told of what they have accepted");
    }
}
