//! One provider event: find its voucher, stamp it, suppress the address if it says so.

use channels::feedback::{About, Event, Kind};
use domain::{channel::Channel, customer::SuppressionReason};
use runtime::Handled;
use store::{
    Store, StoreError,
    vouchers::{Feedback, Step, VoucherKey},
};

/// An event can overtake the note of its message id; after so many receives the id is taken to be none of ours.
const PATIENCE: u32 = 3;

pub async fn record(store: &Store, event: &Event, receives: u32) -> Handled {
    match stamp(store, event).await {
        Ok(Stamped::Recorded | Stamped::Nothing) => Handled::Done,
        Ok(Stamped::Unknown) if receives < PATIENCE => Handled::retry("no voucher of this message yet"),
        Ok(Stamped::Unknown) => {
            tracing::info!(channel = %event.channel, "an event about no message of ours");
            Handled::Done
        }
        Err(error) => Handled::retry(error.to_string()),
    }
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
        Kind::Rejected => Feedback::Failed,
        Kind::Other => return Ok(Stamped::Nothing),
    };
    let Some((key, channel)) = find(store, event).await? else { return Ok(Stamped::Unknown) };
    let step = store.record_feedback(&key, channel, what, event.at).await?;
    let suppression = match event.kind {
        Kind::HardBounce => Some(SuppressionReason::Bounced),
        Kind::Complaint => Some(SuppressionReason::Complained),
        Kind::Delivered | Kind::SoftBounce | Kind::Rejected | Kind::Other => None,
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

async fn find(store: &Store, event: &Event) -> Result<Option<(VoucherKey, Channel)>, StoreError> {
    match &event.about {
        About::Voucher { customer, voucher } => {
            let key = VoucherKey { customer: customer.clone(), voucher: voucher.clone() };
            Ok(Some((key, event.channel)))
        }
        About::Message(id) => store.message(id).await,
    }
}
