//! One round over the autopilots that are due, and one autopilot's walk through its calendar.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    Date, Timestamp,
    campaign::Work,
    channel::Channel,
    contact_policy::ContactPolicy,
    customer::Customer,
    decision::{planned_at, planned_channel},
    definition::Definition,
    dispatch::{Dispatch, DispatchKey, MAX_CUSTOMERS, Purpose, Segment},
    id::{CustomerId, RunId},
    trigger::{self, Trigger},
};
use queue::{Queue, Wake};
use runtime::{clock::Deadline, metrics::Metrics};
use store::{
    Store, StoreError,
    customers::{Unreadable, WRITE_SHARDS},
    heartbeats::Beating,
    work::PageWrite,
};

use crate::events::planned;

/// A page is never begun with less time than this left: reading and writing one takes far less.
pub(crate) const MARGIN: Duration = Duration::from_secs(2);
/// Customers of one page: a transaction takes 100 items, and each of them may need a dispatch of their own.
const PAGE: i32 = 90;

pub struct Context {
    pub store: Store,
    pub release: Queue,
    /// Customers of one dispatch, 1 to 50.
    pub dispatch_size: usize,
}

/// Every autopilot whose calendar is to be looked at. Trouble with one holds up no other.
pub async fn scan(context: &Context, deadline: Deadline) -> Result<(), StoreError> {
    let (mut matches, mut late) = (0, 0);
    context.store.beat(Beating::Autopilot, None, runtime::clock::now()).await;
    for (run, number) in context.store.calendars(runtime::clock::now()).await? {
        if deadline.remaining() < MARGIN {
            late += 1;
            continue;
        }
        match walk(context, &run, number, deadline).await {
            Ok(found) => matches += found,
            Err(error) => {
                late += 1;
                tracing::error!(%error, %run, "an autopilot was not looked at; the next round will");
            }
        }
    }
    match planned(context, deadline).await {
        Ok(planned) => matches += planned,
        Err(error) => {
            late += 1;
            tracing::error!(%error, "matches by events were not all looked at; the next round will");
        }
    }
    if matches > 0 {
        context.release.nudge(&Wake::now("autopilots")).await;
    }
    Metrics::new().count("AutopilotMatches", matches).count("AutopilotsLeftForLater", late).emit();
    Ok(())
}

/// Where a walk is: the day, which of its bucket's shards, and behind whom.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    day: Date,
    slot: usize,
    after: Option<CustomerId>,
}

impl Position {
    fn start(day: Date) -> Self {
        Self { day, slot: 0, after: None }
    }
    fn parse(cursor: &str) -> Option<Self> {
        let (day, rest) = cursor.split_once('/')?;
        let (slot, after) = rest.split_once('/')?;
        let after = if after.is_empty() { None } else { Some(CustomerId::parse(after).ok()?) };
        Some(Self { day: day.parse().ok()?, slot: slot.parse().ok()?, after })
    }
    fn cursor(&self) -> String {
        format!("{}/{}/{}", self.day, self.slot, self.after.as_ref().map_or("", CustomerId::as_str))
    }
}

/// An autopilot on its way through the calendar.
struct Autopilot<'a> {
    definition: &'a Definition,
    trigger: &'a Trigger,
    /// The day that it is then for a customer is the first on which it fires for them, in full.
    enabled_at: Timestamp,
}

/// How many matches were planned.
async fn walk(context: &Context, run: &RunId, number: u32, deadline: Deadline) -> Result<u64, StoreError> {
    let Some(mut segment) = context.store.segment(run, number).await? else { return Ok(0) };
    let Some(standing) = context.store.campaign_state(&segment.campaign).await? else { return Ok(0) };
    match standing.state.work() {
        Work::Go => {}
        Work::Wait => return Ok(0),
        Work::Drop => return close(context, &segment).await.map(|()| 0),
    }
    let definition = context.store.definition(&segment.campaign, standing.definition).await?;
    let Some(definition) = definition else { return Err(StoreError::corrupt(run, "its definition is gone")) };
    let Some(trigger) = &definition.trigger else { return Err(StoreError::corrupt(run, "it has no trigger")) };
    let enabled_at = standing.starts_at.max(standing.launched_at).unwrap_or(segment.updated_at);
    let autopilot = Autopilot { definition: &definition, trigger, enabled_at };
    let mut position = match &segment.cursor {
        Some(cursor) => Position::parse(cursor).ok_or_else(|| StoreError::corrupt(run, "cursor"))?,
        None => Position::start(trigger::oldest_day(enabled_at)),
    };
    let mut matches = 0;
    while deadline.remaining() > MARGIN {
        let now = runtime::clock::now();
        if position.day > trigger::newest_day(now) {
            break;
        }
        let (dispatches, scanned, unreadable, next) = page(context, &autopilot, &segment, &position).await?;
        let next_day = next.day > position.day;
        position = next;
        // empty shards are walked through without a write; a day is not, so that after a long outage no walk begins where the last one did
        if scanned == 0 && !next_day {
            continue;
        }
        let last = position.day > trigger::newest_day(now);
        let found = dispatches.iter().map(Dispatch::size).sum::<u64>();
        let after = Segment {
            cursor: Some(position.cursor()),
            page: segment.page + 1,
            scanned: segment.scanned + scanned,
            unreadable: segment.unreadable + unreadable,
            selected: segment.selected + found,
            open: segment.open + dispatches.len() as u64,
            updated_at: if last { trigger::begins(position.day) } else { now },
            ..segment.clone()
        };
        match context.store.write_page(&segment, &after, &dispatches).await? {
            PageWrite::Written => {
                matches += found;
                segment = after;
            }
            PageWrite::Lost => break,
        }
    }
    tracing::info!(%run, day = %position.day, matches, "an autopilot's calendar");
    Ok(matches)
}

/// Reads one page of one shard: the dispatches for who fires, how many were read, how many could not be, and where it goes on.
async fn page(
    context: &Context,
    autopilot: &Autopilot<'_>,
    segment: &Segment,
    position: &Position,
) -> Result<(Vec<Dispatch>, u64, u64, Position), StoreError> {
    let buckets = autopilot.trigger.buckets(position.day);
    let shards = usize::from(WRITE_SHARDS);
    let shard = u8::try_from(position.slot % shards).unwrap_or_default();
    let Some(bucket) = buckets.get(position.slot / shards) else {
        let tomorrow = position.day.tomorrow().map_err(|error| StoreError::corrupt(&segment.run, error))?;
        return Ok((Vec::new(), 0, 0, Position::start(tomorrow)));
    };
    let found = context.store.calendar(bucket, shard, position.after.as_ref(), PAGE).await?;
    let next = match found.ids.last() {
        Some(last) if found.more => Position { after: Some(last.clone()), ..position.clone() },
        Some(_) | None => Position { slot: position.slot + 1, after: None, ..position.clone() },
    };
    let read = context.store.customers_lately(&found.ids).await?;
    for Unreadable { key, reason } in &read.unreadable {
        tracing::error!(key = key.0, reason, "a customer cannot be read; left out");
    }
    let policy = context.store.contact_policy().await?;
    let dispatches = plan(context, autopilot, &policy, segment, position.day, &read.customers)?;
    Ok((dispatches, found.ids.len() as u64, read.unreadable.len() as u64, next))
}

/// Who of them fires on this day and is in the audience, by channel and by the moment at which the day has come for them, quiet hours
/// over.
fn plan(
    context: &Context,
    autopilot: &Autopilot<'_>,
    policy: &ContactPolicy,
    segment: &Segment,
    day: Date,
    customers: &[Customer],
) -> Result<Vec<Dispatch>, StoreError> {
    let (definition, trigger) = (autopilot.definition, autopilot.trigger);
    let unknown = || StoreError::corrupt(&segment.run, format!("{day} makes no occurrence"));
    let firing = trigger.firing(day).ok_or_else(unknown)?;
    let mut groups: BTreeMap<(Timestamp, Channel), Vec<CustomerId>> = BTreeMap::new();
    for customer in customers.iter().filter(|customer| trigger.fires_on(customer, day)) {
        let moment = trigger.moment(customer, day);
        let enabled = customer.profile.zone.clone().unwrap_or_default().day(autopilot.enabled_at);
        if day < enabled || !definition.audience.selects(customer, moment) {
            continue;
        }
        if let Some(channel) = planned_channel(definition, customer) {
            let due_at = planned_at(definition, policy, customer, channel, moment);
            groups.entry((due_at, channel)).or_default().push(customer.id.clone());
        }
    }
    let size = context.dispatch_size.clamp(1, MAX_CUSTOMERS);
    let chunks = groups.iter().flat_map(|(at, ids)| ids.chunks(size).map(move |chunk| (*at, chunk)));
    let dispatch = |(index, ((due_at, channel), chunk)): (usize, ((Timestamp, Channel), &[CustomerId]))| {
        let key = DispatchKey::planned(&segment.run, segment.number, segment.page, index);
        let ready = Dispatch::ready(key, segment.campaign.clone(), channel, Purpose::Planned, chunk.to_vec(), due_at);
        Dispatch { firing: Some(firing.clone()), ..ready }
    };
    Ok(chunks.enumerate().map(dispatch).collect())
}

/// An ended autopilot looks at no further day.
async fn close(context: &Context, segment: &Segment) -> Result<(), StoreError> {
    let after =
        Segment { page: segment.page + 1, scanned_all: true, updated_at: runtime::clock::now(), ..segment.clone() };
    context.store.write_page(segment, &after, &[]).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_its_cursor() {
        let day = "2026-11-23".parse().unwrap();
        let after = CustomerId::parse("user:42.a_b-C").unwrap();
        for position in [Position::start(day), Position { day, slot: 31, after: Some(after) }] {
            assert_eq!(Position::parse(&position.cursor()), Some(position));
        }
        for bad in ["", "2026-11-23", "2026-11-23/x/", "2026-11-23/1", "2026-13-01/1/", "2026-11-23/1/a b"] {
            assert_eq!(Position::parse(bad), None, "{bad}");
        }
    }
}
