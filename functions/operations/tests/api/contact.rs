//! Hours, caps and reminders: the policy as operators set it, and the workers that keep to it, on the AWS in memory and with a clock that
//! the test moves.

use crate::stage::{HOUR, Stage};
use domain::{
    campaign::{Campaign, State},
    decision::SkipReason,
    delivery::AttemptState,
    dispatch::Tally,
    id::{Occurrence, RunId, VoucherId},
    voucher::{Status, Voucher},
};
use memory_aws::Verdict;
use serde_json::json;
use store::vouchers::VoucherKey;
use testkit::builders::{customer_id, later, noon};

async fn record(stage: &Stage, campaign: &Campaign, customer: &str) -> Option<Voucher> {
    let customer = customer_id(customer);
    let run = RunId::of_promotion(&campaign.id);
    let voucher = VoucherId::derive(&campaign.id, &customer, &Occurrence::of_run(&run));
    stage.store.voucher(&VoucherKey { customer, voucher }).await.unwrap()
}

fn after(hours: i64) -> domain::Timestamp {
    later(noon(), hours * HOUR)
}

#[tokio::test]
async fn the_policy_is_read_and_replaced_by_who_may_on_the_version_that_was_read() {
    let stage = Stage::new();
    let unset = stage.policy().await;
    assert_eq!((unset.status, unset.body), (200, json!({"changed_at": null, "changed_by": null})));
    let policy = json!({
        "quiet_hours": {"sms": {"from": "21:00", "to": "08:00"}}, "frequency_cap": {"messages": 3, "days": 7},
        "open_offers_cap": 2, "rates": {"sms": 20},
    });
    stage.set_policy("marketer", 0, &policy).await.check(403, "forbidden");
    assert_eq!(stage.set_policy("admin", 0, &policy).await.status, 200);
    stage.set_policy("admin", 0, &policy).await.check(412, "precondition_failed");
    let read = stage.policy().await.body;
    assert_eq!((&read["quiet_hours"], &read["changed_by"]), (&policy["quiet_hours"], &"ada (s-1)".into()));
    assert_eq!(stage.set_policy("admin", 1, &json!({})).await.body["changed_at"], "2026-11-01T12:00:00Z");
    let bad = stage.set_policy("admin", 2, &json!({"quiet_hours": {"sms": {"from": "25:00", "to": "08:00"}}})).await;
    assert_eq!((bad.status, &bad.body["errors"][0]["field"]), (422, &"/quiet_hours/sms/from".into()), "{}", bad.body);
    let bad = stage.set_policy("admin", 2, &json!({"open_offers_cap": 0})).await;
    assert_eq!(bad.body["errors"][0]["field"], "/open_offers_cap");
    let all = stage.memory.items("ControlTable");
    let of_policy = all.iter().filter(|item| item["campaign_id"]["S"] == "settings#contact-policy");
    let records: Vec<_> = of_policy.filter(|item| item.contains_key("actor")).collect();
    assert_eq!(records.len(), 2, "who changed it, for each change that was one");
    assert!(records.iter().all(|item| item["actor"]["S"] == "ada (s-1)"), "{records:?}");
}

#[tokio::test]
async fn in_quiet_hours_nothing_is_sent_and_afterwards_once() {
    let stage = Stage::new();
    let campaign = stage.promotion("cmp_1", &["sms"]).await;
    stage.customer("c-1").await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    stage.set_policy("admin", 0, &json!({"quiet_hours": {"sms": {"from": "11:30", "to": "14:00"}}})).await;
    stage.released_and_delivered().await;
    assert!(record(&stage, &campaign, "c-1").await.is_none());
    let items = stage.list("").await.items();
    let shown = (&items[0]["state"], &items[0]["reason"], &items[0]["until"]);
    assert_eq!(shown, (&"waiting".into(), &"its hour is to come".into(), &"2026-11-01T14:00:00Z".into()));
    for hours in [1, 2, 3] {
        stage.at(after(hours));
        stage.released_and_delivered().await;
    }
    let issued = record(&stage, &campaign, "c-1").await.unwrap();
    assert_eq!((issued.status, issued.issued_at), (Status::Issued, after(2)));
    assert_eq!(stage.memory.take_mail().len(), 1);
    assert_eq!(stage.progress(&campaign).await.tally, Tally { issued: 1, ..Tally::default() });
    stage.swept().await;
    let standing = stage.store.campaign_state(&campaign.id).await.unwrap().unwrap();
    assert_eq!(standing.state, State::Completed);
}

#[tokio::test]
async fn what_could_only_go_out_too_late_is_skipped() {
    let stage = Stage::new();
    let schedule = json!({"ends_at": "2026-11-01T13:30:00Z"});
    let campaign = stage.launched("cmp_1", json!({"channels": {"ladder": ["sms"]}, "schedule": schedule})).await;
    stage.customer("c-1").await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    stage.set_policy("admin", 0, &json!({"quiet_hours": {"sms": {"from": "11:30", "to": "14:00"}}})).await;
    stage.released_and_delivered().await;
    assert_eq!(record(&stage, &campaign, "c-1").await.unwrap().skip, Some(SkipReason::TooLate));
}

/// Two campaigns want the same customers at the same time, with every call of theirs in another order: `policy` allows one of the two.
async fn raced(policy: serde_json::Value, reason: SkipReason) {
    const CUSTOMERS: usize = 500;
    let random = std::sync::Mutex::new(fastrand::Rng::with_seed(7));
    let stage = Stage::with_pauses(move || random.lock().unwrap().usize(0..4));
    let campaigns = [stage.promotion("cmp_1", &["sms"]).await, stage.promotion("cmp_2", &["sms"]).await];
    let ids: Vec<String> = (0..CUSTOMERS).map(|number| format!("c-{number}")).collect();
    for id in &ids {
        stage.customer(id).await;
    }
    stage.set_policy("admin", 0, &policy).await;
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    for campaign in &campaigns {
        stage.planned_in_chunks(campaign, &names, noon()).await;
    }
    // put back or to be looked at again: until nothing is open
    for minute in 0..60 {
        stage.at(later(noon(), minute * HOUR / 60));
        stage.release().await;
        stage.deliver_at_once().await;
        stage.swept().await;
    }
    let (mut issued, mut skipped) = ([0u64; 2], [0u64; 2]);
    for id in &ids {
        let mut of_one = 0;
        for (index, campaign) in campaigns.iter().enumerate() {
            let found = record(&stage, campaign, id).await.unwrap();
            if found.status.is_voucher() {
                of_one += 1;
                issued[index] += 1;
            } else {
                assert_eq!(found.skip, Some(reason), "{id}");
                skipped[index] += 1;
            }
        }
        assert_eq!(of_one, 1, "{id}");
    }
    assert_eq!(stage.memory.take_mail().len(), CUSTOMERS);
    assert!(issued[0] > 0 && issued[1] > 0, "they did not meet: {issued:?}");
    for (index, campaign) in campaigns.iter().enumerate() {
        let tally = Tally { issued: issued[index], skipped: skipped[index], ..Tally::default() };
        assert_eq!(stage.progress(campaign).await.tally, tally);
    }
}

#[tokio::test]
async fn two_campaigns_that_race_for_500_customers_keep_the_frequency_cap() {
    raced(json!({"frequency_cap": {"messages": 1, "days": 7}}), SkipReason::FrequencyCap).await;
}

#[tokio::test]
async fn two_campaigns_that_race_for_500_customers_keep_the_cap_on_open_offers() {
    raced(json!({"open_offers_cap": 1}), SkipReason::OpenOffersCap).await;
}

#[tokio::test]
async fn an_exempt_campaign_is_not_stopped_and_counts_for_others() {
    let stage = Stage::new();
    stage.set_policy("admin", 0, &json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    stage.customer("c-1").await;
    let exempt = json!({"channels": {"ladder": ["sms"]}, "pressure": {"exempt": true}});
    let (one, other) = (stage.launched("cmp_1", exempt.clone()).await, stage.launched("cmp_2", exempt).await);
    let last = stage.promotion("cmp_3", &["sms"]).await;
    for campaign in [&one, &other, &last] {
        stage.planned(campaign, &["c-1"], noon()).await;
        stage.released_and_delivered().await;
    }
    assert_eq!(record(&stage, &one, "c-1").await.unwrap().status, Status::Issued);
    assert_eq!(record(&stage, &other, "c-1").await.unwrap().status, Status::Issued);
    assert_eq!(record(&stage, &last, "c-1").await.unwrap().skip, Some(SkipReason::FrequencyCap));
}

#[tokio::test]
async fn of_what_is_due_together_the_more_important_campaign_goes_first() {
    let stage = Stage::new();
    stage.set_policy("admin", 0, &json!({"open_offers_cap": 1})).await;
    stage.customer("c-1").await;
    let low = stage.promotion("cmp_1", &["sms"]).await;
    let high = stage.launched("cmp_2", json!({"channels": {"ladder": ["sms"]}, "pressure": {"priority": 90}})).await;
    stage.planned(&low, &["c-1"], noon()).await;
    stage.planned(&high, &["c-1"], noon()).await;
    stage.released_and_delivered().await;
    assert_eq!(record(&stage, &high, "c-1").await.unwrap().status, Status::Issued);
    assert_eq!(record(&stage, &low, "c-1").await.unwrap().skip, Some(SkipReason::OpenOffersCap));
}

/// Valid for three days, with a reminder on the last.
async fn reminding(stage: &Stage, reminder: serde_json::Value) -> Campaign {
    let change = json!({
        "channels": {"ladder": ["sms", "email"]}, "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 72}}, "reminder": reminder,
    });
    let campaign = stage.launched("cmp_1", change).await;
    for id in ["c-1", "c-2"] {
        stage.customer(id).await;
    }
    stage.planned(&campaign, &["c-1", "c-2"], noon()).await;
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 2);
    campaign
}

#[tokio::test]
async fn who_has_not_accepted_is_reminded_once_and_the_run_does_not_wait_for_it() {
    let stage = Stage::new();
    let campaign = reminding(&stage, json!({"hours_before": 24})).await;
    stage.swept().await;
    assert_eq!(stage.store.campaign_state(&campaign.id).await.unwrap().unwrap().state, State::Completed);
    let accepted = VoucherKey::from(&record(&stage, &campaign, "c-2").await.unwrap());
    stage.store.record_acceptance(&accepted, after(72), after(1)).await.unwrap();
    stage.at(after(47));
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 0);
    for hours in [48, 49, 60] {
        stage.at(after(hours));
        stage.released_and_delivered().await;
        stage.swept().await;
    }
    assert_eq!(stage.memory.take_mail().len(), 1);
    let reminded = record(&stage, &campaign, "c-1").await.unwrap();
    let reminder = reminded.reminder.unwrap();
    assert_eq!((reminder.state, reminded.stages.expiring_at), (AttemptState::Sent, Some(after(48))));
    assert_eq!(record(&stage, &campaign, "c-2").await.unwrap().reminder, None);
    assert_eq!(stage.progress(&campaign).await.tally, Tally { issued: 2, ..Tally::default() });
}

#[tokio::test]
async fn by_setting_who_accepted_and_did_not_redeem_is_reminded_too() {
    let stage = Stage::new();
    let campaign = reminding(&stage, json!({"hours_before": 24, "to_accepted": true})).await;
    let accepted = VoucherKey::from(&record(&stage, &campaign, "c-2").await.unwrap());
    stage.store.record_acceptance(&accepted, after(72), after(1)).await.unwrap();
    stage.at(after(48));
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 2);
}

#[tokio::test]
async fn a_reminder_keeps_to_consent_hours_and_caps_and_an_unclear_answer_ends_it() {
    let stage = Stage::new();
    let campaign = reminding(&stage, json!({"hours_before": 24})).await;
    // one message is the cap: nobody gets another, and the app may still know that the end is near
    stage.set_policy("admin", 0, &json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    stage.at(after(48));
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 0);
    let kept = record(&stage, &campaign, "c-1").await.unwrap();
    assert_eq!((kept.reminder, kept.stages.expiring_at), (None, Some(after(48))));

    let stage = Stage::new();
    let campaign = reminding(&stage, json!({"hours_before": 24})).await;
    stage.set_policy("admin", 0, &json!({"quiet_hours": {"sms": {"from": "11:00", "to": "13:00"}}})).await;
    stage.at(after(48));
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 0, "it is quiet");
    stage.at(after(49));
    stage.providers_say(Verdict::ServerError);
    stage.released_and_delivered().await;
    stage.providers_say(Verdict::Proceed);
    for hours in [50, 60, 71] {
        stage.at(after(hours));
        stage.released_and_delivered().await;
        stage.swept().await;
    }
    assert_eq!(record(&stage, &campaign, "c-1").await.unwrap().reminder.unwrap().state, AttemptState::Unknown);
    assert_eq!(stage.memory.take_mail().len(), 0, "never again after an answer that was not clear");

    let stage = Stage::new();
    let campaign = reminding(&stage, json!({"hours_before": 24})).await;
    stage.at(after(48));
    stage.providers_say(Verdict::Throttle);
    stage.released_and_delivered().await;
    stage.providers_say(Verdict::Proceed);
    assert_eq!(record(&stage, &campaign, "c-1").await.unwrap().reminder.unwrap().state, AttemptState::Throttled);
    stage.at(after(49));
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 2, "a throttle is a no for now");
}
