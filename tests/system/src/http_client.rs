//! Plain HTTP: a request is built, sent once, and answered with status, headers and JSON. Nothing
//! is retried.

use std::{io::Cursor, time::Duration};

use http::HeaderMap;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

/// The request timeout: longer than any answer of the stack takes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

type HttpBody = Full<Cursor<Vec<u8>>>;

#[derive(Clone)]
pub struct HttpClient {
    client: Client<HttpConnector, HttpBody>,
}

/// A request that is not sent yet. Everything can be set, so that bad requests can be built too.
#[derive(Clone)]
pub struct ApiRequest {
    client: Client<HttpConnector, HttpBody>,
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The response, whatever it was.
#[derive(Debug, Clone)]
pub struct ApiAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// The body as text, with a mark in place of what is not UTF-8.
    pub text: String,
    /// The JSON body, or `null` if the body is not JSON.
    pub json: Value,
    /// The request, for messages.
    what: String,
}

impl HttpClient {
    pub(crate) fn new() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http() }
    }
    pub fn request(&self, method: &str, url: &str) -> ApiRequest {
        ApiRequest {
            client: self.client.clone(),
            method: method.to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }
}

impl ApiRequest {
    /// Sets a header and replaces its earlier value.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(there, _)| !there.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(there, _)| !there.eq_ignore_ascii_case(name));
        self
    }
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub async fn send(self) -> ApiAnswer {
        let what = format!("{} {}", self.method, self.url);
        let mut request = http::Request::builder().method(self.method.as_str()).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Cursor::new(self.body)))
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let answered = async {
            let answer = self
                .client
                .request(request)
                .await
                .unwrap_or_else(|error| panic!("{what}: {error:?}"));
            let (parts, body) = answer.into_parts();
            let body =
                body.collect().await.unwrap_or_else(|error| panic!("{what}: {error}")).to_bytes();
            (parts, body.to_vec())
        };
        let answered = tokio::time::timeout(REQUEST_TIMEOUT, answered).await;
        let (parts, bytes) =
            answered.unwrap_or_else(|_| panic!("{what}: no answer in {REQUEST_TIMEOUT:?}"));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        ApiAnswer { status: parts.status.as_u16(), headers: parts.headers, bytes, text, json, what }
    }
}

impl ApiAnswer {
    /// Requires this status; any other fails the test.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text);
        self
    }
    /// Returns the `problem_code` of a problem, or an empty text if it has none.
    pub fn problem_code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
    /// Requires problem+json with this status and code, in the shape of RFC 9457.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.problem_code()),
            (status, code),
            "{}: {}",
            self.what,
            self.text
        );
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}: {}",
            self.what,
            self.text
        );
        assert_eq!(self.json["type"], format!("/problems/{code}"), "{}: {}", self.what, self.text);
        self
    }
    /// Returns `"/offer/percent out_of_range"` for each of a problem's `errors`, in their order.
    pub fn problem_fields(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        errors
            .iter()
            .map(|error| format!("{} {}", text(&error["field"]), text(&error["code"])))
            .collect()
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
