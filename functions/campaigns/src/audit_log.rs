//! The log of what all operators and the system itself changed: campaigns, settings, customers'
//! vouchers, suppressions, imports, the catalogue, webhook endpoints and the rest, in one form.
//!
//! Reads the index `listing` of Control and the records. Writes nothing. Guarantees: a page looks
//! at a bounded number of records, and may be short or empty before the end.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    kernel::{audit_kind::AuditKind, id::CampaignId},
};
use http::HeaderMap;
use http_edge::{
    ApiResult, Operator, OperatorRole, PageParams, Paging, Problem,
    csv::{csv_response, wants_csv},
};
use serde::{Deserialize, Serialize};
use store::campaign::campaigns::{AuditLogQuery, AuditLogRecord};
use utoipa::{IntoParams, ToSchema};

use crate::{CampaignsContext, audit::AuditView, store_failure};

/// The longest part of an actor to search for, in bytes.
const MAX_ACTOR_BYTES: usize = 200;
/// The columns of the log as CSV.
const COLUMNS: [&str; 9] =
    ["at", "actor", "kind", "subject", "subject_name", "action", "before", "after", "note"];

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditLogFilters {
    /// A part of the actor: a name or a subject, in any case. The system itself is `system`.
    pub actor: Option<String>,
    #[param(inline)]
    pub kind: Option<AuditKind>,
    /// The first moment of the period.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// The first moment after the period.
    #[param(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The format; `csv` returns the records as a table.
    #[param(inline)]
    pub format: Option<AuditLogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditLogFormat {
    Json,
    Csv,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLogEntry {
    pub kind: AuditKind,
    /// The campaign's id, the setting's name, or what else it was done to.
    #[schema(example = "costs")]
    pub subject: String,
    /// The campaign's name now; `null` for other subjects and for a draft that was deleted.
    pub subject_name: Option<String>,
    /// The voucher of an act on one match or voucher; `null` otherwise.
    pub voucher: Option<String>,
    #[serde(flatten)]
    pub record: AuditView,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLog {
    /// Newest first.
    pub items: Vec<AuditLogEntry>,
    /// The `cursor` of the next page; `null` on the last page. A page can be short or empty and
    /// still have a next page.
    pub next_cursor: Option<String>,
}

/// Lists who did what, newest first, over all campaigns, settings, customers and the rest.
///
/// Acts from before this list existed are in the history of their campaign.
#[utoipa::path(
    get, path = "/v1/audit", tag = "campaigns", operation_id = "list_audit_log", security(("jwt" = [])),
    params(AuditLogFilters, PageParams),
    responses((status = 200, body = AuditLog), Problem)
)]
pub async fn list(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    headers: HeaderMap,
    paging: Paging<CampaignsContext, AuditLogFilters>,
) -> ApiResult<Response> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = paging.page_limit()? as usize;
    let query = parse_query(&paging.filters)?;
    let list = format!("audit?{query:?}");
    let after: Option<String> = paging.read_position(&list).await?;
    let page = context.store.list_audit_log(&query, after.as_deref(), limit).await;
    let page = page.map_err(store_failure)?;
    let next_cursor = paging.sign_position(&list, page.next.as_ref()).await?;
    let names = read_names(&context, &page.records).await?;
    let items: Vec<AuditLogEntry> =
        page.records.into_iter().map(|record| log_entry(record, &names)).collect();
    let csv = paging.filters.format.map(|format| format == AuditLogFormat::Csv);
    if wants_csv(csv, &headers) {
        let rows: Vec<Vec<String>> = items.iter().map(csv_row).collect();
        return Ok(csv_response("audit", &COLUMNS, &rows, next_cursor.as_deref()));
    }
    Ok(Json(AuditLog { items, next_cursor }).into_response())
}

fn parse_query(filters: &AuditLogFilters) -> ApiResult<AuditLogQuery> {
    let invalid = |detail: String| Problem::bad_request("invalid_query", detail);
    let actor = filters.actor.as_deref().map(str::trim).filter(|actor| !actor.is_empty());
    if actor.is_some_and(|actor| actor.len() > MAX_ACTOR_BYTES) {
        return Err(invalid(format!("actor has at most {MAX_ACTOR_BYTES} bytes")));
    }
    let (from, until) = (filters.from, filters.until);
    if from.zip(until).is_some_and(|(from, until)| until <= from) {
        return Err(invalid("until is later than from".to_owned()));
    }
    Ok(AuditLogQuery { actor: actor.map(str::to_owned), kind: filters.kind, from, until })
}

/// Reads the names of the campaigns that the records are about, in one request.
async fn read_names(
    context: &CampaignsContext,
    records: &[AuditLogRecord],
) -> ApiResult<HashMap<CampaignId, String>> {
    let mut ids: Vec<CampaignId> = records
        .iter()
        .filter(|record| matches!(record.kind, AuditKind::Campaign | AuditKind::Customer))
        .filter_map(|record| CampaignId::parse(&record.subject).ok())
        .collect();
    ids.sort();
    ids.dedup();
    let found = context.store.campaign_summaries(ids.iter()).await.map_err(store_failure)?;
    Ok(found.into_iter().map(|(id, summary)| (id, summary.name)).collect())
}

fn log_entry(found: AuditLogRecord, names: &HashMap<CampaignId, String>) -> AuditLogEntry {
    let AuditLogRecord { kind, subject, voucher, record, place: _ } = found;
    let subject_name = CampaignId::parse(&subject).ok().and_then(|id| names.get(&id).cloned());
    AuditLogEntry { kind, subject, subject_name, voucher, record: record.into() }
}

fn csv_row(entry: &AuditLogEntry) -> Vec<String> {
    let AuditLogEntry { kind, subject, subject_name, voucher: _, record } = entry;
    let state = |state: Option<domain::campaign::lifecycle::CampaignState>| {
        state.map(|state| state.as_str().to_owned()).unwrap_or_default()
    };
    vec![
        record.at.to_string(),
        record.actor.clone(),
        kind.as_str().to_owned(),
        subject.clone(),
        subject_name.clone().unwrap_or_default(),
        record.action.clone(),
        state(record.before),
        state(record.after),
        record.note.clone(),
    ]
}
