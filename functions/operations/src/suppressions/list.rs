//! The list of suppressed addresses of one channel, the latest first, as JSON and as a CSV file that
//! the import takes back. Addresses are shown by their keys: what is kept does not reveal them.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::kernel::channel::Channel;
use http::HeaderMap;
use http_edge::{
    ApiResult, Operator, OperatorRole, Paging, Problem,
    csv::{csv_response, wants_csv},
};
use serde::{Deserialize, Serialize};
use store::customer::addresses::SuppressedPosition;
use utoipa::{IntoParams, ToSchema};

use super::AddressView;
use crate::{OperationsContext, store_problem};

/// The columns of the file. The import reads the same ones.
const COLUMNS: [&str; 7] = ["key", "channel", "reason", "at", "source", "by", "note"];

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SuppressionFilters {
    /// The channel of the addresses. It is asked for once the caller's role is known.
    #[serde(default)]
    #[param(inline, required)]
    channel: Option<Channel>,
    /// The format; `csv` is also chosen by `Accept: text/csv`.
    #[serde(default)]
    #[param(inline)]
    format: Option<ListFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListFormat {
    Json,
    Csv,
}

#[derive(Serialize, ToSchema)]
pub struct SuppressionList {
    items: Vec<AddressView>,
    /// The cursor of the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Lists the suppressed addresses of a channel, the latest first.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/suppressions", tag = "operations",
    operation_id = "list_suppressions", security(("jwt" = [])),
    params(SuppressionFilters, http_edge::PageParams),
    responses((status = 200, content((SuppressionList = "application/json"), (String = "text/csv"))), Problem)
)]
pub async fn list(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    headers: HeaderMap,
    paging: Paging<OperationsContext, SuppressionFilters>,
) -> ApiResult<Response> {
    operator.require_role(OperatorRole::Viewer)?;
    let (limit, channel) = (paging.page_limit()?, paging.filters.channel);
    let channel =
        channel.ok_or_else(|| Problem::bad_request("invalid_query", "channel is missing"))?;
    let list = format!("suppressions?channel={channel}");
    let position = paging.read_position::<SuppressedPosition>(&list).await?;
    let page = context
        .store
        .suppressed_addresses(channel, limit, position.as_ref())
        .await
        .map_err(store_problem)?;
    let next_cursor = paging.sign_position(&list, page.next.as_ref()).await?;
    let views = page.addresses.into_iter().map(|it| AddressView::new(it.key, &it.state));
    let items: Vec<AddressView> = views.collect();
    let csv = paging.filters.format.map(|format| format == ListFormat::Csv);
    Ok(if wants_csv(csv, &headers) {
        let rows: Vec<Vec<String>> = items.iter().flat_map(rows).collect();
        csv_response("suppressions", &COLUMNS, &rows, next_cursor.as_deref())
    } else {
        Json(SuppressionList { items, next_cursor }).into_response()
    })
}

/// Returns a line for each suppression in force.
fn rows(address: &AddressView) -> Vec<Vec<String>> {
    let in_force = address.suppressions.iter().filter(|no| no.in_force);
    let row = |no: &super::AddressSuppressionView| {
        vec![
            address.key.to_string(),
            address.channel.to_string(),
            no.reason.as_str().to_owned(),
            no.since.to_string(),
            no.source.clone(),
            no.by.clone().unwrap_or_default(),
            no.note.clone().unwrap_or_default(),
        ]
    };
    in_force.map(row).collect()
}
