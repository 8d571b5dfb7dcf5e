//! The Reports table: counters per campaign and day, and per kind and currency under `ALL`. `aggregate-reports` adds to them
//! exactly once: the position in the stream moves in the same transaction as the counters, or in the same write as what is held for them.
//! PK campaign id or `ALL`, SK `2026-11-22` or `2026-11-22#promotion#EUR`; one attribute per counter name (domain::report), shortened (names.rs).
//! Where a shard of the stream stands lies under PK `STREAM` with what has been read and not yet added (held.rs).
//! Recounts have rows of their own (recounts.rs). Beside them the blocks by which a campaign's sends are judged (domain::sender_health): PK `SENDS#<campaign>#<channel>`, SK the second.

mod held;
mod names;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update, builders::PutBuilder};
use domain::{
    Date, Timestamp,
    channel::Channel,
    id::CampaignId,
    report::{Counts, Delta, Row, picture::PER_CAMPAIGN},
    sender_health::{Block, Blocks, Sends},
};

use crate::{
    Store,
    error::{Result, put_refused},
    item::{Item, Read, n, s},
    transaction::Transacted,
};

/// Rows of one transaction: DynamoDB takes 100 items, one of them is the position.
pub const MAX_ROWS: usize = 99;
/// Days of one query page stay far below a megabyte; a query of two years is a few pages.
const PAGE: i32 = 1_000;

/// A block is judged no longer than this: the console shows such a campaign paused long before. Seconds.
const KEEP_BLOCK_SECONDS: i64 = 30 * 24 * 3_600;
/// Blocks that are looked at: half an hour of sending without a pause. Small items, so one page.
const BLOCKS: i32 = 2_000;

/// A position outlives every retry of what is before it: the stream keeps records for 24 hours. Seconds.
const KEEP_POSITION_SECONDS: i64 = 3 * 24 * 3_600;

/// Where a fold of the stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// `shard#<id>` or `batch#<first sequence number>`.
    pub name: String,
    /// The last sequence number that has been read under this name: counted, or held to be.
    pub sequence: String,
}

/// What is known under a position's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// `None` before the first record.
    pub sequence: Option<String>,
    /// What lies here of the records up to it, and not yet in the counters.
    pub held: Option<Held>,
}

/// Changes that have been read and are added to the counters with those that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// When the first of them was read.
    pub since: Timestamp,
    /// When the last of them was written.
    pub until: Option<Timestamp>,
    pub delta: Delta,
    pub blocks: Blocks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Counted,
    /// The position had moved: these records are in the counters already, or another worker has them.
    Moved,
}

/// Partition of the rows of all campaigns together.
const ALL: &str = "ALL";
/// Partition of where the shards of the stream stand.
const STREAM: &str = "STREAM";
/// How the name of a shard's position begins.
const SHARD: &str = "shard#";

fn row_keys(row: &Row) -> [(String, String); 2] {
    [
        (row.campaign.to_string(), row.day.to_string()),
        (ALL.into(), format!("{}#{}#{}", row.day, row.kind.as_str(), row.currency)),
    ]
}

/// What is compared within one campaign says nothing in a sum of campaigns.
fn belongs(name: &str, pk: &str) -> bool {
    pk != ALL || !PER_CAMPAIGN.iter().any(|prefix| name.starts_with(prefix))
}

/// The rows that a delta touches, campaign rows and their totals, each once.
pub fn touched(delta: &Delta) -> BTreeMap<(String, String), Counts> {
    let mut rows: BTreeMap<(String, String), Counts> = BTreeMap::new();
    for (row, counts) in delta {
        for key in row_keys(row) {
            let wanted = counts.iter().filter(|(name, _)| belongs(name, &key.0)).collect::<Vec<_>>();
            let sums = rows.entry(key).or_default();
            for (name, by) in wanted {
                *sums.entry(name.clone()).or_default() += by;
            }
        }
    }
    rows.retain(|_, counts| counts.values().any(|by| *by != 0));
    rows
}

impl Store {
    /// The last sequence number read under `name`. Consistent.
    pub async fn position(&self, name: &str) -> Result<Option<String>> {
        Ok(self.place(name).await?.sequence)
    }

    /// What is known under `name`. Consistent.
    pub async fn place(&self, name: &str) -> Result<Place> {
        let (pk, day) = place_key(name);
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.reports)
            .key("pk", s(pk))
            .key("day", s(day))
            .consistent_read(true)
            .send()
            .await?;
        found.item.as_ref().map_or_else(|| Ok(Place::default()), held::read_place)
    }

    /// Shards of which something is held, each where it stands.
    pub async fn held(&self) -> Result<Vec<(Position, Held)>> {
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
            if let Place { sequence: Some(sequence), held: Some(held) } = held::read_place(&item)? {
                found.push((Position { name: format!("{SHARD}{}", item.text("day")?), sequence }, held));
            }
        }
        Ok(found)
    }

    /// Keeps what has been read up to `next` beside the position, to be counted later: one write instead of a transaction over rows. Only
    /// under the name of a shard, where whoever comes next finds it.
    pub async fn hold(&self, held: &Held, before: &Place, next: &Position) -> Result<Counted> {
        let put = held::write(self.place_put(before, next), held).build()?;
        let put = self
            .client
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values);
        match put.send().await {
            Ok(_) => Ok(Counted::Counted),
            Err(error) if put_refused(&error) => Ok(Counted::Moved),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds `delta` and `blocks` and moves the position from `before` to `next`, all or nothing. What was held there is gone afterwards: it
    /// has to be in `delta` and `blocks`. The position fades when no retry can ask for it any more.
    pub async fn count(
        &self,
        delta: &Delta,
        blocks: &Blocks,
        before: &Place,
        next: &Position,
        now: Timestamp,
    ) -> Result<Counted> {
        let mut items = vec![self.advance(before, next, now.as_second() + KEEP_POSITION_SECONDS)?];
        for ((pk, day), counts) in touched(delta) {
            items.push(self.add(&pk, &day, &counts, None)?);
        }
        for (block, sends) in blocks {
            items.push(self.add_block(block, sends)?);
        }
        self.counted(items).await
    }

    /// The same into rows of their own, which fade at `ttl`: their keys begin with `prefix`.
    pub(crate) async fn count_under(
        &self,
        prefix: &str,
        ttl: i64,
        delta: &Delta,
        before: Option<&str>,
        next: &Position,
    ) -> Result<Counted> {
        let before = Place { sequence: before.map(str::to_owned), held: None };
        let mut items = vec![self.advance(&before, next, ttl)?];
        for ((pk, day), counts) in touched(delta) {
            items.push(self.add(&format!("{prefix}{pk}"), &day, &counts, Some(ttl))?);
        }
        self.counted(items).await
    }

    async fn counted(&self, items: Vec<TransactWriteItem>) -> Result<Counted> {
        Ok(match self.transact("report counters", items).await? {
            Transacted::Written => Counted::Counted,
            Transacted::Refused(_) => Counted::Moved,
        })
    }

    fn advance(&self, before: &Place, next: &Position, ttl: i64) -> Result<TransactWriteItem> {
        let put = self.place_put(before, next).item("ttl", n(ttl)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Sequence and whether something is held there say together that nobody else has moved it: to hold moves the sequence, to count takes away
    /// what is held.
    fn place_put(&self, before: &Place, next: &Position) -> PutBuilder {
        let (pk, day) = place_key(&next.name);
        let put = Put::builder()
            .table_name(&self.tables.reports)
            .item("pk", s(pk))
            .item("day", s(day))
            .item("sequence", s(&next.sequence));
        let Some(sequence) = &before.sequence else { return put.condition_expression("attribute_not_exists(pk)") };
        let held = if before.held.is_some() { "attribute_exists(since)" } else { "attribute_not_exists(since)" };
        put.condition_expression(format!("#sequence = :before AND {held}"))
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":before", s(sequence))
    }

    pub(crate) fn add(&self, pk: &str, day: &str, counts: &Counts, ttl: Option<i64>) -> Result<TransactWriteItem> {
        let mut update = Update::builder().table_name(&self.tables.reports).key("pk", s(pk)).key("day", s(day));
        let mut terms = Vec::new();
        for (index, (name, by)) in counts.iter().filter(|(_, by)| **by != 0).enumerate() {
            update = update
                .expression_attribute_names(format!("#c{index}"), names::written(name))
                .expression_attribute_values(format!(":v{index}"), n(by));
            terms.push(format!("#c{index} :v{index}"));
        }
        let mut expression = format!("ADD {}", terms.join(", "));
        if let Some(ttl) = ttl {
            update = update.expression_attribute_names("#ttl", "ttl").expression_attribute_values(":ttl", n(ttl));
            expression = format!("SET #ttl = :ttl {expression}");
        }
        let update = update.update_expression(expression).build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn add_block(&self, block: &Block, sends: &Sends) -> Result<TransactWriteItem> {
        let mut update = Update::builder()
            .table_name(&self.tables.reports)
            .key("pk", s(block_key(&block.campaign, block.channel)))
            .key("day", s(second_key(block.second)))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", n(block.second + KEEP_BLOCK_SECONDS));
        let mut terms = Vec::new();
        for (name, by) in sends.named().into_iter().filter(|(_, by)| *by != 0) {
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), n(by));
            terms.push(format!("#{name} :{name}"));
        }
        let update = update.update_expression(format!("SET #ttl = :ttl ADD {}", terms.join(", "))).build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The newest blocks of a campaign on a channel that are not older than the second `from`, oldest first.
    pub async fn sends(&self, campaign: &CampaignId, channel: Channel, from: i64) -> Result<Vec<Sends>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.reports)
            .key_condition_expression("pk = :pk AND #day >= :from")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":pk", s(block_key(campaign, channel)))
            .expression_attribute_values(":from", s(second_key(from)))
            .scan_index_forward(false)
            .limit(BLOCKS)
            .send()
            .await?;
        Ok(page.items().iter().rev().map(read_sends).collect())
    }

    /// The rows of `pk` from day to day, both included, oldest first: (sort key, counters).
    pub async fn report_rows(&self, pk: &str, from: Date, until: Date) -> Result<Vec<(String, Counts)>> {
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
                // `~` sorts behind every character of a row's suffix
                .expression_attribute_values(":until", s(format!("{until}~")))
                .limit(PAGE)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in page.items() {
                rows.push((item.text("day")?.to_owned(), counters(item)));
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }
}

/// Shards lie together, so that what is held can be found without knowing them.
fn place_key(name: &str) -> (String, String) {
    match name.strip_prefix(SHARD) {
        Some(shard) => (STREAM.to_owned(), shard.to_owned()),
        None => (format!("POSITION#{name}"), "-".to_owned()),
    }
}

fn block_key(campaign: &CampaignId, channel: Channel) -> String {
    format!("SENDS#{campaign}#{channel}")
}

/// Sorts as the number does, for the next centuries.
fn second_key(second: i64) -> String {
    format!("{:011}", second.max(0))
}

fn read_sends(item: &Item) -> Sends {
    let number = |name: &str| item.number_opt(name).unwrap_or(0);
    Sends {
        messages: number("messages"),
        bounced: number("bounced"),
        complained: number("complained"),
        refused: number("refused"),
        failed: number("failed"),
        unknown: number("unknown"),
    }
}

fn counters(item: &Item) -> Counts {
    let number = |name: &String| item.number_opt::<i64>(name).map(|value| (names::read(name), value));
    item.keys().filter(|name| !matches!(name.as_str(), "pk" | "day" | "ttl")).filter_map(number).collect()
}

/// The counter that an attribute of a row holds, for whoever looks at the table itself.
pub fn counter_name(attribute: &str) -> String {
    names::read(attribute)
}
