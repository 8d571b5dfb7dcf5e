//! Implements reads of items by key. Every read returns the result of the last write.

use serde_json::{Value, json};

use super::{check_parameters, required_text, response_object};
use crate::{
    FakeItem,
    expression::{ExpressionBindings, path::DocumentPath, projection},
    fault::{DynamoDbFault, Result},
    state::FakeAwsState,
    value,
};

/// The most keys of one BatchGetItem.
const MAX_KEYS: usize = 100;

pub fn get_item(state: &FakeAwsState, input: &Value) -> Result<Value> {
    check_parameters(input, &["Key", "ConsistentRead", "ProjectionExpression"])?;
    let bindings = ExpressionBindings::parse(input)?;
    let paths = projection::parse_projection(input, &bindings)?;
    bindings.check_all_used()?;
    let item =
        find_item(state, required_text(input, "TableName")?, input.get("Key"), paths.as_deref())?;
    Ok(response_object([("Item", item.map(|item| json!(item)))]))
}

fn find_item(
    state: &FakeAwsState,
    table: &str,
    key: Option<&Value>,
    paths: Option<&[DocumentPath]>,
) -> Result<Option<FakeItem>> {
    let table = state.table(table)?;
    let position = table.key_position(&value::parse_item(key, "Key")?)?;
    let item = table.get(&position);
    Ok(item.map(|item| {
        paths.map_or_else(|| item.clone(), |paths| projection::project_item(item, paths))
    }))
}

/// Reads all keys at once and leaves none unprocessed, unless the test wants a partial answer.
pub fn batch_get_items(state: &mut FakeAwsState, input: &Value) -> Result<Value> {
    let in_part = state.partial_batch_reads > 0;
    state.partial_batch_reads = state.partial_batch_reads.saturating_sub(1);
    check_parameters(input, &["RequestItems"])?;
    let tables = input.get("RequestItems").and_then(Value::as_object);
    let tables = tables
        .filter(|tables| !tables.is_empty())
        .ok_or_else(|| DynamoDbFault::invalid("RequestItems is missing"))?;
    let mut responses = serde_json::Map::new();
    let mut unprocessed = serde_json::Map::new();
    let mut count = 0;
    for (table, wanted) in tables {
        check_parameters(wanted, &["Keys", "ConsistentRead", "ProjectionExpression"])?;
        let bindings = ExpressionBindings::parse(wanted)?;
        let paths = projection::parse_projection(wanted, &bindings)?;
        bindings.check_all_used()?;
        let keys = wanted
            .get("Keys")
            .and_then(Value::as_array)
            .ok_or_else(|| DynamoDbFault::invalid("Keys is missing"))?;
        count += keys.len();
        if keys.is_empty() || count > MAX_KEYS {
            return Err(DynamoDbFault::invalid(
                "Too many items requested for the BatchGetItem call",
            ));
        }
        let (keys, left) = keys.split_at(if in_part { keys.len() / 2 } else { keys.len() });
        if !left.is_empty() {
            let mut later = wanted.as_object().cloned().unwrap_or_default();
            later.insert("Keys".to_owned(), json!(left));
            unprocessed.insert(table.clone(), json!(later));
        }
        let mut items = Vec::new();
        let mut seen = Vec::new();
        for key in keys {
            let position =
                state.table(table)?.key_position(&value::parse_item(Some(key), "Key")?)?;
            if seen.contains(&position) {
                return Err(DynamoDbFault::invalid(
                    "Provided list of item keys contains duplicates",
                ));
            }
            seen.push(position);
            items.extend(find_item(state, table, Some(key), paths.as_deref())?);
        }
        responses.insert(table.clone(), json!(items));
    }
    Ok(json!({"Responses": responses, "UnprocessedKeys": unprocessed}))
}
