//! Tests of the counts of values that occur: what an item adds, takes away and brings to others.

use proptest::prelude::*;

use super::*;
use crate::{
    customer::profile::{City, Locale, OrderTotals},
    kernel::id::CustomerId,
};

fn customer(locale: &str, tags: &[&str], city: &str, place: Option<(f64, f64)>) -> Customer {
    let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
    customer.profile.locale = Locale::parse(locale).ok();
    customer.profile.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    customer.profile.city = City::parse(city).ok();
    customer.profile.location = place.map(|(lat, lon)| GeoPoint { lat, lon });
    let totals = |orders| OrderTotals { orders, ..OrderTotals::default() };
    customer.verticals = [("food".into(), totals(2)), ("pharmacy".into(), totals(0))].into();
    customer
}

fn names(values: &ValueDelta) -> Vec<String> {
    let name = |(value, counts): (&CountedValue, &ValueCounts)| {
        format!("{} {} {}", value.kind.as_str(), value.name, counts.count)
    };
    values.iter().map(name).collect()
}

fn known(name: &str, count: i64, names: &[(&str, &str)]) -> KnownValue {
    KnownValue {
        name: name.to_owned(),
        names: names.iter().map(|(it, name)| ((*it).to_owned(), (*name).to_owned())).collect(),
        counts: ValueCounts { count, ..ValueCounts::default() },
        last_reported_at: None,
        opened_on: None,
    }
}

#[test]
fn a_customer_counts_once_for_each_value() {
    let ana = customer("es-ES", &["vip", "staff"], "Madrid", Some((40.4, -3.7)));
    assert_eq!(
        names(&customer_values(&ana)),
        [
            "vertical food 1",
            "tag staff 1",
            "tag vip 1",
            "locale es 1",
            "locale es-ES 1",
            "city Madrid 1"
        ]
    );
    assert_eq!(
        names(&customer_values(&customer("es", &[], "", None))),
        ["vertical food 1", "locale es 1"]
    );
}

#[test]
fn a_change_moves_the_customer_and_nothing_else() {
    let before = customer("es-ES", &["vip"], "Madrid", Some((40.4, -3.7)));
    let after = customer("es-MX", &["vip"], "Toledo", None);
    let delta = value_change(customer_values(&before), customer_values(&after));
    assert_eq!(
        names(&delta),
        ["locale es-ES -1", "locale es-MX 1", "city Madrid -1", "city Toledo 1"]
    );
    assert!(value_change(customer_values(&after), customer_values(&after)).is_empty());
}

#[test]
fn a_move_within_a_city_moves_its_centre() {
    let [before, after] =
        [-3.7, -3.5].map(|lon| customer_values(&customer("es", &[], "Madrid", Some((40.4, lon)))));
    let delta = value_change(before, after);
    assert_eq!(names(&delta), ["city Madrid 0"]);
    assert_eq!(delta.values().next().unwrap().longitudes, 200_000);
}

#[track_caller]
fn check_centre(places: &[(f64, f64)], expected: Option<(f64, f64)>) {
    let mut sums = ValueCounts::default();
    for (lat, lon) in places {
        sums.add(&ValueCounts::one_at(&GeoPoint { lat: *lat, lon: *lon }), 1);
    }
    let centre = sums.centre().map(|it| (it.lat, it.lon));
    let near = |(one, other): (f64, f64)| (one - other).abs() < 1e-9;
    match (centre, expected) {
        (Some(found), Some(wanted)) => {
            assert!(near((found.0, wanted.0)) && near((found.1, wanted.1)), "{found:?}");
        }
        (found, wanted) => assert_eq!(found, wanted),
    }
}

#[test]
fn a_city_lies_in_the_middle_of_its_customers() {
    check_centre(&[], None);
    check_centre(&[(40.0, -4.0), (41.0, -3.0)], Some((40.5, -3.5)));
    // Greenwich
    check_centre(&[(51.5, -0.2), (51.5, 0.1)], Some((51.5, -0.05)));
    // Bangkok, Mexico City, and Taveuni on the date line
    check_centre(&[(13.7, 100.4), (13.7, 100.6)], Some((13.7, 100.5)));
    check_centre(&[(19.4, -99.2), (19.4, -99.0)], Some((19.4, -99.1)));
    check_centre(&[(-16.8, 179.9), (-16.8, -179.7)], Some((-16.8, -179.9)));
    check_centre(&[(-16.8, 179.7), (-16.8, -179.9)], Some((-16.8, 179.9)));
}

#[test]
fn a_search_finds_names_of_every_language_most_customers_first() {
    let values = [
        known("food", 960, &[("en", "Restaurants"), ("es", "Restaurantes")]),
        known("fashion", 30, &[]),
        known("flowers", 30, &[("en", "Flowers")]),
    ];
    let find = |query: &str, after: Option<(i64, &str)>, limit| {
        let after =
            after.map(|(count, name): (i64, &str)| (-count, String::new(), name.to_owned()));
        let order = ValueOrder::Count;
        let (found, more) = search_values(&values, query, order, after.as_ref(), limit);
        (found.into_iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), more)
    };
    assert_eq!(find("", None, 10), (vec!["food", "fashion", "flowers"], false));
    assert_eq!(find("REST", None, 10), (vec!["food"], false));
    assert_eq!(find("f", None, 2), (vec!["food", "fashion"], true));
    assert_eq!(find("f", Some((30, "fashion")), 2), (vec!["flowers"], false));
    assert_eq!(find("zz", None, 10), (vec![], false));
}

#[test]
fn a_name_that_nobody_has_is_near_one_that_somebody_has() {
    let values = [
        known("food", 960, &[("en", "Restaurants"), ("es", "Restaurantes")]),
        known("groceries", 500, &[]),
        known("pharmacy", 40, &[("de", "Apotheke")]),
    ];
    for (name, near) in [
        ("restaurants", Some("food")),
        ("Restaurant", Some("food")),
        ("grocery", Some("groceries")),
        ("Food", Some("food")),
        ("apothekr", Some("pharmacy")),
        ("spaceships", None),
        ("x", None),
    ] {
        let found = nearest_value(&values, name).map(|it| it.name.as_str());
        assert_eq!(found, near, "{name}");
    }
}

#[test]
fn every_value_that_a_definition_names_has_its_place() {
    let document = serde_json::json!({
        "name": "First groceries", "kind": "autopilot",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}},
            "scope": {"verticals": ["groceries"], "merchants": ["m-1"], "categories": ["fruit", "bread"]}},
        "validity": {"from_issue": {"hours": 168}},
        "audience": {"all": [
            {"ordered": {"vertical": "restaurants"}},
            {"not": {"tags": {"any_of": ["staff"], "none_of": ["vip"]}}},
            {"any": [{"locale": {"any_of": ["es"]}}, {"orders_count": {"vertical": "food", "at_least": 1}},
                {"orders_count": {"at_least": 1}}]},
        ]},
        "channels": {"mode": "first_available", "ladder": ["sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {"sms": {"text": "{{ offer }}"}}}},
        "trigger": {"when": {"event": {"name": "viewed", "where":
            {"all": [{"property": {"name": "city"}}, {"not": {"property": {"name": "price"}}}]}}},
            "cool_down_days": 7},
    });
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let definition = crate::campaign::definition::Definition::parse(document, now).unwrap();
    let shown =
        |value: &NamedValue| format!("{} {} {}", value.field, value.kind.as_str(), value.name);
    let named: Vec<String> = definition_values(&definition).iter().map(shown).collect();
    assert_eq!(
        named,
        [
            "/offer/scope/verticals/0 vertical groceries",
            "/offer/scope/merchants/0 merchant m-1",
            "/offer/scope/categories/0 category fruit",
            "/offer/scope/categories/1 category bread",
            "/audience/all/0/ordered/vertical vertical restaurants",
            "/audience/all/1/not/tags/any_of/0 tag staff",
            "/audience/all/1/not/tags/none_of/0 tag vip",
            "/audience/all/2/any/0/locale/any_of/0 locale es",
            "/audience/all/2/any/1/orders_count/vertical vertical food",
            "/trigger/when/event/name event viewed",
            "/trigger/when/event/where/all/0/property/name event_property city",
            "/trigger/when/event/where/all/1/not/property/name event_property price",
        ]
    );
}

proptest! {
    #[test]
    fn changes_add_up_to_the_last_state(
        states in prop::collection::vec((0usize..3, 0usize..3, 0usize..3, prop::option::of((-90.0..90.0, -180.0..180.0))), 1..8)
    ) {
        let states: Vec<ValueDelta> = states
            .into_iter()
            .map(|(locale, tags, city, place)| {
                let locale = ["es-ES", "en", "ar-EG"][locale];
                let city = ["Madrid", "Cairo", ""][city];
                customer_values(&customer(locale, &["a", "b"][..tags.min(2)], city, place))
            })
            .collect();
        let mut sums = ValueDelta::new();
        let mut before = ValueDelta::new();
        for state in &states {
            merge_values(&mut sums, value_change(before, state.clone()), 1);
            before = state.clone();
        }
        prop_assert_eq!(&sums, states.last().unwrap());
    }
}
