//! Campaign by campaign: what it brought and what it cost. A page of campaigns, and for each one query of its days.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use counted_days::{Asked, Filter, add, campaigns, wanted};
use domain::{Date, Timestamp, campaign, channel::Channel, report::Counts, report::period::Period};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use http_api::{Answer, Operator, Params, Problem, Role, csv, query};
use runtime::clock;
use store::control::Standing;

use crate::{
    Context, Tariff, cost, effect, effect_views,
    exposure::wide,
    failed,
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
    let filter = filter(&params, &context.zone_name)?;
    let list = list_name(&params, period);
    let after: Option<String> = match &params.cursor {
        Some(cursor) => Some(context.cursors().await?.open(&list, cursor)?),
        None => None,
    };
    let (launched, next) = page(&context, &params, &filter, after, limit).await?;
    let next_cursor = match &next {
        Some(next) => Some(context.cursors().await?.seal(&list, next)),
        None => None,
    };
    let (now, tariff) = (clock::now(), context.tariff().await?);
    let reads: Vec<_> =
        launched.into_iter().map(|campaign| measured(&context, &tariff, campaign, period, now)).collect();
    let items: Vec<CampaignPerformance> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
    Ok(match csv::wanted(params.format.map(|format| format == Format::Csv), &headers) {
        true => table(&items, next_cursor.as_deref()),
        false => {
            let zone = context.zone_name.clone();
            Json(Performance { from: period.from, to: period.to, zone, items, next_cursor }).into_response()
        }
    })
}

fn filter(params: &PerformanceParams, zone_name: &str) -> Result<Filter, Problem> {
    let asked = Asked {
        kind: params.kind,
        campaign: params.campaign.clone(),
        channel: params.channel,
        vertical: params.vertical.clone(),
        currency: params.currency.clone(),
        zone: params.zone.clone(),
    };
    Ok(Filter::new(&asked, zone_name)?)
}

/// What a cursor is good for.
fn list_name(params: &PerformanceParams, period: Period) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    format!(
        "campaign-perf?from={}&to={}&kind={}&state={}&channel={}&vertical={}&currency={}",
        period.from,
        period.to,
        params.kind.map_or("", campaign::Kind::as_str),
        params.state.map_or("", campaign::State::as_str),
        params.channel.map_or("", Channel::as_str),
        text(&params.vertical),
        text(&params.currency),
    )
}

/// The launched campaigns of one page, and where the next one starts.
async fn page(
    context: &Context,
    params: &PerformanceParams,
    filter: &Filter,
    after: Option<String>,
    limit: usize,
) -> Answer<(Vec<Standing>, Option<String>)> {
    if filter.campaign.is_some() {
        let mut found = campaigns(context.days(), filter).await?;
        found.retain(|campaign| params.state.is_none_or(|state| state == campaign.state));
        return Ok((found, None));
    }
    let page =
        context.store.list_campaigns(params.kind, params.state, after.as_deref(), limit).await.map_err(failed)?;
    Ok((wanted(context.days(), filter, page.campaigns).await?, page.next))
}

/// One query: the days of the period, those that make the curve of redemptions, and those on which open vouchers will end.
async fn measured(
    context: &Context,
    tariff: &Tariff,
    campaign: Standing,
    period: Period,
    now: Timestamp,
) -> Result<CampaignPerformance, Problem> {
    let today = now.to_zoned(context.zone.clone()).date();
    let Period { from, to } = wide(period, today);
    let rows = context.store.report_rows(campaign.id.as_str(), from, to).await.map_err(failed)?;
    let rows = rows.into_iter().filter_map(|(day, counts)| Some((day.parse().ok()?, counts)));
    let rows: BTreeMap<Date, Counts> = rows.collect();
    let mut counts = Counts::new();
    for (_, day) in rows.range(period.from..=period.to) {
        add(&mut counts, day);
    }
    let exposure = effect::exposure(&rows, period, today, campaign.revoke);
    let mut found = performance(campaign, &counts, tariff);
    found.exposure = exposure;
    found.effect.windows_close = effect::windows_close(&rows, period, today);
    Ok(found)
}

fn performance(campaign: Standing, counts: &Counts, tariff: &Tariff) -> CampaignPerformance {
    let stages = Stages::of(counts);
    let voucher_cost = counts.get("discount").copied().unwrap_or(0);
    let message_cost = tariff.cost(counts, campaign.currency);
    let return_on_cost =
        message_cost.and_then(|messages| cost::ratio(stages.revenue, voucher_cost.saturating_add(messages)));
    let skips = counts.iter().filter_map(|(name, count)| Some((name.strip_prefix("skipped.")?.to_owned(), *count)));
    CampaignPerformance {
        effect: effect::effect(counts, tariff, campaign.currency),
        exposure: effect_views::ExposureView::default(),
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
    header.extend(effect::COLUMNS);
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
        row.extend(effect::cells(&item.effect, &item.exposure));
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
        let shown = performance(campaign, &counts, &Tariff { currency: eur, costs: domain::costs::Costs::default() });
        assert_eq!((shown.voucher_cost, shown.message_cost), (1_000, Some(20)));
        assert_eq!(shown.return_on_cost.as_deref(), Some("4.53"));
        assert_eq!(shown.channels.keys().copied().collect::<Vec<_>>(), [Channel::Sms, Channel::Email]);
        assert_eq!(shown.skips, BTreeMap::from([("no_consent".to_owned(), 2)]));
    }
}
