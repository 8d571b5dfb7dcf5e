//! Connects to the local AWS: passes requests on unchanged, and calls its SNS as the account's
//! root.
//!
//! Used by sns (pass-through), handover (disabling endpoints) and feedback (events). The Host
//! header stays as the client signed it.

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, Request, StatusCode, header, request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;

use crate::settings::EmulatorSettings;

#[derive(Clone)]
pub struct UpstreamClient {
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
    region: String,
    account: String,
}

impl UpstreamClient {
    pub fn new(settings: &EmulatorSettings) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            address: settings.upstream.clone(),
            region: settings.region.clone(),
            account: settings.account.clone(),
        }
    }

    /// Passes on method, path, headers and body as they came, and returns the answer as it comes.
    pub async fn pass_on(&self, parts: request::Parts, body: Bytes) -> Response {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::new(Full::new(body));
        match format!("{}{path}", self.address).parse() {
            Ok(uri) => *request.uri_mut() = uri,
            Err(error) => return bad_gateway(&error),
        }
        *request.method_mut() = parts.method;
        *request.headers_mut() = without_hop_headers(parts.headers);
        match self.client.request(request).await {
            Ok(answer) => {
                let (mut parts, body) = answer.into_parts();
                parts.headers = without_hop_headers(parts.headers);
                Response::from_parts(parts, Body::new(body))
            }
            Err(error) => bad_gateway(&error),
        }
    }

    /// Calls the SNS query API. An access key that is the account's number is root in MiniStack and
    /// in LocalStack: it needs no secret and the signature is not checked.
    pub async fn call_sns(&self, form: String) -> anyhow::Result<(StatusCode, String)> {
        let now = Timestamp::now();
        let credential =
            format!("{}/{}/{}/sns/aws4_request", self.account, now.strftime("%Y%m%d"), self.region);
        let request = Request::post(format!("{}/", self.address))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-amz-date", now.strftime("%Y%m%dT%H%M%SZ").to_string())
            .header(
                header::AUTHORIZATION,
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=0"),
            )
            .body(Full::new(Bytes::from(form)))?;
        let answer = self.client.request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

fn bad_gateway(error: &dyn std::fmt::Display) -> Response {
    tracing::warn!(%error, "upstream unreachable");
    (StatusCode::BAD_GATEWAY, format!("emulator: the upstream could not be reached: {error}\n"))
        .into_response()
}

/// Removes the headers that belong to one connection. The length is set again from the body.
fn without_hop_headers(mut headers: HeaderMap) -> HeaderMap {
    const HOPS: [HeaderName; 6] = [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::TE,
        header::TRAILER,
        header::UPGRADE,
        header::EXPECT,
    ];
    for name in HOPS {
        headers.remove(name);
    }
    headers
}
