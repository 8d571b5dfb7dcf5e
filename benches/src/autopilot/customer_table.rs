//! Fills the customer table. The store writes the first thousand customers, each with an order, as
//! the APIs would; the others are copies of their items under other ids, because a hundred thousand
//! writes would take minutes.
//!
//! A copy has its own place in the indexes; the rule for that place is checked against the store on
//! every item that the store wrote. Matching customers match on one day, and no other customer's
//! last order or birthday is on a day that the scan looks up.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use domain::{Date, campaign::trigger::INDEXED_DATE, kernel::id::CustomerId};
use fake_aws::{FakeAws, FakeItem};
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Store, TableNames};
use testkit::TestTables;

use crate::{cost::units::item_size, marketplace};

/// The days between the last order of a matching customer and the day on which the trigger fires.
pub const INACTIVE_DAYS: i64 = 30;
/// The number of days that begin in some zone around [`market::NOW`]: that day and the next.
const DAYS: i64 = 2;
const TABLE: &str = "CustomersTable";
const ID: &str = "customer_id";

pub struct CustomerTable {
    memory: FakeAws,
    /// The items that the store wrote for matching customers; `others` has those of the rest.
    matching: Vec<FakeItem>,
    others: Vec<FakeItem>,
    /// The number of matching customers; `count` is the number of all.
    matches: usize,
    count: usize,
}

/// The number of all customers, and the total size of their items.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct TableSize {
    pub customers: usize,
    pub bytes: usize,
}

impl CustomerTable {
    /// Creates `count` customers, the first `matches` of whom match.
    pub async fn new(matches: usize, count: usize) -> anyhow::Result<Self> {
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        for number in 0..count {
            write_customer(&store, number, number < matches).await?;
        }
        let mut written: BTreeMap<String, FakeItem> = BTreeMap::new();
        for item in memory.items(TABLE) {
            let id = item_customer(&item)?;
            ensure!(copy_item(&item, &id)? == item, "{id} is not where the store puts it");
            written.insert(id.as_str().to_owned(), item);
        }
        let mut matching: Vec<FakeItem> = written.into_values().collect();
        let others = matching.split_off(matches);
        Ok(Self { memory, matching, others, matches, count })
    }

    pub fn memory(&self) -> &FakeAws {
        &self.memory
    }

    /// Grows the table to `count` customers, `matches` of whom match; additional matching customers
    /// replace others.
    pub fn grow(&mut self, matches: usize, count: usize) -> anyhow::Result<()> {
        let more = matches - self.matches;
        ensure!(
            more <= self.others.len(),
            "{more} are more than there are others written by the store"
        );
        for index in 0..more {
            let id = item_customer(item_at(&self.others, index)?)?;
            self.memory.preload(TABLE, copy_item(item_at(&self.matching, index)?, &id)?);
        }
        self.matches = matches;
        for number in self.count..count {
            let id = marketplace::customer_id(number)?;
            self.memory.preload(TABLE, copy_item(item_at(&self.others, number)?, &id)?);
        }
        self.count = count;
        Ok(())
    }

    pub fn table_size(&self) -> TableSize {
        let mut table = TableSize { customers: 0, bytes: 0 };
        self.memory.for_each_item(TABLE, |item| {
            table.customers += 1;
            table.bytes += item_size(&json!(item));
        });
        table
    }
}

fn item_at(items: &[FakeItem], index: usize) -> anyhow::Result<&FakeItem> {
    items.get(index % items.len().max(1)).context("nobody to copy")
}

fn item_customer(item: &FakeItem) -> anyhow::Result<CustomerId> {
    let id = item
        .get(ID)
        .and_then(|value| value.get("S"))
        .and_then(Value::as_str)
        .context("a customer without an id")?;
    Ok(CustomerId::parse(id)?)
}

/// The bucket of the customer's name, which a copy shares: names are not spread over write shards.
const NAME_BUCKET: &str = "name_bucket";

/// Copies an item under another id, and so into another write shard of the same buckets.
fn copy_item(item: &FakeItem, id: &CustomerId) -> anyhow::Result<FakeItem> {
    let mut copy = item.clone();
    copy.insert(ID.to_owned(), json!({"S": id.as_str()}));
    let is_sharded = |name: &str| name.ends_with("_bucket") && name != NAME_BUCKET;
    for (name, value) in copy.iter_mut().filter(|(name, _)| is_sharded(name)) {
        let bucket = value.get("S").and_then(Value::as_str).and_then(|text| text.rsplit_once('#'));
        let (bucket, _) = bucket.with_context(|| format!("{name} has no write shard"))?;
        *value =
            json!({"S": format!("{bucket}#{:02}", store::customer::profiles::write_shard(id))});
    }
    Ok(copy)
}

async fn write_customer(store: &Store, number: usize, matches: bool) -> anyhow::Result<()> {
    let now = marketplace::now()?;
    let today = now.to_zoned(domain::TimeZone::UTC).date();
    let nth = i64::try_from(number)?;
    let (inactive, birthday) =
        if matches { (INACTIVE_DAYS, in_1986(today)?) } else { unmatched_dates(today, nth)? };
    let marketplace::SyntheticCustomer { id, mut profile, .. } =
        marketplace::synthetic_customer(number, now, marketplace::ConsentMix::Reachable)?;
    profile.profile.personal_dates = BTreeMap::from([(INDEXED_DATE.to_owned(), birthday)]);
    store.put_customer(&id, &profile, marketplace::euro()?).await?;
    let at = now.checked_sub(SignedDuration::from_hours(24 * inactive))?;
    let order = format!("ord-7-{number:06}");
    let order = marketplace::placed_order(&order, &id, at, "food", 800 + nth)?;
    store.record_order(&order, marketplace::euro()?, now).await?;
    Ok(())
}

/// Returns days since the last order and a birthday that the scan looks up on none of its days,
/// spread over more than a year and over one.
fn unmatched_dates(today: Date, nth: i64) -> anyhow::Result<(i64, Date)> {
    let inactive = 1 + nth * 7 % 400;
    let born = in_1986(Date::new(1986, 1, 1)?.checked_add((nth * 11 % 365).days())?)?;
    let mut celebrated = Vec::new();
    for later in 0..DAYS {
        celebrated.push(in_1986(today.checked_add(later.days())?)?);
    }
    let moved = |looked_up: bool| if looked_up { DAYS } else { 0 };
    let longer = moved((INACTIVE_DAYS - DAYS + 1..=INACTIVE_DAYS).contains(&inactive));
    Ok((inactive + longer, born.checked_add(moved(celebrated.contains(&born)).days())?))
}

fn in_1986(day: Date) -> anyhow::Result<Date> {
    Ok(Date::new(1986, day.month(), day.day())?)
}
