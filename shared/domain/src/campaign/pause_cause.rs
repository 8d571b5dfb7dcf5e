//! The cause of an automatic pause, as the campaign keeps it and the console shows it.
//!
//! `reporting::sender_health` finds it in the counts of sent messages, and the watchdog pauses the
//! campaign.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernel::channel::Channel;

/// Basis points (hundredths of a percent) of a whole.
pub const BASIS_POINTS: i64 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeliverabilityIssue {
    /// Too many messages bounced.
    Bounces,
    /// Too many messages drew a complaint.
    Complaints,
    /// More than half of the last attempts failed for reasons other than the customer's address, or
    /// got no answer.
    ChannelFailing,
}

/// The reason why the system paused a campaign automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PauseCause {
    pub cause: DeliverabilityIssue,
    pub channel: Channel,
    /// Messages that bounced or drew a complaint, or attempts that failed on a failing channel.
    pub count: u32,
    /// Messages or attempts in a row among which `count` was found.
    pub of: u32,
}

impl fmt::Display for PauseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, channel, count, of } = self;
        let rate = i64::from(*count) * BASIS_POINTS / i64::from(*of).max(1);
        let (whole, part) = (rate / 100, rate % 100);
        match cause {
            DeliverabilityIssue::Bounces => {
                write!(f, "{count} of {of} messages by {channel} bounced ({whole}.{part:02} %)")
            }
            DeliverabilityIssue::Complaints => {
                write!(
                    f,
                    "{count} of {of} messages by {channel} were complained about ({whole}.{part:02} %)"
                )
            }
            DeliverabilityIssue::ChannelFailing => {
                write!(
                    f,
                    "{channel} is failing: {count} of the last {of} attempts ({whole}.{part:02} %)"
                )
            }
        }
    }
}
