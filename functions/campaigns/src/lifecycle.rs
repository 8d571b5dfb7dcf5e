//! The campaign lifecycle: launch, pause, resume, cancel, archive. Each handler loads the campaign,
//! decides by the state machine, commits on the version it read, then nudges the functions that now
//! have work.
//!
//! A failed nudge only delays the work: the watchdog checks the same state every minute.

use std::sync::Arc;

use axum::{body::Body, extract::State};
use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignAction, CampaignState},
        redeeming::RevokeScope,
    },
    delivery::dispatch::Segment,
    kernel::id::{CampaignId, RunId},
};
use http::HeaderMap;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, body, if_match_optional};
use queue::{SegmentNudge, WakeNudge};
use runtime::clock;
use store::{
    campaign::campaigns::{AuditedChange, StateTransition},
    conditional::Applied,
    delivery::segments,
};

use crate::{
    CampaignIdPath, CampaignsContext, approvals, identity,
    precondition::{action_not_allowed, check_if_match},
    readiness,
    response::reload_response,
    store_failure,
    views::{CampaignView, CancelRequest, LaunchRequest},
};

/// The most attempts at a change without `If-Match` while others change the campaign at the same
/// time.
pub(crate) const MAX_ATTEMPTS: usize = 4;

/// Starts a promotion, enables an autopilot, or schedules it if its start time is in the future.
///
/// Offer, audience and messages are frozen from here on. With `undo_seconds` the campaign stays
/// scheduled for that long at the least, in which nothing is selected, issued or sent and
/// `undo-launch` makes it a draft again.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/launch", tag = "campaigns", operation_id = "launch_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = Option<LaunchRequest>, description = "None: it starts at once, or as its schedule says"),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn launch(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let request: LaunchRequest = body::read_optional(body).await?;
    let undo_time = request.undo_time()?;
    let actor = identity::actor_name(&operator);
    let expected = if_match_optional(&headers)?;
    for _ in 0..MAX_ATTEMPTS {
        let now = clock::now();
        let draft = context.load_campaign(&id).await?;
        check_if_match(&draft, expected)?;
        let undo_until = undo_time.map(|time| clock::after(now, time));
        let mut before = Campaign { undo_until, ..draft };
        let to = StateTransition::from_campaign(&before, CampaignAction::Launch, now)
            .ok_or_else(|| action_not_allowed(&before, CampaignAction::Launch))?
            .to;
        context.check_topic(&before.definition).await?;
        approvals::require_approval(&context, &operator, &before).await?;
        readiness::require_ready_account(&context, &before.definition).await?;
        let audience = &before.definition.audience;
        before.definition.audience = context.freeze_audience(audience, "/audience").await?;
        check_definition(&before.definition, now)?;
        let run = RunId::of_promotion(&id);
        let segments = new_run_segments(&context, &before, &run, to, now);
        let note = format!("run {run} over {} segments", segments.len());
        let change = AuditedChange {
            actor: &actor,
            action: CampaignAction::Launch.as_str(),
            note: &note,
            at: now,
        };
        match context
            .store
            .launch_campaign(&before, to, &run, &segments, &change)
            .await
            .map_err(store_failure)?
        {
            Applied::Yes => {
                // the watchdog starts scheduled campaigns
                if to == CampaignState::Running {
                    nudge_segments(&context, &segments).await;
                } else if to == CampaignState::Enabled {
                    context.autopilot.nudge(&WakeNudge::now("enabled")).await;
                }
                return reload_response(&context, &id).await;
            }
            Applied::Conflict => {}
        }
    }
    Err(too_many_conflicts())
}

/// Makes a scheduled campaign a draft again, as it was before its launch.
///
/// Possible until it starts: nothing has been selected, issued or sent by then. An approval stays
/// unless something was changed since the launch.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/undo-launch", tag = "campaigns", operation_id = "undo_launch", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn undo_launch(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let actor = identity::actor_name(&operator);
    let expected = if_match_optional(&headers)?;
    let action = CampaignAction::UndoLaunch;
    for _ in 0..MAX_ATTEMPTS {
        let now = clock::now();
        let before = context.load_campaign(&id).await?;
        check_if_match(&before, expected)?;
        if StateTransition::from_campaign(&before, action, now).is_none() {
            return Err(action_not_allowed(&before, action));
        }
        let change = AuditedChange { actor: &actor, action: action.as_str(), note: "", at: now };
        match context.store.undo_launch(&before, &change).await.map_err(store_failure)? {
            Applied::Yes => return reload_response(&context, &id).await,
            Applied::Conflict => {}
        }
    }
    Err(too_many_conflicts())
}

/// Starts a campaign that only waits because its launch can still be undone.
///
/// A campaign whose schedule names a later start is not started by this.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/start-now", tag = "campaigns", operation_id = "start_campaign_now", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn start_now(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
) -> ApiResult {
    apply_action(&context, &operator, &id, &headers, CampaignAction::StartNow, None).await
}

/// Stops issuing and sending within seconds; issued vouchers stay valid.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/pause", tag = "campaigns", operation_id = "pause_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn pause(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
) -> ApiResult {
    apply_action(&context, &operator, &id, &headers, CampaignAction::Pause, None).await
}

/// Resumes a paused campaign where it stopped.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/resume", tag = "campaigns", operation_id = "resume_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn resume(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
) -> ApiResult {
    apply_action(&context, &operator, &id, &headers, CampaignAction::Resume, None).await
}

/// Cancels a promotion or ends an autopilot, for good.
///
/// Messages not sent by then are never sent. `revoke` chooses which issued vouchers are revoked.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/cancel", tag = "campaigns", operation_id = "cancel_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = Option<CancelRequest>, description = "None: the issued vouchers stay good"),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn cancel(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let request: CancelRequest = body::read_optional(body).await?;
    apply_action(&context, &operator, &id, &headers, CampaignAction::Cancel, Some(request.revoke))
        .await
}

/// Archives an ended campaign.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/archive", tag = "campaigns", operation_id = "archive_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn archive(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
) -> ApiResult {
    apply_action(&context, &operator, &id, &headers, CampaignAction::Archive, None).await
}

async fn apply_action(
    context: &CampaignsContext,
    operator: &Operator,
    id: &CampaignId,
    headers: &HeaderMap,
    action: CampaignAction,
    revoke: Option<RevokeScope>,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let actor = identity::actor_name(operator);
    let expected = if_match_optional(headers)?;
    let note = revoke
        .map(|revoke| format!("issued vouchers taken back: {}", revoke.as_str()))
        .unwrap_or_default();
    for _ in 0..MAX_ATTEMPTS {
        let now = clock::now();
        let before = context.load_campaign(id).await?;
        check_if_match(&before, expected)?;
        let step = StateTransition::from_campaign(&before, action, now)
            .ok_or_else(|| action_not_allowed(&before, action))?;
        let step = StateTransition { revoke, ..step };
        let change = AuditedChange { actor: &actor, action: action.as_str(), note: &note, at: now };
        match context.store.transition_campaign(&step, &change).await.map_err(store_failure)? {
            Applied::Yes => {
                nudge_functions(context, &before, step.to).await;
                return reload_response(context, id).await;
            }
            Applied::Conflict => {}
        }
    }
    Err(too_many_conflicts())
}

/// Validates the definition once more at launch: a time that was in the future when it was saved
/// may have passed.
fn check_definition(definition: &Definition, now: Timestamp) -> Result<(), Problem> {
    Definition::parse(definition.to_value(), now).map(|_| ()).map_err(Problem::from)
}

/// Builds the segments of the run, unscanned. Those of a scheduled campaign are dated at its start,
/// so that the watchdog does not take them for stalled before.
fn new_run_segments(
    context: &CampaignsContext,
    before: &Campaign,
    run: &RunId,
    to: CampaignState,
    now: Timestamp,
) -> Vec<Segment> {
    let begins = match before.start_times().earliest() {
        Some(earliest) if to == CampaignState::Scheduled => earliest,
        Some(_) | None => now,
    };
    match before.definition.kind {
        CampaignKind::Promotion => {
            segments::new_segments(run, &before.id, context.segments, begins)
        }
        CampaignKind::Autopilot => segments::new_autopilot_segments(run, &before.id, begins),
    }
}

async fn nudge_segments(context: &CampaignsContext, segments: &[Segment]) {
    let open = segments.iter().filter(|segment| !segment.scanned_all);
    let nudges: Vec<SegmentNudge> = open
        .map(|segment| SegmentNudge { run: segment.run.clone(), segment: segment.number })
        .collect();
    if let Err(error) = context.expansion.send_all(&nudges).await {
        tracing::warn!(%error, "could not nudge segments; the watchdog will");
    }
}

/// Nudges the functions that have work after the transition. A campaign that continues has segments
/// to scan, or a calendar to check, and dispatches to release; a campaign that is over has all of
/// them to close.
async fn nudge_functions(context: &CampaignsContext, before: &Campaign, to: CampaignState) {
    match to {
        CampaignState::Running
        | CampaignState::Enabled
        | CampaignState::Cancelled
        | CampaignState::Ended => {}
        CampaignState::Draft
        | CampaignState::Scheduled
        | CampaignState::Paused
        | CampaignState::Completed
        | CampaignState::Failed
        | CampaignState::Archived => {
            return;
        }
    }
    if before.definition.kind == CampaignKind::Autopilot {
        context.autopilot.nudge(&WakeNudge::now(to.as_str())).await;
    } else if let Some(run) = &before.run {
        match context.store.segments(run, before.segments).await {
            Ok(segments) => nudge_segments(context, &segments).await,
            Err(error) => {
                tracing::warn!(%error, "could not read segments to nudge; the watchdog will")
            }
        }
    }
    if let Err(error) = context.release.send(&WakeNudge::now("release")).await {
        tracing::warn!(%error, "could not nudge release; its schedule will");
    }
}

pub(crate) fn too_many_conflicts() -> Problem {
    Problem::unavailable().with_detail(
        "others are changing this campaign at the same time: repeat the request shortly",
    )
}
