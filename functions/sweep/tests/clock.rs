//! What only the clock moves: scheduled campaigns start when it is time, autopilots end when theirs is over. On the AWS in memory and with
//! a clock that the test moves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use domain::{
    Timestamp,
    campaign::{Action, Campaign, State},
    id::RunId,
};
use memory_aws::Memory;
use queue::{Queue, Wake};
use runtime::{Handled, clock::simulated};
use serde_json::{Value, json};
use store::{
    Store, Tables,
    control::{Change, Step, Write},
    work::{always_on, new_segments},
};
use sweep::{Context, look_after, sweep};
use testkit::{
    TestTables,
    builders::{campaign_id, definition, later, noon},
};

const HOUR: i64 = 3_600_000;

struct Stage {
    memory: Memory,
    context: Context,
}

impl Stage {
    fn new() -> Self {
        simulated::set(Some(noon()));
        let memory = Memory::new(testkit::schemas());
        let tables = TestTables::of(&memory);
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
        let context = Context {
            store,
            expansion: queue("expansion"),
            release: queue("release"),
            stalled_after_seconds: 90,
            expiries_at_once: 100,
            limits: domain::sender_health::Limits::default(),
            zone: domain::TimeZone::UTC,
            recount_for: std::time::Duration::from_secs(3_600),
        };
        Self { memory, context }
    }

    async fn launched(&self, id: &str, change: Value, to: State) -> Campaign {
        let draft = Campaign::draft(campaign_id(id), definition(change), "ada", noon());
        let change = |action| Change { actor: "ada", action, note: "", at: noon() };
        self.context.store.create_campaign(&draft, id, &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let begins = draft.definition.schedule.starts_at.unwrap_or(noon());
        let segments = match draft.definition.trigger {
            Some(_) => always_on(&run, &draft.id, begins),
            None => new_segments(&run, &draft.id, 4, begins),
        };
        let launched = self.context.store.launch(&draft, to, &run, &segments, &change("launch")).await.unwrap();
        assert_eq!(launched, Write::Done);
        draft
    }

    async fn swept_at(&self, now: Timestamp) {
        simulated::set(Some(now));
        assert_eq!(sweep(&self.context, &Wake::now("test")).await, Handled::Done);
    }

    async fn state(&self, campaign: &Campaign) -> State {
        self.context.store.campaign_state(&campaign.id).await.unwrap().unwrap().state
    }

    /// Nudges of segments since the last look.
    fn expansions(&self) -> usize {
        self.memory.take_sent().iter().filter(|sent| sent.queue.ends_with("/expansion")).count()
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
    let stage = Stage::new();
    let starts = json!({"schedule": {"starts_at": later(noon(), HOUR).to_string()}});
    let campaign = stage.launched("cmp_later", starts, State::Scheduled).await;
    stage.swept_at(later(noon(), HOUR - 1)).await;
    assert_eq!((stage.state(&campaign).await, stage.expansions()), (State::Scheduled, 0));
    stage.swept_at(later(noon(), HOUR)).await;
    assert_eq!((stage.state(&campaign).await, stage.expansions()), (State::Running, 4));
}

#[tokio::test]
async fn a_scheduled_autopilot_is_enabled_at_its_time_and_expands_nothing() {
    let stage = Stage::new();
    let starts = autopilot(json!({"starts_at": later(noon(), HOUR).to_string()}));
    let campaign = stage.launched("cmp_later", starts, State::Scheduled).await;
    stage.swept_at(later(noon(), HOUR - 1)).await;
    assert_eq!(stage.state(&campaign).await, State::Scheduled);
    stage.swept_at(later(noon(), HOUR)).await;
    assert_eq!((stage.state(&campaign).await, stage.expansions()), (State::Enabled, 0));
    // days later it is no stalled segment either
    stage.swept_at(later(noon(), 72 * HOUR)).await;
    assert_eq!(stage.expansions(), 0);
}

#[tokio::test]
async fn an_autopilot_ends_when_its_end_comes_and_one_without_never() {
    let stage = Stage::new();
    let ends = autopilot(json!({"ends_at": later(noon(), 48 * HOUR).to_string()}));
    let ending = stage.launched("cmp_ending", ends, State::Enabled).await;
    let endless = stage.launched("cmp_endless", autopilot(json!({})), State::Enabled).await;
    stage.swept_at(later(noon(), 48 * HOUR - 1)).await;
    assert_eq!(stage.state(&ending).await, State::Enabled);
    stage.swept_at(later(noon(), 48 * HOUR)).await;
    assert_eq!((stage.state(&ending).await, stage.state(&endless).await), (State::Ended, State::Enabled));
    let ended = stage.context.store.campaign_state(&ending.id).await.unwrap().unwrap();
    assert_eq!(ended.ended_at, Some(later(noon(), 48 * HOUR)));
}

#[tokio::test]
async fn what_is_not_well_is_seen_without_anybody_asking() {
    let stage = Stage::new();
    let still = stage.launched("cmp_1", json!({}), State::Running).await;
    let fired = json!({"kind": "autopilot", "trigger": {"when": {"inactivity": {"days": 30}}, "cool_down_days": 60}});
    stage.launched("cmp_2", fired, State::Enabled).await;
    let unwell = async |minutes: i64| look_after(&stage.context, later(noon(), minutes * 60_000)).await.unwrap();
    assert_eq!(unwell(5).await, 0, "just launched");
    assert_eq!(unwell(10).await, 1, "no segment of the promotion has moved for ten minutes");
    assert_eq!(unwell(14).await, 0, "not looked at in between");
    assert_eq!(unwell(15).await, 2, "and nobody looked at the autopilot's calendar");
    let campaign = stage.context.store.campaign(&still.id).await.unwrap().unwrap();
    let change = Change { actor: "ada", action: "pause", note: "", at: noon() };
    let pause = Step::of_campaign(&campaign, Action::Pause, noon()).unwrap();
    assert_eq!(stage.context.store.transition(&pause, &change).await.unwrap(), Write::Done);
    assert_eq!(unwell(20).await, 1, "who pauses it knows that it stands still");
}
