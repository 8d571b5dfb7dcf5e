//! Measures what an autopilot reads to find its matches: calls and read units of a whole round
//! (enable, then the scan of the days that are due) with 1,000, 10,000 and 100,000 customers of
//! whom the same 50 match, against a scan of the whole table at each size. Goal: flat within a
//! tenth.
//!
//! The AWS is the in-memory one, served over HTTP. Each round is a process of its own that holds
//! nothing but the scan, so that its peak memory is the scan's. Calls are counted; units are
//! computed from the contents of each answer by the documented rules (`cost::meter`,
//! `cost::units`).

mod customer_table;
mod round;
mod served_aws;

use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    child::{self, ChildEnvironment, aws_environment},
    cost::units::read_units,
    options::BenchmarkOptions,
    report::{BenchmarkReport, format_figure},
};
use customer_table::{CustomerTable, TableSize};
use round::{RoundKind, RoundResult};
pub use served_aws::start_server;

/// The number of matching customers at every size.
const MATCHES: usize = 50;
/// The number of matching customers in the final round with the largest table, to show that reads
/// follow the matches.
const MORE_MATCHES: usize = 500;
const FLAT_GOAL: f64 = 1.1;

/// A round over a table of one size.
#[derive(Debug, Serialize, Deserialize)]
struct MeasuredRound {
    kind: RoundKind,
    table: TableSize,
    matches: usize,
    round: RoundResult,
}

impl MeasuredRound {
    fn units(&self) -> f64 {
        self.round.units(&["enable", "scan"])
    }
    fn calls(&self) -> u64 {
        self.round.calls(&["enable", "scan"])
    }
    /// Returns the read units of an eventually consistent scan of the whole table.
    fn scan_units(&self) -> f64 {
        read_units(self.table.bytes, false)
    }
}

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    let sizes = [1, options.size(10, 2), options.size(100, 5)];
    report.title(&format!(
        "Autopilots: what one round reads while {MATCHES} customers match, however many there are"
    ));
    // the child process has its own tables, and they end with it
    let arguments = sizes.map(|thousands| (thousands * 1_000).to_string());
    let arguments: Vec<String> = std::iter::once("sizes".to_owned()).chain(arguments).collect();
    let said = child::run_child("autopilot", &arguments, &ChildEnvironment::new())?;
    let measured: Vec<MeasuredRound> = serde_json::from_value(said.result)?;
    for kind in RoundKind::ALL {
        let rounds: Vec<&MeasuredRound> = measured.iter().filter(|it| it.kind == kind).collect();
        let [small, _, large, more] = rounds.as_slice() else { bail!("{} rounds", rounds.len()) };
        report.note(kind.description());
        report_table(report, &rounds);
        report_breakdown(report, large);
        report_figures(report, kind, sizes, [small, large, more]);
    }
    let idle = measured.iter().map(|it| it.round.units(&["idle"])).fold(0.0, f64::max);
    report.figure("autopilot.idle_minute_read_units", idle, "a minute in which no day begins");
    report.note("calls are counted; units are worked out from the items of each answer: 4 KB, half for a read that need not be consistent");
    report.note(
        "peak memory is VmHWM of the process that scans; it reads over HTTP and holds no table",
    );
    Ok(())
}

/// Runs as `sizes COUNT...` or `round KIND CAMPAIGN`.
pub fn child(arguments: &[String]) -> anyhow::Result<Value> {
    match arguments {
        [what, counts @ ..] if what == "sizes" => {
            let counts: Vec<usize> =
                counts.iter().map(|count| count.parse()).collect::<Result<_, _>>()?;
            Ok(serde_json::to_value(measure_rounds(&counts)?)?)
        }
        [what, kind, campaign] if what == "round" => {
            Ok(serde_json::to_value(round::run_round(kind, campaign)?)?)
        }
        _ => bail!("autopilot does not know {arguments:?}"),
    }
}

/// Grows a table: runs a round of both kinds at each size, and finally one with more matches.
fn measure_rounds(counts: &[usize]) -> anyhow::Result<Vec<MeasuredRound>> {
    let [first, .., last] = counts else { bail!("two sizes at least") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut crowd = runtime.block_on(CustomerTable::new(MATCHES, *first))?;
    let endpoint = served_aws::start_server(crowd.memory())?;
    let mut measured = Vec::new();
    for (matches, count) in
        counts.iter().map(|count| (MATCHES, *count)).chain([(MORE_MATCHES, *last)])
    {
        crowd.grow(matches, count)?;
        let table = crowd.table_size();
        ensure!(table.customers == count, "{} customers instead of {count}", table.customers);
        for kind in RoundKind::ALL {
            let campaign = format!("cmp_{}.{count}.{matches}", kind.name());
            let arguments = ["round".to_owned(), kind.name().to_owned(), campaign];
            let said = child::run_child("autopilot", &arguments, &aws_environment(&endpoint))?;
            let round: RoundResult = serde_json::from_value(said.result)?;
            ensure!(
                round.planned == matches as u64,
                "{} planned, and {matches} match",
                round.planned
            );
            measured.push(MeasuredRound { kind, table, matches, round });
        }
    }
    Ok(measured)
}

fn report_table(report: &mut BenchmarkReport, rounds: &[&MeasuredRound]) {
    let row = |it: &&MeasuredRound| {
        vec![
            it.table.customers.to_string(),
            it.matches.to_string(),
            it.calls().to_string(),
            format_figure(it.units()),
            format_figure(it.scan_units()),
            format_figure(it.scan_units() / it.units()),
            format!("{:.1}", it.round.peak_mb),
            format!("{:.1}", it.round.grown_mb),
        ]
    };
    let head = [
        "customers",
        "matching",
        "calls",
        "read units",
        "of a whole scan",
        "ratio",
        "peak MB",
        "grown by the scan",
    ];
    report.table(&head, &rounds.iter().map(row).collect::<Vec<_>>());
}

/// Reports the read units by call.
fn report_breakdown(report: &mut BenchmarkReport, round: &MeasuredRound) {
    report.note(&format!("of these, with {} customers:", round.table.customers));
    let reads = round.round.lines.iter().filter(|line| line.units > 0.0 && line.phase != "idle");
    let row = |line: &round::RoundLine| {
        vec![
            line.phase.clone(),
            line.call.clone(),
            line.place.clone(),
            line.calls.to_string(),
            format_figure(line.units),
        ]
    };
    report.table(
        &["phase", "call", "table (index)", "calls", "read units"],
        &reads.map(row).collect::<Vec<_>>(),
    );
}

fn report_figures(
    report: &mut BenchmarkReport,
    kind: RoundKind,
    [least, _, most]: [usize; 3],
    [small, large, more]: [&MeasuredRound; 3],
) {
    let name = |what: &str| format!("autopilot.{}_{what}", kind.name());
    let ratio = |what: &str| name(&format!("{what}_{most}k_to_{least}k"));
    report.at_most(&ratio("reads"), large.units() / small.units(), "of the read units", FLAT_GOAL);
    report.at_most(
        &ratio("calls"),
        large.calls() as f64 / small.calls() as f64,
        "of the calls",
        FLAT_GOAL,
    );
    report.at_most(
        &ratio("peak_memory"),
        large.round.peak_mb / small.round.peak_mb,
        "of the peak memory",
        FLAT_GOAL,
    );
    report.figure(&name("read_units"), large.units(), "a round");
    report.figure(&name("whole_scan_to_ours"), large.scan_units() / large.units(), "times as many");
    let added = (more.units() - large.units()) / (more.matches - large.matches) as f64;
    report.figure(
        &name("read_units_per_match"),
        added,
        &format!("from {} to {} matches", large.matches, more.matches),
    );
}
