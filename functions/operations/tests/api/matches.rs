//! Matches by events that nobody has looked at yet: listed, and given up before they are planned.

use domain::{campaign::Action, decision::SkipReason, dispatch::Tally, voucher::Status};
use testkit::builders::{customer_id, later, noon};

use crate::stage::{MINUTE, Stage};

fn skipped_one() -> Tally {
    Tally { skipped: 1, ..Tally::default() }
}

#[tokio::test]
async fn what_was_told_is_listed_until_it_is_planned_and_then_as_what_is_planned() {
    let stage = Stage::new();
    let campaign = stage.listener("cmp_1").await;
    stage.customer("c-1").await;
    stage.rated("c-1", "e1").await;
    let items = stage.list("").await.items();
    let expected = serde_json::json!({
        "id": items[0]["id"], "campaign_id": "cmp_1", "kind": "autopilot", "customer_id": "c-1", "occurrence": "event.e1",
        "matched_day": "2026-11-01", "state": "due", "reason": "planned within a minute, if they are in the audience",
        "until": "2026-11-01T12:00:00Z", "channel": null, "attempt": 1,
    });
    assert_eq!(items, [expected]);
    assert_eq!(stage.list("state=waiting").await.states(), [""; 0]);
    assert_eq!(stage.list("campaign=cmp_2").await.states(), [""; 0]);
    assert_eq!(stage.list("customer=c-1&state=due&campaign=cmp_1").await.states(), ["c-1 due"]);
    let id = stage.id_of("c-1").await;
    let answered = stage.act(&id, "retry").await;
    assert_eq!((answered.status, &answered.body["state"]), (200, &"due".into()), "looked at soon in any case");
    stage.scanned().await;
    let planned = stage.list("").await.items();
    assert_eq!((&planned[0]["state"], &planned[0]["channel"]), (&"due".into(), &"sms".into()));
    for action in ["retry", "drop"] {
        stage.act(&id, action).await.check(409, "no_longer_pending");
    }
    stage.released_and_delivered().await;
    assert_eq!(stage.list("").await.states(), [""; 0]);
    assert_eq!(stage.audited(&campaign).await, [""; 0]);
}

#[tokio::test]
async fn a_match_given_up_before_it_is_planned_is_counted_once_and_never_sent() {
    let stage = Stage::new();
    let campaign = stage.listener("cmp_1").await;
    stage.customer("c-1").await;
    stage.rated("c-1", "e1").await;
    let id = stage.id_of("c-1").await;
    let answered = stage.act(&id, "drop").await;
    assert_eq!((answered.status, &answered.body["repeat"]), (200, &false.into()), "{answered:?}");
    assert_eq!(stage.list("").await.states(), [""; 0]);
    // told again, it fires nothing more
    stage.rated("c-1", "e1").await;
    for _ in 0..2 {
        stage.scanned().await;
        stage.released_and_delivered().await;
    }
    assert_eq!(stage.memory.take_mail().len(), 0);
    let progress = stage.progress(&campaign).await;
    assert_eq!((progress.tally, progress.selected, progress.open), (skipped_one(), 1, 0));
    let records = stage.store.vouchers_of(&customer_id("c-1")).await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].status, records[0].skip), (Status::Skipped, Some(SkipReason::Dropped)));
    let again = stage.act(&id, "drop").await;
    assert_eq!((again.status, &again.body["repeat"]), (200, &true.into()), "{again:?}");
    let audited = stage.audited(&campaign).await;
    assert_eq!(audited.len(), 1, "{audited:?}");
    // another event is another match
    stage.rated("c-1", "e2").await;
    stage.scanned().await;
    stage.released_and_delivered().await;
    assert_eq!(stage.memory.take_mail().len(), 1, "what was given up is no voucher, and nothing cools down");
}

#[tokio::test]
async fn what_a_paused_or_ended_campaign_was_told_says_so() {
    let stage = Stage::new();
    let campaign = stage.listener("cmp_1").await;
    stage.customer("c-1").await;
    stage.step(&campaign, Action::Pause).await;
    stage.rated("c-1", "e1").await;
    let id = stage.id_of("c-1").await;
    stage.act(&id, "retry").await.check(409, "campaign_paused");
    assert_eq!(stage.act(&id, "drop").await.status, 200, "a pause keeps nobody from giving up");
    stage.rated("c-1", "e2").await;
    stage.step(&campaign, Action::Cancel).await;
    let items = stage.list("").await.items();
    assert!(items[0]["reason"].as_str().unwrap().starts_with("its campaign is over"), "{items:?}");
    stage.act(&stage.id_of("c-1").await, "retry").await.check(409, "campaign_over");
    stage.at(later(noon(), MINUTE));
    stage.scanned().await;
    stage.released_and_delivered().await;
    assert_eq!(stage.list("").await.states(), [""; 0]);
    let progress = stage.progress(&campaign).await;
    assert!(progress.settled(), "{progress:?}");
    assert_eq!(progress.tally, skipped_one());
}

/// A drop and the round that plans at once, in many orders of their calls: the customer has one outcome, and the run closes.
#[tokio::test]
async fn a_drop_and_a_plan_at_once_leave_one_outcome() {
    let (mut dropped, mut sent) = (0, 0);
    for seed in 0..60 {
        let dice = std::sync::Mutex::new(fastrand::Rng::with_seed(seed));
        let stage = Stage::with_pauses(move || dice.lock().unwrap().usize(0..12));
        let campaign = stage.listener("cmp_1").await;
        stage.customer("c-1").await;
        stage.rated("c-1", "e1").await;
        let id = stage.id_of("c-1").await;
        let drop = async {
            for _ in 0..seed {
                tokio::task::yield_now().await;
            }
            stage.act(&id, "drop").await
        };
        let (answered, ()) = tokio::join!(drop, stage.scanned());
        stage.released_and_delivered().await;
        let mail = stage.memory.take_mail().len();
        let progress = stage.progress(&campaign).await;
        assert!(progress.settled(), "seed {seed}: {progress:?}");
        if answered.status == 200 {
            dropped += 1;
            assert_eq!((mail, progress.tally), (0, skipped_one()), "seed {seed}");
        } else {
            sent += 1;
            answered.check(409, "no_longer_pending");
            assert_eq!((mail, progress.tally.issued, progress.tally.skipped), (1, 1, 0), "seed {seed}");
        }
        assert_eq!(stage.audited(&campaign).await.len(), usize::from(answered.status == 200), "seed {seed}");
    }
    assert!(dropped > 5 && sent > 5, "both happen: {dropped} dropped, {sent} sent");
}
