//! Processes one dispatch from lease to end.
//!
//! Every step can be repeated: each lease raises the fence, quota is reserved once, vouchers are
//! put once, and the end is recorded only if this lease is still the last one.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use domain::{
    Timestamp,
    campaign::{kind::CampaignKind, lifecycle::WorkPolicy},
    customer::profile::Zone,
    delivery::{
        attempt_policy::THROTTLED_RETRY_SECONDS,
        contact_policy::{HoursWait, PlannedTime},
        dispatch::{Dispatch, DispatchKey, DispatchPurpose, MAX_LEASES, OutcomeTally},
        eligibility::is_held_out,
    },
    kernel::{channel::Channel, id::CustomerId},
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use queue::WakeNudge;
use runtime::{
    HandlerOutcome,
    clock::{self, Deadline},
    metrics::Metrics,
};
use store::{
    StoreError,
    conditional::Applied,
    delivery::dispatches::{DispatchOutcome, LeaseResult},
    voucher::records::VoucherKey,
};

use crate::{
    context::DeliveryContext,
    job::{CustomerOutcome, DispatchJob, uses_reservation},
    lane::LaneWatch,
};

/// Number of customers of one dispatch processed at once. A customer's calls take 5 to 20 ms on
/// AWS, and about 0.2 ms of a core.
pub(crate) const CONCURRENT_CUSTOMERS: usize = 16;
/// Seconds until a dispatch is tried again after its campaign was paused while the dispatch was on
/// its way.
const PAUSED_RETRY_SECONDS: i64 = 5;
/// Seconds until a dispatch is tried again after the store failed.
const UNAVAILABLE_RETRY_SECONDS: i64 = 15;

pub(crate) async fn process_dispatch(
    context: &DeliveryContext,
    key: &DispatchKey,
    deadline: Deadline,
) -> HandlerOutcome {
    match lease_and_process(context, key, deadline).await {
        Ok(handled) => handled,
        Err(error) if error.retryable() => HandlerOutcome::retry(error.to_string()),
        Err(error) => {
            tracing::error!(%error, dispatch = %key, "dispatch processing failed");
            HandlerOutcome::retry(error.to_string())
        }
    }
}

async fn lease_and_process(
    context: &DeliveryContext,
    key: &DispatchKey,
    deadline: Deadline,
) -> Result<HandlerOutcome, StoreError> {
    if deadline.remaining() < context.settings.time_margin {
        return Ok(HandlerOutcome::retry("no time left to begin it"));
    }
    let now = clock::now();
    let (dispatch, crashes) =
        match context.store.lease_dispatch(key, now, context.settings.lease_seconds).await? {
            LeaseResult::Settled => return Ok(HandlerOutcome::Done),
            LeaseResult::Busy => return Ok(HandlerOutcome::retry("in another worker's hands")),
            LeaseResult::Leased { dispatch, crashes } => (*dispatch, crashes),
        };
    let until = clock::seconds_after(now, context.settings.lease_seconds);
    match process_leased(context, &dispatch, crashes, deadline, until).await {
        // A store failure is not the dispatch's fault, so the dispatch is put back and does not
        // count as a crash.
        Err(error) if error.retryable() => {
            tracing::warn!(%error, dispatch = %key, "dispatch put back: store failure");
            put_back(context, &dispatch, UNAVAILABLE_RETRY_SECONDS).await
        }
        handled => handled,
    }
}

async fn process_leased(
    context: &DeliveryContext,
    dispatch: &Dispatch,
    crashes: u32,
    deadline: Deadline,
    until: Timestamp,
) -> Result<HandlerOutcome, StoreError> {
    let Some(summary) = context.store.campaign_summary(&dispatch.campaign).await? else {
        return Ok(HandlerOutcome::poison("its campaign is gone"));
    };
    match summary.state.work_policy() {
        WorkPolicy::Wait => return put_back(context, dispatch, PAUSED_RETRY_SECONDS).await,
        WorkPolicy::Drop
            if dispatch.quota_reserved.is_none() && dispatch.purpose.awaits_outcome() =>
        {
            context.store.drop_untouched_dispatch(dispatch, clock::now()).await?;
            return Ok(nudge_and_report(context, dispatch, &[], false).await);
        }
        WorkPolicy::Go | WorkPolicy::Drop => {}
    }
    // A promotion goes to whom it has selected, an autopilot to whom it selects now.
    let as_of = match summary.kind {
        CampaignKind::Promotion => summary.run_began().unwrap_or_else(clock::now),
        CampaignKind::Autopilot => clock::now(),
    };
    let loaded = context.load_campaign(&dispatch.campaign, summary.definition, as_of);
    let Some(campaign) = loaded.await? else {
        return Ok(HandlerOutcome::poison("its definition is gone"));
    };
    let links = match context.link_builder().await {
        Ok(links) => links,
        // Without its links nothing may be sent.
        Err(error) => {
            tracing::error!(%error, dispatch = %dispatch.key, "dispatch put back: links unavailable");
            return put_back(context, dispatch, UNAVAILABLE_RETRY_SECONDS).await;
        }
    };
    let lane = match summary.state.work_policy() {
        // nothing is sent
        WorkPolicy::Drop | WorkPolicy::Wait => LaneWatch::open(context),
        WorkPolicy::Go => match LaneWatch::enter(context, until).await? {
            Some(lane) => lane,
            None => return put_back(context, dispatch, 0).await,
        },
    };
    let policy = context.store.contact_policy().await?;
    let exclusions = context.load_exclusions().await?;
    let topic = context.store.topic_question(&campaign.definition).await?;
    let mut job = DispatchJob {
        context,
        dispatch,
        summary: &summary,
        campaign,
        policy,
        exclusions,
        topic,
        brand: context.load_brand().await?,
        way_out: context.load_way_out().await?,
        links,
        occurrence: dispatch.occurrence(),
        permits: AtomicU32::new(0),
        reservation_is_short: false,
        quota_is_used_up: false,
        existing_records: HashMap::new(),
        lane,
        work_planned: AtomicBool::new(false),
        deadline,
        lease_until: until,
    };
    let handled = process_job(&mut job, crashes).await;
    job.lane.leave().await?;
    handled
}

async fn process_job(
    job: &mut DispatchJob<'_>,
    crashes: u32,
) -> Result<HandlerOutcome, StoreError> {
    prepare_reservation(job).await?;
    let outcomes = if crashes >= MAX_LEASES {
        give_up_dispatch(job).await?
    } else {
        process_customers(job).await?
    };
    crate::lane::judge_answers(job.context, false).await;
    finish_dispatch(job, outcomes).await
}

async fn put_back(
    context: &DeliveryContext,
    dispatch: &Dispatch,
    seconds: i64,
) -> Result<HandlerOutcome, StoreError> {
    context.store.put_back_dispatch(dispatch, clock::seconds_after(clock::now(), seconds)).await?;
    Ok(HandlerOutcome::Done)
}

/// Reserves quota and, on a repeated lease, loads the records that exist already: they use up part
/// of the same reservation.
async fn prepare_reservation(job: &mut DispatchJob<'_>) -> Result<(), StoreError> {
    let dispatch = job.dispatch;
    if !dispatch.purpose.awaits_outcome() {
        return Ok(());
    }
    let definition = &job.campaign.definition;
    let wanted = dispatch
        .customers
        .iter()
        .filter(|customer| !is_held_out(&dispatch.campaign, definition, customer))
        .count();
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    let leased =
        job.context.store.reserve_quota(dispatch, wanted, definition.exposure_each()).await?;
    job.reservation_is_short = leased < wanted;
    if wanted == 0 && definition.caps.limit_issues() {
        // A dispatch of held-out customers alone reserves nothing, so it has to look.
        let quota = job.context.store.quota(&dispatch.campaign).await?;
        job.quota_is_used_up =
            quota.is_some_and(|quota| quota.vouchers_left(definition.exposure_each()) == 0);
    }
    if dispatch.fence == 1 {
        job.permits = AtomicU32::new(leased);
        return Ok(());
    }
    let keys: Vec<VoucherKey> =
        dispatch.customers.iter().map(|customer| job.voucher_key(customer)).collect();
    match job.context.store.vouchers_by_keys(&keys).await {
        Ok(found) => {
            job.existing_records =
                found.into_iter().map(|voucher| (voucher.customer.clone(), voucher)).collect()
        }
        // One of the records cannot be read, so the used part of the reservation is unknown. No new
        // voucher is issued, and each customer's record is read separately.
        Err(StoreError::Corrupt { key, reason }) => {
            tracing::error!(%key, %reason, dispatch = %dispatch.key, "voucher unreadable");
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    let used =
        job.existing_records.values().filter(|voucher| uses_reservation(voucher, dispatch)).count();
    job.permits = AtomicU32::new(leased.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX)));
    Ok(())
}

async fn process_customers(
    job: &DispatchJob<'_>,
) -> Result<Vec<(CustomerId, CustomerOutcome)>, StoreError> {
    // With a short reservation each put also checks the dispatch item, so concurrent puts would
    // only conflict there.
    // While the lane is probed one message asks, and the others wait for its answer.
    let one_by_one = job.reservation_is_short || job.lane.is_probing();
    let concurrency = if one_by_one { 1 } else { CONCURRENT_CUSTOMERS };
    let results: Vec<(CustomerId, Result<CustomerOutcome, StoreError>)> =
        stream::iter(&job.dispatch.customers)
            .map(
                |customer| async move { (customer.clone(), process_customer(job, customer).await) },
            )
            .buffer_unordered(concurrency)
            .collect()
            .await;
    results.into_iter().map(|(customer, turn)| Ok((customer, turn?))).collect()
}

/// Processes one customer. A panic affects only this customer, and leaves the dispatch to be leased
/// again.
async fn process_customer(
    job: &DispatchJob<'_>,
    customer: &CustomerId,
) -> Result<CustomerOutcome, StoreError> {
    if job.is_out_of_time() {
        return Ok(CustomerOutcome::OutOfTime);
    }
    if job.lane.is_closed() {
        return Ok(CustomerOutcome::LaneClosed);
    }
    // Boxed where they begin: with the calls of all their steps in them these futures are large,
    // and each combinator on the way would copy them.
    let one: BoxFuture<'_, _> = match job.dispatch.purpose {
        DispatchPurpose::Planned | DispatchPurpose::Moved => {
            Box::pin(crate::issue::process_selected(job, customer))
        }
        DispatchPurpose::Additional
        | DispatchPurpose::Fallback
        | DispatchPurpose::Retry
        | DispatchPurpose::Bounced
        | DispatchPurpose::Goodwill => Box::pin(crate::follow_up::process_follow_up(job, customer)),
        DispatchPurpose::Reminder => Box::pin(crate::reminder::process_reminder(job, customer)),
    };
    match AssertUnwindSafe(one).catch_unwind().await {
        Ok(turn) => contain_unreadable(job, turn),
        Err(_) => {
            tracing::error!(dispatch = %job.dispatch.key, "panic while processing a customer");
            Ok(CustomerOutcome::Panicked)
        }
    }
}

/// Turns an unreadable record into the outcome of its customer, so that the others are not
/// affected.
fn contain_unreadable(
    job: &DispatchJob<'_>,
    outcome: Result<CustomerOutcome, StoreError>,
) -> Result<CustomerOutcome, StoreError> {
    match outcome {
        Err(StoreError::Corrupt { key, reason }) => {
            tracing::error!(%key, %reason, dispatch = %job.dispatch.key, "customer records unreadable");
            Ok(if job.dispatch.purpose.awaits_outcome() {
                CustomerOutcome::Failed
            } else {
                CustomerOutcome::FollowUpDone
            })
        }
        turn => turn,
    }
}

/// Gives up a dispatch that crashed its worker `MAX_LEASES` times. Customers without an outcome are
/// recorded as failed and no claim is left open, so that the run can be completed.
async fn give_up_dispatch(
    job: &DispatchJob<'_>,
) -> Result<Vec<(CustomerId, CustomerOutcome)>, StoreError> {
    tracing::error!(dispatch = %job.dispatch.key, "dispatch abandoned after too many claims");
    let mut outcomes = Vec::new();
    for customer in &job.dispatch.customers {
        let outcome = match job.dispatch.purpose {
            DispatchPurpose::Planned | DispatchPurpose::Moved => {
                crate::issue::record_failed(job, customer).await
            }
            DispatchPurpose::Additional
            | DispatchPurpose::Fallback
            | DispatchPurpose::Retry
            | DispatchPurpose::Bounced
            | DispatchPurpose::Goodwill => crate::follow_up::give_up_follow_up(job, customer).await,
            DispatchPurpose::Reminder => crate::reminder::give_up_reminder(job, customer).await,
        };
        outcomes.push((customer.clone(), contain_unreadable(job, outcome)?));
    }
    Ok(outcomes)
}

async fn finish_dispatch(
    job: &DispatchJob<'_>,
    outcomes: Vec<(CustomerId, CustomerOutcome)>,
) -> Result<HandlerOutcome, StoreError> {
    let any = |wanted: CustomerOutcome| outcomes.iter().any(|(_, turn)| *turn == wanted);
    if any(CustomerOutcome::Panicked) {
        return Ok(HandlerOutcome::retry("a customer's turn panicked"));
    }
    if any(CustomerOutcome::Busy) || any(CustomerOutcome::OutOfTime) {
        // The rest is done under a new lease, which recognises finished customers by their records.
        let seconds =
            if any(CustomerOutcome::Busy) { job.context.settings.lease_seconds } else { 0 };
        job.context
            .store
            .put_back_dispatch(job.dispatch, clock::seconds_after(clock::now(), seconds))
            .await?;
        return Ok(nudge_and_report(job.context, job.dispatch, &outcomes, true).await);
    }
    if any(CustomerOutcome::LaneClosed) {
        // release-dispatches holds it back while the lane is closed
        return put_back(job.context, job.dispatch, 0).await;
    }
    if !outcomes.is_empty() && outcomes.iter().all(|(_, turn)| *turn == CustomerOutcome::Throttled)
    {
        return put_back(job.context, job.dispatch, THROTTLED_RETRY_SECONDS).await;
    }
    let follow_ups = plan_follow_ups(job, &outcomes).await?;
    let carried_over: u32 = follow_ups.iter().filter_map(|dispatch| dispatch.quota_reserved).sum();
    let left = job.permits.load(Ordering::Relaxed).saturating_sub(carried_over);
    let unused = if job.dispatch.purpose.awaits_outcome() { left } else { 0 };
    let outcome = DispatchOutcome {
        tally: count_outcomes(job.dispatch, &outcomes),
        planned_twice: count_planned_twice(&outcomes),
        follow_ups,
        unused,
        expires_at: acceptance_deadline(job, &outcomes),
    };
    let each = job.campaign.definition.exposure_each();
    let planned = !outcome.follow_ups.is_empty() || job.work_planned.load(Ordering::Relaxed);
    match job.context.store.finish_dispatch(job.dispatch, &outcome, each, clock::now()).await? {
        Applied::Yes => Ok(nudge_and_report(job.context, job.dispatch, &outcomes, planned).await),
        Applied::Conflict => Ok(HandlerOutcome::Done),
    }
}

fn count_planned_twice(outcomes: &[(CustomerId, CustomerOutcome)]) -> u64 {
    outcomes.iter().filter(|(_, turn)| *turn == CustomerOutcome::PlannedTwice).count() as u64
}

fn count_outcomes(dispatch: &Dispatch, outcomes: &[(CustomerId, CustomerOutcome)]) -> OutcomeTally {
    if !dispatch.purpose.awaits_outcome() {
        return OutcomeTally::default();
    }
    let count = |wanted: CustomerOutcome| {
        outcomes.iter().filter(|(_, turn)| *turn == wanted).count() as u64
    };
    OutcomeTally {
        issued: outcomes.iter().filter(|(_, turn)| is_issued(turn)).count() as u64,
        ghost: count(CustomerOutcome::HeldOut),
        skipped: count(CustomerOutcome::Skipped),
        failed: count(CustomerOutcome::Failed),
    }
}

/// Returns true if a customer of a selected dispatch has a voucher, even if its message waits.
fn is_issued(turn: &CustomerOutcome) -> bool {
    match turn {
        CustomerOutcome::Issued
        | CustomerOutcome::MessageWaits(..)
        | CustomerOutcome::Throttled => true,
        CustomerOutcome::HeldOut
        | CustomerOutcome::Skipped
        | CustomerOutcome::Failed
        | CustomerOutcome::Moved(_)
        | CustomerOutcome::Deferred(..)
        | CustomerOutcome::PlannedTwice
        | CustomerOutcome::FollowUpDone
        | CustomerOutcome::Busy
        | CustomerOutcome::LaneClosed
        | CustomerOutcome::OutOfTime
        | CustomerOutcome::Panicked => false,
    }
}

/// Returns the first acceptance deadline of the vouchers of this dispatch. A voucher issued a
/// moment earlier expires that much earlier, and an accepted one later; the watchdog therefore
/// checks each one.
fn acceptance_deadline(
    job: &DispatchJob<'_>,
    outcomes: &[(CustomerId, CustomerOutcome)],
) -> Option<Timestamp> {
    // The end of a voucher that support issued may be any time: the watchdog finds it at its next
    // round.
    if job.dispatch.purpose == DispatchPurpose::Goodwill {
        return Some(clock::now());
    }
    let issued =
        job.dispatch.purpose.awaits_outcome() && outcomes.iter().any(|(_, turn)| is_issued(turn));
    let now = clock::now();
    let deadlines = job.campaign.forms().map(|form| {
        let definition = &form.definition;
        definition.validity.window(now, definition.accept_by).accept_by
    });
    deadlines.min().filter(|_| issued)
}

/// The key by which customers share a follow-up: purpose, channel, and time unless it is due at
/// once.
type FollowUpGroup = (DispatchPurpose, Channel, Option<Timestamp>);
/// The zones of a group that waits for the hours of its customers.
type GroupZones = BTreeMap<FollowUpGroup, BTreeSet<Zone>>;

/// Plans the follow-ups. Moved and deferred customers are decided later. Customers with a new
/// voucher get the further channels of mode `all`, and their reminder.
async fn plan_follow_ups(
    job: &DispatchJob<'_>,
    outcomes: &[(CustomerId, CustomerOutcome)],
) -> Result<Vec<Dispatch>, StoreError> {
    let (purpose, now) = (job.dispatch.purpose, clock::now());
    // in whole minutes, as the names of such dispatches are
    let throttled_at =
        clock::seconds_after(now, THROTTLED_RETRY_SECONDS + 59 - now.as_second().rem_euclid(60));
    let mut groups: BTreeMap<FollowUpGroup, Vec<CustomerId>> = BTreeMap::new();
    let mut zones = GroupZones::new();
    let mut add = |group: FollowUpGroup, customer: &CustomerId| {
        groups.entry(group).or_default().push(customer.clone())
    };
    for (customer, turn) in outcomes {
        if purpose.awaits_outcome() && is_issued(turn) {
            for channel in crate::issue::plan_further_channels(job, customer).await? {
                add((DispatchPurpose::Additional, channel, None), customer);
            }
            if let Some(at) = crate::reminder::reminder_due(job, customer, now) {
                add((DispatchPurpose::Reminder, job.dispatch.channel, Some(at)), customer);
            }
        }
        match turn {
            CustomerOutcome::MessageWaits(channel, at, zone) => {
                let group = (DispatchPurpose::Retry, *channel, Some(*at));
                zones.entry(group).or_default().extend(zone.clone());
                add(group, customer)
            }
            CustomerOutcome::Throttled => {
                let again = if purpose.awaits_outcome() { DispatchPurpose::Retry } else { purpose };
                add((again, job.dispatch.channel, Some(throttled_at)), customer)
            }
            CustomerOutcome::Moved(channel) => {
                add((DispatchPurpose::Moved, *channel, None), customer)
            }
            CustomerOutcome::Deferred(channel, at, zone) => {
                let group = (purpose.when_deferred(), *channel, Some(*at));
                zones.entry(group).or_default().extend(zone.clone());
                add(group, customer)
            }
            CustomerOutcome::FollowUpDone if purpose == DispatchPurpose::Goodwill => {
                if let Some(at) = crate::reminder::reminder_due(job, customer, now) {
                    add((DispatchPurpose::Reminder, job.dispatch.channel, Some(at)), customer);
                }
            }
            CustomerOutcome::Issued
            | CustomerOutcome::HeldOut
            | CustomerOutcome::Skipped
            | CustomerOutcome::Failed
            | CustomerOutcome::PlannedTwice
            | CustomerOutcome::FollowUpDone
            | CustomerOutcome::Busy
            | CustomerOutcome::LaneClosed
            | CustomerOutcome::OutOfTime
            | CustomerOutcome::Panicked => {}
        }
    }
    let mut permits = job.permits.load(Ordering::Relaxed);
    let dispatch = |((purpose, channel, at), customers): (FollowUpGroup, Vec<CustomerId>)| {
        let key = match at {
            Some(at) => job.dispatch.key.deferred(purpose, channel, at),
            None => job.dispatch.key.follow_up(purpose, channel),
        };
        let undecided = purpose.awaits_outcome();
        let carried_over = u32::try_from(customers.len()).unwrap_or(u32::MAX).min(permits);
        if undecided {
            permits -= carried_over;
        }
        let leased = undecided.then_some(carried_over);
        // A deferral on the same purpose keeps its attempt number; a follow-up for something else
        // starts with attempt 1.
        let attempt =
            if at.is_some() && purpose == job.dispatch.purpose { job.dispatch.attempt } else { 1 };
        let (campaign, due_at) = (job.dispatch.campaign.clone(), at.unwrap_or(now));
        let next = Dispatch::new_ready(key, campaign, channel, purpose, customers, due_at);
        let waiting = zones.get(&(purpose, channel, at)).filter(|zones| !zones.is_empty());
        let planned = PlannedTime { wanted_at: now, due_at };
        let hours = waiting.and_then(|zones| HoursWait::of(planned, zones.iter()));
        let firing = job.dispatch.firing.clone();
        Dispatch { quota_reserved: leased, attempt, firing, hours, ..next }
    };
    Ok(groups.into_iter().map(dispatch).collect())
}

/// Nudges the next worker and reports the dispatch in log and metrics. A nudge may be lost: the
/// schedule does the same every minute.
async fn nudge_and_report(
    context: &DeliveryContext,
    dispatch: &Dispatch,
    outcomes: &[(CustomerId, CustomerOutcome)],
    planned: bool,
) -> HandlerOutcome {
    let count = |wanted: CustomerOutcome| {
        outcomes.iter().filter(|(_, turn)| *turn == wanted).count() as u64
    };
    let (issued, skipped) = (count(CustomerOutcome::Issued), count(CustomerOutcome::Skipped));
    if planned {
        context.release.nudge(&WakeNudge::now("follow-ups")).await;
    } else if let Ok(Some(segment)) =
        context.store.segment(&dispatch.key.run, dispatch.key.segment).await
        && segment.open == 0
        && segment.scanned_all
    {
        context.watchdog.nudge(&WakeNudge::for_campaign("done", &dispatch.campaign)).await;
    }
    tracing::info!(dispatch = %dispatch.key, channel = %dispatch.channel, purpose = dispatch.purpose.as_str(),
        customers = dispatch.size(), issued, skipped, "dispatch ended");
    Metrics::new()
        .channel(dispatch.channel.as_str())
        .property("campaign_id", dispatch.campaign.as_str())
        .count("VouchersIssued", issued)
        .count("CustomersSkipped", skipped)
        .emit();
    HandlerOutcome::Done
}
