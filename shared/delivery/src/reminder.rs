//! Reminds a customer of a voucher before it expires: once, if the customer has not used it, and
//! only if consent, quiet hours and caps allow it now.
//!
//! A reminder is an attempt of its own. It waits for its lane but is never repeated after an
//! ambiguous answer, and no other channel is tried after a refusal. Before it: the dispatch that
//! issued the vouchers, which plans the reminders of all customers who got one.

use channels::SendResult;
use domain::{
    Timestamp,
    campaign::definition::Reminder,
    customer::profile::Customer,
    delivery::{
        attempt_policy::{ClaimStatus, ProviderAnswer, claim_status},
        eligibility::check_still_sendable,
    },
    kernel::id::CustomerId,
    voucher::{
        attempt::{Attempt, AttemptState},
        record::{Voucher, VoucherStatus},
    },
};
use store::{
    StoreError,
    conditional::Applied,
    delivery::reminders::ReminderClaim,
    voucher::records::{SentMessage, VoucherKey},
};

use crate::{
    attempt::{self, CallOutcome},
    job::{CustomerOutcome, DispatchJob, SendTime, read_customer, send_time},
    message_cap::{self, MessageCapCheck},
};

/// Returns the time of the reminder for the customer's voucher, issued now. `None` means that the
/// campaign has no reminder, or that the acceptance period is shorter than the notice.
pub(crate) fn reminder_due(
    job: &DispatchJob<'_>,
    customer: &CustomerId,
    now: Timestamp,
) -> Option<Timestamp> {
    let definition = &job.form_of(customer).definition;
    let reminder = definition.reminder.as_ref()?;
    let at = reminder.notice_time(definition.validity.window(now, definition.accept_by).accept_by);
    (at > now).then_some(at)
}

pub(crate) async fn process_reminder(
    job: &DispatchJob<'_>,
    id: &CustomerId,
) -> Result<CustomerOutcome, StoreError> {
    let (definition, store) = (&job.form_of(id).definition, &job.context.store);
    let (Some(reminder), Some(voucher)) =
        (&definition.reminder, store.voucher(&job.voucher_key(id)).await?)
    else {
        return Ok(CustomerOutcome::FollowUpDone);
    };
    let now = runtime::clock::now();
    let found = voucher.reminder.as_ref();
    match claim_status(found, job.dispatch.attempt, now, job.context.settings.lease_seconds) {
        ClaimStatus::Open => {}
        ClaimStatus::Settled => return Ok(CustomerOutcome::FollowUpDone),
        ClaimStatus::Busy => return Ok(CustomerOutcome::Busy),
        ClaimStatus::Abandoned => {
            let ended = unsent_attempt(job, AttemptState::Unknown, "worker_lost");
            let key = VoucherKey::from(&voucher);
            // After a conflict the worker has recorded its answer after all.
            return Ok(match store.record_reminder_unsent(&key, &ended).await? {
                Applied::Yes => CustomerOutcome::FollowUpDone,
                Applied::Conflict => CustomerOutcome::Busy,
            });
        }
    }
    let Some(end) = announced_expiry(job, reminder, &voucher, now) else {
        return Ok(CustomerOutcome::FollowUpDone);
    };
    let due_at = reminder.notice_time(end);
    if due_at > now {
        return Ok(CustomerOutcome::Deferred(job.dispatch.channel, due_at, None));
    }
    let Some(customer) = read_customer(job, id).await? else {
        return Ok(CustomerOutcome::FollowUpDone);
    };
    let offers = match message_cap::check(job, &voucher, Some(&customer)).await? {
        MessageCapCheck::Allowed(offers) => offers,
        MessageCapCheck::Reached => return mark_expiring(job, &voucher, now).await,
    };
    // Checked last, so that the time checked is the time of the claim.
    if let Some(turn) = alternative_outcome(job, &voucher, &customer, end, now).await? {
        return Ok(turn);
    }
    let (channel, attempt) = (job.dispatch.channel, job.dispatch.attempt);
    let claim = Attempt::claim(channel, attempt, job.dispatch.fence, runtime::clock::now());
    let key = VoucherKey::from(&voucher);
    match store
        .claim_reminder(&key, &claim, reminder.to_accepted, offers.as_ref(), job.dispatch)
        .await?
    {
        ReminderClaim::Claimed => send_reminder(job, &voucher, &customer).await,
        // Another worker claimed it, the voucher changed, or another offer was issued in between.
        // The next lease finds out which.
        ReminderClaim::Lost | ReminderClaim::OffersChanged => Ok(CustomerOutcome::Busy),
    }
}

/// Returns the expiry that the reminder announces, or `None` if there is nothing to remind of.
fn announced_expiry(
    job: &DispatchJob<'_>,
    reminder: &Reminder,
    voucher: &Voucher,
    now: Timestamp,
) -> Option<Timestamp> {
    match voucher.status_at(job.summary.revoke, now) {
        VoucherStatus::Issued => Some(voucher.accept_by),
        VoucherStatus::Accepted if reminder.to_accepted => voucher.redeem_by,
        VoucherStatus::Accepted
        | VoucherStatus::Redeemed
        | VoucherStatus::Reversed
        | VoucherStatus::Declined
        | VoucherStatus::Expired
        | VoucherStatus::Revoked
        | VoucherStatus::Ghost
        | VoucherStatus::Skipped
        | VoucherStatus::Failed => None,
    }
}

/// Returns the outcome that replaces sending on this channel now, or `None` if the message may be
/// sent.
async fn alternative_outcome(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    customer: &Customer,
    end: Timestamp,
    now: Timestamp,
) -> Result<Option<CustomerOutcome>, StoreError> {
    let (query, state) = (job.reach_query(), job.summary.state);
    let is_open = |channel| check_still_sendable(Some(customer), channel, &query, state).is_ok();
    if !is_open(job.dispatch.channel) {
        let ladder = &job.form_of(&customer.id).definition.channels.ladder;
        let open = ladder.iter().find(|rung| is_open(**rung));
        return match open {
            Some(channel) => Ok(Some(CustomerOutcome::Deferred(*channel, now, None))),
            None => mark_expiring(job, voucher, now).await.map(Some),
        };
    }
    match send_time(job, customer, end) {
        SendTime::Now => Ok(None),
        SendTime::At(at) => {
            let zone = Some(customer.zone().clone());
            Ok(Some(CustomerOutcome::Deferred(job.dispatch.channel, at, zone)))
        }
        SendTime::TooLate => mark_expiring(job, voucher, now).await.map(Some),
    }
}

/// Marks the voucher as expiring without a message, so that the app backend still learns of it.
async fn mark_expiring(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    now: Timestamp,
) -> Result<CustomerOutcome, StoreError> {
    job.context.store.mark_expiring(&VoucherKey::from(voucher), now).await?;
    Ok(CustomerOutcome::FollowUpDone)
}

async fn send_reminder(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    customer: &Customer,
) -> Result<CustomerOutcome, StoreError> {
    let form = job.form_of(&customer.id);
    let messages = form.reminder.as_ref().unwrap_or(&form.messages);
    let (result, rendered) = match attempt::render_and_call(job, messages, voucher, customer).await
    {
        CallOutcome::NotCalled(reason) => {
            return record_unsent(job, voucher, AttemptState::Failed, reason).await;
        }
        CallOutcome::Answered(said, rendered) => (said, rendered),
    };
    let findings = attempt::address_findings(&result, customer, job.dispatch.channel);
    let outcome = record_answer(job, voucher, &result, attempt::billed_units(&rendered)).await;
    job.context.report_findings(findings).await;
    let settled = outcome?;
    let sent = attempt::hear_answer(job, &result.answer).await?;
    Ok(CustomerOutcome::after_sending(sent, settled))
}

async fn record_answer(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    result: &SendResult,
    units: u32,
) -> Result<CustomerOutcome, StoreError> {
    let (key, channel, number) =
        (VoucherKey::from(voucher), job.dispatch.channel, job.dispatch.attempt);
    let at = runtime::clock::now();
    match &result.answer {
        ProviderAnswer::Accepted { provider_id } => {
            attempt::remember_message(job, &key, provider_id, true, at).await?;
            job.context
                .store
                .record_reminder_sent(
                    &key,
                    &SentMessage { channel, number, at, provider_id, units },
                )
                .await?;
            Ok(CustomerOutcome::FollowUpDone)
        }
        ProviderAnswer::Ours(fault) => {
            record_unsent(job, voucher, AttemptState::Throttled, fault.code()).await
        }
        ProviderAnswer::Refused { reason } => {
            record_unsent(job, voucher, AttemptState::Failed, reason.code()).await
        }
        ProviderAnswer::Ambiguous { reason } => {
            attempt::count_ambiguous(job.dispatch.channel, reason);
            record_unsent(job, voucher, AttemptState::Unknown, reason).await
        }
    }
}

fn unsent_attempt(job: &DispatchJob<'_>, state: AttemptState, reason: &str) -> Attempt {
    attempt::ended_attempt(job, job.dispatch.channel, job.dispatch.attempt, state, reason)
}

async fn record_unsent(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    state: AttemptState,
    reason: &str,
) -> Result<CustomerOutcome, StoreError> {
    let ended = unsent_attempt(job, state, reason);
    job.context.store.record_reminder_unsent(&VoucherKey::from(voucher), &ended).await?;
    Ok(CustomerOutcome::FollowUpDone)
}

/// Gives up the reminder of a dispatch that crashed its worker `MAX_TAKES` times, and records an
/// open claim as unknown.
pub(crate) async fn give_up_reminder(
    job: &DispatchJob<'_>,
    id: &CustomerId,
) -> Result<CustomerOutcome, StoreError> {
    let Some(voucher) = job.context.store.voucher(&job.voucher_key(id)).await? else {
        return Ok(CustomerOutcome::FollowUpDone);
    };
    record_unsent(job, &voucher, AttemptState::Unknown, "given_up").await
}
