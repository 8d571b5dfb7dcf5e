//! What providers say after the send: SES events (published through SNS, raw) and SNS delivery status records. Parsed here, stamped by
//! `record-feedback`. An address is held only
//! to compare it with the customer's, in a type that does not show it.

use data_encoding::BASE32_NOPAD;
use domain::{
    channel::Channel,
    customer::Email,
    id::{CustomerId, VoucherId},
};
use jiff::Timestamp;
use serde_json::Value;

/// Which message an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Tagged with the voucher.
    Voucher { customer: CustomerId, voucher: VoucherId },
    /// Only the provider's id is known.
    Message(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Delivered,
    /// The address does not exist or refuses for good.
    HardBounce,
    /// Mailbox full and the like: no suppression.
    SoftBounce,
    Complaint,
    /// The provider gave up before sending.
    Rejected,
    /// Says nothing that we keep (send, open, click, delay).
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub channel: Channel,
    pub about: About,
    pub kind: Kind,
    pub at: Timestamp,
    /// The e-mail address that bounced or complained: a customer who has another by now is left alone.
    pub address: Option<Email>,
}

/// Tag values take letters, digits, `_` and `-` only; ids take more.
pub fn encode_customer(customer: &CustomerId) -> String {
    BASE32_NOPAD.encode(customer.as_str().as_bytes())
}

fn decode_customer(tag: &str) -> Option<CustomerId> {
    let bytes = BASE32_NOPAD.decode(tag.as_bytes()).ok()?;
    CustomerId::parse(std::str::from_utf8(&bytes).ok()?).ok()
}

/// Reads one event; the error says what is missing, without quoting the event.
pub fn parse(body: &str, now: Timestamp) -> Result<Event, &'static str> {
    let value: Value = serde_json::from_str(body).map_err(|_| "not JSON")?;
    if value.get("eventType").is_some() || value.get("notificationType").is_some() {
        return ses(&value, now);
    }
    if value.get("notification").is_some() {
        return delivery_status(&value, now);
    }
    // not raw: an SNS envelope with the event as text
    match value.get("Message").and_then(Value::as_str) {
        Some(inner) if value.get("Type").is_some() => parse_inner(inner, now),
        _ => Err("neither an SES event nor a delivery status"),
    }
}

fn parse_inner(inner: &str, now: Timestamp) -> Result<Event, &'static str> {
    let value: Value = serde_json::from_str(inner).map_err(|_| "the envelope holds no JSON")?;
    if value.get("notification").is_some() { delivery_status(&value, now) } else { ses(&value, now) }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn ses(value: &Value, now: Timestamp) -> Result<Event, &'static str> {
    let kind = text(value, "/eventType").or_else(|| text(value, "/notificationType")).ok_or("no event type")?;
    let (kind, at) = match kind {
        "Delivery" => (Kind::Delivered, "/delivery/timestamp"),
        "Bounce" if text(value, "/bounce/bounceType") == Some("Permanent") => (Kind::HardBounce, "/bounce/timestamp"),
        "Bounce" => (Kind::SoftBounce, "/bounce/timestamp"),
        "Complaint" => (Kind::Complaint, "/complaint/timestamp"),
        "Reject" | "Rendering Failure" => (Kind::Rejected, "/mail/timestamp"),
        _ => (Kind::Other, "/mail/timestamp"),
    };
    let tag = |name: &str| text(value, &format!("/mail/tags/{name}/0"));
    let tagged = tag("voucher").and_then(|id| VoucherId::parse(id).ok()).zip(tag("customer").and_then(decode_customer));
    let about = match (tagged, text(value, "/mail/messageId")) {
        (Some((voucher, customer)), _) => About::Voucher { customer, voucher },
        (None, Some(id)) => About::Message(id.to_owned()),
        (None, None) => return Err("names no message"),
    };
    let recipient = text(value, "/bounce/bouncedRecipients/0/emailAddress")
        .or_else(|| text(value, "/complaint/complainedRecipients/0/emailAddress"));
    let address = recipient.and_then(|recipient| Email::parse(recipient).ok());
    Ok(Event { channel: Channel::Email, about, kind, at: time(value, at, now), address })
}

fn delivery_status(value: &Value, now: Timestamp) -> Result<Event, &'static str> {
    let id = text(value, "/notification/messageId").ok_or("names no message")?;
    let channel = match text(value, "/delivery/destination") {
        Some(destination) if destination.starts_with("arn:") => Channel::Push,
        _ => Channel::Sms,
    };
    let kind = match text(value, "/status") {
        Some("SUCCESS") => Kind::Delivered,
        Some("FAILURE") => Kind::Rejected,
        _ => return Err("no status"),
    };
    // "2026-11-22 21:03:15.123", in UTC
    let at =
        text(value, "/notification/timestamp").map(|time| format!("{}Z", time.trim_end_matches('Z').replace(' ', "T")));
    let at = at.and_then(|time| time.parse().ok()).unwrap_or(now);
    Ok(Event { channel, about: About::Message(id.to_owned()), kind, at, address: None })
}

fn time(value: &Value, pointer: &str, now: Timestamp) -> Timestamp {
    text(value, pointer).and_then(|time| time.parse().ok()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_tagged_delivery_finds_its_voucher() {
        let customer = CustomerId::parse("user:42.a").unwrap();
        let event = json!({
            "eventType": "Delivery",
            "mail": {"messageId": "m-1", "tags": {"voucher": ["vch_1"], "customer": [encode_customer(&customer)]}},
            "delivery": {"timestamp": "2026-11-22T11:59:00Z"},
        });
        let parsed = parse(&event.to_string(), now()).unwrap();
        assert_eq!(parsed.kind, Kind::Delivered);
        assert_eq!(parsed.about, About::Voucher { customer, voucher: VoucherId::parse("vch_1").unwrap() });
        assert_eq!(parsed.at.to_string(), "2026-11-22T11:59:00Z");
    }

    #[test]
    fn only_a_permanent_bounce_is_hard() {
        let bounce = |kind: &str| {
            json!({"eventType": "Bounce", "bounce": {"bounceType": kind}, "mail": {"messageId": "m"}}).to_string()
        };
        assert_eq!(parse(&bounce("Permanent"), now()).unwrap().kind, Kind::HardBounce);
        assert_eq!(parse(&bounce("Transient"), now()).unwrap().kind, Kind::SoftBounce);
    }

    #[test]
    fn an_sms_status_is_found_by_its_message_id() {
        let status = json!({
            "notification": {"messageId": "s-1", "timestamp": "2026-11-22 11:58:00.123"},
            "delivery": {"destination": "+34600000001"}, "status": "SUCCESS",
        });
        let parsed = parse(&status.to_string(), now()).unwrap();
        assert_eq!((parsed.channel, parsed.kind), (Channel::Sms, Kind::Delivered));
        assert_eq!(parsed.about, About::Message("s-1".into()));
        assert_eq!(parsed.at.to_string(), "2026-11-22T11:58:00.123Z");
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
            r#"{"Type":"Notification","Message":"x"}"#,
        ] {
            assert!(parse(bad, now()).is_err(), "{bad}");
        }
    }
}
