//! One voucher, one endpoint, a receiver behind it, and a queue that hands everything over when the test says so.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    announcement::{About, Hook, HookStanding, Telling, What},
    channel::Channel,
    id::{EventId, HookId, VoucherId},
};
use memory_aws::{Gate, Memory, Verdict};
use outbound::{Caller, Policy};
use queue::Queue;
use runtime::{
    SqsEvent,
    clock::{Deadline, simulated},
};
use secrets::{Master, Secrets};
use send_webhooks::{Context, Resting, handle, tell};
use serde_json::json;
use store::{
    Store, Tables,
    hooks::Saved,
    issue::Issued,
    tellings::{Moved, SHARDS},
};
use testkit::{
    TestTables,
    builders::{campaign_id, definition, later, noon, voucher},
};

use crate::receiver::{Received, Receiver};

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
/// What is left for a call: an invocation's time less the margin for recording.
pub const CALL: Duration = Duration::from_millis(400);
const INVOCATION: i64 = 60 * SECOND;
const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

pub struct Stage {
    pub store: Store,
    pub receiver: Receiver,
    memory: Memory,
    context: Context,
    dead: Queue,
    voucher: VoucherId,
    fails: Arc<Mutex<bool>>,
}

impl Stage {
    /// This machine may be called, as on a local stack.
    pub async fn new() -> Self {
        Self::with("127.0.0.1").await
    }
    /// As in the cloud: no private host.
    pub async fn cloud() -> Self {
        Self::with("").await
    }

    async fn with(private: &str) -> Self {
        simulated::set(Some(noon()));
        let fails = Arc::new(Mutex::new(false));
        let said = fails.clone();
        let gate: Gate = Arc::new(move |call| {
            let fail = *said.lock().unwrap() && call.service == "dynamodb";
            Box::pin(async move { if fail { Verdict::Throttle } else { Verdict::Proceed } })
        });
        let memory = Memory::gated(testkit::schemas(), gate);
        memory.set_secret("signing", SECRET);
        let tables = TestTables::of(&memory);
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let context = Context {
            store: store.clone(),
            webhooks: Queue::new(&tables.config, "http://memory/webhooks"),
            secrets: Secrets::new(&tables.config),
            signing_secret: "signing".into(),
            caller: Caller::new(Policy::new(private)),
            resting: Resting::default(),
            spread: || 0,
        };
        let receiver = Receiver::listening().await;
        let issued = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", Channel::Push);
        assert!(matches!(store.issue(&issued).await.unwrap(), Issued::First));
        let hook = Hook {
            id: HookId::parse("app").unwrap(),
            url: receiver.url.clone(),
            events: [].into(),
            standing: HookStanding::Enabled,
            key_id: "key-1".into(),
            rotation: 0,
            rotated_at: None,
            created_at: noon(),
            updated_at: noon(),
            version: 1,
        };
        assert_eq!(store.save_hook(&hook, None).await.unwrap(), Saved::Saved);
        let dead = Queue::new(&tables.config, "http://memory/dead");
        Self { store, receiver, memory, context, dead, voucher: issued.id, fails }
    }

    /// So many milliseconds after noon.
    pub fn at(&self, milliseconds: i64) {
        simulated::set(Some(later(noon(), milliseconds)));
    }
    pub fn voucher(&self) -> &VoucherId {
        &self.voucher
    }
    pub fn store_fails(&self, fails: bool) {
        *self.fails.lock().unwrap() = fails;
    }
    pub fn event(&self, what: What) -> EventId {
        let voucher = self.voucher.as_str().trim_start_matches("vch_");
        EventId::parse(&format!("evt_{voucher}_{}", what.name().trim_start_matches("voucher."))).unwrap()
    }

    fn telling(&self, what: What) -> Telling {
        let about = About { customer: testkit::builders::customer_id("c-1"), voucher: self.voucher.clone() };
        Telling {
            hook: HookId::parse("app").unwrap(),
            event: self.event(what),
            what,
            about: (what != What::Test).then_some(about),
            at: noon(),
            attempt: 1,
        }
    }
    pub fn pointer(&self, what: What) -> String {
        serde_json::to_string(&self.telling(what)).unwrap()
    }

    /// The first try, as from the stream.
    pub async fn tell(&self, what: What) {
        self.tell_as(&self.telling(what)).await;
    }

    pub async fn tell_as(&self, telling: &Telling) {
        let deadline = deadline();
        let margin = deadline.remaining().saturating_sub(CALL);
        assert_eq!(tell(&self.context, telling, deadline, margin).await, runtime::Handled::Done);
    }

    /// The clock beats: what is due is handed out, and all that is on the queue and not delayed any more is told.
    pub async fn tick(&self) {
        let mut waiting = self.memory.take_sent();
        waiting.retain(|sent| sent.queue.ends_with("/webhooks"));
        let bodies: Vec<String> = waiting.into_iter().map(|sent| sent.body).collect();
        let now = runtime::clock::now();
        for body in &bodies {
            let telling: Telling = serde_json::from_str(body).unwrap();
            let kept = self.store.kept_telling(&telling.hook, &telling.event).await.unwrap();
            // the queue's delay, by the clock of the test: what is kept is looked at LOST_AFTER its pointer
            let due = kept.filter(|kept| kept.telling == telling).map(|kept| later(kept.due_at, -15 * MINUTE));
            if due.is_none_or(|due| due <= now) {
                self.tell_as(&telling).await;
            } else {
                self.context.webhooks.send(&telling).await.unwrap();
            }
        }
        let put_back = self.memory.take_sent();
        assert_eq!(self.batch(&[r#"{"wake":"schedule"}"#.to_owned()]).await, [""; 0]);
        for sent in self.memory.take_sent() {
            self.tell_as(&serde_json::from_str(&sent.body).unwrap()).await;
        }
        for sent in put_back {
            self.context.webhooks.send(&serde_json::from_str::<Telling>(&sent.body).unwrap()).await.unwrap();
        }
    }

    /// Whatever is on the queue is no more.
    pub fn lose_messages(&self) -> usize {
        self.memory.take_sent().len()
    }

    /// The ids of what should come again.
    pub async fn batch(&self, bodies: &[String]) -> Vec<String> {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| json!({"messageId": index.to_string(), "body": body}))
            .collect();
        let event: SqsEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        let answer = handle(&self.context, &self.dead, event, deadline()).await;
        answer.batch_item_failures.into_iter().map(|item| item.item_identifier).collect()
    }
    pub fn parked(&self) -> Vec<String> {
        let sent = self.memory.take_sent().into_iter();
        sent.filter(|sent| sent.queue.ends_with("/dead")).map(|sent| sent.body).collect()
    }

    pub async fn hook(&self) -> Hook {
        self.store.hook(&HookId::parse("app").unwrap()).await.unwrap().unwrap()
    }
    pub async fn change(&self, change: impl FnOnce(&mut Hook)) {
        let mut hook = self.hook().await;
        let before = hook.version;
        change(&mut hook);
        hook.version += 1;
        assert_eq!(self.store.save_hook(&hook, Some(before)).await.unwrap(), Saved::Saved);
    }

    pub async fn kept(&self, what: What) -> Telling {
        let hook = HookId::parse("app").unwrap();
        self.store.kept_telling(&hook, &self.event(what)).await.unwrap().unwrap().telling
    }

    /// Milliseconds after noon when the event that waits is tried next.
    pub async fn next_try(&self) -> Option<i64> {
        let mut due = Vec::new();
        for shard in 0..SHARDS {
            due.extend(self.store.due_tellings(shard, later(noon(), 1_000 * HOUR), 100, None).await.unwrap().0);
        }
        let kept = due.pop()?;
        assert!(due.is_empty(), "one event at a time: {due:?}");
        let at = kept.due_at.as_millisecond() - noon().as_millisecond();
        // the second try is on the queue, and looked after in case that is lost
        Some(if kept.telling.attempt == 2 { at - 15 * MINUTE } else { at })
    }

    /// As an operator's redrive does it.
    pub async fn redriven(&self) -> usize {
        let (letters, _) = self.store.dead_letters(&HookId::parse("app").unwrap(), 100, None).await.unwrap();
        let mut redriven = 0;
        for letter in &letters {
            redriven += usize::from(self.store.redrive(letter, runtime::clock::now()).await.unwrap() == Moved::Moved);
        }
        redriven
    }

    /// What is kept, in words: `issued as 2, 500 not_taken; dead: ...`.
    pub async fn left(&self) -> String {
        let stage = |what: What| what.name().trim_start_matches("voucher.").to_owned();
        let client = TestTables::of(&self.memory).client;
        let table = testkit::schemas().into_iter().find(|schema| schema.name.contains("Work")).unwrap().name;
        let items = client.scan().table_name(table).send().await.unwrap().items.unwrap();
        let text = |item: &std::collections::HashMap<String, testkit::AttributeValue>, name: &str| {
            item.get(name).and_then(|value| value.as_s().or(value.as_n()).ok().cloned()).unwrap_or_default()
        };
        let mut words: Vec<String> = items
            .iter()
            .map(|item| {
                let what = stage(What::parse(&text(item, "what")).unwrap());
                let why = format!("{} {}", text(item, "status"), text(item, "reason"));
                let (attempt, why) = (text(item, "attempt"), why.trim().to_owned());
                if text(item, "pk").starts_with("dead#") {
                    format!("dead: {what} after {attempt}, {why}")
                } else {
                    format!("{what} as {attempt}, {why}")
                }
            })
            .collect();
        words.sort();
        words.join("; ")
    }

    async fn secret(&self, rotation: u32) -> String {
        let config = self.memory.config();
        let master: Master = Secrets::new(&config).master("signing").await.unwrap();
        master.endpoint(&self.hook().await.key_id, rotation).unwrap().shown()
    }

    /// Whether one of the signatures is what the library of the Standard Webhooks project makes of it, with the secret as it is shown to
    /// an operator. (Its `verify` would ask the machine's clock.)
    pub async fn verifies(&self, received: &Received, rotation: u32) -> bool {
        let theirs = standardwebhooks::Webhook::new(&self.secret(rotation).await).unwrap();
        let at: i64 = received.header("webhook-timestamp").parse().unwrap();
        let expected = theirs.sign(received.header("webhook-id"), at, &received.body).unwrap();
        received.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
    pub async fn verified(&self, received: &Received, rotations: &[u32]) {
        for rotation in rotations {
            assert!(self.verifies(received, *rotation).await, "rotation {rotation}");
        }
        let mut changed = received.clone();
        changed.body.push(b' ');
        assert!(!self.verifies(&changed, rotations[0]).await, "another body must not verify");
    }
}

fn deadline() -> Deadline {
    let at = later(runtime::clock::now(), INVOCATION).as_millisecond();
    Deadline::from_millisecond(u64::try_from(at).unwrap())
}
