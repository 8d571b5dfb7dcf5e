//! Tests of the four answers of a provider: accepted, ours, refused, ambiguous. What a fault of ours
//! does to the lane is in `lanes`; here are the throttles.

use domain::{
    delivery::{
        attempt_policy::MAX_ATTEMPTS, dispatch::Dispatch, lane::LaneCause,
        sender_fault::SenderFault, sms_origination::SmsOriginations,
    },
    kernel::channel::Channel::{self, Email, Push, Sms},
};
use fake_aws::{CallVerdict, ProviderMessage};
use testkit::builders::{add_milliseconds, noon};

use crate::fixture::{HOUR, SECOND, WorkerFixture, record_key};

const NOTHING: [Channel; 0] = [];

/// Launches a campaign on `ladder` and delivers its one message, which the provider answers so.
async fn delivered(
    ladder: &[&str],
    verdict: CallVerdict,
) -> (WorkerFixture, domain::campaign::lifecycle::Campaign, Dispatch) {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(ladder).await;
    stage.add_customer("c-1").await;
    let dispatch = stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.set_provider_answer(verdict);
    let channel = dispatch.channel;
    let key = stage.release_due(channel).await.remove(0);
    assert!(stage.deliver(channel, &key).await);
    stage.set_provider_answer(CallVerdict::Proceed);
    (stage, campaign, dispatch)
}

#[tokio::test]
async fn an_accepted_push_is_found_again_by_the_providers_id() {
    let (stage, campaign, _) = delivered(&["push"], CallVerdict::Proceed).await;
    let record = stage.record(&campaign, "c-1").await.unwrap();
    assert_eq!(record.stages.sent_at, Some(noon()));
    let id = record.attempts[&Push].provider_id.as_ref().unwrap();
    let found = stage.store.find_message(id).await.unwrap().unwrap();
    assert_eq!(found.0, record_key(&campaign, "c-1"));
}

/// The record was written before endpoints were checked, or the deployment has moved.
#[tokio::test]
async fn a_device_of_another_account_costs_nobody_else_a_push() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["push", "email"]).await;
    let foreign = "arn:aws:sns:us-east-1:999999999999:endpoint/GCM/app/1";
    stage.save_customer_with_device("c-1", "granted", foreign).await;
    stage.add_customer("c-2").await;
    stage.plan_dispatch(&campaign, &["c-1", "c-2"]).await;
    // SNS would say AuthorizationError for the first one
    stage.deliver_due().await;
    assert_eq!(stage.store.lane(Push).await.unwrap().closure(), None);
    let line = stage.record_line(&campaign, "c-1").await;
    assert!(line.contains("push 1 failed endpoint_disabled"), "{line}");
    assert_eq!(stage.record_line(&campaign, "c-2").await, "issued; push 1 sent");
    let mut sent = stage.take_sent();
    sent.retain(|channel| *channel == Push);
    assert_eq!(sent, [Push], "the foreign device is not called");
}

/// Its events bring the voucher's key back, so no note of its id is written.
#[tokio::test]
async fn an_sms_by_end_user_messaging_carries_its_voucher_and_leaves_no_note() {
    let (stage, campaign, _) = delivered(&["sms"], CallVerdict::Proceed).await;
    let record = stage.record(&campaign, "c-1").await.unwrap();
    let id = record.attempts[&Sms].provider_id.as_ref().unwrap();
    assert_eq!(stage.store.find_message(id).await.unwrap(), None);
    let sent = stage.memory.take_provider_messages();
    let [ProviderMessage::Sms { context, .. }] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(context["voucher"], record_key(&campaign, "c-1").voucher.as_str());
}

/// A sender id hears nothing, so nobody is asked to reply to it.
#[tokio::test]
async fn an_sms_asks_to_reply_where_its_sender_hears() {
    for (line, asks) in [("", true), ("US=SHOP", true), ("ES=SHOP", false), ("pool-1f0e", true)] {
        let number = Some("+12025550100");
        let stage = WorkerFixture::sending_from(SmsOriginations::parse(line, number).unwrap());
        let campaign = stage.launch_on(&["sms"]).await;
        stage.add_customer("c-1").await;
        stage.plan_dispatch(&campaign, &["c-1"]).await;
        let key = stage.release_due(Sms).await.remove(0);
        assert!(stage.deliver(Sms, &key).await);
        let sent = stage.memory.take_provider_messages();
        let [ProviderMessage::Sms { text, .. }] = sent.as_slice() else { panic!("{sent:?}") };
        assert_eq!(text.contains("STOP"), asks, "{line}: {text}");
    }
}

#[tokio::test]
async fn an_ambiguous_answer_is_unknown_and_an_sms_is_not_sent_again() {
    for (verdict, reason, sent) in [
        (CallVerdict::LoseAnswer, "connection_lost", vec![Sms]),
        (CallVerdict::LoseRequest, "connection_lost", vec![]),
        (CallVerdict::ServerError, "server_error", vec![]),
    ] {
        let (stage, campaign, dispatch) = delivered(&["sms", "email"], verdict).await;
        let unknown = format!("issued; sms 1 unknown {reason}");
        assert_eq!(stage.record_line(&campaign, "c-1").await, unknown);
        assert_eq!(stage.take_sent(), sent);

        stage.set_time(2 * HOUR);
        assert!(stage.deliver(Sms, &dispatch.key).await);
        stage.deliver_due().await;
        assert_eq!(stage.take_sent(), NOTHING, "after {reason}");
        assert_eq!(stage.record_line(&campaign, "c-1").await, unknown);
        let waiting = stage.store.unknown_attempts(add_milliseconds(noon(), 2 * HOUR)).await;
        assert_eq!(waiting.unwrap().len(), 1, "the watchdog settles it by the channel's policy");
    }
}

#[tokio::test]
async fn a_refusal_moves_to_the_next_channel_at_once_with_the_same_voucher() {
    let (stage, campaign, _) = delivered(&["sms", "push", "email"], CallVerdict::Reject).await;
    let first = stage.record(&campaign, "c-1").await.unwrap();
    assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 failed invalid_address");
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 1));
    assert_eq!(stage.next_due(Push).await, Some(0));

    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Push]);
    let second = stage.record(&campaign, "c-1").await.unwrap();
    assert_eq!((&second.id, second.attempts.len()), (&first.id, 2));
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn a_voucher_refused_on_every_channel_is_undeliverable() {
    let (stage, campaign, _) = delivered(&["sms", "email"], CallVerdict::Reject).await;
    assert_eq!(stage.record(&campaign, "c-1").await.unwrap().undeliverable, None);
    stage.set_provider_answer(CallVerdict::Reject);
    stage.deliver_due().await;
    let record = stage.record(&campaign, "c-1").await.unwrap();
    assert!(record.undeliverable.is_some());
    assert_eq!((stage.next_due(Sms).await, stage.next_due(Email).await), (None, None));
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn a_throttled_message_is_sent_a_little_later_by_the_same_attempt() {
    let (stage, campaign, dispatch) = delivered(&["sms", "email"], CallVerdict::Throttle).await;
    assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 throttled throttled");
    assert_eq!(stage.store.lane(Sms).await.unwrap().closure(), None, "one throttle closes nothing");
    let due = stage.next_due(Sms).await.unwrap();
    assert!(due > 0, "a pause before the next attempt");
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), NOTHING);
    stage.set_time(due);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 sent");
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
    assert!(stage.deliver(Sms, &dispatch.key).await);
    assert_eq!(stage.take_sent(), NOTHING, "an old message of the dispatch");
}

#[tokio::test]
async fn a_message_that_is_throttled_for_hours_uses_no_attempt_and_no_other_channel() {
    let (stage, campaign, _) = delivered(&["sms", "email"], CallVerdict::Throttle).await;
    stage.set_provider_answer(CallVerdict::Throttle);
    for _ in 0..3 * MAX_ATTEMPTS {
        stage.set_time(stage.next_due(Sms).await.unwrap());
        let key = stage.release_due(Sms).await.remove(0);
        assert!(stage.deliver(Sms, &key).await);
    }
    assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 throttled throttled");
    assert_eq!(stage.next_due(Email).await, None);
    stage.set_provider_answer(CallVerdict::Proceed);
    stage.set_time(stage.next_due(Sms).await.unwrap());
    stage.deliver_due().await;
    assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 sent");
}

#[tokio::test]
async fn throttles_of_a_whole_dispatch_close_the_lane_for_seconds() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    let customers = ["c-1", "c-2", "c-3", "c-4"];
    for customer in customers {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &customers).await;
    stage.set_provider_answer(CallVerdict::Throttle);
    stage.deliver_due().await;
    let lane = stage.store.lane(Sms).await.unwrap();
    let closure = lane.closure().unwrap();
    assert_eq!(closure.cause, LaneCause::Fault(SenderFault::Throttled));
    assert_eq!(closure.probe_at, add_milliseconds(noon(), 5 * SECOND));
    stage.set_provider_answer(CallVerdict::Proceed);
    stage.set_time(6 * SECOND);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms; 4]);
    assert_eq!(stage.counts(&campaign).await, (4, [4, 0, 0, 0], 0));
}

/// Fallbacks, retries and event matches are dispatches of one: none of them sees another's throttle.
#[tokio::test]
async fn throttles_of_several_dispatches_of_one_close_the_lane_too() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    for (customer, is_last) in [("c-1", false), ("c-2", true)] {
        stage.add_customer(customer).await;
        stage.plan_page(&campaign, &[customer], is_last).await;
    }
    stage.set_provider_answer(CallVerdict::Throttle);
    stage.deliver_due().await;
    let lane = stage.store.lane(Sms).await.unwrap();
    assert_eq!(lane.closure().unwrap().cause, LaneCause::Fault(SenderFault::Throttled));
    stage.set_provider_answer(CallVerdict::Proceed);
    for minute in 1..4 {
        stage.set_time(minute * 61 * SECOND);
        stage.deliver_due().await;
    }
    assert_eq!(stage.take_sent(), [Sms; 2]);
    assert_eq!(stage.counts(&campaign).await, (2, [2, 0, 0, 0], 0));
}
