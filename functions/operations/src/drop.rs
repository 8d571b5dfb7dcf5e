//! Giving up one customer's match: a skip record where the voucher would be. The worker that takes the dispatch finds it and counts the
//! customer as skipped, so the run's equation closes, and nothing is ever sent for this occurrence.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    decision::SkipReason,
    voucher::{Issue, Status, Voucher},
};
use http_api::{Answer, Operator, Problem, Role};
use runtime::clock;
use store::{
    control::Change,
    pending::{Act, GivenUp},
};

use crate::{
    Context, actor, failed, no_longer_pending, noted,
    pending::key_of,
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
    let customer = match &reference {
        Reference::Dispatch { customer, .. } => customer,
        Reference::Unknown { key, .. } => {
            let issued = context.store.voucher(key).await.map_err(failed)?;
            return Err(issued.map_or_else(unknown_trigger, |_| voucher_issued()));
        }
    };
    let dispatch = context.dispatch(&reference).await?.dispatch;
    if !dispatch.purpose.counts() {
        return Err(voucher_issued());
    }
    let standing = context.campaign(&dispatch.campaign).await?;
    let definition = context.store.definition(&dispatch.campaign, standing.definition).await.map_err(failed)?;
    let definition = definition.ok_or_else(unknown_trigger)?;
    let (actor, now, occurrence) = (actor(&operator), clock::now(), dispatch.occurrence());
    let record = Issue {
        campaign: &dispatch.campaign,
        run: &dispatch.key.run,
        occurrence: &occurrence,
        definition: &definition,
        customer,
        dispatch: &dispatch.key.name,
        now,
    }
    .skip(SkipReason::Dropped);
    let note = format!("{} is not sent", record.id);
    let change = Change { actor: &actor, action: ACTION, note: &note, at: now };
    let act = Act { campaign: &standing, voucher: &record.id, change };
    let repeat = match context.store.give_up(&dispatch.key, &record, &act).await.map_err(failed)? {
        GivenUp::Done => {
            noted(ACTION, &actor, &standing.id, customer);
            false
        }
        GivenUp::Recorded(found) => {
            refused(&found)?;
            true
        }
        GivenUp::NotOpen => {
            let found = context.store.voucher(&key_of(&dispatch, customer)).await.map_err(failed)?;
            refused(&found.ok_or_else(no_longer_pending)?)?;
            true
        }
    };
    Ok(Json(DroppedTrigger {
        campaign_id: standing.id,
        customer_id: customer.clone(),
        occurrence,
        record_id: record.id,
        repeat,
    }))
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
