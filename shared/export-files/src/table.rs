//! Tables: columns with a type and a meaning, and rows of cells.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The type of a column's cells. Any cell may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellType {
    Text,
    /// A whole number of 64 bits. Money is in minor units.
    Integer,
    Boolean,
    /// A moment in UTC, to the millisecond.
    Time,
    Day,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub cells: CellType,
    /// The meaning and the unit, for the manifest.
    pub meaning: &'static str,
}

impl Column {
    pub const fn text(name: &'static str, meaning: &'static str) -> Self {
        Self { name, cells: CellType::Text, meaning }
    }
    pub const fn integer(name: &'static str, meaning: &'static str) -> Self {
        Self { name, cells: CellType::Integer, meaning }
    }
    pub const fn boolean(name: &'static str, meaning: &'static str) -> Self {
        Self { name, cells: CellType::Boolean, meaning }
    }
    pub const fn time(name: &'static str, meaning: &'static str) -> Self {
        Self { name, cells: CellType::Time, meaning }
    }
    pub const fn day(name: &'static str, meaning: &'static str) -> Self {
        Self { name, cells: CellType::Day, meaning }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Text(String),
    Integer(i64),
    Boolean(bool),
    Time(Timestamp),
    Day(Date),
}

/// The cells of a record, in the order of the columns.
pub type Row = Vec<Cell>;

impl Cell {
    /// Returns the type of a cell that is not empty.
    pub fn cell_type(&self) -> Option<CellType> {
        match self {
            Self::Empty => None,
            Self::Text(_) => Some(CellType::Text),
            Self::Integer(_) => Some(CellType::Integer),
            Self::Boolean(_) => Some(CellType::Boolean),
            Self::Time(_) => Some(CellType::Time),
            Self::Day(_) => Some(CellType::Day),
        }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
    pub fn text_of(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }
    pub fn count(number: impl Into<i64>) -> Self {
        Self::Integer(number.into())
    }
    pub fn time_of(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Empty, Self::Time)
    }
    pub fn day_of(day: Option<Date>) -> Self {
        day.map_or(Self::Empty, Self::Day)
    }
}
