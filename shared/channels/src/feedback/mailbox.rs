//! Reads the mailbox out of a display form such as `"Ann, Example" <Ann@EXAMPLE.com>`, in lower
//! case, so that an address is the same in whatever form a provider writes it.
//!
//! The grammar of RFC 5322 is left to `mail-parser`. Here only one thing is decided: a text that
//! does not name exactly one mailbox names none.

use domain::customer::profile::Email;
use mail_parser::{Address, HeaderValue, parsers::MessageStream};

/// The longest text that is read: a name of the usual length and the longest address.
const MAX_BYTES: usize = 1_000;

/// Returns the one mailbox that the text names.
pub(crate) fn parse_mailbox(text: &str) -> Option<Email> {
    let text = text.trim();
    if text.len() > MAX_BYTES || text.contains(['\r', '\n']) {
        return None;
    }
    if let Ok(bare) = Email::parse(&text.to_lowercase()) {
        return Some(bare);
    }
    let HeaderValue::Address(Address::List(list)) =
        MessageStream::new(text.as_bytes()).parse_address()
    else {
        return None;
    };
    let [one] = list.as_slice() else { return None };
    let address = one.address.as_deref()?.to_lowercase();
    // without brackets the whole text has to be the address, or a comment beside it
    let bracketed = text.to_lowercase().contains(&format!("<{address}>"));
    let alone = text.split_whitespace().filter(|word| word.contains('@')).count() == 1;
    (bracketed || alone).then(|| Email::parse(&address).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse_mailbox(text).as_ref().map(Email::expose), expected, "{text}");
    }

    #[test]
    fn a_display_form_names_its_mailbox() {
        for text in [
            "ann@example.com",
            " Ann@EXAMPLE.com ",
            "<ann@example.com>",
            "Ann <ann@example.com>",
            "Ann Example <ANN@example.com>",
            "Ann<ann@example.com>",
            "\"Example, Ann\" <Ann@EXAMPLE.com>",
            "\"Ann \\\"the cook\\\" Example\" <ann@example.com>",
            "\"old@example.com\" <ann@example.com>",
            "=?UTF-8?Q?=C3=81nn?= <ann@example.com>",
            "Ánn Éxample <ann@example.com>",
            "ann@example.com (Ann Example)",
            "\"<ben@example.com>\" <ann@example.com>",
        ] {
            check(text, Some("ann@example.com"));
        }
        check("Ben <ben+offers@mail.example.com>", Some("ben+offers@mail.example.com"));
    }

    #[test]
    fn what_names_no_mailbox_or_several_names_none() {
        for text in [
            "",
            " ",
            "Ann",
            "<>",
            "Ann <>",
            "ann@example.com, ben@example.com",
            "Ann <ann@example.com>, Ben <ben@example.com>",
            "ann@example.com ben@example.com",
            "<ann@example.com> <ben@example.com>",
            "friends: ann@example.com, ben@example.com;",
            "ann@",
            "@example.com",
            "ann@example",
            "redacted",
            "rfc822; ",
            "Ann <ann@example.com>\r\nBcc: ben@example.com",
        ] {
            check(text, None);
        }
        check(&format!("{} <ann@example.com>", "x".repeat(2_000)), None);
    }
}
