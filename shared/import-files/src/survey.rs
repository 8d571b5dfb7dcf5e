//! Reads a whole file once before anything is taken from it: its encoding, its columns, the system
//! that wrote it, the number of its records, and in which order its slashed dates are.
//!
//! A date is read the same way in the first record as in the last, so the file has to be seen whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    cells::{
        dates::{DateOrder, decides_order},
        text::unguarded,
    },
    layout::{FileEncoding, FileLayout},
    reader::RecordReader,
    reason::Reason,
    record::Record,
    systems::{ColumnMapping, ImportKind, System},
    target::{ColumnUse, Target},
};

/// The dates that a column has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDates {
    pub order: Option<DateOrder>,
    pub slashed: u64,
    pub dashed: u64,
}

/// A column of a file, with the use that an import has for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyedColumn {
    pub name: String,
    pub uses: ColumnUse,
}

/// The findings of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    pub layout: FileLayout,
    pub kind: ImportKind,
    /// The key of the recognised [`System`].
    pub system: String,
    pub columns: Vec<String>,
    pub records: u64,
    /// Dates by the number of their column.
    pub dates: BTreeMap<usize, ColumnDates>,
    pub mapping: ColumnMapping,
}

impl FileFacts {
    pub fn system(&self) -> Result<&'static System, Reason> {
        let unknown =
            || Reason::new("unknown_system", "the survey names a system that is not known");
        System::by_key(&self.system).ok_or_else(unknown)
    }

    /// Returns what becomes of each column's cells.
    pub fn column_uses(&self) -> Result<Vec<SurveyedColumn>, Reason> {
        let system = self.system()?;
        let uses = self.columns.iter().map(|name| SurveyedColumn {
            name: name.clone(),
            uses: self.mapping.target(system, name).column_use(),
        });
        Ok(uses.collect())
    }
}

/// The end of a survey.
#[derive(Debug)]
pub enum SurveyEnd {
    Done(Box<FileFacts>),
    /// The file is in another encoding than was assumed: survey it once more with this layout.
    ReadAgain(FileLayout),
}

/// A survey in progress.
pub struct Survey {
    reader: RecordReader,
    kind: ImportKind,
    mapping: ColumnMapping,
    dates: BTreeMap<usize, ColumnDates>,
    records: u64,
    is_misread: bool,
}

impl Survey {
    pub fn new(layout: &FileLayout, kind: ImportKind, mapping: ColumnMapping) -> Self {
        let reader = RecordReader::new(layout);
        Self { reader, kind, mapping, dates: BTreeMap::new(), records: 0, is_misread: false }
    }

    /// Takes the next bytes of the file, from [`RecordReader::first_byte`] on.
    pub fn push(&mut self, bytes: &[u8]) {
        self.reader.push(bytes);
        self.read();
    }
    /// Returns the byte of the file from which to push.
    pub fn first_byte(&self) -> u64 {
        self.reader.first_byte()
    }

    fn read(&mut self) {
        while let Some(record) = self.reader.next_record() {
            self.records += 1;
            self.note(&record);
        }
    }

    fn note(&mut self, record: &Record) {
        let cells = match &record.cells {
            Ok(cells) => cells,
            Err(reason) => {
                self.is_misread |= reason.code == "bad_encoding";
                return;
            }
        };
        for (column, cell) in cells {
            let text = unguarded(cell.text());
            let is_number = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
            if !is_number(text.as_bytes().first()) {
                continue;
            }
            let head: String = text.chars().take(10).collect();
            if head.matches(['/', '.']).count() == 2 {
                let dates = self.dates.entry(*column).or_default();
                dates.slashed += 1;
                dates.order = dates.order.or_else(|| decides_order(text));
            } else if head.matches('-').count() == 2 {
                self.dates.entry(*column).or_default().dashed += 1;
            }
        }
    }

    /// Ends the survey after the last byte. Refuses a file that cannot be imported as a whole.
    pub fn finish(mut self) -> Result<SurveyEnd, Reason> {
        self.reader.finish();
        self.read();
        let layout = self.reader.layout().clone();
        let bad_header = self.reader.bad_header();
        self.is_misread |= bad_header.as_ref().is_some_and(|it| it.code == "bad_encoding");
        if self.is_misread && !layout.encoding_is_sure {
            let encoding = FileEncoding::WINDOWS_1252;
            let again = FileLayout { encoding, encoding_is_sure: true, ..layout };
            return Ok(SurveyEnd::ReadAgain(again));
        }
        if let Some(reason) = bad_header {
            return Err(reason);
        }
        let columns = self.reader.columns().to_vec();
        if columns.is_empty() {
            return Err(Reason::new("no_header", "the file has no column"));
        }
        self.mapping.check()?;
        let system = System::recognise(&columns, self.kind);
        let targets = columns.iter().map(|name| self.mapping.target(system, name));
        check_columns(self.kind, &targets.collect::<Vec<_>>())?;
        Ok(SurveyEnd::Done(Box::new(FileFacts {
            layout,
            kind: self.kind,
            system: system.key.to_owned(),
            columns,
            records: self.records,
            dates: self.dates,
            mapping: self.mapping,
        })))
    }
}

/// Refuses a file that lacks a column without which none of its records can be taken.
fn check_columns(kind: ImportKind, targets: &[Target]) -> Result<(), Reason> {
    let has = |wanted: &[Target]| targets.iter().any(|target| wanted.contains(target));
    let identities = [Target::Id, Target::Uuid, Target::Email, Target::Phone];
    let missing = |what: &'static str| {
        Reason::new("column_missing", format!("no column tells {what}: name one in the mapping"))
    };
    match kind {
        ImportKind::Customers if !has(&identities) => Err(missing("who a customer is")),
        ImportKind::Suppressions if !has(&[Target::Email, Target::Phone]) => {
            Err(missing("an address"))
        }
        ImportKind::Orders => {
            let buyers = [Target::Id, Target::Buyer, Target::Email, Target::Phone];
            let needs: [(&[Target], &str); 4] = [
                (&buyers, "the customer"),
                (&[Target::OrderId, Target::OrderNumber], "the order's id"),
                (&[Target::PlacedAt], "when the order was placed"),
                (&[Target::Total], "the total"),
            ];
            let lacking = needs.iter().find(|(wanted, _)| !has(wanted));
            lacking.map_or(Ok(()), |(_, what)| Err(missing(what)))
        }
        ImportKind::Customers | ImportKind::Suppressions => Ok(()),
    }
}
