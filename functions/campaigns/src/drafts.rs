//! Creating and changing campaigns: create, read, put, patch, delete, clone. Every write
//! names the version it was decided on, so two editors cannot overwrite each other; a create with
//! an `Idempotency-Key` happens once.

use std::sync::Arc;

use axum::{body::Body, extract::State, response::IntoResponse};
use domain::{
    Timestamp,
    campaign::{
        definition::{Definition, DefinitionDocument, MAX_NAME},
        lifecycle::{Campaign, CampaignAction, CampaignPhase, CampaignState},
    },
};
use http::{HeaderMap, StatusCode};
use http_edge::{
    ApiResult, IdempotencyKey, JsonBody, Operator, OperatorRole, Problem, body, if_match,
    if_match_optional, parse_body,
};
use runtime::clock;
use serde_json::Value;
use store::{
    campaign::campaigns::{AuditedChange, CreateCampaignResult},
    conditional::Applied,
};

use crate::{
    CampaignIdPath, CampaignsContext, approvals, identity, patch,
    precondition::{action_not_allowed, check_version},
    readiness,
    response::{campaign_response, created_response},
    store_failure,
    views::{CampaignView, CloneRequest, amendable},
};

/// Creates a draft. With an `Idempotency-Key`, a repeat answers the same campaign.
#[utoipa::path(
    post, path = "/v1/campaigns", tag = "campaigns", operation_id = "create_campaign", security(("jwt" = [])),
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = DefinitionDocument,
    responses((status = 201, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn create(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(document): JsonBody<Value>,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let now = clock::now();
    let fingerprint = identity::request_fingerprint("create", &document);
    let definition = context.prepare_draft(Definition::parse(document, now)?).await?;
    let draft = new_draft(&operator, key.as_deref(), definition, now)?;
    let campaign = create_campaign(&context, draft, &fingerprint, "create", "").await?;
    created_response(&context, campaign).await
}

/// Creates a draft with another campaign's definition; times in the past are left out.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/clone", tag = "campaigns", operation_id = "clone_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Option<CloneRequest>, description = "May be left out"),
    responses((status = 201, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn clone(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    IdempotencyKey(key): IdempotencyKey,
    body: Body,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let bytes = body::read_body(body).await?;
    let document: Value =
        if bytes.is_empty() { serde_json::json!({}) } else { parse_body(&bytes)? };
    let request: CloneRequest = domain::kernel::validation::parse_value(document.clone())?;
    let now = clock::now();
    let original = context.load_campaign(&id).await?;
    let definition = copy_definition(original.definition, request.name, now)?;
    let draft = new_draft(&operator, key.as_deref(), definition, now)?;
    let fingerprint = identity::request_fingerprint(&format!("clone/{id}"), &document);
    let note = format!("of {id}");
    let campaign = create_campaign(&context, draft, &fingerprint, "clone", &note).await?;
    created_response(&context, campaign).await
}

#[utoipa::path(
    get, path = "/v1/campaigns/{id}", tag = "campaigns", operation_id = "read_campaign", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
/// Returns one campaign, with its run if it was launched.
pub async fn read(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
) -> ApiResult {
    operator.require_role(OperatorRole::Viewer)?;
    let campaign = context.load_campaign(&id).await?;
    campaign_response(&context, campaign).await
}

/// Replaces the definition of a draft.
#[utoipa::path(
    put, path = "/v1/campaigns/{id}", tag = "campaigns", operation_id = "replace_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body = DefinitionDocument,
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn replace(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
    JsonBody(document): JsonBody<Value>,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let expected = if_match(&headers)?;
    let before = context.load_campaign(&id).await?;
    check_version(&before, expected)?;
    if before.state.state_after(CampaignAction::Edit, before.definition.kind).is_none() {
        return Err(action_not_allowed(&before, CampaignAction::Edit));
    }
    let now = clock::now();
    let definition = context.prepare_draft(Definition::parse(document, now)?).await?;
    save_changes(&context, &operator, before, definition, now).await
}

/// Changes parts of a definition by JSON Merge Patch.
///
/// `offer.benefit`, `validity`, `audience` and `trigger.when` are replaced as a whole. Of a
/// launched campaign only `name`, `description`, `schedule.ends_at` and `caps` can change. An
/// amendment that raises a cap over the tenant's threshold requires an approver who neither created
/// the campaign nor edited it last.
#[utoipa::path(
    patch, path = "/v1/campaigns/{id}", tag = "campaigns", operation_id = "change_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = serde_json::Value, description = "The parts of the definition that change; `null` removes one (RFC 7396)",
        example = json!({"name": "Spring", "caps": {"vouchers": 500}})),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn change(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
    JsonBody(change): JsonBody<Value>,
) -> ApiResult {
    operator
        .require_role(OperatorRole::Marketer)
        .or_else(|_| operator.require_role(OperatorRole::Approver))?;
    let expected = if_match(&headers)?;
    let before = context.load_campaign(&id).await?;
    if before.state == CampaignState::Draft {
        operator.require_role(OperatorRole::Marketer)?;
    }
    check_version(&before, expected)?;
    let now = clock::now();
    let definition =
        if before.state.state_after(CampaignAction::Edit, before.definition.kind).is_some() {
            context.prepare_draft(patch::patch_draft(&before.definition, change, now)?).await?
        } else if amendable(before.state) {
            patch::patch_launched(&before.definition, change, now)?
        } else {
            return Err(action_not_allowed(&before, CampaignAction::Edit));
        };
    save_changes(&context, &operator, before, definition, now).await
}

/// Deletes a draft. Its history stays.
#[utoipa::path(
    delete, path = "/v1/campaigns/{id}", tag = "campaigns", operation_id = "delete_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), Problem)
)]
pub async fn delete(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let expected = if_match_optional(&headers)?;
    let before = context.load_campaign(&id).await?;
    check_version(&before, expected.unwrap_or(before.version))?;
    if before.state.state_after(CampaignAction::Delete, before.definition.kind).is_none() {
        return Err(action_not_allowed(&before, CampaignAction::Delete));
    }
    let (actor, note) =
        (identity::actor_name(&operator), format!("draft \"{}\"", before.definition.name));
    let change = AuditedChange {
        actor: &actor,
        action: CampaignAction::Delete.as_str(),
        note: &note,
        at: clock::now(),
    };
    match context.store.delete_draft(&before, &change).await.map_err(store_failure)? {
        Applied::Yes => Ok(StatusCode::NO_CONTENT.into_response()),
        Applied::Conflict => Err(Problem::precondition_failed()),
    }
}

pub fn new_draft(
    operator: &Operator,
    key: Option<&str>,
    definition: Definition,
    now: Timestamp,
) -> Result<Campaign, Problem> {
    Ok(Campaign::draft(
        identity::campaign_id(operator, key)?,
        definition,
        identity::actor_name(operator),
        now,
    ))
}

/// Writes the draft. A repeated request gets the campaign that the first one created, in its
/// present state.
pub async fn create_campaign(
    context: &CampaignsContext,
    draft: Campaign,
    fingerprint: &str,
    action: &str,
    note: &str,
) -> ApiResult<Campaign> {
    let change = AuditedChange { actor: &draft.created_by, action, note, at: draft.created_at };
    match context
        .store
        .create_campaign(&draft, fingerprint, &change)
        .await
        .map_err(store_failure)?
    {
        CreateCampaignResult::First => Ok(draft),
        CreateCampaignResult::Repeat(campaign) => Ok(*campaign),
        CreateCampaignResult::IdConflict => {
            let detail = "this Idempotency-Key came with another request before: take a new one";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail))
        }
        CreateCampaignResult::Gone => Err(Problem::gone(
            "campaign_deleted",
            "this request made a campaign before, which was deleted since",
        )),
    }
}

/// Saves the changed definition. An unchanged definition writes nothing.
async fn save_changes(
    context: &CampaignsContext,
    operator: &Operator,
    before: Campaign,
    definition: Definition,
    now: Timestamp,
) -> ApiResult {
    let note = patch::changed_parts(&before.definition, &definition);
    if note.is_empty() {
        return campaign_response(context, before).await;
    }
    let approval = match before.state.phase() {
        CampaignPhase::Draft => None,
        CampaignPhase::Live | CampaignPhase::Over => {
            let was = &before.definition;
            readiness::require_ready_account_to_grow(context, was, &definition).await?;
            approvals::approve_amendment(context, operator, &before, &definition).await?
        }
    };
    approvals::check_change_allowed(operator, &before, &definition, approval.as_ref())?;
    let actor = identity::actor_name(operator);
    let change = |action| AuditedChange { actor: &actor, action, note: &note, at: now };
    let write = match before.state.phase() {
        CampaignPhase::Draft => {
            context.store.save_draft(&before, &definition, &change("edit")).await
        }
        CampaignPhase::Live | CampaignPhase::Over => {
            context
                .store
                .amend_campaign(&before, &definition, approval.as_ref(), &change("amend"))
                .await
        }
    };
    match write.map_err(store_failure)? {
        // read again, because the write also changes the editors and the approval
        Applied::Yes => campaign_response(context, context.load_campaign(&before.id).await?).await,
        Applied::Conflict => Err(Problem::precondition_failed()),
    }
}

fn copy_definition(
    original: Definition,
    name: Option<String>,
    now: Timestamp,
) -> Result<Definition, Vec<domain::kernel::validation::FieldError>> {
    let mut copy = original;
    copy.audience = copy.audience.thawed();
    copy.name = name.unwrap_or_else(|| copy_name(&copy.name));
    let ahead = |time: &Timestamp| *time > now;
    copy.schedule.starts_at = copy.schedule.starts_at.filter(ahead);
    copy.schedule.ends_at = copy.schedule.ends_at.filter(ahead);
    copy.accept_by = copy.accept_by.filter(ahead);
    // the validity may have passed: the operator has to change it, and the launch refuses it until
    // then
    Definition::parse_stored(copy.to_value())
}

fn copy_name(name: &str) -> String {
    const SUFFIX: &str = " (copy)";
    let room = MAX_NAME - SUFFIX.len();
    let end = name
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8())
        .take_while(|end| *end <= room)
        .last();
    format!("{}{SUFFIX}", name.get(..end.unwrap_or(0)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copys_name_fits() {
        assert_eq!(copy_name("Spring"), "Spring (copy)");
        let long = "ü".repeat(100);
        assert!(copy_name(&long).len() <= MAX_NAME);
        assert!(copy_name(&long).ends_with("ü (copy)"));
    }
}
