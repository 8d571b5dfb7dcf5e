//! One leased dispatch as all steps of a delivery worker see it, the outcome of a pass over one of
//! its customers, and the questions that every step asks about both.
//!
//! Reads the customer from the store and writes nothing. `dispatch` builds the job; `issue`,
//! `follow_up` and `reminder` process its customers, and `attempt` sends for them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::{
    Timestamp,
    campaign::{brand::BrandSettings, segments::Exclusion},
    customer::{
        profile::{Customer, ReachQuery, Zone},
        topics::TopicQuestion,
    },
    delivery::{contact_policy::ContactPolicy, dispatch::Dispatch, sms_way_out::SmsWayOut},
    kernel::{
        channel::Channel,
        id::{CustomerId, Occurrence, VoucherId},
    },
    voucher::record::{RecordKind, Voucher},
};
use runtime::clock::Deadline;
use store::{
    StoreError, campaign::campaigns::CampaignSummary, customer::profiles::CustomerLookup,
    voucher::records::VoucherKey,
};

use crate::{
    context::{CompiledCampaign, DeliveryContext, LinkBuilder},
    lane::{LaneWatch, SendOutcome},
};

/// The most decisions for one customer in a row. Each repetition means that another offer was
/// issued to the customer in between.
pub(crate) const MAX_CONFLICT_RETRIES: usize = 8;

/// The outcome of one pass over one customer of a dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CustomerOutcome {
    Issued,
    HeldOut,
    Skipped,
    Failed,
    /// Undecided: the customer is to be decided again on this channel.
    Moved(Channel),
    /// Postponed on this channel until that time, with the zone of the customer's clock if quiet
    /// hours or the send window hold the message back until then.
    Deferred(Channel, Timestamp, Option<Zone>),
    /// Another dispatch of the same firing has the customer: a change of the customer and the scan
    /// of the calendar have both planned them. The customer counts there.
    PlannedTwice,
    /// A follow-up that is complete, whatever its result. It adds nothing to the run's counters.
    FollowUpDone,
    /// Blocked by the live claim of another worker.
    Busy,
    /// The voucher is issued, and its message waits on this channel until that time, as a postponed
    /// one does.
    MessageWaits(Channel, Timestamp, Option<Zone>),
    /// The message was throttled and is sent a little later; the lane stays open.
    Throttled,
    /// Left until the channel's lane is open.
    LaneClosed,
    /// Left for the next lease because no time remained.
    OutOfTime,
    /// Ended by a panic; the next lease finds out how far it came.
    Panicked,
}

impl CustomerOutcome {
    /// Returns the outcome after an attempt that was made; `settled` is the one if its answer is
    /// recorded for good.
    pub(crate) fn after_sending(sent: SendOutcome, settled: Self) -> Self {
        match sent {
            SendOutcome::Settled => settled,
            SendOutcome::LaneClosed => Self::LaneClosed,
            SendOutcome::Throttled => Self::Throttled,
        }
    }
}

/// One leased dispatch with everything needed to process its customers.
pub(crate) struct DispatchJob<'a> {
    pub context: &'a DeliveryContext,
    pub dispatch: &'a Dispatch,
    pub summary: &'a CampaignSummary,
    pub campaign: Arc<CompiledCampaign>,
    /// The tenant's quiet hours and caps.
    pub policy: ContactPolicy,
    /// The segments that the tenant keeps out of every campaign.
    pub exclusions: Arc<Vec<Exclusion>>,
    /// The campaign's topic, with the tenant's present default, if it names one.
    pub topic: Option<TopicQuestion>,
    /// The look of e-mails.
    pub brand: Arc<BrandSettings>,
    /// The tenant's rule for the way out of an SMS.
    pub way_out: Arc<SmsWayOut>,
    /// The builder of the messages' links.
    pub links: Option<LinkBuilder<'a>>,
    pub occurrence: Occurrence,
    /// Number of vouchers that may still be issued from this dispatch's quota reservation.
    pub permits: AtomicU32,
    /// True if the quota reservation covers fewer vouchers than the dispatch has customers to issue
    /// to.
    pub reservation_is_short: bool,
    /// True if nobody is left to issue to and the campaign's quota is used up.
    pub quota_is_used_up: bool,
    /// Records that an earlier lease wrote, by customer.
    pub existing_records: HashMap<CustomerId, Voucher>,
    /// The channel's lane.
    pub lane: LaneWatch<'a>,
    /// True once follow-up work that is due at once was planned; release-dispatches is nudged then.
    pub work_planned: AtomicBool,
    pub deadline: Deadline,
    /// The end of the lease. From then on another worker may lease the dispatch.
    pub lease_until: Timestamp,
}

impl DispatchJob<'_> {
    pub(crate) fn voucher_key(&self, customer: &CustomerId) -> VoucherKey {
        let voucher = VoucherId::derive(&self.dispatch.campaign, customer, &self.occurrence);
        VoucherKey { customer: customer.clone(), voucher }
    }
    /// Returns the campaign as this customer's variant has it.
    pub(crate) fn form_of(&self, customer: &CustomerId) -> &CompiledCampaign {
        self.campaign.form_of(&self.dispatch.campaign, customer)
    }
    /// Returns what a message of this dispatch asks of a customer now.
    pub(crate) fn reach_query(&self) -> ReachQuery<'_> {
        ReachQuery { topic: self.topic.as_ref(), now: runtime::clock::now() }
    }
    /// Returns true if a voucher could be issued now to a customer who is held out: both sides of a
    /// holdout stop at the campaign's cap. With a short reservation customers are processed in
    /// their order, and the cap is reached when the reservation is used up.
    pub(crate) fn has_room_for_held_out(&self) -> bool {
        let used_up = self.reservation_is_short && self.permits.load(Ordering::Relaxed) == 0;
        !used_up && !self.quota_is_used_up
    }
    pub(crate) fn is_out_of_time(&self) -> bool {
        let margin = self.context.settings.time_margin;
        let lease_time_left =
            Duration::try_from(self.lease_until.duration_since(runtime::clock::now()))
                .unwrap_or(Duration::ZERO);
        self.deadline.remaining().min(lease_time_left) < margin
    }
}

/// Returns true if the voucher was issued from this dispatch's quota reservation, or from the one
/// that its customers were moved with. A superseded worker may still issue for a customer whom its
/// successor has moved.
pub(crate) fn uses_reservation(voucher: &Voucher, dispatch: &Dispatch) -> bool {
    voucher.status.is_voucher() && dispatch.key.originates_from(&voucher.dispatch)
}

/// Returns the outcome as which an existing record counts for a dispatch that has found it.
pub(crate) fn found_outcome(voucher: &Voucher, dispatch: &Dispatch) -> CustomerOutcome {
    let planned_elsewhere =
        dispatch.firing.is_some() && !dispatch.key.originates_from(&voucher.dispatch);
    if planned_elsewhere { CustomerOutcome::PlannedTwice } else { outcome_of(voucher) }
}

/// Returns the outcome as which an existing record counts in its run.
pub(crate) fn outcome_of(voucher: &Voucher) -> CustomerOutcome {
    match voucher.status.record_kind() {
        RecordKind::Voucher => CustomerOutcome::Issued,
        RecordKind::HeldOut => CustomerOutcome::HeldOut,
        RecordKind::Skipped => CustomerOutcome::Skipped,
        RecordKind::Failed => CustomerOutcome::Failed,
    }
}

pub(crate) async fn read_customer(
    job: &DispatchJob<'_>,
    id: &CustomerId,
) -> Result<Option<Customer>, StoreError> {
    Ok(match job.context.store.customer(id).await? {
        CustomerLookup::Customer(customer) => Some(*customer),
        CustomerLookup::Erased | CustomerLookup::Unknown => None,
    })
}

/// The time at which the customer may get the message.
pub(crate) enum SendTime {
    Now,
    At(Timestamp),
    /// No allowed time is left before the voucher expires.
    TooLate,
}

pub(crate) fn send_time(
    job: &DispatchJob<'_>,
    customer: &Customer,
    ends_at: Timestamp,
) -> SendTime {
    let now = runtime::clock::now();
    let schedule = &job.campaign.definition.schedule;
    match job.policy.next_allowed(schedule, customer, job.dispatch.channel, now) {
        Some(at) if at <= now => SendTime::Now,
        Some(at) if at < ends_at => SendTime::At(at),
        Some(_) | None => SendTime::TooLate,
    }
}
