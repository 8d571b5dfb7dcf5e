//! Lets operators act on open work: retry it now, or give up one customer's match. Read
//! before it: `pending`. After it: the release, the watchdog or a worker, which find the work as if
//! it had come due by itself.
//!
//! Guarantees: each action is one transaction with its audit record, on the condition that the work
//! has not changed since it was read.

use aws_sdk_dynamodb::types::{
    ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    builders::UpdateBuilder,
};
use domain::{
    delivery::dispatch::{Dispatch, DispatchKey, DispatchPurpose, DispatchState},
    kernel::id::VoucherId,
    voucher::record::Voucher,
};

use crate::{
    Store,
    campaign::campaigns::{AuditedChange, CampaignSummary},
    conditional::Applied,
    error::{Result, StoreError},
    item::{ItemMap, at, n, s},
    keys::{dispatch_key, unknown_note_key},
    transaction::TransactionResult,
    voucher::records::{UnknownAttempt, read_voucher, voucher_put},
};

/// An operator's action on one match.
#[derive(Debug, Clone, Copy)]
pub struct OperatorAction<'a> {
    pub campaign: &'a CampaignSummary,
    /// The voucher id of the match; it exists before the voucher is issued.
    pub voucher: &'a VoucherId,
    pub change: AuditedChange<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GiveUpResult {
    Done,
    /// The match has a record already; holds the record as it is now.
    Recorded(Box<Voucher>),
    /// No open dispatch holds this customer without an outcome.
    NotOpen,
}

impl Store {
    /// Makes a retry, or work that was put back, due now. A dispatch that waits for its own send
    /// time is never moved.
    pub async fn retry_ready_dispatch(
        &self,
        key: &DispatchKey,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let update = self
            .retry_update(dispatch_key(key), act)
            .update_expression("SET due_at = :now")
            .condition_expression(
                "#state = :ready AND due_at > :now AND (#purpose = :retry OR takes > :none)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#purpose", "purpose")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":retry", s(DispatchPurpose::Retry.as_str()))
            .expression_attribute_values(":none", n(0));
        self.commit_retry(update, act).await
    }

    /// Makes a released dispatch without a running lease `ready` again, as the watchdog would
    /// later.
    pub async fn retry_released_dispatch(
        &self,
        dispatch: &Dispatch,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let update = self
            .retry_update(dispatch_key(&dispatch.key), act)
            .update_expression(
                "SET #state = :ready, due_queue = :queue, due_at = :now REMOVE lease_until",
            )
            .condition_expression(
                "#state = :released AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(
                ":queue",
                s(self.ready_partition(dispatch.channel, &dispatch.key)),
            );
        self.commit_retry(update, act).await
    }

    /// Makes the watchdog settle an attempt of unknown fate in its next round. The channel's rules
    /// for what follows stay the same.
    pub async fn retry_unknown_attempt(
        &self,
        unknown: &UnknownAttempt,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let update = self
            .retry_update(
                unknown_note_key(&unknown.key.voucher, unknown.channel, unknown.number),
                act,
            )
            .update_expression("SET due_at = :now")
            .condition_expression("attribute_exists(pk) AND due_at > :now");
        self.commit_retry(update, act).await
    }

    fn retry_update(&self, key: ItemMap, act: &OperatorAction<'_>) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(key))
            .expression_attribute_values(":now", at(act.change.at))
    }

    async fn commit_retry(
        &self,
        update: UpdateBuilder,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let update = TransactWriteItem::builder().update(update.build()?).build();
        let items =
            vec![update, self.new_match_audit_record(act.campaign, act.voucher, &act.change)?];
        self.transact_applied("open work", items).await
    }

    /// Puts `record`, a skip, in the place of the voucher while the dispatch that holds the
    /// customer is open. The worker that leases the dispatch finds the record and counts it, so a
    /// match that is given up is counted once, and never sent.
    pub async fn give_up_customer(
        &self,
        key: &DispatchKey,
        record: &Voucher,
        act: &OperatorAction<'_>,
    ) -> Result<GiveUpResult> {
        let put = voucher_put(&self.tables.vouchers, record)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let open = ConditionCheck::builder()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(key)))
            .condition_expression(
                "#state IN (:ready, :released) AND #purpose IN (:planned, :moved) AND contains(#customers, :customer)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#purpose", "purpose")
            .expression_attribute_names("#customers", "customers")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":planned", s(DispatchPurpose::Planned.as_str()))
            .expression_attribute_values(":moved", s(DispatchPurpose::Moved.as_str()))
            .expression_attribute_values(":customer", s(record.customer.as_str()));
        let items = vec![
            TransactWriteItem::builder().put(put.build()?).build(),
            TransactWriteItem::builder().condition_check(open.build()?).build(),
            self.new_match_audit_record(act.campaign, act.voucher, &act.change)?,
        ];
        let refused = match self.transact("a match", items).await? {
            TransactionResult::Written => return Ok(GiveUpResult::Done),
            TransactionResult::Refused(refused) => refused,
        };
        match refused.items.first() {
            Some(Some(old)) if refused.condition_failed_at(0) => {
                Ok(GiveUpResult::Recorded(Box::new(read_voucher(old)?)))
            }
            _ if refused.condition_failed_at(1) => Ok(GiveUpResult::NotOpen),
            _ => Err(StoreError::Contended("a match")),
        }
    }
}
