//! The send window: the hours and days, on the customer's clock, in which a campaign's messages may
//! be sent.
//!
//! A campaign's schedule carries it, and the contact policy applies it together with the quiet
//! hours, which are hours of the same type.

use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};

use crate::kernel::validation::FieldError;

/// A time of day, `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "21:00"))]
pub struct TimeOfDay(Time);

impl TimeOfDay {
    /// Returns the time on a clock, with no seconds.
    pub fn clock_time(self) -> Time {
        self.0
    }
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const SHAPE: &str = "a time of day is HH:MM, from 00:00 to 23:59";
        let (hour, minute) = text.split_once(':').ok_or(SHAPE)?;
        let number = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<i8>().ok()).flatten().ok_or(SHAPE)
        };
        Time::new(number(hour)?, number(minute)?, 0, 0).map(Self).map_err(|_| SHAPE)
    }
}
impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text)
    }
}
impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> String {
        format!("{:02}:{:02}", time.0.hour(), time.0.minute())
    }
}

/// A range of hours, the end excluded. If the end is the earlier time, the range goes over
/// midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hours {
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

impl Hours {
    /// Returns true if the range contains that time of day.
    pub fn contains(&self, time: Time) -> bool {
        if self.from < self.to {
            self.from.0 <= time && time < self.to.0
        } else {
            self.from.0 <= time || time < self.to.0
        }
    }
    /// Returns true if every time of the other range, which lies within one day, is within this one.
    pub fn cover(&self, other: &Hours) -> bool {
        let ends_within = other.from < self.to && self.to < other.to;
        self.contains(other.from.0) && !ends_within
    }
    /// Checks that the range is not empty. Pointers are below `at`.
    pub fn check(&self, at: &str) -> Vec<FieldError> {
        if self.from == self.to {
            vec![FieldError::new(format!("{at}/to"), "empty", "must be another time than `from`")]
        } else {
            Vec::new()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    fn is_weekday_of(self, day: Date) -> bool {
        let weekday = match self {
            Day::Monday => Weekday::Monday,
            Day::Tuesday => Weekday::Tuesday,
            Day::Wednesday => Weekday::Wednesday,
            Day::Thursday => Weekday::Thursday,
            Day::Friday => Weekday::Friday,
            Day::Saturday => Weekday::Saturday,
            Day::Sunday => Weekday::Sunday,
        };
        day.weekday() == weekday
    }
}

/// The hours and days in which a campaign's messages may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendWindow {
    /// The hours of each day. They do not go over midnight.
    pub hours: Hours,
    /// The allowed days. Default: all days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
}

impl SendWindow {
    /// Returns the errors of the window, with pointers below `at`.
    pub fn check(&self, at: &str) -> Vec<FieldError> {
        let mut errors = self.hours.check(&format!("{at}/hours"));
        if self.hours.to < self.hours.from {
            let detail = "a send window lies within one day: `to` must be later than `from`";
            errors.push(FieldError::new(format!("{at}/hours/to"), "end_before_start", detail));
        }
        for (index, day) in self.days.iter().enumerate() {
            if self.days.iter().take(index).any(|earlier| earlier == day) {
                errors.push(FieldError::new(
                    format!("{at}/days/{index}"),
                    "duplicate",
                    "named already",
                ));
            }
        }
        errors
    }
    /// Returns true if messages may be sent on that day.
    pub fn open_on(&self, day: Date) -> bool {
        self.days.is_empty() || self.days.iter().any(|open| open.is_weekday_of(day))
    }
}
