//! Erases customers. Before it: the customers API. After it: a tombstone that a late order or
//! profile does not bring back, and an erasure mark for each address.
//!
//! Guarantees: the tombstone and the marks are one transaction, and a repeat finishes what an
//! interrupted erasure began.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{
    Timestamp,
    kernel::{channel::Channel, id::CustomerId},
};

use crate::{
    Store,
    backoff::back_off,
    customer::profiles::{ERASED_AT, ExpectedItem, MAX_WRITE_ATTEMPTS, VERSION, is_erased},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n},
    keys::{customer_key, erasure_mark_key},
};

impl Store {
    /// Returns the time at which the owner of an address was erased, if one was. `marks` are the
    /// hashes under which an erasure mark may be stored.
    pub async fn address_erased_at(&self, marks: &[String]) -> Result<Option<Timestamp>> {
        let mut latest = None;
        for mark in marks {
            let found = self
                .client
                .get_item()
                .table_name(&self.tables.customers)
                .set_key(Some(erasure_mark_key(mark)));
            let found = found.consistent_read(true).send().await?.item;
            latest = latest.max(found.and_then(|item| item.time_opt(ERASED_AT)));
        }
        Ok(latest)
    }

    /// Erases a customer: the item becomes a tombstone in one transaction with an erasure mark for
    /// each address (`erasure_mark` hashes it), then the customer's open vouchers are revoked, and orders and calendar entries deleted. A repeat finishes what was begun. Returns false if there never was such a customer.
    pub async fn erase_customer(
        &self,
        id: &CustomerId,
        mark: impl Fn(Channel, &str) -> Option<String>,
        now: Timestamp,
    ) -> Result<bool> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            // Only the version is read: an unreadable item must still be erasable.
            let Some(item) = self.customer_item(id).await? else {
                return Ok(false);
            };
            let version = item.number_opt(VERSION);
            let erased = is_erased(&item) || {
                let tombstone = tombstone(id, version.unwrap_or(0) + 1, now);
                let expected = version.map_or(ExpectedItem::Any, ExpectedItem::Version);
                let marks: Vec<String> = contact_addresses(&item)
                    .into_iter()
                    .filter_map(|(channel, address)| mark(channel, address))
                    .collect();
                if marks.is_empty() {
                    self.put_if_version(tombstone, expected).await?
                } else {
                    self.put_with_items(tombstone, expected, self.erasure_mark_puts(&marks, now)?)
                        .await?
                }
            };
            if erased {
                self.revoke_open_vouchers(id).await?;
                self.delete_orders(id).await?;
                self.delete_calendar_entries(id).await?;
                return Ok(true);
            }
            back_off(attempt).await;
        }
        Err(StoreError::Contended("a customer"))
    }

    fn erasure_mark_puts(
        &self,
        marks: &[String],
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>> {
        let put = |mark: &String| {
            let put = Put::builder()
                .table_name(&self.tables.customers)
                .set_item(Some(erasure_mark(mark, now)));
            Ok(TransactWriteItem::builder().put(put.build()?).build())
        };
        marks.iter().map(put).collect()
    }
}

/// Returns the tombstone that remains of an erased customer, so that a late order or profile does not bring
/// them back.
fn tombstone(id: &CustomerId, version: u64, erased_at: Timestamp) -> ItemMap {
    let mut item = customer_key(id);
    item.insert(VERSION.to_owned(), n(version));
    item.insert(ERASED_AT.to_owned(), at(erased_at));
    item
}

/// Returns the erasure mark of an address: its owner was erased, at this time. Scans leave it out like any
/// tombstone.
fn erasure_mark(mark: &str, erased_at: Timestamp) -> ItemMap {
    let mut item = erasure_mark_key(mark);
    item.insert(ERASED_AT.to_owned(), at(erased_at));
    item
}

/// Returns the addresses of an item, even if the rest of it cannot be read.
fn contact_addresses(item: &ItemMap) -> Vec<(Channel, &str)> {
    let of = |channel, name| item.text_opt(name).map(|address| (channel, address));
    [of(Channel::Sms, "phone"), of(Channel::Email, "email")].into_iter().flatten().collect()
}
