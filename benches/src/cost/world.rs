//! Holds everything a run needs in one process: the functions' contexts with metered clients on the
//! local AWS, the queues between them, and a pump that does what Lambda's pollers do: receive a
//! batch, hand it to the function, delete it. Each invocation is timed.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use channels::Sender;
use domain::{channel::Channel, voucher::Brand};
use queue::{Queue, SegmentNudge, Wake, parse};
use runtime::{Handled, clock::Deadline};
use store::{Store, Tables};
use testkit::TestTables;

use super::{meter::Meter, price, slow::Slow};
use crate::{market, null::Null, process};

/// The least time of a call. On AWS a call takes 5 to 20 ms.
pub const CALL: Duration = Duration::from_millis(10);
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
pub struct Spent {
    pub invocations: u64,
    pub wall: f64,
    pub cpu: f64,
    pub gb_seconds: f64,
}

pub struct World {
    pub meter: Meter,
    pub spent: BTreeMap<String, Spent>,
    /// A store that is not metered, for preparation and inspection.
    pub plain: Store,
    pub store: Store,
    pub provider: Null,
    pub queues: Queues,
    sqs: aws_sdk_sqs::Client,
    expansion: expand_audience::Context,
    release: release_dispatches::Context,
    delivery: BTreeMap<&'static str, delivery::Context>,
    sweep: sweep::Context,
}

/// The URL of each queue.
pub struct Queues(BTreeMap<&'static str, String>);

impl Queues {
    async fn make(config: &aws_types::SdkConfig) -> Self {
        let mut queues = BTreeMap::new();
        for name in ["expansion", "release", "sms", "email", "push", "sweep", "dead"] {
            queues.insert(name, testkit::queue(config).await);
        }
        Self(queues)
    }
    fn url(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
    /// Returns the name of the queue that the meter lists as `place`.
    pub fn name(&self, place: &str) -> Option<&'static str> {
        self.0.iter().find(|(_, url)| url.rsplit(['-', '/']).next() == Some(place)).map(|(name, _)| *name)
    }
}

impl World {
    pub async fn new(tables: &TestTables) -> anyhow::Result<Self> {
        let meter = Meter::default();
        let slow = SharedHttpClient::new(Slow::new(CALL));
        let config = |service| runtime::aws::config(service).into_builder().http_client(slow.clone()).build();
        let names = || Tables::from_lookup(|variable| tables.lookup(variable));
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config("dynamodb")).interceptor(meter.clone()).build();
        let store = Store::with_client(aws_sdk_dynamodb::Client::from_conf(dynamodb), names());
        let sqs = aws_sdk_sqs::config::Builder::from(&config("sqs")).interceptor(meter.clone()).build();
        let sqs = aws_sdk_sqs::Client::from_conf(sqs);
        let queues = Queues::make(&tables.config).await;
        let queue = |name: &str| Queue::with_client(sqs.clone(), queues.url(name));
        let provider = Null::start()?;
        let sends = runtime::aws::config_without_retries("sns").into_builder();
        let sends = sends.http_client(slow.clone()).endpoint_url(provider.endpoint()).build();
        let context = |channel: Channel, sender: Sender| {
            let settings = delivery::Settings {
                channel,
                brand: Brand { name: "Marketplace".into(), link_base: "https://app.example.com/vouchers".into() },
                lease_seconds: 30,
                margin: Duration::from_secs(6),
                unknown_after_seconds: 900,
            };
            delivery::Context::new(store.clone(), sender, [queue("release"), queue("sweep"), queue("dead")], settings)
        };
        let email = Sender::email(&sends, "offers@example.com".into(), Some("vouchers-email".into()));
        let delivery = BTreeMap::from([
            ("sms", context(Channel::Sms, Sender::sms(&sends))),
            ("email", context(Channel::Email, email)),
            ("push", context(Channel::Push, Sender::push(&sends))),
        ]);
        let lane = |channel: Channel| release_dispatches::Lane {
            channel,
            queue: queue(channel.as_str()),
            per_second: 100_000,
        };
        Ok(Self {
            spent: BTreeMap::new(),
            plain: Store::new(&tables.config, names()),
            sqs: aws_sdk_sqs::Client::new(&tables.config),
            expansion: expand_audience::Context {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                sweep: queue("sweep"),
                dispatch_size: domain::dispatch::MAX_CUSTOMERS,
                page_size: expand_audience::PAGE_SIZE,
            },
            release: release_dispatches::Context {
                store: store.clone(),
                lanes: Channel::ALL.map(lane).into(),
                look_again_seconds: 300,
            },
            sweep: sweep::Context {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                expiries_at_once: 100,
                stalled_after_seconds: 90,
                limits: domain::sender_health::Limits::default(),
                zone: domain::TimeZone::UTC,
                recount_for: std::time::Duration::from_secs(3_600),
            },
            delivery,
            meter,
            store,
            provider,
            queues,
        })
    }

    /// Runs one invocation of `function`: counts its calls under its name and records its time.
    pub async fn invoke<T>(&mut self, function: &str, work: impl AsyncFnOnce(&Self) -> T) -> T {
        self.meter.enter(function);
        let (began, cpu) = (Instant::now(), process::cpu());
        let done = work(self).await;
        let (wall, cpu) = (began.elapsed().as_secs_f64(), process::cpu().saturating_sub(cpu).as_secs_f64());
        let memory = if function == "expand-audience" { EXPANSION_MEMORY } else { MEMORY };
        let spent = self.spent.entry(function.to_owned()).or_default();
        spent.invocations += 1;
        spent.wall += wall;
        spent.cpu += cpu;
        spent.gb_seconds += price::gb_seconds(wall, cpu, memory);
        done
    }

    /// Sends the first messages of a run, as a launch does.
    pub async fn nudge(&self, nudges: &[SegmentNudge]) -> anyhow::Result<()> {
        Ok(self.expansion.expansion.send_all(nudges).await?)
    }

    /// Delivers messages until no queue has any.
    pub async fn pump(&mut self) -> anyhow::Result<()> {
        loop {
            let mut handled = 0;
            for name in ["expansion", "release", "push", "email", "sms", "sweep"] {
                handled += self.one_batch(name).await?;
            }
            if handled == 0 {
                return Ok(());
            }
        }
    }

    async fn one_batch(&mut self, name: &'static str) -> anyhow::Result<usize> {
        let url = self.queues.url(name).to_owned();
        let batch = if name == "expansion" { 1 } else { BATCH };
        let received = self.sqs.receive_message().queue_url(&url).max_number_of_messages(batch).send().await?;
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(0);
        }
        let bodies: Vec<String> = messages.iter().filter_map(|message| message.body.clone()).collect();
        self.handle(name, &bodies).await?;
        self.meter.sqs("ReceiveMessage (poller)", name, 1.0);
        self.meter.sqs("DeleteMessageBatch (poller)", name, 1.0);
        let mut delete = self.sqs.delete_message_batch().queue_url(&url);
        for (index, message) in messages.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
            delete = delete.entries(entry.set_receipt_handle(message.receipt_handle.clone()).build()?);
        }
        delete.send().await?;
        Ok(messages.len())
    }

    async fn handle(&mut self, name: &'static str, bodies: &[String]) -> anyhow::Result<()> {
        let now = runtime::clock::now().as_millisecond() + DEADLINE_MS;
        let deadline = Deadline::from_millisecond(u64::try_from(now)?);
        let handled = match name {
            "expansion" => {
                let nudges: Vec<SegmentNudge> = parsed(bodies)?;
                let nudge = nudges.first().context("an empty batch")?;
                self.invoke("expand-audience", async |world| {
                    expand_audience::expand(&world.expansion, nudge, deadline).await
                })
                .await
            }
            "release" => {
                self.invoke("release-dispatches", async |world| {
                    release_dispatches::release(&world.release, deadline).await
                })
                .await?;
                Handled::Done
            }
            "sweep" => {
                let wakes: Vec<Wake> = parsed(bodies)?;
                self.invoke("sweep", async |world| {
                    for wake in &wakes {
                        let swept = sweep::sweep(&world.sweep, wake).await;
                        if swept != Handled::Done {
                            return swept;
                        }
                    }
                    Handled::Done
                })
                .await
            }
            channel => {
                let event = event(bodies);
                let function = format!("deliver-{channel}");
                let answer = self
                    .invoke(&function, async |world| match world.delivery.get(channel) {
                        Some(context) => Some(delivery::handle(context, event, deadline).await),
                        None => None,
                    })
                    .await;
                let answer = answer.with_context(|| format!("no function reads {channel}"))?;
                ensure!(answer.batch_item_failures.is_empty(), "{function} wants messages again: {answer:?}");
                Handled::Done
            }
        };
        if handled != Handled::Done {
            bail!("{name}: {handled:?}");
        }
        Ok(())
    }
}

fn parsed<T: serde::de::DeserializeOwned>(bodies: &[String]) -> anyhow::Result<Vec<T>> {
    bodies.iter().map(|body| parse(body).map_err(anyhow::Error::msg)).collect()
}

fn event(bodies: &[String]) -> SqsEvent {
    let mut event = SqsEvent::default();
    for (index, body) in bodies.iter().enumerate() {
        let mut record = SqsMessage::default();
        record.message_id = Some(index.to_string());
        record.body = Some(body.clone());
        event.records.push(record);
    }
    event
}

/// Returns the whole router of the vouchers API, as the app backend reaches it.
pub fn vouchers_api(store: &Store, secret: &'static [u8]) -> axum::Router {
    let verifier = http_api::Verifier::new(runtime::clock::now, move || async move { Ok(vec![secret.to_vec()]) });
    http_api::app(vouchers::router(Arc::new(vouchers::Context::new(store.clone())), verifier))
}

/// Puts `count` customers and their orders into the tables, without metering.
pub async fn fill(store: &Store, count: usize, consents: market::Consents) -> anyhow::Result<()> {
    use futures::{StreamExt, TryStreamExt, stream};
    let now = runtime::clock::now();
    let people = stream::iter(0..count).map(|number| async move {
        let person = market::person(number, now, consents)?;
        store.put_customer(&person.id, &person.profile, market::euro()?).await?;
        for order in &person.orders {
            store.record_order(order, market::euro()?, now).await?;
        }
        anyhow::Ok(())
    });
    people.buffer_unordered(8).try_collect::<Vec<()>>().await?;
    Ok(())
}
