//! Changes an import that is there: checks it with other meanings, starts it, cancels it.
//!
//! Guarantees: a change is written only over the state that it was decided on, so a batch of the
//! worker that ends meanwhile is counted; whoever repeats a request changes nothing more.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{Timestamp, kernel::audit_kind::AuditKind};
use http::StatusCode;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use import_files::systems::ColumnMapping;
use importing::import::{Import, ImportAction, ImportRefusal, ImportStage};
use jiff::SignedDuration;
use queue::ImportNudge;
use runtime::clock;
use serde::Deserialize;
use store::conditional::Applied;
use utoipa::ToSchema;

use super::{
    ImportsContext,
    requests::{ImportDefaultValues, check_mapping},
    views::ImportView,
};
use crate::{actor_name, contended, record_act, store_problem};

/// Attempts to write a change while the worker writes its batches, each a second or so apart.
const ATTEMPTS: usize = 8;
/// The time without progress after which a repeated request nudges the worker again.
const STALE: SignedDuration = SignedDuration::from_mins(1);

/// Other meanings and statements for a check.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ImportCheckRequest {
    /// The meanings of columns, by their names: a field, or `ignore`. What is not named is guessed.
    /// Without this member the meanings stay as they are.
    mapping: Option<BTreeMap<String, String>>,
    /// They stay as they are without this member.
    defaults: Option<ImportDefaultValues>,
}

/// The confirmation with which an import starts.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ImportStartRequest {
    /// The meanings that the operator has seen in the check. If they are given and are not those of
    /// the check, nothing starts.
    mapping: Option<BTreeMap<String, String>>,
}

/// Checks the file of an import once more, with other meanings of its columns. Nothing is taken.
#[utoipa::path(
    post, path = "/v1/imports/{id}/check", tag = "operations", operation_id = "check_import",
    security(("jwt" = [])), params(("id" = String, Path)), request_body = ImportCheckRequest,
    responses((status = 202, body = ImportView), Problem,
        (status = 404, body = Problem, description = "`import_unknown`"),
        (status = 409, body = Problem, description = "`import_not_checked`, `import_running` or `import_over`"))
)]
pub async fn check(
    State(context): State<Arc<ImportsContext>>,
    operator: Operator,
    Path(id): Path<String>,
    body: UnreadBody,
) -> ApiResult<(StatusCode, Json<ImportView>)> {
    operator.require_role(OperatorRole::Marketer)?;
    let ImportCheckRequest { mapping, defaults } = body.read_json().await?;
    let mapping = read_mapping(&context, &id, mapping).await?;
    let defaults = defaults.map(ImportDefaultValues::check).transpose()?;
    let by = actor_name(&operator);
    let change = |import: &mut Import, now| {
        if is_repeat(import, ImportStage::Reading, ImportAction::Checked) {
            return Ok(Change::None);
        }
        import.check_again(mapping.clone(), defaults.clone(), &by, now)?;
        Ok(Change::Made)
    };
    let view = change_import(&context, &id, (&operator, "check"), change).await?;
    tracing::info!(by, import = id, "import checked again");
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Checks a mapping that a request brings against the columns of the import's file.
async fn read_mapping(
    context: &ImportsContext,
    id: &str,
    mapping: Option<BTreeMap<String, String>>,
) -> ApiResult<Option<ColumnMapping>> {
    let import = context.load(id).await?.import;
    let columns = import.facts.as_ref().map(|facts| facts.columns.as_slice());
    mapping.map(|mapping| check_mapping(mapping, import.kind, columns)).transpose()
}

/// Starts taking a file that was checked.
#[utoipa::path(
    post, path = "/v1/imports/{id}/start", tag = "operations", operation_id = "start_import",
    security(("jwt" = [])), params(("id" = String, Path)), request_body = ImportStartRequest,
    responses((status = 202, body = ImportView), Problem,
        (status = 404, body = Problem, description = "`import_unknown`"),
        (status = 409, body = Problem, description = "`import_not_checked`, `mapping_not_checked` or `import_over`"))
)]
pub async fn start(
    State(context): State<Arc<ImportsContext>>,
    operator: Operator,
    Path(id): Path<String>,
    body: UnreadBody,
) -> ApiResult<(StatusCode, Json<ImportView>)> {
    operator.require_role(OperatorRole::Marketer)?;
    let ImportStartRequest { mapping } = body.read_json().await?;
    let mapping = read_mapping(&context, &id, mapping).await?;
    let by = actor_name(&operator);
    let change = |import: &mut Import, now| {
        if is_repeat(import, ImportStage::Running, ImportAction::Started) {
            return Ok(Change::None);
        }
        import.start(mapping.as_ref(), &by, now)?;
        Ok(Change::Made)
    };
    let view = change_import(&context, &id, (&operator, "start"), change).await?;
    tracing::info!(by, import = id, "import started");
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Cancels an import that is not over. What it has taken stays; the batch in progress is finished.
#[utoipa::path(
    post, path = "/v1/imports/{id}/cancel", tag = "operations", operation_id = "cancel_import",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportView), Problem,
        (status = 404, body = Problem, description = "`import_unknown`"),
        (status = 409, body = Problem, description = "`import_over`"))
)]
pub async fn cancel(
    State(context): State<Arc<ImportsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<ImportView>> {
    operator.require_role(OperatorRole::Marketer)?;
    let by = actor_name(&operator);
    let change = |import: &mut Import, now| {
        if import.stage == ImportStage::Cancelled {
            return Ok(Change::None);
        }
        import.cancel(&by, now)?;
        Ok(Change::Made)
    };
    let view = change_import(&context, &id, (&operator, "cancel"), change).await?;
    tracing::info!(by, import = id, "import cancelled");
    Ok(Json(view))
}

enum Change {
    Made,
    /// The import is as it was asked for.
    None,
}

/// Returns true if the import is where this action has brought it.
fn is_repeat(import: &Import, stage: ImportStage, action: ImportAction) -> bool {
    import.stage == stage && import.acts.last().is_some_and(|act| act.action == action)
}

/// Reads an import, changes it and writes it, until nobody else has written it meanwhile; then
/// nudges the worker if there is something to do.
async fn change_import(
    context: &ImportsContext,
    id: &str,
    (operator, action): (&Operator, &str),
    change: impl Fn(&mut Import, Timestamp) -> Result<Change, ImportRefusal>,
) -> ApiResult<ImportView> {
    for attempt in 0..ATTEMPTS {
        let mut stored = context.load(id).await?;
        let now = clock::now();
        let changed = change(&mut stored.import, now);
        match changed.map_err(|refusal| refusal_problem(&refusal))? {
            Change::None => {
                if is_stale(&stored.import, now) {
                    nudge(context, &stored.import).await?;
                }
                return ImportView::new(&stored.import, now);
            }
            Change::Made => {}
        }
        if attempt == 0 {
            record_act(&context.store, operator, AuditKind::Import, (id, action, "")).await?;
        }
        stored.import.updated_at = now;
        let import = &stored.import;
        let put = context.store.put_import(&import.id, &stored, import.created_at, now).await;
        match put.map_err(store_problem)? {
            Applied::Yes => {
                nudge(context, &stored.import).await?;
                return ImportView::new(&stored.import, now);
            }
            Applied::Conflict => {}
        }
    }
    Err(contended())
}

/// Returns true if the worker should have told of progress by now: its nudge may be lost.
fn is_stale(import: &Import, now: Timestamp) -> bool {
    now.duration_since(import.updated_at) > STALE
}

async fn nudge(context: &ImportsContext, import: &Import) -> ApiResult<()> {
    if !import.stage.is_working() {
        return Ok(());
    }
    let sent = context.imports.send(&ImportNudge { import: import.id.clone() }).await;
    sent.map_err(|error| Problem::from_failure(&error, true))
}

fn refusal_problem(refusal: &ImportRefusal) -> Problem {
    match refusal {
        ImportRefusal::NotChecked => Problem::conflict(
            "import_not_checked",
            "its file is not here or not read to its end yet: wait until it is checked",
        ),
        ImportRefusal::Running => {
            Problem::conflict("import_running", "it is running: what is taken is taken")
        }
        ImportRefusal::Over => Problem::conflict(
            "import_over",
            "it is done, failed, cancelled or expired: make another import",
        ),
        ImportRefusal::OtherMapping => Problem::conflict(
            "mapping_not_checked",
            "the file was checked with another mapping: check it with this one first",
        ),
        ImportRefusal::Columns(reason) => {
            Problem::field("/mapping", "column_missing", reason.detail.to_string())
        }
    }
}
