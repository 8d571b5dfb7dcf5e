//! Tests bad input on every interface of the running stack: each answer is problem+json with a
//! stable code and the field, and a refused request has left nothing behind.
//!
//! Where the gateway answers before us (no token, no such route), its own body is asserted. There
//! is one module per resource; poison on queues and in the stream is in `poison.rs`.

mod signature;
mod token;
mod customers;
mod orders;
mod campaigns;
mod audience;
mod changes;
mod lists;
mod vouchers;

use std::collections::BTreeMap;

use serde_json::Value;
use system_tests::{ApiAnswer, LocalStack, TableItem, TestScenario};

/// Everything the tables hold of a scenario: its customers, their records and orders, and every
/// definition that names its tag.
#[derive(Debug, PartialEq)]
pub struct StoredState(BTreeMap<&'static str, Vec<TableItem>>);

impl StoredState {
    pub async fn read(test: &TestScenario) -> Self {
        let tag = &test.identity.tag;
        let mut held = BTreeMap::new();
        for (table, filter) in [
            ("customers", "begins_with(customer_id, :value)"),
            ("vouchers", "begins_with(customer_id, :value)"),
            ("work", "contains(pk, :value) OR contains(campaign_id, :value)"),
            ("control", "contains(document, :value)"),
        ] {
            let mut items = test.ledger.scan_items(table, filter, tag).await;
            for item in &mut items {
                // the reason of a refusal is kept with the voucher on purpose
                item.retain(|name, _| !is_of_a_refusal(name));
            }
            items.sort_by_key(|item| {
                ["customer_id", "voucher_id", "pk", "sk", "campaign_id"]
                    .map(|key| format!("{:?}", item.get(key)))
            });
            held.insert(table, items);
        }
        Self(held)
    }
    pub fn is_empty(&self) -> bool {
        self.0.values().all(Vec::is_empty)
    }
}

/// Requires 422 with exactly these fields, each as `"/pointer code"`, and a sentence for each.
#[track_caller]
pub fn check_fields(answer: ApiAnswer, fields: &[&str]) {
    let answer = check_problem(answer, 422, "invalid_request");
    assert_eq!(answer.problem_fields(), fields, "{}", answer.text);
    for error in answer.json["errors"].as_array().unwrap() {
        assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
    }
}

/// Requires the whole shape of RFC 9457 as we return it, and nothing else.
#[track_caller]
pub fn check_problem(answer: ApiAnswer, status: u16, code: &str) -> ApiAnswer {
    let answer = answer.expect_problem(status, code);
    let problem = answer.json.as_object().unwrap();
    assert_eq!(problem["status"], status, "{}", answer.text);
    for name in ["type", "title", "status", "code", "detail", "request_id"] {
        assert!(problem.contains_key(name), "no {name} in {}", answer.text);
    }
    let known = ["type", "title", "status", "code", "detail", "errors", "request_id"];
    assert!(problem.keys().all(|name| known.contains(&name.as_str())), "{}", answer.text);
    answer
}

/// Requires an answer of the gateway itself, as AWS gives it: JSON with a message, not a problem.
#[track_caller]
pub fn check_gateway(answer: &ApiAnswer, status: u16, message: &str) {
    let content_type = answer.header("content-type").unwrap_or_default();
    assert_eq!((answer.status, content_type), (status, "application/json"), "{}", answer.text);
    assert_eq!(answer.json, serde_json::json!({ "message": message }));
}

/// One route of the API, as the OpenAPI document lists it.
pub struct DocumentedRoute {
    pub method: String,
    /// The path, with example ids in place of its parameters.
    pub path: String,
    /// The security scheme: `jwt` or `webhookSignature`.
    pub security: String,
}

/// Returns every route that needs authentication.
pub async fn documented_routes(
    stack: &LocalStack,
    campaign: &str,
    customer: &str,
) -> Vec<DocumentedRoute> {
    let document =
        stack.app().unsigned("GET", "/v1/openapi.json", "").send().await.expect_status(200).json;
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let id = if path.starts_with("/v1/campaigns") { campaign } else { customer };
        let path = path.replace("{id}", id).replace("{voucher}", "vch_00000000000000000000");
        let path = path
            .replace("{channel}", "sms")
            .replace("{topic}", "deals")
            .replace("{endpoint}", "dev1")
            .replace("{device}", "dev1")
            .replace("{name}", "win-back");
        let path = path
            .replace("{test_send}", "smp_1")
            .replace("{rehearsal}", "reh_1")
            .replace("{queue}", "sms")
            .replace("{merchant}", "m-1")
            .replace("{kind}", "verticals")
            .replace("{key}", "food")
            .replace("{customer}", customer)
            .replace("{campaign}", campaign);
        for (method, operation) in operations.as_object().unwrap() {
            let Some(security) =
                operation["security"][0].as_object().and_then(|it| it.keys().next())
            else {
                continue;
            };
            routes.push(DocumentedRoute {
                method: method.to_uppercase(),
                path: path.clone(),
                security: security.clone(),
            });
        }
    }
    routes
}

/// Sets `value` at a JSON pointer of `body`; `null` removes the member.
pub fn with_member(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(object) if value.is_null() => {
            object.remove(name);
        }
        Value::Object(object) => {
            object.insert(name.to_owned(), value);
        }
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        other => panic!("{pointer} is below {other}"),
    }
    body
}

/// Returns texts that are not JSON; the last one is nested deeper than any of our parsers follows.
pub fn not_json() -> Vec<String> {
    let mut texts =
        ["", "{", "nonsense", "{\"name\":}", "{} {}", "\u{feff}{}"].map(str::to_owned).to_vec();
    texts.push(format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)));
    texts
}

/// Returns true for what a voucher keeps of the refusals of its use.
fn is_of_a_refusal(attribute: &str) -> bool {
    matches!(attribute, "refused" | "refused_at")
        || attribute.starts_with("rn_")
        || attribute.starts_with("rt_")
}
