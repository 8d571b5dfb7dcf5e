//! Reads the records of a file from chunks of its bytes, in bounded memory, and tells its place so
//! that reading can go on from there.
//!
//! Guarantees: every line that is not blank belongs to a record or to the header, and each record
//! is told once, with its cells or with the reason why it has none.

use encoding_rs::{CoderResult, Decoder, UTF_8};
use serde::{Deserialize, Serialize};

use crate::{
    json::read_members,
    layout::{FileForm, FileLayout},
    reason::Reason,
    record::{Cell, Record, RecordCells},
    split::{SplitRecord, Splitter, fits},
};

/// Most columns of a file; more keys of JSON than these are left out.
pub const MAX_COLUMNS: usize = 500;

/// The place in a file after some of its records: all that is needed to go on from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePlace {
    /// The byte at which the next record begins.
    pub offset: u64,
    /// The physical line of that byte.
    pub line: u64,
    /// True if that byte is in the middle of a line that is refused already.
    pub in_refused_line: bool,
    /// The number of records before it.
    pub records: u64,
    /// The columns: the header's, or the keys of JSON so far.
    pub columns: Vec<String>,
}

/// Reads records from the chunks that are pushed.
pub struct RecordReader {
    layout: FileLayout,
    splitter: Splitter,
    utf16: Option<Utf16>,
    columns: Vec<String>,
    base: u64,
    records: u64,
    skips_sep: bool,
    has_header: bool,
    bad_header: Option<Reason>,
}

/// Turns UTF-16 into UTF-8, until the last byte.
struct Utf16(Option<Decoder>);

impl RecordReader {
    /// Makes a reader for a file whose first byte is pushed first.
    pub fn new(layout: &FileLayout) -> Self {
        let place = FilePlace {
            offset: 0,
            line: 1,
            in_refused_line: false,
            records: 0,
            columns: Vec::new(),
        };
        let mut reader = Self::resume(layout, &place);
        reader.base = u64::from(layout.mark);
        reader.has_header = layout.form == FileForm::JsonLines;
        reader.skips_sep = matches!(layout.form, FileForm::Csv { sep_line: true, .. });
        reader
    }

    /// Makes a reader for the bytes from a place that [`place`](Self::place) has told.
    pub fn resume(layout: &FileLayout, place: &FilePlace) -> Self {
        let mut splitter = Splitter::at_line(place.line, layout.encoding.is_utf16());
        splitter.skips_line = place.in_refused_line;
        if !place.columns.is_empty() {
            splitter.width = Some(place.columns.len());
        }
        let encoding = layout.encoding;
        let utf16 =
            encoding.is_utf16().then(|| Utf16(Some(encoding.0.new_decoder_without_bom_handling())));
        Self {
            layout: layout.clone(),
            splitter,
            utf16,
            columns: place.columns.clone(),
            base: place.offset,
            records: place.records,
            skips_sep: false,
            has_header: true,
            bad_header: None,
        }
    }

    /// Returns the reason why the header cannot be read, once it was come to.
    pub fn bad_header(&self) -> Option<Reason> {
        self.bad_header.clone()
    }

    /// Returns the byte of the file from which to push.
    pub fn first_byte(&self) -> u64 {
        self.base
    }
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
    pub fn layout(&self) -> &FileLayout {
        &self.layout
    }

    /// Returns the place after the last record that was returned.
    pub fn place(&self) -> FilePlace {
        FilePlace {
            offset: self.base + self.splitter.consumed(),
            line: self.splitter.line(),
            in_refused_line: self.splitter.skips_line,
            records: self.records,
            columns: self.columns.clone(),
        }
    }

    /// Takes the next bytes of the file. The reader does not want the byte order mark.
    pub fn push(&mut self, bytes: &[u8]) {
        match &mut self.utf16 {
            None => self.splitter.push(bytes),
            Some(utf16) => {
                let text = utf16.decode(bytes, false);
                self.splitter.push(text.as_bytes());
            }
        }
    }
    /// Tells that the last byte was pushed.
    pub fn finish(&mut self) {
        if let Some(utf16) = &mut self.utf16 {
            let text = utf16.decode(&[], true);
            self.splitter.push(text.as_bytes());
        }
        self.splitter.finish();
    }

    /// Returns the next record, or `None` until more is pushed.
    pub fn next_record(&mut self) -> Option<Record> {
        match self.layout.form {
            FileForm::JsonLines => {
                let split = self.splitter.next_line()?;
                Some(self.json_record(split))
            }
            FileForm::Csv { delimiter, .. } => self.next_row(delimiter),
            // It is no text, and has a reader of its own.
            FileForm::Parquet => None,
        }
    }

    fn next_row(&mut self, delimiter: u8) -> Option<Record> {
        if self.skips_sep {
            self.splitter.next_row(delimiter)?;
            self.skips_sep = false;
        }
        if !self.has_header {
            let header = self.splitter.next_row(delimiter)?;
            self.has_header = true;
            self.read_header(header);
        }
        let split = self.splitter.next_row(delimiter)?;
        let cells = split.cells.and_then(|cells| self.row_cells(&cells));
        Some(self.count_record(split.line, split.last_line, cells))
    }

    fn count_record(
        &mut self,
        line: u64,
        last_line: u64,
        cells: Result<RecordCells, Reason>,
    ) -> Record {
        self.records += 1;
        Record { number: self.records, line, last_line, cells }
    }

    fn read_header(&mut self, header: SplitRecord) {
        let decoded = header.cells.and_then(|cells| {
            let decoded = cells.iter().map(|cell| self.decode(cell));
            decoded.collect::<Result<Vec<String>, Reason>>()
        });
        let cells = match decoded {
            Ok(cells) => cells,
            Err(reason) => {
                self.bad_header = Some(reason);
                Vec::new()
            }
        };
        let names = cells.iter().map(|text| text.trim().replace(['\r', '\n'], " "));
        let mut names: Vec<String> = names.collect();
        // A delimiter at the end of each line makes a column without a name and without cells.
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        self.splitter.width = Some(names.len());
        self.columns = names;
    }

    fn row_cells(&self, cells: &[Vec<u8>]) -> Result<RecordCells, Reason> {
        let width = self.columns.len();
        if cells.iter().any(|cell| cell.contains(&0)) {
            return Err(Reason::new("nul_byte", "a cell has a NUL byte"));
        }
        if cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            return Err(Reason::new("empty_row", "the row has separators only"));
        }
        if !fits(cells, width) {
            let count = cells.len();
            let detail = format!("the header has {width} cells, the record {count}");
            return Err(Reason::new("cell_count", detail));
        }
        let mut read = RecordCells::new();
        let mut repeats_header = true;
        for (column, cell) in cells.iter().enumerate().take(width) {
            let text = self.decode(cell)?;
            let name = self.columns.get(column).map_or("", String::as_str);
            repeats_header &= text.trim() == name;
            if !text.trim().is_empty() {
                read.push((column, Cell::Text(text)));
            }
        }
        if repeats_header {
            return Err(Reason::new("header_repeated", "the header stands here again"));
        }
        Ok(read)
    }

    fn json_record(&mut self, split: SplitRecord) -> Record {
        let cells = split.cells.and_then(|cells| self.json_cells(&cells.concat()));
        self.count_record(split.line, split.last_line, cells)
    }

    fn json_cells(&mut self, line: &[u8]) -> Result<RecordCells, Reason> {
        if line.contains(&0) {
            return Err(Reason::new("nul_byte", "the line has a NUL byte"));
        }
        let members = read_members(&self.decode(line)?)?.0;
        if members.iter().any(|(_, cell)| cell.text().contains('\0')) {
            return Err(Reason::new("nul_byte", "a value has a NUL character"));
        }
        let mut cells = RecordCells::new();
        for (name, cell) in members {
            let known = self.columns.iter().position(|it| *it == name);
            let column = match known {
                Some(column) => column,
                None if self.columns.len() >= MAX_COLUMNS => continue,
                None => {
                    self.columns.push(name);
                    self.columns.len() - 1
                }
            };
            if !cell.is_empty() {
                cells.push((column, cell));
            }
        }
        Ok(cells)
    }

    /// Decodes a cell; bytes that are no letters of the encoding are never replaced.
    fn decode(&self, cell: &[u8]) -> Result<String, Reason> {
        let bad = || {
            let name = self.layout.encoding.name();
            Reason::new("bad_encoding", format!("bytes that are not {name}"))
        };
        let encoding = if self.utf16.is_some() { UTF_8 } else { self.layout.encoding.0 };
        let text = encoding.decode_without_bom_handling_and_without_replacement(cell);
        let text = text.ok_or_else(bad)?;
        let has_control = |letter: char| ('\u{80}'..'\u{a0}').contains(&letter);
        if text.contains('\u{fffd}') || (encoding != UTF_8 && text.contains(has_control)) {
            return Err(bad());
        }
        Ok(text.into_owned())
    }
}

impl Utf16 {
    fn decode(&mut self, bytes: &[u8], is_last: bool) -> String {
        let Some(decoder) = &mut self.0 else { return String::new() };
        let length = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
        let mut text = String::with_capacity(length);
        let (result, _, _) = decoder.decode_to_string(bytes, &mut text, is_last);
        if is_last {
            self.0 = None;
        }
        debug_assert_eq!(result, CoderResult::InputEmpty, "the buffer was made large enough");
        text
    }
}
