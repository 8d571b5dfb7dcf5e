//! Records provider events after the send: SES events, SNS delivery status records, events of AWS
//! End User Messaging, replies to an SMS, and push endpoints that no longer exist. They arrive
//! through the feedback topic and queue, in any envelope.
//!
//! Reads Work (message ids of SNS), Vouchers, Control and Customers. Writes Vouchers, in Work the
//! dispatch to the next channel after a bounce, in Addresses what an address has said (bounces,
//! complaints, opt-outs, replies such as STOP and START), and in Customers its mirror and consents.
//! Before it: the providers and the workers of the channels. After it: aggregate-reports, through
//! the stream.
//!
//! Guarantees: the events about one message end in the same state and stages in any order and any
//! number; a stage that is set stays set. A no and a dead end hold for the address that the event
//! names, with or without tags, and even if nobody knows the message. An event that is not known, or contradicts itself, is
//! parked without addresses and applied to nobody; one that is known in part is applied as far as it
//! is, and parked as well. The metric and the alarm of the dead letters show both.

mod handler;
mod inbound;
mod address_consequences;
mod addressee;

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use channels::{
    feedback::{EnclosedEvent, ProviderEvent, parse_feedback},
    mask::parked_text,
};
use queue::{Queue, QueueClient};
use runtime::{HandlerOutcome, QueueRecord, metrics::Metrics};
use secrets::Secrets;
use store::{Store, StoreError, TableNames, customer::addresses::AddressKeySource};

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
    let tally = FeedbackTally::default();
    let response = runtime::batch::handle_batch(
        event,
        CONCURRENCY,
        |message| handle_message(store, dead_letters, &tally, message),
        // never reached by a message that was handled; a body may hold addresses all the same
        |message, reason| async move {
            dead_letters.park_message(parked_text(&message.body), &reason).await
        },
    )
    .await;
    tally.emit();
    response
}

/// Handles one message, which may hold several events. An event that cannot be applied is parked by
/// itself, and only once: while another one has to be tried again, nothing is parked.
async fn handle_message(
    store: &Store,
    dead_letters: &Queue,
    tally: &FeedbackTally,
    message: QueueRecord,
) -> HandlerOutcome {
    // An event without a time of its own happened when it was put into the queue, and a repeat of it
    // no later.
    let sent_at = message.sent_at.unwrap_or_else(runtime::clock::now);
    let enclosed = parse_feedback(&message.body, sent_at);
    let mut parked = Vec::new();
    for enclosed in &enclosed {
        match handle_enclosed(store, enclosed, message.receives).await {
            EventOutcome::Done => {}
            EventOutcome::Retry(reason) if message.receives < LAST_RECEIVE => {
                return HandlerOutcome::Retry(reason);
            }
            EventOutcome::Retry(reason) | EventOutcome::Park(reason) => {
                match text_to_park(store, enclosed).await {
                    Ok(text) => parked.push((text, reason.into_owned())),
                    Err(error) => {
                        return HandlerOutcome::retry(format!(
                            "events could not be parked: {error}"
                        ));
                    }
                }
            }
        }
    }
    if !parked.is_empty() {
        if let Err(error) = dead_letters.park_messages(&parked).await {
            return HandlerOutcome::retry(format!("events could not be parked: {error}"));
        }
        let reasons: Vec<&String> = parked.iter().map(|(_, reason)| reason).collect();
        tracing::warn!(id = message.id, ?reasons, "provider events parked");
    }
    tally.count(&enclosed, parked.len());
    HandlerOutcome::Done
}

/// Returns the text of an event without its addresses. An SMS of a phone keeps the key of its number,
/// so that a STOP is not lost.
async fn text_to_park(store: &Store, enclosed: &EnclosedEvent<'_>) -> Result<String, StoreError> {
    let events = enclosed.parsed.as_ref().map_or(&[][..], |parsed| parsed.events.as_slice());
    match events {
        [ProviderEvent::Inbound(sms)] => inbound::parked_sms(store, &enclosed.text, sms).await,
        _ => Ok(parked_text(&enclosed.text)),
    }
}

enum EventOutcome {
    Done,
    Retry(Cow<'static, str>),
    /// An operator has to see the event, whether or not a part of it was applied.
    Park(Cow<'static, str>),
}

async fn handle_enclosed(
    store: &Store,
    enclosed: &EnclosedEvent<'_>,
    receives: u32,
) -> EventOutcome {
    let parsed = match &enclosed.parsed {
        Ok(parsed) => parsed,
        Err(reason) => return EventOutcome::Park(reason.clone()),
    };
    for event in &parsed.events {
        match record_event(store, event, receives).await {
            HandlerOutcome::Done => {}
            HandlerOutcome::Retry(reason) => return EventOutcome::Retry(reason),
            HandlerOutcome::Poison(reason) => return EventOutcome::Park(reason),
        }
    }
    parsed.unknown.clone().map_or(EventOutcome::Done, EventOutcome::Park)
}

/// Counts what an operator has to hear of, over one batch.
#[derive(Default)]
struct FeedbackTally {
    parked: AtomicU64,
    alerts: AtomicU64,
    foreign: AtomicU64,
}

impl FeedbackTally {
    fn count(&self, enclosed: &[EnclosedEvent<'_>], parked: usize) {
        let count = |tally: &AtomicU64, number: usize| {
            tally.fetch_add(u64::try_from(number).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        count(&self.parked, parked);
        for parsed in enclosed.iter().filter_map(|enclosed| enclosed.parsed.as_ref().ok()) {
            count(&self.foreign, parsed.foreign);
            if let Some(alert) = parsed.alert {
                tracing::warn!(alert, "a provider reports a fault of the sender's");
                count(&self.alerts, 1);
            }
        }
    }

    fn emit(&self) {
        let mut metrics = Metrics::new();
        for (name, tally) in [
            ("ProviderEventsParked", &self.parked),
            ("SenderAlerts", &self.alerts),
            ("ForeignRecipients", &self.foreign),
        ] {
            match tally.load(Ordering::Relaxed) {
                0 => {}
                number => metrics = metrics.count(name, number),
            }
        }
        metrics.emit();
    }
}
