//! The steps before the order: validate (no side effects), hold for one checkout, release.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    kernel::money::Money,
    voucher::{
        record::VoucherRefusal,
        redemption::{DEFAULT_HOLD_SECONDS, HoldDecision, MAX_HOLD_SECONDS, ReleaseDecision},
    },
};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;
use store::voucher::redemptions::RedemptionResult;

use crate::{
    VoucherKeyPath, VouchersContext,
    refusal::record_refusal,
    store_failure,
    views::{
        HeldVoucher, HoldRequest, ReleaseRequest, ReleasedVoucher, ValidateRequest, Validation,
    },
};

/// Checks whether the voucher applies to this basket now.
///
/// It changes nothing; an unknown voucher simply does not apply.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/validate", tag = "vouchers", operation_id = "validate_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = ValidateRequest,
    responses((status = 200, body = Validation), Problem)
)]
pub async fn validate(
    State(context): State<Arc<VouchersContext>>,
    VoucherKeyPath(key): VoucherKeyPath,
    signed: SignedBody,
) -> ApiResult<Json<Validation>> {
    let request: ValidateRequest = signed.parse()?;
    request.basket.check("/basket").map_err(|error| Problem::validation(vec![error]))?;
    let no = |hint| Json(Validation { applicable: false, discount: None, hint });
    let Some((voucher, offered)) = context.read_voucher(&key).await? else {
        return Ok(no(None));
    };
    Ok(match voucher.validate(&request.basket, &offered.circumstances(clock::now())) {
        Ok(discount) => {
            let discount = Some(Money::new(discount, voucher.currency));
            Json(Validation { applicable: true, discount, hint: None })
        }
        Err(VoucherRefusal::Basket(reason)) => no(Some(reason.code())),
        Err(_) => no(None),
    })
}

/// Holds the voucher for one checkout. The same key again renews the hold.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/hold", tag = "vouchers", operation_id = "hold_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = HoldRequest,
    responses((status = 200, body = HeldVoucher), Problem)
)]
pub async fn hold(
    State(context): State<Arc<VouchersContext>>,
    VoucherKeyPath(key): VoucherKeyPath,
    signed: SignedBody,
) -> ApiResult<Json<HeldVoucher>> {
    let request: HoldRequest = signed.parse()?;
    request.basket.check("/basket").map_err(|error| Problem::validation(vec![error]))?;
    let seconds = request.ttl_seconds.unwrap_or(DEFAULT_HOLD_SECONDS);
    if !(1..=MAX_HOLD_SECONDS).contains(&seconds) {
        return Err(Problem::field(
            "/ttl_seconds",
            "out_of_range",
            format!("1 to {MAX_HOLD_SECONDS} seconds"),
        ));
    }
    let now = clock::now();
    let Some((voucher, offered)) = context.read_voucher(&key).await? else {
        return Err(record_refusal(&context, &key, "hold", VoucherRefusal::Unknown, now).await);
    };
    let (hold, discount) = match voucher.hold(
        &request.hold_key,
        seconds,
        &request.basket,
        &offered.circumstances(now),
    ) {
        HoldDecision::Hold { hold, discount } => (hold, discount),
        HoldDecision::Refuse(why) => {
            return Err(record_refusal(&context, &key, "hold", why, now).await);
        }
    };
    match context.store.record_hold(&key, &hold, now).await.map_err(store_failure)? {
        RedemptionResult::First => Ok(Json(HeldVoucher {
            voucher_id: voucher.id,
            hold_key: hold.key,
            held_until: hold.until,
            discount: Money::new(discount, voucher.currency),
        })),
        RedemptionResult::Conflict(stored) => {
            let again = stored.hold(
                &request.hold_key,
                seconds,
                &request.basket,
                &offered.circumstances(now),
            );
            let why = match again {
                HoldDecision::Refuse(why) => why,
                HoldDecision::Hold { .. } => VoucherRefusal::Held,
            };
            Err(record_refusal(&context, &key, "hold", why, now).await)
        }
        RedemptionResult::Missing | RedemptionResult::Capped => {
            Err(record_refusal(&context, &key, "hold", VoucherRefusal::Unknown, now).await)
        }
    }
}

/// Releases a hold.
///
/// Releasing a voucher that is not held is fine; releasing another checkout's hold is refused.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/release", tag = "vouchers", operation_id = "release_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = ReleaseRequest,
    responses((status = 200, body = ReleasedVoucher), Problem)
)]
pub async fn release(
    State(context): State<Arc<VouchersContext>>,
    VoucherKeyPath(key): VoucherKeyPath,
    signed: SignedBody,
) -> ApiResult<Json<ReleasedVoucher>> {
    let request: ReleaseRequest = signed.parse()?;
    let now = clock::now();
    let Some((voucher, _)) = context.read_voucher(&key).await? else {
        return Err(record_refusal(&context, &key, "release", VoucherRefusal::Unknown, now).await);
    };
    let answer = |released| Json(ReleasedVoucher { voucher_id: key.voucher.clone(), released });
    match voucher.release(&request.hold_key, now) {
        ReleaseDecision::Repeat => return Ok(answer(false)),
        ReleaseDecision::Refuse(why) => {
            return Err(record_refusal(&context, &key, "release", why, now).await);
        }
        ReleaseDecision::Release => {}
    }
    match context.store.release_hold(&key, &request.hold_key, now).await.map_err(store_failure)? {
        RedemptionResult::First => Ok(answer(true)),
        RedemptionResult::Conflict(stored) if stored.hold.is_none() => Ok(answer(false)),
        RedemptionResult::Conflict(_) => {
            Err(record_refusal(&context, &key, "release", VoucherRefusal::Held, now).await)
        }
        RedemptionResult::Missing | RedemptionResult::Capped => {
            Err(record_refusal(&context, &key, "release", VoucherRefusal::Unknown, now).await)
        }
    }
}
