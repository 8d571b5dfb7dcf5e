//! Parses conditions, with NOT before AND before OR, and evaluates them on an item. A comparison
//! with a missing attribute or a value of another type is false, except `<>`.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::{Value, json};

use super::{
    ExpressionBindings, ExpressionParser, path, path::DocumentPath, tokens::ExpressionToken,
};
use crate::{FakeItem, fault::Result, value};

/// The most operands of one IN.
const MAX_IN: usize = 100;

#[derive(Debug, Clone, PartialEq)]
pub enum ConditionExpression {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(ConditionOperand, ComparisonOperator, ConditionOperand),
    Between(ConditionOperand, ConditionOperand, ConditionOperand),
    In(ConditionOperand, Vec<ConditionOperand>),
    Exists(DocumentPath),
    NotExists(DocumentPath),
    /// `attribute_type`; the operand is the code of the type.
    Type(DocumentPath, ConditionOperand),
    BeginsWith(ConditionOperand, ConditionOperand),
    Contains(ConditionOperand, ConditionOperand),
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConditionOperand {
    Path(DocumentPath),
    Value(Value),
    Size(DocumentPath),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl ConditionExpression {
    /// Parses the condition in the parameter `what`, or returns `None` if the request has none.
    pub fn parse(
        what: &'static str,
        request: &Value,
        bindings: &ExpressionBindings,
    ) -> Result<Option<Self>> {
        let Some(text) = request.get(what).and_then(Value::as_str) else {
            return Ok(None);
        };
        let mut parser = ExpressionParser::new(what, text, bindings)?;
        let condition = parser.parse_condition()?;
        parser.expect_end()?;
        Ok(Some(condition))
    }

    /// Returns the attributes that the condition reads.
    pub fn attribute_names(&self) -> Vec<&str> {
        match self {
            Self::And(a, b) | Self::Or(a, b) => [a.attribute_names(), b.attribute_names()].concat(),
            Self::Not(inner) => inner.attribute_names(),
            Self::Compare(a, _, b) | Self::BeginsWith(a, b) | Self::Contains(a, b) => {
                operand_attributes([a, b])
            }
            Self::Between(a, b, c) => operand_attributes([a, b, c]),
            Self::In(operand, choices) => {
                operand_attributes(std::iter::once(operand).chain(choices))
            }
            Self::Exists(path) | Self::NotExists(path) => vec![path::attribute_name(path)],
            Self::Type(path, operand) => {
                [vec![path::attribute_name(path)], operand_attributes([operand])].concat()
            }
        }
    }

    pub fn holds(&self, item: &FakeItem) -> bool {
        match self {
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Compare(a, comparator, b) => {
                comparator.holds(a.value(item).as_deref(), b.value(item).as_deref())
            }
            Self::Between(operand, low, high) => {
                let (value, low, high) = (operand.value(item), low.value(item), high.value(item));
                ComparisonOperator::GreaterOrEqual.holds(value.as_deref(), low.as_deref())
                    && ComparisonOperator::LessOrEqual.holds(value.as_deref(), high.as_deref())
            }
            Self::In(operand, choices) => {
                let value = operand.value(item);
                choices.iter().any(|choice| {
                    ComparisonOperator::Equal.holds(value.as_deref(), choice.value(item).as_deref())
                })
            }
            Self::Exists(path) => path::read_value(item, path).is_some(),
            Self::NotExists(path) => path::read_value(item, path).is_none(),
            Self::Type(path, kind) => {
                let found = path::read_value(item, path)
                    .and_then(value::type_and_content)
                    .map(|(kind, _)| json!({"S": kind}));
                found.is_some() && found.as_ref() == kind.value(item).as_deref()
            }
            Self::BeginsWith(operand, prefix) => {
                holds_for_both(operand, prefix, item, value::begins_with)
            }
            Self::Contains(operand, part) => holds_for_both(operand, part, item, value::contains),
        }
    }
}

fn operand_attributes<'a>(
    operands: impl IntoIterator<Item = &'a ConditionOperand>,
) -> Vec<&'a str> {
    let name = |operand: &'a ConditionOperand| match operand {
        ConditionOperand::Path(path) | ConditionOperand::Size(path) => {
            Some(path::attribute_name(path))
        }
        ConditionOperand::Value(_) => None,
    };
    operands.into_iter().filter_map(name).collect()
}

fn holds_for_both(
    a: &ConditionOperand,
    b: &ConditionOperand,
    item: &FakeItem,
    holds: impl Fn(&Value, &Value) -> bool,
) -> bool {
    a.value(item).zip(b.value(item)).is_some_and(|(a, b)| holds(&a, &b))
}

impl ConditionOperand {
    fn value<'a>(&'a self, item: &'a FakeItem) -> Option<Cow<'a, Value>> {
        match self {
            Self::Path(path) => path::read_value(item, path).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(path) => {
                let length = value::value_length(path::read_value(item, path)?)?;
                Some(Cow::Owned(json!({"N": length.to_string()})))
            }
        }
    }
}

impl ComparisonOperator {
    fn from_symbol(symbol: &str) -> Option<Self> {
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
        let order = || value::compare_values(a?, b?);
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

impl ExpressionParser<'_> {
    fn parse_condition(&mut self) -> Result<ConditionExpression> {
        let mut left = self.parse_conjunction()?;
        while self.accept_keyword("OR") {
            left = ConditionExpression::Or(Box::new(left), Box::new(self.parse_conjunction()?));
        }
        Ok(left)
    }

    fn parse_conjunction(&mut self) -> Result<ConditionExpression> {
        let mut left = self.parse_negation()?;
        while self.accept_keyword("AND") {
            left = ConditionExpression::And(Box::new(left), Box::new(self.parse_negation()?));
        }
        Ok(left)
    }

    fn parse_negation(&mut self) -> Result<ConditionExpression> {
        if self.accept_keyword("NOT") {
            return Ok(ConditionExpression::Not(Box::new(self.parse_negation()?)));
        }
        if self.accept("(") {
            let inner = self.parse_condition()?;
            self.expect(")")?;
            return Ok(inner);
        }
        match self.accept_function() {
            None => {
                let operand = self.parse_operand()?;
                self.parse_comparison(operand)
            }
            Some(name) if name == "size" => {
                let operand = self.parse_size()?;
                self.parse_comparison(operand)
            }
            Some(name) => self.parse_function(&name),
        }
    }

    fn parse_function(&mut self, name: &str) -> Result<ConditionExpression> {
        let condition = match name {
            "attribute_exists" => ConditionExpression::Exists(self.parse_path()?),
            "attribute_not_exists" => ConditionExpression::NotExists(self.parse_path()?),
            "attribute_type" => {
                let path = self.parse_path()?;
                self.expect(",")?;
                ConditionExpression::Type(path, self.parse_operand()?)
            }
            "begins_with" => {
                let (operand, prefix) = self.parse_operands()?;
                ConditionExpression::BeginsWith(operand, prefix)
            }
            "contains" => {
                let (operand, part) = self.parse_operands()?;
                ConditionExpression::Contains(operand, part)
            }
            other => return Err(self.invalid(&format!("Invalid function name; function: {other}"))),
        };
        self.expect(")")?;
        Ok(condition)
    }

    fn parse_operands(&mut self) -> Result<(ConditionOperand, ConditionOperand)> {
        let first = self.parse_operand()?;
        self.expect(",")?;
        Ok((first, self.parse_operand()?))
    }

    fn parse_operand(&mut self) -> Result<ConditionOperand> {
        if let Some(value) = self.accept_value()? {
            return Ok(ConditionOperand::Value(value));
        }
        match self.accept_function() {
            None => Ok(ConditionOperand::Path(self.parse_path()?)),
            Some(name) if name == "size" => self.parse_size(),
            Some(other) => {
                Err(self.invalid(&format!("The function is not allowed here; function: {other}")))
            }
        }
    }

    fn parse_size(&mut self) -> Result<ConditionOperand> {
        let path = self.parse_path()?;
        self.expect(")")?;
        Ok(ConditionOperand::Size(path))
    }

    fn parse_comparison(&mut self, left: ConditionOperand) -> Result<ConditionExpression> {
        if self.accept_keyword("BETWEEN") {
            let low = self.parse_operand()?;
            if !self.accept_keyword("AND") {
                return Err(self.unexpected());
            }
            return Ok(ConditionExpression::Between(left, low, self.parse_operand()?));
        }
        if self.accept_keyword("IN") {
            self.expect("(")?;
            let mut choices = vec![self.parse_operand()?];
            while self.accept(",") {
                choices.push(self.parse_operand()?);
            }
            self.expect(")")?;
            if choices.len() > MAX_IN {
                return Err(self.invalid("too many operands of IN"));
            }
            return Ok(ConditionExpression::In(left, choices));
        }
        let Some(ExpressionToken::Symbol(symbol)) = self.peek() else {
            return Err(self.unexpected());
        };
        let Some(comparator) = ComparisonOperator::from_symbol(symbol) else {
            return Err(self.unexpected());
        };
        self.tokens.next();
        Ok(ConditionExpression::Compare(left, comparator, self.parse_operand()?))
    }
}
