//! Processes a selected customer for the first time: reads the customer again, decides, and writes
//! exactly one record of the outcome, whatever it is.

use std::sync::atomic::Ordering;

use std::collections::HashMap;

use domain::{
    Timestamp,
    campaign::{audience::PastVoucher, lifecycle::WorkPolicy, redeeming::Revocation},
    customer::profile::Customer,
    delivery::{
        attempt_policy::{ClaimStatus, claim_status},
        eligibility::{
            EligibilityFacts, FurtherChannels, SendDecision, audience_moment, decide_send,
            further_channels, further_spared, is_cooling_down, was_enrolled,
        },
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
    },
    voucher::{
        attempt::Attempt,
        past::past_vouchers,
        record::{Voucher, VoucherIssue, WithheldMessage},
        skip_reason::SkipReason,
    },
};
use store::{
    StoreError,
    conditional::Applied,
    voucher::{
        issue::{GuardedIssue, IssueGuards, IssueResult},
        offers::SeenOffers,
    },
};

use crate::{
    attempt, follow_up,
    job::{
        CustomerOutcome, DispatchJob, MAX_CONFLICT_RETRIES, found_outcome, outcome_of,
        read_customer, uses_reservation,
    },
    merged_records, message_cap,
};

pub(crate) async fn process_selected(
    job: &DispatchJob<'_>,
    id: &CustomerId,
) -> Result<CustomerOutcome, StoreError> {
    if let Some(known) = job.existing_records.get(id) {
        return resume_record(job, known).await;
    }
    for _ in 0..MAX_CONFLICT_RETRIES {
        match decide_once(job, id).await? {
            DecisionResult::Outcome(turn) => return Ok(turn),
            DecisionResult::Conflict => {}
        }
    }
    Err(StoreError::Contended("a customer's offers"))
}

/// The result of one decision: an outcome, or a conflict with another offer to the same customer.
enum DecisionResult {
    Outcome(CustomerOutcome),
    Conflict,
}

async fn decide_once(job: &DispatchJob<'_>, id: &CustomerId) -> Result<DecisionResult, StoreError> {
    let now = runtime::clock::now();
    let (limits, customer) = match read_recipient(job, id, now).await {
        Ok(read) => read,
        Err(StoreError::Corrupt { key, reason }) => {
            tracing::error!(%key, %reason, dispatch = %job.dispatch.key, "unreadable customer left out of the dispatch");
            return record_failed(job, id).await.map(DecisionResult::Outcome);
        }
        Err(error) => return Err(error),
    };
    if let Some(until) = merged_records::settles_at(job, customer.as_ref(), now) {
        let waits = CustomerOutcome::Deferred(job.dispatch.channel, until, None);
        return Ok(DecisionResult::Outcome(waits));
    }
    let issue = VoucherIssue { now, ..voucher_issue(job, id) };
    let definition = issue.definition;
    let decision = match job.summary.state.work_policy() {
        WorkPolicy::Drop => SendDecision::Skip(SkipReason::Cancelled),
        WorkPolicy::Go | WorkPolicy::Wait => decide_send(&EligibilityFacts {
            campaign: &job.dispatch.campaign,
            definition,
            customer: customer.as_ref(),
            topic: job.topic.as_ref(),
            channel: job.dispatch.channel,
            firing: job.dispatch.firing.as_ref(),
            audience_at: customer.as_ref().map_or(now, |customer| {
                let firing = job.dispatch.firing.as_ref();
                audience_moment(definition, customer, firing, job.summary.run_began(), now)
            }),
            past_vouchers: &limits.past_vouchers,
            exclusions: &job.exclusions,
            cooling_down: limits.cooling_down,
            policy: &job.policy,
            tenant_currency: job.context.settings.currency,
            cap_reached: limits.cap_reached,
            now,
        }),
    };
    match (decision, customer) {
        (SendDecision::Move(channel), _) => {
            Ok(DecisionResult::Outcome(CustomerOutcome::Moved(channel)))
        }
        (SendDecision::Defer(channel, at), customer) => {
            let zone = customer.map(|customer| customer.zone().clone());
            Ok(DecisionResult::Outcome(CustomerOutcome::Deferred(channel, at, zone)))
        }
        (SendDecision::HoldOut, customer) => {
            hold_out(job, &issue, customer.as_ref(), &limits).await
        }
        (SendDecision::Skip(reason), _) => {
            write_record(job, &issue.skipped_record(reason)).await.map(DecisionResult::Outcome)
        }
        (SendDecision::Send, None) => {
            write_record(job, &issue.skipped_record(SkipReason::CustomerGone))
                .await
                .map(DecisionResult::Outcome)
        }
        (SendDecision::Send, Some(customer)) => {
            issue_and_send(job, &issue, &customer, &limits).await
        }
    }
}

/// Reads the customer and, before them, the limits that their other records put on one more offer:
/// the consent has to be the most recent. For merged records both are read again, by all their ids.
async fn read_recipient(
    job: &DispatchJob<'_>,
    id: &CustomerId,
    now: Timestamp,
) -> Result<(OfferLimits, Option<Customer>), StoreError> {
    let limits = read_offer_limits(job, id, std::slice::from_ref(id), now).await?;
    let customer = read_customer(job, id).await?;
    let Some(merged) = customer.as_ref().filter(|it| merged_records::is_merged(it, id)) else {
        return Ok((limits, customer));
    };
    let limits = read_offer_limits(job, &merged.id, &merged.record_ids(), now).await?;
    Ok((limits, read_customer(job, id).await?))
}

/// The limits that a customer's other records put on one more offer.
#[derive(Debug)]
struct OfferLimits {
    cooling_down: bool,
    cap_reached: Option<SkipReason>,
    /// The number of messages that the frequency cap still allows.
    message_room: u32,
    /// The customer was enrolled in this campaign before.
    is_repeat: bool,
    /// The vouchers that the customer had, if the audience rule asks for them.
    past_vouchers: Vec<PastVoucher>,
    /// The number of offers at the time of reading; present only if a limit depends on it.
    offers: Option<SeenOffers>,
}

impl OfferLimits {
    /// Nothing depends on the customer's other records.
    const NONE: Self = Self {
        cooling_down: false,
        cap_reached: None,
        message_room: u32::MAX,
        is_repeat: false,
        past_vouchers: Vec::new(),
        offers: None,
    };
}

async fn read_offer_limits(
    job: &DispatchJob<'_>,
    id: &CustomerId,
    records: &[CustomerId],
    now: Timestamp,
) -> Result<OfferLimits, StoreError> {
    let (store, definition) = (&job.context.store, &job.campaign.definition);
    if definition.trigger.is_none() && !job.policy.has_caps() {
        let past_vouchers = match definition.audience.asks_vouchers() {
            true => past_vouchers(&store.customer_vouchers(id).await?),
            false => Vec::new(),
        };
        return Ok(OfferLimits { past_vouchers, ..OfferLimits::NONE });
    }
    // The counter is read before the records: an offer issued between the two reads then makes the
    // put fail.
    let seen = store.offer_count(id).await?;
    let vouchers = store.vouchers_of(records).await?;
    let cool_until = definition.trigger.as_ref().map_or(now, |trigger| trigger.cool_down_end(now));
    let until = cool_until.max(job.policy.counts_until(now));
    Ok(OfferLimits {
        cooling_down: is_cooling_down(
            &job.dispatch.campaign,
            definition,
            job.dispatch.firing.as_ref(),
            &vouchers,
            now,
        ),
        cap_reached: reached_cap(job, &vouchers, now).await?,
        message_room: message_cap::room_for(job, &job.occurrence, &vouchers),
        is_repeat: was_enrolled(&job.dispatch.campaign, &vouchers),
        past_vouchers: past_vouchers(&vouchers),
        offers: Some(SeenOffers { seen, counts_until: until }),
    })
}

/// Returns the reason to skip if a cap over all campaigns is reached. Revocations by cancelled
/// campaigns are read only if they would change the answer.
async fn reached_cap(
    job: &DispatchJob<'_>,
    vouchers: &[Voucher],
    now: Timestamp,
) -> Result<Option<SkipReason>, StoreError> {
    let definition = &job.campaign.definition;
    let without_revocations =
        job.policy.cap_reached(definition, vouchers, |_| Revocation::default(), now);
    if without_revocations != Some(SkipReason::OpenOffersCap) {
        return Ok(without_revocations);
    }
    let mut revoked: HashMap<CampaignId, Revocation> = HashMap::new();
    let open = |voucher: &&Voucher| voucher.takes_offer_room(Revocation::default(), now);
    for voucher in vouchers.iter().filter(open) {
        if !revoked.contains_key(&voucher.campaign) {
            let summary = job.context.store.campaign_summary(&voucher.campaign).await?;
            revoked.insert(
                voucher.campaign.clone(),
                summary.map_or(Revocation::default(), |summary| summary.revoke),
            );
        }
    }
    let revoke_scope = |campaign: &CampaignId| revoked.get(campaign).copied().unwrap_or_default();
    Ok(job.policy.cap_reached(definition, vouchers, revoke_scope, now))
}

async fn issue_and_send(
    job: &DispatchJob<'_>,
    issue: &VoucherIssue<'_>,
    customer: &Customer,
    limits: &OfferLimits,
) -> Result<DecisionResult, StoreError> {
    if !use_permit(job) {
        return write_record(job, &issue.skipped_record(SkipReason::VoucherCap))
            .await
            .map(DecisionResult::Outcome);
    }
    let claim = Attempt::claim(job.dispatch.channel, 1, job.dispatch.fence, issue.now);
    let voucher = Voucher {
        due_at: job.dispatch.release_due_at,
        is_repeat: limits.is_repeat,
        ..issue.issued_voucher(claim)
    };
    // After an error the voucher may or may not have been written. The permit stays used until the
    // next lease counts the records that exist.
    let siblings = merged_records::sibling_keys(job, customer, issue.customer);
    let guards = IssueGuards {
        leased_dispatch: job.reservation_is_short.then_some(job.dispatch),
        offers: limits.offers,
        offers_of: Some(&customer.id),
        siblings: &siblings,
    };
    let issued = match job.context.store.issue_voucher_guarded(&voucher, &guards).await? {
        GuardedIssue::Issued(issued) => issued,
        GuardedIssue::LeaseLost => return Ok(DecisionResult::Outcome(CustomerOutcome::Busy)),
        GuardedIssue::OffersChanged => {
            job.permits.fetch_add(1, Ordering::Relaxed);
            return Ok(DecisionResult::Conflict);
        }
        GuardedIssue::SiblingIssued => {
            job.permits.fetch_add(1, Ordering::Relaxed);
            return skip_merged(job, issue).await;
        }
    };
    let outcome = match issued {
        IssueResult::Existing(existing) if !is_same_issue(&existing, &voucher) => {
            if !uses_reservation(&existing, job.dispatch) {
                job.permits.fetch_add(1, Ordering::Relaxed);
            }
            resume_record(job, &existing).await
        }
        IssueResult::First | IssueResult::Existing(_) => {
            let sent = attempt::send_attempt(job, &voucher, customer, 1).await?;
            Ok(CustomerOutcome::after_sending(sent, CustomerOutcome::Issued))
        }
    };
    outcome.map(DecisionResult::Outcome)
}

/// Records a held-out customer. Cool-down and caps apply as for a voucher, the campaign's own cap
/// on vouchers included; otherwise the lift would compare held-out customers with different ones.
async fn hold_out(
    job: &DispatchJob<'_>,
    issue: &VoucherIssue<'_>,
    customer: Option<&Customer>,
    limits: &OfferLimits,
) -> Result<DecisionResult, StoreError> {
    if !job.has_room_for_held_out() {
        return write_record(job, &issue.skipped_record(SkipReason::VoucherCap))
            .await
            .map(DecisionResult::Outcome);
    }
    let definition = issue.definition;
    let further_spared = customer.map_or(0, |customer| {
        further_spared(definition, customer, &job.reach_query(), limits.message_room)
    });
    let ghost = Voucher { further_spared, is_repeat: limits.is_repeat, ..issue.held_out_record() };
    let siblings = customer.map(|it| merged_records::sibling_keys(job, it, issue.customer));
    let guards = IssueGuards {
        leased_dispatch: None,
        offers: limits.offers,
        offers_of: customer.map(|it| &it.id),
        siblings: siblings.as_deref().unwrap_or_default(),
    };
    match job.context.store.issue_voucher_guarded(&ghost, &guards).await? {
        GuardedIssue::Issued(issued) => {
            settle_record(job, &ghost, issued).await.map(DecisionResult::Outcome)
        }
        GuardedIssue::OffersChanged => Ok(DecisionResult::Conflict),
        GuardedIssue::SiblingIssued => skip_merged(job, issue).await,
        GuardedIssue::LeaseLost => Ok(DecisionResult::Outcome(CustomerOutcome::Busy)),
    }
}

/// Skips a record whose customer has the campaign's offer under another id already.
async fn skip_merged(
    job: &DispatchJob<'_>,
    issue: &VoucherIssue<'_>,
) -> Result<DecisionResult, StoreError> {
    let skipped = issue.skipped_record(SkipReason::Merged);
    write_record(job, &skipped).await.map(DecisionResult::Outcome)
}

/// Returns true if the existing record is the one that was just put. The SDK repeats a put whose
/// answer was lost, and the repetition then finds its own voucher; that still counts as the first
/// issue.
fn is_same_issue(existing: &Voucher, put: &Voucher) -> bool {
    let claims = put.attempts.iter().all(|(channel, claim)| {
        existing.attempts.get(channel).is_some_and(|found| found.is_same_claim(claim))
    });
    existing.dispatch == put.dispatch && claims
}

fn use_permit(job: &DispatchJob<'_>) -> bool {
    job.permits
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
        .is_ok()
}

/// Settles a customer who has a record already. The recorded outcome is kept; only a claim whose
/// worker was lost is resolved.
async fn resume_record(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
) -> Result<CustomerOutcome, StoreError> {
    let mut waits = false;
    for attempt in voucher.attempts.values() {
        match claim_status(
            Some(attempt),
            attempt.number,
            runtime::clock::now(),
            job.context.settings.lease_seconds,
        ) {
            ClaimStatus::Busy => return Ok(CustomerOutcome::Busy),
            ClaimStatus::Abandoned => {
                let (channel, number) = (attempt.channel, attempt.number);
                if attempt::record_abandoned(job, voucher, channel, number).await?
                    == Applied::Conflict
                {
                    return Ok(CustomerOutcome::Busy);
                }
            }
            ClaimStatus::Open => waits |= is_own_message(job, voucher, attempt),
            ClaimStatus::Settled => {}
        }
    }
    if waits {
        return send_waiting(job, voucher).await;
    }
    Ok(found_outcome(voucher, job.dispatch))
}

/// Returns true if a waiting attempt is the message that this dispatch sends.
fn is_own_message(job: &DispatchJob<'_>, voucher: &Voucher, attempt: &Attempt) -> bool {
    attempt.channel == job.dispatch.channel
        && attempt.number == job.dispatch.attempt
        && job.dispatch.key.originates_from(&voucher.dispatch)
}

/// Sends the message of an issued voucher that has waited for its lane. Everything is checked
/// again, as for any later message about a voucher.
async fn send_waiting(
    job: &DispatchJob<'_>,
    voucher: &Voucher,
) -> Result<CustomerOutcome, StoreError> {
    let turn = follow_up::process_follow_up(job, &voucher.customer).await?;
    if turn == CustomerOutcome::FollowUpDone {
        return Ok(found_outcome(voucher, job.dispatch));
    }
    if let CustomerOutcome::Deferred(channel, at, zone) = turn {
        return Ok(CustomerOutcome::MessageWaits(channel, at, zone));
    }
    Ok(turn)
}

async fn write_record(
    job: &DispatchJob<'_>,
    record: &Voucher,
) -> Result<CustomerOutcome, StoreError> {
    let issued = job.context.store.issue_voucher(record).await?;
    settle_record(job, record, issued).await
}

async fn settle_record(
    job: &DispatchJob<'_>,
    record: &Voucher,
    issued: IssueResult,
) -> Result<CustomerOutcome, StoreError> {
    match issued {
        IssueResult::First => Ok(outcome_of(record)),
        IssueResult::Existing(existing) => {
            // A superseded worker issued after all. The voucher uses a permit that nobody has
            // counted yet, so the permit is not given back.
            if uses_reservation(&existing, job.dispatch)
                && !job.existing_records.contains_key(&existing.customer)
            {
                use_permit(job);
            }
            resume_record(job, &existing).await
        }
    }
}

/// Records a customer who cannot be processed as failed.
pub(crate) async fn record_failed(
    job: &DispatchJob<'_>,
    id: &CustomerId,
) -> Result<CustomerOutcome, StoreError> {
    write_record(job, &voucher_issue(job, id).failed_record()).await
}

fn voucher_issue<'a>(job: &'a DispatchJob<'_>, customer: &'a CustomerId) -> VoucherIssue<'a> {
    VoucherIssue {
        campaign: &job.dispatch.campaign,
        run: &job.dispatch.key.run,
        occurrence: &job.occurrence,
        definition: &job.form_of(customer).definition,
        customer,
        dispatch: &job.dispatch.key.name,
        now: runtime::clock::now(),
    }
}

/// Returns the further channels on which mode `all` also sends, after it has recorded those for
/// which the frequency cap leaves no room. The customer is read again, so a repeated lease plans
/// what the first would plan now.
pub(crate) async fn plan_further_channels(
    job: &DispatchJob<'_>,
    id: &CustomerId,
) -> Result<Vec<Channel>, StoreError> {
    let definition = &job.form_of(id).definition;
    if definition.channels.mode == domain::kernel::channel::LadderMode::FirstAvailable {
        return Ok(Vec::new());
    }
    let Some(customer) = read_customer(job, id).await? else {
        return Ok(Vec::new());
    };
    let (channel, query) = (job.dispatch.channel, job.reach_query());
    if job.policy.frequency_cap.is_none() {
        // Without a cap no channel is withheld, whatever the records are.
        return Ok(further_channels(definition, &customer, &query, None, channel, u32::MAX).send);
    }
    let mut records = job.context.store.customer_vouchers(id).await?;
    records.extend(merged_records::sibling_vouchers(job, &customer, id).await?);
    let key = job.voucher_key(id);
    let voucher = records.iter().find(|record| record.id == key.voucher);
    let room = message_cap::room_for(job, &job.occurrence, &records);
    let FurtherChannels { send, withhold } =
        further_channels(definition, &customer, &query, voucher, channel, room);
    for channel in withhold {
        let withheld = WithheldMessage {
            number: 1,
            at: runtime::clock::now(),
            reason: SkipReason::FrequencyCap,
        };
        job.context.store.record_withheld(&key, channel, &withheld, false).await?;
    }
    Ok(send)
}
