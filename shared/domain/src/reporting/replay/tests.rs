//! Compares the replay's firings with the live path, which is run day by day for a customer whose
//! totals are counted from nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    customer::{
        orders::recount_totals,
        profile::{Consent, ConsentState, Phone, Zone},
    },
    kernel::{
        id::CustomerId,
        money::{Currency, MinorUnits},
    },
    voucher::record::tests::definition,
};

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn campaign() -> CampaignId {
    CampaignId::parse("cmp_1").unwrap()
}

fn autopilot(trigger: Value, more: Value) -> Definition {
    let mut change = json!({"kind": "autopilot", "trigger": trigger});
    change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    definition(change)
}

fn lapsed(days: u16, cool_down: u16) -> Value {
    json!({"when": {"inactivity": {"days": days}}, "cool_down_days": cool_down})
}

fn birthday() -> Value {
    json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300})
}

/// Builds a customer who has given consent and ordered last on this day.
fn customer(zone: &str, last_order: Option<Date>) -> Customer {
    let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
    customer.profile.zone = Some(Zone::parse(zone).unwrap());
    customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
    let consent =
        Consent { state: ConsentState::Granted, source: "test".into(), at: Timestamp::UNIX_EPOCH };
    customer.consents.insert(Channel::Sms, consent);
    customer.activity.last_order_day = last_order;
    customer
}

fn placed(zone: &str, at: &str, vertical: &str) -> CountedOrder {
    let placed_at: Timestamp = at.parse().unwrap();
    CountedOrder {
        placed_at,
        day: Zone::parse(zone).unwrap().local_day(placed_at),
        currency: Currency::parse("EUR").unwrap(),
        verticals: BTreeMap::from([(vertical.to_owned(), MinorUnits::new(1_000).unwrap())]),
    }
}

/// Builds one order at noon UTC of each day.
fn orders(days: &[&str]) -> Vec<CountedOrder> {
    days.iter().map(|day| placed("UTC", &format!("{day}T12:00:00Z"), "food")).collect()
}

/// Sets the customer's totals to those of the records, as the store keeps them.
fn with_orders(mut customer: Customer, records: &[CountedOrder]) -> Customer {
    (customer.activity, customer.verticals) = recount_totals(records.iter());
    customer
}

fn november(from: i8, until: i8) -> Vec<Date> {
    (from..=until).map(|number| Date::constant(2026, 11, number)).collect()
}

/// Replays and returns lines such as `2026-11-02 send`. Customers for whom no data is needed have
/// no firings.
fn replayed(
    definition: &Definition,
    window: &[Date],
    customer: &Customer,
    orders: &[CountedOrder],
) -> Vec<String> {
    let campaign = campaign();
    let replay =
        Replay::new(&campaign, definition, euro(), &TopicSettings::default(), window).unwrap();
    let fired = match replay.required_data(customer) {
        RequiredData::Nothing => Vec::new(),
        RequiredData::Profile => replay.replay_matches(customer, &[]),
        RequiredData::Orders => replay.replay_matches(customer, orders),
    };
    fired.iter().map(|fired| format!("{} {}", fired.day, fired.outcome.code())).collect()
}

#[track_caller]
fn check(definition: &Definition, customer: Customer, records: &[CountedOrder], expected: &[&str]) {
    let customer = with_orders(customer, records);
    assert_eq!(replayed(definition, &november(1, 20), &customer, records), expected);
}

#[test]
fn a_window_is_of_days_that_are_over_everywhere() {
    let days = |now: &str, count| {
        let window = replay_window(now.parse().unwrap(), count);
        (window.len(), window.first().unwrap().to_string(), window.last().unwrap().to_string())
    };
    // The last time zone is still on the 22nd until noon UTC.
    assert_eq!(days("2026-11-23T11:59:59Z", 30), (30, "2026-10-23".into(), "2026-11-21".into()));
    assert_eq!(days("2026-11-23T12:00:00Z", 1), (1, "2026-11-22".into(), "2026-11-22".into()));
}

#[test]
fn a_lapse_that_a_later_order_ended_counts_on_the_day_it_lapsed() {
    let winback = autopilot(lapsed(10, 1), json!({}));
    let records = orders(&["2026-10-25", "2026-11-07"]);
    check(&winback, customer("UTC", None), &records, &["2026-11-04 send", "2026-11-17 send"]);
    check(
        &winback,
        customer("UTC", None),
        &orders(&["2026-10-25", "2026-11-02", "2026-11-10"]),
        &["2026-11-20 send"],
    );
}

#[test]
fn who_orders_on_the_day_itself_is_asked_again_at_the_hour() {
    let winback = autopilot(lapsed(10, 1), json!({}));
    let back = |at: &str| [orders(&["2026-10-25"]), vec![placed("UTC", at, "food")]].concat();
    check(
        &winback,
        customer("UTC", None),
        &back("2026-11-04T10:00:00Z"),
        &["2026-11-04 no_longer_matches", "2026-11-14 send"],
    );
    check(
        &winback,
        customer("UTC", None),
        &back("2026-11-04T10:00:01Z"),
        &["2026-11-04 send", "2026-11-14 send"],
    );
}

#[test]
fn who_was_matched_cools_down_and_who_was_not_sent_does_not() {
    let winback = autopilot(lapsed(2, 7), json!({}));
    let records = orders(&["2026-11-01", "2026-11-05", "2026-11-08"]);
    let cooled = ["2026-11-03 send", "2026-11-07 cool_down", "2026-11-10 send"];
    check(&winback, customer("UTC", None), &records, &cooled);
    let mut silent = customer("UTC", None);
    silent.consents.clear();
    let unreached = ["2026-11-03 no_consent", "2026-11-07 no_consent", "2026-11-10 no_consent"];
    check(&winback, silent, &records, &unreached);
    let half = autopilot(lapsed(2, 7), json!({"holdout_percent": 50}));
    let held = |number: &i32| {
        let id = CustomerId::parse(&format!("c-{number}")).unwrap();
        crate::delivery::eligibility::is_held_out(&campaign(), &half, &id)
    };
    let held = (0..100).find(held).unwrap();
    let held =
        Customer { id: CustomerId::parse(&format!("c-{held}")).unwrap(), ..customer("UTC", None) };
    check(&half, held, &records, &["2026-11-03 ghost", "2026-11-07 cool_down", "2026-11-10 ghost"]);
}

#[test]
fn a_birthday_needs_no_orders_unless_the_audience_does() {
    let celebrating = |audience: Value| autopilot(birthday(), json!({"audience": audience}));
    let mut one = customer("UTC", None);
    one.profile.personal_dates.insert(trigger::INDEXED_DATE.into(), day("1990-11-09"));
    let asks = |audience: Value, window: &[Date]| {
        let (campaign, definition) = (campaign(), celebrating(audience));
        Replay::new(&campaign, &definition, euro(), &TopicSettings::default(), window)
            .unwrap()
            .required_data(&one)
    };
    let ordered = json!({"not": {"any": [{"tags": {"any_of": ["staff"]}}, {"never_ordered": {"vertical": "food"}}]}});
    assert_eq!(asks(json!({"everyone": {}}), &november(1, 20)), RequiredData::Profile);
    assert_eq!(asks(ordered.clone(), &november(1, 20)), RequiredData::Orders);
    assert_eq!(
        asks(ordered.clone(), &november(10, 20)),
        RequiredData::Nothing,
        "they have no birthday in it"
    );
    // The audience is checked against the customer's past state, in which the first order was
    // later.
    check(&celebrating(ordered.clone()), one.clone(), &orders(&["2026-11-10"]), &[]);
    check(&celebrating(ordered), one.clone(), &orders(&["2026-11-07"]), &["2026-11-09 send"]);
    one.profile.signed_up = Some(day("2026-11-10"));
    check(&celebrating(json!({"everyone": {}})), one.clone(), &[], &[]);
    one.profile.signed_up = Some(day("2026-11-09"));
    check(&celebrating(json!({"everyone": {}})), one, &[], &["2026-11-09 send"]);
}

#[test]
fn who_ordered_last_before_all_of_it_is_not_looked_into() {
    let (campaign, winback) = (campaign(), autopilot(lapsed(10, 1), json!({})));
    let window = november(1, 20);
    let replay =
        Replay::new(&campaign, &winback, euro(), &TopicSettings::default(), &window).unwrap();
    assert_eq!(
        replay.required_data(&customer("UTC", None)),
        RequiredData::Nothing,
        "never ordered"
    );
    assert_eq!(
        replay.required_data(&customer("UTC", Some(day("2026-10-21")))),
        RequiredData::Nothing
    );
    assert_eq!(
        replay.required_data(&customer("UTC", Some(day("2026-10-22")))),
        RequiredData::Orders
    );
    assert_eq!(
        replay.required_data(&customer("UTC", Some(day("2026-11-23")))),
        RequiredData::Orders,
        "may have lapsed before"
    );
}

#[test]
fn what_was_not_kept_is_not_replayed() {
    let campaign = campaign();
    let refused = |definition: &Definition, window: &[Date]| {
        Replay::new(&campaign, definition, euro(), &TopicSettings::default(), window).err()
    };
    assert_eq!(refused(&definition(json!({})), &november(1, 1)), Some(NotReplayable::NoTrigger));
    let winback = autopilot(lapsed(10, 1), json!({}));
    for when in [json!({"event": {"name": "rated"}}), json!({"cart_left": {"minutes": 60}})] {
        let listener = autopilot(json!({"when": when, "cool_down_days": 1}), json!({}));
        assert_eq!(refused(&listener, &november(1, 1)), Some(NotReplayable::NotKept));
    }
    assert_eq!(
        replayed(&winback, &[Date::MIN], &customer("UTC", Some(Date::MAX)), &[]),
        [""; 0],
        "nobody ordered before the first day"
    );
    assert_eq!(refused(&winback, &november(1, 1)), None);
}

/// An order event fires on the day of the order that meets the condition, once in a customer's
/// life, and only if the condition still holds at its moment.
#[test]
fn orders_fire_on_the_day_of_the_one_that_does_it() {
    let on = |when: Value| {
        autopilot(json!({"when": when, "cool_down_days": 1, "delay_minutes": 60}), json!({}))
    };
    let told = orders(&["2026-10-20", "2026-11-03", "2026-11-03", "2026-11-05"]);
    let ordered = with_orders(customer("UTC", None), &told);
    let by = |definition: &Definition| replayed(definition, &november(1, 30), &ordered, &told);
    assert_eq!(by(&on(json!({"nth_order": {"number": 1}}))), [""; 0], "before the window");
    for number in [2, 3] {
        assert_eq!(
            by(&on(json!({"nth_order": {"number": number}}))),
            ["2026-11-03 send"],
            "{number}"
        );
    }
    assert_eq!(by(&on(json!({"nth_order": {"number": 4}}))), ["2026-11-05 send"]);
    assert_eq!(by(&on(json!({"nth_order": {"number": 5}}))), [""; 0]);
    let spend = |amount: i64, currency: &str| {
        on(json!({"spend_milestone": {"amount": {"amount": amount, "currency": currency}}}))
    };
    assert_eq!(by(&spend(3_500, "EUR")), ["2026-11-05 send"]);
    assert_eq!(by(&spend(3_500, "USD")), [""; 0]);
    assert_eq!(by(&on(json!({"first_order": {"vertical": "groceries"}}))), [""; 0]);
    let mut more = told.clone();
    more.push(placed("UTC", "2026-11-09T12:00:00Z", "groceries"));
    let wider = with_orders(customer("UTC", None), &more);
    let first = on(json!({"first_order": {"vertical": "groceries"}}));
    assert_eq!(replayed(&first, &november(1, 30), &wider, &more), ["2026-11-09 send"]);
    assert_eq!(
        replayed(&first, &november(10, 30), &wider, &more),
        [""; 0],
        "nothing was ordered in this window"
    );
}

#[test]
fn a_vertical_that_was_left_and_a_day_of_signing_up_fire_as_days() {
    let left = autopilot(
        json!({"when": {"inactivity": {"days": 5, "vertical": "groceries"}}, "cool_down_days": 1}),
        json!({}),
    );
    let told = [
        placed("UTC", "2026-11-02T12:00:00Z", "groceries"),
        placed("UTC", "2026-11-06T12:00:00Z", "food"),
    ];
    let ordered = with_orders(customer("UTC", None), &told);
    assert_eq!(
        replayed(&left, &november(1, 30), &ordered, &told),
        ["2026-11-07 send"],
        "food is another vertical"
    );
    let mut signed_up = customer("UTC", None);
    signed_up.profile.signed_up = Some(day("2026-11-04"));
    let welcome = autopilot(json!({"when": {"sign_up": {}}, "cool_down_days": 1}), json!({}));
    assert_eq!(replayed(&welcome, &november(1, 30), &signed_up, &[]), ["2026-11-04 send"]);
    assert_eq!(replayed(&welcome, &november(5, 30), &signed_up, &[]), [""; 0]);
}

#[test]
fn a_band_is_of_numbers_that_days_had() {
    assert_eq!(daily_range(vec![]), DailyRange { low: 0, high: 0 });
    assert_eq!(daily_range(vec![7]), DailyRange { low: 7, high: 7 });
    assert_eq!(daily_range((1..=10).rev().collect()), DailyRange { low: 1, high: 9 });
    assert_eq!(daily_range((1..=30).collect()), DailyRange { low: 3, high: 27 });
    assert_eq!(daily_range(vec![0, 0, 0, 900]), DailyRange { low: 0, high: 900 });
}

/// Runs the live path from nothing: on each day the customer's totals are recounted from the
/// records, once when the day is planned and once at its hour. The cool-down comes from a list of
/// past matches.
fn run_live_path(
    definition: &Definition,
    window: &[Date],
    customer: &Customer,
    records: &[CountedOrder],
) -> Vec<String> {
    let trigger = definition.trigger.as_ref().unwrap();
    let as_of = |at: Timestamp| {
        let told = records.iter().filter(|order| order.placed_at <= at);
        let (activity, verticals) = recount_totals(told);
        Customer { activity, verticals, ..customer.clone() }
    };
    // A birthday campaign for everyone reads no orders, so the sign-up day is the earliest date it
    // knows.
    let reads = matches!(trigger.when, trigger::TriggerCondition::Inactivity { .. })
        || definition.audience.depends_on_orders();
    let (mut had, mut fired) = (Vec::<Timestamp>::new(), Vec::new());
    for day in window {
        // An order that comes after the scan and before the customer's day fires late.
        let begins = customer.zone().start_of_day(*day);
        let moments = [trigger::first_zone_start(*day), begins];
        let planned = moments.map(as_of).into_iter().find(|state| trigger.fires_on(state, *day));
        let Some(planned) = planned else { continue };
        let unknown = (!reads || planned.activity.orders == 0)
            && planned.profile.signed_up.is_some_and(|signed_up| signed_up > *day);
        let moment = trigger.local_moment(customer, *day);
        if unknown
            || !trigger.fires_on(&planned, *day)
            || !definition.audience.selects(&planned, moment)
        {
            continue;
        }
        let then = as_of(moment);
        let decision = decide_send(&EligibilityFacts {
            past_vouchers: &[],
            exclusions: &[],
            campaign: &campaign(),
            definition,
            customer: Some(&then),
            topic: None,
            channel: planned_channel(definition, &planned, &ReachQuery::without_topic(moment))
                .unwrap(),
            firing: trigger.firing_on(*day).as_ref(),
            audience_at: moment,
            policy: &crate::delivery::contact_policy::ContactPolicy::default(),
            tenant_currency: euro(),
            cap_reached: None,
            cooling_down: had.iter().any(|had| *had > trigger.cool_down_start(moment)),
            now: moment,
        });
        let code = match decision {
            SendDecision::Send | SendDecision::Move(_) | SendDecision::Defer(..) => "send",
            SendDecision::HoldOut => "ghost",
            SendDecision::Skip(reason) => reason.code(),
        };
        if matches!(decision, SendDecision::Send | SendDecision::Move(_) | SendDecision::HoldOut) {
            had.push(moment);
        }
        fired.push(format!("{day} {code}"));
    }
    fired
}

const ZONES: [&str; 5] =
    ["Europe/Madrid", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "UTC"];

fn some_records() -> impl Strategy<Value = Vec<(i64, usize, bool, Option<i64>)>> {
    prop::collection::vec(
        (0i64..60 * 24 * 60, 0usize..3, prop::bool::weighted(0.15), prop::option::of(0i64..900)),
        0..25,
    )
}

fn some_audience() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"everyone": {}}),
        json!({"ordered": {"vertical": "groceries"}}),
        json!({"never_ordered": {"vertical": "groceries"}}),
        json!({"orders_count": {"at_least": 3}}),
        json!({"spend": {"at_least": {"amount": 2_500, "currency": "EUR"}}}),
        json!({"not": {"last_order": {"vertical": "food", "days_ago_at_most": 9}}}),
        json!({"signed_up": {"days_ago_at_least": 20}}),
    ])
}

fn some_trigger() -> impl Strategy<Value = Value> {
    let when = prop_oneof![
        3 => (1u16..15).prop_map(|days| json!({"inactivity": {"days": days}})),
        1 => (0u16..=20).prop_map(|before| json!({"personal_date": {"name": "birthday", "days_before": before}})),
    ];
    let hour = prop::sample::select(vec![0u8, 2, 10, 23]);
    (when, hour, 1u16..25)
        .prop_map(|(when, hour, cool_down)| json!({"when": when, "local_hour": hour, "cool_down_days": cool_down}))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    /// Replays a month after a month of earlier history, in any time zone and with any calendar
    /// trigger.
    #[test]
    fn whom_the_replay_fires_for_is_whom_the_live_path_selects(
        trigger in some_trigger(), audience in some_audience(), holdout in prop::sample::select(vec![0, 50]),
        zone in 0usize..5, told in some_records(), born in 0i64..365, signed_up in prop::option::of(0i64..60),
        consents in prop::bool::weighted(0.8),
    ) {
        let start = day("2026-10-01");
        let definition = autopilot(trigger, json!({"audience": audience, "holdout_percent": holdout}));
        let mut one = customer(ZONES[zone], None);
        one.profile.personal_dates.insert(trigger::INDEXED_DATE.into(), day("1990-01-01").checked_add(born.days()).unwrap());
        one.profile.signed_up = signed_up.map(|days| start.checked_add(days.days()).unwrap());
        if !consents {
            one.consents.clear();
        }
        let counted = told.into_iter().filter(|(_, _, is_cancelled, _)| !is_cancelled);
        let records: Vec<CountedOrder> = counted.map(|(minutes, vertical, _, refund)| {
            let at = trigger::first_zone_start(start).checked_add(SignedDuration::from_mins(minutes)).unwrap();
            let mut order = placed(ZONES[zone], &at.to_string(), ["food", "groceries", "pharmacy"][vertical]);
            for net in order.verticals.values_mut() {
                *net = net.minus(MinorUnits::new(refund.unwrap_or(0)).unwrap());
            }
            order
        }).collect();
        let one = with_orders(one, &records);
        let window: Vec<Date> = (30..60).map(|number| start.checked_add(number.days()).unwrap()).collect();
        prop_assert_eq!(
            replayed(&definition, &window, &one, &records),
            run_live_path(&definition, &window, &one, &records)
        );
    }
}

#[test]
fn a_pause_skips_the_days_since_it_was_said_and_a_topic_all_of_them() {
    let mut ana = customer("UTC", None);
    ana.pause = Some(crate::customer::pause::Pause {
        until: "2026-12-01T00:00:00Z".parse().unwrap(),
        source: "test".into(),
        at: "2026-11-09T00:00:00Z".parse().unwrap(),
    });
    let plain = autopilot(lapsed(7, 1), json!({"holdout_percent": 0}));
    let fired = |definition: &Definition, customer: &Customer, last: &str| {
        let orders = [placed("UTC", last, "food")];
        let customer = with_orders(customer.clone(), &orders);
        replayed(definition, &november(1, 20), &customer, &orders)
    };
    let early = fired(&plain, &ana, "2026-11-01T12:00:00Z");
    assert_eq!(early, ["2026-11-08 send"], "before the pause");
    let late = fired(&plain, &ana, "2026-11-03T12:00:00Z");
    assert_eq!(late, ["2026-11-10 paused"]);
    ana.pause = None;
    let about = autopilot(lapsed(7, 1), json!({"holdout_percent": 0, "topic": "deals"}));
    let none = fired(&about, &ana, "2026-11-03T12:00:00Z");
    assert_eq!(none, ["2026-11-10 topic_denied"], "the tenant has no such topic");
}
