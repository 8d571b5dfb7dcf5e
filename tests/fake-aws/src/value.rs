//! Handles attribute values in DynamoDB's JSON. Each value has one canonical form (numbers without
//! superfluous zeros, sets and maps sorted), so that equal values are equal JSON.

use std::cmp::Ordering;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    FakeItem,
    fault::{DynamoDbFault, Result},
    number::DecimalNumber,
};

/// The most bytes of an item.
pub const MAX_ITEM_BYTES: usize = 400 * 1_024;

/// Returns the code of the type and the value under it.
pub fn type_and_content(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.iter().next().map(|(kind, value)| (kind.as_str(), value))
}

pub fn parse_number(value: &Value) -> Option<DecimalNumber> {
    DecimalNumber::parse(value.get("N")?.as_str()?)
}

/// Returns the canonical form of a value, or the reason for which it is invalid.
pub fn canonical_value(value: &Value) -> Result<Value> {
    let wrong = || {
        DynamoDbFault::invalid(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        )
    };
    let (kind, inner) = type_and_content(value).ok_or_else(wrong)?;
    let inner = match (kind, inner) {
        ("S", Value::String(_)) | ("BOOL", Value::Bool(_)) | ("NULL", Value::Bool(true)) => {
            inner.clone()
        }
        ("N", Value::String(text)) => json!(canonical_number(text)?),
        ("B", Value::String(text)) => {
            STANDARD.decode(text).map_err(|_| wrong())?;
            inner.clone()
        }
        ("SS" | "NS" | "BS", Value::Array(members)) => json!(canonical_set(kind, members)?),
        ("L", Value::Array(list)) => {
            Value::Array(list.iter().map(canonical_value).collect::<Result<_>>()?)
        }
        ("M", Value::Object(map)) => {
            let mut members = map
                .iter()
                .map(|(name, value)| Ok((name, canonical_value(value)?)))
                .collect::<Result<Vec<_>>>()?;
            members.sort_by_key(|(name, _)| *name);
            Value::Object(members.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        _ => return Err(wrong()),
    };
    Ok(typed_value(kind, inner))
}

fn canonical_number(text: &str) -> Result<String> {
    let number = DecimalNumber::parse(text);
    let number = number.ok_or_else(|| {
        DynamoDbFault::invalid(format!(
            "The parameter cannot be converted to a numeric value: {text}"
        ))
    })?;
    Ok(number.to_string())
}

fn canonical_set(kind: &str, members: &[Value]) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for member in members {
        let text = member
            .as_str()
            .ok_or_else(|| DynamoDbFault::invalid("a set has members of one type"))?;
        texts.push(if kind == "NS" { canonical_number(text)? } else { text.to_owned() });
    }
    if texts.is_empty() {
        return Err(DynamoDbFault::invalid(
            "One or more parameter values were invalid: An set may not be empty",
        ));
    }
    let count = texts.len();
    let set = sorted_set(kind, texts);
    if set.len() < count {
        return Err(DynamoDbFault::invalid(
            "One or more parameter values were invalid: Input collection contains duplicates.",
        ));
    }
    Ok(set)
}

fn sorted_set(kind: &str, mut members: Vec<String>) -> Vec<String> {
    if kind == "NS" {
        members.sort_by_cached_key(|text| DecimalNumber::parse(text));
    } else {
        members.sort();
    }
    members.dedup();
    members
}

pub fn typed_value(kind: &str, inner: Value) -> Value {
    Value::Object(Map::from_iter([(kind.to_owned(), inner)]))
}

pub fn canonical_item(item: &FakeItem) -> Result<FakeItem> {
    item.iter().map(|(name, value)| Ok((name.clone(), canonical_value(value)?))).collect()
}

/// Reads an item or a key from a request.
pub fn parse_item(value: Option<&Value>, what: &str) -> Result<FakeItem> {
    let map = value
        .and_then(Value::as_object)
        .ok_or_else(|| DynamoDbFault::invalid(format!("{what} is missing")))?;
    map.iter().map(|(name, value)| Ok((name.clone(), canonical_value(value)?))).collect()
}

/// Compares two strings, numbers or binaries; other values have no order.
pub fn compare_values(a: &Value, b: &Value) -> Option<Ordering> {
    match (type_and_content(a)?, type_and_content(b)?) {
        (("S", Value::String(a)), ("S", Value::String(b))) => Some(a.cmp(b)),
        (("N", Value::String(a)), ("N", Value::String(b))) => {
            Some(DecimalNumber::parse(a)?.cmp(&DecimalNumber::parse(b)?))
        }
        (("B", Value::String(a)), ("B", Value::String(b))) => {
            Some(STANDARD.decode(a).ok()?.cmp(&STANDARD.decode(b).ok()?))
        }
        _ => None,
    }
}

pub fn begins_with(value: &Value, prefix: &Value) -> bool {
    match (type_and_content(value), type_and_content(prefix)) {
        (Some(("S", Value::String(value))), Some(("S", Value::String(prefix)))) => {
            value.starts_with(prefix.as_str())
        }
        (Some(("B", Value::String(value))), Some(("B", Value::String(prefix)))) => {
            let (value, prefix) = (STANDARD.decode(value), STANDARD.decode(prefix));
            value.is_ok_and(|value| prefix.is_ok_and(|prefix| value.starts_with(&prefix)))
        }
        _ => false,
    }
}

/// Returns true if `part` is a substring of a string or a member of a set or list.
pub fn contains(value: &Value, part: &Value) -> bool {
    match (type_and_content(value), type_and_content(part)) {
        (Some(("S", Value::String(value))), Some(("S", Value::String(part)))) => {
            value.contains(part.as_str())
        }
        (Some(("SS", Value::Array(set))), Some(("S", part)))
        | (Some(("NS", Value::Array(set))), Some(("N", part)))
        | (Some(("BS", Value::Array(set))), Some(("B", part))) => set.contains(part),
        (Some(("L", Value::Array(list))), Some(_)) => list.contains(part),
        _ => false,
    }
}

/// Returns the result of the function `value_size`: characters, bytes or members.
pub fn value_length(value: &Value) -> Option<usize> {
    match type_and_content(value)? {
        ("S", Value::String(text)) => Some(text.chars().count()),
        ("B", Value::String(text)) => Some(STANDARD.decode(text).ok()?.len()),
        ("SS" | "NS" | "BS" | "L", Value::Array(members)) => Some(members.len()),
        ("M", Value::Object(map)) => Some(map.len()),
        _ => None,
    }
}

/// Returns the union of two sets of one type, or the sum of two numbers.
pub fn add_to_value(old: &Value, change: &Value) -> Result<Value> {
    match (type_and_content(old), type_and_content(change)) {
        (Some(("N", _)), Some(("N", _))) => add_numbers(old, change),
        (Some((kind @ ("SS" | "NS" | "BS"), a)), Some((same, b))) if same == kind => {
            Ok(typed_value(
                kind,
                json!(sorted_set(kind, member_texts(a).chain(member_texts(b)).collect())),
            ))
        }
        _ => Err(wrong_type_fault()),
    }
}

/// Returns a set without the members of another, or `None` if no member is left.
pub fn remove_from_set(old: &Value, change: &Value) -> Result<Option<Value>> {
    match (type_and_content(old), type_and_content(change)) {
        (Some((kind @ ("SS" | "NS" | "BS"), a)), Some((same, b))) if same == kind => {
            let gone: Vec<String> = member_texts(b).collect();
            let left: Vec<String> = member_texts(a).filter(|text| !gone.contains(text)).collect();
            Ok((!left.is_empty()).then(|| typed_value(kind, json!(left))))
        }
        _ => Err(wrong_type_fault()),
    }
}

fn member_texts(set: &Value) -> impl Iterator<Item = String> {
    set.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

pub fn add_numbers(a: &Value, b: &Value) -> Result<Value> {
    let (a, b) = parse_number(a).zip(parse_number(b)).ok_or_else(wrong_type_fault)?;
    let sum = a.checked_add(&b).ok_or_else(|| {
        DynamoDbFault::invalid("Number overflow. Attempting to store a number too large")
    })?;
    Ok(typed_value("N", json!(sum.to_string())))
}

pub fn subtract_numbers(a: &Value, b: &Value) -> Result<Value> {
    let b = parse_number(b).ok_or_else(wrong_type_fault)?.negated();
    add_numbers(a, &typed_value("N", json!(b.to_string())))
}

pub fn wrong_type_fault() -> DynamoDbFault {
    DynamoDbFault::invalid("An operand in the update expression has an incorrect data type")
}

/// Returns the size of an item in bytes, by the rules of the developer guide.
pub fn item_size(item: &FakeItem) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    match type_and_content(value) {
        Some(("S", Value::String(text))) => text.len(),
        Some(("N", Value::String(text))) => text.len().div_ceil(2) + 1,
        Some(("B", Value::String(text))) => text.len() / 4 * 3,
        Some(("SS" | "NS" | "BS", Value::Array(set))) => {
            set.iter().filter_map(Value::as_str).map(str::len).sum()
        }
        Some(("L", Value::Array(list))) => {
            3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>()
        }
        Some(("M", Value::Object(map))) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
        _ => 1,
    }
}
