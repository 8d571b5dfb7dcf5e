//! Accepts, holds, redeems and reverses vouchers: one conditional write each, on the voucher's one
//! item. A failed condition returns the item as it was, so that one round trip tells a repeat from
//! a conflict. Expiry is part of every condition.

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{
        AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
        builders::UpdateBuilder,
    },
};
use domain::{
    Timestamp,
    kernel::id::{CampaignId, HoldKey},
    voucher::{
        record::{CheckoutHold, Redemption, Voucher, VoucherRefusal, VoucherStatus},
        redemption::AppliedReversal,
    },
};

use crate::{
    Store,
    conditional::{condition_failed, conflicting_item},
    error::Result,
    item::{at, n, s},
    keys::{quota_key, voucher_key},
    transaction::TransactionResult,
    voucher::records::{
        VoucherKey, read_voucher, redemption_value, refusal_attributes, refused_text, undone_value,
    },
};

/// The result of a conditional write on a voucher.
#[derive(Debug, Clone, PartialEq)]
pub enum RedemptionResult {
    First,
    /// The condition failed; holds the voucher as it was at that moment.
    Conflict(Box<Voucher>),
    /// There is no such voucher.
    Missing,
    /// The campaign's cap on redeemed amounts has no room.
    Capped,
}

/// A redemption to record.
#[derive(Debug, Clone, Copy)]
pub struct RedemptionWrite<'a> {
    pub key: &'a VoucherKey,
    /// The undone redemption that this one replaces, as it was read.
    pub replaces: Option<&'a Redemption>,
    pub redemption: &'a Redemption,
    pub hold: Option<&'a HoldKey>,
    /// The campaign whose cap on redeemed amounts is charged, if it has one.
    pub capped_campaign: Option<&'a CampaignId>,
}

impl RedemptionWrite<'_> {
    fn apply_to(&self, update: UpdateBuilder) -> UpdateBuilder {
        let update = update
            .set_key(Some(voucher_key(self.key)))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":accepted", s(VoucherStatus::Accepted.as_str()))
            .expression_attribute_values(":redeemed", s(VoucherStatus::Redeemed.as_str()))
            .expression_attribute_values(":redemption", redemption_value(self.redemption))
            .expression_attribute_values(":hold", s(self.hold.map_or(NO_KEY, HoldKey::as_str)))
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":now", at(self.redemption.at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Some(before) = self.replaces else {
            return update
                .update_expression(format!("{REDEEM}{UNLOCK}"))
                .condition_expression(format!("{USABLE} AND {FIRST_REDEMPTION}"));
        };
        update
            .update_expression(format!("{REDEEM}{KEEP_UNDONE}{UNLOCK}"))
            .condition_expression(format!("{USABLE} AND {REPLACES_REDEMPTION}"))
            .expression_attribute_values(":before", redemption_value(before))
            .expression_attribute_values(
                ":undone",
                AttributeValue::L(vec![undone_value(&before.to_undone())]),
            )
            .expression_attribute_values(":nothing", AttributeValue::L(Vec::new()))
    }
}

async fn send_recorded(update: UpdateItemFluentBuilder) -> Result<RedemptionResult> {
    let update = update
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match update.send().await {
        Ok(_) => Ok(RedemptionResult::First),
        Err(error) => match conflicting_item(&error) {
            Some(old) => Ok(RedemptionResult::Conflict(Box::new(read_voucher(old)?))),
            None if condition_failed(&error) => Ok(RedemptionResult::Missing),
            None => Err(error.into()),
        },
    }
}

/// The condition under which an accepted voucher may be used now. `domain::voucher::redemption` decides by
/// the same rule; this condition is the guarantee.
const USABLE: &str = "#status = :accepted AND redeem_by > :now AND valid_from <= :now \
                      AND (attribute_not_exists(hold_key) OR hold_key = :hold OR hold_until <= :now)";
/// The placeholder for "no key" in the condition. No hold key looks like this.
const NO_KEY: &str = "#none";

/// The condition, beside [`USABLE`], of a first redemption. A replaced redemption must be the one
/// that was read, because it is kept for the books.
const FIRST_REDEMPTION: &str = "attribute_not_exists(redemption)";
const REPLACES_REDEMPTION: &str = "redemption = :before";
const KEEP_UNDONE: &str = ", undone = list_append(if_not_exists(undone, :nothing), :undone)";

const REDEEM: &str = "SET #status = :redeemed, redemption = :redemption, redeemed_at = if_not_exists(redeemed_at, :now), \
                      redemptions = if_not_exists(redemptions, :zero) + :one";
const UNLOCK: &str = " REMOVE hold_key, hold_until";

impl Store {
    pub async fn record_acceptance(
        &self,
        key: &VoucherKey,
        redeem_by: Timestamp,
        now: Timestamp,
    ) -> Result<RedemptionResult> {
        let update = self
            .update_voucher(key)
            .update_expression(
                "SET #status = :accepted, accepted_at = if_not_exists(accepted_at, :now), redeem_by = :redeem_by, \
                 accepted_via = if_not_exists(last_via, :none)",
            )
            .condition_expression("#status = :issued AND accept_by > :now")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":accepted", s(VoucherStatus::Accepted.as_str()))
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
            .expression_attribute_values(":redeem_by", at(redeem_by))
            .expression_attribute_values(":none", s("none"))
            .expression_attribute_values(":now", at(now));
        send_recorded(update).await
    }

    pub async fn record_decline(
        &self,
        key: &VoucherKey,
        now: Timestamp,
    ) -> Result<RedemptionResult> {
        let update = self
            .update_voucher(key)
            .update_expression(
                "SET #status = :declined, declined_at = if_not_exists(declined_at, :now)",
            )
            .condition_expression("#status = :issued AND accept_by > :now")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":declined", s(VoucherStatus::Declined.as_str()))
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
            .expression_attribute_values(":now", at(now));
        send_recorded(update).await
    }

    pub async fn record_hold(
        &self,
        key: &VoucherKey,
        hold: &CheckoutHold,
        now: Timestamp,
    ) -> Result<RedemptionResult> {
        let update = self
            .update_voucher(key)
            .update_expression("SET hold_key = :hold, hold_until = :until")
            .condition_expression(USABLE)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":accepted", s(VoucherStatus::Accepted.as_str()))
            .expression_attribute_values(":hold", s(hold.key.as_str()))
            .expression_attribute_values(":until", at(hold.until))
            .expression_attribute_values(":now", at(now));
        send_recorded(update).await
    }

    pub async fn release_hold(
        &self,
        key: &VoucherKey,
        hold: &HoldKey,
        now: Timestamp,
    ) -> Result<RedemptionResult> {
        let update = self
            .update_voucher(key)
            .update_expression("REMOVE hold_key, hold_until")
            .condition_expression("hold_key = :hold OR hold_until <= :now")
            .expression_attribute_values(":hold", s(hold.as_str()))
            .expression_attribute_values(":now", at(now));
        send_recorded(update).await
    }

    /// Records a redemption: one write, or two in one transaction where the campaign caps the
    /// redeemed amount.
    pub async fn record_redemption(
        &self,
        redeem: &RedemptionWrite<'_>,
    ) -> Result<RedemptionResult> {
        let update =
            redeem.apply_to(Update::builder().table_name(&self.tables.vouchers)).build()?;
        let Some(campaign) = redeem.capped_campaign else {
            let update = self
                .client
                .update_item()
                .table_name(update.table_name())
                .set_key(Some(update.key().clone()))
                .update_expression(update.update_expression())
                .set_condition_expression(update.condition_expression().map(str::to_owned))
                .set_expression_attribute_names(update.expression_attribute_names().cloned())
                .set_expression_attribute_values(update.expression_attribute_values().cloned());
            return send_recorded(update).await;
        };
        let discount = redeem.redemption.discount.units();
        let items = vec![
            TransactWriteItem::builder().update(update).build(),
            self.cap_update(campaign, discount)?,
        ];
        self.commit_with_cap(items).await
    }

    /// Returns the write that takes `discount` minor units from the cap on redeemed amounts, or
    /// gives them back if `discount` is below zero.
    fn cap_update(&self, campaign: &CampaignId, discount: i64) -> Result<TransactWriteItem> {
        let mut update = Update::builder()
            .table_name(&self.tables.control)
            .set_key(Some(quota_key(campaign)))
            .update_expression("ADD redeemed_remaining :change")
            .expression_attribute_values(":change", n(-discount));
        if discount > 0 {
            update = update
                .condition_expression("redeemed_remaining >= :discount")
                .expression_attribute_values(":discount", n(discount));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Writes the voucher and the cap in one transaction. A conflict means that another redemption
    /// was changing the voucher or the cap at that moment; the next try finds out which.
    async fn commit_with_cap(&self, items: Vec<TransactWriteItem>) -> Result<RedemptionResult> {
        match self.transact("a voucher and its campaign's cap", items).await? {
            TransactionResult::Written => Ok(RedemptionResult::First),
            TransactionResult::Refused(cancelled) if cancelled.condition_failed_at(0) => {
                match cancelled.old_item_at(0) {
                    Some(old) => Ok(RedemptionResult::Conflict(Box::new(read_voucher(old)?))),
                    None => Ok(RedemptionResult::Missing),
                }
            }
            TransactionResult::Refused(_) => Ok(RedemptionResult::Capped),
        }
    }

    /// Records a reversal. `before` is the redemption that the reversal was decided on: a change in
    /// between makes the result `Conflict`.
    pub async fn record_reversal(
        &self,
        key: &VoucherKey,
        before: &Redemption,
        reversed: &AppliedReversal,
        capped: Option<&CampaignId>,
        now: Timestamp,
    ) -> Result<RedemptionResult> {
        let mut sets = "SET redemption = :after".to_owned();
        if reversed.status.is_some() {
            sets += ", #status = :status, reversed_at = if_not_exists(reversed_at, :now), \
                     reversals = if_not_exists(reversals, :zero) + :one";
        }
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression(sets)
            .condition_expression("#status = :redeemed AND redemption = :before")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":redeemed", s(VoucherStatus::Redeemed.as_str()))
            .expression_attribute_values(":before", redemption_value(before))
            .expression_attribute_values(":after", redemption_value(&reversed.redemption))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(status) = reversed.status {
            update = update
                .expression_attribute_values(":status", s(status.as_str()))
                .expression_attribute_values(":now", at(now))
                .expression_attribute_values(":zero", n(0))
                .expression_attribute_values(":one", n(1));
        }
        let mut items = vec![TransactWriteItem::builder().update(update.build()?).build()];
        if let Some(campaign) = capped
            && reversed.returned.units() > 0
        {
            items.push(self.cap_update(campaign, -reversed.returned.units())?);
        }
        self.commit_with_cap(items).await
    }

    /// Keeps the precise reason of a refusal with the voucher: the last one, and how often for each
    /// reason. Never creates an item.
    pub async fn record_refusal(
        &self,
        key: &VoucherKey,
        action: &str,
        refusal: VoucherRefusal,
        now: Timestamp,
    ) -> Result<()> {
        let (count, since) = refusal_attributes(refusal);
        let update = self
            .update_voucher(key)
            .update_expression(
                "SET refused = :why, refused_at = :now, #since = if_not_exists(#since, :now), \
                 #count = if_not_exists(#count, :zero) + :one",
            )
            .condition_expression("attribute_exists(voucher_id)")
            .expression_attribute_names("#count", count)
            .expression_attribute_names("#since", since)
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":why", s(refused_text(action, refusal)))
            .expression_attribute_values(":now", at(now));
        send_recorded(update).await.map(|_| ())
    }
}
