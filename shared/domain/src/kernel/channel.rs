//! The three channels that reach a customer, and the ladder: the order in which a campaign tries
//! them.

use std::{collections::BTreeMap, fmt};

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

/// Deserializes via strings, so that the pointer of an error names the channel.
pub(crate) fn by_channel<'de, T, D>(source: D) -> Result<BTreeMap<Channel, T>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    let named = |(name, value): (String, T)| match Channel::parse(&name) {
        Some(channel) => Ok((channel, value)),
        None => Err(serde::de::Error::unknown_variant(&name, &["sms", "email", "push"])),
    };
    BTreeMap::<String, T>::deserialize(source)?.into_iter().map(named).collect()
}

/// The way a campaign uses its ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LadderMode {
    /// Sends on the first channel that consent allows, and on the next one only if that fails for
    /// good.
    FirstAvailable,
    /// Sends on every channel that consent allows; still one voucher.
    All,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channels {
    pub mode: LadderMode,
    /// Channels in the order in which they are tried; each channel at most once.
    pub ladder: Vec<Channel>,
    /// Applies to `first_available`: also try the next channel if an accepted message later turns
    /// out to be undeliverable (a hard bounce, a rejection, a carrier's opt-out). Default: no,
    /// because days may have passed.
    #[serde(default, skip_serializing_if = "is_no")]
    pub after_bounce: bool,
    /// Applies to `first_available`: also go on to the next channel if nothing has told the fate of a
    /// message (no answer of the provider, no delivery report) for four times the stack's waiting
    /// time, an hour by default. Default: yes. The message itself is never repeated because of this,
    /// and the customer gets one voucher.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[cfg_attr(feature = "openapi", schema(default = true))]
    pub after_unknown: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_no(flag: &bool) -> bool {
    !*flag
}
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_yes(flag: &bool) -> bool {
    *flag
}
fn yes() -> bool {
    true
}

impl Channels {
    /// Returns the channels of the ladder after `channel`.
    pub fn channels_after(&self, channel: Channel) -> impl Iterator<Item = Channel> + '_ {
        self.ladder.iter().copied().skip_while(move |rung| *rung != channel).skip(1)
    }
}
