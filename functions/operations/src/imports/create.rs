//! Makes an import, and signs the address to which its file is uploaded.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    kernel::{
        audit_kind::AuditKind,
        id::{ImportId, encode_crockford},
        validation::FieldError,
    },
};
use http::StatusCode;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use importing::import::{Import, MAX_FILE_BYTES, UPLOAD_TIME};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::{conditional::Applied, customer::imports::StoredImport};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ImportsContext, object_problem,
    requests::{ImportDefaultValues, ImportFileKind, check_mapping},
    views::ImportView,
};
use crate::{actor_name, record_act, store_problem};

/// The letters of an id.
const SYMBOLS: usize = 20;
/// The longest name of a file, in bytes.
const MAX_NAME_BYTES: usize = 200;

/// A file that is to be imported.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    kind: ImportFileKind,
    /// The name of the file, for people. Its form is told by its content. 1 to 200 bytes.
    #[schema(example = "customers_export.csv")]
    file_name: String,
    /// The size of the file, 1 byte to 4 GiB. The upload has to be of this size.
    #[schema(minimum = 1, maximum = 4_294_967_296_i64)]
    bytes: u64,
    /// False to take the file as soon as it is there, without a check.
    #[serde(default = "yes")]
    #[schema(default = true)]
    dry_run: bool,
    /// The meanings of columns, by their names. What is not named is what was confirmed for the
    /// last file with this header, if nothing is named at all, and else guessed.
    #[serde(default)]
    mapping: Option<BTreeMap<String, String>>,
    #[serde(default)]
    defaults: ImportDefaultValues,
}

fn yes() -> bool {
    true
}

/// An import that waits for its file.
#[derive(Serialize, ToSchema)]
pub struct NewImport {
    import: ImportView,
    upload: ImportUpload,
}

/// The way to upload the file: one `PUT` of its bytes.
#[derive(Serialize, ToSchema)]
pub struct ImportUpload {
    /// The address. It is good for one file of the size that was told, and needs no token.
    url: String,
    /// The headers that the request has to have.
    headers: BTreeMap<String, String>,
    /// The time until which the upload has to begin.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Makes an import and answers the address for its file.
///
/// The file is read as soon as it is there. Unless `dry_run` is false, nothing of it is taken until
/// `POST /v1/imports/{id}/start`. An import whose upload does not come within twelve hours expires.
#[utoipa::path(
    post, path = "/v1/imports", tag = "operations", operation_id = "create_import",
    security(("jwt" = [])), request_body = ImportRequest,
    responses((status = 201, body = NewImport), Problem)
)]
pub async fn create(
    State(context): State<Arc<ImportsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<(StatusCode, Json<NewImport>)> {
    operator.require_role(OperatorRole::Marketer)?;
    let request: ImportRequest = body.read_json().await?;
    check_file(&request)?;
    let kind = request.kind.into();
    let mapping = request.mapping.map(|mapping| check_mapping(mapping, kind, None)).transpose()?;
    let (by, now) = (actor_name(&operator), clock::now());
    let mut import = Import::of_upload(new_id()?, kind, request.bytes, &by, now);
    import.file_name = request.file_name;
    import.dry_run = request.dry_run;
    import.mapping = mapping;
    import.defaults = request.defaults.check()?;
    let lasts = Duration::try_from(UPLOAD_TIME).unwrap_or_default();
    let signed = context.objects.sign_upload(&import.key, import.bytes, lasts).await;
    let signed = signed.map_err(|error| object_problem(&error))?;
    let act = (import.id.as_str(), "create", import.file_name.as_str());
    record_act(&context.store, &operator, AuditKind::Import, act).await?;
    let stored = StoredImport { import, version: 0 };
    let import = &stored.import;
    let put = context.store.put_import(&import.id, &stored, import.created_at, now).await;
    match put.map_err(store_problem)? {
        Applied::Yes => {}
        Applied::Conflict => return Err(Problem::unavailable()),
    }
    tracing::info!(by, import = %import.id, kind = ?import.kind, bytes = import.bytes, "import made");
    // the address follows the machine's clock
    let begins = clock::platform_now();
    let upload = ImportUpload {
        url: signed.url,
        headers: signed.headers.into_iter().collect(),
        expires_at: begins.checked_add(UPLOAD_TIME).unwrap_or(begins),
    };
    let import = ImportView::new(import, now)?;
    Ok((StatusCode::CREATED, Json(NewImport { import, upload })))
}

fn check_file(request: &ImportRequest) -> ApiResult<()> {
    let name = &request.file_name;
    let mut errors = Vec::new();
    if name.trim().is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        let detail = format!("1 to {MAX_NAME_BYTES} bytes on one line");
        errors.push(FieldError::new("/file_name", "invalid", detail));
    }
    if request.bytes == 0 {
        errors.push(FieldError::new("/bytes", "empty", "the file is empty"));
    }
    if request.bytes > MAX_FILE_BYTES {
        let detail = "a file has at most 4 GiB: divide it";
        errors.push(FieldError::new("/bytes", "too_large", detail));
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

fn new_id() -> ApiResult<ImportId> {
    let id = format!("imp_{}", encode_crockford(Uuid::now_v7().as_bytes(), SYMBOLS));
    ImportId::parse(&id).map_err(|error| Problem::from_failure(&error, false))
}
