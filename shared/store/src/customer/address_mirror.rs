//! Changes what an address has said, and mirrors it on every record that has the address.
//!
//! Guarantees: a change of the state is written first and then looks for notes with consistent
//! reads, so each no reaches every record that has the address. A repeat of what was said mirrors
//! again what an interrupted change has left.

use domain::{
    Timestamp,
    customer::{
        address::AddressKey,
        address_state::{AddressState, Lift, NewSuppression},
        changes::mirror_suppression,
        profile::Customer,
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, VoucherId},
    },
};

use crate::{
    Store,
    backoff::back_off,
    conditional::Applied,
    customer::profiles::{CustomerLookup, ExpectedItem, MAX_WRITE_ATTEMPTS, customer_item},
    error::{Result, StoreError},
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
    /// record is written if nobody has changed it since; so the last writer has read the last
    /// state.
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
            let (state, since) = self.state_and_holder(address, held.channel(), &before.id).await?;
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

    /// Reads a customer for a change of what addresses they have; `None` if erased or unknown.
    pub(crate) async fn live_customer(&self, id: &CustomerId) -> Result<Option<Customer>> {
        match self.customer(id).await? {
            CustomerLookup::Customer(customer) => Ok(Some(*customer)),
            CustomerLookup::Erased | CustomerLookup::Unknown => Ok(None),
        }
    }
}
