//! Triggers: what makes an autopilot fire.
//!
//! For calendar conditions this module says which days' customers to look up, which customers fire
//! on a day, when that day has come for them, and what tells two firings apart. All days are
//! calendar days in the customer's own zone. Event conditions are in `event`.

mod event;
mod properties;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::{
    customer::profile::Customer,
    delivery::dispatch::TriggerFiring,
    kernel::{id::Occurrence, money::Money, validation::FieldError},
};

pub use event::{
    ALWAYS_ON_SEGMENT, BehaviourChange, BehaviourEvent, EventAutopilot, EventAutopilots,
    TotalsChange, TriggerMatch, cart_occurrence, is_event_name,
};
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
/// The personal date that has an index of its own; the others have entries (`store::customer::profiles`).
pub const INDEXED_DATE: &str = "birthday";
/// The name of the sign-up day when it is used as a date to celebrate.
pub const SIGN_UP_DATE: &str = "signed_up";
/// Offset of the earliest zone, in hours ahead of UTC: each day begins there first.
const EARLIEST_ZONE_HOURS: i64 = 14;
/// Offset of the latest zone, in hours behind UTC.
const LATEST_ZONE_HOURS: i64 = 12;

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
    /// Checks the trigger. Pointers are below `/trigger`.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut range = |field: &str, value: u32, least: u32, most: u32| {
            if !(least..=most).contains(&value) {
                errors.push(FieldError::new(
                    format!("/trigger/{field}"),
                    "out_of_range",
                    format!("{least} to {most}"),
                ));
            }
        };
        match &self.when {
            TriggerCondition::Inactivity { days, .. } => {
                range("when/inactivity/days", u32::from(*days), 1, u32::from(MAX_INACTIVITY_DAYS))
            }
            TriggerCondition::PersonalDate { days_before, .. } => {
                let most = u32::from(MAX_DAYS_BEFORE);
                range("when/personal_date/days_before", u32::from(*days_before), 0, most);
            }
            TriggerCondition::NthOrder { number } => {
                range("when/nth_order/number", *number, 1, MAX_ORDER_NUMBER)
            }
            TriggerCondition::CartLeft { minutes } => {
                range("when/cart_left/minutes", *minutes, 1, MAX_CART_MINUTES)
            }
            TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::Event { .. } => {}
        }
        range("local_hour", u32::from(self.local_hour), 0, 23);
        range("deadline_hours", u32::from(self.deadline_hours), 1, u32::from(MAX_DEADLINE_HOURS));
        range("delay_minutes", self.delay_minutes, 0, MAX_DELAY_MINUTES);
        match self.cool_down_days {
            Some(days) => range("cool_down_days", u32::from(days), 1, u32::from(MAX_COOL_DOWN_DAYS)),
            None => errors.push(FieldError::new(
                "/trigger/cool_down_days",
                "required",
                "an autopilot runs unattended: say how many days must lie between two vouchers for one customer",
            )),
        }
        if self.delay_minutes > 0 && !self.fires_on_events() {
            let detail = "only an event can be waited after; a calendar day has its `local_hour`";
            errors.push(FieldError::new("/trigger/delay_minutes", "not_for_this_trigger", detail));
        }
        errors.extend(self.check_names());
        errors
    }

    fn check_names(&self) -> Vec<FieldError> {
        match &self.when {
            TriggerCondition::PersonalDate { name, .. }
                if !(1..=MAX_NAME).contains(&name.len()) =>
            {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/personal_date/name", "out_of_range", detail)]
            }
            TriggerCondition::Inactivity { vertical: Some(vertical), .. }
                if !(1..=MAX_NAME).contains(&vertical.len()) =>
            {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/inactivity/vertical", "out_of_range", detail)]
            }
            TriggerCondition::FirstOrder { vertical }
                if !(1..=MAX_NAME).contains(&vertical.len()) =>
            {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/first_order/vertical", "out_of_range", detail)]
            }
            TriggerCondition::SpendMilestone { amount } if amount.amount.units() < 1 => {
                let detail = "more than nothing, or the first order fires it";
                vec![FieldError::new(
                    "/trigger/when/spend_milestone/amount",
                    "out_of_range",
                    detail,
                )]
            }
            TriggerCondition::Event { name, properties } => {
                let mut errors = Vec::new();
                if !event::is_event_name(name) {
                    let detail = format!("1 to {MAX_NAME} of A-Z a-z 0-9 . _ -");
                    errors.push(FieldError::new("/trigger/when/event/name", "invalid", detail));
                }
                if let Some(properties) = properties {
                    errors.extend(properties.check("/trigger/when/event/where"));
                }
                errors
            }
            TriggerCondition::Inactivity { .. }
            | TriggerCondition::PersonalDate { .. }
            | TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. } => Vec::new(),
        }
    }

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
            | TriggerCondition::Event { .. } => true,
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
            | TriggerCondition::Event { .. } => self.event_still_holds(customer, firing),
        }
    }

    /// Returns the earliest moment at which a firing may be sent.
    pub fn send_moment(&self, customer: &Customer, firing: &TriggerFiring) -> Timestamp {
        firing.at.unwrap_or_else(|| self.local_moment(customer, firing.day))
    }

    /// Returns true if this customer, in the present state, fires on `day`. The calendar index
    /// gives the candidates; this decides.
    pub fn fires_on(&self, customer: &Customer, day: Date) -> bool {
        match &self.when {
            TriggerCondition::Inactivity { days, vertical } => {
                let activity = match vertical {
                    None => Some(&customer.activity),
                    Some(vertical) => customer.verticals.get(vertical),
                };
                let last = activity.and_then(|activity| activity.last_order_day);
                last.is_some_and(|last| add_days(last, *days) == Some(day))
            }
            TriggerCondition::PersonalDate { name, days_before } => {
                let celebrated = add_days(day, *days_before);
                // The sign-up day itself is not an anniversary of it.
                let since = |date: Date, day: Date| {
                    if name == SIGN_UP_DATE { date < day } else { date <= day }
                };
                let date = customer.named_date(name);
                date.zip(celebrated)
                    .is_some_and(|(date, day)| since(date, day) && is_anniversary(date, day))
            }
            TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Event { .. } => false,
        }
    }

    /// Returns the firing of `day`, or `None` if the trigger does not fire on days. The occurrence
    /// tells this firing apart from all others of the campaign for the same customer: by the lapse
    /// or by the year.
    pub fn firing_on(&self, day: Date) -> Option<TriggerFiring> {
        let occurrence = match &self.when {
            TriggerCondition::Inactivity { days, .. } => {
                format!("after.{}", subtract_days(day, *days)?)
            }
            // A campaign has one personal date, so its name, which may be longer than an id, adds
            // nothing.
            TriggerCondition::PersonalDate { name, days_before } if name == INDEXED_DATE => {
                format!("{name}.{}", add_days(day, *days_before)?.year())
            }
            TriggerCondition::PersonalDate { days_before, .. } => {
                format!("date.{}", add_days(day, *days_before)?.year())
            }
            TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Event { .. } => return None,
        };
        Some(TriggerFiring { occurrence: Occurrence::parse(&occurrence).ok()?, day, at: None })
    }

    /// Returns the moment at which `day` has come for this customer: the trigger's hour in their
    /// zone. An hour that a clock change skips comes when it would have come; an hour that it
    /// repeats comes the first time.
    pub fn local_moment(&self, customer: &Customer, day: Date) -> Timestamp {
        let zone = customer
            .profile
            .zone
            .as_ref()
            .map_or(TimeZone::UTC, crate::customer::profile::Zone::time_zone);
        let hour = i8::try_from(self.local_hour).unwrap_or(0);
        let local = day.to_datetime(Time::new(hour, 0, 0, 0).unwrap_or(Time::MIN));
        zone.to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::MAX)
    }

    /// Returns the moment after which a match of `local_moment` is too late.
    pub fn deadline(&self, moment: Timestamp) -> Timestamp {
        add_hours(moment, i64::from(self.deadline_hours))
    }

    /// Returns the keys of the calendar index that hold every customer who can fire on `day`.
    pub fn calendar_buckets(&self, day: Date) -> Vec<CalendarBucket> {
        match &self.when {
            TriggerCondition::Inactivity { days, vertical: None } => {
                subtract_days(day, *days).map(CalendarBucket::LastOrder).into_iter().collect()
            }
            TriggerCondition::PersonalDate { name, days_before } => {
                let Some(celebrated) = add_days(day, *days_before) else {
                    return Vec::new();
                };
                let mut buckets =
                    vec![CalendarBucket::of_date(name, celebrated.month(), celebrated.day())];
                if (celebrated.month(), celebrated.day()) == (2, 28) && !celebrated.in_leap_year() {
                    buckets.push(CalendarBucket::of_date(name, 2, 29));
                }
                buckets
            }
            TriggerCondition::Inactivity { vertical: Some(_), .. } => Vec::new(),
            TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Event { .. } => Vec::new(),
        }
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

/// One key of the calendar index, before it is spread over write shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarBucket {
    LastOrder(Date),
    /// The personal date that has an index of its own.
    PersonalDate {
        month: i8,
        day: i8,
    },
    NamedDate {
        name: String,
        month: i8,
        day: i8,
    },
}

impl CalendarBucket {
    pub fn of_date(name: &str, month: i8, day: i8) -> Self {
        if name == INDEXED_DATE {
            Self::PersonalDate { month, day }
        } else {
            Self::NamedDate { name: name.to_owned(), month, day }
        }
    }
}

/// Returns the latest day that has begun anywhere. Customers of a day are looked up as soon as the
/// first zone enters it.
pub fn latest_begun_day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(add_hours(now, EARLIEST_ZONE_HOURS)).date()
}

/// Returns the earliest day that has not ended everywhere.
pub fn earliest_open_day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(add_hours(now, -LATEST_ZONE_HOURS)).date()
}

/// Returns the moment at which `day` begins in the first zone.
pub fn first_zone_start(day: Date) -> Timestamp {
    let utc = TimeZone::UTC.to_timestamp(day.to_datetime(Time::MIN)).unwrap_or(Timestamp::MAX);
    utc.checked_sub(SignedDuration::from_hours(EARLIEST_ZONE_HOURS)).unwrap_or(utc)
}

fn add_hours(at: Timestamp, hours: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
}
fn add_days(day: Date, days: u16) -> Option<Date> {
    day.checked_add(i64::from(days).days()).ok()
}
pub(crate) fn subtract_days(day: Date, days: u16) -> Option<Date> {
    day.checked_sub(i64::from(days).days()).ok()
}

fn is_anniversary(date: Date, day: Date) -> bool {
    let of_leap_day = (date.month(), date.day()) == (2, 29) && !day.in_leap_year();
    let celebrated = if of_leap_day { (2, 28) } else { (date.month(), date.day()) };
    celebrated == (day.month(), day.day())
}

#[cfg(test)]
mod tests;
