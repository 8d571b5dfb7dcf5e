//! Computes the exposure of all campaigns: for each kind and currency what is committed, firm,
//! spent and released, and a forecast from the redemption curve of these campaigns together.
//!
//! The sums of all campaigns do not show which vouchers an operator revoked, so these
//! campaigns are read one by one.

use std::collections::BTreeMap;

use domain::{
    Date,
    campaign::{kind::CampaignKind, redeeming::RevokeScope},
    kernel::money::Currency,
    reporting::{
        counters::{CounterValues, period::ReportPeriod},
        exposure::{BASIS_DAYS, Exposure, FUTURE_DAYS, forecast_redemptions, sum_exposure},
    },
};
use jiff::ToSpan;
use reporting::daily_counters::DailyCounters;
use store::campaign::campaigns::CampaignSummary;

use crate::{lift::exposure_view, lift_views::ExposureTotal};

/// Returns the days that determine exposure: those of the period, those of the redemption curve,
/// and those on which open vouchers end.
pub fn extended_period(period: ReportPeriod, today: Date) -> ReportPeriod {
    ReportPeriod {
        from: period.from.min(today.saturating_sub(BASIS_DAYS.days())),
        to: period.to.max(today.saturating_add(FUTURE_DAYS.days())),
    }
}

/// Returns the days on which vouchers that are open today end.
pub fn days_ahead(today: Date) -> ReportPeriod {
    ReportPeriod { from: today, to: today.saturating_add(FUTURE_DAYS.days()) }
}

/// Returns true if vouchers of the campaign that would otherwise be open are revoked, whenever they
/// were issued.
pub fn has_revoked_vouchers(campaign: &CampaignSummary) -> bool {
    match campaign.revoke.whole_scope() {
        RevokeScope::None => false,
        RevokeScope::Unaccepted | RevokeScope::All => true,
    }
}

/// Computes the totals from the rows of all campaigns together, corrected by the rows of each
/// campaign that revoked vouchers.
pub fn exposure_totals(
    rows: &[DailyCounters],
    revoked: &[(CampaignSummary, Vec<DailyCounters>)],
    period: ReportPeriod,
    today: Date,
) -> Vec<ExposureTotal> {
    let mut sums: BTreeMap<(CampaignKind, Currency), BTreeMap<Date, CounterValues>> =
        BTreeMap::new();
    for row in rows {
        let days = sums.entry((row.kind, row.currency)).or_default();
        days.entry(row.day).or_default().add_all(&row.counts);
    }
    let total =
        |((kind, currency), days): ((CampaignKind, Currency), BTreeMap<Date, CounterValues>)| {
            let mut found = exposure_in(
                days.iter().map(|(day, counts)| (*day, counts)),
                period,
                today,
                RevokeScope::None,
            );
            for (campaign, rows) in
                revoked.iter().filter(|(it, _)| (it.kind, it.currency) == (kind, currency))
            {
                let of = |revoke| {
                    exposure_in(
                        rows.iter().map(|row| (row.day, &row.counts)),
                        period,
                        today,
                        revoke,
                    )
                };
                let (unaware, aware) = (of(RevokeScope::None), of(campaign.revoke.whole_scope()));
                found.committed += aware.committed - unaware.committed;
                found.firm += aware.firm - unaware.firm;
                found.released += aware.released - unaware.released;
            }
            let exposure = exposure_view(&found, forecast_redemptions(&days, today, &found));
            ExposureTotal { kind, currency, exposure }
        };
    sums.into_iter().map(total).collect()
}

fn exposure_in<'a>(
    days: impl Iterator<Item = (Date, &'a CounterValues)>,
    period: ReportPeriod,
    today: Date,
    revoke: RevokeScope,
) -> Exposure {
    sum_exposure(days, (period.from, period.to), today, revoke)
}
