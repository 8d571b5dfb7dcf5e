//! Counting a batch exactly once. The position's name is the shard where the event carries it (on AWS), else the batch's first
//! sequence number: with bisecting off a retry always starts at the same record, though it may have grown at its end.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    TimeZone, Timestamp,
    report::{Delta, change},
    sender_health::{self, Blocks},
};
use queue::Queue;
use runtime::metrics::Metrics;
use store::{
    Store, StoreError,
    changes::{Batch, Change, Record, not_after},
    heartbeats::Beating,
    reports::{Counted, Held, MAX_ROWS, Place, Position, touched},
};

/// Rounds of reading the position again when another invocation moved it.
const ROUNDS: usize = 5;

pub struct Context {
    pub store: Store,
    /// Where records go that cannot be read.
    pub parked: Queue,
    /// The tenant's: days are counted there.
    pub zone: TimeZone,
    /// How long changes of a shard may lie beside its position before they are added to the counters, all in one transaction.
    pub hold: Duration,
}

pub async fn fold(context: &Context, batch: &Batch) -> Result<(), StoreError> {
    let Some(first) = batch.records.first() else { return Ok(()) };
    let name = match &batch.shard {
        Some(shard) => format!("shard#{shard}"),
        None => format!("batch#{}", first.sequence),
    };
    for _ in 0..ROUNDS {
        let place = context.store.place(&name).await?;
        let rest = uncounted(batch, place.sequence.as_deref());
        if let Counted::Counted = go_on(context, batch, rest, &name, place).await? {
            report(batch, rest.len());
            return Ok(());
        }
    }
    Err(StoreError::Contended("the position in the stream"))
}

/// Counts the records, with what is held before them, or holds the last of them.
async fn go_on(
    context: &Context,
    batch: &Batch,
    records: &[Record],
    name: &str,
    mut place: Place,
) -> Result<Counted, StoreError> {
    let now = runtime::clock::now();
    let held = place.held.clone().unwrap_or_else(|| nothing_since(now));
    let mut chunks = chunks(records, held, now, &context.zone).into_iter().peekable();
    while let Some(Chunk { records, held }) = chunks.next() {
        park(context, records).await?;
        // a chunk without records is what was held already, and full
        let last = records.last().map(|record| record.sequence.clone());
        let Some(sequence) = last.or_else(|| place.sequence.clone()) else { continue };
        let next = Position { name: name.to_owned(), sequence };
        let is_last = chunks.peek().is_none();
        let young = now.duration_since(held.since).unsigned_abs() < context.hold;
        let waits = batch.shard.is_some() && is_last && young && !is_nothing(&held);
        let written = match waits {
            true => context.store.hold(&held, &place, &next).await?,
            false => context.store.count(&held.delta, &held.blocks, &place, &next, now).await?,
        };
        if let Counted::Moved = written {
            return Ok(Counted::Moved);
        }
        if !waits {
            context.store.beat(Beating::Stream, held.until.map(runtime::clock::ours), now).await;
        }
        place = Place { sequence: Some(next.sequence), held: None };
    }
    Ok(Counted::Counted)
}

fn is_nothing(held: &Held) -> bool {
    held.delta.is_empty() && held.blocks.is_empty()
}

fn nothing_since(since: Timestamp) -> Held {
    Held { since, until: None, delta: Delta::new(), blocks: Blocks::new() }
}

/// The records behind the position.
fn uncounted<'a>(batch: &'a Batch, position: Option<&str>) -> &'a [Record] {
    let Some(position) = position else { return &batch.records };
    let counted = match &batch.shard {
        Some(_) => batch.records.iter().take_while(|record| not_after(&record.sequence, position)).count(),
        // the marker names a record of this very batch
        None => {
            batch.records.iter().position(|record| record.sequence == position).map_or(batch.records.len(), |at| at + 1)
        }
    };
    batch.records.get(counted..).unwrap_or_default()
}

/// Records that fit into one transaction, with what they add up to.
struct Chunk<'a> {
    records: &'a [Record],
    held: Held,
}

/// The first of them begins with what is held already.
fn chunks<'a>(records: &'a [Record], held: Held, now: Timestamp, zone: &TimeZone) -> Vec<Chunk<'a>> {
    let mut chunks = Vec::new();
    let (mut start, mut held) = (0, held);
    let mut rows: BTreeSet<_> = touched(&held.delta).into_keys().collect();
    for (index, record) in records.iter().enumerate() {
        let step = step(record, now, zone);
        let more: BTreeSet<_> = touched(&step.delta).into_keys().collect();
        let blocks = step.blocks.keys().filter(|block| !held.blocks.contains_key(block)).count();
        let size = rows.union(&more).count() + held.blocks.len() + blocks;
        if size > MAX_ROWS && !is_nothing(&held) {
            chunks.push(Chunk { records: records.get(start..index).unwrap_or_default(), held });
            (start, held, rows) = (index, nothing_since(now), BTreeSet::new());
        }
        rows.extend(more);
        merge(&mut held, step);
    }
    if start < records.len() {
        chunks.push(Chunk { records: records.get(start..).unwrap_or_default(), held });
    }
    chunks
}

/// What one record adds.
fn step(record: &Record, now: Timestamp, zone: &TimeZone) -> Held {
    let until = record.written_at;
    match &record.change {
        Change::Step { old, new } => Held {
            since: now,
            until,
            delta: change(old.as_deref(), new, zone),
            blocks: sender_health::change(old.as_deref(), new),
        },
        Change::Nothing | Change::Bad { .. } => Held { until, ..nothing_since(now) },
    }
}

fn merge(into: &mut Held, from: Held) {
    into.until = into.until.max(from.until);
    sender_health::merge(&mut into.blocks, from.blocks);
    for (row, counts) in from.delta {
        let sums = into.delta.entry(row).or_default();
        for (name, by) in counts {
            *sums.entry(name).or_default() += by;
        }
    }
}

/// Before the position moves past them, so that none is lost; a repeat may park one twice.
async fn park(context: &Context, records: &[Record]) -> Result<(), StoreError> {
    let bad = records.iter().filter_map(|record| match &record.change {
        Change::Bad { raw, reason } => Some((raw.clone(), reason.clone())),
        Change::Step { .. } | Change::Nothing => None,
    });
    let parked: Vec<(String, String)> = bad.collect();
    if parked.is_empty() {
        return Ok(());
    }
    let reasons: Vec<&String> = parked.iter().map(|(_, reason)| reason).collect();
    tracing::error!(?reasons, "stream records that cannot be read are parked");
    Metrics::new().count("RecordsParked", parked.len() as u64).emit();
    context.parked.park_all(&parked).await.map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn report(batch: &Batch, counted: usize) {
    tracing::info!(records = batch.records.len(), counted, shard = batch.shard.is_some(), "batch folded");
    Metrics::new().count("RecordsCounted", counted as u64).emit();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: &str) -> Record {
        Record { sequence: sequence.to_owned(), written_at: None, change: Change::Nothing }
    }
    fn left(shard: Option<&str>, position: Option<&str>) -> Vec<String> {
        let records = ["9", "10", "11"].map(record).to_vec();
        let batch = Batch { shard: shard.map(str::to_owned), records };
        uncounted(&batch, position).iter().map(|record| record.sequence.clone()).collect()
    }

    #[test]
    fn a_retry_goes_on_behind_the_position() {
        assert_eq!(left(None, None), ["9", "10", "11"]);
        assert_eq!(left(None, Some("10")), ["11"]);
        assert_eq!(left(Some("s"), Some("10")), ["11"]);
        assert_eq!(left(Some("s"), Some("11")), [""; 0]);
        assert_eq!(left(Some("s"), Some("8")), ["9", "10", "11"]);
    }

    #[test]
    fn sequence_numbers_compare_as_numbers() {
        assert!(not_after("9", "10") && not_after("10", "10") && !not_after("100", "99"));
        assert!(not_after("000000000000000000009", "10"));
    }
}
