//! What the operations API takes and gives.

use domain::{
    Date, Timestamp,
    campaign::Kind,
    channel::Channel,
    id::{CampaignId, CustomerId, Occurrence, VoucherId},
};
use serde::{Deserialize, Serialize};
use store::control::Standing;
use utoipa::{IntoParams, ToSchema};

use crate::{reference::Reference, stand::Stand};

/// What an open match waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PendingState {
    /// Its hour is to come.
    Waiting,
    /// Its campaign is paused.
    Paused,
    /// Due, and not yet planned or released to its channel.
    Due,
    /// Released: its channel's worker has it, or is about to.
    Sending,
    /// Another attempt is planned, after one that was throttled or not answered.
    Retrying,
    /// The provider did not answer, and nobody knows whether the message is on its way.
    Unknown,
}

impl PendingState {
    pub fn as_str(self) -> &'static str {
        match self {
            PendingState::Waiting => "waiting",
            PendingState::Paused => "paused",
            PendingState::Due => "due",
            PendingState::Sending => "sending",
            PendingState::Retrying => "retrying",
            PendingState::Unknown => "unknown",
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PendingParams {
    /// Only of this campaign.
    pub campaign: Option<CampaignId>,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
    pub state: Option<PendingState>,
    /// 1 to 100, 25 if not given.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A match that has no end yet: of an autopilot, or a selected customer of a promotion.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingTrigger {
    /// Opaque; names this piece of work. What follows from it has another.
    pub id: String,
    pub campaign_id: CampaignId,
    pub kind: Kind,
    pub customer_id: CustomerId,
    /// What makes this firing different from the campaign's others.
    #[schema(example = "after.2026-10-03")]
    pub occurrence: Occurrence,
    /// The customer's day on which the autopilot fired; `null` for a promotion.
    #[schema(value_type = Option<String>, format = Date)]
    pub matched_day: Option<Date>,
    pub state: PendingState,
    /// In words; may change.
    pub reason: &'static str,
    /// When it is tried next, its worker's lease ends, or its fate is settled. In the past: as soon as there is room.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// `null` until it is planned.
    pub channel: Option<Channel>,
    /// The attempt on this channel that is under way or comes next; 1 is the first.
    pub attempt: u32,
}

/// One customer of a piece of open work, before it is shown.
#[derive(Debug)]
pub struct Piece<'a> {
    pub reference: &'a Reference,
    pub standing: &'a Standing,
    pub customer: &'a CustomerId,
    pub occurrence: Occurrence,
    pub matched_day: Option<Date>,
    pub channel: Option<Channel>,
    pub attempt: u32,
}

impl PendingTrigger {
    pub fn new(piece: &Piece<'_>, stand: Stand) -> Self {
        Self {
            id: piece.reference.text(),
            campaign_id: piece.standing.id.clone(),
            kind: piece.standing.kind,
            customer_id: piece.customer.clone(),
            occurrence: piece.occurrence.clone(),
            matched_day: piece.matched_day,
            state: stand.state,
            reason: stand.reason,
            until: stand.until,
            channel: piece.channel,
            attempt: piece.attempt,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PendingTriggerList {
    /// What was told and is not planned yet; by channel, oldest first; then what is being sent, and last what is of unknown fate.
    pub items: Vec<PendingTrigger>,
    /// `cursor` of the next page; `null` on the last one. A page can be short, or empty, and still have a next one.
    pub next_cursor: Option<String>,
}

/// A match that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DroppedTrigger {
    pub campaign_id: CampaignId,
    pub customer_id: CustomerId,
    pub occurrence: Occurrence,
    /// Of the record that stands where the voucher would be.
    pub record_id: VoucherId,
    /// It had been dropped before.
    pub repeat: bool,
}
