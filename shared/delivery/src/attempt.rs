//! One claimed attempt: render, call the provider once, record the answer with what follows from it. The claim is written before,
//! the answer after; what happens in between is found as an abandoned claim and treated as ambiguous.

use std::sync::atomic::Ordering;

use channels::feedback::Learnt;
use domain::{
    Timestamp,
    channel::{Channel, Mode},
    customer::Customer,
    decision::next_rung,
    delivery::{Answer, Attempt, AttemptState, MAX_ATTEMPTS, Refusal, throttle_delay_seconds},
    dispatch::{Dispatch, Purpose},
    id::{CustomerId, share},
    message::{Compiled, Rendered},
    voucher::{Voucher, variables},
};
use jiff::SignedDuration;
use store::{
    StoreError,
    vouchers::{After, Message, Sent, VoucherKey},
};

use crate::dispatch::Job;

/// What came of the one call.
pub(crate) enum Called {
    /// None was made, and none will be.
    Not(&'static str),
    Said(channels::Said, Rendered),
}

/// Renders and calls the provider once. The caller has read the consent a moment ago, and the claim is its own.
pub(crate) async fn call(job: &Job<'_>, words: &Compiled, voucher: &Voucher, customer: &Customer) -> Called {
    let channel = job.dispatch.channel;
    let values = variables(voucher, &job.campaign.definition, customer, &job.context.settings.brand);
    let way_out = match (channel, &job.links) {
        (Channel::Email, Some(links)) => Some(links.of(&customer.id, channel)),
        (Channel::Email | Channel::Sms | Channel::Push, _) => None,
    };
    let locale = customer.profile.locale.as_ref();
    let rendered = match words.compose(channel, locale, &values, &job.brand, way_out.as_deref()) {
        Ok(composed) => composed.rendered,
        Err(error) => {
            tracing::error!(%error, campaign = %job.dispatch.campaign, "a message does not render");
            return Called::Not("render_error");
        }
    };
    let Ok(address) = customer.reach(channel) else { return Called::Not("unreachable") };
    let outgoing = channels::Outgoing {
        address,
        message: &rendered,
        campaign: &job.dispatch.campaign,
        reader: channels::Reader::Customer(&customer.id),
        voucher: &voucher.id,
        brand: &job.brand,
        unsubscribe: way_out.as_deref(),
        reminder: job.dispatch.purpose == Purpose::Reminder,
    };
    let said = job.context.sender.send(&outgoing).await;
    Called::Said(said, rendered)
}

/// Sends attempt `number`, which this worker has claimed, of `voucher` on the dispatch's channel.
pub(crate) async fn send(job: &Job<'_>, voucher: &Voucher, customer: &Customer, number: u32) -> Result<(), StoreError> {
    let channel = job.dispatch.channel;
    let key = VoucherKey::from(voucher);
    let (said, rendered) = match call(job, &job.campaign.messages, voucher, customer).await {
        Called::Not(reason) => return refused(job, &key, customer, number, reason).await,
        Called::Said(said, rendered) => (said, rendered),
    };
    let learnt = learnt(&said, customer);
    let recorded = match said.answer {
        Answer::Accepted { provider_id } => accepted(job, &key, number, &provider_id, &rendered).await,
        Answer::Throttled { reason } => throttled(job, &key, customer, number, reason).await,
        Answer::Refused { reason } => refused(job, &key, customer, number, reason.code()).await,
        Answer::Ambiguous { reason } => ambiguous(job, &key, channel, number, reason).await,
    };
    // after the outcome is safe
    job.context.tell(learnt).await;
    recorded
}

pub(crate) fn learnt(said: &channels::Said, customer: &Customer) -> Vec<Learnt> {
    let dead = said.dead.iter().map(|arn| Learnt::DeadEndpoint { customer: customer.id.clone(), arn: arn.clone() });
    let opted_out = said.answer == Answer::Refused { reason: Refusal::OptedOut };
    let gone = opted_out.then(|| Learnt::OptedOut { customer: customer.id.clone(), at: runtime::clock::now() });
    dead.chain(gone).collect()
}

/// A claim whose worker never came back: nobody knows whether the provider was called.
pub(crate) async fn abandon(job: &Job<'_>, voucher: &Voucher, channel: Channel, number: u32) -> Result<(), StoreError> {
    ambiguous(job, &VoucherKey::from(voucher), channel, number, "worker_lost").await
}

/// The claimed attempt of a dispatch that was given up, and which is not made.
pub(crate) async fn give_up(job: &Job<'_>, voucher: &Voucher) -> Result<(), StoreError> {
    let attempt = ended(job, job.dispatch.channel, job.dispatch.attempt, AttemptState::Failed, "given_up");
    job.context.store.record_unsent(&VoucherKey::from(voucher), &attempt, &after_the_last(job)).await?;
    Ok(())
}

pub(crate) fn ended(job: &Job<'_>, channel: Channel, number: u32, state: AttemptState, reason: &str) -> Attempt {
    let claim = Attempt::claim(channel, number, job.dispatch.takes, runtime::clock::now());
    Attempt { state, reason: Some(reason.to_owned()), ..claim }
}

async fn accepted(
    job: &Job<'_>,
    key: &VoucherKey,
    number: u32,
    provider_id: &str,
    rendered: &Rendered,
) -> Result<(), StoreError> {
    let (channel, at) = (job.dispatch.channel, runtime::clock::now());
    let store = &job.context.store;
    let sent = Sent { channel, number, at, provider_id, units: units(rendered) };
    // side by side: whichever fails, the other is kept
    let (noted, recorded) = futures::join!(
        async {
            match channel {
                // SES events carry the voucher in their tags; SNS ones only the message id
                Channel::Email => Ok(()),
                Channel::Sms | Channel::Push => {
                    store.note_message(provider_id, key, Message { channel, reminder: false }, at).await
                }
            }
        },
        store.record_sent(key, &sent),
    );
    recorded?;
    noted
}

/// What a message costs: SMS segments, else one.
pub(crate) fn units(rendered: &Rendered) -> u32 {
    match rendered {
        Rendered::Sms { segments, .. } => segments.count,
        Rendered::Email { .. } | Rendered::Push { .. } => 1,
    }
}

async fn throttled(
    job: &Job<'_>,
    key: &VoucherKey,
    customer: &Customer,
    number: u32,
    reason: &str,
) -> Result<(), StoreError> {
    if number >= MAX_ATTEMPTS {
        return refused(job, key, customer, number, "throttled_too_often").await;
    }
    let due_at = again_at(job, customer, number);
    let channel = job.dispatch.channel;
    let next = following(job, Purpose::Retry, channel, number + 1, &customer.id, due_at);
    let attempt = ended(job, channel, number, AttemptState::Throttled, reason);
    job.context.store.record_unsent(key, &attempt, &After::Next(&next)).await?;
    Ok(())
}

/// When a throttled attempt is tried again.
pub(crate) fn again_at(job: &Job<'_>, customer: &Customer, number: u32) -> Timestamp {
    let spread = share(&format!("jitter{number}"), &job.dispatch.campaign, &customer.id) / 10;
    seconds_from_now(throttle_delay_seconds(number, spread))
}

/// A definite no: the next rung that consent allows, or nowhere to go.
async fn refused(
    job: &Job<'_>,
    key: &VoucherKey,
    customer: &Customer,
    number: u32,
    reason: &str,
) -> Result<(), StoreError> {
    let attempt = ended(job, job.dispatch.channel, number, AttemptState::Failed, reason);
    let rung = next_rung(&job.campaign.definition, customer, job.dispatch.channel);
    let next: Option<Dispatch> = rung.map(|channel| one(job, channel, &customer.id));
    let after = next.as_ref().map_or_else(|| after_the_last(job), After::Next);
    job.planned.fetch_or(next.is_some(), Ordering::Relaxed);
    job.context.store.record_unsent(key, &attempt, &after).await?;
    Ok(())
}

/// In mode `all` the other channels have their own dispatches, and may still get through.
fn after_the_last<'a>(job: &Job<'_>) -> After<'a> {
    let channels = &job.campaign.definition.channels;
    if channels.mode == Mode::All && channels.ladder.len() > 1 { After::Nothing } else { After::Undeliverable }
}

fn one(job: &Job<'_>, channel: Channel, customer: &CustomerId) -> Dispatch {
    following(job, Purpose::Fallback, channel, 1, customer, runtime::clock::now())
}

/// What follows for one customer. After a bounce that was told late nothing holds the run, which may be completed: so neither does what
/// follows from it.
fn following(
    job: &Job<'_>,
    purpose: Purpose,
    channel: Channel,
    number: u32,
    customer: &CustomerId,
    due_at: Timestamp,
) -> Dispatch {
    if job.dispatch.purpose != Purpose::Bounced {
        return job.dispatch.of_one(purpose, channel, number, customer, due_at);
    }
    let next = job.dispatch.of_one(Purpose::Bounced, channel, number, customer, due_at);
    Dispatch { key: next.key.beside(Purpose::Bounced), ..next }
}

async fn ambiguous(
    job: &Job<'_>,
    key: &VoucherKey,
    channel: Channel,
    number: u32,
    reason: &str,
) -> Result<(), StoreError> {
    let attempt = ended(job, channel, number, AttemptState::Unknown, reason);
    if !job.dispatch.purpose.holds_run() {
        // nobody waits for its fate, so nobody looks again: the provider's event says it, or none does
        job.context.store.record_unsent(key, &attempt, &After::Nothing).await?;
        return Ok(());
    }
    let at = seconds_from_now(job.context.settings.unknown_after_seconds);
    job.context.store.record_unsent(key, &attempt, &After::LookAgain { at, dispatch: job.dispatch }).await?;
    Ok(())
}

pub(crate) fn seconds_from_now(seconds: i64) -> Timestamp {
    let now = runtime::clock::now();
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}
