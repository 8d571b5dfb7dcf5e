//! Selects the audience of a run, one segment per message. Reads the segment's checkpoint, scans
//! pages of customers, and writes each page's dispatches together with the next checkpoint in one
//! transaction. A rehearsal is worked through in the same way, and writes counts only.
//!
//! Reads Work, Customers and Control, and Vouchers for a rehearsal; writes Work. Before it: a
//! launch, a rehearsal, the watchdog, or itself. After it: release-dispatches.
//!
//! Guarantees: the checkpoint is the truth and the message only a nudge. So a lost or repeated
//! message is harmless, and two workers on one segment cannot both write a page.

mod handler;
mod rehearsal;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::kernel::money::Currency;
use queue::{ExpansionNudge, Queue, QueueClient, parse_message};
use runtime::{HandlerOutcome, clock::Deadline};
use store::{Store, TableNames, TenantDefaults};

pub use handler::{ExpandContext, PAGE_SIZE, expand_segment};
pub use rehearsal::rehearse_segment;

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
        currency: Currency::parse(&runtime::env::required("CURRENCY")?)?,
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
            match parse_message::<ExpansionNudge>(&message.body) {
                Ok(ExpansionNudge::Run(nudge)) => expand_segment(context, &nudge, deadline).await,
                Ok(ExpansionNudge::Rehearsal(nudge)) => {
                    rehearse_segment(context, &nudge, deadline).await
                }
                Err(reason) => HandlerOutcome::poison(reason),
            }
        },
        |message, reason| async move { dead_letters.park_message(message.body, &reason).await },
    )
    .await
}
