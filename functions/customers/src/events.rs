//! `/v1/carts` and `/v1/events`: what the app tells of a customer beside orders, for the autopilots that fire on it. Both can be told
//! again: the same cart or event fires an autopilot once.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    customer::Cart,
    field::FieldError,
    id::CustomerId,
    trigger::{Happened, Happening, MAX_NAME, is_name},
};
use http_api::{Answer, Problem, Signed};
use jiff::SignedDuration;
use runtime::clock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::customers::{Changed, Found};
use utoipa::ToSchema;

use crate::{
    Context,
    customers::{erased, unknown},
    failed,
};

/// How far the app backend's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// Characters of a cart's or an event's id: with what stands before it, it is an occurrence.
const MAX_ID: usize = 48;
/// Of an event.
const MAX_PROPERTIES: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CartWord {
    /// Something was put in, taken out or looked at again.
    Touched,
    Ordered,
    Emptied,
}

/// What happened to a customer's cart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartEvent)]
pub struct CartBody {
    pub event: CartWord,
    /// 1 to 48 of A-Z a-z 0-9 . _ : -
    pub cart_id: String,
    pub customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CartAnswer {
    pub cart_id: String,
    /// False if something newer was told before, or the same.
    pub recorded: bool,
}

/// An event of the app's own.
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
    /// At most 50; texts, numbers and truth values can be asked for.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub properties: Map<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EventAnswer {
    pub event_id: String,
    /// Autopilots that it fires, audience and consent not asked yet.
    pub matched: usize,
}

/// Tells that a cart was touched, ordered or emptied.
///
/// An autopilot on carts that were left fires if nothing more is told of it, and no order placed, for as long as it says. News in any
/// order: what is older than what is known changes nothing.
#[utoipa::path(post, path = "/v1/carts", tag = "events", operation_id = "postCart",
    request_body = CartBody, security(("webhookSignature" = [])),
    responses((status = 200, body = CartAnswer), (status = 401, body = Problem), (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`"), (status = 422, body = Problem)))]
pub async fn post_cart(State(context): State<Arc<Context>>, signed: Signed) -> Answer<Json<CartAnswer>> {
    let body: CartBody = signed.parse()?;
    let now = clock::now();
    let mut errors = Vec::new();
    check_id("/cart_id", "cart", &body.cart_id, &mut errors);
    check_time(body.at, now, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let listeners = context.listening.who(&context.store, now).await.map_err(failed)?;
    let told = Cart { id: body.cart_id, at: body.at, open: body.event == CartWord::Touched };
    let recorded = match context.store.note_cart(&body.customer_id, &told, &listeners, now).await.map_err(failed)? {
        Changed::Created(_) | Changed::Changed(_) => true,
        Changed::Unchanged(_) => false,
        Changed::Refused(never) => match never {},
        Changed::Erased => return Err(erased()),
        Changed::Unknown => return Err(unknown()),
    };
    Ok(Json(CartAnswer { cart_id: told.id, recorded }))
}

/// Tells an event of the app's own, with properties that autopilots can ask for.
///
/// It is kept only where an autopilot fires on it. The same `event_id` again fires nothing more.
#[utoipa::path(post, path = "/v1/events", tag = "events", operation_id = "postEvent",
    request_body = EventBody, security(("webhookSignature" = [])),
    responses((status = 200, body = EventAnswer), (status = 401, body = Problem), (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`"), (status = 422, body = Problem)))]
pub async fn post_event(State(context): State<Arc<Context>>, signed: Signed) -> Answer<Json<EventAnswer>> {
    let body: EventBody = signed.parse()?;
    let now = clock::now();
    let mut errors = Vec::new();
    check_id("/event_id", "event", &body.event_id, &mut errors);
    check_time(body.at, now, &mut errors);
    if !is_name(&body.name) {
        errors.push(FieldError::new("/name", "invalid", format!("1 to {MAX_NAME} of A-Z a-z 0-9 . _ -")));
    }
    if body.properties.len() > MAX_PROPERTIES {
        errors.push(FieldError::new("/properties", "too_many", format!("at most {MAX_PROPERTIES}")));
    }
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let listeners = context.listening.who(&context.store, now).await.map_err(failed)?;
    let customer = match context.store.customer(&body.customer_id).await.map_err(failed)? {
        Found::Customer(customer) => customer,
        Found::Erased => return Err(erased()),
        Found::Unknown => return Err(unknown()),
    };
    if context.names.is_new(&body.name, now) {
        context.store.note_event_name(&body.name, now).await.map_err(failed)?;
    }
    let what = Happened::Event { id: &body.event_id, name: &body.name, properties: &body.properties };
    let matches = listeners.matches(&Happening { at: body.at, customer: &customer, what }, now);
    context.store.record_matches(&matches).await.map_err(failed)?;
    Ok(Json(EventAnswer { event_id: body.event_id, matched: matches.len() }))
}

fn check_id(field: &str, kind: &str, id: &str, errors: &mut Vec<FieldError>) {
    if id.len() > MAX_ID || domain::id::Occurrence::parse(&format!("{kind}.{id}")).is_err() || id.is_empty() {
        let detail = format!("1 to {MAX_ID} of A-Z a-z 0-9 . _ : -");
        errors.push(FieldError::new(field, "invalid", detail));
    }
}

fn check_time(at: Timestamp, now: Timestamp, errors: &mut Vec<FieldError>) {
    if at.duration_since(now) > MAX_AHEAD {
        errors.push(FieldError::new("/at", "in_the_future", "the time is more than ten minutes ahead"));
    }
}
