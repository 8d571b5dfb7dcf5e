//! Plays the marketplace's app backend: signs each request by Standard Webhooks and calls what the
//! app backend may call about customers, orders and vouchers.

use http_edge::signed_request::SigningKey;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    http_client::{ApiAnswer, ApiRequest, HttpClient},
    stack::LocalStack,
};

#[derive(Clone)]
pub struct AppBackendClient {
    wire: HttpClient,
    base: String,
    key_id: String,
    secret: Vec<u8>,
}

impl AppBackendClient {
    pub(crate) fn new(stack: &LocalStack) -> Self {
        Self {
            wire: stack.wire.clone(),
            base: stack.facts.api_url().to_owned(),
            key_id: stack.facts.text("/webhook_key_id").to_owned(),
            secret: stack.facts.webhook_secret(),
        }
    }

    /// Signs exactly this request, now. A request that is changed afterwards must be refused.
    pub fn request(&self, method: &str, path: &str, body: &str) -> ApiRequest {
        self.request_at(method, path, body, Timestamp::now())
    }
    /// Signs as of `at`.
    pub fn request_at(&self, method: &str, path: &str, body: &str, at: Timestamp) -> ApiRequest {
        let id = format!("msg_{}", uuid::Uuid::new_v4().simple());
        let key = SigningKey { id: &self.key_id, secret: &self.secret };
        let headers = key.sign_request(&id, at, (method, path), body.as_bytes());
        let request = headers
            .iter()
            .fold(self.unsigned(method, path, body), |it, (name, value)| it.header(name, value));
        if body.is_empty() { request } else { request.header("content-type", "application/json") }
    }
    pub fn unsigned(&self, method: &str, path: &str, body: &str) -> ApiRequest {
        self.wire.request(method, &format!("{}{path}", self.base)).body(body)
    }

    pub async fn send_signed(&self, method: &str, path: &str, body: &Value) -> ApiAnswer {
        self.request(method, path, &body.to_string()).send().await
    }
    pub async fn get(&self, path: &str) -> ApiAnswer {
        self.request("GET", path, "").send().await
    }
    pub async fn delete(&self, path: &str) -> ApiAnswer {
        self.request("DELETE", path, "").send().await
    }

    pub async fn put_customer(&self, id: &str, body: &Value) -> ApiAnswer {
        self.send_signed("PUT", &format!("/v1/customers/{id}"), body).await
    }
    pub async fn customer(&self, id: &str) -> ApiAnswer {
        self.get(&format!("/v1/customers/{id}")).await
    }
    /// Grants or denies a channel, as of now.
    pub async fn set_consent(&self, id: &str, channel: &str, state: &str) -> ApiAnswer {
        let body = json!({"state": state, "source": "app_settings"});
        self.send_signed("PUT", &format!("/v1/customers/{id}/consents/{channel}"), &body).await
    }
    pub async fn report_order(&self, event: &Value) -> ApiAnswer {
        self.send_signed("POST", "/v1/orders", event).await
    }
    /// Returns a customer's vouchers, newest first.
    pub async fn wallet(&self, id: &str) -> Vec<Value> {
        let wallet = self.get(&format!("/v1/customers/{id}/vouchers")).await.expect_status(200);
        wallet.json["items"].as_array().expect("a wallet has items").clone()
    }
    /// Calls a voucher action: `accept`, `decline` or `reverse`.
    pub async fn call_voucher(
        &self,
        customer: &str,
        voucher: &str,
        action: &str,
        body: &Value,
    ) -> ApiAnswer {
        self.send_signed(
            "POST",
            &format!("/v1/customers/{customer}/vouchers/{voucher}/{action}"),
            body,
        )
        .await
    }
    pub async fn accept(&self, customer: &str, voucher: &str) -> ApiAnswer {
        self.call_voucher(customer, voucher, "accept", &json!({})).await
    }
    /// Takes a step of the checkout: `quote`, `hold`, `release` or `redeem`.
    pub async fn check_out(&self, customer: &str, step: &str, body: &Value) -> ApiAnswer {
        self.send_signed("POST", &format!("/v1/customers/{customer}/checkout/{step}"), body).await
    }
    /// Redeems a single voucher that was not held.
    pub async fn redeem(
        &self,
        customer: &str,
        voucher: &str,
        order: &str,
        basket: &Value,
    ) -> ApiAnswer {
        let body = json!({"order_id": order, "vouchers": [voucher], "basket": basket});
        self.check_out(customer, "redeem", &body).await
    }
}

/// Returns a basket with one line of food, `1`, over `amount` minor units in EUR, delivered free.
pub fn basket(amount: i64) -> Value {
    json!({
        "currency": "EUR",
        "lines": [{"id": "1", "vertical": "food", "merchant": "m-1", "amount": amount}],
        "delivery_fee": 0,
        "first_order": false,
    })
}

/// Returns an event of an order, such as `placed`, with its own fields in `more`. The event's id is
/// its name, which is enough where an order has one event of each name.
pub fn order_event(event: &str, order: &str, customer: &str, more: &Value) -> Value {
    let mut body = json!({
        "event": event, "event_id": event, "order_id": order, "customer_id": customer,
        "at": "2026-01-01T12:00:00Z",
    });
    let more = more.as_object().expect("the fields of an event").clone();
    body.as_object_mut().expect("an event is an object").extend(more);
    body
}
