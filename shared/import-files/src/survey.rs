//! Reads a whole file once before anything is taken from it: its encoding, its columns, the system
//! that wrote it, the number of its records, and in which order its slashed dates are.
//!
//! A date is read the same way in the first record as in the last, so the file has to be seen
//! whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    cells::{
        dates::{DateOrder, decides_order},
        text::unguarded,
    },
    layout::{FileEncoding, FileLayout},
    parquet_file::ParquetFile,
    reader::RecordReader,
    reason::Reason,
    record::{Record, RecordCells},
    systems::{ColumnMapping, ImportKind, System},
    target::{ColumnUse, Target},
};

/// The longest header: it is kept with the import's state.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// The dates that a column has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDates {
    pub order: Option<DateOrder>,
    pub slashed: u64,
    pub dashed: u64,
}

/// A column of a file, with the use that an import has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedColumn {
    pub name: String,
    /// The meaning in force: the mapping's, else the guess. None if a mapping cannot name it.
    pub field: Option<&'static str>,
    /// The meaning without any mapping.
    pub guess: Option<&'static str>,
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

    /// Returns the reason why no record of the file can be taken: a column that is missing, or a
    /// meaning that nobody knows.
    pub fn require_columns(&self) -> Result<(), Reason> {
        self.mapping.check()?;
        let system = self.system()?;
        let targets = self.columns.iter().map(|name| self.mapping.target(system, name));
        check_columns(self.kind, &targets.collect::<Vec<_>>())
    }

    /// Returns what becomes of each column's cells.
    pub fn column_uses(&self) -> Result<Vec<SurveyedColumn>, Reason> {
        let system = self.system()?;
        let of_kind =
            |target: Target| if target.is_of(self.kind) { target } else { Target::NoPlace };
        let uses = self.columns.iter().map(|name| {
            let target = of_kind(self.mapping.target(system, name));
            SurveyedColumn {
                name: name.clone(),
                field: target.name(),
                guess: of_kind(system.target(name)).name(),
                uses: target.column_use(),
            }
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
    dates: DateNotes,
    records: u64,
    is_misread: bool,
}

impl Survey {
    pub fn new(layout: &FileLayout, kind: ImportKind, mapping: ColumnMapping) -> Self {
        let reader = RecordReader::new(layout);
        Self { reader, kind, mapping, dates: DateNotes::default(), records: 0, is_misread: false }
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
        match &record.cells {
            Ok(cells) => self.dates.note(cells),
            Err(reason) => self.is_misread |= reason.code == "bad_encoding",
        }
    }

    /// Ends the survey after the last byte. Refuses a file that cannot be read; if its columns are
    /// enough, [`FileFacts::require_columns`] tells.
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
        let facts = FileFacts {
            layout,
            kind: self.kind,
            system: String::new(),
            columns,
            records: self.records,
            dates: self.dates.0,
            mapping: self.mapping,
        };
        Ok(SurveyEnd::Done(Box::new(recognised(facts)?)))
    }
}

/// Surveys a file of Parquet by its columns and the records of its first row group: most of its
/// dates have a type, and none has to be decided by the others.
pub fn survey_rows(
    layout: FileLayout,
    kind: ImportKind,
    file: &ParquetFile,
    first: &[Record],
) -> Result<FileFacts, Reason> {
    let mut dates = DateNotes::default();
    first.iter().filter_map(|record| record.cells.as_ref().ok()).for_each(|it| dates.note(it));
    recognised(FileFacts {
        layout,
        kind,
        system: String::new(),
        columns: file.columns().to_vec(),
        records: file.records(),
        dates: dates.0,
        mapping: ColumnMapping::default(),
    })
}

/// Checks the names of the columns, and tells the system that writes such.
fn recognised(facts: FileFacts) -> Result<FileFacts, Reason> {
    let columns = &facts.columns;
    if columns.is_empty() {
        return Err(Reason::new("no_header", "the file has no column"));
    }
    let header_bytes: usize = columns.iter().map(String::len).sum();
    if header_bytes > MAX_HEADER_BYTES {
        let detail = "the names of the columns are longer than 32 kB: is the first line a header?";
        return Err(Reason::new("header_too_long", detail));
    }
    if columns.iter().any(|name| is_contact(name)) {
        let detail = "the first line has contacts where the names of the columns belong";
        return Err(Reason::new("no_header", detail));
    }
    let system = System::recognise(columns, facts.kind).key.to_owned();
    Ok(FileFacts { system, ..facts })
}

/// The dates of the columns, by the cells that were seen.
#[derive(Default)]
struct DateNotes(BTreeMap<usize, ColumnDates>);

impl DateNotes {
    fn note(&mut self, cells: &RecordCells) {
        for (column, cell) in cells {
            let text = unguarded(cell.text());
            let is_number = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
            if !is_number(text.as_bytes().first()) {
                continue;
            }
            let head: String = text.chars().take(10).collect();
            if head.matches(['/', '.']).count() == 2 {
                let dates = self.0.entry(*column).or_default();
                dates.slashed += 1;
                dates.order = dates.order.or_else(|| decides_order(text));
            } else if head.matches('-').count() == 2 {
                self.0.entry(*column).or_default().dashed += 1;
            }
        }
    }
}

/// Returns true if what stands in place of a column's name is a mailbox or a phone number: names
/// are kept with the import's state and shown to all operators, cells are not.
fn is_contact(name: &str) -> bool {
    let is_number =
        name.chars().all(|it| it.is_ascii_digit() || it.is_whitespace() || "+-()./".contains(it));
    name.contains('@') || (is_number && name.bytes().filter(u8::is_ascii_digit).count() >= 7)
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
        ImportKind::Merchants | ImportKind::Verticals | ImportKind::Categories
            if !has(&[Target::Id]) =>
        {
            Err(missing("the key by which orders name it"))
        }
        ImportKind::Verticals | ImportKind::Categories
            if !(has(&[Target::Names]) || has(&[Target::Name]) && has(&[Target::Locale])) =>
        {
            Err(missing("its name and the language of the name"))
        }
        ImportKind::Customers
        | ImportKind::Suppressions
        | ImportKind::Merchants
        | ImportKind::Verticals
        | ImportKind::Categories => Ok(()),
    }
}
