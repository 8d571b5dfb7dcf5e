//! Selects the audience of a run, one segment per message: reads the segment's checkpoint, scans pages of customers, and writes each
//! page's dispatches with the next checkpoint in one transaction. Reads Work, Customers, Control; writes Work.
//! Before it: a launch, the watchdog, or itself. After it: release-dispatches. The checkpoint is the truth and the message only a
//! nudge: a lost or repeated one is harmless, and two workers on one segment cannot both write a page.

mod handler;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use queue::{Queue, SegmentNudge, parse};
use runtime::{Handled, clock::Deadline};
use store::{Store, Tables};

pub use handler::{Context, PAGE_SIZE, expand};

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = runtime::aws::config("sqs");
    let dead_letters = Queue::new(&sqs, runtime::env::required("EXPANSION_DLQ_URL")?);
    let context = Context {
        store: Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(runtime::env::optional)),
        expansion: Queue::new(&sqs, runtime::env::required("EXPANSION_QUEUE_URL")?),
        release: Queue::new(&sqs, runtime::env::required("RELEASE_QUEUE_URL")?),
        sweep: Queue::new(&sqs, runtime::env::required("SWEEP_QUEUE_URL")?),
        dispatch_size: runtime::env::number("DISPATCH_SIZE", domain::dispatch::MAX_CUSTOMERS)?,
        page_size: PAGE_SIZE,
    };
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// One batch of its queue.
pub async fn handle(context: &Context, dead_letters: &Queue, event: SqsEvent, deadline: Deadline) -> SqsBatchResponse {
    runtime::batch::each(
        event,
        1,
        |message| async move {
            match parse::<SegmentNudge>(&message.body) {
                Ok(nudge) => expand(context, &nudge, deadline).await,
                Err(reason) => Handled::poison(reason),
            }
        },
        |message, reason| async move { dead_letters.park(message.body, &reason).await },
    )
    .await
}
