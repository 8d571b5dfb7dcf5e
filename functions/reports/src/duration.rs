//! Computes how long stages took, from counters by bucket of milliseconds: the 50th, 95th and 99th
//! percentile.
//!
//! Pure. A bucket ends at 1.41 times its beginning, and the times inside a bucket are assumed to be
//! spread evenly.

use std::collections::BTreeMap;

use domain::reporting::{
    counters::{Counter, CounterValues, TimedStage},
    log_bucket::bucket_bounds,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::columns::ReportColumn;

/// Durations in milliseconds, exact to a factor of 1.41.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DurationPercentiles {
    /// The number of durations.
    pub count: i64,
    pub p50_ms: i64,
    pub p95_ms: i64,
    pub p99_ms: i64,
}

/// Shows the 50th and the 95th percentile in a table.
impl ReportColumn for DurationPercentiles {
    fn column_names(field: &str) -> Vec<String> {
        vec![format!("{field}_p50_ms"), format!("{field}_p95_ms")]
    }
    fn column_cells(&self) -> Vec<String> {
        vec![self.p50_ms.to_string(), self.p95_ms.to_string()]
    }
}

/// Computes the durations of a stage from its counters by bucket. Returns `None` if there are none.
pub fn duration_percentiles(
    counts: &CounterValues,
    stage: TimedStage,
) -> Option<DurationPercentiles> {
    let bucket = |(counter, count): (&Counter, i64)| {
        let Counter::Took(found, bucket) = counter else { return None };
        (*found == stage).then_some((*bucket, count))
    };
    let buckets: BTreeMap<u32, i64> =
        counts.iter().filter_map(bucket).filter(|(_, count)| *count > 0).collect();
    let count: i64 = buckets.values().sum();
    let within = |percent: i64| percentile(&buckets, count, percent);
    (count > 0).then(|| DurationPercentiles {
        count,
        p50_ms: within(50),
        p95_ms: within(95),
        p99_ms: within(99),
    })
}

fn percentile(buckets: &BTreeMap<u32, i64>, count: i64, percent: i64) -> i64 {
    let wanted = count as f64 * percent as f64 / 100.0;
    let mut before = 0.0;
    for (bucket, found) in buckets {
        let found = *found as f64;
        if before + found >= wanted {
            let (low, high) = bucket_bounds(*bucket);
            return (low + (high - low) * (wanted - before) / found).round() as i64;
        }
        before += found;
    }
    0
}

#[cfg(test)]
mod tests {
    use domain::kernel::channel::Channel;

    use super::*;

    #[test]
    fn percentiles_lie_in_the_bucket_that_holds_them() {
        // The counters say 900 durations of about a second, and 100 of about a minute.
        let (stage, other) = (TimedStage::Accepted, TimedStage::Redeemed);
        let counts = [(stage, 20, 900), (stage, 32, 100), (other, 5, 7)];
        let counts =
            counts.into_iter().map(|(it, bucket, by)| (Counter::Took(it, bucket), by)).collect();
        let found = duration_percentiles(&counts, stage).unwrap();
        assert_eq!(found.count, 1_000);
        assert!((1_024..1_449).contains(&found.p50_ms), "{found:?}");
        assert!(
            (65_536..92_682).contains(&found.p95_ms) && found.p95_ms < found.p99_ms,
            "{found:?}"
        );
        assert_eq!(duration_percentiles(&counts, TimedStage::Due(Channel::Sms)), None);
    }
}
