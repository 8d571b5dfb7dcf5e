//! Compares redeeming a voucher with the order placement of django-oscar, a shop in Python whose
//! vouchers do the same job: CPU time of our process against that of its process, the store of each
//! counted apart.
//!
//! It reads what the peer prints (benches/peers/oscar/redemptions.py). Ours comes before it, from
//! the same run: one voucher on three lines, from the signed request to the answer. The peer has
//! the same basket in memory, no HTTP and no signature, and SQLite within its process, whose time
//! is taken off. It also writes the order, so an order without a voucher is measured beside it.

use std::{env, ffi::OsStr, process::Command};

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::{
    options::BenchmarkOptions,
    report::{BenchmarkReport, format_figure},
};

/// The environment variable by which bench.py names the Python that has django-oscar.
const PYTHON: &str = "OSCAR_PYTHON";
const SCRIPT: &str = "benches/peers/oscar/redemptions.py";
/// The orders that the peer places, and those before them that do not count.
const ORDERS: usize = 300;
const WARM_UP: usize = 30;
const RATIO_GOAL: f64 = 1.0 / 50.0;

/// The averages that the peer prints of one order.
#[derive(Debug, Deserialize)]
struct OscarCost {
    cpu_ms: f64,
    store_cpu_ms: f64,
    statements: f64,
    per_second: f64,
    without_voucher_cpu_ms: f64,
    without_voucher_store_cpu_ms: f64,
}

/// Reports the peer's figures and the ratio to them of a redemption that takes `redeem_cpu_ms`.
pub fn compare(
    redeem_cpu_ms: f64,
    options: &BenchmarkOptions,
    report: &mut BenchmarkReport,
) -> anyhow::Result<()> {
    let Some(python) = env::var_os(PYTHON) else {
        report.skip("django-oscar: bench.py installs it, or says why it could not");
        return Ok(());
    };
    let cost = place_orders(&python, options).context("placing orders in django-oscar")?;
    let own_cpu_ms = cost.cpu_ms - cost.store_cpu_ms;
    let without_voucher_ms = cost.without_voucher_cpu_ms - cost.without_voucher_store_cpu_ms;
    ensure!(own_cpu_ms > 0.0, "the store takes more than the whole: {cost:?}");
    report.note(&format!(
        "django-oscar: {} statements to SQLite per order with a voucher",
        format_figure(cost.statements)
    ));
    let name = |of: &str| format!("checkout.oscar_{of}");
    let without_store = "ms of a core, its SQLite apart";
    report.figure(&name("cpu_ms_per_redemption"), own_cpu_ms, without_store);
    report.figure(&name("cpu_ms_without_voucher"), without_voucher_ms, without_store);
    report.figure(&name("store_cpu_ms_per_redemption"), cost.store_cpu_ms, "ms in its SQLite");
    report.figure(&name("redemptions_per_second"), cost.per_second, "with its SQLite");
    let per_core = 1e3 / own_cpu_ms;
    report.figure(&name("redemptions_per_second_per_core"), per_core, "its SQLite apart");
    let part = format!("1/{:.0} of its CPU", own_cpu_ms / redeem_cpu_ms);
    report.at_most("checkout.cpu_ratio_to_oscar", redeem_cpu_ms / own_cpu_ms, &part, RATIO_GOAL);
    Ok(())
}

/// Runs the peer with a bare environment; it ends with an error unless each order got its discount.
fn place_orders(python: &OsStr, options: &BenchmarkOptions) -> anyhow::Result<OscarCost> {
    let kept = ["PATH", "HOME", "TMPDIR"].into_iter().filter_map(|it| Some((it, env::var_os(it)?)));
    let done = Command::new(python)
        .arg(SCRIPT)
        .args(["--orders", &options.size(ORDERS, 6).to_string()])
        .args(["--warm-up", &options.size(WARM_UP, 1).to_string()])
        .env_clear()
        .envs(kept)
        .output()?;
    ensure!(
        done.status.success(),
        "it ended with {}: {}",
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_slice(&done.stdout).context("its figures are not JSON")
}
