//! Computes a campaign's lift and its remaining cost from the counters of its days. The rules are
//! in `domain::campaign_lift` and `domain::campaign_exposure`.

use std::collections::BTreeMap;

use domain::{
    Date,
    campaign::redeeming::RevokeScope,
    kernel::money::Currency,
    reporting::{
        counters::{ArmCounter, ComparisonArm, Counter, CounterValues, period::ReportPeriod},
        exposure::{self, Exposure, RedemptionForecast, forecast_redemptions},
        lift::{LiftArm, LiftCosts, LiftJudgement, LiftVerdict, judge_lift},
    },
    voucher::attribution::WINDOW_DAYS,
};
use jiff::ToSpan;

use crate::{
    MessageTariff,
    lift_views::{ArmView, ExposureView, ForecastView, LiftView},
};

pub fn campaign_lift(
    counts: &CounterValues,
    tariff: &MessageTariff,
    currency: Currency,
) -> LiftView {
    let margin_percent = tariff.costs.margin_percent;
    let [treated, held] = [ComparisonArm::Treated, ComparisonArm::HeldOut]
        .map(|arm| LiftArm::from_counters(counts, arm));
    let voucher_cost = counts.amount(&Counter::Treated(ArmCounter::Discount));
    let units = |channel| Counter::Treated(ArmCounter::Units(channel));
    let message_cost = tariff.cost_of_counters(counts, units, currency);
    let costs = |messages| LiftCosts { vouchers: voucher_cost, messages, margin_percent };
    // A profit that ignores the cost of messages would be wrong, so nothing is judged without a
    // tariff.
    let judged = message_cost.map_or(
        LiftJudgement {
            revenue: None,
            profit: None,
            verdict: LiftVerdict::NotEnoughData,
            lack: None,
            missing_customers: None,
        },
        |messages| judge_lift(&treated, &held, &costs(messages)),
    );
    LiftView {
        treated: arm_view(&treated, counts, ComparisonArm::Treated),
        held_out: arm_view(&held, counts, ComparisonArm::HeldOut),
        incremental_revenue: judged.revenue,
        profit: judged.profit,
        voucher_cost,
        message_cost,
        margin_percent,
        verdict: judged.verdict,
        lack: judged.lack,
        missing_customers: judged.missing_customers,
        windows_close: None,
    }
}

fn arm_view(arm: &LiftArm, counts: &CounterValues, side: ComparisonArm) -> ArmView {
    ArmView {
        customers: arm.customers,
        spenders: arm.spender_count(),
        orders: counts.amount(&side.counter(ArmCounter::Orders)),
        spend: arm.total_spend(),
        spend_each: arm.spend_per_customer(),
    }
}

/// Returns the day on which the last attribution window of the period closes, or `None` if all of
/// them have closed.
pub fn last_window_close(
    rows: &BTreeMap<Date, CounterValues>,
    period: ReportPeriod,
    today: Date,
) -> Option<Date> {
    let selected = |counts: &CounterValues| {
        ComparisonArm::ALL.into_iter().any(|arm| counts.amount(&arm.customers()) > 0)
    };
    let last = rows
        .range(period.from..=period.to)
        .rev()
        .find(|(_, counts)| selected(counts))
        .map(|(day, _)| *day)?;
    Some(last.saturating_add(WINDOW_DAYS.days())).filter(|closes| *closes >= today)
}

pub fn campaign_exposure(
    rows: &BTreeMap<Date, CounterValues>,
    period: ReportPeriod,
    today: Date,
    revoke: RevokeScope,
) -> ExposureView {
    let days = rows.iter().map(|(day, counts)| (*day, counts));
    let found = exposure::sum_exposure(days, (period.from, period.to), today, revoke);
    exposure_view(&found, forecast_redemptions(rows, today, &found))
}

pub fn exposure_view(found: &Exposure, forecast: Option<RedemptionForecast>) -> ExposureView {
    ExposureView {
        committed: found.committed,
        firm: found.firm,
        spent: found.spent,
        released: found.released,
        forecast: forecast.map(|it| ForecastView {
            redemptions: it.redemptions,
            cost: it.cost,
            basis: it.basis,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> CounterValues {
        pairs.iter().map(|(name, by)| (Counter::parse(name), *by)).collect()
    }

    /// A thousand customers got a voucher and half of them spent 20.00; of two hundred held-out
    /// ones a quarter did.
    fn a_campaign_that_works() -> CounterValues {
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

    fn lift_in(currency: &str) -> LiftView {
        let euros = Currency::parse("EUR").unwrap();
        let tariff = MessageTariff {
            currency: euros,
            costs: domain::reporting::costs::CostRates::default(),
        };
        campaign_lift(&a_campaign_that_works(), &tariff, Currency::parse(currency).unwrap())
    }

    #[test]
    fn a_campaign_that_works_is_to_be_scaled() {
        let effect = lift_in("EUR");
        assert_eq!(
            (effect.treated.spend_each, effect.held_out.spend_each),
            (Some(1_000), Some(500))
        );
        assert_eq!((effect.voucher_cost, effect.message_cost), (100_000, Some(5_000)));
        let revenue = effect.incremental_revenue.unwrap();
        assert_eq!(revenue.value, 500_000);
        assert!(0 < revenue.low && revenue.low < 500_000 && 500_000 < revenue.high);
        assert_eq!((effect.profit.unwrap().value, effect.verdict), (495_000, LiftVerdict::Scale));
    }

    #[test]
    fn nothing_is_judged_in_a_currency_without_a_tariff() {
        let effect = lift_in("USD");
        assert_eq!(
            (effect.message_cost, effect.profit, effect.verdict),
            (None, None, LiftVerdict::NotEnoughData)
        );
    }

    #[test]
    fn windows_close_28_days_after_the_last_who_was_selected() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let rows = BTreeMap::from([
            (date("2026-11-01"), counts(&[("issued", 1)])),
            (date("2026-11-05"), counts(&[("ghost", 1)])),
            (date("2026-11-20"), counts(&[("redeemed", 1)])),
        ]);
        let period = ReportPeriod { from: date("2026-11-01"), to: date("2026-11-30") };
        assert_eq!(last_window_close(&rows, period, date("2026-12-01")), Some(date("2026-12-03")));
        assert_eq!(last_window_close(&rows, period, date("2026-12-04")), None);
    }
}
