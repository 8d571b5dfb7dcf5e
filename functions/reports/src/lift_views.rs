//! Views of a campaign's lift and remaining cost. Amounts are minor units of the campaign's
//! currency.

use domain::{
    Date,
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::{id::CampaignId, money::Currency},
    reporting::{
        lift::{LiftDataGap, LiftEstimate, LiftVerdict},
        sample_ratio::{SampleRatio, SampleRatioVerdict},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::columns::view_columns;

/// One side of the comparison, from issue to 28 days after, or until now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArmView {
    /// Customers who were issued a voucher, or held out, whatever they did afterwards.
    pub customers: u64,
    /// Customers of this side who spent anything.
    pub spenders: u64,
    pub orders: i64,
    /// The amount they paid, less refunds.
    pub spend: i64,
    /// Spend per customer, including customers who spent nothing.
    pub spend_each: Option<i64>,
}

/// The comparison of treated and held-out customers who were selected in the period (intention to
/// treat). The method is in `docs/decisions/0020` and `docs/decisions/0052`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LiftView {
    pub treated: ArmView,
    pub held_out: ArmView,
    /// The amount that treated customers paid beyond what they would have paid otherwise, with an
    /// interval that may be looked at every day; `null` if nothing can be claimed.
    pub incremental_revenue: Option<LiftEstimate>,
    /// The margin on the additional sales at full price, less the discounts and messages of these
    /// customers.
    pub profit: Option<LiftEstimate>,
    /// Discounts of treated customers, less the amounts that refunds took back.
    pub voucher_cost: i64,
    /// The cost of messages to treated customers, by the tariff; `null` if the campaign is in
    /// another currency, and then nothing is judged.
    pub message_cost: Option<i64>,
    pub margin_percent: u8,
    pub verdict: LiftVerdict,
    /// The reason why there is not enough data.
    pub lack: Option<LiftDataGap>,
    /// The number of additional customers, of both sides together, that makes a verdict likely;
    /// `null` if no number does, or if there is a verdict.
    pub missing_customers: Option<u64>,
    /// The customers who would change the verdict; `null` if more customers would not.
    pub outlook: Option<VerdictOutlook>,
    /// The day on which the last of these customers' 28 days end. Until then, the comparison covers
    /// the time so far.
    #[schema(value_type = Option<String>, format = Date)]
    pub windows_close: Option<Date>,
}

/// The customers who would change a verdict. `scale` and `retire` change after so many more
/// customers on whom the campaign has no effect, `keep` after so many more who are like those so
/// far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct VerdictOutlook {
    /// The verdict that would be next; `null` as long as there is not enough data to say.
    pub verdict: Option<LiftVerdict>,
    /// The number of additional customers, of both sides together.
    pub customers: u64,
    /// The day by which these customers are selected at the campaign's pace of the last 28 days;
    /// `null` if it selects nobody now, or if it takes more than a year.
    #[schema(value_type = Option<String>, format = Date)]
    pub about: Option<Date>,
}

view_columns! { LiftView, effect:
    "treated" = effect.treated.customers;
    "treated_spend" = effect.treated.spend;
    "held_out" = effect.held_out.customers;
    "held_out_spend" = effect.held_out.spend;
    "incremental_revenue" = effect.incremental_revenue.map(|it| it.value);
    "incremental_revenue_low" = effect.incremental_revenue.map(|it| it.low);
    "incremental_revenue_high" = effect.incremental_revenue.map(|it| it.high);
    "profit" = effect.profit.map(|it| it.value);
    "profit_low" = effect.profit.map(|it| it.low);
    "profit_high" = effect.profit.map(|it| it.high);
    "verdict" = verdict_code(effect.verdict).to_owned();
    "missing_customers" = effect.missing_customers;
    "next_verdict" = effect.outlook.and_then(|it| it.verdict).map(|it| verdict_code(it).to_owned());
    "next_verdict_customers" = effect.outlook.map(|it| it.customers);
    "next_verdict_about" = effect.outlook.and_then(|it| it.about);
}

/// The check of the sides of a holdout (sample ratio mismatch), each customer counted once. It may
/// be looked at every day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SampleRatioView {
    /// Customers who were issued a voucher, each once; without those of support.
    pub treated: u64,
    /// Customers who were held out, each once.
    pub held_out: u64,
    /// The held-out customers that the campaign's share makes expected among all of these; `null`
    /// without a holdout.
    pub expected_held_out: Option<u64>,
    /// The probability that numbers this far apart would ever be seen by chance, as a decimal of
    /// six places; `null` if there are too few customers to compute it.
    #[schema(example = "0.412300")]
    pub p_value: Option<String>,
    /// `uneven` below a probability of 0.001: no lift is then claimed.
    pub verdict: SampleRatioVerdict,
}

pub fn sample_ratio_view(found: &SampleRatio) -> SampleRatioView {
    SampleRatioView {
        treated: found.treated,
        held_out: found.held_out,
        expected_held_out: found.expected_held_out,
        p_value: found.p_value.map(|p| format!("{p:.6}")),
        verdict: found.verdict,
    }
}

view_columns! { SampleRatioView, sides:
    "sample_ratio" = sample_ratio_code(sides.verdict).to_owned();
    "sample_ratio_p" = sides.p_value.clone();
}

fn sample_ratio_code(verdict: SampleRatioVerdict) -> &'static str {
    match verdict {
        SampleRatioVerdict::Even => "even",
        SampleRatioVerdict::Uneven => "uneven",
        SampleRatioVerdict::TooFew => "too_few",
        SampleRatioVerdict::NoHoldout => "no_holdout",
    }
}

fn verdict_code(verdict: LiftVerdict) -> &'static str {
    match verdict {
        LiftVerdict::Scale => "scale",
        LiftVerdict::Keep => "keep",
        LiftVerdict::Retire => "retire",
        LiftVerdict::NotEnoughData => "not_enough_data",
        LiftVerdict::UnevenArms => "uneven_arms",
    }
}

/// The exposure by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExposureView {
    /// Exposure today of issued vouchers that can still be accepted.
    pub committed: i64,
    /// Exposure today of accepted vouchers that can still be redeemed.
    pub firm: i64,
    /// Discounts of redemptions in the period.
    pub spent: i64,
    /// Exposure released in the period: declined, expired or revoked vouchers, and the unused part
    /// of redeemed ones.
    pub released: i64,
    /// The forecast, or `null` with fewer than 20 redemptions in 120 days, which do not make a
    /// curve.
    pub forecast: Option<ForecastView>,
}

view_columns! { ExposureView, exposure:
    "committed" = exposure.committed;
    "firm" = exposure.firm;
    "spent" = exposure.spent;
    "released" = exposure.released;
}

/// Expected redemptions of the vouchers that are open today, by the campaign's own redemption curve
/// of the last 120 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastView {
    pub redemptions: i64,
    pub cost: i64,
    /// The number of redemptions in the curve.
    pub basis: i64,
}

/// The exposure of all campaigns of one kind in one currency.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExposureTotal {
    pub kind: CampaignKind,
    pub currency: Currency,
    /// The exposure. Its forecast comes from the redemption curve of these campaigns together.
    #[serde(flatten)]
    pub exposure: ExposureView,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankedCampaign {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: CampaignKind,
    pub state: CampaignState,
    pub profit: LiftEstimate,
    pub verdict: LiftVerdict,
}

/// The best and the worst campaigns by profit. No campaign is in both lists.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CurrencyRanking {
    pub currency: Currency,
    /// At most three campaigns that earned, the best first.
    pub best: Vec<RankedCampaign>,
    /// At most three of the other campaigns, the worst first.
    pub worst: Vec<RankedCampaign>,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankingView {
    /// Rankings of the currencies in which a campaign can be judged.
    pub by_currency: Vec<CurrencyRanking>,
    /// The number of campaigns with enough customers to estimate a profit.
    pub judged: usize,
    /// The number of campaigns considered: those that were open in the period, the newest first.
    pub looked_at: usize,
    /// More campaigns exist that were not considered.
    pub more: bool,
}
