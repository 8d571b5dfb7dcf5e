//! Tests of an autopilot's calendar scan, on the in-memory AWS and with a clock that the test sets:
//! each customer for whom it fires is planned once, whatever happens to the scheduled runs in
//! between.

use std::collections::BTreeMap;

use crate::fixture::{AutopilotFixture, WORK, ZONES, day, euro, hours};
use domain::{
    Timestamp,
    campaign::lifecycle::{Campaign, CampaignAction, CampaignState},
    customer::profile::Customer,
    kernel::id::{CustomerId, RunId},
};
use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;
use runtime::clock::simulated;
use serde_json::{Value, json};
use testkit::builders::{customer_id, noon};

fn winback() -> Value {
    json!({"when": {"inactivity": {"days": 30}}, "cool_down_days": 60})
}

fn birthday() -> Value {
    json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300})
}

/// Returns each customer and occurrence that fires on a day from the day of enabling to the newest
/// day at `end_autopilot`, once each.
fn expected_counts(
    campaign: &Campaign,
    customers: &[Customer],
    end: Timestamp,
) -> BTreeMap<(CustomerId, String), u32> {
    let trigger = campaign.definition.trigger.as_ref().unwrap();
    let mut expected = BTreeMap::new();
    for customer in customers {
        let mut day = customer.profile.zone.clone().unwrap_or_default().local_day(noon());
        while day <= domain::campaign::trigger::latest_begun_day(end) {
            if trigger.fires_on(customer, day) {
                let occurrence = trigger.firing_on(day).unwrap().occurrence.to_string();
                *expected.entry((customer.id.clone(), occurrence)).or_default() += 1;
            }
            day = day.tomorrow().unwrap();
        }
    }
    expected
}

#[tokio::test]
async fn a_day_is_planned_for_each_customers_own_hour() {
    let stage = AutopilotFixture::new(winback()).await;
    // 30 days before 1 and 2 November
    for (number, zone) in ZONES.into_iter().enumerate() {
        stage.add_customer(number, zone, Some(day("2026-10-03")), None).await;
    }
    stage.add_customer(9, "UTC", Some(day("2026-10-01")), None).await;
    stage.scan_at(hours(0)).await;
    let due = stage.memory.items(WORK).into_iter().filter(|item| item.contains_key("occurrence"));
    let due: BTreeMap<String, Vec<String>> = due
        .map(|item| {
            let at =
                Timestamp::from_millisecond(item["due_at"]["N"].as_str().unwrap().parse().unwrap())
                    .unwrap();
            let who = item["customers"]["L"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| id["S"].as_str().unwrap().to_owned());
            (at.to_string(), who.collect())
        })
        .collect();
    let due: Vec<(&str, &str)> =
        due.iter().map(|(at, who)| (at.as_str(), who[0].as_str())).collect();
    // ten o'clock of 2 November, from the first zone to the last; c-9 lapsed on the day before the
    // autopilot was enabled
    assert_eq!(
        due,
        [
            ("2026-11-01T20:00:00Z", "c-1"),
            ("2026-11-02T04:30:00Z", "c-3"),
            ("2026-11-02T09:00:00Z", "c-0"),
            ("2026-11-02T10:00:00Z", "c-4"),
            ("2026-11-02T18:00:00Z", "c-2"),
        ]
    );
    stage.scan_at(hours(1)).await;
    assert_eq!(
        stage.planned_counts().values().sum::<u32>(),
        5,
        "the same day is not planned again"
    );
}

#[tokio::test]
async fn an_ended_autopilot_scans_no_further_day() {
    let stage = AutopilotFixture::new(winback()).await;
    stage.add_customer(1, "UTC", Some(day("2026-10-10")), None).await;
    stage.apply_action(CampaignAction::Cancel).await;
    stage.scan_at(hours(24 * 20)).await;
    assert_eq!(stage.planned_counts(), BTreeMap::new());
    assert_eq!(stage.context.store.due_calendars(hours(24 * 21)).await.unwrap(), []);
}

#[tokio::test]
async fn an_autopilot_whose_end_came_is_ended_once() {
    let stage = AutopilotFixture::new(winback()).await;
    let store = &stage.context.store;
    assert!(store.end_autopilot(&stage.campaign.id, hours(1)).await.unwrap());
    assert!(
        !store.end_autopilot(&stage.campaign.id, hours(2)).await.unwrap(),
        "it has ended already"
    );
    let after = store.campaign_summary(&stage.campaign.id).await.unwrap().unwrap();
    assert_eq!((after.state, after.ended_at), (CampaignState::Ended, Some(hours(1))));
}

/// A scan that never finishes within one scheduled run must not begin again where the one before
/// began.
#[tokio::test]
async fn an_empty_day_is_kept_too() {
    let stage = AutopilotFixture::new(winback()).await;
    let run = RunId::of_promotion(&stage.campaign.id);
    let page = async || stage.context.store.segment(&run, 0).await.unwrap().unwrap().page;
    let before = page().await;
    stage.scan_at(hours(24 * 60)).await;
    // from the day before enabling to tomorrow in the first zone
    assert!(page().await - before >= 60, "{} checkpoints", page().await - before);
}

/// Index entries follow the dates: a date that was changed fires on its new day, and a deleted one
/// no longer fires.
#[tokio::test]
async fn any_date_and_the_sign_up_day_fire_on_their_present_day() {
    for name in ["wedding", "signed_up"] {
        let stage = AutopilotFixture::new(
            json!({"when": {"personal_date": {"name": name}}, "cool_down_days": 300}),
        )
        .await;
        let store = &stage.context.store;
        let put = async |customer: &str, date: Option<&str>| {
            let profile = match (name, date) {
                ("signed_up", date) => json!({"signed_up": date}),
                (_, Some(date)) => json!({"personal_dates": {"wedding": date}}),
                (_, None) => json!({}),
            };
            let put = serde_json::from_value(json!({ "profile": profile })).unwrap();
            store.put_customer(&customer_id(customer), &put, euro()).await.unwrap();
        };
        put("stays", Some("2020-11-05")).await;
        put("today", Some("2026-11-05")).await;
        put("moved", Some("2020-11-05")).await;
        put("moved", Some("2020-11-07")).await;
        put("removed", Some("2020-11-06")).await;
        put("removed", None).await;
        put("erased", Some("2020-11-06")).await;
        store.erase_customer(&customer_id("erased"), noon()).await.unwrap();
        stage.scan_at(hours(24 * 10)).await;
        let fired: Vec<String> = stage
            .planned_counts()
            .into_keys()
            .map(|(customer, it)| format!("{customer} {it}"))
            .collect();
        let (moved, stays) = ("moved date.2026:11-07", "stays date.2026:11-05");
        let expected = match name {
            "signed_up" => vec![moved, stays],
            _ => vec![moved, stays, "today date.2026:11-05"],
        };
        assert_eq!(fired, expected, "{name}");
        let left: Vec<String> = stage
            .memory
            .items(WORK)
            .into_iter()
            .filter_map(|item| {
                item.get("pk")?.get("S")?.as_str()?.strip_prefix("calendar#").map(str::to_owned)
            })
            .collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}

#[tokio::test]
async fn a_bucket_of_many_pages_is_walked_through_once() {
    let stage = AutopilotFixture::new(birthday()).await;
    let mut customers = Vec::new();
    for number in 0..350 {
        customers.push(stage.add_customer(number, "UTC", None, Some(day("1990-11-03"))).await);
    }
    stage.scan_at(hours(48)).await;
    assert_eq!(stage.planned_counts(), expected_counts(&stage.campaign, &customers, hours(48)));
    assert_eq!(stage.planned_counts().len(), 350);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Scheduled runs come late, concurrently, not for weeks, or during a pause: no customer is
    /// missed and none is planned twice.
    #[test]
    fn each_match_is_planned_once(
        people in prop::collection::vec((0usize..5, -45i64..40, 0i64..366), 1..25),
        beats in prop::collection::vec((0i64..400, 0u8..10), 1..14),
        of_birthdays in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let stage = AutopilotFixture::new(if of_birthdays { birthday() } else { winback() }).await;
            let mut customers = Vec::new();
            for (number, (zone, last, born)) in people.into_iter().enumerate() {
                let last = day("2026-10-01").checked_add(last.min(30).days()).unwrap();
                let born = day("1988-01-01").checked_add(born.days()).unwrap();
                customers.push(stage.add_customer(number, ZONES[zone], Some(last), Some(born)).await);
            }
            let (mut now, mut paused) = (noon(), false);
            for (later, what) in beats {
                now = now.checked_add(SignedDuration::from_hours(later)).unwrap();
                match what {
                    0..2 => {
                        simulated::set_now(Some(now));
                        stage.apply_action(if paused { CampaignAction::Resume } else { CampaignAction::Pause }).await;
                        paused = !paused;
                    }
                    2..4 => { scan_twice_concurrently(&stage, now).await; }
                    _ => stage.scan_at(now).await,
                }
            }
            if paused {
                stage.apply_action(CampaignAction::Resume).await;
            }
            stage.scan_at(now).await;
            let planned = stage.planned_counts();
            assert_eq!(planned, expected_counts(&stage.campaign, &customers, now));
            assert!(planned.values().all(|times| *times == 1), "{planned:?}");
        });
        simulated::set_now(None);
    }
}

/// Runs two scans concurrently.
async fn scan_twice_concurrently(stage: &AutopilotFixture, now: Timestamp) {
    tokio::join!(stage.scan_at(now), stage.scan_at(now));
}
