//! Updates: SET, REMOVE, ADD and DELETE. Everything is computed from the item as it was, then written; two actions must not meet on one
//! path.

use serde_json::{Value, json};

use super::{
    Bindings, Parser, path,
    path::{Path, Segment},
};
use crate::{
    Item,
    fault::{Fault, Result},
    value,
};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Update {
    actions: Vec<(Path, Action)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    Set(Term),
    Remove,
    Add(Value),
    Delete(Value),
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    Path(Path),
    Value(Value),
    IfNotExists(Path, Box<Term>),
    ListAppend(Box<Term>, Box<Term>),
    Plus(Box<Term>, Box<Term>),
    Minus(Box<Term>, Box<Term>),
}

const WHAT: &str = "UpdateExpression";

impl Update {
    /// Without an expression an update changes nothing, but makes the item.
    pub fn of(request: &Value, bindings: &Bindings) -> Result<Self> {
        let Some(text) = request.get(WHAT).and_then(Value::as_str) else { return Ok(Self::default()) };
        let mut parser = Parser::new(WHAT, text, bindings)?;
        let mut actions = Vec::new();
        let mut sections = Vec::new();
        while parser.peek().is_some() {
            let section = ["SET", "REMOVE", "ADD", "DELETE"].into_iter().find(|keyword| parser.accept_word(keyword));
            let Some(section) = section else { return Err(parser.unexpected()) };
            if sections.contains(&section) {
                return Err(parser.invalid(&format!("The \"{section}\" section can only be used once")));
            }
            sections.push(section);
            actions.push(parser.action(section)?);
            while parser.accept(",") {
                actions.push(parser.action(section)?);
            }
        }
        check_overlaps(&actions)?;
        Ok(Self { actions })
    }

    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.actions.iter().map(|(path, _)| path)
    }

    pub fn apply(&self, item: &mut Item) -> Result<()> {
        let mut removals = Vec::new();
        let mut writes = Vec::new();
        for (path, action) in &self.actions {
            match action.result(path, item)? {
                Some(value) => writes.push((path, value)),
                None => removals.push(path),
            }
        }
        for (path, value) in writes {
            path::write(item, path, Some(value))?;
        }
        // the last place of a list first, so that the others keep theirs
        removals.sort();
        for path in removals.into_iter().rev() {
            path::write(item, path, None)?;
        }
        Ok(())
    }
}

fn check_overlaps(actions: &[(Path, Action)]) -> Result<()> {
    let mut paths: Vec<&Path> = actions.iter().map(|(path, _)| path).collect();
    paths.sort();
    // sorted, a path stands right before those that begin with it
    for (first, second) in paths.iter().zip(paths.iter().skip(1)) {
        if second.starts_with(first) {
            let what = "Two document paths overlap with each other; must remove or rewrite one of these paths";
            return Err(Fault::invalid(format!("Invalid {WHAT}: {what}: {first:?}, {second:?}")));
        }
    }
    Ok(())
}

impl Action {
    /// What is at the path afterwards.
    fn result(&self, path: &[Segment], item: &Item) -> Result<Option<Value>> {
        let old = path::read(item, path);
        match self {
            Self::Set(term) => term.value(item).map(Some),
            Self::Remove => Ok(None),
            Self::Add(change) => Ok(Some(old.map_or(Ok(change.clone()), |old| value::added(old, change))?)),
            Self::Delete(change) => old.map_or(Ok(None), |old| value::without(old, change)),
        }
    }
}

impl Term {
    fn value(&self, item: &Item) -> Result<Value> {
        let missing =
            || Fault::invalid("The provided expression refers to an attribute that does not exist in the item");
        match self {
            Self::Path(path) => path::read(item, path).cloned().ok_or_else(missing),
            Self::Value(value) => Ok(value.clone()),
            Self::IfNotExists(path, otherwise) => {
                path::read(item, path).cloned().map_or_else(|| otherwise.value(item), Ok)
            }
            Self::ListAppend(first, second) => {
                let (first, second) = (first.value(item)?, second.value(item)?);
                let list =
                    |value: &Value| value.get("L").and_then(Value::as_array).cloned().ok_or_else(value::wrong_type);
                let mut joined = list(&first)?;
                joined.extend(list(&second)?);
                Ok(json!({"L": joined}))
            }
            Self::Plus(a, b) => value::sum(&a.value(item)?, &b.value(item)?),
            Self::Minus(a, b) => value::difference(&a.value(item)?, &b.value(item)?),
        }
    }
}

impl Parser<'_> {
    fn action(&mut self, section: &str) -> Result<(Path, Action)> {
        let path = self.path()?;
        let action = match section {
            "SET" => {
                self.expect("=")?;
                Action::Set(self.sum()?)
            }
            "REMOVE" => Action::Remove,
            "ADD" => {
                let change = self.accept_value()?.ok_or_else(|| self.unexpected())?;
                self.of_type(change, &["N", "SS", "NS", "BS"], "ADD").map(Action::Add)?
            }
            _ => {
                let change = self.accept_value()?.ok_or_else(|| self.unexpected())?;
                self.of_type(change, &["SS", "NS", "BS"], "DELETE").map(Action::Delete)?
            }
        };
        Ok((path, action))
    }

    fn of_type(&self, value: Value, kinds: &[&str], section: &str) -> Result<Value> {
        if value::typed(&value).is_some_and(|(kind, _)| kinds.contains(&kind)) {
            return Ok(value);
        }
        Err(self.invalid(&format!("Incorrect operand type for operator or function; operator: {section}")))
    }

    fn sum(&mut self) -> Result<Term> {
        let left = Box::new(self.term()?);
        if self.accept("+") {
            return Ok(Term::Plus(left, Box::new(self.term()?)));
        }
        if self.accept("-") {
            return Ok(Term::Minus(left, Box::new(self.term()?)));
        }
        Ok(*left)
    }

    fn term(&mut self) -> Result<Term> {
        if let Some(value) = self.accept_value()? {
            return Ok(Term::Value(value));
        }
        let Some(name) = self.accept_function() else { return Ok(Term::Path(self.path()?)) };
        let term = match name.as_str() {
            "if_not_exists" => {
                let path = self.path()?;
                self.expect(",")?;
                Term::IfNotExists(path, Box::new(self.term()?))
            }
            "list_append" => {
                let first = Box::new(self.term()?);
                self.expect(",")?;
                Term::ListAppend(first, Box::new(self.term()?))
            }
            other => return Err(self.invalid(&format!("Invalid function name; function: {other}"))),
        };
        self.expect(")")?;
        Ok(term)
    }
}
