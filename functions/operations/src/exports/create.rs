//! Starts an export, after everything about it is checked.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::audience::AudienceRule,
    kernel::{
        audit_kind::AuditKind,
        id::{CampaignId, ExportId, encode_crockford},
        validation::FieldError,
    },
};
use export_files::export::{
    Export, ExportFilter, ExportFormat, ExportKind, MAX_PURPOSE_BYTES, NewExport,
};
use http::StatusCode;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use runtime::clock;
use serde::Deserialize;
use serde_json::Value;
use store::{
    campaign::campaigns::AuditedChange, conditional::Applied, reporting::exports::StoredExport,
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ExportsContext, required_role,
    views::{ExportFileFormat, ExportFileKind, ExportView},
};
use crate::{actor_name, store_problem};

/// The letters of an id.
const SYMBOLS: usize = 20;

/// The data that is wanted, and its form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    kind: ExportFileKind,
    format: ExportFileFormat,
    #[serde(default)]
    filter: ExportRequestFilter,
    /// True to have names, addresses and cities of customers as well. Only administrators may, with
    /// a purpose.
    #[serde(default)]
    contacts: bool,
    /// The purpose of an export of contacts, for the audit log. 1 to 500 bytes.
    #[serde(default)]
    purpose: Option<String>,
}

/// The records that are wanted; all of the kind if nothing is named.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExportRequestFilter {
    /// The only campaign whose vouchers and orders are wanted, or that is itself.
    #[schema(value_type = Option<String>)]
    campaign: Option<String>,
    /// The first moment of the period: of vouchers when they were issued, of orders when they were
    /// placed, of campaigns when they were created, of suppressions when they were first said.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// The moment at which the period is over.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// The rule that selects the customers.
    #[schema(value_type = Option<AudienceRule>)]
    audience: Option<Value>,
}

/// Starts an export. Its state tells how far it is, and has the addresses of its files once it is
/// done.
#[utoipa::path(
    post, path = "/v1/exports", tag = "operations", operation_id = "create_export",
    security(("jwt" = [])), request_body = ExportRequest,
    responses((status = 202, body = ExportView), Problem)
)]
pub async fn create(
    State(context): State<Arc<ExportsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<(StatusCode, Json<ExportView>)> {
    operator.require_role(OperatorRole::Viewer)?;
    let request: ExportRequest = body.read_json().await?;
    let kind = ExportKind::from(request.kind);
    operator.require_role(required_role(kind, request.contacts))?;
    let new = read_request(request, &operator)?;
    if let Some(campaign) = &new.filter.campaign {
        let known = context.store.campaign_summary(campaign).await.map_err(store_problem)?;
        if known.is_none() {
            return Err(Problem::field("/filter/campaign", "unknown", "there is no such campaign"));
        }
    }
    let now = clock::now();
    if let (true, Some(purpose)) = (new.contacts, &new.purpose) {
        let (actor, action) = (new.created_by.as_str(), "export_contacts");
        let noted = AuditedChange { actor, action, note: purpose, at: now };
        let recorded = context.store.record_act(AuditKind::Export, new.id.as_str(), &noted);
        recorded.await.map_err(store_problem)?;
    }
    let mut stored = StoredExport { export: Export::new(new, now), version: 0 };
    put(&context, &stored, now).await?;
    let Export { id, kind, contacts, created_by, .. } = &stored.export;
    tracing::info!(by = created_by, export = %id, kind = kind.as_str(), contacts, "export started");
    if let Err(problem) = context.nudge(id).await {
        // nobody would ever begin: the export is over, and whoever asked may ask again
        stored.version = 1;
        stored.export.fail("not_started", "the queue took no message: start another one", now);
        put(&context, &stored, now).await?;
        return Err(problem);
    }
    let view = ExportView::new(&stored.export, None).await?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

async fn put(
    context: &ExportsContext,
    stored: &StoredExport<Export>,
    now: Timestamp,
) -> ApiResult<()> {
    let export = &stored.export;
    let put = context.store.put_export(&export.id, stored, export.created_at, now).await;
    match put.map_err(store_problem)? {
        Applied::Yes => Ok(()),
        Applied::Conflict => Err(Problem::unavailable()),
    }
}

fn read_request(request: ExportRequest, operator: &Operator) -> ApiResult<NewExport> {
    let ExportRequest { kind, format, filter, contacts, purpose } = request;
    let (kind, format) = (ExportKind::from(kind), ExportFormat::from(format));
    let mut errors = Vec::new();
    if contacts && kind != ExportKind::Customers {
        let detail = "only an export of customers has contacts";
        errors.push(FieldError::new("/contacts", "not_applicable", detail));
    }
    let purpose = purpose.map(|purpose| purpose.trim().to_owned());
    errors.extend(purpose_error(contacts, purpose.as_deref()));
    let filter = read_filter(kind, filter, &mut errors);
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let id = format!("exp_{}", encode_crockford(Uuid::now_v7().as_bytes(), SYMBOLS));
    let id = ExportId::parse(&id).map_err(|error| Problem::from_failure(&error, false))?;
    let (created_by, owner) = (actor_name(operator), operator.subject.clone());
    Ok(NewExport { id, kind, format, filter, contacts, purpose, created_by, owner })
}

fn purpose_error(contacts: bool, purpose: Option<&str>) -> Option<FieldError> {
    match purpose {
        None if contacts => {
            let detail = "an export of contacts needs a purpose, which the audit log keeps";
            Some(FieldError::new("/purpose", "required", detail))
        }
        None => None,
        Some(text) => {
            let fits = (1..=MAX_PURPOSE_BYTES).contains(&text.len());
            let is_text = fits && !text.chars().any(char::is_control);
            let detail = format!("1 to {MAX_PURPOSE_BYTES} bytes on one line");
            (!is_text).then(|| FieldError::new("/purpose", "invalid", detail))
        }
    }
}

fn read_filter(
    kind: ExportKind,
    filter: ExportRequestFilter,
    errors: &mut Vec<FieldError>,
) -> ExportFilter {
    let ExportRequestFilter { campaign, from, to, audience } = filter;
    let (of_campaign, of_period) = match kind {
        ExportKind::Vouchers | ExportKind::Orders | ExportKind::Campaigns => (true, true),
        ExportKind::Suppressions => (false, true),
        ExportKind::Customers => (false, false),
    };
    let mut refuse = |is_given: bool, fits: bool, field: &'static str| {
        if is_given && !fits {
            let detail = format!("an export of {} has no such filter", kind.as_str());
            errors.push(FieldError::new(field, "not_applicable", detail));
        }
    };
    refuse(campaign.is_some(), of_campaign, "/filter/campaign");
    refuse(from.is_some(), of_period, "/filter/from");
    refuse(to.is_some(), of_period, "/filter/to");
    refuse(audience.is_some(), kind == ExportKind::Customers, "/filter/audience");
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        errors.push(FieldError::new("/filter/to", "out_of_range", "after the period's beginning"));
    }
    let campaign = campaign.and_then(|id| match CampaignId::parse(&id) {
        Ok(id) => Some(id),
        Err(error) => {
            errors.push(FieldError::new("/filter/campaign", "invalid", error.to_string()));
            None
        }
    });
    let audience = audience.and_then(|rule| {
        let parsed = AudienceRule::parse(&rule, "/filter/audience");
        parsed.map_err(|found| errors.extend(found)).ok()
    });
    ExportFilter { campaign, from, to, audience }
}
