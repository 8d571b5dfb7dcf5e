//! Applies one provider event. A delivery event finds its voucher, stamps it, and suppresses the
//! contact if it says so. A reply such as STOP withdraws the consent. A push endpoint that no
//! longer exists is deleted, and a phone number that opted out is suppressed.

use channels::feedback::{
    AddressFinding, MessageEvent, MessageEventKind, MessageReference, ProviderEvent,
};
use domain::{
    customer::profile::{Consent, ConsentState, SuppressionReason},
    delivery::{attempt_policy::soft_bounced_too_often, dispatch::Dispatch, eligibility},
    kernel::channel::Channel,
};
use runtime::{HandlerOutcome, clock};
use store::{
    Store, StoreError,
    conditional::Applied,
    customer::profiles::CustomerLookup,
    voucher::records::{FeedbackType, VoucherKey, VoucherMessage},
};

/// Receives after which an unknown message id is taken to be foreign. Before that, the event may
/// have overtaken the write that stores the message id.
const MAX_UNKNOWN_RECEIVES: u32 = 3;

/// The source recorded for a consent that was withdrawn by a reply.
const REPLY_SOURCE: &str = "sms_reply";

pub async fn record_event(store: &Store, event: &ProviderEvent, receives: u32) -> HandlerOutcome {
    let recorded = match event {
        ProviderEvent::Event(event) => apply_event(store, event).await,
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

enum FeedbackOutcome {
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
    let suppression = match event.kind {
        MessageEventKind::HardBounce => Some(SuppressionReason::Bounced),
        MessageEventKind::Complaint => Some(SuppressionReason::Complained),
        MessageEventKind::OptedOut => Some(SuppressionReason::OptedOut),
        MessageEventKind::SoftBounce => {
            let vouchers = store.customer_vouchers(&key.customer).await?;
            soft_bounced_too_often(&vouchers, channel).then_some(SuppressionReason::Bounced)
        }
        MessageEventKind::Delivered | MessageEventKind::Rejected | MessageEventKind::Other => None,
    };
    // also on a repeated event: the first one may have failed between the two writes
    if let Some(reason) = suppression {
        let address = event.address.as_ref().map(|address| address.expose());
        store.suppress_channel(&key.customer, channel, reason, event.at, address).await?;
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
