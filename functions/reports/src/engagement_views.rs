//! The funnel from issue to redemption, as the API shows it.

use domain::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::duration::Durations;

/// How many reached each stage, each counted on the day it was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Funnel {
    /// `null` by channel: a voucher is issued to a customer, and not to a channel.
    pub issued: Option<i64>,
    pub sent: i64,
    pub delivered: i64,
    pub accepted: i64,
    pub redeemed: i64,
    /// Percent of the stage before that is not reached, with two digits: `issued_to_sent`, ... Empty where nothing was before. Below zero
    /// where a stage was reached without the one before it, as on a channel that does not say what it delivered.
    #[schema(example = json!({"delivered_to_accepted": "62.50"}))]
    pub lost_percent: std::collections::BTreeMap<String, String>,
    /// From issue to acceptance.
    pub time_to_accept: Option<Durations>,
    /// From acceptance to the first redemption.
    pub time_to_redeem: Option<Durations>,
}

/// Where a campaign loses most against the others of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeakView {
    /// A stable code: `not_issued`, `not_sent`, `not_delivered`, `not_accepted`, `accepted_and_not_redeemed`.
    pub leak: &'static str,
    /// Percent that reach the stage here, and in the other campaigns together.
    pub percent: String,
    pub others_percent: String,
    /// In words; may change.
    pub says: &'static str,
    pub next_step: &'static str,
}

/// What a campaign's own definition says against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemarkView {
    /// A stable code: `same_for_everyone`.
    pub remark: &'static str,
    /// In words; may change.
    pub says: &'static str,
    pub next_step: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EngagementRow {
    /// The day, the channel, the campaign's id or the vertical, by what was asked for. A campaign that is good in several verticals is in the row of each,
    /// one that is good everywhere in `any`.
    pub key: String,
    /// Of a campaign.
    pub name: Option<String>,
    #[serde(flatten)]
    pub funnel: Funnel,
    /// Of a campaign: `null` if nothing stands out, or there is too little to say.
    pub leak: Option<LeakView>,
    /// Of a campaign that has issued vouchers, if there is something to remark.
    pub remark: Option<RemarkView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Engagement {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    pub zone: String,
    /// The sum of the days.
    pub total: Funnel,
    pub rows: Vec<EngagementRow>,
}
