//! What a report is asked: the parameters that all of them share. Which campaigns they choose, and their days, is `counted_days`.

use counted_days::Asked;
use domain::{Date, campaign::Kind, channel::Channel};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::views::Format;

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
    pub kind: Option<Kind>,
    /// One campaign.
    #[param(value_type = Option<String>)]
    pub campaign: Option<String>,
    /// Campaigns with this channel on their ladder.
    pub channel: Option<Channel>,
    /// Campaigns whose offer is good in this vertical.
    pub vertical: Option<String>,
    /// Campaigns in this currency. Currencies are never added up.
    #[param(value_type = Option<String>)]
    pub currency: Option<String>,
    /// Only the tenant's own zone is answered: its days are the ones that are counted.
    pub zone: Option<String>,
    /// Of customer-engagement: what one row is. Default `day`.
    #[param(inline)]
    pub by: Option<By>,
    /// `csv` gives the rows as a table.
    #[param(inline)]
    pub format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Day,
    Channel,
    Campaign,
    Vertical,
}

impl ReportParams {
    pub fn asked(&self) -> Asked {
        Asked {
            kind: self.kind,
            campaign: self.campaign.clone(),
            channel: self.channel,
            vertical: self.vertical.clone(),
            currency: self.currency.clone(),
            zone: self.zone.clone(),
        }
    }
}
