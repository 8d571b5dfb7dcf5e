//! Judges whether the run of a promotion goes as it should, and names the causes if it does not.
//!
//! Pure. The health page and the watchdog ask it; `dormancy` is the counterpart for autopilots.

use crate::campaign::lifecycle::WorkPolicy;

/// Minutes without a checkpoint after which a segment counts as stalled. A segment writes a
/// checkpoint every few seconds, and the watchdog nudges a stalled one after a minute and a half.
pub const STALLED_MINUTES: i64 = 10;
/// The fewest attempts whose share of failures is judged.
pub const MIN_ATTEMPTS: i64 = 20;

/// The facts about a running or paused promotion that [`run_causes`] judges.
#[derive(Debug, Clone, Copy)]
pub struct RunFacts {
    pub work: WorkPolicy,
    /// All segments have been scanned to their end.
    pub scanned: bool,
    /// Minutes since the oldest checkpoint among the segments that are not scanned to their end.
    pub since_checkpoint_minutes: i64,
    pub selected: u64,
    pub skipped: u64,
    pub waiting: u64,
    /// No further voucher fits under the campaign's caps.
    pub caps_used_up: bool,
    /// Attempts of today and yesterday that have a final answer, or that count as unknown.
    pub attempts: i64,
    /// The attempts that failed or stayed unknown.
    pub unsuccessful: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunCause {
    Paused,
    SelectionStalled,
    SendsFailing,
    CapsUsedUp,
    AllSuppressed,
    NobodySelected,
}

impl RunCause {
    pub const ALL: [RunCause; 6] = [
        RunCause::Paused,
        RunCause::SelectionStalled,
        RunCause::SendsFailing,
        RunCause::CapsUsedUp,
        RunCause::AllSuppressed,
        RunCause::NobodySelected,
    ];
    pub fn code(self) -> &'static str {
        match self {
            RunCause::Paused => "paused",
            RunCause::SelectionStalled => "selection_stalled",
            RunCause::SendsFailing => "sends_failing",
            RunCause::CapsUsedUp => "caps_used_up",
            RunCause::AllSuppressed => "all_suppressed",
            RunCause::NobodySelected => "nobody_selected",
        }
    }
    /// Returns true if something is broken, and not only worth a look.
    pub fn is_failure(self) -> bool {
        match self {
            RunCause::SelectionStalled | RunCause::SendsFailing => true,
            RunCause::Paused
            | RunCause::CapsUsedUp
            | RunCause::AllSuppressed
            | RunCause::NobodySelected => false,
        }
    }
}

/// Returns the causes that apply, the one to check first at the front.
pub fn run_causes(facts: &RunFacts) -> Vec<RunCause> {
    let paused = facts.work == WorkPolicy::Wait;
    let stalled = !paused && !facts.scanned && facts.since_checkpoint_minutes >= STALLED_MINUTES;
    let failing = facts.attempts >= MIN_ATTEMPTS && facts.unsuccessful * 2 >= facts.attempts;
    let known = [
        (RunCause::Paused, paused),
        (RunCause::SelectionStalled, stalled),
        (RunCause::SendsFailing, failing),
        (RunCause::CapsUsedUp, facts.caps_used_up && (facts.waiting > 0 || !facts.scanned)),
        (RunCause::AllSuppressed, facts.selected > 0 && facts.skipped >= facts.selected),
        (RunCause::NobodySelected, facts.scanned && facts.selected == 0),
    ];
    known.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> RunFacts {
        RunFacts {
            work: WorkPolicy::Go,
            scanned: false,
            since_checkpoint_minutes: 1,
            selected: 100,
            skipped: 20,
            waiting: 30,
            caps_used_up: false,
            attempts: 50,
            unsuccessful: 3,
        }
    }

    #[test]
    fn each_cause_is_stated() {
        assert_eq!(run_causes(&facts()), []);
        for (facts, cause) in [
            (
                RunFacts { work: WorkPolicy::Wait, since_checkpoint_minutes: 90, ..facts() },
                RunCause::Paused,
            ),
            (RunFacts { since_checkpoint_minutes: 10, ..facts() }, RunCause::SelectionStalled),
            (RunFacts { unsuccessful: 25, ..facts() }, RunCause::SendsFailing),
            (RunFacts { caps_used_up: true, ..facts() }, RunCause::CapsUsedUp),
            (RunFacts { skipped: 100, ..facts() }, RunCause::AllSuppressed),
            (
                RunFacts { scanned: true, selected: 0, skipped: 0, waiting: 0, ..facts() },
                RunCause::NobodySelected,
            ),
        ] {
            assert_eq!(run_causes(&facts), [cause]);
        }
    }

    #[test]
    fn what_is_over_or_too_little_is_no_trouble() {
        let done = RunFacts {
            scanned: true,
            waiting: 0,
            since_checkpoint_minutes: 500,
            caps_used_up: true,
            ..facts()
        };
        assert_eq!(run_causes(&done), []);
        assert_eq!(run_causes(&RunFacts { attempts: 10, unsuccessful: 10, ..facts() }), []);
    }
}
