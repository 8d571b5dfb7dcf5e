//! Tests that the same act leaves the same record, whatever second it happens in: what is undone
//! between its event and its message is recorded, and does not use up the occasion.

use domain::{
    Timestamp,
    campaign::lifecycle::Campaign,
    customer::carts::{CartState, ShoppingCart},
    kernel::{
        id::{OrderEventId, OrderId},
        money::Currency,
    },
    voucher::{
        order_event::{OrderChange, OrderEvent},
        record::VoucherStatus,
        skip_reason::SkipReason,
    },
};
use serde_json::{Value, json};
use testkit::builders::{add_milliseconds, basket, customer_id, noon};

use crate::fixture::{MINUTE, OperationsFixture};

const SECOND: i64 = 1_000;

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

async fn launch(stage: &OperationsFixture, when: Value) -> Campaign {
    let trigger = json!({"when": when, "cool_down_days": 1, "delay_minutes": 10});
    let change = json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["sms"]}});
    stage.launch_campaign("cmp_1", change).await
}

fn after_noon(milliseconds: i64) -> Timestamp {
    add_milliseconds(noon(), milliseconds)
}

async fn report_order(stage: &OperationsFixture, order: &str, change: OrderChange, at: i64) {
    stage.set_clock(after_noon(at));
    let what = if matches!(change, OrderChange::Placed { .. }) { "placed" } else { "cancelled" };
    let event = OrderEvent {
        cart: None,
        event: OrderEventId::parse(&format!("{order}.{what}")).unwrap(),
        order: OrderId::parse(order).unwrap(),
        customer: customer_id("c-1"),
        at: after_noon(at),
        change,
    };
    let (store, listeners) = (&stage.store, stage.store.listeners().await.unwrap());
    store.record_order_with_matches(&event, euro(), after_noon(at), &listeners).await.unwrap();
}

fn placed() -> OrderChange {
    OrderChange::Placed { basket: basket(1_000) }
}

async fn report_cart(stage: &OperationsFixture, open: bool, at: i64) {
    stage.set_clock(after_noon(at));
    let state = if open { CartState::Open } else { CartState::Emptied };
    let cart = ShoppingCart { id: "k".into(), at: after_noon(at), state };
    let (store, listeners) = (&stage.store, stage.store.listeners().await.unwrap());
    store.record_cart(&customer_id("c-1"), &cart, &listeners, after_noon(at)).await.unwrap();
}

/// Plans and sends as the functions do each minute, up to that time.
async fn run_until(stage: &OperationsFixture, from: i64, until: i64) {
    for minute in (from..=until).step_by(usize::try_from(MINUTE).unwrap()) {
        stage.set_clock(after_noon(minute));
        stage.run_scan().await;
        stage.release_and_deliver().await;
    }
}

/// Returns the status of each record of the campaign, the oldest first, with the reason of a skip.
async fn outcomes(stage: &OperationsFixture) -> Vec<(VoucherStatus, Option<SkipReason>)> {
    let mut records = stage.store.customer_vouchers(&customer_id("c-1")).await.unwrap();
    records.sort_by_key(|record| record.issued_at);
    records.into_iter().map(|record| (record.status, record.skip)).collect()
}

const UNDONE: (VoucherStatus, Option<SkipReason>) =
    (VoucherStatus::Skipped, Some(SkipReason::NoLongerMatches));
const ISSUED: (VoucherStatus, Option<SkipReason>) = (VoucherStatus::Issued, None);
const HAD: (VoucherStatus, Option<SkipReason>) =
    (VoucherStatus::Skipped, Some(SkipReason::CoolDown));

#[tokio::test]
async fn an_order_that_is_cancelled_at_once_leaves_what_one_that_is_cancelled_later_leaves() {
    for cancelled_after in [SECOND, 30 * SECOND, 2 * MINUTE, 9 * MINUTE] {
        let stage = OperationsFixture::new();
        launch(&stage, json!({"nth_order": {"number": 2}})).await;
        stage.add_customer("c-1").await;
        report_order(&stage, "o-2", placed(), 0).await;
        run_until(&stage, MINUTE, cancelled_after).await;
        report_order(&stage, "o-2", OrderChange::Cancelled, cancelled_after).await;
        run_until(&stage, cancelled_after, 20 * MINUTE).await;
        assert_eq!(outcomes(&stage).await, [UNDONE], "after {cancelled_after} ms");
        // the order that makes up for it is the second, whenever it comes
        report_order(&stage, "o-3", placed(), 21 * MINUTE).await;
        run_until(&stage, 21 * MINUTE, 40 * MINUTE).await;
        assert_eq!(outcomes(&stage).await, [UNDONE, ISSUED], "after {cancelled_after} ms");
        // and after that it is used up, also when the cool-down is over
        let days = 3 * 24 * 60 * MINUTE;
        report_order(&stage, "o-3", OrderChange::Cancelled, days).await;
        report_order(&stage, "o-4", placed(), days + MINUTE).await;
        run_until(&stage, days + MINUTE, days + 15 * MINUTE).await;
        assert_eq!(outcomes(&stage).await, [UNDONE, ISSUED, HAD], "after {cancelled_after} ms");
    }
}

#[tokio::test]
async fn a_cart_that_is_emptied_after_it_was_left_can_be_left_again() {
    let stage = OperationsFixture::new();
    // left after thirty minutes, and told of ten minutes later
    launch(&stage, json!({"cart_left": {"minutes": 30}})).await;
    stage.add_customer("c-1").await;
    report_cart(&stage, true, 0).await;
    report_cart(&stage, false, 39 * MINUTE).await;
    run_until(&stage, 39 * MINUTE, 50 * MINUTE).await;
    assert_eq!(outcomes(&stage).await, [], "it was not left long enough");
    report_cart(&stage, true, 60 * MINUTE).await;
    // emptied a moment after its time, and before the next round plans it
    report_cart(&stage, false, 100 * MINUTE + SECOND).await;
    run_until(&stage, 100 * MINUTE + 2 * SECOND, 110 * MINUTE).await;
    assert_eq!(outcomes(&stage).await, [UNDONE]);
    report_cart(&stage, true, 120 * MINUTE).await;
    run_until(&stage, 120 * MINUTE, 170 * MINUTE).await;
    assert_eq!(outcomes(&stage).await, [UNDONE, ISSUED]);
}

async fn set_birthday(stage: &OperationsFixture, date: &str) {
    let patch = serde_json::from_value(json!({"profile": {"personal_dates": {"birthday": date}}}));
    let (store, listeners) = (&stage.store, stage.store.listeners().await.unwrap());
    let (id, now) = (customer_id("c-1"), runtime::clock::now());
    store.patch_customer_with_matches(&id, &patch.unwrap(), euro(), &listeners, now).await.unwrap();
}

#[tokio::test]
async fn a_birthday_that_is_corrected_before_its_hour_is_celebrated_on_the_right_day_and_once() {
    const DAY: i64 = 24 * 60 * MINUTE;
    let stage = OperationsFixture::new();
    let trigger = json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 1});
    let change = json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["sms"]}});
    stage.launch_campaign("cmp_1", change).await;
    stage.add_customer("c-1").await;
    set_birthday(&stage, "1990-11-03").await;
    // noon of 2 November: the third has begun somewhere, and is planned for ten o'clock
    run_until(&stage, DAY, DAY + MINUTE).await;
    set_birthday(&stage, "1990-11-06").await;
    for hour in (24..=24 * 7).step_by(2) {
        run_until(&stage, hour * 60 * MINUTE, hour * 60 * MINUTE).await;
    }
    assert_eq!(outcomes(&stage).await, [UNDONE, ISSUED]);
    let records = stage.store.customer_vouchers(&customer_id("c-1")).await.unwrap();
    let voucher = records.iter().find(|record| record.status.is_voucher()).unwrap();
    assert_eq!(voucher.issued_at.to_string(), "2026-11-06T10:00:00Z");
    assert_eq!(voucher.occurrence.as_str(), "birthday.2026:11-06");
    // a second correction does not make a second birthday in the year
    set_birthday(&stage, "1990-11-11").await;
    for hour in (24 * 7..=24 * 11).step_by(2) {
        run_until(&stage, hour * 60 * MINUTE, hour * 60 * MINUTE).await;
    }
    assert_eq!(outcomes(&stage).await, [UNDONE, ISSUED, HAD]);
}

#[tokio::test]
async fn a_birthday_that_comes_late_and_is_corrected_is_celebrated_on_the_right_day_and_once() {
    const HOUR: i64 = 60 * MINUTE;
    /// Dates, each with the hours after the noon of 1 November at which it is reported.
    type Reports = &'static [(i64, &'static str)];

    let cases: [(Reports, &[_], &str); 6] = [
        // on its day, when its hour is over
        (&[(1, "1990-11-01")], &[ISSUED], "2026-11-01T13:0"),
        // on its eve, when its day has been scanned
        (&[(1, "1990-11-02"), (6, "1990-11-03")], &[UNDONE, ISSUED], "2026-11-03T10:0"),
        // corrected back before its hour
        (&[(1, "1990-11-02"), (6, "1990-11-03"), (7, "1990-11-02")], &[ISSUED], "2026-11-02T10:0"),
        // corrected back when its hour is over, and recorded as undone
        (
            &[(1, "1990-11-02"), (20, "1990-11-03"), (24, "1990-11-02")],
            &[UNDONE, ISSUED, UNDONE],
            "2026-11-02T12:0",
        ),
        // corrected, after it was planned, to a day whose hour is over
        (&[(1, "1990-11-03"), (23, "1990-11-02")], &[ISSUED, UNDONE], "2026-11-02T11:0"),
        // corrected after its voucher
        (&[(1, "1990-11-01"), (3, "1990-11-02")], &[ISSUED, HAD], "2026-11-01T13:0"),
    ];
    for (reported, expected, voucher_at) in cases {
        let stage = OperationsFixture::new();
        let trigger = json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 1});
        let change =
            json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["sms"]}});
        stage.launch_campaign("cmp_1", change).await;
        stage.add_customer("c-1").await;
        for hour in 0..=48 {
            stage.set_clock(after_noon(hour * HOUR));
            for (_, date) in reported.iter().filter(|(at, _)| *at == hour) {
                set_birthday(&stage, date).await;
            }
            run_until(&stage, hour * HOUR, hour * HOUR + 2 * MINUTE).await;
        }
        assert_eq!(outcomes(&stage).await, expected, "{reported:?}");
        let records = stage.store.customer_vouchers(&customer_id("c-1")).await.unwrap();
        let voucher = records.iter().find(|record| record.status.is_voucher()).unwrap();
        let issued_at = voucher.issued_at.to_string();
        assert!(issued_at.starts_with(voucher_at), "{issued_at} {reported:?}");
    }
}

#[tokio::test]
async fn a_lapse_is_taken_up_again_on_its_day_if_the_order_that_ended_it_is_cancelled() {
    const HOUR: i64 = 60 * MINUTE;
    let stage = OperationsFixture::new();
    let trigger = json!({"when": {"inactivity": {"days": 1}}, "cool_down_days": 1});
    let change = json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["sms"]}});
    stage.launch_campaign("cmp_1", change).await;
    stage.add_customer("c-1").await;
    for hour in 0..=30 {
        match hour {
            // The lapse is on the second, at ten o'clock.
            1 => report_order(&stage, "o-2", placed(), HOUR).await,
            21 => report_order(&stage, "o-3", placed(), 21 * HOUR).await,
            24 => report_order(&stage, "o-3", OrderChange::Cancelled, 24 * HOUR).await,
            _ => {}
        }
        run_until(&stage, hour * HOUR, hour * HOUR + 2 * MINUTE).await;
    }
    assert_eq!(outcomes(&stage).await, [UNDONE, ISSUED]);
}

#[tokio::test]
async fn who_leaves_the_audience_between_event_and_message_gets_none() {
    let stage = OperationsFixture::new();
    let trigger =
        json!({"when": {"event": {"name": "rated"}}, "cool_down_days": 1, "delay_minutes": 10});
    let change = json!({
        "kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["sms"]},
        "audience": {"everyone": null, "orders_count": {"at_most": 1}},
    });
    stage.launch_campaign("cmp_1", change).await;
    stage.add_customer("c-1").await;
    stage.set_clock(noon());
    stage.report_rated_event("c-1", "e-1").await;
    run_until(&stage, SECOND, MINUTE).await;
    report_order(&stage, "o-2", placed(), 2 * MINUTE).await;
    run_until(&stage, 3 * MINUTE, 15 * MINUTE).await;
    assert_eq!(outcomes(&stage).await, [UNDONE]);
    stage.report_rated_event("c-1", "e-2").await;
    run_until(&stage, 16 * MINUTE, 30 * MINUTE).await;
    assert_eq!(outcomes(&stage).await, [UNDONE], "who is not in the audience is not matched");
}
