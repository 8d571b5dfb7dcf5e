//! Judges whether a campaign's messages on a channel harm the sender's reputation, or do not get
//! through.
//!
//! `aggregate-reports` counts sends into blocks ([`block_changes`]); the watchdog judges the blocks
//! ([`find_pause_cause`]) and pauses the campaign.
//!
//! A block is one second of one campaign and channel, by the time the message was sent. A late
//! provider event therefore counts for the message it is about, and messages sent before a pause
//! never count against those sent after it.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::{
    campaign::pause_cause::{BASIS_POINTS, DeliverabilityIssue, PauseCause},
    delivery::feedback::{PROVIDER_SUPPRESSED, SOFT_BOUNCE},
    kernel::{channel::Channel, id::CampaignId},
    voucher::{
        attempt::{Attempt, AttemptState, ProviderRefusal},
        record::Voucher,
    },
};

/// Messages of one window: bounces and complaints are judged over so many messages sent in a row.
pub const WINDOW: i64 = 1_000;
/// The fewest messages that are judged: three bounces among the first ten say little.
pub const MIN_MESSAGES: i64 = 100;
/// Attempts over which a channel is judged. They are few, because a failing channel fails for every
/// customer.
pub const CHANNEL_WINDOW: i64 = 100;

/// The key of a block: one second in which a campaign sent on a channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SendBlock {
    pub campaign: CampaignId,
    pub channel: Channel,
    /// Seconds since the Unix epoch.
    pub second: i64,
}

/// The results of the attempts of a block. A message is an attempt that the provider accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendCounts {
    /// All accepted messages, including those that bounced or drew a complaint.
    pub messages: i64,
    /// Hard bounces. A soft one counts among the messages only.
    pub bounced: i64,
    pub complained: i64,
    /// Attempts refused because of the customer's own address.
    pub refused: i64,
    /// Attempts that failed definitely for any other reason.
    pub failed: i64,
    /// Attempts without an answer, for now or for good.
    pub unknown: i64,
}

pub type SendBlocks = BTreeMap<SendBlock, SendCounts>;

impl SendCounts {
    /// Returns the counts with their attribute names in the table.
    pub fn named_counts(&self) -> [(&'static str, i64); 6] {
        [
            ("messages", self.messages),
            ("bounced", self.bounced),
            ("complained", self.complained),
            ("refused", self.refused),
            ("failed", self.failed),
            ("unknown", self.unknown),
        ]
    }

    /// Counts an attempt in its present state; it counts for nothing until it has a result.
    fn of_attempt(attempt: &Attempt) -> Self {
        let one = Self::default();
        match attempt.state {
            AttemptState::Claimed | AttemptState::Throttled => one,
            AttemptState::Sent | AttemptState::Delivered => Self { messages: 1, ..one },
            // a full mailbox says nothing about how the addresses were collected
            AttemptState::Bounced if attempt.reason.as_deref() == Some(SOFT_BOUNCE) => {
                Self { messages: 1, ..one }
            }
            AttemptState::Bounced => Self { messages: 1, bounced: 1, ..one },
            AttemptState::Complained => Self { messages: 1, complained: 1, ..one },
            AttemptState::Unknown => Self { unknown: 1, ..one },
            AttemptState::Failed if is_address_refusal(attempt.reason.as_deref()) => {
                Self { refused: 1, ..one }
            }
            AttemptState::Failed => Self { failed: 1, ..one },
        }
    }

    fn add(&mut self, other: &Self, times: i64) {
        self.messages += times * other.messages;
        self.bounced += times * other.bounced;
        self.complained += times * other.complained;
        self.refused += times * other.refused;
        self.failed += times * other.failed;
        self.unknown += times * other.unknown;
    }

    fn attempts(&self) -> i64 {
        self.messages + self.refused + self.failed + self.unknown
    }
}

fn is_address_refusal(reason: Option<&str>) -> bool {
    if reason == Some(PROVIDER_SUPPRESSED) {
        return true;
    }
    let refusal = ProviderRefusal::ALL.into_iter().find(|refusal| Some(refusal.code()) == reason);
    match refusal {
        Some(
            ProviderRefusal::InvalidAddress
            | ProviderRefusal::OptedOut
            | ProviderRefusal::EndpointDisabled,
        ) => true,
        Some(ProviderRefusal::Rejected | ProviderRefusal::NotAllowed) | None => false,
    }
}

/// Returns what the change from `old` to `new` adds to the blocks. A further attempt on a channel
/// leaves the counts of the attempt before it in place.
pub fn block_changes(old: Option<&Voucher>, new: &Voucher) -> SendBlocks {
    let mut blocks = SendBlocks::new();
    for (channel, attempt) in &new.attempts {
        let before = old
            .and_then(|old| old.attempts.get(channel))
            .filter(|before| before.number == attempt.number);
        for (attempt, times) in before.map(|before| (before, -1)).into_iter().chain([(attempt, 1)])
        {
            let block = SendBlock {
                campaign: new.campaign.clone(),
                channel: *channel,
                second: attempt.at.as_second(),
            };
            blocks.entry(block).or_default().add(&SendCounts::of_attempt(attempt), times);
        }
    }
    blocks.retain(|_, sends| *sends != SendCounts::default());
    blocks
}

/// Adds `from` to `into`, and drops blocks whose counts have become zero.
pub fn merge_blocks(into: &mut SendBlocks, from: SendBlocks) {
    for (block, sends) in from {
        into.entry(block).or_default().add(&sends, 1);
    }
    into.retain(|_, sends| *sends != SendCounts::default());
}

/// The largest shares of a window's messages that may bounce or draw a complaint, in basis points
/// (hundredths of a percent).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderLimits {
    pub bounced: u32,
    pub complained: u32,
}

impl Default for SenderLimits {
    /// Returns 5 % and 0.1 %, the limits at which SES begins to review an account.
    fn default() -> Self {
        Self { bounced: 500, complained: 10 }
    }
}

/// Returns the reason to pause, if there is one. `blocks` are those of one campaign and channel,
/// oldest first.
///
/// Bounces and complaints arrive minutes or hours after the message, when thousands of other
/// messages may have followed it. Each window of 1,000 messages in `blocks` is judged, and the
/// latest one that is over a limit is reported; with fewer than 1,000 messages, all of them form
/// one window. A channel is judged by its last attempts alone: one that has recovered does not
/// fail.
pub fn find_pause_cause(
    channel: Channel,
    blocks: &[SendCounts],
    limits: &SenderLimits,
) -> Option<PauseCause> {
    let found = |cause: DeliverabilityIssue, (count, of): (i64, i64)| {
        let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        PauseCause { cause, channel, count: number(count), of: number(of) }
    };
    let failing = last_attempts(blocks).filter(|(bad, of)| 2 * bad > *of);
    let complained = || last_window_over(blocks, |sends| sends.complained, limits.complained);
    let bounced = || last_window_over(blocks, |sends| sends.bounced, limits.bounced);
    failing
        .map(|counted| found(DeliverabilityIssue::ChannelFailing, counted))
        .or_else(|| bounced().map(|counted| found(DeliverabilityIssue::Bounces, counted)))
        .or_else(|| complained().map(|counted| found(DeliverabilityIssue::Complaints, counted)))
}

/// Finds the last window in which more than `limit` of the messages were bad, and returns the bad
/// messages and all messages of that window.
fn last_window_over(
    blocks: &[SendCounts],
    bad: impl Fn(&SendCounts) -> i64,
    limit: u32,
) -> Option<(i64, i64)> {
    let mut window = VecDeque::new();
    let (mut all, mut harmed, mut last) = (0, 0, None);
    let is_over = |harmed: i64, all: i64| harmed * BASIS_POINTS > i64::from(limit) * all;
    for block in blocks {
        window.push_back((block.messages, bad(block)));
        all += block.messages;
        harmed += bad(block);
        while let Some((first, first_harmed)) =
            window.front().copied().filter(|(first, _)| all - first >= WINDOW)
        {
            window.pop_front();
            all -= first;
            harmed -= first_harmed;
        }
        if all >= WINDOW && is_over(harmed, all) {
            last = Some((harmed, all));
        }
    }
    last.or_else(|| {
        ((MIN_MESSAGES..WINDOW).contains(&all) && is_over(harmed, all)).then_some((harmed, all))
    })
}

/// Counts failures and attempts of the newest blocks that together hold [`CHANNEL_WINDOW`]
/// attempts. Returns `None` if there are fewer attempts.
fn last_attempts(blocks: &[SendCounts]) -> Option<(i64, i64)> {
    let (mut all, mut bad) = (0, 0);
    for block in blocks.iter().rev() {
        all += block.attempts();
        bad += block.failed + block.unknown;
        if all >= CHANNEL_WINDOW {
            return Some((bad, all));
        }
    }
    None
}

/// Returns the first second that is judged, for a campaign that was resumed at `at`.
pub fn first_judged_second(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_second)
}

#[cfg(test)]
mod tests;
