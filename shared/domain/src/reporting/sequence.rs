//! A confidence sequence: how many standard errors an interval has to reach so that it holds at
//! every look, and not at one look only.
//!
//! The boundary is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and
//! Ramdas (Annals of Statistics 52, 2024, theorem 2.2), a normal mixture with parameter rho, tuned
//! for a declared start. Its time is counted in customers who spent, of both sides together as the
//! harmonic mean counts them, because that is what the variance of the sums grows with, both when
//! customers come and when they order. Reasons: `docs/decisions/0052`.

/// The share of campaigns without an effect that may ever be called one.
pub const ERROR_SHARE: f64 = 0.05;
/// The time for which the sequence is narrowest, in spenders as [`information`] counts them. It was
/// declared before any campaign was judged by it.
const TUNED_FOR: f64 = 100.0;

/// The least time: before it, the interval is as good as endless.
const LEAST_INFORMATION: f64 = 1e-6;

/// A two-sided confidence sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceSequence {
    /// The probability that it ever excludes the truth.
    error: f64,
}

impl ConfidenceSequence {
    /// The sequence of a single comparison.
    pub const SINGLE: Self = Self { error: ERROR_SHARE };

    /// Returns the sequence of one of so many comparisons, of which none may err (Bonferroni).
    pub fn one_of(comparisons: usize) -> Self {
        Self { error: ERROR_SHARE / comparisons.max(1) as f64 }
    }

    /// Returns how many standard errors the interval reaches to either side.
    pub fn reach(self, information: f64) -> f64 {
        let time = information.max(LEAST_INFORMATION) / TUNED_FOR * self.mixture();
        (2.0 * (1.0 + 1.0 / time) * ((time + 1.0).sqrt() / self.error).ln()).sqrt()
    }

    /// Returns rho squared, times the time that the sequence is tuned for, by the paper's closed
    /// form for the rho that is best at one time.
    fn mixture(self) -> f64 {
        let surprise = -2.0 * self.error.ln();
        surprise + (surprise + 1.0).ln()
    }
}

/// Returns what two sides know together, if so many of each spent: half the harmonic mean. The
/// smaller side decides.
pub fn information(spenders: f64, others: f64) -> f64 {
    let all = spenders + others;
    if all <= 0.0 { 0.0 } else { spenders * others / all }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values were computed with 50 digits by another program, from the paper's formula:
    /// `shared/domain/tests/reference/sequence.py`.
    #[test]
    fn the_boundary_is_that_of_the_paper() {
        for (comparisons, information, expected) in REFERENCE {
            let found = ConfidenceSequence::one_of(*comparisons).reach(*information);
            assert!((found - expected).abs() < 1e-9, "{comparisons} {information}: {found}");
        }
    }

    /// An interval that holds at every look is wider than one for a single look, and that costs
    /// least about the declared time.
    #[test]
    fn it_is_narrowest_near_the_time_it_is_tuned_for() {
        let reach = |time: f64| ConfidenceSequence::SINGLE.reach(time);
        assert!(reach(TUNED_FOR) < reach(TUNED_FOR / 4.0));
        assert!(reach(TUNED_FOR) < reach(TUNED_FOR * 16.0));
        assert!(reach(TUNED_FOR) > 1.96 && reach(1e9) < 6.0);
        assert!(ConfidenceSequence::one_of(6).reach(50.0) > reach(50.0));
        assert_eq!(ConfidenceSequence::one_of(0), ConfidenceSequence::SINGLE);
    }

    #[test]
    fn the_smaller_side_decides_what_is_known() {
        assert_eq!(information(0.0, 0.0), 0.0);
        assert_eq!(information(0.0, 1_000.0), 0.0);
        assert_eq!(information(100.0, 100.0), 50.0);
        assert!(information(20.0, 1e6) < 20.0);
        assert!(ConfidenceSequence::SINGLE.reach(0.0).is_finite());
    }

    const REFERENCE: &[(usize, f64, f64)] = &[
        (1, 10.0, 3.855_054_633_530),
        (1, 45.0, 3.100_725_834_541),
        (1, 100.0, 3.035_208_990_376),
        (1, 2_250.0, 3.353_299_164_109),
        (1, 100_000.0, 3.869_452_296_671),
        (2, 10.0, 4.063_496_533_766),
        (2, 45.0, 3.339_930_887_278),
        (2, 100.0, 3.279_214_102_776),
        (2, 2_250.0, 3.578_714_873_039),
        (2, 100_000.0, 4.066_817_282_396),
        (6, 10.0, 4.363_739_152_891),
        (6, 45.0, 3.681_633_455_156),
        (6, 100.0, 3.626_523_570_614),
        (6, 2_250.0, 3.902_315_709_614),
        (6, 100_000.0, 4.354_739_830_979),
        (15, 10.0, 4.593_257_772_713),
        (15, 45.0, 3.940_521_141_965),
        (15, 100.0, 3.888_949_795_199),
        (15, 2_250.0, 4.148_828_132_285),
        (15, 100_000.0, 4.577_187_424_898),
    ];
}
