//! The cells of a row of Parquet: numbers by their digits, moments and days as text, lists and
//! records as JSON. A column's declared type says what its numbers mean, so that a moment in
//! nanoseconds is none of the bare numbers that nobody guesses.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use parquet::{
    basic::{LogicalType, TimeUnit},
    record::{Field, Row},
    schema::types::Type,
};
use serde_json::Value;

use crate::{
    reason::Reason,
    record::{Cell, RecordCells},
    split::MAX_RECORD_BYTES,
};

/// The shape of a column, as far as its values alone do not tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ColumnShape {
    /// True if a whole number is a moment in nanoseconds.
    is_nanoseconds: bool,
    /// True if its moments are those of a clock in a zone that the file does not tell.
    is_local: bool,
}

impl ColumnShape {
    pub fn new(field: &Type) -> Self {
        match field.get_basic_info().logical_type_ref() {
            Some(LogicalType::Timestamp(moment)) => Self {
                is_nanoseconds: moment.unit == TimeUnit::NANOS,
                is_local: !moment.is_adjusted_to_u_t_c,
            },
            Some(_) | None => Self { is_nanoseconds: false, is_local: false },
        }
    }
}

/// Returns the cells of a row that are not empty.
pub(super) fn row_cells(row: Row, shapes: &[ColumnShape]) -> Result<RecordCells, Reason> {
    let mut cells = RecordCells::new();
    let mut length = 0;
    for (column, (_, field)) in row.into_columns().into_iter().enumerate() {
        let shape = shapes.get(column).copied();
        let shape = shape.unwrap_or(ColumnShape { is_nanoseconds: false, is_local: false });
        let Some(cell) = cell(field, shape)? else { continue };
        length += cell.text().len();
        if length > MAX_RECORD_BYTES {
            return Err(Reason::new("record_too_long", "the row is longer than a record may be"));
        }
        if cell.text().contains('\0') {
            return Err(Reason::new("nul_byte", "a value has a NUL character"));
        }
        if !cell.is_empty() {
            cells.push((column, cell));
        }
    }
    if cells.is_empty() {
        return Err(Reason::new("empty_row", "the row has no value"));
    }
    Ok(cells)
}

fn cell(field: Field, shape: ColumnShape) -> Result<Option<Cell>, Reason> {
    let moment = |at: Option<Timestamp>| -> Result<Option<Cell>, Reason> {
        let at = at.ok_or_else(|| Reason::new("bad_date", "a moment outside the calendar"))?;
        let local = at.to_zoned(TimeZone::UTC).datetime();
        Ok(Some(Cell::Text(if shape.is_local { local.to_string() } else { at.to_string() })))
    };
    let number = |number: String| Ok(Some(Cell::Number(number)));
    match field {
        Field::Null => Ok(None),
        Field::Str(text) => Ok(Some(Cell::Text(text))),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Ok(Some(Cell::Text(text.to_owned()))),
            Err(_) => Err(Reason::new("bad_encoding", "bytes that are not UTF-8")),
        },
        Field::Bool(value) => Ok(Some(Cell::Text(value.to_string()))),
        Field::Long(value) if shape.is_nanoseconds => {
            moment(Timestamp::from_nanosecond(i128::from(value)).ok())
        }
        Field::TimestampMillis(value) => moment(Timestamp::from_millisecond(value).ok()),
        Field::TimestampMicros(value) => moment(Timestamp::from_microsecond(value).ok()),
        Field::Date(days) => {
            let since = SignedDuration::from_hours(i64::from(days) * 24);
            let day = Date::constant(1970, 1, 1).checked_add(since).ok();
            let day = day.ok_or_else(|| Reason::new("bad_date", "a day outside the calendar"))?;
            Ok(Some(Cell::Text(day.to_string())))
        }
        Field::Byte(value) => number(value.to_string()),
        Field::Short(value) => number(value.to_string()),
        Field::Int(value) => number(value.to_string()),
        Field::Long(value) => number(value.to_string()),
        Field::UByte(value) => number(value.to_string()),
        Field::UShort(value) => number(value.to_string()),
        Field::UInt(value) => number(value.to_string()),
        Field::ULong(value) => number(value.to_string()),
        Field::Float16(value) => Ok(Some(decimal(f64::from(value.to_f32())))),
        // The shortest digits that mean this value, not those of the wider one.
        Field::Float(value) => Ok(Some(decimal(value.to_string().parse().unwrap_or(f64::NAN)))),
        Field::Double(value) => Ok(Some(decimal(value))),
        decimal @ Field::Decimal(_) => number(decimal.to_string()),
        time @ (Field::TimeMillis(_) | Field::TimeMicros(_)) => {
            Ok(Some(Cell::Text(time.to_string())))
        }
        list @ (Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_)) => {
            Ok(Some(Cell::Json(json(&list).to_string())))
        }
    }
}

/// Returns a number by its shortest digits; what is no number is text, which no reader takes for
/// one.
fn decimal(value: f64) -> Cell {
    if value.is_finite() { Cell::Number(value.to_string()) } else { Cell::Text(value.to_string()) }
}

/// Returns a part of a list or a record as JSON. The schema bounds how deep it is nested.
fn json(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Group(row) => {
            let members = row.get_column_iter();
            Value::Object(members.map(|(name, value)| (name.clone(), json(value))).collect())
        }
        Field::ListInternal(list) => list.elements().iter().map(json).collect(),
        Field::MapInternal(map) => {
            let entry = |(key, value): &(Field, Field)| (plain(key), json(value));
            Value::Object(map.entries().iter().map(entry).collect())
        }
        Field::Bool(value) => Value::Bool(*value),
        Field::Str(text) => Value::String(text.clone()),
        Field::Byte(_)
        | Field::Short(_)
        | Field::Int(_)
        | Field::Long(_)
        | Field::UByte(_)
        | Field::UShort(_)
        | Field::UInt(_)
        | Field::ULong(_)
        | Field::Float16(_)
        | Field::Float(_)
        | Field::Double(_) => {
            let text = field.to_string();
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        Field::Decimal(_)
        | Field::Bytes(_)
        | Field::Date(_)
        | Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::TimestampMillis(_)
        | Field::TimestampMicros(_) => Value::String(plain(field)),
    }
}

fn plain(field: &Field) -> String {
    if let Field::Str(text) = field {
        text.clone()
    } else if let Field::Bytes(bytes) = field {
        String::from_utf8_lossy(bytes.data()).into_owned()
    } else {
        field.to_string()
    }
}
