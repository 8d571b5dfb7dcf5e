//! Tests of customers whose records were merged: one message of a campaign for both, after the
//! workers that did not know of it have ended, and caps that count the messages under either id.

use domain::{
    campaign::lifecycle::Campaign,
    kernel::{
        channel::Channel::{self, Sms},
        money::Currency,
    },
};
use serde_json::json;
use store::customer::merges::{MergeAct, MergeRequest, MergeResult};
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::fixture::{LEASE_SECONDS, SECOND, WorkerFixture};

/// A moment at which no worker that read a record before the merge is left.
const SETTLED: i64 = 2 * LEASE_SECONDS * SECOND;

async fn merge(stage: &WorkerFixture, into: &str, from: &str, after: i64) {
    let (into, from) = (customer_id(into), customer_id(from));
    let act =
        MergeAct { actor: "ada", reason: "the same person", now: add_milliseconds(noon(), after) };
    let tenant = Currency::parse("EUR").unwrap();
    let request = MergeRequest { into: &into, from: &from, tenant, act, day_limit: None };
    let merged = stage.store.merge_customers(&request).await.unwrap();
    assert!(matches!(merged, MergeResult::Merged(_)), "{merged:?}");
}

async fn lines(stage: &WorkerFixture, campaign: &Campaign) -> [String; 2] {
    let mut lines =
        [stage.record_line(campaign, "new").await, stage.record_line(campaign, "old").await];
    lines.sort();
    lines
}

#[tokio::test]
async fn of_two_merged_records_in_a_run_one_is_told_and_the_run_adds_up() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    for id in ["new", "old"] {
        stage.add_customer(id).await;
    }
    stage.plan_dispatch(&campaign, &["new", "old"]).await;
    merge(&stage, "new", "old", 0).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [] as [Channel; 0], "a worker may not know of the merge yet");
    stage.set_time(SETTLED);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(lines(&stage, &campaign).await, ["issued; sms 1 sent", "skipped merged"]);
    assert_eq!(stage.counts(&campaign).await, (2, [1, 0, 1, 0], 0));
}

#[tokio::test]
async fn who_was_told_under_one_id_is_not_told_again_under_the_other() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    for id in ["new", "old"] {
        stage.add_customer(id).await;
    }
    stage.plan_page(&campaign, &["old"], false).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
    merge(&stage, "new", "old", SECOND).await;
    stage.set_time(SECOND + SETTLED);
    stage.plan_page(&campaign, &["new"], true).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [] as [Channel; 0]);
    assert_eq!(lines(&stage, &campaign).await, ["issued; sms 1 sent", "skipped merged"]);
}

#[tokio::test]
async fn the_frequency_cap_counts_the_messages_under_either_id() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    for id in ["new", "old"] {
        stage.add_customer(id).await;
    }
    let change = json!({"channels": {"ladder": ["sms"]}});
    let first = stage.launch_campaign_as("cmp_1", change.clone()).await;
    let second = stage.launch_campaign_as("cmp_2", change).await;
    stage.plan_dispatch(&first, &["old"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
    merge(&stage, "new", "old", SECOND).await;
    stage.set_time(SECOND + SETTLED);
    stage.plan_dispatch(&second, &["new"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [] as [Channel; 0]);
    assert_eq!(stage.record_line(&second, "new").await, "skipped frequency_cap");
}
