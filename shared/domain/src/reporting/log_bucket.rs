//! Logarithmic buckets of sums and durations. Counters count by them, and lift and waiting times are
//! computed from these counters.

/// Returns the bucket of a sum; every doubling of the sum has two buckets. A customer who spent
/// nothing is in no bucket.
pub fn log_bucket(minor: i64) -> Option<u32> {
    let power = u64::try_from(minor).ok()?.checked_ilog2()?;
    let square = i128::from(minor) * i128::from(minor);
    Some(2 * power + u32::from(square >= 1i128 << (2 * power + 1)))
}

/// Returns the smallest sum of a bucket and the smallest sum above it, exact up to rounding.
pub fn bucket_bounds(bucket: u32) -> (f64, f64) {
    let edge = |bucket: u32| (f64::from(bucket) / 2.0).exp2();
    (edge(bucket), edge(bucket.saturating_add(1)))
}
