//! The writer of one part of an export: rows in, the bytes of a file with its checksum out.

use parquet::errors::ParquetError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    csv,
    parquet_file::ParquetPart,
    table::{Column, Row},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Csv,
    Parquet,
}

impl ExportFormat {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// A fault of ours in a row, or of the library that writes it.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("a row with {found} cells for {expected} columns")]
    Shape { found: usize, expected: usize },
    #[error("{column} has a cell of another type")]
    Type { column: &'static str },
    #[error("{0}")]
    Parquet(String),
}

impl From<ParquetError> for WriteError {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error.to_string())
    }
}

pub struct PartWriter {
    columns: &'static [Column],
    rows: u64,
    file: PartFile,
}

enum PartFile {
    Csv(String),
    Parquet(Box<ParquetPart>),
}

/// A part that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedPart {
    pub rows: u64,
    pub content: Vec<u8>,
    /// The SHA-256 of the content, in hexadecimal.
    pub sha256: String,
}

impl FinishedPart {
    /// Makes a part of content that is complete, such as a manifest.
    pub fn new(rows: u64, content: Vec<u8>) -> Self {
        let digest = Sha256::digest(&content);
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { rows, content, sha256 }
    }
}

impl PartWriter {
    pub fn new(columns: &'static [Column], format: ExportFormat) -> Result<Self, WriteError> {
        let file = match format {
            ExportFormat::Csv => PartFile::Csv(csv::header(columns)),
            ExportFormat::Parquet => PartFile::Parquet(Box::new(ParquetPart::new(columns)?)),
        };
        Ok(Self { columns, rows: 0, file })
    }

    pub fn push(&mut self, row: Row) -> Result<(), WriteError> {
        if row.len() != self.columns.len() {
            return Err(WriteError::Shape { found: row.len(), expected: self.columns.len() });
        }
        let mut cells = self.columns.iter().zip(&row);
        if let Some((column, _)) =
            cells.find(|(column, cell)| cell.cell_type().is_some_and(|cells| cells != column.cells))
        {
            return Err(WriteError::Type { column: column.name });
        }
        self.rows += 1;
        match &mut self.file {
            PartFile::Csv(text) => csv::push_row(text, &row),
            PartFile::Parquet(part) => part.push(row)?,
        }
        Ok(())
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the bytes so far, without the rows that wait for their row group.
    pub fn bytes(&self) -> usize {
        match &self.file {
            PartFile::Csv(text) => text.len(),
            PartFile::Parquet(part) => part.bytes(),
        }
    }

    pub fn finish(self) -> Result<FinishedPart, WriteError> {
        let content = match self.file {
            PartFile::Csv(text) => text.into_bytes(),
            PartFile::Parquet(part) => part.finish()?,
        };
        Ok(FinishedPart::new(self.rows, content))
    }
}
