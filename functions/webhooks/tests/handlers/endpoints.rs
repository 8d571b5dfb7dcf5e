//! Tests of the webhooks API on in-memory AWS: permissions, refused addresses, secrets that are
//! shown once, and repeated redrives.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Router, body::Body, http::Request};
use domain::{
    kernel::id::{EventId, VoucherId, WebhookEndpointId},
    voucher::webhook_event::{DeliveryFailure, EventDelivery, EventSubject, EventType},
};
use fake_aws::FakeAws;
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use queue::Queue;
use runtime::clock::simulated;
use secrets::Secrets;
use serde_json::{Value, json};
use store::{Store, TableNames};
use testkit::{
    TestTables,
    builders::{add_milliseconds, customer_id, noon},
};
use tower::ServiceExt;
use webhook_client::AddressPolicy;
use webhooks::admin::{WebhooksContext, routes};

const ALL: &str = "/v1/configuration/voucher-campaign/webhooks";
const APP: &str = "/v1/configuration/voucher-campaign/webhooks/app";
const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

struct EndpointsFixture {
    memory: FakeAws,
    store: Store,
    app: Router,
}

impl EndpointsFixture {
    fn new() -> Self {
        simulated::set_now(Some(noon()));
        let memory = FakeAws::new(testkit::table_schemas());
        memory.set_secret("cursor", SECRET);
        memory.set_secret("signing", SECRET);
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let context = WebhooksContext {
            store: store.clone(),
            webhooks: Queue::new(&tables.config, "http://memory/webhooks"),
            secrets: Secrets::new(&tables.config),
            signing_secret: "signing".into(),
            cursor_secret: "cursor".into(),
            policy: AddressPolicy::new("127.0.0.1"),
        };
        let app = http_edge::build_app(routes().with_state(Arc::new(context)));
        Self { memory, store, app }
    }

    async fn send_request(
        &self,
        group: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .extension(signed_in(group))
            .body(body)
            .unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
    async fn admin(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.send_request("admin", method, path, body).await
    }
    async fn set_up(&self) -> String {
        let (status, made) =
            self.admin("PUT", APP, json!({"url": "http://127.0.0.1:9/hook"})).await;
        assert_eq!(status, 201, "{made}");
        made["secret"].as_str().unwrap().to_owned()
    }

    /// Creates the dead letters `numbers` of the endpoint.
    async fn create_dead_letters(&self, numbers: std::ops::Range<i64>) {
        for number in numbers {
            let voucher = VoucherId::parse(&format!("vch_{number}")).unwrap();
            let event_delivery = EventDelivery {
                hook: WebhookEndpointId::parse("app").unwrap(),
                event: EventId::parse(&format!("evt_{number}_issued")).unwrap(),
                what: EventType::Issued,
                about: Some(EventSubject { customer: customer_id("c-1"), voucher }),
                at: add_milliseconds(noon(), number),
                attempt: 1,
            };
            let failed = DeliveryFailure { status: Some(503), reason: "not_taken".into() };
            self.store.give_up_delivery(&event_delivery, &failed, noon()).await.unwrap();
        }
    }
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", None, &format!("[{group}]"))
}

#[tokio::test]
async fn an_endpoint_is_set_up_shown_changed_and_taken_away_and_its_secret_is_shown_once() {
    let stage = EndpointsFixture::new();
    let secret = stage.set_up().await;
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    let change = json!({"url": "https://app.example.com/hooks", "events": ["voucher.redeemed"], "enabled": false});
    let (status, changed) = stage.admin("PUT", APP, change).await;
    assert_eq!(
        (status, changed["state"].as_str(), changed.get("secret")),
        (200, Some("disabled"), None)
    );
    let (status, shown) = stage.send_request("viewer", "GET", APP, Value::Null).await;
    assert_eq!((status, &shown), (200, &changed));
    assert_eq!(
        (shown["url"].as_str(), &shown["events"]),
        (Some("https://app.example.com/hooks"), &json!(["voucher.redeemed"]))
    );
    let (_, list) = stage.send_request("viewer", "GET", ALL, Value::Null).await;
    assert_eq!(list["items"], json!([shown]));
    assert!(
        !format!("{:?}", stage.memory.items("ControlTable")).contains(&secret[6..]),
        "the table holds no secret"
    );

    assert_eq!(stage.admin("DELETE", APP, Value::Null).await.0, 204);
    assert_eq!(stage.admin("DELETE", APP, Value::Null).await.1["code"], "endpoint_unknown");
    assert_eq!(stage.send_request("viewer", "GET", APP, Value::Null).await.0, 404);
    assert_ne!(stage.set_up().await, secret, "a name that is used again has another secret");
}

#[tokio::test]
async fn a_new_secret_is_another_each_time() {
    let stage = EndpointsFixture::new();
    let mut secrets = BTreeSet::from([stage.set_up().await]);
    for _ in 0..3 {
        let (status, rotated) =
            stage.admin("POST", &format!("{APP}/rotate-secret"), Value::Null).await;
        assert_eq!(
            (status, rotated["previous_secret_until"].as_str()),
            (200, Some("2026-11-02T12:00:00Z"))
        );
        assert!(secrets.insert(rotated["secret"].as_str().unwrap().to_owned()), "{rotated}");
    }
}

#[tokio::test]
async fn only_admins_change_anything_and_viewers_look() {
    let stage = EndpointsFixture::new();
    stage.set_up().await;
    let body = json!({"url": "https://app.example.com/"});
    let writes = [
        ("PUT", "", body),
        ("DELETE", "", Value::Null),
        ("POST", "/rotate-secret", Value::Null),
        ("POST", "/test", Value::Null),
        ("POST", "/redrive", Value::Null),
    ];
    for (method, path, body) in writes {
        for group in ["viewer", "marketer", "approver", ""] {
            let (status, told) =
                stage.send_request(group, method, &format!("{APP}{path}"), body.clone()).await;
            assert_eq!(
                (status, told["code"].as_str()),
                (403, Some("forbidden")),
                "{group} {method} {path}"
            );
        }
    }
    for path in ["", "/dead-letters"] {
        assert_eq!(
            stage.send_request("viewer", "GET", &format!("{APP}{path}"), Value::Null).await.0,
            200,
            "{path}"
        );
        assert_eq!(
            stage.send_request("", "GET", &format!("{APP}{path}"), Value::Null).await.0,
            403,
            "{path}"
        );
    }
    assert_eq!(stage.memory.take_queued_messages(), []);
}

#[tokio::test]
async fn an_address_that_must_not_be_called_is_not_saved() {
    let stage = EndpointsFixture::new();
    for (url, code) in [
        ("http://app.example.com/", "https_required"),
        ("https://169.254.169.254/latest/meta-data/", "address_not_public"),
        ("https://[::ffff:10.0.0.1]/", "address_not_public"),
        ("https://2130706434/", "address_not_public"),
        ("https://localhost/", "address_not_public"),
        ("https://app.example.com:8443/", "port_not_allowed"),
        ("https://ada:pw@app.example.com/", "credentials_in_url"),
        ("not a url", "invalid_url"),
    ] {
        let (status, told) = stage.admin("PUT", APP, json!({"url": url})).await;
        assert_eq!(
            (status, &told["errors"][0]["field"], told["errors"][0]["code"].as_str()),
            (422, &json!("/url"), Some(code)),
            "{url}"
        );
    }
    for (body, field) in [
        (
            json!({"url": "https://a.example.com/", "events": ["voucher.issued", "test"]}),
            "/events/1",
        ),
        (json!({"url": "https://a.example.com/", "events": ["voucher.sold"]}), "/events/0"),
        (json!({"url": "https://a.example.com/", "secret": "mine"}), "/secret"),
    ] {
        let (status, told) = stage.admin("PUT", APP, body).await;
        assert_eq!((status, told["errors"][0]["field"].as_str()), (422, Some(field)), "{told}");
    }
    assert_eq!(
        stage
            .admin(
                "PUT",
                &format!("{ALL}/{}", "x".repeat(65)),
                json!({"url": "https://a.example.com/"})
            )
            .await
            .0,
        400
    );
    assert_eq!(stage.store.webhook_endpoints().await.unwrap(), []);
}

#[tokio::test]
async fn there_are_ten_endpoints_at_most() {
    let stage = EndpointsFixture::new();
    let put = async |name: usize| {
        stage
            .admin("PUT", &format!("{ALL}/e-{name}"), json!({"url": "https://a.example.com/"}))
            .await
    };
    for name in 0..10 {
        assert_eq!(put(name).await.0, 201);
    }
    assert_eq!(put(10).await.1["code"], "too_many_endpoints");
    assert_eq!(put(3).await.0, 200, "those that are there can be changed");
}

#[tokio::test]
async fn a_test_event_goes_the_way_of_all_events() {
    let stage = EndpointsFixture::new();
    stage.set_up().await;
    let (status, tested) = stage.admin("POST", &format!("{APP}/test"), Value::Null).await;
    assert_eq!(status, 202);
    let [sent] = stage.memory.take_queued_messages().try_into().unwrap();
    let event_delivery: EventDelivery = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(
        (event_delivery.what, event_delivery.about, event_delivery.attempt),
        (EventType::Test, None, 1)
    );
    assert_eq!(json!(event_delivery.event), tested["event_id"]);
}

#[tokio::test]
async fn dead_letters_are_listed_page_by_page_and_sent_again_once() {
    let stage = EndpointsFixture::new();
    stage.set_up().await;
    stage.create_dead_letters(0..5).await;
    let letters = format!("{APP}/dead-letters");
    let (_, first) =
        stage.send_request("viewer", "GET", &format!("{letters}?limit=3"), Value::Null).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = stage
        .send_request("viewer", "GET", &format!("{letters}?limit=3&cursor={cursor}"), Value::Null)
        .await;
    let items =
        [first["items"].as_array().unwrap().clone(), second["items"].as_array().unwrap().clone()]
            .concat();
    let ids: Vec<&str> = items.iter().map(|item| item["event_id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        ["evt_0_issued", "evt_1_issued", "evt_2_issued", "evt_3_issued", "evt_4_issued"]
    );
    assert_eq!(
        items[0],
        json!({
            "event_id": "evt_0_issued", "type": "voucher.issued", "timestamp": "2026-11-01T12:00:00Z", "customer_id": "c-1",
            "voucher_id": "vch_0", "attempts": 1, "last_status": 503, "last_reason": "not_taken", "given_up_at": "2026-11-01T12:00:00Z",
        })
    );

    let press = async || stage.admin("POST", &format!("{APP}/redrive"), Value::Null).await.1;
    let (one, other) = both(press(), press()).await;
    assert_eq!(
        one["redriven"].as_u64().unwrap() + other["redriven"].as_u64().unwrap(),
        5,
        "{one} {other}"
    );
    assert_eq!(press().await["redriven"], 0);
    assert_eq!(
        stage.send_request("viewer", "GET", &letters, Value::Null).await.1["items"],
        json!([])
    );
    let mut due = 0;
    for shard in 0..store::webhooks::deliveries::DELIVERY_SHARDS {
        due += stage.store.due_deliveries(shard, noon(), 100, None).await.unwrap().0.len();
    }
    assert_eq!(due, 5, "each is due now, once");
    assert!(
        stage.memory.take_queued_messages().iter().any(|sent| sent.body.contains("redrive")),
        "the sender is woken"
    );
}

async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    tokio::join!(a, b)
}

#[tokio::test]
async fn a_disabled_endpoint_is_neither_tested_nor_redriven() {
    let stage = EndpointsFixture::new();
    stage.set_up().await;
    stage.create_dead_letters(0..1).await;
    stage.admin("PUT", APP, json!({"url": "https://a.example.com/", "enabled": false})).await;
    for act in ["test", "redrive"] {
        let (status, told) = stage.admin("POST", &format!("{APP}/{act}"), Value::Null).await;
        assert_eq!((status, told["code"].as_str()), (409, Some("endpoint_disabled")), "{act}");
    }
    assert_eq!(
        stage
            .send_request("viewer", "GET", &format!("{APP}/dead-letters"), Value::Null)
            .await
            .1["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
