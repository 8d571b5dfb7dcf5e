//! Computes a campaign's lift and its remaining cost from the counters of its days. The rules are
//! in `domain::reporting::lift` and `domain::reporting::exposure`.

use std::collections::BTreeMap;

use domain::{
    Date,
    campaign::redeeming::RevokeScope,
    kernel::money::Currency,
    reporting::{
        counters::{ArmCounter, ComparisonArm, Counter, CounterValues, period::ReportPeriod},
        exposure::{self, Exposure, RedemptionForecast, forecast_redemptions},
        lift::{LiftArm, LiftCosts, LiftJudgement, LiftStratum, judge_lift},
        sample_ratio::{SampleRatio, SampleRatioVerdict},
        sequence::ConfidenceSequence,
    },
    voucher::attribution::WINDOW_DAYS,
};
use jiff::ToSpan;

use crate::{
    MessageTariff,
    lift_views::{ArmView, ExposureView, ForecastView, LiftView, VerdictOutlook},
};

/// Days by which the pace of a campaign is judged.
const PACE_DAYS: i64 = 28;
/// The most days for which a verdict is foretold.
const LONGEST_OUTLOOK: i64 = 366;

/// Judges a campaign by the sums of a period. Its verdict holds at every look.
pub fn campaign_lift(
    counts: &CounterValues,
    tariff: &MessageTariff,
    currency: Currency,
    holdout_percent: u8,
) -> LiftView {
    let margin_percent = tariff.costs.margin_percent;
    let [treated, held] = [ComparisonArm::Treated, ComparisonArm::HeldOut]
        .map(|arm| LiftArm::from_counters(counts, arm));
    let voucher_cost = counts.amount(&Counter::Treated(ArmCounter::Discount));
    let units = |channel| Counter::Treated(ArmCounter::Units(channel));
    let message_cost = tariff.cost_of_counters(counts, units, currency);
    let views = ComparisonArm::ALL;
    let [treated_view, held_view] =
        [(&treated, views[0]), (&held, views[1])].map(|(arm, side)| arm_view(arm, counts, side));
    let sides = SampleRatio::from_counters(counts, holdout_percent);
    // A profit that ignores the cost of messages would be wrong, so nothing is judged without a
    // tariff.
    let judged = match (message_cost, sides.verdict) {
        (None, _) => LiftJudgement::not_enough_data(None, None),
        (Some(_), SampleRatioVerdict::Uneven) => LiftJudgement::uneven_arms(),
        (
            Some(messages),
            SampleRatioVerdict::Even | SampleRatioVerdict::TooFew | SampleRatioVerdict::NoHoldout,
        ) => {
            let costs = LiftCosts {
                vouchers: voucher_cost,
                most_vouchers: counts.amount(&Counter::Exposure),
                messages,
                margin_percent,
            };
            judge_lift(&[LiftStratum { treated, held, costs }], ConfidenceSequence::SINGLE)
        }
    };
    LiftView {
        treated: treated_view,
        held_out: held_view,
        incremental_revenue: judged.revenue,
        profit: judged.profit,
        voucher_cost,
        message_cost,
        margin_percent,
        verdict: judged.verdict,
        lack: judged.lack,
        missing_customers: judged.missing_customers,
        outlook: outlook(&judged),
        windows_close: None,
    }
}

/// Says what would change the verdict: more customers, of whom it may not be known yet what they
/// will show.
fn outlook(judged: &LiftJudgement) -> Option<VerdictOutlook> {
    let next = judged.next.map(|next| (Some(next.verdict), next.customers));
    let (verdict, customers) = next.or(judged.missing_customers.map(|more| (None, more)))?;
    Some(VerdictOutlook { verdict, customers, about: None })
}

/// Returns the day by which so many more customers are selected, at the pace of the last four
/// weeks, or `None` if nobody was selected in them or it takes longer than a year.
pub fn expected_day(
    rows: &BTreeMap<Date, CounterValues>,
    today: Date,
    customers: u64,
) -> Option<Date> {
    let since = today.saturating_sub(PACE_DAYS.days());
    let selected = rows.range(since..today).map(|(_, counts)| {
        let each = |arm: ComparisonArm| counts.amount(&arm.customers()).max(0).unsigned_abs();
        ComparisonArm::ALL.map(each).into_iter().sum::<u64>()
    });
    let pace = u128::from(selected.sum::<u64>());
    let days =
        (u128::from(customers) * u128::from(PACE_DAYS.unsigned_abs())).checked_div(pace)? + 1;
    let days = i64::try_from(days).ok().filter(|days| *days <= LONGEST_OUTLOOK)?;
    today.checked_add(days.days()).ok()
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
    use domain::reporting::lift::LiftVerdict;

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

    fn lift_in(currency: &str, held: u8) -> LiftView {
        let euros = Currency::parse("EUR").unwrap();
        let tariff = MessageTariff {
            currency: euros,
            costs: domain::reporting::costs::CostRates::default(),
        };
        campaign_lift(&a_campaign_that_works(), &tariff, Currency::parse(currency).unwrap(), held)
    }

    #[test]
    fn a_campaign_that_works_is_to_be_scaled() {
        let effect = lift_in("EUR", 17);
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
    fn nothing_is_claimed_of_sides_that_are_not_as_large_as_their_shares() {
        let effect = lift_in("EUR", 5);
        assert_eq!(
            (effect.verdict, effect.profit, effect.incremental_revenue, effect.outlook),
            (LiftVerdict::UnevenArms, None, None, None)
        );
        assert_eq!(effect.treated.customers, 1_000, "what was counted is still shown");
    }

    #[test]
    fn what_would_change_a_verdict_is_expected_at_the_pace_of_the_last_weeks() {
        let today: Date = "2026-11-30".parse().unwrap();
        let rows = BTreeMap::from([
            ("2026-10-01".parse().unwrap(), counts(&[("issued", 90_000)])),
            ("2026-11-10".parse().unwrap(), counts(&[("issued", 250), ("ghost", 30)])),
            (today, counts(&[("issued", 1_000_000)])),
        ]);
        let day = |customers| expected_day(&rows, today, customers);
        assert_eq!(day(5), Some("2026-12-01".parse().unwrap()));
        assert_eq!(day(95), Some("2026-12-10".parse().unwrap()));
        assert_eq!(day(10_000), None, "it takes years");
        assert_eq!(day(u64::MAX), None);
        assert_eq!(expected_day(&BTreeMap::new(), today, 1), None);
        let outlook = lift_in("EUR", 17).outlook.unwrap();
        assert_eq!((outlook.verdict, outlook.about), (Some(LiftVerdict::Keep), None));
    }

    #[test]
    fn nothing_is_judged_in_a_currency_without_a_tariff() {
        let effect = lift_in("USD", 17);
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
