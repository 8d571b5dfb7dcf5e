//! Dead letters, for operators: how many wait in which queue with a sample and its reasons, and moving them back to be tried again.
//! Reads and writes queues alone. Nothing is lost or done twice by it: a message points at an item, and the item says what there is to do.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::Timestamp;
use futures::future::try_join_all;
use http_api::{Answer, Operator, Params, Problem, Role};
use queue::{
    Queue, QueueError,
    dead_letters::{DeadLetter, Depth},
};
use runtime::{Error, aws, env};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Context, actor};

/// Moved by one press if the caller does not say.
const DEFAULT_LIMIT: u32 = 100;
/// At most: three calls for ten messages, far within an HTTP function's ten seconds.
const MAX_LIMIT: u32 = 200;

/// One queue's dead letters, and where they came from.
pub struct Quarantine {
    pub name: &'static str,
    pub dead_letters: Queue,
    /// `None`: nothing reads them from a queue, so there is nowhere to move them.
    pub source: Option<Queue>,
}

impl Quarantine {
    /// Those of the template, in the order of a voucher's life.
    pub fn all_from_environment() -> Result<Vec<Self>, Error> {
        let sqs = aws::config("sqs");
        let of = |name, dead_letters, source| Self {
            name,
            dead_letters: Queue::new(&sqs, dead_letters),
            source: Some(Queue::new(&sqs, source)),
        };
        Ok(vec![
            of("expansion", env::required("EXPANSION_DLQ_URL")?, env::required("EXPANSION_QUEUE_URL")?),
            of("release", env::required("RELEASE_DLQ_URL")?, env::required("RELEASE_QUEUE_URL")?),
            of("sms", env::required("SMS_DLQ_URL")?, env::required("SMS_QUEUE_URL")?),
            of("email", env::required("EMAIL_DLQ_URL")?, env::required("EMAIL_QUEUE_URL")?),
            of("push", env::required("PUSH_DLQ_URL")?, env::required("PUSH_QUEUE_URL")?),
            of("feedback", env::required("FEEDBACK_DLQ_URL")?, env::required("FEEDBACK_QUEUE_URL")?),
            of("autopilot", env::required("AUTOPILOT_DLQ_URL")?, env::required("AUTOPILOT_QUEUE_URL")?),
            of("sweep", env::required("SWEEP_DLQ_URL")?, env::required("SWEEP_QUEUE_URL")?),
            of("webhooks", env::required("WEBHOOKS_DLQ_URL")?, env::required("WEBHOOKS_QUEUE_URL")?),
            Self {
                name: "parked-records",
                dead_letters: Queue::new(&sqs, env::required("PARKED_QUEUE_URL")?),
                source: None,
            },
        ])
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterList {
    /// Each queue that has dead letters or could have.
    items: Vec<DeadLetterQueue>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterQueue {
    #[schema(example = "sms")]
    queue: &'static str,
    /// As SQS counts them: approximately.
    waiting: u64,
    /// Held by somebody at this moment, for a minute at most.
    held: u64,
    /// When the oldest of the sample was sent at first; `null` if none is seen.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_at: Option<Timestamp>,
    /// Whether they can be moved back: stream records cannot.
    redrivable: bool,
    /// Up to ten of them, in no order.
    sample: Vec<DeadLetterView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterView {
    message_id: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    /// How often it was received, by operators who looked at it too.
    receives: u32,
    /// Why nothing can read it; `null` of a message that five receives did not get through.
    reason: Option<String>,
    /// What it points at; `null` if it is no message of ours, whose content is not shown.
    #[schema(value_type = Option<Object>)]
    pointer: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RedriveParams {
    /// Move what nothing can read as well: after a repair. `false` if not given.
    #[serde(default)]
    poison: bool,
    /// At most so many messages, 1 to 200; 100 if not given.
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RedrivenView {
    #[schema(example = "sms")]
    queue: &'static str,
    /// Messages that are back in their queue.
    moved: usize,
    /// Poison that was seen and stays: `poison=true` moves it too.
    quarantined: usize,
    /// What waits now, as SQS counts: approximately, and a moment late.
    waiting: u64,
}

/// How many messages wait in which dead-letter queue, with up to ten of each and why they are there.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/dead-letters", tag = "operations", operation_id = "list_dead_letters",
    security(("jwt" = [])),
    responses((status = 200, body = DeadLetterList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(State(context): State<Arc<Context>>, operator: Operator) -> Answer<Json<DeadLetterList>> {
    operator.require(Role::Viewer)?;
    let looks: Vec<_> = context.quarantines.iter().map(look).collect();
    let items = try_join_all(looks).await.map_err(|error| unanswered(&error))?;
    Ok(Json(DeadLetterList { items }))
}

async fn look(quarantine: &Quarantine) -> Result<DeadLetterQueue, QueueError> {
    let Depth { waiting, held } = quarantine.dead_letters.depth().await?;
    let sample = if waiting > 0 { quarantine.dead_letters.sample().await? } else { Vec::new() };
    Ok(DeadLetterQueue {
        queue: quarantine.name,
        waiting,
        held,
        oldest_at: sample.iter().filter_map(|letter| letter.sent_at).min(),
        redrivable: quarantine.source.is_some(),
        sample: sample.into_iter().map(shown).collect(),
    })
}

fn shown(letter: DeadLetter) -> DeadLetterView {
    DeadLetterView {
        message_id: letter.id,
        sent_at: letter.sent_at,
        receives: letter.receives,
        reason: letter.reason,
        pointer: letter.pointer,
    }
}

/// Moves dead letters back to their queue, so that they are tried again; what nothing can read stays, unless `poison` says otherwise.
/// Safe to press twice, and at once: messages only point at work, and the work knows whether it is done.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/dead-letters/{queue}/redrive", tag = "operations",
    operation_id = "redrive_dead_letters", security(("jwt" = [])),
    params(("queue" = String, Path), RedriveParams),
    responses((status = 200, body = RedrivenView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn redrive(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(name): Path<String>,
    Params(params): Params<RedriveParams>,
) -> Answer<Json<RedrivenView>> {
    operator.require(Role::Admin)?;
    let bound = limit(params.limit)?;
    let found = context.quarantines.iter().find(|quarantine| quarantine.name == name);
    let quarantine = found.ok_or_else(|| {
        Problem::not_found("dead_letters_unknown").with_detail("there is no such queue: see the list of dead letters")
    })?;
    let source = quarantine.source.as_ref().ok_or_else(|| {
        Problem::conflict("not_redrivable", "these are records of a stream, which no queue takes back: see the manual")
    })?;
    let redriven = quarantine.dead_letters.redrive(source, bound, params.poison).await;
    let redriven = redriven.map_err(|error| unanswered(&error))?;
    tracing::info!(
        queue = quarantine.name,
        actor = actor(&operator),
        moved = redriven.moved,
        quarantined = redriven.quarantined,
        poison = params.poison,
        "an operator moved dead letters back"
    );
    let depth = quarantine.dead_letters.depth().await.map_err(|error| unanswered(&error))?;
    let (moved, quarantined) = (redriven.moved, redriven.quarantined);
    Ok(Json(RedrivenView { queue: quarantine.name, moved, quarantined, waiting: depth.waiting }))
}

fn limit(asked: Option<u32>) -> Answer<usize> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit as usize),
        _ => Err(Problem::bad_request("invalid_query", format!("limit is 1 to {MAX_LIMIT}"))),
    }
}

fn unanswered(error: &QueueError) -> Problem {
    Problem::from_failure(error, true)
}
