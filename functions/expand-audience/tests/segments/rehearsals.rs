//! Tests of a part of a rehearsal: what it counts beside what a launch plans, repeats, two workers,
//! continuations, and the end of one that is over.

use domain::{
    kernel::id::RehearsalId,
    reporting::rehearsal::{
        Rehearsal, RehearsalState, RehearsalSubject, RehearsedCampaign, counts::RehearsalCounts,
        fold_segments,
    },
};
use expand_audience::rehearse_segment;
use queue::RehearsalNudge;

use super::*;

impl SegmentFixture {
    async fn create_draft(&self, change: Value) -> Campaign {
        let draft = Campaign::draft(campaign_id("cmp_1"), definition(change), "ada", noon());
        let change = AuditedChange { actor: "ada", action: "create", note: "", at: noon() };
        self.context.store.create_campaign(&draft, "cmp_1", &change).await.unwrap();
        draft
    }

    async fn plan_rehearsal(&self, subject: RehearsalSubject, segments: u32) -> Rehearsal {
        let rehearsal = Rehearsal {
            id: RehearsalId::parse("reh_1").unwrap(),
            subject,
            fingerprint: "f".into(),
            others: vec![],
            segments,
            by: "ada".into(),
            started_at: noon(),
            launch_at: noon(),
            cancelled_at: None,
        };
        let planned = self.context.store.plan_rehearsal(&rehearsal).await.unwrap();
        assert_eq!(planned, Applied::Yes);
        rehearsal
    }

    async fn plan_draft(&self, draft: &Campaign, segments: u32) -> Rehearsal {
        let summary = self.context.store.campaign_summary(&draft.id).await.unwrap().unwrap();
        let named =
            RehearsedCampaign { campaign: draft.id.clone(), definition: summary.definition };
        self.plan_rehearsal(RehearsalSubject::Campaign(named), segments).await
    }

    async fn rehearse(&self, segment: u32, milliseconds: i64) -> HandlerOutcome {
        let nudge = RehearsalNudge { rehearsal: RehearsalId::parse("reh_1").unwrap(), segment };
        let end = add_milliseconds(runtime::clock::now(), milliseconds).as_millisecond();
        let deadline = Deadline::from_millisecond(u64::try_from(end).unwrap());
        rehearse_segment(&self.context, &nudge, deadline).await
    }

    async fn rehearsed(&self) -> (RehearsalState, RehearsalCounts) {
        let id = RehearsalId::parse("reh_1").unwrap();
        let progress = self.context.store.rehearsal_progress(&id).await.unwrap().unwrap();
        let now = runtime::clock::now();
        let state = progress.rehearsal.state(&progress.segments, now);
        (state, fold_segments(&progress.segments))
    }
}

#[tokio::test]
async fn everybody_is_counted_over_all_parts_and_a_launch_plans_as_many() {
    let stage = SegmentFixture::new();
    let definition = json!({
        "audience": {"everyone": null, "locale": {"any_of": ["en"]}},
        "channels": {"ladder": ["sms", "email"]},
    });
    let draft = stage.create_draft(definition.clone()).await;
    for number in 0..25 {
        let sms = if number % 3 == 0 { "denied" } else { "granted" };
        let locale = if number % 5 == 0 { "de" } else { "en" };
        stage.add_customer(&format!("c-{number}"), sms, locale).await;
    }
    stage.plan_draft(&draft, 3).await;
    for segment in 0..3 {
        assert_eq!(stage.rehearsed().await.0, RehearsalState::Running);
        assert_eq!(stage.rehearse(segment, LONG).await, HandlerOutcome::Done);
    }
    let (state, counts) = stage.rehearsed().await;
    assert_eq!((state, counts.scanned, counts.selected), (RehearsalState::Complete, 25, 20));
    assert_eq!(stage.dispatches(Sms).await.len(), 0, "a rehearsal plans nothing");

    let launched = SegmentFixture::new();
    let campaign = launched.launch_campaign(definition).await;
    for number in 0..25 {
        let sms = if number % 3 == 0 { "denied" } else { "granted" };
        let locale = if number % 5 == 0 { "de" } else { "en" };
        launched.add_customer(&format!("c-{number}"), sms, locale).await;
    }
    launched.expand(&campaign, LONG).await;
    let planned = [launched.planned(Sms).await as u64, launched.planned(Email).await as u64];
    assert_eq!(planned, [counts.channels[&Sms], counts.channels[&Email]]);
    assert_eq!(launched.segment(&campaign).await.selected, counts.selected);
}

#[tokio::test]
async fn a_repeated_message_and_a_second_worker_count_nobody_twice() {
    let stage = SegmentFixture::new();
    let draft = stage.create_draft(json!({"channels": {"ladder": ["sms"]}})).await;
    stage.add_customers(25).await;
    stage.plan_draft(&draft, 1).await;
    let both = futures::join!(stage.rehearse(0, LONG), stage.rehearse(0, LONG));
    assert_eq!(both, (HandlerOutcome::Done, HandlerOutcome::Done));
    assert_eq!(stage.rehearsed().await.1.selected, 25);
    assert_eq!(stage.rehearse(0, LONG).await, HandlerOutcome::Done);
    let (state, counts) = stage.rehearsed().await;
    assert_eq!((state, counts.scanned, counts.treated), (RehearsalState::Complete, 25, 25));
}

#[tokio::test]
async fn a_rehearsal_that_is_over_is_ended_and_its_counts_stay_apart() {
    for cancelled in [true, false] {
        let stage = SegmentFixture::new();
        let draft = stage.create_draft(json!({})).await;
        stage.add_customers(3).await;
        let rehearsal = stage.plan_draft(&draft, 2).await;
        assert_eq!(stage.rehearse(0, LONG).await, HandlerOutcome::Done);
        let store = &stage.context.store;
        let expected = if cancelled {
            let first = store.cancel_rehearsal(&rehearsal, noon()).await.unwrap();
            let again = store.cancel_rehearsal(&rehearsal, noon()).await.unwrap();
            assert_eq!((first, again), (Applied::Yes, Applied::Conflict));
            RehearsalState::Cancelled
        } else {
            simulated::set_now(Some(add_milliseconds(noon(), 6 * HOUR)));
            RehearsalState::Abandoned
        };
        assert_eq!(stage.rehearse(1, LONG).await, HandlerOutcome::Done);
        assert_eq!(stage.rehearsed().await.0, expected);
        let late = add_milliseconds(noon(), 100 * HOUR);
        assert!(store.stalled_rehearsals(late).await.unwrap().is_empty(), "nothing is left to do");
    }
}

#[tokio::test]
async fn a_part_without_time_is_found_by_the_watchdog_and_one_of_a_deleted_draft_ends() {
    let stage = SegmentFixture::new();
    stage.add_customers(3).await;
    let gone = RehearsedCampaign { campaign: campaign_id("cmp_9"), definition: 1 };
    let rehearsal = stage.plan_rehearsal(RehearsalSubject::Campaign(gone), 1).await;
    let store = &stage.context.store;
    let later = add_milliseconds(noon(), HOUR);
    let stalled = store.stalled_rehearsals(later).await.unwrap();
    assert_eq!(stalled, [(rehearsal.id.clone(), 0)]);
    assert_eq!(stage.rehearse(0, LONG).await, HandlerOutcome::Done);
    assert_eq!(stage.rehearsed().await.0, RehearsalState::Abandoned);
    assert!(store.stalled_rehearsals(later).await.unwrap().is_empty());
    assert_eq!(store.plan_rehearsal(&rehearsal).await.unwrap(), Applied::Conflict);
    let listed = store.list_rehearsals(Some(&campaign_id("cmp_9")), None).await.unwrap();
    assert_eq!(listed.len(), 1);
    let before = add_milliseconds(noon(), -1);
    assert!(store.list_rehearsals(None, Some(before)).await.unwrap().is_empty());
}
