//! Failures below an operation of the store, split by what the caller does next.

use aws_sdk_dynamodb::error::SdkError;
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
