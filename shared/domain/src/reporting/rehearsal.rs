//! The rehearsal: what a launch would do, asked of every customer.
//!
//! It makes the decisions of the live path in the same order and with the same functions: the
//! audience rule, channel and time of the selection (`expand-audience`), then `decide_send` at the
//! time for which the first message is planned (the delivery workers). `counts` adds the answers
//! up; `estimate` says what a sample of them means for everybody.
//!
//! Pure. Guarantees: on customers, consents, records and settings that stay as they are, a launch
//! selects, holds out and skips exactly those that the rehearsal counted. Two things of the live
//! path are not part of it: providers' answers, and a channel's rate, which can make a message so
//! late that its hours are over.

pub mod counts;
pub mod estimate;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        audience::PastVoucher,
        definition::Definition,
        redeeming::Revocation,
        segments::{Exclusion, find_exclusion},
    },
    customer::{
        profile::{Customer, ReachQuery},
        topics::TopicQuestion,
    },
    delivery::{
        contact_policy::ContactPolicy,
        eligibility::{
            EligibilityFacts, SendDecision, audience_moment, decide_send, further_channels,
            planned_channel, planned_send_time, was_enrolled,
        },
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, RehearsalId},
        money::Currency,
    },
    voucher::{past::past_vouchers, record::Voucher, skip_reason::SkipReason},
};

use counts::RehearsalCounts;

/// The most other campaigns that are compared with the rehearsed one: the newest.
pub const MAX_OTHERS: usize = 50;
/// The time after which a rehearsal that is not complete counts as abandoned: by then its first
/// counts would say little of its last.
pub const MAX_DURATION: SignedDuration = SignedDuration::from_hours(6);
/// The age up to which an approval may rest on a rehearsal.
pub const MAX_APPROVAL_AGE: SignedDuration = SignedDuration::from_hours(24);
/// The times a message is put off or moved to another channel until the decision stands. Each
/// channel is closed for at most a week, and the live path would go on as long.
const MAX_STEPS: usize = 16;

/// A campaign of which a rehearsal knows the frozen definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsedCampaign {
    pub campaign: CampaignId,
    /// The number of the definition, which is never rewritten.
    pub definition: u64,
}

/// The campaign or campaigns that are rehearsed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RehearsalSubject {
    /// A stored campaign that has not been launched.
    Campaign(RehearsedCampaign),
    /// A definition that is stored nowhere else.
    Inline(serde_json::Value),
    /// All campaigns that are live or about to be.
    Live,
}

/// A rehearsal as it was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    pub id: RehearsalId,
    pub subject: RehearsalSubject,
    /// The fingerprint of the request: the same id with another fingerprint is another request.
    pub fingerprint: String,
    /// The other campaigns that were live or about to be.
    pub others: Vec<RehearsedCampaign>,
    /// The number of parts in which customers are read.
    pub segments: u32,
    /// The operator who asked for it.
    pub by: String,
    pub started_at: Timestamp,
    /// The moment at which the run is taken to begin.
    pub launch_at: Timestamp,
    /// The time at which an operator stopped it.
    pub cancelled_at: Option<Timestamp>,
}

/// One part of the customers with what was counted in it, which is its checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct RehearsalSegment {
    pub rehearsal: RehearsalId,
    pub number: u32,
    pub total: u32,
    /// The customer after whom reading goes on.
    pub cursor: Option<String>,
    /// The number of pages that were counted.
    pub page: u32,
    /// All its customers were counted, or the rehearsal ended before.
    pub done: bool,
    /// The rehearsal ended before all its customers were counted.
    pub cut_short: bool,
    pub updated_at: Timestamp,
    pub counts: RehearsalCounts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RehearsalState {
    Running,
    /// Everybody was counted.
    Complete,
    /// An operator stopped it.
    Cancelled,
    /// It was not complete after six hours.
    Abandoned,
}

impl Rehearsal {
    /// Returns true once no worker counts any further for it.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.cancelled_at.is_some() || now >= self.deadline()
    }

    /// Returns the state that follows from the segments, of which all are given.
    pub fn state(&self, segments: &[RehearsalSegment], now: Timestamp) -> RehearsalState {
        let all = u32::try_from(segments.len()).is_ok_and(|found| found >= self.segments);
        if all && segments.iter().all(|segment| segment.done && !segment.cut_short) {
            RehearsalState::Complete
        } else if self.cancelled_at.is_some() {
            RehearsalState::Cancelled
        } else if now >= self.deadline() || segments.iter().any(|segment| segment.cut_short) {
            RehearsalState::Abandoned
        } else {
            RehearsalState::Running
        }
    }

    fn deadline(&self) -> Timestamp {
        self.started_at.checked_add(MAX_DURATION).unwrap_or(Timestamp::MAX)
    }
}

/// Returns the sum of the segments.
pub fn fold_segments(segments: &[RehearsalSegment]) -> RehearsalCounts {
    let mut sum = RehearsalCounts::default();
    for segment in segments {
        sum.add(&segment.counts);
    }
    sum
}

/// The facts that are the same for every customer of a rehearsal.
#[derive(Debug, Clone, Copy)]
pub struct RehearsalFacts<'a> {
    pub campaign: &'a CampaignId,
    /// The definition, in the form of the customer's variant.
    pub definition: &'a Definition,
    /// The campaign's topic, if it names one.
    pub topic: Option<&'a TopicQuestion>,
    pub policy: &'a ContactPolicy,
    /// The segments that the tenant keeps out of every campaign.
    pub exclusions: &'a [Exclusion],
    pub tenant_currency: Currency,
    /// The moment at which the run is taken to begin.
    pub launch_at: Timestamp,
}

/// A customer's records, with the revocations of their campaigns.
#[derive(Debug, Clone, Copy)]
pub struct CustomerRecords<'a> {
    pub vouchers: &'a [Voucher],
    pub revoked: &'a BTreeMap<CampaignId, Revocation>,
}

/// The outcome for one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RehearsedOutcome {
    NotSelected,
    /// The customer has had this campaign before, and is not asked again.
    Known,
    Skipped(SkipReason),
    HeldOut,
    Treated {
        /// The channel of the first message.
        first: Channel,
        /// The other channels of mode `all` that get a message at once.
        further: Vec<Channel>,
        due_at: Timestamp,
    },
}

impl RehearsalFacts<'_> {
    /// Decides about one customer. Without `records` no cap is asked and nobody is known: whoever
    /// is treated or held out by such an answer has to be asked again with their records.
    pub fn decide(
        &self,
        customer: &Customer,
        records: Option<&CustomerRecords<'_>>,
    ) -> RehearsedOutcome {
        let (definition, at) = (self.definition, self.launch_at);
        let audience_at = audience_moment(definition, customer, None, Some(at), at);
        let had = records.map(|records| past_vouchers(records.vouchers));
        let selects = match &had {
            Some(had) => definition.audience.selects_with(customer, had, audience_at),
            None => definition.audience.may_select(customer, audience_at),
        };
        if !selects || find_exclusion(self.exclusions, customer, at).is_some() {
            return RehearsedOutcome::NotSelected;
        }
        if records.is_some_and(|records| was_enrolled(self.campaign, records.vouchers)) {
            return RehearsedOutcome::Known;
        }
        let query = ReachQuery { topic: self.topic, now: at };
        let Some(channel) = planned_channel(definition, customer, &query) else {
            return RehearsedOutcome::NotSelected;
        };
        let planned = planned_send_time(definition, self.policy, customer, channel, at);
        self.decide_at(customer, (records, had.as_deref()), channel, planned.due_at, audience_at)
    }

    /// Returns true if only the customer's records say whether the audience has them.
    pub fn depends_on_records(&self, customer: &Customer) -> bool {
        let (definition, at) = (self.definition, self.launch_at);
        let audience_at = audience_moment(definition, customer, None, Some(at), at);
        let audience = &definition.audience;
        audience.asks_vouchers()
            && audience.selects_regardless_of_vouchers(customer, audience_at).is_none()
    }

    fn decide_at(
        &self,
        customer: &Customer,
        (records, had): (Option<&CustomerRecords<'_>>, Option<&[PastVoucher]>),
        channel: Channel,
        due_at: Timestamp,
        audience_at: Timestamp,
    ) -> RehearsedOutcome {
        let had = had.unwrap_or_default();
        let (mut channel, mut now) = (channel, due_at);
        for _ in 0..MAX_STEPS {
            let decision = decide_send(&EligibilityFacts {
                campaign: self.campaign,
                definition: self.definition,
                customer: Some(customer),
                topic: self.topic,
                channel,
                firing: None,
                audience_at,
                past_vouchers: had,
                exclusions: self.exclusions,
                cooling_down: false,
                policy: self.policy,
                tenant_currency: self.tenant_currency,
                cap_reached: records.and_then(|records| self.cap_reached(records, now)),
                now,
            });
            match decision {
                SendDecision::Send => return self.treated(customer, records, channel, now),
                SendDecision::HoldOut => return RehearsedOutcome::HeldOut,
                SendDecision::Skip(reason) => return RehearsedOutcome::Skipped(reason),
                SendDecision::Move(open) => channel = open,
                SendDecision::Defer(open, later) => (channel, now) = (open, later),
            }
        }
        RehearsedOutcome::Skipped(SkipReason::TooLate)
    }

    fn cap_reached(&self, records: &CustomerRecords<'_>, now: Timestamp) -> Option<SkipReason> {
        let revoked = |campaign: &CampaignId| records.revocation_of(campaign);
        self.policy.cap_reached(self.definition, records.vouchers, revoked, now)
    }

    fn treated(
        &self,
        customer: &Customer,
        records: Option<&CustomerRecords<'_>>,
        first: Channel,
        due_at: Timestamp,
    ) -> RehearsedOutcome {
        let query = ReachQuery { topic: self.topic, now: due_at };
        let capped = !self.definition.pressure.exempt;
        let room = match records {
            // the first message takes one place
            Some(records) if capped => {
                self.policy.message_room(records.vouchers, due_at).saturating_sub(1)
            }
            Some(_) | None => u32::MAX,
        };
        let further = further_channels(self.definition, customer, &query, None, first, room).send;
        RehearsedOutcome::Treated { first, further, due_at }
    }
}

impl CustomerRecords<'_> {
    /// Counts the offers that the customer can use at a moment.
    pub fn open_offers(&self, now: Timestamp) -> usize {
        let open = |it: &&Voucher| it.takes_offer_room(self.revocation_of(&it.campaign), now);
        self.vouchers.iter().filter(open).count()
    }

    fn revocation_of(&self, campaign: &CampaignId) -> Revocation {
        self.revoked.get(campaign).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
