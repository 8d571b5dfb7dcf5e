//! The tenant's contact policy: quiet hours, caps across campaigns, rates. Read by every worker for each piece of its work, so that a
//! change acts at once, also on campaigns that are under way.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
};
use domain::contact_policy::ContactPolicy;
use http_api::{Answer, Operator, Problem, Role, Unread, etag, if_match};
use runtime::clock;
use serde::Serialize;
use store::{control::Write, settings::Setting};

use crate::{Context, actor, failed};

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

type Shown = ([(header::HeaderName, HeaderValue); 1], Json<ContactPolicyView>);

fn shown(setting: Setting<ContactPolicy>) -> Shown {
    let changed_at = setting.changed_at.map(|at| at.to_string());
    let view = ContactPolicyView { policy: setting.value, changed_at, changed_by: setting.changed_by };
    ([(header::ETAG, etag(setting.version))], Json(view))
}

/// Quiet hours by channel, the caps that hold across all campaigns, and the rates of the channels.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/contact-policy", tag = "operations", operation_id = "read_contact_policy",
    security(("jwt" = [])),
    responses((status = 200, body = ContactPolicyView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(State(context): State<Arc<Context>>, operator: Operator) -> Answer<Shown> {
    operator.require(Role::Viewer)?;
    context.store.contact_setting().await.map(shown).map_err(failed)
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
) -> Answer<Shown> {
    operator.require(Role::Admin)?;
    let before = if_match(&headers)?;
    let policy: ContactPolicy = body.json().await?;
    let errors = policy.check();
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    match context.store.set_contact_policy(&policy, before, &actor(&operator), clock::now()).await.map_err(failed)? {
        Write::Done => {
            tracing::info!(actor = actor(&operator), "the contact policy was changed");
            context.store.contact_setting().await.map(shown).map_err(failed)
        }
        Write::Lost => Err(Problem::precondition_failed()),
    }
}
