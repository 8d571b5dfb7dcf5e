//! Requests and responses of the webhooks API.

use domain::{
    Timestamp,
    kernel::id::{CustomerId, EventId, VoucherId, WebhookEndpointId},
    voucher::webhook_event::{EndpointState, EventType, ROTATION_SECONDS, WebhookEndpoint},
};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::webhooks::deliveries::DeadLetter;
use utoipa::ToSchema;

/// The body of a request that sets up an endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointBody {
    /// The address: `https`, port 443, a host on the public internet, at most 500 characters.
    #[schema(example = "https://app.example.com/hooks/vouchers")]
    pub url: String,
    /// The event types that it receives; empty or missing means all of them.
    #[serde(default)]
    #[schema(required = false)]
    pub events: Vec<EventType>,
    /// A disabled endpoint receives nothing, and events that happen meanwhile are not kept for it.
    /// Enabling it again also restores an endpoint that answered 410.
    #[serde(default = "default_enabled")]
    #[schema(required = false, default = true)]
    pub enabled: bool,
}

fn default_enabled() -> bool {
    true
}

/// An endpoint without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct Endpoint {
    pub id: WebhookEndpointId,
    pub url: String,
    /// The event types that it receives; empty means all of them.
    pub events: Vec<EventType>,
    pub state: EndpointState,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// The time of the last secret rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub secret_changed_at: Option<Timestamp>,
    /// The secret: `whsec_` and 44 characters. It is present only in the response that creates the
    /// endpoint or rotates its secret, and cannot be requested again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret: Option<String>,
    /// The time until which each request is signed with the previous secret as well. It is present
    /// only together with a rotated secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub previous_secret_until: Option<Timestamp>,
}

impl Endpoint {
    pub fn of(hook: &WebhookEndpoint) -> Self {
        Self {
            id: hook.id.clone(),
            url: hook.url.clone(),
            events: hook.events.iter().copied().collect(),
            state: hook.state,
            created_at: hook.created_at,
            updated_at: hook.updated_at,
            secret_changed_at: hook.rotated_at,
            secret: None,
            previous_secret_until: None,
        }
    }

    pub fn with_secret(hook: &WebhookEndpoint, secret: String) -> Self {
        Self {
            secret: Some(secret),
            previous_secret_until: hook
                .rotated_at
                .map(|at| clock::seconds_after(at, ROTATION_SECONDS)),
            ..Self::of(hook)
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointList {
    pub items: Vec<Endpoint>,
}

/// An event that this endpoint did not accept in a day of attempts. It is kept for 30 days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeadLetter)]
pub struct WebhookDeadLetterView {
    /// The `webhook-id` of every attempt.
    pub event_id: EventId,
    #[serde(rename = "type")]
    pub event_type: EventType,
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub customer_id: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub voucher_id: Option<VoucherId>,
    pub attempts: u32,
    /// The status of the last response, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_status: Option<u16>,
    /// The reason of the last failure: `not_taken`, `redirects_are_not_followed`, `gone`,
    /// `endpoint_disabled`, `no_answer_in_time`, `no_connection`, `connection_broke`,
    /// `address_not_public`, ...
    pub last_reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub given_up_at: Timestamp,
}

impl From<DeadLetter> for WebhookDeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        let (customer_id, voucher_id) = letter
            .delivery
            .about
            .map_or((None, None), |about| (Some(about.customer), Some(about.voucher)));
        Self {
            event_id: letter.delivery.event,
            event_type: letter.delivery.what,
            timestamp: letter.delivery.at,
            customer_id,
            voucher_id,
            attempts: letter.delivery.attempt,
            last_status: letter.failure.status,
            last_reason: letter.failure.reason,
            given_up_at: letter.given_up_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeadLetterList)]
pub struct WebhookDeadLetterList {
    pub items: Vec<WebhookDeadLetterView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookRedrive)]
pub struct WebhookRedrive {
    /// The number of dead letters that are being sent again.
    pub redriven: u32,
    /// More dead letters are left than one call redrives: repeat the call.
    pub more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub struct TestEventAccepted {
    /// The `webhook-id` of the event that is being sent.
    pub event_id: EventId,
}
