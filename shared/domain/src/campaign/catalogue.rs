//! The catalogue: merchants with their places, and the names that people know verticals and
//! categories by.
//!
//! The marketplace tells it, or operators write it; what neither does follows from the orders.
//! Audience rules, pickers and the checks of campaigns read it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    customer::profile::{City, GeoPoint, Zone},
    kernel::{id::MAX_ID_LENGTH, locale::Locale, validation::FieldError},
};

/// Most places of one merchant: a chain with more has a merchant for each region.
pub const MAX_PLACES: usize = 50;
/// Most verticals, categories or tags of one merchant.
pub const MAX_LABELS: usize = 50;
/// Most languages in which a vertical or a category has a name.
pub const MAX_NAMES: usize = 50;
/// Most hours between the clock and the sun at a place: in the west of China they are three apart.
const MAX_CLOCK_HOURS: f64 = 4.0;
/// A moment of winter and one of summer: clocks are put forward in one of them.
const SEASONS: [Timestamp; 2] =
    [Timestamp::constant(1_768_478_400, 0), Timestamp::constant(1_784_116_800, 0)];
/// Longest name of a merchant, a brand, a place, a vertical or a category, in bytes.
pub const MAX_NAME_BYTES: usize = 200;

/// A part of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CatalogueKind {
    Merchants,
    Verticals,
    Categories,
}

impl CatalogueKind {
    pub const ALL: [CatalogueKind; 3] =
        [CatalogueKind::Merchants, CatalogueKind::Verticals, CatalogueKind::Categories];

    pub fn as_str(self) -> &'static str {
        match self {
            CatalogueKind::Merchants => "merchants",
            CatalogueKind::Verticals => "verticals",
            CatalogueKind::Categories => "categories",
        }
    }
}

/// The key under which orders name a merchant, a vertical or a category.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CatalogueKey(String);

impl CatalogueKey {
    /// Parses a key by the rule of the lines of a basket.
    pub fn parse(text: &str) -> Option<Self> {
        is_label(text, MAX_ID_LENGTH).then(|| Self(text.to_owned()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place where a merchant is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MerchantPlace {
    pub lat: f64,
    pub lon: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub city: Option<City>,
    /// The time zone of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub zone: Option<Zone>,
}

impl MerchantPlace {
    pub fn point(&self) -> GeoPoint {
        GeoPoint { lat: self.lat, lon: self.lon }
    }

    /// Returns why the coordinates cannot be those of the place. Latitude and longitude that were
    /// swapped are found by their range, or by a zone whose clock is hours away from the sun's.
    pub fn fault(&self) -> Option<String> {
        let swapped = GeoPoint { lat: self.lon, lon: self.lat };
        if !self.point().is_on_earth() {
            let hint = if swapped.is_on_earth() { ": they may be swapped" } else { "" };
            return Some(format!("lat is -90 to 90 and lon -180 to 180, in degrees{hint}"));
        }
        let zone = self.zone.as_ref().filter(|zone| is_regional(zone))?;
        let apart = hours_apart(zone, self.lon);
        (apart > MAX_CLOCK_HOURS).then(|| {
            let is_swapped = swapped.is_on_earth() && hours_apart(zone, swapped.lon) < apart;
            let hint = if is_swapped { "lat and lon may be swapped" } else { "one is wrong" };
            format!("lon is {apart:.0} hours from the clock of zone {}: {hint}", zone.as_str())
        })
    }
}

/// Returns true for a zone of a region of the earth. `UTC` and its like are used anywhere.
fn is_regional(zone: &Zone) -> bool {
    zone.as_str().contains('/') && !zone.as_str().starts_with("Etc/")
}

/// Returns the hours between a zone's clock and the sun's at a longitude, by the season in which
/// they are nearer.
fn hours_apart(zone: &Zone, lon: f64) -> f64 {
    let clock = zone.time_zone();
    let apart = SEASONS.map(|season| {
        let hours = f64::from(clock.to_offset(season).seconds()) / 3600.0 - lon / 15.0;
        let round = hours.rem_euclid(24.0);
        round.min(24.0 - round)
    });
    apart.into_iter().fold(f64::INFINITY, f64::min)
}

/// A merchant of the marketplace. Its id is the `merchant` of the lines of orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Merchant {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub brand: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verticals: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<MerchantPlace>,
    /// The day on which the merchant opened on the marketplace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = Date))]
    pub opened_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Merchant {
    /// Returns everything that is wrong with the merchant and that parsing does not find.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        check_name("/name", &self.name, &mut errors);
        if let Some(brand) = &self.brand {
            check_name("/brand", brand, &mut errors);
        }
        for (field, labels) in [
            ("/verticals", &self.verticals),
            ("/categories", &self.categories),
            ("/tags", &self.tags),
        ] {
            check_labels(field, labels, &mut errors);
        }
        if self.places.len() > MAX_PLACES {
            let detail = format!("at most {MAX_PLACES} places");
            errors.push(FieldError::new("/places", "too_many", detail));
        }
        for (index, place) in self.places.iter().enumerate() {
            if let Some(detail) = place.fault() {
                errors.push(FieldError::new(format!("/places/{index}"), "out_of_range", detail));
            }
            if let Some(name) = &place.name {
                check_name(&format!("/places/{index}/name"), name, &mut errors);
            }
        }
        errors
    }
}

/// The names that people know a vertical or a category by, by language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CatalogueNames {
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub names: BTreeMap<Locale, String>,
}

impl CatalogueNames {
    /// Returns everything that is wrong with the names and that parsing does not find.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.names.is_empty() || self.names.len() > MAX_NAMES {
            let detail = format!("1 to {MAX_NAMES} languages");
            errors.push(FieldError::new("/names", "out_of_range", detail));
        }
        for (locale, name) in &self.names {
            check_name(&format!("/names/{}", locale.as_str()), name, &mut errors);
        }
        errors
    }
}

fn check_name(field: &str, name: &str, errors: &mut Vec<FieldError>) {
    if !is_label(name, MAX_NAME_BYTES) {
        let detail =
            format!("1 to {MAX_NAME_BYTES} bytes, no control characters and no space around them");
        errors.push(FieldError::new(field, "invalid", detail));
    }
}

fn check_labels(field: &str, labels: &[String], errors: &mut Vec<FieldError>) {
    if labels.len() > MAX_LABELS {
        errors.push(FieldError::new(field, "too_many", format!("at most {MAX_LABELS}")));
    }
    let mut seen = BTreeSet::new();
    for (index, label) in labels.iter().enumerate() {
        let field = format!("{field}/{index}");
        if !is_label(label, MAX_ID_LENGTH) {
            let detail = format!(
                "1 to {MAX_ID_LENGTH} bytes, no control characters and no space around them"
            );
            errors.push(FieldError::new(field, "invalid", detail));
        } else if !seen.insert(label) {
            errors.push(FieldError::new(field, "duplicate", "each at most once"));
        }
    }
}

fn is_label(text: &str, most_bytes: usize) -> bool {
    (1..=most_bytes).contains(&text.len())
        && text.trim() == text
        && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(merchant: serde_json::Value, expected: &[&str]) {
        let merchant: Merchant = serde_json::from_value(merchant).unwrap();
        let errors = merchant.errors();
        let found: Vec<String> =
            errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_field_of_a_merchant_that_is_wrong_is_named() {
        check(json!({"name": "Casa Lola"}), &[]);
        check(
            json!({"name": "Casa Lola", "brand": "Lola", "verticals": ["food"], "categories": ["tapas"],
                "opened_on": "2026-11-01", "tags": ["new"],
                "places": [{"lat": 40.4, "lon": -3.7, "city": "Madrid", "zone": "Europe/Madrid", "name": "Sol"}]}),
            &[],
        );
        check(
            json!({"name": " ", "brand": "", "verticals": ["food", "food", ""], "tags": ["a\u{7}"],
                "places": [{"lat": 91.0, "lon": 0.0, "name": ""}]}),
            &[
                "/name invalid",
                "/brand invalid",
                "/verticals/1 duplicate",
                "/verticals/2 invalid",
                "/tags/0 invalid",
                "/places/0 out_of_range",
                "/places/0/name invalid",
            ],
        );
        let place = json!({"lat": 1.0, "lon": 1.0});
        check(json!({"name": "A", "places": vec![place; MAX_PLACES + 1]}), &["/places too_many"]);
    }

    #[test]
    fn a_place_is_on_earth_and_near_the_clock_of_its_zone() {
        let fault = |lat: f64, lon: f64, zone: Option<&str>| {
            let zone = zone.map(|it| Zone::parse(it).unwrap());
            MerchantPlace { lat, lon, name: None, city: None, zone }.fault().unwrap_or_default()
        };
        for (lat, lon, zone) in [
            (40.4168, -3.7038, Some("Europe/Madrid")),
            (39.47, 75.99, Some("Asia/Shanghai")),
            (1.87, -157.43, Some("Pacific/Kiritimati")),
            (-18.14, 178.44, Some("Pacific/Fiji")),
            (51.88, -176.65, Some("America/Adak")),
            (40.7, -74.0, Some("America/New_York")),
            (40.7, -74.0, Some("UTC")),
            (-3.7, 40.4, None),
        ] {
            assert_eq!(fault(lat, lon, zone), "", "{lat} {lon} {zone:?}");
        }
        for (lat, lon, zone) in [
            (-118.24, 34.05, None),
            (-74.0, 40.7, Some("America/New_York")),
            (-33.0, -70.6, Some("Asia/Tokyo")),
            (91.0, 181.0, None),
            (f64::NAN, 0.0, None),
        ] {
            let detail = fault(lat, lon, zone);
            assert_ne!(detail, "", "{lat} {lon} {zone:?}");
            let may_be_swapped = lon.abs() < 60.0 && lat.is_finite() && lat != 91.0;
            assert_eq!(detail.contains("swapped"), may_be_swapped, "{lat} {lon}: {detail}");
        }
    }

    #[test]
    fn a_vertical_has_a_name_in_some_language() {
        let names = |names: serde_json::Value| {
            let names: CatalogueNames = serde_json::from_value(json!({ "names": names })).unwrap();
            names.errors().into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        assert_eq!(names(json!({"en": "Restaurants", "es": "Restaurantes"})), [""; 0]);
        assert_eq!(names(json!({})), ["/names"]);
        assert_eq!(names(json!({"en": ""})), ["/names/en"]);
    }

    #[test]
    fn a_key_is_what_a_line_of_a_basket_may_name() {
        assert!(CatalogueKey::parse("m-1").is_some() && CatalogueKey::parse("Café 24").is_some());
        for bad in ["", " a", "a\n", &"x".repeat(65)] {
            assert_eq!(CatalogueKey::parse(bad), None, "{bad:?}");
        }
    }
}
