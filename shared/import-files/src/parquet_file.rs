//! Files of Parquet: their footer, then their rows, one row group at a time.
//!
//! Pure, like the rest of this crate: whoever reads the object fetches the ranges that are asked
//! for here. Guarantees: memory is bounded by one row group as it is packed and one page of each
//! column as it is unpacked, because the pages are looked at before any of them is unpacked; a file
//! that lies about its sizes, or that the library cannot read, is refused as a whole with its
//! reason; a row has its number in the file, so that reading goes on after any of them.

mod pages;
mod values;

use std::{
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::{Buf, Bytes};
use parquet::{
    basic::Compression,
    errors::ParquetError,
    file::{
        metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
        properties::ReaderProperties,
        reader::{ChunkReader, Length},
        serialized_reader::SerializedRowGroupReader,
    },
    record::reader::{ReaderIter, TreeBuilder},
};

use crate::{
    parquet_file::{
        pages::{check_depth, check_pages},
        values::{ColumnShape, row_cells},
    },
    reader::{FilePlace, MAX_COLUMNS},
    reason::Reason,
    record::Record,
};

/// The first and the last bytes of such a file.
pub const MAGIC: &[u8; 4] = b"PAR1";
/// The bytes at the end of a file that tell the length of its footer.
pub const TAIL_BYTES: u64 = 8;
/// The largest footer: one of a few thousand row groups.
const MAX_FOOTER_BYTES: u64 = 4 * 1024 * 1024;
/// The largest row group as it is packed: it lies in memory while its rows are read.
const MAX_GROUP_BYTES: u64 = 48 * 1024 * 1024;
/// The most rows of a file. A page of a few bytes may claim as many as it likes.
const MAX_ROWS: u64 = 50_000_000;

/// A range of a file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    pub from: u64,
    pub length: u64,
}

/// Returns where the footer of a file is, by the file's last [`TAIL_BYTES`].
pub fn footer_range(file_bytes: u64, tail: &[u8]) -> Result<ByteRange, Reason> {
    let length = tail.first_chunk::<4>().map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
    let length = length.filter(|_| tail.get(4..) == Some(MAGIC.as_slice()));
    let length = length.ok_or_else(|| broken("the file ends early: it has no footer"))?;
    if length > MAX_FOOTER_BYTES {
        let detail = "its footer has more than 4 MB: write larger row groups";
        return Err(Reason::new("footer_too_large", detail));
    }
    let from = file_bytes.checked_sub(TAIL_BYTES + length).filter(|from| *from >= 4);
    let from = from.ok_or_else(|| broken("its footer is longer than the file"))?;
    Ok(ByteRange { from, length })
}

/// A file whose footer was read.
pub struct ParquetFile {
    bytes: u64,
    metadata: ParquetMetaData,
    columns: Vec<String>,
    shapes: Vec<ColumnShape>,
    /// The rows before each row group, and after the last one.
    rows_before: Vec<u64>,
}

impl ParquetFile {
    /// Reads the footer that lies in [`footer_range`].
    pub fn open(file_bytes: u64, footer: &[u8]) -> Result<Self, Reason> {
        check_depth(footer)?;
        let metadata = guarded(|| ParquetMetaDataReader::decode_metadata(footer))?;
        let fields = metadata.file_metadata().schema_descr().root_schema().get_fields();
        let leaves = metadata.file_metadata().schema_descr().num_columns();
        if fields.is_empty() || leaves > MAX_COLUMNS {
            let detail = format!("a file has 1 to {MAX_COLUMNS} columns");
            return Err(Reason::new("too_many_columns", detail));
        }
        let columns: Vec<String> = fields.iter().map(|it| it.name().trim().to_owned()).collect();
        let shapes = fields.iter().map(|field| ColumnShape::new(field)).collect();
        let mut rows_before = vec![0_u64];
        let mut rows = 0_u64;
        for group in metadata.row_groups() {
            let count = u64::try_from(group.num_rows()).map_err(|_| broken("rows below zero"))?;
            rows = rows.saturating_add(count);
            rows_before.push(rows);
        }
        if rows > MAX_ROWS {
            let detail = "a file has at most 50 million rows: divide it";
            return Err(Reason::new("too_many_rows", detail));
        }
        Ok(Self { bytes: file_bytes, metadata, columns, shapes, rows_before })
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }
    pub fn records(&self) -> u64 {
        self.rows_before.last().copied().unwrap_or_default()
    }

    /// Returns the row group in which the record after so many others is, with its rows that were
    /// read; `None` after the last record.
    pub fn group_after(&self, records: u64) -> Option<(usize, u64)> {
        let ends = self.rows_before.get(1..).unwrap_or_default();
        let group = ends.iter().position(|end| *end > records)?;
        let before = self.rows_before.get(group).copied().unwrap_or_default();
        Some((group, records - before))
    }

    /// Returns where a row group is. One that is too large for memory, or packed in a way that is
    /// not read here, refuses the file.
    pub fn group_range(&self, group: usize) -> Result<ByteRange, Reason> {
        let metadata = self.group(group)?;
        let (mut from, mut end) = (u64::MAX, 0);
        for column in metadata.columns() {
            match column.compression() {
                Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) => {}
                other @ (Compression::LZO
                | Compression::BROTLI(_)
                | Compression::LZ4
                | Compression::ZSTD(_)
                | Compression::LZ4_RAW) => {
                    let name = format!("{other}");
                    let name = name.split('(').next().unwrap_or_default().to_lowercase();
                    let detail = format!("packed by {name}: write it with snappy, gzip or plain");
                    return Err(Reason::new("unknown_compression", detail));
                }
            }
            let chunk = chunk_range(column, self.bytes)?;
            from = from.min(chunk.from);
            end = end.max(chunk.from + chunk.length);
        }
        let length = end.saturating_sub(from);
        if length > MAX_GROUP_BYTES {
            let detail = "a row group has more than 48 MB: write the file with smaller row groups, \
                          such as of 100,000 rows";
            return Err(Reason::new("group_too_large", detail));
        }
        Ok(ByteRange { from: from.min(self.bytes), length })
    }

    /// Returns the rows of a row group whose bytes are here, without the first `skipped`.
    pub fn read_group(
        &self,
        group: usize,
        bytes: Bytes,
        skipped: u64,
    ) -> Result<GroupRows, Reason> {
        let range = self.group_range(group)?;
        if u64::try_from(bytes.len()).unwrap_or_default() < range.length {
            return Err(broken("a row group ends early"));
        }
        let metadata = self.group(group)?;
        check_unpacked(metadata, &bytes, range, self.bytes)?;
        let chunk = GroupBytes { file_bytes: self.bytes, from: range.from, bytes };
        let rows = guarded(|| {
            let reader = SerializedRowGroupReader::new(
                Arc::new(chunk),
                metadata,
                self.metadata.page_index_for_row_group(group),
                Arc::new(ReaderProperties::builder().build()),
            )?;
            let schema = self.metadata.file_metadata().schema_descr_ptr();
            TreeBuilder::new().as_iter(schema, &reader)
        })?;
        let before = self.rows_before.get(group).copied().unwrap_or_default();
        let mut rows = GroupRows { rows, shapes: self.shapes.clone(), records: before };
        for _ in 0..skipped {
            rows.next_row()?;
        }
        Ok(rows)
    }

    /// Returns the place after so many records, for the progress and to go on.
    pub fn place(&self, records: u64) -> Result<FilePlace, Reason> {
        let offset = match self.group_after(records) {
            Some((group, _)) => self.group_range(group)?.from,
            None => self.bytes,
        };
        let columns = self.columns.clone();
        Ok(FilePlace { offset, line: records + 1, in_refused_line: false, records, columns })
    }

    fn group(&self, group: usize) -> Result<&RowGroupMetaData, Reason> {
        self.metadata.row_groups().get(group).ok_or_else(|| broken("no such row group"))
    }
}

/// The rows of one row group that are not read yet.
pub struct GroupRows {
    rows: ReaderIter,
    shapes: Vec<ColumnShape>,
    records: u64,
}

impl GroupRows {
    /// Returns the next row as a record; its line is its number. `None` at the end of the group.
    /// After an error nothing more of the file can be read.
    pub fn next_record(&mut self) -> Result<Option<Record>, Reason> {
        let Some(row) = self.next_row()? else { return Ok(None) };
        let number = self.records;
        let cells = row_cells(row, &self.shapes);
        Ok(Some(Record { number, line: number, last_line: number, cells }))
    }

    fn next_row(&mut self) -> Result<Option<parquet::record::Row>, Reason> {
        let row = guarded(|| self.rows.next().transpose())?;
        self.records += u64::from(row.is_some());
        Ok(row)
    }
}

/// Returns where the pages of a column are.
fn chunk_range(
    column: &parquet::file::metadata::ColumnChunkMetaData,
    file_bytes: u64,
) -> Result<ByteRange, Reason> {
    let from = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
    let range = u64::try_from(from).ok().zip(u64::try_from(column.compressed_size()).ok());
    let range = range.filter(|(from, length)| {
        from.checked_add(*length).is_some_and(|end| *from >= 4 && end <= file_bytes)
    });
    let (from, length) = range.ok_or_else(|| broken("a column lies outside the file"))?;
    Ok(ByteRange { from, length })
}

/// Refuses a row group whose largest pages do not fit memory together.
fn check_unpacked(
    metadata: &RowGroupMetaData,
    bytes: &Bytes,
    range: ByteRange,
    file_bytes: u64,
) -> Result<(), Reason> {
    let mut together = 0_u64;
    for column in metadata.columns() {
        let chunk = chunk_range(column, file_bytes)?;
        let at = usize::try_from(chunk.from - range.from).unwrap_or(usize::MAX);
        let length = usize::try_from(chunk.length).unwrap_or(usize::MAX);
        let pages = bytes.get(at..).and_then(|rest| rest.get(..length));
        let pages = pages.ok_or_else(|| broken("a column lies outside its row group"))?;
        together = together.saturating_add(check_pages(pages)?);
    }
    if together > pages::MAX_UNPACKED_BYTES {
        return Err(Reason::new(
            "unpacks_too_large",
            "its pages need more than 64 MB when they are unpacked",
        ));
    }
    Ok(())
}

fn broken(detail: &'static str) -> Reason {
    Reason::new("broken_file", detail)
}

/// Runs the library on bytes that may be anything. Its errors quote cells, and a hostile file may
/// make it panic: both become the same reason.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Reason> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) => Err(broken("it cannot be read as Parquet")),
    }
}

/// The bytes of one row group, under the offsets that they have in their file.
struct GroupBytes {
    file_bytes: u64,
    from: u64,
    bytes: Bytes,
}

impl GroupBytes {
    fn rest(&self, start: u64) -> Result<Bytes, ParquetError> {
        let outside = || ParquetError::EOF("outside the row group".to_owned());
        let at = start.checked_sub(self.from).and_then(|at| usize::try_from(at).ok());
        let at = at.filter(|at| *at <= self.bytes.len()).ok_or_else(outside)?;
        Ok(self.bytes.slice(at..))
    }
}

impl Length for GroupBytes {
    fn len(&self) -> u64 {
        self.file_bytes
    }
}

impl ChunkReader for GroupBytes {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(Box::new(self.rest(start)?.reader()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let rest = self.rest(start)?;
        if length > rest.len() {
            return Err(ParquetError::EOF("outside the row group".to_owned()));
        }
        Ok(rest.slice(..length))
    }
}
