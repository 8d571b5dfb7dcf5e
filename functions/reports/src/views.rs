//! Views of the reports API. Amounts are minor units of the row's currency.
//!
//! Revenue is the amount that customers paid for the orders on which they redeemed, after discounts
//! and refunds. Only the holdout shows whether these orders would have come without the voucher:
//! `effect` compares the two sides, and only that result is called profit.

use std::collections::BTreeMap;

use domain::{
    Date,
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::{channel::Channel, id::CampaignId, money::Currency},
    reporting::counters::{ChannelScope, Counter, CounterValues, SkipScope},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::lift_views::{ExposureTotal, ExposureView, LiftView, RankingView};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    Json,
    Csv,
}

/// Counts of customers by stage, and the money that resulted. A stage counts on the day it was
/// reached. Revenue, discounts, their refunds and reversals count on the day of the redemption, so
/// that a day shows what remains of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct StageTotals {
    pub issued: i64,
    /// Held-out customers.
    pub ghost: i64,
    pub skipped: i64,
    pub failed: i64,
    /// Issued vouchers for which no channel of the ladder was left.
    pub undeliverable: i64,
    pub sent: i64,
    pub delivered: i64,
    pub accepted: i64,
    pub declined: i64,
    pub redeemed: i64,
    pub reversed: i64,
    /// The most that the issued vouchers can cost, in minor units.
    pub exposure: i64,
    /// The amount that customers paid for the orders on which they redeemed, in minor units.
    pub revenue: i64,
}

impl StageTotals {
    pub fn from_counters(counts: &CounterValues) -> Self {
        let count = |counter: Counter| counts.amount(&counter);
        Self {
            issued: count(Counter::Issued),
            ghost: count(Counter::HeldOut),
            skipped: count(Counter::Skipped(SkipScope::All)),
            failed: count(Counter::Failed),
            undeliverable: count(Counter::Undeliverable),
            sent: count(Counter::Sent(ChannelScope::All)),
            delivered: count(Counter::Delivered(ChannelScope::All)),
            accepted: count(Counter::Accepted(ChannelScope::All)),
            declined: count(Counter::Declined),
            redeemed: count(Counter::Redeemed(ChannelScope::All)),
            reversed: count(Counter::Reversed),
            exposure: count(Counter::Exposure),
            revenue: count(Counter::Revenue),
        }
    }
    pub const NAMES: [&str; 13] = [
        "issued",
        "ghost",
        "skipped",
        "failed",
        "undeliverable",
        "sent",
        "delivered",
        "accepted",
        "declined",
        "redeemed",
        "reversed",
        "exposure",
        "revenue",
    ];
    pub fn cells(&self) -> impl Iterator<Item = String> {
        [
            self.issued,
            self.ghost,
            self.skipped,
            self.failed,
            self.undeliverable,
            self.sent,
            self.delivered,
            self.accepted,
            self.declined,
            self.redeemed,
            self.reversed,
            self.exposure,
            self.revenue,
        ]
        .into_iter()
        .map(|number| number.to_string())
    }
}

/// Sums over the whole period.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportTotal {
    pub kind: CampaignKind,
    pub currency: Currency,
    #[serde(flatten)]
    pub stages: StageTotals,
    /// Discounts given, less the amounts that refunds took back, in minor units.
    pub discount: i64,
    /// The cost of messages by the tariff; `null` if the campaigns are in another currency than the
    /// tariff.
    pub message_cost: Option<i64>,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayTotal {
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    #[serde(flatten)]
    pub total: ReportTotal,
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

/// The counters of one channel. Acceptances and redemptions count for the channel that was the last
/// to reach the customer before they accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelCounts {
    pub sent: i64,
    pub delivered: i64,
    pub accepted: i64,
    pub redeemed: i64,
    /// Messages that the provider accepted, repeats included.
    pub messages: i64,
    /// The units that the provider bills: segments for SMS, messages for other channels.
    pub units: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignPerformance {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: CampaignKind,
    pub state: CampaignState,
    pub currency: Currency,
    #[serde(flatten)]
    pub stages: StageTotals,
    /// Discounts given, less the amounts that refunds took back, in minor units.
    pub voucher_cost: i64,
    /// The cost of messages by the tariff; `null` if the campaign is in another currency than the
    /// tariff.
    pub message_cost: Option<i64>,
    /// Revenue for each unit of voucher and message cost; `null` if there is no cost. It counts the
    /// revenue of all orders with a voucher, caused by it or not; `effect` shows what was caused.
    #[schema(example = "4.20")]
    pub return_on_cost: Option<String>,
    #[schema(value_type = BTreeMap<String, ChannelCounts>)]
    pub channels: BTreeMap<Channel, ChannelCounts>,
    /// Skipped customers by reason.
    #[schema(example = json!({"no_consent": 12}))]
    pub skips: BTreeMap<String, i64>,
    /// The lift among customers who were selected in the period.
    pub effect: LiftView,
    pub exposure: ExposureView,
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
