//! What a voucher's changes add up to: each stage once, on its own day, and the fold of a history against a recount from its end.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    decision::SkipReason,
    delivery::{Attempt, AttemptState},
    redemption::tests::{Event, Life, event, policies},
    voucher::tests::{after, definition, ids, issue, issued, noon},
};

fn utc() -> TimeZone {
    TimeZone::UTC
}

fn merged(deltas: impl IntoIterator<Item = Delta>) -> Delta {
    let mut sum = Delta::new();
    for delta in deltas {
        for (row, counts) in delta {
            let row = sum.entry(row).or_default();
            for (name, by) in counts {
                *row.entry(name).or_default() += by;
            }
        }
    }
    sum.retain(|_, counts| {
        counts.retain(|_, by| *by != 0);
        !counts.is_empty()
    });
    sum
}

/// As the stream tells it: each image against the one before.
fn fold(history: &[Voucher], zone: &TimeZone) -> Delta {
    let first = history.first().map(|voucher| change(None, voucher, zone));
    let steps = history.iter().zip(history.iter().skip(1)).map(|(old, new)| change(Some(old), new, zone));
    merged(first.into_iter().chain(steps))
}

/// As the table tells it in the end.
fn recount(history: &[Voucher], zone: &TimeZone) -> Delta {
    merged(history.last().map(|voucher| change(None, voucher, zone)))
}

/// `2026-11-01 issued=1 ...`, a line a day.
fn told(delta: &Delta) -> Vec<String> {
    let counts = |counts: &Counts| counts.iter().map(|(name, by)| format!("{name}={by}")).collect::<Vec<_>>().join(" ");
    delta.iter().map(|(row, by)| format!("{} {}", row.day, counts(by))).collect()
}

#[test]
fn a_record_counts_as_what_it_is() {
    let (definition, ids) = (definition(json!({})), ids());
    let issue = issue(&definition, &ids);
    let counts = |voucher: &Voucher| told(&change(None, voucher, &utc()));
    assert_eq!(counts(&issued(&definition)), ["2026-11-01 exposure=500 issued=1"]);
    assert_eq!(counts(&issue.ghost()), ["2026-11-01 ghost=1"]);
    assert_eq!(counts(&issue.skip(SkipReason::OptedOut)), ["2026-11-01 skipped=1 skipped.opted_out=1"]);
    assert_eq!(counts(&issue.failed()), ["2026-11-01 failed=1"]);
}

#[test]
fn nothing_new_counts_nothing() {
    let definition = definition(json!({}));
    let voucher = told_of(&issued(&definition), Channel::Push, 24);
    assert_eq!(change(Some(&voucher), &voucher, &utc()), Delta::new());
    let held = Voucher { hold: None, undeliverable: None, ..voucher.clone() };
    assert_eq!(change(Some(&voucher), &held, &utc()), Delta::new());
}

/// Sent and delivered so many hours after issue.
fn told_of(voucher: &Voucher, channel: Channel, hours: i64) -> Voucher {
    let mut voucher = voucher.clone();
    let attempt = |state| Attempt { state, ..Attempt::claim(channel, 1, 1, after(hours)) };
    voucher.attempts.insert(channel, attempt(AttemptState::Delivered));
    voucher.message_units.insert(channel, if channel == Channel::Sms { 2 } else { 1 });
    if voucher.stages.sent_at.is_none() {
        (voucher.stages.sent_at, voucher.sent_via) = (Some(after(hours)), Some(channel));
        (voucher.stages.delivered_at, voucher.delivered_via) = (Some(after(hours)), Some(channel));
    }
    voucher
}

#[test]
fn a_stage_counts_once_on_the_day_it_was_reached_and_on_its_channel() {
    let definition = definition(json!({}));
    let new = issued(&definition);
    let push = told_of(&new, Channel::Push, 24);
    let both = told_of(&push, Channel::Sms, 48);
    let first = ["2026-11-02 delivered=1 delivered.push=1 messages.push=1 sent=1 sent.push=1 units.push=1"];
    assert_eq!(told(&change(Some(&new), &push, &utc())), first);
    assert_eq!(
        told(&change(Some(&push), &both, &utc())),
        ["2026-11-03 messages.sms=1 units.sms=2"],
        "one voucher, one stage"
    );
    let mut accepted = both.clone();
    (accepted.status, accepted.stages.accepted_at) = (Status::Accepted, Some(after(72)));
    assert_eq!(told(&change(Some(&both), &accepted, &utc())), ["2026-11-04 accepted=1 accepted.none=1"]);
}

#[test]
fn a_day_is_the_tenants() {
    let definition = definition(json!({}));
    let late = Voucher { issued_at: after(11), ..issued(&definition) };
    let day = |zone: &str| told(&change(None, &late, &TimeZone::get(zone).unwrap()));
    assert_eq!(day("UTC"), ["2026-11-01 exposure=500 issued=1"]);
    assert_eq!(day("Europe/Madrid"), ["2026-11-02 exposure=500 issued=1"]);
}

fn lived(definition: crate::definition::Definition, events: &[Event]) -> Vec<Voucher> {
    let mut life = Life::new(definition);
    let mut history = vec![life.voucher.clone()];
    for event in events {
        life.live(event);
        history.push(life.voucher.clone());
    }
    history
}

#[test]
fn money_comes_and_goes_on_the_day_of_the_redemption() {
    let day = Event::Wait { minutes: 24 * 60 };
    let history = lived(
        definition(json!({"validity": {"from_issue": {"hours": 500}}})),
        &[
            Event::Accept,
            day.clone(),
            Event::Redeem { order: 1, cart: None, basket: 2_000 },
            day.clone(),
            Event::Refund { order: 1, refund: 1, amount: 500, remaining: None },
            day,
            Event::Cancel { order: 1 },
        ],
    );
    let steps: Vec<Vec<String>> =
        history.windows(2).map(|pair| told(&change(Some(&pair[0]), &pair[1], &utc()))).collect();
    assert_eq!(steps[2], ["2026-11-02 discount=500 redeemed=1 redeemed.none=1 revenue=1799"]);
    assert_eq!(steps[4], ["2026-11-02 discount=-139 revenue=-500"]);
    assert_eq!(steps[6], ["2026-11-02 discount=-361 revenue=-1299 reversed=1"]);
    let total = [
        "2026-11-01 accepted=1 accepted.none=1 exposure=500 issued=1",
        "2026-11-02 redeemed=1 redeemed.none=1 reversed=1",
    ];
    assert_eq!(told(&fold(&history, &utc())), total);
    assert_eq!(recount(&history, &utc()), fold(&history, &utc()));
}

/// Where fold and recount part: the item keeps its last redemption only. The stream has counted the first one too, on its own day.
#[test]
fn a_second_redemption_is_whole_only_in_the_fold() {
    let day = Event::Wait { minutes: 24 * 60 };
    let below_minimum = Event::Refund { order: 1, refund: 1, amount: 1_500, remaining: Some(500) };
    let history = lived(
        definition(json!({"validity": {"from_issue": {"hours": 500}}})),
        &[
            Event::Accept,
            Event::Redeem { order: 1, cart: None, basket: 2_000 },
            below_minimum,
            day,
            Event::Redeem { order: 2, cart: None, basket: 3_000 },
        ],
    );
    let issue = "2026-11-01 accepted=1 accepted.none=1 exposure=500 issued=1";
    let first = "redeemed=1 redeemed.none=1 revenue=299 reversed=1";
    let second = "2026-11-02 discount=500 redeemed=1 redeemed.none=1";
    assert_eq!(told(&fold(&history, &utc())), [format!("{issue} {first}"), format!("{second} revenue=2799")]);
    assert_eq!(told(&recount(&history, &utc())), [issue.to_owned(), format!("{second} revenue=2799 reversed=1")]);
}

/// Sending as a step of a life: late, twice, on more than one channel, after the redemption.
#[derive(Debug, Clone)]
enum Step {
    Life(Event),
    Told(Channel),
    Undeliverable,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => event().prop_map(Step::Life),
        2 => prop::sample::select(Channel::ALL.to_vec()).prop_map(Step::Told),
        1 => Just(Step::Undeliverable),
    ]
}

fn history(definition: crate::definition::Definition, steps: &[Step]) -> Vec<Voucher> {
    let mut life = Life::new(definition);
    let mut history = vec![life.voucher.clone()];
    for step in steps {
        match step {
            Step::Life(event) => life.live(event),
            // a channel is paid for once
            Step::Told(channel) if life.voucher.message_units.contains_key(channel) => {}
            Step::Told(channel) => {
                let hours = life.now.duration_since(noon()).as_hours();
                life.voucher = told_of(&life.voucher, *channel, hours);
            }
            Step::Undeliverable => {
                life.voucher.undeliverable.get_or_insert_with(|| "rejected".into());
            }
        }
        life.now = life.now.checked_add(SignedDuration::from_mins(97)).unwrap();
        history.push(life.voucher.clone());
    }
    history
}

proptest! {
    #[test]
    fn the_fold_of_a_history_is_a_recount_of_its_end_if_it_was_redeemed_once_at_most(
        definition in policies(), steps in prop::collection::vec(step(), 1..50),
    ) {
        let mut history = history(definition, &steps);
        history.truncate(history.iter().take_while(|voucher| voucher.redemptions < 2).count());
        let zone = TimeZone::get("America/Bogota").unwrap();
        prop_assert_eq!(fold(&history, &zone), recount(&history, &zone));
    }

    /// Whatever happened, also several redemptions: what the fold holds is what really remains.
    #[test]
    fn the_fold_of_any_history_adds_up(definition in policies(), steps in prop::collection::vec(step(), 1..50)) {
        let history = history(definition, &steps);
        let last = history.last().unwrap();
        let mut total: BTreeMap<String, i64> = BTreeMap::new();
        for counts in fold(&history, &utc()).into_values() {
            for (name, by) in counts {
                *total.entry(name).or_default() += by;
            }
        }
        let total = |name: &str| total.get(name).copied().unwrap_or_default();
        let once = |stage: Option<Timestamp>| i64::from(stage.is_some());
        prop_assert_eq!(total("issued"), 1);
        prop_assert_eq!(total("sent"), once(last.stages.sent_at));
        prop_assert_eq!(total("delivered"), once(last.stages.delivered_at));
        prop_assert_eq!(total("accepted"), once(last.stages.accepted_at));
        prop_assert_eq!(total("declined"), once(last.stages.declined_at));
        prop_assert_eq!(total("redeemed"), i64::from(last.redemptions));
        prop_assert_eq!(total("reversed"), i64::from(last.reversals));
        let in_force = last.redemption.as_ref().filter(|_| last.status == Status::Redeemed);
        let discount = in_force.map_or(0, |redemption| redemption.discount.units() - redemption.returned.units());
        prop_assert_eq!(total("discount"), discount, "a redemption that was undone leaves no discount");
        prop_assert!(total("revenue") >= 0);
        for name in ["sent", "delivered", "accepted", "redeemed"] {
            let channels = ["sms", "email", "push", "none"].map(|channel| total(&format!("{name}.{channel}")));
            prop_assert_eq!(channels.iter().sum::<i64>(), total(name), "{}", name);
        }
    }
}
