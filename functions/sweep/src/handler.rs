//! One round of the watchdog, or a look at one campaign whose run may be complete.

use domain::{
    Timestamp,
    campaign::{Kind, State, Work},
    id::CampaignId,
};
use jiff::SignedDuration;
use queue::{Queue, SegmentNudge, Wake};
use runtime::{Handled, metrics::Metrics};
use store::{Store, StoreError, control::Standing};

/// Campaigns of one page of the list.
const PAGE: usize = 100;

pub struct Context {
    pub store: Store,
    pub expansion: Queue,
    pub release: Queue,
    /// A segment whose checkpoint is older is nudged.
    pub stalled_after_seconds: i64,
}

pub async fn sweep(context: &Context, wake: &Wake) -> Handled {
    let swept = match &wake.campaign {
        Some(campaign) => complete(context, campaign).await,
        None => round(context).await,
    };
    match swept {
        Ok(()) => Handled::Done,
        Err(error) => Handled::retry(error.to_string()),
    }
}

async fn round(context: &Context) -> Result<(), StoreError> {
    let now = runtime::clock::now();
    start_scheduled(context, now).await?;
    let stalled = nudge_stalled(context, now).await?;
    let reopened = reopen_lost(context, now).await?;
    let unknown = crate::unknown::settle(context, now).await?;
    if reopened + unknown > 0 {
        context.release.nudge(&Wake::now("sweep")).await;
    }
    complete_running(context).await?;
    tracing::info!(stalled, reopened, unknown, "swept");
    Metrics::new()
        .count("StalledSegments", stalled)
        .count("DispatchesReopened", reopened)
        .count("UnknownAttemptsRepeated", unknown)
        .emit();
    Ok(())
}

/// Running promotions in the given state.
async fn campaigns(context: &Context, state: State) -> Result<Vec<Standing>, StoreError> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = context.store.list_campaigns(Some(Kind::Promotion), Some(state), after.as_deref(), PAGE).await?;
        found.extend(page.campaigns);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

async fn start_scheduled(context: &Context, now: Timestamp) -> Result<(), StoreError> {
    for standing in campaigns(context, State::Scheduled).await? {
        if standing.starts_at.is_none_or(|starts_at| starts_at <= now) && context.store.start(&standing.id, now).await? {
            tracing::info!(campaign = %standing.id, "a scheduled campaign has started");
            nudge_segments(context, &standing).await;
        }
    }
    Ok(())
}

async fn nudge_segments(context: &Context, standing: &Standing) {
    let Some(run) = &standing.run else { return };
    for segment in 0..standing.segments {
        context.expansion.nudge(&SegmentNudge { run: run.clone(), segment }).await;
    }
}

/// Segments that have not moved: their message was lost, or their campaign was paused. How many really were stalled.
async fn nudge_stalled(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let before = now.checked_sub(SignedDuration::from_secs(context.stalled_after_seconds)).unwrap_or(now);
    let mut stalled = 0;
    for (run, number) in context.store.stalled_segments(before).await? {
        let Some(segment) = context.store.segment(&run, number).await? else { continue };
        let standing = context.store.campaign_state(&segment.campaign).await?;
        if standing.is_some_and(|standing| standing.state.work() != Work::Wait) {
            tracing::warn!(%run, segment = number, page = segment.page, "a stalled segment");
            context.expansion.nudge(&SegmentNudge { run, segment: number }).await;
            stalled += 1;
        }
    }
    Ok(stalled)
}

async fn reopen_lost(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut reopened = 0;
    for due in context.store.overdue_dispatches(now).await? {
        if context.store.reopen(&due, now).await? {
            tracing::warn!(dispatch = %due.key, "a released dispatch that nobody works on");
            reopened += 1;
        }
    }
    Ok(reopened)
}

async fn complete_running(context: &Context) -> Result<(), StoreError> {
    for standing in campaigns(context, State::Running).await? {
        complete(context, &standing.id).await?;
    }
    Ok(())
}

/// `running -> completed`, only if the equation closes.
async fn complete(context: &Context, id: &CampaignId) -> Result<(), StoreError> {
    let Some(standing) = context.store.campaign_state(id).await? else { return Ok(()) };
    let (State::Running, Some(run)) = (standing.state, &standing.run) else { return Ok(()) };
    let progress = context.store.progress(run, standing.segments).await?;
    if !progress.balanced() {
        tracing::error!(campaign = %id, selected = progress.selected, outcomes = progress.tally.total(),
            "more outcomes than selections: the equation of this run is broken");
    }
    if progress.complete() && context.store.complete(id, runtime::clock::now()).await? {
        tracing::info!(campaign = %id, selected = progress.selected, issued = progress.tally.issued, "completed");
    }
    Ok(())
}
