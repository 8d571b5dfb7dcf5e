//! Computes what a campaign can still cost: its exposure by state, and a forecast of the
//! redemptions of open vouchers from the campaign's own redemption curve.
//!
//! Pure, from the counters of the campaign's days (`report::picture`).

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};

use crate::{
    campaign::redeeming::RevokeScope,
    reporting::counters::{
        ChannelScope, Counter, CounterValues, OpenStage, derived::age_width_days,
    },
};

/// Days before today from which the redemption curve is computed.
pub const BASIS_DAYS: i64 = 120;
/// The most days after its issue on which a voucher can end; rows of later days are not read.
pub const FUTURE_DAYS: i64 = 400;
/// The fewest redemptions that give a curve.
const MIN_REDEMPTIONS: i64 = 20;

/// Exposure in minor units. `committed` and `firm` are as of today; `spent` and `released` are
/// those of the period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Issued vouchers that can still be accepted.
    pub committed: i64,
    /// Accepted vouchers that can still be redeemed.
    pub firm: i64,
    /// Discounts of redemptions, less the amounts that refunds took back.
    pub spent: i64,
    /// Exposure that will not be redeemed: declined, expired or revoked vouchers, and the unused
    /// part of redeemed ones.
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

/// Adds up exposure from rows by day. A voucher that ends today is open until tomorrow.
///
/// Revoking does not write to the vouchers, so `revoke` says which of them count as released. The
/// rows do not know when a voucher was issued: those that were revoked while their campaign went
/// on count as open until they end.
pub fn sum_exposure<'a>(
    rows: impl Iterator<Item = (Date, &'a CounterValues)>,
    period: (Date, Date),
    today: Date,
    revoke: RevokeScope,
) -> Exposure {
    let mut found = Exposure::default();
    for (day, counts) in rows {
        let open = |stage| counts.amount(&Counter::Open(stage));
        let (issued, accepted) = (open(OpenStage::Issued), open(OpenStage::Accepted));
        let within = period.0 <= day && day <= period.1;
        if within {
            found.spent += counts.amount(&Counter::Discount);
            found.released += counts.amount(&Counter::Released);
        }
        if day >= today {
            let (kept_issued, kept_accepted) = match revoke {
                RevokeScope::None => (issued, accepted),
                RevokeScope::Unaccepted => (0, accepted),
                RevokeScope::All => (0, 0),
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
pub struct RedemptionForecast {
    /// Expected redemptions of vouchers that are issued already.
    pub redemptions: i64,
    /// The discounts of these redemptions in minor units; never more than the open exposure.
    pub cost: i64,
    /// The number of redemptions in the curve.
    pub basis: i64,
}

/// Forecasts redemptions from the share of vouchers redeemed at each age, among the days of issue
/// that have reached it. Returns `None` without a curve.
pub fn forecast_redemptions(
    rows: &BTreeMap<Date, CounterValues>,
    today: Date,
    open: &Exposure,
) -> Option<RedemptionForecast> {
    let start = today.saturating_sub(BASIS_DAYS.days());
    let curve = redemption_curve(rows, start, today);
    let basis: i64 = curve.values().map(|point| point.redeemed).sum();
    if basis < MIN_REDEMPTIONS {
        return None;
    }
    let sum = |counter: Counter| rows.values().map(|counts| counts.amount(&counter)).sum::<i64>();
    let (discount, redeemed) = (sum(Counter::Discount), sum(Counter::Redeemed(ChannelScope::All)));
    let mut expected = 0.0;
    for (day, counts) in rows.range(start..today) {
        let issued = counts.amount(&Counter::Issued) as f64;
        let old = days_between(*day, today);
        expected +=
            curve.iter().map(|(age, point)| issued * point.remaining_share(*age, old)).sum::<f64>();
    }
    let each = if redeemed > 0 { discount as f64 / redeemed as f64 } else { 0.0 };
    let limit = open.committed.saturating_add(open.firm).max(0);
    let cost = ((expected * each).round() as i64).clamp(0, limit);
    let redemptions = if limit == 0 { 0 } else { expected.round() as i64 };
    Some(RedemptionForecast { redemptions, cost, basis })
}

/// The counts of the curve at one age.
#[derive(Debug, Clone, Copy, Default)]
struct CurvePoint {
    redeemed: i64,
    /// Vouchers whose day of issue has reached this age.
    issued: i64,
}

impl CurvePoint {
    /// Returns the share that is redeemed at this age, reduced to the part of it that is still
    /// ahead for vouchers that are `old` days old.
    fn remaining_share(self, age: i64, old: i64) -> f64 {
        let to_come =
            (age + age_width_days(age) - old.max(age)).max(0) as f64 / age_width_days(age) as f64;
        if self.issued > 0 { self.redeemed as f64 / self.issued as f64 * to_come } else { 0.0 }
    }
}

/// Computes the redemption curve. Redemptions count if both their day and their day of issue are
/// among the days that were read.
fn redemption_curve(
    rows: &BTreeMap<Date, CounterValues>,
    start: Date,
    today: Date,
) -> BTreeMap<i64, CurvePoint> {
    let mut curve: BTreeMap<i64, CurvePoint> = BTreeMap::new();
    for (day, counts) in rows.range(start..today) {
        for (counter, count) in counts.iter() {
            let Counter::Age(age) = counter else { continue };
            let age = i64::from(*age);
            if days_between(start, *day) >= age {
                curve.entry(age).or_default().redeemed += count;
            }
        }
    }
    for (age, point) in &mut curve {
        let reached = rows.range(start..today).filter(|(day, _)| days_between(**day, today) > *age);
        point.issued = reached.map(|(_, counts)| counts.amount(&Counter::Issued)).sum();
    }
    curve
}

fn days_between(from: Date, until: Date) -> i64 {
    i64::from((until - from).get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn counts(pairs: &[(&str, i64)]) -> CounterValues {
        pairs.iter().map(|(name, by)| (Counter::parse(name), *by)).collect()
    }

    fn exposure_after(revoke: RevokeScope) -> Exposure {
        let rows = [
            (date("2026-11-01"), counts(&[("discount", 300), ("released", 200)])),
            (date("2026-11-05"), counts(&[("open.issued", 50), ("open.accepted", 7)])),
            (date("2026-11-10"), counts(&[("open.issued", 1_000), ("discount", 40)])),
            (date("2026-11-20"), counts(&[("open.accepted", 5_000)])),
        ];
        let period = (date("2026-11-01"), date("2026-11-30"));
        sum_exposure(
            rows.iter().map(|(day, counts)| (*day, counts)),
            period,
            date("2026-11-10"),
            revoke,
        )
    }

    #[test]
    fn what_ended_is_released_and_what_ends_today_is_open() {
        assert_eq!(
            exposure_after(RevokeScope::None),
            Exposure { committed: 1_000, firm: 5_000, spent: 340, released: 257 }
        );
    }

    #[test]
    fn what_a_cancellation_took_back_is_released() {
        assert_eq!(
            exposure_after(RevokeScope::Unaccepted),
            Exposure { committed: 0, firm: 5_000, spent: 340, released: 1_257 }
        );
        assert_eq!(
            exposure_after(RevokeScope::All),
            Exposure { committed: 0, firm: 0, spent: 340, released: 6_257 }
        );
    }

    /// Returns days with a hundred vouchers each, of which ten are redeemed on the day, five on the
    /// day after, and none later.
    fn steady(days: i64) -> BTreeMap<Date, CounterValues> {
        let first = date("2026-10-01");
        let row = |day: i64| {
            let mut row =
                counts(&[("issued", 100), ("redeemed", 10), ("discount", 5_000), ("age.0", 10)]);
            if day > 0 {
                row = counts(&[
                    ("issued", 100),
                    ("redeemed", 15),
                    ("discount", 7_500),
                    ("age.0", 10),
                    ("age.1", 5),
                ]);
            }
            (first.saturating_add(day.days()), row)
        };
        (0..days).map(row).collect()
    }

    #[test]
    fn the_forecast_is_the_campaigns_own_curve_on_what_it_issued_lately() {
        let open = Exposure { committed: 1_000_000, ..Exposure::default() };
        let rows = steady(30);
        // Only the hundred vouchers of yesterday have their second day ahead.
        let said = forecast_redemptions(&rows, date("2026-10-31"), &open).unwrap();
        assert_eq!((said.redemptions, said.cost), (5, 2_500));
        assert_eq!(
            forecast_redemptions(&rows, date("2026-11-10"), &open).unwrap().redemptions,
            0,
            "nothing was issued since"
        );
        let little = Exposure { committed: 900, ..open };
        assert_eq!(
            forecast_redemptions(&rows, date("2026-10-31"), &little).unwrap().cost,
            900,
            "never more than what is open"
        );
    }

    #[test]
    fn a_few_redemptions_are_no_curve() {
        assert_eq!(
            forecast_redemptions(&steady(1), date("2026-10-02"), &Exposure::default()),
            None
        );
    }
}
