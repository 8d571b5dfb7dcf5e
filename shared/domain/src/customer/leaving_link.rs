//! Codes of the short links by which the reader of an SMS leaves: 29 letters and digits.
//!
//! A code is the key of the address to which the message went (22 characters) and a signature of 40
//! bits (7), so it speaks for that number whoever has it now, as a STOP from it does, and needs no
//! item of its own. The key alone cannot be guessed: it is 128 bits of a hash under a secret. The
//! signature keeps made-up keys from leaving items in the store.

use crate::{
    customer::address::AddressKey,
    kernel::{
        short_code::{decode_base62, encode_base62},
        signed_token::TokenSigner,
    },
};

/// The characters of a code.
pub const CODE_LENGTH: usize = KEY_LENGTH + TAG_LENGTH;

/// A code that speaks for no address: the link of a preview or a test send.
pub const EXAMPLE_CODE: &str = "EXAMPLE0000000000000000000000";

const PURPOSE: &str = "leaving_link";
/// 22 digits of base 62 hold 128 bits, 7 hold 40.
const KEY_LENGTH: usize = 22;
const TAG_LENGTH: usize = 7;
const TAG_BITS: u32 = 40;

/// Returns the code of an address.
pub fn leaving_code(signer: &TokenSigner, address: &AddressKey) -> String {
    let key = u128::from_str_radix(address.as_str(), 16).unwrap_or_default();
    let tag = signer.short_tag(PURPOSE, address.as_str(), TAG_BITS);
    format!("{}{}", encode_base62(key, KEY_LENGTH), encode_base62(tag.into(), TAG_LENGTH))
}

/// Returns the address of a code, or `None` if it is none of ours.
pub fn open_leaving_code(signer: &TokenSigner, code: &str) -> Option<AddressKey> {
    let (key, tag) = code.split_at_checked(KEY_LENGTH)?;
    let key = decode_base62(key, KEY_LENGTH)?;
    let tag = u64::try_from(decode_base62(tag, TAG_LENGTH)?).ok()?;
    let address = AddressKey::parse(&format!("{key:032x}")).ok()?;
    signer.accepts_short_tag(PURPOSE, address.as_str(), TAG_BITS, tag).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::signed_token::TokenFormat;

    fn signer(keys: &[&str]) -> TokenSigner {
        let keys = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        TokenSigner::new(TokenFormat::LINK, keys)
    }

    #[test]
    fn a_code_speaks_for_its_address_also_after_a_rotation() {
        for key in [
            "00000000000000000000000000000000",
            "0123456789abcdef0123456789abcdef",
            "ffffffffffffffffffffffffffffffff",
        ] {
            let address = AddressKey::parse(key).unwrap();
            let code = leaving_code(&signer(&["old"]), &address);
            assert_eq!(code.len(), CODE_LENGTH);
            assert!(code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
            assert_eq!(open_leaving_code(&signer(&["new", "old"]), &code), Some(address));
            assert_eq!(open_leaving_code(&signer(&["new"]), &code), None);
        }
    }

    #[test]
    fn a_code_with_any_character_changed_speaks_for_nobody() {
        let signer = signer(&["key"]);
        let address = AddressKey::parse("0123456789abcdef0123456789abcdef").unwrap();
        let code = leaving_code(&signer, &address);
        for at in 0..code.len() {
            assert_eq!(open_leaving_code(&signer, &code[..at]), None);
            for to in ["0", "z", "-", "é"] {
                let changed = format!("{}{to}{}", &code[..at], &code[at + 1..]);
                let opened = open_leaving_code(&signer, &changed);
                assert!(changed == code || opened.is_none(), "{changed}");
            }
        }
        assert_eq!(open_leaving_code(&signer, &format!("{code}0")), None);
        assert_eq!(EXAMPLE_CODE.len(), CODE_LENGTH);
        assert_eq!(open_leaving_code(&signer, EXAMPLE_CODE), None);
    }
}
