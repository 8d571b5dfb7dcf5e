//! Dispatches on a real DynamoDB API: released once, leased to one worker at a time, and ended once
//! together with their follow-ups; and quota that is never exceeded, however many dispatches
//! reserve at the same time.

use crate::stage;

use domain::{
    campaign::lifecycle::Campaign,
    customer::profile::Zone,
    delivery::contact_policy::HoursWait,
    delivery::dispatch::{Dispatch, DispatchKey, DispatchPurpose, OutcomeTally, Segment},
    kernel::{channel::Channel, id::CustomerId},
};
use futures::future::join_all;
use serde_json::json;
use stage::{running, with_store};
use store::{
    Store, StoreError,
    campaign::campaigns::Quota,
    conditional::Applied,
    delivery::{
        dispatches::{DispatchOutcome, DueDispatch, LeaseResult},
        send_rates::RateWindow,
        waiting_hours::{HoursCheckpoint, HoursPosition},
    },
    voucher::{
        issue::{GuardedIssue, IssueGuards, IssueResult},
        records::VoucherKey,
    },
};
use testkit::builders::{
    add_milliseconds, customer_id, definition, dispatch, minor, noon, voucher,
};

/// The length of every lease here, in seconds.
const LEASE: i64 = 30;

fn in_a_minute() -> domain::Timestamp {
    add_milliseconds(noon(), 60_000)
}

async fn segment(store: &Store, campaign: &Campaign) -> Segment {
    store.segment(campaign.run.as_ref().unwrap(), 0).await.unwrap().unwrap()
}

/// Writes the dispatches as one page of the campaign's first segment.
async fn plan(store: &Store, campaign: &Campaign, dispatches: &[Dispatch]) {
    let before = segment(store, campaign).await;
    let after = Segment { page: before.page + 1, cursor: Some("c-1".into()), ..before.clone() };
    assert_eq!(store.write_page(&before, &after, dispatches).await.unwrap(), Applied::Yes);
}

/// Plans and releases a dispatch with one customer for each name.
async fn released(
    store: &Store,
    campaign: &Campaign,
    chunk: usize,
    customers: &[&str],
) -> Dispatch {
    let made = dispatch(&campaign.id, 0, chunk, customers);
    plan(store, campaign, std::slice::from_ref(&made)).await;
    assert!(store.release_dispatch(&made.key, in_a_minute()).await.unwrap());
    made
}

async fn leased(store: &Store, key: &DispatchKey, at: domain::Timestamp) -> (Dispatch, u32) {
    match store.lease_dispatch(key, at, LEASE).await.unwrap() {
        LeaseResult::Leased { dispatch, crashes } => (*dispatch, crashes),
        other => unreachable!("{key} is {other:?}"),
    }
}

async fn due(store: &Store, channel: Channel, at: domain::Timestamp) -> Vec<String> {
    let (due, _) = store.due_dispatches(channel, at, None).await.unwrap();
    due.into_iter().map(|due| due.key.name).collect()
}

async fn overdue(store: &Store, at: domain::Timestamp) -> Vec<DueDispatch> {
    store.overdue_dispatches(at).await.unwrap()
}

async fn quota(store: &Store, campaign: &Campaign) -> Quota {
    store.quota(&campaign.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_due_shows_on_its_own_channel_and_not_before_its_time() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_due", definition(json!({})), 1).await;
        let now = dispatch(&campaign.id, 0, 0, &["c-1", "c-2"]);
        let soon = Dispatch {
            due_at: add_milliseconds(noon(), 1),
            ..dispatch(&campaign.id, 0, 1, &["c-3"])
        };
        let email = Dispatch { channel: Channel::Email, ..dispatch(&campaign.id, 0, 2, &["c-4"]) };
        plan(store, &campaign, &[soon.clone(), now.clone(), email.clone()]).await;
        let (found, _) = store.due_dispatches(Channel::Push, noon(), None).await.unwrap();
        let expected = DueDispatch {
            key: now.key.clone(),
            campaign: campaign.id.clone(),
            channel: Channel::Push,
            size: 2,
        };
        assert_eq!(found, [expected]);
        assert_eq!(
            due(store, Channel::Push, add_milliseconds(noon(), 1)).await,
            [now.key.name, soon.key.name],
            "oldest first"
        );
        assert_eq!(due(store, Channel::Email, noon()).await, [email.key.name]);
        assert_eq!(due(store, Channel::Sms, in_a_minute()).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_hours_is_moved_while_it_is_as_it_was_read() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_hours", definition(json!({})), 1).await;
        let at = |hours: i64| add_milliseconds(noon(), hours * 3_600_000);
        let zones = ["Europe/Madrid", "UTC"].map(|zone| Zone::parse(zone).unwrap());
        let hours = Some(HoursWait { wanted_at: noon(), zones: zones.into() });
        let plain = dispatch(&campaign.id, 0, 0, &["c-1"]);
        let waits = Dispatch { due_at: at(9), hours, ..dispatch(&campaign.id, 0, 1, &["c-2"]) };
        plan(store, &campaign, &[plain.clone(), waits.clone()]).await;
        let later = async || store.later_dispatches(Channel::Push, noon(), None).await.unwrap().0;
        assert_eq!(later().await, [waits.clone()], "as it was written, and only what is due later");
        assert_eq!(store.move_waiting_dispatch(&waits, at(3)).await.unwrap(), Applied::Yes);
        assert_eq!(store.move_waiting_dispatch(&waits, at(5)).await.unwrap(), Applied::Conflict);
        let moved = Dispatch { due_at: at(3), ..waits };
        assert_eq!(later().await, [moved.clone()]);
        assert!(store.release_dispatch(&moved.key, at(4)).await.unwrap());
        assert_eq!(store.move_waiting_dispatch(&moved, at(5)).await.unwrap(), Applied::Conflict);
    })
    .await;
}

#[tokio::test]
async fn the_checkpoint_of_changed_hours_survives_its_item() {
    with_store(async |store, _| {
        assert_eq!(store.hours_checkpoint().await.unwrap(), None);
        let campaign = running(store, "cmp_hours", definition(json!({})), 1).await;
        let due_at = add_milliseconds(noon(), 1);
        let all =
            (0..180).map(|chunk| Dispatch { due_at, ..dispatch(&campaign.id, 0, chunk, &["c-1"]) });
        for page in all.collect::<Vec<_>>().chunks(90) {
            plan(store, &campaign, page).await;
        }
        let (_, start) = store.later_dispatches(Channel::Push, noon(), None).await.unwrap();
        assert!(start.is_some(), "there is a second page");
        let beginning = HoursPosition::beginning(Channel::Email, in_a_minute());
        let middle = HoursPosition { channel: Channel::Push, after: noon(), start };
        for position in [Some(beginning), Some(middle.clone()), None] {
            let kept = HoursCheckpoint { version: 3, began_at: noon(), position };
            store.save_hours_checkpoint(&kept).await.unwrap();
            assert_eq!(store.hours_checkpoint().await.unwrap(), Some(kept));
        }
        // it goes on with what is due at the same time, and not once that time is past
        let rest = async |after| {
            let start = middle.start.as_ref();
            store.later_dispatches(Channel::Push, after, start).await.unwrap().0.len()
        };
        assert_eq!([rest(noon()).await, rest(due_at).await], [80, 0]);
    })
    .await;
}

#[tokio::test]
async fn pages_of_the_due_index_show_each_dispatch_once_oldest_first() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_pages", definition(json!({})), 1).await;
        let due_at = |chunk: usize| add_milliseconds(noon(), -i64::try_from(chunk).unwrap());
        let all: Vec<Dispatch> = (0..630)
            .map(|chunk| Dispatch {
                due_at: due_at(chunk),
                ..dispatch(&campaign.id, 0, chunk, &["c-1"])
            })
            .collect();
        for page in all.chunks(90) {
            plan(store, &campaign, page).await;
        }
        let (mut names, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let (due, next) =
                store.due_dispatches(Channel::Push, noon(), after.as_ref()).await.unwrap();
            names.extend(due.into_iter().map(|due| due.key.name));
            pages += 1;
            after = next;
            if after.is_none() {
                break;
            }
        }
        let expected: Vec<String> =
            all.iter().rev().map(|dispatch| dispatch.key.name.clone()).collect();
        assert_eq!(names, expected);
        assert_eq!(pages, 2);
    })
    .await;
}

#[tokio::test]
async fn one_of_many_concurrent_releases_wins() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_release", definition(json!({})), 1).await;
        let made = dispatch(&campaign.id, 0, 0, &["c-1"]);
        plan(store, &campaign, std::slice::from_ref(&made)).await;
        let flips =
            join_all((0..16).map(|_| store.release_dispatch(&made.key, in_a_minute()))).await;
        assert_eq!(flips.into_iter().filter(|flip| *flip.as_ref().unwrap()).count(), 1);
        assert_eq!(due(store, Channel::Push, in_a_minute()).await, [""; 0]);
        assert_eq!(overdue(store, add_milliseconds(in_a_minute(), -1)).await, []);
        let look = overdue(store, in_a_minute()).await;
        assert_eq!(look.iter().map(|due| &due.key).collect::<Vec<_>>(), [&made.key]);
    })
    .await;
}

#[tokio::test]
async fn an_unreleased_dispatch_cannot_be_leased() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_early", definition(json!({})), 1).await;
        let made = dispatch(&campaign.id, 0, 0, &["c-1"]);
        assert_eq!(
            store.lease_dispatch(&made.key, noon(), LEASE).await.unwrap(),
            LeaseResult::Settled,
            "unknown"
        );
        plan(store, &campaign, std::slice::from_ref(&made)).await;
        assert_eq!(
            store.lease_dispatch(&made.key, noon(), LEASE).await.unwrap(),
            LeaseResult::Settled,
            "ready"
        );
    })
    .await;
}

#[tokio::test]
async fn one_worker_at_a_time_and_after_its_lease_the_next() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_take", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2"]).await;
        let (first, crashes) = leased(store, &made.key, noon()).await;
        assert_eq!((first.fence, crashes, &first.customers), (1, 0, &made.customers));
        let end = add_milliseconds(noon(), LEASE * 1_000);
        assert_eq!(
            store.lease_dispatch(&made.key, add_milliseconds(end, -1), LEASE).await.unwrap(),
            LeaseResult::Busy
        );
        let (second, crashes) = leased(store, &made.key, end).await;
        assert_eq!((second.fence, crashes), (2, 1));
        let (third, crashes) = leased(store, &made.key, add_milliseconds(end, LEASE * 1_000)).await;
        assert_eq!((third.fence, crashes), (3, 2));
        // The superseded workers come back, and find that the dispatch is no longer theirs.
        for old in [&first, &second] {
            let outcome = DispatchOutcome {
                tally: OutcomeTally { issued: 2, ..OutcomeTally::default() },
                unused: 1,
                ..DispatchOutcome::default()
            };
            assert_eq!(
                store.finish_dispatch(old, &outcome, minor(500), noon()).await.unwrap(),
                Applied::Conflict
            );
            assert_eq!(store.put_back_dispatch(old, noon()).await.unwrap(), Applied::Conflict);
            assert_eq!(
                store.drop_untouched_dispatch(old, noon()).await.unwrap(),
                Applied::Conflict
            );
        }
        assert_eq!(segment(store, &campaign).await.tally, OutcomeTally::default());
        assert_eq!(
            store
                .finish_dispatch(&third, &DispatchOutcome::default(), minor(500), noon())
                .await
                .unwrap(),
            Applied::Yes
        );
        assert_eq!(
            store.lease_dispatch(&made.key, add_milliseconds(end, 3_600_000), LEASE).await.unwrap(),
            LeaseResult::Settled
        );
    })
    .await;
}

#[tokio::test]
async fn one_of_many_concurrent_leases_wins() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_takers", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1"]).await;
        let takes = join_all((0..16).map(|_| store.lease_dispatch(&made.key, noon(), LEASE))).await;
        let (mine, busy): (Vec<_>, Vec<_>) = takes
            .into_iter()
            .map(Result::unwrap)
            .partition(|take| matches!(take, LeaseResult::Leased { crashes: 0, .. }));
        assert_eq!((mine.len(), busy.len()), (1, 15));
        assert!(busy.iter().all(|take| *take == LeaseResult::Busy));
    })
    .await;
}

#[tokio::test]
async fn what_is_put_back_is_ready_again_and_no_crash() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_back", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1"]).await;
        for round in 0..3 {
            let (mine, crashes) = leased(store, &made.key, noon()).await;
            assert_eq!((mine.fence, crashes), (round + 1, 0));
            let due_at = if round == 0 { made.due_at } else { add_milliseconds(noon(), 5_000) };
            assert_eq!(mine.release_due_at, Some(due_at), "what was put back is due again then");
            assert_eq!(
                store.put_back_dispatch(&mine, add_milliseconds(noon(), 5_000)).await.unwrap(),
                Applied::Yes
            );
            assert_eq!(
                store.put_back_dispatch(&mine, noon()).await.unwrap(),
                Applied::Conflict,
                "once per take"
            );
            assert_eq!(
                store.lease_dispatch(&made.key, noon(), LEASE).await.unwrap(),
                LeaseResult::Settled,
                "an old message"
            );
            assert_eq!(due(store, Channel::Push, add_milliseconds(noon(), 4_999)).await, [""; 0]);
            assert_eq!(
                due(store, Channel::Push, add_milliseconds(noon(), 5_000)).await,
                [made.key.name.as_str()]
            );
            assert!(store.release_dispatch(&made.key, in_a_minute()).await.unwrap());
        }
        let (_, crashes) = leased(store, &made.key, noon()).await;
        assert_eq!(crashes, 0);
        let (_, crashes) = leased(store, &made.key, in_a_minute()).await;
        assert_eq!(crashes, 1, "this one neither ended it nor put it back");
        assert_eq!(segment(store, &campaign).await.open, 1);
    })
    .await;
}

#[tokio::test]
async fn a_released_dispatch_without_a_lease_is_reopened() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_reopen", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1"]).await;
        let [lost] = &overdue(store, in_a_minute()).await[..] else {
            unreachable!("one is overdue")
        };
        let (first, _) = leased(store, &made.key, in_a_minute()).await;
        let lease_end = add_milliseconds(in_a_minute(), LEASE * 1_000);
        assert!(
            !store.reopen_dispatch(lost, add_milliseconds(lease_end, -1)).await.unwrap(),
            "in a worker's hands"
        );
        assert!(store.reopen_dispatch(lost, lease_end).await.unwrap());
        assert!(!store.reopen_dispatch(lost, lease_end).await.unwrap(), "ready already");
        assert_eq!(due(store, Channel::Push, lease_end).await, [made.key.name.as_str()]);
        assert_eq!(overdue(store, lease_end).await, []);
        assert_eq!(
            store
                .finish_dispatch(&first, &DispatchOutcome::default(), minor(500), noon())
                .await
                .unwrap(),
            Applied::Conflict
        );
        assert!(store.release_dispatch(&made.key, add_milliseconds(lease_end, 1)).await.unwrap());
        let (again, crashes) = leased(store, &made.key, lease_end).await;
        assert_eq!((again.fence, crashes), (2, 1));
        assert_eq!(
            store
                .finish_dispatch(&again, &DispatchOutcome::default(), minor(500), noon())
                .await
                .unwrap(),
            Applied::Yes
        );
        assert!(
            !store.reopen_dispatch(lost, add_milliseconds(lease_end, 3_600_000)).await.unwrap(),
            "done"
        );
    })
    .await;
}

#[tokio::test]
async fn a_dispatch_ends_with_its_counters_its_follow_ups_and_its_unused_quota() {
    with_store(async |store, _| {
        let caps =
            json!({"caps": {"vouchers": 100, "exposure": {"amount": 50_000, "currency": "EUR"}}});
        let campaign = running(store, "cmp_finish", definition(caps), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2", "c-3", "c-4", "c-5"]).await;
        let (mine, _) = leased(store, &made.key, noon()).await;
        assert_eq!(store.reserve_quota(&mine, mine.size() as u32, minor(500)).await.unwrap(), 5);
        let moved = mine.key.follow_up(DispatchPurpose::Moved, Channel::Sms);
        let follow_up = Dispatch {
            channel: Channel::Sms,
            purpose: DispatchPurpose::Moved,
            ..Dispatch { key: moved, ..dispatch(&campaign.id, 0, 0, &["c-5"]) }
        };
        let tally = OutcomeTally { issued: 2, ghost: 1, skipped: 1, failed: 0 };
        let outcome = DispatchOutcome {
            tally,
            planned_twice: 0,
            follow_ups: vec![follow_up.clone()],
            unused: 3,
            expires_at: None,
        };
        assert_eq!(
            store.finish_dispatch(&mine, &outcome, minor(500), noon()).await.unwrap(),
            Applied::Yes
        );
        let after = segment(store, &campaign).await;
        assert_eq!((after.open, after.tally), (1, tally), "one ended, one follows");
        let left = quota(store, &campaign).await;
        assert_eq!((left.vouchers, left.exposure), (98, 49_000));
        assert_eq!(due(store, Channel::Sms, noon()).await, [follow_up.key.name.as_str()]);
        assert_eq!(overdue(store, in_a_minute()).await, []);
        // The same write again carries an old fence.
        assert_eq!(
            store.finish_dispatch(&mine, &outcome, minor(500), noon()).await.unwrap(),
            Applied::Conflict
        );
        assert_eq!(segment(store, &campaign).await, after);
        assert_eq!(quota(store, &campaign).await, left);
        // The follow-up can be leased like any other dispatch, and closes the segment.
        assert!(store.release_dispatch(&follow_up.key, in_a_minute()).await.unwrap());
        let (last, _) = leased(store, &follow_up.key, noon()).await;
        assert_eq!(
            (last.purpose, last.channel, last.quota_reserved),
            (DispatchPurpose::Moved, Channel::Sms, None)
        );
        let outcome = DispatchOutcome {
            tally: OutcomeTally { issued: 1, ..OutcomeTally::default() },
            ..DispatchOutcome::default()
        };
        assert_eq!(
            store.finish_dispatch(&last, &outcome, minor(500), noon()).await.unwrap(),
            Applied::Yes
        );
        let after = segment(store, &campaign).await;
        assert_eq!((after.open, after.selected, after.tally.total()), (0, 5, 5));
    })
    .await;
}

#[tokio::test]
async fn an_end_that_cannot_be_written_whole_is_not_written_at_all() {
    with_store(async |store, _| {
        let campaign =
            running(store, "cmp_whole", definition(json!({"caps": {"vouchers": 10}})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2"]).await;
        let (mine, _) = leased(store, &made.key, noon()).await;
        assert_eq!(store.reserve_quota(&mine, mine.size() as u32, minor(500)).await.unwrap(), 2);
        let before = segment(store, &campaign).await;
        // A follow-up of that name exists already; our code never creates this state.
        let other = dispatch(&campaign.id, 0, 9, &["c-9"]);
        plan(store, &campaign, std::slice::from_ref(&other)).await;
        let tally = OutcomeTally { issued: 1, ..OutcomeTally::default() };
        let outcome = DispatchOutcome {
            tally,
            follow_ups: vec![other],
            unused: 1,
            ..DispatchOutcome::default()
        };
        assert!(store.finish_dispatch(&mine, &outcome, minor(500), noon()).await.is_err());
        assert_eq!(segment(store, &campaign).await.tally, before.tally);
        assert_eq!(quota(store, &campaign).await.vouchers, 8);
        assert_eq!(
            store.lease_dispatch(&made.key, noon(), LEASE).await.unwrap(),
            LeaseResult::Busy,
            "still in hand"
        );
    })
    .await;
}

#[tokio::test]
async fn a_dropped_dispatch_skips_customers_without_an_outcome() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_drop", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2", "c-3"]).await;
        let (mine, _) = leased(store, &made.key, noon()).await;
        assert_eq!(store.drop_untouched_dispatch(&mine, noon()).await.unwrap(), Applied::Yes);
        assert_eq!(store.drop_untouched_dispatch(&mine, noon()).await.unwrap(), Applied::Conflict);
        let further = Dispatch {
            purpose: DispatchPurpose::Fallback,
            ..dispatch(&campaign.id, 0, 1, &["c-4"])
        };
        plan(store, &campaign, std::slice::from_ref(&further)).await;
        assert!(store.release_dispatch(&further.key, in_a_minute()).await.unwrap());
        let (mine, _) = leased(store, &further.key, noon()).await;
        assert_eq!(store.drop_untouched_dispatch(&mine, noon()).await.unwrap(), Applied::Yes);
        let after = segment(store, &campaign).await;
        assert_eq!(
            (after.open, after.tally),
            (0, OutcomeTally { skipped: 3, ..OutcomeTally::default() }),
            "c-4 has its outcome already"
        );
        assert_eq!(
            store.lease_dispatch(&made.key, in_a_minute(), LEASE).await.unwrap(),
            LeaseResult::Settled
        );
    })
    .await;
}

#[tokio::test]
async fn quota_is_leased_once_per_dispatch() {
    with_store(async |store, _| {
        let campaign =
            running(store, "cmp_once", definition(json!({"caps": {"vouchers": 7}})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2", "c-3", "c-4", "c-5"]).await;
        let (mine, _) = leased(store, &made.key, noon()).await;
        assert_eq!(store.reserve_quota(&mine, mine.size() as u32, minor(500)).await.unwrap(), 5);
        // The worker that comes after a crash finds the reservation; one that still sees none must
        // come back.
        let (again, _) = leased(store, &made.key, in_a_minute()).await;
        assert_eq!(again.quota_reserved, Some(5));
        assert_eq!(store.reserve_quota(&again, again.size() as u32, minor(500)).await.unwrap(), 5);
        for stale in [Dispatch { quota_reserved: None, ..again }, mine] {
            let answer = store.reserve_quota(&stale, stale.size() as u32, minor(500)).await;
            assert!(matches!(&answer, Err(error) if error.retryable()), "{answer:?}");
        }
        assert_eq!(quota(store, &campaign).await.vouchers, 2);
        let other = released(store, &campaign, 1, &["c-6", "c-7", "c-8"]).await;
        let (other, _) = leased(store, &other.key, noon()).await;
        assert_eq!(
            store.reserve_quota(&other, other.size() as u32, minor(500)).await.unwrap(),
            2,
            "what is left"
        );
        let last = released(store, &campaign, 2, &["c-9"]).await;
        let (last, _) = leased(store, &last.key, noon()).await;
        assert_eq!(store.reserve_quota(&last, last.size() as u32, minor(500)).await.unwrap(), 0);
        assert_eq!(
            leased(store, &last.key, in_a_minute()).await.0.quota_reserved,
            Some(0),
            "nothing is a lease too"
        );
    })
    .await;
}

#[tokio::test]
async fn of_a_short_lease_only_the_last_taker_issues() {
    with_store(async |store, _| {
        let campaign =
            running(store, "cmp_short", definition(json!({"caps": {"vouchers": 1}})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2"]).await;
        let (first, _) = leased(store, &made.key, noon()).await;
        let (second, _) = leased(store, &made.key, in_a_minute()).await;
        let one = voucher(&campaign.id, &campaign.definition, "c-1", Channel::Push);
        let two = voucher(&campaign.id, &campaign.definition, "c-2", Channel::Push);
        let issue = async |voucher, taker| {
            let guards = IssueGuards { leased_dispatch: Some(taker), ..IssueGuards::default() };
            store.issue_voucher_guarded(voucher, &guards).await.unwrap()
        };
        assert_eq!(issue(&one, &first).await, GuardedIssue::LeaseLost);
        assert_eq!(store.voucher(&VoucherKey::from(&one)).await.unwrap(), None);
        assert_eq!(issue(&two, &second).await, GuardedIssue::Issued(IssueResult::First));
        for taker in [&first, &second] {
            let GuardedIssue::Issued(IssueResult::Existing(found)) = issue(&two, taker).await
            else {
                unreachable!("it is there, whoever asks")
            };
            assert_eq!(found.id, two.id);
        }
        store
            .finish_dispatch(&second, &DispatchOutcome::default(), minor(500), noon())
            .await
            .unwrap();
        assert_eq!(issue(&one, &second).await, GuardedIssue::LeaseLost, "it has ended");
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_is_brought_along_is_not_leased_again() {
    with_store(async |store, _| {
        let campaign =
            running(store, "cmp_along", definition(json!({"caps": {"vouchers": 7}})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2", "c-3"]).await;
        let (mine, _) = leased(store, &made.key, noon()).await;
        assert_eq!(store.reserve_quota(&mine, 3, minor(500)).await.unwrap(), 3);
        let moved = Dispatch {
            quota_reserved: Some(2),
            ..Dispatch::new_ready(
                made.key.follow_up(DispatchPurpose::Moved, Channel::Sms),
                campaign.id.clone(),
                Channel::Sms,
                DispatchPurpose::Moved,
                vec![customer_id("c-1"), customer_id("c-2")],
                noon(),
            )
        };
        let outcome =
            DispatchOutcome { follow_ups: vec![moved.clone()], ..DispatchOutcome::default() };
        assert_eq!(
            store.finish_dispatch(&mine, &outcome, minor(500), noon()).await.unwrap(),
            Applied::Yes
        );
        assert!(store.release_dispatch(&moved.key, in_a_minute()).await.unwrap());
        let (next, _) = leased(store, &moved.key, noon()).await;
        assert_eq!(next.quota_reserved, Some(2));
        assert_eq!(store.reserve_quota(&next, 2, minor(500)).await.unwrap(), 2);
        assert_eq!(quota(store, &campaign).await.vouchers, 4, "three are set aside, once");
    })
    .await;
}

/// Lets 20 dispatches of ten customers reserve quota at the same time. However they interleave, the
/// caps hold, and no quota is lost.
async fn check_concurrent_reservations(caps: serde_json::Value, each: i64, expected: u32) {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_caps", definition(json!({ "caps": caps })), 1).await;
        let whole = quota(store, &campaign).await;
        let customers: Vec<CustomerId> =
            (0..10).map(|number| customer_id(&format!("c-{number}"))).collect();
        let all: Vec<Dispatch> = (0..20)
            .map(|chunk| Dispatch {
                customers: customers.clone(),
                ..dispatch(&campaign.id, 0, chunk, &[])
            })
            .collect();
        plan(store, &campaign, &all).await;
        let workers = all.iter().map(|made| async {
            assert!(store.release_dispatch(&made.key, in_a_minute()).await.unwrap());
            let (mine, _) = leased(store, &made.key, noon()).await;
            reserve_with_retries(store, &mine, each).await
        });
        let leases = join_all(workers).await;
        assert_eq!(leases.iter().sum::<u32>(), expected, "{leases:?}");
        let left = quota(store, &campaign).await;
        assert_eq!(left.vouchers, whole.vouchers - i64::from(expected));
        assert_eq!(left.exposure, whole.exposure - i64::from(expected) * each);
        assert!(left.vouchers >= 0 && left.exposure >= 0, "{left:?}");
    })
    .await;
}

/// Reserves quota as a worker does: contention brings its message back, and it tries again. The
/// tries are bounded, because each of the other workers can conflict once.
async fn reserve_with_retries(store: &Store, mine: &Dispatch, each: i64) -> u32 {
    for _ in 0..20 {
        match store.reserve_quota(mine, mine.size() as u32, minor(each)).await {
            Ok(leased) => return leased,
            Err(StoreError::Contended(_)) => {}
            Err(error) => unreachable!("{error}"),
        }
    }
    unreachable!("contended twenty times")
}

#[tokio::test]
async fn the_cap_on_vouchers_is_never_passed() {
    check_concurrent_reservations(json!({"vouchers": 137}), 500, 137).await;
}

#[tokio::test]
async fn the_cap_on_exposure_is_never_passed() {
    // 61,499 cents are 122 vouchers of 5 euros.
    check_concurrent_reservations(
        json!({"exposure": {"amount": 61_499, "currency": "EUR"}}),
        500,
        122,
    )
    .await;
}

#[tokio::test]
async fn the_tighter_of_two_caps_decides() {
    let caps = json!({"vouchers": 120, "exposure": {"amount": 15_000, "currency": "EUR"}});
    check_concurrent_reservations(caps, 500, 30).await;
}

#[tokio::test]
async fn without_caps_everyone_gets_what_they_ask() {
    check_concurrent_reservations(json!({}), 500, 200).await;
}

#[tokio::test]
async fn a_minute_has_room_for_its_rate_and_no_more() {
    with_store(async |store, _| {
        let reserve = async |channel, minute, sizes: &[u64]| {
            store.reserve_rate(channel, RateWindow::Minute(minute), sizes, 55).await.unwrap()
        };
        let tries = join_all((0..10).map(|_| reserve(Channel::Sms, 29_000_000, &[10]))).await;
        assert_eq!(tries.into_iter().sum::<usize>(), 5);
        assert_eq!(reserve(Channel::Sms, 29_000_000, &[5]).await, 1, "exactly to the edge");
        assert_eq!(reserve(Channel::Sms, 29_000_000, &[1]).await, 0);
        assert_eq!(reserve(Channel::Sms, 29_000_001, &[55]).await, 1, "the next minute");
        assert_eq!(reserve(Channel::Email, 29_000_000, &[55]).await, 1, "another channel");
        assert_eq!(reserve(Channel::Push, 29_000_000, &[20, 20, 20, 5]).await, 2, "in their order");
        assert_eq!(reserve(Channel::Push, 29_000_000, &[5, 20, 1]).await, 1, "what is left");
        assert_eq!(reserve(Channel::Push, 29_000_001, &[90, 1]).await, 1, "a minute for itself");
        assert_eq!(reserve(Channel::Push, 29_000_001, &[90]).await, 0);
        assert_eq!(reserve(Channel::Push, 29_000_002, &[]).await, 0);
        let pages = [[9u64; 4]; 6];
        let at_once =
            join_all(pages.iter().map(|page| reserve(Channel::Push, 29_000_003, page))).await;
        assert_eq!(at_once.into_iter().sum::<usize>(), 6, "six nines, however they are shared");
        let day = "2026-11-01".parse().unwrap();
        let of_day = async |sizes: &[u64]| {
            store.reserve_rate(Channel::Sms, RateWindow::Day(day, noon()), sizes, 60).await.unwrap()
        };
        assert_eq!((of_day(&[50, 10, 1]).await, of_day(&[1]).await), (2, 0), "a day is no minute");
        assert_eq!(store.released_on(Channel::Sms, day).await.unwrap(), 60);
        assert_eq!(store.released_on(Channel::Push, day).await.unwrap(), 0);
    })
    .await;
}
