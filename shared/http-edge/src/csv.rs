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
