//! An autopilot's great day, thousands of dispatches due at once, on the AWS in memory and with a clock that the test moves: however many
//! match and however often a round is woken, no minute puts more than a minute of the channel's work on its queue, and nothing is left over.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    campaign::{Campaign, State},
    channel::Channel,
    contact_policy::ContactPolicy,
    dispatch::{Dispatch, DispatchKey, Firing, Purpose, Segment},
    id::{CustomerId, RunId},
};
use memory_aws::Memory;
use queue::{DispatchPointer, Queue};
use release_dispatches::{Context, Lane, release};
use runtime::clock::{Deadline, simulated};
use serde_json::json;
use store::{
    Store, Tables,
    control::{Change, Write},
    work::{PageWrite, always_on},
};
use testkit::{
    TestTables,
    builders::{campaign_id, customer_id, definition, later, noon},
};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// Dispatches of one page of the plan: a transaction takes 100 items.
const PAGE: usize = 90;

struct Stage {
    memory: Memory,
    context: Context,
    /// Customers of each dispatch, by its key.
    sizes: BTreeMap<String, u64>,
}

impl Stage {
    /// An autopilot with `count` dispatches due at noon, dispatch `n` with `size(n)` customers, on a channel that takes `per_second`.
    async fn new(per_second: u64, count: usize, size: impl Fn(usize) -> usize) -> Self {
        simulated::set(Some(noon()));
        let memory = Memory::new(testkit::schemas());
        let tables = TestTables::of(&memory);
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let trigger = json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300});
        let definition = definition(json!({"kind": "autopilot", "trigger": trigger}));
        let draft = Campaign::draft(campaign_id("cmp_auto"), definition, "ada", noon());
        let change = |action| Change { actor: "ada", action, note: "", at: noon() };
        store.create_campaign(&draft, "f", &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = always_on(&run, &draft.id, noon());
        let enabled = store.launch(&draft, State::Enabled, &run, &segments, &change("launch")).await.unwrap();
        assert_eq!(enabled, Write::Done);
        let queue = Queue::new(&tables.config, "http://memory/push");
        let lanes = vec![Lane { channel: Channel::Push, queue, per_second }];
        let context = Context { store, lanes, look_again_seconds: 300 };
        let mut stage = Self { memory, context, sizes: BTreeMap::new() };
        stage.plan(&draft, &run, count, size).await;
        stage
    }

    async fn plan(&mut self, campaign: &Campaign, run: &RunId, count: usize, size: impl Fn(usize) -> usize) {
        let trigger = campaign.definition.trigger.as_ref().unwrap();
        let firing = trigger.firing("2026-11-01".parse().unwrap()).unwrap();
        for first in (0..count).step_by(PAGE) {
            let before = self.context.store.segment(run, 0).await.unwrap().unwrap();
            let numbers = first..count.min(first + PAGE);
            let dispatches: Vec<Dispatch> =
                numbers.map(|number| dispatch(campaign, &before, number, size(number), &firing)).collect();
            let after =
                Segment { page: before.page + 1, open: before.open + dispatches.len() as u64, ..before.clone() };
            let written = self.context.store.write_page(&before, &after, &dispatches).await.unwrap();
            assert_eq!(written, PageWrite::Written);
            self.sizes.extend(dispatches.iter().map(|it| (it.key.name.clone(), it.size())));
        }
    }

    /// One round at `now`: the dispatches it put on the queue, each with its customers and its delay in seconds.
    async fn round(&self, now: Timestamp) -> Vec<(String, u64, u32)> {
        simulated::set(Some(now));
        let deadline = Deadline::from_millisecond(u64::try_from(now.as_millisecond()).unwrap() + 30_000);
        release(&self.context, deadline).await.unwrap();
        let sent = self.memory.take_sent().into_iter().map(|sent| {
            let pointer: DispatchPointer = serde_json::from_str(&sent.body).unwrap();
            let name = pointer.dispatch.name;
            let size = self.sizes[&name];
            (name, size, sent.delay_seconds)
        });
        sent.collect()
    }
}

fn dispatch(campaign: &Campaign, segment: &Segment, number: usize, size: usize, firing: &Firing) -> Dispatch {
    let key = DispatchKey::planned(&segment.run, segment.number, segment.page, number % PAGE);
    let ids: Vec<CustomerId> = (0..size).map(|one| customer_id(&format!("c-{number}-{one}"))).collect();
    let ready = Dispatch::ready(key, campaign.id.clone(), Channel::Push, Purpose::Planned, ids, noon());
    Dispatch { firing: Some(firing.clone()), ..ready }
}

#[tokio::test]
async fn a_day_of_many_thousand_matches_goes_out_a_minute_of_work_at_a_time() {
    const PER_SECOND: u64 = 50;
    const PER_MINUTE: u64 = PER_SECOND * 60;
    const DISPATCHES: usize = 5_000;
    const LARGEST: u64 = 50;
    // 1 to 50 customers, in an order that mixes large and small
    let stage = Stage::new(PER_SECOND, DISPATCHES, |number| 1 + number * 37 % 50).await;
    let all: u64 = stage.sizes.values().sum();
    let (mut released, mut minutes) = (BTreeMap::<String, u32>::new(), 0);
    while released.len() < DISPATCHES {
        let begins = later(noon(), minutes * MINUTE);
        let mut customers = 0;
        // the beat of the clock, and two nudges in the same minute
        for second in [2, 20, 59] {
            for (name, size, _) in stage.round(later(begins, second * SECOND)).await {
                customers += size;
                *released.entry(name).or_default() += 1;
            }
        }
        assert!(customers <= PER_MINUTE, "{customers} customers in minute {minutes}");
        let last = released.len() == DISPATCHES;
        assert!(last || customers > PER_MINUTE - LARGEST, "only {customers} customers in minute {minutes}");
        minutes += 1;
    }
    assert!(all > 40 * PER_MINUTE, "{all} customers are no great day");
    let at_best = i64::try_from(all.div_ceil(PER_MINUTE)).unwrap();
    assert!((at_best..=at_best + 1).contains(&minutes), "{minutes} minutes for {at_best} minutes of work");
    assert!(released.values().all(|times| *times == 1), "each is released once");
    assert_eq!(stage.round(later(noon(), minutes * MINUTE)).await, [], "nothing is left");
}

/// What the tenant sets counts from the next round on, within a minute too; what is not set is the deployment's.
#[tokio::test]
async fn a_rate_that_the_tenant_sets_is_kept_from_the_next_round_on() {
    const DEPLOYED: u64 = 50;
    let stage = Stage::new(DEPLOYED, 1_500, |_| 10).await;
    let set = async |version: u64, rates: serde_json::Value| {
        let policy: ContactPolicy = serde_json::from_value(json!({"rates": rates})).unwrap();
        assert_eq!(policy.check(), []);
        let written = stage.context.store.set_contact_policy(&policy, version, "ada", noon()).await.unwrap();
        assert_eq!(written, Write::Done);
    };
    let released = async |minute: i64, second: i64| -> u64 {
        stage.round(later(noon(), minute * MINUTE + second * SECOND)).await.iter().map(|(_, size, _)| size).sum()
    };
    assert_eq!(released(0, 1).await, 60 * DEPLOYED);
    set(0, json!({"push": 5})).await;
    assert_eq!(released(0, 20).await, 0, "this minute has had more than its share");
    let slow = stage.round(later(noon(), MINUTE)).await;
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

/// A page of the due index holds 500 dispatches: the second page's pointers come after the first page's, and not beside them.
#[tokio::test]
async fn a_round_of_several_pages_is_spread_over_the_whole_minute() {
    const PER_SECOND: u64 = 20;
    let stage = Stage::new(PER_SECOND, 1_200, |_| 1).await;
    let mut by_second = BTreeMap::<u32, u64>::new();
    for (_, size, delay) in stage.round(noon()).await {
        *by_second.entry(delay).or_default() += size;
    }
    let expected: BTreeMap<u32, u64> = (0..60).map(|second| (second, PER_SECOND)).collect();
    assert_eq!(by_second, expected);
}
