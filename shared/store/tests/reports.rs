//! Report counters on a real DynamoDB API: what is counted is counted once, because the position moves with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use domain::{
    Date,
    campaign::Kind,
    money::Currency,
    report::{Counts, Delta, Row},
};
use futures::future::join_all;
use store::{
    Store, Tables,
    reports::{Counted, MAX_ROWS, Position, touched},
};
use testkit::{builders::campaign_id, with_both};

/// Epoch seconds; the tests' markers outlive them.
const TTL: i64 = 4_000_000_000;

/// In memory and on the local AWS.
async fn with_store(test: impl AsyncFn(&Store)) {
    with_both(async |tables| {
        test(&Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)))).await;
    })
    .await;
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn counts(counts: &[(&str, i64)]) -> Counts {
    counts.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect()
}

fn row(campaign: &str, date: &str, currency: &str) -> Row {
    let (campaign, currency) = (campaign_id(campaign), Currency::parse(currency).unwrap());
    Row { campaign, kind: Kind::Promotion, currency, day: day(date) }
}

fn delta(campaign: &str, date: &str, by: &[(&str, i64)]) -> Delta {
    BTreeMap::from([(row(campaign, date, "EUR"), counts(by))])
}

fn position(name: &str, sequence: &str) -> Position {
    Position { name: name.into(), sequence: sequence.into() }
}

async fn count(store: &Store, delta: &Delta, before: Option<&str>, next: &Position) -> Counted {
    store.count(delta, &BTreeMap::new(), before, next, TTL).await.unwrap()
}

async fn november(store: &Store, pk: &str) -> Vec<(String, Counts)> {
    store.report_rows(pk, day("2026-11-01"), day("2026-11-30")).await.unwrap()
}

#[tokio::test]
async fn a_campaigns_day_and_the_total_of_its_kind_count_together() {
    with_store(async |store| {
        let mut both = delta("cmp_1", "2026-11-22", &[("issued", 3), ("sent.sms", 2), ("unmoved", 0)]);
        both.extend(delta("cmp_2", "2026-11-22", &[("issued", 4)]));
        assert_eq!(count(store, &both, None, &position("shard#1", "10")).await, Counted::Counted);
        let first = ("2026-11-22".to_owned(), counts(&[("issued", 3), ("sent.sms", 2)]));
        assert_eq!(november(store, "cmp_1").await, [first]);
        let total = ("2026-11-22#promotion#EUR".to_owned(), counts(&[("issued", 7), ("sent.sms", 2)]));
        assert_eq!(november(store, "ALL").await, [total]);
        let less = delta("cmp_1", "2026-11-22", &[("issued", 1), ("revenue", -500)]);
        assert_eq!(count(store, &less, Some("10"), &position("shard#1", "11")).await, Counted::Counted);
        assert_eq!(november(store, "cmp_1").await[0].1, counts(&[("issued", 4), ("sent.sms", 2), ("revenue", -500)]));
    })
    .await;
}

#[tokio::test]
async fn the_same_records_again_count_nothing() {
    with_store(async |store| {
        let one = delta("cmp_1", "2026-11-22", &[("issued", 1)]);
        let (first, second) = (position("shard#1", "10"), position("shard#1", "20"));
        assert_eq!(store.position("shard#1").await.unwrap(), None);
        assert_eq!(count(store, &one, None, &first).await, Counted::Counted);
        assert_eq!(count(store, &one, None, &first).await, Counted::Moved, "from the beginning");
        assert_eq!(count(store, &one, Some("10"), &second).await, Counted::Counted);
        assert_eq!(count(store, &one, Some("10"), &second).await, Counted::Moved, "from where it was");
        assert_eq!(count(store, &one, Some("15"), &second).await, Counted::Moved, "from where it never was");
        assert_eq!(
            count(store, &one, Some("10"), &position("shard#2", "20")).await,
            Counted::Moved,
            "of another shard"
        );
        assert_eq!(store.position("shard#1").await.unwrap().as_deref(), Some("20"));
        assert_eq!(store.position("shard#2").await.unwrap(), None);
        assert_eq!(november(store, "cmp_1").await, [("2026-11-22".to_owned(), counts(&[("issued", 2)]))]);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_count_the_same_records_one_does() {
    with_store(async |store| {
        let one = delta("cmp_1", "2026-11-22", &[("issued", 5)]);
        let next = position("batch#100", "109");
        let no_blocks = BTreeMap::new();
        let tries = join_all((0..16).map(|_| store.count(&one, &no_blocks, None, &next, TTL))).await;
        // a conflict tells the caller to read the position again
        let counted = tries.iter().filter(|answer| matches!(answer, Ok(Counted::Counted))).count();
        assert_eq!(counted, 1, "{tries:?}");
        assert_eq!(november(store, "cmp_1").await[0].1, counts(&[("issued", 5)]));
    })
    .await;
}

#[tokio::test]
async fn records_that_change_no_counter_still_move_the_position() {
    with_store(async |store| {
        let nothing = delta("cmp_1", "2026-11-22", &[("issued", 0)]);
        assert_eq!(count(store, &nothing, None, &position("shard#1", "10")).await, Counted::Counted);
        assert_eq!(count(store, &Delta::new(), Some("10"), &position("shard#1", "20")).await, Counted::Counted);
        assert_eq!(store.position("shard#1").await.unwrap().as_deref(), Some("20"));
        assert_eq!(november(store, "cmp_1").await, []);
        assert_eq!(november(store, "ALL").await, []);
    })
    .await;
}

#[tokio::test]
async fn as_many_rows_as_a_transaction_takes_are_counted_at_once() {
    with_store(async |store| {
        // each campaign has its row, and all 98 share one total
        let full: Delta =
            (0..98).flat_map(|number| delta(&format!("cmp_{number}"), "2026-11-22", &[("issued", 1)])).collect();
        assert_eq!(touched(&full).len(), MAX_ROWS);
        assert_eq!(count(store, &full, None, &position("shard#1", "10")).await, Counted::Counted);
        assert_eq!(november(store, "ALL").await[0].1, counts(&[("issued", 98)]));
        assert_eq!(november(store, "cmp_97").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn rows_are_read_from_day_to_day_both_included_oldest_first() {
    with_store(async |store| {
        let days = ["2026-10-31", "2026-11-01", "2026-11-15", "2026-11-30", "2026-12-01"];
        let mut all = Delta::new();
        for date in days {
            for (campaign, currency) in [("cmp_1", "EUR"), ("cmp_2", "CHF")] {
                all.insert(row(campaign, date, currency), counts(&[("issued", 1)]));
            }
        }
        assert_eq!(count(store, &all, None, &position("shard#1", "10")).await, Counted::Counted);
        let keys = async |pk, from, until| {
            let rows = store.report_rows(pk, day(from), day(until)).await.unwrap();
            rows.into_iter().map(|(key, _)| key).collect::<Vec<String>>()
        };
        assert_eq!(keys("cmp_1", "2026-11-01", "2026-11-30").await, ["2026-11-01", "2026-11-15", "2026-11-30"]);
        assert_eq!(keys("cmp_1", "2026-11-15", "2026-11-15").await, ["2026-11-15"]);
        let totals = [
            "2026-11-30#promotion#CHF",
            "2026-11-30#promotion#EUR",
            "2026-12-01#promotion#CHF",
            "2026-12-01#promotion#EUR",
        ];
        assert_eq!(keys("ALL", "2026-11-30", "2026-12-01").await, totals);
        assert_eq!(keys("cmp_none", "2026-11-01", "2026-11-30").await, [""; 0]);
    })
    .await;
}
