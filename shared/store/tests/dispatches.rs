//! Dispatches on a real DynamoDB API: released once, in one worker's hands at a time, ended once with everything that follows; and
//! quota that is never passed however many lease at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod stage;

use domain::{
    campaign::Campaign,
    channel::Channel,
    dispatch::{Dispatch, DispatchKey, Purpose, Segment, Tally},
    id::CustomerId,
};
use futures::future::join_all;
use serde_json::json;
use stage::{running, with_store};
use store::{
    Store, StoreError,
    control::Quota,
    dispatches::{Due, Fenced, Outcome, Take},
    issue::{Guarded, Guards, Issued},
    vouchers::VoucherKey,
    work::PageWrite,
};
use testkit::builders::{customer_id, definition, dispatch, later, minor, noon, voucher};

/// Seconds of every lease here.
const LEASE: i64 = 30;

fn in_a_minute() -> domain::Timestamp {
    later(noon(), 60_000)
}

async fn segment(store: &Store, campaign: &Campaign) -> Segment {
    store.segment(campaign.run.as_ref().unwrap(), 0).await.unwrap().unwrap()
}

/// As one page of the campaign's first segment.
async fn plan(store: &Store, campaign: &Campaign, dispatches: &[Dispatch]) {
    let before = segment(store, campaign).await;
    let after = Segment { page: before.page + 1, cursor: Some("c-1".into()), ..before.clone() };
    assert_eq!(store.write_page(&before, &after, dispatches).await.unwrap(), PageWrite::Written);
}

/// Planned and released, with one customer for each name.
async fn released(store: &Store, campaign: &Campaign, chunk: usize, customers: &[&str]) -> Dispatch {
    let made = dispatch(&campaign.id, 0, chunk, customers);
    plan(store, campaign, std::slice::from_ref(&made)).await;
    assert!(store.release(&made.key, in_a_minute()).await.unwrap());
    made
}

async fn taken(store: &Store, key: &DispatchKey, at: domain::Timestamp) -> (Dispatch, u32) {
    match store.take(key, at, LEASE).await.unwrap() {
        Take::Mine { dispatch, crashes } => (*dispatch, crashes),
        other => unreachable!("{key} is {other:?}"),
    }
}

async fn due(store: &Store, channel: Channel, at: domain::Timestamp) -> Vec<String> {
    let (due, _) = store.due_dispatches(channel, at, None).await.unwrap();
    due.into_iter().map(|due| due.key.name).collect()
}

async fn overdue(store: &Store, at: domain::Timestamp) -> Vec<Due> {
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
        let soon = Dispatch { due_at: later(noon(), 1), ..dispatch(&campaign.id, 0, 1, &["c-3"]) };
        let email = Dispatch { channel: Channel::Email, ..dispatch(&campaign.id, 0, 2, &["c-4"]) };
        plan(store, &campaign, &[soon.clone(), now.clone(), email.clone()]).await;
        let (found, _) = store.due_dispatches(Channel::Push, noon(), None).await.unwrap();
        let expected = Due { key: now.key.clone(), campaign: campaign.id.clone(), channel: Channel::Push, size: 2 };
        assert_eq!(found, [expected]);
        assert_eq!(due(store, Channel::Push, later(noon(), 1)).await, [now.key.name, soon.key.name], "oldest first");
        assert_eq!(due(store, Channel::Email, noon()).await, [email.key.name]);
        assert_eq!(due(store, Channel::Sms, in_a_minute()).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn pages_of_the_due_index_show_each_dispatch_once_oldest_first() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_pages", definition(json!({})), 1).await;
        let due_at = |chunk: usize| later(noon(), -i64::try_from(chunk).unwrap());
        let all: Vec<Dispatch> = (0..630)
            .map(|chunk| Dispatch { due_at: due_at(chunk), ..dispatch(&campaign.id, 0, chunk, &["c-1"]) })
            .collect();
        for page in all.chunks(90) {
            plan(store, &campaign, page).await;
        }
        let (mut names, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let (due, next) = store.due_dispatches(Channel::Push, noon(), after).await.unwrap();
            names.extend(due.into_iter().map(|due| due.key.name));
            pages += 1;
            after = next;
            if after.is_none() {
                break;
            }
        }
        let expected: Vec<String> = all.iter().rev().map(|dispatch| dispatch.key.name.clone()).collect();
        assert_eq!(names, expected);
        assert_eq!(pages, 2);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_release_a_dispatch_one_does() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_release", definition(json!({})), 1).await;
        let made = dispatch(&campaign.id, 0, 0, &["c-1"]);
        plan(store, &campaign, std::slice::from_ref(&made)).await;
        let flips = join_all((0..16).map(|_| store.release(&made.key, in_a_minute()))).await;
        assert_eq!(flips.into_iter().filter(|flip| *flip.as_ref().unwrap()).count(), 1);
        assert_eq!(due(store, Channel::Push, in_a_minute()).await, [""; 0]);
        assert_eq!(overdue(store, later(in_a_minute(), -1)).await, []);
        let look = overdue(store, in_a_minute()).await;
        assert_eq!(look.iter().map(|due| &due.key).collect::<Vec<_>>(), [&made.key]);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_released_is_nobodys_to_take() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_early", definition(json!({})), 1).await;
        let made = dispatch(&campaign.id, 0, 0, &["c-1"]);
        assert_eq!(store.take(&made.key, noon(), LEASE).await.unwrap(), Take::Settled, "unknown");
        plan(store, &campaign, std::slice::from_ref(&made)).await;
        assert_eq!(store.take(&made.key, noon(), LEASE).await.unwrap(), Take::Settled, "ready");
    })
    .await;
}

#[tokio::test]
async fn one_worker_at_a_time_and_after_its_lease_the_next() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_take", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2"]).await;
        let (first, crashes) = taken(store, &made.key, noon()).await;
        assert_eq!((first.takes, crashes, &first.customers), (1, 0, &made.customers));
        let end = later(noon(), LEASE * 1_000);
        assert_eq!(store.take(&made.key, later(end, -1), LEASE).await.unwrap(), Take::Busy);
        let (second, crashes) = taken(store, &made.key, end).await;
        assert_eq!((second.takes, crashes), (2, 1));
        let (third, crashes) = taken(store, &made.key, later(end, LEASE * 1_000)).await;
        assert_eq!((third.takes, crashes), (3, 2));
        // the earlier ones come back, and find that it is not theirs any more
        for old in [&first, &second] {
            let outcome = Outcome { tally: Tally { issued: 2, ..Tally::default() }, unused: 1, ..Outcome::default() };
            assert_eq!(store.finish(old, &outcome, minor(500), noon()).await.unwrap(), Fenced::Lost);
            assert_eq!(store.put_back(old, noon()).await.unwrap(), Fenced::Lost);
            assert_eq!(store.drop_untouched(old, noon()).await.unwrap(), Fenced::Lost);
        }
        assert_eq!(segment(store, &campaign).await.tally, Tally::default());
        assert_eq!(store.finish(&third, &Outcome::default(), minor(500), noon()).await.unwrap(), Fenced::Written);
        assert_eq!(store.take(&made.key, later(end, 3_600_000), LEASE).await.unwrap(), Take::Settled);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_take_a_dispatch_one_has_it() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_takers", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1"]).await;
        let takes = join_all((0..16).map(|_| store.take(&made.key, noon(), LEASE))).await;
        let (mine, busy): (Vec<_>, Vec<_>) =
            takes.into_iter().map(Result::unwrap).partition(|take| matches!(take, Take::Mine { crashes: 0, .. }));
        assert_eq!((mine.len(), busy.len()), (1, 15));
        assert!(busy.iter().all(|take| *take == Take::Busy));
    })
    .await;
}

#[tokio::test]
async fn what_is_put_back_is_ready_again_and_no_crash() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_back", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1"]).await;
        for round in 0..3 {
            let (mine, crashes) = taken(store, &made.key, noon()).await;
            assert_eq!((mine.takes, crashes), (round + 1, 0));
            let due_at = if round == 0 { made.due_at } else { later(noon(), 5_000) };
            assert_eq!(mine.was_due, Some(due_at), "what was put back is due again then");
            assert_eq!(store.put_back(&mine, later(noon(), 5_000)).await.unwrap(), Fenced::Written);
            assert_eq!(store.put_back(&mine, noon()).await.unwrap(), Fenced::Lost, "once per take");
            assert_eq!(store.take(&made.key, noon(), LEASE).await.unwrap(), Take::Settled, "an old message");
            assert_eq!(due(store, Channel::Push, later(noon(), 4_999)).await, [""; 0]);
            assert_eq!(due(store, Channel::Push, later(noon(), 5_000)).await, [made.key.name.as_str()]);
            assert!(store.release(&made.key, in_a_minute()).await.unwrap());
        }
        let (_, crashes) = taken(store, &made.key, noon()).await;
        assert_eq!(crashes, 0);
        let (_, crashes) = taken(store, &made.key, in_a_minute()).await;
        assert_eq!(crashes, 1, "this one neither ended it nor put it back");
        assert_eq!(segment(store, &campaign).await.open, 1);
    })
    .await;
}

#[tokio::test]
async fn a_released_dispatch_that_nobody_works_on_is_reopened() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_reopen", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1"]).await;
        let [lost] = &overdue(store, in_a_minute()).await[..] else { unreachable!("one is overdue") };
        let (first, _) = taken(store, &made.key, in_a_minute()).await;
        let lease_end = later(in_a_minute(), LEASE * 1_000);
        assert!(!store.reopen(lost, later(lease_end, -1)).await.unwrap(), "in a worker's hands");
        assert!(store.reopen(lost, lease_end).await.unwrap());
        assert!(!store.reopen(lost, lease_end).await.unwrap(), "ready already");
        assert_eq!(due(store, Channel::Push, lease_end).await, [made.key.name.as_str()]);
        assert_eq!(overdue(store, lease_end).await, []);
        assert_eq!(store.finish(&first, &Outcome::default(), minor(500), noon()).await.unwrap(), Fenced::Lost);
        assert!(store.release(&made.key, later(lease_end, 1)).await.unwrap());
        let (again, crashes) = taken(store, &made.key, lease_end).await;
        assert_eq!((again.takes, crashes), (2, 1));
        assert_eq!(store.finish(&again, &Outcome::default(), minor(500), noon()).await.unwrap(), Fenced::Written);
        assert!(!store.reopen(lost, later(lease_end, 3_600_000)).await.unwrap(), "done");
    })
    .await;
}

#[tokio::test]
async fn a_dispatch_ends_with_its_counters_its_follow_ups_and_its_unused_quota() {
    with_store(async |store, _| {
        let caps = json!({"caps": {"vouchers": 100, "exposure": {"amount": 50_000, "currency": "EUR"}}});
        let campaign = running(store, "cmp_finish", definition(caps), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2", "c-3", "c-4", "c-5"]).await;
        let (mine, _) = taken(store, &made.key, noon()).await;
        assert_eq!(store.lease_quota(&mine, mine.size() as u32, minor(500)).await.unwrap(), 5);
        let moved = mine.key.follow_up(Purpose::Moved, Channel::Sms);
        let follow_up = Dispatch {
            channel: Channel::Sms,
            purpose: Purpose::Moved,
            ..Dispatch { key: moved, ..dispatch(&campaign.id, 0, 0, &["c-5"]) }
        };
        let tally = Tally { issued: 2, ghost: 1, skipped: 1, failed: 0 };
        let outcome = Outcome { tally, follow_ups: vec![follow_up.clone()], unused: 3, expires_at: None };
        assert_eq!(store.finish(&mine, &outcome, minor(500), noon()).await.unwrap(), Fenced::Written);
        let after = segment(store, &campaign).await;
        assert_eq!((after.open, after.tally), (1, tally), "one ended, one follows");
        let left = quota(store, &campaign).await;
        assert_eq!((left.vouchers, left.exposure), (98, 49_000));
        assert_eq!(due(store, Channel::Sms, noon()).await, [follow_up.key.name.as_str()]);
        assert_eq!(overdue(store, in_a_minute()).await, []);
        // the same again is an old take
        assert_eq!(store.finish(&mine, &outcome, minor(500), noon()).await.unwrap(), Fenced::Lost);
        assert_eq!(segment(store, &campaign).await, after);
        assert_eq!(quota(store, &campaign).await, left);
        // what follows can be worked on like any other, and closes the segment
        assert!(store.release(&follow_up.key, in_a_minute()).await.unwrap());
        let (last, _) = taken(store, &follow_up.key, noon()).await;
        assert_eq!((last.purpose, last.channel, last.leased), (Purpose::Moved, Channel::Sms, None));
        let outcome = Outcome { tally: Tally { issued: 1, ..Tally::default() }, ..Outcome::default() };
        assert_eq!(store.finish(&last, &outcome, minor(500), noon()).await.unwrap(), Fenced::Written);
        let after = segment(store, &campaign).await;
        assert_eq!((after.open, after.selected, after.tally.total()), (0, 5, 5));
    })
    .await;
}

#[tokio::test]
async fn an_end_that_cannot_be_written_whole_is_not_written_at_all() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_whole", definition(json!({"caps": {"vouchers": 10}})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2"]).await;
        let (mine, _) = taken(store, &made.key, noon()).await;
        assert_eq!(store.lease_quota(&mine, mine.size() as u32, minor(500)).await.unwrap(), 2);
        let before = segment(store, &campaign).await;
        // a follow-up that is there already: no way of ours leads here
        let other = dispatch(&campaign.id, 0, 9, &["c-9"]);
        plan(store, &campaign, std::slice::from_ref(&other)).await;
        let tally = Tally { issued: 1, ..Tally::default() };
        let outcome = Outcome { tally, follow_ups: vec![other], unused: 1, expires_at: None };
        assert!(store.finish(&mine, &outcome, minor(500), noon()).await.is_err());
        assert_eq!(segment(store, &campaign).await.tally, before.tally);
        assert_eq!(quota(store, &campaign).await.vouchers, 8);
        assert_eq!(store.take(&made.key, noon(), LEASE).await.unwrap(), Take::Busy, "still in hand");
    })
    .await;
}

#[tokio::test]
async fn a_dropped_dispatch_skips_those_who_wait_for_an_outcome() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_drop", definition(json!({})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2", "c-3"]).await;
        let (mine, _) = taken(store, &made.key, noon()).await;
        assert_eq!(store.drop_untouched(&mine, noon()).await.unwrap(), Fenced::Written);
        assert_eq!(store.drop_untouched(&mine, noon()).await.unwrap(), Fenced::Lost);
        let further = Dispatch { purpose: Purpose::Fallback, ..dispatch(&campaign.id, 0, 1, &["c-4"]) };
        plan(store, &campaign, std::slice::from_ref(&further)).await;
        assert!(store.release(&further.key, in_a_minute()).await.unwrap());
        let (mine, _) = taken(store, &further.key, noon()).await;
        assert_eq!(store.drop_untouched(&mine, noon()).await.unwrap(), Fenced::Written);
        let after = segment(store, &campaign).await;
        assert_eq!(
            (after.open, after.tally),
            (0, Tally { skipped: 3, ..Tally::default() }),
            "c-4 has its outcome already"
        );
        assert_eq!(store.take(&made.key, in_a_minute(), LEASE).await.unwrap(), Take::Settled);
    })
    .await;
}

#[tokio::test]
async fn quota_is_leased_once_per_dispatch() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_once", definition(json!({"caps": {"vouchers": 7}})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2", "c-3", "c-4", "c-5"]).await;
        let (mine, _) = taken(store, &made.key, noon()).await;
        assert_eq!(store.lease_quota(&mine, mine.size() as u32, minor(500)).await.unwrap(), 5);
        // the worker that comes after a crash finds the lease; one that still thinks there is none must come back
        let (again, _) = taken(store, &made.key, in_a_minute()).await;
        assert_eq!(again.leased, Some(5));
        assert_eq!(store.lease_quota(&again, again.size() as u32, minor(500)).await.unwrap(), 5);
        for stale in [Dispatch { leased: None, ..again }, mine] {
            let answer = store.lease_quota(&stale, stale.size() as u32, minor(500)).await;
            assert!(matches!(&answer, Err(error) if error.retryable()), "{answer:?}");
        }
        assert_eq!(quota(store, &campaign).await.vouchers, 2);
        let other = released(store, &campaign, 1, &["c-6", "c-7", "c-8"]).await;
        let (other, _) = taken(store, &other.key, noon()).await;
        assert_eq!(store.lease_quota(&other, other.size() as u32, minor(500)).await.unwrap(), 2, "what is left");
        let last = released(store, &campaign, 2, &["c-9"]).await;
        let (last, _) = taken(store, &last.key, noon()).await;
        assert_eq!(store.lease_quota(&last, last.size() as u32, minor(500)).await.unwrap(), 0);
        assert_eq!(taken(store, &last.key, in_a_minute()).await.0.leased, Some(0), "nothing is a lease too");
    })
    .await;
}

#[tokio::test]
async fn of_a_short_lease_only_the_last_taker_issues() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_short", definition(json!({"caps": {"vouchers": 1}})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2"]).await;
        let (first, _) = taken(store, &made.key, noon()).await;
        let (second, _) = taken(store, &made.key, in_a_minute()).await;
        let one = voucher(&campaign.id, &campaign.definition, "c-1", Channel::Push);
        let two = voucher(&campaign.id, &campaign.definition, "c-2", Channel::Push);
        let issue = async |voucher, taker| {
            let guards = Guards { taken: Some(taker), offers: None };
            store.issue_guarded(voucher, &guards).await.unwrap()
        };
        assert_eq!(issue(&one, &first).await, Guarded::Overtaken);
        assert_eq!(store.voucher(&VoucherKey::from(&one)).await.unwrap(), None);
        assert_eq!(issue(&two, &second).await, Guarded::Issued(Issued::First));
        for taker in [&first, &second] {
            let Guarded::Issued(Issued::Existing(found)) = issue(&two, taker).await else {
                unreachable!("it is there, whoever asks")
            };
            assert_eq!(found.id, two.id);
        }
        store.finish(&second, &Outcome::default(), minor(500), noon()).await.unwrap();
        assert_eq!(issue(&one, &second).await, Guarded::Overtaken, "it has ended");
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_is_brought_along_is_not_leased_again() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_along", definition(json!({"caps": {"vouchers": 7}})), 1).await;
        let made = released(store, &campaign, 0, &["c-1", "c-2", "c-3"]).await;
        let (mine, _) = taken(store, &made.key, noon()).await;
        assert_eq!(store.lease_quota(&mine, 3, minor(500)).await.unwrap(), 3);
        let moved = Dispatch {
            leased: Some(2),
            ..Dispatch::ready(
                made.key.follow_up(Purpose::Moved, Channel::Sms),
                campaign.id.clone(),
                Channel::Sms,
                Purpose::Moved,
                vec![customer_id("c-1"), customer_id("c-2")],
                noon(),
            )
        };
        let outcome = Outcome { follow_ups: vec![moved.clone()], ..Outcome::default() };
        assert_eq!(store.finish(&mine, &outcome, minor(500), noon()).await.unwrap(), Fenced::Written);
        assert!(store.release(&moved.key, in_a_minute()).await.unwrap());
        let (next, _) = taken(store, &moved.key, noon()).await;
        assert_eq!(next.leased, Some(2));
        assert_eq!(store.lease_quota(&next, 2, minor(500)).await.unwrap(), 2);
        assert_eq!(quota(store, &campaign).await.vouchers, 4, "three are set aside, once");
    })
    .await;
}

/// 20 dispatches of ten lease at once. However they interleave, the caps hold, and nothing of them is lost.
async fn twenty_lease_at_once(caps: serde_json::Value, each: i64, expected: u32) {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_caps", definition(json!({ "caps": caps })), 1).await;
        let whole = quota(store, &campaign).await;
        let customers: Vec<CustomerId> = (0..10).map(|number| customer_id(&format!("c-{number}"))).collect();
        let all: Vec<Dispatch> = (0..20)
            .map(|chunk| Dispatch { customers: customers.clone(), ..dispatch(&campaign.id, 0, chunk, &[]) })
            .collect();
        plan(store, &campaign, &all).await;
        let workers = all.iter().map(|made| async {
            assert!(store.release(&made.key, in_a_minute()).await.unwrap());
            let (mine, _) = taken(store, &made.key, noon()).await;
            lease(store, &mine, each).await
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

/// As a worker does it: contention brings its message back, and it asks again. Bounded: each of the others can be in the way once.
async fn lease(store: &Store, mine: &Dispatch, each: i64) -> u32 {
    for _ in 0..20 {
        match store.lease_quota(mine, mine.size() as u32, minor(each)).await {
            Ok(leased) => return leased,
            Err(StoreError::Contended(_)) => {}
            Err(error) => unreachable!("{error}"),
        }
    }
    unreachable!("contended twenty times")
}

#[tokio::test]
async fn the_cap_on_vouchers_is_never_passed() {
    twenty_lease_at_once(json!({"vouchers": 137}), 500, 137).await;
}

#[tokio::test]
async fn the_cap_on_exposure_is_never_passed() {
    // 61,499 cents are 122 vouchers of 5 euros
    twenty_lease_at_once(json!({"exposure": {"amount": 61_499, "currency": "EUR"}}), 500, 122).await;
}

#[tokio::test]
async fn the_tighter_of_two_caps_decides() {
    let caps = json!({"vouchers": 120, "exposure": {"amount": 15_000, "currency": "EUR"}});
    twenty_lease_at_once(caps, 500, 30).await;
}

#[tokio::test]
async fn without_caps_everyone_gets_what_they_ask() {
    twenty_lease_at_once(json!({}), 500, 200).await;
}

#[tokio::test]
async fn a_minute_has_room_for_its_rate_and_no_more() {
    with_store(async |store, _| {
        let reserve =
            async |channel, minute, messages| store.reserve_rate(channel, minute, messages, 55).await.unwrap();
        let tries = join_all((0..10).map(|_| reserve(Channel::Sms, 29_000_000, 10))).await;
        assert_eq!(tries.into_iter().filter(|got| *got).count(), 5);
        assert!(reserve(Channel::Sms, 29_000_000, 5).await, "exactly to the edge");
        assert!(!reserve(Channel::Sms, 29_000_000, 1).await);
        assert!(reserve(Channel::Sms, 29_000_001, 55).await, "the next minute");
        assert!(reserve(Channel::Email, 29_000_000, 55).await, "another channel");
    })
    .await;
}
