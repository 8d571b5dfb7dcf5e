//! Tests of autopilots that fire on events: orders, carts, new customers, and events of the app
//! backend's own. Events that come late, repeated or in any order fire once, and a condition that
//! no longer holds fires nothing.

use std::collections::BTreeMap;

use crate::fixture::{AutopilotFixture, WORK, euro, hours, order_event};
use domain::{
    Timestamp,
    campaign::{
        lifecycle::CampaignAction,
        trigger::{BehaviourChange, BehaviourEvent, EventAutopilots, match_segment},
    },
    customer::{
        carts::{CartState, ShoppingCart},
        changes::CustomerReplacement,
    },
    kernel::id::Occurrence,
    voucher::order_event::{OrderChange, OrderEvent},
};
use proptest::prelude::*;
use runtime::clock::simulated;
use serde_json::{Value, json};
use testkit::builders::{add_milliseconds, basket, customer_id};

const MINUTE: i64 = 60_000;

fn event_trigger(when: Value) -> Value {
    json!({"when": when, "cool_down_days": 30})
}

impl AutopilotFixture {
    async fn load_triggers(&self) -> EventAutopilots {
        self.context.store.listeners().await.unwrap()
    }

    async fn report_order(
        &self,
        customer: &str,
        order: &str,
        vertical: &str,
        units: i64,
        at: Timestamp,
        what: OrderReport,
    ) {
        let (name, change) = match what {
            OrderReport::Placed => {
                let mut basket = basket(units);
                basket.lines[0].vertical = vertical.into();
                ("placed", OrderChange::Placed { basket })
            }
            OrderReport::Cancelled => ("cancelled", OrderChange::Cancelled),
        };
        let event = order_event(order, name, customer, at, change);
        let listeners = self.load_triggers().await;
        self.context.store.record_order_with_matches(&event, euro(), at, &listeners).await.unwrap();
    }

    async fn report_cart(&self, customer: &str, cart: &str, at: Timestamp, open: bool) {
        let state = if open { CartState::Open } else { CartState::Emptied };
        let told = ShoppingCart { id: cart.into(), at, state };
        self.context
            .store
            .record_cart(&customer_id(customer), &told, &self.load_triggers().await, at)
            .await
            .unwrap();
    }

    /// Returns the planned occasions, and how many dispatches each has.
    fn planned_occasions(&self) -> Vec<(String, u32)> {
        let mut planned: BTreeMap<String, u32> = BTreeMap::new();
        for ((customer, occurrence), times) in self.planned_counts() {
            let occurrence = Occurrence::parse(&occurrence).unwrap();
            let occasion = format!("{customer} {}", occurrence.occasion());
            *planned.entry(occasion).or_default() += times;
        }
        planned.into_iter().collect()
    }
}

#[derive(Debug, Clone, Copy)]
enum OrderReport {
    Placed,
    Cancelled,
}

fn fired_once(firings: &[&str]) -> Vec<(String, u32)> {
    firings.iter().map(|it| ((*it).to_owned(), 1)).collect()
}

#[tokio::test]
async fn the_third_order_fires_each_time_it_is_reached_and_not_for_repeats() {
    let stage = AutopilotFixture::new(event_trigger(json!({"nth_order": {"number": 3}}))).await;
    stage.add_customer(1, "UTC", None, None).await;
    for (order, what) in [
        ("a", OrderReport::Placed),
        ("b", OrderReport::Placed),
        ("b", OrderReport::Placed),
        ("c", OrderReport::Placed),
        ("c", OrderReport::Placed),
        ("c", OrderReport::Cancelled),
        ("d", OrderReport::Placed),
    ] {
        stage.report_order("c-1", order, "food", 1_000, hours(1), what).await;
        stage.scan_at(hours(2)).await;
    }
    assert_eq!(
        stage.planned_occasions(),
        [("c-1 order.3".to_owned(), 2)],
        "the order that was cancelled, and the one that made up for it"
    );
    assert_eq!(stage.context.store.due_matches(hours(99), 10, None).await.unwrap().0, []);
}

#[tokio::test]
async fn the_first_order_in_a_vertical_fires_there_and_only_the_first() {
    let stage =
        AutopilotFixture::new(event_trigger(json!({"first_order": {"vertical": "groceries"}})))
            .await;
    stage.add_customer(1, "UTC", None, None).await;
    stage.report_order("c-1", "a", "food", 1_000, hours(1), OrderReport::Placed).await;
    stage.scan_at(hours(2)).await;
    assert_eq!(stage.planned_occasions(), []);
    stage.report_order("c-1", "b", "groceries", 1_000, hours(3), OrderReport::Placed).await;
    stage.report_order("c-1", "c", "groceries", 1_000, hours(4), OrderReport::Placed).await;
    stage.scan_at(hours(5)).await;
    assert_eq!(stage.planned_occasions(), fired_once(&["c-1 first_order"]));
}

#[tokio::test]
async fn what_they_spent_fires_when_it_reaches_the_amount_in_its_currency() {
    for (amount, fires) in [
        (json!({"amount": 2_500, "currency": "EUR"}), true),
        (json!({"amount": 2_500, "currency": "USD"}), false),
    ] {
        let stage =
            AutopilotFixture::new(event_trigger(json!({"spend_milestone": {"amount": amount}})))
                .await;
        stage.add_customer(1, "UTC", None, None).await;
        for order in ["a", "b", "c", "d"] {
            stage.report_order("c-1", order, "food", 1_000, hours(1), OrderReport::Placed).await;
        }
        stage.scan_at(hours(2)).await;
        assert_eq!(stage.planned_occasions().len(), usize::from(fires));
    }
}

#[tokio::test]
async fn an_order_that_was_cancelled_before_planning_is_planned_for_its_record() {
    let stage = AutopilotFixture::new(event_trigger(json!({"nth_order": {"number": 1}}))).await;
    stage.add_customer(1, "UTC", None, None).await;
    stage.report_order("c-1", "a", "food", 1_000, hours(1), OrderReport::Placed).await;
    stage.report_order("c-1", "a", "food", 1_000, hours(1), OrderReport::Cancelled).await;
    stage.scan_at(hours(2)).await;
    assert_eq!(stage.planned_occasions(), fired_once(&["c-1 order.1"]));
}

#[tokio::test]
async fn who_signed_up_today_fires_when_they_appear_and_an_old_customer_does_not() {
    let stage = AutopilotFixture::new(event_trigger(json!({"sign_up": {}}))).await;
    let listeners = stage.load_triggers().await;
    for (customer, signed_up) in
        [("new", json!("2026-11-01")), ("old", json!("2026-10-20")), ("untold", Value::Null)]
    {
        let put: CustomerReplacement =
            serde_json::from_value(json!({"profile": {"signed_up": signed_up}})).unwrap();
        for _ in 0..2 {
            let (id, store) = (customer_id(customer), &stage.context.store);
            store.put_customer_with_matches(&id, &put, euro(), &listeners, hours(1)).await.unwrap();
        }
    }
    stage.scan_at(hours(2)).await;
    assert_eq!(stage.planned_occasions(), fired_once(&["new sign_up"]));
}

#[tokio::test]
async fn a_cart_fires_once_it_was_left_and_not_when_it_was_ordered_or_emptied_or_touched_again() {
    let stage = AutopilotFixture::new(event_trigger(json!({"cart_left": {"minutes": 60}}))).await;
    for number in 1..=4 {
        stage.add_customer(number, "UTC", None, None).await;
        stage.report_cart(&format!("c-{number}"), "k", hours(1), true).await;
    }
    stage
        .report_order(
            "c-2",
            "o",
            "food",
            1_000,
            add_milliseconds(hours(1), 5 * MINUTE),
            OrderReport::Placed,
        )
        .await;
    stage.report_cart("c-3", "k", add_milliseconds(hours(1), 5 * MINUTE), false).await;
    stage.report_cart("c-4", "k", add_milliseconds(hours(1), 30 * MINUTE), true).await;
    // an older event changes nothing
    stage.report_cart("c-3", "k", add_milliseconds(hours(1), MINUTE), true).await;
    stage.scan_at(add_milliseconds(hours(2), -1)).await;
    assert_eq!(stage.planned_occasions(), [], "nobody has left theirs for an hour");
    stage.scan_at(hours(2)).await;
    assert_eq!(stage.planned_occasions(), fired_once(&["c-1 cart.k"]));
    stage.scan_at(add_milliseconds(hours(2), 30 * MINUTE)).await;
    assert_eq!(stage.planned_occasions(), fired_once(&["c-1 cart.k", "c-4 cart.k"]));
    // a cart that is touched and left again fires again; the worker sees to one voucher for it
    for _ in 0..2 {
        stage.report_cart("c-1", "k", hours(3), true).await;
        stage.scan_at(hours(5)).await;
        let twice = [("c-1 cart.k".to_owned(), 2), ("c-4 cart.k".to_owned(), 1)];
        assert_eq!(stage.planned_occasions(), twice);
    }
}

#[tokio::test]
async fn what_happens_to_one_cart_leaves_the_others_alone() {
    let trigger = json!({"cart_left": {"minutes": 60}});
    let stage = AutopilotFixture::new(event_trigger(trigger)).await;
    let (earlier, later) = (hours(1), add_milliseconds(hours(1), MINUTE));
    for number in 1..=4 {
        stage.add_customer(number, "UTC", None, None).await;
        stage.report_cart(&format!("c-{number}"), "a", earlier, true).await;
        stage.report_cart(&format!("c-{number}"), "b", later, true).await;
    }
    let ordered_at = add_milliseconds(hours(1), 5 * MINUTE);
    // c-1 orders the first cart by name, c-2 the last one without a name, c-3 empties the second
    for (customer, cart) in [("c-1", Some("a")), ("c-2", None)] {
        let change = OrderChange::Placed { basket: basket(1_000) };
        let event = order_event(&format!("o-{customer}"), "placed", customer, ordered_at, change);
        let event = OrderEvent { cart: cart.map(str::to_owned), ..event };
        let (store, listeners) = (&stage.context.store, stage.load_triggers().await);
        store.record_order_with_matches(&event, euro(), ordered_at, &listeners).await.unwrap();
    }
    stage.report_cart("c-3", "b", ordered_at, false).await;
    stage.scan_at(hours(3)).await;
    let left = ["c-1 cart.b", "c-2 cart.a", "c-3 cart.a", "c-4 cart.a", "c-4 cart.b"];
    assert_eq!(stage.planned_occasions(), fired_once(&left));
}

#[tokio::test]
async fn a_vertical_is_left_when_nothing_is_ordered_there_for_so_many_days() {
    let stage = AutopilotFixture::new(event_trigger(
        json!({"inactivity": {"days": 10, "vertical": "groceries"}}),
    ))
    .await;
    for (customer, again) in [(1, None), (2, Some("food")), (3, Some("groceries"))] {
        stage.add_customer(customer, "UTC", None, None).await;
        stage
            .report_order(
                &format!("c-{customer}"),
                &format!("a{customer}"),
                "groceries",
                1_000,
                hours(1),
                OrderReport::Placed,
            )
            .await;
        if let Some(vertical) = again {
            let order = format!("b{customer}");
            stage
                .report_order(
                    &format!("c-{customer}"),
                    &order,
                    vertical,
                    1_000,
                    hours(24 * 5),
                    OrderReport::Placed,
                )
                .await;
        }
    }
    // ten o'clock of 11 November
    stage.scan_at(add_milliseconds(hours(24 * 10 - 2), -1)).await;
    assert_eq!(stage.planned_occasions(), []);
    stage.scan_at(hours(24 * 10 - 2)).await;
    assert_eq!(
        stage.planned_occasions(),
        fired_once(&["c-1 after.2026-11-01", "c-2 after.2026-11-01"])
    );
    stage.scan_at(hours(24 * 20)).await;
    assert_eq!(
        stage.planned_occasions().len(),
        3,
        "the third lapsed ten days after it ordered again"
    );
}

#[tokio::test]
async fn an_event_fires_if_its_properties_are_asked_for_and_ten_thousand_repeats_fire_once() {
    let asked = json!({"all": [
        {"property": {"name": "score", "at_least": 4.5}},
        {"not": {"property": {"name": "store", "equals": "closed"}}},
    ]});
    let stage =
        AutopilotFixture::new(event_trigger(json!({"event": {"name": "rated", "where": asked}})))
            .await;
    let customer = stage.add_customer(1, "UTC", None, None).await;
    let listeners = stage.load_triggers().await;
    let tell = async |id: &str, name: &str, properties: Value| {
        let properties = properties.as_object().unwrap().clone();
        let what = BehaviourChange::Event { id, name, properties: &properties };
        let matches = listeners.find_matches(
            &BehaviourEvent { at: hours(1), customer: &customer, change: what },
            hours(1),
        );
        stage.context.store.record_matches(&matches).await.unwrap();
        matches.len()
    };
    assert_eq!(tell("e1", "rated", json!({"score": 4})).await, 0);
    assert_eq!(tell("e2", "rated", json!({"score": "5"})).await, 0);
    assert_eq!(tell("e3", "rated", json!({"score": 5, "store": "closed"})).await, 0);
    assert_eq!(tell("e4", "viewed", json!({"score": 5})).await, 0);
    for number in 0..10_000 {
        assert_eq!(tell("e5", "rated", json!({"score": 4.5})).await, 1);
        if number % 2_500 == 0 {
            stage.scan_at(hours(2)).await;
        }
    }
    stage.scan_at(hours(3)).await;
    assert_eq!(stage.planned_occasions(), fired_once(&["c-1 event.e5"]));
    let run = domain::kernel::id::RunId::of_promotion(&stage.campaign.id);
    let segment = match_segment(&customer.id);
    let segment = stage.context.store.segment(&run, segment).await.unwrap().unwrap();
    assert_eq!((segment.selected, segment.open), (1, 1));
}

#[tokio::test]
async fn a_pause_keeps_matches_waiting_and_an_end_drops_them() {
    let stage = AutopilotFixture::new(event_trigger(json!({"nth_order": {"number": 1}}))).await;
    for number in 1..=3 {
        stage.add_customer(number, "UTC", None, None).await;
    }
    stage.apply_action(CampaignAction::Pause).await;
    stage.report_order("c-1", "a", "food", 1_000, hours(1), OrderReport::Placed).await;
    stage.scan_at(hours(2)).await;
    assert_eq!(
        stage.planned_occasions(),
        fired_once(&["c-1 order.1"]),
        "planned, and held by the release while it is paused"
    );
    stage.report_order("c-2", "b", "food", 1_000, hours(2), OrderReport::Placed).await;
    stage.apply_action(CampaignAction::Cancel).await;
    stage.scan_at(hours(3)).await;
    stage.report_order("c-3", "c", "food", 1_000, hours(4), OrderReport::Placed).await;
    stage.scan_at(hours(5)).await;
    assert_eq!(stage.planned_occasions(), fired_once(&["c-1 order.1"]));
    assert_eq!(stage.context.store.due_matches(hours(99), 10, None).await.unwrap().0, []);
}

#[tokio::test]
async fn a_delay_is_the_time_between_the_event_and_its_message() {
    let mut trigger = event_trigger(json!({"nth_order": {"number": 1}}));
    trigger["delay_minutes"] = json!(90);
    let stage = AutopilotFixture::new(trigger).await;
    stage.add_customer(1, "UTC", None, None).await;
    stage.report_order("c-1", "a", "food", 1_000, hours(1), OrderReport::Placed).await;
    stage.scan_at(hours(1)).await;
    let due = stage.memory.items(WORK).into_iter().find_map(|item| {
        item.get("sk")?
            .get("S")?
            .as_str()?
            .starts_with("D#")
            .then(|| item["due_at"]["N"].as_str().unwrap().to_owned())
    });
    assert_eq!(due, Some(add_milliseconds(hours(1), 90 * MINUTE).as_millisecond().to_string()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Orders are repeated, late, in any order and cancelled, and scheduled runs come in between or
    /// not at all: every customer who has reached the number at the end has been fired for once.
    #[test]
    fn each_customer_who_reaches_the_number_fires_once(
        told in prop::collection::vec((1usize..4, 0usize..5, any::<bool>(), 0u8..10), 1..40),
        number in 1u32..4,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let stage = AutopilotFixture::new(event_trigger(json!({"nth_order": {"number": number}}))).await;
            for number in 1..4 {
                stage.add_customer(number, "UTC", None, None).await;
            }
            for (customer, order, cancelled, beat) in told {
                let what = if cancelled { OrderReport::Cancelled } else { OrderReport::Placed };
                stage.report_order(&format!("c-{customer}"), &format!("o-{customer}-{order}"), "food", 1_000, hours(1), what).await;
                match beat {
                    0..3 => stage.scan_at(hours(2)).await,
                    3 => { tokio::join!(stage.scan_at(hours(2)), stage.scan_at(hours(2))); }
                    _ => {}
                }
            }
            stage.scan_at(hours(3)).await;
            let fired = stage.planned_counts();
            assert!(fired.values().all(|times| *times == 1), "{fired:?}");
            for customer in 1..4 {
                let id = customer_id(&format!("c-{customer}"));
                let store::customer::profiles::CustomerLookup::Customer(now) = stage.context.store.customer(&id).await.unwrap() else { unreachable!() };
                let has = fired.keys().any(|(who, _)| *who == id);
                assert!(has || now.activity.orders < number, "{id} has {} orders and did not fire", now.activity.orders);
            }
        });
        simulated::set_now(None);
    }
}

impl AutopilotFixture {
    /// Reports a profile at a time, as the app backend does.
    async fn report_profile(&self, customer: &str, profile: Value, now: Timestamp) {
        let put: CustomerReplacement = serde_json::from_value(json!({
            "profile": profile,
            "contacts": {"phone": "+34600000001"},
            "consents": {"sms": {"state": "granted", "source": "test", "at": hours(-48).to_string()}},
        }))
        .unwrap();
        let (id, listeners) = (customer_id(customer), self.load_triggers().await);
        self.context
            .store
            .put_customer_with_matches(&id, &put, euro(), &listeners, now)
            .await
            .unwrap();
    }
}

fn minutes(number: i64) -> Timestamp {
    add_milliseconds(hours(0), number * MINUTE)
}

#[tokio::test]
async fn a_sign_up_of_an_american_evening_fires() {
    let stage = AutopilotFixture::new(event_trigger(json!({"sign_up": {}}))).await;
    // Four o'clock in UTC of the 2nd: the app names the day by UTC, or by the customer's clock.
    let evening = hours(16);
    for (customer, zone, signed_up) in [
        ("utc", "America/Los_Angeles", "2026-11-02"),
        ("own", "America/Los_Angeles", "2026-11-01"),
        ("islands", "Pacific/Pago_Pago", "2026-11-02"),
        ("old", "America/Los_Angeles", "2026-10-30"),
    ] {
        stage
            .report_profile(customer, json!({"zone": zone, "signed_up": signed_up}), evening)
            .await;
    }
    // The day is told after the customer.
    stage.report_profile("later", json!({"zone": "UTC"}), evening).await;
    stage
        .report_profile("later", json!({"zone": "UTC", "signed_up": "2026-11-02"}), hours(17))
        .await;
    stage
        .report_profile("later", json!({"zone": "UTC", "signed_up": "2026-11-01"}), hours(18))
        .await;
    stage.scan_at(hours(19)).await;
    assert_eq!(
        stage.planned_occasions(),
        fired_once(&["islands sign_up", "later sign_up", "own sign_up", "utc sign_up"])
    );
}

#[tokio::test]
async fn a_birthday_that_is_told_on_its_day_or_its_eve_fires_once() {
    let when = json!({"personal_date": {"name": "birthday"}});
    let stage =
        AutopilotFixture::new(json!({"when": when, "cool_down_days": 300, "local_hour": 10})).await;
    let born = |zone: &str, date: &str| json!({"zone": zone, "personal_dates": {"birthday": date}});
    // At noon of the 1st the 2nd has begun somewhere, and its round is over.
    stage.scan_at(hours(0)).await;
    stage.report_profile("eve", born("UTC", "1990-11-02"), minutes(1)).await;
    stage.report_profile("today", born("Europe/Madrid", "1990-11-01"), minutes(1)).await;
    stage.report_profile("evening", born("America/Los_Angeles", "1990-11-01"), hours(18)).await;
    stage.report_profile("over", born("Pacific/Kiritimati", "1990-11-01"), minutes(1)).await;
    stage.report_profile("to-come", born("UTC", "1990-11-04"), minutes(1)).await;
    stage.report_profile("corrected", born("UTC", "1990-06-01"), minutes(1)).await;
    stage.report_profile("corrected", born("UTC", "1990-11-02"), minutes(2)).await;
    stage.report_profile("corrected", born("UTC", "1991-11-02"), minutes(3)).await;
    for number in 0..4 {
        stage.scan_at(hours(24 * number + 19)).await;
    }
    let year = "birthday.2026";
    let fired = ["corrected", "eve", "evening", "to-come", "today"];
    let fired: Vec<String> = fired.iter().map(|who| format!("{who} {year}")).collect();
    let fired: Vec<&str> = fired.iter().map(String::as_str).collect();
    assert_eq!(stage.planned_occasions(), fired_once(&fired));
}

#[tokio::test]
async fn a_lapse_of_one_day_fires_for_the_orders_after_its_round_too() {
    let stage =
        AutopilotFixture::new(json!({"when": {"inactivity": {"days": 1}}, "cool_down_days": 1}))
            .await;
    for number in 1..=3 {
        stage.add_customer(number, "UTC", None, None).await;
    }
    stage.scan_at(hours(0)).await;
    stage.report_order("c-1", "a", "food", 1_000, hours(3), OrderReport::Placed).await;
    // The later order ends the lapse of the earlier one, and begins its own.
    stage.report_order("c-2", "b", "food", 1_000, hours(3), OrderReport::Placed).await;
    stage.report_order("c-2", "c", "food", 1_000, hours(15), OrderReport::Placed).await;
    stage.scan_at(hours(21)).await;
    assert_eq!(stage.planned_occasions(), [], "ten o'clock has not come");
    // The later lapse is found by the scan of its day, since its order came before that. The earlier
    // one is planned as well, and the worker records that it was undone.
    let fired =
        fired_once(&["c-1 after.2026-11-01", "c-2 after.2026-11-01", "c-2 after.2026-11-02"]);
    for hour in [22, 46] {
        stage.scan_at(hours(hour)).await;
        assert_eq!(stage.planned_occasions(), fired);
    }
}
