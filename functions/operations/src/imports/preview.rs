//! The beginning of an import's file: samples of each column, and the first records as they would
//! be taken. It is read from the file each time, and kept nowhere.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use import_files::{
    layout::FileForm,
    parquet_file::{ByteRange, ParquetFile, TAIL_BYTES, footer_range},
    reason::Reason,
    record::Record,
};
use importing::{
    import::Import,
    preview::{
        FilePreview, PREVIEW_BYTES, RecordPreview, SAMPLED_RECORDS, preview_file, preview_records,
    },
};
use objects::ObjectInfo;
use runtime::clock;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ImportsContext, object_problem, views::ImportReason};

/// The beginning of a file, with contacts in it.
#[derive(Serialize, ToSchema)]
pub struct ImportPreview {
    /// The samples of each column, in the order of the columns.
    columns: Vec<ColumnSamples>,
    /// The first records, at most ten.
    records: Vec<PreviewedRecord>,
}

#[derive(Serialize, ToSchema)]
pub struct ColumnSamples {
    name: String,
    /// Up to three different cells of the first records; none of a secret column.
    samples: Vec<String>,
}

/// A record as it would be taken.
#[derive(Serialize, ToSchema)]
pub struct PreviewedRecord {
    record: u64,
    /// The lines of the file on which it stands: `7`, or `7-8`.
    lines: String,
    /// The reason why it would be refused.
    refused: Option<ImportReason>,
    /// The parts that would be kept of it; none for a further item of the order before it.
    values: Vec<PreviewedValue>,
    /// The columns whose cells would be left out.
    left_out: Vec<LeftOutCell>,
}

#[derive(Serialize, ToSchema)]
pub struct PreviewedValue {
    field: &'static str,
    value: String,
}

#[derive(Serialize, ToSchema)]
pub struct LeftOutCell {
    column: String,
    code: String,
    detail: String,
}

impl From<RecordPreview> for PreviewedRecord {
    fn from(preview: RecordPreview) -> Self {
        let RecordPreview { number, lines, outcome } = preview;
        let (refused, values, left_out) = match outcome {
            Ok(taken) => (None, taken.values, taken.left_out),
            Err(reason) => (Some((&reason).into()), Vec::new(), Vec::new()),
        };
        let values = values.into_iter().map(|(field, value)| PreviewedValue { field, value });
        let left_out = left_out.into_iter().map(|note| LeftOutCell {
            column: note.column,
            code: note.reason.code.into_owned(),
            detail: note.reason.detail.into_owned(),
        });
        Self {
            record: number,
            lines,
            refused,
            values: values.collect(),
            left_out: left_out.collect(),
        }
    }
}

/// Reads the beginning of an import's file: samples of its columns, and its first records as they
/// would be taken.
#[utoipa::path(
    get, path = "/v1/imports/{id}/preview", tag = "operations", operation_id = "preview_import",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportPreview), Problem,
        (status = 404, body = Problem, description = "`import_unknown`"),
        (status = 409, body = Problem, description = "`import_not_checked`"),
        (status = 410, body = Problem, description = "`file_gone`"))
)]
pub async fn preview(
    State(context): State<Arc<ImportsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<ImportPreview>> {
    operator.require_role(OperatorRole::Marketer)?;
    let import = context.load(&id).await?.import;
    let (Some(facts), Some(etag)) = (&import.facts, &import.etag) else {
        let detail = "its file is not here or was not read yet";
        return Err(Problem::conflict("import_not_checked", detail));
    };
    let version = ObjectInfo { etag: etag.clone(), bytes: import.bytes };
    let object = ImportObject { context: &context, import: &import, version };
    let found = if facts.layout.form == FileForm::Parquet {
        let (file, records) = object.first_rows().await?;
        let names = file.columns();
        preview_records(&import, facts, &records, names, context.currency, clock::now())
    } else {
        let start = object.range(ByteRange { from: 0, length: PREVIEW_BYTES }).await?;
        preview_file(&import, facts, &start, context.currency, clock::now())
    };
    let FilePreview { samples, records } = found.map_err(|reason| object.broken(&reason))?;
    let columns = facts.columns.iter().zip(samples);
    let columns = columns.map(|(name, samples)| ColumnSamples { name: name.clone(), samples });
    Ok(Json(ImportPreview {
        columns: columns.collect(),
        records: records.into_iter().map(Into::into).collect(),
    }))
}

/// The version of a file that an import is of.
struct ImportObject<'a> {
    context: &'a ImportsContext,
    import: &'a Import,
    version: ObjectInfo,
}

impl ImportObject<'_> {
    async fn range(&self, range: ByteRange) -> ApiResult<Vec<u8>> {
        let objects = &self.context.objects;
        let read =
            objects.read_piece(&self.import.key, &self.version, range.from, range.length).await;
        read.map_err(|error| object_problem(&error))
    }

    /// Reads the first rows of a file of Parquet.
    async fn first_rows(&self) -> ApiResult<(ParquetFile, Vec<Record>)> {
        let bytes = self.version.bytes;
        let tail = ByteRange { from: bytes.saturating_sub(TAIL_BYTES), length: TAIL_BYTES };
        let footer = footer_range(bytes, &self.range(tail).await?);
        let footer = self.range(footer.map_err(|reason| self.broken(&reason))?).await?;
        let file = ParquetFile::open(bytes, &footer).map_err(|reason| self.broken(&reason))?;
        let mut records = Vec::new();
        if let Some((group, skipped)) = file.group_after(0) {
            let range = file.group_range(group).map_err(|reason| self.broken(&reason))?;
            let group = file.read_group(group, self.range(range).await?.into(), skipped);
            let mut rows = group.map_err(|reason| self.broken(&reason))?;
            while records.len() < SAMPLED_RECORDS
                && let Some(record) = rows.next_record().map_err(|reason| self.broken(&reason))?
            {
                records.push(record);
            }
        }
        Ok((file, records))
    }

    /// Logs that a file which was surveyed cannot be shown.
    fn broken(&self, reason: &Reason) -> Problem {
        let (import, code) = (&self.import.id, &reason.code);
        tracing::error!(import = %import, code = %code, "a file without a preview");
        Problem::internal()
    }
}
