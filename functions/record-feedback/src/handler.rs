//! Applies one provider event. A delivery event finds its voucher, stamps it, and marks the address
//! if it says so. A reply such as STOP withdraws the consent. A push endpoint that no longer exists
//! is deleted, and a phone number that opted out is suppressed.
//!
//! What an event means is decided in `domain::delivery::feedback`. Only the customer whom the event
//! names is touched: one who has another address by now is not marked.

use channels::feedback::{
    AddressFinding, EventAddress, EventPerson, ListChoice, MessageEvent, MessageReference,
    ProviderEvent,
};
use domain::{
    customer::profile::{Consent, ConsentState, Customer, SuppressionReason},
    delivery::{
        attempt_policy::soft_bounced_too_often,
        dispatch::Dispatch,
        eligibility,
        feedback::{AddressEffect, replaces_suppression},
    },
    kernel::channel::Channel,
};
use runtime::{HandlerOutcome, clock};
use store::{
    Store, StoreError,
    conditional::Applied,
    customer::profiles::CustomerLookup,
    voucher::records::{VoucherKey, VoucherMessage},
};

/// Receives after which an unknown message id is taken to be foreign. Before that, the event may
/// have overtaken the write that stores the message id.
const MAX_UNKNOWN_RECEIVES: u32 = 3;

/// The source recorded for a consent that was withdrawn by a reply.
const REPLY_SOURCE: &str = "sms_reply";
/// The source recorded for a choice made on the provider's page of a contact list.
const LIST_SOURCE: &str = "ses_contact_list";

/// Applies an event. An event about a message that is not known is tried again, since it may have
/// come before its message id, and in the end only logged.
pub async fn record_event(store: &Store, event: &ProviderEvent, receives: u32) -> HandlerOutcome {
    let recorded = match event {
        ProviderEvent::Event(event) => apply_event(store, event).await,
        ProviderEvent::ListChoice(choice) => apply_list_choice(store, choice).await,
        ProviderEvent::Reply { to, stop } => apply_opt_out(store, to.as_deref(), *stop).await,
        ProviderEvent::Finding(learnt) => apply_finding(store, learnt).await,
    };
    match recorded {
        Ok(FeedbackOutcome::Recorded | FeedbackOutcome::Ignored) => HandlerOutcome::Done,
        Ok(FeedbackOutcome::Unknown) if receives < MAX_UNKNOWN_RECEIVES => {
            HandlerOutcome::retry("no voucher of this message yet")
        }
        Ok(FeedbackOutcome::Unknown) => {
            tracing::info!("provider event for an unknown message");
            HandlerOutcome::Done
        }
        Err(error) => HandlerOutcome::retry(error.to_string()),
    }
}

/// Denies consent for SMS to a customer who answers with one of the opt-out words. Any other reply
/// is ignored.
async fn apply_opt_out(
    store: &Store,
    to: Option<&str>,
    stop: bool,
) -> Result<FeedbackOutcome, StoreError> {
    if !stop {
        return Ok(FeedbackOutcome::Ignored);
    }
    let Some(to) = to else {
        return Ok(FeedbackOutcome::Unknown);
    };
    let Some((key, message)) = store.find_message(to).await? else {
        return Ok(FeedbackOutcome::Unknown);
    };
    let consent =
        Consent { state: ConsentState::Denied, source: REPLY_SOURCE.to_owned(), at: clock::now() };
    store.set_consent(&key.customer, message.channel, &consent).await?;
    Ok(FeedbackOutcome::Recorded)
}

async fn apply_finding(
    store: &Store,
    finding: &AddressFinding,
) -> Result<FeedbackOutcome, StoreError> {
    match finding {
        AddressFinding::DeadEndpoint { customer, arn } => {
            store.remove_endpoint_by_arn(customer, arn).await?;
        }
        AddressFinding::OptedOut { customer, at } => {
            store
                .suppress_channel(customer, Channel::Sms, SuppressionReason::OptedOut, *at, None)
                .await?;
        }
    }
    Ok(FeedbackOutcome::Recorded)
}

/// Records a choice that the customer made with the provider. Coming back lifts an earlier denial
/// and makes no consent where there was none.
async fn apply_list_choice(
    store: &Store,
    choice: &ListChoice,
) -> Result<FeedbackOutcome, StoreError> {
    if choice.person.about == MessageReference::TestSend {
        return Ok(FeedbackOutcome::Ignored);
    }
    let Some((key, message)) = find_voucher(store, &choice.person, Channel::Email, false).await?
    else {
        return Ok(FeedbackOutcome::Unknown);
    };
    let Some(customer) = load_customer(store, &key).await? else {
        return Ok(FeedbackOutcome::Ignored);
    };
    let known = customer.consents.get(&message.channel).map(|consent| consent.state);
    if !is_named(&customer, &choice.person)
        || (choice.granted && known != Some(ConsentState::Denied))
    {
        return Ok(FeedbackOutcome::Ignored);
    }
    let state = if choice.granted { ConsentState::Granted } else { ConsentState::Denied };
    let consent = Consent { state, source: LIST_SOURCE.to_owned(), at: choice.at };
    store.set_consent(&key.customer, message.channel, &consent).await?;
    Ok(FeedbackOutcome::Recorded)
}

enum FeedbackOutcome {
    Recorded,
    /// The event is known already, or says nothing that is stored.
    Ignored,
    /// No voucher is known for the event.
    Unknown,
}

async fn apply_event(store: &Store, event: &MessageEvent) -> Result<FeedbackOutcome, StoreError> {
    // a test send: there is no voucher to stamp and no customer to suppress
    if event.person.about == MessageReference::TestSend {
        return Ok(FeedbackOutcome::Ignored);
    }
    let found = find_voucher(store, &event.person, event.channel, event.reminder).await?;
    let Some((key, message)) = found else {
        return Ok(FeedbackOutcome::Unknown);
    };
    // of a message to several people, the event is the customer's only if the address is
    if !event.person.sole
        && load_customer(store, &key).await?.is_none_or(|it| !is_named(&it, &event.person))
    {
        return Ok(FeedbackOutcome::Ignored);
    }
    let step = stamp_voucher(store, &key, &message, event).await?;
    // also on a repeated event: the first one may have failed between the two writes
    mark_address(store, &key, message.channel, event).await?;
    Ok(match step {
        Applied::Yes => FeedbackOutcome::Recorded,
        Applied::Conflict => FeedbackOutcome::Ignored,
    })
}

async fn stamp_voucher(
    store: &Store,
    key: &VoucherKey,
    message: &VoucherMessage,
    event: &MessageEvent,
) -> Result<Applied, StoreError> {
    let channel = message.channel;
    if message.reminder {
        return store.record_reminder_feedback(key, channel, event.what).await;
    }
    match next_channel_dispatch(store, key, event, channel).await? {
        Some(next) => {
            store.record_feedback_with_fallback(key, channel, event.what, event.at, &next).await
        }
        None => store.record_feedback(key, channel, event.what, event.at).await,
    }
}

/// Applies what the event means for the address that it names.
async fn mark_address(
    store: &Store,
    key: &VoucherKey,
    channel: Channel,
    event: &MessageEvent,
) -> Result<(), StoreError> {
    let effect = event.what.address_effect();
    let reason = match effect {
        AddressEffect::Nothing => return Ok(()),
        AddressEffect::ForgetEndpoint => {
            if let EventAddress::Endpoint(arn) = &event.person.address {
                store.remove_endpoint_by_arn(&key.customer, arn).await?;
            }
            return Ok(());
        }
        AddressEffect::CountSoftBounce => {
            let vouchers = store.customer_vouchers(&key.customer).await?;
            if !soft_bounced_too_often(&vouchers, channel) {
                return Ok(());
            }
            SuppressionReason::Bounced
        }
        AddressEffect::Suppress(reason) | AddressEffect::AdoptSuppression(reason) => reason,
    };
    // a bounce says nothing about an address that it does not name, and a no is never lost
    if event.person.address == EventAddress::Masked && reason == SuppressionReason::Bounced {
        return Ok(());
    }
    let Some(customer) = load_customer(store, key).await? else {
        return Ok(());
    };
    let known = customer.suppressions.get(&channel).map(|suppression| suppression.reason);
    let adopted = matches!(effect, AddressEffect::AdoptSuppression(_));
    if known.is_some_and(|known| adopted || !replaces_suppression(known, reason)) {
        return Ok(());
    }
    let address = event.person.address.expose();
    store.suppress_channel(&key.customer, channel, reason, event.at, address).await?;
    Ok(())
}

async fn load_customer(
    store: &Store,
    key: &VoucherKey,
) -> Result<Option<Box<Customer>>, StoreError> {
    Ok(match store.customer(&key.customer).await? {
        CustomerLookup::Customer(customer) => Some(customer),
        CustomerLookup::Erased | CustomerLookup::Unknown => None,
    })
}

/// Returns true if the event's address is the customer's present one, or if it names none.
fn is_named(customer: &Customer, person: &EventPerson) -> bool {
    let contacts = &customer.contacts;
    match &person.address {
        EventAddress::Unnamed => true,
        EventAddress::Masked => false,
        EventAddress::Email(address) => contacts
            .email
            .as_ref()
            .is_some_and(|email| email.expose().eq_ignore_ascii_case(address.expose())),
        EventAddress::Phone(number) => contacts.phone.as_ref() == Some(number),
        EventAddress::Endpoint(arn) => customer.push_endpoints.iter().any(|it| it.arn == *arn),
    }
}

/// Returns the dispatch for the next channel of the ladder after a message that cannot be delivered
/// at all, if the campaign asks for one. The worker of that dispatch checks again that the voucher
/// is open and the customer can be reached.
async fn next_channel_dispatch(
    store: &Store,
    key: &VoucherKey,
    event: &MessageEvent,
    failed: Channel,
) -> Result<Option<Dispatch>, StoreError> {
    if !event.what.ends_channel() {
        return Ok(None);
    }
    let Some(voucher) = store.voucher(key).await? else {
        return Ok(None);
    };
    let Some(summary) = store.campaign_summary(&voucher.campaign).await? else {
        return Ok(None);
    };
    let Some(definition) = store.definition(&voucher.campaign, summary.definition).await? else {
        return Ok(None);
    };
    let now = clock::now();
    if !definition.channels.after_bounce || !voucher.allows_messages(summary.revoke, now) {
        return Ok(None);
    }
    let Some(customer) = load_customer(store, key).await? else {
        return Ok(None);
    };
    let next = eligibility::next_channel(&definition, &customer, failed);
    Ok(next.map(|channel| Dispatch::after_bounce(&voucher, channel, now)))
}

async fn find_voucher(
    store: &Store,
    person: &EventPerson,
    channel: Channel,
    reminder: bool,
) -> Result<Option<(VoucherKey, VoucherMessage)>, StoreError> {
    match &person.about {
        MessageReference::Voucher { customer, voucher } => {
            let key = VoucherKey { customer: customer.clone(), voucher: voucher.clone() };
            Ok(Some((key, VoucherMessage { channel, reminder })))
        }
        MessageReference::Message(id) => store.find_message(id).await,
        MessageReference::TestSend => Ok(None),
    }
}
