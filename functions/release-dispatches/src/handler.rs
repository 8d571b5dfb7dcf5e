//! One round over all channels: due dispatches, oldest first, as far as the minute's rate and the time go.

use std::{collections::HashMap, time::Duration};

use domain::{Timestamp, campaign::Work, channel::Channel, dispatch::DispatchKey, id::CampaignId};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;
use queue::{DispatchPointer, Queue};
use runtime::{clock::Deadline, metrics::Metrics};
use store::{
    Store, StoreError,
    dispatches::{Due, DuePage},
};

/// Flips in flight at once.
const CONCURRENCY: usize = 16;
/// No page is begun with less time than this left.
const MARGIN: Duration = Duration::from_millis(1_500);

/// One channel: its queue and how many messages its provider takes.
pub struct Lane {
    pub channel: Channel,
    pub queue: Queue,
    pub per_second: u64,
}

pub struct Context {
    pub store: Store,
    pub lanes: Vec<Lane>,
    /// When the watchdog looks after a released dispatch: later than its message can be under way.
    pub look_again_seconds: i64,
}

/// What a campaign's state means for its work, asked once a round.
type Standings = HashMap<CampaignId, Work>;

pub async fn release(context: &Context, deadline: Deadline) -> Result<(), StoreError> {
    let mut standings = Standings::new();
    for lane in &context.lanes {
        let released = release_lane(context, lane, &mut standings, deadline).await?;
        if released > 0 {
            tracing::info!(channel = %lane.channel, dispatches = released, "released");
            Metrics::new().channel(lane.channel.as_str()).count("DispatchesReleased", released as u64).emit();
        }
    }
    Ok(())
}

async fn release_lane(
    context: &Context,
    lane: &Lane,
    standings: &mut Standings,
    deadline: Deadline,
) -> Result<usize, StoreError> {
    let mut released = 0;
    let mut after: Option<DuePage> = None;
    while deadline.remaining() > MARGIN {
        let now = runtime::clock::now();
        let (due, next) = context.store.due_dispatches(lane.channel, now, after).await?;
        let (going, room) = admit(context, lane, &due, standings, now).await?;
        let keys = flip(context, &going, now).await?;
        send(lane, &keys).await;
        released += keys.len();
        after = next;
        if after.is_none() || !room {
            break;
        }
    }
    Ok(released)
}

/// Those that may go now, and whether the rate has room for more. Paused campaigns' work is stepped over, cancelled campaigns' goes
/// to the worker that drops it and costs no rate.
async fn admit<'a>(
    context: &Context,
    lane: &Lane,
    due: &'a [Due],
    standings: &mut Standings,
    now: Timestamp,
) -> Result<(Vec<&'a Due>, bool), StoreError> {
    let mut going = Vec::new();
    for dispatch in due {
        match work_of(context, &dispatch.campaign, standings).await? {
            Work::Wait => {}
            Work::Drop => going.push(dispatch),
            Work::Go => {
                let minute = now.as_second().div_euclid(60);
                let per_minute = lane.per_second.saturating_mul(60).max(dispatch.size);
                if !context.store.reserve_rate(lane.channel, minute, dispatch.size, per_minute).await? {
                    return Ok((going, false));
                }
                going.push(dispatch);
            }
        }
    }
    Ok((going, true))
}

async fn work_of(context: &Context, campaign: &CampaignId, standings: &mut Standings) -> Result<Work, StoreError> {
    if let Some(work) = standings.get(campaign) {
        return Ok(*work);
    }
    // a campaign that is gone: its work is dropped
    let work = context.store.campaign_state(campaign).await?.map_or(Work::Drop, |standing| standing.state.work());
    standings.insert(campaign.clone(), work);
    Ok(work)
}

/// `ready -> released`; only what this round flipped is sent.
async fn flip(context: &Context, going: &[&Due], now: Timestamp) -> Result<Vec<DispatchKey>, StoreError> {
    let look_again_at = now.checked_add(SignedDuration::from_secs(context.look_again_seconds)).unwrap_or(now);
    let flips = stream::iter(going.iter().map(|due| due.key.clone())).map(|key| async move {
        let flipped = context.store.release(&key, look_again_at).await?;
        Ok::<_, StoreError>(flipped.then_some(key))
    });
    flips.buffer_unordered(CONCURRENCY).try_filter_map(|key| async move { Ok(key) }).try_collect().await
}

/// A pointer that is not sent is no loss: the watchdog finds its dispatch released and untouched.
async fn send(lane: &Lane, keys: &[DispatchKey]) {
    let pointers: Vec<DispatchPointer> = keys.iter().map(|key| DispatchPointer { dispatch: key.clone() }).collect();
    if let Err(error) = lane.queue.send_all(&pointers).await {
        tracing::warn!(%error, channel = %lane.channel, "pointers were not sent; the watchdog will");
    }
}
