//! The call itself. The connector gets its addresses from a resolver that refuses a name as soon as one of its addresses is inside, and
//! connects to nothing else: what was checked is what is called. Plain http only where the policy lets a host be private.

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
    policy::{Policy, Target},
};

/// Longest wait for a connection: a server of this world answers within a second.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A connection that stays open serves the next call of the same batch. Not longer: a function sleeps between its batches, and the
/// other side hangs up meanwhile.
const IDLE: Duration = Duration::from_secs(3);
/// Bytes of an answer's head and of its body that are read; nothing of the body is used.
const MAX_HEAD: usize = 32 * 1_024;
const MAX_BODY: usize = 4 * 1_024;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Resolved to an address that is not public.
    #[error("the host is not on the public internet")]
    Inside,
    #[error("no connection")]
    NoConnection,
    /// Sent, perhaps, and no whole answer.
    #[error("the connection broke")]
    Broken,
    #[error("no answer in time")]
    Late,
    /// Our own side: no certificates to trust, a header that cannot be.
    #[error("it could not be sent")]
    Ours,
}

impl Failure {
    pub fn code(self) -> &'static str {
        match self {
            Failure::Inside => "address_not_public",
            Failure::NoConnection => "no_connection",
            Failure::Broken => "connection_broke",
            Failure::Late => "no_answer_in_time",
            Failure::Ours => "not_sent",
        }
    }
}

type Connector = HttpConnector<Checking>;

/// One per process: connections that are still open are used again.
pub struct Caller {
    policy: Arc<Policy>,
    // at first use: reading the system's certificates costs more than the rest of a start
    secure: OnceLock<Option<Client<HttpsConnector<Connector>, Full<bytes::Bytes>>>>,
    plain: OnceLock<Client<Connector, Full<bytes::Bytes>>>,
}

impl Caller {
    pub fn new(policy: Policy) -> Self {
        Self { policy: Arc::new(policy), secure: OnceLock::new(), plain: OnceLock::new() }
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The check of each call, made early, for who sets an address up. A name that does not resolve now may do so later.
    pub async fn leads_inside(policy: &Policy, target: &Target) -> bool {
        let Some(url::Host::Domain(name)) = target.url.host() else { return false };
        match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => checked(found.collect(), policy.allows_private(name)).is_err(),
            Err(_) => false,
        }
    }

    /// One POST, whole within `limit`. Whatever status comes back is an answer, a redirect too.
    pub async fn post(
        &self,
        target: &Target,
        headers: HeaderMap,
        body: Vec<u8>,
        limit: Duration,
    ) -> Result<Answered, Failure> {
        match tokio::time::timeout(limit, self.posted(target, headers, body)).await {
            Ok(answered) => answered,
            Err(_) => Err(Failure::Late),
        }
    }

    async fn posted(&self, target: &Target, headers: HeaderMap, body: Vec<u8>) -> Result<Answered, Failure> {
        let uri: Uri = target.as_str().parse().map_err(|_| Failure::Ours)?;
        let secure = target.url.scheme() == "https";
        let mut request = Request::new(Full::new(bytes::Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let agent = header::HeaderValue::from_static("voucher-campaigns-webhooks/1");
        request.headers_mut().insert(header::USER_AGENT, agent);
        let answer = if secure {
            let client = self.secure.get_or_init(|| self.secure_client()).as_ref().ok_or(Failure::Ours)?;
            client.request(request).await
        } else {
            self.plain.get_or_init(|| builder().build(self.connector())).request(request).await
        };
        let answer = answer.map_err(|error| classify(&error))?;
        let status = answer.status().as_u16();
        // to be done with the connection; what it says is nobody's business
        let _ = Limited::new(answer.into_body(), MAX_BODY).collect().await;
        Ok(Answered { status })
    }

    fn connector(&self) -> Connector {
        let mut connector = HttpConnector::new_with_resolver(Checking { policy: self.policy.clone() });
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT_LIMIT));
        connector.set_nodelay(true);
        connector
    }

    fn secure_client(&self) -> Option<Client<HttpsConnector<Connector>, Full<bytes::Bytes>>> {
        let provider = rustls::crypto::ring::default_provider();
        match HttpsConnectorBuilder::new().with_provider_and_native_roots(provider) {
            Ok(https) => Some(builder().build(https.https_only().enable_http1().wrap_connector(self.connector()))),
            Err(error) => {
                tracing::error!(%error, "there are no certificates to trust: nothing can be called");
                None
            }
        }
    }
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_idle_timeout(IDLE).pool_timer(TokioTimer::new()).http1_max_buf_size(MAX_HEAD);
    builder
}

/// The system's resolver, whose answer is only passed on if every address in it may be called.
#[derive(Clone)]
struct Checking {
    policy: Arc<Policy>,
}

#[derive(Debug, thiserror::Error)]
#[error("an address that is not public")]
struct NotPublic;

impl Service<Name> for Checking {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let private = self.policy.allows_private(name.as_str());
        Box::pin(async move {
            // the port is the connector's to set
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            checked(found, private).map(Vec::into_iter)
        })
    }
}

fn checked(found: Vec<SocketAddr>, private: bool) -> io::Result<Vec<SocketAddr>> {
    if private || found.iter().all(|address| is_public(address.ip())) {
        Ok(found)
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, NotPublic))
    }
}

fn classify(error: &hyper_util::client::legacy::Error) -> Failure {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        let refused =
            one.downcast_ref::<io::Error>().and_then(io::Error::get_ref).is_some_and(|it| it.is::<NotPublic>());
        if refused || one.is::<NotPublic>() {
            return Failure::Inside;
        }
        cause = one.source();
    }
    if error.is_connect() { Failure::NoConnection } else { Failure::Broken }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn one_address_inside_refuses_the_whole_name() {
        assert_eq!(checked(addresses(&["8.8.8.8", "2606:4700::1"]), false).unwrap().len(), 2);
        for mixed in [&["8.8.8.8", "127.0.0.1"][..], &["169.254.169.254"], &["2606:4700::1", "::ffff:10.0.0.1"]] {
            assert_eq!(checked(addresses(mixed), false).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
        assert_eq!(checked(addresses(&["127.0.0.1"]), true).unwrap().len(), 1);
    }

    /// `localhost` is a name that every machine resolves, to the inside; the form alone does not tell of `localhost.localdomain`.
    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let caller = Caller::new(Policy::new(""));
        let target = Target { url: url::Url::parse("https://localhost/").unwrap() };
        let called = caller.post(&target, HeaderMap::new(), Vec::new(), Duration::from_secs(5)).await;
        assert_eq!(called, Err(Failure::Inside));
        assert!(Caller::leads_inside(&Policy::new(""), &target).await);
        assert!(!Caller::leads_inside(&Policy::new("localhost"), &target).await);
    }
}
