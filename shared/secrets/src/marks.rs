//! What stays of an address whose owner asked to be forgotten: a keyed hash, by which the address is known again if it comes back, and
//! from which nobody without the key learns it (there are few enough phone numbers to try them all on a plain hash).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Keeps these hashes apart from whatever else one may derive from the same key.
const PURPOSE: &[u8] = b"erased address";

/// The current key, and the previous if there is one.
#[derive(Clone)]
pub struct Marks {
    keys: Vec<Vec<u8>>,
}

impl Marks {
    pub fn new(keys: Vec<Vec<u8>>) -> Self {
        Self { keys }
    }

    /// The mark to leave.
    pub fn mark(&self, channel: &str, address: &str) -> Option<String> {
        self.all(channel, address).into_iter().next()
    }

    /// The marks that may have been left, the current key's first.
    pub fn all(&self, channel: &str, address: &str) -> Vec<String> {
        self.keys.iter().filter_map(|key| hash(key, channel, address)).collect()
    }
}

/// Hexadecimal, 64 characters. Upper and lower case are one address: mail systems deliver both to the same person.
fn hash(key: &[u8], channel: &str, address: &str) -> Option<String> {
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

    fn marks(keys: &[&str]) -> Marks {
        Marks::new(keys.iter().map(|key| key.as_bytes().to_vec()).collect())
    }

    #[test]
    fn an_address_is_known_again_under_either_key_and_in_any_case() {
        let old = marks(&["old"]).mark("email", "Ana@Example.com").unwrap();
        assert!(marks(&["new", "old"]).all("email", "ana@example.com").contains(&old));
        assert_ne!(marks(&["new", "old"]).mark("email", "ana@example.com").unwrap(), old);
        assert_eq!(old.len(), 64);
    }

    #[test]
    fn another_address_channel_or_key_gives_another_mark_that_does_not_show_it() {
        let mark = |key: &str, channel: &str, address: &str| marks(&[key]).mark(channel, address).unwrap();
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
        assert_eq!(marks(&[]).mark("sms", "+34600000001"), None);
    }
}
