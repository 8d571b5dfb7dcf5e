//! Giving up one customer's match: a skip record where the voucher would be. The worker that takes the dispatch finds it and counts the
//! customer as skipped, so the run's equation closes, and nothing is ever sent for this occurrence.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    decision::SkipReason,
    definition::Definition,
    dispatch::Dispatch,
    id::{CustomerId, VoucherId},
    voucher::{Issue, Status, Voucher},
};
use http_api::{Answer, Operator, Problem, Role};
use queue::Wake;
use runtime::clock;
use store::{
    control::Change,
    pending::{Act, GivenUp},
    vouchers::VoucherKey,
};

use crate::{
    Context, actor, failed, no_longer_pending, noted,
    reference::{Named, Reference},
    unknown_trigger,
    views::DroppedTrigger,
};

const ACTION: &str = "drop";

/// Gives the match up: it is never sent. Refused once its voucher is issued. Pressing twice is pressing once.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/pending-triggers/{id}/drop", tag = "operations",
    operation_id = "drop_pending_trigger", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = DroppedTrigger), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn drop(
    State(context): State<Arc<Context>>,
    operator: Operator,
    named: Named,
) -> Answer<Json<DroppedTrigger>> {
    operator.require(Role::Marketer)?;
    let reference = named.reference()?;
    let dispatch = match &reference {
        Reference::Match { .. } => return matched(&context, &operator, &reference).await.map(Json),
        Reference::Unknown { key, .. } => {
            let issued = context.store.voucher(key).await.map_err(failed)?;
            return Err(issued.map_or_else(unknown_trigger, |_| voucher_issued()));
        }
        Reference::Dispatch { .. } => context.dispatch(&reference).await?.dispatch,
    };
    let Reference::Dispatch { customer, .. } = &reference else { return Err(unknown_trigger()) };
    if !dispatch.purpose.counts() {
        return Err(voucher_issued());
    }
    let standing = context.campaign(&dispatch.campaign).await?;
    let definition = context.definition(&standing).await?;
    let record = skip(&dispatch, &definition, customer);
    let actor = actor(&operator);
    let note = format!("{} is not sent", record.id);
    let change = Change { actor: &actor, action: ACTION, note: &note, at: record.issued_at };
    let act = Act { campaign: &standing, voucher: &record.id, change };
    let given_up = context.store.give_up(&dispatch.key, &record, &act).await.map_err(failed)?;
    dropped(&context, given_up, &act, &record).await.map(Json)
}

/// Before it was planned.
async fn matched(context: &Context, operator: &Operator, reference: &Reference) -> Answer<DroppedTrigger> {
    let Reference::Match { campaign, customer, occurrence } = reference else { return Err(unknown_trigger()) };
    let standing = context.campaign(campaign).await?;
    let definition = context.definition(&standing).await?;
    let channel = definition.channels.ladder.first().copied().ok_or_else(unknown_trigger)?;
    let found = context.store.open_match(campaign, customer, occurrence).await.map_err(failed)?;
    let Some(it) = found else {
        let voucher = VoucherId::derive(campaign, customer, occurrence);
        let key = VoucherKey { customer: customer.clone(), voucher };
        let record = context.store.voucher(&key).await.map_err(failed)?.ok_or_else(no_longer_pending)?;
        refused(&record)?;
        return Ok(shown(&record, true));
    };
    let dispatch = it.dispatch(channel, clock::now());
    let record = skip(&dispatch, &definition, customer);
    let actor = actor(operator);
    let note = format!("{} is not sent", record.id);
    let change = Change { actor: &actor, action: ACTION, note: &note, at: record.issued_at };
    let act = Act { campaign: &standing, voucher: &record.id, change };
    let given_up = context.store.give_up_match(&it, &dispatch, &record, &act).await.map_err(failed)?;
    let dropped = dropped(context, given_up, &act, &record).await?;
    context.release.nudge(&Wake::now(ACTION)).await;
    Ok(dropped)
}

fn skip(dispatch: &Dispatch, definition: &Definition, customer: &CustomerId) -> Voucher {
    let (occurrence, now) = (dispatch.occurrence(), clock::now());
    let issue = Issue {
        campaign: &dispatch.campaign,
        run: &dispatch.key.run,
        occurrence: &occurrence,
        definition,
        customer,
        dispatch: &dispatch.key.name,
        now,
    };
    issue.skip(SkipReason::Dropped)
}

async fn dropped(context: &Context, given_up: GivenUp, act: &Act<'_>, record: &Voucher) -> Answer<DroppedTrigger> {
    let repeat = match given_up {
        GivenUp::Done => {
            noted(ACTION, act.change.actor, &record.campaign, &record.customer);
            false
        }
        GivenUp::Recorded(found) => {
            refused(&found)?;
            true
        }
        GivenUp::NotOpen => {
            let found = context.store.voucher(&VoucherKey::from(record)).await.map_err(failed)?;
            refused(&found.ok_or_else(no_longer_pending)?)?;
            true
        }
    };
    Ok(shown(record, repeat))
}

fn shown(record: &Voucher, repeat: bool) -> DroppedTrigger {
    DroppedTrigger {
        campaign_id: record.campaign.clone(),
        customer_id: record.customer.clone(),
        occurrence: record.occurrence.clone(),
        record_id: record.id.clone(),
        repeat,
    }
}

/// What stands there already says whether this was a repeat or comes too late.
fn refused(found: &Voucher) -> Answer<()> {
    if found.status.is_voucher() {
        return Err(voucher_issued());
    }
    let dropped = found.status == Status::Skipped && found.skip == Some(SkipReason::Dropped);
    if dropped { Ok(()) } else { Err(no_longer_pending()) }
}

fn voucher_issued() -> Problem {
    let detail = "its voucher is issued: the customer may see it in the app already, so only the campaign's cancellation takes it back";
    Problem::conflict("voucher_issued", detail)
}
