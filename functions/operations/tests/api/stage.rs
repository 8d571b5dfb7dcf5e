//! The operations API beside the functions that it looks at: release, delivery by SMS and e-mail, and the sweep, all on one AWS in
//! memory, with a clock that the test moves and providers that answer as it says.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::faults::Dies;
use aws_lambda_events::sqs::SqsEvent;
use axum::{body::Body, http::Request};
use channels::Sender;
use domain::{
    Date, TimeZone, Timestamp,
    campaign::{Action, Campaign, Revoke, State},
    channel::Channel,
    customer_change::Replacement,
    dispatch::{Dispatch, DispatchKey, Progress, Purpose},
    id::{OrderId, RunId},
    money::{Currency, Money},
    order::{OrderEvent, What},
    report::Row,
    trigger::{Happened, Happening},
    voucher::Brand,
};
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use memory_aws::{Gate, Memory, Verdict};
use operations::{Context, routes};
use queue::{Queue, Wake};
use runtime::clock::{Deadline, simulated};
use secrets::Secrets;
use serde_json::{Value, json};
use store::{
    Store, Tables,
    control::{Change, Step, Write},
    customers::Found,
    reports::{Counted, Place, Position},
    work::{PageWrite, always_on, new_segments},
};
use testkit::{
    TestTables,
    builders::{campaign_id, customer_id, definition, later, minor, noon},
};
use tower::ServiceExt;

pub const PENDING: &str = "/v1/configuration/voucher-campaign/pending-triggers";
pub const HEALTH: &str = "/v1/configuration/voucher-campaign/health";
pub const POLICY: &str = "/v1/configuration/voucher-campaign/contact-policy";
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
const LEASE_SECONDS: i64 = 30;

pub struct Stage {
    pub memory: Memory,
    pub store: Store,
    app: axum::Router,
    providers: Arc<Mutex<Verdict>>,
    first: Arc<Mutex<Option<(Verdict, Dies)>>>,
    died: Arc<tokio::sync::Notify>,
    release: release_dispatches::Context,
    workers: [delivery::Context; 3],
    sweep: sweep::Context,
    scan: scan_autopilot::Context,
}

#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub body: Value,
}

impl Answered {
    #[track_caller]
    pub fn check(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str().unwrap_or_default()), (status, code), "{}", self.body);
    }
    #[track_caller]
    pub fn items(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["items"].as_array().unwrap().clone()
    }
    /// `customer state` of each item.
    #[track_caller]
    pub fn states(&self) -> Vec<String> {
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        self.items().iter().map(|item| format!("{} {}", text(item, "customer_id"), text(item, "state"))).collect()
    }
}

impl Stage {
    pub fn new() -> Self {
        Self::with_pauses(|| 0)
    }

    /// Each call waits for so many turns of the others.
    pub fn with_pauses(pauses: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        simulated::set(Some(noon()));
        let providers = Arc::new(Mutex::new(Verdict::Proceed));
        let first: Arc<Mutex<Option<(Verdict, Dies)>>> = Arc::default();
        let died = Arc::new(tokio::sync::Notify::new());
        let gate = gate(providers.clone(), first.clone(), died.clone(), pauses);
        let memory = Memory::gated(testkit::schemas(), gate);
        memory.set_secret("cursor", r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#);
        let tables = TestTables::of(&memory);
        let config = &tables.config;
        let store = Store::new(config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let queue = |name: &str| Queue::new(config, format!("http://memory/{name}"));
        let worker = |channel, sender| {
            let settings = delivery::Settings {
                channel,
                brand: Brand { name: "Marketplace".into(), link_base: "https://app.example.com/v".into() },
                lease_seconds: LEASE_SECONDS,
                margin: Duration::from_secs(6),
                unknown_after_seconds: 900,
            };
            delivery::Context::new(store.clone(), sender, [queue("release"), queue("sweep"), queue("dead")], settings)
        };
        let sends = memory.config_without_retries();
        let context = Context {
            store: store.clone(),
            release: queue("release"),
            sweep: queue("sweep"),
            secrets: Secrets::new(config),
            cursor_secret: "cursor".into(),
            zone: TimeZone::UTC,
            currency: domain::money::Currency::parse("EUR").unwrap(),
            costs: domain::costs::Costs::default(),
            quarantines: Vec::new(),
        };
        let lane =
            |channel: Channel| release_dispatches::Lane { channel, queue: queue(channel.as_str()), per_second: 100 };
        Self {
            app: http_api::app(routes().with_state(Arc::new(context))),
            providers,
            first,
            died,
            release: release_dispatches::Context {
                store: store.clone(),
                lanes: Channel::ALL.map(lane).into(),
                look_again_seconds: 10 * LEASE_SECONDS,
            },
            workers: [
                worker(Channel::Sms, Sender::sms(&sends)),
                worker(Channel::Email, Sender::email(&sends, "offers@example.com".into(), None)),
                worker(Channel::Push, Sender::push(&sends)),
            ],
            sweep: sweep::Context {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                stalled_after_seconds: 90,
                expiries_at_once: 100,
                limits: domain::sender_health::Limits::default(),
                zone: domain::TimeZone::UTC,
                recount_for: std::time::Duration::from_secs(3_600),
            },
            scan: scan_autopilot::Context { store: store.clone(), release: queue("release"), dispatch_size: 10 },
            memory,
            store,
        }
    }

    /// An enabled win-back on `ladder`, thirty days after the last order.
    pub async fn autopilot(&self, id: &str, ladder: &[&str]) -> Campaign {
        let trigger = json!({"when": {"inactivity": {"days": 30}}, "cool_down_days": 60});
        self.launched(id, json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ladder}})).await
    }

    /// Fires on the event `rated`, by SMS.
    pub async fn listener(&self, id: &str) -> Campaign {
        let trigger = json!({"when": {"event": {"name": "rated"}}, "cool_down_days": 60});
        self.launched(id, json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["sms"]}})).await
    }

    /// The event `rated` of a customer is told now.
    pub async fn rated(&self, customer: &str, event: &str) {
        let Found::Customer(customer) = self.store.customer(&customer_id(customer)).await.unwrap() else {
            unreachable!()
        };
        let what = Happened::Event { id: event, name: "rated", properties: &serde_json::Map::new() };
        let now = runtime::clock::now();
        let listeners = self.store.listeners().await.unwrap();
        let matches = listeners.matches(&Happening { at: now, customer: &customer, what }, now);
        self.store.record_matches(&matches).await.unwrap();
    }

    /// The round that plans what was told.
    pub async fn scanned(&self) {
        scan_autopilot::scan(&self.scan, deadline()).await.unwrap();
    }

    pub async fn promotion(&self, id: &str, ladder: &[&str]) -> Campaign {
        self.launched(id, json!({"channels": {"ladder": ladder}})).await
    }

    pub async fn launched(&self, id: &str, change: Value) -> Campaign {
        let draft = Campaign::draft(campaign_id(id), definition(change), "ada", noon());
        let change = |action| Change { actor: "ada", action, note: "", at: noon() };
        self.store.create_campaign(&draft, id, &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let (to, segments) = match draft.definition.trigger {
            Some(_) => (State::Enabled, always_on(&run, &draft.id, noon())),
            None => (State::Running, new_segments(&run, &draft.id, 1, noon())),
        };
        assert_eq!(self.store.launch(&draft, to, &run, &segments, &change("launch")).await.unwrap(), Write::Done);
        self.store.campaign(&draft.id).await.unwrap().unwrap()
    }

    /// Reached by SMS and e-mail, and lapsed on 1 November.
    pub async fn customer(&self, id: &str) {
        self.customer_with(id, "granted").await;
    }

    /// The same, who has said no to SMS.
    pub async fn customer_by_email(&self, id: &str) {
        self.customer_with(id, "denied").await;
    }

    async fn customer_with(&self, id: &str, sms: &str) {
        let consent = |state: &str| json!({"state": state, "source": "test", "at": noon().to_string()});
        let put: Replacement = serde_json::from_value(json!({
            "profile": {"zone": "UTC"},
            "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
            "consents": {"sms": consent(sms), "email": consent("granted"), "push": consent("granted")},
            "push_endpoints": [{"endpoint_id": "phone", "arn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/device-1"}],
        }))
        .unwrap();
        let euro = Currency::parse("EUR").unwrap();
        let id = customer_id(id);
        self.store.put_customer(&id, &put, euro).await.unwrap();
        let at = "2026-10-02T12:00:00Z".parse().unwrap();
        let total = Money::new(minor(1_000), euro);
        let what = What::Placed { vertical: "food".into(), merchant: "m".into(), total };
        let event = OrderEvent { order_id: OrderId::parse("o-1").unwrap(), customer_id: id, at, what };
        self.store.record_order(&event, euro, at).await.unwrap();
    }

    /// As selection plans: customers who fired on 1 November, on the first channel of the ladder.
    pub async fn planned(&self, campaign: &Campaign, customers: &[&str], due_at: Timestamp) -> Dispatch {
        self.planned_in_chunks(campaign, customers, due_at).await.remove(0)
    }

    /// The same as dispatches of fifty.
    pub async fn planned_in_chunks(&self, campaign: &Campaign, customers: &[&str], due_at: Timestamp) -> Vec<Dispatch> {
        let run = campaign.run.clone().unwrap();
        let before = self.store.segment(&run, 0).await.unwrap().unwrap();
        let chunks = customers.chunks(50).enumerate();
        let dispatches: Vec<Dispatch> = chunks
            .map(|(index, chunk)| {
                let key = DispatchKey::planned(&run, 0, before.page, index);
                ready(campaign, key, chunk, due_at)
            })
            .collect();
        let after = store_after(&before);
        let written = self.store.write_page(&before, &after, &dispatches).await.unwrap();
        assert_eq!(written, PageWrite::Written);
        dispatches
    }

    pub async fn step(&self, campaign: &Campaign, action: Action) {
        self.step_with(campaign, action, None).await;
    }

    /// `revoke`: what a cancellation takes back.
    pub async fn step_with(&self, campaign: &Campaign, action: Action, revoke: Option<Revoke>) {
        let standing = self.store.campaign_state(&campaign.id).await.unwrap().unwrap();
        let now = runtime::clock::now();
        let step = Step { revoke, ..Step::of(&standing, action, now).unwrap() };
        let change = Change { actor: "ada", action: action.as_str(), note: "", at: now };
        assert_eq!(self.store.transition(&step, &change).await.unwrap(), Write::Done);
    }

    pub fn providers_say(&self, verdict: Verdict) {
        *self.providers.lock().unwrap() = verdict;
    }

    pub fn at(&self, now: Timestamp) {
        simulated::set(Some(now));
    }

    /// Releases what is due, and leaves its pointers on the queues.
    pub async fn release(&self) {
        release_dispatches::release(&self.release, deadline()).await.unwrap();
    }

    /// Hands the pointers on the queues to their workers.
    pub async fn deliver(&self) {
        for sent in self.memory.take_sent() {
            for worker in &self.workers {
                if sent.queue.ends_with(&format!("/{}", worker.settings.channel)) {
                    let record = json!({"messageId": "m-1", "body": sent.body});
                    let event: SqsEvent = serde_json::from_value(json!({"Records": [record]})).unwrap();
                    delivery::handle(worker, event, deadline()).await;
                }
            }
        }
    }

    /// The first call of a provider is answered so, or its worker dies at it.
    pub fn first_call(&self, answer: Verdict, dies: Dies) {
        *self.first.lock().unwrap() = Some((answer, dies));
    }

    /// Hands the pointers on the queues to their workers, `twice` to two at once; a worker that dies takes its other work along.
    pub async fn deliver_or_die(&self, twice: bool) {
        for sent in self.memory.take_sent() {
            for worker in &self.workers {
                if sent.queue.ends_with(&format!("/{}", worker.settings.channel)) {
                    let handle = async || {
                        let record = json!({"messageId": "m-1", "body": sent.body});
                        let event: SqsEvent = serde_json::from_value(json!({"Records": [record]})).unwrap();
                        delivery::handle(worker, event, deadline()).await;
                    };
                    let all = async {
                        if twice {
                            futures::join!(handle(), handle());
                        } else {
                            handle().await;
                        }
                    };
                    tokio::select! {
                        () = self.died.notified() => {}
                        () = all => {}
                    }
                }
            }
        }
    }

    /// The same with all of them at work at once; a message that is to be tried again is lost, and found by the sweep.
    pub async fn deliver_at_once(&self) {
        let sent = self.memory.take_sent();
        let turns = sent.iter().flat_map(|sent| {
            let queue = sent.queue.clone();
            self.workers.iter().filter(move |worker| queue.ends_with(&format!("/{}", worker.settings.channel))).map(
                |worker| {
                    let record = json!({"messageId": "m-1", "body": sent.body});
                    let event: SqsEvent = serde_json::from_value(json!({"Records": [record]})).unwrap();
                    delivery::handle(worker, event, deadline())
                },
            )
        });
        futures::future::join_all(turns).await;
    }

    pub async fn released_and_delivered(&self) {
        self.release().await;
        self.deliver().await;
    }

    pub async fn swept(&self) {
        sweep::sweep(&self.sweep, &Wake::now("test")).await;
    }

    pub async fn progress(&self, campaign: &Campaign) -> Progress {
        self.store.progress(campaign.run.as_ref().unwrap(), 1).await.unwrap()
    }

    async fn send(&self, group: &str, method: &str, path: &str) -> Answered {
        let request = Request::builder().method(method).uri(path).extension(signed_in(group));
        self.answered(request.body(Body::empty()).unwrap()).await
    }

    pub async fn get(&self, group: &str, path: &str) -> Answered {
        self.send(group, "GET", path).await
    }

    pub async fn post(&self, group: &str, path: &str, body: &Value) -> Answered {
        let request = Request::builder().method("POST").uri(path).extension(signed_in(group));
        let request = request.header("content-type", "application/json");
        self.answered(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Sets the tenant's contact policy, decided on that version of it.
    pub async fn set_policy(&self, group: &str, version: u64, policy: &Value) -> Answered {
        self.put(group, POLICY, version, policy).await
    }

    pub async fn put(&self, group: &str, path: &str, version: u64, body: &Value) -> Answered {
        let request = Request::builder().method("PUT").uri(path).extension(signed_in(group));
        let request = request.header("if-match", format!("\"{version}\"")).header("content-type", "application/json");
        self.answered(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn policy(&self) -> Answered {
        self.send("viewer", "GET", POLICY).await
    }

    async fn answered(&self, request: Request<Body>) -> Answered {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answered { status, body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    pub async fn health(&self, query: &str) -> Answered {
        self.send("viewer", "GET", &format!("{HEALTH}?{query}")).await
    }

    /// The calendar has been looked at, and is due again at `next`.
    pub async fn walked(&self, campaign: &Campaign, next: Timestamp) {
        let before = self.store.segment(campaign.run.as_ref().unwrap(), 0).await.unwrap().unwrap();
        let after = domain::dispatch::Segment { updated_at: next, ..store_after(&before) };
        assert_eq!(self.store.write_page(&before, &after, &[]).await.unwrap(), PageWrite::Written);
    }

    /// Adds to the counters of one day.
    pub async fn counted(&self, campaign: &Campaign, day: Date, counts: &[(&str, i64)]) {
        let (kind, currency) = (campaign.definition.kind, campaign.definition.offer.currency());
        let row = Row { campaign: campaign.id.clone(), kind, currency, day };
        let counts = counts.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect();
        let next = Position { name: format!("{} {day}", campaign.id), sequence: "1".into() };
        let counted = self
            .store
            .count(&[(row, counts)].into(), &std::collections::BTreeMap::new(), &Place::default(), &next, noon())
            .await
            .unwrap();
        assert_eq!(counted, Counted::Counted);
    }

    pub async fn list(&self, query: &str) -> Answered {
        self.send("viewer", "GET", &format!("{PENDING}?{query}")).await
    }

    pub async fn act(&self, id: &str, action: &str) -> Answered {
        self.act_as("marketer", id, action).await
    }

    pub async fn act_as(&self, group: &str, id: &str, action: &str) -> Answered {
        self.send(group, "POST", &format!("{PENDING}/{id}/{action}")).await
    }

    /// The one open match of a customer.
    pub async fn id_of(&self, customer: &str) -> String {
        let items = self.list(&format!("customer={customer}")).await.items();
        assert_eq!(items.len(), 1, "{items:?}");
        items[0]["id"].as_str().unwrap().to_owned()
    }

    /// `action note` of what operators did with single matches, oldest first.
    pub async fn audited(&self, campaign: &Campaign) -> Vec<String> {
        let page = self.store.audit(&campaign.id, None, 50).await.unwrap();
        let acts = page.records.iter().rev().filter(|record| ["retry", "drop"].contains(&record.action.as_str()));
        acts.map(|record| format!("{} {} {}", record.actor, record.action, record.note)).collect()
    }
}

fn ready(campaign: &Campaign, key: DispatchKey, customers: &[&str], due_at: Timestamp) -> Dispatch {
    let channel = *campaign.definition.channels.ladder.first().unwrap();
    let customers = customers.iter().map(|customer| customer_id(customer)).collect();
    let dispatch = Dispatch::ready(key, campaign.id.clone(), channel, Purpose::Planned, customers, due_at);
    let day: Date = "2026-11-01".parse().unwrap();
    let firing = campaign.definition.trigger.as_ref().and_then(|trigger| trigger.firing(day));
    Dispatch { firing, ..dispatch }
}

/// Lets calls happen as the test says: providers answer so, the first of them otherwise, and each call waits for so many turns of the others.
fn gate(
    said: Arc<Mutex<Verdict>>,
    once: Arc<Mutex<Option<(Verdict, Dies)>>>,
    died: Arc<tokio::sync::Notify>,
    pauses: impl Fn() -> usize + Send + Sync + 'static,
) -> Gate {
    Arc::new(move |call| {
        let provider = matches!(call.service, "sns" | "ses");
        let verdict = if provider { *said.lock().unwrap() } else { Verdict::Proceed };
        let special = if provider { once.lock().unwrap().take() } else { None };
        let (turns, died) = (pauses(), died.clone());
        Box::pin(async move {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            match special {
                None => verdict,
                Some((answer, Dies::Not)) => answer,
                Some((Verdict::Proceed | Verdict::LoseAnswer, Dies::After)) => {
                    died.notify_one();
                    Verdict::Hang
                }
                Some((_, Dies::Before | Dies::After)) => {
                    died.notify_one();
                    std::future::pending().await
                }
            }
        })
    })
}

fn store_after(before: &domain::dispatch::Segment) -> domain::dispatch::Segment {
    let always_on = before.always_on;
    domain::dispatch::Segment { page: before.page + 1, scanned_all: !always_on, ..before.clone() }
}

fn deadline() -> Deadline {
    let end = later(runtime::clock::now(), 30_000);
    Deadline::from_millisecond(u64::try_from(end.as_millisecond()).unwrap())
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in("s-1", Some("ada"), &format!("[{group}]"))
}
