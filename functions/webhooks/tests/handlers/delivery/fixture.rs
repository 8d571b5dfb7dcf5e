//! The test fixture: one voucher, one endpoint with a receiver behind it, and a queue that delivers
//! when the test says so.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use channels::office_mail::OfficeMailer;
use domain::{
    delivery::notices::{NoticeKind, NoticeSettings},
    kernel::{
        audit_kind::AuditKind,
        channel::Channel,
        id::{EventId, VoucherId, WebhookEndpointId},
    },
    voucher::webhook_event::{
        EndpointState, EventDelivery, EventSubject, EventType, WebhookEndpoint,
    },
};
use fake_aws::{CallGate, CallVerdict, FakeAws, ProviderMessage};
use queue::Queue;
use runtime::{
    SqsEvent,
    clock::{Deadline, simulated},
};
use secrets::{MasterSecret, Secrets};
use serde_json::json;
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditLogQuery, AuditedChange, settings::SettingName},
    conditional::Applied,
    voucher::issue::IssueResult,
    webhooks::deliveries::DELIVERY_SHARDS,
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, definition, noon, voucher},
};
use webhook_client::{AddressPolicy, WebhookClient};
use webhooks::deliver::{CircuitBreaker, SenderContext, deliver_event, handle};

use super::receiver::{ReceivedRequest, TestReceiver};

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
/// The time left for a call: an invocation's time less the margin for recording.
pub const CALL: Duration = Duration::from_millis(400);
const INVOCATION: i64 = 60 * SECOND;
const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

pub struct SenderFixture {
    pub store: Store,
    pub receiver: TestReceiver,
    memory: FakeAws,
    context: SenderContext,
    dead: Queue,
    voucher: VoucherId,
    fails: Arc<Mutex<bool>>,
}

impl SenderFixture {
    /// Builds the fixture of a local stack, which may call this machine.
    pub async fn new() -> Self {
        Self::with("127.0.0.1").await
    }
    /// Builds the fixture of the cloud, which may call no private host.
    pub async fn cloud() -> Self {
        Self::with("").await
    }

    async fn with(private: &str) -> Self {
        simulated::set_now(Some(noon()));
        let fails = Arc::new(Mutex::new(false));
        let failing = fails.clone();
        let gate: CallGate = Arc::new(move |call| {
            let fail = *failing.lock().unwrap() && call.service == "dynamodb";
            Box::pin(async move { if fail { CallVerdict::Throttle } else { CallVerdict::Proceed } })
        });
        let memory = FakeAws::with_gate(testkit::table_schemas(), gate);
        memory.set_secret("signing", SECRET);
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let context = SenderContext {
            store: store.clone(),
            webhooks: Queue::new(&tables.config, "http://memory/webhooks"),
            secrets: Secrets::new(&tables.config),
            signing_secret: "signing".into(),
            caller: WebhookClient::new(AddressPolicy::new(private)),
            mailer: OfficeMailer::new(&tables.config, "offers@example.com".into()),
            circuit_breaker: CircuitBreaker::default(),
            jitter: || 0,
        };
        let receiver = TestReceiver::listening().await;
        let issued = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", Channel::Push);
        assert!(matches!(store.issue_voucher(&issued).await.unwrap(), IssueResult::First));
        let hook = WebhookEndpoint {
            id: WebhookEndpointId::parse("app").unwrap(),
            url: receiver.url.clone(),
            events: [].into(),
            state: EndpointState::Enabled,
            key_id: "key-1".into(),
            rotation: 0,
            rotated_at: None,
            created_at: noon(),
            updated_at: noon(),
            version: 1,
        };
        assert_eq!(store.save_webhook_endpoint(&hook, None).await.unwrap(), Applied::Yes);
        let dead = Queue::new(&tables.config, "http://memory/dead");
        Self { store, receiver, memory, context, dead, voucher: issued.id, fails }
    }

    /// Sets the clock to so many milliseconds after noon.
    pub fn set_time(&self, milliseconds: i64) {
        simulated::set_now(Some(add_milliseconds(noon(), milliseconds)));
    }
    pub fn voucher(&self) -> &VoucherId {
        &self.voucher
    }
    pub fn set_store_failing(&self, fails: bool) {
        *self.fails.lock().unwrap() = fails;
    }
    pub fn event(&self, what: EventType) -> EventId {
        let voucher = self.voucher.as_str().trim_start_matches("vch_");
        EventId::parse(&format!("evt_{voucher}_{}", what.name().trim_start_matches("voucher.")))
            .unwrap()
    }

    /// Has the receiver told of these kinds from a moment on, in milliseconds after noon.
    pub async fn set_chat(&self, kinds: &[NoticeKind], since: i64) {
        let settings = NoticeSettings {
            chat_url: Some(self.receiver.url.clone()),
            kinds: kinds.to_vec(),
            emails: vec![],
        };
        self.save_notices(&settings, since).await;
    }
    /// Saves who is told and of what, for what happens from a moment on.
    pub async fn save_notices(&self, settings: &NoticeSettings, since: i64) {
        let at = add_milliseconds(noon(), since);
        let change = AuditedChange { actor: "ada", action: "set", note: "", at };
        let saved = self.store.save_setting(SettingName::Notices, 0, settings, &change).await;
        assert_eq!(saved.unwrap(), Applied::Yes);
    }
    /// Records an act of the system at a moment, in milliseconds after noon.
    pub async fn record(&self, kind: AuditKind, subject: &str, action: &str, after_noon: i64) {
        let at = add_milliseconds(noon(), after_noon);
        let change = AuditedChange { actor: "system", action, note: "", at };
        self.store.record_act(kind, subject, &change).await.unwrap();
    }
    /// Returns the recipient, the subject and the text of the e-mails sent since the last call.
    pub fn emails(&self) -> Vec<ProviderMessage> {
        self.memory.take_provider_messages()
    }
    /// Returns the reasons for which the chat was not told, as the log has them.
    pub async fn failed_notices(&self) -> Vec<String> {
        let log = self.store.list_audit_log(&AuditLogQuery::default(), None, 100).await.unwrap();
        let failed = log.records.into_iter().filter(|it| it.record.action == "notice_failed");
        failed.map(|it| it.record.note).collect()
    }

    fn event_delivery(&self, what: EventType) -> EventDelivery {
        let about = EventSubject {
            customer: testkit::builders::customer_id("c-1"),
            voucher: self.voucher.clone(),
        };
        EventDelivery {
            hook: WebhookEndpointId::parse("app").unwrap(),
            event: self.event(what),
            what,
            about: (what != EventType::Test).then_some(about),
            at: noon(),
            attempt: 1,
        }
    }
    pub fn queue_message(&self, what: EventType) -> String {
        serde_json::to_string(&self.event_delivery(what)).unwrap()
    }

    /// Delivers an event for the first time, as from the stream.
    pub async fn deliver_first(&self, what: EventType) {
        self.deliver(&self.event_delivery(what)).await;
    }

    pub async fn deliver(&self, event_delivery: &EventDelivery) {
        let deadline = deadline();
        let margin = deadline.remaining().saturating_sub(CALL);
        assert_eq!(
            deliver_event(&self.context, event_delivery, deadline, margin).await,
            runtime::HandlerOutcome::Done
        );
    }

    /// Runs one minute of the watchdog: queues what is due, and delivers every message on the queue
    /// whose delay is over.
    pub async fn run_watchdog_minute(&self) {
        let mut waiting = self.memory.take_queued_messages();
        waiting.retain(|sent| sent.queue.ends_with("/webhooks"));
        let bodies: Vec<String> = waiting.into_iter().map(|sent| sent.body).collect();
        let now = runtime::clock::now();
        for body in &bodies {
            let event_delivery: EventDelivery = serde_json::from_str(body).unwrap();
            let kept = self
                .store
                .scheduled_delivery(&event_delivery.hook, &event_delivery.event)
                .await
                .unwrap();
            // The queue's delay, by the test's clock: a stored delivery is due `LOST_AFTER` its
            // message.
            let due = kept
                .filter(|kept| kept.delivery == event_delivery)
                .map(|kept| add_milliseconds(kept.due_at, -15 * MINUTE));
            if due.is_none_or(|due| due <= now) {
                self.deliver(&event_delivery).await;
            } else {
                self.context.webhooks.send(&event_delivery).await.unwrap();
            }
        }
        let put_back = self.memory.take_queued_messages();
        assert_eq!(self.batch(&[r#"{"wake":"schedule"}"#.to_owned()]).await, [""; 0]);
        for sent in self.memory.take_queued_messages() {
            self.deliver(&serde_json::from_str(&sent.body).unwrap()).await;
        }
        for sent in put_back {
            self.context
                .webhooks
                .send(&serde_json::from_str::<EventDelivery>(&sent.body).unwrap())
                .await
                .unwrap();
        }
    }

    /// Loses all messages on the queue, and returns their number.
    pub fn lose_messages(&self) -> usize {
        self.memory.take_queued_messages().len()
    }

    /// Handles a batch, and returns the ids of the messages that should come again.
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
        let sent = self.memory.take_queued_messages().into_iter();
        sent.filter(|sent| sent.queue.ends_with("/dead")).map(|sent| sent.body).collect()
    }

    pub async fn load_endpoint(&self) -> WebhookEndpoint {
        self.store
            .webhook_endpoint(&WebhookEndpointId::parse("app").unwrap())
            .await
            .unwrap()
            .unwrap()
    }
    pub async fn change(&self, change: impl FnOnce(&mut WebhookEndpoint)) {
        let mut hook = self.load_endpoint().await;
        let before = hook.version;
        change(&mut hook);
        hook.version += 1;
        assert_eq!(
            self.store.save_webhook_endpoint(&hook, Some(before)).await.unwrap(),
            Applied::Yes
        );
    }

    pub async fn stored_delivery(&self, what: EventType) -> EventDelivery {
        let hook = WebhookEndpointId::parse("app").unwrap();
        self.store.scheduled_delivery(&hook, &self.event(what)).await.unwrap().unwrap().delivery
    }

    /// Returns when the waiting event is tried next, in milliseconds after noon.
    pub async fn next_try(&self) -> Option<i64> {
        let mut due = Vec::new();
        for shard in 0..DELIVERY_SHARDS {
            due.extend(
                self.store
                    .due_deliveries(shard, add_milliseconds(noon(), 1_000 * HOUR), 100, None)
                    .await
                    .unwrap()
                    .0,
            );
        }
        let kept = due.pop()?;
        assert!(due.is_empty(), "one event at a time: {due:?}");
        let at = kept.due_at.as_millisecond() - noon().as_millisecond();
        // The second attempt is on the queue; the stored time is that of the check in case its
        // message is lost.
        Some(if kept.delivery.attempt == 2 { at - 15 * MINUTE } else { at })
    }

    /// Redrives the dead letters as an operator does, and returns their number.
    pub async fn redrive_all(&self) -> usize {
        let (letters, _) = self
            .store
            .dead_letters(&WebhookEndpointId::parse("app").unwrap(), 100, None)
            .await
            .unwrap();
        let mut redriven = 0;
        for letter in &letters {
            redriven += usize::from(
                self.store.redrive_dead_letter(letter, runtime::clock::now()).await.unwrap()
                    == Applied::Yes,
            );
        }
        redriven
    }

    /// Describes the stored deliveries: `issued as 2, 500 not_taken; dead: ...`.
    pub async fn stored_lines(&self) -> String {
        let stage = |what: EventType| what.name().trim_start_matches("voucher.").to_owned();
        let client = TestTables::on_fake_aws(&self.memory).client;
        let table = testkit::table_schemas()
            .into_iter()
            .find(|schema| schema.name.contains("Work"))
            .unwrap()
            .name;
        let items = client.scan().table_name(table).send().await.unwrap().items.unwrap();
        let text = |item: &std::collections::HashMap<String, testkit::AttributeValue>,
                    name: &str| {
            item.get(name)
                .and_then(|value| value.as_s().or(value.as_n()).ok().cloned())
                .unwrap_or_default()
        };
        let mut words: Vec<String> = items
            .iter()
            .map(|item| {
                let what = stage(EventType::parse(&text(item, "what")).unwrap());
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
        let master: MasterSecret = Secrets::new(&config).master_secret("signing").await.unwrap();
        master.current_endpoint_key(&self.load_endpoint().await.key_id, rotation).unwrap().encoded()
    }

    /// Returns true if one of the signatures equals that of the Standard Webhooks project's own
    /// library, with the secret as an operator sees it. (The library's `verify` would read the
    /// machine's clock.)
    pub async fn verifies(&self, received: &ReceivedRequest, rotation: u32) -> bool {
        let theirs = standardwebhooks::Webhook::new(&self.secret(rotation).await).unwrap();
        let at: i64 = received.header("webhook-timestamp").parse().unwrap();
        let expected = theirs.sign(received.header("webhook-id"), at, &received.body).unwrap();
        received.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
    pub async fn assert_verified(&self, received: &ReceivedRequest, rotations: &[u32]) {
        for rotation in rotations {
            assert!(self.verifies(received, *rotation).await, "rotation {rotation}");
        }
        let mut changed = received.clone();
        changed.body.push(b' ');
        assert!(!self.verifies(&changed, rotations[0]).await, "another body must not verify");
    }
}

fn deadline() -> Deadline {
    let at = add_milliseconds(runtime::clock::now(), INVOCATION).as_millisecond();
    Deadline::from_millisecond(u64::try_from(at).unwrap())
}
