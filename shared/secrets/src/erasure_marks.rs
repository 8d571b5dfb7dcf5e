//! Erasure marks: a keyed hash of an erased customer's address, which recognises the address if it
//! comes back.
//!
//! Without the key, nobody can learn the address from the hash. A plain hash would not do: there
//! are few enough phone numbers to try them all.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Separates these hashes from anything else that may be derived from the same key.
const PURPOSE: &[u8] = b"erased address";

/// The current key, and the previous one if it exists.
#[derive(Clone)]
pub struct ErasureMarks {
    keys: Vec<Vec<u8>>,
}

impl ErasureMarks {
    pub fn new(keys: Vec<Vec<u8>>) -> Self {
        Self { keys }
    }

    /// Returns the mark to store, hashed with the current key.
    pub fn current_mark(&self, channel: &str, address: &str) -> Option<String> {
        self.all_marks(channel, address).into_iter().next()
    }

    /// Returns all marks that may have been stored, the current key's first.
    pub fn all_marks(&self, channel: &str, address: &str) -> Vec<String> {
        self.keys.iter().filter_map(|key| hash_address(key, channel, address)).collect()
    }
}

/// Returns the hash as 64 hexadecimal characters. Upper and lower case count as one address,
/// because mail systems deliver both to the same person.
fn hash_address(key: &[u8], channel: &str, address: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(PURPOSE);
    mac.update(&channel.len().to_be_bytes());
    mac.update(channel.as_bytes());
    mac.update(address.trim().to_lowercase().as_bytes());
    Some(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(keys: &[&str]) -> ErasureMarks {
        ErasureMarks::new(keys.iter().map(|key| key.as_bytes().to_vec()).collect())
    }

    #[test]
    fn an_address_is_known_again_under_either_key_and_in_any_case() {
        let old = marks(&["old"]).current_mark("email", "Ana@Example.com").unwrap();
        assert!(marks(&["new", "old"]).all_marks("email", "ana@example.com").contains(&old));
        assert_ne!(marks(&["new", "old"]).current_mark("email", "ana@example.com").unwrap(), old);
        assert_eq!(old.len(), 64);
    }

    #[test]
    fn another_address_channel_or_key_gives_another_mark_that_does_not_show_it() {
        let mark = |key: &str, channel: &str, address: &str| {
            marks(&[key]).current_mark(channel, address).unwrap()
        };
        let seen = [
            mark("k", "sms", "+34600000001"),
            mark("k", "sms", "+34600000002"),
            mark("k", "email", "+34600000001"),
            mark("other", "sms", "+34600000001"),
        ];
        for (index, one) in seen.iter().enumerate() {
            assert!(!one.contains("600000001"));
            assert!(seen.iter().skip(index + 1).all(|other| other != one));
        }
        assert_eq!(marks(&[]).current_mark("sms", "+34600000001"), None);
    }
}
