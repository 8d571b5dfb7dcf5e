//! Endpoints: list, show, set up, take away; a new secret; a test event. Reading is for every operator, the rest for admins: who sets an
//! address decides where customers' data goes.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    announcement::{Hook, HookStanding, Telling, What},
    id::{EventId, HookId},
};
use http::StatusCode;
use http_api::{Answer, Operator, Problem, Role, Unread};
use outbound::{Caller, Refused};
use runtime::clock;
use store::hooks::Saved;
use uuid::Uuid;

use crate::{
    Context, contended, failed,
    views::{Endpoint, EndpointBody, EndpointList, Tested},
};

/// Each event is sent to each of them: more than a handful is a job for a broker behind one of them.
const MAX_ENDPOINTS: usize = 10;
/// Tries on an endpoint that is changed at the same time.
const TRIES: usize = 4;

/// All endpoints, by name.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    security(("jwt" = [])),
    responses((status = 200, body = EndpointList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(State(context): State<Arc<Context>>, operator: Operator) -> Answer<Json<EndpointList>> {
    operator.require(Role::Viewer)?;
    let hooks = context.store.hooks().await.map_err(failed)?;
    Ok(Json(EndpointList { items: hooks.iter().map(Endpoint::of).collect() }))
}

/// One endpoint.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}", tag = "webhooks", operation_id = "get_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 200, body = Endpoint), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn show(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(name): Path<String>,
) -> Answer<Json<Endpoint>> {
    operator.require(Role::Viewer)?;
    Ok(Json(Endpoint::of(&context.hook(&name).await?)))
}

/// Sets up an endpoint under a name of your choice (201, with its secret), or changes it (200, and the secret stays).
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}", tag = "webhooks", operation_id = "put_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)), request_body = EndpointBody,
    responses((status = 200, body = Endpoint), (status = 201, body = Endpoint),
        (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn put(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(name): Path<String>,
    body: Unread,
) -> Answer<Response> {
    operator.require(Role::Admin)?;
    let body: EndpointBody = body.json().await?;
    let id = HookId::parse(&name).map_err(|bad| Problem::bad_request("invalid_name", format!("the name {bad}")))?;
    let target = context.policy.check(&body.url);
    let target = target.map_err(|refused| Problem::field("/url", refused.code(), refused.to_string()))?;
    if Caller::leads_inside(&context.policy, &target).await {
        let refused = Refused::Address;
        return Err(Problem::field("/url", refused.code(), refused.to_string()));
    }
    if let Some(index) = body.events.iter().position(|what| *what == What::Test) {
        return Err(Problem::field(format!("/events/{index}"), "invalid", "test events go to every endpoint"));
    }
    let events: BTreeSet<What> = body.events.into_iter().collect();
    let standing = if body.enabled { HookStanding::Enabled } else { HookStanding::Disabled };
    for _ in 0..TRIES {
        let now = clock::now();
        let before = context.store.hook(&id).await.map_err(failed)?;
        let hook = match &before {
            Some(hook) => hook.clone(),
            None => {
                room_for_one_more(&context).await?;
                new(&id)
            }
        };
        let (url, events) = (target.as_str().to_owned(), events.clone());
        let hook = Hook { url, events, standing, updated_at: now, version: hook.version + 1, ..hook };
        let saved = context.store.save_hook(&hook, before.as_ref().map(|hook| hook.version)).await.map_err(failed)?;
        match (saved, before) {
            (Saved::Overtaken, _) => {}
            (Saved::Saved, Some(_)) => return Ok(Json(Endpoint::of(&hook)).into_response()),
            (Saved::Saved, None) => {
                let secret = context.shown_secret(&hook).await?;
                return Ok((StatusCode::CREATED, Json(Endpoint::with_secret(&hook, secret))).into_response());
            }
        }
    }
    Err(contended())
}

fn new(id: &HookId) -> Hook {
    let now = clock::now();
    Hook {
        id: id.clone(),
        url: String::new(),
        events: BTreeSet::new(),
        standing: HookStanding::Enabled,
        key_id: Uuid::now_v7().to_string(),
        rotation: 0,
        rotated_at: None,
        created_at: now,
        updated_at: now,
        version: 0,
    }
}

async fn room_for_one_more(context: &Context) -> Answer<()> {
    let hooks = context.store.hooks().await.map_err(failed)?;
    if hooks.len() < MAX_ENDPOINTS {
        return Ok(());
    }
    Err(Problem::conflict("too_many_endpoints", format!("there are {MAX_ENDPOINTS} already: take one away first")))
}

/// Takes an endpoint away. What waits for it is not sent.
#[utoipa::path(
    delete, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}", tag = "webhooks", operation_id = "delete_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn delete(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    operator.require(Role::Admin)?;
    let hook = context.hook(&name).await?;
    context.store.delete_hook(&hook.id).await.map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an endpoint a new secret, shown in this answer alone. For a day requests are signed with the one before as well.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}/rotate-secret", tag = "webhooks",
    operation_id = "rotate_webhook_secret", security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 200, body = Endpoint), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn rotate(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(name): Path<String>,
) -> Answer<Json<Endpoint>> {
    operator.require(Role::Admin)?;
    for _ in 0..TRIES {
        let before = context.hook(&name).await?;
        let now = clock::now();
        let hook = Hook {
            rotation: before.rotation + 1,
            rotated_at: Some(now),
            updated_at: now,
            version: before.version + 1,
            ..before.clone()
        };
        match context.store.save_hook(&hook, Some(before.version)).await.map_err(failed)? {
            Saved::Saved => {
                let secret = context.shown_secret(&hook).await?;
                return Ok(Json(Endpoint::with_secret(&hook, secret)));
            }
            Saved::Overtaken => {}
        }
    }
    Err(contended())
}

/// Sends an event of type `test`, about no voucher, on the way that all events go, retries and dead letters included.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}/test", tag = "webhooks", operation_id = "test_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 202, body = Tested), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn test(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(name): Path<String>,
) -> Answer<(StatusCode, Json<Tested>)> {
    operator.require(Role::Admin)?;
    let hook = context.hook(&name).await?;
    if hook.standing != HookStanding::Enabled {
        return Err(Problem::conflict("endpoint_disabled", "it is told nothing: enable it first"));
    }
    let event = EventId::parse(&format!("evt_test_{}", Uuid::now_v7().simple())).map_err(|_| Problem::internal())?;
    let telling =
        Telling { hook: hook.id, event: event.clone(), what: What::Test, about: None, at: clock::now(), attempt: 1 };
    context.webhooks.send(&telling).await.map_err(|error| Problem::from_failure(&error, true))?;
    Ok((StatusCode::ACCEPTED, Json(Tested { event_id: event })))
}
