//! Who stands on a day of a calendar index: everybody whose last order was then, or whose birthday it is. Keys only and eventually
//! consistent, so the customers are read again, and whoever decides asks whether they still belong there.

use domain::{customer::Customer, id::CustomerId, trigger::Bucket};

use super::{CustomerKey, Unreadable, item};
use crate::{
    Store,
    batch::Consistency,
    error::{Result, StoreError},
    item::{Item, Read, s},
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
        bucket: Bucket,
        shard: u8,
        after: Option<&CustomerId>,
        limit: i32,
    ) -> Result<CalendarPage> {
        let (index, attribute) = match bucket {
            Bucket::LastOrder(_) => ("by-activity-day", item::ACTIVITY_BUCKET),
            Bucket::PersonalDate { .. } => ("by-personal-date", item::PERSONAL_DATE_BUCKET),
        };
        let key = s(item::bucket_key(bucket, shard));
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
}
