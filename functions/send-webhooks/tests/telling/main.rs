//! The sender beside a real HTTP server, on the AWS in memory and with a clock that the test moves: what arrives, what is tried again and
//! when, what is given up, and what is never called.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod receiver;
mod stage;

use domain::announcement::{HookStanding, What};
use receiver::Answer;
use serde_json::Value;
use stage::{HOUR, MINUTE, SECOND, Stage};
use testkit::builders::noon;

#[tokio::test]
async fn an_event_arrives_signed_with_its_own_time_and_leaves_nothing_behind() {
    let stage = Stage::new().await;
    stage.tell(What::Issued).await;
    let [received] = stage.receiver.received().try_into().unwrap();
    assert_eq!(received.path, "/hook");
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("webhook-id"), stage.event(What::Issued).as_str());
    stage.verified(&received, &[0]).await;
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(
        (body["type"].as_str(), body["timestamp"].as_str()),
        (Some("voucher.issued"), Some("2026-11-01T12:00:00Z"))
    );
    let data = &body["data"];
    assert_eq!((data["customer_id"].as_str(), data["campaign_id"].as_str()), (Some("c-1"), Some("cmp_1")));
    assert_eq!(
        (data["voucher_id"].as_str(), data["status"].as_str()),
        (Some(stage.voucher().as_str()), Some("issued"))
    );
    assert_eq!((data["exposure"].as_i64(), data["currency"].as_str()), (Some(500), Some("EUR")));
    assert!(data.get("redemption").is_none() && data.get("accepted_at").is_none());
    assert_eq!(stage.left().await, "");
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_ever_later_and_then_given_up() {
    let stage = Stage::new().await;
    for (answer, reason) in [
        (Answer::Status(500), "500 not_taken"),
        (Answer::Status(404), "404 not_taken"),
        (Answer::Status(429), "429 not_taken"),
        (Answer::Redirect, "302 redirects_are_not_followed"),
        (Answer::HangUp, "connection_broke"),
    ] {
        stage.at(0);
        stage.receiver.answers(answer);
        stage.tell(What::Issued).await;
        let mut waited = vec![0];
        while let Some(at) = stage.next_try().await {
            stage.at(at - 1);
            stage.tick().await;
            assert_eq!(stage.receiver.received().len(), 1, "{answer:?} before {at}: one try, and no redirect followed");
            stage.at(at);
            stage.tick().await;
            waited.push(at);
        }
        assert_eq!(stage.receiver.received().len(), 1);
        let seconds: Vec<i64> = waited.iter().map(|at| at / SECOND).collect();
        assert_eq!(seconds, [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 99_305], "{answer:?}");
        assert_eq!(stage.left().await, format!("dead: issued after 8, {reason}"));
        stage.tick().await;
        assert_eq!(stage.receiver.received().len(), 0, "a dead letter rests");
        // taken by the next round of the loop's own receiver
        stage.receiver.answers(Answer::Status(200));
        assert_eq!(stage.redriven().await, 1);
        stage.tick().await;
        assert_eq!((stage.receiver.received().len(), stage.left().await.as_str()), (1, ""));
    }
}

#[tokio::test]
async fn a_server_that_fails_and_recovers_gets_the_event_once_more_under_the_same_id() {
    let stage = Stage::new().await;
    stage.receiver.answers(Answer::Status(500));
    stage.tell(What::Issued).await;
    stage.receiver.answers(Answer::Status(200));
    stage.at(5 * SECOND);
    stage.tick().await;
    let [first, second] = stage.receiver.received().try_into().unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_ne!(first.header("webhook-timestamp"), second.header("webhook-timestamp"), "each try has its own time");
    stage.verified(&second, &[0]).await;
    assert_eq!(stage.left().await, "");
}

#[tokio::test]
async fn a_silent_server_costs_no_more_than_the_limit_and_is_left_alone_after_five_calls() {
    let stage = Stage::new().await;
    stage.receiver.answers(Answer::Silence);
    let (kinds, began) =
        ([What::Issued, What::Accepted, What::Delivered, What::Expiring, What::Expired], tokio::time::Instant::now());
    for what in kinds {
        stage.tell(what).await;
    }
    assert!(began.elapsed() < 5 * stage::CALL + std::time::Duration::from_secs(2), "each call has an end");
    assert_eq!(stage.receiver.received().len(), 5);
    assert!(stage.left().await.contains("issued as 2, no_answer_in_time"));
    stage.tell(What::Redeemed).await;
    assert_eq!(stage.receiver.received().len(), 0, "it rests");
    assert!(stage.left().await.contains("redeemed as 2, endpoint_rests"), "{}", stage.left().await);
    // what is due while it rests stays at its try
    stage.at(5 * SECOND);
    stage.tick().await;
    assert!(stage.left().await.contains("issued as 2, no_answer_in_time") && stage.receiver.received().is_empty());
    stage.receiver.answers(Answer::Status(200));
    stage.at(3 * MINUTE);
    stage.tick().await;
    assert_eq!((stage.receiver.received().len(), stage.left().await.as_str()), (6, ""));
}

#[tokio::test]
async fn an_answer_without_an_end_is_an_answer() {
    let stage = Stage::new().await;
    stage.receiver.answers(Answer::Flood);
    stage.tell(What::Issued).await;
    assert_eq!((stage.receiver.received().len(), stage.left().await.as_str()), (1, ""));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let stage = Stage::new().await;
    stage.change(|hook| hook.url = "http://127.0.0.1:1/".into()).await;
    stage.tell(What::Issued).await;
    assert_eq!(stage.left().await, "issued as 2, no_connection");
}

#[tokio::test]
async fn gone_disables_the_endpoint_and_keeps_the_event_for_its_return() {
    let stage = Stage::new().await;
    stage.receiver.answers(Answer::Status(500));
    stage.tell(What::Accepted).await;
    stage.receiver.answers(Answer::Status(410));
    stage.tell(What::Issued).await;
    assert_eq!(stage.hook().await.standing, HookStanding::Gone);
    stage.at(HOUR);
    stage.tick().await;
    assert_eq!(stage.left().await, "dead: accepted after 2, endpoint_disabled; dead: issued after 1, 410 gone");
    assert_eq!(stage.receiver.received().len(), 2, "nothing after the 410");
    stage.change(|hook| hook.standing = HookStanding::Enabled).await;
    stage.receiver.answers(Answer::Status(202));
    assert_eq!((stage.redriven().await, stage.redriven().await), (2, 0), "pressed twice");
    stage.tick().await;
    stage.tick().await;
    assert_eq!((stage.receiver.received().len(), stage.left().await.as_str()), (2, ""));
}

#[tokio::test]
async fn both_secrets_sign_while_one_is_changed() {
    let stage = Stage::new().await;
    stage.change(|hook| (hook.rotation, hook.rotated_at) = (1, Some(noon()))).await;
    stage.tell(What::Issued).await;
    stage.at(24 * HOUR);
    stage.tell(What::Accepted).await;
    let [during, after] = stage.receiver.received().try_into().unwrap();
    assert_eq!(during.header("webhook-signature").split(' ').count(), 2);
    stage.verified(&during, &[0, 1]).await;
    stage.verified(&after, &[1]).await;
    assert!(!stage.verifies(&after, 0).await, "the old one is over");
}

#[tokio::test]
async fn pointers_that_come_twice_or_late_do_no_harm() {
    let stage = Stage::new().await;
    stage.receiver.answers(Answer::Status(500));
    stage.tell(What::Issued).await;
    let second = stage.kept(What::Issued).await;
    stage.at(5 * SECOND);
    stage.tell_as(&second).await;
    assert_eq!(stage.left().await, "issued as 3, 500 not_taken");
    stage.receiver.received();
    stage.tell_as(&second).await;
    assert_eq!(stage.receiver.received().len(), 0, "the second try has been made");
    // the stream hands its record over again: told once more, under the same id, and the schedule stays as it is
    stage.tell(What::Issued).await;
    assert_eq!((stage.receiver.received().len(), stage.left().await.as_str()), (1, "issued as 3, 500 not_taken"));
    stage.receiver.answers(Answer::Status(200));
    stage.at(HOUR);
    stage.tick().await;
    assert_eq!(stage.left().await, "");
    stage.tell_as(&second).await;
    assert_eq!(stage.receiver.received().len(), 1, "only the third try: it has arrived");
}

#[tokio::test]
async fn a_pointer_that_is_lost_is_handed_out_again() {
    let stage = Stage::new().await;
    stage.receiver.answers(Answer::Status(500));
    stage.tell(What::Issued).await;
    assert_eq!(stage.lose_messages(), 1, "the second try is on the queue");
    stage.receiver.answers(Answer::Status(200));
    stage.at(10 * MINUTE);
    stage.tick().await;
    assert_eq!(stage.receiver.received().len(), 1);
    stage.at(HOUR);
    stage.tick().await;
    assert_eq!((stage.receiver.received().len(), stage.left().await.as_str()), (1, ""));
}

#[tokio::test]
async fn nothing_but_what_the_deployment_allows_is_called() {
    let stage = Stage::cloud().await;
    stage.tell(What::Issued).await;
    assert_eq!((stage.receiver.received().len(), stage.left().await.as_str()), (0, "issued as 2, https_required"));
    stage.change(|hook| hook.url = hook.url.replace("http:", "https:")).await;
    stage.tell(What::Accepted).await;
    stage.change(|hook| hook.url = "https://169.254.169.254/".into()).await;
    stage.tell(What::Expired).await;
    // a name that its owner has pointed inside since it was saved
    stage.change(|hook| hook.url = "https://localhost.localdomain/".into()).await;
    stage.tell(What::Redeemed).await;
    let left = stage.left().await;
    assert_eq!(stage.receiver.received().len(), 0);
    assert!(
        left.contains("accepted as 2, port_not_allowed") && left.contains("expired as 2, address_not_public"),
        "{left}"
    );
    assert!(
        left.contains("redeemed as 2, address_not_public") || left.contains("redeemed as 2, no_connection"),
        "{left}"
    );
}

#[tokio::test]
async fn an_endpoint_or_voucher_that_is_gone_ends_the_telling() {
    let stage = Stage::new().await;
    stage.receiver.answers(Answer::Status(500));
    stage.tell(What::Issued).await;
    stage.store.delete_hook(&stage.hook().await.id).await.unwrap();
    stage.at(5 * SECOND);
    stage.tick().await;
    assert_eq!((stage.receiver.received().len(), stage.left().await.as_str()), (1, ""));
}

#[tokio::test]
async fn a_test_event_is_about_nobody() {
    let stage = Stage::new().await;
    stage.tell(What::Test).await;
    let [received] = stage.receiver.received().try_into().unwrap();
    stage.verified(&received, &[0]).await;
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!((body["type"].as_str(), body["data"]["endpoint"].as_str()), (Some("test"), Some("app")));
}

#[tokio::test]
async fn a_store_that_does_not_answer_leaves_the_message_on_the_queue_and_a_bad_message_is_parked() {
    let stage = Stage::new().await;
    stage.store_fails(true);
    assert_eq!(stage.batch(&[stage.pointer(What::Issued), "garbage".into()]).await, ["0"]);
    stage.store_fails(false);
    assert_eq!(stage.parked(), ["garbage"]);
    assert_eq!(stage.batch(&[stage.pointer(What::Issued)]).await, [""; 0]);
    assert_eq!(stage.receiver.received().len(), 1);
}
