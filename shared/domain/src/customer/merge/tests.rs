//! Tests of a merge and its undo: what the surviving record has of both, and what each has after it
//! is undone.

use super::*;
use crate::{
    customer::profile::{Email, EndpointArn, Name, Phone},
    kernel::{id::PushEndpointId, money::MinorUnits},
};

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + hour * 3_600).unwrap()
}
fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}
fn consent(state: ConsentState, hour: i64) -> Consent {
    Consent { state, source: "form".into(), at: at(hour) }
}
fn customer(id: &str) -> Customer {
    Customer { version: 3, ..Customer::new(CustomerId::parse(id).unwrap()) }
}
fn with_orders(id: &str, orders: u32, spend: i64, day: &str) -> Customer {
    let totals = OrderTotals {
        orders,
        spend: MinorUnits::new(spend).unwrap(),
        last_order_day: Some(day.parse().unwrap()),
    };
    let mut customer = customer(id);
    customer.activity = totals;
    customer.verticals.insert("food".into(), totals);
    customer
}
fn device(id: &str) -> PushEndpoint {
    let arn = format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/{id}");
    PushEndpoint {
        endpoint_id: PushEndpointId::parse(id).unwrap(),
        arn: EndpointArn::parse(&arn).unwrap(),
    }
}
fn merge(into: &Customer, from: &Customer) -> Customer {
    merge_customers(into, from, euro(), at(10)).unwrap()
}
fn undo(into: &Customer, from: &Customer, current: &Customer) -> SeparatedRecords {
    let made = MadeMerge { before: into, from, tenant: euro(), at: at(10) };
    made.undo(current).unwrap()
}

#[test]
fn a_no_of_either_holds_and_a_yes_goes_with_its_address() {
    let (yes, no) = (ConsentState::Granted, ConsentState::Denied);
    let phone = |text: &str| Some(Phone::parse(text).unwrap());
    // own phone, own word, other phone, other word, expected
    let cases = [
        (true, Some(yes), true, Some(yes), Some(yes)),
        (true, Some(yes), true, Some(no), Some(no)),
        (false, Some(no), true, Some(yes), Some(no)),
        (true, None, true, Some(yes), None),
        (false, None, true, Some(yes), Some(yes)),
        (false, Some(yes), true, None, None),
        (true, Some(yes), false, None, Some(yes)),
        (false, None, false, Some(yes), Some(yes)),
    ];
    for (own_phone, own, other_phone, other, expected) in cases {
        let (mut into, mut from) = (customer("a"), customer("b"));
        into.contacts.phone = phone("+34600000001").filter(|_| own_phone);
        from.contacts.phone = phone("+34600000002").filter(|_| other_phone);
        into.consents.extend(own.map(|state| (Channel::Sms, consent(state, 1))));
        from.consents.extend(other.map(|state| (Channel::Sms, consent(state, 2))));
        let merged = merge(&into, &from);
        let found = merged.consents.get(&Channel::Sms).map(|it| it.state);
        assert_eq!(found, expected, "{own_phone} {own:?} {other_phone} {other:?}");
    }
}

#[test]
fn a_stop_of_the_number_that_is_not_used_is_a_denial() {
    let (mut into, mut from) = (customer("a"), customer("b"));
    into.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
    into.consents.insert(Channel::Sms, consent(ConsentState::Granted, 1));
    from.contacts.phone = Some(Phone::parse("+34600000002").unwrap());
    for (reason, expected) in [
        (SuppressionReason::OptedOut, ConsentState::Denied),
        (SuppressionReason::Complained, ConsentState::Denied),
        (SuppressionReason::Bounced, ConsentState::Granted),
    ] {
        from.suppressions.insert(Channel::Sms, Suppression { reason, at: at(2) });
        let merged = merge(&into, &from);
        assert_eq!(merged.consents[&Channel::Sms].state, expected, "{reason:?}");
        assert!(merged.suppressions.is_empty());
    }
}

#[test]
fn the_totals_add_up_and_the_later_day_counts() {
    let into = with_orders("a", 2, 500, "2026-10-01");
    let from = with_orders("b", 3, 700, "2026-11-01");
    let merged = merge(&into, &from);
    assert_eq!((merged.activity.orders, merged.activity.spend.units()), (5, 1_200));
    assert_eq!(merged.activity, merged.verticals["food"]);
    assert_eq!(merged.activity.last_order_day, from.activity.last_order_day);
    assert_eq!(merged.record_ids().len(), 2);
    assert!(merged.is_known_as(&from.id) && merged.last_merge() == Some(at(10)));
}

#[test]
fn what_cannot_be_one_customer_is_refused() {
    let into = with_orders("a", 1, 500, "2026-10-01");
    let mut dollars = with_orders("b", 1, 500, "2026-10-01");
    dollars.profile.currency = Some(Currency::parse("USD").unwrap());
    let refused = |into, from| merge_customers(into, from, euro(), at(10)).unwrap_err();
    assert_eq!(refused(&into, &dollars), MergeRefusal::OtherCurrency);
    assert_eq!(refused(&into, &into), MergeRefusal::SameCustomer);
    let mut many = customer("c");
    for number in 0..MAX_MERGED {
        let id = CustomerId::parse(&format!("old-{number}")).unwrap();
        many.merged.push(MergedRecord { id, at: at(1) });
    }
    assert_eq!(refused(&many, &into), MergeRefusal::TooManyRecords);
    assert_eq!(refused(&into, &many), MergeRefusal::TooManyRecords);
    let mut wide = customer("d");
    for number in 0..MAX_VERTICALS {
        wide.verticals.insert(format!("v{number}"), into.activity);
    }
    assert_eq!(refused(&into, &wide), MergeRefusal::TooManyVerticals);
    // Without orders of its own a record takes the currency in which the other has ordered.
    assert_eq!(merge(&customer("e"), &dollars).currency(euro()), dollars.currency(euro()));
}

#[test]
fn an_undo_at_once_gives_both_back_what_they_were() {
    let mut into = with_orders("a", 2, 500, "2026-10-01");
    into.profile.first_name = Some(Name::parse("Ana").unwrap());
    into.profile.tags = vec!["vip".into()];
    into.consents.insert(Channel::Email, consent(ConsentState::Granted, 1));
    into.push_endpoints = vec![device("d1")];
    let mut from = with_orders("b", 3, 700, "2026-11-01");
    from.contacts.email = Some(Email::parse("ana@example.com").unwrap());
    from.consents.insert(Channel::Email, consent(ConsentState::Denied, 2));
    from.profile.last_name = Some(Name::parse("García").unwrap());
    from.profile.tags = vec!["vip".into(), "new".into()];
    from.profile.personal_dates.insert("birthday".into(), "1990-03-05".parse().unwrap());
    from.push_endpoints = vec![device("d2")];
    from.pause = Some(Pause::weeks(1, "page", at(3)));
    let merged = merge(&into, &from);
    let SeparatedRecords { into: mut one, from: mut other } = undo(&into, &from, &merged);
    for (found, expected) in [(&mut one, &into), (&mut other, &from)] {
        // The totals are computed from the orders.
        found.activity = expected.activity;
        found.verticals = expected.verticals.clone();
        found.version = expected.version;
        assert_eq!(*found, *expected);
    }
}

#[test]
fn what_was_said_since_the_merge_stays_and_a_no_holds_for_both() {
    let (mut into, mut from) = (customer("a"), customer("b"));
    into.consents.insert(Channel::Sms, consent(ConsentState::Granted, 1));
    from.consents.insert(Channel::Sms, consent(ConsentState::Granted, 2));
    from.contacts.phone = Some(Phone::parse("+34600000002").unwrap());
    from.push_endpoints = vec![device("d2")];
    let mut current = merge(&into, &from);
    current.consents.insert(Channel::Sms, consent(ConsentState::Denied, 12));
    current.profile.first_name = Some(Name::parse("Ana").unwrap());
    current.contacts.phone = Some(Phone::parse("+34600000009").unwrap());
    current.push_endpoints.clear();
    let SeparatedRecords { into: one, from: other } = undo(&into, &from, &current);
    assert_eq!(one.consents[&Channel::Sms].state, ConsentState::Denied);
    assert_eq!(other.consents[&Channel::Sms].state, ConsentState::Denied);
    assert_eq!(one.contacts.phone, current.contacts.phone);
    assert_eq!(other.contacts.phone, from.contacts.phone);
    assert_eq!(
        (one.profile.first_name, other.profile.first_name),
        (current.profile.first_name, None)
    );
    assert!(other.push_endpoints.is_empty(), "a token that was taken off does not come back");
    assert!(one.merged.is_empty());
}

#[test]
fn devices_have_their_bound_and_the_own_ones_stay() {
    let (mut into, mut from) = (customer("a"), customer("b"));
    into.push_endpoints = (0..4).map(|number| device(&format!("a{number}"))).collect();
    from.push_endpoints = (0..4).map(|number| device(&format!("b{number}"))).collect();
    let merged = merge(&into, &from);
    let names: Vec<_> = merged.push_endpoints.iter().map(|it| it.endpoint_id.as_str()).collect();
    assert_eq!(names, ["b3", "a0", "a1", "a2", "a3"]);
}
