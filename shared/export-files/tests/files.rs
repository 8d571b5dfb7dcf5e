//! Tests the files of exports: what was written is read back, cell by cell, by the readers that
//! others use; every kind of row fits its columns; sums over rows are the ledger's.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use domain::{
    Timestamp,
    campaign::{definition::Definition, redeeming::Revocation},
    customer::profile::{Customer, Name},
    kernel::id::{CampaignId, CustomerId, ExportId, Occurrence, RunId},
    voucher::{
        order_event::LedgerOrder,
        record::{Voucher, VoucherIssue},
        skip_reason::SkipReason,
    },
};
use export_files::{
    Cell, CellType, Column, FinishedPart, Manifest, PartWriter, Row, WriteError,
    export::{Export, ExportFilter, ExportFormat, ExportKind, ExportStage, NewExport},
    rows::{customers, orders, vouchers},
};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use serde_json::{Value, json};

const COLUMNS: &[Column] = &[
    Column::text("name", ""),
    Column::integer("amount_minor", ""),
    Column::boolean("is_new", ""),
    Column::time("at", ""),
    Column::day("on", ""),
];

fn noon() -> Timestamp {
    "2026-11-01T12:00:00.045Z".parse().unwrap()
}

fn write(columns: &'static [Column], format: ExportFormat, rows: &[Row]) -> FinishedPart {
    let mut writer = PartWriter::new(columns, format).unwrap();
    for row in rows {
        writer.push(row.clone()).unwrap();
    }
    writer.finish().unwrap()
}

/// Returns the rows of a file of Parquet, by the names of its columns.
fn read_parquet(part: &FinishedPart) -> Vec<HashMap<String, Field>> {
    let reader = SerializedFileReader::new(Bytes::from(part.content.clone())).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    let row = |row: parquet::record::Row| {
        row.get_column_iter().map(|(name, field)| (name.clone(), field.clone())).collect()
    };
    rows.map(|it| row(it.unwrap())).collect()
}

fn sample_rows() -> Vec<Row> {
    let names = ["plain", "", "Zoë, \"北京\"\n\u{1f36a}", "=1+1", "أحمد", "a\u{0}b"];
    let rows = names.iter().enumerate().map(|(number, name)| {
        let number = i64::try_from(number).unwrap();
        vec![
            Cell::text(*name),
            Cell::Integer(if number == 0 { i64::MIN } else { number * 100 }),
            Cell::Boolean(number % 2 == 0),
            Cell::Time(noon()),
            Cell::Day("1969-12-31".parse().unwrap()),
        ]
    });
    rows.chain([vec![Cell::Empty; COLUMNS.len()]]).collect()
}

#[test]
fn what_is_written_as_parquet_is_read_back() {
    let rows = sample_rows();
    let read = read_parquet(&write(COLUMNS, ExportFormat::Parquet, &rows));
    assert_eq!(read.len(), rows.len());
    for (row, read) in rows.iter().zip(&read) {
        for (column, cell) in COLUMNS.iter().zip(row) {
            let expected = match cell {
                Cell::Empty => Field::Null,
                Cell::Text(text) => Field::Str(text.clone()),
                Cell::Integer(number) => Field::Long(*number),
                Cell::Boolean(is_so) => Field::Bool(*is_so),
                Cell::Time(at) => Field::TimestampMillis(at.as_millisecond()),
                Cell::Day(_) => Field::Date(-1),
            };
            assert_eq!(read[column.name], expected, "{}", column.name);
        }
    }
}

#[test]
fn a_file_of_many_row_groups_has_each_row_once_in_order() {
    const NUMBERS: &[Column] = &[Column::integer("n", "")];
    for count in [0, 1, 4_999, 5_000, 5_001, 12_345] {
        let rows: Vec<Row> = (0..count).map(|number| vec![Cell::Integer(number)]).collect();
        let part = write(NUMBERS, ExportFormat::Parquet, &rows);
        assert_eq!(part.rows, u64::try_from(count).unwrap());
        let read = read_parquet(&part);
        let numbers: Vec<i64> = read
            .iter()
            .map(|row| match row["n"] {
                Field::Long(number) => number,
                ref other => panic!("{other}"),
            })
            .collect();
        assert_eq!(numbers, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn a_row_of_another_shape_or_type_is_refused_in_both_formats() {
    for format in [ExportFormat::Csv, ExportFormat::Parquet] {
        let mut writer = PartWriter::new(COLUMNS, format).unwrap();
        let short = writer.push(vec![Cell::Empty; 4]);
        assert!(matches!(short, Err(WriteError::Shape { found: 4, expected: 5 })), "{short:?}");
        let mut row = vec![Cell::Empty; 5];
        row[1] = Cell::text("12");
        let wrong = writer.push(row);
        assert!(matches!(wrong, Err(WriteError::Type { column: "amount_minor" })), "{wrong:?}");
        assert_eq!(writer.rows(), 0);
    }
}

fn export(kind: ExportKind, format: ExportFormat) -> Export {
    let new = NewExport {
        id: ExportId::parse("exp_1").unwrap(),
        kind,
        format,
        filter: ExportFilter::default(),
        contacts: false,
        purpose: None,
        created_by: "Ana (s-1)".to_owned(),
        owner: "s-1".to_owned(),
    };
    Export::new(new, noon())
}

#[test]
fn a_part_is_named_after_its_content_and_the_manifest_has_all() {
    let mut export = export(ExportKind::Campaigns, ExportFormat::Csv);
    let one = FinishedPart::new(2, b"one".to_vec());
    let noted = export.next_part(&one);
    // the SHA-256 of the three letters
    let digest = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
    assert_eq!((noted.sha256.as_str(), noted.bytes, noted.rows), (digest, 3, 2));
    assert_eq!(noted.name, "part-00001-7692c3ad3540bb80.csv");
    assert_ne!(export.next_part(&FinishedPart::new(2, b"two".to_vec())).name, noted.name);
    export.parts.push(noted);
    assert!(export.next_part(&one).name.starts_with("part-00002-"));
    let file = Manifest::new(&export, noon()).file().unwrap();
    let manifest: Value = serde_json::from_slice(&file.content).unwrap();
    assert_eq!((&manifest["rows"], &manifest["bytes"]), (&json!(2), &json!(3)));
    assert_eq!(manifest["parts"][0]["sha256"], digest);
    assert_eq!(manifest["columns"].as_array().unwrap().len(), export.columns().len());
    assert_eq!(manifest["columns"][0]["type"], "text");
    assert!(manifest.get("purpose").is_none());
}

#[test]
fn an_export_that_is_over_stays_over() {
    let mut done = export(ExportKind::Orders, ExportFormat::Parquet);
    let manifest = Export::manifest_part(&FinishedPart::new(0, Vec::new()));
    done.finish(manifest.clone(), noon());
    done.fail("late", "a worker that came late", noon());
    assert_eq!((done.stage, done.failure.as_ref()), (ExportStage::Done, None));
    assert!(done.files_until().is_some());
    assert!(done.remove("Ana"));
    assert!(!done.remove("Leo"), "a repeat changes nothing");
    done.finish(manifest, noon());
    assert_eq!((done.stage, done.removed_by.as_deref()), (ExportStage::Removed, Some("Ana")));
    assert_eq!(done.files_until(), None);
    let stored: Export = serde_json::from_str(&serde_json::to_string(&done).unwrap()).unwrap();
    assert_eq!(stored, done);
}

#[test]
fn a_period_has_its_beginning_and_not_its_end() {
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let (from, to) = (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
    let filter = ExportFilter { from, to, ..ExportFilter::default() };
    assert!(filter.covers(from) && !filter.covers(to));
    assert!(!filter.covers(None), "what has no time is in no period");
    assert!(ExportFilter::default().covers(None));
    assert!(!filter.covers(at("2026-10-31T23:59:59.999Z")));
}

#[test]
fn columns_are_named_once_and_say_what_they_mean() {
    for kind in ExportKind::ALL {
        for contacts in [false, true] {
            let mut export = export(kind, ExportFormat::Csv);
            export.contacts = contacts;
            let columns = export.columns();
            let names: HashSet<&str> = columns.iter().map(|column| column.name).collect();
            assert_eq!(names.len(), columns.len(), "{kind:?}");
            assert!(columns.iter().all(|column| !column.meaning.is_empty()), "{kind:?}");
            let is_money = |column: &&Column| column.name.ends_with("_minor");
            assert!(columns.iter().filter(is_money).all(|it| it.cells == CellType::Integer));
            let has_currency = names.contains("currency");
            assert!(has_currency || !columns.iter().any(|it| is_money(&it)), "{kind:?}");
        }
    }
}

fn definition() -> Definition {
    let document = json!({
        "name": "Ordinary", "kind": "promotion",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
        "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 168}},
        "audience": {"everyone": {}},
        "channels": {"mode": "first_available", "ladder": ["email"]},
        "messages": {"default_locale": "en", "locales": {"en": {
            "email": {"subject": "{{ offer }}", "html": "<p>{{ offer }} {{ voucher_link }}</p>",
                      "text": "{{ offer }} {{ voucher_link }}"},
        }}},
        "holdout_percent": 0,
    });
    Definition::parse(document, noon()).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn skipped() -> Voucher {
    let (campaign, definition) = (CampaignId::parse("cmp_1").unwrap(), definition());
    let run = RunId::of_promotion(&campaign);
    let issue = VoucherIssue {
        campaign: &campaign,
        run: &run,
        occurrence: &Occurrence::of_run(&run),
        definition: &definition,
        customer: &CustomerId::parse("c-1").unwrap(),
        dispatch: "p00000000.000",
        now: noon(),
    };
    issue.skipped_record(SkipReason::NoConsent)
}

fn cell<'a>(columns: &[Column], row: &'a Row, name: &str) -> &'a Cell {
    &row[columns.iter().position(|column| column.name == name).unwrap()]
}

#[test]
fn a_skipped_customer_has_a_row_and_an_erased_one_no_name_in_it() {
    let voucher = skipped();
    let erased = HashSet::new();
    let context =
        vouchers::VoucherContext { revoked: Revocation::default(), now: noon(), erased: &erased };
    let row = vouchers::row(&voucher, &context);
    let part = write(vouchers::COLUMNS, ExportFormat::Parquet, &[row.clone()]);
    assert_eq!(read_parquet(&part).len(), 1);
    let get = |name: &str| cell(vouchers::COLUMNS, &row, name).clone();
    assert_eq!(get("status"), Cell::text("skipped"));
    assert_eq!(get("skip_reason"), Cell::text("no_consent"));
    assert_eq!(get("customer_id"), Cell::text("c-1"));
    assert_eq!(get("issued_at"), Cell::Time(noon()));
    assert_eq!(get("discount_minor"), Cell::Empty);
    let erased = HashSet::from([voucher.customer.clone()]);
    let row = vouchers::row(&voucher, &vouchers::VoucherContext { erased: &erased, ..context });
    assert_eq!(*cell(vouchers::COLUMNS, &row, "customer_id"), Cell::Empty);
    let file = write(vouchers::COLUMNS, ExportFormat::Csv, &[row]);
    assert!(!String::from_utf8(file.content).unwrap().contains("c-1"));
}

#[test]
fn contacts_are_in_no_row_that_may_not_have_them() {
    let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
    customer.profile.first_name = Some(Name::parse("Ana").unwrap());
    customer.profile.tags = vec!["vip".to_owned(), "a,b".to_owned()];
    let without = customers::row(&customer, false);
    let file = write(customers::COLUMNS, ExportFormat::Csv, &[without]);
    let text = String::from_utf8(file.content).unwrap();
    assert!(!text.contains("Ana") && text.contains(r#""[""vip"",""a,b""]""#), "{text}");
    let row = customers::row(&customer, true);
    assert_eq!(*cell(customers::COLUMNS_WITH_CONTACTS, &row, "first_name"), Cell::text("Ana"));
    write(customers::COLUMNS_WITH_CONTACTS, ExportFormat::Parquet, &[row]);
}

fn order(vouchers: Value) -> LedgerOrder {
    let line = |id: &str, amount: i64| json!({"id": id, "vertical": "food", "merchant": "m-1", "quantity": 1, "amount": amount});
    let basket = json!({"currency": "EUR", "lines": [line("1", 2_000), line("2", 1_000)],
                        "delivery_fee": 300, "first_order": false});
    serde_json::from_value(json!({
        "id": "o-1", "buyer": "c-1", "stage": "placed",
        "discounted": {"basket": basket, "percent_of": "reduced", "vouchers": vouchers},
        "returns": {"prices": {"lines": [0, 0], "fee": 0}, "amount": 0, "cancelled": false},
        "placement": {"at": "2026-11-01T12:00:00Z", "day": "2026-11-01"},
        "events": {},
    }))
    .unwrap()
}

/// Returns a voucher on the order that takes so much of its first line.
fn applied(id: &str, campaign: &str, taken: i64) -> Value {
    let offer = definition().offer;
    json!({
        "voucher": id, "campaign": campaign,
        "terms": {"offer": offer, "reversal": {"on_cancel": "reissue", "on_refund": "none"},
                  "is_capped": false},
        "amounts": {"lines": [taken, 0], "fee": 0},
    })
}

fn sum(rows: &[Row], name: &str) -> i64 {
    let numbers = rows.iter().map(|row| match cell(orders::COLUMNS, row, name) {
        Cell::Integer(number) => *number,
        _ => 0,
    });
    numbers.sum()
}

#[test]
fn sums_over_the_rows_of_an_order_are_the_orders() {
    let (one, other) = ("vch_00000000000000000001", "vch_00000000000000000002");
    let order = order(json!([applied(one, "cmp_1", 500), applied(other, "cmp_2", 200)]));
    let rows = orders::rows(&order, None, |_| true);
    assert_eq!(rows.len(), 2);
    assert_eq!(sum(&rows, "total_minor"), 3_300);
    assert_eq!(sum(&rows, "discount_minor"), 700);
    assert_eq!(sum(&rows, "order_discount_minor"), 700);
    assert_eq!(sum(&rows, "order_revenue_minor"), 2_600);
    assert_eq!(sum(&rows, "revenue_minor"), 2_600);
    write(orders::COLUMNS, ExportFormat::Parquet, &rows);
    // of one campaign, found by the voucher of each page
    let campaign = CampaignId::parse("cmp_2").unwrap();
    let rows = orders::rows(&order, Some(&campaign), |voucher| voucher.as_str() == other);
    assert_eq!((rows.len(), sum(&rows, "discount_minor")), (1, 200));
    assert_eq!(sum(&rows, "total_minor"), 3_300);
    assert_eq!(orders::rows(&order, Some(&campaign), |voucher| voucher.as_str() == one).len(), 0);
}

#[test]
fn an_order_without_a_voucher_has_one_row() {
    let order = order(json!([]));
    let rows = orders::rows(&order, None, |_| false);
    assert_eq!((rows.len(), sum(&rows, "order_revenue_minor")), (1, 3_300));
    assert_eq!(*cell(orders::COLUMNS, &rows[0], "voucher_id"), Cell::Empty);
    write(orders::COLUMNS, ExportFormat::Csv, &rows);
    let campaign = CampaignId::parse("cmp_1").unwrap();
    assert_eq!(orders::rows(&order, Some(&campaign), |_| true).len(), 0);
}
