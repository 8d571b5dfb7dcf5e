//! Tests of the events that are queued for the stream's records, on in-memory AWS: real voucher
//! writes, in the form in which the stream delivers them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    kernel::{channel::Channel, id::WebhookEndpointId},
    voucher::{
        record::{Voucher, VoucherStatus},
        webhook_event::{EndpointState, EventDelivery, EventType, WebhookEndpoint},
    },
};
use fake_aws::{CallGate, CallVerdict, FakeAws};
use queue::Queue;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use store::{Store, TableNames, voucher::stream::StreamBatch};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, definition, noon, voucher},
};
use webhooks::publish::{PublisherContext, publish_events};

struct PublisherFixture {
    memory: FakeAws,
    store: Store,
    context: PublisherContext,
    queue_fails: Arc<Mutex<bool>>,
}

impl PublisherFixture {
    fn new() -> Self {
        let queue_fails = Arc::new(Mutex::new(false));
        let fails = queue_fails.clone();
        let gate: CallGate = Arc::new(move |call| {
            let fail = call.service == "sqs" && *fails.lock().unwrap();
            Box::pin(async move { if fail { CallVerdict::Throttle } else { CallVerdict::Proceed } })
        });
        let memory = FakeAws::with_gate(testkit::table_schemas(), gate);
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
        let context = PublisherContext {
            store: store.clone(),
            webhooks: queue("webhooks"),
            parked: queue("parked"),
        };
        Self { memory, store, context, queue_fails }
    }

    async fn endpoint(&self, name: &str, events: &[EventType], summary: EndpointState) {
        let hook = WebhookEndpoint {
            id: WebhookEndpointId::parse(name).unwrap(),
            url: "https://app.example.com/".into(),
            events: events.iter().copied().collect(),
            state: summary,
            key_id: name.into(),
            rotation: 0,
            rotated_at: None,
            created_at: noon(),
            updated_at: noon(),
            version: 1,
        };
        self.store.save_webhook_endpoint(&hook, None).await.unwrap();
    }

    async fn write(&self, voucher: &Voucher) {
        self.store.restore_voucher(voucher).await.unwrap();
    }

    /// Returns the records of the Vouchers stream, from record number `from` on.
    fn records(&self, from: usize) -> Vec<Value> {
        let table = testkit::table_schemas()
            .into_iter()
            .find(|schema| schema.name.contains("Vouchers"))
            .unwrap()
            .name;
        let changes = self.memory.changes(&table, from);
        let record = |(index, change): (usize, &fake_aws::ItemChange)| {
            json!({
                "eventName": if change.old.is_some() { "MODIFY" } else { "INSERT" },
                "dynamodb": {
                    "SequenceNumber": format!("{:021}", from + index + 1), "ApproximateCreationDateTime": 1_793_534_400,
                    "OldImage": change.old, "NewImage": change.new,
                },
            })
        };
        changes.iter().enumerate().map(record).collect()
    }

    async fn publish_records(
        &self,
        records: Vec<Value>,
    ) -> Result<(), webhooks::publish::PublishError> {
        publish_events(
            &self.context,
            &StreamBatch::parse_event(json!({"Records": records})).unwrap(),
        )
        .await
    }

    /// Returns the deliveries queued since the last call.
    fn queued_deliveries(&self) -> Vec<EventDelivery> {
        let sent = self
            .memory
            .take_queued_messages()
            .into_iter()
            .filter(|sent| sent.queue.ends_with("/webhooks"));
        sent.map(|sent| serde_json::from_str(&sent.body).unwrap()).collect()
    }
}

fn delivery_lines(event_deliveries: &[EventDelivery]) -> Vec<String> {
    let mut words: Vec<String> =
        event_deliveries.iter().map(|it| format!("{} {}", it.hook, it.what.name())).collect();
    words.sort();
    words
}

fn issued(customer: &str) -> Voucher {
    voucher(&campaign_id("cmp_1"), &definition(json!({})), customer, Channel::Push)
}

#[tokio::test]
async fn each_endpoint_is_told_what_it_asked_for() {
    let stage = PublisherFixture::new();
    stage.endpoint("all", &[], EndpointState::Enabled).await;
    stage
        .endpoint("money", &[EventType::Redeemed, EventType::Reversed], EndpointState::Enabled)
        .await;
    stage.endpoint("off", &[], EndpointState::Disabled).await;
    let first = issued("c-1");
    stage.write(&first).await;
    let mut accepted = Voucher { status: VoucherStatus::Accepted, ..first.clone() };
    accepted.stages.accepted_at = Some(add_milliseconds(noon(), 60_000));
    stage.write(&accepted).await;
    stage
        .write(&Voucher { redemptions: 1, status: VoucherStatus::Redeemed, ..accepted.clone() })
        .await;
    stage.publish_records(stage.records(0)).await.unwrap();
    let told = stage.queued_deliveries();
    let expected = [
        "all voucher.accepted",
        "all voucher.issued",
        "all voucher.redeemed",
        "money voucher.redeemed",
    ];
    assert_eq!(delivery_lines(&told), expected);
    for event_delivery in &told {
        let about = event_delivery.about.as_ref().unwrap();
        assert_eq!(
            (about.customer.as_str(), &about.voucher, event_delivery.attempt),
            ("c-1", &first.id, 1)
        );
    }
    let accepted =
        told.iter().find(|event_delivery| event_delivery.what == EventType::Accepted).unwrap();
    assert_eq!(accepted.at, add_milliseconds(noon(), 60_000), "its own time");
}

#[tokio::test]
async fn a_replay_of_any_suffix_puts_the_same_events_on_the_queue_again() {
    let stage = PublisherFixture::new();
    stage.endpoint("all", &[], EndpointState::Enabled).await;
    let mut it = issued("c-1");
    for count in 0..6_u32 {
        stage.write(&it).await;
        it.stages.delivered_at = Some(noon());
        (it.redemptions, it.reversals) = (count / 2 + 1, count.div_ceil(2));
    }
    stage.publish_records(stage.records(0)).await.unwrap();
    let all = stage.queued_deliveries();
    let ids: BTreeMap<_, _> = all
        .iter()
        .map(|event_delivery| (event_delivery.event.clone(), event_delivery.clone()))
        .collect();
    assert_eq!((ids.len(), all.len() >= 7), (all.len(), true), "{all:?}");
    for from in 0..6 {
        stage.publish_records(stage.records(from)).await.unwrap();
        let again = stage.queued_deliveries();
        assert!(
            again
                .iter()
                .all(|event_delivery| ids.get(&event_delivery.event) == Some(event_delivery)),
            "{again:?}"
        );
        let expected: BTreeSet<_> =
            all[all.len() - again.len()..].iter().map(|it| &it.event).collect();
        assert_eq!(again.iter().map(|it| &it.event).collect::<BTreeSet<_>>(), expected);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_parked_and_the_others_are_told() {
    let stage = PublisherFixture::new();
    stage.endpoint("all", &[], EndpointState::Enabled).await;
    stage.write(&issued("c-1")).await;
    stage.write(&issued("c-2")).await;
    let mut records = stage.records(0);
    let broken = json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": "7", "NewImage": {"customer_id": {"S": "c-9"}}}});
    let removed = json!({"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "8", "OldImage": records[0]["dynamodb"]["NewImage"]}});
    records.splice(1..1, [broken, json!({"no": "record"}), removed]);
    stage.publish_records(records).await.unwrap();
    let sent = stage.memory.take_queued_messages();
    let to = |end: &str| {
        sent.iter()
            .filter(|it| it.queue.ends_with(end))
            .map(|it| it.body.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!((to("/webhooks").len(), to("/parked").len()), (2, 2));
    assert!(to("/parked")[0].contains("c-9"));
}

#[tokio::test]
async fn a_queue_that_does_not_answer_brings_the_batch_back() {
    let stage = PublisherFixture::new();
    stage.endpoint("all", &[], EndpointState::Enabled).await;
    stage.write(&issued("c-1")).await;
    *stage.queue_fails.lock().unwrap() = true;
    assert!(stage.publish_records(stage.records(0)).await.is_err());
    *stage.queue_fails.lock().unwrap() = false;
    stage.publish_records(stage.records(0)).await.unwrap();
    assert_eq!(delivery_lines(&stage.queued_deliveries()), ["all voucher.issued"]);
}

#[tokio::test]
async fn no_message_holds_more_than_ids_a_time_and_a_kind() {
    let stage = PublisherFixture::new();
    stage.endpoint("all", &[], EndpointState::Enabled).await;
    stage.write(&issued("c-1")).await;
    stage.publish_records(stage.records(0)).await.unwrap();
    let [sent] = stage.memory.take_queued_messages().try_into().unwrap();
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["about", "at", "attempt", "event", "hook", "what"]);
}

#[tokio::test]
async fn without_endpoints_nobody_is_told() {
    let stage = PublisherFixture::new();
    stage.write(&issued("c-1")).await;
    stage.publish_records(stage.records(0)).await.unwrap();
    assert_eq!(stage.memory.take_queued_messages(), []);
}
