//! What an autopilot fires on. As a calendar sees it: which days' customers to look up, who of them fires on a day, when that day is
//! for them, and what makes two firings different. All days are calendar days of the customer's own zone. As an event sees it: `event`.

mod event;
mod properties;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::{customer::Customer, dispatch::Firing, field::FieldError, id::Occurrence, money::Money};

pub use event::{ALWAYS_ON_SEGMENT, Happened, Happening, Listener, Listeners, Match, Totals, cart_occurrence, is_name};
pub use properties::Properties;

/// Days of inactivity, at most: three years.
pub const MAX_DAYS: u16 = 3 * 365;
/// Days before a personal date, at most.
pub const MAX_DAYS_BEFORE: u16 = 60;
/// Days between two vouchers for one customer, at most.
pub const MAX_COOL_DOWN: u16 = 3 * 365;
/// Hours after its moment at which a match is still worth sending, at most: a week.
pub const MAX_DEADLINE: u16 = 7 * 24;
const DEFAULT_DEADLINE: u16 = 48;
/// Minutes after an event, at most: 30 days.
pub const MAX_DELAY: u32 = 30 * 24 * 60;
/// Minutes after which a cart is left, at most: a week.
pub const MAX_CART_MINUTES: u32 = 7 * 24 * 60;
/// Orders counted for a trigger, at most.
pub const MAX_NTH: u32 = 10_000;
/// Bytes of the name of a vertical or an event.
pub const MAX_NAME: usize = 64;
/// The personal date that has an index of its own; the others have entries (`store::customers`).
pub const INDEXED_DATE: &str = "birthday";
/// The day on which a customer signed up, as a date to celebrate.
pub const SIGNED_UP: &str = "signed_up";
/// The earliest zone is 14 hours ahead of UTC: there each day begins first.
const EARLIEST_ZONE_HOURS: i64 = 14;
/// The latest is 12 hours behind.
const LATEST_ZONE_HOURS: i64 = 12;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum When {
    /// No order for so many days: the day on which the last order is `days` days ago. Once per lapse. With a vertical, no order there:
    /// found by the orders that are told while it is enabled or paused.
    Inactivity {
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1095))]
        days: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(nullable = false, min_length = 1, max_length = 64))]
        vertical: Option<String>,
    },
    /// A date of the customer's own by its name (`birthday`), or `signed_up`, or so many days before it. Once a year; 29 February is 28 February in common years.
    PersonalDate {
        name: String,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(maximum = 60))]
        days_before: u16,
    },
    /// The order that makes it so many, cancelled ones not counted. Once in a customer's life.
    NthOrder {
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10_000))]
        number: u32,
    },
    /// The first order in a vertical. Once in a customer's life.
    FirstOrder {
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
        vertical: String,
    },
    /// The order that takes what they spent, refunds taken off, to this amount. Once in a customer's life.
    SpendMilestone { amount: Money },
    /// The customer is told of for the first time, and signed up on that day or the day before. Once.
    SignUp {},
    /// A cart was not touched, ordered or emptied for so many minutes. Once per cart.
    CartLeft {
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10_080))]
        minutes: u32,
    },
    /// An event of the app's own, and what its properties must be. Once per event id.
    Event {
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
        name: String,
        #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(nullable = false))]
        properties: Option<Properties>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trigger {
    pub when: When,
    /// The hour of the customer's day at which it fires. Default 10.
    #[serde(default = "default_hour")]
    #[cfg_attr(feature = "openapi", schema(maximum = 23))]
    pub local_hour: u8,
    /// Days that must lie between two vouchers of this campaign for one customer.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1, maximum = 1095))]
    pub cool_down_days: Option<u16>,
    /// Hours after its moment at which a match is still sent, after an outage or a pause; later it is skipped. Default 48.
    #[serde(default = "default_deadline")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 168))]
    pub deadline_hours: u16,
    /// Minutes between an event and its message, at most 30 days. Only for events: a calendar has its hour. Default 0.
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
    DEFAULT_DEADLINE
}

impl Trigger {
    /// Pointers are below `/trigger`.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut range = |field: &str, value: u32, least: u32, most: u32| {
            if !(least..=most).contains(&value) {
                errors.push(FieldError::new(format!("/trigger/{field}"), "out_of_range", format!("{least} to {most}")));
            }
        };
        match &self.when {
            When::Inactivity { days, .. } => range("when/inactivity/days", u32::from(*days), 1, u32::from(MAX_DAYS)),
            When::PersonalDate { days_before, .. } => {
                let most = u32::from(MAX_DAYS_BEFORE);
                range("when/personal_date/days_before", u32::from(*days_before), 0, most);
            }
            When::NthOrder { number } => range("when/nth_order/number", *number, 1, MAX_NTH),
            When::CartLeft { minutes } => range("when/cart_left/minutes", *minutes, 1, MAX_CART_MINUTES),
            When::FirstOrder { .. } | When::SpendMilestone { .. } | When::SignUp {} | When::Event { .. } => {}
        }
        range("local_hour", u32::from(self.local_hour), 0, 23);
        range("deadline_hours", u32::from(self.deadline_hours), 1, u32::from(MAX_DEADLINE));
        range("delay_minutes", self.delay_minutes, 0, MAX_DELAY);
        match self.cool_down_days {
            Some(days) => range("cool_down_days", u32::from(days), 1, u32::from(MAX_COOL_DOWN)),
            None => errors.push(FieldError::new(
                "/trigger/cool_down_days",
                "required",
                "an autopilot runs unattended: say how many days must lie between two vouchers for one customer",
            )),
        }
        if self.delay_minutes > 0 && !self.of_events() {
            let detail = "only an event can be waited after; a calendar day has its `local_hour`";
            errors.push(FieldError::new("/trigger/delay_minutes", "not_for_this_trigger", detail));
        }
        errors.extend(self.check_names());
        errors
    }

    fn check_names(&self) -> Vec<FieldError> {
        match &self.when {
            When::PersonalDate { name, .. } if !(1..=MAX_NAME).contains(&name.len()) => {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/personal_date/name", "out_of_range", detail)]
            }
            When::Inactivity { vertical: Some(vertical), .. } if !(1..=MAX_NAME).contains(&vertical.len()) => {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/inactivity/vertical", "out_of_range", detail)]
            }
            When::FirstOrder { vertical } if !(1..=MAX_NAME).contains(&vertical.len()) => {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/first_order/vertical", "out_of_range", detail)]
            }
            When::SpendMilestone { amount } if amount.amount.units() < 1 => {
                let detail = "more than nothing, or the first order fires it";
                vec![FieldError::new("/trigger/when/spend_milestone/amount", "out_of_range", detail)]
            }
            When::Event { name, properties } => {
                let mut errors = Vec::new();
                if !event::is_name(name) {
                    let detail = format!("1 to {MAX_NAME} of A-Z a-z 0-9 . _ -");
                    errors.push(FieldError::new("/trigger/when/event/name", "invalid", detail));
                }
                if let Some(properties) = properties {
                    errors.extend(properties.check("/trigger/when/event/where"));
                }
                errors
            }
            When::Inactivity { .. }
            | When::PersonalDate { .. }
            | When::NthOrder { .. }
            | When::FirstOrder { .. }
            | When::SpendMilestone { .. }
            | When::SignUp {}
            | When::CartLeft { .. } => Vec::new(),
        }
    }

    /// Fired by what is told, and not by a day.
    pub fn of_events(&self) -> bool {
        match &self.when {
            When::Inactivity { vertical: None, .. } | When::PersonalDate { .. } => false,
            When::Inactivity { vertical: Some(_), .. }
            | When::NthOrder { .. }
            | When::FirstOrder { .. }
            | When::SpendMilestone { .. }
            | When::SignUp {}
            | When::CartLeft { .. }
            | When::Event { .. } => true,
        }
    }

    /// Whether what fired still holds for this customer, as they stand now: asked again before a message goes out.
    pub fn holds(&self, customer: &Customer, firing: &Firing) -> bool {
        match &self.when {
            When::Inactivity { .. } | When::PersonalDate { .. } => self.fires_on(customer, firing.day),
            When::NthOrder { .. }
            | When::FirstOrder { .. }
            | When::SpendMilestone { .. }
            | When::SignUp {}
            | When::CartLeft { .. }
            | When::Event { .. } => self.still_true(customer, firing),
        }
    }

    /// From when on a firing may be sent.
    pub fn moment_of(&self, customer: &Customer, firing: &Firing) -> Timestamp {
        firing.at.unwrap_or_else(|| self.moment(customer, firing.day))
    }

    /// Whether this customer fires on `day`, as they stand now. The index says who might; this says who does.
    pub fn fires_on(&self, customer: &Customer, day: Date) -> bool {
        match &self.when {
            When::Inactivity { days, vertical } => {
                let activity = match vertical {
                    None => Some(&customer.activity),
                    Some(vertical) => customer.verticals.get(vertical),
                };
                let last = activity.and_then(|activity| activity.last_order_day);
                last.is_some_and(|last| after(last, *days) == Some(day))
            }
            When::PersonalDate { name, days_before } => {
                let celebrated = after(day, *days_before);
                // the day itself is no anniversary of signing up
                let since = |date: Date, day: Date| if name == SIGNED_UP { date < day } else { date <= day };
                let date = customer.date(name);
                date.zip(celebrated).is_some_and(|(date, day)| since(date, day) && celebrates(date, day))
            }
            When::NthOrder { .. }
            | When::FirstOrder { .. }
            | When::SpendMilestone { .. }
            | When::SignUp {}
            | When::CartLeft { .. }
            | When::Event { .. } => false,
        }
    }

    /// What makes this firing different from every other of the campaign for the same customer: the lapse, or the year. `None` where
    /// no day fires.
    pub fn firing(&self, day: Date) -> Option<Firing> {
        let occurrence = match &self.when {
            When::Inactivity { days, .. } => format!("after.{}", before(day, *days)?),
            // a campaign has one date: its name, which may be longer than an id, adds nothing
            When::PersonalDate { name, days_before } if name == INDEXED_DATE => {
                format!("{name}.{}", after(day, *days_before)?.year())
            }
            When::PersonalDate { days_before, .. } => format!("date.{}", after(day, *days_before)?.year()),
            When::NthOrder { .. }
            | When::FirstOrder { .. }
            | When::SpendMilestone { .. }
            | When::SignUp {}
            | When::CartLeft { .. }
            | When::Event { .. } => return None,
        };
        Some(Firing { occurrence: Occurrence::parse(&occurrence).ok()?, day, at: None })
    }

    /// The moment at which `day` has come for this customer: its hour in their zone. An hour that a clock change leaves out comes when it
    /// would have come, one that it repeats comes the first time.
    pub fn moment(&self, customer: &Customer, day: Date) -> Timestamp {
        let zone = customer.profile.zone.as_ref().map_or(TimeZone::UTC, crate::customer::Zone::time_zone);
        let hour = i8::try_from(self.local_hour).unwrap_or(0);
        let local = day.to_datetime(Time::new(hour, 0, 0, 0).unwrap_or(Time::MIN));
        zone.to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::MAX)
    }

    /// From then on a match of that moment is too late.
    pub fn deadline(&self, moment: Timestamp) -> Timestamp {
        later(moment, i64::from(self.deadline_hours))
    }

    /// Keys of the calendar index that hold everybody who can fire on `day`, as `Calendar` names them.
    pub fn buckets(&self, day: Date) -> Vec<Bucket> {
        match &self.when {
            When::Inactivity { days, vertical: None } => {
                before(day, *days).map(Bucket::LastOrder).into_iter().collect()
            }
            When::PersonalDate { name, days_before } => {
                let Some(celebrated) = after(day, *days_before) else { return Vec::new() };
                let mut buckets = vec![Bucket::of_date(name, celebrated.month(), celebrated.day())];
                if (celebrated.month(), celebrated.day()) == (2, 28) && !celebrated.in_leap_year() {
                    buckets.push(Bucket::of_date(name, 2, 29));
                }
                buckets
            }
            When::Inactivity { vertical: Some(_), .. } => Vec::new(),
            When::NthOrder { .. }
            | When::FirstOrder { .. }
            | When::SpendMilestone { .. }
            | When::SignUp {}
            | When::CartLeft { .. }
            | When::Event { .. } => Vec::new(),
        }
    }

    /// The moment after which another voucher for the same customer would come too soon.
    pub fn cool_since(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.cool_down()).unwrap_or(Timestamp::MIN)
    }
    /// Until when one that is issued now keeps others from coming.
    pub fn cool_until(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.cool_down()).unwrap_or(Timestamp::MAX)
    }
    fn cool_down(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.cool_down_days.unwrap_or(MAX_COOL_DOWN)))
    }
}

/// One key of a calendar index, before it is spread over write shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bucket {
    LastOrder(Date),
    /// Of the date that has an index of its own.
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

impl Bucket {
    pub fn of_date(name: &str, month: i8, day: i8) -> Self {
        if name == INDEXED_DATE {
            Self::PersonalDate { month, day }
        } else {
            Self::NamedDate { name: name.to_owned(), month, day }
        }
    }
}

/// The latest day that has begun anywhere: customers' days are looked up as soon as the first zone enters them.
pub fn newest_day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(later(now, EARLIEST_ZONE_HOURS)).date()
}

/// The earliest day that is still on anywhere.
pub fn oldest_day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(later(now, -LATEST_ZONE_HOURS)).date()
}

/// When `day` begins in the first zone.
pub fn begins(day: Date) -> Timestamp {
    let utc = TimeZone::UTC.to_timestamp(day.to_datetime(Time::MIN)).unwrap_or(Timestamp::MAX);
    utc.checked_sub(SignedDuration::from_hours(EARLIEST_ZONE_HOURS)).unwrap_or(utc)
}

fn later(at: Timestamp, hours: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
}
fn after(day: Date, days: u16) -> Option<Date> {
    day.checked_add(i64::from(days).days()).ok()
}
pub(crate) fn before(day: Date, days: u16) -> Option<Date> {
    day.checked_sub(i64::from(days).days()).ok()
}

fn celebrates(date: Date, day: Date) -> bool {
    let of_leap_day = (date.month(), date.day()) == (2, 29) && !day.in_leap_year();
    let celebrated = if of_leap_day { (2, 28) } else { (date.month(), date.day()) };
    celebrated == (day.month(), day.day())
}

#[cfg(test)]
mod tests;
