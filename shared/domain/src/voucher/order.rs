//! The order in the ledger: one buyer, its lines, what each voucher took from each line, and what
//! came back since.
//!
//! Everything that is booked follows from three facts alone: the prices, the discounts, and how much
//! has come back so far. So refunds in any order and any partition end in the same sums, and a
//! further refund never gives a smaller return than the ones before it.

use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        basket::{Basket, OrderAmounts},
        definition::{Definition, OnRefund, ReversalPolicy},
        offer::{Benefit, Offer, PercentBase},
    },
    kernel::{
        id::{CampaignId, VoucherId},
        money::MinorUnits,
    },
};

/// The terms of a voucher as they were when it was redeemed. The order keeps them, so that what an
/// event means for it depends on nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedTerms {
    pub offer: Offer,
    pub reversal: ReversalPolicy,
    /// The campaign caps what its vouchers give.
    pub is_capped: bool,
}

/// A voucher with the amounts that it took from the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedVoucher {
    pub voucher: VoucherId,
    pub campaign: CampaignId,
    pub terms: AppliedTerms,
    pub amounts: OrderAmounts,
    /// The reason for which support took the voucher off the order, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversed_because: Option<String>,
}

impl AppliedVoucher {
    /// Returns true if support took the voucher off the order.
    pub fn is_reversed(&self) -> bool {
        self.reversed_because.is_some()
    }
}

/// An order with the vouchers that were redeemed on it, in the order in which their discounts were
/// taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountedOrder {
    pub basket: Basket,
    pub percent_of: PercentBase,
    pub vouchers: Vec<AppliedVoucher>,
}

/// The parts of an order that have come back so far. They only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// The amounts that are booked of an order after its returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSettlement {
    /// The amount that the customer paid and did not get back.
    pub revenue: MinorUnits,
    /// In the order of the order's vouchers.
    pub vouchers: Vec<VoucherSettlement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoucherSettlement {
    /// The part of the discount that is taken back.
    pub returned: MinorUnits,
    /// The voucher's part of the revenue. The campaigns whose vouchers are still redeemed on an order
    /// share its revenue in proportion to the discounts that they gave.
    pub revenue: MinorUnits,
    /// Nothing is left that the offer applies to, or support reversed it: the voucher is no longer
    /// redeemed on this order.
    pub is_freed: bool,
}

impl AppliedTerms {
    pub fn of(definition: &Definition) -> Self {
        Self {
            offer: definition.offer.clone(),
            reversal: definition.reversal,
            is_capped: definition.caps.redeemed.is_some(),
        }
    }
}

impl OrderReturns {
    pub fn none(basket: &Basket) -> Self {
        let prices = OrderAmounts::nothing(basket);
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

    /// Settles the order after `returns`, which were checked.
    pub fn settle(&self, returns: &OrderReturns) -> OrderSettlement {
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
        let is_paid_back = kept.is_paid_back(returns);
        let is_freed = |voucher: &AppliedVoucher| {
            voucher.is_reversed()
                || voucher.amounts.total() == MinorUnits::ZERO
                || is_paid_back
                || !self.still_applies(&voucher.terms, returns)
        };
        let freed: Vec<bool> = self.vouchers.iter().map(is_freed).collect();
        let weight = |(voucher, freed): (&AppliedVoucher, &bool)| match freed {
            true => MinorUnits::ZERO,
            false => voucher.amounts.total(),
        };
        let weights: Vec<MinorUnits> = self.vouchers.iter().zip(&freed).map(weight).collect();
        let revenues = split(revenue, &weights);
        let vouchers = self.vouchers.iter().zip(freed).zip(&kept.discounts).zip(revenues);
        let vouchers = vouchers.map(|(((voucher, is_freed), kept_discount), revenue)| {
            let given = voucher.amounts.total();
            let returned = match voucher.terms.reversal.on_refund {
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

    /// Takes the discounts again on a basket that was edited, in the same turn as before, and of a
    /// capped campaign at most `most`. `settled` is what was booked of the vouchers: one that was
    /// freed may be on another order by now, and gives nothing here.
    fn apply_again(&mut self, settled: &[VoucherSettlement], most: &[MinorUnits]) {
        let mut left = OrderAmounts::of(&self.basket);
        for ((voucher, settled), most) in self.vouchers.iter_mut().zip(settled).zip(most) {
            let AppliedTerms { offer, is_capped, .. } = &voucher.terms;
            let limited = is_capped.then(|| offer.limited_to(*most));
            let offer = limited.as_ref().unwrap_or(offer);
            let taken = match settled.is_freed {
                true => None,
                false => offer.discount_lines(&self.basket, &left, self.percent_of).ok(),
            };
            voucher.amounts = taken.unwrap_or_else(|| OrderAmounts::nothing(&self.basket));
            left.take_off(&voucher.amounts);
        }
    }

    /// Takes the discounts again after the basket was edited. A campaign's cap is charged nothing
    /// more: its voucher gives at most what it gave, and what is left after `returns` is at most what
    /// was left of it.
    pub(crate) fn edit(&mut self, settled: &[VoucherSettlement], returns: &OrderReturns) {
        let given: Vec<MinorUnits> = self.vouchers.iter().map(|it| it.amounts.total()).collect();
        let kept = given.iter().zip(settled).map(|(given, settled)| given.minus(settled.returned));
        let kept: Vec<MinorUnits> = kept.collect();
        let mut most = given;
        for _ in 0..=self.vouchers.len() {
            self.apply_again(settled, &most);
            let after = self.settle(returns).vouchers;
            let mut is_within = true;
            let vouchers = self.vouchers.iter().zip(&after).zip(&kept).zip(&mut most);
            for (((voucher, after), kept), most) in vouchers {
                let left = voucher.amounts.total().minus(after.returned);
                if voucher.terms.is_capped && left > *kept {
                    (*most, is_within) = (*kept, false);
                }
            }
            if is_within {
                break;
            }
        }
    }

    /// Returns true if the offer would still apply to what was not returned. Under
    /// [`OnRefund::None`] the minimum is not asked for again: the discount stays as it is until
    /// nothing is left of what it was given for.
    fn still_applies(&self, terms: &AppliedTerms, returns: &OrderReturns) -> bool {
        let AppliedTerms { offer, reversal, .. } = terms;
        let mut left = self.basket.clone();
        for (line, back) in left.lines.iter_mut().zip(&returns.prices.lines) {
            line.amount = line.amount.minus(*back);
        }
        let in_scope = |basket: &Basket| {
            let lines = basket.lines.iter().filter(|line| offer.scope.covers(line));
            lines.fold(MinorUnits::ZERO, |sum, line| sum.plus(line.amount))
        };
        let is_left = match offer.benefit {
            Benefit::FreeDelivery { .. } => {
                // Goods without a price cannot be returned: alone in scope, they are kept.
                let has_goods = in_scope(&left) > MinorUnits::ZERO
                    || in_scope(&self.basket) == MinorUnits::ZERO;
                has_goods && returns.prices.fee < self.basket.delivery_fee
            }
            Benefit::FixedAmount { .. } | Benefit::Percent { .. } => {
                in_scope(&left) > MinorUnits::ZERO
            }
        };
        let keeps_minimum = match reversal.on_refund {
            OnRefund::None => true,
            OnRefund::Proportional => !offer.below_minimum(&left),
        };
        is_left && keeps_minimum
    }

    /// Returns true if all money that the customer paid was given back: the order is over, although
    /// some of its goods may not have been returned.
    pub(crate) fn is_paid_back(&self, returns: &OrderReturns) -> bool {
        self.kept(returns).is_paid_back(returns)
    }

    /// Returns what each line cost after discounts and returns, in the order of the lines. Money
    /// that was given back beside lines is not taken off.
    pub fn kept_prices(&self, returns: &OrderReturns) -> Vec<MinorUnits> {
        let lines = self.basket.lines.iter().zip(&returns.prices.lines).enumerate();
        let prices = lines.map(|(number, (line, back))| {
            let taken = self.vouchers.iter().filter_map(|it| it.amounts.lines.get(number));
            let taken = taken.fold(MinorUnits::ZERO, |sum, units| sum.plus(*units));
            let paid_back = back.minus(part(taken, *back, line.amount));
            line.amount.minus(taken).minus(paid_back)
        });
        prices.collect()
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

impl KeptAmounts {
    fn is_paid_back(&self, returns: &OrderReturns) -> bool {
        self.paid > MinorUnits::ZERO && self.paid.minus(returns.amount) == MinorUnits::ZERO
    }
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
pub(crate) fn split(total: MinorUnits, weights: &[MinorUnits]) -> Vec<MinorUnits> {
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
