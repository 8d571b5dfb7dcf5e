//! Tests of the lanes: a fault of ours closes one, nobody pays for it, and what waits is sent when a probe
//! or an operator has opened it.

use domain::{
    campaign::lifecycle::{Campaign, CampaignAction},
    delivery::{
        lane::{AnswerCounts, BREAKER_WINDOW, LaneCause, LaneGate, LaneOpener},
        sender_fault::SenderFault,
    },
    kernel::channel::Channel::{self, Email, Push, Sms},
};
use fake_aws::CallVerdict;
use testkit::builders::{add_milliseconds, noon};

use crate::fixture::{HOUR, SECOND, WorkerFixture};

const NOTHING: [Channel; 0] = [];
const CUSTOMERS: [&str; 5] = ["c-1", "c-2", "c-3", "c-4", "c-5"];

/// Launches a campaign on `ladder` to five customers while the sender's settings are broken.
async fn broken(ladder: &[&str], verdict: CallVerdict) -> (WorkerFixture, Campaign) {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(ladder).await;
    for customer in CUSTOMERS {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &CUSTOMERS).await;
    stage.set_provider_answer(verdict);
    stage.deliver_due().await;
    (stage, campaign)
}

async fn lines(stage: &WorkerFixture, campaign: &Campaign) -> Vec<String> {
    let mut lines = Vec::new();
    for customer in CUSTOMERS {
        lines.push(stage.record_line(campaign, customer).await);
    }
    lines
}

#[tokio::test]
async fn a_fault_of_ours_closes_the_lane_and_nobody_pays_for_it() {
    for (channel, next, verdict, fault) in [
        (Email, "sms", CallVerdict::SenderFault, SenderFault::IdentityNotVerified),
        (Sms, "email", CallVerdict::SenderFault, SenderFault::NoOrigination),
        (Push, "sms", CallVerdict::SenderFault, SenderFault::PlatformDisabled),
        (Email, "sms", CallVerdict::QuotaUsedUp, SenderFault::DailyQuota),
        (Sms, "email", CallVerdict::QuotaUsedUp, SenderFault::SpendLimit),
    ] {
        let (stage, campaign) = broken(&[channel.as_str(), next], verdict).await;
        let lane = stage.store.lane(channel).await.unwrap();
        assert_eq!(lane.closure().unwrap().cause, LaneCause::Fault(fault));
        assert_eq!(stage.take_sent(), NOTHING);
        let waits = format!("issued; {channel} 1 throttled {}", fault.code());
        for line in lines(&stage, &campaign).await {
            assert!(line == waits || line.is_empty(), "{line}");
        }
        assert_eq!(stage.counts(&campaign).await, (5, [0; 4], 1), "the dispatch waits");

        // hours of probes: each a message of the queue, none an attempt used
        for minute in (1..300).step_by(7) {
            stage.set_time(minute * 60 * SECOND);
            stage.deliver_due().await;
        }
        for line in lines(&stage, &campaign).await {
            assert!(line == waits || line.is_empty(), "{line}");
        }
        stage.set_provider_answer(CallVerdict::Proceed);
        stage.set_time(8 * HOUR);
        stage.deliver_due().await;
        assert_eq!(stage.take_sent(), [channel; 5]);
        let sent = format!("issued; {channel} 1 sent");
        assert_eq!(lines(&stage, &campaign).await, [sent.as_str(); 5]);
        let lane = stage.store.lane(channel).await.unwrap();
        assert_eq!(lane.opened, Some((add_milliseconds(noon(), 8 * HOUR), LaneOpener::Probe)));
        assert_eq!(stage.counts(&campaign).await, (5, [5, 0, 0, 0], 0));
    }
}

#[tokio::test]
async fn one_message_at_a_time_asks_if_the_lane_is_open() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["email"]).await;
    for customer in CUSTOMERS.into_iter().chain(["c-6"]) {
        stage.add_customer(customer).await;
    }
    stage.plan_page(&campaign, &CUSTOMERS, false).await;
    stage.set_provider_answer(CallVerdict::SenderFault);
    stage.deliver_due().await;
    let before = issued(&stage, &campaign).await;
    stage.set_time(30 * SECOND);
    stage.deliver_due().await;
    assert_eq!(issued(&stage, &campaign).await, before, "no probe is due");
    let second = 61 * SECOND;
    stage.set_time(second);
    let first = stage.plan_page(&campaign, &["c-6"], true).await;
    let mut held = stage.hold_next_call();
    let keys = stage.release_due(Email).await;
    assert!(keys.contains(&first.key) && keys.len() == 2);
    let probe = keys.iter().find(|key| **key != first.key).unwrap();
    let worker = Box::pin(stage.deliver(Email, probe));
    let futures::future::Either::Right((_, worker)) =
        futures::future::select(worker, Box::pin(held.arrived())).await
    else {
        unreachable!("the worker ended without a call")
    };
    let lane = stage.store.lane(Email).await.unwrap();
    assert_eq!(lane.gate(add_milliseconds(noon(), second)), LaneGate::Closed);
    assert!(stage.deliver(Email, &first.key).await);
    assert_eq!(stage.next_due(Email).await, Some(second), "the other dispatch waits");
    held.answer(CallVerdict::SenderFault);
    assert!(worker.await);
    let closure = *stage.store.lane(Email).await.unwrap().closure().unwrap();
    assert_eq!(closure.failed_probes, 1);
    assert_eq!(closure.probe_at, add_milliseconds(noon(), second + 120 * SECOND));
}

/// The sandbox is such a case: only some of the numbers are verified.
#[tokio::test]
async fn a_fault_of_ours_that_hits_one_message_costs_nobody_anything() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms", "email"]).await;
    for customer in CUSTOMERS {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &CUSTOMERS).await;
    let mut held = stage.hold_next_call();
    let key = stage.release_due(Sms).await.remove(0);
    let worker = Box::pin(stage.deliver(Sms, &key));
    let futures::future::Either::Right((_, worker)) =
        futures::future::select(worker, Box::pin(held.arrived())).await
    else {
        unreachable!("the worker ended without a call")
    };
    held.answer(CallVerdict::SenderFault);
    assert!(worker.await);
    let lane = stage.store.lane(Sms).await.unwrap();
    assert_eq!(lane.closure().unwrap().cause, LaneCause::Fault(SenderFault::NoOrigination));
    for minute in 1..4 {
        stage.set_time(minute * 61 * SECOND);
        stage.deliver_due().await;
    }
    assert_eq!(lines(&stage, &campaign).await, ["issued; sms 1 sent"; 5]);
    assert_eq!(stage.take_sent(), [Sms; 5]);
    assert_eq!(stage.counts(&campaign).await, (5, [5, 0, 0, 0], 0));
}

async fn issued(stage: &WorkerFixture, campaign: &Campaign) -> usize {
    lines(stage, campaign).await.iter().filter(|line| !line.is_empty()).count()
}

#[tokio::test]
async fn an_operator_opens_the_lane_before_its_probe() {
    let (stage, campaign) = broken(&["email", "sms"], CallVerdict::QuotaUsedUp).await;
    let lane = stage.store.lane(Email).await.unwrap();
    assert_eq!(lane.closure().unwrap().cause, LaneCause::Fault(SenderFault::DailyQuota));
    let opened = lane.open(LaneOpener::Operator, noon()).unwrap();
    assert!(stage.store.save_lane(&opened).await.unwrap().is_some());
    stage.set_provider_answer(CallVerdict::Proceed);
    stage.set_time(3 * SECOND);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Email; 5]);
    assert_eq!(stage.counts(&campaign).await, (5, [5, 0, 0, 0], 0));
}

#[tokio::test]
async fn what_waits_is_checked_again_when_the_lane_opens() {
    let (stage, campaign) = broken(&["sms", "email"], CallVerdict::SenderFault).await;
    stage.save_customer("c-1", "denied").await;
    let held = stage.record_line(&campaign, "c-1").await;
    assert_eq!(held, "issued; sms 1 throttled no_origination");
    stage.set_provider_answer(CallVerdict::Proceed);
    for minute in 1..4 {
        stage.set_time(minute * 61 * SECOND);
        stage.deliver_due().await;
    }
    let line = stage.record_line(&campaign, "c-1").await;
    assert!(line.ends_with("email 1 sent"), "consent was withdrawn meanwhile: {line}");
    assert_eq!(stage.counts(&campaign).await, (5, [5, 0, 0, 0], 0));
}

#[tokio::test]
async fn a_cancelled_campaign_ends_behind_a_closed_lane() {
    let (stage, campaign) = broken(&["email"], CallVerdict::SenderFault).await;
    stage.apply_action(&campaign, CampaignAction::Cancel).await;
    stage.deliver_due().await;
    let (selected, tally, open) = stage.counts(&campaign).await;
    assert_eq!((selected, tally.iter().sum::<u64>(), open), (5, 5, 0));
    assert_eq!(stage.take_sent(), NOTHING);
}

#[tokio::test]
async fn an_unusual_share_of_refusals_trips_the_breaker() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["email"]).await;
    stage.add_customer("c-1").await;
    let before = AnswerCounts { answered: BREAKER_WINDOW - 1, failed: BREAKER_WINDOW / 5 };
    stage.store.count_answers(Email, before).await.unwrap();
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.set_provider_answer(CallVerdict::Reject);
    stage.deliver_due().await;
    let lane = stage.store.lane(Email).await.unwrap();
    let counts = AnswerCounts { answered: BREAKER_WINDOW, failed: BREAKER_WINDOW / 5 + 1 };
    assert_eq!(lane.closure().unwrap().cause, LaneCause::Breaker(counts));
    let next = stage.store.count_answers(Email, AnswerCounts::default()).await.unwrap();
    assert_eq!(next, AnswerCounts::default(), "a window is judged once");
}
