//! Pins the shapes that record-feedback reads.

use std::collections::BTreeMap;

use insta::assert_json_snapshot;
use serde_json::json;

use super::*;
use crate::messages::MessageDraft;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn event(channel: ProviderChannel, kind: EventKind) -> Value {
    let tags = BTreeMap::from([
        ("campaign".to_owned(), "cmp_1".to_owned()),
        ("voucher".to_owned(), "vch_1".to_owned()),
    ]);
    let draft = match channel {
        ProviderChannel::Email => MessageDraft {
            to: vec!["Anna <anna@example.com>".into()],
            from: Some("Offers <offers@shop.example>".into()),
            subject: Some("5 EUR off".into()),
            html: Some("<p>".into()),
            headers: vec![("List-Unsubscribe".into(), "<https://x.test/u/1>".into())],
            configuration_set: Some("feedback".into()),
            tags,
            ..MessageDraft::default()
        },
        ProviderChannel::Sms => MessageDraft {
            to: vec!["+491510000000".into()],
            text: Some("5 EUR off".into()),
            kind: Some("Promotional".into()),
            tags,
            ..MessageDraft::default()
        },
        ProviderChannel::Push => MessageDraft {
            to: vec!["arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/e1".into()],
            kind: Some("GCM".into()),
            tags,
            ..MessageDraft::default()
        },
    };
    let sent = RecordedSend {
        id: 1,
        channel,
        provider_message_id: "id-1".into(),
        at: at("2026-01-31T12:00:00.5Z"),
        fault: None,
        draft,
    };
    let place = SendOrigin { region: "us-east-1".into(), account: "000000000000".into() };
    event_json(kind, &sent, None, &place, at("2026-01-31T12:00:00.8Z"))
}

#[test]
fn a_delivery_is_whole() {
    assert_json_snapshot!("delivery", event(ProviderChannel::Email, EventKind::Delivery));
}

#[test]
fn the_other_email_events_differ_in_their_own_object() {
    let kinds = [
        EventKind::Send,
        EventKind::HardBounce,
        EventKind::SoftBounce,
        EventKind::SuppressedBounce,
        EventKind::Complaint,
        EventKind::Reject,
        EventKind::RenderingFailure,
        EventKind::DeliveryDelay,
    ];
    let without_mail = kinds.map(|kind| {
        let mut event = event(ProviderChannel::Email, kind);
        assert_eq!(
            event.as_object_mut().and_then(|event| event.remove("mail")).unwrap()["messageId"],
            "id-1"
        );
        event
    });
    assert_json_snapshot!("email-events", without_mail);
}

#[test]
fn sms_and_push_report_as_delivery_status_logs() {
    let of = |channel| {
        [
            EventKind::Success,
            EventKind::Failure(FailureCause::Gone),
            EventKind::Failure(FailureCause::NotNow),
        ]
        .map(|kind| event(channel, kind))
    };
    assert_json_snapshot!("sms-status", of(ProviderChannel::Sms));
    assert_json_snapshot!("push-status", of(ProviderChannel::Push));
    assert_eq!(
        event(ProviderChannel::Sms, EventKind::Failure(FailureCause::OptedOut))["delivery"]["providerResponse"],
        "Phone number is opted out"
    );
}

#[test]
fn an_sms_by_end_user_messaging_reports_its_context_and_its_price() {
    let text_message = |kind| {
        let sent = RecordedSend {
            id: 1,
            channel: ProviderChannel::Sms,
            provider_message_id: "id-1".into(),
            at: at("2026-01-31T12:00:00.5Z"),
            fault: None,
            draft: MessageDraft {
                to: vec!["+491510000000".into()],
                from: Some("SHOP".into()),
                text: Some("a".repeat(161)),
                kind: Some("PROMOTIONAL".into()),
                tags: BTreeMap::from([("voucher".to_owned(), "vch_1".to_owned())]),
                sms_service: SmsService::EndUserMessaging,
                ..MessageDraft::default()
            },
        };
        let place = SendOrigin { region: "us-east-1".into(), account: "000000000000".into() };
        event_json(kind, &sent, None, &place, at("2026-01-31T12:00:00.8Z"))
    };
    let delivered = text_message(EventKind::Success);
    assert_eq!(
        delivered,
        json!({
            "eventType": "TEXT_DELIVERED", "eventVersion": "1.0", "eventTimestamp": 1_769_860_800_800_i64,
            "isFinal": true, "originationPhoneNumber": "SHOP", "destinationPhoneNumber": "+491510000000",
            "isInternationalSend": false, "carrierName": "Provider emulator", "messageId": "id-1",
            "messageRequestTimestamp": 1_769_860_800_500_i64, "messageEncoding": "GSM",
            "messageType": "PROMOTIONAL", "messageStatus": "DELIVERED",
            "messageStatusDescription": "Message has been accepted by phone carrier",
            "context": {"voucher": "vch_1"}, "totalMessageParts": 2,
            "totalMessagePrice": 0.01666, "totalCarrierFee": 0.006,
        })
    );
    for (why, expected) in [
        (FailureCause::Gone, "TEXT_INVALID"),
        (FailureCause::NotNow, "TEXT_UNREACHABLE"),
        (FailureCause::Blocked, "TEXT_SPAM"),
    ] {
        let event = text_message(EventKind::Failure(why));
        assert_eq!(event["eventType"], expected);
        assert_eq!(event["messageStatus"], expected.trim_start_matches("TEXT_"));
    }
}

#[test]
fn a_fault_plans_its_events() {
    let names = |channel, fault| {
        planned_events(channel, fault).iter().map(|step| step.kind.name()).collect::<Vec<_>>()
    };
    assert_eq!(names(ProviderChannel::Email, None), ["Send", "Delivery"]);
    assert_eq!(
        names(ProviderChannel::Email, Some(InjectedFault::Complaint)),
        ["Send", "Delivery", "Complaint"]
    );
    assert_eq!(
        names(ProviderChannel::Email, Some(InjectedFault::DuplicateEvent)),
        ["Send", "Send", "Delivery", "Delivery"]
    );
    assert_eq!(
        names(ProviderChannel::Email, Some(InjectedFault::AcceptThenDrop)),
        ["Send", "Delivery"]
    );
    assert_eq!(names(ProviderChannel::Sms, Some(InjectedFault::OptedOut)), ["FAILURE"]);
    assert_eq!(names(ProviderChannel::Push, Some(InjectedFault::NoEvent)), [""; 0]);
}

#[test]
fn the_parts_of_an_sms_are_counted_in_its_alphabet() {
    let check = |text: &str, parts| assert_eq!(sms_parts(text), parts, "{text}");
    check(&"a".repeat(160), 1);
    check(&"a".repeat(161), 2);
    check(&"€".repeat(80), 1);
    check(&"€".repeat(81), 2);
    check(&"ы".repeat(70), 1);
    check(&"ы".repeat(71), 2);
    check("", 1);
}
