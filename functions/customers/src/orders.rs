//! `/v1/orders`: what is told of an order, once each by the event's id. The customer's order totals
//! and the vouchers that were redeemed on the order follow in the same transaction.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::voucher::{
    order::ReturnRefusal,
    order_event::{MAX_ORDER_EVENTS, OrderChange, OrderEvent, OrderRefusal},
};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;
use store::voucher::order_events::{OrderOutcome, RecordedOrder};

use crate::{
    CustomersContext,
    customers::{customer_erased, customer_unknown},
    order_views::{OrderAnswer, OrderBody, parse_order},
    store_failure,
    view::EventNovelty,
};

/// Records that an order was placed, edited, cancelled or refunded, by lines or by an amount.
///
/// Each event has an id. The same event again gets the same answer with `recorded` `repeat`,
/// whatever has happened since; the same id with another content is a conflict. An order is placed
/// before it is edited or refunded. What an event means for the vouchers on the order follows by
/// itself.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", operation_id = "postOrder",
    request_body = OrderBody, security(("webhookSignature" = [])),
    responses((status = 200, body = OrderAnswer), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 409, body = Problem, description = "`order_conflict`, `event_conflict`, `order_not_placed`, `order_cancelled` or `refund_exceeds_order`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn post(
    State(context): State<Arc<CustomersContext>>,
    signed: SignedBody,
) -> ApiResult<Json<OrderAnswer>> {
    let event = parse_order(&signed.body)?;
    let now = clock::now();
    let listeners =
        context.event_triggers.read_cached(&context.store, now).await.map_err(store_failure)?;
    let write = context.store.record_order_with_matches(&event, context.currency, now, &listeners);
    let (novelty, recorded) = match write.await.map_err(store_failure)? {
        OrderOutcome::First(recorded) => (EventNovelty::First, recorded),
        OrderOutcome::Repeat(recorded) => (EventNovelty::Repeat, recorded),
        OrderOutcome::Refused(refusal) => return Err(order_refusal(refusal, &event)),
        OrderOutcome::Erased => return Err(customer_erased()),
        OrderOutcome::Unknown => return Err(customer_unknown()),
    };
    // repeats are attributed too: the first request may have failed here, and its caller was asked
    // to retry
    context.store.attribute_order(&event, &recorded.records).await.map_err(store_failure)?;
    let RecordedOrder { order, activity, currency, .. } = *recorded;
    Ok(Json(OrderAnswer::new(&event, novelty, &order, activity, currency)))
}

fn order_refusal(refusal: OrderRefusal, event: &OrderEvent) -> Problem {
    let conflict = |code: &'static str, why: &'static str| Problem::conflict(code, why);
    match refusal {
        OrderRefusal::OtherBuyer => conflict("order_conflict", "this order is another customer's"),
        OrderRefusal::OtherBasket => conflict(
            "order_conflict",
            "vouchers were redeemed on this order with another basket: place that one, then edit it",
        ),
        OrderRefusal::AlreadyPlaced => {
            conflict("order_conflict", "this order was placed before, by another event")
        }
        OrderRefusal::EventReused => {
            conflict("event_conflict", "this event id is known with another content")
        }
        OrderRefusal::NotPlaced => {
            conflict("order_not_placed", "the order was not placed yet: send that event first")
        }
        OrderRefusal::Cancelled => conflict("order_cancelled", "the order was cancelled"),
        OrderRefusal::GivenBack => {
            conflict("order_given_back", "everything of this order was given back")
        }
        OrderRefusal::Returns(why) => returns_refusal(why),
        OrderRefusal::TooManyEvents => Problem::conflict(
            "too_many_events",
            format!("an order has at most {MAX_ORDER_EVENTS} events"),
        ),
        OrderRefusal::VoucherNotRedeemed => {
            conflict("voucher_refused", "the voucher is not redeemed on this order")
        }
        OrderRefusal::NothingRefunded => {
            Problem::field("/refund", "required", "a refund gives something back")
        }
        OrderRefusal::UnknownLine(line) => {
            let why = format!("the order has no line {line}");
            Problem::field("/refund/lines", "unknown_line", why)
        }
        OrderRefusal::ReturnedLine(line) => {
            let why = format!("more of line {line} was returned than the edited order has");
            Problem::field("/basket/lines", "line_returned", why)
        }
        OrderRefusal::TooManyVerticals => Problem::field(
            "/basket/lines",
            "too_many_verticals",
            "this customer has live orders in too many other verticals",
        ),
        OrderRefusal::WrongCurrency { expected } => {
            let is_refund = matches!(event.change, OrderChange::Refunded(_));
            let field = if is_refund { "/refund/currency" } else { "/basket/currency" };
            Problem::field(field, "wrong_currency", format!("{expected} is expected here"))
        }
        OrderRefusal::InTheFuture => {
            Problem::field("/at", "in_the_future", "the time is more than ten minutes ahead")
        }
    }
}

fn returns_refusal(why: ReturnRefusal) -> Problem {
    let (field, why) = match why {
        ReturnRefusal::MoreOfLine(_) => ("/refund/lines", "more of a line than there was"),
        ReturnRefusal::MoreOfFee => ("/refund/delivery_fee", "more than the delivery fee"),
        ReturnRefusal::MoreThanPaid => ("/refund/amount", "more than is left of what was paid"),
    };
    let detail = "all refunds together would be more than the order";
    Problem::conflict("refund_exceeds_order", detail)
        .with_error(domain::kernel::validation::FieldError::new(field, "refund_exceeds_order", why))
}
