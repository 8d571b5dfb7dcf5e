//! Files of Parquet: the same records as of a text, from any of them on, and files that lie about
//! what is in them.

use std::sync::Arc;

use domain::kernel::{channel::Channel, id::CustomerId};
use import_files::{
    customer::{CustomerReader, Identity},
    layout::{FileForm, FileLayout},
    parquet_file::{ByteRange, ParquetFile, TAIL_BYTES, footer_range},
    reason::Reason,
    record::{Cell, Record},
    survey::survey_rows,
    systems::ImportKind,
};
use parquet::{
    basic::{Compression, GzipLevel},
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type},
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

use crate::world::{now, terms};

const SCHEMA: &str = "message customers {
    required binary id (UTF8);
    optional binary email (UTF8);
    optional boolean email_opt_in;
    optional int64 email_opt_in_at (TIMESTAMP(NANOS,true));
    optional int32 birthday (DATE);
    optional double lat;
    optional double lon;
    optional int64 serial;
}";

/// Writes customers `first..=last` into a row group: of every third nothing but the id.
fn write_group(group: &mut SerializedRowGroupWriter<'_, Vec<u8>>, first: u32, last: u32) {
    let all: Vec<u32> = (first..=last).collect();
    let some: Vec<u32> = all.iter().copied().filter(|number| number % 3 != 0).collect();
    let levels: Vec<i16> = all.iter().map(|number| i16::from(number % 3 != 0)).collect();
    let levels = Some(levels.as_slice());
    let text = |text: String| ByteArray::from(text.into_bytes());
    macro_rules! column {
        ($kind:ty, $values:expr, $levels:expr) => {{
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<$kind>().write_batch($values, $levels, None).unwrap();
            column.close().unwrap();
        }};
    }
    let ids: Vec<ByteArray> = all.iter().map(|it| text(format!("c-{it}"))).collect();
    column!(ByteArrayType, &ids, None);
    let mails: Vec<ByteArray> = some.iter().map(|it| text(format!("c{it}@example.com"))).collect();
    column!(ByteArrayType, &mails, levels);
    column!(BoolType, &vec![true; some.len()], levels);
    // 2025-11-20T18:40:00.5Z
    column!(Int64Type, &vec![1_763_664_000_500_000_000; some.len()], levels);
    column!(Int32Type, &vec![10_957; some.len()], levels);
    column!(DoubleType, &vec![40.4168; some.len()], levels);
    column!(DoubleType, &vec![-3.7038; some.len()], levels);
    column!(Int64Type, &vec![9_007_199_254_740_993; some.len()], levels);
}

fn file(compression: Compression, groups: &[(u32, u32)]) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for (first, last) in groups {
        let mut group = writer.next_row_group().unwrap();
        write_group(&mut group, *first, *last);
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn range(bytes: &[u8], range: ByteRange) -> &[u8] {
    let from = usize::try_from(range.from).unwrap();
    &bytes[from..from + usize::try_from(range.length).unwrap()]
}

fn open(bytes: &[u8]) -> Result<ParquetFile, Reason> {
    let length = u64::try_from(bytes.len()).unwrap();
    let tail = &bytes[bytes.len().saturating_sub(usize::try_from(TAIL_BYTES).unwrap())..];
    ParquetFile::open(length, range(bytes, footer_range(length, tail)?))
}

/// Reads all records from the one after `read` on, at most a thousand.
fn rows(bytes: &[u8], read: u64) -> Result<Vec<Record>, Reason> {
    let file = open(bytes)?;
    let (mut records, mut read) = (Vec::new(), read);
    while records.len() < 1_000
        && let Some((group, skipped)) = file.group_after(read)
    {
        let packed = range(bytes, file.group_range(group)?).to_vec();
        let mut rows = file.read_group(group, packed.into(), skipped)?;
        while records.len() < 1_000
            && let Some(record) = rows.next_record()?
        {
            read = record.number;
            records.push(record);
        }
    }
    Ok(records)
}

#[test]
fn rows_are_customers_with_typed_cells_whatever_packs_them() {
    let gzip = Compression::GZIP(GzipLevel::default());
    let plain = file(Compression::UNCOMPRESSED, &[(1, 4), (5, 10)]);
    let expected = rows(&plain, 0).unwrap();
    assert_eq!(expected.len(), 10);
    for packed in [Compression::SNAPPY, gzip] {
        assert_eq!(rows(&file(packed, &[(1, 4), (5, 10)]), 0).unwrap(), expected);
    }
    let layout = FileLayout::sniff(&plain, None, None).unwrap();
    assert_eq!(layout.form, FileForm::Parquet);
    let opened = open(&plain).unwrap();
    let facts = survey_rows(layout, ImportKind::Customers, &opened, &expected).unwrap();
    facts.require_columns().unwrap();
    assert_eq!((facts.records, facts.system.as_str()), (10, "plain"));
    let mut reader = CustomerReader::new(&facts, terms(), now()).unwrap();
    let first = reader.read(&expected[0], opened.columns()).unwrap();
    assert_eq!(first.identity, Identity::Id(CustomerId::parse("c-1").unwrap()));
    assert_eq!(first.email.unwrap().expose(), "c1@example.com");
    let choice = &first.choices[0];
    assert_eq!(choice.channel, Channel::Email);
    assert_eq!(choice.at.unwrap().to_string(), "2025-11-20T18:40:00.5Z");
    assert_eq!(first.profile.birthday.unwrap().to_string(), "2000-01-01");
    assert_eq!(first.profile.location.unwrap().lat, 40.4168);
    assert_eq!(first.notes.left_out, []);
    // a long number keeps its digits
    let serial = expected[0].cells.as_ref().unwrap().last().unwrap().clone();
    assert_eq!(serial.1, Cell::Number("9007199254740993".to_owned()));
    assert_eq!(expected[2].cells.as_ref().unwrap().len(), 1, "nulls are no cells");
}

#[test]
fn reading_goes_on_after_any_row() {
    let bytes = file(Compression::SNAPPY, &[(1, 4), (5, 5), (6, 12)]);
    let all = rows(&bytes, 0).unwrap();
    let opened = open(&bytes).unwrap();
    for read in 0..=12_u64 {
        let rest = rows(&bytes, read).unwrap();
        assert_eq!(rest, all[usize::try_from(read).unwrap()..], "after {read}");
        assert_eq!(opened.place(read).unwrap().records, read);
    }
    assert_eq!(opened.group_after(12), None);
}

#[test]
fn a_file_that_is_cut_or_changed_is_refused_or_read_and_never_worse() {
    let bytes = file(Compression::SNAPPY, &[(1, 40)]);
    for length in 0..bytes.len() {
        let cut = rows(&bytes[..length], 0);
        assert!(cut.is_err(), "{length} of {} bytes", bytes.len());
    }
    for place in 4..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[place] ^= flip;
            // No flip may end the process, whether or not a reader can tell that it is there.
            if let Err(reason) = rows(&bytes, 0) {
                assert!(!reason.detail.contains("example.com"), "{place}: {reason:?}");
            }
        }
    }
}

/// Returns the page header of a column's only page, `i32` fields 1 to 3, with another unpacked
/// size.
fn page(unpacked: i64) -> Vec<u8> {
    let mut zigzag = u64::try_from(unpacked).unwrap() << 1;
    let mut bytes = vec![0x15, 0x00, 0x15];
    while zigzag >= 0x80 {
        bytes.push(u8::try_from(zigzag & 0x7f).unwrap() | 0x80);
        zigzag >>= 7;
    }
    bytes.extend([u8::try_from(zigzag).unwrap(), 0x15, 0x00, 0x00]);
    bytes
}

#[test]
fn a_page_that_claims_a_gigabyte_is_refused_before_it_is_unpacked() {
    let bytes = file(Compression::SNAPPY, &[(1, 40)]);
    let opened = open(&bytes).unwrap();
    let group = opened.group_range(0).unwrap();
    let mut packed = range(&bytes, group).to_vec();
    // the first page of the first column begins the row group
    let bomb = page(1 << 30);
    packed[..bomb.len()].copy_from_slice(&bomb);
    let refused = opened.read_group(0, packed.into(), 0).err().unwrap();
    assert_eq!(refused.code, "unpacks_too_large");
}

#[test]
fn what_is_packed_otherwise_or_has_no_footer_is_refused_with_its_reason() {
    let code = |bytes: &[u8]| rows(bytes, 0).unwrap_err().code;
    assert_eq!(code(b"PAR1"), "broken_file");
    assert_eq!(code(b"PAR1\0\0\0\0PAR1"), "broken_file");
    assert_eq!(code(b"PAR1\xff\xff\xff\xffPAR1"), "footer_too_large");
    assert_eq!(code(b"PAR1 a text that begins like one"), "broken_file");
}
