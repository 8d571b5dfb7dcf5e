//! Implements DynamoDB's expression language: conditions, updates and projections, with their names
//! and values. As on AWS, a name or value that is undefined or unused and a token that is not
//! understood are validation errors.

pub mod condition;
pub mod path;
pub mod projection;
pub mod tokens;
pub mod update;

#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use crate::{
    fault::{DynamoDbFault, Result},
    value,
};
use path::{DocumentPath, PathSegment};
use tokens::{ExpressionToken, tokenize};

/// The names and values of one request, with a note of those that its expressions have used so far.
#[derive(Debug)]
pub struct ExpressionBindings {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Value>,
    used: RefCell<BTreeSet<String>>,
}

impl ExpressionBindings {
    pub fn parse(request: &Value) -> Result<Self> {
        let members =
            |field: &str| request.get(field).and_then(Value::as_object).into_iter().flatten();
        let mut names = BTreeMap::new();
        for (name, meant) in members("ExpressionAttributeNames") {
            let meant = meant.as_str().filter(|meant| !meant.is_empty());
            let meant = meant.ok_or_else(|| {
                DynamoDbFault::invalid("ExpressionAttributeNames contains invalid value")
            })?;
            names.insert(name.clone(), meant.to_owned());
        }
        let mut values = BTreeMap::new();
        for (name, value) in members("ExpressionAttributeValues") {
            values.insert(name.clone(), value::canonical_value(value)?);
        }
        Ok(Self { names, values, used: RefCell::default() })
    }

    /// Checks after the last expression that every name and value was used.
    pub fn check_all_used(&self) -> Result<()> {
        let used = self.used.borrow();
        let unused = |field: &str, keys: Vec<&String>| {
            let keys: Vec<&str> =
                keys.into_iter().filter(|key| !used.contains(*key)).map(String::as_str).collect();
            if keys.is_empty() {
                return Ok(());
            }
            Err(DynamoDbFault::invalid(format!(
                "Value provided in {field} unused in expressions: keys: {{{}}}",
                keys.join(", ")
            )))
        };
        unused("ExpressionAttributeNames", self.names.keys().collect())?;
        unused("ExpressionAttributeValues", self.values.keys().collect())
    }

    fn name(&self, name: &str) -> Option<String> {
        self.used.borrow_mut().insert(name.to_owned());
        self.names.get(name).cloned()
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.used.borrow_mut().insert(name.to_owned());
        self.values.get(name).cloned()
    }
}

/// Parses the tokens of one expression.
#[derive(Debug)]
pub struct ExpressionParser<'a> {
    /// The expression's parameter, such as `ConditionExpression`, for error messages.
    what: &'static str,
    bindings: &'a ExpressionBindings,
    tokens: std::vec::IntoIter<ExpressionToken>,
}

impl<'a> ExpressionParser<'a> {
    pub fn new(what: &'static str, text: &str, bindings: &'a ExpressionBindings) -> Result<Self> {
        if text.trim().is_empty() {
            return Err(DynamoDbFault::invalid(format!(
                "Invalid {what}: The expression can not be empty;"
            )));
        }
        let tokens = tokenize(text).map_err(|token| syntax_fault(what, &token))?;
        Ok(Self { what, bindings, tokens: tokens.into_iter() })
    }

    fn peek(&self) -> Option<&ExpressionToken> {
        self.tokens.as_slice().first()
    }

    fn next_is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(ExpressionToken::Symbol(found)) if *found == symbol)
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.next_is(symbol);
        if found {
            self.tokens.next();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.accept(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Accepts a keyword, in upper or lower case.
    fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(ExpressionToken::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.tokens.next();
        }
        found
    }

    /// Accepts the name of a function, together with the parenthesis that follows it.
    fn accept_function(&mut self) -> Option<String> {
        let [ExpressionToken::Word(name), ExpressionToken::Symbol("("), ..] =
            self.tokens.as_slice()
        else {
            return None;
        };
        let name = name.clone();
        self.tokens.next();
        self.tokens.next();
        Some(name)
    }

    fn parse_path(&mut self) -> Result<DocumentPath> {
        let mut path = vec![PathSegment::Name(self.parse_attribute()?)];
        loop {
            if self.accept(".") {
                path.push(PathSegment::Name(self.parse_attribute()?));
            } else if self.accept("[") {
                let Some(ExpressionToken::Number(index)) = self.peek() else {
                    return Err(self.unexpected());
                };
                path.push(PathSegment::Index(*index));
                self.tokens.next();
                self.expect("]")?;
            } else {
                return Ok(path);
            }
        }
    }

    fn parse_attribute(&mut self) -> Result<String> {
        match self.peek() {
            Some(ExpressionToken::Word(word)) => {
                let word = word.clone();
                self.tokens.next();
                Ok(word)
            }
            Some(ExpressionToken::Name(name)) => {
                let name = name.clone();
                self.tokens.next();
                self.bindings.name(&name).ok_or_else(|| {
                    let what =
                        "An expression attribute name used in the document path is not defined";
                    DynamoDbFault::invalid(format!(
                        "Invalid {}: {what}; attribute name: {name}",
                        self.what
                    ))
                })
            }
            _ => Err(self.unexpected()),
        }
    }

    fn accept_value(&mut self) -> Result<Option<Value>> {
        let Some(ExpressionToken::Value(name)) = self.peek() else {
            return Ok(None);
        };
        let name = name.clone();
        self.tokens.next();
        let value = self.bindings.value(&name).ok_or_else(|| {
            let what = "An expression attribute value used in expression is not defined";
            DynamoDbFault::invalid(format!(
                "Invalid {}: {what}; attribute value: {name}",
                self.what
            ))
        })?;
        Ok(Some(value))
    }

    fn expect_end(&self) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> DynamoDbFault {
        let token = self.peek().map_or_else(|| "<EOF>".to_owned(), ToString::to_string);
        syntax_fault(self.what, &token)
    }

    fn invalid(&self, message: &str) -> DynamoDbFault {
        DynamoDbFault::invalid(format!("Invalid {}: {message}", self.what))
    }
}

fn syntax_fault(what: &str, token: &str) -> DynamoDbFault {
    DynamoDbFault::invalid(format!("Invalid {what}: Syntax error; token: \"{token}\""))
}
