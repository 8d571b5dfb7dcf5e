//! How long stages took, from counters by bucket of milliseconds: half of them within, 95 and 99 of a hundred. Pure. A bucket ends 1.41
//! times later than it begins, and inside one the times are taken to be spread evenly.

use std::collections::BTreeMap;

use domain::{effect::bounds, report::Counts};
use serde::Serialize;
use utoipa::ToSchema;

/// Milliseconds, exact to a factor of 1.41.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Durations {
    /// Of how many.
    pub count: i64,
    pub p50_ms: i64,
    pub p95_ms: i64,
    pub p99_ms: i64,
}

/// Of the counters that begin so, with the bucket behind it. `None` where there are none.
pub fn durations(counts: &Counts, prefix: &str) -> Option<Durations> {
    let bucket = |(name, count): (&String, &i64)| Some((name.strip_prefix(prefix)?.parse::<u32>().ok()?, *count));
    let buckets: BTreeMap<u32, i64> = counts.iter().filter_map(bucket).filter(|(_, count)| *count > 0).collect();
    let count: i64 = buckets.values().sum();
    let within = |percent: i64| within(&buckets, count, percent);
    (count > 0).then(|| Durations { count, p50_ms: within(50), p95_ms: within(95), p99_ms: within(99) })
}

fn within(buckets: &BTreeMap<u32, i64>, count: i64, percent: i64) -> i64 {
    let wanted = count as f64 * percent as f64 / 100.0;
    let mut before = 0.0;
    for (bucket, found) in buckets {
        let found = *found as f64;
        if before + found >= wanted {
            let (low, high) = bounds(*bucket);
            return (low + (high - low) * (wanted - before) / found).round() as i64;
        }
        before += found;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_in_the_bucket_that_holds_them() {
        // 900 took about a second, 100 about a minute
        let counts = [("took.x.20", 900), ("took.x.32", 100), ("took.y.5", 7)];
        let counts = counts.into_iter().map(|(name, by)| (name.to_owned(), by)).collect();
        let found = durations(&counts, "took.x.").unwrap();
        assert_eq!(found.count, 1_000);
        assert!((1_024..1_449).contains(&found.p50_ms), "{found:?}");
        assert!((65_536..92_682).contains(&found.p95_ms) && found.p95_ms < found.p99_ms, "{found:?}");
        assert_eq!(durations(&counts, "took.z."), None);
    }
}
