//! CSV tables (RFC 4180): a header line, CRLF line ends, quotes where they are needed. A cell that
//! a spreadsheet would run as a formula gets a leading apostrophe.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};

/// Returns true if the caller asks for CSV: with `format=csv`, or with `Accept: text/csv` if no
/// format is given.
pub fn wants_csv(csv: Option<bool>, headers: &HeaderMap) -> bool {
    csv.unwrap_or_else(|| {
        let accepted =
            headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        accepted.split(',').any(|kind| kind.trim().split(';').next() == Some("text/csv"))
    })
}

/// Renders a CSV response. `next_cursor` goes into a header, because CSV has no place for it.
pub fn csv_response(
    name: &str,
    header: &[&str],
    rows: &[Vec<String>],
    next_cursor: Option<&str>,
) -> Response {
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
        ],
        render_table(header, rows),
    )
        .into_response();
    if let Some(cursor) = next_cursor.and_then(|cursor| HeaderValue::try_from(cursor).ok()) {
        response.headers_mut().insert("x-next-cursor", cursor);
    }
    response
}

/// A line of a CSV table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvLine {
    /// The number of the line on which it begins, from 1.
    pub number: usize,
    pub cells: Vec<String>,
}

/// Parses a CSV table: lines that end with LF or CRLF, cells in quotes or without. An apostrophe that
/// we put before a cell, so that no spreadsheet runs it, is taken off again. Blank lines are left
/// out. The error is the number of the line whose quote is never closed.
pub fn parse_table(text: &str) -> Result<Vec<CsvLine>, usize> {
    let mut lines = Vec::new();
    let mut reader = CellReader { rest: text, line: 1 };
    while !reader.rest.is_empty() {
        let number = reader.line;
        let cells = reader.read_line()?;
        if cells.iter().any(|cell| !cell.is_empty()) {
            lines.push(CsvLine { number, cells });
        }
    }
    Ok(lines)
}

struct CellReader<'a> {
    rest: &'a str,
    line: usize,
}

impl CellReader<'_> {
    fn read_line(&mut self) -> Result<Vec<String>, usize> {
        let mut cells = Vec::new();
        loop {
            let cell = self.read_cell()?;
            let bare = cell.strip_prefix('\'').filter(|it| it.starts_with(['=', '+', '-', '@']));
            cells.push(bare.map_or_else(|| cell.trim().to_owned(), |bare| bare.trim().to_owned()));
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
        self.rest = rest.strip_prefix('\n').unwrap_or(rest);
        self.line += 1;
        Ok(cells)
    }

    fn read_cell(&mut self) -> Result<String, usize> {
        let began = self.line;
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
            let (cell, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(cell.trim_end_matches('\r').to_owned());
        };
        let (mut cell, mut rest) = (String::new(), quoted);
        loop {
            let (part, after) = rest.split_once('"').ok_or(began)?;
            self.line += part.matches('\n').count();
            cell += part;
            match after.strip_prefix('"') {
                Some(after) => {
                    cell.push('"');
                    rest = after;
                }
                None => {
                    // What stands between a closing quote and the next comma belongs to no cell.
                    let end = after.find([',', '\n']).unwrap_or(after.len());
                    self.rest = after.get(end..).unwrap_or_default();
                    return Ok(cell);
                }
            }
        }
    }
}

fn render_table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = header.join(",") + "\r\n";
    for row in rows {
        text += &row.iter().map(|cell| quote_cell(cell)).collect::<Vec<_>>().join(",");
        text += "\r\n";
    }
    text
}

fn quote_cell(cell: &str) -> String {
    let formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<i64>().is_err();
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let rows =
            [vec!["a,b".to_owned(), "say \"hi\"".to_owned(), "-5".to_owned(), "=1+1".to_owned()]];
        assert_eq!(
            render_table(&["w", "x", "y", "z"], &rows),
            "w,x,y,z\r\n\"a,b\",\"say \"\"hi\"\"\",-5,'=1+1\r\n"
        );
    }

    #[test]
    fn what_was_written_is_read_back() {
        let rows = [
            ["a,b", "say \"hi\"", "-5", "=1+1", ""],
            ["two\r\nlines", "+34600000001", "'quoted'", "ñ", "x"],
        ];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let read = parse_table(&render_table(&["v", "w", "x", "y", "z"], &rows)).unwrap();
        let cells: Vec<Vec<String>> = read.iter().map(|line| line.cells.clone()).collect();
        assert_eq!(cells[0], ["v", "w", "x", "y", "z"]);
        assert_eq!(cells[1..], rows);
        let numbers: Vec<usize> = read.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }

    #[test]
    fn a_table_of_another_program_is_read_too() {
        let read = parse_table("address,reason\n a@x.com ,\"opted_out\" \n\n,\r\nb@x.com").unwrap();
        let lines: Vec<(usize, &str)> =
            read.iter().map(|line| (line.number, line.cells[0].as_str())).collect();
        assert_eq!(lines, [(1, "address"), (2, "a@x.com"), (5, "b@x.com")]);
        assert_eq!(parse_table("a\n\"b").unwrap_err(), 2);
        assert_eq!(parse_table("").unwrap(), []);
    }

    #[test]
    fn the_format_goes_before_the_accept_header() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))])
        };
        assert!(wants_csv(None, &headers("text/html, text/csv;q=0.9")));
        assert!(!wants_csv(Some(false), &headers("text/csv")));
        assert!(wants_csv(Some(true), &HeaderMap::new()));
        assert!(!wants_csv(None, &headers("*/*")));
    }
}
