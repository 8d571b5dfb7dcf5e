//! Request and response bodies that differ from the domain's own shapes: the customer in answers,
//! order events in requests.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    customer::{
        orders::{MAX_NAME, OrderChange, OrderEvent},
        profile::{
            Consent, ConsentState, Contacts, Customer, OrderTotals, Profile, PushEndpoint,
            ShoppingCart, Suppression,
        },
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, OrderId, RefundId},
        money::{Currency, Money},
        validation::{self, FieldError},
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerView {
    customer_id: CustomerId,
    profile: Profile,
    contacts: Contacts,
    #[schema(value_type = BTreeMap<String, Consent>)]
    consents: BTreeMap<Channel, Consent>,
    /// Choices that later ones have replaced, oldest first, at most 50.
    consent_history: Vec<ConsentView>,
    /// Channels that are not used whatever the consent: the address bounced, complained or opted out,
    /// or its owner was erased.
    #[schema(value_type = BTreeMap<String, Suppression>)]
    suppressions: BTreeMap<Channel, Suppression>,
    push_endpoints: Vec<PushEndpoint>,
    activity: ActivityView,
    /// The same totals for each vertical with a live order.
    verticals: BTreeMap<String, ActivityView>,
    /// The cart of the last recorded event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    cart: Option<CartView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartView {
    cart_id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// True if it was neither ordered nor emptied.
    open: bool,
}

/// The totals of the customer's live orders.
#[derive(Serialize, ToSchema)]
#[schema(as = Activity)]
pub struct ActivityView {
    /// Orders placed and not cancelled.
    orders: u32,
    /// The amount spent, less refunds.
    spend: Money,
    /// The day of the last order, in the customer's time zone.
    #[schema(required = true, value_type = Option<String>, format = Date)]
    last_order_day: Option<Date>,
}

impl CustomerView {
    pub fn new(customer: Customer, tenant: Currency) -> Self {
        let currency = customer.profile.currency.unwrap_or(tenant);
        let verticals = customer.verticals.into_iter();
        Self {
            customer_id: customer.id,
            profile: customer.profile,
            contacts: customer.contacts,
            consents: customer.consents,
            consent_history: customer
                .past_consents
                .into_iter()
                .map(|(channel, consent)| ConsentView { channel, consent })
                .collect(),
            suppressions: customer.suppressions,
            push_endpoints: customer.push_endpoints,
            activity: ActivityView::new(customer.activity, currency),
            cart: customer.cart.map(|ShoppingCart { id, at, open }| CartView {
                cart_id: id,
                at,
                open,
            }),
            verticals: verticals
                .map(|(name, activity)| (name, ActivityView::new(activity, currency)))
                .collect(),
        }
    }
}

impl ActivityView {
    pub fn new(activity: OrderTotals, currency: Currency) -> Self {
        let OrderTotals { orders, spend, last_order_day } = activity;
        Self { orders, spend: Money::new(spend, currency), last_order_day }
    }
}

/// A choice for one channel; without `at` it is made now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    pub state: ConsentState,
    /// The place where the choice was made: `signup_form`, `app_settings`, ... 1 to 64 bytes.
    pub source: String,
    #[serde(default)]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

/// The consent in force; the stored one, if that is newer.
#[derive(Serialize, ToSchema)]
pub struct ConsentView {
    pub channel: Channel,
    #[serde(flatten)]
    pub consent: Consent,
}

#[derive(Serialize, ToSchema)]
pub struct EndpointsView {
    pub push_endpoints: Vec<PushEndpoint>,
}

/// An order event; `event` names its type.
#[derive(ToSchema)]
#[schema(as = OrderEvent)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(
    dead_code,
    reason = "the JSON schema; parsing goes by hand, so that a refusal names the field"
)]
pub enum OrderBody {
    Placed(PlacedBody),
    Cancelled(CancelledBody),
    Refunded(RefundedBody),
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderPlaced)]
pub struct PlacedBody {
    order_id: OrderId,
    customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(min_length = 1, max_length = 64, example = "food")]
    vertical: String,
    #[schema(min_length = 1, max_length = 64)]
    merchant: String,
    /// The amount the customer pays, less discounts, in the customer's currency.
    total: Money,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderCancelled)]
pub struct CancelledBody {
    order_id: OrderId,
    customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderRefunded)]
pub struct RefundedBody {
    order_id: OrderId,
    customer_id: CustomerId,
    refund_id: RefundId,
    /// All refunds of an order together are at most its total.
    amount: Money,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Parses an order event by hand, because serde's tagged enums lose the location of an error.
pub fn parse_order(body: &[u8]) -> Result<OrderEvent, FieldError> {
    let mut body: Value = validation::parse_json(body)?;
    let Some(fields) = body.as_object_mut() else {
        return Err(FieldError::new("", "invalid", "an order event is an object"));
    };
    let event =
        fields.remove("event").ok_or_else(|| FieldError::new("/event", "required", EVENTS))?;
    match event.as_str() {
        Some("placed") => parse_shape(body).and_then(placed_event),
        Some("cancelled") => {
            let CancelledBody { order_id, customer_id, at } = parse_shape(body)?;
            Ok(OrderEvent { order_id, customer_id, at, change: OrderChange::Cancelled })
        }
        Some("refunded") => {
            let RefundedBody { order_id, customer_id, refund_id, amount, at } = parse_shape(body)?;
            Ok(OrderEvent {
                order_id,
                customer_id,
                at,
                change: OrderChange::Refunded { refund_id, amount },
            })
        }
        Some(_) | None => Err(FieldError::new("/event", "unknown_value", EVENTS)),
    }
}

const EVENTS: &str = "event is placed, cancelled or refunded";

fn parse_shape<T: DeserializeOwned>(body: Value) -> Result<T, FieldError> {
    validation::parse_value(body)
}

fn placed_event(body: PlacedBody) -> Result<OrderEvent, FieldError> {
    let PlacedBody { order_id, customer_id, at, vertical, merchant, total } = body;
    for (field, name) in [("/vertical", &vertical), ("/merchant", &merchant)] {
        if name.is_empty()
            || name.len() > MAX_NAME
            || name.trim() != name
            || name.chars().any(char::is_control)
        {
            let detail = format!("1 to {MAX_NAME} bytes without control characters");
            return Err(FieldError::new(field, "invalid", detail));
        }
    }
    Ok(OrderEvent {
        order_id,
        customer_id,
        at,
        change: OrderChange::Placed { vertical, merchant, total },
    })
}

#[derive(Serialize, ToSchema)]
pub struct OrderAnswer {
    pub order_id: OrderId,
    /// `placed_event`, `cancelled` or `refunded`
    pub event: &'static str,
    pub recorded: EventNovelty,
    pub customer: ActivityView,
}

/// Tells a new event from a repeated one; both are a success.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventNovelty {
    First,
    Repeat,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, field: &str, code: &str) {
        let error = parse_order(body.as_bytes()).unwrap_err();
        assert_eq!((error.field.as_str(), error.code), (field, code), "{body}");
    }

    #[test]
    fn the_three_events_are_read() {
        for body in [
            r#"{"event":"placed","order_id":"o-1","customer_id":"c-1","at":"2026-11-01T12:00:00Z","vertical":"food","merchant":"m-1","total":{"amount":2350,"currency":"EUR"}}"#,
            r#"{"event":"cancelled","order_id":"o-1","customer_id":"c-1","at":"2026-11-01T12:00:00Z"}"#,
            r#"{"event":"refunded","order_id":"o-1","customer_id":"c-1","refund_id":"r-1","amount":{"amount":5,"currency":"EUR"},"at":"2026-11-01T12:00:00Z"}"#,
        ] {
            parse_order(body.as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_bad_event_is_refused_with_its_place() {
        let placed = |total: &str, more: &str| {
            format!(
                r#"{{"event":"placed","order_id":"o-1","customer_id":"c-1","at":"2026-11-01T12:00:00Z","vertical":"food","merchant":"m-1","total":{total}{more}}}"#
            )
        };
        check("[]", "", "invalid");
        check("{", "", "malformed_json");
        check("{}", "/event", "required");
        check(r#"{"event":"shipped"}"#, "/event", "unknown_value");
        check(r#"{"event":"cancelled","order_id":"o-1"}"#, "", "required");
        check(&placed(r#"{"amount":-1,"currency":"EUR"}"#, ""), "/total/amount", "invalid");
        check(
            &placed(r#"{"amount":1000000000001,"currency":"EUR"}"#, ""),
            "/total/amount",
            "invalid",
        );
        check(&placed(r#"{"amount":1.5,"currency":"EUR"}"#, ""), "/total/amount", "invalid");
        check(&placed(r#"{"amount":1,"currency":"euro"}"#, ""), "/total/currency", "invalid");
        check(
            &placed(r#"{"amount":1,"currency":"EUR"}"#, r#","coupon":"x""#),
            "/coupon",
            "unknown_field",
        );
        check(
            &placed(r#"{"amount":1,"currency":"EUR"}"#, "").replace("\"food\"", "\" \""),
            "/vertical",
            "invalid",
        );
        check(
            &placed(r#"{"amount":1,"currency":"EUR"}"#, "").replace("o-1", "o 1"),
            "/order_id",
            "invalid",
        );
    }
}
