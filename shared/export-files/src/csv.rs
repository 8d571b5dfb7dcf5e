//! Rows as CSV (RFC 4180): UTF-8, commas, CRLF line ends, quotes where they are needed. Text that a
//! spreadsheet would run as a formula gets an apostrophe before it, which our own import takes off
//! again; numbers and times are never text.

use crate::table::{Cell, Column, Row};

/// The first characters with which a spreadsheet takes text for a formula, as typed here or by a
/// program that folds full-width forms. A tab or a line end before one of them is passed over.
const RUNS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

pub(crate) fn header(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    names.join(",") + "\r\n"
}

pub(crate) fn push_row(text: &mut String, row: &Row) {
    for (number, cell) in row.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        push_cell(text, cell);
    }
    text.push_str("\r\n");
}

fn push_cell(text: &mut String, cell: &Cell) {
    match cell {
        Cell::Empty => {}
        Cell::Text(words) => push_text(text, words),
        Cell::Integer(number) => text.push_str(&number.to_string()),
        Cell::Boolean(is_so) => text.push_str(if *is_so { "true" } else { "false" }),
        Cell::Time(at) => text.push_str(&format!("{at:.3}")),
        Cell::Day(day) => text.push_str(&day.to_string()),
    }
}

fn push_text(text: &mut String, words: &str) {
    let guard = if words.starts_with(RUNS) { "'" } else { "" };
    let is_quoted = words.contains([',', ';', '"', '\'', '\r', '\n', '\t'])
        || words.starts_with(char::is_whitespace)
        || words.ends_with(char::is_whitespace)
        || words.is_empty();
    if is_quoted {
        text.push('"');
        text.push_str(guard);
        text.push_str(&words.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(guard);
        text.push_str(words);
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;

    fn line(cells: &[Cell]) -> String {
        let mut text = String::new();
        push_row(&mut text, &cells.to_vec());
        text
    }

    #[test]
    fn cells_are_quoted_where_they_must_be_and_no_formula_runs() {
        for (words, expected) in [
            ("plain", "plain"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" kept ", "\" kept \""),
            ("=1+1", "'=1+1"),
            ("+34600000001", "'+34600000001"),
            ("-5", "'-5"),
            ("@sum(a1)", "'@sum(a1)"),
            ("\t=1", "\"'\t=1\""),
            ("\n=1", "\"'\n=1\""),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("Zoë, 北京 \u{1f36a}", "\"Zoë, 北京 \u{1f36a}\""),
            ("أحمد", "أحمد"),
        ] {
            assert_eq!(line(&[Cell::text(words)]), format!("{expected}\r\n"), "{words:?}");
        }
    }

    #[test]
    fn numbers_times_and_days_have_one_form() {
        let at: Timestamp = "2026-11-30T10:00:00.045678Z".parse().unwrap();
        let cells = [
            Cell::Integer(-5),
            Cell::Integer(i64::MIN),
            Cell::Boolean(true),
            Cell::Time(at),
            Cell::Day(date(2026, 2, 28)),
            Cell::Empty,
        ];
        let expected = "-5,-9223372036854775808,true,2026-11-30T10:00:00.045Z,2026-02-28,\r\n";
        assert_eq!(line(&cells), expected);
    }

    #[test]
    fn the_header_names_each_column_once() {
        let columns = [Column::text("a", ""), Column::integer("b_minor", "")];
        assert_eq!(header(&columns), "a,b_minor\r\n");
    }
}
