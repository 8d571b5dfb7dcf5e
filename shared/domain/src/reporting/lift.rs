//! Measures the lift of a campaign: compares the spend of customers who were issued a voucher with
//! that of held-out customers in the attribution window (intention to treat).
//!
//! Pure, and computed from counters alone: customers, and their spend by bucket of spend.
//!
//! Spend is skewed: most customers spend nothing, and a few spend much. The interval is Welch's
//! with Hall's correction for skewness, as wide as a confidence sequence makes it, so that it may
//! be looked at every day; below the minimums nothing is claimed. Method and reasons:
//! `docs/decisions/0020` and `docs/decisions/0052`.

mod difference;
mod judgement;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::reporting::{
    counters::{ArmCounter, ComparisonArm, Counter, CounterValues, VariantCounter},
    log_bucket::{bucket_bounds, log_bucket},
};

pub use judgement::{
    LiftCosts, LiftDataGap, LiftJudgement, LiftStratum, LiftVerdict, MIN_CUSTOMERS, MIN_SPENDERS,
    NextVerdict, compare_variants, judge_lift,
};

/// An amount in minor units over all treated customers, with its interval: over all looks together
/// it leaves the truth out in at most five campaigns of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiftEstimate {
    pub value: i64,
    pub low: i64,
    pub high: i64,
}

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
        let of_arm =
            |counter: &Counter| counter.arm().and_then(|(side, of)| (side == arm).then_some(of));
        Self::collect(counts, &arm.customers(), of_arm)
    }

    /// Reads the customers of a variant from the counters of days of issue.
    pub fn of_variant(counts: &CounterValues, number: u32) -> Self {
        let of_variant = |counter: &Counter| match counter.variant() {
            Some((VariantCounter::Arm(of), found)) if found == number => Some(of),
            Some(_) | None => None,
        };
        Self::collect(counts, &Counter::Variant(VariantCounter::Issued, number), of_variant)
    }

    fn collect(
        counts: &CounterValues,
        customers: &Counter,
        own: impl Fn(&Counter) -> Option<ArmCounter>,
    ) -> Self {
        let mut spenders: BTreeMap<u32, SpenderBucket> = BTreeMap::new();
        for (counter, count) in counts.iter() {
            let Some(counter) = own(counter) else { continue };
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
        let customers = counts.amount(customers).max(0).unsigned_abs();
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
    fn moments(&self) -> difference::SpendMoments {
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
        difference::SpendMoments {
            customers,
            spenders: self.spender_count() as f64,
            mean,
            variance: second / (customers - 1.0).max(1.0),
            third: third / customers,
        }
    }
}

#[cfg(test)]
mod tests;
