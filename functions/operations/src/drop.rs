//! Gives up one customer's match: writes a skip record where the voucher would be.
//!
//! The worker that leases the dispatch finds the record and counts the customer as skipped. So the
//! run's equation closes, and nothing is ever sent for this occurrence.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    campaign::definition::Definition,
    delivery::dispatch::Dispatch,
    kernel::id::{CustomerId, VoucherId},
    voucher::{
        record::{Voucher, VoucherIssue, VoucherStatus},
        skip_reason::SkipReason,
    },
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use queue::WakeNudge;
use runtime::clock;
use store::{
    campaign::campaigns::AuditedChange,
    delivery::operator_actions::{GiveUpResult, OperatorAction},
    voucher::records::VoucherKey,
};

use crate::{
    OperationsContext, actor_name, log_action, no_longer_pending,
    reference::{PendingReference, ReferenceParam},
    store_problem, unknown_trigger,
    views::DroppedTrigger,
};

const ACTION: &str = "drop";

/// Gives the match up, so that it is never sent.
///
/// The call is refused once the voucher is issued. Repeating it has no further effect.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/pending-triggers/{id}/drop", tag = "operations",
    operation_id = "drop_pending_trigger", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = DroppedTrigger), Problem)
)]
pub async fn drop(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    named: ReferenceParam,
) -> ApiResult<Json<DroppedTrigger>> {
    operator.require_role(OperatorRole::Marketer)?;
    let reference = named.parse_reference()?;
    let dispatch = match &reference {
        PendingReference::Match { .. } => {
            return drop_match(&context, &operator, &reference).await.map(Json);
        }
        PendingReference::Unknown { key, .. } => {
            let issued = context.store.voucher(key).await.map_err(store_problem)?;
            return Err(issued.map_or_else(unknown_trigger, |_| voucher_issued()));
        }
        PendingReference::Dispatch { .. } => context.find_dispatch(&reference).await?.dispatch,
    };
    let PendingReference::Dispatch { customer, .. } = &reference else {
        return Err(unknown_trigger());
    };
    if !dispatch.purpose.awaits_outcome() {
        return Err(voucher_issued());
    }
    let summary = context.load_campaign(&dispatch.campaign).await?;
    let definition = context.load_definition(&summary).await?;
    let definition = definition.for_customer(&summary.id, customer);
    let record = skip_record(&dispatch, &definition, customer);
    let actor = actor_name(&operator);
    let note = format!("{} is not sent", record.id);
    let change = AuditedChange { actor: &actor, action: ACTION, note: &note, at: record.issued_at };
    let act = OperatorAction { campaign: &summary, voucher: &record.id, change };
    let given_up = context
        .store
        .give_up_customer(&dispatch.key, &record, &act)
        .await
        .map_err(store_problem)?;
    conclude_drop(&context, given_up, &act, &record).await.map(Json)
}

/// Gives up a match that is not planned yet.
async fn drop_match(
    context: &OperationsContext,
    operator: &Operator,
    reference: &PendingReference,
) -> ApiResult<DroppedTrigger> {
    let PendingReference::Match { campaign, customer, occurrence } = reference else {
        return Err(unknown_trigger());
    };
    let summary = context.load_campaign(campaign).await?;
    let definition = context.load_definition(&summary).await?;
    let definition = definition.for_customer(campaign, customer);
    let channel = definition.channels.ladder.first().copied().ok_or_else(unknown_trigger)?;
    let found =
        context.store.open_match(campaign, customer, occurrence).await.map_err(store_problem)?;
    let Some(it) = found else {
        let voucher = VoucherId::derive(campaign, customer, occurrence);
        let key = VoucherKey { customer: customer.clone(), voucher };
        let record = context
            .store
            .voucher(&key)
            .await
            .map_err(store_problem)?
            .ok_or_else(no_longer_pending)?;
        require_dropped(&record)?;
        return Ok(dropped_view(&record, true));
    };
    let dispatch = Dispatch::for_match(&it, channel, clock::now());
    let record = skip_record(&dispatch, &definition, customer);
    let actor = actor_name(operator);
    let note = format!("{} is not sent", record.id);
    let change = AuditedChange { actor: &actor, action: ACTION, note: &note, at: record.issued_at };
    let act = OperatorAction { campaign: &summary, voucher: &record.id, change };
    let given_up =
        context.store.give_up_match(&it, &dispatch, &record, &act).await.map_err(store_problem)?;
    let dropped = conclude_drop(context, given_up, &act, &record).await?;
    context.release.nudge(&WakeNudge::now(ACTION)).await;
    Ok(dropped)
}

fn skip_record(dispatch: &Dispatch, definition: &Definition, customer: &CustomerId) -> Voucher {
    let (occurrence, now) = (dispatch.occurrence(), clock::now());
    let issue = VoucherIssue {
        campaign: &dispatch.campaign,
        run: &dispatch.key.run,
        occurrence: &occurrence,
        definition,
        customer,
        dispatch: &dispatch.key.name,
        now,
    };
    issue.skipped_record(SkipReason::Dropped)
}

async fn conclude_drop(
    context: &OperationsContext,
    given_up: GiveUpResult,
    act: &OperatorAction<'_>,
    record: &Voucher,
) -> ApiResult<DroppedTrigger> {
    let repeat = match given_up {
        GiveUpResult::Done => {
            log_action(ACTION, act.change.actor, &record.campaign, &record.customer);
            false
        }
        GiveUpResult::Recorded(found) => {
            require_dropped(&found)?;
            true
        }
        GiveUpResult::NotOpen => {
            let found =
                context.store.voucher(&VoucherKey::from(record)).await.map_err(store_problem)?;
            require_dropped(&found.ok_or_else(no_longer_pending)?)?;
            true
        }
    };
    Ok(dropped_view(record, repeat))
}

fn dropped_view(record: &Voucher, repeat: bool) -> DroppedTrigger {
    DroppedTrigger {
        campaign_id: record.campaign.clone(),
        customer_id: record.customer.clone(),
        occurrence: record.occurrence.clone(),
        record_id: record.id.clone(),
        repeat,
    }
}

/// Decides by the record that exists already: a dropped match makes this call a repeat, and any
/// other record makes it too late.
fn require_dropped(found: &Voucher) -> ApiResult<()> {
    if found.status.is_voucher() {
        return Err(voucher_issued());
    }
    let dropped = found.status == VoucherStatus::Skipped && found.skip == Some(SkipReason::Dropped);
    if dropped { Ok(()) } else { Err(no_longer_pending()) }
}

fn voucher_issued() -> Problem {
    let detail = "its voucher is issued: the customer may see it in the app already, so only the campaign's cancellation takes it back";
    Problem::conflict("voucher_issued", detail)
}
