//! The Reports table: counters per campaign and day, and per kind and currency under `ALL`.
//! aggregate-reports adds to them exactly once: the position in the stream moves in the same
//! transaction as the counters, or in the same write as the buffered counts.
//!
//! Keys: PK campaign id or `ALL`, SK `2026-11-22` or `2026-11-22#promotion#EUR`; one attribute per
//! counter, under its stored name (domain::reporting::counters). The checkpoint of each shard of the stream lies under
//! PK `STREAM`, with the counts that were read and not yet added.
//!
//! Recounts have rows of their own (see `recounts`). The blocks from which a campaign's sender
//! health is judged (domain::reporting::sender_health) lie under PK `SENDS#<campaign>#<channel>`, SK the
//! second.

mod buffered;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update, builders::PutBuilder};
use domain::{
    Date, Timestamp,
    kernel::{channel::Channel, id::CampaignId},
    reporting::{
        counters::{Counter, CounterDelta, CounterValues},
        sender_health::{SendBlock, SendBlocks, SendCounts},
    },
};

pub(crate) use buffered::{read_rows, rows_value};

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::Result,
    item::{AttributeReader, ItemMap, n, s},
    keys::{
        ALL_CAMPAIGNS, STREAM, checkpoint_key, last_row_of_day, read_shard_position, report_key,
        row_keys, second_key, sends_partition,
    },
};

/// Rows of one transaction: DynamoDB takes 100 items, and one of them is the position.
pub const MAX_TRANSACTION_ROWS: usize = 99;
/// Rows on one query page, which stays far below a megabyte. A query of two years is a few pages.
const PAGE: i32 = 1_000;

/// The time for which a block is kept. It is judged no longer than this: the console shows such a
/// campaign as paused long before. Seconds.
const KEEP_BLOCK_SECONDS: i64 = 30 * 24 * 3_600;
/// The most blocks that are read: half an hour of sending without a pause. The items are small, so
/// they fit on one page.
const MAX_BLOCKS: i32 = 2_000;

/// The time for which a position is kept. It outlives every retry of the records before it: the
/// stream keeps records for 24 hours. Seconds.
pub(super) const KEEP_POSITION_SECONDS: i64 = 3 * 24 * 3_600;

/// The position of a reader in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPosition {
    /// `shard#<id>` or `batch#<first sequence number>`.
    pub name: String,
    /// The last sequence number that was read under this name, whether its counts are added or
    /// buffered.
    pub sequence: String,
}

/// The checkpoint stored under a position's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamCheckpoint {
    /// The last sequence number read, or `None` before the first record.
    pub sequence: Option<String>,
    /// The counts of the records up to it that are not yet in the counters.
    pub buffered: Option<BufferedCounts>,
}

/// Counts that were read from the stream and are added to the counters together with those that
/// follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferedCounts {
    /// The time at which the first of them was read.
    pub since: Timestamp,
    /// The time at which the last of them was written.
    pub until: Option<Timestamp>,
    pub delta: CounterDelta,
    pub blocks: SendBlocks,
}

/// Returns true if a counter belongs in the rows of `pk`. Counters that compare within one campaign
/// mean nothing in a sum of campaigns.
fn counter_belongs(counter: &Counter, pk: &str) -> bool {
    pk != ALL_CAMPAIGNS || !counter.is_per_campaign()
}

/// Returns the rows that a delta touches, campaign rows and their totals, each once.
pub fn touched_rows(delta: &CounterDelta) -> BTreeMap<(String, String), CounterValues> {
    let mut rows: BTreeMap<(String, String), CounterValues> = BTreeMap::new();
    for (row, counts) in delta {
        for key in row_keys(row) {
            let wanted = counts
                .iter()
                .filter(|(counter, _)| counter_belongs(counter, &key.0))
                .map(|(counter, by)| (counter.clone(), by))
                .collect::<Vec<_>>();
            rows.entry(key).or_default().extend(wanted);
        }
    }
    rows.retain(|_, counts| counts.iter().any(|(_, by)| by != 0));
    rows
}

impl Store {
    /// Returns the last sequence number read under `name`. Reads consistently.
    pub async fn stream_position(&self, name: &str) -> Result<Option<String>> {
        Ok(self.stream_checkpoint(name).await?.sequence)
    }

    /// Returns the checkpoint stored under `name`. Reads consistently.
    pub async fn stream_checkpoint(&self, name: &str) -> Result<StreamCheckpoint> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.reports)
            .set_key(Some(checkpoint_key(name)))
            .consistent_read(true)
            .send()
            .await?;
        found
            .item
            .as_ref()
            .map_or_else(|| Ok(StreamCheckpoint::default()), buffered::read_checkpoint)
    }

    /// Returns the shards that have buffered counts, each with its position.
    pub async fn buffered_counts(&self) -> Result<Vec<(StreamPosition, BufferedCounts)>> {
        let mut items = self
            .client
            .query()
            .table_name(&self.tables.reports)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(STREAM))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await.transpose()? {
            if let StreamCheckpoint { sequence: Some(sequence), buffered: Some(held) } =
                buffered::read_checkpoint(&item)?
            {
                found.push((StreamPosition { name: read_shard_position(&item)?, sequence }, held));
            }
        }
        Ok(found)
    }

    /// Buffers the counts of the records up to `next` beside the position, to be added later: one
    /// write instead of a transaction over rows. Only for the position of a shard, where the next
    /// reader finds them.
    pub async fn buffer_counts(
        &self,
        held: &BufferedCounts,
        before: &StreamCheckpoint,
        next: &StreamPosition,
    ) -> Result<Applied> {
        let put = buffered::buffer_item(self.checkpoint_put(before, next), held).build()?;
        let put = self
            .client
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values);
        parse_applied(put.send().await)
    }

    /// Adds `delta` and `blocks` and moves the position from `before` to `next`, all or nothing.
    /// Counts that were buffered there are removed: they have to be in `delta` and `blocks`. The
    /// position ends by TTL when no retry can ask for it any more.
    pub async fn add_counts(
        &self,
        delta: &CounterDelta,
        blocks: &SendBlocks,
        before: &StreamCheckpoint,
        next: &StreamPosition,
        now: Timestamp,
    ) -> Result<Applied> {
        let mut items =
            vec![self.checkpoint_item(before, next, now.as_second() + KEEP_POSITION_SECONDS)?];
        for ((pk, day), counts) in touched_rows(delta) {
            items.push(self.counter_update(&pk, &day, &counts)?);
        }
        for (block, sends) in blocks {
            items.push(self.block_update(block, sends)?);
        }
        self.commit_counts(items).await
    }

    async fn commit_counts(&self, items: Vec<TransactWriteItem>) -> Result<Applied> {
        self.transact_applied("report counters", items).await
    }

    pub(super) fn checkpoint_item(
        &self,
        before: &StreamCheckpoint,
        next: &StreamPosition,
        ttl: i64,
    ) -> Result<TransactWriteItem> {
        let put = self.checkpoint_put(before, next).item("ttl", n(ttl)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Returns the put of a checkpoint. The sequence and the presence of buffered counts together
    /// prove that no other worker has moved it: buffering moves the sequence, and adding removes
    /// the buffered counts.
    fn checkpoint_put(&self, before: &StreamCheckpoint, next: &StreamPosition) -> PutBuilder {
        let put = Put::builder()
            .table_name(&self.tables.reports)
            .set_item(Some(checkpoint_key(&next.name)))
            .item("sequence", s(&next.sequence));
        let Some(sequence) = &before.sequence else {
            return put.condition_expression("attribute_not_exists(pk)");
        };
        let held = if before.buffered.is_some() {
            "attribute_exists(since)"
        } else {
            "attribute_not_exists(since)"
        };
        put.condition_expression(format!("#sequence = :before AND {held}"))
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":before", s(sequence))
    }

    pub(crate) fn counter_update(
        &self,
        pk: &str,
        day: &str,
        counts: &CounterValues,
    ) -> Result<TransactWriteItem> {
        let mut update =
            Update::builder().table_name(&self.tables.reports).set_key(Some(report_key(pk, day)));
        let mut terms = Vec::new();
        for (index, (counter, by)) in counts.iter().filter(|(_, by)| *by != 0).enumerate() {
            update = update
                .expression_attribute_names(format!("#c{index}"), counter.stored_name())
                .expression_attribute_values(format!(":v{index}"), n(by));
            terms.push(format!("#c{index} :v{index}"));
        }
        let update = update.update_expression(format!("ADD {}", terms.join(", "))).build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn block_update(&self, block: &SendBlock, sends: &SendCounts) -> Result<TransactWriteItem> {
        let partition = sends_partition(&block.campaign, block.channel);
        let mut update = Update::builder()
            .table_name(&self.tables.reports)
            .set_key(Some(report_key(&partition, &second_key(block.second))))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", n(block.second + KEEP_BLOCK_SECONDS));
        let mut terms = Vec::new();
        for (name, by) in sends.named_counts().into_iter().filter(|(_, by)| *by != 0) {
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), n(by));
            terms.push(format!("#{name} :{name}"));
        }
        let update = update
            .update_expression(format!("SET #ttl = :ttl ADD {}", terms.join(", ")))
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Returns the newest blocks of a campaign on a channel that are not older than the second
    /// `from`, oldest first.
    pub async fn recent_sends(
        &self,
        campaign: &CampaignId,
        channel: Channel,
        from: i64,
    ) -> Result<Vec<SendCounts>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.reports)
            .key_condition_expression("pk = :pk AND #day >= :from")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":pk", s(sends_partition(campaign, channel)))
            .expression_attribute_values(":from", s(second_key(from)))
            .scan_index_forward(false)
            .limit(MAX_BLOCKS)
            .send()
            .await?;
        Ok(page.items().iter().rev().map(read_sends).collect())
    }

    /// Returns the rows of `pk` from day to day, both included, oldest first: (sort key, counters).
    pub async fn report_rows(
        &self,
        pk: &str,
        from: Date,
        until: Date,
    ) -> Result<Vec<(String, CounterValues)>> {
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.tables.reports)
                .key_condition_expression("pk = :pk AND #day BETWEEN :from AND :until")
                .expression_attribute_names("#day", "day")
                .expression_attribute_values(":pk", s(pk))
                .expression_attribute_values(":from", s(from.to_string()))
                .expression_attribute_values(":until", s(last_row_of_day(until)))
                .limit(PAGE)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in page.items() {
                rows.push((item.text("day")?.to_owned(), read_counters(item)));
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                warn_of_unknown(pk, rows.iter().map(|(_, counts)| counts));
                return Ok(rows);
            }
        }
    }
}

fn read_sends(item: &ItemMap) -> SendCounts {
    let number = |name: &str| item.number_opt(name).unwrap_or(0);
    SendCounts {
        messages: number("messages"),
        bounced: number("bounced"),
        complained: number("complained"),
        refused: number("refused"),
        failed: number("failed"),
        unknown: number("unknown"),
    }
}

fn read_counters(item: &ItemMap) -> CounterValues {
    let number = |name: &String| {
        item.number_opt::<i64>(name).map(|value| (Counter::from_stored(name), value))
    };
    item.keys()
        .filter(|name| !matches!(name.as_str(), "pk" | "day" | "ttl"))
        .filter_map(number)
        .collect()
}

/// Logs how many counters of these rows another version has written. They are kept and added up as
/// they are, and no report shows them.
fn warn_of_unknown<'a>(key: &str, rows: impl Iterator<Item = &'a CounterValues>) {
    let unknown = rows.map(CounterValues::count_unknown).sum::<usize>();
    if unknown > 0 {
        tracing::warn!(key, unknown, "counters that this version does not know");
    }
}
