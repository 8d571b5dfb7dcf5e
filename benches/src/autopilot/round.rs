//! Runs one round in a process of its own: an autopilot is drafted and enabled, and
//! `scan-autopilot` handles it at once, as it does when it is nudged; then it runs for a minute in
//! which no day begins.
//!
//! The handler and the store are those that ship, with the function's own client. Only the clock is
//! set, to [`market::NOW`], because the days that are due depend on the hour.

use anyhow::{Context, ensure};
use domain::{
    campaign::{Campaign, State},
    definition::Definition,
    id::{CampaignId, RunId},
};
use queue::Queue;
use runtime::clock::{Deadline, simulated};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    Store, Tables,
    control::{Change, Created, Write},
    work,
};
use testkit::{TestTables, builders};

use super::crowd::INACTIVE;
use crate::{cost::meter::Meter, market, process};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Inactivity,
    PersonalDate,
}

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::Inactivity, Kind::PersonalDate];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Inactivity => "inactivity",
            Kind::PersonalDate => "personal_date",
        }
    }
    pub fn what(self) -> &'static str {
        match self {
            Kind::Inactivity => "no order for 30 days",
            Kind::PersonalDate => "birthday",
        }
    }
    fn trigger(self) -> Value {
        match self {
            Kind::Inactivity => json!({"when": {"inactivity": {"days": INACTIVE}}, "cool_down_days": 60}),
            Kind::PersonalDate => json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300}),
        }
    }
}

/// The result of a round.
#[derive(Debug, Serialize, Deserialize)]
pub struct Round {
    /// The number of customers for whom a dispatch was written.
    pub planned: u64,
    pub lines: Vec<Line>,
    /// The peak memory of the process, and its growth since before the scan.
    pub peak_mb: f64,
    pub grown_mb: f64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    /// The phase: `enable`, `scan` or `idle`.
    pub phase: String,
    pub call: String,
    pub place: String,
    pub calls: u64,
    pub units: f64,
}

impl Round {
    pub fn units(&self, phases: &[&str]) -> f64 {
        self.of(phases).map(|line| line.units).sum()
    }
    pub fn calls(&self, phases: &[&str]) -> u64 {
        self.of(phases).map(|line| line.calls).sum()
    }
    fn of(&self, phases: &[&str]) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| phases.contains(&line.phase.as_str()))
    }
}

/// Runs a round in this process, on the AWS that its environment names.
pub fn run(kind: &str, campaign: &str) -> anyhow::Result<Round> {
    let kind = Kind::ALL.into_iter().find(|it| it.name() == kind).with_context(|| format!("no trigger is {kind}"))?;
    let definition = builders::definition(json!({"kind": "autopilot", "trigger": kind.trigger()}));
    let campaign = CampaignId::parse(campaign)?;
    simulated::set(Some(market::now()?));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(round(&campaign, definition))
}

async fn round(campaign: &CampaignId, definition: Definition) -> anyhow::Result<Round> {
    let meter = Meter::default();
    let names = TestTables::in_memory();
    let config = aws_sdk_dynamodb::config::Builder::from(&runtime::aws::config("dynamodb"));
    let client = aws_sdk_dynamodb::Client::from_conf(config.interceptor(meter.clone()).build());
    let store = Store::with_client(client, Tables::from_lookup(|variable| names.lookup(variable)));
    let config = aws_sdk_sqs::config::Builder::from(&runtime::aws::config("sqs")).interceptor(meter.clone()).build();
    let release = Queue::with_client(aws_sdk_sqs::Client::from_conf(config), "http://memory/release");
    let context = scan_autopilot::Context { store, release, dispatch_size: domain::dispatch::MAX_CUSTOMERS };

    meter.enter("enable");
    let run = enable(&context.store, campaign, definition).await?;
    let before = peak();
    meter.enter("scan");
    let deadline = Deadline::from_millisecond(u64::try_from(market::now()?.as_millisecond())? + 30_000);
    scan_autopilot::scan(&context, deadline).await?;
    let after = peak();
    meter.enter("idle");
    scan_autopilot::scan(&context, deadline).await?;
    meter.enter("looking");
    let segment = context.store.segment(&run, 0).await?.context("the autopilot has no position")?;
    let line = |((phase, call, place), line): ((String, String, String), crate::cost::meter::Line)| Line {
        phase,
        call,
        place,
        calls: line.calls,
        units: line.reads,
    };
    let lines = meter.lines().into_iter().map(line).filter(|line| line.phase != "looking");
    Ok(Round { planned: segment.selected, lines: lines.collect(), peak_mb: after, grown_mb: after - before })
}

fn peak() -> f64 {
    process::peak_memory_mb(std::process::id())
}

async fn enable(store: &Store, campaign: &CampaignId, definition: Definition) -> anyhow::Result<RunId> {
    let now = market::now()?;
    let change = |action| Change { actor: "bench", action, note: "", at: now };
    let draft = Campaign::draft(campaign.clone(), definition, "bench", now);
    let created = store.create_campaign(&draft, "bench", &change("create")).await?;
    ensure!(created == Created::First, "the campaign is there already");
    let run = RunId::of_promotion(campaign);
    let segments = work::always_on(&run, campaign, now);
    let enabled = store.launch(&draft, State::Enabled, &run, &segments, &change("launch")).await?;
    ensure!(enabled == Write::Done, "the autopilot was not enabled");
    Ok(run)
}
