//! The requests and responses of the operations API.

use domain::{
    Date, Timestamp,
    campaign::kind::CampaignKind,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, Occurrence, VoucherId},
    },
};
use serde::{Deserialize, Serialize};
use store::campaign::campaigns::CampaignSummary;
use utoipa::{IntoParams, ToSchema};

use crate::{
    pending_status::{PendingState, PendingStatus},
    reference::PendingReference,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PendingFilters {
    /// Lists only this campaign.
    pub campaign: Option<CampaignId>,
    /// Lists only this customer.
    pub customer: Option<CustomerId>,
    pub state: Option<PendingState>,
}

/// A match that has no outcome yet, of an autopilot or of a customer whom a promotion selected.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingTrigger {
    /// The opaque id of this piece of work. Work that follows from it has another id.
    pub id: String,
    pub campaign_id: CampaignId,
    pub kind: CampaignKind,
    pub customer_id: CustomerId,
    /// The occurrence, which tells this firing from the campaign's others.
    #[schema(example = "after.2026-10-03")]
    pub occurrence: Occurrence,
    /// The customer's day on which the autopilot fired; `null` for a promotion.
    #[schema(value_type = Option<String>, format = Date)]
    pub matched_day: Option<Date>,
    pub state: PendingState,
    /// The reason in words. The wording may change.
    pub reason: &'static str,
    /// The time at which the match is tried next, the worker's lease ends, or the unknown attempt
    /// is settled. A time in the past means as soon as there is room.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// The channel; `null` until the match is planned.
    pub channel: Option<Channel>,
    /// The number of the attempt on this channel that is under way or comes next, beginning with 1.
    pub attempt: u32,
}

/// One customer of a piece of open work, before it is shown.
#[derive(Debug)]
pub struct PendingWork<'a> {
    pub reference: &'a PendingReference,
    pub summary: &'a CampaignSummary,
    pub customer: &'a CustomerId,
    pub occurrence: Occurrence,
    pub matched_day: Option<Date>,
    pub channel: Option<Channel>,
    pub attempt: u32,
}

impl PendingTrigger {
    pub fn new(piece: &PendingWork<'_>, status: PendingStatus) -> Self {
        Self {
            id: piece.reference.encode(),
            campaign_id: piece.summary.id.clone(),
            kind: piece.summary.kind,
            customer_id: piece.customer.clone(),
            occurrence: piece.occurrence.clone(),
            matched_day: piece.matched_day,
            state: status.state,
            reason: status.reason,
            until: status.until,
            channel: piece.channel,
            attempt: piece.attempt,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PendingTriggerList {
    /// Open matches: first those that are not planned yet, then dispatches by channel, oldest
    /// first, then those being sent, and last those of unknown fate.
    pub items: Vec<PendingTrigger>,
    /// The `cursor` of the next page; `null` on the last one. A page can be short or empty and
    /// still have a next one.
    pub next_cursor: Option<String>,
}

/// A match that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DroppedTrigger {
    pub campaign_id: CampaignId,
    pub customer_id: CustomerId,
    pub occurrence: Occurrence,
    /// The id of the skip record that takes the place of the voucher.
    pub record_id: VoucherId,
    /// Tells whether the match had been dropped before.
    pub repeat: bool,
}
