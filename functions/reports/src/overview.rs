//! The overview: totals and days of all campaigns by kind and currency, their exposure, and the
//! best and worst campaigns.
//!
//! Reads one row for each day, kind and currency in one query, and for the ranking the days of the
//! newest hundred campaigns that were open.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    Date,
    campaign::kind::CampaignKind,
    kernel::money::Currency,
    reporting::counters::{CounterValues, period::ReportPeriod},
};
use http_edge::{ApiResult, Problem};
use reporting::daily_counters::{
    DailyCounters, ReportFilter, list_newest_campaigns, merge_rows, read_days_of_each, read_rows,
    read_rows_by_campaign,
};
use runtime::clock;
use store::campaign::campaigns::CampaignSummary;

use crate::{
    MessageTariff, ReportsContext,
    columns::table_response,
    exposure::{self, days_ahead, extended_period, has_revoked_vouchers},
    params::{ReportParams, ReportRequest},
    ranking::{rank_campaigns, was_open_in},
    views::{DayTotal, OverviewReport, ReportTotal},
};

/// The most campaigns in the ranking.
const MAX_RANKED: usize = 100;

/// Reports the results of all campaigns by day.
///
/// Also reports the exposure, and the best and the worst campaigns.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/overview", tag = "reports", operation_id = "read_overview", security(("jwt" = [])),
    params(ReportParams),
    responses(
        (status = 200, content((OverviewReport = "application/json"), (String = "text/csv"))),
        Problem,
    )
)]
pub async fn read(State(context): State<Arc<ReportsContext>>, request: ReportRequest) -> ApiResult {
    let ReportRequest { period, filter, wants_csv, .. } = request;
    let tariff = context.load_tariff().await?;
    if wants_csv {
        let (_, days) =
            total_rows(read_rows(context.report_source(), period, &filter).await?, &tariff);
        return Ok(table_response("overview", &days, None));
    }
    let today = clock::now().to_zoned(context.zone.clone()).date();
    let data = match filter.covers_all_campaigns() {
        true => OverviewData::from_totals(&context, period, &filter, today).await?,
        false => OverviewData::from_campaigns(&context, period, &filter, today).await?,
    };
    let exposure = exposure::exposure_totals(&data.rows, &data.revoked, period, today);
    let (totals, days) =
        total_rows(data.rows.into_iter().filter(|row| is_within(period, row)).collect(), &tariff);
    let ranking = rank_campaigns(data.candidates, &tariff, data.more);
    let (ReportPeriod { from, to }, zone) = (period, context.zone_name.clone());
    Ok(Json(OverviewReport { from, to, zone, totals, days, exposure, ranking }).into_response())
}

/// The rows from which the overview is computed.
struct OverviewData {
    /// Rows of all campaigns together: the period, the days before it for the redemption curve, and
    /// the days ahead.
    rows: Vec<DailyCounters>,
    /// Campaigns whose cancellation revoked vouchers, with the days on which those would end.
    revoked: Vec<(CampaignSummary, Vec<DailyCounters>)>,
    /// Campaigns with their sums over the period.
    candidates: Vec<(CampaignSummary, CounterValues)>,
    more: bool,
}

impl OverviewData {
    async fn from_totals(
        context: &ReportsContext,
        period: ReportPeriod,
        filter: &ReportFilter,
        today: Date,
    ) -> ApiResult<Self> {
        let rows =
            read_rows(context.report_source(), extended_period(period, today), filter).await?;
        let (campaigns, more) = list_newest_campaigns(context.report_source(), filter).await?;
        let revoked = campaigns.iter().filter(|it| has_revoked_vouchers(it)).cloned().collect();
        let mut open: Vec<_> = campaigns
            .into_iter()
            .filter(|it| was_open_in(it, period, &context.zone))
            .take(MAX_RANKED + 1)
            .collect();
        let more = more || open.len() > MAX_RANKED;
        open.truncate(MAX_RANKED);
        let candidates = read_days_of_each(context.report_source(), period, open).await?;
        Ok(Self {
            rows,
            revoked: read_days_of_each(context.report_source(), days_ahead(today), revoked).await?,
            candidates: candidates
                .into_iter()
                .map(|(campaign, rows)| (campaign, sum_rows(&rows)))
                .collect(),
            more,
        })
    }

    async fn from_campaigns(
        context: &ReportsContext,
        period: ReportPeriod,
        filter: &ReportFilter,
        today: Date,
    ) -> ApiResult<Self> {
        let each =
            read_rows_by_campaign(context.report_source(), extended_period(period, today), filter)
                .await?;
        let rows = merge_rows(each.iter().flat_map(|(_, rows)| rows.iter().cloned()).collect());
        let revoked = each.iter().filter(|(it, _)| has_revoked_vouchers(it)).cloned().collect();
        let mut candidates = Vec::new();
        for (campaign, mut rows) in each {
            if was_open_in(&campaign, period, &context.zone) {
                rows.retain(|row| is_within(period, row));
                candidates.push((campaign, sum_rows(&rows)));
            }
        }
        Ok(Self { rows, revoked, candidates, more: false })
    }
}

fn is_within(period: ReportPeriod, row: &DailyCounters) -> bool {
    period.from <= row.day && row.day <= period.to
}

fn sum_rows(rows: &[DailyCounters]) -> CounterValues {
    let mut sum = CounterValues::new();
    rows.iter().for_each(|row| sum.add_all(&row.counts));
    sum
}

fn total_rows(
    rows: Vec<DailyCounters>,
    tariff: &MessageTariff,
) -> (Vec<ReportTotal>, Vec<DayTotal>) {
    let mut sums: BTreeMap<(CampaignKind, Currency), CounterValues> = BTreeMap::new();
    let mut days = Vec::new();
    for DailyCounters { day, kind, currency, counts } in rows {
        sums.entry((kind, currency)).or_default().add_all(&counts);
        days.push(DayTotal::compute(day, ReportTotal::compute(kind, currency, &counts, tariff)));
    }
    (
        sums.iter()
            .map(|((kind, currency), counts)| {
                ReportTotal::compute(*kind, *currency, counts, tariff)
            })
            .collect(),
        days,
    )
}

#[cfg(test)]
mod tests {
    use domain::reporting::counters::Counter;
    use reporting::daily_counters::parse_row;

    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> CounterValues {
        pairs.iter().map(|(name, count)| (Counter::parse(name), *count)).collect()
    }

    #[test]
    fn days_add_up_per_kind_and_currency() {
        let eur = Currency::parse("EUR").unwrap();
        let tariff =
            MessageTariff { currency: eur, costs: domain::reporting::costs::CostRates::default() };
        let rows = [
            (
                "2026-11-01#promotion#EUR",
                counts(&[("issued", 3), ("units.sms", 2), ("revenue", 900)]),
            ),
            ("2026-11-01#promotion#USD", counts(&[("issued", 7), ("units.sms", 2)])),
            (
                "2026-11-02#promotion#EUR",
                counts(&[("issued", 1), ("discount", 200), ("units.sms", 1)]),
            ),
        ];
        let rows = rows.into_iter().map(|(key, counts)| parse_row(key, counts).unwrap()).collect();
        let (totals, days) = total_rows(rows, &tariff);
        assert_eq!(days.len(), 3);
        let seen: Vec<_> = totals
            .iter()
            .map(|it| (it.currency.as_str(), it.stages.issued, it.discount, it.message_cost))
            .collect();
        assert_eq!(seen, [("EUR", 4, 200, Some(15)), ("USD", 7, 0, None)]);
    }
}
