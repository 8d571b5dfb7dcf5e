//! The HTTP call. The resolver refuses a name as soon as one of its addresses is not public, and
//! the connector connects to nothing else, so the checked address is the called one. Plain http is
//! allowed only for a host that the policy lets be private.

use std::{
    error::Error,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Method, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::{TokioExecutor, TokioTimer},
};
use tower_service::Service;

use crate::{
    address::is_public,
    policy::{AddressPolicy, CallTarget},
};

/// Longest wait for a connection: a healthy server answers within a second.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for which an idle connection stays open for the next call of the same batch. It is short,
/// because a function sleeps between its batches and the other side hangs up meanwhile.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);
/// Most bytes of an answer's head and body that are read; the content of the body is not used.
const MAX_HEAD_BYTES: usize = 32 * 1_024;
const MAX_BODY_BYTES: usize = 4 * 1_024;

/// The answer of the called server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallResponse {
    pub status: u16,
}

/// The reason why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// The host resolved to an address that is not public.
    #[error("the host is not on the public internet")]
    PrivateAddress,
    #[error("no connection")]
    NoConnection,
    /// The request may have been sent, but no complete answer came.
    #[error("the connection broke")]
    ConnectionBroken,
    #[error("no answer in time")]
    TimedOut,
    /// A fault on our side: no trusted certificates, or an invalid header.
    #[error("it could not be sent")]
    NotSent,
}

impl CallFailure {
    pub fn code(self) -> &'static str {
        match self {
            CallFailure::PrivateAddress => "address_not_public",
            CallFailure::NoConnection => "no_connection",
            CallFailure::ConnectionBroken => "connection_broke",
            CallFailure::TimedOut => "no_answer_in_time",
            CallFailure::NotSent => "not_sent",
        }
    }
}

type CheckedConnector = HttpConnector<CheckedResolver>;

/// An HTTP client that calls public addresses only. One per process, so that open connections are
/// reused.
pub struct WebhookClient {
    policy: Arc<AddressPolicy>,
    // Built at first use: reading the system's certificates costs more than the rest of a start.
    secure: OnceLock<Option<Client<HttpsConnector<CheckedConnector>, Full<bytes::Bytes>>>>,
    plain: OnceLock<Client<CheckedConnector, Full<bytes::Bytes>>>,
}

impl WebhookClient {
    pub fn new(policy: AddressPolicy) -> Self {
        Self { policy: Arc::new(policy), secure: OnceLock::new(), plain: OnceLock::new() }
    }

    pub fn policy(&self) -> &AddressPolicy {
        &self.policy
    }

    /// Runs the check of each call early, for the operator who configures an address. A name that
    /// does not resolve now may do so later.
    pub async fn resolves_to_private(policy: &AddressPolicy, target: &CallTarget) -> bool {
        let Some(url::Host::Domain(name)) = target.url.host() else {
            return false;
        };
        match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => check_addresses(found.collect(), policy.allows_private(name)).is_err(),
            Err(_) => false,
        }
    }

    /// Sends one POST and reads the answer, all within `limit`. Any status is an answer, a redirect
    /// included.
    pub async fn post(
        &self,
        target: &CallTarget,
        headers: HeaderMap,
        body: Vec<u8>,
        limit: Duration,
    ) -> Result<CallResponse, CallFailure> {
        match tokio::time::timeout(limit, self.send_request(target, headers, body)).await {
            Ok(answered) => answered,
            Err(_) => Err(CallFailure::TimedOut),
        }
    }

    async fn send_request(
        &self,
        target: &CallTarget,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<CallResponse, CallFailure> {
        let uri: Uri = target.as_str().parse().map_err(|_| CallFailure::NotSent)?;
        let secure = target.url.scheme() == "https";
        let mut request = Request::new(Full::new(bytes::Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let agent = header::HeaderValue::from_static("voucher-campaigns-webhooks/1");
        request.headers_mut().insert(header::USER_AGENT, agent);
        let answer = if secure {
            let client = self
                .secure
                .get_or_init(|| self.secure_client())
                .as_ref()
                .ok_or(CallFailure::NotSent)?;
            client.request(request).await
        } else {
            self.plain
                .get_or_init(|| client_builder().build(self.connector()))
                .request(request)
                .await
        };
        let answer = answer.map_err(|error| classify_error(&error))?;
        let status = answer.status().as_u16();
        // The body is drained to finish with the connection; its content is ignored.
        let _ = Limited::new(answer.into_body(), MAX_BODY_BYTES).collect().await;
        Ok(CallResponse { status })
    }

    fn connector(&self) -> CheckedConnector {
        let mut connector =
            HttpConnector::new_with_resolver(CheckedResolver { policy: self.policy.clone() });
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        connector
    }

    fn secure_client(
        &self,
    ) -> Option<Client<HttpsConnector<CheckedConnector>, Full<bytes::Bytes>>> {
        let provider = rustls::crypto::ring::default_provider();
        match HttpsConnectorBuilder::new().with_provider_and_native_roots(provider) {
            Ok(https) => Some(
                client_builder()
                    .build(https.https_only().enable_http1().wrap_connector(self.connector())),
            ),
            Err(error) => {
                tracing::error!(%error, "no trusted certificates");
                None
            }
        }
    }
}

fn client_builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_timer(TokioTimer::new())
        .http1_max_buf_size(MAX_HEAD_BYTES);
    builder
}

/// Wraps the system's resolver. Its answer is passed on only if every address in it may be called.
#[derive(Clone)]
struct CheckedResolver {
    policy: Arc<AddressPolicy>,
}

#[derive(Debug, thiserror::Error)]
#[error("an address that is not public")]
struct NotPublic;

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let private = self.policy.allows_private(name.as_str());
        Box::pin(async move {
            // The connector sets the port.
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            check_addresses(found, private).map(Vec::into_iter)
        })
    }
}

fn check_addresses(found: Vec<SocketAddr>, private: bool) -> io::Result<Vec<SocketAddr>> {
    if private || found.iter().all(|address| is_public(address.ip())) {
        Ok(found)
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, NotPublic))
    }
}

fn classify_error(error: &hyper_util::client::legacy::Error) -> CallFailure {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        let refused = one
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .is_some_and(|it| it.is::<NotPublic>());
        if refused || one.is::<NotPublic>() {
            return CallFailure::PrivateAddress;
        }
        cause = one.source();
    }
    if error.is_connect() { CallFailure::NoConnection } else { CallFailure::ConnectionBroken }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn one_address_inside_refuses_the_whole_name() {
        assert_eq!(
            check_addresses(addresses(&["8.8.8.8", "2606:4700::1"]), false).unwrap().len(),
            2
        );
        for mixed in [
            &["8.8.8.8", "127.0.0.1"][..],
            &["169.254.169.254"],
            &["2606:4700::1", "::ffff:10.0.0.1"],
        ] {
            assert_eq!(
                check_addresses(addresses(mixed), false).unwrap_err().kind(),
                io::ErrorKind::PermissionDenied
            );
        }
        assert_eq!(check_addresses(addresses(&["127.0.0.1"]), true).unwrap().len(), 1);
    }

    /// `localhost` resolves to a private address on every machine. The form check alone would not
    /// catch a name like `localhost.localdomain`.
    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let caller = WebhookClient::new(AddressPolicy::new(""));
        let target = CallTarget { url: url::Url::parse("https://localhost/").unwrap() };
        let called =
            caller.post(&target, HeaderMap::new(), Vec::new(), Duration::from_secs(5)).await;
        assert_eq!(called, Err(CallFailure::PrivateAddress));
        assert!(WebhookClient::resolves_to_private(&AddressPolicy::new(""), &target).await);
        assert!(
            !WebhookClient::resolves_to_private(&AddressPolicy::new("localhost"), &target).await
        );
    }
}
