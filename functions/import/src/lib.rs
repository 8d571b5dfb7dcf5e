//! Imports files of the bucket, one object per message: surveys it, reads it once without taking
//! anything if that was asked for, then takes its records batch by batch, each with a checkpoint.
//!
//! Reads the bucket and Work (imports); writes Customers, Addresses, Work (orders), Control (the
//! catalogue), and the refused records as objects beside the file. Before it: whoever puts an
//! object into the folder of its kind, such as `customers/` or `merchants/`, and operations, which
//! makes an import for an upload, starts it after its check and cancels it. After it: audiences and
//! deliveries.
//!
//! Guarantees: a message is a nudge, and the state of the import is the truth; a check writes
//! nothing but that state and what it would refuse; a file that is replaced while it is read stops;
//! a record that is taken twice after a crash is told as unchanged.

mod files;
mod message;
mod refused;

use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::kernel::money::Currency;
use objects::ObjectStore;
use queue::{Queue, QueueClient};
use runtime::{HandlerOutcome, clock::Deadline, env};
use secrets::Secrets;
use store::{Store, TableNames, TenantDefaults, customer::addresses::AddressKeySource};

use crate::message::parse_subjects;

/// The store, the files and the queues that the function works with.
pub struct ImportContext {
    pub store: Store,
    pub objects: ObjectStore,
    /// The function's own queue, to go on with a file after the time is over.
    pub imports: Queue,
    pub currency: Currency,
}

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let dead_letters = sqs.queue(env::required("IMPORTS_DLQ_URL")?);
    let secrets = Arc::new(Secrets::new(&runtime::aws::config("secrets_manager")));
    let arn = env::required("ADDRESS_SECRET_ARN")?;
    let keys = AddressKeySource::reading(move || {
        let secrets = Arc::clone(&secrets);
        secrets.read_address_hasher(arn.clone())
    });
    let names = TableNames::from_lookup(env::optional);
    let context = ImportContext {
        store: Store::new(&runtime::aws::config("dynamodb"), names)
            .with_address_keys(keys)
            .with_tenant(TenantDefaults::from_lookup(env::optional)?),
        objects: ObjectStore::new(&runtime::aws::config("s3"), env::required("IMPORTS_BUCKET")?),
        imports: sqs.queue(env::required("IMPORTS_QUEUE_URL")?),
        currency: Currency::parse(&env::required("CURRENCY")?)?,
    };
    runtime::run_sqs(|event, deadline| handle(&context, &dead_letters, event, deadline)).await
}

/// Handles one batch of the queue of imports.
pub async fn handle(
    context: &ImportContext,
    dead_letters: &Queue,
    event: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    runtime::batch::handle_batch(
        event,
        1,
        |message| async move {
            let subjects = match parse_subjects(&message.body) {
                Ok(subjects) => subjects,
                Err(reason) => return HandlerOutcome::poison(reason),
            };
            for subject in subjects {
                match files::import_file(context, subject, deadline).await {
                    HandlerOutcome::Done => {}
                    other @ (HandlerOutcome::Retry(_) | HandlerOutcome::Poison(_)) => return other,
                }
            }
            HandlerOutcome::Done
        },
        |message, reason| async move { dead_letters.park_message(message.body, &reason).await },
    )
    .await
}
