//! `/v1/customers/{id}/devices/{device}`: registers a device by the raw token that its platform gave
//! the app, and adds the endpoint that SNS makes of it to the customer.
//!
//! Guarantees: nothing is registered for a customer who does not exist; a repeat with the same token
//! finds the same endpoint; the customer is changed only after SNS has taken the token.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::IntoResponse,
};
use channels::devices::RegistrationFailure;
use domain::customer::{devices::DeviceRegistration, profile::PushEndpoint};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;
use store::customer::profiles::CustomerLookup;

use crate::{
    CustomersContext,
    customers::{
        changed_customer, customer_erased, customer_unknown, parse_customer_id, parse_endpoint_id,
    },
    store_failure,
    view::EndpointsView,
};

/// Registers a device by its raw token, or gives a known device its new one. Beyond five devices the
/// oldest one is removed.
///
/// The deployment's platform application for the platform makes an endpoint of the token. The token
/// belongs to the customer who registered it last: another one who has it loses it. Registering a
/// token that was found dead brings it back.
#[utoipa::path(put, path = "/v1/customers/{id}/devices/{device}", tag = "customers", operation_id = "putDevice",
    params(("id" = String, Path), ("device" = String, Path, description = "an id of the app's own for this device")),
    request_body = DeviceRegistration, security(("webhookSignature" = [])),
    responses((status = 200, body = EndpointsView), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn put(
    State(context): State<Arc<CustomersContext>>,
    Path((id, device)): Path<(String, String)>,
    signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    let endpoint_id = parse_endpoint_id(&device)?;
    let registration: DeviceRegistration = signed.parse()?;
    if let Some(reason) = registration.token_error() {
        return Err(Problem::field("/token", "invalid", reason));
    }
    match context.store.customer(&id).await.map_err(store_failure)? {
        CustomerLookup::Customer(_) => {}
        CustomerLookup::Erased => return Err(customer_erased()),
        CustomerLookup::Unknown => return Err(customer_unknown()),
    }
    let arn = context.devices.register(&registration).await.map_err(registration_problem)?;
    let endpoint = PushEndpoint { endpoint_id, arn };
    let changed =
        context.store.put_endpoint(&id, &endpoint, clock::now()).await.map_err(store_failure)?;
    let push_endpoints = changed_customer(changed)?.push_endpoints;
    Ok(Json(EndpointsView { push_endpoints }).into_response())
}

fn registration_problem(failure: RegistrationFailure) -> Problem {
    match failure {
        RegistrationFailure::NoApplication(platform) => {
            let detail = format!(
                "this deployment has no platform application for {platform}: its parameter \
                 PushApplications names them"
            );
            Problem::field("/platform", "no_application", detail)
        }
        RegistrationFailure::BadToken => {
            Problem::field("/token", "invalid", "the platform knows no such token")
        }
        RegistrationFailure::Provider(code) => {
            tracing::error!(code, "a device could not be registered with SNS");
            Problem::unavailable().with_detail("the device could not be registered: try again")
        }
    }
}
