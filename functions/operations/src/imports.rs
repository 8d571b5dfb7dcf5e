//! Imports of files, for operators: make one and get the address for its upload, see how far each is
//! and what it found, check it with other meanings of its columns, start it, cancel it, and download
//! what it refused.
//!
//! Reads and writes the states of imports in Work, signs addresses of the bucket, reads the beginning
//! of a file for its preview, and nudges `import`, which does the work.
//!
//! Guarantees: nothing of a file is taken that was not checked first, unless the operator asked for no
//! check; a preview is shown to those who may import, and kept nowhere; each step is noted in the
//! import with who took it.

mod changes;
mod create;
mod preview;
mod requests;
mod views;

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    kernel::{id::ImportId, money::Currency},
};
use http_edge::{
    ApiResult, CursorKeySource, OpenApiRouter, Operator, OperatorRole, Paging, Problem, routes,
};
use importing::import::Import;
use objects::{ObjectError, ObjectStore};
use queue::Queue;
use runtime::clock;
use secrets::Secrets;
use serde::Serialize;
use store::{
    Store,
    customer::imports::{ImportPosition, StoredImport},
};
use utoipa::ToSchema;

use crate::store_problem;
use views::{ImportSummary, ImportView};

const LIST: &str = "imports";
/// The time for which the address of a file of refused records is good.
const DOWNLOAD_TIME: Duration = Duration::from_secs(15 * 60);

/// The store, the files and the queue that the routes of imports work with.
pub struct ImportsContext {
    pub store: Store,
    pub objects: ObjectStore,
    /// The queue of the function `import`.
    pub imports: Queue,
    pub secrets: Arc<Secrets>,
    /// The ARN of the secret that signs cursors.
    pub cursor_secret: String,
    pub currency: Currency,
}

impl CursorKeySource for ImportsContext {
    async fn cursor_keys(&self) -> ApiResult<Vec<Vec<u8>>> {
        let keys = self.secrets.signing_keys(&self.cursor_secret).await;
        keys.map_err(|error| Problem::from_failure(&error, error.retryable()))
    }
}

impl ImportsContext {
    /// Reads an import, or answers 404.
    async fn load(&self, id: &str) -> ApiResult<StoredImport<Import>> {
        let unknown = || {
            Problem::not_found("import_unknown")
                .with_detail("there is no such import, or it is older than ninety days")
        };
        let id = ImportId::parse(id).map_err(|_| unknown())?;
        self.store.stored_import(&id).await.map_err(store_problem)?.ok_or_else(unknown)
    }
}

pub fn import_routes() -> OpenApiRouter<Arc<ImportsContext>> {
    OpenApiRouter::new()
        .routes(routes!(list, create::create))
        .routes(routes!(read))
        .routes(routes!(preview::preview))
        .routes(routes!(changes::check))
        .routes(routes!(changes::start))
        .routes(routes!(changes::cancel))
        .routes(routes!(refused))
}

fn object_problem(error: &ObjectError) -> Problem {
    match error {
        ObjectError::Replaced => Problem::gone(
            "file_gone",
            "the file was replaced or deleted: uploads are kept for seven days",
        ),
        ObjectError::Failed(_) => Problem::from_failure(error, true),
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ImportList {
    /// The imports, the newest first.
    items: Vec<ImportSummary>,
    /// The cursor of the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Lists imports, the newest first: uploads, and files that were dropped into the bucket.
#[utoipa::path(
    get, path = "/v1/imports", tag = "operations", operation_id = "list_imports",
    security(("jwt" = [])), params(http_edge::PageParams),
    responses((status = 200, body = ImportList), Problem)
)]
async fn list(
    State(context): State<Arc<ImportsContext>>,
    operator: Operator,
    paging: Paging<ImportsContext>,
) -> ApiResult<Json<ImportList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = paging.page_limit()?;
    let position = paging.read_position::<ImportPosition>(LIST).await?;
    let page = context.store.list_imports::<Import>(limit, position.as_ref()).await;
    let (imports, next) = page.map_err(store_problem)?;
    let now = clock::now();
    let items = imports.iter().map(|stored| ImportSummary::new(&stored.import, now)).collect();
    let next_cursor = paging.sign_position(LIST, next.as_ref()).await?;
    Ok(Json(ImportList { items, next_cursor }))
}

/// Reads an import: how far it is, what it counts, what its columns mean and what was found first.
#[utoipa::path(
    get, path = "/v1/imports/{id}", tag = "operations", operation_id = "read_import",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportView), Problem,
        (status = 404, body = Problem, description = "`import_unknown`"))
)]
async fn read(
    State(context): State<Arc<ImportsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<ImportView>> {
    operator.require_role(OperatorRole::Viewer)?;
    let stored = context.load(&id).await?;
    Ok(Json(ImportView::new(&stored.import, clock::now())?))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedFileList {
    /// The files, in the order of the records; one, unless very many records are refused.
    files: Vec<RefusedFile>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedFile {
    /// The address from which the file is read without a token, until it expires.
    url: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Signs addresses of the refused records: CSV with record, line, code and reason, and no cell.
///
/// They are those of the check until the import starts, and those of the import from then on.
#[utoipa::path(
    get, path = "/v1/imports/{id}/refused", tag = "operations", operation_id = "read_refused_records",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = RefusedFileList), Problem,
        (status = 404, body = Problem, description = "`import_unknown`"))
)]
async fn refused(
    State(context): State<Arc<ImportsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<RefusedFileList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let import = context.load(&id).await?.import;
    let expires_at = clock::platform_now();
    let expires_at = expires_at.checked_add(DOWNLOAD_TIME).unwrap_or(expires_at);
    let mut files = Vec::new();
    for number in 1..=import.refused_files.count {
        let name = format!("refused-{}-{number}.csv", import.id);
        let key = import.refused_key(number);
        let signed = context.objects.sign_download(&key, &name, DOWNLOAD_TIME).await;
        let signed = signed.map_err(|error| object_problem(&error))?;
        files.push(RefusedFile { url: signed.url, expires_at });
    }
    Ok(Json(RefusedFileList { files }))
}
