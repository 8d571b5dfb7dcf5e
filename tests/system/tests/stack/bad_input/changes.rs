//! Tests refused changes of a campaign: without a version, with an old version, of frozen fields,
//! in a state that does not allow them, of a campaign that does not exist.

use serde_json::{Value, json};
use system_tests::{ApiAnswer, RunningCampaign, TableItem, TestScenario};

use super::{check_fields, check_problem};

/// Returns the campaign's whole partition: state, versions, quota, audit.
async fn campaign_items(test: &TestScenario, campaign: &RunningCampaign) -> Vec<TableItem> {
    let mut items = test.ledger.query_items("control", "campaign_id", &campaign.id).await;
    items.sort_by_key(|item| format!("{:?}", item.get("sk")));
    items
}

fn campaign_path(campaign: &RunningCampaign) -> String {
    format!("/v1/campaigns/{}", campaign.id)
}

async fn send_change(
    test: &TestScenario,
    method: &str,
    path: &str,
    version: Option<&str>,
    body: &Value,
) -> ApiAnswer {
    let request = test.marketer.request(method, path).json(body);
    match version {
        Some(version) => request.header("if-match", version).send().await,
        None => request.send().await,
    }
}

#[tokio::test]
async fn a_change_names_the_version_it_was_decided_on() {
    let test = TestScenario::begin().await;
    let draft = test.create_draft(&test.promotion()).await;
    test.marketer
        .patch(&campaign_path(&draft), 1, &json!({"description": "second version"}))
        .await
        .expect_status(200);
    let before = campaign_items(&test, &draft).await;
    let body = test.promotion().holdout(5).body();
    for (method, body) in [("PUT", &body), ("PATCH", &json!({"description": "third"}))] {
        check_problem(
            send_change(&test, method, &campaign_path(&draft), None, body).await,
            428,
            "precondition_required",
        );
        for stale in ["\"1\"", "\"3\"", "W/\"1\"", "1"] {
            check_problem(
                send_change(&test, method, &campaign_path(&draft), Some(stale), body).await,
                412,
                "precondition_failed",
            );
        }
        for nonsense in ["*", "\"x\"", "\"1\", \"2\"", "-1", ""] {
            check_problem(
                send_change(&test, method, &campaign_path(&draft), Some(nonsense), body).await,
                400,
                "invalid_if_match",
            );
        }
    }
    for action in ["launch", "pause", "cancel", "archive"] {
        let stale = send_change(
            &test,
            "POST",
            &format!("{}/{action}", campaign_path(&draft)),
            Some("\"1\""),
            &json!({}),
        )
        .await;
        check_problem(stale, 412, "precondition_failed");
    }
    check_problem(
        send_change(&test, "DELETE", &campaign_path(&draft), Some("\"1\""), &json!({})).await,
        412,
        "precondition_failed",
    );
    assert_eq!(campaign_items(&test, &draft).await, before);
    send_change(
        &test,
        "PATCH",
        &campaign_path(&draft),
        Some("\"2\""),
        &json!({"description": "third"}),
    )
    .await
    .expect_status(200);
}

#[tokio::test]
async fn a_change_that_is_refused_leaves_the_campaign_as_it_was() {
    let test = TestScenario::begin().await;
    let draft = test.create_draft(&test.promotion()).await;
    let before = campaign_items(&test, &draft).await;
    let put = test.promotion().holdout(60).name("").body();
    let wrong = send_change(&test, "PUT", &campaign_path(&draft), Some("\"1\""), &put).await;
    check_fields(wrong, &["/name out_of_range", "/holdout_percent out_of_range"]);
    let patches: Vec<(Value, &[&str])> = vec![
        (json!([]), &[" invalid"]),
        (json!({"state": "running"}), &["/state unknown_field"]),
        (json!({"name": null}), &[" required"]),
        (json!({"description": "fine", "caps": {"vouchers": 0}}), &["/caps/vouchers out_of_range"]),
        (
            json!({"offer": {"minimum_basket": {"currency": "USD"}}}),
            &["/offer/minimum_basket/currency mixed_currency"],
        ),
        (json!({"audience": {"all": []}}), &["/audience/all empty"]),
        (
            json!({"schedule": {"ends_at": "2020-01-01T00:00:00Z"}}),
            &["/schedule/ends_at in_the_past"],
        ),
    ];
    for (patch, fields) in patches {
        check_fields(
            send_change(&test, "PATCH", &campaign_path(&draft), Some("\"1\""), &patch).await,
            fields,
        );
    }
    for (action, body, field) in [
        ("cancel", json!({"revoke": "some"}), "/revoke unknown_value"),
        ("cancel", json!({"all": true}), "/all unknown_field"),
        ("clone", json!({"title": "x"}), "/title unknown_field"),
        ("clone", json!({"name": "x".repeat(201)}), "/name out_of_range"),
    ] {
        check_fields(
            test.marketer.post(&format!("{}/{action}", campaign_path(&draft)), &body).await,
            &[field],
        );
    }
    for method in ["PUT", "PATCH"] {
        let request = test
            .marketer
            .request(method, &campaign_path(&draft))
            .header("if-match", "\"1\"")
            .body("{");
        check_problem(request.send().await, 400, "malformed_json");
    }
    assert_eq!(campaign_items(&test, &draft).await, before);
}

#[tokio::test]
async fn what_was_launched_is_frozen() {
    let test = TestScenario::begin().await;
    // for nobody and far in the future, so that it keeps its state
    let later = json!({"starts_at": "2199-01-01T00:00:00Z", "ends_at": "2199-02-01T00:00:00Z"});
    let campaign = test.launch_campaign(&test.promotion().with("/schedule", later)).await;
    let before = campaign_items(&test, &campaign).await;
    let put = send_change(
        &test,
        "PUT",
        &campaign_path(&campaign),
        Some("\"2\""),
        &test.promotion().holdout(5).body(),
    )
    .await;
    check_problem(put, 409, "not_allowed_in_state");
    let patches: Vec<(Value, &[&str])> = vec![
        (json!({"holdout_percent": 5}), &["/holdout_percent frozen_at_launch"]),
        (json!({"offer": {"minimum_basket": null}}), &["/offer/minimum_basket frozen_at_launch"]),
        (json!({"channels": {"ladder": ["sms"]}}), &["/channels/ladder frozen_at_launch"]),
        (
            json!({"caps": {"redeemed": {"amount": 5, "currency": "EUR"}}}),
            &["/caps/redeemed fixed_at_launch"],
        ),
        (
            json!({"schedule": {"ends_at": "2198-12-31T00:00:00Z"}}),
            &["/schedule/ends_at end_before_start"],
        ),
    ];
    for (patch, fields) in patches {
        check_fields(
            send_change(&test, "PATCH", &campaign_path(&campaign), Some("\"2\""), &patch).await,
            fields,
        );
    }
    for action in ["launch", "resume", "archive"] {
        let answer = test
            .marketer
            .request("POST", &format!("{}/{action}", campaign_path(&campaign)))
            .send()
            .await;
        check_problem(answer, 409, "not_allowed_in_state");
    }
    check_problem(
        test.marketer.request("DELETE", &campaign_path(&campaign)).send().await,
        409,
        "not_allowed_in_state",
    );
    assert_eq!(campaign_items(&test, &campaign).await, before);
    campaign.cancel("all").await;
    for action in ["launch", "pause", "resume", "cancel"] {
        let answer = test
            .marketer
            .request("POST", &format!("{}/{action}", campaign_path(&campaign)))
            .send()
            .await;
        check_problem(answer, 409, "not_allowed_in_state");
    }
    let dead = send_change(
        &test,
        "PATCH",
        &campaign_path(&campaign),
        Some("\"3\""),
        &json!({"name": "x"}),
    )
    .await;
    check_problem(dead, 409, "not_allowed_in_state");
}

#[tokio::test]
async fn a_campaign_that_is_not_there_is_not_made_by_a_change() {
    let test = TestScenario::begin().await;
    let deleted = test.create_draft(&test.promotion()).await;
    test.marketer.request("DELETE", &campaign_path(&deleted)).send().await.expect_status(204);
    let gone = campaign_items(&test, &deleted).await;
    for id in ["cmp_00000000000000000000", "a~b", deleted.id.as_str()] {
        let path = format!("/v1/campaigns/{id}");
        check_problem(test.marketer.get(&path).await, 404, "campaign_unknown");
        check_problem(
            test.marketer.get(&format!("{path}/vouchers")).await,
            404,
            "campaign_unknown",
        );
        check_problem(test.marketer.request("DELETE", &path).send().await, 404, "campaign_unknown");
        let body = test.promotion().body();
        check_problem(
            send_change(&test, "PUT", &path, Some("\"1\""), &body).await,
            404,
            "campaign_unknown",
        );
        check_problem(
            send_change(&test, "PATCH", &path, Some("\"1\""), &json!({})).await,
            404,
            "campaign_unknown",
        );
        for action in ["launch", "pause", "resume", "cancel", "archive", "clone"] {
            check_problem(
                test.marketer.post(&format!("{path}/{action}"), &json!({})).await,
                404,
                "campaign_unknown",
            );
        }
    }
    assert_eq!(campaign_items(&test, &deleted).await, gone);
    check_problem(
        test.marketer.get("/v1/campaigns/cmp_00000000000000000000/audit").await,
        404,
        "campaign_unknown",
    );
    assert_eq!(
        test.marketer.list_all(&format!("{}/audit", campaign_path(&deleted))).await.len(),
        2,
        "its history stays"
    );
}
