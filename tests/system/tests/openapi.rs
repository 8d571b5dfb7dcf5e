//! Compares the checked-in OpenAPI document (docs/api/openapi.json) with the one generated from the
//! Rust types of every function behind the API. `make openapi` writes it again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");

/// Generates the document, in the order campaigns, customers, vouchers, links, catalogue,
/// reports, operations, webhooks, unsubscribe page.
fn openapi_document() -> Value {
    let document = http_edge::openapi::build_document([
        campaigns::routes().into_openapi(),
        customers::routes().into_openapi(),
        vouchers::routes().into_openapi(),
        vouchers::links::routes().into_openapi(),
        catalogue::operator_routes().into_openapi(),
        catalogue::signed_routes().into_openapi(),
        reports::routes().into_openapi(),
        operations::routes().into_openapi(),
        operations::imports::import_routes().into_openapi(),
        operations::exports::export_routes().into_openapi(),
        webhooks::admin::routes().into_openapi(),
        unsubscribe::routes().into_openapi(),
    ]);
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
    for (title, path, operation) in operations(&document) {
        let name =
            operation["operationId"].as_str().unwrap_or_else(|| panic!("{title} has no name"));
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        // the document itself, and the unsubscribe link, whose token authorises the request
        let open = ["/v1/openapi.json", "/u/{token}", "/u/{token}/preferences", "/l/{code}"];
        let open = open.contains(&path);
        assert_eq!(operation.get("security").is_none(), open, "{title}");
        assert!(
            operation["summary"].is_string() || operation["description"].is_string(),
            "{title} says nothing"
        );
    }
}

#[test]
fn the_parameters_in_a_path_are_those_that_its_operations_document() {
    let document = openapi_document();
    for (title, path, operation) in operations(&document) {
        let in_path: BTreeSet<&str> =
            path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let documented: BTreeSet<&str> = parameters
            .filter(|it| it["in"] == "path")
            .filter_map(|it| it["name"].as_str())
            .collect();
        assert_eq!(documented, in_path, "{title}");
    }
}

#[test]
fn every_answer_has_a_sentence_and_every_refusal_the_type_of_a_problem() {
    let document = openapi_document();
    for (title, path, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolve(&document, response);
            let sentence = response["description"].as_str().unwrap_or_default();
            assert!(sentence.len() > 5, "{title} {status} has no description");
            let kinds: Vec<&str> = response["content"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(kind, _)| &**kind)
                .collect();
            let expected: &[&str] = match status.as_str() {
                "200" | "201" | "202" | "204" | "303" => continue,
                "404" if path.starts_with("/u/{token}") || path == "/l/{code}" => &["text/html"],
                "302" if path == "/l/{code}" => &[],
                "401" if requires(operation, "jwt") => {
                    &["application/json", "application/problem+json"]
                }
                "429" | "5XX" => &["application/json"],
                _ => &["application/problem+json"],
            };
            assert_eq!(kinds, expected, "{title} {status}");
        }
    }
}

/// The refusals and failures that follow from what an operation takes and who may call it.
#[test]
fn every_operation_documents_what_the_edge_and_the_gateway_answer() {
    let document = openapi_document();
    for (title, path, operation) in operations(&document) {
        let (token, signed) = (requires(operation, "jwt"), requires(operation, "webhookSignature"));
        let body = operation.get("requestBody").is_some();
        let header = |name: &str| {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            parameters.into_iter().any(|it| it["name"] == name)
        };
        for (status, expected) in [
            ("400", body || operation.get("parameters").is_some()),
            ("401", token || signed),
            ("403", token),
            ("404", path.contains('{')),
            ("412", header("If-Match")),
            ("413", body),
            ("422", body || header("Idempotency-Key")),
            ("429", true),
            ("500", true),
            ("503", true),
            ("5XX", true),
        ] {
            let documented = operation["responses"].get(status).is_some();
            assert!(documented || !expected, "{title} documents no {status}");
        }
        let unavailable = resolve(&document, &operation["responses"]["503"]);
        assert!(unavailable["headers"]["Retry-After"].is_object(), "{title}");
    }
}

/// A closed schema fits no object with another part's fields, and a field with two meanings is
/// there twice in an answer.
#[test]
fn the_parts_of_a_flattened_schema_are_open_and_share_no_field() {
    fn fields(document: &Value, schema: &Value, of: &str) -> Vec<String> {
        let schema = resolve(document, schema);
        assert_ne!(schema["additionalProperties"], false, "{of} has a closed part");
        let own = schema["properties"].as_object().into_iter().flatten();
        let own: Vec<String> = own.map(|(name, _)| name.clone()).collect();
        let parts = schema["allOf"].as_array().into_iter().flatten();
        parts.fold(own, |mut all, part| {
            all.extend(fields(document, part, of));
            all
        })
    }
    let document = openapi_document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let mut wholes = Vec::new();
        collect_wholes(schema, &mut wholes);
        for whole in wholes {
            let all = fields(&document, whole, name);
            let distinct: BTreeSet<&String> = all.iter().collect();
            assert_eq!(distinct.len(), all.len(), "{name} has a field twice: {all:?}");
        }
    }
}

/// A generator that meets a union of unnamed variants cannot follow one that contains itself.
#[test]
fn every_variant_of_a_union_has_a_name_and_no_default_is_null() {
    let document = openapi_document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for variant in schema["oneOf"].as_array().into_iter().flatten() {
            assert!(variant.get("properties").is_none(), "{name} has an unnamed variant");
        }
        assert!(!schema.to_string().contains(r#""default":null"#), "{name} has a null default");
    }
}

/// Returns every operation with its title, such as `get /v1/campaigns`, and its path.
fn operations(document: &Value) -> Vec<(String, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations
            .filter(|(_, it)| it.get("responses").is_some())
            .map(move |(method, operation)| (format!("{method} {path}"), path.as_str(), operation))
    });
    all.collect()
}

fn requires(operation: &Value, scheme: &str) -> bool {
    let requirements = operation["security"].as_array().into_iter().flatten();
    requirements.into_iter().any(|requirement| requirement.get(scheme).is_some())
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// Collects the schemas that consist of parts.
fn collect_wholes<'a>(value: &'a Value, wholes: &mut Vec<&'a Value>) {
    if value.get("allOf").is_some() {
        wholes.push(value);
    }
    match value {
        Value::Object(map) => map.values().for_each(|inner| collect_wholes(inner, wholes)),
        Value::Array(values) => values.iter().for_each(|inner| collect_wholes(inner, wholes)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
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
