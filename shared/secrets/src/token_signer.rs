//! Signed tokens that a customer receives and sends back, such as those in unsubscribe links
//! (HMAC-SHA256). Only a holder of the key can create one.
//!
//! Their content is readable, so they contain no more than an id. They do not expire: an
//! unsubscribe link must work for as long as the message lies in an inbox.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Length of the truncated signature in bytes: 128 bits.
const TAG_BYTES: usize = 16;
/// Longest token that is read, in characters.
const MAX_TOKEN_LENGTH: usize = 512;

/// Signs with the first key, and accepts what any of the keys has signed.
#[derive(Clone)]
pub struct TokenSigner {
    keys: Vec<Vec<u8>>,
}

impl TokenSigner {
    pub fn new(keys: Vec<Vec<u8>>) -> Self {
        Self { keys }
    }

    /// Signs a text. `purpose` keeps tokens of different kinds apart. The token consists of `A-Z
    /// a-z 0-9 - _ .`, so it needs no escape in a URL.
    pub fn sign_token(&self, purpose: &str, text: &str) -> String {
        let tag =
            self.keys.first().and_then(|key| truncated_mac(key, purpose, text)).unwrap_or_default();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(tag))
    }

    /// Returns the signed text, or `None` unless one of the keys has signed it for the same
    /// purpose.
    pub fn open_token(&self, purpose: &str, token: &str) -> Option<String> {
        if token.len() > MAX_TOKEN_LENGTH {
            return None;
        }
        let (text, tag) = token.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok().filter(|tag| tag.len() == TAG_BYTES)?;
        let signed = |key: &Vec<u8>| {
            mac(key, purpose, &text).is_some_and(|mac| mac.verify_truncated_left(&tag).is_ok())
        };
        self.keys.iter().any(signed).then_some(text)
    }
}

fn truncated_mac(key: &[u8], purpose: &str, text: &str) -> Option<Vec<u8>> {
    let whole = mac(key, purpose, text)?.finalize().into_bytes();
    whole.get(..TAG_BYTES).map(<[u8]>::to_vec)
}

fn mac(key: &[u8], purpose: &str, text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    // The length comes first, so that no two pairs of purpose and text give the same bytes.
    mac.update(&purpose.len().to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(text.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(keys: &[&str]) -> TokenSigner {
        TokenSigner::new(keys.iter().map(|key| key.as_bytes().to_vec()).collect())
    }

    #[test]
    fn what_was_sealed_opens_for_its_purpose_also_after_a_rotation() {
        let token = sealer(&["old"]).sign_token("unsubscribe", "email:c-1");
        assert!(
            token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
            "{token}"
        );
        assert_eq!(
            sealer(&["new", "old"]).open_token("unsubscribe", &token).as_deref(),
            Some("email:c-1")
        );
        assert_eq!(sealer(&["new", "old"]).open_token("wallet", &token), None);
        assert_eq!(sealer(&["newer", "new"]).open_token("unsubscribe", &token), None);
        assert_eq!(sealer(&[]).open_token("unsubscribe", &token), None);
    }

    #[test]
    fn a_token_with_any_character_changed_does_not_open() {
        let sealer = sealer(&["key"]);
        let token = sealer.sign_token("unsubscribe", "email:c-1");
        for at in 0..token.len() {
            for to in ["A", "z", "."] {
                let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
                // The last character of a tag has bits without meaning.
                let same = sealer.open_token("unsubscribe", &changed);
                assert!(changed == token || same.is_none(), "{changed}");
            }
        }
        for bad in
            ["", ".", "abc", "ZW1haWw6Yy0x", "ZW1haWw6Yy0x.", "ZW1haWw6Yy0x.AAAA", &"A".repeat(600)]
        {
            assert_eq!(sealer.open_token("unsubscribe", bad), None, "{bad}");
        }
    }
}
