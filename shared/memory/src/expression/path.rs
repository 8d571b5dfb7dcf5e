//! Document paths: reading and writing inside of an item.

use serde_json::Value;

use crate::{
    Item,
    fault::{Fault, Result},
};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    Name(String),
    Index(usize),
}

/// Begins with a name, the attribute's.
pub type Path = Vec<Segment>;

pub fn attribute(path: &[Segment]) -> &str {
    match path.first() {
        Some(Segment::Name(name)) => name,
        Some(Segment::Index(_)) | None => "",
    }
}

pub fn read<'a>(item: &'a Item, path: &[Segment]) -> Option<&'a Value> {
    let value = item.get(attribute(path))?;
    path.iter().skip(1).try_fold(value, |value, segment| match segment {
        Segment::Name(name) => value.get("M")?.get(name),
        Segment::Index(index) => value.get("L")?.get(index),
    })
}

/// Sets what is at a path, or takes it away. What it is in must be there.
pub fn write(item: &mut Item, path: &[Segment], new: Option<Value>) -> Result<()> {
    match path {
        [Segment::Name(name)] => {
            match new {
                Some(value) => item.insert(name.clone(), value),
                None => item.remove(name),
            };
            Ok(())
        }
        [Segment::Name(name), rest @ ..] => write_in(item.get_mut(name).ok_or_else(lost)?, rest, new),
        [Segment::Index(_), ..] | [] => Err(lost()),
    }
}

fn write_in(value: &mut Value, path: &[Segment], new: Option<Value>) -> Result<()> {
    match path {
        [Segment::Name(name)] => {
            let map = value.get_mut("M").and_then(Value::as_object_mut).ok_or_else(lost)?;
            match new {
                Some(value) => map.insert(name.clone(), value),
                None => map.remove(name),
            };
            Ok(())
        }
        [Segment::Index(index)] => {
            let list = value.get_mut("L").and_then(Value::as_array_mut).ok_or_else(lost)?;
            match (new, list.get_mut(*index)) {
                (Some(value), Some(place)) => *place = value,
                (Some(value), None) => list.push(value),
                (None, Some(_)) => drop(list.remove(*index)),
                (None, None) => {}
            }
            Ok(())
        }
        [Segment::Name(name), rest @ ..] => {
            write_in(value.get_mut("M").and_then(|map| map.get_mut(name)).ok_or_else(lost)?, rest, new)
        }
        [Segment::Index(index), rest @ ..] => {
            write_in(value.get_mut("L").and_then(|list| list.get_mut(*index)).ok_or_else(lost)?, rest, new)
        }
        [] => Err(lost()),
    }
}

fn lost() -> Fault {
    Fault::invalid("The document path provided in the update expression is invalid for update")
}
