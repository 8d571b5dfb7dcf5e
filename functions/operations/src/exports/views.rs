//! Exports as the API shows them.

use domain::{Timestamp, campaign::audience::AudienceRule, kernel::id::ExportId};
use export_files::{
    CellType,
    export::{Export, ExportFormat, ExportKind, ExportPart, ExportStage},
};
use http_edge::{ApiResult, Problem};
use objects::ObjectStore;
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DOWNLOAD_TIME;

/// The records of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFileKind {
    Vouchers,
    Customers,
    Campaigns,
    Orders,
    Suppressions,
}

impl From<ExportFileKind> for ExportKind {
    fn from(kind: ExportFileKind) -> Self {
        match kind {
            ExportFileKind::Vouchers => Self::Vouchers,
            ExportFileKind::Customers => Self::Customers,
            ExportFileKind::Campaigns => Self::Campaigns,
            ExportFileKind::Orders => Self::Orders,
            ExportFileKind::Suppressions => Self::Suppressions,
        }
    }
}
impl From<ExportKind> for ExportFileKind {
    fn from(kind: ExportKind) -> Self {
        match kind {
            ExportKind::Vouchers => Self::Vouchers,
            ExportKind::Customers => Self::Customers,
            ExportKind::Campaigns => Self::Campaigns,
            ExportKind::Orders => Self::Orders,
            ExportKind::Suppressions => Self::Suppressions,
        }
    }
}

/// The form of an export's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFileFormat {
    Csv,
    Parquet,
}

impl From<ExportFileFormat> for ExportFormat {
    fn from(format: ExportFileFormat) -> Self {
        match format {
            ExportFileFormat::Csv => Self::Csv,
            ExportFileFormat::Parquet => Self::Parquet,
        }
    }
}
impl From<ExportFormat> for ExportFileFormat {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Csv => Self::Csv,
            ExportFormat::Parquet => Self::Parquet,
        }
    }
}

/// The state of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    Running,
    Done,
    Failed,
    /// It was cancelled, or its files were removed.
    Removed,
    /// It was done, and its files are deleted by their age.
    Expired,
}

impl ExportState {
    fn new(export: &Export, now: Timestamp) -> Self {
        match export.stage {
            ExportStage::Running => Self::Running,
            ExportStage::Done if export.files_until().is_some_and(|until| now >= until) => {
                Self::Expired
            }
            ExportStage::Done => Self::Done,
            ExportStage::Failed => Self::Failed,
            ExportStage::Removed => Self::Removed,
        }
    }
}

/// An export, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportSummary {
    #[schema(value_type = String, example = "exp_0G7J2V3N8Q5R1T6W9X4Y")]
    id: ExportId,
    kind: ExportFileKind,
    format: ExportFileFormat,
    filter: ExportFilterView,
    /// True if it has names and addresses of customers.
    contacts: bool,
    purpose: Option<String>,
    state: ExportState,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The time at which it was done or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    removed_by: Option<String>,
    /// The time until which its files can be downloaded.
    #[schema(value_type = Option<String>, format = DateTime)]
    files_until: Option<Timestamp>,
    counts: ExportCounts,
    failure: Option<ExportFailureView>,
}

/// The records of an export by its filter; what is `null` was not asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportFilterView {
    campaign: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    audience: Option<AudienceRule>,
}

/// The counts of an export so far.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ExportCounts {
    /// Records that were read, wanted or not.
    read: u64,
    /// Rows of all parts.
    rows: u64,
    /// Bytes of all parts.
    bytes: u64,
    parts: usize,
    /// Records that could not be read and are in no part.
    unreadable: u64,
}

/// The reason why an export failed, with a stable code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportFailureView {
    code: String,
    detail: String,
}

/// An export with its columns and its files.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportView {
    #[serde(flatten)]
    summary: ExportSummary,
    columns: Vec<ExportColumnView>,
    /// The parts; together they are the export.
    files: Vec<ExportFileView>,
    /// The file with all counts and checksums, once the export is done.
    manifest: Option<ExportFileView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportColumnView {
    name: &'static str,
    /// `text`, `integer`, `boolean`, `time` or `day`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    cells: CellType,
    meaning: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportFileView {
    name: String,
    rows: u64,
    bytes: u64,
    /// The SHA-256 of the file, in hexadecimal.
    sha256: String,
    /// The address from which the file is read without a token, until it expires; `null` until the
    /// export is done, and for operators who may not start such an export.
    url: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    url_expires_at: Option<Timestamp>,
}

impl ExportSummary {
    pub fn new(export: &Export, now: Timestamp) -> Self {
        let filter = &export.filter;
        let failure = export.failure.as_ref();
        Self {
            id: export.id.clone(),
            kind: export.kind.into(),
            format: export.format.into(),
            filter: ExportFilterView {
                campaign: filter.campaign.as_ref().map(ToString::to_string),
                from: filter.from,
                to: filter.to,
                audience: filter.audience.clone(),
            },
            contacts: export.contacts,
            purpose: export.purpose.clone(),
            state: ExportState::new(export, now),
            created_at: export.created_at,
            created_by: export.created_by.clone(),
            updated_at: export.updated_at,
            finished_at: export.finished_at,
            removed_by: export.removed_by.clone(),
            files_until: export.files_until(),
            counts: ExportCounts {
                read: export.read,
                rows: export.rows(),
                bytes: export.bytes(),
                parts: export.parts.len(),
                unreadable: export.unreadable,
            },
            failure: failure
                .map(|it| ExportFailureView { code: it.code.clone(), detail: it.detail.clone() }),
        }
    }
}

impl ExportView {
    /// Makes the view, with addresses of the files if there is something to sign them with and the
    /// export is done.
    pub async fn new(export: &Export, objects: Option<&ObjectStore>) -> ApiResult<Self> {
        let summary = ExportSummary::new(export, clock::now());
        let objects = objects.filter(|_| summary.state == ExportState::Done);
        let is_removed = export.stage == ExportStage::Removed;
        let parts = if is_removed { &[] } else { export.parts.as_slice() };
        let mut files = Vec::with_capacity(parts.len());
        for part in parts {
            files.push(file_view(export, part, objects).await?);
        }
        let manifest = match export.manifest.as_ref().filter(|_| !is_removed) {
            Some(part) => Some(file_view(export, part, objects).await?),
            None => None,
        };
        let columns = export.columns().iter().map(|column| ExportColumnView {
            name: column.name,
            cells: column.cells,
            meaning: column.meaning,
        });
        Ok(Self { summary, columns: columns.collect(), files, manifest })
    }
}

async fn file_view(
    export: &Export,
    part: &ExportPart,
    objects: Option<&ObjectStore>,
) -> ApiResult<ExportFileView> {
    let (mut url, mut url_expires_at) = (None, None);
    if let Some(objects) = objects {
        let name = format!("{}-{}-{}", export.kind.as_str(), export.id, part.name);
        let signed = objects.sign_download(&export.key(&part.name), &name, DOWNLOAD_TIME).await;
        url = Some(signed.map_err(|error| Problem::from_failure(&error, true))?.url);
        // the address follows the machine's clock
        url_expires_at = clock::platform_now().checked_add(DOWNLOAD_TIME).ok();
    }
    Ok(ExportFileView {
        name: part.name.clone(),
        rows: part.rows,
        bytes: part.bytes,
        sha256: part.sha256.clone(),
        url,
        url_expires_at,
    })
}
