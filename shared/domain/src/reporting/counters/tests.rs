//! Tests that a voucher's changes add up: each stage counts once, on its own day, and the fold of a
//! history equals a recount of its end.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::voucher::{
    attempt::{Attempt, AttemptState},
    record::{
        AttributedOrders, RefusalCount, VoucherRefusal, VoucherStages, VoucherStatus,
        tests::{after, definition, ids, issue, issued, noon},
    },
    redemption::tests::{VoucherEvent, VoucherLife, event, policies},
    skip_reason::SkipReason,
};

fn utc() -> TimeZone {
    TimeZone::UTC
}

fn merged(deltas: impl IntoIterator<Item = CounterDelta>) -> CounterDelta {
    let mut sum = CounterDelta::new();
    for delta in deltas {
        merge_delta(&mut sum, delta, 1);
    }
    sum.retain(|_, counts| {
        counts.remove_zeros();
        !counts.is_empty()
    });
    sum
}

/// Folds a history as the stream delivers it: each image compared with the one before.
fn fold(history: &[Voucher], zone: &TimeZone) -> CounterDelta {
    let first = history.first().map(|voucher| contribution_change(None, voucher, zone));
    let steps = history
        .iter()
        .zip(history.iter().skip(1))
        .map(|(old, new)| contribution_change(Some(old), new, zone));
    merged(first.into_iter().chain(steps))
}

/// Recounts a history as the table shows it in the end.
fn recount(history: &[Voucher], zone: &TimeZone) -> CounterDelta {
    merged(history.last().map(|voucher| contribution_change(None, voucher, zone)))
}

/// Formats the counters as `2026-11-01 issued=1 ...`, one line a day. Leaves out the derived
/// counters, which have their own tests below.
fn counter_lines(delta: &CounterDelta) -> Vec<String> {
    counter_lines_if(delta, |counter| !is_derived(counter))
}

/// Formats the derived counters alone.
fn derived_lines(delta: &CounterDelta) -> Vec<String> {
    counter_lines_if(delta, is_derived)
}

fn is_derived(counter: &Counter) -> bool {
    let derived =
        ["open", "released", "took", "age", "attempts", "attempt", "fault", "treated", "held"];
    derived.contains(&counter.first_word())
}

fn counter_lines_if(delta: &CounterDelta, wanted: impl Fn(&Counter) -> bool) -> Vec<String> {
    let counts = |counts: &CounterValues| {
        let shown: CounterValues = counts
            .iter()
            .filter(|(counter, _)| wanted(counter))
            .map(|(counter, by)| (counter.clone(), by))
            .collect();
        let shown = shown.by_name().into_iter().map(|(name, by)| format!("{name}={by}"));
        shown.collect::<Vec<_>>().join(" ")
    };
    let days = delta
        .iter()
        .map(|(row, by)| (row.day, counts(by)))
        .filter(|(_, counts)| !counts.is_empty());
    days.map(|(day, counts)| format!("{day} {counts}")).collect()
}

#[test]
fn refusals_count_by_reason_on_the_day_of_the_first_however_often_the_stream_repeats() {
    let definition = definition(json!({}));
    let refused = |count| {
        let since = "2026-11-02T09:00:00Z".parse().unwrap();
        let refusals = [(VoucherRefusal::Expired, RefusalCount { count, since })].into();
        Voucher { refusals, ..issued(&definition) }
    };
    let change =
        |old: &Voucher, new: &Voucher| counter_lines(&contribution_change(Some(old), new, &utc()));
    let (none, one, three) = (issued(&definition), refused(1), refused(3));
    assert_eq!(change(&none, &one), ["2026-11-02 refusals.expired=1 refused.expired=1"]);
    assert_eq!(change(&one, &three), ["2026-11-02 refusals.expired=2"]);
    assert!(change(&three, &three).is_empty());
}

#[test]
fn a_record_counts_as_what_it_is() {
    let (definition, ids) = (definition(json!({})), ids());
    let issue = issue(&definition, &ids);
    let counts = |voucher: &Voucher| counter_lines(&contribution_change(None, voucher, &utc()));
    assert_eq!(counts(&issued(&definition)), ["2026-11-01 exposure=500 issued=1"]);
    assert_eq!(counts(&issue.held_out_record()), ["2026-11-01 ghost=1"]);
    assert_eq!(
        counts(&issue.skipped_record(SkipReason::OptedOut)),
        ["2026-11-01 skipped=1 skipped.opted_out=1"]
    );
    assert_eq!(counts(&issue.failed_record()), ["2026-11-01 failed=1"]);
}

#[test]
fn nothing_new_counts_nothing() {
    let definition = definition(json!({}));
    let voucher = with_message(&issued(&definition), Channel::Push, 24);
    assert_eq!(contribution_change(Some(&voucher), &voucher, &utc()), CounterDelta::new());
    let held = Voucher { hold: None, undeliverable: None, ..voucher.clone() };
    assert_eq!(contribution_change(Some(&voucher), &held, &utc()), CounterDelta::new());
}

/// Returns the voucher after a message on `channel`, sent and delivered `hours` after issue.
fn with_message(voucher: &Voucher, channel: Channel, hours: i64) -> Voucher {
    let mut voucher = voucher.clone();
    let attempt = |state| Attempt { state, ..Attempt::claim(channel, 1, 1, after(hours)) };
    voucher.attempts.insert(channel, attempt(AttemptState::Delivered));
    *voucher.message_units.entry(channel).or_default() +=
        if channel == Channel::Sms { 2 } else { 1 };
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
    let push = with_message(&new, Channel::Push, 24);
    let both = with_message(&push, Channel::Sms, 48);
    let first =
        ["2026-11-02 delivered=1 delivered.push=1 messages.push=1 sent=1 sent.push=1 units.push=1"];
    assert_eq!(counter_lines(&contribution_change(Some(&new), &push, &utc())), first);
    assert_eq!(
        counter_lines(&contribution_change(Some(&push), &both, &utc())),
        ["2026-11-03 messages.sms=1 units.sms=2"],
        "one voucher, one stage"
    );
    let mut accepted = both.clone();
    (accepted.status, accepted.stages.accepted_at) = (VoucherStatus::Accepted, Some(after(72)));
    assert_eq!(
        counter_lines(&contribution_change(Some(&both), &accepted, &utc())),
        ["2026-11-04 accepted=1 accepted.none=1"]
    );
}

#[test]
fn a_day_is_the_tenants() {
    let definition = definition(json!({}));
    let late = Voucher { issued_at: after(11), ..issued(&definition) };
    let day = |zone: &str| {
        counter_lines(&contribution_change(None, &late, &TimeZone::get(zone).unwrap()))
    };
    assert_eq!(day("UTC"), ["2026-11-01 exposure=500 issued=1"]);
    assert_eq!(day("Europe/Madrid"), ["2026-11-02 exposure=500 issued=1"]);
}

fn history_of(
    definition: crate::campaign::definition::Definition,
    events: &[VoucherEvent],
) -> Vec<Voucher> {
    let mut life = VoucherLife::new(definition);
    let mut history = vec![life.voucher.clone()];
    for event in events {
        life.apply_event(event);
        history.push(life.voucher.clone());
    }
    history
}

#[test]
fn money_comes_and_goes_on_the_day_of_the_redemption() {
    let day = VoucherEvent::Wait { minutes: 24 * 60 };
    let history = history_of(
        definition(json!({"validity": {"from_issue": {"hours": 500}}})),
        &[
            VoucherEvent::Accept,
            day.clone(),
            VoucherEvent::Redeem { order: 1, cart: None, basket: 2_000 },
            day.clone(),
            VoucherEvent::Refund { order: 1, refund: 1, amount: 500, line: 0 },
            day,
            VoucherEvent::Cancel { order: 1 },
        ],
    );
    let steps: Vec<Vec<String>> = history
        .windows(2)
        .map(|pair| counter_lines(&contribution_change(Some(&pair[0]), &pair[1], &utc())))
        .collect();
    assert_eq!(steps[2], ["2026-11-02 discount=500 redeemed=1 redeemed.none=1 revenue=1799"]);
    assert_eq!(steps[4], ["2026-11-02 discount=-138 revenue=-500"]);
    assert_eq!(steps[6], ["2026-11-02 discount=-362 revenue=-1299 reversed=1"]);
    let total = [
        "2026-11-01 accepted=1 accepted.none=1 exposure=500 issued=1",
        "2026-11-02 redeemed=1 redeemed.none=1 reversed=1",
    ];
    assert_eq!(counter_lines(&fold(&history, &utc())), total);
    assert_eq!(recount(&history, &utc()), fold(&history, &utc()));
}

#[test]
fn a_second_redemption_leaves_the_first_on_its_day() {
    let day = VoucherEvent::Wait { minutes: 24 * 60 };
    let below_minimum = VoucherEvent::Refund { order: 1, refund: 1, amount: 0, line: 1_500 };
    let history = history_of(
        definition(json!({"validity": {"from_issue": {"hours": 500}}})),
        &[
            VoucherEvent::Accept,
            VoucherEvent::Redeem { order: 1, cart: None, basket: 2_000 },
            below_minimum,
            day,
            VoucherEvent::Redeem { order: 2, cart: None, basket: 3_000 },
        ],
    );
    let total = [
        "2026-11-01 accepted=1 accepted.none=1 exposure=500 issued=1 redeemed=1 redeemed.none=1 reversed=1",
        "2026-11-02 discount=500 redeemed=1 redeemed.none=1 revenue=2799",
    ];
    assert_eq!(counter_lines(&fold(&history, &utc())), total);
    assert_eq!(counter_lines(&recount(&history, &utc())), total);
}

#[test]
fn a_reminder_is_paid_for_on_its_own_day() {
    let definition = definition(json!({}));
    let told_once = with_message(&issued(&definition), Channel::Sms, 24);
    let mut reminded = told_once.clone();
    reminded.reminder = Some(Attempt {
        provider_id: Some("m-2".into()),
        state: AttemptState::Sent,
        ..Attempt::claim(Channel::Sms, 1, 1, after(72))
    });
    reminded.reminder_units = 3;
    reminded.message_units.insert(Channel::Sms, 5);
    let step = ["2026-11-04 messages.sms=1 reminded=1 reminded.sms=1 units.sms=3"];
    assert_eq!(counter_lines(&contribution_change(Some(&told_once), &reminded, &utc())), step);
}

#[test]
fn exposure_is_open_until_its_end_and_then_spent_or_released() {
    let history = history_of(
        definition(json!({"validity": {"from_issue": {"hours": 72}}})),
        &[
            VoucherEvent::Accept,
            VoucherEvent::Redeem { order: 1, cart: None, basket: 2_000 },
            VoucherEvent::Cancel { order: 1 },
        ],
    );
    let exposure = |voucher: &Voucher| {
        let shown = derived_lines(&contribution_change(None, voucher, &utc()));
        let line = |line: &String| {
            let (day, counts) = line.split_once(' ')?;
            let shown: Vec<_> = counts
                .split(' ')
                .filter(|it| it.starts_with("open.") || it.starts_with("released"))
                .collect();
            (!shown.is_empty()).then(|| format!("{day} {}", shown.join(" ")))
        };
        shown.iter().filter_map(line).collect::<Vec<_>>()
    };
    assert_eq!(exposure(&history[0]), ["2026-11-04 open.issued=500"]);
    assert_eq!(exposure(&history[1]), ["2026-11-04 open.accepted=500"]);
    assert_eq!(exposure(&history[2]), [""; 0], "all of it is spent");
    assert_eq!(exposure(&history[3]), ["2026-11-04 open.accepted=500"], "usable again");
    let declined = Voucher { status: VoucherStatus::Declined, ..history[0].clone() };
    assert_eq!(exposure(&declined), ["2026-11-01 released=500"]);
}

#[test]
fn what_a_customer_spent_counts_on_the_day_of_issue_for_their_side() {
    let (definition, ids) = (definition(json!({})), ids());
    let outcome = |orders, spend| {
        Some(AttributedOrders {
            orders,
            spend: crate::kernel::money::MinorUnits::new(spend).unwrap(),
        })
    };
    let ghost = issue(&definition, &ids).held_out_record();
    let once = Voucher { outcome: outcome(1, 1_000), ..ghost.clone() };
    let twice = Voucher { outcome: outcome(2, 3_000), ..ghost.clone() };
    let first = ["2026-11-01 held.orders=1 held.spend.19=1000 held.spenders.19=1"];
    assert_eq!(derived_lines(&contribution_change(Some(&ghost), &once, &utc())), first);
    let moved = "2026-11-01 held.orders=1 held.spend.19=-1000 held.spend.23=3000 held.spenders.19=-1 held.spenders.23=1";
    assert_eq!(derived_lines(&contribution_change(Some(&once), &twice, &utc())), [moved]);
    let treated = Voucher {
        outcome: outcome(1, 1_000),
        ..with_message(&issued(&definition), Channel::Sms, 1)
    };
    let shown = derived_lines(&contribution_change(None, &treated, &utc())).join(" ");
    for counter in [
        "treated.orders=1",
        "treated.spend.19=1000",
        "treated.spenders.19=1",
        "treated.units.sms=2",
    ] {
        assert!(shown.contains(counter), "{counter} in {shown}");
    }
    let skipped = Voucher {
        outcome: outcome(1, 1_000),
        ..issue(&definition, &ids).skipped_record(SkipReason::OptedOut)
    };
    assert_eq!(
        derived_lines(&contribution_change(None, &skipped, &utc())),
        [""; 0],
        "on neither side"
    );
}

#[test]
fn attempts_count_for_what_became_of_them() {
    let definition = definition(json!({}));
    let with = |number, state, reason: Option<&str>| {
        let mut voucher = issued(&definition);
        let attempt = Attempt {
            state,
            reason: reason.map(str::to_owned),
            ..Attempt::claim(Channel::Sms, number, 1, after(1))
        };
        voucher.attempts = BTreeMap::from([(Channel::Sms, attempt)]);
        voucher
    };
    let throttled = with(1, AttemptState::Throttled, Some("throttled"));
    let failed = with(2, AttemptState::Failed, Some("invalid_address"));
    let shown = |old: Option<&Voucher>, new: &Voucher| {
        let lines = derived_lines(&contribution_change(old, new, &utc())).join(" ");
        lines
            .split(' ')
            .filter(|word| word.starts_with("attempt") || word.starts_with("fault"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        shown(None, &throttled),
        "attempt.sms.throttled=1 attempts.sms=1 fault.sms.throttled=1"
    );
    let step = "attempt.sms.failed=1 attempt.sms.throttled=-1 attempts.sms=1 fault.sms.invalid_address=1 fault.sms.throttled=-1";
    assert_eq!(shown(Some(&throttled), &failed), step);
    let odd = with(1, AttemptState::Unknown, Some("{\"a\": 1}"));
    assert!(
        shown(None, &odd).contains("fault.sms.other=1"),
        "a reason that is no code makes no counter of its own"
    );
}

#[test]
fn how_long_a_stage_took_counts_on_the_day_it_was_reached() {
    let definition = definition(json!({}));
    let sent = with_message(&issued(&definition), Channel::Sms, 24);
    let mut used = Voucher { due_at: Some(after(23)), ..sent.clone() };
    used.stages.delivered_at = Some(after(25));
    (used.stages.accepted_at, used.stages.redeemed_at) = (Some(after(26)), Some(after(50)));
    let took = |voucher: &Voucher| {
        let lines = derived_lines(&contribution_change(None, voucher, &utc()));
        lines
            .iter()
            .map(|line| {
                let words = line.split(' ').filter(|word| {
                    !word.contains("attempt") && !word.contains("treated") && !word.contains("open")
                });
                words.collect::<Vec<_>>().join(" ")
            })
            .filter(|line| line.len() > 10)
            .collect::<Vec<_>>()
    };
    // An hour is in bucket 43 of milliseconds, a day in bucket 52.
    let expected = [
        "2026-11-02 took.accepted.52=1 took.delivered.sms.43=1 took.due.sms.43=1 took.sent.sms.52=1",
        "2026-11-03 age.2=1 took.redeemed.52=1",
    ];
    assert_eq!(took(&used), expected);
    let early =
        Voucher { stages: VoucherStages { delivered_at: Some(after(20)), ..sent.stages }, ..sent };
    assert!(
        took(&early).join(" ").contains("took.delivered.sms.0=1"),
        "before it was sent, by another clock"
    );
}

/// A step of a voucher's life, with messages at any time: late, twice, on more than one channel,
/// after the redemption.
#[derive(Debug, Clone)]
enum LifeStep {
    Life(VoucherEvent),
    Sent(Channel),
    Reminded(Channel),
    Tapped(Channel),
    Undeliverable,
}

fn step() -> impl Strategy<Value = LifeStep> {
    prop_oneof![
        8 => event().prop_map(LifeStep::Life),
        2 => prop::sample::select(Channel::ALL.to_vec()).prop_map(LifeStep::Sent),
        1 => prop::sample::select(Channel::ALL.to_vec()).prop_map(LifeStep::Reminded),
        2 => prop::sample::select(Channel::ALL.to_vec()).prop_map(LifeStep::Tapped),
        1 => Just(LifeStep::Undeliverable),
    ]
}

fn history(
    definition: crate::campaign::definition::Definition,
    steps: &[LifeStep],
) -> Vec<Voucher> {
    let mut life = VoucherLife::new(definition);
    let mut history = vec![life.voucher.clone()];
    for step in steps {
        match step {
            LifeStep::Life(event) => life.apply_event(event),
            // Only a message that is not billed by the segment is repeated.
            LifeStep::Sent(Channel::Sms)
                if life.voucher.message_units.contains_key(&Channel::Sms) => {}
            LifeStep::Reminded(_) if life.voucher.reminder.is_some() => {}
            LifeStep::Reminded(channel) => {
                let attempt = Attempt::claim(*channel, 1, 1, life.now);
                life.voucher.reminder = Some(Attempt {
                    state: AttemptState::Sent,
                    provider_id: Some("m".into()),
                    ..attempt
                });
                life.voucher.reminder_units = 1;
                *life.voucher.message_units.entry(*channel).or_default() += 1;
            }
            LifeStep::Sent(channel) => {
                let hours = life.now.duration_since(noon()).as_hours();
                life.voucher = with_message(&life.voucher, *channel, hours);
            }
            LifeStep::Tapped(channel) => {
                life.voucher.taps.entry(*channel).or_insert(life.now);
            }
            LifeStep::Undeliverable => {
                life.voucher.undeliverable.get_or_insert_with(|| "rejected".into());
            }
        }
        life.now = life.now.checked_add(SignedDuration::from_mins(97)).unwrap();
        history.push(life.voucher.clone());
    }
    history
}

proptest! {
    /// Checks histories with several redemptions, repeats and reminders too.
    #[test]
    fn the_fold_of_a_history_is_a_recount_of_its_end(
        definition in policies(), steps in prop::collection::vec(step(), 1..50),
    ) {
        let history = history(definition, &steps);
        let zone = TimeZone::get("America/Bogota").unwrap();
        prop_assert_eq!(fold(&history, &zone), recount(&history, &zone));
    }

    /// Checks that the fold of any history, several redemptions included, holds what remains in the
    /// end.
    #[test]
    fn the_fold_of_any_history_adds_up(definition in policies(), steps in prop::collection::vec(step(), 1..50)) {
        let history = history(definition, &steps);
        let last = history.last().unwrap();
        let total: CounterValues = fold(&history, &utc()).into_values().flatten().collect();
        let stage = |counter: fn(ChannelScope) -> Counter| total.amount(&counter(ChannelScope::All));
        let once = |stage: Option<Timestamp>| i64::from(stage.is_some());
        prop_assert_eq!(total.amount(&Counter::Issued), 1);
        prop_assert_eq!(stage(Counter::Sent), once(last.stages.sent_at));
        prop_assert_eq!(stage(Counter::Delivered), once(last.stages.delivered_at));
        prop_assert_eq!(stage(Counter::Tapped), once(last.tapped_at()));
        for channel in Channel::ALL {
            let tapped = total.amount(&Counter::Tapped(ChannelScope::On(channel)));
            prop_assert_eq!(tapped, once(last.taps.get(&channel).copied()));
        }
        prop_assert_eq!(stage(Counter::Accepted), once(last.stages.accepted_at));
        prop_assert_eq!(total.amount(&Counter::Declined), once(last.stages.declined_at));
        prop_assert_eq!(stage(Counter::Redeemed), i64::from(last.redemptions));
        prop_assert_eq!(total.amount(&Counter::Reversed), i64::from(last.reversals));
        let in_force = last.redemption.as_ref().filter(|_| last.status == VoucherStatus::Redeemed);
        let discount = in_force.map_or(0, |redemption| redemption.discount.units() - redemption.returned.units());
        prop_assert_eq!(total.amount(&Counter::Discount), discount, "a redemption that was undone leaves no discount");
        prop_assert!(total.amount(&Counter::Revenue) >= 0);
        for counter in [Counter::Sent, Counter::Delivered, Counter::Accepted, Counter::Redeemed] {
            let channels = Channel::ALL.map(ChannelScope::On).into_iter().chain([ChannelScope::NoChannel]);
            let sum: i64 = channels.map(|channel| total.amount(&counter(channel))).sum();
            prop_assert_eq!(sum, stage(counter), "{}", counter(ChannelScope::All));
        }
    }
}
