//! The offer: benefit, scope, minimum basket, what it combines with, and the discount it gives on a
//! basket, line by line. This is the only place that computes a discount.

use serde::{Deserialize, Serialize};

use crate::{
    campaign::basket::{Basket, BasketLine, OrderAmounts, share_out},
    kernel::{
        money::{Currency, MinorUnits, Money},
        validation::FieldError,
    },
};

/// Most groups that an offer may combine with.
pub const MAX_GROUPS: usize = 20;
/// Most names in each list of a scope.
pub const MAX_SCOPE_NAMES: usize = 500;

/// A whole percentage, 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u8, minimum = 1, maximum = 100))]
pub struct Percent(u8);

impl Percent {
    pub fn whole(self) -> u8 {
        self.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a percentage is a whole number from 1 to 100")]
pub struct BadPercent;

impl TryFrom<i64> for Percent {
    type Error = BadPercent;
    fn try_from(percent: i64) -> Result<Self, BadPercent> {
        match u8::try_from(percent) {
            Ok(percent @ 1..=100) => Ok(Self(percent)),
            Ok(_) | Err(_) => Err(BadPercent),
        }
    }
}
impl From<Percent> for i64 {
    fn from(percent: Percent) -> i64 {
        i64::from(percent.0)
    }
}

/// The benefit the customer gets. Every benefit is bounded, so that the exposure is known when a
/// voucher is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Benefit {
    FixedAmount {
        amount: Money,
    },
    /// A percentage of the lines in scope, at most `cap`.
    Percent {
        percent: Percent,
        cap: Money,
    },
    /// The delivery fee, at most `cap`.
    FreeDelivery {
        cap: Money,
    },
}

/// Restricts the basket lines that the offer applies to; an empty list is no restriction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfferScope {
    pub verticals: Vec<String>,
    pub merchants: Vec<String>,
    pub categories: Vec<String>,
}

/// Names the offers that may be redeemed on the same order. Without groups the offer is exclusive:
/// no other voucher goes with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CombinationRule {
    /// The group that this offer belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub group: Option<String>,
    /// The groups that it combines with. Both offers have to name the other's group.
    pub with: Vec<String>,
}

impl CombinationRule {
    pub fn allows(&self, other: &CombinationRule) -> bool {
        let names = |rule: &CombinationRule, group: &Option<String>| {
            group.as_ref().is_some_and(|group| rule.with.contains(group))
        };
        names(self, &other.group) && names(other, &self.group)
    }
    pub fn is_exclusive(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offer {
    pub benefit: Benefit,
    /// The least amount of the lines in scope, before the discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub minimum_basket: Option<Money>,
    #[serde(default)]
    pub scope: OfferScope,
    /// Restricts the offer to the customer's first order.
    #[serde(default)]
    pub first_order_only: bool,
    #[serde(default, skip_serializing_if = "CombinationRule::is_exclusive")]
    pub combination: CombinationRule,
}

/// The prices that a percentage is taken of when several vouchers are on one order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PercentBase {
    /// The prices that the vouchers before it have left.
    #[default]
    Reduced,
    /// The prices of the basket. What the lines have left still is the most that it takes.
    Original,
}

/// The reason why an offer gives nothing on a basket. The reasons follow from the caller's own
/// basket, so a customer may see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiscountRefusal {
    OtherCurrency,
    OutOfScope,
    BelowMinimum,
    NotFirstOrder,
    /// There is nothing to take off: no delivery fee, or less than a minor unit.
    NothingToDiscount,
}

impl DiscountRefusal {
    pub const ALL: [DiscountRefusal; 5] = [
        DiscountRefusal::OtherCurrency,
        DiscountRefusal::OutOfScope,
        DiscountRefusal::BelowMinimum,
        DiscountRefusal::NotFirstOrder,
        DiscountRefusal::NothingToDiscount,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::OtherCurrency => "basket_other_currency",
            Self::OutOfScope => "basket_out_of_scope",
            Self::BelowMinimum => "basket_below_minimum",
            Self::NotFirstOrder => "basket_not_first_order",
            Self::NothingToDiscount => "basket_nothing_to_discount",
        }
    }
}

impl Benefit {
    pub fn max_value(&self) -> Money {
        match self {
            Benefit::FixedAmount { amount } => *amount,
            Benefit::Percent { cap, .. } | Benefit::FreeDelivery { cap } => *cap,
        }
    }
}

impl OfferScope {
    pub fn covers(&self, line: &BasketLine) -> bool {
        let within = |list: &[String], name: Option<&str>| {
            list.is_empty() || name.is_some_and(|name| list.iter().any(|listed| listed == name))
        };
        within(&self.verticals, Some(&line.vertical))
            && within(&self.merchants, Some(&line.merchant))
            && within(&self.categories, line.category.as_deref())
    }

    /// Returns the bytes that its names take where an offer is stored, each in quotes and with a
    /// comma.
    pub fn stored_bytes(&self) -> usize {
        let names = self.verticals.iter().chain(&self.merchants).chain(&self.categories);
        names.map(|name| name.len() + 3).sum()
    }
}

impl Offer {
    pub fn currency(&self) -> Currency {
        self.benefit.max_value().currency
    }

    /// Returns the most that one voucher can cost.
    pub fn exposure(&self) -> MinorUnits {
        self.benefit.max_value().amount
    }

    /// Returns the offer with a benefit of at most `most`.
    #[must_use]
    pub fn limited_to(&self, most: MinorUnits) -> Self {
        let mut offer = self.clone();
        let (Benefit::FixedAmount { amount: cap }
        | Benefit::Percent { cap, .. }
        | Benefit::FreeDelivery { cap }) = &mut offer.benefit;
        cap.amount = cap.amount.min(most);
        offer
    }

    /// Returns what the offer takes off each line and the delivery fee, of which `left` is left, or
    /// the reason why it takes nothing. It never takes more than is left.
    ///
    /// The minimum basket is compared with the prices before any discount.
    pub fn discount_lines(
        &self,
        basket: &Basket,
        left: &OrderAmounts,
        base: PercentBase,
    ) -> Result<OrderAmounts, DiscountRefusal> {
        if basket.currency != self.currency() {
            return Err(DiscountRefusal::OtherCurrency);
        }
        if self.first_order_only && !basket.first_order {
            return Err(DiscountRefusal::NotFirstOrder);
        }
        if !basket.lines.iter().any(|line| self.scope.covers(line)) {
            return Err(DiscountRefusal::OutOfScope);
        }
        if self.below_minimum(basket) {
            return Err(DiscountRefusal::BelowMinimum);
        }
        let in_scope = |amounts: &mut dyn Iterator<Item = MinorUnits>| -> Vec<MinorUnits> {
            let covered = basket.lines.iter().map(|line| self.scope.covers(line));
            covered
                .zip(amounts)
                .map(|(is_in, it)| if is_in { it } else { MinorUnits::ZERO })
                .collect()
        };
        let room = in_scope(&mut left.lines.iter().copied());
        let fee = MinorUnits::ZERO;
        let taken = match &self.benefit {
            Benefit::FixedAmount { amount } => {
                OrderAmounts { lines: share_out(amount.amount, &room, &room), fee }
            }
            Benefit::Percent { percent, cap } => {
                let prices = match base {
                    PercentBase::Reduced => room.clone(),
                    PercentBase::Original => {
                        in_scope(&mut basket.lines.iter().map(|line| line.amount))
                    }
                };
                let sum = prices.iter().fold(MinorUnits::ZERO, |sum, price| sum.plus(*price));
                let most = sum.percent(percent.0).min(cap.amount);
                OrderAmounts { lines: share_out(most, &prices, &room), fee }
            }
            Benefit::FreeDelivery { cap } => {
                OrderAmounts { fee: left.fee.min(cap.amount), ..OrderAmounts::nothing(basket) }
            }
        };
        if taken.total() == MinorUnits::ZERO {
            return Err(DiscountRefusal::NothingToDiscount);
        }
        Ok(taken)
    }

    /// Returns the amount that the lines in scope are short of the minimum basket, if they are. A
    /// basket without lines in scope is worth nothing.
    pub fn missing_to_minimum(&self, basket: &Basket) -> Option<MinorUnits> {
        let lines = basket.lines.iter().filter(|line| self.scope.covers(line));
        let eligible = lines.fold(MinorUnits::ZERO, |sum, line| sum.plus(line.amount));
        let minimum = self.minimum_basket?.amount;
        (eligible < minimum).then(|| minimum.minus(eligible))
    }

    /// Returns true if the lines in scope are worth less than the minimum basket.
    pub fn below_minimum(&self, basket: &Basket) -> bool {
        self.missing_to_minimum(basket).is_some()
    }

    /// Checks what the shape alone does not ensure: one currency, a benefit above zero, lists
    /// within their limits.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let (field, most) = match &self.benefit {
            Benefit::FixedAmount { amount } => ("/offer/benefit/fixed_amount/amount", amount),
            Benefit::Percent { cap, .. } => ("/offer/benefit/percent/cap", cap),
            Benefit::FreeDelivery { cap } => ("/offer/benefit/free_delivery/cap", cap),
        };
        if most.amount == MinorUnits::ZERO {
            errors.push(FieldError::new(
                format!("{field}/amount"),
                "must_be_positive",
                "an offer must be worth something",
            ));
        }
        if let Some(minimum) = self.minimum_basket
            && minimum.currency != self.currency()
        {
            errors.push(FieldError::new(
                "/offer/minimum_basket/currency",
                "mixed_currency",
                format!(
                    "the benefit is in {}, the minimum basket in {}",
                    self.currency(),
                    minimum.currency
                ),
            ));
        }
        for (name, list) in [
            ("verticals", &self.scope.verticals),
            ("merchants", &self.scope.merchants),
            ("categories", &self.scope.categories),
        ] {
            if list.len() > MAX_SCOPE_NAMES
                || list
                    .iter()
                    .any(|entry| entry.is_empty() || entry.len() > crate::kernel::id::MAX_ID_LENGTH)
            {
                errors.push(FieldError::new(
                    format!("/offer/scope/{name}"),
                    "out_of_range",
                    format!(
                        "at most {MAX_SCOPE_NAMES} names of 1 to {} bytes",
                        crate::kernel::id::MAX_ID_LENGTH
                    ),
                ));
            }
        }
        let group_names = self.combination.group.iter().chain(&self.combination.with);
        let is_name = |name: &String| (1..=crate::kernel::id::MAX_ID_LENGTH).contains(&name.len());
        if self.combination.with.len() > MAX_GROUPS || !group_names.into_iter().all(is_name) {
            errors.push(FieldError::new(
                "/offer/combination",
                "out_of_range",
                format!(
                    "at most {MAX_GROUPS} groups with names of 1 to {} bytes",
                    crate::kernel::id::MAX_ID_LENGTH
                ),
            ));
        }
        if self.combination.group.is_none() && !self.combination.with.is_empty() {
            errors.push(FieldError::new(
                "/offer/combination/group",
                "required",
                "an offer that combines with others needs a group that they can name",
            ));
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::LineId;
    use proptest::prelude::*;

    fn eur(amount: i64) -> Money {
        Money::new(MinorUnits::new(amount).unwrap(), Currency::parse("EUR").unwrap())
    }
    fn offer(benefit: Benefit) -> Offer {
        Offer {
            benefit,
            minimum_basket: None,
            scope: OfferScope::default(),
            first_order_only: false,
            combination: CombinationRule::default(),
        }
    }
    /// Returns the discount of a voucher that is alone on the basket.
    fn discount(offer: &Offer, basket: &Basket) -> Result<MinorUnits, DiscountRefusal> {
        let left = OrderAmounts::of(basket);
        Ok(offer.discount_lines(basket, &left, PercentBase::Reduced)?.total())
    }
    fn basket(amounts: &[i64]) -> Basket {
        let lines = amounts.iter().enumerate().map(|(number, amount)| BasketLine {
            id: LineId::parse(&format!("{number}")).unwrap(),
            vertical: "food".into(),
            merchant: "m-1".into(),
            category: None,
            sku: None,
            quantity: 1,
            amount: MinorUnits::new(*amount).unwrap(),
        });
        Basket {
            currency: eur(0).currency,
            lines: lines.collect(),
            delivery_fee: MinorUnits::new(299).unwrap(),
            first_order: false,
        }
    }

    #[test]
    fn a_fixed_amount_is_never_more_than_the_lines_in_scope() {
        let five = offer(Benefit::FixedAmount { amount: eur(500) });
        assert_eq!(discount(&five, &basket(&[1_200])), Ok(MinorUnits::new(500).unwrap()));
        assert_eq!(discount(&five, &basket(&[300])), Ok(MinorUnits::new(300).unwrap()));
    }

    #[test]
    fn a_percentage_is_rounded_down_and_capped() {
        let third = offer(Benefit::Percent { percent: Percent(33), cap: eur(800) });
        assert_eq!(discount(&third, &basket(&[101])), Ok(MinorUnits::new(33).unwrap()));
        assert_eq!(discount(&third, &basket(&[100_000])), Ok(MinorUnits::new(800).unwrap()));
    }

    #[test]
    fn only_lines_in_scope_count_toward_minimum_and_discount() {
        let mut pharmacy = offer(Benefit::Percent { percent: Percent(50), cap: eur(10_000) });
        pharmacy.scope.verticals = vec!["pharmacy".into()];
        assert_eq!(discount(&pharmacy, &basket(&[1_000])), Err(DiscountRefusal::OutOfScope));
        pharmacy.scope.verticals.push("food".into());
        pharmacy.minimum_basket = Some(eur(1_001));
        assert_eq!(discount(&pharmacy, &basket(&[1_000])), Err(DiscountRefusal::BelowMinimum));
        let missing = pharmacy.missing_to_minimum(&basket(&[1_000]));
        assert_eq!(missing, Some(MinorUnits::new(1).unwrap()));
    }

    #[test]
    fn an_offer_that_takes_nothing_off_does_not_apply() {
        let fifteen = offer(Benefit::Percent { percent: Percent(15), cap: eur(800) });
        assert_eq!(discount(&fifteen, &basket(&[1])), Err(DiscountRefusal::NothingToDiscount));
        let delivery = offer(Benefit::FreeDelivery { cap: eur(500) });
        let no_fee = Basket { delivery_fee: MinorUnits::ZERO, ..basket(&[1_000]) };
        assert_eq!(discount(&delivery, &no_fee), Err(DiscountRefusal::NothingToDiscount));
    }

    #[test]
    fn groups_combine_only_if_both_offers_say_so() {
        let rule = |group: &str, with: &[&str]| CombinationRule {
            group: Some(group.to_owned()),
            with: with.iter().map(|&name| name.to_owned()).collect(),
        };
        let (basket, delivery) = (rule("basket", &["delivery"]), rule("delivery", &["basket"]));
        assert!(basket.allows(&delivery) && delivery.allows(&basket));
        assert!(!basket.allows(&basket), "it does not name its own group");
        assert!(!basket.allows(&rule("delivery", &[])), "the other one is exclusive");
        assert!(!CombinationRule::default().allows(&CombinationRule::default()));
    }

    proptest! {
        #[test]
        fn a_discount_never_exceeds_the_exposure_or_the_basket(
            amounts in prop::collection::vec(0i64..100_000, 1..6), percent in 1i64..=100, cap in 1i64..50_000, kind in 0..3,
        ) {
            let benefit = match kind {
                0 => Benefit::FixedAmount { amount: eur(cap) },
                1 => Benefit::Percent { percent: Percent::try_from(percent).unwrap(), cap: eur(cap) },
                _ => Benefit::FreeDelivery { cap: eur(cap) },
            };
            let (offer, basket) = (offer(benefit), basket(&amounts));
            let discount = match discount(&offer, &basket) {
                Ok(discount) => discount,
                Err(refusal) => {
                    prop_assert_eq!(refusal, DiscountRefusal::NothingToDiscount);
                    return Ok(());
                }
            };
            prop_assert!(discount > MinorUnits::ZERO);
            prop_assert!(discount <= offer.exposure());
            prop_assert!(discount <= basket.total());
        }
    }
}
