//! The readiness of the AWS account on the in-memory AWS: who tells it, what it refuses to launch,
//! and that what is not red refuses nothing.

use serde_json::{Value, json};

use crate::{
    approvals::{ADMIN, ApprovalsFixture, MARKETER},
    client::ApiResponse,
};

const SETTING: &str = "/v1/configuration/voucher-campaign/readiness";

fn finding(part: &str, level: &str) -> Value {
    json!({
        "part": part, "check": "spend limit", "level": level, "measured": "1 dollar a month",
        "needed": "9,000 dollars", "mend": "ask AWS Support for more",
    })
}

fn report(findings: &[Value]) -> Value {
    json!({
        "checked_at": "2026-11-01T11:00:00Z", "account": "111122223333, eu-west-1",
        "messages": 200_000, "findings": findings,
    })
}

async fn store(stage: &ApprovalsFixture, version: u64, report: &Value) -> ApiResponse {
    let etag = format!("\"{version}\"");
    stage.send(ADMIN, "PUT", SETTING, &etag, report.clone()).await
}

fn up_to(vouchers: u64) -> Value {
    json!({"caps": {"vouchers": vouchers}})
}

#[tokio::test]
async fn an_account_that_was_never_asked_refuses_nothing_and_says_so() {
    let stage = ApprovalsFixture::new();
    let read = stage.send(MARKETER, "GET", SETTING, "", Value::Null).await.expect_ok();
    assert_eq!(
        (read.etag.as_str(), &read.body["state"], &read.body["trial_customers"]),
        ("\"0\"", &json!("never_checked"), &json!(1_000))
    );
    let draft = stage.draft(json!({})).await;
    stage.launch(&draft.path()).await.expect_ok();
}

#[tokio::test]
async fn red_refuses_what_is_larger_than_a_trial_with_the_way_to_mend_it() {
    let stage = ApprovalsFixture::new();
    let stored = store(&stage, 0, &report(&[finding("sms", "red")])).await.expect_ok();
    assert_eq!(stored.body["state"], "not_ready");
    for more in [json!({}), up_to(1_001)] {
        let draft = stage.draft(more).await;
        let refused = stage.launch(&draft.path()).await;
        refused.check(409, "account_not_ready");
        let detail = refused.body["detail"].as_str().unwrap();
        for part in ["spend limit", "1 dollar a month", "ask AWS Support for more", "1000"] {
            assert!(detail.contains(part), "{part}: {detail}");
        }
        let state = stage.send(MARKETER, "GET", &draft.path(), "", Value::Null).await;
        assert_eq!(state.body["state"], "draft", "nothing of the launch was written");
    }
    let trial = stage.draft(up_to(1_000)).await;
    stage.launch(&trial.path()).await.expect_ok();
    let grown = |most: Value| json!({"caps": {"vouchers": most}});
    for most in [json!(1_001), Value::Null] {
        let refused = stage.patch(MARKETER, &trial.path(), grown(most)).await;
        refused.check(409, "account_not_ready");
    }
    stage.patch(MARKETER, &trial.path(), grown(json!(900))).await.expect_ok();
    stage.patch(MARKETER, &trial.path(), json!({"name": "Still a trial"})).await.expect_ok();
}

#[tokio::test]
async fn what_is_mended_or_concerns_another_channel_refuses_nothing() {
    let stage = ApprovalsFixture::new();
    let draft = stage.draft(json!({})).await;
    store(&stage, 0, &report(&[finding("platform", "red")])).await.expect_ok();
    stage.launch(&draft.path()).await.check(409, "account_not_ready");
    let others = [finding("email", "red"), finding("push", "red"), finding("sms", "unknown")];
    assert_eq!(store(&stage, 1, &report(&others)).await.body["state"], "not_ready");
    stage.launch(&draft.path()).await.expect_ok();
    let known = report(&[finding("sms", "yellow"), finding("email", "green")]);
    assert_eq!(store(&stage, 2, &known).await.body["state"], "ready");
}

#[tokio::test]
async fn a_report_is_told_by_administrators_and_makes_sense() {
    let stage = ApprovalsFixture::new();
    let good = report(&[finding("sms", "red")]);
    stage.send(MARKETER, "PUT", SETTING, "\"0\"", good.clone()).await.check(403, "forbidden");
    let mut ahead = good.clone();
    ahead["checked_at"] = json!("2027-11-01T11:00:00Z");
    let mut long = good.clone();
    long["findings"][0]["mend"] = json!("x".repeat(501));
    let mut unknown = good.clone();
    unknown["findings"][0]["part"] = json!("fax");
    for (bad, field) in [
        (&ahead, "/checked_at"),
        (&long, "/findings/0/mend"),
        (&unknown, "/findings/0/part"),
        (&json!({}), "/checked_at"),
    ] {
        let refused = store(&stage, 0, bad).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(field)));
    }
    store(&stage, 0, &good).await.expect_ok();
    store(&stage, 0, &good).await.check(412, "precondition_failed");
}
