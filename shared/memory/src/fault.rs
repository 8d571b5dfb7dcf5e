//! Why DynamoDB does not do what it is asked.

use crate::Item;

pub type Result<T> = std::result::Result<T, Fault>;

#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    Refused {
        code: &'static str,
        message: String,
    },
    /// With the item as it is, if it was asked for.
    ConditionFailed(Option<Item>),
    /// A reason for each item of the transaction, in order.
    Cancelled(Vec<Reason>),
}

impl Fault {
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Refused { code: "ValidationException", message: message.into() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    pub code: &'static str,
    pub message: Option<String>,
    pub item: Option<Item>,
}

impl Reason {
    /// Nothing against this item.
    pub fn none() -> Self {
        Self { code: "None", message: None, item: None }
    }
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()), item: None }
    }
}
