//! Delivers one event to one endpoint: checks that it is still to be sent, signs the request, calls
//! the endpoint and records the result.

use std::time::Duration;

use channels::office_mail::OfficeMailer;
use domain::{
    Timestamp,
    campaign::redeeming::Revocation,
    voucher::webhook_event::{
        DeliveryFailure, EndpointState, EventDelivery, EventSubject, WebhookEndpoint, retry_delay,
    },
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_edge::webhook;
use jiff::SignedDuration;
use queue::Queue;
use runtime::{Deadline, HandlerOutcome, clock, metrics::Metrics};
use secrets::Secrets;
use store::{Store, StoreError, voucher::records::VoucherKey};
use webhook_client::{CallFailure, WebhookClient};

use crate::deliver::{CircuitBreaker, due_retries::LOST_AFTER, payload};

/// The longest wait for an endpoint, however much time the invocation has left. Standard Webhooks
/// advises 15 to 30 s; an endpoint should put an event aside and answer, which takes less than a
/// second.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Milliseconds under which a retry goes straight to the queue with a delay, because the watchdog
/// runs only once a minute.
const SOON_MS: i64 = 60_000;

pub struct SenderContext {
    pub store: Store,
    /// The function's own queue, for events that are retried soon or are due.
    pub webhooks: Queue,
    pub secrets: Secrets,
    /// ARN of the secret from which the endpoints' secrets are derived.
    pub signing_secret: String,
    pub caller: WebhookClient,
    /// Writes notices to people of the tenant.
    pub mailer: OfficeMailer,
    pub circuit_breaker: CircuitBreaker,
    /// Returns a random number in 0..=1000.
    pub jitter: fn() -> u32,
}

/// The result of one call.
enum WebhookResponse {
    Accepted,
    /// The endpoint answered 410 and wants no further events.
    Gone(DeliveryFailure),
    Failed(DeliveryFailure),
}

/// Delivers one event. Keeps `margin` of the invocation for recording the result.
pub async fn deliver_event(
    context: &SenderContext,
    event_delivery: &EventDelivery,
    deadline: Deadline,
    margin: Duration,
) -> HandlerOutcome {
    match attempt_delivery(context, event_delivery, deadline, margin).await {
        Ok(()) => HandlerOutcome::Done,
        Err(DeliveryError::Store(error)) => HandlerOutcome::retry(error.to_string()),
        Err(DeliveryError::Secret(reason)) => HandlerOutcome::retry(reason),
        Err(DeliveryError::NoTime) => HandlerOutcome::retry("no time left for a call"),
    }
}

enum DeliveryError {
    Store(StoreError),
    Secret(String),
    NoTime,
}

impl From<StoreError> for DeliveryError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

async fn attempt_delivery(
    context: &SenderContext,
    event_delivery: &EventDelivery,
    deadline: Deadline,
    margin: Duration,
) -> Result<(), DeliveryError> {
    let now = clock::now();
    let kept = match event_delivery.attempt {
        ..=1 => None,
        // The message came late or twice: a later attempt has been made since, or the event has
        // arrived.
        _ => match context
            .store
            .scheduled_delivery(&event_delivery.hook, &event_delivery.event)
            .await?
        {
            Some(kept) if kept.delivery.attempt == event_delivery.attempt => Some(kept),
            Some(_) | None => return Ok(()),
        },
    };
    let Some(hook) = context.store.webhook_endpoint(&event_delivery.hook).await? else {
        context.store.delete_delivery(event_delivery).await?;
        return Ok(());
    };
    if hook.state != EndpointState::Enabled {
        let failed = DeliveryFailure { status: None, reason: "endpoint_disabled".to_owned() };
        return give_up_delivery(context, event_delivery, &failed, now).await;
    }
    if let Some(until) = context.circuit_breaker.open_until(&hook.id, now) {
        let due_at = jittered_after(until, (context.jitter)());
        match kept {
            Some(kept) => context.store.postpone_delivery(&kept, due_at).await?,
            None => {
                let failed = DeliveryFailure { status: None, reason: "endpoint_rests".to_owned() };
                context.store.schedule_retry(event_delivery, &failed, due_at).await?
            }
        };
        return Ok(());
    }
    let Some(body) = build_payload(context, event_delivery, now).await? else {
        tracing::error!(event = %event_delivery.event, "voucher of webhook event not found");
        context.store.delete_delivery(event_delivery).await?;
        return Ok(());
    };
    let limit = deadline.remaining().saturating_sub(margin).min(CALL_LIMIT);
    if limit.is_zero() {
        return Err(DeliveryError::NoTime);
    }
    let outcome = call_endpoint(context, &hook, event_delivery, body, limit).await?;
    record_response(context, &hook, event_delivery, outcome).await
}

async fn build_payload(
    context: &SenderContext,
    event_delivery: &EventDelivery,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, DeliveryError> {
    let corrupt = |reason: String| StoreError::corrupt(&event_delivery.event, reason);
    let Some(EventSubject { customer, voucher }) = &event_delivery.about else {
        return Ok(Some(payload::test_payload(event_delivery).map_err(corrupt)?));
    };
    let key = VoucherKey { customer: customer.clone(), voucher: voucher.clone() };
    let Some(voucher) = context.store.voucher(&key).await? else {
        return Ok(None);
    };
    let campaign = context.store.campaign_summary(&voucher.campaign).await?;
    let revoke = campaign.map_or(Revocation::default(), |summary| summary.revoke);
    Ok(Some(payload::voucher_payload(event_delivery, &voucher, revoke, now).map_err(corrupt)?))
}

async fn call_endpoint(
    context: &SenderContext,
    hook: &WebhookEndpoint,
    event_delivery: &EventDelivery,
    body: Vec<u8>,
    limit: Duration,
) -> Result<WebhookResponse, DeliveryError> {
    let failed = |status, reason: &str| {
        WebhookResponse::Failed(DeliveryFailure { status, reason: reason.to_owned() })
    };
    // The policy may have become stricter since the address was saved.
    let target = match context.caller.policy().check_address(&hook.url) {
        Ok(target) => target,
        Err(refused) => return Ok(failed(None, refused.code())),
    };
    let Some(headers) = signed_headers(context, hook, event_delivery, &body).await? else {
        return Ok(failed(None, "not_sent"));
    };
    let called = context.caller.post(&target, headers, body, limit).await;
    let now = clock::now();
    match &called {
        Ok(_) => context.circuit_breaker.record_answer(&hook.id),
        Err(CallFailure::TimedOut | CallFailure::NoConnection) => {
            context.circuit_breaker.record_silence(&hook.id, now)
        }
        Err(CallFailure::PrivateAddress | CallFailure::ConnectionBroken | CallFailure::NotSent) => {
        }
    }
    Ok(match called.map(|answered| answered.status) {
        Ok(200..=299) => WebhookResponse::Accepted,
        Ok(410) => {
            WebhookResponse::Gone(DeliveryFailure { status: Some(410), reason: "gone".to_owned() })
        }
        Ok(status @ 300..=399) => failed(Some(status), "redirects_are_not_followed"),
        Ok(status) => failed(Some(status), "not_taken"),
        Err(failure) => failed(None, failure.code()),
    })
}

/// Builds the headers of Standard Webhooks, with a signature for each secret that is valid now. The
/// timestamp is that of this attempt by the platform's clock, which is the receiver's, so that a
/// receiver can refuse a replay.
async fn signed_headers(
    context: &SenderContext,
    hook: &WebhookEndpoint,
    event_delivery: &EventDelivery,
    body: &[u8],
) -> Result<Option<HeaderMap>, DeliveryError> {
    let master = context.secrets.master_secret(&context.signing_secret).await;
    let master = master.map_err(|error| DeliveryError::Secret(error.to_string()))?;
    let keys = master.endpoint_keys(&hook.key_id, &hook.signing_rotations(clock::now()));
    let sent_at = clock::platform_now();
    let sign = |key: &secrets::EndpointKey| {
        webhook::sign_message(key.bytes(), event_delivery.event.as_str(), sent_at, body)
    };
    let signatures: Vec<String> = keys.iter().map(sign).collect();
    let values = [
        (webhook::ID, event_delivery.event.to_string()),
        (webhook::TIMESTAMP, sent_at.as_second().to_string()),
        (webhook::SIGNATURE, signatures.join(" ")),
    ];
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in values {
        let Ok(value) = HeaderValue::from_str(&value) else {
            return Ok(None);
        };
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(Some(headers))
}

async fn record_response(
    context: &SenderContext,
    hook: &WebhookEndpoint,
    event_delivery: &EventDelivery,
    outcome: WebhookResponse,
) -> Result<(), DeliveryError> {
    let now = clock::now();
    match outcome {
        WebhookResponse::Accepted => {
            context.store.delete_delivery(event_delivery).await?;
            Metrics::new().count("WebhooksTaken", 1).emit();
            Ok(())
        }
        WebhookResponse::Gone(failed) => {
            context.store.mark_endpoint_gone(hook, now).await?;
            tracing::warn!(endpoint = %hook.id, "webhook endpoint gone");
            Metrics::new().count("WebhooksGone", 1).emit();
            give_up_delivery(context, event_delivery, &failed, now).await
        }
        WebhookResponse::Failed(failed) => {
            let (endpoint, event, reason) = (&hook.id, &event_delivery.event, &failed.reason);
            tracing::warn!(
                %endpoint, %event, attempt = event_delivery.attempt, status = failed.status, reason, "webhook rejected"
            );
            Metrics::new().count("WebhooksFailed", 1).emit();
            match retry_delay(event_delivery.attempt, (context.jitter)()) {
                Some(delay) => schedule_retry(context, event_delivery, &failed, now, delay).await,
                None => give_up_delivery(context, event_delivery, &failed, now).await,
            }
        }
    }
}

/// Schedules the next attempt, in the store first: a message lost on the queue then delays the
/// event, and nothing else.
async fn schedule_retry(
    context: &SenderContext,
    event_delivery: &EventDelivery,
    failed: &DeliveryFailure,
    now: Timestamp,
    delay_ms: i64,
) -> Result<(), DeliveryError> {
    let due_at = clock::after(now, SignedDuration::from_millis(delay_ms));
    if delay_ms >= SOON_MS {
        context.store.schedule_retry(event_delivery, failed, due_at).await?;
        return Ok(());
    }
    let check_at = clock::after(due_at, LOST_AFTER);
    if context.store.schedule_retry(event_delivery, failed, check_at).await?
        == store::conditional::Applied::Yes
    {
        let seconds = u32::try_from(delay_ms.div_euclid(1_000) + 1).unwrap_or(0);
        if let Err(error) =
            context.webhooks.send_delayed(&[(event_delivery.next_attempt(), seconds)]).await
        {
            tracing::warn!(%error, "could not queue webhook retry");
        }
    }
    Ok(())
}

async fn give_up_delivery(
    context: &SenderContext,
    event_delivery: &EventDelivery,
    failed: &DeliveryFailure,
    now: Timestamp,
) -> Result<(), DeliveryError> {
    context.store.give_up_delivery(event_delivery, failed, now).await?;
    let (endpoint, event, reason) = (&event_delivery.hook, &event_delivery.event, &failed.reason);
    tracing::error!(
        %endpoint, %event, attempt = event_delivery.attempt, status = failed.status, reason, "webhook delivery given up"
    );
    Metrics::new().count("WebhooksGivenUp", 1).emit();
    Ok(())
}

/// Spreads deliveries after a pause of the circuit breaker, so that they do not all start at once.
fn jittered_after(until: Timestamp, spread: u32) -> Timestamp {
    clock::after(until, SignedDuration::from_millis(i64::from(spread) * 60))
}
