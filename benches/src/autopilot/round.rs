//! Runs one round in a process of its own: an autopilot is drafted and enabled, and
//! `scan-autopilot` handles it at once, as it does when it is nudged; then it runs for a minute in
//! which no day begins.
//!
//! The handler and the store are those that ship, with the function's own client. Only the clock is
//! set, to [`market::NOW`], because the days that are due depend on the hour.

use anyhow::{Context, ensure};
use domain::{
    campaign::{
        definition::Definition,
        lifecycle::{Campaign, CampaignState},
    },
    kernel::id::{CampaignId, RunId},
};
use queue::Queue;
use runtime::clock::{Deadline, simulated};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, CreateCampaignResult},
    conditional::Applied,
    delivery::segments,
};
use testkit::{TestTables, builders};

use super::customer_table::INACTIVE_DAYS;
use crate::{cost::meter::CallMeter, marketplace, process};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoundKind {
    Inactivity,
    PersonalDate,
}

impl RoundKind {
    pub const ALL: [RoundKind; 2] = [RoundKind::Inactivity, RoundKind::PersonalDate];

    pub fn name(self) -> &'static str {
        match self {
            RoundKind::Inactivity => "inactivity",
            RoundKind::PersonalDate => "personal_date",
        }
    }
    pub fn description(self) -> &'static str {
        match self {
            RoundKind::Inactivity => "no order for 30 days",
            RoundKind::PersonalDate => "birthday",
        }
    }
    fn trigger(self) -> Value {
        match self {
            RoundKind::Inactivity => {
                json!({"when": {"inactivity": {"days": INACTIVE_DAYS}}, "cool_down_days": 60})
            }
            RoundKind::PersonalDate => {
                json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300})
            }
        }
    }
}

/// The result of a round.
#[derive(Debug, Serialize, Deserialize)]
pub struct RoundResult {
    /// The number of customers for whom a dispatch was written.
    pub planned: u64,
    pub lines: Vec<RoundLine>,
    /// The peak memory of the process, and its growth since before the scan.
    pub peak_mb: f64,
    pub grown_mb: f64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct RoundLine {
    /// The phase: `enable_autopilot`, `scan_autopilots` or `idle`.
    pub phase: String,
    pub call: String,
    pub place: String,
    pub calls: u64,
    pub units: f64,
}

impl RoundResult {
    pub fn units(&self, phases: &[&str]) -> f64 {
        self.phase_lines(phases).map(|line| line.units).sum()
    }
    pub fn calls(&self, phases: &[&str]) -> u64 {
        self.phase_lines(phases).map(|line| line.calls).sum()
    }
    fn phase_lines(&self, phases: &[&str]) -> impl Iterator<Item = &RoundLine> {
        self.lines.iter().filter(|line| phases.contains(&line.phase.as_str()))
    }
}

/// Runs a round in this process, on the AWS that its environment names.
pub fn run_round(kind: &str, campaign: &str) -> anyhow::Result<RoundResult> {
    let kind = RoundKind::ALL
        .into_iter()
        .find(|it| it.name() == kind)
        .with_context(|| format!("no trigger is {kind}"))?;
    let definition = builders::definition(json!({"kind": "autopilot", "trigger": kind.trigger()}));
    let campaign = CampaignId::parse(campaign)?;
    simulated::set_now(Some(marketplace::now()?));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure_round(&campaign, definition))
}

async fn measure_round(
    campaign: &CampaignId,
    definition: Definition,
) -> anyhow::Result<RoundResult> {
    let meter = CallMeter::default();
    let names = TestTables::in_memory();
    let config = aws_sdk_dynamodb::config::Builder::from(&runtime::aws::config("dynamodb"));
    let client = aws_sdk_dynamodb::Client::from_conf(config.interceptor(meter.clone()).build());
    let store =
        Store::with_client(client, TableNames::from_lookup(|variable| names.table_name(variable)));
    let config = aws_sdk_sqs::config::Builder::from(&runtime::aws::config("sqs"))
        .interceptor(meter.clone())
        .build();
    let release =
        Queue::with_client(aws_sdk_sqs::Client::from_conf(config), "http://memory/release");
    let context = scan_autopilot::ScanContext {
        store,
        release,
        dispatch_size: domain::delivery::dispatch::MAX_DISPATCH_CUSTOMERS,
    };

    meter.set_function("enable");
    let run = enable_autopilot(&context.store, campaign, definition).await?;
    let before = peak_memory();
    meter.set_function("scan");
    let deadline =
        Deadline::from_millisecond(u64::try_from(marketplace::now()?.as_millisecond())? + 30_000);
    scan_autopilot::scan_autopilots(&context, deadline).await?;
    let after = peak_memory();
    meter.set_function("idle");
    scan_autopilot::scan_autopilots(&context, deadline).await?;
    meter.set_function("looking");
    let segment = context.store.segment(&run, 0).await?.context("the autopilot has no position")?;
    let line = |((phase, call, place), line): (
        (String, String, String),
        crate::cost::meter::MeterLine,
    )| RoundLine { phase, call, place, calls: line.calls, units: line.reads };
    let lines = meter.lines().into_iter().map(line).filter(|line| line.phase != "looking");
    Ok(RoundResult {
        planned: segment.selected,
        lines: lines.collect(),
        peak_mb: after,
        grown_mb: after - before,
    })
}

fn peak_memory() -> f64 {
    process::peak_memory_mb(std::process::id())
}

async fn enable_autopilot(
    store: &Store,
    campaign: &CampaignId,
    definition: Definition,
) -> anyhow::Result<RunId> {
    let now = marketplace::now()?;
    let change = |action| AuditedChange { actor: "bench", action, note: "", at: now };
    let draft = Campaign::draft(campaign.clone(), definition, "bench", now);
    let created = store.create_campaign(&draft, "bench", &change("create")).await?;
    ensure!(created == CreateCampaignResult::First, "the campaign is there already");
    let run = RunId::of_promotion(campaign);
    let segments = segments::new_autopilot_segments(&run, campaign, now);
    let enabled = store
        .launch_campaign(&draft, CampaignState::Enabled, &run, &segments, &change("launch"))
        .await?;
    ensure!(enabled == Applied::Yes, "the autopilot was not enabled");
    Ok(run)
}
