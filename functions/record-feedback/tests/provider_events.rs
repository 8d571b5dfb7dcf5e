//! Tests of provider events on the in-memory AWS: which of them end a channel for a customer, and
//! which do not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use channels::feedback::{AddressFinding, encode_customer, parse_feedback};
use domain::{
    Timestamp,
    customer::{
        address::Address,
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
        )
        .with_address_keys(testkit::address_hasher().into());
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

    /// Delivers an event that was sent some hours after the others.
    async fn deliver_event_at(&self, news: &Value, hours: i64) -> HandlerOutcome {
        let sent_at = add_milliseconds(at(), hours * 3_600_000);
        let news = parse_feedback(&news.to_string(), sent_at).unwrap();
        record_feedback::record_event(&self.store, &news, 1).await
    }

    async fn load_customer(&self) -> Customer {
        self.customer("c-1").await
    }

    async fn customer(&self, id: &str) -> Customer {
        let found = self.store.customer(&customer_id(id)).await.unwrap();
        let CustomerLookup::Customer(customer) = found else { unreachable!("{id}") };
        *customer
    }

    /// Creates a customer with the same mailbox and number, and with other devices.
    async fn add_customer(&self, id: &str) {
        let granted =
            json!({"state": "granted", "source": "signup_form", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "contacts": {"email": "Ana@Example.com", "phone": "+34600000001"},
            "consents": {"email": granted, "sms": granted},
        }))
        .unwrap();
        self.store
            .put_customer(&customer_id(id), &put, Currency::parse("EUR").unwrap())
            .await
            .unwrap();
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
        let expected = (number == 9).then_some(SuppressionReason::Failing);
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
    assert_eq!(stage.suppression_reason(Channel::Sms).await, Some(SuppressionReason::OptedOut));
}

#[tokio::test]
async fn a_stop_counts_for_the_number_whatever_it_answers_and_start_takes_it_back() {
    let stage = FeedbackFixture::new().await;
    stage.add_customer("c-2").await;
    let reason = async |customer: &str| {
        let customer = stage.customer(customer).await;
        customer.suppressions.get(&Channel::Sms).map(|it| it.reason)
    };
    // An unknown message, none at all, and a number that is written in another way.
    for (from, answers) in [("+34600000001", "m-99"), ("34600000001", ""), ("+34600000001", "")] {
        let mut stop = sms_reply("stop", answers);
        stop["originationNumber"] = json!(from);
        assert_eq!(stage.deliver_event_at(&stop, 1).await, HandlerOutcome::Done);
        for customer in ["c-1", "c-2"] {
            assert_eq!(reason(customer).await, Some(SuppressionReason::OptedOut), "{customer}");
        }
        stage.add_customer("c-3").await;
        assert_eq!(reason("c-3").await, Some(SuppressionReason::OptedOut), "also later");
    }
    stage.deliver_event_at(&sms_reply("START", ""), 2).await;
    for customer in ["c-1", "c-2", "c-3"] {
        assert_eq!(reason(customer).await, None, "{customer}");
    }
    // the STOP from before comes once more
    stage.deliver_event_at(&sms_reply("stop", ""), 1).await;
    assert_eq!(reason("c-1").await, None);
    stage.deliver_event_at(&sms_reply("arrêt", ""), 3).await;
    assert_eq!(reason("c-1").await, Some(SuppressionReason::OptedOut));
}

#[tokio::test]
async fn start_gives_back_the_consent_that_a_stop_withdrew_and_no_other() {
    let stage = FeedbackFixture::new().await;
    stage.add_customer("c-2").await;
    stage.send_voucher(1, Channel::Sms).await;
    let denied = Consent { state: ConsentState::Denied, source: "app".into(), at: at() };
    stage.store.set_consent(&customer_id("c-2"), Channel::Sms, &denied, at()).await.unwrap();
    stage.deliver_event_at(&sms_reply("stop", "m-1"), 1).await;
    let state = async |customer: &str| stage.customer(customer).await.consents[&Channel::Sms].state;
    assert_eq!(state("c-1").await, ConsentState::Denied);
    for _ in 0..2 {
        stage.deliver_event_at(&sms_reply("UNSTOP", ""), 2).await;
        assert_eq!(state("c-1").await, ConsentState::Granted);
        assert_eq!(state("c-2").await, ConsentState::Denied, "withdrawn in the app");
    }
}

#[tokio::test]
async fn what_is_near_a_stop_waits_for_a_person_and_changes_nothing() {
    let stage = FeedbackFixture::new().await;
    for _ in 0..2 {
        stage.deliver_event_at(&sms_reply("please do not stop", ""), 1).await;
    }
    stage.deliver_event_at(&sms_reply("thanks!", ""), 1).await;
    let (waiting, _) = stage.store.waiting_replies(10, None).await.unwrap();
    assert_eq!(
        waiting.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(),
        ["please do not stop"]
    );
    assert_eq!(stage.suppression_reason(Channel::Sms).await, None);
}

#[tokio::test]
async fn a_complaint_or_a_bounce_belongs_to_the_mailbox_it_names() {
    let stage = FeedbackFixture::new().await;
    stage.add_customer("c-2").await;
    let email = async |customer: &str| {
        let customer = stage.customer(customer).await;
        customer.suppressions.get(&Channel::Email).map(|it| it.reason)
    };
    let voucher = stage.send_voucher(1, Channel::Email).await;
    let mut elsewhere = ses_event("Bounce", &voucher);
    elsewhere["bounce"] = json!({"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "old@example.com"}]});
    stage.deliver_event(&elsewhere).await;
    assert_eq!(email("c-1").await, None, "the customer has another mailbox by now");
    let mut complaint = ses_event("Complaint", &voucher);
    complaint["complaint"] = json!({"complainedRecipients": [{"emailAddress": "ANA@example.com"}]});
    stage.deliver_event(&complaint).await;
    for customer in ["c-1", "c-2"] {
        assert_eq!(email(customer).await, Some(SuppressionReason::Complained), "{customer}");
    }
}

#[tokio::test]
async fn an_address_finding_ends_one_device_or_the_number() {
    let stage = FeedbackFixture::new().await;
    let arn = stage.load_customer().await.push_endpoints[0].arn.clone();
    let phone = Address::parse(Channel::Sms, "+34600000001").unwrap();
    let dead = AddressFinding::Dead { address: Address::Push(arn), at: at() };
    for _ in 0..2 {
        assert_eq!(
            stage.deliver_event(&serde_json::to_value(&dead).unwrap()).await,
            HandlerOutcome::Done
        );
    }
    let left = stage.load_customer().await.push_endpoints;
    assert_eq!(left.iter().map(|it| it.arn.expose()).collect::<Vec<_>>(), [TABLET]);
    for (finding, reason) in [
        (AddressFinding::Dead { address: phone.clone(), at: at() }, SuppressionReason::Invalid),
        (AddressFinding::OptedOut { address: phone, at: at() }, SuppressionReason::OptedOut),
    ] {
        let finding = serde_json::to_value(&finding).unwrap();
        assert_eq!(stage.deliver_event(&finding).await, HandlerOutcome::Done);
        assert_eq!(stage.suppression_reason(Channel::Sms).await, Some(reason));
    }
}
