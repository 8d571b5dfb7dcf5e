//! Tests the emulator over real sockets: raw HTTP in, a recording upstream behind it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests, which clippy takes for shipped code"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use provider_emulator::settings::EmulatorSettings;
use provider_emulator::{ProviderEmulator, server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:feedback";
/// The longest wait, far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

struct EmulatorFixture {
    port: u16,
    /// The head and the body of each request that reached the upstream.
    upstream_requests: Arc<Mutex<Vec<(String, String)>>>,
}

struct RawResponse {
    status: u16,
    head: String,
    body: String,
}

impl RawResponse {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn start_emulator() -> EmulatorFixture {
    let passed = Arc::new(Mutex::new(Vec::new()));
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream_port = upstream.local_addr().unwrap().port();
    let record = Arc::clone(&passed);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = upstream.accept().await.unwrap();
            let record = Arc::clone(&record);
            tokio::spawn(async move {
                while let Some(request) = read_message(&mut stream).await {
                    record.lock().unwrap().push(request);
                    stream
                        .write_all(b"HTTP/1.1 202 Accepted\r\nx-from: upstream\r\ncontent-length: 5\r\n\r\n<ok/>")
                        .await
                        .unwrap();
                }
            });
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = EmulatorSettings {
        upstream: format!("http://127.0.0.1:{upstream_port}"),
        ..EmulatorSettings::default()
    };
    tokio::spawn(server::serve(listener, ProviderEmulator::start(settings)));
    let world = EmulatorFixture { port, upstream_requests: passed };
    world.post("/_emulator/config", json!({"feedback_topic_arn": TOPIC, "delay_ms": 1})).await;
    world
}

/// Reads head and body of one message. Returns `None` if the other side closed before it was
/// complete.
async fn read_message(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break bytes.drain(..end + 4).collect::<Vec<u8>>();
        }
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
    };
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
        })
        .unwrap_or(0);
    while bytes.len() < length {
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
    }
    Some((head, String::from_utf8(bytes).unwrap()))
}

impl EmulatorFixture {
    /// Sends a request. Returns `None` if the connection was closed without an answer.
    async fn send(&self, method: &str, path: &str, kind: &str, body: &str) -> Option<RawResponse> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: signed.host\r\nauthorization: AWS4-HMAC-SHA256 x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let (head, body) = tokio::time::timeout(PATIENCE, read_message(&mut stream))
            .await
            .expect("no answer in time")?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(RawResponse { status, head, body })
    }

    async fn post(&self, path: &str, body: Value) -> RawResponse {
        self.send("POST", path, "application/json", &body.to_string()).await.unwrap()
    }

    async fn get(&self, path: &str) -> RawResponse {
        self.send("GET", path, "", "").await.unwrap()
    }

    async fn email(&self, to: &str) -> Option<RawResponse> {
        let body = json!({
            "FromEmailAddress": "offers@shop.example", "Destination": {"ToAddresses": [to]}, "ConfigurationSetName": "feedback",
            "Content": {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Html": {"Data": "<script>alert(1)</script>"}}}},
            "EmailTags": [{"Name": "voucher", "Value": "vch_1"}],
        });
        self.send("POST", "/v2/email/outbound-emails", "application/json", &body.to_string()).await
    }

    async fn publish(&self, fields: &[(&str, &str)]) -> Option<RawResponse> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "Publish")
            .extend_pairs(fields)
            .finish();
        self.send("POST", "/", "application/x-www-form-urlencoded", &form).await
    }

    /// Returns the events that reached the feedback topic, once there are `count` of them.
    async fn events(&self, count: usize) -> Vec<Value> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let events: Vec<Value> = self
                .upstream_requests
                .lock()
                .unwrap()
                .iter()
                .flat_map(|(_, body)| published_events(body))
                .collect();
            if events.len() >= count {
                return events;
            }
            assert!(
                tokio::time::Instant::now() < until,
                "waited for {count} events, got {events:?}"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn published_events(form: &str) -> Vec<Value> {
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    assert!(
        !form.contains("PublishBatch") || fields.contains(&("TopicArn".into(), TOPIC.into())),
        "{form}"
    );
    fields
        .iter()
        .filter(|(name, _)| name.ends_with(".Message"))
        .map(|(_, message)| serde_json::from_str(message).unwrap())
        .collect()
}

#[tokio::test]
async fn an_email_is_answered_kept_and_reported_back() {
    let world = start_emulator().await;
    let answer = world.email("anna@example.com").await.unwrap();
    let id = answer.json()["MessageId"].as_str().unwrap().to_owned();
    assert_eq!(answer.status, 200);
    let events = world.events(2).await;
    let mut types: Vec<_> =
        events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    types.sort_unstable();
    assert_eq!(types, ["Delivery", "Send"]);
    assert!(events.iter().all(|event| event["mail"]["messageId"] == id.as_str()
        && event["mail"]["tags"]["voucher"] == json!(["vch_1"])));
    let kept = world.get("/_emulator/messages?channel=email&to=anna@").await.json();
    assert_eq!(
        (&kept["count"], &kept["items"][0]["provider_message_id"], &kept["items"][0]["outcome"]),
        (&json!(1), &json!(id), &json!("delivered"))
    );
    let (head, _) = world.upstream_requests.lock().unwrap()[0].clone();
    assert!(
        head.contains("Credential=000000000000/") && head.contains("/us-east-1/sns/aws4_request"),
        "{head}"
    );
}

#[tokio::test]
async fn a_fault_of_an_address_gives_the_providers_own_error() {
    let world = start_emulator().await;
    let throttled = world.email("anna+throttle@example.com").await.unwrap();
    assert_eq!(throttled.status, 429);
    assert!(
        throttled.head.contains("x-amzn-errortype: TooManyRequestsException"),
        "{}",
        throttled.head
    );
    let disabled = world
        .publish(&[
            ("TargetArn", "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1-disabled"),
            ("Message", "x"),
        ])
        .await
        .unwrap();
    assert_eq!(disabled.status, 400);
    assert!(disabled.body.contains("<Code>EndpointDisabled</Code>"), "{}", disabled.body);
    let invalid = world.publish(&[("PhoneNumber", "0151"), ("Message", "x")]).await.unwrap();
    assert!(invalid.body.contains("<Code>InvalidParameter</Code>"), "{}", invalid.body);
    assert_eq!(world.get("/_emulator/messages").await.json()["count"], 0);
    assert_eq!(world.get("/_emulator/messages?accepted=false").await.json()["count"], 2);
}

#[tokio::test]
async fn an_opted_out_number_is_accepted_and_reported_as_failed() {
    let world = start_emulator().await;
    let answer =
        world.publish(&[("PhoneNumber", "+4915100999904"), ("Message", "x")]).await.unwrap();
    assert_eq!(answer.status, 200);
    let events = world.events(1).await;
    assert_eq!(
        (&events[0]["status"], &events[0]["delivery"]["providerResponse"]),
        (&json!("FAILURE"), &json!("Phone number is opted out"))
    );
    assert!(answer.body.contains(&format!(
        "<MessageId>{}</MessageId>",
        events[0]["notification"]["messageId"].as_str().unwrap()
    )));
}

#[tokio::test]
async fn accept_then_drop_keeps_the_message_and_answers_nothing() {
    let world = start_emulator().await;
    assert!(world.email("anna+drop@example.com").await.is_none());
    assert!(world.publish(&[("PhoneNumber", "+4915100999909"), ("Message", "x")]).await.is_none());
    assert_eq!(world.events(2).await.len(), 2);
    let kept = world.get("/_emulator/messages").await.json();
    assert_eq!(
        (&kept["count"], &kept["items"][0]["fault"]),
        (&json!(1), &json!("accept_then_drop"))
    );
    assert_eq!(
        world.get("/_emulator/messages?outcome=dropped").await.json()["items"][0]["channel"],
        "sms"
    );
}

#[tokio::test]
async fn a_rule_plays_as_often_as_it_says_and_doubles_are_counted() {
    let world = start_emulator().await;
    let rule = world
        .post(
            "/_emulator/faults",
            json!({"channel": "email", "match": "anna", "fault": "server_error", "times": 1}),
        )
        .await;
    assert_eq!((rule.status, &rule.json()["times"]), (201, &json!(1)));
    assert_eq!(world.email("anna@example.com").await.unwrap().status, 500);
    assert_eq!(world.email("anna@example.com").await.unwrap().status, 200);
    let stats = world.get("/_emulator/stats").await.json();
    assert_eq!((&stats["max_per_voucher"], &stats["doubles"]), (&json!(1), &json!(0)));
    assert_eq!(world.email("anna@example.com").await.unwrap().status, 200);
    let stats = world.get("/_emulator/stats").await.json();
    assert_eq!(
        (&stats["max_per_voucher"], &stats["doubles"], &stats["doubles_named"][0]["to"]),
        (&json!(2), &json!(1), &json!("anna@example.com"))
    );
    for text in ["once", "twice", "twice"] {
        world.publish(&[("PhoneNumber", "+4915112345678"), ("Message", text)]).await.unwrap();
    }
    assert_eq!(world.get("/_emulator/stats").await.json()["doubles"], 2);
    assert_eq!(
        world.send("DELETE", "/_emulator/faults", "", "").await.unwrap().json(),
        json!({"removed": 1})
    );
    world.post("/_emulator/reset", json!({})).await;
    assert_eq!(world.get("/_emulator/stats").await.json()["accepted"], 0);
}

#[tokio::test]
async fn what_is_not_played_reaches_the_upstream_as_it_came() {
    let world = start_emulator().await;
    let answer = world.publish(&[("TopicArn", TOPIC), ("Message", "hello")]).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (202, "<ok/>"));
    assert!(answer.head.contains("x-from: upstream"));
    world
        .send("PUT", "/v2/email/configuration-sets/a?b=%20c", "application/json", "{}")
        .await
        .unwrap();
    let passed = world.upstream_requests.lock().unwrap();
    assert!(
        passed[0].0.starts_with("POST / HTTP/1.1") && passed[0].0.contains("host: signed.host"),
        "{}",
        passed[0].0
    );
    assert!(passed[0].0.contains("authorization: AWS4-HMAC-SHA256 x"));
    assert!(
        passed[1].0.starts_with("PUT /v2/email/configuration-sets/a?b=%20c HTTP/1.1"),
        "{}",
        passed[1].0
    );
}

#[tokio::test]
async fn a_dead_endpoint_is_disabled_until_it_is_enabled_again() {
    let world = start_emulator().await;
    let endpoint = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/7";
    world
        .post(
            "/_emulator/faults",
            json!({"channel": "push", "match": endpoint, "fault": "hard_bounce", "times": 1}),
        )
        .await;
    let push = [("TargetArn", endpoint), ("Message", "x")];
    assert_eq!(world.publish(&push).await.unwrap().status, 200);
    world.events(1).await;
    assert!(world.publish(&push).await.unwrap().body.contains("EndpointDisabled"));
    let enable = "Action=SetEndpointAttributes&EndpointArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Aendpoint%2FGCM%2Fapp%2F7\
        &Attributes.entry.1.key=Enabled&Attributes.entry.1.value=true";
    world.send("POST", "/", "application/x-www-form-urlencoded", enable).await.unwrap();
    assert_eq!(world.publish(&push).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_inbox_escapes_what_it_shows_and_frames_the_email_without_scripts() {
    let world = start_emulator().await;
    assert!(world.get("/").await.body.contains("Nothing was sent yet"));
    world
        .publish(&[("PhoneNumber", "+4915112345678"), ("Message", "<img src=x onerror=alert(1)>")])
        .await
        .unwrap();
    let page = world.get("/").await;
    assert!(page.body.contains("&lt;img src=x") && !page.body.contains("<img"), "{}", page.body);
    world.email("anna@example.com").await.unwrap();
    let id = world.get("/_emulator/messages?channel=email").await.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let html = world.get(&format!("/_emulator/messages/{id}/html")).await;
    assert!(
        html.head.contains("content-security-policy: sandbox")
            && html.body == "<script>alert(1)</script>"
    );
}

#[tokio::test]
async fn a_reply_reaches_the_inbound_topic_and_mistakes_are_named() {
    let world = start_emulator().await;
    let reply =
        world.post("/_emulator/replies", json!({"from": "+4915112345678", "body": "STOP"})).await;
    assert_eq!((reply.status, &reply.json()["messageBody"]), (202, &json!("STOP")));
    assert_eq!(world.events(1).await[0]["originationNumber"], "+4915112345678");
    assert_eq!(
        world
            .post(
                "/_emulator/faults",
                json!({"channel": "sms", "match": "*", "fault": "complaint"})
            )
            .await
            .status,
        400
    );
    assert_eq!(world.get("/_emulator/messages?color=red").await.status, 400);
    assert_eq!(world.get("/_emulator/nothing").await.status, 404);
}
