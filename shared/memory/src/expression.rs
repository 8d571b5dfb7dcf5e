//! DynamoDB's expression language: conditions, updates and projections, with the names and values that they are given. Parsed as AWS does:
//! what is not defined, not used or not understood is a validation error.

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
    fault::{Fault, Result},
    value,
};
use path::{Path, Segment};
use tokens::{Token, tokens};

/// The names and values of one request, and which of them its expressions have used so far.
#[derive(Debug)]
pub struct Bindings {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Value>,
    used: RefCell<BTreeSet<String>>,
}

impl Bindings {
    pub fn of(request: &Value) -> Result<Self> {
        let members = |field: &str| request.get(field).and_then(Value::as_object).into_iter().flatten();
        let mut names = BTreeMap::new();
        for (name, meant) in members("ExpressionAttributeNames") {
            let meant = meant.as_str().filter(|meant| !meant.is_empty());
            let meant = meant.ok_or_else(|| Fault::invalid("ExpressionAttributeNames contains invalid value"))?;
            names.insert(name.clone(), meant.to_owned());
        }
        let mut values = BTreeMap::new();
        for (name, value) in members("ExpressionAttributeValues") {
            values.insert(name.clone(), value::canonical(value)?);
        }
        Ok(Self { names, values, used: RefCell::default() })
    }

    /// After the last expression: everything must have been used.
    pub fn finish(&self) -> Result<()> {
        let used = self.used.borrow();
        let unused = |field: &str, keys: Vec<&String>| {
            let keys: Vec<&str> = keys.into_iter().filter(|key| !used.contains(*key)).map(String::as_str).collect();
            if keys.is_empty() {
                return Ok(());
            }
            Err(Fault::invalid(format!(
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

/// Walks the tokens of one expression.
#[derive(Debug)]
pub struct Parser<'a> {
    /// `ConditionExpression` and so on, for messages.
    what: &'static str,
    bindings: &'a Bindings,
    tokens: std::vec::IntoIter<Token>,
}

impl<'a> Parser<'a> {
    pub fn new(what: &'static str, text: &str, bindings: &'a Bindings) -> Result<Self> {
        if text.trim().is_empty() {
            return Err(Fault::invalid(format!("Invalid {what}: The expression can not be empty;")));
        }
        let tokens = tokens(text).map_err(|token| syntax(what, &token))?;
        Ok(Self { what, bindings, tokens: tokens.into_iter() })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.as_slice().first()
    }

    fn follows(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.follows(symbol);
        if found {
            self.tokens.next();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.accept(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A keyword, in any case.
    fn accept_word(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.tokens.next();
        }
        found
    }

    /// The name of a function: a word before a parenthesis, which is taken with it.
    fn accept_function(&mut self) -> Option<String> {
        let [Token::Word(name), Token::Symbol("("), ..] = self.tokens.as_slice() else { return None };
        let name = name.clone();
        self.tokens.next();
        self.tokens.next();
        Some(name)
    }

    fn path(&mut self) -> Result<Path> {
        let mut path = vec![Segment::Name(self.attribute()?)];
        loop {
            if self.accept(".") {
                path.push(Segment::Name(self.attribute()?));
            } else if self.accept("[") {
                let Some(Token::Number(index)) = self.peek() else { return Err(self.unexpected()) };
                path.push(Segment::Index(*index));
                self.tokens.next();
                self.expect("]")?;
            } else {
                return Ok(path);
            }
        }
    }

    fn attribute(&mut self) -> Result<String> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.tokens.next();
                Ok(word)
            }
            Some(Token::Name(name)) => {
                let name = name.clone();
                self.tokens.next();
                self.bindings.name(&name).ok_or_else(|| {
                    let what = "An expression attribute name used in the document path is not defined";
                    Fault::invalid(format!("Invalid {}: {what}; attribute name: {name}", self.what))
                })
            }
            _ => Err(self.unexpected()),
        }
    }

    fn accept_value(&mut self) -> Result<Option<Value>> {
        let Some(Token::Value(name)) = self.peek() else { return Ok(None) };
        let name = name.clone();
        self.tokens.next();
        let value = self.bindings.value(&name).ok_or_else(|| {
            let what = "An expression attribute value used in expression is not defined";
            Fault::invalid(format!("Invalid {}: {what}; attribute value: {name}", self.what))
        })?;
        Ok(Some(value))
    }

    fn end(&self) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Fault {
        let token = self.peek().map_or_else(|| "<EOF>".to_owned(), ToString::to_string);
        syntax(self.what, &token)
    }

    fn invalid(&self, message: &str) -> Fault {
        Fault::invalid(format!("Invalid {}: {message}", self.what))
    }
}

fn syntax(what: &str, token: &str) -> Fault {
    Fault::invalid(format!("Invalid {what}: Syntax error; token: \"{token}\""))
}
