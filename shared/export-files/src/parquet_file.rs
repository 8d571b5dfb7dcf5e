//! Rows as Parquet, compressed by Snappy: every column is optional; times are milliseconds in UTC,
//! days are dates, text is UTF-8. Rows are turned into a row group each time that some thousands
//! have come, so that what lies in memory is the file so far and one row group.

use std::sync::Arc;

use jiff::civil::{Date, date};
use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type},
    errors::{ParquetError, Result},
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::{Type, TypePtr},
};

use crate::table::{Cell, CellType, Column, Row};

/// The rows of a row group.
const GROUP_ROWS: usize = 5_000;

pub(crate) struct ParquetPart {
    columns: &'static [Column],
    writer: SerializedFileWriter<Vec<u8>>,
    /// The rows of the next row group.
    waiting: Vec<Row>,
}

impl ParquetPart {
    pub fn new(columns: &'static [Column]) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("voucher-campaigns".to_owned())
            .build();
        let schema = schema(columns)?;
        let writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
        Ok(Self { columns, writer, waiting: Vec::new() })
    }

    pub fn push(&mut self, row: Row) -> Result<()> {
        self.waiting.push(row);
        if self.waiting.len() >= GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    /// Returns the bytes that are written so far.
    pub fn bytes(&self) -> usize {
        self.writer.bytes_written()
    }

    pub fn finish(mut self) -> Result<Vec<u8>> {
        if !self.waiting.is_empty() {
            self.write_group()?;
        }
        self.writer.into_inner()
    }

    fn write_group(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        let mut group = self.writer.next_row_group()?;
        let mut number = 0;
        while let Some(writer) = group.next_column()? {
            let Some(column) = self.columns.get(number) else { break };
            write_column(writer, column, number, &rows)?;
            number += 1;
        }
        group.close()?;
        Ok(())
    }
}

fn schema(columns: &[Column]) -> Result<TypePtr> {
    let field = |column: &Column| {
        let (physical, logical) = match column.cells {
            CellType::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            CellType::Integer => (PhysicalType::INT64, None),
            CellType::Boolean => (PhysicalType::BOOLEAN, None),
            CellType::Time => {
                (PhysicalType::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
            }
            CellType::Day => (PhysicalType::INT32, Some(LogicalType::Date)),
        };
        let field = Type::primitive_type_builder(column.name, physical)
            .with_logical_type(logical)
            .with_repetition(Repetition::OPTIONAL);
        Ok(Arc::new(field.build()?))
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(Type::group_type_builder("export").with_fields(fields).build()?))
}

fn write_column(
    writer: SerializedColumnWriter<'_>,
    column: &Column,
    number: usize,
    rows: &[Row],
) -> Result<()> {
    let cells = || rows.iter().map(|row| row.get(number).unwrap_or(&Cell::Empty));
    match column.cells {
        CellType::Text => write_values::<ByteArrayType>(writer, column, cells(), |cell| {
            let Cell::Text(text) = cell else { return None };
            Some(ByteArray::from(text.as_bytes().to_vec()))
        }),
        CellType::Integer => write_values::<Int64Type>(writer, column, cells(), |cell| {
            let Cell::Integer(number) = cell else { return None };
            Some(*number)
        }),
        CellType::Boolean => write_values::<BoolType>(writer, column, cells(), |cell| {
            let Cell::Boolean(is_so) = cell else { return None };
            Some(*is_so)
        }),
        CellType::Time => write_values::<Int64Type>(writer, column, cells(), |cell| {
            let Cell::Time(at) = cell else { return None };
            Some(at.as_millisecond())
        }),
        CellType::Day => write_values::<Int32Type>(writer, column, cells(), |cell| {
            let Cell::Day(day) = cell else { return None };
            Some(days_since_1970(*day))
        }),
    }
}

/// Writes the cells of a column; one of another type than the column's is an error, so that nothing
/// is left out unseen.
fn write_values<'a, T: DataType>(
    mut writer: SerializedColumnWriter<'_>,
    column: &Column,
    cells: impl Iterator<Item = &'a Cell>,
    value: impl Fn(&Cell) -> Option<T::T>,
) -> Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        match value(cell) {
            Some(value) => {
                values.push(value);
                levels.push(1);
            }
            None if *cell == Cell::Empty => levels.push(0),
            None => {
                let name = column.name;
                return Err(ParquetError::General(format!("{name} has a cell of another type")));
            }
        }
    }
    writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
    writer.close()
}

fn days_since_1970(day: Date) -> i32 {
    let since = day.duration_since(date(1970, 1, 1));
    i32::try_from(since.as_hours().div_euclid(24)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        for (day, expected) in [
            (date(1970, 1, 1), 0),
            (date(1969, 12, 31), -1),
            (date(2026, 11, 30), 20_787),
            (date(2000, 2, 29), 11_016),
        ] {
            assert_eq!(days_since_1970(day), expected, "{day}");
        }
    }
}
