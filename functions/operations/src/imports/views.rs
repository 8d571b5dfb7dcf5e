//! Imports as the API shows them. No cell of a file is in them.

use domain::{Timestamp, kernel::id::ImportId};
use http_edge::{ApiResult, Problem};
use import_files::{
    reason::Reason,
    survey::SurveyedColumn,
    target::{ColumnUse, Target},
};
use importing::{
    ImportProblem, ImportTally,
    import::{Import, ImportAct, ImportAction, ImportStage},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::requests::{ImportDefaultValues, ImportFileKind};

/// The state of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    WaitingForUpload,
    /// The file is read, and nothing of it is taken.
    Reading,
    /// The check is over: look at it, then start the import or check it with another mapping.
    Checked,
    /// Its records are taken.
    Running,
    Done,
    /// All of the file was refused, or it was replaced while it was read.
    Failed,
    Cancelled,
    /// The upload never came.
    Expired,
}

impl ImportState {
    fn new(import: &Import, now: Timestamp) -> Self {
        match import.stage {
            ImportStage::WaitingForUpload if import.is_expired(now) => Self::Expired,
            ImportStage::WaitingForUpload => Self::WaitingForUpload,
            ImportStage::Reading => Self::Reading,
            ImportStage::Checked => Self::Checked,
            ImportStage::Running => Self::Running,
            ImportStage::Done => Self::Done,
            ImportStage::Failed => Self::Failed,
            ImportStage::Cancelled => Self::Cancelled,
        }
    }
}

/// The way in which a file came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOrigin {
    /// It was uploaded for an import that was made for it.
    Upload,
    /// It was dropped into a folder of the bucket.
    Bucket,
}

/// An import, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportSummary {
    #[schema(value_type = String, example = "imp_0G7J2V3N8Q5R1T6W9X4Y")]
    id: ImportId,
    kind: ImportFileKind,
    file_name: String,
    origin: ImportOrigin,
    /// The size of the file.
    bytes: u64,
    state: ImportState,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The operator who made it; `null` for a file that came into the bucket.
    created_by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    progress: ImportProgress,
    /// The counts of the check or, once it runs, of the import.
    counts: ImportCounts,
    /// The reason why all of the file was refused.
    failure: Option<ImportReason>,
}

/// The progress of the present pass over the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportProgress {
    bytes_read: u64,
    records_read: u64,
    /// The records of the file, once it was read to its end for the first time.
    records: Option<u64>,
    records_per_second: Option<u64>,
    /// The seconds until the pass is over, at the speed so far; `null` if nothing is going on.
    seconds_left: Option<u64>,
}

/// The outcomes of records. Taken, unchanged and refused add up to the records that were read.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ImportCounts {
    /// Records that were taken; in a check, those that can be, as far as the file alone tells.
    taken: u64,
    unchanged: u64,
    refused: u64,
    /// Records among those taken or unchanged of which a cell is left out.
    with_cells_left_out: u64,
}

/// A reason with a stable code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportReason {
    pub code: String,
    pub detail: String,
}

impl From<&Reason> for ImportReason {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code.to_string(), detail: reason.detail.to_string() }
    }
}

/// An import with everything that is known of its file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    #[serde(flatten)]
    summary: ImportSummary,
    dry_run: bool,
    /// The time until which the upload has to begin; `null` for a file of the bucket.
    #[schema(value_type = Option<String>, format = DateTime)]
    upload_until: Option<Timestamp>,
    /// The system that writes such columns: `shopify_customers`, `mailchimp_subscribed`, ...;
    /// `plain`, `plain_orders`, `plain_suppressions`, `plain_merchants`, `plain_verticals` or
    /// `plain_categories` if none is recognised.
    system: Option<String>,
    /// The encoding of the file.
    #[schema(example = "UTF-8")]
    encoding: Option<&'static str>,
    columns: Vec<ImportColumn>,
    /// The fields that a mapping may name.
    fields: Vec<&'static str>,
    /// The mapping in force. Columns that it does not name are guessed.
    mapping: std::collections::BTreeMap<String, String>,
    mapping_origin: MappingOrigin,
    defaults: ImportDefaultValues,
    /// The reason why the import cannot start with these meanings.
    columns_missing: Option<ImportReason>,
    /// The number of times that each cause of a refusal or of a cell that is left out occurs.
    causes: Vec<ImportCause>,
    /// The first records that were refused and cells that were left out, at most 20.
    problems: Vec<ImportProblemView>,
    /// The counts of the check, once the import runs.
    checked: Option<ImportCounts>,
    /// True if there are refused records to download.
    has_refused_file: bool,
    /// The steps that operators took, the oldest first.
    history: Vec<ImportStep>,
}

/// The source of the mapping of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MappingOrigin {
    /// Every column is guessed, or known of the recognised system.
    Guess,
    /// It was confirmed for the last file with this header.
    Remembered,
    /// It was stated for this import.
    Operator,
}

/// The use that is made of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportColumnUse {
    Taken,
    /// They have no place in the system, or are ignored.
    Ignored,
    /// A password, hash or token: never read.
    Secret,
    /// Nobody knows what the column means.
    Unknown,
}

/// A column of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportColumn {
    name: String,
    /// The field that its cells go to; `null` if it is unknown or secret.
    field: Option<&'static str>,
    /// The field without any mapping.
    guess: Option<&'static str>,
    used: ImportColumnUse,
}

impl ImportColumn {
    fn new(column: SurveyedColumn) -> Self {
        let used = match column.uses {
            ColumnUse::Taken => ImportColumnUse::Taken,
            ColumnUse::NoPlace => ImportColumnUse::Ignored,
            ColumnUse::Secret => ImportColumnUse::Secret,
            ColumnUse::Unknown => ImportColumnUse::Unknown,
        };
        Self { name: column.name, field: column.field, guess: column.guess, used }
    }
}

/// A cause with the number of times that it occurs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportCause {
    /// The column of cells that are left out; `null` if all of a record is refused.
    column: Option<String>,
    code: String,
    count: u64,
}

/// A record that is refused, or a cell that is left out of one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportProblemView {
    record: u64,
    /// The line of the file on which the record begins.
    line: u64,
    /// The column of a cell that is left out; `null` if all of the record is refused.
    column: Option<String>,
    code: String,
    detail: String,
}

impl From<&ImportProblem> for ImportProblemView {
    fn from(problem: &ImportProblem) -> Self {
        let ImportProblem { record, line, column, code, reason } = problem.clone();
        Self { record, line, column, code, detail: reason }
    }
}

/// A step that an operator took.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportStep {
    action: ImportStepAction,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    by: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportStepAction {
    Created,
    Checked,
    Started,
    Cancelled,
}

impl From<&ImportAct> for ImportStep {
    fn from(act: &ImportAct) -> Self {
        let action = match act.action {
            ImportAction::Created => ImportStepAction::Created,
            ImportAction::Checked => ImportStepAction::Checked,
            ImportAction::Started => ImportStepAction::Started,
            ImportAction::Cancelled => ImportStepAction::Cancelled,
        };
        Self { action, at: act.at, by: act.by.clone() }
    }
}

impl From<&ImportTally> for ImportCounts {
    fn from(tally: &ImportTally) -> Self {
        Self {
            taken: tally.taken,
            unchanged: tally.unchanged,
            refused: tally.refused,
            with_cells_left_out: tally.with_cells_left_out,
        }
    }
}

impl ImportSummary {
    pub fn new(import: &Import, now: Timestamp) -> Self {
        let created = import.acts.iter().find(|act| act.action == ImportAction::Created);
        Self {
            id: import.id.clone(),
            kind: import.kind.into(),
            file_name: import.file_name.clone(),
            origin: if import.is_dropped() { ImportOrigin::Bucket } else { ImportOrigin::Upload },
            bytes: import.bytes,
            state: ImportState::new(import, now),
            created_at: import.created_at,
            created_by: created.map(|act| act.by.clone()),
            updated_at: import.updated_at,
            progress: ImportProgress {
                bytes_read: import.bytes_read(),
                records_read: import.tally.records(),
                records: import.facts.as_ref().map(|facts| facts.records),
                records_per_second: import.records_per_second(),
                seconds_left: import.seconds_left(),
            },
            counts: (&import.tally).into(),
            failure: import.failure.as_ref().map(Into::into),
        }
    }
}

impl ImportView {
    pub fn new(import: &Import, now: Timestamp) -> ApiResult<Self> {
        let facts = import.facts.as_ref();
        let broken = |reason: Reason| {
            tracing::error!(import = %import.id, code = %reason.code, "an import that cannot be shown");
            Problem::internal()
        };
        let columns = facts.map(import_files::survey::FileFacts::column_uses).transpose();
        let columns = columns.map_err(broken)?.unwrap_or_default();
        let mapping_origin = match (import.is_remembered, &import.mapping) {
            (true, _) => MappingOrigin::Remembered,
            (false, Some(_)) => MappingOrigin::Operator,
            (false, None) => MappingOrigin::Guess,
        };
        let columns_missing = facts.and_then(|facts| facts.require_columns().err());
        Ok(Self {
            summary: ImportSummary::new(import, now),
            dry_run: import.dry_run,
            upload_until: (!import.is_dropped()).then(|| import.upload_until()),
            system: facts.map(|facts| facts.system.clone()),
            encoding: facts.map(|facts| facts.layout.encoding.name()),
            columns: columns.into_iter().map(ImportColumn::new).collect(),
            fields: Target::names_of(import.kind).collect(),
            mapping: facts.map(|facts| facts.mapping.0.clone()).unwrap_or_default(),
            mapping_origin,
            defaults: ImportDefaultValues::new(&import.defaults),
            columns_missing: columns_missing.as_ref().map(Into::into),
            causes: import.tally.causes.iter().map(cause).collect(),
            problems: import.tally.problems.iter().map(Into::into).collect(),
            checked: import.checked.as_ref().map(Into::into),
            has_refused_file: import.refused_files.count > 0,
            history: import.acts.iter().map(Into::into).collect(),
        })
    }
}

/// Divides the name of a cause, `column code` or the code of a refusal. A code has no space.
fn cause((name, count): (&String, &u64)) -> ImportCause {
    let (column, code) = match name.rsplit_once(' ') {
        Some((column, code)) => (Some(column.to_owned()), code),
        None => (None, name.as_str()),
    };
    ImportCause { column, code: code.to_owned(), count: *count }
}
