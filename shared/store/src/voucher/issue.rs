//! Issues the record of an occurrence: a voucher, a held-out record, a skip or a failure. Each
//! derived key has one record, however often it is requested. A put with guards is a transaction
//! with the items that the guards check, and costs twice as much.

use aws_sdk_dynamodb::types::{
    ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain::{
    delivery::dispatch::Dispatch,
    kernel::id::CustomerId,
    voucher::record::{Voucher, VoucherStatus},
};

use crate::{
    Store,
    conditional::{condition_failed, conflicting_item},
    error::{Result, StoreError},
    item::{ItemMap, s},
    keys::{VoucherKey, voucher_key},
    transaction::TransactionResult,
    voucher::{
        offers::SeenOffers,
        records::{read_voucher, voucher_item, voucher_put},
    },
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
    /// The customer whose offers these are, if it is not the record's own id: the surviving one of
    /// a merge.
    pub offers_of: Option<&'a CustomerId>,
    /// The keys of the same occurrence under the other records of the customer. They must be free
    /// or have a skip, so that of two merged records one gets the offer.
    pub siblings: &'a [VoucherKey],
}

#[derive(Debug, Clone, PartialEq)]
pub enum GuardedIssue {
    Issued(IssueResult),
    /// Another worker holds the lease on the dispatch, or the dispatch has ended. Nothing was
    /// written.
    LeaseLost,
    /// Another offer was made in the meantime; the worker decides again. Nothing was written.
    OffersChanged,
    /// Another record of the customer has the occurrence. Nothing was written.
    SiblingIssued,
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
            let counted = guards.offers_of.unwrap_or(&voucher.customer);
            items.push(self.offer_count_update(counted, offers)?);
        }
        if let Some(dispatch) = guards.leased_dispatch {
            items.push(self.lease_check(dispatch)?);
        }
        let siblings_from = items.len();
        for sibling in guards.siblings {
            items.push(self.free_voucher_check(sibling)?);
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
                if (siblings_from..siblings_from + guards.siblings.len())
                    .any(|index| cancelled.condition_failed_at(index)) =>
            {
                Ok(GuardedIssue::SiblingIssued)
            }
            TransactionResult::Refused(cancelled)
                if guards.offers.is_some() && cancelled.condition_failed_at(1) =>
            {
                Ok(GuardedIssue::OffersChanged)
            }
            TransactionResult::Refused(_) => Ok(GuardedIssue::LeaseLost),
        }
    }
}

impl Store {
    fn free_voucher_check(&self, key: &VoucherKey) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .condition_expression(
                "attribute_not_exists(voucher_id) OR #status IN (:skipped, :failed)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":skipped", s(VoucherStatus::Skipped.as_str()))
            .expression_attribute_values(":failed", s(VoucherStatus::Failed.as_str()));
        Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
    }
}

/// Returns the record that lies under the key of `voucher`.
fn read_existing(voucher: &Voucher, old: Option<&ItemMap>) -> Result<IssueResult> {
    let old = old.ok_or_else(|| {
        StoreError::corrupt(&voucher.id, "the condition failed without the old item")
    })?;
    Ok(IssueResult::Existing(Box::new(read_voucher(old)?)))
}
