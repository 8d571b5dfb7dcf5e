//! The policy for attempts: the classes of a provider's answer, when a claim is honoured, and what
//! may be tried again after a throttle or an ambiguous answer.
//!
//! The order is claim, act, record: an attempt ([`Attempt`]) is claimed in the store before the
//! provider is called.

use jiff::Timestamp;

use crate::{
    kernel::channel::Channel,
    voucher::{
        attempt::{Attempt, AttemptState, ProviderRefusal},
        record::Voucher,
    },
};

/// Maximum number of attempts on one channel for one voucher, throttled ones included.
pub const MAX_ATTEMPTS: u32 = 6;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderAnswer {
    /// The provider definitely accepted the message.
    Accepted { provider_id: String },
    /// The provider definitely did not send the message. It may be tried again later on the same
    /// channel.
    Throttled { reason: &'static str },
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
            AttemptState::Sent
            | AttemptState::Delivered
            | AttemptState::Bounced
            | AttemptState::Complained
            | AttemptState::Failed
            | AttemptState::Throttled
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

/// Returns the seconds until throttled attempt `number` is tried again: full jitter below an
/// exponential bound. The caller chooses `spread` in 0..=1000, a hash of the voucher, so that the
/// delay is repeatable.
pub fn throttle_delay_seconds(number: u32, spread: u32) -> i64 {
    let bound = 15i64 << number.min(6);
    (bound * i64::from(spread.min(1_000)) / 1_000).max(1)
}

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
    fn throttled_attempts_are_spread_over_their_whole_bound() {
        use crate::kernel::id::{CampaignId, CustomerId, stable_share};
        let campaign = CampaignId::parse("cmp_1").unwrap();
        for (number, bound) in [(1, 30), (3, 120), (6, 960), (9, 960)] {
            let delay = |customer: u32| {
                let customer = CustomerId::parse(&format!("c-{customer}")).unwrap();
                throttle_delay_seconds(
                    number,
                    stable_share(&format!("jitter{number}"), &campaign, &customer) / 10,
                )
            };
            let mut quarters = [0u32; 4];
            for delay in (0..2_000).map(delay) {
                assert!((1..=bound).contains(&delay), "{delay} s after attempt {number}");
                quarters[usize::try_from(((delay - 1) * 4 / bound).min(3)).unwrap()] += 1;
            }
            assert!(
                quarters.iter().all(|count| (350..=680).contains(count)),
                "attempt {number}: {quarters:?}"
            );
        }
    }

    #[test]
    fn a_claim_is_honoured_while_its_lease_lasts_and_ambiguous_after() {
        check(None, 1, 1_000, ClaimStatus::Open);
        check(Some(attempt(1, AttemptState::Claimed)), 1, 1_029, ClaimStatus::Busy);
        check(Some(attempt(1, AttemptState::Claimed)), 1, 1_030, ClaimStatus::Abandoned);
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

    #[test]
    fn an_sms_of_unknown_fate_is_never_sent_again() {
        assert!((1..9).all(|number| !may_repeat_unknown(Channel::Sms, number)));
        assert!(may_repeat_unknown(Channel::Email, 1) && !may_repeat_unknown(Channel::Email, 2));
        assert!(may_repeat_unknown(Channel::Push, 2));
    }
}
