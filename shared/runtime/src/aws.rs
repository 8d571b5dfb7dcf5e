//! The AWS configuration from the environment alone, as Lambda sets it: region, session credentials, endpoint overrides.
//! `aws-config` would read files and ask services that a function never needs; this costs next to nothing at start.
//! One HTTP client for the whole process: TLS by ring, trusting Amazon's own roots only, built at the first request.

use std::{
    sync::{LazyLock, OnceLock},
    time::Duration,
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

/// An AWS endpoint in the same region answers a connection in single milliseconds; a second is lost already.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One attempt: far above any healthy answer, and a retry still fits into an HTTP function's ten seconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// All attempts together: below the ten seconds of an HTTP function, so that its caller gets an answer and not a cut line.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(9);
/// The first attempt and two more.
const ATTEMPTS: u32 = 3;

/// AmazonRootCA1 to 4 and Starfield Services Root G2, which sign every AWS endpoint; the system's whole bundle costs
/// ten times the rest of the start-up to parse.
const AMAZON_ROOTS: &str = include_str!("../roots/amazon.pem");

/// For the service `name` (`dynamodb`, `sqs`, `sns`, `sesv2`, `secrets_manager`), as in `AWS_ENDPOINT_URL_<NAME>`.
pub fn config(service: &str) -> SdkConfig {
    config_with(service, ATTEMPT_TIMEOUT, RetryConfig::standard().with_max_attempts(ATTEMPTS))
}

/// For calls that must not be repeated by the SDK: sending a message twice is worse than not knowing whether it went.
pub fn config_without_retries(service: &str) -> SdkConfig {
    config_with(service, ATTEMPT_TIMEOUT, RetryConfig::disabled())
}

/// The same, giving up on the answer after `attempt`: shorter than what is left of the invocation that waits for it.
pub fn config_for_sends(service: &str, attempt: Duration) -> SdkConfig {
    config_with(service, attempt, RetryConfig::disabled())
}

/// With another time for one attempt, and other retries.
pub fn config_with(service: &str, attempt: Duration, retries: RetryConfig) -> SdkConfig {
    let endpoint = endpoint(service, env::optional);
    let plain = endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(OPERATION_TIMEOUT.max(attempt))
        .build();
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(env::optional("AWS_REGION").map(Region::new))
        .http_client(if plain { PLAIN.clone() } else { SECURE.clone() })
        .retry_config(retries)
        .timeout_config(timeouts)
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    builder.set_credentials_provider(credentials(env::optional).map(SharedCredentialsProvider::new));
    builder.set_endpoint_url(endpoint);
    builder.build()
}

/// The service's own override, else the one for all, else AWS itself.
fn endpoint(service: &str, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    let name = service.to_ascii_uppercase().replace(['-', ' '], "_");
    lookup(&format!("AWS_ENDPOINT_URL_{name}")).or_else(|| lookup("AWS_ENDPOINT_URL"))
}

/// A function's role, as session credentials: they live as long as the process.
fn credentials(lookup: impl Fn(&str) -> Option<String>) -> Option<Credentials> {
    let (key, secret) = (lookup("AWS_ACCESS_KEY_ID")?, lookup("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(key, secret, lookup("AWS_SESSION_TOKEN"), None, "environment"))
}

static SECURE: LazyLock<SharedHttpClient> = LazyLock::new(|| SharedHttpClient::new(OnFirstUse::new(secure)));
static PLAIN: LazyLock<SharedHttpClient> = LazyLock::new(|| SharedHttpClient::new(OnFirstUse::new(plain)));

fn secure() -> SharedHttpClient {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let builder = Builder::new().tls_provider(Provider::rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        // The default context trusts the system's bundle: slower, and never less safe than not answering.
        Err(error) => {
            tracing::error!(%error, "Amazon's roots were not accepted, the system's are used");
            builder.build_https()
        }
    }
}

fn plain() -> SharedHttpClient {
    Builder::new().build_http()
}

/// The stock client parses its certificates when an SDK client is made; this one when the first request is sent.
#[derive(Debug)]
struct OnFirstUse {
    client: OnceLock<SharedHttpClient>,
    build: fn() -> SharedHttpClient,
}

impl OnFirstUse {
    fn new(build: fn() -> SharedHttpClient) -> Self {
        Self { client: OnceLock::new(), build }
    }
}

impl HttpClient for OnFirstUse {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.client.get_or_init(self.build).http_connector(settings, components)
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
        assert_eq!(endpoint("sns", lookup(pairs)).as_deref(), Some("http://sns"));
        assert_eq!(endpoint("dynamodb", lookup(pairs)).as_deref(), Some("http://all"));
        assert_eq!(endpoint("sns", lookup(&[])), None);
    }

    #[test]
    fn half_a_pair_of_credentials_is_none() {
        assert!(credentials(lookup(&[("AWS_ACCESS_KEY_ID", "a")])).is_none());
        assert!(credentials(lookup(&[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")])).is_some());
    }

    #[test]
    fn all_five_roots_are_there() {
        assert_eq!(AMAZON_ROOTS.matches("BEGIN CERTIFICATE").count(), 5);
    }

    /// The stock client builds its connector, and with it the trust store, when it is asked whether it could.
    #[test]
    fn the_secure_client_accepts_the_roots() {
        let components = aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder::new("test");
        secure().validate_base_client_config(&components, &aws_smithy_types::config_bag::ConfigBag::base()).unwrap();
    }

    #[test]
    fn sends_are_not_repeated() {
        let attempts = |config: SdkConfig| config.retry_config().unwrap().max_attempts();
        assert_eq!(attempts(config_without_retries("sns")), 1);
        assert_eq!(attempts(config("dynamodb")), ATTEMPTS);
    }
}
