//! Tests lists and reports: forged cursors and cursors of another list, invalid limits, parameters
//! and periods.

use system_tests::{OperatorClient, TestScenario};

use super::{check_fields, check_problem};

async fn first_cursor(operator: &OperatorClient, list: &str) -> String {
    let joint = if list.contains('?') { '&' } else { '?' };
    let page = operator.get(&format!("{list}{joint}limit=1")).await.expect_status(200);
    page.json["next_cursor"]
        .as_str()
        .unwrap_or_else(|| panic!("{list} has one page: {}", page.text))
        .to_owned()
}

/// Creates two drafts with three audit entries each, and returns the paths of their audit lists.
async fn create_audits(test: &TestScenario) -> Vec<String> {
    let mut audits = Vec::new();
    for _ in 0..2 {
        let draft = test.create_draft(&test.promotion()).await;
        let path = format!("/v1/campaigns/{}", draft.id);
        for version in 1..3 {
            let body = serde_json::json!({"description": format!("version {version}")});
            test.marketer.patch(&path, version, &body).await.expect_status(200);
        }
        audits.push(format!("{path}/audit"));
    }
    audits
}

#[tokio::test]
async fn a_changed_cursor_is_none() {
    let test = TestScenario::begin().await;
    create_audits(&test).await;
    let good = first_cursor(&test.marketer, "/v1/campaigns").await;
    let (position, seal) = good.split_once('.').unwrap();
    let mut changed = vec![
        String::new(),
        ".".into(),
        "nonsense".into(),
        format!("{position}."),
        format!(".{seal}"),
        format!("{seal}.{position}"),
        format!("{good}A"),
        good[..good.len() - 2].to_owned(),
        "x".repeat(4_000),
    ];
    for index in (0..good.len()).step_by(5) {
        let other = if good.as_bytes()[index] == b'A' { 'B' } else { 'A' };
        changed.push(format!("{}{other}{}", &good[..index], &good[index + 1..]));
    }
    for cursor in changed {
        let answer = test.marketer.get(&format!("/v1/campaigns?limit=1&cursor={cursor}")).await;
        check_problem(answer, 400, "invalid_cursor");
    }
    test.marketer.get(&format!("/v1/campaigns?limit=1&cursor={good}")).await.expect_status(200);
}

#[tokio::test]
async fn a_cursor_belongs_to_its_own_list() {
    let test = TestScenario::begin().await;
    let audits = create_audits(&test).await;
    let report = "/v1/reports/voucher-campaigns/campaign-perf?from=2026-01-01&to=2026-01-31";
    let lists = [
        "/v1/campaigns".to_owned(),
        "/v1/campaigns?kind=promotion".to_owned(),
        "/v1/campaigns?state=draft".to_owned(),
        audits[0].clone(),
        audits[1].clone(),
        report.to_owned(),
    ];
    for of in &lists {
        let cursor = first_cursor(&test.marketer, of).await;
        for list in &lists {
            let joint = if list.contains('?') { '&' } else { '?' };
            let answer = test.marketer.get(&format!("{list}{joint}limit=1&cursor={cursor}")).await;
            if list == of {
                answer.expect_status(200);
            } else {
                check_problem(answer, 400, "invalid_cursor");
            }
        }
        let other_days =
            test.marketer.get(&format!("{}&cursor={cursor}", report.replace("31", "30"))).await;
        check_problem(other_days, 400, "invalid_cursor");
    }
}

#[tokio::test]
async fn parameters_that_cannot_be_are_refused() {
    let test = TestScenario::begin().await;
    let draft = test.create_draft(&test.promotion()).await;
    let campaign = format!("/v1/campaigns/{}", draft.id);
    let reports = "/v1/reports/voucher-campaigns";
    let lists = [
        "/v1/campaigns".to_owned(),
        format!("{campaign}/audit"),
        format!("{campaign}/vouchers"),
        format!("{reports}/campaign-perf"),
    ];
    for list in &lists {
        for query in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=ten",
            "limit=99999999999",
            "page=2",
            "limit=1&limit=2",
        ] {
            check_problem(
                test.marketer.get(&format!("{list}?{query}")).await,
                400,
                "invalid_query",
            );
        }
    }
    for path in [
        "/v1/campaigns?state=flying".to_owned(),
        "/v1/campaigns?kind=raffle".to_owned(),
        "/v1/campaigns?state=running,flying".to_owned(),
        "/v1/campaigns?sort=colour".to_owned(),
        "/v1/campaigns?direction=up".to_owned(),
        "/v1/campaigns?owner=somebody".to_owned(),
        format!("{campaign}/vouchers?status=lost"),
        format!("{campaign}/vouchers?channel=fax"),
        format!("{campaign}/vouchers?reason=No+Consent"),
        format!("{reports}/overview?from=yesterday"),
        format!("{reports}/overview?to=2026-02-30"),
        format!("{reports}/overview?until=2026-01-01"),
        format!("{reports}/api-perf?channel=fax"),
        format!("{reports}/overview?format=xml"),
    ] {
        check_problem(test.marketer.get(&path).await, 400, "invalid_query");
    }
    for report in ["overview", "customer-engagement", "campaign-perf", "api-perf"] {
        let unknown =
            test.marketer.get(&format!("{reports}/{report}?zone=Mars/Crater&currency=euro")).await;
        check_fields(unknown, &["zone unknown_value", "currency invalid"]);
    }
    for report in ["overview", "customer-engagement", "campaign-perf", "api-perf", "system-health"]
    {
        let reversed =
            test.marketer.get(&format!("{reports}/{report}?from=2026-01-02&to=2026-01-01")).await;
        check_fields(reversed, &["from end_before_start"]);
        let endless =
            test.marketer.get(&format!("{reports}/{report}?from=2000-01-01&to=2026-01-01")).await;
        check_fields(endless, &["from out_of_range"]);
    }
}

#[tokio::test]
async fn a_wallet_takes_only_what_it_knows() {
    let test = TestScenario::begin().await;
    let people = test.create_customers(1, &[]).await;
    let wallet = format!("/v1/customers/{}/vouchers", people[0].id);
    test.app.get(&wallet).await.expect_status(200);
    for query in ["status=lost", "limit=5", "cursor=x"] {
        check_problem(test.app.get(&format!("{wallet}?{query}")).await, 400, "invalid_query");
    }
}
