//! The watchdog: whatever should have moved and has not. Starts scheduled campaigns, ends autopilots that are over, pauses campaigns whose
//! messages do harm, nudges stalled segments, reopens released dispatches whose message was lost, settles attempts of unknown fate by
//! their channel's policy, completes runs whose equation closes.
//! Reads Work, Vouchers, Control, Reports; writes Work and Control. Woken every minute, and by workers when a run may be complete.
//! Guarantees: a reconciler with no input but the state, so running it twice or at the same time does no harm.

mod handler;
mod sender_health;
mod unknown;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::sender_health::Limits;
use queue::{Queue, Wake, parse};
use runtime::{Handled, env};
use store::{Store, Tables};

pub use handler::{Context, sweep};

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = runtime::aws::config("sqs");
    let worker_seconds: i64 = env::number("WORKER_TIMEOUT_SECONDS", 30)?;
    let context = Context {
        store: Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(env::optional)),
        expansion: Queue::new(&sqs, env::required("EXPANSION_QUEUE_URL")?),
        release: Queue::new(&sqs, env::required("RELEASE_QUEUE_URL")?),
        stalled_after_seconds: 2 * worker_seconds + 30,
        limits: Limits {
            bounced: env::number("BOUNCE_LIMIT_BASIS_POINTS", Limits::default().bounced)?,
            complained: env::number("COMPLAINT_LIMIT_BASIS_POINTS", Limits::default().complained)?,
        },
    };
    let dead_letters = Queue::new(&sqs, env::required("SWEEP_DLQ_URL")?);
    runtime::run_sqs(|event, _| handle(&context, &dead_letters, event)).await
}

/// One batch of its queue.
pub async fn handle(context: &Context, dead_letters: &Queue, event: SqsEvent) -> SqsBatchResponse {
    runtime::batch::each(
        event,
        1,
        |message| async move {
            match parse::<Wake>(&message.body) {
                Ok(wake) => sweep(context, &wake).await,
                Err(reason) => Handled::poison(reason),
            }
        },
        |message, reason| async move { dead_letters.park(message.body, &reason).await },
    )
    .await
}
