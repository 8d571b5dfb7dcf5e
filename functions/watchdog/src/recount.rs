//! The nightly recount compares the counters with the vouchers.
//!
//! Each round does a part of it, from the position at which the round before stopped. So the
//! recount has no time limit of its own and does not delay the other steps; reports and the stream
//! go on meanwhile. A round adds up its vouchers in memory and writes the sums of a segment once,
//! however many vouchers they are: a voucher costs thousandths of a write unit.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::{
    Date, TimeZone, Timestamp,
    reporting::{
        counters::{CounterValues, contribution, merge_delta},
        recount::{counter_differences, differences_since, find_drift},
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{Span, ToSpan};
use runtime::metrics::Metrics;
use store::{
    Store, StoreError,
    conditional::Applied,
    reporting::{
        counters::touched_rows,
        recounts::{Recount, RecountStage, RecountTotals, RowDifference},
    },
};

/// The rows of a recount by campaign id or `ALL`, and sort key.
type RecountedRows = BTreeMap<(String, String), CounterValues>;

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
    let mut recounted = None;
    while began.elapsed() < budget {
        let Some(recount) =
            store.last_recount().await?.filter(|it| it.stage == RecountStage::Comparing)
        else {
            break;
        };
        let rows = match recounted.take().filter(|(number, _)| *number == recount.number) {
            Some((_, rows)) => rows,
            None => touched_rows(&store.recounted_sums(&recount).await?),
        };
        compare_campaigns(store, &recount, &rows, zone, now).await?;
        recounted = Some((recount.number, rows));
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
        if !store.is_segment_ended(recount, segment).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Adds up the vouchers of a segment until the segment ends or the time budget is used up, and then
/// writes the sums once. What another worker counts at the same time does not count here.
async fn count_segment(
    store: &Store,
    recount: &Recount,
    segment: u32,
    zone: &TimeZone,
    began: Instant,
    budget: Duration,
    now: Timestamp,
) -> Result<u64, StoreError> {
    if began.elapsed() >= budget || store.is_segment_ended(recount, segment).await? {
        return Ok(0);
    }
    let Some(mut sums) = store.claim_segment(recount, segment, now).await? else { return Ok(0) };
    let mut counted = 0;
    while !sums.is_ended() {
        let page = store.voucher_page(recount, segment, sums.position()).await?;
        for voucher in &page.vouchers {
            merge_delta(&mut sums.counts, contribution(voucher, zone), 1);
        }
        sums.move_to(page.vouchers.last().filter(|_| page.more));
        counted += page.vouchers.len() as u64;
        if began.elapsed() >= budget {
            break;
        }
    }
    let kept = store.keep_segment_sums(recount, segment, &sums, now).await?;
    Ok(if kept == Applied::Yes { counted } else { 0 })
}

/// Compares the next campaigns of the list, and after the last one the rows of all campaigns.
async fn compare_campaigns(
    store: &Store,
    recount: &Recount,
    recounted: &RecountedRows,
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
    let looks =
        stream::iter(&keys).map(|key| compare_rows(store, recount, recounted, key, zone, now));
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
    recounted: &RecountedRows,
    key: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(u64, Vec<RowDifference>), StoreError> {
    let (from, until) = compared_days(now, zone);
    let counted = store.report_rows(key, from, until).await?;
    // a day begins a row's key, and `~` sorts after everything that follows it
    let days = (key.to_owned(), from.to_string())..=(key.to_owned(), format!("{until}~"));
    let mut recounted: BTreeMap<&str, &CounterValues> =
        recounted.range(days).map(|((_, day), counts)| (day.as_str(), counts)).collect();
    let mut pairs: Vec<(String, CounterValues, CounterValues)> = Vec::new();
    for (day, counts) in counted {
        let again = recounted.remove(day.as_str()).cloned().unwrap_or_default();
        pairs.push((day, counts, again));
    }
    let uncounted = recounted.into_iter();
    pairs.extend(
        uncounted.map(|(day, counts)| (day.to_owned(), CounterValues::new(), counts.clone())),
    );
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
