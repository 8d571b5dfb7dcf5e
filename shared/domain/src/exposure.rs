//! What a campaign can still cost: its exposure by where it stands, and a forecast of what will be redeemed of what is open, from the
//! campaign's own curve. Pure, from the counters of its days (domain::report::picture).

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};

use crate::{
    campaign::Revoke,
    report::{Counts, picture::ages},
};

/// Days back from today that make the curve.
pub const BASIS_DAYS: i64 = 120;
/// A voucher that was issued today ends so many days later, at most; rows of later ends are not looked at.
pub const FUTURE_DAYS: i64 = 400;
/// With fewer redemptions there is no curve.
const MIN_REDEMPTIONS: i64 = 20;

/// Minor units. Committed and firm stand as of today, spent and released are those of the period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Issued, and can still be accepted.
    pub committed: i64,
    /// Accepted, and can still be redeemed.
    pub firm: i64,
    /// Redeemed: the discounts given, less what refunds took back.
    pub spent: i64,
    /// Will not be redeemed: declined, run out, taken back, or less was redeemed than could have been.
    pub released: i64,
}

impl Exposure {
    pub fn add(&mut self, other: &Exposure) {
        self.committed += other.committed;
        self.firm += other.firm;
        self.spent += other.spent;
        self.released += other.released;
    }
}

/// Of rows by day. A voucher that ends today is open until tomorrow. What a cancellation took back is not written on any voucher:
/// `revoke` says it.
pub fn exposure<'a>(
    rows: impl Iterator<Item = (Date, &'a Counts)>,
    period: (Date, Date),
    today: Date,
    revoke: Revoke,
) -> Exposure {
    let mut found = Exposure::default();
    for (day, counts) in rows {
        let count = |name: &str| counts.get(name).copied().unwrap_or(0);
        let (issued, accepted) = (count("open.issued"), count("open.accepted"));
        let within = period.0 <= day && day <= period.1;
        if within {
            found.spent += count("discount");
            found.released += count("released");
        }
        if day >= today {
            let (kept_issued, kept_accepted) = match revoke {
                Revoke::None => (issued, accepted),
                Revoke::Unaccepted => (0, accepted),
                Revoke::All => (0, 0),
            };
            found.committed += kept_issued;
            found.firm += kept_accepted;
            found.released += issued - kept_issued + accepted - kept_accepted;
        } else if within {
            found.released += issued + accepted;
        }
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Still to come, of vouchers that are issued already.
    pub redemptions: i64,
    /// Their discounts, minor units; never more than what is open.
    pub cost: i64,
    /// Redemptions that the curve is made of.
    pub basis: i64,
}

/// From the share of vouchers that were redeemed at each age, among days of issue that have reached it. `None` without a curve.
pub fn forecast(rows: &BTreeMap<Date, Counts>, today: Date, open: &Exposure) -> Option<Forecast> {
    let start = today.saturating_sub(BASIS_DAYS.days());
    let curve = curve(rows, start, today);
    let basis: i64 = curve.values().map(|point| point.redeemed).sum();
    if basis < MIN_REDEMPTIONS {
        return None;
    }
    let sum = |name: &str| rows.values().map(|counts| counts.get(name).copied().unwrap_or(0)).sum::<i64>();
    let (discount, redeemed) = (sum("discount"), sum("redeemed"));
    let mut still = 0.0;
    for (day, counts) in rows.range(start..today) {
        let issued = counts.get("issued").copied().unwrap_or(0) as f64;
        let old = days(*day, today);
        still += curve.iter().map(|(age, point)| issued * point.share(*age, old)).sum::<f64>();
    }
    let each = if redeemed > 0 { discount as f64 / redeemed as f64 } else { 0.0 };
    let limit = open.committed.saturating_add(open.firm).max(0);
    let cost = ((still * each).round() as i64).clamp(0, limit);
    let redemptions = if limit == 0 { 0 } else { still.round() as i64 };
    Some(Forecast { redemptions, cost, basis })
}

/// What is known of one age.
#[derive(Debug, Clone, Copy, Default)]
struct Point {
    redeemed: i64,
    /// Vouchers whose day of issue has reached this age.
    issued: i64,
}

impl Point {
    /// The share that is redeemed at this age, as far as it is not over for vouchers that are `old` days old.
    fn share(self, age: i64, old: i64) -> f64 {
        let to_come = (age + ages(age) - old.max(age)).max(0) as f64 / ages(age) as f64;
        if self.issued > 0 { self.redeemed as f64 / self.issued as f64 * to_come } else { 0.0 }
    }
}

/// Redemptions count where both their day and their day of issue are among the days that were read.
fn curve(rows: &BTreeMap<Date, Counts>, start: Date, today: Date) -> BTreeMap<i64, Point> {
    let mut curve: BTreeMap<i64, Point> = BTreeMap::new();
    for (day, counts) in rows.range(start..today) {
        for (name, count) in counts {
            let age = name.strip_prefix("age.").and_then(|age| age.parse::<i64>().ok());
            if let Some(age) = age.filter(|age| days(start, *day) >= *age) {
                curve.entry(age).or_default().redeemed += count;
            }
        }
    }
    for (age, point) in &mut curve {
        let reached = rows.range(start..today).filter(|(day, _)| days(**day, today) > *age);
        point.issued = reached.map(|(_, counts)| counts.get("issued").copied().unwrap_or(0)).sum();
    }
    curve
}

fn days(from: Date, until: Date) -> i64 {
    i64::from((until - from).get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn counts(pairs: &[(&str, i64)]) -> Counts {
        pairs.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect()
    }

    fn stands(revoke: Revoke) -> Exposure {
        let rows = [
            (date("2026-11-01"), counts(&[("discount", 300), ("released", 200)])),
            (date("2026-11-05"), counts(&[("open.issued", 50), ("open.accepted", 7)])),
            (date("2026-11-10"), counts(&[("open.issued", 1_000), ("discount", 40)])),
            (date("2026-11-20"), counts(&[("open.accepted", 5_000)])),
        ];
        let period = (date("2026-11-01"), date("2026-11-30"));
        exposure(rows.iter().map(|(day, counts)| (*day, counts)), period, date("2026-11-10"), revoke)
    }

    #[test]
    fn what_ended_is_released_and_what_ends_today_is_open() {
        assert_eq!(stands(Revoke::None), Exposure { committed: 1_000, firm: 5_000, spent: 340, released: 257 });
    }

    #[test]
    fn what_a_cancellation_took_back_is_released() {
        assert_eq!(stands(Revoke::Unaccepted), Exposure { committed: 0, firm: 5_000, spent: 340, released: 1_257 });
        assert_eq!(stands(Revoke::All), Exposure { committed: 0, firm: 0, spent: 340, released: 6_257 });
    }

    /// A hundred a day; ten of each hundred are redeemed on the day, five the day after, and none later.
    fn steady(days: i64) -> BTreeMap<Date, Counts> {
        let first = date("2026-10-01");
        let row = |day: i64| {
            let mut row = counts(&[("issued", 100), ("redeemed", 10), ("discount", 5_000), ("age.0", 10)]);
            if day > 0 {
                row = counts(&[("issued", 100), ("redeemed", 15), ("discount", 7_500), ("age.0", 10), ("age.1", 5)]);
            }
            (first.saturating_add(day.days()), row)
        };
        (0..days).map(row).collect()
    }

    #[test]
    fn the_forecast_is_the_campaigns_own_curve_on_what_it_issued_lately() {
        let open = Exposure { committed: 1_000_000, ..Exposure::default() };
        let rows = steady(30);
        // only yesterday's hundred have their second day before them
        let said = forecast(&rows, date("2026-10-31"), &open).unwrap();
        assert_eq!((said.redemptions, said.cost), (5, 2_500));
        assert_eq!(forecast(&rows, date("2026-11-10"), &open).unwrap().redemptions, 0, "nothing was issued since");
        let little = Exposure { committed: 900, ..open };
        assert_eq!(forecast(&rows, date("2026-10-31"), &little).unwrap().cost, 900, "never more than what is open");
    }

    #[test]
    fn a_few_redemptions_are_no_curve() {
        assert_eq!(forecast(&steady(1), date("2026-10-02"), &Exposure::default()), None);
    }
}
