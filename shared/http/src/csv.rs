//! Tables as CSV (RFC 4180): a header line, CRLF, quotes where they are needed. A cell that a spreadsheet would take for a formula gets
//! an apostrophe in front.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};

/// By `format=csv`, or by `Accept: text/csv` where no format is given.
pub fn wanted(csv: Option<bool>, headers: &HeaderMap) -> bool {
    csv.unwrap_or_else(|| {
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        accepted.split(',').any(|kind| kind.trim().split(';').next() == Some("text/csv"))
    })
}

/// `next_cursor` goes into a header, as CSV has no place for it.
pub fn answer(name: &str, header: &[&str], rows: &[Vec<String>], next_cursor: Option<&str>) -> Response {
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
        ],
        table(header, rows),
    )
        .into_response();
    if let Some(cursor) = next_cursor.and_then(|cursor| HeaderValue::try_from(cursor).ok()) {
        response.headers_mut().insert("x-next-cursor", cursor);
    }
    response
}

fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = header.join(",") + "\r\n";
    for row in rows {
        text += &row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
        text += "\r\n";
    }
    text
}

fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<i64>().is_err();
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let rows = [vec!["a,b".to_owned(), "say \"hi\"".to_owned(), "-5".to_owned(), "=1+1".to_owned()]];
        assert_eq!(table(&["w", "x", "y", "z"], &rows), "w,x,y,z\r\n\"a,b\",\"say \"\"hi\"\"\",-5,'=1+1\r\n");
    }

    #[test]
    fn the_format_goes_before_the_accept_header() {
        let headers = |value: &'static str| HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]);
        assert!(wanted(None, &headers("text/html, text/csv;q=0.9")));
        assert!(!wanted(Some(false), &headers("text/csv")));
        assert!(wanted(Some(true), &HeaderMap::new()));
        assert!(!wanted(None, &headers("*/*")));
    }
}
