//! Defines the reasons for which DynamoDB refuses a request.

use crate::FakeItem;

pub type Result<T> = std::result::Result<T, DynamoDbFault>;

#[derive(Debug, Clone, PartialEq)]
pub enum DynamoDbFault {
    Refused {
        code: &'static str,
        message: String,
    },
    /// A failed condition, with the current item if the request asked for it.
    ConditionFailed(Option<FakeItem>),
    /// A cancelled transaction, with a reason for each of its items, in order.
    Cancelled(Vec<CancellationReason>),
}

impl DynamoDbFault {
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Refused { code: "ValidationException", message: message.into() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct CancellationReason {
    pub code: &'static str,
    pub message: Option<String>,
    pub item: Option<FakeItem>,
}

impl CancellationReason {
    /// Builds the entry of an item that has no objection.
    pub fn none() -> Self {
        Self { code: "None", message: None, item: None }
    }
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()), item: None }
    }
}
