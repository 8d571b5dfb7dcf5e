//! The turn of a customer who is reminded of a voucher before it ends: once, if they have not used it, and only where consent, hours and
//! caps allow it now. A reminder is an attempt of its own: repeated after a throttle, never after an answer that was not clear, and no
//! other channel is tried. Before it: the dispatch that issued, which plans reminders for all whom it gave a voucher.

use channels::Said;
use domain::{
    Timestamp,
    customer::Customer,
    decision::may_still_send,
    definition::Reminder,
    delivery::{Answer, Attempt, AttemptState, MAX_ATTEMPTS, Standing, standing},
    dispatch::Purpose,
    id::CustomerId,
    voucher::{Status, Voucher},
};
use jiff::SignedDuration;
use store::{
    StoreError,
    issue::Offers,
    reminders::Reminding,
    vouchers::{Message, Sent, VoucherKey},
};

use crate::{
    attempt::{self, Called},
    dispatch::{Job, Turn},
    first::read,
    later::{Hour, hour},
};

/// When those whom this dispatch gave a voucher are reminded; `None` if they are not, or their time is shorter than that.
pub(crate) fn due(job: &Job<'_>, now: Timestamp) -> Option<Timestamp> {
    let definition = &job.campaign.definition;
    let reminder = definition.reminder.as_ref()?;
    let at = before(definition.validity.window(now, definition.accept_by).accept_by, reminder);
    (at > now).then_some(at)
}

fn before(end: Timestamp, reminder: &Reminder) -> Timestamp {
    end.checked_sub(SignedDuration::from_hours(i64::from(reminder.hours_before))).unwrap_or(Timestamp::MIN)
}

pub(crate) async fn turn(job: &Job<'_>, id: &CustomerId) -> Result<Turn, StoreError> {
    let (definition, store) = (&job.campaign.definition, &job.context.store);
    let (Some(reminder), Some(voucher)) = (&definition.reminder, store.voucher(&job.key(id)).await?) else {
        return Ok(Turn::Settled);
    };
    let now = runtime::clock::now();
    let found = voucher.reminder.as_ref();
    match standing(found, job.dispatch.attempt, now, job.context.settings.lease_seconds) {
        Standing::Open => {}
        Standing::Settled => return Ok(Turn::Settled),
        Standing::Busy => return Ok(Turn::Busy),
        Standing::Abandoned => return unsent(job, &voucher, AttemptState::Unknown, "worker_lost").await,
    }
    let Some(end) = end(job, reminder, &voucher, now) else { return Ok(Turn::Settled) };
    let due_at = before(end, reminder);
    if due_at > now {
        return Ok(Turn::Deferred(job.dispatch.channel, due_at));
    }
    let Some(customer) = read(job, id).await? else { return Ok(Turn::Settled) };
    let offers = match offers(job, id, now).await? {
        Pressed::No(offers) => offers,
        Pressed::Yes => return expiring(job, &voucher, now).await,
    };
    // last, so that the hour is that of the claim
    if let Some(turn) = elsewhere(job, &voucher, &customer, end, now).await? {
        return Ok(turn);
    }
    let (channel, attempt) = (job.dispatch.channel, job.dispatch.attempt);
    let claim = Attempt::claim(channel, attempt, job.dispatch.takes, runtime::clock::now());
    let key = VoucherKey::from(&voucher);
    match store.claim_reminder(&key, &claim, reminder.to_accepted, offers.as_ref(), job.dispatch).await? {
        Reminding::Claimed => send(job, &voucher, &customer).await,
        // someone else's claim, or the voucher moved on, or another offer came between: the next take finds out which
        Reminding::Overtaken | Reminding::Met => Ok(Turn::Busy),
    }
}

/// When a voucher that is to be reminded of ends; `None`: there is nothing to remind of.
fn end(job: &Job<'_>, reminder: &Reminder, voucher: &Voucher, now: Timestamp) -> Option<Timestamp> {
    match voucher.status_at(job.standing.revoke, now) {
        Status::Issued => Some(voucher.accept_by),
        Status::Accepted if reminder.to_accepted => voucher.redeem_by,
        Status::Accepted
        | Status::Redeemed
        | Status::Reversed
        | Status::Declined
        | Status::Expired
        | Status::Revoked
        | Status::Ghost
        | Status::Skipped
        | Status::Failed => None,
    }
}

/// What there is to do instead of sending on this channel now, if anything.
async fn elsewhere(
    job: &Job<'_>,
    voucher: &Voucher,
    customer: &Customer,
    end: Timestamp,
    now: Timestamp,
) -> Result<Option<Turn>, StoreError> {
    if may_still_send(Some(customer), job.dispatch.channel, job.standing.state).is_err() {
        let ladder = &job.campaign.definition.channels.ladder;
        let open = ladder.iter().find(|rung| may_still_send(Some(customer), **rung, job.standing.state).is_ok());
        return match open {
            Some(channel) => Ok(Some(Turn::Deferred(*channel, now))),
            None => expiring(job, voucher, now).await.map(Some),
        };
    }
    match hour(job, customer, end) {
        Hour::Now => Ok(None),
        Hour::At(at) => Ok(Some(Turn::Deferred(job.dispatch.channel, at))),
        Hour::TooLate => expiring(job, voucher, now).await.map(Some),
    }
}

/// Nobody is written to, but the app may know.
async fn expiring(job: &Job<'_>, voucher: &Voucher, now: Timestamp) -> Result<Turn, StoreError> {
    job.context.store.mark_expiring(&VoucherKey::from(voucher), now).await?;
    Ok(Turn::Settled)
}

enum Pressed {
    Yes,
    No(Option<Offers>),
}

/// The cap on messages counts reminders too; open offers do not change by one.
async fn offers(job: &Job<'_>, id: &CustomerId, now: Timestamp) -> Result<Pressed, StoreError> {
    if job.policy.frequency_cap.is_none() {
        return Ok(Pressed::No(None));
    }
    let seen = job.context.store.offers_seen(id).await?;
    let exempt = job.campaign.definition.pressure.exempt;
    if !exempt && job.policy.written_to(&job.context.store.vouchers_of(id).await?, now) {
        return Ok(Pressed::Yes);
    }
    Ok(Pressed::No(Some(Offers { seen, until: job.policy.remembered_until(now) })))
}

async fn send(job: &Job<'_>, voucher: &Voucher, customer: &Customer) -> Result<Turn, StoreError> {
    let words = job.campaign.reminder.as_ref().unwrap_or(&job.campaign.messages);
    let (said, rendered) = match attempt::call(job, words, voucher, customer).await {
        Called::Not(reason) => return unsent(job, voucher, AttemptState::Failed, reason).await,
        Called::Said(said, rendered) => (said, rendered),
    };
    let learnt = attempt::learnt(&said, customer);
    let turn = answered(job, voucher, customer, &said, attempt::units(&rendered)).await;
    job.context.tell(learnt).await;
    turn
}

async fn answered(
    job: &Job<'_>,
    voucher: &Voucher,
    customer: &Customer,
    said: &Said,
    units: u32,
) -> Result<Turn, StoreError> {
    let (key, channel, number) = (VoucherKey::from(voucher), job.dispatch.channel, job.dispatch.attempt);
    let (store, at) = (&job.context.store, runtime::clock::now());
    match &said.answer {
        Answer::Accepted { provider_id } => {
            store.note_message(provider_id, &key, Message { channel, reminder: true }, at).await?;
            store.record_reminder_sent(&key, &Sent { channel, number, at, provider_id, units }).await?;
            Ok(Turn::Settled)
        }
        Answer::Throttled { reason } if number < MAX_ATTEMPTS => {
            let due_at = attempt::again_at(job, customer, number);
            let next = job.dispatch.of_one(Purpose::Reminder, channel, number + 1, &customer.id, due_at);
            let next = domain::dispatch::Dispatch { key: next.key.beside(Purpose::Reminder), ..next };
            let ended = attempt::ended(job, channel, number, AttemptState::Throttled, reason);
            store.record_reminder_unsent(&key, &ended, Some(&next)).await?;
            Ok(Turn::Settled)
        }
        Answer::Throttled { reason } => unsent(job, voucher, AttemptState::Failed, reason).await,
        Answer::Refused { reason } => unsent(job, voucher, AttemptState::Failed, reason.code()).await,
        Answer::Ambiguous { reason } => unsent(job, voucher, AttemptState::Unknown, reason).await,
    }
}

async fn unsent(job: &Job<'_>, voucher: &Voucher, state: AttemptState, reason: &str) -> Result<Turn, StoreError> {
    let (channel, number) = (job.dispatch.channel, job.dispatch.attempt);
    let ended = attempt::ended(job, channel, number, state, reason);
    job.context.store.record_reminder_unsent(&VoucherKey::from(voucher), &ended, None).await?;
    Ok(Turn::Settled)
}

/// Of a dispatch that has killed its workers too often: a claim that is left gets its word.
pub(crate) async fn give_up(job: &Job<'_>, id: &CustomerId) -> Result<Turn, StoreError> {
    let Some(voucher) = job.context.store.voucher(&job.key(id)).await? else { return Ok(Turn::Settled) };
    unsent(job, &voucher, AttemptState::Unknown, "given_up").await
}
