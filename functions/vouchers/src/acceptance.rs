//! Accept and decline: parse, load, decide, commit with one conditional write, answer.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::definition::Definition,
    delivery::dispatch::Dispatch,
    voucher::record::{AcceptDecision, DeclineDecision, Voucher, VoucherRefusal, VoucherStatus},
};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;
use store::voucher::{records::VoucherKey, redemptions::RedemptionResult};

use crate::{
    ActiveCampaign, VoucherKeyPath, VouchersContext,
    loaded::require_customer,
    refusal::refuse_voucher,
    store_failure,
    views::{EmptyRequest, VoucherView},
};

fn check_empty_body(signed: &SignedBody) -> ApiResult<()> {
    if !signed.body.is_empty() {
        signed.parse::<EmptyRequest>()?;
    }
    Ok(())
}

fn voucher_view(voucher: &Voucher, offered: &ActiveCampaign, now: Timestamp) -> Json<VoucherView> {
    Json(VoucherView::new(voucher, offered.definition_of(voucher), offered.revoke, now))
}

/// Accepts the offer for the customer. Accepting again gives the same answer.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/accept", tag = "vouchers", operation_id = "accept_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = EmptyRequest,
    responses((status = 200, body = VoucherView), Problem)
)]
pub async fn accept(
    State(context): State<Arc<VouchersContext>>,
    VoucherKeyPath(key): VoucherKeyPath,
    signed: SignedBody,
) -> ApiResult<Json<VoucherView>> {
    check_empty_body(&signed)?;
    let now = clock::now();
    let Some((voucher, offered)) = context.read_cached(&key).await? else {
        return Err(refuse_voucher(&context, &key, "accept", VoucherRefusal::Unknown, now).await);
    };
    // The voucher may lie under another record of the customer.
    let key = VoucherKey::from(&voucher);
    match accept_voucher(&context, voucher, &offered, now).await? {
        Acceptance::Accepted(accepted) => {
            // An erasure revokes what is open and leaves what was redeemed: its customer is gone.
            if accepted.status != VoucherStatus::Accepted {
                require_customer(&context, &key.customer).await?;
            }
            Ok(voucher_view(&accepted, &offered, now))
        }
        Acceptance::Refused(why) => Err(refuse_voucher(&context, &key, "accept", why, now).await),
    }
}

/// The outcome of accepting, by the app backend or on the page of a link.
pub(crate) enum Acceptance {
    /// The voucher is accepted, now or before.
    Accepted(Box<Voucher>),
    Refused(VoucherRefusal),
}

/// Accepts a voucher as it was read. A refusal is decided on what is stored now.
pub(crate) async fn accept_voucher(
    context: &VouchersContext,
    mut voucher: Voucher,
    offered: &ActiveCampaign,
    now: Timestamp,
) -> ApiResult<Acceptance> {
    let key = VoucherKey::from(&voucher);
    let mut refusal = VoucherRefusal::Expired;
    // further rounds only if the voucher changed between the read and the write
    for _ in 0..3 {
        let redeem_by = match voucher.accept(&offered.circumstances(&voucher, now)) {
            AcceptDecision::Accept { redeem_by } => redeem_by,
            AcceptDecision::Repeat => return Ok(Acceptance::Accepted(Box::new(voucher))),
            AcceptDecision::Refuse(why) => match context.reread(&key, &voucher).await? {
                Some(newer) => {
                    voucher = newer;
                    continue;
                }
                None => return Ok(Acceptance::Refused(why)),
            },
        };
        let definition = offered.definition_of(&voucher);
        let reminder = reminder_once_accepted(&voucher, definition, redeem_by, now);
        let recorded =
            context.store.record_acceptance(&key, redeem_by, reminder.as_ref(), now).await;
        match recorded.map_err(store_failure)? {
            RedemptionResult::First => {
                voucher.status = VoucherStatus::Accepted;
                voucher.stages.accepted_at = Some(now);
                voucher.redeem_by = Some(redeem_by);
                return Ok(Acceptance::Accepted(Box::new(voucher)));
            }
            RedemptionResult::Conflict(stored) => voucher = *stored,
            RedemptionResult::Missing => refusal = VoucherRefusal::Unknown,
        }
    }
    Ok(Acceptance::Refused(refusal))
}

/// Builds the reminder of a voucher that is accepted now, if the end of the accepted one comes so
/// early that the reminder that was planned with the voucher would be too late.
fn reminder_once_accepted(
    voucher: &Voucher,
    definition: &Definition,
    redeem_by: Timestamp,
    now: Timestamp,
) -> Option<Dispatch> {
    let due_at = voucher.reminder_once_accepted(definition, redeem_by, now)?;
    let first = definition.channels.ladder.first()?;
    Some(Dispatch::reminder_once_accepted(voucher, *first, due_at))
}

/// Declines the offer for the customer. Declining again gives the same answer.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/decline", tag = "vouchers", operation_id = "decline_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = EmptyRequest,
    responses((status = 200, body = VoucherView), Problem)
)]
pub async fn decline(
    State(context): State<Arc<VouchersContext>>,
    VoucherKeyPath(key): VoucherKeyPath,
    signed: SignedBody,
) -> ApiResult<Json<VoucherView>> {
    check_empty_body(&signed)?;
    let now = clock::now();
    let Some((mut voucher, offered)) = context.read_voucher(&key).await? else {
        return Err(refuse_voucher(&context, &key, "decline", VoucherRefusal::Unknown, now).await);
    };
    let key = VoucherKey::from(&voucher);
    let mut refusal = VoucherRefusal::Expired;
    for _ in 0..2 {
        match voucher.decline(&offered.circumstances(&voucher, now)) {
            DeclineDecision::Decline => {}
            DeclineDecision::Repeat => {
                require_customer(&context, &key.customer).await?;
                return Ok(voucher_view(&voucher, &offered, now));
            }
            DeclineDecision::Refuse(why) => {
                return Err(refuse_voucher(&context, &key, "decline", why, now).await);
            }
        }
        match context.store.record_decline(&key, now).await.map_err(store_failure)? {
            RedemptionResult::First => {
                voucher.status = VoucherStatus::Declined;
                voucher.stages.declined_at = Some(now);
                return Ok(voucher_view(&voucher, &offered, now));
            }
            RedemptionResult::Conflict(stored) => voucher = *stored,
            RedemptionResult::Missing => refusal = VoucherRefusal::Unknown,
        }
    }
    Err(refuse_voucher(&context, &key, "decline", refusal, now).await)
}
