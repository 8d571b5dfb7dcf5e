//! The order in the ledger: one buyer, its lines, what each voucher took from each line, and what
//! came back since.
//!
//! Everything that is booked follows from three facts alone: the prices, the discounts, and how much
//! has come back so far. So refunds in any order and any partition end in the same sums, and a
//! further refund never gives a smaller return than the ones before it.

use crate::{
    campaign::{
        basket::{Basket, OrderAmounts},
        definition::{OnRefund, ReversalPolicy},
        offer::{Benefit, Offer},
    },
    kernel::{
        id::{CampaignId, VoucherId},
        money::MinorUnits,
    },
};

/// What one voucher took from the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedVoucher {
    pub voucher: VoucherId,
    pub campaign: CampaignId,
    pub amounts: OrderAmounts,
}

/// An order with the vouchers that were redeemed on it, in the order in which their discounts were
/// taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscountedOrder {
    pub basket: Basket,
    pub vouchers: Vec<AppliedVoucher>,
}

/// What has come back of an order so far. It only grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderReturns {
    /// The price before discounts of what was returned of each line, and of the delivery fee.
    pub prices: OrderAmounts,
    /// Money given back beside that, which belongs to no line.
    pub amount: MinorUnits,
    /// The whole order was cancelled.
    pub cancelled: bool,
}

/// The reason why something cannot come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnRefusal {
    /// More of this line, counted from 0, than there was.
    MoreOfLine(usize),
    MoreOfFee,
    /// More money than is left of what was paid.
    MoreThanPaid,
}

/// The terms of a voucher that decide about its discount when something comes back.
#[derive(Debug, Clone, Copy)]
pub struct ReturnTerms<'a> {
    pub offer: &'a Offer,
    pub reversal: ReversalPolicy,
}

/// What is booked of an order after its returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSettlement {
    /// What the customer paid and did not get back.
    pub revenue: MinorUnits,
    /// In the order of the order's vouchers.
    pub vouchers: Vec<VoucherSettlement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoucherSettlement {
    /// The part of the discount that is taken back.
    pub returned: MinorUnits,
    /// The voucher's part of the revenue. Campaigns share an order's revenue in proportion to the
    /// discounts that they gave.
    pub revenue: MinorUnits,
    /// Nothing is left that the offer applies to: the voucher is no longer redeemed on this order.
    pub is_freed: bool,
}

impl OrderReturns {
    pub fn none(basket: &Basket) -> Self {
        let lines = vec![MinorUnits::ZERO; basket.lines.len()];
        let prices = OrderAmounts { lines, fee: MinorUnits::ZERO };
        Self { prices, amount: MinorUnits::ZERO, cancelled: false }
    }
}

impl DiscountedOrder {
    pub fn discount(&self) -> MinorUnits {
        self.vouchers.iter().fold(MinorUnits::ZERO, |sum, it| sum.plus(it.amounts.total()))
    }

    /// Returns what the customer paid: the prices less all discounts.
    pub fn paid(&self) -> MinorUnits {
        self.basket.total().minus(self.discount())
    }

    /// Checks that no more comes back than there was.
    pub fn check_returns(&self, returns: &OrderReturns) -> Result<(), ReturnRefusal> {
        let lines = self.basket.lines.iter().zip(&returns.prices.lines);
        if let Some(number) = lines.map(|(line, back)| *back > line.amount).position(|more| more) {
            return Err(ReturnRefusal::MoreOfLine(number));
        }
        if returns.prices.fee > self.basket.delivery_fee {
            return Err(ReturnRefusal::MoreOfFee);
        }
        if returns.amount > self.kept(returns).paid {
            return Err(ReturnRefusal::MoreThanPaid);
        }
        Ok(())
    }

    /// Settles the order after `returns`, which were checked. `terms` are those of its vouchers, in
    /// their order.
    pub fn settle(&self, returns: &OrderReturns, terms: &[ReturnTerms<'_>]) -> OrderSettlement {
        if returns.cancelled {
            let vouchers = self.vouchers.iter().map(|voucher| VoucherSettlement {
                returned: voucher.amounts.total(),
                revenue: MinorUnits::ZERO,
                is_freed: true,
            });
            return OrderSettlement { revenue: MinorUnits::ZERO, vouchers: vouchers.collect() };
        }
        let kept = self.kept(returns);
        let revenue = kept.paid.minus(returns.amount);
        let is_paid_back = kept.paid > MinorUnits::ZERO && revenue == MinorUnits::ZERO;
        let given: Vec<MinorUnits> = self.vouchers.iter().map(|it| it.amounts.total()).collect();
        let revenues = split(revenue, &given);
        let vouchers = self.vouchers.iter().zip(terms).zip(&kept.discounts).zip(revenues);
        let vouchers = vouchers.map(|(((voucher, terms), kept_discount), revenue)| {
            let given = voucher.amounts.total();
            let gives_nothing = given == MinorUnits::ZERO;
            let is_freed =
                gives_nothing || is_paid_back || !self.still_applies(terms.offer, returns);
            let returned = match terms.reversal.on_refund {
                _ if is_freed => given,
                OnRefund::None => MinorUnits::ZERO,
                OnRefund::Proportional => {
                    let by_amount = part(*kept_discount, returns.amount, kept.paid);
                    given.minus(kept_discount.minus(by_amount))
                }
            };
            VoucherSettlement { returned, revenue, is_freed }
        });
        OrderSettlement { revenue, vouchers: vouchers.collect() }
    }

    /// Returns true if the offer would still apply to what was not returned.
    fn still_applies(&self, offer: &Offer, returns: &OrderReturns) -> bool {
        let mut left = self.basket.clone();
        for (line, back) in left.lines.iter_mut().zip(&returns.prices.lines) {
            line.amount = line.amount.minus(*back);
        }
        let is_left = match offer.benefit {
            Benefit::FreeDelivery { .. } => returns.prices.fee < self.basket.delivery_fee,
            Benefit::FixedAmount { .. } | Benefit::Percent { .. } => left
                .lines
                .iter()
                .any(|line| offer.scope.covers(line) && line.amount > MinorUnits::ZERO),
        };
        is_left && !offer.below_minimum(&left)
    }

    /// Returns what the customer keeps of what they paid, and each voucher of what it gave, after
    /// what came back by line.
    fn kept(&self, returns: &OrderReturns) -> KeptAmounts {
        let mut discounts: Vec<MinorUnits> =
            self.vouchers.iter().map(|it| it.amounts.total()).collect();
        let mut paid = self.paid();
        let mut return_part = |price: MinorUnits, back: MinorUnits, taken: &[MinorUnits]| {
            let all = taken.iter().fold(MinorUnits::ZERO, |sum, it| sum.plus(*it));
            let discount_back = part(all, back, price);
            for (kept, back) in discounts.iter_mut().zip(split(discount_back, taken)) {
                *kept = kept.minus(back);
            }
            paid = paid.minus(back.minus(discount_back));
        };
        for (number, (line, back)) in
            self.basket.lines.iter().zip(&returns.prices.lines).enumerate()
        {
            let taken: Vec<MinorUnits> = self
                .vouchers
                .iter()
                .map(|it| it.amounts.lines.get(number).copied().unwrap_or_default())
                .collect();
            return_part(line.amount, *back, &taken);
        }
        let taken: Vec<MinorUnits> = self.vouchers.iter().map(|it| it.amounts.fee).collect();
        return_part(self.basket.delivery_fee, returns.prices.fee, &taken);
        KeptAmounts { paid, discounts }
    }
}

struct KeptAmounts {
    paid: MinorUnits,
    discounts: Vec<MinorUnits>,
}

/// Returns `amount * back / whole`, rounded down: nothing is taken back before its time, and all of
/// it once the whole is back.
fn part(amount: MinorUnits, back: MinorUnits, whole: MinorUnits) -> MinorUnits {
    if whole == MinorUnits::ZERO {
        return MinorUnits::ZERO;
    }
    let exact = i128::from(amount.units()) * i128::from(back.min(whole).units());
    let units = i64::try_from(exact / i128::from(whole.units())).unwrap_or(0);
    MinorUnits::new(units).unwrap_or(MinorUnits::ZERO)
}

/// Divides `total` in proportion to `weights`, one after the other, so that no part shrinks when
/// the total grows. The parts add up to the total, unless nothing weighs anything.
fn split(total: MinorUnits, weights: &[MinorUnits]) -> Vec<MinorUnits> {
    let mut left = total;
    let mut weight_left = weights.iter().fold(MinorUnits::ZERO, |sum, it| sum.plus(*it));
    let parts = weights.iter().map(|weight| {
        let units = if weight_left == MinorUnits::ZERO {
            MinorUnits::ZERO
        } else {
            part(left, *weight, weight_left)
        };
        left = left.minus(units);
        weight_left = weight_left.minus(*weight);
        units
    });
    parts.collect()
}

#[cfg(test)]
mod tests;
