//! Tests of what follows an accepted message: a late bounce, which leads to the next channel if the
//! campaign asks for it, and the expiry of a voucher that was not used.

use channels::feedback::{
    EventAddress, EventPerson, MessageEvent, MessageReference, ProviderEvent,
};
use domain::{
    campaign::{
        lifecycle::{Campaign, CampaignAction, CampaignState},
        redeeming::{RedeemingState, Revocation, RevokeScope},
    },
    delivery::{dispatch::OutcomeTally, feedback::FeedbackType},
    kernel::{
        channel::Channel,
        id::{Occurrence, OrderId, RunId, VoucherId},
    },
    voucher::{
        attempt::AttemptState,
        combination::CombinationPolicy,
        record::{Voucher, VoucherConditions, VoucherStatus},
        redemption::{Checkout, CheckoutVoucher, RedeemDecision},
    },
};
use fake_aws::CallVerdict;
use runtime::HandlerOutcome;
use serde_json::json;
use store::voucher::{records::VoucherKey, redemptions::CheckoutResult};
use testkit::builders::{add_milliseconds, basket, customer_id, noon};

use crate::fixture::{HOUR, MINUTE, OperationsFixture};

fn hours_after_noon(hours: i64) -> domain::Timestamp {
    add_milliseconds(noon(), hours * HOUR)
}

async fn load_record(stage: &OperationsFixture, campaign: &Campaign, customer: &str) -> Voucher {
    let customer = customer_id(customer);
    let run = RunId::of_promotion(&campaign.id);
    let voucher = VoucherId::derive(&campaign.id, &customer, &Occurrence::of_run(&run));
    stage.store.voucher(&VoucherKey { customer, voucher }).await.unwrap().unwrap()
}

fn attempt_states(voucher: &Voucher) -> Vec<(Channel, AttemptState)> {
    voucher.attempts.values().map(|attempt| (attempt.channel, attempt.state)).collect()
}

async fn deliver_event(
    stage: &OperationsFixture,
    voucher: &Voucher,
    channel: Channel,
    kind: FeedbackType,
) {
    let about = MessageReference::Voucher {
        customer: voucher.customer.clone(),
        voucher: voucher.id.clone(),
    };
    let news = ProviderEvent::Event(MessageEvent {
        channel,
        person: EventPerson { about, address: EventAddress::Unnamed, sole: true },
        reminder: false,
        what: kind,
        at: hours_after_noon(20),
    });
    assert_eq!(record_feedback::record_event(&stage.store, &news, 1).await, HandlerOutcome::Done);
}

/// Sends a voucher by e-mail to one customer, and completes the run.
async fn send_by_email(stage: &OperationsFixture, after_bounce: bool) -> (Campaign, Voucher) {
    let channels = json!({"mode": "first_available", "ladder": ["email", "sms", "push"], "after_bounce": after_bounce});
    let campaign = stage.launch_campaign("cmp_1", json!({"channels": channels})).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.release_and_deliver().await;
    stage.run_watchdog().await;
    assert_eq!(
        stage.store.campaign_summary(&campaign.id).await.unwrap().unwrap().state,
        CampaignState::Completed
    );
    assert_eq!(stage.memory.take_provider_messages().len(), 1);
    let voucher = load_record(stage, &campaign, "c-1").await;
    (campaign, voucher)
}

/// Runs the workers and the watchdog for an hour from then on.
async fn run_hour(stage: &OperationsFixture, hours: i64) {
    for minute in [1, 20, 40, 60] {
        stage.set_clock(add_milliseconds(hours_after_noon(hours), minute * MINUTE));
        stage.release_and_deliver().await;
        stage.run_watchdog().await;
    }
}

#[tokio::test]
async fn after_a_late_bounce_the_next_channel_is_tried_once() {
    let stage = OperationsFixture::new();
    let (campaign, voucher) = send_by_email(&stage, true).await;
    for _ in 0..3 {
        deliver_event(&stage, &voucher, Channel::Email, FeedbackType::HardBounce).await;
    }
    run_hour(&stage, 20).await;
    deliver_event(&stage, &voucher, Channel::Email, FeedbackType::HardBounce).await;
    run_hour(&stage, 21).await;
    assert_eq!(stage.memory.take_provider_messages().len(), 1, "one SMS");
    let now = load_record(&stage, &campaign, "c-1").await;
    assert_eq!(
        attempt_states(&now),
        [(Channel::Sms, AttemptState::Sent), (Channel::Email, AttemptState::Bounced)]
    );
    let progress = stage.progress(&campaign).await;
    assert_eq!(
        (progress.tally, progress.open),
        (OutcomeTally { issued: 1, ..OutcomeTally::default() }, 0)
    );
}

#[tokio::test]
async fn a_rung_after_a_bounce_goes_on_by_the_same_policy_as_any_other() {
    let stage = OperationsFixture::new();
    let (campaign, voucher) = send_by_email(&stage, true).await;
    deliver_event(&stage, &voucher, Channel::Email, FeedbackType::Rejected).await;
    stage.set_provider_answer(CallVerdict::Reject);
    stage.set_clock(hours_after_noon(20));
    stage.release_and_deliver().await;
    stage.set_provider_answer(CallVerdict::Throttle);
    stage.release_and_deliver().await;
    stage.set_provider_answer(CallVerdict::ServerError);
    run_hour(&stage, 21).await;
    stage.set_provider_answer(CallVerdict::Proceed);
    run_hour(&stage, 22).await;
    let now = load_record(&stage, &campaign, "c-1").await;
    let [sms, email, push] = attempt_states(&now)[..] else { unreachable!("{now:?}") };
    assert_eq!(
        [sms.1, email.1, push.1],
        [AttemptState::Failed, AttemptState::Failed, AttemptState::Sent]
    );
    assert_eq!(
        now.attempts[&Channel::Push].number,
        3,
        "a throttle uses no attempt, and a push of unknown fate is repeated"
    );
    assert_eq!(stage.memory.take_provider_messages().len(), 1);
    assert_eq!(stage.progress(&campaign).await.open, 0);
}

#[tokio::test]
async fn no_follow_up_without_the_setting_or_for_a_used_voucher() {
    let stage = OperationsFixture::new();
    let (campaign, voucher) = send_by_email(&stage, false).await;
    deliver_event(&stage, &voucher, Channel::Email, FeedbackType::HardBounce).await;
    run_hour(&stage, 20).await;
    assert_eq!(
        attempt_states(&load_record(&stage, &campaign, "c-1").await),
        [(Channel::Email, AttemptState::Bounced)]
    );

    for kind in [FeedbackType::SoftBounce, FeedbackType::Complained, FeedbackType::HardBounce] {
        let stage = OperationsFixture::new();
        let (campaign, voucher) = send_by_email(&stage, true).await;
        if kind == FeedbackType::HardBounce {
            stage
                .store
                .record_acceptance(
                    &VoucherKey::from(&voucher),
                    hours_after_noon(72),
                    None,
                    hours_after_noon(1),
                )
                .await
                .unwrap();
        }
        deliver_event(&stage, &voucher, Channel::Email, kind).await;
        run_hour(&stage, 20).await;
        assert_eq!(load_record(&stage, &campaign, "c-1").await.attempts.len(), 1, "{kind:?}");
    }
}

/// Issues vouchers to three customers that can be accepted for a day and redeemed within a day of
/// that.
async fn issue_expiring(stage: &OperationsFixture) -> Campaign {
    let validity = json!({"from_acceptance": {"hours": 24, "accept_within_hours": 24}});
    let campaign = stage.launch_campaign("cmp_1", json!({"validity": validity})).await;
    for id in ["c-1", "c-2", "c-3"] {
        stage.add_customer(id).await;
    }
    stage.plan_dispatch(&campaign, &["c-1", "c-2", "c-3"], noon()).await;
    stage.release_and_deliver().await;
    campaign
}

/// Redeems the customer's voucher on an order, as the checkout does.
async fn redeem(
    stage: &OperationsFixture,
    campaign: &Campaign,
    customer: &str,
    now: domain::Timestamp,
) {
    let (voucher, basket) = (load_record(stage, campaign, customer).await, basket(2_000));
    let conditions = VoucherConditions {
        definition: &campaign.definition,
        revoke: Revocation::default(),
        redeeming: RedeemingState::Open,
        now,
    };
    let checkout = Checkout {
        basket: &basket,
        vouchers: &[CheckoutVoucher { voucher: &voucher, conditions }],
        hold: None,
        policy: &CombinationPolicy::default(),
        currency: basket.currency,
        now,
    };
    let order = OrderId::parse("o-9").unwrap();
    let RedeemDecision::Redeem(redemption) =
        checkout.redeem(None, &order, &voucher.customer, "request")
    else {
        unreachable!("it is accepted")
    };
    let vouchers = std::slice::from_ref(&voucher);
    let written =
        stage.store.record_redemption(&redemption, vouchers, None, None, now).await.unwrap();
    assert_eq!(written, CheckoutResult::First);
}

async fn expired_stamps(stage: &OperationsFixture, campaign: &Campaign) -> Vec<bool> {
    let mut ended = Vec::new();
    for id in ["c-1", "c-2", "c-3"] {
        ended.push(load_record(stage, campaign, id).await.stages.expired_at.is_some());
    }
    ended
}

#[tokio::test]
async fn an_unused_voucher_is_stamped_once_at_its_end() {
    let stage = OperationsFixture::new();
    let campaign = issue_expiring(&stage).await;
    let [_, accepted, used] = ["c-1", "c-2", "c-3"];
    for id in [accepted, used] {
        let key = VoucherKey::from(&load_record(&stage, &campaign, id).await);
        stage
            .store
            .record_acceptance(&key, hours_after_noon(47), None, hours_after_noon(23))
            .await
            .unwrap();
    }
    for (hours, ended) in [
        (23, [false, false, false]),
        (24, [false, false, false]),
        (25, [true, false, false]),
        (46, [true, false, false]),
        (48, [true, true, false]),
        (99, [true, true, false]),
    ] {
        if hours == 46 {
            redeem(&stage, &campaign, used, hours_after_noon(hours)).await;
        }
        stage.set_clock(hours_after_noon(hours));
        stage.run_watchdog().await;
        stage.run_watchdog().await;
        assert_eq!(expired_stamps(&stage, &campaign).await, ended, "after {hours} hours");
    }
    let first = load_record(&stage, &campaign, "c-1").await;
    assert_eq!(
        (first.stages.expired_at, first.status),
        (Some(hours_after_noon(25)), VoucherStatus::Issued)
    );
    assert!(
        stage.store.due_expiries(hours_after_noon(10_000), 100).await.unwrap().is_empty(),
        "nothing is left to look at"
    );
}

#[tokio::test]
async fn a_voucher_that_came_back_before_its_end_ends_all_the_same_and_a_revoked_one_does_not() {
    let stage = OperationsFixture::new();
    let campaign = issue_expiring(&stage).await;
    let key = VoucherKey::from(&load_record(&stage, &campaign, "c-2").await);
    stage
        .store
        .record_acceptance(&key, hours_after_noon(47), None, hours_after_noon(1))
        .await
        .unwrap();
    stage.apply_action_with(&campaign, CampaignAction::Cancel, Some(RevokeScope::Unaccepted)).await;
    for hours in [25, 48] {
        stage.set_clock(hours_after_noon(hours));
        stage.run_watchdog().await;
    }
    assert_eq!(expired_stamps(&stage, &campaign).await, [false, true, false]);
}
