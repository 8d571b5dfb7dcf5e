//! One refusal for the outside, whatever the reason: unknown, another's, expired and redeemed look alike, so nothing can be guessed.
//! The reason goes beside the voucher and into the log, for diagnostics.

use domain::{Timestamp, voucher::Refusal};
use http_api::Problem;
use store::vouchers::VoucherKey;

use crate::Context;

pub(crate) fn refused() -> Problem {
    Problem::conflict("voucher_refused", "this voucher cannot be used for this")
}

/// Keeps the reason, and answers the uniform refusal. A reason that cannot be written is no reason to answer something else.
pub(crate) async fn refuse(
    context: &Context,
    key: &VoucherKey,
    action: &'static str,
    why: Refusal,
    now: Timestamp,
) -> Problem {
    tracing::info!(action, reason = why.code(), voucher = %key.voucher, "refused");
    if why != Refusal::Unknown
        && let Err(error) = context.store.note_refusal(key, action, why, now).await
    {
        tracing::warn!(%error, voucher = %key.voucher, "the reason of a refusal was not kept");
    }
    refused()
}
