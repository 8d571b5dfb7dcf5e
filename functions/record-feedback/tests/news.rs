//! What is said after a send, on the AWS in memory: which of it ends a channel for a customer, and which does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use channels::feedback::{Learnt, encode_customer, parse};
use domain::{
    Timestamp,
    channel::Channel,
    customer::{Consent, ConsentState, Customer, SuppressionReason},
    customer_change::Replacement,
    id::{Occurrence, VoucherId},
    money::Currency,
    voucher::Voucher,
};
use memory_aws::Memory;
use runtime::Handled;
use serde_json::{Value, json};
use store::{
    Store, Tables,
    customers::Found,
    issue::Issued,
    vouchers::{Message, VoucherKey},
};
use testkit::{
    TestTables,
    builders::{campaign_id, customer_id, definition, later, noon, voucher},
};

const PHONE: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/phone";
const TABLET: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/tablet";

struct Stage {
    store: Store,
}

impl Stage {
    async fn new() -> Self {
        let memory = Memory::new(testkit::schemas());
        let tables = TestTables::of(&memory);
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let granted = json!({"state": "granted", "source": "signup_form", "at": noon().to_string()});
        let put: Replacement = serde_json::from_value(json!({
            "contacts": {"email": "ana@example.com", "phone": "+34600000001"},
            "consents": {"email": granted, "sms": granted, "push": granted},
            "push_endpoints": [{"endpoint_id": "phone", "arn": PHONE}, {"endpoint_id": "tablet", "arn": TABLET}],
        }))
        .unwrap();
        store.put_customer(&customer_id("c-1"), &put, Currency::parse("EUR").unwrap()).await.unwrap();
        Self { store }
    }

    /// The `number`th voucher of the customer, sent on `channel` an hour after the one before, with the provider's id `m-<number>`.
    async fn sent(&self, number: i64, channel: Channel) -> Voucher {
        let made = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", channel);
        let occurrence = Occurrence::parse(&format!("event.{number}")).unwrap();
        let id = VoucherId::derive(&made.campaign, &made.customer, &occurrence);
        let at = later(noon(), number * 3_600_000);
        let mut made = Voucher { id, occurrence, issued_at: at, ..made };
        for attempt in made.attempts.values_mut() {
            attempt.at = at;
        }
        assert_eq!(self.store.issue(&made).await.unwrap(), Issued::First);
        self.store
            .note_message(&format!("m-{number}"), &VoucherKey::from(&made), Message { channel, reminder: false }, at)
            .await
            .unwrap();
        made
    }

    async fn told(&self, news: &Value) -> Handled {
        let news = parse(&news.to_string(), at()).unwrap();
        record_feedback::record(&self.store, &news, 1).await
    }

    async fn customer(&self) -> Customer {
        let Found::Customer(customer) = self.store.customer(&customer_id("c-1")).await.unwrap() else { unreachable!() };
        *customer
    }

    async fn suppressed(&self, channel: Channel) -> Option<SuppressionReason> {
        self.customer().await.suppressions.get(&channel).map(|it| it.reason)
    }
}

fn at() -> Timestamp {
    later(noon(), 24 * 3_600_000)
}

fn ses(kind: &str, voucher: &Voucher) -> Value {
    let tags = json!({"voucher": [voucher.id.as_str()], "customer": [encode_customer(&voucher.customer)]});
    let mut event = json!({"eventType": kind, "mail": {"messageId": "m", "tags": tags}});
    if kind == "Bounce" {
        event["bounce"] =
            json!({"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "ana@example.com"}]});
    }
    event
}

fn status(message: &str, said: &str) -> Value {
    json!({
        "notification": {"messageId": message}, "status": if said.is_empty() { "SUCCESS" } else { "FAILURE" },
        "delivery": {"destination": "+34600000001", "providerResponse": said},
    })
}

fn reply(said: &str, to: &str) -> Value {
    json!({"originationNumber": "+34600000001", "messageBody": said, "previousPublishedMessageId": to})
}

#[tokio::test]
async fn five_soft_bounces_in_a_row_end_an_address_and_a_delivery_between_begins_anew() {
    let stage = Stage::new().await;
    for number in 1..=9 {
        let voucher = stage.sent(number, Channel::Email).await;
        let kind = if number == 4 { "Delivery" } else { "Bounce" };
        // repeats count once
        for _ in 0..3 {
            assert_eq!(stage.told(&ses(kind, &voucher)).await, Handled::Done);
        }
        let expected = (number == 9).then_some(SuppressionReason::Bounced);
        assert_eq!(stage.suppressed(Channel::Email).await, expected, "after {number}");
    }
    assert_eq!(stage.suppressed(Channel::Sms).await, None);
}

#[tokio::test]
async fn a_number_that_the_carrier_knows_as_opted_out_is_suppressed_and_one_that_failed_is_not() {
    let stage = Stage::new().await;
    stage.sent(1, Channel::Sms).await;
    stage.told(&status("m-1", "Unknown error attempting to reach phone")).await;
    assert_eq!(stage.suppressed(Channel::Sms).await, None);
    stage.sent(2, Channel::Sms).await;
    stage.told(&status("m-2", "Phone number is opted out")).await;
    assert_eq!(stage.suppressed(Channel::Sms).await, Some(SuppressionReason::OptedOut));
}

#[tokio::test]
async fn whoever_answers_stop_is_asked_no_further_by_sms() {
    let stage = Stage::new().await;
    stage.sent(1, Channel::Sms).await;
    let sms = async || stage.customer().await.consents[&Channel::Sms].clone();
    assert_eq!(stage.told(&reply("thanks!", "m-1")).await, Handled::Done);
    assert_eq!(sms().await.state, ConsentState::Granted);
    for _ in 0..2 {
        assert_eq!(stage.told(&reply("Stop.", "m-1")).await, Handled::Done);
    }
    let Consent { state, source, .. } = sms().await;
    assert_eq!((state, source.as_str()), (ConsentState::Denied, "sms_reply"));
    assert_eq!(stage.customer().await.consents[&Channel::Email].state, ConsentState::Granted);
    // to whom, nobody can say: asked again a few times, then let go
    assert!(matches!(stage.told(&reply("stop", "m-99")).await, Handled::Retry { .. }));
    let unknown = parse(&reply("stop", "m-99").to_string(), at()).unwrap();
    assert_eq!(record_feedback::record(&stage.store, &unknown, 9).await, Handled::Done);
}

#[tokio::test]
async fn what_a_worker_learnt_ends_one_device_or_the_number() {
    let stage = Stage::new().await;
    let customer = customer_id("c-1");
    let arn = stage.customer().await.push_endpoints[0].arn.clone();
    let dead = Learnt::DeadEndpoint { customer: customer.clone(), arn };
    for _ in 0..2 {
        assert_eq!(stage.told(&serde_json::to_value(&dead).unwrap()).await, Handled::Done);
    }
    let left = stage.customer().await.push_endpoints;
    assert_eq!(left.iter().map(|it| it.arn.expose()).collect::<Vec<_>>(), [TABLET]);
    let opted_out = Learnt::OptedOut { customer, at: at() };
    assert_eq!(stage.told(&serde_json::to_value(&opted_out).unwrap()).await, Handled::Done);
    assert_eq!(stage.suppressed(Channel::Sms).await, Some(SuppressionReason::OptedOut));
}
