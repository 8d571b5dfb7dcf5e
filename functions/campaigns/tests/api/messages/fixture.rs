//! The campaigns and operations APIs together with the three delivery workers and record-feedback,
//! all on one in-memory AWS at noon. The test sets the providers' answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lambda_events::sqs::SqsEvent;
use axum::Router;
use channels::ChannelSender;
use domain::{
    customer::changes::CustomerReplacement,
    delivery::dispatch::{Dispatch, DispatchKey, DispatchPurpose, Segment},
    kernel::{
        channel::Channel,
        id::{CampaignId, RunId},
        money::Currency,
        validation::parse_value,
    },
};
use fake_aws::{CallGate, CallVerdict, FakeAws, FakeItem, ProviderMessage, QueuedMessage};
use lambda_http::request::RequestContext;
use queue::Queue;
use runtime::clock::{Deadline, simulated};
use secrets::Secrets;
use serde_json::{Value, json};
use store::Store;
use testkit::{
    TestTables,
    builders::{add_milliseconds, customer_id, noon},
};

use crate::client::{ApiResponse, brand, campaigns_context, send_request, store_on};

pub const PREVIEWS: &str = "/v1/message-previews";
pub const BRAND: &str = "/v1/configuration/voucher-campaign/brand";
pub const ADDRESSES: &str = "/v1/configuration/voucher-campaign/test-addresses";
pub const DEVICE: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1";
pub const SAMPLE_VOUCHER: &str = "vch_SAMPLESAMPLESAMPLESA";
const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;
const LEASE_SECONDS: i64 = 30;
/// The links of previews and test sends: to the voucher, and out of an SMS.
pub const SAMPLE_LINK: &str = "https://app.example.com/v/EXAMPLE0000000000000";
pub const SAMPLE_WAY_OUT: &str = "https://api.example.com/u/EXAMPLE0000000000000000000000";

/// Returns an address as a variable writes it into HTML by hand.
pub fn in_html(address: &str) -> String {
    address.replace('/', "&#x2f;")
}

/// Returns a text that was sent with the example's codes in place of the signed ones.
pub fn with_sample_links(text: &str) -> String {
    let replace = |text: &str, sample: &str| {
        // the code follows the last slash, which HTML by hand writes as a reference
        let (base, code) = sample.split_at(sample.rfind(['/', ';']).unwrap() + 1);
        let mut parts = text.split(base);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |done, part| {
            // the token of an e-mail is longer
            let is_code = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            let length = part.bytes().take_while(|byte| is_code(byte)).count();
            let signed = length == code.len();
            assert!(!signed || !part.starts_with(code), "it is signed: {part}");
            let rest =
                if signed { format!("{code}{}", &part[code.len()..]) } else { part.to_owned() };
            format!("{done}{base}{rest}")
        })
    };
    let text = replace(text, SAMPLE_LINK);
    replace(&replace(&text, &in_html(SAMPLE_LINK)), SAMPLE_WAY_OUT)
}

pub struct MessagesFixture {
    pub memory: FakeAws,
    pub store: Store,
    app: Router,
    providers: Arc<Mutex<CallVerdict>>,
    workers: [delivery::DeliveryContext; 3],
    dead: Queue,
}

impl MessagesFixture {
    pub fn new() -> Self {
        simulated::set_now(Some(noon()));
        let providers = Arc::new(Mutex::new(CallVerdict::Proceed));
        let said = providers.clone();
        let gate: CallGate = Arc::new(move |call| {
            let provider = call.sends_message();
            let verdict = if provider { *said.lock().unwrap() } else { CallVerdict::Proceed };
            Box::pin(async move { verdict })
        });
        let memory = FakeAws::with_gate(testkit::table_schemas(), gate);
        memory.set_secret("cursor", SECRET);
        memory.set_secret("links", SECRET);
        let tables = TestTables::on_fake_aws(&memory);
        let config = tables.config.clone();
        let store = store_on(&tables);
        let queue = |name: &str| Queue::new(&config, format!("http://memory/{name}"));
        let worker = |channel, sender| {
            let settings = delivery::DeliverySettings {
                channel,
                brand: brand(),
                currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
                lease_seconds: LEASE_SECONDS,
                time_margin: Duration::from_secs(6),
                unknown_after_seconds: 900,
            };
            delivery::DeliveryContext::new(
                store.clone(),
                sender,
                [queue("release"), queue("watchdog"), queue("dead")],
                settings,
            )
        };
        let sends = memory.config_without_retries();
        let email =
            worker(Channel::Email, ChannelSender::email(&sends, "offers@example.com".into(), None));
        let campaigns = campaigns_context(&tables, queue);
        let operations = operations::OperationsContext {
            store: store.clone(),
            release: queue("release"),
            watchdog: queue("watchdog"),
            secrets: std::sync::Arc::new(Secrets::new(&config)),
            cursor_secret: "cursor".into(),
            api_key_secret: String::new(),
            zone: domain::TimeZone::UTC,
            currency: euro(),
            costs: domain::reporting::costs::CostRates::default(),
            monitored_queues: Vec::new(),
        };
        let routes = campaigns::routes().with_state(Arc::new(campaigns));
        Self {
            app: http_edge::build_app(
                routes.merge(operations::routes().with_state(Arc::new(operations))),
            ),
            providers,
            workers: [
                worker(
                    Channel::Sms,
                    ChannelSender::sms(&sends, channels::TextMessageSettings::default()),
                ),
                email,
                worker(Channel::Push, ChannelSender::push(&sends)),
            ]
            .map(|worker| {
                worker.with_links(delivery::LinkConfig {
                    secrets: Secrets::new(&config),
                    link_secret: "links".into(),
                    address_secret: Some("links".into()),
                    unsubscribe_base: "https://api.example.com/u".into(),
                })
            }),
            dead: queue("dead"),
            memory,
            store,
        }
    }

    pub async fn send(
        &self,
        group: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> ApiResponse {
        send_request(&self.app, signed_in(group), method, path, headers, body).await
    }
    pub async fn get(&self, path: &str) -> ApiResponse {
        self.send("viewer", "GET", path, &[], &Value::Null).await
    }
    pub async fn preview(&self, request: Value) -> ApiResponse {
        self.send("marketer", "POST", PREVIEWS, &[], &request).await
    }
    /// Replaces a setting, whatever its version.
    pub async fn replace_setting(&self, path: &str, value: Value) {
        let before = self.send("admin", "GET", path, &[], &Value::Null).await;
        self.send("admin", "PUT", path, &[("if-match", &before.etag)], &value)
            .await
            .expect_status(200);
    }

    /// Launches a campaign with the channels of `ladder` and returns its id.
    pub async fn launch_campaign(&self, ladder: &[&str], messages: &Value) -> CampaignId {
        let definition = json!({
            "name": "Try the pharmacy", "kind": "promotion", "holdout_percent": 0,
            "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}},
                      "minimum_basket": {"amount": 1500, "currency": "EUR"}},
            "validity": {"from_issue": {"hours": 168}}, "audience": {"everyone": {}},
            "channels": {"mode": "first_available", "ladder": ladder}, "messages": messages, "caps": {"vouchers": 10},
        });
        let made = self
            .send("marketer", "POST", "/v1/campaigns", &[], &definition)
            .await
            .expect_status(201);
        let id = made["id"].as_str().unwrap();
        self.send("marketer", "POST", &format!("/v1/campaigns/{id}/launch"), &[], &Value::Null)
            .await
            .expect_status(200);
        CampaignId::parse(id).unwrap()
    }

    pub async fn create_customer(&self, id: &str, profile: Value) {
        let granted = json!({"state": "granted", "source": "test", "at": noon().to_string()});
        let put: CustomerReplacement = parse_value(json!({
            "profile": profile,
            "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
            "consents": {"sms": granted, "email": granted, "push": granted},
            "push_endpoints": [{"endpoint_id": "phone", "arn": DEVICE}],
        }))
        .unwrap();
        self.store.put_customer(&customer_id(id), &put, euro()).await.unwrap();
    }

    /// Sends the campaign to one customer, as a run does. Returns what the provider accepted, and
    /// the voucher's id.
    pub async fn send_to_customer(
        &self,
        campaign: &CampaignId,
        customer: &str,
        channel: Channel,
    ) -> (ProviderMessage, String) {
        let run = RunId::of_promotion(campaign);
        let before = self.store.segment(&run, 0).await.unwrap().unwrap();
        let key = DispatchKey::planned(&run, 0, before.page, 0);
        let customers = vec![customer_id(customer)];
        let dispatch = Dispatch::new_ready(
            key.clone(),
            campaign.clone(),
            channel,
            DispatchPurpose::Planned,
            customers,
            noon(),
        );
        let after = Segment { page: before.page + 1, scanned_all: true, ..before.clone() };
        self.store.write_page(&before, &after, std::slice::from_ref(&dispatch)).await.unwrap();
        assert!(
            self.store.release_dispatch(&key, add_milliseconds(noon(), 300_000)).await.unwrap()
        );
        self.run_worker(channel, &json!({"dispatch": key}).to_string()).await;
        let mut mail = self.memory.take_provider_messages();
        assert_eq!(mail.len(), 1, "{mail:?}");
        let vouchers = self.store.customer_vouchers(&customer_id(customer)).await.unwrap();
        let voucher = vouchers.iter().find(|voucher| voucher.campaign == *campaign).unwrap();
        (mail.remove(0), voucher.id.to_string())
    }

    /// Hands the pointers on the channels' queues to their workers, each twice. Returns everything
    /// that was on queues.
    pub async fn deliver_pointers(&self) -> Vec<QueuedMessage> {
        let all = self.memory.take_queued_messages();
        for sent in &all {
            if let Some(channel) = sent.queue.rsplit('/').next().and_then(Channel::parse) {
                self.run_worker(channel, &sent.body).await;
                self.run_worker(channel, &sent.body).await;
            }
        }
        all
    }

    pub async fn run_worker(&self, channel: Channel, body: &str) {
        let worker = self.workers.iter().find(|worker| worker.settings.channel == channel).unwrap();
        let end = add_milliseconds(runtime::clock::now(), 30_000);
        let deadline = Deadline::from_millisecond(u64::try_from(end.as_millisecond()).unwrap());
        let handled = delivery::handle_batch(worker, record(body, 1), deadline).await;
        assert_eq!(handled.batch_item_failures.len(), 0, "{body}");
    }

    /// Handles a provider event. Returns true if it should be delivered again.
    pub async fn handle_provider_event(&self, event: &Value, receives: u32) -> bool {
        let event = record(&event.to_string(), receives);
        let handled = record_feedback::handle(&self.store, &self.dead, event).await;
        !handled.batch_item_failures.is_empty()
    }

    pub fn set_provider_verdict(&self, verdict: CallVerdict) {
        *self.providers.lock().unwrap() = verdict;
    }

    /// Returns everything that a test send must not change: vouchers, customers, reports, the
    /// quota, runs and their work.
    pub fn untouched_state(&self) -> (Vec<Vec<FakeItem>>, [usize; 3]) {
        let of = |table: &str| self.memory.items(table);
        let text = |item: &FakeItem, name: &str| item[name]["S"].as_str().unwrap().to_owned();
        let quota =
            of("ControlTable").into_iter().filter(|item| text(item, "sk") == "QUOTA").collect();
        let runs = of("WorkTable")
            .into_iter()
            .filter(|item| !text(item, "pk").starts_with("sample#"))
            .collect();
        let tables = ["VouchersTable", "CustomersTable", "ReportsTable"];
        let changes = tables.map(|table| self.memory.change_count(table));
        (vec![of(tables[0]), of(tables[1]), of(tables[2]), quota, runs], changes)
    }
}

fn record(body: &str, receives: u32) -> SqsEvent {
    let attributes = json!({"ApproximateReceiveCount": receives.to_string()});
    serde_json::from_value(
        json!({"Records": [{"messageId": "m-1", "body": body, "attributes": attributes}]}),
    )
    .unwrap()
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

/// Returns messages in English on every channel, an SMS in Spanish, and a push in Mexican Spanish.
pub fn messages() -> Value {
    json!({"default_locale": "en", "locales": {
        "en": {
            "sms": {"text": "Hi {{ first_name | default('there') }}, {{ offer }}: {{ voucher_link }}"},
            "email": {
                "subject": "{{ offer }} for {{ first_name | default('you') }}", "preheader": "Until {{ redeem_by }}",
                "html": "<p>Hi {{ first_name | default('there') }}, <a href=\"{{ voucher_link }}\">{{ offer }}</a></p>",
                "text": "Hi {{ first_name | default('there') }}, {{ offer }}: {{ voucher_link }}",
            },
            "push": {"title": "{{ brand }}", "body": "{{ offer }}{% if minimum_basket %} from {{ minimum_basket }}{% endif %}"},
        },
        "es": {"sms": {"text": "Hola {{ first_name | default('cliente') }}: {{ offer }} {{ voucher_link }}"}},
        "es-MX": {"push": {"title": "{{ brand }}", "body": "¡Ándale! {{ offer }}"}},
    }})
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", Some("ada"), &format!("[{group}]"))
}
