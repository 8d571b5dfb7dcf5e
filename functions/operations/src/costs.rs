//! The settings that reports calculate with: the tenant's message prices and margin, which take
//! precedence over the deployment's, and the currency and time zone.
//!
//! Currency and time zone are the deployment's alone, since counters are kept by them. The
//! guarantees are those of every setting: only administrators change it, no change overwrites
//! another unnoticed, and each change is recorded with its author.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use domain::{
    kernel::money::Currency,
    reporting::costs::{CostRates, CostSettings},
};
use http::HeaderMap;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use serde::Serialize;
use store::campaign::campaigns::settings::{SettingName, VersionedSetting};
use utoipa::ToSchema;

use crate::{
    OperationsContext,
    settings::{self, SettingMetadata},
};

#[derive(Serialize, ToSchema)]
pub struct CostsView {
    /// The values that the tenant has set. The deployment's values apply to those that are left
    /// out.
    #[serde(flatten)]
    pub set: CostSettings,
    pub in_force: CostRates,
    /// The currency of prices and thresholds, and of campaigns that name none. It is part of the
    /// deployment.
    pub currency: Currency,
    /// The time zone whose calendar days the reports count by. It is part of the deployment.
    #[schema(example = "Europe/Madrid")]
    pub time_zone: String,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

/// Returns the prices, margin, currency and time zone that the reports calculate with.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/costs", tag = "operations", operation_id = "read_costs", security(("jwt" = [])),
    responses((status = 200, body = CostsView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(State(context): State<Arc<OperationsContext>>, operator: Operator) -> ApiResult {
    operator.require_role(OperatorRole::Viewer)?;
    let setting = settings::read_setting(&context, SettingName::Costs).await?;
    Ok(costs_response(&context, setting))
}

/// Replaces all prices and the margin, at once and for all periods.
///
/// Reports keep units, not amounts, so past periods change too. The deployment's values apply to
/// those that are left out.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/costs", tag = "operations", operation_id = "replace_costs",
    security(("jwt" = [])),
    params(("If-Match" = String, Header)),
    request_body = CostSettings,
    responses((status = 200, body = CostsView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    headers: HeaderMap,
    body: UnreadBody,
) -> ApiResult {
    operator.require_role(OperatorRole::Admin)?;
    let set: CostSettings = body.read_json().await?;
    let checked = set.check();
    let setting =
        settings::replace_setting(&context, &operator, &headers, SettingName::Costs, set, checked)
            .await?;
    Ok(costs_response(&context, setting))
}

fn costs_response(
    context: &OperationsContext,
    setting: VersionedSetting<CostSettings>,
) -> Response {
    let VersionedSetting { value, version, updated_at, updated_by } = setting;
    let view = CostsView {
        set: value,
        in_force: value.with_defaults(context.costs),
        currency: context.currency,
        time_zone: context.zone.iana_name().unwrap_or("UTC").to_owned(),
        metadata: SettingMetadata { version, updated_at, updated_by },
    };
    settings::response_with_etag(version, view)
}
