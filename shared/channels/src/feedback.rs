//! Provider feedback after a send: SES events (published through SNS, raw), SNS delivery status
//! records, replies to an SMS, and the address findings of a worker.
//!
//! Messages are parsed here and recorded by `record-feedback`. An address is kept only to compare
//! it with the customer's, in a type that redacts itself. Replies are read in `inbound`.

use data_encoding::BASE32_NOPAD;
use domain::{
    customer::profile::Email,
    kernel::{
        channel::Channel,
        id::{CustomerId, VoucherId},
    },
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

pub use crate::address_finding::AddressFinding;
use crate::inbound::{InboundSms, parse_inbound};

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageEventKind {
    Delivered,
    /// The address does not exist or refuses permanently.
    HardBounce,
    /// The mailbox is full or the like. There is no suppression.
    SoftBounce,
    Complaint,
    /// The provider gave up before sending.
    Rejected,
    /// The carrier reports that this number has opted out.
    OptedOut,
    /// An event that is not recorded (send, open, click, delay).
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageEvent {
    pub channel: Channel,
    pub about: MessageReference,
    /// True if the event is about the voucher's reminder. It is known only from the message's tags.
    pub reminder: bool,
    pub kind: MessageEventKind,
    pub at: Timestamp,
    /// The e-mail address that bounced or complained. A customer whose address has changed since is
    /// not affected.
    pub address: Option<Email>,
}

/// One message of the feedback queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderEvent {
    Event(MessageEvent),
    /// An SMS that a phone has sent us.
    Inbound(InboundSms),
    Finding(AddressFinding),
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

fn decode_customer(tag: &str) -> Option<CustomerId> {
    let bytes = BASE32_NOPAD.decode(tag.as_bytes()).ok()?;
    CustomerId::parse(std::str::from_utf8(&bytes).ok()?).ok()
}

/// Parses one message. The error says what is missing, without quoting the event.
pub fn parse_feedback(body: &str, now: Timestamp) -> Result<ProviderEvent, &'static str> {
    let value: Value = serde_json::from_str(body).map_err(|_| "not JSON")?;
    // Without raw delivery, an SNS envelope has the event as text, and the time of its publication.
    match value.get("Message").and_then(Value::as_str) {
        Some(inner) if value.get("Type").is_some() => {
            let inner: Value =
                serde_json::from_str(inner).map_err(|_| "the envelope holds no JSON")?;
            parse_event(&inner, time_at(&value, "/Timestamp", now))
        }
        Some(_) | None => parse_event(&value, now),
    }
}

fn parse_event(value: &Value, now: Timestamp) -> Result<ProviderEvent, &'static str> {
    let has = |name: &str| value.get(name).is_some();
    if has("eventType") || has("notificationType") {
        return parse_ses_event(value, now).map(ProviderEvent::Event);
    }
    if has("notification") {
        return parse_delivery_status(value, now).map(ProviderEvent::Event);
    }
    if has("originationNumber") {
        return parse_inbound(value, now).map(ProviderEvent::Inbound);
    }
    if has("learnt") {
        return AddressFinding::deserialize(value)
            .map(ProviderEvent::Finding)
            .map_err(|_| "nothing that a worker learns");
    }
    Err("neither an event, a delivery status nor a reply")
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn parse_ses_event(value: &Value, now: Timestamp) -> Result<MessageEvent, &'static str> {
    let kind = text_at(value, "/eventType")
        .or_else(|| text_at(value, "/notificationType"))
        .ok_or("no event type")?;
    let (kind, at) = match kind {
        "Delivery" => (MessageEventKind::Delivered, "/delivery/timestamp"),
        "Bounce" if text_at(value, "/bounce/bounceType") == Some("Permanent") => {
            (MessageEventKind::HardBounce, "/bounce/timestamp")
        }
        "Bounce" => (MessageEventKind::SoftBounce, "/bounce/timestamp"),
        "Complaint" => (MessageEventKind::Complaint, "/complaint/timestamp"),
        "Reject" | "Rendering Failure" => (MessageEventKind::Rejected, "/mail/timestamp"),
        _ => (MessageEventKind::Other, "/mail/timestamp"),
    };
    let tag = |name: &str| text_at(value, &format!("/mail/tags/{name}/0"));
    let tagged = tag("voucher")
        .and_then(|id| VoucherId::parse(id).ok())
        .zip(tag("customer").and_then(decode_customer));
    let about = match (tagged, text_at(value, "/mail/messageId")) {
        _ if tag(TEST_SEND_TAG).is_some() => MessageReference::TestSend,
        (Some((voucher, customer)), _) => MessageReference::Voucher { customer, voucher },
        (None, Some(id)) => MessageReference::Message(id.to_owned()),
        (None, None) => return Err("names no message"),
    };
    let recipient = text_at(value, "/bounce/bouncedRecipients/0/emailAddress")
        .or_else(|| text_at(value, "/complaint/complainedRecipients/0/emailAddress"));
    let address = recipient.and_then(|recipient| Email::parse(recipient).ok());
    let reminder = tag(REMINDER_TAG).is_some();
    Ok(MessageEvent {
        channel: Channel::Email,
        about,
        reminder,
        kind,
        at: time_at(value, at, now),
        address,
    })
}

fn parse_delivery_status(value: &Value, now: Timestamp) -> Result<MessageEvent, &'static str> {
    let id = text_at(value, "/notification/messageId").ok_or("names no message")?;
    let channel = match text_at(value, "/delivery/destination") {
        Some(destination) if destination.starts_with("arn:") => Channel::Push,
        _ => Channel::Sms,
    };
    let opted_out = text_at(value, "/delivery/providerResponse")
        .is_some_and(|said| said.to_ascii_lowercase().contains("opted out"));
    let kind = match text_at(value, "/status") {
        Some("SUCCESS") => MessageEventKind::Delivered,
        Some("FAILURE") if opted_out && channel == Channel::Sms => MessageEventKind::OptedOut,
        Some("FAILURE") => MessageEventKind::Rejected,
        _ => return Err("no status"),
    };
    // The format is "2026-11-22 21:03:15.123", in UTC.
    let at = text_at(value, "/notification/timestamp")
        .map(|time| format!("{}Z", time.trim_end_matches('Z').replace(' ', "T")));
    let at = at.and_then(|time| time.parse().ok()).unwrap_or(now);
    Ok(MessageEvent {
        channel,
        about: MessageReference::Message(id.to_owned()),
        reminder: false,
        kind,
        at,
        address: None,
    })
}

fn time_at(value: &Value, pointer: &str, now: Timestamp) -> Timestamp {
    text_at(value, pointer).and_then(|time| time.parse().ok()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn event(body: &str) -> MessageEvent {
        let ProviderEvent::Event(event) = parse_feedback(body, now()).unwrap() else {
            unreachable!("{body}")
        };
        event
    }

    #[test]
    fn a_tagged_delivery_finds_its_voucher() {
        let customer = CustomerId::parse("user:42.a").unwrap();
        let said = json!({
            "eventType": "Delivery",
            "mail": {"messageId": "m-1", "tags": {"voucher": ["vch_1"], "customer": [encode_customer(&customer)]}},
            "delivery": {"timestamp": "2026-11-22T11:59:00Z"},
        });
        let parsed = event(&said.to_string());
        assert_eq!(parsed.kind, MessageEventKind::Delivered);
        assert_eq!(
            parsed.about,
            MessageReference::Voucher { customer, voucher: VoucherId::parse("vch_1").unwrap() }
        );
        assert_eq!(parsed.at.to_string(), "2026-11-22T11:59:00Z");
    }

    #[test]
    fn an_event_of_a_test_send_belongs_to_no_customer() {
        let said = json!({
            "eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "ana@example.com"}]},
            "mail": {"messageId": "m-1", "tags": {"campaign": ["cmp_1"], "sample": ["smp_1"]}},
        });
        assert_eq!(event(&said.to_string()).about, MessageReference::TestSend);
    }

    #[test]
    fn only_a_permanent_bounce_is_hard() {
        let bounce = |kind: &str| {
            json!({"eventType": "Bounce", "bounce": {"bounceType": kind}, "mail": {"messageId": "m"}}).to_string()
        };
        assert_eq!(event(&bounce("Permanent")).kind, MessageEventKind::HardBounce);
        assert_eq!(event(&bounce("Transient")).kind, MessageEventKind::SoftBounce);
    }

    #[test]
    fn an_sms_status_is_found_by_its_message_id() {
        let status = json!({
            "notification": {"messageId": "s-1", "timestamp": "2026-11-22 11:58:00.123"},
            "delivery": {"destination": "+34600000001"}, "status": "SUCCESS",
        });
        let parsed = event(&status.to_string());
        assert_eq!((parsed.channel, parsed.kind), (Channel::Sms, MessageEventKind::Delivered));
        assert_eq!(parsed.about, MessageReference::Message("s-1".into()));
        assert_eq!(parsed.at.to_string(), "2026-11-22T11:58:00.123Z");
    }

    #[test]
    fn a_number_that_opted_out_is_told_apart_from_one_that_failed() {
        let status = |said: &str| {
            json!({
                "notification": {"messageId": "s-1"}, "status": "FAILURE",
                "delivery": {"destination": "+34600000001", "providerResponse": said},
            })
        };
        assert_eq!(
            event(&status("Phone number is opted out").to_string()).kind,
            MessageEventKind::OptedOut
        );
        assert_eq!(
            event(&status("Unknown error attempting to reach phone").to_string()).kind,
            MessageEventKind::Rejected
        );
    }

    #[test]
    fn what_is_neither_is_refused_without_quoting_it() {
        for bad in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"eventType":1}"#,
            r#"{"notification":{}}"#,
            r#"{"originationNumber":"+1"}"#,
            r#"{"learnt":"dead"}"#,
            r#"{"learnt":"secret","customer":"c-1"}"#,
            r#"{"Type":"Notification","Message":"x"}"#,
        ] {
            assert!(parse_feedback(bad, now()).is_err(), "{bad}");
        }
    }
}
