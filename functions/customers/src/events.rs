//! `/v1/carts` and `/v1/events`: customer behaviour beside orders, which event-triggered autopilots
//! fire on. The app backend can send both again: the same cart or event fires an autopilot once.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::trigger::{BehaviourChange, BehaviourEvent, MAX_NAME, is_event_name},
    customer::carts::{CartState, ShoppingCart},
    kernel::{exact_number::inexact_number, id::CustomerId, validation::FieldError},
};
use http_edge::{ApiResult, Problem, SignedBody};
use jiff::SignedDuration;
use runtime::clock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::customer::profiles::{CustomerChangeResult, CustomerLookup};
use utoipa::ToSchema;

use crate::{
    CustomersContext,
    customers::{customer_erased, customer_unknown},
    store_failure,
};

/// The most that the app backend's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// The most characters of a cart or event id. With its prefix it forms an occurrence.
const MAX_ID: usize = 48;
/// The most properties of one event.
const MAX_PROPERTIES: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CartChange {
    /// Something was put in, taken out or viewed again.
    Touched,
    Ordered,
    Emptied,
}

/// A change of a customer's cart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartEvent)]
pub struct CartBody {
    pub event: CartChange,
    /// 1 to 48 of A-Z a-z 0-9 . _ : -
    pub cart_id: String,
    pub customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CartAnswer {
    pub cart_id: String,
    /// False if the same event or a newer one was recorded before.
    pub recorded: bool,
}

/// A custom event of the app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomEvent)]
pub struct EventBody {
    /// 1 to 48 of A-Z a-z 0-9 . _ : -; the same id fires an autopilot once.
    pub event_id: String,
    /// 1 to 64 of A-Z a-z 0-9 . _ -
    pub name: String,
    pub customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// At most 50; autopilots can test texts, numbers and booleans. Numbers are compared exactly: one
    /// that is not kept as it is written (whole and beyond 64 bits, or with too many digits) is
    /// refused.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub properties: Map<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EventAnswer {
    pub event_id: String,
    /// Autopilots that the event fires, before audience and consent are checked.
    pub matched: usize,
}

/// Records that a cart was touched, ordered or emptied.
///
/// An autopilot on abandoned carts fires if the cart gets no further event, and is not ordered, for
/// the time it defines. Each cart is on its own: what happens to another one changes nothing. Events
/// may arrive in any order: one that is older than the recorded one of its cart changes nothing.
#[utoipa::path(post, path = "/v1/carts", tag = "events", operation_id = "postCart",
    request_body = CartBody, security(("webhookSignature" = [])),
    responses((status = 200, body = CartAnswer), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn post_cart(
    State(context): State<Arc<CustomersContext>>,
    signed: SignedBody,
) -> ApiResult<Json<CartAnswer>> {
    let body: CartBody = signed.parse()?;
    let now = clock::now();
    let mut errors = Vec::new();
    errors.extend(id_error("/cart_id", "cart", &body.cart_id));
    check_time(body.at, now, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let listeners =
        context.event_triggers.read_cached(&context.store, now).await.map_err(store_failure)?;
    let state = match body.event {
        CartChange::Touched => CartState::Open,
        CartChange::Ordered => CartState::Ordered,
        CartChange::Emptied => CartState::Emptied,
    };
    let cart = ShoppingCart { id: body.cart_id, at: body.at, state };
    let recorded = match context
        .store
        .record_cart(&body.customer_id, &cart, &listeners, now)
        .await
        .map_err(store_failure)?
    {
        CustomerChangeResult::Created(_) | CustomerChangeResult::Changed(_) => true,
        CustomerChangeResult::Unchanged(_) => false,
        CustomerChangeResult::Refused(never) => match never {},
        CustomerChangeResult::Erased => return Err(customer_erased()),
        CustomerChangeResult::Unknown => return Err(customer_unknown()),
    };
    Ok(Json(CartAnswer { cart_id: cart.id, recorded }))
}

/// Records a custom event, with properties that autopilots can test.
///
/// The event is stored only if an autopilot fires on it. The same `event_id` again fires nothing
/// more.
#[utoipa::path(post, path = "/v1/events", tag = "events", operation_id = "postEvent",
    request_body = EventBody, security(("webhookSignature" = [])),
    responses((status = 200, body = EventAnswer), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn post_event(
    State(context): State<Arc<CustomersContext>>,
    signed: SignedBody,
) -> ApiResult<Json<EventAnswer>> {
    let body: EventBody = signed.parse()?;
    let now = clock::now();
    let mut errors = Vec::new();
    errors.extend(id_error("/event_id", "event", &body.event_id));
    check_time(body.at, now, &mut errors);
    if !is_event_name(&body.name) {
        errors.push(FieldError::new(
            "/name",
            "invalid",
            format!("1 to {MAX_NAME} of A-Z a-z 0-9 . _ -"),
        ));
    }
    if body.properties.len() > MAX_PROPERTIES {
        errors.push(FieldError::new(
            "/properties",
            "too_many",
            format!("at most {MAX_PROPERTIES}"),
        ));
    }
    errors.extend(inexact_number(&signed.body, "properties").map(|field| {
        let detail = "a whole number within 64 bits or 15 digits are kept; send more as a text";
        FieldError::new(field, "inexact_number", detail)
    }));
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let listeners =
        context.event_triggers.read_cached(&context.store, now).await.map_err(store_failure)?;
    let customer = match context.store.customer(&body.customer_id).await.map_err(store_failure)? {
        CustomerLookup::Customer(customer) => customer,
        CustomerLookup::Erased => return Err(customer_erased()),
        CustomerLookup::Unknown => return Err(customer_unknown()),
    };
    let noted = context.event_names.due_properties(&body.name, body.properties.keys(), now);
    if let Some(properties) = noted {
        let recorded = context.store.record_event_name(&body.name, &properties, now);
        recorded.await.map_err(store_failure)?;
    }
    let what = BehaviourChange::Event {
        id: &body.event_id,
        name: &body.name,
        properties: &body.properties,
    };
    let matches = listeners
        .find_matches(&BehaviourEvent { at: body.at, customer: &customer, change: what }, now);
    context.store.record_matches(&matches).await.map_err(store_failure)?;
    Ok(Json(EventAnswer { event_id: body.event_id, matched: matches.len() }))
}

/// Returns the error of an id that forms an occurrence, if it has one.
pub(crate) fn id_error(field: &str, kind: &str, id: &str) -> Option<FieldError> {
    let is_valid = (1..=MAX_ID).contains(&id.len())
        && domain::kernel::id::Occurrence::parse(&format!("{kind}.{id}")).is_ok();
    let detail = format!("1 to {MAX_ID} of A-Z a-z 0-9 . _ : -");
    (!is_valid).then(|| FieldError::new(field, "invalid", detail))
}

fn check_time(at: Timestamp, now: Timestamp, errors: &mut Vec<FieldError>) {
    if at.duration_since(now) > MAX_AHEAD {
        errors.push(FieldError::new(
            "/at",
            "in_the_future",
            "the time is more than ten minutes ahead",
        ));
    }
}
