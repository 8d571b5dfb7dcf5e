//! Tests of provider events on the in-memory AWS: which of them end a channel for a customer, and
//! which do not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use channels::feedback::{AddressFinding, encode_customer, parse_feedback};
use domain::{
    Timestamp,
    customer::{
        changes::CustomerReplacement,
        profile::{Consent, ConsentState, Customer, SuppressionReason},
    },
    kernel::{
        channel::Channel,
        id::{Occurrence, VoucherId},
        money::Currency,
    },
    voucher::record::Voucher,
};
use fake_aws::FakeAws;
use runtime::HandlerOutcome;
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    customer::profiles::CustomerLookup,
    voucher::{
        issue::IssueResult,
        records::{VoucherKey, VoucherMessage},
    },
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, customer_id, definition, noon, voucher},
};

const PHONE: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/phone";
const TABLET: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/tablet";

struct FeedbackFixture {
    store: Store,
}

impl FeedbackFixture {
    async fn new() -> Self {
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let granted =
            json!({"state": "granted", "source": "signup_form", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "contacts": {"email": "ana@example.com", "phone": "+34600000001"},
            "consents": {"email": granted, "sms": granted, "push": granted},
            "push_endpoints": [{"endpoint_id": "phone", "arn": PHONE}, {"endpoint_id": "tablet", "arn": TABLET}],
        }))
        .unwrap();
        store
            .put_customer(&customer_id("c-1"), &put, Currency::parse("EUR").unwrap())
            .await
            .unwrap();
        Self { store }
    }

    /// Issues the customer's `number`th voucher, sent on `channel` one hour after the one before,
    /// with the provider's message id `m-<number>`.
    async fn send_voucher(&self, number: i64, channel: Channel) -> Voucher {
        let made = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", channel);
        let occurrence = Occurrence::parse(&format!("event.{number}")).unwrap();
        let id = VoucherId::derive(&made.campaign, &made.customer, &occurrence);
        let at = add_milliseconds(noon(), number * 3_600_000);
        let mut made = Voucher { id, occurrence, issued_at: at, ..made };
        for attempt in made.attempts.values_mut() {
            attempt.at = at;
        }
        assert_eq!(self.store.issue_voucher(&made).await.unwrap(), IssueResult::First);
        self.store
            .record_message_id(
                &format!("m-{number}"),
                &VoucherKey::from(&made),
                VoucherMessage { channel, reminder: false },
                at,
            )
            .await
            .unwrap();
        made
    }

    async fn deliver_event(&self, news: &Value) -> HandlerOutcome {
        let news = parse_feedback(&news.to_string(), at()).unwrap();
        record_feedback::record_event(&self.store, &news, 1).await
    }

    async fn load_customer(&self) -> Customer {
        let CustomerLookup::Customer(customer) =
            self.store.customer(&customer_id("c-1")).await.unwrap()
        else {
            unreachable!()
        };
        *customer
    }

    async fn suppression_reason(&self, channel: Channel) -> Option<SuppressionReason> {
        self.load_customer().await.suppressions.get(&channel).map(|it| it.reason)
    }
}

fn at() -> Timestamp {
    add_milliseconds(noon(), 24 * 3_600_000)
}

fn ses_event(kind: &str, voucher: &Voucher) -> Value {
    let tags =
        json!({"voucher": [voucher.id.as_str()], "customer": [encode_customer(&voucher.customer)]});
    let mut event = json!({"eventType": kind, "mail": {"messageId": "m", "tags": tags}});
    if kind == "Bounce" {
        event["bounce"] = json!({"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "ana@example.com"}]});
    }
    event
}

fn sns_status(message: &str, said: &str) -> Value {
    json!({
        "notification": {"messageId": message}, "status": if said.is_empty() { "SUCCESS" } else { "FAILURE" },
        "delivery": {"destination": "+34600000001", "providerResponse": said},
    })
}

fn sms_reply(said: &str, to: &str) -> Value {
    json!({"originationNumber": "+34600000001", "messageBody": said, "previousPublishedMessageId": to})
}

#[tokio::test]
async fn five_soft_bounces_in_a_row_end_an_address_and_a_delivery_between_begins_anew() {
    let stage = FeedbackFixture::new().await;
    for number in 1..=9 {
        let voucher = stage.send_voucher(number, Channel::Email).await;
        let kind = if number == 4 { "Delivery" } else { "Bounce" };
        // repeated events count once
        for _ in 0..3 {
            assert_eq!(stage.deliver_event(&ses_event(kind, &voucher)).await, HandlerOutcome::Done);
        }
        let expected = (number == 9).then_some(SuppressionReason::Bounced);
        assert_eq!(stage.suppression_reason(Channel::Email).await, expected, "after {number}");
    }
    assert_eq!(stage.suppression_reason(Channel::Sms).await, None);
}

#[tokio::test]
async fn a_number_that_the_carrier_knows_as_opted_out_is_suppressed_and_one_that_failed_is_not() {
    let stage = FeedbackFixture::new().await;
    stage.send_voucher(1, Channel::Sms).await;
    stage.deliver_event(&sns_status("m-1", "Unknown error attempting to reach phone")).await;
    assert_eq!(stage.suppression_reason(Channel::Sms).await, None);
    stage.send_voucher(2, Channel::Sms).await;
    stage.deliver_event(&sns_status("m-2", "Phone number is opted out")).await;
    assert_eq!(stage.suppression_reason(Channel::Sms).await, Some(SuppressionReason::OptedOut));
}

#[tokio::test]
async fn a_customer_who_answers_stop_gets_no_further_sms() {
    let stage = FeedbackFixture::new().await;
    stage.send_voucher(1, Channel::Sms).await;
    let sms = async || stage.load_customer().await.consents[&Channel::Sms].clone();
    assert_eq!(stage.deliver_event(&sms_reply("thanks!", "m-1")).await, HandlerOutcome::Done);
    assert_eq!(sms().await.state, ConsentState::Granted);
    for _ in 0..2 {
        assert_eq!(stage.deliver_event(&sms_reply("Stop.", "m-1")).await, HandlerOutcome::Done);
    }
    let Consent { state, source, .. } = sms().await;
    assert_eq!((state, source.as_str()), (ConsentState::Denied, "sms_reply"));
    assert_eq!(stage.load_customer().await.consents[&Channel::Email].state, ConsentState::Granted);
    // the reply cannot be assigned to a message: retried a few times, then dropped
    assert!(matches!(
        stage.deliver_event(&sms_reply("stop", "m-99")).await,
        HandlerOutcome::Retry { .. }
    ));
    let unknown = parse_feedback(&sms_reply("stop", "m-99").to_string(), at()).unwrap();
    assert_eq!(
        record_feedback::record_event(&stage.store, &unknown, 9).await,
        HandlerOutcome::Done
    );
}

#[tokio::test]
async fn an_address_finding_ends_one_device_or_the_number() {
    let stage = FeedbackFixture::new().await;
    let customer = customer_id("c-1");
    let arn = stage.load_customer().await.push_endpoints[0].arn.clone();
    let dead = AddressFinding::DeadEndpoint { customer: customer.clone(), arn };
    for _ in 0..2 {
        assert_eq!(
            stage.deliver_event(&serde_json::to_value(&dead).unwrap()).await,
            HandlerOutcome::Done
        );
    }
    let left = stage.load_customer().await.push_endpoints;
    assert_eq!(left.iter().map(|it| it.arn.expose()).collect::<Vec<_>>(), [TABLET]);
    let opted_out = AddressFinding::OptedOut { customer, at: at() };
    assert_eq!(
        stage.deliver_event(&serde_json::to_value(&opted_out).unwrap()).await,
        HandlerOutcome::Done
    );
    assert_eq!(stage.suppression_reason(Channel::Sms).await, Some(SuppressionReason::OptedOut));
}
