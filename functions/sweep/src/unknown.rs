//! Attempts whose answer was ambiguous, and whose waiting time is over. A provider event has settled most; the rest is repeated only
//! where the channel's policy says so: SMS never, e-mail once, push freely (`domain::delivery::may_repeat_unknown`).

use domain::{
    Timestamp,
    delivery::may_repeat_unknown,
    dispatch::{Dispatch, DispatchKey, Purpose},
};
use store::{
    StoreError,
    vouchers::{Step, UnknownAttempt},
};

use crate::handler::{Context, counted};

/// How many were planned again.
pub(crate) async fn settle(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut repeated = 0;
    for unknown in context.store.unknown_attempts(now).await? {
        repeated += counted(settle_one(context, &unknown, now).await, &unknown.key.voucher);
    }
    Ok(repeated)
}

/// What a provider event has settled in the meantime is not planned: the store asks. The note is forgotten last: a crash before that
/// settles it again, and planning twice plans once.
async fn settle_one(context: &Context, unknown: &UnknownAttempt, now: Timestamp) -> Result<bool, StoreError> {
    let repeated = may_repeat_unknown(unknown.channel, unknown.number)
        && context.store.plan_repeat(&unknown.key, unknown.channel, unknown.number, &repeat(unknown, now)).await?
            == Step::Taken;
    context.store.forget_unknown(unknown).await?;
    Ok(repeated)
}

/// The next attempt on the same channel, as a dispatch of one with a name of its own, so that planning it twice plans it once.
fn repeat(unknown: &UnknownAttempt, now: Timestamp) -> Dispatch {
    let number = unknown.number + 1;
    let customer = &unknown.key.customer;
    let parent = DispatchKey { run: unknown.run.clone(), segment: unknown.segment, name: String::new() };
    let key = parent.for_one(customer, unknown.channel, number, unknown.firing.as_ref());
    let next =
        Dispatch::ready(key, unknown.campaign.clone(), unknown.channel, Purpose::Retry, vec![customer.clone()], now);
    Dispatch { attempt: number, firing: unknown.firing.clone(), ..next }
}
