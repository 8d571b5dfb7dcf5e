//! Tests of event matches that are not planned yet: they are listed, and can be given up before
//! they are planned.

use domain::{
    campaign::lifecycle::CampaignAction,
    delivery::dispatch::OutcomeTally,
    voucher::{record::VoucherStatus, skip_reason::SkipReason},
};
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::fixture::{MINUTE, OperationsFixture};

fn one_skipped() -> OutcomeTally {
    OutcomeTally { skipped: 1, ..OutcomeTally::default() }
}

#[tokio::test]
async fn a_reported_event_is_listed_before_and_after_planning() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_event_autopilot("cmp_1").await;
    stage.add_customer("c-1").await;
    stage.report_rated_event("c-1", "e1").await;
    let items = stage.list_pending("").await.items();
    let expected = serde_json::json!({
        "id": items[0]["id"], "campaign_id": "cmp_1", "kind": "autopilot", "customer_id": "c-1", "occurrence": "event.e1",
        "matched_day": "2026-11-01", "state": "due", "reason": "planned within a minute",
        "until": "2026-11-01T12:00:00Z", "channel": null, "attempt": 1,
    });
    assert_eq!(items, [expected]);
    assert_eq!(stage.list_pending("state=waiting").await.states(), [""; 0]);
    assert_eq!(stage.list_pending("campaign=cmp_2").await.states(), [""; 0]);
    assert_eq!(
        stage.list_pending("customer=c-1&state=due&campaign=cmp_1").await.states(),
        ["c-1 due"]
    );
    let id = stage.pending_id("c-1").await;
    let answered = stage.post_action(&id, "retry").await;
    assert_eq!(
        (answered.status, &answered.body["state"]),
        (200, &"due".into()),
        "looked at soon in any case"
    );
    stage.run_scan().await;
    let planned = stage.list_pending("").await.items();
    assert_eq!((&planned[0]["state"], &planned[0]["channel"]), (&"due".into(), &"sms".into()));
    for action in ["retry", "drop"] {
        stage.post_action(&id, action).await.check(409, "no_longer_pending");
    }
    stage.release_and_deliver().await;
    assert_eq!(stage.list_pending("").await.states(), [""; 0]);
    assert_eq!(stage.audit_lines(&campaign).await, [""; 0]);
}

#[tokio::test]
async fn a_match_given_up_before_it_is_planned_is_counted_once_and_never_sent() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_event_autopilot("cmp_1").await;
    stage.add_customer("c-1").await;
    stage.report_rated_event("c-1", "e1").await;
    let id = stage.pending_id("c-1").await;
    let answered = stage.post_action(&id, "drop").await;
    assert_eq!((answered.status, &answered.body["repeat"]), (200, &false.into()), "{answered:?}");
    assert_eq!(stage.list_pending("").await.states(), [""; 0]);
    // a repeated event fires nothing more
    stage.report_rated_event("c-1", "e1").await;
    for _ in 0..2 {
        stage.run_scan().await;
        stage.release_and_deliver().await;
    }
    assert_eq!(stage.memory.take_provider_messages().len(), 0);
    let progress = stage.progress(&campaign).await;
    assert_eq!((progress.tally, progress.selected, progress.open), (one_skipped(), 1, 0));
    let records = stage.store.customer_vouchers(&customer_id("c-1")).await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(
        (records[0].status, records[0].skip),
        (VoucherStatus::Skipped, Some(SkipReason::Dropped))
    );
    let again = stage.post_action(&id, "drop").await;
    assert_eq!((again.status, &again.body["repeat"]), (200, &true.into()), "{again:?}");
    let audited = stage.audit_lines(&campaign).await;
    assert_eq!(audited.len(), 1, "{audited:?}");
    // another event is another match
    stage.report_rated_event("c-1", "e2").await;
    stage.run_scan().await;
    stage.release_and_deliver().await;
    assert_eq!(
        stage.memory.take_provider_messages().len(),
        1,
        "what was given up is no voucher, and nothing cools down"
    );
}

#[tokio::test]
async fn a_match_of_a_paused_or_ended_campaign_shows_it() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_event_autopilot("cmp_1").await;
    stage.add_customer("c-1").await;
    stage.apply_action(&campaign, CampaignAction::Pause).await;
    stage.report_rated_event("c-1", "e1").await;
    let id = stage.pending_id("c-1").await;
    stage.post_action(&id, "retry").await.check(409, "campaign_paused");
    assert_eq!(
        stage.post_action(&id, "drop").await.status,
        200,
        "a pause keeps nobody from giving up"
    );
    stage.report_rated_event("c-1", "e2").await;
    stage.apply_action(&campaign, CampaignAction::Cancel).await;
    let items = stage.list_pending("").await.items();
    assert!(items[0]["reason"].as_str().unwrap().starts_with("its campaign is over"), "{items:?}");
    stage.post_action(&stage.pending_id("c-1").await, "retry").await.check(409, "campaign_over");
    stage.set_clock(add_milliseconds(noon(), MINUTE));
    stage.run_scan().await;
    stage.release_and_deliver().await;
    assert_eq!(stage.list_pending("").await.states(), [""; 0]);
    let progress = stage.progress(&campaign).await;
    assert!(progress.is_settled(), "{progress:?}");
    assert_eq!(progress.tally, one_skipped());
}

/// Runs a drop and the planning round concurrently, with their calls in many orders: the customer
/// has one outcome, and the run closes.
#[tokio::test]
async fn a_drop_and_a_plan_at_once_leave_one_outcome() {
    let (mut dropped, mut sent) = (0, 0);
    for seed in 0..60 {
        let dice = std::sync::Mutex::new(fastrand::Rng::with_seed(seed));
        let stage = OperationsFixture::with_pauses(move || dice.lock().unwrap().usize(0..12));
        let campaign = stage.launch_event_autopilot("cmp_1").await;
        stage.add_customer("c-1").await;
        stage.report_rated_event("c-1", "e1").await;
        let id = stage.pending_id("c-1").await;
        let drop = async {
            // planning reads more before it writes than a drop
            for _ in 0..3 * seed {
                tokio::task::yield_now().await;
            }
            stage.post_action(&id, "drop").await
        };
        let (answered, ()) = tokio::join!(drop, stage.run_scan());
        stage.release_and_deliver().await;
        let mail = stage.memory.take_provider_messages().len();
        let progress = stage.progress(&campaign).await;
        assert!(progress.is_settled(), "seed {seed}: {progress:?}");
        if answered.status == 200 {
            dropped += 1;
            assert_eq!((mail, progress.tally), (0, one_skipped()), "seed {seed}");
        } else {
            sent += 1;
            answered.check(409, "no_longer_pending");
            assert_eq!(
                (mail, progress.tally.issued, progress.tally.skipped),
                (1, 1, 0),
                "seed {seed}"
            );
        }
        assert_eq!(
            stage.audit_lines(&campaign).await.len(),
            usize::from(answered.status == 200),
            "seed {seed}"
        );
    }
    assert!(dropped > 5 && sent > 5, "both happen: {dropped} dropped, {sent} sent");
}
