//! Tests of the rule of what a form of the preference page may change, and of what an old or forged
//! one may not.

use serde_json::json;

use super::*;
use crate::{
    customer::profile::{Email, Phone, Suppression},
    kernel::id::CustomerId,
};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + 60 * minute).unwrap()
}
fn said(state: ConsentState, minute: i64) -> Consent {
    Consent { state, source: "app".into(), at: at(minute) }
}
fn topics() -> TopicSettings {
    serde_json::from_value(json!({"topics": [
        {"id": "deals", "names": {"en": "Deals"}},
        {"id": "news", "names": {"en": "News"}, "default": "denied"}]}))
    .unwrap()
}
/// A customer with phone and mailbox who agreed to both at minute 0.
fn ana() -> Customer {
    let mut ana = Customer::new(CustomerId::parse("c-1").unwrap());
    ana.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
    ana.contacts.email = Some(Email::parse("ana@example.com").unwrap());
    for channel in [Channel::Sms, Channel::Email] {
        ana.consents.insert(channel, said(ConsentState::Granted, 0));
    }
    ana
}
fn mailbox(text: &str) -> Address {
    Address::parse(Channel::Email, text).unwrap()
}
fn link(address: &Address) -> LinkedAddress<'_> {
    LinkedAddress { channel: Channel::Email, address: Some(address), is_blocked: false }
}
fn subject(text: &str) -> ConsentSubject {
    ConsentSubject::parse(text).unwrap()
}

/// The form of a page that showed this customer at a minute, as a browser sends it back after some
/// rows were changed.
fn form(customer: &Customer, minute: i64, changed: &[&str]) -> PreferenceForm {
    let (address, topics) = (mailbox("ana@example.com"), topics());
    let page = Preferences::of(customer, &topics, link(&address), at(minute));
    let rows =
        page.channels.iter().map(|(channel, it)| (ConsentSubject::Channel(*channel), it.is_on));
    let rows = rows.chain(page.topics.iter().flat_map(|it| {
        let id = &it.topic.id;
        let all = [(ConsentSubject::Topic(TopicScope::on_all(id)), it.on_all.is_on)];
        let some = it.exceptions.iter();
        let some = some.map(|(channel, choice)| {
            (ConsentSubject::Topic(TopicScope::on(id, *channel)), choice.is_on)
        });
        all.into_iter().chain(some.collect::<Vec<_>>()).collect::<Vec<_>>()
    }));
    let shown: BTreeMap<ConsentSubject, bool> = rows.collect();
    let changed: BTreeSet<ConsentSubject> = changed.iter().map(|text| subject(text)).collect();
    assert!(changed.iter().all(|it| shown.contains_key(it)), "{shown:?}");
    let chosen = shown.iter().filter(|(it, is_on)| **is_on != changed.contains(*it));
    PreferenceForm {
        shown_at: Some(at(minute)),
        chosen: chosen.map(|(it, _)| it.clone()).collect(),
        shown,
        ..PreferenceForm::default()
    }
}
fn save(form: &PreferenceForm, customer: &mut Customer, minute: i64) {
    let address = mailbox("ANA@example.com");
    form.apply(customer, &topics(), link(&address), at(minute));
}
fn is_open(customer: &Customer, channel: Channel) -> bool {
    customer.reachable_contact(channel, &ReachQuery::without_topic(at(99))).is_ok()
}
fn allows(customer: &Customer, topic: &str, channel: Channel) -> bool {
    let question = topics().question(&crate::customer::topics::TopicId::parse(topic).unwrap());
    let query = ReachQuery { topic: Some(&question), now: at(99) };
    customer.reachable_contact(channel, &query).is_ok()
}

#[test]
fn a_form_that_is_sent_back_as_it_was_shown_changes_nothing() {
    let mut ana = ana();
    ana.topics.insert(TopicScope::parse("deals:sms").unwrap(), said(ConsentState::Denied, 1));
    ana.topics.insert(TopicScope::parse("news:email").unwrap(), said(ConsentState::Granted, 1));
    ana.pause = Some(Pause { until: at(90), source: "app".into(), at: at(1) });
    let before = ana.clone();
    save(&form(&before, 5, &[]), &mut ana, 6);
    assert_eq!(ana, before);
}

#[test]
fn what_is_turned_off_is_denied_with_the_pages_name_and_again_changes_nothing() {
    let mut ana = ana();
    let form = form(&ana, 5, &["sms", "topic:deals"]);
    save(&form, &mut ana, 6);
    assert!(!is_open(&ana, Channel::Sms) && is_open(&ana, Channel::Email));
    assert!(!allows(&ana, "deals", Channel::Email));
    assert_eq!(ana.consents[&Channel::Sms].source, PREFERENCE_PAGE);
    assert!(form.denials_hold(&ana));
    let once = ana.clone();
    save(&form, &mut ana, 7);
    assert_eq!(ana, once);
}

#[test]
fn a_yes_counts_for_the_address_of_the_link_and_for_no_other() {
    let mut ana = ana();
    for channel in [Channel::Sms, Channel::Email] {
        ana.consents.insert(channel, said(ConsentState::Denied, 1));
    }
    let form = form(&ana, 5, &["sms", "email"]);
    let mut moved = ana.clone();
    moved.contacts.email = Some(Email::parse("new@example.com").unwrap());
    save(&form, &mut moved, 6);
    assert!(!is_open(&moved, Channel::Email), "the link went to another mailbox");
    save(&form, &mut ana, 6);
    assert!(is_open(&ana, Channel::Email) && !is_open(&ana, Channel::Sms));
    let address = mailbox("ana@example.com");
    assert!(!form.is_granted(&ana, &topics(), link(&address), at(6)), "the page says so");
}

#[test]
fn a_yes_for_a_suppressed_address_renews_the_consent_unless_an_operator_blocked_it() {
    for (reason, renewed) in
        [(SuppressionReason::OptedOut, true), (SuppressionReason::Blocked, false)]
    {
        let mut ana = ana();
        ana.suppressions.insert(Channel::Email, Suppression { reason, at: at(1) });
        save(&form(&ana, 5, &["email"]), &mut ana, 6);
        let at_six = ana.consents[&Channel::Email].at == at(6);
        assert_eq!(at_six, renewed, "{reason:?}: a newer consent lifts what the address has said");
    }
}

#[test]
fn a_block_that_a_stronger_reason_hides_is_not_overruled_by_the_page() {
    let (mut ana, address) = (ana(), mailbox("ana@example.com"));
    let opted_out = Suppression { reason: SuppressionReason::OptedOut, at: at(1) };
    ana.suppressions.insert(Channel::Email, opted_out);
    let blocked = LinkedAddress { is_blocked: true, ..link(&address) };
    let page = Preferences::of(&ana, &topics(), blocked, at(5)).channels[&Channel::Email];
    assert_eq!(page, Choice { is_on: false, can_turn_on: false });
    let (form, before) = (form(&ana, 5, &["email"]), ana.clone());
    form.apply(&mut ana, &topics(), blocked, at(6));
    assert_eq!(ana, before);
}

#[test]
fn an_old_form_cannot_grant_over_what_was_said_since() {
    let (mut ana, deals) = (ana(), TopicScope::parse("deals").unwrap());
    ana.topics.insert(deals.clone(), said(ConsentState::Denied, 1));
    ana.consents.insert(Channel::Email, said(ConsentState::Denied, 1));
    let old = form(&ana, 5, &["email", "topic:deals"]);
    let suppression = Suppression { reason: SuppressionReason::Complained, at: at(6) };
    for change in 0..3 {
        let mut since = ana.clone();
        match change {
            0 => drop(since.consents.insert(Channel::Email, said(ConsentState::Denied, 6))),
            1 => drop(since.suppressions.insert(Channel::Email, suppression)),
            _ => drop(since.topics.insert(deals.clone(), said(ConsentState::Denied, 6))),
        }
        save(&old, &mut since, 7);
        assert_eq!(is_open(&since, Channel::Email), change == 2, "{change}");
        assert_eq!(since.topics[&deals].state == ConsentState::Granted, change != 2, "{change}");
    }
    let timeless = PreferenceForm { shown_at: None, ..old.clone() };
    let mut unchanged = ana.clone();
    save(&timeless, &mut unchanged, 7);
    assert_eq!(unchanged, ana, "a form that does not say when it was shown grants nothing");
    save(&old, &mut ana, 7);
    assert!(is_open(&ana, Channel::Email) && allows(&ana, "deals", Channel::Email));
    // The person says no elsewhere, and the browser sends the form once more.
    ana.consents.insert(Channel::Email, said(ConsentState::Denied, 8));
    save(&old, &mut ana, 9);
    assert!(!is_open(&ana, Channel::Email));
}

#[test]
fn rows_that_were_not_shown_are_neither_granted_nor_denied() {
    let mut ana = ana();
    ana.consents.insert(Channel::Email, said(ConsentState::Denied, 1));
    let before = ana.clone();
    let forged = PreferenceForm {
        shown_at: Some(at(5)),
        chosen: ["email", "sms", "topic:news", "topic:gone"].map(subject).into(),
        ..PreferenceForm::default()
    };
    save(&forged, &mut ana, 6);
    assert_eq!(ana, before);
    let gone = PreferenceForm { shown: [(subject("topic:gone"), false)].into(), ..forged };
    save(&gone, &mut ana, 6);
    assert_eq!(ana, before, "the tenant has no such topic");
}

#[test]
fn a_channels_own_word_on_a_topic_is_shown_and_can_be_turned() {
    let mut ana = ana();
    ana.topics.insert(TopicScope::parse("deals:sms").unwrap(), said(ConsentState::Denied, 1));
    ana.topics.insert(TopicScope::parse("news:email").unwrap(), said(ConsentState::Granted, 1));
    let both = form(&ana, 5, &["topic:deals:sms", "topic:news:email"]);
    save(&both, &mut ana, 6);
    assert!(allows(&ana, "deals", Channel::Sms) && !allows(&ana, "news", Channel::Email));
    save(&form(&ana, 7, &["topic:news"]), &mut ana, 8);
    assert!(allows(&ana, "news", Channel::Sms));
}

#[test]
fn all_off_closes_every_channel_whatever_else_the_form_says() {
    let mut ana = ana();
    ana.consents.insert(Channel::Email, said(ConsentState::Denied, 1));
    let form = PreferenceForm { all_off: true, ..form(&ana, 5, &["email"]) };
    save(&form, &mut ana, 6);
    for channel in Channel::ALL {
        assert_eq!(ana.consents[&channel].state, ConsentState::Denied, "{channel}");
    }
    assert!(form.denials_hold(&ana));
}

#[test]
fn a_pause_is_set_once_for_each_form_and_ends_only_by_a_form_that_showed_it() {
    let mut ana = ana();
    let paused = |weeks, minute| PreferenceForm {
        shown_at: Some(at(minute)),
        pause: PauseChoice::parse(weeks),
        ..PreferenceForm::default()
    };
    save(&paused("3", 5), &mut ana, 6);
    assert_eq!(ana.pause, None, "no such length");
    save(&paused("4", 5), &mut ana, 6);
    let until = at(6).checked_add(jiff::SignedDuration::from_hours(4 * 7 * 24)).unwrap();
    assert_eq!(ana.pause.as_ref().unwrap().until, until);
    save(&paused("4", 5), &mut ana, 600);
    assert_eq!(ana.pause.as_ref().unwrap().until, until, "sent again");
    save(&paused("0", 5), &mut ana, 601);
    assert!(ana.is_paused(at(602)), "the form has not shown the pause");
    save(&paused("0", 601), &mut ana, 602);
    assert!(!ana.is_paused(at(602)) && ana.past_pauses.len() == 1);
    // The app says something else between the page and the form: the later word of the person counts.
    ana.pause = Some(Pause::ended("app", at(610)));
    save(&paused("1", 605), &mut ana, 611);
    assert!(ana.is_paused(at(612)));
}
