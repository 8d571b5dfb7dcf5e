//! Keeps what addresses have said, and which records have them: the Addresses table. The state of an
//! address is kept under its keyed hash, beside a note for each record that has the address, and is
//! mirrored on those records, so that a delivery asks for both with the one read of the customer.
//!
//! Written by whoever hears something of an address (feedback, unsubscribe links, operators,
//! erasures), and by each change of a customer that brings an address or takes one away.
//!
//! Guarantees: a record that gains an address is written on condition that the state of the address
//! is the one that was read, together with its note; and a change of the state looks for notes after
//! it is written, with consistent reads. So each no reaches every record that has the address, now or
//! later. A repeat of what was said mirrors again what an interrupted change has left.

mod item;
mod key_source;
mod suppressed_list;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Timestamp,
    customer::{
        address::{Address, AddressKey},
        address_state::{AddressState, Lift, NewSuppression},
        changes::mirror_suppression,
        profile::Customer,
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, VoucherId},
    },
};

use self::item::read_state;
pub(crate) use self::item::{HELD_SINCE, VERSION as STATE_VERSION, holder_item, state_item};
pub use self::{
    key_source::{AddressHasherFuture, AddressKeySource},
    suppressed_list::{SuppressedAddress, SuppressedPage, SuppressedPosition},
};
use crate::{
    Store,
    backoff::back_off,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    customer::profiles::{CustomerLookup, ExpectedItem, MAX_WRITE_ATTEMPTS, customer_item},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, n, s},
    keys::{
        ADDRESS, CUSTOMER_ID, HOLDERS_RANGE, address_state_key, device_holder_key, holder_key,
        read_customer_id,
    },
};

/// Records of one address that are read at once.
const HOLDERS_PAGE: i32 = 100;

/// The result of a change to the state of an address.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressChange {
    pub state: AddressState,
    /// False if the state was as it is already.
    pub changed: bool,
}

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

    /// Records a no of an address, or that it is dead, and mirrors it on every record that has the
    /// address.
    pub async fn suppress_address(
        &self,
        address: &AddressKey,
        channel: Channel,
        no: &NewSuppression,
    ) -> Result<AddressChange> {
        self.change_address_state(address, channel, |state| state.suppress(no)).await
    }

    /// Lifts what the cause can lift, on every record that has the address.
    pub async fn lift_address(
        &self,
        address: &AddressKey,
        channel: Channel,
        lift: &Lift,
    ) -> Result<AddressChange> {
        self.change_address_state(address, channel, |state| state.lift(lift)).await
    }

    /// Records that a message to the address failed for a reason that may pass. The fifth in a row
    /// suppresses the address.
    pub async fn record_address_failure(
        &self,
        address: &AddressKey,
        channel: Channel,
        voucher: &VoucherId,
        attempted_at: Timestamp,
        last_delivery: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AddressChange> {
        self.change_address_state(address, channel, |state| {
            state.record_failure(voucher, attempted_at, last_delivery, now);
        })
        .await
    }

    async fn change_address_state(
        &self,
        address: &AddressKey,
        channel: Channel,
        change: impl Fn(&mut AddressState),
    ) -> Result<AddressChange> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            let before =
                self.address_state(address).await?.unwrap_or_else(|| AddressState::new(channel));
            let mut state = before.clone();
            change(&mut state);
            let changed = state != before;
            if changed {
                state.version += 1;
                if self.put_state(address, &state, before.version).await? == Applied::Conflict {
                    back_off(attempt).await;
                    continue;
                }
            }
            // A repeat mirrors too: the first one may have been interrupted.
            let is_quiet = |state: &AddressState| state.suppression_for(None).is_none();
            if !changed || !is_quiet(&before) || !is_quiet(&state) {
                self.mirror_address(address).await?;
            }
            return Ok(AddressChange { state, changed });
        }
        Err(StoreError::Contended("an address"))
    }

    async fn put_state(
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

    /// Mirrors the state of an address on every record that has it.
    pub(crate) async fn mirror_address(&self, address: &AddressKey) -> Result<()> {
        let mut start = None;
        loop {
            let (holders, next) = self.holders_page(address, HOLDERS_PAGE, start).await?;
            for customer in holders {
                match self.mirror_on_customer(address, &customer).await {
                    // Nothing is sent to a record that cannot be read.
                    Err(StoreError::Corrupt { key, reason }) => {
                        tracing::error!(%key, %reason, "address not mirrored on an unreadable customer");
                    }
                    mirrored => mirrored?,
                }
            }
            match next {
                Some(next) => start = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Mirrors the state of an address on one record. The state is read after the record, and the
    /// record is written if nobody has changed it since; so the last writer has read the last state.
    async fn mirror_on_customer(&self, address: &AddressKey, id: &CustomerId) -> Result<()> {
        let hasher = self.address_keys.hasher().await?;
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            let CustomerLookup::Customer(before) = self.customer(id).await? else {
                return Ok(());
            };
            let mut addresses = before.addresses().into_iter();
            let Some(held) = addresses.find(|held| hasher.key_of(held) == *address) else {
                return Ok(());
            };
            let (state, since) = self.state_and_holder(address, held.channel(), id).await?;
            let suppression = state.and_then(|state| state.suppression_for(since));
            let mut after: Customer = (*before).clone();
            mirror_suppression(&mut after, &held, suppression);
            if after == *before || self.put_mirror(&before, after, address).await? {
                return Ok(());
            }
            back_off(attempt).await;
        }
        Err(StoreError::Contended("a customer"))
    }

    async fn put_mirror(
        &self,
        before: &Customer,
        mut after: Customer,
        address: &AddressKey,
    ) -> Result<bool> {
        after.version += 1;
        let expected = ExpectedItem::Version(before.version);
        let item = customer_item(&after);
        if after.push_endpoints.len() == before.push_endpoints.len() {
            return self.put_if_version(item, expected).await;
        }
        let gone = self.holder_delete(address, Channel::Push, &after.id)?;
        self.put_with_items(item, expected, vec![gone]).await
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

    async fn holders_page(
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

    /// Reads a customer for a change of what addresses they have; `None` if erased or unknown.
    pub(crate) async fn live_customer(&self, id: &CustomerId) -> Result<Option<Customer>> {
        match self.read_lookup(self.customer_item(id).await?.as_ref())? {
            CustomerLookup::Customer(customer) => Ok(Some(*customer)),
            CustomerLookup::Erased | CustomerLookup::Unknown => Ok(None),
        }
    }
}
