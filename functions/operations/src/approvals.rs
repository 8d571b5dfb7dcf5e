//! The tenant's approval thresholds: the size from which a campaign needs a second person's
//! approval.
//!
//! Reads and writes their setting in Control. The campaigns API reads it at every launch and
//! amendment. The guarantees are those of every setting: only administrators change it, no change
//! overwrites another unnoticed, and each change is recorded with its author.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use domain::campaign::approval::ApprovalThresholds;
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
pub struct ApprovalSettings {
    #[serde(flatten)]
    pub thresholds: ApprovalThresholds,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

/// Returns the thresholds above which a campaign needs an approval.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/approvals", tag = "operations", operation_id = "read_approvals", security(("jwt" = [])),
    responses((status = 200, body = ApprovalSettings, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(State(context): State<Arc<OperationsContext>>, operator: Operator) -> ApiResult {
    operator.require_role(OperatorRole::Viewer)?;
    Ok(approvals_response(settings::read_setting(&context, SettingName::Approvals).await?))
}

/// Replaces all thresholds, for launches and amendments from now on.
///
/// A threshold that is left out requires no approval.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/approvals", tag = "operations", operation_id = "replace_approvals",
    security(("jwt" = [])),
    params(("If-Match" = String, Header)),
    request_body = ApprovalThresholds,
    responses((status = 200, body = ApprovalSettings, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    headers: HeaderMap,
    body: UnreadBody,
) -> ApiResult {
    operator.require_role(OperatorRole::Admin)?;
    let thresholds: ApprovalThresholds = body.read_json().await?;
    let checked = thresholds.check();
    Ok(approvals_response(
        settings::replace_setting(
            &context,
            &operator,
            &headers,
            SettingName::Approvals,
            thresholds,
            checked,
        )
        .await?,
    ))
}

fn approvals_response(setting: VersionedSetting<ApprovalThresholds>) -> Response {
    let VersionedSetting { value, version, updated_at, updated_by } = setting;
    let metadata = SettingMetadata { version, updated_at, updated_by };
    settings::response_with_etag(version, ApprovalSettings { thresholds: value, metadata })
}
