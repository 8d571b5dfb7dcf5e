//! What the reports API gives. Amounts are minor units of the row's currency.
//!
//! Revenue is what customers paid for the orders on which they redeemed: discounts are off already, refunds too. Whether these orders
//! would have come without the voucher is a question for the holdout: `effect` answers it, and only there anything is called profit.

use std::collections::BTreeMap;

use domain::{
    Date,
    campaign::{Kind, State},
    channel::Channel,
    id::CampaignId,
    money::Currency,
    report::Counts,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::effect_views::{Effect, ExposureTotal, ExposureView, RankingView};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Json,
    Csv,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PerformanceParams {
    /// First day, in the tenant's zone. Default: 30 days up to `to`.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Last day. Default: today.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    pub kind: Option<Kind>,
    pub state: Option<State>,
    /// One campaign.
    #[param(value_type = Option<String>)]
    pub campaign: Option<String>,
    /// Campaigns with this channel on their ladder.
    pub channel: Option<Channel>,
    /// Campaigns whose offer is good in this vertical.
    pub vertical: Option<String>,
    /// Campaigns in this currency.
    #[param(value_type = Option<String>)]
    pub currency: Option<String>,
    /// Only the tenant's own zone is answered: its days are the ones that are counted.
    pub zone: Option<String>,
    /// 1 to 100, 25 if not given.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; as CSV, from the header `x-next-cursor`.
    pub cursor: Option<String>,
    #[param(inline)]
    pub format: Option<Format>,
}

/// How many customers reached each stage, and what came of it. A stage counts on the day it was reached; revenue, discounts, their
/// refunds and reversals count on the day of the redemption, so that a day says what remains of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stages {
    pub issued: i64,
    /// Held out.
    pub ghost: i64,
    pub skipped: i64,
    pub failed: i64,
    /// Issued, and no channel was left to say so.
    pub undeliverable: i64,
    pub sent: i64,
    pub delivered: i64,
    pub accepted: i64,
    pub declined: i64,
    pub redeemed: i64,
    pub reversed: i64,
    /// The most that the issued vouchers can cost, minor units.
    pub exposure: i64,
    /// What customers paid for the orders on which they redeemed, minor units.
    pub revenue: i64,
}

impl Stages {
    pub fn of(counts: &Counts) -> Self {
        let count = |name: &str| counts.get(name).copied().unwrap_or(0);
        Self {
            issued: count("issued"),
            ghost: count("ghost"),
            skipped: count("skipped"),
            failed: count("failed"),
            undeliverable: count("undeliverable"),
            sent: count("sent"),
            delivered: count("delivered"),
            accepted: count("accepted"),
            declined: count("declined"),
            redeemed: count("redeemed"),
            reversed: count("reversed"),
            exposure: count("exposure"),
            revenue: count("revenue"),
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
pub struct Total {
    pub kind: Kind,
    pub currency: Currency,
    #[serde(flatten)]
    pub stages: Stages,
    /// Discounts given, less what refunds took back, minor units.
    pub discount: i64,
    /// By the tariff; `null` if the campaigns are in another currency than the tariff.
    pub message_cost: Option<i64>,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayTotal {
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    #[serde(flatten)]
    pub total: Total,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Overview {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// Whose calendar days these are.
    #[schema(example = "Europe/Madrid")]
    pub zone: String,
    /// One for each kind and currency that has numbers.
    pub totals: Vec<Total>,
    /// Oldest first; days without numbers are left out. The costs of messages are rounded for each day and need not add up to the total.
    pub days: Vec<DayTotal>,
    /// One for each kind and currency that has numbers.
    pub exposure: Vec<ExposureTotal>,
    /// The best and the worst campaigns, by what they caused among customers who were selected in the period.
    pub ranking: RankingView,
}

/// What one channel did. Accepted and redeemed count for the channel that reached the customer last before they accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelCounts {
    pub sent: i64,
    pub delivered: i64,
    pub accepted: i64,
    pub redeemed: i64,
    /// Messages that the provider accepted, repeats included.
    pub messages: i64,
    /// What the provider bills: SMS segments, else messages.
    pub units: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignPerformance {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: Kind,
    pub state: State,
    pub currency: Currency,
    #[serde(flatten)]
    pub stages: Stages,
    /// Discounts given, less what refunds took back, minor units.
    pub voucher_cost: i64,
    /// By the tariff; `null` if the campaign is in another currency than the tariff.
    pub message_cost: Option<i64>,
    /// Revenue for each unit of voucher and message cost; `null` where there is no cost. Revenue of orders with a voucher, caused by it or
    /// not: see `effect` for what was caused.
    #[schema(example = "4.20")]
    pub return_on_cost: Option<String>,
    #[schema(value_type = BTreeMap<String, ChannelCounts>)]
    pub channels: BTreeMap<Channel, ChannelCounts>,
    /// By reason.
    #[schema(example = json!({"no_consent": 12}))]
    pub skips: BTreeMap<String, i64>,
    /// Of customers who were selected in the period.
    pub effect: Effect,
    pub exposure: ExposureView,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Performance {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    pub zone: String,
    /// Launched campaigns, newest first.
    pub items: Vec<CampaignPerformance>,
    /// `cursor` of the next page; `null` on the last one. A page can be short, or empty, and still have a next one.
    pub next_cursor: Option<String>,
}
