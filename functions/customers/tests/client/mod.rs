//! An app backend in small: signs requests and sends them through the whole router.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, header},
};
use customers::{Context, Keys, router};
use domain::{Timestamp, money::Currency};
use http_api::{Verifier, webhook};
use http_body_util::BodyExt;
use secrets::Marks;
use serde_json::{Value, json};
use store::{Store, Tables};
use testkit::TestTables;
use tower::ServiceExt;

pub const SECRET: &[u8] = b"the secret of the app backend, 32";
pub const PREVIOUS: &[u8] = b"the secret that was before it, 32";

pub struct Api {
    app: axum::Router,
}

pub struct Answered {
    pub status: u16,
    pub kind: String,
    pub body: Value,
}

impl Answered {
    #[track_caller]
    pub fn check(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str().unwrap_or_default()), (status, code), "{}", self.body);
        if status >= 400 {
            assert_eq!(self.kind, "application/problem+json");
            assert_eq!(self.body["type"], format!("/problems/{code}"));
            assert!(self.body["detail"].is_string(), "{}", self.body);
        }
    }
    pub fn fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|it| format!("{} {}", it["field"].as_str().unwrap(), it["code"].as_str().unwrap())).collect()
    }
}

impl Api {
    pub fn new(tables: &TestTables) -> Self {
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let context =
            Context::new(store, Currency::parse("EUR").unwrap(), Keys::Given(Marks::new(vec![b"erasure".to_vec()])));
        let verifier = Verifier::new(Timestamp::now, || async { Ok(vec![SECRET.to_vec(), PREVIOUS.to_vec()]) });
        Self { app: http_api::app(router(Arc::new(context), verifier)) }
    }
    pub async fn send(&self, request: Request<Body>) -> Answered {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let kind = response.headers().get(header::CONTENT_TYPE).map(|it| it.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answered { status, kind: kind.unwrap_or_default(), body: serde_json::from_slice(&body).unwrap_or_default() }
    }
    pub async fn raw(&self, method: &str, path: &str, body: &str) -> Answered {
        self.send(signed(method, path, body, SECRET, Timestamp::now())).await
    }
    pub async fn call(&self, method: &str, path: &str, body: Value) -> Answered {
        self.raw(method, path, &body.to_string()).await
    }
    pub async fn get(&self, path: &str) -> Answered {
        self.raw("GET", path, "").await
    }
}

pub fn signed(method: &str, path: &str, body: &str, secret: &[u8], at: Timestamp) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(webhook::ID, "msg_1")
        .header(webhook::TIMESTAMP, at.as_second().to_string())
        .header(webhook::SIGNATURE, webhook::sign(secret, "msg_1", at, body.as_bytes()))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

pub fn ana() -> Value {
    json!({
        "profile": {"first_name": "Ana", "last_name": "García", "locale": "es-ES", "zone": "Europe/Madrid", "currency": "EUR",
            "signed_up": "2024-05-01", "tags": ["vip"], "location": {"lat": 40.4, "lon": -3.7},
            "personal_dates": {"birthday": "1990-03-05"}},
        "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
        "consents": {"sms": {"state": "granted", "source": "signup_form", "at": "2024-05-01T10:00:00Z"}},
        "push_endpoints": [{"endpoint_id": "dev1", "arn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/uuid"}],
    })
}
