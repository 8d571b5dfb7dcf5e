//! Tests of dead letters as an operator sees them, on queues of the local AWS: unreadable messages
//! that a function parks with the reason, messages that failed in every receive, and redrives,
//! repeated and concurrent.

use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use axum::{body::Body, http::Request};
use domain::{
    TimeZone,
    kernel::{audit_kind::AuditKind, id::RunId},
    reporting::sender_health::SenderLimits,
};
use fake_aws::FakeAws;
use futures::future::join_all;
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use operations::{OperationsContext, dead_letters::MonitoredQueue, routes};
use queue::{Queue, SegmentNudge};
use secrets::Secrets;
use serde_json::{Value, json};
use store::{Store, TableNames, campaign::campaigns::AuditLogQuery};
use testkit::{TestTables, builders::campaign_id};
use tower::ServiceExt;

const DEAD_LETTERS: &str = "/v1/configuration/voucher-campaign/dead-letters";

struct DeadLetterFixture {
    app: axum::Router,
    store: Store,
    /// The dead-letter queue of `expansion`.
    dead_letters: Queue,
    source: Queue,
    parked: Queue,
}

impl DeadLetterFixture {
    async fn new() -> Self {
        let config = testkit::local_aws_config();
        let made = async || Queue::new(&config, testkit::create_queue(&config).await);
        let (dead_letters, source, parked) = (made().await, made().await, made().await);
        // the log of acts is all that is written
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let context = OperationsContext {
            store: store.clone(),
            release: source.clone(),
            watchdog: source.clone(),
            secrets: Arc::new(Secrets::new(&config)),
            cursor_secret: String::new(),
            api_key_secret: String::new(),
            zone: TimeZone::UTC,
            currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
            costs: domain::reporting::costs::CostRates::default(),
            monitored_queues: vec![
                MonitoredQueue {
                    name: "expansion",
                    dead_letters: dead_letters.clone(),
                    source: Some(source.clone()),
                },
                MonitoredQueue {
                    name: "parked-records",
                    dead_letters: parked.clone(),
                    source: None,
                },
            ],
        };
        Self {
            app: http_edge::build_app(routes().with_state(Arc::new(context))),
            store,
            dead_letters,
            source,
            parked,
        }
    }

    async fn send_request(&self, group: &str, method: &str, path: &str) -> (u16, Value) {
        let uri = format!("{DEAD_LETTERS}{path}");
        let request = Request::builder().method(method).uri(uri).extension(signed_in(group));
        let response =
            self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn list_queues(&self) -> Vec<Value> {
        let (status, body) = self.send_request("viewer", "GET", "").await;
        assert_eq!(status, 200, "{body}");
        body["items"].as_array().unwrap().clone()
    }

    /// Redrives, and returns how many messages moved, how many unreadable ones stayed, and how many
    /// wait afterwards.
    async fn redrive(&self, query: &str) -> (u64, u64, u64) {
        let (status, body) =
            self.send_request("admin", "POST", &format!("/expansion/redrive{query}")).await;
        assert_eq!(status, 200, "{body}");
        let number = |name: &str| body[name].as_u64().unwrap();
        (number("moved"), number("quarantined"), number("waiting"))
    }

    /// Sends messages that failed in five receives: SQS moves them unchanged.
    async fn send_dead_letters(&self, messages: u32) {
        let run = RunId::of_promotion(&campaign_id("cmp_1"));
        let nudges: Vec<_> =
            (0..messages).map(|segment| SegmentNudge { run: run.clone(), segment }).collect();
        self.dead_letters.send_all(&nudges).await.unwrap();
    }

    /// Sends a message that the watchdog cannot read, and lets the watchdog park it.
    async fn poison_message(&self, body: &str) {
        let context = watchdog::WatchdogContext {
            store: self.store.clone(),
            expansion: self.source.clone(),
            release: self.source.clone(),
            stalled_after_seconds: 90,
            expiries_at_once: 100,
            limits: SenderLimits::default(),
            zone: domain::TimeZone::UTC,
            recount_budget: std::time::Duration::from_secs(3_600),
        };
        let mut message = SqsMessage::default();
        message.message_id = Some("m-1".into());
        message.body = Some(body.to_owned());
        let mut event = SqsEvent::default();
        event.records.push(message);
        let no_end = runtime::clock::Deadline::from_millisecond(u64::MAX);
        let answer = watchdog::handle(&context, &self.dead_letters, event, no_end).await;
        assert!(answer.batch_item_failures.is_empty(), "it has left its queue");
    }

    /// Returns how many messages wait in the queue that they came from.
    async fn waiting_in_source(&self) -> u64 {
        self.source.depth().await.unwrap().waiting
    }
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", None, &format!("[{group}]"))
}

#[tokio::test]
async fn poison_is_listed_with_its_reason_and_without_its_content() {
    let stage = DeadLetterFixture::new().await;
    stage.send_dead_letters(1).await;
    stage.poison_message(r#"{"wake": "schedule", "phone": "+34600000001"}"#).await;
    let listed = stage.list_queues().await;
    assert!(!Value::from(listed.clone()).to_string().contains("+34600000001"), "{listed:?}");
    let expansion = &listed[0];
    assert_eq!((&expansion["queue"], &expansion["waiting"]), (&json!("expansion"), &json!(2)));
    assert!(expansion["oldest_at"].is_string(), "{expansion}");
    let sample = expansion["sample"].as_array().unwrap();
    let reasons: Vec<&Value> =
        sample.iter().map(|it| &it["reason"]).filter(|reason| !reason.is_null()).collect();
    let [reason] = reasons.as_slice() else { unreachable!("one is poison: {sample:?}") };
    assert!(reason.as_str().unwrap().starts_with("not a message of this queue"), "{reason}");
    let pointers: Vec<&Value> =
        sample.iter().map(|it| &it["pointer"]).filter(|it| !it.is_null()).collect();
    assert_eq!(pointers, [&json!({"run": "cmp_1.1", "segment": 0})]);
    // viewing the messages does not remove them
    assert_eq!(stage.list_queues().await[0]["waiting"], json!(2));
    assert_eq!((&listed[1]["queue"], &listed[1]["waiting"]), (&json!("parked-records"), &json!(0)));
}

#[tokio::test]
async fn a_redrive_moves_what_may_succeed_and_leaves_poison_until_it_is_asked_for() {
    let stage = DeadLetterFixture::new().await;
    stage.send_dead_letters(12).await;
    stage.poison_message("garbage").await;
    assert_eq!(stage.redrive("").await, (12, 1, 1));
    assert_eq!(stage.waiting_in_source().await, 12);
    // the message that stays is visible at once
    assert!(stage.list_queues().await[0]["sample"][0]["reason"].is_string());
    assert_eq!(stage.redrive("").await, (0, 1, 1));
    assert_eq!(stage.redrive("?poison=true").await, (1, 0, 0));
    assert_eq!(stage.waiting_in_source().await, 13);
}

#[tokio::test]
async fn a_redrive_moves_no_more_than_it_was_asked_to() {
    let stage = DeadLetterFixture::new().await;
    stage.send_dead_letters(12).await;
    assert_eq!(stage.redrive("?limit=5").await, (5, 0, 7));
    assert_eq!(stage.redrive("?limit=200").await, (7, 0, 0));
    assert_eq!(stage.waiting_in_source().await, 12);
}

#[tokio::test]
async fn many_concurrent_redrives_move_each_message_once() {
    let stage = DeadLetterFixture::new().await;
    stage.send_dead_letters(60).await;
    let presses = join_all((0..4).map(|_| stage.redrive(""))).await;
    assert_eq!(presses.iter().map(|(moved, ..)| moved).sum::<u64>(), 60, "{presses:?}");
    assert_eq!(
        (stage.waiting_in_source().await, stage.dead_letters.depth().await.unwrap().waiting),
        (60, 0)
    );
    assert_eq!(stage.redrive("").await, (0, 0, 0));
}

#[tokio::test]
async fn only_an_admin_redrives_and_only_what_a_queue_takes_back() {
    let stage = DeadLetterFixture::new().await;
    stage.send_dead_letters(1).await;
    stage.parked.park_message("{}".into(), "no new image").await.unwrap();
    for (group, path, status, code) in [
        ("marketer", "/expansion/redrive", 403, "forbidden"),
        ("admin", "/nowhere/redrive", 404, "dead_letters_unknown"),
        ("admin", "/parked-records/redrive", 409, "not_redrivable"),
        ("admin", "/expansion/redrive?limit=0", 400, "invalid_query"),
        ("admin", "/expansion/redrive?limit=201", 400, "invalid_query"),
    ] {
        let (answered, body) = stage.send_request(group, "POST", path).await;
        assert_eq!((answered, body["code"].as_str()), (status, Some(code)), "{path}: {body}");
    }
    assert_eq!(
        (stage.waiting_in_source().await, stage.dead_letters.depth().await.unwrap().waiting),
        (0, 1)
    );
    assert_eq!(stage.list_queues().await[1]["sample"][0]["reason"], json!("no new image"));
    let query = AuditLogQuery::default();
    let log = async || stage.store.list_audit_log(&query, None, 10).await.unwrap().records;
    assert!(log().await.is_empty(), "what is refused is no act");
    assert_eq!(stage.send_request("admin", "POST", "/expansion/redrive").await.0, 200);
    let acts = log().await;
    let told: Vec<_> =
        acts.iter().map(|it| (it.kind, it.subject.as_str(), it.record.action.as_str())).collect();
    assert_eq!(told, [(AuditKind::DeadLetters, "expansion", "redrive")]);
}
