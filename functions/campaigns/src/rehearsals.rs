//! Rehearsals: what a launch would do, counted over everybody by `expand-audience`, with an
//! estimate from a sample before it is done.
//!
//! Reads campaigns and settings in Control, and the counts of the parts in Work; writes a rehearsal
//! with its parts to Work, and nudges a worker for each. Guarantees: a rehearsal sends and issues
//! nothing; a repeat with the same `Idempotency-Key` finds the first one.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::IntoResponse,
};
use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        lifecycle::{CampaignPhase, CampaignState},
    },
    kernel::{
        id::{CampaignId, RehearsalId},
        validation::{FieldError, parse_value},
    },
    reporting::rehearsal::{
        MAX_OTHERS, Rehearsal, RehearsalState, RehearsalSubject, RehearsedCampaign,
    },
};
use http::{HeaderValue, StatusCode, header};
use http_edge::{
    ApiResult, IdempotencyKey, JsonBody, Operator, OperatorRole, Problem, QueryParams,
};
use queue::RehearsalNudge;
use runtime::clock;
use serde::Deserialize;
use serde_json::Value;
use store::{campaign::campaigns::CampaignSummary, conditional::Applied};
use utoipa::{IntoParams, ToSchema};

use crate::{
    CampaignsContext, identity, rehearsal_sample,
    rehearsal_views::{RehearsalList, RehearsalView, listed_view, rehearsal_view},
    store_failure,
};

/// Campaigns on one page of the list.
const LIST_PAGE: usize = 100;

/// One of the three says what is rehearsed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RehearsalRequest {
    /// A promotion that is not launched yet.
    #[serde(default)]
    #[schema(nullable = false)]
    campaign_id: Option<CampaignId>,
    /// The definition of a promotion that is not stored.
    #[serde(default)]
    #[schema(nullable = false, value_type = domain::campaign::definition::DefinitionDocument)]
    definition: Option<Value>,
    /// True: all campaigns that are live or about to be, against each other.
    #[serde(default)]
    #[schema(nullable = false)]
    live: Option<bool>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RehearsalListQuery {
    /// Only those of this campaign.
    #[param(value_type = Option<String>)]
    campaign: Option<CampaignId>,
}

/// Begins a rehearsal: the decision about every customer, counted and nothing sent.
///
/// The answer has an estimate from a sample. The rehearsal itself goes on; read it again for its
/// counts.
#[utoipa::path(
    post, path = "/v1/rehearsals", tag = "campaigns", operation_id = "create_rehearsal", security(("jwt" = [])),
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = RehearsalRequest,
    responses((status = 202, body = RehearsalView), Problem)
)]
pub async fn create(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(document): JsonBody<Value>,
) -> ApiResult {
    require_marketer_or_approver(&operator)?;
    let fingerprint = identity::request_fingerprint("rehearsal", &document);
    let request: RehearsalRequest = parse_value(document)?;
    let now = clock::now();
    let (subject, launch_at) = rehearsal_subject(&context, request, now).await?;
    let rehearsal = Rehearsal {
        id: identity::rehearsal_id(&operator, key.as_deref())?,
        others: live_campaigns(&context, &subject).await?,
        subject,
        fingerprint,
        segments: context.segments,
        by: identity::actor_name(&operator),
        started_at: now,
        launch_at,
        cancelled_at: None,
    };
    match context.store.plan_rehearsal(&rehearsal).await.map_err(store_failure)? {
        Applied::Yes => begin(&context, &rehearsal).await,
        Applied::Conflict => check_repeat(&context, &rehearsal).await?,
    }
    let location = HeaderValue::try_from(format!("/v1/rehearsals/{}", rehearsal.id));
    let view = load_view(&context, &rehearsal.id).await?;
    let mut answer = (StatusCode::ACCEPTED, Json(view)).into_response();
    if let Ok(location) = location {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}

/// Returns a rehearsal: its estimate, what was counted so far, and the sums.
#[utoipa::path(
    get, path = "/v1/rehearsals/{rehearsal}", tag = "campaigns", operation_id = "read_rehearsal", security(("jwt" = [])),
    params(("rehearsal" = String, Path)),
    responses((status = 200, body = RehearsalView), Problem)
)]
pub async fn read(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<RehearsalView>> {
    operator.require_role(OperatorRole::Viewer)?;
    Ok(Json(load_view(&context, &parse_id(&id)?).await?))
}

/// Lists the newest rehearsals, at most 50.
#[utoipa::path(
    get, path = "/v1/rehearsals", tag = "campaigns", operation_id = "list_rehearsals", security(("jwt" = [])),
    params(RehearsalListQuery),
    responses((status = 200, body = RehearsalList), Problem)
)]
pub async fn list(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    QueryParams(query): QueryParams<RehearsalListQuery>,
) -> ApiResult<Json<RehearsalList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let listed = context
        .store
        .list_rehearsals(query.campaign.as_ref(), None)
        .await
        .map_err(store_failure)?;
    Ok(Json(RehearsalList { items: listed.into_iter().map(listed_view).collect() }))
}

/// Stops a rehearsal. What was counted by then stays.
#[utoipa::path(
    post, path = "/v1/rehearsals/{rehearsal}/cancel", tag = "campaigns", operation_id = "cancel_rehearsal", security(("jwt" = [])),
    params(("rehearsal" = String, Path)),
    responses((status = 200, body = RehearsalView), Problem)
)]
pub async fn cancel(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<RehearsalView>> {
    require_marketer_or_approver(&operator)?;
    let id = parse_id(&id)?;
    let progress = context.store.rehearsal_progress(&id).await.map_err(store_failure)?;
    let progress = progress.ok_or_else(unknown_rehearsal)?;
    let now = clock::now();
    match progress.rehearsal.state(&progress.segments, now) {
        RehearsalState::Running => {
            // whoever came first has stopped it as well
            let stopped = context.store.cancel_rehearsal(&progress.rehearsal, now).await;
            stopped.map_err(store_failure)?;
        }
        RehearsalState::Cancelled => {}
        RehearsalState::Complete | RehearsalState::Abandoned => {
            return Err(Problem::conflict("rehearsal_over", "this rehearsal is over"));
        }
    }
    Ok(Json(load_view(&context, &id).await?))
}

fn require_marketer_or_approver(operator: &Operator) -> Result<(), Problem> {
    operator
        .require_role(OperatorRole::Marketer)
        .or_else(|_| operator.require_role(OperatorRole::Approver))
}

fn parse_id(id: &str) -> Result<RehearsalId, Problem> {
    RehearsalId::parse(id).map_err(|_| unknown_rehearsal())
}

fn unknown_rehearsal() -> Problem {
    Problem::not_found("rehearsal_unknown").with_detail("there is no such rehearsal")
}

/// Returns what is rehearsed, and the moment at which its run is taken to begin.
async fn rehearsal_subject(
    context: &CampaignsContext,
    request: RehearsalRequest,
    now: Timestamp,
) -> ApiResult<(RehearsalSubject, Timestamp)> {
    match (request.campaign_id, request.definition, request.live) {
        (Some(id), None, None) => {
            let campaign = context.load_campaign(&id).await?;
            check_rehearsable(&campaign.definition, Some(campaign.state))?;
            let summary = context.store.campaign_summary(&id).await.map_err(store_failure)?;
            let definition = summary.ok_or_else(crate::unknown_campaign)?.definition;
            let launch_at = launch_moment(&campaign.definition, now);
            let named = RehearsedCampaign { campaign: id, definition };
            Ok((RehearsalSubject::Campaign(named), launch_at))
        }
        (None, Some(document), None) => {
            let definition = Definition::parse(document, now).map_err(below_definition)?;
            let definition = context.prepare_draft(definition).await?;
            check_rehearsable(&definition, None)?;
            let launch_at = launch_moment(&definition, now);
            Ok((RehearsalSubject::Inline(definition.to_value()), launch_at))
        }
        (None, None, Some(true)) => Ok((RehearsalSubject::Live, now)),
        (None, None, Some(false)) => {
            Err(Problem::field("/live", "invalid", "true, or leave it out"))
        }
        (Some(_), Some(_), _)
        | (Some(_), None, Some(_))
        | (None, Some(_), Some(_))
        | (None, None, None) => Err(Problem::field(
            "",
            "exactly_one",
            "give one of `campaign_id`, `definition` and `live`",
        )),
    }
}

fn below_definition(errors: Vec<FieldError>) -> Vec<FieldError> {
    let below =
        |error: FieldError| FieldError { field: format!("/definition{}", error.field), ..error };
    errors.into_iter().map(below).collect()
}

/// Refuses an autopilot, which its replay is for, and a campaign that was launched before.
fn check_rehearsable(definition: &Definition, state: Option<CampaignState>) -> Result<(), Problem> {
    if definition.kind == CampaignKind::Autopilot {
        let detail = "an autopilot has no launch to rehearse: replay it over past days";
        return Err(Problem::conflict("not_a_promotion", detail));
    }
    match state {
        None | Some(CampaignState::Draft | CampaignState::Scheduled) => Ok(()),
        Some(
            CampaignState::Running
            | CampaignState::Enabled
            | CampaignState::Paused
            | CampaignState::Completed
            | CampaignState::Cancelled
            | CampaignState::Ended
            | CampaignState::Failed
            | CampaignState::Archived,
        ) => {
            let detail = "this campaign was launched before: clone it to rehearse it";
            Err(Problem::conflict("not_allowed_in_state", detail))
        }
    }
}

fn launch_moment(definition: &Definition, now: Timestamp) -> Timestamp {
    definition.schedule.starts_at.map_or(now, |starts_at| starts_at.max(now))
}

/// Returns the other campaigns that are live or about to be, the newest first.
async fn live_campaigns(
    context: &CampaignsContext,
    subject: &RehearsalSubject,
) -> ApiResult<Vec<RehearsedCampaign>> {
    let own = match subject {
        RehearsalSubject::Campaign(it) => Some(&it.campaign),
        RehearsalSubject::Inline(_) | RehearsalSubject::Live => None,
    };
    let is_other = |summary: &&CampaignSummary| {
        Some(&summary.id) != own && summary.state.phase() == CampaignPhase::Live
    };
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = context
            .store
            .list_campaigns(None, None, after.as_deref(), LIST_PAGE)
            .await
            .map_err(store_failure)?;
        for summary in page.campaigns.iter().filter(is_other) {
            let (campaign, definition) = (summary.id.clone(), summary.definition);
            found.push(RehearsedCampaign { campaign, definition });
            if found.len() >= MAX_OTHERS {
                return Ok(found);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Nudges a worker for each part, and estimates meanwhile. Without either the rehearsal is the
/// same: the watchdog nudges what stands still.
async fn begin(context: &CampaignsContext, rehearsal: &Rehearsal) {
    let nudges: Vec<RehearsalNudge> = (0..rehearsal.segments)
        .map(|segment| RehearsalNudge { rehearsal: rehearsal.id.clone(), segment })
        .collect();
    if let Err(error) = context.expansion.send_all(&nudges).await {
        tracing::warn!(%error, rehearsal = %rehearsal.id, "could not nudge rehearsal; the watchdog will");
    }
    let estimated = match rehearsal_sample::estimate(context, rehearsal).await {
        Ok(Some(estimate)) => context.store.put_rehearsal_estimate(rehearsal, &estimate).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = estimated {
        tracing::warn!(%error, rehearsal = %rehearsal.id, "no estimate for rehearsal");
    }
}

/// Accepts a taken id only if the same request came before.
async fn check_repeat(context: &CampaignsContext, rehearsal: &Rehearsal) -> ApiResult<()> {
    let found = context.store.rehearsal(&rehearsal.id).await.map_err(store_failure)?;
    if found.is_some_and(|found| found.fingerprint == rehearsal.fingerprint) {
        return Ok(());
    }
    let detail = "this Idempotency-Key came with another request before: take a new one";
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail))
}

async fn load_view(context: &CampaignsContext, id: &RehearsalId) -> ApiResult<RehearsalView> {
    let progress = context.store.rehearsal_progress(id).await.map_err(store_failure)?;
    rehearsal_view(context, progress.ok_or_else(unknown_rehearsal)?, clock::now()).await
}
