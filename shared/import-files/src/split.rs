//! Splits bytes into records, in bounded memory. Works on bytes in an encoding whose ASCII
//! characters are single bytes, so that the place of each record in the file is exact.
//!
//! Guarantees: a quote that is not closed costs its record alone. A record over several lines whose
//! quotes or number of cells are wrong is refused at its first line, and reading starts afresh at
//! the next one; no cell holds text of two records that have the right number of cells.

use memchr::{memchr, memchr2, memchr3};

use crate::reason::Reason;

/// The longest record in bytes. A quote that is open for longer is not closed.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;
/// Consumed bytes are dropped from the buffer when there are as many of them.
const COMPACT_BYTES: usize = 64 * 1024;

/// A record as it stands in the file.
#[derive(Debug)]
pub(crate) struct SplitRecord {
    /// The physical line on which it begins, the first of the file being 1.
    pub line: u64,
    pub last_line: u64,
    pub cells: Result<Vec<Vec<u8>>, Reason>,
}

/// The bytes that are not consumed yet, and where in the file they are.
#[derive(Debug)]
pub(crate) struct Splitter {
    buffer: Vec<u8>,
    start: usize,
    line: u64,
    /// The number of bytes consumed since the splitter was made.
    consumed: u64,
    /// True if the file is UTF-16 and the buffer has the same text in UTF-8.
    counts_utf16: bool,
    is_last: bool,
    /// True within a line that is refused already, up to its end.
    pub skips_line: bool,
    /// The number of cells of the header.
    pub width: Option<usize>,
}

enum Scan {
    /// A record that ends before this place.
    Record {
        end: usize,
        lines: u64,
        cells: Vec<Vec<u8>>,
    },
    /// A line without anything.
    Blank(usize),
    Broken(Reason),
    NeedsMore,
}

fn not_closed() -> Reason {
    Reason::new("quote_not_closed", "a quote is opened and not closed before the next record")
}

impl Splitter {
    /// Makes a splitter whose first byte is on the given line.
    pub fn at_line(line: u64, counts_utf16: bool) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            line,
            consumed: 0,
            counts_utf16,
            is_last: false,
            skips_line: false,
            width: None,
        }
    }
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > COMPACT_BYTES {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }
    pub fn finish(&mut self) {
        self.is_last = true;
    }
    pub fn line(&self) -> u64 {
        self.line
    }
    pub fn consumed(&self) -> u64 {
        self.consumed
    }
    /// Returns the bytes that are not consumed yet.
    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize, lines: u64) {
        let end = (self.start + bytes).min(self.buffer.len());
        let gone = self.buffer.get(self.start..end).unwrap_or_default();
        self.consumed += if self.counts_utf16 {
            gone.iter().map(|byte| utf16_bytes(*byte)).sum::<u64>()
        } else {
            u64::try_from(gone.len()).unwrap_or_default()
        };
        self.start = end;
        self.line += lines;
    }

    /// Returns the next record of a table, or `None` until more is pushed.
    pub fn next_row(&mut self, delimiter: u8) -> Option<SplitRecord> {
        loop {
            if self.skips_line && !self.skip_line() {
                return None;
            }
            if self.rest().is_empty() {
                return None;
            }
            match scan_row(self.rest(), delimiter, self.is_last) {
                Scan::NeedsMore => return None,
                Scan::Blank(end) => self.advance(end, 1),
                Scan::Record { end, lines, cells } => {
                    if lines > 1 && self.width.is_some_and(|width| !fits(&cells, width)) {
                        return Some(self.refuse_line(not_closed()));
                    }
                    let (line, last_line) = (self.line, self.line + lines - 1);
                    self.advance(end, lines);
                    return Some(SplitRecord { line, last_line, cells: Ok(cells) });
                }
                Scan::Broken(reason) => return Some(self.refuse_line(reason)),
            }
        }
    }

    /// Returns the next line that has something on it, or `None` until more is pushed.
    pub fn next_line(&mut self) -> Option<SplitRecord> {
        loop {
            if self.skips_line && !self.skip_line() {
                return None;
            }
            let rest = self.rest();
            let (text, end) = match memchr(b'\n', rest) {
                Some(at) => (rest.get(..at).unwrap_or_default(), at + 1),
                None if rest.len() > MAX_RECORD_BYTES => {
                    let reason = Reason::new("too_long", "a record has at most 256 KiB");
                    return Some(self.refuse_line(reason));
                }
                None if self.is_last && !rest.is_empty() => (rest, rest.len()),
                None => return None,
            };
            let text = text.trim_ascii().to_vec();
            let line = self.line;
            self.advance(end, 1);
            if !text.is_empty() {
                return Some(SplitRecord { line, last_line: line, cells: Ok(vec![text]) });
            }
        }
    }

    /// Refuses the line at which the splitter stands, and goes on after it.
    fn refuse_line(&mut self, reason: Reason) -> SplitRecord {
        let line = self.line;
        self.skips_line = true;
        self.skip_line();
        SplitRecord { line, last_line: line, cells: Err(reason) }
    }

    /// Skips to the next physical line. Returns false if it is not there yet.
    fn skip_line(&mut self) -> bool {
        let rest = self.rest();
        let Some(at) = memchr2(b'\r', b'\n', rest) else {
            let length = rest.len();
            self.advance(length, 0);
            return false;
        };
        let Some(end) = after_line_end(rest, at, self.is_last) else {
            self.advance(at, 0);
            return false;
        };
        self.skips_line = false;
        self.advance(end, 1);
        true
    }
}

/// Returns how many bytes of UTF-16 belong to a byte of UTF-8, counted where a letter begins.
fn utf16_bytes(byte: u8) -> u64 {
    match byte {
        0x80..=0xbf => 0,
        0xf0..=0xff => 4,
        0x00..=0x7f | 0xc0..=0xef => 2,
    }
}

/// Returns true if the cells are as many as the header's, or more of which the rest is empty.
pub(crate) fn fits(cells: &[Vec<u8>], width: usize) -> bool {
    cells.len() == width
        || cells.get(width..).is_some_and(|rest| rest.iter().all(|it| it.trim_ascii().is_empty()))
}

/// Returns the place after a line end: CR and LF are one. `None` if the next byte is not known yet.
fn after_line_end(bytes: &[u8], at: usize, is_last: bool) -> Option<usize> {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        (Some(b'\r'), None) if !is_last => None,
        (Some(_) | None, _) => Some(at + 1),
    }
}

fn scan_row(bytes: &[u8], delimiter: u8, is_last: bool) -> Scan {
    let mut cells = Vec::new();
    let (mut at, mut lines) = (0, 1);
    loop {
        let end_of_cell = if bytes.get(at) == Some(&b'"') {
            match scan_quoted(bytes, at, is_last) {
                Quoted::Cell { cell, end, line_ends } => {
                    cells.push(cell);
                    lines += line_ends;
                    end
                }
                Quoted::NeedsMore => return Scan::NeedsMore,
                Quoted::NotClosed => return Scan::Broken(not_closed()),
            }
        } else {
            let rest = bytes.get(at..).unwrap_or_default();
            let end = match memchr3(delimiter, b'\r', b'\n', rest) {
                Some(length) => at + length,
                None if is_last => bytes.len(),
                None if rest.len() + at > MAX_RECORD_BYTES => {
                    return Scan::Broken(Reason::new("too_long", "a record has at most 256 KiB"));
                }
                None => return Scan::NeedsMore,
            };
            cells.push(bytes.get(at..end).unwrap_or_default().to_vec());
            end
        };
        match bytes.get(end_of_cell) {
            Some(byte) if *byte == delimiter => at = end_of_cell + 1,
            Some(b'\r' | b'\n') => {
                return match after_line_end(bytes, end_of_cell, is_last) {
                    None => Scan::NeedsMore,
                    Some(end) if end_of_cell == 0 => Scan::Blank(end),
                    Some(end) => Scan::Record { end, lines, cells },
                };
            }
            None if is_last => return Scan::Record { end: bytes.len(), lines, cells },
            None => return Scan::NeedsMore,
            Some(_) => {
                let why = "text follows a closing quote";
                return Scan::Broken(if lines > 1 {
                    not_closed()
                } else {
                    Reason::new("stray_quote", why)
                });
            }
        }
    }
}

enum Quoted {
    Cell { cell: Vec<u8>, end: usize, line_ends: u64 },
    NotClosed,
    NeedsMore,
}

/// Reads a cell in quotes, in which two quotes are one.
fn scan_quoted(bytes: &[u8], opening: usize, is_last: bool) -> Quoted {
    let mut cell = Vec::new();
    let mut at = opening + 1;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(length) = memchr(b'"', rest) else {
            let too_long = bytes.len() > MAX_RECORD_BYTES;
            return if is_last || too_long { Quoted::NotClosed } else { Quoted::NeedsMore };
        };
        cell.extend_from_slice(rest.get(..length).unwrap_or_default());
        match bytes.get(at + length + 1) {
            Some(b'"') => {
                cell.push(b'"');
                at += length + 2;
            }
            None if !is_last => return Quoted::NeedsMore,
            Some(_) | None => {
                let line_ends = count_line_ends(&cell);
                return Quoted::Cell { cell, end: at + length + 1, line_ends };
            }
        }
    }
}

fn count_line_ends(cell: &[u8]) -> u64 {
    let mut ends = 0;
    let mut before = 0;
    for byte in cell {
        ends += u64::from(*byte == b'\r' || (*byte == b'\n' && before != b'\r'));
        before = *byte;
    }
    ends
}
