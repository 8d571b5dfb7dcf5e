//! Tests the classes of a provider's answer. A definite refusal falls back; a fault of ours waits for
//! its lane; an ambiguous answer waits for the provider's own event, and is repeated only where the channel's
//! policy allows it.

use domain::voucher::{
    attempt::{Attempt, AttemptState},
    record::Voucher,
};
use serde_json::json;
use system_tests::{
    Channel, CustomerBuilder, FaultSpec, LONG, OperatorGroup, RunningCampaign, TestScenario,
    text_attribute, until,
};

async fn campaign_records(test: &TestScenario, campaign: &RunningCampaign) -> Vec<Voucher> {
    test.ledger.records(&campaign.id).await
}

fn attempt_states(records: &[Voucher], channel: Channel) -> Vec<(u32, AttemptState)> {
    let attempts = records.iter().filter_map(|record| record.attempts.get(&channel));
    attempts.map(|attempt: &Attempt| (attempt.number, attempt.state)).collect()
}

/// Waits until the watchdog has checked every attempt of unknown fate, half a minute after it was made.
async fn until_watchdog_is_done(test: &TestScenario, campaign: &RunningCampaign) {
    let look = || async {
        test.wake_schedules().await;
        let work = test.ledger.scan_items("work", "campaign_id = :value", &campaign.id).await;
        work.iter()
            .map(|item| text_attribute(item, "pk"))
            .filter(|pk| pk.starts_with("unknown#"))
            .count()
    };
    until("every unknown attempt to be settled", LONG, look, |left| *left == 0).await;
    campaign.until_closed().await;
}

#[tokio::test]
async fn an_email_whose_answer_was_lost_is_settled_by_its_event_and_not_sent_again() {
    let test = TestScenario::begin().await;
    test.create_customers(6, &[Channel::Email]).await;
    test.emulator
        .add_fault(FaultSpec::for_scenario(Channel::Email, &test.identity, "accept_then_drop"))
        .await;
    let campaign = test.launch_campaign(&test.promotion().ladder(&["email"])).await;
    let delivered = |seen: &Vec<Voucher>| {
        attempt_states(seen, Channel::Email) == [(1, AttemptState::Delivered); 6]
    };
    let seen = until(
        "their events to say delivered",
        LONG,
        || campaign_records(&test, &campaign),
        delivered,
    )
    .await;
    for record in &seen {
        assert!(
            record.stages.sent_at.is_some() && record.stages.delivered_at.is_some(),
            "{record:?}"
        );
        assert!(
            record.attempts[&Channel::Email].provider_id.is_none(),
            "no answer said that it was accepted: {record:?}"
        );
    }

    until_watchdog_is_done(&test, &campaign).await;
    campaign.until_completed_hurried().await;
    assert_eq!(test.sent_messages().await.len(), 6, "no second message");
    assert_eq!(campaign.check_equation().await.issued, 6);
}

#[tokio::test]
async fn an_email_that_never_left_is_sent_once_more_and_an_sms_never() {
    let test = TestScenario::begin().await;
    let on = |number: usize| {
        test.customer(number).consenting_to(&[if number < 4 {
            Channel::Email
        } else {
            Channel::Sms
        }])
    };
    let people: Vec<CustomerBuilder> = (0..8).map(on).collect();
    test.put_customers(&people).await;
    test.emulator
        .add_fault(
            FaultSpec::for_scenario(Channel::Email, &test.identity, "drop_before_accept").times(4),
        )
        .await;
    test.emulator
        .add_fault(
            FaultSpec::for_scenario(Channel::Sms, &test.identity, "drop_before_accept").times(4),
        )
        .await;
    let campaign = test.launch_campaign(&test.promotion().ladder(&["email", "sms"])).await;
    let unknown = |seen: &Vec<Voucher>| {
        [Channel::Email, Channel::Sms]
            .iter()
            .all(|it| attempt_states(seen, *it) == [(1, AttemptState::Unknown); 4])
    };
    until("eight attempts of unknown fate", LONG, || campaign_records(&test, &campaign), unknown)
        .await;
    assert_eq!(test.sent_messages().await.len(), 0, "nothing was accepted");

    until_watchdog_is_done(&test, &campaign).await;
    let delivered = |seen: &Vec<Voucher>| {
        attempt_states(seen, Channel::Email) == [(2, AttemptState::Delivered); 4]
    };
    until("the e-mails' second attempts", LONG, || campaign_records(&test, &campaign), delivered)
        .await;
    assert_eq!(test.emulator.messages(Channel::Email, &test.identity).await.len(), 4);
    assert_eq!(
        test.emulator.all_calls(Channel::Sms, &test.identity).await.len(),
        4,
        "an SMS is called for once"
    );
    assert_eq!(
        attempt_states(&campaign_records(&test, &campaign).await, Channel::Sms),
        [(1, AttemptState::Unknown); 4]
    );
    assert_eq!(campaign.check_equation().await.issued, 8);
}

/// The customers can be reached by e-mail too, so an SMS that never left is not the end of it.
#[tokio::test]
async fn an_sms_that_never_left_is_followed_by_an_email_with_the_same_voucher() {
    let test = TestScenario::begin().await;
    test.create_customers(4, &[Channel::Sms, Channel::Email]).await;
    test.emulator
        .add_fault(
            FaultSpec::for_scenario(Channel::Sms, &test.identity, "drop_before_accept").times(4),
        )
        .await;
    let campaign = test.launch_campaign(&test.promotion().ladder(&["sms", "email"])).await;
    let unknown =
        |seen: &Vec<Voucher>| attempt_states(seen, Channel::Sms) == [(1, AttemptState::Unknown); 4];
    until("four attempts of unknown fate", LONG, || campaign_records(&test, &campaign), unknown)
        .await;
    assert_eq!(test.sent_messages().await.len(), 0, "nothing was accepted");

    until_watchdog_is_done(&test, &campaign).await;
    let reached = |seen: &Vec<Voucher>| {
        attempt_states(seen, Channel::Email) == [(1, AttemptState::Delivered); 4]
    };
    let seen = until("their e-mails", LONG, || campaign_records(&test, &campaign), reached).await;
    assert_eq!(attempt_states(&seen, Channel::Sms), [(1, AttemptState::Unknown); 4]);
    assert!(seen.iter().all(|it| it.attempts[&Channel::Sms].fallback_at.is_some()), "{seen:?}");
    let calls = test.emulator.all_calls(Channel::Sms, &test.identity).await;
    assert_eq!(calls.len(), 4, "an SMS is called for once");
    assert_eq!(test.emulator.messages(Channel::Email, &test.identity).await.len(), 4);
    campaign.until_completed_hurried().await;
    assert_eq!(campaign.check_equation().await.issued, 4);
}

#[tokio::test]
async fn a_throttled_message_is_sent_later_as_a_dispatch_of_its_own_by_the_same_attempt() {
    let test = TestScenario::begin().await;
    test.create_customers(5, &[Channel::Email]).await;
    test.emulator
        .add_fault(FaultSpec::for_scenario(Channel::Email, &test.identity, "throttle").times(1))
        .await;
    let campaign = test.launch_campaign(&test.promotion().ladder(&["email", "sms"])).await;
    campaign.until_completed_hurried().await;

    assert_eq!(campaign.check_equation().await.issued, 5);
    assert_eq!(test.sent_messages().await.len(), 5);
    let calls = test.emulator.all_calls(Channel::Email, &test.identity).await;
    assert_eq!(calls.len(), 6, "one throttled, five accepted");
    let seen = campaign_records(&test, &campaign).await;
    assert!(seen.iter().all(|record| record.attempts[&Channel::Email].number == 1), "{seen:?}");
}

/// The push platform's application is off: everything waits, and nobody is sent the dearer SMS.
#[tokio::test]
async fn a_fault_of_ours_closes_the_lane_until_it_is_mended() {
    let test = TestScenario::begin().await;
    test.create_customers(4, &[Channel::Push, Channel::Sms]).await;
    let fault = FaultSpec::for_scenario(Channel::Push, &test.identity, "platform_disabled");
    test.emulator.add_fault(fault.times(4)).await;
    let campaign = test.launch_campaign(&test.promotion().ladder(&["push", "sms"])).await;
    let look = || test.emulator.all_calls(Channel::Push, &test.identity);
    until("the provider to refuse a push", LONG, look, |calls| !calls.is_empty()).await;

    let admin = test.stack.sign_in_operator(OperatorGroup::Admin).await;
    // the lane opens by a probe within minutes; an administrator need not wait
    let path = "/v1/configuration/voucher-campaign/lanes/push/open";
    let look = || async {
        admin.post(path, &json!({})).await.expect_status(200);
        test.wake_schedules().await;
        test.emulator.messages(Channel::Push, &test.identity).await.len()
    };
    until("every push to be sent", LONG, look, |sent| *sent == 4).await;
    campaign.until_completed_hurried().await;
    assert_eq!(campaign.check_equation().await.issued, 4);
    assert!(test.emulator.all_calls(Channel::Sms, &test.identity).await.is_empty());
    let seen = campaign_records(&test, &campaign).await;
    assert!(seen.iter().all(|record| record.attempts[&Channel::Push].number == 1), "{seen:?}");
}

#[tokio::test]
async fn after_a_bounce_the_next_channel_is_tried_where_the_campaign_asks_for_it() {
    let test = TestScenario::begin().await;
    let customer = test
        .customer(0)
        .consenting_to(&[Channel::Email, Channel::Push])
        .with_email_suffix("bounce");
    test.put_customers(std::slice::from_ref(&customer)).await;
    let channels =
        json!({"mode": "first_available", "ladder": ["email", "push"], "after_bounce": true});
    let campaign = test.run_campaign(&test.promotion().with("/channels", channels)).await;
    let look = || async {
        test.wake_schedules().await;
        campaign_records(&test, &campaign).await
    };
    let pushed =
        |seen: &Vec<Voucher>| attempt_states(seen, Channel::Push) == [(1, AttemptState::Delivered)];
    let seen = until("the push after the bounce", LONG, look, pushed).await;
    assert_eq!(attempt_states(&seen, Channel::Email), [(1, AttemptState::Bounced)]);
    assert_eq!(test.emulator.messages(Channel::Push, &test.identity).await.len(), 1);
    assert_eq!(campaign.check_equation().await.issued, 1);
}

#[tokio::test]
async fn a_bounce_suppresses_the_address_and_is_not_a_delivery() {
    let test = TestScenario::begin().await;
    let customer = test.customer(0).consenting_to(&[Channel::Email]).with_email_suffix("bounce");
    test.put_customers(std::slice::from_ref(&customer)).await;
    let campaign = test.run_campaign(&test.promotion()).await;
    let bounced =
        |seen: &Vec<Voucher>| attempt_states(seen, Channel::Email) == [(1, AttemptState::Bounced)];
    let seen =
        until("the bounce to be stamped", LONG, || campaign_records(&test, &campaign), bounced)
            .await;
    assert!(seen[0].stages.delivered_at.is_none());
    let next = test.run_campaign(&test.promotion()).await;
    let record = test.ledger.record(&next.id, &customer.id).await.unwrap();
    assert_eq!(record.skip.map(|reason| reason.code()), Some("suppressed"));
}
