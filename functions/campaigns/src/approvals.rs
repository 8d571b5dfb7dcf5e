//! Four-eyes approval for campaigns whose caps exceed the tenant's thresholds (decision 0022). An
//! approval is part of META and holds for the draft as it is: any edit removes it in the same
//! write. Before it: drafts. After it: launch, and the amendments that raise a cap.
//!
//! Guarantees: no operator approves a campaign they wrote; the campaign that is launched is the one
//! that was approved.

use std::sync::Arc;

use axum::{body::Body, extract::State};
use domain::{
    campaign::{
        approval::{ApprovalReason, ApprovalThresholds},
        definition::{Caps, Definition},
        lifecycle::{Approval, Campaign, CampaignAction, CampaignState},
    },
    delivery::notices::ASK_APPROVAL,
    kernel::audit_kind::AuditKind,
};
use http::HeaderMap;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, body, if_match, parse_body};
use runtime::clock;
use serde::Deserialize;
use store::{campaign::campaigns::AuditedChange, conditional::Applied};
use utoipa::ToSchema;

use crate::{
    CampaignIdPath, CampaignsContext,
    approval_state::{approval_thresholds, present_reasons},
    identity,
    precondition::{action_not_allowed, check_version},
    response::campaign_response,
    store_failure,
    views::CampaignView,
};

/// The longest comment, in bytes.
const MAX_COMMENT: usize = 500;
const ACTION: &str = "approve";

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApproveRequest {
    /// At most 500 bytes, kept in the campaign's history.
    pub comment: String,
}

/// Approves this version of a draft.
///
/// Any edit after it requires a new approval. Operators who created or edited the campaign cannot
/// approve it.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/approve", tag = "campaigns", operation_id = "approve_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Option<ApproveRequest>, description = "May be left out"),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn approve(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    operator.require_role(OperatorRole::Approver)?;
    let bytes = body::read_body(body).await?;
    let request: ApproveRequest =
        if bytes.is_empty() { ApproveRequest::default() } else { parse_body(&bytes)? };
    if request.comment.len() > MAX_COMMENT {
        return Err(Problem::field("/comment", "too_long", format!("at most {MAX_COMMENT} bytes")));
    }
    let expected = if_match(&headers)?;
    let before = context.load_campaign(&id).await?;
    check_version(&before, expected)?;
    if before.state != CampaignState::Draft {
        return Err(action_not_allowed(&before, CampaignAction::Edit));
    }
    if is_author(&operator, &before) {
        return Err(approver_is_editor());
    }
    if before.approval.is_some() {
        return campaign_response(&context, before).await;
    }
    let approval = Approval { by: identity::actor_name(&operator), at: clock::now() };
    let change = AuditedChange {
        actor: &approval.by,
        action: ACTION,
        note: &request.comment,
        at: approval.at,
    };
    match context.store.approve_draft(&before, &approval, &change).await.map_err(store_failure)? {
        Applied::Yes => {
            let (version, updated_at) = (before.version + 1, approval.at);
            let after = Campaign { version, updated_at, approval: Some(approval), ..before };
            campaign_response(&context, after).await
        }
        Applied::Conflict => Err(Problem::precondition_failed()),
    }
}

/// Refuses with 409 unless the campaign's caps, or a rehearsal that stands for them, are under the
/// thresholds, or an approver has agreed to its present version. A refusal is recorded, so that
/// approvers can be told.
pub async fn require_approval(
    context: &CampaignsContext,
    operator: &Operator,
    campaign: &Campaign,
) -> ApiResult<()> {
    if campaign.approval.is_some() {
        return Ok(());
    }
    let (approvals, reasons) = present_reasons(context, campaign).await?;
    if reasons.is_empty() {
        return Ok(());
    }
    let (actor, note) = (operator.actor(), format!("version {}", campaign.version));
    let asked =
        AuditedChange { actor: &actor, action: ASK_APPROVAL, note: &note, at: clock::now() };
    let recorded = context.store.record_act(AuditKind::Campaign, campaign.id.as_str(), &asked);
    recorded.await.map_err(store_failure)?;
    Err(approval_required(context, &approvals, &reasons))
}

/// Returns the approval that an amendment carries if it raises a cap over a threshold. Only an
/// approver may do that, and only one who neither created the campaign nor edited it last;
/// everybody else is refused.
pub async fn approve_amendment(
    context: &CampaignsContext,
    operator: &Operator,
    before: &Campaign,
    after: &Definition,
) -> ApiResult<Option<Approval>> {
    let approvals = approval_thresholds(context).await?;
    let reasons = approvals.raised_reasons(&before.definition.caps, &after.caps, context.currency);
    if reasons.is_empty() {
        return Ok(None);
    }
    if operator.require_role(OperatorRole::Approver).is_err() {
        return Err(approval_required(context, &approvals, &reasons));
    }
    let last = before.editors.last().unwrap_or(&before.created_by);
    if [last, &before.created_by].into_iter().any(|actor| identity::is_actor(operator, actor)) {
        return Err(approver_is_editor());
    }
    Ok(Some(Approval { by: identity::actor_name(operator), at: clock::now() }))
}

/// Checks that the operator may make this change. Marketers change campaigns; an approver who is
/// not a marketer may only raise caps of a launched campaign over a threshold.
pub fn check_change_allowed(
    operator: &Operator,
    before: &Campaign,
    after: &Definition,
    approval: Option<&Approval>,
) -> Result<(), Problem> {
    if operator.require_role(OperatorRole::Marketer).is_ok() {
        return Ok(());
    }
    let caps_alone = Definition { caps: Caps::default(), ..after.clone() }
        == Definition { caps: Caps::default(), ..before.definition.clone() };
    if approval.is_some() && caps_alone { Ok(()) } else { Err(Problem::forbidden()) }
}

fn is_author(operator: &Operator, campaign: &Campaign) -> bool {
    campaign
        .editors
        .iter()
        .chain([&campaign.created_by])
        .any(|actor| identity::is_actor(operator, actor))
}

fn approval_required(
    context: &CampaignsContext,
    approvals: &ApprovalThresholds,
    reasons: &[ApprovalReason],
) -> Problem {
    let named = approvals.describe_reasons(reasons, context.currency);
    let detail = format!(
        "its caps allow {named}: somebody with the group approver who did not write it has to agree"
    );
    Problem::conflict("approval_required", detail)
}

fn approver_is_editor() -> Problem {
    Problem::conflict(
        "approver_is_editor",
        "whoever wrote a campaign cannot approve it: somebody else has to",
    )
}
