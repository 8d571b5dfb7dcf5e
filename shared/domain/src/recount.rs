//! What a recount of the vouchers says of the counters. While vouchers change, a counter and its recount are read at different moments, and
//! the stream may be behind: a difference alone proves nothing. One that recounts have found to the unit for as long as the stream keeps a
//! change is drift, for whatever was to be counted by then has been, or never will be.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::report::Counts;

/// How long DynamoDB's stream keeps a change.
pub const STREAM_KEEPS: SignedDuration = SignedDuration::from_hours(24);

/// Since when recounts have found each counter wrong by what it is wrong now.
pub type Since = BTreeMap<String, Timestamp>;

/// By how much each counter would have to change to be what was recounted.
pub fn difference(counted: &Counts, recounted: &Counts) -> Counts {
    let mut by = recounted.clone();
    for (name, value) in counted {
        *by.entry(name.clone()).or_default() -= value;
    }
    by.retain(|_, by| *by != 0);
    by
}

/// `before` is what the last recount found, unless that was repaired.
pub fn since(by: &Counts, before: Option<(&Counts, &Since)>, now: Timestamp) -> Since {
    let found_at = |name: &str, by: i64| {
        let (counts, since) = before?;
        since.get(name).copied().filter(|_| counts.get(name) == Some(&by))
    };
    by.iter().map(|(name, by)| (name.clone(), found_at(name, *by).unwrap_or(now))).collect()
}

/// Of the differences, those that have outlived the stream.
pub fn drift(by: &Counts, since: &Since, now: Timestamp) -> Counts {
    let outlived = |name: &str| since.get(name).is_some_and(|since| now.duration_since(*since) >= STREAM_KEEPS);
    by.iter().filter(|(name, _)| outlived(name)).map(|(name, by)| (name.clone(), *by)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> Counts {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn a_difference_is_what_would_have_to_be_added() {
        let found =
            difference(&counts(&[("issued", 3), ("sent", 2), ("old", 1)]), &counts(&[("issued", 3), ("sent", 5)]));
        assert_eq!(found, counts(&[("old", -1), ("sent", 3)]));
        assert_eq!(difference(&counts(&[("issued", 0)]), &Counts::new()), Counts::new(), "a nought is nothing");
    }

    #[test]
    fn drift_is_found_by_the_same_amount_for_as_long_as_the_stream_keeps_a_change() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let first = counts(&[("issued", 1), ("sent", 3)]);
        let known = since(&first, None, at(0));
        assert_eq!(drift(&first, &known, at(0)), Counts::new());

        let second = counts(&[("issued", 1), ("sent", 2), ("new", 1)]);
        let later = since(&second, Some((&first, &known)), at(23));
        assert_eq!(drift(&second, &later, at(23)), Counts::new(), "the stream may still tell it");
        let third = since(&second, Some((&second, &later)), at(24));
        assert_eq!(drift(&second, &third, at(24)), counts(&[("issued", 1)]));
        assert_eq!(third.get("sent"), Some(&at(23)), "by another amount it is another difference");
        assert_eq!(
            drift(&second, &since(&second, None, at(24)), at(24)),
            Counts::new(),
            "what was repaired begins anew"
        );
    }
}
