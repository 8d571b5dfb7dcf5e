//! Report counters on a real DynamoDB API: each record is counted once, because the position moves
//! with the counters.

use std::collections::BTreeMap;

use domain::{
    Date,
    campaign::kind::CampaignKind,
    kernel::{channel::Channel, money::Currency},
    reporting::{
        counters::{Counter, CounterDelta, CounterValues, ReportRow},
        sender_health::{SendBlock, SendBlocks, SendCounts},
    },
};
use futures::future::join_all;
use store::{
    Store, TableNames,
    conditional::Applied,
    reporting::counters::{
        BufferedCounts, MAX_TRANSACTION_ROWS, StreamCheckpoint, StreamPosition, touched_rows,
    },
};
use testkit::{
    builders::{add_milliseconds, campaign_id, noon},
    with_both_backends,
};

/// Runs the test in memory and on the local AWS.
async fn with_store(test: impl AsyncFn(&Store)) {
    with_both_backends(async |tables| {
        test(&Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        ))
        .await;
    })
    .await;
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn counts(counts: &[(&str, i64)]) -> CounterValues {
    counts.iter().map(|(name, by)| (Counter::parse(name), *by)).collect()
}

fn row(campaign: &str, date: &str, currency: &str) -> ReportRow {
    let (campaign, currency) = (campaign_id(campaign), Currency::parse(currency).unwrap());
    ReportRow { campaign, kind: CampaignKind::Promotion, currency, day: day(date) }
}

fn delta(campaign: &str, date: &str, by: &[(&str, i64)]) -> CounterDelta {
    BTreeMap::from([(row(campaign, date, "EUR"), counts(by))])
}

fn position(name: &str, sequence: &str) -> StreamPosition {
    StreamPosition { name: name.into(), sequence: sequence.into() }
}

async fn count(
    store: &Store,
    delta: &CounterDelta,
    before: Option<&str>,
    next: &StreamPosition,
) -> Applied {
    let before = StreamCheckpoint { sequence: before.map(str::to_owned), buffered: None };
    store.add_counts(delta, &BTreeMap::new(), &before, next, noon()).await.unwrap()
}

async fn november(store: &Store, pk: &str) -> Vec<(String, CounterValues)> {
    store.report_rows(pk, day("2026-11-01"), day("2026-11-30")).await.unwrap()
}

#[tokio::test]
async fn a_campaigns_day_and_the_total_of_its_kind_count_together() {
    with_store(async |store| {
        let mut both =
            delta("cmp_1", "2026-11-22", &[("issued", 3), ("sent.sms", 2), ("unmoved", 0)]);
        both.extend(delta("cmp_2", "2026-11-22", &[("issued", 4)]));
        assert_eq!(count(store, &both, None, &position("shard#1", "10")).await, Applied::Yes);
        let first = ("2026-11-22".to_owned(), counts(&[("issued", 3), ("sent.sms", 2)]));
        assert_eq!(november(store, "cmp_1").await, [first]);
        let total =
            ("2026-11-22#promotion#EUR".to_owned(), counts(&[("issued", 7), ("sent.sms", 2)]));
        assert_eq!(november(store, "ALL").await, [total]);
        let less = delta("cmp_1", "2026-11-22", &[("issued", 1), ("revenue", -500)]);
        assert_eq!(count(store, &less, Some("10"), &position("shard#1", "11")).await, Applied::Yes);
        assert_eq!(
            november(store, "cmp_1").await[0].1,
            counts(&[("issued", 4), ("sent.sms", 2), ("revenue", -500)])
        );
    })
    .await;
}

#[tokio::test]
async fn the_same_records_again_count_nothing() {
    with_store(async |store| {
        let one = delta("cmp_1", "2026-11-22", &[("issued", 1)]);
        let (first, second) = (position("shard#1", "10"), position("shard#1", "20"));
        assert_eq!(store.stream_position("shard#1").await.unwrap(), None);
        assert_eq!(count(store, &one, None, &first).await, Applied::Yes);
        assert_eq!(count(store, &one, None, &first).await, Applied::Conflict, "from the beginning");
        assert_eq!(count(store, &one, Some("10"), &second).await, Applied::Yes);
        assert_eq!(
            count(store, &one, Some("10"), &second).await,
            Applied::Conflict,
            "from where it was"
        );
        assert_eq!(
            count(store, &one, Some("15"), &second).await,
            Applied::Conflict,
            "from where it never was"
        );
        assert_eq!(
            count(store, &one, Some("10"), &position("shard#2", "20")).await,
            Applied::Conflict,
            "of another shard"
        );
        assert_eq!(store.stream_position("shard#1").await.unwrap().as_deref(), Some("20"));
        assert_eq!(store.stream_position("shard#2").await.unwrap(), None);
        assert_eq!(
            november(store, "cmp_1").await,
            [("2026-11-22".to_owned(), counts(&[("issued", 2)]))]
        );
    })
    .await;
}

#[tokio::test]
async fn one_of_many_concurrent_counts_wins() {
    with_store(async |store| {
        let one = delta("cmp_1", "2026-11-22", &[("issued", 5)]);
        let next = position("batch#100", "109");
        let (no_blocks, nowhere) = (BTreeMap::new(), StreamCheckpoint::default());
        let tries =
            join_all((0..16).map(|_| store.add_counts(&one, &no_blocks, &nowhere, &next, noon())))
                .await;
        // A conflict makes the caller read the position again.
        let counted = tries.iter().filter(|answer| matches!(answer, Ok(Applied::Yes))).count();
        assert_eq!(counted, 1, "{tries:?}");
        assert_eq!(november(store, "cmp_1").await[0].1, counts(&[("issued", 5)]));
    })
    .await;
}

#[tokio::test]
async fn records_that_change_no_counter_still_move_the_position() {
    with_store(async |store| {
        let nothing = delta("cmp_1", "2026-11-22", &[("issued", 0)]);
        assert_eq!(count(store, &nothing, None, &position("shard#1", "10")).await, Applied::Yes);
        assert_eq!(
            count(store, &CounterDelta::new(), Some("10"), &position("shard#1", "20")).await,
            Applied::Yes
        );
        assert_eq!(store.stream_position("shard#1").await.unwrap().as_deref(), Some("20"));
        assert_eq!(november(store, "cmp_1").await, []);
        assert_eq!(november(store, "ALL").await, []);
    })
    .await;
}

#[tokio::test]
async fn as_many_rows_as_a_transaction_takes_are_counted_at_once() {
    with_store(async |store| {
        // Each campaign has its row, and all 98 share one total.
        let full: CounterDelta = (0..98)
            .flat_map(|number| delta(&format!("cmp_{number}"), "2026-11-22", &[("issued", 1)]))
            .collect();
        assert_eq!(touched_rows(&full).len(), MAX_TRANSACTION_ROWS);
        assert_eq!(count(store, &full, None, &position("shard#1", "10")).await, Applied::Yes);
        assert_eq!(november(store, "ALL").await[0].1, counts(&[("issued", 98)]));
        assert_eq!(november(store, "cmp_97").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn rows_are_read_from_day_to_day_both_included_oldest_first() {
    with_store(async |store| {
        let days = ["2026-10-31", "2026-11-01", "2026-11-15", "2026-11-30", "2026-12-01"];
        let mut all = CounterDelta::new();
        for date in days {
            for (campaign, currency) in [("cmp_1", "EUR"), ("cmp_2", "CHF")] {
                all.insert(row(campaign, date, currency), counts(&[("issued", 1)]));
            }
        }
        assert_eq!(count(store, &all, None, &position("shard#1", "10")).await, Applied::Yes);
        let keys = async |pk, from, until| {
            let rows = store.report_rows(pk, day(from), day(until)).await.unwrap();
            rows.into_iter().map(|(key, _)| key).collect::<Vec<String>>()
        };
        assert_eq!(
            keys("cmp_1", "2026-11-01", "2026-11-30").await,
            ["2026-11-01", "2026-11-15", "2026-11-30"]
        );
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

fn buffered(by: i64) -> BufferedCounts {
    let second = noon().as_second();
    let block = SendBlock { campaign: campaign_id("cmp_1"), channel: Channel::Sms, second };
    BufferedCounts {
        since: noon(),
        until: Some(add_milliseconds(noon(), -2_000)),
        delta: delta(
            "cmp_1",
            "2026-11-22",
            &[("issued", by), ("took.due.push.31", 1), ("fault.sms.odd_reason", -2)],
        ),
        blocks: SendBlocks::from([(
            block,
            SendCounts { messages: by, bounced: 1, ..SendCounts::default() },
        )]),
    }
}

#[tokio::test]
async fn what_is_held_is_in_no_report_until_it_is_counted_and_then_once() {
    with_store(async |store| {
        let nowhere = StreamCheckpoint::default();
        let (first, second) = (position("shard#1", "10"), position("shard#1", "20"));
        assert_eq!(
            store.buffer_counts(&buffered(3), &nowhere, &first).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(
            store.buffer_counts(&buffered(3), &nowhere, &first).await.unwrap(),
            Applied::Conflict,
            "the same records again"
        );
        let place = store.stream_checkpoint("shard#1").await.unwrap();
        assert_eq!(
            place,
            StreamCheckpoint { sequence: Some("10".into()), buffered: Some(buffered(3)) }
        );
        assert_eq!(november(store, "cmp_1").await, []);

        assert_eq!(store.buffer_counts(&buffered(5), &place, &second).await.unwrap(), Applied::Yes);
        assert_eq!(store.buffered_counts().await.unwrap(), [(second.clone(), buffered(5))]);
        let now = buffered(5);
        let stale =
            store.add_counts(&now.delta, &now.blocks, &place, &first, noon()).await.unwrap();
        assert_eq!(stale, Applied::Conflict, "from where it was");
        let place = store.stream_checkpoint("shard#1").await.unwrap();
        for expected in [Applied::Yes, Applied::Conflict] {
            assert_eq!(
                store.add_counts(&now.delta, &now.blocks, &place, &second, noon()).await.unwrap(),
                expected
            );
        }
        assert_eq!(
            november(store, "cmp_1").await[0].1,
            now.delta[&row("cmp_1", "2026-11-22", "EUR")]
        );
        let sends = store
            .recent_sends(&campaign_id("cmp_1"), Channel::Sms, noon().as_second())
            .await
            .unwrap();
        assert_eq!(sends, [SendCounts { messages: 5, bounced: 1, ..SendCounts::default() }]);
        assert_eq!(store.buffered_counts().await.unwrap(), []);
        assert_eq!(
            store.stream_checkpoint("shard#1").await.unwrap(),
            StreamCheckpoint { sequence: Some("20".into()), buffered: None }
        );
        // A reader with a checkpoint from before the counts were added would buffer counts that are
        // in the counters already.
        assert_eq!(
            store.buffer_counts(&buffered(9), &place, &position("shard#1", "30")).await.unwrap(),
            Applied::Conflict
        );
    })
    .await;
}

#[tokio::test]
async fn one_of_many_concurrent_counts_of_buffered_records_wins() {
    with_store(async |store| {
        let (nowhere, first) = (StreamCheckpoint::default(), position("shard#1", "10"));
        assert_eq!(
            store.buffer_counts(&buffered(4), &nowhere, &first).await.unwrap(),
            Applied::Yes
        );
        let place = store.stream_checkpoint("shard#1").await.unwrap();
        let (now, more, next) = (buffered(4), buffered(5), position("shard#1", "20"));
        let count = async |turn: usize| match turn % 2 {
            0 => store.add_counts(&now.delta, &now.blocks, &place, &first, noon()).await,
            _ => store.buffer_counts(&more, &place, &next).await,
        };
        let tries = join_all((0..12).map(count)).await;
        let done = tries.iter().filter(|answer| matches!(answer, Ok(Applied::Yes))).count();
        assert_eq!(done, 1, "{tries:?}");
        let counted: i64 = november(store, "cmp_1")
            .await
            .iter()
            .map(|(_, counts)| counts.amount(&Counter::Issued))
            .sum();
        let held: i64 = store
            .buffered_counts()
            .await
            .unwrap()
            .iter()
            .flat_map(|(_, held)| held.delta.values())
            .map(|it| it.amount(&Counter::Issued))
            .sum();
        assert!([(4, 0), (0, 5)].contains(&(counted, held)), "counted {counted}, held {held}");
    })
    .await;
}

#[tokio::test]
async fn each_shard_holds_its_own_and_a_batch_without_one_is_found_nowhere_among_them() {
    with_store(async |store| {
        let nowhere = StreamCheckpoint::default();
        for (name, by) in [("shard#2", 2), ("shard#1", 1), ("shard#3", 3)] {
            assert_eq!(
                store.buffer_counts(&buffered(by), &nowhere, &position(name, "10")).await.unwrap(),
                Applied::Yes
            );
        }
        assert_eq!(
            count(store, &CounterDelta::new(), None, &position("shard#4", "10")).await,
            Applied::Yes
        );
        assert_eq!(
            count(store, &CounterDelta::new(), None, &position("batch#7", "10")).await,
            Applied::Yes
        );
        let found: Vec<_> = store
            .buffered_counts()
            .await
            .unwrap()
            .into_iter()
            .map(|(position, held)| (position.name, held))
            .collect();
        let expected = [("shard#1", 1), ("shard#2", 2), ("shard#3", 3)];
        assert_eq!(found, expected.map(|(name, by)| (name.to_owned(), buffered(by))));
    })
    .await;
}
