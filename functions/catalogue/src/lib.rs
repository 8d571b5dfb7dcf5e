//! The catalogue and the values that occur: what people pick when they build a campaign.
//!
//! Reads the counts of values in Reports, the names of events in Work, and the catalogue in Control;
//! writes the catalogue. Before it: aggregate-reports, which counts, and the marketplace or its
//! operators, who tell names. After it: the console's pickers, and audiences near new merchants.

mod entries;
mod values;

use std::sync::Arc;

use api_keys::{ApiKeySource, RepeatRule, SignatureVerifier};
use domain::kernel::api_key::KeyScope;
use http_edge::{ApiResult, CursorKeySource, OpenApiRouter, Problem, routes};
pub use reporting::known_values::KnownValueCache;
use runtime::{Error, aws, clock, env};
use secrets::Secrets;
use store::{Store, StoreError, TableNames};

pub struct CatalogueContext {
    pub store: Store,
    pub secrets: Arc<Secrets>,
    /// ARN of the secret that signs cursors.
    pub cursor_secret: String,
    pub known: KnownValueCache,
}

impl CatalogueContext {
    fn from_environment() -> Result<Self, Error> {
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), TableNames::from_lookup(env::optional)),
            secrets: Arc::new(Secrets::new(&aws::config("secrets_manager"))),
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            known: KnownValueCache::default(),
        })
    }
}

impl CursorKeySource for CatalogueContext {
    async fn cursor_keys(&self) -> ApiResult<Vec<Vec<u8>>> {
        let keys = self.secrets.signing_keys(&self.cursor_secret).await;
        keys.map_err(|error| Problem::from_failure(&error, error.retryable()))
    }
}

pub async fn run() -> Result<(), Error> {
    let context = Arc::new(CatalogueContext::from_environment()?);
    let source = ApiKeySource::Secret {
        secrets: Arc::clone(&context.secrets),
        arn: env::required("WEBHOOK_SECRET_ARN")?,
    };
    let verifier = SignatureVerifier::new(source, context.store.clone(), clock::platform_now);
    http_edge::serve(router(context, verifier)).await
}

/// Returns all routes, each behind its guard.
pub fn router(context: Arc<CatalogueContext>, verifier: SignatureVerifier) -> OpenApiRouter {
    let signed = verifier.guard_routes(KeyScope::Catalogue, RepeatRule::Refused, signed_routes());
    operator_routes().merge(signed).with_state(context)
}

/// Returns the routes of operators.
pub fn operator_routes() -> OpenApiRouter<Arc<CatalogueContext>> {
    OpenApiRouter::new()
        .routes(routes!(values::list))
        .routes(routes!(entries::list_merchants))
        .routes(routes!(entries::show_merchant, entries::put_merchant, entries::delete_merchant))
        .routes(routes!(entries::show_names, entries::put_names, entries::delete_names))
}

/// Returns the routes of the marketplace's backend, without the signature check. A repeated request
/// is refused: sent again, it would undo a later one.
pub fn signed_routes() -> OpenApiRouter<Arc<CatalogueContext>> {
    OpenApiRouter::new()
        .routes(routes!(entries::report_merchant, entries::withdraw_merchant))
        .routes(routes!(entries::report_names))
}

fn store_problem(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}
