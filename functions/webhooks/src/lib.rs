//! The API by which operators say where the app backend is told what happens: endpoints with their secrets, their dead letters, and
//! sending those again. Reads and writes the endpoints in Control and the dead letters in Work; nudges send-webhooks. Before it: the
//! console. After it: announce and send-webhooks.
//! Guarantees: an address that is not on the public internet is refused before it is saved (and again at each call); a secret is shown
//! once, when it is made, to an admin; sending dead letters again twice sends each of them once.

pub mod views;
mod endpoints;
mod letters;

use std::sync::Arc;

use domain::{announcement::Hook, id::HookId};
use http_api::{Answer, Cursors, OpenApiRouter, Problem, routes};
use outbound::Policy;
use queue::Queue;
use runtime::{Error, aws, env};
use secrets::{SecretError, Secrets};
use store::{Store, StoreError, Tables};

pub struct Context {
    pub store: Store,
    pub webhooks: Queue,
    pub secrets: Secrets,
    /// ARN of the secret that the endpoints' secrets are derived from.
    pub signing_secret: String,
    /// ARN of the secret that signs cursors.
    pub cursor_secret: String,
    pub policy: Policy,
}

impl Context {
    fn from_environment() -> Result<Self, Error> {
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), Tables::from_lookup(env::optional)),
            webhooks: Queue::new(&aws::config("sqs"), env::required("WEBHOOKS_QUEUE_URL")?),
            secrets: Secrets::new(&aws::config("secrets_manager")),
            signing_secret: env::required("SIGNING_SECRET_ARN")?,
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            policy: Policy::new(&env::optional("WEBHOOK_PRIVATE_HOSTS").unwrap_or_default()),
        })
    }

    async fn cursors(&self) -> Answer<Cursors> {
        Ok(Cursors::new(self.secrets.key(&self.cursor_secret).await.map_err(unread)?))
    }

    /// The endpoint's secret, as a receiver sets it up.
    async fn shown_secret(&self, hook: &Hook) -> Answer<String> {
        let master = self.secrets.master(&self.signing_secret).await.map_err(unread)?;
        let key = master.endpoint(&hook.key_id, hook.rotation).ok_or_else(Problem::internal)?;
        Ok(key.shown())
    }

    async fn hook(&self, name: &str) -> Answer<Hook> {
        let id = HookId::parse(name).map_err(|_| unknown_endpoint())?;
        self.store.hook(&id).await.map_err(failed)?.ok_or_else(unknown_endpoint)
    }
}

pub async fn run() -> Result<(), Error> {
    let context = Arc::new(Context::from_environment()?);
    http_api::serve(routes().with_state(context)).await
}

pub fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(endpoints::list))
        .routes(routes!(endpoints::show, endpoints::put, endpoints::delete))
        .routes(routes!(endpoints::rotate))
        .routes(routes!(endpoints::test))
        .routes(routes!(letters::list))
        .routes(routes!(letters::redrive))
}

fn failed(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

fn unread(error: SecretError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

fn unknown_endpoint() -> Problem {
    Problem::not_found("endpoint_unknown").with_detail("there is no endpoint of this name")
}

fn contended() -> Problem {
    Problem::unavailable().with_detail("it is changed by somebody else at this moment: read it again")
}
