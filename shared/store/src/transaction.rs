//! Writes several items, all or nothing. A failed condition is a value. A conflict with another
//! transaction on the same item is not an answer at all, so the transaction is tried again here,
//! with a new token and a growing backoff.

use aws_sdk_dynamodb::types::TransactWriteItem;

use crate::{
    Store,
    customer::profiles::back_off,
    error::{CancelledTransaction, Result, StoreError, parse_cancellation},
};

/// The most tries of one transaction that conflicts with others. With the longest backoff they take
/// about a second in all.
const MAX_CONFLICT_RETRIES: u32 = 12;

pub(crate) enum TransactionResult {
    Written,
    /// At least one condition failed; nothing was written.
    Refused(CancelledTransaction),
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
}
