//! A campaign's history.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{Timestamp, campaign::State as Stands, definition_change::FieldChange};
use http_api::{Answer, Operator, Params, Problem, Role, query};
use serde::Serialize;
use store::control::AuditRecord;
use utoipa::ToSchema;

use crate::{Context, Id, failed, unknown_campaign, views::PageParams};

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The campaign's version after the change.
    pub version: u64,
    pub actor: String,
    #[schema(example = "launch")]
    pub action: String,
    /// The state before; `null` for a creation.
    pub before: Option<Stands>,
    /// The state after; `null` for a deletion.
    pub after: Option<Stands>,
    pub note: String,
    /// Of an edit or amendment: at most 40 parts with their values before and after; `note` names all.
    pub changes: Vec<FieldChange>,
}

impl From<AuditRecord> for AuditView {
    fn from(record: AuditRecord) -> Self {
        let AuditRecord { at, version, actor, action, before, after, note, changes } = record;
        Self { at, version, actor, action, before, after, note, changes }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditList {
    /// Newest first.
    pub items: Vec<AuditView>,
    pub next_cursor: Option<String>,
}

/// Who did what with it, newest first. A deleted draft keeps its history.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/audit", tag = "campaigns", operation_id = "list_campaign_audit", security(("jwt" = [])),
    params(("id" = String, Path), PageParams),
    responses((status = 200, body = AuditList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    Params(params): Params<PageParams>,
) -> Answer<Json<AuditList>> {
    operator.require(Role::Viewer)?;
    let limit = query::limit(params.limit)?;
    let list = format!("audit/{id}");
    let after: Option<String> = match &params.cursor {
        Some(cursor) => Some(context.cursors().await?.open(&list, cursor)?),
        None => None,
    };
    let page =
        context.store.audit(&id, after.as_deref(), i32::try_from(limit).unwrap_or(i32::MAX)).await.map_err(failed)?;
    if page.records.is_empty() && after.is_none() {
        return Err(unknown_campaign());
    }
    let next_cursor = match &page.next {
        Some(next) => Some(context.cursors().await?.seal(&list, next)),
        None => None,
    };
    Ok(Json(AuditList { items: page.records.into_iter().map(AuditView::from).collect(), next_cursor }))
}
