//! Lists customers for operators: by the beginning of a name, and by the day of their last order.
//! Both lists are read from sparse indexes of keys, which are eventually consistent; the customers are
//! then read by id.
//!
//! Guarantees: a page reads at most [`MAX_QUERIES`] parts of an index and about [`MAX_ENTRIES`] of its
//! entries, may be short or empty before the end of the list, and tells where the next one goes on.

use domain::{
    Date,
    campaign::trigger::CalendarBucket,
    customer::name_search::{NameKey, NameRange, NameSearch},
    kernel::id::CustomerId,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Span;
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    customer::profiles::WRITE_SHARDS,
    error::{Result, StoreError},
    item::{AttributeReader, s},
    keys::{NAME_BUCKET, NAME_KEY, name_bucket_key, name_start_key, read_customer_id},
};

/// The most queries for one page of names; each costs at least half a read unit.
const MAX_QUERIES: usize = 48;
/// The most entries of names that a page reads: some 400 kB, 50 read units.
const MAX_ENTRIES: usize = 4_000;
/// Entries of one query that passes over those that do not match.
const FILTERED_CHUNK: i32 = 1_000;
/// Queries of one page that run at once.
const CONCURRENCY: usize = 8;
/// The most days of last orders that a page looks at, 16 queries each.
const MAX_DAYS: usize = 16;
/// How far the list of last orders looks back: three years.
const MAX_DAYS_BACK: i32 = 1_096;

/// The place in the list of names after which a page goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamePosition {
    range: usize,
    after: Option<(CustomerId, String)>,
}

/// The place in the list of last orders after which a page goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastOrderPosition {
    first_day: Date,
    day: Date,
    after: Option<(u8, CustomerId)>,
}

impl LastOrderPosition {
    /// Begins with the customers who ordered last on this day or, where it is later already, the next.
    pub fn newest(today: Date) -> Self {
        let first_day = today.tomorrow().unwrap_or(today);
        Self { first_day, day: first_day, after: None }
    }

    /// Returns the beginning of the day before, unless the list ends here.
    fn previous_day(&self) -> Option<Self> {
        let day = self.day.yesterday().ok()?;
        let oldest = self.first_day.checked_sub(Span::new().days(MAX_DAYS_BACK)).ok()?;
        (day >= oldest).then_some(Self { first_day: self.first_day, day, after: None })
    }
}

/// Customers of a list, each with the place after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryPage<P> {
    pub customers: Vec<(CustomerId, P)>,
    /// The place at which the list goes on after all of them.
    pub next: Option<P>,
}

impl<P> DirectoryPage<P> {
    /// Returns the page with each place in another form.
    pub fn map_places<Q>(self, form: impl Fn(P) -> Q) -> DirectoryPage<Q> {
        let customers = self.customers.into_iter().map(|(id, place)| (id, form(place)));
        DirectoryPage { customers: customers.collect(), next: self.next.map(&form) }
    }
}

/// Entries of one query, and whether more follow.
struct NameEntries {
    entries: Vec<(CustomerId, NameKey)>,
    more: bool,
}

impl Store {
    /// Returns at most `limit` customers whose name a search matches, each once.
    pub async fn customers_by_name(
        &self,
        search: &NameSearch,
        mut position: NamePosition,
        limit: usize,
    ) -> Result<DirectoryPage<NamePosition>> {
        let mut customers = Vec::new();
        let (mut queries, mut read) = (0, 0);
        loop {
            let ranges = search.ranges().get(position.range..).unwrap_or_default();
            if ranges.is_empty() {
                return Ok(DirectoryPage { customers, next: None });
            }
            if customers.len() >= limit || queries >= MAX_QUERIES || read >= MAX_ENTRIES {
                return Ok(DirectoryPage { customers, next: Some(position) });
            }
            let group = ranges.iter().take(CONCURRENCY).enumerate().map(|(number, range)| {
                let after = position.after.clone().filter(|_| number == 0);
                self.name_entries(range, after, limit - customers.len())
            });
            let group: Vec<NameEntries> =
                stream::iter(group.collect::<Vec<_>>()).buffered(CONCURRENCY).try_collect().await?;
            for found in group {
                queries += 1;
                read += found.entries.len();
                let range = position.range;
                for (id, key) in found.entries {
                    position.after = Some((id.clone(), key.as_text()));
                    if search.is_first_met_in(range, &key) {
                        customers.push((id, position.clone()));
                    }
                    if customers.len() >= limit {
                        return Ok(DirectoryPage { customers, next: Some(position) });
                    }
                }
                if found.more {
                    break;
                }
                position = NamePosition { range: range + 1, after: None };
            }
        }
    }

    async fn name_entries(
        &self,
        range: &NameRange,
        after: Option<(CustomerId, String)>,
        wanted: usize,
    ) -> Result<NameEntries> {
        let start = after.map(|(id, key)| name_start_key(range.bucket, &key, &id));
        let wanted = i32::try_from(wanted).unwrap_or(FILTERED_CHUNK);
        let condition = if range.prefix.is_empty() {
            "#bucket = :bucket"
        } else {
            "#bucket = :bucket AND begins_with(#key, :prefix)"
        };
        let query = self
            .client
            .query()
            .table_name(&self.tables.customers)
            .index_name("by-name")
            .key_condition_expression(condition)
            .expression_attribute_names("#bucket", NAME_BUCKET)
            .expression_attribute_values(":bucket", s(name_bucket_key(range.bucket)))
            .limit(if range.is_filtered() { FILTERED_CHUNK } else { wanted })
            .set_exclusive_start_key(start);
        let query = if range.prefix.is_empty() {
            query
        } else {
            query
                .expression_attribute_names("#key", NAME_KEY)
                .expression_attribute_values(":prefix", s(&range.prefix))
        };
        let page = query.send().await?;
        let entries = page.items().iter().map(|item| {
            let id = read_customer_id(item)?;
            let key = NameKey::parse(item.text(NAME_KEY)?)
                .ok_or_else(|| StoreError::corrupt(&id, "not a key of a name"))?;
            Ok((id, key))
        });
        Ok(NameEntries {
            entries: entries.collect::<Result<_>>()?,
            more: page.last_evaluated_key.is_some_and(|key| !key.is_empty()),
        })
    }

    /// Returns at most `limit` customers by the day of their last order, the latest first.
    pub async fn customers_by_last_order(
        &self,
        mut position: LastOrderPosition,
        limit: usize,
    ) -> Result<DirectoryPage<LastOrderPosition>> {
        let mut customers = Vec::new();
        for _ in 0..MAX_DAYS {
            let (found, is_whole) = self.last_orders_of_day(&position, limit).await?;
            let fits = limit - customers.len();
            let is_cut = found.len() > fits || !is_whole;
            customers.extend(found.into_iter().take(fits));
            if is_cut {
                let next = customers.last().map_or(position, |(_, after)| after.clone());
                return Ok(DirectoryPage { customers, next: Some(next) });
            }
            let Some(previous) = position.previous_day() else {
                return Ok(DirectoryPage { customers, next: None });
            };
            position = previous;
            if customers.len() >= limit {
                break;
            }
        }
        Ok(DirectoryPage { customers, next: Some(position) })
    }

    /// Returns customers of one day in the order of its shards, and whether these are all. At least
    /// `limit` of them are returned if they are not.
    async fn last_orders_of_day(
        &self,
        position: &LastOrderPosition,
        limit: usize,
    ) -> Result<(Vec<(CustomerId, LastOrderPosition)>, bool)> {
        let bucket = CalendarBucket::LastOrder(position.day);
        let wanted = i32::try_from(limit).unwrap_or(i32::MAX);
        let first = position.after.as_ref().map_or(0, |(shard, _)| *shard);
        let pages = (first..WRITE_SHARDS).map(|shard| {
            let after = position.after.as_ref().filter(|(of, _)| *of == shard);
            self.calendar_page(&bucket, shard, after.map(|(_, id)| id), wanted)
        });
        let pages: Vec<_> = stream::iter(pages.collect::<Vec<_>>())
            .buffered(usize::from(WRITE_SHARDS))
            .try_collect()
            .await?;
        let mut found = Vec::new();
        for (shard, page) in (first..).zip(pages) {
            found.extend(page.ids.into_iter().map(|id| {
                let after = Some((shard, id.clone()));
                (id, LastOrderPosition { after, ..position.clone() })
            }));
            if page.more {
                return Ok((found, false));
            }
        }
        Ok((found, true))
    }
}
