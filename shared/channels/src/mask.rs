//! Masks personal data in provider messages.
//!
//! Before a message that cannot be processed is parked in the dead-letter queue, where it stays for
//! days, every e-mail address and phone number in it is masked, with the name in front of it, and
//! what no handler reads is left out. The rest still identifies the message, so that it can be
//! redriven. A parked text is bounded.

use serde_json::Value;

use crate::feedback::parse_mailbox;

/// The text that replaces an address.
pub(crate) const REDACTED: &str = "redacted";
/// Minimum number of digits after a `+` for a word to count as a phone number.
const MIN_DIGITS: usize = 7;

/// The longest parked text, in bytes. An event with the most recipients that SES allows (50) is
/// shorter.
const MAX_PARKED_BYTES: usize = 32 * 1024;
/// The longest value within it, in bytes: more than any id, code or diagnostic has.
const MAX_VALUE_BYTES: usize = 2_000;
/// Fields that are left out: names, subjects, addresses of networks, tokens of devices, and links
/// that confirm a subscription.
const LEFT_OUT: [&str; 12] = [
    "headers",
    "commonHeaders",
    "ipAddress",
    "userAgent",
    "sourceIp",
    "token",
    "Token",
    "SubscribeURL",
    "UnsubscribeURL",
    "Signature",
    "receiptHandle",
    "registration_id",
];
/// Fields that hold a number or a mailbox in whatever form.
const ADDRESS_FIELDS: [&str; 5] = [
    "originationNumber",
    "destinationNumber",
    "originationPhoneNumber",
    "destinationPhoneNumber",
    "inboundMessageId",
];

/// Returns the text to park for an event: without addresses, and cut to a bound. JSON that fits
/// stays JSON.
pub fn parked_text(text: &str) -> String {
    let masked = match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            mask_value(&mut value);
            value.to_string()
        }
        Err(_) => mask_addresses(text),
    };
    cut_at(&masked, MAX_PARKED_BYTES).to_owned()
}

fn mask_value(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
            for (name, field) in fields.iter_mut() {
                if ADDRESS_FIELDS.contains(&name.as_str()) && field.is_string() {
                    *field = Value::from(REDACTED);
                }
                mask_value(field);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_value),
        Value::String(text) => *text = mask_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Masks a value: a mailbox with its display name as a whole, else each address in it.
fn mask_text(text: &str) -> String {
    if parse_mailbox(text).is_some() {
        return REDACTED.to_owned();
    }
    let masked = match serde_json::from_str::<Value>(text) {
        // an answer within an answer
        Ok(inner @ (Value::Object(_) | Value::Array(_))) => {
            let mut inner = inner;
            mask_value(&mut inner);
            inner.to_string()
        }
        Ok(_) | Err(_) => mask_addresses(text),
    };
    cut_at(&masked, MAX_VALUE_BYTES).to_owned()
}

/// Cuts a text to at most `bytes`, between two letters.
fn cut_at(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// Masks addresses in a text of any format. JSON stays JSON.
pub fn mask_addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut word = String::new();
    for letter in text.chars() {
        if is_address_character(letter) {
            word.push(letter);
        } else {
            push_word(&mut masked, &word);
            word.clear();
            masked.push(letter);
        }
    }
    push_word(&mut masked, &word);
    masked
}

fn push_word(masked: &mut String, word: &str) {
    masked.push_str(if is_address(word) { REDACTED } else { word });
}

/// Returns true for characters that can be part of an address. It accepts more than ASCII, because
/// mailboxes may have such names.
fn is_address_character(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(
            letter,
            '@' | '.' | '+' | '-' | '_' | '%' | '=' | '~' | '!' | '#' | '$' | '&' | '*' | '/'
        )
}

fn is_address(word: &str) -> bool {
    let mailbox =
        word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let number = word.strip_prefix('+').is_some_and(|digits| {
        digits.len() >= MIN_DIGITS
            && digits.chars().all(|digit| digit.is_ascii_digit() || matches!(digit, '-' | '.'))
    });
    mailbox || number
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_go_and_the_rest_stays_as_it_was() {
        let event = r#"{"eventType":"Bounce","mail":{"messageId":"m-1","timestamp":"2026-11-01T12:00:00+0100","source":"Shop <shop@brand.example.com>","destination":["ana+x@example.com"]}}"#;
        let expected = r#"{"eventType":"Bounce","mail":{"messageId":"m-1","timestamp":"2026-11-01T12:00:00+0100","source":"Shop <redacted>","destination":["redacted"]}}"#;
        assert_eq!(mask_addresses(event), expected);
        assert_eq!(
            mask_addresses(r#"{"destination":"+34600000001","priceInUSD":0.00645}"#),
            r#"{"destination":"redacted","priceInUSD":0.00645}"#
        );
        assert_eq!(
            mask_addresses("garbage from josé@correo.example.es and +34 600"),
            "garbage from redacted and +34 600"
        );
    }

    #[test]
    fn a_parked_event_keeps_what_a_handler_reads_and_nothing_personal() {
        let event = json!({
            "eventType": "Bounce",
            "mail": {
                "messageId": "m-1", "tags": {"voucher": ["vch_1"]}, "source": "\"Shop\" <shop@example.com>",
                "destination": ["\"Example, Ann\" <Ann@EXAMPLE.com>", "ben@example.com"],
                "headers": [{"name": "To", "value": "Ann Example"}], "commonHeaders": {"subject": "For Ann"},
            },
            "bounce": {"bounceType": "Permanent", "bouncedRecipients": [
                {"emailAddress": "Ann Example <ann@example.com>", "diagnosticCode": "smtp; 550 <ann@example.com> unknown"},
            ]},
            "open": {"ipAddress": "203.0.113.21"},
        });
        let parked = parked_text(&event.to_string());
        for personal in ["Ann", "ann@", "Ann@", "ben@", "Example", "203.0.113"] {
            assert!(!parked.contains(personal), "{personal} in {parked}");
        }
        let kept: Value = serde_json::from_str(&parked).unwrap();
        assert_eq!(kept["mail"]["tags"]["voucher"][0], "vch_1");
        assert_eq!(kept["mail"]["destination"], json!(["redacted", "redacted"]));
        assert_eq!(kept["bounce"]["bounceType"], "Permanent");
        assert_eq!(
            kept["bounce"]["bouncedRecipients"][0]["diagnosticCode"],
            "smtp; 550 <redacted> unknown"
        );
    }

    #[test]
    fn a_number_is_masked_with_its_plus_and_without_it_and_inside_another_text() {
        let reply = json!({"originationNumber": "12025550173", "destinationNumber": "+12025550118",
            "messageBody": "stop", "inboundMessageId": "12025550173-2026-09-12"});
        let nested =
            json!({"Message": reply.to_string(), "Type": "Notification", "Token": "secret"});
        for event in [reply, nested] {
            let parked = parked_text(&event.to_string());
            assert!(!parked.contains("2025550") && !parked.contains("secret"), "{parked}");
            assert!(parked.contains("stop"), "{parked}");
        }
        // an escaped letter is no way around it
        let escaped = parked_text(r#"{"to":"ann\u0040example.com"}"#);
        assert_eq!(escaped, r#"{"to":"redacted"}"#);
    }

    #[test]
    fn a_parked_text_is_bounded_in_each_value_and_as_a_whole() {
        let long = parked_text(&json!({"a": "é".repeat(5_000)}).to_string());
        assert!(long.len() < 2_100 && serde_json::from_str::<Value>(&long).is_ok());
        for text in ["é".repeat(50_000), json!(vec!["x".repeat(1_000); 100]).to_string()] {
            let parked = parked_text(&text);
            assert!(parked.len() <= MAX_PARKED_BYTES && parked.len() > MAX_PARKED_BYTES - 4);
        }
    }

    #[test]
    fn what_is_no_address_is_left_alone() {
        for text in [
            "",
            "a@b",
            "@example.com",
            "+12",
            "sent@",
            "one + two",
            "2026-11-01T12:00:00+0000",
            "{}",
            "ü",
        ] {
            assert_eq!(mask_addresses(text), text);
        }
    }
}
