//! Builds the contexts of one process: the real contexts of all functions on clients of the
//! in-memory AWS.
//!
//! A cold start builds them anew, because whatever a process keeps in memory is lost with it.

use std::{sync::Arc, time::Duration};

use api_keys::{ApiKeySource, SignatureVerifier};
use axum::Router;
use channels::{ChannelSender, devices::DeviceRegistrar};
use domain::{
    TimeZone,
    customer::devices::PushApplications,
    kernel::{
        api_key::ApiKey,
        channel::Channel,
        id::ApiKeyId,
        money::Currency,
        signed_token::{TokenFormat, TokenSigner},
    },
    reporting::costs::CostRates,
    voucher::{record::BrandIdentity, short_link::LinkSigner},
};
use fake_aws::FakeAws;
use http_edge::signed_request::SigningKey;
use queue::Queue;
use store::{Store, TableNames};

use crate::{
    plan::SimulationPlan,
    table_items::{ADDRESSES, CONTROL, CUSTOMERS, REPORTS, VOUCHERS, WORK},
};

/// The key that signs the app backend's requests.
pub const KEY: SigningKey<'_> =
    SigningKey { id: "simulation", secret: b"the secret of the simulation, 32" };
/// The lifetime of a worker and of its lease in seconds, as in template.yaml.
pub const WORKER_SECONDS: i64 = 30;
/// The shards of the due index: few, because each is one more call in which nothing can go wrong.
const DUE_SHARDS: u32 = 2;
/// The time for which counts are buffered in seconds, as in template.yaml.
const BUFFER_SECONDS: u64 = 20;

pub struct FunctionContexts {
    pub store: Store,
    pub dead: Queue,
    pub expand: expand_audience::ExpandContext,
    pub release: release_dispatches::ReleaseContext,
    pub sms: delivery::DeliveryContext,
    pub email: delivery::DeliveryContext,
    pub push: delivery::DeliveryContext,
    pub watchdog: watchdog::WatchdogContext,
    pub autopilot: scan_autopilot::ScanContext,
    pub aggregate: aggregate_reports::AggregateContext,
    pub campaigns: Router,
    pub customers: Router,
    pub operations: Router,
    pub vouchers: Router,
    pub links: Router,
}

pub fn memory_store(memory: &FakeAws) -> Store {
    let tables = TableNames {
        customers: CUSTOMERS.into(),
        addresses: ADDRESSES.into(),
        vouchers: VOUCHERS.into(),
        work: WORK.into(),
        control: CONTROL.into(),
        reports: REPORTS.into(),
    };
    Store::new(&memory.config(), tables)
        .with_address_keys(testkit::address_hasher().into())
        .with_due_shards(DUE_SHARDS)
}

fn watchdog_context(store: &Store, expansion: Queue, release: Queue) -> watchdog::WatchdogContext {
    watchdog::WatchdogContext {
        store: store.clone(),
        expansion,
        release,
        stalled_after_seconds: 2 * WORKER_SECONDS + 30,
        expiries_at_once: 100,
        limits: domain::reporting::sender_health::SenderLimits::default(),
        zone: TimeZone::UTC,
        recount_budget: Duration::from_secs(3_600),
    }
}

impl FunctionContexts {
    pub fn new(memory: &FakeAws, plan: &SimulationPlan, euro: Currency) -> Self {
        let config = memory.config();
        let store = memory_store(memory);
        let queue = |name: &str| Queue::new(&config, format!("http://memory/{name}"));
        let sends = memory.config_without_retries();
        let delivery = |channel: Channel, sender: ChannelSender| {
            let settings = delivery::DeliverySettings {
                channel,
                brand: brand(),
                currency: euro,
                lease_seconds: WORKER_SECONDS,
                time_margin: Duration::from_secs(6),
                // longer than any lease, and short enough that retries happen while there are still
                // faults
                unknown_after_seconds: 4 * WORKER_SECONDS,
            };
            let queues = [queue("release"), queue("watchdog"), queue("dead")];
            delivery::DeliveryContext::new(store.clone(), sender, queues, settings)
                .with_links(link_config())
        };
        let lane = |channel: Channel| release_dispatches::ChannelLane {
            channel,
            queue: queue(channel.as_str()),
            per_second: 100,
        };
        Self {
            dead: queue("dead"),
            expand: expand_audience::ExpandContext {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                watchdog: queue("watchdog"),
                dispatch_size: plan.dispatch_size,
                page_size: plan.page_size,
                currency: euro,
            },
            release: release_dispatches::ReleaseContext {
                store: store.clone(),
                lanes: Channel::ALL.map(lane).into(),
                watchdog_after_seconds: 10 * WORKER_SECONDS,
            },
            sms: delivery(
                Channel::Sms,
                ChannelSender::sms(&sends, channels::TextMessageSettings::default()),
            ),
            email: delivery(
                Channel::Email,
                ChannelSender::email(&sends, "offers@example.com".into(), Some("events".into())),
            ),
            push: delivery(Channel::Push, ChannelSender::push(&sends)),
            watchdog: watchdog_context(&store, queue("expansion"), queue("release")),
            autopilot: scan_autopilot::ScanContext {
                store: store.clone(),
                release: queue("release"),
                dispatch_size: plan.dispatch_size,
            },
            aggregate: aggregate_reports::AggregateContext {
                store: store.clone(),
                parked: queue("dead"),
                zone: TimeZone::UTC,
                buffer_time: Duration::from_secs(BUFFER_SECONDS),
            },
            campaigns: http_edge::build_app(campaigns::routes().with_state(Arc::new(
                campaigns::CampaignsContext {
                    store: store.clone(),
                    expansion: queue("expansion"),
                    autopilot: queue("autopilot"),
                    release: queue("release"),
                    secrets: secrets::Secrets::new(&config),
                    cursor_secret: String::new(),
                    segments: plan.segments,
                    currency: euro,
                    messaging: messaging(&queue),
                    known: campaigns::KnownValueCache::default(),
                    rehearsals: campaigns::RehearsalSettings::default(),
                    pictures: pictures::PictureStore::new(
                        &config,
                        "pictures",
                        "https://pictures.example.com",
                    ),
                },
            ))),
            customers: customers_app(&store, memory, euro),
            operations: operations_app(&store, memory, euro, [queue("release"), queue("watchdog")]),
            vouchers: http_edge::build_app(vouchers::router(
                Arc::new(vouchers::VouchersContext::new(store.clone(), euro)),
                verifier(&store),
            )),
            links: links_app(&store, euro),
            store,
        }
    }

    pub fn delivery_context(&self, channel: Channel) -> &delivery::DeliveryContext {
        match channel {
            Channel::Sms => &self.sms,
            Channel::Email => &self.email,
            Channel::Push => &self.push,
        }
    }
}

fn operations_app(
    store: &Store,
    memory: &FakeAws,
    euro: Currency,
    [release, watchdog]: [Queue; 2],
) -> Router {
    http_edge::build_app(operations::routes().with_state(Arc::new(operations::OperationsContext {
        store: store.clone(),
        release,
        watchdog,
        secrets: Arc::new(secrets::Secrets::new(&memory.config())),
        cursor_secret: String::new(),
        api_key_secret: String::new(),
        zone: TimeZone::UTC,
        currency: euro,
        costs: CostRates::default(),
        monitored_queues: Vec::new(),
    })))
}

/// The secret that signs the links of messages.
const LINK_SECRET: &str = "links";
const UNSUBSCRIBE_BASE: &str = "https://api.example.com/u";
const LINK_KEY: &[u8] = b"the secret of links in the simulation";

/// Signs links as the workers do.
pub fn link_signer() -> LinkSigner {
    LinkSigner::new(TokenSigner::new(TokenFormat::LINK, vec![LINK_KEY.to_vec()]))
}

/// Reads the secret of links from an AWS of its own, without a gate: the invocations of a process
/// wait for the one that reads it, and meanwhile they would have no call on which the world could
/// decide.
fn link_secrets() -> secrets::Secrets {
    let aws = FakeAws::new([]);
    let key = data_encoding::BASE64.encode(LINK_KEY);
    aws.set_secret(LINK_SECRET, format!(r#"{{"current":"{key}","previous":""}}"#));
    secrets::Secrets::new(&aws.config())
}

fn customers_app(store: &Store, memory: &FakeAws, euro: Currency) -> Router {
    let devices = DeviceRegistrar::new(&memory.config(), PushApplications::default());
    let context = customers::CustomersContext::new(store.clone(), euro, devices);
    http_edge::build_app(customers::router(Arc::new(context), verifier(store)))
}

fn link_config() -> delivery::LinkConfig {
    delivery::LinkConfig {
        secrets: link_secrets(),
        link_secret: LINK_SECRET.to_owned(),
        address_secret: Some(LINK_SECRET.to_owned()),
        unsubscribe_base: UNSUBSCRIBE_BASE.to_owned(),
    }
}

fn links_app(store: &Store, euro: Currency) -> Router {
    http_edge::build_app(vouchers::links::routes().with_state(Arc::new(
        vouchers::links::LinksContext {
            vouchers: vouchers::VouchersContext::new(store.clone(), euro),
            secrets: Arc::new(link_secrets()),
            link_secret: LINK_SECRET.to_owned(),
            brand: brand().name,
            app_base: None,
        },
    )))
}

fn brand() -> BrandIdentity {
    BrandIdentity { name: "Marketplace".into(), link_base: "https://api.example.com/l".into() }
}

fn messaging(queue: &dyn Fn(&str) -> Queue) -> campaigns::MessagingSettings {
    campaigns::MessagingSettings {
        brand: brand(),
        sender: "offers@example.com".into(),
        unsubscribe_base: UNSUBSCRIBE_BASE.into(),
        originations: domain::delivery::sms_origination::SmsOriginations::default(),
        sms: queue("sms"),
        email: queue("email"),
        push: queue("push"),
        lease_seconds: WORKER_SECONDS,
    }
}

fn verifier(store: &Store) -> SignatureVerifier {
    let key =
        ApiKeyId::parse(KEY.id).map(|id| ApiKey::with_all_scopes(id, vec![KEY.secret.to_vec()]));
    let keys = ApiKeySource::Given(key.into_iter().collect());
    SignatureVerifier::new(keys, store.clone(), runtime::clock::now)
}
