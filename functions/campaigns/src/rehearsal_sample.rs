//! The sample behind the estimate of a rehearsal: some of the parts into which a scan divides the
//! customers by a hash of their id, read at the same time for at most a second and a half.
//!
//! Reads Customers, and Vouchers of those who would be treated. Guarantees: only parts that were
//! read to their end count, so a customer's chance to be in the sample has nothing to do with them.

use std::time::{Duration, Instant};

use domain::reporting::rehearsal::{
    Rehearsal, counts::RehearsalCounts, estimate::RehearsalEstimate,
};
use futures::{StreamExt, stream};
use reporting::rehearsal::CustomerCounter;
use store::{StoreError, customer::profiles::CustomerKey};

use crate::CampaignsContext;

/// The parts of the customers. With a hundred million, one has 25,000.
const PARTS: u32 = 4_096;
/// The most parts that are read: where so few customers are in each that these are not enough, the
/// sample is a quarter of everybody.
const MAX_READ: u32 = PARTS / 4;
/// The number of customers at which the sample is large enough: a share is then known within two
/// and a half percent.
const ENOUGH: u64 = 2_000;
/// The time after which no further part is begun, so that the answer comes within two seconds.
const MAX_TIME: Duration = Duration::from_millis(1_500);
/// Parts that are read at the same time.
const CONCURRENT_PARTS: usize = 16;
const PAGE: u32 = 1_000;

/// Estimates what the rehearsal will count. Returns `None` if there was no time to read a part.
pub async fn estimate(
    context: &CampaignsContext,
    rehearsal: &Rehearsal,
) -> Result<Option<RehearsalEstimate>, StoreError> {
    let counter = CustomerCounter::load(&context.store, context.currency, rehearsal).await?;
    let Some(counter) = counter else { return Ok(None) };
    let started = Instant::now();
    // Few customers fit on the first page of the whole: then everybody is the sample.
    let first = context.store.scan_customers(0, 1, None, PAGE).await?;
    if first.next.is_none() {
        let mut counts = RehearsalCounts::default();
        counter.count_customers(&first.customers, &mut counts).await?;
        for _ in &first.unreadable {
            counts.count_unreadable();
        }
        return Ok(Some(RehearsalEstimate::new(&counts, 1, 1)));
    }
    let (mut counts, mut parts) = (RehearsalCounts::default(), 0);
    let reads: Vec<_> =
        (0..MAX_READ).map(|part| read_part(context, &counter, part, started)).collect();
    let mut reads = stream::iter(reads).buffered(CONCURRENT_PARTS);
    while let Some(read) = reads.next().await {
        let Some(read) = read? else { break };
        counts.add(&read);
        parts += 1;
        if counts.scanned >= ENOUGH {
            break;
        }
    }
    let estimate = || RehearsalEstimate::new(&counts, parts, u64::from(PARTS));
    Ok((parts > 0).then(estimate))
}

/// Counts one part, or returns `None` if there is no time to read it to its end.
async fn read_part(
    context: &CampaignsContext,
    counter: &CustomerCounter<'_>,
    part: u32,
    started: Instant,
) -> Result<Option<RehearsalCounts>, StoreError> {
    let (mut counts, mut after) = (RehearsalCounts::default(), None::<CustomerKey>);
    loop {
        if started.elapsed() >= MAX_TIME {
            return Ok(None);
        }
        let page = context.store.scan_customers(part, PARTS, after, PAGE).await?;
        for _ in &page.unreadable {
            counts.count_unreadable();
        }
        counter.count_customers(&page.customers, &mut counts).await?;
        after = page.next;
        if after.is_none() {
            return Ok(Some(counts));
        }
    }
}
