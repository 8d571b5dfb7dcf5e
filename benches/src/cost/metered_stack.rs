//! Holds everything a run needs in one process: the functions' contexts with metered clients on the
//! local AWS, the queues between them, and a pump that does what Lambda's pollers do: receive a
//! batch, hand it to the function, delete it. Each invocation is timed.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use api_keys::{ApiKeySource, SignatureVerifier};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use aws_smithy_runtime_api::client::{behavior_version::BehaviorVersion, http::SharedHttpClient};
use aws_types::SdkConfig;
use channels::{ChannelSender, devices::DeviceRegistrar};
use domain::{
    customer::devices::PushApplications,
    kernel::{api_key::ApiKey, channel::Channel, id::ApiKeyId},
    voucher::record::BrandIdentity,
};
use http_edge::signed_request::SigningKey;
use queue::{Queue, SegmentNudge, WakeNudge, parse_message};
use runtime::{HandlerOutcome, clock::Deadline};
use store::{Store, TableNames};
use testkit::TestTables;

use super::{meter::CallMeter, price, slow_http::SlowHttpClient};
use crate::{marketplace, null::NullServer, process};

/// The least time of a call. On AWS a call takes 5 to 20 ms.
pub const MIN_CALL_TIME: Duration = Duration::from_millis(10);
/// The most messages a function gets at once, as in template.yaml.
const BATCH: i32 = 10;
/// The time limit of an invocation in milliseconds. No invocation is stopped early here, because
/// time is what is measured.
const DEADLINE_MS: i64 = 60_000;
/// The memory in MB, as in template.yaml.
const MEMORY: f64 = 256.0;
const EXPANSION_MEMORY: f64 = 512.0;

/// The total of one function's invocations.
#[derive(Debug, Clone, Copy, Default)]
pub struct InvocationTotals {
    pub invocations: u64,
    pub wall: f64,
    pub cpu: f64,
    pub gb_seconds: f64,
}

pub struct MeteredStack {
    pub meter: CallMeter,
    pub spent: BTreeMap<String, InvocationTotals>,
    /// A store that is not metered, for preparation and inspection.
    pub plain: Store,
    pub store: Store,
    pub provider: NullServer,
    pub queues: QueueUrls,
    sqs: aws_sdk_sqs::Client,
    expansion: expand_audience::ExpandContext,
    release: release_dispatches::ReleaseContext,
    delivery: BTreeMap<&'static str, delivery::DeliveryContext>,
    watchdog: watchdog::WatchdogContext,
}

/// The URL of each queue.
pub struct QueueUrls(BTreeMap<&'static str, String>);

impl QueueUrls {
    async fn create_queues(config: &aws_types::SdkConfig) -> Self {
        let mut queues = BTreeMap::new();
        for name in ["expansion", "release", "sms", "email", "push", "watchdog", "dead"] {
            queues.insert(name, testkit::create_queue(config).await);
        }
        Self(queues)
    }
    fn queue_url(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
    /// Returns the name of the queue that the meter lists as `place`.
    pub fn queue_name(&self, place: &str) -> Option<&'static str> {
        self.0
            .iter()
            .find(|(_, url)| url.rsplit(['-', '/']).next() == Some(place))
            .map(|(name, _)| *name)
    }
}

fn settings(channel: Channel) -> delivery::DeliverySettings {
    delivery::DeliverySettings {
        channel,
        brand: BrandIdentity {
            name: "Marketplace".into(),
            link_base: "https://app.example.com/vouchers".into(),
        },
        currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
        lease_seconds: 30,
        time_margin: Duration::from_secs(6),
        unknown_after_seconds: 900,
    }
}

impl MeteredStack {
    pub async fn new(tables: &TestTables) -> anyhow::Result<Self> {
        let meter = CallMeter::default();
        let slow = SharedHttpClient::new(SlowHttpClient::new(MIN_CALL_TIME));
        let config = |service| {
            runtime::aws::config(service).into_builder().http_client(slow.clone()).build()
        };
        let names = || TableNames::from_lookup(|variable| tables.table_name(variable));
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config("dynamodb"))
            .interceptor(meter.clone())
            .build();
        let store = Store::with_client(aws_sdk_dynamodb::Client::from_conf(dynamodb), names())
            .with_address_keys(testkit::address_hasher().into());
        let sqs =
            aws_sdk_sqs::config::Builder::from(&config("sqs")).interceptor(meter.clone()).build();
        let sqs = aws_sdk_sqs::Client::from_conf(sqs);
        let queues = QueueUrls::create_queues(&tables.config).await;
        let queue = |name: &str| Queue::with_client(sqs.clone(), queues.queue_url(name));
        let provider = NullServer::start()?;
        let sends = runtime::aws::config_without_retries("sns").into_builder();
        let sends = sends.http_client(slow.clone()).endpoint_url(provider.endpoint()).build();
        let context = |channel: Channel, sender: ChannelSender| {
            let queues = [queue("release"), queue("watchdog"), queue("dead")];
            delivery::DeliveryContext::new(store.clone(), sender, queues, settings(channel))
        };
        let email = ChannelSender::email(
            &sends,
            "offers@example.com".into(),
            Some("vouchers-email".into()),
        );
        let delivery = BTreeMap::from([
            (
                "sms",
                context(
                    Channel::Sms,
                    ChannelSender::sms(&sends, channels::TextMessageSettings::default()),
                ),
            ),
            ("email", context(Channel::Email, email)),
            ("push", context(Channel::Push, ChannelSender::push(&sends))),
        ]);
        let lane = |channel: Channel| release_dispatches::ChannelLane {
            channel,
            queue: queue(channel.as_str()),
            per_second: 100_000,
        };
        Ok(Self {
            spent: BTreeMap::new(),
            plain: Store::new(&tables.config, names())
                .with_address_keys(testkit::address_hasher().into()),
            sqs: aws_sdk_sqs::Client::new(&tables.config),
            expansion: expand_audience::ExpandContext {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                watchdog: queue("watchdog"),
                dispatch_size: domain::delivery::dispatch::MAX_DISPATCH_CUSTOMERS,
                page_size: expand_audience::PAGE_SIZE,
                currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
            },
            release: release_dispatches::ReleaseContext {
                store: store.clone(),
                lanes: Channel::ALL.map(lane).into(),
                watchdog_after_seconds: 300,
            },
            watchdog: watchdog::WatchdogContext {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                expiries_at_once: 100,
                stalled_after_seconds: 90,
                limits: domain::reporting::sender_health::SenderLimits::default(),
                zone: domain::TimeZone::UTC,
                recount_budget: std::time::Duration::from_secs(3_600),
            },
            delivery,
            meter,
            store,
            provider,
            queues,
        })
    }

    /// Runs one invocation of `function`: counts its calls under its name and records its time.
    pub async fn invoke_function<T>(
        &mut self,
        function: &str,
        work: impl AsyncFnOnce(&Self) -> T,
    ) -> T {
        self.meter.set_function(function);
        let (began, cpu) = (Instant::now(), process::thread_cpu_time());
        let done = work(self).await;
        let (wall, cpu) = (
            began.elapsed().as_secs_f64(),
            process::thread_cpu_time().saturating_sub(cpu).as_secs_f64(),
        );
        let memory = if function == "expand-audience" { EXPANSION_MEMORY } else { MEMORY };
        let spent = self.spent.entry(function.to_owned()).or_default();
        spent.invocations += 1;
        spent.wall += wall;
        spent.cpu += cpu;
        spent.gb_seconds += price::gb_seconds(wall, cpu, memory);
        done
    }

    /// Sends the first messages of a run, as a launch does.
    pub async fn send_nudges(&self, nudges: &[SegmentNudge]) -> anyhow::Result<()> {
        Ok(self.expansion.expansion.send_all(nudges).await?)
    }

    /// Delivers messages until no queue has any.
    pub async fn drain_queues(&mut self) -> anyhow::Result<()> {
        loop {
            let mut handled = 0;
            for name in ["expansion", "release", "push", "email", "sms", "watchdog"] {
                handled += self.deliver_batch(name).await?;
            }
            if handled == 0 {
                return Ok(());
            }
        }
    }

    async fn deliver_batch(&mut self, name: &'static str) -> anyhow::Result<usize> {
        let url = self.queues.queue_url(name).to_owned();
        let batch = if name == "expansion" { 1 } else { BATCH };
        let received =
            self.sqs.receive_message().queue_url(&url).max_number_of_messages(batch).send().await?;
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(0);
        }
        let bodies: Vec<String> =
            messages.iter().filter_map(|message| message.body.clone()).collect();
        self.handle_batch(name, &bodies).await?;
        self.meter.add_sqs_requests("ReceiveMessage (poller)", name, 1.0);
        self.meter.add_sqs_requests("DeleteMessageBatch (poller)", name, 1.0);
        let mut delete = self.sqs.delete_message_batch().queue_url(&url);
        for (index, message) in messages.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
            delete =
                delete.entries(entry.set_receipt_handle(message.receipt_handle.clone()).build()?);
        }
        delete.send().await?;
        Ok(messages.len())
    }

    async fn handle_batch(&mut self, name: &'static str, bodies: &[String]) -> anyhow::Result<()> {
        let now = runtime::clock::now().as_millisecond() + DEADLINE_MS;
        let deadline = Deadline::from_millisecond(u64::try_from(now)?);
        let handled = match name {
            "expansion" => {
                let nudges: Vec<SegmentNudge> = parse_bodies(bodies)?;
                let nudge = nudges.first().context("an empty batch")?;
                self.invoke_function("expand-audience", async |world| {
                    expand_audience::expand_segment(&world.expansion, nudge, deadline).await
                })
                .await
            }
            "release" => {
                self.invoke_function("release-dispatches", async |world| {
                    release_dispatches::release_due(&world.release, deadline).await
                })
                .await?;
                HandlerOutcome::Done
            }
            "watchdog" => {
                let wakes: Vec<WakeNudge> = parse_bodies(bodies)?;
                self.invoke_function("watchdog", async |world| {
                    for wake in &wakes {
                        let swept = watchdog::handle_wake(&world.watchdog, wake, deadline).await;
                        if swept != HandlerOutcome::Done {
                            return swept;
                        }
                    }
                    HandlerOutcome::Done
                })
                .await
            }
            channel => {
                let event = sqs_event(bodies);
                let function = format!("deliver-{channel}");
                let answer = self
                    .invoke_function(&function, async |world| match world.delivery.get(channel) {
                        Some(context) => {
                            Some(delivery::handle_batch(context, event, deadline).await)
                        }
                        None => None,
                    })
                    .await;
                let answer = answer.with_context(|| format!("no function reads {channel}"))?;
                ensure!(
                    answer.batch_item_failures.is_empty(),
                    "{function} wants messages again: {answer:?}"
                );
                HandlerOutcome::Done
            }
        };
        if handled != HandlerOutcome::Done {
            bail!("{name}: {handled:?}");
        }
        Ok(())
    }
}

fn parse_bodies<T: serde::de::DeserializeOwned>(bodies: &[String]) -> anyhow::Result<Vec<T>> {
    bodies.iter().map(|body| parse_message(body).map_err(anyhow::Error::msg)).collect()
}

fn sqs_event(bodies: &[String]) -> SqsEvent {
    let mut event = SqsEvent::default();
    for (index, body) in bodies.iter().enumerate() {
        let mut record = SqsMessage::default();
        record.message_id = Some(index.to_string());
        record.body = Some(body.clone());
        event.records.push(record);
    }
    event
}

fn verify_key(store: &Store, key: SigningKey<'_>) -> anyhow::Result<SignatureVerifier> {
    let key = ApiKey::with_all_scopes(ApiKeyId::parse(key.id)?, vec![key.secret.to_vec()]);
    let keys = ApiKeySource::Given(Arc::new([key]));
    Ok(SignatureVerifier::new(keys, store.clone(), runtime::clock::now))
}

/// Returns the whole router of the vouchers API, as the app backend reaches it.
pub fn vouchers_api(store: &Store, key: SigningKey<'_>) -> anyhow::Result<axum::Router> {
    let verifier = verify_key(store, key)?;
    let context = vouchers::VouchersContext::new(store.clone(), marketplace::euro()?);
    Ok(http_edge::build_app(vouchers::router(Arc::new(context), verifier)))
}

/// Returns the whole router of the customers API: customers, orders, carts and events.
pub fn customers_api(store: &Store, key: SigningKey<'_>) -> anyhow::Result<axum::Router> {
    let verifier = verify_key(store, key)?;
    let aws = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    let devices = DeviceRegistrar::new(&aws, PushApplications::default());
    let context = customers::CustomersContext::new(store.clone(), marketplace::euro()?, devices);
    Ok(http_edge::build_app(customers::router(Arc::new(context), verifier)))
}

/// Puts `count` customers and their orders into the tables, without metering.
pub async fn create_customers(
    store: &Store,
    count: usize,
    consents: marketplace::ConsentMix,
) -> anyhow::Result<()> {
    use futures::{StreamExt, TryStreamExt, stream};
    let now = runtime::clock::now();
    let people = stream::iter(0..count).map(|number| async move {
        let person = marketplace::synthetic_customer(number, now, consents)?;
        store.put_customer(&person.id, &person.profile, marketplace::euro()?).await?;
        for order in &person.orders {
            store.record_order(order, marketplace::euro()?, now).await?;
        }
        anyhow::Ok(())
    });
    people.buffer_unordered(8).try_collect::<Vec<()>>().await?;
    Ok(())
}
