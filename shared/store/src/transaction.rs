//! Writes several items, all or nothing. A failed condition is a value. A conflict with another
//! transaction on the same item is not an answer at all, so the transaction is tried again here,
//! with a new token and a growing backoff.

use aws_sdk_dynamodb::{
    error::SdkError, operation::transact_write_items::TransactWriteItemsError,
    types::TransactWriteItem,
};

use crate::{
    Store,
    backoff::back_off,
    conditional::Applied,
    error::{Result, StoreError},
    item::ItemMap,
};

/// The most tries of one transaction that conflicts with others. With the longest backoff they take
/// about a second in all.
const MAX_CONFLICT_RETRIES: u32 = 12;

pub(crate) enum TransactionResult {
    Written,
    /// At least one condition failed; nothing was written.
    Refused(CancelledTransaction),
}

/// Reasons for which a transaction was cancelled: one code for each of its items, in order (`None`,
/// `ConditionalCheckFailed`, ...), with the old item where the request asked for it.
pub(crate) struct CancelledTransaction {
    pub codes: Vec<String>,
    pub items: Vec<Option<ItemMap>>,
}

impl CancelledTransaction {
    pub fn condition_failed_at(&self, index: usize) -> bool {
        self.codes.get(index).is_some_and(|code| code == "ConditionalCheckFailed")
    }
    /// Returns the item at `index` as it was when the transaction was refused, if the request asked
    /// for it and it exists.
    pub fn old_item_at(&self, index: usize) -> Option<&ItemMap> {
        self.items.get(index).and_then(Option::as_ref)
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

impl Store {
    /// Writes `items` in one transaction. `what` names the items in the error that is returned when
    /// the retries do not suffice.
    pub(crate) async fn transact(
        &self,
        what: &'static str,
        items: Vec<TransactWriteItem>,
    ) -> Result<TransactionResult> {
        for attempt in 0..MAX_CONFLICT_RETRIES {
            let request =
                self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let Err(error) = request.send().await else {
                return Ok(TransactionResult::Written);
            };
            let cancelled = parse_cancellation(error)?;
            if cancelled.any_condition_failed() {
                return Ok(TransactionResult::Refused(cancelled));
            }
            if !cancelled.is_conflict() {
                return Err(StoreError::Refused(format!(
                    "the transaction on {what} was cancelled: {:?}",
                    cancelled.codes
                )));
            }
            back_off(attempt).await;
        }
        Err(StoreError::Contended(what))
    }

    /// Writes `items` in one transaction like [`transact`](Self::transact), for callers to whom any
    /// failed condition means the same.
    pub(crate) async fn transact_applied(
        &self,
        what: &'static str,
        items: Vec<TransactWriteItem>,
    ) -> Result<Applied> {
        Ok(match self.transact(what, items).await? {
            TransactionResult::Written => Applied::Yes,
            TransactionResult::Refused(_) => Applied::Conflict,
        })
    }
}
