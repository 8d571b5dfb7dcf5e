//! Open matches as operators see and move them, with the functions that work on them, on the AWS in memory and with a clock that the
//! test moves.

use std::collections::BTreeSet;

use crate::stage::{HOUR, MINUTE, Stage};
use domain::{
    campaign::Action,
    decision::SkipReason,
    dispatch::Tally,
    id::VoucherId,
    voucher::{Status, Voucher},
};
use memory_aws::Verdict;
use store::vouchers::VoucherKey;
use testkit::builders::{customer_id, later, noon};

async fn record(stage: &Stage, dispatch: &domain::dispatch::Dispatch, customer: &str) -> Option<Voucher> {
    let customer = customer_id(customer);
    let voucher = VoucherId::derive(&dispatch.campaign, &customer, &dispatch.occurrence());
    stage.store.voucher(&VoucherKey { customer, voucher }).await.unwrap()
}

#[tokio::test]
async fn a_match_is_listed_with_what_it_waits_for_from_its_plan_to_its_end() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.customer("c-1").await;
    stage.planned(&campaign, &["c-1"], later(noon(), HOUR)).await;
    let items = stage.list("").await.items();
    let expected = serde_json::json!({
        "id": items[0]["id"], "campaign_id": "cmp_1", "kind": "autopilot", "customer_id": "c-1",
        "occurrence": "after.2026-10-02", "matched_day": "2026-11-01", "state": "waiting", "reason": "its hour is to come",
        "until": "2026-11-01T13:00:00Z", "channel": "sms", "attempt": 1,
    });
    assert_eq!(items, [expected]);
    stage.step(&campaign, Action::Pause).await;
    assert_eq!(stage.list("").await.states(), ["c-1 paused"]);
    stage.step(&campaign, Action::Resume).await;
    stage.at(later(noon(), HOUR));
    assert_eq!(stage.list("").await.states(), ["c-1 due"]);
    stage.release().await;
    let items = stage.list("").await.items();
    assert_eq!((&items[0]["state"], &items[0]["until"]), (&"sending".into(), &"2026-11-01T13:05:00Z".into()));
    stage.providers_say(Verdict::Throttle);
    stage.deliver().await;
    let items = stage.list("").await.items();
    assert_eq!((&items[0]["state"], &items[0]["attempt"]), (&"retrying".into(), &2.into()));
    assert_eq!(items.len(), 1);
    stage.providers_say(Verdict::ServerError);
    stage.at(later(noon(), HOUR + 10 * MINUTE));
    stage.released_and_delivered().await;
    let items = stage.list("").await.items();
    let shown = (&items[0]["state"], &items[0]["attempt"], &items[0]["until"]);
    assert_eq!(shown, (&"unknown".into(), &2.into(), &"2026-11-01T13:25:00Z".into()));
    stage.at(later(noon(), HOUR + 30 * MINUTE));
    stage.swept().await;
    assert_eq!(stage.list("").await.states(), [""; 0]);
}

#[tokio::test]
async fn a_promotions_open_work_is_listed_too() {
    let stage = Stage::new();
    let campaign = stage.promotion("cmp_1", &["sms"]).await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    let items = stage.list("").await.items();
    let shown = (&items[0]["kind"], &items[0]["occurrence"], &items[0]["matched_day"], &items[0]["state"]);
    assert_eq!(shown, (&"promotion".into(), &"cmp_1.1".into(), &serde_json::Value::Null, &"due".into()));
}

#[tokio::test]
async fn the_list_is_narrowed_by_campaign_customer_and_state() {
    let stage = Stage::new();
    let one = stage.autopilot("cmp_1", &["sms"]).await;
    let two = stage.promotion("cmp_2", &["email"]).await;
    stage.planned(&one, &["c-1", "c-2"], later(noon(), HOUR)).await;
    stage.planned(&two, &["c-1", "c-3"], noon()).await;
    assert_eq!(stage.list("").await.states(), ["c-1 waiting", "c-2 waiting", "c-1 due", "c-3 due"]);
    assert_eq!(stage.list("campaign=cmp_2").await.states(), ["c-1 due", "c-3 due"]);
    assert_eq!(stage.list("customer=c-1").await.states(), ["c-1 waiting", "c-1 due"]);
    assert_eq!(stage.list("state=waiting").await.states(), ["c-1 waiting", "c-2 waiting"]);
    assert_eq!(stage.list("state=due&customer=c-1&campaign=cmp_2").await.states(), ["c-1 due"]);
    assert_eq!(stage.list("state=unknown").await.states(), [""; 0]);
    assert_eq!(stage.list("campaign=cmp_none").await.states(), [""; 0]);
    for bad in ["state=lost", "campaign=a%23b", "customer=", "limit=0", "limit=101", "who=c-1"] {
        stage.list(bad).await.check(400, "invalid_query");
    }
}

#[tokio::test]
async fn pages_show_each_match_once_whatever_their_size() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    let other = stage.promotion("cmp_2", &["email"]).await;
    let mut expected = BTreeSet::new();
    for group in 0..3 {
        let names: Vec<String> = (0..17).map(|number| format!("c-{group}-{number:02}")).collect();
        let customers: Vec<&str> = names.iter().map(String::as_str).collect();
        stage.planned(&campaign, &customers, later(noon(), HOUR + group)).await;
        expected.extend(names.iter().map(|name| format!("{name} waiting")));
    }
    stage.planned(&other, &["c-9"], noon()).await;
    expected.insert("c-9 due".into());
    for limit in [1, 5, 17, 25, 100] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = stage.list(&format!("limit={limit}{cursor}")).await;
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
    let page = stage.list("limit=1").await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    stage.list(&format!("limit=1&state=waiting&cursor={cursor}")).await.check(400, "invalid_cursor");
    stage.list("cursor=nonsense").await.check(400, "invalid_cursor");
}

#[tokio::test]
async fn a_retry_brings_a_throttled_attempt_forward_once_however_often_it_is_pressed() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.customer("c-1").await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    stage.providers_say(Verdict::Throttle);
    stage.released_and_delivered().await;
    let waiting = stage.list("state=retrying").await.items();
    assert!(waiting[0]["until"].as_str().unwrap() > "2026-11-01T12:00:00Z", "{waiting:?}");
    let id = stage.id_of("c-1").await;
    stage.memory.take_sent();
    stage.providers_say(Verdict::Proceed);
    for _ in 0..2 {
        let answered = stage.act(&id, "retry").await;
        assert_eq!((answered.status, &answered.body["state"]), (200, &"retrying".into()), "{answered:?}");
        assert_eq!(answered.body["until"], "2026-11-01T12:00:00Z");
    }
    let nudged = stage.memory.take_sent();
    assert!(nudged.len() == 2 && nudged.iter().all(|sent| sent.queue.ends_with("/release")), "{nudged:?}");
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 1);
    assert_eq!(stage.list("").await.states(), [""; 0]);
    stage.act(&id, "retry").await.check(409, "no_longer_pending");
    let audited = stage.audited(&campaign).await;
    assert_eq!(audited.len(), 1, "{audited:?}");
    assert!(audited[0].starts_with("ada (s-1) retry vch_"), "{audited:?}");
}

#[tokio::test]
async fn a_release_whose_worker_did_not_come_back_is_tried_again_by_hand() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.customer("c-1").await;
    let dispatch = stage.planned(&campaign, &["c-1"], noon()).await;
    stage.release().await;
    stage.memory.take_sent();
    stage.store.take(&dispatch.key, noon(), 30).await.unwrap();
    let id = stage.id_of("c-1").await;
    stage.act(&id, "retry").await.check(409, "being_sent");
    stage.at(later(noon(), MINUTE));
    let answered = stage.act(&id, "retry").await;
    assert_eq!((answered.status, &answered.body["state"]), (200, &"due".into()), "{answered:?}");
    assert_eq!(stage.act(&id, "retry").await.status, 200);
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 1);
    assert!(stage.progress(&campaign).await.settled());
    assert_eq!(stage.audited(&campaign).await.len(), 1);
}

#[tokio::test]
async fn an_email_of_unknown_fate_is_repeated_at_once_by_hand_and_an_sms_never() {
    let stage = Stage::new();
    stage.customer("c-1").await;
    stage.customer("c-2").await;
    let email = stage.autopilot("cmp_1", &["email"]).await;
    let sms = stage.autopilot("cmp_2", &["sms"]).await;
    stage.planned(&email, &["c-1"], noon()).await;
    stage.planned(&sms, &["c-2"], noon()).await;
    stage.providers_say(Verdict::ServerError);
    stage.released_and_delivered().await;
    assert_eq!(stage.list("").await.states(), ["c-1 unknown", "c-2 unknown"]);
    let (one, two) = (stage.id_of("c-1").await, stage.id_of("c-2").await);
    stage.act(&two, "retry").await.check(409, "never_repeated");
    for _ in 0..2 {
        let answered = stage.act(&one, "retry").await;
        assert_eq!((answered.status, &answered.body["until"]), (200, &"2026-11-01T12:00:00Z".into()), "{answered:?}");
    }
    assert!(stage.memory.take_sent().iter().all(|sent| !sent.queue.ends_with("/email")));
    stage.providers_say(Verdict::Proceed);
    stage.swept().await;
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 1);
    assert_eq!(stage.list("").await.states(), ["c-2 unknown"]);
    stage.act(&one, "retry").await.check(409, "no_longer_pending");
    for id in [one, two] {
        stage.act(&id, "drop").await.check(409, "voucher_issued");
    }
}

#[tokio::test]
async fn what_waits_for_its_hour_or_its_campaign_is_not_hurried() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.planned(&campaign, &["c-1"], later(noon(), HOUR)).await;
    let id = stage.id_of("c-1").await;
    stage.act(&id, "retry").await.check(409, "waits_for_its_hour");
    stage.at(later(noon(), HOUR));
    stage.step(&campaign, Action::Pause).await;
    stage.act(&id, "retry").await.check(409, "campaign_paused");
    stage.step(&campaign, Action::Cancel).await;
    stage.act(&id, "retry").await.check(409, "campaign_over");
    assert_eq!(stage.audited(&campaign).await, [""; 0]);
}

#[tokio::test]
async fn a_dropped_match_is_never_sent_and_counts_as_skipped_when_its_dispatch_is_worked_on() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    for customer in ["c-1", "c-2", "c-3"] {
        stage.customer(customer).await;
    }
    let dispatch = stage.planned(&campaign, &["c-1", "c-2", "c-3"], later(noon(), HOUR)).await;
    let id = stage.id_of("c-2").await;
    for repeat in [false, true] {
        let answered = stage.act(&id, "drop").await;
        assert_eq!((answered.status, &answered.body["repeat"]), (200, &repeat.into()), "{answered:?}");
        assert_eq!(answered.body["occurrence"], "after.2026-10-02");
    }
    assert_eq!(stage.list("").await.states(), ["c-1 waiting", "c-3 waiting"]);
    assert_eq!(stage.progress(&campaign).await.waiting(), 3, "counted when its dispatch ends");
    stage.at(later(noon(), HOUR));
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 2);
    let progress = stage.progress(&campaign).await;
    assert_eq!(progress.tally, Tally { issued: 2, skipped: 1, ..Tally::default() });
    assert!(progress.settled() && progress.selected == 3, "{progress:?}");
    let skipped = record(&stage, &dispatch, "c-2").await.unwrap();
    assert_eq!((skipped.status, skipped.skip), (Status::Skipped, Some(SkipReason::Dropped)));
    assert_eq!(stage.act(&id, "drop").await.body["repeat"], true, "its dispatch has ended since");
    stage.act(&id, "retry").await.check(409, "no_longer_pending");
    let audited = stage.audited(&campaign).await;
    assert_eq!(audited, [format!("ada (s-1) drop {} is not sent", skipped.id)]);
}

/// Dropped in the hands of a worker that never comes back: its successor knows the record from the start.
#[tokio::test]
async fn a_match_dropped_under_a_lost_worker_counts_once() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.customer("c-1").await;
    let dispatch = stage.planned(&campaign, &["c-1"], noon()).await;
    stage.release().await;
    stage.memory.take_sent();
    stage.store.take(&dispatch.key, noon(), 30).await.unwrap();
    let id = stage.id_of("c-1").await;
    assert_eq!(stage.act(&id, "drop").await.status, 200);
    stage.at(later(noon(), 6 * MINUTE));
    stage.swept().await;
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 0);
    let progress = stage.progress(&campaign).await;
    assert!(progress.settled() && progress.tally.skipped == 1, "{progress:?}");
}

#[tokio::test]
async fn what_is_dropped_and_then_cancelled_or_too_late_counts_once() {
    for (action, wait) in [(Some(Action::Cancel), HOUR), (None, 72 * HOUR)] {
        let stage = Stage::new();
        let campaign = stage.autopilot("cmp_1", &["sms"]).await;
        stage.customer("c-1").await;
        stage.customer("c-2").await;
        stage.planned(&campaign, &["c-1", "c-2"], later(noon(), HOUR)).await;
        let id = stage.id_of("c-1").await;
        assert_eq!(stage.act(&id, "drop").await.status, 200);
        if let Some(action) = action {
            stage.step(&campaign, action).await;
        }
        stage.at(later(noon(), wait));
        stage.released_and_delivered().await;
        let progress = stage.progress(&campaign).await;
        assert!(progress.settled() && progress.tally.skipped == 2, "{progress:?}");
        assert_eq!(stage.memory.take_mail().len(), 0);
    }
}

/// Consent changed since it was planned: the customer moves to another dispatch, and the record is found there.
#[tokio::test]
async fn a_dropped_match_that_moves_to_another_channel_counts_once() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms", "email"]).await;
    stage.customer_by_email("c-1").await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    assert_eq!(stage.act(&stage.id_of("c-1").await, "drop").await.status, 200);
    stage.released_and_delivered().await;
    let progress = stage.progress(&campaign).await;
    assert_eq!((progress.open, progress.waiting()), (1, 1), "moved, and not yet counted");
    assert_eq!(stage.list("").await.states(), [""; 0]);
    stage.released_and_delivered().await;
    let progress = stage.progress(&campaign).await;
    assert!(progress.settled() && progress.tally.skipped == 1, "{progress:?}");
    assert_eq!(stage.memory.take_mail().len(), 0);
}

/// The dispatch of a cancelled campaign ends without a record for each customer: none may be added behind its back.
#[tokio::test]
async fn what_ended_without_a_record_gets_none_by_a_late_drop() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.customer("c-1").await;
    let dispatch = stage.planned(&campaign, &["c-1"], noon()).await;
    let id = stage.id_of("c-1").await;
    stage.step(&campaign, Action::Cancel).await;
    stage.released_and_delivered().await;
    assert!(stage.progress(&campaign).await.settled());
    for action in ["drop", "retry"] {
        stage.act(&id, action).await.check(409, "no_longer_pending");
    }
    assert_eq!(record(&stage, &dispatch, "c-1").await, None);
}

#[tokio::test]
async fn what_has_its_voucher_cannot_be_dropped() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.customer("c-1").await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    let planned = stage.id_of("c-1").await;
    stage.providers_say(Verdict::Throttle);
    stage.released_and_delivered().await;
    let retrying = stage.id_of("c-1").await;
    assert_ne!(planned, retrying, "another piece of work");
    stage.act(&planned, "drop").await.check(409, "voucher_issued");
    stage.act(&retrying, "drop").await.check(409, "voucher_issued");
    assert_eq!(stage.list("").await.states(), ["c-1 retrying"]);
    assert_eq!(stage.audited(&campaign).await, [""; 0]);
}

/// Drop and delivery at once, in many orders of their calls: one of them wins, and the run closes either way.
#[tokio::test]
async fn a_drop_and_a_delivery_at_once_leave_one_outcome() {
    let (mut dropped, mut sent) = (0, 0);
    for seed in 0..60 {
        let dice = std::sync::Mutex::new(fastrand::Rng::with_seed(seed));
        let stage = Stage::with_pauses(move || dice.lock().unwrap().usize(0..12));
        let campaign = stage.autopilot("cmp_1", &["sms"]).await;
        stage.customer("c-1").await;
        stage.planned(&campaign, &["c-1"], noon()).await;
        stage.release().await;
        let id = stage.id_of("c-1").await;
        let drop = async {
            for _ in 0..seed {
                tokio::task::yield_now().await;
            }
            stage.act(&id, "drop").await
        };
        let (answered, ()) = tokio::join!(drop, stage.deliver());
        let mail = stage.memory.take_mail().len();
        let progress = stage.progress(&campaign).await;
        assert!(progress.settled(), "seed {seed}: {progress:?}");
        if answered.status == 200 {
            dropped += 1;
            assert_eq!((mail, progress.tally.skipped, progress.tally.issued), (0, 1, 0), "seed {seed}");
        } else {
            sent += 1;
            answered.check(409, "voucher_issued");
            assert_eq!((mail, progress.tally.skipped, progress.tally.issued), (1, 0, 1), "seed {seed}");
        }
        assert_eq!(stage.audited(&campaign).await.len(), usize::from(answered.status == 200), "seed {seed}");
    }
    assert!(dropped > 5 && sent > 5, "both happen: {dropped} dropped, {sent} sent");
}

#[tokio::test]
async fn viewers_look_and_only_marketers_act() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.planned(&campaign, &["c-1"], later(noon(), HOUR)).await;
    let id = stage.id_of("c-1").await;
    for action in ["retry", "drop"] {
        for group in ["viewer", "approver", "nobody"] {
            stage.act_as(group, &id, action).await.check(403, "forbidden");
        }
    }
    assert_eq!(stage.list("").await.states(), ["c-1 waiting"]);
    assert_eq!(stage.act_as("admin", &id, "drop").await.status, 200);
}

#[tokio::test]
async fn what_is_not_an_id_or_names_nothing_open_is_unknown() {
    let stage = Stage::new();
    let campaign = stage.autopilot("cmp_1", &["sms"]).await;
    stage.planned(&campaign, &["c-1"], later(noon(), HOUR)).await;
    let id = stage.id_of("c-1").await;
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
            stage.act(&id, action).await.check(404, "pending_trigger_unknown");
        }
    }
    assert_eq!(stage.list("").await.states(), ["c-1 waiting"]);
}
