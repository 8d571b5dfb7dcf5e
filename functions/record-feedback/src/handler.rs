//! Applies one provider event. A delivery event finds its voucher and stamps it; what it says of
//! the address is recorded by `address_consequences`. An SMS from a phone is read by `inbound`.
//!
//! The meaning of an event is decided in `domain::delivery::feedback`.
//!
//! Guarantee: a no and a dead end hold for the address that the event names, even if nobody knows
//! the message.

use channels::feedback::{
    EventAddress, EventPerson, ListChoice, MessageEvent, MessageReference, ProviderEvent,
};
use domain::{
    customer::profile::{Consent, ConsentState, Customer, ReachQuery},
    delivery::{dispatch::Dispatch, eligibility, feedback::FeedbackType},
    kernel::channel::Channel,
    voucher::attempt::AttemptState,
};
use runtime::{HandlerOutcome, clock};
use store::{
    Store, StoreError,
    conditional::Applied,
    customer::profiles::CustomerLookup,
    voucher::records::{VoucherKey, VoucherMessage},
};

use crate::{address_consequences, addressee::find_by_address, inbound};

/// Receives after which an unknown message id is taken to be foreign. Before that, the event may
/// have overtaken the write that stores the message id.
const MAX_UNKNOWN_RECEIVES: u32 = 3;

/// The source recorded for a choice made on the provider's page of a contact list.
pub(crate) const LIST_SOURCE: &str = "ses_contact_list";

/// Applies an event. An event about a message that is not known is tried again, since it may have
/// come before its message id; in the end it holds for the address that it names, and for no
/// voucher.
pub async fn record_event(store: &Store, event: &ProviderEvent, receives: u32) -> HandlerOutcome {
    let recorded = match event {
        ProviderEvent::Event(event) => apply_event(store, event).await,
        ProviderEvent::ListChoice(choice) => apply_list_choice(store, choice).await,
        ProviderEvent::Inbound(sms) => inbound::apply_inbound(store, sms).await,
        ProviderEvent::Finding(learnt) => address_consequences::apply_finding(store, learnt).await,
    };
    match recorded {
        Ok(FeedbackOutcome::Recorded | FeedbackOutcome::Ignored) => HandlerOutcome::Done,
        Ok(FeedbackOutcome::Unknown) if receives < MAX_UNKNOWN_RECEIVES => {
            HandlerOutcome::retry("no voucher of this message yet")
        }
        Ok(FeedbackOutcome::Unknown) => {
            tracing::info!("provider event for an unknown message");
            match apply_without_voucher(store, event).await {
                Ok(()) => HandlerOutcome::Done,
                Err(error) => HandlerOutcome::retry(error.to_string()),
            }
        }
        Err(error) => HandlerOutcome::retry(error.to_string()),
    }
}

/// Records what an event says of the address that it names, where there is no voucher to stamp: its
/// message is not known, or was a test send.
async fn apply_without_voucher(store: &Store, event: &ProviderEvent) -> Result<(), StoreError> {
    match event {
        ProviderEvent::Event(event) => address_consequences::apply_to_named(store, event).await,
        ProviderEvent::ListChoice(choice) => {
            address_consequences::apply_choice_to_named(store, choice).await
        }
        // they name no message of ours, or are applied without one
        ProviderEvent::Inbound(_) | ProviderEvent::Finding(_) => Ok(()),
    }
}

/// Records a choice that the customer made with the provider. Leaving holds for the mailbox too,
/// and coming back takes back an opt-out and nothing else. Coming back lifts an earlier denial and
/// makes no consent where there was none.
async fn apply_list_choice(
    store: &Store,
    choice: &ListChoice,
) -> Result<FeedbackOutcome, StoreError> {
    if choice.person.about == MessageReference::TestSend {
        address_consequences::apply_choice_to_named(store, choice).await?;
        return Ok(FeedbackOutcome::Recorded);
    }
    let Some((key, message)) = find_voucher(store, &choice.person, Channel::Email, false).await?
    else {
        return Ok(FeedbackOutcome::Unknown);
    };
    address_consequences::apply_list_choice(store, choice, &key, message.channel).await?;
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
    let now = clock::now();
    if choice.granted {
        store.take_back_denial(&key.customer, message.channel, &consent, now).await?;
    } else {
        store.set_consent(&key.customer, message.channel, &consent, now).await?;
    }
    Ok(FeedbackOutcome::Recorded)
}

pub(crate) enum FeedbackOutcome {
    Recorded,
    /// The event is known already, or says nothing that is stored.
    Ignored,
    /// No voucher is known for the event.
    Unknown,
}

async fn apply_event(store: &Store, event: &MessageEvent) -> Result<FeedbackOutcome, StoreError> {
    // a test send has no voucher to stamp; its reader's no holds for the address all the same
    if event.person.about == MessageReference::TestSend {
        address_consequences::apply_to_named(store, event).await?;
        return Ok(FeedbackOutcome::Recorded);
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
    address_consequences::apply_event(store, event, &key, message.channel).await?;
    if let AttemptState::Bounced | AttemptState::Failed = event.what.state() {
        mark_if_all_dead(store, &key, event.what).await?;
    }
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

pub(crate) async fn load_customer(
    store: &Store,
    key: &VoucherKey,
) -> Result<Option<Box<Customer>>, StoreError> {
    Ok(match store.customer(&key.customer).await? {
        CustomerLookup::Customer(customer) => Some(customer),
        CustomerLookup::Erased | CustomerLookup::Unknown => None,
    })
}

/// Returns true if the event's address is one that the customer has, however it is written, or if
/// the event names none.
fn is_named(customer: &Customer, person: &EventPerson) -> bool {
    match address_consequences::named_address(&person.address) {
        Some(named) => customer.addresses().iter().any(|it| it.is_same_address(&named)),
        None => person.address == EventAddress::Unnamed,
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
    let definition = definition.for_variant(voucher.variant.as_ref());
    let now = clock::now();
    // The next channel may have been planned while the fate of this message was unknown.
    let planned = voucher.attempts.get(&failed).is_some_and(|it| it.fallback_at.is_some());
    if planned || !definition.channels.after_bounce || !voucher.allows_messages(summary.revoke, now)
    {
        return Ok(None);
    }
    let Some(customer) = load_customer(store, key).await? else {
        return Ok(None);
    };
    let topic = store.topic_question(&definition).await?;
    let query = ReachQuery { topic: topic.as_ref(), now };
    let next = eligibility::next_channel(&definition, &customer, &query, &voucher, failed);
    Ok(next.map(|channel| Dispatch::after_bounce(&voucher, channel, now)))
}

/// Marks the voucher as undeliverable if the event was about the last channel of mode `all` that
/// could reach the customer.
async fn mark_if_all_dead(
    store: &Store,
    key: &VoucherKey,
    what: FeedbackType,
) -> Result<(), StoreError> {
    let Some(voucher) = store.voucher(key).await? else {
        return Ok(());
    };
    let Some(summary) = store.campaign_summary(&voucher.campaign).await? else {
        return Ok(());
    };
    let Some(definition) = store.definition(&voucher.campaign, summary.definition).await? else {
        return Ok(());
    };
    let definition = definition.for_variant(voucher.variant.as_ref());
    let CustomerLookup::Customer(customer) = store.customer(&key.customer).await? else {
        return Ok(());
    };
    let topic = store.topic_question(&definition).await?;
    let query = ReachQuery { topic: topic.as_ref(), now: clock::now() };
    if let Some(failed) = eligibility::all_channels_dead(&definition, &customer, &query, &voucher) {
        let reason = what.reason().unwrap_or_default();
        store.mark_undeliverable(key, &failed, reason).await?;
    }
    Ok(())
}

/// Returns the voucher's message that an event is about. An event that has lost its tags, or whose
/// note of the message id is gone, still names the address: the vouchers of who has it are looked
/// through.
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
        MessageReference::Message(id) => {
            if let Some(found) = store.find_message(id).await? {
                return Ok(Some(found));
            }
            let Some(named) = address_consequences::named_address(&person.address) else {
                return Ok(None);
            };
            find_by_address(store, &store.address_key(&named).await?, channel, id).await
        }
        MessageReference::TestSend => Ok(None),
    }
}
