//! Counts a batch of the stream of Customers or Work into the values that occur, exactly once.
//!
//! Nothing is buffered: the platform gathers records for a while before it calls, and most changes
//! of a customer move no value at all, and then nothing is written.

use std::collections::BTreeSet;

use domain::reporting::occurring_values::{
    CountedValue, MAX_VALUES_OF_ITEM, ValueDelta, merge_values,
};
use runtime::metrics::Metrics;
use store::{
    StoreError,
    conditional::Applied,
    reporting::{
        counters::{MAX_TRANSACTION_ROWS, StreamCheckpoint, StreamPosition},
        value_stream::{ValueBatch, ValueChange, ValueRecord},
    },
};

use crate::handler::{AggregateContext, park_records, records_after};

/// Attempts to read the position again after another invocation has moved it.
const MAX_ROUNDS: usize = 5;
// what a change takes away and what it brings fit into one transaction
const _: () = assert!(2 * MAX_VALUES_OF_ITEM <= MAX_TRANSACTION_ROWS);

/// Adds what a batch changes to the values that occur.
pub async fn count_values(
    context: &AggregateContext,
    batch: &ValueBatch,
) -> Result<(), StoreError> {
    let Some(first) = batch.records.first() else {
        return Ok(());
    };
    let source = batch.source.as_str();
    let name = match &batch.shard {
        Some(shard) => format!("values#{source}#{shard}"),
        None => format!("values#{source}#batch#{}", first.sequence),
    };
    for _ in 0..MAX_ROUNDS {
        let place = context.store.stream_checkpoint(&name).await?;
        let position = place.sequence.as_deref();
        let rest = records_after(&batch.records, batch.shard.is_some(), position, sequence_of);
        if let Applied::Yes = count_records(context, rest, &name, place.clone()).await? {
            tracing::info!(records = batch.records.len(), counted = rest.len(), "values counted");
            Metrics::new().count("ValueRecordsCounted", rest.len() as u64).emit();
            return Ok(());
        }
    }
    Err(StoreError::Contended("the position in the stream of values"))
}

fn sequence_of(record: &ValueRecord) -> &str {
    &record.sequence
}

async fn count_records(
    context: &AggregateContext,
    records: &[ValueRecord],
    name: &str,
    mut place: StreamCheckpoint,
) -> Result<Applied, StoreError> {
    for chunk in split_records(records) {
        let unreadable = chunk.records.iter().filter_map(|record| match &record.change {
            ValueChange::Unreadable { raw, reason } => Some((raw.clone(), reason.clone())),
            ValueChange::Counted(_) => None,
        });
        park_records(context, unreadable.collect()).await?;
        let last = chunk.records.last().map(|record| record.sequence.clone());
        // a repeat of records of which none counts does no harm, so the position may stay
        let Some(sequence) = last.filter(|_| chunk.counts) else {
            continue;
        };
        let next = StreamPosition { name: name.to_owned(), sequence };
        let now = runtime::clock::now();
        let written = context.store.add_values(&chunk.delta, &place, &next, now).await?;
        if let Applied::Conflict = written {
            return Ok(Applied::Conflict);
        }
        place = StreamCheckpoint { sequence: Some(next.sequence), buffered: None };
    }
    Ok(Applied::Yes)
}

/// Records that fit into one transaction, and the sum of their changes.
struct ValueChunk<'a> {
    records: &'a [ValueRecord],
    delta: ValueDelta,
    /// Set if one of the records changes a count, even if all of them together change none.
    counts: bool,
}

/// Splits records into chunks whose values fit into one transaction. The change of a single record
/// always does: the domain bounds the values of a customer and of an order.
fn split_records(records: &[ValueRecord]) -> Vec<ValueChunk<'_>> {
    let mut chunks = Vec::new();
    let (mut start, mut delta, mut counts) = (0, ValueDelta::new(), false);
    for (index, record) in records.iter().enumerate() {
        let ValueChange::Counted(step) = &record.change else { continue };
        let touched: BTreeSet<&CountedValue> = delta.keys().chain(step.keys()).collect();
        if touched.len() > MAX_TRANSACTION_ROWS && counts {
            let records = records.get(start..index).unwrap_or_default();
            chunks.push(ValueChunk { records, delta: std::mem::take(&mut delta), counts });
            (start, counts) = (index, false);
        }
        counts |= !step.is_empty();
        merge_values(&mut delta, step.clone(), 1);
    }
    if let Some(records) = records.get(start..).filter(|records| !records.is_empty()) {
        chunks.push(ValueChunk { records, delta, counts });
    }
    chunks
}

#[cfg(test)]
mod tests {
    use domain::reporting::occurring_values::{ValueCounts, ValueKind};

    use super::*;

    fn record(sequence: usize, names: std::ops::Range<usize>) -> ValueRecord {
        let counts = ValueCounts { count: 1, ..ValueCounts::default() };
        let value = |name| CountedValue { kind: ValueKind::Tag, name: format!("t{name}") };
        let delta = names.map(|name| (value(name), counts)).collect();
        ValueRecord { sequence: sequence.to_string(), change: ValueChange::Counted(delta) }
    }

    #[test]
    fn chunks_fit_and_lose_nothing() {
        let records: Vec<_> = (0..30).map(|it| record(it, it * 7..it * 7 + 20)).collect();
        let chunks = split_records(&records);
        assert!(chunks.len() > 1);
        assert!(chunks.iter().all(|chunk| chunk.delta.len() <= MAX_TRANSACTION_ROWS));
        let lengths: usize = chunks.iter().map(|chunk| chunk.records.len()).sum();
        assert_eq!(lengths, records.len());
        let counted = |chunk: &ValueChunk<'_>| -> i64 {
            chunk.delta.values().map(|counts| counts.count).sum()
        };
        assert_eq!(chunks.iter().map(counted).sum::<i64>(), 600);
    }
}
