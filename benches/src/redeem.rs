//! Measures redeeming.
//!
//! On the local stack it sends single redemptions through the signed API, with 1 and with 8
//! clients. Everything is on this machine (gateway, function processes, DynamoDB stand-in and
//! clients), so the rate is that of the machine and the stand-in, not of AWS. On the null server it
//! measures what one redemption costs the shipped function itself, in calls and in instructions
//! from event to answer.

mod client;
mod function;

pub use client::{accepted_voucher, redemption_request, sign_post};

use std::{path::Path, time::Instant};

use anyhow::Context;
use serde_json::Value;

use crate::{
    options::BenchmarkOptions,
    report::{BenchmarkReport, median},
};

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    report.title("Redeem");
    function::measure(options, report)?;
    match &options.stack {
        Some(stack) => measure_on_stack(stack, options, report),
        None => {
            report.skip("redeem on the local stack: no stack is running (bench.py starts one)");
            Ok(())
        }
    }
}

fn measure_on_stack(
    stack: &Path,
    options: &BenchmarkOptions,
    report: &mut BenchmarkReport,
) -> anyhow::Result<()> {
    let facts: Value = serde_json::from_str(&std::fs::read_to_string(stack)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = client::RedeemClient::new(&facts).context("reading the stack file")?;
        let (one, eight, rounds) =
            (options.size(200, 20), options.size(400, 40), options.size(3, 1));
        let vouchers = client.prepare_vouchers(rounds * (one + eight) + WARM_UP).await?;
        let mut vouchers = vouchers.into_iter();
        client.redeem_all(vouchers.by_ref().take(WARM_UP).collect(), 8).await?;
        let (mut alone, mut together) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            for (count, clients, rates) in [(one, 1, &mut alone), (eight, 8, &mut together)] {
                let batch: Vec<_> = vouchers.by_ref().take(count).collect();
                let began = Instant::now();
                client.redeem_all(batch, clients).await?;
                rates.push(count as f64 / began.elapsed().as_secs_f64());
            }
        }
        report.figure("redeem.per_second_1_client", median(alone), "redemptions/s on this machine");
        report.figure(
            "redeem.per_second_8_clients",
            median(together),
            "redemptions/s on this machine",
        );
        Ok(())
    })
}

/// The number of redemptions that start the function's processes and fill its caches.
const WARM_UP: usize = 40;
