//! Implements updates: SET, REMOVE, ADD and DELETE. Every value is computed from the item as it was
//! and then written. Two actions must not overlap on one path.

use serde_json::{Value, json};

use super::{
    ExpressionBindings, ExpressionParser, path,
    path::{DocumentPath, PathSegment},
};
use crate::{
    FakeItem,
    fault::{DynamoDbFault, Result},
    value,
};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateExpression {
    actions: Vec<(DocumentPath, UpdateAction)>,
}

#[derive(Debug, Clone, PartialEq)]
enum UpdateAction {
    Set(UpdateTerm),
    Remove,
    Add(Value),
    Delete(Value),
}

#[derive(Debug, Clone, PartialEq)]
enum UpdateTerm {
    Path(DocumentPath),
    Value(Value),
    IfNotExists(DocumentPath, Box<UpdateTerm>),
    ListAppend(Box<UpdateTerm>, Box<UpdateTerm>),
    Plus(Box<UpdateTerm>, Box<UpdateTerm>),
    Minus(Box<UpdateTerm>, Box<UpdateTerm>),
}

const WHAT: &str = "UpdateExpression";

impl UpdateExpression {
    /// Parses the update. A request without an expression changes no attribute, but creates the
    /// item.
    pub fn parse(request: &Value, bindings: &ExpressionBindings) -> Result<Self> {
        let Some(text) = request.get(WHAT).and_then(Value::as_str) else {
            return Ok(Self::default());
        };
        let mut parser = ExpressionParser::new(WHAT, text, bindings)?;
        let mut actions = Vec::new();
        let mut sections = Vec::new();
        while parser.peek().is_some() {
            let section = ["SET", "REMOVE", "ADD", "DELETE"]
                .into_iter()
                .find(|keyword| parser.accept_keyword(keyword));
            let Some(section) = section else {
                return Err(parser.unexpected());
            };
            if sections.contains(&section) {
                return Err(
                    parser.invalid(&format!("The \"{section}\" section can only be used once"))
                );
            }
            sections.push(section);
            actions.push(parser.parse_action(section)?);
            while parser.accept(",") {
                actions.push(parser.parse_action(section)?);
            }
        }
        check_overlaps(&actions)?;
        Ok(Self { actions })
    }

    pub fn paths(&self) -> impl Iterator<Item = &DocumentPath> {
        self.actions.iter().map(|(path, _)| path)
    }

    pub fn apply_to(&self, item: &mut FakeItem) -> Result<()> {
        let mut removals = Vec::new();
        let mut writes = Vec::new();
        for (path, action) in &self.actions {
            match action.result(path, item)? {
                Some(value) => writes.push((path, value)),
                None => removals.push(path),
            }
        }
        for (path, value) in writes {
            path::write_value(item, path, Some(value))?;
        }
        // Elements are removed from the end of a list first, so that the others keep their index.
        removals.sort();
        for path in removals.into_iter().rev() {
            path::write_value(item, path, None)?;
        }
        Ok(())
    }
}

fn check_overlaps(actions: &[(DocumentPath, UpdateAction)]) -> Result<()> {
    let mut paths: Vec<&DocumentPath> = actions.iter().map(|(path, _)| path).collect();
    paths.sort();
    // In sorted order a path comes right before those that begin with it.
    for (first, second) in paths.iter().zip(paths.iter().skip(1)) {
        if second.starts_with(first) {
            let what = "Two document paths overlap with each other; must remove or rewrite one of these paths";
            return Err(DynamoDbFault::invalid(format!(
                "Invalid {WHAT}: {what}: {first:?}, {second:?}"
            )));
        }
    }
    Ok(())
}

impl UpdateAction {
    /// Returns the value at the path after the action.
    fn result(&self, path: &[PathSegment], item: &FakeItem) -> Result<Option<Value>> {
        let old = path::read_value(item, path);
        match self {
            Self::Set(term) => term.value(item).map(Some),
            Self::Remove => Ok(None),
            Self::Add(change) => {
                Ok(Some(old.map_or(Ok(change.clone()), |old| value::add_to_value(old, change))?))
            }
            Self::Delete(change) => old.map_or(Ok(None), |old| value::remove_from_set(old, change)),
        }
    }
}

impl UpdateTerm {
    fn value(&self, item: &FakeItem) -> Result<Value> {
        let missing = || {
            DynamoDbFault::invalid(
                "The provided expression refers to an attribute that does not exist in the item",
            )
        };
        match self {
            Self::Path(path) => path::read_value(item, path).cloned().ok_or_else(missing),
            Self::Value(value) => Ok(value.clone()),
            Self::IfNotExists(path, otherwise) => {
                path::read_value(item, path).cloned().map_or_else(|| otherwise.value(item), Ok)
            }
            Self::ListAppend(first, second) => {
                let (first, second) = (first.value(item)?, second.value(item)?);
                let list = |value: &Value| {
                    value
                        .get("L")
                        .and_then(Value::as_array)
                        .cloned()
                        .ok_or_else(value::wrong_type_fault)
                };
                let mut joined = list(&first)?;
                joined.extend(list(&second)?);
                Ok(json!({"L": joined}))
            }
            Self::Plus(a, b) => value::add_numbers(&a.value(item)?, &b.value(item)?),
            Self::Minus(a, b) => value::subtract_numbers(&a.value(item)?, &b.value(item)?),
        }
    }
}

impl ExpressionParser<'_> {
    fn parse_action(&mut self, section: &str) -> Result<(DocumentPath, UpdateAction)> {
        let path = self.parse_path()?;
        let action = match section {
            "SET" => {
                self.expect("=")?;
                UpdateAction::Set(self.parse_sum()?)
            }
            "REMOVE" => UpdateAction::Remove,
            "ADD" => {
                let change = self.accept_value()?.ok_or_else(|| self.unexpected())?;
                self.require_type(change, &["N", "SS", "NS", "BS"], "ADD").map(UpdateAction::Add)?
            }
            _ => {
                let change = self.accept_value()?.ok_or_else(|| self.unexpected())?;
                self.require_type(change, &["SS", "NS", "BS"], "DELETE")
                    .map(UpdateAction::Delete)?
            }
        };
        Ok((path, action))
    }

    fn require_type(&self, value: Value, kinds: &[&str], section: &str) -> Result<Value> {
        if value::type_and_content(&value).is_some_and(|(kind, _)| kinds.contains(&kind)) {
            return Ok(value);
        }
        Err(self.invalid(&format!(
            "Incorrect operand type for operator or function; operator: {section}"
        )))
    }

    fn parse_sum(&mut self) -> Result<UpdateTerm> {
        let left = Box::new(self.parse_term()?);
        if self.accept("+") {
            return Ok(UpdateTerm::Plus(left, Box::new(self.parse_term()?)));
        }
        if self.accept("-") {
            return Ok(UpdateTerm::Minus(left, Box::new(self.parse_term()?)));
        }
        Ok(*left)
    }

    fn parse_term(&mut self) -> Result<UpdateTerm> {
        if let Some(value) = self.accept_value()? {
            return Ok(UpdateTerm::Value(value));
        }
        let Some(name) = self.accept_function() else {
            return Ok(UpdateTerm::Path(self.parse_path()?));
        };
        let term = match name.as_str() {
            "if_not_exists" => {
                let path = self.parse_path()?;
                self.expect(",")?;
                UpdateTerm::IfNotExists(path, Box::new(self.parse_term()?))
            }
            "list_append" => {
                let first = Box::new(self.parse_term()?);
                self.expect(",")?;
                UpdateTerm::ListAppend(first, Box::new(self.parse_term()?))
            }
            other => return Err(self.invalid(&format!("Invalid function name; function: {other}"))),
        };
        self.expect(")")?;
        Ok(term)
    }
}
