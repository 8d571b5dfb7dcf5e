//! The life of a campaign: launch, pause, resume, cancel, archive. Load, decide by the state machine, commit on the version that was
//! read, then nudge whoever has work now. A nudge that fails is only late: the sweep looks at the same state every minute.

use std::sync::Arc;

use axum::{body::Body, extract::State};
use domain::{
    Timestamp,
    campaign::{Action, Campaign, Kind, Revoke, State as Stands},
    definition::Definition,
    dispatch::Segment,
    id::{CampaignId, RunId},
};
use http::HeaderMap;
use http_api::{Answer, Operator, Problem, Role, body, if_match_opt, parse_body};
use queue::{SegmentNudge, Wake};
use store::{
    control::{Change, Step, Write},
    work,
};

use crate::{
    Context, Id, approvals, drafts, failed, identity, now,
    views::{CampaignView, CancelRequest, allowed_actions},
};

/// Tries of a change without `If-Match` against others who change the campaign at the same time.
const TRIES: usize = 4;

/// Starts a promotion, enables an autopilot, or schedules it if its start time is still to come. Offer, audience and messages are frozen from here on.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/launch", tag = "campaigns", operation_id = "launch_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn launch(State(context): State<Arc<Context>>, operator: Operator, Id(id): Id, headers: HeaderMap) -> Answer {
    operator.require(Role::Marketer)?;
    let actor = identity::actor(&operator);
    let expected = if_match_opt(&headers)?;
    for _ in 0..TRIES {
        let now = now();
        let before = context.campaign(&id).await?;
        held_against(&before, expected)?;
        let step =
            Step::of_campaign(&before, Action::Launch, now).ok_or_else(|| not_allowed(&before, Action::Launch))?;
        launchable(&before.definition, now)?;
        approvals::launchable(&context, &before).await?;
        let run = RunId::of_promotion(&id);
        let segments = segments(&context, &before, &run, step.to, now);
        let note = format!("run {run} over {} segments", segments.len());
        let change = Change { actor: &actor, action: Action::Launch.as_str(), note: &note, at: now };
        match context.store.launch(&before, step.to, &run, &segments, &change).await.map_err(failed)? {
            Write::Done => {
                // a scheduled one is for the sweep
                if step.to == Stands::Running {
                    expand(&context, &segments).await;
                } else if step.to == Stands::Enabled {
                    context.autopilot.nudge(&Wake::now("enabled")).await;
                }
                return answer(&context, &id).await;
            }
            Write::Lost => {}
        }
    }
    Err(contended())
}

/// Stops issuing and sending within seconds; what is issued stays good.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/pause", tag = "campaigns", operation_id = "pause_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn pause(State(context): State<Arc<Context>>, operator: Operator, Id(id): Id, headers: HeaderMap) -> Answer {
    step(&context, &operator, &id, &headers, Action::Pause, None).await
}

/// Goes on where it was paused.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/resume", tag = "campaigns", operation_id = "resume_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn resume(State(context): State<Arc<Context>>, operator: Operator, Id(id): Id, headers: HeaderMap) -> Answer {
    step(&context, &operator, &id, &headers, Action::Resume, None).await
}

/// Cancels a promotion or ends an autopilot, for good: what is not sent will not be, and `revoke` says which of the issued vouchers are taken back.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/cancel", tag = "campaigns", operation_id = "cancel_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = Option<CancelRequest>, description = "None: the issued vouchers stay good"),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn cancel(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    operator.require(Role::Marketer)?;
    let bytes = body::read(body).await?;
    let request: CancelRequest = if bytes.is_empty() { CancelRequest::default() } else { parse_body(&bytes)? };
    step(&context, &operator, &id, &headers, Action::Cancel, Some(request.revoke)).await
}

/// Puts an ended campaign away.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/archive", tag = "campaigns", operation_id = "archive_campaign", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn archive(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    headers: HeaderMap,
) -> Answer {
    step(&context, &operator, &id, &headers, Action::Archive, None).await
}

async fn step(
    context: &Context,
    operator: &Operator,
    id: &CampaignId,
    headers: &HeaderMap,
    action: Action,
    revoke: Option<Revoke>,
) -> Answer {
    operator.require(Role::Marketer)?;
    let actor = identity::actor(operator);
    let expected = if_match_opt(headers)?;
    let note = revoke.map(|revoke| format!("issued vouchers taken back: {}", revoke.as_str())).unwrap_or_default();
    for _ in 0..TRIES {
        let now = now();
        let before = context.campaign(id).await?;
        held_against(&before, expected)?;
        let step = Step::of_campaign(&before, action, now).ok_or_else(|| not_allowed(&before, action))?;
        let step = Step { revoke, ..step };
        let change = Change { actor: &actor, action: action.as_str(), note: &note, at: now };
        match context.store.transition(&step, &change).await.map_err(failed)? {
            Write::Done => {
                wake(context, &before, step.to).await;
                return answer(context, id).await;
            }
            Write::Lost => {}
        }
    }
    Err(contended())
}

/// A definition is held against today once more: what was fine when it was saved may be past now.
fn launchable(definition: &Definition, now: Timestamp) -> Result<(), Problem> {
    Definition::parse(definition.to_value(), now).map(|_| ()).map_err(Problem::from)
}

/// With none scanned. Those of a scheduled campaign are dated at its start, so that the watchdog does not find them stalled before.
fn segments(context: &Context, before: &Campaign, run: &RunId, to: Stands, now: Timestamp) -> Vec<Segment> {
    let begins = match before.definition.schedule.starts_at {
        Some(starts_at) if to == Stands::Scheduled => starts_at,
        Some(_) | None => now,
    };
    match before.definition.kind {
        Kind::Promotion => work::new_segments(run, &before.id, context.segments, begins),
        Kind::Autopilot => work::always_on(run, &before.id, begins),
    }
}

async fn expand(context: &Context, segments: &[Segment]) {
    let open = segments.iter().filter(|segment| !segment.scanned_all);
    let nudges: Vec<SegmentNudge> =
        open.map(|segment| SegmentNudge { run: segment.run.clone(), segment: segment.number }).collect();
    if let Err(error) = context.expansion.send_all(&nudges).await {
        tracing::warn!(%error, "segments were not nudged, the sweep will");
    }
}

/// One that goes on has segments to scan, or a calendar to look at, and dispatches to release; one that is over has all of them to close.
async fn wake(context: &Context, before: &Campaign, to: Stands) {
    match to {
        Stands::Running | Stands::Enabled | Stands::Cancelled | Stands::Ended => {}
        Stands::Draft | Stands::Scheduled | Stands::Paused | Stands::Completed | Stands::Failed | Stands::Archived => {
            return;
        }
    }
    if before.definition.kind == Kind::Autopilot {
        context.autopilot.nudge(&Wake::now(to.as_str())).await;
    } else if let Some(run) = &before.run {
        match context.store.segments(run, before.segments).await {
            Ok(segments) => expand(context, &segments).await,
            Err(error) => tracing::warn!(%error, "segments were not read, the sweep will nudge them"),
        }
    }
    if let Err(error) = context.release.send(&Wake::now("release")).await {
        tracing::warn!(%error, "the release was not nudged, its schedule will");
    }
}

fn held_against(campaign: &Campaign, expected: Option<u64>) -> Result<(), Problem> {
    if expected.is_none_or(|version| version == campaign.version) {
        Ok(())
    } else {
        Err(Problem::precondition_failed())
    }
}

pub fn not_allowed(campaign: &Campaign, action: Action) -> Problem {
    let allowed = allowed_actions(campaign.state, campaign.definition.kind).join(", ");
    let detail = format!("a campaign that is {} cannot {}; allowed are: {allowed}", campaign.state, action.as_str());
    Problem::conflict("not_allowed_in_state", detail)
}

fn contended() -> Problem {
    Problem::unavailable().with_detail("others are changing this campaign at the same time: repeat the request shortly")
}

async fn answer(context: &Context, id: &CampaignId) -> Answer {
    let campaign = context.campaign(id).await?;
    drafts::shown(context, campaign).await
}
