//! The dispatch: the durable intent to send one message on one channel to up to so many customers of a run at a due time.
//! It is the only way a message is ever sent (promotion, fallback, retry, and later autopilot, reminders and test sends).
//! Also here: the run, its segments, and the reconciliation equation.

use std::fmt;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    channel::Channel,
    id::{CampaignId, CustomerId, Occurrence, RunId},
    voucher::Voucher,
};

/// Customers of one dispatch, at most; also what SES takes in one bulk call.
pub const MAX_CUSTOMERS: usize = 50;
/// Times a dispatch may be taken up before it is set aside as failed: a record that kills its worker must not live for ever.
pub const MAX_TAKES: u32 = 10;

/// Which segment of which run, and which piece of its work. A pointer in a queue message is exactly this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchKey {
    pub run: RunId,
    pub segment: u32,
    /// Deterministic: page and chunk for planned work, parent and purpose for follow-ups.
    pub name: String,
}

impl fmt::Display for DispatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.run, self.segment, self.name)
    }
}

impl DispatchKey {
    /// `page` is the checkpoint's page number, `chunk` the position in it.
    pub fn planned(run: &RunId, segment: u32, page: u64, chunk: usize) -> Self {
        Self { run: run.clone(), segment, name: format!("p{page:08}.{chunk:03}") }
    }
    /// Work that follows from this dispatch for a whole group of its customers.
    pub fn follow_up(&self, purpose: Purpose, channel: Channel) -> Self {
        Self {
            run: self.run.clone(),
            segment: self.segment,
            name: format!("{}+{}.{channel}", self.name, purpose.as_str()),
        }
    }
    /// The same work later, for those of its customers who may not be written to now. `due_at` tells several such groups apart.
    pub fn deferred(&self, purpose: Purpose, channel: Channel, due_at: Timestamp) -> Self {
        let minute = due_at.as_second().div_euclid(60);
        let name = format!("{}+{}.{channel}.{minute}", self.name, purpose.as_str());
        Self { run: self.run.clone(), segment: self.segment, name }
    }
    /// The name of work for one beside what the run itself plans for them: a reminder, a rung after a late bounce.
    #[must_use]
    pub fn beside(self, purpose: Purpose) -> Self {
        Self { name: format!("{}+{}", self.name, purpose.as_str()), ..self }
    }
    /// Whether this is the dispatch called `name`, or was split off from it for customers who moved to another channel.
    pub fn comes_from(&self, name: &str) -> bool {
        let rest = self.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(&format!("+{}.", Purpose::Moved.as_str())))
    }
    /// Work that follows for one customer: attempt `number` on `channel`, of the firing if there are several.
    pub fn for_one(&self, customer: &CustomerId, channel: Channel, number: u32, firing: Option<&Firing>) -> Self {
        let mut name = format!("one.{customer}.{channel}.{number}");
        if let Some(firing) = firing {
            name = format!("{name}@{}", firing.occurrence);
        }
        Self { run: self.run.clone(), segment: self.segment, name }
    }
}

/// What made an autopilot fire: all customers of a dispatch share it. Without one, the run is the occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    pub occurrence: Occurrence,
    /// The customers' calendar day on which it fires.
    pub day: Date,
    /// From when on it may be sent, if an event fired it; a calendar day has its hour.
    pub at: Option<Timestamp>,
}

/// Why this dispatch exists; says how its customers are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// From selection. Its customers are part of `selected`, each still without an outcome.
    Planned,
    /// Selected customers whose channel changed between planning and sending; still without an outcome.
    Moved,
    /// A further channel of mode `all`; the voucher is there.
    Additional,
    /// The next rung after a definite failure; the voucher is there.
    Fallback,
    /// The same channel again after a throttle or an ambiguous answer that policy allows to repeat; the voucher is there.
    Retry,
    /// The next rung after an accepted message turned out not to be deliverable: its news may come after the run is completed, so it does
    /// not hold the run.
    Bounced,
    /// The one message before a voucher ends. It belongs to the voucher and not to the run, which is completed without it.
    Reminder,
}

impl Purpose {
    pub const ALL: [Purpose; 7] = [
        Purpose::Planned,
        Purpose::Moved,
        Purpose::Additional,
        Purpose::Fallback,
        Purpose::Retry,
        Purpose::Bounced,
        Purpose::Reminder,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Planned => "planned",
            Purpose::Moved => "moved",
            Purpose::Additional => "additional",
            Purpose::Fallback => "fallback",
            Purpose::Retry => "retry",
            Purpose::Bounced => "bounced",
            Purpose::Reminder => "reminder",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
    /// Whether its customers still wait for an outcome of the run.
    pub fn counts(self) -> bool {
        match self {
            Purpose::Planned | Purpose::Moved => true,
            Purpose::Additional | Purpose::Fallback | Purpose::Retry | Purpose::Bounced | Purpose::Reminder => false,
        }
    }
    /// Whether a run is not completed while it is open.
    pub fn holds_run(self) -> bool {
        match self {
            Purpose::Planned | Purpose::Moved | Purpose::Additional | Purpose::Fallback | Purpose::Retry => true,
            Purpose::Bounced | Purpose::Reminder => false,
        }
    }
    /// What its customers' work is, done later.
    pub fn later(self) -> Self {
        match self {
            Purpose::Planned | Purpose::Moved => Purpose::Moved,
            Purpose::Additional => Purpose::Additional,
            Purpose::Fallback => Purpose::Fallback,
            Purpose::Retry => Purpose::Retry,
            Purpose::Bounced => Purpose::Bounced,
            Purpose::Reminder => Purpose::Reminder,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DispatchState {
    Ready,
    Released,
    Done,
    Dropped,
}

impl DispatchState {
    pub const ALL: [DispatchState; 4] =
        [DispatchState::Ready, DispatchState::Released, DispatchState::Done, DispatchState::Dropped];

    pub fn as_str(self) -> &'static str {
        match self {
            DispatchState::Ready => "ready",
            DispatchState::Released => "released",
            DispatchState::Done => "done",
            DispatchState::Dropped => "dropped",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    pub key: DispatchKey,
    pub campaign: CampaignId,
    pub channel: Channel,
    pub purpose: Purpose,
    /// The attempt on this channel that it makes; above 1 only for retries.
    pub attempt: u32,
    pub customers: Vec<CustomerId>,
    /// When it is to be looked at next: by who releases it, and once released by the watchdog.
    pub due_at: Timestamp,
    /// When it was due to be released; `None` before.
    pub was_due: Option<Timestamp>,
    pub state: DispatchState,
    /// How often a worker has taken it up; the fence of the current one.
    pub takes: u32,
    /// Vouchers set aside for it from the campaign's quota; `None` before the first take. Moved customers bring what was set aside for
    /// them along.
    pub leased: Option<u32>,
    pub firing: Option<Firing>,
}

impl Dispatch {
    pub fn ready(
        key: DispatchKey,
        campaign: CampaignId,
        channel: Channel,
        purpose: Purpose,
        customers: Vec<CustomerId>,
        due_at: Timestamp,
    ) -> Self {
        let state = DispatchState::Ready;
        Self {
            key,
            campaign,
            channel,
            purpose,
            attempt: 1,
            customers,
            due_at,
            was_due: None,
            state,
            takes: 0,
            leased: None,
            firing: None,
        }
    }

    /// A dispatch of one that follows from this one: the next rung, or the next attempt.
    pub fn of_one(
        &self,
        purpose: Purpose,
        channel: Channel,
        attempt: u32,
        customer: &CustomerId,
        due_at: Timestamp,
    ) -> Self {
        let key = self.key.for_one(customer, channel, attempt, self.firing.as_ref());
        let next = Self::ready(key, self.campaign.clone(), channel, purpose, vec![customer.clone()], due_at);
        Self { attempt, firing: self.firing.clone(), ..next }
    }
    /// The next rung for the holder of a voucher whose message turned out not to be deliverable. Its segment is any: it counts in none.
    pub fn after_bounce(voucher: &Voucher, channel: Channel, now: Timestamp) -> Self {
        let of_run = voucher.occurrence == Occurrence::of_run(&voucher.run);
        // the day has had its say when the voucher was issued
        let day = voucher.issued_at.to_zoned(TimeZone::UTC).date();
        let firing = (!of_run).then(|| Firing { occurrence: voucher.occurrence.clone(), day, at: None });
        let parent = DispatchKey { run: voucher.run.clone(), segment: 0, name: voucher.dispatch.clone() };
        let key = parent.for_one(&voucher.customer, channel, 1, firing.as_ref()).beside(Purpose::Bounced);
        let customers = vec![voucher.customer.clone()];
        let next = Self::ready(key, voucher.campaign.clone(), channel, Purpose::Bounced, customers, now);
        Self { firing, ..next }
    }
    /// What makes this firing of the campaign different from its others.
    pub fn occurrence(&self) -> Occurrence {
        self.firing.as_ref().map_or_else(|| Occurrence::of_run(&self.key.run), |firing| firing.occurrence.clone())
    }
    pub fn size(&self) -> u64 {
        self.customers.len() as u64
    }
}

/// How the customers of a run ended up, so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tally {
    pub issued: u64,
    /// Held out.
    pub ghost: u64,
    pub skipped: u64,
    pub failed: u64,
}

impl Tally {
    pub fn total(&self) -> u64 {
        self.issued + self.ghost + self.skipped + self.failed
    }
    pub fn plus(&self, other: &Tally) -> Tally {
        Tally {
            issued: self.issued + other.issued,
            ghost: self.ghost + other.ghost,
            skipped: self.skipped + other.skipped,
            failed: self.failed + other.failed,
        }
    }
}

/// One slice of the customer base of a run: how far its scan is, and what became of whom it selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub run: RunId,
    pub number: u32,
    pub total: u32,
    pub campaign: CampaignId,
    /// The last key that was read, well formed or not; `None` with `page` 0 is the beginning.
    pub cursor: Option<String>,
    /// Pages done: the checkpoint, and part of each dispatch's name.
    pub page: u64,
    pub scanned_all: bool,
    pub scanned: u64,
    pub unreadable: u64,
    pub selected: u64,
    /// Dispatches planned and not yet done or dropped.
    pub open: u64,
    pub tally: Tally,
    /// An autopilot's: it is never scanned to its end, but looked at again and again.
    pub always_on: bool,
    /// Continuation messages sent for it: our own bound beside the platform's recursion guard.
    pub hops: u32,
    /// Of its last checkpoint; or, where there is nothing to do before, when to look at it.
    pub updated_at: Timestamp,
}

/// The equation of a run: `selected = issued + ghost + skipped + waiting + failed`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub segments: u64,
    pub segments_scanned: u64,
    pub scanned: u64,
    pub unreadable: u64,
    pub selected: u64,
    pub open: u64,
    pub tally: Tally,
}

impl Progress {
    pub fn of<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> Self {
        segments.into_iter().fold(Self::default(), |sum, segment| Self {
            segments: sum.segments + 1,
            segments_scanned: sum.segments_scanned + u64::from(segment.scanned_all),
            scanned: sum.scanned + segment.scanned,
            unreadable: sum.unreadable + segment.unreadable,
            selected: sum.selected + segment.selected,
            open: sum.open + segment.open,
            tally: sum.tally.plus(&segment.tally),
        })
    }
    /// Customers without an outcome.
    pub fn waiting(&self) -> u64 {
        self.selected.saturating_sub(self.tally.total())
    }
    /// Nobody has more outcomes than selections.
    pub fn balanced(&self) -> bool {
        self.tally.total() <= self.selected
    }
    /// Nobody who was selected waits, no message is still to be sent, and the numbers add up: as closed as an autopilot's run gets.
    pub fn settled(&self) -> bool {
        self.open == 0 && self.waiting() == 0 && self.balanced()
    }
    /// A run is completed only when everything is scanned, nobody waits, and no message is still to be sent.
    pub fn complete(&self) -> bool {
        self.segments > 0 && self.segments_scanned == self.segments && self.settled()
    }
}

#[cfg(test)]
mod tests;
