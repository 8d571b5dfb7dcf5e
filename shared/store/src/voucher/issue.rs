//! Issues the record of an occurrence: a voucher, a held-out record, a skip or a failure. Each
//! derived key has one record, however often it is requested. A put with guards is a transaction
//! with the items that the guards check, and costs twice as much.
//!
//! Also here: the number of a customer's offers and reminders that count for others (cool-downs,
//! caps across campaigns), PK `offers#<customer>`, SK `COUNT`. A worker that decides by a
//! customer's other records reads this number before them, and raises it in the transaction of the
//! put: of two workers that decide at the same time, one is refused and decides again. The decision
//! itself uses the records, so the number may end by TTL once no record counts any more.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::{
    Timestamp, delivery::dispatch::Dispatch, kernel::id::CustomerId, voucher::record::Voucher,
};

use crate::{
    Store,
    conditional::{condition_failed, conflicting_item},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, n},
    keys::offers_key,
    transaction::TransactionResult,
    voucher::records::{read_voucher, voucher_item, voucher_put},
};

/// The result of issuing a record.
#[derive(Debug, Clone, PartialEq)]
pub enum IssueResult {
    First,
    /// The record exists already; holds it as it is now.
    Existing(Box<Voucher>),
}

/// Conditions for putting the record, in addition to its key being free.
#[derive(Debug, Clone, Copy, Default)]
pub struct IssueGuards<'a> {
    /// Requires that this worker still holds the lease on the dispatch. Needed when the quota
    /// reservation is smaller than the number of customers: a superseded worker must not use
    /// vouchers that its successor counts on.
    pub leased_dispatch: Option<&'a Dispatch>,
    pub offers: Option<SeenOffers>,
}

/// Requires that the customer got no other offer since their records were read: two of their
/// dispatches may be processed at the same time.
#[derive(Debug, Clone, Copy)]
pub struct SeenOffers {
    /// The number that was read before the records.
    pub seen: u64,
    /// The time from which this offer no longer counts for others.
    pub counts_until: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GuardedIssue {
    Issued(IssueResult),
    /// Another worker holds the lease on the dispatch, or the dispatch has ended. Nothing was
    /// written.
    LeaseLost,
    /// Another offer was made in the meantime; the worker decides again. Nothing was written.
    OffersChanged,
}

impl Store {
    /// Issues a record by one conditional put on the derived key: the exactly-once guard.
    pub async fn issue_voucher(&self, voucher: &Voucher) -> Result<IssueResult> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.tables.vouchers)
            .set_item(Some(voucher_item(voucher)))
            .condition_expression("attribute_not_exists(voucher_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(IssueResult::First),
            Err(error) if condition_failed(&error) => {
                read_existing(voucher, conflicting_item(&error))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Issues a record while every guard holds.
    pub async fn issue_voucher_guarded(
        &self,
        voucher: &Voucher,
        guards: &IssueGuards<'_>,
    ) -> Result<GuardedIssue> {
        let put = voucher_put(&self.tables.vouchers, voucher)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut items = vec![TransactWriteItem::builder().put(put.build()?).build()];
        if let Some(offers) = &guards.offers {
            items.push(self.offer_count_update(&voucher.customer, offers)?);
        }
        if let Some(dispatch) = guards.leased_dispatch {
            items.push(self.lease_check(dispatch)?);
        }
        if items.len() == 1 {
            return self.issue_voucher(voucher).await.map(GuardedIssue::Issued);
        }
        match self.transact("a guarded voucher", items).await? {
            TransactionResult::Written => Ok(GuardedIssue::Issued(IssueResult::First)),
            TransactionResult::Refused(cancelled) if cancelled.condition_failed_at(0) => {
                read_existing(voucher, cancelled.old_item_at(0)).map(GuardedIssue::Issued)
            }
            TransactionResult::Refused(cancelled)
                if guards.offers.is_some() && cancelled.condition_failed_at(1) =>
            {
                Ok(GuardedIssue::OffersChanged)
            }
            TransactionResult::Refused(_) => Ok(GuardedIssue::LeaseLost),
        }
    }

    /// Returns the number of the customer's offers. It must be read before the customer's records,
    /// and is read consistently.
    pub async fn offer_count(&self, customer: &CustomerId) -> Result<u64> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(offers_key(customer)))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item.and_then(|item| item.number_opt("offers")).unwrap_or(0))
    }

    /// Returns the write that raises the number of offers by one, if it is still the one that was
    /// seen.
    pub(crate) fn offer_count_update(
        &self,
        customer: &CustomerId,
        offers: &SeenOffers,
    ) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(offers_key(customer)))
            .update_expression("SET offers = :next, #ttl = :ttl")
            .condition_expression(if offers.seen == 0 {
                "attribute_not_exists(offers)"
            } else {
                "offers = :seen"
            })
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":next", n(offers.seen + 1))
            .expression_attribute_values(":ttl", n(offers.counts_until.as_second()));
        let update = if offers.seen == 0 {
            update
        } else {
            update.expression_attribute_values(":seen", n(offers.seen))
        };
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}

/// Returns the record that lies under the key of `voucher`.
fn read_existing(voucher: &Voucher, old: Option<&ItemMap>) -> Result<IssueResult> {
    let old = old.ok_or_else(|| {
        StoreError::corrupt(&voucher.id, "the condition failed without the old item")
    })?;
    Ok(IssueResult::Existing(Box::new(read_voucher(old)?)))
}
