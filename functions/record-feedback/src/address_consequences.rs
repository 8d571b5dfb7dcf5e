//! Records what a provider event or a worker's finding says of an address: a definite answer suppresses
//! it at once, on every channel; a bounce for now is counted, and the fifth in a row suppresses it.
//! The meaning of each kind of event is decided in `domain::delivery::feedback`. The state is kept with
//! the address, for all customers who have it.
//!
//! Guarantee: only the address that the event names is marked, whoever has it by now and whether or not
//! the message is known. A customer who has moved to another one is not.

use channels::feedback::{AddressFinding, EventAddress, EventPerson, ListChoice, MessageEvent};
use domain::{
    Timestamp,
    customer::{
        address::{Address, AddressKey},
        address_state::{Lift, LiftCause, NewSuppression},
        profile::{Customer, SuppressionReason},
    },
    delivery::{attempt_policy::last_delivery, feedback::AddressEffect},
    kernel::channel::Channel,
};
use runtime::clock;
use store::{Store, StoreError, voucher::records::VoucherKey};

use crate::handler::{FeedbackOutcome, LIST_SOURCE, load_customer};

/// The source of what a provider says.
const PROVIDER: &str = "provider";

/// Records what an event about a voucher's message says of the address. Can be repeated.
pub(crate) async fn apply_event(
    store: &Store,
    event: &MessageEvent,
    key: &VoucherKey,
    channel: Channel,
) -> Result<(), StoreError> {
    let effect = event.what.address_effect();
    if effect == AddressEffect::Nothing || is_lost(&event.person.address, effect) {
        return Ok(());
    }
    let Some(address) = event_address(store, &event.person, key, channel).await? else {
        return Ok(());
    };
    if effect == AddressEffect::CountSoftBounce {
        let address = store.address_key(&address).await?;
        return count_failure(store, &address, key, channel).await;
    }
    suppress(store, &address, effect, event.at).await
}

/// Records what an event says of the address that it names, where no voucher of ours is known for it.
/// A no is a no whatever it answers, and a definite answer ends the address; a bounce for now counts
/// by voucher, so it counts nothing here. Can be repeated.
pub(crate) async fn apply_to_named(store: &Store, event: &MessageEvent) -> Result<(), StoreError> {
    match named_address(&event.person.address) {
        Some(named) => suppress(store, &named, event.what.address_effect(), event.at).await,
        None => Ok(()),
    }
}

/// Suppresses an address as the effect says.
async fn suppress(
    store: &Store,
    address: &Address,
    effect: AddressEffect,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (reason, adopts) = match effect {
        AddressEffect::Nothing | AddressEffect::CountSoftBounce => return Ok(()),
        AddressEffect::Suppress(reason) => (reason, false),
        AddressEffect::AdoptSuppression(reason) => (reason, true),
    };
    let key = store.address_key(address).await?;
    if adopts {
        let known = store.address_state(&key).await?;
        // A repeat of the same event is written again: the first may not have reached every record.
        if known.is_some_and(|known| known.in_force().any(|(said, _)| said != reason)) {
            return Ok(());
        }
    }
    let no = NewSuppression::received(reason, at, PROVIDER);
    store.suppress_address(&key, address.channel(), &no).await?;
    Ok(())
}

/// Returns true if the address was masked and the event has to name it. A no of the customer's is
/// never lost; a bounce says nothing about an address that it does not name.
fn is_lost(address: &EventAddress, effect: AddressEffect) -> bool {
    let is_no = matches!(
        effect,
        AddressEffect::Suppress(SuppressionReason::Complained | SuppressionReason::OptedOut)
            | AddressEffect::AdoptSuppression(
                SuppressionReason::Complained | SuppressionReason::OptedOut
            )
    );
    *address == EventAddress::Masked && !is_no
}

/// Counts a bounce for now of a voucher's message towards those in a row that end an address.
async fn count_failure(
    store: &Store,
    address: &AddressKey,
    key: &VoucherKey,
    channel: Channel,
) -> Result<(), StoreError> {
    let vouchers = store.customer_vouchers(&key.customer).await?;
    let failed = vouchers.iter().find(|voucher| voucher.id == key.voucher);
    let Some(attempt) = failed.and_then(|voucher| voucher.attempts.get(&channel)) else {
        return Ok(());
    };
    let (last, now) = (last_delivery(&vouchers, channel), clock::now());
    store.record_address_failure(address, channel, &key.voucher, attempt.at, last, now).await?;
    Ok(())
}

/// Returns the address that an event names, or else the customer's own on the channel. A device
/// that is not named is none.
async fn event_address(
    store: &Store,
    person: &EventPerson,
    key: &VoucherKey,
    channel: Channel,
) -> Result<Option<Address>, StoreError> {
    if let Some(named) = named_address(&person.address) {
        return Ok(Some(named));
    }
    let customer: Option<Box<Customer>> = load_customer(store, key).await?;
    Ok(customer.and_then(|customer| customer.address_on(channel)))
}

/// Returns the address that an event names.
pub(crate) fn named_address(address: &EventAddress) -> Option<Address> {
    match address {
        EventAddress::Unnamed | EventAddress::Masked => None,
        EventAddress::Email(email) => Some(Address::Email(email.clone())),
        EventAddress::Phone(phone) => Some(Address::Sms(phone.clone())),
        EventAddress::Endpoint(arn) => Some(Address::Push(arn.clone())),
    }
}

/// Records for the mailbox that its reader has left a contact list of the provider's, or has come back,
/// which takes back an opt-out only.
pub(crate) async fn apply_list_choice(
    store: &Store,
    choice: &ListChoice,
    key: &VoucherKey,
    channel: Channel,
) -> Result<(), StoreError> {
    match event_address(store, &choice.person, key, channel).await? {
        Some(address) => settle_list_choice(store, choice, &address).await,
        None => Ok(()),
    }
}

/// Records a choice for the mailbox that it names, where no voucher of ours is known for it.
pub(crate) async fn apply_choice_to_named(
    store: &Store,
    choice: &ListChoice,
) -> Result<(), StoreError> {
    match named_address(&choice.person.address) {
        Some(named) => settle_list_choice(store, choice, &named).await,
        None => Ok(()),
    }
}

async fn settle_list_choice(
    store: &Store,
    choice: &ListChoice,
    address: &Address,
) -> Result<(), StoreError> {
    let key = store.address_key(address).await?;
    if choice.granted {
        let lift = Lift::received(LiftCause::StartWord, choice.at);
        store.lift_address(&key, address.channel(), &lift).await?;
    } else {
        let no = NewSuppression::received(SuppressionReason::OptedOut, choice.at, LIST_SOURCE);
        store.suppress_address(&key, address.channel(), &no).await?;
    }
    Ok(())
}

/// Records what a worker has learnt of an address.
pub(crate) async fn apply_finding(
    store: &Store,
    finding: &AddressFinding,
) -> Result<FeedbackOutcome, StoreError> {
    let (address, reason, at) = match finding {
        AddressFinding::Dead { address, at } => (address, SuppressionReason::Invalid, *at),
        AddressFinding::OptedOut { address, at } => (address, SuppressionReason::OptedOut, *at),
    };
    let key = store.address_key(address).await?;
    let no = NewSuppression::received(reason, at, PROVIDER);
    store.suppress_address(&key, address.channel(), &no).await?;
    Ok(FeedbackOutcome::Recorded)
}
