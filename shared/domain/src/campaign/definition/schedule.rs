//! The schedule of a campaign: its start and its end, and the hours of the customer's day in which
//! it sends. The definition checks it when an operator saves it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        kind::CampaignKind,
        send_window::{Hours, SendWindow},
    },
    kernel::{
        channel::{Channel, by_channel},
        validation::FieldError,
    },
};

/// Default of [`Schedule::start_deadline_hours`]: a day late, the send is no longer what the
/// operator planned.
pub const DEFAULT_START_DEADLINE_HOURS: u16 = 24;
/// Largest [`Schedule::start_deadline_hours`]: a week.
pub const MAX_START_DEADLINE_HOURS: u16 = 7 * 24;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedule {
    /// Start time; a launch before it makes the campaign `scheduled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub starts_at: Option<Timestamp>,
    /// End time: no voucher is issued from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, format = DateTime))]
    pub ends_at: Option<Timestamp>,
    /// Hours after `starts_at` within which a delayed scheduled campaign still starts; later it
    /// fails instead. Default 24.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1, maximum = 168))]
    pub start_deadline_hours: Option<u16>,
    /// The hour of the customer's day at which a promotion is sent: the next time that hour comes.
    /// An autopilot uses the hour of its trigger.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, maximum = 23))]
    pub local_hour: Option<u8>,
    /// Hours and days, on the customer's clock, in which messages may go out, in addition to the
    /// tenant's quiet hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub window: Option<SendWindow>,
    /// Quiet hours of this campaign by channel, in addition to the tenant's: nothing is sent in
    /// either.
    #[serde(deserialize_with = "by_channel", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Hours>))]
    pub quiet_hours: BTreeMap<Channel, Hours>,
}

impl Schedule {
    /// Returns the moment from which a campaign that has not started fails.
    pub fn start_deadline(&self) -> Option<Timestamp> {
        let hours = self.start_deadline_hours.unwrap_or(DEFAULT_START_DEADLINE_HOURS);
        self.starts_at?.checked_add(SignedDuration::from_hours(i64::from(hours))).ok()
    }
}

pub(super) fn check_schedule(schedule: &Schedule, now: Option<Timestamp>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let (Some(starts_at), Some(now)) = (schedule.starts_at, now)
        && starts_at < now
    {
        errors.push(FieldError::new(
            "/schedule/starts_at",
            "in_the_past",
            "must not be before now",
        ));
    }
    if let (Some(ends_at), Some(now)) = (schedule.ends_at, now)
        && ends_at <= now
    {
        errors.push(FieldError::new("/schedule/ends_at", "in_the_past", "must be in the future"));
    }
    if let (Some(starts_at), Some(ends_at)) = (schedule.starts_at, schedule.ends_at)
        && ends_at <= starts_at
    {
        errors.push(FieldError::new(
            "/schedule/ends_at",
            "end_before_start",
            "must be after `starts_at`",
        ));
    }
    errors
}

pub(super) fn check_hours(schedule: &Schedule, kind: CampaignKind) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if schedule
        .start_deadline_hours
        .is_some_and(|hours| !(1..=MAX_START_DEADLINE_HOURS).contains(&hours))
    {
        let detail = format!("1 to {MAX_START_DEADLINE_HOURS} hours");
        errors.push(FieldError::new("/schedule/start_deadline_hours", "out_of_range", detail));
    }
    if schedule.local_hour.is_some_and(|hour| hour > 23) {
        errors.push(FieldError::new("/schedule/local_hour", "out_of_range", "0 to 23"));
    }
    if schedule.local_hour.is_some() && kind == CampaignKind::Autopilot {
        let detail = "an autopilot fires at the hour of its trigger";
        errors.push(FieldError::new("/schedule/local_hour", "not_for_an_autopilot", detail));
    }
    if let Some(window) = &schedule.window {
        errors.extend(window.check("/schedule/window"));
    }
    for (channel, hours) in &schedule.quiet_hours {
        let at = format!("/schedule/quiet_hours/{channel}");
        let found = hours.check(&at);
        let sound = found.is_empty() && errors.is_empty();
        errors.extend(found);
        if sound && schedule.window.as_ref().is_some_and(|window| hours.cover(&window.hours)) {
            let detail = "the window lies within these hours, so that nothing is ever sent";
            errors.push(FieldError::new(at, "never_open", detail));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Returns the field and the code of each error of a schedule.
    fn errors(schedule: Value) -> Vec<String> {
        let schedule: Schedule = serde_json::from_value(schedule).unwrap();
        let found = check_hours(&schedule, CampaignKind::Promotion);
        found.into_iter().map(|error| format!("{} {}", error.field, error.code)).collect()
    }

    fn quiet(from: &str, to: &str) -> Value {
        json!({"sms": {"from": from, "to": to}})
    }

    #[test]
    fn a_campaigns_own_quiet_hours_are_checked() {
        assert_eq!(errors(json!({"quiet_hours": quiet("18:00", "10:00")})), [""; 0]);
        assert_eq!(
            errors(json!({"quiet_hours": quiet("18:00", "18:00")})),
            ["/schedule/quiet_hours/sms/to empty"]
        );
        for bad in [json!({"fax": {"from": "18:00", "to": "10:00"}}), quiet("24:00", "10:00")] {
            let read = serde_json::from_value::<Schedule>(json!({ "quiet_hours": bad }));
            assert!(read.is_err(), "{read:?}");
        }
    }

    #[test]
    fn a_window_within_the_own_quiet_hours_is_refused() {
        let check = |quiet_hours: Value, from: &str, to: &str| {
            let window = json!({"hours": {"from": from, "to": to}});
            errors(json!({"quiet_hours": quiet_hours, "window": window}))
        };
        let never = ["/schedule/quiet_hours/sms never_open"];
        assert_eq!(check(quiet("18:00", "10:00"), "19:00", "23:00"), never);
        assert_eq!(check(quiet("18:00", "10:00"), "00:00", "10:00"), never);
        assert_eq!(check(quiet("09:00", "17:00"), "09:00", "17:00"), never);
        assert_eq!(check(quiet("18:00", "10:00"), "09:00", "10:01"), [""; 0]);
        assert_eq!(check(quiet("18:00", "10:00"), "17:59", "23:00"), [""; 0]);
        assert_eq!(check(quiet("12:00", "13:00"), "11:00", "14:00"), [""; 0]);
        assert_eq!(check(quiet("23:00", "22:00"), "21:00", "23:30"), [""; 0], "open for an hour");
    }

    #[test]
    fn quiet_hours_survive_their_document() {
        let written = json!({"quiet_hours": quiet("18:00", "10:00")});
        let schedule: Schedule = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&schedule).unwrap(), written);
        assert_eq!(serde_json::to_value(Schedule::default()).unwrap(), json!({}));
    }
}
