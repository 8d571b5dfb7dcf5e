//! The manifest of an export: what it has, which columns, and each part with its size and checksum.

use domain::{Timestamp, kernel::id::ExportId};
use serde::Serialize;

use crate::{
    export::{Export, ExportFilter, ExportFormat, ExportKind, ExportPart},
    table::CellType,
    writer::FinishedPart,
};

#[derive(Debug, Serialize)]
pub struct Manifest<'a> {
    export: &'a ExportId,
    kind: ExportKind,
    format: ExportFormat,
    filter: &'a ExportFilter,
    contacts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    created_at: Timestamp,
    created_by: &'a str,
    finished_at: Timestamp,
    rows: u64,
    bytes: u64,
    /// The records that could not be read and are in no part.
    unreadable: u64,
    columns: Vec<ColumnNote>,
    parts: &'a [ExportPart],
}

/// A column, as the manifest describes it.
#[derive(Debug, Serialize)]
pub struct ColumnNote {
    pub name: &'static str,
    #[serde(rename = "type")]
    pub cells: CellType,
    pub meaning: &'static str,
}

impl<'a> Manifest<'a> {
    pub fn new(export: &'a Export, finished_at: Timestamp) -> Self {
        let columns = export.columns().iter().map(|column| ColumnNote {
            name: column.name,
            cells: column.cells,
            meaning: column.meaning,
        });
        Self {
            export: &export.id,
            kind: export.kind,
            format: export.format,
            filter: &export.filter,
            contacts: export.contacts,
            purpose: export.purpose.as_deref(),
            created_at: export.created_at,
            created_by: &export.created_by,
            finished_at,
            rows: export.rows(),
            bytes: export.bytes(),
            unreadable: export.unreadable,
            columns: columns.collect(),
            parts: &export.parts,
        }
    }

    /// Returns the file.
    pub fn file(&self) -> Result<FinishedPart, serde_json::Error> {
        Ok(FinishedPart::new(self.rows, serde_json::to_vec_pretty(self)?))
    }
}
