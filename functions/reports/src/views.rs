//! Views of the reports API, and how their columns are computed. Amounts are minor units of the
//! row's currency.
//!
//! Revenue is the amount that customers paid for the orders on which they redeemed, after discounts
//! and refunds. Only the holdout shows whether these orders would have come without the voucher:
//! `effect` compares the two sides, and only that result is called profit.

use std::collections::BTreeMap;

use domain::{
    Date,
    campaign::{kind::CampaignKind, lifecycle::CampaignState, variants::VariantShare},
    kernel::{channel::Channel, id::CampaignId, money::Currency},
    reporting::{
        counters::{ChannelScope, Counter, CounterValues, SkipScope, period::ReportPeriod},
        sample_ratio::SampleRatio,
    },
};
use serde::{Deserialize, Serialize};
use store::campaign::campaigns::CampaignSummary;
use utoipa::ToSchema;

use crate::{
    MessageTariff,
    columns::report_view,
    cost::decimal_ratio,
    lift::{campaign_exposure, campaign_lift, expected_day, last_window_close},
    lift_views::{
        ExposureTotal, ExposureView, LiftView, RankingView, SampleRatioView, VerdictOutlook,
        sample_ratio_view,
    },
    variants::{VariantView, add_series, compare_variants},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    Json,
    Csv,
}

report_view! {
    /// Counts of customers by stage, and the money that resulted. A stage counts on the day it was
    /// reached. Revenue, discounts, their refunds and reversals count on the day of the redemption,
    /// so that a day shows what remains of it.
    pub struct StageTotals(counts: &CounterValues) {
        issued: i64 = counts.amount(&Counter::Issued);
        /// Held-out customers.
        ghost: i64 = counts.amount(&Counter::HeldOut);
        skipped: i64 = counts.amount(&Counter::Skipped(SkipScope::All));
        failed: i64 = counts.amount(&Counter::Failed);
        /// Issued vouchers for which no channel of the ladder was left.
        undeliverable: i64 = counts.amount(&Counter::Undeliverable);
        sent: i64 = counts.amount(&Counter::Sent(ChannelScope::All));
        delivered: i64 = counts.amount(&Counter::Delivered(ChannelScope::All));
        /// Vouchers whose link a person tapped.
        tapped: i64 = counts.amount(&Counter::Tapped(ChannelScope::All));
        accepted: i64 = counts.amount(&Counter::Accepted(ChannelScope::All));
        declined: i64 = counts.amount(&Counter::Declined);
        redeemed: i64 = counts.amount(&Counter::Redeemed(ChannelScope::All));
        reversed: i64 = counts.amount(&Counter::Reversed);
        /// The most that the issued vouchers can cost, in minor units.
        issued_exposure: i64 = counts.amount(&Counter::Exposure);
        /// The amount that customers paid for the orders on which they redeemed, in minor units.
        revenue: i64 = counts.amount(&Counter::Revenue);
    }
}

report_view! {
    /// Sums over the whole period.
    pub struct ReportTotal(
        kind: CampaignKind,
        currency: Currency,
        counts: &CounterValues,
        tariff: &MessageTariff
    ) {
        kind: CampaignKind = kind;
        currency: Currency = currency;
        #[serde(flatten)]
        stages: StageTotals = StageTotals::compute(counts);
        /// Discounts given, less the amounts that refunds took back, in minor units.
        discount: i64 = counts.amount(&Counter::Discount);
        /// The cost of messages by the tariff; `null` if the campaigns are in another currency than
        /// the tariff.
        message_cost: Option<i64> = tariff.message_cost(counts, currency);
    }
}

report_view! {
    pub struct DayTotal(day: Date, total: ReportTotal) {
        #[schema(value_type = String, format = Date)]
        day: Date = day;
        #[serde(flatten)]
        total: ReportTotal = total;
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewReport {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// The time zone of the calendar days.
    #[schema(example = "Europe/Madrid")]
    pub zone: String,
    /// Totals, one for each kind and currency with data.
    pub totals: Vec<ReportTotal>,
    /// The days, oldest first; days without data are left out. The costs of messages are rounded
    /// for each day and need not add up to the total.
    pub days: Vec<DayTotal>,
    /// Exposure, one entry for each kind and currency with data.
    pub exposure: Vec<ExposureTotal>,
    /// The best and the worst campaigns, by the profit they caused among customers who were
    /// selected in the period.
    pub ranking: RankingView,
}

report_view! {
    /// The counters of one channel. Acceptances and redemptions count for the channel that was the
    /// last to reach the customer before they accepted.
    #[derive(Default)]
    pub struct ChannelCounts(counts: &CounterValues, channel: Channel) {
        sent: i64 = counts.amount(&Counter::Sent(ChannelScope::On(channel)));
        delivered: i64 = counts.amount(&Counter::Delivered(ChannelScope::On(channel)));
        /// Vouchers whose link a person tapped in a message on this channel. One that is tapped on
        /// several counts on each.
        tapped: i64 = counts.amount(&Counter::Tapped(ChannelScope::On(channel)));
        accepted: i64 = counts.amount(&Counter::Accepted(ChannelScope::On(channel)));
        redeemed: i64 = counts.amount(&Counter::Redeemed(ChannelScope::On(channel)));
        /// Messages that the provider accepted, repeats included.
        messages: i64 = counts.amount(&Counter::Messages(channel));
        /// The units that the provider bills: segments for SMS, messages for other channels.
        units: i64 = counts.amount(&Counter::Units(channel));
        /// Messages that the frequency cap stopped; their vouchers are not affected.
        withheld: i64 = counts.amount(&Counter::Withheld(channel));
    }
}

/// The counters from which the performance of a campaign is computed.
pub struct PerformanceSource<'a> {
    /// The sums of the period.
    pub counts: &'a CounterValues,
    /// The days of the period, of the redemption curve, and those on which open vouchers end.
    pub days: &'a BTreeMap<Date, CounterValues>,
    pub period: ReportPeriod,
    pub today: Date,
    pub tariff: &'a MessageTariff,
}

report_view! {
    pub struct CampaignPerformance(campaign: CampaignSummary, source: &PerformanceSource<'_>) {
        campaign_id: CampaignId = campaign.id;
        name: String = campaign.name;
        kind: CampaignKind = campaign.kind;
        state: CampaignState = campaign.state;
        currency: Currency = campaign.currency;
        #[serde(flatten)]
        stages: StageTotals = StageTotals::compute(source.counts);
        /// Discounts given, less the amounts that refunds took back, in minor units.
        voucher_cost: i64 = source.counts.amount(&Counter::Discount);
        /// The cost of messages by the tariff; `null` if the campaign is in another currency than
        /// the tariff.
        message_cost: Option<i64> = source.tariff.message_cost(source.counts, campaign.currency);
        /// Revenue for each unit of voucher and message cost; `null` if there is no cost. It counts
        /// the revenue of all orders with a voucher, caused by it or not; `effect` shows what was
        /// caused.
        #[schema(example = "4.20")]
        return_on_cost: Option<String> = return_on_cost(source, campaign.currency);
        #[schema(value_type = BTreeMap<String, ChannelCounts>)]
        channels: BTreeMap<Channel, ChannelCounts> = active_channels(source.counts);
        /// Skipped customers by reason.
        #[schema(example = json!({"no_consent": 12}))]
        skips: BTreeMap<String, i64> = skips_by_reason(source.counts);
        /// The lift among customers who were selected in the period.
        effect: LiftView = campaign_effect(source, campaign.currency, campaign.holdout_percent);
        /// The check that both sides of the holdout are as large as the campaign's share makes them
        /// expected, among customers who were selected in the period.
        sample_ratio: SampleRatioView =
            sample_ratio_view(&SampleRatio::from_counters(source.counts, campaign.holdout_percent));
        /// The campaign's variants, each against the customers held out of all of them, and against
        /// the one that leads; empty without variants.
        variants: Vec<VariantView> =
            campaign_variants(source, &campaign.variants, campaign.currency, campaign.holdout_percent);
        exposure: ExposureView =
            campaign_exposure(source.days, source.period, source.today, campaign.revoke.whole_scope());
    }
}

fn campaign_variants(
    source: &PerformanceSource<'_>,
    variants: &[VariantShare],
    currency: Currency,
    holdout_percent: u8,
) -> Vec<VariantView> {
    let judge = |counts: &CounterValues| {
        compare_variants(counts, source.tariff, variants, currency, holdout_percent)
    };
    let mut found = judge(source.counts);
    if !found.is_empty() {
        let days: Vec<_> = source.days.range(source.period.from..=source.period.to).collect();
        add_series(&mut found, days.into_iter(), judge);
    }
    found
}

fn campaign_effect(
    source: &PerformanceSource<'_>,
    currency: Currency,
    holdout_percent: u8,
) -> LiftView {
    let judged = campaign_lift(source.counts, source.tariff, currency, holdout_percent);
    let about = |customers| expected_day(source.days, source.today, customers);
    LiftView {
        windows_close: last_window_close(source.days, source.period, source.today),
        outlook: judged.outlook.map(|it| VerdictOutlook { about: about(it.customers), ..it }),
        ..judged
    }
}

fn return_on_cost(source: &PerformanceSource<'_>, currency: Currency) -> Option<String> {
    let messages = source.tariff.message_cost(source.counts, currency)?;
    let cost = source.counts.amount(&Counter::Discount).saturating_add(messages);
    decimal_ratio(source.counts.amount(&Counter::Revenue), cost)
}

/// Returns the channels with any activity.
fn active_channels(counts: &CounterValues) -> BTreeMap<Channel, ChannelCounts> {
    let all = Channel::ALL.map(|channel| (channel, ChannelCounts::compute(counts, channel)));
    all.into_iter().filter(|(_, counts)| *counts != ChannelCounts::default()).collect()
}

fn skips_by_reason(counts: &CounterValues) -> BTreeMap<String, i64> {
    let skips = counts.iter().filter_map(|(counter, count)| {
        let Counter::Skipped(scope) = counter else { return None };
        Some((scope.code()?.to_owned(), count))
    });
    skips.collect()
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PerformanceReport {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    pub zone: String,
    /// Launched campaigns, newest first.
    pub items: Vec<CampaignPerformance>,
    /// The `cursor` of the next page, or `null` on the last one. A page can be short, or empty, and
    /// still have a next one.
    pub next_cursor: Option<String>,
}
