//! Several items, all or nothing. A condition that says no is a value; a conflict with another transaction on the same item is
//! not an answer at all, so it is tried again here, with a new token and a growing pause.

use aws_sdk_dynamodb::types::TransactWriteItem;

use crate::{
    Store,
    customers::pause,
    error::{Cancelled, Result, StoreError, cancelled},
};

/// Meetings on one item, at most: with the longest pause about a second in all.
const TRIES: u32 = 12;

pub(crate) enum Transacted {
    Written,
    /// At least one condition said no; nothing was written.
    Refused(Cancelled),
}

impl Store {
    /// `what` names the items for the error when there is no way through.
    pub(crate) async fn transact(&self, what: &'static str, items: Vec<TransactWriteItem>) -> Result<Transacted> {
        for attempt in 0..TRIES {
            let request = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let Err(error) = request.send().await else { return Ok(Transacted::Written) };
            let cancelled = cancelled(error)?;
            if cancelled.any_failed() {
                return Ok(Transacted::Refused(cancelled));
            }
            if !cancelled.conflicted() {
                return Err(StoreError::Refused(format!(
                    "the transaction on {what} was cancelled: {:?}",
                    cancelled.codes
                )));
            }
            pause(attempt).await;
        }
        Err(StoreError::Contended(what))
    }
}
