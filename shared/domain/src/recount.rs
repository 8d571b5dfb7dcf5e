//! What a recount of the vouchers says of the counters. While vouchers change, a counter and its recount are read at different moments, so
//! a difference alone proves nothing: one that two recounts in a row find, to the unit, is drift.

use crate::report::Counts;

/// By how much each counter would have to change to be what was recounted.
pub fn difference(counted: &Counts, recounted: &Counts) -> Counts {
    let mut by = recounted.clone();
    for (name, value) in counted {
        *by.entry(name.clone()).or_default() -= value;
    }
    by.retain(|_, by| *by != 0);
    by
}

/// Of the differences found now, those that the recount before found too.
pub fn drift(now: &Counts, before: &Counts) -> Counts {
    now.iter().filter(|(name, by)| before.get(*name) == Some(by)).map(|(name, by)| (name.clone(), *by)).collect()
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
    fn drift_is_found_twice_and_by_the_same_amount() {
        let now = counts(&[("issued", 1), ("sent", 2), ("new", 1)]);
        assert_eq!(drift(&now, &counts(&[("issued", 1), ("sent", 3)])), counts(&[("issued", 1)]));
        assert_eq!(drift(&now, &Counts::new()), Counts::new());
    }
}
