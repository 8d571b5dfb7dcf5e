//! The policy for attempts: the classes of a provider's answer, when a claim is honoured, and what
//! may be tried again after a throttle or an ambiguous answer.
//!
//! The order is claim, act, record: an attempt ([`Attempt`]) is claimed in the store before the
//! provider is called.

use jiff::Timestamp;

use super::sender_fault::SenderFault;
use crate::{
    kernel::channel::{Channel, Channels, LadderMode},
    voucher::{
        attempt::{Attempt, AttemptState, ProviderRefusal},
        record::Voucher,
    },
};

/// Maximum number of attempts on one channel for one voucher. A message that waits for its lane uses
/// none.
pub const MAX_ATTEMPTS: u32 = 6;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderAnswer {
    /// The provider definitely accepted the message.
    Accepted { provider_id: String },
    /// The provider definitely did not send the message, for a fault of the sending side. The message
    /// waits for its lane, with the same attempt.
    Ours(SenderFault),
    /// The provider definitely refused this address on this channel. The fallback follows at once.
    Refused { reason: ProviderRefusal },
    /// Timeout, reset or 5xx: the message may or may not be on its way.
    Ambiguous { reason: &'static str },
}

/// Returns when the last message on this channel was attempted that reached the customer. Failures
/// before it say nothing about the address any more.
pub fn last_delivery(vouchers: &[Voucher], channel: Channel) -> Option<Timestamp> {
    let attempts = vouchers.iter().filter_map(|voucher| voucher.attempts.get(&channel));
    let reached = attempts.filter(|attempt| {
        matches!(attempt.state, AttemptState::Delivered | AttemptState::Complained)
    });
    reached.map(|attempt| attempt.at).max()
}

/// The status of the claim on a voucher's channel, as a worker finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimStatus {
    /// The attempt of this dispatch is not yet claimed. The worker claims it.
    Open,
    /// Another worker holds a live claim. The worker leaves it alone.
    Busy,
    /// The attempt was claimed and its worker never finished. The answer is lost, so it is
    /// ambiguous.
    Abandoned,
    /// The attempt has an outcome, or there is a later attempt. Nothing is left to do.
    Settled,
}

/// Returns the status of a claim. `wanted` is the attempt number of the dispatch; `lease_seconds`
/// is the time for which a claim is honoured.
pub fn claim_status(
    attempt: Option<&Attempt>,
    wanted: u32,
    now: Timestamp,
    lease_seconds: i64,
) -> ClaimStatus {
    let Some(attempt) = attempt else {
        return ClaimStatus::Open;
    };
    match attempt.number.cmp(&wanted) {
        std::cmp::Ordering::Less => match attempt.state {
            AttemptState::Throttled | AttemptState::Unknown => ClaimStatus::Open,
            AttemptState::Claimed
            | AttemptState::Sent
            | AttemptState::Delivered
            | AttemptState::Bounced
            | AttemptState::Complained
            | AttemptState::Failed => ClaimStatus::Settled,
        },
        std::cmp::Ordering::Greater => ClaimStatus::Settled,
        std::cmp::Ordering::Equal => match attempt.state {
            AttemptState::Claimed
                if now.as_millisecond() - attempt.at.as_millisecond() < lease_seconds * 1_000 =>
            {
                ClaimStatus::Busy
            }
            AttemptState::Claimed => ClaimStatus::Abandoned,
            // it waited for its lane, and is made now
            AttemptState::Throttled => ClaimStatus::Open,
            AttemptState::Sent
            | AttemptState::Delivered
            | AttemptState::Bounced
            | AttemptState::Complained
            | AttemptState::Failed
            | AttemptState::Unknown => ClaimStatus::Settled,
        },
    }
}

/// Returns true if policy allows an `unknown` attempt to be repeated once the waiting time is over:
/// SMS never (it costs and annoys), e-mail once, push up to [`MAX_ATTEMPTS`] (a collapse key
/// replaces the first).
pub fn may_repeat_unknown(channel: Channel, number: u32) -> bool {
    match channel {
        Channel::Sms => false,
        Channel::Email => number < 2,
        Channel::Push => number < MAX_ATTEMPTS,
    }
}

/// The waiting times for which the fate of an attempt has to stay unknown before the campaign goes on
/// to the next channel. Four of the default waiting time are an hour. Most reports come within
/// minutes: a provider that accepted the message writes its answer or its first event while the
/// connection is still being retried, and carriers answer as soon as the phone is on. What is later
/// than an hour is mostly a phone that is off, for up to three days, when the offer may be over; a
/// customer who then reads of one voucher twice is better off than one who never reads of it.
pub const FALLBACK_WAITS: i64 = 4;

/// The step after an attempt whose fate has stayed unknown for its waiting time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownPolicy {
    /// The same channel again, after one waiting time.
    Repeat,
    /// The next open channel of the ladder, after [`FALLBACK_WAITS`] of them.
    FallBack,
    /// Nothing: only an event of the provider can still tell what became of it.
    Leave,
}

impl UnknownPolicy {
    /// Returns the waiting time in seconds, from the moment at which the attempt became unknown.
    pub fn wait_seconds(self, unknown_after_seconds: i64) -> i64 {
        match self {
            UnknownPolicy::Repeat | UnknownPolicy::Leave => unknown_after_seconds,
            UnknownPolicy::FallBack => unknown_after_seconds.saturating_mul(FALLBACK_WAITS),
        }
    }
}

/// Returns what is done about attempt `number` on `channel` if its fate stays unknown: a repeat where
/// the channel's policy allows one, else the next channel where the campaign asks for it and has one.
pub fn unknown_policy(channels: &Channels, channel: Channel, number: u32) -> UnknownPolicy {
    if may_repeat_unknown(channel, number) {
        return UnknownPolicy::Repeat;
    }
    let goes_on = match channels.mode {
        // every channel has its own message
        LadderMode::All => false,
        LadderMode::FirstAvailable => {
            channels.after_unknown && channels.channels_after(channel).next().is_some()
        }
    };
    if goes_on { UnknownPolicy::FallBack } else { UnknownPolicy::Leave }
}

/// Returns true if a message on `channel` that was planned because of an earlier channel is no longer
/// needed: an earlier message turned out to be on its way after all, by a report or by a tap on its
/// link.
pub fn is_fallback_superseded(voucher: &Voucher, channel: Channel) -> bool {
    let before = voucher.attempts.values().filter(|attempt| attempt.channel != channel);
    before.filter(|attempt| attempt.fallback_at.is_some()).any(|attempt| {
        let is_sent = match attempt.state {
            AttemptState::Sent | AttemptState::Delivered | AttemptState::Complained => true,
            AttemptState::Claimed
            | AttemptState::Bounced
            | AttemptState::Failed
            | AttemptState::Throttled
            | AttemptState::Unknown => false,
        };
        is_sent || voucher.taps.contains_key(&attempt.channel)
    })
}

/// The seconds after which a message is sent again that was throttled while its lane stayed open.
pub const THROTTLED_RETRY_SECONDS: i64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(number: u32, state: AttemptState) -> Attempt {
        let at = Timestamp::from_second(1_000).unwrap();
        Attempt { state, ..Attempt::claim(Channel::Sms, number, 1, at) }
    }
    fn check(found: Option<Attempt>, wanted: u32, seconds: i64, expected: ClaimStatus) {
        let now = Timestamp::from_second(seconds).unwrap();
        assert_eq!(
            claim_status(found.as_ref(), wanted, now, 30),
            expected,
            "{found:?} wanted {wanted} at {seconds}"
        );
    }

    #[test]
    fn a_claim_is_honoured_while_its_lease_lasts_and_ambiguous_after() {
        check(None, 1, 1_000, ClaimStatus::Open);
        check(Some(attempt(1, AttemptState::Claimed)), 1, 1_029, ClaimStatus::Busy);
        check(Some(attempt(1, AttemptState::Claimed)), 1, 1_030, ClaimStatus::Abandoned);
    }

    #[test]
    fn an_attempt_that_waited_for_its_lane_is_made_again_under_its_own_number() {
        check(Some(attempt(1, AttemptState::Throttled)), 1, 2_000, ClaimStatus::Open);
        check(Some(attempt(2, AttemptState::Throttled)), 1, 2_000, ClaimStatus::Settled);
        check(Some(attempt(1, AttemptState::Unknown)), 1, 2_000, ClaimStatus::Settled);
    }

    #[test]
    fn a_retry_goes_ahead_only_after_a_throttle_or_an_unknown() {
        check(Some(attempt(1, AttemptState::Throttled)), 2, 2_000, ClaimStatus::Open);
        check(Some(attempt(1, AttemptState::Unknown)), 2, 2_000, ClaimStatus::Open);
        for settled in [
            AttemptState::Sent,
            AttemptState::Delivered,
            AttemptState::Failed,
            AttemptState::Claimed,
        ] {
            check(Some(attempt(1, settled)), 2, 2_000, ClaimStatus::Settled);
        }
        check(Some(attempt(2, AttemptState::Claimed)), 1, 2_000, ClaimStatus::Settled);
    }

    fn ladder(mode: LadderMode, after_unknown: bool, ladder: &[Channel]) -> Channels {
        Channels { mode, ladder: ladder.to_vec(), after_bounce: false, after_unknown }
    }

    #[test]
    fn an_unknown_fate_leads_to_a_repeat_the_next_channel_or_nothing() {
        use Channel::{Email, Push, Sms};
        let first = |rungs: &[Channel]| ladder(LadderMode::FirstAvailable, true, rungs);
        for (channels, channel, number, expected) in [
            (first(&[Sms, Email]), Sms, 1, UnknownPolicy::FallBack),
            (first(&[Sms, Email]), Email, 1, UnknownPolicy::Repeat),
            (first(&[Sms, Email]), Email, 2, UnknownPolicy::Leave),
            (first(&[Email, Sms, Push]), Email, 2, UnknownPolicy::FallBack),
            (first(&[Email, Sms, Push]), Sms, 1, UnknownPolicy::FallBack),
            (first(&[Push, Sms]), Push, MAX_ATTEMPTS - 1, UnknownPolicy::Repeat),
            (first(&[Push, Sms]), Push, MAX_ATTEMPTS, UnknownPolicy::FallBack),
            (first(&[Sms]), Sms, 1, UnknownPolicy::Leave),
            (ladder(LadderMode::All, true, &[Sms, Email]), Sms, 1, UnknownPolicy::Leave),
            (
                ladder(LadderMode::FirstAvailable, false, &[Sms, Email]),
                Sms,
                1,
                UnknownPolicy::Leave,
            ),
        ] {
            let found = unknown_policy(&channels, channel, number);
            assert_eq!(found, expected, "{channel} {number} of {channels:?}");
        }
    }

    #[test]
    fn the_next_channel_waits_longer_than_a_repeat() {
        assert_eq!(UnknownPolicy::Repeat.wait_seconds(900), 900);
        assert_eq!(UnknownPolicy::FallBack.wait_seconds(900), 3_600);
        assert_eq!(UnknownPolicy::FallBack.wait_seconds(i64::MAX), i64::MAX);
    }

    #[test]
    fn a_report_in_between_stops_the_next_channel() {
        use crate::voucher::record::tests::{definition, issued, noon};
        let definition = definition(serde_json::json!({}));
        for (state, superseded) in [
            (AttemptState::Unknown, false),
            (AttemptState::Failed, false),
            (AttemptState::Bounced, false),
            (AttemptState::Sent, true),
            (AttemptState::Delivered, true),
            (AttemptState::Complained, true),
        ] {
            let mut record = issued(&definition);
            let sms = Attempt { fallback_at: Some(noon()), ..attempt(1, state) };
            record.attempts.clear();
            record.attempts.insert(Channel::Sms, sms.clone());
            assert_eq!(is_fallback_superseded(&record, Channel::Email), superseded, "{state:?}");
            record.taps.insert(Channel::Sms, noon());
            assert!(is_fallback_superseded(&record, Channel::Email), "{state:?}, tapped");
            record.taps.clear();
            let unplanned = Attempt { fallback_at: None, ..sms };
            record.attempts.insert(Channel::Sms, unplanned);
            assert!(
                !is_fallback_superseded(&record, Channel::Email),
                "{state:?} without a fallback"
            );
        }
    }

    #[test]
    fn an_sms_of_unknown_fate_is_never_sent_again() {
        assert!((1..9).all(|number| !may_repeat_unknown(Channel::Sms, number)));
        assert!(may_repeat_unknown(Channel::Email, 1) && !may_repeat_unknown(Channel::Email, 2));
        assert!(may_repeat_unknown(Channel::Push, 2));
    }
}
