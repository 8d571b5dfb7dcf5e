//! Vouchers that support issues, issues again or extends, each in one transaction with its audit
//! record. Written by operations.
//!
//! A voucher that is issued takes its part of the campaign's caps, is counted as selected and issued
//! in its run, and has a dispatch, which tells the customer and in which the watchdog finds the
//! voucher's end. Also here: the number of vouchers that an operator issued on a day, PK
//! `goodwill#<operator>`, SK the day, which ends by TTL.
//!
//! Guarantees: the same request issues one voucher; a voucher is issued again only while it is over
//! as it was read, and is not used any more from then on; it is extended only while its end is the one
//! that was read; no operator issues more
//! on a day than their role may, and no customer gets more than was counted.

use aws_sdk_dynamodb::types::{
    ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::{
    Timestamp, delivery::dispatch::Dispatch, kernel::money::MinorUnits, voucher::record::Voucher,
};
use jiff::civil::Date;

use crate::{
    Store,
    conditional::Applied,
    delivery::operator_actions::OperatorAction,
    error::{Result, StoreError},
    item::{at, n, s},
    keys::{goodwill_count_key, segment_key, summary_key, voucher_key},
    transaction::TransactionResult,
    voucher::{
        offers::SeenOffers,
        records::{VoucherKey, read_voucher, voucher_put},
    },
};

/// The condition that no checkout can still redeem the voucher by its hold.
const NOT_HELD: &str = "(attribute_not_exists(hold_until) OR hold_until <= :now)";
/// Seconds for which an operator's number of a day is kept.
const KEEP_COUNT_SECONDS: i64 = 7 * 24 * 3_600;

/// A voucher that support issues, with what the decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct GoodwillIssue<'a> {
    pub voucher: &'a Voucher,
    pub dispatch: &'a Dispatch,
    /// The most that the voucher can cost.
    pub cost: MinorUnits,
    /// The operator's number of the day.
    pub count: OperatorCount<'a>,
    /// The customer's number of offers, read before their records.
    pub offers: SeenOffers,
    /// The voucher that is issued again.
    pub replaces: Option<&'a Voucher>,
    pub act: OperatorAction<'a>,
}

/// The vouchers that an operator may issue on a day. Without a limit nothing is counted.
#[derive(Debug, Clone, Copy)]
pub struct OperatorCount<'a> {
    pub operator: &'a str,
    pub day: Date,
    pub most: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GoodwillResult {
    Issued,
    /// The request was made before; holds the voucher as it is now.
    Existing(Box<Voucher>),
    /// The campaign's caps have no room.
    CapReached,
    /// The operator has issued as many today as their role may.
    DayLimit,
    /// Something has changed since it was read. Nothing was written; the caller decides again.
    Conflict,
}

impl Store {
    /// Issues a voucher by hand: the record, its part of the caps, its place in the run, the
    /// dispatch, the counts and the audit record, all or nothing.
    pub async fn issue_goodwill(&self, issue: &GoodwillIssue<'_>) -> Result<GoodwillResult> {
        let voucher = issue.voucher;
        let put = voucher_put(&self.tables.vouchers, voucher)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut items = vec![
            TransactWriteItem::builder().put(put.build()?).build(),
            self.quota_update(&voucher.campaign, -1, issue.cost, true)?,
            self.unchanged_campaign(issue)?,
            self.issued_in_run_update(issue)?,
            self.dispatch_put(issue.dispatch)?,
            self.offer_count_update(&voucher.customer, &issue.offers)?,
            self.new_match_audit_record(issue.act.campaign, &voucher.id, &issue.act.change)?,
        ];
        let count_at = items.len();
        items.extend(self.operator_count_update(&issue.count, issue.act.change.at)?);
        if let Some(old) = issue.replaces {
            items.push(self.replaced_update(old, issue.act.change.at)?);
        }
        let refused = match self.transact("a goodwill voucher", items).await? {
            TransactionResult::Written => return Ok(GoodwillResult::Issued),
            TransactionResult::Refused(refused) => refused,
        };
        if refused.condition_failed_at(0) {
            let old = refused.old_item_at(0).ok_or_else(|| {
                StoreError::corrupt(&voucher.id, "the condition failed without the old item")
            })?;
            return Ok(GoodwillResult::Existing(Box::new(read_voucher(old)?)));
        }
        Ok(if refused.condition_failed_at(1) {
            GoodwillResult::CapReached
        } else if issue.count.most.is_some() && refused.condition_failed_at(count_at) {
            GoodwillResult::DayLimit
        } else {
            GoodwillResult::Conflict
        })
    }

    /// Moves the end of a voucher, while it is the one that was read.
    pub async fn extend_voucher(
        &self,
        voucher: &Voucher,
        accept_by: Timestamp,
        redeem_by: Option<Timestamp>,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(&VoucherKey::from(voucher))))
            .expression_attribute_values(":accept_by", at(accept_by));
        let mut set = "SET accept_by = :accept_by".to_owned();
        if let Some(redeem_by) = redeem_by {
            set.push_str(", redeem_by = :redeem_by");
            update = update.expression_attribute_values(":redeem_by", at(redeem_by));
        }
        let TermsCondition { condition, values } = same_terms(voucher);
        update = update
            .update_expression(set)
            .condition_expression(condition)
            .expression_attribute_names("#status", "status");
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        let items = vec![
            TransactWriteItem::builder().update(update.build()?).build(),
            self.new_match_audit_record(act.campaign, act.voucher, &act.change)?,
        ];
        self.transact_applied("a voucher's end", items).await
    }

    /// Counts the voucher as selected and issued in its run.
    fn issued_in_run_update(&self, issue: &GoodwillIssue<'_>) -> Result<TransactWriteItem> {
        let key = &issue.dispatch.key;
        let update = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(segment_key(&key.run, key.segment)))
            .update_expression("ADD selected :one, issued :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":one", n(1))
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Requires that the campaign is the one that was read: it may have been paused, cancelled or
    /// revoked in the meantime.
    fn unchanged_campaign(&self, issue: &GoodwillIssue<'_>) -> Result<TransactWriteItem> {
        let campaign = issue.act.campaign;
        let check = ConditionCheck::builder()
            .table_name(&self.tables.control)
            .set_key(Some(summary_key(&campaign.id)))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", n(campaign.version))
            .build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Marks a voucher as issued again, while it is over as it was read and no checkout holds it. From
    /// then on it is neither extended nor used by a caller who has read it before it was over.
    fn replaced_update(&self, voucher: &Voucher, now: Timestamp) -> Result<TransactWriteItem> {
        let TermsCondition { condition, values } = same_terms(voucher);
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(&VoucherKey::from(voucher))))
            .update_expression("SET reissued_at = :now")
            .condition_expression(format!("{condition} AND {NOT_HELD}"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", at(now));
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn operator_count_update(
        &self,
        count: &OperatorCount<'_>,
        now: Timestamp,
    ) -> Result<Option<TransactWriteItem>> {
        let Some(most) = count.most else { return Ok(None) };
        let update = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(goodwill_count_key(count.operator, count.day)))
            .update_expression("SET #ttl = :ttl ADD issued :one")
            .condition_expression(if most == 0 {
                "issued < :most"
            } else {
                "attribute_not_exists(issued) OR issued < :most"
            })
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", n(now.as_second() + KEEP_COUNT_SECONDS))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":most", n(most))
            .build()?;
        Ok(Some(TransactWriteItem::builder().update(update).build()))
    }
}

/// The condition that a voucher's status and ends are those that were read, and that it was not
/// issued again.
struct TermsCondition {
    condition: &'static str,
    values: Vec<(&'static str, aws_sdk_dynamodb::types::AttributeValue)>,
}

fn same_terms(voucher: &Voucher) -> TermsCondition {
    let mut values =
        vec![(":status", s(voucher.status.as_str())), (":accept_by_read", at(voucher.accept_by))];
    let condition = match voucher.redeem_by {
        Some(end) => {
            values.push((":redeem_by_read", at(end)));
            "#status = :status AND accept_by = :accept_by_read AND redeem_by = :redeem_by_read \
             AND attribute_not_exists(reissued_at)"
        }
        None => {
            "#status = :status AND accept_by = :accept_by_read AND attribute_not_exists(redeem_by) \
             AND attribute_not_exists(reissued_at)"
        }
    };
    TermsCondition { condition, values }
}
