//! Reads the cells for which a customer has no place, so that a fault in them is told and a report
//! says what stays in the file.

use domain::kernel::money::Currency;

use crate::{
    cells::{
        money::{read_amount, read_json_amount},
        text::{on_one_line, unguarded},
    },
    reason::{Notes, Reason},
    record::Cell,
    row::{PlacedCell, Row},
    target::Target,
};

pub(crate) fn read_the_rest(
    row: &Row<'_>,
    currency: Option<Currency>,
    notes: &mut Notes,
) -> Vec<(String, String)> {
    let mut read = Vec::new();
    for cell in row.cells() {
        let value = if cell.target == Target::Amount {
            amount(&cell, currency)
        } else if cell.target == Target::Number {
            amount(&cell, None)
        } else if matches!(cell.target, Target::Moment | Target::Seconds) {
            let moment = row.moment(&cell, notes);
            moment.map(|it| it.map(|it| it.earliest().to_string()))
        } else if cell.target == Target::Object {
            object(cell.text())
        } else if cell.target == Target::FullName {
            warn_of_entities(&cell, notes);
            Ok(Some(on_one_line(unguarded(cell.text()))))
        } else {
            continue;
        };
        if let Some(value) = notes.keep(cell.column, value).flatten() {
            read.push((cell.column.to_owned(), value));
        }
    }
    read
}

fn amount(cell: &PlacedCell<'_>, currency: Option<Currency>) -> Result<Option<String>, Reason> {
    let amount = match cell.cell {
        Cell::Number(text) => read_json_amount(text, currency)?,
        Cell::Text(text) | Cell::Json(text) => read_amount(text, currency)?,
    };
    Ok(amount.map(|amount| match amount.currency {
        Some(currency) => format!("{} {currency}", amount.decimal()),
        None => amount.decimal(),
    }))
}

fn object(text: &str) -> Result<Option<String>, Reason> {
    let bad = |_| Reason::new("not_json", "the object is no JSON");
    let value: serde_json::Value = serde_json::from_str(text.trim()).map_err(bad)?;
    Ok(Some(value.to_string()))
}

/// Warns of text such as `&amp;`, which another system has written for a web page.
fn warn_of_entities(cell: &PlacedCell<'_>, notes: &mut Notes) {
    let after = cell.text().split('&').skip(1);
    let mut names = after.filter_map(|rest| rest.split_once(';')).map(|(name, _)| name);
    let is_entity = |name: &str| {
        let name = name.strip_prefix('#').unwrap_or(name);
        (2..=8).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    if names.any(is_entity) {
        let detail = "text of a web page such as `&amp;`: it is kept as it stands";
        notes.warn(cell.column, Reason::new("entity", detail));
    }
}
