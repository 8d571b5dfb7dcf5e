//! The nightly recount compares the counters with the vouchers.
//!
//! Each round does a part of it, from the position at which the round before stopped. So the
//! recount has no time limit of its own and does not delay the other steps; reports and the stream
//! go on meanwhile.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::{
    Date, TimeZone, Timestamp,
    reporting::{
        counters::{CounterDelta, CounterValues, contribution, merge_delta},
        recount::{counter_differences, differences_since, find_drift},
    },
    voucher::record::Voucher,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{Span, ToSpan};
use runtime::metrics::Metrics;
use store::{
    Store, StoreError,
    reporting::recounts::{Recount, RecountStage, RecountTotals, RowDifference, fits_transaction},
};

/// The hour at which the nightly recount begins, in the tenant's zone.
const START_HOUR: i8 = 3;
/// Campaigns that are compared between two checks of the clock.
const CAMPAIGNS_PER_STEP: usize = 50;
/// Rows of campaigns that are read concurrently.
const CONCURRENCY: usize = 4;
/// The partition of the rows that sum up all campaigns.
const ALL_CAMPAIGNS: &str = "ALL";

/// Returns the days that are compared. Vouchers are kept for 400 days after their end, and some
/// counters belong to a future day.
fn compared_days(now: Timestamp, zone: &TimeZone) -> (Date, Date) {
    let today = now.to_zoned(zone.clone()).date();
    let shifted = |span: Span| today.checked_add(span).unwrap_or(today);
    (shifted((-390).days()), shifted(3.years()))
}

/// Begins, continues or finishes a recount, and returns how many vouchers were counted in this
/// round.
pub async fn continue_recount(
    store: &Store,
    zone: &TimeZone,
    budget: Duration,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let began = Instant::now();
    let mut found = store.last_recount().await?;
    if is_due(found.as_ref(), zone, now) && store.start_recount(found.as_ref(), now).await? {
        tracing::info!("recount started");
        found = store.last_recount().await?;
    }
    let Some(recount) = found else { return Ok(0) };
    let mut counted = 0;
    if recount.stage == RecountStage::Counting {
        for segment in 0..recount.segments {
            counted += count_segment(store, &recount, segment, zone, began, budget, now).await?;
        }
        if !is_counted(store, &recount).await? || !store.start_comparison(&recount).await? {
            return Ok(counted);
        }
    }
    while began.elapsed() < budget {
        let Some(recount) =
            store.last_recount().await?.filter(|it| it.stage == RecountStage::Comparing)
        else {
            break;
        };
        compare_campaigns(store, &recount, zone, now).await?;
    }
    Ok(counted)
}

/// Decides whether a recount is due: once a night, and not directly after the first deployment.
fn is_due(last: Option<&Recount>, zone: &TimeZone, now: Timestamp) -> bool {
    let now = now.to_zoned(zone.clone());
    let tonight =
        now.date().at(START_HOUR, 0, 0, 0).to_zoned(zone.clone()).map(|at| at.timestamp());
    let Ok(tonight) = tonight else { return false };
    let over =
        last.is_none_or(|last| last.stage == RecountStage::Done && last.started_at < tonight);
    over && now.timestamp() >= tonight && now.hour() < START_HOUR + 3
}

async fn is_counted(store: &Store, recount: &Recount) -> Result<bool, StoreError> {
    for segment in 0..recount.segments {
        if !Store::is_segment_ended(store.recount_position(recount, segment).await?.as_deref()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Counts pages of a segment until the segment ends, the time budget is used up, or another worker
/// turns out to be counting it.
async fn count_segment(
    store: &Store,
    recount: &Recount,
    segment: u32,
    zone: &TimeZone,
    began: Instant,
    budget: Duration,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut position = store.recount_position(recount, segment).await?;
    let mut counted = 0;
    while !Store::is_segment_ended(position.as_deref()) && began.elapsed() < budget {
        let page = store.voucher_page(recount, segment, position.as_deref()).await?;
        let mut rest = page.vouchers.as_slice();
        loop {
            let (delta, taken) = sum_fitting(rest, zone);
            let (part, left) = rest.split_at(taken);
            let last = part.last().filter(|_| !left.is_empty() || page.more);
            position =
                store.count_page(recount, segment, &delta, position.as_deref(), last, now).await?;
            if position.is_none() {
                return Ok(counted);
            }
            counted += part.len() as u64;
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
    }
    Ok(counted)
}

/// Sums up as many of the first vouchers as fit into one transaction, but at least one.
fn sum_fitting(vouchers: &[Voucher], zone: &TimeZone) -> (CounterDelta, usize) {
    let mut delta = CounterDelta::new();
    for (taken, voucher) in vouchers.iter().enumerate() {
        let mut grown = delta.clone();
        merge_delta(&mut grown, contribution(voucher, zone), 1);
        if taken > 0 && !fits_transaction(&grown) {
            return (delta, taken);
        }
        delta = grown;
    }
    (delta, vouchers.len())
}

/// Compares the next campaigns of the list, and after the last one the rows of all campaigns.
async fn compare_campaigns(
    store: &Store,
    recount: &Recount,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(), StoreError> {
    let page =
        store.list_campaigns(None, None, recount.after.as_deref(), CAMPAIGNS_PER_STEP).await?;
    let mut keys: Vec<String> =
        page.campaigns.iter().map(|campaign| campaign.id.to_string()).collect();
    if page.next.is_none() {
        keys.push(ALL_CAMPAIGNS.to_owned());
    }
    let looks = stream::iter(&keys).map(|key| compare_rows(store, recount, key, zone, now));
    let looks: Vec<(u64, Vec<RowDifference>)> =
        looks.buffer_unordered(CONCURRENCY).try_collect().await?;
    let mut sums = recount.totals;
    for (rows, differing) in &looks {
        sums.rows += rows;
        sums.differing += differing.len() as u64;
        sums.drifting += differing.iter().map(|row| row.drift.len() as u64).sum::<u64>();
        store.record_differences(recount, differing, now).await?;
    }
    if store.record_comparison(recount, page.next.as_deref(), sums, now).await?
        && page.next.is_none()
    {
        report_result(recount, sums);
    }
    Ok(())
}

fn report_result(recount: &Recount, sums: RecountTotals) {
    let RecountTotals { rows, differing, drifting } = sums;
    if drifting > 0 {
        tracing::error!(recount = recount.number, drifting, "counter drift found");
    }
    tracing::info!(recount = recount.number, rows, differing, drifting, "recount finished");
    Metrics::new().count("CounterDrift", drifting).count("RowsRecounted", rows).emit();
}

/// Compares the rows of one partition. Returns how many rows there are, and those that differ.
async fn compare_rows(
    store: &Store,
    recount: &Recount,
    key: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(u64, Vec<RowDifference>), StoreError> {
    let (from, until) = compared_days(now, zone);
    let counted = store.report_rows(key, from, until).await?;
    let mut recounted: BTreeMap<String, CounterValues> =
        store.recounted_rows(recount, key, from, until).await?.into_iter().collect();
    let mut pairs: Vec<(String, CounterValues, CounterValues)> = Vec::new();
    for (day, counts) in counted {
        let again = recounted.remove(&day).unwrap_or_default();
        pairs.push((day, counts, again));
    }
    pairs.extend(recounted.into_iter().map(|(day, counts)| (day, CounterValues::new(), counts)));
    let rows = pairs.len() as u64;
    let mut differing = Vec::new();
    for (day, counted, recounted) in pairs {
        let by = counter_differences(&counted, &recounted);
        if by.is_empty() {
            continue;
        }
        let before = store.difference(recount.number - 1, key, &day).await?;
        let before = before
            .as_ref()
            .filter(|row| row.repaired_at.is_none())
            .map(|row| (&row.correction, &row.since));
        let since = differences_since(&by, before, now);
        let drift = find_drift(&by, &since, now);
        differing.push(RowDifference {
            pk: key.to_owned(),
            day,
            correction: by,
            since,
            drift,
            repaired_at: None,
        });
    }
    Ok((rows, differing))
}
