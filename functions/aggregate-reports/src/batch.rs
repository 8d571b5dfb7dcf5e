//! A batch of the stream, record by record: each is read by itself, so that one bad record is only one bad record.

use aws_lambda_events::dynamodb::EventRecord;
use domain::voucher::Voucher;
use serde::Deserialize;
use serde_json::Value;

/// One record with its place in the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub sequence: String,
    pub change: Change,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Step {
        old: Option<Box<Voucher>>,
        new: Box<Voucher>,
    },
    /// A deletion (TTL, erasure): takes nothing back.
    Nothing,
    /// Cannot be read: kept as it came, with the reason.
    Bad {
        raw: String,
        reason: String,
    },
}

/// What the platform hands over: the records, and on AWS (tumbling window) the shard that they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub shard: Option<String>,
    pub records: Vec<Record>,
}

#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "Records", default)]
    records: Vec<Value>,
    #[serde(rename = "shardId", default)]
    shard: Option<String>,
}

impl Batch {
    /// Only an event that is no batch at all is an error.
    pub fn read(event: Value) -> Result<Self, serde_json::Error> {
        let shape: Shape = serde_json::from_value(event)?;
        let records = shape.records.into_iter().enumerate().map(|(index, raw)| read_record(index, raw)).collect();
        Ok(Self { shard: shape.shard.filter(|shard| !shard.is_empty()), records })
    }
}

fn read_record(index: usize, raw: Value) -> Record {
    let sequence = raw.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).map(str::to_owned);
    match sequence {
        Some(sequence) => Record { change: read_change(&raw), sequence },
        None => {
            let change = Change::Bad { raw: raw.to_string(), reason: "no sequence number".to_owned() };
            Record { sequence: format!("none-{index}"), change }
        }
    }
}

fn read_change(raw: &Value) -> Change {
    let bad = |reason: String| Change::Bad { raw: raw.to_string(), reason };
    let record: EventRecord = match serde_json::from_value(raw.clone()) {
        Ok(record) => record,
        Err(error) => return bad(format!("not a stream record: {error}")),
    };
    if record.event_name == "REMOVE" {
        return Change::Nothing;
    }
    if record.change.new_image.is_empty() {
        return bad("no new image".to_owned());
    }
    let new = match store::vouchers::from_image(record.change.new_image) {
        Ok(new) => Box::new(new),
        Err(error) => return bad(error.to_string()),
    };
    if record.change.old_image.is_empty() {
        return Change::Step { old: None, new };
    }
    match store::vouchers::from_image(record.change.old_image) {
        Ok(old) => Change::Step { old: Some(Box::new(old)), new },
        Err(error) => bad(error.to_string()),
    }
}

/// Sequence numbers are decimal numbers of up to 40 digits: longer is later, equal length compares as text.
pub fn not_after(sequence: &str, position: &str) -> bool {
    let trimmed = |text: &str| text.trim_start_matches('0').to_owned();
    let (a, b) = (trimmed(sequence), trimmed(position));
    (a.len(), a) <= (b.len(), b)
}
