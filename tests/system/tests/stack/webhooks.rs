//! Tests webhooks from the app backend's side: a server on this machine receives what happens to a
//! voucher, from its issue to its reversal. It fails at first, so that retries are covered too; the
//! signature is checked with the secret that the admin API returned.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use base64::Engine as _;
use http::HeaderMap;
use http_edge::webhook;
use serde_json::{Value, json};
use system_tests::{Channel, LONG, OperatorGroup, TestScenario, basket, order_event, until};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const ALL: &str = "/v1/configuration/voucher-campaign/webhooks";

/// One received request, in the order of arrival.
#[derive(Debug, Clone)]
struct ReceivedEvent {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl ReceivedEvent {
    fn event_id(&self) -> &str {
        self.headers[webhook::ID].to_str().unwrap()
    }
    fn body_json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A server that answers 500 to the first attempt of every event and 204 to the second.
#[derive(Clone, Default)]
struct WebhookReceiver {
    heard: Arc<Mutex<Vec<ReceivedEvent>>>,
    known: Arc<Mutex<BTreeSet<String>>>,
}

impl WebhookReceiver {
    async fn listen() -> (Self, u16) {
        let ear = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = ear.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let ear = served.clone();
                tokio::spawn(async move { ear.serve(stream).await });
            }
        });
        (ear, port)
    }

    /// Serves one connection; returns `None` if the caller hung up.
    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let heard = read_request(&mut stream).await?;
        let first = self.known.lock().unwrap().insert(heard.event_id().to_owned());
        self.heard.lock().unwrap().push(heard);
        let status = if first { "500 Not yet" } else { "204 Thanks" };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.shutdown().await.ok()
    }

    /// Returns the events about this customer; the server also receives those of the stack's other
    /// customers.
    fn events_of(&self, customer: &str) -> Vec<ReceivedEvent> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter(|it| it.body_json()["data"]["customer_id"] == customer)
            .cloned()
            .collect()
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<ReceivedEvent> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4_096];
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
        let pairs = text.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        let headers: HeaderMap = pairs
            .map(|(name, value)| {
                (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())
            })
            .collect();
        let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
        if bytes.len() >= head + 4 + length {
            return Some(ReceivedEvent {
                headers,
                body: bytes[head + 4..head + 4 + length].to_vec(),
            });
        }
    }
}

#[tokio::test]
async fn the_app_backend_hears_of_every_stage_of_a_voucher_signed_and_again_until_it_listens() {
    let test = TestScenario::begin().await;
    let admin = test.stack.sign_in_operator(OperatorGroup::Admin).await;
    let (ear, port) = WebhookReceiver::listen().await;
    let endpoint = format!("{ALL}/{}", test.identity.tag);
    let set_up = json!({"url": format!("http://127.0.0.1:{port}/hook")});
    let made = admin.request("PUT", &endpoint).json(&set_up).send().await.expect_status(201);
    let secret = made.json["secret"].as_str().unwrap().to_owned();
    let key = base64::engine::general_purpose::STANDARD
        .decode(secret.trim_start_matches("whsec_"))
        .unwrap();

    let people = test.create_customers(1, &[Channel::Email]).await;
    test.run_campaign(&test.promotion()).await;
    let customer = &people[0].id;
    let voucher = test.app.wallet(customer).await[0]["voucher_id"].as_str().unwrap().to_owned();
    test.app.accept(customer, &voucher).await.expect_status(200);
    let order = test.order_id("o-1");
    test.app.redeem(customer, &voucher, &order, &basket(2_000)).await.expect_status(200);
    let cancelled = order_event("cancelled", &order, customer, &json!({}));
    test.app.report_order(&cancelled).await.expect_status(200);

    let stages = ["accepted", "delivered", "issued", "redeemed_1", "reversed_1"];
    let expected: BTreeSet<String> = stages
        .iter()
        .map(|stage| format!("evt_{}_{stage}", voucher.trim_start_matches("vch_")))
        .collect();
    let heard = until(
        "each event twice: refused, then taken",
        LONG,
        || async { ear.events_of(customer) },
        |heard| {
            expected.iter().all(|id| heard.iter().filter(|it| it.event_id() == id).count() >= 2)
        },
    )
    .await;
    let ids: BTreeSet<String> = heard.iter().map(|it| it.event_id().to_owned()).collect();
    assert_eq!(ids, expected);
    for it in &heard {
        webhook::verify_signature(&[&key], &it.headers, &it.body, jiff::Timestamp::now()).unwrap();
        let told = it.body_json();
        assert_eq!(
            (&told["data"]["voucher_id"], &told["data"]["currency"]),
            (&json!(voucher), &json!("EUR"))
        );
        let text = String::from_utf8(it.body.clone()).unwrap();
        assert!(!text.contains('@') && !text.contains("+34"), "no contacts: {text}");
    }
    let redeemed =
        heard.iter().find(|it| it.event_id().ends_with("redeemed_1")).unwrap().body_json();
    assert_eq!(redeemed["type"], "voucher.redeemed");
    assert_eq!(redeemed["data"]["redemption"]["order_id"], order);
    admin.request("DELETE", &endpoint).send().await.expect_status(204);
}

#[tokio::test]
async fn an_address_of_the_inside_is_refused_by_the_stack_as_well() {
    let test = TestScenario::begin().await;
    let admin = test.stack.sign_in_operator(OperatorGroup::Admin).await;
    let endpoint = format!("{ALL}/{}", test.identity.tag);
    for url in
        ["https://169.254.169.254/", "http://10.0.0.1/", "https://localhost/", "http://[::1]/"]
    {
        let refused = admin.request("PUT", &endpoint).json(&json!({"url": url})).send().await;
        assert_eq!(
            refused.expect_problem(422, "invalid_request").problem_fields().len(),
            1,
            "{url}"
        );
    }
    test.marketer
        .request("PUT", &endpoint)
        .json(&json!({"url": "https://example.com/"}))
        .send()
        .await
        .expect_problem(403, "forbidden");
    let list = test.marketer.get(ALL).await.expect_status(200);
    let names: Vec<&Value> =
        list.json["items"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert!(!names.contains(&&json!(test.identity.tag)), "{names:?}");
}
