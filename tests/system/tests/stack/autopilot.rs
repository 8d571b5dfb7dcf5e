//! Tests autopilots on the whole stack: a win-back and a celebration fire unattended, once, for the
//! customers whose day it is, and no other customer gets a message.

use domain::{Date, TimeZone, Timestamp, voucher::record::VoucherStatus};
use jiff::ToSpan;
use serde_json::{Value, json};
use system_tests::{Channel, PromotionBuilder, RunningCampaign, TestScenario};

fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

fn autopilot_definition(test: &TestScenario, when: Value) -> PromotionBuilder {
    let trigger = json!({"when": when, "local_hour": 0, "cool_down_days": 90});
    test.promotion().with("/kind", json!("autopilot")).with("/trigger", trigger).ladder(&["push"])
}

/// Reports a customer's only order, placed at noon so many days ago.
async fn report_order(test: &TestScenario, customer: &str, days: i64) {
    let day = today().checked_sub(days.days()).unwrap();
    let event = json!({
        "event": "placed", "event_id": "placed", "order_id": format!("{customer}-{day}"),
        "customer_id": customer, "at": format!("{day}T12:00:00Z"),
        "basket": system_tests::basket(2_000),
    });
    test.app.report_order(&event).await.expect_status(200);
}

/// Waits until `issued` customers got their voucher, and wakes the calendar scan every few polls
/// instead of every minute.
async fn until_issued(test: &TestScenario, campaign: &RunningCampaign, issued: u64) {
    test.queues.wake_schedule("autopilot").await;
    campaign
        .until_view("its vouchers", |view| {
            view["run"]["issued"] == issued && view["run"]["open_dispatches"] == 0
        })
        .await;
}

#[tokio::test]
async fn a_winback_and_a_birthday_fire_once_for_whose_day_it_is() {
    let test = TestScenario::begin().await;
    let born = |date: Date| json!({"birthday": date.to_string()});
    let birthday = today().with().year(1992).build().unwrap();
    let people = [
        test.customer(0).consenting_to(&[Channel::Push]).with("/profile/zone", json!("UTC")),
        test.customer(1).consenting_to(&[Channel::Push]).with("/profile/zone", json!("UTC")),
        test.customer(2).denying(Channel::Push).with("/profile/zone", json!("UTC")),
        test.customer(3)
            .consenting_to(&[Channel::Push])
            .with("/profile/zone", json!("UTC"))
            .with("/profile/personal_dates", born(birthday)),
        test.customer(4)
            .consenting_to(&[Channel::Push])
            .with("/profile/zone", json!("UTC"))
            .with("/profile/personal_dates", born(birthday.checked_add(100.days()).unwrap())),
    ];
    test.put_customers(&people).await;
    // 0 and 2 lapse today; 1 lapsed yesterday, before the autopilot existed
    for (number, days) in [(0, 30), (1, 31), (2, 30)] {
        report_order(&test, &people[number].id, days).await;
    }
    let winback =
        test.create_draft(&autopilot_definition(&test, json!({"inactivity": {"days": 30}}))).await;
    let celebration = test
        .create_draft(&autopilot_definition(&test, json!({"personal_date": {"name": "birthday"}})))
        .await;
    let replay = format!("/v1/campaigns/{}/replay", winback.id);
    let replayed = test.marketer.post(&replay, &json!({"days": 7})).await.expect_status(200).json;
    assert_eq!(replayed["days"].as_array().map(Vec::len), Some(7), "{replayed}");
    for campaign in [&winback, &celebration] {
        let enabled = campaign.launch().await;
        assert_eq!(
            (&enabled["state"], &enabled["run"]["segments"]),
            (&json!("enabled"), &json!(17)), // the calendar's, and those of matches
        );
    }
    until_issued(&test, &winback, 1).await;
    until_issued(&test, &celebration, 1).await;
    winback.until_view("its skip", |view| view["run"]["skipped"] == 1).await;

    // further wakes of the schedule change nothing
    for _ in 0..3 {
        test.queues.wake_schedule("autopilot").await;
        test.wake_schedules().await;
    }
    let told: Vec<String> =
        test.sent_messages().await.into_iter().map(|message| message.to).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for (campaign, customer, status) in [
        (&winback, 0, VoucherStatus::Issued),
        (&winback, 2, VoucherStatus::Skipped),
        (&celebration, 3, VoucherStatus::Issued),
    ] {
        let record = test.ledger.record(&campaign.id, &people[customer].id).await.unwrap();
        assert_eq!(record.status, status, "{customer}");
    }
    for (campaign, records) in [(&winback, 2), (&celebration, 1)] {
        assert_eq!(test.ledger.records(&campaign.id).await.len(), records);
        assert_eq!(campaign.campaign_view().await["run"]["equation_closed"], true);
    }
    // the voucher is one like any other
    let voucher = test.app.wallet(&people[3].id).await.remove(0);
    test.app
        .accept(&people[3].id, voucher["voucher_id"].as_str().unwrap())
        .await
        .expect_status(200);

    // enabled today, so there is no whole day to judge it by
    let health = async || {
        let all = test.marketer.list_all("/v1/configuration/voucher-campaign/health").await;
        let mine = all.into_iter().find(|item| item["campaign_id"] == winback.id.as_str()).unwrap();
        (mine["health"].clone(), mine["fired"].clone(), mine["alerts"].as_array().map(Vec::len))
    };
    assert_eq!(health().await, (json!("unknown"), Value::Null, Some(0)));
    let paused = winback.pause().await;
    assert_eq!(paused["state"], "paused");
    assert_eq!(health().await, (json!("paused"), Value::Null, Some(1)));
    assert_eq!(winback.resume().await["state"], "enabled");
    assert_eq!(winback.cancel("none").await["state"], "ended");
}

#[tokio::test]
async fn an_autopilot_that_cannot_run_unattended_is_refused() {
    let test = TestScenario::begin().await;
    let refused = [
        (json!(null), "/trigger required"),
        (
            json!({"when": {"inactivity": {"days": 0}}, "cool_down_days": 30}),
            "/trigger/when/inactivity/days out_of_range",
        ),
        (
            json!({"when": {"inactivity": {"days": 1_096}}, "cool_down_days": 30}),
            "/trigger/when/inactivity/days out_of_range",
        ),
        (json!({"when": {"inactivity": {"days": 30}}}), "/trigger/cool_down_days required"),
        (
            json!({"when": {"personal_date": {"name": ""}}, "cool_down_days": 30}),
            "/trigger/when/personal_date/name out_of_range",
        ),
        (
            json!({"when": {"nth_order": {"number": 0}}, "cool_down_days": 30}),
            "/trigger/when/nth_order/number out_of_range",
        ),
        (
            json!({"when": {"cart_left": {"minutes": 20_000}}, "cool_down_days": 30}),
            "/trigger/when/cart_left/minutes out_of_range",
        ),
        (
            json!({"when": {"inactivity": {"days": 30}}, "cool_down_days": 30, "delay_minutes": 5}),
            "/trigger/delay_minutes not_for_this_trigger",
        ),
        (
            json!({"when": {"event": {"name": "rated", "where": {"any": []}}}, "cool_down_days": 30}),
            "/trigger/when/event/where/any empty",
        ),
        (json!({"when": {"full_moon": {}}, "cool_down_days": 30}), "/trigger/when unknown_value"),
    ];
    for (trigger, expected) in refused {
        let body =
            test.promotion().with("/kind", json!("autopilot")).with("/trigger", trigger).body();
        let answer = test.marketer.post_campaign(&body).await;
        let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<String> = errors
            .iter()
            .map(|error| {
                format!(
                    "{} {}",
                    error["field"].as_str().unwrap_or(""),
                    error["code"].as_str().unwrap_or("")
                )
            })
            .collect();
        assert_eq!((answer.status, found), (422, vec![expected.to_owned()]));
    }
}

/// An event of the app backend is matched within seconds after enabling, by its properties;
/// repeated, it fires nothing more.
#[tokio::test]
async fn an_event_of_the_app_fires_once_and_bad_ones_name_their_field() {
    let test = TestScenario::begin().await;
    let people = [
        test.customer(0).consenting_to(&[Channel::Push]),
        test.customer(1).consenting_to(&[Channel::Push]),
    ];
    test.put_customers(&people).await;
    let name = format!("rated.{}", people[0].id);
    let asked =
        json!({"event": {"name": name, "where": {"property": {"name": "score", "at_least": 4}}}});
    let thanks = test.create_draft(&autopilot_definition(&test, asked)).await;
    let warnings = thanks.campaign_view().await["warnings"].clone();
    let codes: Vec<_> = warnings.as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert!(codes.contains(&&json!("event_never_told")), "{warnings}");
    assert_eq!(thanks.launch().await["state"], "enabled");
    let event = |person: usize, id: &str, score: u32| {
        json!({
            "event_id": id, "name": name, "customer_id": people[person].id, "at": Timestamp::now().to_string(),
            "properties": {"score": score},
        })
    };
    // each process that takes events in refreshes its trigger cache every ten seconds: many matches
    // in a row mean that all processes have it
    let mut heard_in_a_row = 0;
    for _ in 0..200 {
        let answer = test.app.send_signed("POST", "/v1/events", &event(0, "e-1", 5)).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        heard_in_a_row = if answer.json["matched"] == 1 { heard_in_a_row + 1 } else { 0 };
        if heard_in_a_row == 20 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(heard_in_a_row, 20, "the event is heard by every process within 40 seconds");
    assert_eq!(
        test.app.send_signed("POST", "/v1/events", &event(1, "e-2", 3)).await.json["matched"],
        0
    );
    until_issued(&test, &thanks, 1).await;
    assert_eq!(test.app.send_signed("POST", "/v1/events", &event(0, "e-1", 5)).await.status, 200);
    test.queues.wake_schedule("autopilot").await;
    // each process knows the values of some seconds ago
    thanks.until_view("no warning, now it was told", |view| view["warnings"] == json!([])).await;
    let view = thanks.campaign_view().await;
    assert_eq!(
        (&view["run"]["selected"], &view["run"]["equation_closed"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(test.ledger.records(&thanks.id).await.len(), 1);

    let with = |field: &str, value: Value| {
        let mut body = event(0, "e-3", 5);
        body[field] = value;
        body
    };
    for (body, field) in [
        (with("event_id", json!("not an id")), "/event_id"),
        (with("name", json!("")), "/name"),
        (with("at", json!("2999-01-01T00:00:00Z")), "/at"),
        (with("colour", json!("red")), "/colour"),
    ] {
        let answer = test.app.send_signed("POST", "/v1/events", &body).await;
        assert_eq!(
            (answer.status, answer.json["errors"][0]["field"].as_str()),
            (422, Some(field)),
            "{}",
            answer.json
        );
    }
    let cart = json!({"event": "left", "cart_id": "k", "customer_id": people[0].id, "at": Timestamp::now().to_string()});
    let answer = test.app.send_signed("POST", "/v1/carts", &cart).await;
    assert_eq!(
        (answer.status, answer.json["errors"][0]["field"].as_str()),
        (422, Some("/event")),
        "{}",
        answer.json
    );
    let unknown = json!({"event": "touched", "cart_id": "k", "customer_id": "nobody-here", "at": Timestamp::now().to_string()});
    assert_eq!(test.app.send_signed("POST", "/v1/carts", &unknown).await.status, 404);
}
