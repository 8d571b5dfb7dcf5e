//! Applies one provider event. A delivery event finds its voucher and stamps it; what it says of the
//! address is recorded by `address_consequences`. An SMS from a phone is read by `inbound`.

use channels::feedback::{MessageEvent, MessageEventKind, MessageReference, ProviderEvent};
use domain::{
    delivery::{dispatch::Dispatch, eligibility},
    kernel::channel::Channel,
};
use runtime::{HandlerOutcome, clock};
use store::{
    Store, StoreError,
    conditional::Applied,
    customer::profiles::CustomerLookup,
    voucher::records::{FeedbackType, VoucherKey, VoucherMessage},
};

use crate::{address_consequences, inbound};

/// Receives after which an unknown message id is taken to be foreign. Before that, the event may
/// have overtaken the write that stores the message id.
const MAX_UNKNOWN_RECEIVES: u32 = 3;

pub async fn record_event(store: &Store, event: &ProviderEvent, receives: u32) -> HandlerOutcome {
    let recorded = match event {
        ProviderEvent::Event(event) => apply_event(store, event).await,
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
            HandlerOutcome::Done
        }
        Err(error) => HandlerOutcome::retry(error.to_string()),
    }
}

pub(crate) enum FeedbackOutcome {
    Recorded,
    /// The event is known already, or says nothing that is stored.
    Ignored,
    /// No voucher is known for the event.
    Unknown,
}

async fn apply_event(store: &Store, event: &MessageEvent) -> Result<FeedbackOutcome, StoreError> {
    let feedback = match event.kind {
        MessageEventKind::Delivered => FeedbackType::Delivered,
        MessageEventKind::HardBounce | MessageEventKind::SoftBounce => FeedbackType::Bounced,
        MessageEventKind::Complaint => FeedbackType::Complained,
        MessageEventKind::Rejected | MessageEventKind::OptedOut => FeedbackType::Failed,
        MessageEventKind::Other => return Ok(FeedbackOutcome::Ignored),
    };
    // a test send: there is no voucher to stamp and no customer to suppress
    if event.about == MessageReference::TestSend {
        return Ok(FeedbackOutcome::Ignored);
    }
    let Some((key, VoucherMessage { channel, reminder })) = find_voucher(store, event).await?
    else {
        return Ok(FeedbackOutcome::Unknown);
    };
    let step = if reminder {
        store.record_reminder_feedback(&key, channel, feedback).await?
    } else if let Some(next) = next_channel_dispatch(store, &key, event, channel).await? {
        store.record_feedback_with_fallback(&key, channel, feedback, event.at, &next).await?
    } else {
        store.record_feedback(&key, channel, feedback, event.at).await?
    };
    // also on a repeated event: the first one may have failed between the two writes
    address_consequences::apply_event(store, event, &key, channel).await?;
    if let FeedbackType::Bounced | FeedbackType::Failed = feedback {
        mark_if_all_dead(store, &key, event.kind).await?;
    }
    Ok(match step {
        Applied::Yes => FeedbackOutcome::Recorded,
        Applied::Conflict => FeedbackOutcome::Ignored,
    })
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
    match event.kind {
        MessageEventKind::HardBounce | MessageEventKind::Rejected | MessageEventKind::OptedOut => {}
        MessageEventKind::SoftBounce
        | MessageEventKind::Delivered
        | MessageEventKind::Complaint
        | MessageEventKind::Other => return Ok(None),
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
    let CustomerLookup::Customer(customer) = store.customer(&key.customer).await? else {
        return Ok(None);
    };
    let next = eligibility::next_channel(&definition, &customer, failed);
    Ok(next.map(|channel| Dispatch::after_bounce(&voucher, channel, now)))
}

/// Marks the voucher as undeliverable if the event was about the last channel of mode `all` that
/// could reach the customer.
async fn mark_if_all_dead(
    store: &Store,
    key: &VoucherKey,
    kind: MessageEventKind,
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
    let CustomerLookup::Customer(customer) = store.customer(&key.customer).await? else {
        return Ok(());
    };
    if let Some(failed) = eligibility::all_channels_dead(&definition, &customer, &voucher) {
        let reason = match kind {
            MessageEventKind::HardBounce | MessageEventKind::SoftBounce => "bounced",
            MessageEventKind::OptedOut => "provider_opted_out",
            MessageEventKind::Delivered
            | MessageEventKind::Complaint
            | MessageEventKind::Rejected
            | MessageEventKind::Other => "rejected",
        };
        store.mark_undeliverable(key, &failed, reason).await?;
    }
    Ok(())
}

async fn find_voucher(
    store: &Store,
    event: &MessageEvent,
) -> Result<Option<(VoucherKey, VoucherMessage)>, StoreError> {
    match &event.about {
        MessageReference::Voucher { customer, voucher } => {
            let key = VoucherKey { customer: customer.clone(), voucher: voucher.clone() };
            Ok(Some((key, VoucherMessage { channel: event.channel, reminder: event.reminder })))
        }
        MessageReference::Message(id) => store.find_message(id).await,
        MessageReference::TestSend => Ok(None),
    }
}
