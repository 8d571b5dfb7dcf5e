//! Tests of open matches as operators list and act on them, with the functions that work on them,
//! on the in-memory AWS and with a clock that the test sets.

use std::collections::BTreeSet;

use crate::fixture::{HOUR, MINUTE, OperationsFixture};
use domain::{
    campaign::lifecycle::CampaignAction,
    delivery::dispatch::OutcomeTally,
    kernel::id::VoucherId,
    voucher::{
        record::{Voucher, VoucherStatus},
        skip_reason::SkipReason,
    },
};
use fake_aws::CallVerdict;
use store::voucher::records::VoucherKey;
use testkit::builders::{add_milliseconds, customer_id, noon};

async fn load_record(
    stage: &OperationsFixture,
    dispatch: &domain::delivery::dispatch::Dispatch,
    customer: &str,
) -> Option<Voucher> {
    let customer = customer_id(customer);
    let voucher = VoucherId::derive(&dispatch.campaign, &customer, &dispatch.occurrence());
    stage.store.voucher(&VoucherKey { customer, voucher }).await.unwrap()
}

#[tokio::test]
async fn a_match_is_listed_with_what_it_waits_for_from_its_plan_to_its_end() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], add_milliseconds(noon(), HOUR)).await;
    let items = stage.list_pending("").await.items();
    let expected = serde_json::json!({
        "id": items[0]["id"], "campaign_id": "cmp_1", "kind": "autopilot", "customer_id": "c-1",
        "occurrence": "after.2026-10-02", "matched_day": "2026-11-01", "state": "waiting", "reason": "its hour is to come",
        "until": "2026-11-01T13:00:00Z", "channel": "sms", "attempt": 1,
    });
    assert_eq!(items, [expected]);
    stage.apply_action(&campaign, CampaignAction::Pause).await;
    assert_eq!(stage.list_pending("").await.states(), ["c-1 paused"]);
    stage.apply_action(&campaign, CampaignAction::Resume).await;
    stage.set_clock(add_milliseconds(noon(), HOUR));
    assert_eq!(stage.list_pending("").await.states(), ["c-1 due"]);
    stage.release().await;
    let items = stage.list_pending("").await.items();
    assert_eq!(
        (&items[0]["state"], &items[0]["until"]),
        (&"sending".into(), &"2026-11-01T13:05:00Z".into())
    );
    stage.set_provider_answer(CallVerdict::Throttle);
    stage.deliver().await;
    let items = stage.list_pending("").await.items();
    assert_eq!((&items[0]["state"], &items[0]["attempt"]), (&"retrying".into(), &1.into()));
    assert_eq!(items.len(), 1);
    stage.set_provider_answer(CallVerdict::ServerError);
    stage.set_clock(add_milliseconds(noon(), HOUR + 10 * MINUTE));
    stage.release_and_deliver().await;
    let items = stage.list_pending("").await.items();
    let shown = (&items[0]["state"], &items[0]["attempt"], &items[0]["until"]);
    assert_eq!(shown, (&"unknown".into(), &1.into(), &"2026-11-01T13:25:00Z".into()));
    stage.set_clock(add_milliseconds(noon(), HOUR + 30 * MINUTE));
    stage.run_watchdog().await;
    assert_eq!(stage.list_pending("").await.states(), [""; 0]);
}

#[tokio::test]
async fn a_promotions_open_work_is_listed_too() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    let items = stage.list_pending("").await.items();
    let shown =
        (&items[0]["kind"], &items[0]["occurrence"], &items[0]["matched_day"], &items[0]["state"]);
    assert_eq!(
        shown,
        (&"promotion".into(), &"cmp_1.1".into(), &serde_json::Value::Null, &"due".into())
    );
}

#[tokio::test]
async fn the_list_is_narrowed_by_campaign_customer_and_state() {
    let stage = OperationsFixture::new();
    let one = stage.launch_autopilot("cmp_1", &["sms"]).await;
    let two = stage.launch_promotion("cmp_2", &["email"]).await;
    stage.plan_dispatch(&one, &["c-1", "c-2"], add_milliseconds(noon(), HOUR)).await;
    stage.plan_dispatch(&two, &["c-1", "c-3"], noon()).await;
    assert_eq!(
        stage.list_pending("").await.states(),
        ["c-1 waiting", "c-2 waiting", "c-1 due", "c-3 due"]
    );
    assert_eq!(stage.list_pending("campaign=cmp_2").await.states(), ["c-1 due", "c-3 due"]);
    assert_eq!(stage.list_pending("customer=c-1").await.states(), ["c-1 waiting", "c-1 due"]);
    assert_eq!(stage.list_pending("state=waiting").await.states(), ["c-1 waiting", "c-2 waiting"]);
    assert_eq!(
        stage.list_pending("state=due&customer=c-1&campaign=cmp_2").await.states(),
        ["c-1 due"]
    );
    assert_eq!(stage.list_pending("state=unknown").await.states(), [""; 0]);
    assert_eq!(stage.list_pending("campaign=cmp_none").await.states(), [""; 0]);
    for bad in ["state=lost", "campaign=a%23b", "customer=", "limit=0", "limit=101", "who=c-1"] {
        stage.list_pending(bad).await.check(400, "invalid_query");
    }
}

#[tokio::test]
async fn pages_show_each_match_once_whatever_their_size() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    let other = stage.launch_promotion("cmp_2", &["email"]).await;
    let mut expected = BTreeSet::new();
    for group in 0..3 {
        let names: Vec<String> = (0..17).map(|number| format!("c-{group}-{number:02}")).collect();
        let customers: Vec<&str> = names.iter().map(String::as_str).collect();
        stage.plan_dispatch(&campaign, &customers, add_milliseconds(noon(), HOUR + group)).await;
        expected.extend(names.iter().map(|name| format!("{name} waiting")));
    }
    stage.plan_dispatch(&other, &["c-9"], noon()).await;
    expected.insert("c-9 due".into());
    for limit in [1, 5, 17, 25, 100] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = stage.list_pending(&format!("limit={limit}{cursor}")).await;
            let states = page.states();
            assert!(states.len() <= limit);
            seen.extend(states);
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), expected.len(), "by {limit}");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected, "by {limit}");
    }
    let page = stage.list_pending("limit=1").await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    stage
        .list_pending(&format!("limit=1&state=waiting&cursor={cursor}"))
        .await
        .check(400, "invalid_cursor");
    stage.list_pending("cursor=nonsense").await.check(400, "invalid_cursor");
}

#[tokio::test]
async fn a_repeated_retry_brings_a_throttled_attempt_forward_once() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.set_provider_answer(CallVerdict::Throttle);
    stage.release_and_deliver().await;
    let waiting = stage.list_pending("state=retrying").await.items();
    assert!(waiting[0]["until"].as_str().unwrap() > "2026-11-01T12:00:00Z", "{waiting:?}");
    let id = stage.pending_id("c-1").await;
    stage.memory.take_queued_messages();
    stage.set_provider_answer(CallVerdict::Proceed);
    for _ in 0..2 {
        let answered = stage.post_action(&id, "retry").await;
        assert_eq!(
            (answered.status, &answered.body["state"]),
            (200, &"retrying".into()),
            "{answered:?}"
        );
        assert_eq!(answered.body["until"], "2026-11-01T12:00:00Z");
    }
    let nudged = stage.memory.take_queued_messages();
    assert!(
        nudged.len() == 2 && nudged.iter().all(|sent| sent.queue.ends_with("/release")),
        "{nudged:?}"
    );
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 1);
    assert_eq!(stage.list_pending("").await.states(), [""; 0]);
    stage.post_action(&id, "retry").await.check(409, "no_longer_pending");
    let audited = stage.audit_lines(&campaign).await;
    assert_eq!(audited.len(), 1, "{audited:?}");
    assert!(audited[0].starts_with("ada (s-1) retry vch_"), "{audited:?}");
}

#[tokio::test]
async fn a_release_whose_worker_did_not_come_back_is_tried_again_by_hand() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.add_customer("c-1").await;
    let dispatch = stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.release().await;
    stage.memory.take_queued_messages();
    stage.store.lease_dispatch(&dispatch.key, noon(), 30).await.unwrap();
    let id = stage.pending_id("c-1").await;
    stage.post_action(&id, "retry").await.check(409, "being_sent");
    stage.set_clock(add_milliseconds(noon(), MINUTE));
    let answered = stage.post_action(&id, "retry").await;
    assert_eq!((answered.status, &answered.body["state"]), (200, &"due".into()), "{answered:?}");
    assert_eq!(stage.post_action(&id, "retry").await.status, 200);
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 1);
    assert!(stage.progress(&campaign).await.is_settled());
    assert_eq!(stage.audit_lines(&campaign).await.len(), 1);
}

#[tokio::test]
async fn an_email_of_unknown_fate_is_repeated_at_once_by_hand_and_an_sms_never() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    stage.add_customer("c-2").await;
    let email = stage.launch_autopilot("cmp_1", &["email"]).await;
    let sms = stage.launch_autopilot("cmp_2", &["sms"]).await;
    stage.plan_dispatch(&email, &["c-1"], noon()).await;
    stage.plan_dispatch(&sms, &["c-2"], noon()).await;
    stage.set_provider_answer(CallVerdict::ServerError);
    stage.release_and_deliver().await;
    assert_eq!(stage.list_pending("").await.states(), ["c-1 unknown", "c-2 unknown"]);
    let (one, two) = (stage.pending_id("c-1").await, stage.pending_id("c-2").await);
    stage.post_action(&two, "retry").await.check(409, "never_repeated");
    for _ in 0..2 {
        let answered = stage.post_action(&one, "retry").await;
        assert_eq!(
            (answered.status, &answered.body["until"]),
            (200, &"2026-11-01T12:00:00Z".into()),
            "{answered:?}"
        );
    }
    assert!(stage.memory.take_queued_messages().iter().all(|sent| !sent.queue.ends_with("/email")));
    stage.set_provider_answer(CallVerdict::Proceed);
    stage.run_watchdog().await;
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 1);
    assert_eq!(stage.list_pending("").await.states(), ["c-2 unknown"]);
    stage.post_action(&one, "retry").await.check(409, "no_longer_pending");
    for id in [one, two] {
        stage.post_action(&id, "drop").await.check(409, "voucher_issued");
    }
}

#[tokio::test]
async fn work_that_waits_for_its_hour_or_its_campaign_cannot_be_retried() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.plan_dispatch(&campaign, &["c-1"], add_milliseconds(noon(), HOUR)).await;
    let id = stage.pending_id("c-1").await;
    stage.post_action(&id, "retry").await.check(409, "waits_for_its_hour");
    stage.set_clock(add_milliseconds(noon(), HOUR));
    stage.apply_action(&campaign, CampaignAction::Pause).await;
    stage.post_action(&id, "retry").await.check(409, "campaign_paused");
    stage.apply_action(&campaign, CampaignAction::Cancel).await;
    stage.post_action(&id, "retry").await.check(409, "campaign_over");
    assert_eq!(stage.audit_lines(&campaign).await, [""; 0]);
}

#[tokio::test]
async fn a_dropped_match_is_never_sent_and_counts_as_skipped_when_its_dispatch_is_worked_on() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    for customer in ["c-1", "c-2", "c-3"] {
        stage.add_customer(customer).await;
    }
    let dispatch = stage
        .plan_dispatch(&campaign, &["c-1", "c-2", "c-3"], add_milliseconds(noon(), HOUR))
        .await;
    let id = stage.pending_id("c-2").await;
    for repeat in [false, true] {
        let answered = stage.post_action(&id, "drop").await;
        assert_eq!(
            (answered.status, &answered.body["repeat"]),
            (200, &repeat.into()),
            "{answered:?}"
        );
        assert_eq!(answered.body["occurrence"], "after.2026-10-02");
    }
    assert_eq!(stage.list_pending("").await.states(), ["c-1 waiting", "c-3 waiting"]);
    assert_eq!(stage.progress(&campaign).await.waiting(), 3, "counted when its dispatch ends");
    stage.set_clock(add_milliseconds(noon(), HOUR));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 2);
    let progress = stage.progress(&campaign).await;
    assert_eq!(progress.tally, OutcomeTally { issued: 2, skipped: 1, ..OutcomeTally::default() });
    assert!(progress.is_settled() && progress.selected == 3, "{progress:?}");
    let skipped = load_record(&stage, &dispatch, "c-2").await.unwrap();
    assert_eq!((skipped.status, skipped.skip), (VoucherStatus::Skipped, Some(SkipReason::Dropped)));
    assert_eq!(
        stage.post_action(&id, "drop").await.body["repeat"],
        true,
        "its dispatch has ended since"
    );
    stage.post_action(&id, "retry").await.check(409, "no_longer_pending");
    let audited = stage.audit_lines(&campaign).await;
    assert_eq!(audited, [format!("ada (s-1) drop {} is not sent", skipped.id)]);
}

/// The match is dropped while a worker that crashes holds the dispatch: the next worker finds the
/// record from the start.
#[tokio::test]
async fn a_match_dropped_under_a_lost_worker_counts_once() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.add_customer("c-1").await;
    let dispatch = stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.release().await;
    stage.memory.take_queued_messages();
    stage.store.lease_dispatch(&dispatch.key, noon(), 30).await.unwrap();
    let id = stage.pending_id("c-1").await;
    assert_eq!(stage.post_action(&id, "drop").await.status, 200);
    stage.set_clock(add_milliseconds(noon(), 6 * MINUTE));
    stage.run_watchdog().await;
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 0);
    let progress = stage.progress(&campaign).await;
    assert!(progress.is_settled() && progress.tally.skipped == 1, "{progress:?}");
}

#[tokio::test]
async fn what_is_dropped_and_then_cancelled_or_too_late_counts_once() {
    for (action, wait) in [(Some(CampaignAction::Cancel), HOUR), (None, 72 * HOUR)] {
        let stage = OperationsFixture::new();
        let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
        stage.add_customer("c-1").await;
        stage.add_customer("c-2").await;
        stage.plan_dispatch(&campaign, &["c-1", "c-2"], add_milliseconds(noon(), HOUR)).await;
        let id = stage.pending_id("c-1").await;
        assert_eq!(stage.post_action(&id, "drop").await.status, 200);
        if let Some(action) = action {
            stage.apply_action(&campaign, action).await;
        }
        stage.set_clock(add_milliseconds(noon(), wait));
        stage.release_and_deliver().await;
        let progress = stage.progress(&campaign).await;
        assert!(progress.is_settled() && progress.tally.skipped == 2, "{progress:?}");
        assert_eq!(stage.memory.take_provider_messages().len(), 0);
    }
}

/// The customer's consent has changed since planning: the customer moves to another dispatch, and
/// the record is found there.
#[tokio::test]
async fn a_dropped_match_that_moves_to_another_channel_counts_once() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms", "email"]).await;
    stage.add_email_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    assert_eq!(stage.post_action(&stage.pending_id("c-1").await, "drop").await.status, 200);
    stage.release_and_deliver().await;
    let progress = stage.progress(&campaign).await;
    assert_eq!((progress.open, progress.waiting()), (1, 1), "moved, and not yet counted");
    assert_eq!(stage.list_pending("").await.states(), [""; 0]);
    stage.release_and_deliver().await;
    let progress = stage.progress(&campaign).await;
    assert!(progress.is_settled() && progress.tally.skipped == 1, "{progress:?}");
    assert_eq!(stage.memory.take_provider_messages().len(), 0);
}

/// The dispatch of a cancelled campaign ends without a record for each customer. A late drop must
/// not add one.
#[tokio::test]
async fn what_ended_without_a_record_gets_none_by_a_late_drop() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.add_customer("c-1").await;
    let dispatch = stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    let id = stage.pending_id("c-1").await;
    stage.apply_action(&campaign, CampaignAction::Cancel).await;
    stage.release_and_deliver().await;
    assert!(stage.progress(&campaign).await.is_settled());
    for action in ["drop", "retry"] {
        stage.post_action(&id, action).await.check(409, "no_longer_pending");
    }
    assert_eq!(load_record(&stage, &dispatch, "c-1").await, None);
}

#[tokio::test]
async fn what_has_its_voucher_cannot_be_dropped() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    let planned = stage.pending_id("c-1").await;
    stage.set_provider_answer(CallVerdict::Throttle);
    stage.release_and_deliver().await;
    let retrying = stage.pending_id("c-1").await;
    assert_eq!(planned, retrying, "the same piece of work waits");
    stage.post_action(&planned, "drop").await.check(409, "voucher_issued");
    stage.post_action(&retrying, "drop").await.check(409, "voucher_issued");
    assert_eq!(stage.list_pending("").await.states(), ["c-1 retrying"]);
    assert_eq!(stage.audit_lines(&campaign).await, [""; 0]);
}

/// Runs a drop and a delivery concurrently, with their calls in many orders: one of them wins, and
/// the run closes either way.
#[tokio::test]
async fn a_drop_and_a_delivery_at_once_leave_one_outcome() {
    let (mut dropped, mut sent) = (0, 0);
    for seed in 0..60 {
        let dice = std::sync::Mutex::new(fastrand::Rng::with_seed(seed));
        let stage = OperationsFixture::with_pauses(move || dice.lock().unwrap().usize(0..12));
        let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
        stage.add_customer("c-1").await;
        stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
        stage.release().await;
        let id = stage.pending_id("c-1").await;
        let drop = async {
            for _ in 0..seed {
                tokio::task::yield_now().await;
            }
            stage.post_action(&id, "drop").await
        };
        let (answered, ()) = tokio::join!(drop, stage.deliver());
        let mail = stage.memory.take_provider_messages().len();
        let progress = stage.progress(&campaign).await;
        assert!(progress.is_settled(), "seed {seed}: {progress:?}");
        if answered.status == 200 {
            dropped += 1;
            assert_eq!(
                (mail, progress.tally.skipped, progress.tally.issued),
                (0, 1, 0),
                "seed {seed}"
            );
        } else {
            sent += 1;
            answered.check(409, "voucher_issued");
            assert_eq!(
                (mail, progress.tally.skipped, progress.tally.issued),
                (1, 0, 1),
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

#[tokio::test]
async fn viewers_look_and_only_marketers_act() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.plan_dispatch(&campaign, &["c-1"], add_milliseconds(noon(), HOUR)).await;
    let id = stage.pending_id("c-1").await;
    for action in ["retry", "drop"] {
        for group in ["viewer", "approver", "nobody"] {
            stage.post_action_as(group, &id, action).await.check(403, "forbidden");
        }
    }
    assert_eq!(stage.list_pending("").await.states(), ["c-1 waiting"]);
    assert_eq!(stage.post_action_as("admin", &id, "drop").await.status, 200);
}

#[tokio::test]
async fn what_is_not_an_id_or_names_nothing_open_is_unknown() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_autopilot("cmp_1", &["sms"]).await;
    stage.plan_dispatch(&campaign, &["c-1"], add_milliseconds(noon(), HOUR)).await;
    let id = stage.pending_id("c-1").await;
    let encoded = |text: &str| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(text)
    };
    let bad = [
        "nonsense".to_owned(),
        format!("{id}A"),
        "x".repeat(3_000),
        encoded("d#cmp_1.1#0#p00000000.000#c-2"),
        encoded("d#cmp_1.1#0#p00000009.000#c-1"),
        encoded("d#cmp_1.1#9#p00000000.000#c-1"),
        encoded("u#c-1#vch_00000000000000000000#sms#1"),
    ];
    for id in bad {
        for action in ["retry", "drop"] {
            stage.post_action(&id, action).await.check(404, "pending_trigger_unknown");
        }
    }
    assert_eq!(stage.list_pending("").await.states(), ["c-1 waiting"]);
}
