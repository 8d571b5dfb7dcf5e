//! Tests of the suppressions of addresses as an operator sees them: why and since when, by hand,
//! from a file, lifted with a reason; and of the replies that wait for a person.

use domain::{
    customer::{address::Address, address_state::NewSuppression, profile::SuppressionReason},
    kernel::{audit_kind::AuditKind, channel::Channel},
};
use serde_json::{Value, json};
use store::{campaign::campaigns::AuditLogQuery, customer::profiles::CustomerLookup};
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::fixture::{HOUR, OperationsFixture};

const SUPPRESSIONS: &str = "/v1/configuration/voucher-campaign/suppressions";
const REPLIES: &str = "/v1/configuration/voucher-campaign/waiting-replies";

async fn shown(
    test: &OperationsFixture,
    customer: &str,
    channel: Channel,
) -> Option<SuppressionReason> {
    let found = test.store.customer(&customer_id(customer)).await.unwrap();
    let CustomerLookup::Customer(customer) = found else { unreachable!() };
    customer.suppressions.get(&channel).map(|it| it.reason)
}
async fn search(test: &OperationsFixture, address: Value) -> Value {
    let answer = test.post("viewer", &format!("{SUPPRESSIONS}/search"), &address).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

#[tokio::test]
async fn an_operator_sees_why_and_since_when_and_lifts_it_with_a_reason() {
    let test = OperationsFixture::new();
    for customer in ["c-1", "c-2"] {
        test.add_customer(customer).await;
    }
    let email = Address::parse(Channel::Email, "ana@example.com").unwrap();
    let key = test.store.address_key(&email).await.unwrap();
    let no = NewSuppression::received(SuppressionReason::Complained, noon(), "provider");
    test.store.suppress_address(&key, Channel::Email, &no).await.unwrap();
    let found = search(&test, json!({"email": "ANA@example.com"})).await;
    assert_eq!(found["customers"], json!(["c-1", "c-2"]));
    let why = &found["suppressions"][0];
    assert_eq!(
        (&why["reason"], &why["in_force"], &why["source"]),
        (&json!("complained"), &json!(true), &json!("provider"))
    );
    assert_eq!(why["since"], noon().to_string());
    assert!(!found.to_string().contains("ana@"), "{found}");
    // The diagnostics of a customer lead to the address by its key.
    let diagnostics = "/v1/configuration/voucher-campaign/diagnostics/customers/c-2";
    let diagnosed = test.get("viewer", diagnostics).await.body;
    let channels = diagnosed["channels"].as_array().unwrap();
    let by_email = channels.iter().find(|it| it["channel"] == "email").unwrap();
    assert_eq!(by_email["address_keys"], json!([key]), "{diagnosed}");
    assert!(!diagnosed.to_string().contains("ana@"), "{diagnosed}");

    let lift = json!({"address": {"key": key}, "note": "she wrote to us"});
    let path = format!("{SUPPRESSIONS}/lift");
    test.post("marketer", &path, &lift).await.check(403, "forbidden");
    let lifted = test.post("admin", &path, &lift).await;
    assert_eq!(
        (lifted.status, &lifted.body["suppressed"]),
        (200, &json!(false)),
        "{}",
        lifted.body
    );
    let entry = &lifted.body["suppressions"][0]["lifted"];
    assert_eq!((&entry["cause"], &entry["note"]), (&json!("operator"), &json!("she wrote to us")));
    let log = test.store.list_audit_log(&AuditLogQuery::default(), None, 10).await.unwrap();
    let [act] = log.records.as_slice() else { unreachable!("{:?}", log.records) };
    assert_eq!((act.kind, act.subject.as_str()), (AuditKind::Suppression, key.as_str()));
    assert_eq!((&*act.record.action, &*act.record.note), ("lift", "she wrote to us"));
    for customer in ["c-1", "c-2"] {
        assert_eq!(shown(&test, customer, Channel::Email).await, None);
    }
    let unknown = json!({"address": {"phone": "+34600000099"}, "note": "x"});
    test.post("admin", &path, &unknown).await.check(404, "suppression_unknown");
}

#[tokio::test]
async fn a_blocked_address_is_blocked_for_everyone_and_a_bad_request_names_its_field() {
    let test = OperationsFixture::new();
    test.add_customer("c-1").await;
    let block =
        |address: Value, note: &str| json!({"address": address, "reason": "blocked", "note": note});
    let phone = json!({"phone": "+34600000001"});
    test.post("viewer", SUPPRESSIONS, &block(phone.clone(), "n")).await.check(403, "forbidden");
    assert_eq!(
        test.post("marketer", SUPPRESSIONS, &block(phone.clone(), "do not call")).await.status,
        200
    );
    assert_eq!(shown(&test, "c-1", Channel::Sms).await, Some(SuppressionReason::Blocked));
    let key = "0123456789abcdef0123456789abcdef";
    for (body, field) in [
        (block(phone.clone(), " "), "/note"),
        (block(json!({}), "n"), "/address/email"),
        (block(json!({"phone": "+34600000001", "email": "a@x.com"}), "n"), "/address/phone"),
        (block(json!({"phone": "+34600000001", "key": key}), "n"), "/address/key"),
        (block(json!({"key": key}), "n"), "/address/channel"),
        (block(json!({"email": "mailto:a@x.com"}), "n"), "/address/email"),
        (json!({"address": phone, "reason": "angry", "note": "n"}), "/reason"),
    ] {
        let answer = test.post("admin", SUPPRESSIONS, &body).await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["field"]),
            (422, &json!(field)),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_list_is_imported_line_by_line_and_exported_again() {
    let test = OperationsFixture::new();
    test.add_customer("c-1").await;
    let file = "\u{feff}address,reason,at,note\r\n\
        Ana@example.com,complained,2026-01-01T00:00:00Z,\"old, list\"\r\n\
        '+34600000001,,,\r\n\
        mailto:b@x.com,,,\r\n";
    let path = format!("{SUPPRESSIONS}/import");
    for (taken, unchanged) in [(2, 0), (0, 2)] {
        test.set_clock(add_milliseconds(noon(), HOUR));
        let answer = test.post_csv("marketer", &path, file).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let counts =
            ["taken", "unchanged", "refused"].map(|name| answer.body[name].as_u64().unwrap());
        assert_eq!(counts, [taken, unchanged, 1]);
        let refused = &answer.body["refusals"][0];
        assert_eq!((&refused["line"], &refused["column"]), (&json!(4), &json!("address")));
    }
    assert_eq!(shown(&test, "c-1", Channel::Email).await, Some(SuppressionReason::Complained));
    assert_eq!(shown(&test, "c-1", Channel::Sms).await, Some(SuppressionReason::OptedOut));
    let listed = test.get("viewer", &format!("{SUPPRESSIONS}?channel=email")).await.items();
    assert_eq!((listed.len(), &listed[0]["suppressions"][0]["note"]), (1, &json!("old, list")));
    test.get("viewer", SUPPRESSIONS).await.check(400, "invalid_query");
    for bad in ["", "colour\nred\n", "address\n\"never closed"] {
        test.post_csv("marketer", &path, bad).await.check(400, "malformed_csv");
    }
    let long = format!("address\n{}", "a@x.com\n".repeat(1_001));
    test.post_csv("marketer", &path, &long).await.check(400, "too_many_lines");
}

#[tokio::test]
async fn a_line_by_key_is_refused_on_another_channel_than_that_of_the_address() {
    let test = OperationsFixture::new();
    test.add_customer("c-1").await;
    let phone = Address::parse(Channel::Sms, "+34600000001").unwrap();
    let key = test.store.address_key(&phone).await.unwrap();
    let unknown = "0123456789abcdef0123456789abcdef";
    let path = format!("{SUPPRESSIONS}/import");
    // A record has the number, which has said nothing; then the number has said no.
    for taken in [1, 0] {
        test.set_clock(add_milliseconds(noon(), HOUR));
        let file = format!("key,channel\n{key},email\n{key},push\n{key},sms\n{unknown},email\n");
        let file = if taken == 1 { file.replace(&format!("{key},push\n"), "") } else { file };
        let answer = test.post_csv("marketer", &path, &file).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let refusals = answer.body["refusals"].as_array().unwrap();
        assert_eq!(refusals.len(), 2 - taken, "{}", answer.body);
        for (index, refused) in refusals.iter().enumerate() {
            let shown = (&refused["line"], &refused["column"], &refused["code"]);
            assert_eq!(shown, (&json!(index + 2), &json!("channel"), &json!("conflict")));
        }
        assert_eq!(answer.body["taken"], json!(2 * taken), "{}", answer.body);
    }
    assert_eq!(shown(&test, "c-1", Channel::Sms).await, Some(SuppressionReason::OptedOut));
    let listed = test.get("viewer", &format!("{SUPPRESSIONS}?channel=email")).await.items();
    assert_eq!((listed.len(), &listed[0]["key"]), (1, &json!(unknown)));
    // by its key, the number needs no channel
    let found = search(&test, json!({"key": key})).await;
    assert_eq!(found["channel"], json!("sms"));
}

#[tokio::test]
async fn a_reply_near_a_stop_is_decided_by_a_person() {
    let test = OperationsFixture::new();
    test.add_customer("c-1").await;
    let phone = Address::parse(Channel::Sms, "+34600000001").unwrap();
    let key = test.store.address_key(&phone).await.unwrap();
    for (message, text) in [("i-1", "do not stop"), ("i-2", "sotp")] {
        test.store.keep_reply(&key, message, text, noon()).await.unwrap();
    }
    let items = test.get("viewer", REPLIES).await.items();
    assert_eq!(items[0]["customers"], json!(["c-1"]));
    let settle = async |text: &str, action: &str| {
        let item = items.iter().find(|item| item["text"] == text).unwrap();
        let path = format!("{REPLIES}/{}", item["id"].as_str().unwrap());
        test.post("marketer", &path, &json!({ "action": action })).await
    };
    assert_eq!(settle("do not stop", "dismiss").await.status, 204);
    assert_eq!(shown(&test, "c-1", Channel::Sms).await, None);
    assert_eq!(settle("sotp", "opt_out").await.status, 204);
    assert_eq!(shown(&test, "c-1", Channel::Sms).await, Some(SuppressionReason::OptedOut));
    settle("sotp", "opt_out").await.check(404, "reply_unknown");
    assert_eq!(test.get("viewer", REPLIES).await.items(), Vec::<Value>::new());
}
