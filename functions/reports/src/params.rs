//! The parameters that all reports share, and the request that they make: checked, for the period
//! and the campaigns that `reporting::daily_counters` then reads.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::{
    Date,
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::channel::Channel,
    reporting::counters::period::ReportPeriod,
};
use http::{HeaderMap, request::Parts};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, QueryParams, csv};
use reporting::daily_counters::{FilterQuery, ReportFilter};
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{ReportsContext, views::ReportFormat};

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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PerformanceParams {
    /// First day, in the tenant's zone. Default: 30 days up to `to`.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Last day. Default: today.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    pub kind: Option<CampaignKind>,
    pub state: Option<CampaignState>,
    /// The id of one campaign.
    #[param(value_type = Option<String>)]
    pub campaign: Option<String>,
    /// Campaigns with this channel on their ladder.
    pub channel: Option<Channel>,
    /// Campaigns whose offer is valid in this vertical.
    pub vertical: Option<String>,
    /// Campaigns in this currency.
    #[param(value_type = Option<String>)]
    pub currency: Option<String>,
    /// The time zone. Only the tenant's own zone is accepted, because the counters are kept by its
    /// days.
    pub zone: Option<String>,
    #[param(inline)]
    pub format: Option<ReportFormat>,
}

/// The parameters of one report, as far as all reports have them.
pub trait ReportQuery {
    /// Returns the first and the last day.
    fn days(&self) -> (Option<Date>, Option<Date>);
    fn filter_query(&self) -> FilterQuery;
    fn format(&self) -> Option<ReportFormat>;
    fn group_by(&self) -> GroupBy {
        GroupBy::Day
    }
}

impl ReportQuery for ReportParams {
    fn days(&self) -> (Option<Date>, Option<Date>) {
        (self.from, self.to)
    }
    fn filter_query(&self) -> FilterQuery {
        FilterQuery {
            kind: self.kind,
            campaign: self.campaign.clone(),
            channel: self.channel,
            vertical: self.vertical.clone(),
            currency: self.currency.clone(),
            zone: self.zone.clone(),
        }
    }
    fn format(&self) -> Option<ReportFormat> {
        self.format
    }
    fn group_by(&self) -> GroupBy {
        self.by.unwrap_or(GroupBy::Day)
    }
}

impl ReportQuery for PerformanceParams {
    fn days(&self) -> (Option<Date>, Option<Date>) {
        (self.from, self.to)
    }
    fn filter_query(&self) -> FilterQuery {
        FilterQuery {
            kind: self.kind,
            campaign: self.campaign.clone(),
            channel: self.channel,
            vertical: self.vertical.clone(),
            currency: self.currency.clone(),
            zone: self.zone.clone(),
        }
    }
    fn format(&self) -> Option<ReportFormat> {
        self.format
    }
}

/// A viewer's request for a report, checked.
pub struct ReportRequest {
    pub period: ReportPeriod,
    pub filter: ReportFilter,
    pub by: GroupBy,
    /// The answer is a CSV table, and not JSON.
    pub wants_csv: bool,
}

impl ReportRequest {
    pub fn new(
        context: &ReportsContext,
        query: &impl ReportQuery,
        headers: &HeaderMap,
    ) -> ApiResult<Self> {
        let (from, to) = query.days();
        let format = query.format().map(|format| format == ReportFormat::Csv);
        Ok(Self {
            period: ReportPeriod::new(from, to, &context.zone, clock::now())?,
            filter: ReportFilter::new(&query.filter_query(), &context.zone_name)?,
            by: query.group_by(),
            wants_csv: csv::wants_csv(format, headers),
        })
    }
}

impl FromRequestParts<Arc<ReportsContext>> for ReportRequest {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        context: &Arc<ReportsContext>,
    ) -> ApiResult<Self> {
        let operator = Operator::from_request_parts(parts, context).await?;
        let QueryParams(params) =
            QueryParams::<ReportParams>::from_request_parts(parts, context).await?;
        operator.require_role(OperatorRole::Viewer)?;
        Self::new(context, &params, &parts.headers)
    }
}
