//! Asks the frequency cap before a message about an existing voucher: a further channel, a
//! fallback, a repeat or a reminder. The first message is asked when its voucher is issued.
//!
//! Reads the customer's number of offers and then their records, and only if the tenant has the
//! cap. Guarantees with the claim, which requires that the number is still the same: of two
//! messages that are decided at the same time, the second counts the first.

use domain::{
    customer::profile::Customer, delivery::eligibility::is_capped, kernel::id::Occurrence,
    voucher::record::Voucher,
};
use store::{StoreError, voucher::offers::SeenOffers};

use crate::{job::DispatchJob, merged_records};

pub(crate) enum MessageCapCheck {
    /// The cap leaves no room for the message.
    Reached,
    /// The claim of the message has to hold this number, if there is one.
    Allowed(Option<SeenOffers>),
}

/// Checks the frequency cap for one more message about `voucher` to `recipient`, whose messages
/// under other ids count too. The cap on open offers is not
/// asked: a message opens no offer.
pub(crate) async fn check(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    recipient: Option<&Customer>,
) -> Result<MessageCapCheck, StoreError> {
    if job.policy.frequency_cap.is_none() {
        return Ok(MessageCapCheck::Allowed(None));
    }
    let (store, customer) = (&job.context.store, &voucher.customer);
    let now = runtime::clock::now();
    // The number is read before the records: a message claimed between the two reads then makes the
    // claim fail.
    let seen = store.offer_count(customer).await?;
    if is_capped(&job.campaign.definition, &voucher.occurrence) {
        let mut records = store.customer_vouchers(customer).await?;
        if let Some(recipient) = recipient {
            records.extend(merged_records::sibling_vouchers(job, recipient, customer).await?);
        }
        if job.policy.frequency_cap_reached(&records, now) {
            return Ok(MessageCapCheck::Reached);
        }
    }
    Ok(MessageCapCheck::Allowed(Some(SeenOffers {
        seen,
        counts_until: job.policy.counts_until(now),
    })))
}

/// Returns how many more messages of this campaign the frequency cap allows a customer with these
/// records now.
pub(crate) fn room_for(job: &DispatchJob<'_>, occurrence: &Occurrence, records: &[Voucher]) -> u32 {
    if is_capped(&job.campaign.definition, occurrence) {
        job.policy.message_room(records, runtime::clock::now())
    } else {
        u32::MAX
    }
}
