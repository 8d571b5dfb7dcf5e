//! Rehearsals through the API, on the in-memory AWS: what a request may name, the estimate of the
//! answer, the sums of the parts, and an approval that rests on them.

use std::sync::Arc;

use campaigns::{CampaignsContext, routes};
use domain::kernel::money::Currency;
use domain::{
    campaign::approval::ApprovalThresholds,
    customer::changes::CustomerReplacement,
    kernel::id::RehearsalId,
    reporting::rehearsal::{RehearsalSegment, counts::RehearsalCounts},
};
use fake_aws::FakeAws;
use queue::Queue;
use runtime::clock::simulated;
use serde_json::{Value, json};
use store::{
    Store,
    campaign::campaigns::{AuditedChange, settings::SettingName},
    conditional::Applied,
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, customer_id, definition, noon},
};

use crate::client::{ApiResponse, CAMPAIGNS, campaigns_context, send_request};

const REHEARSALS: &str = "/v1/rehearsals";
const DAY: i64 = 24 * 3_600_000;

struct RehearsalFixture {
    memory: FakeAws,
    store: Store,
    app: axum::Router,
}

impl RehearsalFixture {
    fn new() -> Self {
        simulated::set_now(Some(noon()));
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
        let context = CampaignsContext { segments: 2, ..campaigns_context(&tables, queue) };
        let store = context.store.clone();
        let app = http_edge::build_app(routes().with_state(Arc::new(context)));
        Self { memory, store, app }
    }

    async fn send(&self, group: &str, method: &str, path: &str, body: Value) -> ApiResponse {
        let caller = testkit::signed_in_context("s-1", Some("ada"), &format!("[{group}]"));
        send_request(&self.app, caller, method, path, &[], &body).await
    }
    async fn rehearse(&self, body: Value) -> ApiResponse {
        self.send("marketer", "POST", REHEARSALS, body).await
    }
    async fn create_draft(&self, change: Value) -> String {
        let body = definition(change).to_value();
        let made = self.send("marketer", "POST", CAMPAIGNS, body).await.expect_status(201);
        made["id"].as_str().unwrap().to_owned()
    }
    async fn add_customers(&self, count: usize) {
        for number in 0..count {
            let granted = json!({"state": "granted", "source": "test", "at": noon().to_string()});
            let put: CustomerReplacement = serde_json::from_value(json!({
                "contacts": {"email": "ana@example.com"}, "consents": {"email": granted},
            }))
            .unwrap();
            let euro = Currency::parse("EUR").unwrap();
            let id = customer_id(&format!("c-{number}"));
            self.store.put_customer(&id, &put, euro).await.unwrap();
        }
    }

    /// Counts every part of a rehearsal as a worker would, with so many treated customers in each.
    async fn count_parts(&self, id: &str, treated: u64) {
        let id = RehearsalId::parse(id).unwrap();
        let found = self.store.rehearsal_progress(&id).await.unwrap().unwrap();
        for before in &found.segments {
            let counts = RehearsalCounts {
                scanned: 10,
                selected: treated,
                treated,
                ..RehearsalCounts::default()
            };
            let after = RehearsalSegment { page: 1, done: true, counts, ..before.clone() };
            let written = self.store.write_rehearsal_page(before, &after).await.unwrap();
            assert_eq!(written, Applied::Yes);
        }
    }
}

#[tokio::test]
async fn a_rehearsal_has_an_estimate_at_once_and_then_the_sums_of_its_parts() {
    let api = RehearsalFixture::new();
    api.add_customers(7).await;
    let draft = api.create_draft(json!({})).await;
    api.memory.take_queued_messages();
    let asked = api.rehearse(json!({"campaign_id": draft})).await;
    let path = asked.location.clone().unwrap();
    let asked = asked.expect_status(202);
    assert_eq!(api.memory.take_queued_messages().len(), 2, "one message for each part");
    assert_eq!((&asked["state"], &asked["parts"]), (&json!("running"), &json!(2)));
    let estimate = &asked["estimate"];
    assert_eq!((&estimate["exact"], &estimate["sampled"]), (&json!(true), &json!(7)));
    assert_eq!(estimate["treated"]["customers_high"], 7);
    let id = asked["id"].as_str().unwrap();
    api.count_parts(id, 3).await;
    let said = api.send("viewer", "GET", &path, json!(null)).await.expect_status(200);
    let counted = &said["counted"];
    assert_eq!((&said["state"], &counted["scanned"]), (&json!("complete"), &json!(20)));
    assert_eq!(counted["exposure"], json!({"amount": 6 * 500, "currency": "EUR"}));
    assert_eq!(said["outdated"], false);
    let stop = format!("{path}/cancel");
    api.send("marketer", "POST", &stop, json!(null)).await.check(409, "rehearsal_over");
    let list = format!("{REHEARSALS}?campaign={draft}");
    let listed = api.send("viewer", "GET", &list, json!(null)).await.expect_status(200);
    assert_eq!(listed["items"][0]["id"], id);
    let path = format!("{CAMPAIGNS}/{draft}/prediction");
    let prediction = api.send("viewer", "GET", &path, json!(null)).await.expect_status(200);
    assert_eq!(prediction["predicted"]["sums"]["vouchers"], 6);
    assert_eq!(prediction["happened"], Value::Null);
}

#[tokio::test]
async fn a_request_names_one_thing_that_can_be_rehearsed() {
    let api = RehearsalFixture::new();
    let draft = api.create_draft(json!({})).await;
    for body in [json!({}), json!({"live": true, "campaign_id": draft})] {
        assert_eq!(api.rehearse(body).await.errors(), [" exactly_one"]);
    }
    assert_eq!(api.rehearse(json!({"live": false})).await.errors(), ["/live invalid"]);
    api.rehearse(json!({"campaign_id": "cmp_none"})).await.check(404, "campaign_unknown");
    let broken = api.rehearse(json!({"definition": {"name": 1}})).await;
    assert!(broken.errors().iter().all(|it| it.starts_with("/definition")), "{broken:?}");
    let trigger = json!({"when": {"inactivity": {"days": 30}}, "cool_down_days": 60});
    let autopilot = api.create_draft(json!({"kind": "autopilot", "trigger": trigger})).await;
    api.rehearse(json!({"campaign_id": autopilot})).await.check(409, "not_a_promotion");
    let inline = definition(json!({})).to_value();
    api.rehearse(json!({"definition": inline})).await.expect_status(202);
    let live = api.rehearse(json!({"live": true})).await.expect_status(202);
    let stop = format!("{REHEARSALS}/{}/cancel", live["id"].as_str().unwrap());
    for _ in 0..2 {
        let stopped = api.send("approver", "POST", &stop, json!(null)).await.expect_status(200);
        assert_eq!(stopped["state"], "cancelled");
    }
    let unknown = format!("{REHEARSALS}/reh_none");
    api.send("viewer", "GET", &unknown, json!(null)).await.check(404, "rehearsal_unknown");
}

#[tokio::test]
async fn an_approval_may_rest_on_a_rehearsal_of_this_version_that_is_under_a_day_old() {
    let api = RehearsalFixture::new();
    let thresholds = ApprovalThresholds {
        customers: Some(6),
        by_rehearsal: true,
        ..ApprovalThresholds::default()
    };
    let change = AuditedChange { actor: "ida", action: "set", note: "", at: noon() };
    api.store.save_setting(SettingName::Approvals, 0, &thresholds, &change).await.unwrap();
    let draft = api.create_draft(json!({})).await;
    let path = format!("{CAMPAIGNS}/{draft}");
    let required = async || {
        let shown = api.send("viewer", "GET", &path, json!(null)).await.expect_status(200);
        shown["approval"]["required"].as_bool().unwrap()
    };
    assert!(required().await, "it has no cap, and no rehearsal");
    for (treated, expected) in [(4, true), (3, false)] {
        let asked = api.rehearse(json!({"campaign_id": draft})).await.expect_status(202);
        api.count_parts(asked["id"].as_str().unwrap(), treated).await;
        assert_eq!(required().await, expected, "{treated} in each of two parts");
        simulated::set_now(Some(add_milliseconds(runtime::clock::now(), 1_000)));
    }
    simulated::set_now(Some(add_milliseconds(noon(), 2 * DAY)));
    assert!(required().await, "the rehearsal is too old");
    simulated::set_now(Some(add_milliseconds(noon(), 2_000)));
    let launched = api.send("marketer", "POST", &format!("{path}/launch"), json!(null)).await;
    assert_eq!(launched.expect_status(200)["state"], "running");
}
