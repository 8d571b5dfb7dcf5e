//! The secrets of the functions: the API keys of the app backend, and the keys of cursors, of
//! unsubscribe links, of webhook signatures and of addresses.
//!
//! The API keys are a list (see `api_key_document`). Each other secret is a JSON object
//! `{"current", "previous"}` in Secrets Manager; both values are valid, so that a rotation breaks no
//! caller. A value is cached for less than a minute: what an operator revokes is refused within a
//! minute, and a new value must not be used before that time has passed. If a refresh fails, the
//! cached value stays in use. Secrets are never logged or shown.

mod api_key_document;
mod endpoint_keys;
mod value_age;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::{
    customer::address::{AddressHasher, NoAddressHasher},
    kernel::{
        api_key::ApiKey,
        signed_token::{TokenFormat, TokenSigner},
    },
};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

pub use endpoint_keys::{EndpointKey, MasterSecret};

/// The purpose of the tokens in unsubscribe links; a token contains `channel:customer`.
pub const UNSUBSCRIBE: &str = "unsubscribe";

/// Time for which a cached value is used without a refresh. With the time of the fetch it stays
/// below the minute within which a revoked key is refused.
pub const CACHE_TIME: Duration = Duration::from_secs(50);
/// Pause after a failed refresh: a function must not wait for a dead dependency at each request.
const RETRY_AFTER: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// May succeed the next time.
    #[error("the secret could not be read: {0}")]
    Unavailable(String),
    /// The secret has a form that this crate does not understand. The error says what is wrong and
    /// does not quote the secret.
    #[error("the secret is not usable: {0}")]
    Unusable(&'static str),
}

impl SecretError {
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Unusable(_) => false,
        }
    }
}

/// The client of Secrets Manager with its cache; one per process.
pub struct Secrets {
    config: aws_types::SdkConfig,
    // Created at first use: a client costs a fifth of a function's start-up.
    client: OnceLock<aws_sdk_secretsmanager::Client>,
    // Locked during a fetch, so that a cold start with many requests asks once.
    cache: Mutex<SecretCache<Vec<Vec<u8>>>>,
    api_keys: Mutex<SecretCache<Arc<[ApiKey]>>>,
}

impl Secrets {
    pub fn new(config: &aws_types::SdkConfig) -> Self {
        Self {
            config: config.clone(),
            client: OnceLock::new(),
            cache: Mutex::default(),
            api_keys: Mutex::default(),
        }
    }

    /// Returns the API keys of the app backend, revoked ones too.
    pub async fn api_keys(&self, arn: &str) -> Result<Arc<[ApiKey]>, SecretError> {
        self.load(&self.api_keys, arn, api_key_document::parse_api_keys).await
    }

    /// Returns the key to sign with and, after it, the one before, which is still accepted.
    pub async fn signing_keys(&self, arn: &str) -> Result<Vec<Vec<u8>>, SecretError> {
        self.load_keys(arn).await
    }

    /// Returns the signer of tokens that come back later. It signs with the current key, and also
    /// accepts tokens that the previous key has signed.
    pub async fn token_signer(&self, arn: &str) -> Result<TokenSigner, SecretError> {
        self.load_keys(arn).await.map(|keys| TokenSigner::new(TokenFormat::LINK, keys))
    }

    /// Returns the master secret from which the secrets of webhook endpoints are derived.
    pub async fn master_secret(&self, arn: &str) -> Result<MasterSecret, SecretError> {
        self.load_keys(arn).await.map(MasterSecret::new)
    }

    /// Returns the hasher by which addresses are known.
    pub async fn address_hasher(&self, arn: &str) -> Result<AddressHasher, SecretError> {
        let values = self.load_keys(arn).await?;
        AddressHasher::new(&values).ok_or(SecretError::Unusable("it has no value"))
    }

    /// Returns the hasher of addresses like [`address_hasher`](Self::address_hasher), for the source
    /// that a store keeps.
    pub async fn read_address_hasher(
        self: Arc<Self>,
        arn: String,
    ) -> Result<AddressHasher, NoAddressHasher> {
        self.address_hasher(&arn).await.map_err(|error| NoAddressHasher {
            reason: error.to_string(),
            retryable: error.retryable(),
        })
    }

    async fn load_keys(&self, arn: &str) -> Result<Vec<Vec<u8>>, SecretError> {
        self.load(&self.cache, arn, parse_keys).await
    }

    async fn load<T: Clone>(
        &self,
        cache: &Mutex<SecretCache<T>>,
        arn: &str,
        parse: fn(&str) -> Result<T, SecretError>,
    ) -> Result<T, SecretError> {
        let mut cache = cache.lock().await;
        if let Some(value) = cache.fresh_value(arn, Instant::now()) {
            return Ok(value);
        }
        // The time before the fetch counts: what changes during the fetch is seen a fetch later.
        let asked = Instant::now();
        let fetched = self.fetch_text(arn).await.and_then(|text| parse(&text));
        cache.store_fetched(arn, fetched, asked)
    }

    async fn fetch_text(&self, arn: &str) -> Result<String, SecretError> {
        let client = self.client.get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.config));
        let answer = client.get_secret_value().secret_id(arn).send().await;
        let answer = answer.map_err(|error| SecretError::Unavailable(error_chain(&error)))?;
        Ok(answer.secret_string.unwrap_or_default())
    }
}

/// Cached values by ARN.
struct SecretCache<T>(HashMap<String, CachedValue<T>>);

struct CachedValue<T> {
    value: T,
    until: Instant,
}

impl<T> Default for SecretCache<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Clone> SecretCache<T> {
    fn fresh_value(&self, arn: &str, now: Instant) -> Option<T> {
        self.0.get(arn).filter(|kept| now < kept.until).map(|kept| kept.value.clone())
    }

    /// Returns the value to use after a fetch: the fetched one, or else the cached one.
    fn store_fetched(
        &mut self,
        arn: &str,
        fetched: Result<T, SecretError>,
        now: Instant,
    ) -> Result<T, SecretError> {
        match (fetched, self.0.get_mut(arn)) {
            (Ok(value), _) => {
                let cached = CachedValue { value: value.clone(), until: now + CACHE_TIME };
                self.0.insert(arn.to_owned(), cached);
                Ok(value)
            }
            (Err(error), Some(stale)) => {
                tracing::warn!(%error, "could not refresh secret, cached value in use");
                stale.until = now + RETRY_AFTER;
                Ok(stale.value.clone())
            }
            (Err(error), None) => Err(error),
        }
    }
}

/// Formats the error with its causes, without the raw answer that the SDK's own formatting would
/// add.
fn error_chain(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[derive(Deserialize)]
struct SecretPair {
    current: String,
    #[serde(default)]
    previous: String,
}

/// Base64 with or without padding; the `whsec_` prefix of Standard Webhooks is stripped before.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Shortest key, in bytes. Standard Webhooks requires 24 or more; shorter keys are mistakes, and
/// with an empty key anyone could sign.
const MIN_KEY_BYTES: usize = 24;

fn parse_keys(json: &str) -> Result<Vec<Vec<u8>>, SecretError> {
    let pair: SecretPair = serde_json::from_str(json)
        .map_err(|_| SecretError::Unusable("it is not {\"current\", \"previous\"}"))?;
    [pair.current, pair.previous]
        .iter()
        .enumerate()
        .filter(|(index, value)| *index == 0 || !value.trim().is_empty())
        .map(|(_, value)| decode_key(value))
        .collect()
}

fn decode_key(value: &str) -> Result<Vec<u8>, SecretError> {
    let value = value.trim();
    let bytes = BASE64
        .decode(value.strip_prefix("whsec_").unwrap_or(value))
        .map_err(|_| SecretError::Unusable("a value is not base64"))?;
    if bytes.len() < MIN_KEY_BYTES {
        Err(SecretError::Unusable("a value is shorter than 24 bytes"))
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn both_values_are_keys_and_an_empty_previous_is_none() {
        let lengths =
            |json: &str| parse_keys(json).unwrap().iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&format!(r#"{{"current":"{CURRENT}","previous":""}}"#)), [24]);
        assert_eq!(lengths(&format!(r#"{{"current":"whsec_{CURRENT}"}}"#)), [24]);
        assert_eq!(
            lengths(&format!(r#"{{"current":"{CURRENT}","previous":"whsec_{CURRENT}"}}"#)),
            [24, 24]
        );
        let generated = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGh";
        assert_eq!(lengths(&format!(r#"{{"previous":"","current":"{generated}"}}"#)), [33]);
    }

    #[test]
    fn an_unusable_secret_is_refused_without_showing_it() {
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"current":""}"#,
            r#"{"current":"c2hvcnQ="}"#,
            r#"{"current":"not base64 at all!"}"#,
        ] {
            let shown = parse_keys(bad).unwrap_err().to_string();
            assert!(!shown.contains("c2hv") && !shown.contains("not base64 at"), "{shown}");
        }
    }

    #[test]
    fn a_value_is_kept_for_a_while_and_outlives_a_failed_refresh() {
        let (mut cache, start) = (SecretCache::default(), Instant::now());
        let down = || Err(SecretError::Unavailable("down".into()));
        let keys = vec![vec![1; 32]];
        assert!(cache.store_fetched("a", down(), start).is_err());
        assert_eq!(cache.store_fetched("a", Ok(keys.clone()), start).unwrap(), keys);
        assert_eq!(
            cache.fresh_value("a", start + CACHE_TIME - Duration::from_secs(1)),
            Some(keys.clone())
        );
        let late = start + CACHE_TIME;
        assert_eq!(cache.fresh_value("a", late), None);
        assert_eq!(cache.store_fetched("a", down(), late).unwrap(), keys);
        assert_eq!(cache.fresh_value("a", late), Some(keys));
        assert_eq!(cache.fresh_value("a", late + RETRY_AFTER), None);
        assert_eq!(cache.fresh_value("b", start), None);
    }
}
