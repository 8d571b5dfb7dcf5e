//! The result of a conditional write, for every write of the store whose condition can fail.
//!
//! A failed condition is an answer and not an error: the item is no longer what the writer had
//! read, because another worker, an operator or a provider event came first. The functions here
//! read the answer of one SDK call; conditions of a transaction are in `transaction`.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{
    error::{Result, StoreError},
    item::ItemMap,
};

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    Yes,
    /// The item has changed since it was read, and nothing was written. The caller reads it again
    /// or leaves it to whoever changed it.
    Conflict,
}

/// Returns true if the call failed because its condition did not hold.
pub(crate) fn condition_failed<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// Turns the answer of a conditional write into its result.
pub(crate) fn parse_applied<T, E, R>(
    answer: std::result::Result<T, SdkError<E, R>>,
) -> Result<Applied>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    Ok(if parse_answer(answer)?.is_some() { Applied::Yes } else { Applied::Conflict })
}

/// Returns the answer of a conditional write, or `None` if its condition failed.
pub(crate) fn parse_answer<T, E, R>(
    answer: std::result::Result<T, SdkError<E, R>>,
) -> Result<Option<T>>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if condition_failed(&error) => Ok(None),
        Err(error) => Err(StoreError::from(error)),
    }
}

/// The error of a call that returns the old item if its condition fails and the request asked for
/// the item.
pub(crate) trait ConflictError {
    fn conflicting_item(&self) -> Option<&ItemMap>;
}

impl ConflictError for UpdateItemError {
    fn conflicting_item(&self) -> Option<&ItemMap> {
        if let Self::ConditionalCheckFailedException(exception) = self {
            exception.item()
        } else {
            None
        }
    }
}

impl ConflictError for PutItemError {
    fn conflicting_item(&self) -> Option<&ItemMap> {
        if let Self::ConditionalCheckFailedException(exception) = self {
            exception.item()
        } else {
            None
        }
    }
}

/// Returns the item as it was when its condition failed, if the request asked for it and it exists.
pub(crate) fn conflicting_item<E: ConflictError, R>(error: &SdkError<E, R>) -> Option<&ItemMap> {
    error.as_service_error()?.conflicting_item()
}
