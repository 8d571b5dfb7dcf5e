//! Checks that the sides of a holdout, and the variants, are as large as the campaign's shares make
//! them expected (sample ratio mismatch). If they are not, a part of one side was lost or kept away
//! on the way, and the lift compares different customers.
//!
//! Pure, and computed from counters alone. Each customer counts once, whatever the number of their
//! records: repeats of one customer are on the same side and say nothing new. The probability holds
//! at every look (Lindon and Malek, "Anytime-valid inference for multinomial count data", 2022): it
//! is one over the Bayes factor of a Dirichlet prior around the shares. The threshold is the usual
//! one of such checks, because a false alarm costs trust.

use serde::Serialize;

use crate::reporting::counters::{ArmCounter, ComparisonArm, CounterValues};

/// The probability below which the sides count as uneven.
pub const UNEVEN_BELOW: f64 = 0.001;
/// The fewest customers that have to be expected on each side: fewer can hardly be uneven.
const MIN_EXPECTED: f64 = 5.0;
/// The number of customers that the prior around the shares weighs.
const PRIOR_CUSTOMERS: f64 = 100.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SampleRatioVerdict {
    /// The sides are as large as chance makes them.
    Even,
    /// The sides differ from the campaign's share by more than chance: the lift is not to be
    /// trusted.
    Uneven,
    /// Too few customers to tell.
    TooFew,
    /// The campaign holds nobody out.
    NoHoldout,
}

/// The customers of both sides, each once, and how likely these numbers are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRatio {
    /// Customers who were issued a voucher by the campaign, each once; those of support not
    /// counted.
    pub treated: u64,
    /// Customers who were held out, each once.
    pub held_out: u64,
    /// The number of held-out customers that the campaign's share makes expected, rounded; `null`
    /// without a holdout.
    pub expected_held_out: Option<u64>,
    /// The probability that numbers as far from the expected ones would ever be seen by chance, at
    /// any look; `null` if it was not computed.
    pub p_value: Option<f64>,
    pub verdict: SampleRatioVerdict,
}

impl SampleRatio {
    /// Checks the counters of days of issue.
    pub fn from_counters(counts: &CounterValues, holdout_percent: u8) -> Self {
        let customers = |arm: ComparisonArm| {
            let repeats = counts.amount(&arm.counter(ArmCounter::Repeats));
            counts.amount(&arm.customers()).saturating_sub(repeats).max(0).unsigned_abs()
        };
        let [treated, held_out] = ComparisonArm::ALL.map(customers);
        Self::check(treated, held_out, holdout_percent)
    }

    pub fn check(treated: u64, held_out: u64, holdout_percent: u8) -> Self {
        let all = treated.saturating_add(held_out) as f64;
        let share = f64::from(holdout_percent.min(100)) / 100.0;
        let unchecked = |verdict| Self {
            treated,
            held_out,
            expected_held_out: (holdout_percent > 0).then(|| (all * share).round() as u64),
            p_value: None,
            verdict,
        };
        if holdout_percent == 0 {
            return unchecked(SampleRatioVerdict::NoHoldout);
        }
        let expected = [all * (1.0 - share), all * share];
        if expected.into_iter().any(|side| side < MIN_EXPECTED) {
            return unchecked(SampleRatioVerdict::TooFew);
        }
        let p_value = chance_of_sides(&[(treated, 1.0 - share), (held_out, share)]);
        let even = p_value >= UNEVEN_BELOW;
        let verdict = if even { SampleRatioVerdict::Even } else { SampleRatioVerdict::Uneven };
        Self { p_value: Some(p_value), ..unchecked(verdict) }
    }
}

/// Returns the probability that sides with these shares would ever be seen as uneven as this.
pub fn chance_of_sides(sides: &[(u64, f64)]) -> f64 {
    let all: f64 = sides.iter().map(|(found, _)| *found as f64).sum();
    let mut log_factor = libm::lgamma(PRIOR_CUSTOMERS) - libm::lgamma(PRIOR_CUSTOMERS + all);
    for (found, share) in sides.iter().filter(|(_, share)| *share > 0.0) {
        let (found, prior) = (*found as f64, share * PRIOR_CUSTOMERS);
        log_factor += libm::lgamma(prior + found) - libm::lgamma(prior) - found * share.ln();
    }
    (-log_factor).exp().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::id::{CampaignId, CustomerId, stable_share},
        reporting::counters::Counter,
    };

    #[track_caller]
    fn check(treated: u64, held_out: u64, percent: u8, expected: SampleRatioVerdict) {
        let found = SampleRatio::check(treated, held_out, percent);
        assert_eq!(found.verdict, expected, "{found:?}");
    }

    /// The values were computed with whole factorials by another program:
    /// `shared/domain/tests/reference/sequence.py`.
    #[test]
    fn the_probability_is_the_one_computed_elsewhere() {
        let reference: &[(&[(u64, f64)], f64)] = &[
            (&[(900, 0.90), (100, 0.10)], 1.000000000e+00),
            (&[(870, 0.90), (130, 0.10)], 5.447922030e-02),
            (&[(840, 0.90), (160, 0.10)], 5.213342134e-07),
            (&[(1_000, 0.90), (0, 0.10)], 7.626789666e-36),
            (&[(540, 0.50), (460, 0.50)], 1.803070994e-01),
            (&[(300, 0.30), (300, 0.30), (300, 0.30), (100, 0.10)], 1.000000000e+00),
            (&[(360, 0.30), (270, 0.30), (270, 0.30), (100, 0.10)], 1.270771292e-02),
        ];
        for (sides, expected) in reference {
            let found = chance_of_sides(sides);
            assert!((found - expected).abs() < 1e-6 * expected, "{sides:?}: {found:e}");
        }
    }

    #[test]
    fn sides_are_uneven_beyond_chance_and_not_before() {
        use SampleRatioVerdict::{Even, NoHoldout, TooFew, Uneven};
        check(900, 100, 10, Even);
        check(870, 130, 10, Even);
        check(858, 142, 10, Even);
        check(857, 143, 10, Uneven);
        check(938, 62, 10, Uneven);
        check(1_000, 0, 10, Uneven);
        check(0, 1_000, 10, Uneven);
        check(500_000, 100_000, 10, Uneven);
        check(9_000_000, 1_000_000, 10, Even);
        check(9_010_000, 990_000, 10, Uneven);
        check(40, 0, 10, TooFew);
        check(0, 0, 10, TooFew);
        check(1_000, 0, 0, NoHoldout);
        check(1_000, 1_000, 50, Even);
        check(1_110, 890, 50, Uneven);
    }

    #[test]
    fn repeats_of_a_customer_and_vouchers_of_support_do_not_count() {
        let counts: CounterValues =
            [("issued", 1_900), ("ghost", 400), ("treated.repeats", 1_000), ("held.repeats", 300)]
                .into_iter()
                .map(|(name, by)| (Counter::parse(name), by))
                .collect();
        let found = SampleRatio::from_counters(&counts, 10);
        assert_eq!((found.treated, found.held_out), (900, 100));
        assert_eq!((found.expected_held_out, found.verdict), (Some(100), SampleRatioVerdict::Even));
    }

    /// The share that holds customers out passes its own check, for nearly every campaign.
    #[test]
    fn false_alarms_are_as_rare_as_the_threshold_says() {
        let uneven = (0..200).filter(|number| {
            let campaign = CampaignId::parse(&format!("cmp_{number}")).unwrap();
            let held = (0..1_000).filter(|customer| {
                let customer = CustomerId::parse(&format!("c-{customer}")).unwrap();
                stable_share("holdout", &campaign, &customer) < 1_000
            });
            let held = held.count() as u64;
            SampleRatio::check(1_000 - held, held, 10).verdict == SampleRatioVerdict::Uneven
        });
        assert!(uneven.count() <= 2);
    }
}
