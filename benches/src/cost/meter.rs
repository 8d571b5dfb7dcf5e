//! The interceptor that meters a run: it asks DynamoDB for the capacity that each call consumed,
//! and records calls, write units (table and indexes separately) and read units by function, call
//! and table. SQS sends are counted as requests.
//!
//! What DynamoDB does not report is computed by the documented rules: reads (see `units`), and
//! writes whose condition failed, which cost what they would have written.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
            },
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::{ConfigBag, Storable, StoreReplace},
};
use serde_json::Value;

use super::units::{item_size, read_units, write_units};
use crate::null::lock;

/// The function, the call, and the table or queue.
pub type CallKey = (String, String, String);

#[derive(Debug, Clone, Copy, Default)]
pub struct MeterLine {
    pub calls: u64,
    pub table_writes: f64,
    pub index_writes: f64,
    pub reads: f64,
    pub sqs: f64,
}

#[derive(Debug, Clone, Default)]
pub struct CallMeter(Arc<Mutex<MeterTotals>>);

#[derive(Debug, Default)]
struct MeterTotals {
    function: String,
    lines: BTreeMap<CallKey, MeterLine>,
}

/// The current call, from its request to its answer.
#[derive(Debug, Clone)]
struct CurrentCall {
    operation: String,
    table: String,
    consistent: bool,
    /// The keys of a BatchGetItem, by table.
    batch: Vec<BatchKeys>,
}

/// The keys that a BatchGetItem reads of one table.
#[derive(Debug, Clone)]
struct BatchKeys {
    table: String,
    consistent: bool,
    keys: usize,
}

impl Storable for CurrentCall {
    type Storer = StoreReplace<Self>;
}

impl CallMeter {
    /// Sets the function whose calls are counted from now on.
    pub fn set_function(&self, function: &str) {
        lock(&self.0).function = function.to_owned();
    }
    pub fn lines(&self) -> BTreeMap<CallKey, MeterLine> {
        lock(&self.0).lines.clone()
    }
    /// Adds requests that others make for us: the poller of a function's queue, a topic.
    pub fn add_sqs_requests(&self, call: &str, queue: &str, requests: f64) {
        self.add_line(call, queue, MeterLine { calls: 1, sqs: requests, ..MeterLine::default() });
    }

    fn add_line(&self, call: &str, place: &str, more: MeterLine) {
        let mut ledger = lock(&self.0);
        let key = (ledger.function.clone(), call.to_owned(), place.to_owned());
        let line = ledger.lines.entry(key).or_default();
        line.calls += more.calls;
        line.table_writes += more.table_writes;
        line.index_writes += more.index_writes;
        line.reads += more.reads;
        line.sqs += more.sqs;
    }

    fn record_answer(&self, call: &CurrentCall, status: u16, answer: &Value) {
        if call.operation == "SendMessageBatch" {
            return self.add_line(
                &call.operation,
                &call.table,
                MeterLine { calls: 1, sqs: 1.0, ..MeterLine::default() },
            );
        }
        let mut line = MeterLine { calls: 1, ..reported_units(answer) };
        match call.operation.as_str() {
            _ if status >= 400 => {
                line = MeterLine {
                    calls: 1,
                    table_writes: failed_write_units(answer),
                    ..MeterLine::default()
                }
            }
            "GetItem" => {
                line =
                    read_line(read_units(answer.get("Item").map_or(0, item_size), call.consistent))
            }
            "BatchGetItem" => line = read_line(batch_units(call, answer)),
            "Query" | "Scan" => {
                let items = answer.get("Items").and_then(Value::as_array).into_iter().flatten();
                line = read_line(read_units(items.map(item_size).sum(), call.consistent));
            }
            _ => {}
        }
        self.add_line(&call.operation, &call.table, line);
    }
}

fn read_line(units: f64) -> MeterLine {
    MeterLine { calls: 1, reads: units, ..MeterLine::default() }
}

/// Computes each item by itself; a key without an item costs a unit too.
fn batch_units(call: &CurrentCall, answer: &Value) -> f64 {
    let of_table = |BatchKeys { table, consistent, keys }: &BatchKeys| {
        let items = answer.get("Responses").and_then(|tables| tables.get(table)?.as_array());
        let items = items.map(Vec::as_slice).unwrap_or_default();
        let found: f64 = items.iter().map(|item| read_units(item_size(item), *consistent)).sum();
        found + keys.saturating_sub(items.len()) as f64 * read_units(0, *consistent)
    };
    call.batch.iter().map(of_table).sum()
}

/// Returns the keys of a BatchGetItem, or nothing for another call.
fn batch_keys(request: &Value) -> Vec<BatchKeys> {
    let tables = request.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
    let keys = tables.filter_map(|(table, wanted)| {
        let keys = wanted.get("Keys")?.as_array()?.len();
        let consistent = wanted.get("ConsistentRead").and_then(Value::as_bool).unwrap_or(false);
        Some(BatchKeys { table: table.clone(), consistent, keys })
    });
    keys.collect()
}

/// Returns the consumption that a write reports: of one table, or the list of a transaction.
fn reported_units(answer: &Value) -> MeterLine {
    let Some(consumed) = answer.get("ConsumedCapacity") else {
        return MeterLine::default();
    };
    let all = consumed.as_array().map_or_else(|| vec![consumed], |list| list.iter().collect());
    let mut line = MeterLine::default();
    for one in all {
        let total = one.get("CapacityUnits").and_then(Value::as_f64).unwrap_or(0.0);
        let indexes =
            one.get("GlobalSecondaryIndexes").and_then(Value::as_object).into_iter().flatten();
        let index: f64 = indexes
            .filter_map(|(_, units)| units.get("CapacityUnits").and_then(Value::as_f64))
            .sum();
        line.table_writes += total - index;
        line.index_writes += index;
    }
    line
}

/// Returns the cost of a failed condition: that of the write it prevented; in a transaction, twice
/// that of every item.
fn failed_write_units(answer: &Value) -> f64 {
    match answer.get("CancellationReasons").and_then(Value::as_array) {
        Some(reasons) => {
            2.0 * reasons
                .iter()
                .map(|reason| write_units(reason.get("Item").map_or(0, item_size)))
                .sum::<f64>()
        }
        None => write_units(answer.get("Item").map_or(0, item_size)),
    }
}

/// Returns the template's name of a table (`VouchersTable`; test tables are called
/// `t-1-2-3-voucherstable`) without its last word, or the last part of a queue's URL. A read of
/// several tables has all their names.
fn request_place(request: &Value) -> String {
    if let Some(tables) = request.get("RequestItems").and_then(Value::as_object) {
        let mut names: Vec<String> = tables.keys().map(|name| place_name(name)).collect();
        names.sort();
        return names.join(", ");
    }
    let written = || {
        let first =
            request.get("TransactItems")?.as_array()?.first()?.as_object()?.values().next()?;
        first.get("TableName")?.as_str()
    };
    let named =
        request.get("TableName").or_else(|| request.get("QueueUrl")).and_then(Value::as_str);
    place_name(named.or_else(written).unwrap_or_default())
}

fn place_name(name: &str) -> String {
    name.rsplit(['-', '/'])
        .next()
        .unwrap_or(name)
        .trim_end_matches("table")
        .trim_end_matches("Table")
        .to_owned()
}

impl Intercept for CallMeter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        const ASK: &str = r#"{"ReturnConsumedCapacity":"INDEXES","#;
        let request = context.request_mut();
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let Some((service, operation)) = target.split_once('.') else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let parsed: Value = serde_json::from_str(&text).unwrap_or_default();
        let index = parsed
            .get("IndexName")
            .and_then(Value::as_str)
            .map(|index| format!(" ({index})"))
            .unwrap_or_default();
        let consistent = parsed.get("ConsistentRead");
        bag.interceptor_state().store_put(CurrentCall {
            operation: operation.to_owned(),
            table: request_place(&parsed) + &index,
            consistent: consistent.and_then(Value::as_bool).unwrap_or(false),
            batch: batch_keys(&parsed),
        });
        // a retried attempt has already been changed
        if service.starts_with("DynamoDB") && !text.starts_with(ASK) {
            let asking = format!("{ASK}{}", text.trim_start_matches('{'));
            request.headers_mut().insert("content-length", asking.len().to_string());
            *request.body_mut() = SdkBody::from(asking);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = bag.load::<CurrentCall>() {
            let answer = context.response().body().bytes().unwrap_or_default();
            let answer = serde_json::from_slice(answer).unwrap_or_default();
            self.record_answer(call, context.response().status().as_u16(), &answer);
        }
        Ok(())
    }
}
