//! Projections: which parts of an item an answer shows. Members of maps, not of lists.

use serde_json::{Map, Value, json};

use super::{
    Bindings, Parser, path,
    path::{Path, Segment},
};
use crate::{Item, fault::Result};

const WHAT: &str = "ProjectionExpression";

/// `None` if there is no such expression.
pub fn of(request: &Value, bindings: &Bindings) -> Result<Option<Vec<Path>>> {
    let Some(text) = request.get(WHAT).and_then(Value::as_str) else { return Ok(None) };
    let mut parser = Parser::new(WHAT, text, bindings)?;
    let mut paths = vec![parser.path()?];
    while parser.accept(",") {
        paths.push(parser.path()?);
    }
    parser.end()?;
    if paths.iter().flatten().any(|segment| matches!(segment, Segment::Index(_))) {
        return Err(parser.invalid("elements of lists are not known to the AWS in memory"));
    }
    Ok(Some(paths))
}

pub fn projected(item: &Item, paths: &[Path]) -> Item {
    let mut shown = Item::new();
    for path in paths {
        if let (Some(value), [Segment::Name(name), rest @ ..]) = (path::read(item, path), path.as_slice()) {
            match rest {
                [] => *shown.entry(name.clone()).or_default() = value.clone(),
                rest => put(shown.entry(name.clone()).or_insert_with(|| json!({"M": {}})), rest, value),
            }
        }
    }
    shown
}

fn put(into: &mut Value, path: &[Segment], value: &Value) {
    let (Some(Segment::Name(name)), Some(map)) = (path.first(), into.get_mut("M").and_then(Value::as_object_mut))
    else {
        return;
    };
    match path.get(1..) {
        None | Some([]) => drop(map.insert(name.clone(), value.clone())),
        Some(rest) => put(map.entry(name.clone()).or_insert_with(|| json!({"M": Map::new()})), rest, value),
    }
}
