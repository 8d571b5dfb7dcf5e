//! The overview: totals and days of all campaigns, per kind and currency. One query of one row per day, kind and currency.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{campaign::Kind, money::Currency, report::Counts, report::period::Period};
use http::HeaderMap;
use http_api::{Answer, Operator, Params, Problem, Role, csv};
use runtime::clock;

use crate::{
    Context, Tariff,
    filter::{Counted, Filter, ReportParams, add, rows},
    views::{Day, Format, Overview, Stages, Total},
};

/// What all campaigns brought, day by day.
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
    let filter = Filter::new(&params, &context.zone_name)?;
    let (totals, days) = folded(rows(&context, period, &filter).await?, &context.tariff);
    Ok(match csv::wanted(params.format.map(|format| format == Format::Csv), &headers) {
        true => table(&days),
        false => Json(Overview { from: period.from, to: period.to, zone: context.zone_name.clone(), totals, days })
            .into_response(),
    })
}

fn folded(rows: Vec<Counted>, tariff: &Tariff) -> (Vec<Total>, Vec<Day>) {
    let mut sums: BTreeMap<(Kind, Currency), Counts> = BTreeMap::new();
    let mut days = Vec::new();
    for Counted { day, kind, currency, counts } in rows {
        add(sums.entry((kind, currency)).or_default(), &counts);
        days.push(Day { day, total: total(kind, currency, &counts, tariff) });
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

fn table(days: &[Day]) -> Response {
    let mut header = vec!["day", "kind", "currency"];
    header.extend(Stages::NAMES);
    header.extend(["discount", "message_cost"]);
    let row = |day: &Day| {
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
    use crate::filter::counted;

    fn counts(pairs: &[(&str, i64)]) -> Counts {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn days_add_up_per_kind_and_currency() {
        let eur = Currency::parse("EUR").unwrap();
        let tariff = Tariff { currency: eur, sms: 50_000, email: 100, push: 1 };
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
