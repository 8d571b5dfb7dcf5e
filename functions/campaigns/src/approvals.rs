//! A second person's word on a campaign that its caps do not keep under the tenant's thresholds (decision 0022). An approval is part of
//! META and holds for the draft as it stands: any edit takes it away in the same write. Before it: drafts. After it: launch, and the
//! amendments that raise a cap. Guarantees: nobody approves what they wrote; what is launched is what was approved.

use std::sync::Arc;

use axum::{body::Body, extract::State};
use domain::{
    Timestamp,
    approval::{Approvals, Reason},
    campaign::{Action, Approval, Campaign, State as Stands},
    definition::{Caps, Definition},
};
use http::HeaderMap;
use http_api::{Answer, Operator, Problem, Role, body, if_match, parse_body};
use serde::{Deserialize, Serialize};
use store::control::{Change, Write, settings::Name};
use utoipa::ToSchema;

use crate::{Context, Id, drafts, failed, identity, lifecycle::not_allowed, now, views::CampaignView};

/// Bytes of a comment.
const MAX_COMMENT: usize = 500;
const ACTION: &str = "approve";

/// Whether its caps ask for a second person, and who has agreed.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = CampaignApproval)]
pub struct ApprovalView {
    /// Its caps are over a threshold of the tenant as it stands now.
    pub required: bool,
    /// Over which.
    pub reasons: Vec<Reason>,
    /// `null` while nobody has agreed to it as it stands.
    pub approved_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub approved_at: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApproveRequest {
    /// At most 500 bytes, kept in the campaign's history.
    pub comment: String,
}

/// Agrees to this version of a draft. Any edit after it asks for a new one. Not for whoever created or edited it.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/approve", tag = "campaigns", operation_id = "approve_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Option<ApproveRequest>, description = "May be left out"),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn approve(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    operator.require(Role::Approver)?;
    let bytes = body::read(body).await?;
    let request: ApproveRequest = if bytes.is_empty() { ApproveRequest::default() } else { parse_body(&bytes)? };
    if request.comment.len() > MAX_COMMENT {
        return Err(Problem::field("/comment", "too_long", format!("at most {MAX_COMMENT} bytes")));
    }
    let expected = if_match(&headers)?;
    let before = context.campaign(&id).await?;
    drafts::held_against(&before, expected)?;
    if before.state != Stands::Draft {
        return Err(not_allowed(&before, Action::Edit));
    }
    if wrote(&operator, &before) {
        return Err(is_editor());
    }
    if before.approval.is_some() {
        return drafts::shown(&context, before).await;
    }
    let approval = Approval { by: identity::actor(&operator), at: now() };
    let change = Change { actor: &approval.by, action: ACTION, note: &request.comment, at: approval.at };
    match context.store.approve(&before, &approval, &change).await.map_err(failed)? {
        Write::Done => {
            let (version, updated_at) = (before.version + 1, approval.at);
            let after = Campaign { version, updated_at, approval: Some(approval), ..before };
            drafts::shown(&context, after).await
        }
        Write::Lost => Err(Problem::precondition_failed()),
    }
}

/// 409 unless its caps keep it under the thresholds, or somebody has agreed to it as it stands.
pub async fn launchable(context: &Context, campaign: &Campaign) -> Answer<()> {
    let approvals = thresholds(context).await?;
    let reasons = approvals.reasons(&campaign.definition.caps, context.currency);
    if reasons.is_empty() || campaign.approval.is_some() {
        Ok(())
    } else {
        Err(required(context, &approvals, &reasons))
    }
}

/// Whether this amendment is an approver's act: it raises a cap over a threshold. Refused to anybody else.
pub async fn amendment(
    context: &Context,
    operator: &Operator,
    before: &Campaign,
    after: &Definition,
) -> Answer<Option<Approval>> {
    let approvals = thresholds(context).await?;
    let reasons = approvals.raised(&before.definition.caps, &after.caps, context.currency);
    if reasons.is_empty() {
        return Ok(None);
    }
    if operator.require(Role::Approver).is_err() {
        return Err(required(context, &approvals, &reasons));
    }
    let last = before.editors.last().unwrap_or(&before.created_by);
    if [last, &before.created_by].into_iter().any(|actor| identity::is(operator, actor)) {
        return Err(is_editor());
    }
    Ok(Some(Approval { by: identity::actor(operator), at: now() }))
}

/// Marketers change campaigns; an approver who is none raises the caps of a launched one over a threshold, and does nothing else.
pub fn may_change(
    operator: &Operator,
    before: &Campaign,
    after: &Definition,
    approval: Option<&Approval>,
) -> Result<(), Problem> {
    if operator.require(Role::Marketer).is_ok() {
        return Ok(());
    }
    let caps_alone = Definition { caps: Caps::default(), ..after.clone() }
        == Definition { caps: Caps::default(), ..before.definition.clone() };
    if approval.is_some() && caps_alone { Ok(()) } else { Err(Problem::forbidden()) }
}

/// Where the campaign stands with it.
pub async fn view(context: &Context, campaign: &Campaign) -> Answer<ApprovalView> {
    let reasons = thresholds(context).await?.reasons(&campaign.definition.caps, context.currency);
    let (approved_by, approved_at) = campaign.approval.clone().map(|it| (it.by, it.at)).unzip();
    Ok(ApprovalView { required: !reasons.is_empty(), reasons, approved_by, approved_at })
}

/// Read consistently each time: a launch that begins after a threshold was set is held against it.
async fn thresholds(context: &Context) -> Answer<Approvals> {
    Ok(context.store.setting(Name::Approvals).await.map_err(failed)?.value)
}

fn wrote(operator: &Operator, campaign: &Campaign) -> bool {
    campaign.editors.iter().chain([&campaign.created_by]).any(|actor| identity::is(operator, actor))
}

fn required(context: &Context, approvals: &Approvals, reasons: &[Reason]) -> Problem {
    let named = approvals.named(reasons, context.currency);
    let detail = format!("its caps allow {named}: somebody with the group approver who did not write it has to agree");
    Problem::conflict("approval_required", detail)
}

fn is_editor() -> Problem {
    Problem::conflict("approver_is_editor", "whoever wrote a campaign cannot approve it: somebody else has to")
}
