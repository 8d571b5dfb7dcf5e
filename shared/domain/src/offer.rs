//! The offer: benefit + scope + minimum basket, and the discount it gives on a basket. The only place where a discount is computed.

use serde::{Deserialize, Serialize};

use crate::{
    field::FieldError,
    money::{Currency, Minor, Money},
};

/// Most lines of one basket that are looked at; a larger basket is refused.
pub const MAX_LINES: usize = 200;
/// Most names in each list of a scope.
pub const MAX_SCOPE: usize = 500;

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

/// What the customer gets. Every benefit is bounded, so that exposure is known when a voucher is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Benefit {
    FixedAmount {
        amount: Money,
    },
    /// Of the lines in scope, at most `cap`.
    Percent {
        percent: Percent,
        cap: Money,
    },
    /// The delivery fee, at most `cap`.
    FreeDelivery {
        cap: Money,
    },
}

/// What the offer applies to; an empty list is no restriction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scope {
    pub verticals: Vec<String>,
    pub merchants: Vec<String>,
    pub categories: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offer {
    pub benefit: Benefit,
    /// Of the lines in scope, before the discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub minimum_basket: Option<Money>,
    #[serde(default)]
    pub scope: Scope,
    /// Only on the customer's first order.
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
    /// Minor units of the basket's currency, for the whole line.
    pub amount: Minor,
}

/// What the customer is about to order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Basket {
    pub currency: Currency,
    pub lines: Vec<BasketLine>,
    #[serde(default)]
    pub delivery_fee: Minor,
    /// The app backend's word that the customer has no order yet.
    #[serde(default)]
    pub first_order: bool,
}

/// Why an offer gives nothing on a basket. These follow from the caller's own basket, so they may be shown to a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotOnThisBasket {
    OtherCurrency,
    OutOfScope,
    BelowMinimum,
    NotFirstOrder,
}

impl NotOnThisBasket {
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
    pub fn most(&self) -> Money {
        match self {
            Benefit::FixedAmount { amount } => *amount,
            Benefit::Percent { cap, .. } | Benefit::FreeDelivery { cap } => *cap,
        }
    }
}

impl Scope {
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
    pub fn total(&self) -> Minor {
        self.lines.iter().fold(Minor::ZERO, |sum, line| sum.plus(line.amount)).plus(self.delivery_fee)
    }

    pub fn check(&self, field: &str) -> Result<(), FieldError> {
        if self.lines.is_empty() || self.lines.len() > MAX_LINES {
            return Err(FieldError::new(
                format!("{field}/lines"),
                "out_of_range",
                format!("a basket has 1 to {MAX_LINES} lines"),
            ));
        }
        Ok(())
    }
}

impl Offer {
    pub fn currency(&self) -> Currency {
        self.benefit.most().currency
    }

    /// The most that one voucher can cost.
    pub fn exposure(&self) -> Minor {
        self.benefit.most().amount
    }

    /// The discount on `basket`, in minor units of the offer's currency, or why there is none.
    pub fn discount(&self, basket: &Basket) -> Result<Minor, NotOnThisBasket> {
        if basket.currency != self.currency() {
            return Err(NotOnThisBasket::OtherCurrency);
        }
        if self.first_order_only && !basket.first_order {
            return Err(NotOnThisBasket::NotFirstOrder);
        }
        if !basket.lines.iter().any(|line| self.scope.covers(line)) {
            return Err(NotOnThisBasket::OutOfScope);
        }
        if self.below_minimum(basket) {
            return Err(NotOnThisBasket::BelowMinimum);
        }
        let eligible = self.eligible(basket);
        Ok(match &self.benefit {
            Benefit::FixedAmount { amount } => amount.amount.min(eligible),
            Benefit::Percent { percent, cap } => eligible.percent(percent.0).min(cap.amount),
            Benefit::FreeDelivery { cap } => basket.delivery_fee.min(cap.amount),
        })
    }

    /// Whether less than the minimum is in scope, which nothing at all is too.
    pub fn below_minimum(&self, basket: &Basket) -> bool {
        self.minimum_basket.is_some_and(|minimum| self.eligible(basket) < minimum.amount)
    }

    /// Sum of the lines in scope.
    fn eligible(&self, basket: &Basket) -> Minor {
        let lines = basket.lines.iter().filter(|line| self.scope.covers(line));
        lines.fold(Minor::ZERO, |sum, line| sum.plus(line.amount))
    }

    /// `5.00 EUR off`, `20 % off, up to 8.00 EUR`, `Free delivery, up to 3.99 EUR`: what `{{ offer }}` becomes.
    pub fn text(&self) -> String {
        match &self.benefit {
            Benefit::FixedAmount { amount } => format!("{amount} off"),
            Benefit::Percent { percent, cap } => format!("{} % off, up to {cap}", percent.0),
            Benefit::FreeDelivery { cap } => format!("Free delivery, up to {cap}"),
        }
    }

    /// What the shape alone does not say: one currency, something to give, lists of a sensible size.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let (field, most) = match &self.benefit {
            Benefit::FixedAmount { amount } => ("/offer/benefit/fixed_amount/amount", amount),
            Benefit::Percent { cap, .. } => ("/offer/benefit/percent/cap", cap),
            Benefit::FreeDelivery { cap } => ("/offer/benefit/free_delivery/cap", cap),
        };
        if most.amount == Minor::ZERO {
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
                format!("the benefit is in {}, the minimum basket in {}", self.currency(), minimum.currency),
            ));
        }
        for (name, list) in [
            ("verticals", &self.scope.verticals),
            ("merchants", &self.scope.merchants),
            ("categories", &self.scope.categories),
        ] {
            if list.len() > MAX_SCOPE
                || list.iter().any(|entry| entry.is_empty() || entry.len() > crate::id::MAX_ID_LENGTH)
            {
                errors.push(FieldError::new(
                    format!("/offer/scope/{name}"),
                    "out_of_range",
                    format!("at most {MAX_SCOPE} names of 1 to {} bytes", crate::id::MAX_ID_LENGTH),
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
        Money::new(Minor::new(amount).unwrap(), Currency::parse("EUR").unwrap())
    }
    fn offer(benefit: Benefit) -> Offer {
        Offer { benefit, minimum_basket: None, scope: Scope::default(), first_order_only: false }
    }
    fn basket(amounts: &[i64]) -> Basket {
        let lines = amounts.iter().map(|amount| BasketLine {
            vertical: "food".into(),
            merchant: "m-1".into(),
            category: None,
            amount: Minor::new(*amount).unwrap(),
        });
        Basket {
            currency: eur(0).currency,
            lines: lines.collect(),
            delivery_fee: Minor::new(299).unwrap(),
            first_order: false,
        }
    }

    #[test]
    fn a_fixed_amount_is_never_more_than_the_lines_in_scope() {
        let five = offer(Benefit::FixedAmount { amount: eur(500) });
        assert_eq!(five.discount(&basket(&[1_200])), Ok(Minor::new(500).unwrap()));
        assert_eq!(five.discount(&basket(&[300])), Ok(Minor::new(300).unwrap()));
    }

    #[test]
    fn a_percentage_is_rounded_down_and_capped() {
        let third = offer(Benefit::Percent { percent: Percent(33), cap: eur(800) });
        assert_eq!(third.discount(&basket(&[101])), Ok(Minor::new(33).unwrap()));
        assert_eq!(third.discount(&basket(&[100_000])), Ok(Minor::new(800).unwrap()));
    }

    #[test]
    fn only_lines_in_scope_count_toward_minimum_and_discount() {
        let mut pharmacy = offer(Benefit::Percent { percent: Percent(50), cap: eur(10_000) });
        pharmacy.scope.verticals = vec!["pharmacy".into()];
        assert_eq!(pharmacy.discount(&basket(&[1_000])), Err(NotOnThisBasket::OutOfScope));
        pharmacy.scope.verticals.push("food".into());
        pharmacy.minimum_basket = Some(eur(1_001));
        assert_eq!(pharmacy.discount(&basket(&[1_000])), Err(NotOnThisBasket::BelowMinimum));
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
