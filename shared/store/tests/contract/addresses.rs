//! Tests of what addresses have said, in memory and on the local AWS: a no reaches every record that
//! has the address, now and later, under repeats and races; and a token is on one record.

use domain::{
    Timestamp,
    customer::{
        address::{Address, AddressKey},
        address_state::{Lift, LiftCause, NewSuppression},
        changes::{CustomerPatch, CustomerReplacement},
        profile::{Consent, ConsentState, Customer, PushEndpoint, SuppressionReason},
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, VoucherId},
        money::Currency,
        validation::parse_value,
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use store::{Store, customer::profiles::CustomerLookup};
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::stage::with_store;

const TOKEN: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1";

fn at(second: i64) -> Timestamp {
    add_milliseconds(noon(), second * 1_000)
}
fn id(number: usize) -> CustomerId {
    customer_id(&format!("c-{number}"))
}
fn granted(second: i64) -> Consent {
    Consent { state: ConsentState::Granted, source: "app".into(), at: at(second) }
}
async fn put(store: &Store, number: usize, body: Value, second: i64) {
    let put: CustomerReplacement = parse_value(body).unwrap();
    let none = domain::campaign::trigger::EventAutopilots::default();
    let euro = Currency::parse("EUR").unwrap();
    store.put_customer_with_matches(&id(number), &put, euro, &none, at(second)).await.unwrap();
}
async fn put_email(store: &Store, number: usize, email: &str, second: i64) {
    put(store, number, json!({"contacts": {"email": email}}), second).await;
}
async fn patch(store: &Store, number: usize, body: Value) {
    let patch: CustomerPatch = parse_value(body).unwrap();
    let euro = Currency::parse("EUR").unwrap();
    store.patch_customer(&id(number), &patch, euro, at(100)).await.unwrap();
}
async fn found(store: &Store, number: usize) -> Customer {
    match store.customer(&id(number)).await.unwrap() {
        CustomerLookup::Customer(customer) => *customer,
        gone @ (CustomerLookup::Erased | CustomerLookup::Unknown) => panic!("{gone:?}"),
    }
}
async fn shown(store: &Store, number: usize, channel: Channel) -> Option<SuppressionReason> {
    found(store, number).await.suppressions.get(&channel).map(|it| it.reason)
}
async fn key(store: &Store, channel: Channel, address: &str) -> AddressKey {
    store.address_key(&Address::parse(channel, address).unwrap()).await.unwrap()
}
async fn say(
    store: &Store,
    channel: Channel,
    address: &str,
    reason: SuppressionReason,
    second: i64,
) {
    let key = key(store, channel, address).await;
    let no = NewSuppression::received(reason, at(second), "test");
    store.suppress_address(&key, channel, &no).await.unwrap();
}
fn device(name: &str, arn: &str) -> PushEndpoint {
    parse_value(json!({"endpoint_id": name, "arn": arn})).unwrap()
}

#[tokio::test]
async fn a_no_reaches_every_record_that_has_the_address_now_or_later() {
    with_store(async |store, _| {
        put_email(store, 1, "ana@example.com", 0).await;
        put_email(store, 2, "Ana@Example.com", 0).await;
        put_email(store, 3, "bob@example.com", 0).await;
        say(store, Channel::Email, "ANA@example.com", SuppressionReason::Complained, 10).await;
        put_email(store, 4, "ana@EXAMPLE.com", 20).await;
        patch(store, 3, json!({"contacts": {"email": "aNa@example.com"}})).await;
        for number in 1..=4 {
            let reason = shown(store, number, Channel::Email).await;
            assert_eq!(reason, Some(SuppressionReason::Complained), "c-{number}");
        }
        let ana = key(store, Channel::Email, "ana@example.com").await;
        let holders: Vec<CustomerId> = (1..=4).map(id).collect();
        assert_eq!(store.address_holders(&ana, 10).await.unwrap(), holders);
    })
    .await;
}

#[tokio::test]
async fn another_case_and_another_address_and_back_lift_nothing() {
    with_store(async |store, _| {
        put(
            store,
            1,
            json!({"contacts": {"email": "ana@example.com", "phone": "+525512345678"}}),
            0,
        )
        .await;
        say(store, Channel::Email, "ana@example.com", SuppressionReason::OptedOut, 10).await;
        say(store, Channel::Sms, "+5215512345678", SuppressionReason::OptedOut, 10).await;
        for (contact, suppressed) in [
            (json!({"email": "Ana@Example.com"}), true),
            (json!({"email": "other@example.com"}), false),
            (json!({"email": "ANA@example.com"}), true),
            (json!({"email": null}), false),
            (json!({"email": "ana@example.com"}), true),
        ] {
            patch(store, 1, json!({"contacts": contact.clone()})).await;
            assert_eq!(shown(store, 1, Channel::Email).await.is_some(), suppressed, "{contact}");
        }
        for (phone, suppressed) in
            [("+5215512345678", true), ("+34600000001", false), ("+52015512345678", true)]
        {
            patch(store, 1, json!({"contacts": {"phone": phone}})).await;
            assert_eq!(shown(store, 1, Channel::Sms).await.is_some(), suppressed, "{phone}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_later_consent_for_the_address_lifts_it_for_all_and_an_older_one_does_not() {
    with_store(async |store, _| {
        for number in 1..=2 {
            put(store, number, json!({"contacts": {"phone": "+34600000001"}}), 0).await;
        }
        say(store, Channel::Sms, "+34600000001", SuppressionReason::OptedOut, 10).await;
        store.set_consent(&id(1), Channel::Sms, &granted(10), at(50)).await.unwrap();
        assert!(shown(store, 2, Channel::Sms).await.is_some(), "given at the same moment");
        store.set_consent(&id(1), Channel::Sms, &granted(11), at(50)).await.unwrap();
        for number in 1..=2 {
            assert_eq!(shown(store, number, Channel::Sms).await, None, "c-{number}");
        }
        say(store, Channel::Sms, "+34600000001", SuppressionReason::OptedOut, 9).await;
        assert_eq!(shown(store, 1, Channel::Sms).await, None, "an old no that comes late");
        // A consent that was given with another number says nothing about this one.
        say(store, Channel::Sms, "+34600000002", SuppressionReason::OptedOut, 5).await;
        patch(store, 1, json!({"contacts": {"phone": "+34600000002"}})).await;
        assert!(shown(store, 1, Channel::Sms).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_start_word_and_an_operator_lift_what_they_can() {
    with_store(async |store, _| {
        put(store, 1, json!({"contacts": {"phone": "+34600000001"}}), 0).await;
        let phone = key(store, Channel::Sms, "+34600000001").await;
        let lift = async |cause, second| {
            let lift = Lift::received(cause, at(second));
            store.lift_address(&phone, Channel::Sms, &lift).await.unwrap();
        };
        // START comes first, and the STOP that it answers late.
        lift(LiftCause::StartWord, 20).await;
        say(store, Channel::Sms, "+34600000001", SuppressionReason::OptedOut, 10).await;
        assert_eq!(shown(store, 1, Channel::Sms).await, None);
        say(store, Channel::Sms, "+34600000001", SuppressionReason::Blocked, 10).await;
        lift(LiftCause::StartWord, 30).await;
        assert_eq!(shown(store, 1, Channel::Sms).await, Some(SuppressionReason::Blocked));
        for _ in 0..2 {
            lift(LiftCause::Operator, 40).await;
            assert_eq!(shown(store, 1, Channel::Sms).await, None);
        }
    })
    .await;
}

#[tokio::test]
async fn a_consent_that_a_start_word_gives_back_lifts_an_opt_out_and_nothing_else() {
    with_store(async |store, _| {
        put(store, 1, json!({"contacts": {"phone": "+34600000001"}}), 0).await;
        for reason in SuppressionReason::ALL {
            say(store, Channel::Sms, "+34600000001", reason, 10).await;
        }
        let denied =
            Consent { state: ConsentState::Denied, source: "sms_reply".into(), at: at(10) };
        store.set_consent(&id(1), Channel::Sms, &denied, at(10)).await.unwrap();
        store.restore_consent(&id(1), Channel::Sms, "sms_reply", at(20)).await.unwrap();
        let given = found(store, 1).await.consents[&Channel::Sms].clone();
        assert_eq!(given.state, ConsentState::Granted);
        let in_force = async || {
            let phone = key(store, Channel::Sms, "+34600000001").await;
            let state = store.address_state(&phone).await.unwrap().unwrap();
            state.in_force().map(|(reason, _)| reason).collect::<Vec<_>>()
        };
        let mut kept = SuppressionReason::ALL.to_vec();
        kept.retain(|reason| *reason != SuppressionReason::OptedOut);
        assert_eq!(in_force().await, kept);
        store.take_back_denial(&id(1), Channel::Sms, &granted(30), at(30)).await.unwrap();
        assert_eq!(in_force().await, kept);
        store.set_consent(&id(1), Channel::Sms, &granted(40), at(40)).await.unwrap();
        assert_eq!(in_force().await, [SuppressionReason::Blocked]);
    })
    .await;
}

#[tokio::test]
async fn no_record_escapes_a_no_that_is_said_while_it_is_written() {
    with_store(async |store, _| {
        let writes = (0..8).map(|number| put_email(store, number, "ana@example.com", 0));
        let said = say(store, Channel::Email, "ana@example.com", SuppressionReason::OptedOut, 10);
        futures::join!(join_all(writes), said);
        for number in 0..8 {
            assert!(shown(store, number, Channel::Email).await.is_some(), "c-{number}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_belongs_to_whoever_registered_it_last() {
    with_store(async |store, _| {
        let devices = async |number| {
            let found = found(store, number).await.push_endpoints;
            found.iter().map(|it| it.endpoint_id.as_str().to_owned()).collect::<Vec<_>>()
        };
        let other = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/2";
        for number in 1..=3 {
            put(store, number, json!({}), 0).await;
        }
        store.put_endpoint(&id(1), &device("a", TOKEN), at(1)).await.unwrap();
        store.put_endpoint(&id(1), &device("b", other), at(1)).await.unwrap();
        store.put_endpoint(&id(2), &device("mine", TOKEN), at(2)).await.unwrap();
        assert_eq!((devices(1).await, devices(2).await), (vec!["b".into()], vec!["mine".into()]));
        let both = json!({"push_endpoints": [{"endpoint_id": "x", "arn": TOKEN}, {"endpoint_id": "y", "arn": other}]});
        put(store, 1, both, 3).await;
        assert_eq!((devices(1).await.len(), devices(2).await.len()), (2, 0));
        let (one, two) = (device("p", TOKEN), device("q", TOKEN));
        let register = async |number: usize, device: &PushEndpoint| {
            store.put_endpoint(&id(number), device, at(4)).await.unwrap();
        };
        futures::join!(register(2, &one), register(3, &two));
        let holders = [1, 2, 3].map(|number| found(store, number));
        let holders = join_all(holders).await;
        let having = holders.iter().filter(|it| it.push_endpoints.iter().any(|it| it.arn.expose() == TOKEN));
        assert_eq!(having.count(), 1, "of two at once, too");
    })
    .await;
}

#[tokio::test]
async fn a_dead_token_is_taken_off_and_comes_back_by_a_new_registration_only() {
    with_store(async |store, _| {
        let body = json!({"push_endpoints": [{"endpoint_id": "a", "arn": TOKEN}]});
        put(store, 1, body.clone(), 0).await;
        say(store, Channel::Push, TOKEN, SuppressionReason::Invalid, 10).await;
        assert_eq!(found(store, 1).await.push_endpoints, []);
        put(store, 1, body, 20).await;
        assert_eq!(
            found(store, 1).await.push_endpoints,
            [],
            "a copy of the profile is no registration"
        );
        store.put_endpoint(&id(1), &device("a", TOKEN), at(30)).await.unwrap();
        assert_eq!(found(store, 1).await.push_endpoints.len(), 1);
        say(store, Channel::Push, TOKEN, SuppressionReason::Blocked, 40).await;
        store.put_endpoint(&id(1), &device("a", TOKEN), at(50)).await.unwrap();
        assert_eq!(found(store, 1).await.push_endpoints, [], "what an operator blocks stays so");
    })
    .await;
}

#[tokio::test]
async fn an_erased_address_is_silent_for_those_who_get_it_later() {
    with_store(async |store, _| {
        for number in 1..=2 {
            put_email(store, number, "ana@example.com", 0).await;
        }
        assert!(store.erase_customer(&id(1), at(10)).await.unwrap());
        put_email(store, 3, "Ana@example.com", 20).await;
        assert_eq!(shown(store, 2, Channel::Email).await, None, "who had it already keeps it");
        assert_eq!(shown(store, 3, Channel::Email).await, Some(SuppressionReason::Erased));
        store.set_consent(&id(3), Channel::Email, &granted(15), at(30)).await.unwrap();
        assert_eq!(shown(store, 3, Channel::Email).await, None);
        let ana = key(store, Channel::Email, "ana@example.com").await;
        assert_eq!(store.address_holders(&ana, 10).await.unwrap(), [id(2), id(3)]);
    })
    .await;
}

#[tokio::test]
async fn the_fifth_failure_in_a_row_suppresses_and_the_list_shows_it() {
    with_store(async |store, _| {
        put(store, 1, json!({"contacts": {"phone": "+34600000001"}}), 0).await;
        let phone = key(store, Channel::Sms, "+34600000001").await;
        for number in 1..=5 {
            assert_eq!(shown(store, 1, Channel::Sms).await, None, "before {number}");
            let voucher = VoucherId::parse(&format!("vch_{number}")).unwrap();
            for _ in 0..2 {
                let (attempted, now) = (at(number), at(100 + number));
                store
                    .record_address_failure(&phone, Channel::Sms, &voucher, attempted, None, now)
                    .await
                    .unwrap();
            }
        }
        assert_eq!(shown(store, 1, Channel::Sms).await, Some(SuppressionReason::Failing));
        say(store, Channel::Sms, "+34600000002", SuppressionReason::OptedOut, 500).await;
        let first = store.suppressed_addresses(Channel::Sms, 1, None).await.unwrap();
        let second =
            store.suppressed_addresses(Channel::Sms, 1, first.next.as_ref()).await.unwrap();
        let keys = [&first, &second].map(|page| page.addresses[0].key.clone());
        assert_eq!(
            keys,
            [key(store, Channel::Sms, "+34600000002").await, phone],
            "the latest first"
        );
        assert_eq!(
            store.suppressed_addresses(Channel::Email, 10, None).await.unwrap().addresses,
            []
        );
    })
    .await;
}

#[tokio::test]
async fn a_reply_waits_for_a_person_once() {
    with_store(async |store, _| {
        let phone = key(store, Channel::Sms, "+34600000001").await;
        for _ in 0..2 {
            store.keep_reply(&phone, "i-1", "please, stop", at(1)).await.unwrap();
        }
        store.keep_reply(&phone, "i-2", "sotp", at(2)).await.unwrap();
        let (first, next) = store.waiting_replies(1, None).await.unwrap();
        let (second, _) = store.waiting_replies(5, next.as_ref()).await.unwrap();
        assert_eq!((first[0].text.as_str(), second[0].text.as_str()), ("please, stop", "sotp"));
        assert_eq!(store.waiting_reply(&first[0].id).await.unwrap().as_ref(), Some(&first[0]));
        store.settle_reply(&first[0].id).await.unwrap();
        assert_eq!(store.waiting_reply(&first[0].id).await.unwrap(), None);
        assert_eq!(store.waiting_replies(5, None).await.unwrap().0, second);
        assert_eq!(store.waiting_reply("nonsense").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_store_without_the_secret_refuses_an_address() {
    let tables = testkit::TestTables::in_memory();
    let names = store::TableNames::from_lookup(|variable| tables.table_name(variable));
    let store = Store::new(&tables.config, names);
    let put: CustomerReplacement =
        parse_value(json!({"contacts": {"email": "a@example.com"}})).unwrap();
    let refused = store.put_customer(&id(1), &put, Currency::parse("EUR").unwrap()).await;
    assert!(matches!(refused, Err(store::StoreError::Refused(_))), "{refused:?}");
}
