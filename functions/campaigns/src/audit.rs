//! The history of a campaign.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::{definition_change::FieldChange, lifecycle::CampaignState},
};
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem};
use serde::Serialize;
use store::campaign::campaigns::AuditRecord;
use utoipa::ToSchema;

use crate::{CampaignIdPath, CampaignsContext, store_failure, unknown_campaign};

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The campaign's or the setting's version after the change; 0 for what has none.
    pub version: u64,
    pub actor: String,
    #[schema(example = "launch")]
    pub action: String,
    /// The state before; `null` for a creation.
    pub before: Option<CampaignState>,
    /// The state after; `null` for a deletion.
    pub after: Option<CampaignState>,
    pub note: String,
    /// The changed parts of an edit or amendment with their values before and after, at most 40;
    /// `note` names all of them.
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

/// Lists who changed the campaign and how, newest first. A deleted draft keeps its history.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/audit", tag = "campaigns", operation_id = "list_campaign_audit", security(("jwt" = [])),
    params(("id" = String, Path), PageParams),
    responses((status = 200, body = AuditList), Problem)
)]
pub async fn list(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    paging: Paging<CampaignsContext>,
) -> ApiResult<Json<AuditList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = paging.page_limit()?;
    let list = format!("audit/{id}");
    let after: Option<String> = paging.read_position(&list).await?;
    let page = context
        .store
        .list_audit_records(&id, after.as_deref(), i32::try_from(limit).unwrap_or(i32::MAX))
        .await
        .map_err(store_failure)?;
    if page.records.is_empty() && after.is_none() {
        return Err(unknown_campaign());
    }
    let next_cursor = paging.sign_position(&list, page.next.as_ref()).await?;
    Ok(Json(AuditList {
        items: page.records.into_iter().map(AuditView::from).collect(),
        next_cursor,
    }))
}
