//! Emulates SES v2 over REST-JSON: SendEmail and SendBulkEmail, checked as SES documents them and
//! answered in its shapes.
//!
//! Before it: deliver-email's SDK. After it: handover. Other SES operations never come here: the
//! fallback passes them on.

mod requests;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use self::requests::{
    EmailDestination, InlineTemplate, NameValue, SendBulkEmailRequest, SendEmailRequest,
};
use crate::ProviderEmulator;
use crate::events::bare_address;
use crate::messages::{MessageDraft, ProviderChannel};
use crate::send_processing::{SendRefusal, SendVerdict};
use crate::{mime, server};

/// The most recipients of an e-mail (To, Cc and Bcc together), and the most entries of one bulk
/// call.
const MAX_RECIPIENTS: usize = 50;
const MAX_TAG_CHARS: usize = 256;
const MAX_HEADER_NAME_CHARS: usize = 126;
const MAX_HEADER_VALUE_CHARS: usize = 995;
const MAX_HEADER_CHARS: usize = 996;
/// Headers that SES sets itself. They cannot be given in Simple and Template content.
const OWN_HEADERS: [&str; 12] = [
    "bcc",
    "cc",
    "content-disposition",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "return-path",
    "subject",
    "to",
];

pub async fn send_email(State(emulator): State<Arc<ProviderEmulator>>, body: Bytes) -> Response {
    let parsed = serde_json::from_slice(&body)
        .map_err(|error| format!("the body is not a SendEmail request: {error}"));
    let draft = match parsed.and_then(parse_draft) {
        Ok(draft) => draft,
        Err(message) => return bad_request(&message),
    };
    match emulator.process_send(ProviderChannel::Email, draft).await {
        SendVerdict::Accepted(sent) => {
            json_response(StatusCode::OK, None, &json!({"MessageId": sent.provider_message_id}))
        }
        SendVerdict::Refused(refusal) => refusal_response(refusal),
        SendVerdict::CutConnection => server::cut_response(),
    }
}

/// Sends each entry on its own, with its own fault. If one entry's connection is cut, the answer
/// for all of them is cut, as it would be.
pub async fn send_bulk_email(
    State(emulator): State<Arc<ProviderEmulator>>,
    body: Bytes,
) -> Response {
    let request: SendBulkEmailRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            return bad_request(&format!("the body is not a SendBulkEmail request: {error}"));
        }
    };
    if request.bulk_email_entries.is_empty() || request.bulk_email_entries.len() > MAX_RECIPIENTS {
        return bad_request(&format!("between 1 and {MAX_RECIPIENTS} entries are allowed"));
    }
    let (mut results, mut cut) = (Vec::new(), false);
    for entry in &request.bulk_email_entries {
        results.push(match parse_draft(request.entry_request(entry)) {
            Err(message) => json!({"Status": "INVALID_PARAMETER", "Error": message}),
            Ok(draft) => match emulator.process_send(ProviderChannel::Email, draft).await {
                SendVerdict::Accepted(sent) => {
                    json!({"Status": "SUCCESS", "MessageId": sent.provider_message_id})
                }
                SendVerdict::Refused(refusal) => {
                    json!({"Status": bulk_status(refusal), "Error": refusal_error(refusal).2})
                }
                SendVerdict::CutConnection => {
                    cut = true;
                    Value::Null
                }
            },
        });
    }
    if cut {
        server::cut_response()
    } else {
        json_response(StatusCode::OK, None, &json!({"BulkEmailEntryResults": results}))
    }
}

/// Checks a SendEmail request, in the order in which SES would complain.
fn parse_draft(request: SendEmailRequest) -> Result<MessageDraft, String> {
    let from = request.from_email_address.filter(|from| !from.trim().is_empty());
    let EmailDestination { to_addresses, cc_addresses, bcc_addresses } =
        request.destination.unwrap_or_default();
    let mut draft = MessageDraft {
        to: [to_addresses, cc_addresses, bcc_addresses].concat(),
        from,
        reply_to: request.reply_to_addresses,
        configuration_set: request.configuration_set_name,
        tags: parse_tags(request.email_tags)?,
        ..MessageDraft::default()
    };
    match (request.content.simple, request.content.raw, request.content.template) {
        (Some(simple), None, None) => {
            draft.headers = parse_headers(simple.headers)?;
            draft.subject = Some(simple.subject.data);
            draft.text = simple.body.text.map(|part| part.data);
            draft.html = simple.body.html.map(|part| part.data);
            if draft.text.is_none() && draft.html.is_none() {
                return Err("Message body must have a text or an HTML part.".into());
            }
        }
        (None, Some(raw), None) => read_raw(&mut draft, &raw.data)?,
        (None, None, Some(template)) => fill_template(&mut draft, template)?,
        _ => return Err("Exactly one of Simple, Raw and Template content must be given.".into()),
    }
    match &draft.from {
        None => return Err("The From address is missing.".into()),
        Some(from) => check_address(from)?,
    }
    if draft.to.is_empty() {
        return Err("At least one recipient must be given.".into());
    }
    if draft.to.len() > MAX_RECIPIENTS {
        return Err(format!("Recipient count exceeds {MAX_RECIPIENTS}."));
    }
    draft.to.iter().chain(&draft.reply_to).try_for_each(|one| check_address(one))?;
    Ok(draft)
}

fn check_address(address: &str) -> Result<(), String> {
    let bare = bare_address(address);
    match bare.rsplit_once('@') {
        None | Some((_, "")) => Err(format!("Missing final '@domain' in {bare}")),
        Some(("", _)) => Err(format!("Local address contains no characters: {bare}")),
        Some((local, _)) if !local.is_ascii() => {
            Err(format!("Local address contains non-ASCII characters: {bare}"))
        }
        Some((local, _))
            if local
                .bytes()
                .any(|byte| byte.is_ascii_control() || b" ,;<>()[]:\\".contains(&byte)) =>
        {
            Err(format!("Local address contains control or whitespace: {bare}"))
        }
        Some((_, domain))
            if !domain
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) =>
        {
            Err(format!("Domain contains illegal character: {bare}"))
        }
        Some((_, domain))
            if domain.split('.').any(|label| label.is_empty() || label.len() > 63) =>
        {
            Err(format!("Domain contains an empty or too long label: {bare}"))
        }
        Some(_) => Ok(()),
    }
}

/// Checks the tags: ASCII letters, digits, `_` and `-`, at most 256 of them, in names and values
/// (SES v2 API, MessageTag).
fn parse_tags(tags: Vec<NameValue>) -> Result<BTreeMap<String, String>, String> {
    let fits = |text: &str| {
        !text.is_empty()
            && text.len() <= MAX_TAG_CHARS
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    let mut seen = BTreeMap::new();
    for NameValue { name, value } in tags {
        if !fits(&name) {
            return Err(format!(
                "Invalid tag name <{name}>: only ASCII letters, numbers, '_' and '-' are allowed, {MAX_TAG_CHARS} at most."
            ));
        }
        if !fits(&value) {
            return Err(format!(
                "Invalid tag value <{value}>: only ASCII letters, numbers, '_' and '-' are allowed, {MAX_TAG_CHARS} at most."
            ));
        }
        if seen.insert(name.clone(), value).is_some() {
            return Err(format!("Duplicate tag name <{name}>."));
        }
    }
    Ok(seen)
}

fn parse_headers(headers: Vec<NameValue>) -> Result<Vec<(String, String)>, String> {
    let mut seen: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for NameValue { name, value } in headers {
        let named = (1..=MAX_HEADER_NAME_CHARS).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        if !named {
            return Err(format!("Invalid header name <{name}>."));
        }
        let printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !printable
            || value.is_empty()
            || value.len() > MAX_HEADER_VALUE_CHARS
            || name.len() + value.len() > MAX_HEADER_CHARS
        {
            return Err(format!(
                "Invalid value of header <{name}>: printable ASCII only, {MAX_HEADER_CHARS} characters with the name."
            ));
        }
        if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(format!("Header <{name}> is set by SES and cannot be given."));
        }
        if seen.iter().any(|(other, _)| {
            other.eq_ignore_ascii_case(&name) && !name.to_ascii_lowercase().starts_with("x-")
        }) {
            return Err(format!("Header <{name}> may appear only once."));
        }
        seen.push((name, value));
    }
    Ok(seen)
}

/// Reads a Raw message, which gives its sender and recipients unless the request does.
fn read_raw(draft: &mut MessageDraft, data: &str) -> Result<(), String> {
    let bytes = BASE64.decode(data).map_err(|_| "Raw data is not base64.".to_owned())?;
    let parsed = mime::parse(&bytes);
    let header = |wanted: &str| {
        parsed
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.clone())
    };
    if parsed.headers.is_empty() {
        return Err("Raw message has no headers.".into());
    }
    draft.from = draft.from.take().or_else(|| header("From"));
    if draft.to.is_empty() {
        let lists = [header("To"), header("Cc"), header("Bcc")];
        draft.to = lists
            .iter()
            .flatten()
            .flat_map(|list| list.split(','))
            .map(|one| one.trim().to_owned())
            .filter(|one| !one.is_empty())
            .collect();
    }
    draft.subject = header("Subject").map(|subject| mime::decode_words(&subject));
    (draft.text, draft.html) = (parsed.text, parsed.html);
    draft.headers = parsed.headers;
    Ok(())
}

/// Fills an inline template: replaces `{{name}}` from the data and supports nothing else of the
/// template language.
fn fill_template(draft: &mut MessageDraft, template: InlineTemplate) -> Result<(), String> {
    let Some(content) = template.template_content else {
        return Err("Stored templates are not played by emulator: give TemplateContent.".into());
    };
    let data: BTreeMap<String, Value> =
        serde_json::from_str(template.template_data.as_deref().unwrap_or("{}"))
            .map_err(|error| format!("Invalid template data: {error}"))?;
    let render = |text: Option<String>| {
        text.map(|text| {
            data.iter().fold(text, |text, (name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text.replace(&format!("{{{{{name}}}}}"), &value)
            })
        })
    };
    draft.headers = parse_headers(template.headers)?;
    (draft.subject, draft.text, draft.html) =
        (render(content.subject), render(content.text), render(content.html));
    Ok(())
}

fn bad_request(message: &str) -> Response {
    json_response(
        StatusCode::BAD_REQUEST,
        Some("BadRequestException"),
        &json!({"message": message}),
    )
}

fn refusal_response(refusal: SendRefusal) -> Response {
    let (status, code, message) = refusal_error(refusal);
    json_response(status, Some(code), &json!({"message": message}))
}

fn refusal_error(refusal: SendRefusal) -> (StatusCode, &'static str, &'static str) {
    let bad = StatusCode::BAD_REQUEST;
    match refusal {
        SendRefusal::NotVerified => (
            bad,
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region \
             US-EAST-1: the sender",
        ),
        SendRefusal::ConfigurationMissing => {
            (StatusCode::NOT_FOUND, "NotFoundException", "Configuration set does not exist.")
        }
        SendRefusal::Refused
        | SendRefusal::OptedOut
        | SendRefusal::CountryBlocked
        | SendRefusal::EndpointDisabled
        | SendRefusal::PlatformDisabled => {
            (bad, "MessageRejected", "Message rejected (a fault of emulator).")
        }
        SendRefusal::Quota => (bad, "LimitExceededException", "Daily message quota exceeded."),
        SendRefusal::AccountSuspended => (
            bad,
            "AccountSuspendedException",
            "Sending is permanently restricted for this account.",
        ),
        SendRefusal::SendingPaused => {
            (bad, "SendingPausedException", "Sending is currently paused for this account.")
        }
        SendRefusal::Throttled => (
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequestsException",
            "Maximum sending rate exceeded.",
        ),
        SendRefusal::ServerError => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalFailure",
            "An internal service error has occurred.",
        ),
    }
}

fn bulk_status(refusal: SendRefusal) -> &'static str {
    match refusal {
        SendRefusal::Refused
        | SendRefusal::OptedOut
        | SendRefusal::CountryBlocked
        | SendRefusal::EndpointDisabled
        | SendRefusal::PlatformDisabled => "MESSAGE_REJECTED",
        SendRefusal::NotVerified => "MAIL_FROM_DOMAIN_NOT_VERIFIED",
        SendRefusal::ConfigurationMissing => "CONFIGURATION_SET_NOT_FOUND",
        SendRefusal::Quota => "ACCOUNT_DAILY_QUOTA_EXCEEDED",
        SendRefusal::AccountSuspended => "ACCOUNT_SUSPENDED",
        SendRefusal::SendingPaused => "ACCOUNT_SENDING_PAUSED",
        SendRefusal::Throttled => "ACCOUNT_THROTTLED",
        SendRefusal::ServerError => "TRANSIENT_FAILURE",
    }
}

fn json_response(status: StatusCode, error: Option<&'static str>, body: &Value) -> Response {
    let mut response =
        (status, [("content-type", "application/json")], body.to_string()).into_response();
    if let Ok(id) = HeaderValue::from_str(&Uuid::now_v7().to_string()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    if let Some(code) = error {
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(change: impl FnOnce(&mut Value)) -> Result<MessageDraft, String> {
        let mut request = json!({
            "FromEmailAddress": "Offers <offers@example.com>",
            "Destination": {"ToAddresses": ["anna@example.com"]},
            "Content": {"Simple": {
                "Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "t"}, "Html": {"Data": "<p>h"}},
                "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://x/u/1>"}],
            }},
            "EmailTags": [{"Name": "voucher", "Value": "vch_1"}],
            "ConfigurationSetName": "feedback",
        });
        change(&mut request);
        parse_draft(serde_json::from_value(request).unwrap())
    }

    fn refused(expected: &str, change: impl FnOnce(&mut Value)) {
        let error = email(change).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_simple_email_is_read_whole() {
        let draft = email(|_| {}).unwrap();
        assert_eq!(draft.to, ["anna@example.com"]);
        assert_eq!(
            (draft.subject.as_deref(), draft.text.as_deref(), draft.html.as_deref()),
            (Some("Hi"), Some("t"), Some("<p>h"))
        );
        assert_eq!(draft.headers, [("List-Unsubscribe".to_owned(), "<https://x/u/1>".to_owned())]);
        assert_eq!(
            (draft.voucher(), draft.configuration_set.as_deref()),
            (Some("vch_1"), Some("feedback"))
        );
    }

    #[test]
    fn what_ses_refuses_is_refused() {
        refused("From address is missing", |email| email["FromEmailAddress"] = Value::Null);
        refused("Missing final '@domain'", |email| email["FromEmailAddress"] = json!("offers"));
        refused("At least one recipient", |email| email["Destination"] = json!({}));
        refused("exceeds 50", |email| {
            email["Destination"]["ToAddresses"] = json!(vec!["a@b.c"; 51])
        });
        refused("non-ASCII", |email| {
            email["Destination"]["ToAddresses"] = json!(["ännä@example.com"])
        });
        refused("Domain contains", |email| {
            email["Destination"]["ToAddresses"] = json!(["a@exa mple.com"])
        });
        refused("Invalid tag value <a.b@c>", |email| {
            email["EmailTags"][0]["Value"] = json!("a.b@c")
        });
        refused("Invalid tag name", |email| email["EmailTags"][0]["Name"] = json!("a b"));
        refused("Invalid header name", |email| {
            email["Content"]["Simple"]["Headers"][0]["Name"] = json!("A:B")
        });
        refused("Invalid value of header", |email| {
            email["Content"]["Simple"]["Headers"][0]["Value"] = json!("a\r\nBcc: x@y.z")
        });
        refused("set by SES", |email| {
            email["Content"]["Simple"]["Headers"][0]["Name"] = json!("Reply-To")
        });
        refused("text or an HTML part", |email| email["Content"]["Simple"]["Body"] = json!({}));
        refused("Exactly one of", |email| email["Content"] = json!({}));
    }

    #[test]
    fn a_raw_email_names_its_own_recipients() {
        let raw = BASE64
            .encode("From: o@example.com\r\nTo: anna@example.com, ben@example.com\r\nSubject: Raw\r\n\r\nbody\r\n");
        let draft = email(|email| {
            email["Content"] = json!({"Raw": {"Data": raw}});
            email["Destination"] = Value::Null;
        })
        .unwrap();
        assert_eq!(draft.to, ["anna@example.com", "ben@example.com"]);
        assert_eq!(
            (draft.subject.as_deref(), draft.text.as_deref()),
            (Some("Raw"), Some("body\r\n"))
        );
    }

    #[test]
    fn a_bulk_entry_goes_before_the_defaults() {
        let bulk: SendBulkEmailRequest = serde_json::from_value(json!({
            "FromEmailAddress": "o@example.com",
            "DefaultEmailTags": [{"Name": "campaign", "Value": "c1"}, {"Name": "voucher", "Value": "none"}],
            "DefaultContent": {"Template": {"TemplateContent": {"Subject": "Hi {{name}}", "Text": "{{amount}} off"}, "TemplateData": "{\"amount\":5,\"name\":\"you\"}"}},
            "BulkEmailEntries": [{"Destination": {"ToAddresses": ["a@b.c"]}, "ReplacementTags": [{"Name": "voucher", "Value": "v1"}],
                "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": "{\"name\":\"Anna\"}"}}}],
        }))
        .unwrap();
        let draft = parse_draft(bulk.entry_request(&bulk.bulk_email_entries[0])).unwrap();
        assert_eq!(
            (draft.subject.as_deref(), draft.text.as_deref(), draft.voucher()),
            (Some("Hi Anna"), Some("5 off"), Some("v1"))
        );
    }
}
