//! The lane of a channel: the way from its queue to its provider in the name of this deployment's
//! sender. A fault of ours closes it, a probe or an operator opens it again.
//!
//! The delivery workers close and probe lanes, release-dispatches holds back what is due while one is
//! closed, the watchdog reports it. Guarantees: what waits behind a closed lane has used no attempt,
//! goes to no other channel, and one message at a time asks if the lane is open.

use jiff::{SignedDuration, Timestamp};

use super::{
    attempt_policy::ProviderAnswer,
    sender_fault::{ProbePauses, SenderFault},
};
use crate::{kernel::channel::Channel, voucher::attempt::ProviderRefusal};

/// The answers of a channel that the breaker judges together.
pub const BREAKER_WINDOW: u32 = 200;
/// The time for which a lane that has opened by a probe is remembered as ill: if it closes again, its
/// pauses go on where they were.
const RELAPSE: SignedDuration = SignedDuration::from_mins(30);
/// The time after which a lane that opens by itself should have done so: a day's quota is back within a
/// day.
const MAX_USUAL_CLOSING: SignedDuration = SignedDuration::from_hours(25);
/// The time in which a worker's throttles count together, shorter than the pause before a throttled
/// message is sent again.
const THROTTLE_WINDOW: SignedDuration = SignedDuration::from_secs(10);
/// The fewest throttled messages of one dispatch, or of a worker's window, that close the lane. A
/// single one says only that this message came at a bad moment.
const MIN_THROTTLED: u32 = 2;
/// The share of its answers, one in so many, from which throttles close the lane.
const THROTTLED_ONE_IN: u32 = 4;

/// The reason why a lane is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneCause {
    Fault(SenderFault),
    /// So many of the channel's last answers were failures that a fault of ours is likely, whatever
    /// the provider calls them.
    Breaker(AnswerCounts),
}

impl LaneCause {
    const BREAKER: &str = "too_many_failures";

    pub fn code(self) -> &'static str {
        match self {
            LaneCause::Fault(fault) => fault.code(),
            LaneCause::Breaker(_) => Self::BREAKER,
        }
    }

    /// Reads the cause from its code and, for the breaker, the counts.
    pub fn from_code(code: &str, counts: AnswerCounts) -> Option<Self> {
        if code == Self::BREAKER {
            return Some(LaneCause::Breaker(counts));
        }
        SenderFault::parse(code).map(LaneCause::Fault)
    }

    /// Returns true if the lane opens again without anybody's help.
    pub fn passes_by_itself(self) -> bool {
        match self {
            LaneCause::Fault(fault) => fault.passes_by_itself(),
            LaneCause::Breaker(_) => false,
        }
    }

    fn probe_pauses(self) -> ProbePauses {
        match self {
            LaneCause::Fault(fault) => fault.probe_pauses(),
            // each opening risks the messages of another window
            LaneCause::Breaker(_) => ProbePauses {
                first: SignedDuration::from_mins(15),
                longest: SignedDuration::from_mins(4 * 60),
            },
        }
    }

    /// Returns the pause after `failed_probes` probes that failed.
    fn pause(self, failed_probes: u32) -> SignedDuration {
        let ProbePauses { first, longest } = self.probe_pauses();
        let doubled = 1i32.checked_shl(failed_probes.min(16)).unwrap_or(i32::MAX);
        first.checked_mul(doubled).unwrap_or(longest).min(longest)
    }
}

/// The opener of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneOpener {
    /// The provider has taken a message of the queue.
    Probe,
    Operator,
}

impl LaneOpener {
    pub const ALL: [LaneOpener; 2] = [LaneOpener::Probe, LaneOpener::Operator];

    pub fn as_str(self) -> &'static str {
        match self {
            LaneOpener::Probe => "probe",
            LaneOpener::Operator => "operator",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|opener| opener.as_str() == text)
    }
}

/// One closing of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneClosure {
    pub cause: LaneCause,
    pub since: Timestamp,
    /// The time from which one message may ask if the lane is open. While a worker sends that message
    /// it lies ahead, so that no other worker sends one.
    pub probe_at: Timestamp,
    /// The probes that have failed.
    pub failed_probes: u32,
}

/// A channel's lane as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    pub channel: Channel,
    /// Increments with each write, which is conditional on it.
    pub version: u64,
    /// The present closing, or the last one of a lane that is open.
    pub last_closure: Option<LaneClosure>,
    /// The time at which it was opened again and by whom; `None` while it is closed.
    pub opened: Option<(Timestamp, LaneOpener)>,
}

/// The state of a lane at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneGate {
    Open,
    /// Nothing is sent.
    Closed,
    /// One message may ask if the lane is open.
    ProbeDue,
}

impl Lane {
    /// Returns the lane of a channel that has never been closed.
    pub fn new(channel: Channel) -> Self {
        Self { channel, version: 0, last_closure: None, opened: None }
    }

    /// Returns the present closing, or `None` if the lane is open.
    pub fn closure(&self) -> Option<&LaneClosure> {
        self.last_closure.as_ref().filter(|_| self.opened.is_none())
    }

    pub fn gate(&self, now: Timestamp) -> LaneGate {
        match self.closure() {
            None => LaneGate::Open,
            Some(closure) if closure.probe_at <= now => LaneGate::ProbeDue,
            Some(_) => LaneGate::Closed,
        }
    }

    /// Returns true if a person has to look after the lane: it is closed and does not open by itself, or
    /// has been closed for longer than such a cause lasts.
    pub fn needs_person(&self, now: Timestamp) -> bool {
        self.closure().is_some_and(|closure| {
            !closure.cause.passes_by_itself()
                || now.duration_since(closure.since) > MAX_USUAL_CLOSING
        })
    }

    /// Closes the lane, or returns `None` if it is closed already: the first cause stays, and a message
    /// that was under way when the lane closed is no probe.
    pub fn close(&self, cause: LaneCause, now: Timestamp) -> Option<Lane> {
        if self.closure().is_some() {
            return None;
        }
        let relapsed = self.last_closure.filter(|last| {
            let by_probe = self.opened.filter(|(_, opener)| *opener == LaneOpener::Probe);
            last.cause.code() == cause.code()
                && by_probe.is_some_and(|(opened, _)| now.duration_since(opened) < RELAPSE)
        });
        let failed_probes = relapsed.map_or(0, |last| last.failed_probes.saturating_add(1));
        Some(self.closed(cause, now, now, failed_probes))
    }

    /// Reserves the probe for one worker until `until`, or returns `None` if no probe is due.
    pub fn begin_probe(&self, now: Timestamp, until: Timestamp) -> Option<Lane> {
        let closure = *self.closure().filter(|closure| closure.probe_at <= now)?;
        Some(self.with(LaneClosure { probe_at: until.max(now), ..closure }))
    }

    /// Keeps the lane closed after a probe that failed; the next one is later. `cause` is the fault
    /// that the probe met, or `None` if its answer said nothing about the lane, such as an address that
    /// has opted out: then the pause is the same again. To the breaker such an answer is a failure like
    /// those that have tripped it.
    pub fn fail_probe(&self, cause: Option<LaneCause>, now: Timestamp) -> Option<Lane> {
        let closure = *self.closure()?;
        let more = closure.failed_probes.saturating_add(1);
        let (cause, failed) = match (cause, closure.cause) {
            (Some(cause), before) if cause.code() == before.code() => (cause, more),
            (Some(cause), _) => (cause, 0),
            (None, before @ LaneCause::Breaker(_)) => (before, more),
            (None, before @ LaneCause::Fault(_)) => (before, closure.failed_probes),
        };
        Some(self.closed(cause, closure.since, now, failed))
    }

    /// Lets the next worker probe at once: this one had no message to ask with.
    pub fn return_probe(&self, now: Timestamp) -> Option<Lane> {
        let closure = *self.closure()?;
        Some(self.with(LaneClosure { probe_at: now, ..closure }))
    }

    /// Opens the lane, or returns `None` if it is open.
    pub fn open(&self, opener: LaneOpener, now: Timestamp) -> Option<Lane> {
        self.closure()?;
        Some(Lane { opened: Some((now, opener)), ..self.clone() })
    }

    fn closed(&self, cause: LaneCause, since: Timestamp, now: Timestamp, failed: u32) -> Lane {
        let probe_at = now.saturating_add(cause.pause(failed)).unwrap_or(now);
        self.with(LaneClosure { cause, since, probe_at, failed_probes: failed })
    }

    fn with(&self, closure: LaneClosure) -> Lane {
        Lane { last_closure: Some(closure), opened: None, ..self.clone() }
    }
}

/// Answers of a channel's provider, and the failures among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AnswerCounts {
    pub answered: u32,
    pub failed: u32,
}

impl AnswerCounts {
    /// Counts one answer. A fault of ours closes the lane by itself and counts for nothing; that a
    /// customer has opted out is no failure.
    pub fn of_answer(answer: &ProviderAnswer) -> Self {
        let counts = |failed| Self { answered: 1, failed };
        match answer {
            ProviderAnswer::Accepted { .. }
            | ProviderAnswer::Refused { reason: ProviderRefusal::OptedOut } => counts(0),
            ProviderAnswer::Refused {
                reason:
                    ProviderRefusal::InvalidAddress
                    | ProviderRefusal::EndpointDisabled
                    | ProviderRefusal::Rejected
                    | ProviderRefusal::NotAllowed,
            }
            | ProviderAnswer::Ambiguous { .. } => counts(1),
            ProviderAnswer::Ours(_) => Self::default(),
        }
    }

    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            answered: self.answered.saturating_add(other.answered),
            failed: self.failed.saturating_add(other.failed),
        }
    }

    /// Returns true if there are enough answers to judge.
    pub fn is_window(self) -> bool {
        self.answered >= BREAKER_WINDOW
    }

    /// Returns the cause to close the lane if an unusual share of a window's answers are failures.
    pub fn breaker_cause(self, channel: Channel) -> Option<LaneCause> {
        let failed = u64::from(self.failed) * 100;
        let limit = u64::from(self.answered) * usual_failures_percent(channel);
        (self.is_window() && failed > limit).then_some(LaneCause::Breaker(self))
    }
}

/// Returns the share of answers up to which failures are the addresses' own. Lists of addresses are
/// mostly right, and providers stop senders long before a fifth fails; devices come and go, and a push
/// after a long silence finds many of them gone.
fn usual_failures_percent(channel: Channel) -> u64 {
    match channel {
        Channel::Sms | Channel::Email => 20,
        Channel::Push => 50,
    }
}

/// The answers of a worker's last seconds, of whatever dispatches. Dispatches of one message each show
/// a throttled lane only together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThrottleWindow {
    /// The time of its first answer.
    began_at: Option<Timestamp>,
    throttled: u32,
    answered: u32,
}

impl ThrottleWindow {
    /// Counts an answer. Returns true if so many of the window's answers were throttles that the lane
    /// closes, and then begins anew.
    pub fn hear(&mut self, is_throttle: bool, now: Timestamp) -> bool {
        let is_current = |began| now.duration_since(began) < THROTTLE_WINDOW;
        if !self.began_at.is_some_and(is_current) {
            *self = Self { began_at: Some(now), ..Self::default() };
        }
        self.answered = self.answered.saturating_add(1);
        self.throttled = self.throttled.saturating_add(u32::from(is_throttle));
        let closes = is_throttle && throttles_close(self.throttled, self.answered);
        if closes {
            *self = Self::default();
        }
        closes
    }
}

/// Returns true if so many of a dispatch's answers, or of a window's, were throttles that the lane
/// closes.
pub fn throttles_close(throttled: u32, answered: u32) -> bool {
    throttled >= MIN_THROTTLED && throttled.saturating_mul(THROTTLED_ONE_IN) >= answered
}

#[cfg(test)]
mod tests;
