//! A later turn: a further channel, the next rung, or another attempt, for a voucher that is there. Consent, suppression and the
//! voucher's own life are asked again; what no longer holds simply is not sent.

use domain::{
    decision::{SkipReason, may_still_send},
    delivery::{Attempt, Standing, standing},
    dispatch::Purpose,
    id::CustomerId,
};
use store::{StoreError, vouchers::Step};

use crate::{
    attempt,
    dispatch::{Job, Turn},
    first::read,
};

pub(crate) async fn turn(job: &Job<'_>, id: &CustomerId) -> Result<Turn, StoreError> {
    let key = job.key(id);
    let (channel, number) = (job.dispatch.channel, job.dispatch.attempt);
    let Some(voucher) = job.context.store.voucher(&key).await? else { return Ok(Turn::Settled) };
    let found = voucher.attempts.get(&channel);
    let now = runtime::clock::now();
    match standing(found, number, now, job.context.settings.lease_seconds) {
        Standing::Settled => return Ok(Turn::Settled),
        Standing::Busy => return Ok(Turn::Busy),
        Standing::Abandoned => {
            attempt::abandon(job, &voucher, channel, number).await?;
            return Ok(Turn::Settled);
        }
        Standing::Open => {}
    }
    let Some(customer) = read(job, id).await? else { return Ok(Turn::Settled) };
    if !voucher.wants_messages(job.standing.revoke, now) {
        return Ok(Turn::Settled);
    }
    match may_still_send(Some(&customer), channel, job.standing.state) {
        Ok(()) => {}
        Err(SkipReason::Cancelled | SkipReason::CustomerGone) => return Ok(Turn::Settled),
        // a rung that closed in the meantime: claimed all the same, so that `send` goes on to the next one and keeps the reason
        Err(_) if goes_down(job.dispatch.purpose) => {}
        Err(_) => return Ok(Turn::Settled),
    }
    let claim = Attempt::claim(channel, number, job.dispatch.takes, now);
    match job.context.store.claim(&key, &claim, found.map(|attempt| attempt.number)).await? {
        Step::Taken => attempt::send(job, &voucher, &customer, number).await?,
        // someone else's claim, or the voucher moved on: the next take finds out which
        Step::Overtaken => return Ok(Turn::Busy),
    }
    Ok(Turn::Settled)
}

fn goes_down(purpose: Purpose) -> bool {
    match purpose {
        Purpose::Fallback | Purpose::Retry => true,
        Purpose::Planned | Purpose::Moved | Purpose::Additional => false,
    }
}
