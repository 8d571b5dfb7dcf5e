//! The stream of the Vouchers table as its consumers receive it. Each record is parsed by itself,
//! so that an unreadable record affects no other. Before it: every write of a voucher. After it:
//! the functions aggregate-reports and publish-webhook-events.

use domain::{Timestamp, voucher::record::Voucher};
use serde::Deserialize;
use serde_json::Value;

use crate::voucher::records::voucher_from_image;

/// One stream record with its sequence number.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRecord {
    pub sequence: String,
    /// The time of the write, to the second. Records from tests and from old platforms may not
    /// carry it.
    pub written_at: Option<Timestamp>,
    pub change: VoucherChange,
}

#[derive(Debug, Clone, PartialEq)]
pub enum VoucherChange {
    Changed {
        old: Option<Box<Voucher>>,
        new: Box<Voucher>,
    },
    /// A deletion (TTL, erasure). It takes nothing back from the counters.
    Removed,
    /// An unreadable record, kept as it arrived, with the reason.
    Unreadable {
        raw: String,
        reason: String,
    },
}

/// The event that the platform delivers: the records, and on AWS (tumbling window) the shard that
/// they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamBatch {
    pub shard: Option<String>,
    pub records: Vec<StreamRecord>,
}

#[derive(Deserialize)]
struct StreamEvent {
    #[serde(rename = "Records", default)]
    records: Vec<Value>,
    #[serde(rename = "shardId", default)]
    shard: Option<String>,
}

impl StreamBatch {
    /// Parses an event. Fails only if the event is no batch at all; an unreadable record becomes
    /// [`VoucherChange::Unreadable`].
    pub fn parse_event(event: Value) -> Result<Self, serde_json::Error> {
        let shape: StreamEvent = serde_json::from_value(event)?;
        let records = shape
            .records
            .into_iter()
            .enumerate()
            .map(|(index, raw)| read_record(index, raw))
            .collect();
        Ok(Self { shard: shape.shard.filter(|shard| !shard.is_empty()), records })
    }
}

fn read_record(index: usize, raw: Value) -> StreamRecord {
    let sequence =
        raw.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).map(str::to_owned);
    let written_at = raw
        .pointer("/dynamodb/ApproximateCreationDateTime")
        .and_then(Value::as_f64)
        .and_then(parse_seconds);
    match sequence {
        Some(sequence) => StreamRecord { change: read_change(&raw), sequence, written_at },
        None => {
            let change = VoucherChange::Unreadable {
                raw: raw.to_string(),
                reason: "no sequence number".to_owned(),
            };
            StreamRecord { sequence: format!("none-{index}"), written_at, change }
        }
    }
}

/// Converts seconds since 1970, with or without a fraction.
fn parse_seconds(seconds: f64) -> Option<Timestamp> {
    let since = jiff::SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since).ok().filter(|at| *at > Timestamp::UNIX_EPOCH)
}

/// The parts of a stream record that are read. `Default` stands for images that are absent.
#[derive(Deserialize)]
struct RecordBody {
    #[serde(rename = "eventName", default)]
    event: String,
    #[serde(default)]
    dynamodb: RecordImages,
}

#[derive(Default, Deserialize)]
struct RecordImages {
    #[serde(rename = "OldImage", default)]
    old: Option<serde_dynamo::Item>,
    #[serde(rename = "NewImage", default)]
    new: Option<serde_dynamo::Item>,
}

fn read_change(raw: &Value) -> VoucherChange {
    let bad = |reason: String| VoucherChange::Unreadable { raw: raw.to_string(), reason };
    let RecordBody { event, dynamodb } = match RecordBody::deserialize(raw) {
        Ok(record) => record,
        Err(error) => return bad(format!("not a stream record: {error}")),
    };
    if event == "REMOVE" {
        return VoucherChange::Removed;
    }
    let Some(new) = dynamodb.new.filter(|image| !image.is_empty()) else {
        return bad("no new image".to_owned());
    };
    let new = match voucher_from_image(new) {
        Ok(new) => Box::new(new),
        Err(error) => return bad(error.to_string()),
    };
    let Some(old) = dynamodb.old.filter(|image| !image.is_empty()) else {
        return VoucherChange::Changed { old: None, new };
    };
    match voucher_from_image(old) {
        Ok(old) => VoucherChange::Changed { old: Some(Box::new(old)), new },
        Err(error) => bad(error.to_string()),
    }
}

/// Returns true if `sequence` is not later than `position`. Sequence numbers are decimal numbers of
/// up to 40 digits: the longer one is later, and numbers of equal length compare as text.
pub fn is_not_after(sequence: &str, position: &str) -> bool {
    let trimmed = |text: &str| text.trim_start_matches('0').to_owned();
    let (a, b) = (trimmed(sequence), trimmed(position));
    (a.len(), a) <= (b.len(), b)
}
