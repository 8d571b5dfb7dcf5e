//! Reads and writes values inside an item by their document path.

use serde_json::Value;

use crate::{
    FakeItem,
    fault::{DynamoDbFault, Result},
};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathSegment {
    Name(String),
    Index(usize),
}

/// A path whose first segment is the attribute's name.
pub type DocumentPath = Vec<PathSegment>;

pub fn attribute_name(path: &[PathSegment]) -> &str {
    match path.first() {
        Some(PathSegment::Name(name)) => name,
        Some(PathSegment::Index(_)) | None => "",
    }
}

pub fn read_value<'a>(item: &'a FakeItem, path: &[PathSegment]) -> Option<&'a Value> {
    let value = item.get(attribute_name(path))?;
    path.iter().skip(1).try_fold(value, |value, segment| match segment {
        PathSegment::Name(name) => value.get("M")?.get(name),
        PathSegment::Index(index) => value.get("L")?.get(index),
    })
}

/// Sets the value at a path, or removes it. The map or list that contains it must exist.
pub fn write_value(item: &mut FakeItem, path: &[PathSegment], new: Option<Value>) -> Result<()> {
    match path {
        [PathSegment::Name(name)] => {
            match new {
                Some(value) => item.insert(name.clone(), value),
                None => item.remove(name),
            };
            Ok(())
        }
        [PathSegment::Name(name), rest @ ..] => {
            write_nested(item.get_mut(name).ok_or_else(invalid_path)?, rest, new)
        }
        [PathSegment::Index(_), ..] | [] => Err(invalid_path()),
    }
}

fn write_nested(value: &mut Value, path: &[PathSegment], new: Option<Value>) -> Result<()> {
    match path {
        [PathSegment::Name(name)] => {
            let map = value.get_mut("M").and_then(Value::as_object_mut).ok_or_else(invalid_path)?;
            match new {
                Some(value) => map.insert(name.clone(), value),
                None => map.remove(name),
            };
            Ok(())
        }
        [PathSegment::Index(index)] => {
            let list = value.get_mut("L").and_then(Value::as_array_mut).ok_or_else(invalid_path)?;
            match (new, list.get_mut(*index)) {
                (Some(value), Some(place)) => *place = value,
                (Some(value), None) => list.push(value),
                (None, Some(_)) => drop(list.remove(*index)),
                (None, None) => {}
            }
            Ok(())
        }
        [PathSegment::Name(name), rest @ ..] => write_nested(
            value.get_mut("M").and_then(|map| map.get_mut(name)).ok_or_else(invalid_path)?,
            rest,
            new,
        ),
        [PathSegment::Index(index), rest @ ..] => write_nested(
            value.get_mut("L").and_then(|list| list.get_mut(*index)).ok_or_else(invalid_path)?,
            rest,
            new,
        ),
        [] => Err(invalid_path()),
    }
}

fn invalid_path() -> DynamoDbFault {
    DynamoDbFault::invalid(
        "The document path provided in the update expression is invalid for update",
    )
}
