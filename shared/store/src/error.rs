//! Failures below an operation of the store, split by what the caller does next.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};

pub type Result<T> = std::result::Result<T, StoreError>;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The request was throttled, timed out or lost its connection: the same call may succeed
    /// later.
    #[error("the store did not answer: {0}")]
    Unavailable(String),
    /// Concurrent writers changed the same items, and the bounded retries did not succeed.
    #[error("too much contention on {0}")]
    Contended(&'static str),
    /// An item that this version of the code cannot read.
    #[error("unreadable item {key}: {reason}")]
    Corrupt { key: String, reason: String },
    /// DynamoDB refused the request for good: missing permission, failed validation or a missing
    /// table.
    #[error("the store refused: {0}")]
    Refused(String),
}

impl StoreError {
    /// Returns true if repeating the same call may succeed.
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

const PERMANENT_ERROR_CODES: [&str; 5] = [
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
                .is_some_and(|code| PERMANENT_ERROR_CODES.contains(&code));
        let text = DisplayErrorContext(&error).to_string();
        if refused { Self::Refused(text) } else { Self::Unavailable(text) }
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for StoreError {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Reasons for which a transaction was cancelled: one code for each of its items, in order (`None`,
/// `ConditionalCheckFailed`, ...), with the old item where the request asked for it.
pub(crate) struct CancelledTransaction {
    pub codes: Vec<String>,
    pub items: Vec<Option<crate::item::ItemMap>>,
}

impl CancelledTransaction {
    pub fn condition_failed_at(&self, index: usize) -> bool {
        self.codes.get(index).is_some_and(|code| code == "ConditionalCheckFailed")
    }
    /// Returns true if the condition of at least one item failed.
    pub fn any_condition_failed(&self) -> bool {
        self.codes.iter().any(|code| code == "ConditionalCheckFailed")
    }
    /// Returns true if the transaction conflicted with another one or was throttled. The same
    /// transaction may succeed a moment later.
    pub fn is_conflict(&self) -> bool {
        const TRANSIENT_ERROR_CODES: [&str; 3] =
            ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
        self.codes.iter().any(|code| TRANSIENT_ERROR_CODES.contains(&code.as_str()))
    }
}

/// Returns true if the condition of a single put failed.
pub(crate) fn put_condition_failed(error: &SdkError<PutItemError>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

/// Separates a failed condition, which is a value, from a failed request, which is an error.
pub(crate) fn parse_cancellation<R>(
    error: SdkError<TransactWriteItemsError, R>,
) -> Result<CancelledTransaction>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    if let Some(TransactWriteItemsError::TransactionCanceledException(exception)) =
        error.as_service_error()
    {
        let reasons = exception.cancellation_reasons();
        let codes =
            reasons.iter().map(|reason| reason.code().unwrap_or("None").to_owned()).collect();
        let items = reasons.iter().map(|reason| reason.item().cloned()).collect();
        return Ok(CancelledTransaction { codes, items });
    }
    Err(error.into())
}
