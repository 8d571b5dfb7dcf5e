//! Exports of data into files, for operators: start one, see how far each is, download its parts,
//! and cancel it or remove its files.
//!
//! Reads and writes the states of exports in Work, writes the audit record of an export of contacts
//! to Control, signs addresses of the bucket, and nudges `export`, which does the work.
//!
//! Guarantees: contacts of customers leave only for an administrator who has stated a purpose, and
//! the audit log has it before anything is read; addresses of files are signed only for who may
//! start such an export.

mod create;
mod views;

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::kernel::id::ExportId;
use export_files::export::{Export, ExportKind};
use http_edge::{
    ApiResult, CursorKeySource, OpenApiRouter, Operator, OperatorRole, Paging, Problem, routes,
};
use objects::ObjectStore;
use queue::{ExportNudge, Queue};
use runtime::clock;
use secrets::Secrets;
use serde::Serialize;
use store::{
    Store,
    conditional::Applied,
    reporting::exports::{ExportPosition, StoredExport},
};
use utoipa::ToSchema;

use crate::{actor_name, contended, store_problem};
use views::{ExportSummary, ExportView};

const LIST: &str = "exports";
/// The time for which the address of a part is good.
const DOWNLOAD_TIME: Duration = Duration::from_secs(15 * 60);
/// Attempts to remove an export while the worker writes its parts, each a second or so apart.
const ATTEMPTS: usize = 8;

/// The store, the files and the queue that the routes of exports work with.
pub struct ExportsContext {
    pub store: Store,
    pub objects: ObjectStore,
    /// The queue of the function `export`.
    pub exports: Queue,
    pub secrets: Arc<Secrets>,
    /// The ARN of the secret that signs cursors.
    pub cursor_secret: String,
}

impl CursorKeySource for ExportsContext {
    async fn cursor_keys(&self) -> ApiResult<Vec<Vec<u8>>> {
        let keys = self.secrets.signing_keys(&self.cursor_secret).await;
        keys.map_err(|error| Problem::from_failure(&error, error.retryable()))
    }
}

impl ExportsContext {
    /// Reads an export, or answers 404.
    async fn load(&self, id: &str) -> ApiResult<StoredExport<Export>> {
        let unknown = || {
            Problem::not_found("export_unknown")
                .with_detail("there is no such export, or it is older than ninety days")
        };
        let id = ExportId::parse(id).map_err(|_| unknown())?;
        self.store.stored_export(&id).await.map_err(store_problem)?.ok_or_else(unknown)
    }

    async fn nudge(&self, export: &ExportId) -> ApiResult<()> {
        let sent = self.exports.send(&ExportNudge { export: export.clone() }).await;
        sent.map_err(|error| Problem::from_failure(&error, true))
    }
}

pub fn export_routes() -> OpenApiRouter<Arc<ExportsContext>> {
    OpenApiRouter::new().routes(routes!(list, create::create)).routes(routes!(read, remove))
}

/// Returns the role that may start such an export and download its files.
fn required_role(kind: ExportKind, contacts: bool) -> OperatorRole {
    match kind {
        ExportKind::Customers if contacts => OperatorRole::Admin,
        ExportKind::Customers => OperatorRole::Marketer,
        ExportKind::Vouchers
        | ExportKind::Campaigns
        | ExportKind::Orders
        | ExportKind::Suppressions => OperatorRole::Viewer,
    }
}

fn role_of(export: &Export) -> OperatorRole {
    required_role(export.kind, export.contacts)
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportList {
    /// The exports, the newest first.
    items: Vec<ExportSummary>,
    /// The cursor of the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Lists exports, the newest first.
#[utoipa::path(
    get, path = "/v1/exports", tag = "operations", operation_id = "list_exports",
    security(("jwt" = [])), params(http_edge::PageParams),
    responses((status = 200, body = ExportList), Problem)
)]
async fn list(
    State(context): State<Arc<ExportsContext>>,
    operator: Operator,
    paging: Paging<ExportsContext>,
) -> ApiResult<Json<ExportList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = paging.page_limit()?;
    let position = paging.read_position::<ExportPosition>(LIST).await?;
    let page = context.store.list_exports::<Export>(limit, position.as_ref()).await;
    let (exports, next) = page.map_err(store_problem)?;
    let now = clock::now();
    let items = exports.iter().map(|stored| ExportSummary::new(&stored.export, now)).collect();
    let next_cursor = paging.sign_position(LIST, next.as_ref()).await?;
    Ok(Json(ExportList { items, next_cursor }))
}

/// Reads an export: how far it is, and once it is done its parts with their checksums. Whoever may
/// start such an export gets the addresses to download them from.
#[utoipa::path(
    get, path = "/v1/exports/{id}", tag = "operations", operation_id = "read_export",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ExportView), Problem,
        (status = 404, body = Problem, description = "`export_unknown`"))
)]
async fn read(
    State(context): State<Arc<ExportsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<ExportView>> {
    operator.require_role(OperatorRole::Viewer)?;
    let export = context.load(&id).await?.export;
    let signs = operator.require_role(role_of(&export)).is_ok();
    Ok(Json(ExportView::new(&export, signs.then_some(&context.objects)).await?))
}

/// Cancels an export that is running, and removes the files of one that is done. Its entry stays.
///
/// Operators remove their own exports, and marketers and administrators those of others that they
/// might have started.
#[utoipa::path(
    delete, path = "/v1/exports/{id}", tag = "operations", operation_id = "remove_export",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ExportView), Problem,
        (status = 404, body = Problem, description = "`export_unknown`"))
)]
async fn remove(
    State(context): State<Arc<ExportsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<ExportView>> {
    operator.require_role(OperatorRole::Viewer)?;
    let by = actor_name(&operator);
    for _ in 0..ATTEMPTS {
        let mut stored = context.load(&id).await?;
        let export = &mut stored.export;
        operator.require_role(role_of(export))?;
        if export.owner != operator.subject {
            operator.require_role(OperatorRole::Marketer)?;
        }
        if !export.remove(&by) {
            // the nudge that deletes its files may be lost
            context.nudge(&export.id).await?;
            return Ok(Json(ExportView::new(export, None).await?));
        }
        let now = clock::now();
        export.updated_at = now;
        let export = &stored.export;
        let put = context.store.put_export(&export.id, &stored, export.created_at, now).await;
        if put.map_err(store_problem)? == Applied::Yes {
            tracing::info!(by, export = %export.id, "export removed");
            context.nudge(&export.id).await?;
            return Ok(Json(ExportView::new(export, None).await?));
        }
    }
    Err(contended())
}
