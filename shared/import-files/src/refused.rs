//! The file of refused records: CSV that a spreadsheet opens without running anything in it.

use crate::{reason::Reason, record::Record};

/// The header of the file.
pub const REFUSED_HEADER: &str = "record,line,code,reason\r\n";

/// Returns the line of a refused record. It has no cell of the record, since the file is kept longer
/// than the upload; record and line lead to it.
pub fn refused_line(record: &Record, reason: &Reason) -> String {
    format!(
        "{},{},{},{}\r\n",
        record.number,
        quoted(&record.lines()),
        quoted(&reason.code),
        quoted(&reason.detail),
    )
}

/// Quotes a cell if it needs it, and puts an apostrophe before what a spreadsheet would run.
pub fn quoted(cell: &str) -> String {
    let guarded = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if guarded { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', ';', '\r', '\n', '\'']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}
