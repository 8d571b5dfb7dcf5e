//! Runs and their segments, on a real DynamoDB API: a page is its dispatches and its checkpoint,
//! written all or nothing, and once.

use crate::stage;

use std::collections::BTreeSet;

use domain::{
    campaign::lifecycle::Campaign,
    delivery::dispatch::{Dispatch, OutcomeTally, Segment},
    kernel::channel::Channel,
};
use fake_aws::FakeAws;
use serde_json::json;
use stage::{running, with_store};
use store::{
    Store, StoreError, TableNames,
    conditional::Applied,
    delivery::dispatches::{DispatchOutcome, LeaseResult},
};
use testkit::TestTables;
use testkit::builders::{add_milliseconds, definition, dispatch, minor, noon};

async fn segment(store: &Store, campaign: &Campaign, number: u32) -> Segment {
    store.segment(campaign.run.as_ref().unwrap(), number).await.unwrap().unwrap()
}

/// Returns the checkpoint after one more page, of which `scanned` customers were read.
fn next(before: &Segment, cursor: Option<&str>, scanned: u64, dispatches: &[Dispatch]) -> Segment {
    Segment {
        cursor: cursor.map(str::to_owned),
        page: before.page + 1,
        scanned_all: cursor.is_none(),
        scanned: before.scanned + scanned,
        selected: before.selected + dispatches.iter().map(Dispatch::size).sum::<u64>(),
        open: before.open + dispatches.len() as u64,
        updated_at: add_milliseconds(before.updated_at, 1_000),
        ..before.clone()
    }
}

async fn planned(store: &Store) -> BTreeSet<String> {
    let (due, _) =
        store.due_dispatches(Channel::Push, add_milliseconds(noon(), 60_000), None).await.unwrap();
    due.into_iter().map(|due| due.key.to_string()).collect()
}

fn names(dispatches: &[Dispatch]) -> BTreeSet<String> {
    dispatches.iter().map(|dispatch| dispatch.key.to_string()).collect()
}

#[tokio::test]
async fn a_page_is_its_dispatches_and_its_checkpoint() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_page", definition(json!({})), 2).await;
        let before = segment(store, &campaign, 1).await;
        let dispatches =
            [dispatch(&campaign.id, 1, 0, &["c-1", "c-2"]), dispatch(&campaign.id, 1, 1, &["c-3"])];
        let after = next(&before, Some("c-9"), 10, &dispatches);
        assert_eq!(store.write_page(&before, &after, &dispatches).await.unwrap(), Applied::Yes);
        assert_eq!(segment(store, &campaign, 1).await, after);
        assert_eq!((after.selected, after.open), (3, 2));
        assert_eq!(planned(store).await, names(&dispatches));
        assert_eq!(
            segment(store, &campaign, 0).await.page,
            0,
            "the other segment has its own checkpoint"
        );
    })
    .await;
}

#[tokio::test]
async fn a_page_read_from_an_old_checkpoint_is_lost_whole() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_stale", definition(json!({})), 1).await;
        let before = segment(store, &campaign, 0).await;
        let mine = [dispatch(&campaign.id, 0, 0, &["c-1"])];
        let after = next(&before, Some("c-1"), 1, &mine);
        assert_eq!(store.write_page(&before, &after, &mine).await.unwrap(), Applied::Yes);
        let other = [dispatch(&campaign.id, 0, 7, &["c-2"])];
        let late = next(&before, Some("c-2"), 5, &other);
        assert_eq!(store.write_page(&before, &late, &other).await.unwrap(), Applied::Conflict);
        assert_eq!(segment(store, &campaign, 0).await, after);
        assert_eq!(planned(store).await, names(&mine));
    })
    .await;
}

#[tokio::test]
async fn a_page_with_a_dispatch_that_is_there_already_moves_no_checkpoint() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_there", definition(json!({})), 1).await;
        let before = segment(store, &campaign, 0).await;
        let first = [dispatch(&campaign.id, 0, 0, &["c-1"])];
        let one = next(&before, Some("c-1"), 1, &first);
        assert_eq!(store.write_page(&before, &one, &first).await.unwrap(), Applied::Yes);
        let again =
            [dispatch(&campaign.id, 0, 1, &["c-2"]), dispatch(&campaign.id, 0, 0, &["c-1"])];
        let two = next(&one, Some("c-2"), 1, &again);
        assert_eq!(store.write_page(&one, &two, &again).await.unwrap(), Applied::Conflict);
        assert_eq!(segment(store, &campaign, 0).await, one);
        assert_eq!(planned(store).await, names(&first));
    })
    .await;
}

#[tokio::test]
async fn of_many_workers_with_one_page_one_writes_it() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_race", definition(json!({})), 1).await;
        let before = segment(store, &campaign, 0).await;
        let tries = (0..16usize).map(|chunk| {
            let (before, campaign) = (&before, &campaign);
            async move {
                let mine = [dispatch(&campaign.id, 0, chunk, &["c-1", "c-2"])];
                // A conflict makes the worker come back, and then the page is lost to it too.
                let written =
                    store.write_page(before, &next(before, Some("c-2"), 2, &mine), &mine).await;
                written.is_ok_and(|written| written == Applied::Yes)
            }
        });
        let written = futures::future::join_all(tries).await;
        assert_eq!(written.iter().filter(|written| **written).count(), 1);
        let after = segment(store, &campaign, 0).await;
        assert_eq!((after.page, after.scanned, after.selected, after.open), (1, 2, 2, 1));
        assert_eq!(planned(store).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn outcomes_that_come_while_a_page_is_read_are_kept() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_both", definition(json!({})), 1).await;
        let start = segment(store, &campaign, 0).await;
        let first = [dispatch(&campaign.id, 0, 0, &["c-1", "c-2"])];
        let before = next(&start, Some("c-2"), 2, &first);
        assert_eq!(store.write_page(&start, &before, &first).await.unwrap(), Applied::Yes);
        // The page is being read from `before`; meanwhile its dispatch is done.
        assert!(
            store.release_dispatch(&first[0].key, add_milliseconds(noon(), 60_000)).await.unwrap()
        );
        let LeaseResult::Leased { dispatch: taken, .. } =
            store.lease_dispatch(&first[0].key, noon(), 30).await.unwrap()
        else {
            unreachable!("nobody else takes it")
        };
        let tally = OutcomeTally { issued: 1, skipped: 1, ..OutcomeTally::default() };
        let outcome = DispatchOutcome { tally, ..DispatchOutcome::default() };
        assert_eq!(
            store.finish_dispatch(&taken, &outcome, minor(500), noon()).await.unwrap(),
            Applied::Yes
        );
        let second = [dispatch(&campaign.id, 0, 1, &["c-3"])];
        let after = next(&before, None, 1, &second);
        assert_eq!(store.write_page(&before, &after, &second).await.unwrap(), Applied::Yes);
        let segment = segment(store, &campaign, 0).await;
        assert_eq!((segment.selected, segment.open, segment.tally), (3, 1, tally));
    })
    .await;
}

#[tokio::test]
async fn a_scanned_segment_takes_no_further_page() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_last", definition(json!({})), 1).await;
        let before = segment(store, &campaign, 0).await;
        let last = next(&before, None, 3, &[]);
        assert_eq!(store.write_page(&before, &last, &[]).await.unwrap(), Applied::Yes);
        let stored = segment(store, &campaign, 0).await;
        assert_eq!((stored.scanned_all, stored.cursor.as_deref(), stored.scanned), (true, None, 3));
        let more = next(&stored, Some("c-1"), 1, &[]);
        assert_eq!(store.write_page(&stored, &more, &[]).await.unwrap(), Applied::Conflict);
    })
    .await;
}

#[tokio::test]
async fn progress_is_the_sum_of_the_segments() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_sum", definition(json!({})), 3).await;
        for number in 0..2 {
            let before = segment(store, &campaign, number).await;
            let planned = [dispatch(&campaign.id, number, 0, &["c-1", "c-2"])];
            let after = next(&before, None, 4, &planned);
            assert_eq!(store.write_page(&before, &after, &planned).await.unwrap(), Applied::Yes);
        }
        let run = campaign.run.as_ref().unwrap();
        let progress = store.run_progress(run, campaign.segments).await.unwrap();
        assert_eq!((progress.segments, progress.segments_scanned, progress.scanned), (3, 2, 8));
        assert_eq!((progress.selected, progress.open, progress.waiting()), (4, 2, 4));
        assert!(!progress.is_complete() && progress.is_balanced());
        let numbers: Vec<u32> =
            store.segments(run, 3).await.unwrap().iter().map(|segment| segment.number).collect();
        assert_eq!(numbers, [0, 1, 2]);
    })
    .await;
}

#[tokio::test]
async fn a_segment_is_stalled_from_its_last_checkpoint_on_until_it_is_scanned() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_stall", definition(json!({})), 3).await;
        let stalled = async |milliseconds| {
            let found =
                store.stalled_segments(add_milliseconds(noon(), milliseconds)).await.unwrap();
            found.into_iter().map(|(_, number)| number).collect::<BTreeSet<u32>>()
        };
        assert_eq!(stalled(-1).await, BTreeSet::new());
        assert_eq!(stalled(0).await, BTreeSet::from([0, 1, 2]));
        let moved = segment(store, &campaign, 1).await;
        assert_eq!(
            store.write_page(&moved, &next(&moved, Some("c-1"), 1, &[]), &[]).await.unwrap(),
            Applied::Yes
        );
        let done = segment(store, &campaign, 2).await;
        assert_eq!(
            store.write_page(&done, &next(&done, None, 1, &[]), &[]).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(stalled(999).await, BTreeSet::from([0]));
        assert_eq!(stalled(1_000).await, BTreeSet::from([0, 1]));
    })
    .await;
}

/// The segments of paused campaigns are the oldest: they must not hide a stalled segment that could
/// go on.
#[tokio::test]
async fn every_stalled_segment_is_found_however_many_wait() {
    with_store(async |store, _| {
        for campaign in ["cmp_many_1", "cmp_many_2", "cmp_many_3"] {
            running(store, campaign, definition(json!({})), 90).await;
        }
        let found: BTreeSet<_> =
            store.stalled_segments(noon()).await.unwrap().into_iter().collect();
        assert_eq!(found.len(), 270);
    })
    .await;
}

/// Returns a store in memory with a launched run of five segments, and its AWS.
async fn five_segments() -> (Store, FakeAws, Campaign) {
    let memory = FakeAws::new(testkit::table_schemas());
    let tables = TestTables::on_fake_aws(&memory);
    let names = TableNames::from_lookup(|variable| tables.table_name(variable));
    let store = Store::new(&tables.config, names);
    let campaign = running(&store, "cmp_partial", definition(json!({})), 5).await;
    (store, memory, campaign)
}

#[tokio::test]
async fn keys_that_were_left_unprocessed_are_asked_for_again() {
    let (store, memory, campaign) = five_segments().await;
    // five keys, of which three, two, one and then one are left; the last partial answer brings none
    memory.answer_batch_reads_in_part(4);
    let segments = store.segments(campaign.run.as_ref().unwrap(), 5).await.unwrap();
    assert_eq!(segments.len(), 5);
}

#[tokio::test]
async fn a_table_that_processes_nothing_is_unavailable_and_not_asked_for_ever() {
    let (store, memory, campaign) = five_segments().await;
    memory.answer_batch_reads_in_part(u32::MAX);
    let refused = store.segments(campaign.run.as_ref().unwrap(), 5).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Unavailable(why) if why.starts_with("1 keys")),
        "{refused}"
    );
    assert!(refused.retryable(), "the same call may succeed later");
}
