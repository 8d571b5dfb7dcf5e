//! Runs one round over all channels. Due dispatches are released oldest first; within one page of
//! them, campaigns of higher priority go first. A round ends when the minute's rate or the time is
//! used up.

use std::{cmp::Reverse, collections::HashMap, time::Duration};

use domain::{
    Timestamp,
    campaign::lifecycle::WorkPolicy,
    delivery::lane::LaneGate,
    kernel::{channel::Channel, id::CampaignId},
};
use futures::{StreamExt, stream};
use queue::{DispatchPointer, Queue};
use runtime::{
    clock::{self, Deadline},
    metrics::Metrics,
};
use store::{
    Store, StoreError,
    delivery::dispatches::{DueDispatch, DueDispatchesKey},
    reporting::heartbeats::HeartbeatSource,
};

/// State changes (`ready` to `released`) that run concurrently.
const CONCURRENCY: usize = 16;
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

pub struct ReleaseContext {
    pub store: Store,
    pub lanes: Vec<ChannelLane>,
    /// Seconds until the watchdog checks a released dispatch: longer than its message can be under
    /// way.
    pub watchdog_after_seconds: i64,
}

/// The work policy and priority of each campaign, read once a round.
type WorkPolicies = HashMap<CampaignId, (WorkPolicy, u8)>;

/// Releases the due dispatches of all channels, even if one channel fails. Returns the first error.
pub async fn release_due(context: &ReleaseContext, deadline: Deadline) -> Result<(), StoreError> {
    let mut policies = WorkPolicies::new();
    let mut trouble = Ok(());
    context.store.record_heartbeat(HeartbeatSource::Release, None, clock::now()).await;
    let policy = context.store.contact_policy().await?;
    for lane in &context.lanes {
        let per_second =
            policy.rates.get(&lane.channel).map_or(lane.per_second, |rate| u64::from(*rate));
        let lane = &ChannelLane { per_second, queue: lane.queue.clone(), ..*lane };
        match release_channel(context, lane, &mut policies, deadline).await {
            Ok(0) => {}
            Ok(released) => {
                tracing::info!(channel = %lane.channel, dispatches = released, "dispatches released");
                Metrics::new()
                    .channel(lane.channel.as_str())
                    .count("DispatchesReleased", released as u64)
                    .emit();
            }
            Err(error) => {
                tracing::error!(channel = %lane.channel, %error, "channel release failed");
                trouble = trouble.and(Err(error));
            }
        }
    }
    trouble
}

async fn release_channel(
    context: &ReleaseContext,
    lane: &ChannelLane,
    policies: &mut WorkPolicies,
    deadline: Deadline,
) -> Result<usize, StoreError> {
    let mut released = 0;
    let mut sent = 0;
    let mut after: Option<DueDispatchesKey> = None;
    let gate = context.store.lane(lane.channel).await?.gate(clock::now());
    while deadline.remaining() > MARGIN {
        let now = clock::now();
        let (mut due, next) = context.store.due_dispatches(lane.channel, now, after).await?;
        sort_by_priority(context, &mut due, policies).await;
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

/// Sorts the due dispatches by campaign priority, highest first; within a priority they stay oldest
/// first.
async fn sort_by_priority(
    context: &ReleaseContext,
    due: &mut [DueDispatch],
    policies: &mut WorkPolicies,
) {
    for dispatch in due.iter() {
        work_policy(context, &dispatch.campaign, policies).await;
    }
    due.sort_by_key(|dispatch| {
        Reverse(policies.get(&dispatch.campaign).map_or(0, |(_, priority)| *priority))
    });
}

/// Returns the dispatches that may go now, and whether the rate has room for more. Dispatches of
/// paused campaigns are skipped. Those of cancelled campaigns go to the worker, which drops them,
/// and use no rate. While the channel's lane is closed the others wait; when a probe is due one of them
/// goes, whose worker asks with one message if the lane is open.
async fn admit_dispatches<'a>(
    context: &ReleaseContext,
    lane: &ChannelLane,
    gate: LaneGate,
    due: &'a [DueDispatch],
    policies: &mut WorkPolicies,
    now: Timestamp,
) -> Result<(Vec<&'a DueDispatch>, bool), StoreError> {
    let mut going = Vec::new();
    for dispatch in due {
        match (work_policy(context, &dispatch.campaign, policies).await.0, gate) {
            (WorkPolicy::Wait, _) | (WorkPolicy::Go, LaneGate::Closed) => {}
            (WorkPolicy::Drop, _) => going.push(dispatch),
            (WorkPolicy::Go, LaneGate::ProbeDue) => {
                going.push(dispatch);
                return Ok((going, false));
            }
            (WorkPolicy::Go, LaneGate::Open) => {
                let minute = now.as_second().div_euclid(60);
                let per_minute = lane.per_second.saturating_mul(60).max(dispatch.size);
                if !context
                    .store
                    .reserve_rate(lane.channel, minute, dispatch.size, per_minute)
                    .await?
                {
                    return Ok((going, false));
                }
                going.push(dispatch);
            }
        }
    }
    // What waits behind a closed lane may be millions: they are not all listed each minute.
    Ok((going, gate != LaneGate::Closed))
}

/// Returns the campaign's work policy and priority. Work of a campaign that does not exist is
/// dropped. If the campaign cannot be read now, its work waits and does not block other campaigns.
async fn work_policy(
    context: &ReleaseContext,
    campaign: &CampaignId,
    policies: &mut WorkPolicies,
) -> (WorkPolicy, u8) {
    if let Some(summary) = policies.get(campaign) {
        return *summary;
    }
    let policy = match context.store.campaign_summary(campaign).await {
        Ok(summary) => summary.map_or((WorkPolicy::Drop, 0), |summary| {
            (summary.state.work_policy(), summary.priority)
        }),
        Err(error) => {
            tracing::error!(%campaign, %error, "campaign state unreadable, its work waits");
            (WorkPolicy::Wait, 0)
        }
    };
    policies.insert(campaign.clone(), policy);
    policy
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
async fn send_pointers(lane: &ChannelLane, flipped: &[&DueDispatch], mut before: u64) -> u64 {
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
