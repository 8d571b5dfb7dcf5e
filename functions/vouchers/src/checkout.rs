//! The steps before the order: quote (no side effects), hold a set of vouchers for one checkout,
//! release them.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    kernel::{id::CustomerId, validation::FieldError},
    voucher::{
        record::Voucher,
        redemption::{
            CheckoutRefusal, CheckoutVoucher, DEFAULT_HOLD_SECONDS, MAX_HOLD_SECONDS,
            ReleaseDecision,
        },
    },
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, SignedBody, UnreadBody};
use runtime::clock;
use store::{
    batch::ReadConsistency,
    voucher::redemptions::{CheckoutResult, HoldWrite},
};

use crate::{
    CustomerPath, VouchersContext,
    loaded::{LoadedCheckout, check_set},
    quote::{QuotedVoucher, best_combination},
    refusal::refuse_checkout,
    store_failure,
    views::{
        HeldVouchers, HoldRequest, Quote, QuoteRequest, ReleaseRequest, ReleasedVoucher,
        ReleasedVouchers,
    },
};

/// The most decisions in one request: the first, and again after each conflict.
pub(crate) const MAX_DECISIONS: usize = 4;

/// Prices the customer's open vouchers on a basket: what each would take off which line, or what is
/// missing, and which of them together save the most.
///
/// It changes nothing.
#[utoipa::path(
    post, path = "/v1/customers/{id}/checkout/quote", tag = "checkout", operation_id = "quote_checkout",
    security(("webhookSignature" = [])), params(("id" = String, Path)), request_body = QuoteRequest,
    responses((status = 200, body = Quote), Problem)
)]
pub async fn quote(
    State(context): State<Arc<VouchersContext>>,
    CustomerPath(customer): CustomerPath,
    signed: SignedBody,
) -> ApiResult<Json<Quote>> {
    price_basket(&context, &customer, &signed.parse()?).await.map(Json)
}

/// Tries a cart: prices a customer's open vouchers on a basket, for an operator.
///
/// It answers what the app backend would get from `quote_checkout`, and changes nothing.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/diagnostics/customers/{id}/quote", tag = "operations",
    operation_id = "try_cart", security(("jwt" = [])), params(("id" = String, Path)), request_body = QuoteRequest,
    responses((status = 200, body = Quote), Problem)
)]
pub async fn try_cart(
    State(context): State<Arc<VouchersContext>>,
    operator: Operator,
    CustomerPath(customer): CustomerPath,
    body: UnreadBody,
) -> ApiResult<Json<Quote>> {
    operator.require_role(OperatorRole::Viewer)?;
    price_basket(&context, &customer, &body.read_json().await?).await.map(Json)
}

async fn price_basket(
    context: &VouchersContext,
    customer: &CustomerId,
    request: &QuoteRequest,
) -> ApiResult<Quote> {
    check_basket(request.basket.check("/basket"))?;
    let now = clock::now();
    let loaded = LoadedCheckout::open_vouchers(context, customer, now).await?;
    let vouchers = loaded.checkout_vouchers(now);
    let hold = request.hold_key.as_ref();
    let checkout = loaded.checkout(&request.basket, &vouchers, hold, now);
    let priced =
        vouchers.iter().map(|it| QuotedVoucher::price(&checkout, it, loaded.cap_left(it.voucher)));
    let mut quoted: Vec<QuotedVoucher<'_>> = priced.collect();
    quoted.sort_by_key(QuotedVoucher::rank);
    let best = best_combination(&checkout, &quoted);
    Ok(Quote::new(&request.basket, &quoted, &best))
}

/// Holds vouchers for one checkout, all or none. The same key again renews the hold.
///
/// Until `held_until` they can be redeemed with this key on this basket for the discount that was
/// answered, whatever becomes of the campaign, its cap or the tenant's rules. A hold ends with the
/// first of its vouchers that ends, and one that is not redeemed gives everything back by itself.
#[utoipa::path(
    post, path = "/v1/customers/{id}/checkout/hold", tag = "checkout", operation_id = "hold_vouchers",
    security(("webhookSignature" = [])), params(("id" = String, Path)), request_body = HoldRequest,
    responses((status = 200, body = HeldVouchers), Problem)
)]
pub async fn hold(
    State(context): State<Arc<VouchersContext>>,
    CustomerPath(customer): CustomerPath,
    signed: SignedBody,
) -> ApiResult<Json<HeldVouchers>> {
    let request: HoldRequest = signed.parse()?;
    let mut errors = request.basket.check("/basket");
    errors.extend(check_set(&request.vouchers));
    let seconds = request.ttl_seconds.unwrap_or(DEFAULT_HOLD_SECONDS);
    if !(1..=MAX_HOLD_SECONDS).contains(&seconds) {
        let why = format!("1 to {MAX_HOLD_SECONDS} seconds");
        errors.push(FieldError::new("/ttl_seconds", "out_of_range", why));
    }
    check_basket(errors)?;
    let now = clock::now();
    for _ in 0..MAX_DECISIONS {
        let strong = ReadConsistency::Strong;
        let loaded =
            LoadedCheckout::read(&context, &customer, &request.vouchers, None, strong).await?;
        let vouchers = loaded.checkout_vouchers(now);
        let checkout = loaded.checkout(&request.basket, &vouchers, Some(&request.hold_key), now);
        let holds = match loaded
            .require_all(&request.vouchers)
            .and_then(|()| checkout.hold(&request.hold_key, seconds))
        {
            Ok(holds) => holds,
            Err(why) => {
                return Err(
                    refuse_checkout(&context, &loaded, &request.vouchers, "hold", why).await
                );
            }
        };
        let writes = holds.vouchers.iter().filter_map(|(discount, hold)| {
            Some(HoldWrite { voucher: loaded.find(&discount.voucher)?, hold })
        });
        let writes: Vec<HoldWrite<'_>> = writes.collect();
        match context.store.record_holds(&writes, now).await.map_err(store_failure)? {
            CheckoutResult::First => {
                let held = holds.vouchers.iter().map(|(discount, _)| discount);
                return Ok(Json(HeldVouchers::new(&request, holds.until, held)));
            }
            CheckoutResult::Conflict => {}
            CheckoutResult::Capped(campaign) => {
                let why = loaded.capped(&campaign);
                return Err(
                    refuse_checkout(&context, &loaded, &request.vouchers, "hold", why).await
                );
            }
        }
    }
    Err(Problem::unavailable())
}

/// Releases the holds of one checkout.
///
/// A voucher that is not held is fine; a voucher that another checkout holds is refused, and then
/// nothing is released.
#[utoipa::path(
    post, path = "/v1/customers/{id}/checkout/release", tag = "checkout", operation_id = "release_vouchers",
    security(("webhookSignature" = [])), params(("id" = String, Path)), request_body = ReleaseRequest,
    responses((status = 200, body = ReleasedVouchers), Problem)
)]
pub async fn release(
    State(context): State<Arc<VouchersContext>>,
    CustomerPath(customer): CustomerPath,
    signed: SignedBody,
) -> ApiResult<Json<ReleasedVouchers>> {
    let request: ReleaseRequest = signed.parse()?;
    check_basket(check_set(&request.vouchers))?;
    let now = clock::now();
    for _ in 0..MAX_DECISIONS {
        let strong = ReadConsistency::Strong;
        let loaded =
            LoadedCheckout::read(&context, &customer, &request.vouchers, None, strong).await?;
        if let Err(why) = loaded.require_all(&request.vouchers) {
            return Err(refuse_checkout(&context, &loaded, &request.vouchers, "release", why).await);
        }
        let mut held: Vec<&Voucher> = Vec::new();
        let mut answers = Vec::new();
        for CheckoutVoucher { voucher, .. } in loaded.checkout_vouchers(now) {
            let released = match voucher.release(&request.hold_key, now) {
                ReleaseDecision::Release => true,
                ReleaseDecision::Repeat => false,
                ReleaseDecision::Refuse(why) => {
                    let why = CheckoutRefusal::Voucher(voucher.id.clone(), why);
                    let ids = &request.vouchers;
                    return Err(refuse_checkout(&context, &loaded, ids, "release", why).await);
                }
            };
            answers.push(ReleasedVoucher { voucher_id: voucher.id.clone(), released });
            held.extend(loaded.find(&voucher.id).filter(|_| released));
        }
        if held.is_empty() {
            return Ok(Json(ReleasedVouchers { vouchers: answers }));
        }
        match context.store.release_holds(&held).await.map_err(store_failure)? {
            CheckoutResult::First => return Ok(Json(ReleasedVouchers { vouchers: answers })),
            CheckoutResult::Conflict | CheckoutResult::Capped(_) => {}
        }
    }
    Err(Problem::unavailable())
}

pub(crate) fn check_basket(errors: Vec<FieldError>) -> ApiResult<()> {
    if errors.is_empty() { Ok(()) } else { Err(Problem::validation(errors)) }
}
