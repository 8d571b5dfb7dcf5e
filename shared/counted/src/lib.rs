//! The counted days of the campaigns that a report is about, for every function that answers one. Reads the counters of Reports, and of
//! Control the list of campaigns and what their definitions say about channels and verticals; writes nothing, and never reads a voucher.
//! Without a filter by campaign, channel or vertical the sums of all campaigns are read, else each campaign's own days.

mod choice;

use domain::{
    Date,
    campaign::Kind,
    money::Currency,
    report::{Counts, period::Period},
};
use futures::{StreamExt, TryStreamExt, stream};
use http_api::{Answer, Problem};
use store::{Store, StoreError, control::Standing};

pub use choice::{Asked, Filter, Scope, Scopes};

/// Campaigns of one report that are not summed up beforehand.
const MAX_CAMPAIGNS: usize = 500;
/// Campaigns of an overview of all.
const MAX_LISTED: usize = 2_000;
/// Campaigns of one page of the list.
const PAGE: usize = 100;
/// Campaigns that are read at once.
const CONCURRENCY: usize = 8;
/// Partition of the rows of all campaigns together.
const ALL: &str = "ALL";

/// Where it is read from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub store: &'a Store,
    pub scopes: &'a Scopes,
}

/// One row of counters.
#[derive(Debug, Clone)]
pub struct Counted {
    pub day: Date,
    pub kind: Kind,
    pub currency: Currency,
    pub counts: Counts,
}

/// Whether a campaign is what was asked for.
async fn is_wanted(source: Source<'_>, filter: &Filter, standing: &Standing) -> Answer<bool> {
    if !filter.wants(standing) {
        return Ok(false);
    }
    if filter.channel.is_none() && filter.vertical.is_none() {
        return Ok(true);
    }
    let scope = source.scopes.of(source.store, standing).await?;
    Ok(scope.is_some_and(|scope| filter.wants_definition(&scope)))
}

/// Those of `campaigns` that are asked for, in their order.
pub async fn wanted(source: Source<'_>, filter: &Filter, campaigns: Vec<Standing>) -> Answer<Vec<Standing>> {
    let asked = campaigns.into_iter().map(|standing| async move {
        let wanted = is_wanted(source, filter, &standing).await?;
        Answer::Ok(wanted.then_some(standing))
    });
    let answers: Vec<_> = stream::iter(asked.collect::<Vec<_>>()).buffered(CONCURRENCY).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

/// The launched campaigns that are asked for, newest first.
pub async fn campaigns(source: Source<'_>, filter: &Filter) -> Answer<Vec<Standing>> {
    if let Some(id) = &filter.campaign {
        let standing = source.store.campaign_state(id).await.map_err(failed)?;
        let standing = standing.ok_or_else(|| Problem::not_found("campaign_unknown"))?;
        return Ok(if is_wanted(source, filter, &standing).await? { vec![standing] } else { Vec::new() });
    }
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = source.store.list_campaigns(filter.kind, None, after.as_deref(), PAGE).await.map_err(failed)?;
        found.extend(wanted(source, filter, page.campaigns).await?);
        if found.len() > MAX_CAMPAIGNS {
            let detail = format!("more than {MAX_CAMPAIGNS} campaigns: ask for one kind, or for one campaign");
            return Err(Problem::field("campaign", "too_many", detail));
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// The launched campaigns of the kind and currency, newest first, as many as there are up to a bound; and whether there are more.
pub async fn newest(source: Source<'_>, filter: &Filter) -> Answer<(Vec<Standing>, bool)> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = source.store.list_campaigns(filter.kind, None, after.as_deref(), PAGE).await.map_err(failed)?;
        found.extend(page.campaigns.into_iter().filter(|standing| filter.wants(standing)));
        after = page.next;
        if after.is_none() || found.len() >= MAX_LISTED {
            return Ok((found, after.is_some()));
        }
    }
}

/// The rows that answer `filter`, in the order of their days.
pub async fn rows(source: Source<'_>, period: Period, filter: &Filter) -> Answer<Vec<Counted>> {
    if filter.of_all() {
        let rows = source.store.report_rows(ALL, period.from, period.to).await.map_err(failed)?;
        let rows = rows.into_iter().filter_map(|(key, counts)| counted(&key, counts));
        let wanted = |row: &Counted| {
            filter.kind.is_none_or(|kind| kind == row.kind) && filter.currency.is_none_or(|it| it == row.currency)
        };
        return Ok(rows.filter(wanted).collect());
    }
    Ok(merged(by_campaign(source, period, filter).await?.into_iter().flat_map(|(_, rows)| rows).collect()))
}

/// One row for each day, kind and currency.
pub fn merged(mut rows: Vec<Counted>) -> Vec<Counted> {
    rows.sort_by_key(|row| (row.day, row.kind, row.currency));
    rows.dedup_by(|next, kept| {
        let same = (next.day, next.kind, next.currency) == (kept.day, kept.kind, kept.currency);
        if same {
            add(&mut kept.counts, &next.counts);
        }
        same
    });
    rows
}

/// The days of each campaign that is asked for.
pub async fn by_campaign(source: Source<'_>, period: Period, filter: &Filter) -> Answer<Vec<(Standing, Vec<Counted>)>> {
    days_of_each(source, period, campaigns(source, filter).await?).await
}

pub async fn days_of_each(
    source: Source<'_>,
    period: Period,
    campaigns: Vec<Standing>,
) -> Answer<Vec<(Standing, Vec<Counted>)>> {
    let reads: Vec<_> = campaigns.into_iter().map(|standing| days_of(source, period, standing)).collect();
    stream::iter(reads).buffered(CONCURRENCY).try_collect().await
}

async fn days_of(source: Source<'_>, period: Period, standing: Standing) -> Answer<(Standing, Vec<Counted>)> {
    let found = source.store.report_rows(standing.id.as_str(), period.from, period.to).await.map_err(failed)?;
    let (kind, currency) = (standing.kind, standing.currency);
    let row = |(day, counts): (String, Counts)| Some(Counted { day: day.parse().ok()?, kind, currency, counts });
    let rows = found.into_iter().filter_map(row).collect();
    Ok((standing, rows))
}

/// `2026-11-22#promotion#EUR`; a row that this version does not know is left out.
pub fn counted(key: &str, counts: Counts) -> Option<Counted> {
    let mut parts = key.split('#');
    let (day, kind, currency) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Counted {
        day: day.parse().ok()?,
        kind: Kind::parse(kind)?,
        currency: Currency::parse(currency).ok()?,
        counts,
    })
}

pub fn add(sum: &mut Counts, counts: &Counts) {
    for (name, by) in counts {
        *sum.entry(name.clone()).or_default() += by;
    }
}

fn failed(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_shape_is_left_out() {
        assert!(counted("2026-11-01#promotion#EUR", Counts::new()).is_some());
        assert!(counted("2026-11-01", Counts::new()).is_none());
        assert!(counted("2026-11-01#raffle#EUR", Counts::new()).is_none());
    }
}
