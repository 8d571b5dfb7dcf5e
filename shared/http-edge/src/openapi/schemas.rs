//! Corrects the schemas that the derive macros write, so that values fit them and clients can be
//! generated from them. Reads and writes the components of the document.
//!
//! A type that refuses unknown fields has a closed schema, which fits no object with another
//! part's fields: every `allOf` with a closed part becomes one closed object. Each variant of a
//! union gets a name, without which generators cannot follow a union that contains itself. An
//! absent field has no default `null`, which its own schema refuses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::openapi::{
    Components, Object, OneOf, OpenApi, Ref, RefOr, Schema,
    schema::{AdditionalProperties, AllOf, ArrayItems},
};

type NamedSchemas = BTreeMap<String, RefOr<Schema>>;

const PREFIX: &str = "#/components/schemas/";

pub(super) fn correct_schemas(document: &mut OpenApi) {
    merge_closed_parts(document);
    let Some(Components { schemas, .. }) = &mut document.components else { return };
    for schema in schemas.values_mut() {
        drop_null_defaults(schema);
    }
    name_variants(schemas);
}

/// Replaces every `allOf` that has a closed part by one closed object.
fn merge_closed_parts(document: &mut OpenApi) {
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
    for inner in inner_schemas(schema) {
        merge_parts(inner, named, merged);
    }
}

fn inner_schemas(schema: &mut Schema) -> Vec<&mut RefOr<Schema>> {
    match schema {
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
    match part {
        RefOr::Ref(_) => object_of(named.get(reference_name(part)?)?, named),
        RefOr::T(Schema::Object(object)) => Some(object.clone()),
        RefOr::T(Schema::AllOf(all)) => merge_object(all, named),
        RefOr::T(_) => None,
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

fn drop_null_defaults(schema: &mut RefOr<Schema>) {
    let default = match schema {
        RefOr::Ref(reference) => &mut reference.default,
        RefOr::T(Schema::Object(object)) => &mut object.default,
        RefOr::T(Schema::OneOf(one)) => &mut one.default,
        RefOr::T(_) => &mut None,
    };
    default.take_if(|it| it.is_null());
    if let RefOr::T(schema) = schema {
        inner_schemas(schema).into_iter().for_each(drop_null_defaults);
    }
}

/// Makes each variant of a named union a component of its own: `Benefit` and its key `percent` give
/// `BenefitPercent`.
fn name_variants(schemas: &mut NamedSchemas) {
    let mut variants = Vec::new();
    for (union, schema) in schemas.iter_mut() {
        let RefOr::T(Schema::OneOf(OneOf { items, .. })) = schema else { continue };
        for item in items {
            if let Some(key) = variant_key(item) {
                let name = format!("{union}{}", to_pascal_case(&key));
                let reference = RefOr::Ref(Ref::from_schema_name(&name));
                variants.push((name, std::mem::replace(item, reference)));
            }
        }
    }
    schemas.extend(variants);
}

/// Returns the value of the variant's tag, or the name of its only field.
fn variant_key(variant: &RefOr<Schema>) -> Option<String> {
    let RefOr::T(Schema::Object(Object { properties, .. })) = variant else { return None };
    let tag = properties.values().find_map(|property| {
        let RefOr::T(Schema::Object(Object { enum_values, .. })) = property else { return None };
        let Some([Value::String(tag)]) = enum_values.as_deref() else { return None };
        Some(tag)
    });
    tag.or_else(|| properties.keys().next().filter(|_| properties.len() == 1)).cloned()
}

fn to_pascal_case(name: &str) -> String {
    let capitalised = name.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    });
    capitalised.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn correct(schemas: Value) -> Value {
        let document = json!({
            "openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {},
            "components": {"schemas": schemas},
        });
        let mut document: OpenApi = serde_json::from_value(document).unwrap();
        correct_schemas(&mut document);
        serde_json::to_value(document.components.unwrap().schemas).unwrap()
    }

    #[test]
    fn a_closed_part_and_a_tag_become_one_closed_object() {
        let number = json!({"type": "integer"});
        let tag = json!({"type": "string", "enum": ["placed"]});
        let corrected = correct(json!({
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
        let union = json!({"oneOf": [{"$ref": "#/components/schemas/OrderEventPlaced"}]});
        assert_eq!(corrected, json!({"OrderEvent": union, "OrderEventPlaced": whole}));
    }

    #[test]
    fn open_parts_and_parts_used_elsewhere_stay() {
        let schemas = json!({
            "Closed": {"type": "object", "additionalProperties": false},
            "Open": {"type": "object", "properties": {"a": {"type": "string"}}},
            "Both": {"allOf": [{"$ref": "#/components/schemas/Open"}, {"type": "object"}]},
            "User": {"type": "array", "items": {"$ref": "#/components/schemas/Closed"}},
        });
        assert_eq!(correct(schemas.clone()), schemas);
        let mut used_twice = schemas;
        used_twice["Whole"] = json!({"allOf": [
            {"$ref": "#/components/schemas/Closed"}, {"$ref": "#/components/schemas/Open"},
        ]});
        let merged = correct(used_twice);
        assert!(merged["Closed"].is_object() && merged["Open"].is_object(), "{merged}");
        assert_eq!(merged["Whole"]["additionalProperties"], false);
        assert_eq!(merged["Whole"]["properties"], json!({"a": {"type": "string"}}));
    }

    #[test]
    fn a_variant_is_named_after_its_only_field_and_a_null_default_is_dropped() {
        let corrected = correct(json!({"Benefit": {"oneOf": [
            {"type": "object", "properties": {"free_delivery": {
                "type": "object", "properties": {
                    "cap": {"type": "integer", "default": null},
                    "name": {"$ref": "#/components/schemas/Benefit", "default": null},
                    "days": {"type": "integer", "default": 30},
                },
            }}},
            {"type": "null"},
        ]}}));
        let fields = json!({
            "cap": {"type": "integer"}, "name": {"$ref": "#/components/schemas/Benefit"},
            "days": {"type": "integer", "default": 30},
        });
        let inner = json!({"type": "object", "properties": fields});
        let variant = json!({"type": "object", "properties": {"free_delivery": inner}});
        assert_eq!(corrected["BenefitFreeDelivery"], variant);
        let named = json!({"$ref": "#/components/schemas/BenefitFreeDelivery"});
        assert_eq!(corrected["Benefit"], json!({"oneOf": [named, {"type": "null"}]}));
    }
}
