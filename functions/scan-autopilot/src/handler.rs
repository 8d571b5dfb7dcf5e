//! Runs one round over the due autopilots, and scans the calendar of each of them.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    campaign::{
        definition::CampaignForms,
        lifecycle::WorkPolicy,
        trigger::{self, Trigger},
    },
    customer::{
        profile::{Customer, ReachQuery},
        topics::TopicQuestion,
    },
    delivery::{
        contact_policy::{ContactPolicy, PlannedTime},
        dispatch::{Dispatch, DispatchKey, MAX_DISPATCH_CUSTOMERS, Segment},
        eligibility::{planned_channel, planned_send_time},
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, RunId},
    },
};
use queue::WakeNudge;
use runtime::{clock::Deadline, metrics::Metrics};
use store::{
    StoreError,
    conditional::Applied,
    customer::profiles::{UnreadableCustomer, WRITE_SHARDS},
    reporting::heartbeats::HeartbeatSource,
};

use crate::{MARGIN, ScanContext, events::plan_due_matches};

/// Customers on one page. A transaction takes 100 items, and each customer may need a dispatch of
/// their own.
const PAGE_SIZE: i32 = 90;

/// Scans every autopilot whose calendar is due, and plans the due matches of event triggers. An
/// error in one of them does not block the others.
pub async fn scan_autopilots(context: &ScanContext, deadline: Deadline) -> Result<(), StoreError> {
    let (mut matches, mut failed) = (0, 0);
    context.store.record_heartbeat(HeartbeatSource::Autopilot, None, runtime::clock::now()).await;
    for (run, number) in context.store.due_calendars(runtime::clock::now()).await? {
        if deadline.remaining() < MARGIN {
            failed += 1;
            continue;
        }
        match scan_calendar(context, &run, number, deadline).await {
            Ok(found) => matches += found,
            Err(error) => {
                failed += 1;
                tracing::error!(%error, %run, "autopilot scan failed, left for the next round");
            }
        }
    }
    match plan_due_matches(context, deadline).await {
        Ok(planned) => matches += planned,
        Err(error) => {
            failed += 1;
            tracing::error!(%error, "event matches not all planned, left for the next round");
        }
    }
    if matches > 0 {
        context.release.nudge(&WakeNudge::now("autopilots")).await;
    }
    Metrics::new()
        .count("AutopilotMatches", matches)
        .count("AutopilotsLeftForLater", failed)
        .emit();
    Ok(())
}

/// The position of a calendar scan: the day, the shard among those of the day's buckets, and the
/// last customer that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CalendarPosition {
    day: Date,
    slot: usize,
    after: Option<CustomerId>,
}

impl CalendarPosition {
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

/// An autopilot whose calendar is being scanned.
struct AutopilotScan<'a> {
    forms: &'a CampaignForms,
    trigger: &'a Trigger,
    /// The moment of enabling. The customer's local day at this moment is the first on which the
    /// autopilot fires for them, and it counts in full.
    enabled_at: Timestamp,
}

/// Scans the calendar of one autopilot until the newest day or the end of the time, and returns how
/// many matches were planned.
async fn scan_calendar(
    context: &ScanContext,
    run: &RunId,
    number: u32,
    deadline: Deadline,
) -> Result<u64, StoreError> {
    let Some(mut segment) = context.store.segment(run, number).await? else {
        return Ok(0);
    };
    let Some(summary) = context.store.campaign_summary(&segment.campaign).await? else {
        return Ok(0);
    };
    match summary.state.work_policy() {
        WorkPolicy::Go => {}
        WorkPolicy::Wait => return Ok(0),
        WorkPolicy::Drop => return close_segment(context, &segment).await.map(|()| 0),
    }
    let now = runtime::clock::now();
    let found = context.store.evaluable_definition(&segment.campaign, summary.definition, now);
    let definition = found.await?;
    let Some(definition) = definition else {
        return Err(StoreError::corrupt(run, "its definition is gone"));
    };
    let forms = CampaignForms::new(definition);
    let Some(trigger) = &forms.definition.trigger else {
        return Err(StoreError::corrupt(run, "it has no trigger"));
    };
    let enabled_at = summary.starts_at.max(summary.launched_at).unwrap_or(segment.updated_at);
    let autopilot = AutopilotScan { forms: &forms, trigger, enabled_at };
    let mut position = match &segment.cursor {
        Some(cursor) => {
            CalendarPosition::parse(cursor).ok_or_else(|| StoreError::corrupt(run, "cursor"))?
        }
        None => CalendarPosition::start(trigger::earliest_open_day(enabled_at)),
    };
    let mut matches = 0;
    while deadline.remaining() > MARGIN {
        let now = runtime::clock::now();
        if position.day > trigger::latest_begun_day(now) {
            break;
        }
        let (dispatches, scanned, unreadable, next) =
            scan_page(context, &autopilot, &segment, &position).await?;
        let next_day = next.day > position.day;
        position = next;
        // The position is not written for an empty shard, but it is for each new day: otherwise
        // every scan after a long outage would begin again where the last one began.
        if scanned == 0 && !next_day {
            continue;
        }
        let last = position.day > trigger::latest_begun_day(now);
        let found = dispatches.iter().map(Dispatch::size).sum::<u64>();
        let after = Segment {
            cursor: Some(position.cursor()),
            page: segment.page + 1,
            scanned: segment.scanned + scanned,
            unreadable: segment.unreadable + unreadable,
            selected: segment.selected + found,
            open: segment.open + dispatches.len() as u64,
            updated_at: if last { trigger::first_zone_start(position.day) } else { now },
            ..segment.clone()
        };
        match context.store.write_page(&segment, &after, &dispatches).await? {
            Applied::Yes => {
                matches += found;
                segment = after;
            }
            Applied::Conflict => break,
        }
    }
    tracing::info!(%run, day = %position.day, matches, "autopilot calendar scanned");
    Ok(matches)
}

/// Reads one page of one shard. Returns the dispatches for the customers for whom the autopilot
/// fires, how many customers were read, how many could not be read, and the next position.
async fn scan_page(
    context: &ScanContext,
    autopilot: &AutopilotScan<'_>,
    segment: &Segment,
    position: &CalendarPosition,
) -> Result<(Vec<Dispatch>, u64, u64, CalendarPosition), StoreError> {
    let buckets = autopilot.trigger.calendar_buckets(position.day);
    let shards = usize::from(WRITE_SHARDS);
    let shard = u8::try_from(position.slot % shards).unwrap_or_default();
    let Some(bucket) = buckets.get(position.slot / shards) else {
        let tomorrow =
            position.day.tomorrow().map_err(|error| StoreError::corrupt(&segment.run, error))?;
        return Ok((Vec::new(), 0, 0, CalendarPosition::start(tomorrow)));
    };
    let found =
        context.store.calendar_page(bucket, shard, position.after.as_ref(), PAGE_SIZE).await?;
    let next = match found.ids.last() {
        Some(last) if found.more => {
            CalendarPosition { after: Some(last.clone()), ..position.clone() }
        }
        Some(_) | None => {
            CalendarPosition { slot: position.slot + 1, after: None, ..position.clone() }
        }
    };
    let asked = AskedSettings {
        policy: context.store.contact_policy().await?,
        topic: context.store.topic_question(&autopilot.forms.definition).await?,
    };
    let read = context.store.customers_eventually(&found.ids).await?;
    for UnreadableCustomer { key, reason } in &read.unreadable {
        tracing::error!(key = key.0, reason, "unreadable customer left out of the scan");
    }
    let dispatches =
        plan_dispatches(context, autopilot, &asked, segment, position.day, &read.customers)?;
    Ok((dispatches, found.ids.len() as u64, read.unreadable.len() as u64, next))
}

/// The tenant's settings that are asked for each customer.
struct AskedSettings {
    policy: ContactPolicy,
    topic: Option<TopicQuestion>,
}

/// Plans dispatches for the customers for whom the autopilot fires on this day and who are in the
/// audience. They are grouped by channel and by the moment at which the day has come for them,
/// after their quiet hours.
fn plan_dispatches(
    context: &ScanContext,
    autopilot: &AutopilotScan<'_>,
    asked: &AskedSettings,
    segment: &Segment,
    day: Date,
    customers: &[Customer],
) -> Result<Vec<Dispatch>, StoreError> {
    let (forms, trigger) = (autopilot.forms, autopilot.trigger);
    let unknown = || StoreError::corrupt(&segment.run, format!("{day} makes no occurrence"));
    let firing = trigger.firing_on(day).ok_or_else(unknown)?;
    let query = ReachQuery { topic: asked.topic.as_ref(), now: runtime::clock::now() };
    let mut groups: BTreeMap<(PlannedTime, Channel), Vec<&Customer>> = BTreeMap::new();
    for customer in customers.iter().filter(|customer| trigger.fires_on(customer, day)) {
        let moment = trigger.local_moment(customer, day);
        let enabled = customer.today(autopilot.enabled_at);
        let definition = forms.of_customer(&segment.campaign, &customer.id);
        if day < enabled || !definition.audience.may_select(customer, moment) {
            continue;
        }
        if let Some(channel) = planned_channel(definition, customer, &query) {
            let planned = planned_send_time(definition, &asked.policy, customer, channel, moment);
            groups.entry((planned, channel)).or_default().push(customer);
        }
    }
    let size = context.dispatch_size.clamp(1, MAX_DISPATCH_CUSTOMERS);
    let chunks =
        groups.iter().flat_map(|(at, ids)| ids.chunks(size).map(move |chunk| (*at, chunk)));
    let dispatch =
        |(index, ((planned, channel), chunk)): (usize, ((PlannedTime, Channel), &[&Customer]))| {
            let key = DispatchKey::planned(&segment.run, segment.number, segment.page, index);
            let campaign = segment.campaign.clone();
            let ready = Dispatch::planned_for(key, campaign, channel, chunk, planned);
            Dispatch { firing: Some(firing.clone()), ..ready }
        };
    Ok(chunks.enumerate().map(dispatch).collect())
}

/// Closes the scan of an ended autopilot: no further day is scanned.
async fn close_segment(context: &ScanContext, segment: &Segment) -> Result<(), StoreError> {
    let after = Segment {
        page: segment.page + 1,
        scanned_all: true,
        updated_at: runtime::clock::now(),
        ..segment.clone()
    };
    context.store.write_page(segment, &after, &[]).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_its_cursor() {
        let day = "2026-11-23".parse().unwrap();
        let after = CustomerId::parse("user:42.a_b-C").unwrap();
        for position in
            [CalendarPosition::start(day), CalendarPosition { day, slot: 31, after: Some(after) }]
        {
            assert_eq!(CalendarPosition::parse(&position.cursor()), Some(position));
        }
        for bad in
            ["", "2026-11-23", "2026-11-23/x/", "2026-11-23/1", "2026-13-01/1/", "2026-11-23/1/a b"]
        {
            assert_eq!(CalendarPosition::parse(bad), None, "{bad}");
        }
    }
}
