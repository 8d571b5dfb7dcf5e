//! Customers: one item each. Every write raises `version` on the condition that it is still the one
//! that was read, and reads again after a conflict, so each change is decided on what is stored. An
//! erased customer leaves a tombstone without personal data.
//!
//! Written by the customers and orders API and by feedback (suppressions); read by scans,
//! deliveries and the vouchers API.

mod calendar;
mod item;
mod held_addresses;
mod write;

use std::convert::Infallible;

use domain::{
    Timestamp,
    campaign::trigger::{BehaviourChange, BehaviourEvent, EventAutopilots},
    customer::{
        address_state::LiftCause,
        carts::{self, ShoppingCart},
        changes::{self, CustomerChangeRefusal, CustomerPatch, CustomerReplacement},
        merge::MAX_MERGED,
        pause::{Pause, merge_pause},
        preferences::{LinkedAddress, PreferenceForm},
        profile::{Consent, ConsentState, Customer, PushEndpoint},
        topics::{TopicScope, TopicSettings},
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, PushEndpointId},
        money::Currency,
    },
};
use serde::{Deserialize, Serialize};

pub use crate::keys::{WRITE_SHARDS, write_shard};
pub use calendar::{CalendarPage, CustomerBatch};
use item::read_customer;
pub(crate) use item::{
    ERASED_AT, MERGED, MERGED_INTO, VERSION, customer_from_image, customer_item, is_erased,
    merged_into, merged_item,
};
use write::AbsentPolicy;
pub(crate) use write::{ChangeMoment, ExpectedItem, MAX_WRITE_ATTEMPTS, SAME_VERSION};

use crate::{
    Store,
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap},
    keys::{CUSTOMER_ID, customer_key, scan_key},
};

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

/// The key after which a scan goes on; serializable for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerKey(pub String);

/// One page of a scan. Erased customers and merged records are left out, and an unreadable item
/// never fails the page.
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
    /// Reads a customer's item, and settles the zone of their clock.
    pub(crate) fn read_customer(&self, item: &ItemMap) -> Result<Customer> {
        let mut customer = read_customer(item)?;
        self.tenant.settle_zone(&mut customer);
        Ok(customer)
    }

    /// Reads what is stored of a customer.
    pub(crate) fn read_lookup(&self, item: Option<&ItemMap>) -> Result<CustomerLookup> {
        Ok(match item {
            None => CustomerLookup::Unknown,
            Some(item) if is_erased(item) => CustomerLookup::Erased,
            Some(item) => CustomerLookup::Customer(Box::new(self.read_customer(item)?)),
        })
    }

    /// Returns a customer, for the id of a record that was merged the surviving one. Reads
    /// consistently: sees every write that was answered.
    pub async fn customer(&self, id: &CustomerId) -> Result<CustomerLookup> {
        self.read_lookup(self.surviving_item(id).await?.as_ref())
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
            if is_erased(item) || merged_into(item).is_some() {
                continue;
            }
            match self.read_customer(item) {
                Ok(customer) => page.customers.push(customer),
                Err(error) => page
                    .unreadable
                    .push(UnreadableCustomer { key: key(item), reason: error.to_string() }),
            }
        }
        Ok(page)
    }

    /// Replaces a customer's profile, contacts and endpoints by those of `put`; creates the
    /// customer if there is none. The change is made at the time of its latest consent.
    pub async fn put_customer(
        &self,
        id: &CustomerId,
        put: &CustomerReplacement,
        tenant: Currency,
    ) -> Result<CustomerChangeResult<CustomerChangeRefusal>> {
        let consents = put.consents.iter().map(|(_, consent)| consent.at);
        let now = consents.max().unwrap_or(Timestamp::UNIX_EPOCH);
        let no_listeners = EventAutopilots::default();
        self.put_customer_with_matches(id, put, tenant, &no_listeners, now).await
    }

    /// Replaces a customer like [`put_customer`](Self::put_customer). Keeps the trigger matches of
    /// the change in the same transaction.
    pub async fn put_customer_with_matches(
        &self,
        id: &CustomerId,
        put: &CustomerReplacement,
        tenant: Currency,
        listeners: &EventAutopilots,
        now: Timestamp,
    ) -> Result<CustomerChangeResult<CustomerChangeRefusal>> {
        let find_matches = |before: Option<&Customer>, after: &Customer| {
            listeners.find_profile_matches(before, after, now)
        };
        let decide = |stored: Option<&Customer>| put.apply(id, stored, tenant, now);
        self.change_customer(id, AbsentPolicy::Create, &ChangeMoment::at(now), decide, find_matches)
            .await
    }

    /// Changes a customer by a record of a file, decided on what is stored; creates the customer if
    /// there is none and `may_create` says so. Nothing fires: the file tells of the past.
    pub async fn import_customer(
        &self,
        id: &CustomerId,
        change: impl Fn(Option<&Customer>) -> CustomerReplacement,
        may_create: bool,
        tenant: Currency,
        now: Timestamp,
    ) -> Result<CustomerChangeResult<CustomerChangeRefusal>> {
        let absent = if may_create { AbsentPolicy::Create } else { AbsentPolicy::Leave };
        let decide = |stored: Option<&Customer>| change(stored).apply(id, stored, tenant, now);
        self.change_customer(id, absent, &ChangeMoment::at(now), decide, |_, _| Vec::new()).await
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
            carts::record_cart(&mut customer.carts, reported);
            Ok(customer)
        };
        let find_matches = |_: Option<&Customer>, after: &Customer| match after
            .carts
            .iter()
            .find(|cart| cart.is_open() && *cart == reported)
        {
            Some(cart) => {
                let what = BehaviourChange::CartTouched { cart: &cart.id };
                listeners.find_matches(
                    &BehaviourEvent { at: cart.at, customer: after, change: what },
                    now,
                )
            }
            None => Vec::new(),
        };
        self.change_customer(id, AbsentPolicy::Leave, &ChangeMoment::at(now), decide, find_matches)
            .await
    }

    pub async fn patch_customer(
        &self,
        id: &CustomerId,
        patch: &CustomerPatch,
        tenant: Currency,
        now: Timestamp,
    ) -> Result<CustomerChangeResult<CustomerChangeRefusal>> {
        self.patch_customer_with_matches(id, patch, tenant, &EventAutopilots::default(), now).await
    }

    /// Changes a customer like [`patch_customer`](Self::patch_customer). Keeps the trigger matches
    /// of the change in the same transaction.
    pub async fn patch_customer_with_matches(
        &self,
        id: &CustomerId,
        patch: &CustomerPatch,
        tenant: Currency,
        listeners: &EventAutopilots,
        now: Timestamp,
    ) -> Result<CustomerChangeResult<CustomerChangeRefusal>> {
        // `AbsentPolicy::Leave` never asks for a decision about an absent customer.
        let decide = |stored: Option<&Customer>| {
            stored
                .map_or_else(|| Ok(Customer::new(id.clone())), |stored| patch.apply(stored, tenant))
        };
        let find_matches = |before: Option<&Customer>, after: &Customer| {
            listeners.find_profile_matches(before, after, now)
        };
        self.change_customer(id, AbsentPolicy::Leave, &ChangeMoment::at(now), decide, find_matches)
            .await
    }

    /// Sets a consent that was received now. The result holds the consent in force: the stored one,
    /// if that is newer. A grant lifts what the address of the channel has said before.
    pub async fn set_consent(
        &self,
        id: &CustomerId,
        channel: Channel,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<CustomerChangeResult> {
        self.edit_consent(id, channel, consent, &ChangeMoment::at(now)).await
    }

    /// Sets a consent like [`set_consent`](Self::set_consent), by which a reader takes back their
    /// own no. It lifts an opt-out of the address and nothing else that it has said.
    pub async fn take_back_denial(
        &self,
        id: &CustomerId,
        channel: Channel,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<CustomerChangeResult> {
        let moment = ChangeMoment::granting_as(LiftCause::StartWord, now);
        self.edit_consent(id, channel, consent, &moment).await
    }

    async fn edit_consent(
        &self,
        id: &CustomerId,
        channel: Channel,
        consent: &Consent,
        moment: &ChangeMoment<'_>,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, moment, |customer| {
            changes::merge_consent(customer, channel, consent, moment.now);
        })
        .await
    }

    /// Sets a choice about a topic that was received now. The result holds the choice in force: the
    /// stored one, if that is newer.
    pub async fn set_topic_consent(
        &self,
        id: &CustomerId,
        scope: &TopicScope,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, &ChangeMoment::at(now), |customer| {
            changes::merge_topic_consent(customer, scope, consent, now);
        })
        .await
    }

    /// Sets a pause that was received now, or ends one. The result holds the one in force: the
    /// stored one, if that is newer.
    pub async fn set_pause(
        &self,
        id: &CustomerId,
        pause: &Pause,
        now: Timestamp,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, &ChangeMoment::at(now), |customer| {
            merge_pause(&mut customer.pause, &mut customer.past_pauses, pause, now);
        })
        .await
    }

    /// Saves a form of the preference page, all of it or nothing. What it may grant is decided on
    /// the customer as stored; a consent that it gives lifts what the address has said before.
    pub async fn save_preferences(
        &self,
        id: &CustomerId,
        form: &PreferenceForm,
        topics: &TopicSettings,
        link: LinkedAddress<'_>,
        now: Timestamp,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, &ChangeMoment::at(now), |customer| {
            form.apply(customer, topics, link, now);
        })
        .await
    }

    /// Adds a device, or its new token. The token leaves the record that had it before.
    pub async fn put_endpoint(
        &self,
        id: &CustomerId,
        endpoint: &PushEndpoint,
        now: Timestamp,
    ) -> Result<CustomerChangeResult> {
        let moment = ChangeMoment { registers: Some(&endpoint.arn), ..ChangeMoment::at(now) };
        self.edit_customer(id, &moment, |customer| changes::put_endpoint(customer, endpoint)).await
    }

    pub async fn delete_endpoint(
        &self,
        id: &CustomerId,
        endpoint: &PushEndpointId,
        now: Timestamp,
    ) -> Result<CustomerChangeResult> {
        self.edit_customer(id, &ChangeMoment::at(now), |customer| {
            changes::delete_endpoint(customer, endpoint);
        })
        .await
    }

    /// Gives the consent for SMS back to a customer who had withdrawn it by a reply, up to `at`,
    /// and has taken that back by another. A consent that was withdrawn elsewhere stays so. It
    /// lifts an opt-out of the number, and neither a complaint nor the finding that it is dead.
    pub async fn restore_consent(
        &self,
        id: &CustomerId,
        channel: Channel,
        source: &str,
        at: Timestamp,
    ) -> Result<CustomerChangeResult> {
        let moment = ChangeMoment::granting_as(LiftCause::StartWord, at);
        self.edit_customer(id, &moment, |customer| {
            let withdrawn = customer.consents.get(&channel).is_some_and(|consent| {
                consent.state == ConsentState::Denied && consent.source == source
            });
            if withdrawn {
                let granted = ConsentState::Granted;
                let consent = Consent { state: granted, source: source.to_owned(), at };
                changes::merge_consent(customer, channel, &consent, at);
            }
        })
        .await
    }

    /// Returns the item under a customer id, for the id of a merged record that of the surviving
    /// one.
    pub(crate) async fn surviving_item(&self, id: &CustomerId) -> Result<Option<ItemMap>> {
        let mut found = self.customer_item(id).await?;
        for _ in 0..=MAX_MERGED {
            match found.as_ref().and_then(merged_into) {
                Some(into) => found = self.customer_item(&into).await?,
                None => return Ok(found),
            }
        }
        Err(StoreError::corrupt(id, "merged in a circle"))
    }

    /// Returns the item under a customer id, whatever it is. Reads consistently.
    pub(crate) async fn customer_item(&self, id: &CustomerId) -> Result<Option<ItemMap>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.customers)
            .set_key(Some(customer_key(id)));
        Ok(answer.consistent_read(true).send().await?.item)
    }
}
