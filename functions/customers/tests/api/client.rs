//! A small app backend: signs requests and sends them through the whole router.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use api_keys::{ApiKeySource, SignatureVerifier};
use axum::{
    body::Body,
    http::{Request, header},
};
use channels::devices::DeviceRegistrar;
use customers::{CustomersContext, router};
use domain::{
    Timestamp,
    customer::devices::{EndpointHome, PushApplications},
    kernel::{api_key::ApiKey, id::ApiKeyId, money::Currency},
};
use http_body_util::BodyExt;
use http_edge::signed_request::SigningKey;
use serde_json::{Value, json};
use store::{Store, TableNames};
use testkit::TestTables;
use tower::ServiceExt;

pub const SECRET: &[u8] = b"the secret of the app backend, 32";
pub const PREVIOUS: &[u8] = b"the secret that was before it, 32";

/// The platform applications of the deployment: none for development builds of the app.
pub const APPLICATIONS: &str = "fcm=arn:aws:sns:us-east-1:000000000000:app/GCM/shop,\
    apns=arn:aws:sns:us-east-1:000000000000:app/APNS/shop";

/// The id of the key that signs.
pub const KEY: &str = "backend";

pub struct AppBackend {
    pub app: axum::Router,
}

pub struct AppBackendResponse {
    pub status: u16,
    pub kind: String,
    pub body: Value,
}

impl AppBackendResponse {
    #[track_caller]
    pub fn check(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str().unwrap_or_default()),
            (status, code),
            "{}",
            self.body
        );
        if status >= 400 {
            assert_eq!(self.kind, "application/problem+json");
            assert_eq!(self.body["type"], format!("/problems/{code}"));
            assert!(self.body["detail"].is_string(), "{}", self.body);
        }
    }
    pub fn fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|it| format!("{} {}", it["field"].as_str().unwrap(), it["code"].as_str().unwrap()))
            .collect()
    }
}

impl AppBackend {
    pub fn new(tables: &TestTables) -> Self {
        let keys = ApiKey::with_all_scopes(
            ApiKeyId::parse(KEY).unwrap(),
            vec![SECRET.to_vec(), PREVIOUS.to_vec()],
        );
        Self::with_keys(tables, [keys])
    }
    pub fn with_keys(tables: &TestTables, keys: impl IntoIterator<Item = ApiKey>) -> Self {
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        let keys = ApiKeySource::Given(keys.into_iter().collect());
        let verifier = SignatureVerifier::new(keys, store.clone(), Timestamp::now);
        let applications = PushApplications::parse(APPLICATIONS).unwrap();
        let devices = DeviceRegistrar::new(&tables.config, applications);
        let home = Some("arn:aws:sns:us-east-1:000000000000:endpoint/".to_owned());
        let context = CustomersContext::new(store, Currency::parse("EUR").unwrap(), devices)
            .with_endpoint_home(EndpointHome::new(home));
        Self { app: http_edge::build_app(router(Arc::new(context), verifier)) }
    }
    pub async fn send(&self, request: Request<Body>) -> AppBackendResponse {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let kind =
            response.headers().get(header::CONTENT_TYPE).map(|it| it.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        AppBackendResponse {
            status,
            kind: kind.unwrap_or_default(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }
    pub async fn send_raw(&self, method: &str, path: &str, body: &str) -> AppBackendResponse {
        self.send(signed_request(method, path, body, SECRET, Timestamp::now())).await
    }
    pub async fn send_json(&self, method: &str, path: &str, body: Value) -> AppBackendResponse {
        self.send_raw(method, path, &body.to_string()).await
    }
    pub async fn get(&self, path: &str) -> AppBackendResponse {
        self.send_raw("GET", path, "").await
    }
}

/// Signs a request with an id of its own.
pub fn signed_request(
    method: &str,
    path: &str,
    body: &str,
    secret: &[u8],
    at: Timestamp,
) -> Request<Body> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let id = format!("msg_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let key = SigningKey { id: KEY, secret };
    let headers = key.sign_request(&id, at, (method, path), body.as_bytes());
    let request = Request::builder().method(method).uri(path);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    request.body(Body::from(body.to_owned())).unwrap()
}

pub fn ana_profile() -> Value {
    json!({
        "profile": {"first_name": "Ana", "last_name": "García", "locale": "es-ES", "zone": "Europe/Madrid", "currency": "EUR",
            "signed_up": "2024-05-01", "tags": ["vip"], "location": {"lat": 40.4, "lon": -3.7},
            "personal_dates": {"birthday": "1990-03-05"}},
        "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
        "consents": {"sms": {"state": "granted", "source": "signup_form", "at": "2024-05-01T10:00:00Z"}},
        "push_endpoints": [{"endpoint_id": "dev1", "arn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/uuid"}],
    })
}
