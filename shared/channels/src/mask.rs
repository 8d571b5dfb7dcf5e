//! What providers write, without the people in it: before one of their messages is set aside where it stays for days, every e-mail address
//! and phone number in it is struck out. What is left still says which message it is about, so that it can be moved back.

/// Stands where an address was.
const STRUCK: &str = "redacted";
/// Digits after a `+` from which on it may be somebody's number.
const MIN_DIGITS: usize = 7;

/// The text with addresses struck out, whatever its form: JSON stays JSON.
pub fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut word = String::new();
    for letter in text.chars() {
        if in_address(letter) {
            word.push(letter);
        } else {
            push(&mut masked, &word);
            word.clear();
            masked.push(letter);
        }
    }
    push(&mut masked, &word);
    masked
}

fn push(masked: &mut String, word: &str) {
    masked.push_str(if is_address(word) { STRUCK } else { word });
}

/// Beyond ASCII too: there are mailboxes with such names.
fn in_address(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '@' | '.' | '+' | '-' | '_' | '%' | '=' | '~' | '!' | '#' | '$' | '&' | '*' | '/')
}

fn is_address(word: &str) -> bool {
    let mailbox = word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let number = word.strip_prefix('+').is_some_and(|digits| {
        digits.len() >= MIN_DIGITS && digits.chars().all(|digit| digit.is_ascii_digit() || matches!(digit, '-' | '.'))
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
        assert_eq!(masked(event), expected);
        assert_eq!(
            masked(r#"{"destination":"+34600000001","priceInUSD":0.00645}"#),
            r#"{"destination":"redacted","priceInUSD":0.00645}"#
        );
        assert_eq!(masked("garbage from josé@correo.example.es and +34 600"), "garbage from redacted and +34 600");
    }

    #[test]
    fn what_is_no_address_is_left_alone() {
        for text in ["", "a@b", "@example.com", "+12", "sent@", "one + two", "2026-11-01T12:00:00+0000", "{}", "ü"] {
            assert_eq!(masked(text), text);
        }
    }
}
