//! The state of an import: what an operator and the worker may do with it, and when it is over; and the
//! preview of its file.

use domain::{Timestamp, kernel::id::ImportId};
use import_files::systems::{ColumnMapping, ImportKind};
use importing::{
    import::{Arrival, FileVersion, Import, ImportAction, ImportRefusal, ImportStage, header_key},
    preview::preview_file,
};

use crate::{euros, facts, now, sample};

const FILE: &[u8] = b"Kunde,E-Mail,Passwort_hash\nc-1,a@example.com,x\nc-2,b@example.com,y\n";

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

fn upload(bytes: &[u8]) -> Import {
    let id = ImportId::parse("imp_1").unwrap();
    let length = u64::try_from(bytes.len()).unwrap();
    let mut import = Import::of_upload(id, ImportKind::Customers, length, "ada", now());
    import.dry_run = true;
    import
}

fn version(bytes: &[u8]) -> FileVersion<'static> {
    FileVersion { etag: "v1", bytes: u64::try_from(bytes.len()).unwrap() }
}

fn mapping(pairs: &[(&str, &str)]) -> ColumnMapping {
    ColumnMapping(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
}

/// Returns an import whose file was read to its end without taking anything.
fn checked(bytes: &[u8]) -> Import {
    let mut import = upload(bytes);
    assert_eq!(import.arrive(version(bytes), later(10)), Arrival::Taken);
    import.take_facts(facts(bytes, ImportKind::Customers), None, later(11));
    import.end_pass();
    import
}

#[test]
fn a_checked_import_starts_once_with_the_mapping_that_was_checked() {
    let mut import = checked(&sample("shopify-customers.csv"));
    assert_eq!(import.stage, ImportStage::Checked);
    let other = mapping(&[("Note", "tags")]);
    let refused = import.start(Some(&other), "bob", later(20));
    assert_eq!(refused, Err(ImportRefusal::OtherMapping));
    import.check_again(Some(other.clone()), None, "bob", later(30)).unwrap();
    assert_eq!(import.stage, ImportStage::Reading);
    assert_eq!(import.start(None, "bob", later(31)), Err(ImportRefusal::NotChecked));
    import.end_pass();
    import.start(Some(&other), "bob", later(40)).unwrap();
    assert_eq!(import.stage, ImportStage::Running);
    assert_eq!(import.facts.as_ref().unwrap().mapping, other);
    assert_eq!(import.start(None, "bob", later(41)), Err(ImportRefusal::Running));
    import.end_pass();
    assert_eq!(import.stage, ImportStage::Done);
    assert_eq!(import.cancel("bob", later(50)), Err(ImportRefusal::Over));
    let acts: Vec<ImportAction> = import.acts.iter().map(|act| act.action).collect();
    assert_eq!(acts, [ImportAction::Created, ImportAction::Checked, ImportAction::Started]);
}

#[test]
fn an_import_without_a_check_runs_as_soon_as_its_columns_are_enough() {
    let mut import = upload(FILE);
    import.dry_run = false;
    import.arrive(version(FILE), later(1));
    let mut lacking = import.clone();
    lacking.take_facts(facts(b"Farbe\nrot\n", ImportKind::Customers), None, later(2));
    assert_eq!(lacking.stage, ImportStage::Failed);
    assert_eq!(lacking.failure.unwrap().code, "column_missing");
    import.take_facts(facts(FILE, ImportKind::Customers), None, later(2));
    assert_eq!(import.stage, ImportStage::Running);
}

#[test]
fn a_check_without_the_needed_columns_waits_for_their_meanings() {
    let file = b"Kunde,Farbe\nc-1,rot\n";
    let mut import = checked(file);
    assert_eq!(import.stage, ImportStage::Checked);
    assert!(matches!(import.start(None, "ada", later(20)), Err(ImportRefusal::Columns(_))));
    let wrong = import.check_again(Some(mapping(&[("Farbe", "tags")])), None, "ada", later(21));
    assert!(matches!(wrong, Err(ImportRefusal::Columns(_))));
    let right = mapping(&[("Kunde", "id"), ("Farbe", "tags")]);
    import.check_again(Some(right), None, "ada", later(22)).unwrap();
    import.end_pass();
    import.start(None, "ada", later(23)).unwrap();
}

#[test]
fn what_was_confirmed_for_a_header_is_offered_and_what_is_stated_wins() {
    let known = mapping(&[("Kunde", "id")]);
    let mut import = upload(FILE);
    import.arrive(version(FILE), later(1));
    let mut stated = import.clone();
    import.take_facts(facts(FILE, ImportKind::Customers), Some(known.clone()), later(2));
    assert!(import.is_remembered);
    assert_eq!(import.facts.unwrap().mapping, known);
    stated.mapping = Some(mapping(&[("Kunde", "ignore")]));
    stated.take_facts(facts(FILE, ImportKind::Customers), Some(known), later(2));
    assert!(!stated.is_remembered);
    assert_eq!(stated.facts.unwrap().mapping, mapping(&[("Kunde", "ignore")]));
}

#[test]
fn the_same_columns_in_another_order_are_the_same_header() {
    let key = |file: &[u8], kind| header_key(&facts(file, kind));
    let one = key(b"id,email\n1,a@example.com\n", ImportKind::Customers);
    assert_eq!(one, key(b"email,id\na@example.com,1\n", ImportKind::Customers));
    assert_ne!(one, key(b"email,id\na@example.com,1\n", ImportKind::Suppressions));
    assert_ne!(one, key(b"email,id,tags\na@example.com,1,b\n", ImportKind::Customers));
    // names are told apart, whatever stands in them
    let (a, b) = (b"id,a b\n1,x\n".as_slice(), b"id a,b,id\n1,x,1\n".as_slice());
    assert_ne!(key(a, ImportKind::Customers), key(b, ImportKind::Customers));
}

#[test]
fn an_upload_of_another_size_or_too_late_is_not_taken() {
    let mut other = upload(FILE);
    let shorter = FileVersion { bytes: 3, ..version(FILE) };
    assert_eq!(other.arrive(shorter, later(1)), Arrival::Taken);
    assert_eq!(
        (other.stage, other.failure.unwrap().code.as_ref()),
        (ImportStage::Failed, "other_size")
    );
    let mut late = upload(FILE);
    assert!(!late.is_expired(later(12 * 3_600)));
    assert!(late.is_expired(later(12 * 3_600 + 1)));
    assert_eq!(late.arrive(version(FILE), later(13 * 3_600)), Arrival::Unwanted);
    assert_eq!(late.cancel("ada", later(13 * 3_600)), Err(ImportRefusal::Over));
    let mut twice = upload(FILE);
    twice.arrive(version(FILE), later(1));
    let replaced = FileVersion { etag: "v2", ..version(FILE) };
    assert_eq!(twice.arrive(replaced, later(2)), Arrival::Known);
    assert_eq!(twice.etag.as_deref(), Some("v1"), "an import has one version of its file");
}

#[test]
fn a_dropped_file_is_the_same_import_as_long_as_its_name_and_content_are() {
    let import = |key: &str, etag| {
        let version = FileVersion { etag, bytes: 9 };
        Import::of_dropped_file(ImportKind::Orders, key, version, now()).unwrap()
    };
    let one = import("orders/2026/a.csv", "v1");
    assert_eq!((one.file_name.as_str(), one.stage), ("a.csv", ImportStage::Reading));
    assert!(one.is_dropped() && !one.dry_run);
    assert_eq!(one.id, import("orders/2026/a.csv", "v1").id);
    assert_ne!(one.id, import("orders/2026/a.csv", "v2").id);
    assert_ne!(one.id, import("orders/2026/b.csv", "v1").id);
}

#[test]
fn progress_is_told_with_its_speed_and_the_time_left() {
    let mut import = checked(&sample("shopify-customers.csv"));
    import.start(None, "ada", later(20)).unwrap();
    import.updated_at = later(20);
    assert_eq!((import.records_per_second(), import.seconds_left()), (None, None));
    import.tally.taken = 400;
    import.bytes = 4_000;
    import.place = Some(import_files::reader::FilePlace {
        offset: 1_000,
        line: 401,
        in_refused_line: false,
        records: 400,
        columns: Vec::new(),
    });
    import.updated_at = later(24);
    assert_eq!(import.bytes_read(), 1_000);
    assert_eq!((import.records_per_second(), import.seconds_left()), (Some(100), Some(12)));
    import.end_pass();
    assert_eq!((import.bytes_read(), import.seconds_left()), (4_000, None));
}

#[test]
fn a_worker_that_meets_a_cancellation_keeps_its_counts() {
    let mut worker = checked(FILE);
    worker.check_again(Some(mapping(&[("Kunde", "id")])), None, "ada", later(20)).unwrap();
    let mut operator = worker.clone();
    operator.cancel("bob", later(21)).unwrap();
    worker.tally.taken = 7;
    worker.take_cancellation(&operator);
    assert_eq!((worker.stage, worker.tally.taken), (ImportStage::Cancelled, 7));
    assert_eq!(worker.acts.last().unwrap().by, "bob");
}

#[test]
fn a_preview_shows_samples_and_records_and_nothing_of_a_secret() {
    let mut import = checked(FILE);
    import.check_again(Some(mapping(&[("Kunde", "id")])), None, "ada", later(20)).unwrap();
    let facts = import.facts.clone().unwrap();
    let preview = preview_file(&import, &facts, FILE, euros(), later(21)).unwrap();
    assert_eq!(preview.samples[0], ["c-1", "c-2"]);
    assert_eq!(preview.samples[2], Vec::<String>::new());
    let first = preview.records[0].outcome.as_ref().unwrap();
    assert_eq!(first.values, [("id", "c-1".to_owned()), ("email", "a@example.com".to_owned())]);
    assert_eq!((preview.records[1].number, preview.records[1].lines.as_str()), (2, "3"));
    // the beginning of a file ends in the middle of a record, which is not shown
    let cut = preview_file(&import, &facts, &FILE[..FILE.len() - 4], euros(), later(21)).unwrap();
    assert_eq!(cut.records.len(), 1);
}

#[test]
fn a_check_refuses_what_the_import_would_refuse_for_the_file_alone() {
    let file = b"id,email,reason\nc-1,nobody,bounce\nc-2,x@example.com,bounce\n";
    let facts = facts(file, ImportKind::Suppressions);
    let mut import = upload(file);
    import.kind = ImportKind::Suppressions;
    let preview = preview_file(&import, &facts, file, euros(), now()).unwrap();
    assert_eq!(preview.records[0].outcome.as_ref().unwrap_err().code, "no_address");
    assert!(preview.records[1].outcome.is_ok());
}
