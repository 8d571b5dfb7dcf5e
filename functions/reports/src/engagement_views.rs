//! Views of the funnel from issue to redemption.

use domain::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::duration::DurationPercentiles;

/// The number of vouchers that reached each stage, each counted on the day it was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct EngagementFunnel {
    /// Issued vouchers; `null` by channel, because a voucher is issued to a customer and not to a
    /// channel.
    pub issued: Option<i64>,
    pub sent: i64,
    pub delivered: i64,
    pub accepted: i64,
    pub redeemed: i64,
    /// Percent of the stage before that did not reach the next one, with two digits:
    /// `issued_to_sent`, ... A step is missing if nothing reached the stage before. A value is
    /// negative if a stage was reached without the one before it, for example on a channel that
    /// does not report deliveries.
    #[schema(example = json!({"delivered_to_accepted": "62.50"}))]
    pub lost_percent: std::collections::BTreeMap<String, String>,
    /// Time from issue to acceptance.
    pub time_to_accept: Option<DurationPercentiles>,
    /// Time from acceptance to the first redemption.
    pub time_to_redeem: Option<DurationPercentiles>,
}

/// The stage at which a campaign loses most customers compared with the others of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeakView {
    /// The stable code of the stage: `not_issued`, `not_sent`, `not_delivered`, `not_accepted`,
    /// `accepted_and_not_redeemed`.
    pub leak: &'static str,
    /// Percent of this campaign's customers that reach the stage; `others_percent` is that of the
    /// other campaigns together.
    pub percent: String,
    pub others_percent: String,
    /// An explanation for people; its wording may change.
    pub says: &'static str,
    pub next_step: &'static str,
}

/// A remark on the campaign's own definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemarkView {
    /// The stable code of the remark: `same_for_everyone`.
    pub remark: &'static str,
    /// An explanation for people; its wording may change.
    pub says: &'static str,
    pub next_step: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EngagementRow {
    /// The day, the channel, the campaign's id or the vertical, depending on the parameter `by`. A
    /// campaign whose offer is valid in several verticals is in the row of each; one that is valid
    /// everywhere is in `any`.
    pub key: String,
    /// The campaign's name, in reports by campaign.
    pub name: Option<String>,
    #[serde(flatten)]
    pub funnel: EngagementFunnel,
    /// The stage that loses most customers, in reports by campaign; `null` if no stage stands out,
    /// or if there is too little data.
    pub leak: Option<LeakView>,
    /// A remark, in reports by campaign, on a campaign that has issued vouchers.
    pub remark: Option<RemarkView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EngagementReport {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    pub zone: String,
    /// The sum of the days.
    pub total: EngagementFunnel,
    pub rows: Vec<EngagementRow>,
}
