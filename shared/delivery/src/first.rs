//! The first turn of a selected customer: read again, decide, and write exactly one record of the outcome, whatever it is.

use std::sync::atomic::Ordering;

use std::collections::HashMap;

use domain::{
    Timestamp,
    campaign::{Revoke, Work},
    channel::Channel,
    customer::Customer,
    decision::{Decision, Facts, SkipReason, additional_channels, cooling, decide},
    delivery::{Attempt, Standing, standing},
    id::{CampaignId, CustomerId},
    voucher::{Issue, Voucher},
};
use store::{
    StoreError,
    customers::Found,
    issue::{Guarded, Guards, Issued, Offers},
};

use crate::{
    attempt,
    dispatch::{Job, Turn, turn_of, uses_lease},
};

/// Rounds of deciding again, because the customer got another offer meanwhile.
const MEETINGS: usize = 8;

pub(crate) async fn turn(job: &Job<'_>, id: &CustomerId) -> Result<Turn, StoreError> {
    if let Some(known) = job.known.get(id) {
        return resume(job, known).await;
    }
    for _ in 0..MEETINGS {
        match decided(job, id).await? {
            Met::No(turn) => return Ok(turn),
            Met::Yes => {}
        }
    }
    Err(StoreError::Contended("a customer's offers"))
}

/// Whether another offer to the same customer came between.
enum Met {
    No(Turn),
    Yes,
}

async fn decided(job: &Job<'_>, id: &CustomerId) -> Result<Met, StoreError> {
    let now = runtime::clock::now();
    // before the customer, whose records it counts
    let others = others(job, id, now).await?;
    let customer = match read(job, id).await {
        Ok(customer) => customer,
        Err(StoreError::Corrupt { key, reason }) => {
            tracing::error!(%key, %reason, dispatch = %job.dispatch.key, "a customer cannot be read");
            return fail(job, id).await.map(Met::No);
        }
        Err(error) => return Err(error),
    };
    let issue = Issue { now, ..issue(job, id) };
    let decision = match job.standing.state.work() {
        Work::Drop => Decision::Skip(SkipReason::Cancelled),
        Work::Go | Work::Wait => decide(&Facts {
            campaign: &job.dispatch.campaign,
            definition: &job.campaign.definition,
            customer: customer.as_ref(),
            channel: job.dispatch.channel,
            firing: job.dispatch.firing.as_ref(),
            cooling: others.cooling,
            policy: &job.policy,
            pressed: others.pressed,
            now,
        }),
    };
    match (decision, customer) {
        (Decision::Move(channel), _) => Ok(Met::No(Turn::Moved(channel))),
        (Decision::Defer(channel, at), _) => Ok(Met::No(Turn::Deferred(channel, at))),
        (Decision::Ghost, _) => hold_out(job, &issue, others.offers).await,
        (Decision::Skip(reason), _) => record(job, &issue.skip(reason)).await.map(Met::No),
        (Decision::Send, None) => record(job, &issue.skip(SkipReason::CustomerGone)).await.map(Met::No),
        (Decision::Send, Some(customer)) => issue_and_send(job, &issue, &customer, others.offers).await,
    }
}

/// What a customer's other records say of one more.
#[derive(Debug, Default)]
struct Others {
    cooling: bool,
    pressed: Option<SkipReason>,
    /// How many there were when this was read, where they have a say.
    offers: Option<Offers>,
}

async fn others(job: &Job<'_>, id: &CustomerId, now: Timestamp) -> Result<Others, StoreError> {
    let (store, definition) = (&job.context.store, &job.campaign.definition);
    if definition.trigger.is_none() && !job.policy.caps() {
        return Ok(Others::default());
    }
    // the number first: what comes between it and the records is met at the put
    let seen = store.offers_seen(id).await?;
    let vouchers = store.vouchers_of(id).await?;
    let cool_until = definition.trigger.as_ref().map_or(now, |trigger| trigger.cool_until(now));
    let until = cool_until.max(job.policy.remembered_until(now));
    Ok(Others {
        cooling: cooling(&job.dispatch.campaign, definition, &vouchers, now),
        pressed: pressed(job, &vouchers, now).await?,
        offers: Some(Offers { seen, until }),
    })
}

/// Whether a cap across campaigns is reached. What cancellations took back is asked only if it would make the difference.
async fn pressed(job: &Job<'_>, vouchers: &[Voucher], now: Timestamp) -> Result<Option<SkipReason>, StoreError> {
    let definition = &job.campaign.definition;
    let at_first = job.policy.pressed(definition, vouchers, |_| Revoke::None, now);
    if at_first != Some(SkipReason::OpenOffersCap) {
        return Ok(at_first);
    }
    let mut revoked: HashMap<CampaignId, Revoke> = HashMap::new();
    for voucher in vouchers.iter().filter(|voucher| voucher.can_be_revoked()) {
        if !revoked.contains_key(&voucher.campaign) {
            let standing = job.context.store.campaign_state(&voucher.campaign).await?;
            revoked.insert(voucher.campaign.clone(), standing.map_or(Revoke::None, |standing| standing.revoke));
        }
    }
    let of = |campaign: &CampaignId| revoked.get(campaign).copied().unwrap_or_default();
    Ok(job.policy.pressed(definition, vouchers, of, now))
}

async fn issue_and_send(
    job: &Job<'_>,
    issue: &Issue<'_>,
    customer: &Customer,
    offers: Option<Offers>,
) -> Result<Met, StoreError> {
    if !take_permit(job) {
        return record(job, &issue.skip(SkipReason::VoucherCap)).await.map(Met::No);
    }
    let claim = Attempt::claim(job.dispatch.channel, 1, job.dispatch.takes, issue.now);
    let voucher = Voucher { due_at: job.dispatch.was_due, ..issue.voucher(claim) };
    // an error leaves open whether it was written: the permit stays used until the next take counts what is there
    let guards = Guards { taken: job.short.then_some(job.dispatch), offers };
    let issued = match job.context.store.issue_guarded(&voucher, &guards).await? {
        Guarded::Issued(issued) => issued,
        Guarded::Overtaken => return Ok(Met::No(Turn::Busy)),
        Guarded::Met => {
            job.permits.fetch_add(1, Ordering::Relaxed);
            return Ok(Met::Yes);
        }
    };
    let turn = match issued {
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
    };
    turn.map(Met::No)
}

/// A ghost cools down like a voucher, or who is held out would be compared with others than they are.
async fn hold_out(job: &Job<'_>, issue: &Issue<'_>, offers: Option<Offers>) -> Result<Met, StoreError> {
    let ghost = issue.ghost();
    match job.context.store.issue_guarded(&ghost, &Guards { taken: None, offers }).await? {
        Guarded::Issued(issued) => recorded(job, &ghost, issued).await.map(Met::No),
        Guarded::Met => Ok(Met::Yes),
        Guarded::Overtaken => Ok(Met::No(Turn::Busy)),
    }
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
