//! Tests of quiet hours, caps and reminders: the contact policy as operators set it, and the
//! workers that apply it, on the in-memory AWS and with a clock that the test sets.

use crate::fixture::{HOUR, OperationsFixture};
use domain::{
    campaign::lifecycle::{Campaign, CampaignState},
    delivery::dispatch::OutcomeTally,
    kernel::id::{Occurrence, RunId, VoucherId},
    voucher::{
        attempt::AttemptState,
        record::{Voucher, VoucherStatus},
        skip_reason::SkipReason,
    },
};
use fake_aws::CallVerdict;
use serde_json::json;
use store::voucher::records::VoucherKey;
use testkit::builders::{add_milliseconds, customer_id, noon};

async fn load_record(
    stage: &OperationsFixture,
    campaign: &Campaign,
    customer: &str,
) -> Option<Voucher> {
    let customer = customer_id(customer);
    let run = RunId::of_promotion(&campaign.id);
    let voucher = VoucherId::derive(&campaign.id, &customer, &Occurrence::of_run(&run));
    stage.store.voucher(&VoucherKey { customer, voucher }).await.unwrap()
}

fn hours_after_noon(hours: i64) -> domain::Timestamp {
    add_milliseconds(noon(), hours * HOUR)
}

#[tokio::test]
async fn the_policy_is_read_and_replaced_by_who_may_on_the_version_that_was_read() {
    let stage = OperationsFixture::new();
    let unset = stage.get_policy().await;
    assert_eq!(
        (unset.status, unset.body),
        (200, json!({"tenant_zone": "UTC", "version": 0, "updated_at": null, "updated_by": null}))
    );
    let policy = json!({
        "quiet_hours": {"sms": {"from": "21:00", "to": "08:00"}}, "frequency_cap": {"messages": 3, "days": 7},
        "open_offers_cap": 2, "rates": {"sms": 20},
    });
    stage.set_policy("marketer", 0, &policy).await.check(403, "forbidden");
    assert_eq!(stage.set_policy("admin", 0, &policy).await.status, 200);
    stage.set_policy("admin", 0, &policy).await.check(412, "precondition_failed");
    let read = stage.get_policy().await.body;
    assert_eq!(
        (&read["quiet_hours"], &read["updated_by"]),
        (&policy["quiet_hours"], &"ada (s-1)".into())
    );
    assert_eq!(
        stage.set_policy("admin", 1, &json!({})).await.body["updated_at"],
        "2026-11-01T12:00:00Z"
    );
    let bad = stage
        .set_policy("admin", 2, &json!({"quiet_hours": {"sms": {"from": "25:00", "to": "08:00"}}}))
        .await;
    assert_eq!(
        (bad.status, &bad.body["errors"][0]["field"]),
        (422, &"/quiet_hours/sms/from".into()),
        "{}",
        bad.body
    );
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
    let stage = OperationsFixture::new();
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage
        .set_policy("admin", 0, &json!({"quiet_hours": {"sms": {"from": "11:30", "to": "14:00"}}}))
        .await;
    stage.release_and_deliver().await;
    assert!(load_record(&stage, &campaign, "c-1").await.is_none());
    let items = stage.list_pending("").await.items();
    let shown = (&items[0]["state"], &items[0]["reason"], &items[0]["until"]);
    assert_eq!(
        shown,
        (&"waiting".into(), &"its hour is to come".into(), &"2026-11-01T14:00:00Z".into())
    );
    for hours in [1, 2, 3] {
        stage.set_clock(hours_after_noon(hours));
        stage.release_and_deliver().await;
    }
    let issued = load_record(&stage, &campaign, "c-1").await.unwrap();
    assert_eq!((issued.status, issued.issued_at), (VoucherStatus::Issued, hours_after_noon(2)));
    assert_eq!(stage.memory.take_provider_messages().len(), 1);
    assert_eq!(
        stage.progress(&campaign).await.tally,
        OutcomeTally { issued: 1, ..OutcomeTally::default() }
    );
    stage.run_watchdog().await;
    let summary = stage.store.campaign_summary(&campaign.id).await.unwrap().unwrap();
    assert_eq!(summary.state, CampaignState::Completed);
}

#[tokio::test]
async fn what_could_only_go_out_too_late_is_skipped() {
    let stage = OperationsFixture::new();
    let schedule = json!({"ends_at": "2026-11-01T13:30:00Z"});
    let campaign = stage
        .launch_campaign("cmp_1", json!({"channels": {"ladder": ["sms"]}, "schedule": schedule}))
        .await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage
        .set_policy("admin", 0, &json!({"quiet_hours": {"sms": {"from": "11:30", "to": "14:00"}}}))
        .await;
    stage.release_and_deliver().await;
    assert_eq!(
        load_record(&stage, &campaign, "c-1").await.unwrap().skip,
        Some(SkipReason::TooLate)
    );
}

/// Runs two campaigns for the same customers at the same time, with their calls in varying order.
/// `get_policy` allows one of the two for each customer.
async fn race_campaigns(policy: serde_json::Value, reason: SkipReason) {
    const CUSTOMERS: usize = 500;
    let random = std::sync::Mutex::new(fastrand::Rng::with_seed(7));
    let stage = OperationsFixture::with_pauses(move || random.lock().unwrap().usize(0..4));
    let campaigns = [
        stage.launch_promotion("cmp_1", &["sms"]).await,
        stage.launch_promotion("cmp_2", &["sms"]).await,
    ];
    let ids: Vec<String> = (0..CUSTOMERS).map(|number| format!("c-{number}")).collect();
    for id in &ids {
        stage.add_customer(id).await;
    }
    stage.set_policy("admin", 0, &policy).await;
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    for campaign in &campaigns {
        stage.plan_dispatches(campaign, &names, noon()).await;
    }
    // some dispatches are put back or reopened: run until nothing is open
    for minute in 0..60 {
        stage.set_clock(add_milliseconds(noon(), minute * HOUR / 60));
        stage.release().await;
        stage.deliver_concurrently().await;
        stage.run_watchdog().await;
    }
    let (mut issued, mut skipped) = ([0u64; 2], [0u64; 2]);
    for id in &ids {
        let mut of_one = 0;
        for (index, campaign) in campaigns.iter().enumerate() {
            let found = load_record(&stage, campaign, id).await.unwrap();
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
    assert_eq!(stage.memory.take_provider_messages().len(), CUSTOMERS);
    assert!(issued[0] > 0 && issued[1] > 0, "they did not meet: {issued:?}");
    for (index, campaign) in campaigns.iter().enumerate() {
        let tally = OutcomeTally {
            issued: issued[index],
            skipped: skipped[index],
            ..OutcomeTally::default()
        };
        assert_eq!(stage.progress(campaign).await.tally, tally);
    }
}

#[tokio::test]
async fn two_campaigns_that_race_for_500_customers_keep_the_frequency_cap() {
    race_campaigns(json!({"frequency_cap": {"messages": 1, "days": 7}}), SkipReason::FrequencyCap)
        .await;
}

#[tokio::test]
async fn two_campaigns_that_race_for_500_customers_keep_the_cap_on_open_offers() {
    race_campaigns(json!({"open_offers_cap": 1}), SkipReason::OpenOffersCap).await;
}

#[tokio::test]
async fn an_exempt_campaign_is_not_stopped_and_counts_for_others() {
    let stage = OperationsFixture::new();
    stage.set_policy("admin", 0, &json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    stage.add_customer("c-1").await;
    let exempt = json!({"channels": {"ladder": ["sms"]}, "pressure": {"exempt": true}});
    let (one, other) = (
        stage.launch_campaign("cmp_1", exempt.clone()).await,
        stage.launch_campaign("cmp_2", exempt).await,
    );
    let last = stage.launch_promotion("cmp_3", &["sms"]).await;
    for campaign in [&one, &other, &last] {
        stage.plan_dispatch(campaign, &["c-1"], noon()).await;
        stage.release_and_deliver().await;
    }
    assert_eq!(load_record(&stage, &one, "c-1").await.unwrap().status, VoucherStatus::Issued);
    assert_eq!(load_record(&stage, &other, "c-1").await.unwrap().status, VoucherStatus::Issued);
    assert_eq!(
        load_record(&stage, &last, "c-1").await.unwrap().skip,
        Some(SkipReason::FrequencyCap)
    );
}

#[tokio::test]
async fn of_what_is_due_together_the_more_important_campaign_goes_first() {
    let stage = OperationsFixture::new();
    stage.set_policy("admin", 0, &json!({"open_offers_cap": 1})).await;
    stage.add_customer("c-1").await;
    let low = stage.launch_promotion("cmp_1", &["sms"]).await;
    let high = stage
        .launch_campaign(
            "cmp_2",
            json!({"channels": {"ladder": ["sms"]}, "pressure": {"priority": 90}}),
        )
        .await;
    stage.plan_dispatch(&low, &["c-1"], noon()).await;
    stage.plan_dispatch(&high, &["c-1"], noon()).await;
    stage.release_and_deliver().await;
    assert_eq!(load_record(&stage, &high, "c-1").await.unwrap().status, VoucherStatus::Issued);
    assert_eq!(
        load_record(&stage, &low, "c-1").await.unwrap().skip,
        Some(SkipReason::OpenOffersCap)
    );
}

/// Launches a campaign whose vouchers are valid for three days, with a reminder on the last.
async fn launch_with_reminder(stage: &OperationsFixture, reminder: serde_json::Value) -> Campaign {
    let change = json!({
        "channels": {"ladder": ["sms", "email"]}, "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 72}}, "reminder": reminder,
    });
    let campaign = stage.launch_campaign("cmp_1", change).await;
    for id in ["c-1", "c-2"] {
        stage.add_customer(id).await;
    }
    stage.plan_dispatch(&campaign, &["c-1", "c-2"], noon()).await;
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 2);
    campaign
}

#[tokio::test]
async fn who_has_not_accepted_is_reminded_once_and_the_run_does_not_wait_for_it() {
    let stage = OperationsFixture::new();
    let campaign = launch_with_reminder(&stage, json!({"hours_before": 24})).await;
    stage.run_watchdog().await;
    assert_eq!(
        stage.store.campaign_summary(&campaign.id).await.unwrap().unwrap().state,
        CampaignState::Completed
    );
    let accepted = VoucherKey::from(&load_record(&stage, &campaign, "c-2").await.unwrap());
    stage
        .store
        .record_acceptance(&accepted, hours_after_noon(72), None, hours_after_noon(1))
        .await
        .unwrap();
    stage.set_clock(hours_after_noon(47));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 0);
    for hours in [48, 49, 60] {
        stage.set_clock(hours_after_noon(hours));
        stage.release_and_deliver().await;
        stage.run_watchdog().await;
    }
    assert_eq!(stage.memory.take_provider_messages().len(), 1);
    let reminded = load_record(&stage, &campaign, "c-1").await.unwrap();
    let reminder = reminded.reminder.unwrap();
    assert_eq!(
        (reminder.state, reminded.stages.expiring_at),
        (AttemptState::Sent, Some(hours_after_noon(48)))
    );
    assert_eq!(load_record(&stage, &campaign, "c-2").await.unwrap().reminder, None);
    assert_eq!(
        stage.progress(&campaign).await.tally,
        OutcomeTally { issued: 2, ..OutcomeTally::default() }
    );
}

#[tokio::test]
async fn by_setting_who_accepted_and_did_not_redeem_is_reminded_too() {
    let stage = OperationsFixture::new();
    let campaign =
        launch_with_reminder(&stage, json!({"hours_before": 24, "to_accepted": true})).await;
    let accepted = VoucherKey::from(&load_record(&stage, &campaign, "c-2").await.unwrap());
    stage
        .store
        .record_acceptance(&accepted, hours_after_noon(72), None, hours_after_noon(1))
        .await
        .unwrap();
    stage.set_clock(hours_after_noon(48));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 2);
}

#[tokio::test]
async fn a_reminder_keeps_to_consent_hours_and_caps_and_an_unclear_answer_ends_it() {
    let stage = OperationsFixture::new();
    let campaign = launch_with_reminder(&stage, json!({"hours_before": 24})).await;
    // the cap is one message: no customer gets another, and the app still learns that the voucher
    // is expiring
    stage.set_policy("admin", 0, &json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    stage.set_clock(hours_after_noon(48));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 0);
    let kept = load_record(&stage, &campaign, "c-1").await.unwrap();
    assert_eq!((kept.reminder, kept.stages.expiring_at), (None, Some(hours_after_noon(48))));

    let stage = OperationsFixture::new();
    let campaign = launch_with_reminder(&stage, json!({"hours_before": 24})).await;
    stage
        .set_policy("admin", 0, &json!({"quiet_hours": {"sms": {"from": "11:00", "to": "13:00"}}}))
        .await;
    stage.set_clock(hours_after_noon(48));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 0, "it is quiet");
    stage.set_clock(hours_after_noon(49));
    stage.set_provider_answer(CallVerdict::ServerError);
    stage.release_and_deliver().await;
    stage.set_provider_answer(CallVerdict::Proceed);
    for hours in [50, 60, 71] {
        stage.set_clock(hours_after_noon(hours));
        stage.release_and_deliver().await;
        stage.run_watchdog().await;
    }
    assert_eq!(
        load_record(&stage, &campaign, "c-1").await.unwrap().reminder.unwrap().state,
        AttemptState::Unknown
    );
    assert_eq!(
        stage.memory.take_provider_messages().len(),
        0,
        "never again after an answer that was not clear"
    );

    let stage = OperationsFixture::new();
    let campaign = launch_with_reminder(&stage, json!({"hours_before": 24})).await;
    stage.set_clock(hours_after_noon(48));
    stage.set_provider_answer(CallVerdict::Throttle);
    stage.release_and_deliver().await;
    stage.set_provider_answer(CallVerdict::Proceed);
    assert_eq!(
        load_record(&stage, &campaign, "c-1").await.unwrap().reminder.unwrap().state,
        AttemptState::Throttled
    );
    stage.set_clock(hours_after_noon(49));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 2, "a throttle is a no for now");
}
