//! Parses the delivery status log of SNS for pushes. The push service's own answer stands inside, as
//! JSON or as text, and tells more than the status around it.
//!
//! A device is given up only by a word or code that speaks of the device. A fault of ours is an
//! alert, and an answer that is not known leaves the message as failed for an unknown reason.

use domain::{delivery::feedback::FeedbackType, kernel::channel::Channel};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    EventPerson, MessageEvent, ParsedEvent, ProviderEvent, Unreadable, endpoint_of, tagged_message,
    text_at, time_of, unknown,
};

/// Words of APNs and FCM that say that the device takes no more pushes; `BadDeviceToken` is another,
/// with an alert of its own.
const DEVICE_GONE: [&str; 7] = [
    "Unregistered",
    "UNREGISTERED",
    "NotRegistered",
    "ExpiredToken",
    "InvalidToken",
    "InvalidRegistration",
    "EndpointDisabled",
];
/// Words that say that the service was not there, or that there were too many pushes.
const NOT_NOW: [&str; 14] = [
    "TooManyRequests",
    "TooManyProviderTokenUpdates",
    "ServiceUnavailable",
    "InternalServerError",
    "Shutdown",
    "IdleTimeout",
    "Unavailable",
    "UNAVAILABLE",
    "INTERNAL",
    "QUOTA_EXCEEDED",
    "RESOURCE_EXHAUSTED",
    "DeviceMessageRateExceeded",
    "TopicsMessageRateExceeded",
    "DEADLINE_EXCEEDED",
];
/// Words about our credentials, our app's set-up or the payload.
const SENDER_FAULT: [&str; 24] = [
    "ExpiredProviderToken",
    "InvalidProviderToken",
    "MissingProviderToken",
    "BadCertificate",
    "BadCertificateEnvironment",
    "Forbidden",
    "DeviceTokenNotForTopic",
    "BadTopic",
    "MissingTopic",
    "TopicDisallowed",
    "PayloadTooLarge",
    "PayloadEmpty",
    "MessageTooBig",
    "BadCollapseId",
    "BadExpirationDate",
    "BadMessageId",
    "BadPriority",
    "InvalidPushType",
    "InvalidTtl",
    "InvalidDataKey",
    "InvalidPackageName",
    "SENDER_ID_MISMATCH",
    "MismatchSenderId",
    "THIRD_PARTY_AUTH_ERROR",
];
/// Words that leave open whether the payload or the token is bad.
const AMBIGUOUS: [&str; 2] = ["INVALID_ARGUMENT", "UNSPECIFIED_ERROR"];

const CREDENTIALS: Option<&str> =
    Some("the push service refuses our credentials, our app or our payload");
const ENVIRONMENT: Option<&str> =
    Some("the push service does not know a token; if many, compare sandbox and production");

/// Parses an entry of the delivery status log.
pub(super) fn parse_push_status(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    let about = tagged_message(None, text_at(value, "/notification/messageId"))?;
    let response = text_at(value, "/delivery/providerResponse").unwrap_or_default();
    let code = value.pointer("/delivery/statusCode").and_then(Value::as_i64);
    let status = text_at(value, "/status").ok_or("a delivery status without a status")?;
    let failure = find_failure(response, code);
    let PushMeaning { what, alert, unknown: note } = match (status, failure) {
        ("SUCCESS", None) if code.is_none_or(|code| code < 400) => {
            feedback(FeedbackType::Delivered)
        }
        ("SUCCESS", None) => return Err("contradictory: status and code of a push".into()),
        ("SUCCESS" | "FAILURE", Some(failure)) => failure,
        ("FAILURE", None) if code == Some(200) => {
            return Err("contradictory: status and code of a push".into());
        }
        ("FAILURE", None) => PushMeaning {
            unknown: (!response.is_empty()).then(|| "unknown response to a push".into()),
            ..feedback(FeedbackType::Undetermined)
        },
        (status, _) => return Err(unknown("delivery status", status)),
    };
    let event = MessageEvent {
        channel: Channel::Push,
        person: EventPerson {
            about,
            address: endpoint_of(text_at(value, "/delivery/destination")),
            sole: true,
        },
        reminder: false,
        what,
        at: time_of(text_at(value, "/notification/timestamp"), now),
    };
    Ok(ParsedEvent { alert, unknown: note, ..ParsedEvent::one(ProviderEvent::Event(event)) })
}

struct PushMeaning {
    what: FeedbackType,
    alert: Option<&'static str>,
    unknown: Option<Unreadable>,
}

fn feedback(what: FeedbackType) -> PushMeaning {
    PushMeaning { what, alert: None, unknown: None }
}

/// Returns the failure that the push service names, else the one that its code says.
fn find_failure(response: &str, code: Option<i64>) -> Option<PushMeaning> {
    let words = failure_words(response);
    words.iter().find_map(|word| word_meaning(word)).or_else(|| match code {
        Some(410) => Some(feedback(FeedbackType::EndpointDisabled)),
        Some(413) => Some(sender_fault()),
        Some(429 | 500..=599) => Some(feedback(FeedbackType::Unavailable)),
        Some(_) | None => None,
    })
}

fn sender_fault() -> PushMeaning {
    PushMeaning { alert: CREDENTIALS, ..feedback(FeedbackType::SenderFault) }
}

fn word_meaning(word: &str) -> Option<PushMeaning> {
    if word == "BadDeviceToken" {
        return Some(PushMeaning {
            alert: ENVIRONMENT,
            ..feedback(FeedbackType::EndpointDisabled)
        });
    }
    if DEVICE_GONE.contains(&word) {
        return Some(feedback(FeedbackType::EndpointDisabled));
    }
    if NOT_NOW.contains(&word) {
        return Some(feedback(FeedbackType::Unavailable));
    }
    if SENDER_FAULT.contains(&word) {
        return Some(sender_fault());
    }
    AMBIGUOUS.contains(&word).then(|| feedback(FeedbackType::Undetermined))
}

/// Returns the words by which a response names its failure, the most precise first.
fn failure_words(response: &str) -> Vec<String> {
    match serde_json::from_str::<Value>(response) {
        Ok(answer) => answer_words(&answer),
        // NotificationErrorResponse(command=8, status=InvalidToken, ...), or a sentence of SNS
        Err(_) if response.trim_end_matches('.') == "Endpoint is disabled" => {
            vec!["EndpointDisabled".to_owned()]
        }
        Err(_) => response
            .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .map(str::to_owned)
            .collect(),
    }
}

fn answer_words(answer: &Value) -> Vec<String> {
    let details = answer.pointer("/error/details").and_then(Value::as_array);
    let codes = details.into_iter().flatten().filter_map(|detail| text_at(detail, "/errorCode"));
    let results = answer.get("results").and_then(Value::as_array);
    let errors = results.into_iter().flatten().filter_map(|result| text_at(result, "/error"));
    let single = ["/reason", "/error", "/error/status"];
    let single = single.into_iter().filter_map(|pointer| text_at(answer, pointer));
    codes.chain(errors).chain(single).map(str::to_owned).collect()
}
