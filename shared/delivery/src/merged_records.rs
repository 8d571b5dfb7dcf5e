//! The other records of a customer whose records were merged: while their workers may still not
//! know of it, the keys under which the same occurrence may lie, and their vouchers.
//!
//! Reads Vouchers. Guarantees, with the condition that these keys are free: of two merged records
//! in one campaign one gets its offer, in whichever order and by however many workers they are
//! processed.

use domain::{
    Timestamp, customer::profile::Customer, kernel::id::CustomerId, voucher::record::Voucher,
};
use jiff::SignedDuration;
use store::{StoreError, voucher::records::VoucherKey};

use crate::job::DispatchJob;

/// Leases for which nothing is issued after a merge. A worker that read one of the records before
/// the merge ends with its lease, and does not look at the keys of the other.
const SETTLING_LEASES: i64 = 2;

/// Returns true if the customer has absorbed other records, or the id is one of these.
pub(crate) fn is_merged(customer: &Customer, id: &CustomerId) -> bool {
    customer.id != *id || !customer.merged.is_empty()
}

/// Returns the time until which the customer waits because their records were just merged.
pub(crate) fn settles_at(
    job: &DispatchJob<'_>,
    customer: Option<&Customer>,
    now: Timestamp,
) -> Option<Timestamp> {
    let settling = SignedDuration::from_secs(job.context.settings.lease_seconds * SETTLING_LEASES);
    let merged_at = customer?.last_merge()?;
    let until = merged_at.checked_add(settling).unwrap_or(Timestamp::MAX);
    (now < until).then_some(until)
}

/// Returns the keys of the dispatch's occurrence under the customer's other ids.
pub(crate) fn sibling_keys(
    job: &DispatchJob<'_>,
    customer: &Customer,
    id: &CustomerId,
) -> Vec<VoucherKey> {
    let others = customer.record_ids().into_iter().filter(|other| other != id);
    others.map(|other| job.voucher_key(&other)).collect()
}

/// Returns the vouchers under the customer's other ids; without any nothing is read.
pub(crate) async fn sibling_vouchers(
    job: &DispatchJob<'_>,
    customer: &Customer,
    id: &CustomerId,
) -> Result<Vec<Voucher>, StoreError> {
    let others: Vec<CustomerId> =
        customer.record_ids().into_iter().filter(|other| other != id).collect();
    job.context.store.vouchers_of(&others).await
}
