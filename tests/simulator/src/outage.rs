//! An outage of the sender: for a part of the scenario the provider of one channel, or of each, refuses
//! everything for a fault of ours, or because the day's quota for e-mails is used up.
//!
//! It is drawn from the seed with a random source of its own, so that the other scenarios stay as they
//! were. The lane closes meanwhile, is probed, and opens when the outage is over; the invariant
//! `NobodyPaysForOurs` watches what becomes of the messages.

use std::fmt;

use domain::kernel::channel::Channel;
use fake_aws::{AwsCall, CallVerdict};

/// The event that the coverage counts for each call that meets the outage.
pub const MET: &str = "a call meets an outage of the sender";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderOutage {
    /// The channel, or `None` for all of them.
    pub channel: Option<Channel>,
    /// The day's quota of e-mails is used up, instead of a fault that an operator mends.
    pub is_quota: bool,
    /// The share of the scenario's steps, in tenths, at which it begins and ends.
    pub from: usize,
    pub until: usize,
}

impl SenderOutage {
    /// Draws an outage in one scenario of three.
    pub fn from_seed(seed: u64) -> Option<Self> {
        let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_000b);
        if draw.u32(..3) != 0 {
            return None;
        }
        let channel = Channel::ALL.get(draw.usize(..2 * Channel::ALL.len())).copied();
        let is_quota = channel == Some(Channel::Email) && draw.bool();
        let from = draw.usize(0..=4);
        let until = draw.usize(from + 3..=9);
        Some(Self { channel, is_quota, from, until })
    }

    /// Returns the provider's answer to a call if the outage is on at this step of `steps`.
    pub fn verdict(self, call: &AwsCall, step: usize, steps: usize) -> Option<CallVerdict> {
        let targets: &[&str] = match self.channel {
            Some(Channel::Sms) => &["phone"],
            Some(Channel::Email) => &["mail"],
            Some(Channel::Push) => &["endpoint"],
            None => &["phone", "mail", "endpoint"],
        };
        let is_on = (steps * self.from / 10..steps * self.until / 10).contains(&step);
        let answer =
            if self.is_quota { CallVerdict::QuotaUsedUp } else { CallVerdict::SenderFault };
        (is_on && targets.contains(&call.target.as_str())).then_some(answer)
    }
}

impl fmt::Display for SenderOutage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_quota { "quota" } else { "sender" };
        write!(
            f,
            "the {what} of {} is out from {} to {} tenths of the steps",
            self.channel.map_or("each channel", Channel::as_str),
            self.from,
            self.until
        )
    }
}
