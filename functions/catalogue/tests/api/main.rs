//! Tests of the catalogue's API on in-memory tables: what customers and orders bring is counted by
//! aggregate-reports' own reading of their streams, and listed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod entries;
mod values;

use std::sync::Arc;

use axum::{body::Body, http::Request};
use catalogue::{CatalogueContext, operator_routes};
use fake_aws::FakeAws;
use http_body_util::BodyExt;
use secrets::Secrets;
use serde_json::Value;
use store::{Store, TableNames};
use testkit::TestTables;
use tower::ServiceExt;

struct CatalogueApi {
    app: axum::Router,
    store: Store,
}

const CURSORS: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

impl CatalogueApi {
    fn new() -> Self {
        let memory = FakeAws::new(testkit::table_schemas());
        memory.set_secret("cursor", CURSORS);
        let tables = TestTables::on_fake_aws(&memory);
        let config = &tables.config;
        let store =
            Store::new(config, TableNames::from_lookup(|variable| tables.table_name(variable)));
        let context = CatalogueContext {
            store: store.clone(),
            secrets: Arc::new(Secrets::new(config)),
            cursor_secret: "cursor".into(),
            known: catalogue::KnownValueCache::default(),
        };
        let routes = operator_routes().with_state(Arc::new(context));
        Self { app: http_edge::build_app(routes), store }
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .extension(testkit::signed_in_context("s-1", None, "[marketer]"));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, None).await
    }
}
