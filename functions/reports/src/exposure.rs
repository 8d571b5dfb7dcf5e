//! Exposure over all campaigns: per kind and currency what is committed, firm, spent and released, with a forecast from their curve
//! together. The sums of all campaigns do not know of cancellations that took vouchers back; those campaigns are looked at one by one.

use std::collections::BTreeMap;

use counted_days::{Counted, add};
use domain::{
    Date,
    campaign::{Kind, Revoke},
    exposure::{BASIS_DAYS, Exposure, FUTURE_DAYS, exposure, forecast},
    money::Currency,
    report::Counts,
    report::period::Period,
};
use jiff::ToSpan;
use store::control::Standing;

use crate::{effect::exposure_view, effect_views::ExposureTotal};

/// The days that say where exposure stands: those of the period, those that make the curve, and those on which open vouchers end.
pub fn wide(period: Period, today: Date) -> Period {
    Period {
        from: period.from.min(today.saturating_sub(BASIS_DAYS.days())),
        to: period.to.max(today.saturating_add(FUTURE_DAYS.days())),
    }
}

/// Days on which vouchers of today end.
pub fn ahead(today: Date) -> Period {
    Period { from: today, to: today.saturating_add(FUTURE_DAYS.days()) }
}

/// Whether its cancellation took back vouchers that would be open now.
pub fn took_back(campaign: &Standing) -> bool {
    match campaign.revoke {
        Revoke::None => false,
        Revoke::Unaccepted | Revoke::All => true,
    }
}

/// From the rows of all campaigns together, and those of each campaign that took vouchers back.
pub fn totals(
    rows: &[Counted],
    revoked: &[(Standing, Vec<Counted>)],
    period: Period,
    today: Date,
) -> Vec<ExposureTotal> {
    let mut sums: BTreeMap<(Kind, Currency), BTreeMap<Date, Counts>> = BTreeMap::new();
    for row in rows {
        add(sums.entry((row.kind, row.currency)).or_default().entry(row.day).or_default(), &row.counts);
    }
    let total = |((kind, currency), days): ((Kind, Currency), BTreeMap<Date, Counts>)| {
        let mut found = stands(days.iter().map(|(day, counts)| (*day, counts)), period, today, Revoke::None);
        for (campaign, rows) in revoked.iter().filter(|(it, _)| (it.kind, it.currency) == (kind, currency)) {
            let of = |revoke| stands(rows.iter().map(|row| (row.day, &row.counts)), period, today, revoke);
            let (unaware, aware) = (of(Revoke::None), of(campaign.revoke));
            found.committed += aware.committed - unaware.committed;
            found.firm += aware.firm - unaware.firm;
            found.released += aware.released - unaware.released;
        }
        let exposure = exposure_view(&found, forecast(&days, today, &found));
        ExposureTotal { kind, currency, exposure }
    };
    sums.into_iter().map(total).collect()
}

fn stands<'a>(days: impl Iterator<Item = (Date, &'a Counts)>, period: Period, today: Date, revoke: Revoke) -> Exposure {
    exposure(days, (period.from, period.to), today, revoke)
}
