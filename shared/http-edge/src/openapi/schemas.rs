//! Makes the schemas of flattened types fit their values. A type that refuses unknown fields has a
//! closed schema, which fits no object with fields of other parts: an `allOf` of it and another
//! part fits nothing.
//!
//! Reads and writes the schemas of the document. Every `allOf` with a closed part becomes one closed
//! object with the fields of all parts; parts that nothing else uses are left out.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::{
    Components, Object, OpenApi, Ref, RefOr, Schema,
    schema::{AdditionalProperties, AllOf, ArrayItems},
};

type NamedSchemas = BTreeMap<String, RefOr<Schema>>;

const PREFIX: &str = "#/components/schemas/";

/// Replaces every `allOf` that has a closed part by one closed object.
pub(super) fn merge_closed_parts(document: &mut OpenApi) {
    let Some(Components { schemas, .. }) = &mut document.components else { return };
    let named = schemas.clone();
    let mut merged = BTreeSet::new();
    for schema in schemas.values_mut() {
        merge_parts(schema, &named, &mut merged);
    }
    drop_unused_parts(document, merged);
}

/// Merges inside of `schema`, and adds to `merged` the names of the parts.
fn merge_parts(schema: &mut RefOr<Schema>, named: &NamedSchemas, merged: &mut BTreeSet<String>) {
    let RefOr::T(schema) = schema else { return };
    if let Schema::AllOf(all) = schema
        && let Some(object) = merge_object(all, named)
    {
        merged.extend(all.items.iter().filter_map(reference_name).map(str::to_owned));
        *schema = Schema::Object(object);
    }
    let inner: Vec<&mut RefOr<Schema>> = match schema {
        Schema::Object(object) => {
            let others = match object.additional_properties.as_deref_mut() {
                Some(AdditionalProperties::RefOr(schema)) => Some(schema),
                Some(AdditionalProperties::FreeForm(_)) | None => None,
            };
            object.properties.values_mut().chain(others).collect()
        }
        Schema::Array(array) => match &mut array.items {
            ArrayItems::RefOrSchema(items) => vec![items],
            ArrayItems::False => Vec::new(),
        },
        Schema::OneOf(one) => one.items.iter_mut().collect(),
        Schema::AnyOf(any) => any.items.iter_mut().collect(),
        Schema::AllOf(all) => all.items.iter_mut().collect(),
        // The kinds of schemas belong to another crate, which may add one.
        _ => Vec::new(),
    };
    for schema in inner {
        merge_parts(schema, named, merged);
    }
}

/// Returns the object with the fields of all parts, if one of them is closed and all are objects.
fn merge_object(all: &AllOf, named: &NamedSchemas) -> Option<Object> {
    let parts: Vec<Object> =
        all.items.iter().map(|part| object_of(part, named)).collect::<Option<_>>()?;
    if !parts.iter().any(is_closed) {
        return None;
    }
    let mut whole = Object::new();
    whole.title.clone_from(&all.title);
    whole.description.clone_from(&all.description);
    for part in parts {
        whole.properties.extend(part.properties);
        whole.required.extend(part.required);
        whole.description = whole.description.or(part.description);
    }
    whole.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    Some(whole)
}

fn object_of(part: &RefOr<Schema>, named: &NamedSchemas) -> Option<Object> {
    let schema = match (part, reference_name(part)) {
        (_, Some(name)) => return object_of(named.get(name)?, named),
        (RefOr::T(schema), None) => schema,
        (RefOr::Ref(_), None) => return None,
    };
    match schema {
        Schema::Object(object) => Some(object.clone()),
        Schema::AllOf(all) => merge_object(all, named),
        _ => None,
    }
}

fn is_closed(object: &Object) -> bool {
    matches!(object.additional_properties.as_deref(), Some(AdditionalProperties::FreeForm(false)))
}

fn reference_name(schema: &RefOr<Schema>) -> Option<&str> {
    match schema {
        RefOr::Ref(Ref { ref_location, .. }) => ref_location.strip_prefix(PREFIX),
        RefOr::T(_) => None,
    }
}

/// Leaves out the merged parts that the document does not refer to any more.
fn drop_unused_parts(document: &mut OpenApi, merged: BTreeSet<String>) {
    let Ok(text) = serde_json::to_string(document) else { return };
    let Some(components) = &mut document.components else { return };
    for name in merged {
        if !text.contains(&format!("\"{PREFIX}{name}\"")) {
            components.schemas.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn merge(schemas: Value) -> Value {
        let document = json!({
            "openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {},
            "components": {"schemas": schemas},
        });
        let mut document: OpenApi = serde_json::from_value(document).unwrap();
        merge_closed_parts(&mut document);
        serde_json::to_value(document.components.unwrap().schemas).unwrap()
    }

    #[test]
    fn a_closed_part_and_a_tag_become_one_closed_object() {
        let number = json!({"type": "integer"});
        let tag = json!({"type": "string", "enum": ["placed"]});
        let merged = merge(json!({
            "OrderPlaced": {
                "type": "object", "required": ["total"], "properties": {"total": number},
                "additionalProperties": false,
            },
            "OrderEvent": {"oneOf": [{"allOf": [
                {"$ref": "#/components/schemas/OrderPlaced"},
                {"type": "object", "required": ["event"], "properties": {"event": tag}},
            ]}]},
        }));
        let whole = json!({
            "type": "object", "required": ["total", "event"],
            "properties": {"total": number, "event": tag}, "additionalProperties": false,
        });
        assert_eq!(merged, json!({"OrderEvent": {"oneOf": [whole]}}));
    }

    #[test]
    fn open_parts_and_parts_used_elsewhere_stay() {
        let schemas = json!({
            "Closed": {"type": "object", "additionalProperties": false},
            "Open": {"type": "object", "properties": {"a": {"type": "string"}}},
            "Both": {"allOf": [{"$ref": "#/components/schemas/Open"}, {"type": "object"}]},
            "User": {"type": "array", "items": {"$ref": "#/components/schemas/Closed"}},
        });
        assert_eq!(merge(schemas.clone()), schemas);
        let mut used_twice = schemas;
        used_twice["Whole"] = json!({"allOf": [
            {"$ref": "#/components/schemas/Closed"}, {"$ref": "#/components/schemas/Open"},
        ]});
        let merged = merge(used_twice);
        assert!(merged["Closed"].is_object() && merged["Open"].is_object(), "{merged}");
        assert_eq!(merged["Whole"]["additionalProperties"], false);
        assert_eq!(merged["Whole"]["properties"], json!({"a": {"type": "string"}}));
    }
}
