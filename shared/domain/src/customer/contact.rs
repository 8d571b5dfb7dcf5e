//! Contacts: a phone number, an e-mail address and the ARN of a device, checked and in the form in
//! which they are stored.
//!
//! They redact themselves in `Debug`, so that no log line can contain them.

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

/// The longest address in bytes, and the longest mailbox in front of the `@` (RFC 5321).
const MAX_EMAIL_BYTES: usize = 254;
const MAX_MAILBOX_BYTES: usize = 64;

macro_rules! redacted {
    ($(#[$doc:meta])* $name:ident, $parse:path, $reason:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        pub struct $name(String);

        impl $name {
            pub fn parse(text: &str) -> Result<Self, BadContact> {
                $parse(text).map(Self).ok_or(BadContact::new($reason))
            }
            /// Returns the bare text. Only the provider and the owner of the data may get it.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadContact;
            fn try_from(text: String) -> Result<Self, BadContact> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(contact: $name) -> String {
                contact.0
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

pub(super) use redacted;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadContact(&'static str);

impl BadContact {
    pub(super) fn new(reason: &'static str) -> Self {
        Self(reason)
    }
}

redacted!(
    /// A phone number in E.164: `+` and 7 to 15 digits.
    Phone, parse_phone, "a phone number is E.164: + and 7 to 15 digits"
);
redacted!(
    /// One e-mail address of at most 254 bytes, its domain in lower case and in ASCII.
    Email, parse_email, "not an e-mail address that can be sent to"
);
redacted!(
    /// The ARN of an SNS platform endpoint. It identifies a device.
    EndpointArn, parse_arn, "not the ARN of an SNS platform endpoint"
);

impl Email {
    /// Returns true if the provider can send to it: its mailbox is in ASCII. An address whose mailbox
    /// has other letters is taken and kept, and closes the channel.
    pub fn is_sendable(&self) -> bool {
        self.0.is_ascii()
    }
}

fn parse_arn(text: &str) -> Option<String> {
    let text = text.trim();
    let is_arn = text.len() <= 256
        && text.starts_with("arn:")
        && text.contains(":sns:")
        && text.contains(":endpoint/")
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_arn.then(|| text.to_owned())
}

/// Returns a number in E.164 as it is stored.
fn parse_phone(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix('+')?;
    let fits = (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.to_owned())
}

/// Returns an e-mail address as it is stored: composed (NFC), with its domain in lower case and in
/// ASCII, and the mailbox as it was written. Refuses what no provider sends to: display forms,
/// links, quoted mailboxes, addresses of machines, and domains that cannot exist.
fn parse_email(text: &str) -> Option<String> {
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text.trim()).into_owned();
    let (mailbox, domain) = text.split_once('@')?;
    let domain = parse_domain(domain)?;
    let whole = format!("{mailbox}@{domain}");
    (is_mailbox(mailbox) && whole.len() <= MAX_EMAIL_BYTES).then_some(whole)
}

/// Returns true for the dot-atom of RFC 5322, or of RFC 6531 if it has letters beyond ASCII.
fn is_mailbox(mailbox: &str) -> bool {
    let is_atom = |letter: char| {
        letter.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(letter)
            || (!letter.is_ascii() && letter.is_alphanumeric())
    };
    (1..=MAX_MAILBOX_BYTES).contains(&mailbox.len())
        && mailbox.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

/// Returns a domain in ASCII (UTS 46), if mail can have it: two labels or more, the last of which is
/// no number.
fn parse_domain(domain: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    let ascii = ascii.ok()?.into_owned();
    let (_, last) = ascii.rsplit_once('.')?;
    (!last.bytes().all(|byte| byte.is_ascii_digit())).then_some(ascii)
}
