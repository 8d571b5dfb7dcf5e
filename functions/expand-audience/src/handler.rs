//! One segment, page by page, until it is scanned or time runs short; then one continuation.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    Timestamp,
    campaign::Work,
    channel::Channel,
    contact_policy::ContactPolicy,
    customer::Customer,
    decision::{planned_at, planned_channel},
    definition::Definition,
    dispatch::{Dispatch, DispatchKey, MAX_CUSTOMERS, Purpose, Segment},
    id::CustomerId,
};
use queue::{Queue, SegmentNudge, Wake};
use runtime::{Handled, clock::Deadline};
use store::{
    Store, StoreError,
    customers::{CustomerKey, Unreadable},
    work::PageWrite,
};

/// A page is never begun with less time than this left: reading and writing one takes far less.
const MARGIN: Duration = Duration::from_secs(2);
/// A transaction takes 100 items; one is the checkpoint, the rest is room for chunks that are not full, one per channel.
const MAX_DISPATCHES: usize = 90;
/// Customers of one page, as a rule: about as many as a scan returns at once, and no more than make 18 full dispatches, so that one that is not
/// full for each hour of the day and channel still fits.
pub const PAGE_SIZE: usize = 900;
/// Continuations of one segment: a billion customers in 64 segments take far fewer. Beyond it something does not move.
const MAX_HOPS: u32 = 10_000;

pub struct Context {
    pub store: Store,
    pub expansion: Queue,
    pub release: Queue,
    pub sweep: Queue,
    /// Customers of one dispatch, 1 to 50.
    pub dispatch_size: usize,
    /// Customers of one page, at most.
    pub page_size: usize,
}

/// What one page came to.
enum Page {
    More(Segment),
    Last(Segment),
    /// Another worker wrote it.
    Lost,
}

pub async fn expand(context: &Context, nudge: &SegmentNudge, deadline: Deadline) -> Handled {
    match run(context, nudge, deadline).await {
        Ok(handled) => handled,
        Err(error) if error.retryable() => Handled::retry(error.to_string()),
        Err(error) => {
            tracing::error!(%error, run = %nudge.run, segment = nudge.segment, "a segment cannot be expanded");
            Handled::retry(error.to_string())
        }
    }
}

async fn run(context: &Context, nudge: &SegmentNudge, deadline: Deadline) -> Result<Handled, StoreError> {
    let Some(mut segment) = context.store.segment(&nudge.run, nudge.segment).await? else {
        return Ok(Handled::poison("no such segment"));
    };
    if segment.scanned_all {
        return Ok(Handled::Done);
    }
    let Some(standing) = context.store.campaign_state(&segment.campaign).await? else {
        return Ok(Handled::poison("its campaign is gone"));
    };
    match standing.state.work() {
        Work::Go => {}
        // the watchdog comes back to it once the campaign runs
        Work::Wait => return Ok(Handled::Done),
        Work::Drop => return close(context, &segment).await,
    }
    let Some(definition) = context.store.definition(&segment.campaign, standing.definition).await? else {
        return Ok(Handled::poison("its definition is gone"));
    };
    let first_page = segment.page;
    while deadline.remaining() > MARGIN {
        // a hop is an invocation that got somewhere: counted with its first page
        let hops = segment.hops + u32::from(segment.page == first_page);
        match page(context, &segment, &definition, hops).await? {
            Page::More(next) => segment = next,
            Page::Last(last) => return Ok(finish(context, &last).await),
            Page::Lost => return Ok(Handled::Done),
        }
    }
    Ok(go_on(context, &segment, segment.page > first_page).await)
}

/// Reads one page of customers and commits what it selects.
async fn page(context: &Context, segment: &Segment, definition: &Definition, hops: u32) -> Result<Page, StoreError> {
    let size = context.dispatch_size.clamp(1, MAX_CUSTOMERS);
    let limit = context.page_size.clamp(1, MAX_DISPATCHES * size);
    let start = segment.cursor.clone().map(CustomerKey);
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let scan = context.store.scan_customers(segment.number, segment.total, start, limit).await?;
    for Unreadable { key, reason } in &scan.unreadable {
        tracing::error!(key = key.0, reason, "a customer cannot be read; left out of the run");
    }
    let now = runtime::clock::now();
    let policy = context.store.contact_policy().await?;
    let dispatches = plan(segment, definition, &policy, &scan.customers, size, now);
    let after = Segment {
        cursor: scan.next.as_ref().map(|key| key.0.clone()),
        page: segment.page + 1,
        scanned_all: scan.next.is_none(),
        scanned: segment.scanned + u64::from(scan.scanned),
        unreadable: segment.unreadable + scan.unreadable.len() as u64,
        selected: segment.selected + dispatches.iter().map(Dispatch::size).sum::<u64>(),
        open: segment.open + dispatches.len() as u64,
        hops,
        updated_at: now,
        ..segment.clone()
    };
    match context.store.write_page(segment, &after, &dispatches).await? {
        PageWrite::Lost => Ok(Page::Lost),
        PageWrite::Written if after.scanned_all => Ok(Page::Last(after)),
        PageWrite::Written => {
            if segment.page == 0 {
                context.release.nudge(&Wake::now("first page")).await;
            }
            Ok(Page::More(after))
        }
    }
}

/// The dispatches of a page: whom the rule selects, by the channel that consent allows now and by when their clock allows it, in
/// chunks. Where that makes more of them than one transaction takes, all are due at once, and the workers ask the clock.
pub fn plan(
    segment: &Segment,
    definition: &Definition,
    policy: &ContactPolicy,
    customers: &[Customer],
    size: usize,
    now: Timestamp,
) -> Vec<Dispatch> {
    let mut groups: BTreeMap<(Timestamp, Channel), Vec<CustomerId>> = BTreeMap::new();
    for customer in customers.iter().filter(|customer| definition.audience.selects(customer, now)) {
        if let Some(channel) = planned_channel(definition, customer) {
            let due_at = planned_at(definition, policy, customer, channel, now);
            groups.entry((due_at, channel)).or_default().push(customer.id.clone());
        }
    }
    if groups.values().map(|ids| ids.len().div_ceil(size)).sum::<usize>() > MAX_DISPATCHES {
        let mut at_once: BTreeMap<(Timestamp, Channel), Vec<CustomerId>> = BTreeMap::new();
        for ((_, channel), ids) in groups {
            at_once.entry((now, channel)).or_default().extend(ids);
        }
        groups = at_once;
    }
    let chunks = groups.iter().flat_map(|(at, ids)| ids.chunks(size).map(move |chunk| (*at, chunk)));
    chunks
        .enumerate()
        .map(|(index, ((due_at, channel), chunk))| {
            let key = DispatchKey::planned(&segment.run, segment.number, segment.page, index);
            Dispatch::ready(key, segment.campaign.clone(), channel, Purpose::Planned, chunk.to_vec(), due_at)
        })
        .collect()
}

async fn finish(context: &Context, segment: &Segment) -> Handled {
    tracing::info!(run = %segment.run, segment = segment.number, scanned = segment.scanned, selected = segment.selected, "segment scanned");
    context.release.nudge(&Wake::now("planned")).await;
    if segment.open == 0 {
        context.sweep.nudge(&Wake::for_campaign("nobody selected", &segment.campaign)).await;
    }
    Handled::Done
}

/// A cancelled campaign selects nobody more: the scan ends where it is, so that the equation can close.
async fn close(context: &Context, segment: &Segment) -> Result<Handled, StoreError> {
    let after = Segment {
        cursor: None,
        page: segment.page + 1,
        scanned_all: true,
        updated_at: runtime::clock::now(),
        ..segment.clone()
    };
    context.store.write_page(segment, &after, &[]).await?;
    Ok(Handled::Done)
}

/// One continuation, if this invocation got anywhere; without progress the watchdog decides.
async fn go_on(context: &Context, segment: &Segment, progressed: bool) -> Handled {
    context.release.nudge(&Wake::now("planned")).await;
    if !progressed || segment.hops >= MAX_HOPS {
        tracing::error!(run = %segment.run, segment = segment.number, hops = segment.hops, "a segment does not move");
        return Handled::retry("no progress");
    }
    context.expansion.nudge(&SegmentNudge { run: segment.run.clone(), segment: segment.number }).await;
    Handled::Done
}
