//! The index `due` of the Work table: what a function has to process, each kind of work in a queue
//! of its own. It is eventually consistent, so whoever reads an entry writes the item under a
//! condition.
//!
//! A partition of the index takes about a thousand writes a second, and the work on single customers
//! brings more than that. So a queue of such work is kept in several shards, chosen by the item's
//! key: `released#03`. A page is read from all of them at once and merged, oldest first.

use std::collections::{BTreeMap, VecDeque};

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

/// A queue of work on dispatches, matches and vouchers, by the time at which it is due.
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
    /// Notes of holds that have reserved a part of a cap, by the time at which the hold ends.
    Holds,
}

impl DueQueue {
    fn partition(self, shard: u32) -> String {
        match self {
            Self::Matches => format!("matches#{shard:02}"),
            Self::Ready(channel) => format!("ready#{channel}#{shard:02}"),
            Self::Released => format!("released#{shard:02}"),
            Self::Expiring => format!("expiring#{shard:02}"),
            Self::Unknown => format!("unknown#{shard:02}"),
            Self::Holds => format!("holds#{shard:02}"),
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

impl DueTime {
    /// Returns true if reading can go on behind an entry that was due then. Once a later time is asked
    /// for than that of the entry, all that is wanted lies behind it, and DynamoDB refuses to start there.
    fn goes_on_behind(self, due_at: i64) -> bool {
        match self {
            Self::By(_) => true,
            Self::After(time) => due_at > time.as_millisecond(),
        }
    }
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

/// An entry as its shard has answered it, with the shard's number.
type ShardEntry = (u32, DueKey, ItemMap);

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

/// Merges what the shards have answered, soonest first. What is due at one time stays in the order of
/// its shard: DynamoDB promises none among equal keys of an index, and the place behind an entry is a
/// place in that order.
fn merge_shards(mut shards: Vec<VecDeque<ShardEntry>>) -> Vec<ShardEntry> {
    let mut merged = Vec::new();
    while let Some(entry) =
        soonest_shard(&shards).and_then(|index| shards.get_mut(index)?.pop_front())
    {
        merged.push(entry);
    }
    merged
}

/// Returns the place of the shard whose first entry is the soonest.
fn soonest_shard(shards: &[VecDeque<ShardEntry>]) -> Option<usize> {
    let heads = shards.iter().enumerate();
    let heads = heads.filter_map(|(index, entries)| {
        let (_, key, _) = entries.front()?;
        Some(((key.due_at, &key.pk, &key.sk), index))
    });
    heads.min().map(|(_, index)| index)
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
                .filter(|key| wanted.goes_on_behind(key.due_at))
                .map(|key| due_start_key(work_key(&key.pk, &key.sk), &partition, key.due_at));
            async move { self.due_items(&partition, wanted, each, from).await }
        });
        let mut of_shards = Vec::new();
        // No entry may come before one that its shard still holds: the earliest end of what was read.
        let mut end = i64::MAX;
        for (shard, (items, more)) in (0..).zip(try_join_all(reads).await?) {
            let keys = items.iter().map(DueKey::read).collect::<Result<Vec<_>>>()?;
            if let Some(last) = keys.last().filter(|_| more.is_some()) {
                end = end.min(last.due_at);
            }
            let entries = keys.into_iter().zip(items).map(|(key, item)| (shard, key, item));
            of_shards.push(entries.collect());
        }
        let read = merge_shards(of_shards);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(shard: u32, due_at: i64, sk: &str) -> ShardEntry {
        let key = DueKey { pk: "run".into(), sk: sk.into(), due_at };
        (shard, key, ItemMap::new())
    }

    fn names(entries: &[ShardEntry]) -> Vec<&str> {
        entries.iter().map(|(_, key, _)| key.sk.as_str()).collect()
    }

    #[test]
    fn what_is_due_at_one_time_keeps_the_order_in_which_its_shard_answers() {
        let first = [entry(0, 1, "c"), entry(0, 5, "z"), entry(0, 5, "a"), entry(0, 5, "m")];
        let second = [entry(1, 5, "k"), entry(1, 5, "b"), entry(1, 9, "a")];
        let merged = merge_shards(vec![first.to_vec().into(), second.to_vec().into()]);
        assert_eq!(names(&merged), ["c", "k", "b", "z", "a", "m", "a"]);
        // a page may end anywhere: each shard's part of it is the beginning of the shard
        for end in 0..=merged.len() {
            for shard in [&first[..], &second[..]] {
                let number = shard[0].0;
                let taken: Vec<ShardEntry> =
                    merged.iter().take(end).filter(|(it, ..)| *it == number).cloned().collect();
                assert_eq!(taken, shard[..taken.len()], "after {end} of shard {number}");
            }
        }
    }

    #[test]
    fn entries_of_all_shards_come_by_their_time_and_then_by_their_key() {
        let shards = [vec![entry(0, 2, "b"), entry(0, 3, "a")], vec![], vec![entry(2, 2, "a")]];
        let merged = merge_shards(shards.into_iter().map(VecDeque::from).collect());
        assert_eq!(names(&merged), ["a", "b", "a"]);
    }

    #[test]
    fn reading_goes_on_only_behind_an_entry_that_is_still_wanted() {
        let time = DueTime::After(Timestamp::from_millisecond(1_000).unwrap());
        let found = [999, 1_000, 1_001].map(|due_at| time.goes_on_behind(due_at));
        assert_eq!(found, [false, false, true]);
    }
}
