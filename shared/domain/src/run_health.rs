//! Whether the run of a promotion goes as it should, and what to make of it where it does not. Pure; the health page asks it. What an
//! autopilot is held against is in `dormancy`.

use crate::campaign::Work;

/// A segment writes a checkpoint every few seconds, and a stalled one is nudged after a minute and a half. Minutes.
pub const STALLED_MINUTES: i64 = 10;
/// Attempts below which a share of failures says little.
pub const MIN_ATTEMPTS: i64 = 20;

/// What is known of a running or paused promotion.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub work: Work,
    /// All segments to their end.
    pub scanned: bool,
    /// Since the checkpoint that is longest ago, among segments that are not at their end.
    pub since_checkpoint_minutes: i64,
    pub selected: u64,
    pub skipped: u64,
    pub waiting: u64,
    /// No further voucher fits under its caps.
    pub caps_used_up: bool,
    /// Attempts with an answer, or without one by now, of the last two days.
    pub attempts: i64,
    /// Those of them that failed or were never answered.
    pub lost: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Paused,
    SelectionStalled,
    SendsFailing,
    CapsUsedUp,
    AllSuppressed,
    NobodySelected,
}

impl Cause {
    pub const ALL: [Cause; 6] = [
        Cause::Paused,
        Cause::SelectionStalled,
        Cause::SendsFailing,
        Cause::CapsUsedUp,
        Cause::AllSuppressed,
        Cause::NobodySelected,
    ];
    pub fn code(self) -> &'static str {
        match self {
            Cause::Paused => "paused",
            Cause::SelectionStalled => "selection_stalled",
            Cause::SendsFailing => "sends_failing",
            Cause::CapsUsedUp => "caps_used_up",
            Cause::AllSuppressed => "all_suppressed",
            Cause::NobodySelected => "nobody_selected",
        }
    }
    /// Whether something is broken, and not only to be looked at.
    pub fn breaks(self) -> bool {
        match self {
            Cause::SelectionStalled | Cause::SendsFailing => true,
            Cause::Paused | Cause::CapsUsedUp | Cause::AllSuppressed | Cause::NobodySelected => false,
        }
    }
}

/// The causes that hold, the one to look at first in front.
pub fn causes(facts: &Facts) -> Vec<Cause> {
    let paused = facts.work == Work::Wait;
    let stalled = !paused && !facts.scanned && facts.since_checkpoint_minutes >= STALLED_MINUTES;
    let failing = facts.attempts >= MIN_ATTEMPTS && facts.lost * 2 >= facts.attempts;
    let known = [
        (Cause::Paused, paused),
        (Cause::SelectionStalled, stalled),
        (Cause::SendsFailing, failing),
        (Cause::CapsUsedUp, facts.caps_used_up && (facts.waiting > 0 || !facts.scanned)),
        (Cause::AllSuppressed, facts.selected > 0 && facts.skipped >= facts.selected),
        (Cause::NobodySelected, facts.scanned && facts.selected == 0),
    ];
    known.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            work: Work::Go,
            scanned: false,
            since_checkpoint_minutes: 1,
            selected: 100,
            skipped: 20,
            waiting: 30,
            caps_used_up: false,
            attempts: 50,
            lost: 3,
        }
    }

    #[test]
    fn each_cause_is_stated() {
        assert_eq!(causes(&facts()), []);
        for (facts, cause) in [
            (Facts { work: Work::Wait, since_checkpoint_minutes: 90, ..facts() }, Cause::Paused),
            (Facts { since_checkpoint_minutes: 10, ..facts() }, Cause::SelectionStalled),
            (Facts { lost: 25, ..facts() }, Cause::SendsFailing),
            (Facts { caps_used_up: true, ..facts() }, Cause::CapsUsedUp),
            (Facts { skipped: 100, ..facts() }, Cause::AllSuppressed),
            (Facts { scanned: true, selected: 0, skipped: 0, waiting: 0, ..facts() }, Cause::NobodySelected),
        ] {
            assert_eq!(causes(&facts), [cause]);
        }
    }

    #[test]
    fn what_is_over_or_too_little_is_no_trouble() {
        let done = Facts { scanned: true, waiting: 0, since_checkpoint_minutes: 500, caps_used_up: true, ..facts() };
        assert_eq!(causes(&done), []);
        assert_eq!(causes(&Facts { attempts: 10, lost: 10, ..facts() }), []);
    }
}
