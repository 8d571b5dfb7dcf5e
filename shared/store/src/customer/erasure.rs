//! Erases customers. Before it: the customers API. After it: a tombstone that a late order or
//! profile does not bring back, and addresses that are suppressed for whoever gets them later.
//!
//! Guarantees: the tombstone and the suppressions are one transaction, and a repeat finishes what
//! an interrupted erasure began.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{
    Timestamp,
    customer::{
        address::Address,
        address_state::{AddressState, NewSuppression},
        merge::MAX_MERGED,
        profile::SuppressionReason,
    },
    kernel::{channel::Channel, id::CustomerId},
};

use crate::{
    Store,
    backoff::back_off,
    customer::profiles::{
        ERASED_AT, ExpectedItem, MAX_WRITE_ATTEMPTS, MERGED, MERGED_INTO, VERSION, is_erased,
    },
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n},
    keys::customer_key,
};

/// The source of a suppression that an erasure leaves.
const ERASURE_SOURCE: &str = "erasure";

impl Store {
    /// Erases a customer, with all records that were merged into theirs or into which theirs was
    /// merged: the items become tombstones in one transaction with a suppression of each address,
    /// then the customer's open vouchers are revoked, and orders, calendar entries and what merges
    /// have kept deleted. A repeat finishes what was begun. Returns false if there never was such a
    /// customer.
    pub async fn erase_customer(&self, id: &CustomerId, now: Timestamp) -> Result<bool> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            // Only version, merges and addresses are read: an unreadable item must still be
            // erasable.
            let Some(records) = self.records_to_erase(id).await? else {
                return Ok(false);
            };
            let erased = records.iter().all(|(_, item)| is_erased(item))
                || self.write_tombstones(&records, now).await?;
            if erased {
                let ids: Vec<CustomerId> = records.iter().map(|(id, _)| id.clone()).collect();
                for id in &ids {
                    self.revoke_open_vouchers(id).await?;
                    self.delete_orders(id, &ids).await?;
                    self.delete_calendar_entries(id).await?;
                    if records.len() > 1 {
                        self.forget_merge(id, now).await?;
                    }
                }
                return Ok(true);
            }
            back_off(attempt).await;
        }
        Err(StoreError::Contended("a customer"))
    }

    /// Returns the items of the surviving record of a customer and of all that it has absorbed.
    async fn records_to_erase(
        &self,
        id: &CustomerId,
    ) -> Result<Option<Vec<(CustomerId, ItemMap)>>> {
        let Some(mut item) = self.customer_item(id).await? else {
            return Ok(None);
        };
        let mut id = id.clone();
        for _ in 0..=MAX_MERGED {
            let Some(into) = item_merged_into(&item) else { break };
            let Some(found) = self.customer_item(&into).await? else { break };
            (id, item) = (into, found);
        }
        let absorbed = item_merged(&item);
        let mut records = vec![(id, item)];
        for id in absorbed {
            if let Some(item) = self.customer_item(&id).await? {
                records.push((id, item));
            }
        }
        Ok(Some(records))
    }

    /// Writes the tombstones of all records and the suppressions of their addresses. Returns false
    /// if one of them has changed.
    async fn write_tombstones(
        &self,
        records: &[(CustomerId, ItemMap)],
        now: Timestamp,
    ) -> Result<bool> {
        let mut along = self.forget_addresses(records, now).await?;
        let mut puts = records.iter().map(|(id, item)| {
            let version = item.number_opt(VERSION);
            let expected = version.map_or(ExpectedItem::Any, ExpectedItem::Version);
            (tombstone(id, item, version.unwrap_or(0) + 1, now), expected)
        });
        let Some((first, expected)) = puts.next() else { return Ok(true) };
        for (tombstone, expected) in puts {
            along.push(self.expected_put(tombstone, expected)?);
        }
        if along.is_empty() {
            self.put_if_version(first, expected).await
        } else {
            self.put_with_items(first, expected, along).await
        }
    }

    /// Returns the writes that suppress the addresses of these records for those who get them
    /// later, and delete the notes that the records have them.
    async fn forget_addresses(
        &self,
        records: &[(CustomerId, ItemMap)],
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>> {
        let mut writes = Vec::new();
        let mut known: Vec<Address> = Vec::new();
        for (id, item) in records {
            for address in item_addresses(item) {
                let key = self.address_key(&address).await?;
                let is_token = address.channel() == Channel::Push;
                // A token has one note, whichever record it is on.
                if !(is_token && known.contains(&address)) {
                    writes.push(self.holder_delete(&key, address.channel(), id)?);
                }
                if !known.contains(&address) {
                    known.push(address);
                }
            }
        }
        for address in known {
            let (key, channel) = (self.address_key(&address).await?, address.channel());
            let read = self.address_state(&key).await?;
            let read_version = read.as_ref().map(|state| state.version);
            let mut state = read.unwrap_or_else(|| AddressState::new(channel));
            let erased = SuppressionReason::Erased;
            state.suppress(&NewSuppression::received(erased, now, ERASURE_SOURCE));
            state.version += 1;
            writes.push(self.state_put(&key, &state, read_version)?);
        }
        Ok(writes)
    }
}

/// Returns the tombstone that remains of an erased customer, so that a late order or profile does
/// not bring them back.
fn tombstone(id: &CustomerId, of: &ItemMap, version: u64, erased_at: Timestamp) -> ItemMap {
    let mut item = customer_key(id);
    item.insert(VERSION.to_owned(), n(version));
    item.insert(ERASED_AT.to_owned(), at(erased_at));
    // The ids of the other records stay, so that a repeat finds all of them.
    for name in [MERGED, MERGED_INTO] {
        if let Some(value) = of.get(name) {
            item.insert(name.to_owned(), value.clone());
        }
    }
    item
}

/// Returns the record into which a record, live or a tombstone, was merged.
fn item_merged_into(item: &ItemMap) -> Option<CustomerId> {
    CustomerId::parse(item.text_opt(MERGED_INTO)?).ok()
}

/// Returns the records that a record, live or a tombstone, has absorbed.
fn item_merged(item: &ItemMap) -> Vec<CustomerId> {
    let merged = item.get(MERGED).and_then(|list| list.as_l().ok()).into_iter().flatten();
    let ids = merged.filter_map(|it| CustomerId::parse(it.as_m().ok()?.text_opt("id")?).ok());
    ids.collect()
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
