//! Customers: one item each. Every write raises `version` on the condition that it is still the one
//! that was read, and reads again after a conflict, so each change is decided on what is stored. An
//! erased customer leaves a tombstone without personal data.
//!
//! Written by the customers and orders API and by feedback (suppressions); read by scans,
//! deliveries and the vouchers API.

mod addresses;
mod calendar;
mod item;

use std::convert::Infallible;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::put_item::PutItemError,
    types::{Put, TransactWriteItem},
};
use domain::{
    Timestamp,
    campaign::trigger::{BehaviourChange, BehaviourEvent, EventAutopilots, TriggerMatch},
    customer::{
        changes::{
            self, ContactErasures, CustomerChangeRefusal, CustomerPatch, CustomerReplacement,
            suppress_erased_contacts,
        },
        profile::{
            Consent, Customer, EndpointArn, PushEndpoint, ShoppingCart, Suppression,
            SuppressionReason,
        },
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, PushEndpointId},
        money::Currency,
    },
};
use serde::{Deserialize, Serialize};

pub use crate::keys::{WRITE_SHARDS, write_shard};
pub use addresses::LookupAddress;
pub use calendar::{CalendarPage, CustomerBatch};

use crate::{
    Store,
    backoff::back_off,
    conditional::{Applied, condition_failed},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, n},
    keys::{CUSTOMER_ID, customer_key, erasure_mark_key, scan_key},
};

/// Tries of a write that is decided anew after each conflict. One customer has few writers.
pub(crate) const MAX_WRITE_ATTEMPTS: u32 = 12;
/// The number of orders deleted at the same time when a customer is erased.
const ERASE_CONCURRENCY: usize = 16;

/// The result of looking up a customer id.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomerLookup {
    Customer(Box<Customer>),
    /// A tombstone: the customer existed and was erased.
    Erased,
    Unknown,
}

/// The result of a change to a customer.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomerChangeResult<R = Infallible> {
    Created(Box<Customer>),
    Changed(Box<Customer>),
    /// The customer was in that state already; nothing was written.
    Unchanged(Box<Customer>),
    Refused(R),
    Erased,
    Unknown,
}

/// The result of a suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionResult {
    Recorded,
    Repeat,
    /// The suppression is about an address that the customer no longer has.
    OtherAddress,
    /// The customer is unknown or erased.
    Unknown,
}

/// The key after which a scan goes on; serializable for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerKey(pub String);

/// One page of a scan. Erased customers are left out, and an unreadable item never fails the page.
#[derive(Debug, Default)]
pub struct CustomerScanPage {
    pub customers: Vec<Customer>,
    pub unreadable: Vec<UnreadableCustomer>,
    /// The number of items read: customers, tombstones and unreadable items together.
    pub scanned: u32,
    pub next: Option<CustomerKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableCustomer {
    pub key: CustomerKey,
    /// Names the attribute and never quotes it.
    pub reason: String,
}

impl Store {
    /// Returns a customer. Reads consistently: sees every write that was answered.
    pub async fn customer(&self, id: &CustomerId) -> Result<CustomerLookup> {
        Ok(match self.customer_item(id).await? {
            None => CustomerLookup::Unknown,
            Some(item) if item::is_erased(&item) => CustomerLookup::Erased,
            Some(item) => CustomerLookup::Customer(Box::new(item::read_customer(&item)?)),
        })
    }

    /// Returns a page of one of `total` segments, at most `limit` items. The read is eventually
    /// consistent and costs half the read units; a decision made from it is checked again before a
    /// message goes out.
    pub async fn scan_customers(
        &self,
        segment: u32,
        total: u32,
        start: Option<CustomerKey>,
        limit: u32,
    ) -> Result<CustomerScanPage> {
        let start = start.map(|key| scan_key(&key.0));
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let answer = self.client.scan().table_name(&self.tables.customers).segment(number(segment));
        let answer = answer
            .total_segments(number(total))
            .limit(number(limit))
            .set_exclusive_start_key(start);
        let answer = answer.send().await?;
        let key =
            |item: &ItemMap| CustomerKey(item.text_opt(CUSTOMER_ID).unwrap_or_default().to_owned());
        let mut page = CustomerScanPage {
            next: answer.last_evaluated_key().map(key),
            ..CustomerScanPage::default()
        };
        for item in answer.items() {
            page.scanned += 1;
            if item::is_erased(item) {
                continue;
            }
            match item::read_customer(item) {
                Ok(customer) => page.customers.push(customer),
                Err(error) => page
                    .unreadable
                    .push(UnreadableCustomer { key: key(item), reason: error.to_string() }),
            }
        }
        Ok(page)
    }

    /// Replaces a customer's profile, contacts and endpoints by those of `put`; creates the
    /// customer if there is none.
    pub async fn put_customer(
        &self,
        id: &CustomerId,
        put: &CustomerReplacement,
        tenant: Currency,
    ) -> Result<CustomerChangeResult<CustomerChangeRefusal>> {
        let (no_listeners, no_erasures) = (EventAutopilots::default(), ContactErasures::default());
        self.put_customer_with_matches(
            id,
            put,
            tenant,
            &no_listeners,
            &no_erasures,
            Timestamp::UNIX_EPOCH,
        )
        .await
    }

    /// Replaces a customer like [`put_customer`](Self::put_customer), and honours the erasure marks
    /// of its addresses. Keeps the trigger matches of a new customer in the same transaction.
    pub async fn put_customer_with_matches(
        &self,
        id: &CustomerId,
        put: &CustomerReplacement,
        tenant: Currency,
        listeners: &EventAutopilots,
        forgotten: &ContactErasures,
        now: Timestamp,
    ) -> Result<CustomerChangeResult<CustomerChangeRefusal>> {
        let find_matches = |before: Option<&Customer>, after: &Customer| match before {
            Some(_) => Vec::new(),
            None => {
                let what = BehaviourChange::CustomerAdded { signed_up: after.profile.signed_up };
                listeners
                    .find_matches(&BehaviourEvent { at: now, customer: after, change: what }, now)
            }
        };
        let decide = |stored: Option<&Customer>| {
            let mut customer = put.apply(id, stored, tenant)?;
            suppress_erased_contacts(stored, &mut customer, forgotten);
            Ok(customer)
        };
        self.change_customer(id, AbsentPolicy::Create, decide, find_matches).await
    }

    /// Records that the customer changed, ordered or emptied a cart. Keeps the trigger matches of
    /// an open cart in the same transaction; they are planned unless a later cart event comes
    /// first.
    pub async fn record_cart(
        &self,
        id: &CustomerId,
        reported: &ShoppingCart,
        listeners: &EventAutopilots,
        now: Timestamp,
    ) -> Result<CustomerChangeResult> {
        let decide = |stored: Option<&Customer>| {
            let mut customer = stored.map_or_else(|| Customer::new(id.clone()), Customer::clone);
            changes::record_cart(&mut customer, reported);
            Ok(customer)
        };
        let find_matches = |_: Option<&Customer>, after: &Customer| match &after.cart {
            Some(cart) if cart.open && cart == reported => {
                let what = BehaviourChange::CartTouched { cart: &cart.id };
                listeners.find_matches(
                    &BehaviourEvent { at: cart.at, customer: after, change: what },
                    now,
                )
            }
            Some(_) | None => Vec::new(),
        };
        self.change_customer(id, AbsentPolicy::Leave, decide, find_matches).await
    }

    pub async fn patch_customer(
        &self,
        id: &CustomerId,
        patch: &CustomerPatch,
        tenant: Currency,
        forgotten: &ContactErasures,
    ) -> Result<CustomerChangeResult<CustomerChangeRefusal>> {
        let decide = |stored: &Customer| {
            let mut customer = patch.apply(stored, tenant)?;
            suppress_erased_contacts(Some(stored), &mut customer, forgotten);
            Ok(customer)
        };
        self.change_existing_customer(id, decide).await
    }

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
            latest = latest.max(found.and_then(|item| item.time_opt(item::ERASED_AT)));
        }
        Ok(latest)
    }

    /// Sets a consent. The result holds the consent in force: the stored one, if that is newer.
    pub async fn set_consent(
        &self,
        id: &CustomerId,
        channel: Channel,
        consent: &Consent,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, |customer| changes::merge_consent(customer, channel, consent)).await
    }

    pub async fn put_endpoint(
        &self,
        id: &CustomerId,
        endpoint: &PushEndpoint,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, |customer| changes::put_endpoint(customer, endpoint)).await
    }

    pub async fn delete_endpoint(
        &self,
        id: &CustomerId,
        endpoint: &PushEndpointId,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, |customer| changes::delete_endpoint(customer, endpoint)).await
    }

    /// Removes a device that takes no more pushes. A device that has a new address since then
    /// stays.
    pub async fn remove_endpoint_by_arn(
        &self,
        id: &CustomerId,
        arn: &EndpointArn,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, |customer| {
            customer.push_endpoints.retain(|endpoint| endpoint.arn != *arn)
        })
        .await
    }

    /// Suppresses a channel. `address` is the one that bounced or complained, if known: a customer
    /// who has another address by now is not changed.
    pub async fn suppress_channel(
        &self,
        id: &CustomerId,
        channel: Channel,
        reason: SuppressionReason,
        at: Timestamp,
        address: Option<&str>,
    ) -> Result<SuppressionResult> {
        let decide = |stored: &Customer| {
            if address.is_some_and(|address| !has_address(stored, channel, address)) {
                return Err(SuppressionResult::OtherAddress);
            }
            let mut customer = stored.clone();
            match stored.suppressions.get(&channel) {
                Some(known) if known.reason == reason => {}
                Some(_) | None => {
                    customer.suppressions.insert(channel, Suppression { reason, at });
                }
            }
            Ok(customer)
        };
        Ok(match self.change_existing_customer(id, decide).await? {
            CustomerChangeResult::Created(_) | CustomerChangeResult::Changed(_) => {
                SuppressionResult::Recorded
            }
            CustomerChangeResult::Unchanged(_) => SuppressionResult::Repeat,
            CustomerChangeResult::Refused(outcome) => outcome,
            CustomerChangeResult::Erased | CustomerChangeResult::Unknown => {
                SuppressionResult::Unknown
            }
        })
    }

    /// Erases a customer: the item becomes a tombstone in one transaction with an erasure mark for
    /// each address (`erasure_mark` hashes it), then the customer's orders and calendar entries are
    /// deleted. A repeat finishes what was begun. Returns false if there never was such a customer.
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
            let version = item.number_opt(item::VERSION);
            let erased = item::is_erased(&item) || {
                let tombstone = item::tombstone(id, version.unwrap_or(0) + 1, now);
                let expected = version.map_or(ExpectedItem::Any, ExpectedItem::Version);
                let marks: Vec<String> = item::contact_addresses(&item)
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
                self.delete_orders(id, ERASE_CONCURRENCY).await?;
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
                .set_item(Some(item::erasure_mark(mark, now)));
            Ok(TransactWriteItem::builder().put(put.build()?).build())
        };
        marks.iter().map(put).collect()
    }

    /// Applies a change that cannot be refused to a customer who must exist.
    async fn edit_customer(
        &self,
        id: &CustomerId,
        edit: impl Fn(&mut Customer),
    ) -> Result<CustomerChangeResult> {
        let decide = |stored: &Customer| {
            let mut customer = stored.clone();
            edit(&mut customer);
            Ok(customer)
        };
        self.change_existing_customer(id, decide).await
    }

    async fn change_existing_customer<R>(
        &self,
        id: &CustomerId,
        decide: impl Fn(&Customer) -> std::result::Result<Customer, R>,
    ) -> Result<CustomerChangeResult<R>> {
        // `AbsentPolicy::Leave` never asks for a decision about an absent customer.
        let decide = |stored: Option<&Customer>| {
            stored.map_or_else(|| Ok(Customer::new(id.clone())), &decide)
        };
        self.change_customer(id, AbsentPolicy::Leave, decide, |_, _| Vec::new()).await
    }

    /// Reads, decides, and writes on the condition that nothing was written in between; starts
    /// again after a conflict.
    async fn change_customer<R>(
        &self,
        id: &CustomerId,
        absent: AbsentPolicy,
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
            if let Some(stored) = stored.as_ref().filter(|stored| ***stored == customer) {
                return Ok(CustomerChangeResult::Unchanged(stored.clone()));
            }
            let expected = stored
                .as_ref()
                .map_or(ExpectedItem::Nothing, |stored| ExpectedItem::Version(stored.version));
            customer.version += 1;
            let matches = find_matches(stored.as_deref(), &customer);
            let item = item::customer_item(&customer);
            let mut extra_items = self.match_puts(&matches)?;
            extra_items.extend(self.calendar_entry_changes(stored.as_deref(), &customer)?);
            let written = if extra_items.is_empty() {
                self.put_if_version(item, expected).await?
            } else {
                self.put_with_items(item, expected, extra_items).await?
            };
            if written {
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
    async fn put_with_items(
        &self,
        item: ItemMap,
        expected: ExpectedItem,
        along: Vec<TransactWriteItem>,
    ) -> Result<bool> {
        let put = Put::builder().table_name(&self.tables.customers).set_item(Some(item));
        let put = match expected {
            ExpectedItem::Any => put,
            ExpectedItem::Nothing => put.condition_expression(CUSTOMER_ABSENT),
            ExpectedItem::Version(version) => put
                .condition_expression(SAME_VERSION)
                .expression_attribute_values(":version", n(version)),
        };
        let mut items = vec![TransactWriteItem::builder().put(put.build()?).build()];
        items.extend(along);
        Ok(self.transact_applied("a customer and whom they fire", items).await? == Applied::Yes)
    }

    async fn customer_item(&self, id: &CustomerId) -> Result<Option<ItemMap>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.customers)
            .set_key(Some(customer_key(id)));
        Ok(answer.consistent_read(true).send().await?.item)
    }

    /// Puts the item. Returns false if the stored item is not, or no longer, as expected. The old
    /// item is not asked for, because errors are logged.
    async fn put_if_version(&self, item: ItemMap, expected: ExpectedItem) -> Result<bool> {
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

pub(crate) const CUSTOMER_ABSENT: &str = "attribute_not_exists(customer_id)";
pub(crate) const SAME_VERSION: &str = "version = :version";

pub(crate) use item::customer_item;

#[derive(Clone, Copy)]
enum AbsentPolicy {
    Create,
    Leave,
}

#[derive(Clone, Copy)]
enum ExpectedItem {
    Any,
    Nothing,
    Version(u64),
}

/// Returns true if another writer has changed the item since it was read, or is changing it right
/// now.
fn is_write_conflict<R>(error: &SdkError<PutItemError, R>) -> bool {
    condition_failed(error)
        || error.as_service_error().is_some_and(PutItemError::is_transaction_conflict_exception)
}

fn has_address(customer: &Customer, channel: Channel, address: &str) -> bool {
    match channel {
        Channel::Sms => {
            customer.contacts.phone.as_ref().is_some_and(|phone| phone.expose() == address)
        }
        Channel::Email => customer
            .contacts
            .email
            .as_ref()
            .is_some_and(|email| email.expose().eq_ignore_ascii_case(address)),
        Channel::Push => {
            customer.push_endpoints.iter().any(|endpoint| endpoint.arn.expose() == address)
        }
    }
}
