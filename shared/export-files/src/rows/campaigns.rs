//! Campaigns, one row each.

use domain::{
    Timestamp,
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::{
        id::{CampaignId, RunId},
        money::Currency,
    },
};

use crate::table::{Cell, Column, Row};

pub const COLUMNS: &[Column] = &[
    Column::text("campaign_id", "The campaign"),
    Column::text("campaign_kind", "promotion or autopilot"),
    Column::text("name", "The name that operators gave it"),
    Column::text("state", "draft, scheduled, running, enabled, paused, completed, cancelled, ..."),
    Column::text("currency", "The currency of its offer, ISO 4217"),
    Column::time("created_at", "When it was created"),
    Column::text("created_by", "Who created it"),
    Column::time("updated_at", "When it was changed last"),
    Column::time("launched_at", "When it was launched"),
    Column::time("starts_at", "When it starts, if that was planned"),
    Column::time("ends_at", "When it ends, if that was planned"),
    Column::time("ended_at", "When it ended"),
    Column::integer("priority", "Its priority of release"),
    Column::integer("holdout_percent", "The share of customers who are held out, in percent"),
    Column::text("run_id", "Its run, once it was launched"),
    Column::boolean("is_redeeming_suspended", "True while its vouchers cannot be redeemed"),
];

/// A campaign's facts.
#[derive(Debug, Clone)]
pub struct CampaignFacts {
    pub id: CampaignId,
    pub kind: CampaignKind,
    pub name: String,
    pub state: CampaignState,
    pub currency: Currency,
    pub created_at: Timestamp,
    pub created_by: String,
    pub updated_at: Timestamp,
    pub launched_at: Option<Timestamp>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub priority: u8,
    pub holdout_percent: u8,
    pub run: Option<RunId>,
    pub is_redeeming_suspended: bool,
}

/// Returns the row of a campaign.
pub fn row(campaign: &CampaignFacts) -> Row {
    vec![
        Cell::text(campaign.id.as_str()),
        Cell::text(campaign.kind.as_str()),
        Cell::text(campaign.name.as_str()),
        Cell::text(campaign.state.as_str()),
        Cell::text(campaign.currency.as_str()),
        Cell::Time(campaign.created_at),
        Cell::text(campaign.created_by.as_str()),
        Cell::Time(campaign.updated_at),
        Cell::time_of(campaign.launched_at),
        Cell::time_of(campaign.starts_at),
        Cell::time_of(campaign.ends_at),
        Cell::time_of(campaign.ended_at),
        Cell::count(campaign.priority),
        Cell::count(campaign.holdout_percent),
        Cell::text_of(campaign.run.as_ref().map(RunId::as_str)),
        Cell::Boolean(campaign.is_redeeming_suspended),
    ]
}
