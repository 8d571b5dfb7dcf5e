//! The next allowed moment over midnight, weekends and clock changes, and the caps that stop a
//! further offer.

use serde_json::json;

use super::*;
use crate::{
    campaign::{
        redeeming::RevokeScope,
        send_window::{Day, TimeOfDay},
    },
    customer::profile::Zone,
    kernel::id::CustomerId,
    voucher::{
        attempt::{Attempt, AttemptState},
        record::{
            VoucherStatus,
            tests::{definition, ids, issue, noon},
        },
    },
};

fn customer(zone: &str) -> Customer {
    let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
    customer.profile.zone = Some(Zone::parse(zone).unwrap());
    customer
}

fn hours(from: &str, to: &str) -> Hours {
    Hours { from: TimeOfDay::parse(from).unwrap(), to: TimeOfDay::parse(to).unwrap() }
}

fn quiet(from: &str, to: &str) -> ContactPolicy {
    ContactPolicy {
        quiet_hours: BTreeMap::from([(Channel::Sms, hours(from, to))]),
        ..ContactPolicy::default()
    }
}

fn window(from: &str, to: &str, days: &[Day]) -> SendWindow {
    SendWindow { hours: hours(from, to), days: days.to_vec() }
}

fn in_window(window: Option<&SendWindow>) -> Schedule {
    Schedule { window: window.cloned(), ..Schedule::default() }
}

#[track_caller]
fn check(
    policy: &ContactPolicy,
    window: Option<&SendWindow>,
    zone: &str,
    at: &str,
    expected: &str,
) {
    let allowed =
        policy.next_allowed(&in_window(window), &customer(zone), Channel::Sms, at.parse().unwrap());
    assert_eq!(allowed.map(|at| at.to_string()).as_deref(), Some(expected), "{zone} at {at}");
}

#[test]
fn quiet_hours_are_those_of_the_customers_clock() {
    let night = quiet("21:00", "08:00");
    check(&night, None, "Europe/Madrid", "2026-11-23T19:59:59Z", "2026-11-23T19:59:59Z");
    check(&night, None, "Europe/Madrid", "2026-11-23T20:00:00Z", "2026-11-24T07:00:00Z");
    check(&night, None, "Europe/Madrid", "2026-11-24T03:00:00Z", "2026-11-24T07:00:00Z");
    check(&night, None, "Europe/Madrid", "2026-11-24T07:00:00Z", "2026-11-24T07:00:00Z");
    check(&night, None, "Pacific/Kiritimati", "2026-11-23T20:00:00Z", "2026-11-23T20:00:00Z");
    check(&quiet("13:00", "15:00"), None, "UTC", "2026-11-23T13:30:00Z", "2026-11-23T15:00:00Z");
    let push = night.next_allowed(
        &Schedule::default(),
        &customer("UTC"),
        Channel::Push,
        "2026-11-23T23:00:00Z".parse().unwrap(),
    );
    assert_eq!(push, Some("2026-11-23T23:00:00Z".parse().unwrap()), "each channel has its own");
}

#[test]
fn a_window_waits_for_its_next_open_day() {
    let none = ContactPolicy::default();
    let weekdays = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday];
    let office = window("09:00", "17:00", &weekdays);
    check(&none, Some(&office), "UTC", "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z"); // a Monday
    check(&none, Some(&office), "UTC", "2026-11-23T16:59:00Z", "2026-11-23T16:59:00Z");
    check(&none, Some(&office), "UTC", "2026-11-27T17:00:00Z", "2026-11-30T09:00:00Z"); // over the weekend
    check(
        &none,
        Some(&window("09:00", "17:00", &[Day::Sunday])),
        "UTC",
        "2026-11-23T12:00:00Z",
        "2026-11-29T09:00:00Z",
    );
}

#[test]
fn a_window_within_the_quiet_hours_is_never_open() {
    let at = "2026-11-23T12:00:00Z".parse().unwrap();
    let night = window("22:00", "23:00", &[]);
    assert_eq!(
        quiet("21:00", "08:00").next_allowed(
            &in_window(Some(&night)),
            &customer("UTC"),
            Channel::Sms,
            at
        ),
        None
    );
}

#[test]
fn clock_changes_neither_shorten_the_night_nor_hold_it_for_ever() {
    // Madrid: 02:30 is skipped on 29 March 2026, and occurs twice on 25 October.
    let early = quiet("21:00", "02:30");
    check(&early, None, "Europe/Madrid", "2026-03-28T22:00:00Z", "2026-03-29T01:30:00Z");
    check(&early, None, "Europe/Madrid", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z");
    check(&early, None, "Europe/Madrid", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z");
}

proptest::proptest! {
    #[test]
    fn what_is_allowed_is_not_quiet_and_not_before(
        from in 0..24u8, to in 0..24u8, open in 0..23u8, minutes in 0..1_000_000i64, zone in 0..5usize,
    ) {
        const ZONES: [&str; 5] = ["Europe/Madrid", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe"];
        proptest::prop_assume!(from != to);
        let time = |hour: u8| format!("{hour:02}:00");
        let (policy, window) = (quiet(&time(from), &time(to)), window(&time(open), &time(open + 1), &[]));
        let at = noon().checked_add(SignedDuration::from_mins(minutes)).unwrap();
        let one = customer(ZONES[zone]);
        let Some(allowed) = policy.next_allowed(&in_window(Some(&window)), &one, Channel::Sms, at) else { return Ok(()) };
        let local = allowed.to_zoned(TimeZone::get(ZONES[zone]).unwrap()).time();
        assert!(allowed >= at);
        assert!(!policy.quiet_hours[&Channel::Sms].contains(local) && window.hours.contains(local), "{local}");
        assert_eq!(policy.next_allowed(&in_window(Some(&window)), &one, Channel::Sms, allowed), Some(allowed), "asked again, it still is");
    }
}

#[test]
fn the_best_hour_is_the_first_that_comes() {
    let at = |hour: u8, now: &str| {
        next_local_hour(&customer("Europe/Madrid"), hour, now.parse().unwrap()).to_string()
    };
    assert_eq!(at(10, "2026-11-23T08:00:00Z"), "2026-11-23T09:00:00Z");
    assert_eq!(at(10, "2026-11-23T09:40:00Z"), "2026-11-23T09:40:00Z", "it is that hour");
    assert_eq!(at(10, "2026-11-23T10:00:00Z"), "2026-11-24T09:00:00Z");
}

fn capped(frequency: Option<(u32, u16)>, open_offers_cap: Option<u32>) -> ContactPolicy {
    let frequency_cap = frequency.map(|(messages, days)| FrequencyCap { messages, days });
    ContactPolicy { frequency_cap, open_offers_cap, ..ContactPolicy::default() }
}

fn days(number: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_hours(24 * number)).unwrap()
}

/// Builds a voucher issued at noon of that day, to be accepted within seven days.
fn voucher(day: i64) -> Voucher {
    let (definition, ids) = (definition(json!({})), ids());
    let issue = crate::voucher::record::VoucherIssue { now: days(day), ..issue(&definition, &ids) };
    issue.issued_voucher(Attempt::claim(Channel::Sms, 1, 1, days(day)))
}

#[track_caller]
fn check_cap(
    policy: &ContactPolicy,
    change: serde_json::Value,
    vouchers: &[Voucher],
    day: i64,
    expected: Option<SkipReason>,
) {
    let found =
        policy.cap_reached(&definition(change), vouchers, |_| Revocation::default(), days(day));
    assert_eq!(found, expected, "on day {day}");
}

#[test]
fn messages_count_within_their_window_and_reminders_with_them() {
    let policy = capped(Some((2, 7)), None);
    let two = [voucher(0), voucher(3)];
    check_cap(&policy, json!({}), &two[..1], 3, None);
    check_cap(&policy, json!({}), &two, 3, Some(SkipReason::FrequencyCap));
    check_cap(&policy, json!({}), &two, 6, Some(SkipReason::FrequencyCap));
    check_cap(&policy, json!({}), &two, 7, None);
    let mut reminded = voucher(0);
    reminded.reminder = Some(Attempt::claim(Channel::Sms, 1, 1, days(5)));
    check_cap(&policy, json!({}), &[reminded], 6, Some(SkipReason::FrequencyCap));
    let skipped = Voucher { status: VoucherStatus::Skipped, ..voucher(2) };
    check_cap(&policy, json!({}), &[voucher(1), skipped], 3, None);
}

#[test]
fn an_offer_is_open_until_it_is_used_ended_or_taken_back() {
    let policy = capped(None, Some(1));
    check_cap(&policy, json!({}), &[voucher(0)], 6, Some(SkipReason::OpenOffersCap));
    check_cap(&policy, json!({}), &[voucher(0)], 7, None);
    for status in [VoucherStatus::Redeemed, VoucherStatus::Declined, VoucherStatus::Skipped] {
        check_cap(&policy, json!({}), &[Voucher { status, ..voucher(0) }], 1, None);
    }
    let taken_back = policy.cap_reached(
        &definition(json!({})),
        &[voucher(0)],
        |_| Revocation::of_every_voucher(RevokeScope::All),
        days(1),
    );
    assert_eq!(taken_back, None);
}

/// Builds the voucher of [`voucher`] with one attempt a channel in these states.
fn with_states(day: i64, states: &[(Channel, AttemptState)]) -> Voucher {
    let mut voucher = voucher(day);
    voucher.attempts.clear();
    for (channel, state) in states {
        let claim = Attempt::claim(*channel, 1, 1, days(day));
        voucher.attempts.insert(*channel, Attempt { state: *state, ..claim });
    }
    voucher
}

#[track_caller]
fn check_messages(vouchers: &[Voucher], expected: usize) {
    let policy = capped(Some((10, 7)), None);
    assert_eq!(policy.count_recent_messages(vouchers, days(1)), expected);
    assert_eq!(policy.message_room(vouchers, days(1)), 10 - u32::try_from(expected).unwrap());
}

#[test]
fn every_message_that_went_out_or_may_have_counts() {
    for state in AttemptState::ALL {
        let was_refused = matches!(state, AttemptState::Failed | AttemptState::Throttled);
        let expected = usize::from(!was_refused);
        check_messages(&[with_states(0, &[(Channel::Sms, state)])], expected);
    }
    let all = Channel::ALL.map(|channel| (channel, AttemptState::Sent));
    check_messages(&[with_states(0, &all)], 3);
    let fallback = [(Channel::Push, AttemptState::Bounced), (Channel::Sms, AttemptState::Claimed)];
    check_messages(&[with_states(0, &fallback)], 2);
    let refused = [(Channel::Push, AttemptState::Failed), (Channel::Sms, AttemptState::Delivered)];
    check_messages(&[with_states(0, &refused)], 1);
    check_messages(&[with_states(0, &all), with_states(1, &fallback)], 5);
}

#[test]
fn a_message_that_the_provider_had_counts_though_it_reports_a_failure() {
    let failed = |provider_id: Option<&str>, has_event| {
        let mut voucher = with_states(0, &[(Channel::Sms, AttemptState::Failed)]);
        let attempt = voucher.attempts.get_mut(&Channel::Sms).unwrap();
        attempt.provider_id = provider_id.map(str::to_owned);
        attempt.has_event = has_event;
        voucher
    };
    check_messages(&[failed(None, false)], 0);
    check_messages(&[failed(Some("m-1"), false)], 1);
    check_messages(&[failed(None, true)], 1);
}

#[test]
fn a_repeat_after_an_unknown_one_is_a_second_message() {
    let unknown =
        Attempt { state: AttemptState::Unknown, ..Attempt::claim(Channel::Email, 1, 1, days(0)) };
    let second = Attempt::claim_after(Some(&unknown), Channel::Email, 2, 1, days(1));
    let mut repeated = voucher(0);
    repeated.attempts = [(Channel::Email, second.clone())].into();
    check_messages(&[repeated.clone()], 2);
    let unknown = Attempt { state: AttemptState::Unknown, ..second };
    let third = Attempt::claim_after(Some(&unknown), Channel::Email, 3, 1, days(1));
    repeated.attempts = [(Channel::Email, third)].into();
    check_messages(&[repeated.clone()], 3);
    let throttled =
        Attempt { state: AttemptState::Throttled, ..Attempt::claim(Channel::Email, 1, 1, days(0)) };
    let retry = Attempt::claim_after(Some(&throttled), Channel::Email, 2, 1, days(1));
    repeated.attempts = [(Channel::Email, retry)].into();
    check_messages(&[repeated], 1);
}

#[test]
fn a_held_out_customer_reaches_the_caps_with_the_treated_ones() {
    let ghost = |day, further_spared| {
        let attempts = Default::default();
        Voucher { status: VoucherStatus::Ghost, further_spared, attempts, ..voucher(day) }
    };
    check_messages(&[ghost(0, 0)], 1);
    check_messages(&[ghost(0, 2)], 3);
    let one_message = capped(Some((1, 7)), None);
    check_cap(&one_message, json!({}), &[ghost(0, 0)], 6, Some(SkipReason::FrequencyCap));
    check_cap(&one_message, json!({}), &[ghost(0, 0)], 7, None);
    let one_offer = capped(None, Some(1));
    check_cap(&one_offer, json!({}), &[ghost(0, 0)], 6, Some(SkipReason::OpenOffersCap));
    check_cap(&one_offer, json!({}), &[ghost(0, 0)], 7, None);
    let revoked = one_offer.cap_reached(
        &definition(json!({})),
        &[ghost(0, 0)],
        |_| Revocation::of_every_voucher(RevokeScope::All),
        days(1),
    );
    assert_eq!(revoked, None, "a treated customer would have no voucher any more");
}

#[test]
fn one_voucher_with_three_messages_is_one_open_offer() {
    let all = Channel::ALL.map(|channel| (channel, AttemptState::Sent));
    let policy = capped(None, Some(2));
    check_cap(&policy, json!({}), &[with_states(0, &all)], 1, None);
    let three_messages = capped(Some((3, 7)), None);
    check_cap(
        &three_messages,
        json!({}),
        &[with_states(0, &all)],
        1,
        Some(SkipReason::FrequencyCap),
    );
}

#[test]
fn who_is_exempt_is_not_stopped() {
    let policy = capped(Some((1, 7)), Some(1));
    check_cap(&policy, json!({"pressure": {"exempt": true}}), &[voucher(0)], 1, None);
}

#[test]
fn a_policy_is_refused_field_by_field() {
    let policy: ContactPolicy = crate::kernel::validation::parse_value(json!({
        "quiet_hours": {"sms": {"from": "08:00", "to": "08:00"}}, "frequency_cap": {"messages": 0, "days": 91},
        "open_offers_cap": 0, "rates": {"push": 0},
    }))
    .unwrap();
    let told: Vec<String> =
        policy.check().into_iter().map(|error| format!("{} {}", error.field, error.code)).collect();
    let range = "out_of_range";
    assert_eq!(
        told,
        [
            "/quiet_hours/sms/to empty".to_owned(),
            format!("/frequency_cap/messages {range}"),
            format!("/frequency_cap/days {range}"),
            format!("/open_offers_cap {range}"),
            format!("/rates/push {range}"),
        ]
    );
    let field = |policy: serde_json::Value| {
        crate::kernel::validation::parse_value::<ContactPolicy>(policy).unwrap_err()
    };
    let error = field(json!({"quiet_hours": {"sms": {"from": "25:00", "to": "08:00"}}}));
    assert_eq!((error.field.as_str(), error.code), ("/quiet_hours/sms/from", "invalid"));
    assert_eq!(field(json!({"rates": {"fax": 1}})).code, "unknown_value");
    for bad in ["8:00", "24:00", "08:60", "0800", "08:00:00", "+8:00", ""] {
        assert!(TimeOfDay::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(String::from(TimeOfDay::parse("08:05").unwrap()), "08:05");
}

/// A campaign with these quiet hours for SMS.
fn stricter(from: &str, to: &str) -> Schedule {
    let quiet_hours = BTreeMap::from([(Channel::Sms, hours(from, to))]);
    Schedule { quiet_hours, ..Schedule::default() }
}

#[test]
fn a_campaign_may_be_stricter_than_the_tenant_and_never_laxer() {
    let allowed = |schedule: &Schedule, at: &str| {
        let at = at.parse().unwrap();
        let allowed =
            quiet("21:00", "08:00").next_allowed(schedule, &customer("UTC"), Channel::Sms, at);
        allowed.map_or_else(|| "never".to_owned(), |at| at.to_string())
    };
    for (own, at, expected) in [
        // One goes over into the other.
        (("18:00", "10:00"), "2026-11-23T19:00:00Z", "2026-11-24T10:00:00Z"),
        (("07:00", "11:00"), "2026-11-23T22:00:00Z", "2026-11-24T11:00:00Z"),
        (("20:00", "22:00"), "2026-11-23T20:30:00Z", "2026-11-24T08:00:00Z"),
        // Apart from each other.
        (("12:00", "14:00"), "2026-11-23T13:00:00Z", "2026-11-23T14:00:00Z"),
        (("12:00", "14:00"), "2026-11-23T22:00:00Z", "2026-11-24T08:00:00Z"),
        // Shorter ones take nothing away.
        (("23:00", "01:00"), "2026-11-23T21:30:00Z", "2026-11-24T08:00:00Z"),
        // Together they are the whole day.
        (("08:00", "21:00"), "2026-11-23T12:00:00Z", "never"),
    ] {
        assert_eq!(allowed(&stricter(own.0, own.1), at), expected, "{own:?} at {at}");
    }
    let email = quiet("21:00", "08:00").next_allowed(
        &stricter("12:00", "14:00"),
        &customer("UTC"),
        Channel::Email,
        "2026-11-23T13:00:00Z".parse().unwrap(),
    );
    assert_eq!(email, Some("2026-11-23T13:00:00Z".parse().unwrap()), "each channel has its own");
}

#[test]
fn hours_follow_the_zone_that_the_rule_decides() {
    let night = quiet("21:00", "08:00");
    let mut nowhere = Customer::new(CustomerId::parse("c-1").unwrap());
    let at: Timestamp = "2026-11-23T20:30:00Z".parse().unwrap();
    let allowed = |customer: &Customer| {
        night.next_allowed(&Schedule::default(), customer, Channel::Sms, at).unwrap()
    };
    assert_eq!(allowed(&nowhere), at, "Greenwich without a rule");
    nowhere.fallback_zone = Zone::parse("Europe/Madrid").unwrap();
    assert_eq!(allowed(&nowhere).to_string(), "2026-11-24T07:00:00Z");
    assert_eq!(next_local_hour(&nowhere, 23, at).to_string(), "2026-11-23T22:00:00Z");
    nowhere.profile.zone = Some(Zone::parse("America/Lima").unwrap());
    assert_eq!(allowed(&nowhere), at, "their own comes first");
}

#[test]
fn what_waits_is_due_when_the_first_of_its_customers_may_be_sent_to() {
    let zones = ["Europe/Madrid", "Europe/Athens"].map(|zone| Zone::parse(zone).unwrap());
    let wanted_at: Timestamp = "2026-11-23T22:00:00Z".parse().unwrap();
    let waiting = HoursWait { wanted_at, zones: zones.into() };
    let due = |policy: &ContactPolicy, schedule: &Schedule| {
        policy.due_of_waiting(schedule, Channel::Sms, &waiting, wanted_at).to_string()
    };
    let open = Schedule::default();
    assert_eq!(due(&quiet("21:00", "08:00"), &open), "2026-11-24T06:00:00Z", "Athens is first");
    assert_eq!(due(&quiet("21:00", "06:00"), &open), "2026-11-24T04:00:00Z");
    assert_eq!(due(&quiet("21:00", "11:00"), &open), "2026-11-24T09:00:00Z");
    assert_eq!(due(&ContactPolicy::default(), &open), "2026-11-23T22:00:00Z");
    assert_eq!(due(&ContactPolicy::default(), &stricter("21:00", "09:00")), "2026-11-24T07:00:00Z");
    assert_eq!(
        due(&quiet("21:00", "08:00"), &stricter("08:00", "21:00")),
        "2026-11-23T22:00:00Z",
        "never allowed: the worker records it at once"
    );
    // Hours that are over do not count, and those that hold now do.
    let later = "2026-11-24T02:00:00Z".parse().unwrap();
    let due = |policy: &ContactPolicy| {
        policy.due_of_waiting(&open, Channel::Sms, &waiting, later).to_string()
    };
    assert_eq!(due(&quiet("21:00", "02:00")), "2026-11-24T02:00:00Z");
    assert_eq!(due(&quiet("02:00", "07:00")), "2026-11-24T05:00:00Z");
}

#[test]
fn a_new_stack_is_quiet_at_night_on_every_channel() {
    let (from, to) = DEFAULT_NIGHT;
    let policy = ContactPolicy::quiet_at_night(hours(from, to));
    for channel in Channel::ALL {
        let at = "2026-11-23T21:00:00Z".parse().unwrap();
        let allowed = policy.next_allowed(&Schedule::default(), &customer("UTC"), channel, at);
        assert_eq!(allowed, Some("2026-11-24T08:00:00Z".parse().unwrap()), "{channel}");
    }
}
