//! The streams of Customers and Work, as far as values that occur follow from them: each record is
//! read as what it adds to the counts. Before it: every write of a customer or an order. After it:
//! aggregate-reports.
//!
//! Guarantees: an unreadable record affects no other, and a record that is neither a customer nor
//! an order of the ledger adds nothing.

use domain::reporting::occurring_values::{
    ValueDelta, customer_values, order_values, value_change,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    customer::profiles::customer_from_image,
    error::Result,
    item::{AttributeReader, ItemMap},
    keys::{CUSTOMER_ID, is_ledger_order},
    voucher::orders::read_order,
};

/// One stream record with its sequence number.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueRecord {
    pub sequence: String,
    pub change: ValueChange,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ValueChange {
    /// The changes that the record adds to the counts.
    Counted(ValueDelta),
    /// An unreadable record, kept as it arrived, with the reason.
    Unreadable { raw: String, reason: String },
}

/// The stream that a batch comes from. Sequence numbers are unique within a stream alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueSource {
    Customers,
    Orders,
}

impl ValueSource {
    pub fn as_str(self) -> &'static str {
        match self {
            ValueSource::Customers => "customers",
            ValueSource::Orders => "orders",
        }
    }
}

/// A batch of one of the two streams.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueBatch {
    pub source: ValueSource,
    pub shard: Option<String>,
    pub records: Vec<ValueRecord>,
}

#[derive(Deserialize)]
struct ValueEvent {
    #[serde(rename = "Records", default)]
    records: Vec<Value>,
    #[serde(rename = "shardId", default)]
    shard: Option<String>,
}

/// The parts of a stream record that are read. `Default` stands for images that are absent.
#[derive(Deserialize)]
struct ValueRecordBody {
    #[serde(default)]
    dynamodb: ValueImages,
}

#[derive(Default, Deserialize)]
struct ValueImages {
    #[serde(rename = "SequenceNumber", default)]
    sequence: Option<String>,
    #[serde(rename = "OldImage", default)]
    old: Option<serde_dynamo::Item>,
    #[serde(rename = "NewImage", default)]
    new: Option<serde_dynamo::Item>,
}

impl ValueBatch {
    /// Returns the stream of an event by the attributes of its first record, or `None` if that is
    /// neither of the two: the event is then of Vouchers.
    pub fn source_of(event: &Value) -> Option<ValueSource> {
        let has = |name: &str| {
            ["Keys", "NewImage", "OldImage"]
                .iter()
                .any(|part| event.pointer(&format!("/Records/0/dynamodb/{part}/{name}")).is_some())
        };
        match (has("voucher_id"), has(CUSTOMER_ID), has("pk")) {
            (true, _, _) | (false, false, false) => None,
            (false, true, _) => Some(ValueSource::Customers),
            (false, false, true) => Some(ValueSource::Orders),
        }
    }

    /// Parses an event. Fails only if the event is no batch at all.
    pub fn parse_event(
        source: ValueSource,
        event: Value,
    ) -> std::result::Result<Self, serde_json::Error> {
        let shape: ValueEvent = serde_json::from_value(event)?;
        let records = shape.records.into_iter().enumerate();
        Ok(Self {
            source,
            shard: shape.shard.filter(|shard| !shard.is_empty()),
            records: records.map(|(index, raw)| read_record(index, raw)).collect(),
        })
    }
}

fn read_record(index: usize, raw: Value) -> ValueRecord {
    let bad = |sequence: Option<String>, reason: String| ValueRecord {
        sequence: sequence.unwrap_or_else(|| format!("none-{index}")),
        change: ValueChange::Unreadable { raw: raw.to_string(), reason },
    };
    let ValueImages { sequence, old, new } = match ValueRecordBody::deserialize(&raw) {
        Ok(record) => record.dynamodb,
        Err(error) => return bad(None, format!("not a stream record: {error}")),
    };
    let Some(sequence) = sequence else {
        return bad(None, "no sequence number".to_owned());
    };
    match read_change(old, new) {
        Ok(delta) => ValueRecord { sequence, change: ValueChange::Counted(delta) },
        Err(error) => bad(Some(sequence), error.to_string()),
    }
}

fn read_change(
    old: Option<serde_dynamo::Item>,
    new: Option<serde_dynamo::Item>,
) -> Result<ValueDelta> {
    let values = |image: Option<serde_dynamo::Item>| {
        image.map_or_else(|| Ok(ValueDelta::new()), |image| read_values(&ItemMap::from(image)))
    };
    Ok(value_change(values(old)?, values(new)?))
}

/// Returns what an item contributes. A tombstone contributes nothing.
fn read_values(item: &ItemMap) -> Result<ValueDelta> {
    if item.contains_key(CUSTOMER_ID) {
        let customer = customer_from_image(item)?;
        return Ok(customer.as_ref().map(customer_values).unwrap_or_default());
    }
    if item.text_opt("pk").is_some_and(is_ledger_order) {
        return Ok(order_values(&read_order(item)?.order));
    }
    Ok(ValueDelta::new())
}
