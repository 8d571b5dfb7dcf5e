//! The counts of an import and its first problems.

use std::collections::BTreeMap;

use import_files::{
    reason::{CellNote, Reason},
    record::Record,
};
use serde::{Deserialize, Serialize};

use crate::batch::RecordOutcome;

/// The number of problems that a report shows. All refused records are in the file to download.
pub const MAX_PROBLEMS: usize = 20;
/// The number of different causes that are counted.
const MAX_CAUSES: usize = 60;

/// A record that is refused, or a cell that is left out of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProblem {
    pub record: u64,
    pub line: u64,
    /// The column of a cell that is left out; none if all of the record is refused.
    pub column: Option<String>,
    pub code: String,
    pub reason: String,
}

/// The outcomes of the records so far. Taken, unchanged and refused add up to all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportTally {
    pub taken: u64,
    pub unchanged: u64,
    pub refused: u64,
    /// Records among those taken or unchanged of which a cell is left out.
    pub with_cells_left_out: u64,
    /// The number of times that each cause occurs: `column code`, or the code of a refusal.
    pub causes: BTreeMap<String, u64>,
    pub problems: Vec<ImportProblem>,
}

impl ImportTally {
    pub fn records(&self) -> u64 {
        self.taken + self.unchanged + self.refused
    }

    /// Counts what became of a record.
    pub fn count(&mut self, record: &Record, outcome: &RecordOutcome) {
        let left_out = match outcome {
            RecordOutcome::Taken { left_out } => {
                self.taken += 1;
                left_out
            }
            RecordOutcome::Unchanged { left_out } => {
                self.unchanged += 1;
                left_out
            }
            RecordOutcome::Refused(reason) => {
                self.refused += 1;
                return self.note(record, None, reason);
            }
        };
        self.with_cells_left_out += u64::from(!left_out.is_empty());
        for CellNote { column, reason } in left_out {
            self.note(record, Some(column), reason);
        }
    }

    fn note(&mut self, record: &Record, column: Option<&str>, reason: &Reason) {
        let cause = match column {
            Some(column) => format!("{column} {}", reason.code),
            None => reason.code.clone().into_owned(),
        };
        if self.causes.len() < MAX_CAUSES || self.causes.contains_key(&cause) {
            *self.causes.entry(cause).or_default() += 1;
        }
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(ImportProblem {
                record: record.number,
                line: record.line,
                column: column.map(str::to_owned),
                code: reason.code.clone().into_owned(),
                reason: reason.detail.clone().into_owned(),
            });
        }
    }
}
