//! Reads the daily counters of the campaigns that a report is about, for every function that
//! answers reports.
//!
//! Reads the counters in Reports, and in Control the list of campaigns and the channels and
//! verticals of their definitions. Writes nothing, and never reads a voucher.
//!
//! Without a filter by campaign, channel or vertical it reads the sums of all campaigns, otherwise
//! each campaign's own days.

mod filter;

use domain::{
    Date,
    campaign::kind::CampaignKind,
    kernel::money::Currency,
    reporting::counters::{CounterValues, period::ReportPeriod},
};
use futures::{StreamExt, TryStreamExt, stream};
use http_edge::{ApiResult, Problem};
use store::{Store, StoreError, campaign::campaigns::CampaignSummary};

pub use filter::{CampaignScope, FilterQuery, ReportFilter, ScopeCache};

/// The most campaigns of one report that have to be summed up when it is asked for.
const MAX_CAMPAIGNS: usize = 500;
/// The most campaigns of an overview of all campaigns.
const MAX_LISTED: usize = 2_000;
/// Campaigns on one page of the list.
const PAGE: usize = 100;
/// Campaigns read concurrently.
const CONCURRENCY: usize = 8;
/// The partition key of the rows that sum up all campaigns.
const ALL_CAMPAIGNS: &str = "ALL";

/// The store and the cache from which reports are read.
#[derive(Debug, Clone, Copy)]
pub struct ReportSource<'a> {
    pub store: &'a Store,
    pub scopes: &'a ScopeCache,
}

/// One row of counters.
#[derive(Debug, Clone)]
pub struct DailyCounters {
    pub day: Date,
    pub kind: CampaignKind,
    pub currency: Currency,
    pub counts: CounterValues,
}

/// Returns true if the filter selects the campaign.
async fn is_selected(
    source: ReportSource<'_>,
    filter: &ReportFilter,
    campaign: &CampaignSummary,
) -> ApiResult<bool> {
    if !filter.selects_campaign(campaign) {
        return Ok(false);
    }
    if filter.channel.is_none() && filter.vertical.is_none() {
        return Ok(true);
    }
    let scope = source.scopes.scope_of(source.store, campaign).await?;
    Ok(scope.is_some_and(|scope| filter.selects_scope(&scope)))
}

/// Returns those of `list_campaigns` that the filter selects, in their order.
pub async fn select_campaigns(
    source: ReportSource<'_>,
    filter: &ReportFilter,
    campaigns: Vec<CampaignSummary>,
) -> ApiResult<Vec<CampaignSummary>> {
    let asked = campaigns.into_iter().map(|campaign| async move {
        let wanted = is_selected(source, filter, &campaign).await?;
        ApiResult::Ok(wanted.then_some(campaign))
    });
    let answers: Vec<_> =
        stream::iter(asked.collect::<Vec<_>>()).buffered(CONCURRENCY).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

/// Lists the launched campaigns that the filter selects, newest first.
pub async fn list_campaigns(
    source: ReportSource<'_>,
    filter: &ReportFilter,
) -> ApiResult<Vec<CampaignSummary>> {
    if let Some(id) = &filter.campaign {
        let campaign = source.store.campaign_summary(id).await.map_err(store_problem)?;
        let campaign = campaign.ok_or_else(|| Problem::not_found("campaign_unknown"))?;
        return Ok(if is_selected(source, filter, &campaign).await? {
            vec![campaign]
        } else {
            Vec::new()
        });
    }
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = source
            .store
            .list_campaigns(filter.kind, None, after.as_deref(), PAGE)
            .await
            .map_err(store_problem)?;
        found.extend(select_campaigns(source, filter, page.campaigns).await?);
        if found.len() > MAX_CAMPAIGNS {
            let detail = format!(
                "more than {MAX_CAMPAIGNS} campaigns: ask for one kind, or for one campaign"
            );
            return Err(Problem::field("campaign", "too_many", detail));
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Lists the launched campaigns of the filter's kind and currency, newest first, up to a bound. The
/// flag says that there are more.
pub async fn list_newest_campaigns(
    source: ReportSource<'_>,
    filter: &ReportFilter,
) -> ApiResult<(Vec<CampaignSummary>, bool)> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = source
            .store
            .list_campaigns(filter.kind, None, after.as_deref(), PAGE)
            .await
            .map_err(store_problem)?;
        found.extend(
            page.campaigns.into_iter().filter(|campaign| filter.selects_campaign(campaign)),
        );
        after = page.next;
        if after.is_none() || found.len() >= MAX_LISTED {
            return Ok((found, after.is_some()));
        }
    }
}

/// Reads the rows that answer `filter`, in the order of their days.
pub async fn read_rows(
    source: ReportSource<'_>,
    period: ReportPeriod,
    filter: &ReportFilter,
) -> ApiResult<Vec<DailyCounters>> {
    if filter.covers_all_campaigns() {
        let rows = source
            .store
            .report_rows(ALL_CAMPAIGNS, period.from, period.to)
            .await
            .map_err(store_problem)?;
        let rows = rows.into_iter().filter_map(|(key, counts)| parse_row(&key, counts));
        let wanted = |row: &DailyCounters| {
            filter.kind.is_none_or(|kind| kind == row.kind)
                && filter.currency.is_none_or(|it| it == row.currency)
        };
        return Ok(rows.filter(wanted).collect());
    }
    Ok(merge_rows(
        read_rows_by_campaign(source, period, filter)
            .await?
            .into_iter()
            .flat_map(|(_, rows)| rows)
            .collect(),
    ))
}

/// Sums rows up to one for each day, kind and currency.
pub fn merge_rows(mut rows: Vec<DailyCounters>) -> Vec<DailyCounters> {
    rows.sort_by_key(|row| (row.day, row.kind, row.currency));
    rows.dedup_by(|next, kept| {
        let same = (next.day, next.kind, next.currency) == (kept.day, kept.kind, kept.currency);
        if same {
            kept.counts.add_all(&next.counts);
        }
        same
    });
    rows
}

/// Reads the days of each campaign that the filter selects.
pub async fn read_rows_by_campaign(
    source: ReportSource<'_>,
    period: ReportPeriod,
    filter: &ReportFilter,
) -> ApiResult<Vec<(CampaignSummary, Vec<DailyCounters>)>> {
    read_days_of_each(source, period, list_campaigns(source, filter).await?).await
}

pub async fn read_days_of_each(
    source: ReportSource<'_>,
    period: ReportPeriod,
    campaigns: Vec<CampaignSummary>,
) -> ApiResult<Vec<(CampaignSummary, Vec<DailyCounters>)>> {
    let reads: Vec<_> =
        campaigns.into_iter().map(|campaign| read_days(source, period, campaign)).collect();
    stream::iter(reads).buffered(CONCURRENCY).try_collect().await
}

async fn read_days(
    source: ReportSource<'_>,
    period: ReportPeriod,
    campaign: CampaignSummary,
) -> ApiResult<(CampaignSummary, Vec<DailyCounters>)> {
    let found = source
        .store
        .report_rows(campaign.id.as_str(), period.from, period.to)
        .await
        .map_err(store_problem)?;
    let (kind, currency) = (campaign.kind, campaign.currency);
    let row = |(day, counts): (String, CounterValues)| {
        Some(DailyCounters { day: day.parse().ok()?, kind, currency, counts })
    };
    let rows = found.into_iter().filter_map(row).collect();
    Ok((campaign, rows))
}

/// Parses a row of sums with its key, such as `2026-11-22#promotion#EUR`. Returns `None` for a key
/// that this version does not know.
pub fn parse_row(key: &str, counts: CounterValues) -> Option<DailyCounters> {
    let mut parts = key.split('#');
    let (day, kind, currency) = (parts.next()?, parts.next()?, parts.next()?);
    Some(DailyCounters {
        day: day.parse().ok()?,
        kind: CampaignKind::parse(kind)?,
        currency: Currency::parse(currency).ok()?,
        counts,
    })
}

fn store_problem(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_shape_is_left_out() {
        assert!(parse_row("2026-11-01#promotion#EUR", CounterValues::new()).is_some());
        assert!(parse_row("2026-11-01", CounterValues::new()).is_none());
        assert!(parse_row("2026-11-01#raffle#EUR", CounterValues::new()).is_none());
    }
}
