//! What is said after the send: SES events (published through SNS, raw), SNS delivery status records, replies to an SMS, and what a
//! worker learnt while it sent. Parsed here, recorded by `record-feedback`. An address is held only to compare it with the
//! customer's, in a type that does not show it; a reply's number is not read at all.

use data_encoding::BASE32_NOPAD;
use domain::{
    channel::Channel,
    customer::{Email, EndpointArn},
    id::{CustomerId, VoucherId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which message an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Tagged with the voucher.
    Voucher { customer: CustomerId, voucher: VoucherId },
    /// Only the provider's id is known.
    Message(String),
    /// A sample to somebody on the tenant's list: no customer's, and no voucher's.
    Sample,
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
    /// The carrier knows that this number wants nothing more.
    OptedOut,
    /// Says nothing that we keep (send, open, click, delay).
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub channel: Channel,
    pub about: About,
    /// The voucher's reminder, if it is known by its tags.
    pub reminder: bool,
    pub kind: Kind,
    pub at: Timestamp,
    /// The e-mail address that bounced or complained: a customer who has another by now is left alone.
    pub address: Option<Email>,
}

/// One message of the feedback queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    Event(Event),
    /// An answer to an SMS of ours.
    Reply {
        /// The provider's id of the last message that was sent to this number, if it says so.
        to: Option<String>,
        /// They want no more.
        stop: bool,
    },
    Learnt(Learnt),
}

/// What a worker was told by its provider while it sent. It may not change customers itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "learnt", rename_all = "snake_case", deny_unknown_fields)]
pub enum Learnt {
    /// A device takes no more pushes.
    DeadEndpoint { customer: CustomerId, arn: EndpointArn },
    /// The number is on the provider's list of those that want nothing more.
    OptedOut { customer: CustomerId, at: Timestamp },
}

/// Words that end the messages, alone in an answer: the carriers' own in English, and what people say in the other languages.
const STOP_WORDS: [&str; 25] = [
    "STOP",
    "STOPALL",
    "STOP ALL",
    "END",
    "QUIT",
    "CANCEL",
    "UNSUBSCRIBE",
    "OPTOUT",
    "OPT OUT",
    "REVOKE", // English
    "BAJA",
    "ALTO",
    "PARAR",
    "CANCELAR",
    "NO MAS", // Spanish
    "ARRET",
    "ARRETER",
    "DESABONNER", // French
    "STOPP",
    "ABMELDEN",
    "ENDE",
    "ABBESTELLEN", // German
    "CANCELLA",
    "ANNULLA", // Italian
    "SAIR",    // Portuguese
];

/// The tag of samples, in the place of voucher and customer.
pub const SAMPLE_TAG: &str = "sample";

/// Case, accents and punctuation do not count.
fn is_stop(text: &str) -> bool {
    let plain = |letter: char| match letter {
        'Á' | 'À' | 'Â' | 'Ã' | 'Ä' => 'A',
        'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'Í' | 'Ì' | 'Î' | 'Ï' => 'I',
        'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ö' => 'O',
        'Ú' | 'Ù' | 'Û' | 'Ü' => 'U',
        letter if letter.is_alphanumeric() => letter,
        _ => ' ',
    };
    let words: String = text.chars().take(40).flat_map(char::to_uppercase).map(plain).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    STOP_WORDS.contains(&words.as_str())
}

/// The tag of a message before a voucher's end.
pub(crate) const REMINDER: &str = "reminder";

/// Tag values take letters, digits, `_` and `-` only; ids take more.
pub fn encode_customer(customer: &CustomerId) -> String {
    BASE32_NOPAD.encode(customer.as_str().as_bytes())
}

fn decode_customer(tag: &str) -> Option<CustomerId> {
    let bytes = BASE32_NOPAD.decode(tag.as_bytes()).ok()?;
    CustomerId::parse(std::str::from_utf8(&bytes).ok()?).ok()
}

/// Reads one message; the error says what is missing, without quoting the event.
pub fn parse(body: &str, now: Timestamp) -> Result<News, &'static str> {
    let value: Value = serde_json::from_str(body).map_err(|_| "not JSON")?;
    // not raw: an SNS envelope with the event as text
    match value.get("Message").and_then(Value::as_str) {
        Some(inner) if value.get("Type").is_some() => {
            let inner: Value = serde_json::from_str(inner).map_err(|_| "the envelope holds no JSON")?;
            news(&inner, now)
        }
        Some(_) | None => news(&value, now),
    }
}

fn news(value: &Value, now: Timestamp) -> Result<News, &'static str> {
    let has = |name: &str| value.get(name).is_some();
    if has("eventType") || has("notificationType") {
        return ses(value, now).map(News::Event);
    }
    if has("notification") {
        return delivery_status(value, now).map(News::Event);
    }
    if has("originationNumber") {
        return reply(value);
    }
    if has("learnt") {
        return Learnt::deserialize(value).map(News::Learnt).map_err(|_| "nothing that a worker learns");
    }
    Err("neither an event, a delivery status nor a reply")
}

/// Two-way SMS, as AWS End User Messaging publishes it.
fn reply(value: &Value) -> Result<News, &'static str> {
    let said = text(value, "/messageBody").ok_or("a reply without words")?;
    let to = text(value, "/previousPublishedMessageId").filter(|id| !id.is_empty()).map(str::to_owned);
    Ok(News::Reply { to, stop: is_stop(said) })
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
        _ if tag(SAMPLE_TAG).is_some() => About::Sample,
        (Some((voucher, customer)), _) => About::Voucher { customer, voucher },
        (None, Some(id)) => About::Message(id.to_owned()),
        (None, None) => return Err("names no message"),
    };
    let recipient = text(value, "/bounce/bouncedRecipients/0/emailAddress")
        .or_else(|| text(value, "/complaint/complainedRecipients/0/emailAddress"));
    let address = recipient.and_then(|recipient| Email::parse(recipient).ok());
    let reminder = tag(REMINDER).is_some();
    Ok(Event { channel: Channel::Email, about, reminder, kind, at: time(value, at, now), address })
}

fn delivery_status(value: &Value, now: Timestamp) -> Result<Event, &'static str> {
    let id = text(value, "/notification/messageId").ok_or("names no message")?;
    let channel = match text(value, "/delivery/destination") {
        Some(destination) if destination.starts_with("arn:") => Channel::Push,
        _ => Channel::Sms,
    };
    let opted_out =
        text(value, "/delivery/providerResponse").is_some_and(|said| said.to_ascii_lowercase().contains("opted out"));
    let kind = match text(value, "/status") {
        Some("SUCCESS") => Kind::Delivered,
        Some("FAILURE") if opted_out && channel == Channel::Sms => Kind::OptedOut,
        Some("FAILURE") => Kind::Rejected,
        _ => return Err("no status"),
    };
    // "2026-11-22 21:03:15.123", in UTC
    let at =
        text(value, "/notification/timestamp").map(|time| format!("{}Z", time.trim_end_matches('Z').replace(' ', "T")));
    let at = at.and_then(|time| time.parse().ok()).unwrap_or(now);
    Ok(Event { channel, about: About::Message(id.to_owned()), reminder: false, kind, at, address: None })
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

    fn event(body: &str) -> Event {
        let News::Event(event) = parse(body, now()).unwrap() else { unreachable!("{body}") };
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
        assert_eq!(parsed.kind, Kind::Delivered);
        assert_eq!(parsed.about, About::Voucher { customer, voucher: VoucherId::parse("vch_1").unwrap() });
        assert_eq!(parsed.at.to_string(), "2026-11-22T11:59:00Z");
    }

    #[test]
    fn an_event_of_a_sample_is_nobodys() {
        let said = json!({
            "eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "ana@example.com"}]},
            "mail": {"messageId": "m-1", "tags": {"campaign": ["cmp_1"], "sample": ["smp_1"]}},
        });
        assert_eq!(event(&said.to_string()).about, About::Sample);
    }

    #[test]
    fn only_a_permanent_bounce_is_hard() {
        let bounce = |kind: &str| {
            json!({"eventType": "Bounce", "bounce": {"bounceType": kind}, "mail": {"messageId": "m"}}).to_string()
        };
        assert_eq!(event(&bounce("Permanent")).kind, Kind::HardBounce);
        assert_eq!(event(&bounce("Transient")).kind, Kind::SoftBounce);
    }

    #[test]
    fn an_sms_status_is_found_by_its_message_id() {
        let status = json!({
            "notification": {"messageId": "s-1", "timestamp": "2026-11-22 11:58:00.123"},
            "delivery": {"destination": "+34600000001"}, "status": "SUCCESS",
        });
        let parsed = event(&status.to_string());
        assert_eq!((parsed.channel, parsed.kind), (Channel::Sms, Kind::Delivered));
        assert_eq!(parsed.about, About::Message("s-1".into()));
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
        assert_eq!(event(&status("Phone number is opted out").to_string()).kind, Kind::OptedOut);
        assert_eq!(event(&status("Unknown error attempting to reach phone").to_string()).kind, Kind::Rejected);
    }

    #[test]
    fn a_reply_stops_only_by_one_of_the_words_alone() {
        let reply = |said: &str| {
            let reply = json!({
                "originationNumber": "+34600000001", "destinationNumber": "+34600000009", "messageKeyword": "KEYWORD",
                "messageBody": said, "inboundMessageId": "i-1", "previousPublishedMessageId": "s-1",
            });
            parse(&reply.to_string(), now()).unwrap()
        };
        let stops =
            ["STOP", " stop. ", "Stop!", "baja", "ARRÊT", "désabonner", "no más", "Abmelden", "sair", "stop all"];
        for said in stops {
            assert_eq!(reply(said), News::Reply { to: Some("s-1".into()), stop: true }, "{said}");
        }
        for said in ["", "do not stop", "stop it please", "ja", "START", "stopwatch"] {
            assert_eq!(reply(said), News::Reply { to: Some("s-1".into()), stop: false }, "{said}");
        }
        let unknown = json!({"originationNumber": "+1", "messageBody": "stop", "previousPublishedMessageId": ""});
        assert_eq!(parse(&unknown.to_string(), now()).unwrap(), News::Reply { to: None, stop: true });
    }

    #[test]
    fn what_a_worker_learnt_is_read_back() {
        let customer = CustomerId::parse("c-1").unwrap();
        let arn = EndpointArn::parse("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1").unwrap();
        for learnt in
            [Learnt::DeadEndpoint { customer: customer.clone(), arn }, Learnt::OptedOut { customer, at: now() }]
        {
            let body = serde_json::to_string(&learnt).unwrap();
            assert_eq!(parse(&body, now()).unwrap(), News::Learnt(learnt));
        }
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
            r#"{"learnt":"dead_endpoint"}"#,
            r#"{"learnt":"secret","customer":"c-1"}"#,
            r#"{"Type":"Notification","Message":"x"}"#,
        ] {
            assert!(parse(bad, now()).is_err(), "{bad}");
        }
    }
}
