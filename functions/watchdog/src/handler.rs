//! Runs one round of the watchdog, or checks one campaign whose run may be complete.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    Timestamp,
    campaign::{
        kind::CampaignKind,
        lifecycle::{CampaignState, WorkPolicy},
    },
    kernel::id::{CampaignId, RunId},
};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use queue::{RehearsalNudge, SegmentNudge, WakeNudge};
use runtime::{
    HandlerOutcome,
    clock::{self, Deadline},
    metrics::Metrics,
};
use store::{
    StoreError,
    campaign::campaigns::CampaignSummary,
    conditional::Applied,
    reporting::{counters::StreamCheckpoint, heartbeats::HeartbeatSource},
};

use crate::{
    WatchdogContext,
    iterate::{count_item, for_each_campaign, list_campaigns},
    unknown::SettledAttempts,
    waiting_hours::MAX_PAGES,
};

/// Lost dispatches that are reopened at the same time, or stalled segments that are nudged.
const CONCURRENCY: usize = 16;
/// The time that is left of an invocation below which a round begins no further step. The round
/// still tells that it lives, and the next one does the rest.
const STEP_MARGIN: Duration = Duration::from_secs(3);

pub async fn handle_wake(
    context: &WatchdogContext,
    wake: &WakeNudge,
    deadline: Deadline,
) -> HandlerOutcome {
    let result = match &wake.campaign {
        Some(campaign) => complete_run(context, campaign).await.map(|_| ()),
        None => run_round(context, deadline).await,
    };
    match result {
        Ok(()) => HandlerOutcome::Done,
        Err(error) => HandlerOutcome::retry(error.to_string()),
    }
}

/// The steps of one round: each is run even if another one failed, while there is time for it.
struct RoundSteps {
    deadline: Deadline,
    /// The first error, so that the round is retried.
    first_error: Result<(), StoreError>,
    /// The steps that are left for the next round.
    skipped: u64,
}

impl RoundSteps {
    fn new(deadline: Deadline) -> Self {
        Self { deadline, first_error: Ok(()), skipped: 0 }
    }

    /// Runs a step and returns what it counted.
    async fn run(
        &mut self,
        step: &str,
        work: impl Future<Output = Result<u64, StoreError>>,
    ) -> u64 {
        if self.deadline.remaining() < STEP_MARGIN {
            tracing::warn!(step, "watchdog step left for the next round: no time");
            self.skipped += 1;
            return 0;
        }
        match work.await {
            Ok(count) => count,
            Err(error) => {
                tracing::error!(%error, step, "watchdog step failed");
                if self.first_error.is_ok() {
                    self.first_error = Err(error);
                }
                0
            }
        }
    }
}

/// Runs every step, and returns the first error.
async fn run_round(context: &WatchdogContext, deadline: Deadline) -> Result<(), StoreError> {
    let now = clock::now();
    let mut steps = RoundSteps::new(deadline);
    let started = steps.run("start scheduled campaigns", start_scheduled(context, now)).await;
    let ended =
        steps.run("end autopilots that are over", end_expired_autopilots(context, now)).await;
    let replan = crate::waiting_hours::replan_waiting(context, now, MAX_PAGES);
    let replanned = steps.run("plan again what waits for hours", replan).await;
    let counted = steps.run("apply buffered counts", apply_buffered_counts(context, now)).await;
    let pause = crate::sender_health::pause_harmful_campaigns(context, now);
    let paused = steps.run("pause harmful campaigns", pause).await;
    let stalled = steps.run("nudge stalled segments", nudge_stalled_segments(context, now)).await;
    let rehearsed = steps.run("nudge stalled rehearsals", nudge_rehearsals(context, now)).await;
    let reopened = steps.run("reopen lost dispatches", reopen_lost_dispatches(context, now)).await;
    let mut settled = SettledAttempts::default();
    let settle = crate::unknown::settle_unknown_attempts(context, now, &mut settled);
    let unknown = steps.run("settle unknown attempts", settle).await;
    let completed = steps.run("complete runs", complete_runs(context)).await;
    let closed_lanes = steps.run("report lanes", crate::lanes::report_lanes(context, now)).await;
    let expire = crate::expiry::stamp_expired(context, now);
    let expired = steps.run("stamp ended vouchers", expire).await;
    let has_time = || deadline.remaining() > context.recount_budget + STEP_MARGIN;
    let holds = context.store.give_back_ended_holds(now, has_time);
    let given_back = steps.run("give back ended holds", holds).await;
    let budget = context.recount_budget.min(deadline.remaining().saturating_sub(STEP_MARGIN));
    let recount = crate::recount::continue_recount(&context.store, &context.zone, budget, now);
    let recounted = steps.run("recount the vouchers", recount).await;
    let check = crate::health_check::check_campaigns(context, now);
    let unhealthy = steps.run("look after campaigns", check).await;
    context.store.record_heartbeat(HeartbeatSource::Watchdog, None, now).await;
    if reopened + unknown + replanned > 0 {
        context.release.nudge(&WakeNudge::now("watchdog")).await;
    }
    tracing::info!(
        started,
        ended,
        replanned,
        counted,
        paused,
        stalled,
        rehearsed,
        reopened,
        unknown,
        completed,
        expired,
        given_back,
        closed_lanes,
        recounted,
        unhealthy,
        skipped = steps.skipped,
        "swept"
    );
    Metrics::new()
        .count("StalledSegments", stalled)
        .count("DispatchesReopened", reopened)
        .count("DispatchesReplanned", replanned)
        .count("UnknownAttemptsRepeated", settled.repeated)
        .count("UnknownAttemptsFellBack", settled.fell_back)
        .count("VouchersExpired", expired)
        .count("HoldsGivenBack", given_back)
        .count("WatchdogStepsSkipped", steps.skipped)
        .emit();
    steps.first_error
}

async fn start_scheduled(context: &WatchdogContext, now: Timestamp) -> Result<u64, StoreError> {
    let mut started = 0;
    for summary in list_campaigns(context, None, CampaignState::Scheduled).await? {
        if summary.start_times().earliest().is_none_or(|earliest| earliest <= now) {
            started += count_item(start_campaign(context, &summary, now).await, &summary.id);
        }
    }
    Ok(started)
}

/// Starts a scheduled campaign. If its start deadline has passed, for example after an outage, the
/// campaign fails instead, and an operator may clone it.
async fn start_campaign(
    context: &WatchdogContext,
    summary: &CampaignSummary,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if summary.start_deadline.is_some_and(|deadline| deadline <= now) {
        if context.store.fail_missed_start(&summary.id, now).await? {
            tracing::error!(campaign = %summary.id, "scheduled campaign missed its start deadline");
        }
        return Ok(false);
    }
    if !context.store.start_campaign(&summary.id, now).await? {
        return Ok(false);
    }
    // scan-autopilot runs an autopilot's calendar on its own schedule
    if let (Some(run), CampaignKind::Promotion) = (&summary.run, summary.kind) {
        let nudges: Vec<_> = (0..summary.segments)
            .map(|segment| SegmentNudge { run: run.clone(), segment })
            .collect();
        if let Err(error) = context.expansion.send_all(&nudges).await {
            tracing::warn!(%error, campaign = %summary.id, "segments not nudged, left for the next round");
        }
    }
    tracing::info!(campaign = %summary.id, "scheduled campaign started");
    Ok(true)
}

/// Counts the buffered counts of shards to which no further record has come, and returns how many
/// shards that were. A shard that another worker has counted or advanced meanwhile is skipped.
async fn apply_buffered_counts(
    context: &WatchdogContext,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut shards = 0;
    for (position, held) in context.store.buffered_counts().await? {
        let (delta, blocks, until) = (held.delta.clone(), held.blocks.clone(), held.until);
        let place =
            StreamCheckpoint { sequence: Some(position.sequence.clone()), buffered: Some(held) };
        let written = context.store.add_counts(&delta, &blocks, &place, &position, now).await;
        let written = written.map(|written| written == Applied::Yes);
        if count_item(written, &position.name) > 0 {
            context
                .store
                .record_heartbeat(
                    HeartbeatSource::Stream,
                    until.map(clock::from_platform_time),
                    now,
                )
                .await;
            shards += 1;
        }
    }
    Ok(shards)
}

/// Ends autopilots whose end time has passed; they no longer fire.
async fn end_expired_autopilots(
    context: &WatchdogContext,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut ended = 0;
    for summary in
        list_campaigns(context, Some(CampaignKind::Autopilot), CampaignState::Enabled).await?
    {
        if summary.ends_at.is_some_and(|ends_at| ends_at <= now) {
            ended += count_item(context.store.end_autopilot(&summary.id, now).await, &summary.id);
        }
    }
    Ok(ended)
}

/// Nudges segments whose checkpoint has not moved because their message was lost or their campaign
/// was paused. Returns how many of them were really stalled.
async fn nudge_stalled_segments(
    context: &WatchdogContext,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let before = clock::before(now, SignedDuration::from_secs(context.stalled_after_seconds));
    let known = &WorkPolicies::default();
    let segments = context.store.stalled_segments(before).await?;
    let nudges = segments.iter().map(|(run, number)| async move {
        count_item(nudge_segment(context, run, *number, known).await, run)
    });
    let nudges: Vec<_> = nudges.collect();
    Ok(stream::iter(nudges).buffered(CONCURRENCY).collect::<Vec<u64>>().await.iter().sum())
}

/// Nudges parts of rehearsals whose checkpoint has not moved because their message was lost. The
/// worker ends those of a rehearsal that is over.
async fn nudge_rehearsals(context: &WatchdogContext, now: Timestamp) -> Result<u64, StoreError> {
    let before = clock::before(now, SignedDuration::from_secs(context.stalled_after_seconds));
    let stalled = context.store.stalled_rehearsals(before).await?;
    let count = stalled.len() as u64;
    let nudges: Vec<RehearsalNudge> = stalled
        .into_iter()
        .map(|(rehearsal, segment)| RehearsalNudge { rehearsal, segment })
        .collect();
    if let Err(error) = context.expansion.send_all(&nudges).await {
        tracing::warn!(%error, "could not nudge rehearsals; the next round will");
    }
    Ok(count)
}

/// The work policy of each campaign, read once a round. Two segments at the same time may both read
/// it.
#[derive(Default)]
struct WorkPolicies(Mutex<HashMap<CampaignId, WorkPolicy>>);

impl WorkPolicies {
    async fn read(
        &self,
        context: &WatchdogContext,
        campaign: &CampaignId,
    ) -> Result<WorkPolicy, StoreError> {
        let known = self.lock().get(campaign).copied();
        if let Some(work) = known {
            return Ok(work);
        }
        let summary = context.store.campaign_summary(campaign).await?;
        let work = summary.map_or(WorkPolicy::Drop, |summary| summary.state.work_policy());
        self.lock().insert(campaign.clone(), work);
        Ok(work)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CampaignId, WorkPolicy>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn nudge_segment(
    context: &WatchdogContext,
    run: &RunId,
    number: u32,
    known: &WorkPolicies,
) -> Result<bool, StoreError> {
    let Some(segment) = context.store.segment(run, number).await? else {
        return Ok(false);
    };
    if known.read(context, &segment.campaign).await? == WorkPolicy::Wait {
        return Ok(false);
    }
    tracing::warn!(%run, segment = number, page = segment.page, "stalled segment");
    context.expansion.nudge(&SegmentNudge { run: run.clone(), segment: number }).await;
    Ok(true)
}

async fn reopen_lost_dispatches(
    context: &WatchdogContext,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let overdue = context.store.overdue_dispatches(now).await?;
    let reopens = overdue.iter().map(|due| async move {
        let done = count_item(context.store.reopen_dispatch(due, now).await, &due.key);
        if done > 0 {
            tracing::warn!(dispatch = %due.key, "released dispatch without a worker");
        }
        done
    });
    let reopens: Vec<_> = reopens.collect();
    Ok(stream::iter(reopens).buffered(CONCURRENCY).collect::<Vec<u64>>().await.iter().sum())
}

async fn complete_runs(context: &WatchdogContext) -> Result<u64, StoreError> {
    let summaries =
        list_campaigns(context, Some(CampaignKind::Promotion), CampaignState::Running).await?;
    Ok(for_each_campaign(&summaries, |summary| complete_run(context, &summary.id)).await)
}

/// Moves a campaign from `running` to `completed`, but only if the reconciliation equation closes.
async fn complete_run(context: &WatchdogContext, id: &CampaignId) -> Result<bool, StoreError> {
    let Some(summary) = context.store.campaign_summary(id).await? else {
        return Ok(false);
    };
    let (CampaignState::Running, Some(run)) = (summary.state, &summary.run) else {
        return Ok(false);
    };
    let progress = context.store.run_progress(run, summary.segments).await?;
    if !progress.is_balanced() {
        tracing::error!(campaign = %id, selected = progress.selected, outcomes = progress.tally.total(),
            "reconciliation equation broken: more outcomes than selections");
    }
    let completed =
        progress.is_complete() && context.store.complete_campaign(id, clock::now()).await?;
    if completed {
        tracing::info!(campaign = %id, selected = progress.selected, issued = progress.tally.issued, "campaign run completed");
    }
    Ok(completed)
}
