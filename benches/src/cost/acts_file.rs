//! Has the acts counted and writes them to `cost-acts.json` beside the figures. bench.py and
//! `make cost` price that file (benches/cost.py).

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    child::{self, aws_environment},
    options::BenchmarkOptions,
    report::{BenchmarkReport, format_figure},
};

/// The most write units for each stored voucher in a night.
const RECOUNT_GOAL: f64 = 0.02;
/// The least time of a call, for which the whole recount of ten million vouchers is modelled.
const CALL_SECONDS: f64 = 0.01;
const MODELLED: f64 = 10_000_000.0;
/// The share of time that the watchdog gives to the recount: ten seconds of each minute.
const SHARE: f64 = 10.0 / 60.0;

pub fn measure(
    options: &BenchmarkOptions,
    endpoint: &str,
    voucher: Value,
    report: &mut BenchmarkReport,
) -> anyhow::Result<()> {
    let customers = options.size(100, 4);
    let stored = options.size(20_000, 300);
    let arguments = [customers.to_string(), "acts".to_owned(), stored.to_string()];
    let mut counted = child::run_child("cost", &arguments, &aws_environment(endpoint))?.result;
    let number = |pointer: &str| {
        counted.pointer(pointer).and_then(Value::as_f64).with_context(|| format!("no {pointer}"))
    };
    report.at_most(
        "recount.write_units_per_stored_voucher",
        number("/recount/write_units_per_voucher")?,
        "a year of 14 promotions",
        RECOUNT_GOAL,
    );
    let seconds = MODELLED * number("/recount/calls_per_voucher")? * CALL_SECONDS / SHARE;
    report.figure("recount.minutes_for_ten_million", seconds / 60.0, "modelled, 10 ms a call");
    report_acts(&counted, report);
    let acts = counted.get_mut("acts").and_then(Value::as_object_mut).context("no acts")?;
    acts.insert("voucher".to_owned(), voucher);
    counted["quick"] = json!(options.quick);
    let path = options.out.with_file_name("cost-acts.json");
    let text = serde_json::to_string_pretty(&counted)? + "\n";
    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    report.note(&format!("the acts are in {}", path.display()));
    Ok(())
}

fn report_acts(counted: &Value, report: &mut BenchmarkReport) {
    let names = ["calls", "write_units", "read_units", "gb_seconds", "log_bytes", "answer_bytes"];
    let acts = counted.get("acts").and_then(Value::as_object).into_iter().flatten();
    let row = |(act, each): (&String, &Value)| -> Vec<String> {
        let cell =
            |name: &str| format_figure(each.get(name).and_then(Value::as_f64).unwrap_or(0.0));
        std::iter::once(act.clone()).chain(names.map(cell)).collect()
    };
    let rows: Vec<Vec<String>> = acts.map(row).collect();
    report.table(
        &["act", "calls", "write units", "read units", "GB-seconds", "log bytes", "answer bytes"],
        &rows,
    );
}
