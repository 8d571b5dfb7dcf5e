//! One round of the watchdog, or a look at one campaign whose run may be complete.

use std::{collections::HashMap, time::Duration};

use domain::{
    TimeZone, Timestamp,
    campaign::{Kind, State, Work},
    id::{CampaignId, RunId},
    sender_health::Limits,
};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use queue::{Queue, SegmentNudge, Wake};
use runtime::{Handled, metrics::Metrics};
use store::{
    Store, StoreError,
    control::Standing,
    heartbeats::Beating,
    reports::{Counted, Place},
};

/// Campaigns of one page of the list.
const PAGE: usize = 100;
/// Campaigns that are looked at in parallel.
const AT_ONCE: usize = 8;

pub struct Context {
    pub store: Store,
    pub expansion: Queue,
    pub release: Queue,
    /// A segment whose checkpoint is older is nudged.
    pub stalled_after_seconds: i64,
    /// Dispatches of ended vouchers that one round works on: 50 vouchers each.
    pub expiries_at_once: u16,
    /// What a campaign's messages may do before it is paused.
    pub limits: Limits,
    /// Days are counted there.
    pub zone: TimeZone,
    /// What a round may spend on a recount.
    pub recount_for: Duration,
}

pub async fn sweep(context: &Context, wake: &Wake) -> Handled {
    let swept = match &wake.campaign {
        Some(campaign) => complete(context, campaign).await.map(|_| ()),
        None => round(context).await,
    };
    match swept {
        Ok(()) => Handled::Done,
        Err(error) => Handled::retry(error.to_string()),
    }
}

/// Every step, whatever happens in another; the first trouble is the answer, so that the round is tried again.
async fn round(context: &Context) -> Result<(), StoreError> {
    let now = runtime::clock::now();
    let mut trouble = Ok(());
    let mut kept = |outcome: Result<u64, StoreError>, step: &str| match outcome {
        Ok(count) => count,
        Err(error) => {
            tracing::error!(%error, step, "a step of the sweep failed");
            trouble = std::mem::replace(&mut trouble, Ok(())).and(Err(error));
            0
        }
    };
    let started = kept(start_scheduled(context, now).await, "start scheduled campaigns");
    let ended = kept(end_over(context, now).await, "end autopilots that are over");
    let counted = kept(count_held(context, now).await, "count what is held of the stream");
    let paused = kept(crate::sender_health::pause_harmful(context, now).await, "pause harmful campaigns");
    let stalled = kept(nudge_stalled(context, now).await, "nudge stalled segments");
    let reopened = kept(reopen_lost(context, now).await, "reopen lost dispatches");
    let unknown = kept(crate::unknown::settle(context, now).await, "settle unknown attempts");
    let completed = kept(complete_running(context).await, "complete runs");
    let expired = kept(crate::expiry::expire(context, now).await, "stamp ended vouchers");
    let recount = crate::recount::go_on(&context.store, &context.zone, context.recount_for, now).await;
    let recounted = kept(recount, "recount the vouchers");
    let unwell = kept(crate::wellbeing::look(context, now).await, "look after campaigns");
    context.store.beat(Beating::Sweep, None, now).await;
    if reopened + unknown > 0 {
        context.release.nudge(&Wake::now("sweep")).await;
    }
    tracing::info!(
        started, ended, counted, paused, stalled, reopened, unknown, completed, expired, recounted, unwell, "swept"
    );
    Metrics::new()
        .count("StalledSegments", stalled)
        .count("DispatchesReopened", reopened)
        .count("UnknownAttemptsRepeated", unknown)
        .count("VouchersExpired", expired)
        .emit();
    trouble
}

/// One item of a step: its trouble is logged and holds up no other item.
pub(crate) fn counted(outcome: Result<bool, StoreError>, what: &dyn std::fmt::Display) -> u64 {
    match outcome {
        Ok(done) => u64::from(done),
        Err(error) => {
            tracing::error!(%error, item = %what, "left for the next round");
            0
        }
    }
}

/// One look at each of the campaigns, some at once. How many were changed.
pub(crate) async fn each<'a, F>(standings: &'a [Standing], look: impl Fn(&'a Standing) -> F) -> u64
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let looks = standings.iter().map(|standing| (&standing.id, look(standing)));
    let looks = stream::iter(looks).map(|(id, look)| async move { counted(look.await, id) });
    looks.buffer_unordered(AT_ONCE).fold(0, |sum, one| async move { sum + one }).await
}

/// Campaigns of a kind, or of both, in the given state.
pub(crate) async fn campaigns(
    context: &Context,
    kind: Option<Kind>,
    state: State,
) -> Result<Vec<Standing>, StoreError> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = context.store.list_campaigns(kind, Some(state), after.as_deref(), PAGE).await?;
        found.extend(page.campaigns);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

async fn start_scheduled(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut started = 0;
    for standing in campaigns(context, None, State::Scheduled).await? {
        if standing.starts_at.is_none_or(|starts_at| starts_at <= now) {
            started += counted(start(context, &standing, now).await, &standing.id);
        }
    }
    Ok(started)
}

/// Too late for what was meant, after an outage, it fails instead: an operator clones it, or lets it be.
async fn start(context: &Context, standing: &Standing, now: Timestamp) -> Result<bool, StoreError> {
    if standing.start_deadline.is_some_and(|deadline| deadline <= now) {
        if context.store.miss_start(&standing.id, now).await? {
            tracing::error!(campaign = %standing.id, "a scheduled campaign could not start within its deadline");
        }
        return Ok(false);
    }
    if !context.store.start(&standing.id, now).await? {
        return Ok(false);
    }
    // the calendar of an autopilot is looked at by its own clock
    if let (Some(run), Kind::Promotion) = (&standing.run, standing.kind) {
        let nudges: Vec<_> = (0..standing.segments).map(|segment| SegmentNudge { run: run.clone(), segment }).collect();
        if let Err(error) = context.expansion.send_all(&nudges).await {
            tracing::warn!(%error, campaign = %standing.id, "not all segments were nudged; the next rounds will");
        }
    }
    tracing::info!(campaign = %standing.id, "a scheduled campaign has started");
    Ok(true)
}

/// What nothing has followed in its shard. Of how many shards; where another has counted or gone on meanwhile it is theirs.
async fn count_held(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut shards = 0;
    for (position, held) in context.store.held().await? {
        let (delta, blocks, until) = (held.delta.clone(), held.blocks.clone(), held.until);
        let place = Place { sequence: Some(position.sequence.clone()), held: Some(held) };
        let written = context.store.count(&delta, &blocks, &place, &position, now).await;
        let written = written.map(|written| written == Counted::Counted);
        if counted(written, &position.name) > 0 {
            context.store.beat(Beating::Stream, until.map(runtime::clock::ours), now).await;
            shards += 1;
        }
    }
    Ok(shards)
}

/// Autopilots whose end has come: they fire no more.
async fn end_over(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut ended = 0;
    for standing in campaigns(context, Some(Kind::Autopilot), State::Enabled).await? {
        if standing.ends_at.is_some_and(|ends_at| ends_at <= now) {
            ended += counted(context.store.end(&standing.id, now).await, &standing.id);
        }
    }
    Ok(ended)
}

/// Segments that have not moved: their message was lost, or their campaign was paused. How many really were stalled.
async fn nudge_stalled(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let before = now.checked_sub(SignedDuration::from_secs(context.stalled_after_seconds)).unwrap_or(now);
    let mut work: HashMap<CampaignId, Work> = HashMap::new();
    let mut stalled = 0;
    for (run, number) in context.store.stalled_segments(before).await? {
        stalled += counted(nudge_one(context, &run, number, &mut work).await, &run);
    }
    Ok(stalled)
}

async fn nudge_one(
    context: &Context,
    run: &RunId,
    number: u32,
    work: &mut HashMap<CampaignId, Work>,
) -> Result<bool, StoreError> {
    let Some(segment) = context.store.segment(run, number).await? else { return Ok(false) };
    let work = match work.get(&segment.campaign) {
        Some(work) => *work,
        None => {
            let standing = context.store.campaign_state(&segment.campaign).await?;
            let found = standing.map_or(Work::Drop, |standing| standing.state.work());
            work.insert(segment.campaign.clone(), found);
            found
        }
    };
    if work == Work::Wait {
        return Ok(false);
    }
    tracing::warn!(%run, segment = number, page = segment.page, "a stalled segment");
    context.expansion.nudge(&SegmentNudge { run: run.clone(), segment: number }).await;
    Ok(true)
}

async fn reopen_lost(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut reopened = 0;
    for due in context.store.overdue_dispatches(now).await? {
        let done = counted(context.store.reopen(&due, now).await, &due.key);
        if done > 0 {
            tracing::warn!(dispatch = %due.key, "a released dispatch that nobody works on");
        }
        reopened += done;
    }
    Ok(reopened)
}

async fn complete_running(context: &Context) -> Result<u64, StoreError> {
    let standings = campaigns(context, Some(Kind::Promotion), State::Running).await?;
    Ok(each(&standings, |standing| complete(context, &standing.id)).await)
}

/// `running -> completed`, only if the equation closes.
async fn complete(context: &Context, id: &CampaignId) -> Result<bool, StoreError> {
    let Some(standing) = context.store.campaign_state(id).await? else { return Ok(false) };
    let (State::Running, Some(run)) = (standing.state, &standing.run) else { return Ok(false) };
    let progress = context.store.progress(run, standing.segments).await?;
    if !progress.balanced() {
        tracing::error!(campaign = %id, selected = progress.selected, outcomes = progress.tally.total(),
            "more outcomes than selections: the equation of this run is broken");
    }
    let completed = progress.complete() && context.store.complete(id, runtime::clock::now()).await?;
    if completed {
        tracing::info!(campaign = %id, selected = progress.selected, issued = progress.tally.issued, "completed");
    }
    Ok(completed)
}
