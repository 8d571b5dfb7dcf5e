//! Serves `/_emulator/...`, the interface for tests and scripts: sets and lists faults, changes the
//! configuration, reads and removes messages, returns statistics, and plays a customer's reply to
//! an SMS. Errors are `{"error": "a sentence"}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::faults::NewFaultRule;
use crate::feedback::FeedbackEvent;
use crate::messages::{MessageFilter, MessageOutcome, MessageRecord, ProviderChannel};
use crate::settings::ConfigChange;
use crate::{ProviderEmulator, lock};

const DEFAULT_LIMIT: usize = 100;
/// The most messages of one page: a few tens of MB of HTML at most.
const MAX_LIMIT: usize = 10_000;

pub async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

pub async fn config(State(emulator): State<Arc<ProviderEmulator>>) -> Response {
    Json(emulator.config()).into_response()
}

pub async fn configure(State(emulator): State<Arc<ProviderEmulator>>, body: Bytes) -> Response {
    match parse_body::<ConfigChange>(&body) {
        Ok(change) => {
            lock(&emulator.config).apply(change);
            Json(emulator.config()).into_response()
        }
        Err(sentence) => problem_response(StatusCode::BAD_REQUEST, &sentence),
    }
}

pub async fn faults(State(emulator): State<Arc<ProviderEmulator>>) -> Response {
    let items = emulator.faults.list();
    Json(json!({"count": items.len(), "items": items})).into_response()
}

pub async fn add_fault(State(emulator): State<Arc<ProviderEmulator>>, body: Bytes) -> Response {
    match parse_body::<NewFaultRule>(&body).and_then(|rule| emulator.faults.add(rule)) {
        Ok(rule) => (StatusCode::CREATED, Json(rule)).into_response(),
        Err(sentence) => problem_response(StatusCode::BAD_REQUEST, &sentence),
    }
}

pub async fn clear_faults(State(emulator): State<Arc<ProviderEmulator>>) -> Json<Value> {
    Json(json!({"removed": emulator.faults.clear()}))
}

pub async fn remove_fault(
    State(emulator): State<Arc<ProviderEmulator>>,
    Path(id): Path<u64>,
) -> Response {
    match emulator.faults.remove(id) {
        true => Json(json!({"removed": 1})).into_response(),
        false => problem_response(StatusCode::NOT_FOUND, "there is no such fault"),
    }
}

pub async fn messages(
    State(emulator): State<Arc<ProviderEmulator>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let number = |name: &str, default: usize| {
        query
            .get(name)
            .map_or(Ok(default), |text| text.parse().map_err(|_| format!("{name} is a number")))
    };
    let asked = parse_filter(&query)
        .and_then(|filter| Ok((filter, number("offset", 0)?, number("limit", DEFAULT_LIMIT)?)));
    match asked {
        Ok((filter, offset, limit)) => {
            let page = emulator.messages.page(&filter, offset, limit.min(MAX_LIMIT));
            let items: Vec<Value> = page.items.iter().map(MessageRecord::json).collect();
            Json(json!({"count": page.count, "items": items})).into_response()
        }
        Err(sentence) => problem_response(StatusCode::BAD_REQUEST, &sentence),
    }
}

pub async fn message(
    State(emulator): State<Arc<ProviderEmulator>>,
    Path(id): Path<u64>,
) -> Response {
    match emulator.messages.get(id) {
        Some(message) => Json(message.json()).into_response(),
        None => problem_response(StatusCode::NOT_FOUND, "there is no such message (any more)"),
    }
}

pub async fn clear_messages(State(emulator): State<Arc<ProviderEmulator>>) -> Json<Value> {
    Json(json!({"removed": emulator.messages.clear()}))
}

/// Removes faults, messages and disabled endpoints. The configuration and the feedback counters
/// stay.
pub async fn reset(State(emulator): State<Arc<ProviderEmulator>>) -> Json<Value> {
    let (faults, messages) = (emulator.faults.clear(), emulator.messages.clear());
    lock(&emulator.disabled_endpoints).clear();
    Json(json!({"faults": faults, "messages": messages}))
}

pub async fn stats(State(emulator): State<Arc<ProviderEmulator>>) -> Json<Value> {
    let mut stats = emulator.messages.stats();
    if let Some(object) = stats.as_object_mut() {
        object.insert("feedback".into(), emulator.feedback.stats());
        object.insert("disabled_endpoints".into(), json!(lock(&emulator.disabled_endpoints).len()));
    }
    Json(stats)
}

/// A customer's answer to an SMS. It is published to the inbound topic as AWS End User Messaging
/// publishes a two-way SMS.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SmsReply {
    from: String,
    body: String,
    #[serde(default)]
    to: Option<String>,
}

pub async fn reply(State(emulator): State<Arc<ProviderEmulator>>, body: Bytes) -> Response {
    let reply: SmsReply = match parse_body(&body) {
        Ok(reply) => reply,
        Err(sentence) => return problem_response(StatusCode::BAD_REQUEST, &sentence),
    };
    let config = emulator.config();
    let Some(topic_arn) = config.inbound_topic_arn.or(config.feedback_topic_arn) else {
        return problem_response(
            StatusCode::CONFLICT,
            "there is no inbound_topic_arn: POST /_emulator/config first",
        );
    };
    let asked = MessageFilter {
        channel: Some(ProviderChannel::Sms),
        to: Some(reply.from.clone()),
        accepted: Some(true),
        ..MessageFilter::default()
    };
    let previous = emulator
        .messages
        .page(&asked, 0, 1)
        .items
        .first()
        .map(|message| message.sent.provider_message_id.clone());
    let message = json!({
        "originationNumber": reply.from,
        "destinationNumber": reply.to.as_deref().unwrap_or("+12065550100"),
        "messageKeyword": "KEYWORD_000000000000",
        "messageBody": reply.body,
        "inboundMessageId": Uuid::now_v7().to_string(),
        "previousPublishedMessageId": previous,
    });
    let answer = Json(message.clone());
    emulator
        .feedback
        .publish(FeedbackEvent { topic_arn, subject: "Inbound SMS", message: message.to_string() })
        .await;
    (StatusCode::ACCEPTED, answer).into_response()
}

pub async fn unknown() -> Response {
    problem_response(
        StatusCode::NOT_FOUND,
        "emulator has no such address: docs/emulator.md lists them",
    )
}

/// Parses the filter of a query. Without `accepted` or `outcome` only accepted messages match;
/// `accepted=false` and `accepted=all` also select refused attempts.
fn parse_filter(query: &BTreeMap<String, String>) -> Result<MessageFilter, String> {
    const KNOWN: [&str; 9] =
        ["channel", "to", "since", "outcome", "tag", "accepted", "q", "limit", "offset"];
    if let Some(unknown) = query.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(format!("{unknown} is not one of {}", KNOWN.join(", ")));
    }
    let text = |name: &str| query.get(name).filter(|text| !text.is_empty()).cloned();
    let outcome: Option<MessageOutcome> = parse_named("outcome", text("outcome"))?;
    let accepted = match text("accepted").as_deref() {
        None if outcome.is_some() => None,
        None | Some("true") => Some(true),
        Some("false") => Some(false),
        Some("all") => None,
        Some(_) => return Err("accepted is true, false or all".into()),
    };
    let tag = text("tag")
        .map(|tag| {
            tag.split_once('=')
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .ok_or("tag is name=value")
        })
        .transpose()?;
    Ok(MessageFilter {
        channel: parse_named("channel", text("channel"))?,
        to: text("to"),
        since: text("since")
            .map(|since| {
                since.parse::<Timestamp>().map_err(|_| "since is a time like 2026-01-31T12:00:00Z")
            })
            .transpose()?,
        outcome,
        tag,
        accepted,
        words: text("q").map(|words| words.to_lowercase()),
    })
}

fn parse_named<T: DeserializeOwned>(
    field: &str,
    text: Option<String>,
) -> Result<Option<T>, String> {
    text.map(|text| {
        serde_json::from_value(Value::String(text)).map_err(|error| format!("{field}: {error}"))
    })
    .transpose()
}

fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn problem_response(status: StatusCode, sentence: &str) -> Response {
    (status, Json(json!({"error": sentence}))).into_response()
}
