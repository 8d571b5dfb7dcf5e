//! Declares every counter of a report row, each in one line: its variant, the first word of its
//! name, the code of that word in the table, and its label.
//!
//! A name is the first word and the counter's parts, with dots between (`took.due.push.31`); the
//! stored name is the same in codes (`Tup31`). Guarantees: every name and every stored name is read
//! as one counter, and one that this version does not know as [`Counter::Unknown`]. The words and
//! codes are permanent, as the rows are: lines may be added, none changed.

use std::fmt;

use super::{
    name_parts::{
        ArmCounter, ChannelScope, ComparisonArm, FaultReason, NamePart, OpenStage, SkipScope,
        TimedStage, VariantCounter,
    },
    stored_names::{CodedWord, NEXT_WORDS, NameCodes},
};
use crate::{
    kernel::channel::Channel,
    voucher::{attempt::AttemptState, record::VoucherRefusal},
};

macro_rules! counters {
    ($(
        $variant:ident $( ( $( $field:ident: $part:ty ),+ ) )?
            = $word:literal, $code:literal, $label:literal;
    )+) => {
        /// A counter of a report row.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Counter {
            $(
                #[doc = concat!($label, ".")]
                $variant $( ( $( $part ),+ ) )?,
            )+
            /// A counter that this version does not know. It is kept and added up as it is, so that
            /// what another version has counted is neither lost nor taken for something else.
            Unknown(UnknownCounter),
        }

        /// The first words of the names, with their codes.
        pub(super) const FIRST_WORDS: &[CodedWord] = &[ $( ($word, $code) ),+ ];

        impl Counter {
            /// Returns the first word of the name, which counters that differ only in channel,
            /// reason or number share.
            pub fn first_word(&self) -> &str {
                match self {
                    $( Counter::$variant { .. } => $word, )+
                    Counter::Unknown(unknown) => unknown.first_word(),
                }
            }

            /// Returns the meaning of the first word, for people.
            pub fn label(&self) -> &'static str {
                match self {
                    $( Counter::$variant { .. } => $label, )+
                    Counter::Unknown(_) => "A counter that this version does not know",
                }
            }

            fn push_parts(&self, name: &mut String) {
                match self {
                    $(
                        Counter::$variant $( ( $( $field ),+ ) )? => {
                            $( $( $field.push_words(name); )+ )?
                        }
                    )+
                    Counter::Unknown(_) => {}
                }
            }

            fn read_known(name: &str) -> Option<Self> {
                let mut words = name.split('.');
                let counter = match words.next()? {
                    $(
                        $word => Counter::$variant $( (
                            $( <$part as NamePart>::read_words(&mut words)? ),+
                        ) )?,
                    )+
                    _ => return None,
                };
                words.next().is_none().then_some(counter)
            }

            /// Returns the counters with all their channels, states and reasons, and a few of their
            /// numbers.
            #[cfg(test)]
            pub(super) fn samples() -> Vec<Self> {
                use super::name_parts::PartSamples;
                let mut found = Vec::new();
                $(
                    let parts = <( $( $( $part, )+ )? )>::samples().into_iter();
                    found.extend(parts.map(|( $( $( $field, )+ )? )| {
                        Counter::$variant $( ( $( $field ),+ ) )?
                    }));
                )+
                found
            }
        }
    };
}

counters! {
    Issued = "issued", "I", "Vouchers that were issued";
    Exposure = "exposure", "X", "The most that the issued vouchers can cost";
    HeldOut = "ghost", "G", "Customers who were held out";
    Failed = "failed", "Z", "Customers for whom no voucher could be issued";
    Skipped(scope: SkipScope) = "skipped", "K", "Customers who were skipped, in total and by reason";
    Undeliverable = "undeliverable", "U", "Vouchers for which no channel of the ladder was left";
    Declined = "declined", "N", "Vouchers that customers declined";
    Reversed = "reversed", "V", "Redemptions that were reversed";
    Revenue = "revenue", "R", "The amount that customers paid for the orders on which they redeemed";
    Discount = "discount", "C", "Discounts given, less the amounts that refunds took back";
    Sent(scope: ChannelScope) = "sent", "S", "Vouchers that were sent, in total and by channel";
    Delivered(scope: ChannelScope) = "delivered", "D", "Vouchers that were delivered, in total and by channel";
    Tapped(scope: ChannelScope) = "tapped", "_T", "Vouchers whose link a person tapped, in total and by channel of the message";
    Accepted(scope: ChannelScope) = "accepted", "A", "Vouchers that customers accepted, in total and by channel";
    Redeemed(scope: ChannelScope) = "redeemed", "E", "Redemptions, in total and by channel";
    Messages(channel: Channel) = "messages", "M", "Messages that the provider accepted, by channel";
    Units(channel: Channel) = "units", "Q", "Units that the provider bills, by channel";
    Reminded(scope: ChannelScope) = "reminded", "B", "Reminders that were sent, in total and by channel";
    Age(days: u32) = "age", "Y", "First redemptions, by days since issue";
    Open(stage: OpenStage) = "open", "O", "Exposure that can still be used, by stage of the voucher";
    Released = "released", "L", "Exposure that will not be used";
    Took(stage: TimedStage, bucket: u32) = "took", "T", "Vouchers by the time that a stage took, by bucket of milliseconds";
    Attempts(channel: Channel) = "attempts", "W", "Attempts to send, repeats included, by channel";
    AttemptsIn(channel: Channel, state: AttemptState) = "attempt", "P", "Attempts by channel and state";
    Fault(channel: Channel, reason: FaultReason) = "fault", "F", "Attempts that did not succeed, by channel and reason";
    Fallback(channel: Channel, state: AttemptState) = "fallback", "_B", "Vouchers that went on to the next channel, by the channel before and what became of its message";
    Treated(of: ArmCounter) = "treated", "J", "Orders, spend and costs of the customers with a voucher";
    Held(of: ArmCounter) = "held", "H", "Orders and spend of the held-out customers";
    Refusals(reason: VoucherRefusal) = "refusals", "_R", "Uses of vouchers that were refused, by reason";
    Withheld(channel: Channel) = "withheld", "_W", "Messages that the frequency cap stopped, by channel";
    Variant(of: VariantCounter, number: u32) = "variant", "_N", "Vouchers, their use, and orders, spend and costs of their customers, by variant";
    RefusedVouchers(reason: VoucherRefusal) = "refused", "_V", "Vouchers whose use was refused, by reason";
}

pub(super) const COUNTER_CODES: NameCodes<'static> =
    NameCodes { first: FIRST_WORDS, next: NEXT_WORDS };

/// The counters of the two sides of the comparison.
impl ComparisonArm {
    /// Returns the counter of this arm.
    pub fn counter(self, of: ArmCounter) -> Counter {
        match self {
            ComparisonArm::Treated => Counter::Treated(of),
            ComparisonArm::HeldOut => Counter::Held(of),
        }
    }

    /// Returns the counter of all customers of this arm.
    pub fn customers(self) -> Counter {
        match self {
            ComparisonArm::Treated => Counter::Issued,
            ComparisonArm::HeldOut => Counter::HeldOut,
        }
    }
}

impl Counter {
    /// Reads a counter from its name.
    pub fn parse(name: &str) -> Self {
        Self::read_known(name).unwrap_or_else(|| {
            Counter::Unknown(UnknownCounter { stored: COUNTER_CODES.shorten(name) })
        })
    }

    /// Returns the name of the counter, as the documents write it.
    pub fn name(&self) -> String {
        if let Counter::Unknown(unknown) = self {
            return unknown.name();
        }
        let mut name = self.first_word().to_owned();
        self.push_parts(&mut name);
        name
    }

    /// Reads a counter from its stored name, which is the name of an attribute of a row.
    pub fn from_stored(stored: &str) -> Self {
        Self::read_known(&COUNTER_CODES.expand(stored))
            .unwrap_or_else(|| Counter::Unknown(UnknownCounter { stored: stored.to_owned() }))
    }

    /// Returns the name under which a row stores the counter.
    pub fn stored_name(&self) -> String {
        match self.unknown() {
            Some(unknown) => unknown.stored.clone(),
            None => COUNTER_CODES.shorten(&self.name()),
        }
    }

    /// Returns the counter as one that this version does not know, if it is one.
    pub fn unknown(&self) -> Option<&UnknownCounter> {
        if let Counter::Unknown(unknown) = self { Some(unknown) } else { None }
    }

    /// Returns the side of the comparison to which the counter belongs, and its counter there.
    pub fn arm(&self) -> Option<(ComparisonArm, ArmCounter)> {
        if let Counter::Treated(of) = self {
            return Some((ComparisonArm::Treated, *of));
        }
        if let Counter::Held(of) = self { Some((ComparisonArm::HeldOut, *of)) } else { None }
    }

    /// Returns the counter of a variant and the variant's number, if it is one.
    pub fn variant(&self) -> Option<(VariantCounter, u32)> {
        if let Counter::Variant(of, number) = self { Some((*of, *number)) } else { None }
    }

    /// Returns true if the counter compares the sides or the variants of one campaign. Sums of such
    /// counters over several campaigns mean nothing.
    pub fn is_per_campaign(&self) -> bool {
        let of_variant = Counter::Variant(VariantCounter::Issued, 1);
        let arms = ComparisonArm::ALL.map(|arm| arm.counter(ArmCounter::Orders));
        arms.iter().chain([&of_variant]).any(|it| it.first_word() == self.first_word())
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// The stored name of a counter that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownCounter {
    stored: String,
}

impl UnknownCounter {
    /// Returns the name in words, or the stored name if its codes are unknown as well.
    fn name(&self) -> String {
        let name = COUNTER_CODES.expand(&self.stored);
        if COUNTER_CODES.shorten(&name) == self.stored { name } else { self.stored.clone() }
    }

    fn first_word(&self) -> &str {
        COUNTER_CODES.first_word(&self.stored)
    }
}

#[cfg(test)]
mod tests;
