//! The secrets that functions share with others: what signs the app backend's requests, and what signs our cursors.
//! Each is a JSON object `{"current", "previous"}` in Secrets Manager; both are good, so that a rotation breaks nobody.
//! Kept for five minutes: a rotation moves `current` to `previous`, and nobody uses the new one before that time has passed.
//! If a refresh fails, the value at hand stays in use. Nothing here is ever logged or shown.

mod sealed;
mod derived;
mod marks;

use std::{
    collections::HashMap,
    sync::OnceLock,
    time::{Duration, Instant},
};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use tokio::sync::Mutex;

pub use derived::{EndpointKey, Master};
pub use marks::Marks;
pub use sealed::Sealer;

/// Of the tokens that end messages: `channel:customer`.
pub const UNSUBSCRIBE: &str = "unsubscribe";

/// How long a value is used without asking again.
const FRESH_FOR: Duration = Duration::from_secs(5 * 60);
/// After a failed refresh, how long until the next: a function must not wait for a dead dependency at each request.
const RETRY_AFTER: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It may be there the next time.
    #[error("the secret could not be read: {0}")]
    Unavailable(String),
    /// Not what this crate understands; it says what is wrong and not what is there.
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

/// One per process: the cache is inside.
pub struct Secrets {
    config: aws_types::SdkConfig,
    // At first use: a client costs a fifth of a function's start-up.
    client: OnceLock<aws_sdk_secretsmanager::Client>,
    // Held over a fetch, so that a cold start with many requests asks once.
    cache: Mutex<Cache>,
}

impl Secrets {
    pub fn new(config: &aws_types::SdkConfig) -> Self {
        Self { config: config.clone(), client: OnceLock::new(), cache: Mutex::default() }
    }

    /// The keys that may have signed a request: the current one, and the previous if there is one.
    pub async fn webhook(&self, arn: &str) -> Result<Vec<Vec<u8>>, SecretError> {
        self.keys(arn).await
    }

    /// The key to sign with.
    pub async fn key(&self, arn: &str) -> Result<Vec<u8>, SecretError> {
        self.keys(arn).await?.into_iter().next().ok_or(SecretError::Unusable("there is no current value"))
    }

    /// For what is signed here and comes back later: signs with the current key, and opens what the previous one has signed too.
    pub async fn sealer(&self, arn: &str) -> Result<Sealer, SecretError> {
        self.keys(arn).await.map(Sealer::new)
    }

    /// What the secrets of webhook endpoints are derived from.
    pub async fn master(&self, arn: &str) -> Result<Master, SecretError> {
        self.keys(arn).await.map(Master::new)
    }

    /// What addresses of erased customers are known again by.
    pub async fn marks(&self, arn: &str) -> Result<Marks, SecretError> {
        self.keys(arn).await.map(Marks::new)
    }

    async fn keys(&self, arn: &str) -> Result<Vec<Vec<u8>>, SecretError> {
        let mut cache = self.cache.lock().await;
        if let Some(keys) = cache.fresh(arn, Instant::now()) {
            return Ok(keys);
        }
        let fetched = self.fetch(arn).await;
        cache.settle(arn, fetched, Instant::now())
    }

    async fn fetch(&self, arn: &str) -> Result<Vec<Vec<u8>>, SecretError> {
        let client = self.client.get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.config));
        let answer = client.get_secret_value().secret_id(arn).send().await;
        let answer = answer.map_err(|error| SecretError::Unavailable(causes(&error)))?;
        parsed(answer.secret_string().unwrap_or_default())
    }
}

/// By ARN.
#[derive(Default)]
struct Cache(HashMap<String, Kept>);

struct Kept {
    keys: Vec<Vec<u8>>,
    until: Instant,
}

impl Cache {
    fn fresh(&self, arn: &str, now: Instant) -> Option<Vec<Vec<u8>>> {
        self.0.get(arn).filter(|kept| now < kept.until).map(|kept| kept.keys.clone())
    }

    /// What to use after asking: the answer, else what was there before.
    fn settle(
        &mut self,
        arn: &str,
        fetched: Result<Vec<Vec<u8>>, SecretError>,
        now: Instant,
    ) -> Result<Vec<Vec<u8>>, SecretError> {
        match (fetched, self.0.get_mut(arn)) {
            (Ok(keys), _) => {
                self.0.insert(arn.to_owned(), Kept { keys: keys.clone(), until: now + FRESH_FOR });
                Ok(keys)
            }
            (Err(error), Some(stale)) => {
                tracing::warn!(%error, "a secret could not be refreshed, the one at hand stays in use");
                stale.until = now + RETRY_AFTER;
                Ok(stale.keys.clone())
            }
            (Err(error), None) => Err(error),
        }
    }
}

/// What went wrong, without the raw answer that the SDK's own formatting would add.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[derive(Deserialize)]
struct Pair {
    current: String,
    #[serde(default)]
    previous: String,
}

/// Base64 with or without padding and the `whsec_` of the Standard Webhooks scheme.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// The scheme asks for 24 bytes or more; shorter ones are mistakes, and an empty one would accept anybody's signature.
const MIN_KEY: usize = 24;

fn parsed(json: &str) -> Result<Vec<Vec<u8>>, SecretError> {
    let pair: Pair =
        serde_json::from_str(json).map_err(|_| SecretError::Unusable("it is not {\"current\", \"previous\"}"))?;
    [pair.current, pair.previous]
        .iter()
        .enumerate()
        .filter(|(index, value)| *index == 0 || !value.trim().is_empty())
        .map(|(_, value)| key(value))
        .collect()
}

fn key(value: &str) -> Result<Vec<u8>, SecretError> {
    let value = value.trim();
    let bytes = BASE64
        .decode(value.strip_prefix("whsec_").unwrap_or(value))
        .map_err(|_| SecretError::Unusable("a value is not base64"))?;
    if bytes.len() < MIN_KEY { Err(SecretError::Unusable("a value is shorter than 24 bytes")) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn both_values_are_keys_and_an_empty_previous_is_none() {
        let lengths = |json: &str| parsed(json).unwrap().iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&format!(r#"{{"current":"{CURRENT}","previous":""}}"#)), [24]);
        assert_eq!(lengths(&format!(r#"{{"current":"whsec_{CURRENT}"}}"#)), [24]);
        assert_eq!(lengths(&format!(r#"{{"current":"{CURRENT}","previous":"whsec_{CURRENT}"}}"#)), [24, 24]);
        let generated = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGh";
        assert_eq!(lengths(&format!(r#"{{"previous":"","current":"{generated}"}}"#)), [33]);
    }

    #[test]
    fn an_unusable_secret_is_refused_without_showing_it() {
        for bad in
            ["", "[]", "{}", r#"{"current":""}"#, r#"{"current":"c2hvcnQ="}"#, r#"{"current":"not base64 at all!"}"#]
        {
            let shown = parsed(bad).unwrap_err().to_string();
            assert!(!shown.contains("c2hv") && !shown.contains("not base64 at"), "{shown}");
        }
    }

    #[test]
    fn a_value_is_kept_for_a_while_and_outlives_a_failed_refresh() {
        let (mut cache, start) = (Cache::default(), Instant::now());
        let down = || Err(SecretError::Unavailable("down".into()));
        let keys = vec![vec![1; 32]];
        assert!(cache.settle("a", down(), start).is_err());
        assert_eq!(cache.settle("a", Ok(keys.clone()), start).unwrap(), keys);
        assert_eq!(cache.fresh("a", start + FRESH_FOR - Duration::from_secs(1)), Some(keys.clone()));
        let late = start + FRESH_FOR;
        assert_eq!(cache.fresh("a", late), None);
        assert_eq!(cache.settle("a", down(), late).unwrap(), keys);
        assert_eq!(cache.fresh("a", late), Some(keys));
        assert_eq!(cache.fresh("a", late + RETRY_AFTER), None);
        assert_eq!(cache.fresh("b", start), None);
    }
}
