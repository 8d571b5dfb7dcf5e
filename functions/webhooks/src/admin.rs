//! The webhooks API: operators manage the endpoints that receive webhook events, their secrets and
//! their dead letters.
//!
//! Reads and writes the endpoints in Control and the dead letters in Work, and nudges
//! deliver-webhooks. Before it: the console. After it: publish-webhook-events and deliver-webhooks.
//!
//! Guarantees: an address that is not on the public internet is refused before it is saved, and
//! again at each call. A secret is shown once, when it is created, to an admin. A repeated redrive
//! sends each dead letter once.

pub mod views;
mod endpoints;
mod dead_letters;

use std::sync::Arc;

use domain::{
    kernel::{audit_kind::AuditKind, id::WebhookEndpointId},
    voucher::webhook_event::WebhookEndpoint,
};
use http_edge::{ApiResult, CursorKeySource, OpenApiRouter, Operator, Problem, routes};
use queue::Queue;
use runtime::{Error, aws, clock, env};
use secrets::{SecretError, Secrets};
use store::{Store, StoreError, TableNames, campaign::campaigns::AuditedChange};
use webhook_client::AddressPolicy;

pub struct WebhooksContext {
    pub store: Store,
    pub webhooks: Queue,
    pub secrets: Secrets,
    /// ARN of the secret from which the endpoints' secrets are derived.
    pub signing_secret: String,
    /// ARN of the secret that signs cursors.
    pub cursor_secret: String,
    pub policy: AddressPolicy,
}

impl WebhooksContext {
    fn from_environment() -> Result<Self, Error> {
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), TableNames::from_lookup(env::optional)),
            webhooks: Queue::new(&aws::config("sqs"), env::required("WEBHOOKS_QUEUE_URL")?),
            secrets: Secrets::new(&aws::config("secrets_manager")),
            signing_secret: env::required("SIGNING_SECRET_ARN")?,
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            policy: AddressPolicy::new(&env::optional("WEBHOOK_PRIVATE_HOSTS").unwrap_or_default()),
        })
    }

    /// Returns the endpoint's secret in the form in which a receiver is configured with it.
    async fn display_secret(&self, hook: &WebhookEndpoint) -> ApiResult<String> {
        let master =
            self.secrets.master_secret(&self.signing_secret).await.map_err(secret_problem)?;
        let key = master
            .current_endpoint_key(&hook.key_id, hook.rotation)
            .ok_or_else(Problem::internal)?;
        Ok(key.encoded())
    }

    /// Records an operator's act on an endpoint in the log over everything, before it is done.
    async fn record_act(
        &self,
        operator: &Operator,
        endpoint: &WebhookEndpointId,
        action: &str,
        note: &str,
    ) -> ApiResult<()> {
        let actor = operator.actor();
        let change = AuditedChange { actor: &actor, action, note, at: clock::now() };
        let recorded = self.store.record_act(AuditKind::Webhook, endpoint.as_str(), &change).await;
        recorded.map_err(store_problem)
    }

    async fn load_endpoint(&self, name: &str) -> ApiResult<WebhookEndpoint> {
        let id = WebhookEndpointId::parse(name).map_err(|_| unknown_endpoint())?;
        self.store.webhook_endpoint(&id).await.map_err(store_problem)?.ok_or_else(unknown_endpoint)
    }
}

impl CursorKeySource for WebhooksContext {
    async fn cursor_keys(&self) -> ApiResult<Vec<Vec<u8>>> {
        self.secrets.signing_keys(&self.cursor_secret).await.map_err(secret_problem)
    }
}

pub async fn run() -> Result<(), Error> {
    let context = Arc::new(WebhooksContext::from_environment()?);
    http_edge::serve(routes().with_state(context)).await
}

pub fn routes() -> OpenApiRouter<Arc<WebhooksContext>> {
    OpenApiRouter::new()
        .routes(routes!(endpoints::list))
        .routes(routes!(endpoints::show, endpoints::put, endpoints::delete))
        .routes(routes!(endpoints::rotate))
        .routes(routes!(endpoints::test))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::redrive))
}

fn store_problem(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

fn secret_problem(error: SecretError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

fn unknown_endpoint() -> Problem {
    Problem::not_found("endpoint_unknown").with_detail("there is no endpoint of this name")
}

fn contention_problem() -> Problem {
    Problem::unavailable()
        .with_detail("it is changed by somebody else at this moment: read it again")
}
