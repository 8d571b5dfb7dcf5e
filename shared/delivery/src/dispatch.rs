//! One dispatch from take to end. Everything it does can be done again: a take fences, quota is leased once, vouchers are put once,
//! and the end counts only if the take is still the last one.

use std::{
    collections::{BTreeMap, HashMap},
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::{
    Timestamp,
    brand::BrandSettings,
    campaign::Work,
    channel::Channel,
    contact_policy::ContactPolicy,
    decision::held_out,
    dispatch::{Dispatch, DispatchKey, MAX_TAKES, Purpose, Tally},
    id::{CustomerId, Occurrence, VoucherId},
    voucher::{Status, Voucher},
};
use futures::{FutureExt, StreamExt, stream};
use queue::Wake;
use runtime::{Handled, clock::Deadline, metrics::Metrics};
use store::{
    StoreError,
    control::Standing,
    dispatches::{Fenced, Outcome, Take},
    vouchers::VoucherKey,
};

use crate::context::{Campaign, Context, Links};

/// Customers of one dispatch in work at once: calls take 5 to 20 ms on AWS, a core about 0.2 ms.
pub(crate) const CONCURRENCY: usize = 16;
/// Seconds until a dispatch is taken up again whose campaign was paused under it.
const PAUSED_AGAIN_SECONDS: i64 = 5;
/// Seconds until a dispatch is taken up again after the store did not answer.
const UNAVAILABLE_AGAIN_SECONDS: i64 = 15;

/// What a customer's turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Issued,
    Ghost,
    Skipped,
    Failed,
    /// To be decided on another channel.
    Moved(Channel),
    /// To be done on that channel when the customer's clock allows it.
    Deferred(Channel, Timestamp),
    /// A later attempt, done one way or another: counts for nothing.
    Settled,
    /// Not done: a live claim of another worker.
    Busy,
    /// Not begun: no time left.
    Later,
    /// Not done: its code panicked, as far as one can tell.
    Panicked,
}

/// One dispatch in a worker's hands.
pub(crate) struct Job<'a> {
    pub context: &'a Context,
    pub dispatch: &'a Dispatch,
    pub standing: &'a Standing,
    pub campaign: Arc<Campaign>,
    /// The tenant's hours and caps.
    pub policy: ContactPolicy,
    /// What e-mails look like.
    pub brand: Arc<BrandSettings>,
    /// What an e-mail needs to be left by.
    pub links: Option<Links<'a>>,
    pub occurrence: Occurrence,
    /// Vouchers that may still be issued under this dispatch's lease.
    pub permits: AtomicU32,
    /// The lease has fewer vouchers than the dispatch has customers who want one.
    pub short: bool,
    /// What an earlier take has left, by customer.
    pub known: HashMap<CustomerId, Voucher>,
    /// Whether work that is due at once was planned: then release-dispatches is woken.
    pub planned: AtomicBool,
    pub deadline: Deadline,
    /// When the take ends: another worker may have it then.
    pub until: Timestamp,
}

impl Job<'_> {
    pub(crate) fn key(&self, customer: &CustomerId) -> VoucherKey {
        let voucher = VoucherId::derive(&self.dispatch.campaign, customer, &self.occurrence);
        VoucherKey { customer: customer.clone(), voucher }
    }
    pub(crate) fn out_of_time(&self) -> bool {
        let margin = self.context.settings.margin;
        let of_lease = Duration::try_from(self.until.duration_since(runtime::clock::now())).unwrap_or(Duration::ZERO);
        self.deadline.remaining().min(of_lease) < margin
    }
}

pub(crate) async fn work(context: &Context, key: &DispatchKey, deadline: Deadline) -> Handled {
    match take_and_work(context, key, deadline).await {
        Ok(handled) => handled,
        Err(error) if error.retryable() => Handled::retry(error.to_string()),
        Err(error) => {
            tracing::error!(%error, dispatch = %key, "a dispatch cannot be worked on");
            Handled::retry(error.to_string())
        }
    }
}

async fn take_and_work(context: &Context, key: &DispatchKey, deadline: Deadline) -> Result<Handled, StoreError> {
    if deadline.remaining() < context.settings.margin {
        return Ok(Handled::retry("no time left to begin it"));
    }
    let now = runtime::clock::now();
    let (dispatch, crashes) = match context.store.take(key, now, context.settings.lease_seconds).await? {
        Take::Settled => return Ok(Handled::Done),
        Take::Busy => return Ok(Handled::retry("in another worker's hands")),
        Take::Mine { dispatch, crashes } => (*dispatch, crashes),
    };
    let until = later(now, context.settings.lease_seconds);
    match taken(context, &dispatch, crashes, deadline, until).await {
        // trouble of the store is not the dispatch's fault: given back, so that it does not count as a crash
        Err(error) if error.retryable() => {
            tracing::warn!(%error, dispatch = %key, "put back");
            put_back(context, &dispatch, UNAVAILABLE_AGAIN_SECONDS).await
        }
        handled => handled,
    }
}

async fn taken(
    context: &Context,
    dispatch: &Dispatch,
    crashes: u32,
    deadline: Deadline,
    until: Timestamp,
) -> Result<Handled, StoreError> {
    let Some(standing) = context.store.campaign_state(&dispatch.campaign).await? else {
        return Ok(Handled::poison("its campaign is gone"));
    };
    match standing.state.work() {
        Work::Wait => return put_back(context, dispatch, PAUSED_AGAIN_SECONDS).await,
        Work::Drop if dispatch.leased.is_none() && dispatch.purpose.counts() => {
            context.store.drop_untouched(dispatch, runtime::clock::now()).await?;
            return Ok(after_end(context, dispatch, &[], false).await);
        }
        Work::Go | Work::Drop => {}
    }
    let Some(campaign) = context.campaign(&dispatch.campaign, standing.definition).await? else {
        return Ok(Handled::poison("its definition is gone"));
    };
    let links = match context.links().await {
        Ok(links) => links,
        // without one nothing may be sent
        Err(error) => {
            tracing::error!(%error, dispatch = %dispatch.key, "put back: no link to leave by can be made");
            return put_back(context, dispatch, UNAVAILABLE_AGAIN_SECONDS).await;
        }
    };
    let policy = context.store.contact_policy().await?;
    let mut job = Job {
        context,
        dispatch,
        standing: &standing,
        campaign,
        policy,
        brand: context.brand().await?,
        links,
        occurrence: dispatch.occurrence(),
        permits: AtomicU32::new(0),
        short: false,
        known: HashMap::new(),
        planned: AtomicBool::new(false),
        deadline,
        until,
    };
    prepare(&mut job).await?;
    let turns = if crashes >= MAX_TAKES { give_up(&job).await? } else { all_turns(&job).await? };
    conclude(&job, turns).await
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now)
}

async fn put_back(context: &Context, dispatch: &Dispatch, seconds: i64) -> Result<Handled, StoreError> {
    context.store.put_back(dispatch, later(runtime::clock::now(), seconds)).await?;
    Ok(Handled::Done)
}

/// Quota and, on a repeated take, what is there already: a lease covers what an earlier take issued under it.
async fn prepare(job: &mut Job<'_>) -> Result<(), StoreError> {
    let dispatch = job.dispatch;
    if !dispatch.purpose.counts() {
        return Ok(());
    }
    let definition = &job.campaign.definition;
    let wanted =
        dispatch.customers.iter().filter(|customer| !held_out(&dispatch.campaign, definition, customer)).count();
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    let leased = job.context.store.lease_quota(dispatch, wanted, definition.offer.exposure()).await?;
    job.short = leased < wanted;
    if dispatch.takes == 1 {
        job.permits = AtomicU32::new(leased);
        return Ok(());
    }
    let keys: Vec<VoucherKey> = dispatch.customers.iter().map(|customer| job.key(customer)).collect();
    match job.context.store.vouchers_at(&keys).await {
        Ok(found) => job.known = found.into_iter().map(|voucher| (voucher.customer.clone(), voucher)).collect(),
        // one of them cannot be read: each is asked for by itself, and without knowing what is used nothing new is issued
        Err(StoreError::Corrupt { key, reason }) => {
            tracing::error!(%key, %reason, dispatch = %dispatch.key, "a voucher cannot be read");
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    let used = job.known.values().filter(|voucher| uses_lease(voucher, dispatch)).count();
    job.permits = AtomicU32::new(leased.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX)));
    Ok(())
}

/// Whether it was issued under this dispatch's lease, or under the one that its customers brought along: a worker that was overtaken
/// may still issue for a customer whom its successor has moved.
pub(crate) fn uses_lease(voucher: &Voucher, dispatch: &Dispatch) -> bool {
    voucher.status.is_voucher() && dispatch.key.comes_from(&voucher.dispatch)
}

async fn all_turns(job: &Job<'_>) -> Result<Vec<(CustomerId, Turn)>, StoreError> {
    // under a short lease each put also asks for the dispatch, and such puts would only meet there
    let at_once = if job.short { 1 } else { CONCURRENCY };
    let turns: Vec<(CustomerId, Result<Turn, StoreError>)> = stream::iter(&job.dispatch.customers)
        .map(|customer| async move { (customer.clone(), turn(job, customer).await) })
        .buffer_unordered(at_once)
        .collect()
        .await;
    turns.into_iter().map(|(customer, turn)| Ok((customer, turn?))).collect()
}

/// One customer. A panic is kept to this customer, and leaves the dispatch to be taken again.
async fn turn(job: &Job<'_>, customer: &CustomerId) -> Result<Turn, StoreError> {
    if job.out_of_time() {
        return Ok(Turn::Later);
    }
    let one = async {
        match job.dispatch.purpose {
            Purpose::Planned | Purpose::Moved => crate::first::turn(job, customer).await,
            Purpose::Additional | Purpose::Fallback | Purpose::Retry | Purpose::Bounced => {
                crate::later::turn(job, customer).await
            }
            Purpose::Reminder => crate::reminder::turn(job, customer).await,
        }
    };
    match AssertUnwindSafe(one).catch_unwind().await {
        Ok(turn) => readable(job, turn),
        Err(_) => {
            tracing::error!(dispatch = %job.dispatch.key, "a customer's turn panicked");
            Ok(Turn::Panicked)
        }
    }
}

/// Records that cannot be read are this customer's outcome, and stop nobody else.
fn readable(job: &Job<'_>, turn: Result<Turn, StoreError>) -> Result<Turn, StoreError> {
    match turn {
        Err(StoreError::Corrupt { key, reason }) => {
            tracing::error!(%key, %reason, dispatch = %job.dispatch.key, "a customer's records cannot be read");
            Ok(if job.dispatch.purpose.counts() { Turn::Failed } else { Turn::Settled })
        }
        turn => turn,
    }
}

/// A dispatch that has killed its workers too often: whoever has no outcome is recorded as failed, and no claim is left open, so that the
/// run can close.
async fn give_up(job: &Job<'_>) -> Result<Vec<(CustomerId, Turn)>, StoreError> {
    tracing::error!(dispatch = %job.dispatch.key, "given up after too many takes");
    let mut turns = Vec::new();
    for customer in &job.dispatch.customers {
        let turn = match job.dispatch.purpose {
            Purpose::Planned | Purpose::Moved => crate::first::fail(job, customer).await,
            Purpose::Additional | Purpose::Fallback | Purpose::Retry | Purpose::Bounced => {
                crate::later::give_up(job, customer).await
            }
            Purpose::Reminder => crate::reminder::give_up(job, customer).await,
        };
        turns.push((customer.clone(), readable(job, turn)?));
    }
    Ok(turns)
}

async fn conclude(job: &Job<'_>, turns: Vec<(CustomerId, Turn)>) -> Result<Handled, StoreError> {
    let any = |wanted: Turn| turns.iter().any(|(_, turn)| *turn == wanted);
    if any(Turn::Panicked) {
        return Ok(Handled::retry("a customer's turn panicked"));
    }
    if any(Turn::Busy) || any(Turn::Later) {
        // the rest goes on in a fresh take; what is done is found by its records
        let seconds = if any(Turn::Busy) { job.context.settings.lease_seconds } else { 0 };
        job.context.store.put_back(job.dispatch, later(runtime::clock::now(), seconds)).await?;
        return Ok(after_end(job.context, job.dispatch, &turns, true).await);
    }
    let follow_ups = follow_ups(job, &turns).await?;
    let brought_along: u32 = follow_ups.iter().filter_map(|dispatch| dispatch.leased).sum();
    let left = job.permits.load(Ordering::Relaxed).saturating_sub(brought_along);
    let unused = if job.dispatch.purpose.counts() { left } else { 0 };
    let outcome =
        Outcome { tally: tally(job.dispatch, &turns), follow_ups, unused, expires_at: expires_at(job, &turns) };
    let each = job.campaign.definition.offer.exposure();
    let planned = !outcome.follow_ups.is_empty() || job.planned.load(Ordering::Relaxed);
    match job.context.store.finish(job.dispatch, &outcome, each, runtime::clock::now()).await? {
        Fenced::Written => Ok(after_end(job.context, job.dispatch, &turns, planned).await),
        Fenced::Lost => Ok(Handled::Done),
    }
}

fn tally(dispatch: &Dispatch, turns: &[(CustomerId, Turn)]) -> Tally {
    if !dispatch.purpose.counts() {
        return Tally::default();
    }
    let count = |wanted: Turn| turns.iter().filter(|(_, turn)| *turn == wanted).count() as u64;
    Tally {
        issued: count(Turn::Issued),
        ghost: count(Turn::Ghost),
        skipped: count(Turn::Skipped),
        failed: count(Turn::Failed),
    }
}

/// When the vouchers of this dispatch end if they are not accepted. One that was issued a moment earlier ends that much earlier; accepted,
/// it ends later: the sweep asks each.
fn expires_at(job: &Job<'_>, turns: &[(CustomerId, Turn)]) -> Option<Timestamp> {
    let issued = job.dispatch.purpose.counts() && turns.iter().any(|(_, turn)| *turn == Turn::Issued);
    let definition = &job.campaign.definition;
    issued.then(|| definition.validity.window(runtime::clock::now(), definition.accept_by).accept_by)
}

/// Customers of one dispatch who go on alike: as what, on which channel, and when, if not at once.
type Group = (Purpose, Channel, Option<Timestamp>);

/// Customers who go on: moved and deferred ones undecided; the issued ones, in mode `all` for each further channel, and to be reminded.
async fn follow_ups(job: &Job<'_>, turns: &[(CustomerId, Turn)]) -> Result<Vec<Dispatch>, StoreError> {
    let (purpose, now) = (job.dispatch.purpose, runtime::clock::now());
    let reminder_at = crate::reminder::due(job, now);
    let mut groups: BTreeMap<Group, Vec<CustomerId>> = BTreeMap::new();
    let mut add = |group: Group, customer: &CustomerId| groups.entry(group).or_default().push(customer.clone());
    for (customer, turn) in turns {
        match turn {
            Turn::Moved(channel) => add((Purpose::Moved, *channel, None), customer),
            Turn::Deferred(channel, at) => add((purpose.later(), *channel, Some(*at)), customer),
            Turn::Issued if purpose.counts() => {
                for channel in crate::first::further_channels(job, customer).await? {
                    add((Purpose::Additional, channel, None), customer);
                }
                if let Some(at) = reminder_at {
                    add((Purpose::Reminder, job.dispatch.channel, Some(at)), customer);
                }
            }
            Turn::Issued
            | Turn::Ghost
            | Turn::Skipped
            | Turn::Failed
            | Turn::Settled
            | Turn::Busy
            | Turn::Later
            | Turn::Panicked => {}
        }
    }
    let mut permits = job.permits.load(Ordering::Relaxed);
    let dispatch = |((purpose, channel, at), customers): (Group, Vec<CustomerId>)| {
        let key = match at {
            Some(at) => job.dispatch.key.deferred(purpose, channel, at),
            None => job.dispatch.key.follow_up(purpose, channel),
        };
        let undecided = purpose.counts();
        let brought_along = u32::try_from(customers.len()).unwrap_or(u32::MAX).min(permits);
        if undecided {
            permits -= brought_along;
        }
        let leased = undecided.then_some(brought_along);
        // the same attempt, later; what follows on another channel is its first
        let attempt = if at.is_some() && purpose == job.dispatch.purpose { job.dispatch.attempt } else { 1 };
        let (campaign, due_at) = (job.dispatch.campaign.clone(), at.unwrap_or(now));
        let next = Dispatch::ready(key, campaign, channel, purpose, customers, due_at);
        Dispatch { leased, attempt, firing: job.dispatch.firing.clone(), ..next }
    };
    Ok(groups.into_iter().map(dispatch).collect())
}

/// Nudges what comes next and says what was done. Both may be lost: the schedule does the same every minute.
async fn after_end(context: &Context, dispatch: &Dispatch, turns: &[(CustomerId, Turn)], planned: bool) -> Handled {
    let count = |wanted: Turn| turns.iter().filter(|(_, turn)| *turn == wanted).count() as u64;
    let (issued, skipped) = (count(Turn::Issued), count(Turn::Skipped));
    if planned {
        context.release.nudge(&Wake::now("follow-ups")).await;
    } else if let Ok(Some(segment)) = context.store.segment(&dispatch.key.run, dispatch.key.segment).await
        && segment.open == 0
        && segment.scanned_all
    {
        context.sweep.nudge(&Wake::for_campaign("done", &dispatch.campaign)).await;
    }
    tracing::info!(dispatch = %dispatch.key, channel = %dispatch.channel, purpose = dispatch.purpose.as_str(),
        customers = dispatch.size(), issued, skipped, "dispatch ended");
    Metrics::new()
        .channel(dispatch.channel.as_str())
        .property("campaign_id", dispatch.campaign.as_str())
        .count("VouchersIssued", issued)
        .count("CustomersSkipped", skipped)
        .emit();
    Handled::Done
}

/// How a record counts in its run.
pub(crate) fn turn_of(voucher: &Voucher) -> Turn {
    match voucher.status {
        Status::Issued
        | Status::Accepted
        | Status::Redeemed
        | Status::Reversed
        | Status::Declined
        | Status::Expired
        | Status::Revoked => Turn::Issued,
        Status::Ghost => Turn::Ghost,
        Status::Skipped => Turn::Skipped,
        Status::Failed => Turn::Failed,
    }
}
