//! The parameters that all reports share. The crate `counted_days` selects campaigns and days by
//! them.

use domain::{Date, campaign::kind::CampaignKind, kernel::channel::Channel};
use reporting::daily_counters::FilterQuery;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::views::ReportFormat;

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// First day, in the tenant's zone. Default: 30 days up to `to`.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Last day. Default: today.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    pub kind: Option<CampaignKind>,
    /// The id of one campaign.
    #[param(value_type = Option<String>)]
    pub campaign: Option<String>,
    /// Campaigns with this channel on their ladder.
    pub channel: Option<Channel>,
    /// Campaigns whose offer is valid in this vertical.
    pub vertical: Option<String>,
    /// Campaigns in this currency. Currencies are never added up.
    #[param(value_type = Option<String>)]
    pub currency: Option<String>,
    /// The time zone. Only the tenant's own zone is accepted, because the counters are kept by its
    /// days.
    pub zone: Option<String>,
    /// The meaning of a row in customer-engagement. Default: `day`.
    #[param(inline)]
    pub by: Option<GroupBy>,
    /// The format; `csv` returns the rows as a table.
    #[param(inline)]
    pub format: Option<ReportFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    Day,
    Channel,
    Campaign,
    Vertical,
}

impl ReportParams {
    pub fn to_query(&self) -> FilterQuery {
        FilterQuery {
            kind: self.kind,
            campaign: self.campaign.clone(),
            channel: self.channel,
            vertical: self.vertical.clone(),
            currency: self.currency.clone(),
            zone: self.zone.clone(),
        }
    }
}
