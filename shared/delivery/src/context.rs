//! State that a delivery worker keeps for its whole life: clients, settings, and the frozen
//! definitions of campaigns with their compiled messages.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use channels::{ChannelSender, feedback::AddressFinding};
use domain::{
    Date, TimeZone, Timestamp,
    campaign::{
        brand::BrandSettings,
        definition::{CampaignForms, Definition},
        messages::{CompiledMessages, way_out::WayOut},
        segments::Exclusion,
        variants::place_of,
    },
    customer::{
        address::{Address, AddressHasher},
        contact::Phone,
        leaving_link::{self, leaving_code},
    },
    delivery::{
        lane::{AnswerCounts, Lane, ThrottleWindow},
        sms_origination::SmsOriginations,
        sms_way_out::{ChosenWayOut, SmsWayOut},
        test_send,
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
        money::Currency,
        signed_token::TokenSigner,
        validation::FieldError,
    },
    voucher::{
        record::{BrandIdentity, Voucher},
        short_link::LinkSigner,
    },
};
use jiff::SignedDuration;
use queue::{Queue, QueueClient};
use runtime::ProcessCache;
use secrets::{SecretError, Secrets, UNSUBSCRIBE};
use store::{
    Store, StoreError, TableNames, TenantDefaults, campaign::campaigns::settings::SettingName,
};

/// The longest wait for a provider's answer, in seconds.
const MAX_SEND_SECONDS: f64 = 5.0;
/// Time reserved beside the provider's call. The store calls for one customer take milliseconds
/// each; a second leaves room for slow ones.
const STORE_MARGIN: Duration = Duration::from_secs(1);

fn tenant_currency() -> Result<Currency, runtime::ConfigError> {
    const NAME: &str = "CURRENCY";
    Currency::parse(&runtime::env::required(NAME)?).map_err(|_| runtime::ConfigError::Unreadable {
        name: NAME,
        expected: "the code of a currency",
    })
}

/// Returns how long a worker waits for a provider: a third of the worker's own timeout, between
/// half a second and `MAX_SEND_SECONDS`. The rest is for recording the answer before the invocation
/// ends.
pub fn send_timeout() -> Result<Duration, runtime::ConfigError> {
    let worker: u32 = runtime::env::number("WORKER_TIMEOUT_SECONDS", 30)?;
    Ok(Duration::from_secs_f64((f64::from(worker) / 3.0).clamp(0.5, MAX_SEND_SECONDS)))
}

/// Time during which a changed brand, way out or exclusion may not yet be visible.
const MAX_BRAND_AGE: SignedDuration = SignedDuration::from_secs(10);
/// The most campaigns kept compiled in one process.
const MAX_CACHED_CAMPAIGNS: usize = 64;
/// The brand name used when the deployment configures none.
const DEFAULT_BRAND: &str = "Marketplace";

#[derive(Debug, Clone)]
pub struct DeliverySettings {
    pub channel: Channel,
    pub brand: BrandIdentity,
    /// The tenant's currency, which is that of customers without their own.
    pub currency: Currency,
    /// Seconds for which a lease and a claim are honoured. No invocation lives longer.
    pub lease_seconds: i64,
    /// The least remaining time with which a customer is begun: enough for the provider's call and
    /// for recording its outcome.
    pub time_margin: Duration,
    /// Seconds after which an attempt whose outcome is unknown is checked again.
    pub unknown_after_seconds: i64,
}

/// The parts of the links in messages.
pub struct LinkConfig {
    pub secrets: Secrets,
    /// The ARN of the secret that signs the links.
    pub link_secret: String,
    /// The ARN of the secret by which addresses are known. Pushes have no link to leave by.
    pub address_secret: Option<String>,
    /// The address below which the links are by which readers leave.
    pub unsubscribe_base: String,
}

/// Builds the links of messages.
pub(crate) struct LinkBuilder<'a> {
    unsubscribe_base: &'a str,
    signer: TokenSigner,
    vouchers: LinkSigner,
    hasher: Option<AddressHasher>,
}

impl LinkBuilder<'_> {
    /// Returns the link by which the reader of an e-mail leaves: for the customer it was written
    /// to, and for the address it went to.
    pub(crate) fn unsubscribe_link(
        &self,
        customer: &CustomerId,
        address: &Address,
    ) -> Option<String> {
        let (channel, key) = (address.channel(), self.hasher.as_ref()?.key_of(address));
        let text = format!("{channel}:{key}:{customer}");
        Some(self.below_base(&self.signer.sign_token(UNSUBSCRIBE, &text)))
    }

    /// Returns the short link by which the reader of an SMS leaves: for the number it went to.
    pub(crate) fn leaving_link(&self, address: &Address) -> Option<String> {
        let key = self.hasher.as_ref()?.key_of(address);
        Some(self.below_base(&leaving_code(&self.signer, &key)))
    }

    /// Returns the code of the voucher's link in a message on `channel`.
    pub(crate) fn voucher_code(&self, voucher: &Voucher, channel: Channel) -> String {
        self.vouchers.code(voucher, channel)
    }

    fn below_base(&self, code: &str) -> String {
        format!("{}/{code}", self.unsubscribe_base.trim_end_matches('/'))
    }
}

/// A campaign as a worker uses it. It is frozen at launch, so one read per version is enough.
#[derive(Debug)]
pub struct CompiledCampaign {
    pub definition: Definition,
    pub messages: CompiledMessages,
    /// The compiled messages of the reminder, if it has its own.
    pub reminder: Option<CompiledMessages>,
    /// The forms of its variants, in their order.
    variants: Vec<CompiledCampaign>,
}

impl CompiledCampaign {
    fn compile(definition: Definition) -> Result<Self, FieldError> {
        let forms = CampaignForms::new(definition);
        let varied = forms.all().filter(|form| form.variant.is_some());
        let variants =
            varied.map(|form| Self::compile_form(form.clone())).collect::<Result<_, _>>()?;
        Ok(Self { variants, ..Self::compile_form(forms.definition)? })
    }

    fn compile_form(definition: Definition) -> Result<Self, FieldError> {
        let messages = CompiledMessages::new(&definition.messages)?;
        let words = definition.reminder.as_ref().and_then(|reminder| reminder.messages.as_ref());
        let reminder = words.map(CompiledMessages::new).transpose()?;
        Ok(Self { definition, messages, reminder, variants: Vec::new() })
    }

    /// Returns the campaign as the customer's variant has it. It is the same one each time, so that
    /// all messages to a customer, and their voucher, are of one variant.
    pub(crate) fn form_of(
        &self,
        campaign: &CampaignId,
        customer: &CustomerId,
    ) -> &CompiledCampaign {
        let place = place_of(&self.definition.variants, campaign, customer);
        place.and_then(|place| self.variants.get(place)).unwrap_or(self)
    }

    /// Returns all forms that its customers may have.
    pub(crate) fn forms(&self) -> impl Iterator<Item = &CompiledCampaign> {
        let only = self.variants.is_empty().then_some(self);
        self.variants.iter().chain(only)
    }
}

pub struct DeliveryContext {
    pub store: Store,
    pub sender: ChannelSender,
    pub release: Queue,
    pub watchdog: Queue,
    pub dead_letters: Queue,
    pub settings: DeliverySettings,
    link_config: Option<LinkConfig>,
    feedback: Option<Queue>,
    /// The identities that SMS come from, which say where replies arrive.
    originations: SmsOriginations,
    way_out: ProcessCache<(), (Timestamp, Arc<SmsWayOut>), 1>,
    brand: ProcessCache<(), (Timestamp, Arc<BrandSettings>), 1>,
    exclusions: ProcessCache<(), (Timestamp, Arc<Vec<Exclusion>>), 1>,
    campaigns:
        ProcessCache<(CampaignId, u64, Option<Date>), Arc<CompiledCampaign>, MAX_CACHED_CAMPAIGNS>,
    lane: ProcessCache<(), (Timestamp, Lane), 1>,
    /// Answers that the breaker has still to hear of.
    answers: Mutex<AnswerCounts>,
    throttles: Mutex<ThrottleWindow>,
}

impl DeliveryContext {
    pub fn new(
        store: Store,
        sender: ChannelSender,
        queues: [Queue; 3],
        settings: DeliverySettings,
    ) -> Self {
        let [release, watchdog, dead_letters] = queues;
        Self {
            store,
            sender,
            release,
            watchdog,
            dead_letters,
            settings,
            link_config: None,
            feedback: None,
            originations: SmsOriginations::default(),
            way_out: ProcessCache::default(),
            brand: ProcessCache::default(),
            exclusions: ProcessCache::default(),
            campaigns: ProcessCache::default(),
            lane: ProcessCache::default(),
            answers: Mutex::default(),
            throttles: Mutex::default(),
        }
    }

    /// Signs the links of messages. Without it they are examples that open nothing, and no SMS has
    /// a link to leave by.
    #[must_use]
    pub fn with_links(mut self, config: LinkConfig) -> Self {
        self.link_config = Some(config);
        self
    }

    /// Says what SMS come from. Without it nobody is asked to reply.
    #[must_use]
    pub fn with_originations(mut self, originations: SmsOriginations) -> Self {
        self.originations = originations;
        self
    }

    /// Sets the queue to which the worker reports findings about addresses while it sends.
    #[must_use]
    pub fn with_feedback(mut self, feedback: Queue) -> Self {
        self.feedback = Some(feedback);
        self
    }

    /// Returns the channel's lane as this process last saw it, unless that is older than `age`.
    pub(crate) fn cached_lane(&self, now: Timestamp, age: SignedDuration) -> Option<Lane> {
        let (read_at, lane) = self.lane.find_value(&())?;
        (now.duration_since(read_at) < age).then_some(lane)
    }

    /// Reads the channel's lane.
    pub(crate) async fn read_lane(&self) -> Result<Lane, StoreError> {
        let lane = self.store.lane(self.settings.channel).await?;
        self.lane.keep_value((), (runtime::clock::now(), lane.clone()));
        Ok(lane)
    }

    /// Saves a lane as it was decided; returns `None` if another worker or an operator was faster.
    pub(crate) async fn save_lane(&self, lane: &Lane) -> Result<Option<Lane>, StoreError> {
        let saved = self.store.save_lane(lane).await?;
        match &saved {
            Some(lane) => self.lane.keep_value((), (runtime::clock::now(), lane.clone())),
            None => {
                self.read_lane().await?;
            }
        }
        Ok(saved)
    }

    /// Collects an answer for the breaker.
    pub(crate) fn add_answer(&self, answer: AnswerCounts) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers = answers.plus(answer);
    }

    /// Counts an answer among those of this process's last seconds. Returns true if they close the
    /// lane.
    pub(crate) fn hear_throttle(&self, is_throttle: bool) -> bool {
        let mut throttles = self.throttles.lock().unwrap_or_else(PoisonError::into_inner);
        throttles.hear(is_throttle, runtime::clock::now())
    }

    /// Takes the collected answers if they are at least so many.
    pub(crate) fn take_answers(&self, least: u32) -> Option<AnswerCounts> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        (answers.answered >= least).then(|| std::mem::take(&mut *answers))
    }

    /// Reports findings about addresses, once. A lost finding does no harm: the provider repeats it
    /// at the next message.
    pub(crate) async fn report_findings(&self, findings: Vec<AddressFinding>) {
        let Some(feedback) = &self.feedback else {
            return;
        };
        let bodies: Vec<String> =
            findings.iter().filter_map(|it| serde_json::to_string(it).ok()).collect();
        if !bodies.is_empty()
            && let Err(error) = feedback.send_bodies(&bodies).await
        {
            tracing::warn!(%error, "could not enqueue address update");
        }
    }

    /// Returns the look of the tenant's e-mails, at most `MAX_BRAND_AGE` old. The other channels
    /// show none of it and get the default.
    pub(crate) async fn load_brand(&self) -> Result<Arc<BrandSettings>, StoreError> {
        if self.settings.channel != Channel::Email {
            return Ok(Arc::default());
        }
        let now = runtime::clock::now();
        if let Some((read_at, brand)) = self.brand.find_value(&())
            && now.duration_since(read_at) < MAX_BRAND_AGE
        {
            return Ok(brand);
        }
        let brand = match self.store.setting::<BrandSettings>(SettingName::Brand).await {
            Ok(setting) => Arc::new(setting.value),
            // An e-mail without a logo is better than none.
            Err(error) if !error.retryable() => {
                tracing::error!(%error, "brand settings unreadable, default used");
                Arc::default()
            }
            Err(error) => return Err(error),
        };
        self.brand.keep_value((), (now, brand.clone()));
        Ok(brand)
    }

    /// Returns the segments that are kept out of every campaign, at most `MAX_BRAND_AGE` old.
    /// Without them nothing is sent: a segment that cannot be read or looked up is an error.
    pub(crate) async fn load_exclusions(&self) -> Result<Arc<Vec<Exclusion>>, StoreError> {
        let now = runtime::clock::now();
        if let Some((read_at, exclusions)) = self.exclusions.find_value(&())
            && now.duration_since(read_at) < MAX_BRAND_AGE
        {
            return Ok(exclusions);
        }
        let exclusions = Arc::new(self.store.exclusions().await?);
        self.exclusions.keep_value((), (now, exclusions.clone()));
        Ok(exclusions)
    }

    /// Returns the tenant's rule for the way out of an SMS, at most `MAX_BRAND_AGE` old. The other
    /// channels have none.
    pub(crate) async fn load_way_out(&self) -> Result<Arc<SmsWayOut>, StoreError> {
        if self.settings.channel != Channel::Sms {
            return Ok(Arc::default());
        }
        let now = runtime::clock::now();
        if let Some((read_at, rule)) = self.way_out.find_value(&())
            && now.duration_since(read_at) < MAX_BRAND_AGE
        {
            return Ok(rule);
        }
        let rule = match self.store.setting::<SmsWayOut>(SettingName::SmsWayOut).await {
            Ok(setting) => Arc::new(setting.value),
            // Without the rule every SMS has a way out.
            Err(error) if !error.retryable() => {
                tracing::error!(%error, "rule for the way out unreadable, default used");
                Arc::default()
            }
            Err(error) => return Err(error),
        };
        self.way_out.keep_value((), (now, rule.clone()));
        Ok(rule)
    }

    /// Returns the way out of an SMS to `phone`; `link` makes the link to leave by.
    pub(crate) fn way_out(
        &self,
        rule: &SmsWayOut,
        phone: &Phone,
        link: impl FnOnce() -> Option<String>,
    ) -> WayOut {
        match rule.choose(phone, self.originations.hears(phone)) {
            ChosenWayOut::Link => link().map_or(WayOut::Nothing, WayOut::Link),
            chosen @ (ChosenWayOut::Reply { .. } | ChosenWayOut::Nothing) => {
                chosen.with_link(String::new)
            }
        }
    }

    /// Returns the unsubscribe address used in test sends: a page saying that the link is only an
    /// example.
    pub(crate) fn test_send_unsubscribe_link(&self) -> Option<String> {
        let config =
            self.link_config.as_ref().filter(|_| self.settings.channel == Channel::Email)?;
        Some(format!("{}/{}", config.unsubscribe_base.trim_end_matches('/'), test_send::EXAMPLE_ID))
    }

    /// Returns the link to leave by in test sends by SMS, which opens nothing.
    pub(crate) fn test_send_leaving_link(&self) -> Option<String> {
        let base = self.link_config.as_ref()?.unsubscribe_base.trim_end_matches('/');
        Some(format!("{base}/{}", leaving_link::EXAMPLE_CODE))
    }

    /// Returns the builder of links for this lease. An error means that nothing may be sent,
    /// because messages need links that lead somewhere.
    pub(crate) async fn link_builder(&self) -> Result<Option<LinkBuilder<'_>>, SecretError> {
        let Some(config) = &self.link_config else {
            return Ok(None);
        };
        let signer = config.secrets.token_signer(&config.link_secret).await?;
        let hasher = match &config.address_secret {
            Some(secret) => Some(config.secrets.address_hasher(secret).await?),
            None => None,
        };
        let vouchers = LinkSigner::new(signer.clone());
        Ok(Some(LinkBuilder {
            unsubscribe_base: &config.unsubscribe_base,
            signer,
            vouchers,
            hasher,
        }))
    }

    /// Builds the context from the function's environment; `sender` is the channel's own client.
    pub fn from_env(channel: Channel, sender: ChannelSender) -> Result<Self, runtime::ConfigError> {
        let dead_letters = match channel {
            Channel::Sms => "SMS_DLQ_URL",
            Channel::Email => "EMAIL_DLQ_URL",
            Channel::Push => "PUSH_DLQ_URL",
        };
        let sqs = QueueClient::new(&runtime::aws::config("sqs"));
        let unreadable = runtime::ConfigError::Unreadable {
            name: "TENANT_ZONE, QUIET_HOURS",
            expected: "an IANA time zone, and hours such as 21:00-08:00",
        };
        let tenant = TenantDefaults::from_lookup(runtime::env::optional).map_err(|_| unreadable)?;
        let store = Store::new(
            &runtime::aws::config("dynamodb"),
            TableNames::from_lookup(runtime::env::optional),
        )
        .with_tenant(tenant);
        let brand = BrandIdentity {
            name: runtime::env::optional("BRAND_NAME").unwrap_or_else(|| DEFAULT_BRAND.to_owned()),
            link_base: runtime::env::required("LINK_BASE")?,
        };
        let settings = DeliverySettings {
            channel,
            brand,
            currency: tenant_currency()?,
            lease_seconds: runtime::env::number("WORKER_TIMEOUT_SECONDS", 30)?,
            time_margin: send_timeout()? + STORE_MARGIN,
            unknown_after_seconds: runtime::env::number("UNKNOWN_AFTER_SECONDS", 900)?,
        };
        let queues = [
            sqs.queue(runtime::env::required("RELEASE_QUEUE_URL")?),
            sqs.queue(runtime::env::required("WATCHDOG_QUEUE_URL")?),
            sqs.queue(runtime::env::required(dead_letters)?),
        ];
        let context = Self::new(store, sender, queues, settings);
        let context = context.with_links(LinkConfig {
            secrets: Secrets::new(&runtime::aws::config("secrets_manager")),
            link_secret: runtime::env::required("LINK_SECRET_ARN")?,
            address_secret: match channel {
                Channel::Sms | Channel::Email => {
                    Some(runtime::env::required("ADDRESS_SECRET_ARN")?)
                }
                Channel::Push => None,
            },
            unsubscribe_base: runtime::env::required("UNSUBSCRIBE_BASE")?,
        });
        Ok(match runtime::env::optional("FEEDBACK_QUEUE_URL") {
            Some(feedback) => context.with_feedback(sqs.queue(feedback)),
            None => context,
        })
    }

    /// Returns version `number` of the campaign's definition, compiled, with its audience resolved
    /// as of `as_of`, or `None` if there is no such campaign. One that asks for merchants is kept
    /// for a day, since they change with the days.
    pub(crate) async fn load_campaign(
        &self,
        id: &CampaignId,
        number: u64,
        as_of: Timestamp,
    ) -> Result<Option<Arc<CompiledCampaign>>, StoreError> {
        let key = |day: Option<Date>| (id.clone(), number, day);
        let today = Some(as_of.to_zoned(TimeZone::UTC).date());
        let known = [None, today].into_iter().find_map(|day| self.campaigns.find_value(&key(day)));
        if let Some(campaign) = known {
            return Ok(Some(campaign));
        }
        let found = self.store.evaluable_definition(id, number, as_of).await?;
        let Some(definition) = found else {
            return Ok(None);
        };
        let campaign = CompiledCampaign::compile(definition)
            .map_err(|error| StoreError::corrupt(id, error))?;
        let is_settled = campaign.definition.audience.merchant_needs().is_nothing();
        let campaign = Arc::new(campaign);
        self.campaigns.keep_value(key(today.filter(|_| !is_settled)), campaign.clone());
        Ok(Some(campaign))
    }
}
