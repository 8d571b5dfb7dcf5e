//! The campaigns API for operators: drafts, written by hand or created from a playbook, their
//! lifecycle from launch to archive, previews, rehearsals, replays, history and records; and the
//! pictures that messages show.
//!
//! It reads and writes Control; a launch writes the run's segments to Work, and a rehearsal its
//! parts; a replay reads orders there; previews, overlaps and record lists read Vouchers and
//! Customers; pictures go to their bucket. After it: expand-audience, which it nudges.
//!
//! Guarantees: the operator's group decides what they may do; two editors cannot overwrite each
//! other; every change leaves an audit record.

mod value_warnings;
pub mod views;
mod response;
mod precondition;
mod drafts;
mod list;
mod playbooks;
mod approvals;
mod approval_state;
mod readiness;
mod lifecycle;
mod redeeming;
mod segments;
mod audience_preview;
mod overlaps;
mod message_preview;
mod message_views;
mod test_sends;
mod pictures;
mod replay;
mod rehearsals;
mod rehearsal_sample;
mod rehearsal_views;
mod prediction;
mod audit;
mod audit_log;
mod vouchers;
mod openapi_document;
mod identity;
mod patch;

use std::sync::Arc;

use ::pictures::PictureStore;
use axum::extract::FromRequestParts;
use domain::{
    campaign::{definition::Definition, lifecycle::Campaign, messages::way_out::WayOut},
    customer::{leaving_link, phone_country::CountryCode, profile::Customer},
    delivery::{
        sms_origination::{SmsOriginations, SmsProvider},
        sms_way_out::SmsWayOut,
        test_send,
    },
    kernel::{channel::Channel, id::CampaignId, money::Currency},
    reporting::costs::CostRates,
    voucher::record::BrandIdentity,
};
use http::request::Parts;
use http_edge::{ApiResult, CursorKeySource, OpenApiRouter, Problem, routes};
use queue::{Queue, QueueClient};
pub use reporting::known_values::KnownValueCache;
use runtime::{Error, aws, env};
use secrets::Secrets;
use store::{Store, StoreError, TableNames, TenantDefaults, customer::addresses::AddressKeySource};

/// The number of segments of a run, which is how many workers can select customers at once. A
/// launch is one transaction of at most 100 items, segments included.
const DEFAULT_SEGMENTS: u32 = 64;
const MAX_SEGMENTS: u32 = 90;

pub struct CampaignsContext {
    pub store: Store,
    pub expansion: Queue,
    pub autopilot: Queue,
    pub release: Queue,
    pub secrets: Secrets,
    /// ARN of the secret that signs cursors.
    pub cursor_secret: String,
    pub segments: u32,
    /// The tenant's currency, used for new campaigns from playbooks.
    pub currency: Currency,
    pub messaging: MessagingSettings,
    pub pictures: PictureStore,
    /// The values that occur, for warnings of those that nobody has.
    pub known: KnownValueCache,
    pub rehearsals: RehearsalSettings,
}

/// The deployment's prices and sending rates, by which a rehearsal is weighed. The tenant's
/// settings take precedence.
#[derive(Debug, Clone, Copy, Default)]
pub struct RehearsalSettings {
    pub costs: CostRates,
    pub rates: ChannelRates,
}

/// The messages that each channel may send per second.
#[derive(Debug, Clone, Copy)]
pub struct ChannelRates {
    sms: u64,
    email: u64,
    push: u64,
}

impl Default for ChannelRates {
    /// Returns the rates of a deployment that names none.
    fn default() -> Self {
        Self { sms: 20, email: 50, push: 500 }
    }
}

impl ChannelRates {
    fn from_environment() -> Result<Self, Error> {
        let Self { sms, email, push } = Self::default();
        Ok(Self {
            sms: env::number("SMS_RATE", sms)?,
            email: env::number("EMAIL_RATE", email)?,
            push: env::number("PUSH_RATE", push)?,
        })
    }

    pub(crate) fn per_second(&self, channel: Channel) -> u64 {
        match channel {
            Channel::Sms => self.sms,
            Channel::Email => self.email,
            Channel::Push => self.push,
        }
    }
}

/// The settings that workers compose messages with. A preview uses the same ones; a test send goes
/// to the workers' queues.
pub struct MessagingSettings {
    pub brand: BrandIdentity,
    /// The address that e-mails are sent from.
    pub sender: String,
    /// The URL that every unsubscribe link begins with.
    pub unsubscribe_base: String,
    /// The identities that SMS come from, which say where replies arrive.
    pub originations: SmsOriginations,
    pub sms: Queue,
    pub email: Queue,
    pub push: Queue,
    /// The time limit of a delivery worker, in seconds. A test message that is `sending` for more
    /// than twice as long has lost its worker.
    pub lease_seconds: i64,
}

impl MessagingSettings {
    fn from_environment(sqs: &QueueClient) -> Result<Self, Error> {
        Ok(Self {
            brand: BrandIdentity {
                name: env::required("BRAND_NAME")?,
                link_base: public_base(env::optional("PUBLIC_URL").as_deref(), "l"),
            },
            sender: env::required("SENDER_EMAIL")?,
            unsubscribe_base: public_base(env::optional("PUBLIC_URL").as_deref(), "u"),
            originations: SmsOriginations::from_lookup(
                env::parsed(
                    "SMS_PROVIDER",
                    SmsProvider::default(),
                    "eum or sns",
                    SmsProvider::parse,
                )?,
                env::optional,
            )?,
            sms: sqs.queue(env::required("SMS_QUEUE_URL")?),
            email: sqs.queue(env::required("EMAIL_QUEUE_URL")?),
            push: sqs.queue(env::required("PUSH_QUEUE_URL")?),
            lease_seconds: env::number("WORKER_TIMEOUT_SECONDS", 30)?,
        })
    }

    fn channel_queue(&self, channel: Channel) -> &Queue {
        match channel {
            Channel::Sms => &self.sms,
            Channel::Email => &self.email,
            Channel::Push => &self.push,
        }
    }

    /// Unsubscribe URL used in previews. Its token is not a valid one, so the page says that the
    /// link is not complete and changes nothing.
    fn example_unsubscribe_link(&self) -> String {
        format!("{}/{}", self.unsubscribe_base.trim_end_matches('/'), test_send::EXAMPLE_ID)
    }
}

impl MessagingSettings {
    /// Returns the way out that a preview shows in the SMS of a customer: that of their country.
    pub(crate) fn example_way_out(&self, rule: &SmsWayOut, customer: &Customer) -> WayOut {
        let country = customer.contacts.phone.as_ref().and_then(CountryCode::of_phone);
        let base = self.unsubscribe_base.trim_end_matches('/');
        let link = || format!("{base}/{}", leaving_link::EXAMPLE_CODE);
        rule.choose_in(country, self.originations.hears_in(country)).with_link(link)
    }
}

impl CampaignsContext {
    fn from_environment() -> Result<Self, Error> {
        let sqs = QueueClient::new(&aws::config("sqs"));
        let source = Arc::new(Secrets::new(&aws::config("secrets_manager")));
        let arn = env::required("ADDRESS_SECRET_ARN")?;
        let address_keys =
            AddressKeySource::reading(move || Arc::clone(&source).read_address_hasher(arn.clone()));
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), TableNames::from_lookup(env::optional))
                .with_address_keys(address_keys)
                .with_tenant(TenantDefaults::from_lookup(env::optional)?),
            expansion: sqs.queue(env::required("EXPANSION_QUEUE_URL")?),
            autopilot: sqs.queue(env::required("AUTOPILOT_QUEUE_URL")?),
            release: sqs.queue(env::required("RELEASE_QUEUE_URL")?),
            secrets: Secrets::new(&aws::config("secrets_manager")),
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            segments: env::number("SCAN_SEGMENTS", DEFAULT_SEGMENTS)?.clamp(1, MAX_SEGMENTS),
            currency: Currency::parse(&env::required("CURRENCY")?)?,
            messaging: MessagingSettings::from_environment(&sqs)?,
            known: KnownValueCache::default(),
            rehearsals: RehearsalSettings {
                costs: CostRates::from_lookup(env::number)?,
                rates: ChannelRates::from_environment()?,
            },
            pictures: PictureStore::new(
                &aws::config("s3"),
                env::required("PICTURES_BUCKET")?,
                &env::required("PICTURES_URL")?,
            ),
        })
    }

    /// Answers 422 at `/topic` if the tenant has no such topic.
    async fn check_topic(&self, definition: &Definition) -> ApiResult<()> {
        if definition.topic.is_none() {
            return Ok(());
        }
        let topics = self.store.topics().await.map_err(store_failure)?;
        match definition.check_topic(&topics) {
            Some(error) => Err(Problem::validation(vec![error])),
            None => Ok(()),
        }
    }

    async fn load_campaign(&self, id: &CampaignId) -> ApiResult<Campaign> {
        self.store.campaign(id).await.map_err(store_failure)?.ok_or_else(unknown_campaign)
    }
}

/// Returns the base of links. The API cannot know its own address while it is being deployed:
/// without a custom domain, previews show an example address.
fn public_base(public_url: Option<&str>, path: &str) -> String {
    let url = public_url.filter(|url| !url.is_empty()).unwrap_or("https://api.example.com");
    format!("{}/{path}", url.trim_end_matches('/'))
}

impl CursorKeySource for CampaignsContext {
    async fn cursor_keys(&self) -> ApiResult<Vec<Vec<u8>>> {
        let keys = self.secrets.signing_keys(&self.cursor_secret).await;
        keys.map_err(|error| Problem::from_failure(&error, error.retryable()))
    }
}

pub async fn run() -> Result<(), Error> {
    let context = Arc::new(CampaignsContext::from_environment()?);
    http_edge::serve(routes().with_state(context)).await
}

pub fn routes() -> OpenApiRouter<Arc<CampaignsContext>> {
    OpenApiRouter::new()
        .routes(routes!(list::list, drafts::create))
        .routes(routes!(drafts::read, drafts::replace, drafts::change, drafts::delete))
        .routes(routes!(drafts::clone))
        .routes(routes!(playbooks::list))
        .routes(routes!(playbooks::start))
        .routes(routes!(playbooks::start_portfolio))
        .routes(routes!(approvals::approve))
        .routes(routes!(lifecycle::launch))
        .routes(routes!(lifecycle::undo_launch))
        .routes(routes!(lifecycle::start_now))
        .routes(routes!(lifecycle::pause))
        .routes(routes!(lifecycle::resume))
        .routes(routes!(lifecycle::cancel))
        .routes(routes!(lifecycle::archive))
        .routes(routes!(redeeming::suspend))
        .routes(routes!(redeeming::resume))
        .routes(routes!(redeeming::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(audit_log::list))
        .routes(routes!(vouchers::list))
        .routes(routes!(segments::list))
        .routes(routes!(segments::read, segments::save, segments::delete))
        .routes(routes!(audience_preview::create))
        .routes(routes!(overlaps::list))
        .routes(routes!(message_preview::create))
        .routes(routes!(test_sends::create))
        .routes(routes!(test_sends::read))
        .routes(routes!(pictures::upload))
        .routes(routes!(replay::create))
        .routes(routes!(rehearsals::list, rehearsals::create))
        .routes(routes!(rehearsals::read))
        .routes(routes!(rehearsals::cancel))
        .routes(routes!(prediction::read))
        .routes(routes!(openapi_document::read))
}

fn store_failure(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

fn unknown_campaign() -> Problem {
    Problem::not_found("campaign_unknown").with_detail("there is no such campaign")
}

/// Extracts the campaign id from the path. A text that is not an id is answered like an unknown
/// campaign.
struct CampaignIdPath(CampaignId);

impl<S: Send + Sync> FromRequestParts<S> for CampaignIdPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.ok()
            .and_then(|path| CampaignId::parse(&path).ok())
            .map(Self)
            .ok_or_else(unknown_campaign)
    }
}
