//! Exports data into files of the bucket: reads the records page by page, writes them part by part
//! with a checkpoint after each, and at the end a manifest with counts and checksums.
//!
//! Reads Vouchers, Work (orders, exports), Customers, Control (campaigns) and Addresses (states);
//! writes its state to Work and objects to the bucket of exports. Before it: operations, which
//! makes an export, and cancels or removes it. After it: whoever downloads the parts.
//!
//! Guarantees: a message is a nudge, and the state of the export is the truth; after a crash each
//! row is in exactly one part that counts; no file of an export that was removed stays; customers
//! who were erased before their page is read are in no part.

mod pages;
mod worker;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use objects::ObjectStore;
use queue::{ExportNudge, Queue, QueueClient, parse_message};
use runtime::{HandlerOutcome, clock::Deadline, env};
use store::{Store, TableNames, TenantDefaults};

/// The store, the files and the queue that the function works with.
pub struct ExportContext {
    pub store: Store,
    pub objects: ObjectStore,
    /// The function's own queue, to go on with an export after the time is over.
    pub exports: Queue,
}

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let dead_letters = sqs.queue(env::required("EXPORTS_DLQ_URL")?);
    let names = TableNames::from_lookup(env::optional);
    let context = ExportContext {
        store: Store::new(&runtime::aws::config("dynamodb"), names)
            .with_tenant(TenantDefaults::from_lookup(env::optional)?),
        objects: ObjectStore::new(&runtime::aws::config("s3"), env::required("EXPORTS_BUCKET")?),
        exports: sqs.queue(env::required("EXPORTS_QUEUE_URL")?),
    };
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// Handles one batch of the queue of exports.
pub async fn handle(
    context: &ExportContext,
    dead_letters: &Queue,
    event: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    runtime::batch::handle_batch(
        event,
        1,
        |message| async move {
            match parse_message::<ExportNudge>(&message.body) {
                Ok(nudge) => worker::go_on(context, &nudge.export, deadline).await,
                Err(reason) => HandlerOutcome::poison(reason),
            }
        },
        |message, reason| async move { dead_letters.park_message(message.body, &reason).await },
    )
    .await
}
