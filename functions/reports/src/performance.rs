//! Reports the revenue, cost and lift of each campaign: one page of campaigns, and one query of its
//! days for each.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    Date, Timestamp,
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::channel::Channel,
    reporting::counters::{CounterValues, period::ReportPeriod},
};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem};
use reporting::daily_counters::{ReportFilter, list_campaigns, select_campaigns};
use runtime::clock;
use store::campaign::campaigns::CampaignSummary;

use crate::{
    MessageTariff, ReportsContext,
    columns::table_response,
    exposure::extended_period,
    params::{PerformanceParams, ReportRequest},
    store_problem,
    views::{CampaignPerformance, PerformanceReport, PerformanceSource},
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
        true => table_response("campaign-perf", &items, next_cursor.as_deref()),
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
    let source = PerformanceSource { counts: &counts, days: &rows, period, today, tariff };
    Ok(CampaignPerformance::compute(campaign, &source))
}

#[cfg(test)]
mod tests {
    use domain::{
        campaign::{kind::CampaignKind, lifecycle::CampaignState, redeeming::Revocation},
        kernel::{id::CampaignId, money::Currency},
        reporting::{counters::Counter, sample_ratio::SampleRatioVerdict},
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
            undo_until: None,
            ended_at: None,
            starts_at: None,
            ends_at: None,
            start_deadline: None,
            priority: 50,
            holdout_percent: 10,
            variants: Vec::new(),
            run: None,
            segments: 1,
            revoke: Revocation::default(),
            suspension: None,
            paused_because: None,
            resumed_at: None,
            replayed: None,
            is_approved: false,
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
        let day: Date = "2026-11-01".parse().unwrap();
        let source = PerformanceSource {
            counts: &counts,
            days: &BTreeMap::new(),
            period: ReportPeriod { from: day, to: day },
            today: day,
            tariff: &MessageTariff {
                currency: eur,
                costs: domain::reporting::costs::CostRates::default(),
            },
        };
        let shown = CampaignPerformance::compute(campaign, &source);
        assert_eq!((shown.voucher_cost, shown.message_cost), (1_000, Some(20)));
        assert_eq!(shown.return_on_cost.as_deref(), Some("4.53"));
        assert_eq!(
            shown.channels.keys().copied().collect::<Vec<_>>(),
            [Channel::Sms, Channel::Email]
        );
        assert_eq!(shown.sample_ratio.verdict, SampleRatioVerdict::TooFew);
        assert_eq!(shown.skips, BTreeMap::from([("no_consent".to_owned(), 2)]));
    }
}
