//! Queues the retries that are due, and postpones each of them, so that a retry whose message is
//! lost is queued again.

use domain::{Timestamp, voucher::webhook_event::EventDelivery};
use jiff::SignedDuration;
use queue::WakeNudge;
use runtime::{HandlerOutcome, clock, metrics::Metrics};
use store::{
    StoreError,
    conditional::Applied,
    webhooks::deliveries::{DELIVERY_SHARDS, ScheduledDelivery},
};

use crate::deliver::SenderContext;

/// Index entries read at once, and pages of one shard in one run: the backlog of an endpoint that
/// was down for hours comes back in portions.
const PAGE: usize = 100;
const MAX_PAGES: usize = 5;
/// The time after which a queued message counts as lost: several times the longest time that a
/// message waits on the queue.
pub(crate) const LOST_AFTER: SignedDuration = SignedDuration::from_mins(15);

pub async fn queue_due_retries(context: &SenderContext, wake: &WakeNudge) -> HandlerOutcome {
    let now = clock::now();
    let mut handed_out = 0;
    for shard in 0..DELIVERY_SHARDS {
        match queue_due_of_shard(context, shard, now).await {
            Ok(count) => handed_out += count,
            Err(error) => return HandlerOutcome::retry(error.to_string()),
        }
    }
    tracing::info!(wake = wake.wake, handed_out, "due webhook retries queued");
    Metrics::new().count("WebhooksHandedOut", handed_out).emit();
    HandlerOutcome::Done
}

async fn queue_due_of_shard(
    context: &SenderContext,
    shard: u32,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let until = clock::after(now, LOST_AFTER);
    let (mut count, mut after) = (0, None);
    for _ in 0..MAX_PAGES {
        let (due, next) = context.store.due_deliveries(shard, now, PAGE, after).await?;
        let mut event_deliveries: Vec<EventDelivery> = Vec::new();
        for kept in due {
            if postpone_retry(context, &kept, until).await? {
                event_deliveries.push(kept.delivery);
            }
        }
        if let Err(error) = context.webhooks.send_all(&event_deliveries).await {
            tracing::warn!(%error, "could not queue due webhook retries");
        }
        count += event_deliveries.len() as u64;
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(count)
}

async fn postpone_retry(
    context: &SenderContext,
    kept: &ScheduledDelivery,
    until: Timestamp,
) -> Result<bool, StoreError> {
    Ok(context.store.postpone_delivery(kept, until).await? == Applied::Yes)
}
