//! Before the order: would it apply (no side effects), lock it for one checkout, let it go.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    money::Money,
    redemption::{DEFAULT_HOLD_SECONDS, Holding, MAX_HOLD_SECONDS, Releasing},
    voucher::Refusal,
};
use http_api::{Answer, Problem, Signed};
use runtime::clock;
use store::redemptions::Recorded;

use crate::{
    Context, Key, failed,
    refusal::refuse,
    views::{Held, HoldRequest, ReleaseRequest, Released, ValidateRequest, Validation},
};

/// Would it apply to this basket now? Changes nothing; an unknown voucher simply does not apply.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/validate", tag = "vouchers", operation_id = "validate_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = ValidateRequest,
    responses((status = 200, body = Validation), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn validate(State(context): State<Arc<Context>>, Key(key): Key, signed: Signed) -> Answer<Json<Validation>> {
    let request: ValidateRequest = signed.parse()?;
    request.basket.check("/basket").map_err(|error| Problem::validation(vec![error]))?;
    let no = |hint| Json(Validation { applicable: false, discount: None, hint });
    let Some((voucher, offered)) = context.voucher(&key).await? else { return Ok(no(None)) };
    Ok(match voucher.validate(&request.basket, &offered.circumstances(clock::now())) {
        Ok(discount) => {
            let discount = Some(Money::new(discount, voucher.currency));
            Json(Validation { applicable: true, discount, hint: None })
        }
        Err(Refusal::Basket(reason)) => no(Some(reason.code())),
        Err(_) => no(None),
    })
}

/// Locks the voucher for one checkout. The same key again renews the lock.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/hold", tag = "vouchers", operation_id = "hold_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = HoldRequest,
    responses((status = 200, body = Held), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn hold(State(context): State<Arc<Context>>, Key(key): Key, signed: Signed) -> Answer<Json<Held>> {
    let request: HoldRequest = signed.parse()?;
    request.basket.check("/basket").map_err(|error| Problem::validation(vec![error]))?;
    let seconds = request.ttl_seconds.unwrap_or(DEFAULT_HOLD_SECONDS);
    if !(1..=MAX_HOLD_SECONDS).contains(&seconds) {
        return Err(Problem::field("/ttl_seconds", "out_of_range", format!("1 to {MAX_HOLD_SECONDS} seconds")));
    }
    let now = clock::now();
    let Some((voucher, offered)) = context.voucher(&key).await? else {
        return Err(refuse(&context, &key, "hold", Refusal::Unknown, now).await);
    };
    let (hold, discount) = match voucher.hold(&request.hold_key, seconds, &request.basket, &offered.circumstances(now))
    {
        Holding::Hold { hold, discount } => (hold, discount),
        Holding::Refuse(why) => return Err(refuse(&context, &key, "hold", why, now).await),
    };
    match context.store.record_hold(&key, &hold, now).await.map_err(failed)? {
        Recorded::First => Ok(Json(Held {
            voucher_id: voucher.id,
            hold_key: hold.key,
            held_until: hold.until,
            discount: Money::new(discount, voucher.currency),
        })),
        Recorded::Otherwise(stood) => {
            let again = stood.hold(&request.hold_key, seconds, &request.basket, &offered.circumstances(now));
            let why = match again {
                Holding::Refuse(why) => why,
                Holding::Hold { .. } => Refusal::Held,
            };
            Err(refuse(&context, &key, "hold", why, now).await)
        }
        Recorded::Missing | Recorded::Capped => Err(refuse(&context, &key, "hold", Refusal::Unknown, now).await),
    }
}

/// Lets go of a hold. Releasing what is not held is fine; releasing another checkout's hold is refused.
#[utoipa::path(
    post, path = "/v1/customers/{id}/vouchers/{voucher}/release", tag = "vouchers", operation_id = "release_voucher",
    security(("webhookSignature" = [])), params(("id" = String, Path), ("voucher" = String, Path)), request_body = ReleaseRequest,
    responses((status = 200, body = Released), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn release(State(context): State<Arc<Context>>, Key(key): Key, signed: Signed) -> Answer<Json<Released>> {
    let request: ReleaseRequest = signed.parse()?;
    let now = clock::now();
    let Some((voucher, _)) = context.voucher(&key).await? else {
        return Err(refuse(&context, &key, "release", Refusal::Unknown, now).await);
    };
    let answer = |released| Json(Released { voucher_id: key.voucher.clone(), released });
    match voucher.release(&request.hold_key, now) {
        Releasing::Repeat => return Ok(answer(false)),
        Releasing::Refuse(why) => return Err(refuse(&context, &key, "release", why, now).await),
        Releasing::Release => {}
    }
    match context.store.record_release(&key, &request.hold_key, now).await.map_err(failed)? {
        Recorded::First => Ok(answer(true)),
        Recorded::Otherwise(stood) if stood.hold.is_none() => Ok(answer(false)),
        Recorded::Otherwise(_) => Err(refuse(&context, &key, "release", Refusal::Held, now).await),
        Recorded::Missing | Recorded::Capped => Err(refuse(&context, &key, "release", Refusal::Unknown, now).await),
    }
}
