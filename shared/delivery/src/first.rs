//! The first turn of a selected customer: read again, decide, and write exactly one record of the outcome, whatever it is.

use std::sync::atomic::Ordering;

use domain::{
    Timestamp,
    campaign::Work,
    channel::Channel,
    customer::Customer,
    decision::{Decision, Facts, SkipReason, additional_channels, decide},
    delivery::{Attempt, Standing, standing},
    id::CustomerId,
    voucher::{Issue, Status, Voucher},
};
use store::{
    StoreError,
    customers::Found,
    issue::{CoolDown, Guarded, Guards, Issued},
};

use crate::{
    attempt,
    dispatch::{Job, Turn, turn_of, uses_lease},
};

pub(crate) async fn turn(job: &Job<'_>, id: &CustomerId) -> Result<Turn, StoreError> {
    if let Some(known) = job.known.get(id) {
        return resume(job, known).await;
    }
    let customer = match read(job, id).await {
        Ok(customer) => customer,
        Err(StoreError::Corrupt { key, reason }) => {
            tracing::error!(%key, %reason, dispatch = %job.dispatch.key, "a customer cannot be read");
            return fail(job, id).await;
        }
        Err(error) => return Err(error),
    };
    let now = runtime::clock::now();
    let issue = Issue { now, ..issue(job, id) };
    let decision = match job.standing.state.work() {
        Work::Drop => Decision::Skip(SkipReason::Cancelled),
        Work::Go | Work::Wait => decide(&Facts {
            campaign: &job.dispatch.campaign,
            definition: &job.campaign.definition,
            customer: customer.as_ref(),
            channel: job.dispatch.channel,
            firing: job.dispatch.firing.as_ref(),
            cooling: cooling(job, id, now).await?,
            now,
        }),
    };
    match (decision, customer) {
        (Decision::Move(channel), _) => Ok(Turn::Moved(channel)),
        (Decision::Ghost, _) => hold_out(job, &issue).await,
        (Decision::Skip(reason), _) => record(job, &issue.skip(reason)).await,
        (Decision::Send, None) => record(job, &issue.skip(SkipReason::CustomerGone)).await,
        (Decision::Send, Some(customer)) => issue_and_send(job, &issue, &customer).await,
    }
}

/// Whether an autopilot had this customer too short a time ago, held out or not; a skipped match does not count.
async fn cooling(job: &Job<'_>, id: &CustomerId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(trigger) = &job.campaign.definition.trigger else { return Ok(false) };
    let since = trigger.cool_since(now);
    let had = |voucher: &Voucher| {
        let one = voucher.status.is_voucher() || voucher.status == Status::Ghost;
        one && voucher.campaign == job.dispatch.campaign && voucher.issued_at > since
    };
    Ok(job.context.store.vouchers_of(id).await?.iter().any(had))
}

async fn issue_and_send(job: &Job<'_>, issue: &Issue<'_>, customer: &Customer) -> Result<Turn, StoreError> {
    if !take_permit(job) {
        return record(job, &issue.skip(SkipReason::VoucherCap)).await;
    }
    let claim = Attempt::claim(job.dispatch.channel, 1, job.dispatch.takes, issue.now);
    let voucher = issue.voucher(claim);
    // an error leaves open whether it was written: the permit stays used until the next take counts what is there
    let guards = Guards { taken: job.short.then_some(job.dispatch), cool_down: cool_down(job, issue) };
    let issued = match job.context.store.issue_guarded(&voucher, &guards).await? {
        Guarded::Issued(issued) => issued,
        Guarded::Overtaken => return Ok(Turn::Busy),
        Guarded::Cooling => {
            job.permits.fetch_add(1, Ordering::Relaxed);
            return record(job, &issue.skip(SkipReason::CoolDown)).await;
        }
    };
    match issued {
        Issued::Existing(existing) if !same_issue(&existing, &voucher) => {
            if !uses_lease(&existing, job.dispatch) {
                job.permits.fetch_add(1, Ordering::Relaxed);
            }
            resume(job, &existing).await
        }
        Issued::First | Issued::Existing(_) => {
            attempt::send(job, &voucher, customer, 1).await?;
            Ok(Turn::Issued)
        }
    }
}

/// A ghost cools down like a voucher, or who is held out would be compared with others than they are.
async fn hold_out(job: &Job<'_>, issue: &Issue<'_>) -> Result<Turn, StoreError> {
    let ghost = issue.ghost();
    let guards = Guards { taken: None, cool_down: cool_down(job, issue) };
    match job.context.store.issue_guarded(&ghost, &guards).await? {
        Guarded::Issued(issued) => recorded(job, &ghost, issued).await,
        Guarded::Cooling => record(job, &issue.skip(SkipReason::CoolDown)).await,
        Guarded::Overtaken => Ok(Turn::Busy),
    }
}

fn cool_down(job: &Job<'_>, issue: &Issue<'_>) -> Option<CoolDown> {
    let trigger = job.campaign.definition.trigger.as_ref()?;
    Some(CoolDown { since: trigger.cool_since(issue.now), until: trigger.cool_until(issue.now) })
}

/// A put whose answer was lost is made again by the SDK, and then meets its own voucher: that is still the first time.
fn same_issue(existing: &Voucher, put: &Voucher) -> bool {
    let claims =
        put.attempts.iter().all(|(channel, claim)| existing.attempts.get(channel).is_some_and(|found| found.is(claim)));
    existing.dispatch == put.dispatch && claims
}

fn take_permit(job: &Job<'_>) -> bool {
    job.permits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

/// A record that is there already: its outcome stands. Only a claim whose worker was lost still needs a word.
async fn resume(job: &Job<'_>, voucher: &Voucher) -> Result<Turn, StoreError> {
    for attempt in voucher.attempts.values() {
        match standing(Some(attempt), attempt.number, runtime::clock::now(), job.context.settings.lease_seconds) {
            Standing::Busy => return Ok(Turn::Busy),
            Standing::Abandoned => attempt::abandon(job, voucher, attempt.channel, attempt.number).await?,
            Standing::Open | Standing::Settled => {}
        }
    }
    Ok(turn_of(voucher))
}

async fn record(job: &Job<'_>, record: &Voucher) -> Result<Turn, StoreError> {
    let issued = job.context.store.issue(record).await?;
    recorded(job, record, issued).await
}

async fn recorded(job: &Job<'_>, record: &Voucher, issued: Issued) -> Result<Turn, StoreError> {
    match issued {
        Issued::First => Ok(turn_of(record)),
        Issued::Existing(existing) => {
            // a worker that was overtaken issued after all: what it used, and nobody has counted yet, is not given back
            if uses_lease(&existing, job.dispatch) && !job.known.contains_key(&existing.customer) {
                take_permit(job);
            }
            resume(job, &existing).await
        }
    }
}

/// The outcome of a customer who cannot be processed.
pub(crate) async fn fail(job: &Job<'_>, id: &CustomerId) -> Result<Turn, StoreError> {
    record(job, &issue(job, id).failed()).await
}

fn issue<'a>(job: &'a Job<'_>, customer: &'a CustomerId) -> Issue<'a> {
    Issue {
        campaign: &job.dispatch.campaign,
        run: &job.dispatch.key.run,
        occurrence: &job.occurrence,
        definition: &job.campaign.definition,
        customer,
        dispatch: &job.dispatch.key.name,
        now: runtime::clock::now(),
    }
}

pub(crate) async fn read(job: &Job<'_>, id: &CustomerId) -> Result<Option<Customer>, StoreError> {
    Ok(match job.context.store.customer(id).await? {
        Found::Customer(customer) => Some(*customer),
        Found::Erased | Found::Unknown => None,
    })
}

/// In mode `all`: where else the customer is told. Read again, so that a repeated take plans the same as the first would now.
pub(crate) async fn further_channels(job: &Job<'_>, id: &CustomerId) -> Result<Vec<Channel>, StoreError> {
    let definition = &job.campaign.definition;
    if definition.channels.mode == domain::channel::Mode::FirstAvailable {
        return Ok(Vec::new());
    }
    let customer = read(job, id).await?;
    Ok(customer.map(|customer| additional_channels(definition, &customer, job.dispatch.channel)).unwrap_or_default())
}
