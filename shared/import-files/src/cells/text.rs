//! Plain text: spreadsheet guards, words that mean nothing is there, names.

use domain::customer::profile::Name;

use crate::reason::Reason;

/// Returns the text of a cell without outer white space and without the apostrophe by which a
/// spreadsheet guards a number or a formula. Before anything else an apostrophe is a letter.
pub fn unguarded(cell: &str) -> &str {
    let text = cell.trim();
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit() || "+-=@".contains(c)) => rest,
        Some(_) | None => text,
    }
}

/// Returns true for text by which systems write that nothing is there. `Null` is not among it,
/// since people have that name.
pub fn is_empty_word(text: &str) -> bool {
    matches!(text, "NULL" | "null" | "\\N" | "N/A" | "n/a" | "#N/A")
}

/// Returns the text of a cell, or `None` if there is none. A word for nothing is a reason, so that
/// it is told.
pub fn read_text(cell: &str) -> Result<Option<&str>, Reason> {
    let text = unguarded(cell);
    match text {
        "" => Ok(None),
        word if is_empty_word(word) => {
            Err(Reason::new("empty_word", "text that means nothing is there"))
        }
        text => Ok(Some(text)),
    }
}

/// Reads a name. Line breaks become spaces; the rest stays as it stands, formulas too.
pub fn read_name(cell: &str) -> Result<Option<Name>, Reason> {
    let Some(text) = read_text(cell)? else { return Ok(None) };
    let text = on_one_line(text);
    Name::parse(&text).map(Some).map_err(|error| Reason::new("bad_name", error.to_string()))
}

/// Returns the text with each line break, and the white space round it, as one space.
pub fn on_one_line(text: &str) -> String {
    let lines = text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}
