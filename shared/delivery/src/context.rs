//! What a delivery worker holds from its start: clients, settings, and the frozen definitions with their compiled messages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use channels::{Sender, feedback::Learnt};
use domain::{
    Timestamp,
    brand::BrandSettings,
    channel::Channel,
    definition::Definition,
    id::{CampaignId, CustomerId},
    message::Compiled,
    sample,
    voucher::Brand,
};
use queue::Queue;
use secrets::{Sealer, SecretError, Secrets, UNSUBSCRIBE};
use store::{Store, StoreError, Tables, control::settings::Name};

/// Longest wait for a provider's answer.
const MAX_SEND_SECONDS: f64 = 5.0;
/// Beside the provider's call, a customer's turn makes a few calls of milliseconds; a second is room for slow ones.
const STORE_MARGIN: Duration = Duration::from_secs(1);

/// How long a worker waits for a provider: a third of its own time, so that the answer is recorded before the invocation ends.
pub fn send_timeout() -> Result<Duration, runtime::ConfigError> {
    let worker: u32 = runtime::env::number("WORKER_TIMEOUT_SECONDS", 30)?;
    Ok(Duration::from_secs_f64((f64::from(worker) / 3.0).clamp(0.5, MAX_SEND_SECONDS)))
}

/// Seconds for which a change of the brand may not show yet.
const BRAND_SECONDS: i64 = 10;
/// Campaigns kept compiled in one process.
const MAX_CACHED: usize = 64;
/// Where the deployment gives none.
const DEFAULT_BRAND: &str = "Marketplace";

#[derive(Debug, Clone)]
pub struct Settings {
    pub channel: Channel,
    pub brand: Brand,
    /// How long a take and a claim are honoured: no invocation lives longer.
    pub lease_seconds: i64,
    /// No customer is begun with less time than this left: the provider's call and what is recorded of it must fit.
    pub margin: Duration,
    /// When an attempt of unknown fate is looked at again.
    pub unknown_after_seconds: i64,
}

struct WayOut {
    secrets: Secrets,
    secret: String,
    base: String,
}

/// Makes the links by which customers leave.
pub(crate) struct Links<'a> {
    base: &'a str,
    sealer: Sealer,
}

impl Links<'_> {
    pub(crate) fn of(&self, customer: &CustomerId, channel: Channel) -> String {
        let token = self.sealer.seal(UNSUBSCRIBE, &format!("{channel}:{customer}"));
        format!("{}/{token}", self.base.trim_end_matches('/'))
    }
}

/// A campaign as a worker needs it: frozen at launch, so it is read once per version.
#[derive(Debug)]
pub struct Campaign {
    pub definition: Definition,
    pub messages: Compiled,
    /// Of its reminder, if that has words of its own.
    pub reminder: Option<Compiled>,
}

pub struct Context {
    pub store: Store,
    pub sender: Sender,
    pub release: Queue,
    pub sweep: Queue,
    pub dead_letters: Queue,
    pub settings: Settings,
    way_out: Option<WayOut>,
    feedback: Option<Queue>,
    brand: Mutex<Option<(Timestamp, Arc<BrandSettings>)>>,
    campaigns: Mutex<HashMap<(CampaignId, u64), Arc<Campaign>>>,
}

impl Context {
    pub fn new(store: Store, sender: Sender, queues: [Queue; 3], settings: Settings) -> Self {
        let [release, sweep, dead_letters] = queues;
        Self {
            store,
            sender,
            release,
            sweep,
            dead_letters,
            settings,
            way_out: None,
            feedback: None,
            brand: Mutex::default(),
            campaigns: Mutex::default(),
        }
    }

    /// E-mails end with a link below `base`, signed by the secret of that ARN.
    #[must_use]
    pub fn with_way_out(mut self, secrets: Secrets, secret: String, base: String) -> Self {
        self.way_out = Some(WayOut { secrets, secret, base });
        self
    }

    /// Where it tells what it learns of addresses while it sends.
    #[must_use]
    pub fn with_feedback(mut self, feedback: Queue) -> Self {
        self.feedback = Some(feedback);
        self
    }

    /// Told once: lost, the provider says it again at the next message.
    pub(crate) async fn tell(&self, learnt: Vec<Learnt>) {
        let Some(feedback) = &self.feedback else { return };
        let bodies: Vec<String> = learnt.iter().filter_map(|it| serde_json::to_string(it).ok()).collect();
        if !bodies.is_empty()
            && let Err(error) = feedback.send_bodies(&bodies).await
        {
            tracing::warn!(%error, "what was learnt of an address is not passed on");
        }
    }

    /// What the tenant's e-mails look like, at most a few seconds old. Other channels show nothing of it.
    pub(crate) async fn brand(&self) -> Result<Arc<BrandSettings>, StoreError> {
        if self.settings.channel != Channel::Email {
            return Ok(Arc::default());
        }
        let now = runtime::clock::now();
        let cached = self.brand.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((until, brand)) = cached
            && now < until
        {
            return Ok(brand);
        }
        let brand = match self.store.setting::<BrandSettings>(Name::Brand).await {
            Ok(setting) => Arc::new(setting.value),
            // an e-mail without a logo is better than none
            Err(error) if !error.retryable() => {
                tracing::error!(%error, "the brand's settings cannot be read");
                Arc::default()
            }
            Err(error) => return Err(error),
        };
        let until = now.checked_add(jiff::SignedDuration::from_secs(BRAND_SECONDS)).unwrap_or(now);
        *self.brand.lock().unwrap_or_else(PoisonError::into_inner) = Some((until, brand.clone()));
        Ok(brand)
    }

    /// Where samples lead to whoever wants to leave: a page that says that this link is none.
    pub(crate) fn sample_way_out(&self) -> Option<String> {
        let way_out = self.way_out.as_ref()?;
        Some(format!("{}/{}", way_out.base.trim_end_matches('/'), sample::WAY_OUT))
    }

    /// What signs the links of this take. An error: without one nothing may be sent.
    pub(crate) async fn links(&self) -> Result<Option<Links<'_>>, SecretError> {
        let Some(way_out) = &self.way_out else { return Ok(None) };
        let sealer = way_out.secrets.sealer(&way_out.secret).await?;
        Ok(Some(Links { base: &way_out.base, sealer }))
    }

    /// From the function's environment; `sender` makes the channel's own client.
    pub fn from_env(channel: Channel, sender: Sender) -> Result<Self, runtime::ConfigError> {
        let dead_letters = match channel {
            Channel::Sms => "SMS_DLQ_URL",
            Channel::Email => "EMAIL_DLQ_URL",
            Channel::Push => "PUSH_DLQ_URL",
        };
        let sqs = runtime::aws::config("sqs");
        let store = Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(runtime::env::optional));
        let brand = Brand {
            name: runtime::env::optional("BRAND_NAME").unwrap_or_else(|| DEFAULT_BRAND.to_owned()),
            link_base: runtime::env::required("LINK_BASE")?,
        };
        let settings = Settings {
            channel,
            brand,
            lease_seconds: runtime::env::number("WORKER_TIMEOUT_SECONDS", 30)?,
            margin: send_timeout()? + STORE_MARGIN,
            unknown_after_seconds: runtime::env::number("UNKNOWN_AFTER_SECONDS", 900)?,
        };
        let queues = [
            Queue::new(&sqs, runtime::env::required("RELEASE_QUEUE_URL")?),
            Queue::new(&sqs, runtime::env::required("SWEEP_QUEUE_URL")?),
            Queue::new(&sqs, runtime::env::required(dead_letters)?),
        ];
        let context = Self::new(store, sender, queues, settings);
        Ok(match runtime::env::optional("FEEDBACK_QUEUE_URL") {
            Some(feedback) => context.with_feedback(Queue::new(&sqs, feedback)),
            None => context,
        })
    }

    /// The definition numbered `number`, compiled. `None`: there is no such campaign.
    pub(crate) async fn campaign(&self, id: &CampaignId, number: u64) -> Result<Option<Arc<Campaign>>, StoreError> {
        let key = (id.clone(), number);
        let cached = self.campaigns.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(campaign) = cached {
            return Ok(Some(campaign));
        }
        let Some(definition) = self.store.definition(id, number).await? else { return Ok(None) };
        let messages = Compiled::new(&definition.messages).map_err(|error| StoreError::corrupt(id, error))?;
        let words = definition.reminder.as_ref().and_then(|reminder| reminder.messages.as_ref());
        let reminder = words.map(Compiled::new).transpose().map_err(|error| StoreError::corrupt(id, error))?;
        let campaign = Arc::new(Campaign { definition, messages, reminder });
        let mut cache = self.campaigns.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert(key, campaign.clone());
        Ok(Some(campaign))
    }
}
