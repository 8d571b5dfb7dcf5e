//! Moments and days, in the forms that systems write.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

use super::text::read_text;
use crate::reason::Reason;

/// The order of day and month in the slashed dates of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// The rules by which the dates of a column are read.
#[derive(Debug, Clone)]
pub struct DateRules {
    /// The order of slashed dates, if a date of the column has decided it.
    pub order: Option<DateOrder>,
    /// The zone of dates without one.
    pub zone: TimeZone,
    /// True if the column is known to hold seconds since 1970.
    pub seconds: bool,
}

/// A moment, or a whole day in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    At(Timestamp),
    Day { day: Date, begins: Timestamp, ends: Timestamp },
}

impl Moment {
    pub fn earliest(&self) -> Timestamp {
        match self {
            Self::At(at) => *at,
            Self::Day { begins, .. } => *begins,
        }
    }
    pub fn latest(&self) -> Timestamp {
        match self {
            Self::At(at) => *at,
            Self::Day { ends, .. } => *ends,
        }
    }
    /// Returns the calendar day in a zone.
    pub fn day(&self, zone: &TimeZone) -> Date {
        match self {
            Self::At(at) => at.to_zoned(zone.clone()).date(),
            Self::Day { day, .. } => *day,
        }
    }
}

fn fault(code: &'static str, detail: &'static str) -> Reason {
    Reason::new(code, detail)
}

fn no_such_day() -> Reason {
    fault("no_such_day", "no day of the calendar")
}

/// Returns the order that a slashed date decides: the one in which a number above 12 is the day.
pub fn decides_order(cell: &str) -> Option<DateOrder> {
    let (first, second, _, _) = slashed(super::text::unguarded(cell))?;
    match (first > 12, second > 12) {
        (true, false) => Some(DateOrder::DayFirst),
        (false, true) => Some(DateOrder::MonthFirst),
        (true, true) | (false, false) => None,
    }
}

/// Splits `14/3/2026 …` into its three numbers and the rest.
fn slashed(text: &str) -> Option<(i8, i8, i16, &str)> {
    let (date, rest) = text.split_once([' ', ',']).unwrap_or((text, ""));
    let mut parts = date.split(['/', '.']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_slashed = parts.next().is_none() && year.len() == 4 && first.len() <= 2;
    let year = year.parse().ok().filter(|_| is_slashed && second.len() <= 2)?;
    Some((first.parse().ok()?, second.parse().ok()?, year, rest))
}

/// Reads a moment. `None`: the cell is empty, or a date that means so.
pub fn read_moment(cell: &str, rules: &DateRules) -> Result<Option<Moment>, Reason> {
    let Some(text) = read_text(cell)? else { return Ok(None) };
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-')
        && text.matches(['-', '.']).count() < 2
    {
        return read_number(text, rules);
    }
    if text.starts_with("0000-00-00") {
        return Ok(None);
    }
    let (date, rest) = match slashed(text) {
        Some((first, second, year, rest)) => (slashed_date(first, second, year, rules)?, rest),
        None => iso_date(text)?,
    };
    if date.year() <= 1 {
        return Ok(None);
    }
    let rest = rest.trim();
    if rest.is_empty() {
        return whole_day(date, &rules.zone).map(Some);
    }
    let (time, zone) = split_zone(rest);
    let time = read_time(time)?;
    let local = date.to_datetime(time);
    let at = match read_offset(zone)? {
        Some(offset) => offset.to_timestamp(local).map_err(|_| no_such_day())?,
        None => rules.zone.to_ambiguous_timestamp(local).compatible().map_err(|_| no_such_day())?,
    };
    Ok(Some(Moment::At(at)))
}

fn read_number(text: &str, rules: &DateRules) -> Result<Option<Moment>, Reason> {
    if !rules.seconds {
        return Err(fault("bare_number", "a bare number: its unit is not guessed"));
    }
    let seconds: i64 = text.parse().map_err(|_| fault("bad_date", "not seconds since 1970"))?;
    if seconds == 0 {
        return Ok(None);
    }
    let at = Timestamp::from_second(seconds).map_err(|_| no_such_day())?;
    Ok(Some(Moment::At(at)))
}

fn slashed_date(first: i8, second: i8, year: i16, rules: &DateRules) -> Result<Date, Reason> {
    let Some(order) = rules.order else {
        return Err(fault(
            "ambiguous_date",
            "day or month first: no date of the column decides it",
        ));
    };
    let (day, month, detail) = match order {
        DateOrder::DayFirst => (first, second, "no such month in a column that is day first"),
        DateOrder::MonthFirst => (second, first, "no such month in a column that is month first"),
    };
    if month > 12 {
        return Err(fault("no_such_day", detail));
    }
    Date::new(year, month, day).map_err(|_| no_such_day())
}

/// Reads `2026-03-02` and returns what follows it.
fn iso_date(text: &str) -> Result<(Date, &str), Reason> {
    let bad = || fault("bad_date", "not a date in a known form");
    let (date, rest) = match text.find(['T', ' ']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, ""),
    };
    let mut parts = date.split(['-', '/']);
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(bad());
    };
    let number = |part: &str| part.parse::<i8>().ok().filter(|_| part.len() <= 2);
    let year: i16 = year.parse().ok().filter(|_| year.len() == 4).ok_or_else(bad)?;
    let (month, day) = number(month).zip(number(day)).ok_or_else(bad)?;
    Ok((Date::new(year, month, day).map_err(|_| no_such_day())?, rest))
}

/// Splits `09:13:58 +0100` into the time of the day and the zone.
fn split_zone(rest: &str) -> (&str, &str) {
    let end = rest.find(|c: char| !(c.is_ascii_digit() || ":.,".contains(c))).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    let upper = zone.trim().to_ascii_uppercase();
    if upper.starts_with("AM") || upper.starts_with("PM") {
        let end = rest.len() - zone.trim_start().len() + 2;
        return (rest.get(..end).unwrap_or(rest), rest.get(end..).unwrap_or_default().trim());
    }
    (time.trim(), zone.trim())
}

fn read_time(text: &str) -> Result<Time, Reason> {
    let bad = || fault("bad_date", "not a time of the day in a known form");
    let upper = text.to_ascii_uppercase();
    let (clock, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(clock), _) => (clock.trim().to_owned(), Some(0)),
        (None, Some(clock)) => (clock.trim().to_owned(), Some(12)),
        (None, None) => (upper, None),
    };
    let mut parts = clock.split(':');
    let mut next = || parts.next().map(str::to_owned);
    let (hour, minute, second) = (next().ok_or_else(bad)?, next().ok_or_else(bad)?, next());
    let second = second.unwrap_or_else(|| "0".to_owned());
    let (second, fraction) = second.split_once(['.', ',']).unwrap_or((&second, ""));
    let hour: i8 = hour.parse().map_err(|_| bad())?;
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return Err(bad()),
        None => hour,
    };
    let minute = minute.parse().map_err(|_| bad())?;
    let second = second.parse().map_err(|_| bad())?;
    let nanoseconds: String = format!("{fraction:0<9}").chars().take(9).collect();
    let nanoseconds = nanoseconds.parse().map_err(|_| bad())?;
    Time::new(hour, minute, second, nanoseconds).map_err(|_| bad())
}

/// Reads `Z`, `UTC`, `+01:00`, `+0100`, and Go's `+0200 CEST`, of which the offset counts.
fn read_offset(zone: &str) -> Result<Option<Offset>, Reason> {
    let bad = || fault("bad_date", "not an offset in a known form");
    let first = zone.split_whitespace().next().unwrap_or_default();
    if first.is_empty() {
        return Ok(None);
    }
    if matches!(first, "Z" | "z" | "UTC" | "GMT") {
        return Ok(Some(Offset::UTC));
    }
    let (sign, rest) = match (first.strip_prefix('+'), first.strip_prefix(['-', '\u{2212}'])) {
        (Some(rest), _) => (1, rest),
        (None, Some(rest)) => (-1, rest),
        (None, None) => return Err(bad()),
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let number = |part: Option<&str>| part.and_then(|it| it.parse::<i32>().ok());
    let (hours, minutes) = match digits.len() {
        2 => (number(digits.get(..2)), Some(0)),
        4 => (number(digits.get(..2)), number(digits.get(2..))),
        _ => return Err(bad()),
    };
    let (hours, minutes) = hours.zip(minutes).ok_or_else(bad)?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).map(Some).map_err(|_| bad())
}

fn whole_day(day: Date, zone: &TimeZone) -> Result<Moment, Reason> {
    let at = |local: DateTime| {
        zone.to_ambiguous_timestamp(local).compatible().map_err(|_| no_such_day())
    };
    let next = day.tomorrow().map_err(|_| no_such_day())?;
    let (begins, ends) = (at(day.to_datetime(Time::MIN))?, at(next.to_datetime(Time::MIN))?);
    Ok(Moment::Day { day, begins, ends })
}

/// The year under which a birthday without a year is kept: a leap year in which nobody alive was
/// born.
pub const UNKNOWN_YEAR: i16 = 1604;

/// Reads a birthday: a date, or month and day in Mailchimp's form `02/29`.
pub fn read_birthday(cell: &str, rules: &DateRules) -> Result<Option<Date>, Reason> {
    let Some(text) = read_text(cell)? else { return Ok(None) };
    if let Some((month, day)) = text.split_once('/').filter(|(_, day)| day.len() <= 2) {
        let (month, day) = month.parse().ok().zip(day.parse().ok()).ok_or_else(no_such_day)?;
        return Date::new(UNKNOWN_YEAR, month, day).map(Some).map_err(|_| no_such_day());
    }
    Ok(read_moment(text, rules)?.map(|moment| moment.day(&rules.zone)))
}
