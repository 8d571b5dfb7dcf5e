//! Adds voucher changes, from the table's stream, to the report counters.
//!
//! Reads the stream and its own positions; writes Reports. Before it: everything that writes a
//! voucher. After it: the reports API. Small batches of a shard are buffered beside its position
//! and added together (docs/decisions/0024); the watchdog adds a buffer that no further record
//! follows.
//!
//! Guarantees: each record counts once, however often the stream repeats it, because the position
//! moves in the same write as the buffer and in the same transaction as the counters. A record that
//! cannot be read is parked, and never blocks the records behind it.

mod handler;

use std::time::Duration;

use domain::TimeZone;
use lambda_runtime::{LambdaEvent, service_fn};
use queue::Queue;
use runtime::env;
use store::{Store, TableNames};

pub use handler::{AggregateContext, count_batch};
pub use store::voucher::stream::{StreamBatch, StreamRecord, VoucherChange};

pub async fn run() -> Result<(), runtime::Error> {
    let zone = env::optional("TENANT_ZONE").unwrap_or_else(|| "UTC".to_owned());
    let context = AggregateContext {
        store: Store::new(
            &runtime::aws::config("dynamodb"),
            TableNames::from_lookup(env::optional),
        ),
        parked: Queue::new(&runtime::aws::config("sqs"), env::required("PARKED_QUEUE_URL")?),
        zone: TimeZone::get(&zone)?,
        buffer_time: Duration::from_secs(env::number("HOLD_COUNTS_SECONDS", 20)?),
    };
    let context = &context;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        let batch = StreamBatch::parse_event(event.payload)?;
        count_batch(context, &batch).await?;
        // no failed items are reported: a batch is counted whole, or retried from its first record;
        // the state of the window is not used
        Ok::<_, runtime::Error>(serde_json::json!({"batchItemFailures": [], "state": {}}))
    }))
    .await
}
