//! Adds voucher changes, from the table's stream, to the report counters, and changes of customers
//! and orders, from theirs, to the values that occur.
//!
//! Reads the streams and its own positions; writes Reports. Before it: everything that writes a
//! voucher, a customer or an order. After it: the reports API and the catalogue. Small batches of a shard are buffered beside its position
//! and added together (docs/decisions/0024); the watchdog adds a buffer that no further record
//! follows.
//!
//! Guarantees: each record counts once, however often the stream repeats it, because the position
//! moves in the same write as the buffer and in the same transaction as the counters. A record that
//! cannot be read is parked, and never blocks the records behind it.

mod handler;
mod values;

use std::time::Duration;

use domain::TimeZone;
use lambda_runtime::{LambdaEvent, service_fn};
use queue::Queue;
use runtime::env;
use store::{Store, TableNames};

pub use handler::{AggregateContext, count_batch};
pub use store::{
    reporting::value_stream::ValueBatch,
    voucher::stream::{StreamBatch, StreamRecord, VoucherChange},
};
pub use values::count_values;

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
        count_event(context, event.payload).await?;
        // no failed items are reported: a batch is counted whole, or retried from its first record;
        // the state of the window is not used
        Ok::<_, runtime::Error>(serde_json::json!({"batchItemFailures": [], "state": {}}))
    }))
    .await
}

/// Counts a batch of whichever stream it comes from.
pub async fn count_event(
    context: &AggregateContext,
    event: serde_json::Value,
) -> Result<(), runtime::Error> {
    match ValueBatch::source_of(&event) {
        Some(source) => count_values(context, &ValueBatch::parse_event(source, event)?).await?,
        None => count_batch(context, &StreamBatch::parse_event(event)?).await?,
    }
    Ok(())
}
