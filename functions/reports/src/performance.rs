//! Reports the revenue, cost and lift of each campaign: one page of campaigns, and one query of its
//! days for each.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    Date, Timestamp,
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::channel::Channel,
    reporting::counters::{ChannelScope, Counter, CounterValues, period::ReportPeriod},
};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem, csv};
use reporting::daily_counters::{ReportFilter, list_campaigns, select_campaigns};
use runtime::clock;
use store::campaign::campaigns::CampaignSummary;

use crate::{
    MessageTariff, ReportsContext, cost,
    exposure::extended_period,
    lift, lift_views,
    params::{PerformanceParams, ReportRequest},
    store_problem,
    views::{CampaignPerformance, ChannelCounts, PerformanceReport, StageTotals},
};

/// Campaigns whose days are read concurrently.
const CONCURRENCY: usize = 8;

/// Lists the results and the costs of each campaign.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/campaign-perf", tag = "reports", operation_id = "list_campaign_performance",
    security(("jwt" = [])),
    params(PerformanceParams, PageParams),
    responses(
        (status = 200, content((PerformanceReport = "application/json"), (String = "text/csv"))),
        Problem,
    )
)]
pub async fn list(
    State(context): State<Arc<ReportsContext>>,
    operator: Operator,
    paging: Paging<ReportsContext, PerformanceParams>,
    headers: HeaderMap,
) -> ApiResult {
    operator.require_role(OperatorRole::Viewer)?;
    let (limit, params) = (paging.page_limit()? as usize, &paging.filters);
    let ReportRequest { period, filter, wants_csv, .. } =
        ReportRequest::new(&context, params, &headers)?;
    let list = cursor_scope(params, period);
    let after: Option<String> = paging.read_position(&list).await?;
    let (launched, next) = read_page(&context, params, &filter, after, limit).await?;
    let next_cursor = paging.sign_position(&list, next.as_ref()).await?;
    let (now, tariff) = (clock::now(), context.load_tariff().await?);
    let reads: Vec<_> = launched
        .into_iter()
        .map(|campaign| read_performance(&context, &tariff, campaign, period, now))
        .collect();
    let items: Vec<CampaignPerformance> =
        stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
    Ok(match wants_csv {
        true => csv_table(&items, next_cursor.as_deref()),
        false => {
            let zone = context.zone_name.clone();
            Json(PerformanceReport { from: period.from, to: period.to, zone, items, next_cursor })
                .into_response()
        }
    })
}

/// Returns the list that a cursor belongs to; a cursor is valid for the same parameters only.
fn cursor_scope(params: &PerformanceParams, period: ReportPeriod) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    format!(
        "campaign-perf?from={}&to={}&kind={}&state={}&channel={}&vertical={}&currency={}",
        period.from,
        period.to,
        params.kind.map_or("", CampaignKind::as_str),
        params.state.map_or("", CampaignState::as_str),
        params.channel.map_or("", Channel::as_str),
        text(&params.vertical),
        text(&params.currency),
    )
}

/// Reads one page of launched campaigns, and the position of the next one.
async fn read_page(
    context: &ReportsContext,
    params: &PerformanceParams,
    filter: &ReportFilter,
    after: Option<String>,
    limit: usize,
) -> ApiResult<(Vec<CampaignSummary>, Option<String>)> {
    if filter.campaign.is_some() {
        let mut found = list_campaigns(context.report_source(), filter).await?;
        found.retain(|campaign| params.state.is_none_or(|state| state == campaign.state));
        return Ok((found, None));
    }
    let page = context
        .store
        .list_campaigns(params.kind, params.state, after.as_deref(), limit)
        .await
        .map_err(store_problem)?;
    Ok((select_campaigns(context.report_source(), filter, page.campaigns).await?, page.next))
}

/// Reads a campaign's days in one query: those of the period, those of the redemption curve, and
/// those on which open vouchers end.
async fn read_performance(
    context: &ReportsContext,
    tariff: &MessageTariff,
    campaign: CampaignSummary,
    period: ReportPeriod,
    now: Timestamp,
) -> Result<CampaignPerformance, Problem> {
    let today = now.to_zoned(context.zone.clone()).date();
    let ReportPeriod { from, to } = extended_period(period, today);
    let rows =
        context.store.report_rows(campaign.id.as_str(), from, to).await.map_err(store_problem)?;
    let rows = rows.into_iter().filter_map(|(day, counts)| Some((day.parse().ok()?, counts)));
    let rows: BTreeMap<Date, CounterValues> = rows.collect();
    let mut counts = CounterValues::new();
    for (_, day) in rows.range(period.from..=period.to) {
        counts.add_all(day);
    }
    let exposure = lift::campaign_exposure(&rows, period, today, campaign.revoke);
    let mut found = build_performance(campaign, &counts, tariff);
    found.exposure = exposure;
    found.effect.windows_close = lift::last_window_close(&rows, period, today);
    Ok(found)
}

fn build_performance(
    campaign: CampaignSummary,
    counts: &CounterValues,
    tariff: &MessageTariff,
) -> CampaignPerformance {
    let stages = StageTotals::from_counters(counts);
    let voucher_cost = counts.amount(&Counter::Discount);
    let message_cost = tariff.message_cost(counts, campaign.currency);
    let return_on_cost = message_cost.and_then(|messages| {
        cost::decimal_ratio(stages.revenue, voucher_cost.saturating_add(messages))
    });
    let skips = counts.iter().filter_map(|(counter, count)| {
        let Counter::Skipped(scope) = counter else { return None };
        Some((scope.code()?.to_owned(), count))
    });
    CampaignPerformance {
        effect: lift::campaign_lift(counts, tariff, campaign.currency),
        exposure: lift_views::ExposureView::default(),
        campaign_id: campaign.id,
        name: campaign.name,
        kind: campaign.kind,
        state: campaign.state,
        currency: campaign.currency,
        stages,
        voucher_cost,
        message_cost,
        return_on_cost,
        channels: channel_counts(counts),
        skips: skips.collect(),
    }
}

/// Returns the channels with any activity.
fn channel_counts(counts: &CounterValues) -> BTreeMap<Channel, ChannelCounts> {
    let of = |channel: Channel| {
        let on = ChannelScope::On(channel);
        ChannelCounts {
            sent: counts.amount(&Counter::Sent(on)),
            delivered: counts.amount(&Counter::Delivered(on)),
            accepted: counts.amount(&Counter::Accepted(on)),
            redeemed: counts.amount(&Counter::Redeemed(on)),
            messages: counts.amount(&Counter::Messages(channel)),
            units: counts.amount(&Counter::Units(channel)),
        }
    };
    let all = Channel::ALL.into_iter().map(|channel| (channel, of(channel)));
    all.filter(|(_, counts)| *counts != ChannelCounts::default()).collect()
}

fn csv_table(items: &[CampaignPerformance], next_cursor: Option<&str>) -> Response {
    let mut header = vec!["campaign_id", "name", "kind", "state", "currency"];
    header.extend(StageTotals::NAMES);
    header.extend(["voucher_cost", "message_cost", "return_on_cost"]);
    header.extend(lift::COLUMNS);
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
        row.extend(lift::cells(&item.effect, &item.exposure));
        row
    };
    csv::csv_response(
        "campaign-perf",
        &header,
        &items.iter().map(row).collect::<Vec<_>>(),
        next_cursor,
    )
}

#[cfg(test)]
mod tests {
    use domain::{
        campaign::{
            kind::CampaignKind,
            lifecycle::{CampaignState, RevokeScope},
        },
        kernel::{id::CampaignId, money::Currency},
    };

    use super::*;

    #[test]
    fn a_campaign_shows_its_channels_skips_and_costs() {
        let eur = Currency::parse("EUR").unwrap();
        let at = "2026-11-01T12:00:00Z".parse().unwrap();
        let campaign = CampaignSummary {
            id: CampaignId::parse("cmp_1").unwrap(),
            kind: CampaignKind::Promotion,
            name: "Spring".into(),
            currency: eur,
            state: CampaignState::Running,
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
            revoke: RevokeScope::None,
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
        let counts = pairs.into_iter().map(|(name, count)| (Counter::parse(name), count)).collect();
        let shown = build_performance(
            campaign,
            &counts,
            &MessageTariff { currency: eur, costs: domain::reporting::costs::CostRates::default() },
        );
        assert_eq!((shown.voucher_cost, shown.message_cost), (1_000, Some(20)));
        assert_eq!(shown.return_on_cost.as_deref(), Some("4.53"));
        assert_eq!(
            shown.channels.keys().copied().collect::<Vec<_>>(),
            [Channel::Sms, Channel::Email]
        );
        assert_eq!(shown.skips, BTreeMap::from([("no_consent".to_owned(), 2)]));
    }
}
