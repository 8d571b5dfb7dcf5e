//! The state of an address: what it has said (a no, or that it takes no more messages), since when,
//! from where, and what lifted it.
//!
//! A no belongs to the address and not to a customer's record: it holds for every record that has
//! the address, now and later. Writing the address differently, moving to another one and coming
//! back, or a second record lift nothing. What lifts which no is declared in one place,
//! [`SuppressionReason::is_lifted_by`].
//!
//! Guarantees: events may come twice and in any order; between a no and what lifts it, the later of
//! the two counts, and the no at the same moment.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    customer::profile::{Suppression, SuppressionReason},
    kernel::{channel::Channel, id::VoucherId},
};

/// Number of consecutive failures after which an address is taken to be dead.
pub const MAX_FAILURES: usize = 5;
/// The longest source or note, in bytes.
pub const MAX_NOTE_BYTES: usize = 200;

/// The causes that can lift a suppression of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LiftCause {
    /// A person gave a consent for this very address, later than the no.
    Consent,
    /// A phone sent `START` or one of its like, or a reader came back to the contact list that they
    /// had left. It takes back their own word and says nothing else.
    StartWord,
    /// An app registered this very token again.
    Registration,
    /// An operator, with a reason.
    Operator,
}

impl LiftCause {
    pub const ALL: [LiftCause; 4] =
        [LiftCause::Consent, LiftCause::StartWord, LiftCause::Registration, LiftCause::Operator];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::StartWord => "start_word",
            Self::Registration => "registration",
            Self::Operator => "operator",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }
}

impl SuppressionReason {
    /// All reasons from the weakest to the strongest. The strongest in force is the one that is shown.
    pub const ALL: [SuppressionReason; 7] = [
        SuppressionReason::Failing,
        SuppressionReason::Invalid,
        SuppressionReason::Bounced,
        SuppressionReason::Blocked,
        SuppressionReason::Erased,
        SuppressionReason::OptedOut,
        SuppressionReason::Complained,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Invalid => "invalid",
            Self::Bounced => "bounced",
            Self::Blocked => "blocked",
            Self::Erased => "erased",
            Self::OptedOut => "opted_out",
            Self::Complained => "complained",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// Declares what lifts a suppression. A later consent for the address lifts what was said by a
    /// person or found out about the address, but not what an operator has blocked. A start word
    /// takes back an opt-out only, and so does the consent that it gives back. A new registration proves that a device is alive and in the hands
    /// of whoever uses the app now.
    pub fn is_lifted_by(self, cause: LiftCause) -> bool {
        match cause {
            LiftCause::Operator => true,
            LiftCause::Consent => self != Self::Blocked,
            LiftCause::StartWord => self == Self::OptedOut,
            LiftCause::Registration => match self {
                Self::Failing | Self::Invalid | Self::Bounced | Self::Erased => true,
                Self::Blocked | Self::OptedOut | Self::Complained => false,
            },
        }
    }
}

/// A no of an address, or the finding that it is dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressSuppression {
    /// The time since which it was said without a break.
    pub since: Timestamp,
    /// The last time that it was said.
    pub last: Timestamp,
    /// The place it came from: `sms_reply`, `unsubscribe_link`, `provider`, `import`, ... at most 200 bytes.
    pub source: String,
    /// The operator who added it.
    pub by: Option<String>,
    pub note: Option<String>,
}

/// A lift of the suppressions of an address that were said before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lift {
    pub at: Timestamp,
    pub cause: LiftCause,
    /// The operator, if it was one.
    pub by: Option<String>,
    pub note: Option<String>,
}

/// A no to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuppression {
    pub reason: SuppressionReason,
    pub at: Timestamp,
    pub source: String,
    pub by: Option<String>,
    pub note: Option<String>,
}

impl NewSuppression {
    /// A no that came without an operator.
    pub fn received(reason: SuppressionReason, at: Timestamp, source: &str) -> Self {
        Self { reason, at, source: source.to_owned(), by: None, note: None }
    }
}

impl Lift {
    /// A lift that came without an operator.
    pub fn received(cause: LiftCause, at: Timestamp) -> Self {
        Self { at, cause, by: None, note: None }
    }
}

/// Everything that is known about one address, on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressState {
    pub channel: Channel,
    pub suppressions: BTreeMap<SuppressionReason, AddressSuppression>,
    /// The latest lift of each cause. It is kept though nothing was said yet: the no that it answers
    /// may still be on its way.
    pub lifts: BTreeMap<LiftCause, Lift>,
    /// The vouchers whose last messages to this address failed in a row, with the time of the
    /// attempt; at most [`MAX_FAILURES`].
    pub failures: BTreeMap<VoucherId, Timestamp>,
    /// Version number, raised by every write. It guards against concurrent editors.
    pub version: u64,
}

impl AddressState {
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            suppressions: BTreeMap::new(),
            lifts: BTreeMap::new(),
            failures: BTreeMap::new(),
            version: 0,
        }
    }

    /// Returns true if nothing was ever said.
    pub fn is_blank(&self) -> bool {
        self.suppressions.is_empty() && self.lifts.is_empty() && self.failures.is_empty()
    }

    /// Returns the strongest suppression in force for a record that has the address since
    /// `held_since`. An erasure does not concern those who had the address at that time already:
    /// two people may share a telephone.
    pub fn suppression_for(&self, held_since: Option<Timestamp>) -> Option<Suppression> {
        let concerns = |reason: SuppressionReason, no: &AddressSuppression| {
            reason != SuppressionReason::Erased || held_since.is_none_or(|since| since >= no.last)
        };
        self.in_force()
            .filter(|(reason, no)| concerns(*reason, no))
            .last()
            .map(|(reason, no)| Suppression { reason, at: no.since })
    }

    /// Returns the suppressions in force, the weakest first.
    pub fn in_force(&self) -> impl Iterator<Item = (SuppressionReason, &AddressSuppression)> {
        let said = self.suppressions.iter().map(|(reason, no)| (*reason, no));
        said.filter(|(reason, no)| self.lift_of(*reason).is_none_or(|lift| no.last >= lift.at))
    }

    /// Returns the latest lift that concerns a reason.
    pub fn lift_of(&self, reason: SuppressionReason) -> Option<&Lift> {
        let lifts = self.lifts.values().filter(|lift| reason.is_lifted_by(lift.cause));
        lifts.max_by_key(|lift| lift.at)
    }

    /// Records a no. One that is older than what has lifted its kind changes nothing; of those in
    /// force the first keeps its date and its source.
    pub fn suppress(&mut self, new: &NewSuppression) {
        let lifted_at = self.lift_of(new.reason).map(|lift| lift.at);
        let is_over = |last: Timestamp| lifted_at.is_some_and(|lifted| last < lifted);
        match self.suppressions.get_mut(&new.reason) {
            Some(known) if is_over(known.last) == is_over(new.at) => {
                known.since = known.since.min(new.at);
                known.last = known.last.max(new.at);
            }
            Some(known) if is_over(new.at) => known.last = known.last.max(new.at),
            Some(_) | None => {
                let no = AddressSuppression {
                    since: new.at,
                    last: new.at,
                    source: cut(&new.source),
                    by: new.by.clone(),
                    note: new.note.as_deref().map(cut),
                };
                self.suppressions.insert(new.reason, no);
            }
        }
    }

    /// Lifts what the cause can lift and what was said before it. An operator lifts everything that
    /// is in force, whatever its time: they see it and decide.
    pub fn lift(&mut self, lift: &Lift) {
        let seen = self.in_force().map(|(_, no)| just_after(no.last)).max();
        let at = match lift.cause {
            LiftCause::Operator => seen.map_or(lift.at, |seen| lift.at.max(seen)),
            LiftCause::Consent | LiftCause::StartWord | LiftCause::Registration => lift.at,
        };
        if self.lifts.get(&lift.cause).is_some_and(|earlier| earlier.at >= at) {
            return;
        }
        let note = lift.note.as_deref().map(cut);
        self.lifts.insert(lift.cause, Lift { at, note, ..lift.clone() });
        if SuppressionReason::Failing.is_lifted_by(lift.cause) {
            self.failures.retain(|_, failed| *failed >= at);
        }
    }

    /// Records that a message to the address failed for a reason that is not ours and not known to
    /// be final. Failures before the last delivery do not count. After [`MAX_FAILURES`] in a row the
    /// address is dead.
    pub fn record_failure(
        &mut self,
        voucher: &VoucherId,
        attempted_at: Timestamp,
        last_delivery: Option<Timestamp>,
        now: Timestamp,
    ) {
        self.failures.insert(voucher.clone(), attempted_at);
        self.failures.retain(|_, at| last_delivery.is_none_or(|delivery| *at > delivery));
        while self.failures.len() > MAX_FAILURES {
            let oldest = self.failures.iter().min_by_key(|(_, at)| **at).map(|(id, _)| id.clone());
            oldest.and_then(|id| self.failures.remove(&id));
        }
        if self.failures.len() >= MAX_FAILURES {
            let dead = NewSuppression::received(SuppressionReason::Failing, now, "provider");
            self.suppress(&dead);
        }
    }
}

fn just_after(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_millis(1)).unwrap_or(at)
}

/// Cuts a text of a person to what is kept.
fn cut(text: &str) -> String {
    let mut kept = String::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if kept.len() + letter.len_utf8() > MAX_NOTE_BYTES {
            break;
        }
        kept.push(letter);
    }
    kept
}

#[cfg(test)]
mod tests;
