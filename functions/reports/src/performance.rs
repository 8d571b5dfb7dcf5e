//! Campaign by campaign: what it brought and what it cost. A page of campaigns, and for each one query of its days.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{campaign, channel::Channel, report::Counts};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use http_api::{Answer, Operator, Params, Problem, Role, query};
use runtime::clock;
use store::control::Standing;

use crate::{
    Context, Tariff, cost, csv, failed,
    overview::add,
    period::Period,
    views::{CampaignPerformance, ChannelCounts, Format, Performance, PerformanceParams, Stages},
};

/// Campaigns whose days are read at once.
const CONCURRENCY: usize = 8;

/// What each campaign brought and cost.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/campaign-perf", tag = "reports", operation_id = "list_campaign_performance",
    security(("jwt" = [])),
    params(PerformanceParams),
    responses(
        (status = 200, content((Performance = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Params(params): Params<PerformanceParams>,
    headers: HeaderMap,
) -> Answer {
    operator.require(Role::Viewer)?;
    let limit = query::limit(params.limit)? as usize;
    let period = Period::new(params.from, params.to, &context.zone, clock::now())?;
    let kind = params.kind.map_or("", campaign::Kind::as_str);
    let state = params.state.map_or("", campaign::State::as_str);
    let list = format!("campaign-perf?from={}&to={}&kind={kind}&state={state}", period.from, period.to);
    let after: Option<String> = match &params.cursor {
        Some(cursor) => Some(context.cursors().await?.open(&list, cursor)?),
        None => None,
    };
    let page =
        context.store.list_campaigns(params.kind, params.state, after.as_deref(), limit).await.map_err(failed)?;
    let next_cursor = match &page.next {
        Some(next) => Some(context.cursors().await?.seal(&list, next)),
        None => None,
    };
    let launched: Vec<Standing> =
        page.campaigns.into_iter().filter(|campaign| campaign.launched_at.is_some()).collect();
    let reads: Vec<_> = launched.into_iter().map(|campaign| measured(&context, campaign, period)).collect();
    let items: Vec<CampaignPerformance> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
    Ok(match csv::wanted(params.format.map(|format| format == Format::Csv), &headers) {
        true => table(&items, next_cursor.as_deref()),
        false => {
            let zone = context.zone_name.clone();
            Json(Performance { from: period.from, to: period.to, zone, items, next_cursor }).into_response()
        }
    })
}

async fn measured(context: &Context, campaign: Standing, period: Period) -> Result<CampaignPerformance, Problem> {
    let rows = context.store.report_rows(campaign.id.as_str(), period.from, period.to).await.map_err(failed)?;
    let mut counts = Counts::new();
    for (_, day) in &rows {
        add(&mut counts, day);
    }
    Ok(performance(campaign, &counts, &context.tariff))
}

fn performance(campaign: Standing, counts: &Counts, tariff: &Tariff) -> CampaignPerformance {
    let stages = Stages::of(counts);
    let voucher_cost = counts.get("discount").copied().unwrap_or(0);
    let message_cost = tariff.cost(counts, campaign.currency);
    let return_on_cost =
        message_cost.and_then(|messages| cost::ratio(stages.revenue, voucher_cost.saturating_add(messages)));
    let skips = counts.iter().filter_map(|(name, count)| Some((name.strip_prefix("skipped.")?.to_owned(), *count)));
    CampaignPerformance {
        campaign_id: campaign.id,
        name: campaign.name,
        kind: campaign.kind,
        state: campaign.state,
        currency: campaign.currency,
        stages,
        voucher_cost,
        message_cost,
        return_on_cost,
        channels: channels(counts),
        skips: skips.collect(),
    }
}

/// Channels that did something.
fn channels(counts: &Counts) -> BTreeMap<Channel, ChannelCounts> {
    let of = |channel: Channel| {
        let count = |name: &str| counts.get(&format!("{name}.{channel}")).copied().unwrap_or(0);
        ChannelCounts {
            sent: count("sent"),
            delivered: count("delivered"),
            accepted: count("accepted"),
            redeemed: count("redeemed"),
            messages: count("messages"),
            units: count("units"),
        }
    };
    let all = Channel::ALL.into_iter().map(|channel| (channel, of(channel)));
    all.filter(|(_, counts)| *counts != ChannelCounts::default()).collect()
}

fn table(items: &[CampaignPerformance], next_cursor: Option<&str>) -> Response {
    let mut header = vec!["campaign_id", "name", "kind", "state", "currency"];
    header.extend(Stages::NAMES);
    header.extend(["voucher_cost", "message_cost", "return_on_cost"]);
    let row = |item: &CampaignPerformance| {
        let mut row = vec![
            item.campaign_id.to_string(),
            item.name.clone(),
            item.kind.as_str().to_owned(),
            item.state.to_string(),
            item.currency.to_string(),
        ];
        row.extend(item.stages.cells());
        row.push(item.voucher_cost.to_string());
        row.push(item.message_cost.map(|cost| cost.to_string()).unwrap_or_default());
        row.push(item.return_on_cost.clone().unwrap_or_default());
        row
    };
    csv::answer("campaign-perf", &header, &items.iter().map(row).collect::<Vec<_>>(), next_cursor)
}

#[cfg(test)]
mod tests {
    use domain::{
        campaign::{Kind, Revoke, State as Stands},
        id::CampaignId,
        money::Currency,
    };

    use super::*;

    #[test]
    fn a_campaign_shows_its_channels_skips_and_costs() {
        let eur = Currency::parse("EUR").unwrap();
        let at = "2026-11-01T12:00:00Z".parse().unwrap();
        let campaign = Standing {
            id: CampaignId::parse("cmp_1").unwrap(),
            kind: Kind::Promotion,
            name: "Spring".into(),
            currency: eur,
            state: Stands::Running,
            version: 2,
            definition: 1,
            created_at: at,
            created_by: "ada".into(),
            updated_at: at,
            launched_at: Some(at),
            ended_at: None,
            starts_at: None,
            ends_at: None,
            start_deadline: None,
            priority: 50,
            run: None,
            segments: 1,
            revoke: Revoke::None,
            paused_because: None,
            resumed_at: None,
            replayed: None,
        };
        let pairs = [
            ("issued", 3),
            ("sent", 3),
            ("sent.sms", 2),
            ("sent.email", 1),
            ("units.sms", 4),
            ("units.email", 1),
            ("skipped", 2),
            ("skipped.no_consent", 2),
            ("revenue", 4_620),
            ("discount", 1_000),
        ];
        let counts = pairs.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        let shown = performance(campaign, &counts, &Tariff { currency: eur, sms: 50_000, email: 100, push: 1 });
        assert_eq!((shown.voucher_cost, shown.message_cost), (1_000, Some(20)));
        assert_eq!(shown.return_on_cost.as_deref(), Some("4.53"));
        assert_eq!(shown.channels.keys().copied().collect::<Vec<_>>(), [Channel::Sms, Channel::Email]);
        assert_eq!(shown.skips, BTreeMap::from([("no_consent".to_owned(), 2)]));
    }
}
