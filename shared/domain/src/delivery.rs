//! One attempt on one channel: the three classes of a provider's answer, what each means for the attempt, and what policy allows
//! after an ambiguous one. "Claim, act, record": an attempt is claimed in the store before the provider hears of it.

use jiff::Timestamp;

use crate::{channel::Channel, voucher::Voucher};

/// Attempts on one channel for one voucher, throttled ones included.
pub const MAX_ATTEMPTS: u32 = 6;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Definite yes.
    Accepted { provider_id: String },
    /// Definite no, nothing was sent: may be tried again later on the same channel.
    Throttled { reason: &'static str },
    /// Definite no for this address on this channel: fall back at once.
    Refused { reason: Refusal },
    /// Timeout, reset, 5xx: the message may or may not be on its way.
    Ambiguous { reason: &'static str },
}

/// Why a provider will never deliver this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    InvalidAddress,
    OptedOut,
    EndpointDisabled,
    Rejected,
    /// Our own side: sender not verified, account paused, permission missing.
    NotAllowed,
}

impl Refusal {
    pub const ALL: [Refusal; 5] =
        [Refusal::InvalidAddress, Refusal::OptedOut, Refusal::EndpointDisabled, Refusal::Rejected, Refusal::NotAllowed];
    pub fn code(self) -> &'static str {
        match self {
            Refusal::InvalidAddress => "invalid_address",
            Refusal::OptedOut => "provider_opted_out",
            Refusal::EndpointDisabled => "endpoint_disabled",
            Refusal::Rejected => "rejected",
            Refusal::NotAllowed => "not_allowed",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptState {
    /// Ours to send; until the lease ends nobody else may.
    Claimed,
    Sent,
    Delivered,
    Bounced,
    Complained,
    Failed,
    /// Throttled: a later attempt has been planned.
    Throttled,
    Unknown,
}

impl AttemptState {
    pub const ALL: [AttemptState; 8] = [
        AttemptState::Claimed,
        AttemptState::Sent,
        AttemptState::Delivered,
        AttemptState::Bounced,
        AttemptState::Complained,
        AttemptState::Failed,
        AttemptState::Throttled,
        AttemptState::Unknown,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            AttemptState::Claimed => "claimed",
            AttemptState::Sent => "sent",
            AttemptState::Delivered => "delivered",
            AttemptState::Bounced => "bounced",
            AttemptState::Complained => "complained",
            AttemptState::Failed => "failed",
            AttemptState::Throttled => "throttled",
            AttemptState::Unknown => "unknown",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The attempt as the voucher keeps it, one per channel; a later number replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub channel: Channel,
    pub number: u32,
    /// The take of the dispatch that claimed it: whoever finds its own fence has found its own claim.
    pub fence: u32,
    pub state: AttemptState,
    pub at: Timestamp,
    pub provider_id: Option<String>,
    pub reason: Option<String>,
}

impl Attempt {
    /// A claim to be written before the provider is called.
    pub fn claim(channel: Channel, number: u32, fence: u32, at: Timestamp) -> Self {
        Self { channel, number, fence, state: AttemptState::Claimed, at, provider_id: None, reason: None }
    }
    /// Whether this is the very claim `other`, still without an outcome.
    pub fn is(&self, other: &Attempt) -> bool {
        self.state == AttemptState::Claimed
            && (self.channel, self.number, self.fence, self.at.as_millisecond())
                == (other.channel, other.number, other.fence, other.at.as_millisecond())
    }
}

/// Soft bounces in a row after which an address is taken for dead.
const SOFT_BOUNCES: usize = 5;

/// Whether the last messages of a customer on this channel that anything is known of all bounced. A mailbox that was full once is no
/// reason to stop; one that is always full is.
pub fn soft_bounced_too_often(vouchers: &[Voucher], channel: Channel) -> bool {
    let mut known: Vec<&Attempt> = vouchers
        .iter()
        .filter_map(|voucher| voucher.attempts.get(&channel))
        .filter(|it| matches!(it.state, AttemptState::Delivered | AttemptState::Complained | AttemptState::Bounced))
        .collect();
    known.sort_by_key(|attempt| std::cmp::Reverse(attempt.at));
    let last = known.iter().take(SOFT_BOUNCES);
    known.len() >= SOFT_BOUNCES && last.into_iter().all(|attempt| attempt.state == AttemptState::Bounced)
}

/// What a worker finds when a voucher already has an attempt on its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This dispatch's attempt is not there yet: claim it.
    Open,
    /// Another worker holds a live claim: leave it.
    Busy,
    /// Claimed, and its worker never came back: the answer is lost, so it is ambiguous.
    Abandoned,
    /// Has an outcome, or a later attempt: nothing to do.
    Settled,
}

/// `wanted` is the attempt number that the dispatch is for; `lease` how long a claim is honoured, in seconds.
pub fn standing(attempt: Option<&Attempt>, wanted: u32, now: Timestamp, lease_seconds: i64) -> Standing {
    let Some(attempt) = attempt else { return Standing::Open };
    match attempt.number.cmp(&wanted) {
        std::cmp::Ordering::Less => match attempt.state {
            AttemptState::Throttled | AttemptState::Unknown => Standing::Open,
            AttemptState::Claimed
            | AttemptState::Sent
            | AttemptState::Delivered
            | AttemptState::Bounced
            | AttemptState::Complained
            | AttemptState::Failed => Standing::Settled,
        },
        std::cmp::Ordering::Greater => Standing::Settled,
        std::cmp::Ordering::Equal => match attempt.state {
            AttemptState::Claimed if now.as_millisecond() - attempt.at.as_millisecond() < lease_seconds * 1_000 => {
                Standing::Busy
            }
            AttemptState::Claimed => Standing::Abandoned,
            AttemptState::Sent
            | AttemptState::Delivered
            | AttemptState::Bounced
            | AttemptState::Complained
            | AttemptState::Failed
            | AttemptState::Throttled
            | AttemptState::Unknown => Standing::Settled,
        },
    }
}

/// Whether policy lets an `unknown` attempt be repeated once the waiting time is over: SMS never (it costs and annoys), e-mail
/// once, push freely (a collapse key replaces the first).
pub fn may_repeat_unknown(channel: Channel, number: u32) -> bool {
    match channel {
        Channel::Sms => false,
        Channel::Email => number < 2,
        Channel::Push => number < MAX_ATTEMPTS,
    }
}

/// Seconds until throttled attempt `number` is tried again: full jitter below an exponential bound, `spread` in 0..=1000 chosen
/// by the caller (a hash of the voucher, so that it is repeatable).
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
    fn check(found: Option<Attempt>, wanted: u32, seconds: i64, expected: Standing) {
        let now = Timestamp::from_second(seconds).unwrap();
        assert_eq!(standing(found.as_ref(), wanted, now, 30), expected, "{found:?} wanted {wanted} at {seconds}");
    }

    #[test]
    fn throttled_attempts_are_spread_over_their_whole_bound() {
        use crate::id::{CampaignId, CustomerId, share};
        let campaign = CampaignId::parse("cmp_1").unwrap();
        for (number, bound) in [(1, 30), (3, 120), (6, 960), (9, 960)] {
            let delay = |customer: u32| {
                let customer = CustomerId::parse(&format!("c-{customer}")).unwrap();
                throttle_delay_seconds(number, share(&format!("jitter{number}"), &campaign, &customer) / 10)
            };
            let mut quarters = [0u32; 4];
            for delay in (0..2_000).map(delay) {
                assert!((1..=bound).contains(&delay), "{delay} s after attempt {number}");
                quarters[usize::try_from(((delay - 1) * 4 / bound).min(3)).unwrap()] += 1;
            }
            assert!(quarters.iter().all(|count| (350..=680).contains(count)), "attempt {number}: {quarters:?}");
        }
    }

    #[test]
    fn a_claim_is_honoured_while_its_lease_lasts_and_ambiguous_after() {
        check(None, 1, 1_000, Standing::Open);
        check(Some(attempt(1, AttemptState::Claimed)), 1, 1_029, Standing::Busy);
        check(Some(attempt(1, AttemptState::Claimed)), 1, 1_030, Standing::Abandoned);
    }

    #[test]
    fn a_retry_goes_ahead_only_after_a_throttle_or_an_unknown() {
        check(Some(attempt(1, AttemptState::Throttled)), 2, 2_000, Standing::Open);
        check(Some(attempt(1, AttemptState::Unknown)), 2, 2_000, Standing::Open);
        for settled in [AttemptState::Sent, AttemptState::Delivered, AttemptState::Failed, AttemptState::Claimed] {
            check(Some(attempt(1, settled)), 2, 2_000, Standing::Settled);
        }
        check(Some(attempt(2, AttemptState::Claimed)), 1, 2_000, Standing::Settled);
    }

    #[test]
    fn an_sms_of_unknown_fate_is_never_sent_again() {
        assert!((1..9).all(|number| !may_repeat_unknown(Channel::Sms, number)));
        assert!(may_repeat_unknown(Channel::Email, 1) && !may_repeat_unknown(Channel::Email, 2));
        assert!(may_repeat_unknown(Channel::Push, 2));
    }
}
