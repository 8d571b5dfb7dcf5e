//! Lists the customers of one day of a calendar index: those whose last order was on that day, or
//! whose birthday it is. The indexes hold keys only and are eventually consistent, so the customers
//! are read again, and the caller decides if they still belong to that day.
//!
//! Other dates have entries in Work, written with the customer: PK `calendar#<customer>`, SK the
//! date's name, on the due index under the day.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::{
    Date,
    campaign::trigger::{CalendarBucket, INDEXED_DATE},
    customer::profile::{Customer, SIGN_UP_DATE},
    kernel::id::CustomerId,
};

use super::{CustomerKey, UnreadableCustomer, is_erased, merged_into};
use crate::{
    Store,
    batch::ReadConsistency,
    error::Result,
    item::{AttributeReader, ItemMap, s},
    keys::{
        ACTIVITY_BUCKET, CUSTOMER_ID, PERSONAL_DATE_BUCKET, bucket_start_key, calendar_bucket_key,
        calendar_entry_key, calendar_partition, customer_key, due_start_key,
        read_calendar_customer, read_customer_id, write_shard,
    },
};

/// One page of one write shard of a calendar bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarPage {
    pub ids: Vec<CustomerId>,
    /// More customers follow the last one of this page.
    pub more: bool,
}

/// Customers that were read by id. Unknown and erased ones and merged records are left out.
#[derive(Debug, Default)]
pub struct CustomerBatch {
    pub customers: Vec<Customer>,
    pub unreadable: Vec<UnreadableCustomer>,
}

impl Store {
    /// Returns at most `limit` customers of the bucket's shard, ordered by id.
    pub async fn calendar_page(
        &self,
        bucket: &CalendarBucket,
        shard: u8,
        after: Option<&CustomerId>,
        limit: i32,
    ) -> Result<CalendarPage> {
        let key = calendar_bucket_key(bucket, shard);
        let (index, attribute) = match bucket {
            CalendarBucket::LastOrder(_) => ("by-activity-day", ACTIVITY_BUCKET),
            CalendarBucket::PersonalDate { .. } => ("by-personal-date", PERSONAL_DATE_BUCKET),
            CalendarBucket::NamedDate { name, .. } => {
                return self.named_date_page(name, &key, after, limit).await;
            }
        };
        let start = after.map(|id| bucket_start_key(attribute, &key, id));
        let page = self
            .client
            .query()
            .table_name(&self.tables.customers)
            .index_name(index)
            .key_condition_expression("#bucket = :bucket")
            .expression_attribute_names("#bucket", attribute)
            .expression_attribute_values(":bucket", s(key))
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        Ok(CalendarPage {
            ids: page
                .items
                .unwrap_or_default()
                .iter()
                .map(read_customer_id)
                .collect::<Result<_>>()?,
            more: page.last_evaluated_key.is_some(),
        })
    }

    /// Returns the customers of `ids` in no particular order. The read is eventually consistent and
    /// costs half the read units; a decision made from it is checked again before a message goes
    /// out.
    pub async fn customers_eventually(&self, ids: &[CustomerId]) -> Result<CustomerBatch> {
        let mut read = CustomerBatch::default();
        let keys = ids.iter().map(customer_key).collect();
        let items = self.batch_get(&self.tables.customers, keys, ReadConsistency::Eventual).await?;
        let is_live = |found: &&ItemMap| !is_erased(found) && merged_into(found).is_none();
        for found in items.iter().filter(is_live) {
            match self.read_customer(found) {
                Ok(customer) => read.customers.push(customer),
                Err(error) => {
                    let key =
                        CustomerKey(found.text_opt(CUSTOMER_ID).unwrap_or_default().to_owned());
                    read.unreadable.push(UnreadableCustomer { key, reason: error.to_string() });
                }
            }
        }
        Ok(read)
    }

    /// Returns a page of the entries of one shard of a day.
    async fn named_date_page(
        &self,
        name: &str,
        queue: &str,
        after: Option<&CustomerId>,
        limit: i32,
    ) -> Result<CalendarPage> {
        let start = after.map(|id| due_start_key(calendar_entry_key(id, name), queue, 0));
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .index_name("due")
            .key_condition_expression("due_queue = :queue")
            .expression_attribute_values(":queue", s(queue))
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        Ok(CalendarPage {
            ids: page
                .items
                .unwrap_or_default()
                .iter()
                .map(read_calendar_customer)
                .collect::<Result<_>>()?,
            more: page.last_evaluated_key.is_some(),
        })
    }

    /// Returns the writes that make the calendar entries follow the customer's dates, for the
    /// transaction that changes them. `birthday` has an index of its own.
    pub(crate) fn calendar_entry_changes(
        &self,
        before: Option<&Customer>,
        after: &Customer,
    ) -> Result<Vec<TransactWriteItem>> {
        let (old, new) = (before.map(calendar_dates).unwrap_or_default(), calendar_dates(after));
        let gone = old.keys().filter(|name| !new.contains_key(*name)).map(|name| {
            let delete = Delete::builder()
                .table_name(&self.tables.work)
                .set_key(Some(calendar_entry_key(&after.id, name)));
            Ok(TransactWriteItem::builder().delete(delete.build()?).build())
        });
        let moved =
            new.iter().filter(|(name, date)| old.get(*name) != Some(*date)).map(|(name, date)| {
                let bucket = CalendarBucket::of_date(name, date.month(), date.day());
                let queue = calendar_bucket_key(&bucket, write_shard(&after.id));
                let entry = due_start_key(calendar_entry_key(&after.id, name), &queue, 0);
                let put =
                    Put::builder().table_name(&self.tables.work).set_item(Some(entry)).build()?;
                Ok(TransactWriteItem::builder().put(put).build())
            });
        gone.chain(moved).collect()
    }

    /// Deletes the calendar entries of a customer who is erased.
    pub(crate) async fn delete_calendar_entries(&self, id: &CustomerId) -> Result<()> {
        let query =
            self.client.query().table_name(&self.tables.work).key_condition_expression("pk = :pk");
        let found =
            query.expression_attribute_values(":pk", s(calendar_partition(id))).send().await?;
        for entry in found.items.unwrap_or_default() {
            let key = calendar_entry_key(id, entry.text("sk")?);
            self.client
                .delete_item()
                .table_name(&self.tables.work)
                .set_key(Some(key))
                .send()
                .await?;
        }
        Ok(())
    }
}

/// The dates that have entries. A personal date with the name of the sign-up date replaces it.
fn calendar_dates(customer: &Customer) -> BTreeMap<&str, Date> {
    let signed_up = customer.profile.signed_up.map(|date| (SIGN_UP_DATE, date));
    let personal =
        customer.profile.personal_dates.iter().map(|(name, date)| (name.as_str(), *date));
    signed_up.into_iter().chain(personal).filter(|(name, _)| *name != INDEXED_DATE).collect()
}
