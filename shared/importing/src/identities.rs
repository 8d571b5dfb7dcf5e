//! Finds the customer whom a record names: by an id, or by whoever has the mailbox or the number.
//!
//! A person who is known by an address alone gets an id that follows from the address's keyed hash,
//! so that the same address is the same customer in every file, and an erased one stays erased.

use domain::{
    customer::{
        address::Address,
        contact::{Email, Phone},
        profile::SuppressionReason,
    },
    kernel::id::CustomerId,
};
use import_files::{customer::Identity, reason::Reason};
use sha2::{Digest, Sha256};
use store::{Result, Store};

/// Bytes of the hash that tells one web site from another.
const WEBSITE_BYTES: usize = 6;

/// The customer of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Customer(CustomerId),
    Refused(Reason),
}

pub(crate) async fn find_customer(store: &Store, identity: &Identity) -> Result<Found> {
    match identity {
        Identity::Id(id) => Ok(Found::Customer(id.clone())),
        Identity::Account { website, email } => account(store, website, email).await,
        Identity::Mailbox(email) => find_holder(store, &mailbox(email)).await,
        Identity::Number(phone) => find_holder(store, &number(phone)).await,
    }
}

pub(crate) fn mailbox(email: &Email) -> Address {
    Address::Email(email.clone())
}
pub(crate) fn number(phone: &Phone) -> Address {
    Address::Sms(phone.clone())
}

/// Returns whoever has the address, the first by id if several have it; else the customer who is
/// known by this address alone.
pub(crate) async fn find_holder(store: &Store, address: &Address) -> Result<Found> {
    let key = store.address_key(address).await?;
    if let Some(holder) = store.address_holders(&key, 1).await?.into_iter().next() {
        return Ok(Found::Customer(holder));
    }
    let state = store.address_state(&key).await?;
    let is_erased = state.is_some_and(|state| {
        state.in_force().any(|(reason, _)| reason == SuppressionReason::Erased)
    });
    if is_erased {
        return Ok(Found::Refused(erased()));
    }
    Ok(derived_id(&format!("addr-{key}")))
}

async fn account(store: &Store, website: &str, email: &Email) -> Result<Found> {
    let key = store.address_key(&mailbox(email)).await?;
    let digest = Sha256::digest(website.trim().to_lowercase().as_bytes());
    let site: String =
        digest.iter().take(WEBSITE_BYTES).map(|byte| format!("{byte:02x}")).collect();
    Ok(derived_id(&format!("site-{site}-{key}")))
}

fn derived_id(text: &str) -> Found {
    match CustomerId::parse(text) {
        Ok(id) => Found::Customer(id),
        Err(error) => Found::Refused(Reason::new("bad_id", error.to_string())),
    }
}

pub(crate) fn erased() -> Reason {
    Reason::new("erased", "the customer was erased and stays so")
}
