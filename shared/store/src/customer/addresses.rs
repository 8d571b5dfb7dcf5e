//! Keeps what addresses have said, and which records have them: the Addresses table. The state of
//! an address is kept under its keyed hash, beside a note for each record that has the address, and
//! is mirrored on those records, so that a delivery asks for both with the one read of the
//! customer.
//!
//! Written by whoever hears something of an address (feedback, unsubscribe links, operators,
//! erasures), and by each change of a customer that brings an address or takes one away.
//!
//! Guarantees: a record that gains an address is written on condition that the state of the address
//! is the one that was read, together with its note, so that no address is gained without what it
//! has said. A change of the state reaches every record that has it: `address_mirror`.

mod item;
mod key_source;
mod suppressed_list;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Timestamp,
    customer::{
        address::{Address, AddressKey},
        address_state::AddressState,
    },
    kernel::{channel::Channel, id::CustomerId},
};

use self::item::read_state;
pub(crate) use self::item::{HELD_SINCE, VERSION as STATE_VERSION, holder_item, state_item};
pub(crate) use self::suppressed_list::read_suppressed;
pub use self::{
    key_source::{AddressHasherFuture, AddressKeySource},
    suppressed_list::{SuppressedAddress, SuppressedPage, SuppressedPosition},
};
use crate::{
    Store,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, n, s},
    keys::{
        ADDRESS, CUSTOMER_ID, HOLDERS_RANGE, address_state_key, device_holder_key, holder_key,
        read_customer_id,
    },
};

impl Store {
    /// Returns the key by which an address is known.
    pub async fn address_key(&self, address: &Address) -> Result<AddressKey> {
        Ok(self.address_keys.hasher().await?.key_of(address))
    }

    /// Returns what an address has said, or `None` if it never said anything. Reads consistently.
    pub async fn address_state(&self, address: &AddressKey) -> Result<Option<AddressState>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.addresses)
            .set_key(Some(address_state_key(address)));
        let found = found.consistent_read(true).send().await?.item;
        found.as_ref().map(read_state).transpose()
    }

    /// Returns the channel of an address of which only the key is at hand, by what it has said or
    /// by a record that has it; `None` if nobody knows it.
    pub async fn known_channel(&self, address: &AddressKey) -> Result<Option<Channel>> {
        if let Some(state) = self.address_state(address).await? {
            return Ok(Some(state.channel));
        }
        let hasher = self.address_keys.hasher().await?;
        for holder in self.address_holders(address, 1).await? {
            let Some(customer) = self.live_customer(&holder).await? else {
                continue;
            };
            let mut held = customer.addresses().into_iter();
            if let Some(found) = held.find(|held| hasher.key_of(held) == *address) {
                return Ok(Some(found.channel()));
            }
        }
        Ok(None)
    }

    /// Returns at most `limit` records that have an address, ordered by id: a household may share
    /// it. Reads consistently.
    pub async fn address_holders(
        &self,
        address: &AddressKey,
        limit: i32,
    ) -> Result<Vec<CustomerId>> {
        let (holders, _) = self.holders_page(address, limit, None).await?;
        Ok(holders)
    }

    pub(super) async fn put_state(
        &self,
        address: &AddressKey,
        state: &AddressState,
        read_version: u64,
    ) -> Result<Applied> {
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.addresses)
            .set_item(Some(state_item(address, state)));
        let put = if read_version == 0 {
            put.condition_expression("attribute_not_exists(address)")
        } else {
            put.condition_expression("version = :version")
                .expression_attribute_values(":version", n(read_version))
        };
        parse_applied(put.send().await)
    }

    /// Returns the state of an address and since when a record has it, both read consistently.
    pub(crate) async fn state_and_holder(
        &self,
        address: &AddressKey,
        channel: Channel,
        customer: &CustomerId,
    ) -> Result<(Option<AddressState>, Option<Timestamp>)> {
        let holder = match channel {
            Channel::Sms | Channel::Email => holder_key(address, customer),
            Channel::Push => device_holder_key(address),
        };
        let keys = vec![address_state_key(address), holder];
        let items = self.batch_get(&self.tables.addresses, keys, ReadConsistency::Strong).await?;
        let (mut state, mut since) = (None, None);
        for item in &items {
            if item.contains_key(HELD_SINCE) {
                since = item.time_opt(HELD_SINCE);
            } else {
                state = Some(read_state(item)?);
            }
        }
        Ok((state, since))
    }

    pub(super) async fn holders_page(
        &self,
        address: &AddressKey,
        limit: i32,
        start: Option<ItemMap>,
    ) -> Result<(Vec<CustomerId>, Option<ItemMap>)> {
        let [first, last] = HOLDERS_RANGE.map(s);
        let page = self
            .client
            .query()
            .table_name(&self.tables.addresses)
            .key_condition_expression("#address = :address AND #item BETWEEN :first AND :last")
            .expression_attribute_names("#address", ADDRESS)
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":address", s(address.as_str()))
            .expression_attribute_values(":first", first)
            .expression_attribute_values(":last", last)
            .consistent_read(true)
            .limit(limit)
            .set_exclusive_start_key(start);
        let page = page.send().await?;
        let holders = page.items().iter().map(read_customer_id).collect::<Result<_>>()?;
        Ok((holders, page.last_evaluated_key.filter(|key| !key.is_empty())))
    }

    /// Returns the record that has a token, with the time since which it has it.
    pub(crate) async fn device_holder(
        &self,
        address: &AddressKey,
    ) -> Result<Option<(CustomerId, AttributeValue)>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.addresses)
            .set_key(Some(device_holder_key(address)));
        let found = found.consistent_read(true).send().await?.item;
        let Some(item) = found else {
            return Ok(None);
        };
        let since = item.get(HELD_SINCE).cloned();
        let since = since.ok_or_else(|| StoreError::corrupt(CUSTOMER_ID, HELD_SINCE))?;
        Ok(Some((read_customer_id(&item)?, since)))
    }
}
