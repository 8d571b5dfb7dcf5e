//! The pressure that a campaign puts on its customers: its rank among other campaigns, and the
//! reminder before a voucher ends.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::messages::Messages,
    kernel::{channel::Channels, validation::FieldError},
};

/// Highest [`ContactPressure::priority`].
pub const MAX_PRIORITY: u8 = 100;
pub const DEFAULT_PRIORITY: u8 = 50;
/// Most hours between a reminder and the voucher's end: a month.
pub const MAX_REMINDER_HOURS: u16 = 30 * 24;

/// The rank of a campaign among others that want the same customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactPressure {
    /// 0 to 100, the higher the sooner: work that is due at the same time is released in this
    /// order. Default 50.
    #[cfg_attr(feature = "openapi", schema(maximum = 100))]
    pub priority: u8,
    /// Exempts the campaign from the tenant's caps; its messages still count for other campaigns.
    pub exempt: bool,
}

impl Default for ContactPressure {
    fn default() -> Self {
        Self { priority: DEFAULT_PRIORITY, exempt: false }
    }
}

impl ContactPressure {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// One more message before a voucher ends, to customers who have not used it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reminder {
    /// Hours before the end of the time to accept, or to redeem.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 720))]
    pub hours_before: u16,
    /// Also remind customers who have accepted and not redeemed. Default: only customers who have
    /// not accepted.
    #[serde(default)]
    pub to_accepted: bool,
    /// The reminder's own messages. Default: the messages of the campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub messages: Option<Messages>,
}

impl Reminder {
    /// Returns the time of the reminder of a voucher that ends at `end`.
    pub fn notice_time(&self, end: Timestamp) -> Timestamp {
        let notice = SignedDuration::from_hours(i64::from(self.hours_before));
        end.checked_sub(notice).unwrap_or(Timestamp::MIN)
    }
}

pub(super) fn check_reminder(reminder: &Reminder, channels: &Channels) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !(1..=MAX_REMINDER_HOURS).contains(&reminder.hours_before) {
        let detail = format!("1 to {MAX_REMINDER_HOURS} hours");
        errors.push(FieldError::new("/reminder/hours_before", "out_of_range", detail));
    }
    let messages = reminder.messages.iter().flat_map(|messages| messages.check(&channels.ladder));
    errors.extend(
        messages.map(|error| FieldError { field: format!("/reminder{}", error.field), ..error }),
    );
    errors
}
