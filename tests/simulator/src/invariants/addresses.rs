//! Checks that a no belongs to the address, and that a token is one customer's. Both are judged by
//! what the tables hold, with a normal form of its own for each address.
//!
//! A no is *heeded* once every customer who has the address shows it. From then on nothing may be
//! sent to the address by whoever begins later, whichever customer has it by then, until the no is
//! lifted. At rest every no is heeded.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    customer::{
        address::{Address, AddressHasher, AddressKey},
        profile::Customer,
    },
    kernel::{channel::Channel, id::CustomerId},
};
use fake_aws::{ItemChange, ProviderMessage};

use super::{
    EffectSource, ObservedState,
    invariant::{BrokenInvariant, Invariant, broken_invariant},
};
use crate::table_items::text_attribute;

/// An address in a form in which its spellings are equal.
type NormalAddress = (Channel, String);

pub struct AddressTracker {
    hasher: AddressHasher,
    customers: BTreeMap<CustomerId, Customer>,
    /// Every address that a customer ever had.
    had: BTreeMap<CustomerId, BTreeSet<NormalAddress>>,
    /// The keys that the spellings of an address have.
    keys: BTreeMap<NormalAddress, BTreeSet<AddressKey>>,
    /// The addresses of which a no is in force.
    suppressed: BTreeSet<AddressKey>,
    /// The step since which a no is heeded.
    heeded: BTreeMap<NormalAddress, u64>,
}

impl Default for AddressTracker {
    fn default() -> Self {
        Self {
            hasher: testkit::address_hasher(),
            customers: BTreeMap::new(),
            had: BTreeMap::new(),
            keys: BTreeMap::new(),
            suppressed: BTreeSet::new(),
            heeded: BTreeMap::new(),
        }
    }
}

fn normal_address(address: &Address) -> NormalAddress {
    let text = address.expose();
    let text = match address {
        Address::Email(_) => text.to_lowercase(),
        Address::Sms(_) => without_trunk(text),
        Address::Push(_) => text.to_owned(),
    };
    (address.channel(), text)
}

/// Returns a number without the digit that is dialled within its country only.
fn without_trunk(phone: &str) -> String {
    phone.replacen("+440", "+44", 1)
}

fn destination(message: &ProviderMessage) -> NormalAddress {
    match message {
        ProviderMessage::Sms { phone, .. } => (Channel::Sms, without_trunk(phone)),
        ProviderMessage::Email { to, .. } => (Channel::Email, to.to_lowercase()),
        ProviderMessage::Push { endpoint_arn, .. } => (Channel::Push, endpoint_arn.clone()),
    }
}

impl AddressTracker {
    pub fn record_customer(&mut self, customer: &Customer) -> Result<(), BrokenInvariant> {
        for address in customer.addresses() {
            let normal = normal_address(&address);
            let keys = self.keys.entry(normal.clone()).or_default();
            keys.insert(self.hasher.key_of(&address));
            self.had.entry(customer.id.clone()).or_default().insert(normal);
        }
        self.customers.insert(customer.id.clone(), customer.clone());
        Ok(())
    }

    /// Checks that no token is on two records.
    fn check_tokens(&self) -> Result<(), BrokenInvariant> {
        let mut owners: BTreeMap<&str, &CustomerId> = BTreeMap::new();
        for customer in self.customers.values() {
            for endpoint in &customer.push_endpoints {
                if let Some(other) = owners.insert(endpoint.arn.expose(), &customer.id)
                    && *other != customer.id
                {
                    let what = format!("{other} and {} have one token", customer.id);
                    return broken_invariant(Invariant::OneOwner, what);
                }
            }
        }
        Ok(())
    }

    /// Finds out which noes are in force and shown by every customer who has the address.
    fn refresh(&mut self, step: u64) {
        for (normal, keys) in &self.keys {
            if keys.is_disjoint(&self.suppressed) {
                self.heeded.remove(normal);
            } else if self.customers.values().all(|customer| heeds(customer, normal)) {
                self.heeded.entry(normal.clone()).or_insert(step);
            }
        }
    }

    /// Returns true if the customer has, or once had, the address that the message went to.
    pub fn had_destination(&self, customer: &CustomerId, message: &ProviderMessage) -> bool {
        self.had.get(customer).is_some_and(|had| had.contains(&destination(message)))
    }

    pub fn check_message(
        &self,
        doer: EffectSource,
        message: &ProviderMessage,
    ) -> Result<(), BrokenInvariant> {
        let destination = destination(message);
        match self.heeded.get(&destination) {
            Some(since) if *since <= doer.since => {
                let what = format!(
                    "a message by {} to an address that has said no before #{} began",
                    destination.0, doer.invocation
                );
                broken_invariant(Invariant::NoIsHeeded, what)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Checks at rest that every no has reached everyone who has the address.
    pub fn check_at_rest(&self) -> Result<(), BrokenInvariant> {
        let unheeded = self.keys.iter().find(|(normal, keys)| {
            !keys.is_disjoint(&self.suppressed) && !self.heeded.contains_key(*normal)
        });
        match unheeded {
            Some((normal, _)) => {
                let what =
                    format!("a no of an address by {} has not reached all who have it", normal.0);
                broken_invariant(Invariant::NoIsHeeded, what)
            }
            None => Ok(()),
        }
    }
}

/// Returns true unless the customer has the address and shows nothing of its no.
fn heeds(customer: &Customer, normal: &NormalAddress) -> bool {
    let holds = customer.addresses().iter().any(|address| normal_address(address) == *normal);
    !holds || (normal.0 != Channel::Push && customer.suppressions.contains_key(&normal.0))
}

impl ObservedState {
    /// Takes in the changes of what addresses have said, after those of the customers.
    pub(super) async fn observe_addresses(
        &mut self,
        step: u64,
        changes: &[ItemChange],
    ) -> Result<(), BrokenInvariant> {
        for item in changes.iter().filter_map(|change| change.new.as_ref()) {
            if text_attribute(item, "item") != "STATE" {
                continue;
            }
            let Ok(key) = AddressKey::parse(text_attribute(item, "address")) else { continue };
            let state = self.observer.address_state(&key).await;
            let suppressed =
                state.is_ok_and(|it| it.is_some_and(|it| it.suppression_for(None).is_some()));
            if suppressed {
                self.addresses.suppressed.insert(key);
            } else {
                self.addresses.suppressed.remove(&key);
            }
        }
        self.addresses.refresh(step);
        self.addresses.check_tokens()
    }
}
