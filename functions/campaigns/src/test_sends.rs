//! Test sends: a campaign's messages to addresses that the tenant has listed, marked as samples. Reads the campaign and the list in
//! Control, writes the samples to Work, and points the channels' workers at them. After it: the deliver-* workers, which send.
//! Guarantees: nobody who is not listed gets one; a repeat with the same `Idempotency-Key` sends nothing twice; no voucher, quota,
//! customer or report is touched; no message of a queue and no log line holds an address.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    campaign::Campaign,
    field::{FieldError, parse_value},
    id::{CampaignId, SampleId},
    sample::{MAX_MESSAGES, SampleAddress, SampleKey, SampleState, TestAddresses},
};
use http::{HeaderValue, StatusCode, header};
use http_api::{Answer, IdempotencyKey, Operator, Problem, Role, Unread};
use jiff::SignedDuration;
use queue::SamplePointer;
use serde_json::Value;
use store::{
    control::settings::Name,
    samples::{Planned, SampleMessage, SampleRequest},
};

use crate::{
    Context, Id, failed, identity,
    message_views::{TestMessage, TestRecipient, TestSend, TestSendRequest},
    now, unknown_campaign,
};

/// Sends a campaign's messages to listed addresses. With an `Idempotency-Key`, a repeat answers the same test send.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/test-sends", tag = "campaigns", operation_id = "create_test_send", security(("jwt" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = TestSendRequest,
    responses((status = 202, body = TestSend), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn create(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    IdempotencyKey(key): IdempotencyKey,
    body: Unread,
) -> Answer {
    operator.require(Role::Marketer)?;
    let document: Value = body.json().await?;
    let fingerprint = identity::fingerprint(&format!("test-send/{id}"), &document);
    let request: TestSendRequest = parse_value(document)?;
    let campaign = context.campaign(&id).await?;
    let addresses = listed(&context, &campaign, &request.to).await?;
    let standing = context.store.campaign_state(&id).await.map_err(failed)?.ok_or_else(unknown_campaign)?;
    let request = SampleRequest {
        id: identity::sample_id(&operator, &id, key.as_deref())?,
        campaign: id,
        definition: standing.definition,
        by: identity::actor(&operator),
        at: now(),
        fingerprint,
    };
    let messages = messages(&request, addresses);
    match context.store.plan_samples(&request, &messages).await.map_err(failed)? {
        Planned::First | Planned::Repeat => {}
        Planned::Taken => {
            let detail = "this Idempotency-Key came with another request before: take a new one";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail));
        }
    }
    let (request, messages) = found(&context, &request.campaign, &request.id).await?;
    point(&context, &messages).await?;
    tracing::info!(sample = %request.id, campaign = %request.campaign, by = request.by, messages = messages.len(), "test send");
    let location = HeaderValue::try_from(format!("/v1/campaigns/{}/test-sends/{}", request.campaign, request.id));
    let shown = Json(shown(request, messages, context.messaging.lease_seconds, now()));
    let mut answer: Response = (StatusCode::ACCEPTED, shown).into_response();
    if let Ok(location) = location {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}

/// What became of a test send. Kept for three days.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/test-sends/{test_send}", tag = "campaigns", operation_id = "read_test_send", security(("jwt" = [])),
    params(("id" = String, Path), ("test_send" = String, Path)),
    responses((status = 200, body = TestSend), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path((campaign, id)): Path<(String, String)>,
) -> Answer<Json<TestSend>> {
    operator.require(Role::Viewer)?;
    let campaign = CampaignId::parse(&campaign).map_err(|_| unknown())?;
    let id = SampleId::parse(&id).map_err(|_| unknown())?;
    let (request, messages) = found(&context, &campaign, &id).await?;
    Ok(Json(shown(request, messages, context.messaging.lease_seconds, now())))
}

fn unknown() -> Problem {
    Problem::not_found("test_send_unknown").with_detail("there is no such test send, or it is more than three days old")
}

/// Each address with its reader's locale, if all are listed and the campaign has a message for each.
async fn listed(
    context: &Context,
    campaign: &Campaign,
    to: &[TestRecipient],
) -> Answer<Vec<(SampleAddress, Option<domain::customer::Locale>)>> {
    if to.is_empty() || to.len() > MAX_MESSAGES {
        return Err(Problem::field("/to", "out_of_range", format!("1 to {MAX_MESSAGES} messages")));
    }
    let list = context.store.setting::<TestAddresses>(Name::TestAddresses).await.map_err(failed)?.value;
    let (mut addresses, mut errors) = (Vec::new(), Vec::new());
    for (index, recipient) in to.iter().enumerate() {
        let mut error = |part: &str, code, detail: String| {
            errors.push(FieldError::new(format!("/to/{index}/{part}"), code, detail));
        };
        if campaign.definition.messages.choose(recipient.channel, recipient.locale.as_ref()).is_none() {
            error("channel", "message_missing", format!("the campaign has no message for {}", recipient.channel));
        }
        match SampleAddress::parse(recipient.channel, &recipient.address) {
            Err(bad) => error("address", "invalid", bad.to_string()),
            Ok(address) if !list.lists(&address) => {
                error("address", "not_listed", "is none of the test addresses; an administrator lists them".into());
            }
            Ok(address) => addresses.push((address, recipient.locale.clone())),
        }
    }
    if errors.is_empty() { Ok(addresses) } else { Err(errors.into()) }
}

fn messages(
    request: &SampleRequest,
    addresses: Vec<(SampleAddress, Option<domain::customer::Locale>)>,
) -> Vec<SampleMessage> {
    let message = |(number, (address, locale))| SampleMessage {
        key: SampleKey { id: request.id.clone(), number },
        campaign: request.campaign.clone(),
        definition: request.definition,
        address,
        locale,
        state: SampleState::Waiting,
        reason: None,
        at: request.at,
    };
    (0..).zip(addresses).map(message).collect()
}

/// Tells the workers of what still waits. On a repeat again: a pointer may have been lost, and one too many finds a claim.
async fn point(context: &Context, messages: &[SampleMessage]) -> Answer<()> {
    for channel in domain::channel::Channel::ALL {
        let waiting = messages.iter().filter(|it| it.address.channel() == channel && it.state == SampleState::Waiting);
        let pointers: Vec<SamplePointer> = waiting.map(|it| SamplePointer { sample: it.key.clone() }).collect();
        if !pointers.is_empty() {
            let sent = context.messaging.queue(channel).send_all(&pointers).await;
            sent.map_err(|error| Problem::from_failure(&error, true))?;
        }
    }
    Ok(())
}

async fn found(context: &Context, campaign: &CampaignId, id: &SampleId) -> Answer<(SampleRequest, Vec<SampleMessage>)> {
    let found = context.store.samples(id).await.map_err(failed)?;
    found.filter(|(request, _)| request.campaign == *campaign).ok_or_else(unknown)
}

fn shown(request: SampleRequest, messages: Vec<SampleMessage>, lease_seconds: i64, now: Timestamp) -> TestSend {
    let message = |message: SampleMessage| {
        // a worker that died has left it so: whether the provider was called, nobody knows
        let lost = message.state == SampleState::Sending
            && now.duration_since(message.at) > SignedDuration::from_secs(2 * lease_seconds);
        TestMessage {
            channel: message.address.channel(),
            locale: message.locale,
            state: if lost { SampleState::Unknown } else { message.state },
            reason: if lost { Some("worker_lost".to_owned()) } else { message.reason },
            at: message.at,
        }
    };
    TestSend {
        id: request.id,
        campaign_id: request.campaign,
        definition: request.definition,
        requested_by: request.by,
        requested_at: request.at,
        messages: messages.into_iter().map(message).collect(),
    }
}
