//! Opaque cursors of paged lists. A cursor is a position signed together with its query, so a
//! client can neither forge one nor use it for another query.

use domain::kernel::signed_token::{TokenFormat, TokenSigner};
use serde::{Serialize, de::DeserializeOwned};

use crate::problem::Problem;

#[derive(Clone)]
pub struct CursorSigner(TokenSigner);

impl CursorSigner {
    /// Signs with the first of the keys and accepts all of them, so that a rotation ends no list that
    /// is being paged through.
    pub fn new(keys: Vec<Vec<u8>>) -> Self {
        Self(TokenSigner::new(TokenFormat::CURSOR, keys))
    }

    /// Signs a position into a cursor. `query_fingerprint` is what distinguishes two lists: the
    /// route and its filters.
    pub fn sign_cursor<T: Serialize>(&self, query_fingerprint: &str, position: &T) -> String {
        let position = serde_json::to_string(position).unwrap_or_default();
        self.0.sign_token(query_fingerprint, &position)
    }

    /// Verifies a cursor and returns its position. Refuses with 400 `invalid_cursor` unless we
    /// signed it for the same query.
    pub fn verify_cursor<T: DeserializeOwned>(
        &self,
        query_fingerprint: &str,
        text: &str,
    ) -> Result<T, Problem> {
        let position = self.0.open_token(query_fingerprint, text);
        position.and_then(|position| serde_json::from_str(&position).ok()).ok_or_else(|| {
            Problem::bad_request(
                "invalid_cursor",
                "take `cursor` from `next_cursor` of the same list, with the same filters",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursors() -> CursorSigner {
        CursorSigner::new(vec![b"a key of thirty-two bytes, right".to_vec()])
    }

    #[test]
    fn a_cursor_opens_after_one_rotation_and_not_after_two() {
        let (first, second, third) = (b"one".to_vec(), b"two".to_vec(), b"three".to_vec());
        let text = CursorSigner::new(vec![first.clone()]).sign_cursor("q", &7);
        let rotated = CursorSigner::new(vec![second.clone(), first]);
        assert_eq!(rotated.verify_cursor::<u32>("q", &text).unwrap(), 7);
        let newer = rotated.sign_cursor("q", &8);
        assert!(CursorSigner::new(vec![second.clone()]).verify_cursor::<u32>("q", &newer).is_ok());
        assert!(CursorSigner::new(vec![third, second]).verify_cursor::<u32>("q", &text).is_err());
    }

    #[test]
    fn a_cursor_opens_for_its_own_query_only() {
        let text = cursors().sign_cursor("campaigns?kind=promotion", &("cmp_1", 7));
        assert_eq!(
            cursors().verify_cursor::<(String, u32)>("campaigns?kind=promotion", &text).unwrap(),
            ("cmp_1".into(), 7)
        );
        let refused = cursors()
            .verify_cursor::<(String, u32)>("campaigns?kind=autopilot", &text)
            .unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (400, "invalid_cursor"));
        assert!(
            CursorSigner::new(vec![b"another key".to_vec()])
                .verify_cursor::<(String, u32)>("campaigns?kind=promotion", &text)
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn a_changed_cursor_never_opens(at in any::<usize>(), to in "[A-Za-z0-9_.-]") {
            let text = cursors().sign_cursor("q", &"position");
            let index = at % text.len();
            let changed = format!("{}{to}{}", &text[..index], &text[index + 1..]);
            prop_assume!(changed != text);
            prop_assert!(cursors().verify_cursor::<String>("q", &changed).is_err());
        }

        #[test]
        fn no_text_breaks_the_parser(text in ".{0,60}") {
            prop_assert!(cursors().verify_cursor::<String>("q", &text).is_err());
        }
    }
}
