//! DynamoDB's operations on the tables: one call is one step. A parameter that is not understood is refused.

mod read;
mod page;
mod write;

use serde_json::{Value, json};

use crate::{
    fault::{Fault, Result},
    state::State,
};

pub fn perform(state: &mut State, operation: &str, input: &Value) -> Result<Value> {
    match operation {
        "GetItem" => read::get(state, input),
        "BatchGetItem" => read::batch_get(state, input),
        "Query" => page::query(state, input),
        "Scan" => page::scan(state, input),
        "PutItem" | "UpdateItem" | "DeleteItem" => write::single(state, operation, input),
        "TransactWriteItems" => write::transaction(state, input),
        other => Err(Fault::Refused {
            code: "UnknownOperationException",
            message: format!("{other} is not known to the AWS in memory"),
        }),
    }
}

/// Parameters of every operation: the answer never has what they ask for, and nobody here reads it.
const EVERYWHERE: [&str; 4] =
    ["TableName", "ExpressionAttributeNames", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"];

fn check_parameters(input: &Value, known: &[&str]) -> Result<()> {
    let given = input.as_object().ok_or_else(|| Fault::invalid("not an object"))?;
    match given.keys().find(|name| !known.contains(&name.as_str()) && !EVERYWHERE.contains(&name.as_str())) {
        Some(name) => Err(Fault::invalid(format!("the parameter {name} is not known to the AWS in memory"))),
        None => Ok(()),
    }
}

fn text<'a>(input: &'a Value, name: &str) -> Result<&'a str> {
    let missing = || Fault::invalid(format!("Value null at '{name}' failed to satisfy constraint"));
    input.get(name).and_then(Value::as_str).ok_or_else(missing)
}

fn is_true(input: &Value, name: &str) -> bool {
    input.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// An object without the members that are not there.
fn answer<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    json!(members.collect::<serde_json::Map<_, _>>())
}
