//! Records provider events after the send: SES events, SNS delivery status records, replies to an
//! SMS, and push endpoints that no longer exist. They arrive through the feedback topic and queue.
//!
//! Reads Work (message ids of SNS), Vouchers, Control and Customers. Writes Vouchers, in Work the
//! dispatch to the next channel after a bounce, and in Customers suppressions (bounces, complaints,
//! carriers' opt-outs), consents (replies such as STOP) and push endpoints. Before it: the
//! providers, deliver-sms and deliver-push. After it: aggregate-reports, through the stream.
//!
//! Guarantees: any order and any number of repeats give the same result; a stage that is set stays
//! set.

mod handler;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use channels::mask::mask_addresses;
use queue::{Queue, QueueClient};
use runtime::HandlerOutcome;
use store::{Store, TableNames};

pub use handler::record_event;

/// Events of one batch that are processed concurrently.
const CONCURRENCY: usize = 10;
/// The receive at which this function parks a message itself, one before its queue would move it to
/// the dead letters: so the addresses in it can be masked.
const LAST_RECEIVE: u32 = 4;

pub async fn run() -> Result<(), runtime::Error> {
    let store = Store::new(
        &runtime::aws::config("dynamodb"),
        TableNames::from_lookup(runtime::env::optional),
    );
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let dead_letters = sqs.queue(runtime::env::required("FEEDBACK_DLQ_URL")?);
    runtime::run_sqs(|event, _| handle(&store, &dead_letters, event)).await
}

/// Handles one batch of the feedback queue.
pub async fn handle(store: &Store, dead_letters: &Queue, event: SqsEvent) -> SqsBatchResponse {
    runtime::batch::handle_batch(
        event,
        CONCURRENCY,
        |message| async move {
            match channels::feedback::parse_feedback(&message.body, runtime::clock::now()) {
                Ok(event) => match record_event(store, &event, message.receives).await {
                    HandlerOutcome::Retry(reason) if message.receives >= LAST_RECEIVE => {
                        HandlerOutcome::poison(reason)
                    }
                    handled @ (HandlerOutcome::Done
                    | HandlerOutcome::Retry(_)
                    | HandlerOutcome::Poison(_)) => handled,
                },
                Err(reason) => HandlerOutcome::poison(reason),
            }
        },
        // providers name the address in each event, and a dead letter is kept for two weeks
        |message, reason| async move {
            dead_letters.park_message(mask_addresses(&message.body), &reason).await
        },
    )
    .await
}
