//! Parses the messages of the feedback queue: SES events, delivery status records of SNS, events of
//! AWS End User Messaging, replies to an SMS, events about devices, and the address findings of a
//! worker.
//!
//! It reads and writes no store: `record-feedback` applies the events, and a kind means what
//! `domain::delivery::feedback` says. Each kind is known, known in part or unreadable, and an
//! operator sees the last two. An address is kept only to compare it with the customer's, in a type
//! that redacts itself. Replies are read in `inbound`.

mod device;
mod envelope;
mod mailbox;
mod push;
mod ses;
mod sms;

use std::borrow::Cow;

use data_encoding::BASE32_NOPAD;
use domain::{
    customer::profile::{Email, EndpointArn, Phone},
    delivery::feedback::FeedbackType,
    kernel::{
        channel::Channel,
        id::{CustomerId, VoucherId},
    },
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

pub use crate::address_finding::AddressFinding;
use crate::{
    OutgoingMessage, Recipient,
    inbound::{InboundSms, parse_inbound},
    mask::REDACTED,
};
use envelope::EnvelopeContent;
pub(crate) use mailbox::parse_mailbox;

/// The message that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageReference {
    /// A voucher's message, identified by its tags.
    Voucher { customer: CustomerId, voucher: VoucherId },
    /// A message of which only the provider's id is known.
    Message(String),
    /// A test send to a colleague on the tenant's list. It belongs to no customer and no voucher.
    TestSend,
}

/// The address that an event names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventAddress {
    /// The event names none that can be read: it is about the person to whom the message was sent.
    Unnamed,
    /// The address was masked before the event was parked, so it cannot be compared any more.
    Masked,
    Email(Email),
    Phone(Phone),
    Endpoint(EndpointArn),
}

impl EventAddress {
    /// Returns the address, if it is known.
    pub fn expose(&self) -> Option<&str> {
        match self {
            Self::Unnamed | Self::Masked => None,
            Self::Email(email) => Some(email.expose()),
            Self::Phone(phone) => Some(phone.expose()),
            Self::Endpoint(arn) => Some(arn.expose()),
        }
    }
}

/// The person of a message whom an event concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPerson {
    pub about: MessageReference,
    /// The address that bounced or complained. A customer whose address has changed since is not
    /// marked.
    pub address: EventAddress,
    /// True if the message had no other recipient. Of a message with several, the event is the
    /// customer's only if the address is.
    pub sole: bool,
}

/// An event about one message to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageEvent {
    pub channel: Channel,
    pub person: EventPerson,
    /// True if the event is about the voucher's reminder. It is known only from the message's tags.
    pub reminder: bool,
    pub what: FeedbackType,
    pub at: Timestamp,
}

/// A choice that a customer made with the provider, on the page of its contact list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListChoice {
    pub person: EventPerson,
    /// True for a customer who came back, false for one who left the whole list.
    pub granted: bool,
    pub at: Timestamp,
}

/// One event of the feedback queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderEvent {
    Event(MessageEvent),
    ListChoice(ListChoice),
    /// An SMS that a phone has sent us.
    Inbound(InboundSms),
    Finding(AddressFinding),
}

/// The reason why an event cannot be applied. It quotes at most one word of the event, a kind that
/// is not known, and never an address.
pub type Unreadable = Cow<'static, str>;

/// The content of one event of a provider, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedEvent {
    /// The events to apply. There are none in an event that is known and changes nothing.
    pub events: Vec<ProviderEvent>,
    /// A part that is not known although the rest is. An operator has to see the event.
    pub unknown: Option<Unreadable>,
    /// A fault of the sender's that an operator has to hear of.
    pub alert: Option<&'static str>,
    /// The number of addresses to which the message was not sent, such as that of a forwarding.
    pub foreign: usize,
}

impl ParsedEvent {
    fn nothing() -> Self {
        Self::default()
    }
    fn one(event: ProviderEvent) -> Self {
        Self { events: vec![event], ..Self::default() }
    }
}

/// One event of a message of the feedback queue. A message may hold several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnclosedEvent<'a> {
    /// The event as text, without its envelopes.
    pub text: Cow<'a, str>,
    pub parsed: Result<ParsedEvent, Unreadable>,
}

/// The tag of test sends, in place of voucher and customer.
pub const TEST_SEND_TAG: &str = "sample";

/// The tag of a reminder.
pub(crate) const REMINDER_TAG: &str = "reminder";

/// Encodes a customer id as a tag value. Tag values allow only letters, digits, `_` and `-`; ids
/// allow more.
pub fn encode_customer(customer: &CustomerId) -> String {
    BASE32_NOPAD.encode(customer.as_str().as_bytes())
}

/// Returns the tags of a message, by which its events are known: the voucher and its customer, or a
/// test send. Values are letters, digits, `_` and `-` only.
#[cfg_attr(
    not(any(feature = "email", feature = "sms")),
    expect(dead_code, reason = "SNS takes no tags")
)]
pub(crate) fn message_tags(outgoing: &OutgoingMessage<'_>) -> Vec<(&'static str, String)> {
    let campaign = ("campaign", outgoing.campaign.to_string());
    match outgoing.recipient {
        Recipient::Customer(customer) => {
            let reminder = outgoing.reminder.then(|| (REMINDER_TAG, "1".to_owned()));
            let key = [
                campaign,
                ("voucher", outgoing.voucher.to_string()),
                ("customer", encode_customer(customer)),
            ];
            key.into_iter().chain(reminder).collect()
        }
        Recipient::TestSend(sample) => vec![campaign, (TEST_SEND_TAG, sample.to_string())],
    }
}

fn decode_customer(tag: &str) -> Option<CustomerId> {
    let bytes = BASE32_NOPAD.decode(tag.as_bytes()).ok()?;
    CustomerId::parse(std::str::from_utf8(&bytes).ok()?).ok()
}

/// Parses one message of the feedback queue, in whatever envelope it comes. An event without a time
/// of its own happened when its envelope was published, or else at `now`.
pub fn parse_feedback(body: &str, now: Timestamp) -> Vec<EnclosedEvent<'_>> {
    let all = envelope::open_body(body).into_iter();
    let parsed = all.map(|opened| {
        let published = time_of(opened.published.as_deref(), now);
        let parsed = match opened.content {
            EnvelopeContent::Event(value) => parse_event(&value, published),
            EnvelopeContent::Nothing(alert) => Ok(ParsedEvent { alert, ..ParsedEvent::nothing() }),
            EnvelopeContent::Unreadable(reason) => Err(reason),
        };
        EnclosedEvent { text: opened.text, parsed }
    });
    parsed.collect()
}

fn parse_event(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    let has = |name: &str| value.get(name).is_some();
    if sms::is_message_event(value) {
        return sms::parse_message_event(value, now);
    }
    if device::is_device_event(value) {
        return device::parse_device_event(value, now);
    }
    if has("eventType") || has("notificationType") {
        return ses::parse_ses_event(value, now);
    }
    if has("notification") {
        return parse_delivery_status(value, now);
    }
    if has("originationNumber") {
        return parse_conversation(value, now);
    }
    if has("learnt") {
        return AddressFinding::deserialize(value)
            .map(|learnt| ParsedEvent::one(ProviderEvent::Finding(learnt)))
            .map_err(|_| "nothing that a worker learns".into());
    }
    Err("neither an event, a delivery status nor a reply".into())
}

/// Parses an entry of the delivery status log of SNS, which has one form for SMS and push.
fn parse_delivery_status(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    match text_at(value, "/delivery/destination") {
        Some(device) if device.starts_with("arn:") => push::parse_push_status(value, now),
        Some(_) => sms::parse_sms_status(value, now),
        None => Err("a delivery status without a destination".into()),
    }
}

/// Parses what a customer sent: a reply, or a sign of life of an RCS conversation, whose body is
/// JSON with a type.
fn parse_conversation(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    let body = text_at(value, "/messageBody").unwrap_or_default();
    let action = serde_json::from_str::<Value>(body).ok();
    match action.as_ref().and_then(|action| text_at(action, "/type")) {
        None => Ok(ParsedEvent::one(ProviderEvent::Inbound(parse_inbound(value, now)?))),
        Some("RCS_TYPING" | "CONVERSATION_STARTED") => Ok(ParsedEvent::nothing()),
        Some("SUGGESTION") => {
            Err("a tap on a suggestion, of which no message of ours has any".into())
        }
        Some(kind) => Err(unknown("type of RCS message", kind)),
    }
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// Describes a kind that no version of this parser knows. The word is quoted if it is one, so that
/// it cannot carry an address.
fn unknown(of: &str, word: &str) -> Unreadable {
    const MAX_WORD: usize = 40;
    let is_kind = (1..=MAX_WORD).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b' '));
    if is_kind { format!("unknown {of}: {word}").into() } else { format!("unknown {of}").into() }
}

/// Returns the message that a map of tags or context names. A value is a text or a list of one.
fn tagged_message(
    tags: Option<&Value>,
    message: Option<&str>,
) -> Result<MessageReference, Unreadable> {
    let tag = |name: &str| tag_value(tags, name);
    if tag(TEST_SEND_TAG).is_some() {
        return Ok(MessageReference::TestSend);
    }
    let voucher = tag("voucher").and_then(|id| VoucherId::parse(id).ok());
    match (voucher.zip(tag("customer").and_then(decode_customer)), message) {
        (Some((voucher, customer)), _) => Ok(MessageReference::Voucher { customer, voucher }),
        (None, Some(id)) if !id.is_empty() => Ok(MessageReference::Message(id.to_owned())),
        (None, _) => Err("names no message".into()),
    }
}

fn tag_value<'a>(tags: Option<&'a Value>, name: &str) -> Option<&'a str> {
    let value = tags?.get(name)?;
    value.get(0).unwrap_or(value).as_str()
}

/// Reads a time in the forms that providers use: RFC 3339, a blank in place of the `T` or before
/// the offset, no offset for UTC. A time that cannot be read, or is ahead of ours, is now.
fn time_of(text: Option<&str>, now: Timestamp) -> Timestamp {
    let parsed = text.and_then(|text| {
        let (day, rest) = text.trim().split_at_checked(10)?;
        let rest: String = rest.trim_start_matches('T').split_whitespace().collect();
        let zoned = rest.ends_with(['Z', 'z']) || rest.contains(['+', '-']);
        format!("{day}T{rest}{}", if zoned { "" } else { "Z" }).parse::<Timestamp>().ok()
    });
    parsed.map_or(now, |at| at.min(now))
}

/// Returns the address of a phone, or why it cannot be compared. A number without its `+` is
/// completed, and a text that is no number names no address.
fn phone_of(text: Option<&str>) -> EventAddress {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => EventAddress::Unnamed,
        Some(REDACTED) => EventAddress::Masked,
        Some(text) => {
            let number = format!("+{}", text.trim_start_matches('+'));
            Phone::parse(&number).map_or(EventAddress::Unnamed, EventAddress::Phone)
        }
    }
}

fn endpoint_of(text: Option<&str>) -> EventAddress {
    text.and_then(|arn| EndpointArn::parse(arn).ok())
        .map_or(EventAddress::Unnamed, EventAddress::Endpoint)
}

#[cfg(test)]
mod tests;
