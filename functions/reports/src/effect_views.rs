//! What a campaign caused and what it can still cost, as the API shows it. Amounts are minor units of the campaign's currency.

use domain::{
    Date,
    campaign::{Kind, State},
    effect::{Estimate, Lack, Verdict},
    id::CampaignId,
    money::Currency,
};
use serde::Serialize;
use utoipa::ToSchema;

/// One side of the comparison, from issue to 28 days after, or until now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArmView {
    /// Who was issued a voucher, or held out; whatever they did with it.
    pub customers: u64,
    /// Of them, who spent anything.
    pub spenders: u64,
    pub orders: i64,
    /// What they paid, refunds taken off.
    pub spend: i64,
    /// For each customer, those who spent nothing included.
    pub spend_each: Option<i64>,
}

/// Intention to treat, on the customers who were selected in the period. The method: `docs/decisions/0020`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Effect {
    pub treated: ArmView,
    pub held_out: ArmView,
    /// What treated customers paid more than they would have, with its 95 % interval; `null` where nothing can be claimed.
    pub incremental_revenue: Option<Estimate>,
    /// The margin on what was sold more at full price, less the discounts and messages of these customers.
    pub profit: Option<Estimate>,
    /// Discounts of the treated, less what refunds took back.
    pub voucher_cost: i64,
    /// Messages to the treated, by the tariff; `null` if the campaign is in another currency, and then nothing is judged.
    pub message_cost: Option<i64>,
    pub margin_percent: u8,
    pub verdict: Verdict,
    /// Why there is not enough data.
    pub lack: Option<Lack>,
    /// So many more customers, of both sides together, make a verdict likely; `null` if no number does, or there is one.
    pub missing_customers: Option<u64>,
    /// The day on which the last of these customers' 28 days end; until then the comparison is for the time so far.
    #[schema(value_type = Option<String>, format = Date)]
    pub windows_close: Option<Date>,
}

/// Where the exposure stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExposureView {
    /// As of today: issued, and can still be accepted.
    pub committed: i64,
    /// As of today: accepted, and can still be redeemed.
    pub firm: i64,
    /// In the period: redeemed.
    pub spent: i64,
    /// In the period: declined, run out, taken back, or less was redeemed than could have been.
    pub released: i64,
    /// `null` with fewer than 20 redemptions in 120 days, which make no curve.
    pub forecast: Option<ForecastView>,
}

/// What will still be redeemed of what is open today, by the campaign's own curve of the last 120 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastView {
    pub redemptions: i64,
    pub cost: i64,
    /// Redemptions that the curve is made of.
    pub basis: i64,
}

/// The exposure of all campaigns of a kind in a currency.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExposureTotal {
    pub kind: Kind,
    pub currency: Currency,
    /// The forecast is from the curve of these campaigns together.
    #[serde(flatten)]
    pub exposure: ExposureView,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ranked {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: Kind,
    pub state: State,
    pub profit: Estimate,
    pub verdict: Verdict,
}

/// By profit caused. No campaign is in both lists.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ranking {
    pub currency: Currency,
    /// At most three that earned, the best first.
    pub best: Vec<Ranked>,
    /// At most three of the others, the worst first.
    pub worst: Vec<Ranked>,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankingView {
    /// Currencies in which a campaign can be judged.
    pub by_currency: Vec<Ranking>,
    /// Campaigns with enough customers for a profit.
    pub judged: usize,
    /// Campaigns that were open in the period and looked at, the newest first.
    pub looked_at: usize,
    /// There are others that were not looked at.
    pub more: bool,
}
