//! Releases due dispatches to their channel's queue, within the channel's rate: reads the due index and Control, flips dispatches in
//! Work, sends pointers. Woken every minute and after planning. Before it: expand-audience, delivery's follow-ups, the sweep.
//! After it: the deliver-* workers. Guarantees: a paused campaign's work stays ready, and no queue holds more than a minute of it.

mod handler;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::channel::Channel;
use queue::{Queue, Wake, parse};
use runtime::{Handled, clock::Deadline, env};
use store::{Store, Tables};

pub use handler::{Context, Lane, release};

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = runtime::aws::config("sqs");
    let lane = |channel, url, rate, default| -> Result<Lane, env::ConfigError> {
        Ok(Lane { channel, queue: Queue::new(&sqs, env::required(url)?), per_second: env::number(rate, default)? })
    };
    let context = Context {
        store: Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(env::optional)),
        lanes: vec![
            lane(Channel::Sms, "SMS_QUEUE_URL", "SMS_RATE", 20)?,
            lane(Channel::Email, "EMAIL_QUEUE_URL", "EMAIL_RATE", 50)?,
            lane(Channel::Push, "PUSH_QUEUE_URL", "PUSH_RATE", 500)?,
        ],
        look_again_seconds: 10 * env::number("WORKER_TIMEOUT_SECONDS", 30)?,
    };
    let dead_letters = Queue::new(&sqs, env::required("RELEASE_DLQ_URL")?);
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// However many wake-ups a batch holds, one round does.
pub async fn handle(context: &Context, dead_letters: &Queue, event: SqsEvent, deadline: Deadline) -> SqsBatchResponse {
    let released = release(context, deadline).await;
    let released = &released;
    runtime::batch::each(
        event,
        1,
        |message| async move {
            match (parse::<Wake>(&message.body), released) {
                (Err(reason), _) => Handled::poison(reason),
                (Ok(_), Ok(())) => Handled::Done,
                (Ok(_), Err(error)) => Handled::retry(error.to_string()),
            }
        },
        |message, reason| async move { dead_letters.park(message.body, &reason).await },
    )
    .await
}
