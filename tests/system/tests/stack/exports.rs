//! Tests exports on the running stack: the files of a campaign's vouchers are its ledger, their
//! sums are the manifest's and their checksums hold; a killed worker loses and doubles no row; who
//! may not have contacts gets none; what was removed is gone.

use std::collections::{BTreeMap, BTreeSet};

use domain::voucher::record::VoucherStatus;
use serde_json::{Value, json};
use system_tests::{
    Channel, CustomerBuilder, LONG, OperatorClient, OperatorGroup, TestScenario, basket, until,
};

use crate::bad_input::{check_fields, check_problem};

const EXPORTS: &str = "/v1/exports";

/// An export that a test has started.
struct StartedExport<'a> {
    test: &'a TestScenario,
    operator: OperatorClient,
    path: String,
}

impl<'a> StartedExport<'a> {
    async fn start(test: &'a TestScenario, operator: &OperatorClient, request: Value) -> Self {
        let made = operator.post(EXPORTS, &request).await.expect_status(202).json;
        assert_eq!(made["state"], "running", "{made}");
        let path = format!("{EXPORTS}/{}", made["id"].as_str().unwrap());
        Self { test, operator: operator.clone(), path }
    }

    async fn done(&self) -> Value {
        let read = || async { self.operator.get(&self.path).await.expect_status(200).json };
        let is_done = |export: &Value| {
            assert_ne!(export["state"], "failed", "{export}");
            export["state"] == "done"
        };
        until("the export to be done", LONG, read, is_done).await
    }

    async fn download(&self, file: &Value) -> Vec<u8> {
        let request = self.test.stack.wire.request("GET", file["url"].as_str().unwrap());
        let content = request.send().await.expect_status(200).bytes;
        assert_eq!(content.len(), usize::try_from(file["bytes"].as_u64().unwrap()).unwrap());
        let digest = ring::digest::digest(&ring::digest::SHA256, &content);
        let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(file["sha256"], digest.as_str(), "{file}");
        content
    }

    /// Returns the rows of all parts of CSV, by the names of the columns.
    async fn rows(&self, export: &Value) -> Vec<BTreeMap<String, String>> {
        let mut rows = Vec::new();
        for file in export["files"].as_array().unwrap() {
            let text = String::from_utf8(self.download(file).await).unwrap();
            let table = http_edge::csv::parse_table(&text).unwrap();
            let (header, lines) = table.split_first().unwrap();
            assert_eq!(u64::try_from(lines.len()).unwrap(), file["rows"].as_u64().unwrap());
            rows.extend(lines.iter().map(|line| {
                header.cells.iter().cloned().zip(line.cells.iter().cloned()).collect()
            }));
        }
        rows
    }
}

/// Adds up a column, whose empty cells are nothing.
fn sum(rows: &[BTreeMap<String, String>], column: &str) -> i64 {
    rows.iter().filter_map(|row| row[column].parse::<i64>().ok()).sum()
}

/// Runs a campaign of which some customers are held out, skipped and redeem.
async fn redeemed_campaign(test: &TestScenario) -> String {
    let people: Vec<CustomerBuilder> =
        (0..12).map(|number| test.customer(number).consenting_to(&[Channel::Email])).collect();
    test.put_customers(&people).await;
    test.put_customers(&[test.customer(12)]).await;
    let campaign = test.run_campaign(&test.promotion().holdout(20)).await;
    let mut redeemed = 0;
    for record in test.ledger.records(&campaign.id).await {
        if record.status != VoucherStatus::Issued || redeemed == 3 {
            continue;
        }
        let (customer, voucher) = (record.customer.to_string(), record.id.to_string());
        test.app.accept(&customer, &voucher).await.expect_status(200);
        let order = test.order_id(&format!("o-{redeemed}"));
        test.app.redeem(&customer, &voucher, &order, &basket(2_000)).await.expect_status(200);
        redeemed += 1;
    }
    campaign.id.clone()
}

#[tokio::test]
async fn the_files_of_a_campaigns_vouchers_are_its_ledger() {
    let test = TestScenario::begin().await;
    let campaign = redeemed_campaign(&test).await;
    let viewer = test.stack.sign_in_operator(OperatorGroup::Viewer).await;
    let of = |kind: &str, format: &str| json!({"kind": kind, "format": format, "filter": {"campaign": &campaign}});
    let export = StartedExport::start(&test, &viewer, of("vouchers", "csv")).await;
    let done = export.done().await;
    let rows = export.rows(&done).await;
    let records = test.ledger.records(&campaign).await;
    assert_eq!(rows.len(), records.len());
    for record in &records {
        let row = rows.iter().find(|row| row["voucher_id"] == record.id.as_str());
        let row = row.unwrap_or_else(|| panic!("{} is in no part", record.id));
        assert_eq!(row["customer_id"], record.customer.as_str());
        assert_eq!(row["status"], record.status.as_str());
        assert_eq!(row["skip_reason"], record.skip.map_or("", |reason| reason.code()));
        let order = record.redemption.as_ref().map_or("", |it| it.order.as_str());
        assert_eq!(row["order_id"], order);
        assert_eq!((row["currency"].as_str(), row["campaign_id"].as_str()), ("EUR", &*campaign));
    }
    let given: i64 = records
        .iter()
        .filter_map(|record| record.redemption.as_ref())
        .map(|redemption| redemption.discount.units())
        .sum();
    assert!(given > 0, "something was redeemed");
    assert_eq!(sum(&rows, "discount_minor"), given);

    let manifest = export.download(&done["manifest"]).await;
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["rows"], records.len());
    assert_eq!(manifest["rows"], done["counts"]["rows"]);
    assert_eq!(manifest["parts"][0]["sha256"], done["files"][0]["sha256"]);

    let orders = StartedExport::start(&test, &viewer, of("orders", "csv")).await;
    let rows = orders.rows(&orders.done().await).await;
    assert_eq!(sum(&rows, "discount_minor"), given);
    assert_eq!(sum(&rows, "order_discount_minor"), given);
    assert_eq!(rows.len(), 3);

    let parquet = StartedExport::start(&test, &viewer, of("vouchers", "parquet")).await;
    let done = parquet.done().await;
    assert_eq!(done["counts"]["rows"], records.len(), "{done}");
    let campaigns = StartedExport::start(&test, &viewer, of("campaigns", "csv")).await;
    let rows = campaigns.rows(&campaigns.done().await).await;
    assert_eq!((rows.len(), rows[0]["campaign_id"].as_str()), (1, &*campaign));
}

#[tokio::test]
async fn a_killed_worker_and_a_repeated_message_double_no_row() {
    let test = TestScenario::begin().await;
    let campaign = redeemed_campaign(&test).await;
    let request = json!({"kind": "vouchers", "format": "csv"});
    let export = StartedExport::start(&test, &test.marketer, request).await;
    let id = export.path.rsplit('/').next().unwrap().to_owned();
    let nudge = json!({"export": id}).to_string();
    for _ in 0..3 {
        for process in test.stack.workers().processes_of(&["export"]) {
            test.stack.workers().kill_process(process);
        }
        test.queues.send_message("exports", &nudge).await;
    }
    let done = export.done().await;
    let rows = export.rows(&done).await;
    let ids: BTreeSet<&String> = rows.iter().map(|row| &row["voucher_id"]).collect();
    assert_eq!(ids.len(), rows.len(), "no voucher is in two parts");
    for record in test.ledger.records(&campaign).await {
        assert!(ids.contains(&record.id.to_string()), "{} is in no part", record.id);
    }
    // a late message changes nothing
    test.queues.send_message("exports", &nudge).await;
    let later = test.marketer.get(&export.path).await.expect_status(200).json;
    assert_eq!(later["files"][0]["sha256"], done["files"][0]["sha256"]);
}

#[tokio::test]
async fn contacts_are_for_administrators_with_a_purpose() {
    let test = TestScenario::begin().await;
    let person = test.customer(0).consenting_to(&[Channel::Email]);
    let erased = test.customer(1).consenting_to(&[Channel::Email]);
    test.put_customers(&[person.clone(), erased.clone()]).await;
    test.app.delete(&format!("/v1/customers/{}", erased.id)).await.expect_status(204);
    let rule = json!({"customer_ids": {"any_of": [&person.id, &erased.id]}});
    let without = json!({"kind": "customers", "format": "csv", "filter": {"audience": rule}});
    let mut with = without.clone();
    with["contacts"] = json!(true);
    let [viewer, admin] = [OperatorGroup::Viewer, OperatorGroup::Admin];
    let viewer = test.stack.sign_in_operator(viewer).await;
    let admin = test.stack.sign_in_operator(admin).await;
    check_problem(viewer.post(EXPORTS, &without).await, 403, "forbidden");
    let mut stated = with.clone();
    stated["purpose"] = json!("letters of the yearly audit");
    check_problem(test.marketer.post(EXPORTS, &stated).await, 403, "forbidden");
    check_fields(admin.post(EXPORTS, &with).await, &["/purpose required"]);

    let plain = StartedExport::start(&test, &test.marketer, without).await;
    let rows = plain.rows(&plain.done().await).await;
    assert_eq!(rows.len(), 1, "an erased customer is in no file");
    assert_eq!(rows[0]["customer_id"], person.id);
    assert!(!rows[0].contains_key("email"), "{:?}", rows[0]);

    let export = StartedExport::start(&test, &admin, stated).await;
    let done = export.done().await;
    let rows = export.rows(&done).await;
    assert_eq!(rows[0]["email"], person.address(Channel::Email), "{:?}", rows[0]);
    assert_eq!(done["purpose"], "letters of the yearly audit");
    let audit = test.ledger.query_items("control", "campaign_id", "acts#export").await;
    let id = export.path.rsplit('/').next().unwrap();
    let of_this = |item: &&system_tests::TableItem| {
        system_tests::text_attribute(item, "sk").contains(&format!("#{id}#"))
    };
    let noted = audit.iter().find(of_this).unwrap();
    assert_eq!(system_tests::text_attribute(noted, "note"), "letters of the yearly audit");

    // a marketer sees that there is one, and gets no address of its files
    let seen = test.marketer.get(&export.path).await.expect_status(200).json;
    assert_eq!((&seen["state"], &seen["files"][0]["url"]), (&json!("done"), &Value::Null));
    check_problem(test.marketer.request("DELETE", &export.path).send().await, 403, "forbidden");
    let url = done["files"][0]["url"].as_str().unwrap();
    for _ in 0..2 {
        let removed = admin.request("DELETE", &export.path).send().await.expect_status(200).json;
        assert_eq!((&removed["state"], &removed["files"]), (&json!("removed"), &json!([])));
    }
    let fetch = || async { test.stack.wire.request("GET", url).send().await.status };
    until("the removed file to be gone", LONG, fetch, |status| *status == 404).await;
}

#[tokio::test]
async fn what_is_no_export_is_refused_with_its_fields() {
    let test = TestScenario::begin().await;
    let admin = test.stack.sign_in_operator(OperatorGroup::Admin).await;
    let good = json!({"kind": "vouchers", "format": "csv"});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let customers = |name: &str, value: Value| {
        let mut body = with(name, value);
        body["kind"] = json!("customers");
        body
    };
    let period = json!({"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
    for (body, fields) in [
        (json!({"format": "csv"}), vec![" required"]),
        (with("kind", json!("shoes")), vec!["/kind unknown_value"]),
        (with("format", json!("xlsx")), vec!["/format unknown_value"]),
        (with("contacts", json!(true)), vec!["/contacts not_applicable", "/purpose required"]),
        (with("purpose", json!(" ")), vec!["/purpose invalid"]),
        (customers("purpose", json!("a\nb")), vec!["/purpose invalid"]),
        (with("filter", json!({"campaign": "a b"})), vec!["/filter/campaign invalid"]),
        (with("filter", json!({"campaign": "cmp_none"})), vec!["/filter/campaign unknown"]),
        (with("filter", period), vec!["/filter/to out_of_range"]),
        (
            with("filter", json!({"audience": {"everyone": {}}})),
            vec!["/filter/audience not_applicable"],
        ),
        (
            customers("filter", json!({"campaign": "cmp_1"})),
            vec!["/filter/campaign not_applicable"],
        ),
        (with("more", json!(1)), vec!["/more unknown_field"]),
    ] {
        check_fields(admin.post(EXPORTS, &body).await, &fields);
    }
    check_problem(admin.get(&format!("{EXPORTS}/exp_none")).await, 404, "export_unknown");
    let removed = admin.request("DELETE", &format!("{EXPORTS}/exp_none")).send().await;
    check_problem(removed, 404, "export_unknown");
}
