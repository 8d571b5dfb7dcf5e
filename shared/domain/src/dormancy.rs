//! Whether an autopilot fires as often as is to be expected, and what to make of it where it does not. Pure; the health page asks it.

use crate::{campaign::Work, replay::Band};

/// What is looked at: each day of the week once.
pub const WINDOW_DAYS: u32 = 7;
/// The days before the window that say what is to be expected, at most.
pub const HISTORY_DAYS: u32 = 28;
/// Fewer days than this are no history.
pub const MIN_HISTORY_DAYS: u32 = 14;

/// Matches of so many whole days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    pub days: u32,
    pub matches: u64,
}

impl Counted {
    /// How many matches other `days` of the same kind have: the mean, and three standard deviations to either side, if matches come
    /// independently of one another. The variance is that of both stretches, for this one is a sample too; one match more than were
    /// seen is reckoned with, so that a stretch without any does not forbid the first. `None` without a day.
    pub fn expects(self, days: u32) -> Option<Band> {
        let (basis, days) = (u128::from(self.days), u128::from(days));
        // in hundredths
        let of = |matches: u64| (u128::from(matches) * days * 100).checked_div(basis);
        let mean = of(self.matches)?;
        let variance = (of(self.matches.saturating_add(1))? * 100 * (basis + days)).checked_div(basis)?;
        let spread = 3 * variance.isqrt();
        let whole = |hundredths: u128| u64::try_from(hundredths).unwrap_or(u64::MAX);
        Some(Band { low: whole(mean.saturating_sub(spread) / 100), high: whole((mean + spread).div_ceil(100)) })
    }
}

/// What is known of an enabled or paused autopilot.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub work: Work,
    /// Its calendar should have been looked at for some time, and was not.
    pub overdue: bool,
    /// No further voucher fits under its caps.
    pub caps_used_up: bool,
    /// Of the window.
    pub seen: Counted,
    /// Those of them that were skipped.
    pub skipped: u64,
    /// For as many days.
    pub expected: Option<Band>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Paused,
    ScheduleNotRunning,
    CapsUsedUp,
    /// It matches, and each match is skipped.
    AllSuppressed,
    NoMatches,
    FewerThanExpected,
    MoreThanExpected,
}

impl Cause {
    pub const ALL: [Cause; 7] = [
        Cause::Paused,
        Cause::ScheduleNotRunning,
        Cause::CapsUsedUp,
        Cause::AllSuppressed,
        Cause::NoMatches,
        Cause::FewerThanExpected,
        Cause::MoreThanExpected,
    ];
    pub fn code(self) -> &'static str {
        match self {
            Cause::Paused => "paused",
            Cause::ScheduleNotRunning => "schedule_not_running",
            Cause::CapsUsedUp => "caps_used_up",
            Cause::AllSuppressed => "all_suppressed",
            Cause::NoMatches => "no_matches",
            Cause::FewerThanExpected => "fewer_than_expected",
            Cause::MoreThanExpected => "more_than_expected",
        }
    }
    /// Whether nothing, or less than it should, comes out of the autopilot.
    pub fn silences(self) -> bool {
        match self {
            Cause::ScheduleNotRunning | Cause::CapsUsedUp | Cause::AllSuppressed | Cause::NoMatches => true,
            Cause::Paused | Cause::FewerThanExpected | Cause::MoreThanExpected => false,
        }
    }
}

/// The causes that hold, the one to look at first in front. How often it fired says something only where nothing else explains it.
pub fn causes(facts: &Facts) -> Vec<Cause> {
    let paused = facts.work == Work::Wait;
    let all_skipped = facts.seen.matches > 0 && facts.skipped >= facts.seen.matches;
    let known = [
        (Cause::Paused, paused),
        (Cause::ScheduleNotRunning, facts.overdue && !paused),
        (Cause::CapsUsedUp, facts.caps_used_up),
        (Cause::AllSuppressed, all_skipped),
    ];
    let mut causes: Vec<Cause> = known.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)).collect();
    if let (true, Some(expected)) = (causes.is_empty(), facts.expected) {
        let odd = match facts.seen.matches {
            0 if expected.low > 0 => Some(Cause::NoMatches),
            matches if matches < expected.low => Some(Cause::FewerThanExpected),
            matches if matches > expected.high => Some(Cause::MoreThanExpected),
            _ => None,
        };
        causes.extend(odd);
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            work: Work::Go,
            overdue: false,
            caps_used_up: false,
            seen: Counted { days: 7, matches: 100 },
            skipped: 20,
            expected: Some(Band { low: 60, high: 140 }),
        }
    }

    fn seen(matches: u64, skipped: u64) -> Facts {
        Facts { seen: Counted { days: 7, matches }, skipped, ..facts() }
    }

    #[test]
    fn a_band_is_the_mean_of_as_many_days_and_three_deviations() {
        let band = |matches, basis, days| Counted { days: basis, matches }.expects(days);
        // mean 100, variance 100.25 * 1.25, so 33.6 to either side
        assert_eq!(band(400, 28, 7), Some(Band { low: 66, high: 134 }));
        assert_eq!(band(0, 28, 7), Some(Band { low: 0, high: 2 }));
        assert_eq!(band(8, 28, 7), Some(Band { low: 0, high: 8 }));
        assert_eq!(band(5, 0, 7), None);
        let huge = band(u64::MAX, 1, 90).unwrap();
        assert_eq!(huge.high, u64::MAX);
    }

    #[test]
    fn a_busy_autopilot_that_falls_silent_is_below_its_band() {
        for per_week in [15, 50, 1_000, 100_000] {
            let band = Counted { days: 28, matches: 4 * per_week }.expects(7).unwrap();
            assert!(band.low > 0 && band.low < per_week && per_week < band.high, "{per_week}: {band:?}");
        }
    }

    #[test]
    fn what_is_ordinary_has_no_cause() {
        assert_eq!(causes(&facts()), []);
        assert_eq!(causes(&Facts { expected: None, ..seen(0, 0) }), []);
        assert_eq!(causes(&Facts { expected: Some(Band { low: 0, high: 2 }), ..seen(0, 0) }), []);
    }

    #[test]
    fn each_cause_is_stated() {
        for (facts, cause) in [
            (Facts { work: Work::Wait, ..facts() }, Cause::Paused),
            (Facts { overdue: true, ..facts() }, Cause::ScheduleNotRunning),
            (Facts { caps_used_up: true, ..facts() }, Cause::CapsUsedUp),
            (seen(100, 100), Cause::AllSuppressed),
            (seen(0, 0), Cause::NoMatches),
            (seen(59, 1), Cause::FewerThanExpected),
            (seen(141, 1), Cause::MoreThanExpected),
        ] {
            assert_eq!(causes(&facts), [cause]);
        }
    }

    #[test]
    fn a_number_is_not_blamed_where_something_explains_it() {
        let silent = Facts { overdue: true, caps_used_up: true, ..seen(0, 0) };
        assert_eq!(causes(&silent), [Cause::ScheduleNotRunning, Cause::CapsUsedUp]);
        // nobody beats the clock of a paused one
        assert_eq!(causes(&Facts { work: Work::Wait, overdue: true, ..seen(0, 0) }), [Cause::Paused]);
    }
}
