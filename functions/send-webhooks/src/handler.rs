//! One event to one endpoint: look whether it is still to be told, sign, call, record what came of it.

use std::time::Duration;

use domain::{
    Timestamp,
    announcement::{About, Failed, Hook, HookStanding, Telling, retry_delay},
    campaign::Revoke,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_api::webhook;
use jiff::SignedDuration;
use outbound::{Caller, Failure};
use queue::Queue;
use runtime::{Deadline, Handled, clock, metrics::Metrics};
use secrets::Secrets;
use store::{Store, StoreError, vouchers::VoucherKey};

use crate::{Resting, body, waiting::LOST_AFTER};

/// Longest wait for an endpoint, whatever is left of the invocation. Standard Webhooks advises 15 to 30 s; an endpoint is to put an event
/// aside and answer, which takes less than one.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Retries that are nearer than this go straight to the queue with a delay: the clock beats once a minute.
const SOON_MS: i64 = 60_000;

pub struct Context {
    pub store: Store,
    /// Its own: for what is told again soon, or is due.
    pub webhooks: Queue,
    pub secrets: Secrets,
    /// ARN of the secret that the endpoints' secrets are derived from.
    pub signing_secret: String,
    pub caller: Caller,
    pub resting: Resting,
    /// Dice in 0..=1000.
    pub spread: fn() -> u32,
}

/// What became of one call.
enum Outcome {
    Taken,
    /// 410: the endpoint is to be told nothing more.
    Gone(Failed),
    Failed(Failed),
}

/// `margin` of the invocation is kept for recording.
pub async fn tell(context: &Context, telling: &Telling, deadline: Deadline, margin: Duration) -> Handled {
    match told(context, telling, deadline, margin).await {
        Ok(()) => Handled::Done,
        Err(Trouble::Store(error)) => Handled::retry(error.to_string()),
        Err(Trouble::Secret(reason)) => Handled::retry(reason),
        Err(Trouble::NoTime) => Handled::retry("no time left for a call"),
    }
}

enum Trouble {
    Store(StoreError),
    Secret(String),
    NoTime,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

async fn told(context: &Context, telling: &Telling, deadline: Deadline, margin: Duration) -> Result<(), Trouble> {
    let now = clock::now();
    let kept = match telling.attempt {
        ..=1 => None,
        // a pointer that came late or twice: another try has been made since, or it has arrived
        _ => match context.store.kept_telling(&telling.hook, &telling.event).await? {
            Some(kept) if kept.telling.attempt == telling.attempt => Some(kept),
            Some(_) | None => return Ok(()),
        },
    };
    let Some(hook) = context.store.hook(&telling.hook).await? else {
        context.store.told(telling).await?;
        return Ok(());
    };
    if hook.standing != HookStanding::Enabled {
        let failed = Failed { status: None, reason: "endpoint_disabled".to_owned() };
        return give_up(context, telling, &failed, now).await;
    }
    if let Some(until) = context.resting.until(&hook.id, now) {
        let due_at = soon_after(until, (context.spread)());
        match kept {
            Some(kept) => context.store.postpone_telling(&kept, due_at).await?,
            None => {
                let failed = Failed { status: None, reason: "endpoint_rests".to_owned() };
                context.store.tell_later(telling, &failed, due_at).await?
            }
        };
        return Ok(());
    }
    let Some(body) = body_of(context, telling, now).await? else {
        tracing::error!(event = %telling.event, "there is no such voucher to tell about");
        context.store.told(telling).await?;
        return Ok(());
    };
    let limit = deadline.remaining().saturating_sub(margin).min(CALL_LIMIT);
    if limit.is_zero() {
        return Err(Trouble::NoTime);
    }
    let outcome = call(context, &hook, telling, body, limit).await?;
    record(context, &hook, telling, outcome).await
}

async fn body_of(context: &Context, telling: &Telling, now: Timestamp) -> Result<Option<Vec<u8>>, Trouble> {
    let corrupt = |reason: String| StoreError::corrupt(&telling.event, reason);
    let Some(About { customer, voucher }) = &telling.about else {
        return Ok(Some(body::of_test(telling).map_err(corrupt)?));
    };
    let key = VoucherKey { customer: customer.clone(), voucher: voucher.clone() };
    let Some(voucher) = context.store.voucher(&key).await? else { return Ok(None) };
    let standing = context.store.campaign_state(&voucher.campaign).await?;
    let revoke = standing.map_or(Revoke::None, |standing| standing.revoke);
    Ok(Some(body::of_voucher(telling, &voucher, revoke, now).map_err(corrupt)?))
}

async fn call(
    context: &Context,
    hook: &Hook,
    telling: &Telling,
    body: Vec<u8>,
    limit: Duration,
) -> Result<Outcome, Trouble> {
    let failed = |status, reason: &str| Outcome::Failed(Failed { status, reason: reason.to_owned() });
    // the policy may have become narrower since it was saved
    let target = match context.caller.policy().check(&hook.url) {
        Ok(target) => target,
        Err(refused) => return Ok(failed(None, refused.code())),
    };
    let Some(headers) = signed(context, hook, telling, &body).await? else { return Ok(failed(None, "not_sent")) };
    let called = context.caller.post(&target, headers, body, limit).await;
    let now = clock::now();
    match &called {
        Ok(_) => context.resting.answered(&hook.id),
        Err(Failure::Late | Failure::NoConnection) => context.resting.silent(&hook.id, now),
        Err(Failure::Inside | Failure::Broken | Failure::Ours) => {}
    }
    Ok(match called.map(|answered| answered.status) {
        Ok(200..=299) => Outcome::Taken,
        Ok(410) => Outcome::Gone(Failed { status: Some(410), reason: "gone".to_owned() }),
        Ok(status @ 300..=399) => failed(Some(status), "redirects_are_not_followed"),
        Ok(status) => failed(Some(status), "not_taken"),
        Err(failure) => failed(None, failure.code()),
    })
}

/// The headers of Standard Webhooks, with a signature by each secret that is good now. The time is that of this try, so that a receiver
/// can refuse what is replayed later.
async fn signed(context: &Context, hook: &Hook, telling: &Telling, body: &[u8]) -> Result<Option<HeaderMap>, Trouble> {
    let master = context.secrets.master(&context.signing_secret).await;
    let master = master.map_err(|error| Trouble::Secret(error.to_string()))?;
    let now = clock::now();
    let keys = master.endpoint_keys(&hook.key_id, &hook.rotations(now));
    let sign = |key: &secrets::EndpointKey| webhook::sign(key.bytes(), telling.event.as_str(), now, body);
    let signatures: Vec<String> = keys.iter().map(sign).collect();
    let values = [
        (webhook::ID, telling.event.to_string()),
        (webhook::TIMESTAMP, now.as_second().to_string()),
        (webhook::SIGNATURE, signatures.join(" ")),
    ];
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in values {
        let Ok(value) = HeaderValue::from_str(&value) else { return Ok(None) };
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(Some(headers))
}

async fn record(context: &Context, hook: &Hook, telling: &Telling, outcome: Outcome) -> Result<(), Trouble> {
    let now = clock::now();
    match outcome {
        Outcome::Taken => {
            context.store.told(telling).await?;
            Metrics::new().count("WebhooksTaken", 1).emit();
            Ok(())
        }
        Outcome::Gone(failed) => {
            context.store.hook_is_gone(hook, now).await?;
            tracing::warn!(endpoint = %hook.id, "an endpoint answered 410 and is told nothing more");
            Metrics::new().count("WebhooksGone", 1).emit();
            give_up(context, telling, &failed, now).await
        }
        Outcome::Failed(failed) => {
            let (endpoint, event, reason) = (&hook.id, &telling.event, &failed.reason);
            tracing::warn!(%endpoint, %event, attempt = telling.attempt, status = failed.status, reason, "not taken");
            Metrics::new().count("WebhooksFailed", 1).emit();
            match retry_delay(telling.attempt, (context.spread)()) {
                Some(delay) => try_again(context, telling, &failed, now, delay).await,
                None => give_up(context, telling, &failed, now).await,
            }
        }
    }
}

/// In the store first; a pointer that is lost then costs time and nothing else.
async fn try_again(
    context: &Context,
    telling: &Telling,
    failed: &Failed,
    now: Timestamp,
    delay_ms: i64,
) -> Result<(), Trouble> {
    let due_at = now.checked_add(SignedDuration::from_millis(delay_ms)).unwrap_or(now);
    if delay_ms >= SOON_MS {
        context.store.tell_later(telling, failed, due_at).await?;
        return Ok(());
    }
    let looked_at = due_at.checked_add(LOST_AFTER).unwrap_or(due_at);
    if context.store.tell_later(telling, failed, looked_at).await? == store::tellings::Moved::Moved {
        let seconds = u32::try_from(delay_ms.div_euclid(1_000) + 1).unwrap_or(0);
        if let Err(error) = context.webhooks.send_delayed(&[(telling.next(), seconds)]).await {
            tracing::warn!(%error, "an event was not put back on the queue; the clock will do it");
        }
    }
    Ok(())
}

async fn give_up(context: &Context, telling: &Telling, failed: &Failed, now: Timestamp) -> Result<(), Trouble> {
    context.store.give_up_telling(telling, failed, now).await?;
    let (endpoint, event, reason) = (&telling.hook, &telling.event, &failed.reason);
    tracing::error!(%endpoint, %event, attempt = telling.attempt, status = failed.status, reason, "given up: a dead letter");
    Metrics::new().count("WebhooksGivenUp", 1).emit();
    Ok(())
}

/// Not all in the same moment.
fn soon_after(until: Timestamp, spread: u32) -> Timestamp {
    until.checked_add(SignedDuration::from_millis(i64::from(spread) * 60)).unwrap_or(until)
}
