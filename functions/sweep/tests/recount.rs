//! The recount through the sweep's rounds: counters that the stream made are found to be right, one that is wrong is found twice, a day
//! apart, before it is called drift, repaired once, and then right. And what a shard of the stream holds is counted, once, by whoever comes
//! next. In memory and on the local AWS.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::{ops::Range, time::Duration};

use aggregate_reports::{Batch, Change as Changed, Record, fold};
use domain::{
    TimeZone, Timestamp,
    campaign::{Campaign, Kind},
    channel::Channel,
    definition::Definition,
    report::{Counts, Delta, Row},
    sender_health::{Blocks, Limits},
    voucher::Voucher,
};
use queue::{Queue, Wake};
use runtime::{Handled, clock::simulated};
use serde_json::json;
use store::{
    Store, Tables,
    control::Change,
    issue::Issued,
    recounts::{Difference, Recount, Stage as At, Sums},
    reports::{Counted, Held, MAX_ROWS, Place, Position, touched},
};
use sweep::{Context, sweep};
use testkit::{
    TestTables,
    builders::{campaign_id, definition, later, noon, voucher},
    with_both,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

struct Stage {
    sweep: Context,
    aggregate: aggregate_reports::Context,
    store: Store,
    definition: Definition,
    vouchers: Vec<Voucher>,
}

/// `night(1)` is half past three after the day of the vouchers.
fn night(number: i64) -> Timestamp {
    later(noon(), number * DAY - 8 * HOUR - HOUR / 2)
}

impl Stage {
    /// Vouchers of so many campaigns, on as many days.
    async fn new(tables: &TestTables, campaigns: i64, vouchers: i64) -> Self {
        simulated::set(Some(noon()));
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let queue = |name: &str| Queue::new(&tables.config, format!("http://nowhere.invalid/{name}"));
        let context = Context {
            store: store.clone(),
            expansion: queue("expansion"),
            release: queue("release"),
            stalled_after_seconds: 1_000_000,
            expiries_at_once: 100,
            limits: Limits::default(),
            zone: TimeZone::UTC,
            recount_for: Duration::from_secs(60),
        };
        let aggregate = aggregate_reports::Context {
            store: store.clone(),
            parked: queue("parked"),
            zone: TimeZone::UTC,
            hold: Duration::from_secs(20),
        };
        let mut stage =
            Self { sweep: context, aggregate, store, definition: definition(json!({})), vouchers: Vec::new() };
        for campaign in 0..campaigns {
            let id = format!("cmp_{campaign}");
            let draft = Campaign::draft(campaign_id(&id), stage.definition.clone(), "ada", noon());
            let change = Change { actor: "ada", action: "create", note: "", at: noon() };
            stage.store.create_campaign(&draft, &id, &change).await.unwrap();
            for number in 0..vouchers {
                let mut made = voucher(&draft.id, &stage.definition, &format!("c-{number}"), Channel::Push);
                made.issued_at = later(noon(), -campaign * DAY);
                assert_eq!(stage.store.issue(&made).await.unwrap(), Issued::First);
                stage.vouchers.push(made);
            }
        }
        stage
    }

    /// The same, told by the stream.
    async fn told(tables: &TestTables, campaigns: i64, vouchers: i64) -> Self {
        let stage = Self::new(tables, campaigns, vouchers).await;
        for first in (0..stage.vouchers.len()).step_by(25) {
            stage.counted(None, first..(first + 25).min(stage.vouchers.len())).await;
        }
        stage
    }

    /// The stream tells of the making of these vouchers, in one batch.
    async fn counted(&self, shard: Option<&str>, vouchers: Range<usize>) {
        let change = |voucher: &Voucher| Changed::Step { old: None, new: Box::new(voucher.clone()) };
        let record = |number: usize| Record {
            sequence: (number + 1).to_string(),
            written_at: None,
            change: change(&self.vouchers[number]),
        };
        let batch = Batch { shard: shard.map(str::to_owned), records: vouchers.map(record).collect() };
        fold(&self.aggregate, &batch).await.unwrap();
    }

    /// Vouchers of the first campaign that reports know of.
    async fn issued(&self) -> i64 {
        let day = noon().to_zoned(TimeZone::UTC).date();
        let rows = self.store.report_rows("cmp_0", day, day).await.unwrap();
        rows.iter().map(|(_, counts)| counts["issued"]).sum()
    }

    async fn swept_at(&self, now: Timestamp) {
        simulated::set(Some(now));
        assert_eq!(sweep(&self.sweep, &Wake::now("test")).await, Handled::Done);
    }

    async fn recount(&self) -> Recount {
        self.store.recount().await.unwrap().unwrap()
    }

    /// Rounds until the night's recount is done; how many there were.
    async fn recounted(&self, number: u64) -> usize {
        for round in 1..200 {
            self.swept_at(later(night(i64::try_from(number).unwrap()), round * 1_000)).await;
            let recount = self.recount().await;
            assert_eq!(recount.number, number);
            if recount.stage == At::Done {
                return usize::try_from(round).unwrap();
            }
        }
        panic!("never done: {:?}", self.recount().await);
    }

    async fn differences(&self, number: u64) -> Vec<Difference> {
        self.store.differences(number, 1_000).await.unwrap().0
    }
}

#[tokio::test]
async fn counters_that_the_stream_made_are_right_and_one_that_is_lost_is_found_twice_and_repaired_once() {
    with_both(async |tables| {
        let mut stage = Stage::told(tables, 3, 9).await;
        stage.swept_at(later(night(1), -HOUR)).await;
        assert_eq!(stage.store.recount().await.unwrap(), None, "not before three");
        stage.recounted(1).await;
        // a row each of three campaigns, their days of all campaigns, and the days on which their exposure ends
        let right = stage.recount().await;
        assert_eq!((right.sums.differing, right.sums.drifting), (0, 0), "{:?}", stage.differences(1).await);
        assert!(right.sums.rows >= 6, "{right:?}");

        // a voucher that the stream never told
        let mut unseen = voucher(&campaign_id("cmp_1"), &stage.definition, "c-unseen", Channel::Push);
        unseen.issued_at = later(noon(), -HOUR);
        assert_eq!(stage.store.issue(&unseen).await.unwrap(), Issued::First);
        stage.vouchers.push(unseen);
        stage.recounted(2).await;
        let suspected = stage.differences(2).await;
        assert_eq!(stage.recount().await.sums.drifting, 0, "once may be between two reads");
        assert!(!suspected.is_empty() && suspected.iter().all(|row| row.drift.is_empty()), "{suspected:?}");

        stage.recounted(3).await;
        let found = stage.differences(3).await;
        let drifting: u64 = found.iter().map(|row| row.drift.len() as u64).sum();
        assert_eq!(stage.recount().await.sums, Sums { drifting, ..stage.recount().await.sums });
        let of = |pk: &str, day: &str| found.iter().find(|row| row.pk == pk && row.day.starts_with(day)).unwrap();
        assert_eq!(of("cmp_1", "2026-11-01").drift["issued"], 1);
        assert_eq!(of("ALL", "2026-11-01").drift["exposure"], 500);

        let now = later(night(3), HOUR);
        for row in &found {
            assert!(stage.store.repair(3, row, now).await.unwrap());
            assert!(!stage.store.repair(3, row, now).await.unwrap(), "once");
        }
        let last = stage.recount().await;
        assert!(stage.store.start_recount(Some(&last), now).await.unwrap());
        let anew = Difference { day: "2026-11-02".to_owned(), ..found[0].clone() };
        stage.store.keep_differences(&last, std::slice::from_ref(&anew), now).await.unwrap();
        assert!(!stage.store.repair(3, &anew, now).await.unwrap(), "another is under way, and may have looked already");
        stage.recounted(4).await;
        assert_eq!(stage.recount().await.sums.differing, 0, "{:?}", stage.differences(4).await);
        let day = "2026-11-01".parse().unwrap();
        let rows = stage.store.report_rows("cmp_1", day, day).await.unwrap();
        assert_eq!(rows[0].1["issued"], 1, "cmp_1 has nothing else on this day");
    })
    .await;
}

#[tokio::test]
async fn a_recount_that_is_cut_short_goes_on_where_it_stood_and_two_at_once_count_once() {
    with_both(async |tables| {
        // more rows than one transaction takes, and a page a round
        let stage = Stage::told(tables, 60, 3).await;
        simulated::set(Some(night(1)));
        let wake = Wake::now("test");
        let rounds = futures::future::join_all((0..4).map(|_| sweep(&stage.sweep, &wake))).await;
        assert!(rounds.iter().all(|round| *round == Handled::Done), "{rounds:?}");
        stage.recounted(1).await;
        let recount = stage.recount().await;
        assert_eq!(recount.sums.differing, 0, "{:?}", stage.differences(1).await);
        assert!(recount.sums.rows > 120, "{recount:?}");
    })
    .await;
}

#[tokio::test]
async fn a_recount_runs_once_a_night_and_on_demand() {
    with_both(async |tables| {
        let stage = Stage::told(tables, 1, 1).await;
        stage.recounted(1).await;
        stage.swept_at(later(night(1), HOUR)).await;
        assert_eq!(stage.recount().await.number, 1, "done for tonight");
        let last = stage.recount().await;
        assert!(stage.store.start_recount(Some(&last), later(noon(), 2 * DAY)).await.unwrap());
        assert!(!stage.store.start_recount(Some(&last), later(noon(), 2 * DAY)).await.unwrap(), "one at a time");
        stage.swept_at(later(noon(), 2 * DAY)).await;
        let recount = stage.recount().await;
        assert_eq!((recount.number, recount.stage), (2, At::Done));
    })
    .await;
}

#[tokio::test]
async fn what_a_shard_holds_is_counted_once_with_what_follows_or_by_the_next_round() {
    with_both(async |tables| {
        let stage = Stage::new(tables, 1, 40).await;
        let shard = Some("shardId-1");
        stage.counted(shard, 0..10).await;
        assert_eq!((stage.issued().await, stage.store.held().await.unwrap().len()), (0, 1));
        simulated::set(Some(later(noon(), 10_000)));
        // again, and grown at its end
        stage.counted(shard, 0..20).await;
        stage.counted(shard, 5..15).await;
        assert_eq!((stage.issued().await, stage.store.held().await.unwrap().len()), (0, 1));
        simulated::set(Some(later(noon(), 20_000)));
        stage.counted(shard, 20..30).await;
        assert_eq!((stage.issued().await, stage.store.held().await.unwrap().len()), (30, 0));

        stage.counted(shard, 25..40).await;
        assert_eq!(stage.issued().await, 30, "held again");
        let (wake, now) = (Wake::now("test"), later(noon(), 30_000));
        simulated::set(Some(now));
        let rounds = futures::future::join_all((0..3).map(|_| sweep(&stage.sweep, &wake))).await;
        assert!(rounds.iter().all(|round| *round == Handled::Done), "{rounds:?}");
        assert_eq!((stage.issued().await, stage.store.held().await.unwrap().len()), (40, 0));
        stage.counted(shard, 0..40).await;
        assert_eq!(stage.issued().await, 40, "all of it again");
        stage.recounted(1).await;
        assert_eq!(stage.recount().await.sums.differing, 0, "{:?}", stage.differences(1).await);
    })
    .await;
}

#[tokio::test]
async fn more_rows_than_one_transaction_takes_are_never_held() {
    with_both(async |tables| {
        // each campaign on a day of its own: four rows a voucher
        let stage = Stage::new(tables, 90, 1).await;
        let shard = Some("shardId-1");
        for first in (0..90).step_by(9) {
            stage.counted(shard, first..first + 9).await;
            let held = stage.store.held().await.unwrap();
            let rows = held.iter().map(|(_, held)| touched(&held.delta).len() + held.blocks.len()).sum::<usize>();
            assert!(rows <= MAX_ROWS, "{rows} rows after {first}");
        }
        stage.recounted(1).await;
        assert_eq!(stage.recount().await.sums.differing, 0, "{:?}", stage.differences(1).await);
    })
    .await;
}

#[tokio::test]
async fn what_fills_a_transaction_is_counted_before_the_next_record_is_added() {
    with_both(async |tables| {
        let stage = Stage::new(tables, 1, 3).await;
        let day = noon().to_zoned(TimeZone::UTC).date();
        let row = |number: i64| Row {
            campaign: campaign_id(&format!("cmp_full_{number}")),
            kind: Kind::Promotion,
            currency: stage.definition.offer.currency(),
            day,
        };
        // 98 campaigns and what they share
        let delta: Delta = (0..98).map(|number| (row(number), Counts::from([("issued".to_owned(), 1)]))).collect();
        assert_eq!(touched(&delta).len(), MAX_ROWS);
        let full = Held { since: noon(), until: None, delta, blocks: Blocks::new() };
        let first = Position { name: "shard#shardId-1".to_owned(), sequence: "0".to_owned() };
        assert_eq!(stage.store.hold(&full, &Place::default(), &first).await.unwrap(), Counted::Counted);

        stage.counted(Some("shardId-1"), 0..3).await;
        let rows = stage.store.report_rows("ALL", day, day).await.unwrap();
        assert_eq!(rows.iter().map(|(_, counts)| counts["issued"]).sum::<i64>(), 98);
        let held = stage.store.held().await.unwrap();
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].0.sequence, "3");
        assert_eq!(held[0].1.delta.values().filter_map(|counts| counts.get("issued")).sum::<i64>(), 3);
    })
    .await;
}
