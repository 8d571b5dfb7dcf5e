//! The records of a campaign: its vouchers, and why others have none. Read from the sharded index, so in no order that means anything.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::id::{CustomerId, VoucherId};
use http_api::{Answer, Operator, Params, Problem, Role, query};
use serde::{Deserialize, Serialize};
use store::vouchers::VoucherKey;

use crate::{
    Context, Id, failed, now, unknown_campaign,
    views::{CampaignVoucher, CampaignVoucherList, VoucherParams},
};

/// Shards of the index `by-campaign`.
const SHARDS: u32 = 16;
/// Queries of one page: with a rare status the page is short and has a next one, rather than slow.
const MAX_QUERIES: usize = 40;

/// Where the next page starts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Position {
    shard: u32,
    after: Option<(CustomerId, VoucherId)>,
}

/// Its vouchers, and the records of customers who got none.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/vouchers", tag = "campaigns", operation_id = "list_campaign_vouchers", security(("jwt" = [])),
    params(("id" = String, Path), VoucherParams),
    responses((status = 200, body = CampaignVoucherList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    Params(params): Params<VoucherParams>,
) -> Answer<Json<CampaignVoucherList>> {
    operator.require(Role::Viewer)?;
    let limit = query::limit(params.limit)? as usize;
    let list = format!("vouchers/{id}?status={}", params.status.map_or("", |status| status.as_str()));
    let mut position = match &params.cursor {
        Some(cursor) => context.cursors().await?.open(&list, cursor)?,
        None => Position::default(),
    };
    let standing = context.store.campaign_state(&id).await.map_err(failed)?.ok_or_else(unknown_campaign)?;
    let now = now();
    let mut items = Vec::new();
    for _ in 0..MAX_QUERIES {
        let wanted = limit - items.len();
        if wanted == 0 || position.shard >= SHARDS {
            break;
        }
        let after = position.after.take().map(|(customer, voucher)| VoucherKey { customer, voucher });
        let (found, next) = context
            .store
            .campaign_vouchers(&id, position.shard, after.as_ref(), i32::try_from(wanted).unwrap_or(i32::MAX))
            .await
            .map_err(failed)?;
        let views = found.into_iter().map(|voucher| CampaignVoucher::new(voucher, standing.revoke, now));
        items.extend(views.filter(|view| params.status.is_none_or(|status| status == view.status)));
        position = match next {
            Some(key) => Position { shard: position.shard, after: Some((key.customer, key.voucher)) },
            None => Position { shard: position.shard + 1, after: None },
        };
    }
    let next_cursor = match position.shard < SHARDS {
        true => Some(context.cursors().await?.seal(&list, &position)),
        false => None,
    };
    Ok(Json(CampaignVoucherList { items, next_cursor }))
}
