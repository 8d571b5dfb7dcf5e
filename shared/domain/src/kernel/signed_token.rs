//! Signed tokens: a text with its HMAC-SHA256, which only a holder of the key can create. Links that
//! customers receive and cursors of paged lists are such tokens.
//!
//! Their text is readable, so it contains no more than an id or a position. They do not expire: an
//! unsubscribe link must work for as long as the message lies in an inbox.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The form of one kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenFormat {
    /// The length of the signature in bytes; a shorter one than HMAC-SHA256 gives is truncated.
    tag_bytes: usize,
    /// The longest token that is read, in characters.
    max_length: usize,
}

impl TokenFormat {
    /// A token in a link that a person receives: 128 bits of signature keep it short.
    pub const LINK: TokenFormat = TokenFormat { tag_bytes: 16, max_length: 512 };
    /// A token in a query of the API. API Gateway reads no longer request line.
    pub const CURSOR: TokenFormat = TokenFormat { tag_bytes: 32, max_length: 10_240 };
}

/// Signs with the first key, and accepts what any of the keys has signed.
#[derive(Clone)]
pub struct TokenSigner {
    format: TokenFormat,
    keys: Vec<Vec<u8>>,
}

impl TokenSigner {
    pub fn new(format: TokenFormat, keys: Vec<Vec<u8>>) -> Self {
        Self { format, keys }
    }

    /// Signs a text. `purpose` keeps tokens of different kinds apart. The token consists of `A-Z
    /// a-z 0-9 - _ .`, so it needs no escape in a URL.
    pub fn sign_token(&self, purpose: &str, text: &str) -> String {
        let tag =
            self.keys.first().and_then(|key| self.tag(key, purpose, text)).unwrap_or_default();
        format!("{}.{}", BASE64URL_NOPAD.encode(text.as_bytes()), BASE64URL_NOPAD.encode(&tag))
    }

    /// Returns the signed text, or `None` unless one of the keys has signed it for the same
    /// purpose.
    pub fn open_token(&self, purpose: &str, token: &str) -> Option<String> {
        if token.len() > self.format.max_length {
            return None;
        }
        let (text, tag) = token.split_once('.')?;
        let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).ok()?;
        let signed = |key: &Vec<u8>| {
            mac(key, purpose, &text).is_some_and(|mac| mac.verify_truncated_left(&tag).is_ok())
        };
        (tag.len() == self.format.tag_bytes && self.keys.iter().any(signed)).then_some(text)
    }

    /// Returns the first `bits` of the signature of a text, at most 64, for a code that is shorter
    /// than a token. `purpose` keeps codes of different kinds apart.
    pub fn short_tag(&self, purpose: &str, text: &str, bits: u32) -> u64 {
        self.keys.first().map_or(0, |key| short_tag(key, purpose, text, bits))
    }

    /// Returns true if one of the keys gives the text this short tag. The caller has made sure that
    /// the tag has `bits` bits.
    pub fn accepts_short_tag(&self, purpose: &str, text: &str, bits: u32, tag: u64) -> bool {
        // All keys are tried and the difference is one number, so that the time tells nothing.
        let differences = self.keys.iter().map(|key| short_tag(key, purpose, text, bits) ^ tag);
        differences.fold(false, |found, difference| found | (difference == 0))
    }

    fn tag(&self, key: &[u8], purpose: &str, text: &str) -> Option<Vec<u8>> {
        let whole = mac(key, purpose, text)?.finalize().into_bytes();
        whole.get(..self.format.tag_bytes).map(<[u8]>::to_vec)
    }
}

fn short_tag(key: &[u8], purpose: &str, text: &str, bits: u32) -> u64 {
    let whole = mac(key, purpose, text).map(|mac| mac.finalize().into_bytes());
    let first = whole.iter().flatten().take(8);
    let number = first.fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    number.checked_shr(u64::BITS.saturating_sub(bits)).unwrap_or_default()
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

    fn signer(keys: &[&str]) -> TokenSigner {
        let keys = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        TokenSigner::new(TokenFormat::LINK, keys)
    }

    #[test]
    fn what_was_signed_opens_for_its_purpose_also_after_a_rotation() {
        let token = signer(&["old"]).sign_token("unsubscribe", "email:c-1");
        assert!(
            token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
            "{token}"
        );
        assert_eq!(
            signer(&["new", "old"]).open_token("unsubscribe", &token).as_deref(),
            Some("email:c-1")
        );
        assert_eq!(signer(&["new", "old"]).open_token("wallet", &token), None);
        assert_eq!(signer(&["newer", "new"]).open_token("unsubscribe", &token), None);
        assert_eq!(signer(&[]).open_token("unsubscribe", &token), None);
    }

    #[test]
    fn a_short_tag_is_of_its_text_purpose_and_keys() {
        let tag = signer(&["old"]).short_tag("voucher", "a", 60);
        assert!(tag < 1 << 60 && tag > 0);
        assert!(signer(&["new", "old"]).accepts_short_tag("voucher", "a", 60, tag));
        assert!(!signer(&["new", "old"]).accepts_short_tag("voucher", "b", 60, tag));
        assert!(!signer(&["new", "old"]).accepts_short_tag("address", "a", 60, tag));
        assert!(!signer(&["newer", "new"]).accepts_short_tag("voucher", "a", 60, tag));
        assert!(!signer(&["old"]).accepts_short_tag("voucher", "a", 60, tag ^ 1));
        assert!(!signer(&[]).accepts_short_tag("voucher", "a", 60, 0), "without a key nothing is");
    }

    /// Links lie in inboxes and cursors in open pages, so no release may change either form.
    #[test]
    fn the_forms_of_both_tokens_are_fixed() {
        let key = vec![b"a key of thirty-two bytes, right".to_vec()];
        let link = TokenSigner::new(TokenFormat::LINK, key.clone());
        assert_eq!(
            link.sign_token("unsubscribe", "email:c-1"),
            "ZW1haWw6Yy0x.6CnqLBWVcZgZrNQOwNn_2A"
        );
        let cursor = TokenSigner::new(TokenFormat::CURSOR, key);
        assert_eq!(
            cursor.sign_token("audit/cmp_1", "\"AUDIT#2\""),
            "IkFVRElUIzIi.x3_TkoZolZ4sEZakwcgmZCEMnZ2ATW9BB8uILUgDC1s"
        );
        assert_eq!(
            cursor.open_token("audit/cmp_1", &link.sign_token("audit/cmp_1", "\"AUDIT#2\"")),
            None
        );
    }

    #[test]
    fn a_token_with_any_character_changed_does_not_open() {
        let signer = signer(&["key"]);
        let token = signer.sign_token("unsubscribe", "email:c-1");
        for at in 0..token.len() {
            for to in ["A", "z", "."] {
                let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
                let opened = signer.open_token("unsubscribe", &changed);
                assert!(changed == token || opened.is_none(), "{changed}");
            }
        }
        for bad in
            ["", ".", "abc", "ZW1haWw6Yy0x", "ZW1haWw6Yy0x.", "ZW1haWw6Yy0x.AAAA", &"A".repeat(600)]
        {
            assert_eq!(signer.open_token("unsubscribe", bad), None, "{bad}");
        }
    }
}
