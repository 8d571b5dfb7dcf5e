//! The stream of the Vouchers table as its consumers get it, record by record: each is read by itself, so that one bad record is only
//! one bad record. Before it: every write of a voucher. After it: aggregate-reports and announce.

use domain::{Timestamp, voucher::Voucher};
use serde::Deserialize;
use serde_json::Value;

use crate::vouchers::from_image;

/// One record with its place in the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub sequence: String,
    /// When it was written, to the second; records of tests and of old platforms may not say.
    pub written_at: Option<Timestamp>,
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
    let written_at = raw.pointer("/dynamodb/ApproximateCreationDateTime").and_then(Value::as_f64).and_then(time);
    match sequence {
        Some(sequence) => Record { change: read_change(&raw), sequence, written_at },
        None => {
            let change = Change::Bad { raw: raw.to_string(), reason: "no sequence number".to_owned() };
            Record { sequence: format!("none-{index}"), written_at, change }
        }
    }
}

/// Seconds since 1970, with or without a fraction.
fn time(seconds: f64) -> Option<Timestamp> {
    let since = jiff::SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since).ok().filter(|at| *at > Timestamp::UNIX_EPOCH)
}

/// What is read of a record; `Default` is an image that is not there.
#[derive(Deserialize)]
struct Shown {
    #[serde(rename = "eventName", default)]
    event: String,
    #[serde(default)]
    dynamodb: Images,
}

#[derive(Default, Deserialize)]
struct Images {
    #[serde(rename = "OldImage", default)]
    old: Option<serde_dynamo::Item>,
    #[serde(rename = "NewImage", default)]
    new: Option<serde_dynamo::Item>,
}

fn read_change(raw: &Value) -> Change {
    let bad = |reason: String| Change::Bad { raw: raw.to_string(), reason };
    let Shown { event, dynamodb } = match Shown::deserialize(raw) {
        Ok(record) => record,
        Err(error) => return bad(format!("not a stream record: {error}")),
    };
    if event == "REMOVE" {
        return Change::Nothing;
    }
    let Some(new) = dynamodb.new.filter(|image| !image.is_empty()) else { return bad("no new image".to_owned()) };
    let new = match from_image(new) {
        Ok(new) => Box::new(new),
        Err(error) => return bad(error.to_string()),
    };
    let Some(old) = dynamodb.old.filter(|image| !image.is_empty()) else { return Change::Step { old: None, new } };
    match from_image(old) {
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
