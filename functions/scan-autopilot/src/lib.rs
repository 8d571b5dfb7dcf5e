//! Fires autopilots by the calendar and by events.
//!
//! For each due autopilot it scans the days that have begun since its last scan, reads from the
//! calendar indexes only the customers for whom it can fire, and writes their dispatches together
//! with the position in one transaction. Each dispatch is due at the customer's own hour.
//!
//! Reads Work, Control and Customers; writes Work. Before it: the schedule, and customers, which
//! records the matches of events. After it: release-dispatches and the deliver-* workers, which
//! check the trigger's condition again.
//!
//! Guarantees: the position is the truth and the wake-up only a nudge. So missed days are scanned
//! after an outage, and two workers on one autopilot cannot both write a page.

mod events;
mod handler;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use queue::{Queue, QueueClient, WakeNudge, parse_message};
use runtime::{HandlerOutcome, clock::Deadline};
use store::{Store, TableNames, TenantDefaults};

pub use handler::scan_autopilots;

/// The time that must be left to begin a page. Reading and writing one takes far less.
const MARGIN: Duration = Duration::from_secs(2);

pub struct ScanContext {
    pub store: Store,
    pub release: Queue,
    /// Customers of one dispatch, 1 to 50.
    pub dispatch_size: usize,
}

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let dead_letters = sqs.queue(runtime::env::required("AUTOPILOT_DLQ_URL")?);
    let context = ScanContext {
        store: Store::new(
            &runtime::aws::config("dynamodb"),
            TableNames::from_lookup(runtime::env::optional),
        )
        .with_tenant(TenantDefaults::from_lookup(runtime::env::optional)?),
        release: sqs.queue(runtime::env::required("RELEASE_QUEUE_URL")?),
        dispatch_size: runtime::env::number(
            "DISPATCH_SIZE",
            domain::delivery::dispatch::MAX_DISPATCH_CUSTOMERS,
        )?,
    };
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// Runs one round for the whole batch, however many wake-up messages it holds.
pub async fn handle(
    context: &ScanContext,
    dead_letters: &Queue,
    event: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    let scanned = scan_autopilots(context, deadline).await;
    let scanned = &scanned;
    runtime::batch::handle_batch(
        event,
        1,
        |message| async move {
            match (parse_message::<WakeNudge>(&message.body), scanned) {
                (Err(reason), _) => HandlerOutcome::poison(reason),
                (Ok(_), Ok(())) => HandlerOutcome::Done,
                (Ok(_), Err(error)) => HandlerOutcome::retry(error.to_string()),
            }
        },
        |message, reason| async move { dead_letters.park_message(message.body, &reason).await },
    )
    .await
}
