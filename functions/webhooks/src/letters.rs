//! What an endpoint did not take: listed, and sent again.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use futures::{StreamExt, TryStreamExt, stream};
use http_api::{Answer, Operator, Params, Problem, Role, query};
use queue::Wake;
use runtime::clock;
use store::tellings::Moved;

use crate::{
    Context, failed,
    views::{Letter, LetterList, LetterParams, Redriven},
};

/// Letters that one call sends again: two transactions' time for each, and the call has ten seconds.
const MAX_REDRIVEN: i32 = 500;
const CONCURRENCY: usize = 16;

/// What an endpoint did not take, the oldest event first.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}/dead-letters", tag = "webhooks",
    operation_id = "list_webhook_dead_letters", security(("jwt" = [])), params(("endpoint" = String, Path), LetterParams),
    responses((status = 200, body = LetterList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(name): Path<String>,
    Params(params): Params<LetterParams>,
) -> Answer<Json<LetterList>> {
    operator.require(Role::Viewer)?;
    let limit = i32::try_from(query::limit(params.limit)?).unwrap_or(i32::MAX);
    let hook = context.hook(&name).await?;
    let list = format!("webhooks/{}/dead-letters", hook.id);
    let after: Option<String> = match &params.cursor {
        Some(cursor) => Some(context.cursors().await?.open(&list, cursor)?),
        None => None,
    };
    let (letters, next) = context.store.dead_letters(&hook.id, limit, after.as_deref()).await.map_err(failed)?;
    let next_cursor = match next {
        Some(position) => Some(context.cursors().await?.seal(&list, &position)),
        None => None,
    };
    Ok(Json(LetterList { items: letters.into_iter().map(Letter::from).collect(), next_cursor }))
}

/// Sends an endpoint's dead letters again, up to 500 in one call, with the same ids and a day of tries. Pressing twice is pressing once.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/webhooks/{endpoint}/redrive", tag = "webhooks", operation_id = "redrive_webhook",
    security(("jwt" = [])), params(("endpoint" = String, Path)),
    responses((status = 200, body = Redriven), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn redrive(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(name): Path<String>,
) -> Answer<Json<Redriven>> {
    operator.require(Role::Admin)?;
    let hook = context.hook(&name).await?;
    if !hook.wants(domain::announcement::What::Test) {
        return Err(Problem::conflict("endpoint_disabled", "it is told nothing: enable it first"));
    }
    let now = clock::now();
    let (letters, next) = context.store.dead_letters(&hook.id, MAX_REDRIVEN, None).await.map_err(failed)?;
    // collected first: a stream that borrows through a closure makes the future unfit for axum's handlers
    let moves: Vec<_> = letters.iter().map(|letter| context.store.redrive(letter, now)).collect();
    let moved: Vec<Moved> = stream::iter(moves).buffer_unordered(CONCURRENCY).try_collect().await.map_err(failed)?;
    let redriven = moved.iter().filter(|it| **it == Moved::Moved).count();
    if redriven > 0 {
        context.webhooks.nudge(&Wake::now("redrive")).await;
    }
    tracing::info!(endpoint = %hook.id, redriven, "dead letters are sent again");
    Ok(Json(Redriven { redriven: u32::try_from(redriven).unwrap_or(u32::MAX), more: next.is_some() }))
}
