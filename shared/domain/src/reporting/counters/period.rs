//! The days of a report: calendar days in the tenant's zone, both ends included. Pure.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::kernel::validation::FieldError;

/// Days of a report if the caller gives no start.
const DEFAULT_DAYS: i64 = 30;
/// The most days of a report: two years, with one row a day.
const MAX_DAYS: i64 = 2 * 366;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportPeriod {
    pub from: Date,
    pub to: Date,
}

impl ReportPeriod {
    /// Parses the period of a report. Without `to` it ends today; without `from` it is the 30 days
    /// up to `to`.
    pub fn new(
        from: Option<Date>,
        to: Option<Date>,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Self, FieldError> {
        let to = to.unwrap_or_else(|| now.to_zoned(zone.clone()).date());
        let from = from.unwrap_or_else(|| to.saturating_sub((DEFAULT_DAYS - 1).days()));
        if from > to {
            return Err(FieldError::new("from", "end_before_start", "`from` is after `to`"));
        }
        let days = i64::from((to - from).get_days()) + 1;
        if days > MAX_DAYS {
            return Err(FieldError::new(
                "from",
                "out_of_range",
                format!("a report has at most {MAX_DAYS} days"),
            ));
        }
        Ok(Self { from, to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(from: Option<&str>, to: Option<&str>, expected: Result<(&str, &str), &str>) {
        let now = "2026-11-01T23:30:00Z".parse().unwrap();
        let madrid = TimeZone::get("Europe/Madrid").unwrap();
        let period = ReportPeriod::new(from.map(date), to.map(date), &madrid, now);
        let expected = expected.map(|(from, to)| ReportPeriod { from: date(from), to: date(to) });
        assert_eq!(
            period.as_ref().map_err(|error| error.code),
            expected.as_ref().map_err(|code| *code)
        );
    }

    #[test]
    fn days_are_the_tenants_and_both_ends_count() {
        check(None, None, Ok(("2026-10-04", "2026-11-02")));
        check(None, Some("2026-01-30"), Ok(("2026-01-01", "2026-01-30")));
        check(Some("2026-11-02"), None, Ok(("2026-11-02", "2026-11-02")));
    }

    #[test]
    fn a_reversed_or_endless_period_is_refused() {
        check(Some("2026-11-02"), Some("2026-11-01"), Err("end_before_start"));
        check(Some("2024-01-01"), Some("2026-01-01"), Ok(("2024-01-01", "2026-01-01")));
        check(Some("2023-12-30"), Some("2026-01-01"), Err("out_of_range"));
    }
}
