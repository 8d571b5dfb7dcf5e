//! Making and changing campaigns: list, create, read, put, patch, delete, clone. Every write names the version it was decided on, so
//! two editors cannot overwrite each other; a create with an `Idempotency-Key` happens once.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    campaign::{Action, Campaign, Kind, State as Stands},
    definition::{Definition, DefinitionDocument, MAX_NAME},
    trigger::{Trigger, When},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_api::{
    Answer, Body as JsonBody, IdempotencyKey, Operator, Params, Problem, Role, body, etag, if_match, if_match_opt,
    parse_body, query,
};
use serde_json::Value;
use store::control::{Change, Created, Write};

use crate::{
    Context, Id, approvals, failed, identity,
    lifecycle::not_allowed,
    now, patch,
    views::{CampaignList, CampaignSummary, CampaignView, CloneRequest, ListParams, Warning, amendable},
};

/// The campaigns, newest first.
#[utoipa::path(
    get, path = "/v1/campaigns", tag = "campaigns", operation_id = "list_campaigns", security(("jwt" = [])),
    params(ListParams),
    responses((status = 200, body = CampaignList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Params(params): Params<ListParams>,
) -> Answer<Json<CampaignList>> {
    operator.require(Role::Viewer)?;
    let limit = query::limit(params.limit)?;
    let kind = params.kind.map_or("", Kind::as_str);
    let list = format!("campaigns?kind={kind}&state={}", params.state.map_or("", Stands::as_str));
    let after: Option<String> = match &params.cursor {
        Some(cursor) => Some(context.cursors().await?.open(&list, cursor)?),
        None => None,
    };
    let page = context.store.list_campaigns(params.kind, params.state, after.as_deref(), limit as usize).await;
    let page = page.map_err(failed)?;
    let next_cursor = match &page.next {
        Some(next) => Some(context.cursors().await?.seal(&list, next)),
        None => None,
    };
    Ok(Json(CampaignList { items: page.campaigns.into_iter().map(CampaignSummary::from).collect(), next_cursor }))
}

/// A new draft. With an `Idempotency-Key`, a repeat answers the same campaign.
#[utoipa::path(
    post, path = "/v1/campaigns", tag = "campaigns", operation_id = "create_campaign", security(("jwt" = [])),
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = DefinitionDocument,
    responses((status = 201, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn create(
    State(context): State<Arc<Context>>,
    operator: Operator,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(document): JsonBody<Value>,
) -> Answer {
    operator.require(Role::Marketer)?;
    let now = now();
    let fingerprint = identity::fingerprint("create", &document);
    let definition = Definition::parse(document, now)?;
    let draft = draft(&operator, key.as_deref(), definition, now)?;
    created(&context, draft, &fingerprint, "create", "").await
}

/// A new draft with another's definition; times that are past are left out.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/clone", tag = "campaigns", operation_id = "clone_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Option<CloneRequest>, description = "May be left out"),
    responses((status = 201, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn clone(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    IdempotencyKey(key): IdempotencyKey,
    body: Body,
) -> Answer {
    operator.require(Role::Marketer)?;
    let bytes = body::read(body).await?;
    let document: Value = if bytes.is_empty() { serde_json::json!({}) } else { parse_body(&bytes)? };
    let request: CloneRequest = domain::field::parse_value(document.clone())?;
    let now = now();
    let original = context.campaign(&id).await?;
    let definition = copied(original.definition, request.name, now)?;
    let draft = draft(&operator, key.as_deref(), definition, now)?;
    let fingerprint = identity::fingerprint(&format!("clone/{id}"), &document);
    created(&context, draft, &fingerprint, "clone", &format!("of {id}")).await
}

#[utoipa::path(
    get, path = "/v1/campaigns/{id}", tag = "campaigns", operation_id = "read_campaign", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
/// One campaign, with its run if it was launched.
pub async fn read(State(context): State<Arc<Context>>, operator: Operator, Id(id): Id) -> Answer {
    operator.require(Role::Viewer)?;
    let campaign = context.campaign(&id).await?;
    shown(&context, campaign).await
}

/// Another definition of a draft.
#[utoipa::path(
    put, path = "/v1/campaigns/{id}", tag = "campaigns", operation_id = "replace_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body = DefinitionDocument,
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    headers: HeaderMap,
    JsonBody(document): JsonBody<Value>,
) -> Answer {
    operator.require(Role::Marketer)?;
    let expected = if_match(&headers)?;
    let before = context.campaign(&id).await?;
    held_against(&before, expected)?;
    if before.state.after(Action::Edit, before.definition.kind).is_none() {
        return Err(not_allowed(&before, Action::Edit));
    }
    let now = now();
    let definition = Definition::parse(document, now)?;
    saved(&context, &operator, before, definition, now).await
}

/// JSON Merge Patch; an amendment that raises a cap over the tenant's threshold is for an approver who did not write it. `offer.benefit`, `validity`, `audience` and `trigger.when` are taken whole. Of a launched campaign only `name`, `description`, `schedule.ends_at` and `caps` can change.
#[utoipa::path(
    patch, path = "/v1/campaigns/{id}", tag = "campaigns", operation_id = "change_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = serde_json::Value, description = "The parts of the definition that change; `null` removes one (RFC 7396)",
        example = json!({"name": "Spring", "caps": {"vouchers": 500}})),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn change(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    headers: HeaderMap,
    JsonBody(change): JsonBody<Value>,
) -> Answer {
    operator.require(Role::Marketer).or_else(|_| operator.require(Role::Approver))?;
    let expected = if_match(&headers)?;
    let before = context.campaign(&id).await?;
    if before.state == Stands::Draft {
        operator.require(Role::Marketer)?;
    }
    held_against(&before, expected)?;
    let now = now();
    let definition = if before.state.after(Action::Edit, before.definition.kind).is_some() {
        patch::draft(&before.definition, change, now)?
    } else if amendable(before.state) {
        patch::launched(&before.definition, change, now)?
    } else {
        return Err(not_allowed(&before, Action::Edit));
    };
    saved(&context, &operator, before, definition, now).await
}

/// Deletes a draft. Its history stays.
#[utoipa::path(
    delete, path = "/v1/campaigns/{id}", tag = "campaigns", operation_id = "delete_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn delete(State(context): State<Arc<Context>>, operator: Operator, Id(id): Id, headers: HeaderMap) -> Answer {
    operator.require(Role::Marketer)?;
    let expected = if_match_opt(&headers)?;
    let before = context.campaign(&id).await?;
    held_against(&before, expected.unwrap_or(before.version))?;
    if before.state.after(Action::Delete, before.definition.kind).is_none() {
        return Err(not_allowed(&before, Action::Delete));
    }
    let (actor, note) = (identity::actor(&operator), format!("draft \"{}\"", before.definition.name));
    let change = Change { actor: &actor, action: Action::Delete.as_str(), note: &note, at: now() };
    match context.store.delete_draft(&before, &change).await.map_err(failed)? {
        Write::Done => Ok(StatusCode::NO_CONTENT.into_response()),
        Write::Lost => Err(Problem::precondition_failed()),
    }
}

/// The campaign as it is answered everywhere: with its version as ETag.
pub async fn shown(context: &Context, campaign: Campaign) -> Answer<Response> {
    let version = etag(campaign.version);
    Ok(([(header::ETAG, version)], Json(view(context, campaign).await?)).into_response())
}

pub async fn view(context: &Context, campaign: Campaign) -> Answer<CampaignView> {
    let progress = match &campaign.run {
        Some(run) => Some(context.store.progress(run, campaign.segments).await.map_err(failed)?),
        None => None,
    };
    let quota = match &campaign.run {
        Some(_) => context.store.quota(&campaign.id).await.map_err(failed)?,
        None => None,
    };
    let warnings = warnings(context, &campaign).await?;
    let approval = approvals::view(context, &campaign).await?;
    Ok(CampaignView { warnings, approval, ..CampaignView::new(campaign, progress.as_ref(), quota) })
}

/// What is allowed and will hardly be meant.
async fn warnings(context: &Context, campaign: &Campaign) -> Answer<Vec<Warning>> {
    let Some(Trigger { when: When::Event { name, .. }, .. }) = &campaign.definition.trigger else {
        return Ok(Vec::new());
    };
    if context.store.event_name_known(name).await.map_err(failed)? {
        return Ok(Vec::new());
    }
    let detail = format!("no event called `{name}` was ever told: until one is, it fires for nobody");
    Ok(vec![Warning { field: "/trigger/when/event/name", code: "event_never_told", detail }])
}

pub fn draft(
    operator: &Operator,
    key: Option<&str>,
    definition: Definition,
    now: Timestamp,
) -> Result<Campaign, Problem> {
    Ok(Campaign::draft(identity::campaign_id(operator, key)?, definition, identity::actor(operator), now))
}

/// Writes the draft; a repeat finds the campaign that the first request made, as it is now.
pub async fn made(context: &Context, draft: Campaign, fingerprint: &str, action: &str, note: &str) -> Answer<Campaign> {
    let change = Change { actor: &draft.created_by, action, note, at: draft.created_at };
    match context.store.create_campaign(&draft, fingerprint, &change).await.map_err(failed)? {
        Created::First => Ok(draft),
        Created::Repeat(campaign) => Ok(*campaign),
        Created::Taken => {
            let detail = "this Idempotency-Key came with another request before: take a new one";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail))
        }
        Created::Gone => {
            Err(Problem::gone("campaign_deleted", "this request made a campaign before, which was deleted since"))
        }
    }
}

/// The answer to a request that makes a campaign.
pub async fn created(context: &Context, draft: Campaign, fingerprint: &str, action: &str, note: &str) -> Answer {
    let campaign = made(context, draft, fingerprint, action, note).await?;
    let location = HeaderValue::try_from(format!("/v1/campaigns/{}", campaign.id));
    let mut answer = (StatusCode::CREATED, shown(context, campaign).await?).into_response();
    if let Ok(location) = location {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}

/// Saves what changed; a definition that is the same changes nothing.
async fn saved(
    context: &Context,
    operator: &Operator,
    before: Campaign,
    definition: Definition,
    now: Timestamp,
) -> Answer {
    let note = patch::differences(&before.definition, &definition);
    if note.is_empty() {
        return shown(context, before).await;
    }
    let approval = match before.state {
        Stands::Draft => None,
        Stands::Scheduled
        | Stands::Running
        | Stands::Enabled
        | Stands::Paused
        | Stands::Completed
        | Stands::Cancelled
        | Stands::Ended
        | Stands::Failed
        | Stands::Archived => approvals::amendment(context, operator, &before, &definition).await?,
    };
    approvals::may_change(operator, &before, &definition, approval.as_ref())?;
    let actor = identity::actor(operator);
    let change = |action| Change { actor: &actor, action, note: &note, at: now };
    let write = match before.state {
        Stands::Draft => context.store.save_draft(&before, &definition, &change("edit")).await,
        Stands::Scheduled
        | Stands::Running
        | Stands::Enabled
        | Stands::Paused
        | Stands::Completed
        | Stands::Cancelled
        | Stands::Ended
        | Stands::Failed
        | Stands::Archived => context.store.amend(&before, &definition, approval.as_ref(), &change("amend")).await,
    };
    match write.map_err(failed)? {
        // read again: who wrote it and who agreed to it change with it
        Write::Done => shown(context, context.campaign(&before.id).await?).await,
        Write::Lost => Err(Problem::precondition_failed()),
    }
}

fn copied(
    original: Definition,
    name: Option<String>,
    now: Timestamp,
) -> Result<Definition, Vec<domain::field::FieldError>> {
    let mut copy = original;
    copy.name = name.unwrap_or_else(|| copy_name(&copy.name));
    let ahead = |time: &Timestamp| *time > now;
    copy.schedule.starts_at = copy.schedule.starts_at.filter(ahead);
    copy.schedule.ends_at = copy.schedule.ends_at.filter(ahead);
    copy.accept_by = copy.accept_by.filter(ahead);
    // its validity may be past: that is for the operator to change, and the launch will say so
    Definition::stored(copy.to_value())
}

fn copy_name(name: &str) -> String {
    const SUFFIX: &str = " (copy)";
    let room = MAX_NAME - SUFFIX.len();
    let end = name.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= room).last();
    format!("{}{SUFFIX}", name.get(..end.unwrap_or(0)).unwrap_or_default())
}

pub fn held_against(campaign: &Campaign, version: u64) -> Result<(), Problem> {
    if campaign.version == version { Ok(()) } else { Err(Problem::precondition_failed()) }
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
