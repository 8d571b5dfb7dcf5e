//! Judges whether an autopilot fires as often as expected, and names the causes if it does not.
//!
//! Pure. The health page and the watchdog ask it; `reporting` gathers the facts.

use crate::{campaign::lifecycle::WorkPolicy, reporting::replay::DailyRange};

/// The days whose matches are judged: each day of the week once.
pub const WINDOW_DAYS: u32 = 7;
/// The most days before the window from which the expected number is computed.
pub const HISTORY_DAYS: u32 = 28;
/// The fewest days of history that give an expected number.
pub const MIN_HISTORY_DAYS: u32 = 14;

/// The matches of a number of whole days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MatchCount {
    pub days: u32,
    pub matches: u64,
}

impl MatchCount {
    /// Estimates how many matches `days` other days will have: the mean, and three standard
    /// deviations to either side, provided that matches are independent of one another.
    ///
    /// The variance is that of both periods, because the history is a sample too. One match is
    /// added to those seen, so that a history without matches does not rule out the first one.
    /// Returns `None` if the history has no days.
    pub fn expected_band(self, days: u32) -> Option<DailyRange> {
        let (basis, days) = (u128::from(self.days), u128::from(days));
        // Hundredths of a match.
        let of = |matches: u64| (u128::from(matches) * days * 100).checked_div(basis);
        let mean = of(self.matches)?;
        let variance =
            (of(self.matches.saturating_add(1))? * 100 * (basis + days)).checked_div(basis)?;
        let spread = 3 * variance.isqrt();
        let whole = |hundredths: u128| u64::try_from(hundredths).unwrap_or(u64::MAX);
        Some(DailyRange {
            low: whole(mean.saturating_sub(spread) / 100),
            high: whole((mean + spread).div_ceil(100)),
        })
    }
}

/// The facts about an enabled or paused autopilot that [`dormancy_causes`] judges.
#[derive(Debug, Clone, Copy)]
pub struct AutopilotFacts {
    pub work: WorkPolicy,
    /// The calendar was due for a check some time ago, and no worker has made it.
    pub overdue: bool,
    /// No further voucher fits under the campaign's caps.
    pub caps_used_up: bool,
    /// The matches of the window.
    pub seen: MatchCount,
    /// The matches of the window that were skipped.
    pub skipped: u64,
    /// The band of matches expected for a window of this length. Nothing is expected of an autopilot
    /// that people fire.
    pub expected: Option<DailyRange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DormancyCause {
    Paused,
    ScheduleNotRunning,
    CapsUsedUp,
    /// The autopilot matches customers, and each match is skipped.
    AllSuppressed,
    NoMatches,
    FewerThanExpected,
    MoreThanExpected,
}

impl DormancyCause {
    pub const ALL: [DormancyCause; 7] = [
        DormancyCause::Paused,
        DormancyCause::ScheduleNotRunning,
        DormancyCause::CapsUsedUp,
        DormancyCause::AllSuppressed,
        DormancyCause::NoMatches,
        DormancyCause::FewerThanExpected,
        DormancyCause::MoreThanExpected,
    ];
    pub fn code(self) -> &'static str {
        match self {
            DormancyCause::Paused => "paused",
            DormancyCause::ScheduleNotRunning => "schedule_not_running",
            DormancyCause::CapsUsedUp => "caps_used_up",
            DormancyCause::AllSuppressed => "all_suppressed",
            DormancyCause::NoMatches => "no_matches",
            DormancyCause::FewerThanExpected => "fewer_than_expected",
            DormancyCause::MoreThanExpected => "more_than_expected",
        }
    }
    /// Returns true if the autopilot sends nothing, or less than it should, because of this cause.
    pub fn stops_output(self) -> bool {
        match self {
            DormancyCause::ScheduleNotRunning
            | DormancyCause::CapsUsedUp
            | DormancyCause::AllSuppressed
            | DormancyCause::NoMatches => true,
            DormancyCause::Paused
            | DormancyCause::FewerThanExpected
            | DormancyCause::MoreThanExpected => false,
        }
    }
}

/// Returns the causes that apply, the one to check first at the front.
///
/// The number of matches is judged only if no other cause explains it.
pub fn dormancy_causes(facts: &AutopilotFacts) -> Vec<DormancyCause> {
    let paused = facts.work == WorkPolicy::Wait;
    let all_skipped = facts.seen.matches > 0 && facts.skipped >= facts.seen.matches;
    let known = [
        (DormancyCause::Paused, paused),
        (DormancyCause::ScheduleNotRunning, facts.overdue && !paused),
        (DormancyCause::CapsUsedUp, facts.caps_used_up),
        (DormancyCause::AllSuppressed, all_skipped),
    ];
    let mut causes: Vec<DormancyCause> =
        known.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)).collect();
    if let (true, Some(expected)) = (causes.is_empty(), facts.expected) {
        let unexpected_rate = match facts.seen.matches {
            0 if expected.low > 0 => Some(DormancyCause::NoMatches),
            matches if matches < expected.low => Some(DormancyCause::FewerThanExpected),
            matches if matches > expected.high => Some(DormancyCause::MoreThanExpected),
            _ => None,
        };
        causes.extend(unexpected_rate);
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> AutopilotFacts {
        AutopilotFacts {
            work: WorkPolicy::Go,
            overdue: false,
            caps_used_up: false,
            seen: MatchCount { days: 7, matches: 100 },
            skipped: 20,
            expected: Some(DailyRange { low: 60, high: 140 }),
        }
    }

    fn seen(matches: u64, skipped: u64) -> AutopilotFacts {
        AutopilotFacts { seen: MatchCount { days: 7, matches }, skipped, ..facts() }
    }

    #[test]
    fn a_band_is_the_mean_of_as_many_days_and_three_deviations() {
        let band = |matches, basis, days| MatchCount { days: basis, matches }.expected_band(days);
        // The mean is 100 and the variance 100.25 * 1.25, which makes 33.6 to either side.
        assert_eq!(band(400, 28, 7), Some(DailyRange { low: 66, high: 134 }));
        assert_eq!(band(0, 28, 7), Some(DailyRange { low: 0, high: 2 }));
        assert_eq!(band(8, 28, 7), Some(DailyRange { low: 0, high: 8 }));
        assert_eq!(band(5, 0, 7), None);
        let huge = band(u64::MAX, 1, 90).unwrap();
        assert_eq!(huge.high, u64::MAX);
    }

    #[test]
    fn a_busy_autopilot_that_falls_silent_is_below_its_band() {
        for per_week in [15, 50, 1_000, 100_000] {
            let band = MatchCount { days: 28, matches: 4 * per_week }.expected_band(7).unwrap();
            assert!(
                band.low > 0 && band.low < per_week && per_week < band.high,
                "{per_week}: {band:?}"
            );
        }
    }

    #[test]
    fn what_is_ordinary_has_no_cause() {
        assert_eq!(dormancy_causes(&facts()), []);
        assert_eq!(dormancy_causes(&AutopilotFacts { expected: None, ..seen(0, 0) }), []);
        assert_eq!(
            dormancy_causes(&AutopilotFacts {
                expected: Some(DailyRange { low: 0, high: 2 }),
                ..seen(0, 0)
            }),
            []
        );
    }

    #[test]
    fn each_cause_is_stated() {
        for (facts, cause) in [
            (AutopilotFacts { work: WorkPolicy::Wait, ..facts() }, DormancyCause::Paused),
            (AutopilotFacts { overdue: true, ..facts() }, DormancyCause::ScheduleNotRunning),
            (AutopilotFacts { caps_used_up: true, ..facts() }, DormancyCause::CapsUsedUp),
            (seen(100, 100), DormancyCause::AllSuppressed),
            (seen(0, 0), DormancyCause::NoMatches),
            (seen(59, 1), DormancyCause::FewerThanExpected),
            (seen(141, 1), DormancyCause::MoreThanExpected),
        ] {
            assert_eq!(dormancy_causes(&facts), [cause]);
        }
    }

    #[test]
    fn a_number_is_not_blamed_where_something_explains_it() {
        let silent = AutopilotFacts { overdue: true, caps_used_up: true, ..seen(0, 0) };
        assert_eq!(
            dormancy_causes(&silent),
            [DormancyCause::ScheduleNotRunning, DormancyCause::CapsUsedUp]
        );
        // The calendar of a paused autopilot is not checked, so an overdue one is no cause.
        assert_eq!(
            dormancy_causes(&AutopilotFacts {
                work: WorkPolicy::Wait,
                overdue: true,
                ..seen(0, 0)
            }),
            [DormancyCause::Paused]
        );
    }
}
