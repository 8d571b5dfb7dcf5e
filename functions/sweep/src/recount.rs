//! The nightly recount: whether the counters are what the vouchers say. A bit of it in each round, from where the round before stood, so
//! it has no time limit of its own and holds up no other step; reports and the stream go on meanwhile.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::{
    Date, TimeZone, Timestamp,
    recount::{difference, drift, since},
    report::{Counts, Delta, merge, standing},
    voucher::Voucher,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{Span, ToSpan};
use runtime::metrics::Metrics;
use store::{
    Store, StoreError,
    recounts::{Difference, Recount, Stage, Sums, fits},
};

/// When the night's recount begins, in the tenant's zone.
const HOUR: i8 = 3;
/// Campaigns that are compared between two looks at the clock.
const CAMPAIGNS: usize = 50;
/// Rows of campaigns that are read in parallel.
const AT_ONCE: usize = 4;
/// Partition of the rows of all campaigns together.
const ALL: &str = "ALL";

/// What is compared: vouchers are kept for 400 days after their end, and some counters stand on a day to come.
fn days(now: Timestamp, zone: &TimeZone) -> (Date, Date) {
    let today = now.to_zoned(zone.clone()).date();
    let shifted = |span: Span| today.checked_add(span).unwrap_or(today);
    (shifted((-390).days()), shifted(3.years()))
}

/// Begins, goes on with, or finishes a recount. How many vouchers were recounted.
pub async fn go_on(store: &Store, zone: &TimeZone, budget: Duration, now: Timestamp) -> Result<u64, StoreError> {
    let began = Instant::now();
    let mut found = store.recount().await?;
    if is_due(found.as_ref(), zone, now) && store.start_recount(found.as_ref(), now).await? {
        tracing::info!("a recount has begun");
        found = store.recount().await?;
    }
    let Some(recount) = found else { return Ok(0) };
    let mut counted = 0;
    if recount.stage == Stage::Counting {
        for segment in 0..recount.segments {
            counted += count(store, &recount, segment, zone, began, budget, now).await?;
        }
        if !is_counted(store, &recount).await? || !store.recount_compares(&recount).await? {
            return Ok(counted);
        }
    }
    while began.elapsed() < budget {
        let Some(recount) = store.recount().await?.filter(|it| it.stage == Stage::Comparing) else { break };
        compare(store, &recount, zone, now).await?;
    }
    Ok(counted)
}

/// Once a night, and never at once after the first deployment.
fn is_due(last: Option<&Recount>, zone: &TimeZone, now: Timestamp) -> bool {
    let now = now.to_zoned(zone.clone());
    let tonight = now.date().at(HOUR, 0, 0, 0).to_zoned(zone.clone()).map(|at| at.timestamp());
    let Ok(tonight) = tonight else { return false };
    let over = last.is_none_or(|last| last.stage == Stage::Done && last.started_at < tonight);
    over && now.timestamp() >= tonight && now.hour() < HOUR + 3
}

async fn is_counted(store: &Store, recount: &Recount) -> Result<bool, StoreError> {
    for segment in 0..recount.segments {
        if !Store::recount_ended(store.recount_position(recount, segment).await?.as_deref()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Pages of a segment until its end, the end of the time, or another who works on it.
async fn count(
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
    while !Store::recount_ended(position.as_deref()) && began.elapsed() < budget {
        let page = store.voucher_page(recount, segment, position.as_deref()).await?;
        let mut rest = page.vouchers.as_slice();
        loop {
            let (delta, taken) = folded(rest, zone);
            let (part, left) = rest.split_at(taken);
            let last = part.last().filter(|_| !left.is_empty() || page.more);
            position = store.count_again(recount, segment, &delta, position.as_deref(), last, now).await?;
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

/// As many of the first vouchers as fit into one transaction, at least one.
fn folded(vouchers: &[Voucher], zone: &TimeZone) -> (Delta, usize) {
    let mut delta = Delta::new();
    for (taken, voucher) in vouchers.iter().enumerate() {
        let mut grown = delta.clone();
        merge(&mut grown, standing(voucher, zone), 1);
        if taken > 0 && !fits(&grown) {
            return (delta, taken);
        }
        delta = grown;
    }
    (delta, vouchers.len())
}

/// The next campaigns of the list, and after the last the rows of all.
async fn compare(store: &Store, recount: &Recount, zone: &TimeZone, now: Timestamp) -> Result<(), StoreError> {
    let page = store.list_campaigns(None, None, recount.after.as_deref(), CAMPAIGNS).await?;
    let mut keys: Vec<String> = page.campaigns.iter().map(|campaign| campaign.id.to_string()).collect();
    if page.next.is_none() {
        keys.push(ALL.to_owned());
    }
    let looks = stream::iter(&keys).map(|key| compare_one(store, recount, key, zone, now));
    let looks: Vec<(u64, Vec<Difference>)> = looks.buffer_unordered(AT_ONCE).try_collect().await?;
    let mut sums = recount.sums;
    for (rows, differing) in &looks {
        sums.rows += rows;
        sums.differing += differing.len() as u64;
        sums.drifting += differing.iter().map(|row| row.drift.len() as u64).sum::<u64>();
        store.keep_differences(recount, differing, now).await?;
    }
    if store.recount_compared(recount, page.next.as_deref(), sums, now).await? && page.next.is_none() {
        finish(recount, sums);
    }
    Ok(())
}

fn finish(recount: &Recount, sums: Sums) {
    let Sums { rows, differing, drifting } = sums;
    if drifting > 0 {
        tracing::error!(recount = recount.number, drifting, "counters are not what the vouchers say");
    }
    tracing::info!(recount = recount.number, rows, differing, drifting, "recounted");
    Metrics::new().count("CounterDrift", drifting).count("RowsRecounted", rows).emit();
}

/// How many rows there are, and those that differ.
async fn compare_one(
    store: &Store,
    recount: &Recount,
    key: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(u64, Vec<Difference>), StoreError> {
    let (from, until) = days(now, zone);
    let counted = store.report_rows(key, from, until).await?;
    let mut recounted: BTreeMap<String, Counts> =
        store.recounted_rows(recount, key, from, until).await?.into_iter().collect();
    let mut pairs: Vec<(String, Counts, Counts)> = Vec::new();
    for (day, counts) in counted {
        let again = recounted.remove(&day).unwrap_or_default();
        pairs.push((day, counts, again));
    }
    pairs.extend(recounted.into_iter().map(|(day, counts)| (day, Counts::new(), counts)));
    let rows = pairs.len() as u64;
    let mut differing = Vec::new();
    for (day, counted, recounted) in pairs {
        let by = difference(&counted, &recounted);
        if by.is_empty() {
            continue;
        }
        let before = store.difference(recount.number - 1, key, &day).await?;
        let before = before.as_ref().filter(|row| row.repaired_at.is_none()).map(|row| (&row.by, &row.since));
        let since = since(&by, before, now);
        let drift = drift(&by, &since, now);
        differing.push(Difference { pk: key.to_owned(), day, by, since, drift, repaired_at: None });
    }
    Ok((rows, differing))
}
