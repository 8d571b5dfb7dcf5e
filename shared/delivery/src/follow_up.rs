//! Processes a follow-up for an existing voucher: an additional channel, a fallback, a retry, or the
//! first message about a voucher that support issued.
//! Consent, suppressions and the voucher's state are checked again. A message that is no longer
//! allowed is not sent.

use domain::{
    delivery::{
        attempt_policy::{ClaimStatus, claim_status},
        dispatch::DispatchPurpose,
        eligibility::check_still_sendable,
    },
    kernel::id::CustomerId,
    voucher::{attempt::Attempt, record::Voucher, skip_reason::SkipReason},
};
use store::{StoreError, conditional::Applied, voucher::records::VoucherKey};

use crate::{
    attempt,
    job::{CustomerOutcome, DispatchJob, SendTime, read_customer, send_time},
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
    if !voucher.allows_messages(job.summary.revoke, runtime::clock::now()) {
        return Ok(CustomerOutcome::FollowUpDone);
    }
    match check_still_sendable(Some(&customer), channel, &job.reach_query(), job.summary.state) {
        Ok(()) => match send_time(job, &customer, voucher.accept_by) {
            SendTime::Now => {}
            SendTime::At(at) => return Ok(CustomerOutcome::Deferred(channel, at)),
            SendTime::TooLate => return Ok(CustomerOutcome::FollowUpDone),
        },
        Err(SkipReason::Cancelled | SkipReason::CustomerGone) => {
            return Ok(CustomerOutcome::FollowUpDone);
        }
        // The channel was closed in the meantime. It is claimed all the same, so that `send_attempt`
        // records the reason and goes on to the next channel.
        Err(_) if falls_back(job.dispatch.purpose) => {}
        Err(closed) => {
            let key = VoucherKey::from(&*voucher);
            attempt::mark_if_all_dead(job, &key, closed.code()).await?;
            return Ok(CustomerOutcome::FollowUpDone);
        }
    }
    match claim_attempt(job, &voucher).await? {
        Applied::Yes => {
            attempt::send_attempt(job, &voucher, &customer, job.dispatch.attempt).await?
        }
        // Another worker claimed it, or the voucher changed. The next lease finds out which.
        Applied::Conflict => return Ok(CustomerOutcome::Busy),
    }
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
    match claim_attempt(job, &voucher).await? {
        Applied::Yes => attempt::record_given_up(job, &voucher).await?,
        Applied::Conflict => {}
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
                attempt::record_abandoned(job, &voucher, channel, number).await?;
                ClaimCheck::Done(CustomerOutcome::FollowUpDone)
            }
        },
    )
}

async fn claim_attempt(job: &DispatchJob<'_>, voucher: &Voucher) -> Result<Applied, StoreError> {
    let channel = job.dispatch.channel;
    let claim =
        Attempt::claim(channel, job.dispatch.attempt, job.dispatch.fence, runtime::clock::now());
    let before = voucher.attempts.get(&channel).map(|attempt| attempt.number);
    job.context.store.claim_attempt(&VoucherKey::from(voucher), &claim, before, job.dispatch).await
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
