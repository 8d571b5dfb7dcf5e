//! Approvals on the in-memory AWS: who has to approve which version, and that no launch gets past
//! it.

use std::sync::Arc;

use axum::Router;
use fake_aws::{CallGate, CallVerdict, FakeAws};
use lambda_http::request::RequestContext;
use queue::Queue;
use runtime::clock::simulated;
use secrets::Secrets;
use serde_json::{Value, json};
use testkit::{TestTables, builders::noon};

use crate::client::{ApiResponse, CAMPAIGNS, campaigns_context, send_request, store_on};

const SETTING: &str = "/v1/configuration/voucher-campaign/approvals";
/// The actors, each as group and subject.
pub const MARKETER: TestActor = ("marketer", "mia");
const OTHER: TestActor = ("marketer", "max");
const APPROVER: TestActor = ("approver", "ann");
pub const ADMIN: TestActor = ("admin", "ida");

pub type TestActor = (&'static str, &'static str);

pub struct ApprovalsFixture {
    app: Router,
}

impl ApiResponse {
    /// Formats the approval as `required reasons approved_by`.
    fn approval_summary(&self) -> String {
        let it = &self.body["approval"];
        format!("{} {} {}", it["required"], it["reasons"], it["approved_by"])
    }
}

impl ApprovalsFixture {
    pub fn new() -> Self {
        Self::with_pauses(|| 0)
    }

    /// Builds the fixture. Each AWS call yields to the other tasks as often as `pauses` returns.
    fn with_pauses(pauses: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        simulated::set_now(Some(noon()));
        let gate: CallGate = Arc::new(move |_| {
            let turns = pauses();
            Box::pin(async move {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                CallVerdict::Proceed
            })
        });
        let memory = FakeAws::with_gate(testkit::table_schemas(), gate);
        let tables = TestTables::on_fake_aws(&memory);
        let config = &tables.config;
        let queue = |name: &str| Queue::new(config, format!("http://memory/{name}"));
        let campaigns = campaigns_context(&tables, queue);
        let operations = operations::OperationsContext {
            store: store_on(&tables),
            release: queue("release"),
            watchdog: queue("watchdog"),
            secrets: std::sync::Arc::new(Secrets::new(config)),
            cursor_secret: "cursor".into(),
            api_key_secret: String::new(),
            zone: domain::TimeZone::UTC,
            currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
            costs: domain::reporting::costs::CostRates::default(),
            monitored_queues: Vec::new(),
        };
        let routes = campaigns::routes().with_state(Arc::new(campaigns));
        let routes = routes.merge(operations::routes().with_state(Arc::new(operations)));
        Self { app: http_edge::build_app(routes) }
    }

    pub async fn send(
        &self,
        who: TestActor,
        method: &str,
        path: &str,
        etag: &str,
        body: Value,
    ) -> ApiResponse {
        let if_match: &[(&str, &str)] = &[("if-match", etag)];
        let headers = if etag.is_empty() { &[] } else { if_match };
        send_request(&self.app, signed_in(who), method, path, headers, &body).await
    }
    /// Sets the thresholds to 100 customers and 500 euros.
    async fn set_thresholds(&self) {
        self.send(ADMIN, "PUT", SETTING, "\"0\"", json!({"customers": 100, "exposure": 50_000}))
            .await
            .expect_ok();
    }
    pub async fn draft(&self, more: Value) -> ApiResponse {
        self.send(MARKETER, "POST", CAMPAIGNS, "", definition(&more)).await.expect_ok()
    }
    async fn get(&self, path: &str) -> ApiResponse {
        self.send(MARKETER, "GET", path, "", Value::Null).await.expect_ok()
    }
    pub async fn patch(&self, who: TestActor, path: &str, change: Value) -> ApiResponse {
        let etag = self.get(path).await.etag;
        self.send(who, "PATCH", path, &etag, change).await
    }
    async fn approve(&self, who: TestActor, path: &str) -> ApiResponse {
        let etag = self.get(path).await.etag;
        self.send(who, "POST", &format!("{path}/approve"), &etag, Value::Null).await
    }
    pub async fn launch(&self, path: &str) -> ApiResponse {
        self.send(MARKETER, "POST", &format!("{path}/launch"), "", Value::Null).await
    }
}

fn signed_in((group, subject): TestActor) -> RequestContext {
    testkit::signed_in_context(subject, None, &format!("[{group}]"))
}

fn definition(more: &Value) -> Value {
    let mut definition = json!({
        "name": "Try the pharmacy", "kind": "promotion",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
        "validity": {"from_issue": {"hours": 168}},
        "audience": {"never_ordered": {"vertical": "pharmacy"}},
        "channels": {"mode": "first_available", "ladder": ["sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {"sms": {"text": "{{ offer }}: {{ voucher_link }}"}}}},
    });
    for (name, value) in more.as_object().unwrap() {
        definition[name] = value.clone();
    }
    definition
}

fn caps(vouchers: u64, exposure: u64) -> Value {
    json!({"caps": {"vouchers": vouchers, "exposure": {"amount": exposure, "currency": "EUR"}}})
}

#[tokio::test]
async fn without_a_threshold_nobody_has_to_agree() {
    let stage = ApprovalsFixture::new();
    let draft = stage.draft(json!({})).await;
    assert_eq!(draft.approval_summary(), "false [] null");
    assert_eq!(stage.launch(&draft.path()).await.expect_ok().body["state"], "running");
}

#[tokio::test]
async fn thresholds_are_set_by_administrators_on_the_version_they_read() {
    let stage = ApprovalsFixture::new();
    let read = stage.send(("viewer", "vic"), "GET", SETTING, "", Value::Null).await.expect_ok();
    assert_eq!((read.etag.as_str(), &read.body["customers"]), ("\"0\"", &Value::Null));
    for who in [MARKETER, APPROVER, ("viewer", "vic")] {
        stage.send(who, "PUT", SETTING, "\"0\"", json!({})).await.check(403, "forbidden");
    }
    stage.set_thresholds().await;
    stage.send(ADMIN, "PUT", SETTING, "\"0\"", json!({})).await.check(412, "precondition_failed");
    let bad = stage
        .send(ADMIN, "PUT", SETTING, "\"1\"", json!({"customers": 1_000_000_000_001_u64}))
        .await;
    assert_eq!((bad.status, &bad.body["errors"][0]["field"]), (422, &json!("/customers")));
    assert_eq!(stage.send(ADMIN, "GET", SETTING, "", Value::Null).await.body["exposure"], 50_000);
}

#[tokio::test]
async fn a_campaign_whose_caps_keep_it_small_starts_by_itself_and_another_does_not() {
    let stage = ApprovalsFixture::new();
    stage.set_thresholds().await;
    let small = stage.draft(caps(100, 50_000)).await;
    assert_eq!(small.approval_summary(), "false [] null");
    stage.launch(&small.path()).await.expect_ok();
    let trigger = json!({"when": {"inactivity": {"days": 30}}, "cool_down_days": 60});
    let uncapped = [
        caps(101, 50_000),
        caps(100, 50_001),
        json!({}),
        json!({"schedule": {"starts_at": "2027-01-01T12:00:00Z", "ends_at": "2027-02-01T12:00:00Z"}}),
        json!({"kind": "autopilot", "trigger": trigger}),
    ];
    for more in uncapped {
        let draft = stage.draft(more).await;
        let refused = stage.launch(&draft.path()).await;
        refused.check(409, "approval_required");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(
            detail.contains("customers over 100") || detail.contains("exposure over 50000"),
            "{detail}"
        );
        stage.approve(APPROVER, &draft.path()).await.expect_ok();
        stage.launch(&draft.path()).await.expect_ok();
    }
}

#[tokio::test]
async fn nobody_approves_what_they_wrote() {
    let stage = ApprovalsFixture::new();
    stage.set_thresholds().await;
    let made = stage.send(ADMIN, "POST", CAMPAIGNS, "", definition(&json!({}))).await.expect_ok();
    stage.approve(ADMIN, &made.path()).await.check(409, "approver_is_editor");
    let path = stage.draft(json!({})).await.path();
    stage.patch(ADMIN, &path, json!({"name": "Mine now"})).await.expect_ok();
    stage.patch(OTHER, &path, json!({"name": "Mine again"})).await.expect_ok();
    stage.approve(ADMIN, &path).await.check(409, "approver_is_editor");
    for who in [MARKETER, ("viewer", "vic")] {
        stage.approve(who, &path).await.check(403, "forbidden");
    }
    let unseen = stage.send(APPROVER, "POST", &format!("{path}/approve"), "", Value::Null).await;
    unseen.check(428, "precondition_required");
    stage
        .send(APPROVER, "POST", &format!("{path}/approve"), "\"1\"", Value::Null)
        .await
        .check(412, "precondition_failed");
    let etag = stage.get(&path).await.etag;
    let comment = json!({"comment": "as agreed"});
    let approved =
        stage.send(APPROVER, "POST", &format!("{path}/approve"), &etag, comment).await.expect_ok();
    assert_eq!(approved.approval_summary(), r#"true ["customers","exposure"] "ann""#);
    assert_eq!(stage.get(&path).await.body, approved.body);
    let audit = stage.get(&format!("{path}/audit")).await;
    let last = &audit.body["items"][0];
    assert_eq!(
        (&last["action"], &last["actor"], &last["note"]),
        (&json!("approve"), &json!("ann"), &json!("as agreed"))
    );
    stage.patch(APPROVER, &path, json!({"name": "Not mine"})).await.check(403, "forbidden");
}

#[tokio::test]
async fn any_edit_takes_the_approval_away_and_a_clone_starts_without() {
    let stage = ApprovalsFixture::new();
    stage.set_thresholds().await;
    let path = stage.draft(json!({})).await.path();
    stage.approve(APPROVER, &path).await.expect_ok();
    let clone =
        stage.send(OTHER, "POST", &format!("{path}/clone"), "", Value::Null).await.expect_ok();
    assert_eq!(clone.approval_summary(), r#"true ["customers","exposure"] null"#);
    stage.patch(OTHER, &path, json!({"description": "longer"})).await.expect_ok();
    assert_eq!(stage.get(&path).await.approval_summary(), r#"true ["customers","exposure"] null"#);
    stage.launch(&path).await.check(409, "approval_required");
    stage.approve(APPROVER, &path).await.expect_ok();
    let running = stage.launch(&path).await.expect_ok();
    assert_eq!(
        (&running.body["state"], &running.body["approval"]["approved_by"]),
        (&json!("running"), &json!("ann"))
    );
    stage.approve(ADMIN, &path).await.check(409, "not_allowed_in_state");
}

#[tokio::test]
async fn a_cap_is_raised_over_a_threshold_by_an_approver_who_did_not_write_it() {
    let stage = ApprovalsFixture::new();
    stage.set_thresholds().await;
    let path = stage.draft(caps(50, 10_000)).await.path();
    stage.launch(&path).await.expect_ok();
    stage.patch(MARKETER, &path, json!({"caps": {"vouchers": 100}})).await.expect_ok();
    stage
        .patch(MARKETER, &path, json!({"caps": {"vouchers": 101}}))
        .await
        .check(409, "approval_required");
    stage
        .patch(MARKETER, &path, json!({"caps": {"exposure": null}}))
        .await
        .check(409, "approval_required");
    stage.patch(APPROVER, &path, json!({"name": "Mine"})).await.check(403, "forbidden");
    stage.patch(APPROVER, &path, json!({"caps": {"vouchers": 99}})).await.check(403, "forbidden");
    let raised = stage.patch(APPROVER, &path, json!({"caps": {"vouchers": 500}})).await.expect_ok();
    assert_eq!(
        (raised.approval_summary(), &raised.body["remaining"]["vouchers"]),
        (r#"true ["customers"] "ann""#.into(), &json!(500))
    );
    stage.patch(APPROVER, &path, json!({"caps": {"vouchers": 600}})).await.expect_ok();
    stage.patch(ADMIN, &path, json!({"name": "Spring"})).await.expect_ok();
    stage
        .patch(ADMIN, &path, json!({"caps": {"vouchers": 700}}))
        .await
        .check(409, "approver_is_editor");
    stage.patch(MARKETER, &path, json!({"caps": {"vouchers": 400}})).await.expect_ok();
}

/// Runs an edit, an approval and a launch in random interleavings: a campaign that runs is always
/// one that was approved.
#[tokio::test]
async fn an_edit_an_approval_and_a_launch_at_once_never_start_what_nobody_agreed_to() {
    let mut launched = 0;
    for round in 0..60 {
        let turns = fastrand::Rng::with_seed(round);
        let turns = std::sync::Mutex::new(turns);
        let stage = ApprovalsFixture::with_pauses(move || turns.lock().unwrap().usize(0..12));
        stage.set_thresholds().await;
        let draft = stage.draft(json!({})).await;
        let path = draft.path();
        let approve = format!("{path}/approve");
        let edit = async { stage.patch(OTHER, &path, json!({"holdout_percent": 10})).await };
        let approve =
            async { stage.send(APPROVER, "POST", &approve, &draft.etag, Value::Null).await };
        let launch = async {
            for _ in 0..4 {
                if stage.launch(&path).await.status == 200 {
                    break;
                }
            }
        };
        let (_, approved, ()) = futures::join!(edit, approve, launch);
        let after = stage.get(&path).await;
        if after.body["state"] == "running" {
            launched += 1;
            assert_eq!(
                (approved.status, &after.body["holdout_percent"]),
                (200, &draft.body["holdout_percent"])
            );
            assert_eq!(after.body["approval"]["approved_by"], "ann");
        }
    }
    assert!(launched > 0, "no round came to a launch");
}

#[tokio::test]
async fn the_history_shows_what_was_changed_from_what_to_what() {
    let stage = ApprovalsFixture::new();
    let path = stage.draft(caps(50, 10_000)).await.path();
    let long = "a".repeat(400);
    stage
        .patch(
            OTHER,
            &path,
            json!({"name": "Spring", "description": long, "caps": {"exposure": null}}),
        )
        .await
        .expect_ok();
    stage.launch(&path).await.expect_ok();
    stage.patch(MARKETER, &path, json!({"caps": {"vouchers": 70}})).await.expect_ok();
    let audit = stage.get(&format!("{path}/audit")).await;
    let of = |number: usize| audit.body["items"][number]["changes"].clone();
    assert_eq!(
        of(0),
        json!([{"field": "/caps/vouchers", "before": 50, "after": 70, "cut": false}])
    );
    assert_eq!((of(1), of(3)), (json!([]), json!([])), "a launch and a creation change no part");
    let edited = of(2);
    let part = |field: &str| {
        edited.as_array().unwrap().iter().find(|it| it["field"] == field).unwrap().clone()
    };
    assert_eq!(
        part("/name"),
        json!({"field": "/name", "before": "Try the pharmacy", "after": "Spring", "cut": false})
    );
    assert_eq!(
        (&part("/caps/exposure")["after"], &part("/description")["cut"]),
        (&Value::Null, &json!(true))
    );
    assert!(part("/description")["after"].as_str().unwrap().len() <= 300);
}

#[tokio::test]
async fn a_list_says_which_drafts_wait_for_an_approver() {
    let stage = ApprovalsFixture::new();
    let draft = stage.draft(caps(101, 10_000)).await;
    let listed = async || {
        let list = stage.get(CAMPAIGNS).await;
        list.body["items"][0]["awaiting_approval"].as_bool().unwrap()
    };
    assert!(!listed().await, "without a threshold nobody is waited for");
    stage.set_thresholds().await;
    assert!(listed().await);
    stage.approve(APPROVER, &draft.path()).await.expect_ok();
    assert!(!listed().await);
    stage.patch(MARKETER, &draft.path(), json!({"name": "Another name"})).await.expect_ok();
    assert!(listed().await, "an edit takes the approval away");
    stage.patch(MARKETER, &draft.path(), caps(100, 10_000)).await.expect_ok();
    assert!(!listed().await);
}
