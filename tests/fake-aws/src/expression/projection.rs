//! Implements projections: the parts of an item that an answer contains. Members of maps are
//! supported, elements of lists are not.

use serde_json::{Map, Value, json};

use super::{
    ExpressionBindings, ExpressionParser, path,
    path::{DocumentPath, PathSegment},
};
use crate::{FakeItem, fault::Result};

const WHAT: &str = "ProjectionExpression";

/// Parses the projection, or returns `None` if the request has none.
pub fn parse_projection(
    request: &Value,
    bindings: &ExpressionBindings,
) -> Result<Option<Vec<DocumentPath>>> {
    let Some(text) = request.get(WHAT).and_then(Value::as_str) else {
        return Ok(None);
    };
    let mut parser = ExpressionParser::new(WHAT, text, bindings)?;
    let mut paths = vec![parser.parse_path()?];
    while parser.accept(",") {
        paths.push(parser.parse_path()?);
    }
    parser.expect_end()?;
    if paths.iter().flatten().any(|segment| matches!(segment, PathSegment::Index(_))) {
        return Err(parser.invalid("elements of lists are not known to the AWS in memory"));
    }
    Ok(Some(paths))
}

pub fn project_item(item: &FakeItem, paths: &[DocumentPath]) -> FakeItem {
    let mut shown = FakeItem::new();
    for path in paths {
        if let (Some(value), [PathSegment::Name(name), rest @ ..]) =
            (path::read_value(item, path), path.as_slice())
        {
            match rest {
                [] => *shown.entry(name.clone()).or_default() = value.clone(),
                rest => put_nested(
                    shown.entry(name.clone()).or_insert_with(|| json!({"M": {}})),
                    rest,
                    value,
                ),
            }
        }
    }
    shown
}

fn put_nested(into: &mut Value, path: &[PathSegment], value: &Value) {
    let (Some(PathSegment::Name(name)), Some(map)) =
        (path.first(), into.get_mut("M").and_then(Value::as_object_mut))
    else {
        return;
    };
    match path.get(1..) {
        None | Some([]) => drop(map.insert(name.clone(), value.clone())),
        Some(rest) => put_nested(
            map.entry(name.clone()).or_insert_with(|| json!({"M": Map::new()})),
            rest,
            value,
        ),
    }
}
