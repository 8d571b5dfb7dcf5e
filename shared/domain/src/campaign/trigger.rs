//! Triggers: what makes an autopilot fire.
//!
//! The module says when a firing may be sent, until when, and if its condition still holds. Which
//! customers fire is decided in `calendar` for conditions on days, which are calendar days in the
//! customer's own zone, and in `event` for conditions on events.

mod calendar;
mod check;
mod event;
mod firing;
mod properties;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};

use crate::{customer::profile::Customer, kernel::money::Money};

pub(crate) use calendar::subtract_days;
pub use calendar::{
    CalendarBucket, INDEXED_DATE, earliest_open_day, first_zone_start, latest_begun_day,
};
pub use event::{
    ALWAYS_ON_SEGMENT, BehaviourChange, BehaviourEvent, EventAutopilot, EventAutopilots,
    MATCH_SEGMENTS, MAX_MATCHES, MatchState, TotalsChange, TriggerMatch, cart_occurrence,
    is_event_name, match_segment,
};
pub use firing::TriggerFiring;
pub use properties::PropertyRule;

/// Most days of inactivity: three years.
pub const MAX_INACTIVITY_DAYS: u16 = 3 * 365;
/// Most days before a personal date.
pub const MAX_DAYS_BEFORE: u16 = 60;
/// Longest cool-down, in days, between two vouchers for one customer.
pub const MAX_COOL_DOWN_DAYS: u16 = 3 * 365;
/// Most hours after its moment at which a match is still worth sending: a week.
pub const MAX_DEADLINE_HOURS: u16 = 7 * 24;
const DEFAULT_DEADLINE_HOURS: u16 = 48;
/// Longest delay after an event, in minutes: 30 days.
pub const MAX_DELAY_MINUTES: u32 = 30 * 24 * 60;
/// Most minutes after which a cart counts as left: a week.
pub const MAX_CART_MINUTES: u32 = 7 * 24 * 60;
/// Most orders that a trigger can count.
pub const MAX_ORDER_NUMBER: u32 = 10_000;
/// Longest name of a vertical or an event, in bytes.
pub const MAX_NAME: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TriggerCondition {
    /// No order for so many days: fires on the day on which the last order is `days` days ago, once
    /// per lapse. With a vertical: no order in that vertical, found by the orders that are reported
    /// while the autopilot is enabled or paused.
    Inactivity {
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1095))]
        days: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(nullable = false, min_length = 1, max_length = 64))]
        vertical: Option<String>,
    },
    /// A personal date of the customer by its name (`birthday`), or `signed_up`, or so many days
    /// before it. Once a year; 29 February is 28 February in common years.
    PersonalDate {
        name: String,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(maximum = 60))]
        days_before: u16,
    },
    /// The order that brings the customer to this number of orders, cancelled ones not counted.
    /// Once in a customer's life.
    NthOrder {
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10_000))]
        number: u32,
    },
    /// The first order in a vertical. Once in a customer's life.
    FirstOrder {
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
        vertical: String,
    },
    /// The order that brings the customer's spend, less refunds, to this amount. Once in a
    /// customer's life.
    SpendMilestone { amount: Money },
    /// The customer is reported for the first time, and signed up on that day or the day before.
    /// Once.
    SignUp {},
    /// A cart was not touched, ordered or emptied for so many minutes. Once per cart.
    CartLeft {
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10_080))]
        minutes: u32,
    },
    /// A custom event of the app, with conditions on its properties. Once per event id.
    Event {
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
        name: String,
        #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(nullable = false))]
        properties: Option<PropertyRule>,
    },
    /// Goodwill: support issues the voucher to one customer by hand, with a reason. Nothing else
    /// fires it.
    Goodwill {},
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trigger {
    pub when: TriggerCondition,
    /// The hour of the customer's day at which the trigger fires. Default 10.
    #[serde(default = "default_hour")]
    #[cfg_attr(feature = "openapi", schema(maximum = 23))]
    pub local_hour: u8,
    /// Cool-down: the fewest days between two vouchers of this campaign for one customer.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1, maximum = 1095))]
    pub cool_down_days: Option<u16>,
    /// Hours after its moment at which a match is still sent, after an outage or a pause; later it
    /// is skipped. Default 48.
    #[serde(default = "default_deadline")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 168))]
    pub deadline_hours: u16,
    /// Minutes between an event and its message, at most 30 days. Only for events: a calendar
    /// condition has its hour. Default 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "openapi", schema(maximum = 43_200))]
    pub delay_minutes: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
fn default_hour() -> u8 {
    10
}
fn default_deadline() -> u16 {
    DEFAULT_DEADLINE_HOURS
}

impl Trigger {
    /// Returns true if events fire the trigger, and false if calendar days do.
    pub fn fires_on_events(&self) -> bool {
        match &self.when {
            TriggerCondition::Inactivity { vertical: None, .. }
            | TriggerCondition::PersonalDate { .. } => false,
            TriggerCondition::Inactivity { vertical: Some(_), .. }
            | TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => true,
        }
    }

    /// Returns true if the condition that fired still holds for this customer in the present state.
    /// Checked again before a message goes out.
    pub fn still_holds(&self, customer: &Customer, firing: &TriggerFiring) -> bool {
        match &self.when {
            TriggerCondition::Inactivity { .. } | TriggerCondition::PersonalDate { .. } => {
                self.fires_on(customer, firing.day)
            }
            TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => self.event_still_holds(customer, firing),
        }
    }

    /// Returns the earliest moment at which a firing may be sent.
    pub fn send_moment(&self, customer: &Customer, firing: &TriggerFiring) -> Timestamp {
        firing.at.unwrap_or_else(|| self.local_moment(customer, firing.day))
    }

    /// Returns the moment at which `day` has come for this customer: the trigger's hour in their
    /// zone. An hour that a clock change skips comes when it would have come; an hour that it
    /// repeats comes the first time.
    pub fn local_moment(&self, customer: &Customer, day: Date) -> Timestamp {
        let zone = customer.zone().time_zone();
        let hour = i8::try_from(self.local_hour).unwrap_or(0);
        let local = day.to_datetime(Time::new(hour, 0, 0, 0).unwrap_or(Time::MIN));
        zone.to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::MAX)
    }

    /// Returns the moment after which a match of `local_moment` is too late.
    pub fn deadline(&self, moment: Timestamp) -> Timestamp {
        add_hours(moment, i64::from(self.deadline_hours))
    }

    /// Returns the start of the cool-down that ends now: a voucher issued after it blocks another
    /// one for the same customer.
    pub fn cool_down_start(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.cool_down()).unwrap_or(Timestamp::MIN)
    }
    /// Returns the end of the cool-down of a voucher that is issued now.
    pub fn cool_down_end(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.cool_down()).unwrap_or(Timestamp::MAX)
    }
    fn cool_down(&self) -> SignedDuration {
        SignedDuration::from_hours(
            24 * i64::from(self.cool_down_days.unwrap_or(MAX_COOL_DOWN_DAYS)),
        )
    }
}

fn add_hours(at: Timestamp, hours: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
}
#[cfg(test)]
mod tests;
