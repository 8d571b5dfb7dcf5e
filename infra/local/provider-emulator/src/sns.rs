//! Emulates SNS over its query protocol: Publish to a phone number or to a mobile endpoint, and the
//! registration of devices (`devices`). Every other request goes to the upstream unchanged.
//!
//! Before it: deliver-sms, deliver-push, and the clients of topics. After it: handover, or the
//! upstream.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use uuid::Uuid;

use crate::markup::escape;
use crate::messages::{MessageDraft, ProviderChannel};
use crate::send_processing::{SendRefusal, SendVerdict};
use crate::{ProviderEmulator, lock, server, text_messages};

/// The most bytes of one request to the upstream.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
const MAX_SMS_CHARS: usize = 1_600;
const MAX_MESSAGE_BYTES: usize = 262_144;
/// The most bytes of a payload: APNs and FCM take 4 KB.
const MAX_PAYLOAD_BYTES: usize = 4_096;
const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// Handles `POST /`: the query protocol, and the operations of End User Messaging.
pub async fn handle_query(
    State(emulator): State<Arc<ProviderEmulator>>,
    request: Request<Body>,
) -> Response {
    let form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let (parts, body) = request.into_parts();
    let body = match read_body(body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if let Some(operation) = target.and_then(|it| it.strip_prefix(text_messages::TARGET)) {
        return text_messages::handle_operation(&emulator, operation, &body).await;
    }
    if form {
        let fields = FormFields::parse(&body);
        if let Some(publish) = fields.parse_publish() {
            return match publish {
                Ok((channel, draft)) => process_publish(&emulator, channel, draft).await,
                Err(message) => error_response(
                    StatusCode::BAD_REQUEST,
                    "InvalidParameter",
                    &format!("Invalid parameter: {message}"),
                ),
            };
        }
        emulator.track_endpoints(&fields);
        if let Some(answer) = emulator.answer_registration(&fields) {
            return answer;
        }
    }
    emulator.upstream.pass_on(parts, body).await
}

/// Passes on any other method and path.
pub async fn pass_through(
    State(emulator): State<Arc<ProviderEmulator>>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    match read_body(body).await {
        Ok(body) => emulator.upstream.pass_on(parts, body).await,
        Err(response) => response,
    }
}

async fn read_body(body: Body) -> Result<Bytes, Response> {
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("emulator: the body could not be read: {error}\n"),
        )
            .into_response()),
    }
}

async fn process_publish(
    emulator: &Arc<ProviderEmulator>,
    channel: ProviderChannel,
    draft: MessageDraft,
) -> Response {
    match emulator.process_send(channel, draft).await {
        SendVerdict::Accepted(sent) => publish_response(&sent.provider_message_id),
        SendVerdict::Refused(refusal) => refusal_response(channel, refusal),
        SendVerdict::CutConnection => server::cut_response(),
    }
}

fn refusal_response(channel: ProviderChannel, refusal: SendRefusal) -> Response {
    let bad = StatusCode::BAD_REQUEST;
    match refusal {
        SendRefusal::EndpointDisabled => {
            error_response(bad, "EndpointDisabled", "Endpoint is disabled")
        }
        SendRefusal::Throttled => error_response(bad, "Throttling", "Rate exceeded"),
        SendRefusal::ServerError => error_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "An internal service error has occurred.",
        ),
        SendRefusal::NotVerified | SendRefusal::ConfigurationMissing => error_response(
            StatusCode::FORBIDDEN,
            "AuthorizationError",
            "not authorized to perform: SNS:Publish",
        ),
        SendRefusal::PlatformDisabled => {
            error_response(bad, "PlatformApplicationDisabled", "Platform application is disabled")
        }
        SendRefusal::Refused
        | SendRefusal::OptedOut
        | SendRefusal::CountryBlocked
        | SendRefusal::Quota
        | SendRefusal::AccountSuspended
        | SendRefusal::SendingPaused => {
            let reason = match channel {
                ProviderChannel::Push => {
                    "TargetArn Reason: No endpoint found for the target arn specified"
                }
                ProviderChannel::Sms | ProviderChannel::Email => {
                    "PhoneNumber Reason: it is not valid to publish to"
                }
            };
            error_response(bad, "InvalidParameter", &format!("Invalid parameter: {reason}"))
        }
    }
}

/// The fields of a form, in their order.
pub struct FormFields(Vec<(String, String)>);

impl FormFields {
    fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// Returns the checked Publish that is emulated here, or `None` if the request belongs to the
    /// upstream.
    fn parse_publish(&self) -> Option<Result<(ProviderChannel, MessageDraft), String>> {
        if self.get("Action") != Some("Publish") || self.get("TopicArn").is_some() {
            return None;
        }
        match (self.get("PhoneNumber"), self.get("TargetArn")) {
            (Some(_), Some(_)) => {
                Some(Err("PhoneNumber and TargetArn cannot both be given".into()))
            }
            (Some(number), None) => Some(self.parse_sms(number)),
            (None, Some(arn)) if is_endpoint(arn) => Some(self.parse_push(arn)),
            _ => None,
        }
    }

    fn parse_sms(&self, number: &str) -> Result<(ProviderChannel, MessageDraft), String> {
        if !is_e164(number) {
            return Err(format!("PhoneNumber Reason: {number} is not valid to publish to"));
        }
        let text = self.checked_message()?;
        let text = if self.is_json() { protocol_text(text, "sms")? } else { text.to_owned() };
        if text.chars().count() > MAX_SMS_CHARS {
            return Err("Message too long".into());
        }
        let mut tags = self.message_attributes();
        let kind = tags.remove("AWS.SNS.SMS.SMSType").unwrap_or_else(|| "Promotional".into());
        if kind != "Promotional" && kind != "Transactional" {
            return Err("AWS.SNS.SMS.SMSType Reason: must be Promotional or Transactional".into());
        }
        let from = tags
            .remove("AWS.SNS.SMS.SenderID")
            .or_else(|| tags.remove("AWS.MM.SMS.OriginationNumber"));
        let draft = MessageDraft {
            to: vec![number.to_owned()],
            from,
            text: Some(text),
            tags,
            kind: Some(kind),
            ..MessageDraft::default()
        };
        Ok((ProviderChannel::Sms, draft))
    }

    fn parse_push(&self, arn: &str) -> Result<(ProviderChannel, MessageDraft), String> {
        let platform = arn.split('/').nth(1).unwrap_or_default();
        let message = self.checked_message()?;
        let payload =
            if self.is_json() { protocol_text(message, platform)? } else { message.to_owned() };
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err("Message Reason: Notification payload is too large".into());
        }
        let (title, body) = displayed_text(&payload);
        let mut tags = self.message_attributes();
        if let Some(voucher) = payload_voucher(&payload) {
            tags.entry("voucher".to_owned()).or_insert(voucher);
        }
        let draft = MessageDraft {
            to: vec![arn.to_owned()],
            title: title.or_else(|| self.get("Subject").map(str::to_owned)),
            body: body.or_else(|| (!self.is_json()).then(|| message.to_owned())),
            tags,
            kind: Some(platform.to_owned()),
            payload: Some(payload),
            ..MessageDraft::default()
        };
        Ok((ProviderChannel::Push, draft))
    }

    fn checked_message(&self) -> Result<&str, String> {
        match self.get("Message") {
            None | Some("") => Err("Empty message".into()),
            Some(message) if message.len() > MAX_MESSAGE_BYTES => Err("Message too long".into()),
            Some(message) => Ok(message),
        }
    }

    fn is_json(&self) -> bool {
        self.get("MessageStructure") == Some("json")
    }

    /// Returns `MessageAttributes.entry.N.Name` and `.Value.StringValue`, which become the
    /// message's tags.
    fn message_attributes(&self) -> BTreeMap<String, String> {
        let names = self.0.iter().filter_map(|(field, name)| {
            let entry = field.strip_prefix("MessageAttributes.entry.")?.strip_suffix(".Name")?;
            Some((entry, name))
        });
        names
            .map(|(entry, name)| {
                let value = ["StringValue", "BinaryValue"].iter().find_map(|kind| {
                    self.get(&format!("MessageAttributes.entry.{entry}.Value.{kind}"))
                });
                (name.clone(), value.unwrap_or_default().to_owned())
            })
            .collect()
    }
}

impl ProviderEmulator {
    /// Follows SetEndpointAttributes and DeleteEndpoint. They go to the upstream, but the enabled
    /// state of an endpoint matters here too.
    fn track_endpoints(&self, fields: &FormFields) {
        let Some(endpoint) = fields.get("EndpointArn") else {
            return;
        };
        match fields.get("Action") {
            Some("DeleteEndpoint") => {
                lock(&self.disabled_endpoints).remove(endpoint);
            }
            Some("SetEndpointAttributes") => {
                let enabled = fields.0.iter().find_map(|(name, value)| {
                    let entry = name.strip_suffix(".key").filter(|_| value == "Enabled")?;
                    fields.get(&format!("{entry}.value"))
                });
                match enabled.map(str::to_ascii_lowercase).as_deref() {
                    Some("true") => {
                        lock(&self.disabled_endpoints).remove(endpoint);
                    }
                    Some("false") => {
                        lock(&self.disabled_endpoints).insert(endpoint.to_owned());
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Returns true for an endpoint ARN: `arn:aws:sns:REGION:ACCOUNT:endpoint/PLATFORM/APPLICATION/ID`.
fn is_endpoint(arn: &str) -> bool {
    arn.splitn(6, ':').nth(5).is_some_and(|resource| {
        resource.starts_with("endpoint/")
            && resource.split('/').filter(|part| !part.is_empty()).count() == 4
    })
}

/// Returns the text for the protocol from a message with MessageStructure=json, else its default.
fn protocol_text(message: &str, protocol: &str) -> Result<String, String> {
    let parsed: Value = serde_json::from_str(message)
        .map_err(|_| "Message Structure - JSON message body failed to parse".to_owned())?;
    let text = |key: &str| parsed.get(key).and_then(Value::as_str).map(str::to_owned);
    let default =
        text("default").ok_or("Message Structure - No default entry in JSON message body")?;
    Ok(text(protocol)
        .or_else(|| (protocol == "GCM").then(|| text("FCM")).flatten())
        .unwrap_or(default))
}

/// Returns the title and body that the phone would show of an FCM (old and v1) or APNs payload.
fn displayed_text(payload: &str) -> (Option<String>, Option<String>) {
    let Ok(payload) = serde_json::from_str::<Value>(payload) else {
        return (None, Some(payload.to_owned()));
    };
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| text(pointer));
    (
        first(&[
            "/aps/alert/title",
            "/notification/title",
            "/fcmV1Message/message/notification/title",
            "/data/title",
        ]),
        first(&[
            "/aps/alert/body",
            "/aps/alert",
            "/notification/body",
            "/fcmV1Message/message/notification/body",
            "/data/body",
            "/data/message",
        ]),
    )
}

/// Returns the voucher that the payload passes to the app.
fn payload_voucher(payload: &str) -> Option<String> {
    let payload: Value = serde_json::from_str(payload).ok()?;
    let places = ["/voucher", "/data/voucher", "/fcmV1Message/message/data/voucher"];
    places
        .iter()
        .find_map(|pointer| payload.pointer(pointer))
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn publish_response(message_id: &str) -> Response {
    let request_id = Uuid::now_v7();
    xml_response(
        StatusCode::OK,
        format!(
            "<PublishResponse xmlns=\"{NAMESPACE}\"><PublishResult><MessageId>{message_id}</MessageId></PublishResult>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></PublishResponse>"
        ),
    )
}

pub fn error_response(status: StatusCode, code: &str, message: &str) -> Response {
    let (side, request_id) =
        (if status.is_server_error() { "Receiver" } else { "Sender" }, Uuid::now_v7());
    xml_response(
        status,
        format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{side}</Type><Code>{code}</Code><Message>{}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>",
            escape(message)
        ),
    )
}

pub fn xml_response(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> FormFields {
        FormFields(
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        )
    }

    fn publish(pairs: &[(&str, &str)]) -> Option<Result<(ProviderChannel, MessageDraft), String>> {
        fields(&[&[("Action", "Publish")], pairs].concat()).parse_publish()
    }

    const ENDPOINT: &str =
        "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/5e3e9847-3183-3f18-a7e8-671c3a57d4b3";

    #[test]
    fn an_sms_is_read_with_its_attributes() {
        let body = b"Action=Publish&Version=2010-03-31&PhoneNumber=%2B491510000000&Message=Hallo+%C3%9F&MessageAttributes.entry.1.Name=voucher\
            &MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=vch_1\
            &MessageAttributes.entry.2.Name=AWS.SNS.SMS.SMSType&MessageAttributes.entry.2.Value.StringValue=Promotional";
        let (channel, draft) = FormFields::parse(body).parse_publish().unwrap().unwrap();
        assert_eq!(
            (channel, draft.to[0].as_str(), draft.text.as_deref()),
            (ProviderChannel::Sms, "+491510000000", Some("Hallo ß"))
        );
        assert_eq!(
            (draft.voucher(), draft.kind.as_deref(), draft.tags.len()),
            (Some("vch_1"), Some("Promotional"), 1)
        );
    }

    #[test]
    fn a_number_that_is_not_e164_is_refused_as_sns_does() {
        for number in ["491510000000", "+0151000000", "+49 151 0000", "+12345678901234567", "+1"] {
            let error = publish(&[("PhoneNumber", number), ("Message", "x")]).unwrap().unwrap_err();
            assert_eq!(error, format!("PhoneNumber Reason: {number} is not valid to publish to"));
        }
        assert_eq!(
            publish(&[("PhoneNumber", "+491510000000")]).unwrap().unwrap_err(),
            "Empty message"
        );
    }

    #[test]
    fn a_push_takes_the_payload_of_its_platform() {
        let message = r#"{"default":"d","GCM":"{\"notification\":{\"title\":\"T\",\"body\":\"B\"}}","APNS":"{\"aps\":{\"alert\":\"A\"}}"}"#;
        let (_, draft) =
            publish(&[("TargetArn", ENDPOINT), ("MessageStructure", "json"), ("Message", message)])
                .unwrap()
                .unwrap();
        assert_eq!(
            (draft.title.as_deref(), draft.body.as_deref(), draft.kind.as_deref()),
            (Some("T"), Some("B"), Some("GCM"))
        );
        let apns = ENDPOINT.replace("GCM", "APNS");
        let (_, draft) =
            publish(&[("TargetArn", &apns), ("MessageStructure", "json"), ("Message", message)])
                .unwrap()
                .unwrap();
        assert_eq!((draft.title, draft.body.as_deref()), (None, Some("A")));
        let (_, draft) =
            publish(&[("TargetArn", ENDPOINT), ("Subject", "S"), ("Message", "plain")])
                .unwrap()
                .unwrap();
        assert_eq!((draft.title.as_deref(), draft.body.as_deref()), (Some("S"), Some("plain")));
    }

    #[test]
    fn the_voucher_of_a_push_is_read_from_its_payload() {
        let message = r#"{"default":"d","GCM":"{\"fcmV1Message\":{\"message\":{\"notification\":{\"title\":\"T\"},\"data\":{\"voucher\":\"vch_1\"}}}}"}"#;
        let (_, draft) =
            publish(&[("TargetArn", ENDPOINT), ("MessageStructure", "json"), ("Message", message)])
                .unwrap()
                .unwrap();
        assert_eq!((draft.title.as_deref(), draft.voucher()), (Some("T"), Some("vch_1")));
    }

    #[test]
    fn a_json_message_without_a_default_is_refused() {
        let refused = |message: &str| {
            publish(&[("TargetArn", ENDPOINT), ("MessageStructure", "json"), ("Message", message)])
                .unwrap()
                .unwrap_err()
        };
        assert_eq!(refused("{"), "Message Structure - JSON message body failed to parse");
        assert_eq!(
            refused(r#"{"GCM":"x"}"#),
            "Message Structure - No default entry in JSON message body"
        );
        assert_eq!(
            refused(&format!(r#"{{"default":"{}"}}"#, "x".repeat(5_000))),
            "Message Reason: Notification payload is too large"
        );
    }

    #[test]
    fn topics_and_other_actions_are_not_played_here() {
        assert!(
            publish(&[("TopicArn", "arn:aws:sns:us-east-1:0:feedback"), ("Message", "x")])
                .is_none()
        );
        assert!(
            publish(&[("TargetArn", "arn:aws:sns:us-east-1:0:feedback"), ("Message", "x")])
                .is_none()
        );
        assert!(
            fields(&[("Action", "CreateTopic"), ("PhoneNumber", "+491510000000")])
                .parse_publish()
                .is_none()
        );
    }
}
