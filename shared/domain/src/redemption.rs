//! Using a voucher: validate, hold, release, redeem, reverse. Pure decisions for good messages and tests; the store repeats each as
//! a condition on one item, which is the guarantee. Time of expiry is always checked here and there, never left to a clean-up.

use jiff::{SignedDuration, Timestamp};

use crate::{
    definition::{OnCancel, OnRefund},
    id::{HoldKey, OrderId, RefundId},
    money::Minor,
    offer::Basket,
    voucher::{Circumstances, Hold, Redemption, Refusal, Status, Voucher},
};

/// A checkout may lock a voucher so long, in seconds.
pub const MAX_HOLD_SECONDS: i64 = 3_600;
pub const DEFAULT_HOLD_SECONDS: i64 = 600;
/// Partial refunds remembered per redemption.
pub const MAX_REFUNDS: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeeming {
    Redeem(Redemption),
    /// The same order again: the same answer.
    Repeat(Redemption),
    Refuse(Refusal),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holding {
    Hold { hold: Hold, discount: Minor },
    Refuse(Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Releasing {
    Release,
    /// Not held any more: nothing to do.
    Repeat,
    Refuse(Refusal),
}

/// What undoes a redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReversalCause {
    OrderCancelled,
    Refunded {
        refund: RefundId,
        amount: Minor,
        /// Of the lines in scope, what is left of the order; held against the minimum basket.
        remaining: Option<Basket>,
    },
}

/// The redemption as it is after the reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversed {
    pub redemption: Redemption,
    /// Taken back by this event.
    pub returned: Minor,
    /// Of the revenue, gone by this event.
    pub refunded: Minor,
    /// `None`: still redeemed (a partial refund). Else the status from now on.
    pub status: Option<Status>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reversing {
    Reverse(Reversed),
    Repeat(Redemption),
    Refuse(Refusal),
}

impl Voucher {
    /// Whether it may be used at all now, whatever the basket.
    fn usable(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        match self.status_at(circumstances.revoke, circumstances.now) {
            Status::Accepted if circumstances.now < self.valid_from => Err(Refusal::NotYetValid),
            Status::Accepted => Ok(()),
            Status::Issued => Err(Refusal::NotAccepted),
            Status::Redeemed => Err(Refusal::AlreadyRedeemed),
            Status::Reversed => Err(Refusal::Burned),
            Status::Declined => Err(Refusal::AlreadyDeclined),
            Status::Expired => Err(Refusal::Expired),
            Status::Revoked => Err(Refusal::Revoked),
            Status::Ghost | Status::Skipped | Status::Failed => Err(Refusal::Unknown),
        }
    }

    fn free_for(&self, key: Option<&HoldKey>, now: Timestamp) -> bool {
        self.hold.as_ref().is_none_or(|hold| now >= hold.until || Some(&hold.key) == key)
    }

    /// Would it apply now? No side effects.
    pub fn validate(&self, basket: &Basket, circumstances: &Circumstances<'_>) -> Result<Minor, Refusal> {
        self.usable(circumstances)?;
        circumstances.definition.offer.discount(basket).map_err(Refusal::Basket)
    }

    pub fn hold(&self, key: &HoldKey, seconds: i64, basket: &Basket, circumstances: &Circumstances<'_>) -> Holding {
        match self.validate(basket, circumstances) {
            Err(refusal) => Holding::Refuse(refusal),
            Ok(_) if !self.free_for(Some(key), circumstances.now) => Holding::Refuse(Refusal::Held),
            Ok(discount) => {
                let until = circumstances.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
                Holding::Hold { hold: Hold { key: key.clone(), until }, discount }
            }
        }
    }

    pub fn release(&self, key: &HoldKey, now: Timestamp) -> Releasing {
        match &self.hold {
            None => Releasing::Repeat,
            Some(hold) if hold.key == *key || now >= hold.until => Releasing::Release,
            Some(_) => Releasing::Refuse(Refusal::Held),
        }
    }

    pub fn redeem(
        &self,
        order: &OrderId,
        basket: &Basket,
        key: Option<&HoldKey>,
        circumstances: &Circumstances<'_>,
    ) -> Redeeming {
        if self.status == Status::Redeemed
            && let Some(redemption) = &self.redemption
        {
            return if redemption.order == *order {
                Redeeming::Repeat(redemption.clone())
            } else {
                Redeeming::Refuse(Refusal::AlreadyRedeemed)
            };
        }
        let discount = match self.validate(basket, circumstances) {
            Ok(discount) => discount,
            Err(refusal) => return Redeeming::Refuse(refusal),
        };
        if !self.free_for(key, circumstances.now) {
            return Redeeming::Refuse(Refusal::Held);
        }
        Redeeming::Redeem(Redemption {
            order: order.clone(),
            at: circumstances.now,
            discount,
            revenue: basket.total().minus(discount),
            returned: Minor::ZERO,
            refunded: Minor::ZERO,
            refunds: Vec::new(),
        })
    }

    pub fn reverse(&self, order: &OrderId, cause: &ReversalCause, circumstances: &Circumstances<'_>) -> Reversing {
        let Some(redemption) = &self.redemption else { return Reversing::Refuse(Refusal::NotRedeemed) };
        if redemption.order != *order {
            return Reversing::Refuse(Refusal::OtherOrder);
        }
        let known_refund = match cause {
            ReversalCause::OrderCancelled => false,
            ReversalCause::Refunded { refund, .. } => redemption.refunds.contains(refund),
        };
        if self.status != Status::Redeemed || known_refund {
            return Reversing::Repeat(redemption.clone());
        }
        match cause {
            ReversalCause::OrderCancelled => Reversing::Reverse(self.undone(redemption, circumstances)),
            ReversalCause::Refunded { refund, amount, remaining } => {
                self.refund(redemption, refund, *amount, remaining.as_ref(), circumstances)
            }
        }
    }

    /// The whole redemption taken back.
    fn undone(&self, redemption: &Redemption, circumstances: &Circumstances<'_>) -> Reversed {
        let status = match circumstances.definition.reversal.on_cancel {
            OnCancel::Reissue => Status::Accepted,
            OnCancel::Burn => Status::Reversed,
        };
        let returned = redemption.discount.minus(redemption.returned);
        let refunded = redemption.revenue.minus(redemption.refunded);
        let mut after = redemption.clone();
        after.returned = redemption.discount;
        after.refunded = redemption.revenue;
        Reversed { redemption: after, returned, refunded, status: Some(status) }
    }

    fn refund(
        &self,
        redemption: &Redemption,
        refund: &RefundId,
        amount: Minor,
        remaining: Option<&Basket>,
        circumstances: &Circumstances<'_>,
    ) -> Reversing {
        let left = redemption.revenue.minus(redemption.refunded);
        if amount > left {
            return Reversing::Refuse(Refusal::OverRefund);
        }
        if redemption.refunds.len() >= MAX_REFUNDS {
            return Reversing::Refuse(Refusal::TooManyRefunds);
        }
        let below_minimum = remaining.is_some_and(|basket| circumstances.definition.offer.below_minimum(basket));
        if amount == left && left > Minor::ZERO || below_minimum {
            let mut reversed = self.undone(redemption, circumstances);
            reversed.redemption.refunds.push(refund.clone());
            if below_minimum {
                // the customer keeps what was not refunded: only the discount is taken back in full
                reversed.redemption.refunded = redemption.refunded.plus(amount);
                reversed.refunded = amount;
            }
            return Reversing::Reverse(reversed);
        }
        let returned = match circumstances.definition.reversal.on_refund {
            OnRefund::Proportional => {
                let share = redemption.discount.proportion(amount, redemption.revenue);
                share.min(redemption.discount.minus(redemption.returned))
            }
            OnRefund::None => Minor::ZERO,
        };
        let mut after = redemption.clone();
        after.returned = redemption.returned.plus(returned);
        after.refunded = redemption.refunded.plus(amount);
        after.refunds.push(refund.clone());
        Reversing::Reverse(Reversed { redemption: after, returned, refunded: amount, status: None })
    }
}

#[cfg(test)]
pub(crate) mod tests;
