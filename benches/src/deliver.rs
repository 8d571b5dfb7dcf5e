//! Measures the delivery workers: dispatches of fifty customers, each read, decided, issued, sent
//! and recorded, against the null server for store and providers.
//!
//! Its ceiling is the SDK alone making the same calls, from prepared requests, in the same run, on
//! one thread with as many in flight. The difference is our own work: the decision, the rendering,
//! the items. Goal: at least 0.85 of the ceiling. It also measures memory: the most that a process
//! has touched after a thousand vouchers and after many more.

mod ceiling;

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use channels::ChannelSender;
use delivery::{DeliveryContext, DeliverySettings};
use domain::{
    campaign::{
        audience::AudienceRule,
        lifecycle::{Campaign, CampaignState},
    },
    customer::changes::CustomerReplacement,
    delivery::dispatch::{Dispatch, DispatchKey, DispatchPurpose},
    kernel::{
        channel::Channel,
        id::{CustomerId, RunId},
    },
    voucher::record::BrandIdentity,
};
use queue::{DispatchPointer, Queue};
use runtime::clock::Deadline;
use secrets::Secrets;
use serde_json::{Value, json};
use store::{
    Store, TableNames, campaign::campaigns::AuditedChange, delivery::segments::new_segments,
};

use self::ceiling::{CapturedRequests, SdkCeiling};
use crate::{
    callgrind,
    child::{self, ChildEnvironment, aws_environment},
    marketplace,
    null::NullServer,
    options::BenchmarkOptions,
    process,
    report::BenchmarkReport,
};

/// The customers of the one dispatch, which is delivered again and again: the null server forgets
/// their outcomes.
const CUSTOMERS: usize = 50;
/// The dispatches of one batch of the queue, which the worker delivers at the same time.
const BATCH: usize = 4;
/// The concurrent calls: as many as the worker has for a batch, sixteen for each dispatch.
const IN_FLIGHT: usize = 16 * BATCH;
/// The vouchers of the two runs under valgrind; their difference is what is counted.
const FEW: usize = 100;
const MANY: usize = 400;

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    let vouchers = options.size(5_000, 100);
    report.title(&format!("Deliver, {vouchers} vouchers on each channel, null server"));
    for channel in Channel::ALL {
        measure_channel(options, report, channel, vouchers)?;
    }
    if !callgrind::is_available() {
        report.skip(callgrind::MISSING);
    }
    Ok(())
}

fn measure_channel(
    options: &BenchmarkOptions,
    report: &mut BenchmarkReport,
    channel: Channel,
    vouchers: usize,
) -> anyhow::Result<()> {
    let null = NullServer::start()?;
    null.keep_but_vouchers();
    let environment = aws_environment(&null.endpoint());
    let calls = calls_per_voucher(&null, channel, &environment)?;
    let message = null.last_message().context("no message was sent")?;
    let arguments = |which: &str, vouchers: usize| {
        let calls = json!(calls).to_string();
        vec![channel.to_string(), which.to_owned(), vouchers.to_string(), calls, message.clone()]
    };
    let said = |which: &str, vouchers: usize| {
        Ok::<_, anyhow::Error>(
            child::run_child("deliver", &arguments(which, vouchers), &environment)?.result,
        )
    };
    let number = |said: &Value, name: &str| {
        said.get(name).and_then(Value::as_f64).context("the child gave no number")
    };
    let (mut ours, mut ceiling) = (Vec::new(), Vec::new());
    for _ in 0..options.size(7, 1) {
        ours.push(number(&said("ours", vouchers)?, "cpu_us")?);
        ceiling.push(number(&said("sdk", vouchers)?, "cpu_us")?);
    }
    // Whatever else the machine does only adds to the time of a processor: the least of both is theirs.
    let least = |times: Vec<f64>| times.into_iter().fold(f64::INFINITY, f64::min);
    let (ours, ceiling) = (least(ours), least(ceiling));
    report.at_least(
        &format!("deliver.{channel}.ratio_to_sdk_ceiling"),
        ceiling / ours,
        "of the SDK's rate",
        0.85,
    );
    report.figure(
        &format!("deliver.{channel}.per_second_and_core"),
        1e6 / ours,
        "vouchers/s of CPU",
    );
    // a quick run counts one channel only: each takes a quarter of a minute
    if callgrind::is_available() && (!options.quick || channel == Channel::Sms) {
        let count = |vouchers: usize| {
            child::child_instructions("deliver", &arguments("ours", vouchers), &environment)
        };
        let (few, many) = (options.size(FEW, CUSTOMERS), options.size(MANY, 2 * CUSTOMERS));
        let each = (count(many)? - count(few)?) / (many - few) as f64;
        report.figure(&format!("deliver.{channel}.instructions_per_voucher"), each, "instructions");
    }
    if channel == Channel::Email {
        let (few, many) = (options.size(1_000, 50), options.size(100_000, 200));
        let of = |vouchers: usize| number(&said("ours", vouchers)?, "peak_mb");
        let (few_mb, many_mb) = (of(few)?, of(many)?);
        report.at_most(
            "deliver.memory_ratio_100k",
            many_mb / few_mb,
            "of the memory for a thousand",
            1.25,
        );
        report.note(&format!("{few_mb:.1} MB after {few} vouchers, {many_mb:.1} MB after {many}"));
    }
    let shown: Vec<String> = calls.iter().map(|(name, each)| format!("{each:.2} {name}")).collect();
    report.note(&format!("{channel}: {} a voucher, as counted by the server", shown.join(", ")));
    Ok(())
}

/// Returns how many calls of each kind a voucher takes.
fn calls_per_voucher(
    null: &NullServer,
    channel: Channel,
    environment: &ChildEnvironment,
) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut counted = Vec::new();
    // the first run prepares the tables for all
    for dispatches in [1, 2, 12] {
        let before = null.calls();
        let arguments = [
            channel.to_string(),
            "ours".to_owned(),
            (dispatches * CUSTOMERS).to_string(),
            "{}".to_owned(),
            String::new(),
        ];
        child::run_child("deliver", &arguments, environment)?;
        let of = |(name, calls): (String, u64)| {
            let made = calls - before.get(&name).copied().unwrap_or(0);
            (name, made)
        };
        counted.push(null.calls().into_iter().map(of).collect::<BTreeMap<_, _>>());
    }
    let [_, few, many] = &counted[..] else { anyhow::bail!("three runs were counted") };
    let each = |(name, calls): (&String, &u64)| {
        let more = calls.saturating_sub(few.get(name).copied().unwrap_or(0));
        (name.clone(), more as f64 / (10 * CUSTOMERS) as f64)
    };
    Ok(many.iter().map(each).filter(|(_, each)| *each > 0.0).collect())
}

/// Runs as `CHANNEL ours|sdk VOUCHERS CALLS MESSAGE`.
pub fn child(arguments: &[String]) -> anyhow::Result<Value> {
    let [channel, which, vouchers, calls, message] = arguments else {
        anyhow::bail!("deliver takes five arguments")
    };
    let channel = Channel::parse(channel).context("a channel")?;
    let vouchers: usize = vouchers.parse()?;
    let calls: BTreeMap<String, f64> = serde_json::from_str(calls)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let prepared = PreparedDispatch::new(channel).await?;
        let work = prepared.worker(None);
        // opens connections and creates lazy values
        work.run(1).await?;
        let sdk = match which.as_str() {
            "sdk" => Some(SdkCeiling::capture(&prepared, message).await?),
            _ => None,
        };
        if let Some(sdk) = &sdk {
            sdk.run(&calls, CUSTOMERS).await?;
        }
        let cpu = process::thread_cpu_time();
        match &sdk {
            Some(sdk) => sdk.run(&calls, vouchers).await?,
            None => work.run(vouchers / CUSTOMERS).await?,
        }
        let spent = process::thread_cpu_time().saturating_sub(cpu).as_secs_f64() * 1e6;
        Ok(json!({"cpu_us": spent / vouchers as f64, "peak_mb": process::peak_memory_mb(std::process::id())}))
    })
}

/// A running promotion, its customers, and the dispatch of them all, as they would be in the tables.
struct PreparedDispatch {
    key: DispatchKey,
    channel: Channel,
}

struct DeliveryWork {
    context: DeliveryContext,
    key: DispatchKey,
    channel: Channel,
}

fn new_store(captured: Option<&CapturedRequests>) -> Store {
    let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&runtime::aws::config("dynamodb"));
    if let Some(captured) = captured {
        dynamodb.push_interceptor(captured.clone().into_shared());
    }
    let client = aws_sdk_dynamodb::Client::from_conf(dynamodb.build());
    Store::with_client(client, TableNames::from_lookup(|name| Some(name.to_lowercase())))
        .with_address_keys(testkit::address_hasher().into())
}

impl PreparedDispatch {
    async fn new(channel: Channel) -> anyhow::Result<Self> {
        let key = prepare_dispatch(&new_store(None), channel).await?;
        Ok(Self { key, channel })
    }

    /// Builds the worker. Its requests to the store are captured if `captured` is there, which
    /// costs time of its own.
    fn worker(&self, captured: Option<&CapturedRequests>) -> DeliveryWork {
        let (store, channel) = (new_store(captured), self.channel);
        let sends = runtime::aws::config_without_retries("sns");
        let sender = match channel {
            Channel::Sms => ChannelSender::sms(&sends, channels::TextMessageSettings::default()),
            Channel::Push => ChannelSender::push(&sends),
            Channel::Email => ChannelSender::email(
                &sends,
                "offers@example.com".to_owned(),
                Some("events".to_owned()),
            ),
        };
        let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
        let sqs = runtime::aws::config("sqs");
        let queue = |name: &str| Queue::new(&sqs, format!("{endpoint}/000000000000/{name}"));
        let settings = DeliverySettings {
            channel,
            brand: BrandIdentity {
                name: "Marketplace".to_owned(),
                link_base: "https://app.example.com/v".to_owned(),
            },
            currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
            lease_seconds: 3_600,
            time_margin: Duration::from_secs(1),
            unknown_after_seconds: 900,
        };
        let context = DeliveryContext::new(
            store,
            sender,
            [queue("release"), queue("watchdog"), queue("dead")],
            settings,
        );
        let secrets = Secrets::new(&runtime::aws::config("secrets_manager"));
        let context = context.with_links(delivery::LinkConfig {
            secrets,
            link_secret: "links".to_owned(),
            address_secret: Some("addresses".to_owned()),
            unsubscribe_base: "https://api.example.com/u".to_owned(),
        });
        DeliveryWork { context, key: self.key.clone(), channel }
    }
}

impl DeliveryWork {
    /// Delivers dispatches of fifty, four at a time, as a batch of the queue brings them.
    async fn run(&self, dispatches: usize) -> anyhow::Result<()> {
        let pointer = serde_json::to_string(&DispatchPointer { dispatch: self.key.clone() })?;
        let mut left = dispatches;
        while left > 0 {
            let batch = left.min(BATCH);
            let message = |number: usize| {
                let mut message = SqsMessage::default();
                (message.message_id, message.body) =
                    (Some(number.to_string()), Some(pointer.clone()));
                message
            };
            let mut event = SqsEvent::default();
            event.records = (0..batch).map(message).collect();
            let deadline = Deadline::from_millisecond(u64::MAX / 2);
            let answer = delivery::handle_batch(&self.context, event, deadline).await;
            anyhow::ensure!(
                answer.batch_item_failures.is_empty(),
                "{} was not delivered",
                self.channel
            );
            left -= batch;
        }
        Ok(())
    }
}

async fn prepare_dispatch(store: &Store, channel: Channel) -> anyhow::Result<DispatchKey> {
    let now = runtime::clock::now();
    let mut draft = marketplace::campaign("cmp_01HZX3QK4T8N2V", marketplace::now()?)?;
    draft.definition.audience = serde_json::from_value::<AudienceRule>(json!({"everyone": {}}))?;
    draft.definition.holdout_percent = 0;
    draft.definition.channels.ladder = vec![channel];
    let run = RunId::of_promotion(&draft.id);
    let campaign = Campaign {
        state: CampaignState::Running,
        run: Some(run.clone()),
        segments: 1,
        launched_at: Some(now),
        ..draft
    };
    let change = AuditedChange { actor: "bench", action: "create", note: "", at: now };
    store.create_campaign(&campaign, "bench", &change).await?;
    let granted =
        json!({"state": "granted", "source": "signup_form", "at": "2026-01-01T00:00:00Z"});
    let mut customers: Vec<CustomerId> = Vec::new();
    for number in 0..CUSTOMERS {
        let person = marketplace::synthetic_customer(
            number,
            marketplace::now()?,
            marketplace::ConsentMix::Mixed,
        )?;
        let device = format!(
            "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/market-android/{number:08}-77aa-4bb3-9c1d"
        );
        let reachable: CustomerReplacement = serde_json::from_value(json!({
            "profile": person.profile.profile, "contacts": person.profile.contacts,
            "consents": {"sms": granted, "email": granted, "push": granted},
            "push_endpoints": [{"endpoint_id": "phone", "arn": device}],
        }))?;
        store.put_customer(&person.id, &reachable, marketplace::euro()?).await?;
        customers.push(person.id);
    }
    let before =
        new_segments(&run, &campaign.id, 1, now).into_iter().next().context("a segment")?;
    let key = DispatchKey::planned(&run, 0, 0, 0);
    let dispatch = Dispatch::new_ready(
        key.clone(),
        campaign.id.clone(),
        channel,
        DispatchPurpose::Planned,
        customers,
        now,
    );
    store.write_page(&before, &before.clone(), &[dispatch]).await?;
    Ok(key)
}
