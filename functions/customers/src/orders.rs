//! `/v1/orders`: what happened to an order, idempotent by order and event. The aggregates of its customer follow at once.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::order::{MAX_REFUNDS, Refusal, What};
use http_api::{Answer, Problem, Signed};
use runtime::clock;
use store::orders::OrderOutcome;

use crate::{
    Context,
    customers::{erased, unknown},
    failed,
    view::{ActivityView, OrderAnswer, OrderBody, Recorded, parse_order},
};

/// Records that an order was placed, cancelled or refunded, in whatever order the events arrive.
///
/// The same event again answers the same with `recorded` `repeat`; the same order or refund with another content is a conflict.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", operation_id = "postOrder",
    request_body = OrderBody, security(("webhookSignature" = [])),
    responses((status = 200, body = OrderAnswer), (status = 401, body = Problem), (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 409, body = Problem, description = "`order_conflict`, `refund_conflict` or `refund_exceeds_order`"),
        (status = 410, body = Problem, description = "`customer_erased`"), (status = 422, body = Problem)))]
pub async fn post(State(context): State<Arc<Context>>, signed: Signed) -> Answer {
    let event = parse_order(&signed.body)?;
    let now = clock::now();
    let listeners = context.listening.who(&context.store, now).await.map_err(failed)?;
    let told = context.store.record_order_heard(&event, context.currency, now, &listeners);
    let outcome = told.await.map_err(failed)?;
    let (recorded, activity, currency) = match outcome {
        OrderOutcome::First { activity, currency } => (Recorded::First, activity, currency),
        OrderOutcome::Repeat { activity, currency } => (Recorded::Repeat, activity, currency),
        OrderOutcome::Refused(refusal) => return Err(refused(refusal, &event.what)),
        OrderOutcome::Erased => return Err(erased()),
        OrderOutcome::Unknown => return Err(unknown()),
    };
    // also of a repeat: the one before may have ended here, and its caller was told to come again
    context.store.attribute(&event).await.map_err(failed)?;
    Ok(answered(OrderAnswer {
        order_id: event.order_id,
        event: name(&event.what),
        recorded,
        customer: ActivityView::new(activity, currency),
    }))
}

fn answered(answer: OrderAnswer) -> Response {
    Json(answer).into_response()
}

fn name(what: &What) -> &'static str {
    match what {
        What::Placed { .. } => "placed",
        What::Cancelled => "cancelled",
        What::Refunded { .. } => "refunded",
    }
}

fn refused(refusal: Refusal, what: &What) -> Problem {
    match refusal {
        Refusal::OrderConflict => {
            Problem::conflict("order_conflict", "this order is known with another time, vertical, merchant or total")
        }
        Refusal::RefundConflict => Problem::conflict("refund_conflict", "this refund is known with another amount"),
        Refusal::OverRefund => {
            Problem::conflict("refund_exceeds_order", "all refunds together would be more than the order's total")
        }
        Refusal::TooManyRefunds => {
            Problem::conflict("too_many_refunds", format!("an order has at most {MAX_REFUNDS} refunds"))
        }
        Refusal::TooManyVerticals => Problem::field(
            "/vertical",
            "too_many_verticals",
            "this customer has live orders in too many other verticals",
        ),
        Refusal::WrongCurrency { expected } => {
            let field = match what {
                What::Placed { .. } | What::Cancelled => "/total/currency",
                What::Refunded { .. } => "/amount/currency",
            };
            Problem::field(field, "wrong_currency", format!("this customer's orders are in {expected}"))
        }
        Refusal::InTheFuture => Problem::field("/at", "in_the_future", "the time is more than ten minutes ahead"),
    }
}
