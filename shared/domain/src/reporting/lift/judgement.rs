//! The verdict on a campaign's profit, why there is none yet, and what would change it.
//!
//! It holds at every look: over all looks together, at most five campaigns without an effect in a
//! hundred are ever said to earn or to lose.

use serde::Serialize;

use super::{LiftArm, LiftEstimate, difference::MeanDifference};
use crate::reporting::sequence::ConfidenceSequence;

/// The fewest customers of each arm for a verdict.
pub const MIN_CUSTOMERS: u64 = 100;
/// The fewest customers of each arm who spent something: fewer say little about the distribution of
/// spend.
pub const MIN_SPENDERS: u64 = 20;
/// The skewness of the difference above which the correction does not hold. A sample that one
/// customer dominates comes near to 1.
const MAX_SKEWNESS: f64 = 0.7;

/// The campaign's costs for the customers of the treated arm, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiftCosts {
    /// Discounts, less the amounts that refunds took back.
    pub vouchers: i64,
    /// The most that these customers' vouchers could have cost.
    pub most_vouchers: i64,
    pub messages: i64,
    /// Percent of sales at full price that remains before discounts and messages, 0 to 100.
    pub margin_percent: u8,
}

/// Customers of both sides who were selected while the shares were the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiftStratum {
    pub treated: LiftArm,
    pub held: LiftArm,
    pub costs: LiftCosts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LiftVerdict {
    /// The campaign earns: the whole interval of its profit is above zero.
    Scale,
    /// Neither a gain nor a loss is shown, and one as large as the campaign's costs would have been
    /// detected.
    Keep,
    /// The campaign loses: the whole interval of its profit is below zero.
    Retire,
    NotEnoughData,
    /// The sides are not as large as their shares make them expected: they are different customers,
    /// and nothing is claimed.
    UnevenArms,
}

/// The reason why there is not enough data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LiftDataGap {
    /// The campaign has no held-out customers: its effect cannot be separated from what would have
    /// happened anyway, however long it runs.
    NoHoldout,
    TooFewCustomers,
    /// Too few customers of one side spent something, or a few of them account for too much of the
    /// spend.
    TooFewSpenders,
    /// The interval is wider than the campaign's costs.
    TooUncertain,
}

/// The verdict that would come next, and after how many more customers of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextVerdict {
    pub verdict: LiftVerdict,
    pub customers: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiftJudgement {
    /// The amount that treated customers paid beyond what they would have paid otherwise, or `None`
    /// if nothing can be claimed.
    pub revenue: Option<LiftEstimate>,
    /// The margin on the additional sales at full price, less discounts and messages.
    pub profit: Option<LiftEstimate>,
    pub verdict: LiftVerdict,
    pub lack: Option<LiftDataGap>,
    /// The number of additional customers, of both sides together, that makes a verdict likely, or
    /// `None` if no number does.
    pub missing_customers: Option<u64>,
    /// The number of customers that would change a verdict: for `keep` more customers like those so
    /// far, for `scale` and
    /// `retire` more customers on whom the campaign has no effect.
    pub next: Option<NextVerdict>,
}

impl LiftJudgement {
    /// Claims nothing.
    pub fn not_enough_data(lack: Option<LiftDataGap>, missing_customers: Option<u64>) -> Self {
        Self {
            revenue: None,
            profit: None,
            verdict: LiftVerdict::NotEnoughData,
            lack,
            missing_customers,
            next: None,
        }
    }

    /// Claims nothing, because the sides are different customers.
    pub fn uneven_arms() -> Self {
        Self { verdict: LiftVerdict::UnevenArms, ..Self::not_enough_data(None, None) }
    }
}

/// Judges a campaign, or one of its variants, from the strata of its epochs. A stratum in which a
/// side has fewer than two customers has no variance and is left out.
pub fn judge_lift(strata: &[LiftStratum], sequence: ConfidenceSequence) -> LiftJudgement {
    let size = Sizes::of(strata);
    if let Some(gap) = size.find_gap() {
        return gap;
    }
    let compared = Compared::from_strata(strata);
    let skewness = compared.revenue.skewness();
    if skewness.abs() > MAX_SKEWNESS {
        // The skewness falls with the square root of the number of customers.
        let factor = (skewness / MAX_SKEWNESS).powi(2);
        let missing = Some(additional_by_factor(size.all, factor));
        return LiftJudgement::not_enough_data(Some(LiftDataGap::TooFewSpenders), missing);
    }
    judge_profit(&compared, size.all, sequence)
}

/// Compares the profit per customer of two variants, over the customers of the first; `None` if
/// nothing can be claimed. Both have their own customers, so the holdout is not needed.
pub fn compare_variants(
    one: &[LiftStratum],
    other: &[LiftStratum],
    sequence: ConfidenceSequence,
) -> Option<LiftEstimate> {
    let sizes = [one, other].map(|strata| Sizes::of(strata).treated_only());
    if sizes.iter().any(|size| size.find_gap().is_some()) {
        return None;
    }
    let [first, second] = [one, other].map(Compared::without_control);
    let difference = first.profit.less(second.profit);
    (difference.skewness().abs() <= MAX_SKEWNESS)
        .then(|| difference.interval(first.treated, sequence))
}

/// The customers and spenders of both sides.
struct Sizes {
    treated: (u64, u64),
    held: (u64, u64),
    all: u64,
}

impl Sizes {
    fn of(strata: &[LiftStratum]) -> Self {
        let sum = |arm: fn(&LiftStratum) -> &LiftArm| {
            strata.iter().map(arm).fold((0u64, 0u64), |(customers, spenders), arm| {
                (
                    customers.saturating_add(arm.customers),
                    spenders.saturating_add(arm.spender_count()),
                )
            })
        };
        let (treated, held) = (sum(|it| &it.treated), sum(|it| &it.held));
        Self { treated, held, all: treated.0.saturating_add(held.0) }
    }

    /// Asks the treated customers alone, as if they were both sides.
    fn treated_only(self) -> Self {
        Self { held: self.treated, ..self }
    }

    fn find_gap(&self) -> Option<LiftJudgement> {
        if self.held.0 == 0 && self.treated.0 >= MIN_CUSTOMERS {
            return Some(LiftJudgement::not_enough_data(Some(LiftDataGap::NoHoldout), None));
        }
        let gap = |have: u64, wanted: u64, lack| {
            let missing = (have < wanted).then(|| additional_customers(self.all, wanted, have))?;
            Some(LiftJudgement::not_enough_data(Some(lack), Some(missing)))
        };
        let customers = self.treated.0.min(self.held.0);
        let spenders = self.treated.1.min(self.held.1);
        gap(customers, MIN_CUSTOMERS, LiftDataGap::TooFewCustomers)
            .or_else(|| gap(spenders, MIN_SPENDERS, LiftDataGap::TooFewSpenders))
    }
}

/// The differences per treated customer, and the costs of these customers.
struct Compared {
    treated: u64,
    revenue: MeanDifference,
    profit: MeanDifference,
    costs: i64,
}

impl Compared {
    fn from_strata(strata: &[LiftStratum]) -> Self {
        let both = strata.iter().filter(|it| it.treated.customers.min(it.held.customers) > 1);
        let differences =
            both.map(|it| (it, MeanDifference::between(&it.treated.moments(), &it.held.moments())));
        Self::combine(differences.collect())
    }

    fn without_control(strata: &[LiftStratum]) -> Self {
        let treated = strata.iter().filter(|it| it.treated.customers > 1);
        let means = treated.map(|it| (it, MeanDifference::of_mean(&it.treated.moments())));
        Self::combine(means.collect())
    }

    /// Weighs each stratum by its treated customers, so that the estimate is about exactly those.
    fn combine(strata: Vec<(&LiftStratum, MeanDifference)>) -> Self {
        let treated: u64 = strata.iter().map(|(it, _)| it.treated.customers).sum();
        let weight = |it: &LiftStratum| it.treated.customers as f64 / treated.max(1) as f64;
        let profits = strata.iter().map(|(it, found)| (weight(it), profit_each(it, *found)));
        let profit = MeanDifference::weighted(profits);
        let revenue = MeanDifference::weighted(strata.iter().map(|(it, d)| (weight(it), *d)));
        let costs = strata.iter().fold(0i64, |sum, (it, _)| {
            sum.saturating_add(it.costs.vouchers).saturating_add(it.costs.messages)
        });
        Self { treated, revenue, profit, costs }
    }
}

/// Computes the margin on the additional sales at full price, less discounts and messages, per
/// treated customer. Discounts vary from customer to customer: their variance is at most that of
/// customers who use all of their voucher or nothing of it.
fn profit_each(stratum: &LiftStratum, revenue: MeanDifference) -> MeanDifference {
    let LiftCosts { vouchers, most_vouchers, messages, margin_percent } = stratum.costs;
    let customers = stratum.treated.customers.max(1) as f64;
    let margin = f64::from(margin_percent) / 100.0;
    let [discount, most, message] =
        [vouchers, most_vouchers, messages].map(|sum| sum as f64 / customers);
    let variance = (discount * (most - discount)).max(0.0) / customers;
    let kept = 1.0 - margin;
    revenue.scaled(margin).shifted(-kept * discount - message, kept.powi(2) * variance)
}

fn judge_profit(compared: &Compared, all: u64, sequence: ConfidenceSequence) -> LiftJudgement {
    let profit = compared.profit.interval(compared.treated, sequence);
    let known = LiftJudgement {
        revenue: Some(compared.revenue.interval(compared.treated, sequence)),
        profit: Some(profit),
        verdict: LiftVerdict::Keep,
        lack: None,
        missing_customers: None,
        next: None,
    };
    let half = profit.high.saturating_sub(profit.low) / 2;
    if profit.low > 0 || profit.high < 0 {
        let verdict = if profit.low > 0 { LiftVerdict::Scale } else { LiftVerdict::Retire };
        return LiftJudgement { verdict, next: fading(&profit, half, all), ..known };
    }
    let wanted = compared.costs.max(1);
    if half <= wanted {
        return LiftJudgement { next: sharpening(&profit, half, all), ..known };
    }
    // Costs grow with the number of customers, and the interval with its square root.
    let factor = (half as f64 / wanted as f64).powi(2);
    LiftJudgement {
        verdict: LiftVerdict::NotEnoughData,
        lack: Some(LiftDataGap::TooUncertain),
        missing_customers: Some(additional_by_factor(all, factor)),
        ..known
    }
}

/// Returns after how many more customers without any effect a gain or loss is no longer shown: what
/// was gained stays, and the interval grows with the square root of the customers.
fn fading(profit: &LiftEstimate, half: i64, all: u64) -> Option<NextVerdict> {
    let factor = (profit.value as f64 / half.max(1) as f64).powi(2);
    let customers = additional_by_factor(all, factor);
    Some(NextVerdict { verdict: LiftVerdict::Keep, customers })
}

/// Returns after how many more customers like those so far zero is outside of the interval; for an
/// estimate of zero it never is.
fn sharpening(profit: &LiftEstimate, half: i64, all: u64) -> Option<NextVerdict> {
    let verdict = match profit.value.signum() {
        0 => return None,
        1 => LiftVerdict::Scale,
        _ => LiftVerdict::Retire,
    };
    let factor = (half as f64 / profit.value as f64).powi(2);
    Some(NextVerdict { verdict, customers: additional_by_factor(all, factor) })
}

/// Returns how many more than `all` customers are needed to find `wanted`, if `have` were found
/// among `all`.
fn additional_customers(all: u64, wanted: u64, have: u64) -> u64 {
    let needed = (u128::from(all.max(1)) * u128::from(wanted)).div_ceil(u128::from(have.max(1)));
    u64::try_from(needed).unwrap_or(u64::MAX).max(2 * wanted).saturating_sub(all).max(1)
}

fn additional_by_factor(all: u64, factor: f64) -> u64 {
    ((all as f64 * (factor - 1.0)).ceil() as u64).max(1)
}
