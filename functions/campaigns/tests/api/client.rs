//! The client that all of these tests share: sends an operator's request through a router and reads
//! the response; and the context of the campaigns function, which each fixture adapts.

use axum::{Router, body::Body, http::Request};
use campaigns::{CampaignsContext, MessagingSettings};
use domain::{kernel::money::Currency, voucher::record::BrandIdentity};
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use pictures::PictureStore;
use queue::Queue;
use secrets::Secrets;
use serde_json::Value;
use store::{Store, TableNames};
use testkit::TestTables;
use tower::ServiceExt;

pub const CAMPAIGNS: &str = "/v1/campaigns";

#[derive(Debug)]
pub struct ApiResponse {
    pub status: u16,
    /// The entity tag, or an empty text.
    pub etag: String,
    pub location: Option<String>,
    pub body: Value,
}

impl ApiResponse {
    #[track_caller]
    pub fn check(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str().unwrap_or_default()),
            (status, code),
            "{}",
            self.body
        );
    }
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{}", self.body);
        self
    }
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
    /// Formats each error as `field code`.
    pub fn errors(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|it| format!("{} {}", it["field"].as_str().unwrap(), it["code"].as_str().unwrap()))
            .collect()
    }
    /// Returns the path of the campaign in the body.
    pub fn path(&self) -> String {
        format!("{CAMPAIGNS}/{}", self.body["id"].as_str().unwrap())
    }
}

/// Sends a request of the caller through the router. A body of `null` is none.
pub async fn send_request(
    app: &Router,
    caller: RequestContext,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> ApiResponse {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    send_text(app, caller, method, path, headers, text).await
}

/// Sends a request whose body need not be JSON.
pub async fn send_text(
    app: &Router,
    caller: RequestContext,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> ApiResponse {
    let mut request = Request::builder().method(method).uri(path).extension(caller);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let header =
        |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, etag, location) = (response.status().as_u16(), header("etag"), header("location"));
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    ApiResponse {
        status,
        etag: etag.unwrap_or_default(),
        location,
        body: if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() },
    }
}

pub fn brand() -> BrandIdentity {
    BrandIdentity { name: "Marketplace".into(), link_base: "https://app.example.com/v".into() }
}

pub fn store_on(tables: &TestTables) -> Store {
    Store::new(&tables.config, TableNames::from_lookup(|variable| tables.table_name(variable)))
        .with_address_keys(testkit::address_hasher().into())
}

/// Returns the context of the campaigns function on these tables, with one segment, euros, and a
/// queue of each name.
pub fn campaigns_context(tables: &TestTables, queue: impl Fn(&str) -> Queue) -> CampaignsContext {
    CampaignsContext {
        store: store_on(tables),
        expansion: queue("expansion"),
        autopilot: queue("autopilot"),
        release: queue("release"),
        secrets: Secrets::new(&tables.config),
        cursor_secret: "cursor".into(),
        segments: 1,
        currency: Currency::parse("EUR").unwrap(),
        messaging: MessagingSettings {
            brand: brand(),
            sender: "offers@example.com".into(),
            unsubscribe_base: "https://api.example.com/u".into(),
            originations: domain::delivery::sms_origination::SmsOriginations::default(),
            sms: queue("sms"),
            email: queue("email"),
            push: queue("push"),
            lease_seconds: 30,
        },
        known: campaigns::KnownValueCache::default(),
        rehearsals: campaigns::RehearsalSettings::default(),
        pictures: PictureStore::new(&tables.config, "pictures", "https://pictures.example.com"),
    }
}
