//! Counts a batch exactly once.
//!
//! The position is stored under the name of the shard, if the event carries it (on AWS), or else
//! under the batch's first sequence number: with bisecting off, a retry always starts at the same
//! record, though its end may have grown.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    TimeZone, Timestamp,
    reporting::{
        counters::{CounterDelta, contribution_change},
        sender_health::{self, SendBlocks},
    },
};
use queue::Queue;
use runtime::metrics::Metrics;
use store::{
    Store, StoreError,
    conditional::Applied,
    reporting::{
        counters::{
            BufferedCounts, MAX_TRANSACTION_ROWS, StreamCheckpoint, StreamPosition, touched_rows,
        },
        heartbeats::HeartbeatSource,
    },
    voucher::stream::{StreamBatch, StreamRecord, VoucherChange, is_not_after},
};

/// Attempts to read the position again after another invocation has moved it.
const MAX_ROUNDS: usize = 5;

pub struct AggregateContext {
    pub store: Store,
    /// The queue for stream records that cannot be read.
    pub parked: Queue,
    /// The tenant's time zone, in which days are counted.
    pub zone: TimeZone,
    /// The longest time for which a shard's changes may stay buffered beside its position before
    /// they are added to the counters, all in one transaction.
    pub buffer_time: Duration,
}

pub async fn count_batch(
    context: &AggregateContext,
    batch: &StreamBatch,
) -> Result<(), StoreError> {
    let Some(first) = batch.records.first() else {
        return Ok(());
    };
    let name = match &batch.shard {
        Some(shard) => format!("shard#{shard}"),
        None => format!("batch#{}", first.sequence),
    };
    for _ in 0..MAX_ROUNDS {
        let place = context.store.stream_checkpoint(&name).await?;
        let rest = uncounted_records(batch, place.sequence.as_deref());
        if let Applied::Yes = count_records(context, batch, rest, &name, place).await? {
            report_batch(batch, rest.len());
            return Ok(());
        }
    }
    Err(StoreError::Contended("the position in the stream"))
}

/// Counts the records together with the buffered counts before them, or buffers the last of them.
async fn count_records(
    context: &AggregateContext,
    batch: &StreamBatch,
    records: &[StreamRecord],
    name: &str,
    mut place: StreamCheckpoint,
) -> Result<Applied, StoreError> {
    let now = runtime::clock::now();
    let held = place.buffered.clone().unwrap_or_else(|| empty_buffer(now));
    let mut chunks = split_records(records, held, now, &context.zone).into_iter().peekable();
    while let Some(RecordChunk { records, buffered: held }) = chunks.next() {
        park_unreadable(context, records).await?;
        // a chunk without records is the existing buffer, and is full
        let last = records.last().map(|record| record.sequence.clone());
        let Some(sequence) = last.or_else(|| place.sequence.clone()) else {
            continue;
        };
        let next = StreamPosition { name: name.to_owned(), sequence };
        let is_last = chunks.peek().is_none();
        let is_recent = now.duration_since(held.since).unsigned_abs() < context.buffer_time;
        let stays_buffered = batch.shard.is_some() && is_last && is_recent && !is_empty(&held);
        let written = match stays_buffered {
            true => context.store.buffer_counts(&held, &place, &next).await?,
            false => {
                context.store.add_counts(&held.delta, &held.blocks, &place, &next, now).await?
            }
        };
        if let Applied::Conflict = written {
            return Ok(Applied::Conflict);
        }
        if !stays_buffered {
            context
                .store
                .record_heartbeat(
                    HeartbeatSource::Stream,
                    held.until.map(runtime::clock::from_platform_time),
                    now,
                )
                .await;
        }
        place = StreamCheckpoint { sequence: Some(next.sequence), buffered: None };
    }
    Ok(Applied::Yes)
}

fn is_empty(held: &BufferedCounts) -> bool {
    held.delta.is_empty() && held.blocks.is_empty()
}

fn empty_buffer(since: Timestamp) -> BufferedCounts {
    BufferedCounts { since, until: None, delta: CounterDelta::new(), blocks: SendBlocks::new() }
}

/// Returns the records after the position.
fn uncounted_records<'a>(batch: &'a StreamBatch, position: Option<&str>) -> &'a [StreamRecord] {
    let sequence = |record: &'a StreamRecord| record.sequence.as_str();
    records_after(&batch.records, batch.shard.is_some(), position, sequence)
}

/// Returns the records of a batch after the position that is stored for its shard, or for the batch
/// itself.
pub(crate) fn records_after<'a, R>(
    records: &'a [R],
    has_shard: bool,
    position: Option<&str>,
    sequence: impl Fn(&'a R) -> &'a str,
) -> &'a [R] {
    let Some(position) = position else {
        return records;
    };
    let counted = match has_shard {
        true => {
            records.iter().take_while(|record| is_not_after(sequence(record), position)).count()
        }
        // the position names a record of this very batch
        false => records
            .iter()
            .position(|record| sequence(record) == position)
            .map_or(records.len(), |at| at + 1),
    };
    records.get(counted..).unwrap_or_default()
}

/// Records that fit into one transaction, and the sum of their counts.
struct RecordChunk<'a> {
    records: &'a [StreamRecord],
    buffered: BufferedCounts,
}

/// Splits the records into chunks. The first chunk begins with the buffered counts.
fn split_records<'a>(
    records: &'a [StreamRecord],
    held: BufferedCounts,
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<RecordChunk<'a>> {
    let mut chunks = Vec::new();
    let (mut start, mut held) = (0, held);
    let mut rows: BTreeSet<_> = touched_rows(&held.delta).into_keys().collect();
    for (index, record) in records.iter().enumerate() {
        let step = record_counts(record, now, zone);
        let more: BTreeSet<_> = touched_rows(&step.delta).into_keys().collect();
        let blocks = step.blocks.keys().filter(|block| !held.blocks.contains_key(block)).count();
        let size = rows.union(&more).count() + held.blocks.len() + blocks;
        if size > MAX_TRANSACTION_ROWS && !is_empty(&held) {
            chunks.push(RecordChunk {
                records: records.get(start..index).unwrap_or_default(),
                buffered: held,
            });
            (start, held, rows) = (index, empty_buffer(now), BTreeSet::new());
        }
        rows.extend(more);
        merge_counts(&mut held, step);
    }
    if start < records.len() {
        chunks.push(RecordChunk {
            records: records.get(start..).unwrap_or_default(),
            buffered: held,
        });
    }
    chunks
}

/// Returns the counts that one record adds.
fn record_counts(record: &StreamRecord, now: Timestamp, zone: &TimeZone) -> BufferedCounts {
    let until = record.written_at;
    match &record.change {
        VoucherChange::Changed { old, new } => BufferedCounts {
            since: now,
            until,
            delta: contribution_change(old.as_deref(), new, zone),
            blocks: sender_health::block_changes(old.as_deref(), new),
        },
        VoucherChange::Removed | VoucherChange::Unreadable { .. } => {
            BufferedCounts { until, ..empty_buffer(now) }
        }
    }
}

fn merge_counts(into: &mut BufferedCounts, from: BufferedCounts) {
    into.until = into.until.max(from.until);
    sender_health::merge_blocks(&mut into.blocks, from.blocks);
    for (row, counts) in from.delta {
        into.delta.entry(row).or_default().extend(counts);
    }
}

/// Parks the unreadable records before the position moves past them, so that none is lost. A retry
/// may park a record twice.
async fn park_unreadable(
    context: &AggregateContext,
    records: &[StreamRecord],
) -> Result<(), StoreError> {
    let bad = records.iter().filter_map(|record| match &record.change {
        VoucherChange::Unreadable { raw, reason } => Some((raw.clone(), reason.clone())),
        VoucherChange::Changed { .. } | VoucherChange::Removed => None,
    });
    park_records(context, bad.collect()).await
}

/// Parks records as they arrived, each with the reason why it cannot be read.
pub(crate) async fn park_records(
    context: &AggregateContext,
    parked: Vec<(String, String)>,
) -> Result<(), StoreError> {
    if parked.is_empty() {
        return Ok(());
    }
    let reasons: Vec<&String> = parked.iter().map(|(_, reason)| reason).collect();
    tracing::error!(?reasons, "unreadable stream records parked");
    Metrics::new().count("RecordsParked", parked.len() as u64).emit();
    context
        .parked
        .park_messages(&parked)
        .await
        .map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn report_batch(batch: &StreamBatch, counted: usize) {
    tracing::info!(
        records = batch.records.len(),
        counted,
        shard = batch.shard.is_some(),
        "stream batch counted"
    );
    Metrics::new().count("RecordsCounted", counted as u64).emit();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: &str) -> StreamRecord {
        StreamRecord {
            sequence: sequence.to_owned(),
            written_at: None,
            change: VoucherChange::Removed,
        }
    }
    fn uncounted_sequences(shard: Option<&str>, position: Option<&str>) -> Vec<String> {
        let records = ["9", "10", "11"].map(record).to_vec();
        let batch = StreamBatch { shard: shard.map(str::to_owned), records };
        uncounted_records(&batch, position).iter().map(|record| record.sequence.clone()).collect()
    }

    #[test]
    fn a_retry_goes_on_behind_the_position() {
        assert_eq!(uncounted_sequences(None, None), ["9", "10", "11"]);
        assert_eq!(uncounted_sequences(None, Some("10")), ["11"]);
        assert_eq!(uncounted_sequences(Some("s"), Some("10")), ["11"]);
        assert_eq!(uncounted_sequences(Some("s"), Some("11")), [""; 0]);
        assert_eq!(uncounted_sequences(Some("s"), Some("8")), ["9", "10", "11"]);
    }

    #[test]
    fn sequence_numbers_compare_as_numbers() {
        assert!(is_not_after("9", "10") && is_not_after("10", "10") && !is_not_after("100", "99"));
        assert!(is_not_after("000000000000000000009", "10"));
    }
}
