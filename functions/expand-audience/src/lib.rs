//! Selects the audience of a run, one segment per message. Reads the segment's checkpoint, scans
//! pages of customers, and writes each page's dispatches together with the next checkpoint in one
//! transaction.
//!
//! Reads Work, Customers and Control; writes Work. Before it: a launch, the watchdog, or itself.
//! After it: release-dispatches.
//!
//! Guarantees: the checkpoint is the truth and the message only a nudge. So a lost or repeated
//! message is harmless, and two workers on one segment cannot both write a page.

mod handler;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use queue::{Queue, QueueClient, SegmentNudge, parse_message};
use runtime::{HandlerOutcome, clock::Deadline};
use store::{Store, TableNames, TenantDefaults};

pub use handler::{ExpandContext, PAGE_SIZE, expand_segment};

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let dead_letters = sqs.queue(runtime::env::required("EXPANSION_DLQ_URL")?);
    let context = ExpandContext {
        store: Store::new(
            &runtime::aws::config("dynamodb"),
            TableNames::from_lookup(runtime::env::optional),
        )
        .with_tenant(TenantDefaults::from_lookup(runtime::env::optional)?),
        expansion: sqs.queue(runtime::env::required("EXPANSION_QUEUE_URL")?),
        release: sqs.queue(runtime::env::required("RELEASE_QUEUE_URL")?),
        watchdog: sqs.queue(runtime::env::required("WATCHDOG_QUEUE_URL")?),
        dispatch_size: runtime::env::number(
            "DISPATCH_SIZE",
            domain::delivery::dispatch::MAX_DISPATCH_CUSTOMERS,
        )?,
        page_size: PAGE_SIZE,
    };
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// Handles one batch of the expansion queue.
pub async fn handle(
    context: &ExpandContext,
    dead_letters: &Queue,
    event: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    runtime::batch::handle_batch(
        event,
        1,
        |message| async move {
            match parse_message::<SegmentNudge>(&message.body) {
                Ok(nudge) => expand_segment(context, &nudge, deadline).await,
                Err(reason) => HandlerOutcome::poison(reason),
            }
        },
        |message, reason| async move { dead_letters.park_message(message.body, &reason).await },
    )
    .await
}
