//! Answers one uniform refusal whatever the reason: an unknown, another customer's, expired and
//! redeemed voucher look alike, so nothing can be guessed. The reason is stored with the voucher
//! and logged, for diagnostics.

use domain::{Timestamp, voucher::record::VoucherRefusal};
use http_edge::Problem;
use store::voucher::records::VoucherKey;

use crate::VouchersContext;

pub(crate) fn voucher_refused() -> Problem {
    Problem::conflict("voucher_refused", "this voucher cannot be used for this")
}

/// Records the reason and returns the uniform refusal. A failure to record it does not change the
/// answer.
pub(crate) async fn record_refusal(
    context: &VouchersContext,
    key: &VoucherKey,
    action: &'static str,
    why: VoucherRefusal,
    now: Timestamp,
) -> Problem {
    tracing::info!(action, reason = why.code(), voucher = %key.voucher, "voucher request refused");
    if why != VoucherRefusal::Unknown
        && let Err(error) = context.store.record_refusal(key, action, why, now).await
    {
        tracing::warn!(%error, voucher = %key.voucher, "could not record refusal reason");
    }
    voucher_refused()
}
