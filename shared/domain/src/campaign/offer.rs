//! The offer: benefit, scope and minimum basket, and the discount it gives on a basket. This is the
//! only place that computes a discount.

use serde::{Deserialize, Serialize};

use crate::kernel::{
    money::{Currency, MinorUnits, Money},
    validation::FieldError,
};

/// Most lines of a basket; a larger basket is refused.
pub const MAX_BASKET_LINES: usize = 200;
/// Most names in each list of a scope.
pub const MAX_SCOPE_NAMES: usize = 500;

/// A whole percentage, 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u8, minimum = 1, maximum = 100))]
pub struct Percent(u8);

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
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BasketLine {
    pub vertical: String,
    pub merchant: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub category: Option<String>,
    /// Amount of the whole line, in minor units of the basket's currency.
    pub amount: MinorUnits,
}

/// The basket that the customer is about to order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Basket {
    pub currency: Currency,
    pub lines: Vec<BasketLine>,
    #[serde(default)]
    pub delivery_fee: MinorUnits,
    /// Set by the app backend if the customer has no order yet.
    #[serde(default)]
    pub first_order: bool,
}

/// The reason why an offer gives nothing on a basket. The reasons follow from the caller's own
/// basket, so a customer may see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiscountRefusal {
    OtherCurrency,
    OutOfScope,
    BelowMinimum,
    NotFirstOrder,
}

impl DiscountRefusal {
    pub const ALL: [DiscountRefusal; 4] = [
        DiscountRefusal::OtherCurrency,
        DiscountRefusal::OutOfScope,
        DiscountRefusal::BelowMinimum,
        DiscountRefusal::NotFirstOrder,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::OtherCurrency => "basket_other_currency",
            Self::OutOfScope => "basket_out_of_scope",
            Self::BelowMinimum => "basket_below_minimum",
            Self::NotFirstOrder => "basket_not_first_order",
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
}

impl Basket {
    pub fn total(&self) -> MinorUnits {
        self.lines
            .iter()
            .fold(MinorUnits::ZERO, |sum, line| sum.plus(line.amount))
            .plus(self.delivery_fee)
    }

    pub fn check(&self, field: &str) -> Result<(), FieldError> {
        if self.lines.is_empty() || self.lines.len() > MAX_BASKET_LINES {
            return Err(FieldError::new(
                format!("{field}/lines"),
                "out_of_range",
                format!("a basket has 1 to {MAX_BASKET_LINES} lines"),
            ));
        }
        Ok(())
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

    /// Returns the discount on `basket`, in minor units of the offer's currency, or the reason why
    /// there is none.
    pub fn discount(&self, basket: &Basket) -> Result<MinorUnits, DiscountRefusal> {
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
        let eligible = self.eligible_amount(basket);
        Ok(match &self.benefit {
            Benefit::FixedAmount { amount } => amount.amount.min(eligible),
            Benefit::Percent { percent, cap } => eligible.percent(percent.0).min(cap.amount),
            Benefit::FreeDelivery { cap } => basket.delivery_fee.min(cap.amount),
        })
    }

    /// Returns true if the lines in scope are worth less than the minimum basket. A basket without
    /// lines in scope is worth nothing.
    pub fn below_minimum(&self, basket: &Basket) -> bool {
        self.minimum_basket.is_some_and(|minimum| self.eligible_amount(basket) < minimum.amount)
    }

    /// Sums the lines in scope.
    fn eligible_amount(&self, basket: &Basket) -> MinorUnits {
        let lines = basket.lines.iter().filter(|line| self.scope.covers(line));
        lines.fold(MinorUnits::ZERO, |sum, line| sum.plus(line.amount))
    }

    /// Formats the offer for the template variable `{{ offer }}`: `5.00 EUR off`, `20 % off, up to
    /// 8.00 EUR`, `Free delivery, up to 3.99 EUR`.
    pub fn offer_text(&self) -> String {
        match &self.benefit {
            Benefit::FixedAmount { amount } => format!("{amount} off"),
            Benefit::Percent { percent, cap } => format!("{} % off, up to {cap}", percent.0),
            Benefit::FreeDelivery { cap } => format!("Free delivery, up to {cap}"),
        }
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
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        }
    }
    fn basket(amounts: &[i64]) -> Basket {
        let lines = amounts.iter().map(|amount| BasketLine {
            vertical: "food".into(),
            merchant: "m-1".into(),
            category: None,
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
        assert_eq!(five.discount(&basket(&[1_200])), Ok(MinorUnits::new(500).unwrap()));
        assert_eq!(five.discount(&basket(&[300])), Ok(MinorUnits::new(300).unwrap()));
    }

    #[test]
    fn a_percentage_is_rounded_down_and_capped() {
        let third = offer(Benefit::Percent { percent: Percent(33), cap: eur(800) });
        assert_eq!(third.discount(&basket(&[101])), Ok(MinorUnits::new(33).unwrap()));
        assert_eq!(third.discount(&basket(&[100_000])), Ok(MinorUnits::new(800).unwrap()));
    }

    #[test]
    fn only_lines_in_scope_count_toward_minimum_and_discount() {
        let mut pharmacy = offer(Benefit::Percent { percent: Percent(50), cap: eur(10_000) });
        pharmacy.scope.verticals = vec!["pharmacy".into()];
        assert_eq!(pharmacy.discount(&basket(&[1_000])), Err(DiscountRefusal::OutOfScope));
        pharmacy.scope.verticals.push("food".into());
        pharmacy.minimum_basket = Some(eur(1_001));
        assert_eq!(pharmacy.discount(&basket(&[1_000])), Err(DiscountRefusal::BelowMinimum));
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
            let discount = offer.discount(&basket).unwrap();
            prop_assert!(discount <= offer.exposure());
            prop_assert!(discount <= basket.total());
        }
    }
}
