//! Attempts whose answer was ambiguous, and whose waiting time is over. A provider event has settled most; the rest is repeated only
//! where the channel's policy says so: SMS never, e-mail once, push freely (`domain::delivery::may_repeat_unknown`).

use domain::{
    Timestamp,
    delivery::{AttemptState, may_repeat_unknown},
    dispatch::{Dispatch, DispatchKey, Purpose},
};
use store::{StoreError, vouchers::UnknownAttempt};

use crate::handler::{Context, counted};

/// How many were planned again.
pub(crate) async fn settle(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut repeated = 0;
    for unknown in context.store.unknown_attempts(now).await? {
        repeated += counted(settle_one(context, &unknown, now).await, &unknown.key.voucher);
    }
    Ok(repeated)
}

/// The note is forgotten last: a crash before that settles it again, and planning twice plans once.
async fn settle_one(context: &Context, unknown: &UnknownAttempt, now: Timestamp) -> Result<bool, StoreError> {
    let repeats = may_repeat_unknown(unknown.channel, unknown.number) && still_unknown(context, unknown).await?;
    if repeats {
        context.store.plan_repeat(&unknown.key, unknown.channel, unknown.number, &repeat(unknown, now)).await?;
    }
    context.store.forget_unknown(unknown).await?;
    Ok(repeats)
}

async fn still_unknown(context: &Context, unknown: &UnknownAttempt) -> Result<bool, StoreError> {
    let voucher = context.store.voucher(&unknown.key).await?;
    let attempt = voucher.as_ref().and_then(|voucher| voucher.attempts.get(&unknown.channel));
    Ok(attempt.is_some_and(|attempt| attempt.number == unknown.number && attempt.state == AttemptState::Unknown))
}

/// The next attempt on the same channel, as a dispatch of one with a name of its own, so that planning it twice plans it once.
fn repeat(unknown: &UnknownAttempt, now: Timestamp) -> Dispatch {
    let number = unknown.number + 1;
    let customer = &unknown.key.customer;
    let parent = DispatchKey { run: unknown.run.clone(), segment: unknown.segment, name: String::new() };
    let key = parent.for_one(customer, unknown.channel, number);
    let next =
        Dispatch::ready(key, unknown.campaign.clone(), unknown.channel, Purpose::Retry, vec![customer.clone()], now);
    Dispatch { attempt: number, ..next }
}
