//! `/v1/orders`: order events, idempotent by order and event. The customer's order totals are
//! updated at once.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::customer::orders::{MAX_REFUNDS, OrderChange, OrderRefusal};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;
use store::customer::orders::OrderOutcome;

use crate::{
    CustomersContext,
    customers::{customer_erased, customer_unknown},
    store_failure,
    view::{ActivityView, EventNovelty, OrderAnswer, OrderBody, parse_order},
};

/// Records that an order was placed, cancelled or refunded. The events may arrive in any order.
///
/// The same event again gets the same answer with `recorded` `repeat`; the same order or refund
/// with another content is a conflict.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", operation_id = "postOrder",
    request_body = OrderBody, security(("webhookSignature" = [])),
    responses((status = 200, body = OrderAnswer), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 409, body = Problem, description = "`order_conflict`, `refund_conflict` or `refund_exceeds_order`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn post(State(context): State<Arc<CustomersContext>>, signed: SignedBody) -> ApiResult {
    let event = parse_order(&signed.body)?;
    let now = clock::now();
    let listeners =
        context.event_triggers.read_cached(&context.store, now).await.map_err(store_failure)?;
    let write = context.store.record_order_with_matches(&event, context.currency, now, &listeners);
    let outcome = write.await.map_err(store_failure)?;
    let (recorded, activity, currency) = match outcome {
        OrderOutcome::First { activity, currency } => (EventNovelty::First, activity, currency),
        OrderOutcome::Repeat { activity, currency } => (EventNovelty::Repeat, activity, currency),
        OrderOutcome::Refused(refusal) => return Err(order_refusal(refusal, &event.change)),
        OrderOutcome::Erased => return Err(customer_erased()),
        OrderOutcome::Unknown => return Err(customer_unknown()),
    };
    // repeats are attributed too: the first request may have failed here, and its caller was asked
    // to retry
    context.store.attribute_order(&event).await.map_err(store_failure)?;
    Ok(order_response(OrderAnswer {
        order_id: event.order_id,
        event: event_name(&event.change),
        recorded,
        customer: ActivityView::new(activity, currency),
    }))
}

fn order_response(answer: OrderAnswer) -> Response {
    Json(answer).into_response()
}

fn event_name(what: &OrderChange) -> &'static str {
    match what {
        OrderChange::Placed { .. } => "placed",
        OrderChange::Cancelled => "cancelled",
        OrderChange::Refunded { .. } => "refunded",
    }
}

fn order_refusal(refusal: OrderRefusal, what: &OrderChange) -> Problem {
    match refusal {
        OrderRefusal::OrderConflict => Problem::conflict(
            "order_conflict",
            "this order is known with another time, vertical, merchant or total",
        ),
        OrderRefusal::RefundConflict => {
            Problem::conflict("refund_conflict", "this refund is known with another amount")
        }
        OrderRefusal::OverRefund => Problem::conflict(
            "refund_exceeds_order",
            "all refunds together would be more than the order's total",
        ),
        OrderRefusal::TooManyRefunds => Problem::conflict(
            "too_many_refunds",
            format!("an order has at most {MAX_REFUNDS} refunds"),
        ),
        OrderRefusal::TooManyVerticals => Problem::field(
            "/vertical",
            "too_many_verticals",
            "this customer has live orders in too many other verticals",
        ),
        OrderRefusal::WrongCurrency { expected } => {
            let field = match what {
                OrderChange::Placed { .. } | OrderChange::Cancelled => "/total/currency",
                OrderChange::Refunded { .. } => "/amount/currency",
            };
            Problem::field(
                field,
                "wrong_currency",
                format!("this customer's orders are in {expected}"),
            )
        }
        OrderRefusal::InTheFuture => {
            Problem::field("/at", "in_the_future", "the time is more than ten minutes ahead")
        }
    }
}
