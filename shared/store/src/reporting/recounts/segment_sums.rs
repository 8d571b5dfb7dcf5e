//! The sums of a recount's segment, which a worker adds up in memory during its turn and writes
//! once.
//!
//! A worker claims a turn before it scans, whose number no other worker has, and writes its sums
//! under that number, in as many items as they need. They count once the segment's item names the
//! turn, which it does only if it still names the turn that the worker went on from. So each
//! voucher is counted once, whichever of two workers is slower and wherever one is interrupted.
//! What is never named ends by TTL.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::{
    Timestamp,
    reporting::counters::{CounterDelta, CounterValues, ReportRow, merge_delta},
    voucher::record::Voucher,
};

use super::Recount;
use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, n, s},
    keys::{
        checkpoint_key, recount_position, recount_sums_item, recount_sums_partition, report_key,
        voucher_position,
    },
    reporting::counters::{read_rows, rows_value},
};

/// The time for which sums are kept. They are of no use after the next recounts. Seconds.
const KEEP_SUMS_SECONDS: i64 = 7 * 24 * 3_600;
/// The bytes of an item's rows: below the 400 kB that an item may have.
const ITEM_BYTES: usize = 300_000;
/// The bytes that a row takes beside its campaign's id: kind, currency, day and the map's own.
const ROW_BYTES: usize = 40;
/// The most bytes that a counter's number takes, with the map's own.
const NUMBER_BYTES: usize = 12;
/// The position of a segment that has been scanned to its end.
const SEGMENT_END: &str = "end";

/// The sums of a segment so far, as the worker whose turn it is holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentSums {
    pub counts: CounterDelta,
    position: Option<String>,
    turn: u64,
    /// The turn whose sums these go on from, `None` before the first.
    from: Option<u64>,
}

impl SegmentSums {
    /// Returns the position up to which vouchers are counted, `None` before the first.
    pub fn position(&self) -> Option<&str> {
        self.position.as_deref()
    }
    pub fn is_ended(&self) -> bool {
        self.position() == Some(SEGMENT_END)
    }
    /// Moves the position to `last`, or to the segment's end if there is none.
    pub fn move_to(&mut self, last: Option<&Voucher>) {
        self.position = Some(last.map_or_else(|| SEGMENT_END.to_owned(), voucher_position));
    }
}

/// The state of a segment, as its position's item holds it.
#[derive(Debug, Clone, Default)]
struct SegmentState {
    position: Option<String>,
    /// The last turn that was claimed.
    turn: Option<u64>,
    /// The turn whose sums count, and how many items they have.
    counted: Option<(u64, usize)>,
}

impl Store {
    /// Returns true if a segment has been scanned to its end. Reads consistently.
    pub async fn is_segment_ended(&self, recount: &Recount, segment: u32) -> Result<bool> {
        let state = self.segment_state(recount, segment).await?;
        Ok(state.position.as_deref() == Some(SEGMENT_END))
    }

    /// Claims the next turn on a segment and returns its sums so far, or `None` if another worker
    /// claimed it first.
    pub async fn claim_segment(
        &self,
        recount: &Recount,
        segment: u32,
        now: Timestamp,
    ) -> Result<Option<SegmentSums>> {
        let state = self.segment_state(recount, segment).await?;
        let turn = state.turn.unwrap_or(0) + 1;
        let update = self
            .segment_update(recount, segment, now)
            .update_expression("SET claimed_turn = :turn, #ttl = :ttl")
            .expression_attribute_values(":turn", n(turn));
        let update = match state.turn {
            None => update.condition_expression("attribute_not_exists(claimed_turn)"),
            Some(before) => update
                .condition_expression("claimed_turn = :before")
                .expression_attribute_values(":before", n(before)),
        };
        if parse_applied(update.send().await)? == Applied::Conflict {
            return Ok(None);
        }
        let counts = self.read_sums(recount, segment, &state).await?;
        let from = state.counted.map(|(turn, _)| turn);
        Ok(Some(SegmentSums { counts, position: state.position, turn, from }))
    }

    /// Writes the sums of a turn and moves the segment to their position, unless another turn has
    /// moved it in the meantime.
    pub async fn keep_segment_sums(
        &self,
        recount: &Recount,
        segment: u32,
        sums: &SegmentSums,
        now: Timestamp,
    ) -> Result<Applied> {
        let partition = recount_sums_partition(recount.number, segment, sums.turn);
        let items = split_rows(&sums.counts);
        for (number, rows) in items.iter().enumerate() {
            self.client
                .put_item()
                .table_name(&self.tables.reports)
                .set_item(Some(report_key(&partition, &recount_sums_item(number))))
                .item("rows", rows_value(rows.iter().copied()))
                .item("ttl", n(now.as_second() + KEEP_SUMS_SECONDS))
                .send()
                .await?;
        }
        let update = self
            .segment_update(recount, segment, now)
            .update_expression(
                "SET #sequence = :position, counted_turn = :turn, sum_items = :items, #ttl = :ttl",
            )
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":turn", n(sums.turn))
            .expression_attribute_values(":items", n(items.len()))
            .expression_attribute_values(":position", s(sums.position().unwrap_or(SEGMENT_END)));
        let update = match sums.from {
            None => update.condition_expression("attribute_not_exists(counted_turn)"),
            Some(from) => update
                .condition_expression("counted_turn = :from")
                .expression_attribute_values(":from", n(from)),
        };
        parse_applied(update.send().await)
    }

    /// Returns the sums of all segments.
    pub async fn recounted_sums(&self, recount: &Recount) -> Result<CounterDelta> {
        let mut sums = CounterDelta::new();
        for segment in 0..recount.segments {
            let state = self.segment_state(recount, segment).await?;
            merge_delta(&mut sums, self.read_sums(recount, segment, &state).await?, 1);
        }
        Ok(sums)
    }

    async fn segment_state(&self, recount: &Recount, segment: u32) -> Result<SegmentState> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.reports)
            .set_key(Some(checkpoint_key(&recount_position(recount.number, segment))))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item.as_ref().map(read_state).unwrap_or_default())
    }

    fn segment_update(
        &self,
        recount: &Recount,
        segment: u32,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.tables.reports)
            .set_key(Some(checkpoint_key(&recount_position(recount.number, segment))))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", n(now.as_second() + KEEP_SUMS_SECONDS))
    }

    /// Reads the sums that count. Items that are missing are an error, since a recount without them
    /// would find differences where there are none.
    async fn read_sums(
        &self,
        recount: &Recount,
        segment: u32,
        state: &SegmentState,
    ) -> Result<CounterDelta> {
        let Some((turn, expected)) = state.counted else { return Ok(CounterDelta::new()) };
        let mut items = self
            .client
            .query()
            .table_name(&self.tables.reports)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(
                ":pk",
                s(recount_sums_partition(recount.number, segment, turn)),
            )
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let (mut sums, mut found) = (CounterDelta::new(), 0);
        while let Some(item) = items.next().await.transpose()? {
            sums.extend(read_rows(&item)?);
            found += 1;
        }
        if found != expected {
            return Err(StoreError::corrupt("recount", "sums of a segment are missing"));
        }
        Ok(sums)
    }
}

fn read_state(item: &ItemMap) -> SegmentState {
    SegmentState {
        position: item.text_opt("sequence").map(str::to_owned),
        turn: item.number_opt("claimed_turn"),
        counted: item.number_opt("counted_turn").zip(item.number_opt("sum_items")),
    }
}

/// Divides rows among as few items as they fit into.
fn split_rows(counts: &CounterDelta) -> Vec<Vec<(&ReportRow, &CounterValues)>> {
    let mut items: Vec<Vec<(&ReportRow, &CounterValues)>> = Vec::new();
    let mut left = 0;
    for (row, counts) in counts {
        let names = counts.iter().map(|(counter, _)| counter.stored_name().len() + NUMBER_BYTES);
        let size = row.campaign.as_str().len() + ROW_BYTES + names.sum::<usize>();
        match items.last_mut().filter(|_| size <= left) {
            Some(item) => {
                item.push((row, counts));
                left -= size;
            }
            None => {
                items.push(vec![(row, counts)]);
                left = ITEM_BYTES.saturating_sub(size);
            }
        }
    }
    items
}
