//! Tests of messages about a voucher that exists: further channels, fallbacks and reminders. Each
//! is checked again when it is sent.

use domain::{
    campaign::lifecycle::Campaign,
    delivery::dispatch::{Dispatch, DispatchKey},
    kernel::channel::Channel::{self, Email, Push, Sms},
};
use fake_aws::CallVerdict;
use serde_json::json;
use store::voucher::redemptions::RedemptionResult;
use testkit::builders::add_milliseconds;

use crate::fixture::{HOUR, WorkerFixture, record_key};

const NOTHING: [Channel; 0] = [];
/// The hours in which a voucher of the ordinary definition can be accepted.
const ACCEPT_WITHIN: i64 = 168;
const NOTICE: i64 = 24;

async fn accept(stage: &WorkerFixture, campaign: &Campaign, customer: &str) {
    let now = runtime::clock::now();
    let redeem_by = add_milliseconds(now, 72 * HOUR);
    let key = record_key(campaign, customer);
    let accepted = stage.store.record_acceptance(&key, redeem_by, None, now).await.unwrap();
    assert_eq!(accepted, RedemptionResult::First);
}

/// Sends an SMS that is refused, and returns the key of the fallback by e-mail, released.
async fn released_fallback(stage: &WorkerFixture, campaign: &Campaign) -> DispatchKey {
    stage.add_customer("c-1").await;
    stage.plan_dispatch(campaign, &["c-1"]).await;
    stage.set_provider_answer(CallVerdict::Reject);
    let key = stage.release_due(Sms).await.remove(0);
    assert!(stage.deliver(Sms, &key).await);
    stage.set_provider_answer(CallVerdict::Proceed);
    stage.release_due(Email).await.remove(0)
}

#[tokio::test]
async fn a_fallback_is_not_sent_for_a_voucher_that_was_accepted_meanwhile() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms", "email"]).await;
    let fallback = released_fallback(&stage, &campaign).await;
    accept(&stage, &campaign, "c-1").await;
    assert!(stage.deliver(Email, &fallback).await);
    assert_eq!(stage.take_sent(), NOTHING);
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn a_fallback_whose_worker_died_is_not_sent_again() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms", "email"]).await;
    let fallback = released_fallback(&stage, &campaign).await;
    stage.crash_with(Email, &fallback, CallVerdict::LoseRequest).await;
    stage.set_time(HOUR);
    assert!(stage.deliver(Email, &fallback).await);
    assert_eq!(stage.take_sent(), NOTHING);
    assert_eq!(
        stage.record_line(&campaign, "c-1").await,
        "issued; sms 1 failed invalid_address; email 1 unknown worker_lost"
    );
}

#[tokio::test]
async fn in_mode_all_every_open_channel_tells_of_the_one_voucher() {
    let stage = WorkerFixture::new();
    let channels = json!({"mode": "all", "ladder": ["push", "email", "sms"]});
    let campaign = stage.launch_campaign(json!({"channels": channels})).await;
    stage.save_customer("c-1", "denied").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.deliver_due().await;
    stage.deliver_due().await;
    let mut sent = stage.take_sent();
    sent.sort();
    assert_eq!(sent, [Email, Push]);
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn in_mode_all_a_voucher_is_undeliverable_once_every_channel_has_failed_or_is_closed() {
    let stage = WorkerFixture::new();
    let channels = json!({"mode": "all", "ladder": ["push", "email", "sms"]});
    let campaign = stage.launch_campaign(json!({"channels": channels})).await;
    stage.save_customer("c-1", "denied").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    let undeliverable =
        async || stage.record(&campaign, "c-1").await.and_then(|record| record.undeliverable);
    stage.set_provider_answer(CallVerdict::Reject);
    let push = stage.release_due(Push).await.remove(0);
    assert!(stage.deliver(Push, &push).await);
    assert_eq!(undeliverable().await, None, "e-mail is still to come");
    let email = stage.release_due(Email).await.remove(0);
    assert!(stage.deliver(Email, &email).await);
    assert_eq!(undeliverable().await.as_deref(), Some("rejected"));
    assert_eq!(stage.take_sent(), NOTHING);
}

#[tokio::test]
async fn a_reminder_is_sent_once_and_only_to_who_has_not_used_the_voucher() {
    let stage = WorkerFixture::new();
    let change = json!({"channels": {"ladder": ["sms"]}, "reminder": {"hours_before": NOTICE}});
    let campaign = stage.launch_campaign(change).await;
    for customer in ["c-1", "c-2"] {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &["c-1", "c-2"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms, Sms]);
    assert_eq!(stage.counts(&campaign).await, (2, [2, 0, 0, 0], 0));
    let due = (ACCEPT_WITHIN - NOTICE) * HOUR;
    assert_eq!(stage.next_due(Sms).await, Some(due));

    stage.set_time(due - HOUR);
    accept(&stage, &campaign, "c-2").await;
    stage.set_time(due);
    let key = stage.release_due(Sms).await.remove(0);
    assert!(stage.deliver(Sms, &key).await);
    assert!(stage.deliver(Sms, &key).await);
    assert_eq!((stage.take_sent(), stage.next_due(Sms).await), (vec![Sms], None));
    let reminded = stage.record(&campaign, "c-1").await.unwrap();
    assert!(reminded.stages.expiring_at.is_some());
    assert_eq!(stage.record(&campaign, "c-2").await.unwrap().stages.expiring_at, None);
}

/// Accepts as the vouchers API does: with the reminder that the acceptance asks for.
async fn accept_as_asked(
    stage: &WorkerFixture,
    campaign: &Campaign,
    customer: &str,
    hours: i64,
) -> Option<i64> {
    let now = runtime::clock::now();
    let redeem_by = add_milliseconds(now, hours * HOUR);
    let (key, voucher) =
        (record_key(campaign, customer), stage.record(campaign, customer).await.unwrap());
    let due_at = voucher.reminder_once_accepted(&campaign.definition, redeem_by, now);
    let reminder = due_at.map(|at| Dispatch::reminder_once_accepted(&voucher, Email, at));
    let accepted = stage.store.record_acceptance(&key, redeem_by, reminder.as_ref(), now).await;
    assert_eq!(accepted.unwrap(), RedemptionResult::First);
    due_at.map(|at| (at.as_millisecond() - testkit::builders::noon().as_millisecond()) / HOUR)
}

#[tokio::test]
async fn who_accepted_early_is_reminded_before_the_end_that_follows_from_it_and_once() {
    let stage = WorkerFixture::new();
    let reminder = json!({"hours_before": NOTICE, "to_accepted": true});
    let change = json!({"channels": {"ladder": ["sms"]}, "reminder": reminder});
    let campaign = stage.launch_campaign(change).await;
    let customers = ["early", "late", "soon"];
    for customer in customers {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &customers).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms, Sms, Sms]);
    // Three days to redeem, from the first hour on: the end comes before that of the acceptance.
    stage.set_time(HOUR);
    assert_eq!(accept_as_asked(&stage, &campaign, "early", 72).await, Some(73 - NOTICE));
    assert_eq!(accept_as_asked(&stage, &campaign, "soon", NOTICE).await, None, "no time for it");
    assert_eq!(
        accept_as_asked(&stage, &campaign, "late", 200).await,
        None,
        "the planned one is in time"
    );
    stage.set_time((73 - NOTICE) * HOUR - 1);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), NOTHING);
    stage.set_time((73 - NOTICE) * HOUR);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
    let reminded = stage.record(&campaign, "early").await.unwrap();
    assert!(reminded.stages.expiring_at.is_some());
    // The reminder that was planned with the vouchers comes for the others only.
    stage.set_time((ACCEPT_WITHIN - NOTICE) * HOUR);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), NOTHING);
    assert_eq!(stage.next_due(Sms).await, Some((201 - NOTICE) * HOUR));
    stage.set_time((201 - NOTICE) * HOUR);
    stage.deliver_due().await;
    assert_eq!((stage.take_sent(), stage.next_due(Sms).await), (vec![Sms], None));
}
