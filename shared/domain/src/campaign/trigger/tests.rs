//! Tests of days, hours and leap years: each customer fires once at the right time, whatever the
//! zone and the calendar.

use std::collections::BTreeSet;

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;
use crate::{customer::profile::Zone, kernel::id::CustomerId};

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
        "birthday.2027"
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
