//! The API for customers, their orders, carts and events. The app backend calls it and signs each
//! request (Standard Webhooks).
//!
//! It reads and writes Customers, in Addresses which record has which address, order records and
//! autopilot matches in Work; reads from Control
//! which autopilots fire on events; writes to Vouchers the orders attributed to them; and registers
//! devices with SNS. After it
//! come audiences and deliveries, which see each change at once (deliveries) or within seconds
//! (scans). Every request can be repeated safely.

mod customers;
mod devices;
mod events;
mod event_triggers_cache;
mod event_names;
mod orders;
mod preferences;
mod order_views;
mod view;

use std::sync::Arc;

use ::channels::devices::DeviceRegistrar;
use api_keys::{ApiKeySource, RepeatRule, SignatureVerifier};
use domain::{
    customer::devices::{EndpointHome, PushApplications},
    kernel::{api_key::KeyScope, money::Currency},
};
use http_edge::{OpenApiRouter, Problem, routes};
use runtime::{clock, env};
use secrets::Secrets;
use store::{Store, StoreError, TableNames, TenantDefaults, customer::addresses::AddressKeySource};

pub use event_names::EventNameCache;
pub use event_triggers_cache::EventTriggersCache;

pub struct CustomersContext {
    pub store: Store,
    /// The currency of customers whose profile has none.
    pub currency: Currency,
    pub event_triggers: EventTriggersCache,
    pub event_names: EventNameCache,
    pub devices: DeviceRegistrar,
    /// The endpoints that this deployment may push to. Others are refused.
    pub endpoint_home: EndpointHome,
}

impl CustomersContext {
    pub fn new(store: Store, currency: Currency, devices: DeviceRegistrar) -> Self {
        Self {
            store,
            currency,
            event_triggers: EventTriggersCache::default(),
            event_names: EventNameCache::default(),
            devices,
            endpoint_home: EndpointHome::default(),
        }
    }

    /// Takes only endpoints of this account and region.
    #[must_use]
    pub fn with_endpoint_home(self, endpoint_home: EndpointHome) -> Self {
        Self { endpoint_home, ..self }
    }
}

pub async fn run() -> Result<(), runtime::Error> {
    let currency = env::required("CURRENCY")?;
    let secrets = Arc::new(Secrets::new(&runtime::aws::config("secrets_manager")));
    let store =
        Store::new(&runtime::aws::config("dynamodb"), TableNames::from_lookup(env::optional))
            .with_address_keys(address_keys(&secrets, env::required("ADDRESS_SECRET_ARN")?))
            .with_tenant(TenantDefaults::from_lookup(env::optional)?);
    let source = ApiKeySource::Secret { secrets, arn: env::required("WEBHOOK_SECRET_ARN")? };
    let verifier = SignatureVerifier::new(source, store.clone(), clock::platform_now);
    let applications = env::optional("PUSH_APPLICATIONS").unwrap_or_default();
    let devices =
        DeviceRegistrar::new(&runtime::aws::config("sns"), PushApplications::parse(&applications)?);
    let home = EndpointHome::new(env::optional("PUSH_ENDPOINT_PREFIX"));
    let context =
        CustomersContext::new(store, Currency::parse(&currency)?, devices).with_endpoint_home(home);
    http_edge::serve(router(Arc::new(context), verifier)).await
}

fn address_keys(secrets: &Arc<Secrets>, arn: String) -> AddressKeySource {
    let secrets = Arc::clone(secrets);
    AddressKeySource::reading(move || Arc::clone(&secrets).read_address_hasher(arn.clone()))
}

pub fn router(context: Arc<CustomersContext>, verifier: SignatureVerifier) -> OpenApiRouter {
    guarded_groups()
        .map(|(scope, repeats, group)| verifier.guard_routes(scope, repeats, group))
        .into_iter()
        .fold(OpenApiRouter::new(), OpenApiRouter::merge)
        .with_state(context)
}

/// Returns the routes without the signature check. The OpenAPI document is built from these.
pub fn routes() -> OpenApiRouter<Arc<CustomersContext>> {
    let groups = guarded_groups().map(|(_, _, group)| group);
    groups.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge)
}

/// Lists the routes with the scope that each needs, and what becomes of a repeated request.
///
/// A change of a customer is refused the second time: sent again, it would undo a later change.
/// Orders, carts and events are recognised by their own ids and times.
fn guarded_groups() -> [(KeyScope, RepeatRule, OpenApiRouter<Arc<CustomersContext>>); 3] {
    let changes = OpenApiRouter::new()
        .routes(routes!(customers::put, customers::patch, customers::erase))
        .routes(routes!(customers::put_consent))
        .routes(routes!(preferences::put_topic))
        .routes(routes!(preferences::put_topic_on_channel))
        .routes(routes!(preferences::put_pause))
        .routes(routes!(customers::put_endpoint))
        .routes(routes!(devices::put))
        .routes(routes!(customers::delete_endpoint));
    let reads = OpenApiRouter::new().routes(routes!(customers::get));
    let activity = OpenApiRouter::new()
        .routes(routes!(orders::post))
        .routes(routes!(events::post_cart))
        .routes(routes!(events::post_event));
    [
        (KeyScope::Customers, RepeatRule::Refused, changes),
        (KeyScope::Customers, RepeatRule::Harmless, reads),
        (KeyScope::Orders, RepeatRule::Harmless, activity),
    ]
}

fn store_failure(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}
