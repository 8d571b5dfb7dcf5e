//! One piece of news: an event finds its voucher, stamps it, and suppresses the address if it says so; a reply withdraws a consent; a
//! device that is gone is forgotten, a number that opted out is suppressed.

use channels::feedback::{About, Event, Kind, Learnt, News};
use domain::{
    channel::Channel,
    customer::{Consent, ConsentState, SuppressionReason},
    decision,
    delivery::soft_bounced_too_often,
    dispatch::Dispatch,
};
use runtime::{Handled, clock};
use store::{
    Store, StoreError,
    customers::Found,
    vouchers::{Feedback, Message, Step, VoucherKey},
};

/// An event can overtake the note of its message id; after so many receives the id is taken to be none of ours.
const PATIENCE: u32 = 3;

/// Where a consent was withdrawn, if it was by a reply.
const REPLY: &str = "sms_reply";

pub async fn record(store: &Store, news: &News, receives: u32) -> Handled {
    let recorded = match news {
        News::Event(event) => stamp(store, event).await,
        News::Reply { to, stop } => heed(store, to.as_deref(), *stop).await,
        News::Learnt(learnt) => keep(store, learnt).await,
    };
    match recorded {
        Ok(Stamped::Recorded | Stamped::Nothing) => Handled::Done,
        Ok(Stamped::Unknown) if receives < PATIENCE => Handled::retry("no voucher of this message yet"),
        Ok(Stamped::Unknown) => {
            tracing::info!("news about no message of ours");
            Handled::Done
        }
        Err(error) => Handled::retry(error.to_string()),
    }
}

/// Whoever answers with one of the words gets no further SMS. What else they say is for people to read, not for us.
async fn heed(store: &Store, to: Option<&str>, stop: bool) -> Result<Stamped, StoreError> {
    if !stop {
        return Ok(Stamped::Nothing);
    }
    let Some(to) = to else { return Ok(Stamped::Unknown) };
    let Some((key, message)) = store.message(to).await? else { return Ok(Stamped::Unknown) };
    let consent = Consent { state: ConsentState::Denied, source: REPLY.to_owned(), at: clock::now() };
    store.set_consent(&key.customer, message.channel, &consent).await?;
    Ok(Stamped::Recorded)
}

async fn keep(store: &Store, learnt: &Learnt) -> Result<Stamped, StoreError> {
    match learnt {
        Learnt::DeadEndpoint { customer, arn } => {
            store.forget_endpoint(customer, arn).await?;
        }
        Learnt::OptedOut { customer, at } => {
            store.suppress(customer, Channel::Sms, SuppressionReason::OptedOut, *at, None).await?;
        }
    }
    Ok(Stamped::Recorded)
}

enum Stamped {
    Recorded,
    /// Known already, or says nothing that is kept.
    Nothing,
    /// No voucher is known for it.
    Unknown,
}

async fn stamp(store: &Store, event: &Event) -> Result<Stamped, StoreError> {
    let what = match event.kind {
        Kind::Delivered => Feedback::Delivered,
        Kind::HardBounce | Kind::SoftBounce => Feedback::Bounced,
        Kind::Complaint => Feedback::Complained,
        Kind::Rejected | Kind::OptedOut => Feedback::Failed,
        Kind::Other => return Ok(Stamped::Nothing),
    };
    // said of somebody on the tenant's list: no voucher to stamp, no customer to suppress
    if event.about == About::Sample {
        return Ok(Stamped::Nothing);
    }
    let Some((key, Message { channel, reminder })) = find(store, event).await? else { return Ok(Stamped::Unknown) };
    let step = if reminder {
        store.record_reminder_feedback(&key, channel, what).await?
    } else if let Some(next) = next_rung(store, &key, event, channel).await? {
        store.record_feedback_and_plan(&key, channel, what, event.at, &next).await?
    } else {
        store.record_feedback(&key, channel, what, event.at).await?
    };
    let suppression = match event.kind {
        Kind::HardBounce => Some(SuppressionReason::Bounced),
        Kind::Complaint => Some(SuppressionReason::Complained),
        Kind::OptedOut => Some(SuppressionReason::OptedOut),
        Kind::SoftBounce => {
            let vouchers = store.vouchers_of(&key.customer).await?;
            soft_bounced_too_often(&vouchers, channel).then_some(SuppressionReason::Bounced)
        }
        Kind::Delivered | Kind::Rejected | Kind::Other => None,
    };
    // also on a repeat: the first time may have ended between the two writes
    if let Some(reason) = suppression {
        let address = event.address.as_ref().map(|address| address.expose());
        store.suppress(&key.customer, channel, reason, event.at, address).await?;
    }
    Ok(match step {
        Step::Taken => Stamped::Recorded,
        Step::Overtaken => Stamped::Nothing,
    })
}

/// Where to go on after a message that cannot be delivered at all, if the campaign asks for it. That the voucher is still open, and the
/// channel too, is asked again by its worker.
async fn next_rung(
    store: &Store,
    key: &VoucherKey,
    event: &Event,
    failed: Channel,
) -> Result<Option<Dispatch>, StoreError> {
    match event.kind {
        Kind::HardBounce | Kind::Rejected | Kind::OptedOut => {}
        Kind::SoftBounce | Kind::Delivered | Kind::Complaint | Kind::Other => return Ok(None),
    }
    let Some(voucher) = store.voucher(key).await? else { return Ok(None) };
    let Some(standing) = store.campaign_state(&voucher.campaign).await? else { return Ok(None) };
    let Some(definition) = store.definition(&voucher.campaign, standing.definition).await? else { return Ok(None) };
    let now = clock::now();
    if !definition.channels.after_bounce || !voucher.wants_messages(standing.revoke, now) {
        return Ok(None);
    }
    let Found::Customer(customer) = store.customer(&key.customer).await? else { return Ok(None) };
    let next = decision::next_rung(&definition, &customer, failed);
    Ok(next.map(|channel| Dispatch::after_bounce(&voucher, channel, now)))
}

async fn find(store: &Store, event: &Event) -> Result<Option<(VoucherKey, Message)>, StoreError> {
    match &event.about {
        About::Voucher { customer, voucher } => {
            let key = VoucherKey { customer: customer.clone(), voucher: voucher.clone() };
            Ok(Some((key, Message { channel: event.channel, reminder: event.reminder })))
        }
        About::Message(id) => store.message(id).await,
        About::Sample => Ok(None),
    }
}
