//! The guard before every route of the app backend: is the request signed with a key of the scope
//! that the route needs, and is it the first of its id?
//!
//! It reads the secret with the API keys. It writes to Work the ids of requests that are taken
//! once, and to Control when each key was last used. After it: the handlers of customers and
//! vouchers.
//!
//! Guarantees: no handler behind it runs without a valid signature and scope; on routes where a
//! repeat would do harm, no request is taken twice; a revoked key is refused within a minute.

mod last_uses;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use domain::kernel::api_key::{ApiKey, KeyScope};
use http_edge::{
    OpenApiRouter, Problem,
    signed_request::{UnverifiedRequest, VerifiedCaller},
};
use jiff::Timestamp;
use secrets::Secrets;
use store::{Store, conditional::Applied};

use last_uses::LastUses;

/// The way in which a route meets the same signed request a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatRule {
    /// The handler recognises the repeat by its content, or changes nothing.
    Harmless,
    /// The repeat would undo what came in between, so it is refused as `signature_used`.
    Refused,
}

/// The place from which the guard gets the keys.
#[derive(Clone)]
pub enum ApiKeySource {
    /// The secret with this ARN.
    Secret { secrets: Arc<Secrets>, arn: String },
    /// These keys, for tests, simulations and benchmarks.
    Given(Arc<[ApiKey]>),
}

impl ApiKeySource {
    async fn api_keys(&self) -> Result<Arc<[ApiKey]>, Problem> {
        match self {
            Self::Given(keys) => Ok(Arc::clone(keys)),
            Self::Secret { secrets, arn } => secrets
                .api_keys(arn)
                .await
                .map_err(|error| Problem::from_failure(&error, error.retryable())),
        }
    }
}

/// Checks the signatures of requests before their handlers run.
#[derive(Clone)]
pub struct SignatureVerifier {
    keys: ApiKeySource,
    store: Store,
    now: fn() -> Timestamp,
    last_uses: Arc<LastUses>,
}

/// The guard of one group of routes.
#[derive(Clone)]
struct RouteGuard {
    verifier: SignatureVerifier,
    scope: KeyScope,
    repeats: RepeatRule,
}

impl SignatureVerifier {
    pub fn new(keys: ApiKeySource, store: Store, now: fn() -> Timestamp) -> Self {
        Self { keys, store, now, last_uses: Arc::default() }
    }

    /// Puts the check before every route that was added to `routes` so far.
    pub fn guard_routes<S: Clone + Send + Sync + 'static>(
        &self,
        scope: KeyScope,
        repeats: RepeatRule,
        routes: OpenApiRouter<S>,
    ) -> OpenApiRouter<S> {
        let guard = RouteGuard { verifier: self.clone(), scope, repeats };
        routes.route_layer(middleware::from_fn_with_state(guard, require_signature))
    }
}

async fn require_signature(
    State(guard): State<RouteGuard>,
    request: Request,
    next: Next,
) -> Response {
    match guard.admit(request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

impl RouteGuard {
    async fn admit(&self, request: Request) -> Result<Request, Problem> {
        let SignatureVerifier { keys, store, now, last_uses } = &self.verifier;
        let unverified = UnverifiedRequest::read(request).await?;
        let now = now();
        let keys = keys.api_keys().await?;
        let (request, caller) = unverified.verify(&keys, self.scope, now)?;
        if last_uses.is_due(&caller.key, now)
            && let Err(error) = store.record_key_use(&caller.key, now).await
        {
            tracing::warn!(key = %caller.key, %error, "could not record use of API key");
        }
        match self.repeats {
            RepeatRule::Harmless => {}
            RepeatRule::Refused => take_once(store, &caller, now).await?,
        }
        Ok(request)
    }
}

/// Refuses the request if its id was seen before under the same key.
///
/// The id stays taken if the handler fails afterwards: the caller signs the next try anew, under
/// another id, and what was done by then is recognised by its content.
async fn take_once(store: &Store, caller: &VerifiedCaller, now: Timestamp) -> Result<(), Problem> {
    let VerifiedCaller { key, message_id, invocation } = caller;
    let taken = store.take_message_id(key, message_id, invocation.as_deref(), now).await;
    match taken.map_err(|error| Problem::from_failure(&error, error.retryable()))? {
        Applied::Yes => Ok(()),
        Applied::Conflict => Err(Problem::conflict(
            "signature_used",
            "a request with this webhook-id was received before: sign every request anew",
        )),
    }
}
