//! The campaigns API, for operators: drafts, by hand or from a playbook, their life from launch to archive, previews, replays, history,
//! records. Reads and writes Control; a launch writes the run's segments to Work; a replay reads orders there; reads Vouchers and
//! Customers. After it: expand-audience, which it nudges.
//! Guarantees: who may, by group; two editors cannot overwrite each other; every change leaves an audit record.

pub mod views;
mod drafts;
mod playbooks;
mod approvals;
mod lifecycle;
mod preview;
mod overlaps;
mod message_preview;
mod message_views;
mod test_sends;
mod replay;
mod audit;
mod vouchers;
mod document;
mod identity;
mod patch;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::{
    Timestamp, campaign::Campaign, channel::Channel, id::CampaignId, money::Currency, sample, voucher::Brand,
};
use http::request::Parts;
use http_api::{Answer, Cursors, OpenApiRouter, Problem, routes};
use queue::Queue;
use runtime::{Error, aws, clock, env};
use secrets::Secrets;
use store::{Store, StoreError, Tables};

/// Segments of a run: how many workers can select at once. A launch is one transaction of at most 100 items, segments and all.
const DEFAULT_SEGMENTS: u32 = 64;
const MAX_SEGMENTS: u32 = 90;

pub struct Context {
    pub store: Store,
    pub expansion: Queue,
    pub autopilot: Queue,
    pub release: Queue,
    pub secrets: Secrets,
    /// ARN of the secret that signs cursors.
    pub cursor_secret: String,
    pub segments: u32,
    /// The tenant's: what playbooks are made in.
    pub currency: Currency,
    pub messaging: Messaging,
}

/// What the workers are given for their messages: a preview shows it, a test send goes to their queues.
pub struct Messaging {
    pub brand: Brand,
    /// The address that e-mails are sent from.
    pub sender: String,
    /// Where the ways out begin.
    pub way_out_base: String,
    pub sms: Queue,
    pub email: Queue,
    pub push: Queue,
    /// How long a worker can have a sample.
    pub lease_seconds: i64,
}

impl Messaging {
    fn from_environment() -> Result<Self, Error> {
        let sqs = &aws::config("sqs");
        Ok(Self {
            brand: Brand { name: env::required("BRAND_NAME")?, link_base: env::required("LINK_BASE")? },
            sender: env::required("SENDER_EMAIL")?,
            way_out_base: way_out_base(env::optional("PUBLIC_URL").as_deref()),
            sms: Queue::new(sqs, env::required("SMS_QUEUE_URL")?),
            email: Queue::new(sqs, env::required("EMAIL_QUEUE_URL")?),
            push: Queue::new(sqs, env::required("PUSH_QUEUE_URL")?),
            lease_seconds: env::number("WORKER_TIMEOUT_SECONDS", 30)?,
        })
    }

    fn queue(&self, channel: Channel) -> &Queue {
        match channel {
            Channel::Sms => &self.sms,
            Channel::Email => &self.email,
            Channel::Push => &self.push,
        }
    }

    /// Where the way out of a preview leads: to the page that says that this link is none.
    fn sample_way_out(&self) -> String {
        format!("{}/{}", self.way_out_base.trim_end_matches('/'), sample::WAY_OUT)
    }
}

impl Context {
    fn from_environment() -> Result<Self, Error> {
        let sqs = aws::config("sqs");
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), Tables::from_lookup(env::optional)),
            expansion: Queue::new(&sqs, env::required("EXPANSION_QUEUE_URL")?),
            autopilot: Queue::new(&sqs, env::required("AUTOPILOT_QUEUE_URL")?),
            release: Queue::new(&sqs, env::required("RELEASE_QUEUE_URL")?),
            secrets: Secrets::new(&aws::config("secrets_manager")),
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            segments: env::number("SCAN_SEGMENTS", DEFAULT_SEGMENTS)?.clamp(1, MAX_SEGMENTS),
            currency: Currency::parse(&env::required("CURRENCY")?)?,
            messaging: Messaging::from_environment()?,
        })
    }

    async fn cursors(&self) -> Answer<Cursors> {
        let key = self.secrets.key(&self.cursor_secret).await;
        Ok(Cursors::new(key.map_err(|error| Problem::from_failure(&error, error.retryable()))?))
    }

    async fn campaign(&self, id: &CampaignId) -> Answer<Campaign> {
        self.store.campaign(id).await.map_err(failed)?.ok_or_else(unknown_campaign)
    }
}

/// The API cannot know its own address while it is being deployed: where it has no domain of its own, previews show a made-up one.
fn way_out_base(public_url: Option<&str>) -> String {
    let url = public_url.filter(|url| !url.is_empty()).unwrap_or("https://api.example.com");
    format!("{}/u", url.trim_end_matches('/'))
}

pub async fn run() -> Result<(), Error> {
    let context = Arc::new(Context::from_environment()?);
    http_api::serve(routes().with_state(context)).await
}

pub fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(drafts::list, drafts::create))
        .routes(routes!(drafts::read, drafts::replace, drafts::change, drafts::delete))
        .routes(routes!(drafts::clone))
        .routes(routes!(playbooks::list))
        .routes(routes!(playbooks::start))
        .routes(routes!(playbooks::start_portfolio))
        .routes(routes!(approvals::approve))
        .routes(routes!(lifecycle::launch))
        .routes(routes!(lifecycle::pause))
        .routes(routes!(lifecycle::resume))
        .routes(routes!(lifecycle::cancel))
        .routes(routes!(lifecycle::archive))
        .routes(routes!(audit::list))
        .routes(routes!(vouchers::list))
        .routes(routes!(preview::create))
        .routes(routes!(overlaps::list))
        .routes(routes!(message_preview::create))
        .routes(routes!(test_sends::create))
        .routes(routes!(test_sends::read))
        .routes(routes!(replay::create))
        .routes(routes!(document::read))
}

/// Times are stored in milliseconds: an answer shows a time as it will be read back.
fn now() -> Timestamp {
    let now = clock::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

fn failed(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

fn unknown_campaign() -> Problem {
    Problem::not_found("campaign_unknown").with_detail("there is no such campaign")
}

/// The campaign of the path. What is not an id names no campaign.
struct Id(CampaignId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.ok().and_then(|path| CampaignId::parse(&path).ok()).map(Self).ok_or_else(unknown_campaign)
    }
}
