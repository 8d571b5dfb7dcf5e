//! A campaign's life: kinds, states, which action is allowed in which state, and what stays editable after launch.
//! `control` in the store keeps it; the campaigns function asks [`State::after`] before it writes.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    definition::Definition,
    id::{CampaignId, RunId},
    sender_health::PauseCause,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Kind {
    /// One-off: define offer and audience, it sends, it is done.
    Promotion,
    /// Always on: fires when behaviour matches.
    Autopilot,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Promotion => "promotion",
            Kind::Autopilot => "autopilot",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Kind::Promotion, Kind::Autopilot].into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum State {
    Draft,
    Scheduled,
    /// A promotion that selects and sends.
    Running,
    /// An autopilot that fires.
    Enabled,
    Paused,
    Completed,
    /// A promotion that was ended before its time.
    Cancelled,
    /// An autopilot that will not fire any more.
    Ended,
    Failed,
    Archived,
}

impl State {
    pub const ALL: [State; 10] = [
        State::Draft,
        State::Scheduled,
        State::Running,
        State::Enabled,
        State::Paused,
        State::Completed,
        State::Cancelled,
        State::Ended,
        State::Failed,
        State::Archived,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Scheduled => "scheduled",
            State::Running => "running",
            State::Enabled => "enabled",
            State::Paused => "paused",
            State::Completed => "completed",
            State::Cancelled => "cancelled",
            State::Ended => "ended",
            State::Failed => "failed",
            State::Archived => "archived",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Edit,
    Delete,
    Launch,
    /// A scheduled campaign's time has come.
    Start,
    Pause,
    Resume,
    Complete,
    Cancel,
    Fail,
    Archive,
}

impl Action {
    pub const ALL: [Action; 10] = [
        Action::Edit,
        Action::Delete,
        Action::Launch,
        Action::Start,
        Action::Pause,
        Action::Resume,
        Action::Complete,
        Action::Cancel,
        Action::Fail,
        Action::Archive,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Edit => "edit",
            Action::Delete => "delete",
            Action::Launch => "launch",
            Action::Start => "start",
            Action::Pause => "pause",
            Action::Resume => "resume",
            Action::Complete => "complete",
            Action::Cancel => "cancel",
            Action::Fail => "fail",
            Action::Archive => "archive",
        }
    }
}

impl State {
    /// The state after `action`, or `None` if it is not allowed here. `Launch` gives `Running` or `Enabled`; a launch before the start
    /// time is [`State::Scheduled`], which [`State::next`] decides from the schedule.
    pub fn after(self, action: Action, kind: Kind) -> Option<State> {
        use State::*;
        let (works, stopped) = match kind {
            Kind::Promotion => (Running, Cancelled),
            Kind::Autopilot => (Enabled, Ended),
        };
        let (allowed, next) = match action {
            Action::Edit | Action::Delete => (self == Draft, Draft),
            Action::Launch => (self == Draft, works),
            Action::Start => (self == Scheduled, works),
            Action::Resume => (self == Paused, works),
            Action::Pause => (self == works || self == Scheduled, Paused),
            Action::Complete => (kind == Kind::Promotion && self == Running, Completed),
            Action::Cancel => (self == works || self == Scheduled || self == Paused, stopped),
            Action::Fail => (self == works || self == Scheduled || self == Paused, Failed),
            Action::Archive => (self == stopped || self == Completed || self == Failed, Archived),
        };
        allowed.then_some(next)
    }

    /// The same with the schedule: launched or resumed before its start time, a campaign waits for it; and it starts no earlier.
    pub fn next(self, action: Action, kind: Kind, starts_at: Option<Timestamp>, now: Timestamp) -> Option<State> {
        let early = starts_at.is_some_and(|starts_at| starts_at > now);
        match action {
            Action::Launch | Action::Resume if early => self.after(action, kind).map(|_| State::Scheduled),
            Action::Start if early => None,
            Action::Edit
            | Action::Delete
            | Action::Launch
            | Action::Start
            | Action::Pause
            | Action::Resume
            | Action::Complete
            | Action::Cancel
            | Action::Fail
            | Action::Archive => self.after(action, kind),
        }
    }

    pub fn allowed(self, kind: Kind) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |action| self.after(*action, kind).is_some())
    }

    /// What a worker does with planned work of a campaign in this state.
    pub fn work(self) -> Work {
        match self {
            State::Running | State::Enabled | State::Completed => Work::Go,
            State::Draft | State::Scheduled | State::Paused => Work::Wait,
            State::Cancelled | State::Ended | State::Failed | State::Archived => Work::Drop,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Go,
    /// Keep it for later: paused or not begun.
    Wait,
    /// It will never be sent.
    Drop,
}

/// Which of the issued vouchers a cancellation takes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Revoke {
    /// They stay valid.
    #[default]
    None,
    /// Those that nobody has accepted.
    Unaccepted,
    /// All that are not redeemed.
    All,
}

impl Revoke {
    pub fn as_str(self) -> &'static str {
        match self {
            Revoke::None => "none",
            Revoke::Unaccepted => "unaccepted",
            Revoke::All => "all",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Revoke::None, Revoke::Unaccepted, Revoke::All].into_iter().find(|revoke| revoke.as_str() == text)
    }
}

/// A second person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub by: String,
    pub at: Timestamp,
}

/// A campaign as it is kept: where it stands, and what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    pub id: CampaignId,
    pub state: State,
    /// Raised by every change: `If-Match` compares with it.
    pub version: u64,
    pub created_at: Timestamp,
    pub created_by: String,
    pub updated_at: Timestamp,
    pub launched_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub run: Option<RunId>,
    /// Segments of the run; 0 before the launch.
    pub segments: u32,
    /// Set by a cancellation.
    pub revoke: Revoke,
    /// While it is paused, if nobody but the system paused it.
    pub paused_because: Option<PauseCause>,
    /// Who changed it, each once, whoever did last at the end. Who created it is among them only if they edited it too.
    pub editors: Vec<String>,
    /// Who has agreed to it as it stands.
    pub approval: Option<Approval>,
    pub definition: Definition,
}

impl Campaign {
    pub fn draft(id: CampaignId, definition: Definition, created_by: impl Into<String>, now: Timestamp) -> Self {
        Self {
            id,
            state: State::Draft,
            version: 1,
            created_at: now,
            created_by: created_by.into(),
            updated_at: now,
            launched_at: None,
            ended_at: None,
            run: None,
            segments: 0,
            revoke: Revoke::None,
            paused_because: None,
            editors: Vec::new(),
            approval: None,
            definition,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transitions(kind: Kind) -> String {
        let mut table = String::new();
        for state in State::ALL {
            for action in Action::ALL {
                if let Some(next) = state.after(action, kind) {
                    table += &format!("{state} --{}--> {next}\n", action.as_str());
                }
            }
        }
        table
    }

    #[test]
    fn only_these_transitions_exist() {
        let promotion = transitions(Kind::Promotion);
        let autopilot = transitions(Kind::Autopilot);
        insta::assert_snapshot!(promotion, @r"
        draft --edit--> draft
        draft --delete--> draft
        draft --launch--> running
        scheduled --start--> running
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
        scheduled --cancel--> ended
        enabled --pause--> paused
        enabled --cancel--> ended
        enabled --fail--> failed
        paused --resume--> enabled
        paused --cancel--> ended
        ended --archive--> archived
        ");
    }
}
