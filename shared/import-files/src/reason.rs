//! Reasons why a file, a record or a cell is not taken as it stands. They name columns and never
//! quote a cell: a report may be read by people who must not see contacts.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A reason by its code, with a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: Cow<'static, str>,
    pub detail: Cow<'static, str>,
}

impl Reason {
    pub fn new(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Cow::Borrowed(code), detail: detail.into() }
    }
}

/// A cell that is left out of a record, or that deserves a look, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellNote {
    pub column: String,
    pub reason: Reason,
}

impl CellNote {
    pub fn new(column: &str, reason: Reason) -> Self {
        Self { column: column.to_owned(), reason }
    }
}

/// Notes that a record gathers while its cells are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Cells that are left out.
    pub left_out: Vec<CellNote>,
    /// Cells that are taken and deserve a look.
    pub warnings: Vec<CellNote>,
}

impl Notes {
    /// Returns the value that was read, or notes why the cell of a column is left out.
    pub fn keep<T>(&mut self, column: &str, read: Result<T, Reason>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(reason) => {
                self.left_out.push(CellNote::new(column, reason));
                None
            }
        }
    }
    pub fn warn(&mut self, column: &str, reason: Reason) {
        self.warnings.push(CellNote::new(column, reason));
    }
}
