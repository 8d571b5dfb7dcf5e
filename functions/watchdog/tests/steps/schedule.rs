//! Tests of what only time causes: scheduled campaigns start when they are due, and autopilots end
//! when their end comes. They run on the in-memory AWS, with a clock that the test sets.

use domain::{
    Timestamp,
    campaign::lifecycle::{Campaign, CampaignAction, CampaignState},
    kernel::id::RunId,
};
use fake_aws::FakeAws;
use queue::{Queue, WakeNudge};
use runtime::{HandlerOutcome, clock::simulated};
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, StateTransition},
    conditional::Applied,
    delivery::segments::{new_autopilot_segments, new_segments},
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, definition, noon},
};
use watchdog::{WatchdogContext, handle_wake, look_after};

use crate::no_end;

pub const HOUR: i64 = 3_600_000;

pub struct ScheduleFixture {
    memory: FakeAws,
    pub context: WatchdogContext,
}

impl ScheduleFixture {
    pub fn new() -> Self {
        simulated::set_now(Some(noon()));
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
        let context = WatchdogContext {
            store,
            expansion: queue("expansion"),
            release: queue("release"),
            stalled_after_seconds: 90,
            expiries_at_once: 100,
            limits: domain::reporting::sender_health::SenderLimits::default(),
            zone: domain::TimeZone::UTC,
            recount_budget: std::time::Duration::from_secs(3_600),
        };
        Self { memory, context }
    }

    pub async fn launch_campaign(&self, id: &str, change: Value, to: CampaignState) -> Campaign {
        self.launch_draft(Campaign::draft(campaign_id(id), definition(change), "ada", noon()), to)
            .await
    }

    async fn launch_draft(&self, draft: Campaign, to: CampaignState) -> Campaign {
        let id = draft.id.as_str();
        let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
        self.context.store.create_campaign(&draft, id, &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let begins = draft.definition.schedule.starts_at.unwrap_or(noon());
        let segments = match draft.definition.trigger {
            Some(_) => new_autopilot_segments(&run, &draft.id, begins),
            None => new_segments(&run, &draft.id, 4, begins),
        };
        let launched = self
            .context
            .store
            .launch_campaign(&draft, to, &run, &segments, &change("launch"))
            .await
            .unwrap();
        assert_eq!(launched, Applied::Yes);
        draft
    }

    pub async fn run_watchdog_at(&self, now: Timestamp) {
        simulated::set_now(Some(now));
        assert_eq!(
            handle_wake(&self.context, &WakeNudge::now("test"), no_end()).await,
            HandlerOutcome::Done
        );
    }

    async fn campaign_state(&self, campaign: &Campaign) -> CampaignState {
        self.context.store.campaign_summary(&campaign.id).await.unwrap().unwrap().state
    }

    /// Returns the number of segment nudges since the last call.
    fn take_segment_nudges(&self) -> usize {
        self.memory
            .take_queued_messages()
            .iter()
            .filter(|sent| sent.queue.ends_with("/expansion"))
            .count()
    }
}

fn autopilot(schedule: Value) -> Value {
    json!({
        "kind": "autopilot", "schedule": schedule,
        "trigger": {"when": {"inactivity": {"days": 30}}, "cool_down_days": 60},
    })
}

#[tokio::test]
async fn a_scheduled_promotion_starts_at_its_time_and_is_expanded() {
    let stage = ScheduleFixture::new();
    let starts = json!({"schedule": {"starts_at": add_milliseconds(noon(), HOUR).to_string()}});
    let campaign = stage.launch_campaign("cmp_later", starts, CampaignState::Scheduled).await;
    stage.run_watchdog_at(add_milliseconds(noon(), HOUR - 1)).await;
    assert_eq!(
        (stage.campaign_state(&campaign).await, stage.take_segment_nudges()),
        (CampaignState::Scheduled, 0)
    );
    stage.run_watchdog_at(add_milliseconds(noon(), HOUR)).await;
    assert_eq!(
        (stage.campaign_state(&campaign).await, stage.take_segment_nudges()),
        (CampaignState::Running, 4)
    );
}

#[tokio::test]
async fn a_launch_that_can_still_be_undone_starts_when_it_no_longer_can() {
    let stage = ScheduleFixture::new();
    let draft = Campaign::draft(campaign_id("cmp_undo"), definition(json!({})), "ada", noon());
    let undo_until = Some(add_milliseconds(noon(), 60_000));
    let campaign =
        stage.launch_draft(Campaign { undo_until, ..draft }, CampaignState::Scheduled).await;
    stage.run_watchdog_at(add_milliseconds(noon(), 59_999)).await;
    assert_eq!(
        (stage.campaign_state(&campaign).await, stage.take_segment_nudges()),
        (CampaignState::Scheduled, 0)
    );
    stage.run_watchdog_at(add_milliseconds(noon(), 60_000)).await;
    assert_eq!(
        (stage.campaign_state(&campaign).await, stage.take_segment_nudges()),
        (CampaignState::Running, 4)
    );
}

/// The next round does what this one has no time for, and the watchdog still lives.
#[tokio::test]
async fn a_round_begins_no_step_that_it_cannot_end() {
    let stage = ScheduleFixture::new();
    let starts = json!({"schedule": {"starts_at": noon().to_string()}});
    let campaign = stage.launch_campaign("cmp_now", starts, CampaignState::Scheduled).await;
    simulated::set_now(Some(noon()));
    let soon = u64::try_from(add_milliseconds(noon(), 2_000).as_millisecond()).unwrap();
    let nudge = WakeNudge::now("test");
    let round =
        handle_wake(&stage.context, &nudge, runtime::clock::Deadline::from_millisecond(soon));
    assert_eq!(round.await, HandlerOutcome::Done);
    assert_eq!(stage.campaign_state(&campaign).await, CampaignState::Scheduled);
    stage.run_watchdog_at(add_milliseconds(noon(), 1_000)).await;
    assert_eq!(stage.campaign_state(&campaign).await, CampaignState::Running);
}

#[tokio::test]
async fn a_scheduled_autopilot_is_enabled_at_its_time_and_expands_nothing() {
    let stage = ScheduleFixture::new();
    let starts = autopilot(json!({"starts_at": add_milliseconds(noon(), HOUR).to_string()}));
    let campaign = stage.launch_campaign("cmp_later", starts, CampaignState::Scheduled).await;
    stage.run_watchdog_at(add_milliseconds(noon(), HOUR - 1)).await;
    assert_eq!(stage.campaign_state(&campaign).await, CampaignState::Scheduled);
    stage.run_watchdog_at(add_milliseconds(noon(), HOUR)).await;
    assert_eq!(
        (stage.campaign_state(&campaign).await, stage.take_segment_nudges()),
        (CampaignState::Enabled, 0)
    );
    // even days later it does not count as a stalled segment
    stage.run_watchdog_at(add_milliseconds(noon(), 72 * HOUR)).await;
    assert_eq!(stage.take_segment_nudges(), 0);
}

#[tokio::test]
async fn an_autopilot_ends_when_its_end_comes_and_one_without_never() {
    let stage = ScheduleFixture::new();
    let ends = autopilot(json!({"ends_at": add_milliseconds(noon(), 48 * HOUR).to_string()}));
    let ending = stage.launch_campaign("cmp_ending", ends, CampaignState::Enabled).await;
    let endless =
        stage.launch_campaign("cmp_endless", autopilot(json!({})), CampaignState::Enabled).await;
    stage.run_watchdog_at(add_milliseconds(noon(), 48 * HOUR - 1)).await;
    assert_eq!(stage.campaign_state(&ending).await, CampaignState::Enabled);
    stage.run_watchdog_at(add_milliseconds(noon(), 48 * HOUR)).await;
    assert_eq!(
        (stage.campaign_state(&ending).await, stage.campaign_state(&endless).await),
        (CampaignState::Ended, CampaignState::Enabled)
    );
    let ended = stage.context.store.campaign_summary(&ending.id).await.unwrap().unwrap();
    assert_eq!(ended.ended_at, Some(add_milliseconds(noon(), 48 * HOUR)));
}

#[tokio::test]
async fn unhealthy_campaigns_are_reported_without_a_request() {
    let stage = ScheduleFixture::new();
    let still = stage.launch_campaign("cmp_1", json!({}), CampaignState::Running).await;
    let fired = json!({"kind": "autopilot", "trigger": {"when": {"inactivity": {"days": 30}}, "cool_down_days": 60}});
    stage.launch_campaign("cmp_2", fired, CampaignState::Enabled).await;
    let unwell = async |minutes: i64| {
        look_after(&stage.context, add_milliseconds(noon(), minutes * 60_000)).await.unwrap()
    };
    assert_eq!(unwell(5).await, 0, "just launched");
    assert_eq!(unwell(10).await, 1, "no segment of the promotion has moved for ten minutes");
    assert_eq!(unwell(14).await, 0, "not looked at in between");
    assert_eq!(unwell(15).await, 2, "and nobody looked at the autopilot's calendar");
    let campaign = stage.context.store.campaign(&still.id).await.unwrap().unwrap();
    let change = AuditedChange { actor: "ada", action: "pause", note: "", at: noon() };
    let pause = StateTransition::from_campaign(&campaign, CampaignAction::Pause, noon()).unwrap();
    assert_eq!(
        stage.context.store.transition_campaign(&pause, &change).await.unwrap(),
        Applied::Yes
    );
    assert_eq!(unwell(20).await, 1, "who pauses it knows that it stands still");
}
