//! What a campaign caused: customers who were issued a voucher against those who were held out, by what each spent in the attribution
//! window (intention to treat). Pure, and from counters alone: customers and their spend by bucket of spend.
//! Spend is skewed: most customers spend nothing, few spend much. The interval is Welch's with Hall's correction for skewness; below the
//! minimums nothing is claimed. Method and reasons: `docs/decisions/0020`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::Counts;

/// Customers of each arm, at least: below it nothing is said.
pub const MIN_CUSTOMERS: u64 = 100;
/// Customers of each arm who spent, at least: fewer say little of how spend is spread.
pub const MIN_SPENDERS: u64 = 20;
/// The skewness of the difference beyond which the correction does not hold. A sample that one customer rules comes near to 1.
const MAX_SKEWNESS: f64 = 0.7;
/// Two sides of five percent, of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The bucket of a sum: two buckets each time it doubles. Nobody who spent nothing is in one.
pub fn bucket(minor: i64) -> Option<u32> {
    let power = u64::try_from(minor).ok()?.checked_ilog2()?;
    let square = i128::from(minor) * i128::from(minor);
    Some(2 * power + u32::from(square >= 1i128 << (2 * power + 1)))
}

/// The smallest sum of a bucket, and the smallest above it; exact to a rounding.
pub fn bounds(bucket: u32) -> (f64, f64) {
    let edge = |bucket: u32| (f64::from(bucket) / 2.0).exp2();
    (edge(bucket), edge(bucket.saturating_add(1)))
}

/// One side of the comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arm {
    /// Those who spent nothing included.
    pub customers: u64,
    /// Those who spent, by [`bucket`].
    pub spenders: BTreeMap<u32, Spenders>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spenders {
    pub customers: u64,
    /// Of all of them together, minor units.
    pub spend: i64,
}

impl Arm {
    /// From the counters of days of issue: `treated` is made of `issued` vouchers, `held` of ghosts.
    fn counted(counts: &Counts, arm: &str, all: &str) -> Self {
        let mut spenders: BTreeMap<u32, Spenders> = BTreeMap::new();
        for (name, count) in counts {
            let Some((what, bucket)) = name.strip_prefix(arm).and_then(|rest| rest.split_once('.')) else { continue };
            let Ok(bucket) = bucket.parse() else { continue };
            let found = spenders.entry(bucket).or_default();
            match what {
                "spenders" => found.customers = found.customers.saturating_add_signed(*count),
                "spend" => found.spend = found.spend.saturating_add(*count),
                _ => {}
            }
        }
        spenders.retain(|_, found| found.customers > 0);
        let customers = counts.get(all).copied().unwrap_or(0).max(0).unsigned_abs();
        Self { customers, spenders }
    }

    pub fn treated(counts: &Counts) -> Self {
        Self::counted(counts, "treated.", "issued")
    }

    pub fn held_out(counts: &Counts) -> Self {
        Self::counted(counts, "held.", "ghost")
    }

    /// One more customer, who spent so much.
    pub fn add(&mut self, spend: i64) {
        self.customers += 1;
        if let Some(bucket) = bucket(spend) {
            let spenders = self.spenders.entry(bucket).or_default();
            spenders.customers += 1;
            spenders.spend = spenders.spend.saturating_add(spend);
        }
    }
    pub fn who_spent(&self) -> u64 {
        self.spenders.values().map(|spenders| spenders.customers).sum()
    }
    pub fn spend(&self) -> i64 {
        self.spenders.values().fold(0, |sum, spenders| sum.saturating_add(spenders.spend))
    }
    /// Minor units, rounded half up; `None` of nobody.
    pub fn spend_each(&self) -> Option<i64> {
        let customers = i64::try_from(self.customers).ok()?;
        self.spend().checked_add(customers / 2)?.checked_div_euclid(customers)
    }

    /// Of a bucket only sum and number are known. Its customers are taken to be spread as widely as that allows, so that the variance is
    /// never too small; by 3 percent too large, at most.
    fn moments(&self) -> Moments {
        let customers = self.customers.max(1) as f64;
        let mean = self.spend() as f64 / customers;
        let silent = self.customers.saturating_sub(self.who_spent()) as f64;
        let (mut second, mut third) = (silent * mean.powi(2), -silent * mean.powi(3));
        for (bucket, spenders) in self.spenders.iter().filter(|(_, spenders)| spenders.customers > 0) {
            let number = spenders.customers as f64;
            let each = spenders.spend as f64 / number;
            let (low, high) = bounds(*bucket);
            let within = if spenders.customers > 1 { ((high - each) * (each - low)).max(0.0) } else { 0.0 };
            let off = each - mean;
            second += number * (off.powi(2) + within);
            third += number * (off.powi(3) + 3.0 * off * within);
        }
        Moments {
            customers,
            spenders: self.who_spent() as f64,
            mean,
            variance: second / (customers - 1.0).max(1.0),
            third: third / customers,
        }
    }
}

struct Moments {
    customers: f64,
    /// What is known of the variance is known of them.
    spenders: f64,
    mean: f64,
    variance: f64,
    /// Third central moment.
    third: f64,
}

/// What the campaign cost for the customers of the treated arm, minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Costs {
    /// Discounts, less what refunds took back.
    pub vouchers: i64,
    pub messages: i64,
    /// Of what is sold at full price, what is left before discounts and messages; 0 to 100.
    pub margin_percent: u8,
}

/// In minor units, over all treated customers, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Estimate {
    pub value: i64,
    pub low: i64,
    pub high: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// It earns: the whole interval of its profit is above zero.
    Scale,
    /// Neither a gain nor a loss is shown, and either as large as its costs would have been seen.
    Keep,
    /// It loses: the whole interval is below zero.
    Retire,
    NotEnoughData,
}

/// Why there is not enough data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Lack {
    /// Nobody is held out: an effect cannot be told from what would have been anyway, however long it runs.
    NoHoldout,
    TooFewCustomers,
    /// Too few of either side spent, or a few of them spent too much of it all.
    TooFewSpenders,
    /// The interval is wider than the campaign's costs.
    TooUncertain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// What treated customers paid more than they would have. `None` where nothing can be claimed.
    pub revenue: Option<Estimate>,
    /// The margin on what was sold more, at full price, less discounts and messages.
    pub profit: Option<Estimate>,
    pub verdict: Verdict,
    pub lack: Option<Lack>,
    /// So many more customers, of both sides together, make a verdict likely; `None` if no number does.
    pub missing: Option<u64>,
}

impl Judgement {
    fn lacking(lack: Lack, missing: Option<u64>) -> Self {
        Self { revenue: None, profit: None, verdict: Verdict::NotEnoughData, lack: Some(lack), missing }
    }
}

pub fn judge(treated: &Arm, held: &Arm, costs: &Costs) -> Judgement {
    if held.customers == 0 && treated.customers >= MIN_CUSTOMERS {
        return Judgement::lacking(Lack::NoHoldout, None);
    }
    let all = treated.customers.saturating_add(held.customers);
    let grown = |have: u64, wanted: u64| more(all, wanted, have);
    let fewest = treated.customers.min(held.customers);
    if fewest < MIN_CUSTOMERS {
        return Judgement::lacking(Lack::TooFewCustomers, Some(grown(fewest, MIN_CUSTOMERS)));
    }
    let spenders = treated.who_spent().min(held.who_spent());
    if spenders < MIN_SPENDERS {
        return Judgement::lacking(Lack::TooFewSpenders, Some(grown(spenders, MIN_SPENDERS)));
    }
    let difference = Difference::of(&treated.moments(), &held.moments());
    if difference.skewness.abs() > MAX_SKEWNESS {
        // it falls with the root of the number
        let factor = (difference.skewness / MAX_SKEWNESS).powi(2);
        return Judgement::lacking(Lack::TooFewSpenders, Some(factor_more(all, factor)));
    }
    weighed(&difference, treated.customers, all, costs)
}

fn weighed(difference: &Difference, treated: u64, all: u64, costs: &Costs) -> Judgement {
    let revenue = difference.interval(treated);
    let profit = |revenue: i64| {
        let sold = i128::from(revenue) + i128::from(costs.vouchers);
        let margin = (sold * i128::from(costs.margin_percent)).div_euclid(100);
        i64::try_from(margin).unwrap_or(i64::MAX).saturating_sub(costs.vouchers).saturating_sub(costs.messages)
    };
    let profit = Estimate { value: profit(revenue.value), low: profit(revenue.low), high: profit(revenue.high) };
    let known =
        Judgement { revenue: Some(revenue), profit: Some(profit), verdict: Verdict::Keep, lack: None, missing: None };
    if profit.low > 0 {
        return Judgement { verdict: Verdict::Scale, ..known };
    }
    if profit.high < 0 {
        return Judgement { verdict: Verdict::Retire, ..known };
    }
    let half = profit.high.saturating_sub(profit.low) / 2;
    let wanted = costs.vouchers.saturating_add(costs.messages).max(1);
    if half <= wanted {
        return known;
    }
    // with more customers costs grow as they do, and the interval as their root
    let factor = (half as f64 / wanted as f64).powi(2);
    let missing = Some(factor_more(all, factor));
    Judgement { verdict: Verdict::NotEnoughData, lack: Some(Lack::TooUncertain), missing, ..known }
}

/// If `have` of `all` were found, how many more than `all` are needed to find `wanted`.
fn more(all: u64, wanted: u64, have: u64) -> u64 {
    let needed = (u128::from(all.max(1)) * u128::from(wanted)).div_ceil(u128::from(have.max(1)));
    u64::try_from(needed).unwrap_or(u64::MAX).max(2 * wanted).saturating_sub(all).max(1)
}

fn factor_more(all: u64, factor: f64) -> u64 {
    ((all as f64 * (factor - 1.0)).ceil() as u64).max(1)
}

/// The difference of two means, with what is known of its sampling.
struct Difference {
    value: f64,
    error: f64,
    /// Standardised third cumulant.
    skewness: f64,
    /// Of Student's distribution, by Welch and Satterthwaite, with spenders for customers.
    freedom: f64,
}

impl Difference {
    fn of(treated: &Moments, held: &Moments) -> Self {
        let of_mean = |arm: &Moments| arm.variance / arm.customers;
        let (first, second) = (of_mean(treated), of_mean(held));
        let variance = first + second;
        let error = variance.sqrt();
        let third = treated.third / treated.customers.powi(2) - held.third / held.customers.powi(2);
        let spread = first.powi(2) / (treated.spenders - 1.0) + second.powi(2) / (held.spenders - 1.0);
        let value = treated.mean - held.mean;
        if variance <= 0.0 {
            return Self { value, error: 0.0, skewness: 0.0, freedom: treated.customers + held.customers };
        }
        Self { value, error, skewness: third / error.powi(3), freedom: variance.powi(2) / spread }
    }

    /// Over so many customers.
    fn interval(&self, customers: u64) -> Estimate {
        let quantile = student(self.freedom);
        let total = |each: f64| (each * customers as f64).round() as i64;
        let low = self.value - self.error * self.corrected(quantile);
        let high = self.value - self.error * self.corrected(-quantile);
        Estimate { value: total(self.value), low: total(low), high: total(high) }
    }

    /// Hall's transformation turned round: where the studentised difference stands at a quantile of the symmetric distribution.
    fn corrected(&self, quantile: f64) -> f64 {
        let skewness = self.skewness;
        if skewness.abs() < 1e-6 {
            return quantile;
        }
        3.0 / skewness * ((1.0 + skewness * (quantile - skewness / 6.0)).cbrt() - 1.0)
    }
}

/// The upper quantile of Student's distribution, by the expansion of Cornish and Fisher: good to three digits from ten degrees on, and
/// there are at least twenty spenders of each side.
fn student(freedom: f64) -> f64 {
    let first = (Z.powi(3) + Z) / (4.0 * freedom);
    let second = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / (96.0 * freedom.powi(2));
    Z + first + second
}

#[cfg(test)]
mod tests;
