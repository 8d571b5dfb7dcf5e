//! Which events the step from one image to the next is told as, and that they keep their ids however often they are told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    decision::SkipReason,
    redemption::tests::{Event, Life, event, policies},
    voucher::{
        Stages, Status,
        tests::{accepted, after, definition, ids, issue, issued, noon},
    },
};

/// `kind +hours` of each.
fn told(old: Option<&Voucher>, new: &Voucher) -> Vec<String> {
    let hours = |at: Timestamp| at.duration_since(noon()).as_hours();
    let show = |event: &Announcement| format!("{} +{}", event.what.name(), hours(event.at));
    announcements(old, new, Some(after(99))).iter().map(show).collect()
}

#[track_caller]
fn check(old: Option<&Voucher>, new: &Voucher, expected: &[&str]) {
    assert_eq!(told(old, new), expected);
}

fn with(voucher: &Voucher, stages: Stages) -> Voucher {
    Voucher { stages, ..voucher.clone() }
}

#[test]
fn each_stage_is_told_when_it_is_first_set_and_at_its_own_time() {
    let voucher = issued(&definition(json!({})));
    let of = voucher.stages;
    check(None, &voucher, &["voucher.issued +0"]);
    check(Some(&voucher), &voucher, &[]);
    let stamps: [(&str, Stages); 6] = [
        ("voucher.delivered +1", Stages { delivered_at: Some(after(1)), ..of }),
        ("voucher.accepted +2", Stages { accepted_at: Some(after(2)), ..of }),
        ("voucher.declined +3", Stages { declined_at: Some(after(3)), ..of }),
        ("voucher.expiring +4", Stages { expiring_at: Some(after(4)), ..of }),
        ("voucher.expired +5", Stages { expired_at: Some(after(5)), ..of }),
        ("voucher.delivered +6", Stages { delivered_at: Some(after(6)), sent_at: Some(after(6)), ..of }),
    ];
    for (expected, stages) in stamps {
        let stamped = with(&voucher, stages);
        check(Some(&voucher), &stamped, &[expected]);
        check(Some(&stamped), &stamped, &[]);
        // a stamp that goes (a repair by hand) is not told
        check(Some(&stamped), &voucher, &[]);
    }
    check(Some(&voucher), &with(&voucher, Stages { sent_at: Some(after(1)), ..of }), &[]);
}

#[test]
fn a_record_whose_first_image_has_several_stages_is_told_whole_and_in_order() {
    let voucher = issued(&definition(json!({})));
    let both = with(&voucher, Stages { delivered_at: Some(after(3)), accepted_at: Some(after(1)), ..voucher.stages });
    check(None, &both, &["voucher.issued +0", "voucher.delivered +3", "voucher.accepted +1"]);
}

#[test]
fn who_got_nothing_is_never_told_of() {
    let (definition, ids) = (definition(json!({})), ids());
    let issue = issue(&definition, &ids);
    for record in [issue.ghost(), issue.skip(SkipReason::OptedOut), issue.failed()] {
        check(None, &record, &[]);
        let stages = Stages { delivered_at: Some(noon()), expired_at: Some(noon()), ..record.stages };
        check(Some(&record), &with(&record, stages), &[]);
    }
}

#[test]
fn redemptions_and_reversals_are_numbered() {
    let mut life = Life::new(definition(json!({"reversal": {"on_cancel": "reissue", "on_refund": "none"}})));
    let mut ids = Vec::new();
    let redeem = |order| Event::Redeem { order, cart: None, basket: 2_000 };
    for event in [Event::Accept, redeem(1), Event::Cancel { order: 1 }, redeem(2), Event::Cancel { order: 2 }] {
        let before = life.voucher.clone();
        life.live(&event);
        let told = announcements(Some(&before), &life.voucher, Some(after(7)));
        ids.extend(told.into_iter().map(|event| (event.id.to_string(), event.at)));
    }
    let voucher = life.voucher.id.as_str().trim_start_matches("vch_").to_owned();
    let id = |end: &str| format!("evt_{voucher}_{end}");
    let expected = [
        (id("accepted"), noon()),
        (id("redeemed_1"), noon()),
        (id("reversed_1"), noon()),
        (id("redeemed_2"), noon()),
        // its own stamp is the first one's: the record's time is the best there is
        (id("reversed_2"), after(7)),
    ];
    assert_eq!(ids, expected);
}

#[test]
fn a_refund_of_a_part_is_no_reversal() {
    let mut life = Life::new(definition(json!({})));
    life.live(&Event::Accept);
    life.live(&Event::Redeem { order: 1, cart: None, basket: 2_000 });
    let before = life.voucher.clone();
    life.live(&Event::Refund { order: 1, refund: 1, amount: 200, remaining: Some(1_800) });
    assert_ne!(before.redemption, life.voucher.redemption, "the refund changed something");
    check(Some(&before), &life.voucher, &[]);
}

#[test]
fn an_id_says_what_it_is_and_fits_a_signature() {
    let voucher = accepted(&definition(json!({})));
    let redeemed = Voucher { status: Status::Redeemed, redemptions: u32::MAX, ..voucher.clone() };
    let told = announcements(Some(&voucher), &redeemed, Some(noon()));
    let [event] = told.as_slice() else { panic!("{told:?}") };
    assert!(event.id.as_str().starts_with("evt_") && event.id.as_str().ends_with("_redeemed_4294967295"));
    assert!(!event.id.as_str().contains('.'), "a signature is over id.timestamp.body");
}

#[test]
fn every_kind_has_its_name_and_back_and_the_wire_says_the_same() {
    for what in What::ALL {
        assert_eq!(What::parse(what.name()), Some(what));
        assert_eq!(serde_json::to_value(what).unwrap(), what.name());
    }
    assert_eq!(What::parse("voucher.revoked"), None);
}

fn hook(events: &[What]) -> Hook {
    Hook {
        id: HookId::parse("app").unwrap(),
        url: "https://app.example.com/".into(),
        events: events.iter().copied().collect(),
        standing: HookStanding::Enabled,
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
    let wanted = |hook: &Hook| What::ALL.into_iter().filter(|what| hook.wants(*what)).collect::<Vec<_>>();
    assert_eq!(wanted(&hook(&[])), What::ALL);
    assert_eq!(wanted(&hook(&[What::Redeemed])), [What::Redeemed, What::Test]);
    for standing in [HookStanding::Disabled, HookStanding::Gone] {
        assert_eq!(wanted(&Hook { standing, ..hook(&[]) }), []);
    }
}

#[test]
fn a_changed_secret_leaves_the_one_before_good_for_a_day() {
    let first = hook(&[]);
    assert_eq!(first.rotations(noon()), [0]);
    let changed = Hook { rotation: 3, rotated_at: Some(noon()), ..first };
    assert_eq!(changed.rotations(noon()), [3, 2]);
    assert_eq!(changed.rotations(after(24).checked_sub(SignedDuration::from_secs(1)).unwrap()), [3, 2]);
    assert_eq!(changed.rotations(after(24)), [3]);
}

#[test]
fn a_telling_is_tried_eight_times_in_about_a_day_ever_further_apart() {
    let delays = |spread| (1..).map_while(|attempt| retry_delay(attempt, spread)).collect::<Vec<i64>>();
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
    /// The stream may hand over any part of a history again, from any record on: no event is made up, none changes its id or its time.
    #[test]
    fn a_replay_from_anywhere_tells_the_same_events(
        definition in policies(), events in prop::collection::vec(event(), 1..50), from in any::<prop::sample::Index>(),
    ) {
        let mut life = Life::new(definition);
        let mut history = vec![life.voucher.clone()];
        for event in &events {
            life.live(event);
            history.push(life.voucher.clone());
        }
        let olds = std::iter::once(None).chain(history.iter().map(Some));
        let steps: Vec<(Option<&Voucher>, &Voucher)> = olds.zip(&history).collect();
        let tell = |steps: &[(Option<&Voucher>, &Voucher)]| {
            steps.iter().flat_map(|(old, new)| announcements(*old, new, Some(after(99)))).collect::<Vec<_>>()
        };
        let all = tell(&steps);
        let by_id: BTreeMap<&EventId, &Announcement> = all.iter().map(|event| (&event.id, event)).collect();
        prop_assert_eq!(by_id.len(), all.len(), "each event once, each id once");
        let suffix = tell(&steps[from.index(steps.len())..]);
        for event in &suffix {
            prop_assert_eq!(by_id.get(&event.id).copied(), Some(event));
        }
        prop_assert_eq!(&all[all.len() - suffix.len()..], suffix.as_slice());
        let count = |what: What| all.iter().filter(|event| event.what == what).count();
        let last = history.last().unwrap();
        prop_assert_eq!(count(What::Issued), 1);
        prop_assert_eq!(count(What::Redeemed), usize::try_from(last.redemptions).unwrap());
        prop_assert_eq!(count(What::Reversed), usize::try_from(last.reversals).unwrap());
        let kinds: BTreeSet<What> = all.iter().map(|event| event.what).collect();
        prop_assert_eq!(kinds.contains(&What::Accepted), last.stages.accepted_at.is_some());
        prop_assert_eq!(kinds.contains(&What::Declined), last.stages.declined_at.is_some());
    }
}
