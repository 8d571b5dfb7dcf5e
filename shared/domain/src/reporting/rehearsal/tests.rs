//! The decisions of a rehearsal beside those of the live path, its sums, and its estimate.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    counts::{
        MANY, OtherCampaign, RehearsalCounts, RehearsedVouchers, hours_until_done,
        message_cost_micros,
    },
    estimate::{RehearsalEstimate, wilson_interval},
    *,
};
use crate::{
    customer::profile::{Consent, ConsentState, Email, Phone, Zone},
    kernel::id::{CustomerId, Occurrence, RunId},
    reporting::costs::CostRates,
    voucher::record::{
        VoucherIssue,
        tests::{definition, noon},
    },
};

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn id(text: &str) -> CampaignId {
    CampaignId::parse(text).unwrap()
}

fn customer(name: &str, consents: &[Channel]) -> Customer {
    let mut customer = Customer::new(CustomerId::parse(name).unwrap());
    customer.profile.zone = Some(Zone::parse("UTC").unwrap());
    customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
    customer.contacts.email = Some(Email::parse("ana@example.com").unwrap());
    let granted = Consent { state: ConsentState::Granted, source: "test".into(), at: noon() };
    customer.consents.extend(consents.iter().map(|channel| (*channel, granted.clone())));
    customer
}

fn policy(document: Value) -> ContactPolicy {
    serde_json::from_value(document).unwrap()
}

/// Decides about a customer with these records of other campaigns.
fn decide(
    definition: &Definition,
    policy: &ContactPolicy,
    customer: &Customer,
    vouchers: &[Voucher],
) -> RehearsedOutcome {
    let campaign = id("cmp_1");
    let facts = RehearsalFacts {
        campaign: &campaign,
        definition,
        topic: None,
        policy,
        exclusions: &[],
        tenant_currency: euro(),
        launch_at: noon(),
    };
    let revoked = BTreeMap::new();
    facts.decide(customer, Some(&CustomerRecords { vouchers, revoked: &revoked }))
}

fn voucher_of(campaign: &CampaignId, definition: &Definition, customer: &CustomerId) -> Voucher {
    let run = RunId::of_promotion(campaign);
    let issue = VoucherIssue {
        campaign,
        run: &run,
        occurrence: &Occurrence::of_run(&run),
        definition,
        customer,
        dispatch: "p0.0",
        now: noon(),
    };
    issue.held_out_record()
}

#[test]
fn each_customer_has_the_outcome_of_the_live_path() {
    use Channel::{Email as Mail, Sms};
    let none = ContactPolicy::default();
    let everyone = definition(json!({}));
    let ana = customer("ana", &[Sms, Mail]);
    let sent = |first, due_at| RehearsedOutcome::Treated { first, further: vec![], due_at };
    assert_eq!(decide(&everyone, &none, &ana, &[]), sent(Mail, noon()));
    let silent = customer("eva", &[]);
    let no_consent = RehearsedOutcome::Skipped(SkipReason::NoConsent);
    assert_eq!(decide(&everyone, &none, &silent, &[]), no_consent);
    let buyers = definition(json!({"audience": {"orders_count": {"at_least": 1}}}));
    assert_eq!(decide(&buyers, &none, &ana, &[]), RehearsedOutcome::NotSelected);
    let half = definition(json!({"holdout_percent": 50}));
    let held = (0..100).filter(|number| {
        let one = customer(&format!("c-{number}"), &[Mail]);
        decide(&half, &none, &one, &[]) == RehearsedOutcome::HeldOut
    });
    let held = held.count();
    assert!((30..=70).contains(&held), "{held} of 100");
}

#[test]
fn quiet_hours_put_a_message_off_and_the_end_of_the_campaign_skips_it() {
    let night = policy(json!({"quiet_hours": {"email": {"from": "11:00", "to": "15:00"}}}));
    let ana = customer("ana", &[Channel::Email]);
    let later = noon().checked_add(SignedDuration::from_hours(3)).unwrap();
    assert_eq!(
        decide(&definition(json!({})), &night, &ana, &[]),
        RehearsedOutcome::Treated { first: Channel::Email, further: vec![], due_at: later }
    );
    let short = definition(json!({"schedule": {"ends_at": "2026-11-01T14:00:00Z"}}));
    assert_eq!(
        decide(&short, &night, &ana, &[]),
        RehearsedOutcome::Skipped(SkipReason::CampaignEnded)
    );
}

#[test]
fn other_offers_stop_one_more_at_the_cap_and_this_campaign_is_not_given_twice() {
    let one = policy(json!({"open_offers_cap": 1}));
    let (everyone, ana) = (definition(json!({})), customer("ana", &[Channel::Email]));
    let other = voucher_of(&id("cmp_2"), &everyone, &ana.id);
    assert_eq!(
        decide(&everyone, &one, &ana, std::slice::from_ref(&other)),
        RehearsedOutcome::Skipped(SkipReason::OpenOffersCap)
    );
    let exempt = definition(json!({"pressure": {"exempt": true}}));
    assert!(matches!(
        decide(&exempt, &one, &ana, std::slice::from_ref(&other)),
        RehearsedOutcome::Treated { .. }
    ));
    let own = voucher_of(&id("cmp_1"), &everyone, &ana.id);
    assert_eq!(decide(&everyone, &ContactPolicy::default(), &ana, &[own]), RehearsedOutcome::Known);
}

/// Counts these customers for a definition.
fn count(definition: &Definition, customers: &[Customer]) -> RehearsalCounts {
    let (campaign, other) = (id("cmp_1"), id("cmp_2"));
    let (policy, revoked) = (ContactPolicy::default(), BTreeMap::new());
    let facts = RehearsalFacts {
        campaign: &campaign,
        definition,
        topic: None,
        policy: &policy,
        exclusions: &[],
        tenant_currency: euro(),
        launch_at: noon(),
    };
    let others = [OtherCampaign { id: &other, definition, topic: None }];
    let segments = definition.messages.sms_segments(&definition.offer);
    let mut counts = RehearsalCounts::default();
    for customer in customers {
        let records = CustomerRecords { vouchers: &[], revoked: &revoked };
        let outcome = facts.decide(customer, Some(&records));
        counts.count(&facts, &segments, &others, customer, Some(&records), &outcome);
    }
    counts
}

#[test]
fn messages_are_counted_by_country_and_priced_by_their_segments() {
    let long = "Hi {{ offer }} ".to_owned() + &"x".repeat(200);
    let sms = definition(json!({
        "channels": {"mode": "all", "ladder": ["sms", "email"]},
        "messages": {"default_locale": "en", "locales": {"en": {
            "sms": {"text": long},
            "email": {"subject": "{{ offer }}", "html": "<p>{{ offer }}</p>", "text": "{{ offer }}"},
        }}},
    }));
    let both = customer("ana", &[Channel::Sms, Channel::Email]);
    let counts = count(&sms, &[both, customer("eva", &[Channel::Sms])]);
    assert_eq!(counts.channels, BTreeMap::from([(Channel::Sms, 2)]));
    let by_sms = counts.messages[&Channel::Sms]["ES"];
    assert_eq!((by_sms.messages, by_sms.units), (2, 4));
    assert_eq!(counts.messages[&Channel::Email][""].messages, 1);
    let rates = CostRates { sms_micros: 50_000, email_micros: 100, ..CostRates::default() };
    assert_eq!(message_cost_micros(&counts, &rates), 4 * 50_000 + 100);
    assert_eq!(counts.collisions, BTreeMap::from([(id("cmp_2"), 2)]));
    assert_eq!(counts.wanted_by, BTreeMap::from([(2, 2)]));
    assert_eq!(counts.open_offers, BTreeMap::from([(1, 2)]));
}

#[test]
fn exposure_is_the_worst_discount_of_each_voucher_within_the_caps() {
    let free = RehearsedVouchers::new(&definition(json!({})), 10);
    assert_eq!((free.vouchers, free.over_cap, free.exposure), (10, 0, 5_000));
    let few = RehearsedVouchers::new(&definition(json!({"caps": {"vouchers": 4}})), 10);
    assert_eq!((few.vouchers, few.over_cap, few.exposure), (4, 6, 2_000));
    let cap = json!({"caps": {"exposure": {"amount": 1_700, "currency": "EUR"}}});
    let little = RehearsedVouchers::new(&definition(cap), 10);
    assert_eq!((little.vouchers, little.over_cap, little.exposure), (3, 7, 1_500));
}

#[test]
fn hours_follow_from_the_rate_and_from_when_messages_are_due() {
    let due = |hours: &[(u32, u64)]| RehearsalCounts {
        due_hours: BTreeMap::from([(Channel::Sms, hours.iter().copied().collect())]),
        ..RehearsalCounts::default()
    };
    let done = |hours: &[(u32, u64)], rate| hours_until_done(&due(hours), |_| rate);
    assert_eq!(done(&[(0, 3_600)], 1), Some(1));
    assert_eq!(done(&[(0, 3_601)], 1), Some(2));
    assert_eq!(done(&[(0, 1), (10, 1)], 1), Some(11), "the second waits for its hour");
    assert_eq!(done(&[(0, 36_000), (2, 3_600)], 1), Some(11), "the queue is longer than the wait");
    assert_eq!(done(&[(0, 1)], 0), None);
    assert_eq!(hours_until_done(&RehearsalCounts::default(), |_| 1), None);
}

#[test]
fn a_rehearsal_is_complete_only_when_every_part_is() {
    let rehearsal = Rehearsal {
        id: RehearsalId::parse("reh_1").unwrap(),
        subject: RehearsalSubject::Live,
        fingerprint: String::new(),
        others: vec![],
        segments: 2,
        by: "ada".into(),
        started_at: noon(),
        launch_at: noon(),
        cancelled_at: None,
    };
    let part = |number, done, cut_short| RehearsalSegment {
        rehearsal: rehearsal.id.clone(),
        number,
        total: 2,
        cursor: None,
        page: 1,
        done,
        cut_short,
        updated_at: noon(),
        counts: RehearsalCounts { scanned: 3, ..RehearsalCounts::default() },
    };
    let late = noon().checked_add(MAX_DURATION).unwrap();
    let stopped = Rehearsal { cancelled_at: Some(noon()), ..rehearsal.clone() };
    for (one, parts, now, expected) in [
        (&rehearsal, vec![part(0, true, false)], noon(), RehearsalState::Running),
        (
            &rehearsal,
            vec![part(0, true, false), part(1, false, false)],
            noon(),
            RehearsalState::Running,
        ),
        (
            &rehearsal,
            vec![part(0, true, false), part(1, true, false)],
            late,
            RehearsalState::Complete,
        ),
        (
            &rehearsal,
            vec![part(0, true, false), part(1, false, false)],
            late,
            RehearsalState::Abandoned,
        ),
        (
            &rehearsal,
            vec![part(0, true, false), part(1, true, true)],
            noon(),
            RehearsalState::Abandoned,
        ),
        (
            &stopped,
            vec![part(0, true, false), part(1, true, true)],
            noon(),
            RehearsalState::Cancelled,
        ),
        (
            &stopped,
            vec![part(0, true, false), part(1, true, false)],
            noon(),
            RehearsalState::Complete,
        ),
    ] {
        assert_eq!(one.state(&parts, now), expected, "{parts:?}");
        assert_eq!(fold_segments(&parts).scanned, 3 * parts.len() as u64);
    }
}

#[test]
fn a_share_has_its_interval_and_everybody_has_none() {
    let (low, high) = wilson_interval(0, 2_000, false);
    assert!(low == 0.0 && (0.001..0.003).contains(&high), "{high}");
    let (low, high) = wilson_interval(500, 1_000, false);
    assert!((0.46..0.48).contains(&low) && (0.52..0.54).contains(&high), "{low} {high}");
    assert_eq!(wilson_interval(1, 4, true), (0.25, 0.25));
    assert_eq!(wilson_interval(0, 0, false), (0.0, 1.0));
    let sample = RehearsalCounts { scanned: 2_000, selected: 200, ..RehearsalCounts::default() };
    let estimate = RehearsalEstimate::new(&sample, 100, 4_096);
    assert_eq!((estimate.sampled, estimate.selected.customers), (2_000, 8_192));
    assert!(estimate.selected.customers_low < 8_192 && estimate.selected.customers_high > 8_192);
}

/// Checks the stated coverage: of 300 rules with random shares, about 95 % have an interval that
/// holds the true share and the true number.
#[test]
fn the_interval_holds_the_truth_for_about_95_of_a_hundred_rules() {
    let mut state: u64 = 7;
    let mut draw = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (base, parts, all) = (40_000u64, 205u64, 4_096u64);
    let (mut shares, mut numbers) = (0, 0);
    for _ in 0..300 {
        let rare = 1 + draw(9_999);
        let (mut truth, mut sample) = (0, RehearsalCounts::default());
        for _ in 0..base {
            let selected = draw(10_000) < rare;
            truth += u64::from(selected);
            if draw(all) < parts {
                sample.scanned += 1;
                sample.selected += u64::from(selected);
            }
        }
        let estimate = RehearsalEstimate::new(&sample, parts, all).selected;
        let share = truth as f64 / base as f64;
        shares += u32::from((estimate.share_low..=estimate.share_high).contains(&share));
        let held = estimate.customers_low <= truth && truth <= estimate.customers_high;
        numbers += u32::from(held);
    }
    assert!((273..=300).contains(&shares), "{shares} of 300 shares");
    assert!((273..=300).contains(&numbers), "{numbers} of 300 numbers");
}

fn any_counts() -> impl Strategy<Value = RehearsalCounts> {
    let names = proptest::collection::btree_map("[a-c]", 0u64..9, 0..4);
    (0u64..99, names, 0u64..9, 0u32..MANY).prop_map(|(scanned, skipped, messages, hour)| {
        RehearsalCounts {
            scanned,
            verticals: skipped.clone(),
            skipped,
            channels: BTreeMap::from([(Channel::Sms, messages)]),
            due_hours: BTreeMap::from([(Channel::Push, BTreeMap::from([(hour, messages)]))]),
            messages: BTreeMap::from([(
                Channel::Sms,
                BTreeMap::from([("ES".into(), super::counts::MessageCount { messages, units: 2 })]),
            )]),
            ..RehearsalCounts::default()
        }
    })
}

proptest! {
    #[test]
    fn sums_do_not_depend_on_the_order_and_survive_their_stored_form(
        one in any_counts(), other in any_counts(),
    ) {
        let sum = |first: &RehearsalCounts, second: &RehearsalCounts| {
            let mut sum = first.clone();
            sum.add(second);
            sum
        };
        prop_assert_eq!(sum(&one, &other), sum(&other, &one));
        let stored = serde_json::to_string(&one).unwrap();
        prop_assert_eq!(serde_json::from_str::<RehearsalCounts>(&stored).unwrap(), one);
    }
}

#[test]
fn names_that_customers_bring_along_are_limited_and_none_is_lost() {
    let customers: Vec<Customer> = (0..300)
        .map(|number| {
            let mut one = customer(&format!("c-{number}"), &[Channel::Email]);
            one.verticals.insert(format!("v-{number}"), Default::default());
            one
        })
        .collect();
    let counts = count(&definition(json!({})), &customers);
    assert!(counts.verticals.len() <= 201, "{}", counts.verticals.len());
    assert_eq!(counts.verticals.values().sum::<u64>(), 300);
    assert_eq!(counts.selected, counts.treated + counts.held_out);
}
