//! Processes a follow-up for an existing voucher: an additional channel, a fallback, a retry, or
//! the first message about a voucher that support issued.
//! Consent, suppressions, the voucher's state and the frequency cap are checked again. A message
//! that is no longer allowed is not sent.

use domain::{
    customer::profile::Customer,
    delivery::{
        attempt_policy::{ClaimStatus, claim_status, is_fallback_superseded},
        dispatch::DispatchPurpose,
        eligibility::{check_still_sendable, is_dead_without},
    },
    kernel::id::CustomerId,
    voucher::{
        attempt::{Attempt, AttemptState},
        record::{Voucher, WithheldMessage},
        skip_reason::SkipReason,
    },
};
use store::{
    StoreError,
    conditional::Applied,
    voucher::{
        offers::SeenOffers,
        records::{AttemptClaim, VoucherKey},
    },
};

use crate::{
    attempt,
    job::{CustomerOutcome, DispatchJob, MAX_CONFLICT_RETRIES, SendTime, read_customer, send_time},
    message_cap::{self, MessageCapCheck},
};

pub(crate) async fn process_follow_up(
    job: &DispatchJob<'_>,
    id: &CustomerId,
) -> Result<CustomerOutcome, StoreError> {
    let voucher = match check_claim(job, id).await? {
        ClaimCheck::Claimable(voucher) => voucher,
        ClaimCheck::Done(turn) => return Ok(turn),
    };
    let channel = job.dispatch.channel;
    let Some(customer) = read_customer(job, id).await? else {
        return Ok(CustomerOutcome::FollowUpDone);
    };
    // A message of the channel before has arrived after all, while this one waited for its turn.
    let waited = voucher.attempts.get(&channel).is_some_and(|attempt| {
        attempt.state == AttemptState::Throttled && attempt.number == job.dispatch.attempt
    });
    let superseded = falls_back(job.dispatch.purpose) && is_fallback_superseded(&voucher, channel);
    if superseded || !voucher.allows_messages(job.summary.revoke, runtime::clock::now()) {
        return Ok(CustomerOutcome::FollowUpDone);
    }
    match check_still_sendable(Some(&customer), channel, &job.reach_query(), job.summary.state) {
        Ok(()) => match send_time(job, &customer, voucher.accept_by) {
            SendTime::Now => {}
            SendTime::At(at) => {
                let zone = Some(customer.zone().clone());
                return Ok(CustomerOutcome::Deferred(channel, at, zone));
            }
            SendTime::TooLate => return Ok(CustomerOutcome::FollowUpDone),
        },
        Err(SkipReason::Cancelled | SkipReason::CustomerGone) => {
            return Ok(CustomerOutcome::FollowUpDone);
        }
        // The channel was closed in the meantime. It is claimed all the same, so that
        // `send_attempt` records the reason and goes on to the next channel.
        Err(_) if waited || falls_back(job.dispatch.purpose) => {}
        Err(closed) => {
            let key = VoucherKey::from(&*voucher);
            attempt::mark_if_all_dead(job, &key, closed.code()).await?;
            return Ok(CustomerOutcome::FollowUpDone);
        }
    }
    claim_and_send(job, &voucher, &customer).await
}

/// Claims the attempt and sends it, unless the frequency cap leaves no room for the message. A
/// claim that met another message to the customer is decided again.
async fn claim_and_send(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    customer: &Customer,
) -> Result<CustomerOutcome, StoreError> {
    for _ in 0..MAX_CONFLICT_RETRIES {
        let offers = match message_cap::check(job, voucher, Some(customer)).await? {
            MessageCapCheck::Allowed(offers) => offers,
            MessageCapCheck::Reached => return withhold(job, voucher).await,
        };
        match claim_attempt(job, voucher, offers.as_ref()).await? {
            AttemptClaim::Claimed => {
                let number = job.dispatch.attempt;
                let sent = attempt::send_attempt(job, voucher, customer, number).await?;
                let settled = CustomerOutcome::FollowUpDone;
                return Ok(CustomerOutcome::after_sending(sent, settled));
            }
            // Another worker claimed it, or the voucher changed. The next lease finds out which.
            AttemptClaim::Lost => return Ok(CustomerOutcome::Busy),
            AttemptClaim::OffersChanged => {}
        }
    }
    Err(StoreError::Contended("a customer's offers"))
}

/// Stops this message and not the voucher: what was sent about it stays, and so does what it is
/// worth.
async fn withhold(job: &DispatchJob<'_>, voucher: &Voucher) -> Result<CustomerOutcome, StoreError> {
    let (channel, definition) = (job.dispatch.channel, &job.form_of(&voucher.customer).definition);
    let key = VoucherKey::from(voucher);
    let withheld = WithheldMessage {
        number: job.dispatch.attempt,
        at: runtime::clock::now(),
        reason: SkipReason::FrequencyCap,
    };
    let dead = is_dead_without(definition, voucher, channel);
    job.context.store.record_withheld(&key, channel, &withheld, dead).await?;
    attempt::mark_if_all_dead(job, &key, withheld.reason.code()).await?;
    Ok(CustomerOutcome::FollowUpDone)
}

/// Gives up the follow-up of a dispatch that crashed its worker `MAX_TAKES` times. Sends nothing
/// more and records the attempt: as unknown if a lost worker had claimed it, else as failed.
pub(crate) async fn give_up_follow_up(
    job: &DispatchJob<'_>,
    id: &CustomerId,
) -> Result<CustomerOutcome, StoreError> {
    let voucher = match check_claim(job, id).await? {
        ClaimCheck::Claimable(voucher) => voucher,
        ClaimCheck::Done(turn) => return Ok(turn),
    };
    let offers = match message_cap::check(job, &voucher, None).await? {
        MessageCapCheck::Allowed(offers) => offers,
        MessageCapCheck::Reached => return withhold(job, &voucher).await,
    };
    match claim_attempt(job, &voucher, offers.as_ref()).await? {
        AttemptClaim::Claimed => attempt::record_given_up(job, &voucher).await?,
        AttemptClaim::Lost | AttemptClaim::OffersChanged => {}
    }
    Ok(CustomerOutcome::FollowUpDone)
}

enum ClaimCheck {
    /// The attempt of this dispatch may be claimed.
    Claimable(Box<Voucher>),
    Done(CustomerOutcome),
}

async fn check_claim(job: &DispatchJob<'_>, id: &CustomerId) -> Result<ClaimCheck, StoreError> {
    let (channel, number) = (job.dispatch.channel, job.dispatch.attempt);
    let Some(voucher) = job.context.store.voucher(&job.voucher_key(id)).await? else {
        return Ok(ClaimCheck::Done(CustomerOutcome::FollowUpDone));
    };
    let found = voucher.attempts.get(&channel);
    Ok(
        match claim_status(found, number, runtime::clock::now(), job.context.settings.lease_seconds)
        {
            ClaimStatus::Open => ClaimCheck::Claimable(Box::new(voucher)),
            ClaimStatus::Settled => ClaimCheck::Done(CustomerOutcome::FollowUpDone),
            ClaimStatus::Busy => ClaimCheck::Done(CustomerOutcome::Busy),
            ClaimStatus::Abandoned => {
                match attempt::record_abandoned(job, &voucher, channel, number).await? {
                    Applied::Yes => ClaimCheck::Done(CustomerOutcome::FollowUpDone),
                    Applied::Conflict => ClaimCheck::Done(CustomerOutcome::Busy),
                }
            }
        },
    )
}

async fn claim_attempt(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    offers: Option<&SeenOffers>,
) -> Result<AttemptClaim, StoreError> {
    let (channel, fence) = (job.dispatch.channel, job.dispatch.fence);
    let earlier = voucher.attempts.get(&channel);
    let number = job.dispatch.attempt;
    let claim = Attempt::claim_after(earlier, channel, number, fence, runtime::clock::now());
    let before = earlier.map(|attempt| attempt.number);
    let key = VoucherKey::from(voucher);
    job.context.store.claim_attempt(&key, &claim, before, offers, job.dispatch).await
}

fn falls_back(purpose: DispatchPurpose) -> bool {
    match purpose {
        DispatchPurpose::Fallback
        | DispatchPurpose::Retry
        | DispatchPurpose::Bounced
        | DispatchPurpose::Goodwill => true,
        DispatchPurpose::Planned
        | DispatchPurpose::Moved
        | DispatchPurpose::Additional
        | DispatchPurpose::Reminder => false,
    }
}
