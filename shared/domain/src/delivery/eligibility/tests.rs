//! Send, move, hold out or skip: the order of the checks, and the follow-up of each channel mode.

use serde_json::json;

use super::*;
use crate::{
    customer::{
        pause::Pause,
        profile::{
            Consent, ConsentState, Email, EndpointArn, Phone, PushEndpoint, Suppression,
            SuppressionReason,
        },
        topics::TopicScope,
    },
    kernel::id::{CustomerId, PushEndpointId},
    voucher::record::tests::{after, definition, noon},
};

fn campaign() -> CampaignId {
    CampaignId::parse("cmp_1").unwrap()
}

/// Builds a customer with a phone and a device, and with consent for the given channels.
fn customer(agreed: &[Channel]) -> Customer {
    let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
    customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
    let arn = EndpointArn::parse("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1").unwrap();
    customer.push_endpoints =
        vec![PushEndpoint { endpoint_id: PushEndpointId::parse("d-1").unwrap(), arn }];
    for channel in agreed {
        customer.consents.insert(*channel, consent(ConsentState::Granted));
    }
    customer
}

/// Builds a customer whom every channel reaches.
fn customer_on_all() -> Customer {
    let mut customer = customer(&Channel::ALL);
    customer.contacts.email = Some(Email::parse("ana@example.com").unwrap());
    customer
}

fn consent(state: ConsentState) -> Consent {
    Consent { state, source: "test".into(), at: noon() }
}

fn query() -> ReachQuery<'static> {
    ReachQuery::without_topic(noon())
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn decide_after(
    definition: &Definition,
    customer: Option<&Customer>,
    channel: Channel,
    hours: i64,
) -> SendDecision {
    decide_send(&EligibilityFacts {
        past_vouchers: &[],
        exclusions: &[],
        campaign: &campaign(),
        definition,
        customer,
        topic: None,
        channel,
        firing: None,
        audience_at: noon(),
        cooling_down: false,
        policy: &ContactPolicy::default(),
        tenant_currency: euro(),
        cap_reached: None,
        now: after(hours),
    })
}

/// Returns true if the customer is in the held-out half of the campaign.
fn is_in_held_out_half(customer: &Customer) -> bool {
    is_held_out(&campaign(), &definition(json!({"holdout_percent": 50})), &customer.id)
}

fn customer_in_group(held_out: bool) -> Customer {
    let numbered = |number| Customer {
        id: CustomerId::parse(&format!("c-{number}")).unwrap(),
        ..customer(&[Channel::Sms])
    };
    (0..100).map(numbered).find(|customer| is_in_held_out_half(customer) == held_out).unwrap()
}

#[test]
fn the_reasons_come_in_their_order_gone_over_unreachable_held_out() {
    let over = json!({
        "schedule": {"ends_at": "2026-11-03T12:00:00Z"}, "accept_by": "2026-11-05T12:00:00Z", "holdout_percent": 50,
    });
    let definition = definition(over);
    let mut one = customer_in_group(true);
    one.consents.insert(Channel::Sms, consent(ConsentState::Denied));
    let skip = SendDecision::Skip;
    // Everything is wrong at first, then one thing less at a time.
    assert_eq!(decide_after(&definition, None, Channel::Sms, 200), skip(SkipReason::CustomerGone));
    assert_eq!(
        decide_after(&definition, Some(&one), Channel::Sms, 200),
        skip(SkipReason::CampaignEnded)
    );
    assert_eq!(
        decide_after(&definition, Some(&one), Channel::Sms, 48),
        skip(SkipReason::CampaignEnded),
        "at the end itself"
    );
    let mut open = definition.clone();
    open.schedule.ends_at = None;
    assert_eq!(decide_after(&open, Some(&one), Channel::Sms, 200), skip(SkipReason::ValidityOver));
    assert_eq!(
        decide_after(&open, Some(&one), Channel::Sms, 96),
        skip(SkipReason::ValidityOver),
        "at the limit itself"
    );
    assert_eq!(decide_after(&open, Some(&one), Channel::Sms, 95), skip(SkipReason::OptedOut));
    one.consents.insert(Channel::Sms, consent(ConsentState::Granted));
    assert_eq!(decide_after(&open, Some(&one), Channel::Sms, 95), SendDecision::HoldOut);
    open.holdout_percent = 0;
    assert_eq!(decide_after(&open, Some(&one), Channel::Sms, 95), SendDecision::Send);
}

#[test]
fn an_absolute_validity_ends_issuing_too() {
    let fixed = json!({"validity": {"absolute": {"from": "2026-11-01T00:00:00Z", "until": "2026-11-02T12:00:00Z"}}});
    let definition = definition(fixed);
    let one = customer(&[Channel::Sms]);
    assert_eq!(decide_after(&definition, Some(&one), Channel::Sms, 23), SendDecision::Send);
    assert_eq!(
        decide_after(&definition, Some(&one), Channel::Sms, 24),
        SendDecision::Skip(SkipReason::ValidityOver)
    );
}

#[test]
fn of_several_closed_channels_the_one_that_came_closest_gives_the_reason() {
    let definition = definition(json!({}));
    let skip =
        |customer: &Customer| match decide_after(&definition, Some(customer), Channel::Push, 1) {
            SendDecision::Skip(reason) => reason,
            other => panic!("{other:?}"),
        };
    let mut one = customer(&[]);
    assert_eq!(skip(&one), SkipReason::NoConsent);
    one.consents.insert(Channel::Sms, consent(ConsentState::Denied));
    assert_eq!(skip(&one), SkipReason::OptedOut);
    one.consents.insert(Channel::Push, consent(ConsentState::Granted));
    one.suppressions
        .insert(Channel::Push, Suppression { reason: SuppressionReason::Bounced, at: noon() });
    assert_eq!(skip(&one), SkipReason::Suppressed);
    one.consents.insert(Channel::Email, consent(ConsentState::Granted));
    assert_eq!(skip(&one), SkipReason::NoAddress);
}

#[test]
fn a_customer_whose_consent_changed_moves_to_the_first_open_rung() {
    let definition = definition(json!({}));
    let both = customer(&[Channel::Push, Channel::Sms]);
    assert_eq!(
        decide_after(&definition, Some(&both), Channel::Sms, 1),
        SendDecision::Send,
        "planned there, and still open"
    );
    assert_eq!(
        decide_after(&definition, Some(&both), Channel::Email, 1),
        SendDecision::Move(Channel::Push)
    );
    assert_eq!(planned_channel(&definition, &both, &query()), Some(Channel::Push));
    assert_eq!(
        planned_channel(&definition, &customer(&[]), &query()),
        Some(Channel::Push),
        "whose worker records the skip"
    );
}

#[test]
fn a_holdout_is_sticky_and_about_its_share() {
    let ids =
        (0..2_000).map(|number| Customer::new(CustomerId::parse(&format!("c-{number}")).unwrap()));
    let customers: Vec<Customer> = ids.collect();
    let sides = |percent| {
        let definition = definition(json!({ "holdout_percent": percent }));
        customers
            .iter()
            .map(|customer| is_held_out(&campaign(), &definition, &customer.id))
            .collect::<Vec<bool>>()
    };
    let count = |sides: &[bool]| sides.iter().filter(|held| **held).count();
    let (none, ten, fifty) = (sides(0), sides(10), sides(50));
    assert_eq!(count(&none), 0);
    assert!((150..250).contains(&count(&ten)), "{}", count(&ten));
    assert!((900..1_100).contains(&count(&fifty)), "{}", count(&fifty));
    assert_eq!(ten, sides(10));
    assert!(
        ten.iter().zip(&fifty).all(|(ten, fifty)| *fifty || !ten),
        "a larger share keeps the smaller one"
    );
}

#[test]
fn the_ladder_goes_on_below_what_failed_and_only_in_its_own_mode() {
    let first = definition(json!({}));
    let all = definition(json!({"channels": {"mode": "all", "ladder": ["push", "email", "sms"]}}));
    let both = customer(&[Channel::Push, Channel::Sms]);
    let voucher = crate::voucher::record::tests::issued(&first);
    assert_eq!(
        next_channel(&first, &both, &query(), &voucher, Channel::Push),
        Some(Channel::Sms),
        "e-mail is not open"
    );
    assert_eq!(next_channel(&first, &both, &query(), &voucher, Channel::Sms), None);
    assert_eq!(
        next_channel(&all, &both, &query(), &voucher, Channel::Push),
        None,
        "every channel has its own dispatch"
    );
    let further = |definition| {
        further_channels(definition, &both, &query(), Some(&voucher), Channel::Push, u32::MAX).send
    };
    assert_eq!(further(&all), [Channel::Sms]);
    assert_eq!(further(&first), []);
}

/// A voucher of mode `all` whose messages are in these states.
fn with_attempts(definition: &Definition, states: &[(Channel, AttemptState)]) -> Voucher {
    use crate::voucher::attempt::Attempt;
    let mut voucher = crate::voucher::record::tests::issued(definition);
    voucher.attempts.clear();
    for (channel, state) in states {
        let claim = Attempt::claim(*channel, 1, 1, noon());
        voucher.attempts.insert(*channel, Attempt { state: *state, ..claim });
    }
    voucher
}

fn withhold(voucher: &mut Voucher, channel: Channel, number: u32) {
    let reason = SkipReason::FrequencyCap;
    voucher
        .withheld
        .insert(channel, crate::voucher::record::WithheldMessage { number, at: noon(), reason });
}

#[test]
fn what_room_there_is_goes_to_the_first_channels_of_the_campaign() {
    let one = customer_on_all();
    #[track_caller]
    fn check(
        definition: &Definition,
        customer: &Customer,
        (sent, state): (Channel, AttemptState),
        room: u32,
        expected: (&[Channel], &[Channel]),
    ) {
        let voucher = with_attempts(definition, &[(sent, state)]);
        let found = further_channels(definition, customer, &query(), Some(&voucher), sent, room);
        assert_eq!((found.send.as_slice(), found.withhold.as_slice()), expected, "room for {room}");
    }
    let (push, email, sms) = (Channel::Push, Channel::Email, Channel::Sms);
    let in_order =
        definition(json!({"channels": {"mode": "all", "ladder": ["push", "email", "sms"]}}));
    let sent = (push, AttemptState::Sent);
    check(&in_order, &one, sent, 0, (&[], &[email, sms]));
    check(&in_order, &one, sent, 1, (&[email], &[sms]));
    check(&in_order, &one, sent, 2, (&[email, sms], &[]));
    check(&in_order, &one, sent, u32::MAX, (&[email, sms], &[]));
    check(&in_order, &one, (push, AttemptState::Throttled), 1, (&[], &[email, sms]));
    check(&in_order, &one, (push, AttemptState::Throttled), 2, (&[email], &[sms]));
    check(&in_order, &customer(&[push, sms]), sent, 1, (&[sms], &[]));
    let other_order =
        definition(json!({"channels": {"mode": "all", "ladder": ["sms", "push", "email"]}}));
    check(&other_order, &one, (sms, AttemptState::Sent), 1, (&[push], &[email]));
    check(&definition(json!({})), &one, sent, 0, (&[], &[]));
}

#[test]
fn a_withheld_channel_takes_the_place_of_one_that_failed() {
    let all = customer_on_all();
    let definition =
        definition(json!({"channels": {"mode": "all", "ladder": ["push", "email", "sms"]}}));
    let mut voucher = with_attempts(&definition, &[(Channel::Push, AttemptState::Claimed)]);
    withhold(&mut voucher, Channel::Email, 1);
    withhold(&mut voucher, Channel::Sms, 1);
    let next = |voucher: &Voucher, customer: &Customer| {
        next_channel(&definition, customer, &query(), voucher, Channel::Push)
    };
    assert_eq!(next(&voucher, &all), Some(Channel::Email), "the first of the campaign");
    assert_eq!(next(&voucher, &customer(&[Channel::Sms])), Some(Channel::Sms));
    assert_eq!(next(&voucher, &customer(&[Channel::Push])), None);
    voucher.attempts.insert(
        Channel::Email,
        crate::voucher::attempt::Attempt::claim(Channel::Email, 1, 1, noon()),
    );
    assert_eq!(next(&voucher, &all), Some(Channel::Sms), "that one was sent after all");
}

#[test]
fn a_withheld_message_leaves_the_voucher_without_one_only_if_there_is_no_other() {
    let first = definition(json!({}));
    let dead = |states: &[(Channel, AttemptState)], channel| {
        is_dead_without(&first, &with_attempts(&first, states), channel)
    };
    let (failed, bounced) = (AttemptState::Failed, AttemptState::Bounced);
    assert!(dead(&[(Channel::Push, failed)], Channel::Sms));
    assert!(dead(&[(Channel::Push, bounced), (Channel::Email, failed)], Channel::Sms));
    assert!(dead(&[(Channel::Push, AttemptState::Throttled)], Channel::Push));
    assert!(!dead(&[(Channel::Push, AttemptState::Unknown)], Channel::Push), "it may have arrived");
    assert!(!dead(&[(Channel::Push, AttemptState::Delivered)], Channel::Sms));
    let all = definition(json!({"channels": {"mode": "all", "ladder": ["push", "email", "sms"]}}));
    let mut voucher = with_attempts(&all, &[(Channel::Push, failed)]);
    let both = customer(&[Channel::Push, Channel::Sms]);
    assert_eq!(all_channels_dead(&all, &both, &query(), &voucher), None);
    withhold(&mut voucher, Channel::Sms, 1);
    assert_eq!(all_channels_dead(&all, &both, &query(), &voucher), Some(vec![Channel::Push]));
}

#[test]
fn a_held_out_customer_is_spared_what_would_go_out_at_once() {
    let all = definition(json!({"channels": {"mode": "all", "ladder": ["push", "email", "sms"]}}));
    let one = customer(&[Channel::Push, Channel::Sms]);
    assert_eq!(further_spared(&all, &one, &query(), u32::MAX), 1);
    assert_eq!(further_spared(&all, &one, &query(), 1), 0);
    assert_eq!(further_spared(&all, &customer_on_all(), &query(), 2), 1);
    assert_eq!(further_spared(&definition(json!({})), &customer_on_all(), &query(), u32::MAX), 0);
}

#[test]
fn support_and_exempt_campaigns_are_not_stopped() {
    use crate::kernel::id::Occurrence;
    let run = Occurrence::parse("cmp_1.1").unwrap();
    let by_hand = Occurrence::parse("goodwill.req-1").unwrap();
    assert!(is_capped(&definition(json!({})), &run));
    assert!(!is_capped(&definition(json!({"pressure": {"exempt": true}})), &run));
    assert!(!is_capped(&definition(json!({})), &by_hand));
}

#[test]
fn every_channel_is_dead_when_each_has_failed_or_is_closed() {
    use crate::voucher::attempt::Attempt;
    let definition =
        definition(json!({"channels": {"mode": "all", "ladder": ["push", "email", "sms"]}}));
    let both = customer(&[Channel::Push, Channel::Sms]);
    let dead = |states: &[(Channel, AttemptState)]| {
        let mut voucher = crate::voucher::record::tests::issued(&definition);
        voucher.attempts.clear();
        for (channel, state) in states {
            let claim = Attempt::claim(*channel, 1, 1, noon());
            voucher.attempts.insert(*channel, Attempt { state: *state, ..claim });
        }
        all_channels_dead(&definition, &both, &query(), &voucher)
    };
    let (failed, bounced) = (AttemptState::Failed, AttemptState::Bounced);
    let all = Some(vec![Channel::Push, Channel::Sms]);
    assert_eq!(dead(&[(Channel::Push, failed), (Channel::Sms, bounced)]), all, "e-mail is closed");
    assert_eq!(dead(&[(Channel::Push, failed)]), None, "an SMS may still be sent");
    for state in AttemptState::ALL.into_iter().filter(|it| ![failed, bounced].contains(it)) {
        assert_eq!(dead(&[(Channel::Push, failed), (Channel::Sms, state)]), None, "{state:?}");
    }
}

#[test]
fn a_later_message_asks_again() {
    let one = customer(&[Channel::Sms]);
    let ask = |customer: Option<&Customer>, channel, state| {
        check_still_sendable(customer, channel, &query(), state)
    };
    for state in CampaignState::ALL {
        let dead = matches!(
            state,
            CampaignState::Cancelled
                | CampaignState::Ended
                | CampaignState::Failed
                | CampaignState::Archived
        );
        let expected = if dead { Err(SkipReason::Cancelled) } else { Ok(()) };
        assert_eq!(ask(Some(&one), Channel::Sms, state), expected, "{state:?}");
    }
    assert_eq!(
        ask(None, Channel::Sms, CampaignState::Cancelled),
        Err(SkipReason::Cancelled),
        "asked first"
    );
    assert_eq!(ask(None, Channel::Sms, CampaignState::Running), Err(SkipReason::CustomerGone));
    assert_eq!(ask(Some(&one), Channel::Push, CampaignState::Running), Err(SkipReason::NoConsent));
}

#[test]
fn every_reason_has_a_code_and_back() {
    for reason in SkipReason::ALL {
        assert_eq!(SkipReason::parse(reason.code()), Some(reason));
    }
    assert_eq!(SkipReason::parse("bored"), None);
}

#[test]
fn outside_the_hours_it_waits_if_that_is_not_too_late() {
    let night = json!({"quiet_hours": {"sms": {"from": "11:00", "to": "14:00"}}});
    let policy: ContactPolicy = serde_json::from_value(night).unwrap();
    let one = customer_in_group(true);
    let at_noon = |change: serde_json::Value, pressed: Option<SkipReason>| {
        let definition = definition(change);
        decide_send(&EligibilityFacts {
            past_vouchers: &[],
            exclusions: &[],
            campaign: &campaign(),
            definition: &definition,
            customer: Some(&one),
            topic: None,
            channel: Channel::Sms,
            firing: None,
            audience_at: noon(),
            cooling_down: false,
            policy: &policy,
            tenant_currency: euro(),
            cap_reached: pressed,
            now: noon(),
        })
    };
    let later = SendDecision::Defer(Channel::Sms, after(2));
    let held_out = json!({"holdout_percent": 50});
    assert_eq!(at_noon(json!({}), None), later);
    assert_eq!(at_noon(held_out, None), later, "who is held out waits too");
    assert_eq!(
        at_noon(json!({}), Some(SkipReason::FrequencyCap)),
        later,
        "caps are asked when its time has come"
    );
    let ends = json!({"schedule": {"ends_at": "2026-11-01T14:00:00Z"}});
    assert_eq!(at_noon(ends, None), SendDecision::Skip(SkipReason::TooLate));
    let ends = json!({"accept_by": "2026-11-01T13:00:00Z"});
    assert_eq!(at_noon(ends, None), SendDecision::Skip(SkipReason::TooLate));
}

#[test]
fn a_cap_skips_before_anybody_is_held_out() {
    let definition = definition(json!({"holdout_percent": 50}));
    let one = customer_in_group(true);
    let decided = decide_send(&EligibilityFacts {
        past_vouchers: &[],
        exclusions: &[],
        campaign: &campaign(),
        definition: &definition,
        customer: Some(&one),
        topic: None,
        channel: Channel::Sms,
        firing: None,
        audience_at: noon(),
        cooling_down: false,
        policy: &ContactPolicy::default(),
        tenant_currency: euro(),
        cap_reached: Some(SkipReason::OpenOffersCap),
        now: noon(),
    });
    assert_eq!(decided, SendDecision::Skip(SkipReason::OpenOffersCap));
}

#[test]
fn who_pays_in_another_currency_than_the_offers_is_skipped_before_consent_is_asked() {
    let definition = definition(json!({"holdout_percent": 50}));
    let dollars = Currency::parse("USD").unwrap();
    let decide = |own: Option<Currency>, tenant: Currency, consents: bool| {
        let mut one = customer_in_group(false);
        one.profile.currency = own;
        if !consents {
            one.consents.clear();
        }
        decide_send(&EligibilityFacts {
            past_vouchers: &[],
            exclusions: &[],
            campaign: &campaign(),
            definition: &definition,
            customer: Some(&one),
            topic: None,
            channel: Channel::Sms,
            firing: None,
            audience_at: noon(),
            cooling_down: false,
            policy: &ContactPolicy::default(),
            tenant_currency: tenant,
            cap_reached: None,
            now: noon(),
        })
    };
    let skipped = SendDecision::Skip(SkipReason::OtherCurrency);
    assert_eq!(decide(None, euro(), true), SendDecision::Send);
    assert_eq!(decide(Some(euro()), dollars, true), SendDecision::Send);
    assert_eq!(decide(Some(dollars), euro(), true), skipped);
    assert_eq!(decide(None, dollars, true), skipped, "without their own it is the tenant's");
    assert_eq!(decide(Some(dollars), euro(), false), skipped);
}

#[test]
fn a_denied_topic_moves_and_a_pause_skips_and_neither_is_forgotten_later_on() {
    let definition = definition(json!({"topic": "deals"}));
    let deals =
        TopicQuestion { id: definition.topic.clone().unwrap(), default: ConsentState::Granted };
    let mut one = customer(&[Channel::Push, Channel::Sms]);
    let decide = |one: &Customer, topic: Option<&TopicQuestion>| {
        decide_send(&EligibilityFacts {
            past_vouchers: &[],
            exclusions: &[],
            campaign: &campaign(),
            definition: &definition,
            customer: Some(one),
            topic,
            channel: Channel::Push,
            firing: None,
            audience_at: noon(),
            cooling_down: false,
            policy: &ContactPolicy::default(),
            tenant_currency: euro(),
            cap_reached: None,
            now: noon(),
        })
    };
    let voucher = with_attempts(&definition, &[]);
    let asked = ReachQuery { topic: Some(&deals), now: noon() };
    assert_eq!(decide(&one, Some(&deals)), SendDecision::Send);
    let denied = consent(ConsentState::Denied);
    one.topics.insert(TopicScope::on(&deals.id, Channel::Push), denied.clone());
    assert_eq!(decide(&one, Some(&deals)), SendDecision::Move(Channel::Sms));
    assert_eq!(
        next_channel(&definition, &one, &asked, &voucher, Channel::Email),
        Some(Channel::Sms)
    );
    one.topics.insert(TopicScope::on_all(&deals.id), denied);
    assert_eq!(decide(&one, Some(&deals)), SendDecision::Skip(SkipReason::TopicDenied));
    assert_eq!(next_channel(&definition, &one, &asked, &voucher, Channel::Email), None);
    assert_eq!(
        check_still_sendable(Some(&one), Channel::Sms, &asked, CampaignState::Running),
        Err(SkipReason::TopicDenied)
    );
    one.topics.clear();
    one.pause = Some(Pause { until: after(1), source: "test".into(), at: noon() });
    assert_eq!(decide(&one, Some(&deals)), SendDecision::Skip(SkipReason::Paused));
    let later = |hours| {
        let query = ReachQuery { topic: Some(&deals), now: after(hours) };
        check_still_sendable(Some(&one), Channel::Sms, &query, CampaignState::Running)
    };
    assert_eq!((later(0), later(1)), (Err(SkipReason::Paused), Ok(())), "it ends by itself");
}

#[test]
fn the_audience_is_asked_again_for_the_moment_of_the_selection() {
    let new = json!({"audience": {"signed_up": {"days_ago_at_most": 7}}});
    let tagged = json!({"audience": {"tags": {"any_of": ["gold"]}}});
    let mut one = customer(&[Channel::Sms]);
    one.profile.signed_up = Some("2026-10-26".parse().unwrap());
    let gone = SendDecision::Skip(SkipReason::NoLongerMatches);
    let new = definition(new);
    assert_eq!(
        decide_after(&new, Some(&one), Channel::Sms, 72),
        SendDecision::Send,
        "a message that had to wait is still for who was new at the selection"
    );
    one.profile.signed_up = Some("2026-10-20".parse().unwrap());
    assert_eq!(decide_after(&new, Some(&one), Channel::Sms, 0), gone, "a corrected date counts");
    let tagged = definition(tagged);
    assert_eq!(decide_after(&tagged, Some(&one), Channel::Sms, 0), gone);
    one.profile.tags = ["gold".to_owned()].into_iter().collect();
    assert_eq!(decide_after(&tagged, Some(&one), Channel::Sms, 0), SendDecision::Send);
}

#[test]
fn an_occasion_is_used_up_by_a_voucher_or_a_held_out_record_and_by_nothing_else() {
    let birthday = definition(json!({
        "kind": "autopilot",
        "trigger": {"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 1},
    }));
    let trigger = birthday.trigger.clone().unwrap();
    let firing = |day: &str| trigger.firing_on(day.parse().unwrap()).unwrap();
    let (wrong, right, next) = (firing("2026-11-01"), firing("2026-11-20"), firing("2027-11-20"));
    let had = |status: VoucherStatus, asked: &TriggerFiring| {
        let record = Voucher {
            status,
            occurrence: wrong.occurrence.clone(),
            ..crate::voucher::record::tests::issued(&birthday)
        };
        is_cooling_down(&campaign(), &birthday, Some(asked), &[record], after(19 * 24))
    };
    for status in VoucherStatus::ALL {
        let uses_up = status.is_voucher() || status == VoucherStatus::Ghost;
        assert_eq!(had(status, &right), uses_up, "{status:?}");
        assert!(!had(status, &next), "{status:?}: another year is another occasion");
    }
}
