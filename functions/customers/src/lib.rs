//! Customers, their orders, carts and events, from the app backend, which signs each request (Standard Webhooks).
//! Reads and writes Customers, order records and matches of autopilots in Work; reads Control for who listens, and writes into Vouchers what an order counts for. Before it is the marketplace; after it come audiences and deliveries,
//! which see each change at once (deliveries) or within seconds (scans). Every route can be repeated safely.

mod customers;
mod events;
mod forgotten;
mod listening;
mod names;
mod orders;
mod view;

use std::sync::Arc;

use domain::money::Currency;
use http_api::{OpenApiRouter, Problem, Verifier, routes};
use runtime::{clock, env};
use secrets::Secrets;
use store::{Store, StoreError, Tables};

pub use forgotten::Keys;
pub use listening::Listening;
pub use names::Names;

pub struct Context {
    pub store: Store,
    /// Of customers without their own.
    pub currency: Currency,
    pub listening: Listening,
    pub names: Names,
    /// By which addresses of erased customers are known again.
    pub keys: Keys,
}

impl Context {
    pub fn new(store: Store, currency: Currency, keys: Keys) -> Self {
        Self { store, currency, listening: Listening::default(), names: Names::default(), keys }
    }
}

pub async fn run() -> Result<(), runtime::Error> {
    let currency = env::required("CURRENCY")?;
    let store = Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(env::optional));
    let secret = env::required("WEBHOOK_SECRET_ARN")?;
    let secrets = Arc::new(Secrets::new(&runtime::aws::config("secrets_manager")));
    let keys = Keys::Secret { secrets: Arc::clone(&secrets), arn: env::required("ERASURE_SECRET_ARN")? };
    let context = Context::new(store, Currency::parse(&currency)?, keys);
    let verifier = Verifier::new(clock::now, move || {
        let (secrets, secret) = (Arc::clone(&secrets), secret.clone());
        async move { secrets.webhook(&secret).await.map_err(|error| Problem::from_failure(&error, error.retryable())) }
    });
    http_api::serve(router(Arc::new(context), verifier)).await
}

pub fn router(context: Arc<Context>, verifier: Verifier) -> OpenApiRouter {
    verifier.guard(routes()).with_state(context)
}

/// Without who may call them: the OpenAPI document is made of these.
pub fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(customers::put, customers::patch, customers::get, customers::erase))
        .routes(routes!(customers::put_consent))
        .routes(routes!(customers::put_endpoint))
        .routes(routes!(customers::delete_endpoint))
        .routes(routes!(orders::post))
        .routes(routes!(events::post_cart))
        .routes(routes!(events::post_event))
}

fn failed(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}
