//! Tests imports on the running stack: a file that is dropped into the bucket ends in customers, each
//! record that cannot be taken is told with its reason, and a no that is known stays; a file that is
//! uploaded is checked, waits for an operator, and is taken by the mapping that was checked.

use serde_json::{Value, json};
use system_tests::{ApiAnswer, LONG, LocalStack, OperatorClient, OperatorGroup, until};

use crate::bad_input::{check_fields, check_problem};

/// The header of a client of S3, from which the local AWS takes the account.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20261130/us-east-1/s3/aws4_request, \
                             SignedHeaders=host, Signature=0";

/// The bucket of imports, as a pipeline sees it.
struct ImportsBucket {
    stack: LocalStack,
}

impl ImportsBucket {
    async fn request(&self, method: &str, path: &str, body: &str) -> ApiAnswer {
        let facts = &self.stack.facts;
        let url =
            format!("{}/{}{path}", facts.text("/endpoint_url"), facts.text("/imports_bucket"));
        let request = self.stack.wire.request(method, &url).header("authorization", AUTHORIZATION);
        request.body(body).send().await
    }

    async fn drop_file(&self, key: &str, body: &str) {
        self.request("PUT", &format!("/{key}"), body).await.expect_status(200);
    }

    /// Returns the refused records of all imports.
    async fn refused(&self) -> String {
        let listed = self.request("GET", "?list-type=2&prefix=refused/", "").await;
        let listed = listed.expect_status(200).text;
        let mut lines = String::new();
        for key in listed.split("<Key>").skip(1).filter_map(|it| it.split_once("</Key>")) {
            lines += &self.request("GET", &format!("/{}", key.0), "").await.expect_status(200).text;
        }
        lines
    }
}

#[tokio::test]
async fn a_dropped_file_ends_in_customers_and_each_refused_record_is_told() {
    let bucket = ImportsBucket { stack: LocalStack::connect() };
    let app = bucket.stack.app();
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let id = |name: &str| format!("imp-{unique}-{name}");
    let (ana, leo) = (id("ana"), id("leo"));
    // Leo has said no, and later than the file says yes.
    let contacts = json!({"email": format!("leo-{unique}@example.com")});
    let known = json!({"contacts": contacts});
    app.put_customer(&leo, &known).await.expect_status(201);
    app.set_consent(&leo, "email", "denied").await.expect_status(200);
    let file = format!(
        "customer_id;email;first_name;email_opt_in;email_opt_in_at\r\n\
         {ana};Ana-{unique}@Example.com;Ana;yes;2025-11-20 18:40:00 UTC\r\n\
         {leo};leo-{unique}@example.com;Leo;yes;2025-11-20 18:40:00 UTC\r\n\
         ;;nobody-{unique};yes;2025-11-20 18:40:00 UTC\r\n"
    );
    let told = |lines: &str| lines.matches("\n3,4,").count();
    let before = told(&bucket.refused().await);
    bucket.drop_file(&format!("customers/{unique}/crm%20export.csv"), &file).await;
    let answer =
        until("a customer of the file", LONG, || app.customer(&ana), |answer| answer.status == 200);
    let customer = answer.await.json;
    let email = customer["contacts"]["email"].as_str().unwrap_or_default();
    assert_eq!(email.to_lowercase(), format!("ana-{unique}@example.com"), "{customer}");
    assert_eq!(customer["consents"]["email"]["state"], "granted", "{customer}");
    let refused = until(
        "the refused record",
        LONG,
        || bucket.refused(),
        |lines: &String| told(lines) > before,
    );
    let refused = refused.await;
    assert!(!refused.contains(&unique), "no cell of a record is repeated: {refused}");
    let leo = app.customer(&leo).await.expect_status(200).json;
    assert_eq!(leo["consents"]["email"]["state"], "denied", "{leo}");
    assert_eq!(leo["profile"]["first_name"], "Leo", "what else the file tells is taken: {leo}");
}

const IMPORTS: &str = "/v1/imports";

fn unique() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// An operator who imports files.
struct Importer {
    stack: LocalStack,
    marketer: OperatorClient,
}

impl Importer {
    async fn connect() -> Self {
        let stack = LocalStack::connect();
        let marketer = stack.sign_in_operator(OperatorGroup::Marketer).await;
        Self { stack, marketer }
    }

    /// Makes an import, uploads its file, and returns its path.
    async fn upload(&self, request: Value, file: &str) -> String {
        let mut request = request;
        request["bytes"] = json!(file.len());
        let made = self.marketer.post(IMPORTS, &request).await.expect_status(201).json;
        assert_eq!(made["import"]["state"], "waiting_for_upload", "{made}");
        self.put(&made["upload"], file).await.expect_status(200);
        format!("{IMPORTS}/{}", made["import"]["id"].as_str().unwrap())
    }

    async fn put(&self, upload: &Value, file: &str) -> ApiAnswer {
        let mut request = self.stack.wire.request("PUT", upload["url"].as_str().unwrap());
        for (name, value) in upload["headers"].as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        request.body(file).send().await
    }

    async fn wait_for(&self, path: &str, state: &str) -> Value {
        let read = || async { self.marketer.get(path).await.expect_status(200).json };
        let is_there = |import: &Value| {
            assert!(import["state"] == state || import["state"] != "failed", "{import}");
            import["state"] == state
        };
        until("the state of the import", LONG, read, is_there).await
    }

    async fn refused(&self, path: &str) -> String {
        let listed = self.marketer.get(&format!("{path}/refused")).await.expect_status(200).json;
        let mut lines = String::new();
        for file in listed["files"].as_array().unwrap() {
            let request = self.stack.wire.request("GET", file["url"].as_str().unwrap());
            lines += &request.send().await.expect_status(200).text;
        }
        lines
    }
}

/// Returns a file with columns that nobody can guess, three good records and a bad one.
fn strange_file(tag: &str, last: &str) -> String {
    format!(
        "Kundennr {last};Postfach;Vorn;geheim_token\n\
         up-{tag}-1;a-{tag}@example.com;Ana;t0\n\
         up-{tag}-2;b-{tag}@example.com;Leo;t1\n\
         ;;Niemand;t2\n\
         up-{tag}-3;c-{tag}@example.com;Mia;t3\n"
    )
}

#[tokio::test]
async fn an_upload_is_checked_mapped_started_and_its_mapping_remembered() {
    let test = Importer::connect().await;
    let tag = unique();
    let app = test.stack.app();
    let file = strange_file(&tag, &tag);
    let request = json!({"kind": "customers", "file_name": "kunden.csv"});
    let path = test.upload(request.clone(), &file).await;
    let checked = test.wait_for(&path, "checked").await;
    assert_eq!(checked["system"], "plain", "{checked}");
    assert_eq!(checked["columns_missing"]["code"], "column_missing", "{checked}");
    let start = format!("{path}/start");
    check_problem(test.marketer.post(&start, &json!({})).await, 422, "invalid_request");

    let number = format!("Kundennr {tag}");
    let mapping = json!({&number: "id", "Postfach": "email", "Vorn": "first_name"});
    let check = format!("{path}/check");
    test.marketer.post(&check, &json!({"mapping": mapping})).await.expect_status(202);
    let checked = test.wait_for(&path, "checked").await;
    assert_eq!(checked["counts"]["taken"], 3, "{checked}");
    assert_eq!(checked["counts"]["refused"], 1, "{checked}");
    assert_eq!(checked["causes"], json!([{"column": null, "code": "no_identity", "count": 1}]));
    assert_eq!(checked["problems"][0]["line"], 4, "{checked}");
    let used = |view: &Value, at: usize| view["columns"][at]["used"].as_str().unwrap().to_owned();
    assert_eq!((used(&checked, 0), used(&checked, 3)), ("taken".to_owned(), "secret".to_owned()));
    assert!(!checked.to_string().contains("example.com"), "no cell is kept: {checked}");
    assert_eq!(app.customer(&format!("up-{tag}-1")).await.status, 404, "a check takes nothing");

    let preview = test.marketer.get(&format!("{path}/preview")).await.expect_status(200).json;
    assert_eq!(preview["columns"][2]["samples"], json!(["Ana", "Leo", "Niemand"]), "{preview}");
    assert_eq!(preview["columns"][3]["samples"], json!([]), "{preview}");
    let value = json!({"field": "id", "value": format!("up-{tag}-1")});
    assert_eq!(preview["records"][0]["values"][0], value, "{preview}");
    assert_eq!(preview["records"][2]["refused"]["code"], "no_identity", "{preview}");
    let refused = test.refused(&path).await;
    assert!(refused.starts_with("record,line,code,reason\r\n3,4,no_identity,"), "{refused}");

    let other = json!({"mapping": {&number: "id"}});
    check_problem(test.marketer.post(&start, &other).await, 409, "mapping_not_checked");
    let confirmed = json!({"mapping": mapping});
    for _ in 0..2 {
        // a repeat changes nothing, as long as it runs
        let started = test.marketer.post(&start, &confirmed).await;
        assert!(matches!(started.status, 202 | 409), "{}", started.text);
    }
    let done = test.wait_for(&path, "done").await;
    assert_eq!(done["counts"]["taken"], 3, "{done}");
    assert_eq!(done["checked"]["refused"], 1, "{done}");
    assert_eq!(done["progress"]["bytes_read"], file.len(), "{done}");
    let steps: Vec<&str> = done["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["action"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["created", "checked", "started"]);
    let ana = app.customer(&format!("up-{tag}-1")).await.expect_status(200).json;
    assert_eq!(ana["profile"]["first_name"], "Ana", "{ana}");
    assert!(test.refused(&path).await.contains("3,4,no_identity,"));
    check_problem(
        test.marketer.post(&format!("{path}/cancel"), &json!({})).await,
        409,
        "import_over",
    );

    // The next file with this header is read as the last one was.
    let again = test.upload(request, &file).await;
    let offered = test.wait_for(&again, "checked").await;
    assert_eq!(offered["mapping_origin"], "remembered", "{offered}");
    assert_eq!(offered["mapping"], mapping, "{offered}");
    test.marketer.post(&format!("{again}/start"), &json!({})).await.expect_status(202);
    let done = test.wait_for(&again, "done").await;
    assert_eq!(done["counts"]["unchanged"], 3, "{done}");
}

#[tokio::test]
async fn dropped_files_and_uploads_are_listed_the_newest_first() {
    let test = Importer::connect().await;
    let tag = unique();
    let bucket = ImportsBucket { stack: LocalStack::connect() };
    let name = format!("dropped-{tag}.csv");
    let file = format!("email\nno-address\nx-{tag}@example.com\n");
    bucket.drop_file(&format!("suppressions/{name}"), &file).await;
    let listed = || async { test.marketer.list_all(IMPORTS).await };
    let ours =
        |imports: &Vec<Value>| imports.iter().position(|it| it["file_name"] == name.as_str());
    let is_done =
        |imports: &Vec<Value>| ours(imports).is_some_and(|at| imports[at]["state"] == "done");
    let imports = until("the dropped file in the list", LONG, listed, is_done).await;
    let dropped = imports[ours(&imports).unwrap()].clone();
    assert_eq!((&dropped["origin"], &dropped["created_by"]), (&json!("bucket"), &Value::Null));
    assert_eq!(dropped["counts"]["refused"], 1, "{dropped}");

    let request = json!({"kind": "customers", "file_name": "later.csv", "bytes": 5});
    let made = test.marketer.post(IMPORTS, &request).await.expect_status(201).json;
    let imports = test.marketer.list_all(IMPORTS).await;
    let later = imports.iter().position(|it| it["id"] == made["import"]["id"]).unwrap();
    assert!(later < ours(&imports).unwrap(), "the newest is first");
    let path = format!("{IMPORTS}/{}", made["import"]["id"].as_str().unwrap());
    check_problem(test.marketer.get(&format!("{path}/preview")).await, 409, "import_not_checked");
    for _ in 0..2 {
        let cancelled = test.marketer.post(&format!("{path}/cancel"), &json!({})).await;
        assert_eq!(cancelled.expect_status(200).json["state"], "cancelled");
    }
    check_problem(
        test.marketer.post(&format!("{path}/start"), &json!({})).await,
        409,
        "import_over",
    );
}

#[tokio::test]
async fn an_upload_of_another_size_and_what_is_no_table_end_as_failed() {
    let test = Importer::connect().await;
    let request = json!({"kind": "orders", "file_name": "orders.csv", "bytes": 7});
    let made = test.marketer.post(IMPORTS, &request).await.expect_status(201).json;
    // AWS refuses the length that was not signed; where it is not, the import does.
    let put = test.put(&made["upload"], "id,total\n1,2\n").await;
    if put.status == 200 {
        let path = format!("{IMPORTS}/{}", made["import"]["id"].as_str().unwrap());
        let failed = test.wait_for(&path, "failed").await;
        assert_eq!(failed["failure"]["code"], "other_size", "{failed}");
    }
    let pdf = json!({"kind": "orders", "file_name": "orders.csv"});
    let path = test.upload(pdf, "%PDF-1.7 and more").await;
    let failed = test.wait_for(&path, "failed").await;
    assert_eq!(failed["failure"]["code"], "not_text", "{failed}");
}

#[tokio::test]
async fn a_page_of_the_console_may_upload_and_no_other() {
    let test = Importer::connect().await;
    let request = json!({"kind": "customers", "file_name": "a.csv", "bytes": 3});
    let made = test.marketer.post(IMPORTS, &request).await.expect_status(201).json;
    let url = made["upload"]["url"].as_str().unwrap();
    let console = test.stack.facts.text("/console_url");
    for (origin, method, status) in
        [(console, "PUT", 200), ("https://evil.example", "PUT", 403), (console, "DELETE", 403)]
    {
        let request = test.stack.wire.request("OPTIONS", url).header("origin", origin);
        let request = request.header("access-control-request-method", method);
        let answer = request.send().await;
        assert_eq!(answer.status, status, "{origin} {method}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_is_no_import_is_refused_with_its_fields() {
    let test = Importer::connect().await;
    let good = json!({"kind": "customers", "file_name": "a.csv", "bytes": 3});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, fields) in [
        (json!({"file_name": "a.csv", "bytes": 3}), vec![" required"]),
        (with("kind", json!("shoes")), vec!["/kind unknown_value"]),
        (with("file_name", json!(" ")), vec!["/file_name invalid"]),
        (with("bytes", json!(0)), vec!["/bytes empty"]),
        (with("bytes", json!(5_000_000_000_u64)), vec!["/bytes too_large"]),
        (with("mapping", json!({"a/b": "size"})), vec!["/mapping/a~1b unknown_value"]),
        (with("mapping", json!({"a": "order_id"})), vec!["/mapping/a unknown_value"]),
        (with("defaults", json!({"country": "Spain"})), vec!["/defaults/country invalid"]),
        (with("defaults", json!({"merchant": ""})), vec!["/defaults/merchant invalid"]),
        (with("more", json!(1)), vec!["/more unknown_field"]),
    ] {
        check_fields(test.marketer.post(IMPORTS, &body).await, &fields);
    }
    for path in ["imp_none", "a%20b", "imp_1/preview", "imp_1/refused"] {
        let answer = test.marketer.get(&format!("{IMPORTS}/{path}")).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.text);
    }
    check_problem(test.marketer.get(&format!("{IMPORTS}/imp_none")).await, 404, "import_unknown");
    check_problem(test.marketer.get(&format!("{IMPORTS}?cursor=x")).await, 400, "invalid_cursor");
}
