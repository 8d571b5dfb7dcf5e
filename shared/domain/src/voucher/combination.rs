//! Several vouchers on one order: which go together, what each takes off each line, and which of a
//! customer's vouchers save the most.
//!
//! Discounts are taken one after the other, in an order that the vouchers themselves decide and not
//! the request, each off what the ones before it have left. So no line, no fee and no order goes
//! below zero, whatever the set.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        basket::{Basket, OrderAmounts},
        offer::{Benefit, DiscountRefusal, Offer, PercentBase},
    },
    kernel::{id::VoucherId, money::MinorUnits, validation::FieldError},
};

/// Most vouchers that a tenant can allow on one order.
pub const MAX_VOUCHERS_PER_ORDER: usize = 8;
/// The sets that a search for the best one prices at most: every set of eight vouchers. Beyond it the
/// best set found so far stands, and the answer says that the search was cut short.
pub const MAX_PRICED_SETS: usize = 256;

/// Most bytes of names in the scopes of all offers on one order. The order keeps the offers, so that
/// edits and refunds follow their rules, and has to fit into one item of the ledger with its lines
/// and events. The longest scope of one offer always fits.
pub const MAX_SCOPE_BYTES: usize = 150_000;

/// The tenant's rules for several vouchers on one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CombinationPolicy {
    /// How many vouchers one order may take.
    pub max_vouchers: usize,
    pub first: FirstDiscount,
    pub percent_of: PercentBase,
}

/// The discounts that are taken off before the others. Free delivery comes last, since it takes
/// nothing off the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FirstDiscount {
    #[default]
    Percent,
    FixedAmount,
}

/// The rules by which the vouchers of one order are priced, whatever their number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PricingRules {
    pub first: FirstDiscount,
    pub percent_of: PercentBase,
}

impl PricingRules {
    pub const ALL: [PricingRules; 4] = [
        PricingRules { first: FirstDiscount::Percent, percent_of: PercentBase::Reduced },
        PricingRules { first: FirstDiscount::Percent, percent_of: PercentBase::Original },
        PricingRules { first: FirstDiscount::FixedAmount, percent_of: PercentBase::Reduced },
        PricingRules { first: FirstDiscount::FixedAmount, percent_of: PercentBase::Original },
    ];
    /// Returns the name under which the rules are stored.
    pub fn as_str(self) -> &'static str {
        match (self.first, self.percent_of) {
            (FirstDiscount::Percent, PercentBase::Reduced) => "percent.reduced",
            (FirstDiscount::Percent, PercentBase::Original) => "percent.original",
            (FirstDiscount::FixedAmount, PercentBase::Reduced) => "fixed_amount.reduced",
            (FirstDiscount::FixedAmount, PercentBase::Original) => "fixed_amount.original",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rules| rules.as_str() == text)
    }
}

impl Default for CombinationPolicy {
    fn default() -> Self {
        Self {
            max_vouchers: 1,
            first: FirstDiscount::default(),
            percent_of: PercentBase::default(),
        }
    }
}

/// A voucher that may go on an order.
#[derive(Debug, Clone, Copy)]
pub struct VoucherOffer<'a> {
    pub voucher: &'a VoucherId,
    pub offer: &'a Offer,
    /// The time at which the voucher ends.
    pub ends_at: Timestamp,
}

/// The amounts that one voucher takes off an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoucherDiscount {
    pub voucher: VoucherId,
    pub amounts: OrderAmounts,
}

/// The reason why a set of vouchers cannot be on one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CombinationRefusal {
    /// The tenant allows fewer vouchers on one order.
    TooMany {
        most: usize,
    },
    /// The same voucher is in the set twice.
    Twice(VoucherId),
    DoNotCombine(VoucherId, VoucherId),
    /// The scopes of their offers have more than [`MAX_SCOPE_BYTES`] together.
    ScopesTooLong,
    /// One of them gives nothing, beside the others.
    DoesNotApply(VoucherId, DiscountRefusal),
}

/// The set that saves the most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BestCombination {
    /// In the order in which they are taken off; empty if no voucher applies.
    pub discounts: Vec<VoucherDiscount>,
    /// False if there were more sets than a search prices.
    pub is_exhaustive: bool,
}

impl CombinationPolicy {
    pub fn rules(&self) -> PricingRules {
        PricingRules { first: self.first, percent_of: self.percent_of }
    }

    /// Checks what the shape alone does not ensure.
    pub fn check(&self) -> Vec<FieldError> {
        if (1..=MAX_VOUCHERS_PER_ORDER).contains(&self.max_vouchers) {
            return Vec::new();
        }
        let why = format!("an order takes 1 to {MAX_VOUCHERS_PER_ORDER} vouchers");
        vec![FieldError::new("/max_vouchers", "out_of_range", why)]
    }

    /// Prices a set of vouchers on a basket: what each takes off, in the order in which they are
    /// taken. The order of `set` makes no difference.
    pub fn price(
        &self,
        basket: &Basket,
        set: &[VoucherOffer<'_>],
    ) -> Result<Vec<VoucherDiscount>, CombinationRefusal> {
        if set.len() > self.max_vouchers {
            return Err(CombinationRefusal::TooMany { most: self.max_vouchers });
        }
        let scopes = set.iter().map(|it| it.offer.scope.stored_bytes());
        if scopes.sum::<usize>() > MAX_SCOPE_BYTES {
            return Err(CombinationRefusal::ScopesTooLong);
        }
        let mut ordered: Vec<VoucherOffer<'_>> = set.to_vec();
        ordered.sort_by(|one, other| self.compare_order(one, other));
        for (number, one) in ordered.iter().enumerate() {
            for other in ordered.iter().skip(number + 1) {
                if one.voucher == other.voucher {
                    return Err(CombinationRefusal::Twice(one.voucher.clone()));
                }
                if !one.offer.combination.allows(&other.offer.combination) {
                    let (one, other) = (one.voucher.clone(), other.voucher.clone());
                    return Err(CombinationRefusal::DoNotCombine(one, other));
                }
            }
        }
        let mut left = OrderAmounts::of(basket);
        let mut discounts = Vec::with_capacity(ordered.len());
        for VoucherOffer { voucher, offer, .. } in ordered {
            let amounts = offer
                .discount_lines(basket, &left, self.percent_of)
                .map_err(|why| CombinationRefusal::DoesNotApply(voucher.clone(), why))?;
            left.take_off(&amounts);
            discounts.push(VoucherDiscount { voucher: voucher.clone(), amounts });
        }
        Ok(discounts)
    }

    /// Finds the set that saves the most; of those that save as much, the one whose vouchers end
    /// soonest, then the smaller one.
    pub fn best(&self, basket: &Basket, offers: &[VoucherOffer<'_>]) -> BestCombination {
        let mut candidates: Vec<Candidate<'_>> = offers
            .iter()
            .filter_map(|offer| {
                let alone = self.price(basket, std::slice::from_ref(offer)).ok()?;
                Some(Candidate { offer: *offer, alone: total_of(&alone) })
            })
            .collect();
        // The most promising first, so that the best set is found early and the rest is skipped.
        candidates.sort_by(|one, other| {
            let soonest = one.offer.ends_at.cmp(&other.offer.ends_at);
            other
                .alone
                .cmp(&one.alone)
                .then(soonest)
                .then(one.offer.voucher.cmp(other.offer.voucher))
        });
        let mut search = CombinationSearch {
            policy: self,
            basket,
            candidates: &candidates,
            best: None,
            priced: 0,
        };
        search.extend(&mut Vec::new(), 0);
        BestCombination {
            is_exhaustive: search.priced < MAX_PRICED_SETS,
            discounts: search.best.map(|best| best.discounts).unwrap_or_default(),
        }
    }

    fn compare_order(&self, one: &VoucherOffer<'_>, other: &VoucherOffer<'_>) -> Ordering {
        let place = |it: &VoucherOffer<'_>| match (&it.offer.benefit, self.first) {
            (Benefit::FreeDelivery { .. }, _) => 2,
            (Benefit::Percent { .. }, FirstDiscount::Percent)
            | (Benefit::FixedAmount { .. }, FirstDiscount::FixedAmount) => 0,
            (Benefit::Percent { .. } | Benefit::FixedAmount { .. }, _) => 1,
        };
        let order = place(one).cmp(&place(other));
        order.then(one.ends_at.cmp(&other.ends_at)).then(one.voucher.cmp(other.voucher))
    }
}

fn total_of(discounts: &[VoucherDiscount]) -> MinorUnits {
    discounts.iter().fold(MinorUnits::ZERO, |sum, it| sum.plus(it.amounts.total()))
}

struct Candidate<'a> {
    offer: VoucherOffer<'a>,
    /// The amount that it saves with no other voucher, and so the most that it saves with others.
    alone: MinorUnits,
}

struct PricedSet {
    discounts: Vec<VoucherDiscount>,
    saved: MinorUnits,
    /// The ends of its vouchers, soonest first.
    ends: Vec<Timestamp>,
}

impl PricedSet {
    fn is_better_than(&self, other: &PricedSet) -> bool {
        let names = |set: &PricedSet| {
            let mut names: Vec<VoucherId> =
                set.discounts.iter().map(|it| it.voucher.clone()).collect();
            names.sort_unstable();
            names
        };
        let order = other.saved.cmp(&self.saved).then_with(|| {
            let soonest = self.ends.iter().zip(&other.ends).map(|(one, other)| one.cmp(other));
            soonest
                .fold(Ordering::Equal, Ordering::then)
                .then(self.ends.len().cmp(&other.ends.len()))
                .then_with(|| names(self).cmp(&names(other)))
        });
        order == Ordering::Less
    }
}

/// A search through the sets of candidates, one voucher more at each step.
struct CombinationSearch<'a> {
    policy: &'a CombinationPolicy,
    basket: &'a Basket,
    candidates: &'a [Candidate<'a>],
    best: Option<PricedSet>,
    priced: usize,
}

impl<'a> CombinationSearch<'a> {
    fn extend(&mut self, chosen: &mut Vec<&'a Candidate<'a>>, from: usize) {
        let room = self.policy.max_vouchers.saturating_sub(chosen.len());
        if room == 0 {
            return;
        }
        for (number, candidate) in self.candidates.iter().enumerate().skip(from) {
            if self.priced >= MAX_PRICED_SETS {
                return;
            }
            // Candidates are in falling order, so no set from here on saves more than this.
            let next = self.candidates.iter().skip(number).take(room);
            let most = chosen.iter().copied().chain(next).map(|it| it.alone);
            let most = most.fold(MinorUnits::ZERO, MinorUnits::plus);
            if self.best.as_ref().is_some_and(|best| most < best.saved) {
                return;
            }
            let combines = |other: &&Candidate<'_>| {
                candidate.offer.offer.combination.allows(&other.offer.offer.combination)
            };
            if !chosen.iter().all(combines) {
                continue;
            }
            chosen.push(candidate);
            self.price(chosen);
            self.extend(chosen, number + 1);
            chosen.pop();
        }
    }

    fn price(&mut self, chosen: &[&Candidate<'_>]) {
        self.priced += 1;
        let set: Vec<VoucherOffer<'_>> = chosen.iter().map(|it| it.offer).collect();
        let Ok(discounts) = self.policy.price(self.basket, &set) else {
            return;
        };
        let mut ends: Vec<Timestamp> = set.iter().map(|it| it.ends_at).collect();
        ends.sort_unstable();
        let found = PricedSet { saved: total_of(&discounts), discounts, ends };
        if self.best.as_ref().is_none_or(|best| found.is_better_than(best)) {
            self.best = Some(found);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
