//! Tests that every counter has one name and one stored name, which rows already have, and that
//! names from elsewhere are kept apart.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::reporting::counters::CounterValues;

/// The name and the stored name of every counter, as rows have them.
const NAMES: &str = include_str!("../names.txt");
const DATA_MODEL: &str = include_str!("../../../../../../docs/data-model.md");

#[test]
fn every_counter_has_the_names_that_rows_have() {
    let lines: BTreeSet<String> = Counter::samples()
        .iter()
        .map(|counter| format!("{} {}", counter.name(), counter.stored_name()))
        .collect();
    let expected: BTreeSet<String> = NAMES.lines().map(str::to_owned).collect();
    let missing: Vec<_> = expected.difference(&lines).collect();
    let new: Vec<_> = lines.difference(&expected).collect();
    assert!(
        missing.is_empty() && new.is_empty(),
        "names are permanent: {missing:?} are gone; {new:?} are new, and belong into names.txt"
    );
}

#[test]
fn every_name_is_one_counter_and_leads_back_to_it() {
    let counters: BTreeSet<Counter> = Counter::samples().into_iter().collect();
    let names: BTreeSet<String> = counters.iter().map(Counter::name).collect();
    let stored: BTreeSet<String> = counters.iter().map(Counter::stored_name).collect();
    assert_eq!((names.len(), stored.len()), (counters.len(), counters.len()));
    for counter in counters {
        assert_eq!(Counter::parse(&counter.name()), counter);
        assert_eq!(Counter::from_stored(&counter.stored_name()), counter);
        assert!(counter.unknown().is_none() && counter.name().starts_with(counter.first_word()));
    }
}

#[test]
fn a_name_that_nothing_counts_is_kept_apart_and_counted() {
    for name in
        ["isued", "sent.fax", "age.07", "age.+7", "age.-1", "issued.sms", "open", "", "took.due.31"]
    {
        let counter = Counter::parse(name);
        assert!(counter.unknown().is_some(), "{name}");
        assert_eq!(
            (counter.name().as_str(), Counter::from_stored(&counter.stored_name())),
            (name, counter)
        );
    }
    let mut sum = CounterValues::from([(Counter::Issued, 3), (Counter::parse("isued"), 4)]);
    sum.add_all(&CounterValues::from([(Counter::from_stored(".isued"), 5)]));
    assert_eq!((sum.amount(&Counter::Issued), sum.count_unknown()), (3, 1));
    assert_eq!(sum.amount(&Counter::parse("isued")), 9);
}

#[test]
fn a_stored_name_of_another_version_goes_back_as_it_came() {
    for stored in ["_A", "_As31", "S_s", "Szz", "sms", "K.some_reason", "Js"] {
        let counter = Counter::from_stored(stored);
        assert!(counter.unknown().is_some(), "{stored}");
        assert_eq!(counter.stored_name(), stored);
    }
    assert!(Counter::from_stored("Js").is_per_campaign(), "a new counter of the treated");
    // A word that was stored in full before it had a code is the same counter.
    assert_eq!(Counter::from_stored(".issued"), Counter::Issued);
}

#[test]
fn only_sides_and_variants_belong_to_one_campaign() {
    let alone: BTreeSet<String> = Counter::samples()
        .iter()
        .filter(|counter| counter.is_per_campaign())
        .map(|counter| counter.first_word().to_owned())
        .collect();
    assert_eq!(alone, BTreeSet::from(["held", "treated", "variant"].map(str::to_owned)));
    for arm in ComparisonArm::ALL {
        assert_eq!(arm.counter(ArmCounter::Orders).arm(), Some((arm, ArmCounter::Orders)));
    }
}

#[test]
fn the_data_model_lists_every_counter() {
    let codes: std::collections::BTreeMap<&str, &str> = FIRST_WORDS.iter().copied().collect();
    for counter in Counter::samples() {
        let word = counter.first_word();
        let line = format!("| `{word}` | `{}` | {} |", codes[word], counter.label());
        assert!(DATA_MODEL.contains(&line), "docs/data-model.md lacks the line\n{line}");
    }
}

proptest! {
    #[test]
    fn whatever_is_stored_is_read_and_written_back(stored in "[a-zA-Z0-9_.]{1,12}") {
        let counter = Counter::from_stored(&stored);
        if counter.unknown().is_some() {
            prop_assert_eq!(counter.stored_name(), stored);
        } else {
            prop_assert_eq!(Counter::from_stored(&counter.stored_name()), counter);
        }
    }

    #[test]
    fn whatever_is_named_is_read_and_named_again(name in "[a-z0-9_+.]{0,12}") {
        prop_assert_eq!(Counter::parse(&name).name(), name);
    }
}
