//! Counts what each act of a marketplace costs beside a voucher's own life: a read of the wallet,
//! the steps of a checkout, orders, carts, events and customers told by the API, and the nightly
//! recount.
//!
//! The acts are the real routers on the local AWS, through the metered client that the vouchers'
//! run has. Caches are warm: each act is done once before it is counted. The result is the file
//! that `make cost` reads.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use axum::{Router, body::Body};
use domain::{
    TimeZone, Timestamp,
    campaign::lifecycle::Campaign,
    kernel::id::CustomerId,
    reporting::{
        counters::{CounterDelta, contribution, merge_delta},
        sender_health::SendBlocks,
    },
    voucher::record::Voucher,
};
use futures::{StreamExt, TryStreamExt, stream};
use http::Request;
use http_body_util::BodyExt;
use http_edge::signed_request::SigningKey;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::{
    campaign::campaigns::AuditedChange,
    reporting::{
        counters::{StreamCheckpoint, StreamPosition},
        recounts::{RecountStage, RecountTotals},
    },
};
use testkit::TestTables;
use tower::ServiceExt;

use super::{
    metered_stack::{MeteredStack, customers_api, vouchers_api},
    stored_bytes::measure_table,
};
use crate::{checkout, marketplace};

const KEY: SigningKey<'_> =
    SigningKey { id: "benchmark", secret: b"the secret of the benchmark, 32+" };
/// The name under which what fills the caches is counted.
const WARM: &str = "warm";
const RECOUNT: &str = "recount";
/// The promotions of a year, whose vouchers are stored when they are recounted.
const PROMOTIONS: usize = 14;
/// The days on which the customers of a promotion accept.
const ACCEPTING_DAYS: usize = 7;
/// Rows that are added to the counters in one transaction, with those of all campaigns.
const ROWS_AT_ONCE: usize = 40;
/// Writes of the preparation that are under way at once.
const CONCURRENCY: usize = 16;

/// An act of the API: its name in the file of acts, and the request of one customer.
struct ActRequest {
    name: &'static str,
    method: &'static str,
    path: String,
    body: Value,
}

/// Acts in an order in which each is allowed: what is held is released, what is ordered is edited
/// and then refunded.
fn customer_acts(number: usize, customer: &CustomerId, now: Timestamp) -> Vec<ActRequest> {
    let wallet = format!("/v1/customers/{customer}/vouchers");
    let at_checkout = |step: &str| format!("/v1/customers/{customer}/checkout/{step}");
    let voucher = [checkout::voucher_id(0, customer)];
    let order = format!("order-{customer}");
    let event = |event: &str, more: Value| {
        let mut body = json!({
            "event": event, "event_id": format!("{order}.{event}"), "order_id": order,
            "customer_id": customer, "at": now.to_string(),
        });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        body
    };
    let act = |name, method, path: String, body| ActRequest { name, method, path, body };
    let held = json!({"hold_key": "cart-1", "vouchers": voucher, "basket": checkout::basket(3)});
    let released = json!({"hold_key": "cart-1", "vouchers": voucher});
    let redeemed = json!({"order_id": order, "vouchers": voucher, "basket": checkout::basket(3)});
    let refund = json!({"refund": {"currency": "EUR", "amount": 100}});
    let cart = json!({
        "event": "touched", "cart_id": "cart-2", "customer_id": customer, "at": now.to_string(),
    });
    let reported = json!({
        "event_id": format!("seen-{number}"), "name": "viewed", "customer_id": customer,
        "at": now.to_string(), "properties": {"category": "pharmacy", "price": 1_250},
    });
    let orders = || "/v1/orders".to_owned();
    vec![
        act("wallet_read", "GET", wallet, Value::Null),
        act("quote", "POST", at_checkout("quote"), json!({"basket": checkout::basket(3)})),
        act("hold", "POST", at_checkout("hold"), held),
        act("release", "POST", at_checkout("release"), released),
        act("redeem", "POST", at_checkout("redeem"), redeemed),
        act(
            "order_placed",
            "POST",
            orders(),
            event("placed", json!({"basket": checkout::basket(3)})),
        ),
        act(
            "order_edited",
            "POST",
            orders(),
            event("edited", json!({"basket": checkout::basket(4)})),
        ),
        act("order_refunded", "POST", orders(), event("refunded", refund)),
        act("cart", "POST", "/v1/carts".to_owned(), cart),
        act("event", "POST", "/v1/events".to_owned(), reported),
        act("customer_put", "PUT", format!("/v1/customers/new-{number}"), new_customer(number)),
    ]
}

/// Returns a customer as an import tells one: contacts, consents, a place and a birthday.
fn new_customer(number: usize) -> Value {
    let said = json!({"state": "granted", "source": "signup_form", "at": "2025-05-01T10:00:00Z"});
    json!({
        "profile": {
            "first_name": "Alexandra", "last_name": "Fernandez", "locale": "es-ES",
            "zone": "Europe/Madrid", "currency": "EUR", "signed_up": "2025-05-01",
            "location": {"lat": 40.41, "lon": -3.70}, "personal_dates": {"birthday": "1986-04-17"},
        },
        "contacts": {
            "phone": format!("+34611{number:06}"), "email": format!("new.{number}@example.com"),
        },
        "consents": {"sms": said, "email": said, "push": said},
        "push_endpoints": [],
    })
}

/// Counts the acts of so many customers, and the recount of so many stored vouchers.
pub async fn count_acts(
    tables: &TestTables,
    customers: usize,
    stored: usize,
) -> anyhow::Result<Value> {
    let mut world = MeteredStack::new(tables).await?;
    checkout::fill_tables(&world.plain, customers + 1).await?;
    let people = measure_table(tables, "CUSTOMERS_TABLE").await?;
    let routers = [vouchers_api(&world.store, KEY)?, customers_api(&world.store, KEY)?];
    let mut counts: BTreeMap<&'static str, ActTotals> = BTreeMap::new();
    for number in 1..=customers + 1 {
        let customer = marketplace::customer_id(number)?;
        for act in customer_acts(number, &customer, runtime::clock::now()) {
            let name = if number == 1 { WARM } else { act.name };
            let said = send_act(&mut world, &routers, &act, name).await?;
            counts.entry(name).or_default().add(&said);
        }
    }
    counts.remove(WARM);
    let mut acts = serde_json::Map::new();
    for (name, totals) in &counts {
        acts.insert((*name).to_owned(), act_result(&world, name, totals));
    }
    let work = measure_table(tables, "WORK_TABLE").await?;
    let vouchers = measure_table(tables, "VOUCHERS_TABLE").await?;
    let recount = count_recount(&mut world, tables, stored).await?;
    Ok(json!({
        "acts": acts, "recount": recount,
        "bytes": {
            "customer_item": people.mean_bytes(), "voucher_item": vouchers.mean_bytes(),
            // each customer has left one order, one cart and one event there
            "work_per_order": work.bytes as f64 / (customers + 1) as f64,
        },
    }))
}

/// The totals of an act's requests: how many they were, what they sent back and what they logged.
#[derive(Debug, Default)]
struct ActTotals {
    requests: u64,
    answer_bytes: u64,
    log_bytes: u64,
}

impl ActTotals {
    fn add(&mut self, more: &ActTotals) {
        self.requests += more.requests;
        self.answer_bytes += more.answer_bytes;
        self.log_bytes += more.log_bytes;
    }
}

async fn send_act(
    world: &mut MeteredStack,
    routers: &[Router; 2],
    act: &ActRequest,
    name: &str,
) -> anyhow::Result<ActTotals> {
    let body = if act.body.is_null() { String::new() } else { act.body.to_string() };
    let now = runtime::clock::now();
    let id = format!("msg_{}", now.as_nanosecond());
    let mut request = Request::builder().method(act.method).uri(&act.path);
    for (name, value) in
        KEY.sign_request(&id, now, (act.method, act.path.as_str()), body.as_bytes())
    {
        request = request.header(name, value);
    }
    let request = request.header("content-type", "application/json").body(Body::from(body))?;
    let [vouchers, customers] = routers;
    let is_vouchers = act.path.contains("/vouchers") || act.path.contains("/checkout/");
    let router = if is_vouchers { vouchers } else { customers };
    let logged = logged_bytes()?;
    let answer =
        world.invoke_function(name, async |_| router.clone().oneshot(request).await).await?;
    let status = answer.status();
    let answer = answer.into_body().collect().await?.to_bytes();
    ensure!(
        status.is_success(),
        "{} was answered {status}: {}",
        act.name,
        String::from_utf8_lossy(&answer)
    );
    Ok(ActTotals {
        requests: 1,
        answer_bytes: answer.len() as u64,
        log_bytes: logged_bytes()? - logged,
    })
}

/// Returns how much this process has logged: its standard output is a file.
fn logged_bytes() -> anyhow::Result<u64> {
    Ok(std::fs::metadata("/proc/self/fd/1").context("the size of the log")?.len())
}

/// Returns what one request of an act costs on average.
fn act_result(world: &MeteredStack, name: &str, totals: &ActTotals) -> Value {
    let each = |sum: f64| sum / totals.requests as f64;
    let lines = world.meter.lines();
    let ours: Vec<_> = lines.iter().filter(|((function, ..), _)| function == name).collect();
    let sum = |of: fn(&super::meter::MeterLine) -> f64| -> f64 {
        each(ours.iter().map(|(_, line)| of(line)).sum())
    };
    let spent = world.spent.get(name).copied().unwrap_or_default();
    json!({
        "counted": totals.requests,
        "calls": sum(|line| line.calls as f64),
        "write_units": sum(|line| line.table_writes + line.index_writes),
        "read_units": sum(|line| line.reads),
        "sqs_requests": sum(|line| line.sqs),
        "http_requests": 1.0,
        "invocations": each(spent.invocations as f64),
        "gb_seconds": each(spent.gb_seconds),
        "log_bytes": each(totals.log_bytes as f64)
            + super::price::PLATFORM_LOG_BYTES + super::price::ACCESS_LOG_BYTES,
        "answer_bytes": each(totals.answer_bytes as f64),
    })
}

/// Counts a recount of vouchers of a year's promotions whose counters are right.
async fn count_recount(
    world: &mut MeteredStack,
    tables: &TestTables,
    stored: usize,
) -> anyhow::Result<Value> {
    let now = runtime::clock::now();
    let before = measure_table(tables, "VOUCHERS_TABLE").await?.items;
    let known = existing_vouchers(world, before).await?;
    let promotions = year_of_promotions(world, now).await?;
    let made = stored_vouchers(stored, &promotions)?;
    let kept = stream::iter(&made).map(|voucher| world.plain.restore_voucher(voucher));
    kept.buffer_unordered(CONCURRENCY).try_collect::<Vec<()>>().await?;
    let mut delta = CounterDelta::new();
    for voucher in made.iter().chain(&known) {
        merge_delta(&mut delta, contribution(voucher, &TimeZone::UTC), 1);
    }
    let rows = delta.len();
    let mut delta = delta.into_iter();
    for number in 0.. {
        let part: CounterDelta = delta.by_ref().take(ROWS_AT_ONCE).collect();
        if part.is_empty() {
            break;
        }
        let next =
            StreamPosition { name: format!("batch#recount-{number}"), sequence: "1".to_owned() };
        let before = StreamCheckpoint::default();
        world.plain.add_counts(&part, &SendBlocks::new(), &before, &next, now).await?;
    }
    ensure!(world.plain.start_recount(None, now).await?, "a recount is under way");
    let budget = std::time::Duration::from_secs(3_600);
    let counted = world.invoke_function(RECOUNT, async |world| {
        watchdog::recount(&world.store, &TimeZone::UTC, budget, now).await
    });
    let counted = counted.await?;
    let done = world.plain.last_recount().await?.context("no recount")?;
    ensure!(
        done.stage == RecountStage::Done
            && matches!(done.totals, RecountTotals { differing: 0, drifting: 0, .. }),
        "the recount found {done:?}"
    );
    let each = |sum: f64| sum / counted as f64;
    let lines = world.meter.lines();
    let ours: Vec<_> = lines.iter().filter(|((function, ..), _)| function == RECOUNT).collect();
    let writes: f64 = ours.iter().map(|(_, line)| line.table_writes + line.index_writes).sum();
    let reads: f64 = ours.iter().map(|(_, line)| line.reads).sum();
    let calls: f64 = ours.iter().map(|(_, line)| line.calls as f64).sum();
    let spent = world.spent.get(RECOUNT).copied().unwrap_or_default();
    Ok(json!({
        "stored": counted, "rows": rows, "calls": calls, "write_units": writes,
        "write_units_per_voucher": each(writes), "read_units_per_voucher": each(reads),
        "calls_per_voucher": each(calls), "gb_seconds_per_voucher": each(spent.gb_seconds),
    }))
}

/// Reads back the vouchers that the acts left behind, which the recount meets too.
async fn existing_vouchers(world: &MeteredStack, expected: usize) -> anyhow::Result<Vec<Voucher>> {
    let mut found: Vec<Voucher> = Vec::new();
    for number in 0..checkout::WALLET {
        let campaign = testkit::builders::campaign_id(&checkout::campaign_name(number));
        for shard in 0..store::voucher::records::CAMPAIGN_SHARDS {
            let mut after = None;
            loop {
                let (page, next) =
                    world.plain.campaign_vouchers(&campaign, shard, after.as_ref(), 100).await?;
                found.extend(page);
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
    }
    ensure!(found.len() == expected, "{} of {expected} vouchers were read back", found.len());
    Ok(found)
}

/// Creates a year's promotions, one every 26 days, and returns each with the time of its vouchers.
async fn year_of_promotions(
    world: &MeteredStack,
    now: Timestamp,
) -> anyhow::Result<Vec<(Campaign, Timestamp)>> {
    let mut promotions = Vec::new();
    for promotion in 0..PROMOTIONS {
        let days = i64::try_from(20 + 26 * promotion)?;
        let issued = now.checked_sub(SignedDuration::from_hours(24 * days))?;
        let campaign = checkout::running_campaign(100 + promotion, issued)?;
        let change = AuditedChange { actor: "bench", action: "create", note: "", at: now };
        world.plain.create_campaign(&campaign, campaign.id.as_str(), &change).await?;
        promotions.push((campaign, issued));
    }
    Ok(promotions)
}

/// Returns accepted vouchers of these promotions.
fn stored_vouchers(
    count: usize,
    promotions: &[(Campaign, Timestamp)],
) -> anyhow::Result<Vec<Voucher>> {
    let mut vouchers = Vec::with_capacity(count);
    for (number, (campaign, issued)) in promotions.iter().cycle().take(count).enumerate() {
        let customer = CustomerId::parse(&format!("stored-{:07}", number / PROMOTIONS))?;
        let mut voucher = checkout::accepted_voucher(campaign, &customer, *issued);
        let later = i64::try_from(number / PROMOTIONS % ACCEPTING_DAYS)?;
        voucher.stages.accepted_at =
            Some(issued.checked_add(SignedDuration::from_hours(24 * later))?);
        vouchers.push(voucher);
    }
    Ok(vouchers)
}
