//! Tests of the events that the change from one image to the next yields, and of their ids, which
//! stay the same at each replay.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::voucher::{
    record::{
        VoucherStages, VoucherStatus,
        tests::{accepted, after, definition, ids, issue, issued, noon},
    },
    redemption::tests::{VoucherEvent, VoucherLife, event, policies},
    skip_reason::SkipReason,
};

/// Formats each event as `type +hours`.
fn event_lines(old: Option<&Voucher>, new: &Voucher) -> Vec<String> {
    let hours = |at: Timestamp| at.duration_since(noon()).as_hours();
    let show = |event: &WebhookEvent| format!("{} +{}", event.event_type.name(), hours(event.at));
    webhook_events(old, new, Some(after(99))).iter().map(show).collect()
}

#[track_caller]
fn check(old: Option<&Voucher>, new: &Voucher, expected: &[&str]) {
    assert_eq!(event_lines(old, new), expected);
}

fn with_stages(voucher: &Voucher, stages: VoucherStages) -> Voucher {
    Voucher { stages, ..voucher.clone() }
}

#[test]
fn each_stage_is_told_when_it_is_first_set_and_at_its_own_time() {
    let voucher = issued(&definition(json!({})));
    let of = voucher.stages;
    check(None, &voucher, &["voucher.issued +0"]);
    check(Some(&voucher), &voucher, &[]);
    let stamps: [(&str, VoucherStages); 6] = [
        ("voucher.delivered +1", VoucherStages { delivered_at: Some(after(1)), ..of }),
        ("voucher.accepted +2", VoucherStages { accepted_at: Some(after(2)), ..of }),
        ("voucher.declined +3", VoucherStages { declined_at: Some(after(3)), ..of }),
        ("voucher.expiring +4", VoucherStages { expiring_at: Some(after(4)), ..of }),
        ("voucher.expired +5", VoucherStages { expired_at: Some(after(5)), ..of }),
        (
            "voucher.delivered +6",
            VoucherStages { delivered_at: Some(after(6)), sent_at: Some(after(6)), ..of },
        ),
    ];
    for (expected, stages) in stamps {
        let stamped = with_stages(&voucher, stages);
        check(Some(&voucher), &stamped, &[expected]);
        check(Some(&stamped), &stamped, &[]);
        // A stage that is unset again (a repair by hand) yields no event.
        check(Some(&stamped), &voucher, &[]);
    }
    check(
        Some(&voucher),
        &with_stages(&voucher, VoucherStages { sent_at: Some(after(1)), ..of }),
        &[],
    );
}

#[test]
fn a_record_whose_first_image_has_several_stages_is_told_whole_and_in_order() {
    let voucher = issued(&definition(json!({})));
    let both = with_stages(
        &voucher,
        VoucherStages {
            delivered_at: Some(after(3)),
            accepted_at: Some(after(1)),
            ..voucher.stages
        },
    );
    check(None, &both, &["voucher.issued +0", "voucher.delivered +3", "voucher.accepted +1"]);
}

#[test]
fn who_got_nothing_is_never_told_of() {
    let (definition, ids) = (definition(json!({})), ids());
    let issue = issue(&definition, &ids);
    for record in
        [issue.held_out_record(), issue.skipped_record(SkipReason::OptedOut), issue.failed_record()]
    {
        check(None, &record, &[]);
        let stages =
            VoucherStages { delivered_at: Some(noon()), expired_at: Some(noon()), ..record.stages };
        check(Some(&record), &with_stages(&record, stages), &[]);
    }
}

#[test]
fn redemptions_and_reversals_are_numbered() {
    let mut life = VoucherLife::new(definition(
        json!({"reversal": {"on_cancel": "reissue", "on_refund": "none"}}),
    ));
    let mut ids = Vec::new();
    let redeem = |order| VoucherEvent::Redeem { order, cart: None, basket: 2_000 };
    for event in [
        VoucherEvent::Accept,
        redeem(1),
        VoucherEvent::Cancel { order: 1 },
        redeem(2),
        VoucherEvent::Cancel { order: 2 },
    ] {
        let before = life.voucher.clone();
        life.apply_event(&event);
        let told = webhook_events(Some(&before), &life.voucher, Some(after(7)));
        ids.extend(told.into_iter().map(|event| (event.id.to_string(), event.at)));
    }
    let voucher = life.voucher.id.as_str().trim_start_matches("vch_").to_owned();
    let id = |end: &str| format!("evt_{voucher}_{end}");
    let expected = [
        (id("accepted"), noon()),
        (id("redeemed_1"), noon()),
        (id("reversed_1"), noon()),
        (id("redeemed_2"), noon()),
        // The stage's time is that of the first reversal, so the time of the stream record is used.
        (id("reversed_2"), after(7)),
    ];
    assert_eq!(ids, expected);
}

#[test]
fn each_extension_is_told_once_under_an_id_of_its_own() {
    let open = issued(&definition(json!({})));
    let extended = |from: &Voucher, hours: i64| {
        let until = from.accept_by.checked_add(SignedDuration::from_hours(hours)).unwrap();
        let redeem_by = from.redeem_by.map(|end| end.max(until));
        Voucher { accept_by: until, redeem_by, ..from.clone() }
    };
    let (once, twice) = (extended(&open, 24), extended(&open, 48));
    check(Some(&open), &once, &["voucher.extended +99"]);
    check(Some(&once), &once, &[]);
    let id = |old: &Voucher, new: &Voucher| webhook_events(Some(old), new, None)[0].id.clone();
    assert_ne!(id(&open, &once), id(&once, &twice));
    assert_eq!(id(&open, &once), id(&open, &once), "a replay is recognised");
    assert!(id(&open, &once).as_str().contains("_extended_"));
}

#[test]
fn an_accepted_voucher_is_extended_at_its_own_end_and_an_acceptance_extends_nothing() {
    let open = issued(&definition(json!({})));
    let taken = accepted(&definition(json!({})));
    assert!(taken.redeem_by > open.redeem_by, "the acceptance sets the end");
    check(Some(&open), &taken, &["voucher.accepted +0"]);
    let later = taken.redeem_by.map(|end| end.checked_add(SignedDuration::from_hours(1)).unwrap());
    check(Some(&taken), &Voucher { redeem_by: later, ..taken.clone() }, &["voucher.extended +99"]);
    // An end that moves back (a repair by hand) is no extension.
    check(Some(&Voucher { redeem_by: later, ..taken.clone() }), &taken, &[]);
}

#[test]
fn a_refund_of_a_part_is_no_reversal() {
    let mut life = VoucherLife::new(definition(json!({})));
    life.apply_event(&VoucherEvent::Accept);
    life.apply_event(&VoucherEvent::Redeem { order: 1, cart: None, basket: 2_000 });
    let before = life.voucher.clone();
    life.apply_event(&VoucherEvent::Refund { order: 1, refund: 1, amount: 200, line: 0 });
    assert_ne!(before.redemption, life.voucher.redemption, "the refund changed something");
    check(Some(&before), &life.voucher, &[]);
}

#[test]
fn an_id_says_what_it_is_and_fits_a_signature() {
    let voucher = accepted(&definition(json!({})));
    let redeemed =
        Voucher { status: VoucherStatus::Redeemed, redemptions: u32::MAX, ..voucher.clone() };
    let told = webhook_events(Some(&voucher), &redeemed, Some(noon()));
    let [event] = told.as_slice() else { panic!("{told:?}") };
    assert!(
        event.id.as_str().starts_with("evt_")
            && event.id.as_str().ends_with("_redeemed_4294967295")
    );
    assert!(!event.id.as_str().contains('.'), "a signature is over id.timestamp.body");
}

#[test]
fn every_kind_has_its_name_and_back_and_the_wire_says_the_same() {
    for what in EventType::ALL {
        assert_eq!(EventType::parse(what.name()), Some(what));
        assert_eq!(serde_json::to_value(what).unwrap(), what.name());
    }
    assert_eq!(EventType::parse("voucher.revoked"), None);
}

fn endpoint(events: &[EventType]) -> WebhookEndpoint {
    WebhookEndpoint {
        id: WebhookEndpointId::parse("app").unwrap(),
        url: "https://app.example.com/".into(),
        events: events.iter().copied().collect(),
        state: EndpointState::Enabled,
        key_id: "k".into(),
        rotation: 0,
        rotated_at: None,
        created_at: noon(),
        updated_at: noon(),
        version: 1,
    }
}

#[test]
fn an_endpoint_is_told_what_it_asked_for_and_nothing_once_disabled() {
    let wanted = |hook: &WebhookEndpoint| {
        EventType::ALL.into_iter().filter(|what| hook.subscribes_to(*what)).collect::<Vec<_>>()
    };
    assert_eq!(wanted(&endpoint(&[])), EventType::ALL);
    assert_eq!(wanted(&endpoint(&[EventType::Redeemed])), [EventType::Redeemed, EventType::Test]);
    for state in [EndpointState::Disabled, EndpointState::Gone] {
        assert_eq!(wanted(&WebhookEndpoint { state, ..endpoint(&[]) }), []);
    }
}

#[test]
fn a_changed_secret_leaves_the_one_before_good_for_a_day() {
    let first = endpoint(&[]);
    assert_eq!(first.signing_rotations(noon()), [0]);
    let changed = WebhookEndpoint { rotation: 3, rotated_at: Some(noon()), ..first };
    assert_eq!(changed.signing_rotations(noon()), [3, 2]);
    assert_eq!(
        changed.signing_rotations(after(24).checked_sub(SignedDuration::from_secs(1)).unwrap()),
        [3, 2]
    );
    assert_eq!(changed.signing_rotations(after(24)), [3]);
}

#[test]
fn a_telling_is_tried_eight_times_in_about_a_day_ever_further_apart() {
    let delays =
        |spread| (1..).map_while(|attempt| retry_delay(attempt, spread)).collect::<Vec<i64>>();
    let seconds: Vec<i64> = delays(0).iter().map(|delay| delay / 1_000).collect();
    assert_eq!(seconds, [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]);
    for spread in [0, 1, 500, 1_000, 5_000] {
        let hours = delays(spread).iter().sum::<i64>() / 3_600_000;
        assert!((24..=36).contains(&hours), "{hours} hours");
    }
    assert_eq!(retry_delay(1, 1_000), Some(6_000));
    assert_eq!((retry_delay(0, 0), retry_delay(8, 0)), (None, None));
}

proptest! {
    /// Checks that replaying a history from any record on invents no event, and changes no event's
    /// id or time.
    #[test]
    fn a_replay_from_anywhere_tells_the_same_events(
        definition in policies(), events in prop::collection::vec(event(), 1..50), from in any::<prop::sample::Index>(),
    ) {
        let mut life = VoucherLife::new(definition);
        let mut history = vec![life.voucher.clone()];
        for event in &events {
            life.apply_event(event);
            history.push(life.voucher.clone());
        }
        let olds = std::iter::once(None).chain(history.iter().map(Some));
        let steps: Vec<(Option<&Voucher>, &Voucher)> = olds.zip(&history).collect();
        let tell = |steps: &[(Option<&Voucher>, &Voucher)]| {
            steps.iter().flat_map(|(old, new)| webhook_events(*old, new, Some(after(99)))).collect::<Vec<_>>()
        };
        let all = tell(&steps);
        let by_id: BTreeMap<&EventId, &WebhookEvent> = all.iter().map(|event| (&event.id, event)).collect();
        prop_assert_eq!(by_id.len(), all.len(), "each event once, each id once");
        let suffix = tell(&steps[from.index(steps.len())..]);
        for event in &suffix {
            prop_assert_eq!(by_id.get(&event.id).copied(), Some(event));
        }
        prop_assert_eq!(&all[all.len() - suffix.len()..], suffix.as_slice());
        let count = |what: EventType| all.iter().filter(|event| event.event_type == what).count();
        let last = history.last().unwrap();
        prop_assert_eq!(count(EventType::Issued), 1);
        prop_assert_eq!(count(EventType::Redeemed), usize::try_from(last.redemptions).unwrap());
        prop_assert_eq!(count(EventType::Reversed), usize::try_from(last.reversals).unwrap());
        let kinds: BTreeSet<EventType> = all.iter().map(|event| event.event_type).collect();
        prop_assert_eq!(kinds.contains(&EventType::Accepted), last.stages.accepted_at.is_some());
        prop_assert_eq!(kinds.contains(&EventType::Declined), last.stages.declined_at.is_some());
    }
}
