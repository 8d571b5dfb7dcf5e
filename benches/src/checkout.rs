//! Measures what a checkout costs: calls, read and write units, CPU time and instructions of a
//! quote (50 vouchers that all go together, on a basket of 30 lines), and of holding and redeeming
//! sets of one and of three vouchers on an order of three lines.
//!
//! It uses the real API. The AWS is the in-memory one, served over HTTP by this process, and each
//! step is a process of its own, so that no work of the tables is in its figures. Campaigns and the
//! combination policy are in the caches, as in a function that has just answered; only
//! `first_calls` has the calls of a function that knows nothing yet. Read units follow from the
//! answers and write units from the items that changed, by the documented rules. Time and
//! instructions are those of runs that are not metered. The CPU time of a redemption is then
//! compared with that of another shop (checkout/oscar.rs).

mod oscar;

use anyhow::{Context, bail, ensure};
use axum::{Router, body::Body};
use domain::{
    Timestamp,
    campaign::lifecycle::{Campaign, CampaignState},
    kernel::{
        channel::Channel,
        id::{CustomerId, Occurrence, RunId, VoucherId},
    },
    voucher::{
        attempt::{Attempt, AttemptState},
        combination::CombinationPolicy,
        record::{Voucher, VoucherIssue},
    },
};
use fake_aws::{FakeAws, ItemChange};
use http::Request;
use http_body_util::BodyExt;
use http_edge::signed_request::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, settings::SettingName},
};
use testkit::{TestTables, builders};
use tower::ServiceExt;

use crate::{
    autopilot::start_server,
    callgrind,
    child::{self, ChildEnvironment, aws_environment},
    cost::{
        meter::CallMeter,
        units::{item_size, write_units},
        vouchers_api,
    },
    marketplace,
    options::BenchmarkOptions,
    process, redeem,
    report::{BenchmarkReport, format_figure},
};

/// The vouchers of the customer who asks for a quote, each of another campaign.
pub const WALLET: usize = 50;
/// The vouchers of every other customer, and the most on one order.
const VOUCHERS: usize = 3;
const QUOTED_LINES: usize = 30;
const ORDERED_LINES: usize = 3;
/// The number of requests whose calls and units are counted: all are alike.
const COUNTED: usize = 4;
/// The number of requests that are timed.
const TIMED: usize = 100;
/// The number of requests in the two runs under valgrind. They are over before the cached campaigns
/// are read again, which is after two seconds.
const FEW: usize = 2;
const MANY: usize = 8;
const CALLS_GOAL: f64 = 2.0;
const WRITE_GOAL: f64 = 6.0;
const CPU_GOAL_MS: f64 = 1.0;
const KEY: SigningKey<'_> = SigningKey { id: "bench", secret: b"the secret of the benchmark, 32+" };
/// The child's argument for a run whose calls are counted.
const METERED: &str = "metered";
/// The name by which the meter knows the first request.
const FIRST: &str = "first";
const TABLES: [&str; 5] =
    ["CustomersTable", "VouchersTable", "WorkTable", "ControlTable", "ReportsTable"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CheckoutStep {
    Quote,
    HoldOne,
    HoldThree,
    RedeemOne,
    RedeemThree,
}

impl CheckoutStep {
    const ALL: [CheckoutStep; 5] = [
        CheckoutStep::Quote,
        CheckoutStep::HoldOne,
        CheckoutStep::HoldThree,
        CheckoutStep::RedeemOne,
        CheckoutStep::RedeemThree,
    ];

    fn name(self) -> &'static str {
        match self {
            CheckoutStep::Quote => "quote_50",
            CheckoutStep::HoldOne => "hold_1",
            CheckoutStep::HoldThree => "hold_3",
            CheckoutStep::RedeemOne => "redeem_1",
            CheckoutStep::RedeemThree => "redeem_3",
        }
    }

    /// Returns the path and the body of this step's request for a customer.
    fn request(self, customer: &CustomerId) -> (String, Value) {
        let vouchers = |count| -> Vec<VoucherId> {
            (0..count).map(|number| voucher_id(number, customer)).collect()
        };
        let hold = |count| {
            let basket = basket(ORDERED_LINES);
            ("hold", json!({"hold_key": "cart-1", "vouchers": vouchers(count), "basket": basket}))
        };
        let redeem = |count| {
            let (order, basket) = (format!("order-{customer}"), basket(ORDERED_LINES));
            ("redeem", json!({"order_id": order, "vouchers": vouchers(count), "basket": basket}))
        };
        let (action, body) = match self {
            CheckoutStep::Quote => ("quote", json!({"basket": basket(QUOTED_LINES)})),
            CheckoutStep::HoldOne => hold(1),
            CheckoutStep::HoldThree => hold(VOUCHERS),
            CheckoutStep::RedeemOne => redeem(1),
            CheckoutStep::RedeemThree => redeem(VOUCHERS),
        };
        (format!("/v1/customers/{customer}/checkout/{action}"), body)
    }
}

/// The averages that a child reports of one request.
#[derive(Debug, Serialize, Deserialize)]
struct RequestCost {
    calls: f64,
    reads: f64,
    /// The calls of the first request, which fills the caches.
    first_calls: f64,
    cpu_ms: f64,
    /// True if everything was written in transactions, and so at twice the price.
    in_transactions: bool,
}

/// The costs of one request.
struct StepCost {
    calls: f64,
    reads: f64,
    writes: f64,
    first_calls: f64,
    cpu_ms: f64,
}

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    report.title(&format!(
        "Checkout: quote of {WALLET} vouchers on {QUOTED_LINES} lines, hold and redemption of \
         sets on {ORDERED_LINES} lines"
    ));
    let counts_instructions = callgrind::is_available();
    if !counts_instructions {
        report.skip(callgrind::MISSING);
    }
    let timed = options.size(TIMED, 5);
    // each of a step's four children sends one request more, which fills the caches
    let customers = CheckoutStep::ALL.len() * (COUNTED + timed + FEW + MANY + 4);
    let mut tables = CheckoutTables::new(customers)?;
    let mut rows = Vec::new();
    let mut redeem_cpu_ms = f64::NAN;
    for step in CheckoutStep::ALL {
        let cost = tables.measure_step(step, timed)?;
        let name = |of: &str| format!("checkout.{}_{of}", step.name());
        if matches!(step, CheckoutStep::Quote | CheckoutStep::RedeemOne) {
            report.at_most(&name("calls"), cost.calls, "calls of DynamoDB", CALLS_GOAL);
        } else {
            report.figure(&name("calls"), cost.calls, "calls of DynamoDB");
        }
        report.figure(&name("read_units"), cost.reads, "");
        match step {
            CheckoutStep::Quote => {
                ensure!(cost.writes == 0.0, "a quote has written {} units", cost.writes);
                let note = "in a function that knows nothing yet";
                report.figure(&name("first_calls"), cost.first_calls, note);
                let note = "ms of a core on this machine";
                report.at_most(&name("cpu_ms"), cost.cpu_ms, note, CPU_GOAL_MS);
            }
            CheckoutStep::RedeemOne => {
                report.at_most(&name("write_units"), cost.writes, "", WRITE_GOAL);
                report.figure(&name("cpu_ms"), cost.cpu_ms, "ms of a core on this machine");
                let per_core = 1e3 / cost.cpu_ms;
                report.figure("checkout.redemptions_per_second_per_core", per_core, "of redeem_1");
                redeem_cpu_ms = cost.cpu_ms;
            }
            CheckoutStep::HoldOne | CheckoutStep::HoldThree | CheckoutStep::RedeemThree => {
                report.figure(&name("write_units"), cost.writes, "");
            }
        }
        let mut row = vec![step.name().to_owned()];
        let StepCost { calls, reads, writes, first_calls, cpu_ms } = cost;
        row.extend([calls, first_calls, reads, writes, cpu_ms].map(format_figure));
        if counts_instructions {
            let instructions = tables.instructions(step)?;
            report.figure(
                &name("thousand_instructions"),
                instructions / 1e3,
                "thousand, request to answer",
            );
            row.push(format_figure(instructions / 1e3));
        }
        rows.push(row);
    }
    let mut head = vec!["step", "calls", "at first", "read units", "write units", "CPU ms"];
    head.extend(counts_instructions.then_some("thousand instructions"));
    report.table(&head, &rows);
    oscar::compare(redeem_cpu_ms, options, report)
}

/// Tables with a customer who has a full wallet, and many with three vouchers each.
struct CheckoutTables {
    memory: FakeAws,
    environment: ChildEnvironment,
    /// The next customer whose vouchers were not used yet. Number 0 is the one with the wallet.
    next: usize,
}

impl CheckoutTables {
    fn new(customers: usize) -> anyhow::Result<Self> {
        let memory = FakeAws::new(testkit::table_schemas());
        let names = TestTables::on_fake_aws(&memory);
        let tables = TableNames::from_lookup(|variable| names.table_name(variable));
        let store =
            Store::new(&names.config, tables).with_address_keys(testkit::address_hasher().into());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(fill_tables(&store, customers))?;
        let environment = aws_environment(&start_server(&memory)?);
        Ok(Self { memory, environment, next: 1 })
    }

    fn measure_step(&mut self, step: CheckoutStep, timed: usize) -> anyhow::Result<StepCost> {
        let from = TABLES.map(|table| self.memory.change_count(table));
        let counted = self.run_requests(step, COUNTED, true)?;
        let price = if counted.in_transactions { 2.0 } else { 1.0 };
        let mut units = 0.0;
        for (table, from) in TABLES.iter().zip(from) {
            let changes = self.memory.changes(table, from);
            for change in changes.iter().filter(|change| !is_key_use(change)) {
                let price = if is_taken_id(change) { 1.0 } else { price };
                units += price * Self::changed_units(change)?;
            }
        }
        Ok(StepCost {
            calls: counted.calls,
            reads: counted.reads,
            // the first request, which fills the caches, writes as well
            writes: units / (COUNTED + 1) as f64,
            first_calls: counted.first_calls,
            cpu_ms: self.run_requests(step, timed, false)?.cpu_ms,
        })
    }

    fn run_requests(
        &mut self,
        step: CheckoutStep,
        count: usize,
        metered: bool,
    ) -> anyhow::Result<RequestCost> {
        let arguments = self.child_arguments(step, count, metered);
        let said = child::run_child("checkout", &arguments, &self.environment)?;
        Ok(serde_json::from_value(said.result)?)
    }

    /// Returns the units of a change: those of the larger of its two items. No index may change
    /// with it, since that would be a write of its own.
    fn changed_units(change: &ItemChange) -> anyhow::Result<f64> {
        let schemas = testkit::table_schemas();
        let schema = schemas.iter().find(|schema| schema.name == change.table);
        let indexes = schema.context("a table without a schema")?.indexes.iter();
        for name in indexes.flat_map(|index| std::iter::once(&index.hash).chain(&index.range)) {
            let value = |item: &Option<fake_aws::FakeItem>| item.as_ref()?.get(name).cloned();
            ensure!(value(&change.old) == value(&change.new), "an index changes by {name}");
        }
        let items = [&change.old, &change.new].into_iter().flatten();
        Ok(write_units(items.map(|item| item_size(&json!(item))).max().unwrap_or(0)))
    }

    fn instructions(&mut self, step: CheckoutStep) -> anyhow::Result<f64> {
        let mut count = |requests: usize| {
            let arguments = self.child_arguments(step, requests, false);
            child::child_instructions("checkout", &arguments, &self.environment)
        };
        let (fewer, more) = (count(FEW)?, count(MANY)?);
        Ok((more - fewer) / (MANY - FEW) as f64)
    }

    /// Returns a child's arguments, with customers of its own for a step that uses vouchers up.
    fn child_arguments(&mut self, step: CheckoutStep, count: usize, metered: bool) -> [String; 4] {
        let first = match step {
            CheckoutStep::Quote => 0,
            CheckoutStep::HoldOne
            | CheckoutStep::HoldThree
            | CheckoutStep::RedeemOne
            | CheckoutStep::RedeemThree => {
                let first = self.next;
                self.next += count + 1;
                first
            }
        };
        let how = if metered { METERED } else { "bare" };
        [step.name().to_owned(), first.to_string(), count.to_string(), how.to_owned()]
    }
}

/// Runs as `STEP FIRST_CUSTOMER COUNT metered|bare`: one request that fills the caches, and as many
/// as are asked for.
pub fn child(arguments: &[String]) -> anyhow::Result<Value> {
    let [step, first, count, how] = arguments else { bail!("checkout takes four arguments") };
    let step = CheckoutStep::ALL.into_iter().find(|it| it.name() == step);
    let (step, first) = (step.context("there is no such step")?, first.parse::<usize>()?);
    let count: usize = count.parse()?;
    let customers = match step {
        CheckoutStep::Quote => vec![first; count + 1],
        CheckoutStep::HoldOne
        | CheckoutStep::HoldThree
        | CheckoutStep::RedeemOne
        | CheckoutStep::RedeemThree => (first..=first + count).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let costs = runtime.block_on(send_requests(step, &customers, how == METERED))?;
    Ok(serde_json::to_value(costs)?)
}

/// Returns true for the note that an API key was used, which a process writes once an hour.
fn is_key_use(change: &ItemChange) -> bool {
    let item = change.new.as_ref().or(change.old.as_ref());
    let partition = item.and_then(|item| item.get("campaign_id")?.get("S")?.as_str());
    partition == Some("api_keys")
}

/// Returns true for the id of a request that is taken once, which is put by itself.
fn is_taken_id(change: &ItemChange) -> bool {
    let item = change.new.as_ref().or(change.old.as_ref());
    let partition = item.and_then(|item| item.get("pk")?.get("S")?.as_str());
    partition.is_some_and(|partition| partition.starts_with("signed#"))
}

async fn send_requests(
    step: CheckoutStep,
    customers: &[usize],
    metered: bool,
) -> anyhow::Result<RequestCost> {
    let meter = CallMeter::default();
    let names = TestTables::in_memory();
    let config = aws_sdk_dynamodb::config::Builder::from(&runtime::aws::config("dynamodb"));
    let config = if metered { config.interceptor(meter.clone()) } else { config };
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let store =
        Store::with_client(client, TableNames::from_lookup(|variable| names.table_name(variable)))
            .with_address_keys(testkit::address_hasher().into());
    let api = vouchers_api(&store, KEY)?;
    let mut cpu = std::time::Duration::ZERO;
    for (number, customer) in customers.iter().enumerate() {
        meter.set_function(if number == 0 { FIRST } else { "counted" });
        let spent = send_request(&api, step, &marketplace::customer_id(*customer)?).await?;
        cpu += if number == 0 { std::time::Duration::ZERO } else { spent };
    }
    let (first, lines): (Vec<_>, Vec<_>) =
        meter.lines().into_iter().partition(|((phase, ..), _)| phase == FIRST);
    let sum = |of: fn(&crate::cost::meter::MeterLine) -> f64| -> f64 {
        lines.iter().map(|(_, line)| of(line)).sum()
    };
    let is_made = |call: &str| lines.iter().any(|((_, made, _), _)| made == call);
    let in_transactions = is_made("TransactWriteItems");
    ensure!(!(in_transactions && is_made("UpdateItem")), "mixed writes");
    let each = |sum: f64| sum / (customers.len() - 1) as f64;
    Ok(RequestCost {
        calls: each(sum(|line| line.calls as f64)),
        reads: each(sum(|line| line.reads)),
        first_calls: first.iter().map(|(_, line)| line.calls as f64).sum(),
        cpu_ms: each(cpu.as_secs_f64() * 1e3),
        in_transactions,
    })
}

/// Sends one request and returns the CPU time until its answer.
async fn send_request(
    api: &Router,
    step: CheckoutStep,
    customer: &CustomerId,
) -> anyhow::Result<std::time::Duration> {
    let (path, body) = step.request(customer);
    let body = body.to_string();
    let request =
        redeem::sign_post(Request::post(&path), KEY, &path, &body).body(Body::from(body))?;
    let began = process::thread_cpu_time();
    let answer = api.clone().oneshot(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    let spent = process::thread_cpu_time().saturating_sub(began);
    ensure!(status == 200, "{path} was answered {status}: {}", String::from_utf8_lossy(&body));
    Ok(spent)
}

pub async fn fill_tables(store: &Store, customers: usize) -> anyhow::Result<()> {
    let now = runtime::clock::now();
    let policy = CombinationPolicy { max_vouchers: VOUCHERS, ..CombinationPolicy::default() };
    let change = |action| AuditedChange { actor: "bench", action, note: "", at: now };
    store.save_setting(SettingName::Combination, 0, &policy, &change("set")).await?;
    let mut campaigns = Vec::new();
    for number in 0..WALLET {
        let campaign = running_campaign(number, now)?;
        store.create_campaign(&campaign, &number.to_string(), &change("create")).await?;
        campaigns.push(campaign);
    }
    for number in 0..=customers {
        let marketplace::SyntheticCustomer { id, profile, .. } =
            marketplace::synthetic_customer(number, now, marketplace::ConsentMix::Reachable)?;
        store.put_customer(&id, &profile, marketplace::euro()?).await?;
        let held = if number == 0 { WALLET } else { VOUCHERS };
        for campaign in campaigns.iter().take(held) {
            store.restore_voucher(&accepted_voucher(campaign, &id, now)).await?;
        }
    }
    Ok(())
}

pub fn campaign_name(number: usize) -> String {
    format!("cmp_01HZX3QK4T8N{number:02}")
}

pub fn voucher_id(number: usize, customer: &CustomerId) -> VoucherId {
    let campaign = builders::campaign_id(&campaign_name(number));
    VoucherId::derive(&campaign, customer, &Occurrence::of_run(&RunId::of_promotion(&campaign)))
}

/// Returns a campaign of which every voucher applies to the baskets and goes with every other one:
/// a percentage, a fixed amount or free delivery in turn, each worth something else.
pub fn running_campaign(number: usize, now: Timestamp) -> anyhow::Result<Campaign> {
    let money = |amount: usize| json!({"amount": amount, "currency": "EUR"});
    let vertical = ["food", "pharmacy", "groceries"].get(number % 3).context("three verticals")?;
    let (benefit, scope) = match number % 3 {
        0 => (json!({"percent": {"percent": 5 + number % 20, "cap": money(900 + number)}}), vec![]),
        1 => (json!({"fixed_amount": {"amount": money(200 + number)}}), vec![vertical]),
        _ => (json!({"free_delivery": {"cap": money(100 + number)}}), vec![]),
    };
    // merged into the ordinary definition, whose offer has another benefit
    let mut benefits = json!({"fixed_amount": null});
    if let (Some(all), Some(own)) = (benefits.as_object_mut(), benefit.as_object()) {
        all.extend(own.clone());
    }
    let definition = builders::definition(json!({"offer": {
        "benefit": benefits, "scope": {"verticals": scope}, "minimum_basket": money(500),
        "combination": {"group": "any", "with": ["any"]},
    }}));
    let id = builders::campaign_id(&campaign_name(number));
    let mut campaign = Campaign::draft(id, definition, "bench", now);
    (campaign.state, campaign.run) =
        (CampaignState::Running, Some(RunId::of_promotion(&campaign.id)));
    Ok(campaign)
}

/// Returns a voucher that was sent, delivered and accepted.
pub fn accepted_voucher(campaign: &Campaign, customer: &CustomerId, now: Timestamp) -> Voucher {
    let run = RunId::of_promotion(&campaign.id);
    let issue = VoucherIssue {
        campaign: &campaign.id,
        run: &run,
        occurrence: &Occurrence::of_run(&run),
        definition: &campaign.definition,
        customer,
        dispatch: "p00000001.003",
        now,
    };
    let attempt = Attempt {
        state: AttemptState::Delivered,
        provider_id: Some("00000001-77aa-4bb3-9c1d-0123456789ab".to_owned()),
        ..Attempt::claim(Channel::Push, 1, 1, now)
    };
    let mut voucher = redeem::accepted_voucher(issue.issued_voucher(attempt), now);
    (voucher.stages.sent_at, voucher.stages.delivered_at) = (Some(now), Some(now));
    let push = Some(Channel::Push);
    (voucher.sent_via, voucher.delivered_via, voucher.accepted_via) = (push, push, push);
    voucher
}

/// Returns a basket of so many lines in three verticals, with a delivery fee.
pub fn basket(lines: usize) -> Value {
    let lines = (0..lines).zip(["food", "pharmacy", "groceries"].into_iter().cycle());
    let lines = lines.map(|(number, vertical)| {
        json!({
            "id": format!("line-{number}"), "vertical": vertical, "merchant": "madrid-3",
            "category": "ordinary", "sku": format!("sku-{number:06}"), "quantity": 2,
            "amount": 700 + 10 * number,
        })
    });
    let lines: Vec<Value> = lines.collect();
    json!({"currency": "EUR", "delivery_fee": 299, "first_order": false, "lines": lines})
}
