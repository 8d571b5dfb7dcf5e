//! Tests of the parser with more members of each kind than the samples have, and of what is refused.

use super::*;
use serde_json::json;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn parse_one(value: &Value) -> Result<ParsedEvent, Unreadable> {
    let body = value.to_string();
    let mut enclosed = parse_feedback(&body, now());
    assert_eq!(enclosed.len(), 1, "{value}");
    enclosed.remove(0).parsed
}

fn message_events(value: &Value) -> Vec<MessageEvent> {
    let events = parse_one(value).unwrap_or_else(|reason| panic!("{reason}: {value}")).events;
    let message = |event| match event {
        ProviderEvent::Event(event) => event,
        other => panic!("{other:?}: {value}"),
    };
    events.into_iter().map(message).collect()
}

fn only_event(value: &Value) -> MessageEvent {
    let mut events = message_events(value);
    assert_eq!(events.len(), 1, "{value}");
    events.remove(0)
}

fn feedback_types(value: &Value) -> Vec<FeedbackType> {
    message_events(value).into_iter().map(|event| event.what).collect()
}

#[track_caller]
fn check_parked(value: &Value, reason: &str) {
    match parse_one(value) {
        Err(found) => assert!(found.contains(reason), "{found} is not {reason}: {value}"),
        Ok(found) => panic!("{found:?} instead of {reason}: {value}"),
    }
}

fn bounce(kind: &str, subtype: &str) -> Value {
    json!({
        "eventType": "Bounce",
        "mail": {"messageId": "m", "destination": ["ann@example.com"]},
        "bounce": {"bounceType": kind, "bounceSubType": subtype, "reportingMTA": "dns; mx",
            "bouncedRecipients": [{"emailAddress": "ann@example.com", "action": "failed"}]},
    })
}

fn complaint(subtype: Option<&str>, kind: Option<&str>) -> Value {
    json!({
        "eventType": "Complaint",
        "mail": {"messageId": "m", "destination": ["ann@example.com"]},
        "complaint": {"complaintSubType": subtype, "complaintFeedbackType": kind,
            "complainedRecipients": [{"emailAddress": "ann@example.com"}]},
    })
}

fn sms_status(status: &str, said: &str) -> Value {
    json!({
        "notification": {"messageId": "s-1"}, "status": status,
        "delivery": {"destination": "+34600000001", "providerResponse": said},
    })
}

fn push_status(status: &str, code: i64, said: &str) -> Value {
    json!({
        "notification": {"messageId": "p-1"}, "status": status,
        "delivery": {"destination": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1",
            "statusCode": code, "providerResponse": said},
    })
}

fn text_event(kind: &str, status: &str) -> Value {
    json!({"eventType": kind, "messageStatus": status, "isFinal": true, "messageId": "t-1",
        "eventTimestamp": 1_795_300_000_000_i64, "destinationPhoneNumber": "+34600000001"})
}

#[test]
fn a_tagged_delivery_finds_its_voucher() {
    let customer = CustomerId::parse("user:42.a").unwrap();
    let said = json!({
        "eventType": "Delivery",
        "mail": {"messageId": "m-1", "tags": {"voucher": ["vch_1"], "customer": [encode_customer(&customer)]}},
        "delivery": {"timestamp": "2026-11-22T11:59:00Z"},
    });
    let parsed = only_event(&said);
    assert_eq!(parsed.what, FeedbackType::Delivered);
    assert_eq!(
        parsed.person.about,
        MessageReference::Voucher { customer, voucher: VoucherId::parse("vch_1").unwrap() }
    );
    assert_eq!(parsed.at.to_string(), "2026-11-22T11:59:00Z");
}

#[test]
fn a_message_event_finds_its_voucher_by_its_context() {
    let customer = CustomerId::parse("user:42.a").unwrap();
    let mut said = text_event("TEXT_DELIVERED", "DELIVERED");
    said["context"] =
        json!({"voucher": "vch_1", "customer": encode_customer(&customer), "reminder": "1"});
    let parsed = only_event(&said);
    assert_eq!(
        parsed.person.about,
        MessageReference::Voucher { customer, voucher: VoucherId::parse("vch_1").unwrap() }
    );
    assert!(parsed.reminder);
    said["context"] = json!({"sample": "smp_1"});
    assert_eq!(only_event(&said).person.about, MessageReference::TestSend);
}

#[test]
fn an_event_of_a_test_send_belongs_to_no_customer() {
    let mut said = bounce("Permanent", "General");
    said["mail"]["tags"] = json!({"campaign": ["cmp_1"], "sample": ["smp_1"]});
    assert_eq!(only_event(&said).person.about, MessageReference::TestSend);
}

#[test]
fn each_sub_type_of_a_bounce_means_what_the_provider_says() {
    use FeedbackType::{HardBounce, HeldBack, LeftTopic, Rejected, SoftBounce, Undetermined};
    for (kind, subtype, expected) in [
        ("Permanent", "General", HardBounce),
        ("Permanent", "NoEmail", HardBounce),
        ("Permanent", "Suppressed", HardBounce),
        ("Permanent", "OnAccountSuppressionList", HeldBack),
        ("Permanent", "OnTenantSuppressionList", HeldBack),
        ("Permanent", "EmailValidationSuppressed", HeldBack),
        ("Permanent", "UnsubscribedRecipient", LeftTopic),
        ("Transient", "General", SoftBounce),
        ("Transient", "MailboxFull", SoftBounce),
        ("Transient", "CustomTimeoutExceeded", SoftBounce),
        ("Transient", "MessageTooLarge", Rejected),
        ("Transient", "ContentRejected", Rejected),
        ("Transient", "AttachmentRejected", Rejected),
        ("Undetermined", "Undetermined", Undetermined),
    ] {
        let said = bounce(kind, subtype);
        assert_eq!(feedback_types(&said), [expected], "{kind} {subtype}");
        assert_eq!(parse_one(&said).unwrap().unknown, None, "{kind} {subtype}");
    }
}

#[test]
fn an_unknown_sub_type_of_a_bounce_leaves_what_its_type_says_and_is_seen() {
    for (kind, expected) in [
        ("Permanent", FeedbackType::HardBounce),
        ("Transient", FeedbackType::Undetermined),
        ("Undetermined", FeedbackType::Undetermined),
    ] {
        let said = bounce(kind, "SomethingNew");
        assert_eq!(feedback_types(&said), [expected], "{kind}");
        assert_eq!(
            parse_one(&said).unwrap().unknown.as_deref(),
            Some("unknown sub-type of bounce: SomethingNew")
        );
    }
    check_parked(&bounce("Eternal", "General"), "unknown type of bounce: Eternal");
}

#[test]
fn what_contradicts_itself_is_parked() {
    for (kind, subtype) in [
        ("Transient", "NoEmail"),
        ("Transient", "OnAccountSuppressionList"),
        ("Permanent", "MailboxFull"),
        ("Permanent", "ContentRejected"),
        ("Undetermined", "General"),
    ] {
        check_parked(&bounce(kind, subtype), "contradictory");
    }
    let mut arrived = bounce("Permanent", "General");
    arrived["bounce"]["bouncedRecipients"][0]["action"] = json!("delivered");
    check_parked(&arrived, "contradictory");
    let mut two_types = bounce("Permanent", "General");
    two_types["notificationType"] = json!("Delivery");
    check_parked(&two_types, "contradictory");
    let mut two_objects = bounce("Permanent", "General");
    two_objects["delivery"] = json!({"recipients": ["ann@example.com"]});
    check_parked(&two_objects, "contradictory");
    check_parked(&sms_status("SUCCESS", "Phone number is opted out"), "contradictory");
    check_parked(
        &sms_status("FAILURE", "Message has been accepted by phone carrier"),
        "contradictory",
    );
    check_parked(&push_status("SUCCESS", 400, "{}"), "contradictory");
    check_parked(&push_status("FAILURE", 200, "{}"), "contradictory");
    check_parked(&text_event("TEXT_DELIVERED", "BLOCKED"), "contradictory");
    check_parked(&text_event("TEXT_INVALID", "DELIVERED"), "contradictory");
}

#[test]
fn an_automatic_answer_is_no_bounce() {
    let mut said = bounce("Transient", "General");
    said["bounce"].as_object_mut().unwrap().remove("reportingMTA");
    for field in ["action", "status", "diagnosticCode"] {
        said["bounce"]["bouncedRecipients"] = json!([{"emailAddress": "ann@example.com"}]);
        assert_eq!(parse_one(&said).unwrap(), ParsedEvent::nothing(), "{field}");
        said["bounce"]["bouncedRecipients"][0][field] =
            json!(if field == "action" { "failed" } else { "4.0.0" });
        assert_eq!(feedback_types(&said), [FeedbackType::SoftBounce], "{field}");
    }
}

#[test]
fn not_every_complaint_is_one() {
    use FeedbackType::{Complained, HeldBackAfterComplaint};
    for kind in [None, Some("abuse"), Some("other"), Some("fraud"), Some("virus"), Some("Abuse")] {
        assert_eq!(feedback_types(&complaint(None, kind)), [Complained], "{kind:?}");
    }
    for kind in ["not-spam", "Not-Spam", " not-spam ", "auth-failure", "AUTH-FAILURE"] {
        assert_eq!(feedback_types(&complaint(None, Some(kind))), [], "{kind}");
        assert_eq!(feedback_types(&complaint(Some("New"), Some(kind))), [], "{kind}");
    }
    for list in ["OnAccountSuppressionList", "OnTenantSuppressionList"] {
        for kind in [None, Some("abuse")] {
            let said = complaint(Some(list), kind);
            assert_eq!(feedback_types(&said), [HeldBackAfterComplaint], "{list} {kind:?}");
        }
    }
}

#[test]
fn what_may_be_a_complaint_is_taken_for_one_and_seen() {
    let unknown = |said: &Value| parse_one(said).unwrap().unknown.unwrap().into_owned();
    let kind = complaint(None, Some("something-new"));
    assert_eq!(feedback_types(&kind), [FeedbackType::Complained]);
    assert_eq!(unknown(&kind), "unknown type of complaint: something-new");
    let subtype = complaint(Some("SomethingNew"), Some("abuse"));
    assert_eq!(feedback_types(&subtype), [FeedbackType::Complained]);
    assert_eq!(unknown(&subtype), "unknown sub-type of complaint: SomethingNew");
    // without a report it does not count against the campaign, and the address is left alone
    let alone = complaint(Some("SomethingNew"), None);
    assert_eq!(feedback_types(&alone), [FeedbackType::HeldBackAfterComplaint]);
    assert_eq!(unknown(&alone), "unknown sub-type of complaint: SomethingNew");
}

#[test]
fn an_event_concerns_the_people_of_its_own_list_and_nobody_to_whom_nothing_was_sent() {
    let mut said = bounce("Permanent", "General");
    said["mail"]["destination"] =
        json!(["Ann <Ann@Example.com>", "\"B, Ben\" <ben@example.com>", "cho@example.com"]);
    said["bounce"]["bouncedRecipients"] = json!([
        {"emailAddress": "BEN@example.com"}, {"emailAddress": "<ben@example.com>"},
        {"emailAddress": "stranger@example.com"},
    ]);
    let parsed = parse_one(&said).unwrap();
    assert_eq!((parsed.events.len(), parsed.foreign), (1, 1), "Ben once, and a stranger");
    let ben = only_event(&said);
    assert_eq!(ben.person.address.expose(), Some("ben@example.com"));
    assert!(!ben.person.sole, "three people got this message");
    said["bounce"]["bouncedRecipients"] = json!([{"emailAddress": "stranger@example.com"}]);
    let parsed = parse_one(&said).unwrap();
    assert_eq!((parsed.events.len(), parsed.foreign, parsed.unknown), (0, 1, None));
}

#[test]
fn an_event_that_names_nobody_readable_is_parked() {
    let mut said = bounce("Permanent", "General");
    said["bounce"]["bouncedRecipients"] = json!([]);
    check_parked(&said, "names nobody");
    said["bounce"].as_object_mut().unwrap().remove("bouncedRecipients");
    check_parked(&said, "names nobody");
    said["bounce"]["bouncedRecipients"] = json!([{"emailAddress": "nobody"}]);
    check_parked(&said, "a recipient that is no address");
    said["bounce"]["bouncedRecipients"] =
        json!([{"emailAddress": "ann@example.com, ben@example.com"}]);
    check_parked(&said, "a recipient that is no address");
    // the good one of two is applied, and the event is seen
    said["bounce"]["bouncedRecipients"] =
        json!([{"emailAddress": "nobody"}, {"emailAddress": "ann@example.com"}]);
    assert_eq!(feedback_types(&said), [FeedbackType::HardBounce]);
    assert!(parse_one(&said).unwrap().unknown.is_some());
}

#[test]
fn an_address_that_was_masked_cannot_be_compared_any_more() {
    let mut said = bounce("Permanent", "General");
    said["mail"]["destination"] = json!(["redacted"]);
    for masked in ["redacted", "Ann <redacted>", "<redacted>"] {
        said["bounce"]["bouncedRecipients"] = json!([{"emailAddress": masked}]);
        assert_eq!(only_event(&said).person.address, EventAddress::Masked, "{masked}");
    }
    let mut sms = sms_status("FAILURE", "Invalid phone number");
    sms["delivery"]["destination"] = json!("redacted");
    assert_eq!(only_event(&sms).person.address, EventAddress::Masked);
}

#[test]
fn what_is_on_its_way_changes_nothing() {
    for kind in ["Send", "Open", "Click"] {
        let name = kind.to_lowercase();
        let said = json!({"eventType": kind, "mail": {"messageId": "m"}, name: {}});
        assert_eq!(parse_one(&said).unwrap(), ParsedEvent::nothing(), "{kind}");
    }
    for kind in [
        "TEXT_QUEUED",
        "TEXT_PENDING",
        "TEXT_SENT",
        "RCS_QUEUED",
        "RCS_SENT",
        "RCS_FALLEN_BACK_TO_SMS",
    ] {
        assert_eq!(parse_one(&text_event(kind, "")).unwrap(), ParsedEvent::nothing(), "{kind}");
    }
    for kind in ["TEXT_UNREACHABLE", "TEXT_SUCCESSFUL", "TEXT_BLOCKED"] {
        let mut said = text_event(kind, "");
        said["isFinal"] = json!(false);
        assert_eq!(feedback_types(&said), [], "{kind}");
    }
}

#[test]
fn a_delay_is_never_final_and_one_of_ours_is_told() {
    let delay = |kind: &str| {
        json!({"eventType": "DeliveryDelay", "mail": {"messageId": "m"},
            "deliveryDelay": {"delayType": kind, "delayedRecipients": [{"emailAddress": "ann@example.com"}]}})
    };
    for (kind, told) in [
        ("MailboxFull", false),
        ("General", false),
        ("SendingDeferral", false),
        ("SpamDetected", true),
        ("IPFailure", true),
        ("BYOIPHostNameLookupUnavailable", true),
    ] {
        let parsed = parse_one(&delay(kind)).unwrap();
        assert_eq!((parsed.events.len(), parsed.alert.is_some()), (0, told), "{kind}");
    }
    check_parked(&delay("SomethingNew"), "unknown type of delay: SomethingNew");
}

#[test]
fn each_text_of_an_sms_failure_means_what_it_says() {
    use FeedbackType::{HardBounce, OptedOut, Rejected, SenderFault, SoftBounce, Undetermined};
    for (said, expected) in [
        ("Blocked as spam by phone carrier", Rejected),
        ("Phone carrier has blocked this message", Rejected),
        ("Destination is on a blocked list", HardBounce),
        ("Destination is blacklisted", HardBounce),
        ("Phone is on a blocked list", HardBounce),
        ("Phone is blacklisted", HardBounce),
        ("Phone has blocked SMS", HardBounce),
        ("Invalid phone number", HardBounce),
        ("invalid phone number.", HardBounce),
        ("Phone number is opted out", OptedOut),
        ("Phone carrier is currently unreachable/unavailable", SoftBounce),
        ("Phone is currently unreachable/unavailable", SoftBounce),
        ("Message body is invalid", SenderFault),
        ("This delivery would exceed max price", SenderFault),
        ("No quota left for account", SenderFault),
        ("Your account requires additional review prior to being able to send SMS", SenderFault),
        ("Unknown error attempting to reach phone", Undetermined),
    ] {
        let status = sms_status("FAILURE", said);
        assert_eq!(feedback_types(&status), [expected], "{said}");
        assert_eq!(parse_one(&status).unwrap().unknown, None, "{said}");
    }
    let strange = sms_status("FAILURE", "The number ann@example.com has opted out");
    assert_eq!(feedback_types(&strange), [Undetermined], "a text is no guess");
    assert_eq!(parse_one(&strange).unwrap().unknown.as_deref(), Some("unknown response to an SMS"));
    check_parked(&sms_status("PENDING", ""), "unknown delivery status: PENDING");
}

#[test]
fn an_sms_status_is_found_by_its_message_id() {
    let status = json!({
        "notification": {"messageId": "s-1", "timestamp": "2026-11-22 11:58:00.123"},
        "delivery": {"destination": "+34600000001"}, "status": "SUCCESS",
    });
    let parsed = only_event(&status);
    assert_eq!((parsed.channel, parsed.what), (Channel::Sms, FeedbackType::Delivered));
    assert_eq!(parsed.person.about, MessageReference::Message("s-1".into()));
    assert_eq!(parsed.at.to_string(), "2026-11-22T11:58:00.123Z");
    assert_eq!(parsed.person.address.expose(), Some("+34600000001"));
}

#[test]
fn a_device_is_given_up_only_for_its_own_fault() {
    use FeedbackType::{Delivered, EndpointDisabled, SenderFault, Unavailable, Undetermined};
    let fcm = |code: &str| {
        json!({"error": {"code": 400, "details": [{"@type": "x"}, {"errorCode": code}]}})
            .to_string()
    };
    for (status, code, said, expected) in [
        ("SUCCESS", 200, "{}".to_owned(), Delivered),
        ("SUCCESS", 200, json!({"results": [{"message_id": "1"}]}).to_string(), Delivered),
        (
            "SUCCESS",
            200,
            json!({"results": [{"error": "NotRegistered"}]}).to_string(),
            EndpointDisabled,
        ),
        (
            "SUCCESS",
            200,
            json!({"results": [{"error": "MismatchSenderId"}]}).to_string(),
            SenderFault,
        ),
        ("SUCCESS", 200, json!({"results": [{"error": "Unavailable"}]}).to_string(), Unavailable),
        ("FAILURE", 410, json!({"reason": "Unregistered"}).to_string(), EndpointDisabled),
        ("FAILURE", 410, json!({"reason": "ExpiredToken"}).to_string(), EndpointDisabled),
        ("FAILURE", 410, String::new(), EndpointDisabled),
        ("FAILURE", 400, "Endpoint is disabled.".to_owned(), EndpointDisabled),
        ("FAILURE", 400, "EndpointDisabled".to_owned(), EndpointDisabled),
        ("FAILURE", 404, fcm("UNREGISTERED"), EndpointDisabled),
        ("FAILURE", 403, json!({"reason": "InvalidProviderToken"}).to_string(), SenderFault),
        ("FAILURE", 400, json!({"reason": "BadTopic"}).to_string(), SenderFault),
        ("FAILURE", 413, String::new(), SenderFault),
        ("FAILURE", 403, fcm("SENDER_ID_MISMATCH"), SenderFault),
        ("FAILURE", 401, fcm("THIRD_PARTY_AUTH_ERROR"), SenderFault),
        ("FAILURE", 429, fcm("QUOTA_EXCEEDED"), Unavailable),
        ("FAILURE", 500, String::new(), Unavailable),
        ("FAILURE", 503, "oops".to_owned(), Unavailable),
        ("FAILURE", 400, fcm("INVALID_ARGUMENT"), Undetermined),
    ] {
        let status = push_status(status, code, &said);
        assert_eq!(feedback_types(&status), [expected], "{status}");
        assert_eq!(parse_one(&status).unwrap().unknown, None, "{status}");
    }
    let strange = push_status("FAILURE", 418, "a teapot");
    assert_eq!(feedback_types(&strange), [Undetermined]);
    assert!(parse_one(&strange).unwrap().unknown.is_some());
}

#[test]
fn a_customer_who_leaves_the_list_of_the_provider_or_comes_back_has_chosen() {
    let event = |before: bool, after: bool, topics: [&str; 2]| {
        let state = |all: bool, topic: &str| {
            json!({"unsubscribeAll": all,
            "topicSubscriptionStatus": [{"topicName": "offers", "subscriptionStatus": topic}]})
        };
        json!({"eventType": "Subscription", "mail": {"messageId": "m", "destination": ["ann@example.com"]},
            "subscription": {"oldTopicPreferences": state(before, topics[0]), "newTopicPreferences": state(after, topics[1])}})
    };
    let choice = |said: &Value| match parse_one(said).unwrap().events.as_slice() {
        [] => None,
        [ProviderEvent::ListChoice(choice)] => Some(choice.granted),
        other => panic!("{other:?}"),
    };
    assert_eq!(choice(&event(false, true, ["OptIn", "OptIn"])), Some(false));
    assert_eq!(choice(&event(true, false, ["OptOut", "OptIn"])), Some(true));
    assert_eq!(choice(&event(false, false, ["OptIn", "OptIn"])), None);
    assert_eq!(choice(&event(true, true, ["OptIn", "OptOut"])), None, "left is left");
    check_parked(&event(false, false, ["OptIn", "OptOut"]), "a topic of an SES contact list");
    let mut several = event(false, true, ["OptIn", "OptIn"]);
    several["mail"]["destination"] = json!(["ann@example.com", "ben@example.com"]);
    check_parked(&several, "one of several");
    several["subscription"] = json!({});
    check_parked(&several, "without its states");
}

#[test]
fn a_sign_of_life_is_no_reply_and_a_tap_is_seen() {
    let inbound = |body: &str| json!({"originationNumber": "12025550173", "messageBody": body});
    for kind in ["RCS_TYPING", "CONVERSATION_STARTED"] {
        let body = json!({"type": kind}).to_string();
        assert_eq!(parse_one(&inbound(&body)).unwrap(), ParsedEvent::nothing(), "{kind}");
    }
    let tap = json!({"type": "SUGGESTION", "text": "Stop", "postbackData": "x"}).to_string();
    check_parked(&inbound(&tap), "a tap on a suggestion");
    check_parked(
        &inbound(&json!({"type": "FILE"}).to_string()),
        "unknown type of RCS message: FILE",
    );
    // JSON that a customer types is a text like any other
    for body in ["{}", "[1]", "7", "{\"stop\": 1}"] {
        assert_eq!(parse_one(&inbound(body)).unwrap().events.len(), 1, "{body}");
    }
}

#[test]
fn a_time_is_read_in_each_form_and_is_never_ahead() {
    for text in [
        "2026-11-22T11:00:00Z",
        "2026-11-22T11:00:00.000Z",
        "2026-11-22 11:00:00.000",
        "2026-11-22T11:00:00 +0000",
        "2026-11-22T12:00:00+01:00",
        "2026-11-22T12:00:00+0100",
    ] {
        assert_eq!(time_of(Some(text), now()).to_string(), "2026-11-22T11:00:00Z", "{text}");
    }
    for text in ["", "soon", "2026-11-22", "2026-11-22T13:00:00Z", "2026-13-40T11:00:00Z"] {
        assert_eq!(time_of(Some(text), now()), now(), "{text}");
    }
    assert_eq!(time_of(None, now()), now());
}

#[test]
fn what_is_neither_is_refused_and_no_address_is_quoted() {
    for bad in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"eventType":1}"#,
        r#"{"eventType":"Delivery","mail":{"messageId":"m"}}"#,
        r#"{"eventType":"Delivery","delivery":{},"mail":{"note":"x"}}"#,
        r#"{"eventType":"ann@example.com","mail":{"messageId":"m"}}"#,
        r#"{"eventType":"TEXT_+34600000001","messageId":"m"}"#,
        r#"{"notification":{}}"#,
        r#"{"notification":{"messageId":"m"},"status":"SUCCESS"}"#,
        r#"{"originationNumber":"+1"}"#,
        r#"{"learnt":"dead_endpoint"}"#,
        r#"{"learnt":"secret","customer":"c-1"}"#,
        r#"{"EventType":"EndpointWhat","EndpointArn":"arn:x"}"#,
        r#"{"Type":"Notification","Message":"x"}"#,
    ] {
        let mut enclosed = parse_feedback(bad, now());
        let reason = enclosed.remove(0).parsed.unwrap_err();
        assert!(!reason.contains('@') && !reason.contains('+'), "{reason}");
        assert!(enclosed.is_empty(), "{bad}");
    }
}
