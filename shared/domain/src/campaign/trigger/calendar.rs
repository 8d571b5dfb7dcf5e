//! Calendar conditions: an autopilot fires on a day, which is so many days after a customer's last
//! order or before a date of theirs.
//!
//! `fires_on` decides about one customer and `firing_on` names the firing, so that each customer
//! fires once per lapse or year. `calendar_buckets` are the keys under which the store looks up the
//! customers of a day.

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};

use super::{Trigger, TriggerCondition, TriggerFiring, add_hours, firing::firing_of};
use crate::{
    customer::profile::{Customer, SIGN_UP_DATE},
    kernel::id::Occurrence,
};

/// The personal date that has an index of its own; the others have entries (`store::customer::profiles`).
pub const INDEXED_DATE: &str = "birthday";
/// Offset of the earliest zone, in hours ahead of UTC: each day begins there first.
const EARLIEST_ZONE_HOURS: i64 = 14;
/// The time before a day begins, or its hour comes, in the first zone from which a change may be too
/// late for it: the index is eventually consistent, and clocks differ.
const ROUND_MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Offset of the latest zone, in hours behind UTC.
const LATEST_ZONE_HOURS: i64 = 12;

impl Trigger {
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
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => false,
        }
    }

    /// Returns the firing of `day`, or `None` if the trigger does not fire on days. The occurrence
    /// tells this firing apart from all others of the campaign for the same customer: by the lapse,
    /// or by the date. All dates of one year are one occasion, so that a date that is corrected
    /// fires on the right day and still once a year.
    pub fn firing_on(&self, day: Date) -> Option<TriggerFiring> {
        let occurrence = match &self.when {
            TriggerCondition::Inactivity { days, .. } => {
                Occurrence::parse(&format!("after.{}", subtract_days(day, *days)?)).ok()?
            }
            // A campaign has one personal date, so its name, which may be longer than an id, adds
            // nothing.
            TriggerCondition::PersonalDate { name, days_before } => {
                let celebrated = add_days(day, *days_before)?;
                let name = if name == INDEXED_DATE { INDEXED_DATE } else { "date" };
                let occasion = format!("{name}.{}", celebrated.year());
                let date = format!("{:02}-{:02}", celebrated.month(), celebrated.day());
                firing_of(&occasion, date)?
            }
            TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => return None,
        };
        Some(TriggerFiring { occurrence, day, at: None })
    }

    /// Returns the firing of a day that the scan of the calendar may have passed, if a change of the
    /// customer makes them fire on it: a birthday that is told on the day itself or on its eve, or
    /// an order that is told, or cancelled, after the day of its lapse has begun somewhere.
    ///
    /// The days are those from the customer's today to the newest that has begun anywhere. The
    /// firing may be sent from now on, since its hour may be over, and its deadline counts from
    /// then. A day that the scan finds too has the same occurrence, and so the same voucher, as long
    /// as its hour has come nowhere. From then on a record of the day can be there already, of a date
    /// that was corrected and is corrected back; so the firing has an occurrence of its own, and one
    /// occasion with the others.
    pub fn late_firing(
        &self,
        before: Option<&Customer>,
        after: &Customer,
        now: Timestamp,
    ) -> Option<TriggerFiring> {
        // In a vertical a lapse is a match from its order on.
        if self.fires_on_events() {
            return None;
        }
        let newest = latest_begun_day(now.checked_add(ROUND_MARGIN).unwrap_or(now));
        let days = std::iter::successors(Some(after.today(now)), |day| day.tomorrow().ok());
        let fires = |day: &Date| {
            self.fires_on(after, *day) && !before.is_some_and(|before| self.fires_on(before, *day))
        };
        let day = days.take_while(|day| *day <= newest).find(fires)?;
        let firing = self.firing_on(day)?;
        let first_hour = add_hours(first_zone_start(day), i64::from(self.local_hour));
        let occurrence = if now.duration_until(first_hour) > ROUND_MARGIN {
            firing.occurrence
        } else {
            firing_of(firing.occurrence.as_str(), after.version)?
        };
        Some(TriggerFiring { occurrence, day, at: Some(self.local_moment(after, day).max(now)) })
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
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => Vec::new(),
        }
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

pub(super) fn add_days(day: Date, days: u16) -> Option<Date> {
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
