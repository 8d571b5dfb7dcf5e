//! Counting a batch exactly once. The position's name is the shard where the event carries it (on AWS), else the batch's first
//! sequence number: with bisecting off a retry always starts at the same record, though it may have grown at its end.

use domain::{
    TimeZone,
    report::{Delta, change},
    sender_health::{self, Blocks},
};
use queue::Queue;
use runtime::metrics::Metrics;
use store::{
    Store, StoreError,
    changes::{Batch, Change, Record, not_after},
    heartbeats::Beating,
    reports::{Counted, MAX_ROWS, Position, touched},
};

/// Rounds of reading the position again when another invocation moved it.
const ROUNDS: usize = 5;
/// A marker outlives every retry of its batch: the stream keeps records for 24 hours. Seconds.
const KEEP_MARKER_SECONDS: i64 = 3 * 24 * 3_600;

pub struct Context {
    pub store: Store,
    /// Where records go that cannot be read.
    pub parked: Queue,
    /// The tenant's: days are counted there.
    pub zone: TimeZone,
}

pub async fn fold(context: &Context, batch: &Batch) -> Result<(), StoreError> {
    let Some(first) = batch.records.first() else { return Ok(()) };
    let name = match &batch.shard {
        Some(shard) => format!("shard#{shard}"),
        None => format!("batch#{}", first.sequence),
    };
    let ttl = runtime::clock::now().as_second() + KEEP_MARKER_SECONDS;
    for _ in 0..ROUNDS {
        let mut position = context.store.position(&name).await?;
        let rest = uncounted(batch, position.as_deref());
        let mut moved = false;
        for chunk in chunks(rest, &context.zone) {
            park(context, chunk.records).await?;
            let Some(last) = chunk.records.last() else { continue };
            let next = Position { name: name.clone(), sequence: last.sequence.clone() };
            match context.store.count(&chunk.delta, &chunk.blocks, position.as_deref(), &next, ttl).await? {
                Counted::Counted => position = Some(next.sequence),
                Counted::Moved => {
                    moved = true;
                    break;
                }
            }
        }
        if !moved {
            report(batch, rest.len());
            let until = batch.records.iter().filter_map(|record| record.written_at).max().map(runtime::clock::ours);
            context.store.beat(Beating::Stream, until, runtime::clock::now()).await;
            return Ok(());
        }
    }
    Err(StoreError::Contended("the position in the stream"))
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
    delta: Delta,
    blocks: Blocks,
}

fn chunks<'a>(records: &'a [Record], zone: &TimeZone) -> Vec<Chunk<'a>> {
    let mut chunks = Vec::new();
    let (mut start, mut delta, mut blocks) = (0, Delta::new(), Blocks::new());
    for (index, record) in records.iter().enumerate() {
        let (mut grown, mut grown_blocks) = (delta.clone(), blocks.clone());
        add(&mut grown, &mut grown_blocks, record, zone);
        if touched(&grown).len() + grown_blocks.len() > MAX_ROWS && index > start {
            chunks.push(Chunk { records: records.get(start..index).unwrap_or_default(), delta, blocks });
            (start, delta, blocks) = (index, Delta::new(), Blocks::new());
            add(&mut delta, &mut blocks, record, zone);
        } else {
            (delta, blocks) = (grown, grown_blocks);
        }
    }
    if start < records.len() {
        chunks.push(Chunk { records: records.get(start..).unwrap_or_default(), delta, blocks });
    }
    chunks
}

fn add(delta: &mut Delta, blocks: &mut Blocks, record: &Record, zone: &TimeZone) {
    match &record.change {
        Change::Step { old, new } => {
            merge(delta, change(old.as_deref(), new, zone));
            sender_health::merge(blocks, sender_health::change(old.as_deref(), new));
        }
        Change::Nothing | Change::Bad { .. } => {}
    }
}

fn merge(into: &mut Delta, from: Delta) {
    for (row, counts) in from {
        let sums = into.entry(row).or_default();
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
