//! Tests of campaign health as operators see it: the cause in the answer is the one that the test
//! has made.

use domain::{
    Date,
    campaign::lifecycle::{Campaign, CampaignAction},
    reporting::autopilot_health,
};
use jiff::ToSpan;
use serde_json::{Value, json};
use store::campaign::campaigns::ReplaySummary;
use testkit::builders::{add_milliseconds, noon};

use crate::fixture::{HOUR, MINUTE, OperationsFixture};

const DAY: i64 = 24 * HOUR;

fn day(number: i64) -> Date {
    jiff::civil::date(2026, 11, 1).checked_add(number.days()).unwrap()
}

/// Creates an autopilot that was enabled at noon of 1 November, that many days ago, and whose
/// calendar has been scanned.
async fn launch_autopilot(days: i64) -> (OperationsFixture, Campaign) {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    advance_days(&stage, &campaign, days).await;
    (stage, campaign)
}

async fn advance_days(stage: &OperationsFixture, campaign: &Campaign, days: i64) {
    stage.set_clock(add_milliseconds(noon(), days * DAY));
    stage.mark_calendar_scanned(campaign, add_milliseconds(noon(), days * DAY + HOUR)).await;
}

async fn count_each_day(
    stage: &OperationsFixture,
    campaign: &Campaign,
    days: std::ops::Range<i64>,
    counts: &[(&str, i64)],
) {
    for number in days {
        stage.add_counts(campaign, day(number), counts).await;
    }
}

async fn single_item(stage: &OperationsFixture) -> Value {
    let items = stage.get_health("").await.items();
    assert_eq!(items.len(), 1, "{items:?}");
    items[0].clone()
}

#[track_caller]
fn check_causes(item: &Value, health: &str, expected: &[&str]) {
    let causes: Vec<&str> =
        item["alerts"].as_array().unwrap().iter().map(|it| it["cause"].as_str().unwrap()).collect();
    assert_eq!((item["health"].as_str().unwrap(), causes.as_slice()), (health, expected), "{item}");
}

#[tokio::test]
async fn as_often_as_in_the_weeks_before_is_healthy() {
    let (stage, campaign) = launch_autopilot(40).await;
    count_each_day(
        &stage,
        &campaign,
        1..40,
        &[("issued", 8), ("ghost", 1), ("skipped", 1), ("skipped.opted_out", 1)],
    )
    .await;
    // today is not over, and days before the 28 of the history are not read
    stage.add_counts(&campaign, day(40), &[("issued", 900)]).await;
    let item = single_item(&stage).await;
    check_causes(&item, "ok", &[]);
    let fired = json!({
        "from": "2026-12-04", "until": "2026-12-10", "matches": 70, "vouchers": 56, "ghost": 7,
        "suppressed": {"opted_out": 7},
    });
    assert_eq!(item["fired"], fired);
    // 280 in 28 days: 70, and three times the root of 70.25 * 1.25
    let expected = json!({"low": 41, "high": 99, "from": "history", "matches": 280, "days": 28});
    assert_eq!(item["expected"], expected);
}

#[tokio::test]
async fn an_autopilot_that_falls_silent_is_dormant_and_one_that_slows_down_is_shown() {
    for (each, health, cause) in [
        (0, "dormant", "no_matches"),
        (1, "attention", "fewer_than_expected"),
        (30, "attention", "more_than_expected"),
    ] {
        let (stage, campaign) = launch_autopilot(40).await;
        count_each_day(&stage, &campaign, 1..33, &[("issued", 10)]).await;
        count_each_day(&stage, &campaign, 33..40, &[("issued", each)]).await;
        let item = single_item(&stage).await;
        check_causes(&item, health, &[cause]);
        let says = format!("{} matches where 41 to 99 are expected", 7 * each);
        assert_eq!(item["alerts"][0]["says"], says.as_str());
        assert!(!item["alerts"][0]["next_step"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn where_every_match_is_skipped_it_says_by_what() {
    let (stage, campaign) = launch_autopilot(40).await;
    count_each_day(
        &stage,
        &campaign,
        1..40,
        &[("skipped", 3), ("skipped.no_consent", 2), ("skipped.cool_down", 1)],
    )
    .await;
    let item = single_item(&stage).await;
    check_causes(&item, "dormant", &["all_suppressed"]);
    assert_eq!(item["alerts"][0]["says"], "each match was skipped: cool_down 7, no_consent 14");
}

#[tokio::test]
async fn a_calendar_that_is_not_scanned_is_a_schedule_fault() {
    let (stage, campaign) = launch_autopilot(40).await;
    count_each_day(&stage, &campaign, 1..33, &[("issued", 10)]).await;
    stage.set_clock(add_milliseconds(noon(), 40 * DAY + HOUR + 14 * MINUTE));
    check_causes(&single_item(&stage).await, "dormant", &["no_matches"]);
    stage.set_clock(add_milliseconds(noon(), 40 * DAY + HOUR + 15 * MINUTE));
    check_causes(&single_item(&stage).await, "dormant", &["schedule_not_running"]);
    stage.apply_action(&campaign, CampaignAction::Pause).await;
    let item = single_item(&stage).await;
    check_causes(&item, "paused", &["paused"]);
    assert_eq!(item["alerts"][0]["says"], "paused since 2026-12-11T13:15:00Z");
}

#[tokio::test]
async fn caps_that_are_used_up_are_named() {
    let stage = OperationsFixture::new();
    let trigger = json!({"when": {"inactivity": {"days": 30}}, "cool_down_days": 60});
    let change = json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["sms"]}, "caps": {"vouchers": 1}});
    let campaign = stage.launch_campaign("cmp_1", change).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    let item = single_item(&stage).await;
    check_causes(&item, "unknown", &[]);
    assert_eq!((&item["waiting"], &item["fired"]), (&1.into(), &Value::Null));
    stage.release_and_deliver().await;
    let item = single_item(&stage).await;
    check_causes(&item, "dormant", &["caps_used_up"]);
    assert_eq!(item["waiting"], 0);
}

#[tokio::test]
async fn a_replay_says_what_to_expect_until_there_is_a_history() {
    let (stage, campaign) = launch_autopilot(20).await;
    check_causes(&single_item(&stage).await, "unknown", &[]);
    let counted = autopilot_health::MatchCount { days: 30, matches: 300 };
    assert!(
        stage
            .store
            .record_replay(&campaign.id, &ReplaySummary { counted, at: noon() })
            .await
            .unwrap()
    );
    let item = single_item(&stage).await;
    check_causes(&item, "dormant", &["no_matches"]);
    assert_eq!(
        item["expected"],
        json!({"low": 42, "high": 98, "from": "replay", "matches": 300, "days": 30})
    );
    // 14 whole days before the window without a match: none is expected from then on
    advance_days(&stage, &campaign, 22).await;
    let item = single_item(&stage).await;
    check_causes(&item, "ok", &[]);
    assert_eq!(item["expected"]["from"], "history");
}

#[tokio::test]
async fn campaigns_that_are_on_are_listed_page_by_page() {
    let stage = OperationsFixture::new();
    for id in ["cmp_1", "cmp_2", "cmp_3"] {
        stage.launch_autopilot(id, &["sms"]).await;
    }
    stage.launch_promotion("cmp_4", &["sms"]).await;
    let over = stage.launch_autopilot("cmp_5", &["sms"]).await;
    stage.apply_action(&over, CampaignAction::Cancel).await;
    let (mut listed, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = stage.get_health(&query).await;
        listed.extend(
            page.items().iter().map(|item| item["campaign_id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page.body["next_cursor"].as_str() else {
            break;
        };
        query = format!("limit=2&cursor={next}");
    }
    listed.sort();
    assert_eq!(listed, ["cmp_1", "cmp_2", "cmp_3", "cmp_4"]);
    stage.get_health("limit=0").await.check(400, "invalid_query");
    stage.get_health("state=paused").await.check(400, "invalid_query");
}

#[tokio::test]
async fn a_promotion_shows_its_progress_and_its_obstacles() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    check_causes(&single_item(&stage).await, "ok", &[]);
    stage.set_clock(add_milliseconds(noon(), 15 * MINUTE));
    check_causes(&single_item(&stage).await, "failing", &["selection_stalled"]);
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    let item = single_item(&stage).await;
    check_causes(&item, "ok", &[]);
    let run = &item["run"];
    assert_eq!(
        (&run["selected"], &run["waiting"], &run["closed"]),
        (&1.into(), &1.into(), &false.into())
    );
    stage
        .add_counts(
            &campaign,
            day(0),
            &[("attempt.sms.failed", 15), ("attempt.sms.sent", 10), ("issued", 25)],
        )
        .await;
    let item = single_item(&stage).await;
    check_causes(&item, "failing", &["sends_failing"]);
    assert_eq!(item["last_active"], "2026-11-01");
    stage.apply_action(&campaign, CampaignAction::Pause).await;
    check_causes(&single_item(&stage).await, "paused", &["paused", "sends_failing"]);
}

#[tokio::test]
async fn a_promotion_that_selects_nobody_is_idle() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    stage.mark_calendar_scanned(&campaign, noon()).await;
    check_causes(&single_item(&stage).await, "idle", &["nobody_selected"]);
}
