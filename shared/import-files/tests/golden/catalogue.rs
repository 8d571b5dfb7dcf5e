//! Files of merchants, verticals and categories: each record ends as the merchant that it tells, or
//! as refused with the column and the reason.

use import_files::{
    catalogue::CatalogueReader, customer::ImportTerms, reason::Reason, record::Record,
    systems::ImportKind,
};
use serde_json::{Value, json};

use crate::world::{records, survey, terms};

const MERCHANTS: &str = "\
Merchant ID,Name,Brand,Verticals,Categories,Lat,Lon,City,Time zone,Opened on,Tags\n\
m-1,Casa Lola,Lola,\"food, groceries\",tapas,40.4168,-3.7038,Madrid,Europe/Madrid,2026-11-20,new\n\
m-2,Bar Pepe,,food,,140.4168,-3.7038,Madrid,Europe/Madrid,2026-11-20,\n\
m-3,Bar Pepe,,food,,-3.7038,40.4168,Nairobi,America/New_York,,\n\
m-4,Old Inn,,food,,40.4168,-3.7038,Madrid,Europe/Madird,,\n\
m-5,\"=HYPERLINK(\"\"http://example.com\"\")\",,food,,,,,,,\n\
m-6,'=Equal,,,,,,,,,\n\
m-7,Late Bar,,,,,,,,2026-02-30,\n\
m-8,Half Bar,,,,40.4168,,,,,\n\
m-9,Number Bar,,,,40.4168N,-3.7038,,,,\n\
7.0E+12,Lost Digits,,,,,,,,,\n\
,No Id,,,,,,,,,\n\
m-10,Only City,,,,,,Madrid,,,\n\
m-11,Comma Bar,,,,\"40,4168\",\"-3,7038\",,,,\n\
m-12,Serial Bar,,,,,,,,46084,\n\
m-13,Tag Bar,,,,,,,,,\"new,=1+1\"\n\
m-14,NULL,N/A,,,,,,,,\n\
m-15,Short\n";

fn read(
    bytes: &[u8],
    kind: ImportKind,
    tell: impl Fn(&mut CatalogueReader, &Record, &[String]) -> Result<Value, Reason>,
) -> Vec<Value> {
    let facts = survey(bytes, kind, None, 64).unwrap();
    let (records, columns) = records(bytes, &facts, 64, Some(1));
    let mut reader = CatalogueReader::new(&facts, &ImportTerms { ..terms() }).unwrap();
    let tell = |record: &Record| match tell(&mut reader, record, &columns) {
        Ok(told) => json!([record.line, told]),
        Err(reason) => json!([record.line, reason.code, reason.detail]),
    };
    records.iter().map(tell).collect()
}

fn merchants(bytes: &[u8]) -> Vec<Value> {
    read(bytes, ImportKind::Merchants, |reader, record, columns| {
        let read = reader.read_merchant(record, columns)?;
        let less: Vec<&str> = read.notes.left_out.iter().map(|it| it.column.as_str()).collect();
        // One without a name may only change a merchant that is known.
        let merchant = read.merge(None).map(|it| json!(it)).unwrap_or(Value::Null);
        Ok(json!({"id": read.key.as_str(), "merchant": merchant, "less": less}))
    })
}

#[test]
fn each_line_of_merchants_is_taken_or_refused_with_its_reason() {
    let told = merchants(MERCHANTS.as_bytes());
    assert_eq!(told.len(), 17);
    assert_eq!(
        told[0],
        json!([2, {"id": "m-1", "less": [], "merchant": {
            "name": "Casa Lola", "brand": "Lola", "verticals": ["food", "groceries"],
            "categories": ["tapas"], "opened_on": "2026-11-20", "tags": ["new"],
            "places": [{"lat": 40.4168, "lon": -3.7038, "city": "Madrid", "zone": "Europe/Madrid"}],
        }}])
    );
    let refused = |line: usize| {
        let told = &told[line - 2];
        assert_eq!(told[0], line);
        (told[1].as_str().unwrap_or("taken"), told[2].as_str().unwrap_or_default())
    };
    for (line, code, part) in [
        (3, "bad_place", "Lat: lat is -90 to 90"),
        (4, "bad_place", "America/New_York: lat and lon may be swapped"),
        (5, "unknown_zone", "Time zone: "),
        (6, "formula", "Name: "),
        (8, "no_such_day", "Opened on: "),
        (9, "bad_place", "Lat: one of latitude and longitude is empty"),
        (10, "bad_place", "Lat: not a number"),
        (11, "digits_lost", "Merchant ID: "),
        (12, "missing", "the id is empty"),
        (15, "bare_number", "Opened on: "),
        (16, "formula", "Tags: "),
        (18, "cell_count", "the header has 11 cells"),
    ] {
        let (found, detail) = refused(line);
        assert_eq!(found, code, "line {line}: {detail}");
        assert!(detail.contains(part), "line {line}: {detail}");
    }
    assert!(refused(3).1.contains("swapped"), "{}", refused(3).1);
    assert_eq!(told[5][1]["merchant"]["name"], "=Equal");
    assert_eq!(told[11][1]["less"], json!(["City"]));
    let places = json!([{"lat": 40.4168, "lon": -3.7038}]);
    assert_eq!(told[12][1]["merchant"]["places"], places);
    assert_eq!(told[15][1], json!({"id": "m-14", "merchant": null, "less": []}));
}

#[test]
fn a_line_of_json_tells_all_places_of_a_merchant() {
    let place = json!({"lat": 40.4168, "lon": -3.7038, "name": "Sol", "zone": "Europe/Madrid"});
    let lines = [
        json!({"id": 17, "name": "Casa Lola", "places": [place, {"lat": 1, "lon": 2}],
            "verticals": ["food"], "opened_on": "2026-11-20T23:30:00Z"}),
        json!({"id": "m-2", "name": "Far", "places": [{"lat": 140.0, "lon": -3.7}]}),
        json!({"id": "m-3", "name": "Odd", "places": [{"lat": 40.0}]}),
        json!({"id": "m-4", "name": "Two", "places": [place], "lat": 1, "lon": 1}),
        json!({"id": "m-5", "name": {"en": "Object"}}),
        json!({"id": "m-6", "name": "Sum", "places": [{"lat": 1, "lon": 1, "name": "=SUM(A1)"}]}),
        json!({"id": "m-7", "name": "Point", "coordinates": [-3.7038, 40.4168], "city": "Madrid"}),
    ];
    let file: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let told = merchants(file.as_bytes());
    assert_eq!(told[0][1]["id"], "17");
    assert_eq!(told[0][1]["merchant"]["places"].as_array().unwrap().len(), 2);
    assert_eq!(told[0][1]["merchant"]["opened_on"], "2026-11-20");
    let codes: Vec<&Value> = told[1..6].iter().map(|it| &it[1]).collect();
    assert_eq!(
        json!(codes),
        json!(["bad_place", "bad_place", "place_twice", "not_text", "formula"])
    );
    let place = json!([{"lat": 40.4168, "lon": -3.7038, "city": "Madrid"}]);
    assert_eq!(told[6][1]["merchant"]["places"], place);
}

#[test]
fn a_vertical_has_a_name_for_each_language_that_the_file_tells() {
    let names = |bytes: &[u8]| {
        read(bytes, ImportKind::Verticals, |reader, record, columns| {
            let read = reader.read_names(record, columns)?;
            Ok(json!({"key": read.key.as_str(), "names": read.names}))
        })
    };
    let table = b"key,language,name\nfood,es_ES,Restaurantes\nfood,,Essen\nfood,xx-yy-zz-1,A\n\
        food,en,\nfood,en,=A1\n";
    let told = names(table);
    assert_eq!(told[0], json!([2, {"key": "food", "names": {"es-ES": "Restaurantes"}}]));
    let codes: Vec<&Value> = told[1..].iter().map(|it| &it[1]).collect();
    assert_eq!(json!(codes), json!(["missing", "unknown_locale", "missing", "formula"]));
    let lines = names(br#"{"key":"food","names":{"en":"Restaurants","de":"Restaurants"}}"#);
    let both = json!({"en": "Restaurants", "de": "Restaurants"});
    assert_eq!(lines[0], json!([1, {"key": "food", "names": both}]));
    let lacking = survey(b"key,name\nfood,Food\n", ImportKind::Categories, None, 64).unwrap_err();
    assert_eq!(lacking.code, "column_missing");
}
