//! Writes a customer's item: reads, decides, and puts the whole item on the condition that nothing
//! was written in between; starts again after a conflict. Before it: every change of `profiles`,
//! orders and erasures.
//!
//! Guarantees: what belongs to the change (trigger matches, calendar entries, the notes of which
//! records have an address, what a consent lifts) is written in its transaction.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::put_item::PutItemError,
    types::{Put, TransactWriteItem},
};
use domain::{
    Timestamp,
    campaign::trigger::TriggerMatch,
    customer::{
        address_state::LiftCause,
        profile::{Customer, EndpointArn},
    },
    kernel::id::CustomerId,
};

use super::{CustomerChangeResult, CustomerLookup, item::customer_item};
use crate::{
    Store,
    backoff::back_off,
    conditional::{Applied, condition_failed},
    error::{Result, StoreError},
    item::{ItemMap, n},
};

/// Tries of a write that is decided anew after each conflict. One customer has few writers.
pub(crate) const MAX_WRITE_ATTEMPTS: u32 = 12;
/// The condition of a write that creates a customer.
const CUSTOMER_ABSENT: &str = "attribute_not_exists(customer_id)";
/// The condition of a write that was decided on the item with `:version`.
pub(crate) const SAME_VERSION: &str = "version = :version";

/// The way in which a change treats a customer who does not exist.
#[derive(Clone, Copy)]
pub(super) enum AbsentPolicy {
    Create,
    Leave,
}

/// The moment of a change, and what it can lift of what the customer's addresses have said.
#[derive(Clone, Copy)]
pub(crate) struct ChangeMoment<'a> {
    pub now: Timestamp,
    /// The token that the change registers for this customer, if it does.
    pub registers: Option<&'a EndpointArn>,
    /// The cause as which a consent that the change brings lifts.
    pub grants_as: LiftCause,
    /// The other record of a merge or of its undo, which is written in the same transaction: a
    /// token that moves between the two is not taken off it here.
    pub absorbs: Option<&'a CustomerId>,
}

impl ChangeMoment<'_> {
    pub fn at(now: Timestamp) -> Self {
        Self { now, registers: None, grants_as: LiftCause::Consent, absorbs: None }
    }
    /// A change whose consent lifts what the cause can lift, and no more.
    pub fn granting_as(cause: LiftCause, now: Timestamp) -> Self {
        Self { grants_as: cause, ..Self::at(now) }
    }
}

/// The stored item that a write was decided on.
#[derive(Clone, Copy)]
pub(crate) enum ExpectedItem {
    Any,
    Nothing,
    Version(u64),
}

impl Store {
    /// Applies a change that cannot be refused to a customer who must exist.
    pub(super) async fn edit_customer(
        &self,
        id: &CustomerId,
        moment: &ChangeMoment<'_>,
        edit: impl Fn(&mut Customer),
    ) -> Result<CustomerChangeResult> {
        let decide = |stored: &Customer| {
            let mut customer = stored.clone();
            edit(&mut customer);
            Ok(customer)
        };
        self.change_existing_customer(id, moment, decide).await
    }

    pub(super) async fn change_existing_customer<R>(
        &self,
        id: &CustomerId,
        moment: &ChangeMoment<'_>,
        decide: impl Fn(&Customer) -> std::result::Result<Customer, R>,
    ) -> Result<CustomerChangeResult<R>> {
        // `AbsentPolicy::Leave` never asks for a decision about an absent customer.
        let decide = |stored: Option<&Customer>| {
            stored.map_or_else(|| Ok(Customer::new(id.clone())), &decide)
        };
        self.change_customer(id, AbsentPolicy::Leave, moment, decide, |_, _| Vec::new()).await
    }

    /// Reads, decides, and writes on the condition that nothing was written in between; starts
    /// again after a conflict.
    pub(super) async fn change_customer<R>(
        &self,
        id: &CustomerId,
        absent: AbsentPolicy,
        moment: &ChangeMoment<'_>,
        decide: impl Fn(Option<&Customer>) -> std::result::Result<Customer, R>,
        find_matches: impl Fn(Option<&Customer>, &Customer) -> Vec<TriggerMatch>,
    ) -> Result<CustomerChangeResult<R>> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            let stored = match (self.customer(id).await?, absent) {
                (CustomerLookup::Erased, _) => return Ok(CustomerChangeResult::Erased),
                (CustomerLookup::Unknown, AbsentPolicy::Leave) => {
                    return Ok(CustomerChangeResult::Unknown);
                }
                (CustomerLookup::Unknown, AbsentPolicy::Create) => None,
                (CustomerLookup::Customer(customer), _) => Some(customer),
            };
            let mut customer = match decide(stored.as_deref()) {
                Ok(customer) => customer,
                Err(refusal) => return Ok(CustomerChangeResult::Refused(refusal)),
            };
            let unchanged = |after: &Customer| stored.as_ref().filter(|stored| ***stored == *after);
            if let Some(stored) = unchanged(&customer) {
                return Ok(CustomerChangeResult::Unchanged(stored.clone()));
            }
            let addresses = self.settle_addresses(stored.as_deref(), &mut customer, moment).await?;
            if let Some(stored) = unchanged(&customer).filter(|_| addresses.writes.is_empty()) {
                return Ok(CustomerChangeResult::Unchanged(stored.clone()));
            }
            let expected = stored
                .as_ref()
                .map_or(ExpectedItem::Nothing, |stored| ExpectedItem::Version(stored.version));
            customer.version += 1;
            // The phone may have changed, and a new customer has no settled zone.
            self.tenant.settle_zone(&mut customer);
            let matches = find_matches(stored.as_deref(), &customer);
            let item = customer_item(&customer);
            let mut extra_items = self.match_puts(&matches)?;
            extra_items.extend(self.calendar_entry_changes(stored.as_deref(), &customer)?);
            extra_items.extend(addresses.writes);
            let written = if extra_items.is_empty() {
                self.put_if_version(item, expected).await?
            } else {
                self.put_with_items(item, expected, extra_items).await?
            };
            if written {
                for address in &addresses.lifted {
                    self.mirror_address(address).await?;
                }
                let customer = Box::new(customer);
                return Ok(if stored.is_some() {
                    CustomerChangeResult::Changed(customer)
                } else {
                    CustomerChangeResult::Created(customer)
                });
            }
            back_off(attempt).await;
        }
        Err(StoreError::Contended("a customer"))
    }

    /// Puts the item like [`put_if_version`](Self::put_if_version), together with the items of
    /// `along`, all or nothing.
    pub(crate) async fn put_with_items(
        &self,
        item: ItemMap,
        expected: ExpectedItem,
        along: Vec<TransactWriteItem>,
    ) -> Result<bool> {
        let mut items = vec![self.expected_put(item, expected)?];
        items.extend(along);
        Ok(self.transact_applied("a customer and whom they fire", items).await? == Applied::Yes)
    }

    /// Returns the put of an item for a transaction, on condition of what was read.
    pub(crate) fn expected_put(
        &self,
        item: ItemMap,
        expected: ExpectedItem,
    ) -> Result<TransactWriteItem> {
        let put = Put::builder().table_name(&self.tables.customers).set_item(Some(item));
        let put = match expected {
            ExpectedItem::Any => put,
            ExpectedItem::Nothing => put.condition_expression(CUSTOMER_ABSENT),
            ExpectedItem::Version(version) => put
                .condition_expression(SAME_VERSION)
                .expression_attribute_values(":version", n(version)),
        };
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// Puts the item. Returns false if the stored item is not, or no longer, as expected. The old
    /// item is not asked for, because errors are logged.
    pub(crate) async fn put_if_version(
        &self,
        item: ItemMap,
        expected: ExpectedItem,
    ) -> Result<bool> {
        let put = self.client.put_item().table_name(&self.tables.customers).set_item(Some(item));
        let put = match expected {
            ExpectedItem::Any => put,
            ExpectedItem::Nothing => put.condition_expression(CUSTOMER_ABSENT),
            ExpectedItem::Version(version) => put
                .condition_expression(SAME_VERSION)
                .expression_attribute_values(":version", n(version)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_write_conflict(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns true if another writer has changed the item since it was read, or is changing it right
/// now.
fn is_write_conflict<R>(error: &SdkError<PutItemError, R>) -> bool {
    condition_failed(error)
        || error.as_service_error().is_some_and(PutItemError::is_transaction_conflict_exception)
}
