//! Handing out what is due to be told again: pointers on the queue, and each looked at again later should its pointer be lost.

use domain::{Timestamp, announcement::Telling};
use jiff::SignedDuration;
use queue::Wake;
use runtime::{Handled, clock, metrics::Metrics};
use store::{
    StoreError,
    tellings::{Kept, Moved, SHARDS},
};

use crate::Context;

/// Index entries read at once, and pages of one shard in one round: an endpoint that was down for hours comes back in portions.
const PAGE: i32 = 100;
const MAX_PAGES: usize = 5;
/// When a pointer that was handed out counts as lost: several times as long as the queue ever is.
pub(crate) const LOST_AFTER: SignedDuration = SignedDuration::from_mins(15);

pub async fn hand_out(context: &Context, wake: &Wake) -> Handled {
    let now = clock::now();
    let mut handed_out = 0;
    for shard in 0..SHARDS {
        match of_shard(context, shard, now).await {
            Ok(count) => handed_out += count,
            Err(error) => return Handled::retry(error.to_string()),
        }
    }
    tracing::info!(wake = wake.wake, handed_out, "events to be told again");
    Metrics::new().count("WebhooksHandedOut", handed_out).emit();
    Handled::Done
}

async fn of_shard(context: &Context, shard: u32, now: Timestamp) -> Result<u64, StoreError> {
    let until = now.checked_add(LOST_AFTER).unwrap_or(now);
    let (mut count, mut after) = (0, None);
    for _ in 0..MAX_PAGES {
        let (due, next) = context.store.due_tellings(shard, now, PAGE, after).await?;
        let mut tellings: Vec<Telling> = Vec::new();
        for kept in due {
            if postponed(context, &kept, until).await? {
                tellings.push(kept.telling);
            }
        }
        if let Err(error) = context.webhooks.send_all(&tellings).await {
            tracing::warn!(%error, "events that are due were not handed out; they are looked at again");
        }
        count += tellings.len() as u64;
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(count)
}

async fn postponed(context: &Context, kept: &Kept, until: Timestamp) -> Result<bool, StoreError> {
    Ok(context.store.postpone_telling(kept, until).await? == Moved::Moved)
}
