//! Runs the `vouchers` function of the one binary on the null server under valgrind, and feeds it
//! events through the runtime API that redeem one voucher on one order. The difference of two runs
//! is the cost of one redemption, without start-up and without the first reads of the campaign and
//! of the combination policy, which are cached.

use std::path::Path;

use anyhow::{Context, ensure};
use base64::Engine as _;
use domain::{
    campaign::lifecycle::CampaignState,
    kernel::id::{Occurrence, RunId},
    voucher::record::{Voucher, VoucherIssue},
};
use http_edge::signed_request::SigningKey;
use serde_json::{Value, json};
use store::{Store, TableNames, campaign::campaigns::AuditedChange, voucher::records::VoucherKey};

use super::client::{accepted_voucher, redemption_request, sign_post};
use crate::{
    callgrind::{self, CountedCommand},
    marketplace,
    null::{KEY_ID, NullServer, RuntimeMoment, SECRET},
    options::BenchmarkOptions,
    process,
    report::BenchmarkReport,
    start::{OwnedProcess, function_environment},
};

/// The number of redemptions in the two runs.
const FEW: usize = 20;
const MANY: usize = 120;

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    if !callgrind::is_available() {
        report.skip(callgrind::MISSING);
        return Ok(());
    }
    let binary = std::fs::canonicalize(&options.bootstrap).context("bootstrap is not built")?;
    let (fewer, more) = (options.size(FEW, 2), options.size(MANY, 4));
    let (few, many) = (run_function(&binary, fewer)?, run_function(&binary, more)?);
    let each = |few: f64, many: f64| (many - few) / (more - fewer) as f64;
    report.figure(
        "redeem.thousand_instructions",
        each(few.instructions, many.instructions) / 1e3,
        "thousand, event to answer",
    );
    report.figure("redeem.calls", each(few.calls, many.calls), "calls of AWS services");
    Ok(())
}

struct RedeemRun {
    instructions: f64,
    calls: f64,
}

fn run_function(binary: &Path, redemptions: usize) -> anyhow::Result<RedeemRun> {
    let null = NullServer::start()?;
    let key = put_voucher(&null)?;
    let before: u64 = null.calls().values().sum();
    let mut counted = CountedCommand::new(binary);
    let mut life =
        OwnedProcess::spawn(&mut counted.command, &function_environment("vouchers", &null))?;
    null.wait_for_moment(&mut life.0, RuntimeMoment::Next)?;
    for _ in 0..redemptions {
        null.push_event(&redeem_event(&key)?);
        let answer = null.wait_for_moment(&mut life.0, RuntimeMoment::Response)?.body;
        ensure!(answer.contains(r#""statusCode":200"#), "a redemption was answered {answer}");
        null.wait_for_moment(&mut life.0, RuntimeMoment::Next)?;
    }
    let calls: u64 = null.calls().values().sum();
    process::terminate(life.0.id());
    life.0.wait()?;
    Ok(RedeemRun { instructions: counted.instructions()?, calls: (calls - before) as f64 })
}

/// Puts what the function reads: a running campaign, and a customer with an accepted voucher. The
/// order is not there: each redemption is the first.
fn put_voucher(null: &NullServer) -> anyhow::Result<VoucherKey> {
    let environment = function_environment("vouchers", null);
    let tables = TableNames::from_lookup(|variable| {
        let named = environment.iter().find(|(name, _)| name == variable);
        // The function has no part in a table that it has no name for.
        named.map(|(_, value)| value.clone()).or_else(|| Some(variable.to_lowercase()))
    });
    let config = super::client::client_config(&null.endpoint());
    let store = Store::with_client(aws_sdk_dynamodb::Client::from_conf(config), tables)
        .with_address_keys(testkit::address_hasher().into());
    let now = runtime::clock::now();
    let mut campaign = marketplace::campaign("cmp_01HZX3QK4T8N2V", now)?;
    let run = RunId::of_promotion(&campaign.id);
    (campaign.state, campaign.run) = (CampaignState::Running, Some(run.clone()));
    let marketplace::SyntheticCustomer { id: customer, profile, .. } =
        marketplace::synthetic_customer(1, now, marketplace::ConsentMix::Reachable)?;
    let occurrence = Occurrence::of_run(&run);
    let issue = VoucherIssue {
        campaign: &campaign.id,
        run: &run,
        occurrence: &occurrence,
        definition: &campaign.definition,
        customer: &customer,
        dispatch: "p00000001.003",
        now,
    };
    let voucher: Voucher = accepted_voucher(issue.held_out_record(), now);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    null.keep_items(true);
    runtime.block_on(async {
        let change = AuditedChange { actor: "bench", action: "create", note: "", at: now };
        store.create_campaign(&campaign, "bench", &change).await?;
        store.put_customer(&customer, &profile, marketplace::euro()?).await?;
        anyhow::Ok(store.restore_voucher(&voucher).await?)
    })?;
    null.keep_items(false);
    Ok(VoucherKey::from(&voucher))
}

/// Builds a request of the HTTP API, payload format 2.0.
fn redeem_event(key: &VoucherKey) -> anyhow::Result<Value> {
    let (path, body) = redemption_request(key);
    let secret = base64::engine::general_purpose::STANDARD.decode(SECRET)?;
    let signing = SigningKey { id: KEY_ID, secret: &secret };
    let request = sign_post(http::Request::post(&path), signing, &path, &body).body(())?;
    let mut headers = json!({"content-type": "application/json", "host": "abc.execute-api.us-east-1.amazonaws.com",
        "content-length": body.len().to_string(), "user-agent": "app-backend/1.0", "x-forwarded-for": "203.0.113.9"});
    for (name, value) in request.headers() {
        if let Some(headers) = headers.as_object_mut() {
            headers.insert(name.to_string(), json!(value.to_str()?));
        }
    }
    Ok(json!({
        "version": "2.0", "routeKey": "POST /v1/customers/{id}/checkout/redeem", "rawPath": path, "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "abc", "domainName": "abc.execute-api.us-east-1.amazonaws.com", "domainPrefix": "abc",
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "app-backend/1.0"},
            "requestId": "JKJaXmPLvHcESHA=", "routeKey": "POST /v1/customers/{id}/checkout/redeem", "stage": "$default",
            "time": "22/Nov/2026:12:00:00 +0000", "timeEpoch": 1_795_348_800_000_i64,
        },
        "pathParameters": {"id": key.customer.as_str()},
        "body": body, "isBase64Encoded": false,
    }))
}
