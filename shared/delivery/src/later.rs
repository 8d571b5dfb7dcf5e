//! A later turn: a further channel, the next rung, or another attempt, for a voucher that is there. Consent, suppression and the
//! voucher's own life are asked again; what no longer holds simply is not sent.

use domain::{
    decision::may_still_send,
    delivery::{Attempt, AttemptState, Standing, standing},
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
        Standing::Busy => return Ok(Turn::Open),
        Standing::Abandoned => {
            attempt::abandon(job, &voucher, number).await?;
            return Ok(Turn::Settled);
        }
        Standing::Open => {}
    }
    let customer = read(job, id).await?;
    let allowed = may_still_send(customer.as_ref(), channel, job.standing.state);
    let (Some(customer), Ok(())) = (customer, allowed) else { return Ok(Turn::Settled) };
    if !voucher.wants_messages(job.standing.revoke, now) {
        return Ok(Turn::Settled);
    }
    let claim = Attempt { channel, number, state: AttemptState::Claimed, at: now, provider_id: None, reason: None };
    match job.context.store.claim(&key, &claim, found.map(|attempt| attempt.number)).await? {
        Step::Taken => attempt::send(job, &voucher, &customer, number).await?,
        Step::Overtaken => {}
    }
    Ok(Turn::Settled)
}
