//! Finds the message that an event or an SMS is about by its address and the provider's id of the
//! message, where neither tags nor a note of the id name the voucher. The providers whose events have
//! tags leave no note, and a note is kept for some days only.
//!
//! Guarantee: a message is found as long as its voucher is kept and its customer is among the first
//! twenty who have the address.

use domain::{customer::address::AddressKey, kernel::channel::Channel, voucher::record::Voucher};
use store::{
    Store, StoreError,
    voucher::records::{VoucherKey, VoucherMessage},
};

/// The most customers of one address among whom the one is looked for to whom a message was sent.
const MAX_ADDRESSEES: i32 = 20;

/// Returns the message on a channel with the provider's id, among the vouchers of those who have the
/// address.
pub(crate) async fn find_by_address(
    store: &Store,
    address: &AddressKey,
    channel: Channel,
    id: &str,
) -> Result<Option<(VoucherKey, VoucherMessage)>, StoreError> {
    for customer in store.address_holders(address, MAX_ADDRESSEES).await? {
        for voucher in store.customer_vouchers(&customer).await? {
            if let Some(message) = message_of(&voucher, channel, id) {
                return Ok(Some((VoucherKey::from(&voucher), message)));
            }
        }
    }
    Ok(None)
}

/// Returns the voucher's message on a channel that has the provider's id.
fn message_of(voucher: &Voucher, channel: Channel, id: &str) -> Option<VoucherMessage> {
    let has_id = |sent: Option<&String>| sent.is_some_and(|sent| sent == id);
    let offer = voucher.attempts.get(&channel);
    if offer.is_some_and(|offer| has_id(offer.provider_id.as_ref())) {
        return Some(VoucherMessage { channel, reminder: false });
    }
    let reminder = voucher.reminder.iter().find(|reminder| reminder.channel == channel);
    let is_reminder = reminder.is_some_and(|reminder| has_id(reminder.provider_id.as_ref()));
    is_reminder.then_some(VoucherMessage { channel, reminder: true })
}
