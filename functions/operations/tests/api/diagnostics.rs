//! Why and why not: the answer is the reason that the worker wrote down, for each customer of a run, whatever became of them.

use domain::{
    channel::Channel,
    decision::SkipReason,
    id::VoucherId,
    voucher::{Issue, Status, Voucher},
};
use memory_aws::Verdict;
use serde_json::{Value, json};
use testkit::builders::{customer_id, later, noon};

use crate::stage::{Answered, HOUR, Stage};

const DIAGNOSTICS: &str = "/v1/configuration/voucher-campaign/diagnostics";

async fn customer(stage: &Stage, id: &str) -> Answered {
    stage.get("viewer", &format!("{DIAGNOSTICS}/customers/{id}")).await
}

async fn why(stage: &Stage, id: &str, campaign: &str) -> Value {
    let answered = stage.get("viewer", &format!("{DIAGNOSTICS}/customers/{id}/campaigns/{campaign}")).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    answered.body
}

#[tokio::test]
async fn each_customer_of_a_run_is_told_why() {
    let stage = Stage::new();
    for id in ["c-yes", "c-gone"] {
        stage.customer(id).await;
    }
    stage.customer_by_email("c-no").await;
    let campaign = stage.promotion("cmp_1", &["sms"]).await;
    let dispatch = stage.planned(&campaign, &["c-yes", "c-no", "c-gone"], noon()).await;
    assert_eq!(dispatch.customers.len(), 3);
    stage.store.erase_customer(&customer_id("c-gone"), |_, _| None, noon()).await.unwrap();
    stage.released_and_delivered().await;
    let shown = async |id: &str| {
        let why = why(&stage, id, "cmp_1").await;
        (why["answer"].as_str().unwrap().to_owned(), why["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(shown("c-yes").await, ("got_voucher".into(), String::new()));
    assert_eq!(shown("c-no").await, ("skipped".into(), "opted_out".into()));
    assert_eq!(shown("c-gone").await, ("skipped".into(), "customer_gone".into()));
}

/// Whatever reason a worker writes down, the answer is that one, with words of its own.
#[tokio::test]
async fn every_reason_of_a_skip_is_told_as_it_was_written() {
    let stage = Stage::new();
    let campaign = stage.promotion("cmp_1", &["sms"]).await;
    let run = campaign.run.clone().unwrap();
    let occurrence = domain::id::Occurrence::of_run(&run);
    let mut said = std::collections::BTreeSet::new();
    for reason in SkipReason::ALL {
        let id = format!("c-{}", reason.code());
        stage.customer(&id).await;
        let customer = customer_id(&id);
        let issue = Issue {
            campaign: &campaign.id,
            run: &run,
            occurrence: &occurrence,
            definition: &campaign.definition,
            customer: &customer,
            dispatch: "p00000000.000",
            now: noon(),
        };
        stage.store.issue(&issue.skip(reason)).await.unwrap();
        let why = why(&stage, &id, "cmp_1").await;
        assert_eq!((why["answer"].as_str(), why["reason"].as_str()), (Some("skipped"), Some(reason.code())));
        said.insert(why["says"].as_str().unwrap().to_owned());
    }
    assert_eq!(said.len(), SkipReason::ALL.len(), "no two reasons are told alike");
}

#[tokio::test]
async fn without_a_record_the_rule_says_which_of_its_nodes_does_not_hold() {
    let stage = Stage::new();
    stage.customer("c-1").await;
    let audience = json!({"all": [{"orders_count": {"at_least": 5}}, {"consents_to": {"channel": "sms"}}]});
    stage
        .launched(
            "cmp_1",
            json!({"audience": {"everyone": null, "all": audience["all"]}, "channels": {"ladder": ["sms"]}}),
        )
        .await;
    let told = why(&stage, "c-1", "cmp_1").await;
    assert_eq!(told["answer"], "not_selected");
    let parts = told["audience"]["parts"].as_array().unwrap();
    let nodes: Vec<_> =
        parts.iter().map(|part| (part["field"].as_str().unwrap(), part["holds"].as_bool().unwrap())).collect();
    assert_eq!(nodes, [("/audience/all/0/orders_count", false), ("/audience/all/1/consents_to", true)]);
    assert_eq!(told["decision"]["outcome"], "send", "the audience apart, nothing speaks against it");
    // and once they were erased there is nothing to hold against the rule
    stage.store.erase_customer(&customer_id("c-1"), |_, _| None, noon()).await.unwrap();
    let told = why(&stage, "c-1", "cmp_1").await;
    assert_eq!((&told["answer"], &told["audience"]), (&"customer_gone".into(), &Value::Null));
    assert_eq!(told["decision"]["reason"], "customer_gone");
}

#[tokio::test]
async fn what_would_be_decided_now_is_the_workers_decision() {
    let stage = Stage::new();
    stage.customer("c-1").await;
    stage.promotion("cmp_1", &["sms"]).await;
    let policy = json!({"quiet_hours": {"sms": {"from": "11:00", "to": "14:00"}}});
    assert_eq!(stage.set_policy("admin", 0, &policy).await.status, 200);
    let told = why(&stage, "c-1", "cmp_1").await;
    assert_eq!((&told["answer"], &told["decision"]["outcome"]), (&"not_reached_yet".into(), &"wait".into()));
    assert_eq!(told["decision"]["until"], later(noon(), 2 * HOUR).to_string());
    stage.launched("cmp_2", json!({"holdout_percent": 50, "channels": {"ladder": ["email"]}})).await;
    let held = domain::decision::held_out(
        &testkit::builders::campaign_id("cmp_2"),
        &testkit::builders::definition(json!({"holdout_percent": 50})),
        &customer_id("c-1"),
    );
    let expected = if held { "held_out" } else { "send" };
    assert_eq!(why(&stage, "c-1", "cmp_2").await["decision"]["outcome"], expected);
}

#[tokio::test]
async fn an_autopilot_says_whether_it_fires() {
    let stage = Stage::new();
    stage.customer("c-1").await;
    stage.autopilot("cmp_1", &["sms"]).await;
    let told = why(&stage, "c-1", "cmp_1").await;
    assert_eq!((&told["answer"], &told["fires_today"]), (&"not_reached_yet".into(), &true.into()));
    stage.at(later(noon(), 24 * HOUR));
    let told = why(&stage, "c-1", "cmp_1").await;
    assert_eq!((&told["answer"], &told["fires_today"]), (&"not_fired".into(), &false.into()));
    stage.listener("cmp_2").await;
    assert_eq!(why(&stage, "c-1", "cmp_2").await["fires_today"], Value::Null);
}

#[tokio::test]
async fn a_customer_is_shown_with_all_that_speaks_for_and_against_them() {
    let stage = Stage::new();
    stage.customer_by_email("c-1").await;
    let policy = json!({"frequency_cap": {"messages": 3, "days": 7}, "open_offers_cap": 2});
    assert_eq!(stage.set_policy("admin", 0, &policy).await.status, 200);
    let campaign = stage.promotion("cmp_1", &["sms", "email"]).await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    stage.released_and_delivered().await;
    stage.released_and_delivered().await;
    let told = customer(&stage, "c-1").await.body;
    assert_eq!((&told["known"], &told["orders"]), (&"active".into(), &1.into()));
    let sms = &told["channels"][0];
    assert_eq!(
        (&sms["channel"], &sms["reachable"], &sms["reason"]),
        (&"sms".into(), &false.into(), &"opted_out".into())
    );
    assert_eq!(told["records"][0]["status"], "issued");
    let caps = &told["caps"];
    assert_eq!((&caps["messages"], &caps["messages_cap"]), (&1.into(), &3.into()));
    assert_eq!((&caps["open_offers"], &caps["open_offers_cap"]), (&1.into(), &2.into()));
    let happened: Vec<_> = told["timeline"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    for what in ["issued", "attempt", "sent", "consent_denied", "consent_granted"] {
        assert!(happened.contains(&what), "{what} in {happened:?}");
    }
    let text = told.to_string();
    assert!(!text.contains("ana@example.com") && !text.contains("+34600000001"), "no contacts");
}

#[tokio::test]
async fn a_customer_with_a_thousand_records_and_an_erased_one_are_answered() {
    let stage = Stage::new();
    stage.customer("c-1").await;
    let campaign = stage.promotion("cmp_1", &["sms"]).await;
    let run = campaign.run.clone().unwrap();
    let base = testkit::builders::voucher(&campaign.id, &campaign.definition, "c-1", Channel::Sms);
    for index in 0..1_000 {
        let occurrence = domain::id::Occurrence::parse(&format!("o-{index}")).unwrap();
        let id = VoucherId::derive(&campaign.id, &customer_id("c-1"), &occurrence);
        let record = Voucher { id, occurrence, run: run.clone(), status: Status::Declined, ..base.clone() };
        stage.store.restore(&record).await.unwrap();
    }
    let told = customer(&stage, "c-1").await.body;
    assert_eq!((&told["records_total"], told["records"].as_array().unwrap().len()), (&1_000.into(), 200));
    assert_eq!(told["timeline"].as_array().unwrap().len(), 500);
    stage.store.erase_customer(&customer_id("c-1"), |_, _| None, noon()).await.unwrap();
    let told = customer(&stage, "c-1").await.body;
    assert_eq!((&told["known"], &told["channels"]), (&"erased".into(), &json!([])));
    assert_eq!(told["records_total"], 1_000, "records stay, without contacts");
}

#[tokio::test]
async fn a_campaign_shows_its_run_its_open_work_and_what_failed() {
    let stage = Stage::new();
    for id in ["c-1", "c-2"] {
        stage.customer(id).await;
    }
    stage.customer_by_email("c-3").await;
    let campaign = stage.promotion("cmp_1", &["sms"]).await;
    stage.planned(&campaign, &["c-1", "c-2", "c-3"], noon()).await;
    let told = async || stage.get("viewer", &format!("{DIAGNOSTICS}/campaigns/cmp_1")).await.body;
    let before = told().await;
    assert_eq!((&before["run"]["selected"], &before["run"]["waiting"]), (&3.into(), &3.into()));
    assert_eq!((&before["open_work"]["ready"]["sms"], &before["run"]["closed"]), (&1.into(), &false.into()));
    stage.providers_say(Verdict::Proceed);
    stage.released_and_delivered().await;
    let after = told().await;
    let run = &after["run"];
    assert_eq!((&run["issued"], &run["skipped"], &run["waiting"]), (&2.into(), &1.into(), &0.into()));
    assert_eq!((&run["closed"], &after["open_work"]["ready"]), (&true.into(), &json!({})));
    let day = "2026-11-01".parse().unwrap();
    let counts = [("skipped.opted_out", 1), ("attempt.sms.sent", 2), ("fault.sms.timeout", 1), ("issued", 2)];
    stage.counted(&campaign, day, &counts).await;
    let after = told().await;
    assert_eq!((&after["skips"], &after["failures"]), (&json!({"opted_out": 1}), &json!({"sms.timeout": 1})));
    assert_eq!(after["attempts"], json!({"sms.sent": 2}));
    let samples = after["samples"].as_array().unwrap();
    assert!(samples.iter().all(|sample| sample["customer_id"].as_str().is_some_and(|id| id.starts_with("c-"))));
}

#[tokio::test]
async fn strangers_and_unknown_ones_are_refused() {
    let stage = Stage::new();
    stage.customer("c-1").await;
    stage.promotion("cmp_1", &["sms"]).await;
    for (path, status, code) in [
        ("customers/c-none", 404, "customer_unknown"),
        ("customers/c%20one", 400, "invalid_customer_id"),
        ("customers/c-1/campaigns/cmp_none", 404, "campaign_unknown"),
        ("customers/c-none/campaigns/cmp_1", 404, "customer_unknown"),
        ("campaigns/cmp_none", 404, "campaign_unknown"),
    ] {
        stage.get("viewer", &format!("{DIAGNOSTICS}/{path}")).await.check(status, code);
    }
    stage.get("nobody", &format!("{DIAGNOSTICS}/customers/c-1")).await.check(403, "forbidden");
    stage.get("nobody", &format!("{DIAGNOSTICS}/campaigns/cmp_1")).await.check(403, "forbidden");
}

#[tokio::test]
async fn the_system_says_what_is_late_and_what_failed() {
    let stage = Stage::new();
    let path = "/v1/reports/voucher-campaigns/system-health?from=2026-11-01&to=2026-11-02";
    stage.customer("c-1").await;
    let campaign = stage.promotion("cmp_1", &["sms"]).await;
    let counts = [("attempts.sms", 3), ("attempt.sms.unknown", 1), ("attempts.email", 5), ("failed", 2)];
    stage.counted(&campaign, "2026-11-01".parse().unwrap(), &counts).await;
    let told = stage.get("viewer", path).await.body;
    assert_eq!(
        (&told["state"], &told["total"]["attempts"], &told["total"]["unprocessed"]),
        (&"ok".into(), &8.into(), &2.into())
    );
    assert_eq!(told["days"]["2026-11-01"]["unknown"], 1);
    let sms = stage.get("viewer", &format!("{path}&channel=sms")).await.body;
    assert_eq!(sms["total"]["attempts"], 3);
    // released, and nobody comes for it
    stage.planned(&campaign, &["c-1"], noon()).await;
    stage.release().await;
    stage.at(later(noon(), HOUR));
    let told = stage.get("viewer", path).await.body;
    assert_eq!((&told["state"], &told["alerts"][0]["cause"]), (&"failing".into(), &"sweep_not_running".into()));
    stage
        .get("viewer", "/v1/reports/voucher-campaigns/system-health?from=2026-11-02&to=2026-11-01")
        .await
        .check(422, "invalid_request");
    stage.get("nobody", path).await.check(403, "forbidden");
}

const SEARCH: &str = "/v1/configuration/voucher-campaign/diagnostics/customers/search";

/// The ids of who is found.
async fn at(stage: &Stage, body: Value) -> Vec<String> {
    let answered = stage.post("viewer", SEARCH, &body).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    for address in ["600000", "@"] {
        assert!(!answered.body.to_string().contains(address), "{}", answered.body);
    }
    let found = answered.body["customers"].as_array().unwrap();
    found.iter().map(|customer| customer["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_customer_is_found_by_their_address_until_they_are_erased() {
    let stage = Stage::new();
    assert!(at(&stage, json!({"email": "ana@example.com"})).await.is_empty());
    stage.customer("c-1").await;
    assert_eq!(at(&stage, json!({"email": "Ana@Example.com"})).await, ["c-1"], "in any case of letters");
    assert_eq!(at(&stage, json!({"phone": "+34600000001", "email": null})).await, ["c-1"]);
    stage.customer("c-2").await;
    assert_eq!(at(&stage, json!({"email": "ana@example.com"})).await, ["c-1", "c-2"], "who share an address");
    assert_eq!(at(&stage, json!({"phone": "+34600000001"})).await, ["c-1", "c-2"]);
    assert!(at(&stage, json!({"phone": "+34600000002"})).await.is_empty());
    stage.store.erase_customer(&customer_id("c-1"), |_, _| None, noon()).await.unwrap();
    assert_eq!(at(&stage, json!({"email": "ana@example.com"})).await, ["c-2"]);
    assert_eq!(at(&stage, json!({"phone": "+34600000001"})).await, ["c-2"]);
}

#[tokio::test]
async fn more_share_an_address_than_are_answered() {
    let stage = Stage::new();
    for number in 0..21 {
        stage.customer(&format!("c-{number:02}")).await;
    }
    assert_eq!(at(&stage, json!({"phone": "+34600000001"})).await.len(), 20);
}

#[tokio::test]
async fn a_search_is_by_one_address_that_can_be_one() {
    let stage = Stage::new();
    let refused = async |body: Value| {
        let answered = stage.post("viewer", SEARCH, &body).await;
        assert_eq!(answered.status, 422, "{}", answered.body);
        assert!(!answered.body.to_string().contains("ana"), "{}", answered.body);
        let error = &answered.body["errors"][0];
        (error["field"].as_str().unwrap().to_owned(), error["code"].as_str().unwrap().to_owned())
    };
    let check = |found: (String, String), field: &str, code: &str| assert_eq!(found, (field.into(), code.into()));
    check(refused(json!({})).await, "/email", "required");
    check(refused(json!({"email": "ana@example.com", "phone": "+34600000001"})).await, "/phone", "conflict");
    check(refused(json!({"email": "ana"})).await, "/email", "invalid");
    check(refused(json!({"phone": "600 ana"})).await, "/phone", "invalid");
    check(refused(json!({"name": "x"})).await, "/name", "unknown_field");
    assert_eq!(stage.post("nobody", SEARCH, &json!({"phone": "+34600000001"})).await.status, 403);
}
