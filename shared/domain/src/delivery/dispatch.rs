//! The dispatch: the durable intent to send one message on one channel to up to [`MAX_DISPATCH_CUSTOMERS`]
//! customers of a run at a due time.
//!
//! Every message about a voucher is sent through a dispatch: first messages of promotions and
//! autopilots, fallbacks, retries and reminders. Only test sends are not. The module also has the
//! segments of a run and the reconciliation equation.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::trigger::{ALWAYS_ON_SEGMENT, TriggerFiring, TriggerMatch, match_segment},
    customer::profile::Customer,
    delivery::contact_policy::{HoursWait, PlannedTime},
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, Occurrence, RunId},
    },
    voucher::record::Voucher,
};

/// Maximum number of customers of one dispatch. SES takes the same number in one bulk call.
pub const MAX_DISPATCH_CUSTOMERS: usize = 50;
/// Maximum number of times a dispatch may be leased before it is set aside as failed, so that a
/// record that crashes its worker is not retried for ever.
pub const MAX_LEASES: u32 = 10;

/// Identifies a dispatch: run, segment, and the name of the piece of work. A queue message that
/// points to a dispatch is exactly this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchKey {
    pub run: RunId,
    pub segment: u32,
    /// Deterministic name: page and chunk for planned dispatches, parent and purpose for
    /// follow-ups.
    pub name: String,
}

impl fmt::Display for DispatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.run, self.segment, self.name)
    }
}

impl DispatchKey {
    /// Builds the key of a planned dispatch. `page` is the checkpoint's page number, `chunk` the
    /// position in it.
    pub fn planned(run: &RunId, segment: u32, page: u64, chunk: usize) -> Self {
        Self { run: run.clone(), segment, name: format!("p{page:08}.{chunk:03}") }
    }
    /// Builds the key of a follow-up for a whole group of this dispatch's customers.
    pub fn follow_up(&self, purpose: DispatchPurpose, channel: Channel) -> Self {
        Self {
            run: self.run.clone(),
            segment: self.segment,
            name: format!("{}+{}.{channel}", self.name, purpose.as_str()),
        }
    }
    /// Builds the key of the same work at a later time, for those customers who may not be
    /// contacted now. `due_at` tells several such groups apart.
    pub fn deferred(&self, purpose: DispatchPurpose, channel: Channel, due_at: Timestamp) -> Self {
        let minute = due_at.as_second().div_euclid(60);
        let name = format!("{}+{}.{channel}.{minute}", self.name, purpose.as_str());
        Self { run: self.run.clone(), segment: self.segment, name }
    }
    /// Returns the key of work for one customer that is outside the run's own plan: a reminder, or
    /// a fallback after a late bounce.
    #[must_use]
    pub fn with_purpose_suffix(self, purpose: DispatchPurpose) -> Self {
        Self { name: format!("{}+{}", self.name, purpose.as_str()), ..self }
    }
    /// Returns the key of a message that takes the place of one that failed on another channel.
    #[must_use]
    pub fn in_place_of(self, failed: Channel) -> Self {
        Self { name: format!("{}+instead.{failed}", self.name), ..self }
    }
    /// Returns true if this dispatch is called `name`, or was split off from it for customers who
    /// moved to another channel.
    pub fn originates_from(&self, name: &str) -> bool {
        let rest = self.name.strip_prefix(name);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(&format!("+{}.", DispatchPurpose::Moved.as_str()))
        })
    }
    /// Builds the key of a follow-up for one customer: attempt `number` on `channel`, and the
    /// occurrence if the campaign has several.
    pub fn for_customer(
        &self,
        customer: &CustomerId,
        channel: Channel,
        number: u32,
        firing: Option<&TriggerFiring>,
    ) -> Self {
        let mut name = format!("one.{customer}.{channel}.{number}");
        if let Some(firing) = firing {
            name = format!("{name}@{}", firing.occurrence);
        }
        Self { run: self.run.clone(), segment: self.segment, name }
    }
}

/// The reason why a dispatch exists. It determines how its customers are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DispatchPurpose {
    /// The selection planned it. Its customers are part of `selected`, each still without an
    /// outcome.
    Planned,
    /// The channel of selected customers changed between planning and sending. They are still
    /// without an outcome.
    Moved,
    /// A further channel of mode `all`. The voucher is already issued.
    Additional,
    /// The next channel of the ladder after a definite failure. The voucher is already issued.
    Fallback,
    /// The same channel again after a throttle, or after an ambiguous answer that policy allows to
    /// repeat. The voucher is already issued.
    Retry,
    /// The next channel of the ladder after an accepted message bounced. The bounce may arrive
    /// after the run is completed, so this dispatch does not hold the run open.
    Bounced,
    /// The single message before a voucher expires. It belongs to the voucher and not to the run,
    /// which is completed without it.
    Reminder,
    /// The first message about a voucher that support issued. The voucher is issued already, and
    /// its run may be completed.
    Goodwill,
}

impl DispatchPurpose {
    pub const ALL: [DispatchPurpose; 8] = [
        DispatchPurpose::Planned,
        DispatchPurpose::Moved,
        DispatchPurpose::Additional,
        DispatchPurpose::Fallback,
        DispatchPurpose::Retry,
        DispatchPurpose::Bounced,
        DispatchPurpose::Reminder,
        DispatchPurpose::Goodwill,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            DispatchPurpose::Planned => "planned",
            DispatchPurpose::Moved => "moved",
            DispatchPurpose::Additional => "additional",
            DispatchPurpose::Fallback => "fallback",
            DispatchPurpose::Retry => "retry",
            DispatchPurpose::Bounced => "bounced",
            DispatchPurpose::Reminder => "reminder",
            DispatchPurpose::Goodwill => "goodwill",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
    /// Returns true if the customers of the dispatch still wait for an outcome of the run.
    pub fn awaits_outcome(self) -> bool {
        match self {
            DispatchPurpose::Planned | DispatchPurpose::Moved => true,
            DispatchPurpose::Additional
            | DispatchPurpose::Fallback
            | DispatchPurpose::Retry
            | DispatchPurpose::Bounced
            | DispatchPurpose::Reminder
            | DispatchPurpose::Goodwill => false,
        }
    }
    /// Returns true if the run is not completed while the dispatch is open.
    pub fn holds_run_open(self) -> bool {
        match self {
            DispatchPurpose::Planned
            | DispatchPurpose::Moved
            | DispatchPurpose::Additional
            | DispatchPurpose::Fallback
            | DispatchPurpose::Retry => true,
            DispatchPurpose::Bounced | DispatchPurpose::Reminder | DispatchPurpose::Goodwill => {
                false
            }
        }
    }
    /// Returns the purpose of the same work when it is deferred.
    pub fn when_deferred(self) -> Self {
        match self {
            DispatchPurpose::Planned | DispatchPurpose::Moved => DispatchPurpose::Moved,
            DispatchPurpose::Additional => DispatchPurpose::Additional,
            DispatchPurpose::Fallback => DispatchPurpose::Fallback,
            DispatchPurpose::Retry => DispatchPurpose::Retry,
            DispatchPurpose::Bounced => DispatchPurpose::Bounced,
            DispatchPurpose::Reminder => DispatchPurpose::Reminder,
            DispatchPurpose::Goodwill => DispatchPurpose::Goodwill,
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
    pub const ALL: [DispatchState; 4] = [
        DispatchState::Ready,
        DispatchState::Released,
        DispatchState::Done,
        DispatchState::Dropped,
    ];

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
    pub purpose: DispatchPurpose,
    /// The number of the attempt that it makes on this channel. It is above 1 only for retries.
    pub attempt: u32,
    pub customers: Vec<CustomerId>,
    /// The time at which the release worker picks it up or, once it is released, the watchdog
    /// checks it.
    pub due_at: Timestamp,
    /// The time at which it was due for release, or `None` before its release.
    pub release_due_at: Option<Timestamp>,
    pub state: DispatchState,
    /// The number of times a worker has leased it. It is the fence of the current lease.
    pub fence: u32,
    /// Vouchers reserved for it from the campaign's quota, or `None` before the first lease. Moved
    /// customers bring their part of the reservation along.
    pub quota_reserved: Option<u32>,
    pub firing: Option<TriggerFiring>,
    /// The wait, if only the hours of its customers hold it back. A change of the hours plans it
    /// again.
    pub hours: Option<HoursWait>,
}

impl Dispatch {
    pub fn new_ready(
        key: DispatchKey,
        campaign: CampaignId,
        channel: Channel,
        purpose: DispatchPurpose,
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
            release_due_at: None,
            state,
            fence: 0,
            quota_reserved: None,
            firing: None,
            hours: None,
        }
    }
    /// Builds a dispatch of the selection, for customers who share channel and time.
    pub fn planned_for(
        key: DispatchKey,
        campaign: CampaignId,
        channel: Channel,
        customers: &[&Customer],
        planned: PlannedTime,
    ) -> Self {
        let ids = customers.iter().map(|customer| customer.id.clone()).collect();
        let purpose = DispatchPurpose::Planned;
        let ready = Self::new_ready(key, campaign, channel, purpose, ids, planned.due_at);
        let zones = customers.iter().map(|customer| customer.zone());
        Self { hours: HoursWait::of(planned, zones), ..ready }
    }

    /// Builds the dispatch for the one customer of a match. Its name follows from the customer and
    /// the occurrence, so that the match is planned once.
    pub fn for_match(found: &TriggerMatch, channel: Channel, due_at: Timestamp) -> Self {
        let name = format!("e.{}@{}", found.customer, found.firing.occurrence);
        let key =
            DispatchKey { run: found.run.clone(), segment: match_segment(&found.customer), name };
        let ready = Self::new_ready(
            key,
            found.campaign.clone(),
            channel,
            DispatchPurpose::Planned,
            vec![found.customer.clone()],
            due_at,
        );
        Self { firing: Some(found.firing.clone()), ..ready }
    }

    /// Builds the dispatch of a voucher that support issued: its first message on `channel`, and the
    /// place where its end is watched.
    pub fn of_goodwill(voucher: &Voucher, channel: Channel) -> Self {
        let key = DispatchKey {
            run: voucher.run.clone(),
            segment: ALWAYS_ON_SEGMENT,
            name: Self::goodwill_name(&voucher.customer, &voucher.occurrence),
        };
        let now = voucher.issued_at;
        let firing = TriggerFiring {
            occurrence: voucher.occurrence.clone(),
            day: now.to_zoned(TimeZone::UTC).date(),
            at: Some(now),
        };
        let customers = vec![voucher.customer.clone()];
        let purpose = DispatchPurpose::Goodwill;
        let campaign = voucher.campaign.clone();
        let ready = Self::new_ready(key, campaign, channel, purpose, customers, now);
        Self { firing: Some(firing), ..ready }
    }
    /// Returns the name of that dispatch; the voucher carries it as well.
    pub fn goodwill_name(customer: &CustomerId, occurrence: &Occurrence) -> String {
        format!("g.{customer}@{occurrence}")
    }

    /// Builds a follow-up dispatch for one customer: the next channel of the ladder, or the next
    /// attempt.
    pub fn follow_up_for(
        &self,
        purpose: DispatchPurpose,
        channel: Channel,
        attempt: u32,
        customer: &CustomerId,
        due_at: Timestamp,
    ) -> Self {
        let key = self.key.for_customer(customer, channel, attempt, self.firing.as_ref());
        let next = Self::new_ready(
            key,
            self.campaign.clone(),
            channel,
            purpose,
            vec![customer.clone()],
            due_at,
        );
        Self { attempt, firing: self.firing.clone(), ..next }
    }
    /// Builds the dispatch to the next channel of the ladder after a voucher's message bounced. Its
    /// segment is arbitrary, because it counts in none.
    pub fn after_bounce(voucher: &Voucher, channel: Channel, now: Timestamp) -> Self {
        Self::about_voucher(voucher, DispatchPurpose::Bounced, channel, now)
    }
    /// Builds the reminder of a voucher that was accepted, on the channel of its latest message, or
    /// on `first` if it has none.
    pub fn reminder_once_accepted(voucher: &Voucher, first: Channel, due_at: Timestamp) -> Self {
        let latest = voucher.attempts.values().max_by_key(|attempt| attempt.at);
        let channel = latest.map_or(first, |attempt| attempt.channel);
        Self::about_voucher(voucher, DispatchPurpose::Reminder, channel, due_at)
    }
    fn about_voucher(
        voucher: &Voucher,
        purpose: DispatchPurpose,
        channel: Channel,
        due_at: Timestamp,
    ) -> Self {
        let of_run = voucher.occurrence == Occurrence::of_run(&voucher.run);
        // The day was already checked when the voucher was issued.
        let day = voucher.issued_at.to_zoned(TimeZone::UTC).date();
        let firing = (!of_run).then(|| TriggerFiring {
            occurrence: voucher.occurrence.clone(),
            day,
            at: None,
        });
        let parent =
            DispatchKey { run: voucher.run.clone(), segment: 0, name: voucher.dispatch.clone() };
        let key = parent
            .for_customer(&voucher.customer, channel, 1, firing.as_ref())
            .with_purpose_suffix(purpose);
        let customers = vec![voucher.customer.clone()];
        let campaign = voucher.campaign.clone();
        let next = Self::new_ready(key, campaign, channel, purpose, customers, due_at);
        Self { firing, ..next }
    }
    /// Returns the occurrence, which tells this firing of the campaign apart from its others.
    pub fn occurrence(&self) -> Occurrence {
        self.firing
            .as_ref()
            .map_or_else(|| Occurrence::of_run(&self.key.run), |firing| firing.occurrence.clone())
    }
    pub fn size(&self) -> u64 {
        self.customers.len() as u64
    }
}

/// Outcomes of a run's customers so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutcomeTally {
    pub issued: u64,
    /// Held-out customers.
    pub ghost: u64,
    pub skipped: u64,
    pub failed: u64,
}

impl OutcomeTally {
    pub fn total(&self) -> u64 {
        self.issued + self.ghost + self.skipped + self.failed
    }
    pub fn plus(&self, other: &OutcomeTally) -> OutcomeTally {
        OutcomeTally {
            issued: self.issued + other.issued,
            ghost: self.ghost + other.ghost,
            skipped: self.skipped + other.skipped,
            failed: self.failed + other.failed,
        }
    }
}

/// One share of the customer base in a run: the progress of its scan, and the outcomes of its
/// selected customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub run: RunId,
    pub number: u32,
    pub total: u32,
    pub campaign: CampaignId,
    /// The last key that was read, well formed or not. `None` with `page` 0 is the beginning.
    pub cursor: Option<String>,
    /// Pages done. It is the checkpoint, and part of each dispatch's name.
    pub page: u64,
    pub scanned_all: bool,
    pub scanned: u64,
    pub unreadable: u64,
    pub selected: u64,
    /// Dispatches planned and not yet done or dropped.
    pub open: u64,
    pub tally: OutcomeTally,
    /// The segment belongs to an autopilot: it is never scanned to its end, but revisited again and
    /// again.
    pub always_on: bool,
    /// Continuation messages sent for it. This is our own bound besides the platform's recursion
    /// guard.
    pub hops: u32,
    /// The time of its last checkpoint, or the next time to visit it if there is nothing to do
    /// earlier.
    pub updated_at: Timestamp,
}

/// The numbers of a run's reconciliation: `selected = issued + ghost + skipped + waiting + failed`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunProgress {
    pub segments: u64,
    pub segments_scanned: u64,
    pub scanned: u64,
    pub unreadable: u64,
    pub selected: u64,
    pub open: u64,
    pub tally: OutcomeTally,
}

impl RunProgress {
    pub fn from_segments<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> Self {
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
    /// Returns the number of customers without an outcome.
    pub fn waiting(&self) -> u64 {
        self.selected.saturating_sub(self.tally.total())
    }
    /// Returns true if there are no more outcomes than selected customers.
    pub fn is_balanced(&self) -> bool {
        self.tally.total() <= self.selected
    }
    /// Returns true if no selected customer waits, no message is still to be sent, and the numbers
    /// add up. An autopilot's run gets no further than this.
    pub fn is_settled(&self) -> bool {
        self.open == 0 && self.waiting() == 0 && self.is_balanced()
    }
    /// Returns true if the run can be completed: everything is scanned, no customer waits, and no
    /// message is still to be sent.
    pub fn is_complete(&self) -> bool {
        self.segments > 0 && self.segments_scanned == self.segments && self.is_settled()
    }
}

#[cfg(test)]
mod tests;
