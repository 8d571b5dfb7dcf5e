//! Signed requests of the app backend: Standard Webhooks, with the method and the path in what is
//! signed, and a key that the request names.
//!
//! The signed payload is `<METHOD> <path with query>`, a line feed, and the body. So a signature
//! fits one route of one customer only, and any library of the scheme signs a request when it is
//! given that text as its payload. The path is the one that follows the address of the API, as the
//! caller wrote it; it begins with `/v1/`. API Gateway decodes the escapes of a path before the
//! function sees it, which is why `serve` refuses every path that has one.
//!
//! Only `UnverifiedRequest::verify` builds the `SignedBody` from which handlers take their body.

use axum::{
    body::Bytes,
    extract::{FromRequestParts, Request},
};
use domain::kernel::{
    api_key::{ApiKey, KeyScope},
    id::ApiKeyId,
};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::{
    body,
    problem::Problem,
    webhook::{self, ID, SIGNATURE, SignatureError, TIMESTAMP, required_header},
};

/// The header by which a caller names its key.
pub const KEY_ID: &str = "webhook-key-id";
/// The longest `webhook-id` in characters: room for any common format, and a bound on what is
/// stored of a request.
pub const MAX_MESSAGE_ID: usize = 255;

/// The key with which a client signs.
#[derive(Clone, Copy)]
pub struct SigningKey<'a> {
    pub id: &'a str,
    pub secret: &'a [u8],
}

impl SigningKey<'_> {
    /// Returns the four headers of a signed request, for clients and tests.
    pub fn sign_request(
        self,
        message_id: &str,
        at: Timestamp,
        (method, path): (&str, &str),
        body: &[u8],
    ) -> [(&'static str, String); 4] {
        let line = request_line(method, path);
        let payload = [line.as_bytes(), body];
        let signature = webhook::sign_payload(self.secret, message_id, at, &payload);
        let timestamp = at.as_second().to_string();
        [
            (KEY_ID, self.id.to_owned()),
            (ID, message_id.to_owned()),
            (TIMESTAMP, timestamp),
            (SIGNATURE, signature),
        ]
    }
}

fn request_line(method: &str, path: &str) -> String {
    format!("{method} {path}\n")
}

/// A request whose signature is not checked yet.
pub struct UnverifiedRequest {
    parts: Parts,
    body: Bytes,
}

/// The caller of a verified request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCaller {
    pub key: ApiKeyId,
    /// The request's `webhook-id`.
    pub message_id: String,
    /// The id of this invocation, which no caller can choose. It is absent outside Lambda.
    pub invocation: Option<String>,
}

impl UnverifiedRequest {
    /// Reads the body of a request that has the headers of a signature. The cheap checks come
    /// first: a request without a signature causes no fetch and no hash.
    pub async fn read(request: Request) -> Result<Self, Problem> {
        for name in [KEY_ID, ID, TIMESTAMP, SIGNATURE] {
            required_header(request.headers(), name)?;
        }
        if required_header(request.headers(), ID)?.len() > MAX_MESSAGE_ID {
            let detail = format!("webhook-id has at most {MAX_MESSAGE_ID} characters");
            return Err(Problem::bad_request("invalid_webhook_id", detail));
        }
        let (parts, body) = request.into_parts();
        Ok(Self { parts, body: body::read_body(body).await? })
    }

    /// Checks that the key which the request names has signed it and may call a route of `scope`.
    ///
    /// An unknown key, a revoked key and a wrong signature are refused alike, so that nobody learns
    /// which keys exist.
    pub fn verify(
        mut self,
        keys: &[ApiKey],
        scope: KeyScope,
        now: Timestamp,
    ) -> Result<(Request, VerifiedCaller), Problem> {
        let headers = &self.parts.headers;
        let named = required_header(headers, KEY_ID)?;
        let key = keys.iter().find(|key| key.id.as_str() == named);
        let secrets = key.map(ApiKey::valid_secrets).unwrap_or_default();
        let path = self.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let line = request_line(self.parts.method.as_str(), path);
        webhook::verify_payload(secrets, headers, &[line.as_bytes(), &self.body], now)?;
        let key = key.ok_or(SignatureError::NoMatch)?;
        if !key.allows(scope) {
            return Err(scope_missing(scope));
        }
        let caller = VerifiedCaller {
            key: key.id.clone(),
            message_id: required_header(headers, ID)?.to_owned(),
            invocation: invocation_id(&self.parts),
        };
        let request_id = format!("{}/{}", caller.key, caller.message_id);
        self.parts.extensions.insert(SignedBody { body: self.body, request_id });
        Ok((Request::from_parts(self.parts, axum::body::Body::empty()), caller))
    }
}

fn invocation_id(parts: &Parts) -> Option<String> {
    let context = parts.extensions.get::<lambda_http::Context>();
    context.map(|context| context.request_id.clone())
}

fn scope_missing(scope: KeyScope) -> Problem {
    let detail = format!("this route needs a key with the scope {scope}");
    Problem::new(StatusCode::FORBIDDEN, "scope_missing", detail)
}

/// The body of a request whose signature was verified. As an extractor it answers 401 on a route
/// without a guard.
#[derive(Clone)]
pub struct SignedBody {
    pub body: Bytes,
    /// The API key and the request's `webhook-id`: the same again is the same request.
    pub request_id: String,
}

impl SignedBody {
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        body::parse_body(&self.body)
    }
}

impl<S: Sync> FromRequestParts<S> for SignedBody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<SignedBody>().cloned().ok_or_else(|| SignatureError::Missing.into())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use proptest::prelude::*;

    use super::*;

    const SECRET: &[u8] = b"the secret of the app backend, 32";
    const OTHER: &[u8] = b"the secret of another program, 32";
    const PATH: &str = "/v1/customers/c-1?part=all";
    const BODY: &str = r#"{"test": 1}"#;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn keys() -> Vec<ApiKey> {
        let key = |id: &str, secrets: &[&[u8]]| {
            let secrets = secrets.iter().map(|secret| secret.to_vec()).collect();
            ApiKey::with_all_scopes(ApiKeyId::parse(id).unwrap(), secrets)
        };
        let customers = ApiKey { scopes: vec![KeyScope::Customers], ..key("profiles", &[OTHER]) };
        let revoked = ApiKey { revoked_at: Some(now()), ..key("revoked", &[SECRET]) };
        vec![key("backend", &[b"a newer secret of thirty-two byte", SECRET]), customers, revoked]
    }

    fn signed(key: &str, secret: &[u8]) -> Request {
        let key = SigningKey { id: key, secret };
        let headers = key.sign_request("msg_1", now(), ("PUT", PATH), BODY.as_bytes());
        let request = Request::builder().method("PUT").uri(PATH);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.body(Body::from(BODY)).unwrap()
    }

    async fn verified(request: Request, scope: KeyScope) -> Result<VerifiedCaller, String> {
        let code = |problem: Problem| format!("{} {}", problem.status().as_u16(), problem.code());
        let unverified = UnverifiedRequest::read(request).await.map_err(code)?;
        let (request, caller) = unverified.verify(&keys(), scope, now()).map_err(code)?;
        let body = &request.extensions().get::<SignedBody>().unwrap().body;
        assert_eq!(body, BODY);
        Ok(caller)
    }

    async fn check_refused(change: impl FnOnce(&mut Request), expected: &str) {
        let mut request = signed("backend", SECRET);
        change(&mut request);
        assert_eq!(verified(request, KeyScope::Orders).await, Err(expected.to_owned()));
    }

    #[tokio::test]
    async fn a_request_as_it_was_signed_is_let_in_under_its_key() {
        let caller = verified(signed("backend", SECRET), KeyScope::Orders).await.unwrap();
        assert_eq!((caller.key.as_str(), caller.message_id.as_str()), ("backend", "msg_1"));
    }

    #[tokio::test]
    async fn a_library_of_the_scheme_signs_when_it_is_given_the_payload() {
        let library = standardwebhooks::Webhook::from_bytes(SECRET.to_vec()).unwrap();
        let payload = format!("PUT {PATH}\n{BODY}");
        let signature = library.sign("msg_1", now().as_second(), payload.as_bytes()).unwrap();
        let mut request = signed("backend", b"a secret that nobody knows, 32...");
        request.headers_mut().insert(SIGNATURE, signature.parse().unwrap());
        assert!(verified(request, KeyScope::Orders).await.is_ok());
    }

    #[tokio::test]
    async fn another_method_path_query_or_body_is_refused() {
        const REFUSED: &str = "401 signature_invalid";
        check_refused(|it| *it.method_mut() = http::Method::DELETE, REFUSED).await;
        for path in ["/v1/customers/c-2?part=all", "/v1/customers/c-1", "/v1/customers/c-1?part="] {
            check_refused(|it| *it.uri_mut() = path.parse().unwrap(), REFUSED).await;
        }
        check_refused(|it| *it.body_mut() = Body::empty(), REFUSED).await;
        let plain = webhook::sign_message(SECRET, "msg_1", now(), BODY.as_bytes());
        let replace = |it: &mut Request| it.headers_mut().insert(SIGNATURE, plain.parse().unwrap());
        check_refused(|it| drop(replace(it)), REFUSED).await;
    }

    #[tokio::test]
    async fn the_address_before_the_path_is_not_signed() {
        let mut request = signed("backend", SECRET);
        *request.uri_mut() = format!("https://api.example.com{PATH}").parse().unwrap();
        assert!(verified(request, KeyScope::Orders).await.is_ok());
    }

    #[tokio::test]
    async fn unknown_revoked_and_wrong_keys_are_refused_alike() {
        for (key, secret) in [("nobody", SECRET), ("revoked", SECRET), ("profiles", SECRET)] {
            let refused = verified(signed(key, secret), KeyScope::Customers).await;
            assert_eq!(refused, Err("401 signature_invalid".to_owned()), "{key}");
        }
    }

    #[tokio::test]
    async fn a_key_reaches_the_routes_of_its_scopes_only() {
        for scope in KeyScope::ALL {
            let expected = scope == KeyScope::Customers;
            let answer = verified(signed("profiles", OTHER), scope).await;
            assert_eq!(answer.is_ok(), expected, "{scope}: {answer:?}");
        }
        let refused = UnverifiedRequest::read(signed("profiles", OTHER)).await.unwrap();
        let problem = refused.verify(&keys(), KeyScope::Vouchers, now()).map(|_| ()).unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.code()), (403, "scope_missing"));
        let told = format!("{problem:?}");
        assert!(told.contains("vouchers") && !told.contains("profiles"), "{told}");
    }

    #[tokio::test]
    async fn each_header_is_required_and_an_id_is_bounded() {
        for name in [KEY_ID, ID, TIMESTAMP, SIGNATURE] {
            let remove = |it: &mut Request| drop(it.headers_mut().remove(name));
            check_refused(remove, "401 signature_missing").await;
        }
        let long = "m".repeat(MAX_MESSAGE_ID + 1);
        let replace = |it: &mut Request| drop(it.headers_mut().insert(ID, long.parse().unwrap()));
        check_refused(replace, "400 invalid_webhook_id").await;
    }

    proptest! {
        #[test]
        fn two_requests_never_share_a_payload(
            first in ("GET|PUT|DELETE", "/v1/[a-z/?=]{0,12}", "[ -~\n]{0,12}"),
            second in ("GET|PUT|DELETE", "/v1/[a-z/?=]{0,12}", "[ -~\n]{0,12}"),
        ) {
            let payload = |(method, path, body): &(String, String, String)| {
                request_line(method, path) + body
            };
            prop_assert_eq!(first == second, payload(&first) == payload(&second));
        }
    }
}
