//! Compares the counters with a recount of the vouchers.
//!
//! While vouchers change, a counter and its recount are read at different moments, and the stream
//! may be behind, so a difference alone proves nothing. A difference is drift if recounts have
//! found exactly the same amount for as long as the stream keeps a change: by then, every change
//! has been counted or never will be.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::reporting::counters::{Counter, CounterValues};

/// The time for which a DynamoDB stream keeps a change.
pub const STREAM_RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The time, for each counter, since which recounts have found the present difference.
pub type DifferenceSince = BTreeMap<Counter, Timestamp>;

/// Returns the amount by which each counter would have to change to equal the recount.
pub fn counter_differences(counted: &CounterValues, recounted: &CounterValues) -> CounterValues {
    let mut by = recounted.clone();
    by.extend(counted.iter().map(|(counter, value)| (counter.clone(), -value)));
    by.remove_zeros();
    by
}

/// Returns the time since which each difference has been found. `before` is the result of the last
/// recount, and absent if its differences were repaired.
pub fn differences_since(
    by: &CounterValues,
    before: Option<(&CounterValues, &DifferenceSince)>,
    now: Timestamp,
) -> DifferenceSince {
    let found_at = |counter: &Counter, by: i64| {
        let (counts, since) = before?;
        since.get(counter).copied().filter(|_| counts.amount(counter) == by)
    };
    by.iter().map(|(counter, by)| (counter.clone(), found_at(counter, by).unwrap_or(now))).collect()
}

/// Returns the differences that have outlived the stream.
pub fn find_drift(by: &CounterValues, since: &DifferenceSince, now: Timestamp) -> CounterValues {
    let outlived = |counter: &Counter| {
        since.get(counter).is_some_and(|since| now.duration_since(*since) >= STREAM_RETENTION)
    };
    by.iter()
        .filter(|(counter, _)| outlived(counter))
        .map(|(counter, by)| (counter.clone(), by))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> CounterValues {
        pairs.iter().map(|(name, count)| (Counter::parse(name), *count)).collect()
    }

    #[test]
    fn a_difference_is_what_would_have_to_be_added() {
        let found = counter_differences(
            &counts(&[("issued", 3), ("sent", 2), ("old", 1)]),
            &counts(&[("issued", 3), ("sent", 5)]),
        );
        assert_eq!(found, counts(&[("old", -1), ("sent", 3)]));
        assert_eq!(
            counter_differences(&counts(&[("issued", 0)]), &CounterValues::new()),
            CounterValues::new(),
            "a nought is nothing"
        );
    }

    #[test]
    fn drift_is_found_by_the_same_amount_for_as_long_as_the_stream_keeps_a_change() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let first = counts(&[("issued", 1), ("sent", 3)]);
        let known = differences_since(&first, None, at(0));
        assert_eq!(find_drift(&first, &known, at(0)), CounterValues::new());

        let second = counts(&[("issued", 1), ("sent", 2), ("new", 1)]);
        let later = differences_since(&second, Some((&first, &known)), at(23));
        assert_eq!(
            find_drift(&second, &later, at(23)),
            CounterValues::new(),
            "the stream may still tell it"
        );
        let third = differences_since(&second, Some((&second, &later)), at(24));
        assert_eq!(find_drift(&second, &third, at(24)), counts(&[("issued", 1)]));
        assert_eq!(
            third.get(&Counter::parse("sent")),
            Some(&at(23)),
            "by another amount it is another difference"
        );
        assert_eq!(
            find_drift(&second, &differences_since(&second, None, at(24)), at(24)),
            CounterValues::new(),
            "what was repaired begins anew"
        );
    }
}
