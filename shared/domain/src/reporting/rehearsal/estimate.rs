//! The estimate while a rehearsal runs: what a sample says of everybody, each number with its 95 %
//! interval.
//!
//! The sample is a number of the equal parts into which the table is divided by a hash of the
//! customer's id, so it is stable and has nothing to do with what customers do. Shares have
//! Wilson's interval; numbers of customers have that of `overlap::estimate_customers`, which knows
//! that the size of the base is estimated too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counts::RehearsalCounts;
use crate::reporting::overlap::estimate_customers;

/// The quantile of the normal distribution for 95 %.
const Z: f64 = 1.96;

/// A share and a number of customers, both with their 95 % interval. A number that was counted in
/// full is its own interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EstimatedCount {
    /// The share of all customers, 0 to 1.
    pub share: f64,
    pub share_low: f64,
    pub share_high: f64,
    /// The number of customers, scaled to everybody.
    pub customers: u64,
    pub customers_low: u64,
    pub customers_high: u64,
}

/// The answer from the sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RehearsalEstimate {
    /// Customers in the sample.
    pub sampled: u64,
    /// True if the sample is everybody.
    pub exact: bool,
    /// The number of all customers.
    pub base: EstimatedCount,
    pub selected: EstimatedCount,
    pub treated: EstimatedCount,
    pub held_out: EstimatedCount,
    /// By the code of the reason.
    pub skipped: BTreeMap<String, EstimatedCount>,
    /// By the channel of the first message.
    pub channels: BTreeMap<String, EstimatedCount>,
}

impl RehearsalEstimate {
    /// Estimates from the counts of `parts` of `all` parts.
    pub fn new(sample: &RehearsalCounts, parts: u64, all: u64) -> Self {
        let exact = parts >= all;
        let count = |seen: u64| {
            let (share_low, share_high) = wilson_interval(seen, sample.scanned, exact);
            let scaled = estimate_customers(seen, parts, all);
            EstimatedCount {
                share: share_of(seen, sample.scanned),
                share_low,
                share_high,
                customers: scaled.value,
                customers_low: scaled.low,
                customers_high: scaled.high,
            }
        };
        let named = |(name, seen): (&str, &u64)| (name.to_owned(), count(*seen));
        Self {
            sampled: sample.scanned,
            exact,
            base: count(sample.scanned),
            selected: count(sample.selected),
            treated: count(sample.treated),
            held_out: count(sample.held_out),
            skipped: sample.skipped.iter().map(|(code, seen)| named((code, seen))).collect(),
            channels: sample
                .channels
                .iter()
                .map(|(channel, seen)| named((channel.as_str(), seen)))
                .collect(),
        }
    }
}

/// Returns the bounds of Wilson's 95 % interval of a share. It holds for few and for none, where
/// the usual interval is empty.
pub fn wilson_interval(seen: u64, of: u64, exact: bool) -> (f64, f64) {
    let share = share_of(seen, of);
    if exact {
        return (share, share);
    }
    if of == 0 {
        return (0.0, 1.0);
    }
    let number = of as f64;
    let spread = Z * Z / number;
    let middle = (share + spread / 2.0) / (1.0 + spread);
    let half =
        Z / (1.0 + spread) * (share * (1.0 - share) / number + spread / (4.0 * number)).sqrt();
    // The bounds of none and of all are exact; rounding would leave them a little off.
    let low = if seen == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if seen >= of { 1.0 } else { (middle + half).min(1.0) };
    (low, high)
}

fn share_of(seen: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { seen as f64 / of as f64 }
}
