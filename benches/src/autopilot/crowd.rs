//! Fills the customer table. The store writes the first thousand customers, each with an order, as
//! the APIs would; the others are copies of their items under other ids, because a hundred thousand
//! writes would take minutes.
//!
//! A copy has its own place in the indexes; the rule for that place is checked against the store on
//! every item that the store wrote. Matching customers match on one day, and no other customer's
//! last order or birthday is on a day that the scan looks up.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use domain::{
    Date,
    id::{CustomerId, OrderId},
    money::{Minor, Money},
    order::{OrderEvent, What},
    trigger::INDEXED_DATE,
};
use jiff::{SignedDuration, ToSpan};
use memory_aws::{Item, Memory};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Store, Tables};
use testkit::TestTables;

use crate::{cost::units::item_size, market};

/// The days between the last order of a matching customer and the day on which the trigger fires.
pub const INACTIVE: i64 = 30;
/// The number of days that begin in some zone around [`market::NOW`]: that day and the next.
const DAYS: i64 = 2;
const TABLE: &str = "CustomersTable";
const ID: &str = "customer_id";

pub struct Crowd {
    memory: Memory,
    /// The items that the store wrote for matching customers; `others` has those of the rest.
    matching: Vec<Item>,
    others: Vec<Item>,
    /// The number of matching customers; `count` is the number of all.
    matches: usize,
    count: usize,
}

/// The number of all customers, and the total size of their items.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Table {
    pub customers: usize,
    pub bytes: usize,
}

impl Crowd {
    /// Creates `count` customers, the first `matches` of whom match.
    pub async fn new(matches: usize, count: usize) -> anyhow::Result<Self> {
        let memory = Memory::new(testkit::schemas());
        let tables = TestTables::of(&memory);
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        for number in 0..count {
            write(&store, number, number < matches).await?;
        }
        let mut written: BTreeMap<String, Item> = BTreeMap::new();
        for item in memory.items(TABLE) {
            let id = id_of(&item)?;
            ensure!(copied(&item, &id)? == item, "{id} is not where the store puts it");
            written.insert(id.as_str().to_owned(), item);
        }
        let mut matching: Vec<Item> = written.into_values().collect();
        let others = matching.split_off(matches);
        Ok(Self { memory, matching, others, matches, count })
    }

    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Grows the table to `count` customers, `matches` of whom match; additional matching customers
    /// replace others.
    pub fn grow(&mut self, matches: usize, count: usize) -> anyhow::Result<()> {
        let more = matches - self.matches;
        ensure!(more <= self.others.len(), "{more} are more than there are others written by the store");
        for index in 0..more {
            let id = id_of(pick(&self.others, index)?)?;
            self.memory.preload(TABLE, copied(pick(&self.matching, index)?, &id)?);
        }
        self.matches = matches;
        for number in self.count..count {
            let id = market::customer_id(number)?;
            self.memory.preload(TABLE, copied(pick(&self.others, number)?, &id)?);
        }
        self.count = count;
        Ok(())
    }

    pub fn table(&self) -> Table {
        let mut table = Table { customers: 0, bytes: 0 };
        self.memory.each(TABLE, |item| {
            table.customers += 1;
            table.bytes += item_size(&json!(item));
        });
        table
    }
}

fn pick(items: &[Item], index: usize) -> anyhow::Result<&Item> {
    items.get(index % items.len().max(1)).context("nobody to copy")
}

fn id_of(item: &Item) -> anyhow::Result<CustomerId> {
    let id =
        item.get(ID).and_then(|value| value.get("S")).and_then(Value::as_str).context("a customer without an id")?;
    Ok(CustomerId::parse(id)?)
}

/// Copies an item under another id, and so into another write shard of the same buckets.
fn copied(item: &Item, id: &CustomerId) -> anyhow::Result<Item> {
    let mut copy = item.clone();
    copy.insert(ID.to_owned(), json!({"S": id.as_str()}));
    for (name, value) in copy.iter_mut().filter(|(name, _)| name.ends_with("_bucket")) {
        let bucket = value.get("S").and_then(Value::as_str).and_then(|text| text.rsplit_once('#'));
        let (bucket, _) = bucket.with_context(|| format!("{name} has no write shard"))?;
        *value = json!({"S": format!("{bucket}#{:02}", store::customers::shard(id))});
    }
    Ok(copy)
}

async fn write(store: &Store, number: usize, matches: bool) -> anyhow::Result<()> {
    let now = market::now()?;
    let today = now.to_zoned(domain::TimeZone::UTC).date();
    let nth = i64::try_from(number)?;
    let (inactive, birthday) = if matches { (INACTIVE, in_1986(today)?) } else { elsewhere(today, nth)? };
    let market::Person { id, mut profile, .. } = market::person(number, now, market::Consents::Reachable)?;
    profile.profile.personal_dates = BTreeMap::from([(INDEXED_DATE.to_owned(), birthday)]);
    store.put_customer(&id, &profile, market::euro()?).await?;
    let total = Money::new(Minor::new(800 + nth)?, market::euro()?);
    let order = OrderEvent {
        order_id: OrderId::parse(&format!("ord-7-{number:06}"))?,
        customer_id: id,
        at: now.checked_sub(SignedDuration::from_hours(24 * inactive))?,
        what: What::Placed { vertical: "food".to_owned(), merchant: "madrid-food-3".to_owned(), total },
    };
    store.record_order(&order, market::euro()?, now).await?;
    Ok(())
}

/// Returns days since the last order and a birthday that the scan looks up on none of its days,
/// spread over more than a year and over one.
fn elsewhere(today: Date, nth: i64) -> anyhow::Result<(i64, Date)> {
    let inactive = 1 + nth * 7 % 400;
    let born = in_1986(Date::new(1986, 1, 1)?.checked_add((nth * 11 % 365).days())?)?;
    let mut celebrated = Vec::new();
    for later in 0..DAYS {
        celebrated.push(in_1986(today.checked_add(later.days())?)?);
    }
    let moved = |looked_up: bool| if looked_up { DAYS } else { 0 };
    let longer = moved((INACTIVE - DAYS + 1..=INACTIVE).contains(&inactive));
    Ok((inactive + longer, born.checked_add(moved(celebrated.contains(&born)).days())?))
}

fn in_1986(day: Date) -> anyhow::Result<Date> {
    Ok(Date::new(1986, day.month(), day.day())?)
}
