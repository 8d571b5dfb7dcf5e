//! Fires autopilots by the calendar: for each that is due, walks the days that have begun since it last looked, reads from the calendar
//! indexes only who can fire on them, and writes dispatches with the position in one transaction, due at each customer's own hour.
//! Reads Work, Control, Customers; writes Work. Before it: the clock. After it: release-dispatches and the deliver-* workers, which ask
//! the trigger's condition again. The position is the truth and the wake-up only a nudge: an outage is walked through afterwards, and
//! two workers on one autopilot cannot both write a page.

mod events;
mod handler;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use queue::{Queue, Wake, parse};
use runtime::{Handled, clock::Deadline};
use store::{Store, Tables};

pub use handler::{Context, scan};

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = runtime::aws::config("sqs");
    let dead_letters = Queue::new(&sqs, runtime::env::required("AUTOPILOT_DLQ_URL")?);
    let context = Context {
        store: Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(runtime::env::optional)),
        release: Queue::new(&sqs, runtime::env::required("RELEASE_QUEUE_URL")?),
        dispatch_size: runtime::env::number("DISPATCH_SIZE", domain::dispatch::MAX_CUSTOMERS)?,
    };
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// However many wake-ups a batch holds, one round does.
pub async fn handle(context: &Context, dead_letters: &Queue, event: SqsEvent, deadline: Deadline) -> SqsBatchResponse {
    let scanned = scan(context, deadline).await;
    let scanned = &scanned;
    runtime::batch::each(
        event,
        1,
        |message| async move {
            match (parse::<Wake>(&message.body), scanned) {
                (Err(reason), _) => Handled::poison(reason),
                (Ok(_), Ok(())) => Handled::Done,
                (Ok(_), Err(error)) => Handled::retry(error.to_string()),
            }
        },
        |message, reason| async move { dead_letters.park(message.body, &reason).await },
    )
    .await
}
