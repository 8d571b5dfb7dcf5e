//! The life cycle of a campaign: its states, and the actions that each state allows.
//!
//! `store::campaign::campaigns` keeps the campaign and asks [`CampaignState::next_state`] before it
//! writes a transition. The campaigns function asks [`CampaignState::state_after`] before it edits
//! or deletes a draft.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        pause_cause::PauseCause,
        redeeming::{RedeemingState, RedeemingSuspension, Revocation, RevokeScope, VoucherAction},
    },
    kernel::id::{CampaignId, RunId},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CampaignState {
    Draft,
    Scheduled,
    /// A promotion that selects and sends.
    Running,
    /// An autopilot that fires.
    Enabled,
    Paused,
    Completed,
    /// A promotion that was cancelled before it completed.
    Cancelled,
    /// An autopilot that does not fire any more.
    Ended,
    Failed,
    Archived,
}

impl CampaignState {
    pub const ALL: [CampaignState; 10] = [
        CampaignState::Draft,
        CampaignState::Scheduled,
        CampaignState::Running,
        CampaignState::Enabled,
        CampaignState::Paused,
        CampaignState::Completed,
        CampaignState::Cancelled,
        CampaignState::Ended,
        CampaignState::Failed,
        CampaignState::Archived,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            CampaignState::Draft => "draft",
            CampaignState::Scheduled => "scheduled",
            CampaignState::Running => "running",
            CampaignState::Enabled => "enabled",
            CampaignState::Paused => "paused",
            CampaignState::Completed => "completed",
            CampaignState::Cancelled => "cancelled",
            CampaignState::Ended => "ended",
            CampaignState::Failed => "failed",
            CampaignState::Archived => "archived",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl fmt::Display for CampaignState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CampaignAction {
    Edit,
    Delete,
    Launch,
    /// Makes a scheduled campaign, of which nothing has left, a draft again.
    UndoLaunch,
    /// Starts a scheduled campaign whose start time has come.
    Start,
    /// Starts a campaign that is scheduled only because its launch can still be undone.
    StartNow,
    Pause,
    Resume,
    Complete,
    Cancel,
    Fail,
    Archive,
}

impl CampaignAction {
    pub const ALL: [CampaignAction; 12] = [
        CampaignAction::Edit,
        CampaignAction::Delete,
        CampaignAction::Launch,
        CampaignAction::UndoLaunch,
        CampaignAction::Start,
        CampaignAction::StartNow,
        CampaignAction::Pause,
        CampaignAction::Resume,
        CampaignAction::Complete,
        CampaignAction::Cancel,
        CampaignAction::Fail,
        CampaignAction::Archive,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            CampaignAction::Edit => "edit",
            CampaignAction::Delete => "delete",
            CampaignAction::Launch => "launch",
            CampaignAction::UndoLaunch => "undo_launch",
            CampaignAction::Start => "start",
            CampaignAction::StartNow => "start_now",
            CampaignAction::Pause => "pause",
            CampaignAction::Resume => "resume",
            CampaignAction::Complete => "complete",
            CampaignAction::Cancel => "cancel",
            CampaignAction::Fail => "fail",
            CampaignAction::Archive => "archive",
        }
    }
}

/// The longest time that a launch may leave to undo it.
pub const MAX_UNDO_SECONDS: u32 = 600;

impl CampaignState {
    /// Returns the state after `action`, or `None` if this state does not allow it. `Launch` gives
    /// `Running` or `Enabled`; [`CampaignState::next_state`] looks at the schedule and gives [`CampaignState::Scheduled`]
    /// for a launch before the start time.
    pub fn state_after(self, action: CampaignAction, kind: CampaignKind) -> Option<CampaignState> {
        use CampaignState::*;
        let (works, stopped) = match kind {
            CampaignKind::Promotion => (Running, Cancelled),
            CampaignKind::Autopilot => (Enabled, Ended),
        };
        let (allowed, next) = match action {
            CampaignAction::Edit | CampaignAction::Delete => (self == Draft, Draft),
            CampaignAction::Launch => (self == Draft, works),
            CampaignAction::UndoLaunch => (self == Scheduled, Draft),
            CampaignAction::Start | CampaignAction::StartNow => (self == Scheduled, works),
            CampaignAction::Resume => (self == Paused, works),
            CampaignAction::Pause => (self == works || self == Scheduled, Paused),
            CampaignAction::Complete => {
                (kind == CampaignKind::Promotion && self == Running, Completed)
            }
            CampaignAction::Cancel => {
                (self == works || self == Scheduled || self == Paused, stopped)
            }
            CampaignAction::Fail => (self == works || self == Scheduled || self == Paused, Failed),
            CampaignAction::Archive => {
                (self == stopped || self == Completed || self == Failed, Archived)
            }
        };
        allowed.then_some(next)
    }

    /// Returns the state after `action`, as [`CampaignState::state_after`] does, and respects the
    /// times before which the campaign does not start: launched or resumed before them it becomes
    /// scheduled, and it starts no earlier. Starting now passes over the time to undo the launch
    /// alone.
    pub fn next_state(
        self,
        action: CampaignAction,
        kind: CampaignKind,
        times: StartTimes,
        now: Timestamp,
    ) -> Option<CampaignState> {
        let early = times.earliest().is_some_and(|earliest| earliest > now);
        match action {
            CampaignAction::Launch | CampaignAction::Resume if early => {
                self.state_after(action, kind).map(|_| CampaignState::Scheduled)
            }
            CampaignAction::Start if early => None,
            CampaignAction::StartNow if times.begins_later(now) => None,
            CampaignAction::Edit
            | CampaignAction::Delete
            | CampaignAction::Launch
            | CampaignAction::UndoLaunch
            | CampaignAction::Start
            | CampaignAction::StartNow
            | CampaignAction::Pause
            | CampaignAction::Resume
            | CampaignAction::Complete
            | CampaignAction::Cancel
            | CampaignAction::Fail
            | CampaignAction::Archive => self.state_after(action, kind),
        }
    }

    pub fn allowed_actions(self, kind: CampaignKind) -> impl Iterator<Item = CampaignAction> {
        CampaignAction::ALL
            .into_iter()
            .filter(move |action| self.state_after(*action, kind).is_some())
    }

    /// Returns true if an operator can take the action on the campaign's vouchers: only a draft has
    /// none and never had any.
    pub fn allows(self, action: VoucherAction, redeeming: RedeemingState) -> bool {
        self.phase() != CampaignPhase::Draft && action.fits(redeeming)
    }

    /// Builds the revocation that an operator's action makes in this state. A campaign that is over
    /// issues no more, and all of its vouchers are covered; one that goes on keeps those it issues
    /// from now on.
    pub fn revocation(self, scope: RevokeScope, now: Timestamp) -> Revocation {
        match self.phase() {
            CampaignPhase::Draft | CampaignPhase::Live => Revocation::until(scope, now),
            CampaignPhase::Over => Revocation::of_every_voucher(scope),
        }
    }

    /// Returns the part of its life that a campaign in this state is in.
    pub fn phase(self) -> CampaignPhase {
        match self {
            CampaignState::Draft => CampaignPhase::Draft,
            CampaignState::Scheduled
            | CampaignState::Running
            | CampaignState::Enabled
            | CampaignState::Paused => CampaignPhase::Live,
            CampaignState::Completed
            | CampaignState::Cancelled
            | CampaignState::Ended
            | CampaignState::Failed
            | CampaignState::Archived => CampaignPhase::Over,
        }
    }

    /// Returns the treatment of planned work of a campaign in this state.
    pub fn work_policy(self) -> WorkPolicy {
        match self {
            CampaignState::Running | CampaignState::Enabled | CampaignState::Completed => {
                WorkPolicy::Go
            }
            CampaignState::Draft | CampaignState::Scheduled | CampaignState::Paused => {
                WorkPolicy::Wait
            }
            CampaignState::Cancelled
            | CampaignState::Ended
            | CampaignState::Failed
            | CampaignState::Archived => WorkPolicy::Drop,
        }
    }
}

/// The part of its life that a campaign is in, for decisions that need no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignPhase {
    Draft,
    /// The campaign is launched: it sends, will send, or can be resumed.
    Live,
    /// The campaign selects and fires no more.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkPolicy {
    Go,
    /// Keep the work for later: the campaign is paused or has not begun.
    Wait,
    /// Discard the work: it will never be sent.
    Drop,
}

/// The times before which a launched campaign does not start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StartTimes {
    /// The start that the schedule names.
    pub starts_at: Option<Timestamp>,
    /// The end of the time in which the launch can be undone before anything has left.
    pub undo_until: Option<Timestamp>,
}

impl StartTimes {
    /// Returns the time before which the campaign does not start, if there is one.
    pub fn earliest(self) -> Option<Timestamp> {
        self.starts_at.max(self.undo_until)
    }

    /// Returns true if the schedule itself lets the campaign start only later.
    pub fn begins_later(self, now: Timestamp) -> bool {
        self.starts_at.is_some_and(|starts_at| starts_at > now)
    }
}

/// A second person's agreement to a launch above a threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub by: String,
    pub at: Timestamp,
}

/// A campaign with its state and its definition, as the store keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    pub id: CampaignId,
    pub state: CampaignState,
    /// Increased by every change; `If-Match` compares with it.
    pub version: u64,
    pub created_at: Timestamp,
    pub created_by: String,
    pub updated_at: Timestamp,
    pub launched_at: Option<Timestamp>,
    /// The time before which the launch can be undone and nothing leaves; absent if the launch
    /// asked for none or the campaign has started.
    pub undo_until: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub run: Option<RunId>,
    /// Segments of the run; 0 before the launch.
    pub segments: u32,
    /// The vouchers that a cancellation or an operator revoked.
    pub revoke: Revocation,
    /// Set while redeeming is suspended.
    pub suspension: Option<RedeemingSuspension>,
    /// Cause of an automatic pause; absent unless the system, and not an operator, paused the
    /// campaign.
    pub paused_because: Option<PauseCause>,
    /// Operators who changed the campaign, each once, the latest last. The creator is among them
    /// only after an edit of their own.
    pub editors: Vec<String>,
    /// Approval of the campaign in its present form.
    pub approval: Option<Approval>,
    pub definition: Definition,
}

impl Campaign {
    pub fn draft(
        id: CampaignId,
        definition: Definition,
        created_by: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            state: CampaignState::Draft,
            version: 1,
            created_at: now,
            created_by: created_by.into(),
            updated_at: now,
            launched_at: None,
            undo_until: None,
            ended_at: None,
            run: None,
            segments: 0,
            revoke: Revocation::default(),
            suspension: None,
            paused_because: None,
            editors: Vec::new(),
            approval: None,
            definition,
        }
    }

    pub fn redeeming(&self) -> RedeemingState {
        RedeemingState::of(self.suspension.as_ref())
    }

    pub fn start_times(&self) -> StartTimes {
        StartTimes { starts_at: self.definition.schedule.starts_at, undo_until: self.undo_until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transitions(kind: CampaignKind) -> String {
        let mut table = String::new();
        for state in CampaignState::ALL {
            for action in CampaignAction::ALL {
                if let Some(next) = state.state_after(action, kind) {
                    table += &format!("{state} --{}--> {next}\n", action.as_str());
                }
            }
        }
        table
    }

    #[test]
    fn only_these_transitions_exist() {
        let promotion = transitions(CampaignKind::Promotion);
        let autopilot = transitions(CampaignKind::Autopilot);
        insta::assert_snapshot!(promotion, @r"
        draft --edit--> draft
        draft --delete--> draft
        draft --launch--> running
        scheduled --undo_launch--> draft
        scheduled --start--> running
        scheduled --start_now--> running
        scheduled --pause--> paused
        scheduled --cancel--> cancelled
        scheduled --fail--> failed
        running --pause--> paused
        running --complete--> completed
        running --cancel--> cancelled
        running --fail--> failed
        paused --resume--> running
        paused --cancel--> cancelled
        paused --fail--> failed
        completed --archive--> archived
        cancelled --archive--> archived
        failed --archive--> archived
        ");
        let only = |table: &str, other: &str| {
            table.lines().filter(|line| !other.contains(line)).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(only(&autopilot, &promotion), @r"
        draft --launch--> enabled
        scheduled --start--> enabled
        scheduled --start_now--> enabled
        scheduled --cancel--> ended
        enabled --pause--> paused
        enabled --cancel--> ended
        enabled --fail--> failed
        paused --resume--> enabled
        paused --cancel--> ended
        ended --archive--> archived
        ");
    }

    #[test]
    fn only_a_campaign_that_is_over_can_neither_be_edited_nor_fail() {
        for state in CampaignState::ALL {
            let moves =
                [CampaignKind::Promotion, CampaignKind::Autopilot].into_iter().any(|kind| {
                    [CampaignAction::Edit, CampaignAction::Fail]
                        .into_iter()
                        .any(|action| state.state_after(action, kind).is_some())
                });
            assert_eq!(state.phase() != CampaignPhase::Over, moves, "{state}");
        }
    }

    #[test]
    fn a_launch_that_can_be_undone_starts_when_it_no_longer_can_or_at_once_on_request() {
        let state = |state: CampaignState, action, times, now| {
            state.next_state(action, CampaignKind::Promotion, times, second(now))
        };
        let grace = StartTimes { starts_at: None, undo_until: Some(second(60)) };
        let draft = CampaignState::Draft;
        let scheduled = CampaignState::Scheduled;
        assert_eq!(state(draft, CampaignAction::Launch, grace, 0), Some(scheduled));
        assert_eq!(state(scheduled, CampaignAction::Start, grace, 59), None);
        assert_eq!(
            state(scheduled, CampaignAction::Start, grace, 60),
            Some(CampaignState::Running)
        );
        assert_eq!(
            state(scheduled, CampaignAction::StartNow, grace, 1),
            Some(CampaignState::Running)
        );
        assert_eq!(state(scheduled, CampaignAction::UndoLaunch, grace, 59), Some(draft));
        assert_eq!(
            state(CampaignState::Paused, CampaignAction::Resume, grace, 59),
            Some(scheduled)
        );
        // the schedule's own start is passed over by nobody
        let later = StartTimes { starts_at: Some(second(90)), ..grace };
        assert_eq!(state(scheduled, CampaignAction::StartNow, later, 89), None);
        assert_eq!(state(scheduled, CampaignAction::Start, later, 89), None);
        assert_eq!(state(CampaignState::Running, CampaignAction::UndoLaunch, grace, 1), None);
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn allowed(state: CampaignState, redeeming: RedeemingState) -> Vec<&'static str> {
        let all = VoucherAction::ALL.into_iter();
        all.filter(|it| state.allows(*it, redeeming)).map(VoucherAction::as_str).collect()
    }

    #[test]
    fn issued_vouchers_can_be_stopped_in_every_state_but_draft() {
        for state in CampaignState::ALL {
            let draft = state == CampaignState::Draft;
            let expected = |actions: &[&'static str]| {
                if draft { Vec::new() } else { actions.to_vec() }
            };
            assert_eq!(
                allowed(state, RedeemingState::Open),
                expected(&["suspend_redeeming", "revoke_vouchers"]),
                "{state}"
            );
            assert_eq!(
                allowed(state, RedeemingState::Suspended),
                expected(&["resume_redeeming", "revoke_vouchers"]),
                "{state}"
            );
        }
    }

    #[test]
    fn a_campaign_that_goes_on_keeps_the_vouchers_it_issues_later() {
        let now = second(1_000);
        let live = CampaignState::Paused.revocation(RevokeScope::All, now);
        assert!(live.covers(now, true) && live.covers(now, false));
        assert!(!live.covers(second(1_001), true) && !live.covers(second(1_001), false));
        assert_eq!(live.whole_scope(), RevokeScope::None);
        assert_eq!(live.parts(), [(RevokeScope::All, Some(now))]);

        let over = CampaignState::Archived.revocation(RevokeScope::All, now);
        assert!(over.covers(second(1_001), true));
        assert_eq!(over.whole_scope(), RevokeScope::All);
        assert_eq!(over.parts(), [(RevokeScope::All, None)]);
    }
}
