//! What the webhooks API takes and gives.

use domain::{
    Timestamp,
    announcement::{Hook, HookStanding, ROTATION_SECONDS, What},
    id::{CustomerId, EventId, HookId, VoucherId},
};
use serde::{Deserialize, Serialize};
use store::tellings::DeadLetter;
use utoipa::{IntoParams, ToSchema};

/// An endpoint as it comes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointBody {
    /// `https`, port 443, a host of the public internet; at most 500 characters.
    #[schema(example = "https://app.example.com/hooks/vouchers")]
    pub url: String,
    /// What it is told; empty or missing is everything.
    #[serde(default)]
    #[schema(required = false)]
    pub events: Vec<What>,
    /// A disabled endpoint is told nothing, and what happens meanwhile is not kept for it. Enabling it again is how one that answered
    /// 410 comes back.
    #[serde(default = "enabled")]
    #[schema(required = false, default = true)]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}

/// An endpoint, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct Endpoint {
    pub id: HookId,
    pub url: String,
    /// Empty: everything.
    pub events: Vec<What>,
    pub state: HookStanding,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When its secret was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub secret_changed_at: Option<Timestamp>,
    /// Only in the answer that makes the endpoint or changes its secret: `whsec_` and 44 characters. It cannot be asked for again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret: Option<String>,
    /// Only beside a changed secret: until then each request is signed with the one before as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub previous_secret_until: Option<Timestamp>,
}

impl Endpoint {
    pub fn of(hook: &Hook) -> Self {
        Self {
            id: hook.id.clone(),
            url: hook.url.clone(),
            events: hook.events.iter().copied().collect(),
            state: hook.standing,
            created_at: hook.created_at,
            updated_at: hook.updated_at,
            secret_changed_at: hook.rotated_at,
            secret: None,
            previous_secret_until: None,
        }
    }

    pub fn with_secret(hook: &Hook, secret: String) -> Self {
        let until = |at: Timestamp| at.checked_add(jiff::SignedDuration::from_secs(ROTATION_SECONDS)).ok();
        Self { secret: Some(secret), previous_secret_until: hook.rotated_at.and_then(until), ..Self::of(hook) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointList {
    pub items: Vec<Endpoint>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LetterParams {
    /// 1 to 100, 25 if not given.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// An event that this endpoint did not take in a day of tries. Kept for 30 days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeadLetter)]
pub struct Letter {
    /// `webhook-id` of every try.
    pub event_id: EventId,
    #[serde(rename = "type")]
    pub what: What,
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub customer_id: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub voucher_id: Option<VoucherId>,
    pub attempts: u32,
    /// Of the last answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_status: Option<u16>,
    /// `not_taken`, `redirects_are_not_followed`, `gone`, `endpoint_disabled`, `no_answer_in_time`, `no_connection`, `connection_broke`,
    /// `address_not_public`, ...
    pub last_reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub given_up_at: Timestamp,
}

impl From<DeadLetter> for Letter {
    fn from(letter: DeadLetter) -> Self {
        let (customer_id, voucher_id) =
            letter.telling.about.map_or((None, None), |about| (Some(about.customer), Some(about.voucher)));
        Self {
            event_id: letter.telling.event,
            what: letter.telling.what,
            timestamp: letter.telling.at,
            customer_id,
            voucher_id,
            attempts: letter.telling.attempt,
            last_status: letter.failed.status,
            last_reason: letter.failed.reason,
            given_up_at: letter.given_up_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeadLetterList)]
pub struct LetterList {
    pub items: Vec<Letter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookRedrive)]
pub struct Redriven {
    /// Dead letters that are on their way again.
    pub redriven: u32,
    /// There are more than one call takes: repeat it.
    pub more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub struct Tested {
    /// `webhook-id` of the event that is on its way.
    pub event_id: EventId,
}
