//! Releases due dispatches to their channel's queue, within the channel's rate and daily limit.
//!
//! Reads the due index and Control, changes dispatches in Work, and sends pointers. The schedule
//! wakes it every minute, and other functions wake it after planning. Before it: expand-audience,
//! scan-autopilot, follow-ups of the delivery workers, the watchdog. After it: the deliver-*
//! workers.
//!
//! Guarantees: dispatches of a paused campaign or behind a closed lane stay ready, and no queue holds more than a minute of
//! its channel's work.

mod handler;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::kernel::channel::Channel;
use queue::{Queue, QueueClient, WakeNudge, parse_message};
use runtime::{HandlerOutcome, clock::Deadline, env};
use store::{Store, TableNames, TenantDefaults};

pub use handler::{ChannelLane, ReleaseContext, release_due};

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let lane = |channel, url, rate, default| -> Result<ChannelLane, env::ConfigError> {
        Ok(ChannelLane {
            channel,
            queue: sqs.queue(env::required(url)?),
            per_second: env::number(rate, default)?,
        })
    };
    let context = ReleaseContext {
        store: Store::new(
            &runtime::aws::config("dynamodb"),
            TableNames::from_lookup(env::optional),
        )
        .with_tenant(TenantDefaults::from_lookup(env::optional)?),
        lanes: vec![
            lane(Channel::Sms, "SMS_QUEUE_URL", "SMS_RATE", 20)?,
            lane(Channel::Email, "EMAIL_QUEUE_URL", "EMAIL_RATE", 50)?,
            lane(Channel::Push, "PUSH_QUEUE_URL", "PUSH_RATE", 500)?,
        ],
        watchdog_after_seconds: 10 * env::number("WORKER_TIMEOUT_SECONDS", 30)?,
    };
    let dead_letters = sqs.queue(env::required("RELEASE_DLQ_URL")?);
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// Runs one round for the whole batch, however many wake-up messages it holds.
pub async fn handle(
    context: &ReleaseContext,
    dead_letters: &Queue,
    event: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    let released = release_due(context, deadline).await;
    let released = &released;
    runtime::batch::handle_batch(
        event,
        1,
        |message| async move {
            match (parse_message::<WakeNudge>(&message.body), released) {
                (Err(reason), _) => HandlerOutcome::poison(reason),
                (Ok(_), Ok(())) => HandlerOutcome::Done,
                (Ok(_), Err(error)) => HandlerOutcome::retry(error.to_string()),
            }
        },
        |message, reason| async move { dead_letters.park_message(message.body, &reason).await },
    )
    .await
}
