//! Whether what a campaign sends on a channel harms the sender's name, or reaches nobody: the blocks into which its sends are counted,
//! and the judgement over them. `aggregate-reports` counts ([`change`]), `sweep` judges ([`judge`]) and pauses.
//! A block is a second of one campaign and channel, by when the message went out: news that comes late counts for the messages it is
//! about, so what was sent before a pause never speaks against what is sent after it.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    channel::Channel,
    delivery::{Attempt, AttemptState, Refusal},
    id::CampaignId,
    voucher::Voucher,
};

/// Messages of one window: bounces and complaints are held against so many that went out one after the other.
pub const WINDOW: i64 = 1_000;
/// Of fewer than this nothing is judged: three bounces of the first ten say little.
pub const MIN_MESSAGES: i64 = 100;
/// Attempts by which a channel is taken to fail: few, for it fails for everybody.
pub const CHANNEL_WINDOW: i64 = 100;

const BASIS_POINTS: i64 = 10_000;

/// One second of sending.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    pub campaign: CampaignId,
    pub channel: Channel,
    /// Since the epoch.
    pub second: i64,
}

/// What became of the attempts of a block. A message is what the provider took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sends {
    /// Those that bounced or were complained about included.
    pub messages: i64,
    pub bounced: i64,
    pub complained: i64,
    /// Refused for the customer's own address.
    pub refused: i64,
    /// Any other definite failure.
    pub failed: i64,
    /// Nobody knows, so far or for ever.
    pub unknown: i64,
}

pub type Blocks = BTreeMap<Block, Sends>;

impl Sends {
    /// By the names they are kept under.
    pub fn named(&self) -> [(&'static str, i64); 6] {
        [
            ("messages", self.messages),
            ("bounced", self.bounced),
            ("complained", self.complained),
            ("refused", self.refused),
            ("failed", self.failed),
            ("unknown", self.unknown),
        ]
    }

    /// What an attempt in its present state counts for: nothing until it has an outcome.
    fn of(attempt: &Attempt) -> Self {
        let one = Self::default();
        match attempt.state {
            AttemptState::Claimed | AttemptState::Throttled => one,
            AttemptState::Sent | AttemptState::Delivered => Self { messages: 1, ..one },
            AttemptState::Bounced => Self { messages: 1, bounced: 1, ..one },
            AttemptState::Complained => Self { messages: 1, complained: 1, ..one },
            AttemptState::Unknown => Self { unknown: 1, ..one },
            AttemptState::Failed if own_address(attempt.reason.as_deref()) => Self { refused: 1, ..one },
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

fn own_address(reason: Option<&str>) -> bool {
    let refusal = Refusal::ALL.into_iter().find(|refusal| Some(refusal.code()) == reason);
    match refusal {
        Some(Refusal::InvalidAddress | Refusal::OptedOut | Refusal::EndpointDisabled) => true,
        Some(Refusal::Rejected | Refusal::NotAllowed) | None => false,
    }
}

/// What the step from `old` to `new` moves. A further attempt on a channel leaves what the one before it counted for.
pub fn change(old: Option<&Voucher>, new: &Voucher) -> Blocks {
    let mut blocks = Blocks::new();
    for (channel, attempt) in &new.attempts {
        let before = old.and_then(|old| old.attempts.get(channel)).filter(|before| before.number == attempt.number);
        for (attempt, times) in before.map(|before| (before, -1)).into_iter().chain([(attempt, 1)]) {
            let block = Block { campaign: new.campaign.clone(), channel: *channel, second: attempt.at.as_second() };
            blocks.entry(block).or_default().add(&Sends::of(attempt), times);
        }
    }
    blocks.retain(|_, sends| *sends != Sends::default());
    blocks
}

/// Adds `from` to `into`; what comes to nothing is not kept.
pub fn merge(into: &mut Blocks, from: Blocks) {
    for (block, sends) in from {
        into.entry(block).or_default().add(&sends, 1);
    }
    into.retain(|_, sends| *sends != Sends::default());
}

/// What of a window's messages may bounce or be complained about, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub bounced: u32,
    pub complained: u32,
}

impl Default for Limits {
    /// 5 % and 0.1 %: where SES begins to review an account.
    fn default() -> Self {
        Self { bounced: 500, complained: 10 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Harm {
    /// Too many messages bounced.
    Bounces,
    /// Too many messages were complained about.
    Complaints,
    /// More than half of the last attempts failed for no fault of the customer's address, or nobody knows what became of them.
    ChannelFailing,
}

/// Why the system paused a campaign by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PauseCause {
    pub cause: Harm,
    pub channel: Channel,
    /// So many messages, or attempts of a failing channel,
    pub count: u32,
    /// out of so many that were sent one after the other.
    pub of: u32,
}

impl fmt::Display for PauseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, channel, count, of } = self;
        let rate = i64::from(*count) * BASIS_POINTS / i64::from(*of).max(1);
        let (whole, part) = (rate / 100, rate % 100);
        match cause {
            Harm::Bounces => write!(f, "{count} of {of} messages by {channel} bounced ({whole}.{part:02} %)"),
            Harm::Complaints => {
                write!(f, "{count} of {of} messages by {channel} were complained about ({whole}.{part:02} %)")
            }
            Harm::ChannelFailing => {
                write!(f, "{channel} is failing: {count} of the last {of} attempts ({whole}.{part:02} %)")
            }
        }
    }
}

/// What speaks for pausing: `blocks` are those of one campaign and channel, oldest first.
///
/// Bounces and complaints come minutes or hours after the message, when thousands of others may have followed it. So each run of 1,000
/// messages is judged that `blocks` hold, the last ones above all; below 1,000 messages all that there are. A channel is judged by its
/// last attempts alone: what has recovered does not fail.
pub fn judge(channel: Channel, blocks: &[Sends], limits: &Limits) -> Option<PauseCause> {
    let found = |cause: Harm, (count, of): (i64, i64)| {
        let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        PauseCause { cause, channel, count: number(count), of: number(of) }
    };
    let failing = last_attempts(blocks).filter(|(bad, of)| 2 * bad > *of);
    let complained = || over(blocks, |sends| sends.complained, limits.complained);
    let bounced = || over(blocks, |sends| sends.bounced, limits.bounced);
    failing
        .map(|counted| found(Harm::ChannelFailing, counted))
        .or_else(|| bounced().map(|counted| found(Harm::Bounces, counted)))
        .or_else(|| complained().map(|counted| found(Harm::Complaints, counted)))
}

/// The last window in which more than `limit` of the messages were bad, with how many of how many.
fn over(blocks: &[Sends], bad: impl Fn(&Sends) -> i64, limit: u32) -> Option<(i64, i64)> {
    let mut window = VecDeque::new();
    let (mut all, mut harmed, mut last) = (0, 0, None);
    let is_over = |harmed: i64, all: i64| harmed * BASIS_POINTS > i64::from(limit) * all;
    for block in blocks {
        window.push_back((block.messages, bad(block)));
        all += block.messages;
        harmed += bad(block);
        while let Some((first, first_harmed)) = window.front().copied().filter(|(first, _)| all - first >= WINDOW) {
            window.pop_front();
            all -= first;
            harmed -= first_harmed;
        }
        if all >= WINDOW && is_over(harmed, all) {
            last = Some((harmed, all));
        }
    }
    last.or_else(|| ((MIN_MESSAGES..WINDOW).contains(&all) && is_over(harmed, all)).then_some((harmed, all)))
}

/// Failures and attempts of the newest blocks that hold as many as the judgement takes.
fn last_attempts(blocks: &[Sends]) -> Option<(i64, i64)> {
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

/// The first second that counts after a campaign was resumed at `at`.
pub fn judged_from(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_second)
}

#[cfg(test)]
mod tests;
