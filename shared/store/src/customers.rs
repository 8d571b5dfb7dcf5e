//! Customers: one item each. Every write raises `version` with a condition on the one that was read, and reads again when someone
//! else was faster; so each change is decided on what is there. An erased customer leaves a tombstone without personal data.
//! Written by the customers and orders API and by feedback (suppressions); read by scans, deliveries and the vouchers API.

mod addresses;
mod calendar;
mod item;

use std::{convert::Infallible, time::Duration};

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::put_item::PutItemError,
    types::{AttributeValue, Put, TransactWriteItem},
};
use domain::{
    Timestamp,
    channel::Channel,
    customer::{Cart, Consent, Customer, EndpointArn, PushEndpoint, Suppression, SuppressionReason},
    customer_change::{self, Forgotten, Patch, Refusal, Replacement, heed_forgotten},
    id::{CustomerId, EndpointId},
    money::Currency,
    trigger::{Happened, Happening, Listeners, Match},
};
use serde::{Deserialize, Serialize};

pub use addresses::Address;
pub use calendar::{CalendarPage, CustomersRead};
pub use item::{WRITE_SHARDS, cell, shard};

use crate::{
    Store,
    error::{Result, StoreError},
    item::{Item, Read, n},
    transaction::Transacted,
};

/// How often a write is decided anew when someone else was faster: one customer has few writers.
pub(crate) const MAX_ATTEMPTS: u32 = 12;
/// Orders deleted at once when a customer is erased.
const ERASE_CONCURRENCY: usize = 16;

/// What is there under an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Customer(Box<Customer>),
    /// There was one, who asked to be forgotten.
    Erased,
    Unknown,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Changed<R = Infallible> {
    Created(Box<Customer>),
    Changed(Box<Customer>),
    /// It was so already; nothing was written.
    Unchanged(Box<Customer>),
    Refused(R),
    Erased,
    Unknown,
}

/// What became of a suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suppressed {
    Recorded,
    Repeat,
    /// It is about an address that the customer no longer has.
    OtherAddress,
    /// Unknown or erased.
    Unknown,
}

/// Where a scan goes on; serializable for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerKey(pub String);

/// One page of a scan. Erased customers are left out; an item that cannot be read never fails the page.
#[derive(Debug, Default)]
pub struct ScanPage {
    pub customers: Vec<Customer>,
    pub unreadable: Vec<Unreadable>,
    /// Items read, whatever they were.
    pub scanned: u32,
    pub next: Option<CustomerKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub key: CustomerKey,
    /// Names the attribute and never quotes it.
    pub reason: String,
}

impl Store {
    /// Consistent: sees every write that was answered.
    pub async fn customer(&self, id: &CustomerId) -> Result<Found> {
        Ok(match self.customer_item(id).await? {
            None => Found::Unknown,
            Some(item) if item::is_erased(&item) => Found::Erased,
            Some(item) => Found::Customer(Box::new(item::read_customer(&item)?)),
        })
    }

    /// A page of one of `total` segments, at most `limit` items. Eventually consistent, at half the price: what is decided from
    /// it is checked again before a message goes out.
    pub async fn scan_customers(
        &self,
        segment: u32,
        total: u32,
        start: Option<CustomerKey>,
        limit: u32,
    ) -> Result<ScanPage> {
        let start = start.map(|key| Item::from([(item::ID.to_owned(), AttributeValue::S(key.0))]));
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let answer = self.client.scan().table_name(&self.tables.customers).segment(number(segment));
        let answer = answer.total_segments(number(total)).limit(number(limit)).set_exclusive_start_key(start);
        let answer = answer.send().await?;
        let key = |item: &Item| CustomerKey(item.text_opt(item::ID).unwrap_or_default().to_owned());
        let mut page = ScanPage { next: answer.last_evaluated_key().map(key), ..ScanPage::default() };
        for item in answer.items() {
            page.scanned += 1;
            if item::is_erased(item) {
                continue;
            }
            match item::read_customer(item) {
                Ok(customer) => page.customers.push(customer),
                Err(error) => page.unreadable.push(Unreadable { key: key(item), reason: error.to_string() }),
            }
        }
        Ok(page)
    }

    /// Profile, contacts and endpoints become those of `put`; makes the customer if there is none.
    pub async fn put_customer(&self, id: &CustomerId, put: &Replacement, tenant: Currency) -> Result<Changed<Refusal>> {
        let (nobody, none) = (Listeners::default(), Forgotten::default());
        self.put_customer_heard(id, put, tenant, &nobody, &none, Timestamp::UNIX_EPOCH).await
    }

    /// The same, with what is known of its addresses; and whom a new customer fires is kept in the same transaction.
    pub async fn put_customer_heard(
        &self,
        id: &CustomerId,
        put: &Replacement,
        tenant: Currency,
        listeners: &Listeners,
        forgotten: &Forgotten,
        now: Timestamp,
    ) -> Result<Changed<Refusal>> {
        let heard = |before: Option<&Customer>, after: &Customer| match before {
            Some(_) => Vec::new(),
            None => {
                let what = Happened::Appeared { signed_up: after.profile.signed_up };
                listeners.matches(&Happening { at: now, customer: after, what }, now)
            }
        };
        let decide = |stored: Option<&Customer>| {
            let mut customer = put.apply(id, stored, tenant)?;
            heed_forgotten(stored, &mut customer, forgotten);
            Ok(customer)
        };
        self.change(id, Absent::Create, decide, heard).await
    }

    /// A cart was touched, ordered or emptied; whom it fires if nothing more is told is kept in the same transaction.
    pub async fn note_cart(
        &self,
        id: &CustomerId,
        told: &Cart,
        listeners: &Listeners,
        now: Timestamp,
    ) -> Result<Changed> {
        let decide = |stored: Option<&Customer>| {
            let mut customer = stored.map_or_else(|| Customer::new(id.clone()), Customer::clone);
            customer_change::note_cart(&mut customer, told);
            Ok(customer)
        };
        let heard = |_: Option<&Customer>, after: &Customer| match &after.cart {
            Some(cart) if cart.open && cart == told => {
                let what = Happened::CartTouched { cart: &cart.id };
                listeners.matches(&Happening { at: cart.at, customer: after, what }, now)
            }
            Some(_) | None => Vec::new(),
        };
        self.change(id, Absent::Leave, decide, heard).await
    }

    pub async fn patch_customer(
        &self,
        id: &CustomerId,
        patch: &Patch,
        tenant: Currency,
        forgotten: &Forgotten,
    ) -> Result<Changed<Refusal>> {
        let decide = |stored: &Customer| {
            let mut customer = patch.apply(stored, tenant)?;
            heed_forgotten(Some(stored), &mut customer, forgotten);
            Ok(customer)
        };
        self.change_known(id, decide).await
    }

    /// When the owner of an address was erased, if one was: `marks` are the hashes under which that may be noted.
    pub async fn forgotten(&self, marks: &[String]) -> Result<Option<Timestamp>> {
        let mut latest = None;
        for mark in marks {
            let found = self.client.get_item().table_name(&self.tables.customers).set_key(Some(item::mark_key(mark)));
            let found = found.consistent_read(true).send().await?.item;
            latest = latest.max(found.and_then(|item| item.time_opt(item::ERASED_AT)));
        }
        Ok(latest)
    }

    /// The answer holds the consent that counts now: the stored one, if that is newer.
    pub async fn set_consent(&self, id: &CustomerId, channel: Channel, consent: &Consent) -> Result<Changed> {
        self.edit(id, |customer| customer_change::merge_consent(customer, channel, consent)).await
    }

    pub async fn put_endpoint(&self, id: &CustomerId, endpoint: &PushEndpoint) -> Result<Changed> {
        self.edit(id, |customer| customer_change::put_endpoint(customer, endpoint)).await
    }

    pub async fn delete_endpoint(&self, id: &CustomerId, endpoint: &EndpointId) -> Result<Changed> {
        self.edit(id, |customer| customer_change::delete_endpoint(customer, endpoint)).await
    }

    /// A device that takes no more pushes. Given a new address since, it stays.
    pub async fn forget_endpoint(&self, id: &CustomerId, arn: &EndpointArn) -> Result<Changed> {
        self.edit(id, |customer| customer.push_endpoints.retain(|endpoint| endpoint.arn != *arn)).await
    }

    /// Stops a channel. `address` is what bounced or complained, if it is known: a customer who has another by now is left alone.
    pub async fn suppress(
        &self,
        id: &CustomerId,
        channel: Channel,
        reason: SuppressionReason,
        at: Timestamp,
        address: Option<&str>,
    ) -> Result<Suppressed> {
        let decide = |stored: &Customer| {
            if address.is_some_and(|address| !has_address(stored, channel, address)) {
                return Err(Suppressed::OtherAddress);
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
        Ok(match self.change_known(id, decide).await? {
            Changed::Created(_) | Changed::Changed(_) => Suppressed::Recorded,
            Changed::Unchanged(_) => Suppressed::Repeat,
            Changed::Refused(outcome) => outcome,
            Changed::Erased | Changed::Unknown => Suppressed::Unknown,
        })
    }

    /// Forgets the person: the item becomes a tombstone, in one transaction with a mark of each address (`mark` makes it a hash), then the
    /// records of their orders go. Repeating it finishes what was begun. False if there never was such a customer.
    pub async fn erase_customer(
        &self,
        id: &CustomerId,
        mark: impl Fn(Channel, &str) -> Option<String>,
        now: Timestamp,
    ) -> Result<bool> {
        for attempt in 0..MAX_ATTEMPTS {
            // The version alone: an item that cannot be read must still be erasable.
            let Some(item) = self.customer_item(id).await? else { return Ok(false) };
            let version = item.number_opt(item::VERSION);
            let erased = item::is_erased(&item) || {
                let tombstone = item::tombstone(id, version.unwrap_or(0) + 1, now);
                let expected = version.map_or(Expected::Any, Expected::Version);
                let marks: Vec<String> = item::addresses(&item)
                    .into_iter()
                    .filter_map(|(channel, address)| mark(channel, address))
                    .collect();
                if marks.is_empty() {
                    self.put_if_version(tombstone, expected).await?
                } else {
                    self.put_with(tombstone, expected, self.leave_marks(&marks, now)?).await?
                }
            };
            if erased {
                self.delete_orders(id, ERASE_CONCURRENCY).await?;
                self.delete_dates(id).await?;
                return Ok(true);
            }
            pause(attempt).await;
        }
        Err(StoreError::Contended("a customer"))
    }

    fn leave_marks(&self, marks: &[String], now: Timestamp) -> Result<Vec<TransactWriteItem>> {
        let put = |mark: &String| {
            let put = Put::builder().table_name(&self.tables.customers).set_item(Some(item::mark(mark, now)));
            Ok(TransactWriteItem::builder().put(put.build()?).build())
        };
        marks.iter().map(put).collect()
    }

    /// A change that cannot be refused, of a customer who must be there.
    async fn edit(&self, id: &CustomerId, edit: impl Fn(&mut Customer)) -> Result<Changed> {
        let decide = |stored: &Customer| {
            let mut customer = stored.clone();
            edit(&mut customer);
            Ok(customer)
        };
        self.change_known(id, decide).await
    }

    async fn change_known<R>(
        &self,
        id: &CustomerId,
        decide: impl Fn(&Customer) -> std::result::Result<Customer, R>,
    ) -> Result<Changed<R>> {
        // `Absent::Leave` never asks about nobody.
        let decide = |stored: Option<&Customer>| stored.map_or_else(|| Ok(Customer::new(id.clone())), &decide);
        self.change(id, Absent::Leave, decide, |_, _| Vec::new()).await
    }

    /// Read, decide, write on the condition that nobody wrote in between; again if someone did.
    async fn change<R>(
        &self,
        id: &CustomerId,
        absent: Absent,
        decide: impl Fn(Option<&Customer>) -> std::result::Result<Customer, R>,
        heard: impl Fn(Option<&Customer>, &Customer) -> Vec<Match>,
    ) -> Result<Changed<R>> {
        for attempt in 0..MAX_ATTEMPTS {
            let stored = match (self.customer(id).await?, absent) {
                (Found::Erased, _) => return Ok(Changed::Erased),
                (Found::Unknown, Absent::Leave) => return Ok(Changed::Unknown),
                (Found::Unknown, Absent::Create) => None,
                (Found::Customer(customer), _) => Some(customer),
            };
            let mut customer = match decide(stored.as_deref()) {
                Ok(customer) => customer,
                Err(refusal) => return Ok(Changed::Refused(refusal)),
            };
            if let Some(stored) = stored.as_ref().filter(|stored| ***stored == customer) {
                return Ok(Changed::Unchanged(stored.clone()));
            }
            let expected = stored.as_ref().map_or(Expected::Nothing, |stored| Expected::Version(stored.version));
            customer.version += 1;
            let matches = heard(stored.as_deref(), &customer);
            let item = item::customer_item(&customer);
            let mut along = self.keep_matches(&matches)?;
            along.extend(self.move_dates(stored.as_deref(), &customer)?);
            let written = if along.is_empty() {
                self.put_if_version(item, expected).await?
            } else {
                self.put_with(item, expected, along).await?
            };
            if written {
                let customer = Box::new(customer);
                return Ok(if stored.is_some() { Changed::Changed(customer) } else { Changed::Created(customer) });
            }
            pause(attempt).await;
        }
        Err(StoreError::Contended("a customer"))
    }

    /// The same as [`put_if_version`](Self::put_if_version) with what goes along, or neither.
    async fn put_with(&self, item: Item, expected: Expected, along: Vec<TransactWriteItem>) -> Result<bool> {
        let put = Put::builder().table_name(&self.tables.customers).set_item(Some(item));
        let put = match expected {
            Expected::Any => put,
            Expected::Nothing => put.condition_expression(NOTHING_THERE),
            Expected::Version(version) => {
                put.condition_expression(SAME_VERSION).expression_attribute_values(":version", n(version))
            }
        };
        let mut items = vec![TransactWriteItem::builder().put(put.build()?).build()];
        items.extend(along);
        Ok(match self.transact("a customer and whom they fire", items).await? {
            Transacted::Written => true,
            Transacted::Refused(_) => false,
        })
    }

    async fn customer_item(&self, id: &CustomerId) -> Result<Option<Item>> {
        let answer = self.client.get_item().table_name(&self.tables.customers).set_key(Some(item::key(id)));
        Ok(answer.consistent_read(true).send().await?.item)
    }

    /// False if the item is not, or no longer, as expected. The old item is not asked for: errors are logged.
    async fn put_if_version(&self, item: Item, expected: Expected) -> Result<bool> {
        let put = self.client.put_item().table_name(&self.tables.customers).set_item(Some(item));
        let put = match expected {
            Expected::Any => put,
            Expected::Nothing => put.condition_expression(NOTHING_THERE),
            Expected::Version(version) => {
                put.condition_expression(SAME_VERSION).expression_attribute_values(":version", n(version))
            }
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if someone_was_faster(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

pub(crate) const NOTHING_THERE: &str = "attribute_not_exists(customer_id)";
pub(crate) const SAME_VERSION: &str = "version = :version";

pub(crate) use item::customer_item;

#[derive(Clone, Copy)]
enum Absent {
    Create,
    Leave,
}

#[derive(Clone, Copy)]
enum Expected {
    Any,
    Nothing,
    Version(u64),
}

/// Someone else wrote since it was read, or is writing right now.
fn someone_was_faster<R>(error: &SdkError<PutItemError, R>) -> bool {
    matches!(
        error.as_service_error(),
        Some(PutItemError::ConditionalCheckFailedException(_) | PutItemError::TransactionConflictException(_))
    )
}

fn has_address(customer: &Customer, channel: Channel, address: &str) -> bool {
    match channel {
        Channel::Sms => customer.contacts.phone.as_ref().is_some_and(|phone| phone.expose() == address),
        Channel::Email => {
            customer.contacts.email.as_ref().is_some_and(|email| email.expose().eq_ignore_ascii_case(address))
        }
        Channel::Push => customer.push_endpoints.iter().any(|endpoint| endpoint.arn.expose() == address),
    }
}

/// Before deciding anew: longer each time, and by chance, for two writers of one item would else meet again.
pub(crate) async fn pause(attempt: u32) {
    /// One write's time, doubled up to 32 times.
    const STEP_MS: u64 = 4;
    tokio::time::sleep(Duration::from_millis(1 + fastrand::u64(..STEP_MS << attempt.min(5)))).await;
}
