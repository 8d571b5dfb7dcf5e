//! Request and response bodies of `/v1/orders`.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    campaign::basket::{Basket, MAX_BASKET_LINES},
    customer::profile::OrderTotals,
    kernel::{
        id::{CustomerId, LineId, OrderEventId, OrderId, VoucherId},
        money::{Currency, MinorUnits, Money},
        validation::{self, FieldError},
    },
    voucher::order_event::{LedgerOrder, OrderChange, OrderEvent, OrderStage, Refund},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    events,
    view::{ActivityView, EventNovelty},
};

/// An order event; `event` names its type.
#[derive(ToSchema)]
#[schema(as = OrderEvent)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(
    dead_code,
    reason = "the JSON schema; parsing goes by hand, so that a refusal names the field"
)]
pub enum OrderBody {
    Placed(BasketBody),
    Edited(BasketBody),
    Cancelled(CancelledBody),
    Refunded(RefundedBody),
}

/// The order was placed, or other goods are delivered than were ordered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderWithBasket)]
pub struct BasketBody {
    /// The caller's id of this event.
    event_id: OrderEventId,
    order_id: OrderId,
    customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The cart that was ordered, of `POST /v1/carts`: its reminder ends, and that of no other cart.
    /// Only of a placed order; without it the cart that was changed last before the order ends.
    #[serde(default)]
    #[schema(nullable = false, min_length = 1, max_length = 48)]
    cart_id: Option<String>,
    /// The lines with their prices before the discounts of vouchers.
    basket: Basket,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderCancelled)]
pub struct CancelledBody {
    event_id: OrderEventId,
    order_id: OrderId,
    customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderRefunded)]
pub struct RefundedBody {
    event_id: OrderEventId,
    order_id: OrderId,
    customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    refund: RefundBody,
}

/// The parts of lines and fee that come back, by their prices before discounts, and money beside
/// that.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refund)]
pub struct RefundBody {
    currency: Currency,
    #[serde(default)]
    lines: Vec<LineRefund>,
    #[serde(default)]
    delivery_fee: MinorUnits,
    /// Money that belongs to no line, at most what is left of what the customer paid.
    #[serde(default)]
    amount: MinorUnits,
}

/// The part of a line that was returned.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineRefund {
    id: LineId,
    /// A part of the line's price before discounts.
    amount: MinorUnits,
}

/// Returns the error of an order's cart, if it has one.
fn cart_error(id: &str, is_placed: bool) -> Option<FieldError> {
    if !is_placed {
        let why = "an edit changes the order, not the cart that it came from";
        return Some(FieldError::new("/cart_id", "not_allowed", why));
    }
    events::id_error("/cart_id", "cart", id)
}

const EVENTS: &str = "event is placed, edited, cancelled or refunded";

/// Parses an order event by hand, because serde's tagged enums lose the location of an error.
pub fn parse_order(body: &[u8]) -> Result<OrderEvent, Vec<FieldError>> {
    let one = |error: FieldError| vec![error];
    let mut body: Value = validation::parse_json(body).map_err(one)?;
    let Some(fields) = body.as_object_mut() else {
        return Err(one(FieldError::new("", "invalid", "an order event is an object")));
    };
    let event =
        fields.remove("event").ok_or_else(|| one(FieldError::new("/event", "required", EVENTS)))?;
    match event.as_str() {
        Some(name @ ("placed" | "edited")) => {
            let BasketBody { event_id, order_id, customer_id, at, cart_id: cart, basket } =
                validation::parse_value(body).map_err(one)?;
            let mut errors = basket.check("/basket");
            errors.extend(cart.as_ref().and_then(|id| cart_error(id, name == "placed")));
            if !errors.is_empty() {
                return Err(errors);
            }
            let change = match name {
                "placed" => OrderChange::Placed { basket },
                _ => OrderChange::Edited { basket },
            };
            Ok(OrderEvent {
                event: event_id,
                order: order_id,
                customer: customer_id,
                at,
                cart,
                change,
            })
        }
        Some("cancelled") => {
            let CancelledBody { event_id, order_id, customer_id, at } =
                validation::parse_value(body).map_err(one)?;
            let (cart, change) = (None, OrderChange::Cancelled);
            Ok(OrderEvent {
                event: event_id,
                order: order_id,
                customer: customer_id,
                at,
                cart,
                change,
            })
        }
        Some("refunded") => {
            let RefundedBody { event_id, order_id, customer_id, at, refund } =
                validation::parse_value(body).map_err(one)?;
            let (cart, change) = (None, OrderChange::Refunded(refund.into_refund()?));
            Ok(OrderEvent {
                event: event_id,
                order: order_id,
                customer: customer_id,
                at,
                cart,
                change,
            })
        }
        Some(_) | None => Err(one(FieldError::new("/event", "unknown_value", EVENTS))),
    }
}

impl RefundBody {
    fn into_refund(self) -> Result<Refund, Vec<FieldError>> {
        let Self { currency, lines, delivery_fee, amount } = self;
        if lines.len() > MAX_BASKET_LINES {
            let why = format!("at most {MAX_BASKET_LINES} lines");
            return Err(vec![FieldError::new("/refund/lines", "out_of_range", why)]);
        }
        let mut by_line = BTreeMap::new();
        for (number, LineRefund { id, amount }) in lines.into_iter().enumerate() {
            let why = format!("line {id} is in the refund twice");
            if by_line.insert(id, amount).is_some() {
                let field = format!("/refund/lines/{number}/id");
                return Err(vec![FieldError::new(field, "duplicate", why)]);
            }
        }
        Ok(Refund { currency, lines: by_line, delivery_fee, amount })
    }
}

/// The answer to an order event: the order and its customer as they are now.
#[derive(Serialize, ToSchema)]
pub struct OrderAnswer {
    pub event_id: OrderEventId,
    pub order_id: OrderId,
    /// `placed`, `edited`, `cancelled` or `refunded`
    pub event: &'static str,
    pub recorded: EventNovelty,
    pub order: OrderState,
    pub customer: ActivityView,
}

/// An order as the ledger has it.
#[derive(Serialize, ToSchema)]
pub struct OrderState {
    pub stage: OrderStage,
    /// The amount that the customer paid and did not get back.
    pub revenue: Money,
    pub vouchers: Vec<OrderVoucher>,
}

/// A voucher on an order.
#[derive(Serialize, ToSchema)]
pub struct OrderVoucher {
    pub voucher_id: VoucherId,
    /// The amount that it took off the order.
    pub discount: Money,
    /// The part of the discount that was taken back.
    pub returned: Money,
    /// False once it is no longer redeemed on this order.
    pub redeemed: bool,
}

impl OrderAnswer {
    pub fn new(
        event: &OrderEvent,
        recorded: EventNovelty,
        order: &LedgerOrder,
        activity: OrderTotals,
        currency: Currency,
    ) -> Self {
        Self {
            event_id: event.event.clone(),
            order_id: event.order.clone(),
            event: event_name(&event.change),
            recorded,
            order: OrderState::new(order),
            customer: ActivityView::new(activity, currency),
        }
    }
}

impl OrderState {
    fn new(order: &LedgerOrder) -> Self {
        let settled = order.settle();
        let money = |units| Money::new(units, order.discounted.basket.currency);
        let vouchers = order.discounted.vouchers.iter().zip(&settled.vouchers);
        Self {
            stage: order.stage,
            revenue: money(settled.revenue),
            vouchers: vouchers
                .map(|(applied, settled)| OrderVoucher {
                    voucher_id: applied.voucher.clone(),
                    discount: money(applied.amounts.total()),
                    returned: money(settled.returned),
                    redeemed: !settled.is_freed,
                })
                .collect(),
        }
    }
}

fn event_name(change: &OrderChange) -> &'static str {
    match change {
        OrderChange::Placed { .. } => "placed",
        OrderChange::Edited { .. } => "edited",
        OrderChange::Cancelled => "cancelled",
        OrderChange::Refunded(_) => "refunded",
        OrderChange::VoucherReversed { .. } => "voucher_reversed",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(name: &str, more: Value) -> Value {
        let mut body = json!({
            "event": name, "event_id": "e-1", "order_id": "o-1", "customer_id": "c-1",
            "at": "2026-11-01T12:00:00Z",
        });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    }

    fn basket(lines: Value) -> Value {
        json!({"basket": {"currency": "EUR", "lines": lines}})
    }

    fn line(id: &str, amount: i64) -> Value {
        json!({"id": id, "vertical": "food", "merchant": "m-1", "amount": amount})
    }

    #[track_caller]
    fn check(body: &Value, field: &str, code: &str) {
        let errors = parse_order(body.to_string().as_bytes()).unwrap_err();
        let found: Vec<_> = errors.iter().map(|it| (it.field.as_str(), it.code)).collect();
        assert!(found.contains(&(field, code)), "{found:?} of {body}");
    }

    #[test]
    fn the_four_events_are_read() {
        let refund = json!({"refund": {
            "currency": "EUR", "lines": [{"id": "1", "amount": 5}], "delivery_fee": 1, "amount": 2,
        }});
        for body in [
            event("placed", basket(json!([line("1", 2_350)]))),
            event("edited", basket(json!([line("1", 2_350), line("2", 0)]))),
            event("cancelled", json!({})),
            event("refunded", refund),
        ] {
            parse_order(body.to_string().as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_bad_event_is_refused_with_its_place() {
        check(&json!([]), "", "invalid");
        check(&json!({}), "/event", "required");
        check(&event("shipped", json!({})), "/event", "unknown_value");
        check(&json!({"event": "cancelled", "order_id": "o-1"}), "", "required");
        let placed = |lines: Value| event("placed", basket(lines));
        check(&placed(json!([line("1", -1)])), "/basket/lines/0/amount", "invalid");
        check(&placed(json!([])), "/basket/lines", "out_of_range");
        check(&placed(json!([line("1", 1), line("1", 2)])), "/basket/lines/1/id", "duplicate");
        let many: Vec<Value> = (0..=MAX_BASKET_LINES).map(|it| line(&it.to_string(), 1)).collect();
        check(&placed(json!(many)), "/basket/lines", "out_of_range");
        let whole = line("1", 1_000_000_000_000);
        let more = json!([whole, line("2", 1)]);
        check(&placed(more), "/basket/lines", "out_of_range");
        let mut blank = line("1", 1);
        blank["vertical"] = json!(" ");
        check(&placed(json!([blank])), "/basket/lines/0/vertical", "invalid");
        let coupon = json!({"coupon": "x"});
        check(&event("cancelled", coupon), "/coupon", "unknown_field");
        let twice = json!([{"id": "1", "amount": 1}, {"id": "1", "amount": 1}]);
        let refund = json!({"refund": {"currency": "EUR", "lines": twice}});
        check(&event("refunded", refund), "/refund/lines/1/id", "duplicate");
        for currency in ["euro", "ZZZ", "XXX"] {
            let refund = json!({"refund": {"currency": currency, "amount": 1}});
            check(&event("refunded", refund), "/refund/currency", "invalid");
        }
    }
}
