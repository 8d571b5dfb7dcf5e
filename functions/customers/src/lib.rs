//! The API for customers, their orders, carts and events. The app backend calls it and signs each
//! request (Standard Webhooks).
//!
//! It reads and writes Customers, order records and autopilot matches in Work; reads from Control
//! which autopilots fire on events; and writes to Vouchers the orders attributed to them. After it
//! come audiences and deliveries, which see each change at once (deliveries) or within seconds
//! (scans). Every request can be repeated safely.

mod customers;
mod events;
mod erasure_marks;
mod event_triggers_cache;
mod event_names;
mod orders;
mod order_views;
mod view;

use std::sync::Arc;

use domain::kernel::money::Currency;
use http_edge::{OpenApiRouter, Problem, SignatureVerifier, routes};
use runtime::{clock, env};
use secrets::Secrets;
use store::{Store, StoreError, TableNames};

pub use erasure_marks::ErasureKeySource;
pub use event_names::EventNameCache;
pub use event_triggers_cache::EventTriggersCache;

pub struct CustomersContext {
    pub store: Store,
    /// The currency of customers whose profile has none.
    pub currency: Currency,
    pub event_triggers: EventTriggersCache,
    pub event_names: EventNameCache,
    /// The source of the key by which addresses of erased customers are recognized.
    pub erasure_key: ErasureKeySource,
}

impl CustomersContext {
    pub fn new(store: Store, currency: Currency, erasure_key: ErasureKeySource) -> Self {
        Self {
            store,
            currency,
            event_triggers: EventTriggersCache::default(),
            event_names: EventNameCache::default(),
            erasure_key,
        }
    }
}

pub async fn run() -> Result<(), runtime::Error> {
    let currency = env::required("CURRENCY")?;
    let store =
        Store::new(&runtime::aws::config("dynamodb"), TableNames::from_lookup(env::optional));
    let secret = env::required("WEBHOOK_SECRET_ARN")?;
    let secrets = Arc::new(Secrets::new(&runtime::aws::config("secrets_manager")));
    let keys = ErasureKeySource::Secret {
        secrets: Arc::clone(&secrets),
        arn: env::required("ERASURE_SECRET_ARN")?,
    };
    let context = CustomersContext::new(store, Currency::parse(&currency)?, keys);
    let verifier = SignatureVerifier::new(clock::now, move || {
        let (secrets, secret) = (Arc::clone(&secrets), secret.clone());
        async move {
            secrets
                .webhook_keys(&secret)
                .await
                .map_err(|error| Problem::from_failure(&error, error.retryable()))
        }
    });
    http_edge::serve(router(Arc::new(context), verifier)).await
}

pub fn router(context: Arc<CustomersContext>, verifier: SignatureVerifier) -> OpenApiRouter {
    verifier.guard_routes(routes()).with_state(context)
}

/// Returns the routes without the signature check. The OpenAPI document is built from these.
pub fn routes() -> OpenApiRouter<Arc<CustomersContext>> {
    OpenApiRouter::new()
        .routes(routes!(customers::put, customers::patch, customers::get, customers::erase))
        .routes(routes!(customers::put_consent))
        .routes(routes!(customers::put_endpoint))
        .routes(routes!(customers::delete_endpoint))
        .routes(routes!(orders::post))
        .routes(routes!(events::post_cart))
        .routes(routes!(events::post_event))
}

fn store_failure(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}
