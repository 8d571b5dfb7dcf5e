//! Every part of `make bench` runs in its quick form and writes its figures, so that a part that no
//! longer works is noticed before the next release is measured.
//!
//! Parts that need the binary of the functions or a stack take those of the test stack. Their
//! figures are of a light build on a busy machine: they are looked at for being there, never for
//! their size.

use std::{path::Path, process::Command};

use serde_json::{Map, Value};

const NEED_A_STACK: [&str; 2] = ["redeem", "cost"];

/// Runs one part and checks that it wrote figures whose names begin with its own.
fn runs(part: &str, prefixes: &[&str]) {
    let benchmarks = Path::new(env!("CARGO_BIN_EXE_benchmarks"));
    let figures = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{part}.json"));
    let _ = std::fs::remove_file(&figures);
    let mut command = Command::new(benchmarks);
    command.args(["--quick", "--only", part, "--out"]).arg(&figures);
    command.arg("--bootstrap").arg(benchmarks.with_file_name("bootstrap"));
    if let Some(stack) = std::env::var_os("STACK_JSON") {
        command.arg("--stack").arg(stack);
    }
    let done = command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).output().unwrap();
    let shown = String::from_utf8_lossy(&done.stdout);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{part} failed:\n{shown}\n{said}");
    if NEED_A_STACK.contains(&part) && std::env::var_os("STACK_JSON").is_none() {
        return; // the part has said that it was skipped
    }
    let written: Map<String, Value> =
        serde_json::from_slice(&std::fs::read(&figures).unwrap()).unwrap();
    for prefix in prefixes {
        let found = written.iter().find(|(name, _)| name.starts_with(prefix));
        let value = found.and_then(|(_, value)| value.as_f64());
        assert!(value.is_some_and(|it| it > 0.0), "no figure {prefix}: {written:?}\n{shown}");
    }
}

#[test]
fn a_rule_is_measured() {
    runs("rule", &["rule."]);
}

#[test]
fn an_autopilots_round_is_measured() {
    runs("autopilot", &["autopilot."]);
}

#[test]
fn the_work_on_single_customers_is_measured() {
    runs("scale", &["scale.matches", "scale.dispatches", "scale.writes"]);
}

#[test]
fn a_cold_start_is_measured() {
    runs("start", &["start.", "size."]);
}

#[test]
fn issuing_is_measured() {
    runs("issue", &["issue."]);
}

#[test]
fn delivery_is_measured() {
    runs("deliver", &["deliver."]);
}

#[test]
fn a_checkout_is_measured() {
    let of = |step: &str| format!("checkout.{step}_calls");
    let calls = ["quote_50", "hold_1", "hold_3", "redeem_1", "redeem_3"].map(of);
    let writes = ["checkout.redeem_1_write_units", "checkout.redeem_3_write_units"];
    let figures: Vec<&str> = calls.iter().map(String::as_str).chain(writes).collect();
    runs("checkout", &[&figures, &["checkout.quote_50_cpu_ms"][..]].concat());
}

#[test]
fn redeeming_is_measured() {
    runs("redeem", &["redeem."]);
}

#[test]
fn the_cost_of_a_campaign_is_measured() {
    runs("cost", &["cost."]);
}

#[test]
fn reports_are_measured() {
    runs("reports", &["report."]);
}
