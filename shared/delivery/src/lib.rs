//! What the three delivery workers share: the story of one dispatch (and of a sample, which is only sent). A worker takes a released dispatch, leases quota, and for each
//! customer reads the profile again, decides, issues by one conditional put (which is also the send claim), calls the provider once
//! and records the answer; then it ends the dispatch with its counters and follow-ups in one transaction.
//! Before it: release-dispatches. After it: record-feedback. Guarantees: no second voucher for an occurrence, no second call to a
//! provider unless the channel's policy says so, and a crash anywhere leaves work that the next take completes.

mod context;
mod dispatch;
mod first;
mod later;
mod reminder;
mod attempt;
mod sample;

pub use context::{Context, Settings, send_timeout};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use queue::{Pointer, parse};
use runtime::{Handled, clock::Deadline};

/// Dispatches of one batch in work at once; each works on [`dispatch::CONCURRENCY`] customers.
const DISPATCHES: usize = 4;

/// One batch of pointers from the channel's queue.
pub async fn handle(context: &Context, event: SqsEvent, deadline: Deadline) -> SqsBatchResponse {
    runtime::batch::each(
        event,
        DISPATCHES,
        |message| async move {
            match parse::<Pointer>(&message.body) {
                Ok(Pointer::Dispatch(key)) => dispatch::work(context, &key, deadline).await,
                Ok(Pointer::Sample(key)) => sample::work(context, &key, deadline).await,
                Err(reason) => Handled::poison(reason),
            }
        },
        |message, reason| async move { context.dead_letters.park(message.body, &reason).await },
    )
    .await
}
