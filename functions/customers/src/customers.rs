//! `/v1/customers/{id}` and what hangs below it: profile, consents, push endpoints, erasure. Each handler parses, lets the store
//! decide and commit on what is there, and answers with the customer as it is then.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    channel::Channel,
    customer::{Consent, Customer, PushEndpoint},
    customer_change::{self, Patch, Refusal, Replacement},
    id::{CustomerId, EndpointId},
};
use http_api::{Answer, Problem, Signed};
use runtime::clock;
use store::customers::{Changed, Found};

use crate::{
    Context, failed, forgotten,
    view::{ConsentBody, ConsentView, CustomerView, EndpointsView},
};

/// Replaces profile, contacts and push endpoints, or makes the customer.
///
/// Consents in the body are merged by `at`: an older one never overwrites a newer one, and a channel left out keeps its consent.
/// Aggregates and suppressions stay, except that another address lifts its channel's suppression. An address whose owner was erased before
/// is suppressed as `erased`, unless its consent was given later than that.
#[utoipa::path(put, path = "/v1/customers/{id}", tag = "customers", operation_id = "putCustomer",
    params(("id" = String, Path)), request_body = Replacement, security(("webhookSignature" = [])),
    responses((status = 200, body = CustomerView), (status = 201, body = CustomerView), (status = 401, body = Problem),
        (status = 409, body = Problem, description = "`currency_fixed`"), (status = 410, body = Problem, description = "`customer_erased`"),
        (status = 422, body = Problem)))]
pub async fn put(State(context): State<Arc<Context>>, Path(id): Path<String>, signed: Signed) -> Answer {
    let id = customer_id(&id)?;
    let put: Replacement = signed.parse()?;
    let errors = put.errors(clock::now());
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let now = clock::now();
    let listeners = context.listening.who(&context.store, now).await.map_err(failed)?;
    let forgotten = forgotten::of_contacts(&context.store, &context.keys, &put.contacts).await?;
    let changed = context.store.put_customer_heard(&id, &put, context.currency, &listeners, &forgotten, now);
    answer(&context, changed.await.map_err(failed)?)
}

/// Changes what it names of profile and contacts: JSON merge patches, where `null` removes.
#[utoipa::path(patch, path = "/v1/customers/{id}", tag = "customers", operation_id = "patchCustomer",
    params(("id" = String, Path)), request_body = Patch, security(("webhookSignature" = [])),
    responses((status = 200, body = CustomerView), (status = 401, body = Problem), (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 409, body = Problem, description = "`currency_fixed`"), (status = 410, body = Problem, description = "`customer_erased`"),
        (status = 422, body = Problem)))]
pub async fn patch(State(context): State<Arc<Context>>, Path(id): Path<String>, signed: Signed) -> Answer {
    let id = customer_id(&id)?;
    let patch: Patch = signed.parse()?;
    let forgotten = forgotten::of_patch(&context.store, &context.keys, &patch).await?;
    let changed = context.store.patch_customer(&id, &patch, context.currency, &forgotten).await.map_err(failed)?;
    answer(&context, changed)
}

/// The customer as it is now.
#[utoipa::path(get, path = "/v1/customers/{id}", tag = "customers", operation_id = "getCustomer",
    params(("id" = String, Path)), security(("webhookSignature" = [])),
    responses((status = 200, body = CustomerView), (status = 401, body = Problem), (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn get(State(context): State<Arc<Context>>, Path(id): Path<String>, _signed: Signed) -> Answer {
    let id = customer_id(&id)?;
    match context.store.customer(&id).await.map_err(failed)? {
        Found::Customer(customer) => Ok(shown(&context, *customer)),
        Found::Erased => Err(erased()),
        Found::Unknown => Err(unknown()),
    }
}

/// Forgets the person for good: contacts, names, places, dates, devices, consents and order history.
///
/// A mark without personal data stays, so that a late order or profile does not bring them back: every later request about this id
/// answers 410. Keyed hashes of the phone number and the e-mail address stay too: if they come back under another id, their channel is
/// suppressed as `erased` until a consent that was given later than the erasure. Repeating the erasure is fine.
#[utoipa::path(delete, path = "/v1/customers/{id}", tag = "customers", operation_id = "eraseCustomer",
    params(("id" = String, Path)), security(("webhookSignature" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem, description = "`customer_unknown`")))]
pub async fn erase(State(context): State<Arc<Context>>, Path(id): Path<String>, _signed: Signed) -> Answer {
    let id = customer_id(&id)?;
    let marks = context.keys.marks().await?;
    let mark = |channel: Channel, address: &str| marks.mark(channel.as_str(), address);
    if context.store.erase_customer(&id, mark, clock::now()).await.map_err(failed)? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(unknown())
    }
}

/// Records a person's choice for one channel; answers with the choice that counts, which is the stored one if that is newer.
#[utoipa::path(put, path = "/v1/customers/{id}/consents/{channel}", tag = "customers", operation_id = "putConsent",
    params(("id" = String, Path), ("channel" = Channel, Path)), request_body = ConsentBody, security(("webhookSignature" = [])),
    responses((status = 200, body = ConsentView), (status = 401, body = Problem),
        (status = 404, body = Problem, description = "`customer_unknown` or `channel_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`"), (status = 422, body = Problem)))]
pub async fn put_consent(
    State(context): State<Arc<Context>>,
    Path((id, channel)): Path<(String, String)>,
    signed: Signed,
) -> Answer {
    let id = customer_id(&id)?;
    let channel = Channel::parse(&channel).ok_or_else(|| Problem::not_found("channel_unknown"))?;
    let ConsentBody { state, source, at } = signed.parse()?;
    let now = clock::now();
    let consent = Consent { state, source, at: at.unwrap_or(now) };
    let errors = customer_change::consent_errors("", &consent, now);
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let changed = context.store.set_consent(&id, channel, &consent).await.map_err(failed)?;
    let mut customer = present(changed)?;
    let consent = customer.consents.remove(&channel).unwrap_or(consent);
    Ok(Json(ConsentView { channel, consent }).into_response())
}

/// Adds a device that takes pushes, or gives it its new address. Of more than five the oldest gives way.
#[utoipa::path(put, path = "/v1/customers/{id}/push-endpoints", tag = "customers", operation_id = "putPushEndpoint",
    params(("id" = String, Path)), request_body = PushEndpoint, security(("webhookSignature" = [])),
    responses((status = 200, body = EndpointsView), (status = 401, body = Problem), (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`"), (status = 422, body = Problem)))]
pub async fn put_endpoint(State(context): State<Arc<Context>>, Path(id): Path<String>, signed: Signed) -> Answer {
    let id = customer_id(&id)?;
    let endpoint: PushEndpoint = signed.parse()?;
    let changed = context.store.put_endpoint(&id, &endpoint).await.map_err(failed)?;
    Ok(Json(EndpointsView { push_endpoints: present(changed)?.push_endpoints }).into_response())
}

/// Takes a device away; that it is not there is fine.
#[utoipa::path(delete, path = "/v1/customers/{id}/push-endpoints/{endpoint}", tag = "customers", operation_id = "deletePushEndpoint",
    params(("id" = String, Path), ("endpoint" = String, Path)), security(("webhookSignature" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn delete_endpoint(
    State(context): State<Arc<Context>>,
    Path((id, endpoint)): Path<(String, String)>,
    _signed: Signed,
) -> Answer {
    let id = customer_id(&id)?;
    let endpoint = EndpointId::parse(&endpoint)
        .map_err(|error| Problem::bad_request("invalid_endpoint_id", format!("an endpoint id {error}")))?;
    present(context.store.delete_endpoint(&id, &endpoint).await.map_err(failed)?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn customer_id(text: &str) -> Result<CustomerId, Problem> {
    CustomerId::parse(text)
        .map_err(|error| Problem::bad_request("invalid_customer_id", format!("a customer id {error}")))
}

fn answer(context: &Context, changed: Changed<Refusal>) -> Answer {
    match changed {
        Changed::Created(customer) => Ok((StatusCode::CREATED, shown(context, *customer)).into_response()),
        Changed::Changed(customer) | Changed::Unchanged(customer) => Ok(shown(context, *customer)),
        Changed::Refused(Refusal::Invalid(errors)) => Err(Problem::validation(errors)),
        Changed::Refused(Refusal::CurrencyFixed { present }) => {
            let detail = format!("orders of this customer are counted in {present}");
            Err(Problem::conflict("currency_fixed", detail))
        }
        Changed::Erased => Err(erased()),
        Changed::Unknown => Err(unknown()),
    }
}

fn present(changed: Changed) -> Result<Box<Customer>, Problem> {
    match changed {
        Changed::Created(customer) | Changed::Changed(customer) | Changed::Unchanged(customer) => Ok(customer),
        Changed::Refused(never) => match never {},
        Changed::Erased => Err(erased()),
        Changed::Unknown => Err(unknown()),
    }
}

fn shown(context: &Context, customer: Customer) -> Response {
    Json(CustomerView::new(customer, context.currency)).into_response()
}

pub(crate) fn unknown() -> Problem {
    Problem::not_found("customer_unknown").with_detail("no customer has this id")
}
pub(crate) fn erased() -> Problem {
    Problem::gone("customer_erased", "this customer was erased and the id cannot be used again")
}
