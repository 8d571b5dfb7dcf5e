//! How customers take to what they get: the funnel from issue to redemption by day, channel, campaign or vertical, and for each campaign
//! where it loses most against the others (`domain::leak`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use counted_days::{Counted, Filter, add, by_campaign, rows};
use domain::{
    channel::Channel,
    id::CampaignId,
    leak::{Leak, Stage, Steps, leak},
    report::Counts,
    report::period::Period,
};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use http_api::{Answer, Operator, Params, Problem, Role, csv};
use runtime::clock;
use store::control::Standing;

use crate::{
    Context, cost,
    duration::durations,
    engagement_views::{Engagement, EngagementRow, Funnel, LeakView, RemarkView},
    params::{By, ReportParams},
    views::Format,
};

/// Definitions that are read at once.
const CONCURRENCY: usize = 8;
/// The row of campaigns that are good in every vertical.
const ANY: &str = "any";
const COUPON: RemarkView = RemarkView {
    remark: "same_for_everyone",
    says: "it selects every customer for the same offer: that is a coupon, and most of whom it pays would have bought anyway",
    next_step: "choose by what customers did, such as a playbook does, and hold the effect in campaign-perf against its cost",
};
const STAGES: [&str; 5] = ["issued", "sent", "delivered", "accepted", "redeemed"];

/// How far customers come, from issue to redemption.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/customer-engagement", tag = "reports", operation_id = "read_customer_engagement",
    security(("jwt" = [])),
    params(ReportParams),
    responses(
        (status = 200, content((Engagement = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn read(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Params(params): Params<ReportParams>,
    headers: HeaderMap,
) -> Answer {
    operator.require(Role::Viewer)?;
    let period = Period::new(params.from, params.to, &context.zone, clock::now())?;
    let filter = Filter::new(&params.asked(), &context.zone_name)?;
    let (total, rows) = match params.by.unwrap_or(By::Day) {
        By::Day => {
            let rows = rows(context.days(), period, &filter).await?;
            (sum(&rows), by_day(&rows))
        }
        By::Channel => {
            let total = sum(&rows(context.days(), period, &filter).await?);
            let rows = Channel::ALL.into_iter().map(|channel| of_channel(&total, channel)).collect();
            (total, rows)
        }
        By::Campaign => {
            let campaigns = summed(&context, period, &filter).await?;
            let coupons = coupons(&context, &campaigns).await?;
            (all(&campaigns), each(campaigns, &coupons))
        }
        By::Vertical => {
            let campaigns = summed(&context, period, &filter).await?;
            (all(&campaigns), by_vertical(&context, &campaigns).await?)
        }
    };
    Ok(match csv::wanted(params.format.map(|format| format == Format::Csv), &headers) {
        true => table(&rows),
        false => {
            let zone = context.zone_name.clone();
            Json(Engagement { from: period.from, to: period.to, zone, total: funnel(&total, ""), rows }).into_response()
        }
    })
}

fn sum(rows: &[Counted]) -> Counts {
    let mut total = Counts::new();
    rows.iter().for_each(|row| add(&mut total, &row.counts));
    total
}

/// Kinds and currencies together: these are people and not money.
fn by_day(rows: &[Counted]) -> Vec<EngagementRow> {
    let mut days: BTreeMap<_, Counts> = BTreeMap::new();
    rows.iter().for_each(|row| add(days.entry(row.day).or_default(), &row.counts));
    days.into_iter().map(|(day, counts)| row(day.to_string(), &counts)).collect()
}

fn row(key: String, counts: &Counts) -> EngagementRow {
    EngagementRow { key, name: None, funnel: funnel(counts, ""), leak: None, remark: None }
}

fn of_channel(total: &Counts, channel: Channel) -> EngagementRow {
    let funnel = funnel(total, &format!(".{channel}"));
    // how long customers take is not counted by channel
    let funnel = Funnel { issued: None, time_to_accept: None, time_to_redeem: None, ..funnel };
    EngagementRow { key: channel.to_string(), name: None, funnel, leak: None, remark: None }
}

async fn summed(context: &Context, period: Period, filter: &Filter) -> Answer<Vec<(Standing, Counts)>> {
    let found = by_campaign(context.days(), period, filter).await?;
    Ok(found.into_iter().map(|(standing, rows)| (standing, sum(&rows))).collect())
}

fn all(campaigns: &[(Standing, Counts)]) -> Counts {
    let mut total = Counts::new();
    campaigns.iter().for_each(|(_, counts)| add(&mut total, counts));
    total
}

/// The promotions that have issued the same offer to everyone.
async fn coupons(context: &Context, campaigns: &[(Standing, Counts)]) -> Answer<BTreeSet<CampaignId>> {
    let issued = campaigns.iter().filter(|(_, counts)| counts.get("issued").is_some_and(|by| *by > 0));
    let asked = issued.map(|(standing, _)| async move {
        let scope = context.scopes.of(&context.store, standing).await?;
        Answer::Ok(scope.is_some_and(|scope| scope.everyone).then(|| standing.id.clone()))
    });
    let answers: Vec<_> = stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(CONCURRENCY).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

/// Each against all others together.
fn each(campaigns: Vec<(Standing, Counts)>, coupons: &BTreeSet<CampaignId>) -> Vec<EngagementRow> {
    let total = steps(&all(&campaigns));
    let of = |(standing, counts): (Standing, Counts)| {
        let own = steps(&counts);
        let found = leak(&own, &total.without(&own)).map(view);
        let remark = coupons.contains(&standing.id).then_some(COUPON);
        EngagementRow { name: Some(standing.name), leak: found, remark, ..row(standing.id.to_string(), &counts) }
    };
    campaigns.into_iter().map(of).collect()
}

async fn by_vertical(context: &Context, campaigns: &[(Standing, Counts)]) -> Answer<Vec<EngagementRow>> {
    let mut verticals: BTreeMap<String, Counts> = BTreeMap::new();
    for (standing, counts) in campaigns {
        let scope = context.scopes.of(&context.store, standing).await?;
        let names = scope.map(|scope| scope.verticals).filter(|names| !names.is_empty());
        for name in names.unwrap_or_else(|| vec![ANY.to_owned()]) {
            add(verticals.entry(name).or_default(), counts);
        }
    }
    Ok(verticals.into_iter().map(|(name, counts)| row(name, &counts)).collect())
}

/// Of the counters with this behind their name.
fn funnel(counts: &Counts, suffix: &str) -> Funnel {
    let count = |name: &str| counts.get(&format!("{name}{suffix}")).copied().unwrap_or(0);
    let pairs = STAGES.iter().zip(STAGES.iter().skip(1));
    let pairs = pairs.filter(|(before, _)| suffix.is_empty() || **before != "issued");
    let lost = pairs.filter_map(|(before, after)| {
        let (of, reached) = (count(before), count(after));
        Some((format!("{before}_to_{after}"), percent(of - reached, of)?))
    });
    Funnel {
        lost_percent: lost.collect(),
        issued: suffix.is_empty().then(|| count("issued")),
        sent: count("sent"),
        delivered: count("delivered"),
        accepted: count("accepted"),
        redeemed: count("redeemed"),
        time_to_accept: durations(counts, "took.accepted."),
        time_to_redeem: durations(counts, "took.redeemed."),
    }
}

fn percent(part: i64, whole: i64) -> Option<String> {
    let sign = if part < 0 { "-" } else { "" };
    Some(format!("{sign}{}", cost::ratio(part.abs().saturating_mul(100), whole)?))
}

fn steps(counts: &Counts) -> Steps {
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    let issued = count("issued");
    Steps::new([
        (Stage::Issued, issued + count("skipped") + count("failed"), issued),
        (Stage::Sent, issued, count("sent")),
        (Stage::Delivered, count("sent"), count("delivered")),
        (Stage::Accepted, count("delivered"), count("accepted")),
        (Stage::Redeemed, count("accepted"), count("redeemed")),
    ])
}

fn view(found: Leak) -> LeakView {
    let (code, says, next_step) = match found.stage {
        Stage::Issued => (
            "not_issued",
            "many of its customers are skipped: opted out, without consent, or over a cap",
            "see the skips by reason in campaign-perf; compare its ladder with what these customers allow",
        ),
        Stage::Sent => (
            "not_sent",
            "vouchers are issued, and no message goes out: a slow or failing channel, or no channel left",
            "see failures by reason in api-perf, and what waits in pending-triggers",
        ),
        Stage::Delivered => (
            "not_delivered",
            "messages go out and do not arrive: old addresses, or a provider that refuses",
            "see bounces and failures in api-perf; find out where these addresses come from",
        ),
        Stage::Accepted => (
            "not_accepted",
            "the message arrives, and the offer is not taken: not wanted, not understood, or one of several that stand open",
            "look at subject and first line, at the minimum basket, and at what else these customers have open",
        ),
        Stage::Redeemed => (
            "accepted_and_not_redeemed",
            "customers want it and do not use it: its value or its validity does not fit a real basket",
            "compare the minimum basket with usual baskets, give it more time, or remind",
        ),
    };
    let shown = |(reached, of): (i64, i64)| percent(reached, of).unwrap_or_default();
    LeakView { leak: code, percent: shown(found.own), others_percent: shown(found.others), says, next_step }
}

fn table(rows: &[EngagementRow]) -> Response {
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
        cells.extend([it.sent, it.delivered, it.accepted, it.redeemed].map(|count| count.to_string()));
        for took in [it.time_to_accept, it.time_to_redeem] {
            let shown = |value: fn(&crate::duration::Durations) -> i64| took.as_ref().map(|it| value(it).to_string());
            cells.extend([shown(|it| it.p50_ms).unwrap_or_default(), shown(|it| it.p95_ms).unwrap_or_default()]);
        }
        cells.push(row.leak.as_ref().map_or("", |leak| leak.leak).to_owned());
        cells.push(row.remark.as_ref().map_or("", |remark| remark.remark).to_owned());
        cells
    };
    csv::answer("customer-engagement", &header, &rows.iter().map(cells).collect::<Vec<_>>(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> Counts {
        pairs.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect()
    }

    #[test]
    fn each_stage_is_held_against_the_one_before() {
        let counts =
            counts(&[("issued", 1_000), ("sent", 950), ("delivered", 800), ("accepted", 300), ("sent.sms", 40)]);
        let whole = funnel(&counts, "");
        assert_eq!((whole.issued, whole.sent, whole.redeemed), (Some(1_000), 950, 0));
        let lost: Vec<_> = whole.lost_percent.iter().map(|(step, lost)| format!("{step} {lost}")).collect();
        assert_eq!(
            lost,
            [
                "accepted_to_redeemed 100.00",
                "delivered_to_accepted 62.50",
                "issued_to_sent 5.00",
                "sent_to_delivered 15.79"
            ]
        );
        let sms = of_channel(&counts, Channel::Sms);
        assert_eq!((sms.funnel.issued, sms.funnel.sent), (None, 40));
    }
}
