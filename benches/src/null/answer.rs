//! The answers of the stand-in for each service.

use std::{fmt::Write, sync::atomic::Ordering};

use axum::body::Bytes;
use http::{Response, request::Parts};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{NullServerState, lock};

/// A message that a provider was asked to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderCall {
    /// A message of SNS, known by its id; the destination is a phone number or a device.
    Published { id: String, destination: String },
    /// An SMS of End User Messaging, known by its context.
    Texted { id: String, phone: String, context: Value },
    /// A message of SES, known by its tags.
    Mailed { id: String, voucher: String, customer: String },
}

/// Returns the operation of a request, in the words of its service.
fn operation(parts: &Parts, body: &[u8]) -> String {
    if let Some(target) = parts.headers.get("x-amz-target").and_then(|it| it.to_str().ok()) {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    if parts.uri.path() == "/v2/email/outbound-emails" {
        return "SendEmail".to_owned();
    }
    if body.starts_with(b"Action=Publish&") { "Publish".to_owned() } else { "Unknown".to_owned() }
}

pub(super) fn answer_call(
    seen: &NullServerState,
    parts: &Parts,
    body: &[u8],
) -> Response<Full<Bytes>> {
    let operation = operation(parts, body);
    let content = match operation.as_str() {
        "PutItem" | "TransactWriteItems" => {
            keep_item(seen, &operation, body);
            "{}".to_owned()
        }
        "GetItem" => find_item(seen, body)
            .map_or_else(|| "{}".to_owned(), |item| format!(r#"{{"Item":{item}}}"#)),
        "BatchGetItem" => answer_batch(seen, body),
        "UpdateItem" => answer_update(seen, body),
        "GetSecretValue" => secret(body),
        "SendMessageBatch" => r#"{"Successful":[],"Failed":[]}"#.to_owned(),
        "SendEmail" => answer_email(seen, body),
        "Publish" => answer_publish(seen, body),
        "SendTextMessage" => answer_text(seen, body),
        _ => "{}".to_owned(),
    };
    *lock(&seen.calls).entry(operation).or_default() += 1;
    let kind = if content.starts_with('<') { "text/xml" } else { "application/x-amz-json-1.0" };
    let mut response = Response::new(Full::new(Bytes::from(content)));
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}

/// The webhook secret of every benchmark.
pub const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr";

/// The id of the API key that has it.
pub const KEY_ID: &str = "first";

/// Answers with the API keys if the name of the secret says so, else with a pair of values.
fn secret(body: &[u8]) -> String {
    let keys = body.windows(7).any(|part| part == b"WEBHOOK");
    let document = match keys {
        true => json!({"first": SECRET, "keys": []}),
        false => json!({"current": SECRET, "previous": ""}),
    };
    json!({"SecretString": document.to_string()}).to_string()
}

fn keep_item(seen: &NullServerState, operation: &str, body: &[u8]) {
    if !seen.keeps.load(Ordering::Relaxed) {
        return;
    }
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let puts: Vec<&Value> = if operation == "PutItem" {
        vec![&request]
    } else {
        let items = request.get("TransactItems").and_then(Value::as_array);
        items.into_iter().flatten().filter_map(|item| item.get("Put")).collect()
    };
    for put in puts {
        if seen.skips_vouchers.load(Ordering::Relaxed) && put.pointer("/Item/voucher_id").is_some()
        {
            continue;
        }
        if let (Some(table), Some(item)) =
            (put.get("TableName").and_then(Value::as_str), put.get("Item"))
        {
            lock(&seen.items).push((table.to_owned(), item.clone()));
        }
    }
}

/// Returns the last put item that has every attribute of the key.
fn find_item(seen: &NullServerState, body: &[u8]) -> Option<Value> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    find_by_key(seen, request.get("TableName")?.as_str()?, request.get("Key")?)
}

fn find_by_key(seen: &NullServerState, table: &str, key: &Value) -> Option<Value> {
    let key = key.as_object()?;
    let items = lock(&seen.items);
    let fits = |item: &Value| key.iter().all(|(name, value)| item.get(name) == Some(value));
    items.iter().rev().find(|(of, item)| of == table && fits(item)).map(|(_, item)| item.clone())
}

/// Answers with those of the items that were put, by table.
fn answer_batch(seen: &NullServerState, body: &[u8]) -> String {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let tables = request.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
    let found = tables.map(|(table, wanted)| {
        let keys = wanted.get("Keys").and_then(Value::as_array).into_iter().flatten();
        let items: Vec<Value> = keys.filter_map(|key| find_by_key(seen, table, key)).collect();
        (table.clone(), Value::Array(items))
    });
    let found: serde_json::Map<String, Value> = found.collect();
    json!({"Responses": found, "UnprocessedKeys": {}}).to_string()
}

/// Answers an update without applying it. A caller that asks for the updated item gets it as it was
/// put, leased for the first time.
fn answer_update(seen: &NullServerState, body: &[u8]) -> String {
    let asks = body.windows(9).any(|part| part == b"\"ALL_NEW\"");
    let Some(mut item) = asks.then(|| find_item(seen, body)).flatten() else {
        return "{}".to_owned();
    };
    if let Some(takes) = item.get_mut("takes") {
        *takes = json!({"N": "1"});
    }
    json!({"Attributes": item}).to_string()
}

fn next_id(seen: &NullServerState) -> String {
    let number = seen.numbers.fetch_add(1, Ordering::Relaxed);
    format!("{number:08x}-77aa-4bb3-9c1d-0123456789ab")
}

fn keep_message(seen: &NullServerState, body: &[u8]) {
    *lock(&seen.last_message) = Some(String::from_utf8_lossy(body).into_owned());
}

fn answer_email(seen: &NullServerState, body: &[u8]) -> String {
    keep_message(seen, body);
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let tag = |name: &str| {
        let tags = request.get("EmailTags").and_then(Value::as_array);
        let tag = tags
            .into_iter()
            .flatten()
            .find(|tag| tag.get("Name").and_then(Value::as_str) == Some(name));
        tag.and_then(|tag| tag.get("Value")?.as_str()).unwrap_or_default().to_owned()
    };
    let id = next_id(seen);
    lock(&seen.provided).push(ProviderCall::Mailed {
        id: id.clone(),
        voucher: tag("voucher"),
        customer: tag("customer"),
    });
    json!({"MessageId": id}).to_string()
}

fn answer_text(seen: &NullServerState, body: &[u8]) -> String {
    keep_message(seen, body);
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = next_id(seen);
    let phone = request.get("DestinationPhoneNumber").and_then(Value::as_str);
    lock(&seen.provided).push(ProviderCall::Texted {
        id: id.clone(),
        phone: phone.unwrap_or_default().to_owned(),
        context: request.get("Context").cloned().unwrap_or_default(),
    });
    json!({"MessageId": id}).to_string()
}

fn answer_publish(seen: &NullServerState, body: &[u8]) -> String {
    keep_message(seen, body);
    let text = String::from_utf8_lossy(body);
    let destination = text.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == "PhoneNumber" || name == "TargetArn")
            .then(|| value.replace("%3A", ":").replace("%2F", "/").replace("%2B", "+"))
    });
    let id = next_id(seen);
    lock(&seen.provided).push(ProviderCall::Published {
        id: id.clone(),
        destination: destination.unwrap_or_default(),
    });
    let mut answer = String::from(
        r#"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>"#,
    );
    let _ = write!(answer, "<MessageId>{id}</MessageId></PublishResult></PublishResponse>");
    answer
}
