//! What comes after a message was accepted: a bounce told late, which goes on to the next channel if the campaign asks for it, and the end
//! of a voucher that nobody has used.

use channels::feedback::{About, Event, Kind, News};
use domain::{
    campaign::{Action, Campaign, Revoke, State},
    channel::Channel,
    delivery::AttemptState,
    dispatch::Tally,
    id::{Occurrence, OrderId, RunId, VoucherId},
    money::Minor,
    voucher::{Redemption, Status, Voucher},
};
use memory_aws::Verdict;
use runtime::Handled;
use serde_json::json;
use store::{redemptions::Redeem, vouchers::VoucherKey};
use testkit::builders::{customer_id, later, noon};

use crate::stage::{HOUR, MINUTE, Stage};

fn after(hours: i64) -> domain::Timestamp {
    later(noon(), hours * HOUR)
}

async fn record(stage: &Stage, campaign: &Campaign, customer: &str) -> Voucher {
    let customer = customer_id(customer);
    let run = RunId::of_promotion(&campaign.id);
    let voucher = VoucherId::derive(&campaign.id, &customer, &Occurrence::of_run(&run));
    stage.store.voucher(&VoucherKey { customer, voucher }).await.unwrap().unwrap()
}

fn states(voucher: &Voucher) -> Vec<(Channel, AttemptState)> {
    voucher.attempts.values().map(|attempt| (attempt.channel, attempt.state)).collect()
}

async fn told(stage: &Stage, voucher: &Voucher, channel: Channel, kind: Kind) {
    let about = About::Voucher { customer: voucher.customer.clone(), voucher: voucher.id.clone() };
    let news = News::Event(Event { channel, about, reminder: false, kind, at: after(20), address: None });
    assert_eq!(record_feedback::record(&stage.store, &news, 1).await, Handled::Done);
}

/// Sent by e-mail to one customer, and the run completed.
async fn sent(stage: &Stage, after_bounce: bool) -> (Campaign, Voucher) {
    let channels = json!({"mode": "first_available", "ladder": ["email", "sms", "push"], "after_bounce": after_bounce});
    let campaign = stage.launched("cmp_1", json!({"channels": channels})).await;
    stage.customer("c-1").await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    stage.released_and_delivered().await;
    stage.swept().await;
    assert_eq!(stage.store.campaign_state(&campaign.id).await.unwrap().unwrap().state, State::Completed);
    assert_eq!(stage.memory.take_mail().len(), 1);
    let voucher = record(stage, &campaign, "c-1").await;
    (campaign, voucher)
}

/// The workers and the watchdog, for an hour from then on.
async fn an_hour(stage: &Stage, hours: i64) {
    for minute in [1, 20, 40, 60] {
        stage.at(later(after(hours), minute * MINUTE));
        stage.released_and_delivered().await;
        stage.swept().await;
    }
}

#[tokio::test]
async fn after_a_bounce_that_is_told_late_the_next_channel_is_tried_once() {
    let stage = Stage::new();
    let (campaign, voucher) = sent(&stage, true).await;
    for _ in 0..3 {
        told(&stage, &voucher, Channel::Email, Kind::HardBounce).await;
    }
    an_hour(&stage, 20).await;
    told(&stage, &voucher, Channel::Email, Kind::HardBounce).await;
    an_hour(&stage, 21).await;
    assert_eq!(stage.memory.take_mail().len(), 1, "one SMS");
    let now = record(&stage, &campaign, "c-1").await;
    assert_eq!(states(&now), [(Channel::Sms, AttemptState::Sent), (Channel::Email, AttemptState::Bounced)]);
    let progress = stage.progress(&campaign).await;
    assert_eq!((progress.tally, progress.open), (Tally { issued: 1, ..Tally::default() }, 0));
}

#[tokio::test]
async fn a_rung_after_a_bounce_that_fails_goes_on_and_one_of_unknown_fate_ends_it() {
    let stage = Stage::new();
    let (campaign, voucher) = sent(&stage, true).await;
    told(&stage, &voucher, Channel::Email, Kind::Rejected).await;
    stage.providers_say(Verdict::Reject);
    stage.at(after(20));
    stage.released_and_delivered().await;
    stage.providers_say(Verdict::Throttle);
    stage.released_and_delivered().await;
    stage.providers_say(Verdict::ServerError);
    an_hour(&stage, 21).await;
    stage.providers_say(Verdict::Proceed);
    an_hour(&stage, 22).await;
    let now = record(&stage, &campaign, "c-1").await;
    let [sms, email, push] = states(&now)[..] else { unreachable!("{now:?}") };
    assert_eq!([sms.1, email.1, push.1], [AttemptState::Failed, AttemptState::Failed, AttemptState::Unknown]);
    assert_eq!(now.attempts[&Channel::Push].number, 2, "a throttle is tried again");
    assert_eq!(stage.memory.take_mail().len(), 0, "and after an answer that was not clear nothing more");
    assert_eq!(stage.progress(&campaign).await.open, 0);
}

#[tokio::test]
async fn nothing_follows_where_it_is_not_asked_for_or_the_voucher_needs_no_more_words() {
    let stage = Stage::new();
    let (campaign, voucher) = sent(&stage, false).await;
    told(&stage, &voucher, Channel::Email, Kind::HardBounce).await;
    an_hour(&stage, 20).await;
    assert_eq!(states(&record(&stage, &campaign, "c-1").await), [(Channel::Email, AttemptState::Bounced)]);

    for kind in [Kind::SoftBounce, Kind::Complaint, Kind::HardBounce] {
        let stage = Stage::new();
        let (campaign, voucher) = sent(&stage, true).await;
        if kind == Kind::HardBounce {
            stage.store.record_acceptance(&VoucherKey::from(&voucher), after(72), after(1)).await.unwrap();
        }
        told(&stage, &voucher, Channel::Email, kind).await;
        an_hour(&stage, 20).await;
        assert_eq!(record(&stage, &campaign, "c-1").await.attempts.len(), 1, "{kind:?}");
    }
}

/// Vouchers of three customers that may be accepted for a day and used within a day of that.
async fn ending(stage: &Stage) -> Campaign {
    let validity = json!({"from_acceptance": {"hours": 24, "accept_within_hours": 24}});
    let campaign = stage.launched("cmp_1", json!({"validity": validity})).await;
    for id in ["c-1", "c-2", "c-3"] {
        stage.customer(id).await;
    }
    stage.planned(&campaign, &["c-1", "c-2", "c-3"], noon()).await;
    stage.released_and_delivered().await;
    campaign
}

async fn expired(stage: &Stage, campaign: &Campaign) -> Vec<bool> {
    let mut ended = Vec::new();
    for id in ["c-1", "c-2", "c-3"] {
        ended.push(record(stage, campaign, id).await.stages.expired_at.is_some());
    }
    ended
}

#[tokio::test]
async fn whoever_has_not_used_a_voucher_by_its_end_is_stamped_once_and_then() {
    let stage = Stage::new();
    let campaign = ending(&stage).await;
    let [_, accepted, used] = ["c-1", "c-2", "c-3"];
    for id in [accepted, used] {
        let key = VoucherKey::from(&record(&stage, &campaign, id).await);
        stage.store.record_acceptance(&key, after(47), after(23)).await.unwrap();
    }
    let key = VoucherKey::from(&record(&stage, &campaign, used).await);
    let redemption = Redemption {
        order: OrderId::parse("o-9").unwrap(),
        at: after(25),
        discount: Minor::ZERO,
        revenue: Minor::ZERO,
        returned: Minor::ZERO,
        refunded: Minor::ZERO,
        refunds: Vec::new(),
    };
    for (hours, ended) in [
        (23, [false, false, false]),
        (24, [false, false, false]),
        (25, [true, false, false]),
        (46, [true, false, false]),
        (48, [true, true, false]),
        (99, [true, true, false]),
    ] {
        if hours == 46 {
            let redeem = Redeem { key: &key, replaces: None, redemption: &redemption, hold: None, capped: None };
            stage.store.record_redemption(&redeem).await.unwrap();
        }
        stage.at(after(hours));
        stage.swept().await;
        stage.swept().await;
        assert_eq!(expired(&stage, &campaign).await, ended, "after {hours} hours");
    }
    let first = record(&stage, &campaign, "c-1").await;
    assert_eq!((first.stages.expired_at, first.status), (Some(after(25)), Status::Issued));
    assert!(stage.store.due_expiries(after(10_000), 100).await.unwrap().is_empty(), "nothing is left to look at");
}

#[tokio::test]
async fn a_voucher_that_came_back_before_its_end_ends_all_the_same_and_a_revoked_one_does_not() {
    let stage = Stage::new();
    let campaign = ending(&stage).await;
    let key = VoucherKey::from(&record(&stage, &campaign, "c-2").await);
    stage.store.record_acceptance(&key, after(47), after(1)).await.unwrap();
    stage.step_with(&campaign, Action::Cancel, Some(Revoke::Unaccepted)).await;
    for hours in [25, 48] {
        stage.at(after(hours));
        stage.swept().await;
    }
    assert_eq!(expired(&stage, &campaign).await, [false, true, false]);
}
