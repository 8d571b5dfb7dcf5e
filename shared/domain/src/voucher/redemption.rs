//! Voucher use at checkout: validate, hold, release, redeem, reverse.
//!
//! These are pure decisions, for good messages and tests. The store repeats each as a condition on
//! one item, which is the guarantee. Expiry is always checked in both places and never left to a
//! clean-up.

use jiff::{SignedDuration, Timestamp};

use crate::{
    campaign::{
        basket::Basket,
        definition::{OnCancel, OnRefund},
    },
    kernel::{
        id::{HoldKey, OrderId, RefundId},
        money::MinorUnits,
    },
    voucher::record::{
        CheckoutHold, Redemption, Voucher, VoucherConditions, VoucherRefusal, VoucherStatus,
    },
};

/// Maximum time for which a checkout may hold a voucher, in seconds.
pub const MAX_HOLD_SECONDS: i64 = 3_600;
pub const DEFAULT_HOLD_SECONDS: i64 = 600;
/// Maximum number of partial refunds stored for one redemption.
pub const MAX_REFUNDS: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedeemDecision {
    Redeem(Redemption),
    /// The same order was redeemed before. It gets the same answer.
    Repeat(Redemption),
    Refuse(VoucherRefusal),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldDecision {
    Hold { hold: CheckoutHold, discount: MinorUnits },
    Refuse(VoucherRefusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseDecision {
    Release,
    /// The voucher is not held any more. Nothing is left to do.
    Repeat,
    Refuse(VoucherRefusal),
}

/// The event that undoes a redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReversalCause {
    OrderCancelled,
    Refunded {
        refund: RefundId,
        amount: MinorUnits,
        /// The lines in scope that remain on the order. They are compared with the minimum basket.
        remaining: Option<Basket>,
    },
}

/// The redemption after the reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedReversal {
    pub redemption: Redemption,
    /// The part of the discount that this event takes back.
    pub returned: MinorUnits,
    /// The part of the revenue that this event refunds.
    pub refunded: MinorUnits,
    /// The new status, or `None` if the voucher stays redeemed (a partial refund).
    pub status: Option<VoucherStatus>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReverseDecision {
    Reverse(AppliedReversal),
    Repeat(Redemption),
    Refuse(VoucherRefusal),
}

impl Voucher {
    /// Checks that the voucher can be used at all now, regardless of the basket.
    fn check_usable(&self, circumstances: &VoucherConditions<'_>) -> Result<(), VoucherRefusal> {
        match self.status_at(circumstances.revoke, circumstances.now) {
            VoucherStatus::Accepted if circumstances.now < self.valid_from => {
                Err(VoucherRefusal::NotYetValid)
            }
            VoucherStatus::Accepted => Ok(()),
            VoucherStatus::Issued => Err(VoucherRefusal::NotAccepted),
            VoucherStatus::Redeemed => Err(VoucherRefusal::AlreadyRedeemed),
            VoucherStatus::Reversed => Err(VoucherRefusal::Burned),
            VoucherStatus::Declined => Err(VoucherRefusal::AlreadyDeclined),
            VoucherStatus::Expired => Err(VoucherRefusal::Expired),
            VoucherStatus::Revoked => Err(VoucherRefusal::Revoked),
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {
                Err(VoucherRefusal::Unknown)
            }
        }
    }

    fn is_free_for(&self, key: Option<&HoldKey>, now: Timestamp) -> bool {
        self.hold.as_ref().is_none_or(|hold| now >= hold.until || Some(&hold.key) == key)
    }

    /// Returns the discount the voucher would give now, or the refusal. It has no side effects.
    pub fn validate(
        &self,
        basket: &Basket,
        circumstances: &VoucherConditions<'_>,
    ) -> Result<MinorUnits, VoucherRefusal> {
        self.check_usable(circumstances)?;
        circumstances.definition.offer.discount(basket).map_err(VoucherRefusal::Basket)
    }

    pub fn hold(
        &self,
        key: &HoldKey,
        seconds: i64,
        basket: &Basket,
        circumstances: &VoucherConditions<'_>,
    ) -> HoldDecision {
        match self.validate(basket, circumstances) {
            Err(refusal) => HoldDecision::Refuse(refusal),
            Ok(_) if !self.is_free_for(Some(key), circumstances.now) => {
                HoldDecision::Refuse(VoucherRefusal::Held)
            }
            Ok(discount) => {
                let until = circumstances
                    .now
                    .checked_add(SignedDuration::from_secs(seconds))
                    .unwrap_or(Timestamp::MAX);
                HoldDecision::Hold { hold: CheckoutHold { key: key.clone(), until }, discount }
            }
        }
    }

    pub fn release(&self, key: &HoldKey, now: Timestamp) -> ReleaseDecision {
        match &self.hold {
            None => ReleaseDecision::Repeat,
            Some(hold) if hold.key == *key || now >= hold.until => ReleaseDecision::Release,
            Some(_) => ReleaseDecision::Refuse(VoucherRefusal::Held),
        }
    }

    pub fn redeem(
        &self,
        order: &OrderId,
        basket: &Basket,
        key: Option<&HoldKey>,
        circumstances: &VoucherConditions<'_>,
    ) -> RedeemDecision {
        if self.status == VoucherStatus::Redeemed
            && let Some(redemption) = &self.redemption
        {
            return if redemption.order == *order {
                RedeemDecision::Repeat(redemption.clone())
            } else {
                RedeemDecision::Refuse(VoucherRefusal::AlreadyRedeemed)
            };
        }
        let discount = match self.validate(basket, circumstances) {
            Ok(discount) => discount,
            Err(refusal) => return RedeemDecision::Refuse(refusal),
        };
        if !self.is_free_for(key, circumstances.now) {
            return RedeemDecision::Refuse(VoucherRefusal::Held);
        }
        RedeemDecision::Redeem(Redemption {
            order: order.clone(),
            at: circumstances.now,
            discount,
            revenue: basket.total().minus(discount),
            returned: MinorUnits::ZERO,
            refunded: MinorUnits::ZERO,
            refunds: Vec::new(),
        })
    }

    pub fn reverse(
        &self,
        order: &OrderId,
        cause: &ReversalCause,
        circumstances: &VoucherConditions<'_>,
    ) -> ReverseDecision {
        let Some(redemption) = &self.redemption else {
            return ReverseDecision::Refuse(VoucherRefusal::NotRedeemed);
        };
        if redemption.order != *order {
            return ReverseDecision::Refuse(VoucherRefusal::OtherOrder);
        }
        let known_refund = match cause {
            ReversalCause::OrderCancelled => false,
            ReversalCause::Refunded { refund, .. } => redemption.refunds.contains(refund),
        };
        if self.status != VoucherStatus::Redeemed || known_refund {
            return ReverseDecision::Repeat(redemption.clone());
        }
        match cause {
            ReversalCause::OrderCancelled => {
                ReverseDecision::Reverse(self.reverse_fully(redemption, circumstances))
            }
            ReversalCause::Refunded { refund, amount, remaining } => {
                self.decide_refund(redemption, refund, *amount, remaining.as_ref(), circumstances)
            }
        }
    }

    /// Reverses the whole redemption.
    fn reverse_fully(
        &self,
        redemption: &Redemption,
        circumstances: &VoucherConditions<'_>,
    ) -> AppliedReversal {
        let status = match circumstances.definition.reversal.on_cancel {
            OnCancel::Reissue => VoucherStatus::Accepted,
            OnCancel::Burn => VoucherStatus::Reversed,
        };
        let returned = redemption.discount.minus(redemption.returned);
        let refunded = redemption.revenue.minus(redemption.refunded);
        let mut after = redemption.clone();
        after.returned = redemption.discount;
        after.refunded = redemption.revenue;
        AppliedReversal { redemption: after, returned, refunded, status: Some(status) }
    }

    fn decide_refund(
        &self,
        redemption: &Redemption,
        refund: &RefundId,
        amount: MinorUnits,
        remaining: Option<&Basket>,
        circumstances: &VoucherConditions<'_>,
    ) -> ReverseDecision {
        let left = redemption.revenue.minus(redemption.refunded);
        if amount > left {
            return ReverseDecision::Refuse(VoucherRefusal::OverRefund);
        }
        if redemption.refunds.len() >= MAX_REFUNDS {
            return ReverseDecision::Refuse(VoucherRefusal::TooManyRefunds);
        }
        let below_minimum =
            remaining.is_some_and(|basket| circumstances.definition.offer.below_minimum(basket));
        if amount == left && left > MinorUnits::ZERO || below_minimum {
            let mut reversed = self.reverse_fully(redemption, circumstances);
            reversed.redemption.refunds.push(refund.clone());
            if below_minimum {
                // The customer keeps what was not refunded. Only the discount is taken back in
                // full.
                reversed.redemption.refunded = redemption.refunded.plus(amount);
                reversed.refunded = amount;
            }
            return ReverseDecision::Reverse(reversed);
        }
        let returned = match circumstances.definition.reversal.on_refund {
            OnRefund::Proportional => {
                let share = redemption.discount.proportion(amount, redemption.revenue);
                share.min(redemption.discount.minus(redemption.returned))
            }
            OnRefund::None => MinorUnits::ZERO,
        };
        let mut after = redemption.clone();
        after.returned = redemption.returned.plus(returned);
        after.refunded = redemption.refunded.plus(amount);
        after.refunds.push(refund.clone());
        ReverseDecision::Reverse(AppliedReversal {
            redemption: after,
            returned,
            refunded: amount,
            status: None,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
