//! Derives the secrets of webhook endpoints, none of which is stored. Each follows from one master
//! secret, the endpoint's key id and the number of its rotation (HMAC-SHA256, as a PRF).
//!
//! So nothing is written when an endpoint is created, and a reader of our tables learns no secret.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Separates these keys from anything else that may be derived from the same master.
const PURPOSE: &[u8] = b"webhook endpoint";

/// The current master secret, and the previous one if it exists.
#[derive(Clone)]
pub struct MasterSecret {
    keys: Vec<Vec<u8>>,
}

/// One endpoint's secret under one rotation. Its `Debug` prints `redacted`.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointKey(Vec<u8>);

impl fmt::Debug for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

impl EndpointKey {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
    /// Returns the secret in the form that the receiver configures, that of Standard Webhooks.
    pub fn encoded(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }
}

impl MasterSecret {
    pub fn new(keys: Vec<Vec<u8>>) -> Self {
        Self { keys }
    }

    /// Returns the secret to show, derived from the current master.
    pub fn current_endpoint_key(&self, key_id: &str, rotation: u32) -> Option<EndpointKey> {
        derive_key(self.keys.first()?, key_id, rotation)
    }

    /// Returns the secrets to sign with, the shown one first: each rotation under each master, so
    /// that changing either breaks no receiver.
    pub fn endpoint_keys(&self, key_id: &str, rotations: &[u32]) -> Vec<EndpointKey> {
        let pairs =
            self.keys.iter().flat_map(|key| rotations.iter().map(move |rotation| (key, *rotation)));
        pairs.filter_map(|(key, rotation)| derive_key(key, key_id, rotation)).collect()
    }
}

fn derive_key(master: &[u8], key_id: &str, rotation: u32) -> Option<EndpointKey> {
    let mut mac = Hmac::<Sha256>::new_from_slice(master).ok()?;
    mac.update(PURPOSE);
    // The rotation and the length have a fixed width, so no two endpoints and rotations give the
    // same bytes.
    mac.update(&rotation.to_be_bytes());
    mac.update(&key_id.len().to_be_bytes());
    mac.update(key_id.as_bytes());
    Some(EndpointKey(mac.finalize().into_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn master(keys: &[&str]) -> MasterSecret {
        MasterSecret::new(keys.iter().map(|key| key.as_bytes().to_vec()).collect())
    }

    #[test]
    fn each_endpoint_rotation_and_master_has_a_secret_of_its_own_that_stays_the_same() {
        let mut seen = BTreeSet::new();
        for key in ["one", "two"] {
            for id in ["a", "b", "ab", ""] {
                for rotation in 0..3 {
                    let shown =
                        master(&[key]).current_endpoint_key(id, rotation).unwrap().encoded();
                    assert_eq!(
                        shown,
                        master(&[key, "older"])
                            .current_endpoint_key(id, rotation)
                            .unwrap()
                            .encoded()
                    );
                    assert!(shown.starts_with("whsec_") && shown.len() == 50, "{shown}");
                    assert!(seen.insert(shown), "{key} {id} {rotation}");
                }
            }
        }
    }

    #[test]
    fn signing_goes_through_every_change() {
        let both = master(&["new", "old"]);
        let keys = both.endpoint_keys("a", &[2, 1]);
        let of = |key: &str, rotation| master(&[key]).current_endpoint_key("a", rotation).unwrap();
        assert_eq!(keys, [of("new", 2), of("new", 1), of("old", 2), of("old", 1)]);
        assert_eq!(keys.first(), both.current_endpoint_key("a", 2).as_ref());
        assert_eq!(master(&[]).current_endpoint_key("a", 0), None);
    }

    #[test]
    fn a_secret_does_not_show_in_a_log() {
        assert_eq!(format!("{:?}", master(&["k"]).current_endpoint_key("a", 0)), "Some(redacted)");
    }
}
