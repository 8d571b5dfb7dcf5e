//! Reports how customers respond: the funnel from issue to redemption by day, channel, campaign or
//! vertical, and for each campaign the stage at which it loses more customers than the others
//! (`domain::find_drop_off`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    kernel::{channel::Channel, id::CampaignId},
    reporting::{
        counters::{ChannelScope, Counter, CounterValues, SkipScope, period::ReportPeriod},
        funnel_dropoff::{FunnelDropOff, FunnelStage, FunnelSteps, find_drop_off},
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use http_edge::{ApiResult, Problem};
use reporting::daily_counters::{DailyCounters, ReportFilter, read_rows, read_rows_by_campaign};
use store::campaign::campaigns::CampaignSummary;

use crate::{
    ReportsContext,
    columns::table_response,
    cost::signed_percent,
    engagement_views::{
        EngagementFunnel, EngagementReport, EngagementRow, LeakView, RemarkView, refusal_rows,
    },
    params::{GroupBy, ReportParams, ReportRequest},
};

/// Definitions read concurrently.
const CONCURRENCY: usize = 8;
/// The row of campaigns whose offer is valid in every vertical.
const ANY_VERTICAL: &str = "any";
const UNTARGETED_REMARK: RemarkView = RemarkView {
    remark: "same_for_everyone",
    says: "it selects every customer for the same offer: that is a coupon, and most of whom it pays would have bought anyway",
    next_step: "choose by what customers did, such as a playbook does, and hold the effect in campaign-perf against its cost",
};

/// Reports how many customers reach each stage, from issue to redemption.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/customer-engagement", tag = "reports", operation_id = "read_customer_engagement",
    security(("jwt" = [])),
    params(ReportParams),
    responses(
        (status = 200, content((EngagementReport = "application/json"), (String = "text/csv"))),
        Problem,
    )
)]
pub async fn read(State(context): State<Arc<ReportsContext>>, request: ReportRequest) -> ApiResult {
    let ReportRequest { period, filter, by, wants_csv } = request;
    let (total, rows) = match by {
        GroupBy::Day => {
            let rows = read_rows(context.report_source(), period, &filter).await?;
            (sum_rows(&rows), rows_by_day(&rows))
        }
        GroupBy::Channel => {
            let total = sum_rows(&read_rows(context.report_source(), period, &filter).await?);
            let rows =
                Channel::ALL.into_iter().map(|channel| channel_row(&total, channel)).collect();
            (total, rows)
        }
        GroupBy::Campaign => {
            let campaigns = read_sums(&context, period, &filter).await?;
            let untargeted = find_untargeted(&context, &campaigns).await?;
            (sum_campaigns(&campaigns), campaign_rows(campaigns, &untargeted))
        }
        GroupBy::Vertical => {
            let campaigns = read_sums(&context, period, &filter).await?;
            (sum_campaigns(&campaigns), rows_by_vertical(&context, &campaigns).await?)
        }
    };
    Ok(match wants_csv {
        true => table_response("customer-engagement", &rows, None),
        false => {
            let zone = context.zone_name.clone();
            Json(EngagementReport {
                from: period.from,
                to: period.to,
                zone,
                total: EngagementFunnel::compute(&total, ChannelScope::All),
                refusals: refusal_rows(&total),
                rows,
            })
            .into_response()
        }
    })
}

fn sum_rows(rows: &[DailyCounters]) -> CounterValues {
    let mut total = CounterValues::new();
    rows.iter().for_each(|row| total.add_all(&row.counts));
    total
}

/// Sums rows by day over kinds and currencies: the counters are customers, not money.
fn rows_by_day(rows: &[DailyCounters]) -> Vec<EngagementRow> {
    let mut days: BTreeMap<_, CounterValues> = BTreeMap::new();
    rows.iter().for_each(|row| days.entry(row.day).or_default().add_all(&row.counts));
    days.into_iter().map(|(day, counts)| engagement_row(day.to_string(), &counts)).collect()
}

fn engagement_row(key: String, counts: &CounterValues) -> EngagementRow {
    EngagementRow::compute(key, counts, ChannelScope::All)
}

fn channel_row(total: &CounterValues, channel: Channel) -> EngagementRow {
    EngagementRow::compute(channel.to_string(), total, ChannelScope::On(channel))
}

async fn read_sums(
    context: &ReportsContext,
    period: ReportPeriod,
    filter: &ReportFilter,
) -> ApiResult<Vec<(CampaignSummary, CounterValues)>> {
    let found = read_rows_by_campaign(context.report_source(), period, filter).await?;
    Ok(found.into_iter().map(|(campaign, rows)| (campaign, sum_rows(&rows))).collect())
}

fn sum_campaigns(campaigns: &[(CampaignSummary, CounterValues)]) -> CounterValues {
    let mut total = CounterValues::new();
    campaigns.iter().for_each(|(_, counts)| total.add_all(counts));
    total
}

/// Returns the promotions that have issued the same offer to every customer.
async fn find_untargeted(
    context: &ReportsContext,
    campaigns: &[(CampaignSummary, CounterValues)],
) -> ApiResult<BTreeSet<CampaignId>> {
    let issued = campaigns.iter().filter(|(_, counts)| counts.amount(&Counter::Issued) > 0);
    let asked = issued.map(|(campaign, _)| async move {
        let scope = context.scopes.scope_of(&context.store, campaign).await?;
        ApiResult::Ok(scope.is_some_and(|scope| scope.everyone).then(|| campaign.id.clone()))
    });
    let answers: Vec<_> =
        stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(CONCURRENCY).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

/// Builds a row for each campaign, which is compared with all others together.
fn campaign_rows(
    campaigns: Vec<(CampaignSummary, CounterValues)>,
    untargeted: &BTreeSet<CampaignId>,
) -> Vec<EngagementRow> {
    let total = funnel_steps(&sum_campaigns(&campaigns));
    let of = |(campaign, counts): (CampaignSummary, CounterValues)| {
        let own = funnel_steps(&counts);
        let found = find_drop_off(&own, &total.without(&own)).map(drop_off_view);
        let remark = untargeted.contains(&campaign.id).then_some(UNTARGETED_REMARK);
        EngagementRow {
            name: Some(campaign.name),
            leak: found,
            remark,
            ..engagement_row(campaign.id.to_string(), &counts)
        }
    };
    campaigns.into_iter().map(of).collect()
}

async fn rows_by_vertical(
    context: &ReportsContext,
    campaigns: &[(CampaignSummary, CounterValues)],
) -> ApiResult<Vec<EngagementRow>> {
    let mut verticals: BTreeMap<String, CounterValues> = BTreeMap::new();
    for (campaign, counts) in campaigns {
        let scope = context.scopes.scope_of(&context.store, campaign).await?;
        let names = scope.map(|scope| scope.verticals).filter(|names| !names.is_empty());
        for name in names.unwrap_or_else(|| vec![ANY_VERTICAL.to_owned()]) {
            verticals.entry(name).or_default().add_all(counts);
        }
    }
    Ok(verticals.into_iter().map(|(name, counts)| engagement_row(name, &counts)).collect())
}

fn funnel_steps(counts: &CounterValues) -> FunnelSteps {
    let count = |counter: Counter| counts.amount(&counter);
    let issued = count(Counter::Issued);
    let not_issued = count(Counter::Skipped(SkipScope::All)) + count(Counter::Failed);
    let [sent, delivered, accepted, redeemed] =
        [Counter::Sent, Counter::Delivered, Counter::Accepted, Counter::Redeemed]
            .map(|stage| count(stage(ChannelScope::All)));
    FunnelSteps::new([
        (FunnelStage::Issued, issued + not_issued, issued),
        (FunnelStage::Sent, issued, sent),
        (FunnelStage::Delivered, sent, delivered),
        (FunnelStage::Accepted, delivered, accepted),
        (FunnelStage::Redeemed, accepted, redeemed),
    ])
}

fn drop_off_view(found: FunnelDropOff) -> LeakView {
    let (code, says, next_step) = match found.stage {
        FunnelStage::Issued => (
            "not_issued",
            "many of its customers are skipped: opted out, without consent, or over a cap",
            "see the skips by reason in campaign-perf; compare its ladder with what these customers allow",
        ),
        FunnelStage::Sent => (
            "not_sent",
            "vouchers are issued, and no message goes out: a slow or failing channel, or no channel left",
            "see failures by reason in api-perf, and what waits in pending-triggers",
        ),
        FunnelStage::Delivered => (
            "not_delivered",
            "messages go out and do not arrive: old addresses, or a provider that refuses",
            "see bounces and failures in api-perf; find out where these addresses come from",
        ),
        FunnelStage::Accepted => (
            "not_accepted",
            "the message arrives, and the offer is not taken: not wanted, not understood, or one of several that stand open",
            "look at subject and first line, at the minimum basket, and at what else these customers have open",
        ),
        FunnelStage::Redeemed => (
            "accepted_and_not_redeemed",
            "customers want it and do not use it: its value or its validity does not fit a real basket",
            "compare the minimum basket with usual baskets, give it more time, or remind",
        ),
    };
    let shown = |(reached, of): (i64, i64)| signed_percent(reached, of).unwrap_or_default();
    LeakView {
        leak: code,
        percent: shown(found.own),
        others_percent: shown(found.others),
        says,
        next_step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> CounterValues {
        pairs.iter().map(|(name, by)| (Counter::parse(name), *by)).collect()
    }

    #[test]
    fn refusals_are_listed_by_reason_the_most_frequent_first() {
        let counts = counts(&[
            ("refusals.expired", 2),
            ("refused.expired", 2),
            ("refusals.redeeming_suspended", 7),
            ("refused.redeeming_suspended", 3),
        ]);
        let rows: Vec<_> = refusal_rows(&counts)
            .into_iter()
            .map(|row| (row.reason, row.refusals, row.vouchers))
            .collect();
        assert_eq!(rows, [("redeeming_suspended", 7, 3), ("expired", 2, 2)]);
    }

    #[test]
    fn each_stage_is_held_against_the_one_before() {
        let counts = counts(&[
            ("issued", 1_000),
            ("sent", 950),
            ("delivered", 800),
            ("accepted", 300),
            ("sent.sms", 40),
        ]);
        let whole = EngagementFunnel::compute(&counts, ChannelScope::All);
        assert_eq!((whole.issued, whole.sent, whole.redeemed), (Some(1_000), 950, 0));
        let lost: Vec<_> =
            whole.lost_percent.iter().map(|(step, lost)| format!("{step} {lost}")).collect();
        assert_eq!(
            lost,
            [
                "accepted_to_redeemed 100.00",
                "delivered_to_accepted 62.50",
                "issued_to_sent 5.00",
                "sent_to_delivered 15.79"
            ]
        );
        assert_eq!(refusal_rows(&counts), []);
        let sms = channel_row(&counts, Channel::Sms);
        assert_eq!((sms.funnel.issued, sms.funnel.sent), (None, 40));
    }
}
