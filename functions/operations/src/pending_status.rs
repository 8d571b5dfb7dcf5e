//! Describes what a piece of open work waits for, and until when. Pure.
//!
//! A dispatch stays open until its last customer has an outcome, so the state of a single customer
//! is taken from their record.

use domain::{
    Timestamp,
    campaign::{lifecycle::WorkPolicy, redeeming::Revocation, trigger::TriggerMatch},
    delivery::{
        attempt_policy::{ClaimStatus, claim_status, may_repeat_unknown},
        dispatch::{Dispatch, DispatchPurpose, DispatchState},
    },
    kernel::channel::Channel,
    voucher::{attempt::AttemptState, record::Voucher},
};
use serde::{Deserialize, Serialize};
use store::delivery::pending::{OpenDispatch, OpenUnknownAttempt};
use utoipa::ToSchema;

/// The reason of an attempt that is made again.
const TRIED_AGAIN: &str = "the attempt before was throttled or not answered";

/// The state of an open match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PendingState {
    /// It waits for its hour.
    Waiting,
    /// Its campaign is paused.
    Paused,
    /// It is due, and not yet planned or released to its channel.
    Due,
    /// It is released: a worker of its channel has it, or will get it soon.
    Sending,
    /// Another attempt is planned, after one that was throttled or not answered.
    Retrying,
    /// The provider did not answer, so the message may be on its way.
    Unknown,
}

impl PendingState {
    pub fn as_str(self) -> &'static str {
        match self {
            PendingState::Waiting => "waiting",
            PendingState::Paused => "paused",
            PendingState::Due => "due",
            PendingState::Sending => "sending",
            PendingState::Retrying => "retrying",
            PendingState::Unknown => "unknown",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingStatus {
    pub state: PendingState,
    pub reason: &'static str,
    pub until: Timestamp,
}

impl PendingStatus {
    /// Returns the status of one customer of a dispatch with this status: due work whose message was
    /// stopped by a fault of ours is tried again.
    pub fn for_customer(self, dispatch: &Dispatch, record: Option<&Voucher>) -> Self {
        if self.state == PendingState::Due && message_waits(dispatch, record) {
            self.tried_again()
        } else {
            self
        }
    }

    /// Returns the same status for a message that is tried again.
    pub fn tried_again(self) -> Self {
        Self { state: PendingState::Retrying, reason: TRIED_AGAIN, ..self }
    }
}

/// Tells whether the dispatch's attempt was made and waits for its lane.
fn message_waits(dispatch: &Dispatch, record: Option<&Voucher>) -> bool {
    let attempt = record.and_then(|voucher| voucher.attempts.get(&dispatch.channel));
    attempt.is_some_and(|attempt| {
        attempt.number == dispatch.attempt && attempt.state == AttemptState::Throttled
    })
}

/// Returns the status of a dispatch, or `None` if it is done or dropped, or is a reminder. `work`
/// is the policy that follows from the campaign's state.
pub fn dispatch_status(
    open: &OpenDispatch,
    work: WorkPolicy,
    now: Timestamp,
) -> Option<PendingStatus> {
    let dispatch = &open.dispatch;
    // a reminder is no match: no customer waits for an outcome
    if dispatch.purpose == DispatchPurpose::Reminder {
        return None;
    }
    let until = dispatch.due_at;
    let (state, reason, until) = match dispatch.state {
        DispatchState::Done | DispatchState::Dropped => return None,
        DispatchState::Released => {
            let (reason, until) = match open.lease_until {
                Some(lease) if lease > now => ("a worker has it", lease),
                Some(_) => {
                    ("its worker did not come back: it is released again at that time", until)
                }
                None => (
                    "handed to its channel's worker; if the message is lost, released again at that time",
                    until,
                ),
            };
            (PendingState::Sending, reason, until)
        }
        DispatchState::Ready => {
            let (state, reason) = ready_status(dispatch, work, now);
            (state, reason, until)
        }
    };
    Some(PendingStatus { state, reason, until })
}

fn ready_status(
    dispatch: &Dispatch,
    work: WorkPolicy,
    now: Timestamp,
) -> (PendingState, &'static str) {
    let to_come = dispatch.due_at > now;
    match (work, dispatch.purpose) {
        (WorkPolicy::Wait, _) => (PendingState::Paused, "its campaign is paused"),
        (WorkPolicy::Drop, _) if to_come => (
            PendingState::Waiting,
            "its campaign is over: nothing is sent, and it is closed at that time",
        ),
        (WorkPolicy::Drop, _) => {
            (PendingState::Due, "its campaign is over: nothing is sent, and it is closed next")
        }
        (WorkPolicy::Go, DispatchPurpose::Retry) => (PendingState::Retrying, TRIED_AGAIN),
        (WorkPolicy::Go, _) if to_come && dispatch.fence == 0 => {
            (PendingState::Waiting, "its hour is to come")
        }
        (WorkPolicy::Go, _) if to_come => {
            (PendingState::Due, "put back by its worker: released again at that time")
        }
        (WorkPolicy::Go, DispatchPurpose::Fallback) => {
            (PendingState::Due, "the channel before failed: released next, at the channel's rate")
        }
        (WorkPolicy::Go, DispatchPurpose::Bounced) => (
            PendingState::Due,
            "the message before bounced: the next channel, released next, at the channel's rate",
        ),
        (WorkPolicy::Go, DispatchPurpose::Goodwill) => {
            (PendingState::Due, "issued by support: told next, at the channel's rate")
        }
        (WorkPolicy::Go, DispatchPurpose::Additional) => {
            (PendingState::Due, "a further channel: released next, at the channel's rate")
        }
        (
            WorkPolicy::Go,
            DispatchPurpose::Planned | DispatchPurpose::Moved | DispatchPurpose::Reminder,
        ) => (PendingState::Due, "released next, at the channel's rate"),
    }
}

/// Returns the status of a match that is not planned yet. A paused campaign does not delay the
/// planning; the planned dispatch waits then.
pub fn match_status(it: &TriggerMatch, work: WorkPolicy, now: Timestamp) -> PendingStatus {
    let (state, reason) = match (work, it.check_at > now) {
        (WorkPolicy::Drop, _) => {
            (PendingState::Due, "its campaign is over: nothing is sent, and it is closed next")
        }
        (WorkPolicy::Go | WorkPolicy::Wait, true) => {
            (PendingState::Waiting, "looked at then: until that time it may be over")
        }
        (WorkPolicy::Go | WorkPolicy::Wait, false) => {
            (PendingState::Due, "planned within a minute")
        }
    };
    PendingStatus { state, reason, until: it.check_at }
}

pub fn unknown_status(open: &OpenUnknownAttempt) -> PendingStatus {
    let attempt = &open.attempt;
    let reason = match (attempt.channel, may_repeat_unknown(attempt.channel, attempt.number)) {
        (_, true) => {
            "the provider did not answer: repeated at that time, unless an event says what became of it"
        }
        (Channel::Sms, false) => {
            "the provider did not answer: an SMS is not repeated; the next channel follows at that time, if the campaign has one and asks for it"
        }
        (_, false) => {
            "the provider did not answer: not repeated once more; the next channel follows at that time, if the campaign has one and asks for it"
        }
    };
    PendingStatus { state: PendingState::Unknown, reason, until: open.settles_at }
}

/// Tells whether the customer with this record still waits for the dispatch. A customer without a
/// record waits for their first decision.
pub fn is_waiting(
    dispatch: &Dispatch,
    record: Option<&Voucher>,
    revoke: Revocation,
    now: Timestamp,
) -> bool {
    let Some(voucher) = record else {
        return dispatch.purpose.awaits_outcome();
    };
    let found = voucher.attempts.get(&dispatch.channel);
    if dispatch.purpose.awaits_outcome() {
        // the voucher is issued and the message claimed, but the answer is not recorded; or it waits
        return found.is_some_and(|attempt| {
            let open = matches!(attempt.state, AttemptState::Claimed | AttemptState::Throttled);
            attempt.number == 1 && open
        });
    }
    match claim_status(found, dispatch.attempt, now, 0) {
        ClaimStatus::Settled => false,
        ClaimStatus::Busy | ClaimStatus::Abandoned => true,
        ClaimStatus::Open => voucher.allows_messages(revoke, now),
    }
}

/// Tells whether the attempt is still of unknown fate. A provider event may have settled it before
/// its open-attempt entry is deleted.
pub fn is_unsettled(open: &OpenUnknownAttempt, record: Option<&Voucher>) -> bool {
    let attempt = record.and_then(|voucher| voucher.attempts.get(&open.attempt.channel));
    attempt.is_some_and(|it| it.number == open.attempt.number && it.state == AttemptState::Unknown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::builders::{
        add_milliseconds, attempt, campaign_id, definition, dispatch, noon, voucher,
    };

    use super::*;

    fn status_of(
        change: impl FnOnce(&mut OpenDispatch),
        work: WorkPolicy,
    ) -> (PendingState, Timestamp) {
        let mut open = OpenDispatch {
            dispatch: dispatch(&campaign_id("cmp_1"), 0, 0, &["c-1"]),
            lease_until: None,
        };
        change(&mut open);
        let status = dispatch_status(&open, work, noon()).unwrap();
        (status.state, status.until)
    }

    #[test]
    fn ready_work_waits_for_its_hour_its_campaign_or_its_release() {
        let hour = add_milliseconds(noon(), 3_600_000);
        let to_come = |open: &mut OpenDispatch| open.dispatch.due_at = hour;
        assert_eq!(status_of(to_come, WorkPolicy::Go), (PendingState::Waiting, hour));
        assert_eq!(status_of(to_come, WorkPolicy::Wait), (PendingState::Paused, hour));
        assert_eq!(status_of(to_come, WorkPolicy::Drop), (PendingState::Waiting, hour));
        assert_eq!(status_of(|_| {}, WorkPolicy::Go), (PendingState::Due, noon()));
        assert_eq!(status_of(|_| {}, WorkPolicy::Drop), (PendingState::Due, noon()));
        let put_back =
            |open: &mut OpenDispatch| (open.dispatch.fence, open.dispatch.due_at) = (1, hour);
        assert_eq!(status_of(put_back, WorkPolicy::Go), (PendingState::Due, hour));
        let retry = |open: &mut OpenDispatch| {
            (open.dispatch.purpose, open.dispatch.due_at) = (DispatchPurpose::Retry, hour)
        };
        assert_eq!(status_of(retry, WorkPolicy::Go), (PendingState::Retrying, hour));
    }

    #[test]
    fn released_work_waits_for_its_worker_and_then_for_the_watchdog() {
        let (lease, watchdog) =
            (add_milliseconds(noon(), 30_000), add_milliseconds(noon(), 300_000));
        let released = |lease_until| {
            move |open: &mut OpenDispatch| {
                (open.dispatch.state, open.dispatch.due_at) = (DispatchState::Released, watchdog);
                open.lease_until = lease_until;
            }
        };
        assert_eq!(
            status_of(released(Some(lease)), WorkPolicy::Go),
            (PendingState::Sending, lease)
        );
        assert_eq!(
            status_of(released(Some(noon())), WorkPolicy::Go),
            (PendingState::Sending, watchdog)
        );
        assert_eq!(status_of(released(None), WorkPolicy::Wait), (PendingState::Sending, watchdog));
    }

    #[test]
    fn a_customer_waits_until_their_record_says_otherwise() {
        let campaign = campaign_id("cmp_1");
        let planned = dispatch(&campaign, 0, 0, &["c-1"]);
        let retry = Dispatch { purpose: DispatchPurpose::Retry, attempt: 2, ..planned.clone() };
        let with = |number, state| {
            let mut voucher = voucher(&campaign, &definition(json!({})), "c-1", Channel::Push);
            voucher.attempts.insert(Channel::Push, attempt(Channel::Push, number, state));
            voucher
        };
        let waits = |dispatch: &Dispatch, record: Option<&Voucher>| {
            is_waiting(dispatch, record, Revocation::default(), noon())
        };
        assert!(waits(&planned, None) && !waits(&retry, None));
        for (number, state, first, second) in [
            (1, AttemptState::Claimed, true, false),
            (1, AttemptState::Sent, false, false),
            (1, AttemptState::Throttled, true, true),
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
        let accepted = Voucher {
            status: domain::voucher::record::VoucherStatus::Accepted,
            ..with(1, AttemptState::Throttled)
        };
        assert!(!waits(&retry, Some(&accepted)), "nobody is told of what they have accepted");
    }
}
