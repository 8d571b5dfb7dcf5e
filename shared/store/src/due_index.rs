//! The index `due` of the Work table: what a function has to process, each kind of work in a queue
//! of its own. It is eventually consistent, so whoever reads an entry writes the item under a
//! condition.
//!
//! A partition of the index takes about a thousand writes a second, and the work on single customers
//! brings more than that. So a queue of such work is kept in several shards, chosen by the item's
//! key: `released#03`. A page is read from all of them at once and merged, oldest first.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    kernel::{channel::Channel, shard::shard_of},
};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    error::Result,
    item::{AttributeReader, ItemMap, at, s},
    keys::{due_start_key, work_key},
};

/// The shards of each queue. Two thousand dispatches a second are about 250 writes a second in each:
/// an entry is written and taken away.
pub(crate) const DUE_SHARDS: u32 = 16;
/// Entries that are read from each shard beyond its part of a page, because no two hold the same.
const SPARE_ENTRIES: usize = 4;

/// A queue of work on dispatches and matches, by the time at which it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DueQueue {
    /// Trigger matches, by the time at which they are checked.
    Matches,
    /// Dispatches to release on a channel.
    Ready(Channel),
    /// Dispatches that were released, by the time at which the watchdog checks them.
    Released,
    /// Dispatches that are done, by the time at which the next of their vouchers ends.
    Expiring,
    /// Attempts of unknown fate, by the time at which they are settled.
    Unknown,
}

impl DueQueue {
    fn partition(self, shard: u32) -> String {
        match self {
            Self::Matches => format!("matches#{shard:02}"),
            Self::Ready(channel) => format!("ready#{channel}#{shard:02}"),
            Self::Released => format!("released#{shard:02}"),
            Self::Expiring => format!("expiring#{shard:02}"),
            Self::Unknown => format!("unknown#{shard:02}"),
        }
    }
}

/// The entries of a queue that are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DueTime {
    /// Those that are due by a time.
    By(Timestamp),
    /// Those that are due later than a time.
    After(Timestamp),
}

/// An entry of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
    due_at: i64,
}

impl DueKey {
    fn read(item: &ItemMap) -> Result<Self> {
        Ok(Self {
            pk: item.text("pk")?.to_owned(),
            sk: item.text("sk")?.to_owned(),
            due_at: item.number("due_at")?,
        })
    }
}

/// The place in a queue at which reading goes on: the entry of each shard that was read last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuePosition(BTreeMap<u32, DueKey>);

/// An entry that was read, and the place behind it.
pub(crate) struct DueEntry {
    pub item: ItemMap,
    pub key: DueKey,
    pub position: DuePosition,
}

/// A page of a queue, soonest first.
pub(crate) struct DuePage {
    pub entries: Vec<DueEntry>,
    /// There is more behind the page.
    pub has_more: bool,
}

impl DuePage {
    /// Returns the items, and the place at which the next page starts, if there is one.
    pub(crate) fn into_items(self) -> (Vec<ItemMap>, Option<DuePosition>) {
        let last = self.entries.last().map(|entry| entry.position.clone());
        let next = last.filter(|_| self.has_more);
        (self.entries.into_iter().map(|entry| entry.item).collect(), next)
    }
}

impl Store {
    /// Returns the partition of the index that holds an item while it is in a queue.
    pub(crate) fn due_partition(&self, queue: DueQueue, item: &ItemMap) -> String {
        let part = |name: &str| item.text_opt(name).unwrap_or_default();
        queue.partition(shard_of(&[part("pk"), part("sk")], self.due_shards))
    }

    /// Returns a page of a queue, of at most `limit` entries.
    pub(crate) async fn due_page(
        &self,
        queue: DueQueue,
        wanted: DueTime,
        limit: usize,
        after: Option<&DuePosition>,
    ) -> Result<DuePage> {
        let shards = self.due_shards.max(1);
        let each = limit.div_ceil(shards as usize) + SPARE_ENTRIES;
        let start = after.cloned().unwrap_or_default();
        let reads = (0..shards).map(|shard| {
            let partition = queue.partition(shard);
            let from = start
                .0
                .get(&shard)
                .map(|key| due_start_key(work_key(&key.pk, &key.sk), &partition, key.due_at));
            async move { self.due_items(&partition, wanted, each, from).await }
        });
        let mut read = Vec::new();
        // No entry may come before one that its shard still holds: the earliest end of what was read.
        let mut end = i64::MAX;
        for (shard, (items, more)) in (0..).zip(try_join_all(reads).await?) {
            let keys = items.iter().map(DueKey::read).collect::<Result<Vec<_>>>()?;
            if let Some(last) = keys.last().filter(|_| more.is_some()) {
                end = end.min(last.due_at);
            }
            read.extend(keys.into_iter().zip(items).map(|(key, item)| (shard, key, item)));
        }
        read.sort_by(|(_, a, _), (_, b, _)| {
            (a.due_at, &a.pk, &a.sk).cmp(&(b.due_at, &b.pk, &b.sk))
        });
        let taken = read.iter().take(limit).take_while(|(_, key, _)| key.due_at <= end).count();
        let has_more = end < i64::MAX || taken < read.len();
        let mut position = start;
        let entry = |(shard, key, item): (u32, DueKey, ItemMap)| {
            position.0.insert(shard, key.clone());
            DueEntry { item, key, position: position.clone() }
        };
        Ok(DuePage { entries: read.into_iter().take(taken).map(entry).collect(), has_more })
    }

    /// Returns a page of one partition, soonest first, and the key to go on from.
    pub(crate) async fn due_items(
        &self,
        partition: &str,
        wanted: DueTime,
        limit: usize,
        after: Option<ItemMap>,
    ) -> Result<(Vec<ItemMap>, Option<ItemMap>)> {
        let (condition, time) = match wanted {
            DueTime::By(time) => ("due_queue = :queue AND due_at <= :time", time),
            DueTime::After(time) => ("due_queue = :queue AND due_at > :time", time),
        };
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .index_name("due")
            .key_condition_expression(condition)
            .expression_attribute_values(":queue", s(partition))
            .expression_attribute_values(":time", at(time))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after)
            .send()
            .await?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }
}
