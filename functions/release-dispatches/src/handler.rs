//! Runs one round over all channels, side by side. Due dispatches are released oldest first; within
//! one page of them, campaigns of higher priority go first. A page's rate is reserved at once. A round
//! ends when the minute's rate or the time is used up.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    Date, Timestamp,
    campaign::lifecycle::WorkPolicy,
    delivery::lane::LaneGate,
    kernel::{channel::Channel, id::CampaignId},
};
use futures::{StreamExt, future::join_all, stream};
use queue::{DispatchPointer, Queue};
use runtime::{
    clock::{self, Deadline},
    metrics::Metrics,
};
use store::{
    Store, StoreError,
    delivery::{dispatches::DueDispatch, send_rates::RateWindow},
    due_index::DuePosition,
    reporting::heartbeats::HeartbeatSource,
};

/// State changes (`ready` to `released`) that run concurrently: a page of 500 takes eight calls' time.
const CONCURRENCY: usize = 64;
/// The time that must be left to begin a page.
const MARGIN: Duration = Duration::from_millis(1_500);
/// The longest delay of a pointer. A round releases a minute's work, so no pointer waits longer.
const MAX_DELAY_SECONDS: u32 = 60;

/// One channel with its queue and the rate that its provider takes.
pub struct ChannelLane {
    pub channel: Channel,
    pub queue: Queue,
    pub per_second: u64,
}

/// A channel in one round, with what the tenant allows it now.
struct RoundLane<'a> {
    channel: Channel,
    queue: &'a Queue,
    per_second: u64,
    /// The day of the tenant and the messages that the channel may send on it, if they are limited.
    daily: Option<(Date, u64)>,
}

pub struct ReleaseContext {
    pub store: Store,
    pub lanes: Vec<ChannelLane>,
    /// Seconds until the watchdog checks a released dispatch: longer than its message can be under
    /// way.
    pub watchdog_after_seconds: i64,
}

/// The work policy and priority of each campaign, read once a round for all lanes.
#[derive(Default)]
struct WorkPolicies(Mutex<HashMap<CampaignId, (WorkPolicy, u8)>>);

impl WorkPolicies {
    /// Reads those of a page's campaigns that the round has not met before, side by side.
    async fn read(&self, context: &ReleaseContext, due: &[DueDispatch]) {
        let mut unknown: Vec<&CampaignId> = due.iter().map(|it| &it.campaign).collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown.retain(|campaign| !self.known().contains_key(*campaign));
        let reads: Vec<_> = unknown
            .into_iter()
            .map(|campaign| async move { (campaign.clone(), work_policy(context, campaign).await) })
            .collect();
        let read: Vec<_> = stream::iter(reads).buffered(CONCURRENCY).collect().await;
        self.known().extend(read);
    }

    fn of(&self, campaign: &CampaignId) -> (WorkPolicy, u8) {
        self.known().get(campaign).copied().unwrap_or((WorkPolicy::Wait, 0))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<CampaignId, (WorkPolicy, u8)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a campaign's work policy and priority. Work of a campaign that does not exist is
/// dropped. If the campaign cannot be read now, its work waits and does not block other campaigns.
async fn work_policy(context: &ReleaseContext, campaign: &CampaignId) -> (WorkPolicy, u8) {
    match context.store.campaign_summary(campaign).await {
        Ok(summary) => summary.map_or((WorkPolicy::Drop, 0), |summary| {
            (summary.state.work_policy(), summary.priority)
        }),
        Err(error) => {
            tracing::error!(%campaign, %error, "campaign state unreadable, its work waits");
            (WorkPolicy::Wait, 0)
        }
    }
}

/// Releases the due dispatches of all channels side by side, even if one channel fails. Returns the
/// first error.
pub async fn release_due(context: &ReleaseContext, deadline: Deadline) -> Result<(), StoreError> {
    let policies = WorkPolicies::default();
    context.store.record_heartbeat(HeartbeatSource::Release, None, clock::now()).await;
    let policy = context.store.contact_policy().await?;
    let today = context.store.tenant().zone().local_day(clock::now());
    let releases = context.lanes.iter().map(|lane| {
        let ChannelLane { channel, queue, per_second } = lane;
        let rate = policy.rates.get(channel).map(|rate| u64::from(*rate));
        let daily = policy.daily_limits.get(channel).map(|limit| (today, limit.on(today)));
        let per_second = rate.unwrap_or(*per_second);
        let lane = RoundLane { channel: *channel, queue, per_second, daily };
        let policies = &policies;
        async move {
            let released = release_channel(context, &lane, policies, deadline).await;
            report_release(lane.channel, released)
        }
    });
    join_all(releases).await.into_iter().fold(Ok(()), Result::and)
}

fn report_release(channel: Channel, released: Result<usize, StoreError>) -> Result<(), StoreError> {
    match released {
        Ok(0) => Ok(()),
        Ok(released) => {
            tracing::info!(%channel, dispatches = released, "dispatches released");
            Metrics::new()
                .channel(channel.as_str())
                .count("DispatchesReleased", released as u64)
                .emit();
            Ok(())
        }
        Err(error) => {
            tracing::error!(%channel, %error, "channel release failed");
            Err(error)
        }
    }
}

async fn release_channel(
    context: &ReleaseContext,
    lane: &RoundLane<'_>,
    policies: &WorkPolicies,
    deadline: Deadline,
) -> Result<usize, StoreError> {
    let mut released = 0;
    let mut sent = 0;
    let mut after: Option<DuePosition> = None;
    let gate = context.store.lane(lane.channel).await?.gate(clock::now());
    while deadline.remaining() > MARGIN {
        let now = clock::now();
        let (mut due, next) =
            context.store.due_dispatches(lane.channel, now, after.as_ref()).await?;
        policies.read(context, &due).await;
        // Within a priority they stay oldest first.
        due.sort_by_key(|dispatch| Reverse(policies.of(&dispatch.campaign).1));
        let (going, room) = admit_dispatches(context, lane, gate, &due, policies, now).await?;
        let (flipped, trouble) = mark_released(context, &going, now).await;
        sent = send_pointers(lane, &flipped, sent).await;
        released += flipped.len();
        trouble?;
        after = next;
        if after.is_none() || !room {
            break;
        }
    }
    Ok(released)
}

/// Returns the dispatches that may go now, and whether the rate has room for more. Dispatches of
/// paused campaigns are skipped. Those of cancelled campaigns go to the worker, which drops them,
/// and use no rate. While the channel's lane is closed the others wait; when a probe is due one of them
/// goes, whose worker asks with one message if the lane is open.
async fn admit_dispatches<'a>(
    context: &ReleaseContext,
    lane: &RoundLane<'_>,
    gate: LaneGate,
    due: &'a [DueDispatch],
    policies: &WorkPolicies,
    now: Timestamp,
) -> Result<(Vec<&'a DueDispatch>, bool), StoreError> {
    let with = |policy: WorkPolicy| {
        due.iter().filter(move |dispatch| policies.of(&dispatch.campaign).0 == policy)
    };
    let mut going: Vec<_> = with(WorkPolicy::Drop).collect();
    let waiting: Vec<_> = with(WorkPolicy::Go).collect();
    let (admitted, room) = match gate {
        // What waits behind a closed lane may be millions: they are not all listed each minute.
        LaneGate::Closed => (0, false),
        LaneGate::ProbeDue => (waiting.len().min(1), waiting.is_empty()),
        LaneGate::Open => {
            let sizes: Vec<u64> = waiting.iter().map(|dispatch| dispatch.size).collect();
            let admitted = reserve_messages(&context.store, lane, &sizes, now).await?;
            (admitted, admitted == waiting.len())
        }
    };
    going.extend(waiting.into_iter().take(admitted));
    Ok((going, room))
}

/// Reserves the rate of the minute and, if the channel has a daily limit, messages of the day for as
/// many of the dispatches as both have room for. What the minute had room for and the day had not is
/// left unused.
async fn reserve_messages(
    store: &Store,
    lane: &RoundLane<'_>,
    sizes: &[u64],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let minute = RateWindow::Minute(now.as_second().div_euclid(60));
    let rate = lane.per_second.saturating_mul(60);
    let admitted = store.reserve_rate(lane.channel, minute, sizes, rate).await?;
    let Some((day, limit)) = lane.daily else { return Ok(admitted) };
    let day = RateWindow::Day(day, now);
    let sizes: Vec<u64> = sizes.iter().take(admitted).copied().collect();
    store.reserve_rate(lane.channel, day, &sizes, limit).await
}

/// Moves the dispatches from `ready` to `released`. Those that were released are returned for
/// sending even if another one failed.
async fn mark_released<'a>(
    context: &ReleaseContext,
    going: &[&'a DueDispatch],
    now: Timestamp,
) -> (Vec<&'a DueDispatch>, Result<(), StoreError>) {
    let watchdog_at = clock::seconds_after(now, context.watchdog_after_seconds);
    let flips = going.iter().map(|due| async move {
        (*due, context.store.release_dispatch(&due.key, watchdog_at).await)
    });
    let outcomes: Vec<_> =
        stream::iter(flips.collect::<Vec<_>>()).buffered(CONCURRENCY).collect().await;
    let mut flipped = Vec::new();
    let mut trouble = Ok(());
    for (due, outcome) in outcomes {
        match outcome {
            Ok(true) => flipped.push(due),
            Ok(false) => {}
            Err(error) => trouble = trouble.and(Err(error)),
        }
    }
    (flipped, trouble)
}

/// Sends the pointers, spread over the minute: each is delayed as the rate asks, behind the
/// `before` messages of the round's earlier pages, so that a slow provider does not get all of them
/// at once. Returns the number of messages including these.
///
/// A pointer that is not sent is no loss: the watchdog finds its dispatch released and without a
/// lease.
async fn send_pointers(lane: &RoundLane<'_>, flipped: &[&DueDispatch], mut before: u64) -> u64 {
    let mut pointers = Vec::new();
    for due in flipped {
        let delay = u32::try_from(before / lane.per_second.max(1))
            .unwrap_or(u32::MAX)
            .min(MAX_DELAY_SECONDS);
        pointers.push((DispatchPointer { dispatch: due.key.clone() }, delay));
        before += due.size;
    }
    if let Err(error) = lane.queue.send_delayed(&pointers).await {
        tracing::warn!(%error, channel = %lane.channel, "pointers not sent, left to the watchdog");
    }
    before
}
