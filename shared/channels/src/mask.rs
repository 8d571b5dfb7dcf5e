//! Masking of personal data in provider messages.
//!
//! Before a message that cannot be processed is parked in the dead-letter queue, where it stays for
//! days, every e-mail address and phone number in it is masked. The rest still identifies the
//! message, so that it can be redriven.

/// The text that replaces an address.
const REDACTED: &str = "redacted";
/// Minimum number of digits after a `+` for a word to count as a phone number.
const MIN_DIGITS: usize = 7;

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
