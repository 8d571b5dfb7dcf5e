//! The addresses that a change of a customer brings or takes away. Reads what the new ones have
//! said, mirrors it on the record, and prepares the writes that belong to the change: the notes of
//! which record has which address, what a consent lifts, and the record from which a token is
//! taken.
//!
//! Guarantees: the writes hold only if the states are still those that were read; and a token is on
//! one record at most, the one that registered it last.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use domain::{
    customer::{
        address::{Address, AddressHasher, AddressKey},
        address_state::{AddressState, Lift, LiftCause},
        changes::{granted_by_change, mirror_suppression},
        profile::Customer,
    },
    kernel::{channel::Channel, id::CustomerId},
};

use super::{SAME_VERSION, item::customer_item, write::ChangeMoment};
use crate::{
    Store,
    customer::addresses::{HELD_SINCE, STATE_VERSION, holder_item, state_item},
    error::Result,
    item::{n, s},
    keys::{ADDRESS, CUSTOMER_ID, address_state_key, device_holder_key, holder_key},
};

/// The writes that belong to a change, and the addresses of which it lifts something: other records
/// that have them are to be told.
#[derive(Default)]
pub(crate) struct AddressWrites {
    pub writes: Vec<TransactWriteItem>,
    pub lifted: Vec<AddressKey>,
}

impl Store {
    /// Mirrors on `after` what the addresses that the change concerns have said, and returns the
    /// writes. A change that concerns no address costs nothing.
    pub(crate) async fn settle_addresses(
        &self,
        before: Option<&Customer>,
        after: &mut Customer,
        moment: &ChangeMoment<'_>,
    ) -> Result<AddressWrites> {
        if !concerns_addresses(before, after, moment) {
            return Ok(AddressWrites::default());
        }
        let hasher = self.address_keys.hasher().await?;
        let held = before.map(|customer| keyed(customer, &hasher)).unwrap_or_default();
        let mut settled = AddressWrites::default();
        let mut losers = BTreeMap::new();
        for (key, address) in keyed(after, &hasher) {
            let gained = !held.contains_key(&key);
            self.settle_address(before, after, (&key, &address, gained), moment, &mut settled)
                .await?;
            let is_taken = after.addresses().contains(&address);
            if gained && is_taken {
                settled.writes.push(self.holder_put(&key, &address, after, moment).await?);
                let apart = moment.absorbs;
                self.take_from_others(&key, &address, (&after.id, apart), &mut losers).await?;
            }
        }
        let kept = keyed(after, &hasher);
        for (key, address) in held.iter().filter(|(key, _)| !kept.contains_key(*key)) {
            settled.writes.push(self.holder_delete(key, address.channel(), &after.id)?);
        }
        for (read_version, loser) in losers.into_values() {
            settled.writes.push(self.customer_put(&loser, read_version)?);
        }
        Ok(settled)
    }

    /// Lifts what the change lifts of one address, mirrors the rest, and adds the write or the
    /// check of its state.
    async fn settle_address(
        &self,
        before: Option<&Customer>,
        after: &mut Customer,
        (key, address, gained): (&AddressKey, &Address, bool),
        moment: &ChangeMoment<'_>,
        settled: &mut AddressWrites,
    ) -> Result<()> {
        let channel = address.channel();
        let granted = granted_by_change(before, after, channel, moment.now);
        let registered = matches!(address, Address::Push(arn) if moment.registers == Some(arn));
        let was_suppressed = after.suppressions.contains_key(&channel);
        let may_lift = granted.is_some() && was_suppressed;
        if !(gained || registered || may_lift) {
            return Ok(());
        }
        let (read, held_since) = self.state_and_holder(key, channel, &after.id).await?;
        let held_since = if gained { Some(moment.now) } else { held_since };
        let mut state = read.clone().unwrap_or_else(|| AddressState::new(channel));
        if read.is_some() {
            let consent = granted.map(|at| Lift::received(moment.grants_as, at));
            let registration =
                registered.then(|| Lift::received(LiftCause::Registration, moment.now));
            consent.iter().chain(&registration).for_each(|lift| state.lift(lift));
        }
        mirror_suppression(after, address, state.suppression_for(held_since));
        let read_version = read.as_ref().map(|state| state.version);
        if read.as_ref().is_some_and(|read| *read != state) {
            state.version += 1;
            settled.writes.push(self.state_put(key, &state, read_version)?);
            settled.lifted.push(key.clone());
        } else if gained {
            settled.writes.push(self.state_check(key, read_version)?);
        }
        Ok(())
    }

    /// Takes a token off the record that has it, in the transaction that gives it to another.
    async fn take_from_others(
        &self,
        key: &AddressKey,
        address: &Address,
        (to, apart): (&CustomerId, Option<&CustomerId>),
        losers: &mut BTreeMap<CustomerId, (u64, Customer)>,
    ) -> Result<()> {
        let Address::Push(arn) = address else {
            return Ok(());
        };
        let is_other = |id: &CustomerId| id != to && Some(id) != apart;
        let Some((holder, _)) = self.device_holder(key).await?.filter(|(id, _)| is_other(id))
        else {
            return Ok(());
        };
        if !losers.contains_key(&holder) {
            let Some(mut loser) = self.live_customer(&holder).await? else {
                return Ok(());
            };
            if loser.id == *to {
                return Ok(());
            }
            let read_version = loser.version;
            loser.version += 1;
            losers.insert(holder.clone(), (read_version, loser));
        }
        if let Some((_, loser)) = losers.get_mut(&holder) {
            loser.push_endpoints.retain(|endpoint| endpoint.arn != *arn);
        }
        Ok(())
    }

    async fn holder_put(
        &self,
        key: &AddressKey,
        address: &Address,
        customer: &Customer,
        moment: &ChangeMoment<'_>,
    ) -> Result<TransactWriteItem> {
        let channel = address.channel();
        let put = Put::builder().table_name(&self.tables.addresses).set_item(Some(holder_item(
            key,
            channel,
            &customer.id,
            moment.now,
        )));
        let put = match channel {
            Channel::Sms | Channel::Email => put,
            // Two records that register a token at once must not both have it.
            Channel::Push => match self.device_holder(key).await? {
                None => put.condition_expression(format!("attribute_not_exists({ADDRESS})")),
                Some((holder, since)) => put
                    .condition_expression("#customer = :holder AND #since = :since")
                    .expression_attribute_names("#customer", CUSTOMER_ID)
                    .expression_attribute_names("#since", HELD_SINCE)
                    .expression_attribute_values(":holder", s(holder.as_str()))
                    .expression_attribute_values(":since", since),
            },
        };
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// Deletes the note that a record has an address.
    pub(crate) fn holder_delete(
        &self,
        key: &AddressKey,
        channel: Channel,
        customer: &CustomerId,
    ) -> Result<TransactWriteItem> {
        let delete = Delete::builder().table_name(&self.tables.addresses);
        let delete = match channel {
            Channel::Sms | Channel::Email => delete.set_key(Some(holder_key(key, customer))),
            Channel::Push => delete
                .set_key(Some(device_holder_key(key)))
                .condition_expression(format!(
                    "attribute_not_exists({ADDRESS}) OR {CUSTOMER_ID} = :holder"
                ))
                .expression_attribute_values(":holder", s(customer.as_str())),
        };
        Ok(TransactWriteItem::builder().delete(delete.build()?).build())
    }

    /// Puts the state of an address if it is still the one that was read.
    pub(crate) fn state_put(
        &self,
        key: &AddressKey,
        state: &AddressState,
        read_version: Option<u64>,
    ) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.tables.addresses)
            .set_item(Some(state_item(key, state)));
        let put = match read_version {
            None => put.condition_expression(format!("attribute_not_exists({ADDRESS})")),
            Some(version) => put
                .condition_expression(format!("{STATE_VERSION} = :version"))
                .expression_attribute_values(":version", n(version)),
        };
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    fn state_check(&self, key: &AddressKey, version: Option<u64>) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.tables.addresses)
            .set_key(Some(address_state_key(key)));
        let check = match version {
            None => check.condition_expression(format!("attribute_not_exists({ADDRESS})")),
            Some(version) => check
                .condition_expression(format!("{STATE_VERSION} = :version"))
                .expression_attribute_values(":version", n(version)),
        };
        Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
    }

    fn customer_put(&self, customer: &Customer, read_version: u64) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.tables.customers)
            .set_item(Some(customer_item(customer)))
            .condition_expression(SAME_VERSION)
            .expression_attribute_values(":version", n(read_version));
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }
}

/// Returns true if a change brings an address or takes one away, registers a token, or brings a
/// consent for an address that is suppressed.
fn concerns_addresses(
    before: Option<&Customer>,
    after: &Customer,
    moment: &ChangeMoment<'_>,
) -> bool {
    let held = before.map(Customer::addresses).unwrap_or_default();
    let may_lift = after
        .suppressions
        .keys()
        .any(|channel| granted_by_change(before, after, *channel, moment.now).is_some());
    held != after.addresses() || moment.registers.is_some() || may_lift
}

fn keyed(customer: &Customer, hasher: &AddressHasher) -> BTreeMap<AddressKey, Address> {
    let addresses = customer.addresses().into_iter();
    addresses.map(|address| (hasher.key_of(&address), address)).collect()
}
