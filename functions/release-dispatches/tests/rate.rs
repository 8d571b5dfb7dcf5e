//! Tests of the release rate with thousands of dispatches of an autopilot due at once, on the
//! in-memory AWS and with a clock that the test sets. However many matches there are and however
//! often a round is woken, no minute puts more than a minute of the channel's work on its queue,
//! and nothing is left over.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use domain::{
    TimeZone, Timestamp,
    campaign::{
        lifecycle::{Campaign, CampaignState},
        trigger::TriggerFiring,
    },
    delivery::{
        contact_policy::ContactPolicy,
        dispatch::{Dispatch, DispatchKey, DispatchPurpose, Segment},
        lane::{LaneCause, LaneOpener},
        sender_fault::SenderFault,
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, RunId},
    },
};
use fake_aws::FakeAws;
use queue::{DispatchPointer, Queue};
use release_dispatches::{ChannelLane, ReleaseContext, release_due};
use runtime::clock::{Deadline, simulated};
use serde_json::json;
use store::{
    Store, TableNames, campaign::campaigns::AuditedChange, conditional::Applied,
    delivery::segments::new_autopilot_segments,
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, customer_id, definition, noon},
};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// Dispatches on one page of the plan: a transaction takes 100 items.
const PAGE: usize = 90;

struct ReleaseFixture {
    memory: FakeAws,
    context: ReleaseContext,
    /// The number of customers of each dispatch, by its key.
    sizes: BTreeMap<String, u64>,
}

impl ReleaseFixture {
    /// Creates an autopilot with `count` dispatches due at noon, dispatch `n` with `size(n)`
    /// customers, on a channel that takes `per_second`.
    async fn new(per_second: u64, count: usize, size: impl Fn(usize) -> usize) -> Self {
        simulated::set_now(Some(noon()));
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let trigger =
            json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300});
        let definition = definition(json!({"kind": "autopilot", "trigger": trigger}));
        let draft = Campaign::draft(campaign_id("cmp_auto"), definition, "ada", noon());
        let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
        store.create_campaign(&draft, "f", &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_autopilot_segments(&run, &draft.id, noon());
        let enabled = store
            .launch_campaign(&draft, CampaignState::Enabled, &run, &segments, &change("launch"))
            .await
            .unwrap();
        assert_eq!(enabled, Applied::Yes);
        let queue = Queue::new(&tables.config, "http://memory/push");
        let lanes = vec![ChannelLane { channel: Channel::Push, queue, per_second }];
        let context = ReleaseContext { store, lanes, watchdog_after_seconds: 300 };
        let mut stage = Self { memory, context, sizes: BTreeMap::new() };
        stage.plan_dispatches(&draft, &run, count, size).await;
        stage
    }

    async fn plan_dispatches(
        &mut self,
        campaign: &Campaign,
        run: &RunId,
        count: usize,
        size: impl Fn(usize) -> usize,
    ) {
        let trigger = campaign.definition.trigger.as_ref().unwrap();
        let firing = trigger.firing_on("2026-11-01".parse().unwrap()).unwrap();
        for first in (0..count).step_by(PAGE) {
            let before = self.context.store.segment(run, 0).await.unwrap().unwrap();
            let numbers = first..count.min(first + PAGE);
            let dispatches: Vec<Dispatch> = numbers
                .map(|number| planned_dispatch(campaign, &before, number, size(number), &firing))
                .collect();
            let after = Segment {
                page: before.page + 1,
                open: before.open + dispatches.len() as u64,
                ..before.clone()
            };
            let written =
                self.context.store.write_page(&before, &after, &dispatches).await.unwrap();
            assert_eq!(written, Applied::Yes);
            self.sizes.extend(dispatches.iter().map(|it| (it.key.name.clone(), it.size())));
        }
    }

    /// Runs one round at `now`. Returns the dispatches that it put on the queue, each with its
    /// customers and its delay in seconds.
    async fn run_round(&self, now: Timestamp) -> Vec<(String, u64, u32)> {
        simulated::set_now(Some(now));
        let deadline =
            Deadline::from_millisecond(u64::try_from(now.as_millisecond()).unwrap() + 30_000);
        release_due(&self.context, deadline).await.unwrap();
        let sent = self.memory.take_queued_messages().into_iter().map(|sent| {
            let pointer: DispatchPointer = serde_json::from_str(&sent.body).unwrap();
            let name = pointer.dispatch.name;
            let size = self.sizes[&name];
            (name, size, sent.delay_seconds)
        });
        sent.collect()
    }
}

fn planned_dispatch(
    campaign: &Campaign,
    segment: &Segment,
    number: usize,
    size: usize,
    firing: &TriggerFiring,
) -> Dispatch {
    let key = DispatchKey::planned(&segment.run, segment.number, segment.page, number % PAGE);
    let ids: Vec<CustomerId> =
        (0..size).map(|one| customer_id(&format!("c-{number}-{one}"))).collect();
    let ready = Dispatch::new_ready(
        key,
        campaign.id.clone(),
        Channel::Push,
        DispatchPurpose::Planned,
        ids,
        noon(),
    );
    Dispatch { firing: Some(firing.clone()), ..ready }
}

#[tokio::test]
async fn a_day_of_many_thousand_matches_goes_out_a_minute_of_work_at_a_time() {
    const PER_SECOND: u64 = 50;
    const PER_MINUTE: u64 = PER_SECOND * 60;
    const DISPATCHES: usize = 5_000;
    const LARGEST: u64 = 50;
    // 1 to 50 customers, in an order that mixes large and small
    let stage = ReleaseFixture::new(PER_SECOND, DISPATCHES, |number| 1 + number * 37 % 50).await;
    let all: u64 = stage.sizes.values().sum();
    let (mut released, mut minutes) = (BTreeMap::<String, u32>::new(), 0);
    while released.len() < DISPATCHES {
        let begins = add_milliseconds(noon(), minutes * MINUTE);
        let mut customers = 0;
        // one scheduled run and two nudges in the same minute
        for second in [2, 20, 59] {
            for (name, size, _) in stage.run_round(add_milliseconds(begins, second * SECOND)).await
            {
                customers += size;
                *released.entry(name).or_default() += 1;
            }
        }
        assert!(customers <= PER_MINUTE, "{customers} customers in minute {minutes}");
        let last = released.len() == DISPATCHES;
        assert!(
            last || customers > PER_MINUTE - LARGEST,
            "only {customers} customers in minute {minutes}"
        );
        minutes += 1;
    }
    assert!(all > 40 * PER_MINUTE, "{all} customers are no great day");
    let at_best = i64::try_from(all.div_ceil(PER_MINUTE)).unwrap();
    assert!(
        (at_best..=at_best + 1).contains(&minutes),
        "{minutes} minutes for {at_best} minutes of work"
    );
    assert!(released.values().all(|times| *times == 1), "each is released once");
    assert_eq!(
        stage.run_round(add_milliseconds(noon(), minutes * MINUTE)).await,
        [],
        "nothing is left"
    );
}

/// A rate that the tenant sets applies from the next round on, also within a minute. The
/// deployment's rate applies to a channel without one.
#[tokio::test]
async fn a_rate_that_the_tenant_sets_is_kept_from_the_next_round_on() {
    const DEPLOYED: u64 = 50;
    let stage = ReleaseFixture::new(DEPLOYED, 1_500, |_| 10).await;
    let set = async |version: u64, rates: serde_json::Value| {
        let policy: ContactPolicy = serde_json::from_value(json!({"rates": rates})).unwrap();
        assert_eq!(policy.check(), []);
        let written =
            stage.context.store.set_contact_policy(&policy, version, "ada", noon()).await.unwrap();
        assert_eq!(written, Applied::Yes);
    };
    let released = async |minute: i64, second: i64| -> u64 {
        stage
            .run_round(add_milliseconds(noon(), minute * MINUTE + second * SECOND))
            .await
            .iter()
            .map(|(_, size, _)| size)
            .sum()
    };
    assert_eq!(released(0, 1).await, 60 * DEPLOYED);
    set(0, json!({"push": 5})).await;
    assert_eq!(released(0, 20).await, 0, "this minute has had more than its share");
    let slow = stage.run_round(add_milliseconds(noon(), MINUTE)).await;
    assert_eq!(slow.iter().map(|(_, size, _)| size).sum::<u64>(), 60 * 5);
    let delays: Vec<u32> = slow.iter().map(|(_, _, delay)| *delay).collect();
    let spread: Vec<u32> = (0..30).map(|dispatch| dispatch * 2).collect();
    assert_eq!(delays, spread, "ten messages every two seconds");
    set(1, json!({"push": 100})).await;
    assert_eq!(released(1, 30).await, 60 * 95, "the rest of a minute at the new rate");
    set(2, json!({"sms": 1})).await;
    assert_eq!(released(2, 0).await, 60 * DEPLOYED, "another channel's rate is not this one's");
    assert_eq!(released(2, 30).await, 0);
}

/// A daily limit holds over rounds, minutes and pages, goes on with the tenant's next day, grows as its
/// ramp says, and limits no other channel.
#[tokio::test]
async fn a_daily_limit_is_kept_until_the_tenants_next_day() {
    const HOUR: i64 = 60 * MINUTE;
    let stage = ReleaseFixture::new(1_000, 300, |_| 10).await;
    let set = async |version: u64, limits: serde_json::Value| {
        let policy: ContactPolicy =
            serde_json::from_value(json!({"daily_limits": limits})).unwrap();
        assert_eq!(policy.check(), []);
        let written =
            stage.context.store.set_contact_policy(&policy, version, "ada", noon()).await.unwrap();
        assert_eq!(written, Applied::Yes);
    };
    let released = async |at: i64| -> u64 {
        stage.run_round(add_milliseconds(noon(), at)).await.iter().map(|(_, size, _)| size).sum()
    };
    let first_day = noon().to_zoned(TimeZone::UTC).date();
    let used = async || stage.context.store.released_on(Channel::Push, first_day).await.unwrap();
    let ramp = json!({"first_day": first_day, "messages": 205, "growth_percent": 100});
    set(0, json!({"push": {"messages": 1_000, "ramp": ramp}, "sms": {"messages": 50}})).await;
    assert_eq!(released(0).await, 200, "no dispatch is divided");
    assert_eq!((released(20 * SECOND).await, released(HOUR).await), (0, 0));
    assert_eq!(used().await, 200);
    // the day ends at midnight of the tenant, who is at UTC here
    assert_eq!(released(12 * HOUR - SECOND).await, 0);
    assert_eq!(released(12 * HOUR).await, 410);
    set(1, json!({"push": {"messages": 500}})).await;
    assert_eq!(released(13 * HOUR).await, 90, "a limit that was raised applies within the day");
    set(2, json!({})).await;
    assert_eq!(released(14 * HOUR).await, 3_000 - 200 - 410 - 90, "no limit, no waiting");
    assert_eq!(used().await, 200);
}

/// A page of the due index holds 500 dispatches. The pointers of the second page are delayed behind
/// those of the first.
#[tokio::test]
async fn a_round_of_several_pages_is_spread_over_the_whole_minute() {
    const PER_SECOND: u64 = 20;
    let stage = ReleaseFixture::new(PER_SECOND, 1_200, |_| 1).await;
    let mut by_second = BTreeMap::<u32, u64>::new();
    for (_, size, delay) in stage.run_round(noon()).await {
        *by_second.entry(delay).or_default() += size;
    }
    let expected: BTreeMap<u32, u64> = (0..60).map(|second| (second, PER_SECOND)).collect();
    assert_eq!(by_second, expected);
}

/// Behind a closed lane everything stays ready. When a probe is due one dispatch goes, and when the
/// lane is open all of them.
#[tokio::test]
async fn a_closed_lane_holds_back_all_but_a_probe() {
    let stage = ReleaseFixture::new(50, 20, |_| 3).await;
    let lane = stage.context.store.lane(Channel::Push).await.unwrap();
    let cause = LaneCause::Fault(SenderFault::PlatformDisabled);
    let closed = lane.close(cause, noon()).unwrap();
    let closed = stage.context.store.save_lane(&closed).await.unwrap().unwrap();
    let round =
        async |second: i64| stage.run_round(add_milliseconds(noon(), second * SECOND)).await.len();
    assert_eq!(round(30).await, 0, "no probe is due");
    assert_eq!(round(60).await, 1);
    let reserved = closed
        .begin_probe(add_milliseconds(noon(), MINUTE), add_milliseconds(noon(), 2 * MINUTE))
        .unwrap();
    let reserved = stage.context.store.save_lane(&reserved).await.unwrap().unwrap();
    assert_eq!(round(90).await, 0, "a worker asks");
    let opened = reserved.open(LaneOpener::Probe, add_milliseconds(noon(), 95 * SECOND)).unwrap();
    stage.context.store.save_lane(&opened).await.unwrap().unwrap();
    assert_eq!(round(120).await, 19);
}
