//! The vouchers that a customer had, as an audience rule asks for them.

use crate::{campaign::audience::PastVoucher, voucher::record::Voucher};

/// Returns the vouchers among a customer's records. Held-out customers, skips and failures had
/// none.
pub fn past_vouchers(records: &[Voucher]) -> Vec<PastVoucher> {
    records
        .iter()
        .filter(|record| record.status.is_voucher())
        .map(|record| PastVoucher {
            campaign: record.campaign.clone(),
            issued_at: record.issued_at,
            accepted_at: record.stages.accepted_at,
            redeemed_at: record.stages.redeemed_at,
        })
        .collect()
}
