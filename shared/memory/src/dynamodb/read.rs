//! Single items by their keys. Every read sees the last write.

use serde_json::{Value, json};

use super::{answer, check_parameters, text};
use crate::{
    Item,
    expression::{Bindings, path::Path, projection},
    fault::{Fault, Result},
    state::State,
    value,
};

/// Keys of one BatchGetItem, at most.
const MAX_KEYS: usize = 100;

pub fn get(state: &State, input: &Value) -> Result<Value> {
    check_parameters(input, &["Key", "ConsistentRead", "ProjectionExpression"])?;
    let bindings = Bindings::of(input)?;
    let paths = projection::of(input, &bindings)?;
    bindings.finish()?;
    let item = found(state, text(input, "TableName")?, input.get("Key"), paths.as_deref())?;
    Ok(answer([("Item", item.map(|item| json!(item)))]))
}

fn found(state: &State, table: &str, key: Option<&Value>, paths: Option<&[Path]>) -> Result<Option<Item>> {
    let table = state.table(table)?;
    let position = table.key_from(&value::item_from(key, "Key")?)?;
    let item = table.get(&position);
    Ok(item.map(|item| paths.map_or_else(|| item.clone(), |paths| projection::projected(item, paths))))
}

/// All keys are read at once; none is left over.
pub fn batch_get(state: &State, input: &Value) -> Result<Value> {
    check_parameters(input, &["RequestItems"])?;
    let tables = input.get("RequestItems").and_then(Value::as_object);
    let tables = tables.filter(|tables| !tables.is_empty()).ok_or_else(|| Fault::invalid("RequestItems is missing"))?;
    let mut responses = serde_json::Map::new();
    let mut count = 0;
    for (table, wanted) in tables {
        check_parameters(wanted, &["Keys", "ConsistentRead", "ProjectionExpression"])?;
        let bindings = Bindings::of(wanted)?;
        let paths = projection::of(wanted, &bindings)?;
        bindings.finish()?;
        let keys = wanted.get("Keys").and_then(Value::as_array).ok_or_else(|| Fault::invalid("Keys is missing"))?;
        count += keys.len();
        if keys.is_empty() || count > MAX_KEYS {
            return Err(Fault::invalid("Too many items requested for the BatchGetItem call"));
        }
        let mut items = Vec::new();
        let mut seen = Vec::new();
        for key in keys {
            let position = state.table(table)?.key_from(&value::item_from(Some(key), "Key")?)?;
            if seen.contains(&position) {
                return Err(Fault::invalid("Provided list of item keys contains duplicates"));
            }
            seen.push(position);
            items.extend(found(state, table, Some(key), paths.as_deref())?);
        }
        responses.insert(table.clone(), json!(items));
    }
    Ok(json!({"Responses": responses, "UnprocessedKeys": {}}))
}
