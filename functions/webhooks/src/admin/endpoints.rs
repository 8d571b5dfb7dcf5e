//! Endpoints: list, show, set up and delete them, rotate a secret, and send a test event.
//!
//! Every operator may read. Only admins may change anything, because an address decides where
//! customers' data goes.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    kernel::id::{EventId, WebhookEndpointId},
    voucher::webhook_event::{EndpointState, EventDelivery, EventType, WebhookEndpoint},
};
use http::StatusCode;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use runtime::clock;
use store::conditional::Applied;
use uuid::Uuid;
use webhook_client::{AddressRefusal, WebhookClient};

use crate::admin::{
    WebhooksContext, contention_problem, store_problem,
    views::{Endpoint, EndpointBody, EndpointList, TestEventAccepted},
};

/// The most endpoints. Each event is sent to each of them, so more than a handful is a task for a
/// broker behind one of them.
const MAX_ENDPOINTS: usize = 10;
/// The most attempts to save an endpoint that is changed at the same time.
const TRIES: usize = 4;

/// Lists all endpoints by name.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    security(("jwt" = [])),
    responses((status = 200, body = EndpointList), Problem)
)]
pub async fn list(
    State(context): State<Arc<WebhooksContext>>,
    operator: Operator,
) -> ApiResult<Json<EndpointList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let hooks = context.store.webhook_endpoints().await.map_err(store_problem)?;
    Ok(Json(EndpointList { items: hooks.iter().map(Endpoint::of).collect() }))
}

/// Returns one endpoint.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}", tag = "webhooks", operation_id = "get_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 200, body = Endpoint), Problem)
)]
pub async fn show(
    State(context): State<Arc<WebhooksContext>>,
    operator: Operator,
    Path(name): Path<String>,
) -> ApiResult<Json<Endpoint>> {
    operator.require_role(OperatorRole::Viewer)?;
    Ok(Json(Endpoint::of(&context.load_endpoint(&name).await?)))
}

/// Creates or changes an endpoint under a name of your choice.
///
/// Returns 201 with the secret of a new endpoint, or 200 if it existed; its secret then stays the
/// same.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}", tag = "webhooks", operation_id = "put_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)), request_body = EndpointBody,
    responses((status = 200, body = Endpoint), (status = 201, body = Endpoint),
        Problem)
)]
pub async fn put(
    State(context): State<Arc<WebhooksContext>>,
    operator: Operator,
    Path(name): Path<String>,
    body: UnreadBody,
) -> ApiResult<Response> {
    operator.require_role(OperatorRole::Admin)?;
    let body: EndpointBody = body.read_json().await?;
    let id = WebhookEndpointId::parse(&name)
        .map_err(|bad| Problem::bad_request("invalid_name", format!("the name {bad}")))?;
    let target = context.policy.check_address(&body.url);
    let target =
        target.map_err(|refused| Problem::field("/url", refused.code(), refused.to_string()))?;
    if WebhookClient::resolves_to_private(&context.policy, &target).await {
        let refused = AddressRefusal::Address;
        return Err(Problem::field("/url", refused.code(), refused.to_string()));
    }
    if let Some(index) = body.events.iter().position(|what| *what == EventType::Test) {
        return Err(Problem::field(
            format!("/events/{index}"),
            "invalid",
            "test events go to every endpoint",
        ));
    }
    let events: BTreeSet<EventType> = body.events.into_iter().collect();
    context.record_act(&operator, &id, "put", target.as_str()).await?;
    let state = if body.enabled { EndpointState::Enabled } else { EndpointState::Disabled };
    for _ in 0..TRIES {
        let now = clock::now();
        let before = context.store.webhook_endpoint(&id).await.map_err(store_problem)?;
        let hook = match &before {
            Some(hook) => hook.clone(),
            None => {
                require_room(&context).await?;
                new_endpoint(&id)
            }
        };
        let (url, events) = (target.as_str().to_owned(), events.clone());
        let hook = WebhookEndpoint {
            url,
            events,
            state,
            updated_at: now,
            version: hook.version + 1,
            ..hook
        };
        let saved = context
            .store
            .save_webhook_endpoint(&hook, before.as_ref().map(|hook| hook.version))
            .await
            .map_err(store_problem)?;
        match (saved, before) {
            (Applied::Conflict, _) => {}
            (Applied::Yes, Some(_)) => return Ok(Json(Endpoint::of(&hook)).into_response()),
            (Applied::Yes, None) => {
                let secret = context.display_secret(&hook).await?;
                return Ok((StatusCode::CREATED, Json(Endpoint::with_secret(&hook, secret)))
                    .into_response());
            }
        }
    }
    Err(contention_problem())
}

fn new_endpoint(id: &WebhookEndpointId) -> WebhookEndpoint {
    let now = clock::now();
    WebhookEndpoint {
        id: id.clone(),
        url: String::new(),
        events: BTreeSet::new(),
        state: EndpointState::Enabled,
        key_id: Uuid::now_v7().to_string(),
        rotation: 0,
        rotated_at: None,
        created_at: now,
        updated_at: now,
        version: 0,
    }
}

async fn require_room(context: &WebhooksContext) -> ApiResult<()> {
    let hooks = context.store.webhook_endpoints().await.map_err(store_problem)?;
    if hooks.len() < MAX_ENDPOINTS {
        return Ok(());
    }
    Err(Problem::conflict(
        "too_many_endpoints",
        format!("there are {MAX_ENDPOINTS} already: take one away first"),
    ))
}

/// Deletes an endpoint. Events that wait for it are not sent.
#[utoipa::path(
    delete, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}", tag = "webhooks", operation_id = "delete_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 204), Problem)
)]
pub async fn delete(
    State(context): State<Arc<WebhooksContext>>,
    operator: Operator,
    Path(name): Path<String>,
) -> ApiResult<StatusCode> {
    operator.require_role(OperatorRole::Admin)?;
    let hook = context.load_endpoint(&name).await?;
    context.record_act(&operator, &hook.id, "delete", &hook.url).await?;
    context.store.delete_webhook_endpoint(&hook.id).await.map_err(store_problem)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an endpoint a new secret, which only this response shows.
///
/// Requests are signed with the previous secret as well for a day.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}/rotate-secret", tag = "webhooks",
    operation_id = "rotate_webhook_secret", security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 200, body = Endpoint), Problem)
)]
pub async fn rotate(
    State(context): State<Arc<WebhooksContext>>,
    operator: Operator,
    Path(name): Path<String>,
) -> ApiResult<Json<Endpoint>> {
    operator.require_role(OperatorRole::Admin)?;
    for attempt in 0..TRIES {
        let before = context.load_endpoint(&name).await?;
        if attempt == 0 {
            context.record_act(&operator, &before.id, "rotate_secret", "").await?;
        }
        let now = clock::now();
        let hook = WebhookEndpoint {
            rotation: before.rotation + 1,
            rotated_at: Some(now),
            updated_at: now,
            version: before.version + 1,
            ..before.clone()
        };
        match context
            .store
            .save_webhook_endpoint(&hook, Some(before.version))
            .await
            .map_err(store_problem)?
        {
            Applied::Yes => {
                let secret = context.display_secret(&hook).await?;
                return Ok(Json(Endpoint::with_secret(&hook, secret)));
            }
            Applied::Conflict => {}
        }
    }
    Err(contention_problem())
}

/// Sends an event of type `test` to an endpoint.
///
/// The event is about no voucher. It is sent like every other event, with retries and dead letters.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}/test", tag = "webhooks", operation_id = "test_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 202, body = TestEventAccepted), Problem)
)]
pub async fn test(
    State(context): State<Arc<WebhooksContext>>,
    operator: Operator,
    Path(name): Path<String>,
) -> ApiResult<(StatusCode, Json<TestEventAccepted>)> {
    operator.require_role(OperatorRole::Admin)?;
    let hook = context.load_endpoint(&name).await?;
    if hook.state != EndpointState::Enabled {
        return Err(Problem::conflict("endpoint_disabled", "it is told nothing: enable it first"));
    }
    let event = EventId::parse(&format!("evt_test_{}", Uuid::now_v7().simple()))
        .map_err(|_| Problem::internal())?;
    context.record_act(&operator, &hook.id, "test", event.as_str()).await?;
    let event_delivery = EventDelivery {
        hook: hook.id,
        event: event.clone(),
        what: EventType::Test,
        about: None,
        at: clock::now(),
        attempt: 1,
    };
    context
        .webhooks
        .send(&event_delivery)
        .await
        .map_err(|error| Problem::from_failure(&error, true))?;
    Ok((StatusCode::ACCEPTED, Json(TestEventAccepted { event_id: event })))
}
