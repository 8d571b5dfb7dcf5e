//! Samples: what a message looks like before anybody gets it. A preview is rendered from a made-up voucher (and a made-up customer, or a
//! real one); a test send carries the same to addresses that the tenant has listed, marked as a sample. No voucher is issued for either.
//! Reads a definition; after it: the campaigns API and the delivery workers. Guarantees: the voucher id of a sample is none that can
//! ever be issued, and whoever gets a sample sees that it is one.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    channel::Channel,
    customer::{BadContact, Customer, Email, EndpointArn, Locale, Name, Phone},
    definition::Definition,
    delivery::Attempt,
    field::FieldError,
    id::{BadId, CampaignId, CustomerId, Occurrence, RunId, SampleId, VoucherId},
    message::{Rendered, Variables, sms},
    voucher::{Brand, Issue, Voucher, variables},
};

/// Messages of one test send.
pub const MAX_MESSAGES: usize = 10;
/// Addresses that a tenant can list.
pub const MAX_ADDRESSES: usize = 50;
/// Bytes of what an address is called.
pub const MAX_LABEL: usize = 60;
/// Has the length of a real one, and letters that no derived id has (`L`).
const VOUCHER: &str = "vch_SAMPLESAMPLESAMPLESA";
/// Before what the reader sees first.
pub const MARK: &str = "[Sample] ";
/// Behind the address that ways out begin with: no token that was ever sealed.
pub const WAY_OUT: &str = "sample";

/// Who may get samples: a phone, a mailbox, a device. `Debug` redacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SampleAddress {
    Sms(Phone),
    Email(Email),
    Push(EndpointArn),
}

impl SampleAddress {
    pub fn parse(channel: Channel, text: &str) -> Result<Self, BadContact> {
        Ok(match channel {
            Channel::Sms => Self::Sms(Phone::parse(text)?),
            Channel::Email => Self::Email(Email::parse(text)?),
            Channel::Push => Self::Push(EndpointArn::parse(text)?),
        })
    }
    pub fn channel(&self) -> Channel {
        match self {
            Self::Sms(_) => Channel::Sms,
            Self::Email(_) => Channel::Email,
            Self::Push(_) => Channel::Push,
        }
    }
    /// For the carrier, and for the administrator who listed it.
    pub fn expose(&self) -> &str {
        match self {
            Self::Sms(phone) => phone.expose(),
            Self::Email(email) => email.expose(),
            Self::Push(arn) => arn.expose(),
        }
    }
    /// Whether both reach the same: mailboxes are compared without case.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Email(one), Self::Email(other)) => one.expose().eq_ignore_ascii_case(other.expose()),
            (one, other) => one == other,
        }
    }
}

/// The addresses that may get samples, as they are stored and shown to an administrator. No `Debug`: they are people's.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestAddresses {
    /// At most 50.
    pub addresses: Vec<TestAddress>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestAddress {
    pub channel: Channel,
    /// A phone number as E.164, an e-mail address, or the ARN of an SNS platform endpoint.
    pub address: String,
    /// Whose it is, for people: `Ana's phone`. At most 60 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

impl TestAddresses {
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.addresses.len() > MAX_ADDRESSES {
            errors.push(FieldError::new("/addresses", "too_many", format!("at most {MAX_ADDRESSES} addresses")));
            return errors;
        }
        let mut known: Vec<SampleAddress> = Vec::new();
        for (index, entry) in self.addresses.iter().enumerate() {
            if entry.label.len() > MAX_LABEL || entry.label.chars().any(char::is_control) {
                let detail = format!("at most {MAX_LABEL} bytes on one line");
                errors.push(FieldError::new(format!("/addresses/{index}/label"), "invalid", detail));
            }
            let field = format!("/addresses/{index}/address");
            match SampleAddress::parse(entry.channel, &entry.address) {
                Err(bad) => errors.push(FieldError::new(field, "invalid", bad.to_string())),
                Ok(address) if known.iter().any(|earlier| earlier.is(&address)) => {
                    errors.push(FieldError::new(field, "duplicate", "is on the list already"));
                }
                Ok(address) => known.push(address),
            }
        }
        errors
    }

    pub fn lists(&self, address: &SampleAddress) -> bool {
        self.addresses
            .iter()
            .filter_map(|entry| SampleAddress::parse(entry.channel, &entry.address).ok())
            .any(|listed| listed.is(address))
    }
}

/// One message of a test send. A pointer in a queue message is exactly this: it holds no address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleKey {
    pub id: SampleId,
    /// Its place in the request, from 0.
    pub number: u32,
}

impl fmt::Display for SampleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.id, self.number)
    }
}

/// Where one sample stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SampleState {
    /// No worker has it yet.
    Waiting,
    /// A worker is about to send it, or has just done so.
    Sending,
    /// The provider took it.
    Sent,
    /// It was not sent, for the reason given.
    Refused,
    /// Nobody knows whether it was sent. It is not sent again.
    Unknown,
}

impl SampleState {
    pub const ALL: [SampleState; 5] = [Self::Waiting, Self::Sending, Self::Sent, Self::Refused, Self::Unknown];

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

/// The id that stands for a voucher in samples: the vouchers API knows it of nobody.
pub fn voucher_id() -> Result<VoucherId, BadId> {
    VoucherId::parse(VOUCHER)
}

/// Made up, with everything known of them.
pub fn customer(locale: Option<Locale>) -> Result<Customer, BadSample> {
    let mut customer = Customer::new(CustomerId::parse("sample")?);
    let name = |text: &str| Name::parse(text);
    customer.profile.first_name = Some(name("Alexandra")?);
    customer.profile.last_name = Some(name("Montgomery")?);
    customer.profile.locale = locale;
    Ok(customer)
}

/// What fills the variables of a sample: as of a voucher that would be issued to `customer` now, by the same rule as the workers'.
pub fn filled(
    definition: &Definition,
    campaign: &CampaignId,
    customer: &Customer,
    brand: &Brand,
    now: Timestamp,
) -> Result<Variables, BadSample> {
    let voucher = voucher(definition, campaign, &customer.id, now)?;
    Ok(variables(&voucher, definition, customer, brand))
}

fn voucher(
    definition: &Definition,
    campaign: &CampaignId,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<Voucher, BadSample> {
    let run = RunId::of_promotion(campaign);
    let occurrence = Occurrence::of_run(&run);
    let issue = Issue { campaign, run: &run, occurrence: &occurrence, definition, customer, dispatch: WAY_OUT, now };
    let voucher = issue.voucher(Attempt::claim(Channel::Sms, 1, 1, now));
    Ok(Voucher { id: voucher_id()?, ..voucher })
}

/// A sample that cannot be made: none of our own can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSample {
    #[error(transparent)]
    Id(#[from] BadId),
    #[error(transparent)]
    Contact(#[from] BadContact),
}

impl Rendered {
    /// Marked where its reader looks first.
    #[must_use]
    pub fn as_sample(self) -> Self {
        match self {
            Rendered::Sms { text, .. } => {
                let text = format!("{MARK}{text}");
                Rendered::Sms { segments: sms::segments(&text), text }
            }
            Rendered::Email { subject, preheader, html, text } => {
                Rendered::Email { subject: format!("{MARK}{subject}"), preheader, html, text }
            }
            Rendered::Push { title, body } => Rendered::Push { title: format!("{MARK}{title}"), body },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listed(addresses: serde_json::Value) -> TestAddresses {
        serde_json::from_value(json!({"addresses": addresses})).unwrap()
    }
    fn found(addresses: serde_json::Value) -> Vec<String> {
        listed(addresses).check().iter().map(|error| format!("{} {}", error.field, error.code)).collect()
    }

    #[test]
    fn the_sample_voucher_is_none_that_can_be_issued() {
        let derived = VoucherId::derive(
            &CampaignId::parse("cmp_1").unwrap(),
            &CustomerId::parse("c-1").unwrap(),
            &Occurrence::parse("o").unwrap(),
        );
        assert_eq!(voucher_id().unwrap().as_str().len(), derived.as_str().len(), "a link is as long as a real one");
        // Crockford's alphabet, of which every derived id is made, has no L
        let symbols = voucher_id().unwrap().as_str().trim_start_matches("vch_").to_owned();
        assert!(symbols.contains('L'), "{symbols}");
    }

    #[test]
    fn an_address_is_of_its_channel_and_listed_once() {
        assert_eq!(
            found(json!([
                {"channel": "sms", "address": "+34600000001", "label": "Ana"},
                {"channel": "email", "address": "ana@example.com"},
                {"channel": "push", "address": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1"},
            ])),
            [""; 0]
        );
        assert_eq!(
            found(json!([
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
        let many: Vec<_> =
            (0..51).map(|n| json!({"channel": "email", "address": format!("a{n}@example.com")})).collect();
        assert_eq!(found(json!(many)), ["/addresses too_many"]);
    }

    #[test]
    fn only_what_is_listed_is_listed() {
        let list = listed(json!([{"channel": "email", "address": "ana@example.com"}]));
        let is = |channel, text| list.lists(&SampleAddress::parse(channel, text).unwrap());
        assert!(is(Channel::Email, "ANA@example.com"));
        assert!(!is(Channel::Email, "bob@example.com"));
        assert!(!is(Channel::Sms, "+34600000001"));
    }

    #[test]
    fn a_sample_says_so_first_and_its_address_shows_in_no_log() {
        let sms = Rendered::Sms { text: "x".repeat(160), segments: sms::segments(&"x".repeat(160)) };
        let Rendered::Sms { text, segments } = sms.as_sample() else { unreachable!("it stays one") };
        assert!(text.starts_with("[Sample] x"));
        assert_eq!(segments.count, 2, "the mark is counted");
        let push = Rendered::Push { title: "t".into(), body: "b".into() }.as_sample();
        assert!(push == Rendered::Push { title: "[Sample] t".into(), body: "b".into() });
        let shown = format!("{:?}", SampleAddress::parse(Channel::Sms, "+34600000001").unwrap());
        assert!(!shown.contains("346"), "{shown}");
    }
}
