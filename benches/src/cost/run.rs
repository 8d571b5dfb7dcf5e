//! Runs the campaign that is metered, in a process of its own: a promotion from launch to report
//! over a ladder of three channels, with every message delivered, 45 % of the vouchers accepted and
//! 40 % of those redeemed.
//!
//! In `voucher` every selected customer gets a voucher, so that only vouchers are paid for. In
//! `mixed` a tenth is held out and some customers cannot be reached, and the cost of their records
//! is divided among the vouchers too.

use std::{collections::BTreeMap, time::Duration};

use aggregate_reports::StreamBatch;
use anyhow::{Context, bail, ensure};
use axum::body::Body;
use domain::{
    campaign::lifecycle::CampaignState,
    delivery::dispatch::{RunProgress, Segment},
    kernel::id::{CampaignId, RunId},
    voucher::record::{Voucher, VoucherStatus},
};
use futures::{StreamExt, stream};
use http::Request;
use http_edge::signed_request::SigningKey;
use queue::{Queue, SegmentNudge};
use runtime::HandlerOutcome;
use serde_json::{Value, json};
use store::{
    campaign::campaigns::{AuditedChange, CreateCampaignResult},
    conditional::Applied,
    delivery::segments,
    voucher::records::{CAMPAIGN_SHARDS, VoucherKey},
};
use testkit::{TestTables, with_tables};
use tower::ServiceExt;

use super::{
    acts::count_acts,
    changes::VoucherStream,
    metered_stack::{MeteredStack, create_customers, vouchers_api},
    units::item_size,
};
use crate::{marketplace, null::ProviderCall, redeem};

const KEY: SigningKey<'_> =
    SigningKey { id: "benchmark", secret: b"the secret of the benchmark, 32+" };
/// The segments of the scan; 64 in the cloud, where the customer base is larger.
const SEGMENTS: u32 = 4;
/// The vouchers accepted in 100, and the redeemed ones in 100 accepted ones.
const ACCEPT: u64 = 45;
const REDEEM: u64 = 40;
/// The number of events that record-feedback and of records that aggregate-reports get at once, as
/// in template.yaml.
const FEEDBACK_BATCH: usize = 10;
const STREAM_BATCH: usize = 500;
/// The least number of changes that a shard has in the time for which counts are buffered: fifty a
/// second, while the slowest channel alone sends twenty messages a second, each with three changes.
const BUFFERED_CHANGES: usize = 1_000;
/// The batch size of a second count of the same changes, buffered and not, which is not part of the
/// bill.
const SMALL_BATCH: usize = 100;
const COUNTING: &str = "aggregate-reports";
pub const BY_HUNDRED: &str = "aggregate-reports, 100 at a time";
pub const NOT_BUFFERED: &str = "aggregate-reports, 100 at a time, each at once";
pub const OUTSIDE_BILL: [&str; 2] = [BY_HUNDRED, NOT_BUFFERED];
/// The events of one batch that are processed concurrently, as in record-feedback.
const FEEDBACK_CONCURRENCY: usize = 10;

/// Runs as `CUSTOMERS voucher|mixed`, or as `CUSTOMERS acts STORED`.
pub fn child(arguments: &[String]) -> anyhow::Result<Value> {
    if let [customers, what, stored] = arguments {
        ensure!(what == "acts", "cost knows no {what}");
        let (customers, stored) = (customers.parse()?, stored.parse()?);
        runtime::init_tracing();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let counted = with_tables(async |tables| count_acts(tables, customers, stored).await);
        return runtime.block_on(counted);
    }
    let [customers, mix] = arguments else { bail!("cost takes two or three arguments") };
    let mixed = mix == "mixed";
    let customers: usize = customers.parse()?;
    runtime::init_tracing();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(with_tables(async |tables| run_metered(tables, customers, mixed).await))
}

async fn run_metered(tables: &TestTables, customers: usize, mixed: bool) -> anyhow::Result<Value> {
    let vouchers = tables.table_name("VOUCHERS_TABLE").context("no table of vouchers")?;
    let changes =
        VoucherStream::enable(&tables.client, &vouchers, testkit::local_aws_endpoint()).await?;
    let mut world = MeteredStack::new(tables).await?;
    let consents =
        if mixed { marketplace::ConsentMix::Mixed } else { marketplace::ConsentMix::Reachable };
    create_customers(&world.plain, customers, consents).await?;
    let (campaign, run) = launch_campaign(&mut world, mixed).await?;
    world.drain_queues().await?;
    let messages = deliver_feedback(&mut world).await?;
    world.drain_queues().await?;
    let progress = world.plain.run_progress(&run, SEGMENTS).await?;
    ensure!(progress.is_complete(), "the run does not close: {progress:?}");
    let (accepted, redeemed) = use_vouchers(&mut world, &campaign).await?;
    let records = changes.records().await?;
    count_changes(&mut world, tables, &records, COUNTING, STREAM_BATCH, BUFFERED_CHANGES).await?;
    count_changes(&mut world, tables, &records, BY_HUNDRED, SMALL_BATCH, BUFFERED_CHANGES).await?;
    count_changes(&mut world, tables, &records, NOT_BUFFERED, SMALL_BATCH, 0).await?;
    Ok(run_result(&world, &progress, &messages, accepted, redeemed, &records))
}

async fn launch_campaign(
    world: &mut MeteredStack,
    mixed: bool,
) -> anyhow::Result<(CampaignId, RunId)> {
    let now = runtime::clock::now();
    let mut campaign = marketplace::campaign("cmp_01HZX3QK4T8N2V", now)?;
    if !mixed {
        campaign.definition.holdout_percent = 0;
    }
    let run = RunId::of_promotion(&campaign.id);
    let segments: Vec<Segment> = segments::new_segments(&run, &campaign.id, SEGMENTS, now);
    let nudges: Vec<SegmentNudge> = segments
        .iter()
        .map(|segment| SegmentNudge { run: run.clone(), segment: segment.number })
        .collect();
    let launched = world.invoke_function("campaigns", async |world| {
        let change = |action| AuditedChange { actor: "bench", action, note: "", at: now };
        let created = world.store.create_campaign(&campaign, "bench", &change("create")).await?;
        ensure!(created == CreateCampaignResult::First, "the campaign is there already");
        let written = world
            .store
            .launch_campaign(&campaign, CampaignState::Running, &run, &segments, &change("launch"))
            .await?;
        ensure!(written == Applied::Yes, "the campaign was not launched");
        world.send_nudges(&nudges).await
    });
    launched.await?;
    Ok((campaign.id, run))
}

/// Delivers every message and sends the provider's events: by the topic into the queue, ten at a
/// time to record-feedback.
async fn deliver_feedback(
    world: &mut MeteredStack,
) -> anyhow::Result<BTreeMap<&'static str, usize>> {
    let provided = world.provider.take_provided();
    let mut messages: BTreeMap<&'static str, usize> = BTreeMap::new();
    for message in &provided {
        *messages.entry(provider_channel(message)).or_default() += 1;
    }
    for batch in provided.chunks(FEEDBACK_BATCH) {
        let handled = world.invoke_function("record-feedback", async |world| {
            let events = stream::iter(batch).map(async |message| {
                let body = delivery_event(message);
                let enclosed = channels::feedback::parse_feedback(&body, runtime::clock::now());
                for parsed in enclosed.into_iter().map(|enclosed| enclosed.parsed) {
                    for event in parsed.map(|parsed| parsed.events).unwrap_or_default() {
                        let handled = record_feedback::record_event(&world.store, &event, 1).await;
                        if handled != HandlerOutcome::Done {
                            return handled;
                        }
                    }
                }
                HandlerOutcome::Done
            });
            events.buffer_unordered(FEEDBACK_CONCURRENCY).collect::<Vec<HandlerOutcome>>().await
        });
        let handled = handled.await;
        ensure!(
            handled.iter().all(|it| *it == HandlerOutcome::Done),
            "feedback was not recorded: {handled:?}"
        );
        world.meter.add_sqs_requests("SendMessage (topic)", "feedback", batch.len() as f64);
        world.meter.add_sqs_requests("ReceiveMessage (poller)", "feedback", 1.0);
        world.meter.add_sqs_requests("DeleteMessageBatch (poller)", "feedback", 1.0);
    }
    Ok(messages)
}

fn provider_channel(message: &ProviderCall) -> &'static str {
    match message {
        ProviderCall::Mailed { .. } => "email",
        ProviderCall::Texted { .. } => "sms",
        ProviderCall::Published { .. } => "push",
    }
}

/// Builds the provider's delivery event of a message.
fn delivery_event(message: &ProviderCall) -> String {
    let now = runtime::clock::now();
    let event = match message {
        ProviderCall::Mailed { id, voucher, customer } => json!({
            "eventType": "Delivery",
            "mail": {"messageId": id, "tags": {"voucher": [voucher], "customer": [customer]}},
            "delivery": {"timestamp": now.to_string()},
        }),
        ProviderCall::Texted { id, phone, context } => json!({
            "eventType": "TEXT_DELIVERED", "eventVersion": "1.0", "isFinal": true,
            "eventTimestamp": now.as_millisecond(), "messageId": id,
            "destinationPhoneNumber": phone, "context": context, "totalMessagePrice": 0.00833,
        }),
        ProviderCall::Published { id, destination } => json!({
            "notification": {"messageId": id, "timestamp": now.strftime("%Y-%m-%d %H:%M:%S").to_string()},
            "delivery": {"destination": destination},
            "status": "SUCCESS",
        }),
    };
    event.to_string()
}

/// Acts for the customers through the signed API, and returns how many accepted and how many
/// redeemed.
async fn use_vouchers(
    world: &mut MeteredStack,
    campaign: &CampaignId,
) -> anyhow::Result<(u64, u64)> {
    let api = vouchers_api(&world.store, KEY)?;
    let (mut accepted, mut redeemed) = (0, 0);
    for (number, voucher) in issued_vouchers(world, campaign).await?.iter().enumerate() {
        // every voucher takes the same place in its hundred in every run
        let place = (number as u64).wrapping_mul(61) % 100;
        if place >= ACCEPT {
            continue;
        }
        let path =
            format!("/v1/customers/{}/vouchers/{}/accept", voucher.customer, voucher.voucher);
        send_request(world, &api, &path, String::new()).await?;
        accepted += 1;
        if place * 100 < ACCEPT * REDEEM {
            let (path, body) = redeem::redemption_request(voucher);
            send_request(world, &api, &path, body).await?;
            redeemed += 1;
        }
    }
    Ok((accepted, redeemed))
}

async fn issued_vouchers(
    world: &MeteredStack,
    campaign: &CampaignId,
) -> anyhow::Result<Vec<VoucherKey>> {
    let mut keys: Vec<VoucherKey> = Vec::new();
    for shard in 0..CAMPAIGN_SHARDS {
        let mut after = None;
        loop {
            let (page, next) =
                world.plain.campaign_vouchers(campaign, shard, after.as_ref(), 100).await?;
            let wanted = |voucher: &&Voucher| voucher.status == VoucherStatus::Issued;
            keys.extend(page.iter().filter(wanted).map(VoucherKey::from));
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    keys.sort_by(|a, b| a.customer.as_str().cmp(b.customer.as_str()));
    Ok(keys)
}

async fn send_request(
    world: &mut MeteredStack,
    api: &axum::Router,
    path: &str,
    body: String,
) -> anyhow::Result<()> {
    let request =
        redeem::sign_post(Request::post(path), KEY, path, &body).body(Body::from(body))?;
    let answer =
        world.invoke_function("vouchers", async |_| api.clone().oneshot(request).await).await?;
    ensure!(answer.status() == 200, "{path} was answered {}", answer.status());
    Ok(())
}

/// Folds the stream's records into the counters in batches of one size; counts are buffered until
/// there are `held` of them.
async fn count_changes(
    world: &mut MeteredStack,
    tables: &TestTables,
    records: &[Value],
    name: &str,
    batch: usize,
    held: usize,
) -> anyhow::Result<()> {
    let context = |hold| aggregate_reports::AggregateContext {
        store: world.store.clone(),
        parked: Queue::new(&tables.config, "http://127.0.0.1/parked"),
        zone: domain::TimeZone::UTC,
        buffer_time: hold,
    };
    let (holds, counts) = (context(Duration::MAX), context(Duration::ZERO));
    let mut read = 0;
    for batch in records.chunks(batch) {
        let before = read;
        read += batch.len();
        // due after each `held` records, and at the end
        let due = read == records.len() || before.checked_div(held) != read.checked_div(held);
        let context = if due || held == 0 { &counts } else { &holds };
        // a shard of its own, or it would be a repeat
        let event = json!({"Records": batch, "shardId": format!("shardId-{name}")});
        let folded = world.invoke_function(name, async |_| {
            let batch = StreamBatch::parse_event(event)?;
            aggregate_reports::count_batch(context, &batch).await.map_err(anyhow::Error::from)
        });
        folded.await?;
    }
    Ok(())
}

fn run_result(
    world: &MeteredStack,
    progress: &RunProgress,
    messages: &BTreeMap<&'static str, usize>,
    accepted: u64,
    redeemed: u64,
    records: &[Value],
) -> Value {
    let lines: Vec<Value> = world
        .meter
        .lines()
        .into_iter()
        .map(|((function, call, place), line)| {
            let place = world.queues.queue_name(&place).map_or(place, str::to_owned);
            json!({"function": function, "call": call, "place": place, "calls": line.calls, "table_writes": line.table_writes,
                "index_writes": line.index_writes, "reads": line.reads, "sqs": line.sqs})
        })
        .collect();
    let spent = world.spent.iter().map(|(function, spent)| {
        let spent = json!({"invocations": spent.invocations, "wall": spent.wall, "cpu": spent.cpu, "gb_seconds": spent.gb_seconds});
        (function.clone(), spent)
    });
    let image = |record: &Value| record.pointer("/dynamodb/NewImage").map_or(0, item_size);
    json!({
        "scanned": progress.scanned, "selected": progress.selected, "issued": progress.tally.issued,
        "ghost": progress.tally.ghost, "skipped": progress.tally.skipped, "failed": progress.tally.failed,
        "accepted": accepted, "redeemed": redeemed, "messages": messages, "changes": records.len(),
        "voucher_bytes": records.iter().map(image).max(),
        "lines": lines, "spent": spent.collect::<serde_json::Map<String, Value>>(),
    })
}
