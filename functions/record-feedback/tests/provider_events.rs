//! Tests of provider events on the in-memory AWS: which of them end a channel for a customer and
//! which do not, in any order and any number; and what is parked for an operator.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeMap, fs, path::Path};

use aws_lambda_events::sqs::SqsEvent;
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
    voucher::{attempt::AttemptState, record::Voucher},
};
use fake_aws::FakeAws;
use queue::{Queue, QueueClient};
use runtime::HandlerOutcome;
use serde_json::{Map, Value, json};
use store::{
    Store, TableNames,
    conditional::Applied,
    customer::profiles::CustomerLookup,
    voucher::{
        issue::IssueResult,
        records::{SentMessage, VoucherKey, VoucherMessage},
    },
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, customer_id, definition, noon, voucher},
};

const PHONE: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/phone";
const TABLET: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/tablet";

struct FeedbackFixture {
    memory: FakeAws,
    store: Store,
    dead: Queue,
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
        let dead = QueueClient::new(&memory.config()).queue("https://sqs.test/dead");
        let stage = Self { memory, store, dead };
        stage.put_customer("ana@example.com").await;
        stage
    }

    async fn put_customer(&self, email: &str) {
        let granted =
            json!({"state": "granted", "source": "signup_form", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "contacts": {"email": email, "phone": "+34600000001"},
            "consents": {"email": granted, "sms": granted, "push": granted},
            "push_endpoints": [{"endpoint_id": "phone", "arn": PHONE}, {"endpoint_id": "tablet", "arn": TABLET}],
        }))
        .unwrap();
        self.store
            .put_customer(&customer_id("c-1"), &put, Currency::parse("EUR").unwrap())
            .await
            .unwrap();
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

    /// Applies an event that is known, with the number of its receives.
    async fn deliver_event_again(&self, notification: &Value, receives: u32) -> HandlerOutcome {
        self.deliver_event_sent(notification, receives, at()).await
    }

    async fn deliver_event_sent(
        &self,
        notification: &Value,
        receives: u32,
        sent_at: Timestamp,
    ) -> HandlerOutcome {
        let body = notification.to_string();
        for enclosed in parse_feedback(&body, sent_at) {
            for event in enclosed.parsed.unwrap().events {
                let handled = record_feedback::record_event(&self.store, &event, receives).await;
                if handled != HandlerOutcome::Done {
                    return handled;
                }
            }
        }
        HandlerOutcome::Done
    }

    async fn deliver_event(&self, notification: &Value) -> HandlerOutcome {
        self.deliver_event_again(notification, 1).await
    }

    /// Delivers a message of the queue, and returns the bodies that were parked. The second value is
    /// true if the message comes again.
    async fn deliver_message(&self, body: &str, receives: u32) -> (Vec<String>, bool) {
        let attributes = json!({"ApproximateReceiveCount": receives.to_string()});
        let event: SqsEvent = serde_json::from_value(
            json!({"Records": [{"messageId": "q-1", "body": body, "attributes": attributes}]}),
        )
        .unwrap();
        let handled = record_feedback::handle(&self.store, &self.dead, event).await;
        let parked = self.memory.take_queued_messages().into_iter().map(|it| it.body).collect();
        (parked, !handled.batch_item_failures.is_empty())
    }

    async fn record(&self, voucher: &Voucher) -> Voucher {
        self.store.voucher(&VoucherKey::from(voucher)).await.unwrap().unwrap()
    }

    async fn attempt(&self, voucher: &Voucher, channel: Channel) -> (AttemptState, Option<String>) {
        let attempt = self.record(voucher).await.attempts.remove(&channel).unwrap();
        (attempt.state, attempt.reason)
    }

    /// Delivers an event that was sent some hours after the others.
    async fn deliver_event_at(&self, news: &Value, hours: i64) -> HandlerOutcome {
        self.deliver_event_sent(news, 1, add_milliseconds(at(), hours * 3_600_000)).await
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

    /// Returns why nothing is sent to an address, whether or not a customer has it.
    async fn address_reason(&self, address: &str) -> Option<SuppressionReason> {
        let channel = match address {
            arn if arn.starts_with("arn:") => Channel::Push,
            phone if phone.starts_with('+') => Channel::Sms,
            _ => Channel::Email,
        };
        let address = Address::parse(channel, address).unwrap();
        let key = self.store.address_key(&address).await.unwrap();
        let state = self.store.address_state(&key).await.unwrap()?;
        state.suppression_for(None).map(|it| it.reason)
    }

    /// Records the id that the provider gave to the voucher's first message.
    async fn mark_sent(&self, voucher: &Voucher, channel: Channel, provider_id: &str) {
        let sent = SentMessage { channel, number: 1, at: voucher.issued_at, provider_id, units: 1 };
        let recorded = self.store.record_sent(&VoucherKey::from(voucher), &sent).await.unwrap();
        assert_eq!(recorded, Applied::Yes);
    }
}

fn at() -> Timestamp {
    add_milliseconds(noon(), 24 * 3_600_000)
}

/// Builds an SES event about the voucher's e-mail: `kind` is a type, or a bounce's or complaint's
/// sub-type.
fn ses_event(kind: &str, voucher: &Voucher) -> Value {
    ses_event_about(kind, voucher, "ana@example.com")
}

fn ses_event_about(kind: &str, voucher: &Voucher, address: &str) -> Value {
    let tags =
        json!({"voucher": [voucher.id.as_str()], "customer": [encode_customer(&voucher.customer)]});
    let mail = json!({"messageId": "m", "tags": tags, "destination": [address]});
    let bounce = |of: &str| {
        json!({"eventType": "Bounce", "mail": mail, "bounce": {"bounceType": of, "bounceSubType": kind,
            "reportingMTA": "dns; mx", "bouncedRecipients": [{"emailAddress": address}]}})
    };
    let complaint = |subtype: Option<&str>, of: Option<&str>| {
        json!({"eventType": "Complaint", "mail": mail, "complaint": {"complaintSubType": subtype,
            "complaintFeedbackType": of, "complainedRecipients": [{"emailAddress": address}]}})
    };
    match kind {
        "Delivery" => {
            json!({"eventType": kind, "mail": mail, "delivery": {"recipients": [address]}})
        }
        "Reject" => json!({"eventType": kind, "mail": mail, "reject": {"reason": "Bad content"}}),
        "Rendering Failure" => json!({"eventType": kind, "mail": mail, "failure": {}}),
        "NoEmail" | "OnAccountSuppressionList" => bounce("Permanent"),
        "MailboxFull" | "ContentRejected" => bounce("Transient"),
        "Undetermined" => bounce("Undetermined"),
        "Complaint on a list" => complaint(Some("OnAccountSuppressionList"), None),
        "Complaint" => complaint(None, None),
        feedback => complaint(None, Some(feedback)),
    }
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
        let kind = if number == 4 { "Delivery" } else { "MailboxFull" };
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
async fn five_sms_in_a_row_to_a_phone_out_of_reach_end_the_number_by_either_provider() {
    let stage = FeedbackFixture::new().await;
    for number in 1..=5 {
        let voucher = stage.send_voucher(number, Channel::Sms).await;
        let id = format!("m-{number}");
        let news = match number {
            1 => sns_status(&id, "Phone is currently unreachable/unavailable"),
            2 => sns_status(&id, "Phone carrier is currently unreachable/unavailable"),
            3 => text_event("TEXT_UNREACHABLE", &id),
            4 => text_event("TEXT_CARRIER_UNREACHABLE", &id),
            _ => text_event("TEXT_TTL_EXPIRED", &id),
        };
        assert_eq!(stage.deliver_event(&news).await, HandlerOutcome::Done);
        assert_eq!(stage.attempt(&voucher, Channel::Sms).await.0, AttemptState::Bounced);
        let expected = (number == 5).then_some(SuppressionReason::Failing);
        assert_eq!(stage.suppression_reason(Channel::Sms).await, expected, "after {number}");
    }
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

/// No note of its id is written, so the reply is matched to the voucher of whoever has the number.
#[tokio::test]
async fn a_stop_that_answers_an_sms_by_end_user_messaging_withdraws_its_customers_consent() {
    let stage = FeedbackFixture::new().await;
    // both have the number, and one of them was written to
    stage.add_customer("c-2").await;
    let voucher = stage.send_voucher(1, Channel::Sms).await;
    let channel = Channel::Sms;
    stage.mark_sent(&voucher, channel, "eum-7").await;
    let source = async |customer: &str| {
        stage.customer(customer).await.consents.get(&channel).map(|it| it.source.clone())
    };
    for answers in ["eum-8", "eum-7"] {
        assert_eq!(stage.deliver_event(&sms_reply("STOP", answers)).await, HandlerOutcome::Done);
        let withdrawn = source("c-1").await.as_deref() == Some("sms_reply");
        assert_eq!(withdrawn, answers == "eum-7", "{answers}");
    }
    assert_ne!(source("c-2").await.as_deref(), Some("sms_reply"));
    assert_eq!(stage.suppression_reason(channel).await, Some(SuppressionReason::OptedOut));
}

#[tokio::test]
async fn an_event_of_end_user_messaging_finds_its_voucher_by_its_context() {
    let stage = FeedbackFixture::new().await;
    let voucher = stage.send_voucher(1, Channel::Sms).await;
    let event = |kind: &str| {
        json!({"eventType": kind, "eventVersion": "1.0", "isFinal": true, "messageId": "unknown-here",
            "eventTimestamp": at().as_millisecond(), "destinationPhoneNumber": "+34600000001",
            "context": {"voucher": voucher.id.as_str(), "customer": encode_customer(&voucher.customer),
                "campaign": voucher.campaign.as_str()},
            "totalMessageParts": 1, "totalMessagePrice": 0.00833})
    };
    assert_eq!(stage.deliver_event(&event("TEXT_DELIVERED")).await, HandlerOutcome::Done);
    assert_eq!(stage.attempt(&voucher, Channel::Sms).await.0, AttemptState::Delivered);
    assert_eq!(stage.deliver_event(&event("TEXT_INVALID")).await, HandlerOutcome::Done);
    assert_eq!(stage.attempt(&voucher, Channel::Sms).await.0, AttemptState::Bounced);
    assert_eq!(stage.suppression_reason(Channel::Sms).await, Some(SuppressionReason::Bounced));
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
async fn start_takes_back_the_opt_out_and_not_what_else_is_known_of_the_number() {
    for (learnt, expected) in [
        ("Phone has blocked SMS", SuppressionReason::Bounced),
        ("Invalid phone number", SuppressionReason::Bounced),
        ("", SuppressionReason::Invalid),
    ] {
        let stage = FeedbackFixture::new().await;
        stage.add_customer("c-2").await;
        stage.send_voucher(1, Channel::Sms).await;
        stage.deliver_event_at(&sms_reply("stop", "m-1"), 1).await;
        if learnt.is_empty() {
            let address = Address::parse(Channel::Sms, "+34600000001").unwrap();
            let dead = AddressFinding::Dead { address, at: at() };
            stage.deliver_event(&serde_json::to_value(&dead).unwrap()).await;
        } else {
            stage.deliver_event(&sns_status("m-1", learnt)).await;
        }
        for _ in 0..2 {
            stage.deliver_event_at(&sms_reply("START", ""), 2).await;
            let given = stage.load_customer().await.consents[&Channel::Sms].clone();
            assert_eq!(given.state, ConsentState::Granted, "their own word is taken back");
            for customer in ["c-1", "c-2"] {
                let marks = stage.customer(customer).await.suppressions;
                let reason = marks.get(&Channel::Sms).map(|it| it.reason);
                assert_eq!(reason, Some(expected), "{customer}: {learnt}");
            }
        }
        // a consent that is given for the number speaks for it
        let consent = Consent {
            state: ConsentState::Granted,
            source: "app".into(),
            at: add_milliseconds(at(), 3 * 3_600_000),
        };
        let (customer, now) = (customer_id("c-1"), consent.at);
        stage.store.set_consent(&customer, Channel::Sms, &consent, now).await.unwrap();
        assert_eq!(stage.suppression_reason(Channel::Sms).await, None);
    }
}

#[tokio::test]
async fn what_is_near_a_word_waits_for_a_person_and_changes_nothing() {
    let stage = FeedbackFixture::new().await;
    for _ in 0..2 {
        stage.deliver_event_at(&sms_reply("please do not stop", ""), 1).await;
    }
    stage.deliver_event_at(&sms_reply("thanks!", ""), 1).await;
    stage.deliver_event_at(&sms_reply("please start again", ""), 2).await;
    let (waiting, _) = stage.store.waiting_replies(10, None).await.unwrap();
    assert_eq!(
        waiting.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(),
        ["please do not stop", "please start again"]
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
    let elsewhere = ses_event_about("NoEmail", &voucher, "old@example.com");
    stage.deliver_event(&elsewhere).await;
    assert_eq!(email("c-1").await, None, "the customer has another mailbox by now");
    let complaint = ses_event_about("Complaint", &voucher, "ANA@example.com");
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

#[tokio::test]
async fn feedback_that_is_no_complaint_silences_nobody() {
    for kind in ["not-spam", "Not-Spam", "auth-failure"] {
        let stage = FeedbackFixture::new().await;
        let voucher = stage.send_voucher(1, Channel::Email).await;
        stage.deliver_event(&ses_event("Delivery", &voucher)).await;
        stage.deliver_event(&ses_event(kind, &voucher)).await;
        assert_eq!(stage.suppression_reason(Channel::Email).await, None, "{kind}");
        assert_eq!(stage.attempt(&voucher, Channel::Email).await.0, AttemptState::Delivered);
    }
}

#[tokio::test]
async fn an_address_on_a_list_of_the_provider_is_taken_over_and_counts_as_no_bounce_or_complaint() {
    for (kind, reason) in [
        ("OnAccountSuppressionList", SuppressionReason::Bounced),
        ("Complaint on a list", SuppressionReason::Complained),
    ] {
        let stage = FeedbackFixture::new().await;
        let voucher = stage.send_voucher(1, Channel::Email).await;
        stage.deliver_event(&ses_event(kind, &voucher)).await;
        assert_eq!(
            stage.attempt(&voucher, Channel::Email).await,
            (AttemptState::Failed, Some("provider_suppressed".to_owned()))
        );
        assert_eq!(stage.suppression_reason(Channel::Email).await, Some(reason), "{kind}");
    }
}

#[tokio::test]
async fn a_suppression_that_is_known_keeps_its_reason_and_time() {
    for (first, kept) in
        [("Complaint", SuppressionReason::Complained), ("NoEmail", SuppressionReason::Bounced)]
    {
        let stage = FeedbackFixture::new().await;
        let voucher = stage.send_voucher(1, Channel::Email).await;
        let mut earlier = ses_event(first, &voucher);
        let details = if first == "Complaint" { "complaint" } else { "bounce" };
        earlier[details]["timestamp"] = json!(noon().to_string());
        stage.deliver_event(&earlier).await;
        let before = stage.load_customer().await.suppressions[&Channel::Email];
        assert_eq!(before.at, noon(), "{first}");
        let later = stage.send_voucher(2, Channel::Email).await;
        for kind in ["OnAccountSuppressionList", "NoEmail"] {
            stage.deliver_event(&ses_event(kind, &later)).await;
        }
        let after = stage.load_customer().await.suppressions[&Channel::Email];
        assert_eq!((after, after.reason), (before, kept), "{first}");
    }
}

#[tokio::test]
async fn a_fault_of_the_senders_or_of_the_message_marks_nobody() {
    for (kind, reason) in [
        ("Reject", "rejected"),
        ("Rendering Failure", "not_allowed"),
        ("ContentRejected", "rejected"),
        ("Undetermined", "undetermined"),
    ] {
        let stage = FeedbackFixture::new().await;
        for number in 1..=6 {
            let voucher = stage.send_voucher(number, Channel::Email).await;
            stage.deliver_event(&ses_event(kind, &voucher)).await;
            assert_eq!(
                stage.attempt(&voucher, Channel::Email).await,
                (AttemptState::Failed, Some(reason.to_owned())),
                "{kind}"
            );
        }
        assert_eq!(stage.suppression_reason(Channel::Email).await, None, "{kind}");
    }
    let stage = FeedbackFixture::new().await;
    for (number, said) in
        [(1, "Blocked as spam by phone carrier"), (2, "No quota left for account")]
    {
        stage.send_voucher(number, Channel::Sms).await;
        stage.deliver_event(&sns_status(&format!("m-{number}"), said)).await;
    }
    assert_eq!(stage.suppression_reason(Channel::Sms).await, None);
}

#[tokio::test]
async fn an_event_about_an_old_address_leaves_the_new_one_alone() {
    for kind in ["NoEmail", "Complaint", "OnAccountSuppressionList"] {
        for old in ["ana@example.com", "Ana <ANA@example.com>", "\"A, Ana\" <ana@example.com>"] {
            let stage = FeedbackFixture::new().await;
            let voucher = stage.send_voucher(1, Channel::Email).await;
            stage.put_customer("ana.new@example.com").await;
            stage.deliver_event(&ses_event_about(kind, &voucher, old)).await;
            assert_eq!(stage.suppression_reason(Channel::Email).await, None, "{kind} {old}");
            assert_ne!(
                stage.attempt(&voucher, Channel::Email).await.0,
                AttemptState::Claimed,
                "the message itself is stamped"
            );
        }
    }
    let stage = FeedbackFixture::new().await;
    stage.send_voucher(1, Channel::Sms).await;
    let mut status = sns_status("m-1", "Invalid phone number");
    status["delivery"]["destination"] = json!("+34600000777");
    stage.deliver_event(&status).await;
    assert_eq!(stage.suppression_reason(Channel::Sms).await, None);
    stage.deliver_event(&sns_status("m-1", "Invalid phone number")).await;
    assert_eq!(stage.suppression_reason(Channel::Sms).await, Some(SuppressionReason::Bounced));
}

#[tokio::test]
async fn an_address_in_display_form_is_the_customers_own() {
    for form in ["Ana <ana@example.com>", "<ANA@EXAMPLE.COM>", "\"A, Ana\" <Ana@example.com>"] {
        let stage = FeedbackFixture::new().await;
        let voucher = stage.send_voucher(1, Channel::Email).await;
        stage.deliver_event(&ses_event_about("NoEmail", &voucher, form)).await;
        let reason = stage.suppression_reason(Channel::Email).await;
        assert_eq!(reason, Some(SuppressionReason::Bounced), "{form}");
    }
}

#[tokio::test]
async fn of_several_recipients_only_the_one_in_the_list_is_stamped() {
    let stage = FeedbackFixture::new().await;
    let voucher = stage.send_voucher(1, Channel::Email).await;
    let mut bounce = ses_event("NoEmail", &voucher);
    bounce["mail"]["destination"] =
        json!(["ana@example.com", "ben@example.com", "cho@example.com"]);
    bounce["bounce"]["bouncedRecipients"] = json!([{"emailAddress": "ben@example.com"}]);
    stage.deliver_event(&bounce).await;
    assert_eq!(stage.attempt(&voucher, Channel::Email).await.0, AttemptState::Claimed);
    assert_eq!(stage.suppression_reason(Channel::Email).await, None);
    bounce["bounce"]["bouncedRecipients"] =
        json!([{"emailAddress": "ben@example.com"}, {"emailAddress": "Ana@example.com"}]);
    stage.deliver_event(&bounce).await;
    assert_eq!(stage.attempt(&voucher, Channel::Email).await.0, AttemptState::Bounced);
    assert_eq!(stage.suppression_reason(Channel::Email).await, Some(SuppressionReason::Bounced));
}

/// Returns all orders of the items.
fn orders<'a>(items: &[&'a str]) -> Vec<Vec<&'a str>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (index, first) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(index);
        for mut order in orders(&rest) {
            order.insert(0, first);
            all.push(order);
        }
    }
    all
}

#[tokio::test]
async fn events_in_any_order_and_any_number_end_the_same() {
    for (events, expected) in [
        (vec!["Delivery", "NoEmail"], AttemptState::Bounced),
        (vec!["Delivery", "MailboxFull"], AttemptState::Delivered),
        (vec!["Delivery", "Undetermined"], AttemptState::Delivered),
        (vec!["Delivery", "NoEmail", "Complaint"], AttemptState::Complained),
        (vec!["Delivery", "Complaint", "not-spam"], AttemptState::Complained),
        (vec!["MailboxFull", "ContentRejected", "Delivery"], AttemptState::Delivered),
        (vec!["Reject", "OnAccountSuppressionList", "Undetermined"], AttemptState::Failed),
    ] {
        let mut ends = Vec::new();
        for order in orders(&events) {
            let stage = FeedbackFixture::new().await;
            let voucher = stage.send_voucher(1, Channel::Email).await;
            for kind in order.iter().chain(&order) {
                stage.deliver_event(&ses_event(kind, &voucher)).await;
            }
            let record = stage.record(&voucher).await;
            let attempt = record.attempts[&Channel::Email].clone();
            assert_eq!(attempt.state, expected, "{order:?}");
            let arrived = record.stages.delivered_at.is_some();
            let suppressed = stage.suppression_reason(Channel::Email).await;
            ends.push((attempt.state, attempt.reason, arrived, suppressed));
        }
        ends.dedup();
        assert_eq!(ends.len(), 1, "{events:?}: {ends:?}");
    }
}

#[tokio::test]
async fn a_device_that_is_gone_is_forgotten_and_the_other_stays() {
    let stage = FeedbackFixture::new().await;
    stage.send_voucher(1, Channel::Push).await;
    let status = |word: &str| {
        json!({
            "notification": {"messageId": "m-1"}, "status": "FAILURE",
            "delivery": {"destination": PHONE, "statusCode": 400, "providerResponse": json!({"reason": word}).to_string()},
        })
    };
    let devices = async || {
        let left = stage.load_customer().await.push_endpoints;
        left.iter().map(|it| it.arn.expose().to_owned()).collect::<Vec<_>>()
    };
    for word in ["ExpiredProviderToken", "PayloadTooLarge", "TooManyRequests", "ServiceUnavailable"]
    {
        stage.deliver_event(&status(word)).await;
        assert_eq!(devices().await, [PHONE, TABLET], "{word}");
    }
    stage.deliver_event(&status("Unregistered")).await;
    assert_eq!(devices().await, [TABLET]);
    let failure = json!({"EventType": "DeliveryFailure", "FailureType": "EndpointDisabled", "EndpointArn": TABLET, "MessageId": "m-1"});
    stage.deliver_event(&failure).await;
    assert_eq!(devices().await, [""; 0]);
}

#[tokio::test]
async fn a_device_that_was_deleted_at_the_provider_is_forgotten_until_it_registers_again() {
    let stage = FeedbackFixture::new().await;
    let device = stage.load_customer().await.push_endpoints.remove(0);
    assert_eq!(device.arn.expose(), PHONE);
    let deleted = json!({"EventType": "EndpointDeleted", "EndpointArn": PHONE, "Service": "SNS", "Time": at().to_string()});
    for _ in 0..2 {
        assert_eq!(stage.deliver_event(&deleted).await, HandlerOutcome::Done);
        let left = stage.load_customer().await.push_endpoints;
        assert_eq!(left.iter().map(|it| it.arn.expose()).collect::<Vec<_>>(), [TABLET]);
    }
    assert_eq!(stage.address_reason(PHONE).await, Some(SuppressionReason::Invalid));
    let later = add_milliseconds(at(), 1_000);
    stage.store.put_endpoint(&customer_id("c-1"), &device, later).await.unwrap();
    assert_eq!(stage.address_reason(PHONE).await, None);
    assert_eq!(stage.load_customer().await.push_endpoints.len(), 2);
}

#[tokio::test]
async fn five_pushes_in_a_row_that_nobody_took_in_time_end_a_device() {
    let stage = FeedbackFixture::new().await;
    for number in 1..=5 {
        stage.send_voucher(number, Channel::Push).await;
        let expired = json!({"EventType": "DeliveryFailure", "FailureType": "NotificationTTLExpired", "EndpointArn": TABLET, "MessageId": format!("m-{number}")});
        for _ in 0..2 {
            assert_eq!(stage.deliver_event(&expired).await, HandlerOutcome::Done);
        }
        let left = stage.load_customer().await.push_endpoints.len();
        assert_eq!(left, if number == 5 { 1 } else { 2 }, "after {number}");
    }
    assert_eq!(stage.address_reason(TABLET).await, Some(SuppressionReason::Failing));
}

#[tokio::test]
async fn who_leaves_the_providers_list_gets_no_e_mail_and_who_comes_back_does() {
    let stage = FeedbackFixture::new().await;
    let voucher = stage.send_voucher(1, Channel::Email).await;
    let choice = |before: bool, after: bool| {
        let mut event = ses_event("Delivery", &voucher);
        event["eventType"] = json!("Subscription");
        event.as_object_mut().unwrap().remove("delivery");
        event["subscription"] = json!({"oldTopicPreferences": {"unsubscribeAll": before}, "newTopicPreferences": {"unsubscribeAll": after}});
        event
    };
    let consent = async || stage.load_customer().await.consents[&Channel::Email].clone();
    // coming back is no new consent where nobody has left
    stage.deliver_event(&choice(true, false)).await;
    assert_eq!(consent().await.source, "signup_form");
    for _ in 0..2 {
        stage.deliver_event(&choice(false, true)).await;
    }
    assert_eq!(
        (consent().await.state, consent().await.source.as_str()),
        (ConsentState::Denied, "ses_contact_list")
    );
    assert_eq!(stage.suppression_reason(Channel::Email).await, Some(SuppressionReason::OptedOut));
    for _ in 0..2 {
        stage.deliver_event_at(&choice(true, false), 1).await;
    }
    assert_eq!(consent().await.state, ConsentState::Granted);
    assert_eq!(stage.suppression_reason(Channel::Email).await, None);
    let mut other = choice(false, true);
    other["mail"]["destination"] = json!(["old@example.com"]);
    stage.put_customer("ana.new@example.com").await;
    let before = consent().await;
    stage.deliver_event(&other).await;
    assert_eq!(consent().await, before, "a choice of another address");
}

#[tokio::test]
async fn who_comes_back_to_the_providers_list_takes_back_no_complaint_and_no_bounce() {
    for (kind, expected) in
        [("Complaint", SuppressionReason::Complained), ("NoEmail", SuppressionReason::Bounced)]
    {
        let stage = FeedbackFixture::new().await;
        stage.add_customer("c-2").await;
        let voucher = stage.send_voucher(1, Channel::Email).await;
        let choice = |left: bool| {
            let mut event = ses_event("Delivery", &voucher);
            event["eventType"] = json!("Subscription");
            event.as_object_mut().unwrap().remove("delivery");
            event["subscription"] = json!({"oldTopicPreferences": {"unsubscribeAll": !left}, "newTopicPreferences": {"unsubscribeAll": left}});
            event
        };
        stage.deliver_event(&choice(true)).await;
        stage.deliver_event(&ses_event(kind, &voucher)).await;
        stage.deliver_event_at(&choice(false), 1).await;
        let given = stage.load_customer().await.consents[&Channel::Email].clone();
        assert_eq!(
            (given.state, given.source.as_str()),
            (ConsentState::Granted, "ses_contact_list")
        );
        for customer in ["c-1", "c-2"] {
            let marks = stage.customer(customer).await.suppressions;
            let reason = marks.get(&Channel::Email).map(|it| it.reason);
            assert_eq!(reason, Some(expected), "{customer}");
        }
    }
}

#[tokio::test]
async fn what_is_not_known_or_contradicts_itself_is_parked_without_addresses_and_applied_to_nobody()
{
    let stage = FeedbackFixture::new().await;
    let voucher = stage.send_voucher(1, Channel::Email).await;
    let mut unknown = ses_event("Delivery", &voucher);
    unknown["eventType"] = json!("SomethingNew");
    let mut contradictory = ses_event("NoEmail", &voucher);
    contradictory["bounce"]["bounceType"] = json!("Transient");
    for event in [unknown, contradictory] {
        let (parked, again) = stage.deliver_message(&event.to_string(), 1).await;
        assert!(!again && parked.len() == 1, "{parked:?}");
        assert!(
            parked[0].contains(voucher.id.as_str()) && !parked[0].contains("ana@"),
            "{parked:?}"
        );
    }
    assert_eq!(stage.attempt(&voucher, Channel::Email).await.0, AttemptState::Claimed);
    assert_eq!(stage.suppression_reason(Channel::Email).await, None);
    // a part that is not known is applied as far as it is, and seen
    let mut partly = ses_event("NoEmail", &voucher);
    partly["bounce"]["bounceSubType"] = json!("SomethingNew");
    let (parked, again) = stage.deliver_message(&partly.to_string(), 1).await;
    assert!(!again && parked.len() == 1, "{parked:?}");
    assert_eq!(stage.suppression_reason(Channel::Email).await, Some(SuppressionReason::Bounced));
}

#[tokio::test]
async fn of_a_batch_the_good_events_are_applied_and_the_bad_ones_parked_once() {
    let stage = FeedbackFixture::new().await;
    let voucher = stage.send_voucher(1, Channel::Email).await;
    let lines = |message: &str| {
        json!({"messageType": "DATA_MESSAGE", "logEvents": [
            {"message": "no JSON, and a number: +34600000001"},
            {"message": ses_event("Delivery", &voucher).to_string()},
            {"message": sns_status(message, "").to_string()},
        ]})
        .to_string()
    };
    // a message that is not known yet is looked up again, and nothing is parked meanwhile
    let (parked, again) = stage.deliver_message(&lines("m-9"), 1).await;
    assert!(again && parked.is_empty(), "{parked:?}");
    let (parked, again) = stage.deliver_message(&lines("m-9"), 3).await;
    assert!(!again);
    assert_eq!(parked, ["no JSON, and a number: redacted"]);
    assert_eq!(stage.attempt(&voucher, Channel::Email).await.0, AttemptState::Delivered);
}

#[tokio::test]
async fn an_event_whose_address_was_masked_loses_no_no_and_silences_no_address_by_a_bounce() {
    for (kind, expected) in [
        ("NoEmail", None),
        ("OnAccountSuppressionList", None),
        ("Complaint", Some(SuppressionReason::Complained)),
    ] {
        let stage = FeedbackFixture::new().await;
        let voucher = stage.send_voucher(1, Channel::Email).await;
        stage.deliver_event(&ses_event_about(kind, &voucher, "redacted")).await;
        assert_eq!(stage.suppression_reason(Channel::Email).await, expected, "{kind}");
        assert_ne!(stage.attempt(&voucher, Channel::Email).await.0, AttemptState::Claimed);
    }
}

#[tokio::test]
async fn a_stop_that_was_parked_counts_when_it_is_read_again_and_for_its_own_moment() {
    let stage = FeedbackFixture::new().await;
    let broken = Store::new(
        &stage.memory.config_without_retries(),
        TableNames::from_lookup(|_| Some("none".to_owned())),
    )
    .with_address_keys(testkit::address_hasher().into());
    let sent_at = at().as_millisecond().to_string();
    let attributes = json!({"ApproximateReceiveCount": "4", "SentTimestamp": sent_at});
    let body = sms_reply("stop", "").to_string();
    let event: SqsEvent = serde_json::from_value(
        json!({"Records": [{"messageId": "q-1", "body": body, "attributes": attributes}]}),
    )
    .unwrap();
    record_feedback::handle(&broken, &stage.dead, event).await;
    let parked = stage.memory.take_queued_messages().remove(0).body;
    assert!(!parked.contains("600000001"), "{parked}");
    let parked: Value = serde_json::from_str(&parked).unwrap();
    assert_eq!(stage.deliver_event_at(&parked, 48).await, HandlerOutcome::Done);
    assert_eq!(stage.suppression_reason(Channel::Sms).await, Some(SuppressionReason::OptedOut));
    // a START of the day between the two was later
    stage.deliver_event_at(&sms_reply("START", ""), 24).await;
    assert_eq!(stage.suppression_reason(Channel::Sms).await, None);
    stage.deliver_event_at(&parked, 72).await;
    assert_eq!(stage.suppression_reason(Channel::Sms).await, None);
}

/// Builds an SES event that has lost its tags: the provider's message id is all that it has.
fn without_tags(mut event: Value, message: &str) -> Value {
    event["mail"]["tags"] = json!({});
    event["mail"]["messageId"] = json!(message);
    event
}

fn text_event(kind: &str, message: &str) -> Value {
    json!({"eventType": kind, "eventVersion": "1.0", "isFinal": true, "messageId": message,
        "eventTimestamp": at().as_millisecond(), "destinationPhoneNumber": "+34600000001", "context": {}})
}

#[tokio::test]
async fn an_event_that_has_lost_its_tags_finds_its_voucher_by_address_and_message_id() {
    let stage = FeedbackFixture::new().await;
    // two have the mailbox and the number, and one of them was written to
    stage.add_customer("c-0").await;
    let email = stage.send_voucher(1, Channel::Email).await;
    stage.mark_sent(&email, Channel::Email, "ses-7").await;
    let complaint = without_tags(ses_event("Complaint", &email), "ses-7");
    assert_eq!(stage.deliver_event(&complaint).await, HandlerOutcome::Done);
    assert_eq!(stage.attempt(&email, Channel::Email).await.0, AttemptState::Complained);
    assert_eq!(stage.suppression_reason(Channel::Email).await, Some(SuppressionReason::Complained));
    let sms = stage.send_voucher(2, Channel::Sms).await;
    stage.mark_sent(&sms, Channel::Sms, "eum-7").await;
    let blocked = text_event("TEXT_BLOCKED", "eum-7");
    assert_eq!(stage.deliver_event(&blocked).await, HandlerOutcome::Done);
    assert_eq!(stage.attempt(&sms, Channel::Sms).await.0, AttemptState::Bounced);
    for customer in ["c-0", "c-1"] {
        let marks = stage.customer(customer).await.suppressions;
        let reasons: Vec<_> = marks.iter().map(|(channel, it)| (*channel, it.reason)).collect();
        let expected = [
            (Channel::Sms, SuppressionReason::Bounced),
            (Channel::Email, SuppressionReason::Complained),
        ];
        assert!(expected.iter().all(|it| reasons.contains(it)), "{customer}: {reasons:?}");
    }
}

#[tokio::test]
async fn a_no_or_a_dead_end_about_an_unknown_message_is_looked_up_again_and_then_holds() {
    let voucher = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-9", Channel::Email);
    let mut left = ses_event("Delivery", &voucher);
    left["eventType"] = json!("Subscription");
    left.as_object_mut().unwrap().remove("delivery");
    left["subscription"] = json!({"oldTopicPreferences": {"unsubscribeAll": false}, "newTopicPreferences": {"unsubscribeAll": true}});
    for (event, channel, expected) in [
        (ses_event("Complaint", &voucher), Channel::Email, Some(SuppressionReason::Complained)),
        (ses_event("NoEmail", &voucher), Channel::Email, Some(SuppressionReason::Bounced)),
        (left, Channel::Email, Some(SuppressionReason::OptedOut)),
        (ses_event("MailboxFull", &voucher), Channel::Email, None),
        (ses_event("Reject", &voucher), Channel::Email, None),
        (text_event("TEXT_INVALID", "eum-9"), Channel::Sms, Some(SuppressionReason::Bounced)),
        (
            sns_status("m-99", "Phone number is opted out"),
            Channel::Sms,
            Some(SuppressionReason::OptedOut),
        ),
    ] {
        let event = if channel == Channel::Email { without_tags(event, "ses-9") } else { event };
        let stage = FeedbackFixture::new().await;
        for receives in 1..=2 {
            let handled = stage.deliver_event_again(&event, receives).await;
            assert_ne!(handled, HandlerOutcome::Done, "its message may still be on the way");
            assert_eq!(stage.suppression_reason(channel).await, None, "{event}");
        }
        assert_eq!(stage.deliver_event_again(&event, 3).await, HandlerOutcome::Done, "{event}");
        assert_eq!(stage.suppression_reason(channel).await, expected, "{event}");
    }
}

#[tokio::test]
async fn a_no_about_a_test_send_holds_for_the_colleagues_address() {
    let made = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-9", Channel::Email);
    for (kind, expected) in [
        ("Complaint", Some(SuppressionReason::Complained)),
        ("NoEmail", Some(SuppressionReason::Bounced)),
        ("MailboxFull", None),
        ("Delivery", None),
    ] {
        let stage = FeedbackFixture::new().await;
        let mut event = ses_event_about(kind, &made, "Ana@example.com");
        event["mail"]["tags"] = json!({"sample": ["tst_1"]});
        assert_eq!(stage.deliver_event(&event).await, HandlerOutcome::Done);
        assert_eq!(stage.suppression_reason(Channel::Email).await, expected, "{kind}");
    }
}

/// Returns why an event of `expected.json` suppresses the address that it concerns, if it does.
fn expected_reason(name: &str, event: &Value) -> Option<SuppressionReason> {
    if event["consent"] == json!("denied") {
        return Some(SuppressionReason::OptedOut);
    }
    match (event["mark"].as_str()?, event["counts"].as_str()) {
        ("device forgotten", _) => Some(SuppressionReason::Invalid),
        ("suppressed unless it is", _) if name.contains("complaint") => {
            Some(SuppressionReason::Complained)
        }
        ("suppressed unless it is", _) | ("suppressed", Some("bounce")) => {
            Some(SuppressionReason::Bounced)
        }
        ("suppressed", Some("complaint")) => Some(SuppressionReason::Complained),
        ("suppressed", Some("opt-out")) => Some(SuppressionReason::OptedOut),
        _ => None,
    }
}

/// Each sample of a documented event is about a message that nobody here knows.
#[tokio::test]
async fn a_sample_marks_the_addresses_that_it_names_and_no_others() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/channels/tests/provider-events");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let expected: Map<String, Value> = serde_json::from_str(&read("expected.json")).unwrap();
    let mut marked = 0;
    for (name, told) in &expected {
        let told = told.as_array().unwrap().iter().filter_map(|it| it["events"].as_array());
        let events: Vec<&Value> = told.flatten().collect();
        // what the words of a reply mean has tests of its own
        if events.iter().any(|event| event.get("reply_to").is_some()) {
            continue;
        }
        let marks: BTreeMap<&str, SuppressionReason> = events
            .iter()
            .filter_map(|event| Some((event["concerns"].as_str()?, expected_reason(name, event)?)))
            .collect();
        let stage = FeedbackFixture::new().await;
        let (_, again) = stage.deliver_message(&read(name), 3).await;
        assert!(!again, "{name}");
        let concerned = events.iter().filter_map(|event| event["concerns"].as_str());
        for address in concerned.filter(|address| *address != "recipient").chain([
            "ann@example.com",
            "ben@example.com",
            "cho@mail.example.com",
            "+12025550173",
        ]) {
            let found = stage.address_reason(address).await;
            assert_eq!(found, marks.get(address).copied(), "{name}: {address}");
        }
        marked += marks.len();
    }
    assert!(marked > 40, "{marked} addresses are marked by the samples");
}
