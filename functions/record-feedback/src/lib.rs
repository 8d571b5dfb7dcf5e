//! Records provider events after the send: SES events, SNS delivery status records, replies to an
//! SMS, and push endpoints that no longer exist. They arrive through the feedback topic and queue.
//!
//! Reads Work (message ids of SNS), Vouchers, Control and Customers. Writes Vouchers, in Work the
//! dispatch to the next channel after a bounce, in Addresses what an address has said (bounces,
//! complaints, opt-outs, replies such as STOP and START), and in Customers its mirror and consents.
//! Before it: the providers and the workers of the channels. After it: aggregate-reports, through
//! the stream.
//!
//! Guarantees: any order and any number of repeats give the same result; a stage that is set stays
//! set.

mod handler;
mod inbound;
mod address_consequences;

use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use channels::mask::mask_addresses;
use queue::{Queue, QueueClient};
use runtime::HandlerOutcome;
use secrets::Secrets;
use store::{Store, TableNames, customer::addresses::AddressKeySource};

pub use handler::record_event;

/// Events of one batch that are processed concurrently.
const CONCURRENCY: usize = 10;
/// The receive at which this function parks a message itself, one before its queue would move it to
/// the dead letters: so the addresses in it can be masked.
const LAST_RECEIVE: u32 = 4;

pub async fn run() -> Result<(), runtime::Error> {
    let secrets = Arc::new(Secrets::new(&runtime::aws::config("secrets_manager")));
    let secret = runtime::env::required("ADDRESS_SECRET_ARN")?;
    let store = Store::new(
        &runtime::aws::config("dynamodb"),
        TableNames::from_lookup(runtime::env::optional),
    )
    .with_address_keys(AddressKeySource::reading(move || {
        Arc::clone(&secrets).read_address_hasher(secret.clone())
    }));
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
            // An event without a time of its own happened when it was put into the queue, and a repeat
            // of it no later.
            let sent_at = message.sent_at.unwrap_or_else(runtime::clock::now);
            match channels::feedback::parse_feedback(&message.body, sent_at) {
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
