//! Reports how customers respond: the funnel from issue to redemption by day, channel, campaign or
//! vertical, and for each campaign the stage at which it loses more customers than the others
//! (`domain::find_drop_off`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    kernel::{channel::Channel, id::CampaignId},
    reporting::{
        counters::{CounterValues, period::ReportPeriod},
        funnel_dropoff::{FunnelDropOff, FunnelStage, FunnelSteps, find_drop_off},
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use http_edge::{ApiResult, Problem, csv};
use reporting::daily_counters::{
    DailyCounters, ReportFilter, add_counters, read_rows, read_rows_by_campaign,
};
use store::campaign::campaigns::CampaignSummary;

use crate::{
    ReportsContext, cost,
    duration::duration_percentiles,
    engagement_views::{EngagementFunnel, EngagementReport, EngagementRow, LeakView, RemarkView},
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
const STAGES: [&str; 5] = ["issued", "sent", "delivered", "accepted", "redeemed"];

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
        true => csv_table(&rows),
        false => {
            let zone = context.zone_name.clone();
            Json(EngagementReport {
                from: period.from,
                to: period.to,
                zone,
                total: build_funnel(&total, ""),
                rows,
            })
            .into_response()
        }
    })
}

fn sum_rows(rows: &[DailyCounters]) -> CounterValues {
    let mut total = CounterValues::new();
    rows.iter().for_each(|row| add_counters(&mut total, &row.counts));
    total
}

/// Sums rows by day over kinds and currencies: the counters are customers, not money.
fn rows_by_day(rows: &[DailyCounters]) -> Vec<EngagementRow> {
    let mut days: BTreeMap<_, CounterValues> = BTreeMap::new();
    rows.iter().for_each(|row| add_counters(days.entry(row.day).or_default(), &row.counts));
    days.into_iter().map(|(day, counts)| engagement_row(day.to_string(), &counts)).collect()
}

fn engagement_row(key: String, counts: &CounterValues) -> EngagementRow {
    EngagementRow { key, name: None, funnel: build_funnel(counts, ""), leak: None, remark: None }
}

fn channel_row(total: &CounterValues, channel: Channel) -> EngagementRow {
    let funnel = build_funnel(total, &format!(".{channel}"));
    // The time that customers take is not counted by channel.
    let funnel =
        EngagementFunnel { issued: None, time_to_accept: None, time_to_redeem: None, ..funnel };
    EngagementRow { key: channel.to_string(), name: None, funnel, leak: None, remark: None }
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
    campaigns.iter().for_each(|(_, counts)| add_counters(&mut total, counts));
    total
}

/// Returns the promotions that have issued the same offer to every customer.
async fn find_untargeted(
    context: &ReportsContext,
    campaigns: &[(CampaignSummary, CounterValues)],
) -> ApiResult<BTreeSet<CampaignId>> {
    let issued =
        campaigns.iter().filter(|(_, counts)| counts.get("issued").is_some_and(|by| *by > 0));
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
            add_counters(verticals.entry(name).or_default(), counts);
        }
    }
    Ok(verticals.into_iter().map(|(name, counts)| engagement_row(name, &counts)).collect())
}

/// Builds the funnel from the counters whose names end with `suffix`.
fn build_funnel(counts: &CounterValues, suffix: &str) -> EngagementFunnel {
    let count = |name: &str| counts.get(&format!("{name}{suffix}")).copied().unwrap_or(0);
    let pairs = STAGES.iter().zip(STAGES.iter().skip(1));
    let pairs = pairs.filter(|(before, _)| suffix.is_empty() || **before != "issued");
    let lost = pairs.filter_map(|(before, after)| {
        let (of, reached) = (count(before), count(after));
        Some((format!("{before}_to_{after}"), signed_percent(of - reached, of)?))
    });
    EngagementFunnel {
        lost_percent: lost.collect(),
        issued: suffix.is_empty().then(|| count("issued")),
        sent: count("sent"),
        delivered: count("delivered"),
        accepted: count("accepted"),
        redeemed: count("redeemed"),
        time_to_accept: duration_percentiles(counts, "took.accepted."),
        time_to_redeem: duration_percentiles(counts, "took.redeemed."),
    }
}

fn signed_percent(part: i64, whole: i64) -> Option<String> {
    let sign = if part < 0 { "-" } else { "" };
    Some(format!("{sign}{}", cost::decimal_ratio(part.abs().saturating_mul(100), whole)?))
}

fn funnel_steps(counts: &CounterValues) -> FunnelSteps {
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    let issued = count("issued");
    FunnelSteps::new([
        (FunnelStage::Issued, issued + count("skipped") + count("failed"), issued),
        (FunnelStage::Sent, issued, count("sent")),
        (FunnelStage::Delivered, count("sent"), count("delivered")),
        (FunnelStage::Accepted, count("delivered"), count("accepted")),
        (FunnelStage::Redeemed, count("accepted"), count("redeemed")),
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

fn csv_table(rows: &[EngagementRow]) -> Response {
    let header = [
        "key",
        "name",
        "issued",
        "sent",
        "delivered",
        "accepted",
        "redeemed",
        "accept_p50_ms",
        "accept_p95_ms",
        "redeem_p50_ms",
        "redeem_p95_ms",
        "leak",
        "remark",
    ];
    let cells = |row: &EngagementRow| {
        let it = &row.funnel;
        let mut cells = vec![row.key.clone(), row.name.clone().unwrap_or_default()];
        cells.push(it.issued.map(|issued| issued.to_string()).unwrap_or_default());
        cells.extend(
            [it.sent, it.delivered, it.accepted, it.redeemed].map(|count| count.to_string()),
        );
        for took in [it.time_to_accept, it.time_to_redeem] {
            let shown = |value: fn(&crate::duration::DurationPercentiles) -> i64| {
                took.as_ref().map(|it| value(it).to_string())
            };
            cells.extend([
                shown(|it| it.p50_ms).unwrap_or_default(),
                shown(|it| it.p95_ms).unwrap_or_default(),
            ]);
        }
        cells.push(row.leak.as_ref().map_or("", |leak| leak.leak).to_owned());
        cells.push(row.remark.as_ref().map_or("", |remark| remark.remark).to_owned());
        cells
    };
    csv::csv_response(
        "customer-engagement",
        &header,
        &rows.iter().map(cells).collect::<Vec<_>>(),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> CounterValues {
        pairs.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect()
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
        let whole = build_funnel(&counts, "");
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
        let sms = channel_row(&counts, Channel::Sms);
        assert_eq!((sms.funnel.issued, sms.funnel.sent), (None, 40));
    }
}
