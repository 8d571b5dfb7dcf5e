//! Attribute values in DynamoDB's JSON. Each has one way to be written (numbers without superfluous zeros, sets and maps sorted), so that
//! equal values are equal JSON.

use std::cmp::Ordering;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    Item,
    fault::{Fault, Result},
    number::Number,
};

/// Bytes of an item, at most.
pub const MAX_ITEM: usize = 400 * 1_024;

/// The type's code and what is under it.
pub fn typed(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.iter().next().map(|(kind, value)| (kind.as_str(), value))
}

pub fn number(value: &Value) -> Option<Number> {
    Number::parse(value.get("N")?.as_str()?)
}

/// The value in its one way, or what is wrong with it.
pub fn canonical(value: &Value) -> Result<Value> {
    let wrong =
        || Fault::invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    let (kind, inner) = typed(value).ok_or_else(wrong)?;
    let inner = match (kind, inner) {
        ("S", Value::String(_)) | ("BOOL", Value::Bool(_)) | ("NULL", Value::Bool(true)) => inner.clone(),
        ("N", Value::String(text)) => json!(canonical_number(text)?),
        ("B", Value::String(text)) => {
            STANDARD.decode(text).map_err(|_| wrong())?;
            inner.clone()
        }
        ("SS" | "NS" | "BS", Value::Array(members)) => json!(canonical_set(kind, members)?),
        ("L", Value::Array(list)) => Value::Array(list.iter().map(canonical).collect::<Result<_>>()?),
        ("M", Value::Object(map)) => {
            let mut members =
                map.iter().map(|(name, value)| Ok((name, canonical(value)?))).collect::<Result<Vec<_>>>()?;
            members.sort_by_key(|(name, _)| *name);
            Value::Object(members.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        _ => return Err(wrong()),
    };
    Ok(of(kind, inner))
}

fn canonical_number(text: &str) -> Result<String> {
    let number = Number::parse(text);
    let number = number
        .ok_or_else(|| Fault::invalid(format!("The parameter cannot be converted to a numeric value: {text}")))?;
    Ok(number.to_string())
}

fn canonical_set(kind: &str, members: &[Value]) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for member in members {
        let text = member.as_str().ok_or_else(|| Fault::invalid("a set has members of one type"))?;
        texts.push(if kind == "NS" { canonical_number(text)? } else { text.to_owned() });
    }
    if texts.is_empty() {
        return Err(Fault::invalid("One or more parameter values were invalid: An set may not be empty"));
    }
    let count = texts.len();
    let set = sorted_set(kind, texts);
    if set.len() < count {
        return Err(Fault::invalid("One or more parameter values were invalid: Input collection contains duplicates."));
    }
    Ok(set)
}

fn sorted_set(kind: &str, mut members: Vec<String>) -> Vec<String> {
    if kind == "NS" {
        members.sort_by_cached_key(|text| Number::parse(text));
    } else {
        members.sort();
    }
    members.dedup();
    members
}

pub fn of(kind: &str, inner: Value) -> Value {
    Value::Object(Map::from_iter([(kind.to_owned(), inner)]))
}

pub fn canonical_item(item: &Item) -> Result<Item> {
    item.iter().map(|(name, value)| Ok((name.clone(), canonical(value)?))).collect()
}

/// An item, or a key, from a request.
pub fn item_from(value: Option<&Value>, what: &str) -> Result<Item> {
    let map = value.and_then(Value::as_object).ok_or_else(|| Fault::invalid(format!("{what} is missing")))?;
    map.iter().map(|(name, value)| Ok((name.clone(), canonical(value)?))).collect()
}

/// Of two strings, numbers or binaries; nothing else has an order.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (typed(a)?, typed(b)?) {
        (("S", Value::String(a)), ("S", Value::String(b))) => Some(a.cmp(b)),
        (("N", Value::String(a)), ("N", Value::String(b))) => Some(Number::parse(a)?.cmp(&Number::parse(b)?)),
        (("B", Value::String(a)), ("B", Value::String(b))) => {
            Some(STANDARD.decode(a).ok()?.cmp(&STANDARD.decode(b).ok()?))
        }
        _ => None,
    }
}

pub fn begins_with(value: &Value, prefix: &Value) -> bool {
    match (typed(value), typed(prefix)) {
        (Some(("S", Value::String(value))), Some(("S", Value::String(prefix)))) => value.starts_with(prefix.as_str()),
        (Some(("B", Value::String(value))), Some(("B", Value::String(prefix)))) => {
            let (value, prefix) = (STANDARD.decode(value), STANDARD.decode(prefix));
            value.is_ok_and(|value| prefix.is_ok_and(|prefix| value.starts_with(&prefix)))
        }
        _ => false,
    }
}

/// A part of a string, a member of a set or of a list.
pub fn contains(value: &Value, part: &Value) -> bool {
    match (typed(value), typed(part)) {
        (Some(("S", Value::String(value))), Some(("S", Value::String(part)))) => value.contains(part.as_str()),
        (Some(("SS", Value::Array(set))), Some(("S", part)))
        | (Some(("NS", Value::Array(set))), Some(("N", part)))
        | (Some(("BS", Value::Array(set))), Some(("B", part))) => set.contains(part),
        (Some(("L", Value::Array(list))), Some(_)) => list.contains(part),
        _ => false,
    }
}

/// What the function `size` gives: characters, bytes or members.
pub fn length(value: &Value) -> Option<usize> {
    match typed(value)? {
        ("S", Value::String(text)) => Some(text.chars().count()),
        ("B", Value::String(text)) => Some(STANDARD.decode(text).ok()?.len()),
        ("SS" | "NS" | "BS" | "L", Value::Array(members)) => Some(members.len()),
        ("M", Value::Object(map)) => Some(map.len()),
        _ => None,
    }
}

/// The union of two sets of one type, or the sum of two numbers.
pub fn added(old: &Value, change: &Value) -> Result<Value> {
    match (typed(old), typed(change)) {
        (Some(("N", _)), Some(("N", _))) => sum(old, change),
        (Some((kind @ ("SS" | "NS" | "BS"), a)), Some((same, b))) if same == kind => {
            Ok(of(kind, json!(sorted_set(kind, texts(a).chain(texts(b)).collect()))))
        }
        _ => Err(wrong_type()),
    }
}

/// What is left of a set; `None` where nothing is.
pub fn without(old: &Value, change: &Value) -> Result<Option<Value>> {
    match (typed(old), typed(change)) {
        (Some((kind @ ("SS" | "NS" | "BS"), a)), Some((same, b))) if same == kind => {
            let gone: Vec<String> = texts(b).collect();
            let left: Vec<String> = texts(a).filter(|text| !gone.contains(text)).collect();
            Ok((!left.is_empty()).then(|| of(kind, json!(left))))
        }
        _ => Err(wrong_type()),
    }
}

fn texts(set: &Value) -> impl Iterator<Item = String> {
    set.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

pub fn sum(a: &Value, b: &Value) -> Result<Value> {
    let (a, b) = number(a).zip(number(b)).ok_or_else(wrong_type)?;
    let sum = a.plus(&b).ok_or_else(|| Fault::invalid("Number overflow. Attempting to store a number too large"))?;
    Ok(of("N", json!(sum.to_string())))
}

pub fn difference(a: &Value, b: &Value) -> Result<Value> {
    let b = number(b).ok_or_else(wrong_type)?.negated();
    sum(a, &of("N", json!(b.to_string())))
}

pub fn wrong_type() -> Fault {
    Fault::invalid("An operand in the update expression has an incorrect data type")
}

/// Bytes, by the rules of the developer guide.
pub fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size(value)).sum()
}

fn size(value: &Value) -> usize {
    match typed(value) {
        Some(("S", Value::String(text))) => text.len(),
        Some(("N", Value::String(text))) => text.len().div_ceil(2) + 1,
        Some(("B", Value::String(text))) => text.len() / 4 * 3,
        Some(("SS" | "NS" | "BS", Value::Array(set))) => set.iter().filter_map(Value::as_str).map(str::len).sum(),
        Some(("L", Value::Array(list))) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
        Some(("M", Value::Object(map))) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
        }
        _ => 1,
    }
}
