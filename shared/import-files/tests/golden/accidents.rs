//! The same six records in fourteen forms and accidents, and accidents of our own. However a file
//! is cut into chunks, and wherever reading is taken up again, the records are the same.

use domain::kernel::channel::Channel;
use import_files::{
    customer::{CustomerReader, CustomerRecord},
    layout::{FileEncoding, FileLayout},
    reason::Reason,
    systems::ImportKind,
};
use proptest::prelude::*;

use crate::{
    samples::sample,
    world::{now, records, survey, terms},
};

type Told = Vec<(String, Result<CustomerRecord, Reason>)>;

fn read_in(bytes: &[u8], encoding: Option<&str>, chunk: usize, resume: Option<u64>) -> Told {
    let encoding = encoding.map(|label| FileEncoding::parse(label).unwrap());
    let facts = survey(bytes, ImportKind::Customers, encoding, chunk).unwrap();
    let (records, columns) = records(bytes, &facts, chunk, resume);
    assert_eq!(records.len() as u64, facts.records, "both passes see the same records");
    let mut reader = CustomerReader::new(&facts, terms(), now()).unwrap();
    records.iter().map(|it| (it.lines(), reader.read(it, &columns))).collect()
}

fn read(bytes: &[u8]) -> Told {
    let told = read_in(bytes, None, bytes.len().max(1), None);
    for chunk in [1, 2, 3, 7, 64] {
        assert_eq!(read_in(bytes, None, chunk, None), told, "in chunks of {chunk}");
        assert_eq!(read_in(bytes, None, chunk, Some(1)), told, "taken up after each record");
    }
    told
}

fn codes(told: &Told) -> Vec<(&str, &str)> {
    let told = told.iter().map(|(lines, read)| match read {
        Ok(_) => (lines.as_str(), "taken"),
        Err(reason) => (lines.as_str(), reason.code.as_ref()),
    });
    told.collect()
}

fn taken(told: &Told) -> Vec<&CustomerRecord> {
    told.iter().filter_map(|(_, it)| it.as_ref().ok()).collect()
}

/// The six records as the README tells them.
fn check_six(records: &[&CustomerRecord]) {
    let text = |it: &CustomerRecord| {
        let name = |name: &Option<domain::customer::profile::Name>| {
            name.as_ref().map_or("-".to_owned(), |it| it.expose().to_owned())
        };
        let profile = &it.profile;
        let consent = it.choices.iter().find(|it| it.channel == Channel::Email);
        format!(
            "{}|{}|{}|{}|{}|{:?}|{}|{}|{}",
            it.email.as_ref().map_or("-", |it| it.expose()),
            name(&profile.first_name),
            name(&profile.last_name),
            it.phone.as_ref().map_or("-", |it| it.expose()),
            it.country.map_or("-".to_owned(), |it| it.as_str().to_owned()),
            consent.map(|it| it.state),
            profile.signed_up.unwrap(),
            it.no_place.iter().find(|(name, _)| name == "total_spent").unwrap().1,
            profile.tags.join(";"),
        )
    };
    let found: Vec<String> = records.iter().map(|it| text(it)).collect();
    let expected = [
        "ana.inventada@example.com|Ana|Inventada|+34600000901|ES|Some(Granted)|2026-03-02|150.00|vip;news",
        "joerg.beispiel@example.org|Jörg|Beispiel|+493023125902|DE|Some(Denied)|2026-02-11|1234.50|",
        "zoe.exemple@example.com|Zoë|D’Exemple|+33639980903|FR|Some(Granted)|2026-01-30|0.00|café;crème brûlée",
        "liam.sample@example.org|Liam|Sample, Jr.|+447700900904|GB|None|2025-12-31|20.00|says \"hi\"",
        "nuria.muestra@example.com|Núria|Muestra – Ñ|+34600000905|ES|Some(Granted)|2025-11-20|99.90|€-club",
        "sam.multi@example.com|Sam|Multi|-|US|Some(Granted)|2025-10-01|5.00|line one line two",
    ];
    assert_eq!(found, expected);
    let left_out: Vec<_> = records.iter().flat_map(|it| &it.notes.left_out).collect();
    assert!(left_out.is_empty(), "{left_out:?}");
}

fn variant(name: &str) -> Vec<u8> {
    sample(&format!("variants/{name}"))
}

#[test]
fn the_same_six_records_are_read_in_each_form() {
    for (file, last) in [
        ("base.csv", "7-8"),
        ("utf8-bom.csv", "7-8"),
        ("utf16le-bom.csv", "7-8"),
        ("windows-1252.csv", "7-8"),
        ("semicolon.csv", "7-8"),
        ("sep-line.csv", "8-9"),
        ("tab.tsv", "7-8"),
        ("crlf.csv", "7-8"),
        ("cr-only.csv", "7-8"),
    ] {
        let told = read(&variant(file));
        assert_eq!(told.last().unwrap().0, last, "{file}");
        check_six(&taken(&told));
    }
}

#[test]
fn a_file_whose_encoding_is_told_falsely_has_no_replaced_letter() {
    let told = read_in(&variant("windows-1252.csv"), Some("utf-8"), 64, None);
    assert_eq!(codes(&told)[..3], [("2", "taken"), ("3", "bad_encoding"), ("4", "bad_encoding")]);
}

#[test]
fn other_encodings_are_read_if_they_are_told_or_marked() {
    let base = String::from_utf8(variant("base.csv")).unwrap();
    let big: Vec<u8> =
        "\u{feff}".encode_utf16().chain(base.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    check_six(&taken(&read(&big)));
    let bare: Vec<u8> = base.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check_six(&taken(&read(&bare)));
    let japanese = "email,first_name\na@example.com,花子\n";
    for label in ["shift_jis", "euc-jp", "gbk"] {
        let bytes = encoding_of(label, japanese);
        let told = read_in(&bytes, Some(label), 5, Some(1));
        assert_eq!(taken(&told)[0].profile.first_name.as_ref().unwrap().expose(), "花子");
    }
    assert!(FileEncoding::parse("iso-2022-jp").is_err(), "its letters hide commas");
}

/// The bytes of the text in encodings that the crate only reads.
fn encoding_of(label: &str, text: &str) -> Vec<u8> {
    let letters: &[u8] = match label {
        "shift_jis" => b"\x89\xd4\x8eq",
        "euc-jp" => b"\xb2\xd6\xbb\xd2",
        _ => b"\xbb\xa8\xd7\xd3",
    };
    let (before, after) = text.split_once("花子").unwrap();
    [before.as_bytes(), letters, after.as_bytes()].concat()
}

#[test]
fn a_stray_quote_costs_its_record_alone() {
    let told = read(&variant("stray-quote.csv"));
    assert_eq!(
        codes(&told),
        [
            ("2", "taken"),
            ("3", "quote_not_closed"),
            ("4", "taken"),
            ("5", "taken"),
            ("6", "taken"),
            ("7-8", "taken")
        ]
    );
}

#[test]
fn a_header_that_stands_again_is_no_customer() {
    let told = read(&variant("header-repeated.csv"));
    assert_eq!(codes(&told)[3], ("5", "header_repeated"));
    check_six(&taken(&told));
}

#[test]
fn a_nul_byte_costs_its_record() {
    let told = read(&variant("nul-byte.csv"));
    assert_eq!(codes(&told)[3], ("5", "nul_byte"));
    assert_eq!(taken(&told).len(), 5);
}

#[test]
fn files_without_records_are_told_apart() {
    let refused = FileLayout::sniff(&variant("empty.csv"), None, None).unwrap_err();
    assert_eq!(refused.code, "empty_file");
    assert!(read(&variant("header-only.csv")).is_empty());
}

#[test]
fn what_is_no_text_is_refused_whatever_its_name() {
    for (start, code) in [
        (&b"PK\x03\x04rest"[..], "not_text"),
        (b"\x1f\x8b\x08\x00", "not_text"),
        (b"%PDF-1.7", "not_text"),
        (b"<!doctype html>", "not_text"),
        (b" \r\n\t", "empty_file"),
        (b"[{\"id\": 1}]", "json_array"),
        (b"sep=\nemail", "bad_delimiter"),
    ] {
        assert_eq!(FileLayout::sniff(start, None, None).unwrap_err().code, code);
    }
}

#[test]
fn lines_of_json_are_known_under_each_extension() {
    let told =
        read(b"{\"customer_id\": \"1\", \"email\": \"a@example.com\"}\r\n\r\n{\"customer_id\": 2}");
    assert_eq!(codes(&told), [("1", "taken"), ("3", "taken")]);
}

#[test]
fn swapped_coordinates_formulas_and_lost_digits_are_told() {
    let told = read(
        b"email;first_name;latitude;longitude;phone;country\n\
          a@example.com;=1+1;-3.70;40.41;+4930;DE\n\
          b@example.com;@SUM(A1);139.69;35.68;4.47701E+11;GB\n\
          c@example.com;C;95;200;0030 123;DE",
    );
    let taken = taken(&told);
    assert_eq!(taken[0].profile.first_name.as_ref().unwrap().expose(), "=1+1");
    assert!(taken[0].profile.location.is_some());
    let codes: Vec<Vec<&str>> = taken
        .iter()
        .map(|it| it.notes.left_out.iter().map(|note| note.reason.code.as_ref()).collect())
        .collect();
    assert_eq!(
        codes,
        [vec!["not_a_phone"], vec!["digits_lost", "bad_place"], vec!["not_a_phone", "bad_place"]]
    );
    assert!(taken[1].notes.left_out[1].reason.detail.contains("swapped"));
}

#[test]
fn line_ends_of_each_kind_stand_in_one_file() {
    let told = read(b"email,note\r\na@example.com,1\nb@example.com,2\r\r\nc@example.com,\"3\r\n4\"\rd@example.com,5");
    assert_eq!(codes(&told), [("2", "taken"), ("3", "taken"), ("5-6", "taken"), ("7", "taken")]);
}

#[test]
fn a_quote_that_is_never_closed_does_not_fill_the_memory() {
    let mut file = b"email,note\na@example.com,\"open\n".to_vec();
    for n in 0..20_000 {
        file.extend_from_slice(format!("b{n}@example.com,fine fine fine\n").as_bytes());
    }
    let told = read_in(&file, None, 4096, None);
    assert_eq!(told.len(), 20_001);
    assert_eq!(codes(&told)[..2], [("2", "quote_not_closed"), ("3", "taken")]);
    assert_eq!(taken(&told).len(), 20_000);
    let long =
        [b"email,note\na@example.com,".as_slice(), &[b'x'; 600_000], b"\nb@example.com,1"].concat();
    let told = read_in(&long, None, 4096, None);
    assert_eq!(codes(&told), [("2", "too_long"), ("3", "taken")]);
}

#[test]
fn more_cells_are_taken_if_they_are_empty_and_fewer_are_not() {
    let told = read(b"email,first_name\na@example.com,A,,\nb@example.com\nc@example.com,C,x\n,,\n");
    assert_eq!(
        codes(&told),
        [("2", "taken"), ("3", "cell_count"), ("4", "cell_count"), ("5", "empty_row")]
    );
}

proptest! {
    /// Whatever stands in a file, it is read to its end, in chunks as in one piece, and no record
    /// is lost or doubled where reading is taken up again.
    #[test]
    fn chunks_and_restarts_change_nothing(
        body in "[a-c@.,;\"'\r\n\\x00{}é]{0,120}", chunk in 1_usize..9, every in 1_u64..4,
    ) {
        let file = format!("email,first_name\n{body}");
        let whole = read_in(file.as_bytes(), Some("utf-8"), 4096, None);
        let parts = read_in(file.as_bytes(), Some("utf-8"), chunk, Some(every));
        prop_assert_eq!(&whole, &parts);
    }

    /// Every line that is not blank belongs to a record.
    #[test]
    fn every_line_is_accounted_for(lines in prop::collection::vec("[a-z@.,\"]{1,20}", 0..20)) {
        let file = format!("email,first_name\n{}", lines.join("\n"));
        let told = read_in(file.as_bytes(), Some("utf-8"), 16, None);
        let mut accounted = 0;
        for (place, _) in &told {
            let (first, last) = place.split_once('-').unwrap_or((place, place));
            accounted += last.parse::<usize>().unwrap() - first.parse::<usize>().unwrap() + 1;
        }
        prop_assert_eq!(accounted, lines.len());
    }
}

#[test]
fn a_first_line_with_contacts_is_no_header() {
    let refusal = |file: &[u8]| survey(file, ImportKind::Customers, None, 64).unwrap_err().code;
    for file in [
        "ana@example.com,Ana\nleo@example.com,Leo\n",
        "Ana;+34 600 000 101\nLeo;+34 600 000 102\n",
        "{\"ana@example.com\":\"Ana\"}\n",
    ] {
        assert_eq!(refusal(file.as_bytes()), "no_header", "{file}");
    }
    let years = "email,2025,2026-01\nana@example.com,3,4\n";
    assert!(survey(years.as_bytes(), ImportKind::Customers, None, 64).is_ok());
    let long = format!("email,{}\nana@example.com,1\n", "x".repeat(40_000));
    assert_eq!(refusal(long.as_bytes()), "header_too_long");
}
