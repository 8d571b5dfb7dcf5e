//! Opens what provider events are wrapped in: SNS notifications (raw or not), EventBridge events,
//! invocations of Lambda by SQS and SNS, and batches of CloudWatch Logs (gzip in base64).
//!
//! It reads the body of a queue message and returns its parts, each of which is one event, known to
//! be none, or cannot be opened. A part that cannot be opened never takes its batch along. The
//! confirmation link of a subscription is never followed.

use std::{borrow::Cow, io::Read};

use data_encoding::BASE64;
use flate2::read::GzDecoder;
use serde_json::Value;

use super::Unreadable;

/// The most envelopes around an event: a log batch in a notification in a queue record, and one
/// more.
const MAX_DEPTH: u8 = 4;
/// The most bytes that a batch of logs may unpack to. CloudWatch Logs sends at most about 1 MB.
const MAX_UNPACKED_BYTES: u64 = 8 * 1024 * 1024;
/// The beginning of the text by which SES tries a new topic.
const VALIDATION_TEXT: &str = "Successfully validated SNS topic";

/// One event as it came out of its envelopes.
pub(super) struct OpenedEvent<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) content: EnvelopeContent,
    /// The time of its publication, as the innermost envelope that has one gives it.
    pub(super) published: Option<String>,
}

pub(super) enum EnvelopeContent {
    Event(Value),
    /// A known message that is no event: a check of the connection, a subscription that waits.
    Nothing(Option<&'static str>),
    Unreadable(Unreadable),
}

/// The envelopes around a text: how many more it may have, and when the last one was published.
#[derive(Clone)]
struct Surroundings {
    depth: u8,
    published: Option<String>,
}

impl Surroundings {
    fn inside(&self, envelope: &Value) -> Self {
        let text = |name: &str| envelope.get(name).and_then(Value::as_str).map(str::to_owned);
        let published = text("Timestamp").or_else(|| text("time"));
        Self { depth: self.depth - 1, published: published.or_else(|| self.published.clone()) }
    }
    fn opened<'a>(self, text: Cow<'a, str>, content: EnvelopeContent) -> OpenedEvent<'a> {
        OpenedEvent { text, content, published: self.published }
    }
    fn unreadable<'a>(self, text: Cow<'a, str>, reason: &'static str) -> OpenedEvent<'a> {
        self.opened(text, EnvelopeContent::Unreadable(reason.into()))
    }
}

/// Opens a body down to its events.
pub(super) fn open_body(body: &str) -> Vec<OpenedEvent<'_>> {
    let mut enclosed = Vec::with_capacity(1);
    let around = Surroundings { depth: MAX_DEPTH, published: None };
    open_text(Cow::Borrowed(body), around, &mut enclosed);
    enclosed
}

fn open_text<'a>(text: Cow<'a, str>, around: Surroundings, enclosed: &mut Vec<OpenedEvent<'a>>) {
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => open_value(text, value, around, enclosed),
        Err(_) if text.starts_with(VALIDATION_TEXT) => {
            enclosed.push(around.opened(text, EnvelopeContent::Nothing(None)));
        }
        Err(_) => enclosed.push(around.unreadable(text, "not JSON")),
    }
}

fn open_value<'a>(
    text: Cow<'a, str>,
    value: Value,
    around: Surroundings,
    enclosed: &mut Vec<OpenedEvent<'a>>,
) {
    let Some(inner) = find_envelope(&value) else {
        return enclosed.push(around.opened(text, EnvelopeContent::Event(value)));
    };
    if around.depth == 0 {
        return enclosed.push(around.unreadable(text, "too many envelopes"));
    }
    let inside = around.inside(&value);
    match inner {
        EventEnvelope::Texts(texts) => {
            for inner in texts {
                let inside = inside.clone();
                match inner {
                    Some(inner) => open_text(Cow::Owned(inner.to_owned()), inside, enclosed),
                    None => enclosed
                        .push(inside.unreadable(text.clone(), "an envelope without content")),
                }
            }
        }
        EventEnvelope::Values(values) => {
            for inner in values {
                open_value(Cow::Owned(inner.to_string()), inner.clone(), inside.clone(), enclosed);
            }
        }
        EventEnvelope::Packed(data) => match unpack_logs(data) {
            Ok(batch) => open_text(Cow::Owned(batch), inside, enclosed),
            Err(reason) => enclosed.push(around.unreadable(text, reason)),
        },
        EventEnvelope::NoEvent(alert) => {
            enclosed.push(around.opened(text, EnvelopeContent::Nothing(alert)));
        }
        EventEnvelope::Unknown(reason) => enclosed.push(around.unreadable(text, reason)),
    }
}

enum EventEnvelope<'a> {
    Texts(Vec<Option<&'a str>>),
    Values(Vec<&'a Value>),
    /// Base64 of a gzip stream.
    Packed(&'a str),
    NoEvent(Option<&'static str>),
    Unknown(&'static str),
}

/// Returns the envelope, or `None` if the value is an event itself.
fn find_envelope(value: &Value) -> Option<EventEnvelope<'_>> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let (Some(kind), true) = (text("Type"), value.get("Message").is_some()) {
        return Some(open_notification(kind, value));
    }
    if let Some(records) = value.get("Records").and_then(Value::as_array) {
        return Some(open_records(records));
    }
    if let Some(data) = value.pointer("/awslogs/data") {
        let packed = data.as_str().map(EventEnvelope::Packed);
        return Some(packed.unwrap_or(EventEnvelope::Unknown("logs that are no text")));
    }
    if let (Some(kind), Some(lines)) = (text("messageType"), value.get("logEvents")) {
        return Some(open_logs(kind, lines));
    }
    if value.get("detail-type").is_some() {
        return value
            .get("detail")
            .filter(|it| it.is_object())
            .map(|it| EventEnvelope::Values(vec![it]));
    }
    None
}

fn open_notification<'a>(kind: &str, value: &'a Value) -> EventEnvelope<'a> {
    match kind {
        "Notification" => EventEnvelope::Texts(vec![value.get("Message").and_then(Value::as_str)]),
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
            EventEnvelope::NoEvent(Some("a subscription of the topic waits for its confirmation"))
        }
        _ => EventEnvelope::Unknown("a notification of unknown type"),
    }
}

/// Opens the records of a Lambda invocation: bodies of SQS, notifications of SNS.
fn open_records(records: &[Value]) -> EventEnvelope<'_> {
    let notifications: Vec<&Value> = records.iter().filter_map(|it| it.get("Sns")).collect();
    if !notifications.is_empty() && notifications.len() == records.len() {
        return EventEnvelope::Values(notifications);
    }
    EventEnvelope::Texts(
        records.iter().map(|record| record.get("body").and_then(Value::as_str)).collect(),
    )
}

fn open_logs<'a>(kind: &str, lines: &'a Value) -> EventEnvelope<'a> {
    match (kind, lines.as_array()) {
        ("CONTROL_MESSAGE", _) => EventEnvelope::NoEvent(None),
        ("DATA_MESSAGE", Some(lines)) => EventEnvelope::Texts(
            lines.iter().map(|line| line.get("message").and_then(Value::as_str)).collect(),
        ),
        _ => EventEnvelope::Unknown("logs of unknown type"),
    }
}

fn unpack_logs(data: &str) -> Result<String, &'static str> {
    let packed = BASE64.decode(data.as_bytes()).map_err(|_| "logs that are not base64")?;
    let mut text = String::new();
    let mut unpacked = GzDecoder::new(packed.as_slice()).take(MAX_UNPACKED_BYTES);
    unpacked.read_to_string(&mut text).map_err(|_| "logs that are not gzip")?;
    if unpacked.limit() == 0 {
        return Err("logs that are too long");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use serde_json::json;

    use super::*;

    fn opened(body: &Value) -> Vec<(String, &'static str)> {
        let enclosed = open_body(Box::leak(body.to_string().into_boxed_str()));
        let kind = |content: &EnvelopeContent| match content {
            EnvelopeContent::Event(_) => "event",
            EnvelopeContent::Nothing(None) => "nothing",
            EnvelopeContent::Nothing(Some(_)) => "alert",
            EnvelopeContent::Unreadable(_) => "unreadable",
        };
        enclosed.into_iter().map(|it| (it.text.into_owned(), kind(&it.content))).collect()
    }

    fn packed(text: &str) -> Value {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        json!({"awslogs": {"data": BASE64.encode(&encoder.finish().unwrap())}})
    }

    fn notification(message: &str) -> Value {
        json!({"Type": "Notification", "TopicArn": "arn:aws:sns:x:1:t", "Message": message})
    }

    #[test]
    fn an_event_is_found_in_every_envelope_and_in_envelopes_of_envelopes() {
        let event = json!({"eventType": "Send"});
        let expected = [(event.to_string(), "event")];
        let wrapped = notification(&event.to_string());
        let logs =
            json!({"messageType": "DATA_MESSAGE", "logEvents": [{"message": event.to_string()}]});
        for body in [
            event.clone(),
            wrapped.clone(),
            json!({"Records": [{"body": event.to_string()}]}),
            json!({"Records": [{"body": wrapped.to_string()}]}),
            json!({"Records": [{"Sns": wrapped}]}),
            json!({"detail-type": "Text", "detail": event}),
            logs.clone(),
            packed(&logs.to_string()),
            notification(&packed(&logs.to_string()).to_string()),
        ] {
            assert_eq!(opened(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_bad_event_leaves_the_others_of_its_batch_readable() {
        let good = json!({"status": "SUCCESS"}).to_string();
        let logs = json!({"messageType": "DATA_MESSAGE", "logEvents": [
            {"message": "START of something"}, {"message": good}, {"id": "1"}, {"message": "{\"cut\":"},
        ]});
        let kinds: Vec<&str> =
            opened(&packed(&logs.to_string())).into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, ["unreadable", "event", "unreadable", "unreadable"]);
        let records = json!({"Records": [{"Sns": notification(&good)}, {"body": good}]});
        assert_eq!(opened(&records).len(), 2);
    }

    #[test]
    fn what_is_known_to_be_no_event_is_none() {
        let control = json!({"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "x"}]});
        let validation =
            notification("Successfully validated SNS topic for Amazon SES event publishing.");
        for body in [control.clone(), packed(&control.to_string()), validation] {
            assert_eq!(opened(&body)[0].1, "nothing", "{body}");
        }
        for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
            let body =
                json!({"Type": kind, "Message": "visit", "SubscribeURL": "https://example.com"});
            assert_eq!(opened(&body)[0].1, "alert", "{kind}");
        }
    }

    #[test]
    fn what_cannot_be_opened_is_unreadable() {
        let mut deep = json!({"eventType": "Send"});
        for _ in 0..6 {
            deep = notification(&deep.to_string());
        }
        for body in [
            json!({"awslogs": {"data": "eyJtZXNzYWdlVHlwZSI6IkRBVEFfTUVTU0FHRSJ9"}}),
            json!({"awslogs": {"data": "no base64!"}}),
            json!({"awslogs": {"data": 7}}),
            json!({"messageType": "SOMETHING", "logEvents": []}),
            json!({"Type": "Something", "Message": "x"}),
            notification("just a text"),
            packed(&"x".repeat(9 * 1024 * 1024)),
            deep,
        ] {
            let shown: String = body.to_string().chars().take(80).collect();
            assert_eq!(opened(&body)[0].1, "unreadable", "{shown}");
        }
    }
}
