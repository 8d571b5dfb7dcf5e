//! The parts of a counter's name after its first word: channel, state, reason, stage, arm and
//! number, each with its words and how they are read back.

use std::str::Split;

use crate::{
    kernel::channel::Channel,
    voucher::{attempt::AttemptState, record::VoucherRefusal, skip_reason::SkipReason},
};

/// The longest reason in a counter name, in bytes. The store and the providers bound reasons
/// already, and this bounds them once more.
const MAX_REASON: usize = 40;

/// A part of a counter's name.
pub(super) trait NamePart: Sized {
    /// Appends the words of the part, each after a dot.
    fn push_words(&self, name: &mut String);
    /// Reads the part from the next words. Returns `None` for words that `push_words` never writes.
    fn read_words(words: &mut Split<'_, char>) -> Option<Self>;
    #[cfg(test)]
    fn samples() -> Vec<Self>;
}

fn push_word(name: &mut String, word: &str) {
    name.push('.');
    name.push_str(word);
}

/// The share of a counter that is kept in total and by channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelScope {
    All,
    On(Channel),
    /// The channel is not known.
    NoChannel,
}

impl ChannelScope {
    const NO_CHANNEL: &str = "none";

    pub fn of_channel(channel: Option<Channel>) -> Self {
        channel.map_or(ChannelScope::NoChannel, ChannelScope::On)
    }
}

impl NamePart for ChannelScope {
    fn push_words(&self, name: &mut String) {
        match self {
            ChannelScope::All => {}
            ChannelScope::On(channel) => push_word(name, channel.as_str()),
            ChannelScope::NoChannel => push_word(name, Self::NO_CHANNEL),
        }
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        match words.next() {
            None => Some(ChannelScope::All),
            Some(Self::NO_CHANNEL) => Some(ChannelScope::NoChannel),
            Some(word) => Channel::parse(word).map(ChannelScope::On),
        }
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let each = Channel::ALL.map(ChannelScope::On);
        [ChannelScope::All, ChannelScope::NoChannel].into_iter().chain(each).collect()
    }
}

/// The share of the skipped customers: all of them, or those of one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipScope {
    All,
    For(SkipReason),
    /// The record does not say why.
    NoReason,
}

impl SkipScope {
    const NO_REASON: &str = "unknown";

    pub fn of_reason(reason: Option<SkipReason>) -> Self {
        reason.map_or(SkipScope::NoReason, SkipScope::For)
    }

    /// Returns the code of the reason, or `None` for the total.
    pub fn code(self) -> Option<&'static str> {
        match self {
            SkipScope::All => None,
            SkipScope::For(reason) => Some(reason.code()),
            SkipScope::NoReason => Some(Self::NO_REASON),
        }
    }
}

impl NamePart for SkipScope {
    fn push_words(&self, name: &mut String) {
        if let Some(code) = self.code() {
            push_word(name, code);
        }
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        match words.next() {
            None => Some(SkipScope::All),
            Some(Self::NO_REASON) => Some(SkipScope::NoReason),
            Some(word) => SkipReason::parse(word).map(SkipScope::For),
        }
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let each = SkipReason::ALL.map(SkipScope::For);
        [SkipScope::All, SkipScope::NoReason].into_iter().chain(each).collect()
    }
}

/// The stage of a voucher whose exposure is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenStage {
    Issued,
    Accepted,
}

impl OpenStage {
    const ALL: [OpenStage; 2] = [OpenStage::Issued, OpenStage::Accepted];

    fn as_str(self) -> &'static str {
        match self {
            OpenStage::Issued => "issued",
            OpenStage::Accepted => "accepted",
        }
    }
}

impl NamePart for OpenStage {
    fn push_words(&self, name: &mut String) {
        push_word(name, self.as_str());
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        let word = words.next()?;
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        Self::ALL.to_vec()
    }
}

/// A stage whose duration is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimedStage {
    /// The time from when the first message was due until it was sent.
    Due(Channel),
    /// The time from issue to sending.
    Sent(Channel),
    /// The time from sending to delivery.
    Delivered(Channel),
    /// The time from issue to acceptance.
    Accepted,
    /// The time from acceptance to the first redemption.
    Redeemed,
}

impl TimedStage {
    fn parts(self) -> (&'static str, Option<Channel>) {
        match self {
            TimedStage::Due(channel) => ("due", Some(channel)),
            TimedStage::Sent(channel) => ("sent", Some(channel)),
            TimedStage::Delivered(channel) => ("delivered", Some(channel)),
            TimedStage::Accepted => ("accepted", None),
            TimedStage::Redeemed => ("redeemed", None),
        }
    }

    fn all() -> impl Iterator<Item = TimedStage> {
        let by_channel = [TimedStage::Due, TimedStage::Sent, TimedStage::Delivered]
            .into_iter()
            .flat_map(|stage| Channel::ALL.map(stage));
        by_channel.chain([TimedStage::Accepted, TimedStage::Redeemed])
    }
}

impl NamePart for TimedStage {
    fn push_words(&self, name: &mut String) {
        let (word, channel) = self.parts();
        push_word(name, word);
        if let Some(channel) = channel {
            push_word(name, channel.as_str());
        }
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        let word = words.next()?;
        let has_channel = Self::all().find(|stage| stage.parts().0 == word)?.parts().1.is_some();
        let channel = if has_channel { Some(Channel::parse(words.next()?)?) } else { None };
        Self::all().find(|stage| stage.parts() == (word, channel))
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        Self::all().collect()
    }
}

/// The reason of an attempt that did not succeed: a code of the provider or of ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultReason(String);

impl FaultReason {
    const OTHER: &str = "other";

    /// Returns the reason of an attempt. A text that is no code counts as `other`, so that it makes
    /// no counter of its own.
    pub fn of_attempt(reason: Option<&str>) -> Self {
        reason.and_then(Self::parse).unwrap_or_else(|| Self(Self::OTHER.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(reason: &str) -> Option<Self> {
        let is_code = (1..=MAX_REASON).contains(&reason.len())
            && reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_code.then(|| Self(reason.to_owned()))
    }
}

impl NamePart for FaultReason {
    fn push_words(&self, name: &mut String) {
        push_word(name, &self.0);
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        Self::parse(words.next()?)
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let reasons = [
            "other",
            "invalid_address",
            "throttled",
            "no_consent",
            "opted_out",
            "unknown",
            "failed",
            "timeout",
            "rejected",
        ];
        reasons.map(|reason| Self(reason.to_owned())).to_vec()
    }
}

/// A side of the comparison that the holdout makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComparisonArm {
    /// Customers who were issued a voucher.
    Treated,
    HeldOut,
}

impl ComparisonArm {
    pub const ALL: [ComparisonArm; 2] = [ComparisonArm::Treated, ComparisonArm::HeldOut];
}

/// A counter that both arms have, by day of issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArmCounter {
    Orders,
    /// Customers who spent something, by bucket of their spend.
    Spenders(u32),
    /// The spend of the customers in a bucket, in minor units.
    Spend(u32),
    Discount,
    Units(Channel),
    /// Records of customers who are in the arm already, and vouchers that support issued: without
    /// them each customer is counted once.
    Repeats,
}

impl NamePart for ArmCounter {
    fn push_words(&self, name: &mut String) {
        match self {
            ArmCounter::Orders => push_word(name, "orders"),
            ArmCounter::Spenders(bucket) => {
                push_word(name, "spenders");
                bucket.push_words(name);
            }
            ArmCounter::Spend(bucket) => {
                push_word(name, "spend");
                bucket.push_words(name);
            }
            ArmCounter::Discount => push_word(name, "discount"),
            ArmCounter::Units(channel) => {
                push_word(name, "units");
                channel.push_words(name);
            }
            ArmCounter::Repeats => push_word(name, "repeats"),
        }
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        Some(match words.next()? {
            "orders" => ArmCounter::Orders,
            "spenders" => ArmCounter::Spenders(u32::read_words(words)?),
            "spend" => ArmCounter::Spend(u32::read_words(words)?),
            "discount" => ArmCounter::Discount,
            "units" => ArmCounter::Units(Channel::read_words(words)?),
            "repeats" => ArmCounter::Repeats,
            _ => return None,
        })
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let mut found = vec![ArmCounter::Orders, ArmCounter::Discount, ArmCounter::Repeats];
        found.extend(u32::samples().into_iter().map(ArmCounter::Spenders));
        found.extend(u32::samples().into_iter().map(ArmCounter::Spend));
        found.extend(Channel::ALL.map(ArmCounter::Units));
        found
    }
}

/// A counter that each variant of a campaign has, by day of issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VariantCounter {
    Issued,
    Exposure,
    Accepted,
    /// Vouchers whose redemption is in force.
    Redeemed,
    /// The amount that customers paid for the orders on which they redeemed.
    Revenue,
    /// The counter of the treated arm, of this variant's customers.
    Arm(ArmCounter),
}

impl VariantCounter {
    const SINGLE: [VariantCounter; 5] = [
        VariantCounter::Issued,
        VariantCounter::Exposure,
        VariantCounter::Accepted,
        VariantCounter::Redeemed,
        VariantCounter::Revenue,
    ];

    fn word(self) -> Option<&'static str> {
        match self {
            VariantCounter::Issued => Some("issued"),
            VariantCounter::Exposure => Some("exposure"),
            VariantCounter::Accepted => Some("accepted"),
            VariantCounter::Redeemed => Some("redeemed"),
            VariantCounter::Revenue => Some("revenue"),
            VariantCounter::Arm(_) => None,
        }
    }
}

impl NamePart for VariantCounter {
    fn push_words(&self, name: &mut String) {
        match self {
            VariantCounter::Arm(of) => of.push_words(name),
            VariantCounter::Issued
            | VariantCounter::Exposure
            | VariantCounter::Accepted
            | VariantCounter::Redeemed
            | VariantCounter::Revenue => push_word(name, self.word().unwrap_or_default()),
        }
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        let first = words.clone().next()?;
        match Self::SINGLE.into_iter().find(|counter| counter.word() == Some(first)) {
            Some(counter) => words.next().map(|_| counter),
            None => ArmCounter::read_words(words).map(VariantCounter::Arm),
        }
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let arms = ArmCounter::samples().into_iter().map(VariantCounter::Arm);
        Self::SINGLE.into_iter().chain(arms).collect()
    }
}

impl NamePart for Channel {
    fn push_words(&self, name: &mut String) {
        push_word(name, self.as_str());
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        Channel::parse(words.next()?)
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        Channel::ALL.to_vec()
    }
}

impl NamePart for AttemptState {
    fn push_words(&self, name: &mut String) {
        push_word(name, self.as_str());
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        AttemptState::parse(words.next()?)
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        AttemptState::ALL.to_vec()
    }
}

impl NamePart for VoucherRefusal {
    fn push_words(&self, name: &mut String) {
        push_word(name, self.code());
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        VoucherRefusal::parse(words.next()?)
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        VoucherRefusal::all().collect()
    }
}

impl NamePart for u32 {
    fn push_words(&self, name: &mut String) {
        push_word(name, &self.to_string());
    }
    fn read_words(words: &mut Split<'_, char>) -> Option<Self> {
        let word = words.next()?;
        // Another form of the same number, such as `07` or `+7`, is another name.
        let is_plain = word == "0" || word.starts_with(|first: char| ('1'..='9').contains(&first));
        if is_plain { word.parse().ok() } else { None }
    }
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![0, 9, 10, 31, 62]
    }
}

#[cfg(test)]
pub(super) use tuples::PartSamples;

#[cfg(test)]
mod tuples {
    //! Combines the samples of a counter's parts.

    use super::NamePart;

    pub trait PartSamples: Sized {
        fn samples() -> Vec<Self>;
    }
    impl PartSamples for () {
        fn samples() -> Vec<Self> {
            vec![()]
        }
    }
    impl<A: NamePart> PartSamples for (A,) {
        fn samples() -> Vec<Self> {
            A::samples().into_iter().map(|part| (part,)).collect()
        }
    }
    impl<A: NamePart + Clone, B: NamePart> PartSamples for (A, B) {
        fn samples() -> Vec<Self> {
            let pair = |first: A| B::samples().into_iter().map(move |part| (first.clone(), part));
            A::samples().into_iter().flat_map(pair).collect()
        }
    }
}
