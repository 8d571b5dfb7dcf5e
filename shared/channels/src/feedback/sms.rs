//! Parses events about text messages: the delivery status log of SNS, and the events of AWS End User
//! Messaging (SMS and RCS).
//!
//! A failure of the message, of the carrier's filter or of the account says nothing about the
//! customer. A text or type that is not known leaves the message as failed for an unknown reason,
//! and an operator sees the event.

use domain::{delivery::feedback::FeedbackType, kernel::channel::Channel};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    EventAddress, EventPerson, MessageEvent, ParsedEvent, ProviderEvent, REMINDER_TAG, Unreadable,
    phone_of, tag_value, tagged_message, text_at, time_of, unknown,
};

/// The meaning of a failure, and the alert that an operator has to hear.
type FailureMeaning = (FeedbackType, Option<&'static str>);

const CARRIER_FILTER: Option<&str> = Some("carriers refuse the content of our SMS");
const ACCOUNT: Option<&str> = Some("a limit or review of the account holds our SMS back");
const OWN_RULES: Option<&str> = Some("rules of the account hold our SMS back");

/// The beginnings of the texts by which SNS tells a failure, in lower case.
const STATUS_TEXTS: [(&str, FailureMeaning); 17] = [
    ("blocked as spam by phone carrier", (FeedbackType::Rejected, CARRIER_FILTER)),
    ("phone carrier has blocked this message", (FeedbackType::Rejected, CARRIER_FILTER)),
    ("message body is invalid", (FeedbackType::SenderFault, None)),
    ("this delivery would exceed max price", (FeedbackType::SenderFault, ACCOUNT)),
    ("no quota left for account", (FeedbackType::SenderFault, ACCOUNT)),
    ("your account requires additional review", (FeedbackType::SenderFault, ACCOUNT)),
    ("destination is on a blocked list", (FeedbackType::HardBounce, None)),
    ("destination is blacklisted", (FeedbackType::HardBounce, None)),
    ("phone is on a blocked list", (FeedbackType::HardBounce, None)),
    ("phone is blacklisted", (FeedbackType::HardBounce, None)),
    ("phone has blocked sms", (FeedbackType::HardBounce, None)),
    ("invalid phone number", (FeedbackType::HardBounce, None)),
    ("phone number is opted out", (FeedbackType::OptedOut, None)),
    ("phone carrier is currently unreachable", (FeedbackType::SoftBounce, None)),
    ("phone is currently unreachable", (FeedbackType::SoftBounce, None)),
    ("unknown error attempting to reach phone", (FeedbackType::Undetermined, None)),
    ("message has been accepted", (FeedbackType::Delivered, None)),
];

/// Parses an entry of the delivery status log of SNS.
pub(super) fn parse_sms_status(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    let about = tagged_message(None, text_at(value, "/notification/messageId"))?;
    let said = text_at(value, "/delivery/providerResponse").map(|said| said.trim().to_lowercase());
    let meaning = said
        .as_deref()
        .and_then(|said| STATUS_TEXTS.iter().find(|(beginning, _)| said.starts_with(beginning)));
    let meaning = meaning.map(|(_, meaning)| *meaning);
    let contradiction = "contradictory: status and response of an SMS";
    let ((what, alert), note) = match (text_at(value, "/status"), meaning) {
        (Some("SUCCESS"), None | Some((FeedbackType::Delivered, _))) => {
            ((FeedbackType::Delivered, None), None)
        }
        (Some("SUCCESS"), Some(_)) | (Some("FAILURE"), Some((FeedbackType::Delivered, _))) => {
            return Err(contradiction.into());
        }
        (Some("FAILURE"), Some(meaning)) => (meaning, None),
        (Some("FAILURE"), None) => {
            let note = said.map(|_| "unknown response to an SMS".into());
            ((FeedbackType::Undetermined, None), note)
        }
        (Some(status), _) => return Err(unknown("delivery status", status)),
        (None, _) => return Err("a delivery status without a status".into()),
    };
    let address = phone_of(text_at(value, "/delivery/destination"));
    let event = MessageEvent {
        channel: Channel::Sms,
        person: EventPerson { about, address, sole: true },
        reminder: false,
        what,
        at: time_of(text_at(value, "/notification/timestamp"), now),
    };
    Ok(ParsedEvent { alert, unknown: note, ..ParsedEvent::one(ProviderEvent::Event(event)) })
}

/// Returns true for events of AWS End User Messaging, whose types are written in capitals.
pub(super) fn is_message_event(value: &Value) -> bool {
    text_at(value, "/eventType").is_some_and(|kind| {
        ["TEXT_", "RCS_", "MEDIA_", "VOICE_"].iter().any(|prefix| kind.starts_with(prefix))
    })
}

/// Parses an event of AWS End User Messaging.
pub(super) fn parse_message_event(
    value: &Value,
    now: Timestamp,
) -> Result<ParsedEvent, Unreadable> {
    let kind = text_at(value, "/eventType").unwrap_or_default();
    let status = text_at(value, "/messageStatus");
    let (meaning, note) = event_meaning(kind, status)?;
    let is_final = value.get("isFinal").and_then(Value::as_bool).unwrap_or(true);
    let Some((what, alert)) = meaning.filter(|_| is_final) else {
        return Ok(ParsedEvent { unknown: note, ..ParsedEvent::nothing() });
    };
    if contradicts(what, status) {
        return Err("contradictory: type and status of a message event".into());
    }
    let context = value.get("context");
    let event = MessageEvent {
        channel: Channel::Sms,
        person: EventPerson {
            about: tagged_message(context, text_at(value, "/messageId"))?,
            address: destination_of(value),
            sole: true,
        },
        reminder: tag_value(context, REMINDER_TAG).is_some(),
        what,
        at: event_time(value, now),
    };
    Ok(ParsedEvent { alert, unknown: note, ..ParsedEvent::one(ProviderEvent::Event(event)) })
}

fn destination_of(value: &Value) -> EventAddress {
    phone_of(text_at(value, "/destinationPhoneNumber"))
}

/// Reads the time, which is in milliseconds since 1970.
fn event_time(value: &Value, now: Timestamp) -> Timestamp {
    let milliseconds = value.get("eventTimestamp").and_then(Value::as_i64);
    let at = milliseconds.and_then(|it| Timestamp::from_millisecond(it).ok());
    at.map_or(now, |at| at.min(now))
}

/// Returns what an event type means; `None` for one on the way, after which another follows.
fn event_meaning(
    kind: &str,
    status: Option<&str>,
) -> Result<(Option<FailureMeaning>, Option<Unreadable>), Unreadable> {
    let meaning = match kind {
        "TEXT_QUEUED"
        | "TEXT_PENDING"
        | "TEXT_SENT"
        | "RCS_QUEUED"
        | "RCS_PENDING"
        | "RCS_SENT"
        | "RCS_FALLEN_BACK_TO_SMS" => None,
        "TEXT_SUCCESSFUL" | "TEXT_DELIVERED" | "RCS_SUCCESSFUL" | "RCS_DELIVERED" | "RCS_READ" => {
            Some((FeedbackType::Delivered, None))
        }
        "TEXT_INVALID" | "TEXT_BLOCKED" => Some((FeedbackType::HardBounce, None)),
        "TEXT_UNREACHABLE" | "TEXT_CARRIER_UNREACHABLE" | "TEXT_TTL_EXPIRED" => {
            Some((FeedbackType::SoftBounce, None))
        }
        "TEXT_INVALID_MESSAGE" => Some((FeedbackType::SenderFault, None)),
        "TEXT_CARRIER_BLOCKED" | "TEXT_SPAM" => Some((FeedbackType::Rejected, CARRIER_FILTER)),
        "TEXT_PROTECT_BLOCKED" | "RCS_PROTECT_BLOCKED" => {
            Some((FeedbackType::SenderFault, OWN_RULES))
        }
        "TEXT_UNKNOWN" => Some((FeedbackType::Undetermined, None)),
        "RCS_FAILED" | "RCS_TTL_EXPIRED" => return Ok(rcs_failure(kind, status)),
        other => return Err(unknown("type of message event", other)),
    };
    Ok((meaning, None))
}

/// Returns what a failure of RCS means. Its event types are wide, and the status tells more.
fn rcs_failure(kind: &str, status: Option<&str>) -> (Option<FailureMeaning>, Option<Unreadable>) {
    let meaning = match (kind, status) {
        // the device has no RCS, which says nothing about the number
        ("RCS_FAILED", Some("UNDELIVERABLE")) => (FeedbackType::Unavailable, None),
        ("RCS_FAILED", Some("REJECTED")) => (FeedbackType::Rejected, CARRIER_FILTER),
        ("RCS_TTL_EXPIRED", Some("TTL_EXPIRATION_REVOKED")) => (FeedbackType::SoftBounce, None),
        // it could not be taken back and may still arrive
        ("RCS_TTL_EXPIRED", Some("TTL_EXPIRATION_REVOKE_FAILED")) => {
            (FeedbackType::Undetermined, None)
        }
        (_, status) => {
            let note = unknown("status of an RCS message", status.unwrap_or_default());
            return (Some((FeedbackType::Undetermined, None)), Some(note));
        }
    };
    (Some(meaning), None)
}

/// Returns true if the status says the opposite of the type.
fn contradicts(what: FeedbackType, status: Option<&str>) -> bool {
    const ARRIVED: [&str; 3] = ["DELIVERED", "SUCCESSFUL", "READ"];
    const FAILED: [&str; 10] = [
        "INVALID",
        "INVALID_MESSAGE",
        "UNREACHABLE",
        "CARRIER_UNREACHABLE",
        "BLOCKED",
        "CARRIER_BLOCKED",
        "SPAM",
        "TTL_EXPIRED",
        "UNDELIVERABLE",
        "REJECTED",
    ];
    status.is_some_and(|status| {
        let against: &[&str] = if what.proves_delivery() { &FAILED } else { &ARRIVED };
        against.contains(&status)
    })
}
