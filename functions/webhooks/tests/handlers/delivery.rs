//! Tests of the sender with a real HTTP server, on in-memory AWS and with a clock that the test
//! sets: the events that arrive, the retries and their times, the events that are given up, and the
//! addresses that are never called.

mod receiver;
mod fixture;

use domain::{
    delivery::notices::{ASK_APPROVAL, NoticeKind, NoticeSettings},
    kernel::audit_kind::AuditKind,
    voucher::webhook_event::{EndpointState, EventType},
};
use fake_aws::ProviderMessage;
use fixture::{HOUR, MINUTE, SECOND, SenderFixture};
use receiver::ScriptedResponse;
use serde_json::Value;
use testkit::builders::noon;

#[tokio::test]
async fn an_event_arrives_signed_with_its_own_time_and_leaves_nothing_behind() {
    let stage = SenderFixture::new().await;
    stage.deliver_first(EventType::Issued).await;
    let [received] = stage.receiver.received().try_into().unwrap();
    assert_eq!(received.path, "/hook");
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("webhook-id"), stage.event(EventType::Issued).as_str());
    stage.assert_verified(&received, &[0]).await;
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(
        (body["type"].as_str(), body["timestamp"].as_str()),
        (Some("voucher.issued"), Some("2026-11-01T12:00:00Z"))
    );
    let data = &body["data"];
    assert_eq!(
        (data["customer_id"].as_str(), data["campaign_id"].as_str()),
        (Some("c-1"), Some("cmp_1"))
    );
    assert_eq!(
        (data["voucher_id"].as_str(), data["status"].as_str()),
        (Some(stage.voucher().as_str()), Some("issued"))
    );
    assert_eq!((data["exposure"].as_i64(), data["currency"].as_str()), (Some(500), Some("EUR")));
    assert!(data.get("redemption").is_none() && data.get("accepted_at").is_none());
    assert_eq!(stage.stored_lines().await, "");
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_ever_later_and_then_given_up() {
    let stage = SenderFixture::new().await;
    for (answer, reason) in [
        (ScriptedResponse::Status(500), "500 not_taken"),
        (ScriptedResponse::Status(404), "404 not_taken"),
        (ScriptedResponse::Status(429), "429 not_taken"),
        (ScriptedResponse::Redirect, "302 redirects_are_not_followed"),
        (ScriptedResponse::HangUp, "connection_broke"),
    ] {
        stage.set_time(0);
        stage.receiver.respond_with(answer);
        stage.deliver_first(EventType::Issued).await;
        let mut waited = vec![0];
        while let Some(at) = stage.next_try().await {
            stage.set_time(at - 1);
            stage.run_watchdog_minute().await;
            assert_eq!(
                stage.receiver.received().len(),
                1,
                "{answer:?} before {at}: one try, and no redirect followed"
            );
            stage.set_time(at);
            stage.run_watchdog_minute().await;
            waited.push(at);
        }
        assert_eq!(stage.receiver.received().len(), 1);
        let seconds: Vec<i64> = waited.iter().map(|at| at / SECOND).collect();
        assert_eq!(seconds, [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 99_305], "{answer:?}");
        assert_eq!(stage.stored_lines().await, format!("dead: issued after 8, {reason}"));
        stage.run_watchdog_minute().await;
        assert_eq!(stage.receiver.received().len(), 0, "a dead letter rests");
        // The dead letter is redriven in the same round, with the same receiver.
        stage.receiver.respond_with(ScriptedResponse::Status(200));
        assert_eq!(stage.redrive_all().await, 1);
        stage.run_watchdog_minute().await;
        assert_eq!((stage.receiver.received().len(), stage.stored_lines().await.as_str()), (1, ""));
    }
}

#[tokio::test]
async fn a_server_that_fails_and_recovers_gets_the_event_once_more_under_the_same_id() {
    let stage = SenderFixture::new().await;
    stage.receiver.respond_with(ScriptedResponse::Status(500));
    stage.deliver_first(EventType::Issued).await;
    stage.receiver.respond_with(ScriptedResponse::Status(200));
    stage.set_time(5 * SECOND);
    stage.run_watchdog_minute().await;
    let [first, second] = stage.receiver.received().try_into().unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_ne!(
        first.header("webhook-timestamp"),
        second.header("webhook-timestamp"),
        "each try has its own time"
    );
    stage.assert_verified(&second, &[0]).await;
    assert_eq!(stage.stored_lines().await, "");
}

#[tokio::test]
async fn a_silent_server_costs_no_more_than_the_limit_and_is_left_alone_after_five_calls() {
    let stage = SenderFixture::new().await;
    stage.receiver.respond_with(ScriptedResponse::Silence);
    let (kinds, began) = (
        [
            EventType::Issued,
            EventType::Accepted,
            EventType::Delivered,
            EventType::Expiring,
            EventType::Expired,
        ],
        tokio::time::Instant::now(),
    );
    for what in kinds {
        stage.deliver_first(what).await;
    }
    assert!(
        began.elapsed() < 5 * fixture::CALL + std::time::Duration::from_secs(2),
        "each call has an end"
    );
    assert_eq!(stage.receiver.received().len(), 5);
    assert!(stage.stored_lines().await.contains("issued as 2, no_answer_in_time"));
    stage.deliver_first(EventType::Redeemed).await;
    assert_eq!(stage.receiver.received().len(), 0, "it rests");
    assert!(
        stage.stored_lines().await.contains("redeemed as 2, endpoint_rests"),
        "{}",
        stage.stored_lines().await
    );
    // A delivery that becomes due while the circuit is open keeps its attempt number.
    stage.set_time(5 * SECOND);
    stage.run_watchdog_minute().await;
    assert!(
        stage.stored_lines().await.contains("issued as 2, no_answer_in_time")
            && stage.receiver.received().is_empty()
    );
    stage.receiver.respond_with(ScriptedResponse::Status(200));
    stage.set_time(3 * MINUTE);
    stage.run_watchdog_minute().await;
    assert_eq!((stage.receiver.received().len(), stage.stored_lines().await.as_str()), (6, ""));
}

#[tokio::test]
async fn an_answer_without_an_end_is_an_answer() {
    let stage = SenderFixture::new().await;
    stage.receiver.respond_with(ScriptedResponse::Flood);
    stage.deliver_first(EventType::Issued).await;
    assert_eq!((stage.receiver.received().len(), stage.stored_lines().await.as_str()), (1, ""));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let stage = SenderFixture::new().await;
    stage.change(|hook| hook.url = "http://127.0.0.1:1/".into()).await;
    stage.deliver_first(EventType::Issued).await;
    assert_eq!(stage.stored_lines().await, "issued as 2, no_connection");
}

#[tokio::test]
async fn gone_disables_the_endpoint_and_keeps_the_event_for_its_return() {
    let stage = SenderFixture::new().await;
    stage.receiver.respond_with(ScriptedResponse::Status(500));
    stage.deliver_first(EventType::Accepted).await;
    stage.receiver.respond_with(ScriptedResponse::Status(410));
    stage.deliver_first(EventType::Issued).await;
    assert_eq!(stage.load_endpoint().await.state, EndpointState::Gone);
    stage.set_time(HOUR);
    stage.run_watchdog_minute().await;
    assert_eq!(
        stage.stored_lines().await,
        "dead: accepted after 2, endpoint_disabled; dead: issued after 1, 410 gone"
    );
    assert_eq!(stage.receiver.received().len(), 2, "nothing after the 410");
    stage.change(|hook| hook.state = EndpointState::Enabled).await;
    stage.receiver.respond_with(ScriptedResponse::Status(202));
    assert_eq!((stage.redrive_all().await, stage.redrive_all().await), (2, 0), "pressed twice");
    stage.run_watchdog_minute().await;
    stage.run_watchdog_minute().await;
    assert_eq!((stage.receiver.received().len(), stage.stored_lines().await.as_str()), (2, ""));
}

#[tokio::test]
async fn both_secrets_sign_while_one_is_changed() {
    let stage = SenderFixture::new().await;
    stage.change(|hook| (hook.rotation, hook.rotated_at) = (1, Some(noon()))).await;
    stage.deliver_first(EventType::Issued).await;
    stage.set_time(24 * HOUR);
    stage.deliver_first(EventType::Accepted).await;
    let [during, after] = stage.receiver.received().try_into().unwrap();
    assert_eq!(during.header("webhook-signature").split(' ').count(), 2);
    stage.assert_verified(&during, &[0, 1]).await;
    stage.assert_verified(&after, &[1]).await;
    assert!(!stage.verifies(&after, 0).await, "the old one is over");
}

#[tokio::test]
async fn pointers_that_come_twice_or_late_do_no_harm() {
    let stage = SenderFixture::new().await;
    stage.receiver.respond_with(ScriptedResponse::Status(500));
    stage.deliver_first(EventType::Issued).await;
    let second = stage.stored_delivery(EventType::Issued).await;
    stage.set_time(5 * SECOND);
    stage.deliver(&second).await;
    assert_eq!(stage.stored_lines().await, "issued as 3, 500 not_taken");
    stage.receiver.received();
    stage.deliver(&second).await;
    assert_eq!(stage.receiver.received().len(), 0, "the second try has been made");
    // The stream delivers its record again: the event is sent once more under the same id, and its
    // schedule does not change.
    stage.deliver_first(EventType::Issued).await;
    assert_eq!(
        (stage.receiver.received().len(), stage.stored_lines().await.as_str()),
        (1, "issued as 3, 500 not_taken")
    );
    stage.receiver.respond_with(ScriptedResponse::Status(200));
    stage.set_time(HOUR);
    stage.run_watchdog_minute().await;
    assert_eq!(stage.stored_lines().await, "");
    stage.deliver(&second).await;
    assert_eq!(stage.receiver.received().len(), 1, "only the third try: it has arrived");
}

#[tokio::test]
async fn a_pointer_that_is_lost_is_handed_out_again() {
    let stage = SenderFixture::new().await;
    stage.receiver.respond_with(ScriptedResponse::Status(500));
    stage.deliver_first(EventType::Issued).await;
    assert_eq!(stage.lose_messages(), 1, "the second try is on the queue");
    stage.receiver.respond_with(ScriptedResponse::Status(200));
    stage.set_time(10 * MINUTE);
    stage.run_watchdog_minute().await;
    assert_eq!(stage.receiver.received().len(), 1);
    stage.set_time(HOUR);
    stage.run_watchdog_minute().await;
    assert_eq!((stage.receiver.received().len(), stage.stored_lines().await.as_str()), (1, ""));
}

#[tokio::test]
async fn nothing_but_what_the_deployment_allows_is_called() {
    let stage = SenderFixture::cloud().await;
    stage.deliver_first(EventType::Issued).await;
    assert_eq!(
        (stage.receiver.received().len(), stage.stored_lines().await.as_str()),
        (0, "issued as 2, https_required")
    );
    stage.change(|hook| hook.url = hook.url.replace("http:", "https:")).await;
    stage.deliver_first(EventType::Accepted).await;
    stage.change(|hook| hook.url = "https://169.254.169.254/".into()).await;
    stage.deliver_first(EventType::Expired).await;
    // The owner of this name has pointed it to a private address since it was saved.
    stage.change(|hook| hook.url = "https://localhost.localdomain/".into()).await;
    stage.deliver_first(EventType::Redeemed).await;
    let left = stage.stored_lines().await;
    assert_eq!(stage.receiver.received().len(), 0);
    assert!(
        left.contains("accepted as 2, port_not_allowed")
            && left.contains("expired as 2, address_not_public"),
        "{left}"
    );
    assert!(
        left.contains("redeemed as 2, address_not_public")
            || left.contains("redeemed as 2, no_connection"),
        "{left}"
    );
}

#[tokio::test]
async fn an_endpoint_or_voucher_that_is_gone_ends_the_telling() {
    let stage = SenderFixture::new().await;
    stage.receiver.respond_with(ScriptedResponse::Status(500));
    stage.deliver_first(EventType::Issued).await;
    stage.store.delete_webhook_endpoint(&stage.load_endpoint().await.id).await.unwrap();
    stage.set_time(5 * SECOND);
    stage.run_watchdog_minute().await;
    assert_eq!((stage.receiver.received().len(), stage.stored_lines().await.as_str()), (1, ""));
}

#[tokio::test]
async fn a_test_event_is_about_nobody() {
    let stage = SenderFixture::new().await;
    stage.deliver_first(EventType::Test).await;
    let [received] = stage.receiver.received().try_into().unwrap();
    stage.assert_verified(&received, &[0]).await;
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(
        (body["type"].as_str(), body["data"]["endpoint"].as_str()),
        (Some("test"), Some("app"))
    );
}

#[tokio::test]
async fn a_store_that_does_not_answer_leaves_the_message_on_the_queue_and_a_bad_message_is_parked()
{
    let stage = SenderFixture::new().await;
    stage.set_store_failing(true);
    assert_eq!(
        stage.batch(&[stage.queue_message(EventType::Issued), "garbage".into()]).await,
        ["0"]
    );
    stage.set_store_failing(false);
    assert_eq!(stage.parked(), ["garbage"]);
    assert_eq!(stage.batch(&[stage.queue_message(EventType::Issued)]).await, [""; 0]);
    assert_eq!(stage.receiver.received().len(), 1);
}

#[tokio::test]
async fn a_chat_is_told_once_of_each_occurrence_and_only_what_was_asked_for() {
    let stage = SenderFixture::new().await;
    stage.record(AuditKind::Campaign, "cmp_1", "complete", 0).await;
    stage.set_chat(&[NoticeKind::CampaignCompleted, NoticeKind::ApprovalWanted], SECOND).await;
    stage.record(AuditKind::Campaign, "cmp_1", "complete", 2 * SECOND).await;
    stage.record(AuditKind::Campaign, "cmp_1", "pause", 3 * SECOND).await;
    // who asks for the same approval twice asks once
    stage.record(AuditKind::Campaign, "cmp_1", ASK_APPROVAL, 4 * SECOND).await;
    stage.record(AuditKind::Campaign, "cmp_1", ASK_APPROVAL, 5 * SECOND).await;
    for minute in 1..4 {
        stage.set_time(minute * MINUTE);
        stage.run_watchdog_minute().await;
    }
    let told = stage.receiver.received();
    let texts: Vec<Value> =
        told.iter().map(|it| serde_json::from_slice(&it.body).unwrap()).collect();
    let expected =
        ["\u{201c}cmp_1\u{201d} is completed.", "\u{201c}cmp_1\u{201d} waits for an approver."];
    assert_eq!(texts, expected.map(|text| serde_json::json!({ "text": text })));
    assert!(told.iter().all(|it| it.header("content-type") == "application/json"));
}

#[tokio::test]
async fn a_test_reaches_the_chat_and_what_the_chat_refuses_is_in_the_log() {
    for (answer, failures) in [
        (ScriptedResponse::Status(200), vec![]),
        (ScriptedResponse::Status(404), vec!["status 404"]),
        (ScriptedResponse::Redirect, vec!["status 302"]),
    ] {
        let stage = SenderFixture::new().await;
        stage.set_chat(&[], 0).await;
        stage.receiver.respond_with(answer);
        stage.record(AuditKind::Setting, "notices", "test", SECOND).await;
        for minute in 1..3 {
            stage.set_time(minute * MINUTE);
            stage.run_watchdog_minute().await;
        }
        assert_eq!(stage.receiver.received().len(), 1, "a failure is not repeated");
        assert_eq!(stage.failed_notices().await, failures);
    }
}

#[tokio::test]
async fn a_chat_at_a_private_address_is_never_called() {
    let stage = SenderFixture::cloud().await;
    stage.set_chat(&[], 0).await;
    stage.record(AuditKind::Setting, "notices", "test", SECOND).await;
    stage.set_time(MINUTE);
    stage.run_watchdog_minute().await;
    assert!(stage.receiver.received().is_empty());
    assert_eq!(stage.failed_notices().await, ["https_required"]);
}

#[tokio::test]
async fn people_are_told_by_e_mail_once() {
    let stage = SenderFixture::new().await;
    let settings = NoticeSettings {
        emails: vec!["ada@example.com".into(), "bo@example.com".into()],
        kinds: vec![NoticeKind::CampaignCompleted],
        ..NoticeSettings::default()
    };
    stage.save_notices(&settings, 0).await;
    stage.record(AuditKind::Campaign, "cmp_1", "complete", SECOND).await;
    for minute in 1..3 {
        stage.set_time(minute * MINUTE);
        stage.run_watchdog_minute().await;
    }
    let sent = stage.emails();
    let told: Vec<_> = sent
        .iter()
        .map(|it| {
            let ProviderMessage::Email { to, subject, .. } = it else { unreachable!("{it:?}") };
            (to.as_str(), subject.as_str())
        })
        .collect();
    let text = "\u{201c}cmp_1\u{201d} is completed.";
    assert_eq!(told, [("ada@example.com", text), ("bo@example.com", text)]);
    assert!(stage.receiver.received().is_empty() && stage.failed_notices().await.is_empty());
}
