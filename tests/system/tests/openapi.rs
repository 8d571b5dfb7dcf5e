//! Compares the checked-in OpenAPI document (docs/api/openapi.json) with the one generated from the
//! Rust types of every function behind the API. `make openapi` writes it again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");

/// Generates the document, in the order campaigns, customers, vouchers, reports, operations,
/// webhooks, unsubscribe page.
fn openapi_document() -> Value {
    let mut document = http_edge::openapi::base_document();
    document.merge(campaigns::routes().into_openapi());
    document.merge(customers::routes().into_openapi());
    document.merge(vouchers::routes().into_openapi());
    document.merge(reports::routes().into_openapi());
    document.merge(operations::routes().into_openapi());
    document.merge(webhooks::admin::routes().into_openapi());
    document.merge(unsubscribe::routes().into_openapi());
    serde_json::to_value(document).unwrap()
}

#[test]
fn the_openapi_document_is_what_the_types_say() {
    let generated = serde_json::to_string_pretty(&openapi_document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::create_dir_all(Path::new(DOCUMENT).parent().unwrap()).unwrap();
        std::fs::write(DOCUMENT, &generated).unwrap();
    }
    let checked_in = std::fs::read_to_string(DOCUMENT).unwrap();
    assert!(
        checked_in == generated,
        "docs/api/openapi.json is not what the types say: run `make openapi` and look at the difference"
    );
}

#[test]
fn every_reference_of_the_openapi_document_leads_somewhere() {
    let document = openapi_document();
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    let dangling: Vec<_> = references
        .iter()
        .filter(|it| document.pointer(it.trim_start_matches('#')).is_none())
        .collect();
    assert!(dangling.is_empty(), "{dangling:?}");
}

/// A client is generated from the document: operation names must exist, be unique, and not change
/// by accident.
#[test]
fn every_operation_of_the_openapi_document_has_its_own_name_and_says_who_may() {
    let document = openapi_document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(_, it)| it.get("responses").is_some())
        {
            let name = operation["operationId"]
                .as_str()
                .unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            // the document itself, and the unsubscribe link, whose token authorises the request
            let open = ["/v1/openapi.json", "/u/{token}"].contains(&path.as_str());
            assert_eq!(operation.get("security").is_none(), open, "{method} {path}");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{method} {path} says nothing"
            );
        }
    }
}

fn collect_references(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                references.insert(reference.clone());
            }
            map.values().for_each(|value| collect_references(value, references));
        }
        Value::Array(values) => {
            values.iter().for_each(|value| collect_references(value, references))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
