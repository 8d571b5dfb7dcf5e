//! A later turn: a further channel, the next rung, or another attempt, for a voucher that is there. Consent, suppression and the
//! voucher's own life are asked again; what no longer holds simply is not sent.

use domain::{
    Timestamp,
    customer::Customer,
    decision::{SkipReason, may_still_send},
    delivery::{Attempt, Standing, standing},
    dispatch::Purpose,
    id::CustomerId,
    voucher::Voucher,
};
use store::{
    StoreError,
    vouchers::{Step, VoucherKey},
};

use crate::{
    attempt,
    dispatch::{Job, Turn},
    first::read,
};

pub(crate) async fn turn(job: &Job<'_>, id: &CustomerId) -> Result<Turn, StoreError> {
    let voucher = match open(job, id).await? {
        Found::Open(voucher) => voucher,
        Found::Done(turn) => return Ok(turn),
    };
    let channel = job.dispatch.channel;
    let Some(customer) = read(job, id).await? else { return Ok(Turn::Settled) };
    if !voucher.wants_messages(job.standing.revoke, runtime::clock::now()) {
        return Ok(Turn::Settled);
    }
    match may_still_send(Some(&customer), channel, job.standing.state) {
        Ok(()) => match hour(job, &customer, voucher.accept_by) {
            Hour::Now => {}
            Hour::At(at) => return Ok(Turn::Deferred(channel, at)),
            Hour::TooLate => return Ok(Turn::Settled),
        },
        Err(SkipReason::Cancelled | SkipReason::CustomerGone) => return Ok(Turn::Settled),
        // a rung that closed in the meantime: claimed all the same, so that `send` goes on to the next one and keeps the reason
        Err(_) if goes_down(job.dispatch.purpose) => {}
        Err(_) => return Ok(Turn::Settled),
    }
    match claim(job, &voucher).await? {
        Step::Taken => attempt::send(job, &voucher, &customer, job.dispatch.attempt).await?,
        // someone else's claim, or the voucher moved on: the next take finds out which
        Step::Overtaken => return Ok(Turn::Busy),
    }
    Ok(Turn::Settled)
}

/// Of a dispatch that has killed its workers too often: nothing more is sent, but what they left behind gets its word.
pub(crate) async fn give_up(job: &Job<'_>, id: &CustomerId) -> Result<Turn, StoreError> {
    let voucher = match open(job, id).await? {
        Found::Open(voucher) => voucher,
        Found::Done(turn) => return Ok(turn),
    };
    match claim(job, &voucher).await? {
        Step::Taken => attempt::give_up(job, &voucher).await?,
        Step::Overtaken => {}
    }
    Ok(Turn::Settled)
}

enum Found {
    /// The attempt of this dispatch may be claimed.
    Open(Box<Voucher>),
    Done(Turn),
}

async fn open(job: &Job<'_>, id: &CustomerId) -> Result<Found, StoreError> {
    let (channel, number) = (job.dispatch.channel, job.dispatch.attempt);
    let Some(voucher) = job.context.store.voucher(&job.key(id)).await? else { return Ok(Found::Done(Turn::Settled)) };
    let found = voucher.attempts.get(&channel);
    Ok(match standing(found, number, runtime::clock::now(), job.context.settings.lease_seconds) {
        Standing::Open => Found::Open(Box::new(voucher)),
        Standing::Settled => Found::Done(Turn::Settled),
        Standing::Busy => Found::Done(Turn::Busy),
        Standing::Abandoned => {
            attempt::abandon(job, &voucher, channel, number).await?;
            Found::Done(Turn::Settled)
        }
    })
}

async fn claim(job: &Job<'_>, voucher: &Voucher) -> Result<Step, StoreError> {
    let channel = job.dispatch.channel;
    let claim = Attempt::claim(channel, job.dispatch.attempt, job.dispatch.takes, runtime::clock::now());
    let before = voucher.attempts.get(&channel).map(|attempt| attempt.number);
    job.context.store.claim(&VoucherKey::from(voucher), &claim, before, job.dispatch).await
}

/// Whether the customer's clock allows a message now.
pub(crate) enum Hour {
    Now,
    At(Timestamp),
    /// Not before its voucher ends.
    TooLate,
}

pub(crate) fn hour(job: &Job<'_>, customer: &Customer, ends_at: Timestamp) -> Hour {
    let now = runtime::clock::now();
    let window = job.campaign.definition.schedule.window.as_ref();
    match job.policy.allowed(window, customer, job.dispatch.channel, now) {
        Some(at) if at <= now => Hour::Now,
        Some(at) if at < ends_at => Hour::At(at),
        Some(_) | None => Hour::TooLate,
    }
}

fn goes_down(purpose: Purpose) -> bool {
    match purpose {
        Purpose::Fallback | Purpose::Retry | Purpose::Bounced => true,
        Purpose::Planned | Purpose::Moved | Purpose::Additional | Purpose::Reminder => false,
    }
}
