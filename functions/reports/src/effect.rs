//! From the counters of a campaign's days to what it caused and what it can still cost. The rules are `domain::effect` and
//! `domain::exposure`.

use std::collections::BTreeMap;

use domain::{
    Date,
    attribution::WINDOW_DAYS,
    campaign::Revoke,
    effect::{Arm, Costs, Judgement, Verdict, judge},
    exposure::{self, Exposure, Forecast, forecast},
    money::Currency,
    report::Counts,
    report::period::Period,
};
use jiff::ToSpan;

use crate::{
    Tariff,
    effect_views::{ArmView, Effect, ExposureView, ForecastView},
};

pub fn effect(counts: &Counts, tariff: &Tariff, currency: Currency) -> Effect {
    let margin_percent = tariff.costs.margin_percent;
    let (treated, held) = (Arm::treated(counts), Arm::held_out(counts));
    let voucher_cost = counts.get("treated.discount").copied().unwrap_or(0);
    let message_cost = tariff.cost_of(counts, "treated.units.", currency);
    let costs = |messages| Costs { vouchers: voucher_cost, messages, margin_percent };
    // without the cost of messages a profit would only be half of one
    let judged = message_cost.map_or(
        Judgement { revenue: None, profit: None, verdict: Verdict::NotEnoughData, lack: None, missing: None },
        |messages| judge(&treated, &held, &costs(messages)),
    );
    Effect {
        treated: arm(&treated, counts, "treated.orders"),
        held_out: arm(&held, counts, "held.orders"),
        incremental_revenue: judged.revenue,
        profit: judged.profit,
        voucher_cost,
        message_cost,
        margin_percent,
        verdict: judged.verdict,
        lack: judged.lack,
        missing_customers: judged.missing,
        windows_close: None,
    }
}

fn arm(arm: &Arm, counts: &Counts, orders: &str) -> ArmView {
    ArmView {
        customers: arm.customers,
        spenders: arm.who_spent(),
        orders: counts.get(orders).copied().unwrap_or(0),
        spend: arm.spend(),
        spend_each: arm.spend_each(),
    }
}

/// `None`: over for all who were selected in the period.
pub fn windows_close(rows: &BTreeMap<Date, Counts>, period: Period, today: Date) -> Option<Date> {
    let selected = |counts: &Counts| ["issued", "ghost"].iter().any(|name| counts.get(*name).is_some_and(|by| *by > 0));
    let last = rows.range(period.from..=period.to).rev().find(|(_, counts)| selected(counts)).map(|(day, _)| *day)?;
    Some(last.saturating_add(WINDOW_DAYS.days())).filter(|closes| *closes >= today)
}

pub fn exposure(rows: &BTreeMap<Date, Counts>, period: Period, today: Date, revoke: Revoke) -> ExposureView {
    let days = rows.iter().map(|(day, counts)| (*day, counts));
    let found = exposure::exposure(days, (period.from, period.to), today, revoke);
    exposure_view(&found, forecast(rows, today, &found))
}

pub fn exposure_view(found: &Exposure, forecast: Option<Forecast>) -> ExposureView {
    ExposureView {
        committed: found.committed,
        firm: found.firm,
        spent: found.spent,
        released: found.released,
        forecast: forecast.map(|it| ForecastView { redemptions: it.redemptions, cost: it.cost, basis: it.basis }),
    }
}

pub const COLUMNS: [&str; 16] = [
    "treated",
    "treated_spend",
    "held_out",
    "held_out_spend",
    "incremental_revenue",
    "incremental_revenue_low",
    "incremental_revenue_high",
    "profit",
    "profit_low",
    "profit_high",
    "verdict",
    "missing_customers",
    "committed",
    "firm",
    "spent",
    "released",
];

pub fn cells(effect: &Effect, exposure: &ExposureView) -> Vec<String> {
    let text = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let (revenue, profit) = (effect.incremental_revenue, effect.profit);
    vec![
        effect.treated.customers.to_string(),
        effect.treated.spend.to_string(),
        effect.held_out.customers.to_string(),
        effect.held_out.spend.to_string(),
        text(revenue.map(|it| it.value)),
        text(revenue.map(|it| it.low)),
        text(revenue.map(|it| it.high)),
        text(profit.map(|it| it.value)),
        text(profit.map(|it| it.low)),
        text(profit.map(|it| it.high)),
        word(effect.verdict).to_owned(),
        effect.missing_customers.map(|missing| missing.to_string()).unwrap_or_default(),
        exposure.committed.to_string(),
        exposure.firm.to_string(),
        exposure.spent.to_string(),
        exposure.released.to_string(),
    ]
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Scale => "scale",
        Verdict::Keep => "keep",
        Verdict::Retire => "retire",
        Verdict::NotEnoughData => "not_enough_data",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> Counts {
        pairs.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect()
    }

    /// A thousand got a voucher, half of them spent 20.00; of two hundred held out a quarter did.
    fn a_campaign_that_works() -> Counts {
        counts(&[
            ("issued", 1_000),
            ("ghost", 200),
            ("treated.orders", 500),
            ("treated.spenders.21", 500),
            ("treated.spend.21", 1_000_000),
            ("held.orders", 50),
            ("held.spenders.21", 50),
            ("held.spend.21", 100_000),
            ("treated.discount", 100_000),
            ("treated.units.sms", 1_000),
        ])
    }

    fn judged(currency: &str) -> Effect {
        let euros = Currency::parse("EUR").unwrap();
        let tariff = Tariff { currency: euros, costs: domain::costs::Costs::default() };
        effect(&a_campaign_that_works(), &tariff, Currency::parse(currency).unwrap())
    }

    #[test]
    fn a_campaign_that_works_is_to_be_scaled() {
        let effect = judged("EUR");
        assert_eq!((effect.treated.spend_each, effect.held_out.spend_each), (Some(1_000), Some(500)));
        assert_eq!((effect.voucher_cost, effect.message_cost), (100_000, Some(5_000)));
        let revenue = effect.incremental_revenue.unwrap();
        assert_eq!(revenue.value, 500_000);
        assert!(0 < revenue.low && revenue.low < 500_000 && 500_000 < revenue.high);
        assert_eq!((effect.profit.unwrap().value, effect.verdict), (495_000, Verdict::Scale));
    }

    #[test]
    fn nothing_is_judged_in_a_currency_without_a_tariff() {
        let effect = judged("USD");
        assert_eq!((effect.message_cost, effect.profit, effect.verdict), (None, None, Verdict::NotEnoughData));
    }

    #[test]
    fn windows_close_28_days_after_the_last_who_was_selected() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let rows = BTreeMap::from([
            (date("2026-11-01"), counts(&[("issued", 1)])),
            (date("2026-11-05"), counts(&[("ghost", 1)])),
            (date("2026-11-20"), counts(&[("redeemed", 1)])),
        ]);
        let period = Period { from: date("2026-11-01"), to: date("2026-11-30") };
        assert_eq!(windows_close(&rows, period, date("2026-12-01")), Some(date("2026-12-03")));
        assert_eq!(windows_close(&rows, period, date("2026-12-04")), None);
    }
}
