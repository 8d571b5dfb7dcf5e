//! The difference of two means of spend, with the properties of its sampling distribution, and the
//! interval that follows from it for a number of standard errors.

use super::LiftEstimate;
use crate::reporting::sequence::{ConfidenceSequence, information};

/// The moments of spend per customer of one side.
pub(super) struct SpendMoments {
    pub(super) customers: f64,
    /// The customers who spent something: they carry what is known about the variance.
    pub(super) spenders: f64,
    pub(super) mean: f64,
    pub(super) variance: f64,
    /// The third central moment.
    pub(super) third: f64,
}

/// A difference of means per customer, or a combination of several.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MeanDifference {
    pub(super) value: f64,
    variance: f64,
    /// The third cumulant.
    third: f64,
    /// The sum over both sides of each one's squared variance by its degrees of freedom, with
    /// spenders in place of customers (Welch and Satterthwaite).
    spread: f64,
    /// The information of both sides, by which the confidence sequence counts its time.
    information: f64,
}

impl MeanDifference {
    pub(super) fn between(one: &SpendMoments, other: &SpendMoments) -> Self {
        Self::of_mean(one).less(Self::of_mean(other))
    }

    /// Returns the mean of one side, to be compared with another side's later.
    pub(super) fn of_mean(side: &SpendMoments) -> Self {
        let of_mean = side.variance / side.customers;
        Self {
            value: side.mean,
            variance: of_mean,
            third: side.third / side.customers.powi(2),
            spread: of_mean.powi(2) / (side.spenders - 1.0).max(1.0),
            information: side.spenders,
        }
    }

    /// Adds up differences of independent strata, each multiplied by its weight. The weights are
    /// shares of customers, and add up to 1.
    pub(super) fn weighted(strata: impl IntoIterator<Item = (f64, Self)>) -> Self {
        strata.into_iter().fold(Self::default(), |mut sum, (weight, stratum)| {
            let stratum = stratum.scaled(weight);
            sum.value += stratum.value;
            sum.variance += stratum.variance;
            sum.third += stratum.third;
            sum.spread += stratum.spread;
            sum.information += stratum.information;
            sum
        })
    }

    /// Multiplies the outcome itself, as a margin does.
    pub(super) fn scaled(self, by: f64) -> Self {
        Self {
            value: self.value * by,
            variance: self.variance * by.powi(2),
            third: self.third * by.powi(3),
            spread: self.spread * by.powi(4),
            information: self.information,
        }
    }

    /// Adds an amount that needs no control, such as costs, with the variance of its mean.
    pub(super) fn shifted(self, by: f64, variance: f64) -> Self {
        Self { value: self.value + by, variance: self.variance + variance, ..self }
    }

    /// Subtracts an independent difference.
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            value: self.value - other.value,
            variance: self.variance + other.variance,
            third: self.third - other.third,
            spread: self.spread + other.spread,
            information: information(self.information, other.information),
        }
    }

    /// Returns the standardised third cumulant.
    pub(super) fn skewness(&self) -> f64 {
        if self.variance <= 0.0 { 0.0 } else { self.third / self.variance.powf(1.5) }
    }

    /// Returns the difference over so many customers, with an interval that holds at every look.
    pub(super) fn interval(&self, customers: u64, sequence: ConfidenceSequence) -> LiftEstimate {
        let error = self.variance.max(0.0).sqrt();
        let freedom =
            if self.spread > 0.0 { self.variance.powi(2) / self.spread } else { f64::INFINITY };
        let quantile = student_quantile(sequence.reach(self.information), freedom);
        let total = |each: f64| (each * customers as f64).round() as i64;
        let low = self.value - error * self.invert_hall(quantile);
        let high = self.value - error * self.invert_hall(-quantile);
        LiftEstimate { value: total(self.value), low: total(low), high: total(high) }
    }

    /// Inverts Hall's transformation: returns the studentised difference at a quantile of the
    /// symmetric distribution.
    fn invert_hall(&self, quantile: f64) -> f64 {
        let skewness = self.skewness();
        if skewness.abs() < 1e-6 {
            return quantile;
        }
        3.0 / skewness * ((1.0 + skewness * (quantile - skewness / 6.0)).cbrt() - 1.0)
    }
}

/// Returns the quantile of Student's distribution at the probability of a normal quantile, by the
/// Cornish-Fisher expansion. Each side has at least twenty spenders, so at least ten degrees of
/// freedom.
fn student_quantile(normal: f64, freedom: f64) -> f64 {
    let first = (normal.powi(3) + normal) / (4.0 * freedom);
    let second =
        (5.0 * normal.powi(5) + 16.0 * normal.powi(3) + 3.0 * normal) / (96.0 * freedom.powi(2));
    normal + first + second
}
