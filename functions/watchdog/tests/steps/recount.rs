//! Tests of the recount through the watchdog's rounds. Counters that the stream made are found
//! correct. A wrong counter is found twice, a day apart, before it counts as drift; it is repaired
//! once and is then correct. Buffered counts of a shard are counted once, by whichever invocation
//! or round comes next. The tests run in memory and on the local AWS.

use std::{ops::Range, time::Duration};

use aggregate_reports::{StreamBatch, StreamRecord, VoucherChange as Changed, count_batch};
use domain::{
    TimeZone, Timestamp,
    campaign::{definition::Definition, kind::CampaignKind, lifecycle::Campaign},
    kernel::channel::Channel,
    reporting::{
        counters::{Counter, CounterDelta, CounterValues, ReportRow},
        sender_health::{SendBlocks, SenderLimits},
    },
    voucher::record::Voucher,
};
use queue::{Queue, WakeNudge};
use runtime::{HandlerOutcome, clock::simulated};
use serde_json::json;
use store::{
    Store, TableNames,
    campaign::campaigns::AuditedChange,
    conditional::Applied,
    reporting::{
        counters::{
            BufferedCounts, MAX_TRANSACTION_ROWS, StreamCheckpoint, StreamPosition, touched_rows,
        },
        recounts::{Recount, RecountStage as At, RecountTotals, RowDifference},
    },
    voucher::issue::IssueResult,
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, definition, noon, voucher},
    with_both_backends,
};
use watchdog::{WatchdogContext, handle_wake};

use crate::no_end;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

struct RecountFixture {
    watchdog: WatchdogContext,
    aggregate: aggregate_reports::AggregateContext,
    store: Store,
    definition: Definition,
    vouchers: Vec<Voucher>,
}

/// Returns half past three in the night after the day of the vouchers, for `night(1)`, and so on.
fn night(number: i64) -> Timestamp {
    add_milliseconds(noon(), number * DAY - 8 * HOUR - HOUR / 2)
}

impl RecountFixture {
    /// Creates the vouchers of that many campaigns on as many days, without counting them.
    async fn new(tables: &TestTables, campaigns: i64, vouchers: i64) -> Self {
        simulated::set_now(Some(noon()));
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let queue =
            |name: &str| Queue::new(&tables.config, format!("http://nowhere.invalid/{name}"));
        let context = WatchdogContext {
            store: store.clone(),
            expansion: queue("expansion"),
            release: queue("release"),
            stalled_after_seconds: 1_000_000,
            expiries_at_once: 100,
            limits: SenderLimits::default(),
            zone: TimeZone::UTC,
            recount_budget: Duration::from_secs(60),
        };
        let aggregate = aggregate_reports::AggregateContext {
            store: store.clone(),
            parked: queue("parked"),
            zone: TimeZone::UTC,
            buffer_time: Duration::from_secs(20),
        };
        let mut stage = Self {
            watchdog: context,
            aggregate,
            store,
            definition: definition(json!({})),
            vouchers: Vec::new(),
        };
        for campaign in 0..campaigns {
            let id = format!("cmp_{campaign}");
            let draft = Campaign::draft(campaign_id(&id), stage.definition.clone(), "ada", noon());
            let change = AuditedChange { actor: "ada", action: "create", note: "", at: noon() };
            stage.store.create_campaign(&draft, &id, &change).await.unwrap();
            for number in 0..vouchers {
                let mut made =
                    voucher(&draft.id, &stage.definition, &format!("c-{number}"), Channel::Push);
                made.issued_at = add_milliseconds(noon(), -campaign * DAY);
                assert_eq!(stage.store.issue_voucher(&made).await.unwrap(), IssueResult::First);
                stage.vouchers.push(made);
            }
        }
        stage
    }

    /// Creates the same, and counts the vouchers through the stream.
    async fn with_counted_vouchers(tables: &TestTables, campaigns: i64, vouchers: i64) -> Self {
        let stage = Self::new(tables, campaigns, vouchers).await;
        for first in (0..stage.vouchers.len()).step_by(25) {
            stage.count_vouchers(None, first..(first + 25).min(stage.vouchers.len())).await;
        }
        stage
    }

    /// Hands the creation of these vouchers to the stream consumer, in one batch.
    async fn count_vouchers(&self, shard: Option<&str>, vouchers: Range<usize>) {
        let change =
            |voucher: &Voucher| Changed::Changed { old: None, new: Box::new(voucher.clone()) };
        let record = |number: usize| StreamRecord {
            sequence: (number + 1).to_string(),
            written_at: None,
            change: change(&self.vouchers[number]),
        };
        let batch = StreamBatch {
            shard: shard.map(str::to_owned),
            records: vouchers.map(record).collect(),
        };
        count_batch(&self.aggregate, &batch).await.unwrap();
    }

    /// Returns the number of vouchers of the first campaign that the reports know.
    async fn reported_issued(&self) -> i64 {
        let day = noon().to_zoned(TimeZone::UTC).date();
        let rows = self.store.report_rows("cmp_0", day, day).await.unwrap();
        rows.iter().map(|(_, counts)| counts.amount(&Counter::Issued)).sum()
    }

    async fn run_watchdog_at(&self, now: Timestamp) {
        simulated::set_now(Some(now));
        assert_eq!(
            handle_wake(&self.watchdog, &WakeNudge::now("test"), no_end()).await,
            HandlerOutcome::Done
        );
    }

    async fn recount(&self) -> Recount {
        self.store.last_recount().await.unwrap().unwrap()
    }

    /// Runs rounds until the night's recount is done, and returns how many rounds it took.
    async fn run_recount(&self, number: u64) -> usize {
        for round in 1..200 {
            self.run_watchdog_at(add_milliseconds(
                night(i64::try_from(number).unwrap()),
                round * 1_000,
            ))
            .await;
            let recount = self.recount().await;
            assert_eq!(recount.number, number);
            if recount.stage == At::Done {
                return usize::try_from(round).unwrap();
            }
        }
        panic!("never done: {:?}", self.recount().await);
    }

    async fn differences(&self, number: u64) -> Vec<RowDifference> {
        self.store.list_differences(number, 1_000).await.unwrap().0
    }
}

#[tokio::test]
async fn counters_that_the_stream_made_are_right_and_one_that_is_lost_is_found_twice_and_repaired_once()
 {
    with_both_backends(async |tables| {
        let mut stage = RecountFixture::with_counted_vouchers(tables, 3, 9).await;
        stage.run_watchdog_at(add_milliseconds(night(1), -HOUR)).await;
        assert_eq!(stage.store.last_recount().await.unwrap(), None, "not before three");
        stage.run_recount(1).await;
        // one row for each of three campaigns, the total row for each of their days, and the days
        // on which their exposure ends
        let right = stage.recount().await;
        assert_eq!(
            (right.totals.differing, right.totals.drifting),
            (0, 0),
            "{:?}",
            stage.differences(1).await
        );
        assert!(right.totals.rows >= 6, "{right:?}");

        // a voucher that the stream has never delivered
        let mut unseen =
            voucher(&campaign_id("cmp_1"), &stage.definition, "c-unseen", Channel::Push);
        unseen.issued_at = add_milliseconds(noon(), -HOUR);
        assert_eq!(stage.store.issue_voucher(&unseen).await.unwrap(), IssueResult::First);
        stage.vouchers.push(unseen);
        stage.run_recount(2).await;
        let suspected = stage.differences(2).await;
        assert_eq!(stage.recount().await.totals.drifting, 0, "once may be between two reads");
        assert!(
            !suspected.is_empty() && suspected.iter().all(|row| row.drift.is_empty()),
            "{suspected:?}"
        );

        stage.run_recount(3).await;
        let found = stage.differences(3).await;
        let drifting: u64 = found.iter().map(|row| row.drift.len() as u64).sum();
        assert_eq!(
            stage.recount().await.totals,
            RecountTotals { drifting, ..stage.recount().await.totals }
        );
        let of = |pk: &str, day: &str| {
            found.iter().find(|row| row.pk == pk && row.day.starts_with(day)).unwrap()
        };
        assert_eq!(of("cmp_1", "2026-11-01").drift.amount(&Counter::Issued), 1);
        assert_eq!(of("ALL", "2026-11-01").drift.amount(&Counter::Exposure), 500);

        let now = add_milliseconds(night(3), HOUR);
        for row in &found {
            assert!(stage.store.repair_row(3, row, now).await.unwrap());
            assert!(!stage.store.repair_row(3, row, now).await.unwrap(), "once");
        }
        let last = stage.recount().await;
        assert!(stage.store.start_recount(Some(&last), now).await.unwrap());
        let anew = RowDifference { day: "2026-11-02".to_owned(), ..found[0].clone() };
        stage.store.record_differences(&last, std::slice::from_ref(&anew), now).await.unwrap();
        assert!(
            !stage.store.repair_row(3, &anew, now).await.unwrap(),
            "another is under way, and may have looked already"
        );
        stage.run_recount(4).await;
        assert_eq!(stage.recount().await.totals.differing, 0, "{:?}", stage.differences(4).await);
        let day = "2026-11-01".parse().unwrap();
        let rows = stage.store.report_rows("cmp_1", day, day).await.unwrap();
        assert_eq!(rows[0].1.amount(&Counter::Issued), 1, "cmp_1 has nothing else on this day");
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_recount_resumes_and_two_at_once_count_once() {
    with_both_backends(async |tables| {
        // more rows than fit into one transaction, and workers that take turns from each other
        let stage = RecountFixture::with_counted_vouchers(tables, 60, 3).await;
        simulated::set_now(Some(night(1)));
        let wake = WakeNudge::now("test");
        let rounds = futures::future::join_all(
            (0..4).map(|_| handle_wake(&stage.watchdog, &wake, no_end())),
        )
        .await;
        assert!(rounds.iter().all(|round| *round == HandlerOutcome::Done), "{rounds:?}");
        stage.run_recount(1).await;
        let recount = stage.recount().await;
        assert_eq!(recount.totals.differing, 0, "{:?}", stage.differences(1).await);
        assert!(recount.totals.rows > 120, "{recount:?}");
    })
    .await;
}

#[tokio::test]
async fn of_workers_that_count_the_same_segment_the_first_counts() {
    with_both_backends(async |tables| {
        let stage = RecountFixture::with_counted_vouchers(tables, 1, 1).await;
        let (store, now) = (&stage.store, night(1));
        assert!(store.start_recount(None, now).await.unwrap());
        let recount = stage.recount().await;
        let counts = |campaigns: i64| -> CounterDelta {
            let row = |number: i64| ReportRow {
                campaign: campaign_id(&format!("cmp_of_a_long_name_{number:06}")),
                kind: CampaignKind::Promotion,
                currency: stage.definition.offer.currency(),
                day: noon().to_zoned(TimeZone::UTC).date(),
            };
            let counters = |number: i64| {
                CounterValues::from([(Counter::Issued, number + 1), (Counter::Exposure, 500)])
            };
            (0..campaigns).map(|number| (row(number), counters(number))).collect()
        };
        let mut slow = store.claim_segment(&recount, 0, now).await.unwrap().unwrap();
        let mut quick = store.claim_segment(&recount, 0, now).await.unwrap().unwrap();
        (slow.counts, quick.counts) = (counts(3), counts(5_000));
        slow.move_to(None);
        quick.move_to(stage.vouchers.last());
        let nothing = CounterDelta::new();
        assert_eq!(store.recounted_sums(&recount).await.unwrap(), nothing, "none is written");
        let keep = async |sums| store.keep_segment_sums(&recount, 0, sums, now).await.unwrap();
        assert_eq!(keep(&quick).await, Applied::Yes);
        assert_eq!(keep(&slow).await, Applied::Conflict, "the segment has moved on");
        assert!(!store.is_segment_ended(&recount, 0).await.unwrap());
        assert_eq!(store.recounted_sums(&recount).await.unwrap(), quick.counts, "of many items");

        let mut next = store.claim_segment(&recount, 0, now).await.unwrap().unwrap();
        assert_eq!((&next.counts, next.position()), (&quick.counts, quick.position()));
        next.move_to(None);
        assert_eq!(keep(&next).await, Applied::Yes);
        assert_eq!(keep(&quick).await, Applied::Conflict, "it has been counted");
        assert!(store.is_segment_ended(&recount, 0).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_recount_runs_once_a_night_and_on_demand() {
    with_both_backends(async |tables| {
        let stage = RecountFixture::with_counted_vouchers(tables, 1, 1).await;
        stage.run_recount(1).await;
        stage.run_watchdog_at(add_milliseconds(night(1), HOUR)).await;
        assert_eq!(stage.recount().await.number, 1, "done for tonight");
        let last = stage.recount().await;
        assert!(
            stage
                .store
                .start_recount(Some(&last), add_milliseconds(noon(), 2 * DAY))
                .await
                .unwrap()
        );
        assert!(
            !stage
                .store
                .start_recount(Some(&last), add_milliseconds(noon(), 2 * DAY))
                .await
                .unwrap(),
            "one at a time"
        );
        stage.run_watchdog_at(add_milliseconds(noon(), 2 * DAY)).await;
        let recount = stage.recount().await;
        assert_eq!((recount.number, recount.stage), (2, At::Done));
    })
    .await;
}

#[tokio::test]
async fn buffered_counts_are_counted_once_with_what_follows_or_by_the_next_round() {
    with_both_backends(async |tables| {
        let stage = RecountFixture::new(tables, 1, 40).await;
        let shard = Some("shardId-1");
        stage.count_vouchers(shard, 0..10).await;
        assert_eq!(
            (stage.reported_issued().await, stage.store.buffered_counts().await.unwrap().len()),
            (0, 1)
        );
        simulated::set_now(Some(add_milliseconds(noon(), 10_000)));
        // the same batch again, with more records at its end
        stage.count_vouchers(shard, 0..20).await;
        stage.count_vouchers(shard, 5..15).await;
        assert_eq!(
            (stage.reported_issued().await, stage.store.buffered_counts().await.unwrap().len()),
            (0, 1)
        );
        simulated::set_now(Some(add_milliseconds(noon(), 20_000)));
        stage.count_vouchers(shard, 20..30).await;
        assert_eq!(
            (stage.reported_issued().await, stage.store.buffered_counts().await.unwrap().len()),
            (30, 0)
        );

        stage.count_vouchers(shard, 25..40).await;
        assert_eq!(stage.reported_issued().await, 30, "held again");
        let (wake, now) = (WakeNudge::now("test"), add_milliseconds(noon(), 30_000));
        simulated::set_now(Some(now));
        let rounds = futures::future::join_all(
            (0..3).map(|_| handle_wake(&stage.watchdog, &wake, no_end())),
        )
        .await;
        assert!(rounds.iter().all(|round| *round == HandlerOutcome::Done), "{rounds:?}");
        assert_eq!(
            (stage.reported_issued().await, stage.store.buffered_counts().await.unwrap().len()),
            (40, 0)
        );
        stage.count_vouchers(shard, 0..40).await;
        assert_eq!(stage.reported_issued().await, 40, "all of it again");
        stage.run_recount(1).await;
        assert_eq!(stage.recount().await.totals.differing, 0, "{:?}", stage.differences(1).await);
    })
    .await;
}

#[tokio::test]
async fn more_rows_than_one_transaction_takes_are_never_buffered() {
    with_both_backends(async |tables| {
        // each campaign has a day of its own: four rows for each voucher
        let stage = RecountFixture::new(tables, 90, 1).await;
        let shard = Some("shardId-1");
        for first in (0..90).step_by(9) {
            stage.count_vouchers(shard, first..first + 9).await;
            let held = stage.store.buffered_counts().await.unwrap();
            let rows = held
                .iter()
                .map(|(_, held)| touched_rows(&held.delta).len() + held.blocks.len())
                .sum::<usize>();
            assert!(rows <= MAX_TRANSACTION_ROWS, "{rows} rows after {first}");
        }
        stage.run_recount(1).await;
        assert_eq!(stage.recount().await.totals.differing, 0, "{:?}", stage.differences(1).await);
    })
    .await;
}

#[tokio::test]
async fn what_fills_a_transaction_is_counted_before_the_next_record_is_added() {
    with_both_backends(async |tables| {
        let stage = RecountFixture::new(tables, 1, 3).await;
        let day = noon().to_zoned(TimeZone::UTC).date();
        let row = |number: i64| ReportRow {
            campaign: campaign_id(&format!("cmp_full_{number}")),
            kind: CampaignKind::Promotion,
            currency: stage.definition.offer.currency(),
            day,
        };
        // 98 campaigns and the rows that they share
        let delta: CounterDelta = (0..98)
            .map(|number| (row(number), CounterValues::from([(Counter::Issued, 1)])))
            .collect();
        assert_eq!(touched_rows(&delta).len(), MAX_TRANSACTION_ROWS);
        let full = BufferedCounts { since: noon(), until: None, delta, blocks: SendBlocks::new() };
        let first = StreamPosition { name: "shard#shardId-1".to_owned(), sequence: "0".to_owned() };
        assert_eq!(
            stage.store.buffer_counts(&full, &StreamCheckpoint::default(), &first).await.unwrap(),
            Applied::Yes
        );

        stage.count_vouchers(Some("shardId-1"), 0..3).await;
        let rows = stage.store.report_rows("ALL", day, day).await.unwrap();
        assert_eq!(rows.iter().map(|(_, counts)| counts.amount(&Counter::Issued)).sum::<i64>(), 98);
        let held = stage.store.buffered_counts().await.unwrap();
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].0.sequence, "3");
        assert_eq!(
            held[0].1.delta.values().map(|counts| counts.amount(&Counter::Issued)).sum::<i64>(),
            3
        );
    })
    .await;
}
