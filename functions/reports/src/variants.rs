//! Compares the variants of a campaign: each with the customers held out of all of them, and with
//! the variant that leads.
//!
//! Guarantees: over all looks and all variants together, at most five campaigns in a hundred whose
//! variants change nothing are ever said to have one that earns or loses, and at most five to have
//! one that is better than another.

use domain::{
    Date,
    campaign::variants::VariantShare,
    kernel::money::Currency,
    reporting::{
        counters::{ArmCounter, ComparisonArm, Counter, CounterValues, VariantCounter},
        lift::{
            self, LiftArm, LiftCosts, LiftDataGap, LiftEstimate, LiftJudgement, LiftStratum,
            LiftVerdict,
        },
        sample_ratio::{UNEVEN_BELOW, chance_of_sides},
        sequence::ConfidenceSequence,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{MessageTariff, lift_views::ArmView};

/// One variant, among customers who were selected in the period. Its stages and money count for the
/// day of issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VariantView {
    pub name: String,
    /// Percent of the customers who are not held out.
    pub share: u8,
    pub issued: i64,
    pub accepted: i64,
    /// Vouchers whose redemption is in force.
    pub redeemed: i64,
    /// The amount that customers paid for the orders on which they redeemed.
    pub revenue: i64,
    /// Discounts, less the amounts that refunds took back.
    pub voucher_cost: i64,
    /// The cost of messages by the tariff; `null` if the campaign is in another currency, and then
    /// nothing is judged.
    pub message_cost: Option<i64>,
    /// The variant's customers, from issue to 28 days after, or until now.
    pub customers: ArmView,
    /// The amount that its customers paid beyond what they would have paid otherwise; `null` if
    /// nothing can be claimed.
    pub incremental_revenue: Option<LiftEstimate>,
    /// The profit against the customers held out, as the campaign's own.
    pub profit: Option<LiftEstimate>,
    pub verdict: LiftVerdict,
    /// The reason why there is not enough data. Without a holdout, only `against_leader` says
    /// something.
    pub lack: Option<LiftDataGap>,
    pub missing_customers: Option<u64>,
    /// True for the variant with the highest profit per customer so far, shown or not.
    pub leads: bool,
    /// The profit of its customers, less what it would be with the variant that leads; `null` for
    /// that one, and if nothing can be claimed. The leader is better once the whole interval is
    /// below zero.
    pub against_leader: Option<LiftEstimate>,
    /// The profit among the customers who were selected until each of these days, at most thirty of
    /// the period, the last one included; days on which nothing could be claimed are left out.
    pub series: Vec<VariantPoint>,
}

/// The profit among customers who were selected until a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct VariantPoint {
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    pub profit: LiftEstimate,
}

/// The most points of a series.
const MAX_POINTS: usize = 30;

/// Adds to each variant how its profit and interval came about, from the days of the period.
pub fn add_series<'a>(
    variants: &mut [VariantView],
    days: impl ExactSizeIterator<Item = (&'a Date, &'a CounterValues)>,
    judge: impl Fn(&CounterValues) -> Vec<VariantView>,
) {
    let step = days.len().div_ceil(MAX_POINTS).max(1);
    let last = days.len().saturating_sub(1);
    let mut sum = CounterValues::new();
    for (index, (day, counts)) in days.enumerate() {
        sum.add_all(counts);
        if index != last && !(last - index).is_multiple_of(step) {
            continue;
        }
        for (variant, until) in variants.iter_mut().zip(judge(&sum)) {
            let point = until.profit.map(|profit| VariantPoint { day: *day, profit });
            variant.series.extend(point);
        }
    }
}

/// A variant as it was counted.
struct Counted {
    number: u32,
    stratum: LiftStratum,
    message_cost: Option<i64>,
    /// Profit per customer, but for what they would have bought anyway.
    each: f64,
}

/// Judges all variants of a campaign by the sums of a period. Each is at its place among the
/// campaign's variants.
pub fn compare_variants(
    counts: &CounterValues,
    tariff: &MessageTariff,
    variants: &[VariantShare],
    currency: Currency,
    holdout_percent: u8,
) -> Vec<VariantView> {
    let held = LiftArm::from_counters(counts, ComparisonArm::HeldOut);
    let counted = |share: &VariantShare| {
        count_variant(counts, tariff, u32::from(share.tag.number), currency, &held)
    };
    let found: Vec<Counted> = variants.iter().map(counted).collect();
    let uneven = are_uneven(counts, variants, holdout_percent);
    let met =
        found.iter().filter(|it| it.stratum.treated.customers > 0 && it.message_cost.is_some());
    let leader = met.max_by(|one, other| one.each.total_cmp(&other.each));
    let pairs = found.len() * found.len().saturating_sub(1) / 2;
    let view = |(share, one): (&VariantShare, &Counted)| {
        let judged = match (one.message_cost, uneven) {
            (None, _) => LiftJudgement::not_enough_data(None, None),
            (Some(_), true) => LiftJudgement::uneven_arms(),
            (Some(_), false) => lift::judge_lift(
                std::slice::from_ref(&one.stratum),
                ConfidenceSequence::one_of(found.len()),
            ),
        };
        let leads = leader.is_some_and(|leader| leader.number == one.number);
        let rival = leader.filter(|_| !leads && !uneven && one.message_cost.is_some());
        let against_leader = rival.and_then(|leader| {
            let sides = [&one.stratum, &leader.stratum].map(std::slice::from_ref);
            lift::compare_variants(sides[0], sides[1], ConfidenceSequence::one_of(pairs))
        });
        variant_view(counts, share, one, judged, leads, against_leader)
    };
    variants.iter().zip(&found).map(view).collect()
}

fn count_variant(
    counts: &CounterValues,
    tariff: &MessageTariff,
    number: u32,
    currency: Currency,
    held: &LiftArm,
) -> Counted {
    let amount = |counter| counts.amount(&Counter::Variant(counter, number));
    let treated = LiftArm::of_variant(counts, number);
    let units = |channel| Counter::Variant(VariantCounter::Arm(ArmCounter::Units(channel)), number);
    let message_cost = tariff.cost_of_counters(counts, units, currency);
    let costs = LiftCosts {
        vouchers: amount(VariantCounter::Arm(ArmCounter::Discount)),
        most_vouchers: amount(VariantCounter::Exposure),
        messages: message_cost.unwrap_or(0),
        margin_percent: tariff.costs.margin_percent,
    };
    let margin = f64::from(costs.margin_percent) / 100.0;
    let sold = treated.total_spend() as f64 + costs.vouchers as f64;
    let earned = margin * sold - costs.vouchers as f64 - costs.messages as f64;
    let each = earned / treated.customers.max(1) as f64;
    let stratum = LiftStratum { treated, held: held.clone(), costs };
    Counted { number, stratum, message_cost, each }
}

/// Returns true if the variants and the holdout are not as large as their shares.
fn are_uneven(counts: &CounterValues, variants: &[VariantShare], holdout_percent: u8) -> bool {
    let held_share = f64::from(holdout_percent.min(100)) / 100.0;
    let first_time = |all: i64, repeats: i64| all.saturating_sub(repeats).max(0).unsigned_abs();
    let of_variant = |share: &VariantShare| {
        let amount =
            |counter| counts.amount(&Counter::Variant(counter, u32::from(share.tag.number)));
        let repeats = amount(VariantCounter::Arm(ArmCounter::Repeats));
        let part = f64::from(share.percent) / 100.0 * (1.0 - held_share);
        (first_time(amount(VariantCounter::Issued), repeats), part)
    };
    let mut sides: Vec<(u64, f64)> = variants.iter().map(of_variant).collect();
    if holdout_percent > 0 {
        let repeats = counts.amount(&ComparisonArm::HeldOut.counter(ArmCounter::Repeats));
        let all = counts.amount(&ComparisonArm::HeldOut.customers());
        sides.push((first_time(all, repeats), held_share));
    }
    chance_of_sides(&sides) < UNEVEN_BELOW
}

fn variant_view(
    counts: &CounterValues,
    share: &VariantShare,
    one: &Counted,
    judged: LiftJudgement,
    leads: bool,
    against_leader: Option<LiftEstimate>,
) -> VariantView {
    let amount = |counter| counts.amount(&Counter::Variant(counter, one.number));
    let treated = &one.stratum.treated;
    VariantView {
        name: share.tag.name.clone(),
        share: share.percent,
        issued: amount(VariantCounter::Issued),
        accepted: amount(VariantCounter::Accepted),
        redeemed: amount(VariantCounter::Redeemed),
        revenue: amount(VariantCounter::Revenue),
        voucher_cost: one.stratum.costs.vouchers,
        message_cost: one.message_cost,
        customers: ArmView {
            customers: treated.customers,
            spenders: treated.spender_count(),
            orders: amount(VariantCounter::Arm(ArmCounter::Orders)),
            spend: treated.total_spend(),
            spend_each: treated.spend_per_customer(),
        },
        incremental_revenue: judged.revenue,
        profit: judged.profit,
        verdict: judged.verdict,
        lack: judged.lack,
        missing_customers: judged.missing_customers,
        leads,
        against_leader,
        series: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::campaign::variants::VariantTag;

    use super::*;

    fn shares(percents: &[u8]) -> Vec<VariantShare> {
        let one = |(number, percent): (u8, &u8)| VariantShare {
            tag: VariantTag { number, name: format!("form {number}") },
            percent: *percent,
        };
        (1..).zip(percents).map(one).collect()
    }

    /// Two variants of a thousand customers each, of whom half and a quarter spent 20.00, against
    /// two hundred held-out customers, of whom a quarter did.
    fn counts() -> CounterValues {
        let pairs = [
            ("issued", 2_000),
            ("ghost", 200),
            ("held.spenders.21", 50),
            ("held.spend.21", 100_000),
            ("variant.issued.1", 1_000),
            ("variant.accepted.1", 600),
            ("variant.redeemed.1", 300),
            ("variant.revenue.1", 700_000),
            ("variant.spenders.21.1", 500),
            ("variant.spend.21.1", 1_000_000),
            ("variant.discount.1", 100_000),
            ("variant.units.sms.1", 1_000),
            ("variant.issued.2", 1_000),
            ("variant.spenders.21.2", 250),
            ("variant.spend.21.2", 500_000),
        ];
        pairs.into_iter().map(|(name, by)| (Counter::parse(name), by)).collect()
    }

    fn compare(percents: &[u8], held: u8, currency: &str) -> Vec<VariantView> {
        let euros = Currency::parse("EUR").unwrap();
        let tariff = MessageTariff {
            currency: euros,
            costs: domain::reporting::costs::CostRates::default(),
        };
        let currency = Currency::parse(currency).unwrap();
        compare_variants(&counts(), &tariff, &shares(percents), currency, held)
    }

    #[test]
    fn the_better_variant_leads_and_earns() {
        let found = compare(&[50, 50], 9, "EUR");
        let [better, other] = &found[..] else { panic!("{found:?}") };
        assert_eq!((better.issued, better.accepted, better.redeemed), (1_000, 600, 300));
        assert_eq!((better.revenue, better.voucher_cost), (700_000, 100_000));
        assert_eq!((better.leads, better.verdict), (true, LiftVerdict::Scale));
        assert_eq!(better.profit.map(|it| it.value), Some(495_000));
        assert_eq!((other.leads, other.incremental_revenue.map(|it| it.value)), (false, Some(0)));
        assert_ne!(other.verdict, LiftVerdict::Scale);
        let behind = other.against_leader.unwrap();
        assert_eq!((behind.value, behind.high < 0), (-495_000, true));
        assert_eq!(better.against_leader, None);
    }

    #[test]
    fn a_series_has_a_point_for_days_on_which_something_is_claimed_and_ends_with_the_last() {
        let first: Date = "2026-11-01".parse().unwrap();
        let day = |number: i64| first.checked_add(jiff::Span::new().days(number)).unwrap();
        let mut rows: BTreeMap<Date, CounterValues> =
            (0..70).map(|number| (day(number), CounterValues::new())).collect();
        rows.insert(day(40), counts());
        let euros = Currency::parse("EUR").unwrap();
        let tariff = MessageTariff {
            currency: euros,
            costs: domain::reporting::costs::CostRates::default(),
        };
        let judge =
            |sum: &CounterValues| compare_variants(sum, &tariff, &shares(&[50, 50]), euros, 9);
        let mut found = judge(&counts());
        add_series(&mut found, rows.iter(), judge);
        let series = &found[0].series;
        assert!((5..=MAX_POINTS).contains(&series.len()), "{series:?}");
        assert_eq!(
            series.last().map(|it| (it.day, Some(it.profit))),
            Some((day(69), found[0].profit))
        );
        assert!(series.iter().all(|it| it.day >= day(40)));
        add_series(&mut found, BTreeMap::new().iter(), judge);
    }

    #[test]
    fn without_a_holdout_variants_are_only_compared_with_each_other() {
        let euros = Currency::parse("EUR").unwrap();
        let tariff = MessageTariff {
            currency: euros,
            costs: domain::reporting::costs::CostRates::default(),
        };
        let without: CounterValues = counts()
            .into_iter()
            .filter(|(it, _)| it.arm().is_none() && *it != Counter::HeldOut)
            .collect();
        let found = compare_variants(&without, &tariff, &shares(&[50, 50]), euros, 0);
        assert!(
            found.iter().all(|it| it.lack == Some(LiftDataGap::NoHoldout) && it.profit.is_none())
        );
        assert!(found[1].against_leader.is_some_and(|it| it.high < 0));
    }

    #[test]
    fn nothing_is_claimed_of_uneven_variants_or_without_a_tariff() {
        for it in compare(&[80, 20], 9, "EUR") {
            assert_eq!(
                (it.verdict, it.profit, it.against_leader),
                (LiftVerdict::UnevenArms, None, None)
            );
        }
        for it in compare(&[50, 50], 9, "USD") {
            assert_eq!(
                (it.verdict, it.profit, it.against_leader),
                (LiftVerdict::NotEnoughData, None, None)
            );
        }
        assert!(compare(&[50, 50], 9, "USD").iter().all(|it| !it.leads));
        assert_eq!(compare(&[], 9, "EUR"), []);
        // A variant that nobody has got yet leads nothing.
        let three = compare(&[33, 33, 34], 9, "EUR");
        assert!(three.iter().all(|it| !it.leads || it.customers.customers > 0));
    }
}
