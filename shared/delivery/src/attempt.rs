//! Makes one claimed attempt: renders the message, calls the provider once, and records the answer
//! with its follow-up.
//!
//! The claim is written before the call and the answer after it. A crash in between leaves an
//! abandoned claim, which is treated as an ambiguous answer.

use std::sync::atomic::Ordering;

use channels::feedback::AddressFinding;
use domain::{
    Timestamp,
    campaign::messages::{CompiledMessages, RenderedMessage, push, way_out::WayOut},
    customer::{address::Address, profile::Customer},
    delivery::{
        attempt_policy::{ProviderAnswer, UnknownPolicy, unknown_policy},
        dispatch::{Dispatch, DispatchPurpose},
        eligibility::{all_channels_dead, next_channel},
        sender_fault::SenderFault,
    },
    kernel::{
        channel::{Channel, LadderMode},
        id::CustomerId,
    },
    voucher::{
        attempt::{Attempt, AttemptState, ProviderRefusal},
        record::{MessageLinks, Voucher, message_facts},
        short_link::EXAMPLE_CODE,
    },
};
use runtime::{clock, metrics::Metrics};
use store::{
    StoreError,
    conditional::Applied,
    voucher::records::{AttemptFollowUp, SentMessage, VoucherKey, VoucherMessage},
};

use crate::{
    job::{DispatchJob, read_customer},
    lane::{LaneVerdict, SendOutcome},
};

/// The result of the one call to the provider.
pub(crate) enum CallOutcome {
    /// No call was made and none will be, for this reason.
    NotCalled(&'static str),
    Answered(channels::SendResult, RenderedMessage),
}

/// Renders the message and calls the provider once. The caller has just checked consent and holds
/// the claim.
pub(crate) async fn render_and_call(
    job: &DispatchJob<'_>,
    messages: &CompiledMessages,
    voucher: &Voucher,
    customer: &Customer,
) -> CallOutcome {
    let channel = job.dispatch.channel;
    let facts = message_facts(
        voucher,
        &job.form_of(&customer.id).definition,
        customer,
        &job.context.settings.brand,
        message_links(job, voucher, customer),
        clock::now(),
    );
    let unsubscribe_link = match (channel, &job.links, customer.address_on(channel)) {
        (Channel::Email, Some(links), Some(address)) => {
            links.unsubscribe_link(&customer.id, &address)
        }
        (Channel::Email | Channel::Sms | Channel::Push, _, _) => None,
    };
    let locale = customer.profile.locale.as_ref();
    let rendered = match messages.compose(
        channel,
        locale,
        &facts,
        &job.brand,
        unsubscribe_link.as_deref(),
    ) {
        Ok(composed) => composed.rendered,
        Err(error) => {
            tracing::error!(%error, campaign = %job.dispatch.campaign, "message could not be rendered");
            return CallOutcome::NotCalled("render_error");
        }
    };
    let Ok(address) = customer.reachable_contact(channel, &job.reach_query()) else {
        return CallOutcome::NotCalled("unreachable");
    };
    let outgoing = channels::OutgoingMessage {
        address,
        message: &rendered,
        campaign: &job.dispatch.campaign,
        recipient: channels::Recipient::Customer(&customer.id),
        voucher: &voucher.id,
        brand: &job.brand,
        unsubscribe: unsubscribe_link.as_deref(),
        time_to_live: push::time_to_live(voucher.offer_ends_at(), clock::now()),
        reminder: job.dispatch.purpose == DispatchPurpose::Reminder,
    };
    let result = job.context.sender.send(&outgoing).await;
    CallOutcome::Answered(result, rendered)
}

/// Makes the links of a message: the voucher's, and the way out of an SMS.
fn message_links(job: &DispatchJob<'_>, voucher: &Voucher, customer: &Customer) -> MessageLinks {
    let (channel, links) = (job.dispatch.channel, job.links.as_ref());
    let way_out = match &customer.address_on(channel) {
        Some(address @ Address::Sms(phone)) => {
            job.context.way_out(&job.way_out, phone, || links?.leaving_link(address))
        }
        Some(Address::Email(_) | Address::Push(_)) | None => WayOut::Nothing,
    };
    let code = links.map(|links| links.voucher_code(voucher, channel));
    MessageLinks { voucher_code: code.unwrap_or_else(|| EXAMPLE_CODE.to_owned()), way_out }
}

/// Sends attempt `number` of `voucher`, which this worker has claimed, on the dispatch's channel.
pub(crate) async fn send_attempt(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    customer: &Customer,
    number: u32,
) -> Result<SendOutcome, StoreError> {
    let channel = job.dispatch.channel;
    let key = VoucherKey::from(voucher);
    let (result, rendered) =
        match render_and_call(job, &job.form_of(&customer.id).messages, voucher, customer).await {
            CallOutcome::NotCalled(reason) => {
                record_refused(job, voucher, customer, number, reason).await?;
                return Ok(SendOutcome::Settled);
            }
            CallOutcome::Answered(said, rendered) => (said, rendered),
        };
    let findings = address_findings(&result, customer, channel);
    let recorded = match &result.answer {
        ProviderAnswer::Accepted { provider_id } => {
            record_accepted(job, &key, number, provider_id, &rendered).await
        }
        ProviderAnswer::Ours(fault) => record_ours(job, &key, number, *fault).await,
        ProviderAnswer::Refused { reason } => {
            record_refused(job, voucher, customer, number, reason.code()).await
        }
        ProviderAnswer::Ambiguous { reason } => {
            record_ambiguous(job, &key, channel, number, reason).await.map(|_| ())
        }
    };
    // The outcome is recorded first; a lost finding does no harm.
    job.context.report_findings(findings).await;
    recorded?;
    hear_answer(job, &result.answer).await
}

/// Tells the lane of an answer that is recorded, and returns what it means for the message.
pub(crate) async fn hear_answer(
    job: &DispatchJob<'_>,
    answer: &ProviderAnswer,
) -> Result<SendOutcome, StoreError> {
    let verdict = job.lane.hear(answer).await?;
    Ok(match (answer, verdict) {
        (ProviderAnswer::Ours(_), LaneVerdict::Closed) => SendOutcome::LaneClosed,
        (ProviderAnswer::Ours(_), LaneVerdict::Open) => SendOutcome::Throttled,
        (
            ProviderAnswer::Accepted { .. }
            | ProviderAnswer::Refused { .. }
            | ProviderAnswer::Ambiguous { .. },
            LaneVerdict::Closed | LaneVerdict::Open,
        ) => SendOutcome::Settled,
    })
}

/// Returns what the answer says of the addresses to which the message went.
pub(crate) fn address_findings(
    result: &channels::SendResult,
    customer: &Customer,
    channel: Channel,
) -> Vec<AddressFinding> {
    let at = clock::now();
    let devices = result.dead_endpoints.iter().cloned();
    let dead = devices.map(|arn| AddressFinding::Dead { address: Address::Push(arn), at });
    let address = customer.address_on(channel);
    let refused = match (&result.answer, address) {
        (ProviderAnswer::Refused { reason: ProviderRefusal::OptedOut }, Some(address)) => {
            Some(AddressFinding::OptedOut { address, at })
        }
        (ProviderAnswer::Refused { reason: ProviderRefusal::InvalidAddress }, Some(address)) => {
            Some(AddressFinding::Dead { address, at })
        }
        _ => None,
    };
    dead.chain(refused).collect()
}

/// Resolves a claim whose worker was lost. The provider may or may not have been called, so the
/// attempt becomes unknown. After a conflict the worker has recorded its answer after all, and the
/// record has to be read again.
pub(crate) async fn record_abandoned(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    channel: Channel,
    number: u32,
) -> Result<Applied, StoreError> {
    record_ambiguous(job, &VoucherKey::from(voucher), channel, number, "worker_lost").await
}

/// Records the claimed attempt of a dispatch that was given up as failed; the provider is not
/// called.
pub(crate) async fn record_given_up(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
) -> Result<(), StoreError> {
    let attempt = ended_attempt(
        job,
        job.dispatch.channel,
        job.dispatch.attempt,
        AttemptState::Failed,
        "given_up",
    );
    job.context
        .store
        .record_unsent(
            &VoucherKey::from(voucher),
            &attempt,
            &after_last_channel(job, &voucher.customer),
        )
        .await?;
    mark_if_all_dead(job, &VoucherKey::from(voucher), "given_up").await
}

pub(crate) fn ended_attempt(
    job: &DispatchJob<'_>,
    channel: Channel,
    number: u32,
    state: AttemptState,
    reason: &str,
) -> Attempt {
    let claim = Attempt::claim(channel, number, job.dispatch.fence, clock::now());
    Attempt { state, reason: Some(reason.to_owned()), ..claim }
}

async fn record_accepted(
    job: &DispatchJob<'_>,
    key: &VoucherKey,
    number: u32,
    provider_id: &str,
    rendered: &RenderedMessage,
) -> Result<(), StoreError> {
    let (channel, at) = (job.dispatch.channel, clock::now());
    let store = &job.context.store;
    let sent = SentMessage { channel, number, at, provider_id, units: billed_units(rendered) };
    // Both writes run side by side, so that one is kept if the other fails.
    let (message_noted, recorded) = futures::join!(
        remember_message(job, key, provider_id, false, at),
        store.record_sent(key, &sent),
    );
    recorded?;
    message_noted
}

/// Remembers the voucher of a provider's message id, unless the provider's events name the voucher.
pub(crate) async fn remember_message(
    job: &DispatchJob<'_>,
    key: &VoucherKey,
    provider_id: &str,
    reminder: bool,
    at: Timestamp,
) -> Result<(), StoreError> {
    if job.context.sender.events_name_voucher() {
        return Ok(());
    }
    let message = VoucherMessage { channel: job.dispatch.channel, reminder };
    job.context.store.record_message_id(provider_id, key, message, at).await
}

/// Returns the number of billed units of a message: the segments of an SMS, else one.
pub(crate) fn billed_units(rendered: &RenderedMessage) -> u32 {
    match rendered {
        RenderedMessage::Sms { segments, .. } => segments.count,
        RenderedMessage::Email { .. } | RenderedMessage::Push { .. } => 1,
    }
}

/// Records that the attempt waits for its lane. It is made again by this dispatch, so nothing is
/// planned. A worker that was so slow that its claim was taken for abandoned has a dispatch no
/// more: its message follows as a retry.
async fn record_ours(
    job: &DispatchJob<'_>,
    key: &VoucherKey,
    number: u32,
    fault: SenderFault,
) -> Result<(), StoreError> {
    let channel = job.dispatch.channel;
    let attempt = ended_attempt(job, channel, number, AttemptState::Throttled, fault.code());
    if job.context.store.record_waiting(key, &attempt).await? == Applied::Yes {
        return Ok(());
    }
    let (purpose, customer) = (DispatchPurpose::Retry, &key.customer);
    let next = follow_up_dispatch(job, purpose, channel, number + 1, customer, clock::now());
    job.context.store.record_unsent(key, &attempt, &AttemptFollowUp::Next(&next)).await?;
    Ok(())
}

/// Records a definite refusal. The follow-up is a fallback to the next channel that consent allows;
/// without one the voucher is undeliverable.
async fn record_refused(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    customer: &Customer,
    number: u32,
    reason: &str,
) -> Result<(), StoreError> {
    let attempt = ended_attempt(job, job.dispatch.channel, number, AttemptState::Failed, reason);
    let (key, definition) = (VoucherKey::from(voucher), &job.form_of(&customer.id).definition);
    let failed = job.dispatch.channel;
    let rung = next_channel(definition, customer, &job.reach_query(), voucher, failed);
    let next: Option<Dispatch> = rung.map(|channel| fallback_dispatch(job, channel, &customer.id));
    let after =
        next.as_ref().map_or_else(|| after_last_channel(job, &customer.id), AttemptFollowUp::Next);
    job.work_planned.fetch_or(next.is_some(), Ordering::Relaxed);
    job.context.store.record_unsent(&key, &attempt, &after).await?;
    match rung {
        Some(channel) => release_withheld(job, voucher, channel).await,
        None => mark_if_all_dead(job, &key, reason).await,
    }
}

/// Takes back that the message on a channel was withheld: it takes the place of one that did not go
/// out. Its worker asks the cap again.
async fn release_withheld(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
    channel: Channel,
) -> Result<(), StoreError> {
    if let Some(withheld) = voucher.withheld.get(&channel) {
        let key = VoucherKey::from(voucher);
        job.context.store.release_withheld(&key, channel, withheld).await?;
    }
    Ok(())
}

/// Marks the voucher as undeliverable if this was the last channel of mode `all` that could reach
/// the customer. It is read after the own failure is written, so that of two workers that fail at
/// once the later one sees both.
pub(crate) async fn mark_if_all_dead(
    job: &DispatchJob<'_>,
    key: &VoucherKey,
    reason: &str,
) -> Result<(), StoreError> {
    let (store, definition) = (&job.context.store, &job.form_of(&key.customer).definition);
    if definition.channels.mode != LadderMode::All {
        return Ok(());
    }
    let Some(customer) = read_customer(job, &key.customer).await? else {
        return Ok(());
    };
    let Some(voucher) = store.voucher(key).await? else {
        return Ok(());
    };
    if let Some(failed) = all_channels_dead(definition, &customer, &job.reach_query(), &voucher) {
        store.mark_undeliverable(key, &failed, reason).await?;
    }
    Ok(())
}

/// Returns the consequence of a refusal without a fallback. In mode `all` the other channels have
/// their own dispatches and may still reach the customer.
fn after_last_channel<'a>(job: &DispatchJob<'_>, customer: &CustomerId) -> AttemptFollowUp<'a> {
    let channels = &job.form_of(customer).definition.channels;
    if channels.mode == LadderMode::All && channels.ladder.len() > 1 {
        AttemptFollowUp::Nothing
    } else {
        AttemptFollowUp::Undeliverable
    }
}

/// Builds the dispatch of the channel that follows a failure on this one. In mode `all` two
/// channels may fail and leave their places to the same one, which is claimed once.
fn fallback_dispatch(job: &DispatchJob<'_>, channel: Channel, customer: &CustomerId) -> Dispatch {
    let next =
        follow_up_dispatch(job, DispatchPurpose::Fallback, channel, 1, customer, clock::now());
    match job.form_of(customer).definition.channels.mode {
        LadderMode::FirstAvailable => next,
        LadderMode::All => Dispatch { key: next.key.in_place_of(job.dispatch.channel), ..next },
    }
}

/// Builds the follow-up dispatch for one customer. A run may be complete before a late bounce
/// arrives or before support issues a voucher again, so what follows them does not keep a run open.
fn follow_up_dispatch(
    job: &DispatchJob<'_>,
    purpose: DispatchPurpose,
    channel: Channel,
    number: u32,
    customer: &CustomerId,
    due_at: Timestamp,
) -> Dispatch {
    let outside_run =
        matches!(job.dispatch.purpose, DispatchPurpose::Bounced | DispatchPurpose::Goodwill);
    if !outside_run {
        return job.dispatch.follow_up_for(purpose, channel, number, customer, due_at);
    }
    let next =
        job.dispatch.follow_up_for(DispatchPurpose::Bounced, channel, number, customer, due_at);
    Dispatch { key: next.key.with_purpose_suffix(DispatchPurpose::Bounced), ..next }
}

/// Records an attempt whose fate no answer has told. It waits for an event of the provider, and the
/// watchdog then does what the policy says.
async fn record_ambiguous(
    job: &DispatchJob<'_>,
    key: &VoucherKey,
    channel: Channel,
    number: u32,
    reason: &str,
) -> Result<Applied, StoreError> {
    count_ambiguous(channel, reason);
    let attempt = ended_attempt(job, channel, number, AttemptState::Unknown, reason);
    let policy = unknown_policy(&job.form_of(&key.customer).definition.channels, channel, number);
    let after_call = policy.wait_seconds(job.context.settings.unknown_after_seconds);
    let at = clock::seconds_after(attempt.at, after_call);
    let waits = AttemptFollowUp::WaitForEvent { at, dispatch: job.dispatch };
    // A run that does not wait for the attempt is not held open by it, and nothing is left to do
    // where the policy leaves the attempt alone.
    let after = match policy {
        UnknownPolicy::Leave if !job.dispatch.purpose.holds_run_open() => AttemptFollowUp::Nothing,
        UnknownPolicy::Leave | UnknownPolicy::Repeat | UnknownPolicy::FallBack => waits,
    };
    job.context.store.record_unsent(key, &attempt, &after).await
}

/// Counts a send whose fate is unknown. Its reason, such as a lost connection, is a property to
/// search by.
pub(crate) fn count_ambiguous(channel: Channel, reason: &str) {
    Metrics::new()
        .channel(channel.as_str())
        .property("reason", reason)
        .count("SendsAmbiguous", 1)
        .emit();
}
