//! Tests of messages whose fate stays unknown: the attempt is not repeated beyond its channel's
//! policy, and the customer is reached on the next channel of the ladder, once, with the one voucher.

use channels::feedback::{
    EventAddress, EventPerson, MessageEvent, MessageReference, ProviderEvent,
};
use domain::{
    campaign::lifecycle::{Campaign, CampaignAction, CampaignState},
    delivery::feedback::FeedbackType,
    kernel::{
        channel::Channel::{self, Email, Push, Sms},
        id::{Occurrence, VoucherId},
    },
    voucher::{attempt::AttemptState, record::Voucher},
};
use fake_aws::{CallVerdict, ProviderMessage};
use runtime::HandlerOutcome;
use serde_json::{Value, json};
use store::voucher::records::VoucherKey;
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::{
    faults::CrashPoint,
    fixture::{MINUTE, OperationsFixture},
};

/// The waiting time of the fixture's workers, and the time after which the next channel follows.
const WAIT: i64 = 15 * MINUTE;
const FALLBACK_WAIT: i64 = 4 * WAIT;

async fn record(stage: &OperationsFixture, campaign: &Campaign) -> Voucher {
    let customer = customer_id("c-1");
    let run = campaign.run.clone().unwrap();
    let voucher = VoucherId::derive(&campaign.id, &customer, &Occurrence::of_run(&run));
    stage.store.voucher(&VoucherKey { customer, voucher }).await.unwrap().unwrap()
}

fn states(voucher: &Voucher) -> Vec<(Channel, AttemptState)> {
    voucher.attempts.values().map(|attempt| (attempt.channel, attempt.state)).collect()
}

fn sent(stage: &OperationsFixture) -> Vec<Channel> {
    let channel = |message| match message {
        ProviderMessage::Sms { .. } => Sms,
        ProviderMessage::Push { .. } => Push,
        ProviderMessage::Email { .. } => Email,
    };
    stage.memory.take_provider_messages().into_iter().map(channel).collect()
}

/// Launches a campaign and sends its one message, which the provider does not answer.
async fn unanswered(channels: Value) -> (OperationsFixture, Campaign) {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_campaign("cmp_1", json!({"channels": channels})).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.set_provider_answer(CallVerdict::LoseRequest);
    stage.release_and_deliver().await;
    stage.set_provider_answer(CallVerdict::Proceed);
    (stage, campaign)
}

fn ladder(rungs: &[&str]) -> Value {
    json!({"mode": "first_available", "ladder": rungs})
}

/// Runs watchdog and workers at that time, twice, so that what was planned is sent.
async fn run_at(stage: &OperationsFixture, milliseconds: i64) {
    for second in [0, 1_000] {
        stage.set_clock(add_milliseconds(noon(), milliseconds + second));
        stage.run_watchdog().await;
        stage.release_and_deliver().await;
    }
}

async fn report(
    stage: &OperationsFixture,
    voucher: &Voucher,
    channel: Channel,
    what: FeedbackType,
) {
    let about = MessageReference::Voucher {
        customer: voucher.customer.clone(),
        voucher: voucher.id.clone(),
    };
    let event = ProviderEvent::Event(MessageEvent {
        channel,
        person: EventPerson { about, address: EventAddress::Unnamed, sole: true },
        reminder: false,
        what,
        at: runtime::clock::now(),
    });
    assert_eq!(record_feedback::record_event(&stage.store, &event, 1).await, HandlerOutcome::Done);
}

#[tokio::test]
async fn an_sms_of_unknown_fate_is_followed_by_the_next_channel_after_an_hour_and_once() {
    let (stage, campaign) = unanswered(ladder(&["sms", "email", "push"])).await;
    let issued = record(&stage, &campaign).await;
    run_at(&stage, FALLBACK_WAIT - 1_000 - 1).await;
    assert_eq!(sent(&stage), [], "a report may still come");
    assert_eq!(stage.progress(&campaign).await.open, 1, "the run waits");
    for later in [0, WAIT, 10 * FALLBACK_WAIT] {
        run_at(&stage, FALLBACK_WAIT + later).await;
    }
    assert_eq!(sent(&stage), [Email]);
    let now = record(&stage, &campaign).await;
    assert_eq!(states(&now), [(Sms, AttemptState::Unknown), (Email, AttemptState::Sent)]);
    assert_eq!((&now.id, now.attempts[&Sms].number), (&issued.id, 1), "one voucher, one SMS");
    let planned = now.attempts[&Sms].fallback_at;
    assert_eq!(planned, Some(add_milliseconds(noon(), FALLBACK_WAIT)));
    let progress = stage.progress(&campaign).await;
    assert_eq!((progress.open, progress.tally.issued), (0, 1));
    let summary = stage.store.campaign_summary(&campaign.id).await.unwrap().unwrap();
    assert_eq!(summary.state, CampaignState::Completed);
}

#[tokio::test]
async fn every_channel_falls_back_when_its_own_repeats_are_used_up() {
    for (rungs, repeats, next) in [(["email", "sms"], 1, Sms), (["push", "sms"], 5, Sms)] {
        let (stage, campaign) = unanswered(ladder(&rungs)).await;
        stage.set_provider_answer(CallVerdict::LoseRequest);
        for repeat in 1..=repeats {
            run_at(&stage, repeat * (WAIT + 10_000)).await;
        }
        stage.set_provider_answer(CallVerdict::Proceed);
        let first = record(&stage, &campaign).await;
        let [attempt] = first.attempts.values().collect::<Vec<_>>()[..] else {
            unreachable!("{first:?}")
        };
        assert_eq!(
            (attempt.state, i64::from(attempt.number)),
            (AttemptState::Unknown, repeats + 1)
        );
        let due = attempt.at.as_millisecond() - noon().as_millisecond() + FALLBACK_WAIT;
        run_at(&stage, due).await;
        assert_eq!(sent(&stage), [next], "{rungs:?}");
    }
}

#[tokio::test]
async fn a_lost_worker_is_as_unknown_as_a_lost_answer() {
    let stage = OperationsFixture::new();
    let campaign =
        stage.launch_campaign("cmp_1", json!({"channels": ladder(&["sms", "push"])})).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.set_first_call(CallVerdict::Proceed, CrashPoint::Before);
    stage.release().await;
    stage.deliver_with_crash(false).await;
    for minute in [10, 20] {
        run_at(&stage, minute * MINUTE).await;
    }
    let lost = record(&stage, &campaign).await;
    assert_eq!(lost.attempts[&Sms].reason.as_deref(), Some("worker_lost"));
    run_at(&stage, 21 * MINUTE + FALLBACK_WAIT).await;
    assert_eq!(sent(&stage), [Push]);
}

#[tokio::test]
async fn a_late_report_stops_the_next_channel_also_when_it_is_planned_already() {
    for what in [FeedbackType::Delivered, FeedbackType::Complained] {
        let (stage, campaign) = unanswered(ladder(&["sms", "email"])).await;
        stage.set_clock(add_milliseconds(noon(), FALLBACK_WAIT - 1));
        report(&stage, &record(&stage, &campaign).await, Sms, what).await;
        run_at(&stage, FALLBACK_WAIT).await;
        assert_eq!(sent(&stage), [], "{what:?}");
        assert_eq!(record(&stage, &campaign).await.attempts[&Sms].fallback_at, None);
        assert_eq!(stage.progress(&campaign).await.open, 0);
    }
    let (stage, campaign) = unanswered(ladder(&["sms", "email"])).await;
    stage.set_clock(add_milliseconds(noon(), FALLBACK_WAIT));
    stage.run_watchdog().await;
    report(&stage, &record(&stage, &campaign).await, Sms, FeedbackType::Delivered).await;
    run_at(&stage, FALLBACK_WAIT + MINUTE).await;
    assert_eq!(sent(&stage), []);
    let now = record(&stage, &campaign).await;
    assert_eq!(states(&now), [(Sms, AttemptState::Delivered)]);
    assert!(now.attempts[&Sms].fallback_at.is_some(), "it was planned");
    assert_eq!(stage.progress(&campaign).await.open, 0);
}

#[tokio::test]
async fn nothing_follows_where_the_campaign_says_no_or_nothing_is_left() {
    let no = json!({"mode": "first_available", "ladder": ["sms", "email"], "after_unknown": false});
    for channels in [no, ladder(&["sms"])] {
        let (stage, campaign) = unanswered(channels.clone()).await;
        run_at(&stage, WAIT).await;
        assert_eq!(stage.progress(&campaign).await.open, 0, "settled after one waiting time");
        run_at(&stage, FALLBACK_WAIT).await;
        assert_eq!(sent(&stage), [], "{channels}");
        assert_eq!(record(&stage, &campaign).await.undeliverable, None, "it may have arrived");
    }
}

#[tokio::test]
async fn nothing_follows_for_who_has_answered_is_gone_or_closed_the_channel() {
    let (stage, campaign) = unanswered(ladder(&["sms", "email"])).await;
    let key = VoucherKey::from(&record(&stage, &campaign).await);
    let until = add_milliseconds(noon(), 72 * 60 * MINUTE);
    stage.store.record_acceptance(&key, until, None, noon()).await.unwrap();
    run_at(&stage, FALLBACK_WAIT).await;
    assert_eq!(sent(&stage), [], "accepted");

    let (stage, campaign) = unanswered(ladder(&["sms", "email"])).await;
    stage.apply_action(&campaign, CampaignAction::Cancel).await;
    run_at(&stage, FALLBACK_WAIT).await;
    assert_eq!(sent(&stage), [], "cancelled");
}

#[tokio::test]
async fn a_closed_channel_is_stepped_over() {
    let (stage, campaign) = unanswered(ladder(&["push", "sms", "email"])).await;
    stage.add_email_customer("c-1").await;
    stage.set_provider_answer(CallVerdict::LoseRequest);
    for repeat in 1..=5 {
        run_at(&stage, repeat * (WAIT + 10_000)).await;
    }
    stage.set_provider_answer(CallVerdict::Proceed);
    let last = record(&stage, &campaign).await.attempts[&Push].at;
    run_at(&stage, last.as_millisecond() - noon().as_millisecond() + FALLBACK_WAIT).await;
    assert_eq!(sent(&stage), [Email], "SMS was denied meanwhile");
}
