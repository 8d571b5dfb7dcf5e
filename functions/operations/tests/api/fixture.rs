//! The test fixture: the operations API together with the functions that it observes (release,
//! delivery by SMS and e-mail, the watchdog) on one in-memory AWS, with a clock that the test sets
//! and providers that answer as it says.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::faults::CrashPoint;
use aws_lambda_events::sqs::SqsEvent;
use axum::{body::Body, http::Request};
use channels::{ChannelSender, TextMessageSettings};
use domain::{
    Date, TimeZone, Timestamp,
    campaign::{
        lifecycle::{Campaign, CampaignAction, CampaignState},
        redeeming::RevokeScope,
        trigger::{BehaviourChange, BehaviourEvent},
    },
    customer::changes::CustomerReplacement,
    delivery::dispatch::{Dispatch, DispatchKey, DispatchPurpose, RunProgress},
    kernel::{
        channel::Channel,
        id::{OrderEventId, OrderId, RunId},
        money::Currency,
    },
    reporting::counters::{Counter, ReportRow},
    voucher::{
        order_event::{OrderChange, OrderEvent},
        record::BrandIdentity,
    },
};
use fake_aws::{CallGate, CallVerdict, FakeAws};
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use operations::{OperationsContext, routes};
use queue::{Queue, WakeNudge};
use runtime::clock::{Deadline, simulated};
use secrets::Secrets;
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, StateTransition},
    conditional::Applied,
    customer::profiles::CustomerLookup,
    delivery::segments::{new_autopilot_segments, new_segments},
    reporting::counters::{StreamCheckpoint, StreamPosition},
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, basket, campaign_id, customer_id, definition, noon},
};
use tower::ServiceExt;

pub const PENDING: &str = "/v1/configuration/voucher-campaign/pending-triggers";
pub const HEALTH: &str = "/v1/configuration/voucher-campaign/health";
pub const POLICY: &str = "/v1/configuration/voucher-campaign/contact-policy";
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
const LEASE_SECONDS: i64 = 30;

pub struct OperationsFixture {
    pub memory: FakeAws,
    pub store: Store,
    app: axum::Router,
    providers: Arc<Mutex<CallVerdict>>,
    first: Arc<Mutex<Option<(CallVerdict, CrashPoint)>>>,
    died: Arc<tokio::sync::Notify>,
    release: release_dispatches::ReleaseContext,
    workers: [delivery::DeliveryContext; 3],
    watchdog: watchdog::WatchdogContext,
    scan: scan_autopilot::ScanContext,
}

#[derive(Debug)]
pub struct TestAnswer {
    pub status: u16,
    pub body: Value,
}

impl TestAnswer {
    #[track_caller]
    pub fn check(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str().unwrap_or_default()),
            (status, code),
            "{}",
            self.body
        );
    }
    #[track_caller]
    pub fn items(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["items"].as_array().unwrap().clone()
    }
    /// Returns `customer state` of each item.
    #[track_caller]
    pub fn states(&self) -> Vec<String> {
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        self.items()
            .iter()
            .map(|item| format!("{} {}", text(item, "customer_id"), text(item, "state")))
            .collect()
    }
}

fn settings(channel: Channel) -> delivery::DeliverySettings {
    delivery::DeliverySettings {
        channel,
        brand: BrandIdentity {
            name: "Marketplace".into(),
            link_base: "https://app.example.com/v".into(),
        },
        currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
        lease_seconds: LEASE_SECONDS,
        time_margin: Duration::from_secs(6),
        unknown_after_seconds: 900,
    }
}

impl OperationsFixture {
    pub fn new() -> Self {
        Self::with_pauses(|| 0)
    }

    /// Creates a fixture in which each call yields that many times to concurrent calls.
    pub fn with_pauses(pauses: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        simulated::set_now(Some(noon()));
        let providers = Arc::new(Mutex::new(CallVerdict::Proceed));
        let first: Arc<Mutex<Option<(CallVerdict, CrashPoint)>>> = Arc::default();
        let died = Arc::new(tokio::sync::Notify::new());
        let gate = interceptor(providers.clone(), first.clone(), died.clone(), pauses);
        let memory = FakeAws::with_gate(testkit::table_schemas(), gate);
        memory.set_secret(
            "cursor",
            r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#,
        );
        let tables = TestTables::on_fake_aws(&memory);
        let config = &tables.config;
        let store =
            Store::new(config, TableNames::from_lookup(|variable| tables.table_name(variable)))
                .with_address_keys(testkit::address_hasher().into())
                .with_due_shards(2); // a worker dies at each call in turn
        let queue = |name: &str| Queue::new(config, format!("http://memory/{name}"));
        let worker = |channel, sender| {
            let queues = [queue("release"), queue("watchdog"), queue("dead")];
            delivery::DeliveryContext::new(store.clone(), sender, queues, settings(channel))
        };
        let sends = memory.config_without_retries();
        let context = OperationsContext {
            store: store.clone(),
            release: queue("release"),
            watchdog: queue("watchdog"),
            secrets: Arc::new(Secrets::new(config)),
            cursor_secret: "cursor".into(),
            api_key_secret: "webhook".into(),
            zone: TimeZone::UTC,
            currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
            costs: domain::reporting::costs::CostRates::default(),
            monitored_queues: Vec::new(),
        };
        let lane = |channel: Channel| release_dispatches::ChannelLane {
            channel,
            queue: queue(channel.as_str()),
            per_second: 100,
        };
        Self {
            app: http_edge::build_app(routes().with_state(Arc::new(context))),
            providers,
            first,
            died,
            release: release_dispatches::ReleaseContext {
                store: store.clone(),
                lanes: Channel::ALL.map(lane).into(),
                watchdog_after_seconds: 10 * LEASE_SECONDS,
            },
            workers: [
                worker(Channel::Sms, ChannelSender::sms(&sends, TextMessageSettings::default())),
                worker(
                    Channel::Email,
                    ChannelSender::email(&sends, "offers@example.com".into(), None),
                ),
                worker(Channel::Push, ChannelSender::push(&sends)),
            ],
            watchdog: watchdog::WatchdogContext {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                stalled_after_seconds: 90,
                expiries_at_once: 100,
                limits: domain::reporting::sender_health::SenderLimits::default(),
                zone: domain::TimeZone::UTC,
                recount_budget: std::time::Duration::from_secs(3_600),
            },
            scan: scan_autopilot::ScanContext {
                store: store.clone(),
                release: queue("release"),
                dispatch_size: 10,
            },
            memory,
            store,
        }
    }

    /// Creates a fixture whose SMS go out by SNS.
    pub fn with_sms_by_sns() -> Self {
        let mut stage = Self::new();
        let sends = stage.memory.config_without_retries();
        stage.workers[0].sender = ChannelSender::sms_by_sns(&sends, None);
        stage
    }

    /// Launches a win-back autopilot on `ladder`, thirty days after the last order, and enables it.
    pub async fn launch_autopilot(&self, id: &str, ladder: &[&str]) -> Campaign {
        let trigger = json!({"when": {"inactivity": {"days": 30}}, "cool_down_days": 60});
        self.launch_campaign(
            id,
            json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ladder}}),
        )
        .await
    }

    /// Launches an autopilot that fires on the event `report_rated_event`, by SMS.
    pub async fn launch_event_autopilot(&self, id: &str) -> Campaign {
        let trigger = json!({"when": {"event": {"name": "rated"}}, "cool_down_days": 60});
        self.launch_campaign(
            id,
            json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["sms"]}}),
        )
        .await
    }

    /// Reports the customer's event `report_rated_event`, with the present time.
    pub async fn report_rated_event(&self, customer: &str, event: &str) {
        let CustomerLookup::Customer(customer) =
            self.store.customer(&customer_id(customer)).await.unwrap()
        else {
            unreachable!()
        };
        let what = BehaviourChange::Event {
            id: event,
            name: "rated",
            properties: &serde_json::Map::new(),
        };
        let now = runtime::clock::now();
        let listeners = self.store.listeners().await.unwrap();
        let matches = listeners
            .find_matches(&BehaviourEvent { at: now, customer: &customer, change: what }, now);
        self.store.record_matches(&matches).await.unwrap();
    }

    /// Runs the round of scan-autopilot that plans reported events.
    pub async fn run_scan(&self) {
        scan_autopilot::scan_autopilots(&self.scan, deadline()).await.unwrap();
    }

    pub async fn launch_promotion(&self, id: &str, ladder: &[&str]) -> Campaign {
        self.launch_campaign(id, json!({"channels": {"ladder": ladder}})).await
    }

    pub async fn launch_campaign(&self, id: &str, change: Value) -> Campaign {
        let draft = Campaign::draft(campaign_id(id), definition(change), "ada", noon());
        let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
        self.store.create_campaign(&draft, id, &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let (to, segments) = match draft.definition.trigger {
            Some(_) => (CampaignState::Enabled, new_autopilot_segments(&run, &draft.id, noon())),
            None => (CampaignState::Running, new_segments(&run, &draft.id, 1, noon())),
        };
        assert_eq!(
            self.store
                .launch_campaign(&draft, to, &run, &segments, &change("launch"))
                .await
                .unwrap(),
            Applied::Yes
        );
        self.store.campaign(&draft.id).await.unwrap().unwrap()
    }

    /// Creates a customer who can be reached by SMS and e-mail, and lapsed on 1 November.
    pub async fn add_customer(&self, id: &str) {
        self.add_customer_with(id, "granted").await;
    }

    /// Creates the same customer, but with SMS consent denied.
    pub async fn add_email_customer(&self, id: &str) {
        self.add_customer_with(id, "denied").await;
    }

    async fn add_customer_with(&self, id: &str, sms: &str) {
        let consent =
            |state: &str| json!({"state": state, "source": "test", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "profile": {"zone": "UTC"},
            "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
            "consents": {"sms": consent(sms), "email": consent("granted"), "push": consent("granted")},
            "push_endpoints": [{"endpoint_id": "phone", "arn": format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/{id}")}],
        }))
        .unwrap();
        let euro = Currency::parse("EUR").unwrap();
        let id = customer_id(id);
        self.store.put_customer(&id, &put, euro).await.unwrap();
        let at = "2026-10-02T12:00:00Z".parse().unwrap();
        let event = OrderEvent {
            cart: None,
            event: OrderEventId::parse("o-1.placed").unwrap(),
            order: OrderId::parse(&format!("{id}.o-1")).unwrap(),
            customer: id,
            at,
            change: OrderChange::Placed { basket: basket(1_000) },
        };
        self.store.record_order(&event, euro, at).await.unwrap();
    }

    /// Writes a dispatch as selection plans it: customers for whom the campaign fired on 1
    /// November, on the first channel of the ladder.
    pub async fn plan_dispatch(
        &self,
        campaign: &Campaign,
        customers: &[&str],
        due_at: Timestamp,
    ) -> Dispatch {
        self.plan_dispatches(campaign, customers, due_at).await.remove(0)
    }

    /// Writes the same as dispatches of fifty customers.
    pub async fn plan_dispatches(
        &self,
        campaign: &Campaign,
        customers: &[&str],
        due_at: Timestamp,
    ) -> Vec<Dispatch> {
        let run = campaign.run.clone().unwrap();
        let before = self.store.segment(&run, 0).await.unwrap().unwrap();
        let chunks = customers.chunks(50).enumerate();
        let dispatches: Vec<Dispatch> = chunks
            .map(|(index, chunk)| {
                let key = DispatchKey::planned(&run, 0, before.page, index);
                ready_dispatch(campaign, key, chunk, due_at)
            })
            .collect();
        let after = scanned_segment(&before);
        let written = self.store.write_page(&before, &after, &dispatches).await.unwrap();
        assert_eq!(written, Applied::Yes);
        dispatches
    }

    pub async fn apply_action(&self, campaign: &Campaign, action: CampaignAction) {
        self.apply_action_with(campaign, action, None).await;
    }

    /// Applies an operator's action. `revoke` is the scope of a cancellation.
    pub async fn apply_action_with(
        &self,
        campaign: &Campaign,
        action: CampaignAction,
        revoke: Option<RevokeScope>,
    ) {
        let summary = self.store.campaign_summary(&campaign.id).await.unwrap().unwrap();
        let now = runtime::clock::now();
        let step = StateTransition {
            revoke,
            ..StateTransition::from_summary(&summary, action, now).unwrap()
        };
        let change = AuditedChange { actor: "ada", action: action.as_str(), note: "", at: now };
        assert_eq!(self.store.transition_campaign(&step, &change).await.unwrap(), Applied::Yes);
    }

    pub fn set_provider_answer(&self, verdict: CallVerdict) {
        *self.providers.lock().unwrap() = verdict;
    }

    pub fn set_clock(&self, now: Timestamp) {
        simulated::set_now(Some(now));
    }

    /// Releases the due dispatches, and leaves their pointers on the queues.
    pub async fn release(&self) {
        release_dispatches::release_due(&self.release, deadline()).await.unwrap();
    }

    /// Hands the pointers on the queues to their workers.
    pub async fn deliver(&self) {
        for sent in self.memory.take_queued_messages() {
            for worker in &self.workers {
                if sent.queue.ends_with(&format!("/{}", worker.settings.channel)) {
                    let record = json!({"messageId": "m-1", "body": sent.body});
                    let event: SqsEvent =
                        serde_json::from_value(json!({"Records": [record]})).unwrap();
                    delivery::handle_batch(worker, event, deadline()).await;
                }
            }
        }
    }

    /// Sets the answer to the first call of a provider, or makes its worker crash at it.
    pub fn set_first_call(&self, answer: CallVerdict, dies: CrashPoint) {
        *self.first.lock().unwrap() = Some((answer, dies));
    }

    /// Hands the pointers on the queues to their workers; with `twice` to two workers at once. A
    /// worker that crashes also loses its other work.
    pub async fn deliver_with_crash(&self, twice: bool) {
        for sent in self.memory.take_queued_messages() {
            for worker in &self.workers {
                if sent.queue.ends_with(&format!("/{}", worker.settings.channel)) {
                    let handle = async || {
                        let record = json!({"messageId": "m-1", "body": sent.body});
                        let event: SqsEvent =
                            serde_json::from_value(json!({"Records": [record]})).unwrap();
                        delivery::handle_batch(worker, event, deadline()).await;
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

    /// Hands all pointers to their workers concurrently. A message that should be retried is lost,
    /// and the watchdog finds its dispatch.
    pub async fn deliver_concurrently(&self) {
        let sent = self.memory.take_queued_messages();
        let turns = sent.iter().flat_map(|sent| {
            let queue = sent.queue.clone();
            self.workers
                .iter()
                .filter(move |worker| queue.ends_with(&format!("/{}", worker.settings.channel)))
                .map(|worker| {
                    let record = json!({"messageId": "m-1", "body": sent.body});
                    let event: SqsEvent =
                        serde_json::from_value(json!({"Records": [record]})).unwrap();
                    delivery::handle_batch(worker, event, deadline())
                })
        });
        futures::future::join_all(turns).await;
    }

    pub async fn release_and_deliver(&self) {
        self.release().await;
        self.deliver().await;
    }

    pub async fn run_watchdog(&self) {
        watchdog::handle_wake(&self.watchdog, &WakeNudge::now("test"), deadline()).await;
    }

    pub async fn progress(&self, campaign: &Campaign) -> RunProgress {
        let summary = self.store.campaign_summary(&campaign.id).await.unwrap().unwrap();
        self.store.run_progress(campaign.run.as_ref().unwrap(), summary.segments).await.unwrap()
    }

    async fn send_request(&self, group: &str, method: &str, path: &str) -> TestAnswer {
        let request = Request::builder().method(method).uri(path).extension(signed_in(group));
        self.call_api(request.body(Body::empty()).unwrap()).await
    }

    pub async fn get(&self, group: &str, path: &str) -> TestAnswer {
        self.send_request(group, "GET", path).await
    }

    pub async fn post(&self, group: &str, path: &str, body: &Value) -> TestAnswer {
        let request = Request::builder().method("POST").uri(path).extension(signed_in(group));
        let request = request.header("content-type", "application/json");
        self.call_api(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn post_csv(&self, group: &str, path: &str, file: &str) -> TestAnswer {
        let request = Request::builder().method("POST").uri(path).extension(signed_in(group));
        let request = request.header("content-type", "text/csv");
        self.call_api(request.body(Body::from(file.to_owned())).unwrap()).await
    }

    /// Sets the tenant's contact policy, conditional on that version of it.
    pub async fn set_policy(&self, group: &str, version: u64, policy: &Value) -> TestAnswer {
        self.put(group, POLICY, version, policy).await
    }

    pub async fn put(&self, group: &str, path: &str, version: u64, body: &Value) -> TestAnswer {
        let request = Request::builder().method("PUT").uri(path).extension(signed_in(group));
        let request = request
            .header("if-match", format!("\"{version}\""))
            .header("content-type", "application/json");
        self.call_api(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn get_policy(&self) -> TestAnswer {
        self.send_request("viewer", "GET", POLICY).await
    }

    async fn call_api(&self, request: Request<Body>) -> TestAnswer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        TestAnswer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    pub async fn get_health(&self, query: &str) -> TestAnswer {
        self.send_request("viewer", "GET", &format!("{HEALTH}?{query}")).await
    }

    /// Marks the autopilot's calendar as scanned, and due again at `next`.
    pub async fn mark_calendar_scanned(&self, campaign: &Campaign, next: Timestamp) {
        let before = self.store.segment(campaign.run.as_ref().unwrap(), 0).await.unwrap().unwrap();
        let after =
            domain::delivery::dispatch::Segment { updated_at: next, ..scanned_segment(&before) };
        assert_eq!(self.store.write_page(&before, &after, &[]).await.unwrap(), Applied::Yes);
    }

    /// Adds to the counters of one day.
    pub async fn add_counts(&self, campaign: &Campaign, day: Date, counts: &[(&str, i64)]) {
        let (kind, currency) = (campaign.definition.kind, campaign.definition.offer.currency());
        let row = ReportRow { campaign: campaign.id.clone(), kind, currency, day };
        let counts = counts.iter().map(|(name, by)| (Counter::parse(name), *by)).collect();
        let next = StreamPosition { name: format!("{} {day}", campaign.id), sequence: "1".into() };
        let counted = self
            .store
            .add_counts(
                &[(row, counts)].into(),
                &std::collections::BTreeMap::new(),
                &StreamCheckpoint::default(),
                &next,
                noon(),
            )
            .await
            .unwrap();
        assert_eq!(counted, Applied::Yes);
    }

    pub async fn list_pending(&self, query: &str) -> TestAnswer {
        self.send_request("viewer", "GET", &format!("{PENDING}?{query}")).await
    }

    pub async fn post_action(&self, id: &str, action: &str) -> TestAnswer {
        self.post_action_as("marketer", id, action).await
    }

    pub async fn post_action_as(&self, group: &str, id: &str, action: &str) -> TestAnswer {
        self.send_request(group, "POST", &format!("{PENDING}/{id}/{action}")).await
    }

    /// Returns the id of the customer's one open match.
    pub async fn pending_id(&self, customer: &str) -> String {
        let items = self.list_pending(&format!("customer={customer}")).await.items();
        assert_eq!(items.len(), 1, "{items:?}");
        items[0]["id"].as_str().unwrap().to_owned()
    }

    /// Returns `actor action note` of the operators' actions on single matches, oldest first.
    pub async fn audit_lines(&self, campaign: &Campaign) -> Vec<String> {
        let page = self.store.list_audit_records(&campaign.id, None, 50).await.unwrap();
        let acts = page.records.iter().rev().filter(|record| {
            let action = record.action.as_str();
            action.starts_with("goodwill_") || ["retry", "drop"].contains(&action)
        });
        acts.map(|record| format!("{} {} {}", record.actor, record.action, record.note)).collect()
    }
}

fn ready_dispatch(
    campaign: &Campaign,
    key: DispatchKey,
    customers: &[&str],
    due_at: Timestamp,
) -> Dispatch {
    let channel = *campaign.definition.channels.ladder.first().unwrap();
    let customers = customers.iter().map(|customer| customer_id(customer)).collect();
    let dispatch = Dispatch::new_ready(
        key,
        campaign.id.clone(),
        channel,
        DispatchPurpose::Planned,
        customers,
        due_at,
    );
    let day: Date = "2026-11-01".parse().unwrap();
    let firing = campaign.definition.trigger.as_ref().and_then(|trigger| trigger.firing_on(day));
    Dispatch { firing, ..dispatch }
}

/// Builds the interceptor of all calls: providers answer as set, the first call of one differently,
/// and each call yields `pauses` times to concurrent ones.
fn interceptor(
    answer: Arc<Mutex<CallVerdict>>,
    once: Arc<Mutex<Option<(CallVerdict, CrashPoint)>>>,
    died: Arc<tokio::sync::Notify>,
    pauses: impl Fn() -> usize + Send + Sync + 'static,
) -> CallGate {
    Arc::new(move |call| {
        let provider = call.sends_message();
        let verdict = if provider { *answer.lock().unwrap() } else { CallVerdict::Proceed };
        let special = if provider { once.lock().unwrap().take() } else { None };
        let (turns, died) = (pauses(), died.clone());
        Box::pin(async move {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            match special {
                None => verdict,
                Some((answer, CrashPoint::Not)) => answer,
                Some((CallVerdict::Proceed | CallVerdict::LoseAnswer, CrashPoint::After)) => {
                    died.notify_one();
                    CallVerdict::Hang
                }
                Some((_, CrashPoint::Before | CrashPoint::After)) => {
                    died.notify_one();
                    std::future::pending().await
                }
            }
        })
    })
}

fn scanned_segment(
    before: &domain::delivery::dispatch::Segment,
) -> domain::delivery::dispatch::Segment {
    let always_on = before.always_on;
    domain::delivery::dispatch::Segment {
        page: before.page + 1,
        scanned_all: !always_on,
        ..before.clone()
    }
}

fn deadline() -> Deadline {
    let end = add_milliseconds(runtime::clock::now(), 30_000);
    Deadline::from_millisecond(u64::try_from(end.as_millisecond()).unwrap())
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", Some("ada"), &format!("[{group}]"))
}
