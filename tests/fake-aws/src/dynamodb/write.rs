//! Implements writes, single and in transactions. All conditions of a transaction are checked
//! against the state before it; then everything is written or nothing.

use serde_json::{Value, json};

use super::{check_parameters, required_text, response_object};
use crate::{
    FakeItem,
    expression::{
        ExpressionBindings, condition::ConditionExpression, path, path::DocumentPath, projection,
        update::UpdateExpression,
    },
    fault::{CancellationReason, DynamoDbFault, Result},
    key::ItemPosition,
    state::FakeAwsState,
    value,
};

/// The most items of one transaction.
const MAX_ITEMS: usize = 100;
/// The most bytes of one transaction.
const MAX_TRANSACTION_BYTES: usize = 4 * 1_024 * 1_024;

const PUT: [&str; 4] = [
    "Item",
    "ConditionExpression",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
];
const DELETE: [&str; 4] = [
    "Key",
    "ConditionExpression",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
];
const UPDATE: [&str; 5] = [
    "Key",
    "ConditionExpression",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
    "UpdateExpression",
];

/// The write to one item.
struct ItemWrite {
    table: String,
    position: ItemPosition,
    action: WriteAction,
    condition: Option<ConditionExpression>,
    /// True if a failed condition returns the item.
    returns_old: bool,
}

enum WriteAction {
    Put(FakeItem),
    /// An update; the key creates the item if it does not exist yet.
    Update(FakeItem, UpdateExpression),
    Delete,
    Check,
}

impl ItemWrite {
    fn parse(state: &FakeAwsState, kind: &str, input: &Value) -> Result<Self> {
        let table = required_text(input, "TableName")?;
        let schema = state.table(table)?;
        let bindings = ExpressionBindings::parse(input)?;
        let condition = ConditionExpression::parse("ConditionExpression", input, &bindings)?;
        let key = || value::parse_item(input.get("Key"), "Key");
        let (position, action) = match kind {
            "Put" => {
                let item = value::parse_item(input.get("Item"), "Item")?;
                (schema.item_position(&item)?, WriteAction::Put(item))
            }
            "Update" => {
                let (key, update) = (key()?, UpdateExpression::parse(input, &bindings)?);
                if let Some(part) = update
                    .paths()
                    .map(|it| path::attribute_name(it))
                    .find(|name| schema.is_key(name))
                {
                    return Err(DynamoDbFault::invalid(format!(
                        "One or more parameter values were invalid: Cannot update attribute {part}. This attribute is part of the key"
                    )));
                }
                (schema.key_position(&key)?, WriteAction::Update(key, update))
            }
            "Delete" => (schema.key_position(&key()?)?, WriteAction::Delete),
            "ConditionCheck" if condition.is_some() => {
                (schema.key_position(&key()?)?, WriteAction::Check)
            }
            other => {
                return Err(DynamoDbFault::invalid(format!(
                    "{other} is not known to the AWS in memory, or has no condition"
                )));
            }
        };
        bindings.check_all_used()?;
        let shows_old =
            match input.get("ReturnValuesOnConditionCheckFailure").and_then(Value::as_str) {
                None | Some("NONE") => false,
                Some("ALL_OLD") => true,
                Some(other) => {
                    return Err(DynamoDbFault::invalid(format!(
                        "ReturnValuesOnConditionCheckFailure: {other}"
                    )));
                }
            };
        Ok(Self { table: table.to_owned(), position, action, condition, returns_old: shows_old })
    }

    /// Checks the condition and returns the item as it is after the write.
    fn evaluate(&self, state: &FakeAwsState) -> Result<Option<FakeItem>> {
        let table = state.table(&self.table)?;
        let old = table.get(&self.position);
        let nothing = FakeItem::new();
        if self
            .condition
            .as_ref()
            .is_some_and(|condition| !condition.holds(old.unwrap_or(&nothing)))
        {
            return Err(DynamoDbFault::ConditionFailed(old.filter(|_| self.returns_old).cloned()));
        }
        let new = match &self.action {
            WriteAction::Put(item) => item.clone(),
            WriteAction::Update(key, update) => {
                let mut item = old.unwrap_or(key).clone();
                update.apply_to(&mut item)?;
                // The update may have changed index keys, so the item's keys are checked again.
                table.item_position(&item)?;
                item
            }
            WriteAction::Delete => return Ok(None),
            WriteAction::Check => return Ok(old.cloned()),
        };
        if value::item_size(&new) > value::MAX_ITEM_BYTES {
            return Err(DynamoDbFault::invalid("Item size has exceeded the maximum allowed size"));
        }
        Ok(Some(new))
    }
}

pub fn write_item(state: &mut FakeAwsState, operation: &str, input: &Value) -> Result<Value> {
    let (kind, known) = match operation {
        "PutItem" => ("Put", &PUT[..]),
        "UpdateItem" => ("Update", &UPDATE[..]),
        _ => ("Delete", &DELETE[..]),
    };
    check_parameters(input, &[known, &["ReturnValues"]].concat())?;
    let returned = input.get("ReturnValues").and_then(Value::as_str).unwrap_or("NONE");
    if !matches!(
        (returned, kind),
        ("NONE" | "ALL_OLD", _) | ("ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW", "Update")
    ) {
        return Err(DynamoDbFault::invalid(format!("ReturnValues can not be {returned} here")));
    }
    let write = ItemWrite::parse(state, kind, input)?;
    let new = write.evaluate(state)?;
    let table = state.table_mut(&write.table)?;
    let old = table.get(&write.position).cloned();
    table.replace_item(write.position, new.clone());
    let paths: Vec<DocumentPath> = match &write.action {
        WriteAction::Update(_, update) => update.paths().cloned().collect(),
        WriteAction::Put(_) | WriteAction::Delete | WriteAction::Check => Vec::new(),
    };
    let updated = |item: &FakeItem| projection::project_item(item, &paths);
    let attributes = match returned {
        "ALL_OLD" => old,
        "ALL_NEW" => new,
        "UPDATED_OLD" => old.as_ref().map(updated),
        "UPDATED_NEW" => new.as_ref().map(updated),
        _ => None,
    };
    Ok(response_object([(
        "Attributes",
        attributes.filter(|item| !item.is_empty()).map(|item| json!(item)),
    )]))
}

pub fn write_transaction(state: &mut FakeAwsState, input: &Value) -> Result<Value> {
    check_parameters(input, &["TransactItems", "ClientRequestToken"])?;
    let writes = parse_writes(state, input)?;
    let token = input.get("ClientRequestToken").and_then(Value::as_str);
    let digest = request_digest(input.get("TransactItems").unwrap_or(&Value::Null));
    if let Some(known) = token.and_then(|token| state.tokens.get(token)) {
        if *known == digest {
            return Ok(json!({}));
        }
        return Err(DynamoDbFault::Refused {
            code: "IdempotentParameterMismatchException",
            message: "the token was used for another transaction".to_owned(),
        });
    }
    for (write, new) in evaluate_writes(state, writes)? {
        state.table_mut(&write.table)?.replace_item(write.position, new);
    }
    state.tokens.extend(token.map(|token| (token.to_owned(), digest)));
    Ok(json!({}))
}

fn parse_writes(state: &FakeAwsState, input: &Value) -> Result<Vec<ItemWrite>> {
    let items =
        input.get("TransactItems").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(DynamoDbFault::invalid(format!(
            "TransactItems: {} items, and 1 to {MAX_ITEMS} are allowed",
            items.len()
        )));
    }
    let mut writes: Vec<ItemWrite> = Vec::new();
    for item in items {
        let parts: Vec<(&String, &Value)> = item.as_object().into_iter().flatten().collect();
        let [(kind, write)] = parts.as_slice() else {
            return Err(DynamoDbFault::invalid(
                "TransactItems can only contain one of Check, Put, Update or Delete",
            ));
        };
        let known = match kind.as_str() {
            "Put" => &PUT[..],
            "Update" => &UPDATE[..],
            _ => &DELETE[..],
        };
        check_parameters(write, known)?;
        let write = ItemWrite::parse(state, kind, write)?;
        if writes.iter().any(|other| other.table == write.table && other.position == write.position)
        {
            return Err(DynamoDbFault::invalid(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
        writes.push(write);
    }
    Ok(writes)
}

/// Returns every write with the item it produces, or the reasons for which the transaction is
/// cancelled.
fn evaluate_writes(
    state: &FakeAwsState,
    writes: Vec<ItemWrite>,
) -> Result<Vec<(ItemWrite, Option<FakeItem>)>> {
    let mut decided = Vec::new();
    let mut reasons = Vec::new();
    for write in writes {
        let (reason, new) = match write.evaluate(state) {
            Ok(new) => (CancellationReason::none(), new),
            Err(DynamoDbFault::ConditionFailed(item)) => {
                let failed = CancellationReason::new(
                    "ConditionalCheckFailed",
                    "The conditional request failed",
                );
                (CancellationReason { item, ..failed }, None)
            }
            Err(DynamoDbFault::Refused { message, .. }) => {
                (CancellationReason::new("ValidationError", message), None)
            }
            Err(fault @ DynamoDbFault::Cancelled(_)) => return Err(fault),
        };
        reasons.push(reason);
        decided.push((write, new));
    }
    if reasons.iter().any(|reason| reason.code != "None") {
        return Err(DynamoDbFault::Cancelled(reasons));
    }
    let bytes: usize =
        decided.iter().filter_map(|(_, new)| new.as_ref()).map(value::item_size).sum();
    if bytes > MAX_TRANSACTION_BYTES {
        return Err(DynamoDbFault::invalid(
            "Transaction item size has exceeded the maximum allowed size",
        ));
    }
    // A condition check writes nothing.
    decided.retain(|(write, _)| !matches!(write.action, WriteAction::Check));
    Ok(decided)
}

/// Returns the same number for equal requests, in whatever order their maps are written.
fn request_digest(value: &Value) -> u64 {
    let text = |text: &str| {
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| mix_hash(hash, u64::from(byte)))
    };
    match value {
        Value::Object(map) => map.iter().fold(1, |sum: u64, (name, value)| {
            sum.wrapping_add(mix_hash(text(name), request_digest(value)))
        }),
        Value::Array(list) => {
            list.iter().fold(2, |hash, value| mix_hash(hash, request_digest(value)))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text(&value.to_string())
        }
    }
}

fn mix_hash(hash: u64, next: u64) -> u64 {
    (hash ^ next).wrapping_mul(0x0100_0000_01b3).rotate_left(17)
}
