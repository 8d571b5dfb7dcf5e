//! The AWS configuration, read only from the environment that Lambda sets: region, session
//! credentials, endpoint overrides.
//!
//! `aws-config` would read files and ask services that a function never needs; this costs almost
//! nothing at start. There is one HTTP client for the whole process: TLS by ring, trusting only
//! Amazon's own roots, built at the first request. Sends have one of their own, which never uses a
//! connection that has slept: Lambda freezes a process between invocations, and its peer hangs up
//! meanwhile. Other calls are repeated when that happens; a send is not, and its fate would be
//! unknown.

use std::{
    sync::{LazyLock, Mutex, OnceLock, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};

use crate::env;

/// Longest wait for a connection. An AWS endpoint in the same region answers within single
/// milliseconds, so a second is long enough.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Time limit of one attempt: far above any healthy answer, and a retry still fits into an HTTP
/// function's ten seconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit of all attempts together: below the ten seconds of an HTTP function, so that its
/// caller gets an answer and not a cut connection.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(9);
/// The longest that a connection for sends may have been idle. AWS closes one after tens of seconds.
const MAX_SEND_IDLE: Duration = Duration::from_secs(5);
/// Most attempts: the first and two retries.
const MAX_ATTEMPTS: u32 = 3;

/// AmazonRootCA1 to 4 and Starfield Services Root G2, which sign every AWS endpoint. Parsing the
/// system's whole bundle would cost ten times the rest of the start-up.
const AMAZON_ROOTS: &str = include_str!("../roots/amazon.pem");

/// Returns the configuration for a service (`dynamodb`, `sqs`, `sns`, `sesv2`, `secrets_manager`),
/// named as in `AWS_ENDPOINT_URL_<NAME>`.
pub fn config(service: &str) -> SdkConfig {
    let retries = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS);
    config_with(service, ATTEMPT_TIMEOUT, retries)
}

/// Returns a configuration without retries by the SDK, for calls that must not be repeated: sending
/// a message twice is worse than not knowing if it was sent.
pub fn config_without_retries(service: &str) -> SdkConfig {
    config_with(service, ATTEMPT_TIMEOUT, RetryConfig::disabled())
}

/// Returns a configuration without retries whose calls time out after `attempt`, which must be
/// shorter than the time that is left of the invocation.
pub fn config_for_sends(service: &str, attempt: Duration) -> SdkConfig {
    let client = if is_plain(service) { PLAIN_SENDS.clone() } else { SECURE_SENDS.clone() };
    let config = config_with(service, attempt, RetryConfig::disabled());
    config.into_builder().http_client(client).build()
}

/// Returns a configuration with another time limit for one attempt and other retries.
pub fn config_with(service: &str, attempt: Duration, retries: RetryConfig) -> SdkConfig {
    let endpoint = endpoint_url(service, env::optional);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(OPERATION_TIMEOUT.max(attempt))
        .build();
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(env::optional("AWS_REGION").map(Region::new))
        .http_client(if is_plain(service) { PLAIN.clone() } else { SECURE.clone() })
        .retry_config(retries)
        .timeout_config(timeouts)
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    builder
        .set_credentials_provider(credentials(env::optional).map(SharedCredentialsProvider::new));
    builder.set_endpoint_url(endpoint);
    builder.build()
}

/// Returns the service's own override, else the override for all services, else `None` for AWS
/// itself.
fn endpoint_url(service: &str, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    let name = service.to_ascii_uppercase().replace(['-', ' '], "_");
    lookup(&format!("AWS_ENDPOINT_URL_{name}")).or_else(|| lookup("AWS_ENDPOINT_URL"))
}

/// Returns true if the service is reached without TLS, as the local AWS is.
fn is_plain(service: &str) -> bool {
    endpoint_url(service, env::optional).is_some_and(|url| url.starts_with("http://"))
}

/// Returns the session credentials of the function's role; they are valid as long as the process
/// lives.
fn credentials(lookup: impl Fn(&str) -> Option<String>) -> Option<Credentials> {
    let (key, secret) = (lookup("AWS_ACCESS_KEY_ID")?, lookup("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(key, secret, lookup("AWS_SESSION_TOKEN"), None, "environment"))
}

static SECURE: LazyLock<SharedHttpClient> =
    LazyLock::new(|| SharedHttpClient::new(LazyHttpClient::new(secure_client)));
static PLAIN: LazyLock<SharedHttpClient> =
    LazyLock::new(|| SharedHttpClient::new(LazyHttpClient::new(plain_client)));
static SECURE_SENDS: LazyLock<SharedHttpClient> =
    LazyLock::new(|| SharedHttpClient::new(WakefulHttpClient::new(secure_client)));
static PLAIN_SENDS: LazyLock<SharedHttpClient> =
    LazyLock::new(|| SharedHttpClient::new(WakefulHttpClient::new(plain_client)));

fn secure_client() -> SharedHttpClient {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let builder = Builder::new().tls_provider(Provider::rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        // The default context trusts the system's bundle. That is slower, and better than not
        // answering at all.
        Err(error) => {
            tracing::error!(%error, "could not load Amazon roots, system roots in use");
            builder.build_https()
        }
    }
}

fn plain_client() -> SharedHttpClient {
    Builder::new().build_http()
}

/// Builds its HTTP client at the first request. The stock client parses its certificates as soon as
/// an SDK client is created.
#[derive(Debug)]
struct LazyHttpClient {
    client: OnceLock<SharedHttpClient>,
    build: fn() -> SharedHttpClient,
}

impl LazyHttpClient {
    fn new(build: fn() -> SharedHttpClient) -> Self {
        Self { client: OnceLock::new(), build }
    }
}

impl HttpClient for LazyHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.client.get_or_init(self.build).http_connector(settings, components)
    }
}

/// Builds a new HTTP client, and with it new connections, when the last request is too long ago.
///
/// Time is the wall clock's: that of the process may stand still while it is frozen. A clock that
/// was set back counts as too long.
#[derive(Debug)]
struct WakefulHttpClient {
    current: Mutex<Option<(SharedHttpClient, SystemTime)>>,
    build: fn() -> SharedHttpClient,
}

impl WakefulHttpClient {
    fn new(build: fn() -> SharedHttpClient) -> Self {
        Self { current: Mutex::new(None), build }
    }

    fn client_at(&self, now: SystemTime) -> SharedHttpClient {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let is_awake =
            |used: SystemTime| now.duration_since(used).is_ok_and(|idle| idle <= MAX_SEND_IDLE);
        let client = match current.take() {
            Some((client, used)) if is_awake(used) => client,
            Some(_) | None => (self.build)(),
        };
        *current = Some((client.clone(), now));
        client
    }
}

impl HttpClient for WakefulHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.client_at(SystemTime::now()).http_connector(settings, components)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_services_own_endpoint_comes_first() {
        let pairs = &[("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_SNS", "http://sns")];
        assert_eq!(endpoint_url("sns", lookup(pairs)).as_deref(), Some("http://sns"));
        assert_eq!(endpoint_url("dynamodb", lookup(pairs)).as_deref(), Some("http://all"));
        assert_eq!(endpoint_url("sns", lookup(&[])), None);
    }

    #[test]
    fn half_a_pair_of_credentials_is_none() {
        assert!(credentials(lookup(&[("AWS_ACCESS_KEY_ID", "a")])).is_none());
        assert!(
            credentials(lookup(&[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")]))
                .is_some()
        );
    }

    #[test]
    fn all_five_roots_are_there() {
        assert_eq!(AMAZON_ROOTS.matches("BEGIN CERTIFICATE").count(), 5);
    }

    /// The validation makes the stock client build its connector, and with it the trust store.
    #[test]
    fn the_secure_client_accepts_the_roots() {
        let components =
            aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder::new(
                "test",
            );
        secure_client()
            .validate_base_client_config(
                &components,
                &aws_smithy_types::config_bag::ConfigBag::base(),
            )
            .unwrap();
    }

    #[test]
    fn sends_are_not_repeated() {
        let attempts = |config: SdkConfig| config.retry_config().unwrap().max_attempts();
        assert_eq!(attempts(config_without_retries("sns")), 1);
        assert_eq!(attempts(config("dynamodb")), MAX_ATTEMPTS);
    }
}
