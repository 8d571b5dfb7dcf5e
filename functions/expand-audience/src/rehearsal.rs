//! Counts one part of a rehearsal page by page, until it is complete or its turn is over, and then
//! sends one message to go on.
//!
//! It shares workers with launches, so a turn is short: the messages of a launch that come in
//! between are taken within seconds.

use std::time::Duration;

use domain::reporting::rehearsal::RehearsalSegment;
use queue::RehearsalNudge;
use reporting::rehearsal::CustomerCounter;
use runtime::{HandlerOutcome, clock::Deadline};
use store::{
    StoreError,
    conditional::Applied,
    customer::profiles::{CustomerKey, UnreadableCustomer},
};

use crate::handler::{ExpandContext, MARGIN};

/// The longest turn of one message.
const TURN: Duration = Duration::from_secs(5);

pub async fn rehearse_segment(
    context: &ExpandContext,
    nudge: &RehearsalNudge,
    deadline: Deadline,
) -> HandlerOutcome {
    match count_segment(context, nudge, deadline).await {
        Ok(handled) => handled,
        Err(error) => {
            if !error.retryable() {
                tracing::error!(%error, rehearsal = %nudge.rehearsal, segment = nudge.segment, "rehearsal failed");
            }
            HandlerOutcome::retry(error.to_string())
        }
    }
}

async fn count_segment(
    context: &ExpandContext,
    nudge: &RehearsalNudge,
    deadline: Deadline,
) -> Result<HandlerOutcome, StoreError> {
    let store = &context.store;
    let Some(mut segment) = store.rehearsal_segment(&nudge.rehearsal, nudge.segment).await? else {
        return Ok(HandlerOutcome::poison("no such part of a rehearsal"));
    };
    if segment.done {
        return Ok(HandlerOutcome::Done);
    }
    let Some(rehearsal) = store.rehearsal(&nudge.rehearsal).await? else {
        return Ok(HandlerOutcome::poison("its rehearsal is gone"));
    };
    if rehearsal.is_over(runtime::clock::now()) {
        return cut_short(context, &segment).await;
    }
    let counter = CustomerCounter::load(store, context.currency, &rehearsal).await?;
    let Some(counter) = counter else {
        return cut_short(context, &segment).await;
    };
    let begun = deadline.remaining();
    let first_page = segment.page;
    while deadline.remaining() > MARGIN && begun.saturating_sub(deadline.remaining()) < TURN {
        let after = count_page(context, &counter, &segment).await?;
        if store.write_rehearsal_page(&segment, &after).await? == Applied::Conflict {
            return Ok(HandlerOutcome::Done);
        }
        if after.done {
            tracing::info!(rehearsal = %after.rehearsal, segment = after.number, scanned = after.counts.scanned, "part of a rehearsal counted");
            return Ok(HandlerOutcome::Done);
        }
        segment = after;
    }
    if segment.page == first_page {
        return Ok(HandlerOutcome::retry("no progress"));
    }
    context.expansion.nudge(nudge).await;
    Ok(HandlerOutcome::Done)
}

/// Ends a part of a rehearsal that is over: no further customer is counted.
async fn cut_short(
    context: &ExpandContext,
    segment: &RehearsalSegment,
) -> Result<HandlerOutcome, StoreError> {
    let after = RehearsalSegment {
        cursor: None,
        page: segment.page + 1,
        done: true,
        cut_short: true,
        updated_at: runtime::clock::now(),
        ..segment.clone()
    };
    context.store.write_rehearsal_page(segment, &after).await?;
    Ok(HandlerOutcome::Done)
}

/// Counts one page of customers, and returns the checkpoint after it.
async fn count_page(
    context: &ExpandContext,
    counter: &CustomerCounter<'_>,
    segment: &RehearsalSegment,
) -> Result<RehearsalSegment, StoreError> {
    let limit = u32::try_from(context.page_size.max(1)).unwrap_or(u32::MAX);
    let start = segment.cursor.clone().map(CustomerKey);
    let scan = context.store.scan_customers(segment.number, segment.total, start, limit).await?;
    let mut counts = segment.counts.clone();
    let readable = scan.customers.len() + scan.unreadable.len();
    counts.erased += u64::from(scan.scanned).saturating_sub(readable as u64);
    for UnreadableCustomer { key, reason } in &scan.unreadable {
        tracing::error!(key = key.0, reason, "unreadable customer left out of the rehearsal");
        counts.count_unreadable();
    }
    counter.count_customers(&scan.customers, &mut counts).await?;
    Ok(RehearsalSegment {
        cursor: scan.next.as_ref().map(|key| key.0.clone()),
        page: segment.page + 1,
        done: scan.next.is_none(),
        updated_at: runtime::clock::now(),
        counts,
        ..segment.clone()
    })
}
