//! Retries now what would be retried later: a further attempt, a dispatch that was put back, a
//! released dispatch without a worker, or an attempt of unknown fate that its channel may repeat.
//!
//! Only the due time moves. The worker decides as always whether and what is sent.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::lifecycle::WorkPolicy,
    delivery::{
        attempt_policy::may_repeat_unknown,
        dispatch::{DispatchPurpose, DispatchState},
    },
    kernel::id::VoucherId,
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use queue::WakeNudge;
use runtime::clock;
use store::{
    campaign::campaigns::{AuditedChange, CampaignSummary},
    conditional::Applied,
    delivery::{
        operator_actions::OperatorAction,
        pending::{OpenDispatch, OpenUnknownAttempt},
    },
};

use crate::{
    OperationsContext, actor_name, contended, log_action, no_longer_pending, pending,
    pending_status::{self, PendingStatus},
    reference::{PendingReference, ReferenceParam},
    require_active, store_problem, unknown_trigger,
    views::PendingTrigger,
};

/// Attempts of the conditional write, if the work changes at the same time.
const MAX_TRIES: usize = 4;
const ACTION: &str = "retry";

/// Retries an open match now: an attempt that waits for its retry, or a released dispatch whose
/// worker did not come back.
///
/// Repeating the call has no further effect.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/pending-triggers/{id}/retry", tag = "operations",
    operation_id = "retry_pending_trigger", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = PendingTrigger), Problem)
)]
pub async fn retry(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    named: ReferenceParam,
) -> ApiResult<Json<PendingTrigger>> {
    operator.require_role(OperatorRole::Marketer)?;
    let reference = named.parse_reference()?;
    let actor = actor_name(&operator);
    for _ in 0..MAX_TRIES {
        let tried = match &reference {
            PendingReference::Match { .. } => retry_match(&context, &reference).await.map(Some)?,
            PendingReference::Dispatch { .. } => {
                retry_dispatch(&context, &actor, &reference).await?
            }
            PendingReference::Unknown { .. } => retry_unknown(&context, &actor, &reference).await?,
        };
        if let Some(shown) = tried {
            return Ok(Json(shown));
        }
    }
    Err(contended())
}

/// Returns the state of a match that is not planned yet. It is planned within a minute or waits for
/// its time, so nothing can be retried earlier.
async fn retry_match(
    context: &OperationsContext,
    reference: &PendingReference,
) -> ApiResult<PendingTrigger> {
    let it = context.find_match(reference).await?;
    let now = clock::now();
    let summary = context.load_campaign(&it.campaign).await?;
    require_active(&summary)?;
    if it.check_at > now {
        return Err(not_due_yet());
    }
    Ok(pending::pending_match(
        &it,
        &summary,
        pending_status::match_status(&it, WorkPolicy::Go, now),
    ))
}

/// The action that retries a dispatch now.
enum RetryAction {
    /// The dispatch is due already: a nudge is enough.
    Nudge,
    BringForward,
    Reopen,
}

/// Retries a dispatch. Returns `None` if the dispatch has changed since it was read.
async fn retry_dispatch(
    context: &OperationsContext,
    actor: &str,
    reference: &PendingReference,
) -> ApiResult<Option<PendingTrigger>> {
    let open = context.find_dispatch(reference).await?;
    let PendingReference::Dispatch { customer, .. } = reference else {
        return Err(unknown_trigger());
    };
    let dispatch = &open.dispatch;
    let now = clock::now();
    let summary = context.load_campaign(&dispatch.campaign).await?;
    let key = pending::record_key(dispatch, customer);
    let record = context.store.voucher(&key).await.map_err(store_problem)?;
    if !pending_status::is_waiting(dispatch, record.as_ref(), summary.revoke, now) {
        return Err(no_longer_pending());
    }
    let step = retry_action(&open, now)?;
    require_active(&summary)?;
    let note = format!("{} by {}, attempt {}", key.voucher, dispatch.channel, dispatch.attempt);
    let act = build_act(&summary, &key.voucher, actor, &note, now);
    let done = match step {
        RetryAction::Nudge => Applied::Yes,
        RetryAction::BringForward => {
            context.store.retry_ready_dispatch(&dispatch.key, &act).await.map_err(store_problem)?
        }
        RetryAction::Reopen => {
            context.store.retry_released_dispatch(dispatch, &act).await.map_err(store_problem)?
        }
    };
    if done == Applied::Conflict {
        return Ok(None);
    }
    match step {
        RetryAction::Nudge => {}
        RetryAction::BringForward | RetryAction::Reopen => {
            log_action(ACTION, actor, &summary.id, customer)
        }
    }
    context.release.nudge(&WakeNudge::now(ACTION)).await;
    // the answer shows the dispatch as this call left it: a worker may have sent it before another
    // read
    let due_at = dispatch.due_at.min(now);
    let updated = domain::delivery::dispatch::Dispatch {
        state: DispatchState::Ready,
        due_at,
        ..dispatch.clone()
    };
    let left = OpenDispatch { dispatch: updated, lease_until: None };
    let status = pending_status::dispatch_status(&left, WorkPolicy::Go, now)
        .ok_or_else(no_longer_pending)?
        .for_customer(&left.dispatch, record.as_ref());
    Ok(Some(pending::pending_dispatch(&left.dispatch, customer, &summary, status)))
}

fn retry_action(open: &OpenDispatch, now: Timestamp) -> ApiResult<RetryAction> {
    let dispatch = &open.dispatch;
    match dispatch.state {
        DispatchState::Done | DispatchState::Dropped => Err(no_longer_pending()),
        DispatchState::Released if open.lease_until.is_some_and(|lease| lease > now) => {
            Err(Problem::conflict(
                "being_sent",
                "a worker has it; if it does not come back, it is tried again by itself",
            ))
        }
        DispatchState::Released => Ok(RetryAction::Reopen),
        DispatchState::Ready if dispatch.due_at <= now => Ok(RetryAction::Nudge),
        DispatchState::Ready
            if dispatch.purpose == DispatchPurpose::Retry || dispatch.fence > 0 =>
        {
            Ok(RetryAction::BringForward)
        }
        DispatchState::Ready => Err(not_due_yet()),
    }
}

fn not_due_yet() -> Problem {
    let detail =
        "it waits for its own hour, and is sent then; nothing has failed that could be tried again";
    Problem::conflict("waits_for_its_hour", detail)
}

async fn retry_unknown(
    context: &OperationsContext,
    actor: &str,
    reference: &PendingReference,
) -> ApiResult<Option<PendingTrigger>> {
    let PendingReference::Unknown { key, channel, number } = reference else {
        return Err(unknown_trigger());
    };
    let record =
        context.store.voucher(key).await.map_err(store_problem)?.ok_or_else(unknown_trigger)?;
    let open = context
        .store
        .open_unknown_attempt(&key.voucher, *channel, *number)
        .await
        .map_err(store_problem)?;
    let open = open
        .filter(|open| pending_status::is_unsettled(open, Some(&record)))
        .ok_or_else(no_longer_pending)?;
    let now = clock::now();
    let summary = context.load_campaign(&open.attempt.campaign).await?;
    if !may_repeat_unknown(*channel, *number) {
        let detail =
            "the message may have arrived, and this channel does not repeat what may have arrived";
        return Err(Problem::conflict("never_repeated", detail));
    }
    require_active(&summary)?;
    if !record.allows_messages(summary.revoke, now) {
        return Err(no_longer_pending());
    }
    if open.settles_at > now {
        let note = format!("{} by {channel}, attempt {number} of unknown fate", key.voucher);
        let act = build_act(&summary, &key.voucher, actor, &note, now);
        match context
            .store
            .retry_unknown_attempt(&open.attempt, &act)
            .await
            .map_err(store_problem)?
        {
            Applied::Yes => log_action(ACTION, actor, &summary.id, &key.customer),
            Applied::Conflict => return Ok(None),
        }
    }
    context.watchdog.nudge(&WakeNudge::now(ACTION)).await;
    let left = OpenUnknownAttempt { settles_at: open.settles_at.min(now), ..open };
    let status: PendingStatus = pending_status::unknown_status(&left);
    Ok(Some(pending::pending_unknown(&left, &summary, status)))
}

fn build_act<'a>(
    campaign: &'a CampaignSummary,
    voucher: &'a VoucherId,
    actor: &'a str,
    note: &'a str,
    at: Timestamp,
) -> OperatorAction<'a> {
    OperatorAction { campaign, voucher, change: AuditedChange { actor, action: ACTION, note, at } }
}
