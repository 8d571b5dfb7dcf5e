//! Previews and test sends: they show what a message looks like before any customer gets it.
//!
//! A preview is rendered from a made-up voucher, and a made-up or real customer. A test send
//! carries the same message to addresses that the tenant has listed, marked as a sample. No voucher
//! is issued for either.
//!
//! Reads a definition. After it: the campaigns API and the delivery workers.
//!
//! Guarantees: the voucher id of a preview or test send can never be issued, and the recipient of a
//! test send sees that it is a sample.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        definition::Definition,
        messages::{MessageFacts, RenderedMessage, push, sms, way_out::WayOut},
    },
    customer::{
        address::Address,
        profile::{BadContact, Customer, Name, Zone},
    },
    kernel::{
        channel::Channel,
        id::{BadId, CampaignId, CustomerId, Occurrence, RunId, TestSendId, VoucherId},
        locale::Locale,
        validation::FieldError,
    },
    voucher::{
        attempt::Attempt,
        record::{BrandIdentity, MessageLinks, Voucher, VoucherIssue, message_facts},
        short_link::EXAMPLE_CODE,
    },
};

/// The most messages of one test send.
pub const MAX_MESSAGES: usize = 10;
/// The most addresses that a tenant can list.
pub const MAX_ADDRESSES: usize = 50;
/// The longest label of an address, in bytes.
pub const MAX_LABEL: usize = 60;
/// The voucher id of previews and test sends. It is as long as a real one, and contains a letter
/// that no derived id contains (`L`).
const EXAMPLE_VOUCHER_ID: &str = "vch_SAMPLESAMPLESAMPLESA";
/// The prefix of the text that the recipient sees first.
pub const SAMPLE_PREFIX: &str = "[Sample] ";
/// The last path segment of an unsubscribe link that is only an example: no signed token equals it.
/// It is also the dispatch name and the push endpoint id of a test send.
pub const EXAMPLE_ID: &str = "sample";

/// The addresses that may get test sends, as stored and as shown to an administrator. It has no
/// `Debug`, because they are personal data.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestAddresses {
    /// The listed addresses, at most 50.
    pub addresses: Vec<TestAddress>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestAddress {
    pub channel: Channel,
    /// A phone number as E.164, an e-mail address, or the ARN of an SNS platform endpoint.
    pub address: String,
    /// The person or device behind the address, for readers: `Ana's phone`. At most 60 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

impl TestAddresses {
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.addresses.len() > MAX_ADDRESSES {
            errors.push(FieldError::new(
                "/addresses",
                "too_many",
                format!("at most {MAX_ADDRESSES} addresses"),
            ));
            return errors;
        }
        let mut known: Vec<Address> = Vec::new();
        for (index, entry) in self.addresses.iter().enumerate() {
            if entry.label.len() > MAX_LABEL || entry.label.chars().any(char::is_control) {
                let detail = format!("at most {MAX_LABEL} bytes on one line");
                errors.push(FieldError::new(
                    format!("/addresses/{index}/label"),
                    "invalid",
                    detail,
                ));
            }
            let field = format!("/addresses/{index}/address");
            match Address::parse(entry.channel, &entry.address) {
                Err(bad) => errors.push(FieldError::new(field, "invalid", bad.to_string())),
                Ok(address) if known.iter().any(|earlier| earlier.is_same_address(&address)) => {
                    errors.push(FieldError::new(field, "duplicate", "is on the list already"));
                }
                Ok(address) if !address.is_sendable() => {
                    let detail = "the provider sends to mailboxes in ASCII only";
                    errors.push(FieldError::new(field, "unsendable", detail));
                }
                Ok(address) => known.push(address),
            }
        }
        errors
    }

    pub fn contains_address(&self, address: &Address) -> bool {
        self.addresses
            .iter()
            .filter_map(|entry| Address::parse(entry.channel, &entry.address).ok())
            .any(|listed| listed.is_same_address(address))
    }
}

/// The key of one message of a test send. A nudge in the queue is exactly this key, so it holds no
/// address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSendKey {
    pub id: TestSendId,
    /// The position of the message in the request, from 0.
    pub number: u32,
}

impl fmt::Display for TestSendKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.id, self.number)
    }
}

/// The progress of one message of a test send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TestSendState {
    /// No worker has claimed it yet.
    Waiting,
    /// A worker is about to send it, or has just done so.
    Sending,
    /// The provider accepted it.
    Sent,
    /// It was not sent, for the reason given.
    Refused,
    /// The provider gave no answer, so it may have been sent. It is not sent again.
    Unknown,
}

impl TestSendState {
    pub const ALL: [TestSendState; 5] =
        [Self::Waiting, Self::Sending, Self::Sent, Self::Refused, Self::Unknown];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Returns the voucher id of previews and test sends. The vouchers API finds it for no customer.
pub fn example_voucher_id() -> Result<VoucherId, BadId> {
    VoucherId::parse(EXAMPLE_VOUCHER_ID)
}

/// Makes up a customer with a complete profile, whose clock is the tenant's.
pub fn example_customer(locale: Option<Locale>, tenant: &Zone) -> Result<Customer, PreviewError> {
    let mut customer = Customer::new(CustomerId::parse("sample")?);
    let name = |text: &str| Name::parse(text);
    customer.profile.first_name = Some(name("Alexandra")?);
    customer.profile.last_name = Some(name("Montgomery")?);
    customer.profile.locale = locale;
    customer.fallback_zone = tenant.clone();
    Ok(customer)
}

/// Returns what a message says about a voucher issued to `customer` now, by the same rule as in the
/// delivery workers.
pub fn example_facts<'a>(
    definition: &'a Definition,
    campaign: &CampaignId,
    customer: &'a Customer,
    brand: &'a BrandIdentity,
    way_out: WayOut,
    now: Timestamp,
) -> Result<MessageFacts<'a>, PreviewError> {
    let voucher = example_voucher(definition, campaign, &customer.id, now)?;
    let links = MessageLinks { voucher_code: EXAMPLE_CODE.to_owned(), way_out };
    Ok(message_facts(&voucher, definition, customer, brand, links, now))
}

/// Returns how long a push about such a voucher is worth delivering.
pub fn example_time_to_live(
    definition: &Definition,
    campaign: &CampaignId,
    customer: &Customer,
    now: Timestamp,
) -> Result<Duration, PreviewError> {
    let voucher = example_voucher(definition, campaign, &customer.id, now)?;
    Ok(push::time_to_live(voucher.offer_ends_at(), now))
}

fn example_voucher(
    definition: &Definition,
    campaign: &CampaignId,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<Voucher, PreviewError> {
    let run = RunId::of_promotion(campaign);
    let occurrence = Occurrence::of_run(&run);
    let issue = VoucherIssue {
        campaign,
        run: &run,
        occurrence: &occurrence,
        definition,
        customer,
        dispatch: EXAMPLE_ID,
        now,
    };
    let voucher = issue.issued_voucher(Attempt::claim(Channel::Sms, 1, 1, now));
    Ok(Voucher { id: example_voucher_id()?, ..voucher })
}

/// The error of a preview or test send that cannot be made. It does not occur with the constants of
/// this module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreviewError {
    #[error(transparent)]
    Id(#[from] BadId),
    #[error(transparent)]
    Contact(#[from] BadContact),
}

impl RenderedMessage {
    /// Marks the message as a sample, in the part that the recipient sees first.
    #[must_use]
    pub fn marked_as_sample(self) -> Self {
        match self {
            RenderedMessage::Sms { text, .. } => {
                let text = format!("{SAMPLE_PREFIX}{text}");
                RenderedMessage::Sms { segments: sms::count_segments(&text), text }
            }
            RenderedMessage::Email { subject, preheader, html, text } => RenderedMessage::Email {
                subject: format!("{SAMPLE_PREFIX}{subject}"),
                preheader,
                html,
                text,
            },
            RenderedMessage::Push { title, body, extras } => {
                RenderedMessage::Push { title: format!("{SAMPLE_PREFIX}{title}"), body, extras }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::messages::push::PushExtras;
    use serde_json::json;

    fn listed(addresses: serde_json::Value) -> TestAddresses {
        serde_json::from_value(json!({"addresses": addresses})).unwrap()
    }
    fn field_errors(addresses: serde_json::Value) -> Vec<String> {
        listed(addresses)
            .check()
            .iter()
            .map(|error| format!("{} {}", error.field, error.code))
            .collect()
    }

    #[test]
    fn the_sample_voucher_is_none_that_can_be_issued() {
        let derived = VoucherId::derive(
            &CampaignId::parse("cmp_1").unwrap(),
            &CustomerId::parse("c-1").unwrap(),
            &Occurrence::parse("o").unwrap(),
        );
        assert_eq!(
            example_voucher_id().unwrap().as_str().len(),
            derived.as_str().len(),
            "a link is as long as a real one"
        );
        // Every derived id is written in Crockford's alphabet, which has no L.
        let symbols = example_voucher_id().unwrap().as_str().trim_start_matches("vch_").to_owned();
        assert!(symbols.contains('L'), "{symbols}");
    }

    #[test]
    fn an_address_is_of_its_channel_and_listed_once() {
        assert_eq!(
            field_errors(json!([
                {"channel": "sms", "address": "+34600000001", "label": "Ana"},
                {"channel": "email", "address": "ana@example.com"},
                {"channel": "push", "address": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1"},
            ])),
            [""; 0]
        );
        assert_eq!(
            field_errors(json!([
                {"channel": "sms", "address": "ana@example.com"},
                {"channel": "email", "address": "ana@example.com"},
                {"channel": "email", "address": "Ana@Example.com"},
                {"channel": "push", "address": "+34600000001", "label": "a\nb"},
            ])),
            [
                "/addresses/0/address invalid",
                "/addresses/2/address duplicate",
                "/addresses/3/label invalid",
                "/addresses/3/address invalid"
            ]
        );
        let many: Vec<_> = (0..51)
            .map(|n| json!({"channel": "email", "address": format!("a{n}@example.com")}))
            .collect();
        assert_eq!(field_errors(json!(many)), ["/addresses too_many"]);
    }

    #[test]
    fn only_what_is_listed_is_listed() {
        let list = listed(json!([{"channel": "email", "address": "ana@example.com"}]));
        let is = |channel, text| list.contains_address(&Address::parse(channel, text).unwrap());
        assert!(is(Channel::Email, "ANA@example.com"));
        assert!(!is(Channel::Email, "bob@example.com"));
        assert!(!is(Channel::Sms, "+34600000001"));
    }

    #[test]
    fn a_sample_says_so_first_and_its_address_shows_in_no_log() {
        let sms = RenderedMessage::Sms {
            text: "x".repeat(160),
            segments: sms::count_segments(&"x".repeat(160)),
        };
        let RenderedMessage::Sms { text, segments } = sms.marked_as_sample() else {
            unreachable!("it stays one")
        };
        assert!(text.starts_with("[Sample] x"));
        assert_eq!(segments.count, 2, "the mark is counted");
        let push = |title: &str| {
            let extras = PushExtras::default();
            RenderedMessage::Push { title: title.into(), body: "b".into(), extras }
        };
        assert!(push("t").marked_as_sample() == push("[Sample] t"));
        let shown = format!("{:?}", Address::parse(Channel::Sms, "+34600000001").unwrap());
        assert!(!shown.contains("346"), "{shown}");
    }
}
