//! What can go wrong below an operation of the store, split by what the caller does next.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};

pub type Result<T> = std::result::Result<T, StoreError>;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out, connection lost: the same call may succeed later.
    #[error("the store did not answer: {0}")]
    Unavailable(String),
    /// Someone else wrote in between and bounded retries did not help.
    #[error("too much contention on {0}")]
    Contended(&'static str),
    /// An item that this version cannot read.
    #[error("unreadable item {key}: {reason}")]
    Corrupt { key: String, reason: String },
    /// Refused for good: permission, validation, a missing table.
    #[error("the store refused: {0}")]
    Refused(String),
}

impl StoreError {
    /// Whether the same call can be made again with a chance of success.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Contended(_) => true,
            Self::Corrupt { .. } | Self::Refused(_) => false,
        }
    }
    pub fn corrupt(key: impl std::fmt::Display, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { key: key.to_string(), reason: reason.to_string() }
    }
}

const REFUSED: [&str; 5] = [
    "ValidationException",
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ItemCollectionSizeLimitExceededException",
];

impl<E, R> From<SdkError<E, R>> for StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        let refused = matches!(&error, SdkError::ConstructionFailure(_))
            || error
                .as_service_error()
                .and_then(ProvideErrorMetadata::code)
                .is_some_and(|code| REFUSED.contains(&code));
        let text = DisplayErrorContext(&error).to_string();
        if refused { Self::Refused(text) } else { Self::Unavailable(text) }
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for StoreError {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Why a transaction was cancelled: the code of each of its items, in order (`None`, `ConditionalCheckFailed`, ...), with the
/// old item where it was asked for.
pub(crate) struct Cancelled {
    pub codes: Vec<String>,
    pub items: Vec<Option<crate::item::Item>>,
}

impl Cancelled {
    pub fn failed(&self, index: usize) -> bool {
        self.codes.get(index).is_some_and(|code| code == "ConditionalCheckFailed")
    }
    /// A condition said no, at whichever item.
    pub fn any_failed(&self) -> bool {
        self.codes.iter().any(|code| code == "ConditionalCheckFailed")
    }
    /// Met another transaction, or the table's limit: the same may work a moment later.
    pub fn conflicted(&self) -> bool {
        const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
        self.codes.iter().any(|code| PASSING.contains(&code.as_str()))
    }
}

/// The condition of a single put said no.
pub(crate) fn put_refused(error: &SdkError<PutItemError>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

/// Separates "a condition said no" from "it did not work".
pub(crate) fn cancelled<R>(error: SdkError<TransactWriteItemsError, R>) -> Result<Cancelled>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    if let Some(TransactWriteItemsError::TransactionCanceledException(exception)) = error.as_service_error() {
        let reasons = exception.cancellation_reasons();
        let codes = reasons.iter().map(|reason| reason.code().unwrap_or("None").to_owned()).collect();
        let items = reasons.iter().map(|reason| reason.item().cloned()).collect();
        return Ok(Cancelled { codes, items });
    }
    Err(error.into())
}
