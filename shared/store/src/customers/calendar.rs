//! Who stands on a day of a calendar index: everybody whose last order was then, or whose birthday it is. Keys only and eventually
//! consistent, so the customers are read again, and whoever decides asks whether they still belong there.
//! Other dates have entries in Work, written with the customer: PK `calendar#<customer>`, SK the date's name, on the due index under the day.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use domain::{
    Date,
    customer::Customer,
    id::CustomerId,
    trigger::{Bucket, INDEXED_DATE, SIGNED_UP},
};

use super::{CustomerKey, Unreadable, item};
use crate::{
    Store,
    batch::Consistency,
    error::{Result, StoreError},
    item::{Item, Read, n, s},
};

/// One page of a bucket's write shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarPage {
    pub ids: Vec<CustomerId>,
    /// More follow behind the last of them.
    pub more: bool,
}

/// Customers as they were read: unknown and erased ones are left out.
#[derive(Debug, Default)]
pub struct CustomersRead {
    pub customers: Vec<Customer>,
    pub unreadable: Vec<Unreadable>,
}

impl Store {
    /// In the order of their ids, at most `limit`.
    pub async fn calendar(
        &self,
        bucket: &Bucket,
        shard: u8,
        after: Option<&CustomerId>,
        limit: i32,
    ) -> Result<CalendarPage> {
        let key = s(item::bucket_key(bucket, shard));
        let (index, attribute) = match bucket {
            Bucket::LastOrder(_) => ("by-activity-day", item::ACTIVITY_BUCKET),
            Bucket::PersonalDate { .. } => ("by-personal-date", item::PERSONAL_DATE_BUCKET),
            Bucket::NamedDate { name, .. } => return self.named_dates(name, key, after, limit).await,
        };
        let start =
            after.map(|id| Item::from([(attribute.to_owned(), key.clone()), (item::ID.to_owned(), s(id.as_str()))]));
        let page = self
            .client
            .query()
            .table_name(&self.tables.customers)
            .index_name(index)
            .key_condition_expression("#bucket = :bucket")
            .expression_attribute_names("#bucket", attribute)
            .expression_attribute_values(":bucket", key)
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let id = |item: &Item| {
            CustomerId::parse(item.text(item::ID)?).map_err(|_| StoreError::corrupt("customer", "not an id"))
        };
        Ok(CalendarPage {
            ids: page.items.unwrap_or_default().iter().map(id).collect::<Result<_>>()?,
            more: page.last_evaluated_key.is_some(),
        })
    }

    /// At half the price of a consistent read, in no order: what is decided from it is checked again before a message goes out.
    pub async fn customers_lately(&self, ids: &[CustomerId]) -> Result<CustomersRead> {
        let mut read = CustomersRead::default();
        let keys = ids.iter().map(item::key).collect();
        let items = self.batch_get(&self.tables.customers, keys, Consistency::Eventual).await?;
        for found in items.iter().filter(|found| !item::is_erased(found)) {
            match item::read_customer(found) {
                Ok(customer) => read.customers.push(customer),
                Err(error) => {
                    let key = CustomerKey(found.text_opt(item::ID).unwrap_or_default().to_owned());
                    read.unreadable.push(Unreadable { key, reason: error.to_string() });
                }
            }
        }
        Ok(read)
    }

    /// The entries of one shard of a day.
    async fn named_dates(
        &self,
        name: &str,
        queue: AttributeValue,
        after: Option<&CustomerId>,
        limit: i32,
    ) -> Result<CalendarPage> {
        let start = after.map(|id| {
            let mut start = entry_key(id, name);
            start.extend([(DUE_QUEUE.to_owned(), queue.clone()), (DUE_AT.to_owned(), n(0))]);
            start
        });
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .index_name("due")
            .key_condition_expression("due_queue = :queue")
            .expression_attribute_values(":queue", queue)
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let id = |item: &Item| {
            let id = item.text("pk")?.strip_prefix(CALENDAR).and_then(|id| CustomerId::parse(id).ok());
            id.ok_or_else(|| StoreError::corrupt("date", "not a customer's"))
        };
        Ok(CalendarPage {
            ids: page.items.unwrap_or_default().iter().map(id).collect::<Result<_>>()?,
            more: page.last_evaluated_key.is_some(),
        })
    }

    /// Entries follow the dates, in the transaction that changes them. `birthday` has an index of its own.
    pub(super) fn move_dates(&self, before: Option<&Customer>, after: &Customer) -> Result<Vec<TransactWriteItem>> {
        let (old, new) = (before.map(dates).unwrap_or_default(), dates(after));
        let gone = old.keys().filter(|name| !new.contains_key(*name)).map(|name| {
            let delete = Delete::builder().table_name(&self.tables.work).set_key(Some(entry_key(&after.id, name)));
            Ok(TransactWriteItem::builder().delete(delete.build()?).build())
        });
        let moved = new.iter().filter(|(name, date)| old.get(*name) != Some(*date)).map(|(name, date)| {
            let bucket = Bucket::of_date(name, date.month(), date.day());
            let mut entry = entry_key(&after.id, name);
            entry.extend([
                (DUE_QUEUE.to_owned(), s(item::bucket_key(&bucket, item::shard(&after.id)))),
                (DUE_AT.to_owned(), n(0)),
            ]);
            let put = Put::builder().table_name(&self.tables.work).set_item(Some(entry)).build()?;
            Ok(TransactWriteItem::builder().put(put).build())
        });
        gone.chain(moved).collect()
    }

    /// For erasing.
    pub(super) async fn delete_dates(&self, id: &CustomerId) -> Result<()> {
        let query = self.client.query().table_name(&self.tables.work).key_condition_expression("pk = :pk");
        let found = query.expression_attribute_values(":pk", s(format!("{CALENDAR}{id}"))).send().await?;
        for entry in found.items.unwrap_or_default() {
            let key = entry_key(id, entry.text("sk")?);
            self.client.delete_item().table_name(&self.tables.work).set_key(Some(key)).send().await?;
        }
        Ok(())
    }
}

/// Before the customer's id, as the partition of their entries.
const CALENDAR: &str = "calendar#";
const DUE_QUEUE: &str = "due_queue";
const DUE_AT: &str = "due_at";

fn entry_key(id: &CustomerId, name: &str) -> Item {
    Item::from([("pk".to_owned(), s(format!("{CALENDAR}{id}"))), ("sk".to_owned(), s(name))])
}

/// The dates that have entries. A personal date called as the sign-up is meant instead of it.
fn dates(customer: &Customer) -> BTreeMap<&str, Date> {
    let signed_up = customer.profile.signed_up.map(|date| (SIGNED_UP, date));
    let personal = customer.profile.personal_dates.iter().map(|(name, date)| (name.as_str(), *date));
    signed_up.into_iter().chain(personal).filter(|(name, _)| *name != INDEXED_DATE).collect()
}
