//! Redeem, once; and take it back. The decision is pure, the store's condition is the guarantee, and a failed condition hands back the
//! voucher as it stood, which tells the same order's repeat from a conflict.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    id::OrderId,
    money::Money,
    redemption::{Redeeming, ReversalCause, Reversing},
    voucher::{Redemption, Refusal, Status, Voucher},
};
use http_api::{Answer, Problem, Signed};
use runtime::clock;
use store::redemptions::{Recorded, Redeem};

use crate::{
    Context, Key, failed,
    refusal::refuse,
    views::{RedeemRequest, Redeemed, ReversalView, ReverseRequest},
};

/// Decisions on what is found, at most: the first, and again on what stood in the way.
const ROUNDS: usize = 4;

/// Uses the voucher on an order: permanent, and once. The same order again gets the same answer.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/redeem", tag = "vouchers", operation_id = "redeem_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = RedeemRequest,
    responses((status = 200, body = Redeemed), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn redeem(State(context): State<Arc<Context>>, Key(key): Key, signed: Signed) -> Answer<Json<Redeemed>> {
    let attempt: RedeemRequest = signed.parse()?;
    attempt.basket.check("/basket").map_err(|error| Problem::validation(vec![error]))?;
    let now = clock::now();
    let Some((mut voucher, offered)) = context.glance(&key).await? else {
        return Err(refuse(&context, &key, "redeem", Refusal::Unknown, now).await);
    };
    let hold = attempt.hold_key.as_ref();
    for _ in 0..ROUNDS {
        let redemption = match voucher.redeem(&attempt.order_id, &attempt.basket, hold, &offered.circumstances(now)) {
            Redeeming::Refuse(why) => match context.newer(&key, &voucher).await? {
                Some(newer) => {
                    voucher = newer;
                    continue;
                }
                None => return Err(refuse(&context, &key, "redeem", why, now).await),
            },
            Redeeming::Repeat(first) => return Ok(Json(Redeemed::new(&voucher, &first, true))),
            Redeeming::Redeem(redemption) => redemption,
        };
        let redeem = Redeem {
            key: &key,
            replaces: voucher.redemption.as_ref(),
            redemption: &redemption,
            hold,
            capped: offered.capped(),
        };
        match context.store.record_redemption(&redeem).await.map_err(failed)? {
            Recorded::First => return Ok(Json(Redeemed::new(&voucher, &redemption, false))),
            Recorded::Otherwise(stood) => voucher = *stood,
            Recorded::Capped => return Err(refuse(&context, &key, "redeem", Refusal::RedeemedCap, now).await),
            Recorded::Missing => return Err(refuse(&context, &key, "redeem", Refusal::Unknown, now).await),
        }
    }
    Err(Problem::unavailable())
}

/// Takes a redemption back, whole or in part, as the campaign's policy says.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/reverse", tag = "vouchers", operation_id = "reverse_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = ReverseRequest,
    responses((status = 200, body = ReversalView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn reverse(State(context): State<Arc<Context>>, Key(key): Key, signed: Signed) -> Answer<Json<ReversalView>> {
    let request = ReverseRequest::parse(&signed.body)?;
    let now = clock::now();
    let Some((mut voucher, offered)) = context.voucher(&key).await? else {
        return Err(refuse(&context, &key, "reverse", Refusal::Unknown, now).await);
    };
    let (order, cause) = cause(request, &voucher)?;
    for _ in 0..ROUNDS {
        let reversed = match voucher.reverse(&order, &cause, &offered.circumstances(now)) {
            Reversing::Refuse(why) => return Err(refuse(&context, &key, "reverse", why, now).await),
            Reversing::Repeat(redemption) => return Ok(answer(&voucher, &redemption, voucher.status, true)),
            Reversing::Reverse(reversed) => reversed,
        };
        let Some(before) = voucher.redemption.clone() else { return Err(Problem::internal()) };
        let recorded = context.store.record_reversal(&key, &before, &reversed, offered.capped(), now).await;
        match recorded.map_err(failed)? {
            Recorded::First => {
                let status = reversed.status.unwrap_or(Status::Redeemed);
                return Ok(answer(&voucher, &reversed.redemption, status, false));
            }
            Recorded::Otherwise(stood) => voucher = *stood,
            Recorded::Missing | Recorded::Capped => {
                return Err(refuse(&context, &key, "reverse", Refusal::Unknown, now).await);
            }
        }
    }
    Err(Problem::unavailable())
}

fn cause(request: ReverseRequest, voucher: &Voucher) -> Answer<(OrderId, ReversalCause)> {
    match request {
        ReverseRequest::Cancelled { order_id } => Ok((order_id, ReversalCause::OrderCancelled)),
        ReverseRequest::Refunded { order_id, refund_id, refunded, remaining_basket } => {
            if refunded.currency != voucher.currency {
                let detail = format!("the voucher is in {}", voucher.currency);
                return Err(Problem::field("/refunded/currency", "mixed_currency", detail));
            }
            let cause =
                ReversalCause::Refunded { refund: refund_id, amount: refunded.amount, remaining: remaining_basket };
            Ok((order_id, cause))
        }
    }
}

fn answer(voucher: &Voucher, redemption: &Redemption, status: Status, repeat: bool) -> Json<ReversalView> {
    Json(ReversalView {
        voucher_id: voucher.id.clone(),
        order_id: redemption.order.clone(),
        status,
        returned: Money::new(redemption.returned, voucher.currency),
        repeat,
    })
}
