//! Conditions: parsed with NOT before AND before OR, decided on an item. A comparison with what is not there, or of another type, is
//! false, except `<>`.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::{Value, json};

use super::{Bindings, Parser, path, path::Path, tokens::Token};
use crate::{Item, fault::Result, value};

/// Operands of one IN, at most.
const MAX_IN: usize = 100;

#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Operand, Comparator, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    NotExists(Path),
    /// With the code of a type.
    Type(Path, Operand),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Path(Path),
    Value(Value),
    Size(Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// `None` if there is no such expression.
    pub fn of(what: &'static str, request: &Value, bindings: &Bindings) -> Result<Option<Self>> {
        let Some(text) = request.get(what).and_then(Value::as_str) else { return Ok(None) };
        let mut parser = Parser::new(what, text, bindings)?;
        let condition = parser.condition()?;
        parser.end()?;
        Ok(Some(condition))
    }

    /// The attributes that it looks at.
    pub fn attributes(&self) -> Vec<&str> {
        match self {
            Self::And(a, b) | Self::Or(a, b) => [a.attributes(), b.attributes()].concat(),
            Self::Not(inner) => inner.attributes(),
            Self::Compare(a, _, b) | Self::BeginsWith(a, b) | Self::Contains(a, b) => names([a, b]),
            Self::Between(a, b, c) => names([a, b, c]),
            Self::In(operand, choices) => names(std::iter::once(operand).chain(choices)),
            Self::Exists(path) | Self::NotExists(path) => vec![path::attribute(path)],
            Self::Type(path, operand) => [vec![path::attribute(path)], names([operand])].concat(),
        }
    }

    pub fn holds(&self, item: &Item) -> bool {
        match self {
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Compare(a, comparator, b) => comparator.holds(a.value(item).as_deref(), b.value(item).as_deref()),
            Self::Between(operand, low, high) => {
                let (value, low, high) = (operand.value(item), low.value(item), high.value(item));
                Comparator::GreaterOrEqual.holds(value.as_deref(), low.as_deref())
                    && Comparator::LessOrEqual.holds(value.as_deref(), high.as_deref())
            }
            Self::In(operand, choices) => {
                let value = operand.value(item);
                choices.iter().any(|choice| Comparator::Equal.holds(value.as_deref(), choice.value(item).as_deref()))
            }
            Self::Exists(path) => path::read(item, path).is_some(),
            Self::NotExists(path) => path::read(item, path).is_none(),
            Self::Type(path, kind) => {
                let found = path::read(item, path).and_then(value::typed).map(|(kind, _)| json!({"S": kind}));
                found.is_some() && found.as_ref() == kind.value(item).as_deref()
            }
            Self::BeginsWith(operand, prefix) => both(operand, prefix, item, value::begins_with),
            Self::Contains(operand, part) => both(operand, part, item, value::contains),
        }
    }
}

fn names<'a>(operands: impl IntoIterator<Item = &'a Operand>) -> Vec<&'a str> {
    let name = |operand: &'a Operand| match operand {
        Operand::Path(path) | Operand::Size(path) => Some(path::attribute(path)),
        Operand::Value(_) => None,
    };
    operands.into_iter().filter_map(name).collect()
}

fn both(a: &Operand, b: &Operand, item: &Item, holds: impl Fn(&Value, &Value) -> bool) -> bool {
    a.value(item).zip(b.value(item)).is_some_and(|(a, b)| holds(&a, &b))
}

impl Operand {
    fn value<'a>(&'a self, item: &'a Item) -> Option<Cow<'a, Value>> {
        match self {
            Self::Path(path) => path::read(item, path).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(path) => {
                let length = value::length(path::read(item, path)?)?;
                Some(Cow::Owned(json!({"N": length.to_string()})))
            }
        }
    }
}

impl Comparator {
    fn of(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "=" => Self::Equal,
            "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds(self, a: Option<&Value>, b: Option<&Value>) -> bool {
        let equal = a.is_some() && a == b;
        let order = || value::compare(a?, b?);
        match self {
            Self::Equal => equal,
            Self::NotEqual => !equal,
            Self::Less => order().is_some_and(Ordering::is_lt),
            Self::LessOrEqual => order().is_some_and(Ordering::is_le),
            Self::Greater => order().is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
        }
    }
}

impl Parser<'_> {
    fn condition(&mut self) -> Result<Condition> {
        let mut left = self.conjunction()?;
        while self.accept_word("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Condition> {
        let mut left = self.negation()?;
        while self.accept_word("AND") {
            left = Condition::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Condition> {
        if self.accept_word("NOT") {
            return Ok(Condition::Not(Box::new(self.negation()?)));
        }
        if self.accept("(") {
            let inner = self.condition()?;
            self.expect(")")?;
            return Ok(inner);
        }
        match self.accept_function() {
            None => {
                let operand = self.operand()?;
                self.comparison(operand)
            }
            Some(name) if name == "size" => {
                let operand = self.size()?;
                self.comparison(operand)
            }
            Some(name) => self.function(&name),
        }
    }

    fn function(&mut self, name: &str) -> Result<Condition> {
        let condition = match name {
            "attribute_exists" => Condition::Exists(self.path()?),
            "attribute_not_exists" => Condition::NotExists(self.path()?),
            "attribute_type" => {
                let path = self.path()?;
                self.expect(",")?;
                Condition::Type(path, self.operand()?)
            }
            "begins_with" => {
                let (operand, prefix) = self.operands()?;
                Condition::BeginsWith(operand, prefix)
            }
            "contains" => {
                let (operand, part) = self.operands()?;
                Condition::Contains(operand, part)
            }
            other => return Err(self.invalid(&format!("Invalid function name; function: {other}"))),
        };
        self.expect(")")?;
        Ok(condition)
    }

    fn operands(&mut self) -> Result<(Operand, Operand)> {
        let first = self.operand()?;
        self.expect(",")?;
        Ok((first, self.operand()?))
    }

    fn operand(&mut self) -> Result<Operand> {
        if let Some(value) = self.accept_value()? {
            return Ok(Operand::Value(value));
        }
        match self.accept_function() {
            None => Ok(Operand::Path(self.path()?)),
            Some(name) if name == "size" => self.size(),
            Some(other) => Err(self.invalid(&format!("The function is not allowed here; function: {other}"))),
        }
    }

    fn size(&mut self) -> Result<Operand> {
        let path = self.path()?;
        self.expect(")")?;
        Ok(Operand::Size(path))
    }

    fn comparison(&mut self, left: Operand) -> Result<Condition> {
        if self.accept_word("BETWEEN") {
            let low = self.operand()?;
            if !self.accept_word("AND") {
                return Err(self.unexpected());
            }
            return Ok(Condition::Between(left, low, self.operand()?));
        }
        if self.accept_word("IN") {
            self.expect("(")?;
            let mut choices = vec![self.operand()?];
            while self.accept(",") {
                choices.push(self.operand()?);
            }
            self.expect(")")?;
            if choices.len() > MAX_IN {
                return Err(self.invalid("too many operands of IN"));
            }
            return Ok(Condition::In(left, choices));
        }
        let Some(Token::Symbol(symbol)) = self.peek() else { return Err(self.unexpected()) };
        let Some(comparator) = Comparator::of(symbol) else { return Err(self.unexpected()) };
        self.tokens.next();
        Ok(Condition::Compare(left, comparator, self.operand()?))
    }
}
