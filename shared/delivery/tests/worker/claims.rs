//! Tests of claims and leases: what a worker has written when it calls the provider, and what two
//! workers at one dispatch do to each other.

use domain::{
    delivery::dispatch::DispatchKey,
    kernel::channel::Channel::{self, Sms},
    voucher::attempt::AttemptState,
};
use fake_aws::CallVerdict;
use store::delivery::dispatches::LeaseResult;

use crate::fixture::{LEASE_SECONDS, SECOND, WorkerFixture};

/// A moment after the first worker's lease.
const LEASE_OVER: i64 = (LEASE_SECONDS + 1) * SECOND;

#[tokio::test]
async fn the_voucher_and_the_claim_are_written_before_the_provider_is_called() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    let key = stage.release_due(Sms).await.remove(0);
    let mut call = stage.hold_next_call();
    let look = async {
        call.arrived().await;
        assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 claimed");
        assert_eq!(stage.take_sent(), [] as [Channel; 0]);
        call.answer(CallVerdict::Proceed);
    };
    assert!(futures::join!(stage.deliver(Sms, &key), look).0);
    assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 sent");
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn a_claim_whose_worker_died_is_unknown_and_not_sent_again() {
    for (verdict, sent) in [(CallVerdict::Proceed, vec![Sms]), (CallVerdict::LoseRequest, vec![])] {
        let stage = WorkerFixture::new();
        let campaign = stage.launch_on(&["sms", "email"]).await;
        stage.add_customer("c-1").await;
        stage.plan_dispatch(&campaign, &["c-1"]).await;
        let key = stage.crash_at_call(Sms, verdict).await;
        assert_eq!(stage.take_sent(), sent);

        assert!(!stage.deliver(Sms, &key).await, "the lease of the dead worker still runs");
        stage.set_time(LEASE_OVER);
        assert!(stage.deliver(Sms, &key).await);
        stage.deliver_due().await;
        assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 unknown worker_lost");
        assert_eq!(stage.take_sent(), [] as [Channel; 0]);
        // the unknown attempt holds the run open until the watchdog settles it
        assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 1));
    }
}

#[tokio::test]
async fn a_dispatch_in_one_workers_hands_comes_again_to_the_other() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    let key = stage.release_due(Sms).await.remove(0);
    let mut call = stage.hold_next_call();
    let second = async {
        call.arrived().await;
        assert!(!stage.deliver(Sms, &key).await);
        call.answer(CallVerdict::Proceed);
    };
    assert!(futures::join!(stage.deliver(Sms, &key), second).0);
    assert!(stage.deliver(Sms, &key).await, "the dispatch is done: the pointer is old");
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn a_superseded_worker_neither_counts_nor_returns_quota_a_second_time() {
    let stage = WorkerFixture::new();
    let change = serde_json::json!({"channels": {"ladder": ["sms"]}, "caps": {"vouchers": 10}});
    let campaign = stage.launch_campaign(change).await;
    for customer in ["c-1", "c-2"] {
        stage.add_customer(customer).await;
    }
    stage.save_customer("c-2", "denied").await;
    stage.plan_dispatch(&campaign, &["c-1", "c-2"]).await;
    let key: DispatchKey = stage.release_due(Sms).await.remove(0);
    let mut call = stage.hold_next_call();
    let successor = async {
        call.arrived().await;
        stage.set_time(LEASE_OVER);
        assert!(stage.deliver(Sms, &key).await);
        assert_eq!(stage.counts(&campaign).await, (2, [1, 0, 1, 0], 1));
        assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 unknown worker_lost");
        call.answer(CallVerdict::Proceed);
    };
    assert!(futures::join!(stage.deliver(Sms, &key), successor).0);
    // its late answer settles the attempt; its end of the dispatch is refused
    let record = stage.record(&campaign, "c-1").await.unwrap();
    assert_eq!(record.attempts[&Sms].state, AttemptState::Sent);
    assert_eq!(stage.counts(&campaign).await, (2, [1, 0, 1, 0], 1));
    let quota = stage.store.quota(&campaign.id).await.unwrap().unwrap();
    assert_eq!(quota.vouchers, 9);
    assert_eq!(stage.take_sent(), [Sms]);
}

#[tokio::test]
async fn a_superseded_worker_cannot_end_a_dispatch_that_another_has_leased() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    let key = stage.release_due(Sms).await.remove(0);
    let mut call = stage.hold_next_call();
    let second = async {
        call.arrived().await;
        stage.set_time(LEASE_OVER);
        let leased = stage.store.lease_dispatch(&key, runtime::clock::now(), LEASE_SECONDS).await;
        assert!(matches!(leased.unwrap(), LeaseResult::Leased { .. }));
        call.answer(CallVerdict::Proceed);
    };
    assert!(futures::join!(stage.deliver(Sms, &key), second).0);
    assert_eq!(stage.counts(&campaign).await, (1, [0, 0, 0, 0], 1));

    stage.set_time(2 * LEASE_OVER);
    assert!(stage.deliver(Sms, &key).await);
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
    assert_eq!(stage.take_sent(), [Sms]);
}
