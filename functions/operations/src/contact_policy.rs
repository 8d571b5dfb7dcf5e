//! The tenant's contact policy: quiet hours, caps across campaigns, and rates.
//!
//! Every worker reads it for each piece of its work, so a change applies at once, also to running
//! campaigns. The guarantees are those of every setting: only administrators change it, no change
//! overwrites another unnoticed, and each change is recorded with its author.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use domain::delivery::contact_policy::ContactPolicy;
use http::HeaderMap;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use serde::Serialize;
use store::campaign::campaigns::settings::{SettingName, VersionedSetting};

use crate::{OperationsContext, settings};

/// The policy in force, with the author of its last change.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContactPolicyView {
    #[serde(flatten)]
    pub policy: ContactPolicy,
    /// The time of the last change. It is `null` until an administrator sets the policy: then there
    /// are no quiet hours and no caps.
    #[schema(format = DateTime)]
    pub changed_at: Option<String>,
    pub changed_by: Option<String>,
}

/// Returns quiet hours by channel, the caps across all campaigns, and the channels' rates.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/contact-policy", tag = "operations", operation_id = "read_contact_policy",
    security(("jwt" = [])),
    responses((status = 200, body = ContactPolicyView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(State(context): State<Arc<OperationsContext>>, operator: Operator) -> ApiResult {
    operator.require_role(OperatorRole::Viewer)?;
    Ok(policy_response(settings::read_setting(&context, SettingName::ContactPolicy).await?))
}

/// Replaces the policy. `If-Match` takes the ETag that was read.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/contact-policy", tag = "operations", operation_id = "replace_contact_policy",
    security(("jwt" = [])), params(("If-Match" = String, Header)), request_body = ContactPolicy,
    responses((status = 200, body = ContactPolicyView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    headers: HeaderMap,
    body: UnreadBody,
) -> ApiResult {
    operator.require_role(OperatorRole::Admin)?;
    let policy: ContactPolicy = body.read_json().await?;
    let checked = policy.check();
    Ok(policy_response(
        settings::replace_setting(
            &context,
            &operator,
            &headers,
            SettingName::ContactPolicy,
            policy,
            checked,
        )
        .await?,
    ))
}

fn policy_response(setting: VersionedSetting<ContactPolicy>) -> Response {
    let VersionedSetting { value, version, updated_at, updated_by } = setting;
    let changed_at = updated_at.map(|at| at.to_string());
    settings::response_with_etag(
        version,
        ContactPolicyView { policy: value, changed_at, changed_by: updated_by },
    )
}
