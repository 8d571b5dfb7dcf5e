//! An SMS that a phone sends us, as AWS End User Messaging publishes it: `STOP`, `START`, and
//! everything else that people write. It counts for the number it comes from, with or without the
//! message that it answers, and whenever it comes.
//!
//! The text is kept only if a person has to read it, and addresses in it are masked. One that has to
//! be parked keeps the key of its number and its time: a STOP still counts, and for the same moment,
//! when it is read again.

use domain::customer::{
    address::AddressKey,
    profile::Phone,
    reply_words::{ReplyMeaning, read_reply},
};
use jiff::Timestamp;
use serde_json::Value;

use crate::mask::{REDACTED, mask_addresses, parked_text};

/// The fields that a parked SMS has in addition: the key of its number, and its time.
const PARKED_KEY: &str = "originationKey";
const PARKED_AT: &str = "receivedAt";

/// The longest text that is kept for a person, in characters.
const MAX_TEXT: usize = 400;

/// The number that an SMS comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsSender {
    Number(Phone),
    /// The number was masked when the SMS was parked, and its key was kept.
    Parked(AddressKey),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundSms {
    /// The number that it comes from. A sender that is no phone has none.
    pub from: Option<SmsSender>,
    /// The provider's id of the last message sent to this number, if it has it.
    pub answers: Option<String>,
    /// The provider's id of this message, by which a repeat is known.
    pub id: String,
    pub meaning: ReplyMeaning,
    /// The text, if a person has to read it.
    pub text: Option<String>,
    pub at: Timestamp,
}

/// Returns the text to park for an SMS, with the key of its number in place of the number.
pub fn parked_inbound(text: &str, sms: &InboundSms, from: &AddressKey) -> String {
    let parked = parked_text(text);
    match serde_json::from_str::<Value>(&parked) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(PARKED_KEY.to_owned(), from.as_str().into());
            fields.insert(PARKED_AT.to_owned(), sms.at.to_string().into());
            Value::Object(fields).to_string()
        }
        Ok(_) | Err(_) => parked,
    }
}

/// Parses an SMS that was received at `at`, or earlier if it was parked.
pub(crate) fn parse_inbound(value: &Value, at: Timestamp) -> Result<InboundSms, &'static str> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let said = text("messageBody").ok_or("an SMS without words")?;
    let is_known = |id: &&str| !id.trim().is_empty() && *id != REDACTED;
    let known = |name: &str| text(name).filter(is_known).map(str::to_owned);
    let earlier = text(PARKED_AT).and_then(|at| at.parse::<Timestamp>().ok());
    let at = earlier.map_or(at, |earlier| earlier.min(at));
    let parked_key = text(PARKED_KEY).and_then(|key| AddressKey::parse(key).ok());
    let number = text("originationNumber").and_then(parse_number).map(SmsSender::Number);
    let meaning = read_reply(said, text("messageKeyword"));
    let kept = (meaning == ReplyMeaning::Unclear)
        .then(|| mask_addresses(&said.chars().take(MAX_TEXT).collect::<String>()));
    Ok(InboundSms {
        from: number.or_else(|| parked_key.map(SmsSender::Parked)),
        answers: known("previousPublishedMessageId"),
        id: known("inboundMessageId").unwrap_or_else(|| format!("{}.{said}", at.as_millisecond())),
        meaning,
        text: kept,
        at,
    })
}

/// Parses the number of a sender, which some carriers give without its `+`.
fn parse_number(number: &str) -> Option<Phone> {
    let digits = number.trim().trim_start_matches('+');
    Phone::parse(&format!("+{digits}")).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::feedback::{ProviderEvent, parse_feedback};

    const AT: &str = "2026-11-22T12:00:00Z";

    fn parsed(body: &Value) -> InboundSms {
        let body = body.to_string();
        let mut parsed = parse_feedback(&body, AT.parse().unwrap()).remove(0).parsed.unwrap();
        match parsed.events.pop() {
            Some(ProviderEvent::Inbound(inbound)) => inbound,
            other => unreachable!("{other:?}: {body}"),
        }
    }
    fn sms(said: &str) -> Value {
        json!({
            "originationNumber": "+34600000001", "destinationNumber": "+34600000009", "messageKeyword": "KEYWORD",
            "messageBody": said, "inboundMessageId": "i-1", "previousPublishedMessageId": "s-1",
        })
    }

    #[test]
    fn an_sms_is_read_with_its_number_and_what_it_answers() {
        let stop = parsed(&sms(" stop. "));
        assert_eq!(stop.from, Some(SmsSender::Number(Phone::parse("+34600000001").unwrap())));
        assert_eq!((stop.answers.as_deref(), stop.id.as_str()), (Some("s-1"), "i-1"));
        assert_eq!((stop.meaning, stop.text), (ReplyMeaning::Stop, None));
        assert_eq!(parsed(&sms("START")).meaning, ReplyMeaning::Start);
        assert_eq!(parsed(&sms("thanks!")).meaning, ReplyMeaning::Other);
    }

    #[test]
    fn a_stop_needs_no_id_and_no_plus() {
        for answers in [json!(null), json!(""), json!(" ")] {
            let body = json!({"originationNumber": "12025550101", "messageBody": "stop", "previousPublishedMessageId": answers});
            let inbound = parsed(&body);
            assert_eq!(
                inbound.from,
                Some(SmsSender::Number(Phone::parse("+12025550101").unwrap()))
            );
            assert_eq!((inbound.answers, inbound.meaning), (None, ReplyMeaning::Stop));
            assert!(!inbound.id.is_empty());
        }
        assert_eq!(
            parsed(&json!({"originationNumber": "AMAZON", "messageBody": "stop"})).from,
            None
        );
    }

    #[test]
    fn only_a_text_for_a_person_is_kept_and_shows_no_address() {
        assert_eq!(parsed(&sms("START please")).text.as_deref(), Some("START please"));
        let near = parsed(&sms("please, stop writing to ana@example.com"));
        assert_eq!(near.meaning, ReplyMeaning::Unclear);
        let kept = near.text.unwrap();
        assert!(kept.contains("please, stop") && !kept.contains("ana@example.com"), "{kept}");
        assert_eq!(parsed(&sms("my number is secret")).text, None);
    }

    #[test]
    fn its_time_is_that_of_the_envelope_if_it_has_one() {
        let envelope = json!({"Type": "Notification", "Timestamp": "2026-11-22T11:59:00.000Z", "Message": sms("stop").to_string()});
        assert_eq!(parsed(&envelope).at.to_string(), "2026-11-22T11:59:00Z");
        assert_eq!(parsed(&sms("stop")).at.to_string(), AT);
    }

    #[test]
    fn a_parked_sms_keeps_the_key_of_its_number_and_its_time_and_not_the_number() {
        let key = AddressKey::parse(&"0a".repeat(16)).unwrap();
        let stop = parsed(&sms("stop"));
        let parked = parked_inbound(&sms("stop").to_string(), &stop, &key);
        assert!(!parked.contains("600000001"), "{parked}");
        let later = "2026-11-24T12:00:00Z".parse().unwrap();
        let mut again = parse_feedback(&parked, later).remove(0).parsed.unwrap();
        let Some(ProviderEvent::Inbound(again)) = again.events.pop() else { unreachable!() };
        assert_eq!((again.from, again.meaning), (Some(SmsSender::Parked(key)), stop.meaning));
        assert_eq!((again.at, again.answers), (stop.at, stop.answers));
        assert_ne!(again.id, REDACTED, "two parked texts are not one");
    }
}
