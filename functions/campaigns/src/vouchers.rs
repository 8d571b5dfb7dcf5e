//! Lists the records of a campaign: its vouchers, and why other customers have none. It reads the
//! sharded index, so the order has no meaning.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    kernel::{
        channel::Channel,
        id::{CustomerId, VoucherId},
    },
    voucher::record::VoucherStatus,
};
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::voucher::records::VoucherKey;
use utoipa::IntoParams;

use crate::{
    CampaignIdPath, CampaignsContext, store_failure, unknown_campaign,
    views::{CampaignVoucher, CampaignVoucherList},
};

/// The number of shards of the index `by-campaign`.
const SHARDS: u32 = 16;
/// The most queries for one page. With a rare status the page is short and has a next page, rather
/// than being slow.
const MAX_QUERIES: usize = 40;
/// The longest code of a reason.
const MAX_REASON_BYTES: usize = 64;

/// The position at which the next page starts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct VoucherPagePosition {
    shard: u32,
    after: Option<(CustomerId, VoucherId)>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VoucherFilters {
    pub status: Option<VoucherStatus>,
    /// Only records with an attempt on this channel.
    pub channel: Option<Channel>,
    /// Only records with this reason: of a skip, of an attempt that did not succeed, or why no
    /// channel is left.
    #[param(example = "no_consent")]
    pub reason: Option<String>,
}

impl VoucherFilters {
    /// Tells whether the list shows a record.
    pub fn select(&self, view: &CampaignVoucher) -> bool {
        let has_reason = |reason: &str| {
            let attempts = view.attempts.values().filter_map(|attempt| attempt.reason.as_deref());
            let others = view.skip_reason.into_iter().chain(view.undeliverable.as_deref());
            attempts.chain(others).any(|it| it == reason)
        };
        self.status.is_none_or(|status| status == view.status)
            && self.channel.is_none_or(|channel| view.attempts.contains_key(&channel))
            && self.reason.as_deref().is_none_or(has_reason)
    }
}

/// Lists the campaign's vouchers and the records of customers without one.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/vouchers", tag = "campaigns", operation_id = "list_campaign_vouchers", security(("jwt" = [])),
    params(("id" = String, Path), VoucherFilters, PageParams),
    responses((status = 200, body = CampaignVoucherList), Problem)
)]
pub async fn list(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    paging: Paging<CampaignsContext, VoucherFilters>,
) -> ApiResult<Json<CampaignVoucherList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let (limit, filters) = (paging.page_limit()? as usize, &paging.filters);
    let reason = check_reason(filters.reason.as_deref())?;
    let list = format!(
        "vouchers/{id}?status={}&channel={}&reason={reason}",
        filters.status.map_or("", |status| status.as_str()),
        filters.channel.map_or("", |channel| channel.as_str()),
    );
    let mut position: VoucherPagePosition = paging.read_position(&list).await?.unwrap_or_default();
    let summary = context
        .store
        .campaign_summary(&id)
        .await
        .map_err(store_failure)?
        .ok_or_else(unknown_campaign)?;
    let now = clock::now();
    let mut items = Vec::new();
    for _ in 0..MAX_QUERIES {
        let wanted = limit - items.len();
        if wanted == 0 || position.shard >= SHARDS {
            break;
        }
        let after =
            position.after.take().map(|(customer, voucher)| VoucherKey { customer, voucher });
        let (found, next) = context
            .store
            .campaign_vouchers(
                &id,
                position.shard,
                after.as_ref(),
                i32::try_from(wanted).unwrap_or(i32::MAX),
            )
            .await
            .map_err(store_failure)?;
        let views =
            found.into_iter().map(|voucher| CampaignVoucher::new(voucher, summary.revoke, now));
        items.extend(views.filter(|view| filters.select(view)));
        position = match next {
            Some(key) => VoucherPagePosition {
                shard: position.shard,
                after: Some((key.customer, key.voucher)),
            },
            None => VoucherPagePosition { shard: position.shard + 1, after: None },
        };
    }
    let next = (position.shard < SHARDS).then_some(&position);
    let next_cursor = paging.sign_position(&list, next).await?;
    Ok(Json(CampaignVoucherList { items, next_cursor }))
}

/// Returns the code of a reason, or nothing. Refuses what no reason looks like.
fn check_reason(reason: Option<&str>) -> ApiResult<&str> {
    let reason = reason.unwrap_or_default();
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if reason.len() <= MAX_REASON_BYTES && reason.bytes().all(is_code) {
        Ok(reason)
    } else {
        Err(Problem::bad_request("invalid_query", "reason is a code such as no_consent"))
    }
}
