//! Trying now what would be tried later: a further attempt, work that was put back, a released dispatch that nobody works on, an attempt
//! of unknown fate that its channel lets repeat. Only the due time moves: who is sent what is decided by the worker, as ever.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::Work,
    delivery::may_repeat_unknown,
    dispatch::{DispatchState, Purpose},
    id::VoucherId,
};
use http_api::{Answer, Operator, Problem, Role};
use queue::Wake;
use runtime::clock;
use store::{
    control::{Change, Standing},
    pending::{Act, Hastened, OpenDispatch, OpenUnknown},
};

use crate::{
    Context, actor, contended, failed, going, no_longer_pending, noted, pending,
    reference::{Named, Reference},
    stand::{self, Stand},
    unknown_trigger,
    views::PendingTrigger,
};

/// Tries on work that moves at the same time.
const TRIES: usize = 4;
const ACTION: &str = "retry";

/// Tries it now: an attempt that waits for a retry, or a release whose worker did not come back. Pressing twice is pressing once.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/pending-triggers/{id}/retry", tag = "operations",
    operation_id = "retry_pending_trigger", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = PendingTrigger), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn retry(
    State(context): State<Arc<Context>>,
    operator: Operator,
    named: Named,
) -> Answer<Json<PendingTrigger>> {
    operator.require(Role::Marketer)?;
    let reference = named.reference()?;
    let actor = actor(&operator);
    for _ in 0..TRIES {
        let tried = match &reference {
            Reference::Match { .. } => matched(&context, &reference).await.map(Some)?,
            Reference::Dispatch { .. } => dispatch(&context, &actor, &reference).await?,
            Reference::Unknown { .. } => unknown(&context, &actor, &reference).await?,
        };
        if let Some(shown) = tried {
            return Ok(Json(shown));
        }
    }
    Err(contended())
}

/// Looked at within a minute, or at its time: there is nothing to bring forward.
async fn matched(context: &Context, reference: &Reference) -> Answer<PendingTrigger> {
    let it = context.matched(reference).await?;
    let now = clock::now();
    let standing = context.campaign(&it.campaign).await?;
    going(&standing)?;
    if it.look_at > now {
        return Err(waits_for_its_hour());
    }
    Ok(pending::of_match(&it, &standing, stand::of_match(&it, Work::Go, now)))
}

/// What is to be done with a dispatch.
enum Step {
    /// It is due already: no more than a nudge.
    Nudge,
    Hasten,
    Reopen,
}

/// `None`: it has moved on since it was read.
async fn dispatch(context: &Context, actor: &str, reference: &Reference) -> Answer<Option<PendingTrigger>> {
    let open = context.dispatch(reference).await?;
    let Reference::Dispatch { customer, .. } = reference else { return Err(unknown_trigger()) };
    let dispatch = &open.dispatch;
    let now = clock::now();
    let standing = context.campaign(&dispatch.campaign).await?;
    let key = pending::key_of(dispatch, customer);
    let record = context.store.voucher(&key).await.map_err(failed)?;
    if !stand::waits(dispatch, record.as_ref(), standing.revoke, now) {
        return Err(no_longer_pending());
    }
    let step = step(&open, now)?;
    going(&standing)?;
    let note = format!("{} by {}, attempt {}", key.voucher, dispatch.channel, dispatch.attempt);
    let act = act(&standing, &key.voucher, actor, &note, now);
    let done = match step {
        Step::Nudge => Hastened::Done,
        Step::Hasten => context.store.hasten_ready(&dispatch.key, &act).await.map_err(failed)?,
        Step::Reopen => context.store.hasten_released(dispatch, &act).await.map_err(failed)?,
    };
    if done == Hastened::Overtaken {
        return Ok(None);
    }
    match step {
        Step::Nudge => {}
        Step::Hasten | Step::Reopen => noted(ACTION, actor, &standing.id, customer),
    }
    context.release.nudge(&Wake::now(ACTION)).await;
    // as it was left: by the time it would be read again it may be sent
    let due_at = dispatch.due_at.min(now);
    let left = domain::dispatch::Dispatch { state: DispatchState::Ready, due_at, ..dispatch.clone() };
    let left = OpenDispatch { dispatch: left, lease_until: None };
    let stand = stand::of_dispatch(&left, Work::Go, now).ok_or_else(no_longer_pending)?;
    Ok(Some(pending::of_dispatch(&left.dispatch, customer, &standing, stand)))
}

fn step(open: &OpenDispatch, now: Timestamp) -> Answer<Step> {
    let dispatch = &open.dispatch;
    match dispatch.state {
        DispatchState::Done | DispatchState::Dropped => Err(no_longer_pending()),
        DispatchState::Released if open.lease_until.is_some_and(|lease| lease > now) => Err(Problem::conflict(
            "being_sent",
            "a worker has it; if it does not come back, it is tried again by itself",
        )),
        DispatchState::Released => Ok(Step::Reopen),
        DispatchState::Ready if dispatch.due_at <= now => Ok(Step::Nudge),
        DispatchState::Ready if dispatch.purpose == Purpose::Retry || dispatch.takes > 0 => Ok(Step::Hasten),
        DispatchState::Ready => Err(waits_for_its_hour()),
    }
}

fn waits_for_its_hour() -> Problem {
    let detail = "it waits for its own hour, and is sent then; nothing has failed that could be tried again";
    Problem::conflict("waits_for_its_hour", detail)
}

async fn unknown(context: &Context, actor: &str, reference: &Reference) -> Answer<Option<PendingTrigger>> {
    let Reference::Unknown { key, channel, number } = reference else { return Err(unknown_trigger()) };
    let record = context.store.voucher(key).await.map_err(failed)?.ok_or_else(unknown_trigger)?;
    let open = context.store.open_unknown(&key.voucher, *channel, *number).await.map_err(failed)?;
    let open = open.filter(|open| stand::unsettled(open, Some(&record))).ok_or_else(no_longer_pending)?;
    let now = clock::now();
    let standing = context.campaign(&open.attempt.campaign).await?;
    if !may_repeat_unknown(*channel, *number) {
        let detail = "the message may have arrived, and this channel does not repeat what may have arrived";
        return Err(Problem::conflict("never_repeated", detail));
    }
    going(&standing)?;
    if !record.wants_messages(standing.revoke, now) {
        return Err(no_longer_pending());
    }
    if open.settles_at > now {
        let note = format!("{} by {channel}, attempt {number} of unknown fate", key.voucher);
        let act = act(&standing, &key.voucher, actor, &note, now);
        match context.store.hasten_unknown(&open.attempt, &act).await.map_err(failed)? {
            Hastened::Done => noted(ACTION, actor, &standing.id, &key.customer),
            Hastened::Overtaken => return Ok(None),
        }
    }
    context.sweep.nudge(&Wake::now(ACTION)).await;
    let left = OpenUnknown { settles_at: open.settles_at.min(now), ..open };
    let stand: Stand = stand::of_unknown(&left);
    Ok(Some(pending::of_unknown(&left, &standing, stand)))
}

fn act<'a>(campaign: &'a Standing, voucher: &'a VoucherId, actor: &'a str, note: &'a str, at: Timestamp) -> Act<'a> {
    Act { campaign, voucher, change: Change { actor, action: ACTION, note, at } }
}
