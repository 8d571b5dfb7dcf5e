//! Stamps what is said after the send: SES events, SNS delivery status records, replies to an SMS, and devices that are gone, by way of
//! the feedback topic and queue. Reads Work (message ids of SNS), writes Vouchers and, of Customers, suppressions (bounces, complaints,
//! carriers' opt-outs), consents (replies such as STOP) and devices. Before it: the providers and deliver-push. After it: aggregate-reports, through the stream. Guarantees: any order and any number of repeats give
//! the same result; a stage once set stays.

mod handler;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use channels::mask::masked;
use queue::Queue;
use runtime::Handled;
use store::{Store, Tables};

pub use handler::record;

/// Events of one batch in work at once.
const CONCURRENCY: usize = 10;
/// Receives after which a message is set aside by hand, one before its queue would do it: so that it can be without addresses.
const LAST_RECEIVE: u32 = 4;

pub async fn run() -> Result<(), runtime::Error> {
    let store = Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(runtime::env::optional));
    let sqs = runtime::aws::config("sqs");
    let dead_letters = Queue::new(&sqs, runtime::env::required("FEEDBACK_DLQ_URL")?);
    runtime::run_sqs(|event, _| handle(&store, &dead_letters, event)).await
}

/// One batch of its queue.
pub async fn handle(store: &Store, dead_letters: &Queue, event: SqsEvent) -> SqsBatchResponse {
    runtime::batch::each(
        event,
        CONCURRENCY,
        |message| async move {
            match channels::feedback::parse(&message.body, runtime::clock::now()) {
                Ok(news) => match record(store, &news, message.receives).await {
                    Handled::Retry(reason) if message.receives >= LAST_RECEIVE => Handled::poison(reason),
                    handled @ (Handled::Done | Handled::Retry(_) | Handled::Poison(_)) => handled,
                },
                Err(reason) => Handled::poison(reason),
            }
        },
        // providers name the address in each event, and a dead letter stays for two weeks
        |message, reason| async move { dead_letters.park(masked(&message.body), &reason).await },
    )
    .await
}
