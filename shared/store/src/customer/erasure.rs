//! Erases customers. Before it: the customers API. After it: a tombstone that a late order or
//! profile does not bring back, and addresses that are suppressed for whoever gets them later.
//!
//! Guarantees: the tombstone and the suppressions are one transaction, and a repeat finishes what an
//! interrupted erasure began.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{
    Timestamp,
    customer::{
        address::Address,
        address_state::{AddressState, NewSuppression},
        profile::SuppressionReason,
    },
    kernel::{channel::Channel, id::CustomerId},
};

use crate::{
    Store,
    backoff::back_off,
    customer::profiles::{ERASED_AT, ExpectedItem, MAX_WRITE_ATTEMPTS, VERSION, is_erased},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n},
    keys::customer_key,
};

/// The source of a suppression that an erasure leaves.
const ERASURE_SOURCE: &str = "erasure";

impl Store {
    /// Erases a customer: the item becomes a tombstone in one transaction with a suppression of each
    /// address, then the customer's open vouchers are revoked, and orders and calendar entries
    /// deleted. A repeat finishes what was begun. Returns false if there never was such a customer.
    pub async fn erase_customer(&self, id: &CustomerId, now: Timestamp) -> Result<bool> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            // Only version and addresses are read: an unreadable item must still be erasable.
            let Some(item) = self.customer_item(id).await? else {
                return Ok(false);
            };
            let version = item.number_opt(VERSION);
            let erased = is_erased(&item) || {
                let tombstone = tombstone(id, version.unwrap_or(0) + 1, now);
                let expected = version.map_or(ExpectedItem::Any, ExpectedItem::Version);
                let addresses = self.forget_addresses(id, &item, now).await?;
                if addresses.is_empty() {
                    self.put_if_version(tombstone, expected).await?
                } else {
                    self.put_with_items(tombstone, expected, addresses).await?
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

    /// Returns the writes that suppress the addresses of an item for those who get them later, and
    /// delete the notes that this record has them.
    async fn forget_addresses(
        &self,
        id: &CustomerId,
        item: &ItemMap,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>> {
        let mut writes = Vec::new();
        for address in item_addresses(item) {
            let (key, channel) = (self.address_key(&address).await?, address.channel());
            let read = self.address_state(&key).await?;
            let read_version = read.as_ref().map(|state| state.version);
            let mut state = read.unwrap_or_else(|| AddressState::new(channel));
            let erased = SuppressionReason::Erased;
            state.suppress(&NewSuppression::received(erased, now, ERASURE_SOURCE));
            state.version += 1;
            writes.push(self.state_put(&key, &state, read_version)?);
            writes.push(self.holder_delete(&key, channel, id)?);
        }
        Ok(writes)
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

/// Returns the addresses of an item, even if the rest of it cannot be read.
fn item_addresses(item: &ItemMap) -> Vec<Address> {
    let contacts =
        [(Channel::Sms, item.text_opt("phone")), (Channel::Email, item.text_opt("email"))];
    let devices = item.get("endpoints").and_then(|list| list.as_l().ok()).into_iter().flatten();
    let tokens = devices.map(|device| {
        (Channel::Push, device.as_m().ok().and_then(|device| device.text_opt("arn")))
    });
    let mut addresses: Vec<Address> = Vec::new();
    for (channel, text) in contacts.into_iter().chain(tokens) {
        let address = text.and_then(|text| Address::parse(channel, text).ok());
        addresses.extend(address.filter(|it| !addresses.contains(it)));
    }
    addresses
}
