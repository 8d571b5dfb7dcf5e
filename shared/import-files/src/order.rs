//! Reads a record as an order of the past, or as a further item of the order before it.
//!
//! An order that lacks its date, total, currency or customer is refused: no part of it is filled
//! in.

use domain::{
    customer::contact::{Email, Phone},
    kernel::{
        id::{CustomerId, OrderId},
        money::{Currency, MinorUnits},
    },
};
use jiff::Timestamp;

use crate::{
    cells::{
        countries::read_country,
        emails::read_email,
        money::{Amount, read_amount, read_json_amount},
        phones::read_phone,
        text::{read_text, unguarded},
    },
    customer::ImportTerms,
    reason::{Notes, Reason},
    record::{Cell, Record},
    row::{Columns, PlacedCell, Row},
    survey::FileFacts,
    target::Target,
};

/// The ways in which the customer of an order is named. One of them is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBuyer {
    pub id: Option<CustomerId>,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
}

/// An order as the file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRecord {
    pub order: OrderId,
    pub buyer: OrderBuyer,
    pub placed_at: Timestamp,
    pub total: MinorUnits,
    pub currency: Currency,
    pub cancelled_at: Option<Timestamp>,
    /// Everything that was refunded so far.
    pub refunded: MinorUnits,
    pub status: String,
    pub notes: Notes,
}

/// A record of a file of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderReading {
    Order(Box<OrderRecord>),
    /// A further item of the order that stands before it. It adds no amount.
    FurtherItem,
}

/// Reads the records of a file as orders.
pub struct OrderReader {
    columns: Columns,
    terms: ImportTerms,
    /// The number of the order before the present record.
    last_order: Option<String>,
}

impl OrderReader {
    /// Makes a reader. `last_order` is [`last_order`](Self::last_order) of the one before, if
    /// reading goes on in the middle of a file.
    pub fn new(
        facts: &FileFacts,
        terms: ImportTerms,
        last_order: Option<String>,
    ) -> Result<Self, Reason> {
        let columns = Columns::new(facts, terms.zone.time_zone())?;
        Ok(Self { columns, terms, last_order })
    }
    pub fn last_order(&self) -> Option<&str> {
        self.last_order.as_deref()
    }

    /// Reads a record, or returns the reason why it is refused.
    pub fn read(&mut self, record: &Record, names: &[String]) -> Result<OrderReading, Reason> {
        self.columns.add(names);
        let cells = record.cells.as_ref().map_err(Clone::clone)?;
        let row = self.columns.row(cells);
        let text = |target| row.first(target).map(|cell| unguarded(cell.text()).to_owned());
        let number = text(Target::OrderNumber).or_else(|| text(Target::OrderId));
        let Some(number) = number else {
            return Err(Reason::new("no_order", "an item without an order"));
        };
        let facts = [Target::OrderId, Target::OrderStatus, Target::Total, Target::Currency];
        let is_item = row.has(Target::OrderNumber) && !facts.iter().any(|it| row.has(*it));
        if is_item && self.last_order.as_ref() == Some(&number) {
            return Ok(OrderReading::FurtherItem);
        }
        let order = read_order(&row, &self.terms);
        self.last_order = Some(number);
        Ok(OrderReading::Order(Box::new(order?)))
    }
}

fn read_order(row: &Row<'_>, terms: &ImportTerms) -> Result<OrderRecord, Reason> {
    let mut notes = Notes::default();
    let order = read_order_id(row)?;
    let status = row.first(Target::OrderStatus).map_or(String::new(), |cell| order_status(&cell));
    if matches!(status.as_str(), "trash" | "draft" | "checkout-draft" | "auto-draft") {
        return Err(Reason::new("not_an_order", "its status says that it is no order"));
    }
    let placed_at = required_moment(row, Target::PlacedAt, &mut notes)?;
    let currency = read_currency(row, terms)?;
    let total = required_amount(row, currency)?;
    let currency = total.currency.ok_or_else(|| missing("currency"))?;
    let total = minor_units(&total, "total")?;
    let buyer = read_buyer(row, terms, &mut notes)?;
    let cancelled_at = read_cancelled(row, &status, placed_at, &mut notes)?;
    let refunded = read_refunded(row, currency, &mut notes)?;
    let refunded = match refunded {
        None if status == "refunded" => total,
        refunded => refunded.unwrap_or(MinorUnits::ZERO),
    };
    if refunded > total {
        return Err(Reason::new("refund_exceeds_order", "more is refunded than was paid"));
    }
    Ok(OrderRecord {
        order,
        buyer,
        placed_at,
        total,
        currency,
        cancelled_at,
        refunded,
        status,
        notes,
    })
}

fn missing(what: &str) -> Reason {
    Reason::new("missing", format!("the order's {what} is empty"))
}

/// Returns a reason with the column that it is about.
pub(crate) fn in_column(column: &str, reason: Reason) -> Reason {
    let detail = format!("{column}: {}", reason.detail);
    Reason { code: reason.code, detail: detail.into() }
}

fn read_order_id(row: &Row<'_>) -> Result<OrderId, Reason> {
    let cell = row.first(Target::OrderId).or_else(|| row.first(Target::OrderNumber));
    let cell = cell.ok_or_else(|| missing("id"))?;
    let text = unguarded(cell.text());
    let text = text.strip_prefix('#').unwrap_or(text);
    let bad = |_| in_column(cell.column, Reason::new("bad_id", "1 to 64 of A-Z a-z 0-9 . _ : -"));
    OrderId::parse(text).map_err(bad)
}

/// Returns the word for the order's state without the prefix that WooCommerce keeps in its tables.
fn order_status(cell: &PlacedCell<'_>) -> String {
    let status = unguarded(cell.text()).to_lowercase();
    status.strip_prefix("wc-").map(str::to_owned).unwrap_or(status)
}

fn required_moment(row: &Row<'_>, target: Target, notes: &mut Notes) -> Result<Timestamp, Reason> {
    let cell = row.first(target).ok_or_else(|| missing("date"))?;
    let moment = row.moment(&cell, notes).map_err(|reason| in_column(cell.column, reason))?;
    moment.map(|moment| moment.earliest()).ok_or_else(|| missing("date"))
}

fn read_currency(row: &Row<'_>, terms: &ImportTerms) -> Result<Option<Currency>, Reason> {
    let Some(cell) = row.first(Target::Currency) else { return Ok(terms.currency) };
    let code = unguarded(cell.text()).to_uppercase();
    let bad = |_| in_column(cell.column, Reason::new("unknown_currency", "no code of ISO 4217"));
    Currency::parse(&code).map(Some).map_err(bad)
}

fn required_amount(row: &Row<'_>, currency: Option<Currency>) -> Result<Amount, Reason> {
    let cell = row.first(Target::Total).ok_or_else(|| missing("total"))?;
    let amount = match cell.cell {
        Cell::Number(text) => read_json_amount(text, currency),
        Cell::Text(text) | Cell::Json(text) => read_amount(text, currency),
    };
    let amount = amount.map_err(|reason| in_column(cell.column, reason))?;
    amount.ok_or_else(|| missing("total"))
}

fn minor_units(amount: &Amount, what: &str) -> Result<MinorUnits, Reason> {
    let bad =
        || Reason::new("bad_amount", format!("the order's {what} is no amount that can be paid"));
    let units = amount.minor_units().ok_or_else(bad)?;
    MinorUnits::new(units).map_err(|_| bad())
}

/// Reads who has ordered: an id, of which 0 is a guest, a mailbox, a phone.
fn read_buyer(row: &Row<'_>, terms: &ImportTerms, notes: &mut Notes) -> Result<OrderBuyer, Reason> {
    let read_id = |cell: &str| {
        let bad = |_| Reason::new("bad_id", "an id has 1 to 64 of A-Z a-z 0-9 . _ : -");
        let text = read_text(cell)?.filter(|text| *text != "0");
        text.map(|text| CustomerId::parse(text).map_err(bad)).transpose()
    };
    let id = row.read(Target::Id, notes, read_id);
    let id = id.or_else(|| row.read(Target::Buyer, notes, read_id));
    let email = row.read(Target::Email, notes, read_email);
    let country = row.read(Target::Country, notes, read_country);
    let country = if row.has(Target::Country) { country } else { terms.country };
    let phone = row.read(Target::Phone, notes, |cell| read_phone(cell, country));
    if id.is_none() && email.is_none() && phone.is_none() {
        return Err(missing("customer"));
    }
    Ok(OrderBuyer { id, email, phone })
}

fn read_cancelled(
    row: &Row<'_>,
    status: &str,
    placed_at: Timestamp,
    notes: &mut Notes,
) -> Result<Option<Timestamp>, Reason> {
    if row.has(Target::CancelledAt) {
        return required_moment(row, Target::CancelledAt, notes).map(Some);
    }
    let is_cancelled = matches!(status, "cancelled" | "canceled" | "failed" | "voided");
    Ok(is_cancelled.then_some(placed_at))
}

/// Reads the sum that was refunded: an amount, or WooCommerce's list `amount:30.00|reason:…`.
fn read_refunded(
    row: &Row<'_>,
    currency: Currency,
    notes: &mut Notes,
) -> Result<Option<MinorUnits>, Reason> {
    let Some(cell) = row.first(Target::Refunded) else { return Ok(None) };
    let text = cell.text();
    let parts: Vec<&str> = if text.contains("amount:") {
        text.split(['|', ';']).filter_map(|part| part.trim().strip_prefix("amount:")).collect()
    } else {
        vec![text]
    };
    let mut sum = MinorUnits::ZERO;
    for part in parts {
        let amount = read_amount(part, Some(currency));
        let amount = amount.map_err(|reason| in_column(cell.column, reason))?;
        if let Some(amount) = amount {
            sum = sum.plus(minor_units(&amount, "refund")?);
        }
    }
    if sum == MinorUnits::ZERO && text.contains("amount:") {
        notes.warn(cell.column, Reason::new("bad_amount", "refunds without an amount"));
    }
    Ok(Some(sum))
}
