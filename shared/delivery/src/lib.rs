//! Work shared by the three delivery workers: one dispatch from lease to end, and one message of a
//! test send, which is only sent.
//!
//! A worker leases a released dispatch and reserves quota. For each customer it reads the profile
//! again, decides, and issues the voucher by one conditional put, which is also the claim of the
//! first attempt. It then calls the provider once and records the answer. At the end it settles the
//! dispatch, with its counters and follow-ups, in one transaction.
//!
//! Before it: release-dispatches. After it: record-feedback.
//!
//! A fault of ours closes the channel's lane. What waits for it uses no attempt and goes to no
//! other channel.
//!
//! Guarantees: an occurrence never gets a second voucher, the provider is never called a second
//! time unless the channel's policy allows it, and a crash at any point leaves work that the next
//! lease completes.

mod context;
mod job;
mod lane;
mod dispatch;
mod merged_records;
mod message_cap;
mod issue;
mod follow_up;
mod reminder;
mod attempt;
mod test_send;

pub use context::{DeliveryContext, DeliverySettings, LinkConfig, send_timeout};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use queue::{DeliveryPointer, parse_message};
use runtime::{HandlerOutcome, clock::Deadline};

/// Number of dispatches of one batch that are processed at once, which is all of them: most
/// dispatches of one customer wait for calls, not for a processor. Each processes up to
/// [`dispatch::CONCURRENT_CUSTOMERS`] customers at once.
const CONCURRENT_DISPATCHES: usize = 10;

/// Handles one batch of pointers from the channel's queue.
pub async fn handle_batch(
    context: &DeliveryContext,
    event: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    let answer =
        runtime::batch::handle_batch(
            event,
            CONCURRENT_DISPATCHES,
            |message| async move {
                match parse_message::<DeliveryPointer>(&message.body) {
                    Ok(DeliveryPointer::Dispatch(key)) => {
                        dispatch::process_dispatch(context, &key, deadline).await
                    }
                    Ok(DeliveryPointer::Sample(key)) => {
                        test_send::process_test_send(context, &key, deadline).await
                    }
                    Err(reason) => HandlerOutcome::poison(reason),
                }
            },
            |message, reason| async move {
                context.dead_letters.park_message(message.body, &reason).await
            },
        )
        .await;
    lane::judge_answers(context, true).await;
    answer
}
