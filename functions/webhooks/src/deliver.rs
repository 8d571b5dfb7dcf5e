//! Delivers webhook events about vouchers to the app backend, by signed requests (Standard
//! Webhooks).
//!
//! Takes deliveries from its queue; reads the endpoint and the campaign in Control and the voucher
//! in Vouchers; calls the endpoint; keeps failed deliveries in Work. It is also woken every minute
//! to queue the retries that are due, and then tells a chat and people by e-mail what is new.
//! Before it: publish-webhook-events, the webhooks API. After it: the app backend.
//!
//! Guarantees: every event is accepted by the endpoint (2xx), or retried for a day and then kept as
//! a dead letter of that endpoint. It is sent at least once, under one id. Only addresses on the
//! public internet are called, and no redirect is followed.

mod payload;
mod handler;
mod due_retries;
mod notices;
mod circuit_breaker;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use channels::office_mail::OfficeMailer;
use queue::{Queue, QueueClient, WebhookNudge, parse_message};
use runtime::{Deadline, HandlerOutcome, env};
use secrets::Secrets;
use store::{Store, TableNames};
use webhook_client::{AddressPolicy, WebhookClient};

pub use circuit_breaker::CircuitBreaker;
pub use due_retries::queue_due_retries;
pub use handler::{SenderContext, deliver_event};

/// Messages of one batch that are delivered concurrently: all of them, so that a slow endpoint
/// takes no more than its own time.
const CONCURRENCY: usize = 10;
/// The longest wait for the provider of e-mails.
const MAIL_LIMIT: Duration = Duration::from_secs(5);
/// Time kept for recording that a call was not answered.
const MARGIN: Duration = Duration::from_secs(2);

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let context = SenderContext {
        store: Store::new(
            &runtime::aws::config("dynamodb"),
            TableNames::from_lookup(env::optional),
        ),
        webhooks: sqs.queue(env::required("WEBHOOKS_QUEUE_URL")?),
        secrets: Secrets::new(&runtime::aws::config("secrets_manager")),
        signing_secret: env::required("SIGNING_SECRET_ARN")?,
        caller: WebhookClient::new(AddressPolicy::new(
            &env::optional("WEBHOOK_PRIVATE_HOSTS").unwrap_or_default(),
        )),
        mailer: OfficeMailer::new(
            &runtime::aws::config_for_sends("sesv2", MAIL_LIMIT),
            env::required("SENDER_EMAIL")?,
        ),
        circuit_breaker: CircuitBreaker::default(),
        jitter: || fastrand::u32(0..=1_000),
    };
    let dead_letters = sqs.queue(env::required("WEBHOOKS_DLQ_URL")?);
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// Handles one batch of the queue.
pub async fn handle(
    context: &SenderContext,
    dead_letters: &Queue,
    event: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    runtime::batch::handle_batch(
        event,
        CONCURRENCY,
        |message| async move {
            match parse_message::<WebhookNudge>(&message.body) {
                Ok(WebhookNudge::Deliver(event_delivery)) => {
                    deliver_event(context, &event_delivery, deadline, MARGIN).await
                }
                Ok(WebhookNudge::CheckDue(wake)) => {
                    let handled = queue_due_retries(context, &wake).await;
                    notices::send_notices(context, deadline).await;
                    handled
                }
                Err(reason) => HandlerOutcome::poison(reason),
            }
        },
        |message, _| async move { dead_letters.send_bodies(&[message.body]).await },
    )
    .await
}
