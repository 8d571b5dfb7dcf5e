//! Tests of the customers who get no message now, or none at all: caps, held-out customers, quiet
//! hours, consent, paused and cancelled campaigns. Each of them leaves one record or waits.

use domain::{
    campaign::{
        audience::AudienceRule,
        lifecycle::CampaignAction,
        segments::{SegmentBook, SegmentDraft},
    },
    delivery::eligibility::is_held_out,
    kernel::{
        channel::Channel::{self, Email, Sms},
        id::SegmentId,
    },
};
use fake_aws::CallVerdict;
use serde_json::json;
use store::{
    campaign::campaigns::{AuditedChange, settings::SettingName},
    conditional::Applied,
};
use testkit::builders::{customer_id, noon};

use crate::fixture::{HOUR, SECOND, WorkerFixture};

const NOTHING: [Channel; 0] = [];

#[tokio::test]
async fn a_customer_over_the_voucher_cap_is_skipped_and_the_cap_holds() {
    let stage = WorkerFixture::new();
    let change = json!({"channels": {"ladder": ["sms"]}, "caps": {"vouchers": 2}});
    let campaign = stage.launch_campaign(change).await;
    let customers = ["c-1", "c-2", "c-3"];
    for customer in customers {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &customers).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms, Sms]);
    assert_eq!(stage.counts(&campaign).await, (3, [2, 0, 1, 0], 0));
    let mut lines = Vec::new();
    for customer in customers {
        lines.push(stage.record_line(&campaign, customer).await);
    }
    lines.sort();
    assert_eq!(lines, ["issued; sms 1 sent", "issued; sms 1 sent", "skipped cap_reached"]);
    assert_eq!(stage.store.quota(&campaign.id).await.unwrap().unwrap().vouchers, 0);
}

#[tokio::test]
async fn quota_that_was_reserved_and_not_used_is_given_back() {
    let stage = WorkerFixture::new();
    let change = json!({"channels": {"ladder": ["sms"]}, "caps": {"vouchers": 10}});
    let campaign = stage.launch_campaign(change).await;
    stage.add_customer("c-1").await;
    stage.save_customer("c-2", "denied").await;
    stage.plan_dispatch(&campaign, &["c-1", "c-2", "c-unknown"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.record_line(&campaign, "c-2").await, "skipped opted_out");
    assert_eq!(stage.record_line(&campaign, "c-unknown").await, "skipped customer_gone");
    assert_eq!(stage.store.quota(&campaign.id).await.unwrap().unwrap().vouchers, 9);
}

#[tokio::test]
async fn the_frequency_cap_counts_the_messages_of_all_campaigns() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    stage.add_customer("c-1").await;
    let change = json!({"channels": {"ladder": ["sms"]}});
    let first = stage.launch_campaign_as("cmp_1", change.clone()).await;
    let second = stage.launch_campaign_as("cmp_2", change).await;
    for campaign in [&first, &second] {
        stage.plan_dispatch(campaign, &["c-1"]).await;
        stage.deliver_due().await;
    }
    assert_eq!(stage.record_line(&second, "c-1").await, "skipped frequency_cap");
    assert_eq!(stage.take_sent(), [Sms]);
}

const ALL_CHANNELS: &str = r#"{"mode": "all", "ladder": ["sms", "email", "push"]}"#;

fn on_all_channels() -> serde_json::Value {
    json!({"channels": serde_json::from_str::<serde_json::Value>(ALL_CHANNELS).unwrap()})
}

/// Runs the follow-ups until nothing is due any more.
async fn deliver_all(stage: &WorkerFixture) {
    for step in 1..=4 {
        stage.deliver_due().await;
        stage.set_time(step * 10 * SECOND);
    }
}

#[tokio::test]
async fn a_cap_of_one_message_sends_one_in_mode_all_on_the_first_channel_of_the_campaign() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    stage.add_customer("c-1").await;
    let campaign = stage.launch_campaign(on_all_channels()).await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    deliver_all(&stage).await;
    assert_eq!(stage.take_sent(), [Sms]);
    let record = stage.record(&campaign, "c-1").await.unwrap();
    let withheld: Vec<Channel> = record.withheld_messages().map(|(channel, _)| channel).collect();
    assert_eq!(withheld, [Email, Channel::Push], "the channels stop and the voucher does not");
    assert_eq!(record.undeliverable, None);
    assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; sms 1 sent");
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn in_mode_all_each_message_counts_for_this_campaign_and_the_next() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"frequency_cap": {"messages": 2, "days": 7}})).await;
    stage.add_customer("c-1").await;
    let first = stage.launch_campaign_as("cmp_1", on_all_channels()).await;
    stage.plan_dispatch(&first, &["c-1"]).await;
    deliver_all(&stage).await;
    assert_eq!(stage.take_sent(), [Sms, Email]);
    let second = stage.launch_campaign_as("cmp_2", json!({"channels": {"ladder": ["sms"]}})).await;
    stage.plan_dispatch(&second, &["c-1"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.record_line(&second, "c-1").await, "skipped frequency_cap");
}

#[tokio::test]
async fn without_a_cap_mode_all_sends_on_every_channel() {
    let stage = WorkerFixture::new();
    stage.add_customer("c-1").await;
    let campaign = stage.launch_campaign(on_all_channels()).await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    deliver_all(&stage).await;
    assert_eq!(stage.take_sent().len(), 3);
    assert_eq!(stage.record(&campaign, "c-1").await.unwrap().withheld.len(), 0);
}

/// Delivers what is due on one channel.
async fn deliver_on(stage: &WorkerFixture, channel: Channel) {
    for key in stage.release_due(channel).await {
        assert!(stage.deliver(channel, &key).await, "{key} is to come again");
    }
}

#[tokio::test]
async fn a_refused_message_leaves_its_place_to_the_next_channel_of_the_campaign() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    stage.add_customer("c-1").await;
    let campaign = stage.launch_campaign(on_all_channels()).await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.set_provider_answer(CallVerdict::Reject);
    deliver_on(&stage, Sms).await;
    deliver_on(&stage, Channel::Push).await;
    assert_eq!(stage.take_sent(), NOTHING);
    deliver_on(&stage, Email).await;
    stage.set_provider_answer(CallVerdict::Proceed);
    deliver_on(&stage, Channel::Push).await;
    assert_eq!(stage.take_sent(), [Channel::Push]);
    let record = stage.record(&campaign, "c-1").await.unwrap();
    assert_eq!((record.withheld_messages().count(), record.undeliverable), (0, None));
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn a_fallback_is_one_more_message_and_stops_at_the_cap() {
    for (messages, sent, undeliverable) in
        [(1, vec![Channel::Push], Some("frequency_cap")), (2, vec![Channel::Push, Email], None)]
    {
        let stage = WorkerFixture::new();
        stage.set_policy(json!({"frequency_cap": {"messages": messages, "days": 7}})).await;
        stage.add_customer("c-1").await;
        let first = stage
            .launch_campaign_as("cmp_1", json!({"channels": {"ladder": ["sms", "email"]}}))
            .await;
        stage.plan_dispatch(&first, &["c-1"]).await;
        stage.set_provider_answer(CallVerdict::Reject);
        deliver_on(&stage, Sms).await;
        stage.set_provider_answer(CallVerdict::Proceed);
        let second =
            stage.launch_campaign_as("cmp_2", json!({"channels": {"ladder": ["push"]}})).await;
        stage.plan_dispatch(&second, &["c-1"]).await;
        deliver_on(&stage, Channel::Push).await;
        deliver_on(&stage, Email).await;
        assert_eq!(stage.take_sent(), sent);
        let record = stage.record(&first, "c-1").await.unwrap();
        assert_eq!(record.undeliverable.as_deref(), undeliverable);
        assert_eq!(record.is_withheld_on(Email), messages == 1);
        assert_eq!(record.status.as_str(), "issued", "the voucher stays as it is");
    }
}

#[tokio::test]
async fn a_message_of_unknown_fate_counts() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"frequency_cap": {"messages": 1, "days": 7}})).await;
    stage.add_customer("c-1").await;
    let first = stage.launch_campaign_as("cmp_1", json!({"channels": {"ladder": ["sms"]}})).await;
    stage.plan_dispatch(&first, &["c-1"]).await;
    stage.set_provider_answer(CallVerdict::LoseRequest);
    stage.deliver_due().await;
    stage.set_provider_answer(CallVerdict::Proceed);
    let second =
        stage.launch_campaign_as("cmp_2", json!({"channels": {"ladder": ["email"]}})).await;
    stage.plan_dispatch(&second, &["c-1"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), NOTHING);
    assert_eq!(stage.record_line(&second, "c-1").await, "skipped frequency_cap");
}

#[tokio::test]
async fn an_exempt_campaign_sends_on_all_channels_and_counts_for_others() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"frequency_cap": {"messages": 2, "days": 7}})).await;
    stage.add_customer("c-1").await;
    let mut change = on_all_channels();
    change["pressure"] = json!({"exempt": true});
    let first = stage.launch_campaign_as("cmp_1", change).await;
    stage.plan_dispatch(&first, &["c-1"]).await;
    deliver_all(&stage).await;
    assert_eq!(stage.take_sent().len(), 3);
    let second = stage.launch_campaign_as("cmp_2", json!({"channels": {"ladder": ["sms"]}})).await;
    stage.plan_dispatch(&second, &["c-1"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.record_line(&second, "c-1").await, "skipped frequency_cap");
}

#[tokio::test]
async fn both_sides_of_a_holdout_stop_at_the_cap_on_vouchers() {
    let stage = WorkerFixture::new();
    let change =
        json!({"channels": {"ladder": ["sms"]}, "holdout_percent": 50, "caps": {"vouchers": 4}});
    let campaign = stage.launch_campaign(change).await;
    let ids: Vec<String> = (0..40).map(|number| format!("c-{number}")).collect();
    for id in &ids {
        stage.add_customer(id).await;
    }
    let people: Vec<&str> = ids.iter().map(String::as_str).collect();
    stage.plan_dispatch(&campaign, &people).await;
    stage.deliver_due().await;
    let held = |id: &&str| is_held_out(&campaign.id, &campaign.definition, &customer_id(id));
    let mut treated_before = 0;
    for id in &people {
        let line = stage.record_line(&campaign, id).await;
        let expected = match (held(id), treated_before < 4) {
            (true, true) => "ghost",
            (false, true) => "issued; sms 1 sent",
            (_, false) => "skipped cap_reached",
        };
        assert_eq!(line, expected, "{id}");
        treated_before += usize::from(!held(id));
    }
}

#[tokio::test]
async fn a_dispatch_of_held_out_customers_alone_asks_the_cap_too() {
    let stage = WorkerFixture::new();
    let change =
        json!({"channels": {"ladder": ["sms"]}, "holdout_percent": 50, "caps": {"vouchers": 1}});
    let campaign = stage.launch_campaign(change).await;
    let held = |id: &String| is_held_out(&campaign.id, &campaign.definition, &customer_id(id));
    let (out, treated): (Vec<String>, Vec<String>) =
        (0..20).map(|number| format!("c-{number}")).partition(held);
    let [before, after] = [out[0].as_str(), out[1].as_str()];
    for customer in [before, treated[0].as_str(), after] {
        stage.add_customer(customer).await;
        stage.plan_page(&campaign, &[customer], customer == after).await;
        stage.deliver_due().await;
    }
    assert_eq!(stage.record_line(&campaign, before).await, "ghost");
    assert_eq!(stage.record_line(&campaign, &treated[0]).await, "issued; sms 1 sent");
    assert_eq!(stage.record_line(&campaign, after).await, "skipped cap_reached");
}

#[tokio::test]
async fn a_held_out_customer_takes_the_room_of_the_caps_that_a_voucher_would() {
    for policy in
        [json!({"frequency_cap": {"messages": 1, "days": 7}}), json!({"open_offers_cap": 1})]
    {
        let stage = WorkerFixture::new();
        let code =
            if policy["open_offers_cap"].is_null() { "frequency_cap" } else { "open_offers_cap" };
        stage.set_policy(policy).await;
        let change = json!({"channels": {"ladder": ["sms"]}, "holdout_percent": 50});
        let first = stage.launch_campaign_as("cmp_1", change.clone()).await;
        let held = |id: &String| is_held_out(&first.id, &first.definition, &customer_id(id));
        let out = (0..20).map(|number| format!("c-{number}")).find(held).unwrap();
        stage.add_customer(&out).await;
        stage.plan_dispatch(&first, &[&out]).await;
        stage.deliver_due().await;
        assert_eq!(stage.record_line(&first, &out).await, "ghost");
        let second =
            stage.launch_campaign_as("cmp_2", json!({"channels": {"ladder": ["sms"]}})).await;
        stage.plan_dispatch(&second, &[&out]).await;
        stage.deliver_due().await;
        assert_eq!(stage.record_line(&second, &out).await, format!("skipped {code}"));
    }
}

#[tokio::test]
async fn a_held_out_customer_gets_a_record_and_no_message() {
    let stage = WorkerFixture::new();
    let change = json!({"channels": {"ladder": ["sms"]}, "holdout_percent": 50});
    let campaign = stage.launch_campaign(change).await;
    let held = |id: &String| is_held_out(&campaign.id, &campaign.definition, &customer_id(id));
    let (out, treated): (Vec<String>, Vec<String>) =
        (0..20).map(|number| format!("c-{number}")).partition(held);
    let (out, treated) = (out[0].as_str(), treated[0].as_str());
    for customer in [out, treated] {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &[out, treated]).await;
    stage.deliver_due().await;
    assert_eq!(stage.record_line(&campaign, out).await, "ghost");
    assert_eq!(stage.record_line(&campaign, treated).await, "issued; sms 1 sent");
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(stage.counts(&campaign).await, (2, [1, 1, 0, 0], 0));
}

#[tokio::test]
async fn in_quiet_hours_a_customer_waits_undecided_and_is_sent_to_afterwards_once() {
    let stage = WorkerFixture::new();
    let quiet = json!({"from": "11:30", "to": "14:00"});
    stage.set_policy(json!({"quiet_hours": {"sms": quiet}})).await;
    let campaign = stage.launch_on(&["sms", "email"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), NOTHING);
    assert_eq!(stage.record_line(&campaign, "c-1").await, "");
    assert_eq!(stage.counts(&campaign).await, (1, [0, 0, 0, 0], 1));
    assert_eq!(stage.next_due(Sms).await, Some(2 * HOUR));

    stage.set_time(2 * HOUR);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn consent_withdrawn_after_planning_moves_the_customer_to_the_next_channel() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms", "email"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.save_customer("c-1", "denied").await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Email]);
    assert_eq!(stage.record_line(&campaign, "c-1").await, "issued; email 1 sent");
    assert_eq!(stage.counts(&campaign).await, (1, [1, 0, 0, 0], 0));
}

#[tokio::test]
async fn a_paused_campaign_sends_nothing_until_it_is_resumed() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.apply_action(&campaign, CampaignAction::Pause).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), NOTHING);
    assert_eq!(stage.counts(&campaign).await, (1, [0, 0, 0, 0], 1));

    stage.apply_action(&campaign, CampaignAction::Resume).await;
    stage.set_time(10 * SECOND);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
}

#[tokio::test]
async fn a_cancelled_campaign_drops_its_dispatches() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.apply_action(&campaign, CampaignAction::Cancel).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), NOTHING);
    assert_eq!(stage.record_line(&campaign, "c-1").await, "");
    assert_eq!(stage.counts(&campaign).await, (1, [0, 0, 1, 0], 0));
}

#[tokio::test]
async fn of_a_dispatch_begun_before_the_cancellation_the_rest_is_skipped() {
    let stage = WorkerFixture::new();
    // under a short reservation customers are processed one after the other
    let change = json!({"channels": {"ladder": ["sms"]}, "caps": {"vouchers": 1}});
    let campaign = stage.launch_campaign(change).await;
    for customer in ["c-1", "c-2"] {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &["c-1", "c-2"]).await;
    let key = stage.crash_at_call(Sms, CallVerdict::Proceed).await;
    stage.apply_action(&campaign, CampaignAction::Cancel).await;
    stage.set_time(HOUR);
    assert!(stage.deliver(Sms, &key).await);
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(stage.record_line(&campaign, "c-2").await, "skipped cancelled");
    assert_eq!(stage.counts(&campaign).await.1, [1, 0, 1, 0]);
}

#[tokio::test]
async fn a_campaign_that_is_stricter_than_the_tenant_waits_for_both() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"quiet_hours": {"sms": {"from": "11:30", "to": "13:00"}}})).await;
    let stricter = json!({"quiet_hours": {"sms": {"from": "12:30", "to": "16:00"}}});
    let change = json!({"channels": {"ladder": ["sms"]}, "schedule": stricter});
    let campaign = stage.launch_campaign(change).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.deliver_due().await;
    assert_eq!((stage.take_sent(), stage.next_due(Sms).await), (vec![], Some(4 * HOUR)));
    stage.set_time(4 * HOUR);
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
}

#[tokio::test]
async fn what_waits_for_hours_says_since_when_and_in_which_zones() {
    let stage = WorkerFixture::new();
    stage.set_policy(json!({"quiet_hours": {"sms": {"from": "11:30", "to": "14:00"}}})).await;
    let campaign = stage.launch_on(&["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    stage.deliver_due().await;
    let after = runtime::clock::now();
    let (waiting, _) = stage.store.later_dispatches(Sms, after, None).await.unwrap();
    let hours = waiting[0].hours.as_ref().unwrap();
    assert_eq!(hours.wanted_at, after);
    assert_eq!(hours.zones.iter().map(|zone| zone.as_str()).collect::<Vec<_>>(), ["UTC"]);
}

#[tokio::test]
async fn a_customer_whom_two_dispatches_of_a_firing_have_counts_once() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_on(&["sms"]).await;
    for customer in ["c-1", "c-2"] {
        stage.add_customer(customer).await;
    }
    let fired = stage.plan_fired(&campaign, "birthday.2026", &[&["c-1"], &["c-1", "c-2"]]).await;
    assert_eq!(fired.len(), 2);
    assert_eq!(stage.counts(&campaign).await, (3, [0, 0, 0, 0], 2));
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms, Sms]);
    assert_eq!(stage.counts(&campaign).await, (2, [2, 0, 0, 0], 0));
}

#[tokio::test]
async fn who_is_kept_out_of_every_campaign_is_skipped_for_that_reason() {
    let stage = WorkerFixture::new();
    let rule = json!({"customer_ids": {"any_of": ["c-1"]}});
    let draft = SegmentDraft {
        name: "Staff".into(),
        description: String::new(),
        rule: AudienceRule::parse(&rule, "/rule").unwrap(),
        excluded: true,
    };
    let mut book = SegmentBook::default();
    book.put(&SegmentId::parse("staff").unwrap(), draft, "ada", noon()).unwrap();
    let change = AuditedChange { actor: "ada", action: "save", note: "", at: noon() };
    let saved = stage.store.save_setting(SettingName::Segments, 0, &book, &change).await;
    assert_eq!(saved.unwrap(), Applied::Yes);
    let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
    for customer in ["c-1", "c-2"] {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &["c-1", "c-2"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(stage.record_line(&campaign, "c-1").await, "skipped excluded");
    assert_eq!(stage.record_line(&campaign, "c-2").await, "issued; sms 1 sent");
}

#[tokio::test]
async fn who_had_a_voucher_meanwhile_is_skipped_where_the_rule_says_so() {
    let stage = WorkerFixture::new();
    let rule = json!({"everyone": null, "not": {"had_voucher": {"campaign": "cmp_1"}}});
    let first = stage.launch_campaign_as("cmp_1", json!({"channels": {"ladder": ["sms"]}})).await;
    let change = json!({"channels": {"ladder": ["sms"]}, "audience": rule});
    let second = stage.launch_campaign_as("cmp_2", change).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&first, &["c-1"]).await;
    stage.deliver_due().await;
    stage.plan_dispatch(&second, &["c-1"]).await;
    stage.deliver_due().await;
    assert_eq!(stage.take_sent(), [Sms]);
    assert_eq!(stage.record_line(&second, "c-1").await, "skipped no_longer_matches");
}
