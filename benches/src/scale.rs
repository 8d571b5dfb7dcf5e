//! Measures how much work on single customers the system takes: matches of events that become
//! dispatches, and dispatches of one customer that are released and delivered.
//!
//! The functions are the real ones, on the AWS in memory. Time is that of AWS alone: each call takes
//! ten milliseconds on a clock that only calls move, so that a figure says how many calls wait for
//! each other, on any machine. Writes are counted for each partition key of each table and index,
//! because DynamoDB limits those. Goals: a thousand matches and two thousand dispatches a second, and
//! no key above 500 writes a second.

mod load;
mod write_counts;

use crate::{options::BenchmarkOptions, report::BenchmarkReport};
use load::{MeasuredLoad, ScaleLoad};

/// Matches a second at which the writes of each key are given.
const MATCHES_GOAL: f64 = 1_000.0;
/// Dispatches of one customer a second: matches, and what follows them.
const DISPATCHES_GOAL: f64 = 2_000.0;
const WRITES_GOAL: f64 = 500.0;
/// The keys that a table of the report shows.
const SHOWN_KEYS: usize = 8;

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    let customers = options.size(4_000, 400);
    report.title(&format!("Scale: {customers} customers one by one, each call 10 ms"));
    // The AWS's clock is this runtime's: it stands still while anything computes.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let load = runtime.block_on(async { ScaleLoad::new(customers).await?.run().await })?;
    report_rates(report, &load);
    report_writes(report, &load);
    Ok(())
}

fn report_rates(report: &mut BenchmarkReport, load: &MeasuredLoad) {
    let customers = load.customers as f64;
    let per_second = |seconds: f64| customers / seconds;
    report.at_least(
        "scale.matches_per_second",
        per_second(load.planning),
        "planned by one function",
        MATCHES_GOAL,
    );
    let released = per_second(load.releasing);
    let delivered = per_second(load.delivering) * load::PUSH_WORKERS;
    report.figure("scale.released_per_second", released, "released by one function");
    report.figure("scale.delivered_per_second", delivered, "delivered by all push workers");
    report.at_least(
        "scale.dispatches_per_second",
        released.min(delivered),
        "released and delivered",
        DISPATCHES_GOAL,
    );
}

fn report_writes(report: &mut BenchmarkReport, load: &MeasuredLoad) {
    let per_second = |writes: u64| writes as f64 / load.customers as f64 * DISPATCHES_GOAL;
    let rows: Vec<Vec<String>> = load
        .writes
        .iter()
        .take(SHOWN_KEYS)
        .map(|(place, writes)| vec![place.clone(), format!("{:.0}", per_second(*writes))])
        .collect();
    report.table(&["key", "writes a second"], &rows);
    let most = load.writes.first().map_or(0.0, |(_, writes)| per_second(*writes));
    report.at_most(
        "scale.writes_per_key",
        most,
        "writes a second of the key with the most",
        WRITES_GOAL,
    );
    report.note(&format!(
        "writes at {DISPATCHES_GOAL} dispatches a second, of {} campaigns; a write in a transaction counts once",
        load::AUTOPILOTS
    ));
}
