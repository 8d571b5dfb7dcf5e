//! Reads a record as a merchant of the catalogue, or as names of a vertical or a category.
//!
//! A catalogue is what campaigns are aimed by, so nothing of a record is taken in part: a cell that
//! cannot be read refuses the record, with the column and the reason. A cell that looks like a
//! formula is refused too, unless an apostrophe before it says that it is text. An empty cell
//! erases nothing.

use std::collections::BTreeMap;

use domain::{
    campaign::catalogue::{CatalogueKey, CatalogueNames, Merchant, MerchantPlace},
    customer::profile::{City, GeoPoint, Zone},
    kernel::locale::Locale,
};
use jiff::civil::Date;
use serde::Deserialize;

use crate::{
    cells::{
        tags::read_tags,
        text::{is_empty_word, on_one_line, unguarded},
    },
    customer::ImportTerms,
    order::in_column,
    reason::{CellNote, Notes, Reason},
    record::{Cell, Record},
    row::{Columns, PlacedCell, Row},
    survey::FileFacts,
    target::Target,
};

/// A merchant as the file tells it. What the file does not say is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct MerchantRecord {
    pub key: CatalogueKey,
    pub name: Option<String>,
    pub brand: Option<String>,
    pub verticals: Option<Vec<String>>,
    pub categories: Option<Vec<String>>,
    pub places: Option<Vec<MerchantPlace>>,
    pub opened_on: Option<Date>,
    pub tags: Option<Vec<String>>,
    pub notes: Notes,
}

/// Names of a vertical or a category as the file tells them.
#[derive(Debug, Clone, PartialEq)]
pub struct NamesRecord {
    pub key: CatalogueKey,
    pub names: BTreeMap<Locale, String>,
}

impl MerchantRecord {
    /// Returns the merchant after this record, or the reason why there can be none.
    pub fn merge(&self, stored: Option<&Merchant>) -> Result<Merchant, Reason> {
        fn fill<T: Clone>(cell: &Option<T>, known: Option<&T>) -> Option<T> {
            cell.clone().or_else(|| known.cloned())
        }
        let merchant = Merchant {
            name: fill(&self.name, stored.map(|it| &it.name)).ok_or_else(|| missing("name"))?,
            brand: fill(&self.brand, stored.and_then(|it| it.brand.as_ref())),
            verticals: fill(&self.verticals, stored.map(|it| &it.verticals)).unwrap_or_default(),
            categories: fill(&self.categories, stored.map(|it| &it.categories)).unwrap_or_default(),
            places: fill(&self.places, stored.map(|it| &it.places)).unwrap_or_default(),
            opened_on: self.opened_on.or_else(|| stored.and_then(|it| it.opened_on)),
            tags: fill(&self.tags, stored.map(|it| &it.tags)).unwrap_or_default(),
        };
        refuse_first(merchant.errors())?;
        Ok(merchant)
    }
}

impl NamesRecord {
    /// Returns the names after this record: those of other languages stay.
    pub fn merge(&self, stored: Option<&CatalogueNames>) -> Result<CatalogueNames, Reason> {
        let mut names = stored.map(|it| it.names.clone()).unwrap_or_default();
        names.extend(self.names.iter().map(|(locale, name)| (locale.clone(), name.clone())));
        let names = CatalogueNames { names };
        refuse_first(names.errors())?;
        Ok(names)
    }
}

fn refuse_first(errors: Vec<domain::kernel::validation::FieldError>) -> Result<(), Reason> {
    match errors.into_iter().next() {
        None => Ok(()),
        Some(error) => Err(Reason::new("invalid", format!("{}: {}", error.field, error.detail))),
    }
}

/// Reads the records of a file as merchants, verticals or categories.
pub struct CatalogueReader {
    columns: Columns,
}

impl CatalogueReader {
    pub fn new(facts: &FileFacts, terms: &ImportTerms) -> Result<Self, Reason> {
        Ok(Self { columns: Columns::new(facts, terms.zone.time_zone())? })
    }

    /// Reads a record as a merchant, or returns the reason why it is refused.
    pub fn read_merchant(
        &mut self,
        record: &Record,
        names: &[String],
    ) -> Result<MerchantRecord, Reason> {
        self.columns.add(names);
        let row = self.columns.row(record.cells.as_ref().map_err(Clone::clone)?);
        let mut notes = Notes::default();
        let merchant = MerchantRecord {
            key: read_key(&row)?,
            name: read_one(&row, Target::Name)?,
            brand: read_one(&row, Target::Brand)?,
            verticals: read_labels(&row, Target::Verticals)?,
            categories: read_labels(&row, Target::Categories)?,
            places: read_places(&row, &mut notes)?,
            opened_on: self.read_opening(&row, &mut notes)?,
            tags: read_labels(&row, Target::Tags)?,
            notes,
        };
        // What is wrong whatever is known already is told by a check too.
        let name = merchant.name.clone().or_else(|| Some("?".to_owned()));
        MerchantRecord { name, ..merchant.clone() }.merge(None)?;
        Ok(merchant)
    }

    /// Reads a record as names of a vertical or a category, or returns why it is refused.
    pub fn read_names(&mut self, record: &Record, names: &[String]) -> Result<NamesRecord, Reason> {
        self.columns.add(names);
        let row = self.columns.row(record.cells.as_ref().map_err(Clone::clone)?);
        let read = NamesRecord { key: read_key(&row)?, names: read_names(&row)? };
        read.merge(None)?;
        Ok(read)
    }

    fn read_opening(&self, row: &Row<'_>, notes: &mut Notes) -> Result<Option<Date>, Reason> {
        let Some(cell) = filled(row, Target::OpenedOn) else { return Ok(None) };
        let moment = row.moment(&cell, notes).map_err(|reason| in_column(cell.column, reason))?;
        Ok(moment.map(|moment| moment.day(self.columns.zone())))
    }
}

fn missing(what: &str) -> Reason {
    Reason::new("missing", format!("the {what} is empty"))
}

/// Returns the first cell of a meaning that says something.
fn filled<'a>(row: &Row<'a>, target: Target) -> Option<PlacedCell<'a>> {
    row.all(target).find(|cell| {
        let text = unguarded(cell.text());
        !text.is_empty() && !is_empty_word(text)
    })
}

/// Returns the text of a cell on one line. One that a spreadsheet would compute is refused.
fn plain_text(cell: &PlacedCell<'_>) -> Result<String, Reason> {
    match cell.cell {
        Cell::Text(text) if is_formula(text) => Err(formula(cell.column)),
        Cell::Text(text) | Cell::Number(text) => Ok(on_one_line(unguarded(text))),
        Cell::Json(_) => {
            let reason = Reason::new("not_text", "a list or an object where a text belongs");
            Err(in_column(cell.column, reason))
        }
    }
}

fn is_formula(text: &str) -> bool {
    text.trim_start().starts_with(['=', '+', '-', '@'])
}

fn formula(column: &str) -> Reason {
    let detail = "a formula or the beginning of one: write an apostrophe before it if it is text";
    in_column(column, Reason::new("formula", detail))
}

fn read_one(row: &Row<'_>, target: Target) -> Result<Option<String>, Reason> {
    filled(row, target).map(|cell| plain_text(&cell)).transpose()
}

fn read_key(row: &Row<'_>) -> Result<CatalogueKey, Reason> {
    let cell = filled(row, Target::Id).ok_or_else(|| missing("id"))?;
    let text = plain_text(&cell)?;
    if is_scientific(&text) {
        let detail = "a number that a spreadsheet has shortened: its digits are lost";
        return Err(in_column(cell.column, Reason::new("digits_lost", detail)));
    }
    CatalogueKey::parse(&text).ok_or_else(|| {
        let detail = "an id has 1 to 64 bytes and no control characters";
        in_column(cell.column, Reason::new("bad_id", detail))
    })
}

/// Returns true for numbers like `7.0E+12`.
fn is_scientific(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['E', 'e']) else { return false };
    let power = power.strip_prefix('+').unwrap_or_default();
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    !digits.is_empty()
        && is_number
        && !power.is_empty()
        && power.bytes().all(|byte| byte.is_ascii_digit())
}

fn read_labels(row: &Row<'_>, target: Target) -> Result<Option<Vec<String>>, Reason> {
    let Some(cell) = filled(row, target) else { return Ok(None) };
    if matches!(cell.cell, Cell::Text(text) if is_formula(text)) {
        return Err(formula(cell.column));
    }
    let labels = read_tags(unguarded(cell.text()));
    let labels = labels.map_err(|reason| in_column(cell.column, reason))?;
    if labels.iter().any(|label| is_formula(label) && !unguarded(cell.text()).starts_with(label)) {
        return Err(formula(cell.column));
    }
    Ok((!labels.is_empty()).then_some(labels))
}

/// Reads the places: a list of JSON, or one place in cells of its own.
fn read_places(row: &Row<'_>, notes: &mut Notes) -> Result<Option<Vec<MerchantPlace>>, Reason> {
    let point = read_point(row)?;
    let list = filled(row, Target::Places);
    match (list, point) {
        (Some(cell), Some(_)) => {
            let detail = "a list of places beside a place in cells of its own";
            Err(in_column(cell.column, Reason::new("place_twice", detail)))
        }
        (Some(cell), None) => {
            let bad = || {
                let detail = "no list of places, each with lat, lon and maybe name, city and zone";
                in_column(cell.column, Reason::new("bad_place", detail))
            };
            let places: Vec<MerchantPlace> =
                serde_json::from_str(cell.text()).map_err(|_| bad())?;
            let texts = places.iter().flat_map(|place| {
                place.name.as_deref().into_iter().chain(place.city.as_ref().map(City::expose))
            });
            if texts.into_iter().any(is_formula) {
                return Err(formula(cell.column));
            }
            for place in &places {
                check_place(place, cell.column)?;
            }
            Ok((!places.is_empty()).then_some(places))
        }
        (None, Some((column, point))) => {
            let place = MerchantPlace {
                lat: point.lat,
                lon: point.lon,
                name: read_one(row, Target::PlaceName)?,
                city: read_city(row)?,
                zone: read_zone(row)?,
            };
            check_place(&place, column)?;
            Ok(Some(vec![place]))
        }
        (None, None) => {
            for target in [Target::City, Target::Zone, Target::PlaceName] {
                if let Some(cell) = filled(row, target) {
                    let detail = "a place needs its latitude and longitude";
                    let reason = Reason::new("no_coordinates", detail);
                    notes.left_out.push(CellNote::new(cell.column, reason));
                }
            }
            Ok(None)
        }
    }
}

fn check_place(place: &MerchantPlace, column: &str) -> Result<(), Reason> {
    match place.fault() {
        None => Ok(()),
        Some(detail) => Err(in_column(column, Reason::new("bad_place", detail))),
    }
}

/// Reads the coordinates of the one place, with the column to tell.
fn read_point<'a>(row: &Row<'a>) -> Result<Option<(&'a str, GeoPoint)>, Reason> {
    if let Some(cell) = filled(row, Target::Coordinates) {
        let bad = |_| {
            let reason = Reason::new("bad_place", "not a list of longitude and latitude");
            in_column(cell.column, reason)
        };
        let [lon, lat]: [f64; 2] = serde_json::from_str(cell.text()).map_err(bad)?;
        return Ok(Some((cell.column, GeoPoint { lat, lon })));
    }
    let (lat, lon) = (filled(row, Target::Latitude), filled(row, Target::Longitude));
    match (lat, lon) {
        (None, None) => Ok(None),
        (Some(lat), Some(lon)) => {
            let point = GeoPoint { lat: read_degrees(&lat)?, lon: read_degrees(&lon)? };
            Ok(Some((lat.column, point)))
        }
        (Some(half), None) | (None, Some(half)) => {
            let reason = Reason::new("bad_place", "one of latitude and longitude is empty");
            Err(in_column(half.column, reason))
        }
    }
}

fn read_degrees(cell: &PlacedCell<'_>) -> Result<f64, Reason> {
    let text = unguarded(cell.text()).replace(',', ".");
    let is_plain = text.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'-' | b'+'));
    let degrees = text.parse::<f64>().ok().filter(|_| is_plain);
    degrees
        .ok_or_else(|| in_column(cell.column, Reason::new("bad_place", "not a number of degrees")))
}

fn read_city(row: &Row<'_>) -> Result<Option<City>, Reason> {
    let Some(cell) = filled(row, Target::City) else { return Ok(None) };
    let city = City::parse(&plain_text(&cell)?);
    let bad = |error: domain::customer::contact::BadContact| {
        in_column(cell.column, Reason::new("bad_city", error.to_string()))
    };
    city.map(Some).map_err(bad)
}

fn read_zone(row: &Row<'_>) -> Result<Option<Zone>, Reason> {
    let Some(cell) = filled(row, Target::Zone) else { return Ok(None) };
    let bad = |_| {
        let reason = Reason::new("unknown_zone", "no time zone such as Europe/Madrid");
        in_column(cell.column, reason)
    };
    Zone::parse(unguarded(cell.text())).map(Some).map_err(bad)
}

/// Reads names: an object of JSON by language, or one name with its language beside it.
fn read_names(row: &Row<'_>) -> Result<BTreeMap<Locale, String>, Reason> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct ByLanguage(BTreeMap<String, String>);

    if let Some(cell) = filled(row, Target::Names) {
        let bad = |_| {
            let reason = Reason::new("bad_names", "no object of names by language");
            in_column(cell.column, reason)
        };
        let ByLanguage(found) = serde_json::from_str(cell.text()).map_err(bad)?;
        let named = found.into_iter().map(|(language, name)| {
            if is_formula(&name) {
                return Err(formula(cell.column));
            }
            Ok((read_locale(&language, cell.column)?, on_one_line(name.trim())))
        });
        return named.collect();
    }
    let language = filled(row, Target::Locale).ok_or_else(|| missing("language"))?;
    let locale = read_locale(unguarded(language.text()), language.column)?;
    let name = read_one(row, Target::Name)?.ok_or_else(|| missing("name"))?;
    Ok(BTreeMap::from([(locale, name)]))
}

fn read_locale(text: &str, column: &str) -> Result<Locale, Reason> {
    Locale::parse(&text.trim().replace('_', "-")).map_err(|_| {
        let reason = Reason::new("unknown_locale", "no language tag such as es or es-ES");
        in_column(column, reason)
    })
}
