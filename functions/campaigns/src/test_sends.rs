//! Test sends: a campaign's messages to addresses that the tenant has listed, marked as samples.
//! Reads the campaign and the list in Control, writes the test messages to Work, and queues
//! pointers to them for the channels' workers. After it: the deliver-* workers, which send them.
//!
//! Guarantees: only listed addresses get a message; a repeat with the same `Idempotency-Key` sends
//! nothing twice; no voucher, quota, customer or report is touched; no queue message and no log
//! line contains an address.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    campaign::lifecycle::Campaign,
    customer::{address::Address, profile::Locale},
    delivery::test_send::{MAX_MESSAGES, TestAddresses, TestSendKey, TestSendState},
    kernel::{
        id::{CampaignId, TestSendId},
        validation::{FieldError, parse_value},
    },
};
use http::{HeaderValue, StatusCode, header};
use http_edge::{ApiResult, IdempotencyKey, Operator, OperatorRole, Problem, UnreadBody};
use jiff::SignedDuration;
use queue::TestSendPointer;
use runtime::clock;
use serde_json::Value;
use store::{
    campaign::campaigns::settings::SettingName,
    delivery::test_sends::{PlanTestSendResult, TestSendMessage, TestSendRecord},
};

use crate::{
    CampaignIdPath, CampaignsContext, identity,
    message_views::{TestMessage, TestRecipient, TestSend, TestSendRequest},
    store_failure, unknown_campaign,
};

/// Sends a campaign's messages to listed test addresses.
///
/// A repeat with the same `Idempotency-Key` answers the same test send.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/test-sends", tag = "campaigns", operation_id = "create_test_send", security(("jwt" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = TestSendRequest,
    responses((status = 202, body = TestSend), Problem)
)]
pub async fn create(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    IdempotencyKey(key): IdempotencyKey,
    body: UnreadBody,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let document: Value = body.read_json().await?;
    let fingerprint = identity::request_fingerprint(&format!("test-send/{id}"), &document);
    let request: TestSendRequest = parse_value(document)?;
    let campaign = context.load_campaign(&id).await?;
    let addresses = check_recipients(&context, &campaign, &request.to).await?;
    let summary = context
        .store
        .campaign_summary(&id)
        .await
        .map_err(store_failure)?
        .ok_or_else(unknown_campaign)?;
    let request = TestSendRecord {
        id: identity::test_send_id(&operator, &id, key.as_deref())?,
        campaign: id,
        definition: summary.definition,
        by: identity::actor_name(&operator),
        at: clock::now(),
        fingerprint,
    };
    let messages = new_test_messages(&request, addresses);
    match context.store.plan_test_send(&request, &messages).await.map_err(store_failure)? {
        PlanTestSendResult::First | PlanTestSendResult::Repeat => {}
        PlanTestSendResult::IdConflict => {
            let detail = "this Idempotency-Key came with another request before: take a new one";
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                detail,
            ));
        }
    }
    let (request, messages) = load_test_send(&context, &request.campaign, &request.id).await?;
    queue_pointers(&context, &messages).await?;
    tracing::info!(sample = %request.id, campaign = %request.campaign, by = request.by, messages = messages.len(), "test send accepted");
    let location = HeaderValue::try_from(format!(
        "/v1/campaigns/{}/test-sends/{}",
        request.campaign, request.id
    ));
    let shown =
        Json(test_send_view(request, messages, context.messaging.lease_seconds, clock::now()));
    let mut answer: Response = (StatusCode::ACCEPTED, shown).into_response();
    if let Ok(location) = location {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}

/// Returns the state of a test send, which is kept for three days.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/test-sends/{test_send}", tag = "campaigns", operation_id = "read_test_send", security(("jwt" = [])),
    params(("id" = String, Path), ("test_send" = String, Path)),
    responses((status = 200, body = TestSend), Problem)
)]
pub async fn read(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    Path((campaign, id)): Path<(String, String)>,
) -> ApiResult<Json<TestSend>> {
    operator.require_role(OperatorRole::Viewer)?;
    let campaign = CampaignId::parse(&campaign).map_err(|_| unknown_test_send())?;
    let id = TestSendId::parse(&id).map_err(|_| unknown_test_send())?;
    let (request, messages) = load_test_send(&context, &campaign, &id).await?;
    Ok(Json(test_send_view(request, messages, context.messaging.lease_seconds, clock::now())))
}

fn unknown_test_send() -> Problem {
    Problem::not_found("test_send_unknown")
        .with_detail("there is no such test send, or it is more than three days old")
}

/// Checks the recipients and returns each address with its locale. Refuses unless all are listed
/// and the campaign has a message for each.
async fn check_recipients(
    context: &CampaignsContext,
    campaign: &Campaign,
    to: &[TestRecipient],
) -> ApiResult<Vec<(Address, Option<Locale>)>> {
    if to.is_empty() || to.len() > MAX_MESSAGES {
        return Err(Problem::field("/to", "out_of_range", format!("1 to {MAX_MESSAGES} messages")));
    }
    let list = context
        .store
        .setting::<TestAddresses>(SettingName::TestAddresses)
        .await
        .map_err(store_failure)?
        .value;
    let (mut addresses, mut errors) = (Vec::new(), Vec::new());
    for (index, recipient) in to.iter().enumerate() {
        let mut error = |part: &str, code, detail: String| {
            errors.push(FieldError::new(format!("/to/{index}/{part}"), code, detail));
        };
        if campaign
            .definition
            .messages
            .choose_locale(recipient.channel, recipient.locale.as_ref())
            .is_none()
        {
            error(
                "channel",
                "message_missing",
                format!("the campaign has no message for {}", recipient.channel),
            );
        }
        match Address::parse(recipient.channel, &recipient.address) {
            Err(bad) => error("address", "invalid", bad.to_string()),
            Ok(address) if !list.contains_address(&address) => {
                error(
                    "address",
                    "not_listed",
                    "is none of the test addresses; an administrator lists them".into(),
                );
            }
            Ok(address) if is_suppressed(context, &address).await? => {
                error(
                    "address",
                    "suppressed",
                    "has said no or is dead; an administrator can lift that".into(),
                );
            }
            Ok(address) => addresses.push((address, recipient.locale.clone())),
        }
    }
    if errors.is_empty() { Ok(addresses) } else { Err(errors.into()) }
}

/// Returns true if nothing is sent to the address: a colleague's no counts like a customer's.
async fn is_suppressed(context: &CampaignsContext, address: &Address) -> ApiResult<bool> {
    let key = context.store.address_key(address).await.map_err(store_failure)?;
    let state = context.store.address_state(&key).await.map_err(store_failure)?;
    Ok(state.is_some_and(|state| state.suppression_for(None).is_some()))
}

fn new_test_messages(
    request: &TestSendRecord,
    addresses: Vec<(Address, Option<Locale>)>,
) -> Vec<TestSendMessage> {
    let message = |(number, (address, locale))| TestSendMessage {
        key: TestSendKey { id: request.id.clone(), number },
        campaign: request.campaign.clone(),
        definition: request.definition,
        address,
        locale,
        state: TestSendState::Waiting,
        reason: None,
        at: request.at,
    };
    (0..).zip(addresses).map(message).collect()
}

/// Queues a pointer for every waiting message. A repeated request does so again, because a pointer
/// may have been lost; a duplicate pointer finds the message claimed.
async fn queue_pointers(context: &CampaignsContext, messages: &[TestSendMessage]) -> ApiResult<()> {
    for channel in domain::kernel::channel::Channel::ALL {
        let waiting = messages
            .iter()
            .filter(|it| it.address.channel() == channel && it.state == TestSendState::Waiting);
        let pointers: Vec<TestSendPointer> =
            waiting.map(|it| TestSendPointer { sample: it.key.clone() }).collect();
        if !pointers.is_empty() {
            let sent = context.messaging.channel_queue(channel).send_all(&pointers).await;
            sent.map_err(|error| Problem::from_failure(&error, true))?;
        }
    }
    Ok(())
}

async fn load_test_send(
    context: &CampaignsContext,
    campaign: &CampaignId,
    id: &TestSendId,
) -> ApiResult<(TestSendRecord, Vec<TestSendMessage>)> {
    let found = context.store.test_send(id).await.map_err(store_failure)?;
    found.filter(|(request, _)| request.campaign == *campaign).ok_or_else(unknown_test_send)
}

fn test_send_view(
    request: TestSendRecord,
    messages: Vec<TestSendMessage>,
    lease_seconds: i64,
    now: Timestamp,
) -> TestSend {
    let message = |message: TestSendMessage| {
        // its worker has died: the provider may or may not have been called
        let lost = message.state == TestSendState::Sending
            && now.duration_since(message.at) > SignedDuration::from_secs(2 * lease_seconds);
        TestMessage {
            channel: message.address.channel(),
            locale: message.locale,
            state: if lost { TestSendState::Unknown } else { message.state },
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
