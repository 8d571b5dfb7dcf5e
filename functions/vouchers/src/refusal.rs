//! Answers one uniform refusal whatever the reason: an unknown, another customer's, expired and
//! redeemed voucher look alike, so nothing can be guessed. The reason is stored with the voucher
//! and logged, for diagnostics.

use domain::{
    Timestamp,
    kernel::{id::VoucherId, validation::FieldError},
    voucher::{combination::MAX_SCOPE_BYTES, record::VoucherRefusal, redemption::CheckoutRefusal},
};
use http::StatusCode;
use http_edge::Problem;
use runtime::clock;
use store::voucher::records::VoucherKey;

use crate::{
    VouchersContext,
    loaded::{LoadedCheckout, require_customer},
};

pub(crate) fn voucher_refused() -> Problem {
    Problem::conflict("voucher_refused", "this voucher cannot be used for this")
}

/// Turns the refusal of a set into the answer, and records the reason with the voucher that stands
/// in the way. What follows from the caller's own basket is said; whatever else is wrong with a
/// voucher looks alike.
pub(crate) async fn refuse_checkout(
    context: &VouchersContext,
    loaded: &LoadedCheckout,
    ids: &[VoucherId],
    action: &'static str,
    refusal: CheckoutRefusal,
) -> Problem {
    let place = |id: &VoucherId| {
        let number = ids.iter().position(|it| it == id).unwrap_or_default();
        format!("/vouchers/{number}")
    };
    match refusal {
        CheckoutRefusal::Voucher(id, why) => {
            let uniform = match loaded.find(&id) {
                Some(voucher) => {
                    record_refusal(context, &voucher.into(), action, why, clock::now()).await
                }
                None => voucher_refused(),
            };
            let code = if let VoucherRefusal::Basket(reason) = why {
                reason.code()
            } else {
                "voucher_refused"
            };
            uniform.with_error(FieldError::new(place(&id), code, "this voucher stands in the way"))
        }
        CheckoutRefusal::TooMany { most } => {
            let why = format!("an order takes at most {most} vouchers");
            Problem::field("/vouchers", "too_many", why)
        }
        CheckoutRefusal::Twice(id) => {
            Problem::field(place(&id), "duplicate", "the voucher is in the set twice")
        }
        CheckoutRefusal::DoNotCombine(one, other) => {
            let why = "these vouchers are not for the same order";
            Problem::conflict("vouchers_do_not_combine", why)
                .with_error(FieldError::new(place(&one), "does_not_combine", why))
                .with_error(FieldError::new(place(&other), "does_not_combine", why))
        }
        CheckoutRefusal::ScopesTooLong => {
            let why = format!(
                "the offers of these vouchers name verticals, merchants and categories of more than \
                 {MAX_SCOPE_BYTES} bytes together: redeem fewer on one order"
            );
            Problem::field("/vouchers", "scopes_too_long", why)
        }
        CheckoutRefusal::OtherCurrency { expected } => {
            let why = format!("this customer pays in {expected}");
            Problem::field("/basket/currency", "wrong_currency", why)
        }
        CheckoutRefusal::OtherBuyer => order_conflict("this order is another customer's"),
        CheckoutRefusal::RedeemedOtherwise => {
            order_conflict("other vouchers were redeemed on this order, or on another basket")
        }
        CheckoutRefusal::RequestUsed => Problem::conflict(
            "signature_used",
            "this request redeemed the order before it was cancelled: sign every request anew",
        ),
        CheckoutRefusal::AlreadyPlaced => Problem::conflict(
            "order_placed",
            "the order was placed without these vouchers: redeem before it is placed",
        ),
    }
}

fn order_conflict(why: &'static str) -> Problem {
    Problem::conflict("order_conflict", why).with_error(FieldError::new(
        "/order_id",
        "order_conflict",
        why,
    ))
}

/// Refuses an action on one voucher: with 410 if its customer was erased, like every other route.
pub(crate) async fn refuse_voucher(
    context: &VouchersContext,
    key: &VoucherKey,
    action: &'static str,
    why: VoucherRefusal,
    now: Timestamp,
) -> Problem {
    match require_customer(context, &key.customer).await {
        Err(problem) if problem.status() == StatusCode::GONE => problem,
        Ok(_) | Err(_) => record_refusal(context, key, action, why, now).await,
    }
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
