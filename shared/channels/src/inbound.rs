//! An SMS that a phone sends us, as AWS End User Messaging publishes it: `STOP`, `START`, and
//! everything else that people write. It counts for the number it comes from, with or without the
//! message that it answers, and whenever it comes.
//!
//! The text is kept only if a person has to read it, and addresses in it are masked.

use domain::customer::{
    profile::Phone,
    reply_words::{ReplyMeaning, read_reply},
};
use jiff::Timestamp;
use serde_json::Value;

use crate::mask::mask_addresses;

/// The longest text that is kept for a person, in characters.
const MAX_TEXT: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundSms {
    /// The number that it comes from. A sender that is no phone has none.
    pub from: Option<Phone>,
    /// The provider's id of the last message sent to this number, if it has it.
    pub answers: Option<String>,
    /// The provider's id of this message, by which a repeat is known.
    pub id: String,
    pub meaning: ReplyMeaning,
    /// The text, if a person has to read it.
    pub text: Option<String>,
    pub at: Timestamp,
}

/// Parses an SMS that was received at `at`.
pub(crate) fn parse_inbound(value: &Value, at: Timestamp) -> Result<InboundSms, &'static str> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let said = text("messageBody").ok_or("an SMS without words")?;
    let known = |name: &str| text(name).filter(|id| !id.trim().is_empty()).map(str::to_owned);
    let meaning = read_reply(said, text("messageKeyword"));
    let kept = (meaning == ReplyMeaning::NearStop)
        .then(|| mask_addresses(&said.chars().take(MAX_TEXT).collect::<String>()));
    Ok(InboundSms {
        from: text("originationNumber").and_then(parse_number),
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
        assert_eq!(stop.from, Some(Phone::parse("+34600000001").unwrap()));
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
            assert_eq!(inbound.from, Some(Phone::parse("+12025550101").unwrap()));
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
        let near = parsed(&sms("please, stop writing to ana@example.com"));
        assert_eq!(near.meaning, ReplyMeaning::NearStop);
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
}
