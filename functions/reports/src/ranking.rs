//! Best and worst: campaigns by the profit that they caused, among those that were open in the period and can be judged. Pure. Profits of
//! two currencies are never compared.

use std::collections::BTreeMap;

use domain::{Date, TimeZone, money::Currency, report::Counts, report::period::Period};
use store::control::Standing;

use crate::{
    Tariff,
    effect::effect,
    effect_views::{Ranked, Ranking, RankingView},
};

/// Campaigns on either end.
const SHOWN: usize = 3;

/// Whether it can have selected anyone in the period.
pub fn is_open_in(campaign: &Standing, period: Period, zone: &TimeZone) -> bool {
    let day = |at: domain::Timestamp| -> Date { at.to_zoned(zone.clone()).date() };
    campaign.launched_at.is_some_and(|at| day(at) <= period.to)
        && campaign.ended_at.is_none_or(|at| day(at) >= period.from)
}

/// Of campaigns with their sums over the period; `more`: there were others.
pub fn ranking(campaigns: Vec<(Standing, Counts)>, tariff: &Tariff, more: bool) -> RankingView {
    let looked_at = campaigns.len();
    let mut judged: BTreeMap<Currency, Vec<Ranked>> = BTreeMap::new();
    for (campaign, counts) in campaigns {
        let effect = effect(&counts, tariff, campaign.currency);
        let Some(profit) = effect.profit else { continue };
        let Standing { id: campaign_id, name, kind, state, currency, .. } = campaign;
        let ranked = Ranked { campaign_id, name, kind, state, profit, verdict: effect.verdict };
        judged.entry(currency).or_default().push(ranked);
    }
    let count = judged.values().map(Vec::len).sum();
    let by_currency = judged.into_iter().map(|(currency, campaigns)| ends(currency, campaigns)).collect();
    RankingView { by_currency, judged: count, looked_at, more }
}

/// A campaign that lost money is never among the best, and none is in both.
fn ends(currency: Currency, mut campaigns: Vec<Ranked>) -> Ranking {
    campaigns.sort_by_key(|campaign| std::cmp::Reverse(campaign.profit.value));
    let earned = campaigns.iter().take_while(|campaign| campaign.profit.value > 0).count();
    let mut worst = campaigns.split_off(earned.min(SHOWN));
    worst.reverse();
    worst.truncate(SHOWN);
    Ranking { currency, best: campaigns, worst }
}

#[cfg(test)]
mod tests {
    use domain::{
        campaign::{Kind, State},
        effect::{Estimate, Verdict},
        id::CampaignId,
    };

    use super::*;

    #[track_caller]
    fn check(profits: &[i64], best: &[i64], worst: &[i64]) {
        let ranked = |value: &i64| Ranked {
            campaign_id: CampaignId::parse("cmp_1").unwrap(),
            name: "Spring".into(),
            kind: Kind::Promotion,
            state: State::Running,
            profit: Estimate { value: *value, low: value - 1, high: value + 1 },
            verdict: Verdict::Keep,
        };
        let found = ends(Currency::parse("EUR").unwrap(), profits.iter().map(ranked).collect());
        let values = |end: &[Ranked]| end.iter().map(|it| it.profit.value).collect::<Vec<_>>();
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
