//! The wallet: a customer's vouchers, newest first. Records of holdout and skips are not vouchers and are not shown.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    id::{CampaignId, CustomerId},
    voucher::Voucher,
};
use futures::{StreamExt, stream};
use http_api::{Answer, Params, Problem, Signed};
use runtime::clock;
use serde::Deserialize;
use store::customers::Found;

use crate::{
    Context, Offered, failed,
    views::{VoucherView, Wallet},
};

/// Vouchers of one answer: it stays below a megabyte.
const MAX_SHOWN: usize = 1_000;
/// Campaigns that are asked at once.
const CONCURRENCY: usize = 16;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WalletParams {
    /// Only those in this status.
    status: Option<domain::voucher::Status>,
}

/// What the customer holds, and has held: the newest thousand.
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
    let mut vouchers = context.store.vouchers_of(&customer).await.map_err(failed)?;
    vouchers.retain(|voucher| voucher.status.is_voucher());
    let offered = offered(&context, &vouchers).await?;
    let view = |voucher: &Voucher| {
        let offered = offered.get(&voucher.campaign)?;
        Some(VoucherView::new(voucher, &offered.definition, offered.revoke, now))
    };
    let mut items: Vec<VoucherView> = vouchers.iter().filter_map(view).collect();
    items.retain(|view| params.status.is_none_or(|status| status == view.status));
    items.sort_by(|a, b| b.issued_at.cmp(&a.issued_at).then_with(|| a.voucher_id.cmp(&b.voucher_id)));
    items.truncate(MAX_SHOWN);
    Ok(Json(Wallet { items }))
}

/// The campaigns of these vouchers, those that are gone left out.
async fn offered(context: &Context, vouchers: &[Voucher]) -> Answer<HashMap<CampaignId, Arc<Offered>>> {
    let campaigns: HashSet<&CampaignId> = vouchers.iter().map(|voucher| &voucher.campaign).collect();
    let asked = campaigns.into_iter().cloned().map(|campaign| async move {
        let offered = context.campaigns.offered(&campaign).await.map_err(failed)?;
        Answer::Ok(offered.map(|offered| (campaign, offered)))
    });
    let answers: Vec<_> = stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(CONCURRENCY).collect().await;
    answers.into_iter().filter_map(Answer::transpose).collect()
}
