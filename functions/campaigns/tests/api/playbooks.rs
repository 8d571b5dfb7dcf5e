//! Playbooks as an operator uses them: requests through the whole router, on in-memory tables.

use std::{collections::BTreeSet, sync::Arc};

use axum::{body::Body, http::Request};
use campaigns::{CampaignsContext, routes};
use domain::kernel::money::Currency;
use lambda_http::request::RequestContext;
use queue::Queue;
use serde_json::{Value, json};
use testkit::TestTables;
use tower::ServiceExt;

use crate::client::{ApiResponse, campaigns_context, send_text};

const PLAYBOOKS: &str = "/v1/playbooks";
const STARTER: &str = "/v1/playbooks/starter-portfolio";
const NAMES: [&str; 5] =
    ["win-back", "cross-vertical-trial", "vip-thank-you", "vertical-launch", "celebration"];

struct PlaybooksApi {
    app: axum::Router,
}

impl ApiResponse {
    /// Asserts a 422 with exactly these fields, each as `pointer code`.
    #[track_caller]
    fn check_fields(&self, fields: &[&str]) {
        self.check(422, "invalid_request");
        assert_eq!(self.errors(), fields, "{}", self.body);
    }
    fn ids(&self) -> Vec<&str> {
        self.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect()
    }
}

impl PlaybooksApi {
    fn new(currency: &str) -> Self {
        let tables = TestTables::in_memory();
        let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
        let context = CampaignsContext {
            segments: 2,
            currency: Currency::parse(currency).unwrap(),
            ..campaigns_context(&tables, queue)
        };
        Self { app: http_edge::build_app(routes().with_state(Arc::new(context))) }
    }

    /// Sends a request. `caller` is a subject and a group, such as `s-1 marketer`.
    async fn send(
        &self,
        caller: &str,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &str,
    ) -> ApiResponse {
        let key = key.map(|key| ("idempotency-key", key));
        let body = body.to_owned();
        send_text(&self.app, signed_in(caller), method, path, key.as_slice(), body).await
    }
    async fn get(&self, path: &str) -> ApiResponse {
        self.send("s-1 viewer", "GET", path, None, "").await
    }
    async fn start(&self, name: &str, body: Value) -> ApiResponse {
        self.send("s-1 marketer", "POST", &format!("{PLAYBOOKS}/{name}"), None, &body.to_string())
            .await
    }
    async fn post_with_key(&self, path: &str, key: &str, body: Value) -> ApiResponse {
        self.send("s-1 marketer", "POST", path, Some(key), &body.to_string()).await
    }
    async fn count_campaigns(&self) -> usize {
        self.get("/v1/campaigns?limit=100").await.ids().len()
    }
}

fn signed_in(caller: &str) -> RequestContext {
    let (subject, group) = caller.split_once(' ').unwrap();
    testkit::signed_in_context(subject, None, &format!("[{group}]"))
}

#[tokio::test]
async fn the_list_has_each_playbook_ready_in_the_tenants_currency() {
    for (currency, off) in [("EUR", 500), ("JPY", 1_000), ("KWD", 2_500)] {
        let list = PlaybooksApi::new(currency).get(PLAYBOOKS).await;
        assert_eq!(list.status, 200, "{}", list.body);
        let items = list.body["items"].as_array().unwrap();
        assert_eq!(
            items.iter().map(|item| item["name"].as_str().unwrap()).collect::<Vec<_>>(),
            NAMES
        );
        let amount = &items[0]["definition"]["offer"]["benefit"]["fixed_amount"]["amount"];
        assert_eq!(amount, &json!({"amount": off, "currency": currency}));
        for item in items {
            assert_eq!(item["kind"], item["definition"]["kind"]);
            assert_eq!(item["definition"]["messages"]["default_locale"], "en");
            assert!(item["definition"]["messages"]["locales"]["es"].is_object());
            assert!(
                !item["adjust"].as_array().unwrap().is_empty() && item["purpose"].is_string(),
                "{item}"
            );
        }
        let required = |item: &&Value| {
            item["parameters"].as_array().unwrap().iter().any(|it| it["required"] == true)
        };
        let names: Vec<_> =
            items.iter().filter(required).map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["vertical-launch"]);
    }
}

#[tokio::test]
async fn a_listed_definition_is_what_a_start_makes_and_what_a_create_takes() {
    let api = PlaybooksApi::new("EUR");
    for item in api.get(PLAYBOOKS).await.body["items"].as_array().unwrap() {
        let parameters =
            item["parameters"].as_array().unwrap().iter().filter(|it| it["required"] == true);
        let needed: serde_json::Map<String, Value> = parameters
            .map(|it| (it["name"].as_str().unwrap().to_owned(), it["value"].clone()))
            .collect();
        let started =
            api.start(item["name"].as_str().unwrap(), json!({"parameters": needed})).await;
        let created = api
            .send("s-1 marketer", "POST", "/v1/campaigns", None, &item["definition"].to_string())
            .await;
        for made in [started, created] {
            assert_eq!(made.status, 201, "{}", made.body);
            for (field, value) in item["definition"].as_object().unwrap() {
                assert_eq!(&made.body[field], value, "{field} of {}", item["name"]);
            }
        }
    }
}

#[tokio::test]
async fn a_started_playbook_is_a_draft_like_any_other() {
    let api = PlaybooksApi::new("EUR");
    let made = api.send("s-1 marketer", "POST", &format!("{PLAYBOOKS}/win-back"), None, "").await;
    assert_eq!((made.status, made.etag.as_str()), (201, "\"1\""));
    let location = made.location.clone().unwrap();
    assert_eq!(location, format!("/v1/campaigns/{}", made.body["id"].as_str().unwrap()));
    assert_eq!((&made.body["state"], &made.body["kind"]), (&"draft".into(), &"autopilot".into()));
    assert_eq!(api.get(&location).await.body, made.body);
    let audit = api.get(&format!("{location}/audit")).await;
    assert_eq!(
        (&audit.body["items"][0]["action"], &audit.body["items"][0]["note"]),
        (&"create".into(), &"from the playbook win-back".into())
    );
    let another = api.start("win-back", json!({})).await;
    assert_ne!(another.body["id"], made.body["id"], "without a key each is new");
    let archived = api.send("s-1 marketer", "POST", &format!("{location}/archive"), None, "").await;
    archived.check(409, "not_allowed_in_state");
}

#[tokio::test]
async fn parameters_and_changes_come_together() {
    let api = PlaybooksApi::new("EUR");
    let benefit = json!({"percent": {"percent": 15, "cap": {"amount": 700, "currency": "EUR"}}});
    let made = api
        .start(
            "win-back",
            json!({
                "parameters": {"days": 45},
                "changes": {
                    "name": "Come back", "audience": {"tags": {"any_of": ["vip"]}},
                    "offer": {"benefit": benefit, "minimum_basket": null}, "trigger": {"local_hour": 18},
                },
            }),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        (&made.body["name"], &made.body["offer"]["benefit"]),
        (&"Come back".into(), &benefit)
    );
    assert_eq!(made.body["offer"]["minimum_basket"], Value::Null);
    assert_eq!(made.body["audience"], json!({"tags": {"any_of": ["vip"]}}));
    let trigger = json!({"when": {"inactivity": {"days": 45}}, "local_hour": 18, "cool_down_days": 90, "deadline_hours": 48});
    assert_eq!(made.body["trigger"], trigger);
}

#[tokio::test]
async fn a_mistake_is_named_by_its_place_in_the_body_and_nothing_is_made() {
    let api = PlaybooksApi::new("EUR");
    let check = async |name: &str, body: Value, fields: &[&str]| {
        api.start(name, body).await.check_fields(fields)
    };
    check("vertical-launch", json!({}), &["/parameters/vertical required"]).await;
    check(
        "vertical-launch",
        json!({"parameters": {"vertical": "food", "km": 0}}),
        &["/parameters/km out_of_range"],
    )
    .await;
    check("win-back", json!({"parameters": {"days": 0}}), &["/parameters/days out_of_range"]).await;
    check("win-back", json!({"parameters": {"point": {}}}), &["/parameters/point unknown_field"])
        .await;
    check("win-back", json!({"parameters": []}), &["/parameters invalid"]).await;
    check("win-back", json!({"params": {}}), &["/params unknown_field"]).await;
    check("win-back", json!({"changes": 7}), &["/changes invalid"]).await;
    check("win-back", json!([]), &[" invalid"]).await;
    check(
        "win-back",
        json!({"changes": {"holdout_percent": 51, "caps": {"vouchers": 0}}}),
        &["/changes/caps/vouchers out_of_range", "/changes/holdout_percent out_of_range"],
    )
    .await;
    check("win-back", json!({"changes": {"surprise": 1}}), &["/changes/surprise unknown_field"])
        .await;
    check("win-back", json!({"changes": {"name": null}}), &["/changes required"]).await;
    check("win-back", json!({"changes": {"kind": "promotion"}}), &["/changes/trigger unexpected"])
        .await;
    check(
        "celebration",
        json!({"changes": {"audience": {"all": [{"ordered": {}}]}}}),
        &["/changes/audience/all/0/ordered/vertical required"],
    )
    .await;
    check(
        "vip-thank-you",
        json!({"parameters": {"spend": {"amount": 5, "currency": "USD"}}}),
        &["/parameters/spend/currency wrong_currency"],
    )
    .await;
    api.send("s-1 marketer", "POST", &format!("{PLAYBOOKS}/win-back"), None, "{\"parameters\":")
        .await
        .check(400, "malformed_json");
    for unknown in ["winback", "WIN-BACK", "%7Bname%7D", "%FF"] {
        api.start(unknown, json!({})).await.check(404, "playbook_unknown");
    }
    check("starter-portfolio", json!({"promotion": "win-back"}), &["/promotion unknown_value"])
        .await;
    check("starter-portfolio", json!({"parameters": {}}), &["/parameters unknown_field"]).await;
    assert_eq!(api.count_campaigns().await, 0);
}

#[tokio::test]
async fn a_repeated_start_makes_one_draft() {
    let api = PlaybooksApi::new("EUR");
    let path = format!("{PLAYBOOKS}/win-back");
    let first = api.post_with_key(&path, "k-1", json!({"parameters": {"days": 45}})).await;
    let again = api.post_with_key(&path, "k-1", json!({"parameters": {"days": 45}})).await;
    assert_eq!((first.status, again.status, &again.body), (201, 201, &first.body));
    assert_eq!((&again.etag, &again.location), (&first.etag, &first.location));
    api.post_with_key(&path, "k-1", json!({"parameters": {"days": 46}}))
        .await
        .check(422, "idempotency_key_reused");
    let celebration = format!("{PLAYBOOKS}/celebration");
    api.post_with_key(&celebration, "k-1", json!({"parameters": {}}))
        .await
        .check(422, "idempotency_key_reused");
    api.post_with_key(&path, "", json!({})).await.check(400, "invalid_idempotency_key");
    let other = api.send("s-2 marketer", "POST", &path, Some("k-1"), "").await;
    assert_ne!(other.body["id"], first.body["id"], "a key is its caller's");
    assert_eq!(api.count_campaigns().await, 2);
    assert_eq!(
        api.send("s-1 marketer", "DELETE", first.location.as_ref().unwrap(), None, "").await.status,
        204
    );
    api.post_with_key(&path, "k-1", json!({"parameters": {"days": 45}}))
        .await
        .check(410, "campaign_deleted");
}

#[tokio::test]
async fn the_starter_portfolio_is_two_drafts_however_often_it_is_asked_for() {
    let api = PlaybooksApi::new("EUR");
    let first = api.post_with_key(STARTER, "k-1", json!({})).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let items = first.body["items"].as_array().unwrap();
    let made: Vec<_> = items
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(made, [("Win-back", "autopilot"), ("VIP thank-you", "promotion")]);
    assert!(items.iter().all(|item| item["state"] == "draft"), "{items:?}");
    assert_eq!(api.post_with_key(STARTER, "k-1", json!({})).await.body, first.body);
    assert_eq!(api.count_campaigns().await, 2);

    let trial = json!({"promotion": "cross-vertical-trial"});
    api.post_with_key(STARTER, "k-1", trial.clone()).await.check(422, "idempotency_key_reused");
    assert_eq!(api.count_campaigns().await, 2, "nothing of the other portfolio was made");
    let second = api.post_with_key(STARTER, "k-2", trial).await;
    assert_eq!(second.body["items"][1]["name"], "Cross-vertical trial");
    let single = api.post_with_key(&format!("{PLAYBOOKS}/win-back"), "k-1", json!({})).await;
    let keyless = api.send("s-1 marketer", "POST", STARTER, None, "").await;
    let other = api.send("s-2 marketer", "POST", STARTER, Some("k-1"), "{}").await;
    let mut ids: BTreeSet<&str> =
        [&first, &second, &keyless, &other].into_iter().flat_map(ApiResponse::ids).collect();
    ids.insert(single.body["id"].as_str().unwrap());
    assert_eq!((ids.len(), api.count_campaigns().await), (9, 9));
}

#[tokio::test]
async fn two_requests_for_the_same_portfolio_at_once_make_two_drafts() {
    let api = PlaybooksApi::new("EUR");
    let requests: Vec<_> = (0..4).map(|_| api.post_with_key(STARTER, "k-1", json!({}))).collect();
    let answers = futures::future::join_all(requests).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(made.iter().all(|answer| answer.ids() == made[0].ids()));
    assert!(
        answers.iter().all(|answer| matches!(answer.status, 201 | 503)),
        "who met another one repeats"
    );
    assert_eq!(api.post_with_key(STARTER, "k-1", json!({})).await.ids(), made[0].ids());
    assert_eq!(api.count_campaigns().await, 2);
}

#[tokio::test]
async fn viewers_look_and_marketers_start() {
    let api = PlaybooksApi::new("EUR");
    for group in ["viewer", "marketer", "approver", "admin"] {
        assert_eq!(
            api.send(&format!("s-1 {group}"), "GET", PLAYBOOKS, None, "").await.status,
            200,
            "{group}"
        );
    }
    api.send("s-1 nobody", "GET", PLAYBOOKS, None, "").await.check(403, "forbidden");
    for group in ["viewer", "approver", "nobody"] {
        for path in
            [STARTER.to_owned(), format!("{PLAYBOOKS}/win-back"), format!("{PLAYBOOKS}/unknown")]
        {
            let answer = api.send(&format!("s-1 {group}"), "POST", &path, None, "no JSON").await;
            answer.check(403, "forbidden");
        }
    }
    assert_eq!(api.count_campaigns().await, 0);
    for group in ["marketer", "admin"] {
        assert_eq!(
            api.send(&format!("s-1 {group}"), "POST", STARTER, None, "").await.status,
            201,
            "{group}"
        );
    }
    let anonymous = Request::builder().uri(PLAYBOOKS).body(Body::empty()).unwrap();
    assert_eq!(api.app.clone().oneshot(anonymous).await.unwrap().status().as_u16(), 401);
}
