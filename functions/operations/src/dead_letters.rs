//! Dead letters, for operators: how many wait in each queue, with a sample and its reasons, and a
//! redrive that moves them back to be tried again.
//!
//! Reads and writes queues only. A redrive loses nothing and does nothing twice: a message points
//! at an item, and the item says what is left to do.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    kernel::{audit_kind::AuditKind, channel::Channel},
};
use futures::future::try_join_all;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, QueryParams};
use queue::{
    Queue, QueueClient, QueueError,
    dead_letters::{ApproximateDepth, DeadLetter},
};
use runtime::{Error, env};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{OperationsContext, actor_name, record_act};

/// Messages that one call moves if the caller sets no limit.
const DEFAULT_LIMIT: u32 = 100;
/// The most messages that one call moves. It takes three calls of SQS for ten messages, well within
/// an HTTP function's ten seconds.
const MAX_LIMIT: u32 = 200;

/// The dead-letter queue of one queue, and the queue its messages come from.
pub struct MonitoredQueue {
    pub name: &'static str,
    pub dead_letters: Queue,
    /// The queue that messages are moved back to. It is `None` if nothing reads them from a queue,
    /// so that they cannot be moved back.
    pub source: Option<Queue>,
}

impl MonitoredQueue {
    /// Returns the dead-letter queues of the template, in the order of a voucher's life.
    pub fn all_from_environment(sqs: &QueueClient) -> Result<Vec<Self>, Error> {
        let monitored = |name, dead_letters, source| -> Result<Self, Error> {
            Ok(Self {
                name,
                dead_letters: sqs.queue(env::required(dead_letters)?),
                source: Some(sqs.queue(env::required(source)?)),
            })
        };
        let mut queues = vec![
            monitored("imports", "IMPORTS_DLQ_URL", "IMPORTS_QUEUE_URL")?,
            monitored("exports", "EXPORTS_DLQ_URL", "EXPORTS_QUEUE_URL")?,
            monitored("expansion", "EXPANSION_DLQ_URL", "EXPANSION_QUEUE_URL")?,
            monitored("release", "RELEASE_DLQ_URL", "RELEASE_QUEUE_URL")?,
        ];
        for channel in Channel::ALL {
            let [dead_letters, source] = channel_variables(channel);
            queues.push(monitored(channel.as_str(), dead_letters, source)?);
        }
        queues.extend([
            monitored("feedback", "FEEDBACK_DLQ_URL", "FEEDBACK_QUEUE_URL")?,
            monitored("autopilot", "AUTOPILOT_DLQ_URL", "AUTOPILOT_QUEUE_URL")?,
            monitored("watchdog", "WATCHDOG_DLQ_URL", "WATCHDOG_QUEUE_URL")?,
            monitored("webhooks", "WEBHOOKS_DLQ_URL", "WEBHOOKS_QUEUE_URL")?,
            Self {
                name: "parked-records",
                dead_letters: sqs.queue(env::required("PARKED_QUEUE_URL")?),
                source: None,
            },
        ]);
        Ok(queues)
    }
}

/// Returns the variables that name a channel's dead-letter queue and the queue of its worker.
fn channel_variables(channel: Channel) -> [&'static str; 2] {
    match channel {
        Channel::Sms => ["SMS_DLQ_URL", "SMS_QUEUE_URL"],
        Channel::Email => ["EMAIL_DLQ_URL", "EMAIL_QUEUE_URL"],
        Channel::Push => ["PUSH_DLQ_URL", "PUSH_QUEUE_URL"],
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterList {
    /// The queues that have dead letters or could have some.
    items: Vec<DeadLetterQueue>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterQueue {
    #[schema(example = "sms")]
    queue: &'static str,
    /// The number of waiting messages. SQS counts approximately.
    waiting: u64,
    /// Messages that a reader holds at this moment, for at most a minute.
    held: u64,
    /// The time at which the oldest message of the sample was first sent; `null` if the sample is
    /// empty.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_at: Option<Timestamp>,
    /// Tells whether messages can be moved back: stream records cannot.
    redrivable: bool,
    /// Up to ten of the messages, in no particular order.
    sample: Vec<DeadLetterView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterView {
    message_id: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    /// The number of receives, including those by operators who viewed the message.
    receives: u32,
    /// The reason for which the message cannot be read; `null` if it could be read but failed in
    /// five receives.
    reason: Option<String>,
    /// The work that the message points at; `null` if the message is not one of ours. Its content
    /// is then not shown.
    #[schema(value_type = Option<Object>)]
    pointer: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RedriveParams {
    /// Also moves messages that could not be read, to be used after a repair. Default: `false`.
    #[serde(default)]
    poison: bool,
    /// The most messages to move: 1 to 200, 100 by default.
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RedrivenView {
    #[schema(example = "sms")]
    queue: &'static str,
    /// Messages that were moved back to their queue.
    moved: usize,
    /// Unreadable messages that were seen and stay; `poison=true` moves them too.
    quarantined: usize,
    /// Messages that still wait. SQS counts approximately and with a short delay.
    waiting: u64,
}

/// Returns the number of messages in each dead-letter queue, with up to ten of them and the
/// reasons.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/dead-letters", tag = "operations", operation_id = "list_dead_letters",
    security(("jwt" = [])),
    responses((status = 200, body = DeadLetterList), Problem)
)]
pub async fn list(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult<Json<DeadLetterList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let reads: Vec<_> = context.monitored_queues.iter().map(read_queue).collect();
    let items = try_join_all(reads).await.map_err(|error| queue_problem(&error))?;
    Ok(Json(DeadLetterList { items }))
}

async fn read_queue(quarantine: &MonitoredQueue) -> Result<DeadLetterQueue, QueueError> {
    let ApproximateDepth { waiting, in_flight: held } = quarantine.dead_letters.depth().await?;
    let sample =
        if waiting > 0 { quarantine.dead_letters.peek_messages().await? } else { Vec::new() };
    Ok(DeadLetterQueue {
        queue: quarantine.name,
        waiting,
        held,
        oldest_at: sample.iter().filter_map(|letter| letter.sent_at).min(),
        redrivable: quarantine.source.is_some(),
        sample: sample.into_iter().map(letter_view).collect(),
    })
}

fn letter_view(letter: DeadLetter) -> DeadLetterView {
    DeadLetterView {
        message_id: letter.id,
        sent_at: letter.sent_at,
        receives: letter.receives,
        reason: letter.reason,
        pointer: letter.pointer,
    }
}

/// Moves dead letters back to their queue, so that they are tried again.
///
/// Messages that cannot be read stay, unless `poison` is `true`. The call is safe to repeat, also
/// concurrently: messages only point at work, and the work knows whether it is done.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/dead-letters/{queue}/redrive", tag = "operations",
    operation_id = "redrive_dead_letters", security(("jwt" = [])),
    params(("queue" = String, Path), RedriveParams),
    responses((status = 200, body = RedrivenView), Problem)
)]
pub async fn redrive(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(name): Path<String>,
    QueryParams(params): QueryParams<RedriveParams>,
) -> ApiResult<Json<RedrivenView>> {
    operator.require_role(OperatorRole::Admin)?;
    let bound = parse_limit(params.limit)?;
    let found = context.monitored_queues.iter().find(|quarantine| quarantine.name == name);
    let quarantine = found.ok_or_else(|| {
        Problem::not_found("dead_letters_unknown")
            .with_detail("there is no such queue: see the list of dead letters")
    })?;
    let source = quarantine.source.as_ref().ok_or_else(|| {
        Problem::conflict(
            "not_redrivable",
            "these are records of a stream, which no queue takes back: see the manual",
        )
    })?;
    let note = if params.poison { "with those that could not be read" } else { "" };
    let act = (quarantine.name, "redrive", note);
    record_act(&context.store, &operator, AuditKind::DeadLetters, act).await?;
    let redriven = quarantine.dead_letters.redrive(source, bound, params.poison).await;
    let redriven = redriven.map_err(|error| queue_problem(&error))?;
    tracing::info!(
        queue = quarantine.name,
        actor = actor_name(&operator),
        moved = redriven.moved,
        quarantined = redriven.quarantined,
        poison = params.poison,
        "dead letters redriven by an operator"
    );
    let depth = quarantine.dead_letters.depth().await.map_err(|error| queue_problem(&error))?;
    let (moved, quarantined) = (redriven.moved, redriven.quarantined);
    Ok(Json(RedrivenView { queue: quarantine.name, moved, quarantined, waiting: depth.waiting }))
}

fn parse_limit(asked: Option<u32>) -> ApiResult<usize> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit as usize),
        _ => Err(Problem::bad_request("invalid_query", format!("limit is 1 to {MAX_LIMIT}"))),
    }
}

fn queue_problem(error: &QueueError) -> Problem {
    Problem::from_failure(error, true)
}
