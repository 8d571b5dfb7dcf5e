//! The tenant's contact policy: quiet hours, caps across campaigns, rates. Read by every worker for each piece of its work, so that a
//! change acts at once, also on campaigns that are under way. Guarantees as of every setting: administrators, no overwriting, a record of
//! who.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use domain::contact_policy::ContactPolicy;
use http::HeaderMap;
use http_api::{Answer, Operator, Problem, Role, Unread};
use serde::Serialize;
use store::control::settings::{Name, Setting};

use crate::{Context, settings};

/// The policy in force, and who set it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContactPolicyView {
    #[serde(flatten)]
    pub policy: ContactPolicy,
    /// `null` as long as nobody has set it: then nothing is quiet, and nothing capped.
    #[schema(format = DateTime)]
    pub changed_at: Option<String>,
    pub changed_by: Option<String>,
}

/// Quiet hours by channel, the caps that hold across all campaigns, and the rates of the channels.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/contact-policy", tag = "operations", operation_id = "read_contact_policy",
    security(("jwt" = [])),
    responses((status = 200, body = ContactPolicyView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(State(context): State<Arc<Context>>, operator: Operator) -> Answer {
    operator.require(Role::Viewer)?;
    Ok(shown(settings::read(&context, Name::ContactPolicy).await?))
}

/// Replaces the policy. `If-Match` takes the ETag that was read.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/contact-policy", tag = "operations", operation_id = "replace_contact_policy",
    security(("jwt" = [])), params(("If-Match" = String, Header)), request_body = ContactPolicy,
    responses((status = 200, body = ContactPolicyView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace(
    State(context): State<Arc<Context>>,
    operator: Operator,
    headers: HeaderMap,
    body: Unread,
) -> Answer {
    operator.require(Role::Admin)?;
    let policy: ContactPolicy = body.json().await?;
    let checked = policy.check();
    Ok(shown(settings::replace(&context, &operator, &headers, Name::ContactPolicy, policy, checked).await?))
}

fn shown(setting: Setting<ContactPolicy>) -> Response {
    let Setting { value, version, updated_at, updated_by } = setting;
    let changed_at = updated_at.map(|at| at.to_string());
    settings::tagged(version, ContactPolicyView { policy: value, changed_at, changed_by: updated_by })
}
