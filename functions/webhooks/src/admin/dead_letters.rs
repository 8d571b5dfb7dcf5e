//! Dead letters: the events that an endpoint did not accept. Lists them, and redrives them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use futures::{StreamExt, TryStreamExt, stream};
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem};
use queue::WakeNudge;
use runtime::clock;
use store::conditional::Applied;

use crate::admin::{
    WebhooksContext, store_problem,
    views::{WebhookDeadLetterList, WebhookDeadLetterView, WebhookRedrive},
};

/// The most dead letters that one call redrives: each takes a transaction, and the call has ten
/// seconds.
const MAX_REDRIVEN: i32 = 500;
const CONCURRENCY: usize = 16;

/// Lists the events that an endpoint did not accept, the oldest first.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}/dead-letters", tag = "webhooks",
    operation_id = "list_webhook_dead_letters", security(("jwt" = [])), params(("endpoint" = String, Path), PageParams),
    responses((status = 200, body = WebhookDeadLetterList), Problem)
)]
pub async fn list(
    State(context): State<Arc<WebhooksContext>>,
    operator: Operator,
    Path(name): Path<String>,
    paging: Paging<WebhooksContext>,
) -> ApiResult<Json<WebhookDeadLetterList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = i32::try_from(paging.page_limit()?).unwrap_or(i32::MAX);
    let hook = context.load_endpoint(&name).await?;
    let list = format!("webhooks/{}/dead-letters", hook.id);
    let after: Option<String> = paging.read_position(&list).await?;
    let (letters, next) = context
        .store
        .dead_letters(&hook.id, limit, after.as_deref())
        .await
        .map_err(store_problem)?;
    let next_cursor = paging.sign_position(&list, next.as_ref()).await?;
    Ok(Json(WebhookDeadLetterList {
        items: letters.into_iter().map(WebhookDeadLetterView::from).collect(),
        next_cursor,
    }))
}

/// Sends an endpoint's dead letters again, up to 500 in one call.
///
/// The events keep their ids and are retried for a day. A second call does not send them twice.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}/redrive", tag = "webhooks", operation_id = "redrive_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 200, body = WebhookRedrive), Problem)
)]
pub async fn redrive(
    State(context): State<Arc<WebhooksContext>>,
    operator: Operator,
    Path(name): Path<String>,
) -> ApiResult<Json<WebhookRedrive>> {
    operator.require_role(OperatorRole::Admin)?;
    let hook = context.load_endpoint(&name).await?;
    if !hook.subscribes_to(domain::voucher::webhook_event::EventType::Test) {
        return Err(Problem::conflict("endpoint_disabled", "it is told nothing: enable it first"));
    }
    context.record_act(&operator, &hook.id, "redrive", "").await?;
    let now = clock::now();
    let (letters, next) =
        context.store.dead_letters(&hook.id, MAX_REDRIVEN, None).await.map_err(store_problem)?;
    // The futures are collected first: a stream that borrows through a closure would make this
    // future unfit for axum's handlers.
    let moves: Vec<_> =
        letters.iter().map(|letter| context.store.redrive_dead_letter(letter, now)).collect();
    let moved: Vec<Applied> = stream::iter(moves)
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
        .map_err(store_problem)?;
    let redriven = moved.iter().filter(|it| **it == Applied::Yes).count();
    if redriven > 0 {
        context.webhooks.nudge(&WakeNudge::now("redrive")).await;
    }
    tracing::info!(endpoint = %hook.id, redriven, "dead letters redriven");
    Ok(Json(WebhookRedrive {
        redriven: u32::try_from(redriven).unwrap_or(u32::MAX),
        more: next.is_some(),
    }))
}
