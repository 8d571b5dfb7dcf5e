//! Redeem a set of vouchers on an order, once, and take one off again. The decision is pure and the
//! store's conditions are the guarantee. After a conflict everything is read again, which
//! distinguishes the same order's repeat from another one's.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::voucher::{
    order_event::{MAX_REASON, OrderChange, OrderEvent, OrderRefusal},
    record::VoucherRefusal,
    redemption::RedeemDecision,
};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;
use store::{
    batch::ReadConsistency,
    voucher::{order_events::OrderOutcome, redemptions::CheckoutResult},
};

use crate::{
    CustomerPath, VoucherKeyPath, VouchersContext,
    checkout::{MAX_DECISIONS, check_basket},
    loaded::{LoadedCheckout, check_set},
    refusal::{record_refusal, refuse_checkout},
    store_failure,
    views::{RedeemRequest, RedeemedOrder, ReversalView, ReverseRequest},
};

/// Redeems vouchers on an order, all or none: once, and permanently.
///
/// The same vouchers again on the same order and basket are a repeat, whatever the `webhook-id`; on
/// another basket they are refused. An order never gives more than it costs, and it has one buyer.
#[utoipa::path(
    post, path = "/v1/customers/{id}/checkout/redeem", tag = "checkout", operation_id = "redeem_vouchers",
    security(("webhookSignature" = [])), params(("id" = String, Path)), request_body = RedeemRequest,
    responses((status = 200, body = RedeemedOrder), Problem)
)]
pub async fn redeem(
    State(context): State<Arc<VouchersContext>>,
    CustomerPath(customer): CustomerPath,
    signed: SignedBody,
) -> ApiResult<Json<RedeemedOrder>> {
    let request: RedeemRequest = signed.parse()?;
    let mut errors = request.basket.check("/basket");
    errors.extend(check_set(&request.vouchers));
    check_basket(errors)?;
    let (ids, order) = (&request.vouchers, &request.order_id);
    let now = clock::now();
    let mut consistency = ReadConsistency::Eventual;
    for _ in 0..MAX_DECISIONS {
        let loaded =
            LoadedCheckout::read(&context, &customer, ids, Some(order), consistency).await?;
        let vouchers = loaded.checkout_vouchers(now);
        let hold = request.hold_key.as_ref();
        let checkout = loaded.checkout(&request.basket, &vouchers, hold, now);
        let stored = loaded.order.as_ref();
        let decision = match loaded.require_all(ids) {
            Ok(()) => checkout.redeem(
                stored.map(|stored| &stored.order),
                order,
                loaded.buyer(&customer),
                &signed.request_id,
            ),
            Err(why) => RedeemDecision::Refuse(why),
        };
        // What was read first may be older than the last write: a refusal and a repeat, which a
        // cancellation may have ended, are decided again.
        let is_certain = consistency == ReadConsistency::Strong;
        consistency = ReadConsistency::Strong;
        let redemption = match decision {
            RedeemDecision::Redeem(redemption) => redemption,
            RedeemDecision::Repeat if is_certain => {
                let Some(stored) = stored else { continue };
                return Ok(Json(RedeemedOrder::new(&stored.order, true)));
            }
            RedeemDecision::Refuse(why) if is_certain => {
                return Err(refuse_checkout(&context, &loaded, ids, "redeem", why).await);
            }
            RedeemDecision::Repeat | RedeemDecision::Refuse(_) => continue,
        };
        let before = stored.map(|stored| stored.version);
        let (set, merged) = (loaded.vouchers(), loaded.merged_customer());
        let written = context.store.record_redemption(&redemption, set, before, merged, now).await;
        match written.map_err(store_failure)? {
            CheckoutResult::First => return Ok(Json(RedeemedOrder::new(&redemption.order, false))),
            CheckoutResult::Conflict => {}
            CheckoutResult::Capped(campaign) => {
                let why = loaded.capped(&campaign);
                return Err(refuse_checkout(&context, &loaded, ids, "redeem", why).await);
            }
        }
    }
    Err(Problem::unavailable())
}

/// Takes a voucher off an order by hand, for support: its discount is returned in full, and the
/// campaign's policy decides if the customer can use it again.
///
/// Cancellations, refunds and edits of the order belong to `POST /v1/orders` and need no reversal.
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
    let request: ReverseRequest = signed.parse()?;
    if request.reason.trim().is_empty() || request.reason.len() > MAX_REASON {
        let why = format!("a reason has 1 to {MAX_REASON} bytes and is not blank");
        return Err(Problem::field("/reason", "out_of_range", why));
    }
    let now = clock::now();
    let event = OrderEvent {
        cart: None,
        event: request.event_id,
        order: request.order_id,
        customer: key.customer.clone(),
        // The request names no time, and a repeat has to have the same content.
        at: domain::Timestamp::UNIX_EPOCH,
        change: OrderChange::VoucherReversed {
            voucher: key.voucher.clone(),
            reason: request.reason,
        },
    };
    let recorded = context.store.record_order(&event, context.currency, now).await;
    let (recorded, repeat) = match recorded.map_err(store_failure)? {
        OrderOutcome::First(recorded) => (recorded, false),
        OrderOutcome::Repeat(recorded) => (recorded, true),
        OrderOutcome::Refused(OrderRefusal::EventReused) => {
            let why = "this event id is known with another content";
            return Err(Problem::conflict("event_conflict", why));
        }
        OrderOutcome::Refused(_) => {
            let why = VoucherRefusal::NotRedeemed;
            return Err(record_refusal(&context, &key, "reverse", why, now).await);
        }
        OrderOutcome::Erased => {
            return Err(Problem::gone("customer_erased", "this customer was erased"));
        }
        OrderOutcome::Unknown => return Err(Problem::not_found("customer_unknown")),
    };
    ReversalView::new(&recorded.order, &key.voucher, repeat).map(Json).ok_or_else(Problem::internal)
}
