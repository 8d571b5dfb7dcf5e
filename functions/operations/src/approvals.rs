//! From which size on a campaign needs a second person: the tenant's thresholds. Reads and writes their setting in Control; the campaigns
//! API asks for it at every launch and amendment. Guarantees as of every setting: administrators, no overwriting, a record of who.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use domain::approval::Approvals;
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
pub struct ApprovalSettings {
    #[serde(flatten)]
    pub thresholds: Approvals,
    #[serde(flatten)]
    pub stand: SettingStand,
}

/// Over which size a campaign needs an approval.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/approvals", tag = "operations", operation_id = "read_approvals", security(("jwt" = [])),
    responses((status = 200, body = ApprovalSettings, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(State(context): State<Arc<Context>>, operator: Operator) -> Answer {
    operator.require(Role::Viewer)?;
    Ok(shown(settings::read(&context, Name::Approvals).await?))
}

/// Sets the thresholds whole, for launches and amendments from now on. One that is left out asks for nobody.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/approvals", tag = "operations", operation_id = "replace_approvals",
    security(("jwt" = [])),
    params(("If-Match" = String, Header)),
    request_body = Approvals,
    responses((status = 200, body = ApprovalSettings, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace(
    State(context): State<Arc<Context>>,
    operator: Operator,
    headers: HeaderMap,
    body: Unread,
) -> Answer {
    operator.require(Role::Admin)?;
    let thresholds: Approvals = body.json().await?;
    let checked = thresholds.check();
    Ok(shown(settings::replace(&context, &operator, &headers, Name::Approvals, thresholds, checked).await?))
}

fn shown(setting: Setting<Approvals>) -> Response {
    let Setting { value, version, updated_at, updated_by } = setting;
    let stand = SettingStand { version, updated_at, updated_by };
    settings::tagged(version, ApprovalSettings { thresholds: value, stand })
}
