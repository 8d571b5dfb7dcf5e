//! Measures what a page of each report costs: read units, calls and bytes of the answer, for 10,
//! 100 and 1,000 campaigns that were active every day, over 1, 90 and 365 days.
//!
//! It uses the real API on tables in memory, and computes read units from the returned items by
//! DynamoDB's documented rule. It also shows that the cost follows days and campaigns and not
//! vouchers, with the same page over counters a hundred times as large.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, ensure};
use axum::{Router, body::Body};
use domain::{
    Date, TimeZone, Timestamp,
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignState},
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, RunId},
    },
    reporting::{
        costs::CostRates,
        counters::{Counter, CounterDelta, CounterValues, ReportRow},
    },
};
use fake_aws::{FakeAws, FakeItem};
use http::Request;
use http_body_util::BodyExt;
use jiff::ToSpan;
use lambda_http::request::RequestContext;
use secrets::Secrets;
use serde_json::json;
use store::{
    Store, TableNames,
    campaign::campaigns::AuditedChange,
    delivery::segments::new_segments,
    reporting::counters::{StreamCheckpoint, StreamPosition},
};
use testkit::TestTables;
use tower::ServiceExt;

use crate::{
    cost::meter::CallMeter, marketplace, options::BenchmarkOptions, report::BenchmarkReport,
};

const PATH: &str = "/v1/reports/voucher-campaigns";
/// The reports with the query of the console; a page of campaign-perf has a hundred campaigns at
/// most.
const REPORTS: [(&str, &str); 4] = [
    ("overview", ""),
    ("customer-engagement", ""),
    ("campaign-perf", "&limit=100"),
    ("api-perf", ""),
];
const CAMPAIGNS: [usize; 3] = [10, 100, 1_000];
const DAYS: [i32; 3] = [1, 90, 365];
/// The number of campaigns that a page shows. Older ones get rows with few counters, so that
/// reading them would still show in the figures.
const SHOWN: usize = 100;
const REPORTS_TABLE: &str = "ReportsTable";
const ALL: &str = "ALL";
/// The days that are filled where no more than ninety are asked for: a forecast looks 120 days
/// back.
const FORECAST_DAYS: usize = 130;
/// The most by which the cost may grow. Counters a hundred times as large have two digits more,
/// which is one byte per counter.
const RATIO_GOAL: f64 = 1.2;
const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    report.title("A page of each report: campaigns that were active every day, by days asked for");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure_pages(options, report))
}

async fn measure_pages(
    options: &BenchmarkOptions,
    report: &mut BenchmarkReport,
) -> anyhow::Result<()> {
    let judged = options.size(100, 10);
    let mut table = Vec::new();
    for campaigns in CAMPAIGNS.into_iter().filter(|campaigns| *campaigns <= options.size(1_000, 10))
    {
        let filled = options.size(365, FORECAST_DAYS);
        let desk = ReportsBench::with_counters(campaigns, filled, 1).await?;
        for days in DAYS {
            for (name, more) in REPORTS {
                let page = desk.page_cost(name, days, more).await?;
                if (campaigns, days, name) == (judged, 90, "campaign-perf") {
                    report.figure(
                        &format!("report.read_units_90_days_{judged}_campaigns"),
                        page.units,
                        "campaign-perf, all on one page",
                    );
                    let hundredfold = ReportsBench::with_counters(campaigns, FORECAST_DAYS, 100)
                        .await?
                        .page_cost(name, days, more)
                        .await?;
                    report.at_most(
                        "report.reads_ratio_100x_vouchers",
                        hundredfold.units / page.units,
                        "",
                        RATIO_GOAL,
                    );
                }
                let [campaigns, days, calls, bytes] =
                    [campaigns as f64, f64::from(days), page.calls, page.bytes as f64 / 1_000.0];
                let numbers =
                    [campaigns, days, page.units, calls, bytes].map(crate::report::format_figure);
                table.push(std::iter::once(name.to_owned()).chain(numbers).collect());
            }
        }
    }
    report.table(&["report", "campaigns", "days", "read units", "calls", "answer, kB"], &table);
    Ok(())
}

struct PageCost {
    units: f64,
    calls: f64,
    bytes: usize,
}

/// The reports API over filled counters.
struct ReportsBench {
    api: Router,
    meter: CallMeter,
}

impl ReportsBench {
    async fn with_counters(campaigns: usize, days: usize, times: i64) -> anyhow::Result<Self> {
        let memory = FakeAws::new(testkit::table_schemas());
        memory.set_secret("cursor", SECRET);
        let tables = TestTables::on_fake_aws(&memory);
        let names = || TableNames::from_lookup(|variable| tables.table_name(variable));
        let plain = Store::new(&tables.config, names());
        let [busy, quiet] = [busy_day(), quiet_day()]
            .map(|counts| counts.into_iter().map(|(name, by)| (name, by * times)).collect());
        let (busy, quiet) = (
            CounterTemplate::from_counts(&busy).await?,
            CounterTemplate::from_counts(&quiet).await?,
        );
        for number in 0..campaigns {
            let campaign = launch_campaign(&plain, number).await?;
            let (rows, days) = if number + SHOWN < campaigns {
                (&quiet, days.min(FORECAST_DAYS))
            } else {
                (&busy, days)
            };
            for ago in 0..days {
                rows.put_copy(&memory, campaign.as_str(), ago)?;
            }
        }
        (0..days).try_for_each(|ago| busy.put_copy(&memory, ALL, ago))?;
        let meter = CallMeter::default();
        let metered = aws_sdk_dynamodb::config::Builder::from(&tables.config)
            .interceptor(meter.clone())
            .build();
        let context = reports::ReportsContext {
            store: Store::with_client(aws_sdk_dynamodb::Client::from_conf(metered), names()),
            secrets: Secrets::new(&tables.config),
            cursor_secret: "cursor".into(),
            zone: TimeZone::UTC,
            zone_name: "UTC".into(),
            currency: marketplace::euro()?,
            costs: CostRates::default(),
            sms_provider: domain::delivery::sms_origination::SmsProvider::default(),
            scopes: reports::ScopeCache::default(),
        };
        Ok(Self {
            api: http_edge::build_app(reports::routes().with_state(Arc::new(context))),
            meter,
        })
    }

    async fn page_cost(&self, name: &str, days: i32, more: &str) -> anyhow::Result<PageCost> {
        let key = format!("{name} {days}");
        self.meter.set_function(&key);
        let to = today();
        let from = to.saturating_sub((days - 1).days());
        let request =
            Request::get(format!("{PATH}/{name}?from={from}&to={to}{more}")).extension(viewer());
        let answer = self.api.clone().oneshot(request.body(Body::empty())?).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(status == 200, "{name} was answered {status}: {}", String::from_utf8_lossy(&body));
        let mut page = PageCost { units: 0.0, calls: 0.0, bytes: body.len() };
        for line in self
            .meter
            .lines()
            .iter()
            .filter(|((function, ..), _)| *function == key)
            .map(|(_, line)| line)
        {
            page.units += line.reads;
            page.calls += line.calls as f64;
        }
        Ok(page)
    }
}

fn today() -> Date {
    runtime::clock::now().to_zoned(TimeZone::UTC).date()
}

async fn launch_campaign(store: &Store, number: usize) -> anyhow::Result<CampaignId> {
    let at: Timestamp = "2025-01-01T12:00:00Z".parse()?;
    let document = json!({
        "name": format!("Campaign {number}"), "kind": "promotion",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
        "validity": {"from_issue": {"hours": 168}}, "audience": {"everyone": {}},
        "channels": {"mode": "first_available", "ladder": ["push", "email", "sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {
            "sms": {"text": "{{ offer }}"}, "push": {"title": "{{ offer }}", "body": "{{ offer }}"},
            "email": {"subject": "{{ offer }}", "html": "<p>{{ offer }}</p>", "text": "{{ offer }}"},
        }}},
    });
    let definition =
        Definition::parse(document, at).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let id = format!("cmp_{number:014}");
    let campaign = Campaign::draft(CampaignId::parse(&id)?, definition, "bench", at);
    let change = |action| AuditedChange { actor: "bench", action, note: "", at };
    store.create_campaign(&campaign, &id, &change("create")).await?;
    let run = RunId::of_promotion(&campaign.id);
    let segments = new_segments(&run, &campaign.id, 1, at);
    store
        .launch_campaign(&campaign, CampaignState::Running, &run, &segments, &change("launch"))
        .await?;
    Ok(campaign.id)
}

/// The items that the store writes for one day of one campaign and of all campaigns. They are
/// copied, because counting a hundred thousand days takes longer than what is measured.
struct CounterTemplate {
    campaign: FakeItem,
    all: FakeItem,
}

impl CounterTemplate {
    async fn from_counts(counts: &CounterValues) -> anyhow::Result<Self> {
        ensure!(counts.count_unknown() == 0, "names that nothing counts: {counts:?}");
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let (campaign, now) = (CampaignId::parse("cmp_sample")?, runtime::clock::now());
        let row = ReportRow {
            campaign,
            kind: CampaignKind::Promotion,
            currency: marketplace::euro()?,
            day: today(),
        };
        let position = StreamPosition { name: "sample".into(), sequence: "1".into() };
        let delta = CounterDelta::from([(row, counts.clone())]);
        store
            .add_counts(&delta, &BTreeMap::new(), &StreamCheckpoint::default(), &position, now)
            .await?;
        let items = memory.items(REPORTS_TABLE);
        let of = |pk: &str| {
            let found = items.iter().find(|item| item.get("pk") == Some(&json!({ "S": pk })));
            found.cloned().with_context(|| format!("the store wrote no row of {pk}"))
        };
        Ok(Self { campaign: of("cmp_sample")?, all: of(ALL)? })
    }

    fn put_copy(&self, memory: &FakeAws, pk: &str, ago: usize) -> anyhow::Result<()> {
        let day = today().saturating_sub(i64::try_from(ago)?.days());
        let (row, day) = match pk {
            ALL => (&self.all, format!("{day}#promotion#EUR")),
            _ => (&self.campaign, day.to_string()),
        };
        let mut row = row.clone();
        row.insert("pk".into(), json!({ "S": pk }));
        row.insert("day".into(), json!({ "S": day }));
        memory.preload(REPORTS_TABLE, row);
        Ok(())
    }
}

fn quiet_day() -> CounterValues {
    [("issued", 4), ("sent", 4), ("exposure", 2_000)]
        .map(|(name, by)| (Counter::parse(name), by))
        .into()
}

/// Returns a campaign's counts of a day on which a few hundred customers got a voucher, over three
/// channels.
fn busy_day() -> CounterValues {
    let mut counts: Vec<(String, i64)> = Vec::new();
    let all = [
        ("issued", 400),
        ("ghost", 44),
        ("skipped", 60),
        ("skipped.no_consent", 30),
        ("skipped.opted_out", 20),
        ("skipped.no_address", 10),
        ("sent", 396),
        ("delivered", 380),
        ("accepted", 120),
        ("declined", 11),
        ("redeemed", 45),
        ("reversed", 2),
        ("exposure", 200_000),
        ("revenue", 180_000),
        ("discount", 21_000),
        ("released", 90_000),
        ("open.issued", 12_000),
        ("open.accepted", 9_000),
        ("undeliverable", 4),
        ("treated.orders", 70),
        ("treated.discount", 20_500),
        ("held.orders", 6),
    ];
    counts.extend(all.map(|(name, by)| (name.to_owned(), by)));
    for channel in Channel::ALL {
        let each = [
            "sent",
            "delivered",
            "accepted",
            "redeemed",
            "messages",
            "units",
            "attempts",
            "treated.units",
        ];
        counts.extend(each.map(|name| (format!("{name}.{channel}"), 130)));
        counts.extend(
            ["sent", "delivered", "failed"].map(|state| (format!("attempt.{channel}.{state}"), 60)),
        );
        counts.push((format!("fault.{channel}.invalid_address"), 3));
        counts.extend((16..22).map(|bucket| (format!("took.sent.{channel}.{bucket}"), 20)));
        counts.extend((18..24).map(|bucket| (format!("took.due.{channel}.{bucket}"), 20)));
        counts.extend((20..26).map(|bucket| (format!("took.delivered.{channel}.{bucket}"), 20)));
    }
    counts.extend((48..58).map(|bucket| (format!("took.accepted.{bucket}"), 12)));
    counts.extend((50..58).map(|bucket| (format!("took.redeemed.{bucket}"), 5)));
    counts.extend((0..7).map(|age| (format!("age.{age}"), 6)));
    counts.extend((18..26).flat_map(|level| {
        [(format!("treated.spenders.{level}"), 8), (format!("treated.spend.{level}"), 20_000)]
    }));
    counts.extend((18..26).flat_map(|level| {
        [(format!("held.spenders.{level}"), 2), (format!("held.spend.{level}"), 4_000)]
    }));
    counts.into_iter().map(|(name, by)| (Counter::parse(&name), by)).collect()
}

fn viewer() -> RequestContext {
    testkit::signed_in_context("bench", None, "[viewer]")
}
