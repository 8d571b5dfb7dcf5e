//! Opaque cursors of paged lists: a position, signed together with the query it belongs to, so that no client can make one up
//! or carry one over to another query.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

use crate::problem::Problem;

#[derive(Clone)]
pub struct Cursors {
    key: Vec<u8>,
}

impl Cursors {
    pub fn new(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into() }
    }

    /// `query_fingerprint` is whatever makes two lists different: the route and its filters.
    pub fn seal<T: Serialize>(&self, query_fingerprint: &str, position: &T) -> String {
        let position = serde_json::to_vec(position).unwrap_or_default();
        let tag = self.mac(query_fingerprint, &position).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(position), URL_SAFE_NO_PAD.encode(tag))
    }

    /// 400 `invalid_cursor` unless it is one of ours for the same query.
    pub fn open<T: DeserializeOwned>(&self, query_fingerprint: &str, text: &str) -> Result<T, Problem> {
        self.opened(query_fingerprint, text).ok_or_else(|| {
            Problem::bad_request(
                "invalid_cursor",
                "take `cursor` from `next_cursor` of the same list, with the same filters",
            )
        })
    }

    fn opened<T: DeserializeOwned>(&self, query_fingerprint: &str, text: &str) -> Option<T> {
        let (position, tag) = text.split_once('.')?;
        let (position, tag) = (URL_SAFE_NO_PAD.decode(position).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        self.mac(query_fingerprint, &position)?.verify_slice(&tag).ok()?;
        serde_json::from_slice(&position).ok()
    }

    fn mac(&self, query_fingerprint: &str, position: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        // The length first: no fingerprint and position can be cut differently to the same bytes.
        mac.update(&query_fingerprint.len().to_be_bytes());
        mac.update(query_fingerprint.as_bytes());
        mac.update(position);
        Some(mac)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursors() -> Cursors {
        Cursors::new(*b"a key of thirty-two bytes, right")
    }

    #[test]
    fn a_cursor_opens_for_its_own_query_only() {
        let text = cursors().seal("campaigns?kind=promotion", &("cmp_1", 7));
        assert_eq!(cursors().open::<(String, u32)>("campaigns?kind=promotion", &text).unwrap(), ("cmp_1".into(), 7));
        let refused = cursors().open::<(String, u32)>("campaigns?kind=autopilot", &text).unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (400, "invalid_cursor"));
        assert!(
            Cursors::new(b"another key".to_vec()).open::<(String, u32)>("campaigns?kind=promotion", &text).is_err()
        );
    }

    proptest! {
        #[test]
        fn a_changed_cursor_never_opens(at in any::<usize>(), to in "[A-Za-z0-9_.-]") {
            let text = cursors().seal("q", &"position");
            let index = at % text.len();
            let changed = format!("{}{to}{}", &text[..index], &text[index + 1..]);
            prop_assume!(changed != text);
            prop_assert!(cursors().open::<String>("q", &changed).is_err());
        }

        #[test]
        fn no_text_breaks_the_parser(text in ".{0,60}") {
            prop_assert!(cursors().open::<String>("q", &text).is_err());
        }
    }
}
