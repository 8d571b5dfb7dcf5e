//! A test send reaches the listed addresses, once, marked as a sample, and changes nothing else.

use std::collections::BTreeMap;

use fake_aws::{CallVerdict, FakeItem, ProviderMessage};
use serde_json::{Value, json};
use testkit::builders::add_milliseconds;

use super::fixture::{
    ADDRESSES, BRAND, DEVICE, MessagesFixture, SAMPLE_LINK, SAMPLE_WAY_OUT, in_html, messages,
};

const LISTED: [(&str, &str); 3] =
    [("sms", "+34600000001"), ("email", "ana@example.com"), ("push", DEVICE)];

async fn fixture_with_addresses() -> MessagesFixture {
    let stage = MessagesFixture::new();
    let addresses: Vec<Value> = LISTED
        .iter()
        .map(|(channel, address)| json!({"channel": channel, "address": address}))
        .collect();
    stage.replace_setting(ADDRESSES, json!({"addresses": addresses})).await;
    stage
}

fn all_recipients(locale: &str) -> Value {
    let to: Vec<Value> = LISTED
        .iter()
        .map(|(channel, address)| json!({"channel": channel, "address": address, "locale": locale}))
        .collect();
    json!({"to": to})
}

fn message_states(answer: &Value) -> BTreeMap<&str, String> {
    let state = |it: &Value| {
        format!("{} {}", it["state"].as_str().unwrap(), it["reason"].as_str().unwrap_or("-"))
    };
    answer["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["channel"].as_str().unwrap(), state(it)))
        .collect()
}

#[tokio::test]
async fn a_test_send_reaches_listed_addresses_marked_as_a_sample_and_changes_nothing_else() {
    let stage = fixture_with_addresses().await;
    stage.replace_setting(BRAND, json!({"sender_name": "Marketplace"})).await;
    // the addresses also belong to a customer who already has a voucher of the campaign
    stage.create_customer("c-1", json!({"first_name": "Ximena"})).await;
    let campaign = stage.launch_campaign(&["sms", "email", "push"], &messages()).await;
    stage.send_to_customer(&campaign, "c-1", domain::kernel::channel::Channel::Sms).await;
    stage.memory.take_queued_messages();
    let before = stage.untouched_state();
    assert!(
        before.0.iter().take(2).chain(before.0.iter().skip(3)).all(|items| !items.is_empty()),
        "there is something to leave alone"
    );

    let path = format!("/v1/campaigns/{campaign}/test-sends");
    let key = [("idempotency-key", "k-1")];
    let made =
        stage.send("marketer", "POST", &path, &key, &all_recipients("es")).await.expect_status(202);
    assert_eq!(message_states(&made).values().collect::<Vec<_>>(), ["waiting -"; 3]);
    let queued = stage.deliver_pointers().await;
    assert_eq!(queued.len(), 3);
    for sent in &queued {
        assert!(sent.body.starts_with("{\"sample\":{"), "{}", sent.body);
        assert!(
            LISTED.iter().all(|(_, address)| !sent.body.contains(address)),
            "an address is in {}",
            sent.body
        );
    }
    let mail = stage.memory.take_provider_messages();
    assert_eq!(mail.len(), 3, "each pointer was handed over twice");
    for sent in mail {
        match sent {
            ProviderMessage::Sms { phone, text, .. } => {
                assert_eq!(phone, "+34600000001");
                assert_eq!(
                    text,
                    format!(
                        "[Sample] Hola Alexandra: 5 € de descuento {SAMPLE_LINK}\nBaja: {SAMPLE_WAY_OUT}"
                    )
                );
            }
            ProviderMessage::Email { to, tags, subject, details: letter, .. } => {
                assert_eq!(
                    (to.as_str(), subject.as_str()),
                    ("ana@example.com", "[Sample] €5 off for Alexandra")
                );
                assert_eq!(
                    tags,
                    [
                        ("campaign".to_owned(), campaign.to_string()),
                        ("sample".to_owned(), made["id"].as_str().unwrap().to_owned())
                    ]
                    .into()
                );
                assert!(
                    letter.text.contains("https://api.example.com/u/sample")
                        && letter.html.contains(&in_html(SAMPLE_LINK)),
                    "{letter:?}"
                );
                assert_eq!(letter.from, "\"Marketplace\" <offers@example.com>");
            }
            ProviderMessage::Push { endpoint_arn, message, .. } => {
                assert_eq!(endpoint_arn, DEVICE);
                assert!(message.contains("[Sample] Marketplace"), "{message}");
            }
        }
    }
    assert_eq!(stage.untouched_state(), before);
    let read =
        stage.get(&format!("{path}/{}", made["id"].as_str().unwrap())).await.expect_status(200);
    assert_eq!(message_states(&read).values().collect::<Vec<_>>(), ["sent -"; 3]);
    assert_eq!(read["requested_by"], "ada (s-1)");
    assert!(!read.to_string().contains("ana@example.com"), "addresses are not told again");

    // the same request again gives the same test send and sends nothing more
    let repeated =
        stage.send("marketer", "POST", &path, &key, &all_recipients("es")).await.expect_status(202);
    assert_eq!((&repeated["id"], message_states(&repeated)), (&made["id"], message_states(&read)));
    assert_eq!(
        (stage.deliver_pointers().await.len(), stage.memory.take_provider_messages().len()),
        (0, 0)
    );
    stage
        .send("marketer", "POST", &path, &key, &all_recipients("en"))
        .await
        .check(422, "idempotency_key_reused");
    // another key gives another test send
    let second = stage
        .send("marketer", "POST", &path, &[("idempotency-key", "k-2")], &all_recipients("es"))
        .await
        .expect_status(202);
    assert_ne!(second["id"], made["id"]);
}

#[tokio::test]
async fn a_voucher_of_a_test_send_belongs_to_no_customer() {
    let stage = fixture_with_addresses().await;
    stage.create_customer("c-1", json!({})).await;
    let id = domain::delivery::test_send::example_voucher_id().unwrap();
    let key = store::voucher::records::VoucherKey {
        customer: testkit::builders::customer_id("c-1"),
        voucher: id,
    };
    assert_eq!(stage.store.voucher(&key).await.unwrap(), None);
}

#[tokio::test]
async fn provider_answers_are_recorded_and_providers_never_called_twice() {
    let stage = fixture_with_addresses().await;
    let campaign = stage.launch_campaign(&["sms", "email", "push"], &messages()).await;
    let path = format!("/v1/campaigns/{campaign}/test-sends");
    for (verdict, sms, email) in [
        (CallVerdict::Reject, "refused invalid_address", "refused rejected"),
        (CallVerdict::Throttle, "refused throttled", "refused throttled"),
        (CallVerdict::ServerError, "unknown server_error", "unknown server_error"),
        (CallVerdict::LoseAnswer, "unknown connection_lost", "unknown connection_lost"),
    ] {
        stage.set_provider_verdict(verdict);
        let made = stage
            .send("marketer", "POST", &path, &[], &all_recipients("en"))
            .await
            .expect_status(202);
        stage.deliver_pointers().await;
        let read =
            stage.get(&format!("{path}/{}", made["id"].as_str().unwrap())).await.expect_status(200);
        assert_eq!(
            (message_states(&read)["sms"].as_str(), message_states(&read)["email"].as_str()),
            (sms, email),
            "{verdict:?}"
        );
        stage.set_provider_verdict(CallVerdict::Proceed);
        let took = stage.memory.take_provider_messages().len();
        assert_eq!(took, if verdict == CallVerdict::LoseAnswer { 3 } else { 0 }, "{verdict:?}");
        for (channel, _) in LISTED {
            let channel = domain::kernel::channel::Channel::parse(channel).unwrap();
            for number in 0..3 {
                let pointer = json!({"sample": {"id": made["id"], "number": number}});
                stage.run_worker(channel, &pointer.to_string()).await;
            }
        }
        assert_eq!(
            stage.memory.take_provider_messages().len(),
            0,
            "{verdict:?}: a repeated pointer sends nothing"
        );
    }
}

#[tokio::test]
async fn a_test_send_whose_worker_died_is_unknown_and_not_sent_again() {
    let stage = fixture_with_addresses().await;
    let campaign = stage.launch_campaign(&["sms", "email", "push"], &messages()).await;
    let path = format!("/v1/campaigns/{campaign}/test-sends");
    let made = stage
        .send(
            "marketer",
            "POST",
            &path,
            &[],
            &json!({"to": [{"channel": "sms", "address": "+34600000001"}]}),
        )
        .await
        .expect_status(202);
    let key = domain::delivery::test_send::TestSendKey {
        id: domain::kernel::id::TestSendId::parse(made["id"].as_str().unwrap()).unwrap(),
        number: 0,
    };
    let now = runtime::clock::now();
    stage.store.claim_test_message(&key, now).await.unwrap().unwrap();
    let of = async || {
        message_states(&stage.get(&format!("{path}/{}", key.id)).await.expect_status(200))["sms"]
            .clone()
    };
    assert_eq!(of().await, "sending -");
    runtime::clock::simulated::set_now(Some(add_milliseconds(now, 61_000)));
    assert_eq!(of().await, "unknown worker_lost");
    stage.deliver_pointers().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 0);
}

#[tokio::test]
async fn late_provider_events_of_a_test_send_speak_for_their_addresses_and_for_nothing_else() {
    let stage = fixture_with_addresses().await;
    stage.create_customer("c-1", json!({})).await;
    let campaign = stage.launch_campaign(&["sms", "email", "push"], &messages()).await;
    let made = stage
        .send(
            "marketer",
            "POST",
            &format!("/v1/campaigns/{campaign}/test-sends"),
            &[],
            &all_recipients("en"),
        )
        .await
        .expect_status(202);
    stage.deliver_pointers().await;
    let before = stage.untouched_state();
    let ids: BTreeMap<&str, String> = stage
        .memory
        .take_provider_messages()
        .into_iter()
        .map(|mail| match mail {
            ProviderMessage::Sms { id, .. } => ("sms", id),
            ProviderMessage::Email { id, .. } => ("email", id),
            ProviderMessage::Push { id, .. } => ("push", id),
        })
        .collect();
    let tags = json!({"campaign": [campaign], "sample": [made["id"]]});
    let recipients = json!([{"emailAddress": "ana@example.com"}]);
    for event in [
        json!({"eventType": "Delivery", "mail": {"messageId": ids["email"], "tags": tags}, "delivery": {}}),
        json!({"eventType": "Bounce", "mail": {"messageId": ids["email"], "tags": tags}, "bounce": {"bounceType": "Permanent", "bouncedRecipients": recipients}}),
        json!({"eventType": "Complaint", "mail": {"messageId": ids["email"], "tags": tags}, "complaint": {"complainedRecipients": recipients}}),
        json!({"eventType": "TEXT_INVALID", "isFinal": true, "messageId": ids["sms"], "destinationPhoneNumber": "+34600000001",
            "context": {"campaign": campaign, "sample": made["id"]}}),
    ] {
        assert!(
            !stage.handle_provider_event(&event, 1).await,
            "known for a sample's at once: {event}"
        );
    }
    let status = |channel: &str, said: &str| {
        json!({
            "notification": {"messageId": ids[channel]}, "status": "FAILURE",
            "delivery": {"destination": if channel == "push" { DEVICE } else { "+34600000001" }, "providerResponse": said},
        })
    };
    let stop = json!({"originationNumber": "+34600000001", "messageBody": "STOP", "previousPublishedMessageId": ids["sms"]});
    for event in [status("sms", "Phone number is opted out"), status("push", "EndpointDisabled")] {
        // SNS returns no tag: the event is looked up a few times, then treated as not ours
        assert!(stage.handle_provider_event(&event, 1).await);
        assert!(!stage.handle_provider_event(&event, 3).await, "{event}");
    }
    // A no is one to the address, whichever message it answers.
    let customers = stage.memory.items("CustomersTable");
    let said = |channel: &str| json!(customers[0]["suppressions"]["M"][channel]).to_string();
    assert!(said("email").contains("complained"), "{customers:?}");
    assert!(said("sms").contains("opted_out") || said("sms").contains("invalid"), "{customers:?}");
    let without_customers = |(mut tables, changes): (Vec<Vec<FakeItem>>, [usize; 3])| {
        tables.remove(1);
        (tables, [changes[0], changes[2]])
    };
    assert_eq!(without_customers(stage.untouched_state()), without_customers(before));
    // a reply speaks for its number, whatever it answers, and so for the customer who has it
    assert!(!stage.handle_provider_event(&stop, 1).await);
    let customers = stage.memory.items("CustomersTable");
    let text = |item: &FakeItem| json!(item["suppressions"]).to_string();
    assert!(customers.iter().any(|it| text(it).contains("opted_out")), "{customers:?}");
}

#[tokio::test]
async fn only_listed_addresses_get_a_test_send() {
    let stage = fixture_with_addresses().await;
    let campaign = stage
        .launch_campaign(
            &["sms"],
            &json!({"default_locale": "en", "locales": {"en": {"sms": {"text": "x {{ offer }}"}}}}),
        )
        .await;
    let path = format!("/v1/campaigns/{campaign}/test-sends");
    let one = |channel: &str, address: &str| json!({"channel": channel, "address": address});
    for (to, expected) in [
        (json!([one("sms", "+34600000002")]), "/to/0/address not_listed"),
        (json!([one("sms", "+34600000001"), one("sms", "600000001")]), "/to/1/address invalid"),
        (json!([one("email", "ana@example.com")]), "/to/0/channel message_missing"),
        (json!([one("fax", "+34600000001")]), "/to/0/channel unknown_value"),
        (
            json!([{"channel": "sms", "address": "+34600000001", "locale": "klingon"}]),
            "/to/0/locale invalid",
        ),
        (json!([]), "/to out_of_range"),
        (json!(vec![one("sms", "+34600000001"); 11]), "/to out_of_range"),
    ] {
        let refused = stage.send("marketer", "POST", &path, &[], &json!({"to": to})).await;
        refused.check(422, "invalid_request");
        assert_eq!(refused.errors(), [expected]);
        assert!(!refused.body.to_string().contains("+346"), "{}", refused.body);
    }
    let good = json!({"to": [one("sms", "+34600000001")]});
    for group in ["viewer", "approver", "nobody"] {
        stage.send(group, "POST", &path, &[], &good).await.check(403, "forbidden");
    }
    stage
        .send("marketer", "POST", "/v1/campaigns/cmp_none/test-sends", &[], &good)
        .await
        .check(404, "campaign_unknown");
    stage.memory.take_queued_messages();
    assert_eq!(
        (stage.deliver_pointers().await.len(), stage.memory.take_provider_messages().len()),
        (0, 0),
        "nothing was queued or sent"
    );
    stage.get(&format!("{path}/smp_none")).await.check(404, "test_send_unknown");
    let made = stage.send("marketer", "POST", &path, &[], &good).await.expect_status(202);
    let other = format!("/v1/campaigns/cmp_other/test-sends/{}", made["id"].as_str().unwrap());
    stage.get(&other).await.check(404, "test_send_unknown");
}

#[tokio::test]
async fn settings_are_the_administrators_and_no_two_overwrite_each_other() {
    let stage = MessagesFixture::new();
    let list =
        json!({"addresses": [{"channel": "email", "address": "ana@example.com", "label": "Ana"}]});
    let put = async |group: &str, path: &str, etag: &str, body: &Value| {
        stage.send(group, "PUT", path, &[("if-match", etag)], body).await
    };
    for group in ["viewer", "marketer", "approver"] {
        stage.send(group, "GET", ADDRESSES, &[], &Value::Null).await.check(403, "forbidden");
        put(group, ADDRESSES, "\"0\"", &list).await.check(403, "forbidden");
        put(group, BRAND, "\"0\"", &json!({})).await.check(403, "forbidden");
        assert_eq!(stage.send(group, "GET", BRAND, &[], &Value::Null).await.etag, "\"0\"");
    }
    stage.send("admin", "PUT", ADDRESSES, &[], &list).await.check(428, "precondition_required");
    let set = put("admin", ADDRESSES, "\"0\"", &list).await;
    assert_eq!(
        (set.status, set.etag.as_str(), &set.body["addresses"]),
        (200, "\"1\"", &list["addresses"])
    );
    put("admin", ADDRESSES, "\"0\"", &list).await.check(412, "precondition_failed");
    let read = stage.send("admin", "GET", ADDRESSES, &[], &Value::Null).await;
    assert_eq!((&read.body, read.body["updated_by"].as_str()), (&set.body, Some("ada (s-1)")));
    for (path, body, expected) in [
        (BRAND, json!({"color": "red"}), "/color invalid"),
        (BRAND, json!({"logo_url": "http://a.b/c"}), "/logo_url invalid"),
        (BRAND, json!({"reply_to": "x"}), "/reply_to invalid"),
        (BRAND, json!({"colour": "#ffffff"}), "/colour unknown_field"),
        (
            ADDRESSES,
            json!({"addresses": [{"channel": "sms", "address": "1"}]}),
            "/addresses/0/address invalid",
        ),
        (
            ADDRESSES,
            json!({"addresses": [{"channel": "fax", "address": "1"}]}),
            "/addresses/0/channel unknown_value",
        ),
    ] {
        let refused = put("admin", path, "\"1\"", &body).await;
        refused.check(422, "invalid_request");
        assert_eq!(refused.errors(), [expected]);
    }
}
