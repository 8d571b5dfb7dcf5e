//! Settles attempts whose answer was ambiguous and whose waiting time is over.
//!
//! A provider event has settled most of them. The rest is repeated only if the channel's policy
//! allows it: SMS never, e-mail once, push freely (`domain::delivery::attempt_policy::may_repeat_unknown`).

use domain::{
    Timestamp,
    delivery::{
        attempt_policy::may_repeat_unknown,
        dispatch::{Dispatch, DispatchKey, DispatchPurpose},
    },
};
use store::{StoreError, conditional::Applied, voucher::records::UnknownAttempt};

use crate::{WatchdogContext, iterate::count_item};

/// Settles all due attempts, and returns how many were planned again.
pub(crate) async fn settle_unknown_attempts(
    context: &WatchdogContext,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut repeated = 0;
    for unknown in context.store.unknown_attempts(now).await? {
        repeated += count_item(settle_attempt(context, &unknown, now).await, &unknown.key.voucher);
    }
    Ok(repeated)
}

/// Plans the repeat, unless a provider event has settled the attempt meanwhile: the write is
/// conditional on that. The open-attempt entry is deleted last, because a crash before that only
/// settles the attempt again, and planning it twice gives one dispatch.
async fn settle_attempt(
    context: &WatchdogContext,
    unknown: &UnknownAttempt,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let repeated = may_repeat_unknown(unknown.channel, unknown.number)
        && context
            .store
            .plan_repeat(
                &unknown.key,
                unknown.channel,
                unknown.number,
                &repeat_dispatch(unknown, now),
            )
            .await?
            == Applied::Yes;
    context.store.delete_unknown_note(unknown).await?;
    Ok(repeated)
}

/// Builds the next attempt on the same channel, as a dispatch for one customer. Its name is derived
/// from the attempt, so planning it twice gives one dispatch.
fn repeat_dispatch(unknown: &UnknownAttempt, now: Timestamp) -> Dispatch {
    let number = unknown.number + 1;
    let customer = &unknown.key.customer;
    let parent =
        DispatchKey { run: unknown.run.clone(), segment: unknown.segment, name: String::new() };
    let key = parent.for_customer(customer, unknown.channel, number, unknown.firing.as_ref());
    let next = Dispatch::new_ready(
        key,
        unknown.campaign.clone(),
        unknown.channel,
        DispatchPurpose::Retry,
        vec![customer.clone()],
        now,
    );
    Dispatch { attempt: number, firing: unknown.firing.clone(), ..next }
}
