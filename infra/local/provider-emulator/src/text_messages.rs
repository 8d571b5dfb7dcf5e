//! Emulates AWS End User Messaging SMS over AWS JSON 1.0: `SendTextMessage`, with its exceptions,
//! their reasons and their fields.
//!
//! Before it: deliver-sms. After it: handover. Reads no upstream, which does not know the service.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::events::{message_price, sms_parts};
use crate::messages::{MessageDraft, ProviderChannel, SmsService};
use crate::send_processing::{SendRefusal, SendVerdict};
use crate::{ProviderEmulator, server};

/// The service's name before its operations, in the header `X-Amz-Target`.
pub const TARGET: &str = "PinpointSMSVoiceV2.";
const MAX_BODY_CHARS: usize = 1_600;
const MAX_NAME: usize = 256;
const MAX_CONTEXT_ENTRIES: usize = 5;
const MAX_CONTEXT_KEY: usize = 100;
const MAX_CONTEXT_VALUE: usize = 800;
const MAX_COUNTRY_PARAMETER: usize = 64;
const TIME_TO_LIVE: std::ops::RangeInclusive<u64> = 5..=259_200;

/// Handles one operation of the service.
pub async fn handle_operation(
    emulator: &Arc<ProviderEmulator>,
    operation: &str,
    body: &[u8],
) -> Response {
    if operation != "SendTextMessage" {
        let message = format!("the emulator does not know {operation}");
        return error_response(StatusCode::BAD_REQUEST, "UnknownOperationException", &message);
    }
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        let message = "the request is not JSON";
        return error_response(StatusCode::BAD_REQUEST, "SerializationException", message);
    };
    let draft = match read_draft(&request) {
        Ok(draft) => draft,
        Err(TextFault::Field(field, said)) => return field_response(field, said),
        Err(TextFault::Price) => {
            return reason_response("ValidationException", "PRICE_OVER_THRESHOLD");
        }
    };
    if request.get("DryRun").and_then(Value::as_bool) == Some(true) {
        return accepted_response("dry-run");
    }
    match emulator.process_send(ProviderChannel::Sms, draft).await {
        SendVerdict::Accepted(sent) => accepted_response(&sent.provider_message_id),
        SendVerdict::Refused(refusal) => refusal_response(refusal),
        SendVerdict::CutConnection => server::cut_response(),
    }
}

/// A mistake of a request.
enum TextFault {
    /// A field, and what is wrong with it.
    Field(&'static str, &'static str),
    /// The message costs more than the request allows.
    Price,
}

fn read_draft(request: &Value) -> Result<MessageDraft, TextFault> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let number = text("DestinationPhoneNumber")
        .filter(|number| is_phone(number))
        .ok_or(TextFault::Field("DestinationPhoneNumber", "not a phone number"))?;
    let body = text("MessageBody")
        .filter(|body| !body.trim().is_empty() && body.chars().count() <= MAX_BODY_CHARS)
        .ok_or(TextFault::Field("MessageBody", "empty, or longer than 1600 characters"))?;
    for field in ["OriginationIdentity", "ConfigurationSetName", "ProtectConfigurationId"] {
        if text(field).is_some_and(|name| !is_name(name)) {
            return Err(TextFault::Field(field, "not a name, id or ARN"));
        }
    }
    let kind = text("MessageType").unwrap_or("TRANSACTIONAL");
    if !matches!(kind, "PROMOTIONAL" | "TRANSACTIONAL") {
        return Err(TextFault::Field("MessageType", "neither PROMOTIONAL nor TRANSACTIONAL"));
    }
    let lives = request.get("TimeToLive").map(|seconds| seconds.as_u64().unwrap_or(0));
    if lives.is_some_and(|seconds| !TIME_TO_LIVE.contains(&seconds)) {
        return Err(TextFault::Field("TimeToLive", "not 5 to 259200 seconds"));
    }
    check_price(text("MaxPrice"), body)?;
    check_country_parameters(request.get("DestinationCountryParameters"))?;
    Ok(MessageDraft {
        to: vec![number.to_owned()],
        from: text("OriginationIdentity").map(str::to_owned),
        text: Some(body.to_owned()),
        tags: read_context(request.get("Context"))?,
        configuration_set: text("ConfigurationSetName").map(str::to_owned),
        kind: Some(kind.to_owned()),
        sms_service: SmsService::EndUserMessaging,
        ..MessageDraft::default()
    })
}

fn check_price(most: Option<&str>, body: &str) -> Result<(), TextFault> {
    let Some(most) = most else {
        return Ok(());
    };
    let is_price = most.split_once('.').is_some_and(|(whole, part)| {
        whole.len() <= 2
            && (1..=5).contains(&part.len())
            && whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit())
    });
    let price = most.parse::<f64>().ok().filter(|_| is_price);
    let price = price.ok_or(TextFault::Field("MaxPrice", "not a price such as 0.12"))?;
    if message_price(sms_parts(body)) > price { Err(TextFault::Price) } else { Ok(()) }
}

fn check_country_parameters(given: Option<&Value>) -> Result<(), TextFault> {
    const FIELD: &str = "DestinationCountryParameters";
    for (name, value) in given.and_then(Value::as_object).into_iter().flatten() {
        let is_known = matches!(name.as_str(), "IN_ENTITY_ID" | "IN_TEMPLATE_ID");
        let fits = value
            .as_str()
            .is_some_and(|it| (1..=MAX_COUNTRY_PARAMETER).contains(&it.len()) && !it.contains(' '));
        if !is_known || !fits {
            return Err(TextFault::Field(FIELD, "an unknown name, or a value out of range"));
        }
    }
    Ok(())
}

fn read_context(given: Option<&Value>) -> Result<BTreeMap<String, String>, TextFault> {
    let bad = || TextFault::Field("Context", "at most 5 entries, of 100 and 800 characters");
    let entries = given.and_then(Value::as_object);
    let mut context = BTreeMap::new();
    for (name, value) in entries.into_iter().flatten() {
        let value = value.as_str().ok_or_else(bad)?;
        let fits = (1..=MAX_CONTEXT_KEY).contains(&name.len())
            && (1..=MAX_CONTEXT_VALUE).contains(&value.len())
            && value.trim() == value;
        if !fits {
            return Err(bad());
        }
        context.insert(name.clone(), value.to_owned());
    }
    if context.len() > MAX_CONTEXT_ENTRIES { Err(bad()) } else { Ok(context) }
}

fn is_phone(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    (2..=19).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|digit| digit.is_ascii_digit())
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'/' | b'+' | b'-')
        })
}

fn refusal_response(refusal: SendRefusal) -> Response {
    let bad = StatusCode::BAD_REQUEST;
    match refusal {
        SendRefusal::Refused | SendRefusal::EndpointDisabled => {
            field_response("DestinationPhoneNumber", "not valid")
        }
        SendRefusal::OptedOut => {
            reason_response("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT")
        }
        SendRefusal::CountryBlocked => reason_response(
            "ConflictException",
            "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
        ),
        SendRefusal::Quota => {
            reason_response("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")
        }
        SendRefusal::AccountSuspended | SendRefusal::SendingPaused => {
            reason_response("AccessDeniedException", "ACCOUNT_DISABLED")
        }
        SendRefusal::NotVerified | SendRefusal::PlatformDisabled => {
            reason_response("ConflictException", "RESOURCE_NOT_ACTIVE")
        }
        SendRefusal::ConfigurationMissing => {
            error_response(bad, "ResourceNotFoundException", "no such configuration set")
        }
        SendRefusal::Throttled => error_response(bad, "ThrottlingException", "Rate exceeded"),
        SendRefusal::ServerError => error_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerException",
            "an internal error",
        ),
    }
}

fn accepted_response(message_id: &str) -> Response {
    json_response(StatusCode::OK, &json!({"MessageId": message_id}))
}

fn field_response(field: &str, said: &str) -> Response {
    let fields = json!([{"Name": field, "Message": said}]);
    exception(
        StatusCode::BAD_REQUEST,
        "ValidationException",
        &[("Reason", json!("FIELD_VALIDATION_FAILED")), ("Fields", fields)],
    )
}

fn reason_response(code: &str, reason: &str) -> Response {
    let said = json!(format!("refused: {reason}"));
    let members = [("Reason", json!(reason)), ("Message", said)];
    exception(StatusCode::BAD_REQUEST, code, &members)
}

fn error_response(status: StatusCode, code: &str, message: &str) -> Response {
    exception(status, code, &[("Message", json!(message))])
}

fn exception(status: StatusCode, code: &str, members: &[(&str, Value)]) -> Response {
    let name = json!(format!("com.amazonaws.pinpointsmsvoicev2#{code}"));
    let mut body = Map::from_iter([("__type".to_owned(), name)]);
    body.extend(members.iter().map(|(member, value)| ((*member).to_owned(), value.clone())));
    json_response(status, &Value::Object(body))
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    (status, kind, body.to_string()).into_response()
}
