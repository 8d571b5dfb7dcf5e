//! Tells the app backend what happened to its customers' vouchers, by signed requests (Standard Webhooks). Takes pointers from its queue;
//! reads the endpoint and the campaign in Control and the voucher in Vouchers; calls the endpoint; keeps in Work what has to be told
//! again. Woken every minute too, to hand out what is due. Before it: announce, the webhooks API. After it: the app backend.
//! Guarantees: every event is taken by the endpoint (2xx), or tried for a day and then kept as a dead letter of that endpoint; it is told
//! at least once, under one id; nothing but the public internet is called, and no redirect is followed.

mod body;
mod handler;
mod waiting;
mod resting;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use outbound::{Caller, Policy};
use queue::{Queue, WebhookNudge, parse};
use runtime::{Deadline, Handled, env};
use secrets::Secrets;
use store::{Store, Tables};

pub use handler::{Context, tell};
pub use resting::Resting;
pub use waiting::hand_out;

/// Pointers of one batch that are told at once: all of them, so that one slow endpoint takes no more than its own time.
const CONCURRENCY: usize = 10;
/// Left of an invocation after a call that was not answered: to record that it was not.
const MARGIN: Duration = Duration::from_secs(2);

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = runtime::aws::config("sqs");
    let context = Context {
        store: Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(env::optional)),
        webhooks: Queue::new(&sqs, env::required("WEBHOOKS_QUEUE_URL")?),
        secrets: Secrets::new(&runtime::aws::config("secrets_manager")),
        signing_secret: env::required("SIGNING_SECRET_ARN")?,
        caller: Caller::new(Policy::new(&env::optional("WEBHOOK_PRIVATE_HOSTS").unwrap_or_default())),
        resting: Resting::default(),
        spread: || fastrand::u32(0..=1_000),
    };
    let dead_letters = Queue::new(&sqs, env::required("WEBHOOKS_DLQ_URL")?);
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// One batch of its queue.
pub async fn handle(context: &Context, dead_letters: &Queue, event: SqsEvent, deadline: Deadline) -> SqsBatchResponse {
    runtime::batch::each(
        event,
        CONCURRENCY,
        |message| async move {
            match parse::<WebhookNudge>(&message.body) {
                Ok(WebhookNudge::Tell(telling)) => tell(context, &telling, deadline, MARGIN).await,
                Ok(WebhookNudge::Look(wake)) => hand_out(context, &wake).await,
                Err(reason) => Handled::poison(reason),
            }
        },
        |message, _| async move { dead_letters.send_bodies(&[message.body]).await },
    )
    .await
}
