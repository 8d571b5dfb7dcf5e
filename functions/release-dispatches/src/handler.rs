//! One round over all channels: due dispatches, oldest first, and of those that are read at once the campaigns' priorities first, as
//! far as the minute's rate and the time go.

use std::{cmp::Reverse, collections::HashMap, time::Duration};

use domain::{Timestamp, campaign::Work, channel::Channel, id::CampaignId};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use queue::{DispatchPointer, Queue};
use runtime::{
    clock::{self, Deadline},
    metrics::Metrics,
};
use store::{
    Store, StoreError,
    dispatches::{Due, DuePage},
    heartbeats::Beating,
};

/// Flips in flight at once.
const CONCURRENCY: usize = 16;
/// No page is begun with less time than this left.
const MARGIN: Duration = Duration::from_millis(1_500);
/// A round releases a minute's work, so no pointer waits longer.
const MAX_DELAY_SECONDS: u32 = 60;

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

/// What a campaign's state means for its work, and its priority, asked once a round.
type Standings = HashMap<CampaignId, (Work, u8)>;

/// All lanes, whatever happens on one; the first trouble is the answer.
pub async fn release(context: &Context, deadline: Deadline) -> Result<(), StoreError> {
    let mut standings = Standings::new();
    let mut trouble = Ok(());
    context.store.beat(Beating::Release, None, clock::now()).await;
    let policy = context.store.contact_policy().await?;
    for lane in &context.lanes {
        let per_second = policy.rates.get(&lane.channel).map_or(lane.per_second, |rate| u64::from(*rate));
        let lane = &Lane { per_second, queue: lane.queue.clone(), ..*lane };
        match release_lane(context, lane, &mut standings, deadline).await {
            Ok(0) => {}
            Ok(released) => {
                tracing::info!(channel = %lane.channel, dispatches = released, "released");
                Metrics::new().channel(lane.channel.as_str()).count("DispatchesReleased", released as u64).emit();
            }
            Err(error) => {
                tracing::error!(channel = %lane.channel, %error, "a channel's work was not released");
                trouble = trouble.and(Err(error));
            }
        }
    }
    trouble
}

async fn release_lane(
    context: &Context,
    lane: &Lane,
    standings: &mut Standings,
    deadline: Deadline,
) -> Result<usize, StoreError> {
    let mut released = 0;
    let mut sent = 0;
    let mut after: Option<DuePage> = None;
    while deadline.remaining() > MARGIN {
        let now = runtime::clock::now();
        let (mut due, next) = context.store.due_dispatches(lane.channel, now, after).await?;
        by_priority(context, &mut due, standings).await;
        let (going, room) = admit(context, lane, &due, standings, now).await?;
        let (flipped, trouble) = flip(context, &going, now).await;
        sent = send(lane, &flipped, sent).await;
        released += flipped.len();
        trouble?;
        after = next;
        if after.is_none() || !room {
            break;
        }
    }
    Ok(released)
}

/// The more important campaigns first; among equals it stays oldest first.
async fn by_priority(context: &Context, due: &mut [Due], standings: &mut Standings) {
    for dispatch in due.iter() {
        standing_of(context, &dispatch.campaign, standings).await;
    }
    due.sort_by_key(|dispatch| Reverse(standings.get(&dispatch.campaign).map_or(0, |(_, priority)| *priority)));
}

/// Those that may go now, and whether the rate has room for more. Paused campaigns' work is stepped over; cancelled campaigns' goes
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
        match standing_of(context, &dispatch.campaign, standings).await.0 {
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

/// A campaign that is gone has its work dropped; one that cannot be read just now keeps it, and holds up no other.
async fn standing_of(context: &Context, campaign: &CampaignId, standings: &mut Standings) -> (Work, u8) {
    if let Some(standing) = standings.get(campaign) {
        return *standing;
    }
    let found = match context.store.campaign_state(campaign).await {
        Ok(standing) => standing.map_or((Work::Drop, 0), |standing| (standing.state.work(), standing.priority)),
        Err(error) => {
            tracing::error!(%campaign, %error, "a campaign's state cannot be read; its work waits");
            (Work::Wait, 0)
        }
    };
    standings.insert(campaign.clone(), found);
    found
}

/// `ready -> released`: what this round flipped is to be sent, even if another flip failed.
async fn flip<'a>(context: &Context, going: &[&'a Due], now: Timestamp) -> (Vec<&'a Due>, Result<(), StoreError>) {
    let look_again_at = now.checked_add(SignedDuration::from_secs(context.look_again_seconds)).unwrap_or(now);
    let flips = going.iter().map(|due| async move { (*due, context.store.release(&due.key, look_again_at).await) });
    let outcomes: Vec<_> = stream::iter(flips.collect::<Vec<_>>()).buffered(CONCURRENCY).collect().await;
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

/// Spread over the minute, each pointer as late as the rate asks, so that a slow provider is not met with all of it at once: behind the
/// `before` messages of the round's earlier pages. How many they are with these.
/// A pointer that is not sent is no loss: the watchdog finds its dispatch released and untouched.
async fn send(lane: &Lane, flipped: &[&Due], mut before: u64) -> u64 {
    let mut pointers = Vec::new();
    for due in flipped {
        let delay = u32::try_from(before / lane.per_second.max(1)).unwrap_or(u32::MAX).min(MAX_DELAY_SECONDS);
        pointers.push((DispatchPointer { dispatch: due.key.clone() }, delay));
        before += due.size;
    }
    if let Err(error) = lane.queue.send_delayed(&pointers).await {
        tracing::warn!(%error, channel = %lane.channel, "pointers were not sent; the watchdog will");
    }
    before
}
