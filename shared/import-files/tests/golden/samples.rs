//! The tables of `tests/samples/README.md`, record by record. `expected` has a file for each sample.

use std::{collections::BTreeSet, fs, path::Path};

use import_files::systems::ImportKind;
use serde_json::{Value, json};

use crate::world::World;

pub fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns where the expected value is not part of what was told.
fn differences(expected: &Value, told: &Value, at: &str, found: &mut Vec<String>) {
    match (expected, told) {
        (Value::Object(expected), Value::Object(told)) => {
            for (key, value) in expected {
                let at = format!("{at}/{key}");
                differences(value, told.get(key).unwrap_or(&Value::Null), &at, found);
            }
        }
        (expected, told) if expected == told => {}
        (expected, told) => found.push(format!("{at}: expected {expected}, told {told}")),
    }
}

/// Compares number, lines, outcome, the columns left out and warned of exactly, and the values that
/// the table names.
fn check_record(file: &str, expected: &Value, told: &Value, found: &mut Vec<String>) {
    for place in 0..3 {
        if expected[place] != told[place] {
            found.push(format!("{file} {told}: expected {expected}"));
        }
    }
    let mut values = expected.get(3).cloned().unwrap_or_else(|| json!({}));
    if told[2].as_str().is_some_and(|it| !it.starts_with("refused") && it != "item") {
        for list in ["less", "warn"] {
            let names = values.get(list).cloned().unwrap_or_else(|| json!([]));
            let sorted: BTreeSet<String> = serde_json::from_value(names).unwrap();
            values[list] = json!(sorted);
        }
    }
    let mut told_values = told[3].clone();
    for list in ["less", "warn"] {
        if let Some(names) = told_values.get(list).cloned() {
            let sorted: BTreeSet<String> = serde_json::from_value(names).unwrap();
            told_values[list] = json!(sorted);
        }
    }
    differences(&values, &told_values, &format!("{file} record {}", told[0]), found);
}

#[track_caller]
fn check(world: &mut World, file: &str) {
    let path = format!("tests/golden/expected/{}.json", file.replace('/', "-"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let expected: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let kind: ImportKind = serde_json::from_value(expected["kind"].clone()).unwrap();
    let result = world.import(&sample(file), kind);
    if let Some(code) = expected.get("file_refused") {
        let reason = result.expect_err("the whole file is refused");
        assert_eq!(json!(reason.code), *code);
        return;
    }
    let (system, told) = result.unwrap_or_else(|reason| panic!("{file}: {reason:?}"));
    let records = expected["records"].as_array().unwrap();
    let mut found = Vec::new();
    assert_eq!(json!(system), expected["system"], "{file}");
    for (expected, told) in records.iter().zip(&told) {
        check_record(file, expected, told, &mut found);
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    assert_eq!(told.len(), records.len(), "{file}: every record is accounted for");
}

#[test]
fn shopify_customers_end_as_the_table_says() {
    check(&mut World::default(), "shopify-customers.csv");
}
#[test]
fn shopify_orders_end_as_the_table_says() {
    check(&mut World::default(), "shopify-orders.csv");
}
#[test]
fn woocommerce_customers_end_as_the_table_says() {
    check(&mut World::default(), "woocommerce-customers.csv");
}
#[test]
fn woocommerce_orders_name_no_customer_and_are_refused() {
    check(&mut World::default(), "woocommerce-orders.csv");
}
#[test]
fn customers_of_the_woocommerce_plugin_end_as_the_table_says() {
    check(&mut World::default(), "woocommerce-plugin-customers.csv");
}
#[test]
fn orders_of_the_woocommerce_plugin_end_as_the_table_says() {
    check(&mut World::default(), "woocommerce-plugin-orders.csv");
}
#[test]
fn klaviyo_profiles_end_as_the_table_says() {
    check(&mut World::default(), "klaviyo-profiles.csv");
}

#[test]
fn mailchimp_files_come_to_the_same_in_each_order() {
    for first in ["subscribed", "unsubscribed", "cleaned"] {
        let mut world = World::default();
        check(&mut world, &format!("mailchimp-{first}.csv"));
        for file in ["subscribed", "unsubscribed", "cleaned"] {
            world.import(&sample(&format!("mailchimp-{file}.csv")), ImportKind::Customers).unwrap();
        }
        let state = |mailbox: &str| world.email_state(mailbox);
        let of = |consent: &str, why: Option<&str>| (consent.to_owned(), why.map(str::to_owned));
        assert_eq!(state("tom.sample@example.com"), of("no", Some("OptedOut")));
        assert_eq!(state("nuria.muestra@example.com"), of("yes", None));
        assert_eq!(state("joerg.beispiel@example.org"), of("yes", Some("Bounced")));
        assert_eq!(state("ana.inventada@example.com"), of("yes", None));
        assert_eq!(state("spam.trap@example.org"), of("no", Some("Complained")));
        assert_eq!(state("gone@example.com"), of("unknown", Some("Bounced")));
    }
}

#[test]
fn braze_users_end_as_the_table_says() {
    check(&mut World::default(), "braze-users.csv");
}
#[test]
fn braze_emails_end_as_the_table_says() {
    check(&mut World::default(), "braze-emails.csv");
}
#[test]
fn braze_profiles_end_as_the_table_says() {
    check(&mut World::default(), "braze-users.jsonl");
}
#[test]
fn hubspot_contacts_end_as_the_table_says() {
    check(&mut World::default(), "hubspot-contacts.csv");
}
#[test]
fn magento_addresses_join_their_customers() {
    let mut world = World::default();
    check(&mut world, "magento2-customers.csv");
    check(&mut world, "magento2-addresses.csv");
}
#[test]
fn listmonk_subscribers_end_as_the_table_says() {
    check(&mut World::default(), "listmonk-subscribers.csv");
}
#[test]
fn stripe_customers_end_as_the_table_says() {
    check(&mut World::default(), "stripe-customers.csv");
}
#[test]
fn warehouse_customers_end_as_the_table_says() {
    check(&mut World::default(), "warehouse-customers.ndjson");
}

#[test]
fn a_file_imported_twice_changes_nothing_the_second_time() {
    for file in ["shopify-customers.csv", "klaviyo-profiles.csv", "warehouse-customers.ndjson"] {
        let mut world = World::default();
        world.import(&sample(file), ImportKind::Customers).unwrap();
        let before = world.customers();
        world.import(&sample(file), ImportKind::Customers).unwrap();
        let (_, told) = world.import(&sample(file), ImportKind::Customers).unwrap();
        let news = told.iter().filter(|it| it[2] == "new").count();
        assert_eq!((news, world.customers()), (0, before), "{file}");
    }
}
