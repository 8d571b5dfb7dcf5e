//! Tests of days, hours and leap years: each customer fires once at the right time, whatever the
//! zone and the calendar.

use std::collections::BTreeSet;

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;
use crate::{
    customer::{
        carts::{CartState, ShoppingCart},
        profile::{OrderTotals, Zone},
    },
    kernel::id::CustomerId,
};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn trigger(when: TriggerCondition) -> Trigger {
    Trigger { when, local_hour: 10, cool_down_days: Some(30), deadline_hours: 48, delay_minutes: 0 }
}

fn lapsed(days: u16) -> Trigger {
    trigger(TriggerCondition::Inactivity { days, vertical: None })
}

fn birthday(days_before: u16) -> Trigger {
    trigger(TriggerCondition::PersonalDate { name: INDEXED_DATE.into(), days_before })
}

fn customer(zone: &str) -> Customer {
    let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
    customer.profile.zone = Some(Zone::parse(zone).unwrap());
    customer
}

fn born(date: &str) -> Customer {
    let mut customer = customer("UTC");
    customer.profile.personal_dates.insert(INDEXED_DATE.into(), day(date));
    customer
}

/// Returns the days of a year and a half on which the trigger fires.
fn firing_days(trigger: &Trigger, customer: &Customer, from: &str) -> Vec<String> {
    let days = (0..550).filter_map(|number| day(from).checked_add(number.days()).ok());
    days.filter(|day| trigger.fires_on(customer, *day)).map(|day| day.to_string()).collect()
}

fn in_buckets(trigger: &Trigger, customer: &Customer, on: Date) -> bool {
    trigger.calendar_buckets(on).into_iter().any(|bucket| match bucket {
        CalendarBucket::LastOrder(last) => customer.activity.last_order_day == Some(last),
        CalendarBucket::PersonalDate { month, day } => customer
            .profile
            .personal_dates
            .get(INDEXED_DATE)
            .is_some_and(|date| (date.month(), date.day()) == (month, day)),
        CalendarBucket::NamedDate { .. } => false,
    })
}

#[test]
fn a_lapse_fires_once_on_its_day() {
    let mut one = customer("UTC");
    assert_eq!(
        firing_days(&lapsed(30), &one, "2026-01-01"),
        [""; 0],
        "who never ordered has not lapsed"
    );
    one.activity.last_order_day = Some(day("2026-01-31"));
    assert_eq!(firing_days(&lapsed(30), &one, "2026-01-01"), ["2026-03-02"]);
    assert_eq!(
        lapsed(30).firing_on(day("2026-03-02")).unwrap().occurrence.as_str(),
        "after.2026-01-31"
    );
    one.activity.last_order_day = Some(day("2026-03-01"));
    assert!(!lapsed(30).fires_on(&one, day("2026-03-02")), "they came back");
}

#[test]
fn a_birthday_fires_once_a_year_and_a_leap_day_always() {
    assert_eq!(firing_days(&birthday(0), &born("1990-11-23"), "2026-01-01"), ["2026-11-23"]);
    assert_eq!(firing_days(&birthday(7), &born("1990-01-03"), "2026-06-01"), ["2026-12-27"]);
    assert_eq!(
        birthday(7).firing_on(day("2026-12-27")).unwrap().occurrence.as_str(),
        "birthday.2027:01-03"
    );
    assert_eq!(
        firing_days(&birthday(0), &born("1992-02-29"), "2027-01-01"),
        ["2027-02-28", "2028-02-29"]
    );
    assert_eq!(
        firing_days(&birthday(0), &born("1992-02-28"), "2027-01-01"),
        ["2027-02-28", "2028-02-28"]
    );
    assert_eq!(
        firing_days(&birthday(0), &born("2027-05-01"), "2026-01-01"),
        ["2027-05-01"],
        "not before they are born"
    );
}

#[test]
fn the_hour_is_the_customers_own_and_clock_changes_do_not_lose_it() {
    let at = |zone: &str, hour: u8, on: &str| {
        let trigger = Trigger { local_hour: hour, ..lapsed(30) };
        trigger.local_moment(&customer(zone), day(on)).to_string()
    };
    assert_eq!(at("Asia/Tokyo", 10, "2026-06-01"), "2026-06-01T01:00:00Z");
    assert_eq!(at("America/Los_Angeles", 10, "2026-06-01"), "2026-06-01T17:00:00Z");
    // Two o'clock does not exist on the first day, and exists twice on the second.
    assert_eq!(at("Europe/Madrid", 2, "2026-03-29"), "2026-03-29T01:00:00Z");
    assert_eq!(at("Europe/Madrid", 2, "2026-10-25"), "2026-10-25T00:00:00Z");
    // Midnight does not exist on this day.
    assert_eq!(at("America/Sao_Paulo", 0, "2018-11-04"), "2018-11-04T03:00:00Z");
    // The zone skipped this day.
    assert_eq!(at("Pacific/Apia", 10, "2011-12-30"), "2011-12-30T20:00:00Z");
}

#[test]
fn a_day_is_looked_up_when_the_first_zone_enters_it() {
    let noon = "2026-11-23T12:00:00Z".parse().unwrap();
    assert_eq!(latest_begun_day(noon), day("2026-11-24"));
    assert_eq!(first_zone_start(day("2026-11-24")).to_string(), "2026-11-23T10:00:00Z");
    assert_eq!(latest_begun_day(first_zone_start(day("2026-11-24"))), day("2026-11-24"));
}

#[test]
fn what_cannot_fire_is_refused_with_its_field() {
    let refused = |trigger: &Trigger| {
        trigger
            .check()
            .into_iter()
            .map(|error| format!("{} {}", error.field, error.code))
            .collect::<Vec<_>>()
    };
    assert_eq!(refused(&lapsed(0)), ["/trigger/when/inactivity/days out_of_range"]);
    assert_eq!(refused(&lapsed(1_096)), ["/trigger/when/inactivity/days out_of_range"]);
    assert_eq!(refused(&birthday(61)), ["/trigger/when/personal_date/days_before out_of_range"]);
    let named = trigger(TriggerCondition::PersonalDate { name: String::new(), days_before: 0 });
    assert_eq!(refused(&named), ["/trigger/when/personal_date/name out_of_range"]);
    let late = Trigger { delay_minutes: 5, ..lapsed(30) };
    assert_eq!(refused(&late), ["/trigger/delay_minutes not_for_this_trigger"]);
    let rash = Trigger { cool_down_days: None, local_hour: 24, deadline_hours: 0, ..lapsed(30) };
    assert_eq!(
        refused(&rash),
        [
            "/trigger/local_hour out_of_range",
            "/trigger/deadline_hours out_of_range",
            "/trigger/cool_down_days required"
        ]
    );
    assert_eq!(refused(&lapsed(1_095)), [""; 0]);
}

proptest! {
    /// Every customer who fires on a day is found in the buckets of that day, and no two firings of
    /// one customer are the same.
    #[test]
    fn the_index_misses_nobody(
        last in 0i64..800, birth in 0i64..20_000, days in 1u16..400, days_before in 0u16..=60, start in 0i64..3_000,
    ) {
        let mut one = customer("UTC");
        one.activity.last_order_day = day("2026-01-01").checked_add(last.days()).ok();
        let birth = day("1960-01-01").checked_add(birth.days()).unwrap();
        one.profile.personal_dates.insert(INDEXED_DATE.into(), birth);
        for trigger in [lapsed(days), birthday(days_before)] {
            let mut seen = BTreeSet::new();
            for number in 0..800 {
                let on = day("2025-01-01").checked_add((start + number).days()).unwrap();
                if trigger.fires_on(&one, on) {
                    prop_assert!(in_buckets(&trigger, &one, on), "{on} is not looked up");
                    let occurrence = trigger.firing_on(on).unwrap().occurrence;
                    prop_assert!(seen.insert(occurrence.clone()), "{occurrence} fires twice");
                }
            }
        }
    }
}

fn occurrence(text: &str) -> crate::kernel::id::Occurrence {
    crate::kernel::id::Occurrence::parse(text).unwrap()
}

#[test]
fn firings_of_one_occasion_have_occurrences_of_their_own() {
    for (text, occasion) in [
        ("birthday.2027:01-03", "birthday.2027"),
        ("birthday.2027:01-03:17", "birthday.2027"),
        ("after.2026-01-31:17", "after.2026-01-31"),
        ("date.2027:12-31", "date.2027"),
        ("order.3:17", "order.3"),
        ("first_order:4", "first_order"),
        ("spend:4", "spend"),
        ("cart.a:b:1M6H8M000", "cart.a:b"),
        // an event, a sign-up and a run have one firing each, a lapse mostly
        ("event.e:1", "event.e:1"),
        ("event.order.3:1", "event.order.3:1"),
        ("after.2026-01-31", "after.2026-01-31"),
        ("sign_up", "sign_up"),
        ("cmp_1.1", "cmp_1.1"),
    ] {
        assert_eq!(occurrence(text).occasion(), occasion, "{text}");
    }
}

fn signs_up(zone: &str, signed_up: &str, at: &str) -> bool {
    let one = customer(zone);
    let change = BehaviourChange::SignUpReported { signed_up: day(signed_up) };
    let at = at.parse().unwrap();
    trigger(TriggerCondition::SignUp {})
        .firing_for(&BehaviourEvent { at, customer: &one, change })
        .is_some_and(|firing| firing.occurrence.as_str() == "sign_up")
}

#[test]
fn a_sign_up_fires_whichever_clock_named_its_day() {
    for (zone, signed_up, at, says) in [
        // Eight in the evening of the 23rd in Los Angeles is the 24th in UTC and beyond.
        (
            "America/Los_Angeles",
            "2026-11-24",
            "2026-11-24T04:00:00Z",
            "by UTC, on the evening before",
        ),
        ("America/Los_Angeles", "2026-11-23", "2026-11-24T04:00:00Z", "by its own clock"),
        ("Pacific/Honolulu", "2026-11-24", "2026-11-24T09:59:00Z", "ten hours behind UTC"),
        ("Pacific/Pago_Pago", "2026-11-24", "2026-11-23T11:00:00Z", "by a clock at the date line"),
        ("Pacific/Kiritimati", "2026-11-23", "2026-11-23T23:00:00Z", "by UTC, on the next morning"),
        ("UTC", "2026-11-24", "2026-11-23T12:00:00Z", "by the shop's clock in Auckland"),
        ("Asia/Kolkata", "2026-11-22", "2026-11-23T12:00:00Z", "yesterday"),
    ] {
        assert!(signs_up(zone, signed_up, at), "{zone}: {says}");
    }
    for (zone, signed_up, at, says) in [
        ("UTC", "2026-11-21", "2026-11-23T12:00:00Z", "two days ago"),
        ("America/Los_Angeles", "2026-11-21", "2026-11-24T04:00:00Z", "two days ago"),
        ("UTC", "2026-11-24", "2026-11-23T09:59:00Z", "a day that has begun nowhere"),
        ("Pacific/Kiritimati", "2026-11-25", "2026-11-23T12:00:00Z", "the day after tomorrow"),
    ] {
        assert!(!signs_up(zone, signed_up, at), "{zone}: {says}");
    }
}

#[test]
fn a_corrected_birthday_fires_on_each_date_and_is_one_occasion_a_year() {
    let firing = |on: &str| birthday(0).firing_on(day(on)).unwrap().occurrence;
    let (before, after) = (firing("2026-11-23"), firing("2026-11-25"));
    assert_ne!(before, after);
    assert_eq!(before.occasion(), after.occasion());
    assert_ne!(before.occasion(), firing("2027-11-23").occasion());
    let year_end = |on: &str| birthday(7).firing_on(day(on)).unwrap().occurrence;
    assert_ne!(
        year_end("2026-12-24").occasion(),
        year_end("2026-12-25").occasion(),
        "the year is that of the date, not of the message"
    );
}

fn orders(before: u32, after: u32) -> TotalsChange {
    let totals = |orders| OrderTotals { orders, ..OrderTotals::default() };
    TotalsChange { before: totals(before), after: totals(after) }
}

/// Returns the occurrence with which the order that brings the customer from `before` to `after`
/// orders fires, written as the customer's `version`.
fn nth_order(number: u32, change: TotalsChange, version: u64) -> Option<String> {
    let one = Customer { version, ..customer("UTC") };
    let change = BehaviourChange::OrdersChanged {
        vertical: "food",
        currency: crate::kernel::money::Currency::parse("EUR").unwrap(),
        total: change,
        in_vertical: change,
    };
    let at = "2026-11-23T12:00:00Z".parse().unwrap();
    let event = BehaviourEvent { at, customer: &one, change };
    let fired = trigger(TriggerCondition::NthOrder { number }).firing_for(&event);
    fired.map(|firing| firing.occurrence.to_string())
}

#[test]
fn an_order_that_was_cancelled_and_made_up_for_fires_again_for_the_same_occasion() {
    let first = nth_order(3, orders(2, 3), 7).unwrap();
    let again = nth_order(3, orders(2, 3), 9).unwrap();
    assert_eq!(
        nth_order(3, orders(2, 3), 7).as_ref(),
        Some(&first),
        "the same change, the same firing"
    );
    assert_eq!(nth_order(3, orders(3, 4), 8), None);
    assert_ne!(first, again);
    assert_eq!(occurrence(&first).occasion(), occurrence(&again).occasion());
}

#[test]
fn an_undone_match_has_fired_and_one_that_was_kept_from_firing_has_not() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let firing = |occurrence_text: &str, moment: &str| TriggerFiring {
        occurrence: occurrence(occurrence_text),
        day: day("2026-11-23"),
        at: Some(at(moment)),
    };
    let order = trigger(TriggerCondition::NthOrder { number: 3 });
    let mut one = customer("UTC");
    let third = firing("order.3:7", "2026-11-23T12:00:00Z");
    one.activity.orders = 3;
    assert_eq!(order.match_state(&one, &third), MatchState::Holds);
    one.activity.orders = 2;
    assert_eq!(order.match_state(&one, &third), MatchState::Undone);

    let cart_left = trigger(TriggerCondition::CartLeft { minutes: 60 });
    let cart = |id: &str, touched: &str, open: bool| {
        let state = if open { CartState::Open } else { CartState::Emptied };
        let other = ShoppingCart { id: "other".into(), at: at("2026-11-23T12:30:00Z"), state };
        let one = ShoppingCart { id: id.into(), at: at(touched), state };
        Customer { carts: vec![other, one], ..customer("UTC") }
    };
    let touched = at("2026-11-23T11:00:00Z");
    let left = firing(cart_occurrence("c", touched).unwrap().as_str(), "2026-11-23T12:00:00Z");
    assert_ne!(
        cart_occurrence("c", touched),
        cart_occurrence("c", touched + jiff::SignedDuration::from_millis(1))
    );
    assert!(cart_occurrence(&"c".repeat(48), touched).is_some(), "the longest id that is taken");
    for (found, expected) in [
        (cart("c", "2026-11-23T11:00:00Z", true), MatchState::Holds),
        (cart("c", "2026-11-23T11:59:59Z", false), MatchState::NeverFired),
        (cart("c", "2026-11-23T11:59:59Z", true), MatchState::NeverFired),
        (cart("c", "2026-11-23T12:00:00Z", false), MatchState::Undone),
        (cart("c", "2026-11-23T12:00:30Z", true), MatchState::Undone),
    ] {
        assert_eq!(cart_left.match_state(&found, &left), expected, "{:?}", found.carts);
    }
}

#[test]
fn an_event_matches_who_is_in_the_audience_as_the_event_leaves_them() {
    let audience = |value: serde_json::Value| {
        crate::campaign::audience::AudienceRule::parse(&value, "/audience").unwrap()
    };
    let matches = |when: TriggerCondition, rule: serde_json::Value, orders_now: u32| {
        let mut one = Customer { version: 5, ..customer("UTC") };
        one.activity = OrderTotals {
            orders: orders_now,
            last_order_day: Some(day("2026-11-23")),
            ..OrderTotals::default()
        };
        one.verticals.insert("food".into(), one.activity);
        let before = orders(orders_now - 1, orders_now).before;
        let change = TotalsChange { before, after: one.activity };
        let listener = EventAutopilot {
            campaign: crate::kernel::id::CampaignId::parse("cmp_1").unwrap(),
            run: crate::kernel::id::RunId::parse("cmp_1.1").unwrap(),
            trigger: trigger(when),
            audience: audience(rule),
        };
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let change = BehaviourChange::OrdersChanged {
            vertical: "food",
            currency: crate::kernel::money::Currency::parse("EUR").unwrap(),
            total: change,
            in_vertical: change,
        };
        let event = BehaviourEvent { at: now, customer: &one, change };
        EventAutopilots(vec![listener]).find_matches(&event, now).len()
    };
    let third = TriggerCondition::NthOrder { number: 3 };
    let at_least = |number: u32| serde_json::json!({"orders_count": {"at_least": number}});
    assert_eq!(matches(third.clone(), at_least(3), 3), 1);
    assert_eq!(matches(third, at_least(4), 3), 0);
    let lapse = TriggerCondition::Inactivity { days: 30, vertical: Some("food".into()) };
    assert_eq!(matches(lapse, at_least(4), 3), 1, "the audience of a lapse is asked on its day");
}

#[test]
fn a_sign_up_day_that_is_told_later_fires_when_it_is_told_and_once() {
    let sign_up = trigger(TriggerCondition::SignUp {});
    let run = crate::kernel::id::RunId::parse("run_1").unwrap();
    let campaign = crate::kernel::id::CampaignId::parse("cmp_1").unwrap();
    let audience = crate::campaign::audience::AudienceRule::Everyone;
    let autopilot = EventAutopilot { campaign, run, trigger: sign_up, audience };
    let known = EventAutopilots(vec![autopilot]);
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let plain = customer("UTC");
    let mut signed_up = plain.clone();
    signed_up.profile.signed_up = Some(day("2026-11-23"));
    let count = |before, after| known.find_profile_matches(before, after, now).len();
    assert_eq!(count(None, &plain), 0, "its day is not known yet");
    assert_eq!(count(Some(&plain), &signed_up), 1);
    assert_eq!(count(None, &signed_up), 1);
    assert_eq!(count(Some(&signed_up), &signed_up), 0);
    let mut corrected = signed_up.clone();
    corrected.profile.signed_up = Some(day("2026-11-22"));
    assert_eq!(count(Some(&signed_up), &corrected), 0, "a correction is no second sign-up");
}

/// Returns the day and the moment at which a change at `at` fires late.
fn late(trigger: &Trigger, before: &Customer, after: &Customer, at: &str) -> Option<String> {
    let firing = trigger.late_firing(Some(before), after, at.parse().unwrap())?;
    Some(format!("{} {}", firing.day, firing.at.unwrap()))
}

fn with_birthday(zone: &str, date: &str) -> Customer {
    let mut one = customer(zone);
    one.profile.personal_dates.insert(INDEXED_DATE.into(), day(date));
    one
}

#[test]
fn a_birthday_that_is_told_on_its_day_or_its_eve_fires() {
    for (zone, date, told, expected) in [
        // On the day itself, before and after the hour.
        ("UTC", "1990-11-23", "2026-11-23T06:00:00Z", "2026-11-23 2026-11-23T10:00:00Z"),
        ("UTC", "1990-11-23", "2026-11-23T22:00:00Z", "2026-11-23 2026-11-23T22:00:00Z"),
        // On its eve, after the day has begun somewhere.
        ("UTC", "1990-11-23", "2026-11-22T18:00:00Z", "2026-11-23 2026-11-23T10:00:00Z"),
        ("Europe/Madrid", "1990-11-23", "2026-11-22T10:00:00Z", "2026-11-23 2026-11-23T09:00:00Z"),
        // Where it is still the day, though UTC has left it.
        (
            "America/Los_Angeles",
            "1990-11-23",
            "2026-11-24T07:59:00Z",
            "2026-11-23 2026-11-24T07:59:00Z",
        ),
        (
            "Pacific/Pago_Pago",
            "1990-11-23",
            "2026-11-24T10:59:00Z",
            "2026-11-23 2026-11-24T10:59:00Z",
        ),
        // A leap day in a common year.
        ("UTC", "1992-02-29", "2027-02-28T08:00:00Z", "2027-02-28 2027-02-28T10:00:00Z"),
        ("UTC", "1992-02-29", "2028-02-28T12:00:00Z", "2028-02-29 2028-02-29T10:00:00Z"),
        // The turn of the year.
        ("UTC", "1990-01-01", "2026-12-31T20:00:00Z", "2027-01-01 2027-01-01T10:00:00Z"),
    ] {
        let (before, after) = (customer(zone), with_birthday(zone, date));
        assert_eq!(
            late(&birthday(0), &before, &after, told).as_deref(),
            Some(expected),
            "{zone} {told}"
        );
    }
    let (before, after) = (customer("UTC"), with_birthday("UTC", "1990-11-23"));
    for (told, says) in [
        ("2026-11-22T09:00:00Z", "the scan is still to come"),
        ("2026-11-24T00:00:00Z", "the day is over"),
        ("2026-06-01T12:00:00Z", "another time"),
    ] {
        assert_eq!(late(&birthday(0), &before, &after, told), None, "{says}");
    }
    let noon = "2026-11-23T12:00:00Z";
    assert_eq!(late(&birthday(0), &after, &after, noon), None, "nothing new");
    let year = with_birthday("UTC", "1991-11-23");
    assert_eq!(late(&birthday(0), &after, &year, noon), None, "the year is not celebrated");
    assert!(late(&birthday(7), &before, &with_birthday("UTC", "1990-11-30"), noon).is_some());
    assert!(late(&trigger(TriggerCondition::SignUp {}), &before, &after, noon).is_none());
}

#[test]
fn a_date_that_is_corrected_back_fires_once_more_when_its_record_can_be_there() {
    let wrong = with_birthday("UTC", "1990-11-24");
    let mut right = with_birthday("UTC", "1990-11-23");
    right.version = 9;
    let occurrence = |before: Option<&Customer>, told: &str| {
        let late = birthday(0).late_firing(before, &right, told.parse().unwrap()).unwrap();
        late.occurrence.as_str().to_owned()
    };
    // Ten o'clock of the 23rd comes at eight in the evening of the 22nd in the first zone.
    for (told, expected) in [
        ("2026-11-22T10:00:00Z", "birthday.2026:11-23"),
        ("2026-11-22T19:54:00Z", "birthday.2026:11-23"),
        ("2026-11-22T19:56:00Z", "birthday.2026:11-23:9"),
        ("2026-11-23T22:00:00Z", "birthday.2026:11-23:9"),
    ] {
        assert_eq!(occurrence(Some(&wrong), told), expected, "{told}");
        assert_eq!(occurrence(None, told), expected, "a new customer, {told}");
    }
    let scanned = birthday(0).firing_on(day("2026-11-23")).unwrap().occurrence;
    let again = self::occurrence(&occurrence(Some(&wrong), "2026-11-23T22:00:00Z"));
    assert_eq!(again.occasion(), scanned.occasion(), "one voucher");
    assert_ne!(again.waits_as(), scanned.waits_as());
}

#[test]
fn a_lapse_whose_day_has_begun_somewhere_fires_for_an_order_that_comes_then() {
    let ordered = |zone: &str, on: Option<&str>| {
        let mut one = customer(zone);
        one.activity.last_order_day = on.map(day);
        one
    };
    // The scan for the 24th is at ten o'clock of the 23rd in UTC, before most orders of that day.
    let (new, ordered_today) = (ordered("UTC", None), ordered("UTC", Some("2026-11-23")));
    assert_eq!(
        late(&lapsed(1), &new, &ordered_today, "2026-11-23T15:00:00Z").as_deref(),
        Some("2026-11-24 2026-11-24T10:00:00Z")
    );
    assert_eq!(late(&lapsed(1), &new, &ordered_today, "2026-11-23T08:00:00Z"), None);
    assert_eq!(late(&lapsed(2), &new, &ordered_today, "2026-11-23T15:00:00Z"), None);
    // An order that is told on the day of its lapse, and one that is cancelled on the day of the
    // lapse of the order before.
    let long_ago = ordered("UTC", Some("2026-10-24"));
    let noon = "2026-11-23T12:00:00Z";
    let expected = Some("2026-11-23 2026-11-23T12:00:00Z".to_owned());
    assert_eq!(late(&lapsed(30), &new, &long_ago, noon), expected);
    assert_eq!(late(&lapsed(30), &ordered_today, &long_ago, noon), expected);
    assert_eq!(late(&lapsed(30), &long_ago, &ordered_today, noon), None, "they came back");
    let vertical = trigger(TriggerCondition::Inactivity { days: 1, vertical: Some("food".into()) });
    assert_eq!(late(&vertical, &new, &ordered_today, noon), None, "that is a match already");
}

proptest! {
    /// Whenever a date is told before its day is over where the customer is, the scan of the day or
    /// the change itself fires, and after it neither does.
    #[test]
    fn a_date_fires_whenever_it_is_told_before_its_day_is_over(
        zone in prop::sample::select(vec![
            "UTC", "Europe/Madrid", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago",
            "Asia/Kathmandu", "Africa/Cairo", "America/Santiago", "Australia/Lord_Howe",
        ]),
        on in 0i64..2_000, told in -4_320i64..4_320,
    ) {
        let on = day("2024-01-01").checked_add(on.days()).unwrap();
        let told = first_zone_start(on).checked_add(SignedDuration::from_mins(told)).unwrap();
        let zoned = Zone::parse(zone).unwrap();
        let before = customer(zone);
        let mut after = before.clone();
        let trigger = birthday(0);
        after.profile.personal_dates.insert(INDEXED_DATE.into(), on.checked_sub(20.years()).unwrap());
        prop_assume!(trigger.fires_on(&after, on));
        let scanned = told < first_zone_start(on);
        let late = trigger.late_firing(Some(&before), &after, told);
        let late = late.filter(|firing| firing.day == on);
        let over = zoned.local_day(told) > on;
        prop_assert_eq!(scanned || late.is_some(), !over, "{} told {} {}", on, told, zone);
        if let Some(at) = late.and_then(|firing| firing.at) {
            prop_assert!(at >= told && at >= zoned.start_of_day(on));
        }
    }
}
