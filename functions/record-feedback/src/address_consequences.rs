//! Decides what a provider event or a worker's finding means for the address: a definite answer suppresses it
//! at once, on every channel; a failure that may pass is counted, and the fifth in a row suppresses
//! it. The state is kept with the address, for all customers who have it.

use channels::feedback::{AddressFinding, MessageEvent, MessageEventKind};
use domain::{
    customer::{
        address::Address,
        address_state::NewSuppression,
        profile::{Customer, SuppressionReason},
    },
    delivery::attempt_policy::last_delivery,
    kernel::channel::Channel,
};
use runtime::clock;
use store::{Store, StoreError, customer::profiles::CustomerLookup, voucher::records::VoucherKey};

use crate::handler::FeedbackOutcome;

/// The source of what a provider says.
const PROVIDER: &str = "provider";

/// The consequence of an event for the address to which the message went.
enum AddressConsequence {
    Nothing,
    Suppressed(SuppressionReason),
    /// The message did not arrive, for a reason that may pass.
    Failed,
}

/// Says what each kind of event means for the address, by channel: an unknown failure of an SMS or a
/// push may be the phone's, but a rejected e-mail is the sender's.
fn consequence(kind: MessageEventKind, channel: Channel) -> AddressConsequence {
    match (kind, channel) {
        (MessageEventKind::HardBounce, Channel::Email) => {
            AddressConsequence::Suppressed(SuppressionReason::Bounced)
        }
        (MessageEventKind::HardBounce, Channel::Sms | Channel::Push) => {
            AddressConsequence::Suppressed(SuppressionReason::Invalid)
        }
        (MessageEventKind::Complaint, _) => {
            AddressConsequence::Suppressed(SuppressionReason::Complained)
        }
        (MessageEventKind::OptedOut, _) => {
            AddressConsequence::Suppressed(SuppressionReason::OptedOut)
        }
        (MessageEventKind::SoftBounce, _)
        | (MessageEventKind::Rejected, Channel::Sms | Channel::Push) => AddressConsequence::Failed,
        (MessageEventKind::Rejected, Channel::Email)
        | (MessageEventKind::Delivered | MessageEventKind::Other, _) => AddressConsequence::Nothing,
    }
}

/// Records what an event about a voucher's message says of the address. Can be repeated.
pub(crate) async fn apply_event(
    store: &Store,
    event: &MessageEvent,
    key: &VoucherKey,
    channel: Channel,
) -> Result<(), StoreError> {
    let consequence = consequence(event.kind, channel);
    if matches!(consequence, AddressConsequence::Nothing) {
        return Ok(());
    }
    let customer = match store.customer(&key.customer).await? {
        CustomerLookup::Customer(customer) => Some(*customer),
        CustomerLookup::Erased | CustomerLookup::Unknown => None,
    };
    for address in event_addresses(event, customer.as_ref(), channel) {
        let address_key = store.address_key(&address).await?;
        match consequence {
            AddressConsequence::Nothing => {}
            AddressConsequence::Suppressed(reason) => {
                let no = NewSuppression::received(reason, event.at, PROVIDER);
                store.suppress_address(&address_key, channel, &no).await?;
            }
            AddressConsequence::Failed => {
                let vouchers = store.customer_vouchers(&key.customer).await?;
                let failed = vouchers.iter().find(|voucher| voucher.id == key.voucher);
                let attempt = failed.and_then(|voucher| voucher.attempts.get(&channel));
                if let Some(attempt) = attempt {
                    let last = last_delivery(&vouchers, channel);
                    let (voucher, now) = (&key.voucher, clock::now());
                    store
                        .record_address_failure(
                            &address_key,
                            channel,
                            voucher,
                            attempt.at,
                            last,
                            now,
                        )
                        .await?;
                }
            }
        }
    }
    Ok(())
}

/// Returns the addresses that an event is about: the one that it names, whoever has it now, or else
/// the customer's own. A push without a name of the device is about a device only if there is one.
fn event_addresses(
    event: &MessageEvent,
    customer: Option<&Customer>,
    channel: Channel,
) -> Vec<Address> {
    if let (Channel::Email, Some(email)) = (channel, &event.address) {
        return vec![Address::Email(email.clone())];
    }
    let Some(customer) = customer else {
        return Vec::new();
    };
    match (customer.address_on(channel), customer.push_endpoints.as_slice()) {
        (Some(address), _) => vec![address],
        (None, [device]) if channel == Channel::Push => vec![Address::Push(device.arn.clone())],
        (None, _) => Vec::new(),
    }
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
