//! The load: events of customers fire autopilots, each match becomes a dispatch of one customer, and
//! each dispatch is released and delivered by push.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use channels::ChannelSender;
use delivery::{DeliveryContext, DeliverySettings, LinkConfig};
use domain::{
    Timestamp,
    campaign::{
        lifecycle::{Campaign, CampaignState},
        trigger::{BehaviourChange, BehaviourEvent},
    },
    customer::{changes::CustomerReplacement, profile::Customer},
    kernel::{
        channel::Channel,
        id::{CustomerId, RunId},
    },
    voucher::record::BrandIdentity,
};
use fake_aws::{CallGate, CallVerdict, FakeAws};
use queue::Queue;
use release_dispatches::{ChannelLane, ReleaseContext, release_due};
use runtime::clock::{Deadline, simulated};
use scan_autopilot::{ScanContext, scan_autopilots};
use secrets::Secrets;
use serde_json::json;
use store::{
    Store, TableNames, campaign::campaigns::AuditedChange, conditional::Applied,
    customer::profiles::CustomerLookup, delivery::segments::new_autopilot_segments,
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, customer_id, definition, noon},
};
use tokio::time::Instant;

use super::write_counts::WriteCounter;
use crate::marketplace;

/// The time of one call.
const CALL: Duration = Duration::from_millis(10);
/// The autopilots that share the matches.
pub const AUTOPILOTS: usize = 4;
/// The push workers at the same time, and the pointers of one batch, as in template.yaml.
pub const PUSH_WORKERS: f64 = 32.0;
const POINTERS_PER_BATCH: usize = 10;
/// Matches that are told in one transaction.
const TOLD_TOGETHER: usize = 50;
/// A rate that limits nothing.
const PER_SECOND: u64 = 1_000_000;
const MINUTE: i64 = 60_000;

pub struct ScaleLoad {
    memory: FakeAws,
    store: Store,
    customers: Vec<Customer>,
}

/// Seconds of AWS's time, and the writes of each key, the most first.
pub struct MeasuredLoad {
    pub customers: usize,
    pub planning: f64,
    pub releasing: f64,
    pub delivering: f64,
    pub writes: Vec<(String, u64)>,
}

impl ScaleLoad {
    /// Creates the customers and enables the autopilots, each listening to an event of its own.
    pub async fn new(customers: usize) -> anyhow::Result<Self> {
        simulated::set_now(Some(noon()));
        let gate: CallGate = Arc::new(|_| {
            Box::pin(async {
                tokio::time::sleep(CALL).await;
                CallVerdict::Proceed
            })
        });
        let memory = FakeAws::with_gate(testkit::table_schemas(), gate);
        let tables = TestTables::on_fake_aws(&memory);
        let names = TableNames::from_lookup(|variable| tables.table_name(variable));
        let store =
            Store::new(&memory.config(), names).with_address_keys(testkit::address_hasher().into());
        for number in 0..AUTOPILOTS {
            enable_autopilot(&store, number).await?;
        }
        let mut written = Vec::new();
        for number in 0..customers {
            written.push(put_customer(&store, &customer_id(&format!("c-{number}"))).await?);
        }
        Ok(Self { memory, store, customers: written })
    }

    pub async fn run(&self) -> anyhow::Result<MeasuredLoad> {
        let counter = WriteCounter::start(&self.memory);
        self.report_events().await?;
        let planning = self.plan().await?;
        simulated::set_now(Some(add_milliseconds(noon(), 5 * MINUTE)));
        let (releasing, pointers) = self.release().await?;
        let delivering = self.deliver(&pointers).await?;
        simulated::set_now(None);
        Ok(MeasuredLoad {
            customers: self.customers.len(),
            planning,
            releasing,
            delivering,
            writes: counter.writes(&self.memory),
        })
    }

    /// Keeps a match for each customer, of the autopilot whose turn it is.
    async fn report_events(&self) -> anyhow::Result<()> {
        let listeners = self.store.listeners().await?;
        let properties = serde_json::Map::new();
        let mut matches = Vec::new();
        for (number, customer) in self.customers.iter().enumerate() {
            let name = event_name(number % AUTOPILOTS);
            let id = format!("e-{number}");
            let change = BehaviourChange::Event { id: &id, name: &name, properties: &properties };
            let event = BehaviourEvent { at: noon(), customer, change };
            matches.extend(listeners.find_matches(&event, noon()));
        }
        ensure!(matches.len() == self.customers.len(), "{} matches", matches.len());
        for together in matches.chunks(TOLD_TOGETHER) {
            self.store.record_matches(together).await?;
        }
        Ok(())
    }

    async fn plan(&self) -> anyhow::Result<f64> {
        let context = ScanContext {
            store: self.store.clone(),
            release: self.queue("release"),
            dispatch_size: 50,
        };
        let later = add_milliseconds(noon(), MINUTE);
        simulated::set_now(Some(later));
        let began = Instant::now();
        scan_autopilots(&context, deadline(later)).await?;
        let took = began.elapsed().as_secs_f64();
        let (left, _) = self.store.due_matches(later, 1, None).await?;
        ensure!(left.is_empty(), "a match is left");
        Ok(took)
    }

    /// Releases all dispatches, and returns the pointers to them.
    async fn release(&self) -> anyhow::Result<(f64, Vec<String>)> {
        let lanes = vec![ChannelLane {
            channel: Channel::Push,
            queue: self.queue("push"),
            per_second: PER_SECOND,
        }];
        let context =
            ReleaseContext { store: self.store.clone(), lanes, watchdog_after_seconds: 300 };
        self.memory.take_queued_messages();
        let began = Instant::now();
        release_due(&context, deadline(runtime::clock::now())).await?;
        let took = began.elapsed().as_secs_f64();
        let sent = self.memory.take_queued_messages();
        let pointers: Vec<String> = sent.into_iter().map(|message| message.body).collect();
        ensure!(pointers.len() == self.customers.len(), "{} were released", pointers.len());
        Ok((took, pointers))
    }

    /// Delivers batch after batch, as one worker does.
    async fn deliver(&self, pointers: &[String]) -> anyhow::Result<f64> {
        let context = self.worker()?;
        let began = Instant::now();
        for batch in pointers.chunks(POINTERS_PER_BATCH) {
            let mut event = SqsEvent::default();
            event.records = batch.iter().enumerate().map(message).collect();
            let deadline = deadline(runtime::clock::now());
            let answer = delivery::handle_batch(&context, event, deadline).await;
            ensure!(answer.batch_item_failures.is_empty(), "a dispatch was not delivered");
        }
        let took = began.elapsed().as_secs_f64();
        let sent = self.memory.take_provider_messages().len();
        ensure!(sent == self.customers.len(), "{sent} messages for {}", self.customers.len());
        Ok(took)
    }

    fn worker(&self) -> anyhow::Result<DeliveryContext> {
        // Read once in the life of a function, and not part of its work.
        let keys = FakeAws::new([]);
        keys.set_secret(
            "links",
            r#"{"current":"bGlua3MgbGlua3MgbGlua3MgbGlua3MgbGlua3M=","previous":""}"#,
        );
        let settings = DeliverySettings {
            channel: Channel::Push,
            brand: BrandIdentity {
                name: "Marketplace".to_owned(),
                link_base: "https://app.example.com/v".to_owned(),
            },
            currency: marketplace::euro()?,
            lease_seconds: 30,
            time_margin: Duration::from_secs(6),
            unknown_after_seconds: 900,
        };
        let sender = ChannelSender::push(&self.memory.config_without_retries());
        let queues = ["release", "watchdog", "dead"].map(|name| self.queue(name));
        let links = LinkConfig {
            secrets: Secrets::new(&keys.config()),
            link_secret: "links".to_owned(),
            address_secret: Some("links".to_owned()),
            unsubscribe_base: "https://api.example.com/u".to_owned(),
        };
        Ok(DeliveryContext::new(self.store.clone(), sender, queues, settings).with_links(links))
    }

    fn queue(&self, name: &str) -> Queue {
        Queue::new(&self.memory.config(), format!("http://memory/{name}"))
    }
}

fn message((number, body): (usize, &String)) -> SqsMessage {
    let mut message = SqsMessage::default();
    (message.message_id, message.body) = (Some(number.to_string()), Some(body.clone()));
    message
}

/// A deadline that does not come: the clock of the functions stands still.
fn deadline(now: Timestamp) -> Deadline {
    Deadline::from_millisecond(u64::try_from(now.as_millisecond()).unwrap_or(0) + 30_000)
}

fn event_name(autopilot: usize) -> String {
    format!("event_{autopilot}")
}

async fn enable_autopilot(store: &Store, number: usize) -> anyhow::Result<()> {
    let trigger = json!({"when": {"event": {"name": event_name(number)}}, "cool_down_days": 30});
    let channels = json!({"ladder": ["push"]});
    let definition = definition(
        json!({"kind": "autopilot", "trigger": trigger, "channels": channels, "holdout_percent": 0}),
    );
    let id = campaign_id(&format!("cmp_scale{number}"));
    let draft = Campaign::draft(id, definition, "bench", noon());
    let change = |action| AuditedChange { actor: "bench", action, note: "", at: noon() };
    store.create_campaign(&draft, "bench", &change("create")).await?;
    let run = RunId::of_promotion(&draft.id);
    let segments = new_autopilot_segments(&run, &draft.id, noon());
    let enabled = store
        .launch_campaign(&draft, CampaignState::Enabled, &run, &segments, &change("launch"))
        .await?;
    ensure!(enabled == Applied::Yes, "an autopilot was not enabled");
    Ok(())
}

async fn put_customer(store: &Store, id: &CustomerId) -> anyhow::Result<Customer> {
    let granted = json!({"state": "granted", "source": "sign_up", "at": "2026-01-01T00:00:00Z"});
    let device = format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/market-android/{id}");
    let replacement: CustomerReplacement = serde_json::from_value(json!({
        "profile": {"zone": "UTC"},
        "consents": {"push": granted},
        "push_endpoints": [{"endpoint_id": "phone", "arn": device}],
    }))?;
    store.put_customer(id, &replacement, marketplace::euro()?).await?;
    match store.customer(id).await? {
        CustomerLookup::Customer(customer) => Ok(*customer),
        CustomerLookup::Erased | CustomerLookup::Unknown => {
            Err(anyhow::anyhow!("the customer was not written"))
        }
    }
    .with_context(|| format!("customer {id}"))
}
