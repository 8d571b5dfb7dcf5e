//! The Standard Webhooks scheme: HMAC-SHA256 over `id.timestamp.payload`, in base64, prefixed with
//! `v1,`. Several secrets can be live (rotation) and a message can carry several signatures; any
//! matching pair is enough. A message whose timestamp is too old or in the future is refused.
//!
//! Of the webhooks that we send, the payload is the body. Of the app backend's requests it also has
//! the method and the path: see `signed_request`.

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::Timestamp;
use sha2::Sha256;

use crate::problem::Problem;

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";

/// The largest difference between a request's timestamp and our clock, in seconds, in both
/// directions. The scheme recommends this value.
pub const TOLERANCE_SECONDS: i64 = 300;
/// The most signatures checked in one message: two secrets in rotation, twice over.
const MAX_SIGNATURES: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("webhook-key-id, webhook-id, webhook-timestamp and webhook-signature are required")]
    Missing,
    #[error("the timestamp is more than {TOLERANCE_SECONDS} seconds from ours")]
    Stale,
    #[error("no signature fits")]
    NoMatch,
}

impl From<SignatureError> for Problem {
    fn from(error: SignatureError) -> Self {
        let code = match error {
            SignatureError::Missing => "signature_missing",
            SignatureError::Stale => "signature_stale",
            SignatureError::NoMatch => "signature_invalid",
        };
        Problem::unauthorized(code).with_detail(error.to_string())
    }
}

/// Checks that one of `secrets` signed this `body` within the tolerance.
pub fn verify_signature<K: AsRef<[u8]>>(
    secrets: &[K],
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), SignatureError> {
    verify_payload(secrets, headers, &[body], now)
}

/// Checks that one of `secrets` signed the payload that consists of these parts.
pub(crate) fn verify_payload<K: AsRef<[u8]>>(
    secrets: &[K],
    headers: &HeaderMap,
    payload: &[&[u8]],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let (id, timestamp, signatures) = (
        required_header(headers, ID)?,
        required_header(headers, TIMESTAMP)?,
        required_header(headers, SIGNATURE)?,
    );
    let seconds: i64 = timestamp.parse().map_err(|_| SignatureError::Stale)?;
    if now.as_second().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(SignatureError::Stale);
    }
    let fits =
        signatures.split_ascii_whitespace().take(MAX_SIGNATURES).filter_map(decode_signature).any(
            |signature| {
                // `verify_slice` compares in constant time.
                secrets
                    .iter()
                    .filter_map(|key| signature_mac(key.as_ref(), id, timestamp, payload))
                    .any(|mac| mac.verify_slice(&signature).is_ok())
            },
        );
    if fits { Ok(()) } else { Err(SignatureError::NoMatch) }
}

/// Computes the value of `webhook-signature` of a webhook.
pub fn sign_message(secret: &[u8], id: &str, at: Timestamp, body: &[u8]) -> String {
    sign_payload(secret, id, at, &[body])
}

pub(crate) fn sign_payload(secret: &[u8], id: &str, at: Timestamp, payload: &[&[u8]]) -> String {
    let signature = signature_mac(secret, id, &at.as_second().to_string(), payload)
        .map(|mac| mac.finalize().into_bytes());
    format!(
        "v1,{}",
        base64::engine::general_purpose::STANDARD.encode(signature.unwrap_or_default())
    )
}

pub(crate) fn required_header<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> Result<&'a str, SignatureError> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if value.is_empty() { Err(SignatureError::Missing) } else { Ok(value) }
}

/// Decodes a `v1,` signature. Returns `None` for other versions and for anything that is not a
/// whole SHA-256, such as an empty one.
fn decode_signature(signature: &str) -> Option<Vec<u8>> {
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(signature.strip_prefix("v1,")?).ok()?;
    (bytes.len() == 32).then_some(bytes)
}

fn signature_mac(key: &[u8], id: &str, timestamp: &str, payload: &[&[u8]]) -> Option<Hmac<Sha256>> {
    if key.is_empty() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b"."].iter().chain(payload) {
        mac.update(part);
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The test vector of the Standard Webhooks libraries.
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT: &str = "1614265330";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const VALID_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn key() -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(SECRET).unwrap()
    }
    fn sent() -> Timestamp {
        Timestamp::from_second(SENT.parse().unwrap()).unwrap()
    }
    fn headers(signature: &str) -> HeaderMap {
        let values = [(ID, MESSAGE), (TIMESTAMP, SENT), (SIGNATURE, signature)];
        values.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }
    #[track_caller]
    fn check_signature(signature: &str, expected: Result<(), SignatureError>) {
        assert_eq!(
            verify_signature(&[key()], &headers(signature), BODY, sent()),
            expected,
            "{signature:?}"
        );
    }

    #[test]
    fn the_vector_of_the_scheme_fits_and_is_what_we_sign() {
        check_signature(VALID_SIGNATURE, Ok(()));
        assert_eq!(sign_message(&key(), MESSAGE, sent(), BODY), VALID_SIGNATURE);
    }

    #[test]
    fn an_empty_signature_never_fits() {
        for empty in ["v1,", "v1, v1,", "v1", ",", "v1,=", "v1,AA=="] {
            check_signature(empty, Err(SignatureError::NoMatch));
        }
        check_signature("", Err(SignatureError::Missing));
    }

    #[test]
    fn other_versions_do_not_count() {
        check_signature(&VALID_SIGNATURE.replace("v1,", "v1a,"), Err(SignatureError::NoMatch));
        check_signature(&VALID_SIGNATURE.replace("v1,", "v2,"), Err(SignatureError::NoMatch));
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let wrong = sign_message(b"other", MESSAGE, sent(), BODY);
        check_signature(&format!("{wrong} v2,abc {VALID_SIGNATURE}"), Ok(()));
    }

    #[test]
    fn the_previous_secret_is_still_good_and_an_empty_one_never_is() {
        assert!(
            verify_signature(&[b"newer".to_vec(), key()], &headers(VALID_SIGNATURE), BODY, sent())
                .is_ok()
        );
        let by_empty = Hmac::<Sha256>::new_from_slice(b"").map(|mut mac| {
            mac.update(format!("{MESSAGE}.{SENT}.").as_bytes());
            mac.update(BODY);
            base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
        });
        let forged = format!("v1,{}", by_empty.unwrap());
        assert_eq!(
            verify_signature(&[Vec::new()], &headers(&forged), BODY, sent()),
            Err(SignatureError::NoMatch)
        );
        assert_eq!(
            verify_signature::<Vec<u8>>(&[], &headers(VALID_SIGNATURE), BODY, sent()),
            Err(SignatureError::NoMatch)
        );
    }

    #[test]
    fn a_request_from_another_time_is_refused_both_ways() {
        for (offset, fine) in [(-301, false), (-300, true), (300, true), (301, false)] {
            let now = Timestamp::from_second(sent().as_second() + offset).unwrap();
            assert_eq!(
                verify_signature(&[key()], &headers(VALID_SIGNATURE), BODY, now).is_ok(),
                fine,
                "{offset}"
            );
        }
        for nonsense in ["soon", "9223372036854775808", "-9223372036854775808", "1e9"] {
            let mut headers = headers(VALID_SIGNATURE);
            headers.insert(TIMESTAMP, nonsense.parse().unwrap());
            assert_eq!(
                verify_signature(&[key()], &headers, BODY, sent()),
                Err(SignatureError::Stale),
                "{nonsense}"
            );
        }
    }

    #[test]
    fn each_header_is_required() {
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut headers = headers(VALID_SIGNATURE);
            headers.remove(name);
            assert_eq!(
                verify_signature(&[key()], &headers, BODY, sent()),
                Err(SignatureError::Missing),
                "{name}"
            );
        }
    }

    proptest! {
        #[test]
        fn one_changed_byte_anywhere_breaks_the_signature(body in proptest::collection::vec(any::<u8>(), 1..200), at in any::<usize>(), flip in 1u8..) {
            let headers = headers(&sign_message(&key(), MESSAGE, sent(), &body));
            prop_assert!(verify_signature(&[key()], &headers, &body, sent()).is_ok());
            let mut changed = body.clone();
            let index = at % changed.len();
            changed[index] ^= flip;
            prop_assert_eq!(verify_signature(&[key()], &headers, &changed, sent()), Err(SignatureError::NoMatch));
        }

        #[test]
        fn no_header_breaks_the_parser(signature in "[ -~]{0,80}") {
            let _ = verify_signature(&[key()], &headers(&signature), BODY, sent());
        }
    }
}
