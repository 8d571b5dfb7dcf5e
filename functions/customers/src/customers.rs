//! `/v1/customers/{id}` and its sub-resources: profile, consents, push endpoints, erasure. Each
//! handler parses the request, lets the store decide and commit on the stored customer, and answers
//! with the resulting customer.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    customer::{
        attributes::Attributes,
        changes::{self, CustomerChangeRefusal, CustomerPatch, CustomerReplacement},
        profile::{Consent, Customer, PushEndpoint},
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, PushEndpointId},
        validation::FieldError,
    },
};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;
use store::customer::profiles::{CustomerChangeResult, CustomerLookup};

use crate::{
    CustomersContext, store_failure,
    view::{ConsentBody, ConsentView, CustomerView, EndpointsView},
};

/// Replaces profile, contacts and push endpoints, or creates the customer.
///
/// Consents in the body are merged by `at`: an older one never overwrites a newer one, and a
/// channel that is left out keeps its consent. Order totals stay. Suppressions are those of the
/// addresses that the customer has now: what an address has said holds for every customer who has
/// it, however it is written, until a consent for it is given that is later. A consent of this
/// request counts as given for the addresses of this request. A token that another customer has
/// leaves them; one that is suppressed is not taken.
#[utoipa::path(put, path = "/v1/customers/{id}", tag = "customers", operation_id = "putCustomer",
    params(("id" = String, Path)), request_body = CustomerReplacement, security(("webhookSignature" = [])),
    responses((status = 200, body = CustomerView), (status = 201, body = CustomerView), Problem,
        (status = 409, body = Problem, description = "`currency_fixed`"), (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn put(
    State(context): State<Arc<CustomersContext>>,
    Path(id): Path<String>,
    signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    let put: CustomerReplacement = signed.parse()?;
    let mut errors = put.errors(clock::now());
    errors.extend(attribute_errors(&context, &put.profile.attributes).await?);
    errors.extend(context.endpoint_home.list_errors("/push_endpoints", &put.push_endpoints));
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let now = clock::now();
    let listeners =
        context.event_triggers.read_cached(&context.store, now).await.map_err(store_failure)?;
    let changed =
        context.store.put_customer_with_matches(&id, &put, context.currency, &listeners, now);
    change_response(&context, changed.await.map_err(store_failure)?)
}

/// Changes parts of profile and contacts by JSON merge patches; `null` removes.
#[utoipa::path(patch, path = "/v1/customers/{id}", tag = "customers", operation_id = "patchCustomer",
    params(("id" = String, Path)), request_body = CustomerPatch, security(("webhookSignature" = [])),
    responses((status = 200, body = CustomerView), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 409, body = Problem, description = "`currency_fixed`"), (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn patch(
    State(context): State<Arc<CustomersContext>>,
    Path(id): Path<String>,
    signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    let patch: CustomerPatch = signed.parse()?;
    let errors = attribute_errors(&context, &patch.written_attributes()?).await?;
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let now = clock::now();
    let listeners =
        context.event_triggers.read_cached(&context.store, now).await.map_err(store_failure)?;
    let changed =
        context.store.patch_customer_with_matches(&id, &patch, context.currency, &listeners, now);
    change_response(&context, changed.await.map_err(store_failure)?)
}

/// Returns the customer in its present state.
#[utoipa::path(get, path = "/v1/customers/{id}", tag = "customers", operation_id = "getCustomer",
    params(("id" = String, Path)), security(("webhookSignature" = [])),
    responses((status = 200, body = CustomerView), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn get(
    State(context): State<Arc<CustomersContext>>,
    Path(id): Path<String>,
    _signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    match context.store.customer(&id).await.map_err(store_failure)? {
        CustomerLookup::Customer(customer) => Ok(customer_response(&context, *customer)),
        CustomerLookup::Erased => Err(customer_erased()),
        CustomerLookup::Unknown => Err(customer_unknown()),
    }
}

/// Erases the person for good: contacts, names, places, dates, devices, consents and order history.
///
/// A mark without personal data stays, so that a late order or profile does not bring the customer
/// back: every later request about this id answers 410. Keyed hashes of the addresses stay too: if
/// they come back under another id, they are suppressed as `erased` until a consent is given later
/// than the erasure. The erasure can be repeated safely.
#[utoipa::path(delete, path = "/v1/customers/{id}", tag = "customers", operation_id = "eraseCustomer",
    params(("id" = String, Path)), security(("webhookSignature" = [])),
    responses((status = 204), Problem, (status = 404, body = Problem, description = "`customer_unknown`")))]
pub async fn erase(
    State(context): State<Arc<CustomersContext>>,
    Path(id): Path<String>,
    _signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    if context.store.erase_customer(&id, clock::now()).await.map_err(store_failure)? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(customer_unknown())
    }
}

/// Records a person's choice for one channel.
///
/// The answer is the choice in force, which is the stored one if it is newer.
#[utoipa::path(put, path = "/v1/customers/{id}/consents/{channel}", tag = "customers", operation_id = "putConsent",
    params(("id" = String, Path), ("channel" = Channel, Path)), request_body = ConsentBody, security(("webhookSignature" = [])),
    responses((status = 200, body = ConsentView), Problem,
        (status = 404, body = Problem, description = "`customer_unknown` or `channel_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn put_consent(
    State(context): State<Arc<CustomersContext>>,
    Path((id, channel)): Path<(String, String)>,
    signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    let channel = Channel::parse(&channel).ok_or_else(|| Problem::not_found("channel_unknown"))?;
    let ConsentBody { state, source, at } = signed.parse()?;
    let now = clock::now();
    let consent = Consent { state, source, at: at.unwrap_or(now) };
    let errors = changes::consent_errors("", &consent, now);
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let changed =
        context.store.set_consent(&id, channel, &consent, now).await.map_err(store_failure)?;
    let mut customer = changed_customer(changed)?;
    let consent = customer.consents.remove(&channel).unwrap_or(consent);
    Ok(Json(ConsentView { channel, consent }).into_response())
}

/// Adds a push endpoint or updates its address. Beyond five, the oldest one is removed.
///
/// The token belongs to the customer who registered it last: another one who has it loses it.
/// Registering a token that was found dead brings it back. The endpoint is one of the deployment's
/// own account and region; another one is `other_account`, since nothing here may push to it.
#[utoipa::path(put, path = "/v1/customers/{id}/push-endpoints", tag = "customers", operation_id = "putPushEndpoint",
    params(("id" = String, Path)), request_body = PushEndpoint, security(("webhookSignature" = [])),
    responses((status = 200, body = EndpointsView), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn put_endpoint(
    State(context): State<Arc<CustomersContext>>,
    Path(id): Path<String>,
    signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    let endpoint: PushEndpoint = signed.parse()?;
    if let Some(error) = context.endpoint_home.arn_error("/arn", &endpoint.arn) {
        return Err(Problem::validation(vec![error]));
    }
    let changed =
        context.store.put_endpoint(&id, &endpoint, clock::now()).await.map_err(store_failure)?;
    Ok(Json(EndpointsView { push_endpoints: changed_customer(changed)?.push_endpoints })
        .into_response())
}

/// Removes a push endpoint. A missing one is no error.
#[utoipa::path(delete, path = "/v1/customers/{id}/push-endpoints/{endpoint}", tag = "customers", operation_id = "deletePushEndpoint",
    params(("id" = String, Path), ("endpoint" = String, Path)), security(("webhookSignature" = [])),
    responses((status = 204), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn delete_endpoint(
    State(context): State<Arc<CustomersContext>>,
    Path((id, endpoint)): Path<(String, String)>,
    _signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    let endpoint = parse_endpoint_id(&endpoint)?;
    let changed =
        context.store.delete_endpoint(&id, &endpoint, clock::now()).await.map_err(store_failure)?;
    changed_customer(changed)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Returns the errors of attribute values: each has to be declared, and of its declared type. The
/// declarations are read only if a value is written.
async fn attribute_errors(
    context: &CustomersContext,
    values: &Attributes,
) -> ApiResult<Vec<FieldError>> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let declared = context.store.attribute_settings().await.map_err(store_failure)?;
    Ok(declared.check_values(values, "/profile/attributes"))
}

pub(crate) fn parse_customer_id(text: &str) -> Result<CustomerId, Problem> {
    CustomerId::parse(text).map_err(|error| {
        Problem::bad_request("invalid_customer_id", format!("a customer id {error}"))
    })
}

pub(crate) fn parse_endpoint_id(text: &str) -> Result<PushEndpointId, Problem> {
    PushEndpointId::parse(text).map_err(|error| {
        Problem::bad_request("invalid_endpoint_id", format!("an endpoint id {error}"))
    })
}

fn change_response(
    context: &CustomersContext,
    changed: CustomerChangeResult<CustomerChangeRefusal>,
) -> ApiResult {
    match changed {
        CustomerChangeResult::Created(customer) => {
            Ok((StatusCode::CREATED, customer_response(context, *customer)).into_response())
        }
        CustomerChangeResult::Changed(customer) | CustomerChangeResult::Unchanged(customer) => {
            Ok(customer_response(context, *customer))
        }
        CustomerChangeResult::Refused(CustomerChangeRefusal::Invalid(errors)) => {
            Err(Problem::validation(errors))
        }
        CustomerChangeResult::Refused(CustomerChangeRefusal::CurrencyFixed { present }) => {
            let detail = format!("orders of this customer are counted in {present}");
            Err(Problem::conflict("currency_fixed", detail))
        }
        CustomerChangeResult::Erased => Err(customer_erased()),
        CustomerChangeResult::Unknown => Err(customer_unknown()),
    }
}

pub(crate) fn changed_customer(changed: CustomerChangeResult) -> Result<Box<Customer>, Problem> {
    match changed {
        CustomerChangeResult::Created(customer)
        | CustomerChangeResult::Changed(customer)
        | CustomerChangeResult::Unchanged(customer) => Ok(customer),
        CustomerChangeResult::Refused(never) => match never {},
        CustomerChangeResult::Erased => Err(customer_erased()),
        CustomerChangeResult::Unknown => Err(customer_unknown()),
    }
}

fn customer_response(context: &CustomersContext, customer: Customer) -> Response {
    Json(CustomerView::new(customer, context.currency)).into_response()
}

pub(crate) fn customer_unknown() -> Problem {
    Problem::not_found("customer_unknown").with_detail("no customer has this id")
}
pub(crate) fn customer_erased() -> Problem {
    Problem::gone("customer_erased", "this customer was erased and the id cannot be used again")
}
