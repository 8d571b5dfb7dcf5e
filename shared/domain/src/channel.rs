//! The three ways to reach a customer, and the ladder that says in which order a campaign tries them.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Channel {
    Sms,
    Email,
    Push,
}

impl Channel {
    pub const ALL: [Channel; 3] = [Channel::Sms, Channel::Email, Channel::Push];

    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Sms => "sms",
            Channel::Email => "email",
            Channel::Push => "push",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the ladder is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Mode {
    /// The first channel that consent allows; the next one only if that fails for good.
    FirstAvailable,
    /// Every channel that consent allows; still one voucher.
    All,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channels {
    pub mode: Mode,
    /// In the order of trying; each channel at most once.
    pub ladder: Vec<Channel>,
    /// `first_available`: also try the next channel when a message that was accepted turns out, later, not to be deliverable at all (a
    /// hard bounce, a rejection, a carrier's opt-out). Default: no, since days may lie between.
    #[serde(default, skip_serializing_if = "is_no")]
    pub after_bounce: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_no(flag: &bool) -> bool {
    !*flag
}

impl Channels {
    /// The rungs below `channel`.
    pub fn after(&self, channel: Channel) -> impl Iterator<Item = Channel> + '_ {
        self.ladder.iter().copied().skip_while(move |rung| *rung != channel).skip(1)
    }
}
