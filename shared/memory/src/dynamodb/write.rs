//! Writes, alone and in transactions. All conditions of a transaction are decided on the state before it; then all is written or nothing.

use serde_json::{Value, json};

use super::{answer, check_parameters, text};
use crate::{
    Item,
    expression::{Bindings, condition::Condition, path, path::Path, projection, update::Update},
    fault::{Fault, Reason, Result},
    key::Position,
    state::State,
    value,
};

/// Items of one transaction, at most.
const MAX_ITEMS: usize = 100;
/// Bytes of one transaction, at most.
const MAX_TRANSACTION: usize = 4 * 1_024 * 1_024;

const PUT: [&str; 4] =
    ["Item", "ConditionExpression", "ExpressionAttributeValues", "ReturnValuesOnConditionCheckFailure"];
const DELETE: [&str; 4] =
    ["Key", "ConditionExpression", "ExpressionAttributeValues", "ReturnValuesOnConditionCheckFailure"];
const UPDATE: [&str; 5] = [
    "Key",
    "ConditionExpression",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
    "UpdateExpression",
];

/// One item's part.
struct Write {
    table: String,
    position: Position,
    action: Action,
    condition: Option<Condition>,
    /// Whether a failed condition hands back the item.
    shows_old: bool,
}

enum Action {
    Put(Item),
    /// With the key, for an item that is not there yet.
    Update(Item, Update),
    Delete,
    Check,
}

impl Write {
    fn parse(state: &State, kind: &str, input: &Value) -> Result<Self> {
        let table = text(input, "TableName")?;
        let schema = state.table(table)?;
        let bindings = Bindings::of(input)?;
        let condition = Condition::of("ConditionExpression", input, &bindings)?;
        let key = || value::item_from(input.get("Key"), "Key");
        let (position, action) = match kind {
            "Put" => {
                let item = value::item_from(input.get("Item"), "Item")?;
                (schema.key_of(&item)?, Action::Put(item))
            }
            "Update" => {
                let (key, update) = (key()?, Update::of(input, &bindings)?);
                if let Some(part) = update.paths().map(|it| path::attribute(it)).find(|name| schema.is_key(name)) {
                    return Err(Fault::invalid(format!(
                        "One or more parameter values were invalid: Cannot update attribute {part}. This attribute is part of the key"
                    )));
                }
                (schema.key_from(&key)?, Action::Update(key, update))
            }
            "Delete" => (schema.key_from(&key()?)?, Action::Delete),
            "ConditionCheck" if condition.is_some() => (schema.key_from(&key()?)?, Action::Check),
            other => {
                return Err(Fault::invalid(format!("{other} is not known to the AWS in memory, or has no condition")));
            }
        };
        bindings.finish()?;
        let shows_old = match input.get("ReturnValuesOnConditionCheckFailure").and_then(Value::as_str) {
            None | Some("NONE") => false,
            Some("ALL_OLD") => true,
            Some(other) => return Err(Fault::invalid(format!("ReturnValuesOnConditionCheckFailure: {other}"))),
        };
        Ok(Self { table: table.to_owned(), position, action, condition, shows_old })
    }

    /// What will be there afterwards.
    fn decide(&self, state: &State) -> Result<Option<Item>> {
        let table = state.table(&self.table)?;
        let old = table.get(&self.position);
        let nothing = Item::new();
        if self.condition.as_ref().is_some_and(|condition| !condition.holds(old.unwrap_or(&nothing))) {
            return Err(Fault::ConditionFailed(old.filter(|_| self.shows_old).cloned()));
        }
        let new = match &self.action {
            Action::Put(item) => item.clone(),
            Action::Update(key, update) => {
                let mut item = old.unwrap_or(key).clone();
                update.apply(&mut item)?;
                // the keys of its indexes may have changed
                table.key_of(&item)?;
                item
            }
            Action::Delete => return Ok(None),
            Action::Check => return Ok(old.cloned()),
        };
        if value::item_size(&new) > value::MAX_ITEM {
            return Err(Fault::invalid("Item size has exceeded the maximum allowed size"));
        }
        Ok(Some(new))
    }
}

pub fn single(state: &mut State, operation: &str, input: &Value) -> Result<Value> {
    let (kind, known) = match operation {
        "PutItem" => ("Put", &PUT[..]),
        "UpdateItem" => ("Update", &UPDATE[..]),
        _ => ("Delete", &DELETE[..]),
    };
    check_parameters(input, &[known, &["ReturnValues"]].concat())?;
    let returned = input.get("ReturnValues").and_then(Value::as_str).unwrap_or("NONE");
    if !matches!((returned, kind), ("NONE" | "ALL_OLD", _) | ("ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW", "Update")) {
        return Err(Fault::invalid(format!("ReturnValues can not be {returned} here")));
    }
    let write = Write::parse(state, kind, input)?;
    let new = write.decide(state)?;
    let table = state.table_mut(&write.table)?;
    let old = table.get(&write.position).cloned();
    table.replace(write.position, new.clone());
    let paths: Vec<Path> = match &write.action {
        Action::Update(_, update) => update.paths().cloned().collect(),
        Action::Put(_) | Action::Delete | Action::Check => Vec::new(),
    };
    let updated = |item: &Item| projection::projected(item, &paths);
    let attributes = match returned {
        "ALL_OLD" => old,
        "ALL_NEW" => new,
        "UPDATED_OLD" => old.as_ref().map(updated),
        "UPDATED_NEW" => new.as_ref().map(updated),
        _ => None,
    };
    Ok(answer([("Attributes", attributes.filter(|item| !item.is_empty()).map(|item| json!(item)))]))
}

pub fn transaction(state: &mut State, input: &Value) -> Result<Value> {
    check_parameters(input, &["TransactItems", "ClientRequestToken"])?;
    let writes = parse_all(state, input)?;
    let token = input.get("ClientRequestToken").and_then(Value::as_str);
    let digest = digest(input.get("TransactItems").unwrap_or(&Value::Null));
    if let Some(known) = token.and_then(|token| state.tokens.get(token)) {
        if *known == digest {
            return Ok(json!({}));
        }
        return Err(Fault::Refused {
            code: "IdempotentParameterMismatchException",
            message: "the token was used for another transaction".to_owned(),
        });
    }
    for (write, new) in decide_all(state, writes)? {
        state.table_mut(&write.table)?.replace(write.position, new);
    }
    state.tokens.extend(token.map(|token| (token.to_owned(), digest)));
    Ok(json!({}))
}

fn parse_all(state: &State, input: &Value) -> Result<Vec<Write>> {
    let items = input.get("TransactItems").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(Fault::invalid(format!("TransactItems: {} items, and 1 to {MAX_ITEMS} are allowed", items.len())));
    }
    let mut writes: Vec<Write> = Vec::new();
    for item in items {
        let parts: Vec<(&String, &Value)> = item.as_object().into_iter().flatten().collect();
        let [(kind, write)] = parts.as_slice() else {
            return Err(Fault::invalid("TransactItems can only contain one of Check, Put, Update or Delete"));
        };
        let known = match kind.as_str() {
            "Put" => &PUT[..],
            "Update" => &UPDATE[..],
            _ => &DELETE[..],
        };
        check_parameters(write, known)?;
        let write = Write::parse(state, kind, write)?;
        if writes.iter().any(|other| other.table == write.table && other.position == write.position) {
            return Err(Fault::invalid("Transaction request cannot include multiple operations on one item"));
        }
        writes.push(write);
    }
    Ok(writes)
}

/// Every write with what it leaves, or why there will be none.
fn decide_all(state: &State, writes: Vec<Write>) -> Result<Vec<(Write, Option<Item>)>> {
    let mut decided = Vec::new();
    let mut reasons = Vec::new();
    for write in writes {
        let (reason, new) = match write.decide(state) {
            Ok(new) => (Reason::none(), new),
            Err(Fault::ConditionFailed(item)) => {
                let failed = Reason::new("ConditionalCheckFailed", "The conditional request failed");
                (Reason { item, ..failed }, None)
            }
            Err(Fault::Refused { message, .. }) => (Reason::new("ValidationError", message), None),
            Err(fault @ Fault::Cancelled(_)) => return Err(fault),
        };
        reasons.push(reason);
        decided.push((write, new));
    }
    if reasons.iter().any(|reason| reason.code != "None") {
        return Err(Fault::Cancelled(reasons));
    }
    let bytes: usize = decided.iter().filter_map(|(_, new)| new.as_ref()).map(value::item_size).sum();
    if bytes > MAX_TRANSACTION {
        return Err(Fault::invalid("Transaction item size has exceeded the maximum allowed size"));
    }
    // a check writes nothing
    decided.retain(|(write, _)| !matches!(write.action, Action::Check));
    Ok(decided)
}

/// The same for the same request, in whatever order its maps are written.
fn digest(value: &Value) -> u64 {
    let text = |text: &str| text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| mixed(hash, u64::from(byte)));
    match value {
        Value::Object(map) => {
            map.iter().fold(1, |sum: u64, (name, value)| sum.wrapping_add(mixed(text(name), digest(value))))
        }
        Value::Array(list) => list.iter().fold(2, |hash, value| mixed(hash, digest(value))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text(&value.to_string()),
    }
}

fn mixed(hash: u64, next: u64) -> u64 {
    (hash ^ next).wrapping_mul(0x0100_0000_01b3).rotate_left(17)
}
