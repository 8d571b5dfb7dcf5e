//! The overview: totals and days of all campaigns, per kind and currency, their exposure, and the best and worst of them. One query of
//! one row per day, kind and currency; the newest hundred campaigns that were open, for the ranking, by their own days.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use counted_days::{Counted, Filter, add, by_campaign, days_of_each, merged, newest, rows};
use domain::{Date, campaign::Kind, money::Currency, report::Counts, report::period::Period};
use http::HeaderMap;
use http_api::{Answer, Operator, Params, Problem, Role, csv};
use runtime::clock;
use store::control::Standing;

use crate::{
    Context, Tariff,
    exposure::{self, ahead, took_back, wide},
    params::ReportParams,
    ranking::{is_open_in, ranking},
    views::{DayTotal, Format, Overview, Stages, Total},
};

/// Campaigns that the ranking looks at.
const MAX_RANKED: usize = 100;

/// What all campaigns brought, day by day; what is at stake; and the best and worst of them.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/overview", tag = "reports", operation_id = "read_overview", security(("jwt" = [])),
    params(ReportParams),
    responses(
        (status = 200, content((Overview = "application/json"), (String = "text/csv"))),
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
    let tariff = context.tariff().await?;
    if csv::wanted(params.format.map(|format| format == Format::Csv), &headers) {
        return Ok(table(&folded(rows(context.days(), period, &filter).await?, &tariff).1));
    }
    let today = clock::now().to_zoned(context.zone.clone()).date();
    let looked = match filter.of_all() {
        true => Looked::at_sums(&context, period, &filter, today).await?,
        false => Looked::at_each(&context, period, &filter, today).await?,
    };
    let exposure = exposure::totals(&looked.rows, &looked.revoked, period, today);
    let (totals, days) = folded(looked.rows.into_iter().filter(|row| within(period, row)).collect(), &tariff);
    let ranking = ranking(looked.candidates, &tariff, looked.more);
    let (Period { from, to }, zone) = (period, context.zone_name.clone());
    Ok(Json(Overview { from, to, zone, totals, days, exposure, ranking }).into_response())
}

/// What the overview is made of.
struct Looked {
    /// Of all campaigns together: the period, what is before it for the curve, and what is to come.
    rows: Vec<Counted>,
    /// Campaigns whose cancellation took vouchers back, with what would be to come.
    revoked: Vec<(Standing, Vec<Counted>)>,
    /// Campaigns with their sums over the period.
    candidates: Vec<(Standing, Counts)>,
    more: bool,
}

impl Looked {
    async fn at_sums(context: &Context, period: Period, filter: &Filter, today: Date) -> Answer<Self> {
        let rows = rows(context.days(), wide(period, today), filter).await?;
        let (campaigns, more) = newest(context.days(), filter).await?;
        let revoked = campaigns.iter().filter(|it| took_back(it)).cloned().collect();
        let mut open: Vec<_> =
            campaigns.into_iter().filter(|it| is_open_in(it, period, &context.zone)).take(MAX_RANKED + 1).collect();
        let more = more || open.len() > MAX_RANKED;
        open.truncate(MAX_RANKED);
        let candidates = days_of_each(context.days(), period, open).await?;
        Ok(Self {
            rows,
            revoked: days_of_each(context.days(), ahead(today), revoked).await?,
            candidates: candidates.into_iter().map(|(campaign, rows)| (campaign, summed(&rows))).collect(),
            more,
        })
    }

    async fn at_each(context: &Context, period: Period, filter: &Filter, today: Date) -> Answer<Self> {
        let each = by_campaign(context.days(), wide(period, today), filter).await?;
        let rows = merged(each.iter().flat_map(|(_, rows)| rows.iter().cloned()).collect());
        let revoked = each.iter().filter(|(it, _)| took_back(it)).cloned().collect();
        let mut candidates = Vec::new();
        for (campaign, mut rows) in each {
            if is_open_in(&campaign, period, &context.zone) {
                rows.retain(|row| within(period, row));
                candidates.push((campaign, summed(&rows)));
            }
        }
        Ok(Self { rows, revoked, candidates, more: false })
    }
}

fn within(period: Period, row: &Counted) -> bool {
    period.from <= row.day && row.day <= period.to
}

fn summed(rows: &[Counted]) -> Counts {
    let mut sum = Counts::new();
    rows.iter().for_each(|row| add(&mut sum, &row.counts));
    sum
}

fn folded(rows: Vec<Counted>, tariff: &Tariff) -> (Vec<Total>, Vec<DayTotal>) {
    let mut sums: BTreeMap<(Kind, Currency), Counts> = BTreeMap::new();
    let mut days = Vec::new();
    for Counted { day, kind, currency, counts } in rows {
        add(sums.entry((kind, currency)).or_default(), &counts);
        days.push(DayTotal { day, total: total(kind, currency, &counts, tariff) });
    }
    (sums.iter().map(|((kind, currency), counts)| total(*kind, *currency, counts, tariff)).collect(), days)
}

fn total(kind: Kind, currency: Currency, counts: &Counts, tariff: &Tariff) -> Total {
    Total {
        kind,
        currency,
        stages: Stages::of(counts),
        discount: counts.get("discount").copied().unwrap_or(0),
        message_cost: tariff.cost(counts, currency),
    }
}

fn table(days: &[DayTotal]) -> Response {
    let mut header = vec!["day", "kind", "currency"];
    header.extend(Stages::NAMES);
    header.extend(["discount", "message_cost"]);
    let row = |day: &DayTotal| {
        let total = &day.total;
        let mut row = vec![day.day.to_string(), total.kind.as_str().to_owned(), total.currency.to_string()];
        row.extend(total.stages.cells());
        row.push(total.discount.to_string());
        row.push(total.message_cost.map(|cost| cost.to_string()).unwrap_or_default());
        row
    };
    csv::answer("overview", &header, &days.iter().map(row).collect::<Vec<_>>(), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use counted_days::counted;

    fn counts(pairs: &[(&str, i64)]) -> Counts {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn days_add_up_per_kind_and_currency() {
        let eur = Currency::parse("EUR").unwrap();
        let tariff = Tariff { currency: eur, costs: domain::costs::Costs::default() };
        let rows = [
            ("2026-11-01#promotion#EUR", counts(&[("issued", 3), ("units.sms", 2), ("revenue", 900)])),
            ("2026-11-01#promotion#USD", counts(&[("issued", 7), ("units.sms", 2)])),
            ("2026-11-02#promotion#EUR", counts(&[("issued", 1), ("discount", 200), ("units.sms", 1)])),
        ];
        let rows = rows.into_iter().map(|(key, counts)| counted(key, counts).unwrap()).collect();
        let (totals, days) = folded(rows, &tariff);
        assert_eq!(days.len(), 3);
        let seen: Vec<_> =
            totals.iter().map(|it| (it.currency.as_str(), it.stages.issued, it.discount, it.message_cost)).collect();
        assert_eq!(seen, [("EUR", 4, 200, Some(15)), ("USD", 7, 0, None)]);
    }
}
