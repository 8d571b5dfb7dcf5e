//! The list of suppressed addresses of one channel, the latest first, for operators. It is read
//! from the index `listing`, which is eventually consistent; the states themselves are read
//! consistently.

use std::collections::HashMap;

use domain::{
    customer::{address::AddressKey, address_state::AddressState},
    kernel::channel::Channel,
};
use serde::{Deserialize, Serialize};

use super::item::read_state;
use crate::{
    Store,
    batch::ReadConsistency,
    error::Result,
    item::{AttributeReader, ItemMap, s},
    keys::{address_state_key, listing_key, read_address_key, suppressed_listing},
};

/// An address on the list.
#[derive(Debug, Clone, PartialEq)]
pub struct SuppressedAddress {
    pub key: AddressKey,
    pub state: AddressState,
}

/// The place after which a page goes on; serializable for a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressedPosition {
    address: AddressKey,
    listed_at: String,
}

#[derive(Debug, Default)]
pub struct SuppressedPage {
    pub addresses: Vec<SuppressedAddress>,
    pub next: Option<SuppressedPosition>,
}

impl Store {
    /// Returns at most `limit` suppressed addresses of a channel, the latest first. An address that
    /// was lifted a moment ago may be missing from the page.
    pub async fn suppressed_addresses(
        &self,
        channel: Channel,
        limit: u32,
        after: Option<&SuppressedPosition>,
    ) -> Result<SuppressedPage> {
        let listing = suppressed_listing(channel);
        let start =
            after.map(|it| listing_key(address_state_key(&it.address), &listing, &it.listed_at));
        let page = self
            .client
            .query()
            .table_name(&self.tables.addresses)
            .index_name("listing")
            .key_condition_expression("#listing = :listing")
            .expression_attribute_names("#listing", "listing")
            .expression_attribute_values(":listing", s(listing))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let page = page.send().await?;
        let keys = page.items().iter().map(read_address_key).collect::<Result<Vec<_>>>()?;
        let next = page.last_evaluated_key().filter(|key| !key.is_empty());
        let next = next.map(|key| {
            Ok::<_, crate::StoreError>(SuppressedPosition {
                address: read_address_key(key)?,
                listed_at: key.text("listed_at")?.to_owned(),
            })
        });
        let wanted = keys.iter().map(address_state_key).collect();
        let items = self.batch_get(&self.tables.addresses, wanted, ReadConsistency::Strong).await?;
        let mut states = HashMap::new();
        for item in &items {
            states.insert(read_address_key(item)?, read_state(item)?);
        }
        let addresses = keys.into_iter().filter_map(|key| {
            let state = states.remove(&key).filter(|state| state.in_force().next().is_some())?;
            Some(SuppressedAddress { key, state })
        });
        Ok(SuppressedPage { addresses: addresses.collect(), next: next.transpose()? })
    }
}

/// Reads the state of an address, if a suppression of it is in force.
pub(crate) fn read_suppressed(item: &ItemMap) -> Result<Option<SuppressedAddress>> {
    let state = read_state(item)?;
    let is_suppressed = state.in_force().next().is_some();
    let key = read_address_key(item)?;
    Ok(is_suppressed.then_some(SuppressedAddress { key, state }))
}
