//! Implements DynamoDB's operations on the tables; each call is one step. A parameter that is not
//! supported is refused.

mod read;
mod query;
mod write;

use serde_json::{Value, json};

use crate::{
    fault::{DynamoDbFault, Result},
    state::FakeAwsState,
};

pub fn perform_operation(
    state: &mut FakeAwsState,
    operation: &str,
    input: &Value,
) -> Result<Value> {
    match operation {
        "GetItem" => read::get_item(state, input),
        "BatchGetItem" => read::batch_get_items(state, input),
        "Query" => query::query_items(state, input),
        "Scan" => query::scan_items(state, input),
        "PutItem" | "UpdateItem" | "DeleteItem" => write::write_item(state, operation, input),
        "TransactWriteItems" => write::write_transaction(state, input),
        other => Err(DynamoDbFault::Refused {
            code: "UnknownOperationException",
            message: format!("{other} is not known to the AWS in memory"),
        }),
    }
}

/// Parameters accepted by every operation. The capacity and collection metrics that two of them ask
/// for are never returned, because no caller reads them.
const COMMON_PARAMETERS: [&str; 4] = [
    "TableName",
    "ExpressionAttributeNames",
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics",
];

fn check_parameters(input: &Value, known: &[&str]) -> Result<()> {
    let given = input.as_object().ok_or_else(|| DynamoDbFault::invalid("not an object"))?;
    match given
        .keys()
        .find(|name| !known.contains(&name.as_str()) && !COMMON_PARAMETERS.contains(&name.as_str()))
    {
        Some(name) => Err(DynamoDbFault::invalid(format!(
            "the parameter {name} is not known to the AWS in memory"
        ))),
        None => Ok(()),
    }
}

fn required_text<'a>(input: &'a Value, name: &str) -> Result<&'a str> {
    let missing =
        || DynamoDbFault::invalid(format!("Value null at '{name}' failed to satisfy constraint"));
    input.get(name).and_then(Value::as_str).ok_or_else(missing)
}

fn is_true(input: &Value, name: &str) -> bool {
    input.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// Builds an object from the members that have a value.
fn response_object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    json!(members.collect::<serde_json::Map<_, _>>())
}
