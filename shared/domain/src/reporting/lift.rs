//! Measures the lift of a campaign: compares the spend of customers who were issued a voucher with
//! that of held-out customers in the attribution window (intention to treat).
//!
//! Pure, and computed from counters alone: customers, and their spend by bucket of spend.
//!
//! Spend is skewed: most customers spend nothing, and a few spend much. The interval is Welch's
//! with Hall's correction for skewness; below the minimums nothing is claimed. Method and reasons:
//! `docs/decisions/0020`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::reporting::{
    counters::{ArmCounter, ComparisonArm, CounterValues},
    log_bucket::{bucket_bounds, log_bucket},
};

/// The fewest customers of each arm for a verdict.
pub const MIN_CUSTOMERS: u64 = 100;
/// The fewest customers of each arm who spent something: fewer say little about the distribution of
/// spend.
pub const MIN_SPENDERS: u64 = 20;
/// The skewness of the difference above which the correction does not hold. A sample that one
/// customer dominates comes near to 1.
const MAX_SKEWNESS: f64 = 0.7;
/// The quantile of the normal distribution for a two-sided interval of 95 %.
const Z_975: f64 = 1.959_963_984_540_054;

/// One side of the comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiftArm {
    /// All customers of the arm, including those who spent nothing.
    pub customers: u64,
    /// The customers who spent something, by [`log_bucket`].
    pub spenders: BTreeMap<u32, SpenderBucket>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpenderBucket {
    pub customers: u64,
    /// The spend of all of them together, in minor units.
    pub spend: i64,
}

impl LiftArm {
    /// Reads an arm from the counters of days of issue.
    pub fn from_counters(counts: &CounterValues, arm: ComparisonArm) -> Self {
        let mut spenders: BTreeMap<u32, SpenderBucket> = BTreeMap::new();
        let own = counts.iter().filter_map(|(counter, count)| Some((counter.arm()?, count)));
        for ((_, counter), count) in own.filter(|((side, _), _)| *side == arm) {
            match counter {
                ArmCounter::Spenders(bucket) => {
                    let found = spenders.entry(bucket).or_default();
                    found.customers = found.customers.saturating_add_signed(count);
                }
                ArmCounter::Spend(bucket) => {
                    let found = spenders.entry(bucket).or_default();
                    found.spend = found.spend.saturating_add(count);
                }
                ArmCounter::Orders
                | ArmCounter::Discount
                | ArmCounter::Units(_)
                | ArmCounter::Repeats => {}
            }
        }
        spenders.retain(|_, found| found.customers > 0);
        let customers = counts.amount(&arm.customers()).max(0).unsigned_abs();
        Self { customers, spenders }
    }

    /// Adds one customer with their spend.
    pub fn add_customer(&mut self, spend: i64) {
        self.customers += 1;
        if let Some(bucket) = log_bucket(spend) {
            let spenders = self.spenders.entry(bucket).or_default();
            spenders.customers += 1;
            spenders.spend = spenders.spend.saturating_add(spend);
        }
    }
    pub fn spender_count(&self) -> u64 {
        self.spenders.values().map(|spenders| spenders.customers).sum()
    }
    pub fn total_spend(&self) -> i64 {
        self.spenders.values().fold(0, |sum, spenders| sum.saturating_add(spenders.spend))
    }
    /// Returns the spend per customer in minor units, rounded half up, or `None` for an arm without
    /// customers.
    pub fn spend_per_customer(&self) -> Option<i64> {
        let customers = i64::try_from(self.customers).ok()?;
        self.total_spend().checked_add(customers / 2)?.checked_div_euclid(customers)
    }

    /// Computes the moments of spend per customer. Only the sum and the number of customers of a
    /// bucket are known, so its customers are assumed to be spread as widely as these allow. The
    /// variance is then never too small, and too large by 3 percent at most.
    fn moments(&self) -> SpendMoments {
        let customers = self.customers.max(1) as f64;
        let mean = self.total_spend() as f64 / customers;
        let silent = self.customers.saturating_sub(self.spender_count()) as f64;
        let (mut second, mut third) = (silent * mean.powi(2), -silent * mean.powi(3));
        for (bucket, spenders) in
            self.spenders.iter().filter(|(_, spenders)| spenders.customers > 0)
        {
            let number = spenders.customers as f64;
            let each = spenders.spend as f64 / number;
            let (low, high) = bucket_bounds(*bucket);
            let within =
                if spenders.customers > 1 { ((high - each) * (each - low)).max(0.0) } else { 0.0 };
            let off = each - mean;
            second += number * (off.powi(2) + within);
            third += number * (off.powi(3) + 3.0 * off * within);
        }
        SpendMoments {
            customers,
            spenders: self.spender_count() as f64,
            mean,
            variance: second / (customers - 1.0).max(1.0),
            third: third / customers,
        }
    }
}

struct SpendMoments {
    customers: f64,
    /// The customers who spent something: they carry what is known about the variance.
    spenders: f64,
    mean: f64,
    variance: f64,
    /// The third central moment.
    third: f64,
}

/// The campaign's costs for the customers of the treated arm, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiftCosts {
    /// Discounts, less the amounts that refunds took back.
    pub vouchers: i64,
    pub messages: i64,
    /// Percent of sales at full price that remains before discounts and messages, 0 to 100.
    pub margin_percent: u8,
}

/// An amount in minor units over all treated customers, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiftEstimate {
    pub value: i64,
    pub low: i64,
    pub high: i64,
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
}

impl LiftJudgement {
    fn not_enough_data(lack: LiftDataGap, missing_customers: Option<u64>) -> Self {
        Self {
            revenue: None,
            profit: None,
            verdict: LiftVerdict::NotEnoughData,
            lack: Some(lack),
            missing_customers,
        }
    }
}

pub fn judge_lift(treated: &LiftArm, held: &LiftArm, costs: &LiftCosts) -> LiftJudgement {
    if held.customers == 0 && treated.customers >= MIN_CUSTOMERS {
        return LiftJudgement::not_enough_data(LiftDataGap::NoHoldout, None);
    }
    let all = treated.customers.saturating_add(held.customers);
    let grown = |have: u64, wanted: u64| additional_customers(all, wanted, have);
    let fewest = treated.customers.min(held.customers);
    if fewest < MIN_CUSTOMERS {
        return LiftJudgement::not_enough_data(
            LiftDataGap::TooFewCustomers,
            Some(grown(fewest, MIN_CUSTOMERS)),
        );
    }
    let spenders = treated.spender_count().min(held.spender_count());
    if spenders < MIN_SPENDERS {
        return LiftJudgement::not_enough_data(
            LiftDataGap::TooFewSpenders,
            Some(grown(spenders, MIN_SPENDERS)),
        );
    }
    let difference = MeanDifference::between(&treated.moments(), &held.moments());
    if difference.skewness.abs() > MAX_SKEWNESS {
        // The skewness falls with the square root of the number of customers.
        let factor = (difference.skewness / MAX_SKEWNESS).powi(2);
        return LiftJudgement::not_enough_data(
            LiftDataGap::TooFewSpenders,
            Some(additional_by_factor(all, factor)),
        );
    }
    judge_profit(&difference, treated.customers, all, costs)
}

fn judge_profit(
    difference: &MeanDifference,
    treated: u64,
    all: u64,
    costs: &LiftCosts,
) -> LiftJudgement {
    let revenue = difference.interval(treated);
    let profit = |revenue: i64| {
        let sold = i128::from(revenue) + i128::from(costs.vouchers);
        let margin = (sold * i128::from(costs.margin_percent)).div_euclid(100);
        i64::try_from(margin)
            .unwrap_or(i64::MAX)
            .saturating_sub(costs.vouchers)
            .saturating_sub(costs.messages)
    };
    let profit = LiftEstimate {
        value: profit(revenue.value),
        low: profit(revenue.low),
        high: profit(revenue.high),
    };
    let known = LiftJudgement {
        revenue: Some(revenue),
        profit: Some(profit),
        verdict: LiftVerdict::Keep,
        lack: None,
        missing_customers: None,
    };
    if profit.low > 0 {
        return LiftJudgement { verdict: LiftVerdict::Scale, ..known };
    }
    if profit.high < 0 {
        return LiftJudgement { verdict: LiftVerdict::Retire, ..known };
    }
    let half = profit.high.saturating_sub(profit.low) / 2;
    let wanted = costs.vouchers.saturating_add(costs.messages).max(1);
    if half <= wanted {
        return known;
    }
    // Costs grow with the number of customers, and the interval with its square root.
    let factor = (half as f64 / wanted as f64).powi(2);
    let missing = Some(additional_by_factor(all, factor));
    LiftJudgement {
        verdict: LiftVerdict::NotEnoughData,
        lack: Some(LiftDataGap::TooUncertain),
        missing_customers: missing,
        ..known
    }
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

/// The difference of two means, with the properties of its sampling distribution.
struct MeanDifference {
    value: f64,
    error: f64,
    /// The standardised third cumulant.
    skewness: f64,
    /// The degrees of freedom of Student's distribution, by Welch and Satterthwaite, with spenders
    /// in place of customers.
    degrees_of_freedom: f64,
}

impl MeanDifference {
    fn between(treated: &SpendMoments, held: &SpendMoments) -> Self {
        let of_mean = |arm: &SpendMoments| arm.variance / arm.customers;
        let (first, second) = (of_mean(treated), of_mean(held));
        let variance = first + second;
        let error = variance.sqrt();
        let third = treated.third / treated.customers.powi(2) - held.third / held.customers.powi(2);
        let spread =
            first.powi(2) / (treated.spenders - 1.0) + second.powi(2) / (held.spenders - 1.0);
        let value = treated.mean - held.mean;
        if variance <= 0.0 {
            return Self {
                value,
                error: 0.0,
                skewness: 0.0,
                degrees_of_freedom: treated.customers + held.customers,
            };
        }
        Self {
            value,
            error,
            skewness: third / error.powi(3),
            degrees_of_freedom: variance.powi(2) / spread,
        }
    }

    /// Returns the difference over `customers` customers, with its interval.
    fn interval(&self, customers: u64) -> LiftEstimate {
        let quantile = student_quantile(self.degrees_of_freedom);
        let total = |each: f64| (each * customers as f64).round() as i64;
        let low = self.value - self.error * self.invert_hall(quantile);
        let high = self.value - self.error * self.invert_hall(-quantile);
        LiftEstimate { value: total(self.value), low: total(low), high: total(high) }
    }

    /// Inverts Hall's transformation: returns the studentised difference at a quantile of the
    /// symmetric distribution.
    fn invert_hall(&self, quantile: f64) -> f64 {
        let skewness = self.skewness;
        if skewness.abs() < 1e-6 {
            return quantile;
        }
        3.0 / skewness * ((1.0 + skewness * (quantile - skewness / 6.0)).cbrt() - 1.0)
    }
}

/// Returns the upper quantile of Student's distribution by the Cornish-Fisher expansion. It is
/// exact to three digits from ten degrees of freedom on, and each side has at least twenty
/// spenders.
fn student_quantile(freedom: f64) -> f64 {
    let first = (Z_975.powi(3) + Z_975) / (4.0 * freedom);
    let second =
        (5.0 * Z_975.powi(5) + 16.0 * Z_975.powi(3) + 3.0 * Z_975) / (96.0 * freedom.powi(2));
    Z_975 + first + second
}

#[cfg(test)]
mod tests;
