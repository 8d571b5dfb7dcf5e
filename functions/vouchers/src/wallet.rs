//! The wallet: a customer's vouchers, newest first. Records of holdout and skips are not vouchers and are not shown.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::id::CustomerId;
use http_api::{Answer, Params, Problem, Signed};
use runtime::clock;
use serde::Deserialize;
use store::customers::Found;

use crate::{
    Context, failed,
    views::{VoucherView, Wallet},
};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WalletParams {
    /// Only those in this status.
    status: Option<domain::voucher::Status>,
}

/// What the customer holds, and has held.
#[utoipa::path(
    get, path = "/v1/customers/{id}/vouchers", tag = "vouchers", operation_id = "list_vouchers", security(("webhookSignature" = [])),
    params(("id" = String, Path), WalletParams),
    responses((status = 200, body = Wallet), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(
    State(context): State<Arc<Context>>,
    Path(customer): Path<String>,
    Params(params): Params<WalletParams>,
    _signed: Signed,
) -> Answer<Json<Wallet>> {
    let unknown = || Problem::not_found("customer_unknown").with_detail("there is no such customer");
    let customer = CustomerId::parse(&customer).map_err(|_| unknown())?;
    match context.store.customer(&customer).await.map_err(failed)? {
        Found::Customer(_) => {}
        Found::Erased => return Err(Problem::gone("customer_erased", "this customer was erased")),
        Found::Unknown => return Err(unknown()),
    }
    let now = clock::now();
    let mut items = Vec::new();
    for voucher in context.store.vouchers_of(&customer).await.map_err(failed)? {
        if !voucher.status.is_voucher() {
            continue;
        }
        if let Some(offered) = context.campaigns.offered(&voucher.campaign).await.map_err(failed)? {
            items.push(VoucherView::new(&voucher, &offered.definition, offered.revoke, now));
        }
    }
    items.retain(|view| params.status.is_none_or(|status| status == view.status));
    items.sort_by(|a, b| b.issued_at.cmp(&a.issued_at).then_with(|| a.voucher_id.cmp(&b.voucher_id)));
    Ok(Json(Wallet { items }))
}
