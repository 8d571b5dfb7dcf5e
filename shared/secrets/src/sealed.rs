//! Short texts that travel through a customer's hands and come back: signed, so that nobody can make one up. They can be read by who
//! holds them, so they say no more than an id. Nothing expires: a way out must work for as long as the message lies in an inbox.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the signature that are kept: 128 bits.
const TAG: usize = 16;
/// Characters of a token that is looked at.
const MAX_LENGTH: usize = 512;

/// Signs with the first key, and takes what any of them has signed.
#[derive(Clone)]
pub struct Sealer {
    keys: Vec<Vec<u8>>,
}

impl Sealer {
    pub fn new(keys: Vec<Vec<u8>>) -> Self {
        Self { keys }
    }

    /// `purpose` keeps tokens of different kinds apart. Of `A-Z a-z 0-9 - _ .`, so it needs no escape in a URL.
    pub fn seal(&self, purpose: &str, text: &str) -> String {
        let tag = self.keys.first().and_then(|key| tag(key, purpose, text)).unwrap_or_default();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(tag))
    }

    /// `None` unless one of the keys has signed it for the same purpose.
    pub fn open(&self, purpose: &str, token: &str) -> Option<String> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let (text, tag) = token.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok().filter(|tag| tag.len() == TAG)?;
        let signed =
            |key: &Vec<u8>| mac(key, purpose, &text).is_some_and(|mac| mac.verify_truncated_left(&tag).is_ok());
        self.keys.iter().any(signed).then_some(text)
    }
}

fn tag(key: &[u8], purpose: &str, text: &str) -> Option<Vec<u8>> {
    let whole = mac(key, purpose, text)?.finalize().into_bytes();
    whole.get(..TAG).map(<[u8]>::to_vec)
}

fn mac(key: &[u8], purpose: &str, text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    // the length first: no purpose and text can be cut differently to the same bytes
    mac.update(&purpose.len().to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(text.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(keys: &[&str]) -> Sealer {
        Sealer::new(keys.iter().map(|key| key.as_bytes().to_vec()).collect())
    }

    #[test]
    fn what_was_sealed_opens_for_its_purpose_also_after_a_rotation() {
        let token = sealer(&["old"]).seal("unsubscribe", "email:c-1");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{token}");
        assert_eq!(sealer(&["new", "old"]).open("unsubscribe", &token).as_deref(), Some("email:c-1"));
        assert_eq!(sealer(&["new", "old"]).open("wallet", &token), None);
        assert_eq!(sealer(&["newer", "new"]).open("unsubscribe", &token), None);
        assert_eq!(sealer(&[]).open("unsubscribe", &token), None);
    }

    #[test]
    fn a_token_with_any_character_changed_does_not_open() {
        let sealer = sealer(&["key"]);
        let token = sealer.seal("unsubscribe", "email:c-1");
        for at in 0..token.len() {
            for to in ["A", "z", "."] {
                let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
                // the last character of a tag has bits that mean nothing
                let same = sealer.open("unsubscribe", &changed);
                assert!(changed == token || same.is_none(), "{changed}");
            }
        }
        for bad in ["", ".", "abc", "ZW1haWw6Yy0x", "ZW1haWw6Yy0x.", "ZW1haWw6Yy0x.AAAA", &"A".repeat(600)] {
            assert_eq!(sealer.open("unsubscribe", bad), None, "{bad}");
        }
    }
}
