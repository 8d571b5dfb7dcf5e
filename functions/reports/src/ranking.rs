//! Ranks campaigns by the profit that they caused, among those that were open in the period and can
//! be judged. Pure. Profits in two currencies are never compared.

use std::collections::BTreeMap;

use domain::{
    Date, TimeZone,
    kernel::money::Currency,
    reporting::counters::{CounterValues, period::ReportPeriod},
};
use store::campaign::campaigns::CampaignSummary;

use crate::{
    MessageTariff,
    lift::campaign_lift,
    lift_views::{CurrencyRanking, RankedCampaign, RankingView},
};

/// The most campaigns among the best, and among the worst.
const MAX_SHOWN: usize = 3;

/// Returns true if the campaign may have selected customers in the period.
pub fn was_open_in(campaign: &CampaignSummary, period: ReportPeriod, zone: &TimeZone) -> bool {
    let day = |at: domain::Timestamp| -> Date { at.to_zoned(zone.clone()).date() };
    campaign.launched_at.is_some_and(|at| day(at) <= period.to)
        && campaign.ended_at.is_none_or(|at| day(at) >= period.from)
}

/// Ranks campaigns by their sums over the period. `more` says that further campaigns were not
/// considered.
pub fn rank_campaigns(
    campaigns: Vec<(CampaignSummary, CounterValues)>,
    tariff: &MessageTariff,
    more: bool,
) -> RankingView {
    let looked_at = campaigns.len();
    let mut judged: BTreeMap<Currency, Vec<RankedCampaign>> = BTreeMap::new();
    for (campaign, counts) in campaigns {
        let effect = campaign_lift(&counts, tariff, campaign.currency, campaign.holdout_percent);
        let Some(profit) = effect.profit else {
            continue;
        };
        let CampaignSummary { id: campaign_id, name, kind, state, currency, .. } = campaign;
        let ranked =
            RankedCampaign { campaign_id, name, kind, state, profit, verdict: effect.verdict };
        judged.entry(currency).or_default().push(ranked);
    }
    let count = judged.values().map(Vec::len).sum();
    let by_currency = judged
        .into_iter()
        .map(|(currency, campaigns)| best_and_worst(currency, campaigns))
        .collect();
    RankingView { by_currency, judged: count, looked_at, more }
}

/// Splits the campaigns into the best and the worst. A campaign that lost money is never among the
/// best, and none is in both.
fn best_and_worst(currency: Currency, mut campaigns: Vec<RankedCampaign>) -> CurrencyRanking {
    campaigns.sort_by_key(|campaign| std::cmp::Reverse(campaign.profit.value));
    let earned = campaigns.iter().take_while(|campaign| campaign.profit.value > 0).count();
    let mut worst = campaigns.split_off(earned.min(MAX_SHOWN));
    worst.reverse();
    worst.truncate(MAX_SHOWN);
    CurrencyRanking { currency, best: campaigns, worst }
}

#[cfg(test)]
mod tests {
    use domain::{
        campaign::{kind::CampaignKind, lifecycle::CampaignState},
        kernel::id::CampaignId,
        reporting::lift::{LiftEstimate, LiftVerdict},
    };

    use super::*;

    #[track_caller]
    fn check(profits: &[i64], best: &[i64], worst: &[i64]) {
        let ranked = |value: &i64| RankedCampaign {
            campaign_id: CampaignId::parse("cmp_1").unwrap(),
            name: "Spring".into(),
            kind: CampaignKind::Promotion,
            state: CampaignState::Running,
            profit: LiftEstimate { value: *value, low: value - 1, high: value + 1 },
            verdict: LiftVerdict::Keep,
        };
        let found =
            best_and_worst(Currency::parse("EUR").unwrap(), profits.iter().map(ranked).collect());
        let values =
            |end: &[RankedCampaign]| end.iter().map(|it| it.profit.value).collect::<Vec<_>>();
        assert_eq!((values(&found.best), values(&found.worst)), (best.to_vec(), worst.to_vec()));
    }

    #[test]
    fn the_ends_do_not_meet() {
        check(&[], &[], &[]);
        check(&[7], &[7], &[]);
        check(&[-7], &[], &[-7]);
        check(&[0], &[], &[0]);
        check(&[1, 4, 2, 3], &[4, 3, 2], &[1]);
        check(&[5, -1, -9, 3, -2, -4], &[5, 3], &[-9, -4, -2]);
    }
}
