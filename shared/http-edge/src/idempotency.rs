//! `Idempotency-Key`: a POST repeated with the same key creates once and answers the same.

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};

use crate::problem::Problem;

pub const HEADER: &str = "idempotency-key";
/// The longest accepted key, in characters: long enough for any common key format.
const MAX_LENGTH: usize = 255;

/// Reads the key, if the caller sent one. Refuses with 400 unless it has 1 to 255 printable ASCII
/// characters.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key)
            if (1..=MAX_LENGTH).contains(&key.len())
                && key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) =>
        {
            Ok(Some(key.to_owned()))
        }
        Ok(_) | Err(_) => {
            let detail =
                format!("Idempotency-Key has 1 to {MAX_LENGTH} printable ASCII characters");
            Err(Problem::bad_request("invalid_idempotency_key", detail))
        }
    }
}

/// Extracts the key from the request headers, if the caller sent one.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(idempotency_key(&parts.headers)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_printable_and_not_too_long() {
        let key = |value: &str| {
            idempotency_key(&HeaderMap::from_iter([(
                HEADER.parse().unwrap(),
                value.parse().unwrap(),
            )]))
        };
        assert_eq!(key("order-1").unwrap().as_deref(), Some("order-1"));
        assert!(key(&"k".repeat(255)).is_ok());
        assert!(key(&"k".repeat(256)).is_err() && key("").is_err());
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
    }
}
