//! A campaign's life: kinds, states, which action is allowed in which state, and what stays editable after launch.
//! `control` in the store keeps it; the campaigns function asks [`State::after`] before it writes.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    definition::Definition,
    id::{CampaignId, RunId},
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
    Running,
    Paused,
    Completed,
    Cancelled,
    Failed,
    Archived,
}

impl State {
    pub const ALL: [State; 8] = [
        State::Draft,
        State::Scheduled,
        State::Running,
        State::Paused,
        State::Completed,
        State::Cancelled,
        State::Failed,
        State::Archived,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Scheduled => "scheduled",
            State::Running => "running",
            State::Paused => "paused",
            State::Completed => "completed",
            State::Cancelled => "cancelled",
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
    /// The state after `action`, or `None` if it is not allowed here. `Launch` gives `Running`; a launch before the start time
    /// is [`State::Scheduled`], which the caller decides from the schedule.
    pub fn after(self, action: Action) -> Option<State> {
        use State::*;
        match (action, self) {
            (Action::Edit | Action::Delete, Draft) => Some(Draft),
            (Action::Launch, Draft) | (Action::Start, Scheduled) | (Action::Resume, Paused) => Some(Running),
            (Action::Pause, Running | Scheduled) => Some(Paused),
            (Action::Complete, Running) => Some(Completed),
            (Action::Cancel, Scheduled | Running | Paused) => Some(Cancelled),
            (Action::Fail, Scheduled | Running | Paused) => Some(Failed),
            (Action::Archive, Completed | Cancelled | Failed) => Some(Archived),
            (
                Action::Edit
                | Action::Delete
                | Action::Launch
                | Action::Start
                | Action::Pause
                | Action::Resume
                | Action::Complete
                | Action::Cancel
                | Action::Fail
                | Action::Archive,
                _,
            ) => None,
        }
    }

    /// The same with the schedule: launched or resumed before its start time, a campaign waits for it; and it starts no earlier.
    pub fn next(self, action: Action, starts_at: Option<Timestamp>, now: Timestamp) -> Option<State> {
        let early = starts_at.is_some_and(|starts_at| starts_at > now);
        match action {
            Action::Launch | Action::Resume if early => self.after(action).map(|_| State::Scheduled),
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
            | Action::Archive => self.after(action),
        }
    }

    pub fn allowed(self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |action| self.after(*action).is_some())
    }

    /// What a worker does with planned work of a campaign in this state.
    pub fn work(self) -> Work {
        match self {
            State::Running | State::Completed => Work::Go,
            State::Draft | State::Scheduled | State::Paused => Work::Wait,
            State::Cancelled | State::Failed | State::Archived => Work::Drop,
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
    pub definition: Definition,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_transitions_exist() {
        let mut table = String::new();
        for state in State::ALL {
            for action in Action::ALL {
                if let Some(next) = state.after(action) {
                    table += &format!("{state} --{}--> {next}\n", action.as_str());
                }
            }
        }
        insta::assert_snapshot!(table, @r"
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
    }
}
