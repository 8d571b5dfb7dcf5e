//! Tests of the diagnostics: for each customer of a run the answer is the reason that the worker
//! recorded, whatever the outcome.

use domain::{
    kernel::{channel::Channel, id::VoucherId},
    voucher::{
        record::{Voucher, VoucherIssue, VoucherStatus},
        skip_reason::SkipReason,
    },
};
use fake_aws::CallVerdict;
use serde_json::{Value, json};
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::fixture::{HOUR, OperationsFixture, TestAnswer};

const DIAGNOSTICS: &str = "/v1/configuration/voucher-campaign/diagnostics";

async fn get_customer(stage: &OperationsFixture, id: &str) -> TestAnswer {
    stage.get("viewer", &format!("{DIAGNOSTICS}/customers/{id}")).await
}

async fn get_explanation(stage: &OperationsFixture, id: &str, campaign: &str) -> Value {
    let answered =
        stage.get("viewer", &format!("{DIAGNOSTICS}/customers/{id}/campaigns/{campaign}")).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    answered.body
}

#[tokio::test]
async fn each_customer_of_a_run_gets_an_explanation() {
    let stage = OperationsFixture::new();
    for id in ["c-yes", "c-gone"] {
        stage.add_customer(id).await;
    }
    stage.add_email_customer("c-no").await;
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    let dispatch = stage.plan_dispatch(&campaign, &["c-yes", "c-no", "c-gone"], noon()).await;
    assert_eq!(dispatch.customers.len(), 3);
    stage.store.erase_customer(&customer_id("c-gone"), noon()).await.unwrap();
    stage.release_and_deliver().await;
    let shown = async |id: &str| {
        let why = get_explanation(&stage, id, "cmp_1").await;
        (
            why["answer"].as_str().unwrap().to_owned(),
            why["reason"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(shown("c-yes").await, ("got_voucher".into(), String::new()));
    assert_eq!(shown("c-no").await, ("skipped".into(), "opted_out".into()));
    assert_eq!(shown("c-gone").await, ("skipped".into(), "customer_gone".into()));
}

/// Every skip reason that a worker records is the reason of the answer, with its own wording.
#[tokio::test]
async fn every_skip_reason_is_explained_as_recorded() {
    let stage = OperationsFixture::new();
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    let run = campaign.run.clone().unwrap();
    let occurrence = domain::kernel::id::Occurrence::of_run(&run);
    let mut said = std::collections::BTreeSet::new();
    for reason in SkipReason::ALL {
        let id = format!("c-{}", reason.code());
        stage.add_customer(&id).await;
        let customer = customer_id(&id);
        let issue = VoucherIssue {
            campaign: &campaign.id,
            run: &run,
            occurrence: &occurrence,
            definition: &campaign.definition,
            customer: &customer,
            dispatch: "p00000000.000",
            now: noon(),
        };
        stage.store.issue_voucher(&issue.skipped_record(reason)).await.unwrap();
        let why = get_explanation(&stage, &id, "cmp_1").await;
        assert_eq!(
            (why["answer"].as_str(), why["reason"].as_str()),
            (Some("skipped"), Some(reason.code()))
        );
        said.insert(why["says"].as_str().unwrap().to_owned());
    }
    assert_eq!(said.len(), SkipReason::ALL.len(), "no two reasons are told alike");
}

#[tokio::test]
async fn without_a_record_the_rule_says_which_of_its_nodes_does_not_hold() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    let audience =
        json!({"all": [{"orders_count": {"at_least": 5}}, {"consents_to": {"channel": "sms"}}]});
    stage
        .launch_campaign(
            "cmp_1",
            json!({"audience": {"everyone": null, "all": audience["all"]}, "channels": {"ladder": ["sms"]}}),
        )
        .await;
    let told = get_explanation(&stage, "c-1", "cmp_1").await;
    assert_eq!(told["answer"], "not_selected");
    let parts = told["audience"]["parts"].as_array().unwrap();
    let nodes: Vec<_> = parts
        .iter()
        .map(|part| (part["field"].as_str().unwrap(), part["holds"].as_bool().unwrap()))
        .collect();
    assert_eq!(
        nodes,
        [("/audience/all/0/orders_count", false), ("/audience/all/1/consents_to", true)]
    );
    let decision = &told["decision"];
    assert_eq!(
        (&decision["outcome"], &decision["reason"]),
        (&"skip".into(), &"no_longer_matches".into())
    );
    // an erased customer leaves no data to evaluate the rule on
    stage.store.erase_customer(&customer_id("c-1"), noon()).await.unwrap();
    let told = get_explanation(&stage, "c-1", "cmp_1").await;
    assert_eq!((&told["answer"], &told["audience"]), (&"customer_gone".into(), &Value::Null));
    assert_eq!(told["decision"]["reason"], "customer_gone");
}

#[tokio::test]
async fn what_would_be_decided_now_is_the_workers_decision() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    stage.launch_promotion("cmp_1", &["sms"]).await;
    let policy = json!({"quiet_hours": {"sms": {"from": "11:00", "to": "14:00"}}});
    assert_eq!(stage.set_policy("admin", 0, &policy).await.status, 200);
    let told = get_explanation(&stage, "c-1", "cmp_1").await;
    assert_eq!(
        (&told["answer"], &told["decision"]["outcome"]),
        (&"not_reached_yet".into(), &"wait".into())
    );
    assert_eq!(told["decision"]["until"], add_milliseconds(noon(), 2 * HOUR).to_string());
    stage
        .launch_campaign("cmp_2", json!({"holdout_percent": 50, "channels": {"ladder": ["email"]}}))
        .await;
    let held = domain::delivery::eligibility::is_held_out(
        &testkit::builders::campaign_id("cmp_2"),
        &testkit::builders::definition(json!({"holdout_percent": 50})),
        &customer_id("c-1"),
    );
    let expected = if held { "held_out" } else { "send" };
    assert_eq!(get_explanation(&stage, "c-1", "cmp_2").await["decision"]["outcome"], expected);
}

#[tokio::test]
async fn an_autopilot_says_whether_it_fires() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    stage.launch_autopilot("cmp_1", &["sms"]).await;
    let told = get_explanation(&stage, "c-1", "cmp_1").await;
    assert_eq!((&told["answer"], &told["fires_today"]), (&"not_reached_yet".into(), &true.into()));
    stage.set_clock(add_milliseconds(noon(), 24 * HOUR));
    let told = get_explanation(&stage, "c-1", "cmp_1").await;
    assert_eq!((&told["answer"], &told["fires_today"]), (&"not_fired".into(), &false.into()));
    stage.launch_event_autopilot("cmp_2").await;
    assert_eq!(get_explanation(&stage, "c-1", "cmp_2").await["fires_today"], Value::Null);
}

#[tokio::test]
async fn a_customer_is_shown_with_all_that_speaks_for_and_against_them() {
    let stage = OperationsFixture::new();
    stage.add_email_customer("c-1").await;
    let policy = json!({"frequency_cap": {"messages": 3, "days": 7}, "open_offers_cap": 2});
    assert_eq!(stage.set_policy("admin", 0, &policy).await.status, 200);
    let campaign = stage.launch_promotion("cmp_1", &["sms", "email"]).await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.release_and_deliver().await;
    stage.release_and_deliver().await;
    let told = get_customer(&stage, "c-1").await.body;
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
    let happened: Vec<_> = told["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    for what in ["issued", "attempt", "sent", "consent_denied", "consent_granted"] {
        assert!(happened.contains(&what), "{what} in {happened:?}");
    }
    let text = told.to_string();
    assert!(!text.contains("ana@example.com") && !text.contains("+34600000001"), "no contacts");
}

#[tokio::test]
async fn a_customer_with_a_thousand_records_and_an_erased_one_are_answered() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    let run = campaign.run.clone().unwrap();
    let base = testkit::builders::voucher(&campaign.id, &campaign.definition, "c-1", Channel::Sms);
    for index in 0..1_000 {
        let occurrence = domain::kernel::id::Occurrence::parse(&format!("o-{index}")).unwrap();
        let id = VoucherId::derive(&campaign.id, &customer_id("c-1"), &occurrence);
        let record = Voucher {
            id,
            occurrence,
            run: run.clone(),
            status: VoucherStatus::Declined,
            ..base.clone()
        };
        stage.store.restore_voucher(&record).await.unwrap();
    }
    let told = get_customer(&stage, "c-1").await.body;
    assert_eq!(
        (&told["records_total"], told["records"].as_array().unwrap().len()),
        (&1_000.into(), 200)
    );
    assert_eq!(told["timeline"].as_array().unwrap().len(), 500);
    stage.store.erase_customer(&customer_id("c-1"), noon()).await.unwrap();
    let told = get_customer(&stage, "c-1").await.body;
    assert_eq!((&told["known"], &told["channels"]), (&"erased".into(), &json!([])));
    assert_eq!(told["records_total"], 1_000, "records stay, without contacts");
}

#[tokio::test]
async fn a_campaign_shows_its_run_its_open_work_and_what_failed() {
    let stage = OperationsFixture::new();
    for id in ["c-1", "c-2"] {
        stage.add_customer(id).await;
    }
    stage.add_email_customer("c-3").await;
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    stage.plan_dispatch(&campaign, &["c-1", "c-2", "c-3"], noon()).await;
    let told = async || stage.get("viewer", &format!("{DIAGNOSTICS}/campaigns/cmp_1")).await.body;
    let before = told().await;
    assert_eq!((&before["run"]["selected"], &before["run"]["waiting"]), (&3.into(), &3.into()));
    assert_eq!(
        (&before["open_work"]["ready"]["sms"], &before["run"]["closed"]),
        (&1.into(), &false.into())
    );
    stage.set_provider_answer(CallVerdict::Proceed);
    stage.release_and_deliver().await;
    let after = told().await;
    let run = &after["run"];
    assert_eq!(
        (&run["issued"], &run["skipped"], &run["waiting"]),
        (&2.into(), &1.into(), &0.into())
    );
    assert_eq!((&run["closed"], &after["open_work"]["ready"]), (&true.into(), &json!({})));
    let day = "2026-11-01".parse().unwrap();
    let counts = [
        ("skipped.opted_out", 1),
        ("attempt.sms.sent", 2),
        ("fault.sms.timeout", 1),
        ("issued", 2),
    ];
    stage.add_counts(&campaign, day, &counts).await;
    let after = told().await;
    assert_eq!(
        (&after["skips"], &after["failures"]),
        (&json!({"opted_out": 1}), &json!({"sms.timeout": 1}))
    );
    assert_eq!(after["attempts"], json!({"sms.sent": 2}));
    let samples = after["samples"].as_array().unwrap();
    assert!(
        samples.iter().all(|sample| {
            sample["customer_id"].as_str().is_some_and(|id| id.starts_with("c-"))
        })
    );
}

#[tokio::test]
async fn strangers_and_unknown_ones_are_refused() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    stage.launch_promotion("cmp_1", &["sms"]).await;
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
    let stage = OperationsFixture::new();
    let path = "/v1/reports/voucher-campaigns/system-health?from=2026-11-01&to=2026-11-02";
    stage.add_customer("c-1").await;
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    let counts =
        [("attempts.sms", 3), ("attempt.sms.unknown", 1), ("attempts.email", 5), ("failed", 2)];
    stage.add_counts(&campaign, "2026-11-01".parse().unwrap(), &counts).await;
    let told = stage.get("viewer", path).await.body;
    assert_eq!(
        (&told["state"], &told["total"]["attempts"], &told["total"]["unprocessed"]),
        (&"ok".into(), &8.into(), &2.into())
    );
    assert_eq!(told["days"]["2026-11-01"]["unknown"], 1);
    let sms = stage.get("viewer", &format!("{path}&channel=sms")).await.body;
    assert_eq!(sms["total"]["attempts"], 3);
    // released, and no worker leases it
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.release().await;
    stage.set_clock(add_milliseconds(noon(), HOUR));
    let told = stage.get("viewer", path).await.body;
    assert_eq!(
        (&told["state"], &told["alerts"][0]["cause"]),
        (&"failing".into(), &"watchdog_not_running".into())
    );
    stage
        .get("viewer", "/v1/reports/voucher-campaigns/system-health?from=2026-11-02&to=2026-11-01")
        .await
        .check(422, "invalid_request");
    stage.get("nobody", path).await.check(403, "forbidden");
}

const SEARCH: &str = "/v1/configuration/voucher-campaign/diagnostics/customers/search";

/// Returns the ids of the customers who are found.
async fn search_ids(stage: &OperationsFixture, body: Value) -> Vec<String> {
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
    let stage = OperationsFixture::new();
    assert!(search_ids(&stage, json!({"email": "ana@example.com"})).await.is_empty());
    stage.add_customer("c-1").await;
    assert_eq!(
        search_ids(&stage, json!({"email": "Ana@Example.com"})).await,
        ["c-1"],
        "in any case of letters"
    );
    assert_eq!(search_ids(&stage, json!({"phone": "+34600000001", "email": null})).await, ["c-1"]);
    stage.add_customer("c-2").await;
    assert_eq!(
        search_ids(&stage, json!({"email": "ana@example.com"})).await,
        ["c-1", "c-2"],
        "who share an address"
    );
    assert_eq!(search_ids(&stage, json!({"phone": "+34600000001"})).await, ["c-1", "c-2"]);
    assert!(search_ids(&stage, json!({"phone": "+34600000002"})).await.is_empty());
    stage.store.erase_customer(&customer_id("c-1"), noon()).await.unwrap();
    assert_eq!(search_ids(&stage, json!({"email": "ana@example.com"})).await, ["c-2"]);
    assert_eq!(search_ids(&stage, json!({"phone": "+34600000001"})).await, ["c-2"]);
}

#[tokio::test]
async fn more_share_an_address_than_are_answered() {
    let stage = OperationsFixture::new();
    for number in 0..21 {
        stage.add_customer(&format!("c-{number:02}")).await;
    }
    assert_eq!(search_ids(&stage, json!({"phone": "+34600000001"})).await.len(), 20);
}

#[tokio::test]
async fn a_search_is_by_one_address_that_can_be_one() {
    let stage = OperationsFixture::new();
    let refused = async |body: Value| {
        let answered = stage.post("viewer", SEARCH, &body).await;
        assert_eq!(answered.status, 422, "{}", answered.body);
        assert!(!answered.body.to_string().contains("ana"), "{}", answered.body);
        let error = &answered.body["errors"][0];
        (error["field"].as_str().unwrap().to_owned(), error["code"].as_str().unwrap().to_owned())
    };
    let check = |found: (String, String), field: &str, code: &str| {
        assert_eq!(found, (field.into(), code.into()))
    };
    check(refused(json!({})).await, "/email", "required");
    check(
        refused(json!({"email": "ana@example.com", "phone": "+34600000001"})).await,
        "/phone",
        "conflict",
    );
    check(refused(json!({"email": "ana"})).await, "/email", "invalid");
    check(refused(json!({"phone": "600 ana"})).await, "/phone", "invalid");
    check(refused(json!({"name": "x"})).await, "/name", "unknown_field");
    assert_eq!(stage.post("nobody", SEARCH, &json!({"phone": "+34600000001"})).await.status, 403);
}
