//! Plans again what waits for the hours of its customers, after the contact policy has changed: work
//! that waits becomes due earlier or later, as the new policy says.
//!
//! Reads the contact policy and its checkpoint from Control, and the dispatches that are due later
//! from Work; moves those that wait for hours, and keeps the checkpoint. A round does a limited
//! number of pages and the next one goes on.
//!
//! Guarantees: a pass that is repeated changes nothing. Work that was planned by the old policy
//! while the new one was written is found by the last pass, which begins when no such work can be
//! written any more.

use std::collections::HashMap;

use domain::{
    Timestamp,
    campaign::definition::Schedule,
    delivery::{contact_policy::ContactPolicy, dispatch::Dispatch},
    kernel::{channel::Channel, id::CampaignId},
};
use futures::{StreamExt, stream};
use store::{
    StoreError,
    conditional::Applied,
    delivery::waiting_hours::{HoursCheckpoint, HoursPosition},
};

use crate::WatchdogContext;

/// Pages of 100 dispatches that one round reads: half a million customers, in a few seconds.
pub(crate) const MAX_PAGES: usize = 100;
/// Dispatches that are moved concurrently.
const CONCURRENCY: usize = 16;
/// Seconds after a change within which a worker may still write what it has planned by the policy
/// before: it reads the policy for each page or dispatch, and none takes longer.
const SETTLING_SECONDS: i64 = 60;

/// The schedules of the campaigns whose dispatches wait, read once a round.
type Schedules = HashMap<CampaignId, Schedule>;

/// Moves what waits to the times of the present policy, and returns how many dispatches moved. A round
/// reads at most `pages` of them, and the next one goes on.
pub async fn replan_waiting(
    context: &WatchdogContext,
    now: Timestamp,
    pages: usize,
) -> Result<u64, StoreError> {
    let setting = context.store.versioned_contact_policy().await?;
    let known = context.store.hours_checkpoint().await?;
    let Some(pass) = next_pass(known, setting.version, setting.updated_at, now) else {
        return Ok(0);
    };
    let HoursCheckpoint { version, began_at, position } = pass;
    let reached = |position| HoursCheckpoint { version, began_at, position };
    let mut round = Round { context, policy: &setting.value, now, pages_left: pages };
    let (mut moved, mut schedules) = (0, Schedules::new());
    let resumed = position.unwrap_or_else(|| HoursPosition::beginning(Channel::ALL[0], now));
    for channel in Channel::ALL.into_iter().skip_while(|channel| *channel != resumed.channel) {
        let from = if channel == resumed.channel {
            HoursPosition { after: resumed.after.max(now), ..resumed.clone() }
        } else {
            HoursPosition::beginning(channel, now)
        };
        let (count, rest) = round.replan_channel(from, &mut schedules).await?;
        moved += count;
        if rest.is_some() {
            context.store.save_hours_checkpoint(&reached(rest)).await?;
            return Ok(moved);
        }
    }
    context.store.save_hours_checkpoint(&reached(None)).await?;
    if moved > 0 {
        tracing::info!(dispatches = moved, version, "waiting dispatches replanned");
    }
    Ok(moved)
}

/// Returns the pass that is to go on or to begin, or `None` if what waits is as the policy says.
pub fn next_pass(
    known: Option<HoursCheckpoint>,
    version: u64,
    changed_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<HoursCheckpoint> {
    let changed_at = changed_at?;
    let position = Some(HoursPosition::beginning(Channel::ALL[0], now));
    let new = HoursCheckpoint { version, began_at: now, position };
    match known {
        Some(pass) if pass.version == version => match pass.position {
            Some(_) => Some(pass),
            None => {
                let settling = pass.began_at.duration_since(changed_at).as_secs();
                (settling < SETTLING_SECONDS).then_some(new)
            }
        },
        Some(_) | None => Some(new),
    }
}

struct Round<'a> {
    context: &'a WatchdogContext,
    policy: &'a ContactPolicy,
    now: Timestamp,
    pages_left: usize,
}

impl Round<'_> {
    /// Plans what waits on a channel again. Returns how many dispatches moved, and the place of the
    /// rest if no pages were left.
    async fn replan_channel(
        &mut self,
        from: HoursPosition,
        schedules: &mut Schedules,
    ) -> Result<(u64, Option<HoursPosition>), StoreError> {
        let HoursPosition { channel, after, mut start } = from;
        let mut moved = 0;
        loop {
            if self.pages_left == 0 {
                return Ok((moved, Some(HoursPosition { channel, after, start })));
            }
            self.pages_left -= 1;
            let (dispatches, next) =
                self.context.store.later_dispatches(channel, after, start.as_ref()).await?;
            moved += self.replan_page(&dispatches, schedules).await?;
            start = next;
            if start.is_none() {
                return Ok((moved, None));
            }
        }
    }

    async fn replan_page(
        &self,
        dispatches: &[Dispatch],
        schedules: &mut Schedules,
    ) -> Result<u64, StoreError> {
        let mut moves = Vec::new();
        for dispatch in dispatches {
            let Some(waiting) = &dispatch.hours else {
                continue;
            };
            let schedule = self.schedule(&dispatch.campaign, schedules).await?;
            let due_at = self.policy.due_of_waiting(schedule, dispatch.channel, waiting, self.now);
            if due_at != dispatch.due_at {
                moves.push((dispatch, due_at));
            }
        }
        let moved: Vec<_> = stream::iter(moves)
            .map(|(dispatch, due_at)| self.context.store.move_waiting_dispatch(dispatch, due_at))
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        let mut count = 0;
        for step in moved {
            count += u64::from(step? == Applied::Yes);
        }
        Ok(count)
    }

    /// Returns the schedule of a campaign. One that is gone has no hours of its own: the worker
    /// drops its dispatches.
    async fn schedule<'s>(
        &self,
        campaign: &CampaignId,
        schedules: &'s mut Schedules,
    ) -> Result<&'s Schedule, StoreError> {
        if !schedules.contains_key(campaign) {
            let store = &self.context.store;
            let definition = match store.campaign_summary(campaign).await? {
                Some(summary) => store.definition(campaign, summary.definition).await?,
                None => None,
            };
            let schedule = definition.map(|definition| definition.schedule).unwrap_or_default();
            schedules.insert(campaign.clone(), schedule);
        }
        Ok(schedules.entry(campaign.clone()).or_default())
    }
}
