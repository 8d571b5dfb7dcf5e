//! Records of a file: which record it is, on which lines it stands, and its cells by column.

use crate::reason::Reason;

/// A cell as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text of a table's cell, or a string of JSON.
    Text(String),
    /// A number of JSON by its own digits, since a float loses those of long ids.
    Number(String),
    /// An array or object of JSON as it is written.
    Json(String),
}

impl Cell {
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Json(text) => text,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.text().trim().is_empty()
    }
}

/// The cells of a record that are not empty, each with the number of its column.
pub type RecordCells = Vec<(usize, Cell)>;

/// One record of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The record's number, from 1, without the header.
    pub number: u64,
    /// The physical line on which it begins, the first of the file being 1.
    pub line: u64,
    pub last_line: u64,
    pub cells: Result<RecordCells, Reason>,
}

impl Record {
    /// Returns the lines for a report: `7`, or `7-8`.
    pub fn lines(&self) -> String {
        if self.line == self.last_line {
            self.line.to_string()
        } else {
            format!("{}-{}", self.line, self.last_line)
        }
    }
}
