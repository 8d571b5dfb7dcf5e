//! Folds changes of vouchers, from the table's stream, into the report counters. Reads the stream and its own positions; writes
//! Reports. Before it: everything that writes a voucher. After it: the reports API.
//! Many small batches of a shard are held beside its position and added together (docs/decisions/0024); the sweep adds what nothing follows.
//! Guarantees: each record counts once, however often the stream hands it over, because the position moves in the same write as what is
//! held, and in the same transaction as the counters; a record that cannot be read is parked and counted, and never blocks the ones behind it.

mod handler;

use std::time::Duration;

use domain::TimeZone;
use lambda_runtime::{LambdaEvent, service_fn};
use queue::Queue;
use runtime::env;
use store::{Store, Tables};

pub use handler::{Context, fold};
pub use store::changes::{Batch, Change, Record};

pub async fn run() -> Result<(), runtime::Error> {
    let zone = env::optional("TENANT_ZONE").unwrap_or_else(|| "UTC".to_owned());
    let context = Context {
        store: Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(env::optional)),
        parked: Queue::new(&runtime::aws::config("sqs"), env::required("PARKED_QUEUE_URL")?),
        zone: TimeZone::get(&zone)?,
        hold: Duration::from_secs(env::number("HOLD_COUNTS_SECONDS", 20)?),
    };
    let context = &context;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        let batch = Batch::read(event.payload)?;
        fold(context, &batch).await?;
        // no failed items: a batch is counted whole or tried again from its first record. The window's state is not used.
        Ok::<_, runtime::Error>(serde_json::json!({"batchItemFailures": [], "state": {}}))
    }))
    .await
}
