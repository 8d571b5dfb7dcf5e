//! What the reports reckon with: the tenant's prices of messages and its margin, over the deployment's; and the currency and the time
//! zone, which are the deployment's alone, since counters are kept by them. Guarantees as of every setting: administrators, no
//! overwriting, a record of who.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use domain::{
    costs::{CostSettings, Costs},
    money::Currency,
};
use http::HeaderMap;
use http_api::{Answer, Operator, Problem, Role, Unread};
use serde::Serialize;
use store::control::settings::{Name, Setting};
use utoipa::ToSchema;

use crate::{
    Context,
    settings::{self, SettingStand},
};

#[derive(Serialize, ToSchema)]
pub struct CostsView {
    /// What the tenant set; what is left out is the deployment's.
    #[serde(flatten)]
    pub set: CostSettings,
    pub in_force: Costs,
    /// Of prices and thresholds, and of campaigns that name none. Part of the deployment.
    pub currency: Currency,
    /// Whose calendar days the reports count by. Part of the deployment.
    #[schema(example = "Europe/Madrid")]
    pub time_zone: String,
    #[serde(flatten)]
    pub stand: SettingStand,
}

/// What the reports reckon with.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/costs", tag = "operations", operation_id = "read_costs", security(("jwt" = [])),
    responses((status = 200, body = CostsView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(State(context): State<Arc<Context>>, operator: Operator) -> Answer {
    operator.require(Role::Viewer)?;
    let setting = settings::read(&context, Name::Costs).await?;
    Ok(shown(&context, setting))
}

/// Sets prices and margin whole, at once and for all periods: reports keep units, not amounts. What is left out is the deployment's.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/costs", tag = "operations", operation_id = "replace_costs",
    security(("jwt" = [])),
    params(("If-Match" = String, Header)),
    request_body = CostSettings,
    responses((status = 200, body = CostsView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace(
    State(context): State<Arc<Context>>,
    operator: Operator,
    headers: HeaderMap,
    body: Unread,
) -> Answer {
    operator.require(Role::Admin)?;
    let set: CostSettings = body.json().await?;
    let checked = set.check();
    let setting = settings::replace(&context, &operator, &headers, Name::Costs, set, checked).await?;
    Ok(shown(&context, setting))
}

fn shown(context: &Context, setting: Setting<CostSettings>) -> Response {
    let Setting { value, version, updated_at, updated_by } = setting;
    let view = CostsView {
        set: value,
        in_force: value.over(context.costs),
        currency: context.currency,
        time_zone: context.zone.iana_name().unwrap_or("UTC").to_owned(),
        stand: SettingStand { version, updated_at, updated_by },
    };
    settings::tagged(version, view)
}
