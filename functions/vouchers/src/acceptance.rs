//! Accept and decline: parse, load, decide, commit with one conditional write, answer.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    voucher::{Acceptance, Declination, Refusal, Status, Voucher},
};
use http_api::{Answer, Problem, Signed};
use runtime::clock;
use store::redemptions::Recorded;

use crate::{
    Context, Key, Offered, failed,
    refusal::refuse,
    views::{Nothing, VoucherView},
};

fn no_words(signed: &Signed) -> Answer<()> {
    if !signed.body.is_empty() {
        signed.parse::<Nothing>()?;
    }
    Ok(())
}

fn view(voucher: &Voucher, offered: &Offered, now: Timestamp) -> Json<VoucherView> {
    Json(VoucherView::new(voucher, &offered.definition, offered.revoke, now))
}

/// The customer accepts the offer. Accepting again gives the same answer.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/accept", tag = "vouchers", operation_id = "accept_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = Nothing,
    responses((status = 200, body = VoucherView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn accept(State(context): State<Arc<Context>>, Key(key): Key, signed: Signed) -> Answer<Json<VoucherView>> {
    no_words(&signed)?;
    let now = clock::now();
    let Some((mut voucher, offered)) = context.glance(&key).await? else {
        return Err(refuse(&context, &key, "accept", Refusal::Unknown, now).await);
    };
    let mut refusal = Refusal::Expired;
    // further rounds only if the voucher changed between reading and writing
    for _ in 0..3 {
        let redeem_by = match voucher.accept(&offered.circumstances(now)) {
            Acceptance::Accept { redeem_by } => redeem_by,
            Acceptance::Repeat => return Ok(view(&voucher, &offered, now)),
            Acceptance::Refuse(why) => match context.newer(&key, &voucher).await? {
                Some(newer) => {
                    voucher = newer;
                    continue;
                }
                None => return Err(refuse(&context, &key, "accept", why, now).await),
            },
        };
        match context.store.record_acceptance(&key, redeem_by, now).await.map_err(failed)? {
            Recorded::First => {
                voucher.status = Status::Accepted;
                voucher.stages.accepted_at = Some(now);
                voucher.redeem_by = Some(redeem_by);
                return Ok(view(&voucher, &offered, now));
            }
            Recorded::Otherwise(stood) => voucher = *stood,
            Recorded::Missing | Recorded::Capped => refusal = Refusal::Unknown,
        }
    }
    Err(refuse(&context, &key, "accept", refusal, now).await)
}

/// The customer says no. Declining again gives the same answer.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/decline", tag = "vouchers", operation_id = "decline_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = Nothing,
    responses((status = 200, body = VoucherView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn decline(State(context): State<Arc<Context>>, Key(key): Key, signed: Signed) -> Answer<Json<VoucherView>> {
    no_words(&signed)?;
    let now = clock::now();
    let Some((mut voucher, offered)) = context.voucher(&key).await? else {
        return Err(refuse(&context, &key, "decline", Refusal::Unknown, now).await);
    };
    let mut refusal = Refusal::Expired;
    for _ in 0..2 {
        match voucher.decline(&offered.circumstances(now)) {
            Declination::Decline => {}
            Declination::Repeat => return Ok(view(&voucher, &offered, now)),
            Declination::Refuse(why) => return Err(refuse(&context, &key, "decline", why, now).await),
        }
        match context.store.record_declination(&key, now).await.map_err(failed)? {
            Recorded::First => {
                voucher.status = Status::Declined;
                voucher.stages.declined_at = Some(now);
                return Ok(view(&voucher, &offered, now));
            }
            Recorded::Otherwise(stood) => voucher = *stood,
            Recorded::Missing | Recorded::Capped => refusal = Refusal::Unknown,
        }
    }
    Err(refuse(&context, &key, "decline", refusal, now).await)
}
