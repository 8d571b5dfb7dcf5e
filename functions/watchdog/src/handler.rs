//! Runs one round of the watchdog, or checks one campaign whose run may be complete.

use std::collections::HashMap;

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
use queue::{SegmentNudge, WakeNudge};
use runtime::{HandlerOutcome, clock, metrics::Metrics};
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
};

/// Lost dispatches that are reopened at the same time.
const CONCURRENCY: usize = 16;

pub async fn handle_wake(context: &WatchdogContext, wake: &WakeNudge) -> HandlerOutcome {
    let result = match &wake.campaign {
        Some(campaign) => complete_run(context, campaign).await.map(|_| ()),
        None => run_round(context).await,
    };
    match result {
        Ok(()) => HandlerOutcome::Done,
        Err(error) => HandlerOutcome::retry(error.to_string()),
    }
}

/// Runs every step, even if another one fails. Returns the first error, so that the round is
/// retried.
async fn run_round(context: &WatchdogContext) -> Result<(), StoreError> {
    let now = clock::now();
    let mut first_error = Ok(());
    let mut count_or_log = |outcome: Result<u64, StoreError>, step: &str| match outcome {
        Ok(count) => count,
        Err(error) => {
            tracing::error!(%error, step, "watchdog step failed");
            first_error = std::mem::replace(&mut first_error, Ok(())).and(Err(error));
            0
        }
    };
    let started = count_or_log(start_scheduled(context, now).await, "start scheduled campaigns");
    let ended =
        count_or_log(end_expired_autopilots(context, now).await, "end autopilots that are over");
    let replanned = count_or_log(
        crate::waiting_hours::replan_waiting(context, now, MAX_PAGES).await,
        "plan again what waits for hours",
    );
    let counted = count_or_log(apply_buffered_counts(context, now).await, "apply buffered counts");
    let paused = count_or_log(
        crate::sender_health::pause_harmful_campaigns(context, now).await,
        "pause harmful campaigns",
    );
    let stalled =
        count_or_log(nudge_stalled_segments(context, now).await, "nudge stalled segments");
    let reopened =
        count_or_log(reopen_lost_dispatches(context, now).await, "reopen lost dispatches");
    let mut settled = SettledAttempts::default();
    let unknown = count_or_log(
        crate::unknown::settle_unknown_attempts(context, now, &mut settled).await,
        "settle unknown attempts",
    );
    let completed = count_or_log(complete_runs(context).await, "complete runs");
    let expired =
        count_or_log(crate::expiry::stamp_expired(context, now).await, "stamp ended vouchers");
    let given_back =
        count_or_log(context.store.give_back_ended_holds(now).await, "give back ended holds");
    let closed_lanes = count_or_log(crate::lanes::report_lanes(context, now).await, "report lanes");
    let recount = crate::recount::continue_recount(
        &context.store,
        &context.zone,
        context.recount_budget,
        now,
    )
    .await;
    let recounted = count_or_log(recount, "recount the vouchers");
    let unhealthy = count_or_log(
        crate::health_check::check_campaigns(context, now).await,
        "look after campaigns",
    );
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
        reopened,
        unknown,
        completed,
        expired,
        given_back,
        closed_lanes,
        recounted,
        unhealthy,
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
        .emit();
    first_error
}

async fn start_scheduled(context: &WatchdogContext, now: Timestamp) -> Result<u64, StoreError> {
    let mut started = 0;
    for summary in list_campaigns(context, None, CampaignState::Scheduled).await? {
        if summary.starts_at.is_none_or(|starts_at| starts_at <= now) {
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
    let mut work: HashMap<CampaignId, WorkPolicy> = HashMap::new();
    let mut stalled = 0;
    for (run, number) in context.store.stalled_segments(before).await? {
        stalled += count_item(nudge_segment(context, &run, number, &mut work).await, &run);
    }
    Ok(stalled)
}

async fn nudge_segment(
    context: &WatchdogContext,
    run: &RunId,
    number: u32,
    work: &mut HashMap<CampaignId, WorkPolicy>,
) -> Result<bool, StoreError> {
    let Some(segment) = context.store.segment(run, number).await? else {
        return Ok(false);
    };
    let work = match work.get(&segment.campaign) {
        Some(work) => *work,
        None => {
            let summary = context.store.campaign_summary(&segment.campaign).await?;
            let found = summary.map_or(WorkPolicy::Drop, |summary| summary.state.work_policy());
            work.insert(segment.campaign.clone(), found);
            found
        }
    };
    if work == WorkPolicy::Wait {
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
