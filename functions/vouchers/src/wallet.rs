//! The wallet: a customer's vouchers, newest first. Held-out, skipped and failed records are not
//! vouchers and are not shown.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    kernel::id::{CampaignId, CustomerId},
    voucher::record::Voucher,
};
use futures::{StreamExt, stream};
use http_edge::{ApiResult, Problem, QueryParams, SignedBody};
use runtime::clock;
use serde::Deserialize;
use store::customer::profiles::CustomerLookup;

use crate::{
    ActiveCampaign, VouchersContext, store_failure,
    views::{VoucherView, Wallet},
};

/// The most vouchers in one answer, which keeps it below a megabyte.
const MAX_SHOWN: usize = 1_000;
/// Campaigns loaded at the same time.
const CONCURRENCY: usize = 16;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WalletParams {
    /// Filters the vouchers by status.
    status: Option<domain::voucher::record::VoucherStatus>,
}

/// Lists the customer's vouchers, past ones included: the newest thousand.
#[utoipa::path(
    get, path = "/v1/customers/{id}/vouchers", tag = "vouchers", operation_id = "list_vouchers", security(("webhookSignature" = [])),
    params(("id" = String, Path), WalletParams),
    responses((status = 200, body = Wallet), Problem)
)]
pub async fn list(
    State(context): State<Arc<VouchersContext>>,
    Path(customer): Path<String>,
    QueryParams(params): QueryParams<WalletParams>,
    _signed: SignedBody,
) -> ApiResult<Json<Wallet>> {
    let unknown =
        || Problem::not_found("customer_unknown").with_detail("there is no such customer");
    let customer = CustomerId::parse(&customer).map_err(|_| unknown())?;
    match context.store.customer(&customer).await.map_err(store_failure)? {
        CustomerLookup::Customer(_) => {}
        CustomerLookup::Erased => {
            return Err(Problem::gone("customer_erased", "this customer was erased"));
        }
        CustomerLookup::Unknown => return Err(unknown()),
    }
    let now = clock::now();
    let mut vouchers = context.store.customer_vouchers(&customer).await.map_err(store_failure)?;
    vouchers.retain(|voucher| voucher.status.is_voucher());
    let offered = load_campaigns(&context, &vouchers).await?;
    let view = |voucher: &Voucher| {
        let offered = offered.get(&voucher.campaign)?;
        Some(VoucherView::new(voucher, &offered.definition, offered.revoke, now))
    };
    let mut items: Vec<VoucherView> = vouchers.iter().filter_map(view).collect();
    items.retain(|view| params.status.is_none_or(|status| status == view.status));
    items.sort_by(|a, b| {
        b.issued_at.cmp(&a.issued_at).then_with(|| a.voucher_id.cmp(&b.voucher_id))
    });
    items.truncate(MAX_SHOWN);
    Ok(Json(Wallet { items }))
}

/// Loads the campaigns of these vouchers. Deleted ones are left out.
async fn load_campaigns(
    context: &VouchersContext,
    vouchers: &[Voucher],
) -> ApiResult<HashMap<CampaignId, Arc<ActiveCampaign>>> {
    let campaigns: HashSet<&CampaignId> =
        vouchers.iter().map(|voucher| &voucher.campaign).collect();
    let asked = campaigns.into_iter().cloned().map(|campaign| async move {
        let offered = context.campaigns.active_campaign(&campaign).await.map_err(store_failure)?;
        ApiResult::Ok(offered.map(|offered| (campaign, offered)))
    });
    let answers: Vec<_> =
        stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(CONCURRENCY).collect().await;
    answers.into_iter().filter_map(ApiResult::transpose).collect()
}
