//! Redeem, once, and reverse. The decision is pure and the store's condition is the guarantee. A
//! failed condition returns the stored voucher, which distinguishes the same order's repeat from a
//! conflict.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    kernel::{id::OrderId, money::Money},
    voucher::{
        record::{Redemption, Voucher, VoucherRefusal, VoucherStatus},
        redemption::{RedeemDecision, ReversalCause, ReverseDecision},
    },
};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;
use store::voucher::redemptions::{RedemptionResult, RedemptionWrite};

use crate::{
    VoucherKeyPath, VouchersContext,
    refusal::record_refusal,
    store_failure,
    views::{RedeemRequest, RedeemedVoucher, ReversalView, ReverseRequest},
};

/// The most decisions in one request: the first, and again after each conflict.
const MAX_DECISIONS: usize = 4;

/// Redeems the voucher on an order: once, and permanently.
///
/// The same order again gets the same answer.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/redeem", tag = "vouchers", operation_id = "redeem_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = RedeemRequest,
    responses((status = 200, body = RedeemedVoucher), Problem)
)]
pub async fn redeem(
    State(context): State<Arc<VouchersContext>>,
    VoucherKeyPath(key): VoucherKeyPath,
    signed: SignedBody,
) -> ApiResult<Json<RedeemedVoucher>> {
    let attempt: RedeemRequest = signed.parse()?;
    attempt.basket.check("/basket").map_err(|error| Problem::validation(vec![error]))?;
    let now = clock::now();
    let Some((mut voucher, offered)) = context.read_cached(&key).await? else {
        return Err(record_refusal(&context, &key, "redeem", VoucherRefusal::Unknown, now).await);
    };
    let hold = attempt.hold_key.as_ref();
    for _ in 0..MAX_DECISIONS {
        let redemption = match voucher.redeem(
            &attempt.order_id,
            &attempt.basket,
            hold,
            &offered.circumstances(now),
        ) {
            RedeemDecision::Refuse(why) => match context.reread(&key, &voucher).await? {
                Some(newer) => {
                    voucher = newer;
                    continue;
                }
                None => return Err(record_refusal(&context, &key, "redeem", why, now).await),
            },
            RedeemDecision::Repeat(first) => {
                return Ok(Json(RedeemedVoucher::new(&voucher, &first, true)));
            }
            RedeemDecision::Redeem(redemption) => redemption,
        };
        let redeem = RedemptionWrite {
            key: &key,
            replaces: voucher.redemption.as_ref(),
            redemption: &redemption,
            hold,
            capped_campaign: offered.capped_campaign(),
        };
        match context.store.record_redemption(&redeem).await.map_err(store_failure)? {
            RedemptionResult::First => {
                return Ok(Json(RedeemedVoucher::new(&voucher, &redemption, false)));
            }
            RedemptionResult::Conflict(stored) => voucher = *stored,
            RedemptionResult::Capped => {
                return Err(record_refusal(
                    &context,
                    &key,
                    "redeem",
                    VoucherRefusal::RedeemedCap,
                    now,
                )
                .await);
            }
            RedemptionResult::Missing => {
                return Err(
                    record_refusal(&context, &key, "redeem", VoucherRefusal::Unknown, now).await
                );
            }
        }
    }
    Err(Problem::unavailable())
}

/// Reverses a redemption, in full or in part, by the campaign's policy.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/reverse", tag = "vouchers", operation_id = "reverse_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = ReverseRequest,
    responses((status = 200, body = ReversalView), Problem)
)]
pub async fn reverse(
    State(context): State<Arc<VouchersContext>>,
    VoucherKeyPath(key): VoucherKeyPath,
    signed: SignedBody,
) -> ApiResult<Json<ReversalView>> {
    let request = ReverseRequest::parse(&signed.body)?;
    let now = clock::now();
    let Some((mut voucher, offered)) = context.read_voucher(&key).await? else {
        return Err(record_refusal(&context, &key, "reverse", VoucherRefusal::Unknown, now).await);
    };
    let (order, cause) = reversal_cause(request, &voucher)?;
    for _ in 0..MAX_DECISIONS {
        let reversed = match voucher.reverse(&order, &cause, &offered.circumstances(now)) {
            ReverseDecision::Refuse(why) => {
                return Err(record_refusal(&context, &key, "reverse", why, now).await);
            }
            ReverseDecision::Repeat(redemption) => {
                return Ok(reversal_response(&voucher, &redemption, voucher.status, true));
            }
            ReverseDecision::Reverse(reversed) => reversed,
        };
        let Some(before) = voucher.redemption.clone() else {
            return Err(Problem::internal());
        };
        let recorded = context
            .store
            .record_reversal(&key, &before, &reversed, offered.capped_campaign(), now)
            .await;
        match recorded.map_err(store_failure)? {
            RedemptionResult::First => {
                let status = reversed.status.unwrap_or(VoucherStatus::Redeemed);
                return Ok(reversal_response(&voucher, &reversed.redemption, status, false));
            }
            RedemptionResult::Conflict(stored) => voucher = *stored,
            RedemptionResult::Missing | RedemptionResult::Capped => {
                return Err(record_refusal(
                    &context,
                    &key,
                    "reverse",
                    VoucherRefusal::Unknown,
                    now,
                )
                .await);
            }
        }
    }
    Err(Problem::unavailable())
}

fn reversal_cause(
    request: ReverseRequest,
    voucher: &Voucher,
) -> ApiResult<(OrderId, ReversalCause)> {
    match request {
        ReverseRequest::Cancelled { order_id } => Ok((order_id, ReversalCause::OrderCancelled)),
        ReverseRequest::Refunded { order_id, refund_id, refunded, remaining_basket } => {
            if refunded.currency != voucher.currency {
                let detail = format!("the voucher is in {}", voucher.currency);
                return Err(Problem::field("/refunded/currency", "mixed_currency", detail));
            }
            let cause = ReversalCause::Refunded {
                refund: refund_id,
                amount: refunded.amount,
                remaining: remaining_basket,
            };
            Ok((order_id, cause))
        }
    }
}

fn reversal_response(
    voucher: &Voucher,
    redemption: &Redemption,
    status: VoucherStatus,
    repeat: bool,
) -> Json<ReversalView> {
    Json(ReversalView {
        voucher_id: voucher.id.clone(),
        order_id: redemption.order.clone(),
        status,
        returned: Money::new(redemption.returned, voucher.currency),
        repeat,
    })
}
